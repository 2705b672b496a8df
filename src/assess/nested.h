/* What the files of nested cross-validation share. */
#ifndef SHY_NESTED_H
#define SHY_NESTED_H

#include "assess_impl.h"

/* ---- which complexity (choice.c) ------------------------------------------------------------------------------------------------ */

/* Held-out means and errors by complexity 0 … levels, and which may be chosen. */
typedef struct {
    int levels;
    double mean[SHY_COMPLEXITY_MAX + 1], error[SHY_COMPLEXITY_MAX + 1];
    bool may[SHY_COMPLEXITY_MAX + 1];
} shy_choices;

/*
 * BEST: the best mean, of equals the simplest. ONE_SE: the simplest formula that beats having none and whose mean is not more than the error of the
 * best one worse than it. 0, no formula, only if no formula's mean is better than that of none: whether a formula earns its
 * place is not for this rule to say.
 */
int shy_choose(const shy_choices *choices, shy_choice rule, bool larger_is_better);
/* From all folds; only complexities from that of the simplest formula on the front of all samples on. Rank 0. */
int shy_choose_all(const shy_assessment *a);
/* From the folds of the same repeat but that of training set t. Rank 0. */
int shy_choose_without(const shy_assessment *a, int t);

/* The formula of at most this complexity on the front; NULL: there is none. */
const shy_found *shy_front_at(const shy_search_result *result, int complexity);

/* ---- record (nested_record.c) --------------------------------------------------------------------------------------------------- */

/* `undefined`: predictions for held-out samples that are no numbers. Rank 0. */
shy_status shy_nested_record(const shy_assessment *a, uint64_t undefined);
const char *shy_choice_name(shy_choice rule);

#endif
