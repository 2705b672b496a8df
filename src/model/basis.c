/** The columns of a formula made orthogonal: centred, scaled, one eliminated from the next. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "model_impl.h"

struct work {
    struct shy_basis *basis;
    const double *const *x;
    double *rest;
    int terms, k;
    double inverse[SHY_BASIS_MAX]; /* of the scales */
    double shift[SHY_BASIS_MAX];   /* what is still to be subtracted from q */
    double norm;                   /* of q_k before it is divided by it */
    const double *gamma;
};

shy_status shy_basis_create(const shy_rows *rows, double *partial, struct shy_basis *basis_out)
{
    shy_status st = SHY_OK;
    struct shy_basis basis = {.partial = partial};

    for (int k = 0; k < SHY_BASIS_MAX; k++)
        SHY_TRY(shy_new((size_t)rows->rows, sizeof *basis.q[k], &basis.q[k]));
    *basis_out = basis;
    return st;
out:
    shy_basis_free(&basis);
    return st;
}

void shy_basis_free(struct shy_basis *basis)
{
    for (int k = 0; k < SHY_BASIS_MAX; k++)
        shy_free(&basis->q[k]);
}

/* sums: x_k and |x_k| for each k */
static void sum_magnitudes(void *context, int begin, int end, double *sums)
{
    const struct work *w = context;

    for (int k = 0; k < w->terms; k++) {
        sums[2 * k] = shy_sum(w->x[k] + begin, end - begin);
        sums[2 * k + 1] = shy_sum_magnitudes(w->x[k] + begin, end - begin);
    }
}

/* q_k = x_k / scale_k − centre_k; sums: q_k and q_k² for each k */
static void centre(void *context, int begin, int end, double *sums)
{
    const struct work *w = context;

    for (int k = 0; k < w->terms; k++) {
        const double *x = w->x[k], inverse = w->inverse[k], middle = w->basis->centre[k];
        double *q = w->basis->q[k];
        for (int i = begin; i < end; i++)
            q[i] = x[i] * inverse - middle;
        sums[2 * k] = shy_sum(q + begin, end - begin);
        sums[2 * k + 1] = shy_dot(q + begin, q + begin, end - begin);
    }
}

/* q_k = (q_k − shift_k) / norm; sums: q_k q_j for each later j, then q_k rest */
static void normalise(void *context, int begin, int end, double *sums)
{
    const struct work *w = context;
    const int k = w->k, count = end - begin;
    double *q = w->basis->q[k];

    for (int i = begin; i < end; i++)
        q[i] = (q[i] - w->shift[k]) / w->norm;
    for (int j = k + 1; j < w->terms; j++) {
        double *later = w->basis->q[j];
        if (w->shift[j] != 0.0)
            for (int i = begin; i < end; i++)
                later[i] -= w->shift[j];
        sums[j - k - 1] = shy_dot(q + begin, later + begin, count);
    }
    sums[w->terms - k - 1] = w->rest ? shy_dot(q + begin, w->rest + begin, count) : 0.0;
}

static void subtract(const double *q, double factor, double *from, int begin, int end)
{
    for (int i = begin; i < end; i++)
        from[i] -= factor * q[i];
}

/* q_j −= r[k][j] q_k for each later j, the same for rest; sums: q_j², then rest² */
static void eliminate(void *context, int begin, int end, double *sums)
{
    const struct work *w = context;
    const int k = w->k, count = end - begin;
    const double *q = w->basis->q[k];

    for (int j = k + 1; j < w->terms; j++) {
        double *later = w->basis->q[j];
        subtract(q, w->basis->r[k][j], later, begin, end);
        sums[j - k - 1] = shy_dot(later + begin, later + begin, count);
    }
    sums[w->terms - k - 1] = 0.0;
    if (!w->rest) return;
    subtract(q, w->gamma[k], w->rest, begin, end);
    sums[w->terms - k - 1] = shy_dot(w->rest + begin, w->rest + begin, count);
}

