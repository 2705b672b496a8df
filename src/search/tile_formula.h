/* Which formula of the search a closed form of a tile stands for. */
#ifndef SHY_TILE_FORMULA_H
#define SHY_TILE_FORMULA_H

#include "side.h"

/* Operator or family, and which side is its left operand. */
typedef struct {
    shy_family family;
    shy_op op;
    bool swapped;
} shy_meaning;

/* Of a form of two operands one of which may be there inverted. */
shy_meaning shy_form_meaning(int left_inverse, int right_inverse, shy_tile_form form);
/*
 * Complexity of the form over the operands of a job; 0 if there is no such form, the grammar does not allow it, or it is too complex. It
 * may have a simpler spelling.
 */
int shy_form_complexity(const shy_grammar *grammar, const shy_job *job, int left_inverse, int right_inverse, shy_tile_form form);
/* The canonical formula of a pair (operands in the order of the meaning) and its complexity; 0 if it has none, or it is not valid for these factors. */
shy_status shy_form_identify(shy_space *space, const shy_instance *u, const shy_instance *v, shy_meaning meaning, shy_formula *formula, int *complexity);

#endif
