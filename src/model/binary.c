/** Binary outcomes: logistic regression, by Firth's penalty where likelihood alone will not do; deviance is what the front minimises. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "elementary.h"
#include "glm.h"
#include "levels.h"
#include "shihyo/linalg.h"

/* The usual minimum for a logistic regression whose coefficients are not badly biased (Peduzzi et al. 1996). */
#define EVENTS_PER_PARAMETER 10.0

struct binary {
    double mean;      /* of y, weighted */
    double rarer;     /* samples of the rarer class */
    double null_loss; /* −log likelihood of the null model */
    bool penalised;   /* the null model: the covariates separate, or are many for the events */
    struct shy_glm glm;
    struct shy_auc_space space;   /* without weights */
    struct shy_levels levels; /* with weights */
};

enum { METRIC_AUC, METRIC_DEVIANCE, METRIC_BRIER };
static const char *const metric_names[] = {"auc", "deviance", "brier", NULL};

/* ---- what a row adds ------------------------------------------------------------------------------------------- */

/* residual p − y, information p (1 − p), and the parts of the loss: scratch[0] the linear one, scratch[1] = exp(−|eta|) */
static void rows_of_lanes(struct shy_glm_chunk *c, int at)
{
    for (int i = at; i < at + SHY_GLM_LANES; i++) {
        const double e = shy_exp_of_negative(-fabs(c->eta[i])), d = 1.0 + e;
        const double larger = 1.0 / d, smaller = e / d;
        const double p = c->eta[i] >= 0.0 ? larger : smaller;
        c->residual[i] = p - c->y[i];
        c->information[i] = larger * smaller;
        c->scratch[1][i] = e;
        c->scratch[0][i] = (c->eta[i] >= 0.0 ? c->eta[i] : 0.0) - c->y[i] * c->eta[i];
    }
}

/* −log likelihood = sum of max(eta, 0) − y eta + log(1 + exp(−|eta|)); the logarithm is taken once, of the product. */
static double loss_of_chunk(const struct shy_glm_chunk *c, int count)
{
    double product[SHY_GLM_LANES] = {1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0};
    int base = 0;

    for (; base + SHY_GLM_LANES <= count; base += SHY_GLM_LANES)
        for (int l = 0; l < SHY_GLM_LANES; l++)
            product[l] *= 1.0 + c->scratch[1][base + l];
    for (int i = base; i < count; i++)
        product[i - base] *= 1.0 + c->scratch[1][i];
    for (int l = 1; l < SHY_GLM_LANES; l++)
        product[0] *= product[l]; /* at most 2^CHUNK */
    return shy_sum(c->scratch[0], count) + log(product[0]);
}

static double weigh_chunk(struct shy_glm_chunk *c, int count, double *brier)
{
    double *loss = c->scratch[0];

    for (int i = 0; i < count; i++)
        loss[i] += shy_log_of_one_plus(c->scratch[1][i]);
    *brier = shy_weighted_dot(c->weight, c->residual, c->residual, count);
    for (int i = 0; i < count; i++) {
        c->residual[i] *= c->weight[i];
        c->information[i] *= c->weight[i];
    }
    return shy_dot(c->weight, loss, count);
}

/* extras: rows on the wrong side of eta = 0, or on it; (y − p)² */
static void family(struct shy_glm_chunk *c, int count, double *sums)
{
    double brier;

    for (int at = 0; at < count; at += SHY_GLM_LANES)
        rows_of_lanes(c, at);
    if (c->weight) {
        sums[SHY_GLM_LOSS] += weigh_chunk(c, count, &brier);
    } else {
        sums[SHY_GLM_LOSS] += loss_of_chunk(c, count);
        brier = shy_dot(c->residual, c->residual, count);
    }
    for (int i = 0; i < count; i++)
        sums[SHY_GLM_EXTRA] += (c->y[i] != 0.0 ? c->eta[i] : -c->eta[i]) <= 0.0 && (!c->weight || c->weight[i] > 0.0);
    sums[SHY_GLM_EXTRA + 1] += brier;
}

/* ---- refit ----------------------------------------------------------------------------------------------------- */

static shy_status measure(const shy_outcome *o, shy_fit *fit)
{
    const struct binary *b = o->state;
    const double loss = b->glm.sums[SHY_GLM_LOSS];

    fit->metric[METRIC_DEVIANCE] = 2.0 * loss;
    fit->metric[METRIC_BRIER] = b->glm.sums[SHY_GLM_EXTRA + 1] / o->weight_sum;
    fit->loss = loss / b->null_loss;
    fit->likelihood_ratio = 2.0 * (b->null_loss - loss);
    if (o->weight) return shy_levels_concordance(&b->levels, b->glm.eta, &fit->metric[METRIC_AUC]);
    return shy_auc(&o->rows, b->glm.eta, o->y, &b->space, &fit->metric[METRIC_AUC]);
}

/* So few that not even one column more than the covariates is fitted by likelihood: then the null model is not, either. */
static bool has_few_events(const shy_outcome *o, int columns)
{
    const struct binary *b = o->state;
    const int covariates = o->covariates.rank;

    if (columns == 0 && covariates == 0) return false; /* a mean has no bias */
    return b->rarer < EVENTS_PER_PARAMETER * (covariates + (columns > 0 ? columns : 1));
}

/*
 * Likelihood first, where there are events enough; where it has no maximum, or the null model was penalised, Firth's: penalised fits compare
 * with a penalised null model only, whose coefficients shrink as theirs do. Nobody on the wrong side means that the loss could be made as small
 * as one likes.
 */