/* Scales, means, and q = the centred columns; square[k] = mean of their squares. */
static shy_status centre_columns(struct work *w, const shy_rows *rows, double *square)
{
    shy_status st = SHY_OK;
    struct shy_basis *basis = w->basis;
    const double n = (double)rows->total;
    double sums[SHY_SUMS_MAX];

    SHY_TRY(shy_rows_sum(rows, sum_magnitudes, w, 2 * w->terms, basis->partial, sums));
    for (int k = 0; k < w->terms; k++) {
        if (!isfinite(sums[2 * k + 1])) basis->finite = false;
        basis->scale[k] = shy_binary_scale(sums[2 * k + 1] / n);
        w->inverse[k] = 1.0 / basis->scale[k];
        basis->centre[k] = sums[2 * k] * w->inverse[k] / n;
    }
    if (!basis->finite) goto out;
    SHY_TRY(shy_rows_sum(rows, centre, w, 2 * w->terms, basis->partial, sums));
    for (int k = 0; k < w->terms; k++) {
        /* the first mean carries the rounding errors of large numbers; the mean of what is left corrects it */
        w->shift[k] = sums[2 * k] / n;
        basis->centre[k] += w->shift[k];
        square[k] = sums[2 * k + 1] / n - w->shift[k] * w->shift[k];
    }
out:
    return st;
}

/* One step of the elimination; square[] holds the mean squares of what is left, rest_square that of the remainder. */
static shy_status eliminate_column(struct work *w, const shy_rows *rows, double *square, double *gamma,
                                   double *rest_square)
{
    shy_status st = SHY_OK;
    struct shy_basis *basis = w->basis;
    const double n = (double)rows->total;
    const int k = w->k, later = w->terms - k - 1;
    double sums[SHY_SUMS_MAX];

    w->norm = basis->r[k][k] = sqrt(square[k]);
    basis->used[k] = true;
    basis->rank++;
    SHY_TRY(shy_rows_sum(rows, normalise, w, later + 1, basis->partial, sums));
    for (int j = k + 1; j < w->terms; j++) {
        basis->r[k][j] = sums[j - k - 1] / n;
        w->shift[j] = 0.0;
    }
    if (w->rest) gamma[k] = sums[later] / n;
    if (later == 0 && !w->rest) goto out;
    SHY_TRY(shy_rows_sum(rows, eliminate, w, later + 1, basis->partial, sums));
    for (int j = k + 1; j < w->terms; j++)
        square[j] = sums[j - k - 1] / n;
    if (w->rest) *rest_square = sums[later] / n;
out:
    return st;
}

shy_status shy_basis_make(struct shy_basis *basis, const shy_rows *rows, int terms, const double *const *x,
                          double *rest, double *gamma, double *rest_square)
{
    shy_status st = SHY_OK;
    struct work w = {.basis = basis, .x = x, .rest = rest, .terms = terms, .gamma = gamma};
    double square[SHY_BASIS_MAX], deviation[SHY_BASIS_MAX];

    basis->terms = terms, basis->rank = 0, basis->finite = true;
    memset(basis->r, 0, sizeof basis->r);
    SHY_TRY(centre_columns(&w, rows, square));
    if (!basis->finite) goto out;
    for (int k = 0; k < terms; k++)
        deviation[k] = sqrt(fmax(square[k], 0.0));
    for (int k = 0; k < terms; k++) {
        /* the mean magnitude of a scaled column lies between 1/2 and 1 */
        w.k = k;
        basis->used[k] = false;
        if (sqrt(fmax(square[k], 0.0)) > fmax(SHY_COLLINEAR * deviation[k], SHY_ROUNDING))
            SHY_TRY(eliminate_column(&w, rows, square, gamma, rest_square));
        else if (gamma)
            gamma[k] = 0.0;
    }
out:
    return st;
}

bool shy_basis_undo(const struct shy_basis *basis, const double *gamma, double level, shy_fit *fit)
{
    double b[SHY_BASIS_MAX] = {0.0};
    bool finite = true;

    for (int k = basis->terms - 1; k >= 0; k--) {
        if (!basis->used[k]) continue;
        double sum = gamma[k];
        for (int j = k + 1; j < basis->terms; j++)
            sum -= basis->r[k][j] * b[j];
        b[k] = sum / basis->r[k][k];
    }
    fit->intercept = level;
    for (int k = 0; k < basis->terms; k++) {
        fit->coefficient[k] = b[k] / basis->scale[k];
        fit->intercept -= b[k] * basis->centre[k];
        finite = finite && isfinite(fit->coefficient[k]);
    }
    return finite && isfinite(fit->intercept);
}
