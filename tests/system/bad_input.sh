#!/bin/sh
# Bad input as a user meets it, on two ranks: one message that says what is wrong, where, and what to do; the same exit status
# on every rank, in time; and not a byte on the disk that was not there before.
# shellcheck disable=SC2012,SC2016,SC2059,SC2086 # the inner shell expands; MPIRUN is several words
set -u
: "${SHIHYO:=shihyo}" "${MPIRUN:=mpirun}"

say() { # say STATUS TEXT
    if [ "$1" -eq 0 ]; then printf 'ok - %s\n' "$2"; else printf 'not ok - %s\n' "$2"; fi
}

skip() { printf 'ok - skipped: %s\n' "$1"; }

# What is said and with which status goes to $log, so that the directory of the test holds nothing but its input.
log=$PWD/log
mkdir -p log stage
cd stage || exit 1
with=  # a command in front of mpirun
limit= # a command of each rank's shell

on_two_ranks() {
    rm -f "$log"/status.*
    export log
    $with timeout -k 10 60 $MPIRUN -n 2 \
        sh -c "$limit"' "$@"; echo $? >"$log/status.${OMPI_COMM_WORLD_RANK:-${PMI_RANK:-0}}"' rank "$SHIHYO" "$@" \
        >"$log/out.txt" 2>"$log/err.txt" </dev/null
}

statuses() { # statuses EXPECTED: of both ranks
    [ "$(cat "$log/status.0" "$log/status.1" 2>/dev/null | tr '\n' ' ')" = "$1 $1 " ]
}

# Every name, kind and content below this directory and in the directories that the test was told to watch.
watched=
contents() { find . $watched \( -type f -exec cksum {} + \) -o -print | sort; }

# The message of a failure: what is neither a note nor a word of mpirun. HDF5, MPI and PETSc have nothing to add to it.
# A disk that is full says so of the log of events, too.
complaints() { grep '^shihyo: ' "$log/err.txt" | grep -v -e '^shihyo: note: ' -e '^shihyo: warning: events.jsonl cannot be written: '; }
others_silent() { ! grep -Eqi 'HDF5-DIAG|PETSC ERROR|MPI_ABORT|MPI_ERR|segmentation|sanitizer|signal' "$log/err.txt" "$log/out.txt"; }

# refused STATUS WHAT WORDS ARGUMENT ...: both ranks end with STATUS and one message that holds every line of WORDS, and nothing
# on the disk has changed.
refused() {
    expected=$1 what=$2 words=$3
    shift 3
    contents >"$log/before.txt"
    on_two_ranks "$@"
    failure=
    statuses "$expected" || failure="statuses $(cat "$log"/status.* 2>/dev/null | tr '\n' ' ')instead of $expected on both ranks"
    contents | cmp -s "$log/before.txt" - || failure="${failure:+$failure; }something changed on the disk"
    [ "$(complaints | wc -l)" -eq 1 ] || failure="${failure:+$failure; }not exactly one message"
    complaints | grep -Eq '[.?]$|`$|\.h5$' || failure="${failure:+$failure; }the message is no sentence"
    others_silent || failure="${failure:+$failure; }a library speaks"
    printf '%s\n' "$words" >"$log/words.txt"
    while read -r word; do
        complaints | grep -qF -- "$word" || failure="${failure:+$failure; }the message lacks: $word"
    done <"$log/words.txt"
    if [ -n "$failure" ]; then
        echo "# shihyo $*: $failure"
        sed 's/^/# /' "$log/err.txt"
        contents | diff "$log/before.txt" - | sed 's/^/# /'
    fi
    [ -z "$failure" ]
    say $? "$what"
    rm -rf new deep
}

