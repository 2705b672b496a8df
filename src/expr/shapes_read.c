/* What is asked of a finished table of shapes. */
#include "shy_config.h"

#include "shape_impl.h"

const shy_shape *shy_shapes_operands(const shy_shapes *shapes, int *count_out, const int **first_out)
{
    *count_out = shapes->operands;
    *first_out = shapes->operand_first;
    return shapes->operand;
}

const shy_root *shy_shapes_roots(const shy_shapes *shapes, int *count_out, const int **first_out)
{
    *count_out = shapes->roots;
    *first_out = shapes->root_first;
    return shapes->root;
}

int shy_shapes_find(const shy_shapes *shapes, shy_family family, const shy_tree *left, const shy_tree *right)
{
    shy_values u, v;
    shy_print print;
    shy_form form = {.family = family, .left = *left};
    shy_values_of_tree(shapes, left, &u);
    if (family == SHY_FAMILY_PLAIN) {
        if (!shy_print_plain(shapes, &u, &print)) return -1;
        return shy_root_match(shapes, &form, &print, &u);
    }
    form.right = *right;
    shy_values_of_tree(shapes, right, &v);
    if (!shy_print_family(shapes, family, &u, &v, &print)) return -1;
    return shy_root_match(shapes, &form, &print, NULL);
}

int shy_shapes_inverse_complexity(const shy_shapes *shapes, int operand)
{
    const int found = shy_shapes_inverse(shapes, operand);
    return found >= 0 && !shapes->operand[found].forbidden ? shapes->operand[found].complexity : INT32_MAX;
}

static int append_operand(const shy_shapes *shapes, int operand, const uint32_t *factor, shy_tree *tree)
{
    const shy_shape *shape = &shapes->operand[operand];
    if (shape->op == SHY_OP_FACTOR) return shy_tree_leaf(tree, factor[shape->slot]);
    const int left = append_operand(shapes, shape->left, factor, tree);
    if (shape->right < 0) return shy_tree_unary(tree, (shy_op)shape->op, left);
    return shy_tree_binary(tree, (shy_op)shape->op, left, append_operand(shapes, shape->right, factor, tree));
}

void shy_shapes_operand_tree(const shy_shapes *shapes, int operand, const uint32_t *factor, shy_tree *tree_out)
{
    tree_out->count = 0;
    (void)append_operand(shapes, operand, factor, tree_out);
}
