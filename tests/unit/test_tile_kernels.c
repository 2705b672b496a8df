/*
 * test_tile_kernels.c: the kernels of every instruction set do what the portable ones do, rounding to bf16 is right, and no rounding of
 * the moments that ε allows makes the test of pairs drop one that reaches its floor.
 */
#include "shy_config.h"

#include "tile/kernels.h"
#include "tile_exact.h"

static const int lengths[] = {0, 1, 3, 7, 16, 17, 31, 33, 200, 1037};
enum { LENGTHS = sizeof lengths / sizeof *lengths, LONGEST = 1037 };

typedef void (*isa_check)(const shy_tile_kernels *kernels, const shy_tile_kernels *portable);

static void on_every_isa(isa_check check)
{
    shy_tile_kernels_use(SHY_ISA_PORTABLE);
    const shy_tile_kernels *portable = shy_tile_kernels_get();
    for (int isa = 0; isa < SHY_ISAS; isa++) {
        if (!shy_isa_available((shy_isa)isa)) continue;
        shy_tile_kernels_use((shy_isa)isa);
        check(shy_tile_kernels_get(), portable);
    }
    shy_tile_kernels_use(shy_isa_get());
}

static void expect_close(double value, double expected, double room)
{
    if (!(fabs(value - expected) <= room)) fail_msg("%.17g is not %.17g, room %.3g", value, expected, room);
}

/* ---- columns ----------------------------------------------------------------------------------------------------------- */

static void expect_same_packing(const shy_tile_kernels *kernels, const shy_tile_kernels *portable)
{
    static double u[LONGEST], y[LONGEST];
    static float d[LONGEST + 1], expected[LONGEST + 1];
    for (int k = 0; k < LENGTHS; k++) {
        const int n = lengths[k];
        double partial[PARTIALS], other[PARTIALS];
        for (int i = 0; i < n; i++)
            u[i] = 5.0 + column_value(0, WIDE_LOGNORMAL, i), y[i] = normal(0, NORMAL, i);
        d[n] = expected[n] = 77.0F;
        kernels->pack(n, u, y, 6.5, 2.25, 0.01, d, partial);
        portable->pack(n, u, y, 6.5, 2.25, 0.01, expected, other);
        for (int i = 0; i <= n; i++)
            expect_close((double)d[i], (double)expected[i], 0x1p-23 * fabs((double)expected[i]));
        for (int p = 0; p < PARTIALS; p++)
            expect_close(partial[p], other[p], 1e-12 * (n + fabs(other[2]) + fabs(other[4])));
        expect_close(kernels->row_sum(n, u), portable->row_sum(n, u), 1e-14 * n * portable->row_sum(n, u));
        expect_close(kernels->row_square(n, u, 6.5), portable->row_square(n, u, 6.5),
                     1e-14 * n * portable->row_square(n, u, 6.5));
    }
}

static void packing_is_the_same_everywhere(void **state)
{
    (void)state;
    on_every_isa(expect_same_packing);
}

static wide column_exactly(shy_column_kind kind, float d, float y, float mu, float root)
{
    const wide u = (wide)d + (kind >= SHY_COLUMN_U ? (wide)mu / (wide)root : 0);
    if (kind == SHY_COLUMN_D || kind == SHY_COLUMN_U) return u;
    if (kind == SHY_COLUMN_D2 || kind == SHY_COLUMN_U2) return u * u * root;
    return (wide)y * u * (kind == SHY_COLUMN_YD2 || kind == SHY_COLUMN_YU2 ? u * root : 1);
}