# accepted WHAT NOTE ARGUMENT ...: both ranks end well, one of them having said NOTE, and the results are there
accepted() {
    what=$1 note=$2
    shift 2
    on_two_ranks "$@"
    statuses 0 && grep -qF -- "$note" "$log/err.txt" && [ "$(ls -A new | tr '\n' ' ')" = 'events.jsonl front.json front.tsv results.h5 run.json suppressed.json ' ] &&
        others_silent
    verdict=$?
    [ "$verdict" -eq 0 ] || sed 's/^/# /' "$log/err.txt"
    say "$verdict" "$what"
    rm -rf new
}

# As root every file may be read and written, unless the right to do so is given up.
may_not='setpriv --bounding-set=-dac_override,-dac_read_search --inh-caps=-dac_override,-dac_read_search'
touch "$log/locked" && chmod 000 "$log/locked"
if ! cat "$log/locked" >/dev/null 2>&1; then
    may_not=
    permissions=yes
elif $may_not true 2>/dev/null && ! $may_not cat "$log/locked" >/dev/null 2>&1; then
    permissions=yes
else
    permissions=
fi

# ---- one cohort for all that goes wrong later -------------------------------------------------------------------------------

awk 'BEGIN {
    srand(3)
    print "id,a [kg],b [m],c,flat,none,few,three,case,one,two,y,vast"
    for (i = 1; i <= 60; i++) {
        a = 50 + 40 * rand(); b = 1.5 + 0.5 * rand()
        printf "p%d,%.3f,%.4f,%.4f,5,,%s,%s,%s,no,%d,%.9g,%ge200\n", i, a, b, rand(), i <= 8 ? rand() : "",
            i % 3 == 0 ? "low" : i % 3 == 1 ? "mid" : "high", rand() < 0.5 ? "yes" : "no", i % 3, a / b, rand()
    }
}' >table.csv
"$SHIHYO" import table.csv -q -o cohort.h5
say $? 'the table is imported'
cat >run.yaml <<'END'
cohort: cohort.h5
validation: {level: none}
outcome: {column: y}
factors: {include: [a, b, c]}
grammar: {max_complexity: 3}
search: {keep: 20}
END
accepted 'the search that all others are made from succeeds' 'All 60 samples are complete' search run.yaml -o new

refused_search() { # refused_search STATUS WHAT WORDS KEY=VALUE ...
    status=$1 what=$2 words=$3
    shift 3
    for assignment in "$@"; do
        shift
        set -- "$@" --set "$assignment"
    done
    refused "$status" "$what" "$words" search run.yaml -o new "$@"
}

# ---- files ------------------------------------------------------------------------------------------------------------------

refused 3 'import: a table that is missing' 'absent.csv: cannot be opened' import absent.csv -o new.h5
refused 3 'search: a configuration that is missing' 'absent.yaml: cannot be read' search absent.yaml -o new
refused_search 3 'search: a cohort that is missing' 'absent.h5: cannot be opened' cohort=absent.h5
refused 3 'inspect: a cohort that is missing' 'absent.h5: cannot be opened' inspect absent.h5
refused 3 'show: results that are missing' 'absent' show absent
ln -s circle circle
refused_search 3 'search: a cohort that cannot be read' 'circle: cannot be opened' cohort=circle
refused 3 'import: a table that cannot be read' 'circle: cannot be opened' import circle -o new.h5
mkdir directory
refused_search 2 'search: a directory for a cohort' 'directory: is not a regular file' cohort=directory
if [ -n "$permissions" ]; then
    cp table.csv secret.csv && cp cohort.h5 secret.h5 && cp run.yaml secret.yaml && chmod 000 secret.*
    with=$may_not
    refused_search 3 'search: a cohort without the right to read it' 'secret.h5: cannot be opened: Permission denied' cohort=secret.h5
    refused 3 'import: a table without the right to read it' 'secret.csv: cannot be opened: Permission denied' \
        import secret.csv -o new.h5
    refused 3 'search: a configuration without the right to read it' 'secret.yaml: cannot be read: Permission denied' \
        search secret.yaml -o new
    with=
    rm -f secret.*
else
    skip 'files that may not be read: every file may be read here'
fi

