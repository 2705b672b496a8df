#!/bin/sh
# A cohort that disappears or loses its end under a search whose columns are read as they are needed: a removed file goes on being read,
# a shortened one ends the search on all ranks, with one message that names it, a status that is not 0, and no results.
# shellcheck disable=SC2086 # MPIRUN is several words
set -u
: "${SHIHYO:=shihyo}" "${MPIRUN:=mpirun}" "${top_builddir:=.}"
cohorts=$top_builddir/tests/tools/make_cohort

say() { # say STATUS TEXT
    if [ "$1" -eq 0 ]; then printf 'ok - %s\n' "$2"; else printf 'not ok - %s\n' "$2"; fi
}

"$cohorts" noise --rows 1000 --factors 1000 -o table.csv
"$SHIHYO" import table.csv -q -o whole.h5
cat >run.yaml <<'END'
cohort: cohort.h5
validation: {level: none}
outcome: {column: y}
grammar: {max_complexity: 3, operators: [+, /, log]}
search: {keep: 10}
END
sed "s/cohort.h5/whole.h5/" run.yaml >first.yaml
libraries=$("$SHIHYO" search first.yaml --plan 2>/dev/null | sed -n 's/^memory per rank .*, \([0-9]*\) MiB of it for the libraries$/\1/p')
echo "parallel: {memory: $((libraries + 9))MiB}" >>run.yaml

# search_while RANKS CHANGE: starts a search and changes the file once the plan is made; its status
search_while() {
    cp whole.h5 cohort.h5
    rm -rf results
    : >out.txt
    timeout -k 10 240 $MPIRUN -n "$1" "$SHIHYO" search run.yaml -o results >out.txt 2>err.txt &
    search=$!
    while kill -0 "$search" 2>/dev/null && ! grep -q '^expected time' out.txt; do sleep 0.1; done
    $2
    wait "$search"
}
cut_short() { truncate -s 4096 cohort.h5; }
removed() { rm cohort.h5; }
said_once() { # said_once TEXT: it is in one line of the program's
    [ "$(grep -c '^shihyo: [^n]' err.txt)" -eq 1 ] && grep -q "^shihyo: $1" err.txt
}

for ranks in 1 2 3; do
    search_while "$ranks" cut_short
    status=$?
    [ "$status" -ne 0 ] && [ "$status" -ne 124 ] && [ "$status" -ne 137 ] && said_once 'cohort.h5: reading failed: ' && [ ! -e results/run.json ]
    verdict=$?
    say "$verdict" "a cohort cut short during a search on $ranks ranks ends it with one message"
    [ "$verdict" -eq 0 ] || sed 's/^/# /' err.txt
done
search_while 2 removed && [ -s results/front.json ]
say $? 'a cohort removed during a search is read to the end'
! $MPIRUN -n 2 "$SHIHYO" search run.yaml -o again >out.txt 2>err.txt && said_once 'cohort.h5: '
say $? 'a cohort removed before a search ends it with one message'
