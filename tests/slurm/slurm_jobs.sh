#!/bin/sh
# The scripts of jobs/ on a Slurm of three nodes: a search on all of them gives what one rank gives, byte for byte; also if it was cut
# short by its time limit, by scancel or by the loss of a node; a sweep of which a task failed is collected, and the task runs again.
#
# MOMENTS=20 cancels a search at so many moments (default 2). The nodes are virtual (tests/slurm/lab), the cores those of this machine.
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

submit() { # submit SCRIPT ARGUMENT ...: sets job; options of sbatch come from $options
    # shellcheck disable=SC2086 # several words
    job=$(sbatch --parsable --mem-per-cpu=512M --output=%x-%j.log ${options:-} "$jobs/$1" "$2" "$3") || exit 1
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

over() { ! state "$1" | grep -qvE 'COMPLETED|FAILED|CANCELLED|TIMEOUT|NODE_FAIL'; }
is() { [ "$(state "$1")" = "$2" ]; }
exists() { [ -e "$1" ]; }

# same RESULTS TEXT: these are the results of one rank
same() {
    cmp one/front.json "$1/front.json" && cmp one/front.tsv "$1/front.tsv"
    say $? "$2"
}

make_search() { # run.yaml: a second or two of all that a run does; quick.yaml: the search alone
    "$top_builddir/tests/tools/make_cohort" triple --rows 200 --factors 12 --missing 0 -o cohort.csv
    "$SHIHYO" import cohort.csv -q -o cohort.h5
    cat >run.yaml <<'YAML'
cohort: cohort.h5
outcome: {column: y}
factors: {exclude: [patient_id], max: 3}
grammar: {max_complexity: 6}
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
    await 60 over "$job" && is "$job" COMPLETED
    say $? 'search.sbatch ends well'
    same plain 'a search of 3 ranks on 3 nodes gives what 1 rank gives, byte for byte'
    grep -q '"ranks": 3' plain/run.json
    say $? 'it was one search of 3 ranks'
}

scaling() {
    options='--nodes=2 --ntasks-per-node=2'
    submit scaling.sbatch quick.yaml scaling
    await 60 over "$job" && is "$job" COMPLETED && [ "$(grep -c 'the same$' scaling/scaling.tsv)" -eq 3 ]
    say $? 'scaling.sbatch: 1, 2 and 4 ranks give the same'
    cut -f 1,2 scaling/scaling.tsv | tr '\t\n' ', ' | grep -q '^ranks,nodes 1,1 2,1 4,2 $'
    say $? 'its table has a line for each number of ranks, on as few nodes as hold them'
}

make_search
plain
scaling
