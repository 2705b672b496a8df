#!/bin/sh
# A disk that is full, when a checkpoint is saved or when the results are written: a clear message, the checkpoint before is intact, and with room again the run goes on to the
# same results. On a small file system in memory, which takes root.
# shellcheck disable=SC2016,SC2046,SC2086,SC2181 # backquotes stand in messages; MPIRUN and lists of processes are several words
set -u
: "${SHIHYO:=shihyo}" "${MPIRUN:=mpirun}" "${top_srcdir:=.}" "${top_builddir:=.}"
# shellcheck source=tests/tools/interrupted.sh
. "$top_srcdir/tests/tools/interrupted.sh"
cohorts=$top_builddir/tests/tools/make_cohort

mkdir small
if ! mount -t tmpfs -o size=4m none small 2>/dev/null; then
    echo 'ok - skipped: a small file system is mounted as root only, and not in every container'
    exit 0
fi
trap 'umount "$PWD/small"' EXIT
trap 'exit 1' HUP INT TERM

"$cohorts" noise --rows 200 --factors 22 --seed 4 -o table.csv
"$SHIHYO" import table.csv -q -o cohort.h5
cat >run.yaml <<'END'
cohort: cohort.h5
outcome: {column: y}
validation: {level: none}
grammar: {max_complexity: 7}
search: {keep: 300}
run: {checkpoint: 0.2s}
report: {interval: 0.1}
END
run 2 search run.yaml -o whole
say $? 'a search with room ends well'

fill() { dd if=/dev/zero of=small/rest bs=4k 2>/dev/null; } # until nothing goes in any more
make_room() { rm small/rest; }

# ---- during a checkpoint: on the timer the search goes on, at the end it cannot --------------------------------------------------------------

begin 2 search run.yaml -o small/out
while kill -0 "$launched" 2>/dev/null && [ ! -e small/out/checkpoint.previous ]; do sleep 0.05; done
fill
cp small/out/checkpoint kept
tell USR1 $(ranks)
await '^shihyo: warning: What is done cannot be saved: small/out/checkpoint: the checkpoint cannot be written: No space left on device. .* That one is of 20[-0-9]* [:0-9]*. The search goes on.$'
say $? 'a checkpoint on a full disk: a warning, and the search goes on'
cmp kept small/out/checkpoint
say $? 'the checkpoint before is as it was'
tell TERM $(ranks)
finish
status=$?
[ "$status" -eq 3 ] && said 'The run stops: it was told to by SIGTERM. .* It cannot be saved: small/out/checkpoint: .*No space left on device.* The checkpoint of 20[-0-9]* [:0-9]* (small/out/checkpoint) is intact; `shihyo resume small/out` goes on from there.$' &&
    cmp kept small/out/checkpoint && holds small/out checkpoint checkpoint.previous events.jsonl
say $? "stopped on a full disk: status 3, and which checkpoint there is ($status)"
run 2 resume small/out
[ $? -eq 3 ] && said 'small/out: cannot be written: No space left on device. ' && cmp kept small/out/checkpoint
say $? 'going on without room is refused, and nothing is lost'
make_room
run 3 resume small/out
[ $? -eq 0 ] && same whole small/out
say $? 'with room again: the same results'

# ---- during the results: they are larger than what is left -----------------------------------------------------------------------------------------

rm -rf small/out
begin 2 search run.yaml -o small/out
while kill -0 "$launched" 2>/dev/null && [ ! -e small/out/checkpoint.previous ]; do sleep 0.05; done
fill
finish
status=$?
[ "$status" -eq 3 ] && said 'small/out/[a-z.0-9]*: cannot be written: No space left on device. Free some space or choose another directory with -o.$' &&
    grep -q '^shihyo: note: What was done is kept in small/out/checkpoint (20[-0-9]* [:0-9]*); `shihyo resume small/out` goes on from there.$' err.txt &&
    holds small/out checkpoint checkpoint.previous events.jsonl
say $? "results on a full disk: status 3, no results, and the checkpoint is kept ($status)"
make_room
run 1 resume small/out
[ $? -eq 0 ] && same whole small/out
say $? 'with room again: the same results'
