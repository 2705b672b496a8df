/** Smooth convex minimisation in few unknowns: TAO's Newton method with line search, then a few bare Newton steps. */
#include "shy_config.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include <petsctao.h>

#include "linalg_impl.h"

#if PETSC_VERSION_LT(3, 17, 0) /* these functions got their present names in 3.17 */
#define TaoSetSolution TaoSetInitialVector
#define TaoSetHessian TaoSetHessianRoutine
#define TaoSetObjectiveAndGradient(tao, gradient, function, context)                                                   \
    TaoSetObjectiveAndGradientRoutine((tao), (function), (context))
#endif

/* Objective and gradient resolve a minimum only to about the square root of the rounding error of f. TAO, which compares
 * values of f, stops there; Newton steps, which look at the gradient alone, go on. */
#define TAO_RELATIVE_GRADIENT 1e-7
#define POLISH_STEPS 6
#define KEPT_SOLVERS 8

/* A solver of one size; creating one costs as much as a whole fit, so each size is created once and kept. */
struct solver {
    int unknowns;
    Tao tao;
    Vec x;
    Mat hessian_matrix;
    const shy_minimise *problem; /* of the present run */
    shy_status status;
    double f;
    double *memory; /* the arrays below, in one piece */
    double *at, *gradient, *hessian; /* f, its gradient and Hessian, all at `at` */
    double *step, *factor, *better;
};
static struct solver *kept[KEPT_SOLVERS + 1]; /* by number of unknowns */

static void solver_free(struct solver **solver)
{
    struct solver *s = *solver;

    if (!s) return;
    SHY_PETSC(TaoDestroy(&s->tao));
    SHY_PETSC(MatDestroy(&s->hessian_matrix));
    SHY_PETSC(VecDestroy(&s->x));
    shy_free(&s->memory);
    shy_free(solver);
}

void shy_minimise_stop(void)
{
    for (int k = 0; k <= KEPT_SOLVERS; k++) solver_free(&kept[k]);
}

/* All three at once, because the data are passed over once for all three; TAO asks for them one by one at the same x. */
static void evaluate_at(struct solver *s, const double *x)
{
    const size_t bytes = (size_t)s->unknowns * sizeof *x;

    if (s->status != SHY_OK || (memcmp(s->at, x, bytes) == 0 && !isnan(s->f))) return;
    memcpy(s->at, x, bytes);
    s->status = s->problem->evaluate(s->problem->context, s->at, &s->f, s->gradient, s->hessian);
}

static PetscErrorCode objective_and_gradient(Tao tao, Vec x, PetscReal *f, Vec gradient, void *context)
{
    struct solver *s = context;
    const PetscScalar *values;
    PetscScalar *out;

    (void)tao;
    SHY_PETSC(VecGetArrayRead(x, &values));
    evaluate_at(s, values);
    SHY_PETSC(VecRestoreArrayRead(x, &values));
    /* After a failure a flat function brings TAO to an end without an error of its own. */
    *f = s->status == SHY_OK ? s->f : 0.0;
    SHY_PETSC(VecGetArray(gradient, &out));
    for (int k = 0; k < s->unknowns; k++) out[k] = s->status == SHY_OK ? s->gradient[k] : 0.0;
    SHY_PETSC(VecRestoreArray(gradient, &out));
    return 0;
}

static PetscErrorCode second_derivatives(Tao tao, Vec x, Mat hessian, Mat preconditioner, void *context)
{
    struct solver *s = context;
    const PetscScalar *values;
    PetscScalar *out;

    (void)tao, (void)preconditioner; /* the same matrix */
    SHY_PETSC(VecGetArrayRead(x, &values));
    evaluate_at(s, values);
    SHY_PETSC(VecRestoreArrayRead(x, &values));
    SHY_PETSC(MatDenseGetArray(hessian, &out));
    memcpy(out, s->hessian, (size_t)s->unknowns * (size_t)s->unknowns * sizeof *out);
    SHY_PETSC(MatDenseRestoreArray(hessian, &out));
    SHY_PETSC(MatAssemblyBegin(hessian, MAT_FINAL_ASSEMBLY));
    SHY_PETSC(MatAssemblyEnd(hessian, MAT_FINAL_ASSEMBLY));
    return 0;
}

/*
 * A Newton method with a line search that only ever halves: the default one (Moré–Thuente) raises errors on steep walls, the
 * unconstrained trust region (TAONTR) where the Hessian vanishes, and the bounded one (TAOBNTR) takes twice as long.
 */
static void create_tao(struct solver *s)
{
    TaoLineSearch search;

    SHY_PETSC(TaoCreate(PETSC_COMM_SELF, &s->tao));
    SHY_PETSC(TaoSetType(s->tao, TAOBNLS));
    SHY_PETSC(TaoGetLineSearch(s->tao, &search));
    SHY_PETSC(TaoLineSearchSetType(search, TAOLINESEARCHARMIJO));
    SHY_PETSC(TaoSetSolution(s->tao, s->x));
    SHY_PETSC(TaoSetObjectiveAndGradient(s->tao, NULL, objective_and_gradient, s));
    SHY_PETSC(TaoSetHessian(s->tao, s->hessian_matrix, s->hessian_matrix, second_derivatives, s));
}

