/*
 * test_tile_metric.c: tiles with weights and directions. On columns made to break it, no pair is dropped whose exact statistic reaches the
 * floor, and no exact statistic exceeds its bound; on benign columns little else is kept. Exact are regressions in long double.
 */
#include "shy_config.h"

#include "tile/kernels.h"
#include "tile_zoo.h"

/* ---- columns, weights, directions -------------------------------------------------------------------------------------- */

enum {
    ALONG = KINDS,   /* a direction, with another mean and scale */
    ALONG_3,         /* the same up to 1e-3, 1e-6, 1e-9 */
    ALONG_6,
    ALONG_9,
    COMBINATION,     /* of all directions */
    TIMES_DIRECTION, /* a direction times a column */
    METRIC_KINDS,
    DIRECTIONS_MOST = 12
};

typedef struct {
    const char *name;
    int n, kinds, copies, directions;
    double decades;   /* of the weights; 0: none */
    int absent;       /* every absent-th row has the weight 0; 0: none */
    int row_blocks;
} metric_case;

typedef struct {
    const metric_case *of;
    int n, count, directions;
    wide *w, *y, *q[DIRECTIONS_MOST]; /* Σ w = n, Σ y²/w = n, Σ w q² = n */
    double *response, *root, *direction[DIRECTIONS_MOST]; /* scaled by √w */
    double **column;
    shy_operand_sums *sums;
    shy_panel *left[2], *right[2];
    shy_tile *tile, *part;
    shy_pairs *pairs;
    double epsilon;
    double *statistic; /* [left × right × forms]; −1: one of the columns is a combination of what is before it */
} metric_zoo;

static wide dot(const metric_zoo *z, const wide *u, const wide *v)
{
    wide sum = 0;
    for (int i = 0; i < z->n; i++) sum += z->w[i] * (u ? u[i] : 1) * (v ? v[i] : 1);
    return sum / z->n;
}

static wide project(const metric_zoo *z, int directions, wide *u)
{
    for (int pass = 0; pass < 2; pass++) {
        for (int k = -1; k < directions; k++) {
            const wide *q = k < 0 ? NULL : z->q[k], along = dot(z, u, q);
            for (int i = 0; i < z->n; i++) u[i] -= along * (q ? q[i] : 1);
        }
    }
    return sqrtl(dot(z, u, u));
}

static double direction_value(int k, int i)
{
    return k == 0 ? normal(5, 40, i) : k == 1 ? normal(5, 41, i) > 0.3 : exp(0.7 * normal(5, 40 + k, i));
}

static double value_of(const metric_zoo *z, int kind, int copy, int i)
{
    const double own = normal(copy, 60 + kind, i), q = direction_value(0, i);
    double sum = 0.0;
    switch (kind) {
    case TWIN: return (double)(z->w[i] > 0 ? z->y[i] / z->w[i] : 0) + 1e-9 * own;
    case ALONG: return 3.0 - 2.0 * q + copy;
    case ALONG_3: return 1.0 + q + 1e-3 * own;
    case ALONG_6: return q + 1e-6 * own;
    case ALONG_9: return 2.0 * q - 1e-9 * own;
    case TIMES_DIRECTION: return q * column_value(copy, LOGNORMAL, i);
    case COMBINATION:
        for (int k = 0; k < z->directions; k++) sum += (k + 1 + copy) * direction_value(k, i);
        return sum;
    default: return column_value(copy, kind, i);
    }
}

static double *doubles(int count)
{
    return calloc(count > 0 ? (size_t)count : 1, sizeof(double));
}

