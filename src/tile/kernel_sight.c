/*
 * Kernel: which pairs of a row may reach the floor in a sight that leaves a segment out. The sums over its samples are added up, centred and
 * scaled for a few pairs at a time, which are tested at once: nothing is written but in the innermost cache. The letters, and the
 * margins next to each expression, are those of doc/screening.md.
 */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "tile/kernels.h"

#define UNIT 0x1p-24F

/* As in kernel_flag.c: 1 where all of this holds and −1 elsewhere, so that what is not a number is kept. */
static inline float and_positive(float verdict, float value)
{
    return value > 0.0F ? verdict : -1.0F;
}

static inline float smaller(float a, float b)
{
    return a < b ? a : b;
}

enum { CHUNK = 128 }; /* pairs whose sums are added up before they are tested */

/* Segment number t of those that take part. */
static inline const float *segment_of(const shy_sight_row *row, const float *plane, int t)
{
    return plane + (size_t)(row->left_out >= 0 && t >= row->left_out ? t + 1 : t) * row->stride;
}

/*
 * Of `count` pairs: sums over all segments but one. Four at a time, in registers: added to memory one by one they would wait for each other.
 */
static inline void add_segments(const shy_sight_row *row, const float *plane, int count, float *restrict sum)
{
    const int taken = row->left_out < 0 ? row->segments : row->segments - 1, first = (taken - 1) % 4 + 1;
    const float *a = plane, *b = plane, *c = plane, *d = plane;
    if (taken > 0) a = segment_of(row, plane, 0);
    if (first > 1) b = segment_of(row, plane, 1);
    if (first > 2) c = segment_of(row, plane, 2);
    if (first > 3) d = segment_of(row, plane, 3);
    switch (first) {
    case 1:
#pragma omp simd
        for (int k = 0; k < count; k++) sum[k] = a[k];
        break;
    case 2:
#pragma omp simd
        for (int k = 0; k < count; k++) sum[k] = a[k] + b[k];
        break;
    case 3:
#pragma omp simd
        for (int k = 0; k < count; k++) sum[k] = a[k] + b[k] + c[k];
        break;
    default:
#pragma omp simd
        for (int k = 0; k < count; k++) sum[k] = (a[k] + b[k]) + (c[k] + d[k]);
    }
    for (int t = first; t < taken; t += 4) {
        a = segment_of(row, plane, t), b = segment_of(row, plane, t + 1), c = segment_of(row, plane, t + 2), d = segment_of(row, plane, t + 3);
#pragma omp simd
        for (int k = 0; k < count; k++) sum[k] += (a[k] + b[k]) + (c[k] + d[k]);
    }
}

/* The sums of `planes` planes; those with a further response are added up over all rows already. */
static inline void add_planes(const shy_sight_row *row, int planes, int start, int count, float sum[][CHUNK])
{
    if (row->response) memcpy(sum[0], row->response + start, (size_t)count * sizeof(float));
    for (int p = row->response ? 1 : 0; p < planes; p++) add_segments(row, row->plane[p] + start, count, sum[p]);
}

static inline int chunk_of(const shy_sight_row *row, int start)
{
    return row->count - start < CHUNK ? row->count - start : CHUNK;
}

static inline int list(const float *verdict, int start, int32_t *index)
{
    int found = 0;
    for (int k = 0; k < SHY_FLAG_BLOCK; k++) {
        if (verdict[k] < 0.0F) index[found++] = start + k;
    }
    return found;
}

/*
 * R² of {1, d_u, d_v, d_u·d_v} does not ask where d is centred: as in kernel_flag.c, with the covariances of d_u·d_v as it is. From the sums over T:
 * Σ y d_u d_v, Σ d_u d_v, Σ d_u² d_v, Σ d_u d_v², Σ d_u² d_v², divided by n.
 */
static inline float below_full(const shy_sight_row *row, int j, float sum_y, float sum_11, float sum_21, float sum_12, float sum_22)
{
    /* In units of the deviations of d on T. */
    const float fu = row->factor, fv = row->right.factor[j], mu = row->shift, nu = row->right.shift[j], both = row->times * fu * fv;
    const float u11 = sum_11 * both, u22 = sum_22 * (both * fv) * fu;
    const float a = row->y, b = row->right.y[j], f = row->floor;
    const float x = u11 - mu * nu, m21 = sum_21 * (both * fu) - mu * u11, m12 = sum_12 * (both * fv) - nu * u11;
    const float s = u22 - u11 * u11, y11 = sum_y * (both * row->inverse) - row->level * row->inverse * u11;
    /* How far off they may be; t is at least √u22. */
    const float w = row->swell * row->right.swell[j], e = row->e * w, qu = row->fourth, qv = row->right.fourth[j];
    const float t = smaller(0.5F + 0.5F * u22, 2.0F + 0.125F * u22), et = row->each * w * t, e2 = row->e2 * w * w;
    const float ey = smaller(e * row->weighted, et * row->lift), e21 = smaller(e * qu, et), e12 = smaller(e * qv, et);
    const float es = smaller(e * qu * qv, row->each * u22) + (2.0F * fabsf(u11) + e) * e;
    const float det = 1.0F - x * x, a1 = a - x * b, b1 = b - x * a;
    const float c1 = m21 - x * m12, c2 = m12 - x * m21;
    const float p = y11 * det - m21 * a1 - m12 * b1;
    const float dp = ey * det + e21 * fabsf(a1) + e12 * fabsf(b1) + e * fabsf(m21 * b + m12 * a - 2.0F * x * y11) + e2 * row->lift * 5.0F * t;
    const float r = s * det - c1 * m21 - c2 * m12;
    const float dr = es * det + 2.0F * (e21 * fabsf(c1) + e12 * fabsf(c2) + e * fabsf(m12 * m21 - x * s)) + e2 * (13.0F * u22 + 3.0F);
    const float g = f * det - a * a1 - b * b1 - (e * 2.0F * fabsf(a * b - x * f) + 3.0F * e2 + 24.0F * UNIT);
    const float low = r - dr, high = fabsf(p) + dp;
    return and_positive(and_positive(and_positive(1.0F, g), low), low * g - high * high * 1.000001F);
}

