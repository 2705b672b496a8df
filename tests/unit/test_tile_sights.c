/*
 * test_tile_sights.c: one tile, looked at with each segment left out, or with other responses. On columns made to break it, no pair is dropped
 * whose exact r² on the samples of the sight reaches the floor, and no exact r² exceeds its bound; on benign columns little else is kept.
 */
#include "shy_config.h"

#include "tile/kernels.h"
#include "tile_exact.h"

static const shy_precision precisions[] = {SHY_FP64, SHY_FP32, SHY_BF16};
static const char *const moments_name[] = {"linear", "raw", "full"};
enum { NARROWS = sizeof precisions / sizeof *precisions, SETS = SHY_MOMENTS_FULL + 1, SEGMENTS_MOST = 10, VIEWS_MOST = SEGMENTS_MOST + 1 };

/* ---- passes: a zoo in segments, and zoos of the samples of every sight ------------------------------------------------ */

typedef struct {
    const char *what;
    int n, copies, kinds, lefts, segments, row_blocks;
    bool unequal; /* segments */
    bool own;     /* every sight has a response of its own, which is no affine map of another's */
} pass_case;

typedef struct {
    const zoo *samples; /* those of the sight: what the sums are of */
    shy_sight sight;
    shy_panel *left[2], *right[2]; /* of each row block */
    shy_tile tile;
    double epsilon;
    bool *constant; /* columns that are constant on these samples */
    exact_pair *exact;
} view;

typedef struct {
    const pass_case *of;
    zoo *z;
    int cut[SEGMENTS_MOST + 1], part[2][SEGMENTS_MOST + 1]; /* over all rows, and of each row block */
    uint64_t samples[SEGMENTS_MOST];
    double *own[VIEWS_MOST];
    const double *response[2][VIEWS_MOST];
    shy_tile_layout layout[2];
    shy_panel *left[2], *right[2];
    shy_tile *tile, *other;
    shy_pairs *pairs;
    int views;
    view view[VIEWS_MOST];
} pass;

static double *doubles(int count)
{
    double *values = calloc((size_t)count + 1, sizeof *values);
    assert_non_null(values);
    return values;
}

static bool takes_part(const pass *p, int out, int row)
{
    return out < 0 || row < p->cut[out] || row >= p->cut[out + 1];
}

/* Values of the rows of a sight, side by side; returns their number. */
static int gather(const pass *p, int out, const double *from, double *to)
{
    int n = 0;
    for (int i = 0; i < p->of->n; i++)
        if (takes_part(p, out, i)) to[n++] = from[i];
    return n;
}

static void moments_of(int n, const double *u, wide *mean_out, wide *square_out)
{
    wide mean = 0, square = 0;
    for (int i = 0; i < n; i++)
        mean += (wide)u[i] / n;
    for (int i = 0; i < n; i++)
        square += ((wide)u[i] - mean) * ((wide)u[i] - mean) / n;
    *mean_out = mean;
    *square_out = square;
}

static bool is_constant(int n, const double *u)
{
    wide mean, square;
    moments_of(n, u, &mean, &square);
    return !(sqrtl(square) > 1e-13L * fabsl(mean));
}

static void make_samples(pass *p, int v)
{
    view *w = &p->view[v];
    zoo *z = calloc(1, sizeof *z);
    *z = (zoo){.kinds = p->z->kinds, .count = p->z->count};
    z->y = doubles(p->of->n);
    z->column = calloc((size_t)z->count, sizeof *z->column);
    z->sums = calloc((size_t)z->count, sizeof *z->sums);
    w->constant = calloc((size_t)z->count, sizeof *w->constant);
    z->n = gather(p, w->sight.left_out, p->of->own ? p->own[v] : p->z->y, z->y);
    for (int i = 0; i < z->n; i++)
        z->y[i] = (z->y[i] - w->sight.level) / w->sight.scale;
    for (int c = 0; c < z->count; c++) {
        wide mean, square;
        z->column[c] = doubles(p->of->n);
        (void)gather(p, w->sight.left_out, p->z->column[c], z->column[c]);
        moments_of(z->n, z->column[c], &mean, &square);
        w->constant[c] = is_constant(z->n, z->column[c]);
        z->sums[c] = (shy_operand_sums){.mean = (double)mean, .scale = (double)sqrtl(square), .mu = (double)(mean / sqrtl(square))};
    }
    w->samples = z;
}

/* A response that is skewed by as much as the number of the sight says, normalised on its samples and 0 elsewhere. */
static void make_own(pass *p, int v, int out)
{
    double *y = p->own[v] = doubles(p->of->n), *of = doubles(p->of->n);
    wide mean, square;
    for (int i = 0; i < p->of->n; i++)
        y[i] = tanh(p->z->y[i] + 0.2 * v) + 0.1 * v * p->z->y[(i + 3) % p->of->n];
    moments_of(gather(p, out, y, of), of, &mean, &square);
    for (int i = 0; i < p->of->n; i++)
        y[i] = takes_part(p, out, i) ? (double)(((wide)y[i] - mean) / sqrtl(square)) : 0.0;
    free(of);
}

