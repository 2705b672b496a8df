/* The models of the front: what stands beside each formula when it is applied to another patient. */
#ifndef SHY_COMPLETE_H
#define SHY_COMPLETE_H

#include "study.h"

/*
 * Sets slope_error, covariates, thresholds and beside of each formula of the front (result on rank 0, NULL elsewhere), and beside of its rounded form, from
 * refits with the constants as they stand; in searches of interactions with the product with the treatment. Collective over the world.
 */
shy_status shy_complete_run(const shy_problem *problem, shy_search_result *result);

#endif
