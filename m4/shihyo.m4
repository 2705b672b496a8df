# How configure finds a library, and how it says what is missing.
#
# A library is searched for in this order, and the first candidate with which a small program links is taken:
#   1. NAME_CFLAGS and NAME_LIBS given by the user
#   2. --with-NAME=PREFIX: pkg-config files below PREFIX, then PREFIX/include and PREFIX/lib
#   3. pkg-config
#   4. the plain library names, where the compiler looks by itself (modules that set CPATH, compiler wrappers)
# Nothing stops at the first library that is missing: SHY_REPORT_MISSING prints all of them in one table.

# SHY_LIBRARIES_START
# -------------------
AC_DEFUN([SHY_LIBRARIES_START], [
AC_ARG_VAR([PKG_CONFIG], [path of pkg-config])
AC_ARG_VAR([PKG_CONFIG_PATH], [directories where pkg-config looks first])
AC_PATH_PROGS([PKG_CONFIG], [pkg-config pkgconf])
shy_missing_required=
shy_missing_optional=
SHY_CPPFLAGS=
SHY_LIBS=
# Of a library's own compile flags only the include paths and definitions are wanted: its optimisation, warnings and
# hardening are not ours. Its headers count as system headers, so that our warnings leave them alone.
shy_filter_cflags () {
    shy_kept=
    for shy_flag in $[*]; do
        case $shy_flag in
            -D_FORTIFY_SOURCE*) ;;
            -I/usr/include | -I/usr/include/) ;;
            -I*) shy_kept="$shy_kept -isystem `echo "$shy_flag" | sed 's/^-I//'`" ;;
            -D* | -isystem | /* | -pthread | -fopenmp) shy_kept="$shy_kept $shy_flag" ;;
        esac
    done
    echo "$shy_kept"
}
shy_pkg_config () { test -n "$PKG_CONFIG" && "$PKG_CONFIG" "$[@]" 2>/dev/null; }
# pkg-config files of libraries on MPI may require "mpi", which is the system's default one (Debian's scalapack-mpich does)
# and not the compiler's. MPI is searched for by itself, so what they say about it is left out.
shy_mpi_kind=
shy_filter_mpi () {
    shy_kept=
    for shy_flag in $[*]; do
        case $shy_mpi_kind:$shy_flag in
            *:-lmpi | *:-lmpich | *:-lmpi_*) ;;
            mpich:-[[IL]]*openmpi* | openmpi:-[[IL]]*mpich*) ;;
            mpich:*/openmpi/* | openmpi:*/mpich/*) ;;
            *) shy_kept="$shy_kept $shy_flag" ;;
        esac
    done
    echo "$shy_kept"
}
])

# SHY_MPI_WRAPPER
# ---------------
# A compiler wrapper knows its MPI, and what pkg-config calls "mpi" may be another one. So pkg-config is asked only where
# the compiler has none: shy_mpi_modules. The wrapper's headers count as system headers: what it says with -show is added.
AC_DEFUN([SHY_MPI_WRAPPER], [
shy_mpi_modules='ompi-c mpi-c ompi mpich mpi impi'
AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <mpi.h>]], [[MPI_Init(0, 0);]])], [
    shy_mpi_modules=
    AS_IF([test -z "$MPI_CFLAGS$MPI_LIBS"], [
        for shy_flag in `($CC -show) 2>/dev/null`; do
            AS_CASE([$shy_flag], [-I/?*], [SHY_CPPFLAGS="$SHY_CPPFLAGS `shy_filter_cflags $shy_flag`"])
        done])])
])

# SHY_MPI_KIND
# ------------
# Which MPI the compiler uses: shy_mpi_kind is openmpi, mpich (and what is made of it: Intel MPI, MVAPICH, Cray MPICH) or
# other. Sets MPIEXEC, its launcher, which tests start ranks with. Libraries on MPI must be of the same kind.
AC_DEFUN([SHY_MPI_KIND], [
AC_ARG_VAR([MPIEXEC], [what starts the ranks of tests])
shy_save_CPPFLAGS=$CPPFLAGS
CPPFLAGS="$CPPFLAGS $SHY_CPPFLAGS"
shy_mpi_kind=other
AC_PREPROC_IFELSE([AC_LANG_SOURCE([[#include <mpi.h>
#ifndef OPEN_MPI
#error "another"
#endif
]])], [shy_mpi_kind=openmpi])
AC_PREPROC_IFELSE([AC_LANG_SOURCE([[#include <mpi.h>
#if !defined MPICH_VERSION && !defined MPICH_NUMVERSION && !defined I_MPI_VERSION && !defined MVAPICH2_VERSION
#error "another"
#endif
]])], [shy_mpi_kind=mpich])
AS_IF([test -z "$MPI_VERSION"], [
    AC_LANG_CONFTEST([AC_LANG_SOURCE([[#include <mpi.h>
#if defined OPEN_MPI
shy_version OMPI_MAJOR_VERSION.OMPI_MINOR_VERSION.OMPI_RELEASE_VERSION
#elif defined I_MPI_VERSION
shy_version I_MPI_VERSION
#elif defined MPICH_VERSION
shy_version MPICH_VERSION
#endif
]])])
    MPI_VERSION=`(eval "$ac_cpp conftest.$ac_ext") 2>/dev/null | sed '/^#/d' | tr -d ' "\n' | sed -n 's/.*shy_version//p'`
    rm -f conftest.$ac_ext])
CPPFLAGS=$shy_save_CPPFLAGS
AS_CASE([$shy_mpi_kind],
    [mpich], [
        shy_mpi_package=mpich
        shy_hdf5_modules='hdf5-mpich hdf5-mpi hdf5'
        shy_hdf5_names=-lhdf5_mpich
        shy_scalapack_modules='scalapack-mpich scalapack'
        shy_scalapack_names='-lscalapack-mpich -lmkl_scalapack_lp64,-lmkl_blacs_intelmpi_lp64'],
    [
        shy_mpi_package=openmpi
        shy_hdf5_modules='hdf5-openmpi hdf5-mpi hdf5'
        shy_hdf5_names=-lhdf5_openmpi
        shy_scalapack_modules='scalapack-openmpi scalapack mkl-dynamic-lp64-seq-scalapack'
        shy_scalapack_names='-lscalapack-openmpi -lmkl_scalapack_lp64,-lmkl_blacs_openmpi_lp64'])
AS_IF([test -z "$MPIEXEC"], [
    # mpicc.mpich goes with mpiexec.mpich beside it; anything that is not called mpi*cc, with what the path has.
    set dummy $CC
    shy_wrapper=$[2]
    AS_CASE([$shy_wrapper], [ccache | */ccache], [shy_wrapper=$[3]])
    shy_launcher=`echo "$shy_wrapper" | sed -n 's,mpii*cc\([[^/]]*\)$,mpiexec\1,p'`
    for shy_candidate in $shy_launcher mpiexec mpirun; do
        AS_IF([command -v "$shy_candidate" >/dev/null 2>&1], [MPIEXEC=$shy_candidate; break])
    done
])
AC_MSG_CHECKING([which MPI that is])
AC_MSG_RESULT([$shy_mpi_kind${MPI_VERSION:+ $MPI_VERSION}${MPIEXEC:+, ranks are started by $MPIEXEC}])
])

