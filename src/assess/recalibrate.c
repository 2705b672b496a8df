/* Calibration in the large and slope, of each kind of outcome. */
#include "shy_config.h"

#include <math.h>

#include "calibrate.h"
#include "judged.h"
#include "recalibrate.h"

static const shy_recalibration unknown = {.intercept = NAN, .intercept_error = NAN, .slope = NAN, .slope_error = NAN, .slope_intercept = NAN};

/* Σ w, the weighted mean of the predictor and its deviation, 0 where it does not vary but for rounding. */
struct predictors {
    double all, mean, deviation;
};

static struct predictors describe(const struct shy_judged *j)
{
    struct predictors p = {0.0, 0.0, 0.0};
    double magnitude = 0.0;

    for (size_t k = 0; k < j->n; k++) {
        p.all += j->weight[k];
        p.mean += j->weight[k] * j->predictor[k];
        magnitude = fmax(magnitude, fabs(j->predictor[k]));
    }
    p.mean /= p.all;
    for (size_t k = 0; k < j->n; k++)
        p.deviation += j->weight[k] * (j->predictor[k] - p.mean) * (j->predictor[k] - p.mean);
    p.deviation = sqrt(p.deviation / p.all);
    if (!(p.deviation > SHY_SAME * magnitude)) p.deviation = 0.0;
    return p;
}

/* ---- least squares --------------------------------------------------------------------------------------------------------- */

/* Variance of y − a − b p, with so many fitted. */
static double residual_variance(const struct shy_judged *j, double a, double b, double fitted)
{
    double sum = 0.0;

    for (size_t k = 0; k < j->n; k++) {
        const double rest = j->y[k] - a - b * j->predictor[k];
        sum += j->weight[k] * rest * rest;
    }
    return (double)j->n > fitted ? sum / ((double)j->n - fitted) : NAN;
}

static void fit_linear(const struct shy_judged *j, const struct predictors *p, shy_recalibration *r)
{
    double mean = 0.0, along = 0.0;

    for (size_t k = 0; k < j->n; k++)
        mean += j->weight[k] * j->y[k] / p->all;
    for (size_t k = 0; k < j->n; k++)
        along += j->weight[k] * (j->y[k] - mean) * (j->predictor[k] - p->mean);
    r->intercept = mean - p->mean;
    r->intercept_error = sqrt(residual_variance(j, r->intercept, 1.0, 1.0) / p->all);
    if (!(p->deviation > 0.0)) return;
    const double square = p->all * p->deviation * p->deviation;
    r->slope = along / square;
    r->slope_intercept = mean - r->slope * p->mean;
    r->slope_error = sqrt(residual_variance(j, r->slope_intercept, r->slope, 2.0) / square);
    r->fitted = true;
}

/* ---- logistic and Poisson ---------------------------------------------------------------------------------------------------- */

/* eta = x[0] + x[1] (p − mean)/deviation, or, with slope_too false, x[0] + p. */
struct generalised {
    const struct shy_judged *judged;
    const struct predictors *predictors;
    bool slope_too;
};

/* log likelihood of a row, its first derivative by eta, and minus the second. */
static double row(const struct shy_judged *j, size_t k, double eta, double *first, double *second)
{
    const double y = j->y[k];

    if (j->kind == SHY_JUDGE_COUNT) {
        const double exposure = j->exposure ? j->exposure[k] : 1.0, mu = exposure * exp(eta);
        *first = y - mu;
        *second = mu;
        return y * eta - mu;
    }
    const double e = exp(-fabs(eta)), p = eta >= 0.0 ? 1.0 / (1.0 + e) : e / (1.0 + e);
    *first = y - p;
    *second = e / ((1.0 + e) * (1.0 + e));
    return y * eta - fmax(eta, 0.0) - log1p(e);
}

static double generalised_likelihood(const void *context, const double *x, double *gradient, double *information)
{
    const struct generalised *g = context;
    const struct shy_judged *j = g->judged;
    double sum = 0.0, first, second;

    gradient[0] = information[0] = 0.0;
    if (g->slope_too) gradient[1] = information[1] = information[2] = information[3] = 0.0;
    for (size_t k = 0; k < j->n; k++) {
        const double z = g->slope_too ? (j->predictor[k] - g->predictors->mean) / g->predictors->deviation : 0.0;
        const double eta = x[0] + (g->slope_too ? x[1] * z : j->predictor[k]), w = j->weight[k];
        sum += w * row(j, k, eta, &first, &second);
        gradient[0] += w * first;
        information[0] += w * second;
        if (!g->slope_too) continue;
        gradient[1] += w * first * z;
        information[1] += w * second * z;
        information[3] += w * second * z * z;
    }
    if (g->slope_too) information[2] = information[1];
    return sum;
}

