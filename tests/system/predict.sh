#!/bin/sh
# `shihyo predict` and `shihyo explain`: scores of new patients are those that R computes from front.json alone, for every kind of outcome, with covariates, levels,
# fills, limits and interactions; what a score rests on is said in the row; bad tables get one message and leave nothing; texts of others are inert.
# shellcheck disable=SC2016 # the $ of R and awk
set -u
: "${SHIHYO:=shihyo}"

say() { # say STATUS TEXT
    if [ "$1" -eq 0 ]; then printf 'ok - %s\n' "$2"; else printf 'not ok - %s\n' "$2"; fi
}

# ---- runs: 240 patients, all kinds of outcome -----------------------------------------------------------------------------------

# stage has gaps, the second half has no stage III and one IX, and values of x2 beyond those of the first.
awk 'BEGIN {
    srand(11)
    print "id,half,x1 [mg/dL],x2,age,sex,stage,y,ill,count,grade,days,dead,pair,case"
    for (i = 1; i <= 240; i++) {
        x1 = exp(2 * rand()); age = 30 + int(50 * rand()); male = rand() < 0.5
        half = i <= 120 ? 1 : 2; x2 = 1 + (half + 2) * rand(); s = int(half == 1 ? 3 * rand() : 2 * rand())
        z = x1 / x2 + (s == 1) + (age - 55) / 40; y = z + rand() + 0.4 * male * x1 / x2
        printf "p%d,%d,%s,%.4f,%d,%s,%s,%.5f,%s,%d,%d,%.3f,%d,%d,%d\n", i, half, i % 11 == 5 ? "" : sprintf("%.4f", x1), x2, age, male ? "m" : "f",
            i == 200 ? "IX" : i % 13 == 7 ? "" : s == 0 ? "I" : s == 1 ? "II" : "III", y, (y + 1.5 * rand() > 2.6) ? "yes" : "no", int(y * rand() * 3), int(y + rand()) % 4,
            -log(rand()) * 100 / exp(z), (rand() < 0.7), int((i + 1) / 2), (i + (y > 2)) % 2
    }
}' >all.csv
head -n 1 all.csv >header
for half in 1 2; do (cat header; awk -F, -v h=$half 'NR > 1 && $2 == h' all.csv) >half$half.csv; done
"$SHIHYO" import half1.csv -q -o half1.h5
search() { # search NAME OUTCOME FACTORS [KEY: VALUE ...]
    cat >run.yaml <<YAML
cohort: half1.h5
validation: {level: none}
report: {sdc: $sdc}
outcome: {$2}
factors: {max: 2, $3}
missing: {method: ${5:-median}}
grammar: {max_complexity: ${4:-3}, operators: [+, /, log]}
YAML
    "$SHIHYO" search run.yaml -q --overwrite -o "$1" >search.txt 2>&1 || cat search.txt
}
ordered='include: [x1, x2, stage], ordered: [stage]'
sdc=none # fills are those of the search, to all digits
search value 'column: y, covariates: [age, sex]' "$ordered"
search ill 'column: ill, kind: binary, positive: "yes", covariates: [age, sex]' 'include: [x1, x2, stage], categories: onehot, rare: 1' 3 indicator
sdc=sacro
search count 'column: count, kind: count' 'include: [x1, x2], winsorise: 0.05'
search grade 'column: grade, kind: ordinal, covariates: [age]' "$ordered"
search death 'kind: survival, time: days, event: dead, covariates: [age, sex]' 'include: [x1, x2], range: [x1 in 1.2..]'
search matched 'column: case, kind: matched, set: pair' "$ordered"
sdc=none
search trial 'column: y, interaction: sex, covariates: [age]' 'include: [x1, x2]'
sdc=sacro
search rounded 'column: ill, kind: binary, positive: "yes", covariates: [age, sex]' 'include: [x1, x2]' 5
for run in value ill count grade death matched trial rounded; do
    [ -f $run/front.json ] || say 1 "$run: the search that the test needs"