static void set_sight(pass *p, int v)
{
    shy_sight *sight = &p->view[v].sight;
    *sight = (shy_sight){.left_out = v - 1, .scale = 1.0};
    if (p->of->own) {
        make_own(p, v, v - 1);
        sight->response = v + 1;
    } else {
        double *y = doubles(p->of->n);
        wide mean, square;
        moments_of(gather(p, v - 1, p->z->y, y), y, &mean, &square);
        sight->level = (double)mean, sight->scale = (double)sqrtl(square);
        free(y);
    }
    make_samples(p, v);
}

/* Unequal: one has hardly any samples, one none at all where they are many. */
static void set_cuts(pass *p)
{
    const int n = p->of->n, segments = p->of->segments, first[3] = {0, p->of->row_blocks == 1 ? n : n / 3, n};
    for (int s = 0; s <= segments; s++)
        p->cut[s] = p->of->unequal ? n * s * (s + 1) / (segments * (segments + 1)) : n * s / segments;
    if (p->of->unequal && segments > 4) p->cut[3] = p->cut[2];
    for (int s = 0; s < segments; s++)
        p->samples[s] = (uint64_t)(p->cut[s + 1] - p->cut[s]);
    for (int b = 0; b < p->of->row_blocks; b++) {
        for (int s = 0; s <= segments; s++) {
            const int at = p->cut[s] < first[b] ? first[b] : p->cut[s] > first[b + 1] ? first[b + 1] : p->cut[s];
            p->part[b][s] = at - first[b];
        }
        for (int v = 0; p->of->own && v < p->views; v++)
            p->response[b][v] = p->own[v] + first[b];
        p->layout[b] = (shy_tile_layout){segments, p->part[b], p->samples, p->of->own ? p->views : 0, p->response[b]};
    }
}

static void pack_panels(pass *p, int block, shy_panel **panel)
{
    const int first[3] = {0, p->of->row_blocks == 1 ? p->z->n : p->z->n / 3, p->z->n};
    shy_tile_metric metric[2];
    for (int b = 0; b < p->of->row_blocks; b++) {
        metric[b] = (shy_tile_metric){.response = p->z->y + first[b], .layout = &p->layout[b]};
        assert_int_equal(shy_panel_create(p->z->count, block, first[b + 1] - first[b], (uint64_t)p->z->n, &metric[b], block > 0, true, &panel[b]),
                         SHY_OK);
    }
    const int width = shy_metric_partials(&metric[0]);
    double *sum = doubles(width), *partial = doubles(width);
    for (int c = 0; c < p->z->count; c++) {
        memset(sum, 0, (size_t)width * sizeof *sum);
        for (int b = 0; b < p->of->row_blocks; b++) {
            shy_panel_pack(panel[b], c, p->z->column[c] + first[b], &p->z->sums[c], partial);
            for (int k = 0; k < width; k++)
                sum[k] += partial[k];
        }
        for (int b = 0; b < p->of->row_blocks; b++)
            shy_panel_complete(panel[b], c, sum);
    }
    for (int b = 0; b < p->of->row_blocks; b++)
        shy_panel_finish(panel[b], p->z->count);
    free(sum);
    free(partial);
}

static void see(const pass *p, view *w, shy_panel *const *base, shy_panel **seen)
{
    for (int b = 0; b < p->of->row_blocks; b++) {
        assert_int_equal(shy_panel_see(base[b], &w->sight, &seen[b]), SHY_OK);
        shy_panel_look(seen[b]);
        for (int c = 0; c < p->z->count; c++) {
            if (!w->constant[c]) continue;
            assert_true(shy_panel_unclear(seen[b], c));
            shy_panel_exclude(seen[b], c);
        }
    }
}

static pass *pass_create(const pass_case *of)
{
    pass *p = calloc(1, sizeof *p);
    *p = (pass){.of = of, .z = zoo_create(of->n, of->copies, of->kinds), .views = of->segments + 1};
    set_cuts(p);
    for (int v = 0; v < p->views; v++)
        set_sight(p, v);
    set_cuts(p); /* the responses are there now */
    pack_panels(p, BLOCK, p->left);
    pack_panels(p, 0, p->right);
    const shy_tile_metric metric = {.layout = &p->layout[0]};
    assert_int_equal(shy_tile_create_for(BLOCK, p->z->count, &metric, true, &p->tile), SHY_OK);
    assert_int_equal(shy_tile_create_for(BLOCK, p->z->count, &metric, true, &p->other), SHY_OK);
    assert_int_equal(shy_pairs_create(p->z->count * p->z->count, 0, &p->pairs), SHY_OK);
    for (int v = 0; v < p->views; v++) {
        see(p, &p->view[v], p->left, p->view[v].left);
        see(p, &p->view[v], p->right, p->view[v].right);
        p->view[v].exact = exact_pairs(p->view[v].samples, of->lefts);
    }
    return p;
}

static void pass_free(pass *p)
{
    for (int v = 0; v < p->views; v++) {
        view *w = &p->view[v];
        for (int b = 0; b < p->of->row_blocks; b++)
            shy_panel_destroy(&w->left[b]), shy_panel_destroy(&w->right[b]);
        zoo_free((zoo *)(uintptr_t)w->samples);
        free(w->constant), free(w->exact), free(p->own[v]);
    }
    for (int b = 0; b < p->of->row_blocks; b++)
        shy_panel_destroy(&p->left[b]), shy_panel_destroy(&p->right[b]);
    shy_tile_destroy(&p->tile);
    shy_tile_destroy(&p->other);
    shy_pairs_destroy(&p->pairs);
    zoo_free(p->z);
    free(p);
}

