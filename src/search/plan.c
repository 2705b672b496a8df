/* The plan of a search: on which samples, how many formulas, how much memory and time. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "interaction.h"
#include "stage.h"
#include "study.h"
#include "template.h"
#include "terms.h"

/* ---- on which samples ---------------------------------------------------------------------------------------------------- */

uint64_t shy_search_screen_rows(const shy_problem *problem, const shy_search_options *options)
{
    const bool part = options->screen_rows > 0 && options->screen_rows < problem->rows.total;
    return part ? options->screen_rows : problem->rows.total;
}

/* Destroying is collective, as the part has a team of its own. */
void shy_stage_leave_part(shy_stage *stage)
{
    shy_space_destroy(&stage->part);
    shy_subset_destroy(&stage->subset);
}

void shy_stage_leave(shy_stage *stage)
{
    shy_stage_leave_part(stage);
    shy_space_destroy(&stage->whole);
}

shy_status shy_stage_enter(shy_stage *stage, const shy_problem *problem, const shy_search_options *options)
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

static uint64_t bytes_per_rank(shy_space *space, const shy_search_options *options, shy_precision precision)
{
    const uint64_t rows = (uint64_t)space->problem->rows.rows;
    return rows * sizeof(double) * 2U + shy_engine_bytes(space, options, precision) + shy_memory_in_use(); /* the columns are in use by now */
}

static shy_status check_plan(const shy_search_options *options, const shy_plan *plan)
{
    if (plan->formulas_total == 0) {
        return shy_fail(SHY_INPUT, "the grammar allows no formula: allow more operators (grammar.operators), a larger grammar.max_complexity, "
                                   "fewer grammar.forbid patterns, or milder rules for single factors (grammar.most, grammar.must_contain).");
    }
    if (options->memory > 0 && plan->bytes_per_rank > (double)options->memory) {
        const bool small = options->memory < UINT64_C(10) << 20;
        const double unit = small ? 0x1p10 : 0x1p20;
        const char *name = small ? "KiB" : "MiB";
        return shy_fail(SHY_MEMORY, "the plan needs %.0f %s per rank, and %.0f %s are allowed: raise parallel.memory, use more parallel.row_blocks, "
                                    "fewer factors, or a smaller search.keep%s%s%s.",
                        ceil(plan->bytes_per_rank / unit), name, floor((double)options->memory / unit), name,
                        options->screen_rows > 0 ? " or search.screen_rows" : "", options->terms > 1 ? " or search.terms_keep" : "", options->passes > 1 ? " or search.pass_complexity" : "");
    }
    return SHY_OK;
}

/* Formulas that come near the best while the lists are filled, K·(1 + ln(N/K)) of N in random order. */
static double candidate_seconds(const shy_space *space, const shy_search_options *options, const uint64_t *formulas)
{
    const double groups = space->problem->team->groups, keep = shy_best_reserve(options->keep);
    double scored = 0.0;
    for (int c = 1; c <= space->grammar.max_complexity; c++) {
        const double all = (double)formulas[c] / groups;
        scored += all <= keep ? all : keep * (1.0 + log(all / keep));
    }
    return scored * shy_score_seconds(space);
}

/* Of the K that stay: each some microseconds, and some passes over its columns. */
#define REFIT_SECONDS 8e-6
#define REFIT_ROW_SECONDS 3e-8

static double refit_seconds(const shy_space *space, const shy_search_options *options, const uint64_t *formulas)
{
    const shy_team *team = space->problem->team;
    const double rows = (double)space->problem->rows.total / team->row_blocks;
    double kept = 0.0;
    for (int c = 1; c <= space->grammar.max_complexity; c++) kept += fmin((double)formulas[c], (double)options->keep) / team->groups;
    return kept * (REFIT_SECONDS + rows * REFIT_ROW_SECONDS);
}

/* What the part of the samples needs besides, and what is to be done on all of them afterwards. */
static void plan_part(const shy_stage *stage, shy_plan *plan)
{
    const shy_problem *whole = stage->whole->problem;
    const double choice = whole->team->rank == 0 ? shy_subset_choice_bytes(whole->rows.total) : 0.0;
    plan->bytes_per_rank = fmax(plan->bytes_per_rank + shy_subset_bytes(stage->subset), choice + (double)shy_memory_in_use());
    shy_screened_plan(stage->whole, stage->options, stage->part_options.keep, plan);
}

