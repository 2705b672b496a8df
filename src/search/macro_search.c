/* A search with formulas as operands, and what it finds as formulas of the problem's own factors. */
#include "shy_config.h"

#include <string.h>

#include "macro.h"
#include "rules.h"

/* A formula of this search as one over the base's factors. Rank 0. */
static shy_status absorb_one(const shy_extended *e, const shy_search_options *options, const shy_found *from, shy_search_result *result)
{
    shy_status st = SHY_OK;
    shy_found found = *from;
    found.text = NULL, found.twins = NULL, found.twins_listed = 0;
    found.complexity = shy_extended_complexity(e, &options->grammar, &from->tree, from->complexity);
    if (found.complexity > SHY_COMPLEXITY_MAX || !shy_extended_write_out(e, &found.tree)) return SHY_OK;
    if (!shy_rules_directed(e->base, &found.tree, found.slope)) return SHY_OK;
    found.is_template = from->tree.count == 1 && e->macro[(int)from->tree.node[0].factor - e->base->factors].is_template;
    SHY_TRY(shy_tree_print(&found.tree, (const char *const *)e->base->name, 0, &found.text));
    SHY_TRY(shy_new((size_t)from->twins_listed, sizeof *found.twins, &found.twins));
    for (int t = 0; t < from->twins_listed; t++) SHY_TRY(shy_string_copy(from->twins[t], &found.twins[found.twins_listed++]));
    SHY_TRY(shy_result_add(result, options->keep, &found));
out:
    shy_found_release(&found);
    return st;
}

/* A result that is all of `more` but its formulas. */
static shy_status begin_result(const shy_search_result *more, shy_search_result **result_out)
{
    shy_status st = SHY_OK;
    shy_search_result *result = NULL;
    SHY_TRY(shy_new(1, sizeof *result, &result));
    *result = *more;
    result->level = NULL, result->levels = 0;
    result->front_level = result->front_index = NULL, result->front_count = 0;
    *result_out = result;
out:
    return st;
}

static shy_status absorb(const shy_extended *e, const shy_search_options *options, const shy_search_result *more, shy_search_result **result_io)
{
    shy_status st = SHY_OK;
    if (*result_io) shy_result_spent(*result_io, more);
    else SHY_TRY(begin_result(more, result_io));
    for (int l = 0; l < more->levels; l++) {
        for (int i = 0; i < more->level[l].count; i++) SHY_TRY(absorb_one(e, options, &more->level[l].found[i], *result_io));
    }
    SHY_TRY(shy_result_draw_front(*result_io));
out:
    return st;
}

shy_status shy_macros_search(const shy_problem *base, const shy_search_options *options, const shy_macro *macro, int count,
                             const shy_monitor *monitor, shy_search_result **result_io)
{
    shy_status st = SHY_OK;
    shy_extended *extended = NULL;
    shy_search_result *more = NULL;
    shy_search_options own = *options;
    own.lists = NULL; /* these are of formulas without macros */
    SHY_TRY(shy_extended_create(base, &options->grammar, macro, count, &extended));
    SHY_TRY(shy_search_once(&extended->problem, &own, monitor, &more));
    SHY_TRY_ALL(base->team, base->team->rank == 0 ? absorb(extended, options, more, result_io) : SHY_OK);
out:
    shy_search_result_free(&more);
    shy_extended_destroy(&extended);
    return st;
}
