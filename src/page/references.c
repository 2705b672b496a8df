/* references.c: the works that methods rest on, and which of them a page cites. */
#include "shy_config.h"

#include "page/references.h"

/* Titles of works stand as they were published, whatever the language of the page. */
static const char *const works[SHY_REFERENCES] = {
    [SHY_REF_COX] = "Cox DR. Regression models and life-tables. J R Stat Soc B 1972;34:187–220.",
    [SHY_REF_IPCW] = "Robins JM, Finkelstein DM. Correcting for noncompliance and dependent censoring in an AIDS clinical trial with inverse probability of censoring weighted (IPCW) "
                     "log-rank tests. Biometrics 2000;56:779–788.",
    [SHY_REF_LOVELL] = "Lovell MC. Seasonal adjustment of economic time series and multiple regression analysis. J Am Stat Assoc 1963;58:993–1010.",
    [SHY_REF_SCORE] = "Rao CR. Large sample tests of statistical hypotheses concerning several parameters with applications to problems of estimation. Proc Camb Philos Soc 1948;44:50–57.",
    [SHY_REF_MARTINGALE] = "Therneau TM, Grambsch PM, Fleming TR. Martingale-based residuals for survival models. Biometrika 1990;77:147–160.",
    [SHY_REF_FIRTH] = "Firth D. Bias reduction of maximum likelihood estimates. Biometrika 1993;80:27–38.",
    [SHY_REF_HEINZE] = "Heinze G, Schemper M. A solution to the problem of separation in logistic regression. Stat Med 2002;21:2409–2419.",
    [SHY_REF_MICE] = "van Buuren S, Groothuis-Oudshoorn K. mice: multivariate imputation by chained equations in R. J Stat Softw 2011;45(3):1–67.",
    [SHY_REF_RUBIN] = "Rubin DB. Multiple imputation for nonresponse in surveys. New York: Wiley; 1987.",
    [SHY_REF_HARRELL] = "Harrell FE Jr, Lee KL, Mark DB. Multivariable prognostic models: issues in developing models, evaluating assumptions and adequacy, and measuring and reducing errors. "
                        "Stat Med 1996;15:361–387.",
    [SHY_REF_UNO] = "Uno H, Cai T, Pencina MJ, D'Agostino RB, Wei LJ. On the C-statistics for evaluating overall adequacy of risk prediction procedures with censored survival data. "
                    "Stat Med 2011;30:1105–1117.",
    [SHY_REF_UNO_T] = "Uno H, Cai T, Tian L, Wei LJ. Evaluating prediction rules for t-year survivors with censored regression models. J Am Stat Assoc 2007;102:527–537.",
    [SHY_REF_GRAF] = "Graf E, Schmoor C, Sauerbrei W, Schumacher M. Assessment and comparison of prognostic classification schemes for survival data. Stat Med 1999;18:2529–2545.",
    [SHY_REF_VARMA] = "Varma S, Simon R. Bias in error estimation when using cross-validation for model selection. BMC Bioinformatics 2006;7:91.",
    [SHY_REF_HASTIE] = "Hastie T, Tibshirani R, Friedman J. The elements of statistical learning. 2nd ed. New York: Springer; 2009.",
    [SHY_REF_PHIPSON] = "Phipson B, Smyth GK. Permutation p-values should never be zero: calculating exact p-values when permutations are randomly drawn. Stat Appl Genet Mol Biol 2010;9:39.",
    [SHY_REF_WESTFALL] = "Westfall PH, Young SS. Resampling-based multiple testing: examples and methods for p-value adjustment. New York: Wiley; 1993.",
    [SHY_REF_FREEDMAN] = "Freedman D, Lane D. A nonstochastic interpretation of reported significance levels. J Bus Econ Stat 1983;1:292–298.",
    [SHY_REF_SHAH] = "Shah RD, Samworth RJ. Variable selection with error control: another look at stability selection. J R Stat Soc B 2013;75:55–80.",
    [SHY_REF_DELONG] = "DeLong ER, DeLong DM, Clarke-Pearson DL. Comparing the areas under two or more correlated receiver operating characteristic curves: a nonparametric approach. "
                       "Biometrics 1988;44:837–845.",
    [SHY_REF_BOOTSTRAP] = "Rubin DB. The Bayesian bootstrap. Ann Stat 1981;9:130–134.",
    [SHY_REF_ZOU] = "Zou H, Hastie T. Regularization and variable selection via the elastic net. J R Stat Soc B 2005;67:301–320.",
    [SHY_REF_BRIER] = "Brier GW. Verification of forecasts expressed in terms of probability. Mon Weather Rev 1950;78:1–3.",
    [SHY_REF_ICI] = "Austin PC, Steyerberg EW. The Integrated Calibration Index (ICI) and related metrics for quantifying the calibration of logistic regression models. Stat Med 2019;38:4051–4065.",
    [SHY_REF_VICKERS] = "Vickers AJ, Elkin EB. Decision curve analysis: a novel method for evaluating prediction models. Med Decis Making 2006;26:565–574.",
    [SHY_REF_LAUSEN_92] = "Lausen B, Schumacher M. Maximally selected rank statistics. Biometrics 1992;48:73–85.",
    [SHY_REF_LAUSEN_94] = "Lausen B, Sauerbrei W, Schumacher M. Classification and regression trees (CART) used for the exploration of prognostic factors measured on different scales. "
                          "In: Dirschedl P, Ostermann R, eds. Computational statistics. Heidelberg: Physica; 1994:483–496.",
};

static int cite(shy_citations *c, shy_reference work)
{
    if (c->place[work] == 0) c->order[c->count++] = work, c->place[work] = c->count;
    return c->place[work];
}

const char *shy_cite(shy_citations *c, shy_reference first, shy_reference second, char room[SHY_CITE_ROOM])
{
    const int one = cite(c, first);

    if (second == SHY_REFERENCES) snprintf(room, SHY_CITE_ROOM, "[%d]", one);
    else snprintf(room, SHY_CITE_ROOM, "[%d, %d]", one, cite(c, second));
    return room;
}

void shy_references_write(shy_page *page, const shy_citations *c)
{
    if (c->count == 0) return;
    shy_html_message_element(page, "h3", NULL, SHY_MSG_METHODS_REFERENCES, NULL);
    shy_html_raw(page, "<ol class=\"references small\" lang=\"en\">\n");
    for (int k = 0; k < c->count; k++) shy_html_element(page, "li", NULL, works[c->order[k]]);
    shy_html_raw(page, "</ol>\n");
}
