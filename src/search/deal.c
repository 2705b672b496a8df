/*
 * A pass over the space: its jobs are dealt and worked off, and the lists of the groups become one. It is a step of the journal: when that is to be saved, or the
 * run is to stop, dealing ends early, and goes on with the jobs that are left.
 */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "deal.h"
#include "dealt.h"

typedef struct {
    shy_engine *engine;
    shy_journal *journal;
    shy_farm *farm;
    shy_dealt dealt;       /* what this and earlier runs have done */
    shy_screening before;  /* the part of it that earlier runs did */
    shy_search_times spent;
    bool ended;            /* rank 0: this farm deals no more because of the journal */
    shy_status told;       /* to stop, between two jobs; on whichever rank */
    double formulas;
    const shy_monitor *monitor;
    double started, reported;
    double listened, own_listened; /* when the last look for messages ended, by either clock */
    double listens; /* looks for messages so long after the last look: who asks has a job in reserve, half of which is soon enough */
    double working, own_working; /* seconds, by either clock, in which jobs were dealt */
    double waited; /* seconds: for a job, or for the others' last ones */
    double served; /* rank 0: seconds of its processor that went into dealing */
} shy_run;

#define LISTEN_SECONDS 1e-2 /* at most; a look takes 5 µs, 50 µs where many ranks share a core (measured) */

static void report_progress(shy_run *run)
{
    const double now = shy_time_seconds();
    const shy_best *best = run->engine->seen[0].best;
    const shy_jobs *jobs = run->dealt.jobs;
    const uint64_t finished = jobs->count - shy_dealt_rest(&run->dealt) + shy_farm_finished(run->farm);
    if (!run->monitor->tell || now - run->reported < 0.5) return;
    run->reported = now;
    shy_progress state = {.fraction = shy_jobs_cost_before(jobs, finished) / jobs->cost, .seconds = now - run->started + run->spent.earlier, .best_formula = ""};
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

/* Rank 0: if the journal waits, all end with the jobs that they work on; what rank 0 has begun it ends, too. */
static void look_at_journal(shy_run *run)
{
    if (run->ended || !shy_journal_due(run->journal)) return;
    run->ended = true;
    shy_farm_end(run->farm);
}

static void breathe(void *context)
{
    shy_run *run = context;
    if (!shy_farm_dealing(run->farm) && has_listened(run)) return;
    serve(run);
    if (!is_dealer(run)) return;
    look_at_journal(run);
    report_progress(run);
}

/* Between two jobs. A rank other than 0 that is told to stop leaves the farm, which ends the dealing for all. */
static bool is_told(shy_run *run)
{
    if (is_dealer(run)) look_at_journal(run);
    else run->told = shy_journal_poll(run->journal);
    return run->told != SHY_OK;
}

/* Rank 0 has its own jobs at hand: what it does here is dealing. */
static shy_status next_job(shy_run *run, uint64_t *number_out, bool *done_out)
{
    const double before = is_dealer(run) ? shy_time_own_seconds() : shy_time_seconds();
    const shy_status st = shy_farm_next(run->farm, run->engine->marks, number_out, done_out);
    if (is_dealer(run)) run->served += shy_time_own_seconds() - before;
    else run->waited += shy_time_seconds() - before;
    shy_watch_waited(run->waited, shy_time_seconds() - run->started);
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
        shy_jobs_get(run->dealt.jobs, shy_dealt_number(&run->dealt, number), &job);
        SHY_TRY(shy_engine_work(run->engine, &job));
        if (is_told(run)) return SHY_OK;
    }
out:
    return st;
}

/* ---- a farm over what is left --------------------------------------------------------------------------------------------- */

static shy_status run_farm(shy_run *run, uint64_t *next_out, uint64_t **left_out, uint64_t *count_out)
{
    shy_status st = SHY_OK;
    const double start = shy_time_seconds(), own_start = shy_time_own_seconds();
    run->ended = false;
    SHY_TRY(shy_farm_create(run->engine->space->problem->team, shy_dealt_rest(&run->dealt), shy_engine_marks(run->engine), &run->farm));
    run->engine->breathe = breathe;
    run->engine->breathe_context = run;
    const shy_status mine = work_jobs(run);
    run->engine->breathe = NULL;
    const double end = shy_time_seconds();
    run->own_working += shy_time_own_seconds() - own_start;
    SHY_TRY(shy_farm_pause(&run->farm, mine, next_out, left_out, count_out));
    run->waited += shy_time_seconds() - end;
    run->working += shy_time_seconds() - start;
out:
    return st;
}

