/*
 * Kernel: which pairs of a row may reach the floor in sights that leave a segment out. The sums over their samples are added up and
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

enum { FIVE = 5, PLANES = 5 }; /* as many folds as a rule */

/* Sums over all of five segments, and over all but each of them. */
static inline void add_all_but_one(const float *plane, size_t stride, int count, float *restrict all, float *restrict but_1, float *restrict but_2,
                                   float *restrict but_3, float *restrict but_4, float *restrict but_5)
{
    const float *p1 = plane, *p2 = plane + stride, *p3 = plane + 2 * stride, *p4 = plane + 3 * stride, *p5 = plane + 4 * stride;
#pragma omp simd
    for (int k = 0; k < count; k++) {
        const float to_2 = p1[k] + p2[k], to_3 = to_2 + p3[k], from_4 = p4[k] + p5[k], from_3 = p3[k] + from_4;
        all[k] = to_3 + from_4;
        but_1[k] = p2[k] + from_3;
        but_2[k] = p1[k] + from_3;
        but_3[k] = to_2 + from_4;
        but_4[k] = to_3 + p5[k];
        but_5[k] = to_3 + p4[k];
    }
}

/* Of a chunk of pairs, in sights: sums of the moments' planes. */
typedef struct {
    float of[FIVE + 1][PLANES][CHUNK];
} shy_chunk_sums;

