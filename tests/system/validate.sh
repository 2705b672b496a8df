#!/bin/sh
# Formulas of a finished run on another cohort: on their own cohort they have the measures of the search; on another one those that R computes
# from the formula, with missing values, levels and covariates handled as the run did; whatever is missing or does not fit is said.
# shellcheck disable=SC2016,SC2086 # the $ of R and awk; MPIRUN is several words
set -u
: "${SHIHYO:=shihyo}" "${MPIRUN:=mpirun}"

say() { # say STATUS TEXT
    if [ "$1" -eq 0 ]; then printf 'ok - %s\n' "$2"; else printf 'not ok - %s\n' "$2"; fi
}

# ---- the table: 240 patients, all kinds of outcome -------------------------------------------------------------------------------

# stage has gaps, the second half has no stage III and one IX; ace is 0 and 1, or 1 and 2 in "coded".
awk 'BEGIN {
    srand(11)
    print "id,half,x1 [mg/dL],x2,age,sex,stage,y,ill,count,grade,days,dead,pair,case"
    for (i = 1; i <= 240; i++) {
        x1 = exp(2 * rand()); x2 = 1 + 3 * rand(); age = 30 + int(50 * rand()); male = rand() < 0.5
        half = i <= 120 ? 1 : 2; s = int(half == 1 ? 3 * rand() : 2 * rand())
        z = x1 / x2 + (s == 1) + (age - 55) / 40; y = z + rand()
        printf "p%d,%d,%s,%.4f,%d,%s,%s,%.5f,%s,%d,%d,%.3f,%d,s%d,%d\n", i, half, i % 11 == 5 ? "" : sprintf("%.4f", x1), x2, age, male ? "m" : "f",
            i == 200 ? "IX" : i % 13 == 7 ? "" : s == 0 ? "I" : s == 1 ? "II" : "III", y, (y + 1.5 * rand() > 2.6) ? "yes" : "no", int(y * rand() * 3), int(y + rand()) % 4,
            -log(rand()) * 100 / exp(z), (rand() < 0.7), int((i + 1) / 2), (i + (y > 2)) % 2
    }
}' >all.csv
head -n 1 all.csv >header
for half in 1 2; do (cat header; awk -F, -v h=$half 'NR > 1 && $2 == h' all.csv) >half$half.csv; done
for name in all half1 half2; do "$SHIHYO" import $name.csv -q -o $name.h5; done
configuration() { # configuration COHORT OUTCOME
    cat <<END
cohort: $1.h5
validation: {level: none}
report: {sdc: none}
outcome: {$2, covariates: [age, sex]}
factors: {include: [x1, x2, stage], ordered: [stage], max: 2}
missing: {method: median}
grammar: {max_complexity: 3, operators: [+, /, log]}
END
}
search() { # search COHORT NAME OUTCOME
    configuration "$1" "$3" >run.yaml
    "$SHIHYO" search run.yaml -q --overwrite -o "$2" 2>search.txt || cat search.txt
}
validate() { # validate RANKS ARGUMENT ...
    ranks=$1
    shift
    launch=
    [ "$ranks" -eq 1 ] || launch="$MPIRUN -n $ranks"
    timeout -k 10 60 $launch "$SHIHYO" validate "$@" >out.txt 2>err.txt </dev/null
}

# ---- on its own cohort --------------------------------------------------------------------------------------------------------------

# The first metric of each formula of a front, and of a validation (which begin with complexity, formula, …).
front_metric() { awk -F '\t' 'NR == 1 { next } { print $1, $3 }' "$1/front.tsv"; }
validated_metric() { grep -o '"complexity": [0-9]*\|"'"$1"'": {"value": [^,]*' validate.json | awk '/complexity/ { c = $2 } /value/ { print c, $3 }'; }
agree() { awk 'NR == FNR { a[$1] = $2; n++; next } { m++; d = a[$1] - $2; if (!($1 in a) || d > 1e-9 || d < -1e-9) bad = 1 } END { exit bad || n == 0 || n != m }' "$1" "$2"; }
same() { # same KIND METRIC OUTCOME
    search all "$1" "$3" && validate 1 "$1" all.h5 --overwrite && front_metric "$1" >front.txt && validated_metric "$2" >validated.txt && agree front.txt validated.txt
    say $? "$1: on the cohort of the run formulas have the $2 of the search"
}
same continuous r2 'column: y'
same binary auc 'column: ill, kind: binary, positive: "yes"'
same count explained 'column: count, kind: count'
same ordinal concordance 'column: grade, kind: ordinal'
same survival c 'kind: survival, time: days, event: dead'
grep -o '"slope": {"value": [^,]*' validate.json | awk '{ n++; if ($3 - 1 > 1e-5 || $3 - 1 < -1e-5) bad = 1 } END { exit bad || n == 0 }'
say $? 'there predictions are calibrated: their slope is 1'
rm -f validate.json

