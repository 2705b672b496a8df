/* What was made from columns, in sentences: what is filled, pooled, ordered, cut off, or implausible. */
#include "shy_config.h"

#include <math.h>

#include "problem_impl.h"

static const char *column_name(const struct shy_loading *l, int32_t column)
{
    return shy_cohort_column(l->cohort, column).name;
}

/* ---- ranges ------------------------------------------------------------------------------------------------------ */

static const char *limit_text(double limit, char *room)
{
    return isfinite(limit) ? shy_text_shortest(limit, room) : "";
}

static shy_status note_ranges(const struct shy_loading *l)
{
    shy_status st = SHY_OK;
    char count[32], lowest[32], highest[32];

    for (int k = 0; k < l->sources; k++) {
        const struct shy_source *s = &l->source[k];
        if (s->outside == 0) continue;
        SHY_TRY(shy_problem_note(l->problem, "%s value%s of %s outside %s..%s %s treated as missing.", shy_text_thousands(s->outside, count),
                                 s->outside == 1 ? "" : "s", column_name(l, s->column), limit_text(s->lowest, lowest),
                                 limit_text(s->highest, highest), s->outside == 1 ? "is" : "are"));
    }
out:
    return st;
}

/* ---- levels ------------------------------------------------------------------------------------------------------ */

/* The names of the levels of a source that are carried by `least` to `most` of the samples; owned. */
static shy_status list_levels(const struct shy_loading *l, const struct shy_source *s, uint64_t least, uint64_t most, char **text_out)
{
    const shy_column about = shy_cohort_column(l->cohort, s->column);
    const char *names[SHY_NAMES_LISTED];
    int count = 0;

    for (int v = 0; v < s->levels; v++) {
        const uint64_t carriers = l->level_count[s->first_level + v];
        if (carriers < least || carriers > most) continue;
        if (count < SHY_NAMES_LISTED) names[count] = about.level_names[v];
        count++;
    }
    return shy_names_list(names, count, text_out);
}

static shy_status note_rare(const struct shy_loading *l, const struct shy_source *s)
{
    shy_status st = SHY_OK;
    const char *name = column_name(l, s->column);
    char *list = NULL, least[32];

    SHY_TRY(list_levels(l, s, 1, l->rare - 1, &list));
    shy_text_thousands(l->rare, least);
    if (s->pooled > 0)
        SHY_TRY(shy_problem_note(l->problem, "Levels of %s with fewer than %s samples are one, %s == (other): %s.", name, least, name, list));
    else
        SHY_TRY(shy_problem_note(l->problem, "%s of %s with fewer than %s samples %s no factor: %s.", s->dropped == 1 ? "The level" : "Levels",
                                 name, least, s->dropped == 1 ? "is" : "are", list));
out:
    shy_free(&list);
    return st;
}

static shy_status note_order(const struct shy_loading *l, const struct shy_source *s)
{
    shy_status st = SHY_OK;
    char *list = NULL;

    SHY_TRY(list_levels(l, s, 0, UINT64_MAX, &list));
    SHY_TRY(shy_problem_note(l->problem, "The levels of %s count as 0 to %d in this order: %s; `levels` in the import's schema sets another.", column_name(l, s->column), s->levels - 1, list));
out:
    shy_free(&list);
    return st;
}

/* One sentence for a column, as long as there are not very many. */
static shy_status note_levels(const struct shy_loading *l)
{
    shy_status st = SHY_OK;
    int noted = 0, more = 0;

    for (int k = 0; k < l->sources; k++) {
        const struct shy_source *s = &l->source[k];
        if (s->levels == 0 || (!s->ordered && s->pooled + s->dropped == 0)) continue;
        if (noted == SHY_NAMES_LISTED) {
            more++;
            continue;
        }
        SHY_TRY(s->ordered ? note_order(l, s) : note_rare(l, s));
        noted++;
    }
    if (more > 0) SHY_TRY(shy_problem_note(l->problem, "%d more columns have rare or ordered levels.", more));
out:
    return st;
}

