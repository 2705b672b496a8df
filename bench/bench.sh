#!/bin/sh
# make bench: what the program reaches on this machine, as a table, and as bench.json in the build directory.
#
# Speeds are given as ratios to the matrix products of the machine's own libraries at the same shapes, measured in the same run: these
# carry over to other machines, absolute numbers do not. Medians of several runs. Let nothing else run on the machine meanwhile.
#
#   BENCH_RUNS=N         runs of each measurement (default 7)
#   BENCH_FACTORS=P      factors of the whole runs (default 500)
#   BENCH_RANKS="1 2"    ranks of the whole runs
set -eu
top_srcdir=$(cd "$top_srcdir" && pwd)
top_builddir=$(cd "$top_builddir" && pwd)
runs=${BENCH_RUNS:-7}
# shellcheck source=build-aux/mpi-environment
. "$top_srcdir/build-aux/mpi-environment"
room=$(mktemp -d "${TMPDIR:-/tmp}/shihyo-bench.XXXXXX")
trap 'rm -rf "$room"' EXIT
lines=$room/lines
: >"$lines"

measure() { # measure PROGRAM ARGUMENT ...: its lines "KIND NAME=VALUE ..." are kept
    [ -x "$1" ] || { echo "bench: $1 has not been built" >&2; return 0; }
    "$@" | grep -v '^#' >>"$lines"
}

number() { # number NAME FILE: of run.json
    tr ',{}' '[\n*]' <"$2" | sed -n "s/^ *\"$1\": *\([-0-9.e+]*\)\$/\1/p" | head -n 1
}

echo "Tiles and element-wise formulas on one core, $runs runs each ..." >&2
for n in 100 200 1000 5000; do
    measure "$top_builddir/bench/bench_tile" "$n" "$runs"
done
[ ! -x "$top_builddir/bench/bench_elements" ] || measure "$top_builddir/bench/bench_elements"
[ ! -x "$top_builddir/bench/bench_terms" ] || measure "$top_builddir/bench/bench_terms" 2000 "$runs"

for n in 200 1000; do
    measure "$top_builddir/bench/bench_metric" "$n" "$runs"
done

for n in 200 1000; do
    measure "$top_builddir/bench/bench_pass" "$n" 200 5 3
done

echo 'Whole searches ...' >&2
cd "$room"
"$top_builddir/tests/tools/make_cohort" triple --rows 200 --factors "${BENCH_FACTORS:-500}" --noise 0.2949 -o cohort.csv
"$top_builddir/shihyo" import cohort.csv -q -o cohort.h5
cat >run.yaml <<'END'
cohort: cohort.h5
validation: {level: none}
outcome: {column: y}
factors: {max: 3}
grammar: {max_complexity: 5, operators: [+, -, "*", /], constants: none}
END
for run in 1 2 3; do
    for ranks in ${BENCH_RANKS:-1 2}; do
        mpirun --bind-to none -n "$ranks" "$top_builddir/shihyo" search run.yaml -q -o "out$ranks" --overwrite
        printf 'search ranks=%s run=%s' "$ranks" "$run" >>"$lines"
        for name in n_formulas seconds formulas_per_second plan search finish operands tiles elements candidates idle_worst scheduling_share \
            peak_memory; do
            printf ' %s=%s' "$name" "$(number "$name" "out$ranks/run.json")" >>"$lines"
        done
        echo >>"$lines"
    done
done

echo 'What was planned beside what was taken ...' >&2
(export top_srcdir top_builddir; exec sh "$top_srcdir/bench/bench_plan.sh") >>"$lines"

echo 'How long a run takes to start ...' >&2
(export top_srcdir top_builddir; exec sh "$top_srcdir/bench/bench_startup.sh") >>"$lines"

echo 'How long a report takes ...' >&2
(export top_srcdir top_builddir; exec sh "$top_srcdir/bench/bench_report.sh") >>"$lines"

