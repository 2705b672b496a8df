/*
 * Kernel: which pairs of a row may reach the floor beside the directions. As kernel_flag.c, with the moments of what the directions leave
 * of u, v and u·v, and the error of each of them followed by itself. The letters are those of doc/screening.md.
 */
#include "shy_config.h"

#include <math.h>

#include "tile/kernels.h"

#define UNIT 0x1p-24F
#define UP 1.001F /* more than the rounding of an error to fp32 */

static inline float and_positive(float verdict, float value)
{
    return value > 0.0F ? verdict : -1.0F;
}

static inline float smaller(float a, float b)
{
    return a < b ? a : b;
}

/* Of SHY_FLAG_BLOCK pairs: Σ_k of the products of Q_k = Σ w q_k d_u d_v, of α_k = Σ w q_k d_u and of β_k. */
typedef struct {
    float qa[SHY_FLAG_BLOCK], qb[SHY_FLAG_BLOCK], qq[SHY_FLAG_BLOCK], ab[SHY_FLAG_BLOCK];
} shy_along;

static inline void sum_full(const shy_metric_row *row, int start, shy_along *restrict sum)
{
    for (int l = 0; l < SHY_FLAG_BLOCK; l++) sum->qa[l] = sum->qb[l] = sum->qq[l] = sum->ab[l] = 0.0F;
    for (int k = 0; k < row->directions; k++) {
        const float *q = row->direction + (size_t)k * row->direction_stride + start, *b = row->right.along + (size_t)k * row->along_stride + start;
        const float a = row->along[k];
#pragma omp simd
        for (int l = 0; l < SHY_FLAG_BLOCK; l++) {
            sum->qa[l] += q[l] * a;
            sum->qb[l] += q[l] * b[l];
            sum->qq[l] += q[l] * q[l];
            sum->ab[l] += a * b[l];
        }
    }
}

static inline void sum_linear(const shy_metric_row *row, int start, float *restrict ab)
{
    for (int l = 0; l < SHY_FLAG_BLOCK; l++) ab[l] = 0.0F;
    for (int k = 0; k < row->directions; k++) {
        const float *b = row->right.along + (size_t)k * row->along_stride + start, a = row->along[k];
#pragma omp simd
        for (int l = 0; l < SHY_FLAG_BLOCK; l++) ab[l] += a * b[l];
    }
}

/* Correlation of d_u and d_v beside the directions, and what it may be off by. */
static inline float correlation(const shy_metric_row *row, float m11, float ab, float both, float *error)
{
    *error = ((row->e + 2.0F * row->unit + row->offset * row->right_offset) * both + 6.0F * UNIT) * UP;
    return (m11 - ab) * both;
}

