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
/*
 * For the fold of training set t, from shy_inner_values. Where there are none (two folds; two folds fewer could not be fitted) from the other folds of the
 * repeat, whose models have seen this one. Rank 0.
 */
int shy_choose_without(const shy_assessment *a, int t);

/* The formula of at most this complexity on the front; NULL: there is none. */
const shy_found *shy_front_at(const shy_search_result *result, int complexity);

/* ---- choice without the fold that is judged (inner.c) ----------------------------------------------------------------------------- */

/* Searches without fold f and the next one, for each f of each repeat. Afterwards, on rank 0: shy_inner_values. Collective over the world. */
shy_status shy_inner_run(shy_assessment *a);
/* Two headlines for the fold of training set t: on each of its neighbours, of the model of that complexity which saw neither. NaN: unknown. */
double *shy_inner_values(const shy_assessment *a, int t, int complexity);
/* How a training set is searched: rounded constants and imputed data sets are for formulas that are reported. */
shy_search_options shy_training_options(const shy_assessment *a, const shy_lists *lists);

/* ---- record (nested_record.c) --------------------------------------------------------------------------------------------------- */

/* `undefined`: predictions for held-out samples that are no numbers. Rank 0. */
shy_status shy_nested_record(const shy_assessment *a, uint64_t undefined);
const char *shy_choice_name(shy_choice rule);

/* ---- predictions one by one (individual.c) ------------------------------------------------------------------------------------------- */

/* Collective over the world. */
shy_status shy_individual_record(const shy_assessment *a);

#endif