# ---- half of it against R -----------------------------------------------------------------------------------------------------------

search half1 ill 'column: ill, kind: binary, positive: "yes"'
search half1 death 'kind: survival, time: days, event: dead'
search half1 value 'column: y'
for kind in ill death value; do
    validate 1 $kind half2.h5 -o $kind.json && validate 3 $kind half2.h5 -o three.json --overwrite && cmp -s $kind.json three.json
    say $? "$kind: 3 ranks write the same file"
done
cat >check.R <<'END'
read <- function(path) { # JSON as R would write it; no text in these files has a brace or bracket
    text <- gsub('("(\\\\.|[^"\\\\])*") *:', "\\1 =", paste(readLines(path), collapse = "\n"))
    text <- gsub("[{[]", "list(", gsub("[]}]", ")", text))
    eval(parse(text = gsub("\\bnull\\b", "NA", text)))
}
report <- function(right, text) cat(if (isTRUE(right)) "ok - " else "not ok - ", text, "\n", sep = "")
near <- function(a, b, tolerance = 1e-6) all(is.finite(c(a, b))) && all(abs(unlist(a) - b) <= tolerance * (1 + abs(b)))
square <- function(x) x^2
inverse <- function(x) 1 / x
one <- read.csv("half1.csv", na.strings = ""); two <- read.csv("half2.csv", na.strings = "")
names(one)[3] <- names(two)[3] <- "x1"
levels <- c("I", "II", "III")
fill <- list(x1 = median(one$x1, na.rm = TRUE), stage = names(which.max(table(one$stage))))
factors <- data.frame(x1 = two$x1, x2 = two$x2, stage = match(two$stage, levels) - 1)
factors$x1[is.na(factors$x1)] <- fill$x1
factors$stage[is.na(factors$stage)] <- match(fill$stage, levels) - 1
predictor <- function(entry) {
    b <- entry$covariates
    z <- eval(parse(text = entry$formula), factors)
    entry$intercept + entry$slope * z + b$age * two$age + b$sex * (two$sex == "m")
}
outside <- function(entry) {
    seen <- list(x1 = range(c(one$x1, fill$x1), na.rm = TRUE), x2 = range(one$x2), stage = c(0, 2))
    far <- sapply(unlist(entry$factors), function(f) factors[[f]] < seen[[f]][1] | factors[[f]] > seen[[f]][2] | (f == "stage" & two$stage %in% "IX"))
    sum(rowSums(far) > 0)
}
each <- function(kind, text, check) {
    front <- read(file.path(kind, "front.json"))$front
    found <- read(paste0(kind, ".json"))$targets[[1]]$formulas
    right <- length(front) == length(found)
    for (k in seq_along(front)) right <- right && found[[k]]$samples == 120 && found[[k]]$missing == 0 && found[[k]]$outside == outside(front[[k]]) && check(predictor(front[[k]]), found[[k]])
    report(right, paste0(kind, ": ", text))
}
auc <- function(p, y) { d <- outer(p[y == 1], p[y == 0], "-"); mean((d > 0) + (d == 0) / 2) }
delong <- function(p, y) {
    d <- outer(p[y == 1], p[y == 0], "-"); s <- (d > 0) + (d == 0) / 2
    sqrt(var(rowMeans(s)) / sum(y == 1) + var(colMeans(s)) / sum(y == 0))
}
each("ill", "AUC with its interval, Brier, deviance, calibration and errors are those of R", function(p, found) {
    y <- as.numeric(two$ill == "yes"); q <- plogis(p); m <- found$metrics
    fit <- glm(y ~ p, binomial, control = list(epsilon = 1e-14)); large <- glm(y ~ offset(p), binomial, control = list(epsilon = 1e-14))
    half <- qnorm(0.975) * delong(p, y); at <- found$classification; share <- mean(one$ill == "yes")
    near(m$auc$value, auc(p, y)) && near(c(m$auc$low, m$auc$high), c(max(auc(p, y) - half, 0), min(auc(p, y) + half, 1))) &&
        near(m$brier$value, mean((y - q)^2)) && near(m$deviance$value, -2 * sum(log(ifelse(y == 1, q, 1 - q)))) &&
        near(found$calibration$slope$value, coef(fit)[2]) && near(found$calibration$slope$error, sqrt(vcov(fit)[2, 2]), 1e-4) &&
        near(found$calibration$intercept$value, coef(large)) && near(at[[1]]$errors, sum((q >= 0.5) != y)) &&
        near(at[[2]]$threshold, share) && near(at[[2]]$sensitivity$value, mean(q[y == 1] >= share)) && near(at[[2]]$specificity$value, mean(q[y == 0] < share)) &&
        m$brier$low < m$brier$value && m$brier$value < m$brier$high
})
each("value", "R2, root mean squared error and calibration are those of R", function(p, found) {
    fit <- lm(two$y ~ p); m <- found$metrics
    near(m$r2$value, 1 - sum((two$y - p)^2) / sum((two$y - mean(two$y))^2)) && near(m$rmse$value, sqrt(mean((two$y - p)^2))) &&
        near(found$calibration$slope$value, coef(fit)[2]) && near(found$calibration$intercept$value, mean(two$y - p)) &&
        m$r2$low < m$r2$value && m$r2$value < m$r2$high
})
if (requireNamespace("survival", quietly = TRUE)) {
    library(survival)
    each("death", "concordance and calibration slope are those of R's survival", function(p, found) {
        fit <- coxph(Surv(days, dead) ~ p, two)
        near(found$metrics$c$value, concordance(Surv(days, dead) ~ p, two, reverse = TRUE)$concordance) && near(found$calibration$slope$value, coef(fit)) &&
            near(found$calibration$slope$error, sqrt(vcov(fit)[1, 1]), 1e-4)
    })
} else report(TRUE, "skipped: survival needs R's package survival")
END
if command -v Rscript >/dev/null 2>&1; then
    Rscript check.R 2>R.txt || { say 1 'R computes the numbers'; sed 's/^/# /' R.txt; }
