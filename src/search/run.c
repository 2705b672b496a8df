/* The run: plan, screen, finish; then what may be added to the result. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "complete.h"
#include "deal.h"
#include "impute.h"
#include "interaction.h"
#include "polish.h"
#include "stage.h"
#include "template.h"
#include "training.h"

#include "shihyo/linalg.h"

/* ---- screening, and the front ----------------------------------------------------------------------------------------------- */

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
    shy_engine *engine = NULL;
    shy_rates rates;
    const double start = shy_time_seconds();
    shy_linalg_stage("screening");
    SHY_TRY(shy_stage_plan(stage, &rates, &jobs, &result->plan));
    result->times.plan = shy_time_seconds() - start;
    if (stage->subset) SHY_TRY(shy_subset_fill(stage->subset, stage->options->memory));
    result->precision = rates.precision;
    SHY_TRY(shy_engine_create(shy_stage_space(stage), shy_stage_options(stage), rates.precision, &engine));
    SHY_TRY(shy_deal(engine, jobs, (double)result->plan.formulas_total, monitor, result));
    result->times.search = shy_time_seconds() - start - result->times.plan + result->times.earlier;
    result->formulas_scored = result->plan.formulas_total;
    *engine_out = engine, engine = NULL;
out:
    shy_engine_destroy(&engine);
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
    result->times.earlier = 0.0; /* in its seconds already */
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
    shy_linalg_stage("refits");
    if (stage->options->lists) SHY_TRY(finish_lists(stage, stage->options->lists, result));
    else if (stage->subset) SHY_TRY(finish_part(stage, &engine, result));
    else SHY_TRY(finish(engine->seen[0].best, stage->options->keep, result));
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
    result->seconds = shy_time_seconds() - start + result->times.earlier;
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
    screened.seconds = shy_time_seconds() - start + screened.times.earlier;
    SHY_TRY(shy_lists_take(engine->seen[0].best, &screened, lists_out));
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
    shy_linalg_stage("constants");
    if (!problem->data.interaction && (options->polish || options->rounding > 0.0)) SHY_TRY(shy_polish_run(problem, options, result));
    SHY_TRY(shy_complete_run(problem, result));
    shy_linalg_stage("imputation");
    SHY_TRY(shy_impute_run(problem, options, result));
    if (result) result->seconds = shy_time_seconds() - start + result->times.earlier;
    shy_linalg_stage(NULL);
    *result_out = result, result = NULL;
out:
    shy_search_result_free(&result);
    shy_templates_free(&templates);
    return st;
}