int SHY_KERNEL(shy_kernel_sight_full)(const shy_sight_row *row, int32_t *index)
{
    const shy_sight_row r = *row; /* a copy: nothing that is written can change it */
    float sum[5][CHUNK], verdict[SHY_FLAG_BLOCK];
    int found = 0;
    for (int first = 0; first < r.count; first += CHUNK) {
        add_planes(&r, 5, first, chunk_of(&r, first), sum);
        for (int from = 0; from < chunk_of(&r, first); from += SHY_FLAG_BLOCK) {
            int kept = 0;
#pragma omp simd reduction(+ : kept)
            for (int k = 0; k < SHY_FLAG_BLOCK; k++) {
                const int at = from + k;
                verdict[k] = below_full(&r, first + at, sum[0][at], sum[1][at], sum[2][at], sum[3][at], sum[4][at]);
                kept += (int)verdict[k];
            }
            if (kept < SHY_FLAG_BLOCK) found += list(verdict, first + from, index + found);
        }
    }
    return found;
}

static inline float below_linear(const shy_sight_row *row, int j, float sum_11)
{
    const float a = row->y, b = row->right.y[j], f = row->floor, dx = row->slip * row->swell * row->right.swell[j];
    const float x = sum_11 * (row->times * row->factor * row->right.factor[j]) - row->shift * row->right.shift[j];
    const float g = f * (1.0F - x * x) - a * (a - x * b) - b * (b - x * a);
    return and_positive(1.0F, g - (2.0F * fabsf(a * b - x * f) * dx + 1.1F * f * dx * dx + 30.0F * UNIT));
}

int SHY_KERNEL(shy_kernel_sight_linear)(const shy_sight_row *row, int32_t *index)
{
    const shy_sight_row r = *row;
    float sum[1][CHUNK], verdict[SHY_FLAG_BLOCK];
    int found = 0;
    for (int first = 0; first < r.count; first += CHUNK) {
        add_segments(&r, r.plane[0] + first, chunk_of(&r, first), sum[0]);
        for (int from = 0; from < chunk_of(&r, first); from += SHY_FLAG_BLOCK) {
            int kept = 0;
#pragma omp simd reduction(+ : kept)
            for (int k = 0; k < SHY_FLAG_BLOCK; k++) {
                verdict[k] = below_linear(&r, first + from + k, sum[0][from + k]);
                kept += (int)verdict[k];
            }
            if (kept < SHY_FLAG_BLOCK) found += list(verdict, first + from, index + found);
        }
    }
    return found;
}

/* The planes of a tile of products, of ũ in units of its deviation on T, in place of the sums. */
static inline void make_products(const shy_sight_row *row, int start, int count, float *restrict y, float *restrict product, float *restrict square)
{
    const float *factor = row->right.factor + start, fu = row->factor, times = row->times, level = row->level, inverse = row->inverse;
#pragma omp simd
    for (int k = 0; k < count; k++) {
        const float units = fu * factor[k], both = times * units, mean = product[k] * both;
        y[k] = (y[k] * both - level * mean) * inverse;
        product[k] = mean;
        square[k] = square[k] * both * units;
    }
}

/* `test`: of the product alone, or of the linear forms, too. */
static inline int flag_products(const shy_sight_row *row, int32_t *index, int (*test)(const shy_flag_row *row, int32_t *index))
{
    const shy_sight_row r = *row;
    float sum[3][CHUNK];
    int found = 0;
    for (int first = 0; first < r.count; first += CHUNK) {
        const int count = chunk_of(&r, first);
        shy_flag_row flag = {.count = count, .plane = {sum[0], sum[1], sum[2]}, .y = r.y, .mu = r.mu, .length = r.length, .square = r.square, .e = r.e,
                             .e2 = r.e2, .reach = r.reach, .slip = r.slip, .floor = r.floor, .floor_product = r.floor_product};
        flag.right = (shy_operand_columns){.y = r.right.y + first, .mu = r.right.mu + first, .length = r.right.length + first,
                                           .square = r.right.square + first};
        add_planes(&r, 3, first, count, sum);
        make_products(&r, first, count, sum[0], sum[1], sum[2]);
        const int more = test(&flag, index + found);
        for (int k = 0; k < more; k++) index[found + k] += first;
        found += more;
    }
    return found;
}

int SHY_KERNEL(shy_kernel_sight_both)(const shy_sight_row *row, int32_t *index)
{
    return flag_products(row, index, SHY_KERNEL(shy_kernel_flag_both));
}

int SHY_KERNEL(shy_kernel_sight_product)(const shy_sight_row *row, int32_t *index)
{
    return flag_products(row, index, SHY_KERNEL(shy_kernel_flag_product));
}
