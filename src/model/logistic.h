/** The sums of logistic regression over one run of rows. */
#ifndef SHIHYO_MODEL_LOGISTIC_H
#define SHIHYO_MODEL_LOGISTIC_H

#include "model_impl.h"

/** eta = beta_0 + sum over k < rank of beta_{k+1} q_k, p = 1 / (1 + exp(−eta)). */
struct shy_logistic {
    int rank;
    double *q[SHY_BASIS_MAX]; /* over my rows; read */
    const double *y;          /* 0 or 1; read */
    double *eta;              /* written */
    double beta[1 + SHY_BASIS_MAX];
};

/** Where the sums of a run lie. */
enum {
    SHY_LOGISTIC_LOSS = 0,     /* −log likelihood */
    SHY_LOGISTIC_GRADIENT = 1, /* p − y, (p − y) q_k */
    SHY_LOGISTIC_HESSIAN = 5, /* p (1 − p) times 1; q_0, q_0²; q_1, q_0 q_1, q_1²; …: the lower triangle, row by row */
    SHY_LOGISTIC_WRONG = 15, /* rows on the wrong side of eta = 0, or on it */
    SHY_LOGISTIC_BRIER = 16, /* (y − p)² */
    SHY_LOGISTIC_SUMS = 17
};

/** The kernel for shy_rows_sum; context: struct shy_logistic. */
void shy_logistic_run(void *context, int begin, int end, double *sums);

#endif
