/* What it takes to apply a formula of the front to another patient: the coefficients that stand beside it in its model. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "complete.h"

/* A tree to be fitted, and where on the front it belongs. */
typedef struct {
    shy_tree tree;
    int place;
    bool rounded;
} piece;

/* ---- the formulas of the front, on all ranks --------------------------------------------------------------------------- */

static shy_found *front_entry(const shy_search_result *result, int i)
{
    return &result->level[result->front_level[i]].found[result->front_index[i]];
}

/* Each as it is, then with rounded constants. piece: room for twice the front. Returns how many. */
static int list_pieces(const shy_search_result *result, piece *pieces)
{
    int count = 0;
    for (int i = 0; i < result->front_count; i++) {
        const shy_found *found = front_entry(result, i);
        pieces[count++] = (piece){.tree = found->tree, .place = i};
        if (found->rounded) pieces[count++] = (piece){.tree = found->rounded->tree, .place = i, .rounded = true};
    }
    return count;
}

/* Rank 0 has them. pieces_out: owned. Collective over the world. */
static shy_status share_front(const shy_team *team, const shy_search_result *result, piece **pieces_out, int *count_out)
{
    shy_status st = SHY_OK;
    piece *pieces = NULL;
    int front = team->rank == 0 ? result->front_count : 0, count = 0;
    SHY_TRY(shy_team_broadcast(team, &front, sizeof front));
    SHY_TRY_ALL(team, shy_new(2 * (size_t)front, sizeof *pieces, &pieces));
    if (team->rank == 0) count = list_pieces(result, pieces);
    SHY_TRY(shy_team_broadcast(team, &count, sizeof count));
    SHY_TRY(shy_team_broadcast(team, pieces, (uint64_t)count * sizeof *pieces));
    *pieces_out = pieces, pieces = NULL;
    *count_out = count;
out:
    shy_free(&pieces);
    return st;
}

/* ---- their models --------------------------------------------------------------------------------------------------------- */

/* Rank 0, right after the refit. */
static shy_status keep_model(const shy_outcome *outcome, const shy_fit *fit, const piece *p, shy_found *found)
{
    shy_status st = SHY_OK;
    int covariates = 0, thresholds = 0;
    const double *coefficient = shy_outcome_covariates(outcome, &covariates), *threshold = shy_outcome_thresholds(outcome, &thresholds);
    double **beside = p->rounded ? &found->rounded->beside : &found->beside;
    if (!coefficient) covariates = 0;
    if (!threshold) thresholds = 0;
    SHY_TRY(shy_new((size_t)(covariates + thresholds), sizeof **beside, beside));
    for (int k = 0; k < covariates; k++) (*beside)[k] = coefficient[k];
    for (int k = 0; k < thresholds; k++) (*beside)[covariates + k] = threshold[k];
    found->covariates = covariates;
    found->thresholds = thresholds;
    if (!p->rounded) found->slope_error = fit->error[0];
out:
    return st;
}

/* Every group fits them all: they are few. Collective over the world. */
static shy_status fit_front(const shy_problem *problem, const shy_outcome *outcome, const piece *pieces, int count, double *column,
                            shy_search_result *result)
{
    shy_status st = SHY_OK;
    const shy_team *team = problem->team;
    const double *const basis[1] = {column};
    for (int i = 0; i < count; i++) {
        shy_fit fit;
        if (problem->journal) SHY_TRY_ALL(team, shy_journal_poll(problem->journal));
        SHY_TRY_ALL(team, shy_problem_evaluate(problem, &pieces[i].tree, column));
        SHY_TRY_ALL(team, problem->data.interaction ? shy_outcome_interact(outcome, 1, basis, &fit) : shy_outcome_refit(outcome, 1, basis, &fit));
        SHY_TRY_ALL(team, team->rank == 0 ? keep_model(outcome, &fit, &pieces[i], front_entry(result, pieces[i].place)) : SHY_OK);
    }
out:
    return st;
}

shy_status shy_complete_run(const shy_problem *problem, shy_search_result *result)
{
    shy_status st = SHY_OK;
    const shy_team *team = problem->team;
    piece *pieces = NULL;
    double *column = NULL;
    shy_outcome *outcome = NULL;
    int count = 0;
    SHY_TRY(share_front(team, result, &pieces, &count));
    SHY_TRY_ALL(team, shy_new((size_t)problem->rows.rows, sizeof *column, &column));
    SHY_TRY_ALL(team, shy_problem_outcome(problem, &outcome));
    SHY_TRY(fit_front(problem, outcome, pieces, count, column, result));
out:
    shy_outcome_destroy(&outcome);
    shy_free(&column);
    shy_free(&pieces);
    return st;
}
