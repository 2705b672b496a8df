#!/bin/sh
# Statistics of predictions agree with R: glm, lm, coxph, clogit, survfit, survdiff, concordance and pROC where it is there; what R has no function for
# is computed here from its definition. Data that R's package survival carries, or simulated.
set -u
: "${top_builddir:=.}"
assess=$top_builddir/tests/tools/assess
if ! Rscript -e 'library(survival)' >/dev/null 2>&1; then
    echo "ok - skipped: statistics against R need Rscript and its package survival (Debian: r-cran-survival)"
    exit 0
fi
export assess

cat >compare.R <<'EOF'
library(survival)
run <- function(what, kind, table, ...) {
    table <- as.data.frame(table)
    write(names(table), "table.txt", ncolumns = ncol(table))
    write(t(format(as.matrix(table), digits = 17, trim = TRUE)), "table.txt", ncolumns = ncol(table), append = TRUE)
    words <- strsplit(system(paste(Sys.getenv("assess"), what, kind, "table.txt", paste(c(...), collapse = " ")), intern = TRUE), " ")
    setNames(sapply(words, function(w) as.numeric(w[2])), sapply(words, `[`, 1))
}
near <- function(ours, theirs, tolerance)
    length(ours) == length(theirs) && all(is.nan(ours) == is.na(theirs)) && all(is.na(ours) | abs(ours - theirs) <= tolerance * (abs(theirs) + 1e-3))
report <- function(text, ours, theirs, tolerance = 1e-9) {
    ours <- unname(unlist(ours)); theirs <- unname(unlist(theirs))
    right <- near(ours, theirs, tolerance)
    cat(if (isTRUE(right)) "ok - " else "not ok - ", text, "\n", sep = "")
    if (!isTRUE(right)) cat("# shihyo", format(ours, digits = 15), "\n# R     ", format(theirs, digits = 15), "\n")
}
series <- function(r, name) unname(r[grep(paste0("^", name, "[0-9]+$"), names(r))])

# ---- headline metrics -----------------------------------------------------------------------------------------------
set.seed(5)
n <- 120
w <- pmax(0, sample(-1:3, n, TRUE) / 2); e <- runif(n, 0.5, 2); f <- sample(rep(0:3, n / 4)); g <- sample(rep(0:3, n / 4))
a <- a_first <- round(rnorm(n), 1); b <- b_first <- a + rnorm(n) / 2
share <- function(s, y, w) { # of pairs of different levels
    better <- outer(y, y, ">") * outer(w, w)
    sum(better * (outer(s, s, ">") + outer(s, s, "==") / 2)) / sum(better)
}
y <- a + rnorm(n)
r_square <- function(i, p, y, reference) 1 - sum((w * (y - p)^2)[i]) / sum((w * (y - reference)^2)[i])
mean_of <- function(i, y) sum((w * y)[i]) / sum(w[i])
report("r2 against a given mean, weighted", run("headline", "continuous", data.frame(y, a, weight = w)),
       c(mean_of(1:n, y), r_square(1:n, a, y, mean_of(1:n, y))))
report("r2 in folds, the mean that of the training set", series(run("compare", "continuous", data.frame(y, a, b, weight = w, fold = f), 2), "fold"),
       sapply(0:3, function(k) r_square(f == k, a, y, mean_of(f != k, y))))
z <- as.numeric(runif(n) < plogis(a))
report("AUC, weighted", run("headline", "binary", data.frame(y = z, a, weight = w))["headline"], share(a, z, w))
l <- findInterval(a + rlogis(n), c(-1, 0, 1.5))
report("concordance of levels, weighted", run("headline", "ordinal", data.frame(y = l, a, weight = w))["headline"], share(a, l, w))
k <- rpois(n, e * exp(a / 2))
deviance_of <- function(mu) sum(w * (ifelse(k > 0, k * log(k / mu), 0) - (k - mu)))
rate <- sum(w * k) / sum(w * e)
report("explained deviance of counts, exposure and weights", run("headline", "count", data.frame(y = k, a = a / 2, weight = w, exposure = e)),
       c(rate, 1 - deviance_of(e * exp(a / 2)) / deviance_of(e * rate)))