/* For all sights at once; those of `left_out` are of[left_out + 1]. */
static inline void add_five(const shy_sight_row *row, int first, int count, shy_chunk_sums *restrict sum)
{
    for (int p = 0; p < row->planes; p++) {
        add_all_but_one(row->plane[p] + first, row->stride, count, sum->of[0][p], sum->of[1][p], sum->of[2][p], sum->of[3][p], sum->of[4][p],
                        sum->of[5][p]);
    }
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

/*
 * The same with margins that are larger and take half as long: about the true values, of which it is known that |M21|, |M12|, |Y| ≤ t, and by η
 * alone.
 */
static inline float far_below_full(const shy_sight_row *row, int j, float sum_y, float sum_11, float sum_21, float sum_12, float sum_22)
{
    const float fu = row->factor, fv = row->right.factor[j], mu = row->shift, nu = row->right.shift[j], both = row->times * fu * fv;
    const float u11 = sum_11 * both, u22 = sum_22 * (both * fv) * fu;
    const float a = row->y, b = row->right.y[j], f = row->floor;
    const float x = u11 - mu * nu, m21 = sum_21 * (both * fu) - mu * u11, m12 = sum_12 * (both * fv) - nu * u11;
    const float s = u22 - u11 * u11, y11 = sum_y * (both * row->inverse) - row->level * row->inverse * u11;
    const float w = row->swell * row->right.swell[j], t = smaller(0.5F + 0.5F * u22, 2.0F + 0.125F * u22), e2 = row->e2 * w * w;
    const float det = 1.0F - x * x, a1 = a - x * b, b1 = b - x * a;
    const float high = fabsf(y11 * det - m21 * a1 - m12 * b1) + t * (w * (row->rough_p + row->rough_ab * (fabsf(a) + fabsf(b))) + e2 * (5.0F * row->lift));
    const float low = s * det - (m21 - x * m12) * m21 - (m12 - x * m21) * m12 -
                      (row->each * u22 + w * t * (row->rough_r * t + 2.5F * row->e) + e2 * (13.0F * u22 + 4.0F));
    const float g = f * det - a * a1 - b * b1 - (w * row->rough_g + 3.0F * e2 + 24.0F * UNIT);
    return and_positive(and_positive(and_positive(1.0F, g), low), low * g - high * high * 1.0001F);
}

typedef float (*shy_sight_test)(const shy_sight_row *row, int j, float sum_y, float sum_11, float sum_21, float sum_12, float sum_22);

/* The verdicts on SHY_FLAG_BLOCK pairs; returns their sum. */
static inline int scan_full(const shy_sight_row *row, int first, int from, float sum[][CHUNK], float *restrict verdict, shy_sight_test test)
{
    const shy_sight_row r = *row; /* a copy: nothing that is written can change it */
    int kept = 0;
#pragma omp simd reduction(+ : kept)
    for (int k = 0; k < SHY_FLAG_BLOCK; k++) {
        const int at = from + k;
        verdict[k] = test(&r, first + at, sum[0][at], sum[1][at], sum[2][at], sum[3][at], sum[4][at]);
        kept += (int)verdict[k];
    }
    return kept;
}

static int flag_full(const shy_sight_row *row, int first, int count, float sum[][CHUNK], int32_t *index)
{
    float verdict[SHY_FLAG_BLOCK];
    int found = 0;
    for (int from = 0; from < count; from += SHY_FLAG_BLOCK) {
        if (scan_full(row, first, from, sum, verdict, far_below_full) == SHY_FLAG_BLOCK) continue;
        if (scan_full(row, first, from, sum, verdict, below_full) == SHY_FLAG_BLOCK) continue;
        found += list(verdict, first + from, index + found);
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

static int flag_linear(const shy_sight_row *row, int first, int count, float sum[][CHUNK], int32_t *index)
{
    const shy_sight_row r = *row;
    float verdict[SHY_FLAG_BLOCK];
    int found = 0;
    for (int from = 0; from < count; from += SHY_FLAG_BLOCK) {
        int kept = 0;
#pragma omp simd reduction(+ : kept)
        for (int k = 0; k < SHY_FLAG_BLOCK; k++) {
            verdict[k] = below_linear(&r, first + from + k, sum[0][from + k]);
            kept += (int)verdict[k];
        }
        if (kept < SHY_FLAG_BLOCK) found += list(verdict, first + from, index + found);
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

/* As in kernel_flag.c. */
static int flag_products(const shy_sight_row *r, int first, int count, float sum[][CHUNK], int32_t *index)
{
    shy_flag_row flag = {.count = count, .plane = {sum[0], sum[1], sum[2]}, .y = r->y, .mu = r->mu, .length = r->length, .square = r->square, .e = r->e,
                         .e2 = r->e2, .reach = r->reach, .slip = r->slip, .floor = r->floor, .floor_product = r->floor_product};
    flag.right = (shy_operand_columns){.y = r->right.y + first, .mu = r->right.mu + first, .length = r->right.length + first,
                                       .square = r->right.square + first};
    make_products(r, first, count, sum[0], sum[1], sum[2]);
    const int found = r->test == SHY_SIGHT_BOTH ? SHY_KERNEL(shy_kernel_flag_both)(&flag, index) : SHY_KERNEL(shy_kernel_flag_product)(&flag, index);
    for (int k = 0; k < found; k++) index[k] += first;
    return found;
}

static int flag_chunk(const shy_sight_row *row, int first, int count, float sum[][CHUNK], int32_t *index)
{
    if (row->response) memcpy(sum[0], row->response + first, (size_t)count * sizeof(float)); /* added up over all rows already */
    switch (row->test) {
    case SHY_SIGHT_FULL: return flag_full(row, first, count, sum, index);
    case SHY_SIGHT_LINEAR: return flag_linear(row, first, count, sum, index);
    default: return flag_products(row, first, count, sum, index);
    }
}

void SHY_KERNEL(shy_kernel_flag_sights)(int sights, const shy_sight_row *row, int32_t *const *index, int *found)
{
    shy_chunk_sums sum;
    const bool together = row->segments == FIVE && sights > 1;
    for (int v = 0; v < sights; v++) found[v] = 0;
    for (int first = 0; first < row->count; first += CHUNK) {
        const int count = chunk_of(row, first);
        if (together) add_five(row, first, count, &sum);
        for (int v = 0; v < sights; v++) {
            float(*of)[CHUNK] = sum.of[together ? row[v].left_out + 1 : 0];
            for (int p = 0; !together && p < row->planes; p++) add_segments(&row[v], row->plane[p] + first, count, of[p]);
            found[v] += flag_chunk(&row[v], first, count, of, index[v] + found[v]);
        }
    }
}
