#!/bin/sh
# Checks that no module reaches past its floor: rules in tests/layers.txt, verdict as TAP. check-layers.sh [SOURCE TREE]
#
# A second part plants one violation of each rule into a copy made for it, and demands that it is found.
set -u
here=$(cd "$(dirname "$0")" && pwd)
root=${1:-$(dirname "$here")}
rules=$here/layers.txt
scratch=$(mktemp -d "${TMPDIR:-/tmp}/layers.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
count=0

# Prints "file:line: what is wrong" for every violation below $1.
violations() {
    # shellcheck disable=SC2016 # the dollars belong to awk
    (cd "$1" && find src include -name '*.[ch]' 2>/dev/null | LC_ALL=C sort >"$scratch/files" &&
        xargs awk -v rules="$rules" '
        function trim(text) { gsub(/^[ \t]+|[ \t]+$/, "", text); return text }
        function complain(text) { print FILENAME ":" FNR ": " text }
        function allowed(list, module) { return index(" " list " ", " " module " ") > 0 }

        function read_rules(   line, part, n) {
            while ((getline line <rules) > 0) {
                if (line ~ /^#/ || line !~ /:/) continue
                n = split(line, part, / +: *| *: +|:$/)
                sub(/^[a-z]+ +/, "", part[1])
                if (line ~ /^module/) {
                    known[trim(part[1])] = 1
                    below[trim(part[1])] = trim(n > 1 ? part[2] : "")
                } else {
                    library[++libraries] = trim(part[1])
                    users[libraries] = trim(part[2])
                    headers[libraries] = "^(" trim(part[3]) ")$"
                    names[libraries] = "^(" trim(part[4]) ")$"
                }
            }
        }

        # The line without comments and without the contents of texts.
        function code_of(line,   out, c, two, i, n, quote) {
            n = length(line)
            for (i = 1; i <= n; i++) {
                c = substr(line, i, 1)
                two = substr(line, i, 2)
                if (in_comment) {
                    if (two == "*/") { in_comment = 0; i++; out = out " " }
                } else if (quote != "") {
                    if (c == "\\") i++
                    else if (c == quote) { quote = ""; out = out c }
                } else if (two == "/*") { in_comment = 1; i++ }
                else if (two == "//") break
                else {
                    if (c == "\"" || c == "\047") quote = c
                    out = out c
                }
            }
            return out
        }

        function check_include(line,   name, other, i) {
            name = line
            sub(/^[ \t]*#[ \t]*include[ \t]*[<"]/, "", name)
            sub(/[>"].*$/, "", name)
            for (i = 1; i <= libraries; i++)
                if (name ~ headers[i] && !allowed(users[i], module))
                    complain(module " may not name " library[i] " (" name ")")
            if (line !~ /"/ || name == "shy_config.h" || name == "shy_commit.h") return
            if (name ~ /^shihyo\//) {
                other = name
                sub(/^shihyo\//, "", other)
                sub(/\.h$/, "", other)
                if (other != module && !allowed(below[module], other)) complain(module " may not include " name)
            } else {
                other = name
                if (name !~ /\//) return # beside the file itself
                sub(/\/.*/, "", other)
                if (other != module) complain(name " is private to " other)
            }
        }

        function check_names(code,   word, i, n) {
            n = split(code, word, /[^A-Za-z0-9_]+/)
            for (n = n; n > 0; n--)
                for (i = 1; i <= libraries; i++)
                    if (word[n] ~ names[i] && !allowed(users[i], module))
                        complain(module " may not name " library[i] " (" word[n] ")")
        }

        BEGIN { read_rules() }
        FNR == 1 {
            in_comment = 0
            module = FILENAME
            if (sub(/^include\/shihyo\//, "", module)) sub(/\.h$/, "", module)
            else { sub(/^src\//, "", module); sub(/\/.*/, "", module) }
            if (!(module in known)) complain("the module " module " is not in layers.txt")
        }
        {
            include_line = !in_comment && $0 ~ /^[ \t]*#[ \t]*include/
            code = code_of($0)
            if (include_line) check_include($0)
            else check_names(code)
        }' <"$scratch/files")
}

verdict() { # verdict STATUS DESCRIPTION
    count=$((count + 1))
    if [ "$1" -eq 0 ]; then echo "ok $count - $2"; else echo "not ok $count - $2"; fi
}

found=$(violations "$root")
files=$(wc -l <"$scratch/files")
echo "$found" | sed '/^$/d; s/^/# /'
[ "$files" -gt 0 ] && [ -z "$found" ]
verdict $? "every module keeps to its floor and its libraries ($files files)"

plant() { # plant FILE TEXT MESSAGE: TEXT in FILE must be found; an empty MESSAGE means it must not
    tree=$scratch/tree
    rm -rf "$tree"
    mkdir -p "$tree/$(dirname "$1")"
    printf '%s\n' "$2" >"$tree/$1"
    found=$(violations "$tree")
    if [ -n "$3" ]; then
        case $found in "$1:"*"$3"*) true ;; *) false ;; esac
        verdict $? "found when planted: $3"
    else
        [ -z "$found" ]
        verdict $? "allowed: $2"
    fi
}

plant src/expr/x.c '#include <mpi.h>' 'expr may not name MPI'
plant src/model/x.c 'int n = MPI_Barrier(c);' 'model may not name MPI'
plant src/search/x.c '#include <hdf5.h>' 'search may not name HDF5'
plant src/app/x.c 'H5Fclose(file);' 'app may not name HDF5'
plant src/expr/x.c '#include <zlib.h>' 'expr may not name zlib'
plant src/model/x.c '#include <petsctao.h>' 'model may not name PETSc'
plant src/data/x.c 'void Cblacs_exit(int);' 'data may not name ScaLAPACK'
plant src/model/x.c 'dposv_(&a);' 'model may not name LAPACK'
plant src/search/x.c 'cblas_sgemm(1);' 'search may not name BLAS'
plant src/model/x.c '#include "oneapi/dnnl/dnnl.h"' 'model may not name oneDNN'
plant src/expr/x.c '#include <immintrin.h>' 'expr may not name intrinsics'
plant src/search/x.c '#include <cyaml/cyaml.h>' 'search may not name libcyaml'
plant src/model/x.c '#include <jansson.h>' 'model may not name jansson'
plant src/data/x.c '#include <openssl/evp.h>' 'data may not name libcrypto'
plant src/tile/x.c 'p = malloc(3);' 'tile may not name allocation'
plant src/app/x.c 'free (p);' 'app may not name allocation'
plant src/expr/x.c '#include "shihyo/par.h"' 'expr may not include shihyo/par.h'
plant src/data/x.c '#include "shihyo/expr.h"' 'data may not include shihyo/expr.h'
plant include/shihyo/tile.h '#include "shihyo/par.h"' 'tile may not include shihyo/par.h'
plant src/search/x.c '#include "model/model_impl.h"' 'private to model'
plant src/novel/x.c 'int x;' 'the module novel is not in layers.txt'
plant src/model/x.c '/* malloc( */ int y; // MPI_Barrier' ''
plant src/model/x.c 'puts("free(p) \" MPI_Init");' ''
plant src/tile/x.c '#include <cblas.h>' ''
plant src/search/x.c 'shy_free(&p); x->free_rows = 1;' ''
echo "1..$count"
