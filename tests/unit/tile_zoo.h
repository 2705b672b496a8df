/* tile_zoo.h: columns that are hard on moments and bounds, packed into panels, and the tile of all against all. */
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
    BENIGN, /* the columns before this one */
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
    OUTLIER,
    TINY,
    HUGE_NEGATIVE,
    COLUMNS
};

static inline double normal(int stream, int i)
{
    return shy_random_normal(11, (uint64_t)stream, (uint64_t)i);
}

static inline double column_value(int column, int i)
{
    const double lognormal = exp(0.5 * normal(LOGNORMAL, i)), own = normal(column, i);
    switch (column) {
    case LOGNORMAL: return lognormal;
    case WIDE_LOGNORMAL: return exp(own);
    case FAR_MEAN: return 1e6 + normal(FAR_MEAN, i);
    case OTHER_FAR_MEAN: return 3e6 - 3.0 * own;
    case HEAVY_TAILS: return own * own * own * exp(own);
    case NEAR_6: return lognormal + 0.604 * sqrt(2e-6) * own;
    case NEAR_8: return lognormal + 0.604 * sqrt(2e-8) * own;
    case NEAR_10: return 7.0 - 2.0 * (lognormal + 0.604 * sqrt(2e-10) * own);
    case RECIPROCAL: return 1.0 / lognormal;
    case FAR_RECIPROCAL: return 1.0 / (1e6 + normal(FAR_MEAN, i));
    case TWO_VALUED: return own > 0.3 ? 1.0 : 0.0;
    case RARE: return i % 97 == 5 ? 1.0 : 0.0;
    case OUTLIER: return i == 3 ? 1e5 : own;
    case TINY: return 1e-12 * own + 1e-13;
    case HUGE_NEGATIVE: return -1e9 * exp(0.3 * own);
    default: return own;
    }
}

typedef struct {
    int n;
    double *column[COLUMNS];
    double *y;
    shy_operand_sums sums[COLUMNS]; /* mean, scale, mu; y, fourth and weighted once packed */
} zoo;

/* A response that depends on columns, products and ratios, with Σy = 0 and Σy² = n. */
static inline void make_response(zoo *z)
{
    double mean = 0.0, square = 0.0;
    for (int i = 0; i < z->n; i++) {
        z->y[i] = (2.5 - z->column[LOGNORMAL][i]) * z->column[WIDE_LOGNORMAL][i] +
                  z->column[NORMAL][i] / z->column[LOGNORMAL][i] + 0.5 * z->column[TWO_VALUED][i] +
                  0.3 * (z->column[FAR_MEAN][i] - 1e6) + normal(100, i);
        mean += z->y[i] / z->n;
    }
    for (int i = 0; i < z->n; i++) z->y[i] -= mean;
    for (int i = 0; i < z->n; i++) square += z->y[i] * z->y[i];
    for (int i = 0; i < z->n; i++) z->y[i] /= sqrt(square / z->n);
}

static inline zoo *zoo_create(int n)
{
    zoo *z = calloc(1, sizeof *z);
    z->n = n;
    z->y = calloc((size_t)n, sizeof *z->y);
    for (int c = 0; c < COLUMNS; c++) {
        z->column[c] = calloc((size_t)n, sizeof(double));
        for (int i = 0; i < n; i++) z->column[c][i] = column_value(c, i);
        const double mean = shy_row_sum(n, z->column[c]) / n, scale = sqrt(shy_row_square(n, z->column[c], mean) / n);
        z->sums[c] = (shy_operand_sums){.mean = mean, .scale = scale, .mu = mean / scale};
    }
    make_response(z);
    return z;
}

static inline void zoo_free(zoo *z)
{
    for (int c = 0; c < COLUMNS; c++) free(z->column[c]);
    free(z->y);
    free(z);
}

/* Rows first … first + rows − 1 of all columns; the partial sums are added to sums[column][3]. */
static inline shy_panel *pack_rows(const zoo *z, int first, int rows, bool left, double sums[COLUMNS][3])
{
    shy_panel *panel = NULL;
    double out[3];
    assert_int_equal(shy_panel_create(COLUMNS, rows, left, &panel), SHY_OK);
    for (int c = 0; c < COLUMNS; c++) {
        shy_panel_pack(panel, c, z->column[c] + first, z->y + first, &z->sums[c], out);
        for (int k = 0; k < 3; k++) sums[c][k] += out[k];
    }
    panel->count = COLUMNS;
    return panel;
}

static inline void set_sums(const zoo *z, double sums[COLUMNS][3], shy_panel *panel)
{
    for (int c = 0; c < COLUMNS; c++) {
        panel->sums[c].y = sums[c][0] / z->n;
        panel->sums[c].fourth = sqrt(sums[c][1] / z->n);
        panel->sums[c].weighted = sqrt(sums[c][2] / z->n);
    }
}

typedef struct {
    zoo *z;
    shy_panel *left, *right;
    shy_tile *tile;
    double epsilon;
} setting;

/* All columns against all columns; with two row blocks the sums of two pairs of panels are added as ranks do. */
static inline setting setting_create(int n, int row_blocks)
{
    setting s = {.z = zoo_create(n), .epsilon = shy_tile_epsilon((uint64_t)n, row_blocks)};
    const int middle = row_blocks == 1 ? n : n / 3;
    double sums[COLUMNS][3] = {{0}}, ignored[COLUMNS][3] = {{0}};
    assert_int_equal(shy_tile_create(COLUMNS, COLUMNS, &s.tile), SHY_OK);
    s.left = pack_rows(s.z, 0, middle, true, sums);
    s.right = pack_rows(s.z, 0, middle, false, ignored);
    shy_tile_moments(s.left, s.right, s.tile);
    if (row_blocks == 2) {
        shy_tile *second = NULL;
        assert_int_equal(shy_tile_create(COLUMNS, COLUMNS, &second), SHY_OK);
        shy_panel *left = pack_rows(s.z, middle, n - middle, true, sums),
                  *right = pack_rows(s.z, middle, n - middle, false, ignored);
        shy_tile_moments(left, right, second);
        for (int k = 0; k < 5 * COLUMNS * COLUMNS; k++) s.tile->product[k] += second->product[k];
        shy_panel_destroy(&left);
        shy_panel_destroy(&right);
        shy_tile_destroy(&second);
    }
    set_sums(s.z, sums, s.left);
    set_sums(s.z, sums, s.right);
    return s;
}

static inline void setting_free(setting *s)
{
    shy_panel_destroy(&s->left);
    shy_panel_destroy(&s->right);
    shy_tile_destroy(&s->tile);
    zoo_free(s->z);
}

static const int sizes[] = {11, 16, 63, 200, 256, 257, 1000, 2000, 5000};
enum { SIZES = sizeof sizes / sizeof *sizes };

#endif
