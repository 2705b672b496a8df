#!/bin/sh
# A rank that is stopped cannot hang a run: the others find out and end it, with a message that names rank and node; and a run that is stopped as a whole, for
# longer than a rank may be silent, goes on as if nothing had been.
# shellcheck disable=SC2086 # MPIRUN is several words
set -u
: "${SHIHYO:=shihyo}" "${MPIRUN:=mpirun}" "${top_builddir:=.}"
cohorts=$top_builddir/tests/tools/make_cohort
host=$(uname -n)
host=${host%%.*}

say() { # say STATUS TEXT
    if [ "$1" -eq 0 ]; then printf 'ok - %s\n' "$2"; else printf 'not ok - %s\n' "$2"; fi
}

"$cohorts" noise --rows 1000 --factors 60 --seed 4 -o table.csv
"$SHIHYO" import table.csv -q -o cohort.h5
cat >run.yaml <<'END'
cohort: cohort.h5
outcome: {column: y}
grammar: {max_complexity: 6}
search: {keep: 20}
validation: {level: none}
run: {watchdog: 2s}
END
cat >rank.sh <<'END'
echo $$ >"pid.${OMPI_COMM_WORLD_RANK-${PMI_RANK-$PMIX_RANK}}"
exec "$@"
END

# Starts a search on three ranks, and waits until it is under way
begin() {
    rm -rf results pid.*
    timeout -k 10 60 $MPIRUN -n 3 sh rank.sh "$SHIHYO" search run.yaml -q -o results >out.txt 2>err.txt &
    run=$!
    while kill -0 "$run" 2>/dev/null && ! grep -qs '"stage":"search".*"ranks_heard":3' results/events.jsonl; do sleep 0.2; done
}
gone() { # no rank is left, be it stopped; one that nobody has buried does not count
    for rank in 0 1 2; do
        case $(ps -o stat= -p "$(cat pid.$rank)") in '' | Z*) ;; *) return 1 ;; esac
    done
}

for lost in 2 0; do
    begin
    stopped=$(date +%s)
    kill -STOP "$(cat pid.$lost)"
    wait "$run"
    status=$?
    took=$(($(date +%s) - stopped))
    [ "$status" -eq 3 ] && [ "$took" -le 30 ] && grep -q "^shihyo: There is no sign of life of rank $lost on $host" err.txt
    verdict=$?
    say $verdict "rank $lost of 3 is stopped: the run ends within 30 s, and the message names rank and node"
    [ $verdict -eq 0 ] || { echo "# status $status after $took s"; sed 's/^/# /' err.txt; }
    sleep 0.5
    gone
    say $? "rank $lost of 3 is stopped: no process is left"
    [ "$lost" -eq 0 ] && continue
    tail -n 1 results/events.jsonl | grep -q "\"event\":\"end\",\"status\":\"io\".*rank $lost on" && [ -s results/checkpoint ] &&
        "$SHIHYO" top results | grep -q "failed: .*rank $lost on"
    say $? 'the loss is the last event, top tells it, and the checkpoint is there'
done
# For 4 s nobody does anything; then one after the other goes on.
begin
for rank in 0 1 2; do kill -STOP "$(cat pid.$rank)"; done
sleep 4
for rank in 2 0 1; do kill -CONT "$(cat pid.$rank)"; sleep 0.3; done
wait "$run" && [ -s results/front.json ] && [ ! -s err.txt ]
verdict=$?
say $verdict 'a run that is stopped as a whole, and continued, ends well'
[ $verdict -eq 0 ] || sed 's/^/# /' err.txt
