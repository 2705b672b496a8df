/* How far a pass over the space has come: what is left of its jobs, and all of it as bytes for the journal. */
#include "shy_config.h"

#include <string.h>

#include "dealt.h"

/* ---- what is left ------------------------------------------------------------------------------------------------------ */

void shy_dealt_free(shy_dealt *dealt)
{
    shy_jobs_destroy(&dealt->own);
    shy_free(&dealt->left);
}

uint64_t shy_dealt_rest(const shy_dealt *d)
{
    return d->left_count + d->jobs->count - d->next;
}

uint64_t shy_dealt_number(const shy_dealt *d, uint64_t index)
{
    return index < d->left_count ? d->left[index] : d->next + index - d->left_count;
}

shy_status shy_dealt_take(shy_dealt *d, uint64_t next, const uint64_t *left, uint64_t count)
{
    shy_status st = SHY_OK;
    uint64_t *all = NULL, at = 0;
    const uint64_t waiting = next < d->left_count ? d->left_count - next : 0;
    SHY_TRY(shy_new(count + waiting, sizeof *all, &all));
    for (uint64_t k = 0; k < count; k++) all[at++] = shy_dealt_number(d, left[k]);
    for (uint64_t k = 0; k < waiting; k++) all[at++] = d->left[next + k];
    if (next > d->left_count) d->next += next - d->left_count;
    shy_free(&d->left);
    d->left = all, d->left_count = at;
out:
    return st;
}

static shy_status make_room(shy_dealt *d)
{
    shy_free(&d->left);
    return shy_new(d->left_count, sizeof *d->left, &d->left);
}

shy_status shy_dealt_share(shy_dealt *d, const shy_team *team)
{
    shy_status st = SHY_OK;
    SHY_TRY(shy_team_broadcast(team, &d->next, sizeof d->next));
    SHY_TRY(shy_team_broadcast(team, &d->left_count, sizeof d->left_count));
    SHY_TRY_ALL(team, team->rank == 0 ? SHY_OK : make_room(d));
    SHY_TRY(shy_team_broadcast(team, d->left, d->left_count * sizeof *d->left));
out:
    return st;
}

/* ---- as bytes ---------------------------------------------------------------------------------------------------------- */

/* Behind it: regions, numbers that are left, bytes of each view's list, lists. When nothing is left there are no regions. */
typedef struct {
    int32_t views, levels;
    shy_jobs jobs; /* without its regions */
    uint64_t next, left_count;
    shy_screening screening;
    shy_search_times times;
    double idle_worst, idle_mean, scheduling_share;
} account;

static account describe(const shy_dealt *d, const shy_engine *engine)
{
    account a = {.views = engine->views, .levels = engine->space->grammar.max_complexity, .jobs = *d->jobs, .next = d->next, .left_count = d->left_count};
    a.jobs.region = NULL;
    if (shy_dealt_rest(d) == 0) a.jobs.regions = 0;
    a.jobs.capacity = a.jobs.regions;
    a.screening = d->screening, a.times = d->times;
    a.idle_worst = d->idle_worst, a.idle_mean = d->idle_mean, a.scheduling_share = d->scheduling_share;
    return a;
}

static char *append(char *to, const void *bytes, uint64_t count)
{
    if (count > 0) memcpy(to, bytes, count);
    return to + count;
}

static uint64_t fixed_bytes(const account *a)
{
    return sizeof *a + (uint64_t)a->jobs.regions * sizeof(shy_region) + (a->left_count + (uint64_t)a->views) * sizeof(uint64_t);
}

shy_status shy_dealt_pack(const shy_dealt *d, const shy_engine *engine, void **bytes_out, uint64_t *count_out)
{
    shy_status st = SHY_OK;
    const account a = describe(d, engine);
    const size_t views = (size_t)a.views;
    uint64_t total = fixed_bytes(&a), *count = NULL;
    void **list = NULL;
    char *bytes = NULL;
    SHY_TRY(shy_new(views, sizeof *count, &count));
    SHY_TRY(shy_new(views, sizeof *list, &list));
    for (size_t v = 0; v < views; v++, total += count[v - 1]) SHY_TRY(shy_best_pack(engine->seen[v].best, &list[v], &count[v]));
    SHY_TRY(shy_new(total, 1, &bytes));
    char *to = append(bytes, &a, sizeof a);
    to = append(to, d->jobs->region, (uint64_t)a.jobs.regions * sizeof(shy_region));
    to = append(to, d->left, a.left_count * sizeof *d->left);
    to = append(to, count, views * sizeof *count);
    for (size_t v = 0; v < views; v++) to = append(to, list[v], count[v]);
    *bytes_out = bytes, *count_out = total;
out:
    for (size_t v = 0; list && v < views; v++) shy_free(&list[v]);
    shy_free(&list);
    shy_free(&count);
    return st;
}

