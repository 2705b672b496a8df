/* Formulas with max, min or abs may coincide at all points on one side of their branches: these are compared at far points, too. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "shape_impl.h"

#define SEED UINT64_C(0x464152)
#define POINTS_NEEDED 8 /* where fewer are in both domains, nothing can be told */

/* Values over a factor of 400, each slot for itself, so that any of two operands is the larger somewhere. */
void shy_far_fill(shy_shapes *shapes)
{
    for (int s = 0; s < shapes->slots; s++) {
        for (int p = 0; p < SHY_FAR_POINTS; p++) {
            const uint64_t index = (uint64_t)(s * SHY_FAR_POINTS + p);
            const double size = exp(6.0 * shy_random_uniform(SEED, 1, index) - 3.0);
            const bool negative = s >= shapes->nonnegative && (shy_random_bits(SEED, 2, index) & 1U);
            shapes->far[s][p] = negative ? -size : size;
        }
    }
}

bool shy_tree_branches(const shy_tree *tree)
{
    for (int i = 0; i < tree->count; i++) {
        const int op = tree->node[i].op;
        if (op == SHY_OP_MAX || op == SHY_OP_MIN || op == SHY_OP_ABS) return true;
    }
    return false;
}

void shy_form_of_root(const shy_shapes *shapes, const shy_root *root, shy_form *form_out)
{
    static const uint32_t slot[SHY_SLOTS_MAX] = {0, 1, 2, 3, 4, 5, 6, 7};
    shy_tree right = {.count = 0};
    form_out->family = (shy_family)root->family;
    form_out->right.count = 0;
    shy_shapes_operand_tree(shapes, root->left, slot, &form_out->left);
    if (root->right >= 0) shy_shapes_operand_tree(shapes, root->right, slot, &right);
    if (root->family != SHY_FAMILY_PLAIN) {
        form_out->right = right;
    } else if (root->op != SHY_OP_FACTOR) {
        const int u = form_out->left.count - 1;
        if (root->right >= 0) (void)shy_tree_binary(&form_out->left, (shy_op)root->op, u, shy_tree_append(&form_out->left, &right));
        else (void)shy_tree_unary(&form_out->left, (shy_op)root->op, u);
    }
}

/* Values at the far points, where slot `moved` (−1: none) has the value of another point. */
static void evaluate_moved(const shy_shapes *shapes, const shy_tree *tree, int moved, double *out)
{
    double scratch[SHY_TREE_MAX * SHY_FAR_POINTS], other[SHY_FAR_POINTS];
    const double *column[SHY_SLOTS_MAX];
    for (int s = 0; s < shapes->slots; s++) column[s] = shapes->far[s];
    if (moved >= 0) {
        for (int p = 0; p < SHY_FAR_POINTS; p++) other[p] = shapes->far[moved][(p + 1) % SHY_FAR_POINTS];
        column[moved] = other;
    }
    shy_tree_evaluate_rows(tree, SHY_FAR_POINTS, column, scratch, out);
}

static void evaluate(const shy_shapes *shapes, const shy_tree *tree, double *out)
{
    evaluate_moved(shapes, tree, -1, out);
}

/* Does the value change with a slot's at any far point? */
bool shy_far_depends(const shy_shapes *shapes, const shy_tree *tree, int slot)
{
    double before[SHY_FAR_POINTS], after[SHY_FAR_POINTS];
    evaluate(shapes, tree, before);
    evaluate_moved(shapes, tree, slot, after);
    for (int p = 0; p < SHY_FAR_POINTS; p++) {
        if (!isfinite(before[p]) || !isfinite(after[p])) continue;
        if (fabs(before[p] - after[p]) > 1e-9 * (fabs(before[p]) + fabs(after[p])) + 1e-130) return true;
    }
    return false;
}

bool shy_far_equal(const shy_shapes *shapes, const shy_tree *a, const shy_tree *b, double sign)
{
    double x[SHY_FAR_POINTS], y[SHY_FAR_POINTS];
    evaluate(shapes, a, x);
    evaluate(shapes, b, y);
    for (int p = 0; p < SHY_FAR_POINTS; p++) {
        if (!isfinite(x[p]) || !isfinite(y[p])) continue;
        if (fabs(x[p] - sign * y[p]) > 1e-7 * (fabs(x[p]) + fabs(y[p])) + 1e-130) return false;
    }
    return true;
}