d <- lung[complete.cases(lung[c("time", "status", "age", "ph.ecog", "ph.karno", "sex")]), ]
d$event <- d$status - 1; d$w <- 0.5 + seq_len(nrow(d)) %% 4 / 2; d$entry <- floor(d$time * (seq_len(nrow(d)) %% 5) / 8) - 1
t <- data.frame(y = d$event, time = d$time, a = d$ph.karno / -10, weight = d$w, stratum = d$sex - 1)
report("Harrell's concordance with ties, strata and weights", run("headline", "survival", t)["headline"],
       concordance(Surv(time, event) ~ ph.karno + strata(sex), d, weights = w)$concordance)
t <- data.frame(y = d$event, time = d$time, entry = d$entry, a = d$age)
report("Harrell's concordance with late entry", run("headline", "survival", t)["headline"],
       concordance(Surv(entry, time, event) ~ age, d, reverse = TRUE)$concordance)
t <- data.frame(y = infert$case, stratum = infert$stratum, a = infert$spontaneous + infert$age / 100)
report("concordance within matched sets", run("headline", "matched", t)["headline"],
       concordance(Surv(rep(1, nrow(t)), y) ~ a + strata(stratum), t, reverse = TRUE)$concordance)

# ---- standard errors of the headline: the infinitesimal jackknife, by differences ---------------------------------------
jackknife <- function(f, w, groups = seq_along(w), h = 1e-5) {
    slope <- sapply(unique(groups), function(g) {
        up <- down <- w; own <- groups == g
        up[own] <- w[own] * exp(h); down[own] <- w[own] * exp(-h)
        (f(up) - f(down)) / (2 * h)
    })
    sqrt(sum(slope^2))
}
estimates <- function(text, ours, f, w, ..., tolerance = 1e-6) report(paste0(text, ": value and standard error"), ours[c("value", "error")], c(f(w), jackknife(f, w, ...)), tolerance)
u <- w[w > 0]; on <- w > 0
estimates("r2, weighted", run("estimate", "continuous", data.frame(y, a, weight = w)),
          function(v) 1 - sum(v * (y - a)[on]^2) / sum(v * (y[on] - sum(v * y[on]) / sum(v))^2), u)
estimates("explained deviance, weighted", run("estimate", "count", data.frame(y = k, a = a / 2, weight = w, exposure = e)), function(v) {
    loss <- function(mu) sum(v * (ifelse(k > 0, k * log(k / mu), 0) - (k - mu))[on])
    1 - loss(e * exp(a / 2)) / loss(e * sum(v * k[on]) / sum(v * e[on]))
}, u)
estimates("AUC, weighted", run("estimate", "binary", data.frame(y = z, a, weight = w)), function(v) share(a[on], z[on], v), u)
estimates("concordance of levels, weighted", run("estimate", "ordinal", data.frame(y = l, a, weight = w)), function(v) share(a[on], l[on], v), u)
t <- data.frame(y = d$event, time = d$time, a = d$ph.karno / -10, weight = d$w, stratum = d$sex - 1)
estimates("Harrell's concordance, strata and weights", run("estimate", "survival", t),
          function(v) concordance(Surv(time, event) ~ ph.karno + strata(sex), d, weights = v)$concordance, d$w)
plain <- concordance(Surv(time, event) ~ ph.karno, d)
report("Harrell's concordance with R's own standard error", run("estimate", "survival", t[c("y", "time", "a")])[c("value", "error")], c(plain$concordance, sqrt(plain$var)))
t <- data.frame(y = d$event, time = d$time, entry = d$entry, a = d$age)
estimates("Harrell's concordance, late entry", run("estimate", "survival", t),
          function(v) concordance(Surv(entry, time, event) ~ age, d, weights = v, reverse = TRUE)$concordance, rep(1, nrow(d)))
