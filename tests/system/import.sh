#!/bin/sh
# Import and inspect as a user meets them: tables of every make become the same cohort, what is inferred is shown and can be
# saved, and whatever is wrong gets one message with its place, a status on every rank, and no file.
set -u
: "${SHIHYO:=shihyo}" "${MPIRUN:=mpirun}"

say() { # say STATUS TEXT
    if [ "$1" -eq 0 ]; then printf 'ok - %s\n' "$2"; else printf 'not ok - %s\n' "$2"; fi
}

skip() { printf 'ok - skipped: %s\n' "$1"; }

# quietly COMMAND ...: its status; out.txt and err.txt hold what it says
quietly() { "$@" >out.txt 2>err.txt </dev/null; }

# refused STATUS TEXT WHAT ARGUMENT ...: one process ends with STATUS and one message that holds TEXT, and leaves no file
refused() {
    expected=$1 text=$2 what=$3
    shift 3
    touch before.txt after.txt
    ls -A >before.txt
    quietly timeout -k 10 60 "$SHIHYO" "$@"
    status=$?
    ls -A >after.txt
    [ "$status" -eq "$expected" ] && [ "$(grep -c '^shihyo: ' err.txt)" = 1 ] && grep -qF -- "$text" err.txt &&
        cmp -s before.txt after.txt
    verdict=$?
    [ "$verdict" -eq 0 ] || { echo "# shihyo $*: status $status"; sed 's/^/# /' err.txt; }
    say "$verdict" "$what"
}

# refused_on_ranks STATUS TEXT WHAT ARGUMENT ...: the same for two ranks, both of which end with STATUS
refused_on_ranks() {
    expected=$1 text=$2 what=$3
    shift 3
    rm -f status.*
    # shellcheck disable=SC2016,SC2086 # MPIRUN is several words; the inner shell expands
    quietly timeout -k 10 60 $MPIRUN -n 2 sh -c '"$@"; echo $? >status.${OMPI_COMM_WORLD_RANK:-${PMI_RANK:-0}}' rank "$SHIHYO" "$@"
    [ "$(cat status.0 status.1 2>/dev/null | tr '\n' ' ')" = "$expected $expected " ] &&
        [ "$(grep -c '^shihyo: ' err.txt)" = 1 ] && grep -qF -- "$text" err.txt && [ ! -e new.h5 ]
    verdict=$?
    [ "$verdict" -eq 0 ] || { echo "# shihyo $*: $(cat status.* 2>/dev/null | tr '\n' ' ')"; sed 's/^/# /' err.txt; }
    say "$verdict" "$what"
}

columns_of() { # columns_of COHORT: what inspect says of the columns
    "$SHIHYO" inspect --all "$1" | sed '1,/^$/d'
}

# ---- one table, many makes ------------------------------------------------------------------------------------------------

cat >plain.csv <<'EOF'
pid,age [years],sex,"height [cm]",note,marker
p1,61,female,158.5,"said ""fine"", then left",-99
p2,47,male,NA,plain,0.75
p3,.,female,171,"two
lines",1e-3
p4,80,male,NaN,plain,12
p5,18,female,180.25,,-99.0
EOF
quietly "$SHIHYO" import plain.csv --missing -99 -o plain.h5
say $? 'a table becomes a cohort'
grep -q '^5 rows, ' out.txt && grep -Eq '^age +numeric +years +1 ' out.txt && grep -Eq '^marker +numeric .* 2 \(40%\)' out.txt &&
    grep -Eq '^sex +binary .* female, male \(40.0% male\)' out.txt && grep -Eq '^pid +identifier' out.txt
say $? 'what was inferred is printed: kinds, units, missing values, levels'
columns_of plain.h5 >plain.txt
[ "$(wc -l <plain.txt)" -gt 4 ]
say $? 'inspect prints the columns again'