else
    echo 'ok - skipped: the numbers of another cohort need Rscript (Debian: r-base-core)'
fi

# ---- what is said ------------------------------------------------------------------------------------------------------------------------

validate 2 ill half2.h5 --overwrite && grep -q '^Outcome ill (binary): 120 samples\.$' out.txt && grep -q '^complexity  formula .* samples .* auc ' out.txt &&
    grep -q '^All numbers are in validate.json\.$' out.txt
say $? 'the measures are printed'

cut -d, -f 1,2,4-11 half2.csv >less.csv && "$SHIHYO" import less.csv -q -o less.h5
validate 1 ill less.h5 --overwrite && grep -q 'cannot be computed: the cohort has no column x1\.' out.txt && grep -q '"missing_columns": \["x1"\]' validate.json &&
    [ "$(grep -c '"samples": 120' validate.json)" -ge 1 ]
say $? 'a formula without its column is passed over, and that is said; others are judged'

# Levels that have other numbers there: without stage II, stage III is the second level; yes and no are 2 and 1.
awk -F, -v OFS=, '{ if ($7 == "II") $7 = ""; if (NR > 1) $9 = $9 == "yes" ? 2 : 1; $11 = ""; print }' half2.csv | sed '1s/,,/,grade,/' >coded.csv
"$SHIHYO" import coded.csv -q -o coded.h5 && validate 1 ill coded.h5 --overwrite --positive 2 -o coded.json
say $? 'the outcome may have other values there'
awk -F, -v OFS=, '{ if ($7 == "II") $7 = ""; print }' half2.csv >gaps.csv && "$SHIHYO" import gaps.csv -q -o gaps.h5 && validate 1 ill gaps.h5 -o gaps.json &&
    grep -o '"formula": "[^"]*"\|"value": [^,]*' gaps.json >gaps.txt && grep -o '"formula": "[^"]*"\|"value": [^,]*' coded.json | cmp -s - gaps.txt
