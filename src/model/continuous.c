/** Continuous outcomes: least squares; 1 − R² within what the covariates leave is what the front minimises. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "model_impl.h"

/* y = scale · (level + deviation · standard), standard with mean 0 and mean square 1 in the metric of the case weights. */
struct continuous {
    double scale, level, deviation;
    double total, null; /* mean square of standard, and of what the covariates leave of it */
    double *standard;   /* over my rows: what the covariates leave; both inside the one block of this struct */
    double *rest;       /* of the last refit */
    double along[SHY_COVARIATES_MAX]; /* the covariates' part: sum along_j p_j */
};

enum { METRIC_R2, METRIC_RMSE };
static const char *const metric_names[] = {"r2", "rmse", NULL};

#define PERFECT 1e-300 /* of the null model's mean square: smaller ones are logarithms of rounding */

static double weighted_sum(const shy_outcome *o, const double *a, int begin, int end)
{
    return o->weight ? shy_dot(o->weight + begin, a + begin, end - begin) : shy_sum(a + begin, end - begin);
}

static double weighted_dot(const shy_outcome *o, const double *a, const double *b, int begin, int end)
{
    return shy_weighted_dot(o->weight ? o->weight + begin : NULL, a + begin, b + begin, end - begin);
}

/* sums: w y, w |y| */
static void sum_magnitude(void *context, int begin, int end, double *sums)
{
    const shy_outcome *o = context;

    sums[0] = weighted_sum(o, o->y, begin, end);
    sums[1] = 0.0;
    if (!o->weight) {
        sums[1] = shy_sum_magnitudes(o->y + begin, end - begin);
        return;
    }
    for (int i = begin; i < end; i++)
        sums[1] += o->weight[i] * fabs(o->y[i]);
}

static void centre(void *context, int begin, int end, double *sums)
{
    const shy_outcome *o = context;
    const struct continuous *c = o->state;

    for (int i = begin; i < end; i++)
        c->standard[i] = o->y[i] / c->scale - c->level;
    sums[0] = weighted_sum(o, c->standard, begin, end);
    sums[1] = weighted_dot(o, c->standard, c->standard, begin, end);
}

/* sums: w standard², then w standard p_j for each covariate */
static void multiply(void *context, int begin, int end, double *sums)
{
    const shy_outcome *o = context;
    const struct continuous *c = o->state;

    sums[0] = weighted_dot(o, c->standard, c->standard, begin, end);
    for (int j = 0; j < o->covariates.rank; j++)
        sums[1 + j] = weighted_dot(o, c->standard, o->covariates.q[j], begin, end);
}

static shy_status allocate(shy_outcome *o)
{
    const size_t rows = ((size_t)o->rows.rows + 7) / 8 * 8, head = (sizeof(struct continuous) + 63) / 64 * 64;
    char *block = NULL;
    shy_status st = shy_new(1, head + 2 * rows * sizeof(double), &block);

    if (st != SHY_OK) return st;
    struct continuous *c = (struct continuous *)(void *)block;
    c->standard = (double *)(void *)(block + head);
    c->rest = c->standard + rows;
    o->state = c;
    return SHY_OK;
}

/* standard = y with mean 0 and mean square 1 */
static shy_status standardise(shy_outcome *o)
{
    shy_status st = SHY_OK;
    struct continuous *c = o->state;
    const double n = o->weight_sum;
    double sums[2], shift, mean_square;

    SHY_TRY(shy_rows_sum(&o->rows, sum_magnitude, o, 2, o->partial, sums));
    if (!isfinite(sums[1]))
        return shy_fail(SHY_INPUT, "outcome \"%s\" holds values that are not finite numbers; remove or correct them.",
                        o->column);
    c->scale = shy_binary_scale(sums[1] / n);
    c->level = sums[0] / c->scale / n;
    SHY_TRY(shy_rows_sum(&o->rows, centre, o, 2, o->partial, sums));
    shift = sums[0] / n;
    mean_square = sums[1] / n - shift * shift;
    c->level += shift;
    /* the mean magnitude of y / scale lies between 1/2 and 1: what is below this is rounding */
    if (!(sqrt(fmax(mean_square, 0.0)) > SHY_ROUNDING))
        return shy_fail(
            SHY_INPUT,
            "outcome \"%s\" is constant: it is %.6g in all %.0f samples in use, so there is nothing to explain. "
            "Choose another outcome or other samples.",
            o->column, c->scale * c->level, o->taking);
    c->deviation = sqrt(mean_square);
    for (int i = 0; i < o->rows.rows; i++)
        c->standard[i] = !o->weight || o->weight[i] > 0.0 ? (c->standard[i] - shift) / c->deviation : 0.0;
out:
    return st;
}

