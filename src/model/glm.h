/**
 * Generalised linear models with one parameter per row, eta = offset + beta_0 + sum of beta_{j+1} column_j: their sums over runs, Newton's
 * fit, its verdict and errors. A family says what a row adds.
 */
#ifndef SHIHYO_MODEL_GLM_H
#define SHIHYO_MODEL_GLM_H

#include "model_impl.h"

#define SHY_GLM_CHUNK 256 /* rows whose parts are kept together in the first cache */
#define SHY_GLM_LANES 8   /* rows of a chunk are filled up with zeros to a multiple of this */

/** Some rows of a run. A family writes residual = −dl/d eta and information = −d²l/d eta², both times the case weight. */
struct shy_glm_chunk {
    double eta[SHY_GLM_CHUNK], y[SHY_GLM_CHUNK];
    const double *weight; /* NULL: all 1 */
    double residual[SHY_GLM_CHUNK], information[SHY_GLM_CHUNK], scratch[2][SHY_GLM_CHUNK];
};

/** Where the sums lie: −log likelihood (weighted), two of the family's own, the gradient, the Hessian's lower triangle row by row. */
enum { SHY_GLM_LOSS = 0, SHY_GLM_EXTRA = 1, SHY_GLM_GRADIENT = 3 };

/** Adds a chunk's loss and extras to the sums; fills residual and information. */
typedef void shy_glm_family(struct shy_glm_chunk *chunk, int count, double *sums);

struct shy_glm {
    const shy_outcome *outcome;
    shy_glm_family *family;
    const double *offset; /* over my rows; NULL: 0; borrowed */
    int unknowns, most;   /* now; at most */
    const double **column; /* unknowns − 1 of them over my rows: covariates, then those of the formula */
    double *beta;         /* where the following belong to */
    double *eta, *residual, *information; /* over my rows */
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

/** Not collective. After it, fits fail on all members or none. `most` = 1 + covariates + SHY_BASIS_MAX. */
shy_status shy_glm_create(const shy_outcome *outcome, shy_glm_family *family, bool penalty, struct shy_glm *glm_out);
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

/** Coefficients, intercept and errors of the formula's columns from beta and the sums there. False: not finite. */
bool shy_glm_report(const struct shy_glm *glm, const struct shy_basis *basis, const double *beta, shy_fit *fit);

#endif
