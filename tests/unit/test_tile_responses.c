/*
 * test_tile_responses.c: further responses of a tile, with weights and directions, are seen as if each were the metric's own: sums, refined
 * moments and bounds are those of panels that have it, and no pair is dropped that reaches its floor with it.
 */
#include "shy_config.h"

#include "tile/kernels.h"
#include "tile_zoo.h"

enum { RESPONSES = 3, DIRECTIONS_MOST = 3, EXTRA = 4, OPERANDS = KINDS + EXTRA, COPIES_MOST = 3 };
static const shy_precision precisions[] = {SHY_FP64, SHY_FP32, SHY_BF16};
static const char *const moments_name[] = {"linear", "raw", "full"};
enum { NARROWS = sizeof precisions / sizeof *precisions, SETS = SHY_MOMENTS_FULL + 1 };

typedef struct {
    const char *what;
    int n, directions;
    double decades; /* of weights; 0: none */
    int absent;     /* every so manieth row has weight 0 */
    int row_blocks;
} metric_case;

/* One panel of each side and row block with all responses, and one for each response. */
typedef struct {
    const metric_case *of;
    int count;
    double *root, *q[DIRECTIONS_MOST], *y[RESPONSES + 1], **column;
    shy_operand_sums *sums;
    const double *direction[2][DIRECTIONS_MOST], *further[2][RESPONSES];
    shy_tile_layout layout[2];
    shy_panel *left[2], *right[2];                                 /* with all responses */
    shy_panel *seen_left[RESPONSES][2], *seen_right[RESPONSES][2];
    shy_panel *own_left[RESPONSES][2], *own_right[RESPONSES][2];   /* with the one */
    shy_tile *tile, *other, *own, seen;
    shy_pairs *pairs;
} bench;

static double *doubles(int count)
{
    double *values = calloc((size_t)count + 1, sizeof *values);
    assert_non_null(values);
    return values;
}

static wide dot(const bench *b, const double *u, const double *v)
{
    wide sum = 0;
    for (int i = 0; i < b->of->n; i++)
        sum += (wide)u[i] * v[i];
    return sum / b->of->n;
}

/* What columns scaled by √w, q of them, leave of u, with length 1. */
static void normalise(const bench *b, int q, double *u)
{
    for (int pass = 0; pass < 2; pass++) {
        const wide mean = dot(b, u, b->root);
        for (int i = 0; i < b->of->n; i++)
            u[i] = (double)(u[i] - mean * b->root[i]);
        for (int k = 0; k < q; k++) {
            const wide along = dot(b, u, b->q[k]);
            for (int i = 0; i < b->of->n; i++)
                u[i] = (double)(u[i] - along * b->q[k][i]);
        }
    }
    const wide length = sqrtl(dot(b, u, u));
    for (int i = 0; i < b->of->n; i++)
        u[i] = (double)(u[i] / length);
}

static double direction_value(int k, int i)
{
    return k == 0 ? normal(5, 40, i) : k == 1 ? normal(5, 41, i) > 0.3 : exp(0.7 * normal(5, 40 + k, i));
}

static double value_of(int operand, int copy, int i)
{
    const double own = normal(copy, 60 + operand, i), q = direction_value(0, i);
    switch (operand) {
    case KINDS: return 3.0 - 2.0 * q + copy; /* a combination of the directions */
    case KINDS + 1: return 1.0 + q + 1e-3 * own;
    case KINDS + 2: return 2.0 * q - 1e-9 * own;
    case KINDS + 3: return q * column_value(copy, LOGNORMAL, i);
    case TWIN: return column_value(copy, LOGNORMAL, i) * column_value(copy, NORMAL, i) + 1e-3 * own;
    default: return column_value(copy, operand, i);
    }
}

