/* What recalibration is made of: Newton's method in a few unknowns, and proportional odds. Not collective. */
#ifndef SHY_ASSESS_RECALIBRATE_H
#define SHY_ASSESS_RECALIBRATE_H

#include "judged.h"

#define SHY_SAME 1e-12 /* of the largest magnitude: below it numbers do not vary */

/* A concave log likelihood at x, its gradient, and minus its second derivatives [unknowns²]; −∞ or NaN where x is not allowed. */
typedef double shy_climb_likelihood(const void *context, const double *x, double *gradient, double *information);

#define SHY_CLIMB_MAX 64

/*
 * Newton's method with step halving, from x to the maximum; variance: of each unknown, the inverse information. False: none was reached. x is about 1
 * where the predictor is standardised.
 */
bool shy_climb(int unknowns, shy_climb_likelihood *likelihood, const void *context, double *x, double *variance);

/*
 * P(y <= l) = 1/(1 + exp(−(threshold_l − slope · predictor))) over the levels that occur. *fitted_out false: fewer than two levels, more than
 * SHY_CLIMB_MAX, or no maximum.
 */
shy_status shy_proportional_odds(const struct shy_judged *judged, double mean, double deviation, double *slope_out, double *error_out, bool *fitted_out);

#endif
