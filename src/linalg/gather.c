/** Brings the pieces of a vector, spread over the row blocks of a group, to every member. */
#include "shy_config.h"

#include <string.h>

#include "linalg_impl.h"

void shy_vector_gather(const shy_team *team, const double *mine, int count, double *all, int *starts)
{
    const int members = team->row_blocks;

    starts[0] = 0;
    if (members == 1) {
        starts[1] = count;
        if (count > 0) memcpy(all, mine, (size_t)count * sizeof *all);
        return;
    }
    MPI_Allgather(&count, 1, MPI_INT, starts + 1, 1, MPI_INT, team->rows);
    for (int b = 0; b < members; b++)
        starts[b + 1] += starts[b];
    if (count > 0) memcpy(all + starts[team->row_block], mine, (size_t)count * sizeof *all);
    /* one broadcast per member instead of one MPI_Allgatherv: that would need an array of counts, which could fail */
    for (int b = 0; b < members; b++)
        MPI_Bcast(all + starts[b], starts[b + 1] - starts[b], MPI_DOUBLE, b, team->rows);
}
