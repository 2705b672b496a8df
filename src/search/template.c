/* Templates from text to operands, and the search with them. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "rules.h"
#include "template.h"

static const char key[] = "grammar.templates";

/* ---- messages -------------------------------------------------------------------------------------------------------------- */

/* Puts the template before what the parser says. */
static shy_status fail_reading(const char *text)
{
    shy_status st = SHY_OK;
    char *message = NULL;
    SHY_TRY(shy_string_format(&message, "%s: \"%s\": %s", key, text, shy_error_message()));
    shy_error_set(message);
out:
    shy_free(&message);
    return st != SHY_OK ? st : SHY_INPUT;
}

static const char *needs(shy_op op)
{
    switch (op) {
    case SHY_OP_LOG: return "an argument > 0";
    case SHY_OP_SQRT: return "an argument >= 0";
    case SHY_OP_INVERSE: return "an argument that is nowhere 0";
    case SHY_OP_DIVIDE: return "a divisor that is nowhere 0";
    case SHY_OP_RELDIFF: return "a sum that is nowhere 0";
    case SHY_OP_EXP: return "an argument <= 50";
    default: return "values within 1e150";
    }
}

#define RANGES_BYTES 512

/* "age from 18 to 89, scr from 0.3 to 9": the factors of the first `count` nodes that stand under node `root`. */
static void list_ranges(const shy_problem *problem, const shy_tree *tree, int root, char *text, size_t size)
{
    bool under[SHY_TREE_MAX] = {false};
    size_t length = 0;
    under[root] = true;
    text[0] = '\0';
    for (int k = root; k >= 0; k--) {
        const shy_node *node = &tree->node[k];
        const int arity = shy_operator_get((shy_op)node->op)->arity;
        if (!under[k]) continue;
        if (arity > 0) under[node->left] = true;
        if (arity > 1) under[node->right] = true;
    }
    for (int k = 0; k <= root && length + 1 < size; k++) {
        const shy_node *node = &tree->node[k];
        bool again = !under[k] || node->op != SHY_OP_FACTOR;
        for (int j = 0; j < k && !again; j++) again = under[j] && tree->node[j].op == SHY_OP_FACTOR && tree->node[j].factor == node->factor;
        if (again) continue;
        const shy_interval range = problem->range[node->factor];
        length += (size_t)snprintf(text + length, size - length, "%s%s from %g to %g", length > 0 ? ", " : "", problem->name[node->factor], range.lo,
                                   range.hi);
    }
}

/* Of one that is not defined on the ranges of its factors: which operator is not, for its constants as they are. */
static shy_status fail_domain(const shy_problem *problem, const char *text, const shy_tree *tree)
{
    shy_interval range[SHY_TREE_MAX];
    char ranges[RANGES_BYTES];
    for (int k = 0; k < tree->count; k++) {
        const shy_node *node = &tree->node[k];
        const shy_operator *op = shy_operator_get((shy_op)node->op);
        if (node->op == SHY_OP_FACTOR) range[k] = problem->range[node->factor];
        if (node->op == SHY_OP_CONSTANT) range[k] = (shy_interval){node->value, node->value};
        if (op->arity == 0 || shy_operator_range((shy_op)node->op, range[node->left], range[op->arity == 2 ? node->right : node->left], &range[k])) continue;
        const shy_interval at = range[op->arity == 2 ? node->right : node->left];
        list_ranges(problem, tree, k, ranges, sizeof ranges);
        return shy_fail(SHY_INPUT, "%s: \"%s\": \"%s\" needs %s, and what it is given may be %g to %g (%s). A formula must be computable for all values "
                                   "within the ranges of its factors: change it, or leave out samples (samples.where).",
                        key, text, op->name, needs((shy_op)node->op), at.lo, at.hi, ranges);
    }
    list_ranges(problem, tree, tree->count - 1, ranges, sizeof ranges);
    return shy_fail(SHY_INPUT, "%s: \"%s\" has the same value for all values of its factors (%s).", key, text, ranges);
}

/* ---- reading ----------------------------------------------------------------------------------------------------------------- */

static int complexity_of(const shy_grammar *grammar, const shy_tree *tree)
{
    int sum = 0;
    for (int k = 0; k < tree->count; k++) sum += grammar->weight[tree->node[k].op];
    return sum;
}

static int factors_of(const shy_tree *tree)
{
    int count = 0;
    for (int k = 0; k < tree->count; k++) {
        bool again = tree->node[k].op != SHY_OP_FACTOR;
        for (int j = 0; j < k && !again; j++) again = tree->node[j].op == SHY_OP_FACTOR && tree->node[j].factor == tree->node[k].factor;
        count += !again;
    }
    return count;
}

