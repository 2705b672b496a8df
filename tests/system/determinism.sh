#!/bin/sh
# The same configuration gives the same results, byte for byte, on any number of ranks, with any number of row blocks, and with
# panels of any size; factors with missing values, with equal values and with the same values as others included. Nor does it matter
# whether the columns are in memory or read from the cohort as they are needed, in which type is screened, and with which instructions.
# shellcheck disable=SC2086 # MPIRUN is several words
set -u
: "${SHIHYO:=shihyo}" "${MPIRUN:=mpirun}" "${top_srcdir:=.}" "${top_builddir:=.}"
cohorts=$top_builddir/tests/tools/make_cohort

say() { # say STATUS TEXT
    if [ "$1" -eq 0 ]; then printf 'ok - %s\n' "$2"; else printf 'not ok - %s\n' "$2"; fi
}

# shellcheck source=tests/tools/results_data.sh
. "$top_srcdir/tests/tools/results_data.sh"

# Beside x1 … x10 a copy, a multiple, and two coarse factors, so that formulas are equally good in many ways.
make_table() { # make_table KIND: KIND.csv
    "$cohorts" "$1" --rows 300 --factors 10 --missing 0.004 --signed -o plain.csv
    awk -F, -v OFS=, '
        NR == 1 { print $0, "copy", "half", "grade", "flag"; next }
        { print $0, $2, $3 == "" ? "" : $3 / 2, NR * 7 % 5, NR % 3 == 0 }' plain.csv >"$1.csv"
    "$SHIHYO" import "$1.csv" -q -o "$1.h5"
}

# same_as_first NAME RANKS KEY=VALUE ...: this search gives what the first one gave
same_as_first() {
    name=$1 ranks=$2
    shift 2
    what="$name on $ranks ranks${1:+, }$*${SHY_ISA:+, $SHY_ISA}"
    for assignment in "$@"; do
        shift
        set -- "$@" --set "$assignment"
    done
    rm -rf new
    timeout -k 10 120 $MPIRUN -n "$ranks" "$SHIHYO" search "$name.yaml" -q -o new "$@" >out.txt 2>&1 &&
        { [ -z "$data" ] || data_of new/results.h5 >new/data.txt; }
    verdict=$?
    if [ ! -d "$name" ] && [ "$verdict" -eq 0 ]; then
        mv new "$name"
        formulas=$(grep -c '"formula"' "$name/front.json")
        [ "$formulas" -gt 300 ] && { [ -z "$data" ] || [ "$(wc -c <"$name/data.txt")" -gt 20000 ]; }
        say $? "$what: $formulas formulas"
        return
    fi
    for file in front.json front.tsv ${data:+data.txt}; do
        cmp "$name/$file" "new/$file" >>out.txt 2>&1 || verdict=1
    done
    if [ "$verdict" -ne 0 ]; then
        sed 's/^/# /' out.txt
        diff "$name/front.json" new/front.json | cut -c1-200 | head -n 8 | sed 's/^/# /'
    fi
    say "$verdict" "$what"
}

compare() { # compare NAME
    same_as_first "$1" 1
    same_as_first "$1" 2
    same_as_first "$1" 3
    same_as_first "$1" 2 parallel.row_blocks=2
    same_as_first "$1" 3 parallel.row_blocks=3
    same_as_first "$1" 1 parallel.tile=5
    same_as_first "$1" 3 parallel.tile=33
    same_as_first "$1" 2 parallel.tile=33 parallel.row_blocks=2
    same_as_first "$1" 1 search.precision=fp64
    same_as_first "$1" 1 search.precision=fp32
    same_as_first "$1" 2 search.precision=bf16 parallel.row_blocks=2
    same_as_first "$1" 2 search.precision=fp64 parallel.row_blocks=2
    with_kernels portable "$1" 1 search.precision=bf16
    with_kernels avx2 "$1" 2 search.precision=fp32
}

# with_kernels ISA NAME RANKS KEY=VALUE ...: the same with the kernels for that instruction set, where the processor has it
with_kernels() {
    SHY_ISA=$1
    export SHY_ISA
    if "$SHIHYO" --version >/dev/null 2>&1; then
        shift
        echo "# kernels: $SHY_ISA"
        same_as_first "$@"
    else
        say 0 "skipped: this processor has no kernels for $1"
    fi
    unset SHY_ISA
}

make_table noise
cat >noise.yaml <<'END'
cohort: noise.h5
validation: {level: none}
outcome: {column: y}
grammar: {max_complexity: 6}
search: {keep: 100}
END
compare noise
same_as_first noise 5
same_as_first noise 64
same_as_first noise 4 parallel.tile=5 parallel.row_blocks=2
make_table binary
cat >binary.yaml <<'END'
cohort: binary.h5
validation: {level: none}
outcome: {column: case, kind: binary}
factors: {max: 4}
grammar: {max_complexity: 5, operators: [+, -, "*", /, max, min, hypot, reldiff, log, sqrt, square, inverse, abs, exp]}
search: {keep: 100}
END
compare binary

# More columns than half of the memory holds, with missing values in some rows.
"$cohorts" noise --rows 1000 --factors 2400 --missing 0.0001 --signed -o wide.csv
"$SHIHYO" import wide.csv -q -o wide.h5
cat >wide.yaml <<'END'
cohort: wide.h5
validation: {level: none}
outcome: {column: y}
grammar: {max_complexity: 3, operators: [+, /, log]}
search: {keep: 100}
END
plan_says() { # plan_says TEXT RANKS KEY=VALUE ...
    text=$1 ranks=$2
    shift 2
    what="the plan on $ranks ranks${1:+, }$* says: columns $text"
    for assignment in "$@"; do
        shift
        set -- "$@" --set "$assignment"
    done
    $MPIRUN -n "$ranks" "$SHIHYO" search wide.yaml --plan "$@" >plan.txt 2>&1 && grep -q "^columns *$text" plan.txt
    say $? "$what"
}
libraries=$("$SHIHYO" search wide.yaml --plan 2>/dev/null | sed -n 's/^memory per rank .*, \([0-9]*\) MiB of it for the libraries$/\1/p')
budget() { # budget MIB: parallel.memory with which so much is left beside what libraries take
    echo "parallel.memory=$((${libraries:-64} + $1))MiB"
}
same_as_first wide 1
plan_says 'in memory' 1
for shape in '1 1' '2 1' '3 1' '2 2' '3 3'; do
    plan_says 'read from the cohort' "${shape% *}" "$(budget 9)" parallel.row_blocks="${shape#* }"
    same_as_first wide "${shape% *}" "$(budget 9)" parallel.row_blocks="${shape#* }"
done
