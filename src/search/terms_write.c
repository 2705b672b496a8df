/* The best sums refitted by the outcome, written as formulas, and put into the result where they say something new. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "rules.h"
#include "terms.h"

/* ---- the sum as a tree -------------------------------------------------------------------------------------------------------- */

/* Terms by what they contribute, the largest first; a positive one leads, so that the slope is positive, if there is one. */
static void order_terms(const shy_terms *from, const shy_sum *sum, const shy_fit *fit, int *order)
{
    double share[SHY_TERMS_MAX];
    int lead = 0;
    for (int k = 0; k < sum->terms; k++) {
        int at = k;
        share[k] = fabs(fit->coefficient[k]) * from->spread[sum->term[k]];
        for (; at > 0 && share[order[at - 1]] < share[k]; at--) order[at] = order[at - 1];
        order[at] = k;
    }
    while (lead < sum->terms && !(fit->coefficient[order[lead]] > 0.0)) lead++;
    if (lead == sum->terms) return;
    const int first = order[lead];
    memmove(order + 1, order, (size_t)lead * sizeof *order);
    order[0] = first;
}

/* z1 + c2·z2 − c3·z3 …; the slope is the coefficient of z1. */
static void write_tree(const shy_terms *from, const shy_sum *sum, const shy_fit *fit, shy_tree *tree, double *slope)
{
    int order[SHY_TERMS_MAX];
    order_terms(from, sum, fit, order);
    tree->count = 0;
    *slope = fit->coefficient[order[0]];
    int left = shy_tree_append(tree, &from->term[sum->term[order[0]]].tree);
    for (int k = 1; k < sum->terms; k++) {
        const double c = fit->coefficient[order[k]] / *slope;
        const int constant = shy_tree_constant(tree, fabs(c));
        const int z = shy_tree_append(tree, &from->term[sum->term[order[k]]].tree);
        left = shy_tree_binary(tree, c < 0.0 ? SHY_OP_SUBTRACT : SHY_OP_ADD, left, shy_tree_binary(tree, SHY_OP_MULTIPLY, constant, z));
    }
}

/* Nodes of the tree: SHY_TREE_MAX would be passed only by weights of 1 and more terms than complexities allow. */
static int nodes(const shy_terms *from, const shy_sum *sum)
{
    int count = 3 * (sum->terms - 1);
    for (int k = 0; k < sum->terms; k++) count += from->term[sum->term[k]].tree.count;
    return count;
}

/* ---- what is new ----------------------------------------------------------------------------------------------------------------- */

#define SAME_LOSS 1e-9

/* Is there a formula at most as complex with the same loss? Then it is the same function, or as good as that: coefficients of 0, log(a) + log(b). */
static bool says_nothing_new(const shy_search_result *result, int complexity, double loss)
{
    for (int k = 0; k < result->levels && k < complexity; k++) {
        const shy_found_level *level = &result->level[k];
        int low = 0, high = level->count;
        while (low < high) {
            const int middle = (low + high) / 2;
            if (level->found[middle].fit.loss < loss - SAME_LOSS) low = middle + 1;
            else high = middle;
        }
        if (low < level->count && level->found[low].fit.loss <= loss + SAME_LOSS) return true;
    }
    return false;
}

static bool usable(const shy_fit *fit, const shy_tree *tree)
{
    bool finite = isfinite(fit->intercept) && isfinite(fit->loss);
    for (int i = 0; i < tree->count; i++) finite = finite && isfinite(tree->node[i].value);
    return finite && (fit->verdict == SHY_FITTED || fit->verdict == SHY_SEPARATED || fit->verdict == SHY_FIRTH);
}

static shy_status add_sum(const shy_sums *s, const shy_sum *sum, const shy_problem *problem, const shy_fit *fit, int keep, shy_search_result *result)
{
    shy_status st = SHY_OK;
    shy_found found = {.complexity = sum->complexity, .statistic = sum->explained, .fit = *fit, .summands = sum->terms};
    if (nodes(s->from, sum) > SHY_TREE_MAX || says_nothing_new(result, sum->complexity, fit->loss)) return SHY_OK;
    write_tree(s->from, sum, fit, &found.tree, &found.slope);
    if (!usable(fit, &found.tree) || !shy_rules_directed(problem, &found.tree, found.slope)) return SHY_OK;
    found.intercept = fit->intercept;
    SHY_TRY(shy_tree_print(&found.tree, problem->name, 0, &found.text));
    SHY_TRY(shy_result_add(result, keep, &found));
out:
    shy_found_release(&found);
    return st;
}

