/* Stages of a run in PETSc's own log (PETSC_OPTIONS=-log_view). */
#include "shy_config.h"

#include <petsclog.h>
#include <petscsys.h>

#include "linalg_impl.h"

static bool staged;

/* PETSc's world is a single rank: each would print a table of its own. */
void shy_petsc_log_once(void)
{
    int rank;

    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    if (rank > 0) SHY_PETSC(PetscOptionsClearValue(NULL, "-log_view"));
}

void shy_linalg_stage(const char *name)
{
    PetscBool started = PETSC_FALSE;
    PetscLogStage stage = -1;

    SHY_PETSC(PetscInitialized(&started));
    if (!started) {
        staged = false;
        return;
    }
    if (staged) SHY_PETSC(PetscLogStagePop());
    staged = name != NULL;
    if (name == NULL) return;
    SHY_PETSC(PetscLogStageGetId(name, &stage));
    if (stage < 0) SHY_PETSC(PetscLogStageRegister(name, &stage));
    SHY_PETSC(PetscLogStagePush(stage));
}