# ---- cohorts that are none or damaged -----------------------------------------------------------------------------------------

refused_search 2 'search: a table instead of a cohort' 'table.csv: is not an HDF5 file
shihyo import' cohort=table.csv
printf '\211HDF\r\n\032\nforeign' >foreign.h5
refused_search 2 'search: a foreign HDF5 file' 'foreign.h5: is an HDF5 file but not a cohort
shihyo import' cohort=foreign.h5
: >empty.h5
refused_search 2 'search: an empty file' 'empty.h5: is empty' cohort=empty.h5
bytes=$(wc -c <cohort.h5)
for kept in 100 512 $((bytes / 2)) $((bytes - 1)); do
    head -c "$kept" cohort.h5 >cut.h5
    refused_search 2 "search: a cohort truncated to $kept of its bytes" 'cut.h5: is truncated
import again' cohort=cut.h5
done
{ cat cohort.h5; echo; } >longer.h5
refused_search 2 'search: a cohort with a byte too many' 'longer.h5: is a damaged cohort' cohort=longer.h5

# flipped OFFSET: damaged.h5 is the cohort with all bits of one byte inverted
flipped() {
    byte=$(od -An -tu1 -j "$1" -N 1 cohort.h5)
    { head -c "$1" cohort.h5; printf "\\$(printf %o $((255 - byte)))"; tail -c +$(($1 + 2)) cohort.h5; } >damaged.h5
    [ "$(wc -c <damaged.h5)" -eq "$bytes" ] && ! cmp -s damaged.h5 cohort.h5
}

# In the seal of 512 bytes, in the first bytes of HDF5 behind it, and spread over metadata and data.
offsets="0 5 30 300 512 520 600 $((bytes / 7)) $((bytes / 3)) $((bytes / 2)) $((bytes * 3 / 4)) $((bytes - 1))"
for offset in $offsets; do
    flipped "$offset"
    say $? "byte $offset is damaged"
    case $offset in 0 | 5) words=damaged.h5 ;; *) words='damaged.h5: is 
mport again' ;; esac
    refused_search 2 "search: a cohort with byte $offset damaged" "$words" cohort=damaged.h5
done

# ---- tables -------------------------------------------------------------------------------------------------------------------

# refused_table WHAT WORDS CONTENTS [ARGUMENT ...]
refused_table() {
    what=$1 words=$2
    printf '%b' "$3" >bad.csv
    shift 3
    refused 2 "import: $what" "$words" import bad.csv "$@" -o new.h5
}
refused_table 'a ragged row, too short' 'bad.csv, row 2 (line 3)
1 fields
2' 'a,b\n1,2\n3\n4,5\n'
refused_table 'a ragged row, too long' 'bad.csv, row 1 (line 2)
3 fields' 'a,b\n1,2,9\n3,4\n'
refused_table 'a text in a numeric column' "bad.csv, row 2 (line 3), column b
'high' is not a number" 'a,b\n1,2\n3,high\n4,5\n'
refused_table 'a number with a unit behind it' "row 3 (line 4), column b
'5 mg' is not a number" 'a,b\n1,2\n3,4\n4,5 mg\n'
printf 'columns:\n  - {name: b, kind: numeric}\n' >numeric.yaml
refused_table 'a text in a column that the schema makes numeric' "row 1 (line 2), column b
'x'" 'a,b\n1,x\n2,y\n3,x\n' --schema numeric.yaml
refused_table 'duplicate column names' 'bad.csv
columns 1 and 3
named a' 'a,b,a\n1,2,3\n'
printf 'columns:\n  - {name: id, kind: identifier}\n' >identifier.yaml
refused_table 'duplicate identifiers' "bad.csv, row 3 (line 4), column id
'p1'
row 1" 'id,b\np1,2\np2,3\np1,4\n' --schema identifier.yaml
printf 'id,x\np1,1\np2,2\np2,3\n' >other.csv
refused 2 'import: duplicate identifiers in a table to join' "other.csv, row 3 (line 4), column id
'p2'
row 2" import table.csv other.csv --join id -o new.h5
for infinite in Inf -inf Infinity +INF 1e999; do
    refused_table "the infinite value $infinite" "row 2 (line 3), column b
