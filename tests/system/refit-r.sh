#!/bin/sh
# Refits agree with R's lm and glm to 1e-8, and the AUC with its Wilcoxon statistic, on data that R carries or simulates; so do those with case
# weights and covariates, of counts, of ordered levels and with Firth's penalty (likelihoods maximised here; MASS::polr if it is there).
set -u
: "${MPIRUN:=mpirun}" "${top_builddir:=.}"
refit=$top_builddir/tests/tools/refit
if ! command -v Rscript >/dev/null 2>&1; then
    echo "ok - skipped: refits against R need Rscript (Debian: r-base-core)"
    exit 0
fi
export MPIRUN refit

cat >compare.R <<'EOF'
run <- function(kind, table, ranks, roles = "") {
    write(t(format(as.matrix(table), digits = 17, trim = TRUE)), "table.txt", ncolumns = ncol(table))
    lines <- system(paste(Sys.getenv("MPIRUN"), "-n", ranks, Sys.getenv("refit"), kind, "table.txt", roles), intern = TRUE)
    words <- strsplit(lines, " ")
    setNames(lapply(words, function(w) if (w[1] == "verdict") w[2] else as.numeric(w[2])), sapply(words, `[`, 1))
}
near <- function(ours, theirs, tolerance = 1e-8) {
    ours <- unlist(ours)
    length(ours) == length(theirs) && all(abs(ours - theirs) <= tolerance * (abs(theirs) + tolerance))
}
report <- function(right, text, ours, theirs) {
    cat(if (isTRUE(right)) "ok - " else "not ok - ", text, "\n", sep = "")
    if (!isTRUE(right)) cat("# shihyo", format(unlist(ours), digits = 15), "\n# R     ", format(theirs, digits = 15), "\n")
}
coefficients_of <- function(fit) fit[grepl("^(intercept|coefficient)", names(fit))]

linear <- function(text, y, ...) {
    table <- cbind(y, ...)
    ours <- run("continuous", table, 2)
    theirs <- lm(y ~ ., data = data.frame(y = y, cbind(...)), tol = 1e-13)
    rss <- sum(residuals(theirs)^2)
    expected <- c(coef(theirs), rss / sum((y - mean(y))^2), summary(theirs)$r.squared, sqrt(rss / length(y)))
    got <- c(coefficients_of(ours), ours[c("loss", "r2", "rmse")])
    report(ours$verdict == "fitted" && near(got, expected), paste("lm:", text), got, expected)
}
logistic <- function(text, y, ...) {
    ours <- run("binary", cbind(y, ...), 2)
    theirs <- glm(y ~ ., binomial, data.frame(y = y, cbind(...)), control = list(epsilon = 1e-15, maxit = 200))
    score <- signif(predict(theirs), 12) # samples with equal columns get equal scores, as they should
    wins <- suppressWarnings(wilcox.test(score[y == 1], score[y == 0])$statistic)
    expected <- c(coef(theirs), theirs$deviance / theirs$null.deviance, wins / (sum(y == 1) * sum(y == 0)),
                  theirs$deviance, mean((y - fitted(theirs))^2))
    got <- c(coefficients_of(ours), ours[c("loss", "auc", "deviance", "brier")])
    report(ours$verdict == "fitted" && near(got, expected), paste("glm:", text), got, expected)
}
says <- function(verdict, text, y, ...) {
    ours <- run("binary", cbind(y, ...), 1)
    numbers <- unlist(ours[!grepl("^(verdict|error)", names(ours))]) # what is not fitted has no error
    report(ours$verdict == verdict && all(is.finite(numbers)), text, ours, verdict)
}

