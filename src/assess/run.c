/* The order of an assessment: training sets, the search itself, then stage after stage. */
#include "shy_config.h"

#include <math.h>

#include "versus.h"

#include "shihyo/linalg.h"

static void assessment_free(shy_assessment *a)
{
    for (int t = 0; a->trained && t < a->folds.sets; t++) shy_problem_untrain(&a->trained[t]);
    for (int t = 0; a->lists && t <= a->folds.sets; t++) shy_lists_free(&a->lists[t]);
    for (int t = 0; a->training && t < a->folds.sets; t++) shy_models_free(&a->training[t]);
    for (int c = 0; a->level && c <= a->levels; c++) shy_held_out_free(&a->level[c]);
    shy_held_out_free(&a->chosen);
    shy_free(&a->trained);
    shy_free(&a->lists);
    shy_free(&a->training);
    shy_free(&a->inner);
    shy_free(&a->level);
    shy_folds_free(&a->folds);
    shy_truth_free(&a->truth);
    shy_search_result_free(&a->result);
    shy_record_free(&a->record);
}

/* takes_part: room for a number per row. */
static shy_status train_problems(shy_assessment *a, double *takes_part)
{
    shy_status st = SHY_OK;
    const int rows = a->problem->rows.rows;
    for (int t = 0; t < a->folds.sets; t++) {
        const int32_t *fold = a->folds.fold + (size_t)(t / a->folds.folds) * (size_t)rows;
        for (int i = 0; i < rows; i++) takes_part[i] = fold[i] != t % a->folds.folds;
        SHY_TRY(shy_problem_train(a->problem, takes_part, &a->trained[t]));
    }
out:
    return st;
}

static shy_status allocate_sets(shy_assessment *a)
{
    shy_status st = SHY_OK;
    double *takes_part = NULL;
    const size_t sets = (size_t)a->folds.sets;
    SHY_TRY(shy_new(sets, sizeof(shy_problem *), &a->trained));
    SHY_TRY(shy_new(sets + 1U, sizeof(shy_lists *), &a->lists));
    SHY_TRY(shy_new(sets, sizeof *a->training, &a->training));
    SHY_TRY(shy_new((size_t)a->problem->rows.rows, sizeof *takes_part, &takes_part));
    SHY_TRY(train_problems(a, takes_part));
out:
    shy_free(&takes_part);
    return st;
}

static shy_status search_all(shy_assessment *a)
{
    shy_status st = SHY_OK;
    const shy_team *team = a->problem->team;
    shy_search_options options = *a->search;
    SHY_TRY_ALL(team, allocate_sets(a));
    shy_linalg_stage("screening");
    if (a->folds.sets > 0) {
        SHY_TRY(shy_search_pass(a->problem, a->search, a->folds.sets, (const shy_problem *const *)a->trained, a->progress, a->context, a->lists,
                                &a->passes));
    }
    options.lists = a->lists[0];
    SHY_TRY(shy_search_run(a->problem, &options, a->progress, a->context, &a->result));
out:
    return st;
}

shy_status shy_assess_poll(const shy_assessment *a)
{
    return shy_journal_poll(a->problem->journal);
}

void shy_assess_tell(const shy_assessment *a, const char *stage, double fraction)
{
    const shy_progress now = {.fraction = fraction, .best_formula = "", .stage = stage};
    shy_linalg_stage(stage);
    if (a->progress) a->progress(a->context, &now);
}

static shy_status run_stages(shy_assessment *a)
{
    shy_status st = SHY_OK;
    SHY_TRY(shy_nested_run(a));
    SHY_TRY(shy_significance_run(a));
    shy_assess_tell(a, "stability", 0.0);
    SHY_TRY(shy_stability_run(a));
    SHY_TRY(shy_versus_run(a));
    shy_assess_tell(a, "calibration", 0.0);
    SHY_TRY(shy_calibration_run(a));
    SHY_TRY(shy_groups_run(a));
    SHY_TRY(shy_verdict_run(a));
out:
    return st;
}

/* What the search needed may not have been the most. Collective over the world. */
static shy_status measure_memory(const shy_assessment *a)
{
    uint64_t peak, shared;
    shy_memory_resident(&peak, &shared);
    double most[2] = {(double)peak, (double)shared};
    const shy_status st = shy_team_maximum(a->problem->team, most, 2);
    if (st == SHY_OK && a->result) a->result->times.peak_bytes = most[0], a->result->times.shared_bytes = most[1];
    return st;
}

shy_status shy_assess_run(const shy_problem *problem, const shy_search_options *search, const shy_assess_options *options,
                          void (*progress)(void *context, const shy_progress *now), void *context, shy_search_result **result_out,
                          shy_record **record_out)
{
    shy_status st = SHY_OK;
    const shy_team *team = problem->team;
    shy_assessment a = {.problem = problem, .search = search, .options = options, .progress = progress, .context = context, .returns = NAN};
    *result_out = NULL;
    *record_out = NULL;
    SHY_TRY_ALL(team, team->rank == 0 ? shy_record_create(&a.record) : SHY_OK);
    SHY_TRY(shy_baselines_check(problem, options)); /* before anything that takes long */
    SHY_TRY(shy_truth_gather(problem, &a.truth));
    if (options->folds > 0 && !problem->data.interaction) SHY_TRY(shy_folds_create(problem, options, &a.folds));
    SHY_TRY(search_all(&a));
    SHY_TRY(run_stages(&a));
    SHY_TRY(measure_memory(&a));
    *result_out = a.result, a.result = NULL;
    *record_out = a.record, a.record = NULL;
out:
    assessment_free(&a);
    return st;
}
