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

configuration() { # uses operators complexity factors constants weights forbid
    echo 'cohort: cohort.h5'
    echo 'outcome: {column: y, kind: continuous}'
    echo "factors: {include: [\"*\"], max: $factors}"
    echo 'grammar:'
    echo "  operators: [$(quoted "$operators")]"
    if [ "$constants" -eq 0 ]; then echo '  constants: none'; else echo '  constants: fitted'; fi
    echo "  max_constants: $constants"
    echo "  max_complexity: $complexity"
    echo '  units: off'
    if [ -n "$forbid" ]; then echo "  forbid: [$(quoted "$forbid")]"; else echo '  forbid: []'; fi
    if [ -n "$weights" ]; then echo "  complexity: {$(echo "$weights" | sed 's/=/: /g; s/,/, /g')}"; fi
    echo 'search: {keep: 50}'
}

reference() { # reference OPTION ...: the brute force on the same problem
    "$brute" --csv cohort.csv --outcome y --operators "$operators" --max-factors "$factors" --max-constants "$constants" \
        ${weights:+--weights "$weights"} ${forbid:+--forbid "$forbid"} "$@"
}

# check NAME SEED KEY=VALUE ...: one cohort, one grammar, both searches. Keys: operators complexity factors constants
# weights forbid columns signed.
check() {
    name=$1 seed=$2
    operators=$usual complexity=7 factors=3 constants=2 weights='' forbid='' columns=8 signed=''
    shift 2
    for setting; do
        case ${setting%%=*} in
            operators) operators=${setting#*=} ;;
            complexity) complexity=${setting#*=} ;;
            factors) factors=${setting#*=} ;;
            constants) constants=${setting#*=} ;;
            weights) weights=${setting#*=} ;;
            forbid) forbid=${setting#*=} ;;
            columns) columns=${setting#*=} ;;
            signed) signed=--signed ;;
            *) echo "not ok - unknown setting $setting"; return ;;
        esac
    done
    rm -rf cohort.csv cohort.h5 out
    if ! make_csv cohort.csv --factors "$columns" --seed "$seed" $signed ||
        ! "$SHIHYO" import cohort.csv -o cohort.h5 >import.log 2>&1; then
        cat import.log
        say 1 "$name: import"
        return
    fi
    configuration >run.yaml
    # shellcheck disable=SC2086 # MPIRUN is a command with arguments
    timeout -k 10 300 $MPIRUN -n 2 "$SHIHYO" search run.yaml -o out >search.log 2>&1 ||
        { tail -n 20 search.log; say 1 "$name: search"; return; }
    reference --max-complexity "$complexity" --keep 50 -o list.tsv --compare out/front.json 2>notes.log
    status=$?
    [ "$status" -eq 0 ] || sed 's/^/# /' notes.log | head -n 20
    say "$status" "$name: the best lists are those of the brute force"
}

self_check_counts
say $? 'brute force: two grammars counted by hand'
self_check_compare
say $? 'brute force: the comparison knows equal lists and exchanged entries'
check 'usual operators' 1
check 'usual operators, signed factors' 2 signed=
check 'weights' 3 weights=log=2,constant=2
check 'one factor in a formula' 4 factors=1
check 'two factors in a formula' 5 factors=2
check 'four factors in a formula' 6 factors=4 operators='+,-,*,/'
check 'no difference' 7 operators='+,*,/,log,square'
check 'no sum, signed' 8 operators='-,*,/,sqrt,abs' signed=
check 'no product' 9 operators='+,-,/,log,sqrt'
check 'no constants' 10 constants=0
check 'one constant' 11 constants=1 operators='+,*' complexity=9 columns=5
check 'element-wise operators' 12 operators='+,-,max,min,hypot,reldiff,abs,exp' complexity=6
check 'element-wise operators, signed' 13 operators='+,-,*,max,min,hypot,reldiff,abs,exp' complexity=6 signed=
check 'forbidden nestings' 14 forbid='log(log),square(+)' factors=2
check 'all operators' 15 operators="$all" complexity=6
check 'all operators, signed' 16 operators="$all" complexity=6 signed=
if [ -n "${SHIHYO_LONG:-}" ]; then
    for seed in 101 102 103; do
        check "all operators, complexity 7, seed $seed" "$seed" operators="$all"
        check "all operators, complexity 7, signed, seed $seed" "$seed" operators="$all" signed=
    done
fi
