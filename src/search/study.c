/* What is added to a result after the search proper: formulas as trees, refitted and put into their levels. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "columns.h"
#include "study.h"

/* ---- the result ------------------------------------------------------------------------------------------------------- */

static shy_status reach_level(shy_search_result *result, int complexity)
{
    shy_status st = SHY_OK;
    if (complexity < 1 || complexity > SHY_COMPLEXITY_MAX) return shy_fail(SHY_INTERNAL, "a formula of complexity %d", complexity);
    if (complexity <= result->levels) return SHY_OK;
    SHY_TRY(shy_grow((size_t)complexity, sizeof *result->level, &result->level));
    for (; result->levels < complexity; result->levels++) result->level[result->levels] = (shy_found_level){.complexity = result->levels + 1};
out:
    return st;
}

static shy_found *same_text(shy_found_level *level, const char *text)
{
    for (int i = 0; i < level->count; i++) {
        if (strcmp(level->found[i].text, text) == 0) return &level->found[i];
    }
    return NULL;
}

static void take_out(shy_found_level *level, int at)
{
    shy_found_release(&level->found[at]);
    level->count--;
    memmove(&level->found[at], &level->found[at + 1], (size_t)(level->count - at) * sizeof *level->found);
}

/* Behind all that are not worse. */
static int place_of(const shy_found_level *level, const shy_found *found)
{
    int low = 0, high = level->count;
    while (low < high) {
        const int middle = (low + high) / 2;
        if (shy_found_compare(&level->found[middle], found) <= 0) low = middle + 1;
        else high = middle;
    }
    return low;
}

static shy_status insert(shy_found_level *level, int at, shy_found *found)
{
    shy_status st = SHY_OK;
    SHY_TRY(shy_grow((size_t)level->count + 1U, sizeof *level->found, &level->found));
    memmove(&level->found[at + 1], &level->found[at], (size_t)(level->count - at) * sizeof *level->found);
    level->found[at] = *found;
    level->count++;
    *found = (shy_found){0};
out:
    return st;
}

/* Besides templates. */
static int others(const shy_found_level *level)
{
    int count = 0;
    for (int i = 0; i < level->count; i++) count += !level->found[i].is_template;
    return count;
}

static void cut(shy_found_level *level, int keep)
{
    for (int i = level->count - 1, spare = others(level) - keep; i >= 0 && spare > 0; i--) {
        if (level->found[i].is_template) continue;
        take_out(level, i);
        spare--;
    }
}

shy_status shy_result_add(shy_search_result *result, int keep, shy_found *found)
{
    shy_status st = SHY_OK;
    SHY_TRY(reach_level(result, found->complexity));
    shy_found_level *level = &result->level[found->complexity - 1];
    if (found->is_template || place_of(level, found) < keep + level->count - others(level)) {
        shy_found *twin = same_text(level, found->text);
        if (twin) twin->is_template = found->is_template = twin->is_template || found->is_template;
        if (!twin || found->fit.loss < twin->fit.loss) {
            if (twin) take_out(level, (int)(twin - level->found));
            SHY_TRY(insert(level, place_of(level, found), found));
            cut(level, keep);
        }
    }
out:
    shy_found_release(found);
    return st;
}

void shy_result_spent(shy_search_result *result, const shy_search_result *more)
{
    shy_search_times *t = &result->times;
    const shy_search_times *m = &more->times;
    shy_screening *s = &result->screening;
    const shy_screening *n = &more->screening;
    result->formulas_scored += more->formulas_scored;
    t->plan += m->plan, t->search += m->search, t->finish += m->finish, t->earlier += m->earlier;
    t->operands += m->operands, t->tiles += m->tiles, t->elements += m->elements, t->candidates += m->candidates;
    t->peak_bytes = fmax(t->peak_bytes, m->peak_bytes), t->shared_bytes = fmax(t->shared_bytes, m->shared_bytes);
    s->tiles += n->tiles, s->pairs += n->pairs, s->widened += n->widened;
    s->flagged += n->flagged, s->refined += n->refined, s->scored += n->scored;
}

