/*
 * Calibration and usefulness of predictions, on arrays of one rank. Who takes part, and NaN: as in metrics.h. Not collective.
 */
#ifndef SHY_ASSESS_CALIBRATE_H
#define SHY_ASSESS_CALIBRATE_H

#include "metrics.h"

/* ---- recalibration -------------------------------------------------------------------------------------------------------- */

/* Standard errors from the inverse information (continuous: residual variance). A good model has intercept 0 and slope 1. */
typedef struct {
    bool fitted;                      /* false: the slope has no maximum of the likelihood, or nothing varies; all else NaN */
    double intercept, intercept_error; /* calibration in the large: of the model whose slope is 1; NaN for survival, matched, ordinal */
    double slope, slope_error;
    double slope_intercept;           /* the intercept beside the fitted slope; NaN likewise */
    size_t samples;
} shy_recalibration;

/*
 * link(E y) = intercept + slope · predictor: least squares (continuous), logistic (binary), Poisson with exposure (count), proportional odds with
 * thresholds of its own (ordinal), Cox (survival), conditional logistic (matched). Case weights as lm, glm and coxph of R have them. Infinite
 * predictions are left out.
 *
 * @param fold  [truth->n]; survival and matched: compared only within one, since predictors of different training sets have levels of their own;
 *              NULL: none. Others ignore it
 */
shy_status shy_recalibrate(const shy_truth *truth, const size_t *sample, size_t count, const double *predictor, const int32_t *fold,
                           shy_recalibration *recalibration_out);

/* ---- calibration curve ------------------------------------------------------------------------------------------------------ */

#define SHY_CURVE_POINTS 512

/* observed(p) by local linear regression, and what predictions differ from it: mean, median, 90th percentile, maximum of |p − observed|. */
typedef struct {
    int points;
    double predicted[SHY_CURVE_POINTS], observed[SHY_CURVE_POINTS]; /* ascending */
    double ici, e50, e90, emax;
} shy_curve;

/*
 * Loess of degree 1 without robustness steps: at each predicted value a line through the nearest 3/4 of the samples, weights tricube in the distance
 * times case weights (R: loess(y ~ p, degree = 1, surface = "direct")). Where predictions are all equal there it is their mean. With more
 * than SHY_CURVE_POINTS different values it is computed at as many quantiles and interpolated. observed is cut to [0, 1] with `probability`.
 * Quantiles as R's type 7; with different weights the least value that half (9/10) of the weight does not exceed.
 *
 * @param y, predicted  [n]: probabilities, or expected values (continuous)
 */
shy_status shy_curve_make(size_t n, const double *y, const double *predicted, const double *weight, bool probability, shy_curve *curve_out);

/*
 * Points of a curve that are nobody's: up to 21 round numbers between bounds of the predictions; emax, an extreme, becomes NaN, e50 and e90 have three digits. Nothing
 * changes without a rule.
 */
shy_status shy_curve_release(const shy_sdc *sdc, size_t n, const double *predicted, const double *weight, shy_curve *curve);
/* shy_bins_make with neighbours joined until in each the samples, with `probability` those with and those without the event, may be told; perhaps none. */
shy_status shy_bins_release(const shy_sdc *sdc, size_t n, const double *y, const double *predicted, const double *weight, bool probability, shy_bins *bins_out);

#endif
