/** What the files of linalg share: which minimiser is used, both of them, and PETSc on this rank alone. */
#ifndef SHIHYO_LINALG_IMPL_H
#define SHIHYO_LINALG_IMPL_H

#include "shihyo/linalg.h"

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
    double *step, *factor, *next;       /* Newton's */
    double *best, *slope, *curvature;   /* x, gradient and Hessian from which damped steps are tried */
};

/**
 * All three at x in one pass over the data; nothing if they are known. Returns s->status. Collective if the caller's
 * function is.
 */
shy_status shy_solver_evaluate(struct shy_solver *s, const double *x);

/**
 * Where Newton's method is stuck: from x by TAO, or by damped Newton steps of our own. x becomes the end, or stays.
 * Collective if the caller's function is; else fails as `s->status`.
 */
void shy_tao_run(struct shy_solver *s, double *x);
void shy_damped_run(struct shy_solver *s, double *x);

/** What one minimisation without second derivatives knows. */
struct shy_descent {
    const shy_descend *problem;
    shy_status status; /* of the caller's function; after a failure it is not called again */
    double f;          /* of the best point */
    double x[SHY_DESCEND_MAX], gradient[SHY_DESCEND_MAX];
    double at[SHY_DESCEND_MAX], there[SHY_DESCEND_MAX]; /* a trial and its gradient */
    double step[SHY_DESCEND_MAX], hessian[SHY_DESCEND_MAX * SHY_DESCEND_MAX];
};

/** f at x and its gradient: INFINITY and zeros where x is not allowed. Collective if the caller's function is. */
double shy_descent_evaluate(struct shy_descent *d, const double *x, double *gradient);
void shy_descent_keep(struct shy_descent *d, const double *x, double f, const double *gradient); /* the best point */
double shy_largest(const double *values, int count);                                             /* of |values| */
#define SHY_HANDED_OVER 1e-7 /* below this gradient falls of f are rounding, and line searches find nothing any more */

/** Quasi-Newton from the best point, which gets better: TAO's, and our own. As above. */
void shy_tao_descend(struct shy_descent *d);
void shy_bfgs_descend(struct shy_descent *d);

/** Frees the solvers that shy_minimise_run keeps. Before PETSc ends. Cannot fail. */
void shy_minimise_stop(void);

/** Who minimises where Newton's method does not: the two functions above, of one make. */
struct shy_minimiser {
    void (*run)(struct shy_solver *s, double *x);
    void (*descend)(struct shy_descent *d);
};

/**
 * TAO if the program was built with PETSc and nobody wants our own minimiser (SHY_MINIMISER=own, on any rank).
 * Not collective.
 */
const struct shy_minimiser *shy_minimiser_used(void);
shy_status shy_minimiser_start(void); /* starts PETSc on this rank if TAO is used; not collective */

#ifdef HAVE_PETSC
/**
 * Starts PETSc on this rank unless it is started. PETSc's world is MPI_COMM_SELF, so that a rank can start it without
 * the others: what is distributed names its communicator. Not collective.
 */
shy_status shy_petsc_start(void);
/** Of all ranks, the first one prints PETSc's log. Not collective; once PETSc is started. */
void shy_petsc_log_once(void);

void shy_petsc_stop(void); /* on this rank, if it was started here */

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

const char *shy_petsc_version(void);

/** While forgiving, an error inside PETSc is a code that its function returns; else it ends all ranks. */
void shy_petsc_forgive(bool forgiving);
#endif

#endif
