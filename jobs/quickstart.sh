#!/bin/sh
# From a bare Debian to a first Pareto front: installs packages, builds, imports a real cohort, searches on 2 ranks.
#
# The cohort is nafld1 of the R package survival: 17,549 people, of whom 12,588 have weight, height and body-mass index.
# Nothing tells the program how the index is computed. Results go to quickstart/ (or the directory given as argument).
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
out=${1:-$root/quickstart}
jobs=${JOBS:-$(nproc 2>/dev/null || echo 1)}

say() { printf '\n== %s\n' "$*"; }

quietly() { # the output of a long command is shown only if it fails
    if ! "$@" >"$out/setup.log" 2>&1; then
        tail -n 40 "$out/setup.log" >&2
        echo "quickstart: this failed: $*" >&2
        exit 1
    fi
}

mkdir -p "$out"
out=$(cd "$out" && pwd)

say 'Packages'
"$root/build-aux/debian-packages" build example || true # the libraries may be there in another way: configure decides
if ! command -v Rscript >/dev/null 2>&1; then
    echo 'quickstart: the cohort comes out of R: install R with its package survival.' >&2
    exit 1
fi

say 'Build'
if [ ! -x "$root/configure" ]; then quietly "$root/bootstrap"; fi
mkdir -p "$root/build"
cd "$root/build"
if [ ! -f config.status ]; then quietly "$root/configure"; fi
quietly make -j "$jobs"
./shihyo --version | head -n 1

say 'Cohort'
cd "$out"
Rscript --vanilla -e 'write.csv(survival::nafld1, "nafld1.csv", row.names = FALSE, na = "", quote = FALSE)'
{
    echo 'nafld1.csv is the data set nafld1 of the R package survival, exported unchanged from Debian: r-cran-survival.'
    echo 'It is under the GNU Lesser General Public License, version 2 or later. The notice of the package:'
    echo
    cat /usr/share/doc/r-cran-survival/copyright
} >nafld1.LICENSE
"$root/build/shihyo" import nafld1.csv --schema "$root/config/nafld1.schema.yaml" -o nafld1.h5 --overwrite

say 'Search'
# shellcheck source=build-aux/mpi-environment
. "$root/build-aux/mpi-environment"
search() { # search OPTION ...
    mpirun --bind-to none -n 2 "$root/build/shihyo" search "$root/config/quickstart.yaml" --set cohort="$out/nafld1.h5" "$@"
}
search --plan
search --quiet --overwrite -o "$out/results"

say 'Pareto front'
"$root/build/shihyo" show "$out/results"
