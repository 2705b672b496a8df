/** What the files of model share: the outcome behind its handle, sums over runs, orthogonal columns, the AUC. */
#ifndef SHIHYO_MODEL_IMPL_H
#define SHIHYO_MODEL_IMPL_H

#include "shihyo/model.h"

/** The most sums that one pass over the rows makes: what needs more makes several (shy_rows_sum). */
#define SHY_SUMS_MAX 640

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
 * sum a[i]·b[i], sum w[i]·a[i]·b[i], sum a[i], sum |a[i]| in eight interleaved partial sums: an order of addition that
 * depends on count alone and that a vector unit can follow without changing it. Weights NULL: all 1.
 */
double shy_dot(const double *a, const double *b, int count);
double shy_weighted_dot(const double *weight, const double *a, const double *b, int count);
double shy_sum(const double *a, int count);
double shy_sum_magnitudes(const double *a, int count);

/** The power of two next above a mean magnitude, so that dividing by it rounds nothing; 1 for a magnitude of 0. */
double shy_binary_scale(double magnitude);

/* ---- orthonormal columns --------------------------------------------------------------------------------------- */

/** Columns whose remainder, after the columns before them, is smaller than this are rounding errors of the input. */
#define SHY_COLLINEAR 1e-9 /* of the centred column's own deviation */
#define SHY_ROUNDING 1e-12 /* of the column's mean magnitude */

typedef enum { SHY_COLUMN_USED, SHY_COLUMN_CONSTANT, SHY_COLUMN_COMBINATION, SHY_COLUMN_INFINITE } shy_column_fate;

/**
 * Columns made orthonormal in the metric of weights w, W = sum w, in the order given:
 *     x_c / scale_c = centre_c + sum over k <= c of q_k r[k][c],   sum w q_k = 0,   sum w q_j q_k = W [j = k]
 * A column that is constant, or a combination of those before it, gets no q. Where w = 0, q = 0.
 */
struct shy_orthonormal {
    int columns, rank;     /* given, left */
    double **q;            /* rank columns over my rows */
    int *from;             /* q_k is of the given column from[k] */
    shy_column_fate *fate; /* of each given column */
    double *scale, *centre;
    double *r;             /* r[k][c] = r[k * columns + c] */
    double *memory;
};

/** Room for so many columns. Not collective. */
shy_status shy_orthonormal_create(const shy_rows *rows, int columns, struct shy_orthonormal *set_out);
void shy_orthonormal_free(struct shy_orthonormal *set);

/**
 * Gram–Schmidt, each column twice against those before it.
 *
 * @param weight   over my rows; NULL: all 1
 * @param partial  runs × (columns + 2) numbers
 * Collective over the group. Deterministic over runs. 5·n·columns² flops.
 */
shy_status shy_orthonormal_make(struct shy_orthonormal *set, const shy_rows *rows, const double *weight, double weight_sum,
                                const double *const *x, double *partial);

/** Coefficients of the given columns from those of the q: sum d_k q_k = shift + sum e_c x_c; returns the shift. e_c = 0 for columns without q. */
double shy_orthonormal_undo(const struct shy_orthonormal *set, const double *d, double *e);

/* ---- the orthogonal basis of a refit --------------------------------------------------------------------------- */

/**
 * Columns x_k as combinations of the covariates' p_j and of ones that are orthogonal to these and to each other, all with mean 0 and mean
 * square 1 in the metric of the case weights:
 *     x_k / scale_k = centre_k + sum over j of p_j along[k][j] + sum over j <= k of q_j r[j][k]
 * A column that is constant, or a combination of those before it, is not `used`: its q means nothing. Where the weight is 0, q = 0.
 */
struct shy_basis {
    int terms, rank; /* columns given, columns used */
    bool finite;     /* false: some value is infinite or not a number; nothing below is valid */
    bool used[SHY_BASIS_MAX];
    double scale[SHY_BASIS_MAX], centre[SHY_BASIS_MAX], r[SHY_BASIS_MAX][SHY_BASIS_MAX];
    double *q[SHY_BASIS_MAX]; /* over my rows; owned */
    double *partial;          /* runs × (covariates + SHY_BASIS_MAX + 20); borrowed */
    const double *weight;     /* of cases; NULL: all 1; borrowed */
    double weight_sum;
    const struct shy_orthonormal *covariates; /* NULL: none; borrowed */
    double *along;                            /* along[k][j] = along[k * SHY_COVARIATES_MAX + j]; owned, NULL without covariates */
};

/** Not collective. */
shy_status shy_basis_create(const shy_rows *rows, double *partial, struct shy_basis *basis_out);
void shy_basis_free(struct shy_basis *basis);

