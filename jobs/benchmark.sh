#!/bin/sh
#SBATCH --job-name=shihyo-benchmark
#SBATCH --ntasks=2
#SBATCH --cpus-per-task=1
#SBATCH --mem-per-cpu=3G
#SBATCH --time=00:30:00
# The large searches that the program is measured by, on synthetic cohorts made on the spot.
#
#   jobs/benchmark.sh pairs      200,000 factors, 200 samples: all pairs in all seven forms, 1.4e11 formulas, 1 GiB per rank
#   jobs/benchmark.sh triples    2,000 factors, 200 samples: every formula of two of the operators + - * /, 5.9e10 different ones;
#                                the truth is x1 * x2 / x3 and should stand on top; 2 GiB per rank
#   jobs/benchmark.sh billions   100,000 factors, 200 samples: pairs again, 3.5e10 formulas
#   jobs/benchmark.sh samples    500,000 samples, 200 factors: all pairs in all forms, ratios included, the samples divided
#                                between two ranks
#
# sbatch jobs/benchmark.sh pairs does the same under Slurm (the lines #SBATCH above say what is asked for; inside a job srun starts
# the ranks). RANKS=N runs on N ranks, BUILD=DIR says where the program was built, WORK=DIR where cohorts and results go; a cohort
# that is there already is used again.
set -eu
case ${SLURM_SUBMIT_DIR:-} in
    '') root=$(cd "$(dirname "$0")/.." && pwd) ;;
    *) root=$SLURM_SUBMIT_DIR ;; # sbatch copies the script elsewhere; submit it from the source tree
esac
build=${BUILD:-$root/build}
work=${WORK:-$build/benchmark}
ranks=${RANKS:-${SLURM_NTASKS:-2}}
name=${1:-}

case $name in
    pairs) rows=200 factors=200000 ;;
    triples) rows=200 factors=2000 ;;
    billions) rows=200 factors=100000 ;;
    samples) rows=500000 factors=200 ;;
    *) sed -n '/^# The large/,/^set/p' "$0" | sed '$d; s/^# \{0,1\}//' >&2; exit 64 ;;
esac
mkdir -p "$work"
cd "$work"

if [ ! -f "$name.h5" ]; then
    echo "== Cohort: $rows samples, $factors factors"
    make -s -C "$build" tests/tools/make_cohort
    "$build/tests/tools/make_cohort" triple --rows "$rows" --factors "$factors" --noise 0.2949 -o "$name.csv"
    "$build/shihyo" import "$name.csv" -q -o "$name.h5"
    rm -f "$name.csv"
fi
two_operators='operators: [+, -, "*", /], constants: none, max_complexity: 5'
case $name in
    pairs | billions) grammar='max_operand: 1, max_complexity: 7, operators: [+, -, "*"]' memory=1GiB row_blocks=1 most=2 ;;
    triples) grammar=$two_operators memory=2GiB row_blocks=1 most=3 ;;
    samples) grammar='max_operand: 1, max_complexity: 7, operators: [+, -, "*", /]' memory=2GiB row_blocks=$ranks most=2 ;;
esac
cat >"$name.yaml" <<END
cohort: $name.h5
validation: {level: none}
outcome: {column: y}
factors: {exclude: [patient_id], max: $most}
grammar: {$grammar}
parallel: {memory: $memory, row_blocks: $row_blocks}
END

echo "== Search on $ranks ranks"
if [ -n "${SLURM_JOB_ID:-}" ]; then
    set -- srun --mpi=pmix -n "$ranks"
else
    # shellcheck source=build-aux/mpi-environment
    . "$root/build-aux/mpi-environment"
    set -- mpirun --bind-to none -n "$ranks"
fi
"$@" "$build/shihyo" search "$name.yaml" -o "$name" --overwrite
echo "== What run.json says of it"
grep -E '"(n_formulas|seconds|formulas_per_second|idle_worst|scheduling_share|screening|times|peak_memory|shared_memory)"' "$name/run.json"
