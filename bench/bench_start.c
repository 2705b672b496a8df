/* bench_start.c: an MPI program that does nothing: what the start of a run costs before it is ours. */
#include <mpi.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    int provided, rank;

    MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    if (rank == 0) puts("started");
    fflush(stdout);
    MPI_Finalize();
    return 0;
}