a <- na.omit(airquality)
linear("mpg on weight", mtcars$mpg, mtcars$wt)
linear("mpg on weight, power and their product", mtcars$mpg, mtcars$wt, mtcars$hp, mtcars$wt * mtcars$hp)
linear("ozone on temperature and wind / temperature", a$Ozone, a$Temp, a$Wind / a$Temp)
linear("Longley's employment on two nearly collinear columns", longley$Employed, longley$GNP, longley$Year)
linear("eruptions on waiting", faithful$eruptions, faithful$waiting)
logistic("gear box on consumption", mtcars$am, mtcars$mpg)
logistic("infertility on abortions, with many ties", infert$case, infert$spontaneous, infert$induced)
logistic("the same with their product", infert$case, infert$spontaneous, infert$induced, infert$spontaneous * infert$induced)
logistic("versicolor on two sepal measures", as.numeric(iris$Species == "versicolor"), iris$Sepal.Length, iris$Sepal.Width)
set.seed(1)
n <- 3000
u <- exp(rnorm(n)); v <- 1000 + rnorm(n)
logistic("simulated, offset 1000 and heavy tail", as.numeric(runif(n) < plogis(-1 + u / 3 - (v - 1000))), u, v)
logistic("simulated, rare", as.numeric(runif(n) < plogis(-5 + u / 2)), u)
linear("simulated, scales apart by 1e12", 3 + 1e-6 * u * v + rnorm(n), u * 1e-6, v * 1e6, u * v)
says("firth", "glm: setosa is separated by its petals", as.numeric(iris$Species == "setosa"), iris$Petal.Length)
says("singular", "glm: the same column twice", mtcars$am, mtcars$mpg, 2 * mtcars$mpg + 1)

# ---- with covariates, case weights (a third of them 0) and exposure; on 1, 2 and 3 row blocks with the same bits ----
n <- 700
c1 <- rnorm(n, 50, 10); c2 <- 0.5 * c1 + rnorm(n); x1 <- exp(rnorm(n, c1 / 50)); x2 <- rnorm(n) + c2 / 30
w <- pmax(0, runif(n, -1, 2)); e <- runif(n, 0.2, 3)
eta <- 0.3 * x1 / sd(x1) + 0.5 * x2 - 0.03 * (c1 - 50)
several <- function(kind, roles, ...) {
    fits <- lapply(1:3, function(ranks) run(kind, cbind(...), ranks, roles))
    c(fits[[1]], same = identical(fits[[1]], fits[[2]]) && identical(fits[[1]], fits[[3]]))
}
# in this order: intercept, columns, their errors, covariates, thresholds, then the others
parts <- function(fit, others) unlist(fit[c(grep("^(intercept|coefficient|error|covariate|threshold)", names(fit), value = TRUE), others)])
compare <- function(text, fit, expected, others, tolerance = 1e-8, verdict = "fitted") {
    got <- parts(fit, others)
    report(fit$verdict == verdict && fit$same && near(got, expected, tolerance), text, got, expected)
}
coefficients_and_errors <- function(fit) c(coef(fit)[c(1, 4, 5)], sqrt(diag(vcov(fit)))[4:5], coef(fit)[2:3])
concordance <- function(score, y, w) { # over all pairs, one by one
    score <- as.vector(score)
    wins <- outer(score, score, function(a, b) (a > b) + (a == b) / 2); pairs <- outer(y, y, ">") * outer(w, w)
    sum(wins * pairs) / sum(pairs)
}

y <- 3 + eta + rnorm(n)
full <- lm(y ~ c1 + c2 + x1 + x2, weights = w, tol = 1e-13); null <- lm(y ~ c1 + c2, weights = w, tol = 1e-13)
rss <- sum(w * residuals(full)^2); rss0 <- sum(w * residuals(null)^2)
compare("lm with weights and covariates", several("continuous", "yccxxw", y, c1, c2, x1, x2, w),
        c(coefficients_and_errors(full), rss / rss0, 2 * as.numeric(logLik(full) - logLik(null)), summary(full)$r.squared, sqrt(rss / sum(w))),
        c("loss", "likelihood_ratio", "r2", "rmse"))

y <- as.numeric(runif(n) < plogis(eta - 0.5))
control <- list(epsilon = 1e-15, maxit = 200)
suppressWarnings({ # about successes that are no whole numbers, and steps below rounding
    full <- glm(y ~ c1 + c2 + x1 + x2, binomial, weights = w, control = control)
    null <- glm(y ~ c1 + c2, binomial, weights = w, control = control)
})
compare("glm, binomial, with weights and covariates", several("binary", "yccxxw", y, c1, c2, x1, x2, w),
        c(coefficients_and_errors(full), full$deviance / null$deviance, null$deviance - full$deviance, concordance(predict(full), y, w),
          full$deviance, sum(w * (y - fitted(full))^2) / sum(w)),
        c("loss", "likelihood_ratio", "auc", "deviance", "brier"), 1e-7)

