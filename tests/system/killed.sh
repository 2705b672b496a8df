#!/bin/sh
# A rank, or all of them, killed with SIGKILL at random moments: the job ends by itself with a message that says which rank and where, what is in the directory then is
# whole, and going on gives the same results, byte for byte. MOMENTS=N tries N moments (default 3), SEED=N the same ones again.
# shellcheck disable=SC2012,SC2045,SC2046,SC2086,SC2181 # names are plain; MPIRUN and lists of processes are several words
set -u
: "${SHIHYO:=shihyo}" "${MPIRUN:=mpirun}" "${top_srcdir:=.}" "${top_builddir:=.}" "${MOMENTS:=3}" "${SEED:=$(date +%s)}"
# shellcheck source=tests/tools/interrupted.sh
. "$top_srcdir/tests/tools/interrupted.sh"
cohorts=$top_builddir/tests/tools/make_cohort
echo "# SEED=$SEED MOMENTS=$MOMENTS"

"$cohorts" noise --rows 200 --factors 20 --seed 4 -o table.csv
"$SHIHYO" import table.csv -q -o cohort.h5
cat >run.yaml <<'END'
cohort: cohort.h5
outcome: {column: y}
grammar: {max_complexity: 6}
search: {keep: 20}
permutations: 40
stability: {resamples: 20}
run: {checkpoint: 0.2s}
report: {interval: 0.1}
END

milliseconds() { date +%s%3N; }
draw() { # draw N: a number from 0 to N − 1 in $drawn; another one each time, the same for the same SEED
    draws=$((draws + 1))
    drawn=$(awk -v seed="$SEED" -v draws="$draws" -v n="$1" 'BEGIN { srand(seed % 1000000 + 1009 * draws); rand(); print int(n * rand()) }')
}
draws=0

started=$(milliseconds)
run 3 search run.yaml -o whole
say $? 'a search that nobody kills ends well'
lasts=$(($(milliseconds) - started))

# Finished files are those of the whole run; others have names that say they are not for readers.
is_whole() {
    for name in $(ls -A out 2>/dev/null); do
        case $name in
        checkpoint | checkpoint.previous | checkpoint.partial | .running | .*.partial | run.json | events.jsonl) ;;
        results.h5)
            [ -z "$data" ] && continue
            data_of out/results.h5 >data.1 && data_of whole/results.h5 >data.2 && cmp data.1 data.2 || return 1
            ;;
        *) cmp "out/$name" "whole/$name" || return 1 ;;
        esac
    done
}

# ends_soon: $launched ends within half a minute; its status
ends_soon() {
    for _ in $(seq 300); do
        kill -0 "$launched" 2>/dev/null || break
        sleep 0.1
    done
    if kill -0 "$launched" 2>/dev/null; then
        echo '# it goes on after 30 s'
        tell KILL $(below "$launched") "$launched"
        finish
        return 124
    fi
    finish
}

moment=0
late=0
while [ "$moment" -lt "$MOMENTS" ] && [ "$late" -lt 20 ]; do
    draw 2
    count=$((2 + drawn))
    draw "$lasts"
    after=$drawn
    draw $((count + 1))
    victim=$drawn # the last is all of them
    rm -rf out
    begin "$count" search run.yaml -o out --resume
    sleep "$(awk -v ms="$after" 'BEGIN { print ms / 1000 }')"
    victims=$(ranks)
    [ "$victim" -lt "$count" ] && victims=$(ranks | sort -n | sed -n "$((victim + 1))p")
    [ -n "$victims" ] && tell KILL $victims
    ends_soon
    status=$?
    if [ "$status" -eq 0 ]; then # it was quicker
        late=$((late + 1))
        continue
    fi
    moment=$((moment + 1))
    what="moment $moment: after $after ms of $lasts, rank $victim of $count"
    [ "$victim" -eq "$count" ] && what="moment $moment: after $after ms of $lasts, all $count ranks"
    [ -n "$victims" ] && [ "$status" -ne 124 ] && grep -Eq 'process rank [0-9]+ .*on node .*exited on signal 9|KILLED BY SIGNAL: 9' err.txt && is_whole
    verdict=$?
    [ "$verdict" -eq 0 ] || sed 's/^/# /' err.txt
    say "$verdict" "$what: the job ends with a message, nothing is half written"
    left=$(ls -A out 2>/dev/null | tr '\n' ' ')
    run $((1 + moment % 3)) search run.yaml -o out --resume
    [ $? -eq 0 ] && same whole out
    verdict=$?
    [ "$verdict" -eq 0 ] || sed 's/^/# /' err.txt
    say "$verdict" "$what: going on from $left gives the same results ($(sed -n 's/.*"resumed": \([0-9]*\).*/resumed \1/p' out/run.json))"
done
