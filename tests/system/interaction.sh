#!/bin/sh
# outcome.interaction: in a simulated trial the formula with which the effect of the treatment changes is found, and not the one that has an effect of
# its own; R computes the same models, standard errors and likelihood ratios, and the same screening statistics; the same bytes on any number of
# ranks and row blocks; what makes no sense is refused.
# shellcheck disable=SC2086 # MPIRUN is several words
set -u
: "${SHIHYO:=shihyo}" "${MPIRUN:=mpirun}"

say() { # say STATUS TEXT
    if [ "$1" -eq 0 ]; then printf 'ok - %s\n' "$2"; else printf 'not ok - %s\n' "$2"; fi
}

search() { # search RANKS NAME KEY=VALUE ...: NAME.yaml into out/
    ranks=$1 name=$2
    shift 2
    for assignment in "$@"; do
        shift
        set -- "$@" --set "$assignment"
    done
    rm -rf out
    timeout -k 10 120 $MPIRUN -n "$ranks" "$SHIHYO" search "$name.yaml" -o out "$@" >out.txt 2>err.txt </dev/null
}

# y = 0.5 arm + x1 + arm · x2/x3 + noise; odds and hazard likewise. dose is −1, 0 or 1, its effect on z grows with x2/x3.
awk 'function normal(  s, k) { s = 0; for (k = 0; k < 12; k++) s += rand(); return s - 6 }
BEGIN {
    srand(6)
    print "arm,drug,gap,group,dose,age,x1,x2,x3,x4,x5,y,z,high,days,died"
    for (i = 0; i < 400; i++) {
        arm = rand() < 0.45
        dose = i % 3 - 1
        for (j = 1; j <= 5; j++) x[j] = sprintf("%.6f", exp(0.45 * normal()))
        age = sprintf("%.2f", 60 + 9 * normal())
        eta = 0.02 * (age - 60) + x[1] - 1 + (arm - 0.3) * (x[2] / x[3] - 1.2)
        time = -log(1 - rand()) * exp(-eta)
        end = 2.5 * rand() + 0.1
        printf "%s,%s,%s,%s,%d,%s", arm ? "verum" : "placebo", i % 50 ? arm : "", i % 7 ? i % 11 : "", i % 3 ? "a" i % 3 : "b", dose, age
        for (j = 1; j <= 5; j++) printf ",%s", x[j]
        printf ",%.6f,%.6f", 0.5 * arm + x[1] + arm * x[2] / x[3] + 0.7 * normal(), x[1] + dose * x[2] / x[3] + normal()
        printf ",%d,%.6f,%d\n", rand() < 1 / (1 + exp(-eta)), (time < end ? time : end) + 0.001, time < end
    }
}' >trial.csv
"$SHIHYO" import trial.csv -q -o trial.h5
cat >continuous.yaml <<'END'
cohort: trial.h5
validation: {level: none}
outcome: {column: y, interaction: arm}
factors: {include: ["x*"]}
grammar: {max_complexity: 5}
search: {keep: 10}
END
sed 's/column: y, interaction: arm/column: z, interaction: dose/' continuous.yaml >dose.yaml
sed 's/column: y/column: high, kind: binary, covariates: [age]/' continuous.yaml >binary.yaml
sed 's/column: y/kind: survival, time: days, event: died, covariates: [age]/' continuous.yaml >survival.yaml

# ---- what is found -----------------------------------------------------------------------------------------------------------------

best() { # best DIRECTORY COMPLEXITY
    awk -F '\t' -v c="$2" '$1 == c { print $2 }' "$1/front.tsv"
}
for kind in continuous dose binary survival; do
    search 1 $kind
    say $? "$kind: formulas that interact with the treatment are searched"
    cp out.txt $kind.txt
    mv out $kind
done
[ "$(best continuous 3)" = 'x2 / x3' ] && [ "$(best dose 3)" = 'x2 / x3' ]
say $? 'the planted x2 / x3 is the best of its complexity, of two arms and of three doses'
search 1 continuous outcome.interaction= outcome.covariates='[arm]' grammar.max_complexity=1 && [ "$(best out 1)" = x1 ] &&
    [ "$(best continuous 1)" != x1 ]
say $? 'x1, which has the largest effect of its own, is the best without an interaction only'
grep -Eq '^y = intercept [+] covariates [+] slope \* formula [+] interaction \* \(arm - 0\.[0-9]+\) \* formula$' continuous.txt &&
    grep -Eq '^Covariates: arm; alone: r2' continuous.txt && tr '\n' ' ' <continuous.txt | grep -Fq 'interacts more with arm than every simpler one' && grep -Eq '^# +complexity .* slope  interaction +p$' continuous.txt &&
    grep -Fq 'The treatment arm counts as 1 where it is verum and as 0 where it is placebo.' continuous/run.json
say $? 'the table says what the model is, and which arm is 1'
grep -q '"factors": \["x2"' continuous/front.json && ! grep -q '"factors": \[[^]]*"arm"' continuous/front.json
say $? 'the treatment is no factor'

# ---- agreement with R ----------------------------------------------------------------------------------------------------------------

