#!/bin/sh
# Two builds give the same results, byte for byte: tests/two-builds.sh BUILD-1 BUILD-2, as TAP.
#
# They may differ in MPI, compiler, libraries, and in having PETSc. Where constants have no closed form, TAO and the program's
# own minimiser come to the same minimum along different ways, and the last digits tell them apart: there both builds use the
# latter (SHY_MINIMISER=own), and what TAO finds is compared to 1e-9. Each build starts its ranks with the launcher of its MPI.
set -u
root=$(cd "$(dirname "$0")/.." && pwd)
first=$(cd "$1" && pwd) || exit 1
second=$(cd "$2" && pwd) || exit 1
# shellcheck source=build-aux/mpi-environment
. "$root/build-aux/mpi-environment"
scratch=$(mktemp -d "${TMPDIR:-/tmp}/two-builds.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
failed=0

say() { # say STATUS TEXT
    if [ "$1" -eq 0 ]; then printf 'ok - %s\n' "$2"; else printf 'not ok - %s\n' "$2"; failed=1; fi
}

search() { # search BUILD RANKS FILE OUTPUT
    launch=$(sed -n 's/^MPIEXEC = //p' "$1/Makefile")
    case $($launch --version 2>&1) in
        *"Open MPI"* | *OpenRTE*) launch="$launch --bind-to none" ;;
    esac
    # shellcheck disable=SC2086 # words on purpose
    timeout -k 10 120 $launch -n "$2" "$1/shihyo" search "$3" -q -o "$4" >out.txt 2>&1 || { sed 's/^/# /' out.txt; return 1; }
}

same() { # same DIRECTORY DIRECTORY
    cmp "$1/front.json" "$2/front.json" && cmp "$1/front.tsv" "$2/front.tsv"
}

cohort() { # cohort KIND: in both formats, by each build
    "$first/tests/tools/make_cohort" "$1" --rows 300 --factors 8 --missing 0.004 --signed -o "$1.csv" &&
        "$first/shihyo" import "$1.csv" -q -o "$1.h5" && "$second/shihyo" import "$1.csv" -q --overwrite -o second.h5 && cmp "$1.h5" second.h5
}

cohort noise
say $? 'a cohort imported by both is the same file'
cat >noise.yaml <<'END'
cohort: noise.h5
validation: {level: none}
outcome: {column: y}
grammar: {max_complexity: 5}
search: {keep: 60}
constants: {polish: false}
END
search "$first" 2 noise.yaml noise-1 && search "$second" 2 noise.yaml noise-2 && same noise-1 noise-2
say $? 'a search without fitted constants on 2 ranks'

# Logistic refits, cross-validation and permutations, and constants without a closed form.
cohort binary
say $? 'another cohort imported by both'
cat >binary.yaml <<'END'
cohort: binary.h5
outcome: {column: case, kind: binary}
grammar: {max_complexity: 4, operators: [+, -, "*", /, log]}
search: {keep: 40}
constants: {inner: shifts}
END
search "$first" 2 binary.yaml binary-0
say $? 'a validated search with the minimiser of the first build'
SHY_MINIMISER=own
export SHY_MINIMISER
search "$first" 2 binary.yaml binary-1 && search "$second" 3 binary.yaml binary-2 && same binary-1 binary-2
say $? "a validated search with constants by the program's own minimiser, on 2 and on 3 ranks"
tr -cs '0-9.eE+-' '\n' <binary-0/front.json >numbers-0
tr -cs '0-9.eE+-' '\n' <binary-1/front.json >numbers-1
paste numbers-0 numbers-1 | awk '
    function far(a, b) { d = a > b ? a - b : b - a; s = a > 0 ? a : -a; return d > 1e-9 * (s + 1e-3) }
    $1 != $2 && ($1 + 0 != 0 || $2 + 0 != 0) { if (far($1 + 0, $2 + 0)) { bad++; print "# " $0 } else near++ }
    END { printf "# %d numbers differ in their last digits\n", near; exit bad > 0 || NR < 1000 }'
say $? "what the first build's minimiser finds agrees with that to 1e-9"
exit $failed
