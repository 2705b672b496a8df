/* What panels and tiles know of each other. */
#ifndef SHY_TILE_STACK_H
#define SHY_TILE_STACK_H

#include "shihyo/tile.h"

/* Makes the stack of a panel, unless it is there. SHY_MEMORY. */
shy_status shy_panel_stack(shy_panel *panel, shy_precision precision, shy_moments moments);
int shy_stack_parts(bool left, shy_moments moments);
size_t shy_stack_element(shy_precision precision); /* bytes */

#endif