static void set_metric(metric_zoo *z)
{
    const metric_case *c = z->of;
    wide sum = 0;
    z->w = calloc((size_t)z->n, sizeof(wide)), z->y = calloc((size_t)z->n, sizeof(wide));
    for (int i = 0; i < z->n; i++) {
        z->w[i] = c->absent > 0 && i % c->absent == 2 ? 0 : powl(10, (wide)(-c->decades * shy_random_uniform(3, 3, (uint64_t)i)));
        sum += z->w[i];
    }
    for (int i = 0; i < z->n; i++) z->w[i] *= z->n / sum;
    for (int k = 0; k < c->directions; k++) {
        z->q[k] = calloc((size_t)z->n, sizeof(wide));
        for (int i = 0; i < z->n; i++) z->q[k][i] = direction_value(k, i);
        const wide length = project(z, k, z->q[k]);
        for (int i = 0; i < z->n; i++) z->q[k][i] /= length;
        z->directions++;
    }
    for (int i = 0; i < z->n; i++) {
        const double lognormal = column_value(0, LOGNORMAL, i);
        z->y[i] = (2.5 - lognormal) * column_value(0, WIDE_LOGNORMAL, i) + column_value(0, NORMAL, i) / lognormal + normal(0, 100, i);
    }
    const wide length = project(z, z->directions, z->y);
    for (int i = 0; i < z->n; i++) z->y[i] *= z->w[i] / length;
}

static void scale_metric(metric_zoo *z)
{
    z->response = doubles(z->n), z->root = doubles(z->n);
    for (int i = 0; i < z->n; i++) {
        const wide root = sqrtl(z->w[i]);
        z->root[i] = (double)root, z->response[i] = (double)(root > 0 ? z->y[i] / root : 0);
    }
    for (int k = 0; k < z->directions; k++) {
        z->direction[k] = doubles(z->n);
        for (int i = 0; i < z->n; i++) z->direction[k][i] = (double)(sqrtl(z->w[i]) * z->q[k][i]);
    }
}

/* Rows of weight 0 hold anything; what is constant on the others cannot be packed. */
static bool fill_column(metric_zoo *z, int c, int kind)
{
    double *u = z->column[c];
    for (int i = 0; i < z->n; i++) u[i] = value_of(z, kind, c / z->of->kinds, i);
    for (int i = 0; i < z->n; i++) u[i] = z->w[i] > 0 ? u[i] : i % 2 ? 1e300 : -INFINITY;
    const double mean = shy_row_weighted_sum(z->n, z->root, u) / z->n, scale = sqrt(shy_row_weighted_square(z->n, z->root, u, mean) / z->n);
    z->sums[c] = (shy_operand_sums){.mean = mean, .scale = scale, .mu = mean / scale};
    return scale > 1e-13 * fabs(mean);
}

static void set_column(metric_zoo *z, int c)
{
    z->column[c] = doubles(z->n);
    if (!fill_column(z, c, c % z->of->kinds)) assert_true(fill_column(z, c, NORMAL));
}

/* ---- panels -------------------------------------------------------------------------------------------------------------- */

static shy_panel *panel_of(const metric_zoo *z, int first, int rows, int block)
{
    const double *direction[DIRECTIONS_MOST];
    shy_panel *panel = NULL;
    for (int k = 0; k < z->directions; k++) direction[k] = z->direction[k] + first;
    /* The panel keeps the pointers to the columns, and the list of them: it must live as long. */
    const double **list = calloc(DIRECTIONS_MOST, sizeof *list);
    memcpy(list, direction, (size_t)z->directions * sizeof *list);
    const shy_tile_metric metric = {z->response + first, z->of->decades > 0.0 || z->of->absent > 0 ? z->root + first : NULL, z->directions, list, NULL};
    assert_int_equal(shy_panel_create(z->count, block, rows, (uint64_t)z->n, &metric, block > 0, true, &panel), SHY_OK);
    return panel;
}

