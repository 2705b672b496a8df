#!/bin/sh
# Elastic nets agree with R's glmnet: the path of lambdas, coefficients at them to 1e-5, the lambda that cv.glmnet chooses with the same folds; for numbers, classes,
# counts and survival, with case weights and with covariates that are not penalised, on data that are simulated or that R's package survival carries.
set -u
: "${top_builddir:=.}"
elastic=$top_builddir/tests/tools/elastic
if ! command -v Rscript >/dev/null 2>&1; then
    echo "ok - skipped: elastic nets against R need Rscript (Debian: r-base-core)"
    exit 0
fi
if ! Rscript -e 'quit(status = !(requireNamespace("glmnet", quietly = TRUE) && requireNamespace("survival", quietly = TRUE)))' >/dev/null 2>&1; then
    echo "ok - skipped: elastic nets against R need its packages glmnet and survival (Debian: r-cran-glmnet, r-cran-survival)"
    exit 0
fi
export elastic

cat >compare.R <<'EOF'
suppressPackageStartupMessages({ library(glmnet); library(survival) })
report <- function(right, text, ...) {
    cat(if (isTRUE(right)) "ok - " else "not ok - ", text, "\n", sep = "")
    if (!isTRUE(right)) cat("#", ..., "\n")
}
ours <- function(family, table, ratio = 0.02, ...) {
    table <- as.data.frame(table)
    write.table(format(table, digits = 17, trim = TRUE), "table.txt", quote = FALSE, row.names = FALSE)
    lines <- system2(Sys.getenv("elastic"), c(family, "table.txt", 1e-14, ratio, ...), stdout = TRUE)
    words <- strsplit(lines, " ")
    is_path <- !sapply(words, `[`, 1) %in% c("loss", "best")
    path <- do.call(rbind, lapply(words[is_path], as.numeric))
    take <- function(name) as.numeric(unlist(words[sapply(words, `[`, 1) == name])[-1])
    list(lambda = path[, 1], explained = path[, 2], beta = path[, -(1:2), drop = FALSE], loss = take("loss"), best = take("best"))
}
# of coefficients of standardised columns, and the prediction at their means; of small ones the difference counts
largest <- function(ours, theirs, x) {
    move <- function(b) { b <- rbind(b); cbind(b[, 1] + b[, -1, drop = FALSE] %*% colMeans(x), sweep(b[, -1, drop = FALSE], 2, apply(x, 2, sd), "*")) }
    expected <- move(theirs)
    max(abs(move(ours) - expected) / (abs(expected) + 0.1 * max(1, abs(expected))))
}

# x: penalised, c: not (glmnet divides the penalties by their mean)
check <- function(text, family, x, y, c = NULL, weight = NULL, offset = NULL, folds = 5, losses = TRUE, ratio = 0.02) {
    x <- as.matrix(x); colnames(x) <- paste0("x", seq_len(ncol(x)))
    if (!is.null(c)) { c <- as.matrix(c); colnames(c) <- paste0("c", seq_len(ncol(c))) }
    all <- cbind(c, x); penalty <- c(rep(0, NCOL(c) * !is.null(c)), rep(1, ncol(x))); unit <- 1 / mean(penalty)
    w <- if (is.null(weight)) rep(1, nrow(x)) else weight
    table <- cbind(if (inherits(y, "Surv")) as.data.frame(as.matrix(y)) else data.frame(y = y), as.data.frame(all))
    names(table)[names(table) == "status"] <- "event"
    if (!is.null(weight)) table$weight <- w
    if (!is.null(offset)) table$offset <- offset
    options <- list(family = family, alpha = 0.5, weights = w, offset = offset, penalty.factor = penalty, thresh = 1e-14, maxit = 1e7, lambda.min.ratio = ratio)
    fit <- do.call(glmnet, c(list(all, y), options))
    mine <- ours(family, table, ratio)
    same <- seq_len(min(length(fit$lambda), length(mine$lambda)))
    report(max(abs(mine$lambda[same] / (fit$lambda[same] * unit) - 1)) < 1e-6 && abs(length(fit$lambda) - length(mine$lambda)) <= 1, paste("path of", text),
           length(mine$lambda), length(fit$lambda), head(mine$lambda), head(fit$lambda * unit))
    wanted <- if (family == "cox") rbind(0, as.matrix(fit$beta)) else as.matrix(coef(fit))
    worst <- largest(mine$beta[same, ], t(wanted)[same, ], all)
    report(worst < 1e-5, paste("coefficients of", text), worst)
    report(max(abs(mine$explained[same] - fit$dev.ratio[same])) < 1e-6, paste("deviance explained, of", text),
           head(mine$explained), head(fit$dev.ratio))
    given <- signif(fit$lambda[c(10, 20, 30)] * unit, 4)
    at <- ours(family, table, 0, given)
    theirs <- do.call(glmnet, c(list(all, y), modifyList(options, list(lambda = given / unit))))
    wanted <- if (family == "cox") rbind(0, as.matrix(theirs$beta)) else as.matrix(coef(theirs))
    report(largest(at$beta, t(wanted), all) < 1e-5, paste("coefficients at given lambdas, of", text), largest(at$beta, t(wanted), all))

    fold <- rep_len(seq_len(folds), nrow(x))[order(runif(nrow(x)))]
    table$fold <- fold - 1
    chosen <- ours(family, table, ratio)
    crossed <- do.call(cv.glmnet, c(list(all, y, foldid = fold), modifyList(options, list(lambda = fit$lambda)))) # each of them in each fold, not interpolated
    both <- seq_len(min(length(crossed$cvm), length(chosen$loss)))
    shift <- if (family == "cox") (chosen$loss - crossed$cvm)[1] else 0 # what does not depend on the model
    report(abs(chosen$lambda[chosen$best] / (crossed$lambda.min * unit) - 1) < 1e-6 && (!losses || max(abs(chosen$loss[both] - crossed$cvm[both] - shift)) < 1e-5 * max(crossed$cvm)),
           paste("lambda.min of", text), chosen$lambda[chosen$best], crossed$lambda.min * unit, max(abs(chosen$loss[both] - crossed$cvm[both] - shift)))
}

