#!/bin/sh
# How long a report takes for a cohort of half a million people and a thousand formulas on and beside the front, and how large its file is. Part of `make bench`.
#
# The search is done on the first people of the cohort, and the large cohort then put in its place: a report only has to read, predict, count and draw. Seconds
# are processor time of the one rank that works, and by the clock.
#
#   BENCH_REPORT_ROWS=N    people (default 500000)
set -eu
top_srcdir=$(cd "$top_srcdir" && pwd)
top_builddir=$(cd "$top_builddir" && pwd)
# shellcheck source=build-aux/mpi-environment
. "$top_srcdir/build-aux/mpi-environment"
room=$(mktemp -d "${TMPDIR:-/tmp}/shihyo-bench-report.XXXXXX")
trap 'rm -rf "$room"' EXIT
cd "$room"
rows=${BENCH_REPORT_ROWS:-500000}
shihyo=$top_builddir/shihyo

# Times with a hazard that follows three of the factors, half of them censored, and a number besides.
"$top_builddir/tests/tools/make_cohort" binary --rows "$rows" --factors 20 | awk -F, -v OFS=, 'BEGIN { srand(7) } NR == 1 { print $0, "time", "event", "y"; next }
    { eta = log($2 / $3) + 0.4 * log($4); death = -log(1 - rand()) * exp(2 - eta); end = 40 * rand()
      printf "%s,%.4g,%d,%.5g\n", $0, 0.001 + (death < end ? death : end), death < end, eta + 2 * rand() }' >large.csv
head -n 2001 large.csv >small.csv
"$shihyo" import small.csv -q -o small.h5
"$shihyo" import large.csv -q -o large.h5
rm large.csv

used() { # processor seconds of children so far, into $seconds: a subshell would have none
    times >times.txt
    seconds=$(awk 'NR == 2 { for (i = 1; i <= 2; i++) { split($i, t, "m"); sub("s", "", t[2]); s += 60 * t[1] + t[2] } print s }' times.txt)
}

for kind in binary survival continuous; do
    case $kind in
        binary) outcome='kind: binary, column: case' ;;
        survival) outcome='kind: survival, time: time, event: event' ;;
        continuous) outcome='kind: continuous, column: y' ;;
    esac
    printf 'cohort: cohort.h5\nvalidation: {level: none}\noutcome: {%s}\nfactors: {include: ["x*"], max: 3}\ngrammar: {max_complexity: 5}\nsearch: {keep: 300}\n' "$outcome" >run.yaml
    ln -sf small.h5 cohort.h5
    mpirun --bind-to none -n 1 "$shihyo" search run.yaml -q -o "$kind" 2>err.txt || { cat err.txt >&2; exit 1; }
    ln -sf large.h5 cohort.h5
    small=$(sha256sum small.h5 | cut -c1-64) large=$(sha256sum large.h5 | cut -c1-64)
    sed -i "s/$small/$large/" "$kind/run.json"
    used && before=$seconds
    begin=$(date +%s.%N)
    "$shihyo" report "$kind" -q --json "$kind.json" -o "$kind.html" || exit 1
    used
    lists=$(grep -o '"formula_short"' "$kind/front.json" | wc -l)
    awk -v kind="$kind" -v rows="$rows" -v lists="$lists" -v before="$before" -v after="$seconds" -v begin="$begin" -v end="$(date +%s.%N)" \
        -v bytes="$(wc -c <"$kind.html")" 'BEGIN { printf "report kind=%s rows=%d formulas=%d processor_seconds=%.2f clock_seconds=%.2f bytes=%d\n", kind, rows, lists, after - before, end - begin, bytes }'
done
