/* The run: plan, deal, work, merge, finish. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "subset.h"

/* ---- on which samples ---------------------------------------------------------------------------------------------------- */

/* Formulas are screened in one space and ranked in another, which are the same unless screening is on a part of the samples. */
typedef struct {
    shy_space *whole;
    const shy_search_options *options;
    shy_subset *subset; /* NULL: on all samples */
    shy_space *part;
    shy_search_options part_options;
} shy_stage;

static shy_space *screening_space(const shy_stage *stage)
{
    return stage->part ? stage->part : stage->whole;
}

static const shy_search_options *screening_options(const shy_stage *stage)
{
    return stage->part ? &stage->part_options : stage->options;
}

uint64_t shy_search_screen_rows(const shy_problem *problem, const shy_search_options *options)
{
    const bool part = options->screen_rows > 0 && options->screen_rows < problem->rows.total;
    return part ? options->screen_rows : problem->rows.total;
}

/* Destroying is collective, as the part has a team of its own. */
static void leave_part(shy_stage *stage)
{
    shy_space_destroy(&stage->part);
    shy_subset_destroy(&stage->subset);
}

static void leave_stage(shy_stage *stage)
{
    leave_part(stage);
    shy_space_destroy(&stage->whole);
}

static shy_status enter_stage(const shy_problem *problem, const shy_search_options *options, shy_stage *stage)
{
    shy_status st = SHY_OK;
    const uint64_t samples = shy_search_screen_rows(problem, options);
    *stage = (shy_stage){.options = options, .part_options = *options};
    SHY_TRY(shy_space_create(problem, &options->grammar, &stage->whole));
    if (samples == problem->rows.total) return SHY_OK;
    stage->part_options.keep = shy_screened_keep(options->keep);
    SHY_TRY(shy_subset_create(stage->whole, samples, options->seed, &stage->subset));
    SHY_TRY(shy_space_create(&stage->subset->problem, &options->grammar, &stage->part));
out:
    return st;
}

/* ---- plan --------------------------------------------------------------------------------------------------------------- */

static uint64_t bytes_per_rank(const shy_space *space, const shy_search_options *options, shy_precision precision)
{
    const uint64_t rows = (uint64_t)space->problem->rows.rows;
    return rows * sizeof(double) * 2U + shy_engine_bytes(space, options, precision) + shy_memory_in_use(); /* the columns are in use by now */
}

static shy_status check_plan(const shy_search_options *options, const shy_plan *plan)
{
    if (plan->formulas_total == 0) {
        return shy_fail(SHY_INPUT, "the grammar allows no formula: allow more operators (grammar.operators), a larger grammar.max_complexity, or "
                                   "fewer grammar.forbid patterns.");
    }
    if (options->memory > 0 && plan->bytes_per_rank > (double)options->memory) {
        const bool small = options->memory < UINT64_C(10) << 20;
        const double unit = small ? 0x1p10 : 0x1p20;
        const char *name = small ? "KiB" : "MiB";
        return shy_fail(SHY_MEMORY, "the plan needs %.0f %s per rank, and %.0f %s are allowed: raise parallel.memory, use more parallel.row_blocks, "
                                    "fewer factors, or a smaller search.keep%s.",
                        ceil(plan->bytes_per_rank / unit), name, floor((double)options->memory / unit), name,
                        options->screen_rows > 0 ? " or search.screen_rows" : "");
    }
    return SHY_OK;
}

/*
 * Formulas that come near the best while the lists are filled, K·(1 + ln(N/K)) of N in random order, and the refits of the K that stay:
 * each some microseconds, and some passes over its columns.
 */
#define SCORE_SECONDS 8e-6
#define SCORE_ROW_SECONDS 1.5e-8
#define REFIT_ROW_SECONDS 3e-8

static double candidate_seconds(const shy_space *space, const shy_search_options *options, const uint64_t *formulas)
{
    const shy_team *team = space->problem->team;
    const double rows = (double)space->problem->rows.total / team->row_blocks, keep = shy_best_reserve(options->keep);
    double scored = 0.0, kept = 0.0;
    for (int c = 1; c <= space->grammar.max_complexity; c++) {
        const double all = (double)formulas[c] / team->groups;
        scored += all <= keep ? all : keep * (1.0 + log(all / keep));
        kept += fmin((double)formulas[c], (double)options->keep) / team->groups;
    }
    return scored * (SCORE_SECONDS + rows * SCORE_ROW_SECONDS) + kept * (SCORE_SECONDS + rows * REFIT_ROW_SECONDS);
}

/* What the part of the samples needs besides, and what is to be done on all of them afterwards. */
static void plan_part(const shy_stage *stage, const shy_rates *rates, shy_plan *plan)
{
    const shy_problem *whole = stage->whole->problem;
    const double choice = whole->team->rank == 0 ? shy_subset_choice_bytes(whole->rows.total) : 0.0;
    plan->bytes_per_rank = fmax(plan->bytes_per_rank + shy_subset_bytes(stage->subset), choice + (double)shy_memory_in_use());
    shy_screened_plan(stage->whole, stage->options, stage->part_options.keep, rates, plan);
}

