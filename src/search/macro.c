/* Formulas as operands: their columns, ranges and units as further factors, and back from these factors to formulas. */
#include "shy_config.h"

#include <string.h>

#include "columns.h"
#include "macro.h"
#include "rules.h"
#include "study.h"

/* ---- the extended problem ---------------------------------------------------------------------------------------------- */

static const char modality[] = "formula";

bool shy_macro_defined(const shy_problem *base, const shy_tree *tree)
{
    shy_interval range;
    return shy_tree_range(tree, base->range, &range) && range.lo < range.hi;
}

shy_status shy_macros_name(const shy_problem *base, shy_macro *macro, int count)
{
    shy_status st = SHY_OK;
    for (int m = 0; m < count; m++) SHY_TRY(shy_tree_print(&macro[m].tree, (const char *const *)base->name, 0, &macro[m].name));
out:
    return st;
}

static shy_status allocate(shy_extended *e)
{
    shy_status st = SHY_OK;
    shy_problem *p = &e->problem;
    const size_t factors = (size_t)p->factors, count = (size_t)e->macros;
    SHY_TRY(shy_new(factors, sizeof *p->cohort_column, &p->cohort_column));
    SHY_TRY(shy_new(factors, sizeof *p->binary, &p->binary));
    SHY_TRY(shy_new(factors, sizeof *p->name, &p->name));
    SHY_TRY(shy_new(factors, sizeof *p->unit_text, &p->unit_text));
    SHY_TRY(shy_new(factors, sizeof *p->modality, &p->modality));
    SHY_TRY(shy_new(factors, sizeof *p->range, &p->range));
    SHY_TRY(shy_new(factors, sizeof *p->first_sample, &p->first_sample));
    SHY_TRY(shy_new(count * (size_t)p->rows.rows, sizeof *e->values, &e->values));
    SHY_TRY(shy_new(count, sizeof *e->unit, &e->unit));
out:
    return st;
}

static void copy_base(shy_extended *e)
{
    const shy_problem *b = e->base;
    shy_problem *p = &e->problem;
    const size_t factors = (size_t)b->factors;
    if (b->cohort_column) memcpy(p->cohort_column, b->cohort_column, factors * sizeof *p->cohort_column);
    if (b->binary) memcpy(p->binary, b->binary, factors * sizeof *p->binary);
    memcpy(p->name, b->name, factors * sizeof *p->name);
    memcpy(p->unit_text, b->unit_text, factors * sizeof *p->unit_text);
    memcpy(p->modality, b->modality, factors * sizeof *p->modality);
    memcpy(p->range, b->range, factors * sizeof *p->range);
    memcpy(p->first_sample, b->first_sample, factors * sizeof *p->first_sample);
}

/* A formula has the unit that its factors give it. */
static shy_status set_units(shy_extended *e, shy_units_mode mode)
{
    shy_status st = SHY_OK;
    const shy_problem *b = e->base;
    shy_units *units = NULL;
    shy_unit *factor = NULL;
    SHY_TRY(shy_units_create(&units));
    SHY_TRY(shy_new((size_t)b->factors, sizeof *factor, &factor));
    for (int f = 0; f < b->factors; f++) SHY_TRY(shy_unit_parse(units, b->unit_text[f], &factor[f]));
    for (int m = 0; m < e->macros; m++) {
        const shy_unit unit = shy_tree_unit(units, mode, &e->macro[m].tree, factor);
        const char *text = unit == SHY_UNIT_UNKNOWN ? "" : shy_unit_text(units, unit);
        SHY_TRY(text ? shy_string_copy(text, &e->unit[m]) : SHY_MEMORY);
        e->problem.unit_text[b->factors + m] = e->unit[m];
    }
out:
    shy_free(&factor);
    shy_units_destroy(&units);
    return st;
}

static shy_status set_macro(shy_extended *e, int m)
{
    shy_status st = SHY_OK;
    const shy_problem *b = e->base;
    shy_problem *p = &e->problem;
    const shy_tree *tree = &e->macro[m].tree;
    const int f = b->factors + m;
    p->cohort_column[f] = -1;
    p->name[f] = e->macro[m].name;
    p->modality[f] = modality;
    p->first_sample[f] = shy_tree_evaluate(tree, b->first_sample);
    if (!shy_tree_range(tree, b->range, &p->range[f])) return shy_fail(SHY_INTERNAL, "formula \"%s\" as an operand", e->macro[m].name);
    SHY_TRY(shy_problem_evaluate(b, tree, e->values + (size_t)m * (size_t)b->rows.rows));
out:
    return st;
}

static void copy_rules(const shy_rules *base, shy_rules *rules)
{
    const size_t factors = (size_t)base->factors;
    memcpy(rules->factor, base->factor, factors * sizeof *rules->factor);
    memcpy(rules->least, base->least, sizeof rules->least);
    memcpy(rules->most, base->most, sizeof rules->most);
    rules->groups = base->groups;
    rules->directed = base->directed;
}

/*
 * A macro counts for as many factors of each group as stand in it. One group more, for which there is always room, has the macros, and a formula
 * at least one of them: what has none is searched elsewhere. Directions are judged on what a macro stands for.
 */