t <- data.frame(y = infert$case, stratum = infert$stratum, a = infert$spontaneous + infert$age / 100)
sets <- split(t, t$stratum)
won <- sapply(sets, function(s) sum(outer(s$a[s$y == 1], s$a[s$y == 0], function(p, q) (p > q) + (p == q) / 2)))
pairs <- sapply(sets, function(s) sum(s$y == 1) * sum(s$y == 0))
report("concordance within matched sets: value and standard error", run("estimate", "matched", t)[c("value", "error")],
       c(sum(won) / sum(pairs), sqrt(sum(((won - sum(won) / sum(pairs) * pairs) / sum(pairs))^2))))
r <- run("risk", "survival", data.frame(y = d$event, time = d$time, entry = d$entry, a = d$age / 20, weight = d$w, stratum = d$sex - 1), 300)
hazard <- sapply(1:2, function(s) {
    own <- d$sex == s
    sum(sapply(which(own & d$event == 1 & d$time <= 300), function(i) d$w[i] / sum((d$w * exp(d$age / 20))[own & d$time >= d$time[i] & d$entry < d$time[i]])))
})
report("the chance of the event by a time, with strata, weights and late entry", series(r, "risk"), 1 - exp(-hazard[d$sex] * exp(d$age / 20)))

# ---- DeLong ---------------------------------------------------------------------------------------------------------
placements <- function(s, y) list(
    case = sapply(s[y == 1], function(u) mean((u > s[y == 0]) + (u == s[y == 0]) / 2)),
    control = sapply(s[y == 0], function(u) mean((s[y == 1] > u) + (s[y == 1] == u) / 2)))
delong <- function(a, b, y) {
    p <- placements(a, y); q <- placements(b, y)
    s <- cov(cbind(p$case, q$case)) / sum(y == 1) + cov(cbind(p$control, q$control)) / sum(y == 0)
    list(auc = c(mean(p$case), mean(q$case)), s = s)
}
x <- delong(a, b, z)
ours <- run("delong", "binary", data.frame(y = z, a, b))
report("AUCs and their covariance by DeLong, from the placements", ours, c(x$auc, x$s[c(1, 2, 4)]))
if (requireNamespace("pROC", quietly = TRUE)) {
    p <- lapply(list(a, b), function(s) pROC::roc(z, s, quiet = TRUE, direction = "<"))
    test <- pROC::roc.test(p[[1]], p[[2]], method = "delong", paired = TRUE)
    report("the same by pROC", c(ours[c("auc_a", "auc_b", "variance_a", "variance_b")], (ours["auc_a"] - ours["auc_b"]) /
           sqrt(ours["variance_a"] + ours["variance_b"] - 2 * ours["covariance"])), c(p[[1]]$auc, p[[2]]$auc, pROC::var(p[[1]]), pROC::var(p[[2]]), test$statistic))
} else cat("ok - skipped: the same by pROC (Debian: r-cran-proc)\n")
folds <- lapply(0:3, function(k) delong(a[f == k], b[f == k], z[f == k]))
difference <- mean(sapply(folds, function(x) diff(x$auc)))
error <- sqrt(sum(sapply(folds, function(x) x$s[1, 1] + x$s[2, 2] - 2 * x$s[1, 2]))) / 4
ours <- run("compare", "binary", data.frame(y = z, a, b, fold = f), 0)
report("difference of AUCs over folds, stratified DeLong", ours[c("difference", "error", "low", "high", "p")],
       c(difference, error, difference + c(-1, 1) * qnorm(0.975) * error, 2 * pnorm(-abs(difference / error))))
parts <- sapply(list(f, g), function(f) { # what each sample adds in each of two repeats
    part <- numeric(n)
    for (k in 0:3) for (class in 0:1) {
        i <- which(f == k & z == class); pa <- placements(a[f == k], z[f == k]); pb <- placements(b[f == k], z[f == k])
        v <- if (class == 1) pb$case - pa$case else pb$control - pa$control
        part[i] <- (v - mean(v)) / sqrt(length(i) * (length(i) - 1))
    }
    part
})
report("repeats do not count as new samples", run("compare", "binary", data.frame(y = z, a, b, fold = f, again = g), 0)["error"],
       sqrt(sum(rowSums(parts)^2)) / 8)

