/*
 * Kernel: which pairs of a row may reach the floor. One test per pair, in fp32, without a branch. The letters are those of
 * doc/screening.md; the margins next to each expression are its first-order error by the rounding of the moments and, times e2, all
 * that is of second order or rounding of fp32.
 */
#include "shy_config.h"

#include <math.h>

#include "tile/kernels.h"

#define UNIT 0x1p-24F

/*
 * 1 where all of this holds and −1 elsewhere: a pair is kept unless it can be dropped, so what is not a number is kept. Numbers and
 * not truth values, since compilers vectorise these.
 */
static inline float and_positive(float verdict, float value)
{
    return value > 0.0F ? verdict : -1.0F;
}

static inline float smaller(float a, float b)
{
    return a < b ? a : b;
}

/* The verdicts on SHY_FLAG_BLOCK pairs from `start` on; returns their sum. */
typedef int (*shy_scan)(const shy_flag_row *row, int start, float *restrict verdict);

static inline int flag_blocks(const shy_flag_row *row, int32_t *index, shy_scan scan)
{
    float verdict[SHY_FLAG_BLOCK];
    int found = 0;
    for (int start = 0; start < row->count; start += SHY_FLAG_BLOCK) {
        if (scan(row, start, verdict) == SHY_FLAG_BLOCK) continue;
        for (int k = 0; k < SHY_FLAG_BLOCK; k++) {
            if (verdict[k] < 0.0F) index[found++] = start + k;
        }
    }
    return found;
}

/* R² of {d_u, d_v, d_u·d_v} spans every form: L/det + P²/(det·R) >= F, that is P² >= R·(F·det − L). */
static inline float below_full(const shy_flag_row *row, int j)
{
    const float a = row->y, qu = row->fourth, e = row->e, e2 = row->e2, f = row->floor;
    const float b = row->right.y[j], qv = row->right.fourth[j];
    const float y11 = row->plane[0][j], x = row->plane[1][j], m21 = row->plane[2][j], m12 = row->plane[3][j], m22 = row->plane[4][j];
    const float det = 1.0F - x * x, s = m22 - x * x;
    const float a1 = a - x * b, b1 = b - x * a;
    const float c1 = m21 - x * m12, c2 = m12 - x * m21;
    /* How far off the moments may be, each by the smaller of two bounds; t is at least √M22, close to it from 0.3 to 30. */
    const float t = smaller(0.5F + 0.5F * m22, 2.0F + 0.125F * m22), et = row->each * t;
    const float ey = smaller(e * row->weighted, et), e21 = smaller(e * qu, et), e12 = smaller(e * qv, et), e22 = smaller(e * qu * qv, row->each * m22);
    const float p = y11 * det - m21 * a1 - m12 * b1;
    const float dp = ey * det + e21 * fabsf(a1) + e12 * fabsf(b1) + e * fabsf(m21 * b + m12 * a - 2.0F * x * y11) + e2 * 5.0F * t;
    const float r = s * det - c1 * m21 - c2 * m12;
    const float dr = e22 * det + 2.0F * (e21 * fabsf(c1) + e12 * fabsf(c2) + e * fabsf(m12 * m21 - x * (det + s))) + e2 * (11.0F * m22 + 5.0F);
    const float g = f * det - a * a1 - b * b1 - (e * 2.0F * fabsf(a * b - x * f) + e2 + 24.0F * UNIT);
    const float low = r - dr, high = fabsf(p) + dp;
    return and_positive(and_positive(and_positive(1.0F, g), low), low * g - high * high * 1.000001F);
}

static inline int scan_full(const shy_flag_row *row, int start, float *restrict verdict)
{
    const shy_flag_row r = *row; /* a copy: nothing that is written can change it */
    int sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int k = 0; k < SHY_FLAG_BLOCK; k++) {
        verdict[k] = below_full(&r, start + k);
        sum += (int)verdict[k];
    }
    return sum;
}

int SHY_KERNEL(shy_kernel_flag_full)(const shy_flag_row *row, int32_t *index)
{
    return flag_blocks(row, index, scan_full);
}

/* R² of {d_u, d_v} spans sums and weighted sums: L/det >= F. x may be off by dx. */
static inline float below_linear(const shy_flag_row *row, int j, float x, float dx)
{
    const float a = row->y, b = row->right.y[j], f = row->floor;
    const float g = f * (1.0F - x * x) - a * (a - x * b) - b * (b - x * a);
    return and_positive(1.0F, g - (2.0F * fabsf(a * b - x * f) * dx + 1.1F * f * dx * dx + 30.0F * UNIT));
}

static inline float below_linear_only(const shy_flag_row *row, int j)
{
    return below_linear(row, j, row->plane[0][j], row->slip);
}

static inline int scan_linear(const shy_flag_row *row, int start, float *restrict verdict)
{
    const shy_flag_row r = *row; /* a copy: nothing that is written can change it */
    int sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int k = 0; k < SHY_FLAG_BLOCK; k++) {
        verdict[k] = below_linear_only(&r, start + k);
        sum += (int)verdict[k];
    }
    return sum;
}

int SHY_KERNEL(shy_kernel_flag_linear)(const shy_flag_row *row, int32_t *index)
{
    return flag_blocks(row, index, scan_linear);
}

/* r² of ũ·ṽ itself. √(Σũ⁴) is at least Σũ², so that it bounds the square of the mean as well. */
static inline float below_product(const shy_flag_row *row, int j)
{
    const float e = row->e, sum = row->plane[1][j], spread = row->square * row->right.square[j], lengths = row->length * row->right.length[j];
    const float variance = row->plane[2][j] - sum * sum;
    const float low = variance - ((e + row->e2 + 8.0F * UNIT) * spread + 2.0F * fabsf(sum) * e * lengths);
    const float high = fabsf(row->plane[0][j]) + row->reach * row->right.length[j];
    return and_positive(and_positive(1.0F, low), row->floor_product * low - high * high * 1.000001F);
}

static inline float below_both(const shy_flag_row *row, int j)
{
    const float dx = row->slip * row->length * row->right.length[j];
    return smaller(below_product(row, j), below_linear(row, j, row->plane[1][j] - row->mu * row->right.mu[j], dx));
}

static inline int scan_product(const shy_flag_row *row, int start, float *restrict verdict)
{
    const shy_flag_row r = *row; /* a copy: nothing that is written can change it */
    int sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int k = 0; k < SHY_FLAG_BLOCK; k++) {
        verdict[k] = below_product(&r, start + k);
        sum += (int)verdict[k];
    }
    return sum;
}

int SHY_KERNEL(shy_kernel_flag_product)(const shy_flag_row *row, int32_t *index)
{
    return flag_blocks(row, index, scan_product);
}

static inline int scan_both(const shy_flag_row *row, int start, float *restrict verdict)
{
    const shy_flag_row r = *row; /* a copy: nothing that is written can change it */
    int sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int k = 0; k < SHY_FLAG_BLOCK; k++) {
        verdict[k] = below_both(&r, start + k);
        sum += (int)verdict[k];
    }
    return sum;
}

int SHY_KERNEL(shy_kernel_flag_both)(const shy_flag_row *row, int32_t *index)
{
    return flag_blocks(row, index, scan_both);
}