static void expect_exact_columns(const shy_tile_kernels *kernels, const shy_tile_kernels *portable)
{
    static float d[LONGEST], y[LONGEST], out[LONGEST + 1];
    const float mu = -1.7F, root = 3.1F;
    (void)portable;
    for (int k = 0; k < LENGTHS * (SHY_COLUMN_YU2 + 1); k++) {
        const int n = lengths[k % LENGTHS];
        const shy_column_kind kind = (shy_column_kind)(k / LENGTHS);
        for (int i = 0; i < n; i++)
            d[i] = (float)normal(0, NORMAL, i), y[i] = (float)normal(0, OTHER_NORMAL, i);
        out[n] = 77.0F;
        kernels->column(kind, n, d, y, mu, root, out);
        assert_true(out[n] == 77.0F);
        for (int i = 0; i < n; i++) {
            const bool plain = kind == SHY_COLUMN_D2 || kind == SHY_COLUMN_U2, both = kind == SHY_COLUMN_YD2 || kind == SHY_COLUMN_YU2;
            const double size = fabs((double)d[i]) + 0.6, by = 1.0 + fabs((double)y[i]);
            const double most = plain ? 6.2 * size * size : both ? 6.2 * size * size * by : size * by;
            expect_close((double)out[i], (double)column_exactly(kind, d[i], y[i], mu, root), 4.0 * 0x1p-24 * most);
        }
    }
}

static void columns_of_stacks_are_what_they_stand_for(void **state)
{
    (void)state;
    on_every_isa(expect_exact_columns);
}

/* ---- bf16 -------------------------------------------------------------------------------------------------------------- */

/* To the nearest multiple of the spacing of 8-bit significands, ties to even: by arithmetic instead of bits. */
static double narrow_exactly(float value)
{
    int exponent = 0;
    (void)frexp((double)value, &exponent);
    const double spacing = ldexp(1.0, (exponent < -125 ? -125 : exponent) - 8);
    return rint((double)value / spacing) * spacing;
}

