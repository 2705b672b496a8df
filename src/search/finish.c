/* After the search: the survivors refitted exactly, ordered, and the Pareto front drawn from them. */
#include "shy_config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "interaction.h"
#include "rules.h"
#include "study.h"

/* The entries of all complexities in a row, as they travel. */
typedef struct {
    int count;
    int *complexity;
    shy_formula *formula;
    shy_score *score;
    shy_refit *refit;
} shy_survivors;

static void survivors_free(shy_survivors *s)
{
    shy_free(&s->complexity);
    shy_free(&s->formula);
    shy_free(&s->score);
    shy_free(&s->refit);
}

static shy_status survivors_allocate(shy_survivors *s)
{
    shy_status st = SHY_OK;
    const size_t count = (size_t)s->count;
    SHY_TRY(shy_new(count, sizeof *s->complexity, &s->complexity));
    SHY_TRY(shy_new(count, sizeof *s->formula, &s->formula));
    SHY_TRY(shy_new(count, sizeof *s->score, &s->score));
    SHY_TRY(shy_new(count, sizeof *s->refit, &s->refit));
out:
    return st;
}

/* Rank 0's lists, on all ranks. Collective over the world. */
static shy_status survivors_share(const shy_best *best, const shy_team *team, shy_survivors *s)
{
    shy_status st = SHY_OK;
    for (int c = 1; team->rank == 0 && c <= best->levels; c++) s->count += best->count[c];
    SHY_TRY(shy_team_broadcast(team, &s->count, sizeof s->count));
    SHY_TRY_ALL(team, survivors_allocate(s));
    for (int c = 1, at = 0; team->rank == 0 && c <= best->levels; c++) {
        for (int i = 0; i < best->count[c]; i++, at++) {
            s->complexity[at] = c;
            s->formula[at] = best->entry[c][i]->member[0].formula;
            s->score[at] = best->entry[c][i]->member[0].score;
        }
    }
    SHY_TRY(shy_team_broadcast(team, s->complexity, (uint64_t)s->count * sizeof *s->complexity));
    SHY_TRY(shy_team_broadcast(team, s->formula, (uint64_t)s->count * sizeof *s->formula));
    SHY_TRY(shy_team_broadcast(team, s->score, (uint64_t)s->count * sizeof *s->score));
out:
    return st;
}

/* ---- refit ---------------------------------------------------------------------------------------------------------------- */

static shy_status refit_one(shy_space *space, const shy_outcome *outcome, const shy_formula *formula, double *const *basis, shy_refit *refit_out)
{
    shy_status st = SHY_OK;
    const shy_context *context = NULL;
    const shy_root *root = NULL;
    SHY_TRY(shy_group_agree(space->problem->team, shy_formula_basis(space, formula, basis)));
    SHY_TRY(shy_formula_context(space, formula, &context, &root));
    const int terms = shy_family_terms((shy_family)root->family);
    if (space->problem->data.interaction) {
        SHY_TRY(shy_formula_interact(space, outcome, formula, terms, basis, refit_out));
    } else {
        SHY_TRY(shy_outcome_refit(outcome, terms, (const double *const *)basis, &refit_out->fit));
        memcpy(refit_out->coefficient, refit_out->fit.coefficient, sizeof refit_out->coefficient);
    }
out:
    return st;
}

typedef struct {
    shy_space *space;
    const shy_outcome *outcome;
    const shy_survivors *survivors;
    double *basis[SHY_FAMILY_TERMS];
} shy_refitter;

static shy_status refit_item(void *context, uint64_t item, void *result)
{
    const shy_refitter *r = context;
    return refit_one(r->space, r->outcome, &r->survivors->formula[item], r->basis, result);
}

static shy_status make_columns(shy_refitter *r)
{
    shy_status st = SHY_OK;
    for (int k = 0; k < SHY_FAMILY_TERMS; k++) SHY_TRY(shy_new((size_t)r->space->problem->rows.rows, sizeof(double), &r->basis[k]));
out:
    return st;
}

/* Collective over the world. */
static shy_status refit_all(shy_space *space, const shy_outcome *outcome, shy_survivors *s)
{
    shy_status st = SHY_OK;
    const shy_problem *problem = space->problem;
    shy_refitter r = {.space = space, .outcome = outcome, .survivors = s};
    const shy_workload load = {.team = problem->team, .journal = problem->journal, .name = "refits", .count = (uint64_t)s->count, .size = sizeof *s->refit,
                               .result = s->refit, .work = refit_item, .context = &r};
    SHY_TRY_ALL(problem->team, make_columns(&r));
    SHY_TRY(shy_workload_run(&load));
out:
    for (int k = 0; k < SHY_FAMILY_TERMS; k++) shy_free(&r.basis[k]);
    return st;
}

/* ---- result ---------------------------------------------------------------------------------------------------------------- */

static shy_status fill_found(shy_space *space, const shy_survivors *s, int at, const shy_best_entry *entry, shy_found *found)
{
    shy_status st = SHY_OK;
    found->complexity = s->complexity[at];
    found->statistic = s->score[at].statistic;
    found->fit = s->refit[at].fit;
    SHY_TRY(shy_formula_refitted(space, &s->formula[at], &s->refit[at], &found->tree, &found->intercept, &found->slope));
    if (space->problem->data.interaction) shy_found_interaction(found);
    SHY_TRY(shy_tree_print(&found->tree, (const char *const *)space->problem->name, 0, &found->text));
    found->summands = 1;
    found->twins_count = (uint64_t)entry->count - 1U + (entry->more ? 1U : 0U);
    SHY_TRY(shy_new((size_t)entry->count, sizeof *found->twins, &found->twins));
    for (int k = 1; k < entry->count; k++) SHY_TRY(shy_string_copy(entry->member[k].text, &found->twins[found->twins_listed++]));
out:
    return st;
}

