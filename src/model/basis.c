/** The columns of a formula made orthogonal: centred, scaled, the covariates and one another eliminated from them. */
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
    const double *weight;
    const double *h; /* what is to be subtracted of each covariate */
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
    shy_free(&basis->along);
}

static double dot(const struct work *w, const double *a, const double *b, int begin, int end)
{
    return shy_weighted_dot(w->weight ? w->weight + begin : NULL, a + begin, b + begin, end - begin);
}

static double sum_of(const struct work *w, const double *a, int begin, int end)
{
    return w->weight ? shy_dot(w->weight + begin, a + begin, end - begin) : shy_sum(a + begin, end - begin);
}

/* sums: w x_k and w |x_k| for each k, weights 0 hiding what x is there */
static void sum_weighted(const struct work *w, const double *x, int begin, int end, double *sums)
{
    sums[0] = sums[1] = 0.0;
    for (int i = begin; i < end; i++) {
        if (w->weight[i] == 0.0) continue;
        sums[0] += w->weight[i] * x[i];
        sums[1] += fabs(w->weight[i] * x[i]);
    }
}

static void sum_magnitudes(void *context, int begin, int end, double *sums)
{
    const struct work *w = context;

    for (int k = 0; k < w->terms; k++) {
        if (w->weight) {
            sum_weighted(w, w->x[k], begin, end, sums + 2 * k);
            continue;
        }
        sums[2 * k] = shy_sum(w->x[k] + begin, end - begin);
        sums[2 * k + 1] = shy_sum_magnitudes(w->x[k] + begin, end - begin);
    }
}

/* Where the weight is 0 a column is 0 throughout. */
static void hide(const struct work *w, double *q, int begin, int end)
{
    if (!w->weight) return;
    for (int i = begin; i < end; i++)
        if (w->weight[i] == 0.0) q[i] = 0.0;
}

/* q_k = x_k / scale_k − centre_k; sums: w q_k and w q_k² for each k */
static void centre(void *context, int begin, int end, double *sums)
{
    const struct work *w = context;

    for (int k = 0; k < w->terms; k++) {
        const double *x = w->x[k], inverse = w->inverse[k], middle = w->basis->centre[k];
        double *q = w->basis->q[k];
        for (int i = begin; i < end; i++)
            q[i] = x[i] * inverse - middle;
        hide(w, q, begin, end);
        sums[2 * k] = sum_of(w, q, begin, end);
        sums[2 * k + 1] = dot(w, q, q, begin, end);
    }
}

/* sums: w q_k p_j for each covariate, then w q_k and w q_k² */
static void multiply_covariates(const struct work *w, int begin, int end, double *sums)
{
    const struct shy_orthonormal *p = w->basis->covariates;
    const double *q = w->basis->q[w->k];

    for (int j = 0; j < p->rank; j++)
        sums[j] = dot(w, q, p->q[j], begin, end);
    sums[p->rank] = sum_of(w, q, begin, end);
    sums[p->rank + 1] = dot(w, q, q, begin, end);
}

static void sum_covariates(void *context, int begin, int end, double *sums)
{
    multiply_covariates(context, begin, end, sums);
}

/* q_k −= shift_k + sum h_j p_j; sums as before */
static void eliminate_covariates(void *context, int begin, int end, double *sums)
{
    const struct work *w = context;
    const struct shy_orthonormal *p = w->basis->covariates;
    double *q = w->basis->q[w->k];

    for (int i = begin; i < end; i++)
        q[i] -= w->shift[w->k];
    for (int j = 0; j < p->rank; j++) {
        const double *covariate = p->q[j], h = w->h[j];
        for (int i = begin; i < end; i++)
            q[i] -= h * covariate[i];
    }
    hide(w, q, begin, end);
    multiply_covariates(w, begin, end, sums);
}

/* q_k = (q_k − shift_k) / norm; sums: w q_k q_j for each later j, then w q_k rest */
static void normalise(void *context, int begin, int end, double *sums)
{
    const struct work *w = context;
    const int k = w->k;
    double *q = w->basis->q[k];

    for (int i = begin; i < end; i++)
        q[i] = (q[i] - w->shift[k]) / w->norm;
    hide(w, q, begin, end);
    for (int j = k + 1; j < w->terms; j++) {
        double *later = w->basis->q[j];
        if (w->shift[j] != 0.0) {
            for (int i = begin; i < end; i++)
                later[i] -= w->shift[j];
            hide(w, later, begin, end);
        }
        sums[j - k - 1] = dot(w, q, later, begin, end);
    }
    sums[w->terms - k - 1] = w->rest ? dot(w, q, w->rest, begin, end) : 0.0;
}

static void subtract(const double *q, double factor, double *from, int begin, int end)
{
    for (int i = begin; i < end; i++)
        from[i] -= factor * q[i];
}

/* q_j −= r[k][j] q_k for each later j, the same for rest; sums: w q_j², then w rest² */
static void eliminate(void *context, int begin, int end, double *sums)
{
    const struct work *w = context;
    const int k = w->k;
    const double *q = w->basis->q[k];

    for (int j = k + 1; j < w->terms; j++) {
        double *later = w->basis->q[j];
        subtract(q, w->basis->r[k][j], later, begin, end);
        sums[j - k - 1] = dot(w, later, later, begin, end);
    }
    sums[w->terms - k - 1] = 0.0;
    if (!w->rest) return;
    subtract(q, w->gamma[k], w->rest, begin, end);
    sums[w->terms - k - 1] = dot(w, w->rest, w->rest, begin, end);
}

