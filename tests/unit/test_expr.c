/* Tests of expr: the operator table, ranges of values, trees and their evaluation, the default grammar. */
#include "shy_config.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "expr_random.h"

#define ROWS 37

static bool same(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b));
}

/* ---- operators ------------------------------------------------------------------------------------------------- */

static void names_lead_back_to_their_operators(void **state)
{
    (void)state;
    for (int k = 0; k < SHY_OPS; k++) {
        const shy_operator *o = shy_operator_get((shy_op)k);
        shy_op found = SHY_OPS;
        assert_true(o->arity >= 0 && o->arity <= 2);
        assert_true(o->name[0] && o->help[0]);
        assert_int_equal(shy_operator_find(o->name, &found), o->arity > 0);
        if (o->arity > 0) assert_int_equal(found, k);
        assert_int_equal(o->infix, strchr("+-*/", o->name[0]) != NULL);
    }
    shy_op untouched = SHY_OP_ABS;
    assert_false(shy_operator_find("ln", &untouched));
    assert_false(shy_operator_find("", &untouched));
    assert_int_equal(untouched, SHY_OP_ABS);
}

static void operators_compute_their_definitions(void **state)
{
    static const struct {
        shy_op op;
        double u, v, expected;
    } cases[] = {
        {SHY_OP_ADD, 3, -5, -2},        {SHY_OP_SUBTRACT, 3, -5, 8},   {SHY_OP_MULTIPLY, 3, -5, -15},
        {SHY_OP_DIVIDE, 3, -6, -0.5},   {SHY_OP_MAX, 3, -5, 3},        {SHY_OP_MAX, -5, 3, 3},
        {SHY_OP_MIN, 3, -5, -5},        {SHY_OP_MIN, -5, 3, -5},       {SHY_OP_HYPOT, 3, -4, 5},
        {SHY_OP_RELDIFF, 3, 1, 0.5},    {SHY_OP_RELDIFF, 1, 3, -0.5},  {SHY_OP_LOG, 1, 9, 0},
        {SHY_OP_LOG, M_E, 9, 1},        {SHY_OP_SQRT, 49, -1, 7},      {SHY_OP_SQUARE, -3, 0, 9},
        {SHY_OP_INVERSE, -4, 0, -0.25}, {SHY_OP_ABS, -4, 0, 4},        {SHY_OP_EXP, 0, 5, 1},
        {SHY_OP_FACTOR, 4, 1, 4},       {SHY_OP_CONSTANT, -4, 1, -4},
    };
    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        assert_true(shy_operator_apply(cases[k].op, cases[k].u, cases[k].v) == cases[k].expected);
    }
}

static void commutative_operators_commute_and_no_others(void **state)
{
    (void)state;
    for (int k = 0; k < SHY_OPS; k++) {
        const shy_operator *o = shy_operator_get((shy_op)k);
        if (o->arity != 2) continue;
        bool equal = shy_operator_apply((shy_op)k, 3.0, 7.0) == shy_operator_apply((shy_op)k, 7.0, 3.0);
        assert_int_equal(equal, o->commutative);
    }
}

static void rows_equal_single_values_bit_for_bit(void **state)
{
    dice d = {.purpose = 1};
    double u[ROWS], v[ROWS], out[ROWS + 1];

    (void)state;
    for (int k = 0; k < SHY_OPS; k++) {
        for (int i = 0; i < ROWS; i++) u[i] = dice_constant(&d), v[i] = i % 9 == 0 ? 0.0 : dice_constant(&d);
        for (int rows = 0; rows <= ROWS; rows += ROWS / 2) {
            out[rows] = 12345.0;
            shy_operator_apply_rows((shy_op)k, rows, u, shy_operator_get((shy_op)k)->arity == 2 ? v : NULL, out);
            for (int i = 0; i < rows; i++) assert_true(same(out[i], shy_operator_apply((shy_op)k, u[i], v[i])));
            assert_true(out[rows] == 12345.0);
        }
    }
}

/* ---- ranges ---------------------------------------------------------------------------------------------------- */

static shy_interval random_interval(dice *d)
{
    double a = dice_constant(d), b = dice_constant(d), scale = dice_below(d, 2) ? 1.0 : 1e-3;
    uint32_t kind = dice_below(d, 4);

    if (kind == 0) a = fabs(a), b = fabs(b);
    if (kind == 1) a = 0.0, b = fabs(b);
    if (kind == 2) b = a;
    return (shy_interval){scale * fmin(a, b), scale * fmax(a, b)};
}

static double inside(dice *d, shy_interval u)
{
    switch (dice_below(d, 6)) {
    case 0: return u.lo;
    case 1: return u.hi;
    case 2: return u.lo <= 0.0 && u.hi >= 0.0 ? 0.0 : u.lo;
    default: return fmin(u.hi, fmax(u.lo, dice_between(d, u.lo, u.hi)));
    }
}

