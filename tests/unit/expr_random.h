/* Random numbers, ranges and trees for the tests of expr: the same in every run. */
#ifndef SHIHYO_TEST_EXPR_RANDOM_H
#define SHIHYO_TEST_EXPR_RANDOM_H

#include "shihyo/expr.h"

typedef struct {
    uint64_t purpose, index;
} dice;

static inline uint32_t dice_below(dice *d, uint32_t bound)
{
    return (uint32_t)(shy_random_bits(20, d->purpose, d->index++) % bound);
}

static inline double dice_between(dice *d, double lo, double hi)
{
    return lo + (hi - lo) * shy_random_uniform(20, d->purpose, d->index++);
}

/* An operator with arguments. */
static inline shy_op dice_operator(dice *d)
{
    shy_op op;

    do op = (shy_op)dice_below(d, SHY_OPS);
    while (shy_operator_get(op)->arity == 0);
    return op;
}

static inline double dice_constant(dice *d)
{
    switch (dice_below(d, 5)) {
    case 0: return (double)dice_below(d, 300) - 100.0;
    case 1: return dice_between(d, -1.0, 1.0);
    case 2: return dice_between(d, -1.0, 1.0) * 1e-9;
    case 3: return dice_between(d, -1.0, 1.0) * 1e17;
    default: return -0.8;
    }
}

/* A tree of at most `size` nodes over `factors` factors, built left to right: the order in which text is read. */
static inline int dice_tree(dice *d, shy_tree *tree, int size, uint32_t factors)
{
    if (size < 2 || dice_below(d, 8) == 0) {
        return dice_below(d, 4) == 0 ? shy_tree_constant(tree, dice_constant(d))
                                     : shy_tree_leaf(tree, dice_below(d, factors));
    }
    shy_op op = dice_operator(d);
    if (shy_operator_get(op)->arity == 1) return shy_tree_unary(tree, op, dice_tree(d, tree, size - 1, factors));
    if (size < 3) return shy_tree_leaf(tree, dice_below(d, factors));
    int left_size = 1 + (int)dice_below(d, (uint32_t)(size - 2));
    int left = dice_tree(d, tree, left_size, factors);
    return shy_tree_binary(tree, op, left, dice_tree(d, tree, size - 1 - left_size, factors));
}

#endif
