#!/bin/sh
# The numbers behind the pictures of a report agree with R: survival (Kaplan-Meier, log-rank, concordance), pROC, glm, nls, and definitions worked out there. On a cohort
# that R carries and on simulated ones, without disclosure control; with it no count is below ten.
set -u
: "${SHIHYO:=shihyo}"

say() { # say STATUS TEXT LOG
    if [ "$1" -eq 0 ]; then printf 'ok - %s\n' "$2"; else printf 'not ok - %s\n' "$2"; sed 's/^/# /' "$3"; fi
}
if ! Rscript -e 'library(survival); library(pROC)' >/dev/null 2>&1 || ! python3 -c 'import json' >/dev/null 2>&1; then
    echo "ok - skipped: figures against R need Rscript with its packages survival and pROC, and python3 (Debian: r-cran-survival, r-cran-proc, python3)"
    exit 0
fi

cat >make.R <<'R'
suppressMessages(library(survival))
set.seed(11)
d <- pbc[c("time", "status", "age", "sex", "bili", "albumin")]
d$death <- as.integer(d$status == 2); d$status <- NULL; d$sex <- ifelse(d$sex == "f", "female", "male")
write.csv(d, "pbc.csv", row.names = FALSE)
n <- 400
x1 <- round(rexp(n) + 0.2, 2); x2 <- round(runif(n, 1, 5), 2); site <- sample(c("A", "B", "C"), n, TRUE, c(0.5, 0.47, 0.03))
y <- as.integer(runif(n) < plogis(-3 + x1 + 0.6 * x2))
write.csv(data.frame(y, x1, x2, site, w = sample(1:3, n, TRUE)), "yes.csv", row.names = FALSE)
z <- round(3 + 2 * log(x1 + 0.7) + rnorm(n) / 3, 4)
write.csv(data.frame(z, x1), "number.csv", row.names = FALSE)
write.csv(data.frame(k = rpois(n, x2 * exp(x1 / 2)), x1, x2), "count.csv", row.names = FALSE)
R
cat >flat.py <<'P'
import json, sys
def walk(path, v):
    if isinstance(v, dict):
        for k, x in v.items(): walk(path + [k], x)
    elif isinstance(v, list):
        for k, x in enumerate(v): walk(path + [str(k)], x)
    else: print("/".join(path) + "\t" + ("NA" if v is None else str(v).replace("\n", " ")))
d = json.load(open(sys.argv[1]))
walk([], {"targets": [{k: t.get(k) for k in ("name", "people", "formulas", "front")} for t in d["targets"]], "suppressed": len(d["suppressed"])})
P
Rscript make.R || exit 1
for c in pbc yes number count; do $SHIHYO import $c.csv -q -o $c.h5 >/dev/null || exit 1; done
exact=$("$SHIHYO" help keys | grep -q '^ *report\.sdc' && echo 'report: {sdc: none}') # what the search writes is not rounded
common="validation: {level: none}
permutations: 0
stability: {resamples: 0}
$exact
seed: 1"
cat >pbc.yaml <<Y
cohort: pbc.h5
outcome: {kind: survival, time: time, event: death, horizons: [1095]}
factors: {include: [bili, albumin, age]}
grammar: {max_complexity: 4, operators: [/, log, "*"], constants: none}
$common
Y
cat >yes.yaml <<Y
cohort: yes.h5
outcome: {kind: binary, column: y}
factors: {include: [x1, x2]}
grammar: {max_complexity: 5, operators: [+, "*"]}
$common
Y
sed 's/column: y/column: y, weight: w/' yes.yaml >weighted.yaml
cat >number.yaml <<Y
cohort: number.h5
outcome: {kind: continuous, column: z}
factors: {include: [x1]}
grammar: {max_complexity: 4, operators: [+, log], max_constants: 1}
constants: {inner: shifts, tolerance: 0}
$common
Y
cat >count.yaml <<Y
cohort: count.h5
outcome: {kind: count, column: k, exposure: x2}
factors: {include: [x1]}
grammar: {max_complexity: 2, operators: [log], constants: none}
$common
Y
for c in pbc yes weighted number count; do
    "$SHIHYO" search $c.yaml -q -o $c.out >$c.log 2>&1 || { echo "not ok - search $c"; cat $c.log; continue; }
    by=$(case $c in pbc) echo "--subgroups sex,age" ;; yes) echo "--subgroups site" ;; esac)
    for rule in none sacro; do
        # shellcheck disable=SC2086 # $by is two words or none
        "$SHIHYO" report $c.out -q --sdc $rule $by -o $c.html --overwrite --json $c.$rule.json >$c.log 2>&1 || { echo "not ok - report $c $rule"; cat $c.log; }
        python3 flat.py $c.$rule.json >$c.$rule.txt
    done
