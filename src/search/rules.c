/* Rules for single factors: from names, patterns and modalities to what holds for each factor of a problem. */
#include "shy_config.h"

#include <string.h>

#include "problem_impl.h"
#include "macro.h"
#include "rules.h"

#define MODALITY "modality:"
enum { USER_GROUPS = SHY_RULE_GROUPS - 1 };

static const char *const key_of[] = {[SHY_RULE_TRANSFORMS] = "grammar.transforms",
                                     [SHY_RULE_MOST] = "grammar.most",
                                     [SHY_RULE_CONTAIN] = "grammar.must_contain",
                                     [SHY_RULE_DIRECTION] = "grammar.direction"};

/* ---- which factors a rule is about ------------------------------------------------------------------------------------- */

typedef enum { BY_NAME, BY_MODALITY, BY_PATTERN } shy_manner;

/* How `which` is meant, and the text that is compared. */
typedef struct {
    shy_manner manner;
    const char *text;
} shy_which;

static bool is_factor(const shy_problem *p, const char *name)
{
    for (int f = 0; f < p->factors; f++) {
        if (strcmp(p->name[f], name) == 0) return true;
    }
    return false;
}

static bool is_modality(const shy_problem *p, const shy_cohort *cohort, const char *name)
{
    for (int f = 0; f < p->factors; f++) {
        if (strcmp(p->modality[f], name) == 0) return true;
    }
    for (int64_t c = 0; cohort && c < shy_cohort_columns(cohort); c++) {
        const char *modality = shy_cohort_column(cohort, c).modality;
        if (modality && strcmp(modality, name) == 0) return true;
    }
    return false;
}

static bool is_column(const shy_problem *p, const shy_cohort *cohort, const char *name)
{
    return is_factor(p, name) || (cohort && shy_cohort_find(cohort, name) >= 0);
}

/* At most one of a single factor says nothing, so there a modality comes first. */
static shy_which target_of(const shy_problem *p, const shy_cohort *cohort, const shy_rule *rule)
{
    const size_t prefix = strlen(MODALITY);
    if (strncmp(rule->which, MODALITY, prefix) == 0) return (shy_which){BY_MODALITY, rule->which + prefix};
    const bool modality_first = rule->kind == SHY_RULE_MOST && is_modality(p, cohort, rule->which);
    if (!modality_first && is_column(p, cohort, rule->which)) return (shy_which){BY_NAME, rule->which};
    if (modality_first || is_modality(p, cohort, rule->which)) return (shy_which){BY_MODALITY, rule->which};
    return (shy_which){strpbrk(rule->which, "*?") ? BY_PATTERN : BY_NAME, rule->which};
}

static bool is_about(const shy_which *target, const char *name, const char *modality)
{
    switch (target->manner) {
    case BY_NAME: return strcmp(target->text, name) == 0;
    case BY_MODALITY: return strcmp(target->text, modality ? modality : "") == 0;
    default: return shy_name_matches(target->text, name);
    }
}

static bool is_about_column(const shy_which *target, const shy_cohort *cohort)
{
    for (int64_t c = 0; cohort && c < shy_cohort_columns(cohort); c++) {
        const shy_column column = shy_cohort_column(cohort, c);
        if (is_about(target, column.name, column.modality)) return true;
    }
    return false;
}

/* ---- messages -------------------------------------------------------------------------------------------------------------- */

/* The name of a factor, or the modality, that `which` is nearest to; NULL. */
static const char *nearest(const shy_problem *p, const shy_rule *rule, const shy_which *target)
{
    const char *modality = shy_text_nearest(target->text, p->modality, (size_t)p->factors);
    const char *name = target->manner == BY_MODALITY ? NULL : shy_text_nearest(target->text, p->name, (size_t)p->factors);
    if (modality && !*modality) modality = NULL;
    return modality && (!name || rule->kind == SHY_RULE_MOST) ? modality : name;
}

static shy_status unknown(const shy_problem *p, const shy_cohort *cohort, const shy_rule *rule, const shy_which *target)
{
    static const char *const what[] = {[BY_NAME] = "is neither a factor nor a modality",
                                       [BY_MODALITY] = "is no modality of a factor",
                                       [BY_PATTERN] = "matches no factor"};
    const char *near = nearest(p, rule, target);
    if (!near && target->manner == BY_NAME && cohort) near = shy_cohort_nearest(cohort, target->text);
    return shy_fail(SHY_INPUT, "%s: \"%s\" %s%s%s%s", key_of[rule->kind], rule->which, what[target->manner], near ? "; did you mean \"" : "",
                    near ? near : "; `shihyo inspect --all` lists the columns with their modalities.", near ? "\"?" : "");
}