static shy_status solver_create(int unknowns, struct solver **solver_out)
{
    shy_status st = SHY_OK;
    struct solver *s = NULL;
    const size_t m = (size_t)unknowns;

    SHY_TRY(shy_new(1, sizeof *s, &s));
    s->unknowns = unknowns;
    SHY_TRY(shy_new(2 * m * m + 4 * m, sizeof *s->memory, &s->memory));
    s->at = s->memory, s->gradient = s->at + m, s->step = s->gradient + m, s->better = s->step + m;
    s->hessian = s->better + m, s->factor = s->hessian + m * m;
    SHY_PETSC(VecCreateSeq(PETSC_COMM_SELF, unknowns, &s->x));
    SHY_PETSC(MatCreateSeqDense(PETSC_COMM_SELF, unknowns, unknowns, NULL, &s->hessian_matrix));
    create_tao(s);
    *solver_out = s, s = NULL;
out:
    solver_free(&s);
    return st;
}

static double largest(const double *values, int count)
{
    double most = 0.0;

    for (int k = 0; k < count; k++)
        if (!(fabs(values[k]) <= most)) most = fabs(values[k]); /* NaN wins */
    return most;
}

static void run_tao(struct solver *s, double *x)
{
    const size_t bytes = (size_t)s->unknowns * sizeof *x;
    PetscScalar *values;
    const PetscScalar *end;

    SHY_PETSC(TaoSetTolerances(s->tao, s->problem->gradient_tolerance, TAO_RELATIVE_GRADIENT, 0.0));
    SHY_PETSC(TaoSetMaximumIterations(s->tao, s->problem->max_iterations));
    SHY_PETSC(VecGetArray(s->x, &values));
    memcpy(values, x, bytes);
    SHY_PETSC(VecRestoreArray(s->x, &values));
    shy_petsc_forgive(true);
    const PetscErrorCode code = TaoSolve(s->tao);
    shy_petsc_forgive(false);
    if (code != 0) { /* what it could not digest is data, the same on all members; x stays the start */
        SHY_PETSC(TaoDestroy(&s->tao));
        create_tao(s);
        return;
    }
    SHY_PETSC(VecGetArrayRead(s->x, &end));
    memcpy(x, end, bytes);
    SHY_PETSC(VecRestoreArrayRead(s->x, &end));
}

/* Newton steps for as long as they make the gradient smaller. */
static void polish(struct solver *s, double *x)
{
    const int m = s->unknowns;

    evaluate_at(s, x);
    for (int pass = 0; pass < POLISH_STEPS && s->status == SHY_OK; pass++) {
        const double before = largest(s->gradient, m);
        if (before <= s->problem->gradient_tolerance) return;
        memcpy(s->step, s->gradient, (size_t)m * sizeof *s->step);
        memcpy(s->factor, s->hessian, (size_t)m * (size_t)m * sizeof *s->factor);
        if (!shy_solve_spd(m, s->factor, s->step)) return;
        for (int k = 0; k < m; k++) s->better[k] = x[k] - s->step[k];
        evaluate_at(s, s->better);
        if (s->status != SHY_OK || !(largest(s->gradient, m) < before)) break;
        memcpy(x, s->better, (size_t)m * sizeof *x);
    }
    evaluate_at(s, x);
}

static shy_status solve(struct solver *s, const shy_minimise *problem, double *x, shy_minimise_end *end_out)
{
    const int m = problem->unknowns;

    s->problem = problem;
    s->status = SHY_OK;
    s->f = NAN; /* nothing is known yet, whatever `at` says */
    evaluate_at(s, x);
    *end_out = SHY_MINIMUM_NOT_REACHED;
    /* TAO takes a start where f is not finite for a defect; for us it is data. */
    if (s->status == SHY_OK && isfinite(s->f) && isfinite(largest(s->gradient, m))) {
        run_tao(s, x);
        polish(s, x);
        if (s->status == SHY_OK && largest(s->gradient, m) <= problem->gradient_tolerance) *end_out = SHY_MINIMUM;
    }
    s->problem = NULL;
    return s->status;
}

shy_status shy_minimise_prepare(int unknowns)
{
    shy_status st = SHY_OK;

    if (unknowns < 1 || unknowns > KEPT_SOLVERS) return shy_fail(SHY_INTERNAL, "minimisation in %d unknowns", unknowns);
    SHY_TRY(shy_petsc_start());
    if (!kept[unknowns]) SHY_TRY(solver_create(unknowns, &kept[unknowns]));
out:
    return st;
}

shy_status shy_minimise_run(const shy_minimise *problem, double *x, shy_minimise_end *end_out)
{
    shy_status st = SHY_OK;

    SHY_TRY(shy_minimise_prepare(problem->unknowns));
    struct solver *s = kept[problem->unknowns];
    if (s->problem) return shy_fail(SHY_INTERNAL, "a minimisation was started inside one of the same size");
    st = solve(s, problem, x, end_out);
out:
    return st;
}