done

# Without the cohort the report is made of the results alone; another one is refused.
mkdir away && mv yes.h5 away/ && "$SHIHYO" report yes.out -q -o away.html --json away.json >away.log 2>&1 && python3 flat.py away.json >away.txt &&
    grep -q 'was not found: the report is made of the results alone' away.json && ! grep -q figures/roc away.txt && grep -q 'formulas/0/slope/value' away.txt
say $? 'without its cohort a report has the results alone and says so' away.log
"$SHIHYO" report yes.out -q --cohort pbc.h5 -o other.html >other.log 2>&1
[ $? -eq 2 ] && grep -q 'is not the cohort of the run' other.log
say $? 'another cohort is refused' other.log
"$SHIHYO" report yes.out -q --cohort away/yes.h5 -o away.html --overwrite --json away.json >away.log 2>&1 && python3 flat.py away.json >away.txt &&
    grep -q figures/roc/auc away.txt && ! grep -q "$(pwd)" away.json
say $? 'a cohort that has moved is found with --cohort, and its path does not show' away.log

cat >compare.R <<'R'
suppressMessages({library(survival); library(pROC)})
read <- function(name) { t <- read.delim(name, header = FALSE, quote = "", colClasses = "character"); setNames(t$V2, t$V1) }
under <- function(v, path) { own <- v[startsWith(names(v), paste0(path, "/"))]; setNames(own, substring(names(own), nchar(path) + 2)) }
list_of <- function(v, path) { own <- v[grepl(paste0("^", path, "/[0-9]+$"), names(v))]; as.numeric(own) }
near <- function(ours, theirs, tolerance) length(ours) == length(theirs) && length(ours) > 0 && all(is.na(ours) == is.na(theirs)) &&
    all(is.na(ours) | abs(ours - theirs) <= tolerance * (abs(theirs) + 1e-3))
report <- function(text, ours, theirs, tolerance = 1e-8) {
    ours <- unname(as.numeric(ours)); theirs <- unname(as.numeric(theirs)); right <- near(ours, theirs, tolerance)
    cat(if (isTRUE(right)) "ok - " else "not ok - ", text, "\n", sep = "")
    if (!isTRUE(right)) cat("# shihyo", format(head(ours, 12), digits = 12), "\n# R     ", format(head(theirs, 12), digits = 12), "\n")
}
square <- function(x) x^2; inverse <- function(x) 1 / x
value <- function(d, formula) eval(parse(text = formula), d)
# Parts of about equal size of numbers in ascending order, equal ones together.
parts <- function(p, count) {
    s <- sort(p); n <- length(s); ends <- integer(0)
    for (b in 1:count) { e <- ceiling(n * b / count); while (e < n && s[e + 1] == s[e]) e <- e + 1; ends <- unique(c(ends, e)) }
    findInterval(p, s[head(ends, -1)], left.open = TRUE) + 1
}
wilson <- function(p, n) { z <- qnorm(0.975); m <- (p + z^2 / (2 * n)) / (1 + z^2 / n); h <- z / (1 + z^2 / n) * sqrt(p * (1 - p) / n + z^2 / (4 * n^2)); c(m - h, m + h) }
calibrated <- function(f, text, p, y, w, cells = parts(p, 10), bound = NULL) {
    by <- split(seq_along(p), cells); mean_of <- function(v) sapply(by, function(i) sum(w[i] * v[i]) / sum(w[i]))
    report(paste(text, "predicted in tenths"), list_of(f, "calibration/predicted"), mean_of(p), 1e-6)
    report(paste(text, "observed in tenths"), list_of(f, "calibration/observed"), mean_of(y), 1e-6)
    if (is.null(bound)) bound <- function(i) { m <- sum(w[i] * y[i]) / sum(w[i]); wilson(m, sum(w[i])^2 / sum(w[i]^2)) }
    report(paste(text, "bounds of these"), c(list_of(f, "calibration/low"), list_of(f, "calibration/high")), as.vector(t(sapply(by, bound))), 1e-6)
}
benefit <- function(p, y, w, t) sapply(t, function(t) sum(w * (p >= t) * (y - (1 - y) * t / (1 - t))) / sum(w))
thresholds <- 0.02 * 1:49

