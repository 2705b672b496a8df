/*
 * Statistics of predictions, on arrays of one rank: the headline metric of each outcome, differences of it with intervals, AUC after DeLong,
 * Brier's score; and tails of the usual distributions. Nothing here is collective. Fails with SHY_MEMORY only.
 *
 * A sample takes part if its weight is above 0 (NULL: all weigh 1) and its prediction is a number; infinite ones are the lowest or highest.
 * Predictions are linear predictors, see shy_held_out. NaN is what cannot be said from the samples: no pair, one class, no variance.
 */
#ifndef SHY_ASSESS_METRICS_H
#define SHY_ASSESS_METRICS_H

#include "assess_impl.h"
#include "shihyo/model.h"

/* ---- the headline metric ------------------------------------------------------------------------------------------------- */

/*
 * ops->metric_names[0] of samples that the model has not seen:
 *   continuous  1 − Σ w (y − p)² / Σ w (y − reference)²           reference: the training set's mean; can be far below 0
 *   binary      P(p of a case > p of a control) + P(equal)/2, pairs weighted w_i w_j
 *   count       1 − deviance of exposure·exp(p) / deviance of exposure·reference;  reference: the training set's events per exposure
 *   ordinal     as binary, over pairs of different levels
 *   survival    Harrell's concordance within strata, late entry as in shy_followed_concordance
 *   matched     the same within sets
 *
 * @param sample     the samples, `count` numbers below truth->n; NULL: 0 … count − 1
 * @param predictor  [truth->n], indexed by sample
 * @param reference  of shy_reference on the training set; ignored but for continuous and count
 */
shy_status shy_headline(const shy_truth *truth, const size_t *sample, size_t count, const double *predictor, double reference,
                        double *value_out);
/* The weighted mean of y (continuous), Σ w y / Σ w exposure (count), 0 (others) of a training set; NaN if no sample takes part. */
double shy_reference(const shy_truth *truth, const size_t *sample, size_t count);
/*
 * Headlines of folds: value[r·folds + f] of the samples in fold f of repeat r, each predicted by the model of that training set.
 *
 * @param predictor  [repeats × n]
 * @param reference  [sets], or NULL: made here from the training sets, which are all samples outside the fold
 * @param value_out  [sets]
 */
shy_status shy_headline_folds(const shy_truth *truth, const shy_folds *folds, const double *predictor, const double *reference,
                              double *value_out);

/* ---- the difference of two predictions -------------------------------------------------------------------------------------- */

typedef enum { SHY_BY_DELONG, SHY_BY_BOOTSTRAP } shy_interval_method;

/* b − a, a mean over folds; error: its standard error; [low, high]: 95 %; p: two-sided, of a difference 0 (normal). NaN: not known. */
typedef struct {
    double a, b, difference, error, low, high, p;
    int folds;     /* that have a value */
    int resamples; /* 0 with DeLong */
    shy_interval_method method;
} shy_difference;

/*
 * Headline of b less that of a on the same held-out samples. Binary without case weights other than 0 and 1: DeLong's covariance within folds,
 * a sample's parts in several repeats added up before they are squared, so that repeats do not count as new samples. Else a Bayesian
 * bootstrap: each sample (matched: set; with cluster: cluster) has a random weight, exponential with mean 1, the same in a and b and in all
 * repeats, and the mean over folds is computed again; percentiles are the interval. With cluster folds count with their samples' mean random
 * weight, since a fold may be one cluster, and error and interval are widened by √((k + 1)/(k − 1)) for k clusters. The models stay as they are: this is the uncertainty
 * that the held-out samples leave, not that of training.
 *
 * @param predictor_a,b  [repeats × n]; a sample must have both to take part
 * @param reference      as in shy_headline_folds
 * @param cluster        [n] 0 …: samples that are not independent of each other; NULL: all are. With it always the bootstrap
 * @param resamples      0: shy_resamples(n)
 * O(resamples · repeats · n log n). Source: Sun and Xu 2014; Rubin 1981.
 */
shy_status shy_compare(const shy_truth *truth, const shy_folds *folds, const double *predictor_a, const double *predictor_b,
                       const double *reference, const int32_t *cluster, int resamples, uint64_t seed, shy_difference *difference_out);
/*
 * The same in parts: the rounds of the bootstrap (0: it is not needed) do not depend on each other, so that ranks can share them. All pointers are
 * borrowed until it is freed. Serial.
 */
typedef struct shy_comparison shy_comparison;
shy_status shy_comparison_create(const shy_truth *truth, const shy_folds *folds, const double *predictor_a, const double *predictor_b,
                                 const double *reference, const int32_t *cluster, int resamples, uint64_t seed, shy_comparison **comparison_out);
int shy_comparison_rounds(const shy_comparison *comparison);
shy_status shy_comparison_round(const shy_comparison *comparison, int round, double *difference_out);
shy_status shy_comparison_end(const shy_comparison *comparison, const double *round, shy_difference *difference_out); /* round: [rounds] */
void shy_comparison_free(shy_comparison **comparison);
int shy_resamples(size_t n); /* 1000, fewer (at least 200) above 20,000 samples */

/* ---- AUC after DeLong ---------------------------------------------------------------------------------------------------------- */

/*
 * AUCs of several scores of the same samples, and their covariance: S_10 / cases + S_01 / controls. All samples take part.
 *
 * @param y        0 or 1; read
 * @param score    [scores] of n; no NaN
 * @param auc_out  [scores]
 * @param covariance_out  [scores²]; NaN with fewer than two cases or controls; NULL: not wanted
 */
shy_status shy_delong(size_t n, const double *y, int scores, const double *const *score, double *auc_out, double *covariance_out);
/*
 * placement_out[k·n + i] = V_10 of a case (share of controls that it beats), V_01 of a control (share of cases that beat it), score k.
 * Their means over cases, and over controls, are the AUC. NaN with one class.
 */
shy_status shy_placements(size_t n, const double *y, int scores, const double *const *score, double *placement_out);

/* ---- Brier's score --------------------------------------------------------------------------------------------------------------- */

/* Σ w (y − p)² / Σ w of probabilities; *null_out: of `prevalence` for all (NaN: that of these samples). NaN among p: left out. */
void shy_brier(size_t n, const double *y, const double *probability, const double *weight, double prevalence, double *brier_out, double *null_out);

/* ---- distributions ------------------------------------------------------------------------------------------------------------------ */

double shy_normal_two_sided(double z);                  /* P(|Z| >= |z|) */
double shy_chi_square_tail(double x, int df);           /* P(χ²_df >= x) */

#endif
