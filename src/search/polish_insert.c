/* Constants where the grammar has none: shifts under functions, floors and ceilings of factors, exponents. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "polish.h"

/* ---- where ------------------------------------------------------------------------------------------------------------- */

static shy_op root_of(shy_insert_kind kind)
{
    static const shy_op op[SHY_INSERTS] = {SHY_OP_ADD, SHY_OP_MAX, SHY_OP_MIN, SHY_OP_EXP};
    return op[kind];
}

/* A shift of u, or of all of v under which it stands, would be the same. */
static bool has_constant(const shy_tree *tree, int k)
{
    const shy_node *node = &tree->node[k];
    if (node->op == SHY_OP_CONSTANT) return true;
    if (node->op != SHY_OP_ADD && node->op != SHY_OP_SUBTRACT) return false;
    return has_constant(tree, node->left) || has_constant(tree, node->right);
}

/* Under these a shift is no matter of intercept and slope, and no family of the search has it. */
static bool shift_counts(shy_op outer, bool right)
{
    return outer == SHY_OP_LOG || outer == SHY_OP_SQRT || outer == SHY_OP_INVERSE || outer == SHY_OP_SQUARE || (outer == SHY_OP_DIVIDE && right);
}

static bool nesting_allowed(const shy_grammar *grammar, shy_op outer, shy_op op, shy_op inner)
{
    return !grammar->forbidden[outer][op] && !grammar->forbidden[op][inner];
}

static bool is_allowed(const shy_tree *tree, const shy_grammar *grammar, shy_insert_kind kind, shy_op outer, int node)
{
    const shy_op inner = (shy_op)tree->node[node].op;
    if (!grammar->allowed[root_of(kind)] || !nesting_allowed(grammar, outer, root_of(kind), inner)) return false;
    if (kind != SHY_INSERT_POWER) return true;
    return grammar->allowed[SHY_OP_LOG] && grammar->allowed[SHY_OP_MULTIPLY] && nesting_allowed(grammar, SHY_OP_EXP, SHY_OP_MULTIPLY, SHY_OP_LOG) &&
           !grammar->forbidden[SHY_OP_LOG][inner];
}

static int complexity_of(const shy_grammar *grammar, shy_insert_kind kind)
{
    const int *w = grammar->weight;
    return w[SHY_OP_CONSTANT] + w[root_of(kind)] + (kind == SHY_INSERT_POWER ? w[SHY_OP_MULTIPLY] + w[SHY_OP_LOG] : 0);
}

/* The constant may stand between `outer` and its operand `node`. */
static bool is_worth(const shy_tree *tree, shy_insert_kind kind, shy_op outer, bool right, int node, shy_interval range)
{
    const bool factor = tree->node[node].op == SHY_OP_FACTOR, number = range.lo == 0.0 && range.hi == 1.0; /* of a yes or no */
    if (kind == SHY_INSERT_SHIFT) return shift_counts(outer, right) && !has_constant(tree, node);
    if (kind == SHY_INSERT_POWER) return factor && range.lo > 0.0 && outer != SHY_OP_LOG && outer != SHY_OP_EXP;
    return factor && !number;
}

static bool is_first(const shy_insertion *list, int count, shy_insert_kind kind, int node)
{
    for (int i = 0; i < count; i++)
        if (list[i].kind == kind && list[i].node == node) return false;
    return true;
}

int shy_insertions_list(const shy_tree *tree, const shy_grammar *grammar, shy_inner inner, const shy_interval *factor, shy_insertion *list_out)
{
    shy_interval range[SHY_TREE_MAX];
    int count = 0;
    if (inner == SHY_INNER_OFF || tree->count + 4 > SHY_TREE_MAX || !shy_tree_ranges(tree, factor, range)) return 0;
    for (int k = 0; k < tree->count; k++) {
        const shy_op outer = (shy_op)tree->node[k].op;
        for (int side = 0; side < shy_operator_get(outer)->arity; side++) {
            const int node = side == 0 ? tree->node[k].left : tree->node[k].right;
            for (int kind = 0; kind < (inner == SHY_INNER_SHIFTS ? SHY_INSERT_SHIFT + 1 : SHY_INSERTS); kind++) {
                if (!is_worth(tree, (shy_insert_kind)kind, outer, side == 1, node, range[node])) continue;
                if (!is_allowed(tree, grammar, (shy_insert_kind)kind, outer, node) || !is_first(list_out, count, (shy_insert_kind)kind, node)) continue;
                if (count == SHY_INSERTIONS_MAX) return count;
                list_out[count++] = (shy_insertion){(shy_insert_kind)kind, node, complexity_of(grammar, (shy_insert_kind)kind)};
            }
        }
    }
    /* a factor alone is nobody's operand */
    for (int kind = SHY_INSERT_FLOOR; inner == SHY_INNER_ALL && tree->count == 1 && kind < SHY_INSERTS; kind++) {
        const bool worth = is_worth(tree, (shy_insert_kind)kind, SHY_OP_FACTOR, false, 0, range[0]);
        if (worth && is_allowed(tree, grammar, (shy_insert_kind)kind, SHY_OP_FACTOR, 0))
            list_out[count++] = (shy_insertion){(shy_insert_kind)kind, 0, complexity_of(grammar, (shy_insert_kind)kind)};
    }
    return count;
}

