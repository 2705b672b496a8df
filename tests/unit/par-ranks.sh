#!/bin/sh
# Runs the tests of par once more on 5 ranks: teams of 3, 4 (also 2 groups of 2) and 5 ranks, more than most machines' cores.
set -u
# Five ranks that wait for each other on two busy cores take long: 40 s where 110 were seen beside other tests.
SHY_TEST_SECONDS=${SHY_TEST_SECONDS:-300}
export SHY_TEST_SECONDS
for program in test_par test_par_shared test_par_merge test_par_farm test_par_farm_ends test_par_farm_pause; do
    sh "${top_srcdir:-.}/tests/mpi-wrap" 5 "tests/unit/$program"
done | awk '
    /^1\.\.[0-9]+$/ { next }
    /^(not )?ok / {
        bad = ($1 == "not")
        sub(/^(not )?ok [0-9]+ - /, "")
        printf "%sok %d - 5 ranks: %s\n", bad ? "not " : "", ++count, $0
        next
    }
    { print }
    END { printf "1..%d\n", count }'