# ---- survival ---------------------------------------------------------------------------------------------------------
d <- read.csv("pbc.csv"); v <- read("pbc.none.txt")
stopifnot(v["targets/0/name"] == "all")
count <- sum(grepl("^targets/0/front/front/[0-9]+/formula$", names(v)))
formula <- v[paste0("targets/0/front/front/", count - 1, "/formula")]
f <- under(v, paste0("targets/0/formulas/", count - 1, "/figures"))
slope <- as.numeric(v[paste0("targets/0/front/front/", count - 1, "/slope")])
d$z <- value(d, formula); d$p <- slope * d$z
cox <- coxph(Surv(time, death) ~ z, d, control = coxph.control(eps = 1e-11, toler.chol = 1e-14, iter.max = 50))
report("slope of a Cox model with its interval", v[paste0("targets/0/formulas/", count - 1, "/slope/", c("value", "low", "high"))],
       coef(cox) + c(0, -1, 1) * qnorm(0.975) * sqrt(vcov(cox)[1]), 1e-6)
g <- parts(d$p, 3)
for (k in 1:3) {
    s <- survfit(Surv(time, death) ~ 1, d[g == k, ], conf.type = "log-log"); keep <- s$n.event > 0; at <- paste0("kaplan_meier/groups/", k - 1)
    report(paste("Kaplan-Meier of group", k), c(list_of(f, paste0(at, "/time")), list_of(f, paste0(at, "/survival"))), c(s$time[keep], s$surv[keep]))
    report(paste("its bounds", k), c(list_of(f, paste0(at, "/lower")), list_of(f, paste0(at, "/upper"))), c(s$lower[keep], s$upper[keep]), 1e-6)
    report(paste("people, events, at risk", k), c(f[paste0(at, c("/samples", "/events"))], list_of(f, paste0(at, "/at_risk"))),
           c(sum(g == k), sum(d$death[g == k]), sapply(list_of(f, "kaplan_meier/at"), function(t) sum(d$time[g == k] >= t))))
}
test <- survdiff(Surv(time, death) ~ g, d)
report("log-rank p", f["kaplan_meier/p"], pchisq(test$chisq, 2, lower.tail = FALSE), 1e-6)
censoring <- survfit(Surv(time + ifelse(death == 0, 1e-7, 0), 1 - death) ~ 1, d, timefix = FALSE)
left <- stepfun(censoring$time, c(1, censoring$surv)); before <- function(t) left(t - 1e-9)
at_time <- function(t) {
    dead <- d$time <= t & d$death == 1; alive <- d$time > t | (d$time == t & d$death == 0)
    list(y = as.numeric(dead), w = ifelse(dead, 1 / before(d$time), ifelse(alive, 1 / before(t), 0)))
}
auc <- function(s, y, w) { i <- y == 1 & w > 0; j <- y == 0 & w > 0; q <- outer(w[i], w[j]); sum(q * (outer(s[i], s[j], ">") + outer(s[i], s[j], "==") / 2)) / sum(q) }
spread <- function(s, y, w, h = 1e-5) sqrt(sum(sapply(which(w > 0), function(i) { u <- o <- w; u[i] <- u[i] * exp(h); o[i] <- o[i] * exp(-h); (auc(s, y, u) - auc(s, y, o)) / (2 * h) })^2))
times <- list_of(f, "auc_t/time"); a <- lapply(times, at_time)
report("AUC over time, weighted for censoring", list_of(f, "auc_t/auc"), sapply(a, function(x) auc(d$p, x$y, x$w)), 1e-6)
one <- which(times == 1095); x <- a[[one]]
report("its standard error at three years", (list_of(f, "auc_t/high")[one] - list_of(f, "auc_t/low")[one]) / 2 / qnorm(0.975), spread(d$p, x$y, x$w), 1e-5)
hazard <- sum(sapply(which(d$death == 1 & d$time <= 1095), function(i) 1 / sum(exp(d$p)[d$time >= d$time[i]])))
risk <- 1 - exp(-hazard * exp(d$p)); known <- x$w > 0
report("the time at which risks are judged", c(f["calibration/at"], f["decision/at"]), c(1095, 1095))
calibrated(f, "risk at three years:", risk[known], x$y[known], x$w[known])
report("decision curve at three years", list_of(f, "decision/formula"), benefit(risk[known], x$y[known], x$w[known], thresholds), 1e-6)
who <- d$sex == "female"; own <- concordance(Surv(time, death) ~ p, d[who, ], reverse = TRUE)
sub <- grep("/level$", names(f)); row <- sub("/level$", "", names(f)[sub][f[sub] == "female"])
report("concordance among women with its interval", f[paste0(row, c("/samples", "/events", "/value", "/low", "/high"))],
       c(sum(who), sum(d$death[who]), own$concordance + c(0, -1, 1) * qnorm(0.975) * sqrt(own$var)), 1e-6)
