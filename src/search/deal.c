/* A pass over the space: its jobs are dealt and worked off, and the lists of the groups become one. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "deal.h"

typedef struct {
    shy_engine *engine;
    shy_farm *farm;
    const shy_jobs *jobs;
    double formulas;
    const shy_monitor *monitor;
    double started, reported;
    double listened, own_listened; /* when the last look for messages ended, by either clock */
    double listens; /* looks for messages so long after the last look: who asks has a job in reserve, half of which is soon enough */
    double waited; /* seconds: for a job, or for the others' last ones */
    double served; /* rank 0: seconds of its processor that went into dealing */
} shy_run;

#define LISTEN_SECONDS 1e-2 /* at most; a look takes 5 µs, 50 µs where many ranks share a core (measured) */

static void report_progress(shy_run *run)
{
    const double now = shy_time_seconds();
    const shy_best *best = run->engine->seen[0].best;
    const uint64_t finished = shy_farm_finished(run->farm);
    if (!run->monitor->tell || now - run->reported < 0.5) return;
    run->reported = now;
    shy_progress state = {.fraction = shy_jobs_cost_before(run->jobs, finished) / run->jobs->cost, .seconds = now - run->started, .best_formula = ""};
    state.formulas = state.fraction * run->formulas;
    for (int c = 1; c <= best->levels; c++) {
        if (best->count[c] == 0) continue;
        const shy_member *member = &best->entry[c][0]->member[0];
        if (member->score.statistic <= state.best_statistic * 1.001) continue; /* a simpler one as good is the better news */
        state.best_statistic = member->score.statistic;
        state.best_formula = member->text;
    }
    run->monitor->tell(run->monitor->context, &state);
}

static bool is_dealer(const shy_run *run)
{
    return run->engine->space->problem->team->rank == 0;
}

static void serve(shy_run *run)
{
    const double before = shy_time_own_seconds();
    shy_farm_serve(run->farm);
    run->own_listened = shy_time_own_seconds();
    run->listened = shy_time_seconds();
    if (is_dealer(run)) run->served += run->own_listened - before;
}

/* Where ranks share a core, all of them take longer: only the time that this one had the core counts. It is dear to ask for. */
static bool has_listened(const shy_run *run)
{
    return shy_time_seconds() - run->listened < run->listens || shy_time_own_seconds() - run->own_listened < run->listens;
}

static void breathe(void *context)
{
    shy_run *run = context;
    if (!shy_farm_dealing(run->farm) && has_listened(run)) return;
    serve(run);
    if (is_dealer(run)) report_progress(run);
}

/* Rank 0 has its own jobs at hand: what it does here is dealing. */
static shy_status next_job(shy_run *run, uint64_t *number_out, bool *done_out)
{
    const double before = is_dealer(run) ? shy_time_own_seconds() : shy_time_seconds();
    const shy_status st = shy_farm_next(run->farm, run->engine->marks, number_out, done_out);
    if (is_dealer(run)) run->served += shy_time_own_seconds() - before;
    else run->waited += shy_time_seconds() - before;
    return st;
}

/* Marks that travel must be one's own K-th best or better; the answer's are the largest heard of by rank 0. */
static shy_status work_jobs(shy_run *run)
{
    shy_status st = SHY_OK;
    while (shy_farm_dealing(run->farm)) breathe(run);
    for (;;) {
        uint64_t number = 0;
        bool done = false;
        shy_job job;
        SHY_TRY(next_job(run, &number, &done));
        if (done) return SHY_OK;
        shy_jobs_get(run->jobs, number, &job);
        SHY_TRY(shy_engine_work(run->engine, &job));
    }
out:
    return st;
}

