/* figures_problem.h: a problem of one rank made by hand, for tests of figures. */
#ifndef FIGURES_PROBLEM_H
#define FIGURES_PROBLEM_H

#include "shihyo/search.h"

/*
 * n samples with the factors x1 … of search_problem.h, one letter each; the outcome is continuous, weights are 0 to 3. figures.h and the headers of a search do not go together, so this is a
 * file of its own.
 */
shy_problem *figures_problem_create(const shy_team *team, const char *columns, int n);
void figures_problem_free(shy_problem *problem);

#endif
