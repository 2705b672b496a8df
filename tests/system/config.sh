#!/bin/sh
# The command line, the configuration and the results directory as a user meets them: messages, exit status on every rank,
# nothing left behind by a failure, and help and example that say the same as the program.
# shellcheck disable=SC2012,SC2016,SC2181
set -u
: "${SHIHYO:=shihyo}" "${MPIRUN:=mpirun}" "${top_srcdir:=.}"

say() { # say STATUS TEXT
    if [ "$1" -eq 0 ]; then printf "ok - %s\n" "$2"; else printf "not ok - %s\n" "$2"; fi
}

# Runs the program on 2 ranks under a time limit; leaves status.RANK, out.txt and err.txt.
on_two_ranks() {
    rm -f status.*
    # shellcheck disable=SC2086 # MPIRUN is several words
    timeout -k 10 60 $MPIRUN -n 2 sh -c '"$@"; echo $? >status.${OMPI_COMM_WORLD_RANK:-${PMI_RANK:-0}}' rank "$SHIHYO" "$@" \
        >out.txt 2>err.txt
}

statuses() { # statuses EXPECTED: of both ranks
    [ "$(cat status.0 2>/dev/null)" = "$1" ] && [ "$(cat status.1 2>/dev/null)" = "$1" ]
}

# refused STATUS TEXT WHAT ARGUMENT ...: both ranks end with STATUS; one message, which holds TEXT; no results
refused() {
    expected=$1 text=$2 what=$3
    shift 3
    on_two_ranks "$@"
    statuses "$expected" && [ "$(grep -c '^shihyo: ' err.txt)" = 1 ] && grep -qF -- "$text" err.txt && [ ! -e new ]
    verdict=$?
    [ "$verdict" -eq 0 ] || { echo "# shihyo $*: statuses $(cat status.* | tr '\n' ' ')"; sed 's/^/# /' err.txt; }
    say "$verdict" "$what"
}

refused_file() { # refused_file TEXT YAML: a configuration is refused
    printf '%b' "$2" >wrong.yaml
    refused 2 "$1" "refused: $2" search wrong.yaml -o new
}

# ---- the command line ---------------------------------------------------------------------------------------------------

refused 64 'did you mean search' 'an unknown command' serach run.yaml
refused 64 'did you mean --overwrite' 'an unknown option' search run.yaml --ovrwrite
refused 64 'needs a value' 'an option without its value' search run.yaml --set
refused 64 'one configuration file' 'no configuration' search -o new
refused 64 'one configuration file' 'two configurations' search a.yaml b.yaml -o new
refused 64 'did you mean keys' 'help on nothing' help kyes
refused 64 'integer' 'a complexity that is no number' show somewhere --complexity 4k
refused 3 'no results' 'no results to show' show nowhere
refused 3 'nowhere.yaml' 'a configuration that is not there' search nowhere.yaml -o new
mkdir directory
refused 2 'not a file' 'a directory for a configuration' search directory -o new

for topic in --help --version help 'help keys' 'help search' 'search --help' 'show --help' 'import --help' 'inspect --help'; do
    # shellcheck disable=SC2086 # words on purpose
    "$SHIHYO" $topic >single.txt 2>/dev/null && on_two_ranks $topic && statuses 0 && [ -s single.txt ] && cmp -s single.txt out.txt
    say $? "$topic is said once on 2 ranks"
done

if [ -c /dev/full ]; then
    "$SHIHYO" --help >/dev/full 2>err.txt
    [ $? -eq 3 ] && grep -q 'cannot be written' err.txt
    say $? 'a full standard output is a failure'
fi

# ---- one table behind help and example -------------------------------------------------------------------------------------

"$SHIHYO" help example | cmp -s - "$top_srcdir/config/search.yaml"
say $? 'config/search.yaml is what `shihyo help example` prints'

# ---- the configuration ------------------------------------------------------------------------------------------------------

good='cohort: cohort.h5\nvalidation: {level: none}\noutcome: {column: y}\nfactors: {exclude: [id]}\ngrammar: {max_complexity: 3}\nsearch: {keep: 20}\n'
printf '%b' "$good" >run.yaml
refused_file 'wrong.yaml:2:13: there is no key grammar.max_complexty; did you mean grammar.max_complexity?' \
    'cohort: cohort.h5\ngrammar:   {max_complexty: 4}\n'
refused_file 'wrong.yaml:1:27: grammar.max_complexity is "4k"; it takes an integer from 1 to' 'grammar: {max_complexity: 4k}\n'
refused_file 'wrong.yaml:1:18: grammar.units is "clincal"; it takes one of clinical, strict, off. Did you mean clinical?' \
    'grammar: {units: clincal}\n'
refused_file 'wrong.yaml:3:1: seed is given twice, first on line 1' 'seed: 1\noutput: a\nseed: 2\n'
refused_file 'not valid YAML' 'grammar: {units: [\n'
refused_file 'is empty' ''
refused_file 'outcome.column is missing' 'cohort: cohort.h5\n'
refused 2 'did you mean grammar.max_complexity' 'an unknown key in --set' search run.yaml --set grammar.max_complexiti=4 -o new
refused 2 '"4k"' 'a wrong value in --set' search run.yaml --set grammar.max_complexity=4k -o new
refused 3 'cohort.h5' 'a cohort that is not there' search run.yaml -o new

