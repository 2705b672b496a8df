/** A horizon: the event until then as a binary outcome, with the weights of who is known. */
#include "shy_config.h"

#include <math.h>

#include "problem_impl.h"

/* What the samples say about a horizon. */
struct outlook {
    double longest;                   /* follow-up of a sample that takes part */
    double first;                     /* event */
    double events, without, censored; /* until the horizon; beyond it; before it, without the event */
};

/* Collective over the group. */
static struct outlook look(const struct shy_loading *l, double horizon)
{
    const struct shy_design *d = l->problem->design;
    struct outlook o = {0};
    double extreme[2] = {-INFINITY, -INFINITY}, count[3] = {0.0};

    for (int i = 0; i < l->problem->rows.rows; i++) {
        if ((d->weight && d->weight[i] == 0.0) || (d->entry && d->entry[i] >= horizon)) continue;
        extreme[0] = fmax(extreme[0], d->time[i]);
        if (d->event[i] != 0.0) extreme[1] = fmax(extreme[1], -d->time[i]);
        if (d->time[i] > horizon || (d->time[i] == horizon && d->event[i] == 0.0))
            count[1] += 1.0;
        else
            count[d->event[i] != 0.0 ? 0 : 2] += 1.0;
    }
    (void)shy_group_maximum(l->team, extreme, 2);
    (void)shy_group_sum(l->team, count, 3);
    o.longest = extreme[0], o.first = -extreme[1];
    o.events = count[0], o.without = count[1], o.censored = count[2];
    return o;
}

static shy_status judge_horizon(const struct shy_loading *l, const shy_target *t, const struct outlook *o)
{
    const shy_problem *p = l->problem;
    const char *blank = *p->time_unit ? " " : "";
    char at[32], longest[32], first[32];

    shy_text_shortest(t->horizon, at), shy_text_shortest(o->longest, longest), shy_text_shortest(o->first, first);
    if (o->without == 0.0)
        return shy_fail(SHY_INPUT,
                        "horizon %s (%s%s%s) is beyond follow-up: the longest time of \"%s\" among the samples of %s "
                        "is %s%s%s. Choose a shorter one in "
                        "outcome.horizons.",
                        t->name, at, blank, p->time_unit, p->time, l->place, longest, blank, p->time_unit);
    if (o->events == 0.0)
        return shy_fail(SHY_INPUT,
                        "no event happens within the horizon %s (%s%s%s): the first one among the samples of %s is at "
                        "%s%s%s. Choose a longer one in "
                        "outcome.horizons.",
                        t->name, at, blank, p->time_unit, l->place, first, blank, p->time_unit);
    return SHY_OK;
}

static shy_status note_horizon(const struct shy_loading *l, const shy_target *t, const struct outlook *o)
{
    shy_status st = SHY_OK;
    char events[32], without[32], censored[32];

    SHY_TRY(shy_problem_note(l->problem, "%s: %s with the event, %s without it; %s censored before%s.",
                             t->outcome, shy_text_thousands((uint64_t)o->events, events),
                             shy_text_thousands((uint64_t)o->without, without),
                             shy_text_thousands((uint64_t)o->censored, censored),
                             o->censored > 0.0 ? ", for whom others count more (IPCW weights)" : ""));
    if (l->problem->design->strata > 0 && t == &l->problem->target[1])
        SHY_TRY(shy_problem_note(
            l->problem, "outcome.strata hold for the search for %s at all times; those for horizons have one baseline.",
            l->label));
out:
    return st;
}

static shy_status make_room(const struct shy_loading *l, shy_target *t)
{
    shy_status st = SHY_OK;
    const size_t rows = (size_t)l->problem->rows.rows;

    SHY_TRY(shy_new(rows, sizeof *t->y, &t->y));
    SHY_TRY(shy_new(rows, sizeof *t->weight, &t->weight));
out:
    return st;
}

shy_status shy_loading_horizon(struct shy_loading *l, shy_target *t)
{
    shy_status st = SHY_OK;
    const struct shy_design *d = l->problem->design;
    const struct outlook outlook = look(l, t->horizon);

    SHY_TRY(judge_horizon(l, t, &outlook));
    SHY_TRY(shy_group_agree(l->team, make_room(l, t)));
    SHY_TRY(shy_horizon_weights(&l->problem->rows, d->time, d->event, d->entry, t->horizon, t->y, t->weight));
    for (int i = 0; d->weight && i < l->problem->rows.rows; i++)
        t->weight[i] *= d->weight[i];
    t->data.y = t->y, t->data.weight = t->weight;
    SHY_TRY(shy_group_agree(l->team, note_horizon(l, t, &outlook)));
out:
    return st;
}