'$infinite'" "a,b\n1,2\n3,$infinite\n4,5\n"
done
awk -F, -v OFS=, 'NR == 7 { $12 = "inf" } { print }' table.csv >outcome.csv
refused 2 'import: an infinite value of what would be the outcome' 'outcome.csv, row 6 (line 7), column y' import outcome.csv -o new.h5
awk -F, -v OFS=, 'NR == 9 { $2 = "-1e400" } { print }' table.csv >factor.csv
refused 2 'import: an infinite value of what would be a factor' "factor.csv, row 8 (line 9), column a
'-1e400'" import factor.csv -o new.h5

# ---- outcome, factors, samples ---------------------------------------------------------------------------------------------------

refused_search 2 'search: an unknown outcome' 'outcome "yy" is not a column of cohort.h5
did you mean "y"' outcome.column=yy
refused_search 2 'search: an unknown factor' 'factor "bb" is not a column of cohort.h5
did you mean "b"' 'factors.include=[a, bb]'
refused_search 2 'search: an unknown factor to exclude' '"threee"
cohort.h5
did you mean "three"' 'factors.exclude=[threee]'
refused_search 2 'search: a pattern that no column has' '"q*"
cohort.h5' 'factors.include=[q*]'
refused_search 2 'search: a constant outcome' 'outcome "flat"
constant
it is 5
another outcome' outcome.column=flat
refused_search 2 'search: a constant binary outcome' 'outcome "one"
constant
it is no
cohort.h5
another outcome' outcome.column=one outcome.kind=binary
refused_search 2 'search: an outcome without any value' 'outcome "none" has no value
cohort.h5
another outcome' outcome.column=none
refused_search 2 'search: an outcome without any value among the rows kept' 'outcome "few" has no value
cohort.h5
samples.where' outcome.column=few 'samples.where=few is missing'
refused_search 2 'search: an unknown level of validation' 'validation.level is "all"
one of full, nested, none' validation.level=all
refused_search 2 'search: cross-validation with one part' 'run.yaml: validation.folds is 1
2 or more, or 0' validation.folds=1
refused_search 2 'search: permutations that are no number' 'permutations is "many"
auto or an integer from 0 to 100000' permutations=many
refused_search 2 'search: one risk group' 'groups.count is "1"
one of 0, 2, 3' groups.count=1
refused_search 2 'search: a baseline that is neither a formula nor a column' 'compare
needs a formula or a column' 'compare=[a / b, {name: x}]'
refused_search 2 'search: a member that baselines do not have' 'compare
"formla" is not known
Did you mean formula?' 'compare=[{name: x, formla: a / b}]'
refused_search 2 'search: more baselines than there is room for' 'compare has 33 items; it takes at most 32' \
    "compare=[a$(printf ', a%.0s' $(seq 32))]"
accepted 'search: a binary outcome that is taken for a number is noted' 'outcome.kind: binary would fit the odds of yes' \
    search run.yaml --set outcome.column=case -o new
accepted 'search: a constant factor is left out, and that is said' 'The factor flat is constant and is left out.' \
    search run.yaml --set 'factors.include=[a, b, flat]' -o new
accepted 'search: a factor without any value is left out, and that is said' 'The factor none has no value' \
    search run.yaml --set 'factors.include=[a, b, none]' -o new
accepted 'search: a factor too large to compute with is left out, and that is said' 'The factor vast has values beyond 1e150' \
    search run.yaml --set 'factors.include=[a, b, vast]' -o new
refused_search 2 'search: nothing but constant factors' 'no factor is left
constant
factors.include' 'factors.include=[flat]'
refused_search 2 'search: a binary outcome with three values' 'outcome "three" has more than two values
high
low
mid
samples.where' outcome.column=three outcome.kind=binary
refused_search 2 'search: a binary outcome with three numbers' 'outcome "two" has more than two values (0, 1, 2' \
    outcome.column=two outcome.kind=binary