done

# ---- scores against R ---------------------------------------------------------------------------------------------------------------

"$SHIHYO" predict value half2.csv >out.csv 2>err.txt && [ "$(wc -l <out.csv)" -eq 121 ] && grep -q '^120 rows, ' err.txt
say $? 'every row of the table has one of scores; how many could be computed is said where the scores do not go'
for run in value ill count grade death matched trial rounded; do
    formulas=$(grep -c '' $run/front.tsv)
    k=1
    while [ $k -lt "$formulas" ]; do
        for table in half1 half2; do "$SHIHYO" predict $run $table.csv --formula $k --id id -q -o $run.$k.$table.csv || break 3; done
        k=$((k + 1))
    done
done
k=1
while [ $k -lt "$(grep -c '' rounded/front.tsv)" ]; do
    "$SHIHYO" predict rounded half2.csv --formula $k --rounded --id id -q -o rounded.$k.simple.csv 2>err.txt || rm -f rounded.$k.simple.csv
    k=$((k + 1))
done
ls rounded.*.simple.csv >/dev/null 2>&1
say $? 'formulas with constants can be applied with simple numbers'
cat >check.R <<'END_OF_R'
read <- function(path) { # JSON as R would write it; no text in these files has a brace or bracket
    text <- gsub('("(\\\\.|[^"\\\\])*") *:', "\\1 =", paste(readLines(path), collapse = "\n"))
    text <- gsub("[{[]", "list(", gsub("[]}]", ")", text))
    eval(parse(text = gsub("\\btrue\\b", "TRUE", gsub("\\bfalse\\b", "FALSE", gsub("\\bnull\\b", "NA", text)))))
}
report <- function(right, text) cat(if (isTRUE(right)) "ok - " else "not ok - ", text, "\n", sep = "")
or <- function(a, b) if (is.null(a)) b else a
# doc/results.md, "inputs", once more
derive <- function(i, column) {
    levels <- unlist(i$levels)
    v <- if (i$column_kind %in% c("binary", "categorical")) match(column, levels) - 1 else as.numeric(column)
    unseen <- !is.na(column) & is.na(v)
    if (i$kind != "value") v[unseen] <- -2
    beyond <- !is.na(v) & (v < or(i$lowest, -Inf) | v > or(i$highest, Inf)) & !unseen
    v[beyond] <- NA
    lacks <- is.na(v)
    if (i$kind == "missing") return(list(value = as.numeric(lacks), beyond = beyond, unseen = unseen, filled = lacks & FALSE))
    v[lacks] <- or(i$fill, NA)
    one <- match(unlist(i$ones), levels) - 1
    v <- if (i$kind == "value") pmin(pmax(v, or(i$low, -Inf)), or(i$high, Inf)) else ifelse(is.na(v), NA, as.numeric(v %in% one))
    far <- !lacks & !is.na(v) & (v < or(i$seen_low, -Inf) | v > or(i$seen_high, Inf))
    list(value = v, beyond = beyond, unseen = unseen, filled = lacks & !is.na(v), missing = lacks & is.na(v), far = far)
}
square <- function(x) x^2
same <- function(a, b) identical(is.na(a), is.na(b)) && all(abs(a - b) <= 1e-12 * pmax(1, abs(b)), na.rm = TRUE)
scores <- function(front, model, made) {
    names(made) <- sapply(front$inputs$factors, function(i) i$name)
    z <- eval(parse(text = model$formula), lapply(made, function(m) m$value))
    beside <- lapply(or(front$inputs$covariates, list()), function(i) derive(i, rows[[i$column]])$value)
    names(beside) <- sapply(or(front$inputs$covariates, list()), function(i) i$name)
    s <- model$intercept + model$slope * z
    for (k in names(beside)) if (model$covariates[[k]] != 0) s <- s + model$covariates[[k]] * beside[[k]]
    if (!is.null(front$interaction)) s <- s + model$interaction$slope * (beside[[front$interaction$treatment]] - front$interaction$mean) * z
    list(z = ifelse(is.finite(z), z, NA), s = ifelse(is.finite(s), s, NA))
}
means <- function(front, model, s, out) {
    one <- function(name, p) same(out[[name]], p)
    switch(front$outcome_kind, continuous = one("prediction", s), binary = one("probability", plogis(s)), count = one("rate", exp(s)),
        survival = sd(log(out$hazard_ratio) - s, na.rm = TRUE) < 1e-12, matched = sd(log(out$odds_ratio) - s, na.rm = TRUE) < 1e-12,
        ordinal = { t <- unlist(model$thresholds); p <- sapply(t, function(a) plogis(a - s)); p <- cbind(p, 1) - cbind(0, p)
            all(sapply(seq_len(ncol(p)), function(j) all(abs(out[[paste0("probability_", j - 1)]] - p[, j]) < 1e-12, na.rm = TRUE))) })
}
rows <- NULL
run <- function(name, files, model_of, text) {
    front <- read(file.path(name, "front.json")); right <- length(files) > 0; marked <- 0
    for (file in files) {
        k <- as.integer(strsplit(file, ".", fixed = TRUE)[[1]][2])
        rows <<- read.csv(if (grepl("half1", file)) "half1.csv" else "half2.csv", na.strings = "", check.names = FALSE, colClasses = "character")
        names(rows)[3] <<- "x1"
        made <- lapply(front$inputs$factors, function(i) derive(i, rows[[i$column]]))
        model <- model_of(front$front[[k]])
        mine <- scores(front, model, made); out <- read.csv(file, colClasses = c(id = "character", note = "character"))
        right <- right && identical(out$id, rows$id) && same(out$formula, mine$z) && same(out$score, mine$s) && means(front, model, mine$s, out)
        for (j in seq_along(made)) {
            i <- front$inputs$factors[[j]]
            if (!(i$name %in% unlist(front$front[[k]]$factors))) next
            has <- function(word) grepl(paste0("(^|; )", word, ": ([^;]*, )?", i$column, "($|[,;])"), out$note)
            marked <- marked + sum(made[[j]]$filled)
            right <- right && all(!made[[j]]$filled | has("filled")) && all(!made[[j]]$unseen | has("unseen")) && all(!made[[j]]$beyond | has("implausible")) &&
                all(or(made[[j]]$far, FALSE) == FALSE | (has("below") | has("above")))
        }
        if (length(front$inputs$factors) > 0) right <- right && sum(out$note != "") <= sum(Reduce(`|`, lapply(made, function(m) m$filled | m$unseen | m$beyond | or(m$far, FALSE) | or(m$missing, FALSE))) | is.na(mine$s))
    }
    report(right, paste0(name, ": ", text))
    marked
}
exact <- function(entry) entry
simple <- function(entry) { e <- entry$rounded; e$factors <- entry$factors; e }
marked <- 0
for (name in c("value", "ill", "count", "grade", "death", "matched", "trial", "rounded"))
    marked <- marked + run(name, Sys.glob(paste0(name, ".*.half?.csv")), exact, "R computes the same scores, predictions and notes from front.json, to 1e-12")
