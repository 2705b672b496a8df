/* Tests of expr: derivatives of formulas by their constants, against complex steps. */
#include "shy_config.h"

#include <complex.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "expr_random.h"

enum { ROWS = 7, FACTORS = 3, SIZE = 14 };

/* ---- an evaluation of its own, in complex numbers ------------------------------------------------------------------ */

static double complex apply(shy_op op, double complex u, double complex v)
{
    switch (op) {
    case SHY_OP_ADD: return u + v;
    case SHY_OP_SUBTRACT: return u - v;
    case SHY_OP_MULTIPLY: return u * v;
    case SHY_OP_DIVIDE: return u / v;
    case SHY_OP_MAX: return creal(u) > creal(v) ? u : v;
    case SHY_OP_MIN: return creal(u) < creal(v) ? u : v;
    case SHY_OP_HYPOT: return csqrt(u * u + v * v);
    case SHY_OP_RELDIFF: return (u - v) / (u + v);
    case SHY_OP_LOG: return clog(u);
    case SHY_OP_SQRT: return csqrt(u);
    case SHY_OP_SQUARE: return u * u;
    case SHY_OP_INVERSE: return 1.0 / u;
    case SHY_OP_ABS: return creal(u) < 0.0 ? -u : u;
    case SHY_OP_EXP: return cexp(u);
    default: fail(); return 0.0;
    }
}

/* False if a logarithm, a root or a branch is not where both evaluations agree. */
static bool is_tame(shy_op op, double complex u, double complex v)
{
    if (op == SHY_OP_LOG || op == SHY_OP_SQRT) return creal(u) > 1e-6;
    if (op == SHY_OP_MAX || op == SHY_OP_MIN) return creal(u) != creal(v);
    if (op == SHY_OP_ABS) return creal(u) != 0.0;
    if (op == SHY_OP_HYPOT) return creal(u) != 0.0 || creal(v) != 0.0;
    return true;
}

/* The derivative by the constant in node `by`; false if the formula has none here, or numbers grow out of hand. */
static bool complex_step(const shy_tree *tree, const double *factors, int by, double *value_out, double *derivative_out)
{
    const double step = 1e-40;
    double complex value[SHY_TREE_MAX];
    for (int k = 0; k < tree->count; k++) {
        const shy_node *node = &tree->node[k];
        if (node->op == SHY_OP_FACTOR) value[k] = factors[node->factor];
        else if (node->op == SHY_OP_CONSTANT) value[k] = node->value + (k == by ? step * I : 0.0);
        else if (!is_tame((shy_op)node->op, value[node->left], value[node->right])) return false;
        else value[k] = apply((shy_op)node->op, value[node->left], value[node->right]);
        if (!(fabs(creal(value[k])) < 1e12) || !(fabs(cimag(value[k])) < 1e20 * step)) return false;
    }
    *value_out = creal(value[tree->count - 1]);
    *derivative_out = cimag(value[tree->count - 1]) / step;
    return true;
}

/* ---- tests --------------------------------------------------------------------------------------------------------- */

static void set_constants(dice *d, shy_tree *tree)
{
    for (int k = 0; k < tree->count; k++)
        if (tree->node[k].op == SHY_OP_CONSTANT) tree->node[k].value = dice_between(d, -3.0, 3.0);
}

static void derivatives_of_random_trees_are_those_of_complex_steps(void **state)
{
    dice d = {.purpose = 90};
    int compared = 0, used[SHY_OPS] = {0};
    (void)state;
    for (int round = 0; round < 6000; round++) {
        shy_tree tree = {0};
        double factor[FACTORS][ROWS], out[ROWS], plain[ROWS], room[SHY_TREE_MAX][ROWS], scratch[2 * SHY_TREE_MAX * ROWS];
        const double *column[FACTORS] = {factor[0], factor[1], factor[2]};
        double *gradient[SHY_TREE_MAX];
        int node[SHY_TREE_MAX];
        (void)dice_tree(&d, &tree, SIZE, FACTORS);
        set_constants(&d, &tree);
        const int constants = shy_tree_constants(&tree, node);
        for (int k = 0; k < constants; k++) gradient[k] = room[k];
        for (int f = 0; f < FACTORS; f++)
            for (int i = 0; i < ROWS; i++) factor[f][i] = dice_between(&d, f == 0 ? -2.0 : 0.2, 3.0);
        shy_tree_gradient_rows(&tree, ROWS, column, scratch, out, gradient);
        shy_tree_evaluate_rows(&tree, ROWS, column, scratch, plain);
        assert_memory_equal(out, plain, sizeof out);
        for (int k = 0; k < constants; k++) {
            for (int i = 0; i < ROWS; i++) {
                const double here[FACTORS] = {factor[0][i], factor[1][i], factor[2][i]};
                double value, derivative;
                if (!complex_step(&tree, here, node[k], &value, &derivative)) continue;
                if (!(fabs(gradient[k][i] - derivative) <= 1e-8 * (1.0 + fabs(derivative)))) {
                    print_error("round %d, constant %d: %.17g instead of %.17g\n", round, k, gradient[k][i], derivative);
                    fail();
                }
                compared++;
                for (int n = 0; n < tree.count; n++) used[tree.node[n].op]++;
            }
        }
    }
    assert_true(compared > 10000);
    for (int op = 0; op < SHY_OPS; op++) assert_true(used[op] > 100);
}

/* What the header promises where there is no derivative. */
static void corners_have_the_derivatives_that_are_stated(void **state)
{
    static const struct {
        const char *text;
        double x, constant_derivative;
    } cases[] = {
        {"max(x, 2)", 2.0, 1.0}, {"max(2, x)", 2.0, 0.0},       {"min(x, 2)", 2.0, 1.0}, {"abs(x - 2)", 2.0, 0.0},
        {"abs(x - 2)", 1.0, 1.0}, {"hypot(x - 2, x - x)", 2.0, 0.0}, {"sqrt(2 * x)", 0.0, 0.0}, {"x", 1.0, NAN},
    };
    const char *const names[] = {"x"};
    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        shy_tree tree;
        double x[1] = {cases[c].x}, out, derivative = NAN, scratch[2 * SHY_TREE_MAX];
        const double *column[1] = {x};
        double *gradient[1] = {&derivative};
        assert_int_equal(shy_tree_parse(cases[c].text, names, 1, &tree), SHY_OK);
        shy_tree_gradient_rows(&tree, 1, column, scratch, &out, gradient);
        assert_true(derivative == cases[c].constant_derivative || (isnan(derivative) && isnan(cases[c].constant_derivative)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(derivatives_of_random_trees_are_those_of_complex_steps),
        cmocka_unit_test(corners_have_the_derivatives_that_are_stated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
