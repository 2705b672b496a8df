/*
 * The farm, event by event. What src/par does, in short:
 *
 *     a group    asks for a job, hears the answer, asks for the next one at once, works, hears, asks, works, …
 *     rank 0     answers one request after the other, each with the next number; between tiles of its own, if it works
 *                (shy_farm_only_deals: the rule is the farm's own)
 */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "schedule.h"

/* A request arrives at rank 0. */
typedef struct {
    double when;
    int group;
} event;

typedef struct {
    const shy_jobs *jobs;
    const schedule_setting *setting;
    event *heap; /* earliest first; one for each group at most */
    int events;
    double *free, *work; /* [groups] seconds: when its present job ends; worked so far */
    uint64_t dealt, served, tiles;
    double now;  /* of rank 0: it listens */
    double left; /* of rank 0's own job */
    bool rank_0_works;
} farm;

/* ---- events ------------------------------------------------------------------------------------------------------- */

static void push(farm *f, double when, int group)
{
    int at = f->events++;
    for (int above; at > 0 && f->heap[above = (at - 1) / 2].when > when; at = above) f->heap[at] = f->heap[above];
    f->heap[at] = (event){when, group};
}

static event pop(farm *f)
{
    const event first = f->heap[0], last = f->heap[--f->events];
    int at = 0;
    for (int below; (below = 2 * at + 1) < f->events; at = below) {
        if (below + 1 < f->events && f->heap[below + 1].when < f->heap[below].when) below++;
        if (f->heap[below].when >= last.when) break;
        f->heap[at] = f->heap[below];
    }
    f->heap[at] = last;
    return first;
}

/* ---- jobs --------------------------------------------------------------------------------------------------------- */

/* A factor around 1 whose mean is 1. */
static double factor(double deviation, uint64_t seed, uint64_t purpose, uint64_t index)
{
    return exp(deviation * shy_random_normal(seed, purpose, index) - deviation * deviation / 2.0);
}

static double take_job(farm *f)
{
    const schedule_setting *s = f->setting;
    const uint64_t number = f->dealt++;
    shy_job job;
    shy_jobs_get(f->jobs, number, &job);
    const uint64_t class = shy_hash_bytes(&job.kind, offsetof(shy_job, pinned_first) - offsetof(shy_job, kind), 0);
    return job.cost * factor(s->noise, s->seed, 1, number) * factor(s->bias, s->seed, 2, class);
}

/* ---- rank 0 ------------------------------------------------------------------------------------------------------- */

/* Rank 0 works tile by tile until it listens after `until`, or has nothing left to do. */
static void work_until(farm *f, double until)
{
    while (f->rank_0_works && f->now < until) {
        if (f->left <= 0.0) {
            if (f->dealt == f->jobs->count) return;
            f->left = take_job(f);
        }
        const double tile = f->setting->tile * (0.5 + shy_random_uniform(f->setting->seed, 3, f->tiles++));
        const double step = fmin(tile, f->left);
        f->left -= step, f->now += step, f->work[0] += step;
    }
}

static void answer(farm *f, event request)
{
    const schedule_setting *s = f->setting;
    const int g = request.group;
    work_until(f, request.when);
    f->now = fmax(f->now, request.when) + s->service;
    f->served++;
    if (f->dealt == f->jobs->count) return; /* STOP */
    const double seconds = take_job(f), begin = fmax(f->now + s->latency, f->free[g]);
    push(f, begin + s->latency, g);
    f->free[g] = begin + seconds;
    f->work[g] += seconds;
}

/* ---- the whole ---------------------------------------------------------------------------------------------------- */

static void add_up(const farm *f, schedule_outcome *out)
{
    const int groups = f->setting->groups, first = f->rank_0_works ? 0 : 1;
    double work = 0.0, least = INFINITY;
    out->seconds = f->now;
    for (int g = 0; g < groups; g++) {
        out->seconds = fmax(out->seconds, f->free[g]);
        work += f->work[g];
        if (g >= first) least = fmin(least, f->work[g]);
    }
    out->efficiency = work / (groups * out->seconds);
    out->idle_worst = 1.0 - least / out->seconds;
    out->idle_mean = 1.0 - work / ((groups - first) * out->seconds);
    out->scheduling = (double)f->served * f->setting->service / out->seconds;
}

shy_status schedule_simulate(const shy_jobs *jobs, const schedule_setting *setting, schedule_outcome *outcome_out)
{
    shy_status st = SHY_OK;
    const size_t groups = (size_t)setting->groups;
    farm f = {.jobs = jobs, .setting = setting, .rank_0_works = !shy_farm_only_deals(setting->groups)};
    SHY_TRY(shy_new(groups, sizeof *f.heap, &f.heap));
    SHY_TRY(shy_new(groups, sizeof *f.free, &f.free));
    SHY_TRY(shy_new(groups, sizeof *f.work, &f.work));
    if (f.rank_0_works && jobs->count > 0) f.left = take_job(&f);
    for (int g = 1; g < setting->groups; g++) push(&f, setting->latency, g);
    while (f.events > 0) answer(&f, pop(&f));
    work_until(&f, INFINITY);
    add_up(&f, outcome_out);
out:
    shy_free(&f.heap);
    shy_free(&f.free);
    shy_free(&f.work);
    return st;
}
