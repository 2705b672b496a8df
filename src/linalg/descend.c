/** Minimisation without second derivatives: a quasi-Newton method, and Newton steps with differences at its end. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "linalg_impl.h"

#define DIFFERENCE 1e-4 /* its square and the gradient's rounding divided by it are both about 1e-8 */
#define NEWTON_STEPS 8

static bool all_finite(const double *values, int count)
{
    bool finite = true;

    for (int k = 0; k < count; k++)
        finite = finite && isfinite(values[k]);
    return finite;
}

double shy_largest(const double *values, int count)
{
    double most = 0.0;

    for (int k = 0; k < count; k++)
        most = fmax(most, fabs(values[k]));
    return most;
}

double shy_descent_evaluate(struct shy_descent *d, const double *x, double *gradient)
{
    const int m = d->problem->unknowns;
    double f = INFINITY;

    if (d->status == SHY_OK) d->status = d->problem->evaluate(d->problem->context, x, &f, gradient);
    if (d->status == SHY_OK && isfinite(f) && all_finite(gradient, m)) return f;
    memset(gradient, 0, (size_t)m * sizeof *gradient);
    return INFINITY;
}

void shy_descent_keep(struct shy_descent *d, const double *x, double f, const double *gradient)
{
    const size_t bytes = (size_t)d->problem->unknowns * sizeof *x;

    d->f = f;
    memcpy(d->x, x, bytes);
    memcpy(d->gradient, gradient, bytes);
}

/* ---- Newton steps ------------------------------------------------------------------------------------------------ */

/* Column k of the Hessian at the best point. False beside a place that is not allowed. */
static bool difference(struct shy_descent *d, int k)
{
    const int m = d->problem->unknowns;
    double *column = d->hessian + (size_t)k * (size_t)m;

    memcpy(d->at, d->x, (size_t)m * sizeof *d->at);
    d->at[k] = d->x[k] + DIFFERENCE;
    if (!isfinite(shy_descent_evaluate(d, d->at, column))) return false;
    d->at[k] = d->x[k] - DIFFERENCE;
    if (!isfinite(shy_descent_evaluate(d, d->at, d->there))) return false;
    for (int j = 0; j < m; j++)
        column[j] = (column[j] - d->there[j]) / (2.0 * DIFFERENCE);
    return true;
}

/* False if that leads nowhere: the best point stays. */
static bool newton_step(struct shy_descent *d)
{
    const int m = d->problem->unknowns;

    for (int k = 0; k < m; k++)
        if (!difference(d, k)) return false;
    for (int j = 0; j < m; j++)
        for (int k = 0; k < j; k++)
            d->hessian[j * m + k] = d->hessian[k * m + j] = (d->hessian[j * m + k] + d->hessian[k * m + j]) / 2.0;
    memcpy(d->step, d->gradient, (size_t)m * sizeof *d->step);
    if (!shy_solve_spd(m, d->hessian, d->step) || !all_finite(d->step, m)) return false;
    for (int k = 0; k < m; k++)
        d->at[k] = d->x[k] - d->step[k];
    const double f = shy_descent_evaluate(d, d->at, d->there);
    if (!(f <= d->f + SHY_DROWNED * (1.0 + fabs(d->f))) || !(shy_largest(d->there, m) < shy_largest(d->gradient, m))) return false;
    shy_descent_keep(d, d->at, f, d->there);
    return true;
}

/* ---- both -------------------------------------------------------------------------------------------------------- */

static bool is_reached(const struct shy_descent *d)
{
    return shy_largest(d->gradient, d->problem->unknowns) <= d->problem->gradient_tolerance;
}

static void descend(struct shy_descent *d)
{
    d->f = shy_descent_evaluate(d, d->x, d->gradient);
    if (!isfinite(d->f) || is_reached(d)) return;
    shy_minimiser_used()->descend(d);
    for (int step = 0; step < NEWTON_STEPS && !is_reached(d); step++)
        if (!newton_step(d)) return;
}

shy_status shy_descend_run(const shy_descend *problem, double *x, double *f_out)
{
    shy_status st = SHY_OK;
    struct shy_descent d = {.problem = problem};

    if (problem->unknowns < 1 || problem->unknowns > SHY_DESCEND_MAX)
        return shy_fail(SHY_INTERNAL, "a descent in %d unknowns", problem->unknowns);
    SHY_TRY(shy_minimiser_start());
    memcpy(d.x, x, (size_t)problem->unknowns * sizeof *x);
    descend(&d);
    SHY_TRY(d.status);
    memcpy(x, d.x, (size_t)problem->unknowns * sizeof *x);
    *f_out = d.f;
out:
    return st;
}
