/* tile_zoo.h: columns that are hard on moments and bounds, packed into panels, and the tiles of all against all. */
#ifndef TILE_ZOO_H
#define TILE_ZOO_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "shihyo/tile.h"

typedef long double wide;

/* ---- columns ----------------------------------------------------------------------------------------------------- */

enum {
    LOGNORMAL,
    WIDE_LOGNORMAL,
    NORMAL,
    OTHER_NORMAL,
    BENIGN, /* the kinds before this one */
    FAR_MEAN = BENIGN,
    OTHER_FAR_MEAN,
    HEAVY_TAILS,
    NEAR_6, /* correlation with LOGNORMAL 1 − 1e-6, 1 − 1e-8, 1 − 1e-10 */
    NEAR_8,
    NEAR_10,
    RECIPROCAL,     /* of LOGNORMAL: their product is 1 */
    FAR_RECIPROCAL, /* of FAR_MEAN */
    TWO_VALUED,
    RARE,
    SINGLE, /* one 1 among zeros */
    COUNTS, /* skewed, most of them 0 */
    OUTLIER,
    TINY,
    HUGE_NEGATIVE,
    TWIN, /* the response up to 1e-9 */
    KINDS,
    FARTHEST = KINDS, /* so far that the mean itself is off by 1e-7 standard deviations */
    ALL_KINDS
};

/* Copies differ in their random numbers. */
static inline double normal(int copy, int stream, int i)
{
    return shy_random_normal(11 + (uint64_t)copy, (uint64_t)stream, (uint64_t)i);
}

static inline double column_value(int copy, int kind, int i)
{
    const double lognormal = exp(0.5 * normal(copy, LOGNORMAL, i)), own = normal(copy, kind, i);
    switch (kind) {
    case LOGNORMAL:
        return lognormal;
    case WIDE_LOGNORMAL:
        return exp(own);
    case FAR_MEAN:
        return 1e6 + normal(copy, FAR_MEAN, i);
    case OTHER_FAR_MEAN:
        return 3e6 - 3.0 * own;
    case HEAVY_TAILS:
        return own * own * own * exp(own);
    case NEAR_6:
        return lognormal + 0.604 * sqrt(2e-6) * own;
    case NEAR_8:
        return lognormal + 0.604 * sqrt(2e-8) * own;
    case NEAR_10:
        return 7.0 - 2.0 * (lognormal + 0.604 * sqrt(2e-10) * own);
    case RECIPROCAL:
        return 1.0 / lognormal;
    case FAR_RECIPROCAL:
        return 1.0 / (1e6 + normal(copy, FAR_MEAN, i));
    case TWO_VALUED:
        return i == 1 || own > 0.3 ? 1.0 : 0.0;
    case RARE:
        return i % (97 - copy) == 5 ? 1.0 : 0.0;
    case SINGLE:
        return i == 7 - copy % 8 ? 1.0 : 0.0;
    case COUNTS:
        return i == 2 ? 4.0 : floor(0.6 * exp(1.2 * own));
    case OUTLIER:
        return i == 3 ? 1e5 : own;
    case TINY:
        return 1e-12 * own + 1e-13;
    case FARTHEST:
        return 1e9 + own;
    case HUGE_NEGATIVE:
        return -1e9 * exp(0.3 * own);
    default:
        return own;
    }
}

/* Column c is of kind c mod kinds, and of copy c div kinds. */
typedef struct {
    int n, kinds, count;
    double **column;
    double *y;
    shy_operand_sums *sums; /* mean, scale, mu */
} zoo;

/* A response that depends on columns, products and ratios, with Σy = 0 and Σy² = n. */
static inline void make_response(zoo *z)
{
    double mean = 0.0, square = 0.0;
    for (int i = 0; i < z->n; i++) {
        const double lognormal = column_value(0, LOGNORMAL, i);
        z->y[i] = (2.5 - lognormal) * column_value(0, WIDE_LOGNORMAL, i) + column_value(0, NORMAL, i) / lognormal +
                  0.5 * column_value(0, TWO_VALUED, i) + 0.3 * (column_value(0, FAR_MEAN, i) - 1e6) + normal(0, 100, i);
        mean += z->y[i] / z->n;
    }
    for (int i = 0; i < z->n; i++)
        z->y[i] -= mean;
    for (int i = 0; i < z->n; i++)
        square += z->y[i] * z->y[i];
    for (int i = 0; i < z->n; i++)
        z->y[i] /= sqrt(square / z->n);
}

static inline void make_column(zoo *z, int c)
{
    const int kind = c % z->kinds, copy = c / z->kinds;
    double *u = z->column[c];
    for (int i = 0; i < z->n; i++)
        u[i] = kind == TWIN ? z->y[i] + 1e-9 * normal(copy, TWIN, i) : column_value(copy, kind, i);
    const double mean = shy_row_sum(z->n, u) / z->n, scale = sqrt(shy_row_square(z->n, u, mean) / z->n);
    assert_true(scale > 1e-13 * fabs(mean));
    z->sums[c] = (shy_operand_sums){.mean = mean, .scale = scale, .mu = mean / scale};
}

static inline zoo *zoo_create(int n, int copies, int kinds)
{
    zoo *z = calloc(1, sizeof *z);
    *z = (zoo){.n = n, .kinds = kinds, .count = copies * kinds};
    z->y = calloc((size_t)n, sizeof *z->y);
    z->column = calloc((size_t)z->count, sizeof *z->column);
    z->sums = calloc((size_t)z->count, sizeof *z->sums);
    make_response(z);
    for (int c = 0; c < z->count; c++) {
        z->column[c] = calloc((size_t)n, sizeof(double));
        make_column(z, c);
    }
    return z;
}

