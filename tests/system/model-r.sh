#!/bin/sh
# front.json gives the whole model of a formula: intercept, slope with its standard error, coefficients of the covariates, thresholds of ordered
# levels. R fits the same models to the same columns; and from the numbers alone the outcome is predicted as well as R² says.
# shellcheck disable=SC2086 # MPIRUN is several words
set -u
: "${SHIHYO:=shihyo}" "${MPIRUN:=mpirun}"

say() { # say STATUS TEXT
    if [ "$1" -eq 0 ]; then printf 'ok - %s\n' "$2"; else printf 'not ok - %s\n' "$2"; fi
}

awk 'BEGIN {
    srand(3); print "id,age,sex,x1,x2,y,case,days,dead,grade"
    for (i = 1; i <= 300; i++) {
        a = 30 + 40 * rand(); s = rand() < 0.4; u = 1 + 3 * rand(); v = 1 + 3 * rand()
        n = rand() + rand() + rand() - 1.5; z = 0.03 * a + 0.5 * s + u / v
        t = -log(1 - rand()) * exp(-z) * 4000
        printf "p%d,%.1f,%d,%.3f,%.3f,%.4f,%d,%d,%d,%d\n", i, a, s, u, v, z + n, rand() < 1 / (1 + exp(3 - z)), t < 900 ? t + 1 : 900, t < 900,
            z + 2 * n < 2 ? 0 : z + 2 * n < 3.5 ? 1 : 2
    }
}' >people.csv
"$SHIHYO" import people.csv -q -o people.h5
say $? 'the cohort is imported'

search() { # search NAME OUTCOME
    printf 'cohort: people.h5\nvalidation: {level: none}\noutcome: {%s, covariates: [age, sex]}\nfactors: {include: [x1, x2]}\ngrammar: {max_complexity: 3, operators: [/]}\n' "$2" >run.yaml
    $MPIRUN -n 2 "$SHIHYO" search run.yaml -q -o "$1"
    say $? "a search with covariates: $1"
}
search continuous 'column: y'
search binary 'kind: binary, column: case'
search survival 'kind: survival, time: days, event: dead'
search ordinal 'kind: ordinal, column: grade'

# name value, one a line, of the last formula of the front
numbers() { # numbers DIRECTORY
    python3 - "$1" <<'END'
import json, sys
e = json.load(open(sys.argv[1] + "/front.json"))["front"][-1]
assert e["formula"] == "x1 / x2", e["formula"]
print("intercept", repr(e["intercept"])); print("slope", repr(e["slope"])); print("error", repr(e["slope_error"]))
for name, value in e["covariates"].items(): print(name, repr(value))
for k, value in enumerate(e.get("thresholds", [])): print("threshold%d" % k, repr(value))
END
}
for kind in continuous binary survival ordinal; do numbers $kind >$kind.txt || { say 1 "the model of $kind"; exit 0; }; done

# By the numbers alone: 1 − RSS/TSS is the R² of the table.
awk -F '[ ,]' -v want="$(awk -F '\t' 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next } { r = $at["r2"] } END { print r }' continuous/front.tsv)" '
    FNR == NR { b[$1] = $2; next } FNR > 1 { e = $6 - b["intercept"] - b["age"] * $2 - b["sex"] * $3 - b["slope"] * $4 / $5; r += e * e; n++; s += $6; q += $6 * $6 }
    END { d = 1 - r / (q - s * s / n) - want; exit !(d < 1e-9 && d > -1e-9) }' continuous.txt people.csv
say $? 'predictions from the model have the R² of the table'
# Thresholds ascend, and the shares of the levels that they predict are those seen (the score equations of the intercepts).
awk -F '[ ,]' 'FNR == NR { b[$1] = $2; next } FNR > 1 { z = b["age"] * $2 + b["sex"] * $3 + b["slope"] * $4 / $5; n++
        for (j = 0; j < 2; j++) { p[j] += 1 / (1 + exp(z - b["threshold" j])); seen[j] += $10 <= j } }
    END { for (j = 0; j < 2; j++) { d = (p[j] - seen[j]) / n; if (d > 0.02 || d < -0.02) exit 1 }; exit !(b["threshold0"] < b["threshold1"]) }' ordinal.txt people.csv
say $? 'thresholds and coefficients of ordered levels predict how often each level is seen'

if ! Rscript -e 'library(survival)' >/dev/null 2>&1; then
    echo 'ok - skipped: R with its package survival is not here (Debian: r-cran-survival)'
    exit 0
fi
cat >compare.R <<'END'
suppressMessages(library(survival))
d <- read.csv("people.csv"); d$z <- d$x1 / d$x2
near <- function(kind, want) {
    t <- read.table(paste0(kind, ".txt")); got <- setNames(t$V2, t$V1)
    worst <- max(abs(got[names(want)] - want) / pmax(abs(want), 1e-3))
    cat(if (worst < 1e-6) "ok" else "not ok", "- R has the same model of", kind, "within", format(worst, digits = 2), "\n")
}
of <- function(m, slope = "z") { s <- coef(summary(m)); e <- if ("se(coef)" %in% colnames(s)) s[slope, "se(coef)"] else s[slope, 2]
    b <- coef(m); names(b) <- sub("[(]Intercept[)]", "intercept", sub("^z$", "slope", names(b))); c(b, error = unname(e)) }
near("continuous", of(lm(y ~ age + sex + z, d)))
near("binary", of(glm(case ~ age + sex + z, binomial, d, control = glm.control(epsilon = 1e-14))))
near("survival", of(coxph(Surv(days, dead) ~ age + sex + z, d, control = coxph.control(eps = 1e-12))))
END
Rscript compare.R || say 1 'R compares'
