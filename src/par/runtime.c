/* runtime.c: starts and stops MPI. */
#include "shy_config.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "par_impl.h"

static bool started_here;

/*
 * Open MPI prepares shared file pointers, which nobody here uses, whenever a file is opened: each rank would make a file of its own
 * beside the cohort. What the user has set stays.
 */
static void spare_file_system(void)
{
#ifdef OPEN_MPI
    setenv("OMPI_MCA_sharedfp", "^lockedfile,sm", 0);
#endif
}

shy_status shy_par_start(int *argc, char ***argv)
{
    int started, provided, rank;

    MPI_Initialized(&started);
    if (!started) {
        spare_file_system();
        MPI_Init_thread(argc, argv, MPI_THREAD_FUNNELED, &provided);
        started_here = true;
    } else {
        MPI_Query_thread(&provided);
    }
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_ARE_FATAL);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    shy_log_speaker(rank == 0);
    if (provided < MPI_THREAD_FUNNELED)
        return shy_fail(SHY_INTERNAL, "This MPI cannot be used by a program with threads (MPI_THREAD_FUNNELED).");
    return SHY_OK;
}

void shy_par_stop(void)
{
    int finalized;

    if (!started_here) return;
    MPI_Finalized(&finalized);
    if (!finalized) MPI_Finalize();
    started_here = false;
}

#define ENDING_SECONDS 10

void shy_par_abort(int status)
{
    alarm(ENDING_SECONDS); /* ends the process if MPI does not */
    MPI_Abort(MPI_COMM_WORLD, status);
    _exit(status);
}

/* Libraries say more than one wants to read: "Open MPI v4.1.4, package: …", "MPICH Version:\t4.0.2\n…". */
void shy_par_describe(char *text, size_t size)
{
    char full[MPI_MAX_LIBRARY_VERSION_STRING];
    int length;
    size_t used = 0;

    if (size == 0) return;
    MPI_Get_library_version(full, &length);
    full[strcspn(full, ",\n")] = '\0';
    for (const char *next = full; *next != '\0' && used + 1 < size; next++) {
        bool before_number = *next == 'v' && isdigit((unsigned char)next[1]);
        if (!before_number) text[used++] = *next;
        if (*next == '\t') text[used - 1] = ' ';
    }
    text[used] = '\0';
}
