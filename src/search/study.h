/* After the search proper: what may be added to its result, and the stages that add it. */
#ifndef SHY_STUDY_H
#define SHY_STUDY_H

#include "search_impl.h"

/* ---- the result, on rank 0 ------------------------------------------------------------------------------------------ */

/* Best first: smaller loss, larger statistic, then by text. For qsort. */
int shy_found_compare(const void *a, const void *b);
void shy_found_release(shy_found *found); /* frees its texts */
/*
 * Moves *found into the level of its complexity, which is made if the result ends before it; SHY_INTERNAL above SHY_COMPLEXITY_MAX. One that has
 * the text of an entry there is dropped, unless its loss is smaller: then it takes that entry's place. The level is cut to `keep`, templates not
 * counted. The front is not drawn anew. In every case *found is empty afterwards. Not collective.
 */
shy_status shy_result_add(shy_search_result *result, int keep, shy_found *found);
bool shy_front_gains(double loss, double least); /* a more complex formula than those with the loss `least` belongs on the front */
/* The Pareto front from the levels as they are now. Not collective. */
shy_status shy_result_draw_front(shy_search_result *result);

/* Adds to the result what another search of the same run has cost: formulas, times, screening. Not collective. */
void shy_result_spent(shy_search_result *result, const shy_search_result *more);

/* ---- formulas as trees, the same on all ranks ------------------------------------------------------------------------- */

/* The factors of a tree, each once (factor has room for SHY_COLUMNS_KEPT), and the tree over their places. Returns how many. */
int shy_tree_gather_factors(const shy_tree *tree, shy_tree *local, uint32_t *factor);

/* A model with an intercept, the covariates and the terms. */
typedef struct {
    int terms;
    shy_tree term[SHY_BASIS_MAX];
    shy_fit fit;
} shy_trial;

/* Fits them all, each group its share; afterwards every rank has every fit. Collective over the world. */
shy_status shy_trials_refit(const shy_problem *problem, const shy_outcome *outcome, shy_trial *trial, int count);

/* ---- searches and stages ------------------------------------------------------------------------------------------------ */

/* Who hears of the progress. */
typedef struct {
    void (*tell)(void *context, const shy_progress *now); /* may be NULL */
    void *context;
} shy_monitor;

/* One search of the space, with its front; nothing that comes after. As shy_search_run. Collective over the world. */
shy_status shy_search_once(const shy_problem *problem, const shy_search_options *options, const shy_monitor *monitor, shy_search_result **result_out);

/* The user's templates with their fitted constants: template.h. */
typedef struct shy_templates shy_templates;

/* Stages: each adds formulas to the result (rank 0; NULL elsewhere) and draws the front anew. Collective over the world. */
shy_status shy_passes_run(const shy_problem *problem, const shy_search_options *options, const shy_templates *templates, const shy_monitor *monitor,
                          shy_search_result *result);
shy_status shy_plan_once(const shy_problem *problem, const shy_search_options *options, shy_plan *plan_out);
/*
 * Adds to the plan of the first search what the further ones take, about: as many factors as they take operands, and
 * the templates, stand in for formulas that are not known yet. Collective over the world.
 */
shy_status shy_passes_plan(const shy_problem *problem, const shy_search_options *options, int templates, shy_plan *plan);
/*
 * Sums of formulas, if options->terms > 1: searches the space again for what the best sum so far leaves unexplained, terms − 1 times, finds the
 * best sums of the formulas of all these searches and of the result, and refits them. If it fails, what it added stays.
 */
shy_status shy_terms_run(const shy_problem *problem, const shy_search_options *options, const shy_templates *templates, const shy_monitor *monitor,
                         shy_search_result *result);

#endif