follow <- survfit(Surv(time, 1 - death) ~ 1, d)
report("people, events, median follow-up", v[paste0("targets/0/people/", c("samples", "events", "follow_up_median"))], c(nrow(d), sum(d$death), quantile(follow, 0.5)$quantile), 1e-6)

# ---- yes or no ------------------------------------------------------------------------------------------------------------
binary <- function(name, weighted) {
    d <- read.csv("yes.csv"); v <- read(paste0(name, ".none.txt")); w <- if (weighted) d$w else rep(1, nrow(d))
    entry <- grep("constants/0/low$", names(v), value = TRUE); entry <- sub("/constants/0/low", "", entry[!is.na(suppressWarnings(as.numeric(v[entry])))])
    entry <- tail(entry, 1); number <- sub(".*/", "", entry); formula <- v[paste0("targets/0/front/front/", number, "/formula")]; f <- under(v, paste0(entry, "/figures"))
    d$f <- value(d, formula); p <- plogis(as.numeric(v[paste0("targets/0/front/front/", number, "/intercept")]) + as.numeric(v[paste0(entry, "/slope/value")]) * d$f)
    constant <- v[paste0(entry, "/constants/0/value")]; at <- function(c) value(d, sub(constant, c, formula, fixed = TRUE))
    d$u <- at("0"); d$v <- at("1") - d$u; d$w <- w # the formula is u + c·v: the constant is a ratio of coefficients, its variance that of the delta method
    g <- suppressWarnings(glm(y ~ u + v, binomial, d, weights = w, control = list(epsilon = 1e-14)))
    b <- coef(g)[2:3]; s <- vcov(g)[2:3, 2:3]; along <- c(-b[2] / b[1]^2, 1 / b[1])
    report(paste0(name, ": a constant with its interval (", formula, ")"), v[paste0(entry, "/constants/0/", c("value", "low", "high"))],
           b[2] / b[1] + c(0, -1, 1) * qnorm(0.975) * sqrt(as.numeric(t(along) %*% s %*% along)), 1e-4)
    report(paste0(name, ": the slope beside it"), v[paste0(entry, "/slope/", c("value", "low", "high"))], b[1] + c(0, -1, 1) * qnorm(0.975) * sqrt(s[1, 1]), 1e-4)
    calibrated(f, paste0(name, ":"), p, d$y, w)
    report(paste0(name, ": decision curve"), list_of(f, "decision/formula"), benefit(p, d$y, w, thresholds), 1e-8)
    report(paste0(name, ": treating all"), list_of(f, "decision/all"), benefit(rep(1, nrow(d)), d$y, w, thresholds), 1e-8)
    if (weighted) {
        report("weighted: AUC", f["roc/auc"], auc(p, d$y, w))
        report("weighted: its standard error", (as.numeric(f["roc/high"]) - as.numeric(f["roc/low"])) / 2 / qnorm(0.975), spread(p, d$y, w), 1e-5)
        return()
    }
    r <- roc(d$y, p, quiet = TRUE, direction = "<"); k <- as.vector(ci.auc(r, method = "delong"))
    report("AUC with DeLong's interval", f[c("roc/auc", "roc/low", "roc/high")], k[c(2, 1, 3)])
    fpr <- list_of(f, "roc/fpr"); tpr <- list_of(f, "roc/tpr")
    report("ROC curve", sum(diff(fpr) * (head(tpr, -1) + tail(tpr, -1)) / 2), k[2], 1e-6)
    h <- list_of(f, "distribution/edges"); bins <- cut(d$f, h, include.lowest = TRUE, right = FALSE)
    report("distribution of the formula's value", c(sum(list_of(f, "distribution/series/0/count")), sum(list_of(f, "distribution/series/1/count")), list_of(f, "distribution/series/1/count")),
           c(sum(d$y == 0), sum(d$y == 1), table(bins[d$y == 1])))
    row <- sub("/level$", "", grep("/level$", names(f), value = TRUE)[f[grep("/level$", names(f))] == "A"]); own <- d$site == "A"
    k <- as.vector(ci.auc(roc(d$y[own], p[own], quiet = TRUE, direction = "<"), method = "delong"))
    report("AUC at a site", f[paste0(row, c("/samples", "/value", "/low", "/high"))], c(sum(own), k[c(2, 1, 3)]))
}
invisible(binary("yes", FALSE))
invisible(binary("weighted", TRUE))

