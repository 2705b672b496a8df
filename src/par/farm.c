/* farm.c: the farm as its members see it: a group meets, its leader gets the job, the group learns of it. */
#include "shy_config.h"

#include <string.h>

#include "par_impl.h"

struct shy_farm {
    const shy_team *team;
    MPI_Comm leaders;   /* of the farm alone, so that its messages meet no others; MPI_COMM_NULL on members */
    shy_dealer *dealer; /* rank 0 */
    shy_asker *asker;   /* leader of another group */
    int marks_count;
    uint64_t finished;         /* jobs of this group */
    bool busy;                 /* a job has been given out and is not known to be finished */
    bool closed;               /* the group has met for the last time */
    shy_status status;         /* why, if it was a failure */
    shy_farm_message *message; /* for the group */
};

static void destroy(shy_farm **farm)
{
    if (*farm == NULL) return;
    if ((*farm)->leaders != MPI_COMM_NULL) MPI_Comm_free(&(*farm)->leaders);
    shy_dealer_destroy(&(*farm)->dealer);
    shy_asker_destroy(&(*farm)->asker);
    shy_free(&(*farm)->message);
    shy_free(farm);
}

static shy_status allocate(const shy_team *team, uint64_t jobs, int marks_count, bool only_deals, shy_farm **farm_out)
{
    shy_status st = SHY_OK;
    shy_farm *farm = NULL;

    SHY_TRY(shy_new(1, sizeof *farm, &farm));
    farm->team = team, farm->marks_count = marks_count, farm->leaders = MPI_COMM_NULL;
    SHY_TRY(shy_new(1, shy_farm_message_size(marks_count), &farm->message));
    if (team->rank == 0)
        SHY_TRY(shy_dealer_create(team->groups, jobs, marks_count, only_deals, &farm->dealer));
    else if (team->row_block == 0)
        SHY_TRY(shy_asker_create(marks_count, &farm->asker));
    *farm_out = farm, farm = NULL;
out:
    destroy(&farm);
    return st;
}

bool shy_farm_only_deals(int groups)
{
    return groups > 256;
}

shy_status shy_farm_create(const shy_team *team, uint64_t jobs, int marks_count, shy_farm **farm_out)
{
    return shy_farm_create_dealing(team, jobs, marks_count, shy_farm_only_deals(team->groups), farm_out);
}

shy_status shy_farm_create_dealing(const shy_team *team, uint64_t jobs, int marks_count, bool only_deals,
                                   shy_farm **farm_out)
{
    shy_status st = SHY_OK;
    shy_farm *farm = NULL;

    SHY_TRY_ALL(team, allocate(team, jobs, marks_count, only_deals, &farm));
    if (team->row_block == 0) MPI_Comm_dup(team->peers, &farm->leaders);
    if (farm->dealer != NULL) shy_dealer_open(farm->dealer, farm->leaders);
    if (farm->asker != NULL) shy_asker_open(farm->asker, farm->leaders);
    *farm_out = farm, farm = NULL;
out:
    destroy(&farm);
    return st;
}

/*
 * The members of a group meet before every job and at most once more, when they finish: each says whether it goes
 * on. So a member that fails or leaves alone reaches the others, whichever of the two calls they are in.
 */
static void meet(shy_farm *farm, bool leaves, shy_status mine)
{
    enum { GO_ON, LEAVE, FAIL };
    int me = mine != SHY_OK ? FAIL : leaves ? LEAVE : GO_ON, all = me;

    if (farm->busy && mine == SHY_OK && !leaves) farm->finished++;
    farm->busy = false;
    if (farm->team->row_blocks > 1) MPI_Allreduce(&me, &all, 1, MPI_INT, MPI_MAX, farm->team->rows);
    farm->closed = all != GO_ON;
    if (all == FAIL) farm->status = shy_group_agree(farm->team, mine);
}

/* The leader's answer and marks to the other members. */
static void tell_group(shy_farm *farm)
{
    const shy_team *team = farm->team;

    if (team->row_blocks == 1) return;
    MPI_Bcast(farm->message, (int)shy_farm_message_size(farm->marks_count), MPI_BYTE, 0, team->rows);
    if (farm->message->head.status != SHY_OK)
        shy_group_agree(team, team->row_block == 0 ? (shy_status)farm->message->head.status : SHY_OK);
}

shy_status shy_farm_next(shy_farm *farm, double *marks, uint64_t *job_out, bool *done_out)
{
    shy_farm_message *message = farm->message;
    size_t marks_size = (size_t)farm->marks_count * sizeof *marks;

    if (!farm->closed) meet(farm, false, SHY_OK);
    if (farm->closed) {
        *done_out = true;
        return farm->status;
    }
    if (marks_size > 0) memcpy(message->marks, marks, marks_size);
    if (farm->dealer != NULL) shy_dealer_take(farm->dealer, farm->finished, message);
    if (farm->asker != NULL) shy_asker_next(farm->asker, farm->finished, message);
    tell_group(farm);
    if (marks_size > 0) memcpy(marks, message->marks, marks_size);
    farm->closed = message->head.kind == SHY_FARM_STOP;
    farm->busy = !farm->closed;
    farm->status = (shy_status)message->head.status;
    *done_out = farm->closed;
    if (farm->busy) *job_out = message->head.number;
    return farm->status;
}

void shy_farm_serve(shy_farm *farm)
{
    if (farm->dealer != NULL) shy_dealer_serve(farm->dealer);
    if (farm->asker != NULL) shy_asker_serve(farm->asker);
}

bool shy_farm_dealing(const shy_farm *farm)
{
    return farm->dealer != NULL && !farm->closed && shy_dealer_dealing(farm->dealer);
}

uint64_t shy_farm_finished(const shy_farm *farm)
{
    return farm->dealer != NULL ? shy_dealer_finished(farm->dealer) : 0;
}

void shy_farm_end(shy_farm *farm)
{
    if (farm->dealer != NULL) shy_dealer_end(farm->dealer);
}

static void close_farm(shy_farm *farm, shy_status mine)
{
    if (!farm->closed) meet(farm, true, mine);
    if (farm->dealer != NULL) shy_dealer_close(farm->dealer, farm->finished, mine);
    if (farm->asker != NULL) shy_asker_close(farm->asker, farm->finished, mine);
}

shy_status shy_farm_finish(shy_farm **farm_inout, shy_status mine)
{
    shy_farm *farm = *farm_inout;

    if (farm == NULL) return mine;
    close_farm(farm, mine);
    mine = shy_team_agree(farm->team, mine);
    destroy(farm_inout);
    return mine;
}

shy_status shy_farm_pause(shy_farm **farm_inout, shy_status mine, uint64_t *next_out, uint64_t **left_out,
                          uint64_t *left_count_out)
{
    shy_farm *farm = *farm_inout;
    uint64_t next = 0, *left = NULL, count = 0;

    if (farm == NULL) return mine;
    if (farm->busy && mine == SHY_OK) farm->finished++;
    farm->busy = false;
    close_farm(farm, mine);
    if (farm->dealer != NULL && mine == SHY_OK) mine = shy_dealer_left(farm->dealer, &next, &left, &count);
    mine = shy_team_agree(farm->team, mine);
    destroy(farm_inout);
    if (mine != SHY_OK) shy_free(&left);
    else *next_out = next, *left_out = left, *left_count_out = count;
    return mine;
}
