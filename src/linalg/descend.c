/** Minimisation without second derivatives: TAO's quasi-Newton method, and Newton steps with differences at its end. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include <petsctao.h>

#include "linalg_impl.h"

#if PETSC_VERSION_LT(3, 17, 0) /* these functions got their present names in 3.17 */
#define TaoSetSolution TaoSetInitialVector
#define TaoSetObjectiveAndGradient(tao, gradient, function, context)                                                   \
    TaoSetObjectiveAndGradientRoutine((tao), (function), (context))
#endif

/* Below this gradient falls of f are rounding, and line searches find nothing any more. */
#define HANDED_OVER 1e-7
#define DIFFERENCE 1e-4 /* its square and the gradient's rounding divided by it are both about 1e-8 */
#define NEWTON_STEPS 8

struct descent {
    const shy_descend *problem;
    shy_status status; /* of the caller's function; after a failure it is not called again */
    double f;          /* of the best point */
    double x[SHY_DESCEND_MAX], gradient[SHY_DESCEND_MAX];
    double at[SHY_DESCEND_MAX], there[SHY_DESCEND_MAX]; /* a trial and its gradient */
    double step[SHY_DESCEND_MAX], hessian[SHY_DESCEND_MAX * SHY_DESCEND_MAX];
};

static bool all_finite(const double *values, int count)
{
    bool finite = true;

    for (int k = 0; k < count; k++)
        finite = finite && isfinite(values[k]);
    return finite;
}

static double largest(const double *values, int count)
{
    double most = 0.0;

    for (int k = 0; k < count; k++)
        most = fmax(most, fabs(values[k]));
    return most;
}

/* INFINITY and a gradient of 0 where x is not allowed. */
static double evaluate(struct descent *d, const double *x, double *gradient)
{
    const int m = d->problem->unknowns;
    double f = INFINITY;

    if (d->status == SHY_OK) d->status = d->problem->evaluate(d->problem->context, x, &f, gradient);
    if (d->status == SHY_OK && isfinite(f) && all_finite(gradient, m)) return f;
    memset(gradient, 0, (size_t)m * sizeof *gradient);
    return INFINITY;
}

static void keep(struct descent *d, const double *x, double f, const double *gradient)
{
    const size_t bytes = (size_t)d->problem->unknowns * sizeof *x;

    d->f = f;
    memcpy(d->x, x, bytes);
    memcpy(d->gradient, gradient, bytes);
}

/* ---- TAO ------------------------------------------------------------------------------------------------------- */

static PetscErrorCode objective_and_gradient(Tao tao, Vec x, PetscReal *f, Vec gradient, void *context)
{
    struct descent *d = context;
    const PetscScalar *values;
    PetscScalar *out;

    (void)tao;
    SHY_PETSC(VecGetArrayRead(x, &values));
    SHY_PETSC(VecGetArray(gradient, &out));
    const double here = evaluate(d, values, out);
    if (here < d->f) keep(d, values, here, out);
    SHY_PETSC(VecRestoreArray(gradient, &out));
    SHY_PETSC(VecRestoreArrayRead(x, &values));
    /* After a failure a flat function brings TAO to an end without an error of its own. */
    *f = d->status == SHY_OK ? here : 0.0;
    shy_petsc_forgive(true); /* a minimisation inside the function has ended that */
    return 0;
}

/* Armijo's line search takes f = ∞ for a step too long; the default one (Moré–Thuente) for an error. */
static void create_tao(struct descent *d, Vec x, Tao *tao_out)
{
    Tao tao;
    TaoLineSearch search;

    SHY_PETSC(TaoCreate(PETSC_COMM_SELF, &tao));
    SHY_PETSC(TaoSetType(tao, TAOLMVM));
    SHY_PETSC(TaoGetLineSearch(tao, &search));
    SHY_PETSC(TaoLineSearchSetType(search, TAOLINESEARCHARMIJO));
    SHY_PETSC(TaoSetSolution(tao, x));
    SHY_PETSC(TaoSetObjectiveAndGradient(tao, NULL, objective_and_gradient, d));
    SHY_PETSC(TaoSetTolerances(tao, fmax(d->problem->gradient_tolerance, HANDED_OVER), 0.0, 0.0));
    SHY_PETSC(TaoSetMaximumFunctionEvaluations(tao, d->problem->max_evaluations));
    SHY_PETSC(TaoSetMaximumIterations(tao, d->problem->max_evaluations));
    *tao_out = tao;
}

/* What TAO could not digest is data, the same on all members: the best point so far stays. */
static void run_tao(struct descent *d)
{
    PetscScalar *values;
    Vec point;
    Tao tao;

    SHY_PETSC(VecCreateSeq(PETSC_COMM_SELF, d->problem->unknowns, &point));
    SHY_PETSC(VecGetArray(point, &values));
    memcpy(values, d->x, (size_t)d->problem->unknowns * sizeof *values);
    SHY_PETSC(VecRestoreArray(point, &values));
    create_tao(d, point, &tao);
    shy_petsc_forgive(true);
    (void)TaoSolve(tao);
    shy_petsc_forgive(false);
    SHY_PETSC(TaoDestroy(&tao));
    SHY_PETSC(VecDestroy(&point));
}

/* ---- Newton steps ------------------------------------------------------------------------------------------------ */

/* Column k of the Hessian at the best point. False beside a place that is not allowed. */
static bool difference(struct descent *d, int k)
{
    const int m = d->problem->unknowns;
    double *column = d->hessian + (size_t)k * (size_t)m;

    memcpy(d->at, d->x, (size_t)m * sizeof *d->at);
    d->at[k] = d->x[k] + DIFFERENCE;
    if (!isfinite(evaluate(d, d->at, column))) return false;
    d->at[k] = d->x[k] - DIFFERENCE;
    if (!isfinite(evaluate(d, d->at, d->there))) return false;
    for (int j = 0; j < m; j++)
        column[j] = (column[j] - d->there[j]) / (2.0 * DIFFERENCE);
    return true;
}

/* False if that leads nowhere: the best point stays. */
static bool newton_step(struct descent *d)
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
    const double f = evaluate(d, d->at, d->there);
    if (!(f <= d->f + SHY_DROWNED * (1.0 + fabs(d->f))) || !(largest(d->there, m) < largest(d->gradient, m))) return false;
    keep(d, d->at, f, d->there);
    return true;
}

/* ---- both -------------------------------------------------------------------------------------------------------- */

static bool is_reached(const struct descent *d)
{
    return largest(d->gradient, d->problem->unknowns) <= d->problem->gradient_tolerance;
}

static void descend(struct descent *d)
{
    d->f = evaluate(d, d->x, d->gradient);
    if (!isfinite(d->f) || is_reached(d)) return;
    run_tao(d);
    for (int step = 0; step < NEWTON_STEPS && !is_reached(d); step++)
        if (!newton_step(d)) return;
}

shy_status shy_descend_run(const shy_descend *problem, double *x, double *f_out)
{
    shy_status st = SHY_OK;
    struct descent d = {.problem = problem};

    if (problem->unknowns < 1 || problem->unknowns > SHY_DESCEND_MAX)
        return shy_fail(SHY_INTERNAL, "a descent in %d unknowns", problem->unknowns);
    SHY_TRY(shy_petsc_start());
    memcpy(d.x, x, (size_t)problem->unknowns * sizeof *x);
    descend(&d);
    SHY_TRY(d.status);
    memcpy(x, d.x, (size_t)problem->unknowns * sizeof *x);
    *f_out = d.f;
out:
    return st;
}
