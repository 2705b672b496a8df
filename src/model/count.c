/** Counts: Poisson regression with a logarithmic link; the exposure is an offset. Deviance is what the front minimises. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "elementary.h"
#include "glm.h"
#include "shihyo/linalg.h"

struct count {
    double null_loss;  /* half the deviance of the null model */
    double whole_loss; /* of the intercept alone */
    double *offset;    /* over my rows: log exposure; NULL without */
    double *logarithm; /* over my rows: log y, 0 where y is 0 */
    struct shy_glm glm;
};

enum { METRIC_EXPLAINED, METRIC_DEVIANCE, METRIC_RMSE };
static const char *const metric_names[] = {"explained", "deviance", "rmse", NULL};

#define COUNT_MOST 9007199254740992.0 /* 2^53 */
#define PERFECT 1e-18 /* deviance per event below which nothing is left to explain */

/*
 * Half the deviance, y log(y / mu) − (y − mu), as (mu − y) − y (eta − log y), whose parts are small where mu is near y. residual mu − y,
 * information mu.
 */
static void family(struct shy_glm_chunk *c, int count, double *sums)
{
    double *loss = c->scratch[0];

    for (int i = 0; i < count; i++) {
        const double mu = shy_exp(c->eta[i]);
        c->residual[i] = mu - c->y[i];
        c->information[i] = mu;
        loss[i] = c->residual[i] - c->y[i] * (c->eta[i] - c->aid[i]);
    }
    sums[SHY_GLM_EXTRA] += shy_weighted_dot(c->weight, c->residual, c->residual, count);
    sums[SHY_GLM_LOSS] += c->weight ? shy_dot(c->weight, loss, count) : shy_sum(loss, count);
    for (int i = 0; i < count && c->weight; i++)
        c->residual[i] *= c->weight[i], c->information[i] *= c->weight[i];
}

/* ---- refit ----------------------------------------------------------------------------------------------------- */

static void measure(const shy_outcome *o, shy_fit *fit)
{
    const struct count *c = o->state;
    const double loss = c->glm.sums[SHY_GLM_LOSS];

    fit->metric[METRIC_EXPLAINED] = 1.0 - loss / c->whole_loss;
    fit->metric[METRIC_DEVIANCE] = 2.0 * loss;
    fit->metric[METRIC_RMSE] = sqrt(c->glm.sums[SHY_GLM_EXTRA] / o->weight_sum);
    fit->loss = loss / c->null_loss;
    fit->likelihood_ratio = 2.0 * (c->null_loss - loss);
}

static shy_status refit(const shy_outcome *o, int terms, const double *const *x, shy_fit *fit_out)
{
    shy_status st = SHY_OK;

    SHY_TRY(shy_glm_refit(&((struct count *)o->state)->glm, terms, x, NULL, fit_out));
    measure(o, fit_out);
out:
    return st;
}

/* ---- start ----------------------------------------------------------------------------------------------------- */

static bool takes_part(const shy_outcome *o, int row)
{
    return !o->weight || o->weight[row] > 0.0;
}

static shy_status check_values(const shy_outcome *o)
{
    for (int i = 0; i < o->rows.rows; i++) {
        const unsigned long long sample = o->rows.first + (uint64_t)i + 1;
        if (!(o->y[i] >= 0.0 && o->y[i] <= COUNT_MOST && o->y[i] == floor(o->y[i])))
            return shy_fail(SHY_INPUT,
                            "outcome \"%s\" is %.6g in sample %llu of those in use; counts are whole numbers, 0 or more. For other numbers choose "
                            "the kind continuous.",
                            o->column, o->y[i], sample);
        if (o->exposure && takes_part(o, i) && !(o->exposure[i] > 0.0 && isfinite(o->exposure[i])))
            return shy_fail(SHY_INPUT, "the exposure of outcome \"%s\" is %.6g in sample %llu of those in use; it must be above 0.",
                            o->column, o->exposure[i], sample);
    }
    return SHY_OK;
}

