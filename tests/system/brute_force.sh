#!/bin/sh
# The best lists of a search equal, formula for formula and in order, those of an independent brute force, and so do the
# numbers of formulas of a plan. SHIHYO_LONG=1 adds the whole grammar at complexity 7 on several seeds.
set -u
: "${SHIHYO:=shihyo}" "${MPIRUN:=mpirun}" "${top_builddir:=.}"
brute=$top_builddir/tests/tools/brute_force
cohorts=$top_builddir/tests/tools/make_cohort
usual='+,-,*,/,log,sqrt,square,inverse'
all='+,-,*,/,max,min,hypot,reldiff,log,sqrt,square,inverse,abs,exp'

make_csv() { # make_csv FILE OPTION ...: random factors x1 ... and y, without the identifiers
    file=$1
    shift
    "$cohorts" noise --rows 60 "$@" -o with_ids.csv && cut -d, -f2- with_ids.csv >"$file"
}

say() { # say STATUS TEXT
    if [ "$1" -eq 0 ]; then echo "ok - $2"; else echo "not ok - $2"; fi
}

# Two grammars counted by hand, over two positive factors. With + and * there are 2 formulas of complexity 1, 4 of
# complexity 3 (three products and a sum; a + a is a) and 19 of complexity 5 (14 polynomials, 5 families). With the unary
# operators each factor x has log, root, square and inverse at 2 and x^(1/4), x^(-1/2), x^4, x^(-2) and log(x)^2 at 3: both
# ranges hold 1, so the log of a log is not defined everywhere.
self_check_counts() {
    make_csv two.csv --factors 2 --seed 1 || return
    set -- --csv two.csv --outcome y --count
    [ "$("$brute" "$@" --operators '+,*' --max-complexity 5 | cut -f2 | tr '\n' ' ')" = '2 0 4 0 19 ' ] &&
        [ "$("$brute" "$@" --operators 'log,sqrt,square,inverse' --max-complexity 3 | cut -f2 | tr '\n' ' ')" = '2 8 10 ' ]
}

as_front() { # as_front LIST: as the lists of a front.json
    awk -F '\t' 'NR == 1 { printf "{\"best\": {"; next }
        { printf "%s", $1 != last ? (last ? "], " : "") "\"" $1 "\": [" : ", "; last = $1
          printf "{\"formula\": \"%s\", \"metrics\": {\"r2\": %s}}", $4, $3 }
        END { print "]}}" }' "$1"
}

# A front.json made of the brute force's own list is equal to it; one with two entries exchanged is not.
self_check_compare() {
    set -- --csv two.csv --outcome y --max-complexity 4 --max-constants 0
    "$brute" "$@" -o own.tsv || return
    as_front own.tsv >own.json
    "$brute" "$@" --compare own.json || return
    { sed -n 1p own.tsv; sed -n 3p own.tsv; sed -n 2p own.tsv; sed 1,3d own.tsv; } >wrong.tsv
    as_front wrong.tsv >wrong.json
    ! "$brute" "$@" --compare wrong.json >/dev/null
}

quoted() { # quoted A,B,C -> "A", "B", "C"
    printf '"%s"' "$1" | sed 's/,/", "/g'
}

# Rules for single factors, for both: "x1=log+sqrt,x2=" becomes {x1: [log, sqrt], x2: []}, "x1+x2=1" a modality of its own.
rules() {
    [ -z "$transforms" ] || echo "  transforms: {$(echo "$transforms" | sed 's/=/: [/g; s/,/], /g; s/+/, /g')]}"
    [ -z "$most" ] || echo "  most: {$(echo "$most" | awk -F, '{ for (i = 1; i <= NF; i++) { sub(/.*=/, "", $i); printf("%sgroup%d: %s", i > 1 ? ", " : "", i, $i) } }')}"
    [ -z "$contain" ] || echo "  must_contain: [$(echo "$contain" | sed 's/+/, /g')]"
    [ -z "$direction" ] || echo "  direction: {$(echo "$direction" | sed 's/=-1/: decreasing/g; s/=1/: increasing/g; s/,/, /g')}"
}

# The groups of `most` are modalities of the cohort, which its schema names.
schema() {
    echo 'columns:'
    echo "$most" | awk -F, '{ for (i = 1; i <= NF; i++) { sub(/=.*/, "", $i); n = split($i, name, "+")
        for (k = 1; k <= n; k++) printf("  - {name: %s, modality: group%d}\n", name[k], i) } }'
}

