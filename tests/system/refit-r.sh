#!/bin/sh
# Refits agree with R's lm and glm to 1e-8, and the AUC with its Wilcoxon statistic, on data that R carries or simulates.
set -u
: "${MPIRUN:=mpirun}" "${top_builddir:=.}"
refit=$top_builddir/tests/tools/refit
if ! command -v Rscript >/dev/null 2>&1; then
    echo "ok - skipped: refits against R need Rscript (Debian: r-base-core)"
    exit 0
fi
export MPIRUN refit

cat >compare.R <<'EOF'
run <- function(kind, table, ranks) {
    write(t(format(as.matrix(table), digits = 17, trim = TRUE)), "table.txt", ncolumns = ncol(table))
    lines <- system(paste(Sys.getenv("MPIRUN"), "-n", ranks, Sys.getenv("refit"), kind, "table.txt"), intern = TRUE)
    words <- strsplit(lines, " ")
    setNames(lapply(words, function(w) if (w[1] == "verdict") w[2] else as.numeric(w[2])), sapply(words, `[`, 1))
}
near <- function(ours, theirs) {
    ours <- unlist(ours)
    length(ours) == length(theirs) && all(abs(ours - theirs) <= 1e-8 * (abs(theirs) + 1e-8))
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
    report(ours$verdict == verdict && all(is.finite(unlist(ours[-1]))), text, ours, verdict)
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
says("separated", "glm: setosa is separated by its petals", as.numeric(iris$Species == "setosa"), iris$Petal.Length)
says("singular", "glm: the same column twice", mtcars$am, mtcars$mpg, 2 * mtcars$mpg + 1)
EOF
Rscript compare.R
