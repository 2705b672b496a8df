#!/bin/sh
# The scripts of jobs/ on a Slurm of three nodes: a search on all of them gives what one rank gives, byte for byte; also if it was cut
# short by its time limit, by scancel or by the loss of a node; a sweep of which a task failed is collected, and the task runs again.
#
# MOMENTS=20 cancels a search at so many moments (default 2), PARTS='plain moments' runs only these (power_cut, too). The
# nodes are virtual (tests/slurm/lab), the cores those of this machine.
set -u
: "${SHIHYO:=shihyo}" "${MPIRUN:=mpirun}" "${top_srcdir:=.}" "${top_builddir:=.}" "${MOMENTS:=2}"
export SHIHYO MPIRUN top_srcdir top_builddir MOMENTS
jobs=$top_srcdir/jobs

if [ "${1:-}" != inside ]; then
    lab=$top_srcdir/tests/slurm/lab
    if why=$("$lab" --check); then exec "$lab" -n 3 -c 4 sh "$0" inside; fi
    echo "skipped: no Slurm can be started here: $why"
    exit 0
fi

say() { # say STATUS TEXT
    if [ "$1" -eq 0 ]; then printf 'ok - %s\n' "$2"; else printf 'not ok - %s\n' "$2"; fi
}

submit() { # submit SCRIPT ARGUMENT ...: sets job and log; options of sbatch come from $options
    script=$jobs/$1
    shift
    # shellcheck disable=SC2086 # several words
    job=$(sbatch --parsable --mem-per-cpu=512M --output=%x-%j.log ${options:-} "$script" "$@") || exit 1
    log=$(scontrol show job "$job" | sed -n 's/^ *StdOut=//p' | head -n 1)
}

state() { squeue -h -t all -j "$1" -o %T; } # of a job; of all tasks of an array

# await SECONDS CONDITION ...: until the command succeeds; a failed test shows the log
await() {
    tenths=$(($1 * 10))
    shift
    until "$@" 2>/dev/null; do
        tenths=$((tenths - 1))
        if [ "$tenths" -le 0 ]; then
            echo "# waited in vain: $*"
            squeue -t all
            [ ! -f "$log" ] || tail -n 20 "$log"
            return 1
        fi
        sleep 0.1
    done
}

over() { # all its tasks are
    states=$(state "$1")
    [ -n "$states" ] && ! echo "$states" | grep -qvE 'COMPLETED|FAILED|CANCELLED|TIMEOUT|NODE_FAIL'
}
is() { # if not, a remark says what it is, with the end of the log
    states=$(state "$1")
    [ "$states" = "$2" ] || { echo "# job $1 is $states, not $2" >&2; tail -n 20 "$log" >&2; return 1; }
}
exists() { [ -e "$1" ]; }

# same RESULTS TEXT: these are the results of one rank
same() {
    cmp one/front.json "$1/front.json" && cmp one/front.tsv "$1/front.tsv"
    say $? "$2"
}

make_search() { # run.yaml: some seconds of all that a run does; quick.yaml: the search alone
    "$top_builddir/tests/tools/make_cohort" triple --rows 200 --factors 12 --missing 0 -o cohort.csv
    "$SHIHYO" import cohort.csv -q -o cohort.h5
    cat >run.yaml <<'YAML'
cohort: cohort.h5
outcome: {column: y}
factors: {exclude: [patient_id], max: 3}
grammar: {max_complexity: 7}
search: {keep: 100}
permutations: 20
stability: {resamples: 5}
references: false
YAML
    sed '$a validation: {level: none}' run.yaml >quick.yaml
    srun -N 1 -n 1 --mpi=pmix "$SHIHYO" search run.yaml -q -o one
}

plain() {
    options='--ntasks-per-node=1'
    submit search.sbatch run.yaml plain
    await 120 over "$job" && is "$job" COMPLETED
    say $? 'search.sbatch ends well'
    same plain 'a search of 3 ranks on 3 nodes gives what 1 rank gives, byte for byte'
    grep -q '"ranks": 3' plain/run.json
    say $? 'it was one search of 3 ranks'
}

scaling() {
    options='--nodes=2 --ntasks-per-node=2'
    submit scaling.sbatch quick.yaml scaling
    await 120 over "$job" && is "$job" COMPLETED && [ "$(grep -c 'the same$' scaling/scaling.tsv)" -eq 3 ]
    say $? 'scaling.sbatch: 1, 2 and 4 ranks give the same'
    cut -f 1,2 scaling/scaling.tsv | tr '\t\n' ', ' | grep -q '^ranks,nodes 1,1 2,1 4,2 $'
    say $? 'its table has a line for each number of ranks, on as few nodes as hold them'
}

# wait_inside RESULTS: the search there has begun, and has had some time; whoever cuts it short cuts it in the middle
wait_inside() {
    await 60 exists "$1/checkpoint" && sleep "${2:-0.5}"
}

restarts() { scontrol show job "$1" | sed -n 's/.* Restarts=\([0-9]*\).*/\1/p'; }

# A job that was queued again waits two minutes before it may start; here two seconds do (a second start within the same second is refused).
queued_again() { is "$job" PENDING && [ "$(restarts "$job")" -eq "$1" ] && scontrol update JobId="$job" StartTime=now+2seconds; }
start_again() { # start_again TIMES: it has been queued again so often; it starts, and ends well
    await 120 queued_again "$1" && await 120 over "$job" && is "$job" COMPLETED
}