void shy_found_release(shy_found *found)
{
    for (int t = 0; t < found->twins_listed; t++) shy_free(&found->twins[t]);
    shy_free(&found->twins);
    if (found->rounded) shy_free(&found->rounded->text), shy_free(&found->rounded->beside);
    shy_free(&found->rounded);
    shy_imputed_free(&found->imputed);
    shy_free(&found->beside);
    shy_free(&found->text);
    found->twins_listed = 0;
}

/*
 * A fit that diverged, or a coefficient of 0 under a constant, leaves no formula that could be computed. Directions were judged with the
 * constants of screening; those of the exact refit may be others.
 */
static bool usable(const shy_problem *problem, const shy_found *found)
{
    bool finite = isfinite(found->intercept) && isfinite(found->slope) && isfinite(found->interaction.slope);
    for (int i = 0; i < found->tree.count; i++) finite = finite && isfinite(found->tree.node[i].value);
    return finite && shy_rules_directed(problem, &found->tree, found->slope);
}

int shy_found_compare(const void *a, const void *b)
{
    const shy_found *x = a, *y = b;
    if (x->fit.loss != y->fit.loss) return x->fit.loss < y->fit.loss ? -1 : 1;
    if (x->statistic != y->statistic) return x->statistic > y->statistic ? -1 : 1;
    return shy_text_compare(x->text, y->text);
}

static shy_status fill_levels(const shy_best *best, const shy_survivors *s, shy_search_result *result)
{
    shy_status st = SHY_OK;
    int at = 0;
    SHY_TRY(shy_new((size_t)best->levels, sizeof *result->level, &result->level));
    result->levels = best->levels;
    for (int c = 1; c <= best->levels; c++) {
        shy_found_level *level = &result->level[c - 1];
        level->complexity = c;
        SHY_TRY(shy_new((size_t)best->count[c], sizeof *level->found, &level->found));
        for (int i = 0; i < best->count[c]; i++, at++) {
            shy_found *found = &level->found[level->count++];
            SHY_TRY(fill_found(best->space, s, at, best->entry[c][i], found));
            if (usable(best->space->problem, found)) continue;
            shy_found_release(found);
            level->count--;
        }
        qsort(level->found, (size_t)level->count, sizeof *level->found, shy_found_compare);
    }
out:
    return st;
}

/* A more complex formula is on the front only if it lowers the loss by a thousandth, and by more than the rounding of a perfect fit. */
#define FRONT_GAIN 1e-3
#define FRONT_LEAST 1e-12

bool shy_front_gains(double loss, double least)
{
    return loss < least - FRONT_GAIN * least - FRONT_LEAST;
}

shy_status shy_result_draw_front(shy_search_result *result)
{
    shy_status st = SHY_OK;
    double least = 1.0;
    result->front_count = 0;
    SHY_TRY(shy_grow((size_t)result->levels, sizeof(int), &result->front_level));
    SHY_TRY(shy_grow((size_t)result->levels, sizeof(int), &result->front_index));
    for (int k = 0; k < result->levels; k++) {
        for (int i = 0; i < result->level[k].count; i++) {
            const shy_fit *fit = &result->level[k].found[i].fit;
            if (fit->verdict != SHY_FITTED && fit->verdict != SHY_SEPARATED && fit->verdict != SHY_FIRTH) continue;
            if (!shy_front_gains(fit->loss, least)) break;
            least = fit->loss;
            result->front_level[result->front_count] = k;
            result->front_index[result->front_count++] = i;
            break;
        }
    }
out:
    return st;
}

static shy_status write_result(const shy_best *best, const shy_survivors *s, shy_search_result *result)
{
    shy_status st = SHY_OK;
    if (best->space->problem->team->rank != 0) return SHY_OK;
    SHY_TRY(fill_levels(best, s, result));
    SHY_TRY(shy_result_draw_front(result));
out:
    return st;
}

shy_status shy_finish(shy_best *best, int keep, const shy_outcome *outcome, shy_search_result *result)
{
    shy_status st = SHY_OK;
    const shy_team *team = best->space->problem->team;
    shy_survivors survivors = {0};
    SHY_TRY_ALL(team, team->rank == 0 ? shy_best_join_levels(best, keep) : SHY_OK);
    SHY_TRY(survivors_share(best, team, &survivors));
    SHY_TRY(refit_all(best->space, outcome, &survivors));
    SHY_TRY_ALL(team, write_result(best, &survivors, result));
out:
    survivors_free(&survivors);
    return st;
}

void shy_search_result_free(shy_search_result **result)
{
    shy_search_result *r = *result;
    if (!r) return;
    for (int k = 0; r->level && k < r->levels; k++) {
        for (int i = 0; i < r->level[k].count; i++) {
            shy_found_release(&r->level[k].found[i]);
        }
        shy_free(&r->level[k].found);
    }
    shy_free(&r->level);
    shy_free(&r->front_level);
    shy_free(&r->front_index);
    shy_free(result);
}
