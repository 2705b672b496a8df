/* The constants of a template: where to start, and the best of the minima. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "template.h"

enum { PURPOSE_TEMPLATE = 132 };
enum { STARTS = 13, DESCENTS = 4, SWEEPS = 3 };

/* Combinations of starts that are tried: fewer with many samples. A number of the samples alone. */
#define COMBINATIONS_MOST 2500.0
#define COMBINATIONS_LEAST 128.0
#define COMBINED_ROWS 2e7

/* ---- values to start from ---------------------------------------------------------------------------------------------------- */

typedef struct {
    int count;
    double value[STARTS];
} starts;

/* What stands beside the constant under an operator, or −1; the operator. */
static int neighbour_of(const shy_tree *tree, int constant, shy_op *op_out)
{
    for (int k = 0; k < tree->count; k++) {
        const shy_node *node = &tree->node[k];
        if (shy_operator_get((shy_op)node->op)->arity != 2 || (node->left != constant && node->right != constant)) continue;
        *op_out = (shy_op)node->op;
        return node->left == constant ? node->right : node->left;
    }
    return -1;
}

/* Beside a sum or a comparison a constant is of the size of what stands there; beside a product it may have any size. */
static starts choose_starts(shy_op op, double mean, double deviation, shy_interval range)
{
    if (op == SHY_OP_MULTIPLY || op == SHY_OP_DIVIDE) return (starts){11, {1.0, 0.0, -1.0, 0.1, -0.1, 10.0, -10.0, 0.01, -0.01, 100.0, -100.0}};
    return (starts){STARTS, {1.0, 0.0, mean, -mean, range.lo, -range.lo, range.hi, -range.hi, 2.0 * range.hi, -2.0 * range.hi, mean - deviation,
                             mean + deviation, -1.0}};
}

/* Collective over the group. */
static shy_status starts_of(shy_fitter *f, const shy_tree *tree, int constant, starts *out)
{
    shy_status st = SHY_OK;
    shy_op op = SHY_OPS;
    shy_tree part = *tree;
    shy_interval range;
    double mean, deviation;
    const int neighbour = neighbour_of(tree, constant, &op);
    *out = (starts){5, {1.0, 0.0, -1.0, 2.0, 0.5}};
    if (neighbour < 0 || tree->node[neighbour].op == SHY_OP_CONSTANT) return SHY_OK;
    part.count = neighbour + 1;
    SHY_TRY(shy_fitter_moments(f, &part, &mean, &deviation));
    if (!shy_tree_range(&part, f->problem->range, &range)) range = (shy_interval){mean - 2.0 * deviation, mean + 2.0 * deviation};
    if (isfinite(mean) && isfinite(deviation)) *out = choose_starts(op, mean, deviation, range);
out:
    return st;
}

/* ---- combinations of them ------------------------------------------------------------------------------------------------------ */

typedef struct {
    int constants, node[SHY_TREE_MAX];
    starts of[SHY_POLISH_CONSTANTS];
    double all; /* combinations */
    int tried;
    uint64_t seed;
} plan;

/* Number i: of all, or, where they are too many, the first and others at random. */
static void combine(const plan *p, int i, shy_tree *tree)
{
    int rest = i;
    for (int k = 0; k < p->constants; k++) {
        const int count = p->of[k].count;
        int at = 0;
        if (p->all <= p->tried) at = rest % count, rest /= count;
        else if (i > 0) at = (int)(shy_random_uniform(p->seed, PURPOSE_TEMPLATE, (uint64_t)i * SHY_POLISH_CONSTANTS + (uint64_t)k) * count);
        tree->node[p->node[k]].value = p->of[k].value[at < count ? at : count - 1];
    }
}

typedef struct {
    double statistic;
    shy_tree tree;
} candidate;

#define BETTER 1e-9 /* by less than this share is rounding: 100·x explains as much as x */

/* The best few, best first; the earlier of equal ones before. */
static void offer(candidate *best, int *count, double statistic, const shy_tree *tree)
{
    int at = *count;
    while (at > 0 && best[at - 1].statistic * (1.0 + BETTER) < statistic) at--;
    if (at == DESCENTS) return;
    if (*count < DESCENTS) (*count)++;
    for (int k = *count - 1; k > at; k--) best[k] = best[k - 1];
    best[at] = (candidate){statistic, *tree};
}