/* Whatever the operands within their ranges: the value lies inside, and both ends are attained. */
static void check_range(dice *d, shy_op op, shy_interval u, shy_interval v, shy_interval r)
{
    double least = INFINITY, most = -INFINITY;

    assert_true(r.lo <= r.hi);
    for (int k = 0; k < 200; k++) {
        double value = shy_operator_apply(op, inside(d, u), inside(d, v));
        assert_true(value >= r.lo && value <= r.hi);
        least = fmin(least, value);
        most = fmax(most, value);
    }
    assert_true(fabs(least - r.lo) <= 1e-14 * fabs(r.lo) + 1e-300);
    assert_true(fabs(most - r.hi) <= 1e-14 * fabs(r.hi) + 1e-300);
}

static void ranges_hold_all_values_and_are_tight(void **state)
{
    dice d = {.purpose = 2};
    int decided[SHY_OPS] = {0};

    (void)state;
    for (int k = 0; k < 100 * SHY_OPS; k++) {
        shy_op op = (shy_op)(k % SHY_OPS);
        shy_interval u = random_interval(&d), v = random_interval(&d), r;
        if (!shy_operator_range(op, u, v, &r)) continue;
        decided[op]++;
        check_range(&d, op, u, v, r);
    }
    for (int op = 0; op < SHY_OPS; op++) assert_true(decided[op] >= 10);
}

static void ranges_end_where_the_domain_ends(void **state)
{
    static const struct {
        shy_op op;
        shy_interval u, v;
        bool defined;
    } cases[] = {
        {SHY_OP_LOG, {0, 1}, {0, 0}, false},         {SHY_OP_LOG, {1e-300, 1}, {0, 0}, true},
        {SHY_OP_LOG, {-2, -1}, {0, 0}, false},       {SHY_OP_SQRT, {0, 1}, {0, 0}, true},
        {SHY_OP_SQRT, {-1e-9, 1}, {0, 0}, false},    {SHY_OP_INVERSE, {0, 1}, {0, 0}, false},
        {SHY_OP_INVERSE, {-1, 0}, {0, 0}, false},    {SHY_OP_INVERSE, {-1, 1}, {0, 0}, false},
        {SHY_OP_INVERSE, {-2, -1}, {0, 0}, true},    {SHY_OP_INVERSE, {1e-160, 1}, {0, 0}, false},
        {SHY_OP_DIVIDE, {1, 2}, {0, 1}, false},      {SHY_OP_DIVIDE, {1, 2}, {-1, 1}, false},
        {SHY_OP_DIVIDE, {0, 0}, {0.5, 1}, true},     {SHY_OP_RELDIFF, {0, 1}, {0, 1}, false},
        {SHY_OP_RELDIFF, {0, 1}, {1, 2}, true},      {SHY_OP_RELDIFF, {-3, -2}, {0, 1}, true},
        {SHY_OP_RELDIFF, {-3, -2}, {0, 2}, false},   {SHY_OP_EXP, {-1e9, 50}, {0, 0}, true},
        {SHY_OP_EXP, {0, 50.01}, {0, 0}, false},     {SHY_OP_SQUARE, {0, 1e75}, {0, 0}, true},
        {SHY_OP_SQUARE, {0, 1.1e75}, {0, 0}, false}, {SHY_OP_MULTIPLY, {1, 1e100}, {1, 1e100}, false},
        {SHY_OP_ADD, {0, 1e150}, {0, 1e150}, false}, {SHY_OP_ADD, {0, NAN}, {0, 1}, false},
        {SHY_OP_ABS, {-INFINITY, 0}, {0, 0}, false},
    };
    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        shy_interval r = {7.0, 7.0};
        assert_int_equal(shy_operator_range(cases[k].op, cases[k].u, cases[k].v, &r), cases[k].defined);
        if (!cases[k].defined) assert_true(r.lo == 7.0 && r.hi == 7.0);
    }
}

static void zeros_of_ranges_are_exact(void **state)
{
    shy_interval r;

    (void)state; /* else sqrt(log(x)) would be refused for x >= 1, and inverse(square(x)) allowed across 0 */
    assert_true(shy_operator_range(SHY_OP_LOG, (shy_interval){1, 9}, (shy_interval){0, 0}, &r) && r.lo == 0.0);
    assert_true(shy_operator_range(SHY_OP_SQUARE, (shy_interval){-3, 2}, (shy_interval){0, 0}, &r));
    assert_true(r.lo == 0.0 && r.hi == 9.0);
    assert_true(shy_operator_range(SHY_OP_EXP, (shy_interval){-1e6, 0}, (shy_interval){0, 0}, &r));
    assert_true(r.lo == 0.0 && r.hi == 1.0);
}