/* Rates are rank 0's, so that all ranks cut the space at the same places. */
static shy_status plan_stage(const shy_stage *stage, shy_rates *rates, shy_jobs **jobs_out, shy_plan *plan)
{
    shy_status st = SHY_OK;
    shy_space *space = screening_space(stage);
    const shy_search_options *options = screening_options(stage);
    const shy_team *team = space->problem->team;
    *plan = (shy_plan){.formulas_total = 0};
    if (options->plan) memcpy(plan->formulas, options->plan->formulas, sizeof plan->formulas);
    else SHY_TRY(shy_count_formulas(space, plan->formulas));
    for (int c = 1; c <= space->grammar.max_complexity; c++) plan->formulas_total += plan->formulas[c];
    if (team->rank == 0) shy_rates_measure(options->precision, space->problem->rows.total, rates);
    SHY_TRY(shy_team_broadcast(team, rates, sizeof *rates));
    SHY_TRY_ALL(team, shy_jobs_create(space, options, rates, jobs_out));
    plan->jobs = (*jobs_out)->count;
    plan->seconds = (*jobs_out)->cost / team->groups + candidate_seconds(space, options, plan->formulas);
    plan->flops = (*jobs_out)->flops;
    plan->bytes_per_rank = (double)bytes_per_rank(space, options, rates->precision);
    if (stage->part) plan_part(stage, rates, plan);
    SHY_TRY(shy_team_maximum(team, &plan->bytes_per_rank, 1));
    SHY_TRY_ALL(team, check_plan(options, plan));
out:
    return st;
}

shy_status shy_search_plan(const shy_problem *problem, const shy_search_options *options, shy_plan *plan_out)
{
    shy_status st = SHY_OK;
    shy_stage stage;
    shy_jobs *jobs = NULL;
    shy_rates rates;
    SHY_TRY(enter_stage(problem, options, &stage));
    SHY_TRY(plan_stage(&stage, &rates, &jobs, plan_out));
out:
    shy_jobs_destroy(&jobs);
    leave_stage(&stage);
    return st;
}

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
    uint64_t nanoseconds[PARTS], peak, shared;
    for (int k = 0; k < PARTS; k++) nanoseconds[k] = (uint64_t)(mine[k] * 1e9);
    SHY_TRY(shy_team_sum_counts(team, nanoseconds, PARTS));
    times->operands = (double)nanoseconds[0] / 1e9, times->tiles = (double)nanoseconds[1] / 1e9;
    times->elements = (double)nanoseconds[2] / 1e9, times->candidates = (double)nanoseconds[3] / 1e9;
    shy_memory_resident(&peak, &shared);
    double most[2] = {(double)peak, (double)shared};
    SHY_TRY(shy_team_maximum(team, most, 2));
    times->peak_bytes = most[0], times->shared_bytes = most[1];
out:
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
    SHY_TRY(shy_engine_create(screening_space(stage), screening_options(stage), rates->precision, &run->engine));
    SHY_TRY(deal_and_work(run, result));
    SHY_TRY(add_up_screening(run->engine, rates->precision, result));
out:
    return st;
}

/* The refits, and the front, of lists with scores on all samples. */
static shy_status finish(shy_best *best, int keep, shy_search_result *result)
{
    shy_status st = SHY_OK;
    const shy_problem *problem = best->space->problem;
    shy_outcome *outcome = NULL;
    SHY_TRY_ALL(problem->team, shy_outcome_create(problem->ops, problem->outcome, &problem->rows, problem->y, &outcome));
    SHY_TRY(shy_finish(best, keep, outcome, result));
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
    leave_part(stage);
    SHY_TRY(shy_screened_rescore(&screened, stage->whole, stage->options, &best));
    SHY_TRY(finish(best, stage->options->keep, result));
    if (stage->whole->problem->team->rank == 0) shy_screened_judge(&screened, stage->whole->problem->rows.total, result);
out:
    shy_best_destroy(&best);
    shy_screened_free(&screened);
    return st;
}

static shy_status search_stage(shy_stage *stage, void (*progress)(void *context, const shy_progress *now), void *context, shy_search_result *result)
{
    shy_status st = SHY_OK;
    shy_jobs *jobs = NULL;
    shy_rates rates;
    shy_run run = {.plan = &result->plan, .progress = progress, .context = context};
    const double start = shy_time_seconds();
    SHY_TRY(plan_stage(stage, &rates, &jobs, &result->plan));
    result->times.plan = shy_time_seconds() - start;
    if (stage->subset) SHY_TRY(shy_subset_fill(stage->subset, stage->options->memory));
    run.jobs = jobs;
    run.listens = fmin(LISTEN_SECONDS, jobs->piece[SHY_ROUNDS - 1] / 2.0);
    run.started = shy_time_seconds();
    SHY_TRY(screen(stage, &rates, &run, result));
    const double searched = shy_time_seconds();
    result->times.search = searched - run.started;
    result->formulas_scored = result->plan.formulas_total;
    SHY_TRY(add_up_times(run.engine, &result->times));
    if (stage->subset) SHY_TRY(finish_part(stage, &run.engine, result));
    else SHY_TRY(finish(run.engine->best, stage->options->keep, result));
    result->times.finish = shy_time_seconds() - searched;
out:
    shy_engine_destroy(&run.engine);
    shy_jobs_destroy(&jobs);
    return st;
}

shy_status shy_search_run(const shy_problem *problem, const shy_search_options *options,
                          void (*progress)(void *context, const shy_progress *now), void *context, shy_search_result **result_out)
{
    shy_status st = SHY_OK;
    shy_stage stage = {0};
    shy_search_result *result = NULL;
    const double start = shy_time_seconds();
    *result_out = NULL;
    SHY_TRY_ALL(problem->team, shy_new(1, sizeof *result, &result));
    SHY_TRY(enter_stage(problem, options, &stage));
    SHY_TRY(search_stage(&stage, progress, context, result));
    result->seconds = shy_time_seconds() - start;
    if (problem->team->rank == 0) *result_out = result, result = NULL;
out:
    shy_search_result_free(&result);
    leave_stage(&stage);
    return st;
}