if command -v Rscript >/dev/null 2>&1; then
    cat >compare.R <<'END'
suppressMessages(library(survival))
d <- read.csv("trial.csv")
d$arm <- as.numeric(d$arm == "verum")
square <- function(x) x * x
inverse <- function(x) 1 / x
entries <- function(kind) {
    lines <- grep('^ *[{"1-9].*"complexity": ', readLines(file.path(kind, "front.json")), value = TRUE)
    lines <- unique(sub('^ *("[0-9]+": )?\\[?', "", lines)) # those of the front are in the lists, too
    inner <- sub('.*"interaction": [{]([^}]*)[}].*', "\\1", lines)
    lines <- sub('"interaction": [{][^}]*[}], ', "", lines)
    number <- function(name, from) as.numeric(sub(paste0('.*"', name, '": ([-0-9.e+]+)[,}]?.*'), "\\1", from))
    one <- function(name) number(name, lines)
    of <- function(name) number(name, inner)
    data.frame(formula = sub('.*"formula": "([^"]*)".*', "\\1", lines), slope = one("slope"), statistic = one("statistic"),
               intercept = if (kind == "survival") NA else one("intercept"), loss = one("loss"), lr = one("likelihood_ratio"),
               interaction = of("slope"), error = of("error"), p = of("p_value"))
}
report <- function(right, text) cat(if (isTRUE(right)) "ok" else "not ok", "-", text, "\n")
fits <- list(
    continuous = function(terms) lm(reformulate(terms, "y"), d), dose = function(terms) lm(reformulate(terms, "z"), d),
    binary = function(terms) glm(reformulate(c("age", terms), "high"), binomial, d, control = list(epsilon = 1e-14, maxit = 100)),
    survival = function(terms) coxph(reformulate(c("age", terms), "Surv(days, died)"), d, control = coxph.control(eps = 1e-12, toler.chol = 1e-13, iter.max = 100)))
for (kind in names(fits)) {
    all <- entries(kind)
    treatment <- if (kind == "dose") d$dose else d$arm
    d$t <- treatment - mean(treatment)
    worst <- statistics <- 0
    for (i in seq_len(nrow(all))) {
        e <- all[i, ]
        expression <- parse(text = e$formula)[[1]]
        d$f <- eval(expression, d)
        d$tf <- d$t * d$f
        whole <- fits[[kind]](c("t", "f", "tf"))
        main <- fits[[kind]](c("t", "f"))
        least <- kind %in% c("continuous", "dose")
        lr <- if (least) nrow(d) * log(deviance(main) / deviance(whole)) else 2 * as.numeric(logLik(whole) - logLik(main))
        loss <- if (kind == "survival") exp(-lr / sum(d$died)) else deviance(whole) / deviance(main)
        b <- coef(whole)
        # of survival the ratio of likelihoods carries what is left of a converged fit's gradient
        expected <- c(b["f"], b["tf"], sqrt(diag(vcov(whole)))["tf"], loss, lr, pchisq(lr, 1, lower.tail = FALSE))
        mine <- c(e$slope, e$interaction, e$error, e$loss, e$lr, e$p)
        if (kind != "survival") {
            expected <- c(expected, b["(Intercept)"] - b["t"] * mean(treatment))
            mine <- c(mine, e$intercept)
        }
        worst <- max(worst, abs(mine - expected) / (abs(expected) + 1e-3))
        if (kind == "continuous" && !grepl("[0-9][.]|[0-9]e", e$formula)) {
            null <- lm(y ~ t, d)
            statistics <- max(statistics, abs(e$statistic - (1 - deviance(lm(y ~ t + tf, d)) / deviance(null))))
        }
    }
    cat(sprintf("# %s: %d formulas, differences of %.2g, of the statistic %.2g\n", kind, nrow(all), worst, statistics))
    report(nrow(all) > 40 && worst < 1e-6, paste0(kind, ": R fits the same slopes, interactions, errors and likelihood ratios"))
    if (kind == "continuous") report(statistics > 0 && statistics < 1e-9, "the screening statistic is the share that the product explains, in R")
}

