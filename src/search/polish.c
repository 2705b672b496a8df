/* The last stage of a search: constants of the best formulas fitted, inserted and rounded, each group its share of them. */
#include "shy_config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "polish.h"

/* ---- work for the groups ------------------------------------------------------------------------------------------------ */

typedef struct {
    shy_tree tree; /* in and out, as the fit */
    shy_fit fit;
    double statistic;        /* out */
    shy_insertion insertion; /* in */
    double tolerance;        /* in: of rounding */
    int refits;              /* likewise */
    int level, index;        /* of the formula, on rank 0 */
} piece;

typedef shy_status work_on(shy_fitter *fitter, piece *p);

/* On rank 0 the pieces are given; afterwards they are everywhere. Collective over the world. */
static shy_status share_pieces(const shy_team *team, piece **pieces, int *count)
{
    shy_status st = SHY_OK;
    SHY_TRY(shy_team_broadcast(team, count, sizeof *count));
    SHY_TRY_ALL(team, team->rank == 0 ? SHY_OK : shy_new((size_t)*count, sizeof **pieces, pieces));
    SHY_TRY(shy_team_broadcast(team, *pieces, (uint64_t)*count * sizeof **pieces));
out:
    return st;
}

typedef struct {
    shy_fitter *fitter;
    work_on *work;
} workshop;

static shy_status work_on_item(void *context, uint64_t item, void *result)
{
    const workshop *shop = context;
    (void)item;
    return shop->work(shop->fitter, result);
}

/* Afterwards the pieces of rank 0 are done. Collective over the world. */
static shy_status work_together(shy_fitter *fitter, const char *name, piece **pieces, int *count, work_on *work)
{
    shy_status st = SHY_OK;
    const shy_problem *problem = fitter->problem;
    workshop shop = {fitter, work};
    SHY_TRY(share_pieces(problem->team, pieces, count));
    const shy_workload load = {.team = problem->team, .journal = problem->journal, .name = name, .count = (uint64_t)*count, .size = sizeof **pieces,
                               .result = *pieces, .work = work_on_item, .context = &shop};
    SHY_TRY(shy_workload_run(&load));
out:
    return st;
}

static shy_status add_piece(piece **pieces, int *count, const shy_found *found, int level, int index)
{
    const shy_status st = shy_grow((size_t)*count + 1U, sizeof **pieces, pieces);
    if (st != SHY_OK) return st;
    (*pieces)[(*count)++] = (piece){.tree = found->tree, .fit = found->fit, .statistic = found->statistic, .level = level, .index = index};
    return SHY_OK;
}

static int constants_of(const shy_tree *tree)
{
    int node[SHY_TREE_MAX];
    return shy_tree_free_constants(tree, node);
}

/* ---- fitted -------------------------------------------------------------------------------------------------------------- */

#define BEST_OF_LEVEL 5

static bool on_front(const shy_search_result *result, int level, int index)
{
    for (int k = 0; k < result->front_count; k++)
        if (result->front_level[k] == level && result->front_index[k] == index) return true;
    return false;
}

static bool is_finalist(const shy_search_result *result, int level, int index)
{
    return index < BEST_OF_LEVEL || on_front(result, level, index);
}

static shy_status list_finalists(const shy_search_result *result, piece **pieces, int *count)
{
    shy_status st = SHY_OK;
    for (int level = 0; level < result->levels; level++) {
        for (int i = 0; i < result->level[level].count; i++) {
            const shy_found *found = &result->level[level].found[i];
            if (!is_finalist(result, level, i)) continue;
            if (constants_of(&found->tree) > 0 && found->fit.verdict == SHY_FITTED) SHY_TRY(add_piece(pieces, count, found, level, i));
        }
    }
out:
    return st;
}

static shy_status fit_piece(shy_fitter *fitter, piece *p)
{
    shy_status st = SHY_OK;
    const double before = p->fit.loss;
    SHY_TRY(shy_fitter_fit(fitter, &p->tree, &p->fit));
    if (!(p->fit.loss < before)) return SHY_OK;
    shy_tree_tidy(&p->tree);
    SHY_TRY(shy_fitter_refit(fitter, &p->tree, &p->fit)); /* u - c for u + -c has the same values */
    SHY_TRY(shy_fitter_statistic(fitter, &p->tree, &p->statistic));
out:
    return st;
}

