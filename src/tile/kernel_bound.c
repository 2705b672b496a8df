/*
 * Kernel: upper bounds of r² of every closed form, in fp64, for pairs side by side. The rounding e of the moments is carried through
 * each form, operator by operator (doc/screening.md).
 */
#include "shy_config.h"

#include <math.h>

#include "tile/kernels.h"

/* Where nothing is left of a denominator but rounding, the bound says nothing: every such pair is scored. */
static inline double quotient(double numerator, double denominator)
{
    return denominator > 0.0 ? numerator / denominator : 2.0;
}

static void bound_product(const shy_bound_block *p, double *restrict bound)
{
#pragma omp simd
    for (int k = 0; k < p->count; k++) {
        const double e = p->e[k], mu = p->u.mu[k], nu = p->v.mu[k], qu = p->u.fourth[k], qv = p->v.fourth[k], m11 = p->m11[k];
        const double covariance = mu * p->v.y[k] + nu * p->u.y[k] + p->y11[k];
        const double variance = mu * mu + nu * nu + 2.0 * (mu * nu * m11 + mu * p->m12[k] + nu * p->m21[k]) + p->m22[k] - m11 * m11;
        const double error = e * (2.0 * (fabs(mu * nu) + fabs(mu) * qv + fabs(nu) * qu + fabs(m11)) + qu * qv + e);
        const double top = fabs(covariance) + e * p->u.weighted[k];
        bound[k] = quotient(top * top, variance - error);
    }
}

static void bound_sum(const shy_bound_block *p, double sign, double *restrict bound)
{
#pragma omp simd
    for (int k = 0; k < p->count; k++) {
        const double su = p->u.scale[k], sv = sign * p->v.scale[k];
        const double covariance = su * p->u.y[k] + sv * p->v.y[k];
        const double variance = su * su + sv * sv + 2.0 * su * sv * p->m11[k];
        bound[k] = quotient(covariance * covariance, variance - 2.0 * fabs(su * sv) * p->e[k]);
    }
}

static void bound_weighted(const shy_bound_block *p, double *restrict bound)
{
#pragma omp simd
    for (int k = 0; k < p->count; k++) {
        const double e = p->e[k], a = p->u.y[k], b = p->v.y[k], m11 = p->m11[k];
        const double top = a * a + b * b - 2.0 * m11 * a * b + 2.0 * e * fabs(a * b);
        bound[k] = quotient(top, 1.0 - m11 * m11 - e * (2.0 * fabs(m11) + e));
    }
}

/* What regression on {z, t·z} gains over z: nu, b of z; mt = Σ t z², ms = Σ t² z; the mean of t drops out. */
static inline double bound_shift(double e, double nu, double b, double a, double qt, double qz, double w, double m11, double mt, double ms,
                                 double m22, double y11)
{
    const double s12 = nu * m11 + mt, s22 = nu * nu + 2.0 * nu * ms + m22 - m11 * m11;
    const double e12 = e * (fabs(nu) + qz);
    const double e22 = e * (2.0 * fabs(nu) * qt + qt * qz + 2.0 * fabs(m11) + e);
    const double top = fabs(nu * a + y11 - s12 * b) + e * w + e12 * fabs(b);
    return b * b + quotient(top * top, s22 - s12 * s12 - e22 - e12 * (2.0 * fabs(s12) + e12));
}

/* Regression on {v, u·v}. */
static void bound_shift_left(const shy_bound_block *p, double *restrict bound)
{
#pragma omp simd
    for (int k = 0; k < p->count; k++) {
        bound[k] = bound_shift(p->e[k], p->v.mu[k], p->v.y[k], p->u.y[k], p->u.fourth[k], p->v.fourth[k], p->u.weighted[k], p->m11[k], p->m12[k],
                               p->m21[k], p->m22[k], p->y11[k]);
    }
}

/* Regression on {u, u·v}. */
static void bound_shift_right(const shy_bound_block *p, double *restrict bound)
{
#pragma omp simd
    for (int k = 0; k < p->count; k++) {
        bound[k] = bound_shift(p->e[k], p->u.mu[k], p->u.y[k], p->v.y[k], p->v.fourth[k], p->u.fourth[k], p->u.weighted[k], p->m11[k], p->m21[k],
                               p->m12[k], p->m22[k], p->y11[k]);
    }
}

/*
 * Regression on {d_u, d_v, d_u·d_v}: r² of the first two, and the gain by the third; w = A⁻¹(M21, M12) are its coefficients on them, found
 * along d_u ± d_v: by determinants, A·w would not be (M21, M12) where d_u and d_v are nearly the same.
 */
static void bound_interaction(const shy_bound_block *p, double *restrict bound)
{
#pragma omp simd
    for (int k = 0; k < p->count; k++) {
        const double e = p->e[k], a = p->u.y[k], b = p->v.y[k], qu = p->u.fourth[k], qv = p->v.fourth[k];
        const double m11 = p->m11[k], m12 = p->m12[k], m21 = p->m21[k];
        const double det = 1.0 - m11 * m11, det_low = det - e * (2.0 * fabs(m11) + e);
        const double along = quotient(m21 + m12, 2.0 * (1.0 + m11)), across = quotient(m21 - m12, 2.0 * (1.0 - m11));
        const double w1 = along + across, w2 = along - across, w = fabs(w1) + fabs(w2);
        const double e21 = e * qu, e12 = e * qv, slack = fabs(1.0 - fabs(m11) - e) + 1e-300;
        const double g = e21 + e12 + e * w;
        const double rest = p->m22[k] - m11 * m11 - w1 * m21 - w2 * m12;
        const double rest_error = e * (qu * qv + 2.0 * fabs(m11) + e + w * w) + 2.0 * (fabs(w1) * e21 + fabs(w2) * e12) + g * g / slack;
        const double top = fabs(p->y11[k] - w1 * a - w2 * b) + e * p->u.weighted[k] + g * (fabs(a) + fabs(b)) / slack;
        const double linear = quotient(a * a + b * b - 2.0 * m11 * a * b + 2.0 * e * fabs(a * b), det_low);
        bound[k] = det_low > 0.0 ? linear + quotient(top * top, rest - rest_error) : 2.0;
    }
}

void SHY_KERNEL(shy_kernel_bound)(const shy_bound_block *block, shy_tile_form form, double *bound)
{
    switch (form) {
    case SHY_TILE_PRODUCT: bound_product(block, bound); break;
    case SHY_TILE_SUM: bound_sum(block, 1.0, bound); break;
    case SHY_TILE_DIFFERENCE: bound_sum(block, -1.0, bound); break;
    case SHY_TILE_WEIGHTED: bound_weighted(block, bound); break;
    case SHY_TILE_SHIFT_LEFT: bound_shift_left(block, bound); break;
    case SHY_TILE_SHIFT_RIGHT: bound_shift_right(block, bound); break;
    default: bound_interaction(block, bound); break;
    }
}
