/**
 * Minimisers of our own, for programs without PETSc: damped Newton steps (Levenberg and Marquardt), and BFGS.
 *
 * They end by the same criteria as TAO's (tao.c, tao_descend.c), and the same Newton steps follow both. What depends on
 * the scale of the unknowns is measured by the diagonal of the Hessian, as Marquardt proposed.
 */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "linalg_impl.h"

#define SUFFICIENT 1e-4 /* of the decrease that was promised (Armijo) */
#define HALVINGS 40

/* ---- with second derivatives ------------------------------------------------------------------------------------- */

#define RELATIVE_GRADIENT 1e-7 /* as of TAO */
#define DAMPING_START 1e-3
#define DAMPING_MOST 1e30

static bool all_finite(const double *values, size_t count)
{
    for (size_t k = 0; k < count; k++)
        if (!isfinite(values[k])) return false;
    return true;
}

/* The point just evaluated becomes the best. A Hessian that is not finite is of no use: steps are down the gradient then. */
static void take_best(struct shy_solver *s)
{
    const size_t m = (size_t)s->unknowns;

    memcpy(s->best, s->at, m * sizeof *s->best);
    memcpy(s->slope, s->gradient, m * sizeof *s->slope);
    memcpy(s->curvature, s->hessian, m * m * sizeof *s->curvature);
    if (!all_finite(s->curvature, m * m)) memset(s->curvature, 0, m * m * sizeof *s->curvature);
}

/* By what damping is multiplied for unknown k: the Hessian's own scale, and 1 where it has none. */
static double scale_of(const struct shy_solver *s, int k)
{
    const size_t m = (size_t)s->unknowns;
    double most = 0.0;

    for (size_t j = 0; j < m; j++)
        most = fmax(most, fabs(s->curvature[j * m + j]));
    const double own = fabs(s->curvature[(size_t)k * m + (size_t)k]);
    return most == 0.0 ? 1.0 : fmax(own, 1e-12 * most);
}

/* step solves (H + damping · D) step = g. Returns what the quadratic falls by along it; not positive: damp more. */
static double damped_step(struct shy_solver *s, double damping)
{
    const int m = s->unknowns;
    double fall = 0.0;

    memcpy(s->factor, s->curvature, (size_t)m * (size_t)m * sizeof *s->factor);
    memcpy(s->step, s->slope, (size_t)m * sizeof *s->step);
    for (int k = 0; k < m; k++)
        s->factor[k * m + k] += damping * scale_of(s, k);
    if (!shy_solve_spd(m, s->factor, s->step)) return -1.0;
    for (int k = 0; k < m; k++) /* gᵀp − pᵀHp/2, with Hp = g − damping D p */
        fall += 0.5 * s->step[k] * (s->slope[k] + damping * scale_of(s, k) * s->step[k]);
    return fall;
}

static bool is_flat(const struct shy_solver *s, double f)
{
    double square = 0.0;

    for (int k = 0; k < s->unknowns; k++)
        square += s->slope[k] * s->slope[k];
    return shy_largest(s->slope, s->unknowns) <= s->problem->gradient_tolerance || sqrt(square) <= RELATIVE_GRADIENT * fabs(f);
}

/* Damping after a step that kept `ratio` of its promise (Nielsen 1999): less and less while the quadratic is right. */
static double relaxed(double damping, double ratio)
{
    const double d = 2.0 * fmin(ratio, 2.0) - 1.0;
    return damping * fmax(1.0 / 3.0, 1.0 - d * d * d);
}

/* f falls as promised; or, where that drowns in its rounding, the gradient does. */
static bool is_better(const struct shy_solver *s, double f, double fall, bool drowned)
{
    if (!isfinite(s->f) || !all_finite(s->gradient, (size_t)s->unknowns)) return false;
    if (drowned) return shy_largest(s->gradient, s->unknowns) < shy_largest(s->slope, s->unknowns);
    return s->f <= f - SUFFICIENT * fall;
}