/* The formula as it came out of a piece. */
static shy_status put_fit(const shy_problem *problem, const piece *p, shy_found *found)
{
    shy_status st = SHY_OK;
    char *text = NULL;
    SHY_TRY(shy_tree_print(&p->tree, (const char *const *)problem->name, 0, &text));
    shy_free(&found->text);
    found->text = text;
    found->tree = p->tree;
    found->fit = p->fit;
    found->statistic = p->statistic;
    found->intercept = p->fit.intercept;
    found->slope = p->fit.coefficient[0];
out:
    return st;
}

static bool same_shape(const shy_tree *a, const shy_tree *b)
{
    bool same = a->count == b->count;
    for (int k = 0; same && k < a->count; k++) {
        const shy_node *x = &a->node[k], *y = &b->node[k];
        same = x->op == y->op && x->left == y->left && x->right == y->right && x->factor == y->factor && (!x->held || x->value == y->value);
    }
    return same;
}

/* The same formula with constants that fit less well, from another start. */
static void drop_repeated(shy_found_level *level)
{
    int kept = 0;
    for (int i = 0; i < level->count; i++) {
        int twin = 0;
        while (twin < kept && !same_shape(&level->found[twin].tree, &level->found[i].tree)) twin++;
        if (twin == kept) {
            level->found[kept++] = level->found[i];
            continue;
        }
        level->found[twin].is_template = level->found[twin].is_template || level->found[i].is_template;
        shy_found_release(&level->found[i]);
    }
    level->count = kept;
}

static shy_status take_fits(const shy_problem *problem, const piece *pieces, int count, shy_search_result *result)
{
    shy_status st = SHY_OK;
    for (int i = 0; i < count; i++) {
        shy_found *found = &result->level[pieces[i].level].found[pieces[i].index];
        if (pieces[i].fit.loss < found->fit.loss) SHY_TRY(put_fit(problem, &pieces[i], found));
    }
    for (int level = 0; level < result->levels; level++) {
        shy_found_level *l = &result->level[level];
        if (l->count > 1) qsort(l->found, (size_t)l->count, sizeof *l->found, shy_found_compare);
        if (count > 0) drop_repeated(l);
    }
    SHY_TRY(shy_result_draw_front(result));
out:
    return st;
}

static shy_status fit_finalists(shy_fitter *fitter, shy_search_result *result)
{
    shy_status st = SHY_OK;
    const shy_team *team = fitter->problem->team;
    piece *pieces = NULL;
    int count = 0;
    SHY_TRY_ALL(team, team->rank == 0 ? list_finalists(result, &pieces, &count) : SHY_OK);
    SHY_TRY(work_together(fitter, "constants", &pieces, &count, fit_piece));
    SHY_TRY_ALL(team, team->rank == 0 ? take_fits(fitter->problem, pieces, count, result) : SHY_OK);
out:
    shy_free(&pieces);
    return st;
}

/* ---- inserted ------------------------------------------------------------------------------------------------------------ */

/* A sum of formulas has the constants of each, and a weight for all but one. */
static int constants_allowed(const shy_grammar *grammar, int summands)
{
    const int count = summands > 1 ? summands : 1;
    return grammar->allowed[SHY_OP_CONSTANT] ? count * grammar->max_constants + count - 1 : 0;
}

static shy_status list_places(const shy_problem *problem, const shy_search_options *options, const shy_search_result *result, int level, int index,
                              piece **pieces, int *count)
{
    shy_status st = SHY_OK;
    const shy_found *found = &result->level[level].found[index];
    shy_insertion list[SHY_INSERTIONS_MAX];
    if (found->fit.verdict != SHY_FITTED || constants_of(&found->tree) >= constants_allowed(&options->grammar, found->summands)) return SHY_OK;
    const int places = shy_insertions_list(&found->tree, &options->grammar, options->inner, problem->range, list);
    for (int i = 0; i < places; i++) {
        if (found->complexity + list[i].complexity > SHY_COMPLEXITY_MAX) continue;
        SHY_TRY(add_piece(pieces, count, found, level, index));
        (*pieces)[*count - 1].insertion = list[i];
    }
out:
    return st;
}