refused_search 2 'search: a positive value that the outcome has not' 'outcome.positive is "maybe"
"no" and "yes"' outcome.column=case outcome.kind=binary outcome.positive=maybe
refused_search 2 'search: a text for a continuous outcome' 'outcome "three"
categorical' outcome.column=three
refused_search 2 'search: fewer than 10 samples have the outcome' 'only 8 samples
"few"
at least 10' outcome.column=few
refused_search 2 'search: fewer than 10 samples are complete' 'only 8 of 60 samples
Factor "few" alone is missing in 52
factors.exclude' 'factors.include=[a, b, few]'
refused_search 2 'search: fewer than 10 samples pass the filter' 'samples
at least 10
samples.where' 'samples.where=a > 85'
refused_search 2 'search: no sample passes the filter' 'samples.where keeps none of the 60 rows' 'samples.where=a > 8500'
refused_search 2 'search: a filter on an unknown column' 'aa
did you mean a' 'samples.where=aa > 3'

# ---- what an outcome is made of ------------------------------------------------------------------------------------------------

# Times, events and the like as they should be, and each once with a mistake in row 7.
awk 'BEGIN {
    srand(5)
    print "id,a,b,days [d],died,state,cause,enrolled,late,wrong,early,weight,debt,nothing,years,visits,less,half,degree,many,never,site,quiet,gap,twice,pair,bmi"
    for (i = 1; i <= 60; i++) {
        bad = i == 7; days = 30 + int(900 * rand()); died = i % 3 == 0; a = int(10000 * rand()) / 10000
        printf "p%d,%.4f,%.4f,%d,%d,%d,%s,%d,%d,%s,%d,%.1f,%.1f,0,%.2f,%d,%d,%s,%d,%d,0,%s,%s,%s,%.4f,%d,%s\n", i, a, rand(), days, died, i % 4,
            i % 3 ? "none" : i % 2 ? "heart" : "lung", int(days / 4), bad ? days : int(days / 4), bad ? 2 : died, bad ? -3 : days, i % 5 / 2, bad ? -1 : 1,
            bad ? 0 : 1 + rand(), i % 6, bad ? -1 : i % 6, bad ? "1.5" : i % 6, i % 4, i % 30, i % 2 ? "north" : "south",
            died ? "x" : i % 4 == 1 ? "y" : "x", i % 9 == 5 ? "" : i, 2 * a + 1, i / 3, 20 + 10 * rand()
    }
}' >survival.csv
"$SHIHYO" import survival.csv -q -o survival.h5
say $? 'the table of a survival study is imported'
cat >survival.yaml <<'END'
cohort: survival.h5
validation: {level: none}
outcome: {kind: survival, time: days, event: died}
factors: {include: [a, b]}
grammar: {max_complexity: 3}
search: {keep: 20}
END
accepted 'the survival search that others are made from succeeds' 'All 60 samples are complete' search survival.yaml -o new

refused_outcome() { # refused_outcome WHAT WORDS KEY=VALUE ...
    what=$1 words=$2
    shift 2
    for assignment in "$@"; do
        shift
        set -- "$@" --set "$assignment"
    done
    refused 2 "search: $what" "$words" search survival.yaml -o new "$@"
}

