/*
 * Elastic nets by coordinate descent, with the objective and the conventions of R's glmnet (Friedman, Hastie & Tibshirani 2010; Simon et al.
 * 2011; strong rules: Tibshirani et al. 2012). Serial: a rank computes on all samples that it is given. Nothing here is collective.
 */
#ifndef SHY_ASSESS_ELASTIC_H
#define SHY_ASSESS_ELASTIC_H

#include "shihyo/base.h"
#include "shihyo/journal.h"

typedef enum { SHY_NET_GAUSSIAN, SHY_NET_BINOMIAL, SHY_NET_POISSON, SHY_NET_COX } shy_net_family; /* Cox: ties as Breslow has them */
const char *shy_net_family_name(shy_net_family family);

/* All over n samples; borrowed. NULL where there is none. Samples of weight 0 must not be among the rows that are fitted. */
typedef struct {
    shy_net_family family;
    int n;
    int columns, covariates;
    const double *const *column;    /* penalised */
    const double *const *covariate; /* not penalised */
    const double *y;                /* number; 0/1; count; event 0/1 */
    const double *time, *entry;     /* Cox */
    const int32_t *stratum;         /* Cox */
    const double *offset;           /* Poisson: log exposure */
    const double *weight;           /* of cases */
} shy_net_data;

typedef struct {
    double alpha;     /* share of the L1 penalty, in (0, 1] */
    int lambdas;      /* length of the path */
    double ratio;     /* last lambda / first; 0: 1e-4, or 1e-2 if there are fewer samples than columns */
    double tolerance; /* of a step's gain, as a share of the null deviance; 0: 1e-7 */
    shy_journal *journal; /* polled at every lambda; may be NULL */
} shy_net_options;
#define SHY_NET_DEFAULTS ((shy_net_options){.alpha = 0.5, .lambdas = 100})

/*
 * Models along the path, on the scale of the columns as given. Each minimises
 *
 *     −(log likelihood)/Σw + lambda · Σ_j ((1 − alpha)/2·(s_j b_j)² + alpha·|s_j b_j|)
 *
 * s_j being the standard deviation of column j (divisor Σw), b_j its coefficient; for gaussian −(log likelihood) is Σ w r²/2, and with it, as in
 * glmnet, the first half of the penalty is divided by the standard deviation of y, so that the unit of y does not matter.
 */
typedef struct {
    int lambdas, columns, covariates;
    double *lambda;      /* descending; the path ends early where the fit does not change any more, unless lambdas were given */
    double *intercept;   /* [lambdas]; 0 of Cox */
    double *coefficient; /* [lambdas × columns] */
    double *covariate;   /* [lambdas × covariates] */
    int *used;           /* [lambdas]: columns with a coefficient other than 0 */
    double *explained;   /* [lambdas]: 1 − deviance/(deviance of the intercept alone) */
} shy_net_path;
void shy_net_path_free(shy_net_path *path);

/*
 * @param row     samples to be fitted, `rows` of them
 * @param lambda  descending, `lambdas` of them; NULL: the path of options
 * Fails with SHY_MEMORY, and SHY_STOPPED if the journal says so. Memory: rows × (columns + covariates) numbers. A sweep costs 4·rows flops for each column that is looked at.
 */
shy_status shy_net_fit(const shy_net_data *data, const shy_net_options *options, const int *row, int rows, const double *lambda, int lambdas,
                       shy_net_path *path_out);

/* Linear predictor (offset left out) of sample i by model k of the path. */
double shy_net_predict(const shy_net_data *data, const shy_net_path *path, int k, int i);

/*
 * Cross-validation along the path of all rows, as cv.glmnet does it: loss[k] is the mean deviance (squared error) of the held-out samples; of Cox the deviance of
 * all rows less that of the training rows, per event. `best`: the largest lambda of those with the least loss (lambda.min).
 *
 * @param fold  [rows]: 0 … folds − 1 of each row
 */
typedef struct {
    shy_net_path path;
    double *loss; /* [path.lambdas] */
    int best;
} shy_net_choice;
shy_status shy_net_choose(const shy_net_data *data, const shy_net_options *options, const int *row, int rows, const int32_t *fold, int folds,
                          shy_net_choice *choice_out);
void shy_net_choice_free(shy_net_choice *choice);

#endif
