/* How long one formula takes to be scored and to be refitted: a few of them, on the problem itself. */
#include "shy_config.h"

#include <math.h>
#include <string.h>
#include <stdlib.h>

#include "interaction.h"
#include "plan.h"

#define PACE_SECONDS 0.05 /* for the formulas after the first two */
enum { FIRST = 2, MOST = 24 };

typedef struct {
    shy_space *space;
    shy_outcome *outcome;
    shy_scorer *scorer;
    double *basis[SHY_FAMILY_TERMS];
    double score[MOST], refit[MOST]; /* seconds */
    int done;
} shy_pacer;

static void pacer_free(shy_pacer *p)
{
    for (int k = 0; k < SHY_FAMILY_TERMS; k++) shy_free(&p->basis[k]);
    shy_scorer_destroy(&p->scorer);
    shy_outcome_destroy(&p->outcome);
}

static shy_status pacer_allocate(shy_pacer *p, uint64_t seed)
{
    shy_status st = SHY_OK;
    SHY_TRY(shy_scorer_create(p->space, &p->space->view, seed, &p->scorer));
    for (int k = 0; k < SHY_FAMILY_TERMS; k++) SHY_TRY(shy_new((size_t)p->space->problem->rows.rows, sizeof(double), &p->basis[k]));
out:
    return st;
}

/* The number-th of the formulas that are tried: of sets of factors and roots evenly spread over the space, those of most factors first. */
static shy_status choose(const shy_pacer *p, int number, shy_formula *formula_out, const shy_root **root_out)
{
    shy_status st = SHY_OK;
    shy_space *space = p->space;
    const shy_context *context = NULL;
    const int slots = space->slots_max - number % space->slots_max;
    const uint64_t sets = shy_tuple_sets(space, 0, slots);
    shy_tuple_unrank(space, NULL, slots, sets / MOST * (uint64_t)number + sets % MOST * (uint64_t)number / MOST, &formula_out->tuple);
    SHY_TRY(shy_space_context(space, &formula_out->tuple, &context));
    *root_out = NULL;
    formula_out->root = (int)((int64_t)context->roots * (2 * number + 1) / (2 * MOST));
    while (formula_out->root < context->roots && shy_context_root_validity(context, formula_out->root) != SHY_ALWAYS) formula_out->root++;
    if (formula_out->root < context->roots) *root_out = &context->root[formula_out->root];
out:
    return st;
}

/* As in the search: what the space has no values for, or fits no model to, is no failure of the plan. Collective over the group. */
static shy_status try_formula(shy_pacer *p, int number)
{
    shy_status st = SHY_OK;
    const shy_team *team = p->space->problem->team;
    shy_formula formula;
    const shy_root *root = NULL;
    shy_score score;
    shy_refit refit;
    bool degenerate = false;
    SHY_TRY(shy_group_agree(team, choose(p, number, &formula, &root)));
    if (!root) return SHY_OK;
    const double start = shy_time_own_seconds();
    SHY_TRY(shy_scorer_score(p->scorer, &formula, &score, &degenerate));
    const double middle = shy_time_own_seconds();
    if (degenerate) return SHY_OK;
    SHY_TRY(shy_group_agree(team, shy_formula_basis(p->space, &formula, p->basis)));
    const int terms = shy_family_terms((shy_family)root->family);
    if (p->space->problem->data.interaction)
        SHY_TRY(shy_formula_interact(p->space, p->outcome, &formula, terms, p->basis, &refit));
    else SHY_TRY(shy_outcome_refit(p->outcome, terms, (const double *const *)p->basis, &refit.fit));
    p->score[p->done] = middle - start;
    p->refit[p->done++] = shy_time_own_seconds() - middle;
out:
    return st;
}

static shy_status try_formulas(shy_pacer *p, int first, int last)
{
    shy_status st = SHY_OK;
    for (int k = first; k < last; k++) SHY_TRY(try_formula(p, k));
out:
    return st;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The mean without the largest eighth: what interrupts a measurement only makes it longer. Where members wait for each other, of the lower half. */
static double typical(double *seconds, int count, bool waits)
{
    const int used = waits ? (count + 1) / 2 : count - count / 8;
    double sum = 0.0;
    qsort(seconds, (size_t)count, sizeof *seconds, compare);
    for (int k = 0; k < used; k++) sum += seconds[k];
    return sum / used;
}

/* The first ones find cold caches; they say how many others there is time for, and count where there are none. Collective over the group. */
static shy_status try_all(shy_pacer *p)
{
    shy_status st = SHY_OK;
    const shy_team *team = p->space->problem->team;
    SHY_TRY(try_formulas(p, 0, FIRST));
    const double least = p->done > 0 ? fmin(p->score[0] + p->refit[0], p->score[p->done - 1] + p->refit[p->done - 1]) : 1e-6;
    int more = (int)fmin(PACE_SECONDS / fmax(least, 1e-7), MOST - FIRST);
    SHY_TRY(shy_group_broadcast(team, &more, sizeof more));
    if (more > 2 * FIRST) p->done = 0;
    SHY_TRY(try_formulas(p, FIRST, FIRST + more));
out:
    return st;
}

/* Rank 0's group tries them: its times are those of all. Collective over the world. */
static shy_status measure(shy_pacer *p, uint64_t seed)
{
    shy_status st = SHY_OK;
    const shy_team *team = p->space->problem->team;
    const bool mine = team->group == 0;
    SHY_TRY_ALL(team, mine ? shy_problem_outcome(p->space->problem, &p->outcome) : SHY_OK);
    SHY_TRY_ALL(team, mine ? pacer_allocate(p, seed) : SHY_OK);
    SHY_TRY_ALL(team, mine ? try_all(p) : SHY_OK);
out:
    return st;
}

/* Where memory is short the plan has more to say than this, so it is not the measurement that fails; all ranks have the same status. */
shy_status shy_pace_measure(shy_space *space, uint64_t seed, shy_pace *pace_out)
{
    shy_pacer p = {.space = space};
    const bool waits = space->problem->team->row_blocks > 1;
    shy_status st = measure(&p, seed);
    *pace_out = (shy_pace){.score = shy_score_seconds(space), .refit = 2.0 * shy_score_seconds(space)};
    if (st == SHY_OK && p.done > 0) *pace_out = (shy_pace){typical(p.score, p.done, waits), typical(p.refit, p.done, waits)};
    if (st == SHY_MEMORY) shy_error_clear(), st = SHY_OK;
    pacer_free(&p);
    return st != SHY_OK ? st : shy_team_broadcast(space->problem->team, pace_out, sizeof *pace_out);
}
