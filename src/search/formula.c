/* A formula of the search: a canonical root over a set of factors; its text, its columns, its constants. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "search_impl.h"

bool shy_formula_same(const shy_formula *a, const shy_formula *b)
{
    return a->root == b->root && a->tuple.count == b->tuple.count &&
           memcmp(a->tuple.factor, b->tuple.factor, (size_t)a->tuple.count * sizeof *a->tuple.factor) == 0;
}

shy_status shy_formula_context(shy_space *space, const shy_formula *formula, const shy_context **context_out, const shy_root **root_out)
{
    const shy_status st = shy_space_context(space, &formula->tuple, context_out);
    if (st == SHY_OK) *root_out = &(*context_out)->root[formula->root];
    return st;
}

/* ---- text ------------------------------------------------------------------------------------------------------- */

/* Fitted constants are not known yet: they stand as two further names. */
static int append_family(const shy_root *root, shy_tree *tree, int u, int v, const int *constant)
{
    switch (root->family) {
    case SHY_FAMILY_WEIGHTED: return shy_tree_binary(tree, SHY_OP_ADD, u, shy_tree_binary(tree, SHY_OP_MULTIPLY, constant[0], v));
    case SHY_FAMILY_WEIGHTED_INVERSE: return shy_tree_binary(tree, SHY_OP_ADD, u, shy_tree_binary(tree, SHY_OP_DIVIDE, constant[0], v));
    case SHY_FAMILY_SHIFTED: return shy_tree_binary(tree, SHY_OP_MULTIPLY, shy_tree_binary(tree, SHY_OP_ADD, u, constant[0]), v);
    case SHY_FAMILY_SHIFTED_RATIO: return shy_tree_binary(tree, SHY_OP_DIVIDE, shy_tree_binary(tree, SHY_OP_ADD, u, constant[0]), v);
    default:
        u = shy_tree_binary(tree, SHY_OP_ADD, u, constant[0]);
        return shy_tree_binary(tree, SHY_OP_MULTIPLY, u, shy_tree_binary(tree, SHY_OP_ADD, v, constant[1]));
    }
}

static void plain_tree(const shy_context *context, const shy_root *root, const uint32_t *factor, shy_tree *tree)
{
    shy_tree left, right;
    tree->count = 0;
    shy_shapes_operand_tree(context->shapes, root->left, factor, &left);
    const int u = shy_tree_append(tree, &left);
    if (root->op == SHY_OP_FACTOR) return;
    if (root->right < 0) {
        (void)shy_tree_unary(tree, (shy_op)root->op, u);
        return;
    }
    shy_shapes_operand_tree(context->shapes, root->right, factor, &right);
    (void)shy_tree_binary(tree, (shy_op)root->op, u, shy_tree_append(tree, &right));
}

shy_status shy_formula_text(shy_space *space, const shy_formula *formula, char **text_out)
{
    static const char *const letters[2][2] = {{"c", ""}, {"a", "b"}};
    shy_status st = SHY_OK;
    const shy_context *context = NULL;
    const shy_root *root = NULL;
    const char *name[SHY_FACTORS_MAX + 2];
    uint32_t slot[SHY_FACTORS_MAX];
    shy_tree tree = {0}, operand;
    SHY_TRY(shy_formula_context(space, formula, &context, &root));
    const int k = formula->tuple.count;
    for (int s = 0; s < k; s++) {
        name[s] = shy_space_name(space, formula->tuple.factor[s]);
        slot[s] = (uint32_t)s;
    }
    if (root->family == SHY_FAMILY_PLAIN) {
        plain_tree(context, root, slot, &tree);
    } else {
        const int constants = shy_family_constants((shy_family)root->family);
        int constant[2] = {0, 0};
        for (int c = 0; c < constants; c++) {
            name[k + c] = letters[constants - 1][c];
            constant[c] = shy_tree_leaf(&tree, (uint32_t)(k + c));
        }
        shy_shapes_operand_tree(context->shapes, root->left, slot, &operand);
        const int u = shy_tree_append(&tree, &operand);
        shy_shapes_operand_tree(context->shapes, root->right, slot, &operand);
        const int v = shy_tree_append(&tree, &operand);
        (void)append_family(root, &tree, u, v, constant);
    }
    SHY_TRY(shy_tree_print(&tree, name, 0, text_out));
out:
    return st;
}

/* ---- columns ------------------------------------------------------------------------------------------------------ */

