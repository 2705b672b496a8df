/* Derivatives of a formula by its constants: one pass back from the root. */
#include "shy_config.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "shihyo/expr.h"

int shy_tree_constants(const shy_tree *tree, int *node_out)
{
    int count = 0;

    for (int k = 0; k < tree->count; k++)
        if (tree->node[k].op == SHY_OP_CONSTANT) node_out[count++] = k;
    return count;
}

/* Only nodes on the way from a constant to the root have an adjoint that anyone needs. */
static void mark_ways(const shy_tree *tree, bool *needed)
{
    for (int k = 0; k < tree->count; k++) {
        const shy_node *node = &tree->node[k];
        const int arity = shy_operator_get((shy_op)node->op)->arity;
        needed[k] = node->op == SHY_OP_CONSTANT;
        if (arity > 0) needed[k] = needed[k] || needed[node->left];
        if (arity > 1) needed[k] = needed[k] || needed[node->right];
    }
}

typedef struct {
    double by_u, by_v;
} partial_pair;

/* ∂z/∂u and ∂z/∂v of z = op(u, v). */
static inline partial_pair partials(shy_op op, double u, double v, double z)
{
    switch (op) {
    case SHY_OP_ADD: return (partial_pair){1.0, 1.0};
    case SHY_OP_SUBTRACT: return (partial_pair){1.0, -1.0};
    case SHY_OP_MULTIPLY: return (partial_pair){v, u};
    case SHY_OP_DIVIDE: return (partial_pair){1.0 / v, -z / v};
    case SHY_OP_MAX: return (partial_pair){u > v, !(u > v)};
    case SHY_OP_MIN: return (partial_pair){u < v, !(u < v)};
    case SHY_OP_HYPOT: return z > 0.0 ? (partial_pair){u / z, v / z} : (partial_pair){0.0, 0.0};
    case SHY_OP_RELDIFF: return (partial_pair){2.0 * v / ((u + v) * (u + v)), -2.0 * u / ((u + v) * (u + v))};
    case SHY_OP_LOG: return (partial_pair){1.0 / u, 0.0};
    case SHY_OP_SQRT: return (partial_pair){z > 0.0 ? 0.5 / z : 0.0, 0.0};
    case SHY_OP_SQUARE: return (partial_pair){2.0 * u, 0.0};
    case SHY_OP_INVERSE: return (partial_pair){-z * z, 0.0};
    case SHY_OP_ABS: return (partial_pair){(u > 0.0) - (u < 0.0), 0.0};
    case SHY_OP_EXP: return (partial_pair){z, 0.0};
    default: return (partial_pair){0.0, 0.0};
    }
}

/* Adds the node's adjoint, carried over its operator, to those of its operands. */
static void carry_back(const shy_node *node, int rows, const double *const *value, const double *z, const double *adjoint,
                       double *left, double *right)
{
    const double *u = value[node->left], *v = shy_operator_get((shy_op)node->op)->arity == 2 ? value[node->right] : u;

    for (int i = 0; i < rows; i++) {
        const partial_pair p = partials((shy_op)node->op, u[i], v[i], z[i]);
        if (left) left[i] += adjoint[i] * p.by_u;
        if (right) right[i] += adjoint[i] * p.by_v;
    }
}

static void evaluate_all(const shy_tree *tree, int rows, const double *const *column, double *scratch, const double **value)
{
    for (int k = 0; k < tree->count; k++) {
        const shy_node *node = &tree->node[k];
        double *room = scratch + (size_t)k * (size_t)rows;
        value[k] = room;
        if (node->op == SHY_OP_FACTOR) {
            value[k] = column[node->factor];
        } else if (node->op == SHY_OP_CONSTANT) {
            for (int i = 0; i < rows; i++) room[i] = node->value;
        } else {
            const bool binary = shy_operator_get((shy_op)node->op)->arity == 2;
            shy_operator_apply_rows((shy_op)node->op, rows, value[node->left], binary ? value[node->right] : NULL, room);
        }
    }
}

void shy_tree_gradient_rows(const shy_tree *tree, int rows, const double *const *column, double *scratch, double *out,
                            double *const *gradient)
{
    const double *value[SHY_TREE_MAX];
    double *adjoint[SHY_TREE_MAX];
    bool needed[SHY_TREE_MAX];
    const int root = tree->count - 1;
    int constants = 0;

    assert(tree->count > 0 && tree->count <= SHY_TREE_MAX);
    if (rows <= 0) return;
    evaluate_all(tree, rows, column, scratch, value);
    mark_ways(tree, needed);
    for (int k = 0; k <= root; k++) {
        double *room = scratch + (size_t)(tree->count + k) * (size_t)rows;
        if (tree->node[k].op == SHY_OP_CONSTANT) room = gradient[constants++];
        adjoint[k] = needed[k] ? room : NULL;
        for (int i = 0; needed[k] && i < rows; i++) room[i] = k == root ? 1.0 : 0.0;
    }
    for (int k = root; k >= 0; k--) {
        const shy_node *node = &tree->node[k];
        const int arity = shy_operator_get((shy_op)node->op)->arity;
        if (needed[k] && arity > 0)
            carry_back(node, rows, value, value[k], adjoint[k], adjoint[node->left], arity > 1 ? adjoint[node->right] : NULL);
    }
    memcpy(out, value[root], (size_t)rows * sizeof *out);
}
