/* test_expr_monotone.c: what is said to rise or fall with a factor does so wherever one looks, and the plain cases are seen. */
#include "shy_config.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "expr_random.h"

static const char *const names[] = {"a", "b", "c"};

/* ---- cases with a known answer ------------------------------------------------------------------------------------------ */

typedef struct {
    const char *text;
    shy_interval a, b;
    int answer; /* 1: rises with a; −1: falls; 0: neither; 2: both, as it does not depend on a */
} known_case;

static const known_case known[] = {
    {"a", {-1, 1}, {0, 1}, 1},
    {"b", {-1, 1}, {0, 1}, 2},
    {"b - a", {-1, 1}, {0, 1}, -1},
    {"a * b", {-1, 1}, {0, 1}, 1},
    {"a * b", {-1, 1}, {-2, 0}, -1},
    {"a * b", {-1, 1}, {-1e-3, 5}, 0},
    {"(140 - a) * b", {20, 90}, {1, 2}, -1},
    {"(140 - a) / b", {20, 90}, {1, 2}, -1},
    {"(a - 50) * (b - 3)", {20, 90}, {1, 2}, -1},
    {"(a - 50) * (b - 3)", {20, 90}, {1, 4}, 0},
    {"b / a", {1, 2}, {-1, 1}, 0},
    {"b / a", {1, 2}, {0, 1}, -1},
    {"a / (a + b)", {1, 100}, {1, 100}, 1},      /* needs parts of the box */
    {"reldiff(a, b)", {1, 100}, {1, 100}, 1},
    {"reldiff(b, a)", {1, 100}, {1, 100}, -1},
    {"a + 1 / a", {1, 3}, {0, 1}, 1},
    {"a + 1 / a", {0.5, 3}, {0, 1}, 0},
    {"square(a)", {0, 2}, {0, 1}, 1},
    {"square(a)", {-2, 0}, {0, 1}, -1},
    {"square(a)", {-1, 2}, {0, 1}, 0},
    {"abs(a)", {-2, 0}, {0, 1}, -1},
    {"abs(a)", {-2, 0.01}, {0, 1}, 0},
    {"sqrt(a)", {0, 2}, {0, 1}, 1},
    {"inverse(sqrt(a))", {1, 2}, {0, 1}, -1},
    {"log(a) - b", {1e-3, 2}, {0, 1}, 1},
    {"exp(-1 * a)", {-3, 2}, {0, 1}, -1},
    {"max(a, b)", {0, 2}, {-1, 1}, 1},
    {"max(b - a, b - 2 * a)", {0, 2}, {-1, 1}, -1},
    {"min(a, b - a)", {0, 1}, {4, 5}, 1},        /* b − a is never the smaller one */
    {"min(a, b - a)", {0, 3}, {4, 5}, 0},
    {"hypot(a, b)", {0, 3}, {-4, 5}, 1},
    {"hypot(a, b)", {-3, 0}, {-4, 5}, -1},
    {"a - 0.5 * square(a)", {0, 1}, {0, 1}, 1},
    {"a - 0.5 * square(a)", {0, 1.01}, {0, 1}, 0},
};

static void plain_cases_are_seen(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
        shy_tree tree;
        const shy_interval range[] = {known[k].a, known[k].b, {1.0, 2.0}};
        assert_int_equal(shy_tree_parse(known[k].text, names, 3, &tree), SHY_OK);
        const bool rises = shy_tree_monotone(&tree, range, 0, true), falls = shy_tree_monotone(&tree, range, 0, false);
        if (rises != (known[k].answer > 0) || falls != (known[k].answer < 0 || known[k].answer == 2)) {
            fail_msg("%s: rises %d, falls %d", known[k].text, rises, falls);
        }
    }
}

static void too_many_factors_are_refused(void **state)
{
    (void)state;
    shy_interval range[SHY_MONOTONE_FACTORS + 1];
    shy_tree tree = {0};
    int root = shy_tree_leaf(&tree, 0);
    for (int f = 0; f <= SHY_MONOTONE_FACTORS; f++) range[f] = (shy_interval){1.0, 2.0};
    for (uint32_t f = 1; f < SHY_MONOTONE_FACTORS; f++) root = shy_tree_binary(&tree, SHY_OP_ADD, root, shy_tree_leaf(&tree, f));
    assert_true(shy_tree_monotone(&tree, range, 0, true));
    (void)shy_tree_binary(&tree, SHY_OP_ADD, root, shy_tree_leaf(&tree, SHY_MONOTONE_FACTORS));
    assert_false(shy_tree_monotone(&tree, range, 0, true));
}

/* ---- random trees ----------------------------------------------------------------------------------------------------------- */

/* Size of the rounding errors: the largest value of a node, which differences cancel. */
static double largest_node(const shy_tree *tree, const double *x)
{
    double value[SHY_TREE_MAX], most = 0.0;
    for (int k = 0; k < tree->count; k++) {
        const shy_node *node = &tree->node[k];
        value[k] = node->op == SHY_OP_FACTOR     ? x[node->factor]
                   : node->op == SHY_OP_CONSTANT ? node->value
                                                 : shy_operator_apply((shy_op)node->op, value[node->left], value[node->right]);
        most = fmax(most, fabs(value[k]));
    }
    return most;
}

/* Pairs of points that differ in factor 0. */
static void check_claim(const shy_tree *tree, const shy_interval *range, bool rising, dice *d)
{
    for (int pair = 0; pair < 200; pair++) {
        double x[3], y[3];
        for (int f = 0; f < 3; f++) x[f] = y[f] = dice_between(d, range[f].lo, range[f].hi);
        y[0] = pair % 4 == 0 ? range[0].hi : dice_between(d, x[0], range[0].hi);
        const double step = (rising ? 1.0 : -1.0) * (shy_tree_evaluate(tree, y) - shy_tree_evaluate(tree, x));
        if (step < -1e-11 * fmax(largest_node(tree, x), largest_node(tree, y))) {
            char *text = NULL;
            assert_int_equal(shy_tree_print(tree, names, 0, &text), SHY_OK);
            fail_msg("%s, rising %d: from %.17g to %.17g, others %.17g %.17g", text, rising, x[0], y[0], x[1], x[2]);
        }
    }
}

static void claims_hold_wherever_one_looks(void **state)
{
    (void)state;
    int claims = 0, defined = 0;
    for (uint64_t seed = 0; seed < 20000; seed++) {
        dice d = {.purpose = 900 + seed, .index = 0};
        shy_interval range[3], all;
        shy_tree tree = {0};
        for (int f = 0; f < 3; f++) {
            range[f].lo = dice_below(&d, 3) == 0 ? dice_between(&d, -2.0, 1.0) : dice_between(&d, 0.1, 2.0);
            range[f].hi = range[f].lo + dice_between(&d, 0.1, 3.0);
        }
        (void)dice_tree(&d, &tree, 3 + (int)dice_below(&d, 10), 3);
        if (!shy_tree_range(&tree, range, &all)) continue;
        defined++;
        for (int rising = 0; rising < 2; rising++) {
            if (!shy_tree_monotone(&tree, range, 0, rising)) continue;
            check_claim(&tree, range, rising, &d);
            claims++;
        }
    }
    assert_true(defined > 5000 && claims > 3000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_cases_are_seen),
        cmocka_unit_test(too_many_factors_are_refused),
        cmocka_unit_test(claims_hold_wherever_one_looks),
    };
    return cmocka_run_group_tests_name("expr monotone", tests, NULL, NULL);
}
