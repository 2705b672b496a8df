/* reduce.c: plain reductions, whose last bit may depend on the number of ranks: nothing final is computed from it. */
#include "shy_config.h"

#include "par_impl.h"

static const int64_t piece_most = 1 << 24;

/* One member reduces and tells the others, so that all hold the same bits; in pieces, since MPI counts in int. */
static void sum_pieces(const shy_team *team, char *sum, int64_t count, size_t size, MPI_Datatype type)
{
    if (team->row_blocks == 1) return;
    for (int64_t at = 0; at < count; at += piece_most) {
        char *here = sum + (size_t)at * size;
        const int now = (int)(count - at < piece_most ? count - at : piece_most);
        MPI_Reduce(team->row_block == 0 ? MPI_IN_PLACE : here, here, now, type, MPI_SUM, 0, team->rows);
        MPI_Bcast(here, now, type, 0, team->rows);
    }
}

shy_status shy_group_sum(const shy_team *team, double *sum, int64_t count)
{
    sum_pieces(team, (char *)sum, count, sizeof *sum, MPI_DOUBLE);
    return SHY_OK;
}

shy_status shy_group_sum_floats(const shy_team *team, float *sum, int64_t count)
{
    sum_pieces(team, (char *)sum, count, sizeof *sum, MPI_FLOAT);
    return SHY_OK;
}

void shy_group_sum_begin(const shy_team *team, void *sum, int64_t count, bool floats, shy_group_pending *pending_out)
{
    *pending_out = (shy_group_pending){.sum = sum, .count = count, .floats = floats, .request = MPI_REQUEST_NULL};
    if (team->row_blocks == 1 || count > piece_most) return;
    MPI_Ireduce(team->row_block == 0 ? MPI_IN_PLACE : sum, sum, (int)count, floats ? MPI_FLOAT : MPI_DOUBLE, MPI_SUM, 0, team->rows,
                &pending_out->request);
}

void shy_group_sum_end(const shy_team *team, shy_group_pending *pending)
{
    if (pending->count <= piece_most && team->row_blocks > 1) {
        MPI_Wait(&pending->request, MPI_STATUS_IGNORE);
        MPI_Bcast(pending->sum, (int)pending->count, pending->floats ? MPI_FLOAT : MPI_DOUBLE, 0, team->rows);
    } else if (pending->floats) {
        sum_pieces(team, pending->sum, pending->count, sizeof(float), MPI_FLOAT);
    } else {
        sum_pieces(team, pending->sum, pending->count, sizeof(double), MPI_DOUBLE);
    }
    pending->count = 0;
}

shy_status shy_team_sum_counts(const shy_team *team, uint64_t *count, int width)
{
    MPI_Allreduce(MPI_IN_PLACE, count, width, MPI_UINT64_T, MPI_SUM, team->world);
    return SHY_OK;
}

shy_status shy_team_maximum(const shy_team *team, double *value, int width)
{
    MPI_Allreduce(MPI_IN_PLACE, value, width, MPI_DOUBLE, MPI_MAX, team->world);
    return SHY_OK;
}

shy_status shy_group_maximum(const shy_team *team, double *value, int width)
{
    if (team->row_blocks > 1) MPI_Allreduce(MPI_IN_PLACE, value, width, MPI_DOUBLE, MPI_MAX, team->rows);
    return SHY_OK;
}

shy_status shy_peers_unite(const shy_team *team, uint8_t *flag, uint64_t count)
{
    const uint64_t piece = 1 << 24;
    for (uint64_t at = 0; team->groups > 1 && at < count; at += piece)
        MPI_Allreduce(MPI_IN_PLACE, flag + at, (int)(count - at < piece ? count - at : piece), MPI_UINT8_T, MPI_MAX, team->peers);
    return SHY_OK;
}