static shy_status allocate(shy_outcome *o)
{
    shy_status st = SHY_OK;
    const size_t rows = (size_t)o->rows.rows;
    struct count *c = NULL;

    SHY_TRY(shy_new(1, sizeof *c, &c));
    o->state = c;
    SHY_TRY(shy_new(rows, sizeof *c->logarithm, &c->logarithm));
    if (o->exposure) SHY_TRY(shy_new(rows, sizeof *c->offset, &c->offset));
    SHY_TRY(shy_glm_create(o, family, false, 0, &c->glm));
    for (int i = 0; i < o->rows.rows; i++) {
        c->logarithm[i] = o->y[i] > 0.0 ? log(o->y[i]) : 0.0;
        if (c->offset) c->offset[i] = takes_part(o, i) ? log(o->exposure[i]) : 0.0;
    }
    c->glm.offset = c->offset;
    c->glm.aid = c->logarithm;
out:
    return st;
}

static void stop(shy_outcome *o)
{
    struct count *c = o->state;

    shy_glm_free(&c->glm);
    shy_free(&c->offset);
    shy_free(&c->logarithm);
}

/* sums: w y, w exposure */
static void sum_events(void *context, int begin, int end, double *sums)
{
    const shy_outcome *o = context;
    const double *w = o->weight, *y = o->y, *exposure = o->exposure;

    sums[0] = w ? shy_dot(w + begin, y + begin, end - begin) : shy_sum(y + begin, end - begin);
    sums[1] = 0.0;
    for (int i = begin; i < end; i++)
        if (takes_part(o, i)) sums[1] += (w ? w[i] : 1.0) * (exposure ? exposure[i] : 1.0);
}

static shy_status start(shy_outcome *o)
{
    shy_status st = SHY_OK;
    double sums[2], beta[SHY_UNKNOWNS_MAX];
    shy_verdict verdict;

    SHY_TRY(shy_group_agree(o->rows.team, check_values(o)));
    SHY_TRY(shy_group_agree(o->rows.team, allocate(o)));
    SHY_TRY(shy_rows_sum(&o->rows, sum_events, o, 2, o->partial, sums));
    if (sums[0] == 0.0)
        return shy_fail(SHY_INPUT, "outcome \"%s\" is constant: it is 0 in all %.0f samples in use, so there is nothing to explain.",
                        o->column, o->taking);
    struct count *c = o->state;
    c->glm.null_beta[0] = log(sums[0] / sums[1]);
    shy_glm_set(&c->glm, NULL, beta);
    SHY_TRY(shy_glm_evaluate(&c->glm, beta));
    c->whole_loss = c->glm.sums[SHY_GLM_LOSS];
    SHY_TRY(shy_glm_fit(&c->glm, beta, &verdict));
    memcpy(c->glm.null_beta, beta, (size_t)c->glm.unknowns * sizeof *beta);
    c->null_loss = c->glm.sums[SHY_GLM_LOSS];
    if (!(c->null_loss > PERFECT * sums[0]))
        return shy_fail(SHY_INPUT, "outcome \"%s\" is constant, or explained completely by exposure and covariates: nothing is left to explain.",
                        o->column);
out:
    return st;
}

/* ---- screening and derivatives --------------------------------------------------------------------------------- */

static void residual(const shy_outcome *o, double *out)
{
    shy_glm_residual(&((const struct count *)o->state)->glm, out);
}

static void information(const shy_outcome *o, double *out)
{
    shy_glm_information(&((const struct count *)o->state)->glm, out);
}

const shy_outcome_ops shy_outcome_count = {
    .name = "count",
    .help = "0, 1, 2, …; Poisson regression, log link, exposure as offset; explained = 1 - deviance / deviance of the mean rate, rmse",
    .metric_names = metric_names,
    .headline = "the share of the deviance that is explained (explained)",
    .link = "log rate (%s)",
    .larger_is_better = true,
    .has_intercept = true,
    .start = start,
    .response = residual,
    .information = information,
    .refit = refit,
    .residual = residual,
    .stop = stop,
};
