#!/bin/sh
# Survival and matched sets agree with R's coxph, concordance and clogit to 1e-6 on cohorts that R carries, measures at times with the same
# worked out in R, on one, two and three row blocks with the same bytes.
set -u
: "${MPIRUN:=mpirun}" "${top_builddir:=.}"
refit=$top_builddir/tests/tools/refit_survival
if ! command -v Rscript >/dev/null 2>&1 || ! Rscript -e 'library(survival)' >/dev/null 2>&1; then
    echo "ok - skipped: survival against R needs Rscript and its package survival (Debian: r-base-core, r-cran-survival)"
    exit 0
fi
export MPIRUN refit

cat >compare.R <<'EOF'
suppressMessages(library(survival))
jobs <- list()
job <- function(name, kind, ...) {
    table <- data.frame(...)
    jobs[[name]] <<- list(kind = kind, table = table)
    text <- vapply(table, function(x) format(as.numeric(x), digits = 17, trim = TRUE, scientific = FALSE), character(nrow(table)))
    write.table(text, name, row.names = FALSE, quote = FALSE)
}
run_all <- function(ranks) {
    words <- unlist(lapply(names(jobs), function(n) c(jobs[[n]]$kind, n)))
    system(paste(Sys.getenv("MPIRUN"), "-n", ranks, Sys.getenv("refit"), paste(words, collapse = " ")), intern = TRUE)
}
parse <- function(lines) {
    at <- cumsum(startsWith(lines, "= "))
    parts <- lapply(split(lines, at), function(part) {
        words <- strsplit(part[-1], " ")
        setNames(lapply(words, function(w) if (grepl("verdict", w[1])) w[2] else as.numeric(w[2])), sapply(words, `[`, 1))
    })
    setNames(parts, sub("= ", "", lines[startsWith(lines, "= ")]))
}
report <- function(text, ours, theirs, tolerance = 1e-6) {
    ours <- unlist(ours)
    right <- length(ours) == length(theirs) && all(abs(ours - theirs) <= tolerance * (abs(theirs) + 0.01))
    cat(if (isTRUE(right)) "ok - " else "not ok - ", text, "\n", sep = "")
    if (!isTRUE(right)) cat("# shihyo", format(head(ours, 9), digits = 12), "\n# R     ", format(head(theirs, 9), digits = 12), "\n")
}
pick <- function(r, pattern) r[grepl(paste0("^", pattern, "[0-9]*$"), names(r))]