# ---- bootstrap: other random numbers, so the same to a few percent ------------------------------------------------------
bayes <- function(value, draw = function() rexp(n)) { x <- replicate(2000, value(draw())); c(sd(x), quantile(x, c(0.025, 0.975))) }
roughly <- function(text, ours, theirs) # in units of the error
    report(text, (ours[c("error", "low", "high")] - ours["difference"] * c(0, 1, 1)) / theirs[1], (theirs - ours["difference"] * c(0, 1, 1)) / theirs[1], 0.12)
ours <- run("compare", "continuous", data.frame(y, a, b, weight = w, fold = f), 2000)
means <- sapply(0:3, function(k) mean_of(f != k, y))
r2 <- function(p, v) mean(sapply(0:3, function(k) { i <- f == k; 1 - sum((v * w * (y - p)^2)[i]) / sum((v * w * (y - means[k + 1])^2)[i]) }))
roughly("Bayesian bootstrap of a difference of r2", ours, bayes(function(v) r2(b, v) - r2(a, v)))
gain <- function(pairs) { # pairs[i, j]: i should be above j; a function of weights
    won <- lapply(0:3, function(k) { i <- f == k; p <- pairs[i, i]; s <- function(s) p * (outer(s[i], s[i], ">") + outer(s[i], s[i], "==") / 2)
                                     list(i = i, pairs = p, more = s(b) - s(a)) })
    function(v) mean(sapply(won, function(x) { u <- v[x$i]; sum(u * (x$more %*% u)) / sum(u * (x$pairs %*% u)) }))
}
weighted <- gain(outer(z, z, ">") * outer(w, w))
roughly("Bayesian bootstrap of a difference of weighted AUCs", run("compare", "binary", data.frame(y = z, a, b, weight = w, fold = f), 2000), bayes(weighted))
cluster <- rep(1:40, each = 3) - 1
by_cluster <- function(of, fold) { # the folds count with the mean weight of their samples
    each <- lapply(0:3, function(k) { i <- fold == k; p <- outer(z[i], z[i], ">"); s <- function(s) p * (outer(s[i], s[i], ">") + outer(s[i], s[i], "==") / 2)
                                      list(i = i, pairs = p, more = s(b) - s(a)) })
    x <- replicate(2000, { v <- rexp(max(of) + 1)[of + 1]
                           weighted.mean(sapply(each, function(x) { u <- v[x$i]; sum(u * (x$more %*% u)) / sum(u * (x$pairs %*% u)) }),
                                         sapply(each, function(x) mean(v[x$i]))) })
    k <- max(of) + 1; point <- run("compare", "binary", data.frame(y = z, a, b, group = of, fold), 2000)["difference"]
    c(sd(x), quantile(x, c(0.025, 0.975)) - point) * sqrt((k + 1) / (k - 1)) + c(0, point, point)
}
roughly("with clusters", run("compare", "binary", data.frame(y = z, a, b, group = cluster, fold = f), 2000), by_cluster(cluster, f))
roughly("with folds of one cluster", run("compare", "binary", data.frame(y = z, a, b, group = f, fold = f), 2000), by_cluster(f, f))
h <- rexp(n, exp(a)); h[1:20 * 3] <- h[1:20 * 3 + 1]; ev <- as.numeric(runif(n) < 0.6)
dies_before <- ev * (outer(h, h, "<") | (outer(h, h, "==") & outer(ev, 1 - ev) == 1))
roughly("Bayesian bootstrap of a difference of concordances", run("compare", "survival", data.frame(y = ev, time = h, a, b, fold = f), 2000), bayes(gain(dies_before)))
matched <- outer(infert$stratum, infert$stratum, "==") & outer(infert$case, infert$case, ">")
n <- nrow(infert); f <- infert$stratum %% 4; a <- infert$spontaneous; b <- infert$spontaneous + infert$induced
set <- as.integer(factor(infert$stratum))
roughly("matched sets are drawn as a whole", run("compare", "matched", data.frame(y = infert$case, stratum = infert$stratum, a, b, fold = f), 2000),
        bayes(gain(matched), function() sqrt(rexp(max(set)))[set]))

