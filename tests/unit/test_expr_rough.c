/*
 * Tests of expr: the bound of rough work holds against sums in long double, for every root, every instruction set and
 * columns that are hard on it; and it says something where columns are ordinary.
 */
#include "shy_config.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "expr/kernels.h"

#include "rough_zoo.h"

/*
 * ---- one formula
 * ------------------------------------------------------------------------------------------------------------
 */

/* Of the metric: (Σ y z)² over Σ w z̃². */
static wide metric_statistic(const zoo *z, wide *value)
{
    wide covariance = 0.0L;
    const wide variance = project(z, DIRECTIONS, value);
    for (int i = 0; i < z->n; i++)
        covariance += value[i] * z->y[i] / z->n;
    return variance > 0.0L ? covariance * covariance / variance : 1.0L;
}

/* r² with the response; 1 if there is no variance. */
static wide exact_statistic(const zoo *z, const formula *f)
{
    wide mean = 0.0L, variance = 0.0L, covariance = 0.0L;
    static wide value[MOST_SAMPLES];
    for (int i = 0; i < z->n; i++)
        mean += value[i] = apply(f->op, operand_value(z, &f->u, i), operand_value(z, &f->v, i));
    if (z->metric) return metric_statistic(z, value);
    mean /= z->n;
    for (int i = 0; i < z->n; i++) {
        variance += (value[i] - mean) * (value[i] - mean);
        covariance += (value[i] - mean) * z->y[i];
    }
    return variance > 0.0L ? covariance * covariance / (variance * z->n) : 1.0L;
}

typedef struct {
    double first, second, response, along[FILLED];
    float reference;
    bool within; /* fp32 held all operands */
} sums;

static sums sum_formula(shy_isa isa, const zoo *z, const formula *f)
{
    static _Alignas(64) float column[2][SHY_ROUGH_STRIDE], y[SHY_ROUGH_STRIDE];
    static const int32_t u = 0, v = 1;
    const shy_narrow_kernels *narrow = shy_narrow_kernels_of(isa);
    const shy_rough_kernels *rough = shy_rough_kernels_of(isa);
    sums s = {.within = true};
    for (int c = 0; c < z->chunks; c++) {
        const chunk *k = &z->chunk[c];
        s.within = s.within && operand_load(narrow, rough, k, &f->u, column[0]) &&
                   operand_load(narrow, rough, k, &f->v, column[1]);
        for (int i = 0; i < k->places; i++)
            y[i] = (float)k->y[i];
        const shy_rough_batch batch = {.rows = k->places,         .count = 1,         .column = column[0],
                                       .y = y,                    .u = &u,            .v = &v,
                                       .reference = &s.reference, .first = &s.first,  .second = &s.second,
                                       .response = &s.response,
                                       .weight = z->metric ? k->weight : NULL,
                                       .columns = z->metric ? FILLED : 0,
                                       .beside = k->direction[0],
                                       .along = s.along};
        if (c == 0) rough->references[f->op](&batch);
        (z->metric ? rough->metric_sums : rough->sums)[f->op](&batch);
    }
    return s;
}

static shy_rough_verdict verdict_of(shy_isa isa, const zoo *z, const sums *s, const shy_rough_error *error, double mark)
{
    uint8_t verdict = 77;
    const shy_rough_sums all = {.count = 1,
                                .samples = z->n,
                                .padding = SHY_ROUGH_PAD * z->chunks,
                                .reference = &s->reference,
                                .first = &s->first,
                                .second = &s->second,
                                .response = &s->response,
                                .weighted = z->metric,
                                .columns = FILLED,
                                .directions = z->metric ? DIRECTIONS : 0,
                                .along = s->along,
                                .relative = &error->relative,
                                .absolute = &error->absolute,
                                .growth = &error->growth,
                                .mark = &mark};
    shy_rough_kernels_of(isa)->judge(&all, &verdict);
    return (shy_rough_verdict)verdict;
}

/* The least mark that the formula is certainly below, but for 1e-9. */
static double bound_of(shy_isa isa, const zoo *z, const sums *s, const shy_rough_error *error)
{
    double low = 0.0, high = 2.0;
    while (high - low > 1e-9) {
        const double middle = 0.5 * (low + high);
        if (verdict_of(isa, z, s, error, middle) == SHY_ROUGH_BELOW)
            high = middle;
        else
            low = middle;
    }
    return high;
}

/* What was checked, and how far bounds are from what they bound. */
typedef struct {
    int checked[SHY_OPS], useful[SHY_OPS], ordinary;
    double excess[20000];
} tally;

static void check_formula(shy_isa isa, const zoo *z, const formula *f, tally *t)
{
    shy_rough_error error;
    shy_interval range;
    if (!shy_operator_range(f->op, f->u.range, f->v.range, &range)) return;
    if (!shy_rough_root(f->op, alike(f->u.range, f->v.range), f->u.error, f->v.error, &error)) return;
    const sums s = sum_formula(isa, z, f);
    if (!s.within) return;
    const wide exact = exact_statistic(z, f);
    t->checked[f->op]++;
    const shy_rough_verdict verdict = verdict_of(isa, z, &s, &error, (double)exact * (1.0 - 1e-15));
    if (verdict == SHY_ROUGH_BELOW)
        print_error("%s, n = %d, %s: not below %.10Lg\n", shy_isa_name(isa), z->n, describe(f), exact);
    assert_true(verdict != SHY_ROUGH_BELOW);
    if (verdict != SHY_ROUGH_UNCERTAIN) t->useful[f->op]++;
    if (!is_ordinary(&f->u) || !is_ordinary(&f->v) || t->ordinary == 20000) return;
    t->excess[t->ordinary++] = verdict == SHY_ROUGH_UNCERTAIN ? 1.0 : bound_of(isa, z, &s, &error) - (double)exact;
}