static inline float below_full(const shy_metric_row *row, int j, float qa, float qb, float qq, float ab)
{
    const float a = row->y, b = row->right.y[j], f = row->floor, e = row->e, unit = row->unit;
    const float qu = row->fourth, qv = row->right.fourth[j], iu = row->inverse, iv = row->right.inverse[j];
    const float y11 = row->plane[0][j], m11 = row->plane[1][j], m22 = row->plane[4][j];
    /* The sums of the tile: each by the smaller of two bounds; t is at least √M22. */
    const float t = smaller(0.5F + 0.5F * m22, 2.0F + 0.125F * m22), et = row->each * t;
    const float r21 = smaller(e * qu, et), r12 = smaller(e * qv, et), r22 = smaller(e * qu * qv, row->each * m22);
    const float eq = smaller(e * row->leverage, et * row->root);
    /* What the directions leave. */
    float ex;
    const float x = correlation(row, m11, ab, iu * iv, &ex);
    const float m21 = (row->plane[2][j] - qa) * iu, e21 = ((r21 + row->lean * eq + row->offset + unit * t) * iu + 4.0F * UNIT * t) * UP;
    const float m12 = (row->plane[3][j] - qb) * iv,
                e12 = ((r12 + row->right.lean[j] * eq + row->right_offset + unit * t) * iv + 4.0F * UNIT * t) * UP;
    const float s = m22 - m11 * m11 - qq;
    const float es = (r22 + (2.0F * fabsf(m11) + e) * e + (2.0F * sqrtf(qq) + eq) * eq + 3.0F * unit * m22) * UP;
    const float ey = smaller(e * row->weighted, et);
    /* R² < F, as in kernel_flag.c; all terms of the expansion of P, R and G are here. */
    const float det = 1.0F - x * x, a1 = a - x * b, b1 = b - x * a, c1 = m21 - x * m12, c2 = m12 - x * m21;
    const float p = y11 * det - m21 * a1 - m12 * b1;
    const float dp = ey * fabsf(det) + e21 * fabsf(a1) + e12 * fabsf(b1) + ex * fabsf(m21 * b + m12 * a - 2.0F * x * y11) +
                     ex * (2.0F * fabsf(x) * ey + ex * (fabsf(y11) + ey) + fabsf(b) * e21 + fabsf(a) * e12) + 24.0F * UNIT * t;
    const float r = s * det - c1 * m21 - c2 * m12;
    const float dr = es * fabsf(det) + 2.0F * (e21 * fabsf(c1) + e12 * fabsf(c2) + ex * fabsf(m12 * m21 - x * s)) +
                     ex * (2.0F * fabsf(x) * es + ex * (fabsf(s) + es) + 2.0F * (fabsf(m21) * e12 + fabsf(m12) * e21 + e21 * e12)) +
                     (e21 + e12) * (e21 + e12) + 24.0F * UNIT * m22;
    const float g = f * det - a * a1 - b * b1 - (ex * (2.0F * fabsf(a * b - x * f) + f * ex) + 30.0F * UNIT) * UP;
    const float low = r - dr * UP, high = fabsf(p) + dp * UP;
    return and_positive(and_positive(and_positive(1.0F, g), low), low * g - high * high * 1.000001F);
}

static inline float below_linear(const shy_metric_row *row, int j, float ab)
{
    const float a = row->y, b = row->right.y[j], f = row->floor;
    float ex;
    const float x = correlation(row, row->plane[0][j], ab, row->inverse * row->right.inverse[j], &ex);
    const float g = f * (1.0F - x * x) - a * (a - x * b) - b * (b - x * a);
    return and_positive(1.0F, g - (ex * (2.0F * fabsf(a * b - x * f) + f * ex) + 30.0F * UNIT) * UP);
}

static inline int list(const float *verdict, int start, int32_t *index)
{
    int found = 0;
    for (int k = 0; k < SHY_FLAG_BLOCK; k++) {
        if (verdict[k] < 0.0F) index[found++] = start + k;
    }
    return found;
}

int SHY_KERNEL(shy_kernel_flag_metric_full)(const shy_metric_row *row, int32_t *index)
{
    const shy_metric_row r = *row; /* a copy: nothing that is written can change it */
    float verdict[SHY_FLAG_BLOCK];
    shy_along along;
    int found = 0;
    for (int start = 0; start < r.count; start += SHY_FLAG_BLOCK) {
        float sum = 0.0F;
        sum_full(&r, start, &along);
#pragma omp simd reduction(+ : sum)
        for (int k = 0; k < SHY_FLAG_BLOCK; k++) {
            verdict[k] = below_full(&r, start + k, along.qa[k], along.qb[k], along.qq[k], along.ab[k]);
            sum += verdict[k];
        }
        if (sum > SHY_FLAG_BLOCK - 1) continue;
        found += list(verdict, start, index + found);
    }
    return found;
}

int SHY_KERNEL(shy_kernel_flag_metric_linear)(const shy_metric_row *row, int32_t *index)
{
    const shy_metric_row r = *row;
    float verdict[SHY_FLAG_BLOCK], ab[SHY_FLAG_BLOCK];
    int found = 0;
    for (int start = 0; start < r.count; start += SHY_FLAG_BLOCK) {
        float sum = 0.0F;
        sum_linear(&r, start, ab);
#pragma omp simd reduction(+ : sum)
        for (int k = 0; k < SHY_FLAG_BLOCK; k++) {
            verdict[k] = below_linear(&r, start + k, ab[k]);
            sum += verdict[k];
        }
        if (sum > SHY_FLAG_BLOCK - 1) continue;
        found += list(verdict, start, index + found);
    }
    return found;
}
