/* Work that the groups share: independent items whose results are gathered on rank 0, batch by batch, and kept by the journal. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "search_impl.h"

/* ---- batches --------------------------------------------------------------------------------------------------------------- */

#define BATCH_SECONDS 1.5   /* of work that is lost when a run ends in the middle of a batch */
#define BALANCE_ITEMS 4.0   /* for a group to be about as busy as the others, if it does not take longer than: */
#define BALANCE_SECONDS 10.0
#define FASTER 8.0          /* a batch is at most so many times the one before */

/* Which items stand in a batch changes no result. */
uint64_t shy_batch_next(uint64_t each, double seconds)
{
    const double item = fmax(seconds, 1e-6) / (double)each;
    const double wanted = fmax(BATCH_SECONDS / item, fmin(BALANCE_ITEMS, BALANCE_SECONDS / item));
    return (uint64_t)fmax(1.0, fmin(wanted, FASTER * (double)each));
}

typedef struct {
    const shy_workload *load;
    uint64_t done;    /* items 0 … done − 1 */
    uint64_t last;    /* of the present batch: done … last − 1 */
    char *mine;       /* my group's results of the batch, where there is no room for all of them */
    bool step_is_done;
} progress;

/* Of all items, or of my group's in the batch. */
static char *result_of(const progress *p, uint64_t item)
{
    if (p->load->result) return (char *)p->load->result + item * p->load->size;
    return p->mine + (item - p->done) / (uint64_t)p->load->team->groups * p->load->size;
}

/* Of the items of the batch those of a group are done + group, done + group + groups, … */
static uint64_t items_of(const progress *p, int group)
{
    const uint64_t first = p->done + (uint64_t)group, groups = (uint64_t)p->load->team->groups;
    return first < p->last ? (p->last - first - 1) / groups + 1 : 0;
}

/* A failure waits for the others at the end of the batch. Collective over the group. */
static shy_status work_mine(progress *p)
{
    shy_status st = SHY_OK;
    const shy_workload *load = p->load;
    const shy_team *team = load->team;
    SHY_TRY(shy_group_agree(team, load->result ? SHY_OK : shy_new(items_of(p, team->group) * load->size, 1, &p->mine)));
    for (uint64_t i = p->done + (uint64_t)team->group; i < p->last; i += (uint64_t)team->groups) {
        SHY_TRY(load->work(load->context, i, result_of(p, i)));
        if (load->journal) SHY_TRY(shy_group_agree(team, shy_journal_poll(load->journal)));
    }
out:
    return st;
}

/* ---- results on their way to rank 0 ------------------------------------------------------------------------------------------ */

static void pack(const progress *p, char *to)
{
    const shy_team *team = p->load->team;
    for (uint64_t i = p->done + (uint64_t)team->group; i < p->last; i += (uint64_t)team->groups, to += p->load->size)
        memcpy(to, result_of(p, i), p->load->size);
}

static void unpack(const progress *p, int group, const char *from)
{
    const uint64_t groups = (uint64_t)p->load->team->groups;
    for (uint64_t i = p->done + (uint64_t)group; i < p->last; i += groups, from += p->load->size) memcpy(result_of(p, i), from, p->load->size);
}

/* Ranks come in the order of their groups; of each group the member with row block 0 sends. Collective over the world. */
static shy_status gather(const progress *p)
{
    shy_status st = SHY_OK;
    const shy_team *team = p->load->team;
    const uint64_t held = team->row_block == 0 && team->group > 0 ? items_of(p, team->group) * p->load->size : 0; /* group 0 has them in place */
    char *mine = NULL;
    void *bytes = NULL;
    uint64_t *counts = NULL;
    if (team->groups == 1) return SHY_OK;
    SHY_TRY_ALL(team, shy_new(held, 1, &mine));
    if (held > 0) pack(p, mine);
    SHY_TRY(shy_team_gather(team, mine, held, &bytes, &counts));
    const char *at = bytes;
    for (int rank = 0; team->rank == 0 && rank < team->size; at += counts[rank], rank++) {
        if (counts[rank] > 0) unpack(p, rank / team->row_blocks, at);
    }
out:
    shy_free(&mine);
    shy_free(&bytes);
    shy_free(&counts);
    return st;
}

/* ---- all --------------------------------------------------------------------------------------------------------------------- */

/* Collective over the world. */
static shy_status run_batch(progress *p)
{
    shy_status st = SHY_OK;
    const shy_workload *load = p->load;
    shy_free(&p->mine);
    SHY_TRY_ALL(load->team, work_mine(p));
    SHY_TRY(gather(p));
    if (load->journal) {
        const uint64_t first = p->done * load->size, count = (p->last - p->done) * load->size;
        SHY_TRY_ALL(load->team, shy_journal_write(load->journal, first, load->team->rank == 0 ? result_of(p, p->done) : NULL, count));
    }
    p->done = p->last;
out:
    return st;
}

/* Without a journal all items are one batch. Collective over the world. */
static shy_status run_batches(progress *p)
{
    shy_status st = SHY_OK;
    const shy_workload *load = p->load;
    for (uint64_t each = load->journal ? 1 : load->count; p->done < load->count;) {
        const uint64_t left = load->count - p->done, groups = (uint64_t)load->team->groups;
        const double start = shy_time_seconds();
        p->last = each > left / groups ? load->count : p->done + each * groups;
        SHY_TRY(run_batch(p));
        if (p->done == load->count) break;
        SHY_TRY_ALL(load->team, shy_journal_poll(load->journal));
        if (load->team->rank == 0) each = shy_batch_next(each, shy_time_seconds() - start);
        SHY_TRY(shy_team_broadcast(load->team, &each, sizeof each));
    }
out:
    return st;
}

/* What the journal has of the results. Collective over the world. */
static shy_status take_kept(progress *p)
{
    shy_status st = SHY_OK;
    const shy_workload *load = p->load;
    shy_journal_step step = {0};
    SHY_TRY(shy_journal_begin(load->journal, load->name, &step));
    if (step.count > load->count * load->size || (load->size > 0 && step.count % load->size != 0) || (step.done && step.count < load->count * load->size))
        return shy_fail(SHY_INTERNAL, "The checkpoint has %.0f bytes of \"%s\" where there are %.0f results of %.0f bytes.", (double)step.count, load->name,
                        (double)load->count, (double)load->size);
    if (step.count > 0 && load->result) memcpy(load->result, step.bytes, step.count);
    p->step_is_done = step.done;
    p->done = step.done ? load->count : step.count / (load->size > 0 ? load->size : 1);
out:
    return st;
}

shy_status shy_workload_run(const shy_workload *load)
{
    shy_status st = SHY_OK;
    progress p = {.load = load};
    if (load->journal) SHY_TRY(take_kept(&p));
    const uint64_t known = p.done;
    SHY_TRY(run_batches(&p));
    if (load->everywhere) SHY_TRY(shy_team_broadcast(load->team, result_of(&p, known), (load->count - known) * load->size));
    if (load->journal && !p.step_is_done) shy_journal_end(load->journal);
out:
    shy_free(&p.mine);
    return st;
}
