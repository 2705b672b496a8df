/*
 * Tests of expr: the bound of rough work holds for parts of the samples, whose sums are those of their segments, and for further responses, against
 * long double; it says something where columns are ordinary, also where an outlier is left out.
 */
#include "shy_config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "rough_zoo.h"

enum { SEGMENTS = 5, VIEWS = SEGMENTS + 1, RESPONSES = 6, WIDTH = 12, CHUNKS = 16 };

static const double shares[SEGMENTS - 1] = {0.1, 0.45, 0.5, 0.8};

/* A part of the samples and a response on them: Σ = 0, Σ² = samples; in a metric Σ y²/w. */
typedef struct {
    int left_out, samples;
    double level, scale; /* y = level + scale·response on them */
    wide y[MOST_SAMPLES];
} view;

/* What is summed beside y, chunk by chunk: weights, directions, responses. */
typedef struct {
    const zoo *z;
    int directions; /* the columns before those of the views */
    float weight[CHUNKS][SHY_ROUGH_STRIDE], column[CHUNKS][WIDTH][SHY_ROUGH_STRIDE];
    view view[RESPONSES];
} setting;

/*
 * ---- views
 * -------------------------------------------------------------------------------------------------------------
 */

static bool takes_part(const zoo *z, const view *v, int i)
{
    return v->left_out < 0 || i < z->cut[v->left_out] || i >= z->cut[v->left_out + 1];
}

/* v->y of the samples that take part, centred and of length √samples; 0 elsewhere. */
static void standardise(const zoo *z, view *v)
{
    wide sum = 0.0L, square = 0.0L;
    v->samples = 0;
    for (int i = 0; i < z->n; i++) {
        if (!takes_part(z, v, i)) v->y[i] = 0.0L;
        else sum += v->y[i], v->samples++;
    }
    for (int i = 0; i < z->n; i++) {
        if (takes_part(z, v, i)) v->y[i] -= sum / v->samples, square += v->y[i] * v->y[i];
    }
    for (int i = 0; i < z->n; i++)
        v->y[i] /= sqrtl(square / v->samples);
    v->level = (double)(sum / v->samples), v->scale = (double)sqrtl(square / v->samples);
}

/* In a metric: orthogonal to the directions. */
static void standardise_in_metric(const zoo *z, view *v)
{
    const wide length = sqrtl(project(z, DIRECTIONS, v->y));
    v->samples = z->n;
    for (int i = 0; i < z->n; i++)
        v->y[i] *= z->w[i] / length;
}

/* y is mostly that of one segment, so that levels are large. */
static void lean_response(zoo *z)
{
    view whole = {.left_out = -1};
    for (int i = 0; i < z->n; i++)
        whole.y[i] = z->y[i] + (i >= z->cut[1] && i < z->cut[2] ? 8.0 : 0.0);
    standardise(z, &whole);
    for (int c = 0, row = 0; c < z->chunks; c++) {
        for (int i = 0; i < z->chunk[c].rows; i++, row++)
            z->chunk[c].y[i] = z->y[row] = (double)whole.y[row];
    }
}

/* Each view has its part of y, or a response of its own. */
static setting *setting_create(const zoo *z, int views, bool parts, bool own)
{
    setting *s = calloc(1, sizeof *s);
    s->z = z, s->directions = z->metric ? DIRECTIONS : 0;
    for (int k = 0; k < views; k++) {
        view *v = &s->view[k];
        v->left_out = parts ? k - 1 : -1;
        for (int i = 0; i < z->n; i++)
            v->y[i] = own ? z->y[i] + 0.3 * k * normal(300 + k, i) : z->y[i];
        z->metric ? standardise_in_metric(z, v) : standardise(z, v);
    }
    for (int c = 0, row = 0; c < z->chunks; c++) {
        for (int i = 0; i < z->chunk[c].rows; i++, row++) {
            s->weight[c][i] = z->metric ? (float)z->w[row] : 1.0f;
            for (int k = 0; k < s->directions; k++)
                s->column[c][k][i] = (float)(z->w[row] * z->q[k][row]);
            for (int k = 0; k < views; k++)
                s->column[c][s->directions + k][i] = (float)(double)s->view[k].y[row];
        }
    }
    return s;
}

/*
 * ---- sums and verdicts
 * -------------------------------------------------------------------------------------------------------------
 */

typedef struct {
    double first[SEGMENTS], second[SEGMENTS], response[SEGMENTS], along[WIDTH];
    float reference;
    bool within;
} sums;