static void set_metric(bench *b)
{
    const metric_case *c = b->of;
    wide sum = 0;
    b->root = doubles(c->n);
    for (int i = 0; i < c->n; i++) {
        b->root[i] = c->absent > 0 && i % c->absent == 2 ? 0.0 : pow(10.0, -0.5 * c->decades * shy_random_uniform(3, 3, (uint64_t)i));
        sum += (wide)b->root[i] * b->root[i];
    }
    for (int i = 0; i < c->n; i++)
        b->root[i] = (double)(b->root[i] / sqrtl(sum / c->n));
    for (int k = 0; k < c->directions; k++) {
        b->q[k] = doubles(c->n);
        for (int i = 0; i < c->n; i++)
            b->q[k][i] = direction_value(k, i) * b->root[i];
        normalise(b, k, b->q[k]);
    }
    for (int r = 0; r <= RESPONSES; r++) {
        b->y[r] = doubles(c->n);
        for (int i = 0; i < c->n; i++) {
            const double lognormal = column_value(r, LOGNORMAL, i);
            b->y[r][i] = ((2.5 - lognormal) * column_value(r, WIDE_LOGNORMAL, i) + column_value(0, NORMAL, i) / lognormal + normal(r, 100, i)) * b->root[i];
        }
        normalise(b, c->directions, b->y[r]);
    }
}

/* Rows of weight 0 hold anything. */
static void set_columns(bench *b)
{
    b->count = COPIES_MOST * OPERANDS;
    b->column = calloc((size_t)b->count, sizeof *b->column);
    b->sums = calloc((size_t)b->count, sizeof *b->sums);
    int c = 0;
    for (int k = 0; k < b->count; k++) {
        double *u = b->column[c] = doubles(b->of->n);
        for (int i = 0; i < b->of->n; i++)
            u[i] = b->root[i] > 0.0 ? value_of(k % OPERANDS, k / OPERANDS, i) : i % 2 ? 1e300 : -INFINITY;
        const double mean = shy_row_weighted_sum(b->of->n, b->root, u) / b->of->n;
        const double scale = sqrt(shy_row_weighted_square(b->of->n, b->root, u, mean) / b->of->n);
        b->sums[c] = (shy_operand_sums){.mean = mean, .scale = scale, .mu = mean / scale};
        if (scale > 1e-13 * fabs(mean)) c++;
        else free(u);
    }
    b->count = c;
}

/* ---- panels -------------------------------------------------------------------------------------------------------------- */

static int first_row(const bench *b, int block)
{
    return block == 0 ? 0 : block == b->of->row_blocks ? b->of->n : b->of->n / 3;
}

/* A panel for each row block with response y, and further ones if `all`. */
static void pack_panels(bench *b, const double *y, bool all, int block, shy_panel **panel)
{
    for (int k = 0; k < b->of->row_blocks; k++) {
        const int first = first_row(b, k), rows = first_row(b, k + 1) - first;
        for (int q = 0; q < b->of->directions; q++)
            b->direction[k][q] = b->q[q] + first;
        for (int r = 0; r < RESPONSES; r++)
            b->further[k][r] = b->y[r + 1] + first;
        b->layout[k] = (shy_tile_layout){1, NULL, NULL, RESPONSES, b->further[k]};
        const bool weights = b->of->decades > 0.0 || b->of->absent > 0;
        const shy_tile_metric metric = {y + first, weights ? b->root + first : NULL, b->of->directions, b->direction[k], all ? &b->layout[k] : NULL};
        assert_int_equal(shy_panel_create(b->count, block, rows, (uint64_t)b->of->n, &metric, block > 0, true, &panel[k]), SHY_OK);
    }
    const int width = shy_metric_partials(&panel[0]->metric), residuals = shy_metric_residuals(&panel[0]->metric);
    double *sum = doubles(width), *partial = doubles(width);
    for (int c = 0; c < b->count; c++) {
        memset(sum, 0, (size_t)width * sizeof *sum);
        for (int k = 0; k < b->of->row_blocks; k++) {
            shy_panel_pack(panel[k], c, b->column[c] + first_row(b, k), &b->sums[c], partial);
            for (int l = 0; l < width; l++)
                sum[l] += partial[l];
        }
        for (int k = 0; k < b->of->row_blocks; k++)
            shy_panel_complete(panel[k], c, sum);
        if (!shy_panel_leans(panel[0], c)) continue;
        memset(sum, 0, (size_t)width * sizeof *sum);
        for (int k = 0; k < b->of->row_blocks; k++) {
            shy_panel_residual(panel[k], c, b->column[c] + first_row(b, k), partial);
            for (int l = 0; l < residuals; l++)
                sum[l] += partial[l];
        }
        for (int k = 0; k < b->of->row_blocks; k++)
            shy_panel_complete_residual(panel[k], c, sum);
    }
    for (int k = 0; k < b->of->row_blocks; k++)
        shy_panel_finish(panel[k], b->count);
    free(sum);
    free(partial);
}