simply <- run("rounded", Sys.glob("rounded.*.simple.csv"), simple, "the same with simple numbers")
report(marked > 20, "among them were values that are filled in")

inputs <- read("value/front.json")$inputs$factors
half <- read.csv("half1.csv", na.strings = "", check.names = FALSE); names(half)[3] <- "x1"
half$x1[is.na(half$x1)] <- median(half$x1, na.rm = TRUE); half$stage <- match(half$stage, c("I", "II", "III")) - 1
half$stage[is.na(half$stage)] <- as.numeric(names(which.max(table(half$stage))))
median_of <- function(i) signif(quantile(half[[i$name]], 0.5, type = 1, names = FALSE), 3)
report(length(inputs) > 1 && all(sapply(inputs, function(i) i$typical == median_of(i))), "what is typical is R's median, to three digits")

# The models are the fits: of the outcome on formula, covariates and product.
first <- read.csv("half1.csv", na.strings = "", check.names = FALSE); names(first)[3] <- "x1"
out <- read.csv(tail(Sys.glob("trial.*.half1.csv"), 1))
first$z <- out$formula; first$m <- as.numeric(first$sex == "m"); kept <- !is.na(out$formula)
fit <- lm(y ~ m + age + z + m:z, first[kept, ])
report(all(abs(fitted(fit) - out$score[kept]) < 1e-8), "trial: scores are the fitted values of R's model with the interaction")
fit <- glm(I(ill == "yes") ~ age + sex + z, binomial, transform(first, z = read.csv(tail(Sys.glob("ill.*.half1.csv"), 1))$formula), control = list(epsilon = 1e-14))
report(all(abs(predict(fit) - read.csv(tail(Sys.glob("ill.*.half1.csv"), 1))$score) < 1e-6), "ill: scores are the linear predictor of R's glm")
END_OF_R
if command -v Rscript >/dev/null 2>&1; then
    Rscript check.R 2>R.txt || { say 1 'R computes the scores'; sed 's/^/# /' R.txt; }