static sums sum_formula(shy_isa isa, const setting *x, const formula *f, bool columns)
{
    static _Alignas(64) float column[2][SHY_ROUGH_STRIDE], y[SHY_ROUGH_STRIDE];
    static const int32_t u = 0, v = 1;
    const zoo *z = x->z;
    const shy_narrow_kernels *narrow = shy_narrow_kernels_of(isa);
    const shy_rough_kernels *rough = shy_rough_kernels_of(isa);
    sums s = {.within = true};
    for (int c = 0; c < z->chunks; c++) {
        const chunk *k = &z->chunk[c];
        s.within = s.within && operand_load(narrow, rough, k, &f->u, column[0]) && operand_load(narrow, rough, k, &f->v, column[1]);
        for (int i = 0; i < k->places; i++)
            y[i] = (float)k->y[i];
        const shy_rough_batch batch = {.rows = k->places, .count = 1, .column = column[0], .y = y, .u = &u, .v = &v, .reference = &s.reference,
                                       .first = &s.first[k->segment], .second = &s.second[k->segment], .response = &s.response[k->segment],
                                       .weight = columns ? x->weight[c] : NULL, .columns = columns ? WIDTH : 0, .beside = x->column[c][0],
                                       .along = s.along};
        if (c == 0) rough->references[f->op](&batch);
        (columns ? rough->metric_sums : rough->sums)[f->op](&batch);
    }
    return s;
}

static shy_rough_sums sums_of(const setting *x, const view *v, const sums *s, const shy_rough_error *error, bool columns, const double *mark)
{
    return (shy_rough_sums){.count = 1, .samples = v->samples, .padding = SHY_ROUGH_PAD * x->z->chunks, .reference = &s->reference,
                            .first = s->first, .second = s->second, .response = s->response, .segments = x->z->segments, .stride = 1,
                            .left_out = v->left_out, .level = v->level, .scale = v->scale, .weighted = columns, .columns = WIDTH,
                            .directions = x->directions, .column = columns ? x->directions + 1 + (int)(v - x->view) : 0, .along = s->along,
                            .relative = &error->relative, .absolute = &error->absolute, .growth = &error->growth, .mark = mark};
}

static shy_rough_verdict verdict_of(shy_isa isa, const setting *x, const view *v, const sums *s, const shy_rough_error *error, bool columns, double mark)
{
    uint8_t verdict = 77;
    const shy_rough_sums seen = sums_of(x, v, s, error, columns, &mark);
    shy_rough_kernels_of(isa)->judge(&seen, &verdict);
    return (shy_rough_verdict)verdict;
}

/* The largest of all views' verdicts, each with a mark of its own, is that of shy_rough_judge_columns. */
static void check_columns(shy_isa isa, const setting *x, int views, const sums *s, const shy_rough_error *error, const wide *exact)
{
    const shy_rough_sums seen = sums_of(x, x->view, s, error, true, NULL);
    for (int low = -1; low < views; low++) {
        const uint8_t row = 1;
        double mark[2 * RESPONSES] = {0.0};
        uint8_t verdict = 77, largest = 0;
        for (int k = 0; k < views; k++) {
            mark[views + k] = k == low ? (double)exact[k] * (1.0 - 1e-15) : 0.5 * (double)exact[k] + 0.6;
            const uint8_t one = (uint8_t)verdict_of(isa, x, &x->view[k], s, error, true, mark[views + k]);
            if (one > largest) largest = one;
        }
        const shy_rough_marks marks = {.responses = views, .mark = mark, .row = &row};
        shy_rough_kernels_of(isa)->judge_columns(&seen, &marks, &verdict);
        assert_int_equal(verdict, largest);
        assert_true(low < 0 || verdict != SHY_ROUGH_BELOW);
    }
}

/* r² on the samples that take part; 1 if there is no variance. `value` is used up. */
static wide exact_statistic(const setting *x, const view *v, const wide *value)
{
    static wide z[MOST_SAMPLES];
    const int n = x->z->n;
    wide mean = 0.0L, variance = 0.0L, covariance = 0.0L;
    for (int i = 0; i < n; i++)
        z[i] = value[i], mean += takes_part(x->z, v, i) ? value[i] / v->samples : 0.0L;
    if (x->z->metric) variance = project(x->z, DIRECTIONS, z) * v->samples, mean = 0.0L;
    for (int i = 0; i < n; i++) {
        if (!takes_part(x->z, v, i)) continue;
        if (!x->z->metric) variance += (z[i] - mean) * (z[i] - mean);
        covariance += (z[i] - mean) * v->y[i];
    }
    return variance > 0.0L ? covariance * covariance / (variance * v->samples) : 1.0L;
}

/* The least mark that the formula is certainly below, but for 1e-6. */
static double bound_of(shy_isa isa, const setting *x, const view *v, const sums *s, const shy_rough_error *error, bool columns)
{
    double low = 0.0, high = 2.0;
    while (high - low > 1e-6) {
        const double middle = 0.5 * (low + high);
        if (verdict_of(isa, x, v, s, error, columns, middle) == SHY_ROUGH_BELOW) high = middle;
        else low = middle;
    }
    return high;
}

/*
 * ---- all formulas
 * -------------------------------------------------------------------------------------------------------------
 */

typedef struct {
    int checked, useful, late, late_useful, ordinary;
    double excess[30000];
} tally;