static void see(const bench *b, int r, shy_panel *const *base, shy_panel **seen)
{
    const shy_sight sight = {.left_out = -1, .response = r + 1, .scale = 1.0};
    for (int k = 0; k < b->of->row_blocks; k++) {
        assert_int_equal(shy_panel_see(base[k], &sight, &seen[k]), SHY_OK);
        shy_panel_look(seen[k]);
    }
}

static bench *create(const metric_case *c)
{
    bench *b = calloc(1, sizeof *b);
    b->of = c;
    set_metric(b);
    set_columns(b);
    pack_panels(b, b->y[0], true, BLOCK, b->left);
    pack_panels(b, b->y[0], true, 0, b->right);
    for (int r = 0; r < RESPONSES; r++) {
        see(b, r, b->left, b->seen_left[r]);
        see(b, r, b->right, b->seen_right[r]);
        pack_panels(b, b->y[r + 1], false, BLOCK, b->own_left[r]);
        pack_panels(b, b->y[r + 1], false, 0, b->own_right[r]);
    }
    assert_int_equal(shy_tile_create_for(BLOCK, b->count, &b->left[0]->metric, true, &b->tile), SHY_OK);
    assert_int_equal(shy_tile_create_for(BLOCK, b->count, &b->left[0]->metric, true, &b->other), SHY_OK);
    assert_int_equal(shy_tile_create(BLOCK, b->count, c->directions, true, &b->own), SHY_OK);
    assert_int_equal(shy_pairs_create(BLOCK * b->count, c->directions, &b->pairs), SHY_OK);
    return b;
}

static void destroy(bench *b)
{
    for (int k = 0; k < b->of->row_blocks; k++) {
        for (int r = 0; r < RESPONSES; r++) {
            shy_panel_destroy(&b->seen_left[r][k]), shy_panel_destroy(&b->seen_right[r][k]);
            shy_panel_destroy(&b->own_left[r][k]), shy_panel_destroy(&b->own_right[r][k]);
        }
        shy_panel_destroy(&b->left[k]), shy_panel_destroy(&b->right[k]);
    }
    shy_tile_destroy(&b->tile), shy_tile_destroy(&b->other), shy_tile_destroy(&b->own);
    shy_pairs_destroy(&b->pairs);
    for (int k = 0; k < b->count; k++)
        free(b->column[k]);
    for (int k = 0; k < DIRECTIONS_MOST; k++)
        free(b->q[k]);
    for (int r = 0; r <= RESPONSES; r++)
        free(b->y[r]);
    free(b->root), free(b->column), free(b->sums), free(b);
}

static void fill_tile(bench *b, shy_panel **left, shy_panel **right, shy_precision precision, shy_moments moments, shy_tile *tile)
{
    for (int k = 0; k < b->of->row_blocks; k++) {
        assert_int_equal(shy_tile_moments(left[k], 0, right[k], precision, moments, k ? b->other : tile), SHY_OK);
        for (int64_t l = 0; k > 0 && l < shy_tile_numbers(tile); l++) {
            if (precision == SHY_FP64) ((double *)tile->sum)[l] += ((const double *)b->other->sum)[l];
            else ((float *)tile->sum)[l] += ((const float *)b->other->sum)[l];
        }
    }
}

