/* rough_zoo.h: columns that are hard on rough work in fp32, as the search lays them out, and formulas of them in long double. */
#ifndef ROUGH_ZOO_H
#define ROUGH_ZOO_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    LATE_OUTLIER,
    CONSTANT,
    TINY,
    SMALL,
    LARGE,
    NEGATIVE,
    COLUMNS
};

enum { MOST_SAMPLES = 1000, DIRECTIONS = 5, FILLED = 8, SEGMENTS_MOST = 5 };

static inline double normal(int stream, int i)
{
    return shy_random_normal(31, (uint64_t)stream, (uint64_t)i);
}

static inline double column_value(int column, int i)
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
    case LATE_OUTLIER:
        return i == 7 ? 1e5 : lognormal + own * own; /* the reference sample is none */
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
    int rows, places, segment;
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
    int segments, cut[SEGMENTS_MOST + 1]; /* chunks end at the cuts */
    chunk chunk[16];
} zoo;

/* A response of length √n with mean 0 that goes with several columns and their logarithms. */
static inline void make_response(zoo *z)
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

static inline wide weighted(const zoo *z, const wide *u, const wide *v)
{
    wide sum = 0.0L;
    for (int i = 0; i < z->n; i++)
        sum += z->w[i] * (u ? u[i] : 1.0L) * (v ? v[i] : 1.0L);
    return sum / z->n;
}

/* u := what is left of it beside 1 and the first directions; returns the mean of its square. */
static inline wide project(const zoo *z, int directions, wide *u)
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

static inline void make_metric(zoo *z)
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

static inline void load_metric(const zoo *z, int row, chunk *k)
{
    for (int i = 0; i < k->rows; i++) {
        k->weight[i] = (float)z->w[row + i];
        for (int d = 0; d < DIRECTIONS; d++)
            k->direction[d][i] = (float)(z->w[row + i] * z->q[d][row + i]);
    }
}

/* Rows first … last − 1 of a segment as the next chunks. */
static inline void make_chunks(zoo *z, int segment, int first, int last)
{
    for (int row = first; row < last;) {
        chunk *k = &z->chunk[z->chunks++];
        k->segment = segment;
        k->rows = last - row < 250 ? last - row : 250;
        k->places = k->rows / SHY_ROUGH_PAD * SHY_ROUGH_PAD + SHY_ROUGH_PAD;
        for (int i = 0; i < k->places; i++) {
            for (int c = 0; c < COLUMNS; c++)
                k->wide[c][i] = i < k->rows ? z->value[c][row + i] : z->value[c][0];
            k->y[i] = i < k->rows ? z->y[row + i] : 0.0;
        }
        if (z->metric) load_metric(z, row, k);
        row += k->rows;
    }
}

/* `share`: of the samples that lie before each cut but the first and last, NULL: one segment. */
static inline zoo *zoo_create(int n, bool metric, int segments, const double *share)
{
    zoo *z = calloc(1, sizeof *z);
    z->n = n, z->metric = metric, z->segments = segments;
    for (int c = 0; c < COLUMNS; c++) {
        z->range[c] = (shy_interval){INFINITY, -INFINITY};
        for (int i = 0; i < n; i++) {
            z->value[c][i] = column_value(c, i);
            z->range[c] = (shy_interval){fmin(z->range[c].lo, z->value[c][i]), fmax(z->range[c].hi, z->value[c][i])};
        }
    }
    make_response(z);
    if (metric) make_metric(z);
    for (int s = 0; s < segments; s++)
        z->cut[s + 1] = s + 1 < segments ? (int)(share[s] * n) : n, make_chunks(z, s, z->cut[s], z->cut[s + 1]);
    return z;
}

/*
 * ---- operands and roots in long double
 * -----------------------------------------------------------------------------------
 */

static inline wide apply(shy_op op, wide u, wide v)
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

static inline wide operand_value(const zoo *z, const operand *o, int i)
{
    return apply(o->inner, z->value[o->a][i], z->value[o->b][i]);
}

static inline bool alike(shy_interval u, shy_interval v)
{
    return (u.lo >= 0.0 && v.lo >= 0.0) || (u.hi < 0.0 && v.hi < 0.0);
}

static inline bool operand_make(const zoo *z, shy_op inner, int a, int b, operand *out)
{
    *out = (operand){.inner = inner, .a = a, .b = b, .error = 1.0};
    if (!shy_operator_range(inner, z->range[a], z->range[b], &out->range)) return false;
    return inner == SHY_OP_FACTOR || shy_rough_operand(inner, alike(z->range[a], z->range[b]), 1.0, 1.0, &out->error);
}

/* Its fp32 values; false beyond the range of fp32. */
static inline bool operand_load(const shy_narrow_kernels *narrow, const shy_rough_kernels *rough, const chunk *k,
                         const operand *o, float *out)
{
    _Alignas(64) float a[SHY_ROUGH_STRIDE], b[SHY_ROUGH_STRIDE];
    if (o->inner == SHY_OP_FACTOR) return narrow->rows[SHY_OP_FACTOR](k->places, k->wide[o->a], NULL, out);
    return narrow->rows[SHY_OP_FACTOR](k->places, k->wide[o->a], NULL, a) &&
           narrow->rows[SHY_OP_FACTOR](k->places, k->wide[o->b], NULL, b) &&
           rough->rows[o->inner](k->places, a, b, out);
}

/*
 * ---- formulas
 * ------------------------------------------------------------------------------------------------------------
 */

typedef struct {
    shy_op op;
    operand u, v;
} formula;

static inline const char *describe(const formula *f)
{
    static char text[200];
    snprintf(text, sizeof text, "%s: %s of columns %d, %d; %s of columns %d, %d", shy_operator_get(f->op)->name,
             shy_operator_get(f->u.inner)->name, f->u.a, f->u.b, shy_operator_get(f->v.inner)->name, f->v.a, f->v.b);
    return text;
}

static inline bool is_ordinary(const operand *o)
{
    return o->a < ORDINARY && o->b < ORDINARY;
}

static inline int make_operands(const zoo *z, operand *out)
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

#endif
