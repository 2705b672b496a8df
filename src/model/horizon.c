/** A horizon: being dead by then as a binary outcome, with weights for those censored before. */
#include "shy_config.h"

#include "follow.h"
#include "shihyo/linalg.h"

struct horizon {
    struct shy_follow_data data;
    double *time, *event, *entry;
    int *starts;
    struct shy_censoring *censoring;
};

static shy_status allocate(const shy_rows *rows, bool has_entry, struct horizon *h)
{
    shy_status st = SHY_OK;
    const size_t n = (size_t)rows->total;

    SHY_TRY(shy_new(n, sizeof(double), &h->time));
    SHY_TRY(shy_new(n, sizeof(double), &h->event));
    if (has_entry) SHY_TRY(shy_new(n, sizeof(double), &h->entry));
    SHY_TRY(shy_new((size_t)rows->team->row_blocks + 1, sizeof(int), &h->starts));
    h->data = (struct shy_follow_data){.n = (int)rows->total, .time = h->time, .event = h->event, .entry = h->entry};
out:
    return st;
}

static void release(struct horizon *h)
{
    shy_censoring_destroy(&h->censoring);
    shy_free(&h->starts);
    shy_free(&h->entry);
    shy_free(&h->event);
    shy_free(&h->time);
}

static shy_status check(const struct horizon *h, double horizon)
{
    int dead = 0, alive = 0, events = 0;
    double last = 0.0, first = 0.0;

    for (int i = 0; i < h->data.n; i++) {
        const bool event = h->event[i] != 0.0;
        last = i == 0 || h->time[i] > last ? h->time[i] : last;
        first = event && (events == 0 || h->time[i] < first) ? h->time[i] : first;
        events += event;
        if (h->entry && h->entry[i] >= horizon) continue;
        const bool lives = shy_lives_at(h->time[i], event, horizon);
        alive += lives, dead += event && !lives;
    }
    if (events == 0) return shy_fail(SHY_INPUT, "nobody has the event, so there is nothing to explain at the horizon %.6g.", horizon);
    if (dead == 0)
        return shy_fail(SHY_INPUT,
                        "the horizon %.6g comes before the first event, which is at %.6g; choose a later one.", horizon, first);
    if (alive == 0)
        return shy_fail(SHY_INPUT, "nobody is followed up to the horizon %.6g: follow-up ends at %.6g. Choose an earlier one.", horizon,
                        last);
    return SHY_OK;
}

static shy_status prepare(struct horizon *h, double horizon)
{
    const shy_status st = check(h, horizon);

    return st == SHY_OK ? shy_censoring_create(&h->data, &h->censoring) : st;
}

shy_status shy_horizon_weights(const shy_rows *rows, const double *time, const double *event, const double *entry, double horizon,
                               double *y_out, double *weight_out)
{
    shy_status st = SHY_OK;
    struct horizon h = {.censoring = NULL};
    const shy_team *team = rows->team;

    if (rows->total > INT32_MAX) return shy_fail(SHY_INPUT, "a horizon of more than 2,147,483,647 samples");
    SHY_TRY(shy_group_agree(team, allocate(rows, entry != NULL, &h)));
    shy_vector_gather(team, time, rows->rows, h.time, h.starts);
    shy_vector_gather(team, event, rows->rows, h.event, h.starts);
    if (entry) shy_vector_gather(team, entry, rows->rows, h.entry, h.starts);
    SHY_TRY(shy_group_agree(team, prepare(&h, horizon)));
    for (int i = 0; i < rows->rows; i++)
        weight_out[i] = shy_horizon_weight(&h.data, h.censoring, (int)rows->first + i, horizon, &y_out[i]);
out:
    release(&h);
    return st;
}
