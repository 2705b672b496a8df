#!/bin/sh
# Runs every test, after whatever set-up is missing. Last line: "N passed, N failed"; status 1 if anything failed.
#
#   tests/run.sh            all of it
#   tests/run.sh WORD ...   only the whole-program tests whose file name contains a WORD
#
# SHY_BUILD=DIR uses that build directory (default: build in the source tree), JOBS=N compiles N files and runs N
# unit tests at a time; of the others N + 1, but 4 at most: each starts ranks of its own, and much of its time is waiting for them to start.
#
# A whole-program test is tests/system/NAME.sh. It starts in an empty directory of its own and finds in its environment
#   SHIHYO        the program                     MPIRUN        how to start ranks: $MPIRUN -n 2 $SHIHYO ...
#   top_srcdir    the source tree                 top_builddir  the build directory (helper programs in tests/system/)
# It prints one line "ok - what holds" or "not ok - what does not" per check; a script that prints none counts as one check
# by its exit status. It runs under `timeout`, SHY_SYSTEM_SECONDS=N (default 600). A script that prints nothing but "skipped: why" counts as
# neither. Those of tests/slurm/ are run in the same way; they start a Slurm of their own (tests/slurm/lab).
set -u
top_srcdir=$(cd "$(dirname "$0")/.." && pwd)
top_builddir=${SHY_BUILD:-$top_srcdir/build}
jobs=${JOBS:-$(env -u OMP_NUM_THREADS nproc 2>/dev/null || echo 1)} # nproc would take the threads of OpenMP for cores
at_once=$((jobs + 1 < 4 ? jobs + 1 : 4)) # one more than compute: ranks that start and end wait for each other
passed=0
failed=0

finish() {
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
    exit
}

give_up() { # give_up WHAT LOG
    echo "FAILED: $1"
    [ -f "$2" ] && tail -n 40 "$2" | sed 's/^/    /'
    failed=$((failed + 1))
    finish
}

set_up() {
    mkdir -p "$top_builddir" || give_up "the build directory $top_builddir cannot be made" ''
    top_builddir=$(cd "$top_builddir" && pwd)
    setup_log=$top_builddir/setup.log
    # Not fatal: the libraries may be there in another way, and if not, configure says so.
    slurm=
    [ "$(id -u)" -eq 0 ] && slurm=slurm # its tests need root anyway
    # shellcheck disable=SC2086 # one word or none
    "$top_srcdir/build-aux/debian-packages" build tests compare $slurm
    if [ ! -x "$top_srcdir/configure" ]; then
        "$top_srcdir/bootstrap" >"$setup_log" 2>&1 || give_up './bootstrap' "$setup_log"
    fi
    if [ ! -f "$top_builddir/config.status" ]; then
        (cd "$top_builddir" && "$top_srcdir/configure") >"$setup_log" 2>&1 || give_up './configure' "$setup_log"
    fi
    if ! grep -q '^CMOCKA_LIBS = .' "$top_builddir/Makefile"; then # configured before cmocka was installed
        (cd "$top_builddir" && ./config.status --recheck && ./config.status) >"$setup_log" 2>&1 ||
            give_up './config.status --recheck' "$setup_log"
    fi
    # One goal after the other: two at once would compile the same files twice at the same time.
    make -C "$top_builddir" -j "$jobs" all >"$setup_log" 2>&1 || give_up 'make' "$setup_log"
    make -C "$top_builddir" -j "$jobs" check-tools >"$setup_log" 2>&1 || give_up 'make check-tools' "$setup_log"
    # All tests are compiled, none is run.
    make -C "$top_builddir" -j "$jobs" check TESTS= >"$setup_log" 2>&1 || give_up 'compiling the unit tests' "$setup_log"
}

# Counts "ok" and "not ok" lines of a TAP stream, and shows each failure with the remarks before it.
count_tap() { # count_tap NAME FILE
    ok=$(grep -Ec '^ok( |$)' "$2")
    bad=$(grep -Ec '^not ok( |$)' "$2")
    passed=$((passed + ok))
    failed=$((failed + bad))
    echo "$1: $ok passed, $bad failed"
    if [ "$bad" -gt 0 ]; then
        awk -v name="$1" '
            /^(PASS|FAIL|ERROR|SKIP|XFAIL|XPASS): / || /^1\.\.[0-9]+$/ { next } # said again by the harness of make check
            /^ok( |$)/ { remarks = ""; after = 0; next }
            /^not ok( |$)/ { print "FAILED " name ": " $0; printf "%s", remarks; remarks = ""; after = 12; next }
            after > 0 { print "    " $0; after--; next }
            { remarks = remarks "    " $0 "\n" }
        ' "$2"
    fi
}