# SHY_ONE_MPI
# -----------
# Two MPIs in one process crash. A program that is linked with all libraries must load one only.
AC_DEFUN([SHY_ONE_MPI], [
AC_MSG_CHECKING([whether all libraries use the same MPI])
shy_save_LIBS=$LIBS
shy_save_CPPFLAGS=$CPPFLAGS
CPPFLAGS="$CPPFLAGS $SHY_CPPFLAGS"
LIBS="$SHY_LIBS $LIBS"
shy_mpis=
AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <mpi.h>
#include <hdf5.h>
void pdgeqrf_(void);]], [[MPI_Init(0, 0); H5open(); pdgeqrf_();]])],
    [shy_mpis=`ldd conftest$ac_exeext 2>/dev/null | sed -n 's/^[[^a-z]]*\(libmpi\(ch\)*\.so[[.0-9]]*\).*/\1/p' | sort -u | tr '\n' ' '`])
LIBS=$shy_save_LIBS
CPPFLAGS=$shy_save_CPPFLAGS
AS_CASE([$shy_mpis],
    [''], [AC_MSG_RESULT([not known])],
    [*' '?*], [AC_MSG_RESULT([no])
        AC_MSG_ERROR([libraries of several MPIs would be loaded together ($shy_mpis): set HDF5_LIBS, SCALAPACK_LIBS, PETSC_LIBS or --with-...=PREFIX to those built with $CC])],
    [AC_MSG_RESULT([yes, $shy_mpis])])
])