/* ---- refits ------------------------------------------------------------------------------------------------------------------------ */

/* The kept sums of two terms and more, simplest first. */
static shy_status list_sums(const shy_sums *s, shy_sum **sum_out, int *count_out)
{
    shy_status st = SHY_OK;
    shy_sum *sum = NULL;
    int count = 0;
    for (int terms = 2; terms <= s->terms_most; terms++) {
        for (int c = 1; c <= s->complexity_most; c++) count += s->count[shy_sums_list(terms, c)];
    }
    SHY_TRY(shy_new((size_t)count, sizeof *sum, &sum));
    count = 0;
    for (int c = 1; c <= s->complexity_most; c++) {
        for (int terms = 2; terms <= s->terms_most; terms++) {
            const int list = shy_sums_list(terms, c);
            memcpy(sum + count, s->sum + (size_t)list * (size_t)s->keep, (size_t)s->count[list] * sizeof *sum);
            count += s->count[list];
        }
    }
    *sum_out = sum, *count_out = count;
out:
    return st;
}

/* Rank 0's sums on all ranks. Collective over the world. */
static shy_status share_sums(const shy_sums *s, const shy_team *team, shy_sum **sum_out, int *count_out)
{
    shy_status st = SHY_OK;
    shy_sum *sum = NULL;
    int count = 0;
    SHY_TRY_ALL(team, team->rank == 0 ? list_sums(s, &sum, &count) : SHY_OK);
    SHY_TRY(shy_team_broadcast(team, &count, sizeof count));
    SHY_TRY_ALL(team, team->rank == 0 ? SHY_OK : shy_new((size_t)count, sizeof *sum, &sum));
    SHY_TRY(shy_team_broadcast(team, sum, (uint64_t)count * sizeof *sum));
    *sum_out = sum, *count_out = count, sum = NULL;
out:
    shy_free(&sum);
    return st;
}

void shy_sum_trial(const shy_terms *from, const shy_sum *sum, shy_trial *trial_out)
{
    trial_out->terms = sum->terms;
    for (int k = 0; k < sum->terms; k++) trial_out->term[k] = from->term[sum->term[k]].tree;
}

static shy_status add_batch(const shy_sums *s, const shy_sum *sum, const shy_trial *trial, int count, const shy_problem *problem, int keep,
                            shy_search_result *result)
{
    shy_status st = SHY_OK;
    for (int i = 0; i < count; i++) SHY_TRY(add_sum(s, &sum[i], problem, &trial[i].fit, keep, result));
out:
    return st;
}

enum { BATCH = 256 }; /* trials carry trees: 10 KB each */

static shy_status refit_and_add(const shy_sums *s, const shy_problem *problem, const shy_outcome *outcome, const shy_sum *sum, int count, int keep,
                                shy_search_result *result)
{
    shy_status st = SHY_OK;
    const shy_team *team = problem->team;
    shy_trial *trial = NULL;
    SHY_TRY_ALL(team, shy_new(BATCH, sizeof *trial, &trial));
    for (int at = 0; at < count; at += BATCH) {
        const int batch = count - at < BATCH ? count - at : BATCH;
        for (int i = 0; i < batch; i++) shy_sum_trial(s->from, &sum[at + i], &trial[i]);
        SHY_TRY(shy_trials_refit(problem, outcome, trial, batch));
        SHY_TRY_ALL(team, team->rank == 0 ? add_batch(s, sum + at, trial, batch, problem, keep, result) : SHY_OK);
    }
out:
    shy_free(&trial);
    return st;
}

shy_status shy_sums_write(const shy_sums *s, const shy_problem *problem, const shy_search_options *options, shy_search_result *result)
{
    shy_status st = SHY_OK;
    const shy_team *team = problem->team;
    shy_outcome *outcome = NULL;
    shy_sum *sum = NULL;
    int count = 0;
    SHY_TRY(share_sums(s, team, &sum, &count));
    SHY_TRY_ALL(team, shy_problem_outcome(problem, &outcome));
    SHY_TRY(refit_and_add(s, problem, outcome, sum, count, options->keep, result));
    SHY_TRY_ALL(team, team->rank == 0 ? shy_result_draw_front(result) : SHY_OK);
out:
    shy_outcome_destroy(&outcome);
    shy_free(&sum);
    return st;
}