refused_outcome 'a time that is not above 0' 'follow-up time "early" is -3 in row 7 of survival.h5; times are greater than 0
samples.where' outcome.time=early
refused_outcome 'an event that is not 0 or 1' 'event "wrong" is 2 in row 7 of survival.h5
outcome.positive' outcome.event=wrong
refused_outcome 'no events' 'there are no events: "never" is not 1 in any of the 60 samples of survival.h5
outcome.event' outcome.event=never
refused_outcome 'an entry at the end of the follow-up' 'entry time "late"
row 7 of survival.h5
later' outcome.entry=late
refused_outcome 'a covariate with missing values' 'covariate "gap" is missing in 7 of 60 samples of survival.h5
"gap is present"
outcome.covariates_missing' 'outcome.covariates=[bmi, gap]'
refused_outcome 'more covariates than samples allow' 'covariates are too many for 11 samples
outcome.covariates' 'outcome.covariates=[bmi, site, years]' 'samples.where=pair < 4'
refused_outcome 'covariates of which none is left' 'no covariate is left to adjust for
outcome.covariates' 'outcome.covariates=[never]'
refused_outcome 'a horizon beyond follow-up' 'horizon 9y (3287.25 d) is beyond follow-up
"days"
outcome.horizons' 'outcome.horizons=[1y, 9y]'
refused_outcome 'a horizon in years of a time without unit' '"early" is not known
schema
unit: days' outcome.time=early 'outcome.horizons=[1y]' 'samples.where=early > 0'
refused_outcome 'a negative weight' 'case weight "debt" is -1 in row 7 of survival.h5
0 or greater' outcome.weight=debt
refused_outcome 'survival without a time' 'outcome.time is missing' outcome.time=
refused_outcome 'an unknown column of times' 'outcome.time "dayz" is not a column of survival.h5; did you mean "days"?' outcome.time=dayz
refused_outcome 'a key of another kind' 'outcome.exposure is only for kind count, and outcome.kind is survival' outcome.exposure=years
refused_outcome 'a time as a factor' '"days" is the follow-up time of the outcome
factors.include' 'factors.include=[a, days]'

refused_kind() { # refused_kind WHAT WORDS KIND COLUMN KEY=VALUE ...
    kind=$3 column=$4 what=$1 words=$2
    shift 4
    refused_outcome "$what" "$words" outcome.time= outcome.event= "outcome.kind=$kind" "outcome.column=$column" "$@"
}
refused_kind 'a negative count' 'outcome "less" is -1 in row 7 of survival.h5; counts are not negative' count less
refused_kind 'an exposure that is not above 0' 'exposure "years" is 0 in row 7 of survival.h5' count visits outcome.exposure=years
refused_kind 'too many levels' 'outcome "many" has 30 levels
at most 20' ordinal many
refused_kind 'sets without a case and a control' 'no matched set of "site" holds both a case and a control' matched died outcome.set=site \
    'samples.where=(site == north and died == 1) or (site == south and died == 0)'
accepted 'search: a stratum without events is noted' '1 of 2 strata has no event and is of no use: quiet == y.' \
    search survival.yaml --set 'outcome.strata=[quiet]' -o new
accepted 'search: a collinear covariate is left out, and that is said' 'Covariate "twice" is a combination of' \
    search survival.yaml --set 'factors.include=[b, bmi]' --set 'outcome.covariates=[a, twice]' -o new

# ---- grammar and plan ----------------------------------------------------------------------------------------------------------------

refused_search 2 'search: a grammar that allows nothing' 'the grammar allows no formula
grammar.max_complexity' grammar.complexity.factor=4
libraries=$("$SHIHYO" search run.yaml --plan 2>/dev/null | sed -n 's/^memory per rank .*, \([0-9]*\) MiB of it for the libraries$/\1/p')
budget=$((${libraries:-64} + 20))MiB
refused_search 4 'search: a plan that exceeds the memory' "MiB per rank
parallel.memory
${budget%MiB} MiB
search.keep" parallel.memory="$budget" search.keep=1000000 grammar.max_complexity=4
refused_search 4 'search: a plan that exceeds a tiny memory' 'parallel.memory
100 KiB' parallel.memory=100KiB
refused_search 4 'search: planning alone exceeds the memory' "parallel.memory
${budget%MiB} MiB
grammar.max_complexity" parallel.memory="$budget" grammar.max_complexity=31
refused 4 'search: the plan alone is refused as well' 'parallel.memory' search run.yaml --plan --set parallel.memory=100KiB