static float widened(uint16_t half)
{
    const uint32_t bits = (uint32_t)half << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static float difficult_float(int i)
{
    static const float special[] = {0.0F,
                                    -0.0F,
                                    1.0F,
                                    0x1.01p0F /* tie, down */,
                                    0x1.03p0F /* tie, up */,
                                    -0x1.01p0F,
                                    -0x1.03p0F,
                                    0x1.010002p0F,
                                    0x1.00fffep0F,
                                    0x1.ffp0F /* up to 2 */,
                                    0x1.fep127F,
                                    0x1p-126F,
                                    0x1p-133F,
                                    0x1.8p-133F,
                                    0x1p-134F,
                                    0x1p-149F};
    enum { SPECIALS = sizeof special / sizeof *special };
    if (i < SPECIALS) return special[i];
    const float value = (float)(normal(0, 1, i) * exp(8.0 * normal(0, 2, i)));
    return i % 3 ? value : (float)narrow_exactly(value) * (1.0F + 0x1p-8F); /* many ties and near-ties */
}

static void expect_nearest(const shy_tile_kernels *kernels, const shy_tile_kernels *portable)
{
    static float in[LONGEST], kept[LONGEST];
    static uint16_t out[LONGEST + 1];
    (void)portable;
    for (int k = 0; k < LENGTHS; k++) {
        const int n = lengths[k];
        for (int i = 0; i < n; i++)
            in[i] = kept[i] = difficult_float(i);
        out[n] = 77;
        (void)kernels->narrow(n, in, out);
        (void)kernels->narrow_in_place(n, kept);
        assert_int_equal(out[n], 77);
        for (int i = 0; i < n; i++) {
            const double expected = narrow_exactly(in[i]);
            if ((double)widened(out[i]) != expected || (double)kept[i] != expected) {
                fail_msg("%a becomes %a and %a instead of %a", (double)in[i], (double)widened(out[i]), (double)kept[i],
                         expected);
            }
        }
    }
}

static void narrowing_rounds_to_nearest_even(void **state)
{
    (void)state;
    on_every_isa(expect_nearest);
}

/* What is reported lost is what is lost, also of long columns; stacks rely on it to 2e-4. */
static void expect_true_share(const shy_tile_kernels *kernels, const shy_tile_kernels *portable)
{
    enum { LONG = 1 << 21 };
    float *in = calloc(LONG, sizeof *in);
    uint16_t *out = calloc(LONG, sizeof *out);
    (void)portable;
    for (int i = 0; i < LONG; i++)
        in[i] = i % 3 ? 0.7F : -1.3F; /* equal errors do not average out */
    for (int n = 1; n <= LONG; n *= 2) {
        wide lost = 0, norm = 0;
        const double share = kernels->narrow(n, in, out);
        for (int i = 0; i < n; i++)
            lost += powl((wide)in[i] - (wide)widened(out[i]), 2), norm += (wide)in[i] * (wide)in[i];
        expect_close(share, (double)(lost / norm), 1e-4 * (double)(lost / norm));
    }
    for (int n = 1; n <= 1 << 16; n *= 16) {
        const double share = kernels->narrow(n, in, out);
        expect_close(kernels->narrow_in_place(n, in), share, 1e-4 * share); /* changes `in` */
    }
    assert_true(kernels->narrow(0, in, out) == 0.0);
    free(in);
    free(out);
}

static void narrowing_says_what_it_lost(void **state)
{
    (void)state;
    on_every_isa(expect_true_share);
}

/* ---- pairs ------------------------------------------------------------------------------------------------------------- */

static void expect_exact_refinement(const shy_tile_kernels *kernels, const shy_tile_kernels *portable)
{
    static float u[LONGEST], v[LONGEST], y[LONGEST];
    (void)portable;
    for (int k = 0; k < LENGTHS; k++) {
        const int n = lengths[k];
        wide exact[5] = {0}, size[5] = {0};
        double sum[5] = {7, 7, 7, 7, 7};
        for (int i = 0; i < n; i++) {
            u[i] = (float)normal(1, NORMAL, i), v[i] = (float)normal(2, NORMAL, i), y[i] = (float)normal(3, NORMAL, i);
            const wide a = u[i], b = v[i], term[5] = {a * b, a * b * b, a * a * b, a * a * b * b, (wide)y[i] * a * b};
            for (int m = 0; m < 5; m++)
                exact[m] += term[m], size[m] += fabsl(term[m]);
        }
        kernels->refine(n, u, v, y, sum);
        for (int m = 0; m < 5; m++)
            expect_close(sum[m], (double)exact[m], 1e-15 * n * (double)size[m]);
    }
}

static void refined_sums_are_those_of_fp64(void **state)
{
    (void)state;
    on_every_isa(expect_exact_refinement);
}

/* Moments as benign pairs have them: nothing is lost by cancellation. */
static void make_block(int count, shy_bound_block *block)
{
    *block = (shy_bound_block){.count = count};
    for (int k = 0; k < count; k++) {
        block->e[k] = 1e-6;
        block->m11[k] = 0.3 * sin(k), block->m12[k] = 0.2 * cos(k), block->m21[k] = 0.1 * sin(2 * k),
        block->m22[k] = 1.5 + 0.4 * cos(3 * k), block->y11[k] = 0.2 * sin(5 * k);
        block->u.mu[k] = cos(k), block->u.scale[k] = 1.0 + 0.5 * sin(k), block->u.y[k] = 0.3 * cos(7 * k),
        block->u.fourth[k] = 2.0, block->u.weighted[k] = 1.1;
        block->v.mu[k] = 2 * sin(k), block->v.scale[k] = 0.7, block->v.y[k] = 0.2 * cos(5 * k),
        block->v.fourth[k] = 1.8, block->v.weighted[k] = 1.2;
    }
}

static void expect_same_bounds(const shy_tile_kernels *kernels, const shy_tile_kernels *portable)
{
    static shy_bound_block block;
    double bound[SHY_BOUND_BLOCK], expected[SHY_BOUND_BLOCK];
    for (int count = 0; count <= SHY_BOUND_BLOCK; count++) {
        make_block(count, &block);
        for (int form = 0; form < SHY_TILE_FORMS; form++) {
            kernels->bound(&block, (shy_tile_form)form, bound);
            portable->bound(&block, (shy_tile_form)form, expected);
            for (int k = 0; k < count; k++) {
                assert_true(expected[k] > 0.0 && expected[k] < 2.0);
                expect_close(bound[k], expected[k], 1e-13);
            }
        }
    }
}

static void bounds_are_the_same_everywhere(void **state)
{
    (void)state;
    on_every_isa(expect_same_bounds);
}

/* ---- the test of pairs against every rounding that ε allows ------------------------------------------------------------ */

enum { ROWS = 24, SLOTS = SHY_FLAG_BLOCK, PLANES = 5, PAIRS = 5000 };

/* A pair of columns, its exact moments, and how far off each may be. */
typedef struct {
    zoo z;
    double *column[2], value[2][ROWS], y[ROWS];
    shy_operand_sums sums[2];
    double moment[PLANES], length[PLANES], terms[PLANES]; /* in the order of the planes; ‖a‖·‖b‖, and Σ|a·b| */
    double r2[SHY_TILE_FORMS];
    double extra; /* Σ y·ũ·ṽ: what rounding of μ may add, in units of fp32 */
} trial;

static double draw(int pair, int stream, int i)
{
    return shy_random_normal(31, (uint64_t)(16 * pair + stream), (uint64_t)i);
}

static double choose(int pair, int stream, int most)
{
    return floor(shy_random_uniform(32, (uint64_t)(16 * pair + stream), 0) * most);
}

static double draw_value(int kind, double z, int i, int favoured)
{
    switch (kind) {
    case 0:
        return z;
    case 1:
        return exp(0.5 * z);
    case 2:
        return exp(1.5 * z);
    case 3:
        return i % 7 == favoured || z > 0.5 ? 1.0 : 0.0;
    case 4:
        return i == favoured ? 30.0 : 0.1 * z;
    default:
        return i == favoured ? 3.0 : floor(0.7 * exp(z));
    }
}

/* About a mean that is off by `off` standard deviations, as rounding makes it where it is far from 0. */
static void standardise(double *value, double off, shy_operand_sums *sums)
{
    const double mean = shy_row_sum(ROWS, value) / ROWS,
                 centre = mean + off * sqrt(shy_row_square(ROWS, value, mean) / ROWS);
    const double scale = sqrt(shy_row_square(ROWS, value, centre) / ROWS);
    *sums = (shy_operand_sums){.mean = centre, .scale = scale, .mu = centre / scale};
}

/* Columns of all shapes and distances from 0; the second may depend on the first up to 10^-k. */
static void draw_columns(int pair, double off, trial *t)
{
    static const double shift[] = {0.0, 0.0, 1.0, -3.0, 8.0, 60.0};
    const int kind = (int)choose(pair, 1, 6), other = (int)choose(pair, 2, 6), relation = (int)choose(pair, 3, 8),
              favoured = (int)choose(pair, 4, 7);
    const double noise = pow(10.0, -choose(pair, 5, 7));
    for (int i = 0; i < ROWS; i++) {
        const double u = draw_value(kind, draw(pair, 1, i), i, favoured),
                     v = draw_value(other, draw(pair, 2, i), i, (favoured + 1) % 7);
        t->value[0][i] = u;
        t->value[1][i] = relation == 0   ? u + noise * v
                         : relation == 1 ? u * u + noise * v
                         : relation == 2 ? 1.0 / (3.0 + fabs(u)) + noise * v
                                         : v;
    }
    for (int c = 0; c < 2; c++) {
        standardise(t->value[c], 0.0, &t->sums[c]);
        const double by = shift[(int)choose(pair, 6 + c, 6)] * t->sums[c].scale;
        for (int i = 0; i < ROWS; i++)
            t->value[c][i] += by;
        standardise(t->value[c], c ? -off : off, &t->sums[c]);
    }
}

/* A response that the two, their product and noise explain, each to any degree; or one sample alone. */
static void draw_response(int pair, trial *t)
{
    const double a = choose(pair, 8, 3) - 1, b = choose(pair, 9, 3) - 1, c = choose(pair, 10, 3) - 1,
                 noise = pow(10.0, 1 - choose(pair, 11, 7));
    shy_operand_sums sums;
    for (int i = 0; i < ROWS; i++) {
        const double u = (double)standardised(&t->z, 0, i), v = (double)standardised(&t->z, 1, i);
        t->y[i] = choose(pair, 12, 10) == 0 ? (i == 4) + 1e-4 * draw(pair, 3, i)
                                            : a * u + b * v + c * u * v + noise * draw(pair, 3, i);
    }
    standardise(t->y, 0.0, &sums);
    for (int i = 0; i < ROWS; i++)
        t->y[i] = (t->y[i] - sums.mean) / sums.scale;
}

static void draw_trial(int pair, double off, trial *t)
{
    wide memory[3][ROWS], *basis[3] = {memory[0], memory[1], memory[2]};
    bool ignored;
    t->column[0] = t->value[0], t->column[1] = t->value[1];
    t->z = (zoo){.n = ROWS, .count = 2, .column = t->column, .y = t->y, .sums = t->sums};
    draw_columns(pair, off, t);
    draw_response(pair, t);
    for (int form = 0; form < SHY_TILE_FORMS; form++) {
        t->r2[form] =
            fmin(regress(ROWS, t->y, basis, form_basis(&t->z, (shy_tile_form)form, 0, 1, basis), &ignored), 1.0);
    }
}

/* Exact moments of a set, with the length of either side and the sum of the absolute terms. */
static void measure(trial *t, shy_moments moments)
{
    wide sum[PLANES] = {0}, terms[PLANES] = {0}, left[PLANES] = {0}, right[PLANES] = {0};
    const bool raw = moments == SHY_MOMENTS_RAW;
    for (int i = 0; i < ROWS; i++) {
        const wide u = standardised(&t->z, 0, i) + (raw ? t->sums[0].mu : 0),
                   v = standardised(&t->z, 1, i) + (raw ? t->sums[1].mu : 0), y = t->y[i];
        const wide a[3][PLANES] = {{u}, {y * u, u, u * u}, {y * u, u, u * u, u, u * u}},
                   b[3][PLANES] = {{v}, {v, v, v * v}, {v, v, v, v * v, v * v}};
        for (int p = 0; p < PLANES; p++) {
            const wide x = a[moments][p] / ROWS, z = b[moments][p];
            sum[p] += x * z, terms[p] += fabsl(x * z), left[p] += x * a[moments][p], right[p] += z * z / ROWS;
        }
    }
    for (int p = 0; p < PLANES; p++) {
        t->moment[p] = (double)sum[p], t->terms[p] = (double)terms[p], t->length[p] = (double)sqrtl(left[p] * right[p]);
    }
    t->extra = raw ? 4.0 * 0x1p-24 * fabs(t->sums[0].mu) * (double)sqrtl(right[0]) : 0.0;
}

/* Every corner of what rounding may do, or points within. ε·‖a‖·‖b‖ and, but for RAW, η·Σ|a·b| are both kept. */
static void perturb(const trial *t, double e, double eta, int planes, bool within, shy_tile *tile)
{
    for (int p = 0; p < planes; p++) {
        const double most = tile->moments == SHY_MOMENTS_RAW ? e * t->length[p] + (p == 0 ? t->extra : 0.0)
                                                             : fmin(e * t->length[p], eta * t->terms[p]);
        const double radius =
            fmax(most - 0x1p-24 * (fabs(t->moment[p]) + most), 0.0); /* what comes of it is rounded to fp32 */
        for (int k = 0; k < SLOTS; k++) {
            const double sign = within         ? 2.0 * shy_random_uniform(33, (uint64_t)p, (uint64_t)k) - 1.0
                                : (k >> p) % 2 ? 1.0
                                               : -1.0;
            ((float *)tile->sum)[p * SLOTS + k] = (float)(t->moment[p] + sign * radius);
        }
    }
}

typedef struct {
    shy_panel *left, *right; /* one operand, and SLOTS times the other */
    shy_tile *tile;
    shy_pairs *pairs;
} bench;

static void load(const trial *t, bench *b)
{
    double partial[PARTIALS];
    shy_panel_pack(b->left, 0, t->value[0], &t->sums[0], partial);
    shy_panel_complete(b->left, 0, partial);
    for (int k = 0; k < SLOTS; k++) {
        shy_panel_pack(b->right, k, t->value[1], &t->sums[1], partial);
        shy_panel_complete(b->right, k, partial);
    }
    shy_panel_finish(b->left, 1);
    shy_panel_finish(b->right, SLOTS);
}

static void expect_all_kept(const trial *t, bench *b, int pair, double e, const double *floor)
{
    static const char *const set[] = {"linear", "raw", "full"};
    b->pairs->count = 0;
    shy_tile_flag(b->tile, b->left, 0, 0, b->right, e, floor, b->pairs);
    if (b->pairs->count == SLOTS) return;
    int missing = 0;
    while (missing < b->pairs->count && b->pairs->right[missing] == missing)
        missing++;
    fail_msg("pair %d, %s moments, ε %.3g, perturbation %d: dropped, although r² is %.9g (product), %.9g (weighted), "
             "%.9g (interaction); n %d",
             pair, set[b->tile->moments], e, missing, t->r2[SHY_TILE_PRODUCT], t->r2[SHY_TILE_WEIGHTED],
             t->r2[SHY_TILE_INTERACTION], t->z.n);
}

static void try_floors(const trial *t, bench *b, int pair, double e)
{
    static const shy_tile_form forms[] = {SHY_TILE_PRODUCT, SHY_TILE_SUM, SHY_TILE_WEIGHTED, SHY_TILE_INTERACTION};
    double all[SHY_TILE_FORMS] = {2, 2, 2, 2, 2, 2, 2};
    for (int k = 0; k < 4; k++) {
        double one[SHY_TILE_FORMS] = {2, 2, 2, 2, 2, 2, 2};
        if (forms[k] == SHY_TILE_INTERACTION && b->tile->moments != SHY_MOMENTS_FULL) continue;
        if (forms[k] == SHY_TILE_PRODUCT && b->tile->moments == SHY_MOMENTS_LINEAR) continue;
        one[forms[k]] = all[forms[k]] = t->r2[forms[k]] * (1.0 - 1e-12);
        expect_all_kept(t, b, pair, e, one);
    }
    expect_all_kept(t, b, pair, e, all);
}

static void try_perturbations(trial *t, bench *b, int pair)
{
    static const double epsilon[][2] = {
        {0x1p-20, 0x1p-20}, {1e-5, 1e-5}, {3e-4, 3e-4}, {3.5e-3, 7.9e-3}, {7.9e-3, 7.9e-3}};
    static const int planes[] = {1, 3, 5};
    load(t, b);
    for (int moments = 0; moments <= SHY_MOMENTS_FULL; moments++) {
        measure(t, (shy_moments)moments);
        *b->tile = (shy_tile){.capacity = b->tile->capacity,
                              .block = 1,
                              .padded = SLOTS,
                              .planes = planes[moments],
                              .precision = SHY_FP32,
                              .moments = (shy_moments)moments,
                              .sum = b->tile->sum};
        for (int k = 0; k < 10; k++) {
            b->tile->each = epsilon[k / 2][1];
            perturb(t, epsilon[k / 2][0], epsilon[k / 2][1], planes[moments], k % 2, b->tile);
            try_floors(t, b, pair, epsilon[k / 2][0]);
        }
    }
}

/* The same corners as moments of flagged pairs: no bound may sink below r². */
static void try_bounds(trial *t, bench *b, int pair)
{
    static const double open[SHY_TILE_FORMS] = {0}, epsilon[] = {3e-15, 1e-11, 2.6e-7, 1.5e-5, 3e-3};
    static const int plane[5] = {1, 3, 2, 4, 0}; /* M11, M12, M21, M22, Y11 */
    shy_tile_hit hit[SLOTS * SHY_TILE_FORMS];
    load(t, b);
    measure(t, SHY_MOMENTS_FULL);
    b->pairs->count = SLOTS;
    for (int step = 0; step < 5; step++) {
        b->pairs->epsilon = epsilon[step];
        for (int k = 0; k < SLOTS; k++) {
            b->pairs->left[k] = 0, b->pairs->right[k] = k;
            for (int m = 0; m < 5; m++) {
                const int p = plane[m];
                b->pairs->moment[5 * k + m] = t->moment[p] + ((k >> p) % 2 ? 1.0 : -1.0) * epsilon[step] * t->length[p];
            }
        }
        assert_int_equal(shy_pairs_bound(b->left, b->right, b->pairs, open, hit), SLOTS * SHY_TILE_FORMS);
        for (int h = 0; h < SLOTS * SHY_TILE_FORMS; h++) {
            if (hit[h].bound >= t->r2[hit[h].form] - 1e-13) continue;
            fail_msg("pair %d, form %d, ε %.3g, perturbation %d: bound %.15g is below r² %.15g", pair, (int)hit[h].form,
                     epsilon[step], hit[h].right, hit[h].bound, t->r2[hit[h].form]);
        }
    }
}

static void on_every_trial(double off, void (*attempt)(trial *t, bench *b, int pair))
{
    static trial t;
    bench b = {0};
    assert_int_equal(shy_panel_create(1, 1, ROWS, ROWS, &(shy_tile_metric){.response = t.y}, true, false, &b.left), SHY_OK);
    assert_int_equal(shy_panel_create(SLOTS, 0, ROWS, ROWS, &(shy_tile_metric){.response = t.y}, false, false, &b.right), SHY_OK);
    assert_int_equal(shy_tile_create(1, SLOTS, 0, false, &b.tile), SHY_OK);
    assert_int_equal(shy_pairs_create(SLOTS, 0, &b.pairs), SHY_OK);
    for (int pair = 0; pair < PAIRS; pair++) {
        draw_trial(pair, off, &t);
        attempt(&t, &b, pair);
    }
    shy_panel_destroy(&b.left);
    shy_panel_destroy(&b.right);
    shy_tile_destroy(&b.tile);
    shy_pairs_destroy(&b.pairs);
}

static void flag_trials(const shy_tile_kernels *kernels, const shy_tile_kernels *portable)
{
    (void)kernels, (void)portable;
    on_every_trial(0.0, try_perturbations);
    on_every_trial(1e-6, try_perturbations);
}

static void bound_trials(const shy_tile_kernels *kernels, const shy_tile_kernels *portable)
{
    (void)kernels, (void)portable;
    on_every_trial(0.0, try_bounds);
}

static void no_rounding_within_epsilon_drops_a_pair(void **state)
{
    (void)state;
    on_every_isa(flag_trials);
}

static void no_rounding_within_epsilon_sinks_a_bound(void **state)
{
    (void)state;
    on_every_isa(bound_trials);
}

/* A pair far below its floor is dropped, but not if one of its sums is not a number. */
static void expect_strange_kept(const shy_tile_kernels *kernels, const shy_tile_kernels *portable)
{
    static float zero[SLOTS], one[SLOTS], odd[SLOTS];
    int (*const flag[])(const shy_flag_row *, int32_t *) = {kernels->flag_full, kernels->flag_both,
                                                            kernels->flag_product, kernels->flag_linear};
    static const int planes[] = {5, 3, 3, 1};
    int32_t index[SLOTS];
    (void)portable;
    for (int k = 0; k < SLOTS; k++)
        one[k] = 1.0F;
    shy_flag_row row = {.count = SLOTS,
                        .right = {.y = zero, .fourth = one, .weighted = one, .mu = zero, .length = one, .square = one, .lifted = one},
                        .fourth = 1.0F,
                        .weighted = 1.0F,
                        .length = 1.0F,
                        .square = 1.0F,
                        .e = 1e-5F,
                        .each = 1e-5F,
                        .e2 = 1e-6F,
                        .reach = 1e-5F,
                        .floor = 0.5F,
                        .floor_product = 0.5F};
    for (int f = 0; f < 4; f++) {
        for (int p = 0; p < planes[f]; p++) {
            for (int q = 0; q < planes[f]; q++)
                row.plane[q] = q == (f == 0 ? 4 : 2) ? one : zero; /* M22, Σũ²ṽ² */
            assert_int_equal(flag[f](&row, index), 0);
            memcpy(odd, row.plane[p], sizeof odd);
            odd[11] = NAN;
            row.plane[p] = odd;
            assert_int_equal(flag[f](&row, index), 1);
            assert_int_equal(index[0], 11);
        }
    }
}

static void what_is_not_a_number_is_kept(void **state)
{
    (void)state;
    on_every_isa(expect_strange_kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packing_is_the_same_everywhere),
        cmocka_unit_test(columns_of_stacks_are_what_they_stand_for),
        cmocka_unit_test(narrowing_rounds_to_nearest_even),
        cmocka_unit_test(narrowing_says_what_it_lost),
        cmocka_unit_test(refined_sums_are_those_of_fp64),
        cmocka_unit_test(bounds_are_the_same_everywhere),
        cmocka_unit_test(no_rounding_within_epsilon_drops_a_pair),
        cmocka_unit_test(no_rounding_within_epsilon_sinks_a_bound),
        cmocka_unit_test(what_is_not_a_number_is_kept),
    };
    return cmocka_run_group_tests_name("tile kernels", tests, NULL, NULL);
}