else
    echo 'ok - skipped: scores against R need Rscript (Debian: r-base-core)'
fi

# ---- forms of a table ------------------------------------------------------------------------------------------------------------------

"$SHIHYO" predict value half2.csv -q -o plain.csv
tr ',' '\t' <half2.csv >tabs.tsv && tr ',' ';' <half2.csv >semicolons.csv && gzip -c half2.csv >zipped && awk -F, '{ for (k = NF; k > 0; k--) printf "\"%s\"%s", $k, (k > 1 ? "," : "\r\n") }' half2.csv >reversed.csv
good=0
for table in tabs.tsv semicolons.csv zipped reversed.csv; do "$SHIHYO" predict value $table -q -o form.csv --overwrite && cmp -s plain.csv form.csv || good=1; done
say $good 'TSV, semicolons, gzip, quotes, other ends of lines and another order of columns give the same scores'
sed 's/^\(p12[0-9],2,\),/\1-99,/' half2.csv >codes.csv && "$SHIHYO" predict value codes.csv --missing -99 -q -o form.csv --overwrite && cmp -s plain.csv form.csv
say $? 'missing codes of the table can be named'
"$SHIHYO" predict value half2.csv -o - 2>err.txt | cmp -s - plain.csv && "$SHIHYO" predict value half2.csv -q | cmp -s - plain.csv
say $? 'scores go to standard output'
(umask 027 && "$SHIHYO" predict value half2.csv -q -o mode.csv) && [ "$(stat -c %a mode.csv)" = 640 ]
say $? 'the mode of the file is that of the umask'

# ---- what is refused ------------------------------------------------------------------------------------------------------------------------