configuration() { # uses operators complexity factors constants weights forbid
    echo 'cohort: cohort.h5'
    echo 'validation: {level: none}'
    echo 'outcome: {column: y, kind: continuous}'
    echo "factors: {include: [\"*\"], max: $factors}"
    echo 'grammar:'
    echo "  operators: [$(quoted "$operators")]"
    if [ "$constants" -eq 0 ]; then echo '  constants: none'; else echo '  constants: fitted'; fi
    echo "  max_constants: $constants"
    echo "  max_complexity: $complexity"
    [ -z "$operand" ] || echo "  max_operand: $operand"
    echo '  units: off'
    if [ -n "$forbid" ]; then echo "  forbid: [$(quoted "$forbid")]"; else echo '  forbid: []'; fi
    rules
    if [ -n "$weights" ]; then echo "  complexity: {$(echo "$weights" | sed 's/=/: /g; s/,/, /g')}"; fi
    echo 'search: {keep: 50}'
}

reference() { # reference OPTION ...: the brute force on the same problem
    "$brute" --csv cohort.csv --outcome y --operators "$operators" --max-factors "$factors" --max-constants "$constants" \
        ${operand:+--max-operand "$operand"} ${weights:+--weights "$weights"} ${forbid:+--forbid "$forbid"} \
        ${transforms:+--transforms "$transforms"} ${most:+--most "$most"} ${contain:+--contain "$contain"} \
        ${direction:+--direction "$direction"} "$@"
}

# Keys: operators complexity factors constants weights forbid columns signed binary transforms most contain direction; the rest is as by default.
settings() { # settings KEY=VALUE ...
    operators=$usual complexity=7 factors=3 constants=2 operand='' weights='' forbid='' columns=8 signed='' binary=''
    transforms='' most='' contain='' direction=''
    for setting; do
        case ${setting%%=*} in
            operators) operators=${setting#*=} ;;
            complexity) complexity=${setting#*=} ;;
            factors) factors=${setting#*=} ;;
            operand) operand=${setting#*=} ;;
            constants) constants=${setting#*=} ;;
            weights) weights=${setting#*=} ;;
            forbid) forbid=${setting#*=} ;;
            columns) columns=${setting#*=} ;;
            transforms) transforms=${setting#*=} ;;
            most) most=${setting#*=} ;;
            contain) contain=${setting#*=} ;;
            direction) direction=${setting#*=} ;;
            signed) signed=--signed ;;
            binary) binary=${setting#*=} ;;
            *) echo "not ok - unknown setting $setting" ;;
        esac
    done
}

# Makes the column of a number, if one is given, 0 and 1.
switch() { # switch FILE
    if [ -n "$binary" ]; then awk -v at="$binary" 'BEGIN { FS = OFS = "," } NR > 1 { $at = ($at * 1000) % 3 < 1 } { print }' "$1" >switched.csv && mv switched.csv "$1"; fi
}

import() { # cohort.csv -> cohort.h5
    rm -rf cohort.h5 out
    [ -z "$most" ] || schema >schema.yaml
    "$SHIHYO" import cohort.csv -o cohort.h5 ${most:+--schema schema.yaml} >import.log 2>&1 && return
    cat import.log
    return 1
}

search() { # search OPTION ...
    # shellcheck disable=SC2086 # MPIRUN is a command with arguments
    timeout -k 10 300 $MPIRUN -n 2 "$SHIHYO" search run.yaml "$@" >search.log 2>&1 && return
    tail -n 20 search.log
    return 1
}

# check_lists NAME SEED KEY=VALUE ...: one cohort, one grammar, both searches.
check_lists() {
    name=$1 seed=$2
    shift 2
    settings "$@"
    if ! make_csv cohort.csv --factors "$columns" --seed "$seed" $signed || ! switch cohort.csv || ! import; then
        say 1 "$name: import"
        return
    fi
    configuration >run.yaml
    if ! search -o out; then
        say 1 "$name: search"
        return
    fi
    reference --max-complexity "$complexity" --keep 50 -o list.tsv --compare out/front.json 2>notes.log
    status=$?
    [ "$status" -eq 0 ] || sed 's/^/# /' notes.log | head -n 20
    say "$status" "$name: the best lists are those of the brute force"
}

# Divides each positive column so that its range lies around 1: otherwise what holds in general (log(x) can be negative) need
# not hold within the ranges, and formulas that differ in general are the same there.
around_one() { # around_one FILE
    awk 'BEGIN { FS = OFS = "," }
        NR == 1 { print; next }
        { n++; for (i = 1; i <= NF; i++) { v[n, i] = $i + 0
            if (n == 1 || v[n, i] < lo[i]) lo[i] = v[n, i]
            if (n == 1 || v[n, i] > hi[i]) hi[i] = v[n, i] } }
        END { for (k = 1; k <= n; k++) for (i = 1; i <= NF; i++)
            printf("%.6g%s", (lo[i] > 0 && i < NF) ? v[k, i] / sqrt(lo[i] * hi[i]) : v[k, i], i < NF ? "," : "\n") }' "$1"
}