/* Scales, means, and q = the centred columns; square[k] = mean of their squares. */
static shy_status centre_columns(struct work *w, const shy_rows *rows, double *square)
{
    shy_status st = SHY_OK;
    struct shy_basis *basis = w->basis;
    const double n = basis->weight_sum;
    double sums[2 * SHY_BASIS_MAX];

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

/*
 * Twice, as the covariates were made: then a column that nearly is a combination of them is orthogonal to them, too. square[k] becomes the
 * mean square of what is left.
 */
static shy_status project_columns(struct work *w, const shy_rows *rows, double *square)
{
    shy_status st = SHY_OK;
    struct shy_basis *basis = w->basis;
    const int covariates = basis->covariates->rank;
    double sums[SHY_COVARIATES_MAX + 2], h[SHY_COVARIATES_MAX];

    w->h = h;
    for (w->k = 0; w->k < w->terms; w->k++) {
        double *along = basis->along + (size_t)w->k * SHY_COVARIATES_MAX;
        memset(along, 0, (size_t)covariates * sizeof *along);
        SHY_TRY(shy_rows_sum(rows, sum_covariates, w, covariates + 2, basis->partial, sums));
        for (int pass = 0; pass < 2; pass++) {
            for (int j = 0; j < covariates; j++)
                along[j] += h[j] = sums[j] / basis->weight_sum;
            if (pass > 0) {
                w->shift[w->k] = sums[covariates] / basis->weight_sum;
                basis->centre[w->k] += w->shift[w->k];
            }
            SHY_TRY(shy_rows_sum(rows, eliminate_covariates, w, covariates + 2, basis->partial, sums));
        }
        w->shift[w->k] = 0.0;
        square[w->k] = sums[covariates + 1] / basis->weight_sum;
    }
out:
    w->h = NULL;
    return st;
}

/* One step of the elimination; square[] holds the mean squares of what is left, rest_square that of the remainder. */
static shy_status eliminate_column(struct work *w, const shy_rows *rows, double *square, double *gamma,
                                   double *rest_square)
{
    shy_status st = SHY_OK;
    struct shy_basis *basis = w->basis;
    const double n = basis->weight_sum;
    const int k = w->k, later = w->terms - k - 1;
    double sums[SHY_BASIS_MAX];

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
    struct work w = {.basis = basis, .x = x, .rest = rest, .terms = terms, .gamma = gamma, .weight = basis->weight};
    double square[SHY_BASIS_MAX], deviation[SHY_BASIS_MAX];

    basis->terms = terms, basis->rank = 0, basis->finite = true;
    memset(basis->r, 0, sizeof basis->r);
    SHY_TRY(centre_columns(&w, rows, square));
    if (!basis->finite) goto out;
    for (int k = 0; k < terms; k++)
        deviation[k] = sqrt(fmax(square[k], 0.0));
    if (basis->covariates) SHY_TRY(project_columns(&w, rows, square));
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

/* b solves R b = gamma: the coefficients of x_k / scale_k. */
static void solve_triangle(const struct shy_basis *basis, const double *gamma, double *b)
{
    for (int k = basis->terms - 1; k >= 0; k--) {
        b[k] = 0.0;
        if (!basis->used[k]) continue;
        double sum = gamma[k];
        for (int j = k + 1; j < basis->terms; j++)
            sum -= basis->r[k][j] * b[j];
        b[k] = sum / basis->r[k][k];
    }
}

/* What the formula's columns bring along of the covariates goes back to these. Returns the intercept's share. */
static double undo_covariates(const struct shy_basis *basis, const double *b, const double *g, double *e)
{
    double d[SHY_COVARIATES_MAX], unused[SHY_COVARIATES_MAX];

    for (int j = 0; j < basis->covariates->rank; j++) {
        d[j] = g[j];
        for (int k = 0; k < basis->terms; k++)
            if (basis->used[k]) d[j] -= b[k] * basis->along[(size_t)k * SHY_COVARIATES_MAX + (size_t)j];
    }
    return shy_orthonormal_undo(basis->covariates, d, e ? e : unused);
}

bool shy_basis_undo(const struct shy_basis *basis, const double *gamma, double level, const double *g, double *e, shy_fit *fit)
{
    double b[SHY_BASIS_MAX] = {0.0};
    bool finite = true;

    solve_triangle(basis, gamma, b);
    fit->intercept = level;
    for (int k = 0; k < basis->terms; k++) {
        fit->coefficient[k] = b[k] / basis->scale[k];
        fit->intercept -= b[k] * basis->centre[k];
        finite = finite && isfinite(fit->coefficient[k]);
    }
    if (basis->covariates) fit->intercept += undo_covariates(basis, b, g, e);
    return finite && isfinite(fit->intercept);
}

void shy_basis_errors(const struct shy_basis *basis, const double *covariance, shy_fit *fit)
{
    double inverse[SHY_BASIS_MAX][SHY_BASIS_MAX] = {{0.0}}; /* [k][u]: of column u, used ones counted */
    int used[SHY_BASIS_MAX], rank = 0;

    for (int k = 0; k < basis->terms; k++) {
        if (!basis->used[k]) continue;
        double unit[SHY_BASIS_MAX] = {0.0}, column[SHY_BASIS_MAX] = {0.0};
        unit[k] = 1.0;
        solve_triangle(basis, unit, column);
        for (int j = 0; j < basis->terms; j++)
            inverse[j][rank] = column[j];
        used[rank++] = k;
    }
    for (int k = 0; k < basis->terms; k++)
        fit->error[k] = NAN;
    for (int u = 0; u < rank; u++) {
        const double *row = inverse[used[u]];
        double variance = 0.0;
        for (int i = 0; i < rank; i++)
            for (int j = 0; j < rank; j++)
                variance += row[i] * row[j] * covariance[i * rank + j];
        if (isfinite(variance) && variance >= 0.0) fit->error[used[u]] = sqrt(variance) / basis->scale[used[u]];
    }
}
