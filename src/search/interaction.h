/* Formulas judged by their interaction with a treatment: what differs from other searches once the lists are made. */
#ifndef SHY_SEARCH_INTERACTION_H
#define SHY_SEARCH_INTERACTION_H

#include "search_impl.h"

/* SHY_INPUT for options that have no meaning, or are not made, for interactions. The same on all ranks. */
shy_status shy_interaction_check(const shy_problem *problem, const shy_search_options *options);

/* The exact fit of one formula, as it travels. */
typedef struct {
    shy_fit fit;
    double coefficient[SHY_FAMILY_TERMS]; /* of the family's basis: its constants follow from them */
} shy_refit;

/*
 * The constants of a family are those with which its basis, times the treatment, fits best beside the basis itself; then the formula with these
 * constants and its product with the treatment are fitted. `basis` is overwritten. Collective over the group.
 */
shy_status shy_formula_interact(shy_space *space, const shy_outcome *outcome, const shy_formula *formula, int terms, double *const *basis,
                                shy_refit *refit_out);
/* The formula with its constants; intercept and slope of the model. May fail on one rank alone; not collective. */
shy_status shy_formula_refitted(shy_space *space, const shy_formula *formula, const shy_refit *refit, shy_tree *tree_out, double *intercept_out,
                                double *slope_out);
/* intercept, slope and interaction from found->fit. Cannot fail. */
void shy_found_interaction(shy_found *found);

#endif
