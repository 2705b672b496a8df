/*
 * Upper bounds of the statistic of every closed form beside the directions, in fp64: those of kernel_bound.c, with the moments of what the
 * directions leave of u, v and u·v, and the error of each followed by itself (doc/screening.md).
 */
#include "shy_config.h"

#include <math.h>

#include "tile/kernels.h"
#include "tile/stack.h"

#define BOUNDED 0x1p-49   /* rounding of the bounds themselves, as if each moment were off by a few units more */
#define ORTHOGONAL 0x1p-47 /* what directions of length 1 and at right angles, and lengths beside them, are off by */

/* A pair, of operands whose rest beside the directions has the length 1. */
typedef struct {
    double a, b, x, m21, m12, s, y11;         /* Σ y d_u, Σ y d_v, <u, v>, <uv, u>, <uv, v>, <uv, uv>, Σ y d_u d_v */
    double ea, eb, ex, e21, e12, es, ey;      /* what they may be off by */
    double mu, nu, su, sv;                    /* μ_u and s_v go with d_v, μ_v and s_u with d_u: times the length of the rest */
    double slip_nu, slip_mu, slip_su, slip_sv; /* where nothing is left of an operand: how much of these there may be all the same */
    bool no_u, no_v;                          /* nothing is left of it */
} shy_rest;

static double larger(double a, double b)
{
    return a > b ? a : b;
}

static double quotient(double numerator, double denominator)
{
    return denominator > 0.0 ? numerator / denominator : 2.0;
}

/* ---- moments beside the directions -------------------------------------------------------------------------------------- */

typedef struct {
    double qa, qb, qq, ab; /* sums of products over the directions: of the pair's, of u's, of v's */
} shy_along;

static shy_along sum_along(int directions, const double *q, const double *a, const double *b)
{
    shy_along sum = {0.0, 0.0, 0.0, 0.0};
    for (int k = 0; k < directions; k++) {
        sum.qa += q[k] * a[k];
        sum.qb += q[k] * b[k];
        sum.qq += q[k] * q[k];
        sum.ab += a[k] * b[k];
    }
    return sum;
}

/* Where nothing is left of an operand, all that concerns it is 0. */
static double inverse_of(double length)
{
    return length > SHY_OPERAND_NOTHING ? 1.0 / length : 0.0;
}

static double lean_of(double length)
{
    return sqrt(larger(1.0 - length * length, 0.0)) + BOUNDED;
}

/* m: moments as in shy_pairs. */
static shy_rest rest_of(const double *m, double e, bool refined, int directions, const shy_operand_sums *u, const double *along_u,
                        const shy_operand_sums *v, const double *along_v)
{
    const shy_along sum = sum_along(directions, m + 5, along_u, along_v);
    const double iu = inverse_of(u->length), iv = inverse_of(v->length), m11 = m[0], qu = u->fourth, qv = v->fourth;
    const double eq = e * (refined ? fmin(u->leverage, v->leverage) : u->leverage), around = ORTHOGONAL * (1.0 + sqrt(m[3]));
    shy_rest r = {.no_u = iu == 0.0, .no_v = iv == 0.0};
    r.a = u->y * iu, r.b = v->y * iv, r.ea = ORTHOGONAL * iu, r.eb = ORTHOGONAL * iv;
    r.x = (m11 - u->offset * v->offset - sum.ab) * iu * iv;
    r.ex = (e + ORTHOGONAL) * iu * iv;
    r.m21 = (m[2] - u->offset * m11 - sum.qa) * iu;
    r.e21 = (e * qu + fabs(u->offset) * e + lean_of(u->length) * eq + around) * iu;
    r.m12 = (m[1] - v->offset * m11 - sum.qb) * iv;
    r.e12 = (e * qv + fabs(v->offset) * e + lean_of(v->length) * eq + around) * iv;
    r.s = m[3] - m11 * m11 - sum.qq;
    r.es = e * (qu * qv + 2.0 * fabs(m11) + e) + (2.0 * sqrt(sum.qq) + eq) * eq + around * (1.0 + sqrt(m[3]));
    r.y11 = m[4];
    r.ey = e * (refined ? fmin(u->weighted, v->weighted) : u->weighted) + around;
    const double lu = r.no_u ? 0.0 : u->length, lv = r.no_v ? 0.0 : v->length, most = SHY_OPERAND_NOTHING + ORTHOGONAL;
    r.mu = u->mu * lv, r.nu = v->mu * lu, r.su = u->scale * lu, r.sv = v->scale * lv;
    if (r.no_u) r.slip_nu = fabs(v->mu) * most, r.slip_su = u->scale * most;
    if (r.no_v) r.slip_mu = fabs(u->mu) * most, r.slip_sv = v->scale * most;
    return r;
}

