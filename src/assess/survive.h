/*
 * Survival of groups, on arrays of one rank: Kaplan–Meier, log-rank, hazard ratios. Follow-up as in shy_followed (model.h). Not collective.
 */
#ifndef SHY_ASSESS_SURVIVE_H
#define SHY_ASSESS_SURVIVE_H

#include "metrics.h"

/* ---- Kaplan–Meier ----------------------------------------------------------------------------------------------------------- */

/*
 * After each time at which follow-up of somebody ends, ascending. error: Greenwood's standard error of the survival; [low, high]: 95 %, by log(−log S);
 * NaN where survival is 0, both 1 where it is still 1. median: the first time with survival <= 1/2 (where it stays at 1/2, the middle between that and the next
 * death or the end, as R has it); low, high: the same of the bounds; NaN: not reached. at_risk just before the time; these, events and censored
 * are sums of weights.
 */
typedef struct {
    int steps;
    double *time, *survival, *error, *low, *high, *at_risk, *events, *censored; /* [steps] */
    double median, median_low, median_high;
} shy_km;

/* Strata are ignored. */
shy_status shy_km_create(const shy_followed *data, shy_km **km_out);
void shy_km_free(shy_km **km);
/* The value of the step function `values` (survival, low …) at t; `before` where t comes before the first step. */
double shy_km_at(const shy_km *km, const double *values, double before, double t);

/* ---- groups --------------------------------------------------------------------------------------------------------------------- */

#define SHY_GROUPS_MAX 8

/*
 * Log-rank test of groups, within strata: observed and expected events of each group, χ² with (groups that anybody is in) − 1 degrees of freedom,
 * hypergeometric variance (R: survdiff). Case weights are frequencies. NaN with one group or no event.
 *
 * @param group  [n] 0 … groups − 1; < 0: left out
 */
typedef struct {
    int groups, df;
    double observed[SHY_GROUPS_MAX], expected[SHY_GROUPS_MAX];
    double chi_square, p;
} shy_logrank;
shy_status shy_logrank_test(const shy_followed *data, const int32_t *group, int groups, shy_logrank *test_out);

/*
 * Hazard of group g over that of group 0: Cox, ties after Efron, within strata. [low, high]: 95 % (Wald). NaN where it has no finite estimate
 * (no event in a group) or nobody is in the group.
 */
typedef struct {
    double ratio, log_error, low, high, p;
} shy_hazard_ratio;
shy_status shy_hazard_ratios(const shy_followed *data, const int32_t *group, int groups, shy_hazard_ratio *ratio_out /* [groups]; [0] is 1 */);

#endif