static void pack_panels(metric_zoo *z, shy_panel **panel, int block)
{
    const int first[3] = {0, z->of->row_blocks == 1 ? z->n : z->n / 3, z->n}, width = shy_operand_partials(z->directions);
    double *partial = doubles(width), *sum = doubles(width);
    for (int b = 0; b < z->of->row_blocks; b++) panel[b] = panel_of(z, first[b], first[b + 1] - first[b], block);
    for (int c = 0; c < z->count; c++) {
        memset(sum, 0, (size_t)width * sizeof *sum);
        for (int b = 0; b < z->of->row_blocks; b++) {
            shy_panel_pack(panel[b], c, z->column[c] + first[b], &z->sums[c], partial);
            for (int k = 0; k < width; k++) sum[k] += partial[k];
        }
        for (int b = 0; b < z->of->row_blocks; b++) shy_panel_complete(panel[b], c, sum);
        if (!shy_panel_leans(panel[0], c)) continue;
        sum[0] = sum[1] = 0.0;
        for (int b = 0; b < z->of->row_blocks; b++) {
            shy_panel_residual(panel[b], c, z->column[c] + first[b], partial);
            sum[0] += partial[0], sum[1] += partial[1];
        }
        for (int b = 0; b < z->of->row_blocks; b++) shy_panel_complete_residual(panel[b], c, sum);
    }
    for (int b = 0; b < z->of->row_blocks; b++) shy_panel_finish(panel[b], z->count);
    free(partial);
    free(sum);
}

static void fill_tile(metric_zoo *z, shy_precision precision, shy_moments moments)
{
    for (int b = 0; b < z->of->row_blocks; b++) {
        assert_int_equal(shy_tile_moments(z->left[b], 0, z->right[b], precision, moments, b ? z->part : z->tile), SHY_OK);
        for (int64_t k = 0; b > 0 && k < shy_tile_numbers(z->tile); k++) {
            if (precision == SHY_FP64) ((double *)z->tile->sum)[k] += ((const double *)z->part->sum)[k];
            else ((float *)z->tile->sum)[k] += ((const float *)z->part->sum)[k];
        }
    }
    assert_int_equal(z->tile->precision, precision);
    z->epsilon = shy_tile_epsilon(z->tile, z->left[0], z->right[0], z->of->row_blocks);
}

/* ---- exact statistics ------------------------------------------------------------------------------------------------------ */

static int basis_of(const metric_zoo *z, shy_tile_form form, int u, int v, wide **basis)
{
    const wide ma = z->sums[u].mean, mb = z->sums[v].mean;
    for (int i = 0; i < z->n; i++) {
        const wide a = z->w[i] > 0 ? z->column[u][i] : ma, b = z->w[i] > 0 ? z->column[v][i] : mb;
        switch (form) {
        case SHY_TILE_PRODUCT: basis[0][i] = a * b; break;
        case SHY_TILE_SUM: basis[0][i] = (a - ma) + (b - mb); break;
        case SHY_TILE_DIFFERENCE: basis[0][i] = (a - ma) - (b - mb); break;
        case SHY_TILE_WEIGHTED: basis[0][i] = a, basis[1][i] = b; break;
        case SHY_TILE_SHIFT_LEFT: basis[0][i] = b, basis[1][i] = (a - ma) * b; break;
        case SHY_TILE_SHIFT_RIGHT: basis[0][i] = a, basis[1][i] = (b - mb) * a; break;
        default: basis[0][i] = a, basis[1][i] = b, basis[2][i] = (a - ma) * (b - mb);
        }
    }
    return form <= SHY_TILE_DIFFERENCE ? 1 : form == SHY_TILE_INTERACTION ? 3 : 2;
}

/* The limits of the score: what is below them is degenerate. */
static double statistic_of(const metric_zoo *z, wide **basis, int terms)
{
    wide explained = 0;
    for (int k = 0; k < terms; k++) {
        const wide mean = dot(z, basis[k], NULL);
        for (int i = 0; i < z->n; i++) basis[k][i] -= mean;
        const wide before = sqrtl(dot(z, basis[k], basis[k]));
        for (int pass = 0; pass < 2; pass++) {
            (void)project(z, z->directions, basis[k]);
            for (int j = 0; j < k; j++) {
                const wide along = dot(z, basis[k], basis[j]);
                for (int i = 0; i < z->n; i++) basis[k][i] -= along * basis[j][i];
            }
        }
        const wide after = sqrtl(dot(z, basis[k], basis[k]));
        if (!(after > 2e-9L * before) || !(after > 2e-12L * fabsl(mean))) return -1.0;
        wide along = 0;
        for (int i = 0; i < z->n; i++) basis[k][i] /= after, along += z->y[i] * basis[k][i];
        explained += along * along / z->n / z->n;
    }
    return (double)explained;
}