# SHY_LIBRARY(NAME, option, description, pkg-config modules, library candidates, prologue, body,
#             what is wrong if it is found and does not link, required|optional, Debian, RHEL, Spack, module)
# ----------------------------------------------------------------------------------------------------------------
# Candidates are separated by blanks; libraries within one candidate by commas, e.g. "-lcblas,-lblas none".
# Sets NAME_CFLAGS, NAME_LIBS, NAME_VERSION and shy_have_option=yes|no.
AC_DEFUN([SHY_LIBRARY], [
AC_ARG_WITH([$2], [AS_HELP_STRING([--with-$2=PREFIX], [where $3 is installed])], [], [with_$2=])
AC_ARG_VAR([$1_CFLAGS], [compiler flags for $3])
AC_ARG_VAR([$1_LIBS], [linker flags for $3])
AC_MSG_CHECKING([for $3])
shy_have_$2=no
shy_reason=
shy_said_first=
shy_found_by=
$1_VERSION=
shy_save_CPPFLAGS=$CPPFLAGS
shy_save_LIBS=$LIBS
shy_save_PKG_CONFIG_PATH=$PKG_CONFIG_PATH
shy_candidates=
shy_prefix_cflags=
shy_prefix_libs=
AS_CASE([$with_$2],
    [no], [m4_if([$9], [optional], [shy_reason=disabled], [AC_MSG_ERROR([$3 cannot be left out])])],
    ['' | yes], [],
    [PKG_CONFIG_PATH=$with_$2/lib/pkgconfig:$with_$2/lib64/pkgconfig:$with_$2/share/pkgconfig:$PKG_CONFIG_PATH
     shy_prefix_cflags="-I$with_$2/include"
     for shy_dir in "$with_$2/lib" "$with_$2/lib64"; do
         AS_IF([test -d "$shy_dir"], [shy_prefix_libs="$shy_prefix_libs -L$shy_dir -Wl,-rpath,$shy_dir"])
     done])
export PKG_CONFIG_PATH
AS_IF([test "x$shy_reason" != xdisabled], [
    AS_IF([test -n "$$1_CFLAGS$$1_LIBS"], [shy_candidates=given],
        [for shy_module in $4; do
             shy_pkg_config --exists "$shy_module" || continue
             AS_CASE([`shy_pkg_config --variable=pcfiledir "$shy_module"`],
                 ["${with_$2:-/}"*], [shy_candidates="$shy_candidates pkg:$shy_module"],
                 [AS_IF([test "x$with_$2" = xyes], [shy_candidates="$shy_candidates pkg:$shy_module"])])
         done
         shy_candidates="$shy_candidates m4_normalize([$5])"])
    shy_given_cflags=$$1_CFLAGS
    shy_given_libs=$$1_LIBS
    for shy_candidate in $shy_candidates; do
        AS_CASE([$shy_candidate],
            [given], [$1_CFLAGS=$shy_given_cflags; $1_LIBS=$shy_given_libs],
            [pkg:*], [
                shy_module=`echo "$shy_candidate" | sed 's/^pkg://'`
                $1_CFLAGS=`shy_pkg_config --cflags "$shy_module"`
                $1_CFLAGS=`shy_filter_cflags $$1_CFLAGS`
                $1_LIBS="`shy_pkg_config --libs "$shy_module"`"
                m4_if([$1], [MPI], [], [
                    $1_CFLAGS=`shy_filter_mpi $$1_CFLAGS`
                    $1_LIBS=`shy_filter_mpi $$1_LIBS`])
                AS_IF([test -n "$shy_prefix_libs"], [$1_LIBS="$shy_prefix_libs $$1_LIBS"])],
            [
                $1_CFLAGS=`shy_filter_cflags $shy_prefix_cflags`
                $1_LIBS=`echo "$shy_candidate" | sed 's/^none$//; s/,/ /g'`
                $1_LIBS="$shy_prefix_libs $$1_LIBS"])
        CPPFLAGS="$shy_save_CPPFLAGS $$1_CFLAGS $SHY_CPPFLAGS"
        LIBS="$$1_LIBS $SHY_LIBS $shy_save_LIBS"
        AC_LINK_IFELSE([AC_LANG_PROGRAM([[$6]], [[$7]])], [
            shy_have_$2=yes
            shy_found_by=$shy_candidate
            AS_CASE([$shy_candidate], [pkg:*], [$1_VERSION=`shy_pkg_config --modversion "$shy_module"`])
            break
        ], [
            # An #error of ours, or of the library's own headers, says it best.
            shy_said=`sed -n 's/.*error: #error "\(.*\)"$/\1/p' conftest.err 2>/dev/null | sed 1q`
            AS_IF([test -n "$shy_said"], [shy_said_first=${shy_said_first:-$shy_said}])
            shy_reason=${shy_said_first:-"m4_default([$8], [not found])"}
        ])
    done
    AS_IF([test $shy_have_$2 = no && test -z "$shy_reason"], [shy_reason="not found"])
    AS_IF([test "x$shy_have_mpi" = xno && test "$2" != mpi], [shy_reason="$shy_reason; it may be there once MPI is"])
])
CPPFLAGS=$shy_save_CPPFLAGS
LIBS=$shy_save_LIBS
PKG_CONFIG_PATH=$shy_save_PKG_CONFIG_PATH
AS_IF([test $shy_have_$2 = yes], [
    AC_MSG_RESULT([yes${$1_VERSION:+, $$1_VERSION} ($shy_found_by)])
    SHY_CPPFLAGS="$SHY_CPPFLAGS $$1_CFLAGS"
    SHY_LIBS="$$1_LIBS $SHY_LIBS"
], [
    AC_MSG_RESULT([no ($shy_reason)])
    $1_CFLAGS=
    $1_LIBS=
    AS_IF([test "x$shy_reason" != xdisabled], [SHY_MISSING([$9], [$2], [$3], [$shy_reason], [$10], [$11], [$12], [$13])])
])
])

