/** Concordance of a score with an outcome in levels, weighted: over all pairs of samples of different levels. */
#ifndef SHIHYO_MODEL_LEVELS_H
#define SHIHYO_MODEL_LEVELS_H

#include "model_impl.h"

struct shy_levels {
    const shy_outcome *outcome;
    int levels;
    double *level, *weight;  /* of the whole cohort, in its order; weight 1 without weights */
    double *score;           /* likewise; overwritten at each call */
    struct shy_levels_entry *entry, *spare;
    double *below, *within;  /* per level */
    int *starts;             /* row_blocks + 1 */
};

/** Room for outcome->y with levels 0 … levels − 1. Not collective. */
shy_status shy_levels_create(const shy_outcome *outcome, int levels, struct shy_levels *levels_out);
/** Brings levels and weights of the whole cohort to every member. Collective. Cannot fail. */
void shy_levels_start(struct shy_levels *levels);
void shy_levels_free(struct shy_levels *levels);

/**
 * Sum over pairs with y_i > y_j of w_i w_j ([s_i > s_j] + [s_i = s_j] / 2), over the sum of their w_i w_j. With two levels it is the weighted
 * area under the ROC curve. Every member sorts all scores and adds in their order, ties in that of the cohort, so that the last bit does
 * not depend on who holds which row. No score is NaN.
 *
 * @param score  over my rows
 * Collective. n (8 + levels) steps on each member.
 */
shy_status shy_levels_concordance(const struct shy_levels *levels, const double *score, double *concordance_out);

#endif