static int compare_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void check_all(shy_isa isa, const zoo *z, tally *t)
{
    operand o[COLUMNS + 40];
    const int count = make_operands(z, o);
    for (int op = 0; op < SHY_OPS; op++) {
        if (op >= SHY_OP_CONSTANT && op <= SHY_OP_DIVIDE) continue; /* no roots of rough work */
        for (int u = 0; u < count; u++) {
            const bool binary = shy_operator_get((shy_op)op)->arity == 2;
            for (int v = 0; v < (binary ? count : 1); v++) {
                const formula f = {(shy_op)op, o[u], o[binary ? v : u]};
                check_formula(isa, z, &f, t);
            }
        }
    }
}

static void check_sizes(bool metric)
{
    static const int sizes[] = {11, 100, 255, 1000};
    const int most = metric ? 7 : 9; /* of some the direction leaves next to nothing */
    for (int isa = 0; isa < SHY_ISAS; isa++) {
        if (!shy_isa_available((shy_isa)isa)) continue;
        for (size_t k = metric ? 1 : 0; k < sizeof sizes / sizeof *sizes; k++) {
            zoo *z = zoo_create(sizes[k], metric, 1, NULL);
            tally *t = calloc(1, sizeof *t);
            check_all((shy_isa)isa, z, t);
            qsort(t->excess, (size_t)t->ordinary, sizeof *t->excess, compare_doubles);
            print_message("%s, n = %d: bounds of ordinary formulas exceed r² by %.1e (median), %.1e (%d of 10)\n",
                          shy_isa_name((shy_isa)isa), z->n, t->excess[t->ordinary / 2],
                          t->excess[t->ordinary * most / 10], most);
            assert_true(t->ordinary > 200);
            assert_true(t->excess[t->ordinary / 2] < 1e-4);
            assert_true(t->excess[t->ordinary * most / 10] < 1e-3);
            for (int op = SHY_OP_MAX; op < SHY_OPS; op++) {
                assert_true(t->checked[op] >= 10);
                assert_true(3 * t->useful[op] >= t->checked[op]);
            }
            free(t);
            free(z);
        }
    }
}

static void bounds_hold_and_say_something(void **state)
{
    (void)state;
    check_sizes(false);
}

static void bounds_hold_in_a_metric(void **state)
{
    (void)state;
    check_sizes(true);
}

/*
 * ---- operands
 * ---------------------------------------------------------------------------------------------------------------
 */

static void operands_beyond_fp32_are_noticed(void **state)
{
    static const struct {
        double value;
        bool within;
    } cases[] = {{0.0, true},    {-0.0, true},    {1e18, true},   {-1e-18, true},  {1e20, false},   {-1e150, false},
                 {1e-19, false}, {-1e-40, false}, {1e-50, false}, {1e-310, false}, {1e-150, false}, {-1.0, true}};
    double u[32];
    float out[32], narrow[32];
    (void)state;
    for (int isa = 0; isa < SHY_ISAS; isa++) {
        if (!shy_isa_available((shy_isa)isa)) continue;
        for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
            for (int i = 0; i < 32; i++)
                u[i] = i == 21 ? cases[k].value : 1.0 + i, narrow[i] = (float)u[i];
            assert_int_equal(shy_narrow_kernels_of((shy_isa)isa)->rows[SHY_OP_FACTOR](32, u, NULL, out),
                             cases[k].within);
            for (int i = 0; i < 32; i++)
                assert_true(out[i] == (float)u[i]);
            if (fabs(cases[k].value) > 1e-45 || cases[k].value == 0.0) {
                assert_int_equal(shy_rough_kernels_of((shy_isa)isa)->rows[SHY_OP_FACTOR](32, narrow, narrow, out),
                                 cases[k].within);
            }
        }
    }
}

/* The error that is claimed for an operand computed in fp32, value by value. */
static void operands_have_the_errors_that_they_claim(void **state)
{
    (void)state;
    zoo *z = zoo_create(250, false, 1, NULL);
    operand o[COLUMNS + 40];
    const int count = make_operands(z, o);
    int checked = 0;
    for (int isa = 0; isa < SHY_ISAS; isa++) {
        if (!shy_isa_available((shy_isa)isa)) continue;
        for (int k = 0; k < count; k++) {
            _Alignas(64) float value[SHY_ROUGH_STRIDE];
            if (!operand_load(shy_narrow_kernels_of((shy_isa)isa), shy_rough_kernels_of((shy_isa)isa), &z->chunk[0],
                              &o[k], value))
                continue;
            for (int i = 0; i < z->n; i++) {
                const wide exact = operand_value(z, &o[k], i);
                assert_true(fabsl(value[i] - exact) <= (wide)o[k].error * SHY_ROUGH_EPSILON * fabsl(exact));
            }
            checked++;
        }
    }
    assert_true(checked >= 40);
    free(z);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bounds_hold_and_say_something),
        cmocka_unit_test(bounds_hold_in_a_metric),
        cmocka_unit_test(operands_beyond_fp32_are_noticed),
        cmocka_unit_test(operands_have_the_errors_that_they_claim),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
