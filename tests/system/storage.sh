#!/bin/sh
# What a search asks of a file system that thousands of ranks share: which files each rank opens, creates or looks for, by strace.
# Libraries and what is local to a node (/proc, /sys, /dev/shm, the session directory of the MPI library) do not count.
# shellcheck disable=SC2181
set -u
: "${SHIHYO:=shihyo}" "${MPIRUN:=mpirun}"

say() { # say STATUS TEXT
    if [ "$1" -eq 0 ]; then printf "ok - %s\n" "$2"; else printf "not ok - %s\n" "$2"; fi
}

if ! strace -o /dev/null true 2>/dev/null; then
    echo 'ok - skipped: there is no strace here, or it may not look'
    exit 0
fi

ranks=4
home=$PWD/home
mkdir home work && cd work || exit 1
awk 'BEGIN { srand(7); print "id,a,b,y"; for (i = 1; i <= 60; i++) { a = rand(); b = rand(); print "p" i "," a "," b "," a / b } }' >table.csv
"$SHIHYO" import table.csv -o cohort.h5 --quiet
cat >run.yaml <<'END'
cohort: cohort.h5
outcome: {column: y}
factors: {exclude: [id]}
grammar: {max_complexity: 3}
search: {keep: 20}
permutations: 19
END

# shellcheck disable=SC2086,SC2016 # MPIRUN is several words; the dollars belong to the inner shell
HOME=$home timeout -k 10 120 $MPIRUN -n $ranks sh -c 'exec strace -f -s 4096 -e trace=file -o "../trace.${OMPI_COMM_WORLD_RANK:-${PMI_RANK:-0}}" "$@"' rank \
    "$SHIHYO" search run.yaml -o out --quiet >out.txt 2>err.txt
[ $? -eq 0 ] && [ -s out/front.json ] && [ "$(find .. -maxdepth 1 -name 'trace.*' | wc -l)" = $ranks ]
say $? "a search on $ranks ranks under strace"

# Calls that name a file below the directory of the run, by a relative path or not: "call path" a line.
of_run() {
    sed -n 's/^[0-9]* *\([a-z0-9_]*\)(\(AT_FDCWD, \)\{0,1\}"\([^"]*\)".*/\1 \3/p' "../trace.$1" | sed "s,$PWD/,," | grep -vE '^[a-z0-9_]+ (/|\.\./|\.\.?$|$)' |
        grep -v '^execve '
}
opens() { of_run "$1" | grep -cE "^open(at)? $2\$"; }

wrong=0
for rank in 0 1 2 3; do
    limit=1
    [ $rank != 0 ] || limit=4                   # the seal, the SHA-256, what is known of the columns, and with the others the values
    [ $rank != $((ranks - 1)) ] || limit=2      # the checksum
    count=$(opens $rank cohort.h5)
    echo "# rank $rank opens the cohort $count times"
    [ "$count" -ge 1 ] && [ "$count" -le $limit ] || wrong=1
done
say $wrong 'each rank opens the cohort once; the first and the last also check it'

[ "$(opens 0 run.yaml)" = 1 ] && ! for rank in 1 2 3; do of_run $rank; done | grep -q run.yaml
say $? 'rank 0 alone reads the configuration'

for rank in 1 2 3; do of_run $rank | grep -v ' cohort.h5$' | sed "s/^/# rank $rank: /"; done >others.txt
[ ! -s others.txt ] || { cat others.txt; false; }
say $? 'the other ranks look for no file beside the cohort, and make none'

! grep -h petscrc ../trace.* >petscrc.txt
say $? 'no file of settings of a library is looked for'
