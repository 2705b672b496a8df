/* Templates: formulas that the user writes, whose constants are fitted, and which serve as operands. */
#ifndef SHY_TEMPLATE_H
#define SHY_TEMPLATE_H

#include "macro.h"
#include "polish.h"

struct shy_templates {
    int count;
    shy_macro *macro; /* with constants fitted to the outcome of the problem as it is aimed */
};

/*
 * Reads options->templates and fits them. SHY_INPUT, naming the template and the place, for what cannot be read, or cannot be computed for all values
 * within the ranges of its factors. Without templates it is empty and nothing is done. Collective over the world.
 */
shy_status shy_templates_create(const shy_problem *problem, const shy_search_options *options, shy_templates *templates_out);
void shy_templates_free(shy_templates *templates);

/*
 * The search of the space: as shy_search_once, of formulas without templates unless these are required, and of those with. The problem may be one
 * with other covariates than that of the templates. Collective over the world.
 */
shy_status shy_templates_search(const shy_problem *problem, const shy_search_options *options, const shy_templates *templates, const shy_monitor *monitor,
                                shy_search_result **result_out);

/*
 * The constants that are not held, fitted from the best of many starts (template_fit.c); the tree can then be computed for all values within the
 * ranges of its factors. *fitted_out false: that is so from no start, and the tree is left with the first. Collective over the group.
 */
shy_status shy_template_fit(shy_fitter *fitter, uint64_t seed, shy_tree *tree, bool *fitted_out);

#endif
