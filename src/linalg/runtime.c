/** Starts and stops PETSc and BLACS in the right order, and says which libraries these are. */
#include "shy_config.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <petscsys.h>

#include "linalg_impl.h"

#ifndef SHY_SCALAPACK_VERSION
#define SHY_SCALAPACK_VERSION ""
#endif
#define STRINGIFY_(x) #x
#define STRINGIFY(x) STRINGIFY_(x)
#define PETSC_VERSION_TEXT                                                                                             \
    STRINGIFY(PETSC_VERSION_MAJOR) "." STRINGIFY(PETSC_VERSION_MINOR) "." STRINGIFY(PETSC_VERSION_SUBMINOR)

void Cblacs_exit(int keep_mpi);
/* Weak: only the BLAS in use, which may be another one than at build time, can say who it is. */
char *openblas_get_config(void) __attribute__((weak));
char *openblas_get_corename(void) __attribute__((weak));
void MKL_Get_Version_String(char *text, int size) __attribute__((weak));
const char *bli_info_get_version_str(void) __attribute__((weak));

static bool petsc_is_ours, petsc_is_over, forgives;

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
    /* its second life would lack some types of solvers */
    if (petsc_is_over) return shy_fail(SHY_INTERNAL, "linear algebra was asked for after it was stopped");
    int mpi_started = 0;
    MPI_Initialized(&mpi_started);
    if (!mpi_started) return shy_fail(SHY_INTERNAL, "linear algebra was asked for before MPI was started");
    PETSC_COMM_WORLD = MPI_COMM_SELF;
    /* Signals and the command line belong to the program, and a file in someone's home must not change results. */
    SHY_PETSC(PetscOptionsSetValue(NULL, "-no_signal_handler", "true"));
    SHY_PETSC(PetscInitialize(&arguments, &argument, NULL, NULL));
    SHY_PETSC(PetscPushErrorHandler(last_word, NULL));
    petsc_is_ours = true;
    return SHY_OK;
}

shy_status shy_linalg_start(const shy_team *team)
{
    return shy_team_agree(team, shy_petsc_start());
}

void shy_linalg_stop(void)
{
    int started = 0, finished = 0;

    MPI_Initialized(&started);
    MPI_Finalized(&finished);
    if (!started || finished) return;
    shy_minimise_stop();
    if (petsc_is_ours) {
        petsc_is_ours = false;
        petsc_is_over = true;
        SHY_PETSC(PetscPopErrorHandler());
        SHY_PETSC(PetscFinalize());
    }
    Cblacs_exit(1); /* any other argument than "keep MPI" would end MPI under everyone's feet */
}

static void describe_blas(char *text, size_t size)
{
    char name[128] = "";

    if (openblas_get_config) {
        /* "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH …": the first two words */
        const char *config = openblas_get_config(), *end = config + strcspn(config, " ");
        end += strspn(end, " ");
        end += strcspn(end, " ");
        snprintf(name, sizeof name, "%.*s%s%s%s", (int)(end - config), config, openblas_get_corename ? " (" : "",
                 openblas_get_corename ? openblas_get_corename() : "", openblas_get_corename ? ")" : "");
    } else if (MKL_Get_Version_String) {
        MKL_Get_Version_String(name, sizeof name - 1);
        name[strcspn(name, "\n")] = '\0';
    } else if (bli_info_get_version_str) {
        snprintf(name, sizeof name, "BLIS %s", bli_info_get_version_str());
    } else {
        snprintf(name, sizeof name, "of unknown make");
    }
    snprintf(text, size, "%s", name);
}

void shy_linalg_describe(char *text, size_t size)
{
    char blas[128];

    describe_blas(blas, sizeof blas);
    snprintf(text, size, "PETSc %s, ScaLAPACK %s, BLAS %s", PETSC_VERSION_TEXT,
             SHY_SCALAPACK_VERSION[0] != '\0' ? SHY_SCALAPACK_VERSION : "of unknown version", blas);
}
