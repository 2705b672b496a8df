/**
 * linalg: distributed and small dense algebra through the libraries made for it. Knows no outcome.
 *
 * Floor 2. The only module that names PETSc, TAO, ScaLAPACK and BLACS.
 */
#ifndef SHIHYO_LINALG_H
#define SHIHYO_LINALG_H

#include "shihyo/base.h"
#include "shihyo/par.h"

/**
 * Starts PETSc (if the program has it) and BLACS on first use, after MPI; stopped in the right order by shy_linalg_stop,
 * before shy_par_stop. PETSc cannot be started a second time: after shy_linalg_stop this is SHY_INTERNAL. The environment's
 * SHY_MINIMISER=own on any rank, or a build without PETSc, puts a minimiser of our own in TAO's place on all ranks; another
 * value than own and tao is SHY_USAGE. Collective.
 */
shy_status shy_linalg_start(const shy_team *team);
void shy_linalg_stop(void);
/**
 * What PETSc does from now on belongs to this stage of its log, which PETSC_OPTIONS=-log_view prints at the end (of rank 0); NULL: to none. Does
 * nothing before PETSc is started. Not collective. Cheap, but nothing for a loop.
 */
void shy_linalg_stage(const char *name);
void shy_linalg_describe(char *text, size_t size); /* "PETSc 3.18.5, ScaLAPACK 2.2.1, BLAS …", or "no PETSc …" */

/**
 * Cholesky solve of a small symmetric positive definite system (LAPACK dposv). a: order × order, column-major,
 * destroyed; b: right-hand side in, solution out. False if a is not positive definite to working precision.
 * Not collective.
 */
bool shy_solve_spd(int order, double *a, double *b);
/** The same for several right-hand sides: b is order × columns. The lower triangle of a becomes its Cholesky factor. */
bool shy_solve_spd_columns(int order, double *a, int columns, double *b);

/**
 * Concatenates a vector of which each member of the group holds a piece, in the order of row_block.
 *
 * @param mine    my piece, `count` values (may be 0, may differ from member to member); read
 * @param all     the whole vector; written; the caller knows a bound of its length
 * @param starts  row_blocks + 1 numbers: the piece of row block b is all[starts[b]] … all[starts[b + 1] − 1]; written
 * Collective over team->rows. R = 1: a copy, no message. Cannot fail.
 */
void shy_vector_gather(const shy_team *team, const double *mine, int count, double *all, int *starts);

#define SHY_UNKNOWNS_MAX 384 /* of a minimisation */

/**
 * Smooth convex minimisation in few unknowns by Newton's method and PETSc TAO, or damped Newton steps (on this rank alone: every member of a group
 * calls it in lock step with the same numbers and gets the same result, whatever was solved before).
 */
typedef struct {
    int unknowns;
    /** f, gradient[unknowns], hessian[unknowns × unknowns] at x. May be collective over the caller's group. */
    shy_status (*evaluate)(void *context, const double *x, double *f, double *gradient, double *hessian);
    void *context;
    double gradient_tolerance; /* on the largest |gradient| */
    int max_iterations;
} shy_minimise;
typedef enum { SHY_MINIMUM, SHY_MINIMUM_NOT_REACHED } shy_minimise_end;
/**
 * Makes the solver for so many unknowns (at most SHY_UNKNOWNS_MAX) ahead of time. After it, shy_minimise_run cannot fail on one
 * member of a group alone.
 * Not collective: starts PETSc on this rank if need be. Fails with SHY_MEMORY.
 */
shy_status shy_minimise_prepare(int unknowns);
/**
 * x: start in, result out (the best found, if the tolerance was not reached, which is a result and not an error). The
 * last call of `evaluate` is at this x. Newton's method with step halving goes first; TAO, or our own, takes over where
 * that gets stuck.
 */
shy_status shy_minimise_run(const shy_minimise *problem, double *x, shy_minimise_end *end_out);

/**
 * Minimisation in few unknowns without second derivatives, and with places where the function is not defined: PETSc
 * TAO's quasi-Newton method or BFGS (LMVM, on this rank in lock step as above), then a few Newton steps with differences of the
 * gradient, which go on where the fall of f drowns in its rounding. Scale the unknowns so that the Hessian is about the
 * identity: a step of 1 is tried first, and differences are taken over 1e-4. A minimisation may run inside `evaluate`.
 */
#define SHY_DESCEND_MAX 16
typedef struct {
    int unknowns; /* 1 … SHY_DESCEND_MAX */
    /**
     * f and gradient[unknowns] at x; where f or the gradient is not finite, x is not allowed and steps are shortened.
     * May be collective over the caller's group.
     */
    shy_status (*evaluate)(void *context, const double *x, double *f, double *gradient);
    void *context;
    double gradient_tolerance; /* on the largest |gradient| */
    int max_evaluations;       /* of the quasi-Newton method */
} shy_descend;
/**
 * x: start in, the best point found out; f_out: its f, never larger than at the start but for 1e-14 of rounding; ∞ if
 * the start is not allowed. Not reaching the tolerance is no error. Fails as `evaluate`, and if PETSc cannot be started.
 */
shy_status shy_descend_run(const shy_descend *problem, double *x, double *f_out);

#endif
