#!/bin/sh
# A search that is stopped, by a signal or by its time limit, wherever it is, ends with status 85 and says how to go on; going on, on other numbers of ranks, gives the
# results that it would have had, byte for byte. A checkpoint of another run is refused with the difference named.
# shellcheck disable=SC2016,SC2046,SC2086,SC2181 # backquotes stand in messages; MPIRUN and lists of processes are several words
set -u
: "${SHIHYO:=shihyo}" "${MPIRUN:=mpirun}" "${top_srcdir:=.}" "${top_builddir:=.}"
# shellcheck source=tests/tools/interrupted.sh
. "$top_srcdir/tests/tools/interrupted.sh"
cohorts=$top_builddir/tests/tools/make_cohort
stopped='The run stops: it was told to by SIGTERM. [0-9]* % of the search is done. It is saved in out/checkpoint; `shihyo resume out` goes on.$'

"$cohorts" noise --rows 200 --factors 30 --seed 4 -o table.csv
"$SHIHYO" import table.csv -q -o cohort.h5
cat >run.yaml <<'END'
cohort: cohort.h5
outcome: {column: y}
validation: {level: none}
grammar: {max_complexity: 7}
search: {keep: 50}
report: {interval: 0.1}
END
run 2 search run.yaml -o whole
say $? 'a search that is not interrupted ends well'

# ---- stopped by a signal ------------------------------------------------------------------------------------------------------

# stop RANKS SIGNAL TEXT COMMAND ...: the status of a command that is sent the signal once it has said the text
stop() {
    ranks=$1 signal=$2 text=$3
    shift 3
    begin "$ranks" "$@"
    await "$text" && tell "$signal" $(ranks)
    finish
}

stop 2 TERM '% done' search run.yaml -o out
[ $? -eq 85 ] && said "$stopped" && holds out checkpoint checkpoint.previous events.jsonl
say $? 'SIGTERM: status 85, one message, and a checkpoint'

# ---- what is refused ----------------------------------------------------------------------------------------------------------

# refused WHAT MESSAGE COMMAND ...
refused() {
    what=$1 message=$2
    shift 2
    cp out/checkpoint before
    run 1 "$@"
    [ $? -eq 2 ] && said "$message" && cmp before out/checkpoint && holds out checkpoint checkpoint.previous events.jsonl
    say $? "refused: $what"
}
refused 'another search where one was interrupted' \
    'out: holds a run that was interrupted (out/checkpoint). `shihyo resume out` goes on with it; --overwrite starts anew; or choose another directory with -o.$' \
    search run.yaml -o out
refused 'going on with another seed and another grammar' \
    'out/checkpoint: is of another run than run.yaml: grammar.max_complexity: 7 in the checkpoint, 6 in run.yaml; seed: 1 in the checkpoint, 2 in run.yaml. ' \
    search run.yaml -o out --resume --set seed=2 --set grammar.max_complexity=6
refused 'to change what results depend on' '--set: a run that is gone on with keeps grammar.max_complexity, seed: the results depend on them, ' \
    resume out --set seed=2 --set grammar.max_complexity=6 --set parallel.tile=64
mv cohort.h5 right.h5
"$SHIHYO" import table.csv --missing 0 -q -o cohort.h5
refused 'another cohort' "$PWD/cohort.h5: is not the cohort that the run in out/checkpoint began with: its SHA-256 was $(sha256sum <right.h5 | cut -c1-64) and is $(sha256sum <cohort.h5 | cut -c1-64). " \
    resume out
rm cohort.h5
cp out/checkpoint before
run 1 resume out
[ $? -eq 3 ] && said "$PWD/cohort.h5: " && cmp before out/checkpoint
say $? 'refused: a cohort that is not there'
mv right.h5 cohort.h5
if command -v python3 >/dev/null 2>&1; then
    cp out/checkpoint right
    python3 - out/checkpoint <<'END'
import hashlib, re, sys
bytes = open(sys.argv[1], "rb").read()[:-64]
other = re.sub(rb"shihyo (\d+\.\d+\.\d+) \(commit ", lambda found: b"shihyo " + b"9" * len(found.group(1)) + b" (commit ", bytes)
open(sys.argv[1], "wb").write(other + hashlib.sha256(other).hexdigest().encode())
END
    refused 'another version' 'out/checkpoint: was written by shihyo 99999 (commit .*), and this is shihyo [0-9.]* (commit ' resume out
    mv right out/checkpoint
else
    echo 'ok - skipped: a checkpoint of another version is made with python3'
fi
run 1 resume nowhere
[ $? -eq 2 ] && said 'nowhere: there is no checkpoint to go on from, and there are no results. `shihyo search CONFIGURATION -o nowhere` starts a run.$' && [ ! -e nowhere ]
say $? 'refused: to go on from nothing'
run 1 search run.yaml -o out --resume --overwrite
[ $? -eq 64 ] && said '--resume goes on with what is there, and --overwrite starts anew; give one of them.$'
say $? 'refused: --resume with --overwrite'

# ---- going on, in several parts ----------------------------------------------------------------------------------------------------

cp -r out first
stop 3 TERM '% done' resume out
status=$?
[ "$status" -eq 85 ] || [ "$status" -eq 0 ]
say $? 'a run that is gone on with can be stopped again'
mkdir elsewhere
[ "$status" -eq 0 ] || (cd elsewhere && run 1 resume ../out)
same whole out && grep -q '"interruptions": {"resumed": [12], "checkpoints": [2-9]' out/run.json
say $? 'on 2, 3 and 1 ranks, from another directory: the same results, and run.json counts'