set.seed(3)
n <- 120
x <- matrix(rnorm(n * 30), n) %*% chol(0.5^abs(outer(1:30, 1:30, "-")))
x[, 5] <- exp(x[, 5]); x[, 6] <- x[, 6] > 0; x[, 7] <- 1e4 + 100 * x[, 7]
eta <- x[, 1] - 0.7 * x[, 2] + 0.4 * x[, 5] + 0.6 * x[, 6]
w <- runif(n, 0.3, 2)
c <- cbind(eta / 2 + rnorm(n), rbinom(n, 1, 0.4))
wide <- cbind(x, matrix(rnorm(n * 270), n))
check("numbers", "gaussian", x, 3 + eta + rnorm(n))
check("numbers, with weights and covariates", "gaussian", x, 20 * (eta + c[, 2] + rnorm(n)), c, w)
check("numbers, more columns than samples", "gaussian", wide, eta + rnorm(n), ratio = 0.1)
check("classes", "binomial", x, as.numeric(runif(n) < plogis(eta - 0.5)))
check("classes, with weights and covariates", "binomial", x, as.numeric(runif(n) < plogis(eta + c[, 2])), c, w)
full <- ours("binomial", data.frame(y = as.numeric(eta > rlogis(n)), x1 = x[, 1], x2 = x[, 2]), 0)
report(abs(full$lambda[21] / full$lambda[1] - 1e-4^(20 / 99)) < 1e-12, "the path goes down to 1e-4 of its first lambda where there are more samples than columns")
check("classes, more columns than samples", "binomial", wide, as.numeric(runif(n) < plogis(eta)), ratio = 0.1)
check("counts", "poisson", x, rpois(n, exp(0.5 + eta / 3)))
e <- log(runif(n, 0.2, 3))
check("counts, with exposure, weights and covariates", "poisson", x, rpois(n, exp(0.7 + e + eta / 3)), c, w, e)
time <- ceiling(10 * rexp(n) * exp(-eta / 2)); event <- rbinom(n, 1, 0.7)
check("survival with ties", "cox", x, Surv(time, event))
# glmnet gives the weights of all and of the training rows the same mean before it takes the likelihoods from each other
check("survival with ties, weights and covariates", "cox", x, Surv(time, event), c, w, losses = FALSE)
check("survival, more columns than samples", "cox", wide, Surv(time, event), ratio = 0.2)
# glmnet takes long for these, and does not come to its end: Cox's model itself where the penalty vanishes, and the conditions of the minimum
cox <- function(text, formula, begin, group, ...) {
    z <- x[, 1:10]; colnames(z) <- paste0("x", 1:10)
    vanishing <- ours("cox", data.frame(time, event, ..., z), 0, 1e-10)$beta[, -1]
    environment(formula) <- environment()
    expected <- coef(coxph(update(formula, . ~ . + z), ties = "breslow", control = coxph.control(eps = 1e-12, toler.chol = 1e-13, iter.max = 100)))
    report(max(abs(vanishing / expected - 1)) < 1e-5, paste("survival::coxph,", text), vanishing, expected)
    # at a lambda: the derivative of the likelihood, death by death, is that of the penalty, or within it where a coefficient is 0
    at <- ours("cox", data.frame(time, event, ..., z), 0, 0.05)$beta[, -1]
    risk <- as.vector(exp(scale(z, scale = FALSE) %*% at)); s <- apply(z, 2, sd) * sqrt(1 - 1 / n)
    slope <- rowSums(sapply(which(event == 1), function(i) {
        there <- time >= time[i] & begin < time[i] & group == group[i]
        z[i, ] - colSums(risk[there] * z[there, , drop = FALSE]) / sum(risk[there])
    })) / s / n
    right <- ifelse(at == 0, abs(slope) <= 0.025, abs(slope - 0.05 * (sign(at) + s * at) / 2) < 1e-6)
    report(all(right) && any(at == 0) && any(at != 0), paste("conditions of the minimum, survival", text), at, slope)
}
entry <- time * runif(n, 0, 0.9)
cox("with late entry", Surv(entry, time, event) ~ 1, entry, rep(0, n), entry = entry)
stratum <- rep(0:2, length.out = n)
cox("in strata", Surv(time, event) ~ strata(stratum), rep(0, n), stratum, stratum = stratum)

p <- na.omit(subset(pbc, select = c(time, status, age, edema, bili, chol, albumin, copper, alk.phos, ast, trig, platelet, protime, stage)))
# in years: of large times glmnet does not tell those censored at a death from those who die
check("survival::pbc", "cox", p[, -(1:2)], Surv(p$time / 365.25, p$status == 2))
check("survival::pbc, death as a class, on logs", "binomial", cbind(log(p[, c("bili", "chol", "albumin", "copper", "alk.phos", "ast", "trig", "platelet", "protime")]), p$stage),
      as.numeric(p$status == 2), p[, c("age", "edema")])
l <- na.omit(subset(lung, select = c(time, status, age, sex, ph.ecog, ph.karno, pat.karno, meal.cal, wt.loss)))
check("survival::lung", "cox", l[, -(1:4)], Surv(l$time / 365.25, l$status == 2), l[, c("age", "sex")])
EOF
Rscript compare.R