static inline void zoo_free(zoo *z)
{
    for (int c = 0; c < z->count; c++)
        free(z->column[c]);
    free(z->column);
    free(z->sums);
    free(z->y);
    free(z);
}

/* d of column c, as the panel has to have it. */
static inline wide standardised(const zoo *z, int c, int i)
{
    return ((wide)z->column[c][i] - (wide)z->sums[c].mean) / (wide)z->sums[c].scale;
}

/* ---- panels and tiles ---------------------------------------------------------------------------------------------- */

/* All columns against all columns; two row blocks hold a third and two thirds of the rows, and add their sums as ranks do. */
typedef struct {
    zoo *z;
    int row_blocks;
    shy_panel *left[2], *right[2]; /* of each row block */
    shy_tile *tile, *part;
    shy_pairs *pairs;
    double epsilon; /* of the tile */
} setting;

enum { PARTIALS = SHY_OPERAND_PARTIALS };

/* Rows first … first + rows − 1 of all columns; the partial sums are added to partial[column × PARTIALS]. */
static inline shy_panel *pack_rows(const zoo *z, int first, int rows, int block, double *partial)
{
    const shy_tile_metric metric = {.response = z->y + first};
    shy_panel *panel = NULL;
    double out[PARTIALS];
    assert_int_equal(shy_panel_create(z->count, block, rows, (uint64_t)z->n, &metric, block > 0, true, &panel),
                     SHY_OK);
    for (int c = 0; c < z->count; c++) {
        shy_panel_pack(panel, c, z->column[c] + first, &z->sums[c], out);
        for (int k = 0; k < PARTIALS; k++)
            partial[c * PARTIALS + k] += out[k];
    }
    return panel;
}

static inline void complete(const zoo *z, const double *partial, shy_panel *panel)
{
    for (int c = 0; c < z->count; c++)
        shy_panel_complete(panel, c, partial + c * PARTIALS);
    shy_panel_finish(panel, z->count);
}

/* Tiles of at most `block` left operands. Takes over the zoo. */
static inline setting setting_create(zoo *z, int block, int row_blocks)
{
    setting s = {.z = z, .row_blocks = row_blocks};
    double *partial = calloc((size_t)z->count * PARTIALS, sizeof *partial),
           *again = calloc((size_t)z->count * PARTIALS, sizeof *again);
    const int first[3] = {0, row_blocks == 1 ? z->n : z->n / 3, z->n};
    assert_int_equal(shy_tile_create(block, z->count, 0, true, &s.tile), SHY_OK);
    assert_int_equal(shy_tile_create(block, z->count, 0, true, &s.part), SHY_OK);
    assert_int_equal(shy_pairs_create(z->count * z->count, 0, &s.pairs), SHY_OK);
    for (int b = 0; b < row_blocks; b++) {
        s.left[b] = pack_rows(z, first[b], first[b + 1] - first[b], block, partial);
        s.right[b] = pack_rows(z, first[b], first[b + 1] - first[b], 0, again);
    }
    assert_memory_equal(partial, again, (size_t)z->count * PARTIALS * sizeof *partial);
    for (int b = 0; b < row_blocks; b++)
        complete(z, partial, s.left[b]), complete(z, partial, s.right[b]);
    free(partial);
    free(again);
    return s;
}

static inline void setting_free(setting *s)
{
    for (int b = 0; b < s->row_blocks; b++)
        shy_panel_destroy(&s->left[b]), shy_panel_destroy(&s->right[b]);
    shy_tile_destroy(&s->tile);
    shy_tile_destroy(&s->part);
    shy_pairs_destroy(&s->pairs);
    zoo_free(s->z);
}

static inline void add_part(setting *s)
{
    const int64_t numbers = shy_tile_numbers(s->tile);
    assert_int_equal(shy_tile_numbers(s->part), numbers);
    for (int64_t k = 0; k < numbers; k++) {
        if (s->tile->precision == SHY_FP64)
            ((double *)s->tile->sum)[k] += ((const double *)s->part->sum)[k];
        else
            ((float *)s->tile->sum)[k] += ((const float *)s->part->sum)[k];
    }
}

static inline void fill(setting *s, int index, shy_precision precision, shy_moments moments)
{
    for (int b = 0; b < s->row_blocks; b++) {
        assert_int_equal(shy_tile_moments(s->left[b], index, s->right[b], precision, moments, b ? s->part : s->tile),
                         SHY_OK);
        if (b) add_part(s);
    }
    s->epsilon = shy_tile_epsilon(s->tile, s->left[0], s->right[0], s->row_blocks);
}

/* The flagged pairs of one row of the tile. */
static inline void flag_row(setting *s, int index, int i, const double *floor)
{
    s->pairs->count = 0;
    shy_tile_flag(s->tile, s->left[0], index, i, s->right[0], s->epsilon, floor, s->pairs);
}

static inline bool holds_right(const shy_pairs *pairs, int right)
{
    for (int k = 0; k < pairs->count; k++) {
        if (pairs->right[k] == right) return true;
    }
    return false;
}

static inline double tile_sum(const shy_tile *tile, int plane, int i, int j)
{
    const size_t at = ((size_t)plane * (size_t)tile->block + (size_t)i) * (size_t)tile->padded + (size_t)j;
    return tile->precision == SHY_FP64 ? ((const double *)tile->sum)[at] : (double)((const float *)tile->sum)[at];
}

static const int sizes[] = {11, 16, 63, 200, 256, 257, 1000, 2000, 5000};
enum { SIZES = sizeof sizes / sizeof *sizes };

/* bf16 is for tiles of at least 64 × 64, padding included: two copies of the zoo. */
enum { COPIES = 2, BLOCK = 64 };

#endif
