/** Columns of a linear predictor made orthogonal within strata, on one rank. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "follow.h"
#include "model_impl.h"

shy_status shy_linear_create(int n, int most, int strata, const int *start, struct shy_linear **design_out)
{
    shy_status st = SHY_OK;
    struct shy_linear *d = NULL;
    const size_t columns = (size_t)most;

    SHY_TRY(shy_new(1, sizeof *d, &d));
    d->n = n, d->most = most, d->strata = strata, d->start = start;
    SHY_TRY(shy_new(columns, sizeof *d->q, &d->q));
    for (int k = 0; k < most; k++)
        SHY_TRY(shy_new((size_t)n, sizeof *d->q[k], &d->q[k]));
    SHY_TRY(shy_new(columns, sizeof *d->scale, &d->scale));
    SHY_TRY(shy_new(columns * columns, sizeof *d->r, &d->r));
    SHY_TRY(shy_new(columns, sizeof *d->used, &d->used));
    *design_out = d, d = NULL;
out:
    shy_linear_destroy(&d);
    return st;
}

void shy_linear_destroy(struct shy_linear **design)
{
    struct shy_linear *d = *design;

    if (!d) return;
    shy_free(&d->used);
    shy_free(&d->r);
    shy_free(&d->scale);
    for (int k = 0; d->q && k < d->most; k++)
        shy_free(&d->q[k]);
    shy_free(&d->q);
    shy_free(design);
}

/* Twice, because the first mean carries the rounding errors of large numbers. */
static void centre(const struct shy_linear *d, double *q)
{
    for (int s = 0; s < d->strata; s++) {
        const int begin = d->start[s], count = d->start[s + 1] - begin;
        for (int pass = 0; pass < 2; pass++) {
            const double mean = shy_sum(q + begin, count) / (double)count;
            for (int i = begin; i < begin + count; i++)
                q[i] -= mean;
        }
    }
}

static double deviation(const struct shy_linear *d, const double *q)
{
    return sqrt(shy_dot(q, q, d->n) / (double)d->n);
}

bool shy_linear_set(struct shy_linear *d, int k)
{
    const double n = (double)d->n;
    double *q = d->q[k];
    const double magnitude = shy_sum_magnitudes(q, d->n);

    d->columns = k + 1;
    d->used[k] = false;
    d->scale[k] = 1.0;
    for (int j = 0; j < d->most; j++)
        d->r[j * d->most + k] = 0.0;
    if (!isfinite(magnitude)) return false;
    d->scale[k] = shy_binary_scale(magnitude / n);
    for (int i = 0; i < d->n; i++)
        q[i] /= d->scale[k];
    centre(d, q);
    const double whole = deviation(d, q);
    for (int pass = 0; pass < 2; pass++)
        for (int j = 0; j < k; j++) {
            if (!d->used[j]) continue;
            const double along = shy_dot(d->q[j], q, d->n) / n;
            d->r[j * d->most + k] += along;
            for (int i = 0; i < d->n; i++)
                q[i] -= along * d->q[j][i];
        }
    const double left = deviation(d, q);
    /* the mean magnitude of a scaled column lies between 1/2 and 1 */
    d->used[k] = left > fmax(SHY_COLLINEAR * whole, SHY_ROUNDING);
    d->r[k * d->most + k] = d->used[k] ? left : 0.0;
    for (int i = 0; i < d->n; i++)
        q[i] = d->used[k] ? q[i] / left : 0.0;
    return true;
}

void shy_linear_predict(const struct shy_linear *d, const double *beta, double *eta)
{
    memset(eta, 0, (size_t)d->n * sizeof *eta);
    for (int k = 0; k < d->columns; k++) {
        const double *q = d->q[k], b = beta[k];
        if (b == 0.0) continue;
        for (int i = 0; i < d->n; i++)
            eta[i] += b * q[i];
    }
}

/* b = R⁻¹ b for the columns used, 0 for the others. */
static void solve_upper(const struct shy_linear *d, double *b)
{
    for (int k = d->columns - 1; k >= 0; k--) {
        if (!d->used[k]) {
            b[k] = 0.0;
            continue;
        }
        for (int j = k + 1; j < d->columns; j++)
            b[k] -= d->r[k * d->most + j] * b[j];
        b[k] /= d->r[k * d->most + k];
    }
}

/* e_k' R⁻¹ C R⁻ᵀ e_k = v' C v with v = R⁻ᵀ e_k: forward substitution from k on. */
static double variance_of(const struct shy_linear *d, const double *covariance, int k, double *v)
{
    const int p = d->columns;
    double sum = 0.0;

    for (int j = 0; j < p; j++) {
        v[j] = 0.0;
        if (j < k || !d->used[j]) continue;
        double rest = j == k ? 1.0 : 0.0;
        for (int i = k; i < j; i++)
            rest -= d->r[i * d->most + j] * v[i];
        v[j] = rest / d->r[j * d->most + j];
    }
    for (int i = k; i < p; i++)
        for (int j = k; j < p; j++)
            sum += v[i] * covariance[i * p + j] * v[j];
    return sum / (d->scale[k] * d->scale[k]);
}

bool shy_linear_undo(const struct shy_linear *d, const double *gamma, const double *covariance, double *scratch,
                     double *coefficient, double *variance)
{
    bool finite = true;

    memcpy(scratch, gamma, (size_t)d->columns * sizeof *scratch);
    solve_upper(d, scratch);
    for (int k = 0; k < d->columns; k++) {
        coefficient[k] = scratch[k] / d->scale[k];
        finite = finite && isfinite(coefficient[k]);
    }
    for (int k = 0; covariance && k < d->columns; k++)
        variance[k] = d->used[k] ? variance_of(d, covariance, k, scratch) : NAN;
    return finite;
}