# SHY_MISSING(required|optional, option, description, reason, Debian, RHEL, Spack, module)
# ---------------------------------------------------------------------------------------
# Adds one row to the table that SHY_REPORT_MISSING prints.
AC_DEFUN([SHY_MISSING], [
shy_row="
  $3: $4
      Debian   apt-get install $5
      RHEL     dnf install $6
      Spack    spack install $7
      module   module load $8
      prefix   ./configure --with-$2=PREFIX
"
shy_missing_$1="$shy_missing_$1$shy_row"
])

# SHY_REPORT_MISSING
# ------------------
AC_DEFUN([SHY_REPORT_MISSING], [
AS_IF([test -n "$shy_missing_optional"], [
    AS_ECHO(["
Not found, and not needed for the program to work:
$shy_missing_optional"])
])
AS_IF([test -n "$shy_missing_required"], [
    AS_ECHO(["
Missing. Each line below is one way to get it; module names differ between sites (module avail):
$shy_missing_required"]) >&2
    AC_MSG_ERROR([libraries are missing, see the list above. What each test tried is in config.log])
])
])

# SHY_CHECK_COMPILER
# ------------------
# Sets SHY_CFLAGS and SHY_LDFLAGS: the language, the warnings, and the options below.
AC_DEFUN([SHY_CHECK_COMPILER], [
AC_ARG_ENABLE([werror], [AS_HELP_STRING([--enable-werror], [warnings are errors])], [], [enable_werror=no])
AC_ARG_ENABLE([sanitizers],
    [AS_HELP_STRING([--enable-sanitizers], [address and undefined-behaviour sanitizers, which end the program])],
    [], [enable_sanitizers=no])
SHY_CFLAGS=
SHY_LDFLAGS=
# Results are the same on every processor only if a*b+c is never fused behind our back: -ffp-contract=off.
for shy_flag in -std=gnu11 -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -ffp-contract=off -fno-math-errno -fno-trapping-math -fopenmp-simd; do
    SHY_TRY_CFLAG([$shy_flag])
done
AS_IF([test "x$enable_werror" = xyes], [SHY_TRY_CFLAG([-Werror])])
AS_IF([test "x$enable_sanitizers" = xyes], [
    for shy_flag in -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer; do
        SHY_TRY_CFLAG([$shy_flag])
    done
    SHY_LDFLAGS="$SHY_LDFLAGS -fsanitize=address,undefined"
])
# assert names its file: that name begins in the source tree, wherever the tree lies.
SHY_TRY_CFLAG([-fmacro-prefix-map=$srcdir/=])
AC_MSG_CHECKING([whether the linker takes -Wl,--as-needed])
shy_save_LDFLAGS=$LDFLAGS
LDFLAGS="$LDFLAGS -Wl,--as-needed"
AC_LINK_IFELSE([AC_LANG_PROGRAM()], [SHY_LDFLAGS="$SHY_LDFLAGS -Wl,--as-needed"; AC_MSG_RESULT([yes])],
    [AC_MSG_RESULT([no])])
LDFLAGS=$shy_save_LDFLAGS
AC_SUBST([SHY_CFLAGS])
AC_SUBST([SHY_LDFLAGS])
AC_SUBST([SHY_CPPFLAGS])
AC_SUBST([SHY_LIBS])
])

# SHY_TRY_CFLAG(flag)
# -------------------
AC_DEFUN([SHY_TRY_CFLAG], [
AC_MSG_CHECKING([whether $CC takes $1])
shy_save_CFLAGS=$CFLAGS
CFLAGS="$CFLAGS $1"
AC_COMPILE_IFELSE([AC_LANG_PROGRAM()], [SHY_CFLAGS="$SHY_CFLAGS $1"; AC_MSG_RESULT([yes])], [AC_MSG_RESULT([no])])
CFLAGS=$shy_save_CFLAGS
])

# SHY_CHECK_KERNELS
# -----------------
# How kernels are compiled (base/isa.c): SHY_KERNEL_CFLAGS for all of them; SHY_AVX2_CFLAGS and SHY_AVX512_CFLAGS, if the compiler can
# make them for these instruction sets of x86-64.
AC_DEFUN([SHY_CHECK_KERNELS], [
shy_save_SHY_CFLAGS=$SHY_CFLAGS
SHY_CFLAGS=
SHY_TRY_CFLAG([-ffp-contract=fast])
SHY_TRY_CFLAG([-fvect-cost-model=dynamic])
SHY_KERNEL_CFLAGS=$SHY_CFLAGS
SHY_CFLAGS=$shy_save_SHY_CFLAGS
AC_SUBST([SHY_KERNEL_CFLAGS])
SHY_AVX2_CFLAGS='-mavx2 -mfma'
SHY_AVX512_CFLAGS='-mavx512f -mavx512dq -mavx512vl -mavx512bw -mavx2 -mfma -mprefer-vector-width=512'
AC_MSG_CHECKING([whether $CC compiles for AVX2 and AVX-512])
shy_save_CFLAGS=$CFLAGS
CFLAGS="$CFLAGS $SHY_AVX2_CFLAGS $SHY_AVX512_CFLAGS"
AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[
#ifndef __x86_64__
#error "another processor"
#endif
]], [[return !__builtin_cpu_supports("avx512dq");]])], [shy_x86_kernels=yes], [shy_x86_kernels=no])
CFLAGS=$shy_save_CFLAGS
AC_MSG_RESULT([$shy_x86_kernels])
AM_CONDITIONAL([HAVE_X86_KERNELS], [test $shy_x86_kernels = yes])
AS_IF([test $shy_x86_kernels = yes], [AC_DEFINE([HAVE_X86_KERNELS], [1], [Kernels are compiled for AVX2 and AVX-512.])])
AC_SUBST([SHY_AVX2_CFLAGS])
AC_SUBST([SHY_AVX512_CFLAGS])
])

