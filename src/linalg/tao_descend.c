/** One quasi-Newton minimisation by PETSc's TAO, on this rank alone. */
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

static PetscErrorCode objective_and_gradient(Tao tao, Vec x, PetscReal *f, Vec gradient, void *context)
{
    struct shy_descent *d = context;
    const PetscScalar *values;
    PetscScalar *out;

    (void)tao;
    SHY_PETSC(VecGetArrayRead(x, &values));
    SHY_PETSC(VecGetArray(gradient, &out));
    const double here = shy_descent_evaluate(d, values, out);
    if (here < d->f) shy_descent_keep(d, values, here, out);
    SHY_PETSC(VecRestoreArray(gradient, &out));
    SHY_PETSC(VecRestoreArrayRead(x, &values));
    /* After a failure a flat function brings TAO to an end without an error of its own. */
    *f = d->status == SHY_OK ? here : 0.0;
    shy_petsc_forgive(true); /* a minimisation inside the function has ended that */
    return 0;
}

/* Armijo's line search takes f = ∞ for a step too long; the default one (Moré–Thuente) for an error. */
static void create_tao(struct shy_descent *d, Vec x, Tao *tao_out)
{
    Tao tao;
    TaoLineSearch search;

    SHY_PETSC(TaoCreate(PETSC_COMM_SELF, &tao));
    SHY_PETSC(TaoSetType(tao, TAOLMVM));
    SHY_PETSC(TaoGetLineSearch(tao, &search));
    SHY_PETSC(TaoLineSearchSetType(search, TAOLINESEARCHARMIJO));
    SHY_PETSC(TaoSetSolution(tao, x));
    SHY_PETSC(TaoSetObjectiveAndGradient(tao, NULL, objective_and_gradient, d));
    SHY_PETSC(TaoSetTolerances(tao, fmax(d->problem->gradient_tolerance, SHY_HANDED_OVER), 0.0, 0.0));
    SHY_PETSC(TaoSetMaximumFunctionEvaluations(tao, d->problem->max_evaluations));
    SHY_PETSC(TaoSetMaximumIterations(tao, d->problem->max_evaluations));
    *tao_out = tao;
}

/* What TAO could not digest is data, the same on all members: the best point so far stays. */
void shy_tao_descend(struct shy_descent *d)
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