same_as_plain() { # same_as_plain TABLE WHAT
    quietly "$SHIHYO" import "$1" --missing -99 -q -o other.h5 --overwrite && columns_of other.h5 | cmp -s - plain.txt
    say $? "$2"
}
sed 's/$/\r/' plain.csv | sed 's/two\r/two/' >crlf.csv
same_as_plain crlf.csv 'lines that end with CR LF make no difference'
{ printf '\357\273\277'; cat plain.csv; } >bom.csv
same_as_plain bom.csv 'a byte order mark makes no difference'
gzip -c plain.csv >packed.csv
same_as_plain packed.csv 'a table packed by gzip is known by its first bytes, not by its name'
printf 'pid\tage [years]\tsex\t"height [cm]"\tnote\tmarker\n' >plain.tsv
printf 'p1\t61\tfemale\t158.5\t"said ""fine"", then left"\t-99\np2\t47\tmale\tNA\tplain\t0.75\n' >>plain.tsv
printf 'p3\t.\tfemale\t171\t"two\nlines"\t1e-3\np4\t80\tmale\tNaN\tplain\t12\np5\t18\tfemale\t180.25\t\t-99.0\n' >>plain.tsv
same_as_plain plain.tsv 'tabs separate as well as commas'

# ---- schema ----------------------------------------------------------------------------------------------------------------

quietly "$SHIHYO" import plain.csv --missing -99 --save-schema saved.yaml -q -o a.h5 && [ -s saved.yaml ] && [ ! -s out.txt ] &&
    quietly "$SHIHYO" import plain.csv --schema saved.yaml -o b.h5 && columns_of b.h5 | cmp -s - plain.txt
say $? 'a saved schema, missing codes included, repeats the import'
printf 'columns:\n  - {name: sex, kind: categorical, modality: survey}\n  - {name: note, kind: skip}\n' >own.yaml
quietly "$SHIHYO" import plain.csv --schema own.yaml -o c.h5 && columns_of c.h5 >c.txt && grep -Eq '^sex +categorical .*survey' c.txt &&
    ! grep -q '^note' c.txt
say $? 'a schema decides kind and modality, and leaves columns out'
printf 'columns:\n  - {name: sex, knd: binary}\n' >bad.yaml
refused 2 'bad.yaml:2: there is no key knd; did you mean kind' 'a wrong key of a schema is named with its line' \
    import plain.csv --schema bad.yaml -o new.h5
printf 'columns:\n  - name: sex\n    kind: binery\n' >bad.yaml
refused 2 'bad.yaml:3: there is no kind binery; did you mean binary' 'a wrong value of a schema is named with its line' \
    import plain.csv --schema bad.yaml -o new.h5

# ---- several tables ----------------------------------------------------------------------------------------------------------

printf 'gene_a\tpid\tgene_b\n1.5\tp4\t2.5\n3.5\tp1\t4.5\n9\tp9\t9\n' >genes.tsv
quietly "$SHIHYO" import plain.csv genes.tsv --join pid --missing -99 -o joined.h5 &&
    grep -qF '2 of the 5 rows of plain.csv have a row in genes.tsv; for the other 3 its columns are missing' out.txt &&
    grep -qF '1 of genes.tsv stands only there and is left out' out.txt
say $? 'tables join on an identifier, and who matched is reported'
columns_of joined.h5 | grep -Eq '^gene_b .* 3 \(60%\) +2.5 to 4.5'
say $? 'a joined row stands with its person'
printf 'pid,g\np1,1\np1,2\n' >twice.csv
refused 2 "twice.csv, row 2 (line 3), column pid: 'p1' is already the identifier of row 1" 'a duplicate identifier is named' \
    import plain.csv twice.csv --join pid -o new.h5
printf 'pid,sex\np1,1\n' >clash.csv
refused 2 'plain.csv and clash.csv both have a column sex' 'a column that two tables have is named with both' \
    import plain.csv clash.csv --join pid -o new.h5
refused 2 'genes.tsv: has no column pdi to join on' 'a join column that a table lacks is named' \
    import genes.tsv plain.csv --join pdi -o new.h5
refused 64 '--join COLUMN' 'several tables need a join column' import plain.csv genes.tsv -o new.h5

# ---- bad input -----------------------------------------------------------------------------------------------------------------