/* How much of the time was work. Collective over the world. */
static shy_status share_times(const shy_run *run, double seconds, double own_seconds, shy_search_result *result)
{
    shy_status st = SHY_OK;
    const shy_team *team = run->engine->space->problem->team;
    const bool works = team->group > 0 || !shy_farm_only_deals(team->groups);
    double most[] = {works ? run->waited : 0.0, is_dealer(run) ? run->served / own_seconds : 0.0, seconds};
    uint64_t sum[] = {(uint64_t)(most[0] * 1e9), works}; /* of nanoseconds, of ranks that work */
    SHY_TRY(shy_team_maximum(team, most, 3));
    SHY_TRY(shy_team_sum_counts(team, sum, 2));
    result->idle_worst = most[0] / most[2];
    result->idle_mean = (double)sum[0] / 1e9 / (double)sum[1] / most[2];
    result->scheduling_share = most[1];
out:
    return st;
}

static shy_status deal_and_work(shy_run *run, shy_search_result *result)
{
    shy_status st = SHY_OK;
    const shy_team *team = run->engine->space->problem->team;
    const double start = shy_time_seconds(), own_start = shy_time_own_seconds();
    SHY_TRY(shy_farm_create(team, run->jobs->count, shy_engine_marks(run->engine), &run->farm));
    run->engine->breathe = breathe;
    run->engine->breathe_context = run;
    const shy_status mine = work_jobs(run);
    run->engine->breathe = NULL;
    const double end = shy_time_seconds(), own_end = shy_time_own_seconds();
    SHY_TRY(shy_farm_finish(&run->farm, mine));
    run->waited += shy_time_seconds() - end;
    SHY_TRY(share_times(run, shy_time_seconds() - start, own_end - own_start, result));
    for (int v = 0; v < run->engine->views; v++) {
        const shy_merge merge = {shy_best_absorb, shy_best_pack, run->engine->seen[v].best};
        SHY_TRY(shy_team_merge(team, &merge));
    }
out:
    return st;
}

/* Collective over the world. */
static shy_status add_up_times(const shy_engine *engine, shy_search_times *times)
{
    shy_status st = SHY_OK;
    const shy_team *team = engine->space->problem->team;
    const double mine[] = {engine->times.operands, engine->times.tiles, engine->times.elements, engine->times.candidates};
    enum { PARTS = sizeof mine / sizeof *mine };
    uint64_t nanoseconds[PARTS];
    for (int k = 0; k < PARTS; k++) nanoseconds[k] = (uint64_t)(mine[k] * 1e9);
    SHY_TRY(shy_team_sum_counts(team, nanoseconds, PARTS));
    times->operands = (double)nanoseconds[0] / 1e9, times->tiles = (double)nanoseconds[1] / 1e9;
    times->elements = (double)nanoseconds[2] / 1e9, times->candidates = (double)nanoseconds[3] / 1e9;
out:
    return st;
}

/* Members of a group screen the same tiles: one of them counts. Collective over the world. */
static shy_status add_up_screening(const shy_engine *engine, shy_search_result *result)
{
    const shy_team *team = engine->space->problem->team;
    enum { COUNTS = sizeof(shy_screening) / sizeof(uint64_t) };
    result->screening = team->row_block == 0 ? engine->screening : (shy_screening){0};
    uint64_t count[COUNTS];
    memcpy(count, &result->screening, sizeof count);
    const shy_status st = shy_team_sum_counts(team, count, COUNTS);
    memcpy(&result->screening, count, sizeof count);
    return st;
}

shy_status shy_deal(shy_engine *engine, const shy_jobs *jobs, double formulas, const shy_monitor *monitor, shy_search_result *result)
{
    shy_status st = SHY_OK;
    shy_run run = {.engine = engine, .jobs = jobs, .formulas = formulas, .monitor = monitor, .started = shy_time_seconds()};
    run.listens = fmin(LISTEN_SECONDS, jobs->piece[SHY_ROUNDS - 1] / 2.0);
    SHY_TRY(deal_and_work(&run, result));
    SHY_TRY(add_up_screening(engine, result));
    SHY_TRY(add_up_times(engine, &result->times));
out:
    return st;
}
