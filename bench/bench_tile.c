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

enum { CAPACITY = 1024, BLOCK = 256, RIGHT = 512, RUNS_MOST = 64, SETS = 3 };

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
    double partial[SHY_OPERAND_PARTIALS];
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

/* All blocks of the left panel against the right one, as a search does it; nothing comes near these floors. */
static double time_tiles(workshop *w, shy_precision precision, shy_moments moments)
{
    static const double floors[SETS][SHY_TILE_FORMS] = {{2, 0.9, 0.9, 0.9, 2, 2, 2}, {0.9, 0.9, 0.9, 2, 2, 2, 2}, {0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9}};
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
    static const char *const name[SETS] = {"linear", "raw", "full"};
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
           shy_precision_name(precision), name[moments], pairs / t, forms[moments] * pairs / t, work / t, work / l);
    if (floats) printf(" blas_gflops=%.4g", work / b);
    printf(" ratio=%.3f packing=%.4f\n", l / t, 2.0 * p / (t * CAPACITY / RIGHT));
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
    set_up(&w);
    for (int precision = SHY_FP32; precision < SHY_PRECISIONS; precision++) {
        if (precision == SHY_BF16 && !shy_bf16_native()) {
            puts("# no bf16: this processor, or this build, has no matrix products in it");
            continue;
        }
        for (int moments = SETS - 1; moments >= 0; moments--) report(&w, (shy_precision)precision, (shy_moments)moments, runs);
    }
    return 0;
}