# ---- what R says of a table of survival ----
surv <- function(d) if (is.null(d$entry)) Surv(d$time, d$event) else Surv(d$entry, d$time, d$event)
cox <- function(d, columns) {
    right <- c(if (length(columns)) columns else "1", if (!is.null(d$stratum)) "strata(stratum)")
    d$s <- surv(d)
    d$w <- if (is.null(d$weight)) 1 else d$weight
    f <- coxph(as.formula(paste("s ~", paste(right, collapse = "+"))), d, weights = w, ties = "efron",
               control = coxph.control(eps = 1e-11, toler.chol = 1e-14, iter.max = 100), x = TRUE)
    list(fit = f, lp = if (length(columns)) as.vector(scale(as.matrix(d[columns]), scale = FALSE) %*% coef(f)) else rep(0, nrow(d)),
         se = sqrt(diag(if (is.null(f$naive.var)) f$var else f$naive.var)), loglik = tail(f$loglik, 1))
}
# Chance of being uncensored before t; deaths come before censorings at equal times.
before <- function(d) {
    late <- d$time + ifelse(d$event == 0, 1e-7, 0)
    s <- if (is.null(d$entry)) Surv(late, 1 - d$event) else Surv(d$entry + 2e-7, late, 1 - d$event)
    km <- survfit(s ~ 1, weights = if (is.null(d$weight)) rep(1, nrow(d)) else d$weight, timefix = FALSE)
    stepfun(km$time, c(1, km$surv))
}
lives <- function(d, t) (d$time > t | (d$time == t & d$event == 0)) & (if (is.null(d$entry)) TRUE else d$entry < t)
died <- function(d, t) d$time <= t & d$event == 1
concord <- function(d, lp, ...) {
    d$s <- surv(d); d$lp <- round(lp, 10); d$w <- if (is.null(d$weight)) 1 else d$weight
    f <- if (is.null(d$stratum)) s ~ lp else s ~ lp + strata(stratum)
    concordance(f, d, weights = w, reverse = TRUE, ...)$concordance
}
deaths <- function(d) { # up to the last one with a tenth uncensored
    t <- sort(d$time[d$event == 1])
    t[before(d)(t) >= 0.1]
}
hazard <- function(d, lp, stratum, t) { # Breslow's
    own <- if (is.null(d$stratum)) rep(TRUE, nrow(d)) else d$stratum == stratum
    w <- if (is.null(d$weight)) rep(1, nrow(d)) else d$weight
    sum(vapply(unique(d$time[own & d$event == 1 & d$time <= t]), function(u)
        sum(w[own & d$event == 1 & d$time == u]) /
            sum((w * exp(lp))[own & d$time >= u & (if (is.null(d$entry)) TRUE else d$entry < u)]), 0))
}
risks <- function(d, lp, t) {
    s <- if (is.null(d$stratum)) rep(0, nrow(d)) else d$stratum
    h <- sapply(unique(s), function(k) hazard(d, lp, k, t))
    1 - exp(-h[match(s, unique(s))] * exp(lp))
}
auc_t <- function(d, lp) {
    w <- if (is.null(d$weight)) rep(1, nrow(d)) else d$weight
    g <- before(d); t <- deaths(d)
    mean(sapply(t[(1:3 * (length(t) - 1)) %/% 4 + 1], function(u) {
        risk <- round(if (is.null(d$stratum)) lp else risks(d, lp, u), 10)
        case <- died(d, u); control <- lives(d, u)
        pairs <- outer((w / g(d$time))[case], w[control])
        sum(pairs * outer(risk[case], risk[control], function(a, b) (a > b) + (a == b) / 2)) / sum(pairs)
    }))
}
ibs <- function(d, lp) {
    w <- if (is.null(d$weight)) rep(1, nrow(d)) else d$weight
    g <- before(d); t <- deaths(d); t <- unique(t[(0:19 * (length(t) - 1)) %/% 19 + 1])
    b <- sapply(t, function(u) {
        p <- risks(d, lp, u)
        sum(w * ifelse(lives(d, u), p^2 / g(u), ifelse(died(d, u), (1 - p)^2 / g(d$time), 0))) / sum(w)
    })
    sum(diff(t) * (head(b, -1) + tail(b, -1)) / 2) / diff(range(t))
}
compare_survival <- function(name, r, timed = TRUE) {
    d <- jobs[[name]]$table
    terms <- grep("^x", names(d), value = TRUE); covariates <- grep("^c", names(d), value = TRUE)
    full <- cox(d, c(covariates, terms)); null <- cox(d, covariates)
    own <- seq_along(terms) + length(covariates)
    report(paste("coxph:", name), c(pick(r, "coefficient"), pick(r, "error"), r["lr"], pick(r, "covariate")),
           c(coef(full$fit)[own], full$se[own], 2 * (full$loglik - null$loglik), coef(full$fit)[seq_along(covariates)]))
    report(paste("martingale residuals:", name), c(pick(r, "residual"), pick(r, "response")),
           unname(c(residuals(full$fit, weighted = TRUE), residuals(null$fit, weighted = TRUE))))
    report(paste("concordance:", name), r[c("c", "null_c")], c(concord(d, full$lp), concord(d, null$lp)))
    if (is.null(d$entry) && is.null(d$stratum))
        report(paste("concordance, n/G2:", name), r[c("uno_c", "null_uno_c")],
               c(concord(d, full$lp, timewt = "n/G2", ymax = max(deaths(d))), concord(d, null$lp, timewt = "n/G2", ymax = max(deaths(d)))))
    if (timed)
        report(paste("AUC at times, integrated Brier score:", name), r[c("auc_t", "ibs", "null_ibs")],
               c(auc_t(d, full$lp), ibs(d, full$lp), ibs(d, null$lp)))
}
compare_matched <- function(name, r) {
    d <- jobs[[name]]$table
    terms <- grep("^x", names(d), value = TRUE); covariates <- grep("^c", names(d), value = TRUE)
    f <- clogit(as.formula(paste("event ~", paste(c(covariates, terms), collapse = "+"), "+ strata(stratum)")), d, method = "exact",
                control = coxph.control(eps = 1e-11, toler.chol = 1e-14, iter.max = 100))
    null <- if (length(covariates)) clogit(as.formula(paste("event ~", paste(covariates, collapse = "+"), "+ strata(stratum)")), d,
                                           method = "exact", control = coxph.control(eps = 1e-11, toler.chol = 1e-14, iter.max = 100))$loglik[2] else f$loglik[1]
    own <- seq_along(terms) + length(covariates)
    d$lp <- round(as.vector(as.matrix(d[c(covariates, terms)]) %*% coef(f)), 10)
    report(paste("clogit:", name), c(pick(r, "coefficient"), pick(r, "error"), r["lr"], r["deviance"], r["c"]),
           c(coef(f)[own], sqrt(diag(f$var))[own], 2 * (f$loglik[2] - null), -2 * f$loglik[2],
             concordance(Surv(rep(1, nrow(d)), d$event) ~ lp + strata(stratum), d, reverse = TRUE)$concordance))
}
compare_horizon <- function(name, r) {
    d <- jobs[[name]]$table; h <- as.numeric(jobs[[name]]$kind); g <- before(d)
    weight <- ifelse(lives(d, h), 1 / g(h), ifelse(died(d, h) & (if (is.null(d$entry)) TRUE else d$entry < h), 1 / g(d$time), 0))
    report(paste("weights of a horizon:", name), c(pick(r, "y"), pick(r, "weight")),
           c(as.numeric(died(d, h) & (if (is.null(d$entry)) TRUE else d$entry < h)), weight))
    if (is.null(d$entry) && !any(d$time == h)) { # the same by redistributing the censored to the right
        theirs <- rttright(Surv(d$time, d$event) ~ 1, times = h)
        report(paste("rttright:", name), pick(r, "weight"), as.vector(theirs))
    }
}

