#!/bin/sh
# Constants without a closed form are those of R: nls, and roots of the score of glm and coxph, to 1e-6; on any number of ranks.
# shellcheck disable=SC2086 # MPIRUN is several words
set -u
: "${SHIHYO:=shihyo}" "${MPIRUN:=mpirun}"
if ! Rscript -e 'library(survival)' >/dev/null 2>&1; then
    echo "ok - skipped: constants against R need Rscript and its package survival (Debian: r-recommended)"
    exit 0
fi

say() { # say STATUS TEXT
    if [ "$1" -eq 0 ]; then printf 'ok - %s\n' "$2"; else printf 'not ok - %s\n' "$2"; fi
}

cat >make.R <<'END'
set.seed(3)
n <- 700
d <- data.frame(age = round(runif(n, 20, 90)), weight = round(runif(n, 45, 110), 1), scr = round(exp(rnorm(n, 0.1, 0.4)), 2),
                female = rbinom(n, 1, 0.5), size = round(20 * runif(n) * runif(n) + 0.05, 2))
d$crcl <- with(d, (140 - age) * weight / (72 * scr) * (1 - 0.15 * female)) + rnorm(n, 0, 2)
d$titre <- 2 * log(d$size + 3.7) + rnorm(n, 0, 0.2)
eta <- 3 * (log(d$size + 3.7) - 2)
d$ill <- rbinom(n, 1, plogis(eta))
died <- rexp(n, exp(eta / 2)); left <- runif(n, 0.2, 4)
d$days <- round(1000 * pmin(died, left)) + 1
d$dead <- as.numeric(died < left)
write.csv(d, "people.csv", row.names = FALSE)
END
Rscript make.R && "$SHIHYO" import people.csv -q -o people.h5
say $? 'people are simulated and imported'

cat >sexes.yaml <<'END'
cohort: people.h5
validation: {level: none}
outcome: {column: crcl}
factors: {include: [age, weight, scr, female]}
grammar: {operators: ["-", "*", /], units: off}
search: {passes: 2, keep: 60}
END
cat >shift.yaml <<'END'
cohort: people.h5
validation: {level: none}
outcome: {column: titre}
factors: {include: [size]}
grammar: {operators: [+, log], max_complexity: 3}
constants: {inner: shifts}
END
search() { # search RANKS DIRECTORY FILE KEY=VALUE ...
    ranks=$1 directory=$2 file=$3
    shift 3
    for assignment in "$@"; do
        shift
        set -- "$@" --set "$assignment"
    done
    $MPIRUN -n "$ranks" "$SHIHYO" search "$file" -q --overwrite -o "$directory" "$@"
}
search 2 sexes sexes.yaml && search 2 titre shift.yaml &&
    search 2 ill shift.yaml outcome.column=ill outcome.kind=binary &&
    search 2 death shift.yaml outcome.kind=survival outcome.column= outcome.time=days outcome.event=dead
say $? 'four searches'

cat >compare.R <<'END'
library(survival)
d <- read.csv("people.csv")
front <- function(directory) read.delim(file.path(directory, "front.tsv"), quote = "", check.names = FALSE)
last <- function(directory) { f <- front(directory); f[nrow(f), ] }
value <- function(text, data) eval(parse(text = text), data)
report <- function(text, ours, theirs, within = 1e-6) {
    right <- isTRUE(all(abs(ours - theirs) <= within * abs(theirs)))
    cat(if (right) "ok - " else "not ok - ", text, "\n", sep = "")
    if (!right) cat("# shihyo", format(ours, digits = 12), "\n# R     ", format(theirs, digits = 12), "\n")
}

# c, b and the slope of (c - age) * weight / scr * (1 + b * female), however the formula is written
entry <- last("sexes")
at <- function(age, female) entry$intercept + entry$slope * value(entry$formula, data.frame(age, weight = 1, scr = 1, female)) - entry$intercept
per_year <- at(1, 0) - at(0, 0)
ours <- c(-at(0, 0) / per_year, at(0, 1) / at(0, 0) - 1, -per_year)
fit <- nls(crcl ~ a + s * (c - age) * weight / scr * (1 + b * female), d, start = list(a = 0, s = 0.012, c = 130, b = -0.1),
           control = nls.control(tol = 1e-7, maxiter = 200))
report("nls: Cockcroft and Gault with both sexes", ours, coef(fit)[c("c", "b", "s")])
report("nls: its loss", entry$loss, deviance(fit) / sum((d$crcl - mean(d$crcl))^2), 1e-9)
report("these are 140, -0.15 and 1/72 but for noise", ours, c(140, -0.15, 1 / 72), 0.02)

constant <- function(entry) as.numeric(sub("log\\(size \\+ ([0-9.e+-]+)\\)", "\\1", entry$formula))
entry <- last("titre")
fit <- nls(titre ~ a + s * log(size + c), d, start = list(a = 0, s = 1, c = 2), control = nls.control(tol = 1e-7, maxiter = 200))
report("nls: a shift under a logarithm", c(constant(entry), entry$slope, entry$intercept), coef(fit)[c("c", "s", "a")])

# the root of the derivative of the profile likelihood by c
root <- function(score) uniroot(score, c(0.01, 60), tol = 1e-13, maxiter = 500)$root
entry <- last("ill")
logistic <- function(c) glm(ill ~ log(size + c), binomial, d, control = list(epsilon = 1e-15, maxit = 100))
best <- root(function(c) { m <- logistic(c); sum((d$ill - fitted(m)) / (d$size + c)) })
report("glm: a shift under a logarithm", c(constant(entry), entry$slope), c(best, coef(logistic(best))[2]))
report("glm: its deviance", entry$deviance, deviance(logistic(best)), 1e-9)

entry <- last("death")
cox <- function(c) coxph(Surv(days, dead) ~ log(size + c), d, control = coxph.control(eps = 1e-14, iter.max = 100))
best <- root(function(c) sum(residuals(cox(c), "martingale") / (d$size + c)))
report("coxph: a shift under a logarithm", c(constant(entry), entry$slope), c(best, coef(cox(best))))

# rounded formulas, refitted
for (text in readLines("rounded.txt")) {
    part <- strsplit(text, "\t")[[1]]
    m <- lm(d$crcl ~ value(part[1], d))
    report(paste("lm: rounded,", part[1]), as.numeric(part[2]), deviance(m) / sum((d$crcl - mean(d$crcl))^2), 1e-9)
    cat(if (as.numeric(part[2]) <= as.numeric(part[3]) + 0.01 * (1 - as.numeric(part[3])) + 1e-12) "ok - " else "not ok - ",
        "it loses no more than a hundredth of what is explained\n", sep = "")
}
END
cat >rounded.py <<'END'
import json
for entry in json.load(open("sexes/front.json"))["front"]:
    if "rounded" in entry:
        print(entry["rounded"]["formula"], repr(entry["rounded"]["loss"]), repr(entry["loss"]), sep="\t")
END
python3 rounded.py >rounded.txt && [ -s rounded.txt ]
say $? 'the front has rounded formulas'
Rscript compare.R 2>err.txt || { say 1 'R computes them'; sed 's/^/# /' err.txt; }

search 1 one sexes.yaml && search 3 three sexes.yaml && search 2 blocks sexes.yaml parallel.row_blocks=2
same=$?
for other in one three blocks; do cmp -s sexes/front.json "$other/front.json" || same=1; done
say $same 'the same files on 1, 2 and 3 ranks and on row blocks'
