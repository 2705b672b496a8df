/*
 * Survival of groups, on arrays of one rank: Kaplan–Meier, log-rank, hazard ratios. Follow-up as in shy_followed (model.h). Not collective.
 */
#ifndef SHY_ASSESS_SURVIVE_H
#define SHY_ASSESS_SURVIVE_H

#include "metrics.h"


/*
 * Hazard of group g over that of group 0: Cox, ties after Efron, within strata. [low, high]: 95 % (Wald). NaN where it has no finite estimate
 * (no event in a group) or nobody is in the group.
 */
typedef struct {
    double ratio, log_error, low, high, p;
} shy_hazard_ratio;
shy_status shy_hazard_ratios(const shy_followed *data, const int32_t *group, int groups, shy_hazard_ratio *ratio_out /* [groups]; [0] is 1 */);

#endif
