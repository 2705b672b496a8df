/*
 * bench_tile: tiles against the matrix products of the library they are made of, on one core.
 *
 *   bench_tile N [RUNS]
 *
 * For log-normal operands of N samples, a line per type and set of moments:
 *
 *   tile n=200 precision=fp32 moments=full pairs_per_second=… formulas_per_second=… gflops=… library_gflops=… blas_gflops=… ratio=… packing=…
 *
 * A tile is its products and the test of every pair; formulas are the closed forms of a pair (full: u·v, u + v, u − v, u + c·v, (u + c)·v,
 * u·(v + c), (u + a)·(v + b); raw: the first three; linear: sum, difference, weighted sum). library: the same products alone, by the
 * library that the tile uses (of BLAS and oneDNN the faster); blas: by the BLAS. ratio: flop rate of the tile over that of the library.
 * packing: seconds of standardising, packing and stacking operands over those of the tiles of CAPACITY × CAPACITY operands. Medians of
 * RUNS runs, taken in turns, in seconds of the processor.
 *
 *   sights n=200 precision=bf16 moments=full segments=5 pairs_per_second=… ratio=…
 *
 * is one tile of five segments (cross-validation), flagged on all samples and without each of them; ratio: its time to that of a plain tile.
 */
#include "shy_config.h"

#include <cblas.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "shihyo/tile.h"
#include "tile/matmul.h"
#include "tile/stack.h"

enum { CAPACITY = 1024, BLOCK = 256, RIGHT = 512, RUNS_MOST = 64, SETS = 3, FOLDS = 5, SIGHTS = FOLDS + 1 };

typedef struct {
    int rows;
    double *y, *values; /* CAPACITY × rows */
    shy_panel *left, *right;
    shy_tile *tile;
    shy_pairs *pairs;
} workshop;

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void must(shy_status st)
{
    if (st == SHY_OK) return;
    fprintf(stderr, "bench_tile: %s\n", shy_error_message());
    exit(1);
}

static void draw(workshop *w)
{
    double mean = 0.0, square = 0.0;
    for (int i = 0; i < w->rows; i++) w->y[i] = shy_random_normal(7, 1, (uint64_t)i), mean += w->y[i] / w->rows;
    for (int i = 0; i < w->rows; i++) w->y[i] -= mean, square += w->y[i] * w->y[i] / w->rows;
    for (int i = 0; i < w->rows; i++) w->y[i] /= sqrt(square);
    for (long k = 0; k < (long)CAPACITY * w->rows; k++) w->values[k] = exp(0.5 * shy_random_normal(8, 2, (uint64_t)k));
}

static void pack(const workshop *w, shy_panel *panel, int count)
{
    double partial[SHY_OPERAND_PARTIALS + FOLDS * SHY_SEGMENT_SUMS];
    for (int k = 0; k < count; k++) {
        const double *u = w->values + (size_t)k * (size_t)w->rows;
        shy_operand_sums sums = {.mean = shy_row_sum(w->rows, u) / w->rows};
        sums.scale = sqrt(shy_row_square(w->rows, u, sums.mean) / w->rows);
        sums.mu = sums.mean / sums.scale;
        shy_panel_pack(panel, k, u, &sums, partial);
        shy_panel_complete(panel, k, partial);
    }
    shy_panel_finish(panel, count);
}

static const char *const moments_name[SETS] = {"linear", "raw", "full"};
/* Nothing comes near these. */
static const double floors[SETS][SHY_TILE_FORMS] = {{2, 0.9, 0.9, 0.9, 2, 2, 2}, {0.9, 0.9, 0.9, 2, 2, 2, 2}, {0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9}};

/* All blocks of the left panel against the right one, as a search does it. */
static double time_tiles(workshop *w, shy_precision precision, shy_moments moments)
{
    const double start = seconds();
    for (int b = 0; b < shy_panel_blocks(w->left); b++) {
        must(shy_tile_moments(w->left, b, w->right, precision, moments, w->tile));
        const double epsilon = shy_tile_epsilon(w->tile, w->left, w->right, 1);
        w->pairs->count = 0;
        for (int i = 0; i < shy_panel_block_count(w->left, b); i++) shy_tile_flag(w->tile, w->left, b, i, w->right, epsilon, floors[moments], w->pairs);
    }
    return seconds() - start;
}

static void multiply(const workshop *w, shy_precision precision, bool blas, int m, const void *left, const void *right)
{
    const int n = w->right->padded, stride = w->left->stride;
    if (blas) cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, m, n, w->rows, 1.0F, left, stride, right, stride, 0.0F, w->tile->sum, n);
    else must(shy_matmul(precision, m, n, w->rows, left, right, stride, w->tile->sum, n));
}

