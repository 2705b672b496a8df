#!/bin/sh
# Missing values that are filled give the front of a table that awk and sort have filled, byte for byte, on any number of ranks and row
# blocks; indicators, plausible ranges and limits as well; what was filled is said. Imputations are the same, too, and pooled as R does.
# shellcheck disable=SC2016,SC2086 # backquotes of names and the $ of R; MPIRUN is several words
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
validation: {level: none}
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
libraries=$("$SHIHYO" search raw.yaml --plan 2>/dev/null | sed -n 's/^memory per rank .*, \([0-9]*\) MiB of it for the libraries$/\1/p')
budget() { # budget MIB: parallel.memory with which so much is left beside what libraries take
    echo "parallel.memory=$((${libraries:-64} + $1))MiB"
}
for setting in '2' '3' '2 parallel.row_blocks=2' '3 parallel.row_blocks=3' "2 $(budget 24)"; do
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

# R's medians and quantiles of type 7: the same formulas, and the same r2 but for its last digits.
if command -v Rscript >/dev/null 2>&1; then
    Rscript -e 'd <- read.csv("raw.csv"); here <- !is.na(d$y); d$bili[which(d$bili > 100)] <- NA
        for (name in c("age", "bili", "crea")) {
            x <- d[[name]][here]; q <- quantile(x, c(0.03, 0.97), type = 7, na.rm = TRUE)
            v <- ifelse(is.na(d[[name]]), median(x, na.rm = TRUE), d[[name]]); d[[name]] <- sprintf("%.17g", pmin(pmax(v, q[1]), q[2]))
        }
        write.csv(d[c("age", "bili", "crea", "y")], "limits.csv", row.names = FALSE, quote = FALSE)' && "$SHIHYO" import limits.csv -q -o limits.h5
    sed "s/filled.h5/limits.h5/" filled.yaml >limits.yaml
    search 1 limits grammar.constants=none && mv out limits && search 1 raw grammar.constants=none factors.winsorise=0.03 factors.categories=off && awk -F '\t' '
        NR == FNR { r2[$2] = $3; lines++; next }
        !($2 in r2) || (FNR > 1 && (r2[$2] - $3) ^ 2 > 1e-20) { bad = 1 }
        END { exit bad || FNR != lines || lines < 3 }' limits/front.tsv out/front.tsv
    say $? "limits are the quantiles of R, fills its medians"
else
    say 0 "skipped: limits against R (there is no Rscript)"
fi

# ---- multiple imputation -----------------------------------------------------------------------------------------------------------

search 1 raw missing.method=multiple search.terms=2 && mv out multiple && search 1 raw search.terms=2 && cmp -s out/front.tsv multiple/front.tsv &&
    ! grep -q '"imputed"' out/front.json && grep -q '"imputed"' multiple/front.json
say $? "multiple searches as median does, and then imputes for the front"
for setting in '2' '3' '2 parallel.row_blocks=2' "3 parallel.row_blocks=3 $(budget 200)"; do
    set -- $setting
    n=$1
    shift
    search "$n" raw missing.method=multiple search.terms=2 "$@" && cmp -s out/front.json multiple/front.json
    say $? "imputed alike on $n ranks${1:+, }$*"
done
"$SHIHYO" show multiple >shown.txt && grep -Fq 'With missing values imputed (20 data sets' shown.txt && grep -Eq '^  bili: bili outside \.\.100 counts as missing; where bili is missing it counts as ' shown.txt
say $? "show says what imputation makes of the front, and how its factors come from their columns"
search 1 raw missing.method=multiple seed=99 && grep -o '"df": [^,]*' out/front.json >a.txt && search 1 raw missing.method=multiple seed=99 missing.sets=30 missing.sweeps=3 &&
    grep -q '"sets": 30' out/front.json && ! grep -o '"df": [^,]*' out/front.json | cmp -s - a.txt
say $? "missing.sets and missing.sweeps say how many"
if command -v Rscript >/dev/null 2>&1; then
    cat >pool.R <<'END'
text <- paste(readLines("multiple/front.json"), collapse = " ")
blocks <- strsplit(text, '"imputed":')[[1]][-1]
get <- function(block, key) {
    found <- regmatches(block, gregexpr(sprintf('"%s": *[-+0-9.e]+', key), block))[[1]]
    as.numeric(sub('.*: *', '', found))
}
lists <- function(block, key) {
    found <- regmatches(block, gregexpr(sprintf('"%s": *\\[[^]]*\\]', key), block))[[1]]
    lapply(found, function(f) as.numeric(strsplit(gsub('.*\\[|\\]', '', f), ',')[[1]]))
}
n <- 784; worst <- 0; terms <- 0
for (block in blocks) {
    q <- lists(block, "coefficients"); e <- lists(block, "errors")
    for (k in seq_along(q)) {
        m <- length(q[[k]]); b <- var(q[[k]]); u <- mean(e[[k]]^2); t <- u + (1 + 1 / m) * b; lambda <- (1 + 1 / m) * b / t
        full <- n - length(q) - 1; old <- (m - 1) / lambda^2; obs <- (full + 1) / (full + 3) * full * (1 - lambda); df <- old * obs / (old + obs)
        r <- (1 + 1 / m) * b / u
        mine <- c(mean(q[[k]]), sqrt(t), u, b, df, (r + 2 / (df + 3)) / (r + 1))
        theirs <- sapply(c("coefficient", "error", "within", "between"), function(key) get(block, key)[k])
        theirs <- c(theirs, rev(rev(get(block, "df"))[seq_along(q)])[k], rev(rev(get(block, "fmi"))[seq_along(q)])[k])
        worst <- max(worst, abs(mine - theirs) / abs(mine)); terms <- terms + 1
    }
}
cat(if (terms > 5 && worst < 1e-10) "ok" else "not ok", "- R pools the sets alike\n")
if (!(terms > 5 && worst < 1e-10)) cat("#", terms, "terms, worst", worst, "\n")
END
    Rscript pool.R 2>&1 || say 1 'the comparison comes to its end'
else
    say 0 "skipped: pooling against R (there is no Rscript)"
fi

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
refused 'missing.sets is "1"' missing.sets=1
refused 'missing.method is "medium"' missing.method=medium