void shy_damped_run(struct shy_solver *s, double *x)
{
    const size_t m = (size_t)s->unknowns;
    double damping = DAMPING_START, growth = 2.0;

    if (shy_solver_evaluate(s, x) != SHY_OK || !isfinite(s->f) || !all_finite(s->gradient, m)) return;
    double f = s->f;
    take_best(s);
    for (int k = 0; k < s->problem->max_iterations && !is_flat(s, f);) {
        const double fall = damped_step(s, damping);
        const bool drowned = fall >= 0.0 && fall <= SHY_DROWNED * (1.0 + fabs(f));
        bool better = false;
        if (fall > 0.0) {
            for (size_t j = 0; j < m; j++)
                s->next[j] = s->best[j] - s->step[j];
            if (shy_solver_evaluate(s, s->next) != SHY_OK) return;
            better = is_better(s, f, fall, drowned);
        }
        if (better) {
            damping = relaxed(damping, (f - s->f) / fall), growth = 2.0;
            f = s->f;
            take_best(s);
            k++;
        } else if (drowned || (damping *= growth) > DAMPING_MOST) {
            break;
        } else {
            growth *= 2.0;
        }
    }
    memcpy(x, s->best, m * sizeof *x);
}

/* ---- without ------------------------------------------------------------------------------------------------------ */

/* The inverse of the Hessian as BFGS knows it, in d->hessian: updated with the step s and the gradient's change y. */
static void update_inverse(struct shy_descent *d, const double *s, const double *y, bool first)
{
    const int m = d->problem->unknowns;
    double sy = 0.0, yy = 0.0, by[SHY_DESCEND_MAX], yby = 0.0, *b = d->hessian;

    for (int k = 0; k < m; k++)
        sy += s[k] * y[k], yy += y[k] * y[k];
    if (!(sy > 1e-10 * yy)) return; /* not convex here: what was known stays */
    for (int k = 0; k < m && first; k++)
        b[k * m + k] = sy / yy;
    for (int j = 0; j < m; j++) {
        by[j] = 0.0;
        for (int k = 0; k < m; k++)
            by[j] += b[j * m + k] * y[k];
        yby += y[j] * by[j];
    }
    for (int j = 0; j < m; j++)
        for (int k = 0; k < m; k++)
            b[j * m + k] += (1.0 + yby / sy) * s[j] * s[k] / sy - (by[j] * s[k] + s[j] * by[k]) / sy;
}

static void unit_inverse(struct shy_descent *d)
{
    const int m = d->problem->unknowns;

    memset(d->hessian, 0, (size_t)m * (size_t)m * sizeof *d->hessian);
    for (int k = 0; k < m; k++)
        d->hessian[k * m + k] = 1.0;
}

/* step = B g; returns gᵀ B g, by which f falls per unit of step. */
static double direction(struct shy_descent *d)
{
    const int m = d->problem->unknowns;
    double fall = 0.0;

    for (int j = 0; j < m; j++) {
        d->step[j] = 0.0;
        for (int k = 0; k < m; k++)
            d->step[j] += d->hessian[j * m + k] * d->gradient[k];
        fall += d->gradient[j] * d->step[j];
    }
    return fall;
}

/* The first of 1, ½, ¼ … of the step that leads down enough. Infinity: none does. d->at and d->there are that point. */
static double search_line(struct shy_descent *d, double fall, int *evaluations)
{
    const int m = d->problem->unknowns;

    for (int halving = 0; halving < HALVINGS && *evaluations < d->problem->max_evaluations; halving++, fall *= 0.5) {
        for (int k = 0; k < m; k++)
            d->at[k] = d->x[k] - ldexp(d->step[k], -halving);
        ++*evaluations;
        const double f = shy_descent_evaluate(d, d->at, d->there);
        if (d->status != SHY_OK) break;
        if (f <= d->f - SUFFICIENT * fall) return f;
    }
    return INFINITY;
}

void shy_bfgs_descend(struct shy_descent *d)
{
    const int m = d->problem->unknowns;
    const double enough = fmax(d->problem->gradient_tolerance, SHY_HANDED_OVER);
    double s[SHY_DESCEND_MAX], y[SHY_DESCEND_MAX];
    int evaluations = 0;
    bool fresh = true; /* the inverse is the unit matrix */

    unit_inverse(d);
    while (shy_largest(d->gradient, m) > enough && evaluations < d->problem->max_evaluations) {
        const double fall = direction(d);
        if (fall >= 0.0 && fall <= SHY_DROWNED * (1.0 + fabs(d->f))) return;
        const double f = fall > 0.0 ? search_line(d, fall, &evaluations) : INFINITY;
        if (d->status != SHY_OK) return;
        if (f == INFINITY) { /* once more down the gradient itself */
            if (fresh) return;
            unit_inverse(d), fresh = true;
            continue;
        }
        for (int k = 0; k < m; k++)
            s[k] = d->at[k] - d->x[k], y[k] = d->there[k] - d->gradient[k];
        update_inverse(d, s, y, fresh);
        fresh = false;
        shy_descent_keep(d, d->at, f, d->there);
    }
}
