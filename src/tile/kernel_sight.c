/*
 * Kernel: which pairs of a row may reach the floor in a sight that leaves a segment out. The sums over its samples are added up, centred and
 * scaled for a few pairs at a time, which are tested at once: nothing is written but in the innermost cache. The letters, and the
 * margins next to each expression, are those of doc/screening.md.
 */
#include "shy_config.h"

#include <math.h>

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

/* Of the pairs from `start` on: sums over all segments but one. */
static inline void add_segments(const shy_sight_row *row, int p, int start, float *restrict sum)
{
    const float *plane = row->plane[p] + start;
    for (int k = 0; k < SHY_FLAG_BLOCK; k++) sum[k] = 0.0F;
    for (int s = 0; s < row->segments; s++, plane += row->stride) {
        if (s == row->left_out) continue;
#pragma omp simd
        for (int k = 0; k < SHY_FLAG_BLOCK; k++) sum[k] += plane[k];
    }
}

/* Σ y ũ_i ũ_j of a further response is summed over all rows already. */
static inline void add_response(const shy_sight_row *row, int start, float *restrict sum)
{
    if (!row->response) {
        add_segments(row, 0, start, sum);
        return;
    }
    for (int k = 0; k < SHY_FLAG_BLOCK; k++) sum[k] = row->response[start + k];
}

static inline int list(const float *verdict, int start, int32_t *index)
{
    int found = 0;
    for (int k = 0; k < SHY_FLAG_BLOCK; k++) {
        if (verdict[k] < 0.0F) index[found++] = start + k;
    }
    return found;
}

/* y, x, … : Σ_T y d_u d_v, Σ_T d_u d_v, Σ_T d_u² d_v, Σ_T d_u d_v², Σ_T d_u² d_v², divided by n. */
static inline float below_full(const shy_sight_row *row, int j, float sum_y, float sum_11, float sum_21, float sum_12, float sum_22)
{
    /* Of d on T in units of its deviation there, not centred: m/s + d. */
    const float fu = row->factor, fv = row->right.factor[j], mu = row->shift, nu = row->right.shift[j], both = row->times * fu * fv;
    const float u11 = sum_11 * both, u21 = sum_21 * both * fu, u12 = sum_12 * both * fv, u22 = sum_22 * both * (fu * fv);
    /* Centred. */
    const float a = row->y, b = row->right.y[j], f = row->floor;
    const float y11 = (sum_y * both - row->level * u11) * row->inverse - mu * b - nu * a;
    const float x = u11 - mu * nu, m21 = u21 - 2.0F * mu * x - nu * (1.0F + mu * mu), m12 = u12 - 2.0F * nu * x - mu * (1.0F + nu * nu);
    const float m22 = u22 - 2.0F * (nu * m21 + mu * m12) - 4.0F * mu * nu * x - mu * mu - nu * nu - (mu * nu) * (mu * nu);
    const float det = 1.0F - x * x, s = m22 - x * x;
    const float a1 = a - x * b, b1 = b - x * a;
    const float c1 = m21 - x * m12, c2 = m12 - x * m21;
    /* How far off they may be; t is at least √(Σ (m/s + d_u)² (m/s + d_v)²), and t2 that of what is centred. */
    const float w = row->swell * row->right.swell[j], e = row->e * w, qu = row->fourth, qv = row->right.fourth[j];
    const float t = smaller(0.5F + 0.5F * u22, 2.0F + 0.125F * u22), et = row->each * t * w, t2 = t + 0.5F * (w - 1.0F), e2 = row->e2 * w * w;
    const float ey = smaller(e * row->weighted, et * row->lift), e21 = smaller(e * qu, et), e12 = smaller(e * qv, et);
    const float e22 = smaller(e * qu * qv, row->each * t * (t + w - 1.0F));
    const float p = y11 * det - m21 * a1 - m12 * b1;
    const float dp = ey * det + e21 * fabsf(a1) + e12 * fabsf(b1) + e * fabsf(m21 * b + m12 * a - 2.0F * x * y11) +
                     e2 * row->lift * (5.0F * t2 + 3.0F);
    const float r = s * det - c1 * m21 - c2 * m12;
    const float dr = e22 * det + 2.0F * (e21 * fabsf(c1) + e12 * fabsf(c2) + e * fabsf(m12 * m21 - x * (det + s))) + e2 * (11.0F * t2 * t2 + 16.0F);
    const float g = f * det - a * a1 - b * b1 - (e * 2.0F * fabsf(a * b - x * f) + 3.0F * e2 + 24.0F * UNIT);
    const float low = r - dr, high = fabsf(p) + dp;
    return and_positive(and_positive(and_positive(1.0F, g), low), low * g - high * high * 1.000001F);
}