# ---- numbers and counts ---------------------------------------------------------------------------------------------------
d <- read.csv("number.csv"); v <- read("number.none.txt")
entry <- grep("front/front/[0-9]+/formula$", names(v), value = TRUE); entry <- entry[grepl("^log\\(x1 \\+ ", v[entry]) | grepl("^log\\([0-9.]+ \\+ x1", v[entry])]
number <- sub("/formula", "", sub(".*front/", "", entry[1])); at <- paste0("targets/0/formulas/", number)
s <- nls(z ~ a + b * log(x1 + c), d, start = list(a = 3, b = 2, c = 0.7), control = nls.control(tol = 1e-6, minFactor = 1e-12)); e <- summary(s)$coefficients
report("a constant within a logarithm with its interval: nls", v[paste0(at, "/constants/0/", c("value", "low", "high"))], e["c", 1] + c(0, -1, 1) * qnorm(0.975) * e["c", 2], 1e-3)
report("the slope beside it", v[paste0(at, "/slope/", c("value", "low", "high"))], e["b", 1] + c(0, -1, 1) * qnorm(0.975) * e["b", 2], 1e-3)
f <- under(v, paste0(at, "/figures")); p <- predict(s); by <- split(d$z, parts(p, 10))
report("observed in tenths of the prediction", list_of(f, "observed/observed"), sapply(by, mean), 1e-6)
report("its bounds", list_of(f, "observed/low"), sapply(by, function(x) mean(x) - qnorm(0.975) * sd(x) / sqrt(length(x))), 1e-6)
x <- list_of(f, "response/0/x"); report("response curve", c(range(x), list_of(f, "response/0/y")), c(range(d$x1), predict(s, data.frame(x1 = x))), 1e-4)

d <- read.csv("count.csv"); v <- read("count.none.txt"); f <- under(v, "targets/0/formulas/0/figures")
m <- glm(k ~ x1 + offset(log(x2)), poisson, d, control = list(epsilon = 1e-14)); rate <- exp(coef(m)[1] + coef(m)[2] * d$x1); cells <- parts(rate, 10); y <- d$k / d$x2
calibrated(f, "rates:", rate, y, d$x2, cells, function(i) {
    w <- d$x2[i]; q <- sum(w * y[i]) / sum(w); n <- length(i); e <- sqrt(sum(w * (y[i] - q)^2) / sum(w) * n / (n - 1) / (sum(w)^2 / sum(w^2))); q + c(-1, 1) * qnorm(0.975) * e })

# ---- under control ----------------------------------------------------------------------------------------------------------
few <- 0; seen <- 0
for (name in c("pbc", "yes", "weighted", "number", "count")) {
    v <- read(paste0(name, ".sacro.txt")); v <- v[grepl("^targets/[0-9]+/(formulas|people)/", names(v))]
    counts <- suppressWarnings(as.numeric(v[grepl("/(count|at_risk)/[0-9]+$|/(samples|events)$", names(v))])); counts <- counts[!is.na(counts)]
    few <- few + sum(counts > 0 & counts < 10); seen <- seen + length(counts)
    points <- v[grepl("roc/(fpr)/[0-9]+$", names(v))]
}
report(paste("under control no count of", seen, "is below ten"), few, 0)
d <- read.csv("yes.csv"); v <- read("yes.sacro.txt"); x <- as.numeric(v[grepl("^targets/0/formulas/[0-9]+/figures/response/[0-9]+/x/[0-9]+$", names(v))])
report("the smallest and largest values do not show", sum(x %in% c(range(d$x1), range(d$x2))), 0)
level <- grepl("subgroups/[0-9]+/level$", names(v))
report("a small site and the one that it could be worked out with do not show", sum(v[level] == "C" | v[level] == names(sort(table(d$site)))[2]), 0)
report("what is left out is said", as.numeric(read("yes.sacro.txt")["suppressed"]) > 0, 1)
R
Rscript compare.R
