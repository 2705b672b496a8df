/** Any number of columns made orthonormal in a weighted metric, deterministically over runs of rows. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "model_impl.h"

struct work {
    const double *weight, *x; /* the column as given */
    double *const *q;         /* those before it */
    double *column;           /* the column in work */
    int rank;
    double inverse, centre, shift;
    const double *h; /* what is to be subtracted of each q */
};

shy_status shy_orthonormal_create(const shy_rows *rows, int columns, struct shy_orthonormal *set_out)
{
    shy_status st = SHY_OK;
    struct shy_orthonormal set = {.columns = columns};
    const size_t count = (size_t)columns, padded = ((size_t)rows->rows + 7) / 8 * 8;

    SHY_TRY(shy_new(count, sizeof *set.q, &set.q));
    SHY_TRY(shy_new(count, sizeof *set.from, &set.from));
    SHY_TRY(shy_new(count, sizeof *set.fate, &set.fate));
    SHY_TRY(shy_new(count * (2 + count + padded), sizeof *set.memory, &set.memory));
    set.scale = set.memory, set.centre = set.scale + count, set.r = set.centre + count;
    for (int k = 0; k < columns; k++)
        set.q[k] = set.r + count * count + (size_t)k * padded;
    *set_out = set;
    return st;
out:
    shy_orthonormal_free(&set);
    return st;
}

void shy_orthonormal_free(struct shy_orthonormal *set)
{
    shy_free(&set->q);
    shy_free(&set->from);
    shy_free(&set->fate);
    shy_free(&set->memory);
    memset(set, 0, sizeof *set);
}

static bool counts(const double *weight, int row)
{
    return !weight || weight[row] > 0.0;
}

/* sums: w x, w |x| */
static void sum_magnitudes(void *context, int begin, int end, double *sums)
{
    const struct work *w = context;

    sums[0] = sums[1] = 0.0;
    for (int i = begin; i < end; i++) {
        if (!counts(w->weight, i)) continue;
        const double x = w->weight ? w->weight[i] * w->x[i] : w->x[i];
        sums[0] += x, sums[1] += fabs(x);
    }
}

/* sums: w column, then w column q_k for each q before it */
static void multiply(const struct work *w, int begin, int end, double *sums)
{
    const double *weight = w->weight ? w->weight + begin : NULL, *column = w->column + begin;

    sums[0] = weight ? shy_dot(weight, column, end - begin) : shy_sum(column, end - begin);
    for (int k = 0; k < w->rank; k++)
        sums[1 + k] = shy_weighted_dot(weight, column, w->q[k] + begin, end - begin);
}

/* column = x / scale − centre; sums: w column² after those of multiply */
static void centre(void *context, int begin, int end, double *sums)
{
    const struct work *w = context;

    for (int i = begin; i < end; i++)
        w->column[i] = counts(w->weight, i) ? w->x[i] * w->inverse - w->centre : 0.0;
    multiply(w, begin, end, sums);
    sums[1 + w->rank] =
        shy_weighted_dot(w->weight ? w->weight + begin : NULL, w->column + begin, w->column + begin, end - begin);
}

/* column −= shift + sum h_k q_k; sums as in centre */
static void eliminate(void *context, int begin, int end, double *sums)
{
    const struct work *w = context;

    for (int i = begin; i < end; i++)
        if (counts(w->weight, i)) w->column[i] -= w->shift;
    for (int k = 0; k < w->rank; k++) {
        const double *q = w->q[k], h = w->h[k];
        for (int i = begin; i < end; i++)
            w->column[i] -= h * q[i];
    }
    multiply(w, begin, end, sums);
    sums[1 + w->rank] =
        shy_weighted_dot(w->weight ? w->weight + begin : NULL, w->column + begin, w->column + begin, end - begin);
}