/* Leaves of the tree are slots of the tuple. */
static shy_status evaluate(const shy_space *space, const shy_tuple *tuple, const shy_tree *tree, double *out)
{
    shy_status st = SHY_OK;
    const int rows = space->problem->rows.rows;
    const double *column[SHY_FACTORS_MAX];
    double *scratch = NULL;
    SHY_TRY(shy_space_columns(space, tuple, column));
    SHY_TRY(shy_new((size_t)tree->count * SHY_CHUNK, sizeof *scratch, &scratch));
    for (int row = 0; row < rows; row += SHY_CHUNK) {
        shy_tree_evaluate_rows(tree, rows - row < SHY_CHUNK ? rows - row : SHY_CHUNK, column, scratch, out + row);
        for (int s = 0; s < tuple->count; s++) column[s] += SHY_CHUNK;
    }
out:
    shy_free(&scratch);
    return st;
}

static shy_status family_basis(const shy_space *space, const shy_tuple *tuple, const shy_root *root, const shy_tree *left,
                               const shy_tree *right, double *const *basis)
{
    shy_status st = SHY_OK;
    const int rows = space->problem->rows.rows;
    const bool ratio = root->family == SHY_FAMILY_WEIGHTED_INVERSE || root->family == SHY_FAMILY_SHIFTED_RATIO;
    const bool shifted = root->family == SHY_FAMILY_SHIFTED || root->family == SHY_FAMILY_SHIFTED_RATIO;
    double *u = basis[shifted ? 1 : 0], *v = basis[shifted ? 0 : 1];
    SHY_TRY(evaluate(space, tuple, left, u));
    SHY_TRY(evaluate(space, tuple, right, v));
    for (int i = 0; ratio && i < rows; i++) v[i] = 1.0 / v[i];
    for (int i = 0; shifted && i < rows; i++) u[i] *= v[i];
    if (root->family == SHY_FAMILY_INTERACTION) shy_operator_apply_rows(SHY_OP_MULTIPLY, rows, u, v, basis[2]);
out:
    return st;
}

shy_status shy_formula_basis(shy_space *space, const shy_formula *formula, double *const *basis)
{
    shy_status st = SHY_OK;
    const shy_context *context = NULL;
    const shy_root *root = NULL;
    shy_tree left, right;
    uint32_t slot[SHY_FACTORS_MAX];
    for (int s = 0; s < formula->tuple.count; s++) slot[s] = (uint32_t)s;
    SHY_TRY(shy_formula_context(space, formula, &context, &root));
    if (root->family == SHY_FAMILY_PLAIN) {
        plain_tree(context, root, slot, &left);
        SHY_TRY(evaluate(space, &formula->tuple, &left, basis[0]));
    } else {
        shy_shapes_operand_tree(context->shapes, root->left, slot, &left);
        shy_shapes_operand_tree(context->shapes, root->right, slot, &right);
        SHY_TRY(family_basis(space, &formula->tuple, root, &left, &right, basis));
    }
out:
    return st;
}

/* ---- constants ------------------------------------------------------------------------------------------------------ */

/* u + c as people write it: u + 3, u − 3, or 140 − u with the sign moved to the slope where that makes the slope positive. */
static int append_shifted(shy_tree *tree, int u, double c, double *slope)
{
    if (c >= 0.0) return shy_tree_binary(tree, SHY_OP_ADD, u, shy_tree_constant(tree, c));
    if (*slope > 0.0) return shy_tree_binary(tree, SHY_OP_SUBTRACT, u, shy_tree_constant(tree, -c));
    *slope = -*slope;
    return shy_tree_binary(tree, SHY_OP_SUBTRACT, shy_tree_constant(tree, -c), u);
}

/* v + u/c instead of u + c·v, where this makes the slope positive and the grammar lets u stand under the product. */
static bool better_swapped(const shy_grammar *grammar, const shy_root *root, const shy_tree *tree, int u, const double *b)
{
    return root->family == SHY_FAMILY_WEIGHTED && b[0] < 0.0 && b[1] > 0.0 && !grammar->forbidden[SHY_OP_MULTIPLY][tree->node[u].op];
}

/* A factor of 0 and 1 by itself. */
static bool is_switch(const shy_problem *problem, const shy_tree *tree, int u)
{
    const shy_node *node = &tree->node[u];
    return problem->binary && node->op == SHY_OP_FACTOR && problem->binary[node->factor];
}

/* u + c = c·(1 + u/c) with the c moved to the slope: 1 − 0.15·female instead of 6.67 − female. */
static int append_switch(shy_tree *tree, int u, double c, double *slope)
{
    const int one = shy_tree_constant(tree, 1.0);
    tree->node[one].held = true;
    *slope *= c;
    u = shy_tree_binary(tree, SHY_OP_MULTIPLY, shy_tree_constant(tree, fabs(1.0 / c)), u);
    return shy_tree_binary(tree, c < 0.0 ? SHY_OP_SUBTRACT : SHY_OP_ADD, one, u);
}