/* Rank 0's lists become those of all groups. Collective over the world. */
static shy_status merge_lists(const shy_engine *engine)
{
    shy_status st = SHY_OK;
    for (int v = 0; v < engine->views; v++) {
        const shy_merge merge = {shy_best_absorb, shy_best_pack, engine->seen[v].best};
        SHY_TRY(shy_team_merge(engine->space->problem->team, &merge));
    }
out:
    return st;
}

static shy_status deal_and_work(shy_run *run)
{
    shy_status st = SHY_OK;
    const shy_team *team = run->engine->space->problem->team;
    uint64_t next = 0, *left = NULL, count = 0;
    SHY_TRY(run_farm(run, &next, &left, &count));
    SHY_TRY_ALL(team, team->rank == 0 ? shy_dealt_take(&run->dealt, next, left, count) : SHY_OK);
    SHY_TRY(shy_dealt_share(&run->dealt, team));
    SHY_TRY(merge_lists(run->engine));
out:
    shy_free(&left);
    return st;
}

/* ---- what it took -------------------------------------------------------------------------------------------------------- */

/* How much of the time was work. Collective over the world. */
static shy_status share_times(shy_run *run)
{
    shy_status st = SHY_OK;
    const shy_team *team = run->engine->space->problem->team;
    const bool works = team->group > 0 || !shy_farm_only_deals(team->groups);
    double most[] = {works ? run->waited : 0.0, is_dealer(run) ? run->served / run->own_working : 0.0, run->working};
    uint64_t sum[] = {(uint64_t)(most[0] * 1e9), works}; /* of nanoseconds, of ranks that work */
    SHY_TRY(shy_team_maximum(team, most, 3));
    SHY_TRY(shy_team_sum_counts(team, sum, 2));
    run->dealt.idle_worst = most[0] / most[2];
    run->dealt.idle_mean = (double)sum[0] / 1e9 / (double)sum[1] / most[2];
    run->dealt.scheduling_share = most[1];
    run->dealt.times.earlier = run->spent.earlier + most[2];
out:
    return st;
}

/* Collective over the world. */
static shy_status add_up_times(shy_run *run)
{
    shy_status st = SHY_OK;
    const shy_search_times *t = &run->engine->times, *before = &run->spent;
    shy_search_times *times = &run->dealt.times;
    const double mine[] = {t->operands, t->tiles, t->elements, t->candidates};
    enum { PARTS = sizeof mine / sizeof *mine };
    uint64_t nanoseconds[PARTS];
    for (int k = 0; k < PARTS; k++) nanoseconds[k] = (uint64_t)(mine[k] * 1e9);
    SHY_TRY(shy_team_sum_counts(run->engine->space->problem->team, nanoseconds, PARTS));
    times->operands = before->operands + (double)nanoseconds[0] / 1e9, times->tiles = before->tiles + (double)nanoseconds[1] / 1e9;
    times->elements = before->elements + (double)nanoseconds[2] / 1e9, times->candidates = before->candidates + (double)nanoseconds[3] / 1e9;
out:
    return st;
}

/* Members of a group screen the same tiles: one of them counts. Collective over the world. */
static shy_status add_up_screening(shy_run *run)
{
    const shy_team *team = run->engine->space->problem->team;
    enum { COUNTS = sizeof(shy_screening) / sizeof(uint64_t) };
    const shy_screening mine = team->row_block == 0 ? run->engine->screening : (shy_screening){0};
    uint64_t count[COUNTS], before[COUNTS];
    memcpy(count, &mine, sizeof count);
    memcpy(before, &run->before, sizeof before);
    const shy_status st = shy_team_sum_counts(team, count, COUNTS);
    for (int k = 0; k < COUNTS; k++) count[k] += before[k];
    memcpy(&run->dealt.screening, count, sizeof count);
    return st;
}

static shy_status add_up(shy_run *run)
{
    shy_status st = SHY_OK;
    SHY_TRY(share_times(run));
    SHY_TRY(add_up_screening(run));
    SHY_TRY(add_up_times(run));
out:
    return st;
}

/* ---- the step of the journal --------------------------------------------------------------------------------------------- */

/* Rank 0's marks for all: it has the best of every list, and members of a group must go by the same marks. Collective over the world. */
static shy_status share_marks(const shy_engine *engine)
{
    return shy_team_broadcast(engine->space->problem->team, engine->marks, (uint64_t)shy_engine_marks(engine) * sizeof *engine->marks);
}

