/* shape_check.h: grammars in one line, and texts of what the shape table holds. */
#ifndef SHAPE_CHECK_H
#define SHAPE_CHECK_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "shihyo/expr.h"

#define ALL_OPERATORS "+ - * / max min hypot reldiff log sqrt square inverse abs exp"

/* Operators separated by blanks; NULL for the default ones. All weights 1, nothing forbidden but log(log). */
static inline shy_grammar grammar_of(const char *operators, int max_complexity)
{
    shy_grammar g;
    char text[128], *rest = NULL;
    shy_grammar_default(&g);
    g.max_complexity = max_complexity;
    if (!operators) return g;
    for (int op = SHY_OP_ADD; op < SHY_OPS; op++) g.allowed[op] = false;
    snprintf(text, sizeof text, "%s", operators);
    for (char *word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        shy_op op = SHY_OP_FACTOR;
        assert_true(shy_operator_find(word, &op));
        g.allowed[op] = true;
    }
    return g;
}

static inline shy_shapes *create(const shy_grammar *grammar, int slots, int nonnegative)
{
    shy_shapes *shapes = NULL;
    assert_int_equal(shy_shapes_create(grammar, slots, nonnegative, &shapes), SHY_OK);
    return shapes;
}

static inline const shy_shape *operands_of(const shy_shapes *shapes)
{
    int count = 0;
    const int *first = NULL;
    return shy_shapes_operands(shapes, &count, &first);
}

static inline const shy_root *roots_of(const shy_shapes *shapes)
{
    int count = 0;
    const int *first = NULL;
    return shy_shapes_roots(shapes, &count, &first);
}

/* The trees of a root over factors slot[0], slot[1], …: of a plain form the whole (right is empty), of a family its two operands. */
static inline void root_trees(const shy_shapes *shapes, const shy_root *root, const uint32_t *slot, shy_tree *left,
                              shy_tree *right)
{
    shy_shapes_operand_tree(shapes, root->left, slot, left);
    right->count = 0;
    if (root->right >= 0) shy_shapes_operand_tree(shapes, root->right, slot, right);
    if (root->family != SHY_FAMILY_PLAIN || root->op == SHY_OP_FACTOR) return;
    const int u = left->count - 1;
    if (right->count > 0)
        (void)shy_tree_binary(left, (shy_op)root->op, u, shy_tree_append(left, right));
    else
        (void)shy_tree_unary(left, (shy_op)root->op, u);
    right->count = 0;
}

static inline int find_root(const shy_shapes *shapes, const shy_root *root, const uint32_t *slot)
{
    shy_tree left, right;
    root_trees(shapes, root, slot, &left, &right);
    return shy_shapes_find(shapes, (shy_family)root->family, &left, right.count > 0 ? &right : NULL);
}

static inline void tree_text(const shy_tree *tree, char *text, size_t size)
{
    static const char *const names[] = {"a", "b", "c", "d"};
    char *printed = NULL;
    assert_int_equal(shy_tree_print(tree, names, 0, &printed), SHY_OK);
    snprintf(text, size, "%s", printed);
    shy_free(&printed);
}

static const uint32_t in_order[] = {0, 1, 2, 3};

static inline void root_text(const shy_shapes *shapes, int root, char *text, size_t size)
{
    shy_tree left, right;
    root_trees(shapes, &roots_of(shapes)[root], in_order, &left, &right);
    tree_text(&left, text, size);
    if (right.count == 0) return;
    const size_t used = strlen(text);
    snprintf(text + used, size - used, " | ");
    tree_text(&right, text + used + 3, size - used - 3);
}

static inline void operand_text(const shy_shapes *shapes, int operand, char *text, size_t size)
{
    shy_tree tree;
    shy_shapes_operand_tree(shapes, operand, in_order, &tree);
    tree_text(&tree, text, size);
}

/* The operand with this text, −1 if there is none. */
static inline int find_operand(const shy_shapes *shapes, const char *wanted)
{
    int count = 0;
    const int *first = NULL;
    (void)shy_shapes_operands(shapes, &count, &first);
    for (int i = 0; i < count; i++) {
        char text[128];
        operand_text(shapes, i, text, sizeof text);
        if (strcmp(text, wanted) == 0) return i;
    }
    return -1;
}

#endif
