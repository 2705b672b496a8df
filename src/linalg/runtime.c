/** Starts and stops PETSc and BLACS in the right order, and says which libraries these are and who minimises. */
#include "shy_config.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "linalg_impl.h"

#ifndef SHY_SCALAPACK_VERSION
#define SHY_SCALAPACK_VERSION ""
#endif

void Cblacs_exit(int keep_mpi);
/* Weak: only the BLAS in use, which may be another one than at build time, can say who it is. */
char *openblas_get_config(void) __attribute__((weak));
char *openblas_get_corename(void) __attribute__((weak));
void MKL_Get_Version_String(char *text, int size) __attribute__((weak));
const char *bli_info_get_version_str(void) __attribute__((weak));

static bool own_by_agreement, is_started, is_over;

static bool own_is_wanted(void)
{
    const char *text = getenv("SHY_MINIMISER");
    return text && strcmp(text, "own") == 0;
}

const struct shy_minimiser *shy_minimiser_used(void)
{
    static const struct shy_minimiser own = {shy_damped_run, shy_bfgs_descend};
#ifdef HAVE_PETSC
    static const struct shy_minimiser tao = {shy_tao_run, shy_tao_descend};
    if (!own_by_agreement && !own_is_wanted()) return &tao;
#endif
    return &own;
}

shy_status shy_minimiser_start(void)
{
    /* PETSc's second life would lack some types of solvers */
    if (is_over) return shy_fail(SHY_INTERNAL, "linear algebra was asked for after it was stopped");
    is_started = true;
#ifdef HAVE_PETSC
    if (!own_by_agreement && !own_is_wanted()) return shy_petsc_start();
#endif
    return SHY_OK;
}

static shy_status start_alone(void)
{
    const char *text = getenv("SHY_MINIMISER");

    if (text && *text != '\0' && strcmp(text, "own") != 0 && strcmp(text, "tao") != 0)
        return shy_fail(SHY_USAGE, "SHY_MINIMISER is \"%s\"; it may be tao or own, or not set.", text);
#ifndef HAVE_PETSC
    if (text && strcmp(text, "tao") == 0)
        return shy_fail(SHY_USAGE, "SHY_MINIMISER is \"tao\", but this program was built without PETSc, where TAO is.");
#endif
    return shy_minimiser_start();
}

/* All ranks minimise in the same way, even if an environment did not reach all of them. */
shy_status shy_linalg_start(const shy_team *team)
{
    shy_status st = SHY_OK;
    double own = own_is_wanted() ? 1.0 : 0.0;

    SHY_TRY(shy_team_maximum(team, &own, 1));
    own_by_agreement = own > 0.0;
    SHY_TRY_ALL(team, start_alone());
out:
    return st;
}

#ifndef HAVE_PETSC
void shy_linalg_stage(const char *name) /* there is no log of PETSc's */
{
    (void)name;
}
#endif

void shy_linalg_stop(void)
{
    int started = 0, finished = 0;

    MPI_Initialized(&started);
    MPI_Finalized(&finished);
    if (!started || finished) return;
    shy_minimise_stop();
    is_over = is_started;
#ifdef HAVE_PETSC
    shy_petsc_stop();
#endif
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
#ifdef HAVE_PETSC
    const char *petsc = "PETSc ", *version = shy_petsc_version();
    const char *note = own_by_agreement || own_is_wanted() ? " (not used: SHY_MINIMISER=own)" : "";
#else
    const char *petsc = "no PETSc", *version = "", *note = " (minimises itself)";
#endif

    describe_blas(blas, sizeof blas);
    snprintf(text, size, "%s%s%s, ScaLAPACK %s, BLAS %s", petsc, version, note,
             SHY_SCALAPACK_VERSION[0] != '\0' ? SHY_SCALAPACK_VERSION : "of unknown version", blas);
}
