#!/bin/sh
# How the work is dealt: the simulation of a plan on many ranks keeps them busy, in the way that doc/scheduling.md describes, and
# a real run says in run.json how busy its ranks were, and nowhere else.
# shellcheck disable=SC2086 # MPIRUN is several words
set -u
: "${SHIHYO:=shihyo}" "${MPIRUN:=mpirun}" "${top_builddir:=.}"
schedule=$top_builddir/tests/tools/schedule
cohorts=$top_builddir/tests/tools/make_cohort

say() { # say STATUS TEXT
    if [ "$1" -eq 0 ]; then printf 'ok - %s\n' "$2"; else printf 'not ok - %s\n' "$2"; fi
}

simulate() { # simulate KEY=VALUE ...: one line, in $log
    "$schedule" simulate "$@" >log.txt 2>&1
    status=$?
    cat log.txt
    return $status
}

# value NAME: of the last simulation. It has no clock: the same settings give the same numbers on any machine.
value() {
    awk -v name="$1" '{ for (i = 1; i < NF; i += 2) if ($i == name) print $(i + 1) }' log.txt
}

holds() { # holds CONDITION: of awk, on the numbers of the last simulation
    awk -v "condition=$1" '
        { for (i = 1; i < NF; i += 2) v[$i] = $(i + 1) }
        END {
            split(condition, c, " ")
            exit !(NR == 1 && (c[1] in v) && (c[2] == "<" ? v[c[1]] < c[3] + 0 : v[c[1]] > c[3] + 0))
        }' log.txt
}

# ---- the simulation ----

simulate factors=2000 complexity=5 slots=3 ranks=1000
holds 'efficiency > 0.98' && holds 'idle_worst < 0.02'
say $? 'a thousand ranks work all the time but 2 %'
first=$(value seconds)
simulate factors=2000 complexity=5 slots=3 ranks=1000
[ "$(value seconds)" = "$first" ]
say $? 'the same settings give the same numbers'
simulate factors=2000 complexity=5 slots=3 ranks=64 service=10
holds 'scheduling < 0.01' && holds 'idle_worst < 0.02'
say $? 'beside 64 ranks rank 0 deals less than 1 % of its time'
simulate factors=11000 complexity=5 slots=3 ranks=10000
holds 'efficiency > 0.98' && holds 'idle_worst < 0.02'
say $? 'ten thousand ranks work all the time but 2 %'
simulate factors=2000 complexity=5 slots=3 ranks=1000 noise=0 bias=0
holds 'efficiency > 0.99'
say $? 'jobs that cost what was predicted leave less than 1 %'
simulate factors=11000 complexity=5 slots=3 ranks=10000 service=100
holds 'efficiency < 0.98' && holds 'scheduling > 0.1'
say $? 'a rank 0 that is slow to answer is seen to be'
simulate factors=100 ranks=1
holds 'efficiency > 0.9999' && holds 'idle_worst < 0.0001'
say $? 'a rank alone waits for nobody'
simulate nonsense=1
[ $? -eq 1 ] && grep -q 'nonsense=1 is no setting' log.txt
say $? 'a setting that does not exist is refused'

# ---- a real rank 0 ----

$MPIRUN -n 2 "$schedule" measure 2000 >log.txt 2>&1 && holds 'service > 0' && [ "$(value jobs)" -eq 2000 ]
say $? 'the service of a real rank 0 can be measured'

# ---- a real run ----

"$cohorts" noise --rows 200 --factors 12 -o table.csv && "$SHIHYO" import table.csv -q -o table.h5
cat >search.yaml <<'END'
cohort: table.h5
validation: {level: none}
outcome:
  column: y
factors:
  max: 2
grammar:
  max_complexity: 5
END
for ranks in 1 3; do
    $MPIRUN -n $ranks "$SHIHYO" search search.yaml -q -o "out$ranks" >log.txt 2>&1
    good=0
    for key in idle_worst idle_mean scheduling_share; do
        tr -d ' ",' <"out$ranks/run.json" | awk -F: -v key=$key '$1 == key && $2 >= 0 && $2 <= 1 { found++ } END { exit !found }' ||
            good=1
        grep -q "$key" "out$ranks/front.json" "out$ranks/results.h5" && good=1
    done
    say $good "run.json says how busy $ranks ranks were, and the results do not"
done
cmp -s out1/front.json out3/front.json
say $? 'results are the same'
