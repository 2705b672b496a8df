#!/bin/sh
# Missing values that are filled give the front of a table that awk and sort have filled, byte for byte, on any number of ranks and row
# blocks; indicators, plausible ranges and limits as well; what was filled is said.
# shellcheck disable=SC2086 # MPIRUN is several words
set -u
: "${SHIHYO:=shihyo}" "${MPIRUN:=mpirun}"

say() { # say STATUS TEXT
    if [ "$1" -eq 0 ]; then printf 'ok - %s\n' "$2"; else printf 'not ok - %s\n' "$2"; fi
}

search() { # search RANKS NAME KEY=VALUE ...: NAME.yaml into out/
    ranks=$1 name=$2
    shift 2
    for assignment in "$@"; do
        shift
        set -- "$@" --set "$assignment"
    done
    rm -rf out
    timeout -k 10 120 $MPIRUN -n "$ranks" "$SHIHYO" search "$name.yaml" -o out "$@" >out.txt 2>err.txt </dev/null
}
notes() { grep '^shihyo: note: ' err.txt; }

# ---- the table -------------------------------------------------------------------------------------------------------------------

# bili has implausible values, lab is missing more often than not, site is a category with gaps. y has gaps, too.
awk 'BEGIN {
    srand(3)
    print "age,bili,crea,lab,site,y"
    for (i = 0; i < 800; i++) {
        age = 20 + int(60 * rand()); bili = exp(3 * rand()); crea = 0.5 + 2 * rand()
        site = rand() < 0.5 ? "north" : rand() < 0.5 ? "south" : "west"
        y = age * crea + 3 * bili + (i % 6 == 1) * 60 + (site == "west") * 15 + 5 * rand()
        printf "%d,%s,%s,%s,%s,%s\n", age, i % 100 == 9 ? 990 : i % 6 == 1 ? "NA" : sprintf("%.4f", bili), i % 9 == 4 ? "NA" : sprintf("%.4f", crea),
            i % 10 < 6 ? "NA" : sprintf("%.3f", rand()), i % 15 == 8 ? "NA" : site, i % 50 == 20 ? "NA" : sprintf("%.4f", y)
    }
}' >raw.csv

# Median of a column (field $1) of the rows with an outcome, of values up to $2.
median() {
    awk -F, -v f="$1" -v most="$2" 'NR > 1 && $6 != "NA" && $f != "NA" && $f <= most { print $f }' raw.csv | sort -g |
        awk '{ v[NR] = $1 } END { printf "%.17g\n", NR % 2 ? v[(NR + 1) / 2] : v[NR / 2] + (v[NR / 2 + 1] - v[NR / 2]) / 2 }'
}
bili=$(median 2 100) crea=$(median 3 100) lab=$(median 4 100)

# What the factors should be: filled, and the same with indicators.
awk -F, -v OFS=, -v bili="$bili" -v crea="$crea" -v lab="$lab" '
    NR == 1 { print "age,bili,crea,site == north,site == south,site == west,y" >"filled.csv"
              print "age,bili,missing(bili),crea,missing(crea),lab,missing(lab),y" >"indicator.csv"; next }
    { b = $2 == "NA" || $2 > 100; c = $3 == "NA"; l = $4 == "NA"; s = $5 == "NA" ? "north" : $5
      print $1, b ? bili : $2, c ? crea : $3, s == "north", s == "south", s == "west", $6 >"filled.csv"
      print $1, b ? bili : $2, b, c ? crea : $3, c, l ? lab : $4, l, $6 >"indicator.csv" }' raw.csv
for name in raw filled indicator; do "$SHIHYO" import "$name.csv" -q -o "$name.h5" || say 1 "$name.csv is imported"; done
cat >raw.yaml <<'END'
cohort: raw.h5
outcome: {column: y}
factors: {max: 3, range: [bili in ..100]}
grammar: {max_complexity: 5}
missing: {method: median}
search: {keep: 30}
END
for name in filled indicator; do sed "s/raw.h5/$name.h5/; s/, range: .*/}/; /missing/d" raw.yaml >"$name.yaml"; done

# ---- fills -----------------------------------------------------------------------------------------------------------------------

search 1 filled && mv out filled && search 1 raw && cmp -s out/front.tsv filled/front.tsv
say $? "medians and the most frequent level are those of sort and awk"
mv out raw
notes | grep -Eq '^shihyo: note: [0-9]+ missing values of 3 columns are filled with the column.s median or most frequent level: bili \([0-9]+\), crea \([0-9]+\) and site' &&
    notes | grep -Fq 'The factor lab is missing in more than 0.5 of the samples (missing.most) and is left out.' &&
    notes | grep -Fq '8 values of bili outside ..100 are treated as missing.' &&
    notes | grep -Fq 'All 784 samples with the outcome are in use, with 6 factors.'
say $? "what was filled, left out or implausible is said"
for setting in '2' '3' '2 parallel.row_blocks=2' '3 parallel.row_blocks=3' '2 parallel.memory=24MiB'; do
    set -- $setting
    n=$1
    shift
    search "$n" raw "$@" && cmp -s out/front.json raw/front.json && cmp -s out/front.tsv raw/front.tsv
    say $? "the same on $n ranks${1:+, }$*"
done

search 1 indicator && mv out indicator && search 1 raw missing.method=indicator factors.categories=off && cmp -s out/front.tsv indicator/front.tsv
say $? "indicators are factors of 0 and 1, and of the method indicator no column is too empty"
grep -Fq '`missing(bili)`' indicator/front.tsv
say $? "an indicator stands in a formula by its name: \`missing(bili)\`"
search 2 raw missing.method=indicator factors.categories=off parallel.row_blocks=2 && cmp -s out/front.tsv indicator/front.tsv
say $? "the same in two row blocks"
search 1 raw missing.method=complete missing.indicator='[bili]' missing.median='[c*, lab]' missing.most=1 factors.categories=off &&
    notes | grep -Fq 'missing values of 3 columns' && notes | grep -Fq 'All 784 samples with the outcome are in use, with 5 factors.'
say $? "columns may have methods of their own"
search 1 raw missing.method=complete && notes | grep -Eq 'of 784 samples are complete, .* lab alone removes'
say $? "missing.method: complete leaves samples out, as ever"
search 1 raw factors.winsorise=0.01 && notes | grep -Fq 'Values of 3 factors beyond the quantiles 0.01 and 0.99 are set to these.' && ! cmp -s out/front.tsv raw/front.tsv
say $? "factors.winsorise sets limits, and says so"

# ---- refusals --------------------------------------------------------------------------------------------------------------------

refused() { # refused WORDS KEY=VALUE ...
    words=$1
    shift
    search 2 raw "$@"
    [ $? -eq 2 ] && grep -Fq -- "$words" err.txt && [ ! -e out ]
    say $? "refused: $words"
}
refused 'factors.range: column "billi" is not a column of raw.h5; did you mean "bili"?' 'factors.range=[billi in 1..2]'
refused '"bili 1..2" is not a range' 'factors.range=[bili 1..2]'
refused 'missing.median: column "craa" is not a column of raw.h5; did you mean "crea"?' 'missing.median=[craa]'
refused 'missing.indicator: column "crea" is also in missing.median' 'missing.median=[crea]' 'missing.indicator=[crea]'
refused 'missing.method is "medium"' missing.method=medium