/* The products of these tiles alone, on the same stacks: parts of the left stack times each part of the right one. */
static double time_products(const workshop *w, shy_precision precision, shy_moments moments, bool blas)
{
    static const int first[SETS][2] = {{0, 0}, {0, 2}, {0, 1}}, parts[SETS][2] = {{1, 0}, {2, 1}, {3, 2}};
    const size_t column = (size_t)w->left->stride * shy_stack_element(precision), block = (size_t)w->left->block;
    const size_t all = (size_t)shy_stack_parts(w->left, moments);
    const double start = seconds();
    for (int b = 0; b < shy_panel_blocks(w->left); b++) {
        for (int p = 0; p < 2 && parts[moments][p] > 0; p++) {
            const char *left = (const char *)w->left->stack + ((size_t)b * all + (size_t)first[moments][p]) * block * column;
            const char *right = (const char *)w->right->stack + (size_t)p * (size_t)w->right->padded * column;
            multiply(w, precision, blas, parts[moments][p] * w->left->block, left, right);
        }
    }
    return seconds() - start;
}

static double time_packing(workshop *w, shy_precision precision, shy_moments moments)
{
    const double start = seconds();
    pack(w, w->left, CAPACITY);
    must(shy_panel_stack(w->left, precision, moments));
    return seconds() - start;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, int count)
{
    qsort(values, (size_t)count, sizeof *values, compare);
    return count % 2 ? values[count / 2] : 0.5 * (values[count / 2 - 1] + values[count / 2]);
}

static void report(workshop *w, shy_precision precision, shy_moments moments, int runs)
{
    static const double flops[SETS] = {2.0, 6.0, 10.0}, forms[SETS] = {3.0, 3.0, 7.0};
    double tile[RUNS_MOST], library[RUNS_MOST], blas[RUNS_MOST], packing[RUNS_MOST];
    const bool floats = precision == SHY_FP32;
    for (int k = -1; k < runs; k++) { /* the first round only warms up */
        const int at = k < 0 ? 0 : k;
        packing[at] = time_packing(w, precision, moments);
        tile[at] = time_tiles(w, precision, moments);
        library[at] = time_products(w, precision, moments, false);
        blas[at] = floats ? time_products(w, precision, moments, true) : 0.0;
    }
    const double pairs = (double)CAPACITY * RIGHT, work = flops[moments] * w->rows * pairs * 1e-9;
    const double t = median(tile, runs), l = median(library, runs), b = median(blas, runs), p = median(packing, runs);
    printf("tile n=%d precision=%s moments=%s pairs_per_second=%.4g formulas_per_second=%.4g gflops=%.4g library_gflops=%.4g", w->rows,
           shy_precision_name(precision), moments_name[moments], pairs / t, forms[moments] * pairs / t, work / t, work / l);
    if (floats) printf(" blas_gflops=%.4g", work / b);
    printf(" ratio=%.3f packing=%.4f\n", l / t, 2.0 * p / (t * CAPACITY / RIGHT));
}

/* ---- sights ------------------------------------------------------------------------------------------------------------ */

typedef struct {
    int block, right_count, cut[FOLDS + 1];
    uint64_t samples[FOLDS];
    shy_tile_layout layout;
    shy_tile_metric metric;
    shy_panel *left, *right, *seen_left[SIGHTS], *seen_right[SIGHTS];
    shy_tile *tile, seen[SIGHTS];
    shy_pairs *pairs[SIGHTS];
} lookout;

/* The response on the samples of a sight has mean 0 and mean square 1. */
static shy_sight sight_of(const workshop *w, const lookout *o, int out)
{
    double mean = 0.0, square = 0.0;
    int count = 0;
    for (int i = 0; i < w->rows; i++) {
        if (out >= 0 && i >= o->cut[out] && i < o->cut[out + 1]) continue;
        mean += w->y[i], square += w->y[i] * w->y[i], count++;
    }
    mean /= count;
    return (shy_sight){.left_out = out, .level = mean, .scale = sqrt(square / count - mean * mean)};
}