# ---- recalibration ------------------------------------------------------------------------------------------------------
n <- length(z); a <- a_first; b <- b_first
pick <- function(fit, k) coef(summary(fit))[k, 1:2]
m <- w > 0
control <- list(epsilon = 1e-15, maxit = 100)
r <- run("recalibrate", "continuous", data.frame(y, a, weight = w))
large <- lm(y ~ offset(a), weights = w, subset = m); slope <- lm(y ~ a, weights = w, subset = m)
report("recalibration: lm", r, c(pick(large, 1), pick(slope, 2), coef(slope)[1], 1))
suppressWarnings({
    large <- glm(z ~ offset(a), binomial, weights = w, subset = m, control = control)
    slope <- glm(z ~ a, binomial, weights = w, subset = m, control = control)
})
report("recalibration: logistic", run("recalibrate", "binary", data.frame(y = z, a, weight = w)), c(pick(large, 1), pick(slope, 2), coef(slope)[1], 1))
large <- glm(k ~ offset(a + log(e)), poisson, weights = w, subset = m, control = control)
slope <- glm(k ~ a + offset(log(e)), poisson, weights = w, subset = m, control = control)
report("recalibration: Poisson", run("recalibrate", "count", data.frame(y = k, a, weight = w, exposure = e)), c(pick(large, 1), pick(slope, 2), coef(slope)[1], 1))
t <- data.frame(y = d$event, time = d$time, a = d$ph.ecog + d$age / 50, weight = d$w, fold = seq_len(nrow(d)) %% 3, stratum = d$sex - 1)
slope <- coxph(Surv(time, y) ~ a + strata(fold, stratum), t, weights = weight, robust = FALSE, control = coxph.control(eps = 1e-11))
report("recalibration: Cox, within folds and strata", run("recalibrate", "survival", t)[3:4], c(coef(slope), sqrt(vcov(slope))))
t <- data.frame(y = infert$case, stratum = infert$stratum, a = infert$spontaneous + infert$age / 100 + infert$induced)
slope <- clogit(y ~ a + strata(stratum), t, control = coxph.control(eps = 1e-11))
report("recalibration: conditional logistic", run("recalibrate", "matched", t)[3:4], c(coef(slope), sqrt(vcov(slope))))
minus <- function(p) { cuts <- c(-Inf, p[1:3], Inf); -sum(w * log(pmax(plogis(cuts[l + 2] - p[4] * a) - plogis(cuts[l + 1] - p[4] * a), 1e-300))) }
best <- optim(c(-1, 0, 1.5, 1), minus, method = "BFGS", control = list(reltol = 1e-15, maxit = 500))
best <- optim(best$par, minus, method = "BFGS", control = list(reltol = 1e-15, maxit = 500), hessian = TRUE)
report("recalibration: proportional odds, the likelihood maximised in R", run("recalibrate", "ordinal", data.frame(y = l, a, weight = w))[3:4],
       c(best$par[4], sqrt(solve(best$hessian)[4, 4])), 1e-5)
report("a prediction that separates has no slope", run("recalibrate", "binary", data.frame(y = as.numeric(a > 0), a))[c("slope", "fitted")], c(NA, 0))