# ---- cohorts ----
l <- lung[complete.cases(lung[c("time", "status", "age", "sex", "ph.ecog", "ph.karno")]), ]
job("lung", "survival", time = l$time, event = l$status == 2, x1 = l$age, x2 = l$ph.ecog, x3 = l$sex)
job("lung-strata-weights", "survival", time = l$time, event = l$status == 2, weight = 0.5 + seq_len(nrow(l)) %% 4 / 2,
    stratum = l$sex, c1 = l$age, x1 = l$ph.ecog, x2 = l$ph.karno / l$age)
job("lung-late-entry", "survival", time = l$time, event = l$status == 2, entry = floor(l$time * (seq_len(nrow(l)) %% 5) / 8) - 1,
    c1 = l$sex, x1 = l$age * l$ph.ecog)
job("lung-months-tied", "survival", time = ceiling(l$time / 60), event = l$status == 2, x1 = log(l$age), x2 = l$ph.karno)
job("ovarian", "survival", time = ovarian$futime, event = ovarian$fustat, x1 = ovarian$age, x2 = ovarian$rx)
p <- pbc[!is.na(pbc$trt), ]
job("pbc", "survival", time = p$time, event = p$status == 2, c1 = p$age, c2 = p$edema, x1 = log(p$bili), x2 = p$albumin / log(p$protime))
job("heart", "survival", entry = heart$start, time = heart$stop, event = heart$event, c1 = heart$age, x1 = heart$transplant == 1,
    x2 = heart$year)
job("heart-strata-tied", "survival", entry = floor(heart$start / 30) - 0.5, time = ceiling(heart$stop / 30), event = heart$event,
    stratum = heart$surgery, x1 = heart$age, x2 = heart$year)
v <- veteran
job("veteran", "survival", time = v$time, event = v$status, stratum = as.integer(v$celltype) - 1, c1 = v$trt, x1 = v$karno, x2 = v$age * v$karno)
set.seed(4)
n <- 400; z <- rnorm(n); u <- 1e6 + rnorm(n)
job("simulated-offset-1e6", "survival", time = rexp(n, exp(z + u - 1e6)), event = runif(n) < 0.5, x1 = z, x2 = u)
i <- infert
job("infert", "matched", event = i$case, stratum = i$stratum, c1 = i$spontaneous, x1 = i$induced)
k <- l[!is.na(l$inst), ]
job("lung-centres", "matched", event = k$status == 2, stratum = k$inst, x1 = k$age, x2 = k$ph.karno)
job("lung-years", "matched", event = k$status == 1, stratum = floor(k$age / 10), x1 = k$time / 100, x2 = k$ph.ecog)
job("pbc-3-years", "1095.5", time = p$time, event = p$status == 2)
job("lung-1-year", "365", time = l$time, event = l$status == 2)
job("lung-late-1-year", "365", time = l$time, event = l$status == 2, entry = floor(l$time * (seq_len(nrow(l)) %% 5) / 8) - 1)

lines <- run_all(1)
results <- parse(lines)
for (ranks in 2:3) {
    same <- identical(run_all(ranks), lines) && length(results) == length(jobs)
    cat(if (same) "ok - " else "not ok - ", "the same bytes on ", ranks, " row blocks\n", sep = "")
}
for (name in names(jobs)) {
    r <- results[[name]]
    if (jobs[[name]]$kind == "survival") compare_survival(name, r, !startsWith(name, "heart"))
    if (jobs[[name]]$kind == "matched") compare_matched(name, r)
    if (grepl("^[0-9]", jobs[[name]]$kind)) compare_horizon(name, r)
}

# ---- a horizon is a weighted binary outcome: its AUC is Uno's, its Brier score the one weighted for censoring ----
d <- jobs[["pbc-3-years"]]$table; h <- 1095.5; g <- before(d)
r <- results[["pbc-3-years"]]; w <- unlist(pick(r, "weight")); y <- unlist(pick(r, "y")); score <- log(p$bili)
case <- died(d, h); control <- d$time > h
pairs <- outer(1 / g(d$time[case]), rep(1, sum(control)))
uno <- sum(pairs * outer(score[case], score[control], function(a, b) (a > b) + (a == b) / 2)) / sum(pairs)
weighted <- outer(w[y == 1], w[y == 0])
report("the weighted AUC of a horizon is Uno's AUC(t)",
       sum(weighted * outer(score[y == 1], score[y == 0], function(a, b) (a > b) + (a == b) / 2)) / sum(weighted), uno)
risk <- plogis(score - 2)
report("the weighted Brier score of a horizon is the one weighted for censoring", sum(w * (y - risk)^2) / length(y),
       mean(ifelse(control, risk^2 / g(h), ifelse(case, (1 - risk)^2 / g(d$time), 0))))
EOF
Rscript compare.R
