/** PETSc: its start and end on this rank, and its errors. */
#include "shy_config.h"

#include <stdlib.h>

#include <petscsys.h>

#include "linalg_impl.h"

#define STRINGIFY_(x) #x
#define STRINGIFY(x) STRINGIFY_(x)

static bool petsc_is_ours, forgives;

_Noreturn void shy_petsc_abort(const char *call, int code)
{
    shy_log_speaker(true); /* whichever rank it is, it has the last word */
    shy_log(SHY_LOG_ERROR, "PETSc failed with code %d in %s; please report this", code, call);
    MPI_Abort(MPI_COMM_WORLD, SHY_INTERNAL);
    abort();
}

/* PETSc calls this where an error is detected, and again on its way up: the first call knows most. */
static PetscErrorCode last_word(MPI_Comm comm, int line, const char *function, const char *file, PetscErrorCode code,
                                PetscErrorType type, const char *message, void *context)
{
    (void)comm, (void)type, (void)context;
    if (forgives) return code;
    shy_log_speaker(true);
    shy_log(SHY_LOG_ERROR, "PETSc: %s (%s, %s:%d)", message ? message : "no message", function, file, line);
    shy_petsc_abort(function, (int)code);
}

void shy_petsc_forgive(bool forgiving)
{
    forgives = forgiving;
}

shy_status shy_petsc_start(void)
{
    /* PETSc keeps them, and heeds this option on a command line only. */
    static char name[] = "shihyo", skip[] = "-skip_petscrc", *list[] = {name, skip, NULL}, **argument = list;
    static int arguments = 2;
    PetscBool started = PETSC_FALSE;

    SHY_PETSC(PetscInitialized(&started));
    if (started) return SHY_OK;
    int mpi_started = 0;
    MPI_Initialized(&mpi_started);
    if (!mpi_started) return shy_fail(SHY_INTERNAL, "linear algebra was asked for before MPI was started");
    PETSC_COMM_WORLD = MPI_COMM_SELF;
    /* Signals and the command line belong to the program, and a file in someone's home must not change results. */
    SHY_PETSC(PetscOptionsSetValue(NULL, "-no_signal_handler", "true"));
    SHY_PETSC(PetscInitialize(&arguments, &argument, NULL, NULL));
    SHY_PETSC(PetscPushErrorHandler(last_word, NULL));
    petsc_is_ours = true;
    shy_petsc_log_once();
    return SHY_OK;
}

void shy_petsc_stop(void)
{
    if (!petsc_is_ours) return;
    petsc_is_ours = false;
    shy_linalg_stage(NULL);
    SHY_PETSC(PetscPopErrorHandler());
    SHY_PETSC(PetscFinalize());
}

const char *shy_petsc_version(void)
{
    return STRINGIFY(PETSC_VERSION_MAJOR) "." STRINGIFY(PETSC_VERSION_MINOR) "." STRINGIFY(PETSC_VERSION_SUBMINOR);
}