# SHY_DESCRIBE_COMPILERS
# ----------------------
# Defines what --version says about this build.
AC_DEFUN([SHY_DESCRIBE_COMPILERS], [
shy_compiler=`$CC --version 2>/dev/null | sed 1q`
AS_IF([test -z "$shy_compiler"], [shy_compiler=unknown])
AC_DEFINE_UNQUOTED([SHY_COMPILER], ["$shy_compiler"], [First line of the compiler's --version.])
AC_DEFINE_UNQUOTED([SHY_COMPILER_COMMAND], ["$CC"], [How the compiler was called.])
AC_DEFINE_UNQUOTED([SHY_COMPILER_FLAGS], ["`echo $CFLAGS $SHY_CFLAGS | sed 's,-fmacro-prefix-map=@<:@^ @:>@* *,,'`"], [With these flags.])
AC_DEFINE_UNQUOTED([SHY_BUILD_HOST], ["$host"], [For this kind of machine.])
AC_DEFINE_UNQUOTED([SHY_BLAS_LIBS], ["`echo $BLAS_LIBS`"], [BLAS as it was linked.])
AC_DEFINE_UNQUOTED([SHY_SCALAPACK_VERSION], ["$SCALAPACK_VERSION"], [Version of ScaLAPACK, which cannot say it at run time.])
])