/* The statistic of screening, which is cheap; −1 where the tree is not defined. Collective over the group. */
static shy_status judge(shy_fitter *f, const shy_tree *tree, double *statistic_out)
{
    shy_status st = SHY_OK;
    *statistic_out = -1.0;
    if (!shy_macro_defined(f->problem, tree)) return SHY_OK;
    SHY_TRY(shy_fitter_statistic(f, tree, statistic_out));
    if (!isfinite(*statistic_out)) *statistic_out = -1.0;
out:
    return st;
}

/* Collective over the group. */
static shy_status best_starts(shy_fitter *f, const plan *p, const shy_tree *tree, candidate *best, int *count_out)
{
    shy_status st = SHY_OK;
    shy_tree trial = *tree;
    *count_out = 0;
    for (int i = 0; i < p->all && i < p->tried; i++) {
        double statistic;
        combine(p, i, &trial);
        SHY_TRY(judge(f, &trial, &statistic));
        if (statistic >= 0.0) offer(best, count_out, statistic, &trial);
    }
out:
    return st;
}

/* One constant after the other by its best start, for where not all combinations were tried. Collective over the group. */
static shy_status improve(shy_fitter *f, const plan *p, candidate *c)
{
    shy_status st = SHY_OK;
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
        const double before = c->statistic;
        for (int k = 0; k < p->constants; k++) {
            for (int i = 0; i < p->of[k].count; i++) {
                shy_tree trial = c->tree;
                double statistic;
                trial.node[p->node[k]].value = p->of[k].value[i];
                SHY_TRY(judge(f, &trial, &statistic));
                if (statistic > c->statistic * (1.0 + BETTER)) *c = (candidate){statistic, trial};
            }
        }
        if (!(c->statistic > before)) break;
    }
out:
    return st;
}

/* ---- the fit ---------------------------------------------------------------------------------------------------------------------- */

static bool is_fit(const shy_fit *fit)
{
    return (fit->verdict == SHY_FITTED || fit->verdict == SHY_SEPARATED || fit->verdict == SHY_FIRTH) && isfinite(fit->loss);
}

/* Collective over the group. */
static shy_status descend(shy_fitter *f, candidate *start, int count, shy_tree *best_out)
{
    shy_status st = SHY_OK;
    double least = 1.0 + 2.0 * BETTER;
    *best_out = start[0].tree; /* where nothing can be fitted, the most promising stays */
    for (int k = 0; k < count; k++) {
        shy_tree *tree = &start[k].tree;
        shy_fit fit;
        SHY_TRY(shy_fitter_refit(f, tree, &fit));
        if (fit.verdict == SHY_FITTED) SHY_TRY(shy_fitter_fit(f, tree, &fit));
        if (!is_fit(&fit) || !(fit.loss < least - least * BETTER) || !shy_macro_defined(f->problem, tree)) continue;
        least = fit.loss;
        *best_out = *tree;
    }
out:
    return st;
}

shy_status shy_template_fit(shy_fitter *f, uint64_t seed, shy_tree *tree, bool *fitted_out)
{
    shy_status st = SHY_OK;
    plan p = {.all = 1.0, .seed = seed};
    candidate best[DESCENTS];
    int count = 0;
    p.tried = (int)fmin(fmax(COMBINED_ROWS / (double)f->problem->rows.total, COMBINATIONS_LEAST), COMBINATIONS_MOST);
    p.constants = shy_tree_free_constants(tree, p.node);
    *fitted_out = shy_macro_defined(f->problem, tree);
    if (p.constants == 0) return SHY_OK;
    for (int k = 0; k < p.constants; k++) {
        SHY_TRY(starts_of(f, tree, p.node[k], &p.of[k]));
        p.all *= p.of[k].count;
    }
    SHY_TRY(best_starts(f, &p, tree, best, &count));
    *fitted_out = count > 0;
    if (count == 0) return SHY_OK;
    for (int k = 0; p.all > p.tried && k < count; k++) SHY_TRY(improve(f, &p, &best[k]));
    SHY_TRY(descend(f, best, count, tree));
    shy_tree_tidy(tree);
out:
    return st;
}
