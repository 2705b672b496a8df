/* The run: deal, work, merge, finish. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "complete.h"
#include "impute.h"
#include "interaction.h"
#include "polish.h"
#include "stage.h"
#include "template.h"
#include "training.h"

/* ---- deal and work -------------------------------------------------------------------------------------------------------- */

typedef struct {
    shy_engine *engine;
    shy_farm *farm;
    const shy_jobs *jobs;
    const shy_plan *plan;
    void (*progress)(void *context, const shy_progress *now);
    void *context;
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
    const shy_best *best = run->engine->best;
    const uint64_t finished = shy_farm_finished(run->farm);
    if (!run->progress || now - run->reported < 0.5) return;
    run->reported = now;
    shy_progress state = {.fraction = shy_jobs_cost_before(run->jobs, finished) / run->jobs->cost, .seconds = now - run->started, .best_formula = ""};
    state.formulas = state.fraction * (double)run->plan->formulas_total;
    for (int c = 1; c <= best->levels; c++) {
        if (best->count[c] == 0) continue;
        const shy_member *member = &best->entry[c][0]->member[0];
        if (member->score.statistic <= state.best_statistic * 1.001) continue; /* a simpler one as good is the better news */
        state.best_statistic = member->score.statistic;
        state.best_formula = member->text;
    }
    run->progress(run->context, &state);
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
    const shy_status st = shy_farm_next(run->farm, run->engine->mark, number_out, done_out);
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
    SHY_TRY(shy_farm_create(team, run->jobs->count, run->engine->best->levels + 1, &run->farm));
    run->engine->breathe = breathe;
    run->engine->breathe_context = run;
    const shy_status mine = work_jobs(run);
    run->engine->breathe = NULL;
    const double end = shy_time_seconds(), own_end = shy_time_own_seconds();
    SHY_TRY(shy_farm_finish(&run->farm, mine));
    run->waited += shy_time_seconds() - end;
    SHY_TRY(share_times(run, shy_time_seconds() - start, own_end - own_start, result));
    const shy_merge merge = {shy_best_absorb, shy_best_pack, run->engine->best};
    SHY_TRY(shy_team_merge(team, &merge));
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

/* Collective over the world. */
static shy_status measure_memory(const shy_team *team, shy_search_times *times)
{
    uint64_t peak, shared;
    shy_memory_resident(&peak, &shared);
    double most[2] = {(double)peak, (double)shared};
    const shy_status st = shy_team_maximum(team, most, 2);
    times->peak_bytes = most[0], times->shared_bytes = most[1];
    return st;
}

/* Members of a group screen the same tiles: one of them counts. Collective over the world. */
static shy_status add_up_screening(const shy_engine *engine, shy_precision precision, shy_search_result *result)
{
    const shy_team *team = engine->space->problem->team;
    enum { COUNTS = sizeof(shy_screening) / sizeof(uint64_t) };
    result->precision = precision;
    result->screening = team->row_block == 0 ? engine->screening : (shy_screening){0};
    uint64_t count[COUNTS];
    memcpy(count, &result->screening, sizeof count);
    const shy_status st = shy_team_sum_counts(team, count, COUNTS);
    memcpy(&result->screening, count, sizeof count);
    return st;
}

/* The lists of the screening, complete on rank 0 in engine->best. */
static shy_status screen(const shy_stage *stage, const shy_rates *rates, shy_run *run, shy_search_result *result)
{
    shy_status st = SHY_OK;
    SHY_TRY(shy_engine_create(shy_stage_space(stage), shy_stage_options(stage), rates->precision, &run->engine));
    SHY_TRY(deal_and_work(run, result));
    SHY_TRY(add_up_screening(run->engine, rates->precision, result));
    SHY_TRY(add_up_times(run->engine, &result->times));
out:
    return st;
}

/* The refits, and the front, of lists with scores on all samples. */
static shy_status finish(shy_best *best, int keep, shy_search_result *result)
{
    shy_status st = SHY_OK;
    const shy_problem *problem = best->space->problem;
    shy_outcome *outcome = NULL;
    SHY_TRY_ALL(problem->team, shy_problem_outcome(problem, &outcome));
    SHY_TRY(shy_finish(best, keep, outcome, result));
    result->null = *shy_outcome_null(outcome);
    (void)shy_outcome_treatment(outcome, &result->treatment_mean);
out:
    shy_outcome_destroy(&outcome);
    return st;
}

/* What the part needed makes room before all samples are turned to. */
static shy_status finish_part(shy_stage *stage, shy_engine **engine, shy_search_result *result)
{
    shy_status st = SHY_OK;
    shy_screened screened = {0};
    shy_best *best = NULL;
    SHY_TRY(shy_screened_take(*engine, &screened));
    shy_engine_destroy(engine);
    shy_stage_leave_part(stage);
    SHY_TRY(shy_screened_rescore(&screened, stage->whole, stage->options, &best));
    SHY_TRY(finish(best, stage->options->keep, result));
    if (stage->whole->problem->team->rank == 0) shy_screened_judge(&screened, stage->whole->problem->rows.total, result);
out:
    shy_best_destroy(&best);
    shy_screened_free(&screened);
    return st;
}

/* Plan and screening; the engine has the lists. */
static shy_status screen_stage(shy_stage *stage, const shy_monitor *monitor, shy_engine **engine_out, shy_search_result *result)
{
    shy_status st = SHY_OK;
    shy_jobs *jobs = NULL;
    shy_rates rates;
    shy_run run = {.plan = &result->plan, .progress = monitor->tell, .context = monitor->context};
    const double start = shy_time_seconds();
    SHY_TRY(shy_stage_plan(stage, &rates, &jobs, &result->plan));
    result->times.plan = shy_time_seconds() - start;
    if (stage->subset) SHY_TRY(shy_subset_fill(stage->subset, stage->options->memory));
    run.jobs = jobs;
    run.started = shy_time_seconds();
    run.listens = fmin(LISTEN_SECONDS, jobs->piece[SHY_ROUNDS - 1] / 2.0);
    SHY_TRY(screen(stage, &rates, &run, result));
    result->times.search = shy_time_seconds() - start - result->times.plan;
    result->formulas_scored = result->plan.formulas_total;
    *engine_out = run.engine, run.engine = NULL;
out:
    shy_engine_destroy(&run.engine);
    shy_jobs_destroy(&jobs);
    return st;
}

/* Lists that a pass has left, instead of screening. */
static shy_status finish_lists(const shy_stage *stage, const shy_lists *lists, shy_search_result *result)
{
    shy_status st = SHY_OK;
    const shy_team *team = stage->whole->problem->team;
    shy_best *best = NULL;
    if (stage->subset) return shy_fail(SHY_INTERNAL, "lists of all samples for a search that screens a part of them");
    *result = lists->screen;
    SHY_TRY_ALL(team, shy_best_create(stage->whole, shy_best_reserve(stage->options->keep), &best));
    SHY_TRY_ALL(team, shy_best_absorb(best, lists->member, lists->count * sizeof *lists->member));
    SHY_TRY(finish(best, stage->options->keep, result));
out:
    shy_best_destroy(&best);
    return st;
}

static shy_status search_stage(shy_stage *stage, const shy_monitor *monitor, shy_search_result *result)
{
    shy_status st = SHY_OK;
    shy_engine *engine = NULL;
    if (!stage->options->lists) SHY_TRY(screen_stage(stage, monitor, &engine, result));
    const double searched = shy_time_seconds();
    if (stage->options->lists) SHY_TRY(finish_lists(stage, stage->options->lists, result));
    else if (stage->subset) SHY_TRY(finish_part(stage, &engine, result));
    else SHY_TRY(finish(engine->best, stage->options->keep, result));
    result->times.finish = shy_time_seconds() - searched;
    SHY_TRY(measure_memory(stage->whole->problem->team, &result->times));
out:
    shy_engine_destroy(&engine);
    return st;
}

/* What lists took to be made counts as time of the search that they are for. */
shy_status shy_search_once(const shy_problem *problem, const shy_search_options *options, const shy_monitor *monitor, shy_search_result **result_out)
{
    shy_status st = SHY_OK;
    shy_stage stage = {0};
    shy_search_result *result = NULL;
    const double start = shy_time_seconds() - (options->lists ? options->lists->screen.seconds : 0.0);
    *result_out = NULL;
    SHY_TRY_ALL(problem->team, shy_new(1, sizeof *result, &result));
    SHY_TRY(shy_stage_enter(&stage, problem, options));
    SHY_TRY(search_stage(&stage, monitor, result));
    result->seconds = shy_time_seconds() - start;
    if (problem->team->rank == 0) *result_out = result, result = NULL;
out:
    shy_search_result_free(&result);
    shy_stage_leave(&stage);
    return st;
}

shy_status shy_screen_once(const shy_problem *problem, const shy_search_options *options, const shy_monitor *monitor, shy_lists **lists_out)
{
    shy_status st = SHY_OK;
    shy_stage stage = {0};
    shy_engine *engine = NULL;
    shy_search_result screened = {0};
    const double start = shy_time_seconds();
    *lists_out = NULL;
    SHY_TRY(shy_stage_enter(&stage, problem, options));
    if (stage.subset) SHY_TRY(shy_fail(SHY_INTERNAL, "lists of all samples from a part of them"));
    SHY_TRY(screen_stage(&stage, monitor, &engine, &screened));
    screened.seconds = shy_time_seconds() - start;
    SHY_TRY(shy_lists_take(engine->best, &screened, lists_out));
out:
    shy_engine_destroy(&engine);
    shy_stage_leave(&stage);
    return st;
}

shy_status shy_search_run(const shy_problem *problem, const shy_search_options *options,
                          void (*progress)(void *context, const shy_progress *now), void *context, shy_search_result **result_out)
{
    shy_status st = SHY_OK;
    const shy_monitor monitor = {progress, context};
    const double start = shy_time_seconds() - (options->lists ? options->lists->screen.seconds : 0.0);
    shy_templates templates = {0};
    shy_search_result *result = NULL;
    *result_out = NULL;
    SHY_TRY(shy_interaction_check(problem, options));
    SHY_TRY(shy_impute_check(problem, options));
    SHY_TRY(shy_templates_create(problem, options, &templates));
    SHY_TRY(shy_templates_search(problem, options, &templates, &monitor, &result));
    if (options->passes > 1) SHY_TRY(shy_passes_run(problem, options, &templates, &monitor, result));
    if (options->terms > 1) SHY_TRY(shy_terms_run(problem, options, &templates, &monitor, result));
    if (!problem->data.interaction && (options->polish || options->rounding > 0.0)) SHY_TRY(shy_polish_run(problem, options, result));
    if (!problem->data.interaction) SHY_TRY(shy_complete_run(problem, result));
    SHY_TRY(shy_impute_run(problem, options, result));
    if (result) result->seconds = shy_time_seconds() - start;
    *result_out = result, result = NULL;
out:
    shy_search_result_free(&result);
    shy_templates_free(&templates);
    return st;
}
