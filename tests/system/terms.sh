#!/bin/sh
# search.terms: a planted sum of three formulas is found, with the coefficients and R² that R gives it; the same on any number of ranks and
# row blocks; limits of factors hold; the plan says what it costs.
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

# y = log(x1) + 2 x2/x3 − 0.5 x4² + noise, and high: y + more noise is above its middle. x5 … x7 have no bearing on it.
awk 'BEGIN {
    srand(4)
    print "y,high,x1,x2,x3,x4,x5,x6,x7"
    for (i = 0; i < 400; i++) {
        for (j = 1; j <= 7; j++) { s = 0; for (k = 0; k < 12; k++) s += rand(); x[j] = sprintf("%.6f", exp(0.5 * (s - 6))) }
        s = 0; for (k = 0; k < 12; k++) s += rand()
        y = log(x[1]) + 2 * x[2] / x[3] - 0.5 * x[4] * x[4]
        printf "%.6f,%s", y + 0.3 * (s - 6), (y + rand() > 1.9 ? "yes" : "no")
        for (j = 1; j <= 7; j++) printf ",%s", x[j]
        print ""
    }
}' >sum.csv
"$SHIHYO" import sum.csv -q -o sum.h5
cat >sum.yaml <<'END'
cohort: sum.h5
validation: {level: none}
outcome: {column: y}
factors: {include: ["x*"]}
grammar: {max_complexity: 5}
search: {keep: 50, terms: 3, terms_keep: 300}
END
sed 's/column: y/column: high, kind: binary/; s/max_complexity: 5/max_complexity: 3/' sum.yaml >high.yaml

# ---- what is found -----------------------------------------------------------------------------------------------------------------

for kind in sum high; do
    search 1 "$kind"
    say $? "$kind: sums of three are searched"
    mv out "$kind"
    for setting in '2' '3' '4 parallel.row_blocks=2' '3 parallel.row_blocks=3'; do
        # shellcheck disable=SC2086 # ranks and an assignment
        set -- $setting
        n=$1
        shift
        search "$n" "$kind" "$@" && cmp -s out/front.json "$kind/front.json" && cmp -s out/front.tsv "$kind/front.tsv"
        say $? "$kind: the same on $n ranks${1:+, }$*"
    done
done
cut -f 2 sum/front.tsv | sed 's/[0-9][0-9]*\.[0-9]*/C/g' | grep -Fqx 'x2 / x3 - C * square(x4) + C * log(x1)'
say $? 'the planted sum is on the front'
cut -f 2 high/front.tsv | sed 's/[0-9][0-9]*\.[0-9]*/C/g' | grep -Fqx 'x2 / x3 - C * x4'
say $? 'the main parts of it are found from yes and no'

# Few events are fitted with Firth's penalty: no reason to search or to keep no sums.
search 2 high 'samples.where=high == no or x5 > 2.2' search.terms=2
awk -F '\t' 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next } $1 > 3 && $at["verdict"] == "firth" { sums++ } END { exit !sums }' out/front.tsv
say $? "sums of formulas with few events are on the front: $(tail -n 1 out/front.tsv | cut -f 2)"

if command -v Rscript >/dev/null 2>&1; then
    cat >compare.R <<'END'
d <- read.csv("sum.csv")
front <- read.delim("sum/front.tsv")
d$square <- NULL
square <- function(x) x * x
inverse <- function(x) 1 / x
worst <- 0
for (i in seq_len(nrow(front))) {
    z <- eval(parse(text = front$formula[i]), d)
    fit <- lm(d$y ~ z)
    worst <- max(worst, abs(summary(fit)$r.squared - front$r2[i]), abs(coef(fit) / c(front$intercept[i], front$slope[i]) - 1))
}
at <- grep("^x2 / x3 - [0-9.]+ \\* square\\(x4\\) [+] [0-9.]+ \\* log\\(x1\\)$", front$formula)
best <- summary(lm(y ~ log(x1) + I(x2 / x3) + I(x4^2), d))$r.squared
cat(if (nrow(front) > 5 && worst < 1e-8) "ok" else "not ok", "- R computes the same R², intercept and slope from every formula of the front\n")
cat(if (length(at) == 1 && abs(front$r2[at] - best) < 1e-11) "ok" else "not ok", "- the coefficients are those of R's least squares\n")
END
    Rscript compare.R 2>&1 || say 1 'the comparison comes to its end'
else
    echo 'ok - skipped: comparison with R needs Rscript (Debian: r-base-core)'
fi

# ---- limits ------------------------------------------------------------------------------------------------------------------------

search 2 sum search.terms_factors=3 grammar.max_complexity=3 search.terms_keep=100 &&
    awk -F '\t' 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
        { n = split($(at["factors"]), f, "; "); if (n > most) most = n } END { exit most != 3 }' out/front.tsv
say $? 'sums keep to search.terms_factors'
search 1 sum search.terms=1 && ! cmp -s out/front.tsv sum/front.tsv && ! cut -f 2 out/front.tsv | grep -q 'square(x4).*log(x1)'
say $? 'without search.terms there are no sums of three'
"$SHIHYO" search sum.yaml --plan >plan.txt 2>&1 && grep -Fq 'Sums of up to 3 formulas: all this is searched 3 times over' plan.txt &&
    "$SHIHYO" search sum.yaml --plan --set search.terms=1 >plan.txt 2>&1 && ! grep -q '^Sums' plan.txt
say $? 'the plan says how often the space is searched'
search 1 sum search.terms=99
[ $? -eq 2 ] && grep -Fq 'search.terms is "99"; it takes an integer from 1 to' err.txt
say $? 'too many terms are refused'
libraries=$("$SHIHYO" search sum.yaml --plan 2>/dev/null | sed -n 's/^memory per rank .*, \([0-9]*\) MiB of it for the libraries$/\1/p')
budget() { # budget MIB: parallel.memory with which so much is left beside what libraries take
    echo "parallel.memory=$((${libraries:-64} + $1))MiB"
}
"$SHIHYO" search sum.yaml -q -o none --set search.terms_keep=20000 --set search.keep=100000 --set "$(budget 60)" 2>err.txt
[ $? -eq 4 ] && [ ! -e none ] && [ "$(wc -l <err.txt)" -eq 1 ] && grep -Fq 'search.terms_keep' err.txt
say $? 'more formulas than fit into the memory are refused before the search'