static void fill_tile(pass *p, shy_precision precision, shy_moments moments)
{
    for (int b = 0; b < p->of->row_blocks; b++) {
        assert_int_equal(shy_tile_moments(p->left[b], 0, p->right[b], precision, moments, b ? p->other : p->tile), SHY_OK);
        for (int64_t k = 0; b > 0 && k < shy_tile_numbers(p->tile); k++) {
            if (precision == SHY_FP64) ((double *)p->tile->sum)[k] += ((const double *)p->other->sum)[k];
            else ((float *)p->tile->sum)[k] += ((const float *)p->other->sum)[k];
        }
    }
    assert_int_equal(p->tile->precision, precision);
    for (int v = 0; v < p->views; v++) {
        view *w = &p->view[v];
        shy_tile_look(p->tile, w->left[0], w->right[0], &w->tile);
        w->epsilon = shy_tile_epsilon(&w->tile, w->left[0], w->right[0], p->of->row_blocks);
    }
}

static const pass_case cases[] = {
    {"five segments", 200, COPIES, KINDS, KINDS, 5, 1, false, false},
    {"few samples", 23, COPIES, KINDS, KINDS, 4, 1, false, false},
    {"unequal segments", 300, COPIES, KINDS, KINDS, 6, 1, true, false},
    {"two row blocks", 300, COPIES, KINDS, KINDS, 5, 2, false, false},
    {"responses of their own", 200, COPIES, KINDS, KINDS, 5, 2, true, true},
    {"ten segments", 400, COPIES, KINDS, KINDS / 2, 10, 1, false, false},
    {"two segments", 600, COPIES, KINDS, KINDS / 2, 2, 1, false, true},
    {"far means", 200, COPIES, ALL_KINDS, ALL_KINDS, 3, 1, false, false},
};
enum { CASES = sizeof cases / sizeof *cases };
static pass *passes[CASES];

static int forget(void **state)
{
    (void)state;
    for (int c = 0; c < CASES; c++) {
        if (passes[c]) pass_free(passes[c]);
        passes[c] = NULL;
    }
    return 0;
}

typedef void (*check)(pass *p, shy_isa isa);

static void on_every_isa(pass *p, check run)
{
    for (int isa = 0; isa < SHY_ISAS; isa++) {
        if (!shy_isa_available((shy_isa)isa)) continue;
        shy_tile_kernels_use((shy_isa)isa);
        run(p, (shy_isa)isa);
    }
    shy_tile_kernels_use(shy_isa_get());
}

static void on_every_case(check run)
{
    for (int c = 0; c < CASES; c++) {
        if (!passes[c]) passes[c] = pass_create(&cases[c]);
        on_every_isa(passes[c], run);
    }
}

/* ---- sums -------------------------------------------------------------------------------------------------------------- */

/* Relative to what has been added up: the deviation on T may be small beside that on all samples. */
static void expect_near(const pass *p, const view *w, int c, const char *what, double value, wide exact, wide terms)
{
    if (fabsl(value - exact) <= 1e-12L * terms) return;
    fail_msg("%s, segment %d left out, column %d: %s is %.15g and not %.15Lg", p->of->what, w->sight.left_out, c, what, value, exact);
}

static void expect_sums(const pass *p, const view *w, int c, const shy_panel *seen)
{
    const zoo *z = w->samples;
    const shy_operand_sums *s = &seen->sums[c];
    wide y = 0, third = 0, fourth = 0, squared = 0, weighted = 0, length = 0;
    for (int i = 0; i < z->n; i++) {
        const wide d = standardised(z, c, i), v = z->y[i];
        y += v * d / z->n, third += d * d * d / z->n, fourth += d * d * d * d / z->n, squared += v * v * d / z->n;
        weighted += v * v * (d + s->offset) * (d + s->offset) / z->n; /* as it is summed, not centred */
        length += (d + z->sums[c].mu) * (d + z->sums[c].mu) / z->n;
    }
    const wide whole = p->z->sums[c].scale, kappa = 1.0L + whole / z->sums[c].scale, far = 1.0L + fabsl((wide)p->z->sums[c].mu) * 1e-4L;
    expect_near(p, w, c, "mean", s->mean, z->sums[c].mean, (fabsl((wide)z->sums[c].mean) + whole) * far);
    expect_near(p, w, c, "scale", s->scale, z->sums[c].scale, whole * kappa * far);
    expect_near(p, w, c, "y", s->y, y, kappa * kappa * far);
    expect_near(p, w, c, "third", s->third, third, 10.0L * kappa * kappa * kappa * sqrtl(fourth) * z->n * far);
    expect_near(p, w, c, "squared", s->squared, squared, 10.0L * kappa * kappa * (1.0L + sqrtl(weighted)) * z->n * far);
    const double swell = sqrt(1.0 + s->offset * s->offset) + 2.0 * fabs(s->offset);
    assert_true((double)seen->column.swell[c] >= swell - fabs(s->offset));
    assert_true(s->fourth * swell * (1.0 + 1e-6) >= (double)sqrtl(fourth)); /* what stands in a bound is never less than what it stands for */
    assert_true(s->weighted * swell * (1.0 + 1e-6) >= (double)sqrtl(weighted));
    assert_true((double)seen->column.length[c] * (1.0 + 1e-6) >= (double)sqrtl(length));
}