/* ---- trees -------------------------------------------------------------------------------------------------------------- */

int shy_tree_gather_factors(const shy_tree *tree, shy_tree *local, uint32_t *factor)
{
    int count = 0;
    *local = *tree;
    for (int i = 0; i < tree->count; i++) {
        if (tree->node[i].op != SHY_OP_FACTOR) continue;
        int at = 0;
        while (at < count && factor[at] != tree->node[i].factor) at++;
        if (at == count && count < SHY_COLUMNS_KEPT) factor[count++] = tree->node[i].factor;
        local->node[i].factor = (uint32_t)at;
    }
    return count;
}

shy_status shy_problem_evaluate(const shy_problem *problem, const shy_tree *tree, double *out)
{
    shy_status st = SHY_OK;
    const int rows = problem->rows.rows;
    uint32_t factor[SHY_COLUMNS_KEPT];
    const double *column[SHY_COLUMNS_KEPT];
    shy_tree local;
    double *scratch = NULL;
    const int count = shy_tree_gather_factors(tree, &local, factor);
    SHY_TRY(shy_columns_get(problem->columns, factor, count, column));
    SHY_TRY(shy_new((size_t)tree->count * SHY_CHUNK, sizeof *scratch, &scratch));
    for (int row = 0; row < rows; row += SHY_CHUNK) {
        const double *part[SHY_COLUMNS_KEPT];
        for (int k = 0; k < count; k++) part[k] = column[k] + row;
        shy_tree_evaluate_rows(&local, rows - row < SHY_CHUNK ? rows - row : SHY_CHUNK, part, scratch, out + row);
    }
out:
    shy_free(&scratch);
    return st;
}

/* ---- refits --------------------------------------------------------------------------------------------------------------- */

typedef struct {
    const shy_problem *problem;
    const shy_outcome *outcome;
    const shy_trial *trial;
    double *column[SHY_BASIS_MAX];
} shy_refitter;

/* Of one trial. Collective over the group. */
static shy_status refit_item(void *context, uint64_t item, void *result)
{
    shy_status st = SHY_OK;
    const shy_refitter *r = context;
    const shy_trial *trial = &r->trial[item];
    for (int k = 0; k < trial->terms; k++)
        SHY_TRY(shy_group_agree(r->problem->team, shy_problem_evaluate(r->problem, &trial->term[k], r->column[k])));
    SHY_TRY(shy_outcome_refit(r->outcome, trial->terms, (const double *const *)r->column, result));
out:
    return st;
}

static shy_status make_room(shy_refitter *r, int count, shy_fit **fit_out)
{
    shy_status st = SHY_OK;
    for (int k = 0; k < SHY_BASIS_MAX; k++) SHY_TRY(shy_new((size_t)r->problem->rows.rows, sizeof(double), &r->column[k]));
    SHY_TRY(shy_new((size_t)count, sizeof **fit_out, fit_out));
out:
    return st;
}

shy_status shy_trials_refit(const shy_problem *problem, const shy_outcome *outcome, shy_trial *trial, int count)
{
    shy_status st = SHY_OK;
    shy_refitter r = {.problem = problem, .outcome = outcome, .trial = trial};
    shy_workload load = {.team = problem->team, .journal = problem->journal, .name = "trials", .count = (uint64_t)count, .size = sizeof trial->fit,
                         .everywhere = true, .work = refit_item, .context = &r};
    shy_fit *fit = NULL;
    SHY_TRY_ALL(problem->team, make_room(&r, count, &fit));
    load.result = fit;
    SHY_TRY(shy_workload_run(&load));
    for (int i = 0; i < count; i++) trial[i].fit = fit[i];
out:
    for (int k = 0; k < SHY_BASIS_MAX; k++) shy_free(&r.column[k]);
    shy_free(&fit);
    return st;
}