static double *exact_of(const metric_zoo *z, int u, int v, int form)
{
    return &z->statistic[((size_t)u * (size_t)z->count + (size_t)v) * SHY_TILE_FORMS + (size_t)form];
}

static void set_statistics(metric_zoo *z)
{
    wide *basis[3];
    z->statistic = doubles(z->of->kinds * z->count * SHY_TILE_FORMS);
    for (int k = 0; k < 3; k++) basis[k] = calloc((size_t)z->n, sizeof(wide));
    for (int u = 0; u < z->of->kinds; u++) {
        for (int v = 0; v < z->count; v++) {
            for (int form = 0; form < SHY_TILE_FORMS; form++)
                *exact_of(z, u, v, form) = statistic_of(z, basis, basis_of(z, (shy_tile_form)form, u, v, basis));
        }
    }
    for (int k = 0; k < 3; k++) free(basis[k]);
}

static metric_zoo *create(const metric_case *c)
{
    metric_zoo *z = calloc(1, sizeof *z);
    *z = (metric_zoo){.of = c, .n = c->n, .count = c->kinds * c->copies};
    set_metric(z);
    scale_metric(z);
    z->column = calloc((size_t)z->count, sizeof *z->column);
    z->sums = calloc((size_t)z->count, sizeof *z->sums);
    for (int k = 0; k < z->count; k++) set_column(z, k);
    pack_panels(z, z->left, BLOCK);
    pack_panels(z, z->right, 0);
    assert_int_equal(shy_tile_create(BLOCK, z->count, z->directions, true, &z->tile), SHY_OK);
    assert_int_equal(shy_tile_create(BLOCK, z->count, z->directions, true, &z->part), SHY_OK);
    assert_int_equal(shy_pairs_create(z->count * z->count, z->directions, &z->pairs), SHY_OK);
    set_statistics(z);
    return z;
}

static void destroy(metric_zoo *z)
{
    for (int b = 0; b < z->of->row_blocks; b++) {
        free((void *)(uintptr_t)z->left[b]->metric.direction);
        free((void *)(uintptr_t)z->right[b]->metric.direction);
        shy_panel_destroy(&z->left[b]);
        shy_panel_destroy(&z->right[b]);
    }
    shy_tile_destroy(&z->tile);
    shy_tile_destroy(&z->part);
    shy_pairs_destroy(&z->pairs);
    for (int k = 0; k < z->count; k++) free(z->column[k]);
    for (int k = 0; k < z->directions; k++) free(z->q[k]), free(z->direction[k]);
    free(z->column), free(z->sums), free(z->w), free(z->y), free(z->response), free(z->root), free(z->statistic);
    free(z);
}

/* ---- laws ------------------------------------------------------------------------------------------------------------------ */

static const metric_case cases[] = {
    {"no weights, one direction", 63, METRIC_KINDS, 3, 1, 0.0, 0, 1},
    {"no weights, three directions", 200, METRIC_KINDS, 3, 3, 0.0, 0, 1},
    {"weights alone", 120, METRIC_KINDS, 3, 0, 3.0, 7, 1},
    {"weights over three decades", 200, METRIC_KINDS, 3, 3, 3.0, 5, 1},
    {"weights over twelve decades", 150, METRIC_KINDS, 3, 2, 12.0, 0, 1},
    {"twelve directions of few samples", 40, METRIC_KINDS, 3, 12, 1.0, 9, 1},
    {"two row blocks", 300, METRIC_KINDS, 3, 4, 2.0, 4, 2},
    {"many samples", 1200, METRIC_KINDS, 3, 2, 1.0, 6, 1},
};
enum { CASES = sizeof cases / sizeof *cases };
static metric_zoo *zoos[CASES];

typedef void (*check)(metric_zoo *z, shy_isa isa);

static void on_every_isa(check run)
{
    for (int c = 0; c < CASES; c++) {
        if (!zoos[c]) zoos[c] = create(&cases[c]);
        for (int isa = 0; isa < SHY_ISAS; isa++) {
            if (!shy_isa_available((shy_isa)isa)) continue;
            shy_tile_kernels_use((shy_isa)isa);
            run(zoos[c], (shy_isa)isa);
        }
    }
    shy_tile_kernels_use(shy_isa_get());
}

