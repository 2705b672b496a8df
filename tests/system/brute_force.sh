#!/bin/sh
# The best lists of a search equal, formula for formula and in order, those of an independent brute force, and so do the
# numbers of formulas of a plan. SHIHYO_LONG=1 adds the whole grammar at complexity 7 on several seeds.
set -u
: "${SHIHYO:=shihyo}" "${MPIRUN:=mpirun}" "${top_builddir:=.}"
brute=$top_builddir/tests/tools/brute_force
cohorts=$top_builddir/tests/tools/make_cohort
usual='+,-,*,/,log,sqrt,square,inverse'
all='+,-,*,/,max,min,hypot,reldiff,log,sqrt,square,inverse,abs,exp'

say() { # say STATUS TEXT
    if [ "$1" -eq 0 ]; then echo "ok - $2"; else echo "not ok - $2"; fi
}

# The hand-counted grammar: of two factors, + and *, there are 2 formulas of complexity 1, 4 of complexity 3 (three
# products and a sum; a + a is a) and 19 of complexity 5 (14 polynomials, 5 families).
self_check() {
    "$cohorts" noise --rows 60 --factors 2 --seed 1 -o two.csv || return
    "$brute" --csv two.csv --outcome y --operators '+,*' --max-complexity 5 --count >count.tsv &&
        [ "$(cut -f2 count.tsv | tr '\n' ' ')" = '2 0 4 0 19 ' ]
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
    "$cohorts" noise --rows 60 --factors "$columns" --seed "$seed" $signed -o cohort.csv &&
        "$SHIHYO" import cohort.csv -o cohort.h5 >import.log 2>&1 || { cat import.log; say 1 "$name: import"; return; }
    configuration >run.yaml
    timeout -k 10 300 $MPIRUN -n 2 "$SHIHYO" search run.yaml -o out >search.log 2>&1 ||
        { tail -n 20 search.log; say 1 "$name: search"; return; }
    reference --max-complexity "$complexity" --keep 50 -o list.tsv --compare out/front.json 2>notes.log
    status=$?
    [ "$status" -eq 0 ] || sed 's/^/# /' notes.log | head -n 20
    say "$status" "$name: the best lists are those of the brute force"
}

self_check
say $? 'brute force: a grammar counted by hand'
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