say $? 'levels count by their names, not by their numbers'

refused() { # refused STATUS WHAT WORDS ARGUMENT ...
    expected=$1 what=$2 words=$3
    shift 3
    validate "${ranks_refused:-1}" "$@"
    [ $? -eq "$expected" ] && [ "$(grep -c '^shihyo: ' err.txt)" -eq 1 ] && grep -qF -- "$words" err.txt && [ ! -e new.json ]
    verdict=$?
    [ "$verdict" -eq 0 ] || sed 's/^/# /' err.txt
    say "$verdict" "refused: $what"
}
sed '1s/mg.dL/umol\/L/' half2.csv >other.csv && "$SHIHYO" import other.csv -q -o other.h5
ranks_refused=2 # for the first of them
refused 2 'another unit' 'column "x1" is in mg/dL in the run, and in umol/L in other.h5; convert it' ill other.h5 -o new.json
ranks_refused=1
sed '1s/ \[mg.dL\]//' half2.csv >unknown.csv && "$SHIHYO" import unknown.csv -q -o unknown.h5
validate 1 ill unknown.h5 --overwrite && grep -q 'The unit of x1 is not known in this cohort; it is taken to be mg/dL\.' out.txt
say $? 'a unit that is not known is said'
awk -F, -v OFS=, 'NR > 1 { $3 = $3 > 3 ? "high" : "low" } { print }' half2.csv | sed '1s/ \[mg.dL\]//' >words.csv && "$SHIHYO" import words.csv -q -o words.h5
refused 2 'levels for numbers' 'column "x1" has numbers in the run, and the level "high" in words.h5' ill words.h5 -o new.json
refused 2 'an outcome that is not there' 'outcome "sick" is not a column of half2.h5' ill half2.h5 --outcome sick -o new.json
cut -d, -f 1,9 half2.csv >none.csv && "$SHIHYO" import none.csv -q -o none.h5
refused 2 'a cohort without any of the columns' 'none.h5 has none of the columns that the formulas of ill are made of: ' ill none.h5 -o new.json
refused 2 'a file that is there' 'ill.json: is there already' ill half2.h5 -o ill.json
refused 3 'no results' 'absent/front.json: there are no results' absent half2.h5 -o new.json
refused 3 'no cohort' 'absent.h5: cannot be opened' ill absent.h5 -o new.json
refused 64 'a key that is none of the outcome' 'validate takes keys of the section outcome' ill half2.h5 --set factors.max=1 -o new.json
refused 64 'one argument' 'validate takes a directory of results and a cohort file' ill
cp -r ill old && sed 's/"inputs"/"outputs"/' ill/front.json >old/front.json
refused 2 'results of an earlier version' 'old/front.json: does not say what its formulas are made from' old half2.h5 -o new.json
validate 1 ill half2.h5 --where 'age >= 40 and sex == f' --overwrite && n=$(awk -F, 'NR > 1 && $5 >= 40 && $6 == "f"' half2.csv | wc -l) &&
    grep -q "^Outcome ill (binary): $n samples" out.txt
say $? 'samples can be chosen'

# ---- several targets ------------------------------------------------------------------------------------------------------------------------

search all several 'kind: survival, time: days, event: dead, horizons: [20, 60]' && validate 2 several all.h5 -o several.json &&
    [ "$(grep -c '^=== ' out.txt)" -eq 3 ] && validated=$(grep '^ *"name": ' several.json | cut -d '"' -f 4 | tr '\n' ' ') &&
    { [ "$validated" = '20 60 all ' ] || [ "$validated" = 'all 20 60 ' ]; }
say $? 'each of several targets is judged'
grep -o '"auc": {"value": [^,]*' several.json | cut -d ' ' -f 3 >validated.txt
for target in 20 60; do front_metric several/$target; done | cut -d ' ' -f 2 >front.txt
paste front.txt validated.txt | awk '{ n++; d = $1 - $2; if (d > 1e-9 || d < -1e-9) bad = 1 } END { exit bad || n == 0 }'
say $? 'with the AUC of the search, weighted for censoring'
