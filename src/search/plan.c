/* The plan of a search: on which samples, how many formulas, how much memory and time. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "impute.h"
#include "interaction.h"
#include "plan.h"
#include "polish.h"
#include "template.h"
#include "terms.h"

#define PAIR_FLOPS 10.0 /* of the products of a pair, per sample: FULL */

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

static shy_status check_formulas(const shy_plan *plan)
{
    if (plan->formulas_total > 0) return SHY_OK;
    return shy_fail(SHY_INPUT, "the grammar allows no formula: allow more operators (grammar.operators), a larger grammar.max_complexity, "
                               "fewer grammar.forbid patterns, or milder rules for single factors (grammar.most, grammar.must_contain).");
}

shy_status shy_search_plan_check(const shy_search_options *options, const shy_plan *plan)
{
    const bool small = options->memory + options->libraries < UINT64_C(10) << 20;
    const double unit = small ? 0x1p10 : 0x1p20, aside = (double)options->libraries;
    const char *name = small ? "KiB" : "MiB";
    if (options->memory == 0 || plan->bytes_per_rank <= (double)options->memory) return SHY_OK;
    return shy_fail(SHY_MEMORY, "the plan needs %.0f %s per rank at least, and %.0f %s are allowed: raise parallel.memory, use more parallel.row_blocks, "
                                "fewer factors, or a smaller search.keep%s%s%s.",
                    ceil((plan->bytes_per_rank + aside) / unit), name, floor(((double)options->memory + aside) / unit), name,
                    options->screen_rows > 0 ? " or search.screen_rows" : "", options->terms > 1 ? " or search.terms_keep" : "", options->passes > 1 ? " or search.pass_complexity" : "");
}

/* On the samples of screening, and on all. Rates and constants do where no one reads the seconds. Collective over the world. */
static shy_status find_pace(const shy_stage *stage, shy_pace *part_out, shy_pace *whole_out)
{
    shy_status st = SHY_OK;
    const double score = shy_score_seconds(stage->whole);
    *whole_out = (shy_pace){score, 2.0 * score};
    if (stage->announces) SHY_TRY(shy_pace_measure(stage->whole, stage->options->seed, whole_out));
    *part_out = *whole_out;
    if (stage->part) {
        part_out->score *= shy_score_seconds(stage->part) / score; /* its columns are not there yet */
    }
out:
    return st;
}

/* Candidates and work of the screening; one more test of all pairs, and one more response. */
static void plan_screening(const shy_stage *stage, const shy_rates *rates, const shy_jobs *jobs, const shy_pace *pace, shy_plan *plan)
{
    shy_space *space = shy_stage_space(stage);
    const shy_search_options *options = shy_stage_options(stage);
    const shy_layout layout = {.segments = 1, .responses = 1};
    const double keep = shy_best_reserve(options->keep), rows = (double)space->problem->rows.total;
    const int groups = space->problem->team->groups, levels = space->grammar.max_complexity;
    const double pairs = jobs->flops / (PAIR_FLOPS * rows) / groups;
    const double engine = (double)shy_engine_bytes(space, options, rates->precision, &layout, 1);
    const double bytes = (double)shy_memory_in_use() + SMALL_SHARE * engine + SMALL_BYTES + shy_plan_list_bytes(plan, levels, keep) +
                         (stage->part ? shy_subset_bytes(stage->subset) : 0.0);
    plan->work_seconds = jobs->cost / groups;
    plan->score_seconds = pace->score;
    plan->pair_seconds = pairs * rates->pair_seconds;
    plan->response_seconds = pairs * 2.0 * rows / space->problem->team->row_blocks / rates->pair_flops;
    shy_plan_add(plan, SHY_STEP_SCREEN, plan->work_seconds + engine * TOUCH_SECONDS + shy_plan_scored(plan, levels, keep, groups) * pace->score, bytes);
}

/* The pace is that of any formulas; the best ones take more steps until they fit (measured), and all are written and compared. */
#define DESCRIBE_SECONDS 5e-6

static double best_refit(const shy_problem *problem, double refit)
{
    const bool one_step = strcmp(problem->ops->name, "continuous") == 0, survival = strcmp(problem->ops->name, "survival") == 0;
    return refit * (one_step ? 1.0 : survival ? 1.1 : 1.4) + DESCRIBE_SECONDS;
}

