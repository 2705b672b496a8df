/* Follow-up of groups by stratum and time: what life tables, log-rank tests and scores walk along. Not collective. */
#ifndef SHY_ASSESS_TIMELINE_H
#define SHY_ASSESS_TIMELINE_H

#include "metrics.h"

/* Steps are the times at which anybody's follow-up ends, ascending within each stratum, strata ascending. Sums of weights by step and group. */
struct shy_timeline {
    size_t steps;
    int groups, strata;
    size_t *start;   /* [strata + 1] */
    double *time;    /* [steps] */
    double *at_risk; /* [steps × groups] just before the time */
    double *deaths, *censored;
};

/* group: [n], < 0 left out; NULL: all in group 0. with_strata false: all in one. Fails with SHY_MEMORY. O(n log n). */
shy_status shy_timeline_create(const shy_followed *data, const int32_t *group, int groups, bool with_strata, struct shy_timeline *line_out);
void shy_timeline_free(struct shy_timeline *line);

/*
 * score[i] = event − Nelson–Aalen hazard of the stratum between entry and end of follow-up, of those who take part; others NaN. Sums to 0, but for
 * rounding, with weights as well.
 */
shy_status shy_logrank_scores(const shy_followed *data, double *score);

#endif
