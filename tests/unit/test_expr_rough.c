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

typedef long double wide;

/*
 * ---- columns
 * -----------------------------------------------------------------------------------------------------------
 */

enum {
    LOGNORMAL,
    OTHER_LOGNORMAL,
    UNIFORM,
    NORMAL,
    ORDINARY, /* the columns before this one */
    FAR_MEAN = ORDINARY,
    OTHER_FAR_MEAN,
    HEAVY_TAILS,
    SPANNING, /* 1e-30 … 1e30 */
    NEAR_1,
    TWIN_7, /* LOGNORMAL but for the seventh, the eleventh digit */
    TWIN_11,
    OPPOSITE, /* −LOGNORMAL but for the third digit */
    ZEROS,
    TWO_VALUED,
    OUTLIER,
    CONSTANT,
    TINY,
    SMALL,
    LARGE,
    NEGATIVE,
    COLUMNS
};

enum { MOST_SAMPLES = 1000, DIRECTIONS = 5, FILLED = 8 };

static double normal(int stream, int i)
{
    return shy_random_normal(31, (uint64_t)stream, (uint64_t)i);
}

static double column_value(int column, int i)
{
    const double own = normal(column, i), lognormal = exp(0.5 * normal(LOGNORMAL, i));
    switch (column) {
    case LOGNORMAL:
        return lognormal;
    case OTHER_LOGNORMAL:
        return 120.0 * exp(0.2 * own);
    case UNIFORM:
        return 40.0 + 50.0 * shy_random_uniform(31, UNIFORM, (uint64_t)i);
    case FAR_MEAN:
        return 1e6 + own;
    case OTHER_FAR_MEAN:
        return 3e6 - 3.0 * own;
    case HEAVY_TAILS:
        return fabs(own * own * own) * exp(2.0 * own);
    case SPANNING:
        return pow(10.0, 60.0 * shy_random_uniform(31, SPANNING, (uint64_t)i) - 30.0);
    case NEAR_1:
        return 1.0 + 1e-5 * own;
    case TWIN_7:
        return lognormal * (1.0 + 1e-7 * own);
    case TWIN_11:
        return lognormal * (1.0 + 1e-11 * own);
    case OPPOSITE:
        return -lognormal * (1.002 + 1e-3 * shy_random_uniform(31, OPPOSITE, (uint64_t)i));
    case ZEROS:
        return i % 7 == 3 ? 0.0 : fabs(own);
    case TWO_VALUED:
        return own > 0.3 ? 1.0 : 0.0;
    case OUTLIER:
        return i == 0 ? 1e5 : own; /* the reference sample */
    case CONSTANT:
        return 0.1;
    case TINY:
        return 1e-25 * exp(own);
    case SMALL:
        return 1e-12 * own + 1e-13;
    case LARGE:
        return 1e25 * exp(own);
    case NEGATIVE:
        return -1e9 * exp(0.3 * own);
    default:
        return own;
    }
}

/* A chunk's columns as the search lays them out. */
typedef struct {
    int rows, places;
    double wide[COLUMNS][SHY_ROUGH_STRIDE];
    double y[SHY_ROUGH_STRIDE];
    float weight[SHY_ROUGH_STRIDE], direction[FILLED][SHY_ROUGH_STRIDE]; /* in a metric: w, w·q */
} chunk;

typedef struct {
    int n, chunks;
    double value[COLUMNS][MOST_SAMPLES], y[MOST_SAMPLES];
    bool metric; /* weights, some of them 0, and directions, one of which is a column */
    wide w[MOST_SAMPLES], q[DIRECTIONS][MOST_SAMPLES];
    shy_interval range[COLUMNS];
    chunk chunk[8];
} zoo;

/* A response of length √n with mean 0 that goes with several columns and their logarithms. */
static void make_response(zoo *z)
{
    wide mean = 0.0, square = 0.0;
    for (int i = 0; i < z->n; i++) {
        z->y[i] = z->value[LOGNORMAL][i] + 0.01 * z->value[OTHER_LOGNORMAL][i] + log(z->value[HEAVY_TAILS][i]) +
                  (z->value[FAR_MEAN][i] - 1e6) + normal(100, i);
        mean += z->y[i];
    }
    for (int i = 0; i < z->n; i++)
        z->y[i] -= (double)(mean / z->n), square += (wide)z->y[i] * z->y[i];
    for (int i = 0; i < z->n; i++)
        z->y[i] /= (double)sqrtl(square / z->n);
}

