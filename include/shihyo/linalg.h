/**
 * linalg: distributed and small dense algebra through the libraries made for it. Knows no outcome.
 *
 * Floor 2. The only module that names PETSc, TAO, ScaLAPACK and BLACS.
 */
#ifndef SHIHYO_LINALG_H
#define SHIHYO_LINALG_H

#include "shihyo/base.h"
#include "shihyo/par.h"

/** Starts PETSc and BLACS on first use, after MPI; stopped in the right order by shy_linalg_stop, before shy_par_stop. Collective. */
shy_status shy_linalg_start(const shy_team *team);
void shy_linalg_stop(void);
void shy_linalg_describe(char *text, size_t size); /* "PETSc 3.18.5, ScaLAPACK 2.2.1, BLAS OpenBLAS 0.3.21 …" */

/** Cholesky solve of a small symmetric positive definite system (LAPACK dposv). a: order × order, column-major, destroyed;
 * b: right-hand side in, solution out. False if a is not positive definite to working precision. Not collective. */
bool shy_solve_spd(int order, double *a, double *b);

/**
 * Smooth convex minimisation in few unknowns by PETSc TAO (Newton with trust region or line search, on COMM_SELF: every
 * member of a group calls it in lock step with the same numbers and gets the same result).
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
shy_status shy_minimise_run(const shy_minimise *problem, double *x, shy_minimise_end *end_out);

#endif