int SHY_KERNEL(shy_kernel_sight_full)(const shy_sight_row *row, int32_t *index)
{
    const shy_sight_row r = *row; /* a copy: nothing that is written can change it */
    float sum[5][SHY_FLAG_BLOCK], verdict[SHY_FLAG_BLOCK];
    int found = 0;
    for (int start = 0; start < r.count; start += SHY_FLAG_BLOCK) {
        float kept = 0.0F;
        add_response(&r, start, sum[0]);
        for (int p = 1; p < 5; p++) add_segments(&r, p, start, sum[p]);
#pragma omp simd reduction(+ : kept)
        for (int k = 0; k < SHY_FLAG_BLOCK; k++) {
            verdict[k] = below_full(&r, start + k, sum[0][k], sum[1][k], sum[2][k], sum[3][k], sum[4][k]);
            kept += verdict[k];
        }
        if (kept > SHY_FLAG_BLOCK - 1) continue;
        found += list(verdict, start, index + found);
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
    float sum[SHY_FLAG_BLOCK], verdict[SHY_FLAG_BLOCK];
    int found = 0;
    for (int start = 0; start < r.count; start += SHY_FLAG_BLOCK) {
        float kept = 0.0F;
        add_segments(&r, 0, start, sum);
#pragma omp simd reduction(+ : kept)
        for (int k = 0; k < SHY_FLAG_BLOCK; k++) {
            verdict[k] = below_linear(&r, start + k, sum[k]);
            kept += verdict[k];
        }
        if (kept > SHY_FLAG_BLOCK - 1) continue;
        found += list(verdict, start, index + found);
    }
    return found;
}

enum { CHUNK = 128 }; /* pairs whose products are made before they are tested */

/* The planes of a tile of products, of ũ in units of its deviation on T. */
static inline void make_products(const shy_sight_row *row, int start, float *restrict y, float *restrict product, float *restrict square)
{
    float sum[3][SHY_FLAG_BLOCK];
    add_response(row, start, sum[0]);
    for (int p = 1; p < 3; p++) add_segments(row, p, start, sum[p]);
    const float *factor = row->right.factor + start, fu = row->factor, times = row->times, level = row->level, inverse = row->inverse;
#pragma omp simd
    for (int k = 0; k < SHY_FLAG_BLOCK; k++) {
        const float units = fu * factor[k], both = times * units, mean = sum[1][k] * both;
        y[k] = (sum[0][k] * both - level * mean) * inverse;
        product[k] = mean;
        square[k] = sum[2][k] * both * units;
    }
}

/* `tests`: of the product alone, or of the linear forms, too. The row has what these need; its planes are made here. */
static inline int flag_products(const shy_sight_row *row, int32_t *index, int (*test)(const shy_flag_row *row, int32_t *index))
{
    const shy_sight_row r = *row;
    float y[CHUNK], product[CHUNK], square[CHUNK];
    int found = 0;
    for (int start = 0; start < r.count; start += CHUNK) {
        const int count = r.count - start < CHUNK ? r.count - start : CHUNK;
        shy_flag_row flag = {.count = count, .plane = {y, product, square}, .y = r.y, .mu = r.mu, .length = r.length, .square = r.square, .e = r.e,
                             .e2 = r.e2, .reach = r.reach, .slip = r.slip, .floor = r.floor, .floor_product = r.floor_product};
        flag.right = (shy_operand_columns){.y = r.right.y + start, .mu = r.right.mu + start, .length = r.right.length + start,
                                           .square = r.right.square + start};
        for (int k = 0; k < count; k += SHY_FLAG_BLOCK) make_products(&r, start + k, y + k, product + k, square + k);
        const int more = test(&flag, index + found);
        for (int k = 0; k < more; k++) index[found + k] += start;
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