refused() { # refused STATUS PATTERN TEXT ARGUMENT ...
    status=$1 pattern=$2 text=$3
    shift 3
    timeout -k 10 60 "$SHIHYO" "$@" >out.txt 2>err.txt
    [ $? -eq "$status" ] && [ "$(wc -l <err.txt)" -eq 1 ] && [ ! -s out.txt ] && grep -Eq -- "$pattern" err.txt && [ -z "$(find . -name '*.partial')" ] && [ ! -e no.csv ]
    right=$?
    say $right "refused: $text"
    [ $right -eq 0 ] || sed 's/^/# /' err.txt
}
awk -F, -v OFS=, 'NR == 6 { $4 = "high" } 1' half2.csv >text.csv
refused 2 "text.csv, row 5 \(line 6\), column x2: 'high' is not a number" 'a text where a number is needed; nothing is left of the file' predict value text.csv -o no.csv --formula 2
cut -d, -f 1-3,5- half2.csv >lacks.csv
refused 2 'lacks.csv: lacks a column of the formula: x2 ' 'a table without a column of the formula' predict value lacks.csv -o no.csv --formula 2
sed '1s/mg.dL/mmol\/L/' half2.csv >unit.csv
refused 2 'column "x1" is in mg/dL in the run, and in mmol/L in unit.csv' 'another unit' predict value unit.csv -o no.csv
awk 'NR == 9 { $0 = $0 ",1" } 1' half2.csv >ragged.csv
refused 2 'ragged.csv, row 8 \(line 9\): has 16 fields' 'a ragged row' predict value ragged.csv -o no.csv
refused 2 'plain.csv: is there already' 'a file that is there' predict value half2.csv -o plain.csv
refused 2 'the front has [0-9]+ formulas' 'a number beyond the front' predict value half2.csv --formula 99 -o no.csv
refused 64 'number of a formula' 'a number that is none' predict value half2.csv --formula first -o no.csv
refused 2 'one target only' 'a target that is none' predict value half2.csv --target 5y -o no.csv
refused 2 'no column subject' 'an identifier column that is not there' predict value half2.csv --id subject -o no.csv
refused 2 'has no rounded form' 'a rounded formula that is none' predict value half2.csv --formula 1 --rounded -o no.csv
refused 2 'half1.h5 is a cohort file; predict takes a table' 'a cohort in place of a table' predict value half1.h5 -o no.csv
refused 3 'nowhere.csv' 'a table that is not there' predict value nowhere.csv -o no.csv
refused 3 'front.json' 'results that are not there' predict nowhere half2.csv -o no.csv
refused 2 'is not a file' 'a device in place of a file' predict value half2.csv --overwrite -o /dev/null
"$SHIHYO" predict value half2.csv -q >/dev/full 2>err.txt
[ $? -eq 3 ] && grep -q 'cannot be written' err.txt
say $? 'a full disk is a failure'

# ---- texts of others ---------------------------------------------------------------------------------------------------------------------------

# Names of columns, levels and identifiers that spreadsheets, browsers and shells would act upon.
awk 'BEGIN {
    srand(5); print "\"=cmd|'"'"'/c calc'"'"'!A0\",\"<script>alert(1)</script>\",\"日本 \"\"語\"\"\",\"@who\",y"
    split("=1+1;+a;-5;-5+1;@x;a\"\"b;\"\"\"\";p,q;＝2;plain", id, ";")
    for (i = 1; i <= 100; i++) {
        a = 1 + rand(); b = 1 + rand(); c = rand() < 0.5
        printf "%.5f,%.5f,%s,\"%s\",%.5f\n", a, b, i % 9 == 0 ? "" : c ? "=HYPERLINK(1)" : "<b>", i <= 10 ? id[i] : "n" i, a / b + c
    }
}' >odd.csv
"$SHIHYO" import odd.csv -q -o odd.h5 && cat >odd.yaml <<YAML
cohort: odd.h5
validation: {level: none}
outcome: {column: y}
factors: {max: 3, exclude: ["@who"], categories: ordered}
missing: {method: complete}
grammar: {max_complexity: 5, operators: [+, /]}
YAML
"$SHIHYO" search odd.yaml -q -o odd >search.txt 2>&1 && "$SHIHYO" predict odd odd.csv --id '@who' -o odd.out.csv >out.txt 2>err.txt && [ ! -s err.txt ] &&
    [ "$(head -n 1 odd.out.csv | cut -d, -f 1)" = "\"'@who\"" ] && sed -n 2,11p odd.out.csv | cut -d, -f 1 >ids && cat >expected <<'TEXT'