/**
 * Modified Gram–Schmidt of `terms` columns x[k] over my rows, after the covariates.
 *
 * @param rest   NULL, or a column with (weighted) mean 0, orthogonal to the covariates, that takes part as the last one: on return what the
 *               columns leave of it
 * @param gamma  with `rest`: rest = sum gamma_k q_k + remainder; gamma_k = 0 for unused columns
 * @param rest_square  with `rest`: (weighted) mean square of the remainder
 * Collective over the group. Adding `rest` to the elimination, instead of multiplying by q afterwards, makes the
 * solution as accurate as Householder's even where rounding has left the q not quite orthogonal (Björck 1967).
 */
shy_status shy_basis_make(struct shy_basis *basis, const shy_rows *rows, int terms, const double *const *x,
                          double *rest, double *gamma, double *rest_square);

/**
 * From level + sum g_j p_j + sum gamma_k q_k to intercept + sum e_c covariate_c + sum coefficient_k x_k. False if a coefficient is
 * not a finite number.
 *
 * @param gamma  per given column, 0 for unused ones
 * @param g      of the covariates' p_j; NULL without covariates
 * @param e      per given covariate, 0 for dropped ones; written; may be NULL
 * Not collective.
 */
bool shy_basis_undo(const struct shy_basis *basis, const double *gamma, double level, const double *g, double *e, shy_fit *fit);

/**
 * Sets fit->error from the covariance of the gamma of the used columns (rank × rank); those of unused columns become NaN. Not collective.
 */
void shy_basis_errors(const struct shy_basis *basis, const double *covariance, shy_fit *fit);

/* ---- the outcome ----------------------------------------------------------------------------------------------- */

struct shy_outcome {
    const shy_outcome_ops *ops;
    char *column;
    shy_rows rows;
    /* over my rows, owned; NULL as in shy_outcome_data. Weights that are all 1 become NULL; where the weight is 0, y = 0 */
    double *y, *time, *entry, *exposure, *weight;
    int32_t *stratum;
    int strata, levels;
    double weight_sum; /* of all rows; their number without weights */
    double taking;     /* rows with a weight above 0 */
    char **covariate_name; /* as given */
    struct shy_orthonormal covariates; /* in the metric of the case weights */
    double *covariate_coefficient;     /* of the given covariates, after the last refit; written by the kind through shy_basis_undo */
    double *treatment, treatment_mean;  /* of an interaction: centred, over my rows; owned; NULL: there is none */
    double *product[SHY_INTERACTION_TERMS]; /* room for its products with the columns of a refit; owned */
    double *threshold;                 /* ordinal: levels − 1, of the last refit; inside `state` */
    double *response; /* what metric.response points at; owned, as are all it points at */
    double *metric_weight;
    struct shy_orthonormal directions; /* in the metric of screening; empty where that is the one of the case weights */
    shy_metric metric;
    bool first_metric_only;  /* refits may leave the others NaN */
    shy_fit null;
    char **notes;
    int notes_count;
    double *partial; /* runs × SHY_SUMS_MAX; less without covariates, see shy_sums_most */
    struct shy_basis basis;
    void *state; /* the kind's own: one block of shy_new, which shy_outcome_destroy frees */
};

/** How many sums a pass may make: SHY_SUMS_MAX, or fewer (at least 128) where there are no covariates. */
int shy_sums_most(const shy_outcome *outcome);

extern const shy_outcome_ops shy_outcome_continuous, shy_outcome_binary, shy_outcome_count, shy_outcome_ordinal;
extern const shy_outcome_ops shy_outcome_survival, shy_outcome_matched;

/** A sentence for shy_outcome_notes; takes over `text`. Not collective. */
shy_status shy_outcome_note(shy_outcome *outcome, char *text);
/** Makes covariates orthonormal and notes those that are dropped (covariates.c). Collective. Fails if one is infinite. */
shy_status shy_outcome_adjust(shy_outcome *outcome, const shy_outcome_data *data);
/** Centres the treatment of an interaction (interaction.c), if there is one. Collective. SHY_INPUT if it is constant. */
shy_status shy_interaction_start(shy_outcome *outcome, const shy_outcome_data *data);
/** What a row of the metric is multiplied with: the standardised treatment, but never 0. */
double shy_interaction_factor(const shy_outcome *outcome, int row);
/** Fills in outcome->directions in the metric of weights that have the factor's square in them; NULL: all 1. Collective. */
shy_status shy_interaction_directions(shy_outcome *outcome, const double *weight);
/** Fills in outcome->metric by the kind's hooks (metric.c). Collective. */
shy_status shy_outcome_measure(shy_outcome *outcome);

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