# ---- calibration curve, deciles, Brier, net benefit -------------------------------------------------------------------------
local <- function(p, y, w, at) sapply(at, function(x) {
    far <- abs(p - x); width <- sort(far)[floor(0.75 * length(p) + 1e-5)]
    v <- w * pmax(1 - (far / width)^3, 0)^3
    sum(c(1, 0) * lm.wfit(cbind(1, p - x)[v > 0, ], y[v > 0], v[v > 0])$coefficients)
})
wilson <- function(k, n) prop.test(k, n, correct = FALSE)$conf.int
p <- plogis(a * 1.5 + 0.3); u <- sort(unique(p))
curve <- local(p, z, rep(1, n), u); off <- abs(p - curve[match(p, u)])
r <- run("curve", "binary", data.frame(y = z, a = p))
report("calibration curve by local lines", c(series(r, "predicted"), series(r, "observed")), c(u, pmin(pmax(curve, 0), 1)))
report("ICI, E50, E90, Emax", r[1:4], c(mean(off), quantile(off, c(0.5, 0.9)), max(off)))
theirs <- loess(z ~ p, degree = 1, span = 0.75, surface = "direct")
report("near to R's loess, which rounds its weights", series(r, "observed"), predict(theirs, data.frame(p = u)), 5e-3)
report("Brier's score", r[c("brier", "brier_null")], c(mean((z - p)^2), mean((z - mean(z))^2)))
ends <- vapply(1:10, function(b) sum(p <= sort(p)[ceiling(n * b / 10)]), 0); bin <- findInterval(rank(p, ties.method = "max"), unique(ends), left.open = TRUE)
bins <- sapply(split(seq_len(n), bin), function(i) c(mean(p[i]), mean(z[i]), wilson(sum(z[i]), length(i)), length(i)))
report("deciles with Wilson's intervals", sapply(c("bin_predicted", "bin_observed", "bin_low", "bin_high", "bin_samples"), function(s) series(r, s)), t(bins), 1e-8)
r <- run("curve", "binary", data.frame(y = z[m], a = p[m], weight = w[m])); u <- sort(unique(p[m]))
curve <- local(p[m], z[m], w[m], u); off <- abs(p[m] - curve[match(p[m], u)])
report("calibration curve with weights", c(series(r, "observed"), r[c("ici", "emax", "brier")]),
       c(pmin(pmax(curve, 0), 1), weighted.mean(off, w[m]), max(off), weighted.mean((z - p)[m]^2, w[m])))
q <- rnorm(2000); t <- data.frame(y = q^2 + rnorm(2000), a = q)
r <- run("curve", "continuous", t)
curve <- approx(sort(q)[c(1, floor((1:511) * 1999 / 511) + 1)], local(q, t$y, rep(1, 2000), sort(q)[c(1, floor((1:511) * 1999 / 511) + 1)]), q)$y
report("many samples: computed at 512 points, lines between", r[c("points", "ici", "e50", "e90", "emax")],
       c(512, mean(abs(q - curve)), quantile(abs(q - curve), c(0.5, 0.9)), max(abs(q - curve))))
at <- c(0.05, 0.1, 0.25, 0.5, 0.8)
benefit <- function(p, y, w, at) sapply(at, function(h) (sum(w * y * (p >= h)) - h / (1 - h) * sum(w * (1 - y) * (p >= h))) / sum(w))
r <- run("decision", "binary", data.frame(y = z, a = p, weight = w), at)
report("net benefit, weighted", c(series(r, "model"), series(r, "all")), c(benefit(p, z, w, at), benefit(rep(1, n), z, w, at)))

# ---- Kaplan-Meier, log-rank, hazard ratios ------------------------------------------------------------------------------------
kaplan <- function(text, fit, ours) {
    s <- summary(fit)$table; upto <- fit$surv > 0 # where R has bounds as we have them
    theirs <- list(fit$time, fit$n.risk, fit$n.event, fit$n.censor, fit$surv, fit$lower, fit$upper, ifelse(upto, fit$surv * fit$std.err, NA),
                   s[c("median", "0.95LCL", "0.95UCL")])
    report(text, list(sapply(c("time", "at_risk", "events", "censored", "survival", "low", "high", "error"), function(k) series(ours, k)), ours[1:3]), theirs)
}
kaplan("Kaplan-Meier: lung", survfit(Surv(time, event) ~ 1, d, conf.type = "log-log"), run("km", "survival", data.frame(y = d$event, time = d$time)))
kaplan("Kaplan-Meier: lung, late entry", survfit(Surv(entry, time, event) ~ 1, d, conf.type = "log-log"),
       run("km", "survival", data.frame(y = d$event, time = d$time, entry = d$entry)))
v <- veteran; v$w <- 1 + seq_len(nrow(v)) %% 3
kaplan("Kaplan-Meier: veteran, whole weights", survfit(Surv(time, status) ~ 1, v, weights = w, conf.type = "log-log", robust = FALSE),
       run("km", "survival", data.frame(y = v$status, time = v$time, weight = v$w)))