static void expect_all_sums(pass *p, shy_isa isa)
{
    (void)isa;
    for (int v = 0; v < p->views; v++) {
        const view *w = &p->view[v];
        for (int c = 0; c < p->z->count; c++) {
            assert_int_equal(w->left[0]->total, w->samples->n);
            if (!w->constant[c] && !shy_panel_unclear(w->left[0], c)) expect_sums(p, w, c, w->left[0]);
            if (!w->constant[c]) assert_int_equal(shy_panel_unclear(w->left[0], c), shy_panel_unclear(w->right[0], c));
        }
    }
}

static void operands_are_as_if_packed_on_these_samples(void **state)
{
    (void)state;
    on_every_case(expect_all_sums);
}

/* Sums as they are taken from a tile: those over the samples of the sight, of columns that are centred on all. */
static void expect_taken(const pass *p, const view *w, int k, shy_isa isa)
{
    const int u = p->pairs->left[k], v = p->pairs->right[k];
    const double *m = p->pairs->moment + 5 * (size_t)k, *y = p->of->own ? p->own[w->sight.response - 1] : p->z->y;
    wide sum[5] = {0}, length[2][3] = {{0}};
    for (int i = 0; i < p->z->n; i++) {
        if (!takes_part(p, w->sight.left_out, i)) continue;
        const wide a = standardised(p->z, u, i), b = standardised(p->z, v, i), term[5] = {a * b, a * b * b, a * a * b, a * a * b * b, y[i] * a * b};
        for (int q = 0; q < 5; q++)
            sum[q] += term[q] / p->z->n;
        length[0][0] += a * a, length[0][1] += a * a * a * a, length[0][2] += y[i] * y[i] * a * a, length[1][0] += b * b, length[1][1] += b * b * b * b;
    }
    static const int side[5][2] = {{0, 0}, {0, 1}, {1, 0}, {1, 1}, {2, 0}};
    for (int q = 0; q < 5; q++) {
        const wide most = p->pairs->epsilon * sqrtl(length[0][side[q][0]] * length[1][side[q][1]]) / p->z->n;
        if (fabsl(m[q] - sum[q]) <= most + 1e-13L) continue;
        fail_msg("%s, segment %d left out, columns %d and %d in %s on %s: sum %d is %.9g and not %.9Lg", p->of->what, w->sight.left_out, u, v,
                 shy_precision_name(p->tile->precision), shy_isa_name(isa), q, m[q], sum[q]);
    }
}

static void take_all(pass *p)
{
    p->pairs->count = 0;
    for (int u = 0; u < p->of->lefts; u++) {
        for (int v = 0; v < p->z->count; v++, p->pairs->count++)
            p->pairs->left[p->pairs->count] = u, p->pairs->right[p->pairs->count] = v;
    }
}

/* Over all row blocks, as ranks do. */
static void refine(pass *p, const view *w)
{
    const size_t numbers = 5 * (size_t)p->pairs->count;
    double *sum = doubles((int)numbers);
    for (int b = 0; b < p->of->row_blocks; b++) {
        shy_pairs_refine(w->left[b], w->right[b], p->pairs);
        for (size_t k = 0; k < numbers; k++)
            sum[k] += p->pairs->moment[k];
    }
    memcpy(p->pairs->moment, sum, numbers * sizeof *sum);
    free(sum);
}

static void expect_all_taken(pass *p, shy_isa isa)
{
    take_all(p);
    for (int k = 0; k <= NARROWS; k++) {
        if (k < NARROWS) fill_tile(p, precisions[k], SHY_MOMENTS_FULL);
        for (int v = 0; v < p->views; v++) {
            const view *w = &p->view[v];
            if (k < NARROWS) shy_pairs_take(&w->tile, 0, w->epsilon, p->pairs);
            else refine(p, w);
            for (int pair = (v + k) % 9; pair < p->pairs->count; pair += 9) /* exact sums take time */
                expect_taken(p, w, pair, isa);
        }
    }
}

static void sums_of_pairs_are_over_these_samples(void **state)
{
    (void)state;
    on_every_case(expect_all_taken);
}

/* ---- flags ------------------------------------------------------------------------------------------------------------- */

static bool serves(shy_moments moments, int form)
{
    switch (moments) {
    case SHY_MOMENTS_LINEAR:
        return form >= SHY_TILE_SUM && form <= SHY_TILE_WEIGHTED;
    case SHY_MOMENTS_RAW:
        return form <= SHY_TILE_WEIGHTED;
    default:
        return true;
    }
}

static void flag_sight(pass *p, const view *w, int u, const double *floor)
{
    p->pairs->count = 0;
    shy_tile_flag(&w->tile, w->left[0], 0, u, w->right[0], w->epsilon, floor, p->pairs);
}

