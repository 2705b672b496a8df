/** What the files of model share: the outcome behind its handle, sums over runs, the orthogonal basis, the AUC. */
#ifndef SHIHYO_MODEL_IMPL_H
#define SHIHYO_MODEL_IMPL_H

#include "shihyo/model.h"

/** The most sums that one pass over the rows makes. */
#define SHY_SUMS_MAX 20

/* ---- sums over runs -------------------------------------------------------------------------------------------- */

/** Writes the `width` sums over the local rows begin … end−1, which are one run. */
typedef void shy_run_kernel(void *context, int begin, int end, double *sums);

/**
 * total[w] = sum over all runs of the cohort, in their order, of what the kernel gives for a run.
 *
 * @param partial  rows->runs × width numbers; overwritten
 * Collective over the group. Fails as shy_group_sum_runs does, on all members.
 */
shy_status shy_rows_sum(const shy_rows *rows, shy_run_kernel *kernel, void *context, int width, double *partial,
                        double *total);

/**
 * sum a[i]·b[i], sum a[i], sum |a[i]| in eight interleaved partial sums: an order of addition that depends on count
 * alone and that a vector unit can follow without changing it.
 */
double shy_dot(const double *a, const double *b, int count);
double shy_sum(const double *a, int count);
double shy_sum_magnitudes(const double *a, int count);

/** The power of two next above a mean magnitude, so that dividing by it rounds nothing; 1 for a magnitude of 0. */
double shy_binary_scale(double magnitude);

/* ---- the orthogonal basis -------------------------------------------------------------------------------------- */

/** Columns whose remainder, after the columns before them, is smaller than this are rounding errors of the input. */
#define SHY_COLLINEAR 1e-9 /* of the centred column's own deviation */
#define SHY_ROUNDING 1e-12 /* of the column's mean magnitude */

/**
 * Columns x_k as combinations of orthogonal ones with mean 0 and mean square 1:
 *     x_k / scale_k = centre_k + sum over j <= k of q_j r[j][k]
 * A column that is constant, or a combination of those before it, is not `used`: its q means nothing.
 */
struct shy_basis {
    int terms, rank; /* columns given, columns used */
    bool finite;     /* false: some value is infinite or not a number; nothing below is valid */
    bool used[SHY_BASIS_MAX];
    double scale[SHY_BASIS_MAX], centre[SHY_BASIS_MAX], r[SHY_BASIS_MAX][SHY_BASIS_MAX];
    double *q[SHY_BASIS_MAX]; /* over my rows; owned */
    double *partial;          /* runs × SHY_SUMS_MAX; borrowed */
};

shy_status shy_basis_create(const shy_rows *rows, double *partial, struct shy_basis *basis_out); /* not collective */
void shy_basis_free(struct shy_basis *basis);

/**
 * Modified Gram–Schmidt of `terms` columns x[k] over my rows.
 *
 * @param rest   NULL, or a column with mean 0 that takes part as the last one: on return what the columns leave of it
 * @param gamma  with `rest`: rest = sum gamma_k q_k + remainder; gamma_k = 0 for unused columns
 * @param rest_square  with `rest`: mean square of the remainder
 * Collective over the group. Adding `rest` to the elimination, instead of multiplying by q afterwards, makes the
 * solution as accurate as Householder's even where rounding has left the q not quite orthogonal (Björck 1967).
 */
shy_status shy_basis_make(struct shy_basis *basis, const shy_rows *rows, int terms, const double *const *x,
                          double *rest, double *gamma, double *rest_square);

/**
 * From sum gamma_k q_k + level to intercept + sum coefficient_k x_k. False if a coefficient is not a finite number.
 * Not collective.
 */
bool shy_basis_undo(const struct shy_basis *basis, const double *gamma, double level, shy_fit *fit);

/* ---- the outcome ----------------------------------------------------------------------------------------------- */

struct shy_outcome {
    const shy_outcome_ops *ops;
    char *column;
    shy_rows rows;
    double *y;       /* over my rows */
    double *response; /* what metric.response points at; owned, as are all it points at */
    shy_metric metric;
    shy_fit null;
    char **notes;
    int notes_count;
    double *partial; /* runs × SHY_SUMS_MAX */
    struct shy_basis basis;
    void *state; /* the kind's own: one block of shy_new, which shy_outcome_destroy frees */
};

extern const shy_outcome_ops shy_outcome_continuous, shy_outcome_binary;

/* ---- area under the ROC curve ---------------------------------------------------------------------------------- */

/** Room to sort in, kept between refits. */
struct shy_auc_space {
    uint64_t *keys, *spare; /* rows->rows numbers each */
    double *sorted;         /* rows->rows numbers */
    double *all;            /* rows->total numbers; not needed with one row block */
    int *starts;            /* row_blocks + 1 numbers */
};

/**
 * P(a case scores higher than a control) + P(they are equal) / 2, exactly: pairs are counted in whole numbers.
 *
 * @param score, y  over my rows; read; y is 0 or 1, and both occur in the cohort; no score is NaN
 * Collective over the group. Each member sorts its own rows and meets everyone's controls in one merge.
 */
shy_status shy_auc(const shy_rows *rows, const double *score, const double *y, const struct shy_auc_space *space,
                   double *auc_out);

#endif
