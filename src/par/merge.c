/* merge.c: reduces the groups' byte strings to rank 0 up a binary tree. */
#include "shy_config.h"

#include "par_impl.h"

/* What the sender announces. A branch in which something failed has nothing to send. */
typedef struct {
    int64_t broken;
    uint64_t count;
} notice;

/* Absorbs what group `from` sends. Its answer "go" says that there is room: no bytes travel before it. */
static shy_status take_from(const shy_team *team, const shy_merge *merge, int from, bool *broken)
{
    shy_status st = SHY_OK;
    notice theirs;
    void *bytes = NULL;

    MPI_Recv(&theirs, (int)sizeof theirs, MPI_BYTE, from, SHY_TAG_MERGE, team->peers, MPI_STATUS_IGNORE);
    if (theirs.broken) *broken = true;
    if (!*broken) st = shy_new(theirs.count, 1, &bytes);
    if (st != SHY_OK) *broken = true;
    int go = !*broken;
    MPI_Send(&go, 1, MPI_INT, from, SHY_TAG_MERGE, team->peers);
    if (!go) goto out;
    shy_bytes_receive(team->peers, from, bytes, theirs.count);
    SHY_TRY(merge->absorb(merge->context, bytes, theirs.count));
out:
    if (st != SHY_OK) *broken = true;
    shy_free(&bytes);
    return st;
}

static shy_status give_to(const shy_team *team, const shy_merge *merge, int to, bool broken)
{
    shy_status st = SHY_OK;
    void *bytes = NULL;
    uint64_t count = 0;
    int go;

    if (!broken) st = merge->pack(merge->context, &bytes, &count);
    notice mine = {.broken = broken || st != SHY_OK, .count = count};
    MPI_Send(&mine, (int)sizeof mine, MPI_BYTE, to, SHY_TAG_MERGE, team->peers);
    MPI_Recv(&go, 1, MPI_INT, to, SHY_TAG_MERGE, team->peers, MPI_STATUS_IGNORE);
    if (go) shy_bytes_send(team->peers, to, bytes, count);
    shy_free(&bytes);
    return st;
}

/*
 * Group g takes from g + 1, g + 2, g + 4, … as long as these steps divide g, then gives to g − step:
 *
 *     0 <- 1     2 <- 3     4
 *     0 <------- 2          4
 *     0 <------------------ 4
 */
static shy_status climb(const shy_team *team, const shy_merge *merge)
{
    shy_status st = SHY_OK, mine = SHY_OK;
    bool broken = false;

    for (int step = 1; step < team->groups; step *= 2) {
        if (team->group % (2 * step) != 0) {
            st = give_to(team, merge, team->group - step, broken);
            return mine != SHY_OK ? mine : st;
        }
        if (team->group + step >= team->groups) continue;
        st = take_from(team, merge, team->group + step, &broken);
        if (mine == SHY_OK) mine = st;
    }
    return mine;
}

shy_status shy_team_merge(const shy_team *team, const shy_merge *merge)
{
    return shy_team_agree(team, team->row_block == 0 ? climb(team, merge) : SHY_OK);
}