"'=1+1"
"'+a"
"-5"
"'-5+1"
"'@x"
"a""b"
""""""
"p
"'＝2"
plain
TEXT
cmp -s ids expected && ! awk -F, 'NR > 1 && !/^"?[^=+@]/' odd.out.csv | grep -q . && grep -q '"missing: `日本 ""語""`"$' odd.out.csv
say $? 'identifiers and names that a spreadsheet would take for formulas are inert'

# ---- one patient ---------------------------------------------------------------------------------------------------------------------------------

explain() { timeout -k 10 60 "$SHIHYO" explain "$@" >out.txt 2>err.txt </dev/null; }
explain value --id p3 && grep -q '^Patient p3:$' out.txt && grep -q 'add up to' out.txt && grep -Eq '^score ' out.txt
say $? 'explain finds a patient in the cohort of the run'
good=0
for run in value ill count grade death trial; do
    explain $run half1.h5 --id p17 --json && cp out.txt cohort.json && explain $run half1.csv --id p17 --json && cmp -s out.txt cohort.json || good=1
    "$SHIHYO" predict $run half1.csv --id id -q 2>err.txt | awk -F, '$1 == "p17" { print $3 }' >score
    tr ',{}[]' '[\n*]' <cohort.json | awk -v file=score '
        BEGIN { getline score <file }
        /^ *"score": / { mine = $2 } /^ *"typical_score": / { typical = $2 } /^ *"contribution": / { sum += $2; n++ }
        END { d = sum - (mine - typical); e = mine - score; exit !(n > 0 && d < 1e-12 && d > -1e-12 && e < 1e-12 && e > -1e-12) }' || good=1
done
say $good 'cohort and table give the same explanation; contributions add up to the score that predict gives, less the typical one'
[ -s cohort.json ] && ! grep -q p17 cohort.json
say $? 'JSON does not name the patient'
refused 2 'there is no patient p999' 'a patient who is not there' explain value --id p999
refused 2 'there is no patient p999 in the column id' 'the same in a table' explain value half2.csv --id p999
cut -d, -f 2-14 half2.csv >nameless.csv
refused 2 'no column is called like an identifier. Say with --id-column' 'a table whose identifiers have no such name' explain value nameless.csv --id p1
(cat half2.csv; tail -n 1 half2.csv) >twice.csv
refused 2 'p240 is the identifier of rows 120 and 121' 'an identifier of two patients' explain value twice.csv --id p240
refused 2 'Patient n18 has no value of 日本' 'a patient without a value that nothing counts for' explain odd --id n18
refused 64 'Which patient' 'no patient' explain value
mv half1.h5 away.h5
refused 3 'half1.h5, the cohort of the run, is not there' 'a cohort that is not there any more' explain value --id p3
mv away.h5 half1.h5

# ---- several targets -----------------------------------------------------------------------------------------------------------------------------

cat >several.yaml <<YAML
cohort: half1.h5
validation: {level: none}
outcome: {kind: survival, time: days, event: dead, horizons: [10, 30]}
factors: {max: 2, include: [x1, x2]}
missing: {method: median}
grammar: {max_complexity: 3, operators: [+, /]}
YAML
"$SHIHYO" search several.yaml -q -o several >search.txt 2>&1 && "$SHIHYO" predict several half2.csv --target 30 -q | head -n 1 | grep -qx 'row,formula,score,probability,note' &&
    "$SHIHYO" predict several half2.csv --target all -q | head -n 1 | grep -qx 'row,formula,score,hazard_ratio,note'
say $? 'a horizon predicts a probability, all of the follow-up a hazard ratio'
refused 2 'several targets: all, 10, 30. Say which with --target' 'several targets without saying which' predict several half2.csv -o no.csv
"$SHIHYO" show several | awk '/complexity +formula/ { on = $1 == "#"; next } on && $1 == 1 { n++ } /^$/ { on = 0 } END { exit n != 3 }'
say $? 'show numbers the formulas of every front'
