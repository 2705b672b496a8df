/*
 * Survivors become operands: the best formulas of a search, with their fitted constants, are factors of a further one, so that (c − age)·w/s,
 * found first, becomes (c − age)·w/s·(1 + b·female).
 */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "plan.h"
#include "template.h"

/* ---- which formulas ------------------------------------------------------------------------------------------------------ */

/* A formula as it travels. */
typedef struct {
    shy_tree tree;
    int complexity;
} shy_proposal;

/* The i-th best of every level, then the next of every level: simple and complex ones by turns. What is one factor is an operand already. */
static int propose(const shy_problem *problem, const shy_search_result *result, int most, shy_proposal *proposal)
{
    int count = 0, longest = 0;
    for (int l = 0; l < result->levels; l++) longest = result->level[l].count > longest ? result->level[l].count : longest;
    for (int i = 0; i < longest && count < most; i++) {
        for (int l = 0; l < result->levels && count < most; l++) {
            const shy_found_level *level = &result->level[l];
            if (i >= level->count || level->found[i].tree.count == 1 || level->found[i].fit.verdict == SHY_DIVERGED) continue;
            if (!shy_macro_defined(problem, &level->found[i].tree)) continue;
            proposal[count++] = (shy_proposal){level->found[i].tree, level->complexity};
        }
    }
    return count;
}

/* Formulas that say the same are of use once: what correlates more than this with one that is chosen is passed over. */
#define SAME 0.9999

typedef struct {
    const shy_problem *problem;
    double *column;  /* [most][rows]: of those chosen, centred, of length 1 */
    double *partial; /* [runs] */
    int chosen;
} shy_choice;

/* Collective over the group. */
static shy_status dot(shy_choice *c, const double *a, const double *b, double *total_out)
{
    const shy_rows *rows = &c->problem->rows;
    for (int run = 0; run < rows->runs; run++) {
        const int first = run * rows->run_rows, last = first + rows->run_rows < rows->rows ? first + rows->run_rows : rows->rows;
        c->partial[run] = b ? shy_exact_dot(last - first, a + first, b + first) : shy_exact_sum(last - first, a + first);
    }
    return shy_group_sum_runs(rows->team, c->partial, rows->runs, 1, total_out);
}

/* Collective over the group. */
static shy_status consider(shy_choice *c, const shy_tree *tree, bool *new_out)
{
    shy_status st = SHY_OK;
    const shy_rows *rows = &c->problem->rows;
    double *column = c->column + (size_t)c->chosen * (size_t)rows->rows, sum, square, r;
    *new_out = false;
    SHY_TRY(shy_group_agree(rows->team, shy_problem_evaluate(c->problem, tree, column)));
    SHY_TRY(dot(c, column, NULL, &sum));
    shy_exact_shift(rows->rows, column, sum / (double)rows->total, 1.0);
    SHY_TRY(dot(c, column, column, &square));
    if (!(square > 0.0) || !isfinite(square)) return SHY_OK;
    shy_exact_shift(rows->rows, column, 0.0, 1.0 / sqrt(square));
    for (int k = 0; k < c->chosen; k++) {
        SHY_TRY(dot(c, column, c->column + (size_t)k * (size_t)rows->rows, &r));
        if (fabs(r) > SAME) return SHY_OK;
    }
    *new_out = true;
    c->chosen++;
out:
    return st;
}

/*
 * Behind the `given` macros, which are operands in any case. Every group chooses for itself, and all choose the same. Collective over the world.
 */
static shy_status choose(const shy_problem *problem, const shy_proposal *proposal, int count, int given, int most, shy_macro *macro, int *macros_out)
{
    shy_status st = SHY_OK;
    shy_choice c = {.problem = problem};
    const size_t rows = (size_t)problem->rows.rows;
    int macros = given;
    bool is_new = false;
    SHY_TRY_ALL(problem->team, shy_new(((size_t)given + (size_t)most + 1U) * rows, sizeof *c.column, &c.column));
    SHY_TRY_ALL(problem->team, shy_new((size_t)problem->rows.runs, sizeof *c.partial, &c.partial));
    for (int m = 0; m < given; m++) SHY_TRY_ALL(problem->team, consider(&c, &macro[m].tree, &is_new));
    for (int i = 0; i < count && macros < given + most; i++) {
        if (problem->journal) SHY_TRY_ALL(problem->team, shy_journal_poll(problem->journal));
        SHY_TRY_ALL(problem->team, consider(&c, &proposal[i].tree, &is_new));
        if (is_new) macro[macros++] = (shy_macro){.tree = proposal[i].tree, .complexity = proposal[i].complexity};
    }
    *macros_out = macros;
out:
    shy_free(&c.column);
    shy_free(&c.partial);
    return st;
}