/* ---- forms --------------------------------------------------------------------------------------------------------------- */

/* μ d_v + ν d_u + d_u d_v. What may be left of an operand of which there is nothing counts in full, whatever its direction. */
static double bound_product(const shy_rest *r)
{
    const double mu = r->mu, nu = r->nu, slip = r->slip_mu + r->slip_nu;
    const double covariance = mu * r->b + nu * r->a + r->y11;
    const double variance = mu * mu + nu * nu + 2.0 * (mu * nu * r->x + mu * r->m12 + nu * r->m21) + r->s;
    const double error = 2.0 * (fabs(mu * nu) * r->ex + fabs(mu) * r->e12 + fabs(nu) * r->e21) + r->es + ORTHOGONAL * (mu * mu + nu * nu) +
                         2.0 * slip * sqrt(larger(variance, 0.0)) + slip * slip;
    const double top = fabs(covariance) + r->ey + fabs(mu) * r->eb + fabs(nu) * r->ea + slip;
    return quotient(top * top, variance - error);
}

static double bound_sum(const shy_rest *r, double sign)
{
    const double su = r->su, sv = sign * r->sv, slip = r->slip_su + r->slip_sv;
    const double variance = su * su + sv * sv + 2.0 * su * sv * r->x;
    const double error = 2.0 * fabs(su * sv) * r->ex + ORTHOGONAL * (su * su + sv * sv) + 2.0 * slip * sqrt(larger(variance, 0.0)) + slip * slip;
    const double top = fabs(su * r->a + sv * r->b) + fabs(su) * r->ea + fabs(sv) * r->eb + slip;
    return quotient(top * top, variance - error);
}

#define NEVER (-2.0) /* a term of the family is a combination of the directions: degenerate, whatever the others are */

static double bound_weighted(const shy_rest *r)
{
    const double a = r->a, b = r->b, x = r->x;
    if (r->no_u || r->no_v) return NEVER;
    const double top = a * a + b * b - 2.0 * x * a * b + 2.0 * r->ex * fabs(a * b) + 4.0 * (r->ea + r->eb);
    return quotient(top, 1.0 - x * x - r->ex * (2.0 * fabs(x) + r->ex));
}

/* What regression on {z, t·z} gains over z: of t·z beside z, ν t + t·z is left. b, eb of z; mt = <tz, z>, ms = <tz, t>. */
typedef struct {
    double nu, slip, a, ea, b, eb, mt, et, ms, em;
} shy_shift;

static double bound_shift(const shy_rest *r, const shy_shift *f)
{
    const double nu = f->nu, s12 = nu * r->x + f->mt, s22 = nu * nu + 2.0 * nu * f->ms + r->s;
    const double e12 = fabs(nu) * r->ex + f->et + f->slip;
    const double e22 = 2.0 * fabs(nu) * f->em + r->es + ORTHOGONAL * nu * nu + 2.0 * f->slip * sqrt(larger(s22, 0.0)) + f->slip * f->slip;
    const double b = fabs(f->b) + f->eb;
    const double top = fabs(nu * f->a + r->y11 - s12 * f->b) + r->ey + fabs(nu) * f->ea + fabs(s12) * f->eb + e12 * b + f->slip;
    return b * b + quotient(top * top, s22 - s12 * s12 - e22 - e12 * (2.0 * fabs(s12) + e12));
}