/* Intervals of all sizes that ranges may have, and ends at which operators stop being defined. */
static shy_interval any_interval(dice *d)
{
    static const double ends[] = {-1e150, -1e75, -1e70, -50.0, -1.0, -1e-70, -1e-160, -0.0, 0.0, 1e-160, 1e-70, 1.0, 50.0, 1e70, 1e75, 1e150};
    enum { ENDS = sizeof ends / sizeof *ends };
    const double a = ends[dice_below(d, ENDS)], b = ends[dice_below(d, ENDS)];
    return dice_below(d, 3) == 0 ? random_interval(d) : (shy_interval){fmin(a, b), fmax(a, b)};
}

static void ranges_of_many_are_those_of_one(void **state)
{
    enum { COUNT = 400 };
    static shy_interval range[3 * COUNT];
    static uint8_t defined[3 * COUNT], only_defined[COUNT];
    static int32_t u[COUNT], v[COUNT], out[COUNT];
    dice d = {.purpose = 4};
    int answers[2] = {0};

    (void)state;
    for (int k = 0; k < COUNT; k++) u[k] = 3 * k, v[k] = 3 * k + 1, out[k] = 3 * k + 2;
    const shy_range_list list = {COUNT, u, v, out};
    for (int op = 0; op < SHY_OPS; op++) {
        for (int k = 0; k < COUNT; k++) {
            range[u[k]] = any_interval(&d), range[v[k]] = any_interval(&d);
            defined[u[k]] = dice_below(&d, 20) > 0, defined[v[k]] = dice_below(&d, 20) > 0;
        }
        shy_operator_range_each((shy_op)op, &list, range, defined);
        shy_operator_defined_each((shy_op)op, &list, range, defined, only_defined);
        for (int k = 0; k < COUNT; k++) {
            shy_interval one = {0.0, 0.0};
            const bool expected = defined[u[k]] && defined[v[k]] && shy_operator_range((shy_op)op, range[u[k]], range[v[k]], &one);
            assert_int_equal(defined[out[k]], expected);
            assert_int_equal(only_defined[k], expected);
            if (expected) assert_true(range[out[k]].lo == one.lo && range[out[k]].hi == one.hi);
            answers[expected]++;
        }
    }
    assert_true(answers[0] > 1000 && answers[1] > 1000);
}

/* ---- trees ----------------------------------------------------------------------------------------------------- */

static void trees_evaluate_like_the_expression_in_c(void **state)
{
    shy_tree bmi = {.count = 0}, cg = {.count = 0};
    const double x[] = {70.0, 1.75, 50.0, 1.2};

    (void)state;
    int weight = shy_tree_leaf(&bmi, 0);
    int height = shy_tree_leaf(&bmi, 1);
    shy_tree_binary(&bmi, SHY_OP_DIVIDE, weight, shy_tree_unary(&bmi, SHY_OP_SQUARE, height));
    assert_true(shy_tree_evaluate(&bmi, x) == x[0] / (x[1] * x[1]));

    int years = shy_tree_constant(&cg, 140.0);
    int left = shy_tree_binary(&cg, SHY_OP_SUBTRACT, years, shy_tree_leaf(&cg, 2));
    int product = shy_tree_binary(&cg, SHY_OP_MULTIPLY, left, shy_tree_leaf(&cg, 0));
    shy_tree_binary(&cg, SHY_OP_DIVIDE, product, shy_tree_leaf(&cg, 3));
    assert_true(shy_tree_evaluate(&cg, x) == (140.0 - x[2]) * x[0] / x[3]);

    int before = cg.count, root = shy_tree_append(&cg, &bmi);
    assert_int_equal(cg.count, before + bmi.count);
    assert_int_equal(root, cg.count - 1);
    shy_tree_binary(&cg, SHY_OP_SUBTRACT, before - 1, root);
    assert_true(shy_tree_evaluate(&cg, x) == (140.0 - x[2]) * x[0] / x[3] - x[0] / (x[1] * x[1]));
}

static void rows_of_trees_equal_single_patients_bit_for_bit(void **state)
{
    enum { FACTORS = 5 };
    static double data[FACTORS][ROWS], scratch[SHY_TREE_MAX * ROWS], out[ROWS + 1];
    const double *column[FACTORS];
    dice d = {.purpose = 3};

    (void)state;
    for (int f = 0; f < FACTORS; f++) {
        column[f] = data[f];
        for (int i = 0; i < ROWS; i++) data[f][i] = dice_constant(&d);
    }
    for (int k = 0; k < 1000; k++) {
        shy_tree tree = {.count = 0};
        dice_tree(&d, &tree, 1 + (int)dice_below(&d, 30), FACTORS);
        out[ROWS] = 12345.0;
        shy_tree_evaluate_rows(&tree, ROWS, column, scratch, out);
        assert_true(out[ROWS] == 12345.0);
        for (int i = 0; i < ROWS; i++) {
            double x[FACTORS];
            for (int f = 0; f < FACTORS; f++) x[f] = data[f][i];
            assert_true(same(out[i], shy_tree_evaluate(&tree, x)));
        }
    }
}