/* Not only into those of the front: log(x + c) may be the best where log(x) is behind x. */
static shy_status list_insertions(const shy_problem *problem, const shy_search_options *options, const shy_search_result *result, piece **pieces,
                                  int *count)
{
    shy_status st = SHY_OK;
    for (int level = 0; level < result->levels; level++)
        for (int i = 0; i < result->level[level].count; i++)
            if (is_finalist(result, level, i)) SHY_TRY(list_places(problem, options, result, level, i, pieces, count));
out:
    return st;
}

static shy_status insert_piece(shy_fitter *fitter, piece *p)
{
    shy_status st = SHY_OK;
    SHY_TRY(shy_fitter_insert(fitter, &p->insertion, &p->tree, &p->fit));
    if (p->fit.verdict == SHY_FITTED) SHY_TRY(shy_fitter_statistic(fitter, &p->tree, &p->statistic));
out:
    return st;
}

/* The least loss of the front up to a complexity. */
static double loss_reached(const shy_search_result *result, int complexity)
{
    double least = 1.0;
    for (int k = 0; k < result->front_count; k++) {
        const shy_found *found = &result->level[result->front_level[k]].found[result->front_index[k]];
        if (found->complexity <= complexity) least = fmin(least, found->fit.loss);
    }
    return least;
}

static shy_status add_inserted(const shy_problem *problem, const piece *p, int keep, int complexity, int summands, shy_search_result *result)
{
    shy_status st = SHY_OK;
    shy_found found = {.complexity = complexity, .summands = summands};
    SHY_TRY(put_fit(problem, p, &found));
    SHY_TRY(shy_result_add(result, keep, &found));
    SHY_TRY(shy_result_draw_front(result));
out:
    shy_found_release(&found);
    return st;
}

/* One after the other, each against the front as it is by then: the first of two alike stays alone. */
static shy_status take_inserted(const shy_problem *problem, piece *pieces, int count, const int *complexity, int keep, shy_search_result *result)
{
    shy_status st = SHY_OK;
    for (int i = 0; i < count; i++) {
        const int total = complexity[i] + pieces[i].insertion.complexity;
        const double reached = loss_reached(result, total);
        if (pieces[i].fit.verdict != SHY_FITTED || !shy_front_gains(pieces[i].fit.loss, reached)) continue;
        SHY_TRY(add_inserted(problem, &pieces[i], keep, total, pieces[i].index, result));
    }
out:
    return st;
}

/* Levels move while formulas are added: what is needed of the originals is written down before. */
static shy_status take_all_inserted(const shy_problem *problem, piece *pieces, int count, int keep, shy_search_result *result)
{
    shy_status st = SHY_OK;
    int *complexity = NULL;
    SHY_TRY(shy_new((size_t)count, sizeof *complexity, &complexity));
    for (int i = 0; i < count; i++) {
        const shy_found *found = &result->level[pieces[i].level].found[pieces[i].index];
        complexity[i] = found->complexity;
        pieces[i].index = found->summands;
    }
    SHY_TRY(take_inserted(problem, pieces, count, complexity, keep, result));
out:
    shy_free(&complexity);
    return st;
}

static shy_status insert_constants(shy_fitter *fitter, const shy_search_options *options, shy_search_result *result)
{
    shy_status st = SHY_OK;
    const shy_problem *problem = fitter->problem;
    const shy_team *team = problem->team;
    piece *pieces = NULL;
    int count = 0;
    SHY_TRY_ALL(team, team->rank == 0 ? list_insertions(problem, options, result, &pieces, &count) : SHY_OK);
    SHY_TRY(work_together(fitter, "further constants", &pieces, &count, insert_piece));
    SHY_TRY_ALL(team, team->rank == 0 ? take_all_inserted(problem, pieces, count, options->keep, result) : SHY_OK);
out:
    shy_free(&pieces);
    return st;
}