kaplan("Kaplan-Meier: a step at exactly one half", survfit(Surv(c(1, 2, 3, 4), c(1, 1, 1, 0)) ~ 1, conf.type = "log-log"),
       run("km", "survival", data.frame(y = c(1, 1, 1, 0), time = 1:4)))
logrank <- function(text, t, formula, groups) {
    r <- run("groups", "survival", t, groups)
    s <- survdiff(formula, t); sum_of <- function(x) if (is.matrix(x)) rowSums(x) else x
    report(paste("log-rank:", text), c(series(r, "observed"), series(r, "expected"), r[c("chi_square", "p")]),
           c(sum_of(s$obs), sum_of(s$exp), s$chisq, pchisq(s$chisq, groups - 1, lower.tail = FALSE)))
    formula <- update(formula, . ~ . - group + factor(group))
    c <- summary(coxph(formula, t, control = coxph.control(eps = 1e-11)))
    report(paste("hazard ratios:", text), c(series(r, "ratio")[-1], series(r, "ratio_low")[-1], series(r, "ratio_high")[-1], series(r, "ratio_p")[-1]),
           c(c$coefficients[, 2], c$conf.int[, 3], c$conf.int[, 4], c$coefficients[, 5]), 1e-7)
}
logrank("lung by sex", data.frame(y = d$event, time = d$time, group = d$sex - 1), Surv(time, y) ~ group, 2)
logrank("veteran by cell type", data.frame(y = v$status, time = v$time, group = as.integer(v$celltype) - 1), Surv(time, y) ~ group, 4)
logrank("lung by three states within sex, tied months", data.frame(y = d$event, time = ceiling(d$time / 30), group = pmin(d$ph.ecog, 2), stratum = d$sex - 1),
        Surv(time, y) ~ group + strata(stratum), 3)
t <- data.frame(y = d$event, time = d$time, entry = d$entry, group = d$sex - 1) # survdiff knows no late entry: the score test of coxph, without ties
t$time <- t$time + rank(t$time, ties.method = "first") / 1e4
report("log-rank with late entry is the score test of coxph", run("groups", "survival", t, 2)["chi_square"],
       summary(coxph(Surv(entry, time, y) ~ group, t))$sctest["test"])