static void check_formula(shy_isa isa, const setting *x, int views, bool columns, const formula *f, tally *t)
{
    static wide value[MOST_SAMPLES];
    shy_rough_error error;
    shy_interval range;
    wide exact[RESPONSES];
    if (!shy_operator_range(f->op, f->u.range, f->v.range, &range)) return;
    if (!shy_rough_root(f->op, alike(f->u.range, f->v.range), f->u.error, f->v.error, &error)) return;
    const sums s = sum_formula(isa, x, f, columns);
    if (!s.within) return;
    for (int i = 0; i < x->z->n; i++)
        value[i] = apply(f->op, operand_value(x->z, &f->u, i), operand_value(x->z, &f->v, i));
    for (int k = 0; k < views; k++) {
        const view *v = &x->view[k];
        exact[k] = exact_statistic(x, v, value);
        const shy_rough_verdict verdict = verdict_of(isa, x, v, &s, &error, columns, (double)exact[k] * (1.0 - 1e-15));
        if (verdict == SHY_ROUGH_BELOW)
            print_error("%s, n = %d, view %d, %s: not below %.10Lg\n", shy_isa_name(isa), x->z->n, k, describe(f), exact[k]);
        assert_true(verdict != SHY_ROUGH_BELOW);
        t->checked++, t->useful += verdict != SHY_ROUGH_UNCERTAIN;
        if (f->op == SHY_OP_SQUARE && f->u.inner == SHY_OP_FACTOR && f->u.a == LATE_OUTLIER && v->left_out == 0)
            t->late++, t->late_useful += bound_of(isa, x, v, &s, &error, columns) < (double)exact[k] + 1e-3;
        if (!is_ordinary(&f->u) || !is_ordinary(&f->v) || t->ordinary == 30000 || t->checked % 5 != 0) continue;
        t->excess[t->ordinary++] = bound_of(isa, x, v, &s, &error, columns) - (double)exact[k];
    }
    if (columns && x->view[0].left_out == x->view[1].left_out) check_columns(isa, x, views, &s, &error, exact);
}

static int compare_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void check_all(shy_isa isa, const setting *x, int views, bool columns, const char *what)
{
    operand o[COLUMNS + 40];
    tally *t = calloc(1, sizeof *t);
    const int count = make_operands(x->z, o);
    for (int op = 0; op < SHY_OPS; op++) {
        if (op >= SHY_OP_CONSTANT && op <= SHY_OP_DIVIDE) continue; /* no roots of rough work */
        for (int u = 0; u < count; u++) {
            const bool binary = shy_operator_get((shy_op)op)->arity == 2;
            for (int v = binary ? u % 3 : 0; v < (binary ? count : 1); v += 3) {
                const formula f = {(shy_op)op, o[u], o[binary ? v : u]};
                check_formula(isa, x, views, columns, &f, t);
            }
        }
    }
    qsort(t->excess, (size_t)t->ordinary, sizeof *t->excess, compare_doubles);
    print_message("%s, %s, n = %d: %d of %d say something; bounds of ordinary formulas exceed r² by %.1e (median), %.1e (7 of 10)\n", what,
                  shy_isa_name(isa), x->z->n, t->useful, t->checked, t->excess[t->ordinary / 2], t->excess[t->ordinary * 7 / 10]);
    assert_true(t->ordinary > 100 && t->checked > 3000);
    assert_true(2 * t->useful > t->checked);
    assert_true(t->excess[t->ordinary / 2] < 1e-4 && t->excess[t->ordinary * 7 / 10] < 1e-3);
    if (x->z->segments > 1) assert_true(t->late > 0 && t->late == t->late_useful);
    free(t);
}

static void on_every_isa(const setting *x, int views, bool columns, const char *what)
{
    for (int isa = 0; isa < SHY_ISAS; isa++) {
        if (shy_isa_available((shy_isa)isa)) check_all((shy_isa)isa, x, views, columns, what);
    }
}

/* y of each part is the whole's, shifted and scaled. */
static void bounds_hold_on_parts(void **state)
{
    static const int sizes[] = {90, 400};
    (void)state;
    for (int k = 0; k < 4; k++) {
        zoo *z = zoo_create(sizes[k % 2], false, SEGMENTS, shares);
        if (k >= 2) lean_response(z);
        setting *x = setting_create(z, VIEWS, true, false);
        if (k >= 2) assert_true(fabs(x->view[2].level) > 0.5 * x->view[2].scale);
        on_every_isa(x, VIEWS, false, k < 2 ? "parts" : "parts with levels");
        free(x);
        free(z);
    }
}

static void bounds_hold_on_parts_with_responses_of_their_own(void **state)
{
    (void)state;
    zoo *z = zoo_create(300, false, SEGMENTS, shares);
    setting *x = setting_create(z, VIEWS, true, true);
    on_every_isa(x, VIEWS, true, "parts with responses");
    free(x);
    free(z);
}

static void bounds_hold_for_many_responses(void **state)
{
    (void)state;
    for (int metric = 0; metric < 2; metric++) {
        zoo *z = zoo_create(300, metric > 0, 1, NULL);
        setting *x = setting_create(z, RESPONSES, false, true);
        on_every_isa(x, RESPONSES, true, metric ? "responses in a metric" : "responses");
        free(x);
        free(z);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bounds_hold_on_parts),
        cmocka_unit_test(bounds_hold_on_parts_with_responses_of_their_own),
        cmocka_unit_test(bounds_hold_for_many_responses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
