/* team.c: the grid of ranks, and how they agree. */
#include "shy_config.h"

#include <stdio.h>
#include <string.h>

#include "par_impl.h"

/* ---- agreement ---- */

/*
 * Where it happened, if it is a matter of one rank or node: not if all fail alike, nor of what rank 0 does for all. Said once, on the rank that failed: a failure may go
 * through several agreements.
 */
static void name_place(shy_status status, bool all_failed, char *text, size_t size)
{
    int rank;
    const size_t length = strlen(text);

    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    const bool local = status == SHY_MEMORY || ((status == SHY_IO || status == SHY_INTERNAL) && rank > 0);
    if (!local || all_failed || length == 0 || strstr(text, " (rank ") != NULL) return;
    snprintf(text + length, size - length, " (rank %d on %s)", rank, shy_par_host());
}

shy_status shy_comm_agree(MPI_Comm comm, shy_status mine)
{
    int rank, size;
    struct {
        int status;
        char text[SHY_TEXT_ROOM];
    } failure;

    MPI_Comm_rank(comm, &rank);
    MPI_Comm_size(comm, &size);
    if (size == 1) return mine;
    int least[] = {mine == SHY_OK ? size : rank, mine == SHY_OK ? -1 : 0}; /* the lowest that fails; 0 if all do */
    MPI_Allreduce(MPI_IN_PLACE, least, 2, MPI_INT, MPI_MIN, comm);
    const int lowest = least[0];
    if (lowest == size) return SHY_OK;

    memset(&failure, 0, sizeof failure);
    if (rank == lowest) {
        failure.status = (int)mine;
        snprintf(failure.text, sizeof failure.text, "%s", shy_error_message());
        name_place(mine, least[1] == 0, failure.text, sizeof failure.text);
    }
    MPI_Bcast(&failure, (int)sizeof failure, MPI_BYTE, lowest, comm);
    shy_error_set(failure.text);
    return (shy_status)failure.status;
}

shy_status shy_team_agree(const shy_team *team, shy_status mine)
{
    return shy_comm_agree(team->world, mine);
}

shy_status shy_group_agree(const shy_team *team, shy_status mine)
{
    return shy_comm_agree(team->rows, mine);
}

/* ---- the grid ---- */

/* "1, 2, 3, 6"; a list that does not fit is cut at a divisor. */
static void list_divisors(int number, char *text, size_t size)
{
    size_t used = 0;

    text[0] = '\0';
    for (int divisor = 1; divisor <= number && used + 16 < size; divisor++) {
        if (number % divisor != 0) continue;
        used += (size_t)snprintf(text + used, size - used, used == 0 ? "%d" : ", %d", divisor);
    }
}

/* Every rank finds the same, so that nothing needs to be agreed. */
static shy_status check_shape(int size, int row_blocks)
{
    char divisors[256];

    if (row_blocks >= 1 && size % row_blocks == 0) return SHY_OK;
    list_divisors(size, divisors, sizeof divisors);
    return shy_fail(SHY_INPUT,
                    "%d row blocks cannot be formed by %d ranks: the number of row blocks must divide the "
                    "number of ranks. Choose one of %s, or another number of ranks.",
                    row_blocks, size, divisors);
}

static void take_place(shy_team *team, MPI_Comm world, int row_blocks)
{
    team->world = world;
    MPI_Comm_rank(world, &team->rank);
    MPI_Comm_size(world, &team->size);
    team->row_blocks = row_blocks;
    team->groups = team->size / row_blocks;
    team->group = team->rank / row_blocks;
    team->row_block = team->rank % row_blocks;
    MPI_Comm_split(world, team->group, team->row_block, &team->rows);
    MPI_Comm_split(world, team->row_block, team->group, &team->peers);
    MPI_Comm_split_type(team->peers, MPI_COMM_TYPE_SHARED, team->group, MPI_INFO_NULL, &team->node);
    MPI_Comm_rank(team->node, &team->node_rank);
    MPI_Comm_size(team->node, &team->node_size);
}

shy_status shy_team_create(MPI_Comm comm, int row_blocks, shy_team **team_out)
{
    shy_status st = SHY_OK;
    shy_team *team = NULL;
    int size;

    MPI_Comm_size(comm, &size);
    SHY_TRY(check_shape(size, row_blocks));
    SHY_TRY(shy_comm_agree(comm, shy_new(1, sizeof *team, &team)));
    MPI_Comm world;
    MPI_Comm_dup(comm, &world);
    take_place(team, world, row_blocks);
    *team_out = team, team = NULL;
out:
    shy_free(&team);
    return st;
}

void shy_team_destroy(shy_team **team)
{
    if (*team == NULL) return;
    MPI_Comm_free(&(*team)->node);
    MPI_Comm_free(&(*team)->peers);
    MPI_Comm_free(&(*team)->rows);
    MPI_Comm_free(&(*team)->world);
    shy_free(team);
}