# ---- a search from table to results -----------------------------------------------------------------------------------------

awk 'BEGIN { srand(7); print "id,a [kg],b [m],c,y"
    for (i = 1; i <= 40; i++) { a = 50 + 40 * rand(); b = 1.5 + 0.5 * rand(); print "p" i "," a "," b "," rand() "," a / b } }' >table.csv
"$SHIHYO" import table.csv -o cohort.h5 >import.txt 2>&1
say $? 'the table is imported'

on_two_ranks search run.yaml --plan -o new
statuses 0 && grep -q '^ *all  *[0-9,]*$' out.txt && [ ! -e new ]
say $? '--plan prints the number of formulas and writes nothing'

on_two_ranks search run.yaml --set report.interval=0.1 -o new/
statuses 0 && [ "$(ls -A new | tr '\n' ' ')" = 'events.jsonl front.json front.tsv results.h5 run.json suppressed.json ' ]
say $? 'a search writes four files'
! grep -q "$(printf '\r')" out.txt err.txt
say $? 'no carriage return where there is no terminal'
grep -q '^ *[0-9]  *3  a / b  *1\.0000' out.txt && grep -q 'How to read it' out.txt && [ "$(tail -n 1 out.txt | cut -c1-10)" != '' ]
say $? 'the front holds the truth and says how to read it'
grep -q '"formula": "a / b", .*"factors": \["a", "b"\], "constants": \[\], .*"unit": "kg/m"' new/front.json
say $? 'front.json names factors and unit'
"$SHIHYO" show new >show.txt && grep -q '^ *[0-9]  *3  a / b  *1\.0000' show.txt && grep -q optimistic show.txt
say $? 'show prints the same front'
"$SHIHYO" show new --complexity 1 >show.txt && [ "$(grep -c '^ *1  ' show.txt)" = 3 ]
say $? 'show prints the formulas of a complexity'
"$SHIHYO" show new --complexity 9 2>err.txt
[ $? -eq 2 ] && grep -q 'no complexity 9' err.txt
say $? 'show refuses a complexity that was not searched'

# Reads the configuration in force out of run.json; a search by it gives the same front.
if python3 -c 'import json' 2>/dev/null; then
    python3 -c 'import json; print(json.load(open("new/run.json"))["configuration"], end="")' >effective.yaml
    on_two_ranks search effective.yaml -o again/ && statuses 0 && cmp -s new/front.json again/front.json
    say $? 'the configuration in run.json repeats the search'
fi

cksum new/* >before.txt
on_two_ranks search run.yaml -o new
statuses 2 && grep -q -- '--overwrite' err.txt && cksum new/* | cmp -s - before.txt
say $? 'results are not overwritten unasked'
on_two_ranks search run.yaml --set grammar.max_complexity=2 -o new --overwrite
statuses 0 && [ "$(ls -A new | wc -l)" = 5 ] && ! cksum new/* | cmp -s - before.txt
say $? 'results are overwritten when asked'
on_two_ranks search run.yaml -o new --overwrite --quiet
statuses 0 && [ ! -s out.txt ] && [ ! -s err.txt ]
say $? '--quiet prints nothing'
rm -rf new again

# ---- directories that cannot take results -------------------------------------------------------------------------------------

refused 3 'table.csv' 'a file in the place of the output directory' search run.yaml -o table.csv
refused 3 'table.csv/new' 'an output directory below a file' search run.yaml -o table.csv/new
if [ -d /proc/self ]; then
    refused 3 '/proc/new' 'an output directory where nothing can be made' search run.yaml -o /proc/new
fi
if [ "$(id -u)" != 0 ]; then
    mkdir locked && chmod a-w locked
    refused 3 'locked' 'an output directory without the right to write' search run.yaml -o locked
    chmod u+w locked
fi

# A limit on the size of files stands for a full disk. 8 blocks of 512 or 1024 bytes let the first probe pass.
# shellcheck disable=SC2086 # MPIRUN is several words
timeout -k 10 60 $MPIRUN -n 2 sh -c 'trap "" XFSZ; ulimit -f 8; exec "$@"' rank "$SHIHYO" search run.yaml -o new >out.txt 2>err.txt
[ $? -eq 3 ] && grep -q '^shihyo: new/results.h5: cannot be written' err.txt && [ ! -e new/run.json ]
say $? 'a disk that fills up leaves no partial output'

# ---- on a terminal -------------------------------------------------------------------------------------------------------------

if script -qec true /dev/null >/dev/null 2>&1; then
    TERM=xterm script -qec "$SHIHYO search run.yaml -o new --set grammar.max_complexity=5" /dev/null </dev/null >terminal.txt 2>&1
    [ $? -eq 0 ] && ! tr '\r' '\n' <terminal.txt | grep -q '% done after'
    say $? 'no log lines on a terminal'
    rm -rf new
fi
