/* What it takes to apply a formula of the front to another patient: the coefficients that stand beside it in its model. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "complete.h"

/* ---- the formulas of the front, on all ranks --------------------------------------------------------------------------- */

static shy_found *front_entry(const shy_search_result *result, int i)
{
    return &result->level[result->front_level[i]].found[result->front_index[i]];
}

/* Rank 0 has them. trees_out: owned. Collective over the world. */
static shy_status share_front(const shy_team *team, const shy_search_result *result, shy_tree **trees_out, int *count_out)
{
    shy_status st = SHY_OK;
    shy_tree *trees = NULL;
    int count = team->rank == 0 ? result->front_count : 0;
    SHY_TRY(shy_team_broadcast(team, &count, sizeof count));
    SHY_TRY_ALL(team, shy_new((size_t)count, sizeof *trees, &trees));
    for (int i = 0; team->rank == 0 && i < count; i++) trees[i] = front_entry(result, i)->tree;
    SHY_TRY(shy_team_broadcast(team, trees, (uint64_t)count * sizeof *trees));
    *trees_out = trees, trees = NULL;
    *count_out = count;
out:
    shy_free(&trees);
    return st;
}

/* ---- their models --------------------------------------------------------------------------------------------------------- */

/* Rank 0, right after the refit. */
static shy_status keep_model(const shy_outcome *outcome, const shy_fit *fit, shy_found *found)
{
    shy_status st = SHY_OK;
    int covariates = 0, thresholds = 0;
    const double *coefficient = shy_outcome_covariates(outcome, &covariates), *threshold = shy_outcome_thresholds(outcome, &thresholds);
    if (!coefficient) covariates = 0;
    if (!threshold) thresholds = 0;
    found->slope_error = fit->error[0];
    SHY_TRY(shy_new((size_t)(covariates + thresholds), sizeof *found->beside, &found->beside));
    for (int k = 0; k < covariates; k++) found->beside[k] = coefficient[k];
    for (int k = 0; k < thresholds; k++) found->beside[covariates + k] = threshold[k];
    found->covariates = covariates;
    found->thresholds = thresholds;
out:
    return st;
}

/* Every group fits them all: they are few. Collective over the world. */
static shy_status fit_front(const shy_problem *problem, const shy_outcome *outcome, const shy_tree *trees, int count, double *column,
                            shy_search_result *result)
{
    shy_status st = SHY_OK;
    const shy_team *team = problem->team;
    const double *const basis[1] = {column};
    for (int i = 0; i < count; i++) {
        shy_fit fit;
        if (problem->journal) SHY_TRY_ALL(team, shy_journal_poll(problem->journal));
        SHY_TRY_ALL(team, shy_problem_evaluate(problem, &trees[i], column));
        SHY_TRY_ALL(team, shy_outcome_refit(outcome, 1, basis, &fit));
        SHY_TRY_ALL(team, team->rank == 0 ? keep_model(outcome, &fit, front_entry(result, i)) : SHY_OK);
    }
out:
    return st;
}

shy_status shy_complete_run(const shy_problem *problem, shy_search_result *result)
{
    shy_status st = SHY_OK;
    const shy_team *team = problem->team;
    shy_tree *trees = NULL;
    double *column = NULL;
    shy_outcome *outcome = NULL;
    int count = 0;
    SHY_TRY(share_front(team, result, &trees, &count));
    SHY_TRY_ALL(team, shy_new((size_t)problem->rows.rows, sizeof *column, &column));
    SHY_TRY_ALL(team, shy_problem_outcome(problem, &outcome));
    SHY_TRY(fit_front(problem, outcome, trees, count, column, result));
out:
    shy_outcome_destroy(&outcome);
    shy_free(&column);
    shy_free(&trees);
    return st;
}