# What the constants are fitted for: the products of the treatment with the columns of the family, beside the columns.
shifted <- function(e) is.call(e) && (is.numeric(e[[2]]) || is.numeric(e[[length(e)]]))
bare <- function(e) {
    while (is.call(e) && e[[1]] == "(") e <- e[[2]]
    if (shifted(e)) if (is.numeric(e[[2]])) e[[3]] else e[[2]] else e
}
columns <- function(e) { # NULL: a formula without constants
    numbers <- length(grep("[0-9][.]|[0-9]e|[(/*+-] *[0-9]", deparse(e)))
    if (numbers == 0) return(NULL)
    if (e[[1]] == "+" || e[[1]] == "-") return(list(e[[2]], bare(e[[3]])))
    u <- bare(e[[2]])
    v <- bare(e[[3]])
    both <- call("*", u, v)
    plain <- function(e) { while (is.call(e) && e[[1]] == "(") e <- e[[2]]; !shifted(e) }
    if (plain(e[[3]])) list(v, both) else if (plain(e[[2]])) list(u, both) else list(u, v, both)
}
d$t <- d$arm - mean(d$arm)
found <- c(0, 0, 0)
for (kind in c("continuous", "binary", "survival")) {
    all <- entries(paste0(kind, "_families"))
    worst <- 0
    count <- c(0, 0, 0)
    for (formula in all$formula) {
        e <- parse(text = formula)[[1]]
        basis <- columns(e)
        if (is.null(basis)) next
        family <- if (length(basis) == 3) 3 else if (e[[1]] == "*") 2 else 1
        count[family] <- count[family] + 1
        names <- paste0("b", seq_along(basis))
        for (k in seq_along(basis)) d[[names[k]]] <- eval(basis[[k]], d)
        for (k in seq_along(basis)) d[[paste0("t", names[k])]] <- d$t * d[[names[k]]]
        b <- coef(fits[[kind]](c("t", names, paste0("t", names))))[paste0("t", names)]
        worst <- max(worst, 1 - abs(cor(eval(e, d), as.matrix(d[names]) %*% b)))
    }
    cat(sprintf("# %s: %d sums, %d products and %d interactions of two with constants; correlations of 1 - %.2g\n", kind, count[1], count[2], count[3], worst))
    report(sum(count) > 5 && worst < 1e-11, paste0(kind, ": constants are those of R's fit of the products with the treatment"))
    found <- found + count
}
report(all(found > 0), "among them are sums, products and interactions of two")
END
    for kind in continuous binary survival; do
        search 2 $kind 'grammar.operators=["+", "-", "*"]' grammar.max_complexity=7 search.keep=10 && rm -rf ${kind}_families && mv out ${kind}_families
    done
    Rscript compare.R 2>&1 || say 1 'the comparison comes to its end'
else
    echo 'ok - skipped: comparison with R needs Rscript (Debian: r-base-core)'
fi

# ---- ranks ---------------------------------------------------------------------------------------------------------------------------

for case in '3 1 continuous' '2 2 dose' '3 3 binary' '3 3 survival'; do
    set -- $case
    search "$1" "$3" "parallel.row_blocks=$2" && cmp -s out/front.json "$3/front.json" && cmp -s out/front.tsv "$3/front.tsv"
    say $? "$3: $1 ranks, row blocks of $2, write the same bytes"
done

# ---- with other keys -----------------------------------------------------------------------------------------------------------------

search 2 survival outcome.horizons='[0.5]' && grep -q '"interaction": {"treatment": "arm", "slope": ' out/0.5/front.json &&
    grep -q '"interaction": {"treatment": "arm", "slope": ' out/all/front.json
say $? 'each horizon is searched for interactions, too'
search 1 continuous outcome.interaction=drug && grep -Fq 'The treatment drug is missing in 8 of 400 rows, which are left out.' err.txt &&
    grep -q '"n_samples": 392' out/front.json && [ "$(best out 3)" = 'x2 / x3' ]
say $? 'who has no value of the treatment is left out'
search 1 continuous search.screen_rows=200 && [ "$(best out 3)" = 'x2 / x3' ]
say $? 'the planted formula is found by screening on half of the samples'

# ---- what is refused -------------------------------------------------------------------------------------------------------------------

refused() { # refused WHAT WORDS KEY=VALUE ...
    what=$1 words=$2
    shift 2
    for assignment in "$@"; do
        shift
        set -- "$@" --set "$assignment"
    done
    rm -rf new
    "$SHIHYO" search continuous.yaml -q -o new "$@" >out.txt 2>err.txt </dev/null
    [ $? -eq 2 ] && [ ! -e new ] && [ "$(wc -l <err.txt)" -eq 1 ] && grep -Fq "$words" err.txt
    status=$?
    [ $status -eq 0 ] || sed 's/^/# /' err.txt
    say $status "refused: $what"
}
refused 'an unknown treatment' 'outcome.interaction "arms" is not a column of trial.h5; did you mean "arm"?' outcome.interaction=arms
refused 'a treatment of three levels' 'outcome.interaction "group" is a column of kind categorical' outcome.interaction=group
refused 'one arm only' 'the treatment "arm" is the same in all samples of outcome "y"' samples.where='arm == verum'
refused 'a treatment that is a factor' '"arm" is the treatment of the outcome and cannot be a factor as well' factors.include='[x1, arm]'
refused 'a treatment named as a covariate' '"arm" is named as outcome.interaction and as outcome.covariates' outcome.covariates='[arm]'
refused 'covariates of which none is left' 'no covariate is left to adjust for' outcome.covariates='[drug]' 'samples.where=drug is present'
refused 'sums' 'search.terms is 2, and there are no sums of formulas with outcome.interaction' search.terms=2
refused 'further passes' 'search.passes is 2, and there is one pass with outcome.interaction' search.passes=2
refused 'templates' 'grammar.templates are not fitted as interactions' 'grammar.templates=["x1 / x2"]'
refused 'imputed data sets' 'factor "gap": there are no imputed data sets with outcome.interaction' 'factors.include=[x1, gap]' missing.method=multiple
refused 'directions' 'grammar.direction is about the prediction' 'grammar.direction={x1: increasing}'