static shy_status check(const shy_problem *problem, const char *text, const shy_macro *macro)
{
    int node[SHY_TREE_MAX];
    const shy_tree *tree = &macro->tree;
    const int factors = factors_of(tree), constants = shy_tree_constants(tree, node);
    if (factors == 0) return shy_fail(SHY_INPUT, "%s: \"%s\" has no factor in it.", key, text);
    if (tree->count == 1) return shy_fail(SHY_INPUT, "%s: \"%s\" is a factor by itself; leave it out.", key, text);
    if (factors > SHY_COLUMNS_KEPT) return shy_fail(SHY_INPUT, "%s: \"%s\" has %d factors; at most %d are taken.", key, text, factors, SHY_COLUMNS_KEPT);
    if (constants > SHY_POLISH_CONSTANTS)
        return shy_fail(SHY_INPUT, "%s: \"%s\" has %d constants and numbers; at most %d are taken.", key, text, constants, SHY_POLISH_CONSTANTS);
    if (macro->complexity > SHY_COMPLEXITY_MAX)
        return shy_fail(SHY_INPUT, "%s: \"%s\" has complexity %d; at most %d is taken.", key, text, macro->complexity, SHY_COMPLEXITY_MAX);
    if (problem->rules && shy_members_crowded(problem->rules, shy_rules_of_tree(problem->rules, tree).members))
        return shy_fail(SHY_INPUT, "%s: \"%s\" has more factors of a kind than grammar.most allows in a formula.", key, text);
    return SHY_OK;
}

static shy_status read_one(const shy_problem *problem, const shy_grammar *grammar, const char *text, shy_macro *macro)
{
    const shy_status st = shy_tree_parse_template(text, (const char *const *)problem->name, (uint32_t)problem->factors, &macro->tree);
    if (st != SHY_OK) return st == SHY_INPUT ? fail_reading(text) : st;
    macro->complexity = complexity_of(grammar, &macro->tree);
    macro->is_template = true;
    return check(problem, text, macro);
}

static shy_status read_all(const shy_problem *problem, const shy_search_options *options, shy_templates *t)
{
    shy_status st = SHY_OK;
    if (options->templates_required && options->templates_count == 0)
        return shy_fail(SHY_INPUT, "grammar.templates_required is true, and there are no templates: give grammar.templates.");
    if (options->templates_count > SHY_TEMPLATES_MAX)
        return shy_fail(SHY_INPUT, "%s: %d are given; at most %d are taken.", key, options->templates_count, SHY_TEMPLATES_MAX);
    SHY_TRY(shy_new((size_t)options->templates_count, sizeof *t->macro, &t->macro));
    for (; t->count < options->templates_count; t->count++) SHY_TRY(read_one(problem, &options->grammar, options->templates[t->count], &t->macro[t->count]));
out:
    return st;
}

/* ---- fitting ----------------------------------------------------------------------------------------------------------------- */

/* Every group for itself. Collective over the group. */
static shy_status fit_all(const shy_problem *problem, const shy_outcome *outcome, const shy_search_options *options, shy_templates *t)
{
    shy_status st = SHY_OK;
    shy_fitter *fitter = NULL;
    SHY_TRY(shy_fitter_create(problem, outcome, &fitter));
    for (int k = 0; k < t->count; k++) {
        bool fitted = false;
        SHY_TRY(shy_template_fit(fitter, options->seed, &t->macro[k].tree, &fitted));
        if (!fitted) SHY_TRY(shy_group_agree(problem->team, fail_domain(problem, options->templates[k], &t->macro[k].tree)));
    }
out:
    shy_fitter_destroy(&fitter);
    return st;
}

shy_status shy_templates_create(const shy_problem *problem, const shy_search_options *options, shy_templates *templates_out)
{
    shy_status st = SHY_OK;
    const shy_team *team = problem->team;
    shy_outcome *outcome = NULL;
    shy_templates t = {0};
    SHY_TRY_ALL(team, read_all(problem, options, &t));
    if (t.count > 0) {
        SHY_TRY_ALL(team, shy_problem_outcome(problem, &outcome));
        SHY_TRY_ALL(team, fit_all(problem, outcome, options, &t));
        SHY_TRY(shy_team_broadcast(team, t.macro, (uint64_t)t.count * sizeof *t.macro)); /* names are not made yet */
        SHY_TRY_ALL(team, shy_macros_name(problem, t.macro, t.count));
    }
    *templates_out = t, t = (shy_templates){0};
out:
    shy_templates_free(&t);
    shy_outcome_destroy(&outcome);
    return st;
}

void shy_templates_free(shy_templates *templates)
{
    for (int k = 0; templates->macro && k < templates->count; k++) shy_free(&templates->macro[k].name);
    shy_free(&templates->macro);
    *templates = (shy_templates){0};
}

/* ---- the search -------------------------------------------------------------------------------------------------------------- */

shy_status shy_templates_search(const shy_problem *problem, const shy_search_options *options, const shy_templates *templates, const shy_monitor *monitor,
                                shy_search_result **result_out)
{
    shy_status st = SHY_OK;
    shy_search_options each = *options;
    shy_search_result *result = NULL;
    if (templates->count == 0) return shy_search_once(problem, options, monitor, result_out);
    each.plan = NULL; /* that is of both searches together */
    if (!options->templates_required) SHY_TRY(shy_search_once(problem, &each, monitor, &result));
    SHY_TRY(shy_macros_search(problem, &each, templates->macro, templates->count, monitor, &result));
    *result_out = result, result = NULL;
out:
    shy_search_result_free(&result);
    return st;
}
