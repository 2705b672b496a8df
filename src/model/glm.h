/**
 * Generalised linear models with one linear predictor per row, eta = offset + beta_0 + sum of beta_{j+1} column_j: their sums over runs,
 * Newton's fit, its verdict and errors. A family says what a row adds. Ordinal ones have thresholds instead of the intercept: the unknowns
 * are `head` of these, then the slopes.
 */
#ifndef SHIHYO_MODEL_GLM_H
#define SHIHYO_MODEL_GLM_H

#include "model_impl.h"

#define SHY_GLM_CHUNK 256 /* rows whose parts are kept together in the first cache */
#define SHY_GLM_LANES 8   /* rows of a chunk are filled up with zeros to a multiple of this */

/**
 * With thresholds, for a row of level y between a = theta_y − eta and b = theta_{y−1} − eta: the derivatives of −l by a and b, and the second
 * ones by a a, a b, b b; 0 for the lowest level's b and the highest one's a. Times the case weight.
 */
enum { SHY_GLM_UPPER, SHY_GLM_LOWER, SHY_GLM_UPPER_UPPER, SHY_GLM_UPPER_LOWER, SHY_GLM_LOWER_LOWER, SHY_GLM_CUTS };

/** Some rows of a run. A family writes residual = −dl/d eta and information = −d²l/d eta², both times the case weight. */
struct shy_glm_chunk {
    double eta[SHY_GLM_CHUNK], y[SHY_GLM_CHUNK];
    const double *weight; /* NULL: all 1 */
    const double *aid;    /* of the family's own, per row; may be NULL */
    const double *beta;
    int head;             /* of the unknowns: the number of thresholds, or 1 */
    double residual[SHY_GLM_CHUNK], information[SHY_GLM_CHUNK], scratch[2][SHY_GLM_CHUNK];
    double *cut[SHY_GLM_CUTS]; /* with thresholds: where to write the following */
};

/** Where the sums lie: −log likelihood (weighted), two of the family's own, the gradient, the Hessian's lower triangle row by row. */
enum { SHY_GLM_LOSS = 0, SHY_GLM_EXTRA = 1, SHY_GLM_GRADIENT = 3 };

/** Adds a chunk's loss and extras to the sums; fills residual and information. */
typedef void shy_glm_family(struct shy_glm_chunk *chunk, int count, double *sums);

struct shy_glm {
    const shy_outcome *outcome;
    shy_glm_family *family;
    const double *offset; /* over my rows; NULL: 0; borrowed */
    const double *aid;    /* over my rows, for the family; borrowed */
    bool thresholds;
    int head;             /* 1 (the intercept), or the thresholds */
    int unknowns, most;   /* now; at most */
    const double **column; /* unknowns − head of them over my rows: covariates, then those of the formula */
    double *beta;         /* where the following belong to */
    double *eta, *residual, *information; /* over my rows */
    double *cut[SHY_GLM_CUTS];            /* likewise, with thresholds */
    double *sums;
    double *null_beta;    /* of intercept and covariates: where refits start */
    double *work;         /* most + most² numbers */
    double *memory;
    /* Firth's penalty */
    double *inverse;      /* unknowns², of the mean information; NULL: no penalty */
    double log_determinant;
    int row_begin, row_end; /* rows of the triangle in the present pass */
    bool penalised, later;  /* kind of the present pass */
};

/**
 * @param penalty     room for Firth's
 * @param thresholds  their number; 0: an intercept
 * Not collective. After it, fits fail on all members or none.
 */
shy_status shy_glm_create(const shy_outcome *outcome, shy_glm_family *family, bool penalty, int thresholds, struct shy_glm *glm_out);
void shy_glm_free(struct shy_glm *glm);

/** Columns and number of unknowns: covariates and the used columns of the basis (NULL: none). beta = the null model's. */
void shy_glm_set(struct shy_glm *glm, const struct shy_basis *basis, double *beta);

/** All sums, eta, residual and information at beta. Collective. */
shy_status shy_glm_evaluate(struct shy_glm *glm, const double *beta);

/**
 * Maximum likelihood from beta, which becomes the end; what the sums at the end say: FITTED, DIVERGED, or SEPARATED where the maximum lies at
 * infinity. Collective.
 */
shy_status shy_glm_fit(struct shy_glm *glm, double *beta, shy_verdict *verdict_out);

/** Maximum of log likelihood + log |information| / 2 (Firth 1993): FIRTH or DIVERGED. Leaves the sums without penalty. Collective. */
shy_status shy_glm_fit_firth(struct shy_glm *glm, double *beta, shy_verdict *verdict_out);

/** How a kind fits covariates and the used columns of the basis: sets the columns, ends as shy_glm_fit. Collective. */
typedef shy_status shy_glm_fitter(const shy_outcome *outcome, const struct shy_basis *basis, double *beta, shy_verdict *verdict_out);

/**
 * What shy_outcome_ops calls refit, but for loss and metrics; the sums are those of the fit. A fit that does not come out is DIVERGED and the null
 * model. fitter NULL: maximum likelihood. Collective.
 */
shy_status shy_glm_refit(struct shy_glm *glm, int terms, const double *const *x, shy_glm_fitter *fitter, shy_fit *fit_out);

/** What shy_outcome_ops calls response and information (right after the null model's refit), and residual. */
void shy_glm_residual(const struct shy_glm *glm, double *out);
void shy_glm_information(const struct shy_glm *glm, double *out);

/* ---- thresholds (thresholds.c): sums over one run's rows from … from + count − 1 -------------------------------- */

void shy_glm_cut_gradient(const struct shy_glm *glm, int from, int count, double *gradient);
/** Row t of the Hessian's triangle, t < head. */
void shy_glm_cut_row(const struct shy_glm *glm, int t, int from, int count, double *row);
/** The head of the row of a slope with column q. */
void shy_glm_cut_cross(const struct shy_glm *glm, const double *q, int from, int count, double *row);

#endif
