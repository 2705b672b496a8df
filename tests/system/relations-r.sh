#!/bin/sh
# The two-term models of a report are those of R's glm, coxph and lm on the same formulas: coefficients, metric, decision line; and its points and cells are the patients.
# shellcheck disable=SC2086 # MPIRUN is several words
set -u
: "${SHIHYO:=shihyo}" "${MPIRUN:=mpirun}"
if ! Rscript -e 'library(survival)' >/dev/null 2>&1; then
    echo "ok - skipped: relations against R need Rscript and survival (Debian: r-base-core, r-cran-survival)"
    exit 0
fi
python=
for candidate in python3 /usr/bin/python3; do command -v "$candidate" >/dev/null 2>&1 && python=$candidate && break; done
if [ -z "$python" ]; then
    echo "ok - skipped: the document of a report is read by python3"
    exit 0
fi

Rscript -e 'library(survival); set.seed(3)
d <- veteran; d$karno2 <- d$karno + runif(nrow(d)); d$age2 <- d$age + rnorm(nrow(d)) / 9; d$long <- ifelse(d$time > 90, "yes", "no"); d$score <- 3 * d$karno2 - d$age2 * d$diagtime / 9 + rnorm(nrow(d), 0, 40)
d$status[d$time > 100] <- 0; d$time <- pmin(d$time, 100); d <- d[c("time", "status", "karno2", "age2", "diagtime", "long", "score", "trt", "prior")]
write.csv(d, "cohort.csv", row.names = FALSE, quote = FALSE)'
"$SHIHYO" import cohort.csv -q -o cohort.h5
search() { # search NAME OUTCOME
    printf 'cohort: cohort.h5\nvalidation: {level: none}\noutcome: {%s}\nfactors: {include: [karno2, age2, diagtime, trt], max: 2}\nsearch: {keep: 20}\ngrammar: {max_complexity: 4, units: off}\n' \
        "$2" >"$1.yaml"
    $MPIRUN -n 2 "$SHIHYO" search "$1.yaml" -q -o "$1" && "$SHIHYO" report "$1" --sdc none --json "$1.json" -o "$1.html" -q && "$SHIHYO" report "$1" --sdc 5 --json "$1.5.json" -o "$1.5.html" -q
    if [ $? -eq 0 ]; then echo "ok - a report of $1"; else echo "not ok - a report of $1"; fi
}
search binary 'kind: binary, column: long, positive: "yes", covariates: [prior]'
search survival 'kind: survival, time: time, event: status'
search continuous 'kind: continuous, column: score'

# What R needs of each pair, one word or number to a line.
cat >pairs.py <<'END'
import json, sys
for kind in ("binary", "survival", "continuous"):
    for k, a in enumerate(json.load(open(kind + ".json"))["targets"][0]["two_axis"]):
        with open("%s.%d.pair" % (kind, k + 1), "w") as f:
            for value in [a["sides"][0]["formula"], a["sides"][1]["formula"], a["correlation"], a["value"], a["line"]["intercept"], a["line"]["x"], a["line"]["y"], a["line"]["cut"], a["samples"]]:
                f.write("%s\n" % (value if isinstance(value, str) else repr(value)))
        for name in "x", "y", "outcome":
            open("%s.%d.%s" % (kind, k + 1, name), "w").writelines("%r\n" % v for v in a["points"][name])
    for k, a in enumerate(json.load(open(kind + ".5.json"))["targets"][0]["two_axis"]):
        if "count" not in a:
            continue
        with open("%s.%d.cells" % (kind, k + 1), "w") as f:
            f.write("%s\n%s\n" % tuple(side["formula"] for side in a["sides"]))
            for j, row in enumerate(a["count"]):
                for i, n in enumerate(row):
                    positive, mean = (a[name][j][i] if name in a else "NA" for name in ("positive", "mean"))
                    last = [i + 2 == len(a["edges_x"]), j + 2 == len(a["edges_y"])]
                    print(*(["-Inf"] if i == 0 else [a["edges_x"][i]]), *(["Inf"] if last[0] else [a["edges_x"][i + 1]]), *(["-Inf"] if j == 0 else [a["edges_y"][j]]),
                          *(["Inf"] if last[1] else [a["edges_y"][j + 1]]), n, positive, mean, file=f)
END
"$python" pairs.py && echo "ok - documents are read" || echo "not ok - documents are read"