/* ---- one factor -------------------------------------------------------------------------------------------------------------- */

/* Where a rule names the factor, others of its kind do not count for it. */
static bool overruled(const shy_problem *p, const shy_rule *rule, const shy_which *target, int count, int k, int f)
{
    if (target[k].manner == BY_NAME) return false;
    for (int j = 0; j < count; j++) {
        if (rule[j].kind == rule[k].kind && target[j].manner == BY_NAME && strcmp(target[j].text, p->name[f]) == 0) return true;
    }
    return false;
}

static shy_status add_to_factor(shy_problem *p, const shy_rule *rule, const shy_which *target, int count, int k, int group, int f)
{
    shy_factor_rule *mine = &p->rules->factor[f];
    const bool counts = rule[k].kind == SHY_RULE_MOST || rule[k].kind == SHY_RULE_CONTAIN;
    if (counts) {
        mine->members |= UINT64_C(1) << SHY_RULE_BITS * group;
        return SHY_OK;
    }
    if (overruled(p, rule, target, count, k, f)) return SHY_OK;
    if (rule[k].kind == SHY_RULE_TRANSFORMS) {
        mine->transforms &= rule[k].operators;
        return SHY_OK;
    }
    if (mine->direction == -rule[k].number) {
        return shy_fail(SHY_INPUT, "grammar.direction: \"%s\" is to be both increasing and decreasing; name it itself, with one of them.",
                        p->name[f]);
    }
    mine->direction = (int8_t)rule[k].number;
    p->rules->directed = true;
    return SHY_OK;
}

/* Lays rule k on all factors that it is about. */
static shy_status lay(shy_problem *p, const shy_cohort *cohort, const shy_rule *rule, const shy_which *target, int count, int k, int group)
{
    shy_status st = SHY_OK;
    bool found = false;
    for (int f = 0; f < p->factors; f++) {
        if (!is_about(&target[k], p->name[f], p->modality[f])) continue;
        found = true;
        SHY_TRY(add_to_factor(p, rule, target, count, k, group, f));
    }
    if (found) return SHY_OK;
    if (!is_about_column(&target[k], cohort)) return unknown(p, cohort, &rule[k], &target[k]);
    SHY_TRY(shy_problem_note(p, "%s: \"%s\" is about no factor in use and has no effect.", key_of[rule[k].kind], rule[k].which));
out:
    return st;
}

/* ---- all rules ------------------------------------------------------------------------------------------------------------------ */

static shy_status begin(shy_problem *p)
{
    shy_status st = SHY_OK;
    shy_rules *rules = NULL;
    SHY_TRY(shy_new(1, sizeof *rules, &rules));
    SHY_TRY(shy_new((size_t)p->factors, sizeof *rules->factor, &rules->factor));
    rules->factors = p->factors;
    for (int f = 0; f < p->factors; f++) rules->factor[f].transforms = UINT32_MAX;
    shy_rules_free(&p->rules);
    p->rules = rules, rules = NULL;
out:
    shy_rules_free(&rules);
    return st;
}

/* The group of a rule that counts factors; all of CONTAIN share one. −1: there is no room. */
static int group_of(shy_rules *rules, const shy_rule *rule, int *contain)
{
    const bool again = rule->kind == SHY_RULE_CONTAIN && *contain >= 0;
    if (again) return *contain;
    if (rules->groups == USER_GROUPS) return -1;
    const int group = rules->groups++;
    rules->least[group] = rule->kind == SHY_RULE_CONTAIN;
    rules->most[group] = rule->kind == SHY_RULE_CONTAIN ? INT32_MAX : rule->number;
    if (rule->kind == SHY_RULE_CONTAIN) *contain = group;
    return group;
}

static shy_status check_contained(const shy_problem *p, int group)
{
    for (int f = 0; f < p->factors; f++) {
        if (p->rules->factor[f].members >> SHY_RULE_BITS * group & 1U) return SHY_OK;
    }
    return shy_fail(SHY_INPUT, "grammar.must_contain: none of the factors in use is among those that every formula must contain.");
}

static shy_status lay_all(shy_problem *p, const shy_cohort *cohort, const shy_rule *rule, int count, shy_which *target)
{
    shy_status st = SHY_OK;
    int contain = -1;
    for (int k = 0; k < count; k++) target[k] = target_of(p, cohort, &rule[k]);
    for (int k = 0; k < count; k++) {
        const bool counts = rule[k].kind == SHY_RULE_MOST || rule[k].kind == SHY_RULE_CONTAIN;
        const int group = counts ? group_of(p->rules, &rule[k], &contain) : 0;
        if (group < 0) return shy_fail(SHY_INPUT, "grammar.most: more than %d rules are not taken.", USER_GROUPS - 1);
        SHY_TRY(lay(p, cohort, rule, target, count, k, group));
    }
    if (contain >= 0) SHY_TRY(check_contained(p, contain));
out:
    return st;
}