# ---- maximally selected statistics ------------------------------------------------------------------------------------------------
lausen_92 <- function(b, low, high) if (b < 1) 1 else min(1, 4 * dnorm(b) / b + dnorm(b) * (b - 1 / b) * log(high * (1 - low) / ((1 - high) * low)))
lausen_94 <- function(b, n, m) {
    m1 <- head(m, -1); m2 <- tail(m, -1); t <- sqrt(1 - m1 * (n - m2) / ((n - m1) * m2))
    min(1, 2 * (1 - pnorm(b)) + sum(exp(-b^2 / 2) / pi * (t - (b^2 / 4 - 1) * t^3 / 6)))
}
standardised <- function(x, s, cut) {
    n <- length(s); m <- sum(x <= cut)
    abs(sum(s[x <= cut]) - m * mean(s)) / sqrt(m * (n - m) / (n * (n - 1)) * sum((s - mean(s))^2))
}
cuts <- function(text, kind, t, s) {
    r <- run("cut", kind, t, 999)
    n <- length(s); x <- t$x
    at <- sort(unique(x)); m <- sapply(at, function(c) sum(x <= c)); ok <- m >= max(1, floor(n / 10 + 1e-9)) & m <= min(n - 1, floor(0.9 * n + 1e-9))
    at <- at[ok]; m <- m[ok]; b <- sapply(at, function(c) standardised(x, s, c)); best <- which.max(b)
    p <- c(lausen_92(b[best], 0.1, 0.9), lausen_94(b[best], n, m))
    report(paste("maximally selected:", text), r[c("one_cut0", "one_statistic0", "one_below0", "one_p92_0", "one_p94_0", "one_p")],
           c(at[best], b[best], m[best], p, min(p)), 1e-8)
    q <- quantile(x, 1:2 / 3, type = 1); half <- quantile(x, 0.5, type = 1)
    report(paste("median and terciles:", text), r[c("median_cut0", "median_statistic0", "terciles_cut0", "terciles_cut1", "terciles_statistic1")],
           c(half, standardised(x, s, half), q, standardised(x, s, q[2])))
    if (length(at) > 100) return()
    pairs <- t(combn(length(at), 2)); low <- m[pairs[, 1]]; high <- m[pairs[, 2]]
    ok <- high - low >= floor(n / 10) & n - high >= floor(n / 10); pairs <- pairs[ok, ]; low <- low[ok]; high <- high[ok]
    three <- function(s) {
        s <- s - mean(s); u <- cumsum(s)
        (n - 1) / sum(s^2) * (u[low]^2 / low + (u[high] - u[low])^2 / (high - low) + u[high]^2 / (n - high))
    }
    value <- three(s[order(x)]); k <- pairs[which.max(value), ]
    chance <- mean(replicate(2000, max(three(sample(s)))) >= max(value))
    report(paste("best pair:", text), r[c("two_cut0", "two_cut1", "two_p92_1", "two_p94_0")],
           c(at[k], min(1, 2 * lausen_92(b[k[2]], 0.1, 0.9)), min(1, 2 * lausen_94(b[k[1]], n, m))), 1e-8)
    report(paste("its p by other permutations:", text), 1 + (r["two_p"] - chance) / sqrt(max(chance, 0.002) / 100), 1, 1)
}
null <- coxph(Surv(time, event) ~ 1, d, ties = "breslow")
cuts("lung by age, log-rank scores", "survival", data.frame(y = d$event, time = d$time, x = d$age), residuals(null))
null <- coxph(Surv(entry, time, event) ~ strata(sex), d, ties = "breslow")
cuts("lung by Karnofsky's index, late entry within sex", "survival",
     data.frame(y = d$event, time = d$time, entry = d$entry, stratum = d$sex - 1, x = d$ph.karno), residuals(null))
cuts("a number", "continuous", data.frame(y, x = a), y)
cuts("two classes, weighted", "binary", data.frame(y = z[m], x = a[m], weight = w[m]), (w * (z - mean_of(1:n, z)))[m])
cuts("counts", "count", data.frame(y = k, x = round(b, 2), exposure = e), k - sum(k) / sum(e) * e)

g3 <- findInterval(b, quantile(b, 1:2 / 3))
x <- chisq.test(g3, z, correct = FALSE)$statistic * (n - 1) / n
report("classes in three groups: Pearson's chi-square", run("differ", "binary", data.frame(y = z, group = g3), 3), c(x, 2, pchisq(x, 2, lower.tail = FALSE)), 1e-8)
x <- summary(lm(y ~ factor(g3)))$r.squared * (n - 1)
report("a number in three groups: the share of variance between them", run("differ", "continuous", data.frame(y, group = g3), 3), c(x, 2, pchisq(x, 2, lower.tail = FALSE)), 1e-8)

# ---- bounds and distributions -------------------------------------------------------------------------------------------------------
stabs <- function(q, p, cutoff, B) q^2 / p / (if (cutoff <= 3 / 4) 2 * (2 * cutoff - 1 - 1 / (2 * B)) else (1 + 1 / B) / (4 * (1 - cutoff + 1 / (2 * B))))
for (cutoff in c(0.6, 0.75, 0.9))
    report(paste("bounds on false selections, threshold", cutoff), run("bounds", "binary", data.frame(y = 1), 12, 500, cutoff, 50),
           c(12^2 / (2 * cutoff - 1) / 500, stabs(12, 500, cutoff, 50)))
for (df in 1:6)
    report(paste("tails,", df, "degrees of freedom"), run("tails", "binary", data.frame(y = 1), 3.7, df, df - 1, 12),
           c(pchisq(3.7, df, lower.tail = FALSE), 2 * pnorm(-3.7), wilson(df - 1, 12)), 1e-8)
EOF
Rscript compare.R 2>warnings || { cat warnings; echo "not ok - the comparison comes to its end"; }