static wide weighted(const zoo *z, const wide *u, const wide *v)
{
    wide sum = 0.0L;
    for (int i = 0; i < z->n; i++)
        sum += z->w[i] * (u ? u[i] : 1.0L) * (v ? v[i] : 1.0L);
    return sum / z->n;
}

/* u := what is left of it beside 1 and the first directions; returns the mean of its square. */
static wide project(const zoo *z, int directions, wide *u)
{
    for (int pass = 0; pass < 2; pass++) {
        for (int k = -1; k < directions; k++) {
            const wide *q = k < 0 ? NULL : z->q[k], along = weighted(z, u, q);
            for (int i = 0; i < z->n; i++)
                u[i] -= along * (q ? q[i] : 1.0L);
        }
    }
    return weighted(z, u, u);
}

static void make_metric(zoo *z)
{
    static wide y[MOST_SAMPLES];
    wide sum = 0.0L;
    for (int i = 0; i < z->n; i++)
        sum += z->w[i] = i % 6 == 4 ? 0.0L : powl(10.0L, -2.0L * (wide)shy_random_uniform(31, 200, (uint64_t)i));
    for (int i = 0; i < z->n; i++)
        z->w[i] *= z->n / sum;
    for (int k = 0; k < DIRECTIONS; k++) {
        for (int i = 0; i < z->n; i++)
            z->q[k][i] = k == 0 ? z->value[LOGNORMAL][i] : normal(200 + k, i);
        const wide length = sqrtl(project(z, k, z->q[k]));
        for (int i = 0; i < z->n; i++)
            z->q[k][i] /= length;
    }
    for (int i = 0; i < z->n; i++)
        y[i] = z->y[i];
    const wide length = sqrtl(project(z, DIRECTIONS, y));
    for (int i = 0; i < z->n; i++)
        z->y[i] = (double)(z->w[i] * y[i] / length);
}

static void load_metric(const zoo *z, int row, chunk *k)
{
    for (int i = 0; i < k->rows; i++) {
        k->weight[i] = (float)z->w[row + i];
        for (int d = 0; d < DIRECTIONS; d++)
            k->direction[d][i] = (float)(z->w[row + i] * z->q[d][row + i]);
    }
}

static zoo *zoo_create(int n, bool metric)
{
    zoo *z = calloc(1, sizeof *z);
    z->n = n, z->metric = metric;
    for (int c = 0; c < COLUMNS; c++) {
        z->range[c] = (shy_interval){INFINITY, -INFINITY};
        for (int i = 0; i < n; i++) {
            z->value[c][i] = column_value(c, i);
            z->range[c] = (shy_interval){fmin(z->range[c].lo, z->value[c][i]), fmax(z->range[c].hi, z->value[c][i])};
        }
    }
    make_response(z);
    if (metric) make_metric(z);
    for (int row = 0; row < n;) {
        chunk *k = &z->chunk[z->chunks++];
        k->rows = n - row < 250 ? n - row : 250;
        k->places = k->rows / SHY_ROUGH_PAD * SHY_ROUGH_PAD + SHY_ROUGH_PAD;
        for (int i = 0; i < k->places; i++) {
            for (int c = 0; c < COLUMNS; c++)
                k->wide[c][i] = i < k->rows ? z->value[c][row + i] : z->value[c][0];
            k->y[i] = i < k->rows ? z->y[row + i] : 0.0;
        }
        if (metric) load_metric(z, row, k);
        row += k->rows;
    }
    return z;
}

/*
 * ---- operands and roots in long double
 * -----------------------------------------------------------------------------------
 */

static wide apply(shy_op op, wide u, wide v)
{
    switch (op) {
    case SHY_OP_ADD:
        return u + v;
    case SHY_OP_SUBTRACT:
        return u - v;
    case SHY_OP_MULTIPLY:
        return u * v;
    case SHY_OP_DIVIDE:
        return u / v;
    case SHY_OP_MAX:
        return u > v ? u : v;
    case SHY_OP_MIN:
        return u < v ? u : v;
    case SHY_OP_HYPOT:
        return sqrtl(u * u + v * v);
    case SHY_OP_RELDIFF:
        return (u - v) / (u + v);
    case SHY_OP_LOG:
        return logl(u);
    case SHY_OP_SQRT:
        return sqrtl(u);
    case SHY_OP_SQUARE:
        return u * u;
    case SHY_OP_INVERSE:
        return 1.0L / u;
    case SHY_OP_ABS:
        return fabsl(u);
    case SHY_OP_EXP:
        return expl(u);
    default:
        return u;
    }
}