cat >compare.R <<'END'
suppressMessages(library(survival))
square <- function(x) x^2; inverse <- function(x) 1 / x; hypot <- function(x, y) sqrt(x^2 + y^2); reldiff <- function(x, y) (x - y) / (x + y)
d <- read.csv("cohort.csv")
near <- function(a, b, tolerance) length(a) == length(b) && all(abs(a - b) <= tolerance * (1e-3 + abs(b)))
say <- function(right, text, ...) { cat(if (isTRUE(right)) "ok - " else "not ok - ", text, "\n", sep = ""); if (!isTRUE(right)) cat("#", ..., "\n") }
auc <- function(p, y) { r <- rank(p); (sum(r[y == 1]) - sum(y) * (sum(y) + 1) / 2) / (sum(y) * sum(1 - y)) }
for (kind in c("binary", "survival", "continuous")) {
    files <- Sys.glob(paste0(kind, ".*.pair")); right <- 0; worst <- 0; of <- numeric()
    y <- switch(kind, binary = as.numeric(d$long == "yes"), survival = d$status, continuous = d$score)
    for (file in files) {
        ours <- readLines(file); stem <- sub("pair$", "", file)
        X <- eval(parse(text = ours[1]), d); Y <- eval(parse(text = ours[2]), d); ours <- as.numeric(ours[-(1:2)])
        # columns of unit size: R stops sooner on wild scales
        sx <- sd(X); sy <- sd(Y); x <- (X - mean(X)) / sx; z <- (Y - mean(Y)) / sy
        fit <- switch(kind, binary = glm(y ~ x + z + prior, binomial, d, control = list(epsilon = 1e-14)), survival = coxph(Surv(time, status) ~ x + z, d, control = coxph.control(eps = 1e-12)),
                      continuous = lm(y ~ x + z))
        b <- coef(fit)[c("x", "z")] / c(sx, sy)
        intercept <- if (kind == "survival") 0 else coef(fit)[[1]] - sum(b * c(mean(X), mean(Y))) + if (kind == "binary") coef(fit)[["prior"]] * mean(d$prior) else 0
        value <- switch(kind, binary = auc(fitted(fit), y), survival = concordance(fit)$concordance, continuous = summary(fit)$r.squared)
        cut <- if (kind == "binary") qlogis(mean(y)) else median(intercept + b[1] * X + b[2] * Y)
        theirs <- c(cor(X, Y), value, intercept, b, cut)
        points <- lapply(c("x", "y", "outcome"), function(n) as.numeric(readLines(paste0(stem, n))))
        good <- abs(ours[1] - theirs[1]) < 1e-4 && near(ours[2], theirs[2], 1e-9) && near(ours[3:6], theirs[3:6], 1e-6) && ours[7] == nrow(d) &&
            near(points[[1]], X, 1e-4) && near(points[[2]], Y, 1e-4) && near(points[[3]], y, 1e-4)
        right <- right + good; of <- c(of, ours[2])
        if (!good) cat("#", file, format(ours, digits = 12), "\n# R", format(theirs, digits = 12), "\n")
        worst <- max(worst, abs(ours[2:6] - theirs[2:6]) / (1e-3 + abs(theirs[2:6])))
    }
    say(length(files) >= 2 && right == length(files), paste0("R has the ", length(files), " two-term models, ", kind, ", within ", signif(worst, 1), ", and the points are the patients"))
    say(length(of) >= 2 && !is.unsorted(-of), paste("best first,", kind))
    files <- Sys.glob(paste0(kind, ".*.cells")); right <- 0; cells <- 0
    for (file in files) {
        lines <- readLines(file); X <- eval(parse(text = lines[1]), d); Y <- eval(parse(text = lines[2]), d)
        t <- read.table(text = lines[-(1:2)])
        inside <- lapply(seq_len(nrow(t)), function(k) X >= t[k, 1] & X < t[k, 2] & Y >= t[k, 3] & Y < t[k, 4])
        n <- sapply(inside, sum); p <- sapply(inside, function(i) sum(y[i]))
        good <- all(n == t[[5]]) && sum(n) == nrow(d) && all(n >= 5)
        if (kind == "continuous") good <- good && near(t[[7]], p / n, 1e-3) else good <- good && all(p == t[[6]]) && all(p >= 5 & n - p >= 5)
        right <- right + good; cells <- cells + nrow(t)
        if (!good) cat("#", file, n, "|", t[[5]], "|", p, "\n")
    }
    say(length(files) >= 2 && right == length(files), paste0("R counts the same people in ", cells, " cells of ", length(files), " grids, ", kind, ", none below the threshold"))
}
END
Rscript compare.R 2>warnings || { cat warnings; echo "not ok - the comparison comes to its end"; }