static int forget(void **state)
{
    (void)state;
    for (int c = 0; c < CASES; c++) {
        if (zoos[c]) destroy(zoos[c]);
        zoos[c] = NULL;
    }
    return 0;
}

static const shy_precision precisions[] = {SHY_FP64, SHY_FP32, SHY_BF16};
static const char *const moments_name[] = {"linear", "raw", "full"};

/* Each sum of the tile against long double, relative to the lengths of the columns. */
static void expect_moments(metric_zoo *z, shy_isa isa)
{
    for (int p = 0; p < 3; p++) {
        fill_tile(z, precisions[p], SHY_MOMENTS_FULL);
        for (int pair = 0; pair < 200; pair++) {
            const int u = pair * 7 % z->of->kinds, v = pair * 13 % z->count;
            wide sum = 0, a = 0, b = 0;
            const int plane = pair % z->tile->planes, first = plane - z->directions;
            for (int i = 0; i < z->n; i++) {
                const wide root = sqrtl(z->w[i]);
                const wide du = root > 0 ? ((wide)z->column[u][i] - (wide)z->sums[u].mean) / (wide)z->sums[u].scale : 0;
                const wide dv = root > 0 ? ((wide)z->column[v][i] - (wide)z->sums[v].mean) / (wide)z->sums[v].scale : 0;
                const wide left = first < 0 ? root * z->q[plane][i] * du : first == 0 ? (root > 0 ? z->y[i] / root : 0) * du
                                  : first == 1 || first == 3 ? root * du : root * du * du;
                const wide right = first < 3 ? root * dv : root * dv * dv;
                sum += left * right, a += left * left, b += right * right;
            }
            const double error = fabs((double)(tile_sum(z->tile, plane, u, v) - sum / z->n));
            const double most = z->epsilon * (double)(sqrtl(a) * sqrtl(b)) / z->n + 1e-18;
            if (!(error <= most)) {
                fail_msg("%s, columns %d and %d, plane %d in %s on %s: off by %g, not %g", z->of->name, u, v, plane,
                         shy_precision_name(precisions[p]), shy_isa_name(isa), error, most);
            }
        }
    }
}

static void moments_are_within_their_rounding(void **state)
{
    (void)state;
    on_every_isa(expect_moments);
}

static bool serves(shy_moments moments, int form)
{
    return moments == SHY_MOMENTS_FULL || (form >= SHY_TILE_SUM && form <= SHY_TILE_WEIGHTED) || (moments == SHY_MOMENTS_RAW && form == SHY_TILE_PRODUCT);
}

static void expect_flagged(metric_zoo *z, int u, const double *statistic, int v, shy_isa isa)
{
    for (int form = 0; form < SHY_TILE_FORMS; form++) {
        double floor[SHY_TILE_FORMS] = {2, 2, 2, 2, 2, 2, 2};
        if (!serves(z->tile->moments, form) || statistic[form] < 0.0) continue;
        floor[form] = fmin(statistic[form] * (1.0 - 1e-9), 1.0);
        z->pairs->count = 0;
        shy_tile_flag(z->tile, z->left[0], 0, u, z->right[0], z->epsilon, floor, z->pairs);
        if (!holds_right(z->pairs, v)) {
            fail_msg("%s, columns %d and %d, %s moments in %s on %s: the pair is dropped, although form %d reaches %.12g", z->of->name, u, v,
                     moments_name[z->tile->moments], shy_precision_name(z->tile->precision), shy_isa_name(isa), form, statistic[form]);
        }
    }
}

static void expect_certified(metric_zoo *z, shy_isa isa)
{
    for (int p = 1; p < 3; p++) {
        for (int moments = SHY_MOMENTS_LINEAR; moments <= SHY_MOMENTS_FULL; moments++) {
            if (moments == SHY_MOMENTS_RAW && z->directions > 0) continue;
            fill_tile(z, precisions[p], (shy_moments)moments);
            for (int u = 0; u < z->of->kinds; u++) {
                for (int v = 0; v < z->count; v++) expect_flagged(z, u, exact_of(z, u, v, 0), v, isa);
            }
        }
    }
}

