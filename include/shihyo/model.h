/**
 * model: outcomes. Each is a file behind one ops struct: null model → response column; exact refit → verdict, metrics.
 *
 * Floor 3.
 */
#ifndef SHIHYO_MODEL_H
#define SHIHYO_MODEL_H

#include "shihyo/base.h"
#include "shihyo/par.h"

#define SHY_BASIS_MAX 3    /* columns of a family: {z}, {u, v}, {v, u·v}, {u, v, u·v} */
#define SHY_METRICS_MAX 8

/**
 * FITTED: exact. SINGULAR: a column is constant or a combination of those before it; it has the coefficient 0 and the
 * others are fitted exactly. SEPARATED: the likelihood has no maximum (complete or quasi-separation); coefficients are
 * those of a finite fit close to its supremum. DIVERGED: not fitted; the null model, unless a fit came to a halt at
 * finite coefficients.
 */
typedef enum { SHY_FITTED, SHY_SEPARATED, SHY_SINGULAR, SHY_DIVERGED } shy_verdict;
const char *shy_verdict_name(shy_verdict verdict); /* "fitted", "separated", … */

/** The rows this rank holds: complete runs of `run_rows` rows (the cohort's last run may be short), in order. */
typedef struct {
    const shy_team *team;
    uint64_t total;     /* samples of the whole cohort in use */
    uint64_t first;     /* my first sample */
    int rows;           /* my samples */
    int run_rows;       /* rows of a run; sums are partial sums per run, then shy_group_sum_runs */
    int runs;           /* my runs = ceil(rows / run_rows) */
} shy_rows;

typedef struct {
    shy_verdict verdict;
    int terms;                          /* basis columns */
    double intercept;
    double coefficient[SHY_BASIS_MAX];  /* per basis column, on the scale of the basis columns as given */
    /* what the front minimises: 1 − R² (continuous), deviance / null deviance (binary) */
    double loss;
    double metric[SHY_METRICS_MAX];     /* in the order of ops->metric_names */
} shy_fit;

typedef struct shy_outcome shy_outcome;

typedef struct {
    const char *name;                   /* "continuous", "binary": the value of outcome.kind */
    const char *help;
    /* NULL-terminated: {"r2", "rmse", NULL} with rmse = sqrt(RSS / n), {"auc", "deviance", "brier", NULL} */
    const char *const *metric_names;
    bool larger_is_better;              /* of the first metric, which is shown first */
    /**
     * Checks y (one value per my row, no NaN), fits the null model. Collective over the group. Messages name the
     * column.
     */
    shy_status (*start)(shy_outcome *outcome);
    /**
     * The response column of screening: response[i] over my rows, with mean 0. Continuous: y standardised; binary: y
     * − mean.
     */
    void (*response)(const shy_outcome *outcome, double *response);
    /**
     * Exact maximum-likelihood (least-squares) refit of y on an intercept and `terms` columns, basis[k] over my rows.
     */
    shy_status (*refit)(const shy_outcome *outcome, int terms, const double *const *basis, shy_fit *fit_out);
} shy_outcome_ops;

const shy_outcome_ops *shy_outcome_find(const char *kind);               /* NULL if unknown */
const shy_outcome_ops *const *shy_outcome_list(void);                    /* NULL-terminated registry */

/**
 * An outcome over my rows: y is copied. `column` is the outcome's name for messages. Refuses (SHY_INPUT) a constant
 * outcome.
 * For binary, y must be 0/1 already (the caller maps levels by outcome.positive); other values are SHY_INPUT.
 * Collective over the group. Owned.
 */
shy_status shy_outcome_create(const shy_outcome_ops *ops, const char *column, const shy_rows *rows, const double *y,
                              shy_outcome **outcome_out);
void shy_outcome_destroy(shy_outcome **outcome);
const shy_outcome_ops *shy_outcome_kind(const shy_outcome *outcome);
void shy_outcome_response(const shy_outcome *outcome, double *response);
/**
 * Refit of one formula. Collective over the group (team->rows); sums in the fixed order of runs, so the result is the
 * same bit for bit for any number of row blocks. Data that cannot be fitted is a verdict, not an error. Agrees with R's
 * lm and glm(binomial) to 1e-8. Basis columns may have wild scales and offsets (mean 1e6 × sd): centre and scale
 * inside.
 */
shy_status shy_outcome_refit(const shy_outcome *outcome, int terms, const double *const *basis, shy_fit *fit_out);

#endif