static shy_status set_rules(shy_extended *e)
{
    shy_status st = SHY_OK;
    const shy_rules *base = e->base->rules;
    shy_rules *rules = NULL;
    SHY_TRY(shy_new(1, sizeof *rules, &rules));
    e->problem.rules = rules;
    rules->factors = e->problem.factors;
    SHY_TRY(shy_new((size_t)rules->factors, sizeof *rules->factor, &rules->factor));
    for (int f = 0; f < e->base->factors; f++) rules->factor[f].transforms = UINT32_MAX;
    if (base) copy_rules(base, rules);
    const int group = rules->groups++;
    rules->least[group] = 1, rules->most[group] = INT32_MAX;
    for (int m = 0; m < e->macros; m++) {
        shy_factor_rule *rule = &rules->factor[e->base->factors + m];
        *rule = shy_rules_of_tree(base, &e->macro[m].tree);
        rule->members |= UINT64_C(1) << SHY_RULE_BITS * group;
    }
out:
    return st;
}

static shy_status build(shy_extended *e, shy_units_mode mode)
{
    shy_status st = SHY_OK;
    SHY_TRY(allocate(e));
    copy_base(e);
    for (int m = 0; m < e->macros; m++) SHY_TRY(set_macro(e, m));
    SHY_TRY(set_units(e, mode));
    SHY_TRY(set_rules(e));
    SHY_TRY(shy_columns_extend(e->base->columns, e->base->factors, e->base->rows.rows, e->values, &e->problem.columns));
out:
    return st;
}

static shy_status begin(const shy_problem *base, const shy_macro *macro, int count, shy_extended **extended_out)
{
    shy_status st = SHY_OK;
    shy_extended *e = NULL;
    SHY_TRY(shy_new(1, sizeof *e, &e));
    *e = (shy_extended){.problem = *base, .base = base, .macros = count, .macro = macro};
    shy_problem *p = &e->problem;
    p->columns = NULL;
    p->rules = NULL;
    p->extended = e;
    p->binary = NULL, p->cohort_column = NULL, p->name = p->unit_text = p->modality = NULL, p->range = NULL, p->first_sample = NULL;
    p->factors = base->factors + count;
    *extended_out = e;
out:
    return st;
}

shy_status shy_extended_create(const shy_problem *base, const shy_grammar *grammar, const shy_macro *macro, int count, shy_extended **extended_out)
{
    shy_status st = SHY_OK;
    shy_extended *e = NULL;
    SHY_TRY_ALL(base->team, begin(base, macro, count, &e));
    SHY_TRY_ALL(base->team, build(e, grammar->units));
    *extended_out = e, e = NULL;
out:
    shy_extended_destroy(&e);
    return st;
}

void shy_extended_destroy(shy_extended **extended)
{
    shy_extended *e = *extended;
    if (!e) return;
    shy_problem *p = &e->problem;
    shy_columns_destroy(&p->columns);
    shy_free(&p->cohort_column);
    shy_free(&p->binary);
    shy_free(&p->name);
    shy_free(&p->unit_text);
    shy_free(&p->modality);
    shy_free(&p->range);
    shy_free(&p->first_sample);
    shy_rules_free(&p->rules);
    shy_free(&e->values);
    for (int m = 0; e->unit && m < e->macros; m++) shy_free(&e->unit[m]);
    shy_free(&e->unit);
    shy_free(extended);
}

/* ---- from factors back to formulas ------------------------------------------------------------------------------------------ */

/* −1: a factor of the base, or no factor. */
static int macro_at(const shy_extended *e, const shy_node *node)
{
    return node->op == SHY_OP_FACTOR && (int)node->factor >= e->base->factors ? (int)node->factor - e->base->factors : -1;
}

int shy_extended_complexity(const shy_extended *e, const shy_grammar *grammar, const shy_tree *tree, int complexity)
{
    for (int i = 0; i < tree->count; i++) {
        const int m = macro_at(e, &tree->node[i]);
        if (m >= 0) complexity += e->macro[m].complexity - grammar->weight[SHY_OP_FACTOR];
    }
    return complexity;
}

bool shy_extended_write_out(const shy_extended *e, shy_tree *tree)
{
    shy_tree out = {0};
    int place[SHY_TREE_MAX], nodes = tree->count;
    for (int i = 0; i < tree->count; i++) {
        const int m = macro_at(e, &tree->node[i]);
        if (m >= 0) nodes += e->macro[m].tree.count - 1;
    }
    if (nodes > SHY_TREE_MAX) return false;
    for (int i = 0; i < tree->count; i++) {
        shy_node node = tree->node[i];
        const int m = macro_at(e, &node), arity = shy_operator_get((shy_op)node.op)->arity;
        if (m >= 0) {
            place[i] = shy_tree_append(&out, &e->macro[m].tree);
            continue;
        }
        if (arity > 0) node.left = (uint8_t)place[node.left];
        if (arity > 1) node.right = (uint8_t)place[node.right];
        place[i] = out.count;
        out.node[out.count++] = node;
    }
    *tree = out;
    return true;
}
