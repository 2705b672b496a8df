/* Rules for single factors: what they say of a set of factors, and of a formula with its constants. */
#ifndef SHY_RULES_H
#define SHY_RULES_H

#include "shihyo/search.h"

#define SHY_RULE_BITS 4 /* of shy_factor_rule.members, for each group */

shy_factor_rule shy_rules_of(const shy_rules *rules, uint32_t factor); /* rules NULL: none */
/*
 * Of a formula that serves as a factor: it counts for the factors in it, each once, and any transform may stand on it. It has a direction (of no
 * meaning by itself) if one of them has.
 */
shy_factor_rule shy_rules_of_tree(const shy_rules *rules, const shy_tree *tree);
/* a + b, group by group, none above what four bits hold. */
uint64_t shy_members_add(uint64_t a, uint64_t b);
uint64_t shy_members_larger(uint64_t a, uint64_t b); /* the larger of both, group by group */
bool shy_members_crowded(const shy_rules *rules, uint64_t members); /* more of a group than a formula may have */
bool shy_members_lacking(const shy_rules *rules, uint64_t members); /* fewer of a group than it must have */
/*
 * Does intercept + slope·tree move with each factor that has a direction as it must, whatever values the factors of the tree have within their
 * ranges? Where interval arithmetic cannot show it, it does not. The tree is over the problem's factors.
 */
bool shy_rules_directed(const shy_problem *problem, const shy_tree *tree, double slope);
void shy_rules_free(shy_rules **rules);

#endif