static const metric_case cases[] = {
    {"no weights", 200, 0, 0.0, 0, 1},
    {"no weights, two row blocks", 257, 0, 0.0, 0, 2},
    {"two directions", 150, 2, 0.0, 0, 1},
    {"weights", 120, 0, 3.0, 7, 1},
    {"weights and three directions", 200, 3, 3.0, 5, 1},
    {"weights and a direction, two row blocks", 300, 1, 2.0, 4, 2},
};
enum { CASES = sizeof cases / sizeof *cases };
static bench *benches[CASES];

typedef void (*check)(bench *b, int r, shy_isa isa);

static void on_everything(check run)
{
    for (int c = 0; c < CASES; c++) {
        if (!benches[c]) benches[c] = create(&cases[c]);
        for (int k = 0; k < SHY_ISAS * RESPONSES; k++) {
            if (!shy_isa_available((shy_isa)(k / RESPONSES))) continue;
            shy_tile_kernels_use((shy_isa)(k / RESPONSES));
            run(benches[c], k % RESPONSES, (shy_isa)(k / RESPONSES));
        }
    }
    shy_tile_kernels_use(shy_isa_get());
}

static int forget(void **state)
{
    (void)state;
    for (int c = 0; c < CASES; c++) {
        if (benches[c]) destroy(benches[c]);
        benches[c] = NULL;
    }
    return 0;
}

/* ---- laws ------------------------------------------------------------------------------------------------------------------ */

static void expect_near(const bench *b, int c, const char *what, double value, double expected, double scale)
{
    if (fabs(value - expected) <= 1e-12 * scale) return;
    fail_msg("%s, operand %d: %s is %.15g and not %.15g", b->of->what, c, what, value, expected);
}

static void expect_sums(bench *b, int r, shy_isa isa)
{
    (void)isa;
    for (int side = 0; side < 2; side++) {
        const shy_panel *seen = side ? b->seen_right[r][0] : b->seen_left[r][0], *own = side ? b->own_right[r][0] : b->own_left[r][0];
        for (int c = 0; c < b->count; c++) {
            const shy_operand_sums *s = &seen->sums[c], *o = &own->sums[c];
            expect_near(b, c, "y", s->y, o->y, 1.0);
            expect_near(b, c, "squared", s->squared, o->squared, 1.0 + o->weighted * b->of->n);
            expect_near(b, c, "weighted", s->weighted, o->weighted, o->weighted);
            expect_near(b, c, "length", s->length, o->length, 1.0);
            assert_true((double)seen->column.lifted[c] >= (double)own->column.lifted[c] * (1.0 - 1e-6));
        }
    }
}

static void sums_are_those_of_the_response(void **state)
{
    (void)state;
    on_everything(expect_sums);
}

static void take_all(bench *b)
{
    b->pairs->count = 0;
    for (int u = 0; u < shy_panel_block_count(b->left[0], 0); u++) {
        for (int v = 0; v < b->count; v++, b->pairs->count++)
            b->pairs->left[b->pairs->count] = u, b->pairs->right[b->pairs->count] = v;
    }
}

static void refine(bench *b, shy_panel **left, shy_panel **right, double *moment)
{
    const size_t numbers = (size_t)shy_pairs_numbers(b->pairs);
    memset(moment, 0, numbers * sizeof *moment);
    for (int k = 0; k < b->of->row_blocks; k++) {
        shy_pairs_refine(left[k], right[k], b->pairs);
        for (size_t l = 0; l < numbers; l++)
            moment[l] += b->pairs->moment[l];
    }
    memcpy(b->pairs->moment, moment, numbers * sizeof *moment);
}

static int by_place(const void *a, const void *b)
{
    const shy_tile_hit *x = a, *y = b;
    if (x->left != y->left) return x->left - y->left;
    return x->right != y->right ? x->right - y->right : (int)x->form - (int)y->form;
}