/* Regression on {v, u·v}; on {u, u·v}. */
static double bound_shift_left(const shy_rest *r)
{
    if (r->no_v) return NEVER;
    return bound_shift(r, &(shy_shift){r->nu, r->slip_nu, r->a, r->ea, r->b, r->eb, r->m12, r->e12, r->m21, r->e21});
}

static double bound_shift_right(const shy_rest *r)
{
    if (r->no_u) return NEVER;
    return bound_shift(r, &(shy_shift){r->mu, r->slip_mu, r->b, r->eb, r->a, r->ea, r->m21, r->e21, r->m12, r->e12});
}

static double bound_interaction(const shy_rest *r)
{
    if (r->no_u || r->no_v) return NEVER;
    const double a = fabs(r->a) + r->ea, b = fabs(r->b) + r->eb, x = r->x, ex = r->ex;
    const double det = 1.0 - x * x - ex * (2.0 * fabs(x) + ex);
    const double along = quotient(r->m21 + r->m12, 2.0 * (1.0 + x)), across = quotient(r->m21 - r->m12, 2.0 * (1.0 - x));
    const double w1 = along + across, w2 = along - across, w = fabs(w1) + fabs(w2);
    const double slack = fabs(1.0 - fabs(x) - ex) + 1e-300, g = r->e21 + r->e12 + ex * w;
    const double rest = r->s - w1 * r->m21 - w2 * r->m12;
    const double error = r->es + ex * w * w + 2.0 * (fabs(w1) * r->e21 + fabs(w2) * r->e12) + g * g / slack;
    const double top = fabs(r->y11 - w1 * r->a - w2 * r->b) + r->ey + fabs(w1) * r->ea + fabs(w2) * r->eb + g * (a + b) / slack;
    return det > 0.0 ? bound_weighted(r) + quotient(top * top, rest - error) : 2.0;
}

static double bound_of(const shy_rest *r, shy_tile_form form)
{
    switch (form) {
    case SHY_TILE_PRODUCT: return bound_product(r);
    case SHY_TILE_SUM: return bound_sum(r, 1.0);
    case SHY_TILE_DIFFERENCE: return bound_sum(r, -1.0);
    case SHY_TILE_WEIGHTED: return bound_weighted(r);
    case SHY_TILE_SHIFT_LEFT: return bound_shift_left(r);
    case SHY_TILE_SHIFT_RIGHT: return bound_shift_right(r);
    default: return bound_interaction(r);
    }
}

int shy_pairs_bound_metric(const shy_panel *left, const shy_panel *right, const shy_pairs *pairs, const double floor[SHY_TILE_FORMS],
                           shy_tile_hit *hits)
{
    const size_t directions = (size_t)pairs->directions;
    int found = 0;
    for (int k = 0; k < pairs->count; k++) {
        const int i = pairs->left[k], j = pairs->right[k];
        const shy_rest rest = rest_of(pairs->moment + (size_t)k * (5 + directions), pairs->epsilon + BOUNDED, pairs->refined, pairs->directions,
                                      &left->sums[i], left->along + (size_t)i * directions, &right->sums[j], right->along + (size_t)j * directions);
        for (int form = 0; form < SHY_TILE_FORMS; form++) {
            if (floor[form] > 1.0) continue;
            const double bound = bound_of(&rest, (shy_tile_form)form);
            if (bound < floor[form]) continue;
            hits[found++] = (shy_tile_hit){fmin(bound, 2.0), i, j, (shy_tile_form)form};
        }
    }
    return found;
}