/* ---- grammar --------------------------------------------------------------------------------------------------- */

static void default_grammar_is_the_documented_one(void **state)
{
    static const shy_op with[] = {SHY_OP_FACTOR, SHY_OP_CONSTANT, SHY_OP_ADD,  SHY_OP_SUBTRACT, SHY_OP_MULTIPLY,
                                  SHY_OP_DIVIDE, SHY_OP_LOG,      SHY_OP_SQRT, SHY_OP_SQUARE,   SHY_OP_INVERSE};
    shy_grammar g;
    int allowed = 0, forbidden = 0;

    (void)state;
    memset(&g, 0xff, sizeof g);
    shy_grammar_default(&g);
    for (size_t k = 0; k < sizeof with / sizeof with[0]; k++) assert_true(g.allowed[with[k]]);
    for (int op = 0; op < SHY_OPS; op++) {
        allowed += g.allowed[op];
        assert_int_equal(g.weight[op], 1);
        for (int inner = 0; inner < SHY_OPS; inner++) forbidden += g.forbidden[op][inner];
    }
    assert_int_equal(allowed, sizeof with / sizeof with[0]);
    assert_int_equal(forbidden, 1);
    assert_true(g.forbidden[SHY_OP_LOG][SHY_OP_LOG]);
    assert_int_equal(g.max_complexity, 7);
    assert_int_equal(g.max_factors, 3);
    assert_int_equal(g.max_constants, 2);
    assert_int_equal(g.units, SHY_UNITS_CLINICAL);
}

static void forbidden_patterns_are_read_or_explained(void **state)
{
    static const struct {
        const char *pattern;
        shy_op outer, inner;
        const char *message; /* NULL: accepted */
    } cases[] = {
        {"log(sqrt)", SHY_OP_LOG, SHY_OP_SQRT, NULL},
        {"*(log)", SHY_OP_MULTIPLY, SHY_OP_LOG, NULL},
        {" / ( - ) ", SHY_OP_DIVIDE, SHY_OP_SUBTRACT, NULL},
        {"sqrt(swuare)", SHY_OPS, SHY_OPS, "\"swuare\" is not an operator; did you mean \"square\"?"},
        {"lg(sqrt)", SHY_OPS, SHY_OPS, "\"lg\" is not an operator; did you mean \"log\"?"},
        {"log()", SHY_OPS, SHY_OPS, "\"\" is not an operator"},
        {"log(factor)", SHY_OPS, SHY_OPS, "\"factor\" is not an operator"},
        {"log", SHY_OPS, SHY_OPS, "is not of the form outer(inner)"},
        {"log(sqrt) x", SHY_OPS, SHY_OPS, "is not of the form outer(inner)"},
        {")log(", SHY_OPS, SHY_OPS, "is not of the form outer(inner)"},
        {"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz(log)", SHY_OPS, SHY_OPS, "is not an operator"},
    };
    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        shy_grammar g = {.max_factors = 1};
        shy_error_clear();
        shy_status st = shy_grammar_forbid(&g, cases[k].pattern);
        if (!cases[k].message) {
            assert_int_equal(st, SHY_OK);
            assert_true(g.forbidden[cases[k].outer][cases[k].inner]);
        } else {
            assert_int_equal(st, SHY_INPUT);
            assert_non_null(strstr(shy_error_message(), cases[k].message));
            assert_non_null(strstr(shy_error_message(), cases[k].pattern));
            for (int op = 0; op < SHY_OPS * SHY_OPS; op++) assert_false((&g.forbidden[0][0])[op]);
        }
    }
    shy_error_clear();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_lead_back_to_their_operators),
        cmocka_unit_test(operators_compute_their_definitions),
        cmocka_unit_test(commutative_operators_commute_and_no_others),
        cmocka_unit_test(rows_equal_single_values_bit_for_bit),
        cmocka_unit_test(ranges_hold_all_values_and_are_tight),
        cmocka_unit_test(ranges_end_where_the_domain_ends),
        cmocka_unit_test(zeros_of_ranges_are_exact),
        cmocka_unit_test(ranges_of_many_are_those_of_one),
        cmocka_unit_test(trees_evaluate_like_the_expression_in_c),
        cmocka_unit_test(rows_of_trees_equal_single_patients_bit_for_bit),
        cmocka_unit_test(default_grammar_is_the_documented_one),
        cmocka_unit_test(forbidden_patterns_are_read_or_explained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
