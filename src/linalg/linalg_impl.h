/** What the files of linalg share: PETSc on this rank alone, its failures, and BLACS and LAPACK as C sees them. */
#ifndef SHIHYO_LINALG_IMPL_H
#define SHIHYO_LINALG_IMPL_H

#include "shihyo/linalg.h"

/**
 * Starts PETSc on this rank unless it is started. PETSc's world is MPI_COMM_SELF, so that a rank can start it without
 * the others: what is distributed names its communicator. Not collective.
 */
shy_status shy_petsc_start(void);

/** Of all ranks, the first one prints PETSc's log. Not collective; once PETSc is started. */
void shy_petsc_log_once(void);

/** Below this part of 1 + |f| the fall of f is rounding. */
#define SHY_DROWNED 1e-14

/**
 * What one minimisation knows: f, its gradient and Hessian at the last point asked for. Kept for each number of
 * unknowns.
 */
struct shy_solver {
    int unknowns;
    const shy_minimise *problem; /* of the present run; NULL between runs */
    shy_status status;           /* of the caller's function; after a failure it is not called again */
    bool known;                  /* the following belong to `at` */
    double f;
    double *memory; /* the arrays, in one piece; owned */
    double *at, *gradient, *hessian;
    double *step, *factor, *next; /* Newton's */
};

/**
 * All three at x in one pass over the data; nothing if they are known. Returns s->status. Collective if the caller's
 * function is.
 */
shy_status shy_solver_evaluate(struct shy_solver *s, const double *x);

/**
 * TAO from x; x becomes the end, or stays if TAO ends in an error. Collective if the caller's function is; else fails
 * as `s->status`.
 */
void shy_tao_run(struct shy_solver *s, double *x);

/** Frees the solvers that shy_minimise_run keeps. Before PETSc ends. Cannot fail. */
void shy_minimise_stop(void);

/**
 * Ends all ranks. A failure inside PETSc on one rank cannot be handed back: the other members of the group are already
 * on their way into the next collective call.
 */
_Noreturn void shy_petsc_abort(const char *call, int code);
#define SHY_PETSC(call)                                                                                                \
    do {                                                                                                               \
        int petsc_code_ = (int)(call);                                                                                 \
        if (petsc_code_ != 0) shy_petsc_abort(#call, petsc_code_);                                                     \
    } while (0)

/** While forgiving, an error inside PETSc is a code that its function returns; else it ends all ranks. */
void shy_petsc_forgive(bool forgiving);

#endif