static void expect_flagged(pass *p, const view *w, int u, int v, const double *floor, shy_isa isa)
{
    flag_sight(p, w, u, floor);
    if (holds_right(p->pairs, v) == !(w->constant[u] || w->constant[v])) return;
    fail_msg("%s, segment %d left out, columns %d and %d, %s moments in %s on %s: the pair is %s", p->of->what, w->sight.left_out, u, v,
             moments_name[p->tile->moments], shy_precision_name(p->tile->precision), shy_isa_name(isa),
             w->constant[u] || w->constant[v] ? "kept, although a column is excluded" : "dropped, although it reaches its floor");
}

/* Floors just below what the forms reach: of one form alone, of all of them. */
static void expect_pair_flagged(pass *p, const view *w, int u, int v, shy_isa isa)
{
    const exact_pair *exact = &w->exact[u * p->z->count + v];
    double all[SHY_TILE_FORMS];
    for (int form = 0; form < SHY_TILE_FORMS; form++) {
        double one[SHY_TILE_FORMS] = {2, 2, 2, 2, 2, 2, 2};
        all[form] = 2.0;
        if (!serves(p->tile->moments, form)) continue;
        one[form] = all[form] = fmin(exact->r2[form] * (1.0 - 1e-9), 1.0);
        expect_flagged(p, w, u, v, one, isa);
    }
    expect_flagged(p, w, u, v, all, isa);
}

static void expect_certified(pass *p, shy_isa isa)
{
    for (int k = 0; k < NARROWS * SETS; k++) {
        fill_tile(p, precisions[k / SETS], (shy_moments)(k % SETS));
        for (int v = 0; v < p->views; v++) {
            for (int pair = 0; pair < p->of->lefts * p->z->count; pair++)
                expect_pair_flagged(p, &p->view[v], pair / p->z->count, pair % p->z->count, isa);
        }
    }
}

static void no_pair_that_reaches_its_floor_is_dropped(void **state)
{
    (void)state;
    on_every_case(expect_certified);
}

/* Lengths of a column on T, as it has been centred on all samples: of d, d², y·d. */
static void lengths_of(const pass *p, const view *w, int c, double length[3])
{
    const double *y = p->of->own ? p->own[w->sight.response - 1] : p->z->y;
    wide sum[3] = {0};
    for (int i = 0; i < p->z->n; i++) {
        if (!takes_part(p, w->sight.left_out, i)) continue;
        const wide d = standardised(p->z, c, i);
        sum[0] += d * d, sum[1] += d * d * d * d, sum[2] += y[i] * y[i] * d * d;
    }
    for (int k = 0; k < 3; k++)
        length[k] = (double)sqrtl(sum[k] / p->z->n);
}

/* Σ |a·b| on T of the sums of a tile, in the order of its planes. */
static void terms_of(const pass *p, const view *w, int u, int v, double term[5])
{
    const double *y = p->of->own ? p->own[w->sight.response - 1] : p->z->y;
    memset(term, 0, 5 * sizeof *term);
    for (int i = 0; i < p->z->n; i++) {
        if (!takes_part(p, w->sight.left_out, i)) continue;
        const double a = (double)standardised(p->z, u, i), b = (double)standardised(p->z, v, i), ab = fabs(a * b) / p->z->n;
        term[0] += fabs(y[i]) * ab, term[1] += ab, term[2] += fabs(a) * ab, term[3] += fabs(b) * ab, term[4] += fabs(a * b) * ab;
    }
}

/* Sums as far off as ε and η allow, each in either direction. */
static void perturb(pass *p, view *w, int u, int v, unsigned signs, const double off[2])
{
    static const int side[5][2] = {{2, 0}, {0, 0}, {1, 0}, {0, 1}, {1, 1}};
    const int segment = w->sight.left_out == 0 ? 1 : 0;
    const size_t plane = (size_t)p->tile->block * (size_t)p->tile->padded, at = (size_t)u * (size_t)p->tile->padded + (size_t)v;
    const size_t moments = (size_t)p->tile->responses * plane, gaps = ((size_t)shy_tile_numbers(p->tile) - (size_t)p->tile->planes * plane);
    const size_t pitch = 5 * plane + gaps / (size_t)p->tile->segments;
    double a[3], b[3], term[5];
    lengths_of(p, w, u, a), lengths_of(p, w, v, b), terms_of(p, w, u, v, term);
    for (int q = 0; q < 5; q++) {
        const double most = fmin(off[0] * a[side[q][0]] * b[side[q][1]], off[1] * term[q]);
        const size_t place = q == 0 && p->of->own ? (size_t)(w->sight.response - 1) * plane : moments + (size_t)segment * pitch + (size_t)q * plane;
        ((float *)p->tile->sum)[place + at] += (float)(signs >> q & 1U ? most : -most);
    }
}

/*
 * Is the pair kept where the others of its block are the same? In a block of different ones those that are kept anyway would hide that a test
 * of many at a time drops it.
 */