static int append_sum(const shy_problem *problem, shy_tree *tree, int u, double c, double *slope)
{
    return is_switch(problem, tree, u) && isfinite(1.0 / c) ? append_switch(tree, u, c, slope) : append_shifted(tree, u, c, slope);
}

/* (u + a)·(v + c): switches stand last and come first, as they move the slope, by whose sign the other one is written. */
static void append_interaction(const shy_problem *problem, int u, double a, int v, double c, shy_tree *tree, double *slope)
{
    if (is_switch(problem, tree, v)) {
        v = append_sum(problem, tree, v, c, slope);
        u = append_sum(problem, tree, u, a, slope);
        (void)shy_tree_binary(tree, SHY_OP_MULTIPLY, u, v);
    } else {
        const bool last = is_switch(problem, tree, u);
        u = append_sum(problem, tree, u, a, slope);
        v = append_sum(problem, tree, v, c, slope);
        (void)shy_tree_binary(tree, SHY_OP_MULTIPLY, last ? v : u, last ? u : v);
    }
}

static void fitted_family(const shy_problem *problem, const shy_root *root, const double *b, int u, int v, shy_tree *tree, double *intercept,
                          double *slope)
{
    const shy_op product = root->family == SHY_FAMILY_WEIGHTED_INVERSE || root->family == SHY_FAMILY_SHIFTED_RATIO ? SHY_OP_DIVIDE : SHY_OP_MULTIPLY;
    if (root->family == SHY_FAMILY_WEIGHTED || root->family == SHY_FAMILY_WEIGHTED_INVERSE) {
        const double c = b[1] / b[0];
        *slope = b[0];
        const int term = shy_tree_binary(tree, product, shy_tree_constant(tree, fabs(c)), v);
        (void)shy_tree_binary(tree, c < 0.0 ? SHY_OP_SUBTRACT : SHY_OP_ADD, u, term);
    } else if (root->family == SHY_FAMILY_INTERACTION) {
        const double a = b[1] / b[2], c = b[0] / b[2];
        *slope = b[2];
        *intercept -= b[2] * a * c;
        append_interaction(problem, u, a, v, c, tree, slope);
    } else {
        const bool last = product == SHY_OP_MULTIPLY && is_switch(problem, tree, u);
        *slope = b[1];
        u = append_sum(problem, tree, u, b[0] / b[1], slope);
        (void)shy_tree_binary(tree, product, last ? v : u, last ? u : v);
    }
}

shy_status shy_formula_fitted(shy_space *space, const shy_formula *formula, const shy_fit *fit, shy_tree *tree_out, double *intercept_out,
                              double *slope_out)
{
    shy_status st = SHY_OK;
    const shy_context *context = NULL;
    const shy_root *root = NULL;
    uint32_t factor[SHY_FACTORS_MAX];
    shy_tree operand;
    SHY_TRY(shy_formula_context(space, formula, &context, &root));
    for (int s = 0; s < formula->tuple.count; s++) factor[s] = space->problem_factor[formula->tuple.factor[s]];
    tree_out->count = 0;
    *intercept_out = fit->intercept;
    *slope_out = fit->coefficient[0];
    if (root->family != SHY_FAMILY_PLAIN) {
        shy_shapes_operand_tree(context->shapes, root->left, factor, &operand);
        const int u = shy_tree_append(tree_out, &operand);
        shy_shapes_operand_tree(context->shapes, root->right, factor, &operand);
        const int v = shy_tree_append(tree_out, &operand);
        if (better_swapped(&space->grammar, root, tree_out, u, fit->coefficient)) {
            const double swapped[2] = {fit->coefficient[1], fit->coefficient[0]};
            fitted_family(space->problem, root, swapped, v, u, tree_out, intercept_out, slope_out);
        } else {
            fitted_family(space->problem, root, fit->coefficient, u, v, tree_out, intercept_out, slope_out);
        }
        return SHY_OK;
    }
    plain_tree(context, root, factor, tree_out);
    shy_node *top = &tree_out->node[tree_out->count - 1];
    if (top->op == SHY_OP_SUBTRACT && *slope_out < 0.0) { /* v − u instead of u − v: the slope becomes positive */
        const uint8_t left = top->left;
        top->left = top->right;
        top->right = left;
        *slope_out = -*slope_out;
    }
out:
    return st;
}