static void no_pair_that_reaches_its_floor_is_dropped(void **state)
{
    (void)state;
    on_every_isa(expect_certified);
}

/* Of benign pairs that stay well below the floor none is kept. */
static void expect_dropped(metric_zoo *z, shy_isa isa)
{
    int far = 0;
    if (z->of->decades > 3.0 || z->n < 100) return;
    for (int p = 1; p < 3; p++) {
        const double f = 0.5, gap = p == 1 ? 0.002 : 0.06, floor[SHY_TILE_FORMS] = {f, f, f, f, f, f, f};
        fill_tile(z, precisions[p], SHY_MOMENTS_FULL);
        for (int u = 0; u < BENIGN; u++) {
            z->pairs->count = 0;
            shy_tile_flag(z->tile, z->left[0], 0, u, z->right[0], z->epsilon, floor, z->pairs);
            for (int v = 0; v < z->count; v++) {
                const double most = *exact_of(z, u, v, SHY_TILE_INTERACTION);
                if (v % z->of->kinds >= BENIGN || most < 0.0 || most > f - gap || u == v) continue;
                far++;
                if (holds_right(z->pairs, v)) {
                    fail_msg("%s, columns %d and %d in %s on %s: kept, although %.6g is all they reach", z->of->name, u, v,
                             shy_precision_name(precisions[p]), shy_isa_name(isa), most);
                }
            }
        }
    }
    assert_true(far > 20);
}

static void benign_pairs_below_the_floor_are_dropped(void **state)
{
    (void)state;
    on_every_isa(expect_dropped);
}

static void take_all(metric_zoo *z)
{
    z->pairs->count = 0;
    for (int u = 0; u < z->of->kinds; u++) {
        for (int v = 0; v < z->count; v++, z->pairs->count++) z->pairs->left[z->pairs->count] = u, z->pairs->right[z->pairs->count] = v;
    }
}

static void refine(metric_zoo *z)
{
    const size_t numbers = (size_t)shy_pairs_numbers(z->pairs);
    double *sum = calloc(numbers, sizeof *sum);
    for (int b = 0; b < z->of->row_blocks; b++) {
        shy_pairs_refine(z->left[b], z->right[b], z->pairs);
        for (size_t k = 0; k < numbers; k++) sum[k] += z->pairs->moment[k];
    }
    memcpy(z->pairs->moment, sum, numbers * sizeof *sum);
    free(sum);
}

/* `narrow`: benign columns, refined: the bound says how large the statistic is. */
static void expect_bounds(metric_zoo *z, const char *source, bool narrow, shy_isa isa)
{
    static const double open[SHY_TILE_FORMS] = {-9, -9, -9, -9, -9, -9, -9};
    shy_tile_hit *hit = calloc((size_t)z->pairs->count * SHY_TILE_FORMS, sizeof *hit);
    const int hits = shy_pairs_bound(z->left[0], z->right[0], z->pairs, open, hit);
    assert_int_equal(hits, z->pairs->count * SHY_TILE_FORMS);
    for (int h = 0; h < hits; h++) {
        const double exact = *exact_of(z, hit[h].left, hit[h].right, (int)hit[h].form);
        const bool benign = hit[h].left < BENIGN && hit[h].right % z->of->kinds < BENIGN && hit[h].left != hit[h].right && z->of->decades <= 3.0 && z->n > 100;
        if (exact < 0.0) continue;
        if (!(hit[h].bound >= exact - 1e-12)) {
            fail_msg("%s, columns %d and %d, form %d, moments %s on %s: bound %.15g is below the exact %.15g", z->of->name, hit[h].left,
                     hit[h].right, (int)hit[h].form, source, shy_isa_name(isa), hit[h].bound, exact);
        }
        if (narrow && benign && !(hit[h].bound < exact + 3e-4)) {
            fail_msg("%s, columns %d and %d, form %d on %s: bound %.6g says little of %.6g", z->of->name, hit[h].left, hit[h].right,
                     (int)hit[h].form, shy_isa_name(isa), hit[h].bound, exact);
        }
    }
    free(hit);
}