static bool is_kept_among_its_like(const pass *p, const view *w, int u, int v, const double *floor)
{
    enum { LIKE = SHY_FLAG_BLOCK, GAP = 128, MOST = (5 * LIKE + GAP) * SEGMENTS_MOST + VIEWS_MOST * LIKE };
    static float sum[MOST], column[10][LIKE];
    shy_panel left = *w->left[0], right = *w->right[0];
    shy_tile tile = w->tile;
    const size_t plane = (size_t)p->tile->block * (size_t)p->tile->padded, at = (size_t)u * (size_t)p->tile->padded + (size_t)v;
    const size_t gap = ((size_t)shy_tile_numbers(p->tile) - (size_t)p->tile->planes * plane) / (size_t)p->tile->segments;
    assert_int_equal(gap, GAP);
    float *to = sum;
    const float *from = (const float *)p->tile->sum + at;
    for (int q = 0; q < p->tile->planes; q++, from += plane, to += LIKE) {
        if (q > p->tile->responses && (q - p->tile->responses) % 5 == 0) from += gap, to += gap;
        for (int k = 0; k < LIKE; k++)
            to[k] = *from;
    }
    float **of[10] = {&right.column.y,      &right.column.fourth, &right.column.weighted, &right.column.mu,    &right.column.length,
                      &right.column.square, &right.column.lifted, &right.column.factor,   &right.column.shift, &right.column.swell};
    for (int c = 0; c < 10; c++) {
        for (int k = 0; k < LIKE; k++)
            column[c][k] = (*of[c])[v];
        *of[c] = column[c];
    }
    uint8_t state[LIKE] = {0};
    right.count = right.padded = LIKE, right.state = state, left.block = 1;
    tile.sum = sum, tile.block = 1, tile.padded = LIKE, tile.left = &left, tile.right = &right;
    p->pairs->count = 0;
    shy_tile_flag(&tile, &left, u, 0, &right, w->epsilon, floor, p->pairs);
    return p->pairs->count == LIKE;
}

static void expect_flagged_though_off(pass *p, view *w, int u, int v, unsigned signs, const double off[2], shy_isa isa)
{
    const double epsilon = w->epsilon, own = w->tile.each, *r2 = w->exact[u * p->z->count + v].r2;
    const double f = fmin(r2[SHY_TILE_INTERACTION] * (1.0 - 1e-9), 1.0), floor[SHY_TILE_FORMS] = {f, f, f, f, f, f, f};
    perturb(p, w, u, v, signs, off);
    w->epsilon = epsilon + off[0], w->tile.each = own + off[1];
    const bool kept = is_kept_among_its_like(p, w, u, v, floor);
    w->epsilon = epsilon, w->tile.each = own;
    perturb(p, w, u, v, ~signs, off);
    if (!kept) {
        fail_msg("%s, segment %d left out, columns %d and %d on %s: dropped, with sums that are off by %g of their lengths, %g of their terms",
                 p->of->what, w->sight.left_out, u, v, shy_isa_name(isa), off[0], off[1]);
    }
}

/* Where d is far from centred on T all corners are tried; there the sums' errors grow most. */
static void expect_pair_certified(pass *p, view *w, int u, int v, int k, shy_isa isa)
{
    static const double off[][2] = {{1e-3, 1e-3}, {1e-5, 2e-4}, {3e-4, 3e-4}, {3.5e-3, 7.9e-3}, {7.9e-3, 7.9e-3}, {1e-3, 3e-3}};
    enum { OFFS = sizeof off / sizeof *off, CORNERS = 32 };
    const bool far = w->left[0]->column.swell[u] * w->right[0]->column.swell[v] > 1.8F;
    const int trials = far ? OFFS * CORNERS : 2 * OFFS;
    for (int trial = 0; trial < trials; trial++) {
        const unsigned signs = (unsigned)(shy_random_uniform(9, (uint64_t)trial, (uint64_t)k) * CORNERS);
        expect_flagged_though_off(p, w, u, v, far ? (unsigned)(trial / OFFS) : signs, off[trial % OFFS], isa);
    }
}

static void expect_certified_though_off(pass *p, shy_isa isa)
{
    fill_tile(p, SHY_FP32, SHY_MOMENTS_FULL);
    for (int k = 0; k < p->of->lefts * p->z->count * p->views; k += p->of->n < 100 ? 1 : 5) {
        view *w = &p->view[k % p->views];
        const int pair = k / p->views, u = pair / p->z->count, v = pair % p->z->count;
        if (!w->constant[u] && !w->constant[v]) expect_pair_certified(p, w, u, v, k, isa);
    }
}