# ---- output directories -------------------------------------------------------------------------------------------------------------

refused 3 'search: a file in the place of the output directory' 'table.csv: is a file' search run.yaml -o table.csv
refused 3 'search: an output directory below a file' 'table.csv/new' search run.yaml -o table.csv/new
refused 2 'search: directories made for the output are gone after a failure' 'outcome "yy"' \
    search run.yaml --set outcome.column=yy -o deep/er/new/
mkdir deep
refused 2 'search: directories that were there stay' 'outcome "yy"' search run.yaml --set outcome.column=yy -o deep/er/new
if [ -n "$permissions" ]; then
    mkdir -p frozen && chmod 555 frozen
    with=$may_not
    refused 3 'search: an output directory without the right to write' 'frozen: cannot be written: Permission denied' \
        search run.yaml -o frozen
    refused 3 'search: an output directory below one without the right to write' 'frozen/new' search run.yaml -o frozen/new
    refused 3 'import: a directory without the right to write' 'frozen/new.h5: cannot be written: Permission denied' \
        import table.csv -o frozen/new.h5
    with=
    rmdir frozen
else
    skip 'directories that may not be written: every directory may be written here'
fi
if [ -d /proc/self ]; then
    refused 3 'search: an output directory where nobody can make one' '/proc/new' search run.yaml -o /proc/new
fi
refused 3 'import: a directory that is not there' 'nowhere/new.h5' import table.csv -o nowhere/new.h5
refused 3 'import: a cohort that is there already' 'cohort.h5: is already there
--overwrite' import table.csv -o cohort.h5

# Disks of different sizes fill up at different steps: at once, in the first file, in a later one. Without a disk of its own
# the test limits the size of files instead.
mkdir full
if mount -t tmpfs -o size=64k tmpfs full 2>/dev/null; then
    trap 'umount full' EXIT
    trap 'exit 1' INT TERM
    for free in 0 1 2 3 5; do # pages
        rm -rf full/*
        head -c $((65536 - 4096 * free)) /dev/zero >full/filling 2>/dev/null
        refused 3 "search: a disk with $free pages left" 'full/
No space left on device
-o' search run.yaml -o full/results
        refused 3 "search: a disk with $free pages left, in a directory that is there" 'full
No space left on device' search run.yaml -o full
    done
    refused 3 'import: a disk with 5 pages left' 'full/new.h5: cannot be written: No space left on device' import table.csv -o full/new.h5
    umount full
    trap - EXIT
else
    skip 'a full disk needs a file system of its own, which only root can mount'
fi
limit="trap '' XFSZ; ulimit -f 8;" # 8 blocks of 512 or 1024 bytes: more than what is tried out before the search
refused 3 'search: files that may not grow' 'new/results.h5: cannot be written' search run.yaml -o new
refused 3 'import: a file that may not grow' 'new.h5: cannot be written' import table.csv -o new.h5
limit=

# ---- results that are there ---------------------------------------------------------------------------------------------------------

on_two_ranks search run.yaml -o results
statuses 0
say $? 'results are written'
refused 2 'search: results are not overwritten unasked' 'results: holds results already
--overwrite
-o' search run.yaml --set seed=2 -o results
for file in results.h5 front.tsv front.json run.json; do
    mkdir part && cp "results/$file" part
    refused 2 "search: $file alone counts as results" "part: holds results already ($file)" search run.yaml -o part
    rm -r part
done
refused 2 'search: asked to overwrite, a search that fails leaves the results' 'outcome "yy"' \
    search run.yaml --set outcome.column=yy -o results --overwrite
cp results/front.json "$log/front.json"
on_two_ranks search run.yaml --set grammar.max_complexity=2 -o results --overwrite
statuses 0 && [ "$(ls -A results | wc -l)" -eq 6 ] && ! cmp -s results/front.json "$log/front.json"
say $? 'search: results are overwritten when asked'
