/* Formulas as trees in postfix order: building them and evaluating them. */
#include "shy_config.h"

#include <assert.h>
#include <string.h>

#include "shihyo/expr.h"

static int node_add(shy_tree *tree, shy_node node)
{
    assert(tree->count >= 0 && tree->count < SHY_TREE_MAX);
    tree->node[tree->count] = node;
    return tree->count++;
}

int shy_tree_leaf(shy_tree *tree, uint32_t factor)
{
    return node_add(tree, (shy_node){.op = SHY_OP_FACTOR, .factor = factor});
}

int shy_tree_constant(shy_tree *tree, double value)
{
    return node_add(tree, (shy_node){.op = SHY_OP_CONSTANT, .value = value});
}

int shy_tree_unary(shy_tree *tree, shy_op op, int argument)
{
    assert(shy_operator_get(op)->arity == 1 && argument >= 0 && argument < tree->count);
    return node_add(tree, (shy_node){.op = (uint8_t)op, .left = (uint8_t)argument});
}

int shy_tree_binary(shy_tree *tree, shy_op op, int left, int right)
{
    assert(shy_operator_get(op)->arity == 2 && left >= 0 && left < tree->count && right >= 0 && right < tree->count);
    return node_add(tree, (shy_node){.op = (uint8_t)op, .left = (uint8_t)left, .right = (uint8_t)right});
}

int shy_tree_append(shy_tree *tree, const shy_tree *other)
{
    int base = tree->count;

    assert(other->count > 0 && base + other->count <= SHY_TREE_MAX);
    for (int k = 0; k < other->count; k++) {
        shy_node node = other->node[k];
        int arity = shy_operator_get((shy_op)node.op)->arity;
        if (arity > 0) node.left = (uint8_t)(node.left + base);
        if (arity > 1) node.right = (uint8_t)(node.right + base);
        tree->node[base + k] = node;
    }
    tree->count = base + other->count;
    return tree->count - 1;
}

double shy_tree_evaluate(const shy_tree *tree, const double *factors)
{
    double value[SHY_TREE_MAX];

    assert(tree->count > 0 && tree->count <= SHY_TREE_MAX);
    for (int k = 0; k < tree->count; k++) {
        const shy_node *node = &tree->node[k];
        if (node->op == SHY_OP_FACTOR) {
            value[k] = factors[node->factor];
        } else if (node->op == SHY_OP_CONSTANT) {
            value[k] = node->value;
        } else {
            value[k] = shy_operator_apply((shy_op)node->op, value[node->left], value[node->right]);
        }
    }
    return value[tree->count - 1];
}

/* Values of node k: a column of the caller for a factor, else computed into `room`. */
static const double *node_rows(const shy_node *node, int rows, const double *const *column,
                               const double *const *value, double *room)
{
    if (node->op == SHY_OP_FACTOR) return column[node->factor];
    if (node->op == SHY_OP_CONSTANT) {
        for (int i = 0; i < rows; i++) room[i] = node->value;
    } else {
        bool binary = shy_operator_get((shy_op)node->op)->arity == 2;
        shy_operator_apply_rows((shy_op)node->op, rows, value[node->left], binary ? value[node->right] : NULL, room);
    }
    return room;
}

bool shy_tree_range(const shy_tree *tree, const shy_interval *factor, shy_interval *out)
{
    shy_interval range[SHY_TREE_MAX];

    assert(tree->count > 0 && tree->count <= SHY_TREE_MAX);
    for (int k = 0; k < tree->count; k++) {
        const shy_node *node = &tree->node[k];
        if (node->op == SHY_OP_FACTOR)
            range[k] = factor[node->factor];
        else if (node->op == SHY_OP_CONSTANT)
            range[k] = (shy_interval){node->value, node->value};
        else if (!shy_operator_range((shy_op)node->op, range[node->left], range[node->right], &range[k]))
            return false;
    }
    *out = range[tree->count - 1];
    return true;
}

void shy_tree_evaluate_rows(const shy_tree *tree, int rows, const double *const *column, double *scratch, double *out)
{
    const double *value[SHY_TREE_MAX];
    int root = tree->count - 1;

    assert(tree->count > 0 && tree->count <= SHY_TREE_MAX);
    if (rows <= 0) return;
    for (int k = 0; k <= root; k++) {
        double *room = k == root ? out : scratch + (size_t)k * (size_t)rows;
        value[k] = node_rows(&tree->node[k], rows, column, value, room);
    }
    if (value[root] != out) memcpy(out, value[root], (size_t)rows * sizeof *out);
}