refused_table() { # refused_table TEXT WHAT CONTENTS
    printf '%b' "$3" >bad.csv
    refused 2 "bad.csv$1" "$2" import bad.csv -o new.h5
}
refused_table ', row 2 (line 3): has 1 fields, and the heading has 2' 'a ragged row' 'a,b\n1,2\n3\n'
refused_table ", row 2 (line 3), column b: 'high' is not a number" 'a text in a numeric column' 'a,b\n1,2\n3,high\n4,5\n'
refused_table ', heading: columns 1 and 3 are both named a' 'duplicate column names' 'a,b,a\n1,2,3\n'
refused_table ", row 2 (line 3), column b: 'Inf' is an infinite value" 'an infinite value' 'a,b\n1,2\n3,Inf\n'
refused_table ': is empty' 'an empty file' ''
refused_table ': holds a heading and no row of data' 'a heading without rows' 'a,b\n'
refused_table ': is a binary file' 'a binary file' 'a,b\n1,\0000\n'
refused_table ', row 1 (line 2): a quote is opened here and not closed' 'an open quote' 'a,b\n"1,2\n'
refused 3 'absent.csv: cannot be opened: No such file' 'a missing table' import absent.csv -o new.h5
refused 3 'is not a regular file' 'a directory instead of a table' import . -o new.h5
refused 3 'nowhere/new.h5: cannot be written' 'an output directory that is not there' import plain.csv -o nowhere/new.h5
refused 3 'plain.h5: is already there. Add --overwrite' 'an output that is there' import plain.csv -o plain.h5
refused 2 'plain.csv: is one of the tables' 'an output that is the input' import plain.csv -o plain.csv --overwrite
refused 64 'There is no option --jion; did you mean --join?' 'an unknown option' import plain.csv --jion pid -o new.h5
refused 64 '--memory is "4k4"' 'a wrong size of memory' import plain.csv --memory 4k4 -o new.h5
refused 64 'import takes one or more tables' 'no table' import -o new.h5
refused 64 'inspect takes one cohort file' 'no cohort' inspect
if [ "$(id -u)" -eq 0 ]; then
    skip 'root may read and write what others may not'
else
    cp plain.csv secret.csv && chmod 000 secret.csv
    refused 3 'secret.csv: cannot be opened: Permission denied' 'a table that may not be read' import secret.csv -o new.h5
    mkdir -p locked && chmod 555 locked
    refused 3 'locked/new.h5: cannot be written: Permission denied' 'a directory that may not be written' import plain.csv -o locked/new.h5
fi

# A disk that is too small by more or less, so that different steps of the writing fail.
mkdir -p small
awk 'BEGIN { srand(1); print "a,b,c"; for (i = 0; i < 40000; i++) print rand() "," rand() "," rand() }' >large.csv
for size in 4k 1100k 1500k; do
    if mount -t tmpfs -o size=$size tmpfs small 2>/dev/null; then
        refused 3 'small/new.h5: cannot be written: No space left on device' "a full disk of $size" import large.csv -q -o small/new.h5
        [ -z "$(ls -A small)" ]
        say $? 'nothing is left on a full disk'
        umount small
    else
        skip 'a full disk needs a file system of its own, which only root can mount'
    fi
done

# ---- cohorts that are none, on two ranks -------------------------------------------------------------------------------------------

refused_on_ranks 3 'absent.h5: cannot be opened: No such file' 'a missing cohort' inspect absent.h5
refused_on_ranks 2 'plain.csv: is not an HDF5 file' 'a table instead of a cohort' inspect plain.csv
head -c 3000 plain.h5 >cut.h5
refused_on_ranks 2 'cut.h5: is truncated' 'a truncated cohort' inspect cut.h5
{ head -c 2500 plain.h5; printf 'damage'; tail -c +2507 plain.h5; } >damaged.h5
refused_on_ranks 2 'damaged.h5: is corrupted' 'a damaged cohort' inspect damaged.h5
printf '\211HDF\r\n\032\nforeign' >foreign.h5
refused_on_ranks 2 'foreign.h5: is an HDF5 file but not a cohort' 'a foreign HDF5 file' inspect foreign.h5
refused_on_ranks 2 'bad.csv, row 1 (line 2): a quote' 'a failed import ends on every rank' import bad.csv -o new.h5

# shellcheck disable=SC2086 # MPIRUN is several words
quietly timeout -k 10 60 $MPIRUN -n 2 "$SHIHYO" inspect --all plain.h5 && sed '1,/^$/d' out.txt | cmp -s - plain.txt
say $? 'two ranks inspect as one does, and one of them speaks'
for command in import inspect; do
    quietly "$SHIHYO" "$command" --help && grep -q '^example' out.txt && [ ! -s err.txt ]
    say $? "$command explains itself"
done
[ -z "$(find . -name '*.part-*')" ]
say $? 'no temporary file is left'