static shy_status begin_macros(const shy_templates *templates, int most, shy_macro **macro_out)
{
    const size_t count = (size_t)templates->count + (size_t)most;
    const shy_status st = shy_new(count, sizeof **macro_out, macro_out);
    if (st == SHY_OK) memcpy(*macro_out, templates->macro, (size_t)templates->count * sizeof **macro_out);
    return st;
}

/* The names of the templates belong to these. */
static void free_macros(const shy_templates *templates, int count, shy_macro **macro)
{
    for (int m = templates->count; *macro && m < count; m++) shy_free(&(*macro)[m].name);
    shy_free(macro);
}

/* Of those proposed so many are looked at for each that is wanted. */
#define PROPOSED 8

/* Rank 0 proposes, all choose. macro has room for `most` more than are given. Collective over the world. */
static shy_status pick_macros(const shy_problem *problem, const shy_search_result *result, int given, int most, shy_macro *macro, int *count_out)
{
    shy_status st = SHY_OK;
    const shy_team *team = problem->team;
    shy_proposal *proposal = NULL;
    int count = 0;
    SHY_TRY_ALL(team, shy_new((size_t)most * PROPOSED, sizeof *proposal, &proposal));
    if (team->rank == 0) count = propose(problem, result, most * PROPOSED, proposal);
    SHY_TRY(shy_team_broadcast(team, &count, sizeof count));
    SHY_TRY(shy_team_broadcast(team, proposal, (uint64_t)count * sizeof *proposal));
    SHY_TRY(choose(problem, proposal, count, given, most, macro, count_out));
    SHY_TRY_ALL(team, shy_macros_name(problem, macro + given, *count_out - given));
out:
    shy_free(&proposal);
    return st;
}

/* ---- the further searches --------------------------------------------------------------------------------------------------- */

shy_status shy_passes_run(const shy_problem *problem, const shy_search_options *options, const shy_templates *templates, const shy_monitor *monitor,
                          shy_search_result *result)
{
    shy_status st = SHY_OK;
    shy_search_options further = *options;
    shy_macro *macro = NULL;
    int count = 0;
    further.plan = NULL, further.lists = NULL, further.terms = 1; /* sums are made of all that was found when all passes are done */
    further.grammar.max_complexity = options->pass_complexity;
    for (int pass = 2; pass <= options->passes; pass++) {
        SHY_TRY_ALL(problem->team, begin_macros(templates, options->pass_keep, &macro));
        SHY_TRY(pick_macros(problem, result, templates->count, options->pass_keep, macro, &count));
        if (count == templates->count) break;
        SHY_TRY(shy_macros_search(problem, &further, macro, count, monitor, &result));
        free_macros(templates, count, &macro);
    }
out:
    free_macros(templates, count, &macro);
    return st;
}

/* ---- what that will cost --------------------------------------------------------------------------------------------------- */

#define CLOSE 1.4 /* operands that all go with the outcome: more pairs pass the first test (measured) */

static void stand_in(const shy_problem *problem, int count, shy_macro *macro)
{
    for (int m = 0; m < count; m++) {
        const uint32_t factor = (uint32_t)(m % problem->factors);
        (void)shy_tree_leaf(&macro[m].tree, factor);
        macro[m].complexity = 1, macro[m].name = (char *)(uintptr_t)problem->name[factor]; /* borrowed */
    }
}

shy_status shy_passes_plan(const shy_problem *problem, const shy_search_options *options, int templates, shy_plan *plan)
{
    shy_status st = SHY_OK;
    const int count = templates + (int)fmin(options->pass_keep, (double)plan->formulas_total);
    shy_search_options second = *options;
    shy_macro *macro = NULL;
    shy_extended *extended = NULL;
    shy_plan more;
    second.plan = NULL, second.terms = 1;
    second.grammar.max_complexity = options->pass_complexity;
    SHY_TRY_ALL(problem->team, shy_new((size_t)count, sizeof *macro, &macro));
    stand_in(problem, count, macro);
    SHY_TRY(shy_extended_create(problem, &options->grammar, macro, count, &extended));
    SHY_TRY(shy_plan_once(&extended->problem, &second, &more));
    plan->pass_formulas = more.formulas_total;
    plan->flops += (options->passes - 1) * more.flops;
    shy_plan_add(plan, SHY_STEP_PASSES, (options->passes - 1) * CLOSE * more.seconds,
                 more.bytes_per_rank + shy_plan_result_bytes(plan, options) + shy_plan_result_bytes(&more, &second) +
                     (double)options->pass_keep * PROPOSED * sizeof(shy_proposal));
out:
    shy_extended_destroy(&extended);
    shy_free(&macro);
    return st;
}
