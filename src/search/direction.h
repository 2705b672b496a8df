/* Directions of factors, judged for a candidate with its constants: of least squares, on the samples it was scored on. */
#ifndef SHY_DIRECTION_H
#define SHY_DIRECTION_H

#include "search_impl.h"

struct shy_direction; /* columns to work in */

/* *direction_out stays NULL where no factor has a direction. Not collective. */
shy_status shy_direction_create(shy_space *space, const shy_view *view, struct shy_direction **direction_out);
void shy_direction_destroy(struct shy_direction **direction);
uint64_t shy_direction_bytes(const shy_space *space);
/*
 * Does the prediction move with every factor as it must (shy_rules_directed)? The formula has a score, so its columns are not degenerate.
 * Collective over the group; true where `direction` is NULL.
 */
shy_status shy_direction_admits(struct shy_direction *direction, const shy_formula *formula, bool *admitted_out);

#endif