y <- rpois(n, e * exp(0.4 + eta))
suppressWarnings({
    full <- glm(y ~ c1 + c2 + x1 + x2 + offset(log(e)), poisson, weights = w, control = control)
    null <- glm(y ~ c1 + c2 + offset(log(e)), poisson, weights = w, control = control)
    average <- glm(y ~ offset(log(e)), poisson, weights = w, control = control)
})
compare("glm, Poisson, with exposure, weights and covariates", several("count", "yccxxwe", y, c1, c2, x1, x2, w, e),
        c(coefficients_and_errors(full), full$deviance / null$deviance, null$deviance - full$deviance, 1 - full$deviance / average$deviance,
          full$deviance, sqrt(sum(w * (y - fitted(full))^2) / sum(w))),
        c("loss", "likelihood_ratio", "explained", "deviance", "rmse"), 1e-7)

# Maximises a likelihood without its derivatives, by Newton's method on central differences: nothing is taken over from shihyo.
climb <- function(f, at) {
    at <- optim(at, f, method = "BFGS", control = list(reltol = 1e-14, maxit = 1000))$par
    for (k in 1:6) {
        h <- optimHess(at, f, control = list(ndeps = rep(1e-3, length(at))))
        g <- sapply(seq_along(at), function(j) {
            s <- replace(numeric(length(at)), j, 1e-3)
            (8 * (f(at + s) - f(at - s)) - f(at + 2 * s) + f(at - 2 * s)) / 12e-3
        })
        at <- at - solve(h, g)
    }
    list(par = at, value = f(at), hessian = h)
}
centre <- c(mean(x1), mean(x2), mean(c1), mean(c2)); spread <- c(sd(x1), sd(x2), sd(c1), sd(c2))
u <- scale(cbind(x1, x2, c1, c2))

latent <- eta + rlogis(n)
y <- (latent > -0.5) + (latent > 0.7) + (latent > 1.6)
minus <- function(p, columns) {
    score <- as.vector(u[, columns] %*% p[-(1:3)])
    cuts <- c(-Inf, p[1:3], Inf)
    -sum(w * log(plogis(cuts[y + 2] - score) - plogis(cuts[y + 1] - score)))
}
suppressWarnings({ # about thresholds out of order, from which the search turns back
    full <- climb(function(p) minus(p, 1:4), c(-0.5, 0.7, 1.6, 0, 0, 0, 0))
    null <- climb(function(p) minus(p, 3:4), c(-0.5, 0.7, 1.6, 0, 0))
})
slopes <- full$par[4:7] / spread
ours <- several("ordinal", "yccxxw", y, c1, c2, x1, x2, w)
compare("proportional odds with weights and covariates, the likelihood maximised in R", ours,
        c(0, slopes[1:2], sqrt(diag(solve(full$hessian)))[4:5] / spread[1:2], slopes[3:4], full$par[1:3] + sum(slopes * centre),
          full$value / null$value, 2 * (null$value - full$value), concordance(u %*% full$par[4:7], y, w), 2 * full$value),
        c("loss", "likelihood_ratio", "concordance", "deviance"), 1e-6)
if (requireNamespace("MASS", quietly = TRUE)) {
    full <- suppressWarnings(MASS::polr(factor(y) ~ x1 + x2 + c1 + c2, weights = w, subset = w > 0, control = list(reltol = 1e-15, maxit = 1000)))
    got <- unlist(ours[c("coefficient1", "coefficient2", "covariate1", "covariate2", "threshold1", "threshold2", "threshold3", "deviance")])
    expected <- c(coef(full), full$zeta, deviance(full))
    report(near(got, expected, 1e-5), "MASS::polr with weights and covariates", got, expected)
}

# Firth: log likelihood + log|information| / 2; few events, and a column that separates them
y <- as.numeric(rank(-x2) <= 9)
design <- cbind(1, u[, 2:3])
probability <- function(p) as.vector(plogis(design %*% p))
information <- function(p) crossprod(design, design * (w * probability(p) * (1 - probability(p))))
likelihood <- function(p) sum(w * dbinom(y, 1, probability(p), log = TRUE))
best <- climb(function(p) -likelihood(p) - as.numeric(determinant(information(p))$modulus) / 2, c(-3, 1, 0))
slopes <- best$par[2:3] / spread[2:3]
compare("Firth's penalised likelihood, maximised in R", several("binary", "yxcw", y, x2, c1, w),
        c(best$par[1] - sum(slopes * centre[2:3]), slopes[1], sqrt(solve(information(best$par))[2, 2]) / spread[2], slopes[2],
          -2 * likelihood(best$par)), "deviance", 1e-6, "firth")
EOF
Rscript compare.R