run 2 resume out
[ $? -eq 0 ] && grep -q '^out: this run is finished. `shihyo show out` prints its results.$' out.txt && same whole out
say $? 'of a finished run that is said, with status 0'
run 1 search run.yaml -o out --resume
[ $? -eq 0 ] && grep -q '^out: this run is finished. ' out.txt && same whole out
say $? '--resume: likewise'
run 1 search run.yaml -o out --resume --set seed=2
[ $? -eq 2 ] && said 'out: holds results of another run than run.yaml: seed: 1 in the results, 2 in run.yaml. ' && same whole out
say $? '--resume: results of another run are refused'

rm -rf out
mv first out
truncate -s 1000 out/checkpoint
run 2 search run.yaml -o out --resume --set parallel.row_blocks=2
[ $? -eq 0 ] && grep -q '^shihyo: warning: out/checkpoint: ' err.txt && same whole out
say $? 'a damaged checkpoint: the one before it serves, with a warning; two row blocks'

# ---- saved without an end, and two at once -----------------------------------------------------------------------------------------------

rm -rf out
begin 2 search run.yaml -o out --resume
if await '% done'; then
    tell STOP $(ranks) # so that it does not end meanwhile
    "$SHIHYO" search run.yaml -o out --overwrite >out2.txt 2>err2.txt
    [ $? -eq 2 ] && grep -q '^shihyo: out: another run is at work there: process [0-9]* on .*, last sign of life [0-9]* s ago. ' err2.txt
else
    false
fi
say $? 'a second run in the same directory is refused'
tell USR1 $(ranks)
tell CONT $(ranks)
finish && same whole out && grep -q '"interruptions": {"resumed": 0, "checkpoints": [2-9]' out/run.json
say $? 'SIGUSR1: saves and goes on; --resume begins where there is nothing'

# ---- the time limit -----------------------------------------------------------------------------------------------------------------------

rm -rf out
seconds=1
run 2 search run.yaml -o out --max-time "${seconds}s"
status=$?
if [ "$status" -eq 85 ]; then
    said 'The run stops: the time limit is near. [0-9]* % of the search is done. It is saved in out/checkpoint; `shihyo resume out` goes on.$'
    say $? 'a time limit: the run stops before it'
else
    echo 'ok - skipped: this machine is quicker than the time limit'
fi
parts=1
while [ "$status" -eq 85 ] && [ "$parts" -lt 8 ]; do
    parts=$((parts + 1)) seconds=$((2 * seconds))
    run 2 resume out --max-time "${seconds}s"
    status=$?
done
[ "$status" -eq 0 ] && same whole out
say $? "a run in $parts parts, each within its limit: the same results"

# limit TEXT VARIABLE=VALUE ...: what a run in a Slurm job says of its end
limit() {
    text=$1
    shift
    : >err.txt
    env SLURM_JOB_ID=7 PATH="$PWD/bin:$PATH" "$@" "$SHIHYO" search run.yaml -o limited --overwrite --set grammar.max_complexity=2 >out.txt 2>err.txt </dev/null
    [ $? -eq 0 ] && [ "$(grep -c 'before the end of the Slurm job' err.txt)" -eq "${text:+1}" ] && grep -q -- "$text" err.txt && return
    sed 's/^/# /' err.txt
    return 1
}
mkdir bin
printf '#!/bin/sh\n[ "$*" = "-h -j 7 -o %%L" ] && echo "$LEFT"\n' >bin/squeue
chmod +x bin/squeue
near='saved and stopped in 9 h 5[0-9] min, 5 min 00 s before the end of the Slurm job.$'
limit "$near" SLURM_JOB_END_TIME=$(($(date +%s) + 36000)) LEFT=1:00
say $? 'a Slurm job that knows its end: the limit is that'
limit "$near" LEFT=10:00:00
say $? 'one that does not: what squeue says is left'
limit 'saved and stopped in 9 min 00 s, 1 min 00 s before the end of the Slurm job.$' LEFT=10:00
say $? 'a tenth of a short job is left to stop'

# ---- several targets, and the validation ------------------------------------------------------------------------------------------------------

"$cohorts" noise --rows 120 --factors 8 --seed 5 -o small.csv
"$SHIHYO" import small.csv -q -o small.h5
cat >small.yaml <<'END'
cohort: small.h5
outcome: {columns: [y, x8]}
factors: {max: 2}
grammar: {max_complexity: 5}
search: {keep: 20}
permutations: 40
stability: {resamples: 10}
report: {interval: 0.1}
END
run 1 search small.yaml -o small
say $? 'a search with two targets and a full validation ends well'
rm -rf out
begin 2 search small.yaml -o out
while kill -0 "$launched" 2>/dev/null && [ ! -e out/checkpoint ]; do sleep 0.05; done
tell TERM $(ranks)
finish
stops=0
status=85
while [ "$status" -eq 85 ] && [ "$stops" -lt 4 ]; do
    stops=$((stops + 1))
    begin $((stops % 3 + 1)) resume out
    await "Validation after .*: $(echo 'cross-validation permuted half calibration' | cut -d' ' -f$stops)" && tell TERM $(ranks)
    finish
    status=$?
    [ "$status" -eq 85 ] && sed -n 's/^shihyo: The run stops/# &/p' err.txt
done
[ "$status" -ne 85 ] || run 2 resume out
same small out
say $? 'stopped again and again, in the search and in the validation: the same results'
