/* Counts the formulas whose validity depends on which factors of given kinds are chosen. */
#ifndef SHY_UNCERTAIN_H
#define SHY_UNCERTAIN_H

#include "context_impl.h"

typedef struct shy_uncertain shy_uncertain;

shy_status shy_uncertain_create(const shy_space *space, shy_uncertain **uncertain_out);
void shy_uncertain_destroy(shy_uncertain **uncertain);
/*
 * Adds to formulas[complexity] in how many sets of factors of the context's kinds its uncertain roots are valid: the share-th of
 * `shares` parts that make up the whole.
 */
shy_status shy_uncertain_count(shy_uncertain *uncertain, const shy_context *context, int share, int shares,
                               uint64_t *formulas);

#endif