/* ---- spans ------------------------------------------------------------------------------------------------------------ */

/* The columns that a formula is regressed on. Returns how many. */
static int basis_columns(const shy_shapes *shapes, const shy_form *form, double (*column)[SHY_FAR_POINTS])
{
    double u[SHY_FAR_POINTS], v[SHY_FAR_POINTS];
    const bool ratio = form->family == SHY_FAMILY_WEIGHTED_INVERSE || form->family == SHY_FAMILY_SHIFTED_RATIO;
    const bool shifted = form->family == SHY_FAMILY_SHIFTED || form->family == SHY_FAMILY_SHIFTED_RATIO;
    if (form->family == SHY_FAMILY_PLAIN) {
        evaluate(shapes, &form->left, column[0]);
        return 1;
    }
    evaluate(shapes, &form->left, u);
    evaluate(shapes, &form->right, v);
    for (int p = 0; p < SHY_FAR_POINTS; p++) {
        const double w = ratio ? 1.0 / v[p] : v[p];
        column[0][p] = shifted ? w : u[p];
        column[1][p] = shifted ? u[p] * w : w;
        column[2][p] = u[p] * w;
    }
    return shy_family_terms(form->family);
}

static double dot(const double *a, const double *b, const bool *used)
{
    double sum = 0.0;
    for (int p = 0; p < SHY_FAR_POINTS; p++) sum += used[p] ? a[p] * b[p] : 0.0;
    return sum;
}

/* Removes from c what lies along the `count` orthonormal columns, twice. Returns the length that is left, relative to before. */
static double reduce(double *c, double (*q)[SHY_FAR_POINTS], int count, const bool *used)
{
    const double before = sqrt(dot(c, c, used));
    for (int pass = 0; pass < 2; pass++) {
        for (int j = 0; j < count; j++) {
            const double along = dot(c, q[j], used);
            for (int p = 0; p < SHY_FAR_POINTS; p++) c[p] -= along * q[j][p];
        }
    }
    return before > 0.0 ? sqrt(dot(c, c, used)) / before : 0.0;
}

/* Does every column of b lie in the span of 1 and the columns of a, where both are defined? */
bool shy_far_same(const shy_shapes *shapes, const shy_form *a, const shy_form *b)
{
    double x[SHY_BASIS_COLUMNS][SHY_FAR_POINTS], y[SHY_BASIS_COLUMNS][SHY_FAR_POINTS], q[SHY_BASIS_COLUMNS + 1][SHY_FAR_POINTS];
    bool used[SHY_FAR_POINTS];
    const int xs = basis_columns(shapes, a, x), ys = basis_columns(shapes, b, y);
    int points = 0, count = 1;
    for (int p = 0; p < SHY_FAR_POINTS; p++) {
        used[p] = true;
        for (int k = 0; k < xs; k++) used[p] = used[p] && fabs(x[k][p]) < 1e6; /* wilder values would drown the others */
        for (int k = 0; k < ys; k++) used[p] = used[p] && fabs(y[k][p]) < 1e6;
        points += used[p];
    }
    if (points < POINTS_NEEDED) return true;
    for (int p = 0; p < SHY_FAR_POINTS; p++) q[0][p] = used[p] ? 1.0 / sqrt((double)points) : 0.0;
    for (int k = 0; k < xs; k++) {
        for (int p = 0; p < SHY_FAR_POINTS; p++) q[count][p] = used[p] ? x[k][p] : 0.0;
        if (reduce(q[count], q, count, used) < 1e-9) continue;
        const double length = sqrt(dot(q[count], q[count], used));
        for (int p = 0; p < SHY_FAR_POINTS; p++) q[count][p] /= length;
        count++;
    }
    for (int k = 0; k < ys; k++) {
        for (int p = 0; p < SHY_FAR_POINTS; p++) y[k][p] = used[p] ? y[k][p] : 0.0;
        if (reduce(y[k], q, count, used) > 1e-7) return false;
    }
    return true;
}
