/** One minimisation by PETSc's TAO, on this rank alone, made and thrown away. */
#include "shy_config.h"

#include <string.h>

#include <petsctao.h>

#include "linalg_impl.h"

#if PETSC_VERSION_LT(3, 17, 0) /* these functions got their present names in 3.17 */
#define TaoSetSolution TaoSetInitialVector
#define TaoSetHessian TaoSetHessianRoutine
#define TaoSetObjectiveAndGradient(tao, gradient, function, context)                                                   \
    TaoSetObjectiveAndGradientRoutine((tao), (function), (context))
#endif

/* Values of f resolve a minimum only to about the square root of its rounding error; Newton steps go on from there. */
#define RELATIVE_GRADIENT 1e-7

static PetscErrorCode objective_and_gradient(Tao tao, Vec x, PetscReal *f, Vec gradient, void *context)
{
    struct shy_solver *s = context;
    const PetscScalar *values;
    PetscScalar *out;

    (void)tao;
    SHY_PETSC(VecGetArrayRead(x, &values));
    shy_solver_evaluate(s, values);
    SHY_PETSC(VecRestoreArrayRead(x, &values));
    /* After a failure a flat function brings TAO to an end without an error of its own. */
    *f = s->status == SHY_OK ? s->f : 0.0;
    SHY_PETSC(VecGetArray(gradient, &out));
    for (int k = 0; k < s->unknowns; k++)
        out[k] = s->status == SHY_OK ? s->gradient[k] : 0.0;
    SHY_PETSC(VecRestoreArray(gradient, &out));
    return 0;
}

static PetscErrorCode second_derivatives(Tao tao, Vec x, Mat hessian, Mat preconditioner, void *context)
{
    struct shy_solver *s = context;
    const PetscScalar *values;
    PetscScalar *out;

    (void)tao, (void)preconditioner; /* the same matrix */
    SHY_PETSC(VecGetArrayRead(x, &values));
    shy_solver_evaluate(s, values);
    SHY_PETSC(VecRestoreArrayRead(x, &values));
    SHY_PETSC(MatDenseGetArray(hessian, &out));
    memcpy(out, s->hessian, (size_t)s->unknowns * (size_t)s->unknowns * sizeof *out);
    SHY_PETSC(MatDenseRestoreArray(hessian, &out));
    SHY_PETSC(MatAssemblyBegin(hessian, MAT_FINAL_ASSEMBLY));
    SHY_PETSC(MatAssemblyEnd(hessian, MAT_FINAL_ASSEMBLY));
    return 0;
}

/*
 * A Newton method with a line search that only ever halves: the default one (Moré–Thuente) raises errors on steep
 * walls, and the unconstrained trust region (TAONTR) where the Hessian vanishes.
 */
static void create_tao(struct shy_solver *s, Vec x, Mat hessian, Tao *tao_out)
{
    Tao tao;
    TaoLineSearch search;

    SHY_PETSC(TaoCreate(PETSC_COMM_SELF, &tao));
    SHY_PETSC(TaoSetType(tao, TAOBNLS));
    SHY_PETSC(TaoGetLineSearch(tao, &search));
    SHY_PETSC(TaoLineSearchSetType(search, TAOLINESEARCHARMIJO));
    SHY_PETSC(TaoSetSolution(tao, x));
    SHY_PETSC(TaoSetObjectiveAndGradient(tao, NULL, objective_and_gradient, s));
    SHY_PETSC(TaoSetHessian(tao, hessian, hessian, second_derivatives, s));
    SHY_PETSC(TaoSetTolerances(tao, s->problem->gradient_tolerance, RELATIVE_GRADIENT, 0.0));
    SHY_PETSC(TaoSetMaximumIterations(tao, s->problem->max_iterations));
    *tao_out = tao;
}

void shy_tao_run(struct shy_solver *s, double *x)
{
    const size_t bytes = (size_t)s->unknowns * sizeof *x;
    PetscScalar *values;
    const PetscScalar *end;
    Vec point;
    Mat hessian;
    Tao tao;

    SHY_PETSC(VecCreateSeq(PETSC_COMM_SELF, s->unknowns, &point));
    SHY_PETSC(MatCreateSeqDense(PETSC_COMM_SELF, s->unknowns, s->unknowns, NULL, &hessian));
    SHY_PETSC(VecGetArray(point, &values));
    memcpy(values, x, bytes);
    SHY_PETSC(VecRestoreArray(point, &values));
    create_tao(s, point, hessian, &tao);
    shy_petsc_forgive(true);
    const PetscErrorCode code = TaoSolve(tao);
    shy_petsc_forgive(false);
    if (code == 0) { /* what it could not digest is data, the same on all members; x stays where it was */
        SHY_PETSC(VecGetArrayRead(point, &end));
        memcpy(x, end, bytes);
        SHY_PETSC(VecRestoreArrayRead(point, &end));
    }
    SHY_PETSC(TaoDestroy(&tao));
    SHY_PETSC(MatDestroy(&hessian));
    SHY_PETSC(VecDestroy(&point));
}