static void look_out(workshop *w, lookout *o)
{
    for (int s = 0; s <= FOLDS; s++) o->cut[s] = (int)((long)w->rows * s / FOLDS);
    for (int s = 0; s < FOLDS; s++) o->samples[s] = (uint64_t)(o->cut[s + 1] - o->cut[s]);
    o->layout = (shy_tile_layout){.segments = FOLDS, .cut = o->cut, .samples = o->samples};
    o->metric = (shy_tile_metric){.response = w->y, .layout = &o->layout};
    shy_tile_advise(&o->metric, &o->block, &o->right_count);
    must(shy_panel_create(CAPACITY, o->block, w->rows, (uint64_t)w->rows, &o->metric, true, false, &o->left));
    must(shy_panel_create(o->right_count, 0, w->rows, (uint64_t)w->rows, &o->metric, false, false, &o->right));
    must(shy_tile_create_for(o->block, o->right_count, &o->metric, false, &o->tile));
    pack(w, o->left, CAPACITY);
    pack(w, o->right, o->right_count);
    for (int v = 0; v < SIGHTS; v++) {
        const shy_sight sight = sight_of(w, o, v - 1);
        must(shy_panel_see(o->left, &sight, &o->seen_left[v]));
        must(shy_panel_see(o->right, &sight, &o->seen_right[v]));
        must(shy_pairs_create(o->block * o->right_count + o->right_count, 0, &o->pairs[v]));
        shy_panel_look(o->seen_left[v]);
        shy_panel_look(o->seen_right[v]);
    }
}

static double time_sights(lookout *o, shy_precision precision, shy_moments moments)
{
    double floor[SIGHTS][SHY_TILE_FORMS], epsilon[SIGHTS];
    const shy_tile *seen[SIGHTS];
    const double start = seconds();
    for (int b = 0; b < shy_panel_blocks(o->left); b++) {
        must(shy_tile_moments(o->left, b, o->right, precision, moments, o->tile));
        for (int v = 0; v < SIGHTS; v++) {
            shy_tile_look(o->tile, o->seen_left[v], o->seen_right[v], &o->seen[v]);
            epsilon[v] = shy_tile_epsilon(&o->seen[v], o->seen_left[v], o->seen_right[v], 1);
            for (int form = 0; form < SHY_TILE_FORMS; form++) floor[v][form] = floors[moments][form];
            seen[v] = &o->seen[v];
            o->pairs[v]->count = 0;
        }
        for (int i = 0; i < shy_panel_block_count(o->left, b); i++)
            shy_tile_flag_sights(SIGHTS, seen, b, i, epsilon, (const double(*)[SHY_TILE_FORMS])floor, o->pairs);
    }
    return seconds() - start;
}

static void report_sights(workshop *w, lookout *o, shy_precision precision, shy_moments moments, int runs)
{
    double plain[RUNS_MOST], seen[RUNS_MOST];
    for (int k = -1; k < runs; k++) {
        const int at = k < 0 ? 0 : k;
        plain[at] = time_tiles(w, precision, moments) / RIGHT;
        seen[at] = time_sights(o, precision, moments) / o->right_count;
    }
    const double p = median(plain, runs), s = median(seen, runs);
    printf("sights n=%d precision=%s moments=%s segments=%d pairs_per_second=%.4g ratio=%.3f\n", w->rows, shy_precision_name(precision),
           moments_name[moments], FOLDS, CAPACITY / s, s / p);
}

static void set_up(workshop *w)
{
    must(shy_new((size_t)w->rows, sizeof *w->y, &w->y));
    must(shy_new((size_t)CAPACITY * (size_t)w->rows, sizeof *w->values, &w->values));
    draw(w);
    const shy_tile_metric metric = {.response = w->y};
    must(shy_panel_create(CAPACITY, BLOCK, w->rows, (uint64_t)w->rows, &metric, true, false, &w->left));
    must(shy_panel_create(RIGHT, 0, w->rows, (uint64_t)w->rows, &metric, false, false, &w->right));
    must(shy_tile_create(BLOCK, RIGHT, 0, false, &w->tile));
    must(shy_pairs_create(BLOCK * RIGHT + RIGHT, 0, &w->pairs));
    pack(w, w->right, RIGHT);
}

int main(int argc, char **argv)
{
    workshop w = {.rows = argc > 1 ? atoi(argv[1]) : 0};
    const int runs = argc > 2 ? atoi(argv[2]) : 7;
    if (w.rows < 2 || runs < 1 || runs > RUNS_MOST) {
        fputs("usage: bench_tile SAMPLES [RUNS], 2 samples or more, 1 to 64 runs\n", stderr);
        return 64;
    }
    static lookout o;
    set_up(&w);
    if (w.rows >= 2 * FOLDS) look_out(&w, &o);
    for (int precision = SHY_FP32; precision < SHY_PRECISIONS; precision++) {
        if (precision == SHY_BF16 && !shy_bf16_native()) {
            puts("# no bf16: this processor, or this build, has no matrix products in it");
            continue;
        }
        for (int moments = SETS - 1; moments >= 0; moments--) report(&w, (shy_precision)precision, (shy_moments)moments, runs);
        for (int moments = SETS - 1; w.rows >= 2 * FOLDS && moments >= 0; moments--)
            report_sights(&w, &o, (shy_precision)precision, (shy_moments)moments, runs);
    }
    return 0;
}