/* ---- making it --------------------------------------------------------------------------------------------------------- */

/* The new root over node u, which is the last but for the constant. */
static int append_insertion(shy_tree *tree, shy_insert_kind kind, int u, double c)
{
    if (kind != SHY_INSERT_POWER) return shy_tree_binary(tree, root_of(kind), u, shy_tree_constant(tree, c));
    const int constant = shy_tree_constant(tree, c), log = shy_tree_unary(tree, SHY_OP_LOG, u);
    return shy_tree_unary(tree, SHY_OP_EXP, shy_tree_binary(tree, SHY_OP_MULTIPLY, constant, log));
}

/* Nodes behind it move up, and those that had u as operand get what stands over it. */
void shy_insertion_make(const shy_tree *tree, const shy_insertion *insertion, double c, shy_tree *tree_out)
{
    int moved[SHY_TREE_MAX];
    tree_out->count = 0;
    for (int k = 0; k < tree->count; k++) {
        shy_node node = tree->node[k];
        const int arity = shy_operator_get((shy_op)node.op)->arity;
        if (arity > 0) node.left = (uint8_t)moved[node.left];
        if (arity > 1) node.right = (uint8_t)moved[node.right];
        moved[k] = tree_out->count;
        tree_out->node[tree_out->count++] = node;
        if (k == insertion->node) moved[k] = append_insertion(tree_out, insertion->kind, moved[k], c);
    }
}

/* ---- starts ------------------------------------------------------------------------------------------------------------ */

enum { STARTS = 5 };

/* Values of the constant to start from; those outside the domain cost nothing. */
static int choose_starts(shy_insert_kind kind, double mean, double deviation, double *start)
{
    static const double shift[STARTS] = {0.0, 0.5, 2.0, -0.25, 8.0}, threshold[STARTS] = {0.0, -0.7, 0.7, -1.4, 1.4};
    if (kind == SHY_INSERT_POWER) {
        start[0] = 1.0;
        return 1;
    }
    for (int k = 0; k < STARTS; k++) start[k] = kind == SHY_INSERT_SHIFT ? shift[k] * deviation : mean + threshold[k] * deviation;
    return STARTS;
}

/* The tree up to node u, with u as its root. */
static shy_tree part_of(const shy_tree *tree, int u)
{
    shy_tree part = *tree;
    part.count = u + 1;
    return part;
}

/* The start with the least loss, refitted. */
static shy_status best_start(shy_fitter *f, const shy_insertion *insertion, const shy_tree *tree, shy_tree *best_out, shy_fit *fit_out)
{
    shy_status st = SHY_OK;
    const shy_tree part = part_of(tree, insertion->node);
    shy_interval ignored[SHY_TREE_MAX];
    double start[STARTS], mean, deviation;
    *fit_out = (shy_fit){.verdict = SHY_DIVERGED, .loss = INFINITY};
    SHY_TRY(shy_fitter_moments(f, &part, &mean, &deviation));
    const int starts = choose_starts(insertion->kind, mean, deviation, start);
    for (int k = 0; k < starts; k++) {
        shy_tree trial;
        shy_fit fit;
        shy_insertion_make(tree, insertion, start[k], &trial);
        if (!isfinite(start[k]) || !shy_tree_ranges(&trial, f->problem->range, ignored)) continue;
        SHY_TRY(shy_fitter_refit(f, &trial, &fit));
        if (fit.verdict != SHY_FITTED || !(fit.loss < fit_out->loss)) continue;
        *best_out = trial;
        *fit_out = fit;
    }
out:
    return st;
}

shy_status shy_fitter_insert(shy_fitter *f, const shy_insertion *insertion, shy_tree *tree, shy_fit *fit_out)
{
    shy_status st = SHY_OK;
    shy_tree best;
    SHY_TRY(best_start(f, insertion, tree, &best, fit_out));
    if (fit_out->verdict != SHY_FITTED) return SHY_OK;
    SHY_TRY(shy_fitter_fit(f, &best, fit_out));
    shy_tree_tidy(&best);
    *tree = best;
out:
    return st;
}