static void expect_no_excess(metric_zoo *z, shy_isa isa)
{
    take_all(z);
    refine(z);
    expect_bounds(z, "refined", true, isa);
    for (int p = 0; p < 3; p++) {
        fill_tile(z, precisions[p], SHY_MOMENTS_FULL);
        shy_pairs_take(z->tile, 0, z->epsilon, z->pairs);
        expect_bounds(z, shy_precision_name(precisions[p]), false, isa);
    }
}

static void no_exact_statistic_exceeds_its_bound(void **state)
{
    (void)state;
    on_every_isa(expect_no_excess);
}

/* What is nothing but directions is never worth a look as a term of its own. */
static void combinations_of_directions_have_no_families(void **state)
{
    (void)state;
    static const double open[SHY_TILE_FORMS] = {-1, -1, -1, -1, -1, -1, -1};
    metric_zoo *z = create(&cases[1]);
    shy_tile_hit hit[SHY_TILE_FORMS];
    z->pairs->count = 1;
    z->pairs->left[0] = ALONG, z->pairs->right[0] = LOGNORMAL;
    shy_pairs_refine(z->left[0], z->right[0], z->pairs);
    const int hits = shy_pairs_bound(z->left[0], z->right[0], z->pairs, open, hit);
    assert_int_equal(hits, 4);
    for (int h = 0; h < hits; h++) assert_true(hit[h].form <= SHY_TILE_DIFFERENCE || hit[h].form == SHY_TILE_SHIFT_LEFT);
    destroy(z);
}

/* ---- memory ------------------------------------------------------------------------------------------------------------------ */

static void memory_is_as_announced(void **state)
{
    (void)state;
    enum { ROWS = 70, K = 5 };
    static double column[ROWS], root[ROWS];
    const double *direction[K] = {column, column, column, column, column};
    for (int i = 0; i < ROWS; i++) root[i] = 1.0;
    for (int k = 0; k < 8; k++) {
        const bool left = k & 1, is_wide = k & 2;
        const shy_tile_metric metric = {column, k & 4 ? root : NULL, K, direction, NULL};
        shy_panel *panel = NULL;
        shy_tile *tile = NULL;
        shy_pairs *pairs = NULL;
        uint64_t before = shy_memory_in_use();
        assert_int_equal(shy_panel_create(90, left ? 32 : 0, ROWS, ROWS, &metric, left, is_wide, &panel), SHY_OK);
        const double panel_share = (double)(shy_memory_in_use() - before) / (double)shy_panel_bytes(90, left ? 32 : 0, ROWS, &metric, left, is_wide);
        before = shy_memory_in_use();
        assert_int_equal(shy_tile_create(32, 90, K, is_wide, &tile), SHY_OK);
        const double tile_share = (double)(shy_memory_in_use() - before) / (double)shy_tile_bytes(32, 90, K, is_wide);
        before = shy_memory_in_use();
        assert_int_equal(shy_pairs_create(1000, K, &pairs), SHY_OK);
        const double pairs_share = (double)(shy_memory_in_use() - before) / (double)shy_pairs_bytes(1000, K);
        assert_true(panel_share > 0.98 && panel_share < 1.02);
        assert_true(tile_share > 0.98 && tile_share < 1.02);
        assert_true(pairs_share > 0.98 && pairs_share < 1.03);
        shy_panel_destroy(&panel);
        shy_tile_destroy(&tile);
        shy_pairs_destroy(&pairs);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moments_are_within_their_rounding),
        cmocka_unit_test(no_pair_that_reaches_its_floor_is_dropped),
        cmocka_unit_test(benign_pairs_below_the_floor_are_dropped),
        cmocka_unit_test(no_exact_statistic_exceeds_its_bound),
        cmocka_unit_test(combinations_of_directions_have_no_families),
        cmocka_unit_test(memory_is_as_announced),
    };
    return cmocka_run_group_tests_name("tile metric", tests, NULL, forget);
}
