/* bytes.c: byte strings of any size between ranks. MPI counts in int, so that they travel in parts. */
#include "shy_config.h"

#include <string.h>

#include "par_impl.h"

static const uint64_t part_max = UINT64_C(1) << 30;

static int part_of(uint64_t left)
{
    return (int)(left < part_max ? left : part_max);
}

void shy_bytes_send(MPI_Comm comm, int to, const void *bytes, uint64_t count)
{
    const char *next = bytes;

    for (int part; count > 0; next += part, count -= (uint64_t)part) {
        part = part_of(count);
        MPI_Send(next, part, MPI_BYTE, to, SHY_TAG_BYTES, comm);
    }
}

void shy_bytes_receive(MPI_Comm comm, int from, void *bytes, uint64_t count)
{
    char *next = bytes;

    for (int part; count > 0; next += part, count -= (uint64_t)part) {
        part = part_of(count);
        MPI_Recv(next, part, MPI_BYTE, from, SHY_TAG_BYTES, comm, MPI_STATUS_IGNORE);
    }
}

static shy_status broadcast(MPI_Comm comm, int from, void *bytes, uint64_t count)
{
    char *next = bytes;

    for (int part; count > 0; next += part, count -= (uint64_t)part) {
        part = part_of(count);
        MPI_Bcast(next, part, MPI_BYTE, from, comm);
    }
    return SHY_OK;
}

shy_status shy_team_broadcast(const shy_team *team, void *bytes, uint64_t count)
{
    return broadcast(team->world, 0, bytes, count);
}

shy_status shy_team_broadcast_from(const shy_team *team, int rank, void *bytes, uint64_t count)
{
    return broadcast(team->world, rank, bytes, count);
}

shy_status shy_group_broadcast(const shy_team *team, void *bytes, uint64_t count)
{
    return broadcast(team->rows, 0, bytes, count);
}

/* Rank 0's part of the gathering that can fail. */
static shy_status make_room(const uint64_t *counts, int ranks, char **bytes_out)
{
    uint64_t total = 0;

    for (int i = 0; i < ranks; i++)
        if (__builtin_add_overflow(total, counts[i], &total)) total = SIZE_MAX;
    return shy_new(total, 1, bytes_out);
}

static void receive_in_order(const shy_team *team, const void *mine, const uint64_t *counts, char *all)
{
    if (counts[0] > 0) memcpy(all, mine, counts[0]);
    all += counts[0];
    for (int rank = 1; rank < team->size; rank++) {
        shy_bytes_receive(team->world, rank, all, counts[rank]);
        all += counts[rank];
    }
}

shy_status shy_team_gather(const shy_team *team, const void *bytes, uint64_t count, void **bytes_out,
                           uint64_t **counts_out)
{
    shy_status st = SHY_OK;
    uint64_t *counts = NULL;
    char *all = NULL;
    bool root = team->rank == 0;

    SHY_TRY_ALL(team, root ? shy_new((size_t)team->size, sizeof *counts, &counts) : SHY_OK);
    MPI_Gather(&count, 1, MPI_UINT64_T, counts, 1, MPI_UINT64_T, 0, team->world);
    SHY_TRY_ALL(team, root ? make_room(counts, team->size, &all) : SHY_OK);
    if (root)
        receive_in_order(team, bytes, counts, all);
    else
        shy_bytes_send(team->world, 0, bytes, count);
    *bytes_out = all, all = NULL;
    *counts_out = counts, counts = NULL;
out:
    shy_free(&all);
    shy_free(&counts);
    return st;
}