/* Floors differ from sight to sight; of RAW moments some ask for the product alone. */
static void expect_together(pass *p, shy_isa isa)
{
    const shy_tile *tile[VIEWS_MOST];
    shy_pairs *together[VIEWS_MOST];
    double epsilon[VIEWS_MOST], floor[VIEWS_MOST][SHY_TILE_FORMS];
    for (int v = 0; v < p->views; v++) {
        assert_int_equal(shy_pairs_create(2 * p->z->count, 0, &together[v]), SHY_OK);
        tile[v] = &p->view[v].tile;
        for (int form = 0; form < SHY_TILE_FORMS; form++)
            floor[v][form] = v % 3 == 1 && form > 0 ? 2.0 : 0.1 * (v + 1) - 0.02 * form;
    }
    for (int k = 0; k < NARROWS * SETS; k++) {
        fill_tile(p, precisions[k / SETS], (shy_moments)(k % SETS));
        for (int u = 0; u < p->of->lefts; u++) {
            for (int v = 0; v < p->views; v++)
                epsilon[v] = p->view[v].epsilon, together[v]->count = 0;
            shy_tile_flag_sights(p->views, tile, 0, u, epsilon, (const double(*)[SHY_TILE_FORMS])floor, together);
            for (int v = 0; v < p->views; v++) {
                flag_sight(p, &p->view[v], u, floor[v]);
                const size_t bytes = (size_t)p->pairs->count * sizeof(int32_t);
                if (abs(together[v]->count - p->pairs->count) == 1) continue; /* sums differ in the order of their additions */
                if (together[v]->count == p->pairs->count && memcmp(together[v]->right, p->pairs->right, bytes) == 0 &&
                    memcmp(together[v]->left, p->pairs->left, bytes) == 0) continue;
                fail_msg("%s, sight %d, column %d, %s moments in %s on %s: %d pairs are flagged together and %d alone", p->of->what, v, u,
                         moments_name[k % SETS], shy_precision_name(p->tile->precision), shy_isa_name(isa), together[v]->count, p->pairs->count);
            }
        }
    }
    for (int v = 0; v < p->views; v++)
        shy_pairs_destroy(&together[v]);
}

static void sights_are_flagged_together_as_alone(void **state)
{
    (void)state;
    on_every_case(expect_together);
}

static void no_rounding_within_epsilon_drops_a_pair(void **state)
{
    (void)state;
    on_every_case(expect_certified_though_off);
}

/* Of pairs that every form leaves `gap` below the floor, none is kept. */
static void expect_dropped(pass *p, shy_isa isa)
{
    static const double floors[] = {0.2, 0.35, 0.5, 0.9};
    int far = 0;
    for (int k = 0; k < 8; k++) {
        const double f = floors[k / 2], gap = k % 2 ? 0.04 : 0.001, floor[SHY_TILE_FORMS] = {f, f, f, f, f, f, f};
        fill_tile(p, k % 2 ? SHY_BF16 : SHY_FP32, SHY_MOMENTS_FULL);
        for (int pair = 0; pair < p->of->lefts * p->views; pair++) {
            const view *w = &p->view[pair / p->of->lefts];
            const int u = pair % p->of->lefts;
            flag_sight(p, w, u, floor);
            for (int v = 0; v < p->z->count; v++) {
                const double most = w->exact[u * p->z->count + v].r2[SHY_TILE_INTERACTION]; /* it spans the others */
                if (u == v || most > f - gap) continue;
                far++;
                if (holds_right(p->pairs, v)) {
                    fail_msg("%s, segment %d left out, columns %d and %d in %s on %s: kept at a floor of %g, although %.6g is all they reach",
                             p->of->what, w->sight.left_out, u, v, shy_precision_name(p->tile->precision), shy_isa_name(isa), f, most);
                }
            }
        }
    }
    assert_true(far > 4 * p->of->lefts * p->z->count); /* there were some */
}

static void on_benign(check run)
{
    static const pass_case benign[] = {{"benign", 200, 16, BENIGN, 2 * BENIGN, 5, 1, false, false},
                                       {"benign, own responses", 200, 16, BENIGN, 2 * BENIGN, 5, 1, false, true}};
    for (size_t c = 0; c < sizeof benign / sizeof *benign; c++) {
        pass *p = pass_create(&benign[c]);
        on_every_isa(p, run);
        pass_free(p);
    }
}

static void benign_pairs_below_the_floor_are_dropped(void **state)
{
    (void)state;
    on_benign(expect_dropped);
}

/* ---- bounds ------------------------------------------------------------------------------------------------------------- */

static void expect_bounds(pass *p, const view *w, const char *source, shy_isa isa)
{
    static const double open[SHY_TILE_FORMS] = {-1, -1, -1, -1, -1, -1, -1};
    shy_tile_hit *hit = calloc((size_t)p->pairs->count * SHY_TILE_FORMS, sizeof *hit);
    assert_int_equal(shy_pairs_bound(w->left[0], w->right[0], p->pairs, open, hit), p->pairs->count * SHY_TILE_FORMS);
    for (int h = 0; h < p->pairs->count * SHY_TILE_FORMS; h++) {
        const double r2 = w->exact[hit[h].left * p->z->count + hit[h].right].r2[hit[h].form];
        if (w->constant[hit[h].left] || w->constant[hit[h].right]) continue;
        if (!(hit[h].bound >= r2 - 1e-10)) { /* the search allows for 1e-9 */
            fail_msg("%s, segment %d left out, columns %d and %d, form %d, moments %s on %s: bound %.15g is below the exact %.15g", p->of->what,
                     w->sight.left_out, hit[h].left, hit[h].right, (int)hit[h].form, source, shy_isa_name(isa), hit[h].bound, r2);
        }
    }
    free(hit);
}

static void expect_no_excess(pass *p, shy_isa isa)
{
    take_all(p);
    for (int v = 0; v < p->views; v++)
        refine(p, &p->view[v]), expect_bounds(p, &p->view[v], "refined", isa);
    for (int k = 0; k < NARROWS; k++) {
        fill_tile(p, precisions[k], SHY_MOMENTS_FULL);
        for (int v = 0; v < p->views; v++) {
            shy_pairs_take(&p->view[v].tile, 0, p->view[v].epsilon, p->pairs);
            expect_bounds(p, &p->view[v], shy_precision_name(p->tile->precision), isa);
        }
    }
}