/* Takes the covariates' part from standard, twice as everywhere: what is left is orthogonal to them even where it is little. */
static shy_status adjust(shy_outcome *o)
{
    shy_status st = SHY_OK;
    struct continuous *c = o->state;
    double sums[1 + SHY_COVARIATES_MAX];

    for (int pass = 0; pass < 2; pass++) {
        SHY_TRY(shy_rows_sum(&o->rows, multiply, o, 1 + o->covariates.rank, o->partial, sums));
        if (pass == 0) c->total = sums[0] / o->weight_sum;
        for (int j = 0; j < o->covariates.rank; j++) {
            const double *p = o->covariates.q[j], part = sums[1 + j] / o->weight_sum;
            c->along[j] += part;
            for (int i = 0; i < o->rows.rows; i++)
                c->standard[i] -= part * p[i];
        }
    }
    SHY_TRY(shy_rows_sum(&o->rows, multiply, o, 1 + o->covariates.rank, o->partial, sums));
    c->null = sums[0] / o->weight_sum;
    if (!(sqrt(c->null) > SHY_COLLINEAR))
        return shy_fail(SHY_INPUT,
                        "the covariates explain outcome \"%s\" completely, so there is nothing left to explain. Leave out those that are made "
                        "from it.",
                        o->column);
out:
    return st;
}

static shy_status start(shy_outcome *o)
{
    shy_status st = SHY_OK;

    SHY_TRY(shy_group_agree(o->rows.team, allocate(o)));
    SHY_TRY(standardise(o));
    SHY_TRY(adjust(o));
out:
    return st;
}

/* Of what is left with n − 1 − covariates − columns degrees of freedom. */
static void set_errors(const shy_outcome *o, const struct shy_basis *basis, double left, shy_fit *fit)
{
    const double freedom = o->taking - 1.0 - o->covariates.rank - basis->rank;
    double covariance[SHY_BASIS_MAX * SHY_BASIS_MAX] = {0.0};

    for (int k = 0; k < basis->rank; k++)
        covariance[k * basis->rank + k] = freedom > 0.0 ? left / freedom : NAN;
    shy_basis_errors(basis, covariance, fit);
}

/* From standard y to y as given; metrics. */
static void finish(const shy_outcome *o, double left, shy_fit *fit)
{
    const struct continuous *c = o->state;
    const double unit = c->deviation * c->scale;

    for (int k = 0; k < fit->terms; k++)
        fit->coefficient[k] *= unit, fit->error[k] *= unit;
    for (int k = 0; o->covariate_coefficient && k < o->covariates.columns; k++)
        o->covariate_coefficient[k] *= unit;
    fit->intercept *= unit;
    fit->loss = left / c->null;
    fit->likelihood_ratio = -o->taking * log(fmax(fit->loss, PERFECT));
    fit->metric[METRIC_R2] = 1.0 - left / c->total;
    fit->metric[METRIC_RMSE] = sqrt(left) * unit; /* sqrt(RSS / n): of these samples, no degrees of freedom */
}

static shy_status refit(const shy_outcome *o, int terms, const double *const *x, shy_fit *fit_out)
{
    shy_status st = SHY_OK;
    const struct continuous *c = o->state;
    struct shy_basis *basis = (struct shy_basis *)&o->basis; /* workspace, not part of the outcome */
    shy_fit fit = {.verdict = SHY_FITTED, .terms = terms};
    double gamma[SHY_BASIS_MAX] = {0.0}, left = c->null;
    const size_t bytes = (size_t)o->rows.rows * sizeof *c->rest;

    if (bytes > 0) memcpy(c->rest, c->standard, bytes);
    SHY_TRY(shy_basis_make(basis, &o->rows, terms, x, c->rest, gamma, &left));
    if (basis->finite && shy_basis_undo(basis, gamma, c->level / c->deviation, c->along, o->covariate_coefficient, &fit)) {
        if (basis->rank < terms) fit.verdict = SHY_SINGULAR;
        set_errors(o, basis, left, &fit);
    } else {
        const struct shy_basis none = {.covariates = basis->covariates};
        fit = (shy_fit){.verdict = SHY_DIVERGED, .terms = terms};
        shy_basis_undo(&none, NULL, c->level / c->deviation, c->along, o->covariate_coefficient, &fit);
        for (int k = 0; k < terms; k++)
            fit.error[k] = NAN;
        if (bytes > 0) memcpy(c->rest, c->standard, bytes);
        left = c->null;
    }
    finish(o, left, &fit);
    *fit_out = fit;
out:
    return st;
}

static void weigh(const shy_outcome *o, const double *from, double unit, double *out)
{
    for (int i = 0; i < o->rows.rows; i++)
        out[i] = (o->weight ? o->weight[i] * from[i] : from[i]) * unit;
}

static void response(const shy_outcome *o, double *out)
{
    weigh(o, ((const struct continuous *)o->state)->standard, 1.0, out);
}

static void residual(const shy_outcome *o, double *out)
{
    const struct continuous *c = o->state;

    weigh(o, c->rest, c->deviation * c->scale, out);
}

const shy_outcome_ops shy_outcome_continuous = {
    .name = "continuous",
    .help = "a number; least squares; r2, and rmse = sqrt(RSS / n)",
    .metric_names = metric_names,
    .headline = "R\xc2\xb2 (r2), the share of the outcome's variance that the formula explains",
    .link = "%s",
    .larger_is_better = true,
    .has_intercept = true,
    .start = start,
    .response = response,
    .refit = refit,
    .residual = residual,
};