run_unit_tests() {
    rm -f "$top_builddir"/tests/unit/*.log "$top_builddir"/tests/*.log
    make -C "$top_builddir" -j "$jobs" check >"$top_builddir/check.log" 2>&1
    check_status=$?
    seen=0
    unit_failed=$failed
    for log in "$top_builddir"/tests/unit/*.log "$top_builddir"/tests/*.log; do
        [ -f "$log" ] || continue
        seen=$((seen + 1))
        count_tap "$(basename "$log" .log)" "$log"
    done
    if [ "$seen" -eq 0 ] || { [ "$check_status" -ne 0 ] && [ "$failed" -eq "$unit_failed" ]; }; then
        failed=$((failed + 1))
        echo "FAILED: make check"
        tail -n 40 "$top_builddir/check.log" | sed 's/^/    /'
    fi
}

wanted() { # wanted NAME WORD ...: no word, or one of them is in the name
    name=$1
    shift
    [ $# -eq 0 ] && return 0
    for word in "$@"; do
        case $name in *"$word"*) return 0 ;; esac
    done
    return 1
}

# One whole-program test, in a shell of its own; what it says and how it counts is left in NAME.said and NAME.count.
run_system_test() { # run_system_test SCRIPT
    name=$(basename "$1" .sh)
    room=$top_builddir/system-tests/$name
    log=$room.log
    rm -rf "$room"
    mkdir -p "$room"
    started=$(date +%s)
    (cd "$room" && exec timeout -k 10 "${SHY_SYSTEM_SECONDS:-600}" sh "$1") >"$log" 2>&1 </dev/null
    status=$?
    took=$(($(date +%s) - started))
    if [ "$status" -eq 124 ] || [ "$status" -eq 137 ]; then
        echo "not ok - $name ends within its time ($took s)" >>"$log"
    elif [ "$status" -ne 0 ] && ! grep -Eq '^not ok( |$)' "$log"; then
        echo "not ok - $name ends well (it ended with status $status)" >>"$log"
    elif ! grep -Eq '^(not )?ok( |$)' "$log" && ! grep -q '^skipped: ' "$log"; then
        echo "ok - $name" >>"$log"
    fi
    count_tap "$name ($took s)" "$log" >"$room.said"
    grep '^skipped: ' "$log" >>"$room.said"
    cat "$room.said" # in one piece, among those that run beside it
    echo "$passed $failed" >"$room.count"
    [ "$status" -eq 0 ] && rm -rf "$room"
}

run_system_tests() {
    # shellcheck source=build-aux/mpi-environment
    . "$top_srcdir/build-aux/mpi-environment"
    MPIEXEC=${MPIEXEC:-$(sed -n 's/^MPIEXEC = //p' "$top_builddir/Makefile")}
    : "${MPIEXEC:=mpirun}"
    case $($MPIEXEC --version 2>&1) in
        *"Open MPI"* | *OpenRTE*) MPIRUN=${MPIRUN:-$MPIEXEC --bind-to none} ;;
        *) MPIRUN=${MPIRUN:-$MPIEXEC} ;;
    esac
    SHIHYO=$top_builddir/shihyo
    export MPIRUN SHIHYO top_srcdir top_builddir
    # Those with a Slurm take longest, and start first.
    scripts() { for script in "$top_srcdir"/tests/slurm/*.sh "$top_srcdir"/tests/system/*.sh; do
        [ -f "$script" ] && wanted "$(basename "$script" .sh)" "$@" && printf '%s\n' "$script"
    done; }
    mkdir -p "$top_builddir/system-tests"
    rm -f "$top_builddir"/system-tests/*.count
    scripts "$@" | tr '\n' '\0' | SHY_BUILD=$top_builddir xargs -0 -r -P "$at_once" -n 1 sh "$top_srcdir/tests/run.sh" --system-test
    for name in $(scripts "$@" | sed 's|.*/||; s|[.]sh$||'); do
        if read -r good bad <"$top_builddir/system-tests/$name.count"; then
            passed=$((passed + good))
            failed=$((failed + bad))
        else
            failed=$((failed + 1))
            echo "FAILED $name: it was not run to its end"
        fi
    done
}

if [ "${1:-}" = --system-test ]; then
    run_system_test "$2"
    exit 0
fi
set_up
if [ $# -eq 0 ]; then
    run_unit_tests
fi
run_system_tests "$@"
finish