/* Upper bounds of every form of every pair, in this order. */
static shy_tile_hit *bounds_of(const bench *b, const shy_panel *left, const shy_panel *right)
{
    static const double open[SHY_TILE_FORMS] = {-9, -9, -9, -9, -9, -9, -9};
    shy_tile_hit *hit = calloc((size_t)b->pairs->count * SHY_TILE_FORMS, sizeof *hit);
    assert_int_equal(shy_pairs_bound(left, right, b->pairs, open, hit), b->pairs->count * SHY_TILE_FORMS);
    qsort(hit, (size_t)b->pairs->count * SHY_TILE_FORMS, sizeof *hit, by_place);
    return hit;
}

/* Where twice the rounding would say something else, so may the last digits of y. */
static void expect_same_bounds(const bench *b, const shy_tile_hit *hit, const shy_tile_hit *expected, const shy_tile_hit *loose, const char *source,
                               shy_isa isa)
{
    for (int h = 0; h < b->pairs->count * SHY_TILE_FORMS; h++) {
        const double e = expected[h].bound;
        if (loose[h].bound - e > 3e-5 || fabs(hit[h].bound - e) <= 1e-7 * (1.0 + fabs(e))) continue;
        fail_msg("%s, operands %d and %d, form %d, moments %s on %s: bound %.12g and not %.12g", b->of->what, hit[h].left, hit[h].right,
                 (int)hit[h].form, source, shy_isa_name(isa), hit[h].bound, e);
    }
}

static void expect_bounds(bench *b, int r, shy_isa isa)
{
    take_all(b);
    double *moment = doubles((int)shy_pairs_numbers(b->pairs));
    for (int k = 0; k < 2; k++) {
        if (k) refine(b, b->own_left[r], b->own_right[r], moment);
        else fill_tile(b, b->own_left[r], b->own_right[r], SHY_FP64, SHY_MOMENTS_FULL, b->own), shy_pairs_take(b->own, 0, 1e-12, b->pairs);
        shy_tile_hit *expected = bounds_of(b, b->own_left[r][0], b->own_right[r][0]);
        b->pairs->epsilon *= 2.0;
        shy_tile_hit *loose = bounds_of(b, b->own_left[r][0], b->own_right[r][0]);
        if (k) {
            refine(b, b->seen_left[r], b->seen_right[r], moment);
        } else {
            fill_tile(b, b->left, b->right, SHY_FP64, SHY_MOMENTS_FULL, b->tile);
            shy_tile_look(b->tile, b->seen_left[r][0], b->seen_right[r][0], &b->seen);
            shy_pairs_take(&b->seen, 0, 1e-12, b->pairs);
        }
        shy_tile_hit *hit = bounds_of(b, b->seen_left[r][0], b->seen_right[r][0]);
        expect_same_bounds(b, hit, expected, loose, k ? "refined" : "of a tile in fp64", isa);
        free(hit), free(expected), free(loose);
    }
    free(moment);
}

static void bounds_are_those_of_the_response(void **state)
{
    (void)state;
    on_everything(expect_bounds);
}

static bool serves(shy_moments moments, int form)
{
    return moments == SHY_MOMENTS_FULL || (form <= SHY_TILE_WEIGHTED && (moments == SHY_MOMENTS_RAW || form >= SHY_TILE_SUM));
}

static bool is_flagged(const bench *b, const shy_tile *tile, const shy_panel *left, const shy_panel *right, double epsilon, int u, int v,
                       const double *floor)
{
    b->pairs->count = 0;
    shy_tile_flag(tile, left, 0, u, right, epsilon, floor, b->pairs);
    return holds_right(b->pairs, v);
}