/* The lists become the result; the engine is there until it is done, unless it was of a part of the samples. */
static void plan_finish(const shy_stage *stage, const shy_pace *pace, shy_plan *plan)
{
    const shy_problem *problem = stage->whole->problem;
    const int levels = stage->whole->grammar.max_complexity;
    const double keep = stage->options->keep, kept = shy_plan_kept(plan, levels, keep);
    const double choice = stage->part && problem->team->rank == 0 ? shy_subset_choice_bytes(problem->rows.total) : 0.0;
    const double before = stage->part ? (double)shy_memory_in_use() + choice : plan->step_bytes[SHY_STEP_SCREEN];
    if (stage->part) shy_screened_plan(stage->whole, stage->options, stage->part_options.keep, pace->score, plan);
    plan->refit_seconds = best_refit(problem, pace->refit);
    shy_plan_add(plan, SHY_STEP_REFIT, ceil(kept / problem->team->groups) * plan->refit_seconds, before + shy_plan_finish_bytes(plan, levels, keep, problem->rows.rows));
}

/* The largest of the ranks. Collective over the world. */
static shy_status share_bytes(const shy_team *team, shy_plan *plan)
{
    shy_status st = SHY_OK;
    SHY_TRY(shy_team_maximum(team, &plan->bytes_per_rank, 1));
    SHY_TRY(shy_team_maximum(team, plan->step_bytes, SHY_STEPS));
out:
    return st;
}

/* Rates are rank 0's, so that all ranks cut the space at the same places. */
shy_status shy_stage_plan(const shy_stage *stage, shy_rates *rates, shy_jobs **jobs_out, shy_plan *plan)
{
    shy_status st = SHY_OK;
    shy_space *space = shy_stage_space(stage);
    const shy_search_options *options = shy_stage_options(stage);
    const shy_team *team = space->problem->team;
    shy_pace part, whole;
    *plan = (shy_plan){.formulas_total = 0};
    SHY_TRY(shy_tables_share(space));
    if (options->plan) memcpy(plan->formulas, options->plan->formulas, sizeof plan->formulas);
    else SHY_TRY(shy_count_formulas(space, plan->formulas));
    for (int c = 1; c <= space->grammar.max_complexity; c++) plan->formulas_total += plan->formulas[c];
    SHY_TRY_ALL(team, check_formulas(plan));
    if (options->plan && options->plan->rates.pair_flops > 0.0) *rates = options->plan->rates;
    else if (team->rank == 0) shy_rates_measure(options->precision, space->problem->rows.total, rates);
    SHY_TRY(shy_team_broadcast(team, rates, sizeof *rates));
    SHY_TRY_ALL(team, shy_jobs_create(space, options, rates, jobs_out));
    SHY_TRY(find_pace(stage, &part, &whole));
    plan->rates = *rates;
    plan->jobs = (*jobs_out)->count;
    plan->flops = (*jobs_out)->flops;
    plan_screening(stage, rates, *jobs_out, &part, plan);
    plan_finish(stage, &whole, plan);
    SHY_TRY(share_bytes(team, plan));
    SHY_TRY_ALL(team, shy_search_plan_check(stage->options, plan));
out:
    return st;
}

shy_status shy_plan_once(const shy_problem *problem, const shy_search_options *options, shy_plan *plan_out)
{
    shy_status st = SHY_OK;
    shy_stage stage = {0};
    shy_jobs *jobs = NULL;
    shy_rates rates;
    const double start = shy_time_own_seconds();
    SHY_TRY(shy_stage_enter(&stage, problem, options));
    stage.announces = true;
    double begin = shy_time_own_seconds() - start; /* the search enters it once more */
    SHY_TRY(shy_team_broadcast(problem->team, &begin, sizeof begin));
    SHY_TRY(shy_stage_plan(&stage, &rates, &jobs, plan_out));
    shy_plan_add(plan_out, SHY_STEP_SCREEN, begin, 0.0);
out:
    shy_jobs_destroy(&jobs);
    shy_stage_leave(&stage);
    return st;
}

/* Two searches, one after the other. */
static void add_plan(shy_plan *sum, const shy_plan *plan)
{
    for (int c = 0; c <= SHY_COMPLEXITY_MAX; c++) sum->formulas[c] += plan->formulas[c];
    sum->formulas_total += plan->formulas_total;
    sum->jobs += plan->jobs;
    sum->flops += plan->flops;
    sum->work_seconds += plan->work_seconds;
    sum->pair_seconds += plan->pair_seconds;
    sum->response_seconds += plan->response_seconds;
    for (int k = 0; k < SHY_STEPS; k++) shy_plan_add(sum, (shy_plan_step)k, plan->step_seconds[k], plan->step_bytes[k]);
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
    if (options->terms > 1) shy_terms_plan(problem, options, plan_out);
    shy_polish_plan(problem, options, plan_out);
    shy_impute_plan(problem, options, plan_out);
    plan_out->shared_bytes = shy_columns_shared_bytes(problem->columns);
    SHY_TRY(share_bytes(problem->team, plan_out));
    SHY_TRY_ALL(problem->team, shy_search_plan_check(options, plan_out));
out:
    shy_templates_free(&templates);
    return st;
}
