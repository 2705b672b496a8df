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
            shy_reason="m4_default([$8], [not found])"
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
# Can the compiler make kernels for the instruction sets of x86-64 (base/isa.c)? Sets SHY_AVX2_CFLAGS and SHY_AVX512_CFLAGS.
AC_DEFUN([SHY_CHECK_KERNELS], [
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
AC_DEFINE_UNQUOTED([SHY_COMPILER_FLAGS], ["`echo $CFLAGS $SHY_CFLAGS`"], [With these flags.])
AC_DEFINE_UNQUOTED([SHY_BUILD_HOST], ["$host"], [For this kind of machine.])
AC_DEFINE_UNQUOTED([SHY_BLAS_LIBS], ["`echo $BLAS_LIBS`"], [BLAS as it was linked.])
AC_DEFINE_UNQUOTED([SHY_SCALAPACK_VERSION], ["$SCALAPACK_VERSION"], [Version of ScaLAPACK, which cannot say it at run time.])
])