/* A column, or inner(a, b) computed in fp32. */
typedef struct {
    shy_op inner; /* SHY_OP_FACTOR: column a */
    int a, b;
    shy_interval range;
    double error;
} operand;

static wide operand_value(const zoo *z, const operand *o, int i)
{
    return apply(o->inner, z->value[o->a][i], z->value[o->b][i]);
}

static bool alike(shy_interval u, shy_interval v)
{
    return (u.lo >= 0.0 && v.lo >= 0.0) || (u.hi < 0.0 && v.hi < 0.0);
}

static bool operand_make(const zoo *z, shy_op inner, int a, int b, operand *out)
{
    *out = (operand){.inner = inner, .a = a, .b = b, .error = 1.0};
    if (!shy_operator_range(inner, z->range[a], z->range[b], &out->range)) return false;
    return inner == SHY_OP_FACTOR || shy_rough_operand(inner, alike(z->range[a], z->range[b]), 1.0, 1.0, &out->error);
}

/* Its fp32 values; false beyond the range of fp32. */
static bool operand_load(const shy_narrow_kernels *narrow, const shy_rough_kernels *rough, const chunk *k,
                         const operand *o, float *out)
{
    _Alignas(64) float a[SHY_ROUGH_STRIDE], b[SHY_ROUGH_STRIDE];
    if (o->inner == SHY_OP_FACTOR) return narrow->rows[SHY_OP_FACTOR](k->places, k->wide[o->a], NULL, out);
    return narrow->rows[SHY_OP_FACTOR](k->places, k->wide[o->a], NULL, a) &&
           narrow->rows[SHY_OP_FACTOR](k->places, k->wide[o->b], NULL, b) &&
           rough->rows[o->inner](k->places, a, b, out);
}

/*
 * ---- one formula
 * ------------------------------------------------------------------------------------------------------------
 */

typedef struct {
    shy_op op;
    operand u, v;
} formula;

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

static const char *describe(const formula *f)
{
    static char text[200];
    snprintf(text, sizeof text, "%s: %s of columns %d, %d; %s of columns %d, %d", shy_operator_get(f->op)->name,
             shy_operator_get(f->u.inner)->name, f->u.a, f->u.b, shy_operator_get(f->v.inner)->name, f->v.a, f->v.b);
    return text;
}

/* What was checked, and how far bounds are from what they bound. */
typedef struct {
    int checked[SHY_OPS], useful[SHY_OPS], ordinary;
    double excess[20000];
} tally;

static bool is_ordinary(const operand *o)
{
    return o->a < ORDINARY && o->b < ORDINARY;
}

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

static int make_operands(const zoo *z, operand *out)
{
    static const shy_op inner[] = {SHY_OP_ADD, SHY_OP_MULTIPLY, SHY_OP_DIVIDE, SHY_OP_HYPOT, SHY_OP_MIN};
    static const int pair[][2] = {{LOGNORMAL, OTHER_LOGNORMAL}, {UNIFORM, LOGNORMAL}, {FAR_MEAN, OTHER_FAR_MEAN},
                                  {SPANNING, LOGNORMAL},        {FAR_MEAN, TWIN_7},   {ZEROS, HEAVY_TAILS},
                                  {NEGATIVE, OPPOSITE}};
    int count = 0;
    for (int c = 0; c < COLUMNS; c++)
        count += operand_make(z, SHY_OP_FACTOR, c, c, &out[count]);
    for (size_t k = 0; k < sizeof inner / sizeof *inner; k++) {
        for (size_t p = 0; p < sizeof pair / sizeof *pair; p++)
            count += operand_make(z, inner[k], pair[p][0], pair[p][1], &out[count]);
    }
    return count;
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
            zoo *z = zoo_create(sizes[k], metric);
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
    zoo *z = zoo_create(250, false);
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
