/** Continuous outcomes: least squares; 1 − R² is what the front minimises. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "model_impl.h"

/* y = scale · (level + deviation · standard), standard with mean 0 and mean square 1. */
struct continuous {
    double scale, level, deviation;
    double *standard; /* over my rows; both inside the one block of this struct */
    double *rest;
};

enum { METRIC_R2, METRIC_RMSE };
static const char *const metric_names[] = {"r2", "rmse", NULL};

static void sum_magnitude(void *context, int begin, int end, double *sums)
{
    const shy_outcome *o = context;

    sums[0] = shy_sum(o->y + begin, end - begin);
    sums[1] = shy_sum_magnitudes(o->y + begin, end - begin);
}

static void centre(void *context, int begin, int end, double *sums)
{
    const shy_outcome *o = context;
    const struct continuous *c = o->state;

    for (int i = begin; i < end; i++)
        c->standard[i] = o->y[i] / c->scale - c->level;
    sums[0] = shy_sum(c->standard + begin, end - begin);
    sums[1] = shy_dot(c->standard + begin, c->standard + begin, end - begin);
}

static void square(void *context, int begin, int end, double *sums)
{
    const double *rest = context;

    sums[0] = shy_dot(rest + begin, rest + begin, end - begin);
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

static shy_status start(shy_outcome *o)
{
    shy_status st = SHY_OK;
    const double n = (double)o->rows.total;
    double sums[2], shift, mean_square;

    SHY_TRY(shy_group_agree(o->rows.team, allocate(o)));
    struct continuous *c = o->state;
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
            "outcome \"%s\" is constant: it is %.6g in all %llu samples in use, so there is nothing to explain. "
            "Choose another outcome or other samples.",
            o->column, c->scale * c->level, (unsigned long long)o->rows.total);
    c->deviation = sqrt(mean_square);
    for (int i = 0; i < o->rows.rows; i++)
        c->standard[i] = (c->standard[i] - shift) / c->deviation;
out:
    return st;
}

static void response(const shy_outcome *o, double *out)
{
    const struct continuous *c = o->state;

    if (o->rows.rows > 0) memcpy(out, c->standard, (size_t)o->rows.rows * sizeof *out);
}

static shy_status refit(const shy_outcome *o, int terms, const double *const *x, shy_fit *fit_out)
{
    shy_status st = SHY_OK;
    const struct continuous *c = o->state;
    struct shy_basis *basis = (struct shy_basis *)&o->basis; /* workspace, not part of the outcome */
    shy_fit fit = {.verdict = SHY_FITTED, .terms = terms};
    double gamma[SHY_BASIS_MAX] = {0.0}, left, total;

    if (o->rows.rows > 0) memcpy(c->rest, c->standard, (size_t)o->rows.rows * sizeof *c->rest);
    SHY_TRY(shy_rows_sum(&o->rows, square, c->rest, 1, o->partial, &total));
    total /= (double)o->rows.total;
    left = total;
    SHY_TRY(shy_basis_make(basis, &o->rows, terms, x, c->rest, gamma, &left));
    if (!basis->finite || !shy_basis_undo(basis, gamma, c->level / c->deviation, NULL, NULL, &fit)) {
        fit = (shy_fit){.verdict = SHY_DIVERGED, .terms = terms, .intercept = c->level / c->deviation};
        left = total;
    } else if (basis->rank < terms) {
        fit.verdict = SHY_SINGULAR;
    }
    for (int k = 0; k < terms; k++)
        fit.coefficient[k] *= c->deviation * c->scale;
    fit.intercept *= c->deviation * c->scale;
    fit.loss = left / total;
    fit.metric[METRIC_R2] = 1.0 - fit.loss;
    fit.metric[METRIC_RMSE] =
        sqrt(left) * c->deviation * c->scale; /* sqrt(RSS / n): of these samples, no degrees of freedom */
    *fit_out = fit;
out:
    return st;
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
};