/*
 * Before dealing goes on: members of a group offer and refuse together, so their lists must be the same, but some have merged others' into theirs. Those of
 * group 0 become what rank 0 has merged; the others begin anew, with rank 0's marks. Collective over the world.
 */
static shy_status share_lists(shy_engine *engine, void **bytes, uint64_t count)
{
    shy_status st = SHY_OK;
    const shy_team *team = engine->space->problem->team;
    const bool takes = team->group == 0 && team->row_block > 0;
    if (team->group == 0) SHY_TRY(shy_group_broadcast(team, &count, sizeof count));
    SHY_TRY_ALL(team, takes ? shy_new(count, 1, bytes) : SHY_OK);
    if (team->group == 0) SHY_TRY(shy_group_broadcast(team, *bytes, count));
    SHY_TRY_ALL(team, takes ? shy_dealt_absorb(*bytes, count, engine) : SHY_OK);
    for (int v = 0; v < engine->views; v++) {
        if (team->rank == 0) shy_best_marks(engine->seen[v].best, engine->seen[v].mark);
        if (team->group > 0) shy_best_clear(engine->seen[v].best);
    }
    SHY_TRY(share_marks(engine));
out:
    return st;
}

static shy_status write_part(const shy_run *run, void **bytes_out, uint64_t *count_out)
{
    shy_status st = SHY_OK;
    SHY_TRY(shy_dealt_pack(&run->dealt, run->engine, bytes_out, count_out));
    SHY_TRY(shy_journal_write(run->journal, 0, *bytes_out, *count_out));
out:
    return st;
}

/* What has been done so far; if something is left, this is where the run is saved, or stops. Collective over the world. */
static shy_status keep(shy_run *run)
{
    shy_status st = SHY_OK;
    const shy_team *team = run->engine->space->problem->team;
    void *bytes = NULL;
    uint64_t count = 0;
    SHY_TRY_ALL(team, team->rank == 0 ? write_part(run, &bytes, &count) : SHY_OK);
    if (shy_dealt_rest(&run->dealt) == 0) goto out;
    SHY_TRY_ALL(team, run->told != SHY_OK ? run->told : shy_journal_poll(run->journal));
    SHY_TRY(share_lists(run->engine, &bytes, count));
out:
    shy_free(&bytes);
    return st;
}

/* What the journal has of this pass. Collective over the world. */
static shy_status begin(shy_run *run, bool *done_out)
{
    shy_status st = SHY_OK;
    const shy_team *team = run->engine->space->problem->team;
    shy_journal_step step = {0};
    SHY_TRY(shy_journal_begin(run->journal, "pass", &step));
    *done_out = step.done;
    if (step.count == 0) return SHY_OK;
    SHY_TRY_ALL(team, shy_dealt_unpack(step.bytes, step.count, run->engine, &run->dealt));
    run->before = run->dealt.screening, run->spent = run->dealt.times;
    SHY_TRY(share_marks(run->engine));
out:
    return st;
}

static void report(const shy_run *run, shy_search_result *result)
{
    const shy_search_times *t = &run->dealt.times;
    result->screening = run->dealt.screening;
    result->times.operands = t->operands, result->times.tiles = t->tiles;
    result->times.elements = t->elements, result->times.candidates = t->candidates;
    result->times.earlier = run->spent.earlier;
    result->idle_worst = run->dealt.idle_worst, result->idle_mean = run->dealt.idle_mean;
    result->scheduling_share = run->dealt.scheduling_share;
}

shy_status shy_deal(shy_engine *engine, const shy_jobs *jobs, double formulas, const shy_monitor *monitor, shy_search_result *result)
{
    shy_status st = SHY_OK;
    shy_run run = {.engine = engine, .journal = engine->space->problem->journal, .dealt.jobs = jobs, .formulas = formulas, .monitor = monitor,
                   .started = shy_time_seconds()};
    bool done = false;
    run.listens = fmin(LISTEN_SECONDS, jobs->piece[SHY_ROUNDS - 1] / 2.0);
    if (run.journal) SHY_TRY(begin(&run, &done));
    while (!done) {
        SHY_TRY(deal_and_work(&run));
        SHY_TRY(add_up(&run));
        if (run.journal) SHY_TRY(keep(&run));
        done = shy_dealt_rest(&run.dealt) == 0;
        if (done) shy_journal_end(run.journal);
    }
    report(&run, result);
out:
    shy_dealt_free(&run.dealt);
    return st;
}