/* Predictions of cases and of controls overlap: then, and only then, the logistic slope is finite. */
static bool overlap(const struct shy_judged *j)
{
    double low[2] = {INFINITY, INFINITY}, high[2] = {-INFINITY, -INFINITY};

    for (size_t k = 0; k < j->n; k++) {
        const int class = j->y[k] != 0.0;
        low[class] = fmin(low[class], j->predictor[k]);
        high[class] = fmax(high[class], j->predictor[k]);
    }
    return high[0] > low[1] && high[1] > low[0];
}

static bool both_outcomes(const struct shy_judged *j)
{
    bool none = false, some = false;

    for (size_t k = 0; k < j->n; k++)
        *(j->y[k] > 0.0 ? &some : &none) = true;
    return some && (none || j->kind == SHY_JUDGE_COUNT);
}

static void fit_generalised(const struct shy_judged *j, const struct predictors *p, shy_recalibration *r)
{
    struct generalised g = {j, p, false};
    double x[2] = {0.0, 0.0}, variance[2];

    if (!both_outcomes(j)) return;
    if (!shy_climb(1, generalised_likelihood, &g, x, variance)) return;
    r->intercept = x[0];
    r->intercept_error = sqrt(variance[0]);
    if (!(p->deviation > 0.0) || (j->kind == SHY_JUDGE_BINARY && !overlap(j))) return;
    g.slope_too = true;
    x[0] += p->mean, x[1] = p->deviation; /* slope 1 */
    if (!shy_climb(2, generalised_likelihood, &g, x, variance)) return;
    r->slope = x[1] / p->deviation;
    r->slope_error = sqrt(variance[1]) / p->deviation;
    r->slope_intercept = x[0] - r->slope * p->mean;
    r->fitted = true;
}

/* ---- proportional odds ------------------------------------------------------------------------------------------------------------ */

static shy_status fit_ordinal(const struct shy_judged *j, const struct predictors *p, shy_recalibration *r)
{
    shy_status st = SHY_OK;
    double slope, error;
    bool fitted;

    if (!(p->deviation > 0.0)) return SHY_OK;
    SHY_TRY(shy_proportional_odds(j, p->mean, p->deviation, &slope, &error, &fitted));
    if (fitted) r->slope = slope, r->slope_error = error, r->fitted = true;
out:
    return st;
}

/* ---- partial likelihood -------------------------------------------------------------------------------------------------------------- */

static shy_status fit_partial(struct shy_judged *j, const int32_t *fold, shy_recalibration *r)
{
    shy_status st = SHY_OK;
    shy_fit fit;
    int32_t *stratum = NULL, strata = 1;
    const double *x[1] = {j->predictor};

    SHY_TRY(shy_new(j->n, sizeof *stratum, &stratum));
    for (size_t k = 0; k < j->n; k++) {
        stratum[k] = j->stratum ? j->stratum[k] : 0;
        if (stratum[k] >= strata) strata = stratum[k] + 1;
    }
    for (size_t k = 0; fold && k < j->n; k++)
        stratum[k] += strata * fold[j->sample[k]];
    shy_followed followed = shy_judged_followed(j, j->weight);
    followed.stratum = stratum;
    SHY_TRY(shy_followed_fit(&followed, 1, x, &fit));
    if (fit.verdict == SHY_FITTED) r->slope = fit.coefficient[0], r->slope_error = fit.error[0], r->fitted = true;
out:
    shy_free(&stratum);
    return st;
}

/* ---- all kinds ----------------------------------------------------------------------------------------------------------------------------- */

static shy_status fit(struct shy_judged *j, const int32_t *fold, shy_recalibration *r)
{
    const struct predictors p = describe(j);

    if (j->n == 0) return SHY_OK;
    switch (j->kind) {
    case SHY_JUDGE_CONTINUOUS: fit_linear(j, &p, r); break;
    case SHY_JUDGE_BINARY:
    case SHY_JUDGE_COUNT: fit_generalised(j, &p, r); break;
    case SHY_JUDGE_ORDINAL: return fit_ordinal(j, &p, r);
    case SHY_JUDGE_SURVIVAL:
    case SHY_JUDGE_MATCHED: return fit_partial(j, fold, r);
    case SHY_JUDGE_OTHER: break;
    }
    return SHY_OK;
}

shy_status shy_recalibrate(const shy_truth *truth, const size_t *sample, size_t count, const double *predictor, const int32_t *fold,
                           shy_recalibration *recalibration_out)
{
    shy_status st = SHY_OK;
    struct shy_judged judged = {.n = 0};
    shy_recalibration r = unknown;
    size_t *finite = NULL, n = 0;

    SHY_TRY(shy_new(count, sizeof *finite, &finite));
    for (size_t k = 0; k < count; k++)
        if (isfinite(predictor[sample ? sample[k] : k])) finite[n++] = sample ? sample[k] : k;
    SHY_TRY(shy_judged_create(truth, finite, n, predictor, NULL, &judged));
    SHY_TRY(fit(&judged, fold, &r));
    r.samples = judged.n;
    *recalibration_out = r;
out:
    shy_free(&finite);
    shy_judged_free(&judged);
    return st;
}