/* ---- fills ------------------------------------------------------------------------------------------------------- */

static bool is_filled(const struct shy_loading *l, int k)
{
    const struct shy_recipe *recipe = shy_loading_recipe(l, &l->offer[k]);

    if (!recipe || !recipe->fills || l->offer[k].fate != SHY_FATE_USED) return false;
    for (int j = k - 1; j >= 0 && l->offer[j].column == l->offer[k].column; j--) /* factors of one column stand together */
        if (is_filled(l, j)) return false;
    return true;
}

/* Columns by how much of them is filled: those that matter are listed. */
static void insert_most(const struct shy_loading *l, int k, int *most, int listed)
{
    int at = listed < SHY_NAMES_LISTED ? listed : SHY_NAMES_LISTED;

    for (; at > 0 && l->offer[most[at - 1]].missing < l->offer[k].missing; at--)
        if (at < SHY_NAMES_LISTED) most[at] = most[at - 1];
    if (at < SHY_NAMES_LISTED) most[at] = k;
}

static shy_status note_fills(const struct shy_loading *l)
{
    shy_status st = SHY_OK;
    int most[SHY_NAMES_LISTED], columns = 0;
    char *piece[SHY_NAMES_LISTED] = {NULL}, *list = NULL, count[32], many[32];
    uint64_t values = 0;

    for (int k = 0; k < l->offered; k++) {
        if (!is_filled(l, k)) continue;
        insert_most(l, k, most, columns++);
        values += l->offer[k].missing;
    }
    if (columns == 0) return SHY_OK;
    for (int j = 0; j < columns && j < SHY_NAMES_LISTED; j++)
        SHY_TRY(shy_string_format(&piece[j], "%s (%s)", column_name(l, l->offer[most[j]].column),
                                  shy_text_thousands(l->offer[most[j]].missing, count)));
    SHY_TRY(shy_names_list((const char *const *)piece, columns, &list));
    SHY_TRY(shy_problem_note(l->problem, "%s missing value%s of %s column%s %s filled with the column's median or most frequent level: %s.",
                             shy_text_thousands(values, count), values == 1 ? "" : "s", shy_text_thousands((uint64_t)columns, many), columns == 1 ? "" : "s",
                             values == 1 ? "is" : "are", list));
out:
    for (int j = 0; j < SHY_NAMES_LISTED; j++) shy_free(&piece[j]);
    shy_free(&list);
    return st;
}

/* What the search does not do with what is missing. */
static shy_status note_imputed(const struct shy_loading *l)
{
    bool any = false;

    for (int k = 0; k < l->offered && !any; k++) any = is_filled(l, k) && shy_loading_recipe(l, &l->offer[k])->how.imputed;
    if (!any) return SHY_OK;
    return shy_problem_note(l->problem, "missing.method multiple: the search works with these fills; afterwards the formulas of the front are refitted on "
                                        "imputed data sets.");
}

static shy_status note_limits(const struct shy_loading *l)
{
    int factors = 0;

    for (int k = 0; k < l->offered; k++) {
        const struct shy_recipe *recipe = shy_loading_recipe(l, &l->offer[k]);
        factors += recipe && recipe->winsorised && l->offer[k].fate == SHY_FATE_USED && isfinite(recipe->how.low);
    }
    if (factors == 0) return SHY_OK;
    return shy_problem_note(l->problem, "Values of %d factor%s beyond the quantiles %g and %g are set to these.", factors,
                            factors == 1 ? "" : "s", l->options->factor.winsorise, 1.0 - l->options->factor.winsorise);
}

shy_status shy_loading_note_derived(const struct shy_loading *l)
{
    shy_status st = SHY_OK;

    SHY_TRY(note_ranges(l));
    SHY_TRY(note_levels(l));
    SHY_TRY(note_limits(l));
    SHY_TRY(note_fills(l));
    SHY_TRY(note_imputed(l));
out:
    return st;
}