/* Where the parts lie. */
typedef struct {
    account head;
    const char *region, *left, *size, *list;
} parts;

static uint64_t size_of_list(const parts *p, int v)
{
    uint64_t size;
    memcpy(&size, p->size + (size_t)v * sizeof size, sizeof size);
    return size;
}

/* Whatever the numbers are: none is multiplied before it is known to be small enough. */
static bool is_possible(const account *a, uint64_t count)
{
    return a->jobs.regions >= 0 && (uint64_t)a->jobs.regions <= count / sizeof(shy_region) && a->left_count <= count / sizeof(uint64_t) &&
           a->next <= a->jobs.count && a->left_count <= a->next && fixed_bytes(a) <= count;
}

static shy_status find_parts(const char *bytes, uint64_t count, const shy_engine *engine, parts *p)
{
    bool fits = count >= sizeof p->head;
    if (fits) memcpy(&p->head, bytes, sizeof p->head);
    fits = fits && p->head.views == engine->views && p->head.levels == engine->space->grammar.max_complexity && is_possible(&p->head, count);
    if (!fits) return shy_fail(SHY_INTERNAL, "The checkpoint holds another pass over the formulas than the one that is to be gone on with.");
    p->region = bytes + sizeof p->head;
    p->left = p->region + (size_t)p->head.jobs.regions * sizeof(shy_region);
    p->size = p->left + p->head.left_count * sizeof(uint64_t);
    p->list = p->size + (size_t)p->head.views * sizeof(uint64_t);
    uint64_t lists = 0;
    for (int v = 0; v < p->head.views && lists <= count; v++) lists = size_of_list(p, v) > count ? UINT64_MAX : lists + size_of_list(p, v);
    if (lists > count || fixed_bytes(&p->head) + lists != count) return shy_fail(SHY_INTERNAL, "The checkpoint holds lists of another length than it says.");
    return SHY_OK;
}

static shy_status absorb(const parts *p, shy_engine *engine)
{
    shy_status st = SHY_OK;
    const char *at = p->list;
    for (int v = 0; v < engine->views; v++) {
        shy_engine_view *seen = &engine->seen[v];
        SHY_TRY(shy_best_absorb(seen->best, at, size_of_list(p, v)));
        shy_best_marks(seen->best, seen->mark);
        at += size_of_list(p, v);
    }
out:
    return st;
}

shy_status shy_dealt_absorb(const void *bytes, uint64_t count, shy_engine *engine)
{
    parts p;
    const shy_status st = find_parts(bytes, count, engine, &p);
    return st != SHY_OK ? st : absorb(&p, engine);
}

static shy_status take_jobs(const parts *p, shy_dealt *d)
{
    shy_status st = SHY_OK;
    const size_t regions = (size_t)p->head.jobs.regions;
    SHY_TRY(shy_new(1, sizeof *d->own, &d->own));
    *d->own = p->head.jobs;
    SHY_TRY(shy_new(regions, sizeof(shy_region), &d->own->region));
    memcpy(d->own->region, p->region, regions * sizeof(shy_region));
    d->jobs = d->own;
out:
    return st;
}

shy_status shy_dealt_unpack(const void *bytes, uint64_t count, shy_engine *engine, shy_dealt *d)
{
    shy_status st = SHY_OK;
    parts p;
    SHY_TRY(find_parts(bytes, count, engine, &p));
    SHY_TRY(take_jobs(&p, d));
    d->next = p.head.next, d->left_count = p.head.left_count;
    SHY_TRY(make_room(d));
    memcpy(d->left, p.left, d->left_count * sizeof *d->left);
    for (uint64_t k = 0; k < d->left_count; k++)
        if (d->left[k] >= d->jobs->count) SHY_TRY(shy_fail(SHY_INTERNAL, "The checkpoint names a job that there is none of."));
    d->screening = p.head.screening, d->times = p.head.times;
    d->idle_worst = p.head.idle_worst, d->idle_mean = p.head.idle_mean, d->scheduling_share = p.head.scheduling_share;
    if (engine->space->problem->team->group == 0) SHY_TRY(absorb(&p, engine));
out:
    return st;
}