requeue() {
    options='--ntasks-per-node=1'
    submit resume.sbatch run.yaml requeued
    wait_inside requeued 1.5
    scancel --batch --signal=USR1 "$job" # as Slurm does before the time limit
    start_again 1
    say $? 'resume.sbatch: at its time limit the job saves, queues itself again, and ends well'
    [ "$(grep -c 'saved; queued again' "$log")" -eq 1 ] && grep -q 'start 1 on' "$log" && grep -q 'start 2 on' "$log"
    say $? 'both starts are in one log'
    same requeued 'what it gives is what an undisturbed search gives, byte for byte'
    [ ! -e requeued/checkpoint ]
    say $? 'the checkpoint is gone when the results are there'

    submit resume.sbatch run.yaml cancelled
    wait_inside cancelled
    scancel "$job"
    await 60 over "$job" && is "$job" CANCELLED && [ -e cancelled/checkpoint ] && ! grep -q 'queued again' "$log"
    say $? 'resume.sbatch: scancel ends the job for good, and it has saved'
}

# Every second time the ranks are killed without a warning.
moments() {
    options='--ntasks-per-node=1'
    moment=1
    while [ "$moment" -le "$MOMENTS" ]; do
        after=$(od -An -N2 -tu2 /dev/urandom | awk '{ printf "%.2f", $1 / 65536 * 3 }')
        results=moment$moment
        submit search.sbatch run.yaml "$results"
        wait_inside "$results" "$after"
        if [ $((moment % 2)) -eq 1 ]; then
            how=scancel
            scancel "$job"
        else
            how='scancel --signal=KILL'
            scancel --signal=KILL "$job"
        fi
        await 60 over "$job"
        how="$how $after s after the start ($(state "$job"))"
        submit search.sbatch run.yaml "$results"
        await 120 over "$job" && is "$job" COMPLETED
        say $? "$how: the same script goes on, and ends well"
        same "$results" "$how: the results are those of an undisturbed search"
        moment=$((moment + 1))
    done
}

node_lost() {
    options='--nodes=2 --ntasks-per-node=1'
    submit resume.sbatch run.yaml lost
    wait_inside lost 1.5
    before=$(squeue -h -j "$job" -o %N)
    node=$(scontrol show hostnames "$before" | tail -n 1)
    scontrol update NodeName="$node" State=DOWN Reason=test
    start_again 1 && ! grep -qF "start 2 on $before" "$log"
    say $? "a node is lost: the job starts again on others and ends well"
    same lost 'and gives what an undisturbed search gives'
    scontrol update NodeName="$node" State=RESUME 2>/dev/null
}

# Not in the suite, since Slurm takes half a minute to believe it: a node does not answer any more.
power_cut() {
    options='--nodes=2 --ntasks-per-node=1'
    submit resume.sbatch run.yaml cut
    wait_inside cut 1.5
    node=$(scontrol show hostnames "$(squeue -h -j "$job" -o %N)" | tail -n 1)
    # shellcheck disable=SC2154 # exported by the lab
    kill -KILL "$(cat "$scratch/$node.pid")"
    await 120 queued_again 1 && await 120 over "$job" && is "$job" COMPLETED
    say $? "a node is switched off: the job starts again on others and ends well"
    same cut 'and gives what an undisturbed search gives'
}

# Six tasks; the fourth fails, since something is in the way of its results. When all have ended, a job of its own collects.
sweep() {
    cat >sweep.yaml <<'YAML'
base: quick.yaml
grid:
  grammar.max_complexity: [3, 4, 5]
  seed: [1, 2]
job: {memory: 512MiB}
YAML
    "$SHIHYO" sweep sweep.yaml -o sweep -q || say 1 'shihyo sweep'
    mkdir -p sweep/runs
    echo 'in the way' >sweep/runs/0004
    array=$(sbatch --parsable --array=1-6 --mem-per-cpu=512M "$jobs/sweep.sbatch" sweep)
    options="--dependency=afterany:$array"
    submit collect.sbatch sweep
    await 120 over "$job" && is "$job" COMPLETED
    say $? 'sweep.sbatch and collect.sbatch: when the tasks of the array have ended, they are collected'
    [ "$(state "$array" | sort | uniq -c | tr -s ' \n' ' ')" = ' 5 COMPLETED 1 FAILED ' ]
    say $? 'of six tasks one failed'
    grep -q '^ *4  .*failed.*0004' "$log" && [ "$(cut -f 3 sweep/collected.tsv | grep -cx 'done')" -eq 5 ]
    say $? 'the log of the collecting job names it and says why; the table has the others'
    again=$(sed -n 's/^ *\(sbatch --array=.*\)/\1/p' "$log")
    [ "$again" = 'sbatch --array=4 sweep/sweep.sbatch' ]
    say $? "it says what submits it again: $again"
    rm sweep/runs/0004
    array=$(sh -c "$again" | sed -n 's/^Submitted batch job //p')
    options="--dependency=afterok:$array"
    submit collect.sbatch sweep
    await 120 over "$job" && is "$job" COMPLETED && [ "$(cut -f 3 sweep/collected.tsv | grep -cx 'done')" -eq 6 ]
    say $? 'submitted again it ends well, and all six are collected'
}

# Open MPI 4.1 over TCP sometimes dies within MPI_Init (doc/slurm.md), which a program that does nothing does as well: such a part is run once more.
run_part() {
    $1 >said.txt 2>&1
    if grep -q '^not ok' said.txt && grep -q 'Segmentation fault' said.txt; then
        echo "# $1 once more: a rank died with a segmentation fault; what was seen:"
        sed 's/^/# /' said.txt
        rm -rf plain scaling requeued cancelled moment[0-9]* lost cut sweep sweep.yaml
        $1 >said.txt 2>&1
    fi
    cat said.txt
}

make_search
for part in ${PARTS:-plain scaling requeue moments node_lost sweep}; do
    run_part "$part"
done