/* Bounds that more rounding would not change are exact: pairs with these as floors must be kept. */
static void expect_pairs_flagged(bench *b, int r, const shy_tile_hit *near, const shy_tile_hit *far, int hits, shy_isa isa)
{
    const shy_panel *left = b->seen_left[r][0], *right = b->seen_right[r][0];
    const double epsilon = shy_tile_epsilon(&b->seen, left, right, b->of->row_blocks);
    int tried = 0;
    for (int h = 0; h < hits; h++) {
        double floor[SHY_TILE_FORMS] = {2, 2, 2, 2, 2, 2, 2};
        if (!serves(b->seen.moments, (int)near[h].form) || far[h].bound - near[h].bound > 1e-8 || near[h].bound < 1e-3) continue;
        floor[near[h].form] = fmin(near[h].bound * (1.0 - 1e-7), 1.0);
        tried++;
        if (is_flagged(b, &b->seen, left, right, epsilon, near[h].left, near[h].right, floor)) continue;
        fail_msg("%s, response %d, operands %d and %d, form %d, %s moments in %s on %s: dropped, although it reaches %.9g", b->of->what, r, near[h].left,
                 near[h].right, (int)near[h].form, moments_name[b->seen.moments], shy_precision_name(b->seen.precision), shy_isa_name(isa),
                 near[h].bound);
    }
    assert_true(tried > hits / 8);
}

/* In fp32 errors are those of panels with the response: what these drop is dropped, but for pairs in doubt by the last digits. */
static void expect_as_many(bench *b, int r, shy_moments moments)
{
    int kept = 0, expected = 0;
    fill_tile(b, b->own_left[r], b->own_right[r], SHY_FP32, moments, b->own);
    const double epsilon = shy_tile_epsilon(b->own, b->own_left[r][0], b->own_right[r][0], b->of->row_blocks);
    assert_true(shy_tile_epsilon(&b->seen, b->seen_left[r][0], b->seen_right[r][0], b->of->row_blocks) == epsilon);
    for (int k = 0; k < 4; k++) {
        const double f = 0.2 + 0.2 * k, floor[SHY_TILE_FORMS] = {f, f, f, f, f, f, f};
        for (int u = 0; u < shy_panel_block_count(b->left[0], 0); u++) {
            (void)is_flagged(b, &b->seen, b->seen_left[r][0], b->seen_right[r][0], epsilon, u, 0, floor);
            kept += b->pairs->count;
            (void)is_flagged(b, b->own, b->own_left[r][0], b->own_right[r][0], epsilon, u, 0, floor);
            expected += b->pairs->count;
        }
    }
    assert_true(abs(kept - expected) <= 4);
    assert_true(expected < 4 * shy_panel_block_count(b->left[0], 0) * b->count);
}

static void expect_flags(bench *b, int r, shy_isa isa)
{
    take_all(b);
    const int hits = b->pairs->count * SHY_TILE_FORMS;
    fill_tile(b, b->own_left[r], b->own_right[r], SHY_FP64, SHY_MOMENTS_FULL, b->own);
    shy_pairs_take(b->own, 0, 1e-12, b->pairs);
    shy_tile_hit *near = bounds_of(b, b->own_left[r][0], b->own_right[r][0]);
    b->pairs->epsilon = 1e-11;
    shy_tile_hit *far = bounds_of(b, b->own_left[r][0], b->own_right[r][0]);
    for (int k = 0; k < NARROWS * SETS; k++) {
        const shy_moments moments = (shy_moments)(k % SETS);
        if (moments == SHY_MOMENTS_RAW && b->of->directions > 0) continue;
        fill_tile(b, b->left, b->right, precisions[k / SETS], moments, b->tile);
        shy_tile_look(b->tile, b->seen_left[r][0], b->seen_right[r][0], &b->seen);
        expect_pairs_flagged(b, r, near, far, hits, isa);
        if (precisions[k / SETS] == SHY_FP32) expect_as_many(b, r, moments);
    }
    free(near), free(far);
}

static void no_pair_that_reaches_its_floor_is_dropped(void **state)
{
    (void)state;
    on_everything(expect_flags);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_are_those_of_the_response),
        cmocka_unit_test(bounds_are_those_of_the_response),
        cmocka_unit_test(no_pair_that_reaches_its_floor_is_dropped),
    };
    return cmocka_run_group_tests_name("tile responses", tests, NULL, forget);
}