# check_counts NAME SEED KEY=VALUE ...: the numbers of formulas in a plan are exact.
check_counts() {
    name=$1 seed=$2
    shift 2
    settings "$@"
    if ! make_csv raw.csv --factors "$columns" --seed "$seed" $signed || ! around_one raw.csv >cohort.csv || ! switch cohort.csv || ! import; then
        say 1 "$name: import"
        return
    fi
    configuration >run.yaml
    reference --max-complexity "$complexity" --count 2>notes.log | awk '{ print $1, $2 }' >counted
    search --plan || :
    # The table of the plan: complexity and number, its thousands apart.
    grep -E '^ *[0-9]+ +[0-9,]+$' search.log | tr -d , | awk '{ print $1, $2 }' >planned
    cmp -s counted planned
    status=$?
    [ "$status" -eq 0 ] || { paste counted planned | sed 's/^/# counted, planned: /'; sed 's/^/# /' notes.log | head; }
    say "$status" "$name: the plan counts what the brute force counts"
}

self_check_counts
say $? 'brute force: two grammars counted by hand'
self_check_compare
say $? 'brute force: the comparison knows equal lists and exchanged entries'
check_lists 'usual operators' 1
check_lists 'usual operators, signed factors' 2 signed=
check_lists 'weights' 3 weights=log=2,constant=2
check_lists 'one factor in a formula' 4 factors=1
check_lists 'two factors in a formula' 5 factors=2
check_lists 'four factors in a formula' 6 factors=4 operators='+,-,*,/'
check_lists 'no difference' 7 operators='+,*,/,log,square'
check_lists 'no sum, signed' 8 operators='-,*,/,sqrt,abs' signed=
check_lists 'no product' 9 operators='+,-,/,log,sqrt'
check_lists 'no constants' 10 constants=0
check_lists 'one constant' 11 constants=1 operators='+,*' complexity=9 columns=5
check_lists 'element-wise operators' 12 operators='+,-,max,min,hypot,reldiff,abs,exp' complexity=6
check_lists 'element-wise operators, signed' 13 operators='+,-,*,max,min,hypot,reldiff,abs,exp' complexity=6 signed=
check_lists 'factors joined in all ways' 17 operand=1
check_lists 'small parts' 18 operand=2 complexity=8
check_lists 'forbidden nestings' 14 forbid='log(log),square(+)' factors=2
check_lists 'all operators' 15 operators="$all" complexity=6
check_lists 'all operators, signed' 16 operators="$all" complexity=6 signed=
check_counts 'usual operators' 21 complexity=6 columns=5
# log(x4 + x5) is negative for one in 300 values within the ranges: still another formula than its absolute value.
check_counts 'formulas that differ in a corner of the ranges' 43 complexity=6 columns=5
check_counts 'the four operations' 22 operators='+,-,*,/' factors=4 columns=5
check_counts 'weights' 23 weights=log=2,constant=2,+=3 complexity=6 columns=5
check_counts 'no constants, signed factors' 24 operators='+,-,*,square' constants=0 signed= columns=5 complexity=6
check_counts 'factors joined in all ways' 26 operand=1 columns=6
check_counts 'small parts' 27 operand=2 complexity=8 columns=5
check_counts 'all operators' 25 operators="$all" complexity=4 columns=4
check_lists 'transforms' 31 transforms='x1=log,x2=,x5=square+inverse' complexity=6
check_lists 'transforms, signed factors' 32 transforms='x1=,x2=sqrt,x3=square+abs' signed= operators="$all" complexity=5
check_lists 'at most so many of a modality' 33 most='x1+x2+x3=1,x5+x6=1' complexity=6
check_lists 'one of some factors' 34 contain=x3+x7 complexity=6
check_lists 'rules together' 35 contain=x8 most='x1+x2+x4=1' transforms='x8=,x1=log+sqrt' complexity=6
check_lists 'directions' 36 direction='x1=1,x2=1' complexity=6 columns=5
check_lists 'directions, signed factors' 37 direction='x3=-1,x1=-1' signed= operators='+,-,*,/,abs,square,max' complexity=5 columns=5
check_lists 'a factor of 0 and 1' 38 binary=2 complexity=5 columns=4
check_lists 'a factor of 0 and 1, all operators' 39 binary=1 complexity=4 columns=4 operators="$all"
check_counts 'a factor of 0 and 1' 46 binary=2 complexity=5 columns=5
check_counts 'transforms' 41 transforms='x1=log,x2=,x4=square+inverse' complexity=6 columns=4
check_counts 'transforms, two factors of each' 42 transforms='x1=log,x2=log,x4=sqrt,x3=sqrt' complexity=5 columns=5
check_counts 'at most so many, one of some' 45 most='x1+x2+x3=1' contain=x1+x4 complexity=6 columns=5
check_counts 'rules together' 44 contain=x5 most='x1+x2+x4=1' transforms='x5=,x1=log+sqrt' columns=5 operators="$all" complexity=4
if [ -n "${SHIHYO_LONG:-}" ]; then
    for seed in 101 102 103; do
        check_lists "all operators, complexity 7, seed $seed" "$seed" operators="$all"
        check_lists "all operators, complexity 7, signed, seed $seed" "$seed" operators="$all" signed=
    done
fi
