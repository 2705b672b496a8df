/* sum.c: sums whose last bit does not depend on how the rows are divided among ranks. */
#include "shy_config.h"

#include "par_impl.h"

/*
 * One running sum goes through the members in the order of their runs, each adding its own, and the last one tells
 * all. So the additions are literally those of one rank. Gathering the partial sums and adding them everywhere
 * would take as long, because the additions of a sum in a fixed order cannot be shared out, and would need memory,
 * which can fail.
 */
shy_status shy_group_sum_runs(const shy_team *team, const double *partial, int my_runs, int width, double *total)
{
    int me = team->row_block, last = team->row_blocks - 1;

    if (me == 0)
        for (int w = 0; w < width; w++)
            total[w] = 0;
    else
        MPI_Recv(total, width, MPI_DOUBLE, me - 1, SHY_TAG_SUM, team->rows, MPI_STATUS_IGNORE);
    for (int run = 0; run < my_runs; run++)
        for (int w = 0; w < width; w++)
            total[w] += partial[(size_t)run * (size_t)width + (size_t)w];
    if (me < last) MPI_Send(total, width, MPI_DOUBLE, me + 1, SHY_TAG_SUM, team->rows);
    if (last > 0) MPI_Bcast(total, width, MPI_DOUBLE, last, team->rows);
    return SHY_OK;
}