/* Rates are rank 0's, so that all ranks cut the space at the same places. */
shy_status shy_stage_plan(const shy_stage *stage, shy_rates *rates, shy_jobs **jobs_out, shy_plan *plan)
{
    shy_status st = SHY_OK;
    shy_space *space = shy_stage_space(stage);
    const shy_search_options *options = shy_stage_options(stage);
    const shy_team *team = space->problem->team;
    *plan = (shy_plan){.formulas_total = 0};
    if (options->plan) memcpy(plan->formulas, options->plan->formulas, sizeof plan->formulas);
    else SHY_TRY(shy_count_formulas(space, plan->formulas));
    for (int c = 1; c <= space->grammar.max_complexity; c++) plan->formulas_total += plan->formulas[c];
    if (team->rank == 0) shy_rates_measure(options->precision, space->problem->rows.total, rates);
    SHY_TRY(shy_team_broadcast(team, rates, sizeof *rates));
    SHY_TRY_ALL(team, shy_jobs_create(space, options, rates, jobs_out));
    plan->jobs = (*jobs_out)->count;
    plan->seconds = (*jobs_out)->cost / team->groups + candidate_seconds(space, options, plan->formulas) +
                    refit_seconds(stage->whole, stage->options, plan->formulas);
    plan->flops = (*jobs_out)->flops;
    plan->bytes_per_rank = (double)bytes_per_rank(space, options, rates->precision);
    if (stage->part) plan_part(stage, plan);
    shy_terms_plan(stage->whole->problem, stage->options, plan);
    SHY_TRY(shy_team_maximum(team, &plan->bytes_per_rank, 1));
    SHY_TRY_ALL(team, check_plan(options, plan));
out:
    return st;
}

shy_status shy_plan_once(const shy_problem *problem, const shy_search_options *options, shy_plan *plan_out)
{
    shy_status st = SHY_OK;
    shy_stage stage = {0};
    shy_jobs *jobs = NULL;
    shy_rates rates;
    SHY_TRY(shy_stage_enter(&stage, problem, options));
    SHY_TRY(shy_stage_plan(&stage, &rates, &jobs, plan_out));
out:
    shy_jobs_destroy(&jobs);
    shy_stage_leave(&stage);
    return st;
}

static void add_plan(shy_plan *sum, const shy_plan *plan)
{
    for (int c = 0; c <= SHY_COMPLEXITY_MAX; c++) sum->formulas[c] += plan->formulas[c];
    sum->formulas_total += plan->formulas_total;
    sum->jobs += plan->jobs;
    sum->flops += plan->flops;
    sum->seconds += plan->seconds;
    sum->bytes_per_rank = fmax(sum->bytes_per_rank, plan->bytes_per_rank);
}

/* Formulas without templates, if they are wanted, and those with. Collective over the world. */
static shy_status plan_templates(const shy_problem *problem, const shy_search_options *options, const shy_templates *templates, shy_plan *plan_out)
{
    shy_status st = SHY_OK;
    shy_extended *extended = NULL;
    shy_plan without = {0}, with;
    if (!options->templates_required) SHY_TRY(shy_plan_once(problem, options, &without));
    SHY_TRY(shy_extended_create(problem, &options->grammar, templates->macro, templates->count, &extended));
    SHY_TRY(shy_plan_once(&extended->problem, options, &with));
    add_plan(&with, &without);
    *plan_out = with;
out:
    shy_extended_destroy(&extended);
    return st;
}

shy_status shy_search_plan(const shy_problem *problem, const shy_search_options *options, shy_plan *plan_out)
{
    shy_status st = SHY_OK;
    shy_templates templates = {0};
    SHY_TRY(shy_interaction_check(problem, options));
    SHY_TRY(shy_templates_create(problem, options, &templates));
    if (templates.count > 0) SHY_TRY(plan_templates(problem, options, &templates, plan_out));
    else SHY_TRY(shy_plan_once(problem, options, plan_out));
    if (options->passes > 1) SHY_TRY(shy_passes_plan(problem, options, templates.count, plan_out));
out:
    shy_templates_free(&templates);
    return st;
}
