/** What the files of linalg share: PETSc on this rank alone, its failures, and BLACS and LAPACK as C sees them. */
#ifndef SHIHYO_LINALG_IMPL_H
#define SHIHYO_LINALG_IMPL_H

#include "shihyo/linalg.h"

/**
 * Starts PETSc on this rank unless it is started. PETSc's world is MPI_COMM_SELF, so that a rank can start it without the
 * others: what is distributed names its communicator. Not collective.
 */
shy_status shy_petsc_start(void);

/** Frees the solvers that shy_minimise_run keeps. Before PETSc ends. Cannot fail. */
void shy_minimise_stop(void);

/**
 * Ends all ranks. A failure inside PETSc on one rank cannot be handed back: the other members of the group are already on
 * their way into the next collective call.
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
