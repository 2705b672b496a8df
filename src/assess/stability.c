/* Stability selection: which of the best formulas are among the best on half of the samples, too. No new search. */
#include "shy_config.h"

#include <math.h>

#include "nested.h"
#include "stability.h"

/* ---- the formulas ------------------------------------------------------------------------------------------------------------------- */

static int listed_of(const shy_found_level *level)
{
    return level->count < SHY_STABILITY_LISTED ? level->count : SHY_STABILITY_LISTED;
}

/* The best of a level; one of the front that is not among them takes the last place. */
static void list_level(const shy_assessment *a, int k, shy_looked_at *l, int *at)
{
    const shy_search_result *result = a->result;
    const shy_found_level *level = &result->level[k];
    const int count = listed_of(level);
    int front = -1;
    for (int i = 0; i < result->front_count; i++) {
        if (result->front_level[i] == k) front = result->front_index[i];
    }
    for (int i = 0; i < count; i++, (*at)++) {
        l->found[*at] = &level->found[i == count - 1 && front >= count ? front : i];
        l->tree[*at] = l->found[*at]->tree;
        l->complexity[*at] = level->complexity;
        if (a->found == l->found[*at]) l->chosen = *at;
    }
}

static shy_status allocate(const shy_assessment *a, shy_looked_at *l)
{
    shy_status st = SHY_OK;
    SHY_TRY(shy_new((size_t)(l->listed + a->folds.sets), sizeof *l->tree, &l->tree));
    SHY_TRY(shy_new((size_t)l->listed, sizeof *l->complexity, &l->complexity));
    if (a->problem->team->rank == 0) SHY_TRY(shy_new((size_t)l->listed, sizeof *l->found, &l->found));
out:
    return st;
}

/* What each training set has at the chosen complexity, if it has a formula. On all ranks alike. */
static void add_training(const shy_assessment *a, int choice, shy_looked_at *l)
{
    l->count = l->listed;
    for (int t = 0; choice > 0 && t < a->folds.sets; t++) {
        const shy_model *model = shy_models_at(&a->training[t], choice);
        if (model->complexity > 0) l->tree[l->count++] = model->tree;
    }
}

/* Collective over the world. */
static shy_status gather_formulas(const shy_assessment *a, shy_looked_at *l)
{
    shy_status st = SHY_OK;
    const shy_team *team = a->problem->team;
    int choice = a->choice, at = 0;
    for (int k = 0; team->rank == 0 && k < a->result->levels; k++) l->listed += listed_of(&a->result->level[k]);
    SHY_TRY(shy_team_broadcast(team, &l->listed, sizeof l->listed));
    SHY_TRY(shy_team_broadcast(team, &choice, sizeof choice));
    SHY_TRY_ALL(team, allocate(a, l));
    for (int k = 0; team->rank == 0 && k < a->result->levels; k++) list_level(a, k, l, &at);
    SHY_TRY(shy_team_broadcast(team, l->tree, (uint64_t)l->listed * sizeof *l->tree));
    SHY_TRY(shy_team_broadcast(team, l->complexity, (uint64_t)l->listed * sizeof *l->complexity));
    add_training(a, choice, l);
out:
    return st;
}

static void looked_at_free(shy_looked_at *l)
{
    shy_free(&l->tree);
    shy_free(&l->complexity);
    shy_free(&l->found);
}

/* ---- the stage ------------------------------------------------------------------------------------------------------------------------ */

static void tell(void *context, double fraction)
{
    shy_assess_tell(context, "stability", fraction);
}

shy_status shy_stability_with(shy_assessment *a, const shy_halves *halves)
{
    shy_status st = SHY_OK;
    const shy_team *team = a->problem->team;
    shy_looked_at looked_at = {.chosen = -1};
    shy_half_sums sums = {0};
    SHY_TRY(gather_formulas(a, &looked_at));
    if (looked_at.listed > 0) {
        SHY_TRY(shy_half_sums_create(a->problem, halves, looked_at.tree, looked_at.count, tell, a, &sums));
        SHY_TRY_ALL(team, team->rank == 0 ? shy_stability_record(a, &looked_at, &sums) : SHY_OK);
    }
out:
    shy_half_sums_free(&sums);
    looked_at_free(&looked_at);
    return st;
}

/* Samples that cannot be halved are no reason to lose the results of a search. All ranks hold the message. */
static shy_status say_not_available(const shy_assessment *a)
{
    shy_status st = SHY_OK;
    shy_record *stability = NULL;
    char *why = NULL;
    SHY_TRY(shy_string_format(&why, "The samples cannot be halved: %s", shy_error_message()));
    shy_error_clear();
    SHY_TRY(shy_record_object(a->record, "stability", &stability));
    SHY_TRY(shy_record_text(stability, "not_available", why));
out:
    shy_free(&why);
    return st;
}

shy_status shy_stability_run(shy_assessment *a)
{
    shy_status st = SHY_OK;
    shy_halves halves = {0};
    if (a->options->resamples <= 0) return SHY_OK;
    st = shy_halves_create(a->problem, a->options, &halves);
    if (st == SHY_INPUT) return shy_team_agree(a->problem->team, say_not_available(a));
    if (st == SHY_OK) st = shy_stability_with(a, &halves);
    shy_halves_free(&halves);
    return st;
}