awk '
    function value(name, i) { for (i = 2; i <= NF; i++) if (index($i, name "=") == 1) return substr($i, length(name) + 2); return "" }
    $1 == "tile" {
        if (!tiles++) printf "\n%-6s %-9s %-8s %14s %16s %10s %10s %7s %8s\n", "n", "precision", "moments", "Mpairs/s", "Mformulas/s", "GFLOP/s", "library", "ratio", "packing"
        printf "%-6s %-9s %-8s %14.1f %16.1f %10.1f %10.1f %7.2f %8.3f\n", value("n"), value("precision"), value("moments"), value("pairs_per_second") / 1e6,
            value("formulas_per_second") / 1e6, value("gflops"), value("library_gflops"), value("ratio"), value("packing")
    }
    $1 == "elements" {
        if (!elements++) printf "\n%-6s %-9s %22s\n", "n", "kernels", "Mformulas/s by element"
        printf "%-6s %-9s %22.1f\n", value("n"), value("isa"), value("formulas_per_second") / 1e6
    }
    $1 == "terms" {
        if (!sums++) printf "\n%-6s %-9s %22s %22s\n", "terms", "kernels", "Msums/s of 2000", "against a plain loop"
        printf "%-6s %-9s %22.1f %22.1f\n", value("terms"), value("isa"), value("models_per_second") / 1e6, value("ratio")
    }
    $1 == "metric" {
        if (!metrics++) printf "\n%-6s %-9s %-9s %11s %9s %7s\n", "n", "work", "precision", "directions", "ratio", "most"
        printf "%-6s %-9s %-9s %11d %9.2f %7.2f\n", value("n"), value("work"), value("precision"), value("directions"), value("ratio"), value("most")
    }
    $1 == "pass" {
        if (!passes++) printf "\n%-6s %-11s %14s %8s %14s %14s\n", "n", "operators", "search seconds", "5 folds", "one by one", "25 responses"
        printf "%-6s %-11s %14.2f %8.2f %14.2f %14.2f\n", value("n"), value("operators"), value("search"), value("folds"), value("plainly"), value("responses")
    }
    $1 == "plan" {
        if (!plans++) printf "\n%-18s %5s %12s %12s %7s %10s %10s %7s\n", "plan", "ranks", "planned MiB", "taken MiB", "ratio", "planned s", "taken s", "ratio"
        printf "%-18s %5s %12s %12s %7s %10s %10s %7s\n", value("name"), value("ranks"), value("planned_mib"), value("actual_mib"), value("memory_ratio"),
            value("planned_seconds"), value("processor_seconds"), value("time_ratio")
    }
    $1 == "startup" {
        if (!starts++) printf "\n%-6s %10s %10s %10s %7s %16s %10s %7s\n", "ranks", "complexity", "plan after", "bare MPI", "ratio", "processor s", "bare MPI", "ratio"
        printf "%-6s %10s %10s %10s %7s %16s %10s %7s\n", value("ranks"), value("complexity"), value("clock_seconds"), value("bare_clock_seconds"),
            value("clock_ratio"), value("processor_seconds"), value("bare_processor_seconds"), value("processor_ratio")
    }
    $1 == "report" {
        if (!reports++) printf "\n%-11s %9s %9s %12s %10s %9s\n", "report", "people", "formulas", "processor s", "seconds", "file MB"
        printf "%-11s %9d %9d %12.1f %10.1f %9.2f\n", value("kind"), value("rows"), value("formulas"), value("processor_seconds"), value("clock_seconds"), value("bytes") / 1e6
    }
    $1 == "search" {
        r = value("ranks")
        for (k = ++count[r]; k > 1 && taken[r, k - 1] > value("seconds") + 0; k--) { taken[r, k] = taken[r, k - 1]; line[r, k] = line[r, k - 1] }
        taken[r, k] = value("seconds") + 0; line[r, k] = $0
    }
    END {
        printf "\n%-6s %9s %12s %8s %8s %8s %9s %8s %9s %11s %7s %9s\n", "ranks", "seconds", "Mformulas/s", "plan", "search", "finish", "operands", "tiles",
            "elements", "candidates", "idle", "peak MiB"
        for (r = 1; r <= 1024; r++) {
            if (!(r in count)) continue
            middle[r] = taken[r, int((count[r] + 1) / 2)]
            $0 = line[r, int((count[r] + 1) / 2)]
            printf "%-6s %9.2f %12.1f %8.2f %8.2f %8.2f %9.2f %8.2f %9.2f %11.2f %6.1f%% %9.0f\n", r, value("seconds"), value("formulas_per_second") / 1e6,
                value("plan"), value("search"), value("finish"), value("operands"), value("tiles"), value("elements"), value("candidates"),
                100 * value("idle_worst"), value("peak_memory") / 1048576
        }
        if ((1 in middle) && (2 in middle)) printf "\n2 ranks against 1: %.2f times as fast (the median run of each)\n", middle[1] / middle[2]
    }' "$lines"

awk 'BEGIN { printf "[" }
    NF > 1 {
        printf "%s\n  {\"kind\": \"%s\"", count++ ? "," : "", $1
        for (i = 2; i <= NF; i++) {
            at = index($i, "="); v = substr($i, at + 1)
            printf ", \"%s\": %s", substr($i, 1, at - 1), v ~ /^-?[0-9.]+(e[-+]?[0-9]+)?$/ ? v : "\"" v "\""
        }
        printf "}"
    }
    END { print "\n]" }' "$lines" >"$top_builddir/bench.json"
echo
echo "bench.json holds these numbers."
