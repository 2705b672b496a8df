/* The models of the front: what stands beside each formula when it is applied to another patient. */
#ifndef SHY_COMPLETE_H
#define SHY_COMPLETE_H

#include "study.h"

/*
 * Sets slope_error, covariates, thresholds and beside of each formula of the front (result on rank 0, NULL elsewhere), from a refit of the formula
 * with its constants as they stand. Not for searches of interactions, whose models have more terms. Collective over the world.
 */
shy_status shy_complete_run(const shy_problem *problem, shy_search_result *result);

#endif