static void no_exact_statistic_exceeds_its_bound(void **state)
{
    (void)state;
    on_every_case(expect_no_excess);
}

/* Pairs of benign columns, refined: this would show any term of centring that were missing. */
static void expect_narrow(pass *p, shy_isa isa)
{
    static const double open[SHY_TILE_FORMS] = {-1, -1, -1, -1, -1, -1, -1};
    shy_tile_hit *hit = calloc((size_t)p->of->lefts * (size_t)p->z->count * SHY_TILE_FORMS, sizeof *hit);
    take_all(p);
    for (int v = 0; v < p->views; v++) {
        const view *w = &p->view[v];
        refine(p, w);
        const int hits = shy_pairs_bound(w->left[0], w->right[0], p->pairs, open, hit);
        for (int h = 0; h < hits; h++) {
            const double r2 = w->exact[hit[h].left * p->z->count + hit[h].right].r2[hit[h].form];
            if (hit[h].left != hit[h].right && !(hit[h].bound - r2 < 1e-4)) {
                fail_msg("%s, segment %d left out, columns %d and %d, form %d on %s: bound %.6g says little of %.6g", p->of->what, w->sight.left_out,
                         hit[h].left, hit[h].right, (int)hit[h].form, shy_isa_name(isa), hit[h].bound, r2);
            }
        }
    }
    free(hit);
}

static void bounds_of_benign_columns_are_narrow(void **state)
{
    (void)state;
    on_benign(expect_narrow);
}

/* ---- memory ------------------------------------------------------------------------------------------------------------- */

static void expect_announced(uint64_t before, uint64_t announced, const char *what)
{
    const uint64_t used = shy_memory_in_use() - before;
    if (used <= announced && (double)used >= 0.9 * (double)announced) return;
    fail_msg("%s: %llu bytes are announced and %llu used", what, (unsigned long long)announced, (unsigned long long)used);
}

static void memory_is_as_announced(void **state)
{
    (void)state;
    static const double y[90];
    static const double *const response[] = {y, y};
    static const int cut[] = {0, 30, 30, 90};
    static const uint64_t samples[] = {30, 10, 60};
    const shy_tile_layout layout[] = {{3, cut, samples, 0, NULL}, {3, cut, samples, 2, response}, {1, NULL, NULL, 2, response}};
    for (int k = 0; k < 12; k++) {
        const shy_tile_metric metric = {.response = y, .layout = &layout[k % 3]};
        const bool left = k / 3 % 2, is_wide = k / 6;
        const shy_sight sight = {.left_out = k % 3 == 2 ? -1 : 2, .response = k % 3, .scale = 1.0};
        shy_panel *panel = NULL, *seen = NULL;
        shy_tile *tile = NULL;
        const uint64_t before = shy_memory_in_use();
        assert_int_equal(shy_panel_create(900, left ? 128 : 0, 90, 100, &metric, left, is_wide, &panel), SHY_OK);
        expect_announced(before, shy_panel_bytes(900, left ? 128 : 0, 90, &metric, left, is_wide), "panel");
        const uint64_t packed = shy_memory_in_use();
        assert_int_equal(shy_panel_see(panel, &sight, &seen), SHY_OK);
        assert_true(shy_memory_in_use() - packed <= shy_panel_seen_bytes(900, left ? 128 : 0));
        assert_int_equal(seen->total, k % 3 == 2 ? 100 : 40);
        shy_panel_destroy(&seen);
        shy_panel_destroy(&seen);
        assert_true(shy_memory_in_use() == packed);
        for (int nth = 1, failed = 1; failed; nth++) {
            shy_memory_fail_at((uint64_t)nth);
            failed = shy_panel_see(panel, &sight, &seen) != SHY_OK;
            shy_memory_fail_at(0);
            assert_true(failed == !seen);
            shy_panel_destroy(&seen);
            shy_error_clear();
            assert_true(shy_memory_in_use() == packed);
        }
        shy_panel_destroy(&panel);
        assert_int_equal(shy_tile_create_for(128, 900, &metric, is_wide, &tile), SHY_OK);
        expect_announced(before, shy_tile_bytes_for(128, 900, &metric, is_wide), "tile");
        shy_tile_destroy(&tile);
        assert_true(shy_memory_in_use() == before);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operands_are_as_if_packed_on_these_samples),
        cmocka_unit_test(sums_of_pairs_are_over_these_samples),
        cmocka_unit_test(no_pair_that_reaches_its_floor_is_dropped),
        cmocka_unit_test(no_rounding_within_epsilon_drops_a_pair),
        cmocka_unit_test(sights_are_flagged_together_as_alone),
        cmocka_unit_test(benign_pairs_below_the_floor_are_dropped),
        cmocka_unit_test(no_exact_statistic_exceeds_its_bound),
        cmocka_unit_test(bounds_of_benign_columns_are_narrow),
        cmocka_unit_test(memory_is_as_announced),
    };
    return cmocka_run_group_tests_name("tile sights", tests, NULL, forget);
}