static shy_status fit_columns(const shy_outcome *o, const struct shy_basis *basis, double *beta, shy_verdict *verdict_out)
{
    shy_status st = SHY_OK;
    struct binary *b = o->state;

    shy_glm_set(&b->glm, basis, beta);
    if (!b->penalised && !has_few_events(o, basis->rank)) {
        SHY_TRY(shy_glm_fit(&b->glm, beta, verdict_out));
        if (b->glm.sums[SHY_GLM_EXTRA] == 0.0) *verdict_out = SHY_SEPARATED;
        if (*verdict_out != SHY_SEPARATED) goto out;
        shy_glm_set(&b->glm, basis, beta);
    }
    SHY_TRY(shy_glm_fit_firth(&b->glm, beta, verdict_out));
out:
    return st;
}

static shy_status refit(const shy_outcome *o, int terms, const double *const *x, shy_fit *fit_out)
{
    shy_status st = SHY_OK;

    SHY_TRY(shy_glm_refit(&((struct binary *)o->state)->glm, terms, x, fit_columns, fit_out));
    SHY_TRY(measure(o, fit_out));
out:
    return st;
}

/* ---- start ----------------------------------------------------------------------------------------------------- */

static shy_status allocate(shy_outcome *o)
{
    shy_status st = SHY_OK;
    const int members = o->rows.team->row_blocks;
    const size_t rows = (size_t)o->rows.rows;
    struct binary *b = NULL;

    SHY_TRY(shy_new(1, sizeof *b, &b));
    o->state = b;
    SHY_TRY(shy_glm_create(o, family, true, 0, &b->glm));
    if (o->weight) {
        SHY_TRY(shy_levels_create(o, 2, &b->levels));
    } else {
        SHY_TRY(shy_new(rows, sizeof *b->space.keys, &b->space.keys));
        SHY_TRY(shy_new(rows, sizeof *b->space.spare, &b->space.spare));
        SHY_TRY(shy_new(rows, sizeof *b->space.sorted, &b->space.sorted));
        SHY_TRY(shy_new(members > 1 ? (size_t)o->rows.total : 0, sizeof *b->space.all, &b->space.all));
        SHY_TRY(shy_new((size_t)members + 1, sizeof *b->space.starts, &b->space.starts));
    }
out:
    return st;
}

static void stop(shy_outcome *o)
{
    struct binary *b = o->state;

    shy_glm_free(&b->glm);
    shy_levels_free(&b->levels);
    shy_free(&b->space.keys);
    shy_free(&b->space.spare);
    shy_free(&b->space.sorted);
    shy_free(&b->space.all);
    shy_free(&b->space.starts);
}

static shy_status check_values(const shy_outcome *o)
{
    for (int i = 0; i < o->rows.rows; i++)
        if (o->y[i] != 0.0 && o->y[i] != 1.0)
            return shy_fail(SHY_INPUT,
                            "outcome \"%s\" is %.6g in sample %llu of those in use; a binary outcome is 0 or 1.",
                            o->column, o->y[i], (unsigned long long)(o->rows.first + (uint64_t)i + 1));
    return SHY_OK;
}

/* sums: cases, and their weight */
static void count_cases(void *context, int begin, int end, double *sums)
{
    const shy_outcome *o = context;

    sums[0] = shy_sum(o->y + begin, end - begin);
    sums[1] = o->weight ? shy_dot(o->weight + begin, o->y + begin, end - begin) : sums[0];
}

static shy_status start(shy_outcome *o)
{
    shy_status st = SHY_OK;
    double cases[2], beta[SHY_UNKNOWNS_MAX];
    shy_verdict verdict;

    SHY_TRY(shy_group_agree(o->rows.team, check_values(o)));
    SHY_TRY(shy_group_agree(o->rows.team, allocate(o)));
    if (o->weight) shy_levels_start(&((struct binary *)o->state)->levels);
    SHY_TRY(shy_rows_sum(&o->rows, count_cases, o, 2, o->partial, cases));
    if (cases[0] == 0.0 || cases[0] == o->taking)
        return shy_fail(
            SHY_INPUT,
            "outcome \"%s\" is constant: it is %s in all %.0f samples in use, so there is nothing to explain. "
            "Choose another outcome or other samples.",
            o->column, cases[0] == 0.0 ? "0 (negative)" : "1 (positive)", o->taking);
    struct binary *b = o->state;
    b->mean = cases[1] / o->weight_sum;
    b->rarer = fmin(cases[0], o->taking - cases[0]);
    b->null_loss = 1.0;
    b->glm.null_beta[0] = log(b->mean) - log1p(-b->mean);
    const struct shy_basis none = {.finite = true};
    SHY_TRY(fit_columns(o, &none, beta, &verdict));
    b->penalised = verdict != SHY_FITTED;
    b->null_loss = b->glm.sums[SHY_GLM_LOSS];
    memcpy(b->glm.null_beta, beta, (size_t)b->glm.unknowns * sizeof *beta);
out:
    return st;
}

/* ---- screening and derivatives --------------------------------------------------------------------------------- */

static void residual(const shy_outcome *o, double *out)
{
    shy_glm_residual(&((const struct binary *)o->state)->glm, out);
}

static void information(const shy_outcome *o, double *out)
{
    shy_glm_information(&((const struct binary *)o->state)->glm, out);
}

const shy_outcome_ops shy_outcome_binary = {
    .name = "binary",
    .help =
        "0 or 1; logistic regression; auc, deviance = -2 log likelihood, brier = mean squared error of the probability",
    .metric_names = metric_names,
    .headline = "the AUC (auc), the chance that the formula ranks a positive sample above a negative one",
    .link = "log-odds (%s)",
    .larger_is_better = true,
    .has_intercept = true,
    .codes_levels = true,
    .start = start,
    .response = residual,
    .information = information,
    .refit = refit,
    .residual = residual,
    .stop = stop,
};
