#!/bin/sh
# What --plan says beside what the run then takes: memory of the rank that needs most, and seconds. Part of `make bench`.
#
# A run is started once with --plan and once without. Its memory is what run.json records (peak_memory), less the part of shared columns that the plan
# counts for other ranks. Its seconds are given twice: by the clock, and as processor time of a rank, less what an empty run takes: the latter is
# what can be judged on a machine that does other things meanwhile. Ranks that wait for each other are busy waiting, so it is at most a little more.
#
#   BENCH_PLAN=WORD    only runs with this word in their names
set -eu
top_srcdir=$(cd "$top_srcdir" && pwd)
top_builddir=$(cd "$top_builddir" && pwd)
# shellcheck source=build-aux/mpi-environment
. "$top_srcdir/build-aux/mpi-environment"
room=$(mktemp -d "${TMPDIR:-/tmp}/shihyo-bench-plan.XXXXXX")
trap 'rm -rf "$room"' EXIT
cd "$room"
cohorts=$top_builddir/tests/tools/make_cohort
shihyo=$top_builddir/shihyo

cohort() { # cohort NAME KIND ARGUMENT ...
    name=$1
    shift
    "$cohorts" "$@" -o "$name.csv"
    "$shihyo" import "$name.csv" -q -o "$name.h5"
}
cohort wide triple --rows 200 --factors 3000 --noise 0.2949
cohort tall triple --rows 12588 --factors 20 --noise 0.3
cohort middle triple --rows 1000 --factors 30 --noise 0.3
cohort cases binary --rows 1000 --factors 30
# Times of death with a hazard that follows x1 / x2, some censored; from the same columns.
awk -F, -v OFS=, 'BEGIN { srand(7) } NR == 1 { print $0, "time", "event"; next }
    { death = -log(1 - rand()) * exp(2 - log($2 / $3)); end = 40 * rand(); print $0, death < end ? death : end, death < end ? 1 : 0 }' middle.csv >times.csv
"$shihyo" import times.csv -q -o times.h5

search() { # search COHORT OUTCOME
    printf 'cohort: %s.h5\nvalidation: {level: none}\noutcome: {%s}\n' "$1" "$2"
}
{ search wide 'column: y' && echo 'factors: {max: 2}' && echo 'grammar: {max_operand: 1, max_complexity: 7, operators: [+, -, "*"]}'; } >wide.yaml
{ search wide 'column: y' && echo 'factors: {max: 3, include: [x?, x??, x1??]}' && echo 'grammar: {max_complexity: 5, operators: [+, -, "*", /], constants: none}'; } >triples.yaml
{ search tall 'column: y' && echo 'factors: {max: 3}' && echo 'grammar: {max_complexity: 4}'; } >tall.yaml
{ search middle 'column: y' && echo 'factors: {max: 3}' && echo 'grammar: {max_complexity: 5}'; } >middle.yaml
{ search cases 'column: case, kind: binary, covariates: [x4, x5]' && echo 'factors: {max: 3}' && echo 'grammar: {max_complexity: 5}'; } >cases.yaml
{ search times 'kind: survival, time: time, event: event' && echo 'factors: {max: 3, exclude: [y]}' && echo 'grammar: {max_complexity: 4}'; } >times.yaml

number() { # number NAME FILE: of run.json
    tr ',{}' '[\n*]' <"$2" | sed -n "s/^ *\"$1\": *\([-0-9.e+]*\)\$/\1/p" | head -n 1
}
bytes_of() { # of "12 MiB"
    awk -v number="$1" -v unit="$2" 'BEGIN { print number * (unit == "KiB" ? 1024 : unit == "MiB" ? 1048576 : 1073741824) }'
}
seconds_of() { # of what is after "expected time": "1 min 3 s", "0.4 s"
    awk '{ s = 0; for (i = 1; i < NF; i += 2) s += $i * ($(i + 1) == "s" ? 1 : $(i + 1) == "min" ? 60 : $(i + 1) == "h" ? 3600 : 86400); print s }'
}
used() { # processor seconds of children so far, into $seconds: a subshell would have none
    times >times.txt
    seconds=$(awk 'NR == 2 { for (i = 1; i <= 2; i++) { split($i, t, "m"); sub("s", "", t[2]); s += 60 * t[1] + t[2] } print s }' times.txt)
}

run() { # run NAME RANKS CONFIGURATION KEY=VALUE ...
    name=$1 ranks=$2 file=$3
    case $name in *"${BENCH_PLAN:-}"*) ;; *) return 0 ;; esac
    shift 3
    for assignment in "$@"; do
        shift
        set -- "$@" --set "$assignment"
    done
    used && start=$seconds
    mpirun --bind-to none -n "$ranks" "$shihyo" search "$file.yaml" --plan "$@" >plan.txt 2>err.txt || { cat err.txt >&2; return 0; }
    used && middle=$seconds
    mpirun --bind-to none -n "$ranks" "$shihyo" search "$file.yaml" -q -o out --overwrite "$@" >run.txt 2>err.txt || { cat err.txt >&2; return 0; }
    used && end=$seconds
    # shellcheck disable=SC2046 # two words
    set -- $(sed -n 's/^memory per rank \([0-9.]*\) \([KMG]iB\).*/\1 \2/p' plan.txt)
    planned_bytes=$(bytes_of "$1" "$2")
    planned=$(sed -n 's/^expected time *//p' plan.txt | seconds_of)
    peak=$(number peak_memory out/run.json) shared=$(number shared_memory out/run.json)
    awk -v name="$name" -v ranks="$ranks" -v planned_bytes="$planned_bytes" -v peak="$peak" -v shared="$shared" -v planned="$planned" \
        -v clock="$(number seconds out/run.json)" -v validation="$(number validation out/run.json)" -v start="$start" -v middle="$middle" -v end="$end" 'BEGIN {
            own = peak - shared * (1 - 1 / ranks)
            taken = (end - middle - (middle - start)) / ranks
            printf "plan name=%s ranks=%s planned_mib=%.0f actual_mib=%.0f memory_ratio=%.2f planned_seconds=%.2f processor_seconds=%.2f clock_seconds=%.2f time_ratio=%.2f\n", name,
                ranks, planned_bytes / 1048576, own / 1048576, own / planned_bytes, planned, taken, clock + validation, taken / planned
        }'
}

run wide 1 wide
run wide 2 wide
run triples 1 triples
run triples 2 triples
run tall 1 tall
run tall-row-blocks 2 tall parallel.row_blocks=2
run tall-screen-rows 1 tall search.screen_rows=2000
run middle-nested 1 middle validation.level=nested
run middle-full 1 middle validation.level=full search.keep=100
run middle-terms 1 middle search.terms=3 search.keep=200
run middle-passes 1 middle search.passes=2
run cases 1 cases
run cases-nested 2 cases validation.level=nested search.keep=100
run cases-full 1 cases validation.level=full search.keep=50 grammar.max_complexity=4
run times 1 times
run times-nested 2 times validation.level=nested search.keep=100
run times-full 1 times validation.level=full search.keep=50
