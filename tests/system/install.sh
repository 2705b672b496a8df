#!/bin/sh
# What make install puts where, that it works wherever it is moved, and that a site can offer it: module file, pkg-config.
set -u
: "${top_srcdir:=.}" "${top_builddir:=.}"
builddir=$(cd "$top_builddir" && pwd)

say() { # say STATUS TEXT
    if [ "$1" -eq 0 ]; then printf 'ok - %s\n' "$2"; else printf 'not ok - %s\n' "$2"; fi
}

skip() { printf 'ok - skipped: %s\n' "$1"; }

prefix=$(sed -n 's/^prefix = //p' "$builddir/Makefile")
version=$(sed -n 's/^VERSION = //p' "$builddir/Makefile")
make -C "$builddir" install DESTDIR="$PWD/root" >install.log 2>&1
say $? 'make install'
mv "root$prefix" moved
here=$PWD/moved
for file in bin/shihyo share/man/man1/shihyo.1 share/doc/shihyo/README.md share/doc/shihyo/examples/search.yaml share/doc/shihyo/jobs/search.sbatch share/doc/shihyo/doc/slurm.md \
    "share/modulefiles/shihyo/$version" share/pkgconfig/shihyo.pc; do
    [ -s "moved/$file" ] || echo "$file"
done >absent
[ ! -s absent ]
say $? "program, manual, examples, module file and pkg-config file are installed $(tr '\n' ' ' <absent)"
find moved -name '*.la' -o -name '*.a' -o -name '*.h' >library
[ ! -s library ]
say $? 'nothing is installed that only a library has'

# A moved program works and knows no place: no search path for libraries, no directory of the machine it was built on.
case $("$here/bin/shihyo" --version 2>&1) in "shihyo $version "*) true ;; *) false ;; esac
say $? 'the moved program starts'
printf 'y,a,b\n1,2,3\n2,4,1\n3,1,5\n4,3,2\n5,9,7\n6,2,8\n' >few.csv
(cd / && "$here/bin/shihyo" import "$here/../few.csv" -q -o "$here/../few.h5") && "$here/bin/shihyo" inspect few.h5 >/dev/null
say $? 'the moved program imports a table'
if command -v readelf >/dev/null 2>&1; then
    readelf -d moved/bin/shihyo >dynamic
    ! grep -E 'R(UN)?PATH' dynamic
    say $? 'no search path for libraries is in the program'
    readelf -p .rodata moved/bin/shihyo >texts
    ! grep -anF -e "$builddir" -e "$(cd "$top_srcdir" && pwd)" -e "$prefix/" texts
    say $? 'no directory is in the program'
else
    skip 'what is in the program is read with readelf (Debian: binutils)'
fi

if command -v pkg-config >/dev/null 2>&1; then
    PKG_CONFIG_PATH=$here/share/pkgconfig
    export PKG_CONFIG_PATH
    [ "$(pkg-config --modversion shihyo)" = "$version" ] && [ "$(pkg-config --variable=bindir shihyo)" = "$prefix/bin" ] &&
        [ -s "$(pkg-config --define-variable=prefix="$here" --variable=exampledir shihyo)/search.yaml" ]
    say $? 'pkg-config says version and places'
    unset PKG_CONFIG_PATH
else
    skip 'pkg-config is missing'
fi

# The module of the moved tree: one line is changed, as its head says.
mkdir -p modules/shihyo
sed "s|^set prefix .*|set prefix $here|" "moved/share/modulefiles/shihyo/$version" >"modules/shihyo/$version"
cat >load.sh <<'END'
module use "$PWD/modules"
module load shihyo && command -v shihyo && echo "threads $OPENBLAS_NUM_THREADS $OMP_NUM_THREADS" && echo "$MANPATH" && ls "$SHIHYO_EXAMPLES"
module whatis shihyo
module unload shihyo
command -v shihyo || echo 'and it is gone'
echo "threads ${OPENBLAS_NUM_THREADS:-none}"
END
try_module() { # try_module NAME START: a file that defines `module`
    if [ ! -f "$2" ]; then
        skip "$1 is not installed (Debian: environment-modules or lmod, which exclude each other)"
        return
    fi
    # shellcheck disable=SC2016 # for the inner shell
    env -u OPENBLAS_NUM_THREADS -u OMP_NUM_THREADS -u MODULEPATH -u LOADEDMODULES bash -c '. "$1"; . ./load.sh' bash "$2" >loaded 2>&1
    grep -q "^$here/bin/shihyo\$" loaded && grep -q '^threads 1 1$' loaded && grep -q "$here/share/man" loaded &&
        grep -q '^search.yaml$' loaded && grep -q 'exhaustive search' loaded && ! grep -q 'unable to locate' loaded
    say $? "$1 loads the module file"
    grep -q '^and it is gone$' loaded && grep -q '^threads none$' loaded
    verdict=$?
    [ "$verdict" -eq 0 ] || sed 's/^/# /' loaded
    say "$verdict" "$1 unloads it"
}
try_module 'Environment Modules' /usr/share/modules/init/bash
try_module 'Lmod' /usr/share/lmod/lmod/init/bash