shy_status shy_problem_rule(shy_problem *problem, const shy_cohort *cohort, const shy_rule *rule, int count)
{
    shy_status st = SHY_OK;
    shy_which *target = NULL;
    if (count == 0) return SHY_OK;
    SHY_TRY(shy_new((size_t)count, sizeof *target, &target));
    SHY_TRY(begin(problem));
    SHY_TRY(lay_all(problem, cohort, rule, count, target));
out:
    if (st != SHY_OK) shy_rules_free(&problem->rules);
    shy_free(&target);
    return st;
}

void shy_rules_free(shy_rules **rules)
{
    if (!*rules) return;
    shy_free(&(*rules)->factor);
    shy_free(rules);
}

/* ---- what they say ---------------------------------------------------------------------------------------------------------------- */

shy_factor_rule shy_rules_of(const shy_rules *rules, uint32_t factor)
{
    if (!rules || factor >= (uint32_t)rules->factors) return (shy_factor_rule){.transforms = UINT32_MAX};
    return rules->factor[factor];
}

#define GROUP_MOST ((UINT64_C(1) << SHY_RULE_BITS) - 1U)

static int members_of(uint64_t members, int group)
{
    return (int)(members >> SHY_RULE_BITS * group & GROUP_MOST);
}

uint64_t shy_members_add(uint64_t a, uint64_t b)
{
    uint64_t sum = 0;
    for (int g = 0; g < SHY_RULE_GROUPS; g++) {
        const uint64_t both = (uint64_t)(members_of(a, g) + members_of(b, g));
        sum |= (both < GROUP_MOST ? both : GROUP_MOST) << SHY_RULE_BITS * g;
    }
    return sum;
}

shy_factor_rule shy_rules_of_tree(const shy_rules *rules, const shy_tree *tree)
{
    shy_factor_rule rule = {.transforms = UINT32_MAX};
    for (int i = 0; i < tree->count; i++) {
        int before = 0;
        if (tree->node[i].op != SHY_OP_FACTOR) continue;
        while (tree->node[before].op != SHY_OP_FACTOR || tree->node[before].factor != tree->node[i].factor) before++;
        const shy_factor_rule its = shy_rules_of(rules, tree->node[i].factor);
        if (before == i) rule.members = shy_members_add(rule.members, its.members);
        if (its.direction != 0) rule.direction = its.direction;
    }
    return rule;
}

uint64_t shy_members_larger(uint64_t a, uint64_t b)
{
    uint64_t larger = 0;
    for (int g = 0; g < SHY_RULE_GROUPS; g++) {
        const int m = members_of(a, g), n = members_of(b, g);
        larger |= (uint64_t)(m > n ? m : n) << SHY_RULE_BITS * g;
    }
    return larger;
}

bool shy_members_crowded(const shy_rules *rules, uint64_t members)
{
    for (int g = 0; g < rules->groups; g++) {
        if (members_of(members, g) > rules->most[g]) return true;
    }
    return false;
}

bool shy_members_lacking(const shy_rules *rules, uint64_t members)
{
    for (int g = 0; g < rules->groups; g++) {
        if (members_of(members, g) < rules->least[g]) return true;
    }
    return false;
}

/* What a formula among the factors stands for has the directions. */
static bool expanded_directed(const shy_problem *problem, const shy_tree *tree, double slope)
{
    shy_tree expanded = *tree;
    return shy_extended_write_out(problem->extended, &expanded) && shy_rules_directed(problem->extended->base, &expanded, slope);
}

bool shy_rules_directed(const shy_problem *problem, const shy_tree *tree, double slope)
{
    const shy_rules *rules = problem->rules;
    if (!rules || !rules->directed) return true;
    if (problem->extended) return expanded_directed(problem, tree, slope);
    for (int i = 0; i < tree->count; i++) {
        if (tree->node[i].op != SHY_OP_FACTOR) continue;
        const uint32_t factor = tree->node[i].factor;
        const int direction = shy_rules_of(rules, factor).direction;
        if (direction == 0) continue;
        const double sign = slope * direction;
        if (!(sign != 0.0) || !shy_tree_monotone(tree, problem->range, factor, sign > 0.0)) return false;
    }
    return true;
}