/* Takes the mean and what the q before explain from the column in work; adds them to centre and r. Returns its mean square. */
static shy_status project(struct work *w, const shy_rows *rows, double weight_sum, double *partial, double *sums,
                          struct shy_orthonormal *set, int c, double *square_out)
{
    shy_status st = SHY_OK;
    double h[SHY_COVARIATES_MAX];

    w->shift = sums[0] / weight_sum;
    set->centre[c] += w->shift;
    for (int k = 0; k < w->rank; k++) {
        h[k] = sums[1 + k] / weight_sum;
        set->r[k * set->columns + c] += h[k];
    }
    w->h = h;
    SHY_TRY(shy_rows_sum(rows, eliminate, w, w->rank + 2, partial, sums));
    *square_out = sums[1 + w->rank] / weight_sum;
out:
    w->h = NULL;
    return st;
}

static shy_status add_column(struct shy_orthonormal *set, const shy_rows *rows, const double *weight, double weight_sum,
                             const double *x, int c, double *partial)
{
    shy_status st = SHY_OK;
    struct work w = {.weight = weight, .x = x, .q = set->q, .column = set->q[set->rank], .rank = set->rank};
    double sums[SHY_COVARIATES_MAX + 2], square = 0.0;

    SHY_TRY(shy_rows_sum(rows, sum_magnitudes, &w, 2, partial, sums));
    set->fate[c] = SHY_COLUMN_INFINITE;
    if (!isfinite(sums[1])) goto out;
    set->scale[c] = shy_binary_scale(sums[1] / weight_sum);
    w.inverse = 1.0 / set->scale[c];
    set->centre[c] = w.centre = sums[0] * w.inverse / weight_sum;
    SHY_TRY(shy_rows_sum(rows, centre, &w, w.rank + 2, partial, sums));
    const double mean = sums[0] / weight_sum;
    const double deviation = sqrt(fmax(sums[1 + w.rank] / weight_sum - mean * mean, 0.0));
    set->fate[c] = SHY_COLUMN_CONSTANT;
    if (!(deviation > SHY_ROUNDING)) goto out;
    for (int pass = 0; pass < 2; pass++) /* twice is enough (Kahan, Parlett) */
        SHY_TRY(project(&w, rows, weight_sum, partial, sums, set, c, &square));
    set->fate[c] = SHY_COLUMN_COMBINATION;
    const double norm = sqrt(fmax(square, 0.0));
    if (!(norm > fmax(SHY_COLLINEAR * deviation, SHY_ROUNDING))) goto out;
    set->fate[c] = SHY_COLUMN_USED;
    set->r[set->rank * set->columns + c] = norm;
    for (int i = 0; i < rows->rows; i++)
        w.column[i] /= norm;
    set->from[set->rank++] = c;
out:
    return st;
}

shy_status shy_orthonormal_make(struct shy_orthonormal *set, const shy_rows *rows, const double *weight, double weight_sum,
                                const double *const *x, double *partial)
{
    shy_status st = SHY_OK;

    set->rank = 0;
    memset(set->r, 0, (size_t)set->columns * (size_t)set->columns * sizeof *set->r);
    for (int c = 0; c < set->columns; c++)
        SHY_TRY(add_column(set, rows, weight, weight_sum, x[c], c, partial));
out:
    return st;
}

double shy_orthonormal_undo(const struct shy_orthonormal *set, const double *d, double *e)
{
    double shift = 0.0;

    memset(e, 0, (size_t)set->columns * sizeof *e);
    for (int k = set->rank - 1; k >= 0; k--) {
        double sum = d[k];
        for (int j = k + 1; j < set->rank; j++)
            sum -= set->r[k * set->columns + set->from[j]] * e[set->from[j]];
        e[set->from[k]] = sum / set->r[k * set->columns + set->from[k]];
    }
    for (int c = 0; c < set->columns; c++) {
        if (e[c] == 0.0) continue;
        shift -= e[c] * set->centre[c];
        e[c] /= set->scale[c];
    }
    return shift;
}
