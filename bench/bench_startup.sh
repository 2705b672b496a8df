#!/bin/sh
# How long a run takes until its plan is printed, beside an MPI program that does nothing, on few and many ranks. Part of `make bench`.
#
# Seconds are given twice: by the clock, from mpirun to the first line on standard output, and as processor time of all ranks together until the end,
# which is what can be judged on a machine that does other things meanwhile.
#
#   BENCH_STARTUP_RANKS="16 64"    ranks
set -eu
top_srcdir=$(cd "$top_srcdir" && pwd)
top_builddir=$(cd "$top_builddir" && pwd)
# shellcheck source=build-aux/mpi-environment
. "$top_srcdir/build-aux/mpi-environment"
room=$(mktemp -d "${TMPDIR:-/tmp}/shihyo-bench-startup.XXXXXX")
trap 'rm -rf "$room"' EXIT
cd "$room"
"$top_builddir/tests/tools/make_cohort" noise --rows 300 --factors 10 -o cohort.csv
"$top_builddir/shihyo" import cohort.csv -q -o cohort.h5
printf 'cohort: cohort.h5\nvalidation: {level: none}\noutcome: {column: y}\ngrammar: {max_complexity: 6}\n' >six.yaml
printf 'cohort: cohort.h5\nvalidation: {level: none}\noutcome: {column: y}\n' >seven.yaml

used() { # processor seconds of children so far, into $seconds: a subshell would have none
    times >times.txt
    seconds=$(awk 'NR == 2 { for (i = 1; i <= 2; i++) { split($i, t, "m"); sub("s", "", t[2]); s += 60 * t[1] + t[2] } print s }' times.txt)
}

start() { # start RANKS COMMAND ...: $clock and $processor
    ranks=$1
    shift
    used && before=$seconds
    begin=$(date +%s.%N)
    mpirun --bind-to none -n "$ranks" "$@" 2>err.txt | { read -r _ && date +%s.%N >first.txt && cat >rest.txt; } || { cat err.txt >&2; exit 1; }
    used
    clock=$(awk -v begin="$begin" '{ print $1 - begin }' first.txt)
    processor=$(awk -v before="$before" -v after="$seconds" 'BEGIN { print after - before }')
}

for ranks in ${BENCH_STARTUP_RANKS:-16 64}; do
    start "$ranks" "$top_builddir/bench/bench_start"
    bare_clock=$clock bare_processor=$processor
    for grammar in six seven; do
        start "$ranks" "$top_builddir/shihyo" search "$grammar.yaml" --plan
        awk -v ranks="$ranks" -v grammar="$grammar" -v clock="$clock" -v processor="$processor" -v bare_clock="$bare_clock" -v bare_processor="$bare_processor" 'BEGIN {
            printf "startup ranks=%s complexity=%s clock_seconds=%.2f bare_clock_seconds=%.2f clock_ratio=%.2f processor_seconds=%.2f bare_processor_seconds=%.2f processor_ratio=%.2f\n",
                ranks, grammar == "six" ? 6 : 7, clock, bare_clock, clock / bare_clock, processor, bare_processor, processor / bare_processor
        }'
    done
done