/* ---- rounded ---------------------------------------------------------------------------------------------------------------- */

/* Fewer with many samples, so that rounding never takes the time of a search; a number of the samples alone. */
#define REFITS_MOST 400.0
#define REFITS_LEAST 40.0
#define REFITTED_ROWS 2e7

static shy_status list_front(const shy_problem *problem, const shy_search_options *options, const shy_search_result *result, piece **pieces, int *count)
{
    shy_status st = SHY_OK;
    const double refits = fmin(fmax(REFITTED_ROWS / (double)problem->rows.total, REFITS_LEAST), REFITS_MOST);
    for (int k = 0; k < result->front_count; k++) {
        const shy_found *found = &result->level[result->front_level[k]].found[result->front_index[k]];
        if ((found->fit.verdict != SHY_FITTED && found->fit.verdict != SHY_FIRTH) || constants_of(&found->tree) == 0) continue;
        SHY_TRY(add_piece(pieces, count, found, result->front_level[k], result->front_index[k]));
        (*pieces)[*count - 1].tolerance = options->rounding;
        (*pieces)[*count - 1].refits = (int)refits;
    }
out:
    return st;
}

static shy_status round_piece(shy_fitter *fitter, piece *p)
{
    const piece exact = *p;
    return shy_fitter_round(fitter, &exact.tree, &exact.fit, p->tolerance, p->refits, &p->tree, &p->fit);
}

static shy_status take_rounded(const shy_problem *problem, const piece *pieces, int count, shy_search_result *result)
{
    shy_status st = SHY_OK;
    for (int i = 0; i < count; i++) {
        shy_found *found = &result->level[pieces[i].level].found[pieces[i].index];
        SHY_TRY(shy_new(1, sizeof *found->rounded, &found->rounded));
        *found->rounded = (shy_rounded){.tree = pieces[i].tree, .fit = pieces[i].fit};
        found->rounded->intercept = pieces[i].fit.intercept;
        found->rounded->slope = pieces[i].fit.coefficient[0];
        SHY_TRY(shy_tree_print(&pieces[i].tree, (const char *const *)problem->name, 0, &found->rounded->text));
    }
out:
    return st;
}

static shy_status round_front(shy_fitter *fitter, const shy_search_options *options, shy_search_result *result)
{
    shy_status st = SHY_OK;
    const shy_team *team = fitter->problem->team;
    piece *pieces = NULL;
    int count = 0;
    SHY_TRY_ALL(team, team->rank == 0 ? list_front(fitter->problem, options, result, &pieces, &count) : SHY_OK);
    SHY_TRY(work_together(fitter, "rounding", &pieces, &count, round_piece));
    SHY_TRY_ALL(team, team->rank == 0 ? take_rounded(fitter->problem, pieces, count, result) : SHY_OK);
out:
    shy_free(&pieces);
    return st;
}

/* ---- all ----------------------------------------------------------------------------------------------------------------------- */

shy_status shy_polish_run(const shy_problem *problem, const shy_search_options *options, shy_search_result *result)
{
    shy_status st = SHY_OK;
    const shy_team *team = problem->team;
    shy_outcome *outcome = NULL;
    shy_fitter *fitter = NULL;
    SHY_TRY_ALL(team, shy_problem_outcome(problem, &outcome));
    SHY_TRY_ALL(team, shy_fitter_create(problem, outcome, &fitter));
    if (options->polish && options->grammar.allowed[SHY_OP_CONSTANT]) SHY_TRY(fit_finalists(fitter, result));
    if (options->polish && options->inner != SHY_INNER_OFF) SHY_TRY(insert_constants(fitter, options, result));
    if (options->rounding > 0.0) SHY_TRY(round_front(fitter, options, result));
out:
    shy_fitter_destroy(&fitter);
    shy_outcome_destroy(&outcome);
    return st;
}
