/** Which columns of a cohort take part: the outcome, and the factors that the patterns offer. */
#include "shy_config.h"

#include <string.h>

#include "problem_impl.h"

static bool is_factor_kind(const struct shy_loading *l, int64_t column)
{
    const shy_kind kind = shy_cohort_column(l->cohort, column).kind;
    const shy_factor_options *o = &l->options->factor;

    if (kind == SHY_KIND_CATEGORICAL) return o->categories != SHY_CATEGORIES_OFF || o->ordered_count > 0;
    return kind == SHY_KIND_NUMERIC || kind == SHY_KIND_BINARY;
}

/* * is any text, ? one character (of UTF-8). Brackets mean nothing here: names of columns may hold them. */
bool shy_name_matches(const char *pattern, const char *name)
{
    const char *star = NULL, *resume = NULL;

    while (*name) {
        if (*pattern == '*') {
            star = ++pattern, resume = name;
        } else if (*pattern == '?' || *pattern == *name) {
            const bool any = *pattern++ == '?';
            name++;
            while (any && (*name & 0xC0) == 0x80)
                name++;
        } else if (star) {
            pattern = star, name = ++resume;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

static bool is_pattern(const char *text)
{
    return strpbrk(text, "*?") != NULL;
}

enum { INCLUDED = 1, EXCLUDED = 2, OWN = 4 }; /* own: what the outcome is made of */

/* A mark on every column that is named or matched. Names are looked up: there may be as many of them as columns. */
void shy_loading_mark(const struct shy_loading *l, const char *const *patterns, int count, uint8_t bit, uint8_t *marks)
{
    const int64_t columns = shy_cohort_columns(l->cohort);

    for (int k = 0; k < count; k++) {
        const int64_t named = shy_cohort_find(l->cohort, patterns[k]);
        if (named >= 0) marks[named] |= bit;
        for (int64_t c = 0; is_pattern(patterns[k]) && c < columns; c++)
            if (shy_name_matches(patterns[k], shy_cohort_column(l->cohort, c).name)) marks[c] |= bit;
    }
}

shy_status shy_loading_unknown(const struct shy_loading *l, const char *what, const char *name)
{
    const char *nearest = shy_cohort_nearest(l->cohort, name);

    if (nearest)
        return shy_fail(SHY_INPUT, "%s \"%s\" is not a column of %s; did you mean \"%s\"?", what, name, l->place,
                        nearest);
    return shy_fail(SHY_INPUT, "%s \"%s\" is not a column of %s; `shihyo inspect` lists its columns.", what, name,
                    l->place);
}

/* Each pattern is to match something: a misspelt one would silently offer less, or, worse, exclude less. */
shy_status shy_loading_check_patterns(const struct shy_loading *l, const char *const *patterns, int count, const char *what)
{
    const int64_t columns = shy_cohort_columns(l->cohort);

    for (int k = 0; k < count; k++) {
        if (shy_cohort_find(l->cohort, patterns[k]) >= 0) continue;
        if (!is_pattern(patterns[k])) return shy_loading_unknown(l, what, patterns[k]);
        int64_t c = 0;
        while (c < columns && !shy_name_matches(patterns[k], shy_cohort_column(l->cohort, c).name))
            c++;
        if (c == columns)
            return shy_fail(SHY_INPUT, "%s \"%s\" matches no column of %s; `shihyo inspect --all` lists them.", what,
                            patterns[k], l->place);
    }
    return SHY_OK;
}

/*
 * A column asked for by its full name that cannot be a factor is a mistake; one that a pattern happens to match is
 * not.
 */
static shy_status check_kinds(const struct shy_loading *l)
{
    for (int k = 0; k < l->options->include_count; k++) {
        const int64_t index = shy_cohort_find(l->cohort, l->options->include[k]);
        if (index < 0) continue;
        const shy_column about = shy_cohort_column(l->cohort, index), *column = &about;
        const struct shy_part *part = shy_loading_part(l, index);
        if (part && part->role != SHY_ROLE_COVARIATE)
            return shy_fail(SHY_INPUT, "\"%s\" is the %s%s and cannot be a factor as well; take it out of factors.include.", column->name,
                            shy_role_name(part->role), part->role == SHY_ROLE_OUTCOME ? "" : " of the outcome");
        if (!is_factor_kind(l, index))
            return shy_fail(SHY_INPUT, "factor \"%s\" is a column of kind %s in %s; factors are numeric or binary%s.",
                            column->name, shy_kind_name(column->kind), l->place,
                            column->kind == SHY_KIND_CATEGORICAL ? ", or made from categories with factors.categories" : "");
    }
    return SHY_OK;
}

/* A covariate may be a factor, too, if that is asked for by its full name: alone it explains nothing, beside others it may. */
static void mark_own(const struct shy_loading *l, uint8_t *marks)
{
    for (int k = 0; k < l->parts; k++)
        marks[l->part[k].column] |= OWN;
    for (int k = 0; k < l->options->include_count; k++) {
        const int64_t named = shy_cohort_find(l->cohort, l->options->include[k]);
        const struct shy_part *part = named < 0 ? NULL : shy_loading_part(l, named);
        if (part && part->role == SHY_ROLE_COVARIATE) marks[named] &= (uint8_t)~OWN;
    }
}

static bool is_offered(const struct shy_loading *l, uint8_t marks)
{
    if (marks & (OWN | EXCLUDED)) return false;
    return l->options->include_count == 0 || (marks & INCLUDED);
}

/* What is offered, and what only its kind keeps from that; counted before there is room for it. */
static void list_offers(struct shy_loading *l, const uint8_t *marks)
{
    const int64_t columns = shy_cohort_columns(l->cohort);

    l->offered = l->aside_count = 0;
    for (int64_t c = 0; c < columns; c++) {
        if (!is_offered(l, marks[c])) continue;
        if (is_factor_kind(l, c)) {
            if (l->offer) l->offer[l->offered] = (struct shy_offer){.column = (int32_t)c, .recipe = -1};
            l->offered++;
        } else if (shy_cohort_column(l->cohort, c).kind == SHY_KIND_CATEGORICAL) {
            if (l->aside) l->aside[l->aside_count] = (int32_t)c;
            l->aside_count++;
        }
    }
}

static shy_status select_factors(struct shy_loading *l)
{
    shy_status st = SHY_OK;
    const shy_problem_options *o = l->options;
    const int64_t columns = shy_cohort_columns(l->cohort);
    uint8_t *marks = NULL;

    if (columns > INT32_MAX) return shy_fail(SHY_INPUT, "%s has more than 2^31 columns; offer it in parts.", l->place);
    SHY_TRY(shy_new((size_t)columns, sizeof *marks, &marks));
    shy_loading_mark(l, o->include, o->include_count, INCLUDED, marks);
    shy_loading_mark(l, o->exclude, o->exclude_count, EXCLUDED, marks);
    mark_own(l, marks);
    list_offers(l, marks);
    SHY_TRY(shy_new((size_t)l->offered, sizeof *l->offer, &l->offer));
    SHY_TRY(shy_new((size_t)l->aside_count, sizeof *l->aside, &l->aside));
    list_offers(l, marks);
    if (l->offered == 0)
        SHY_TRY(shy_fail(SHY_INPUT,
                         "no column of %s is left to be a factor: factors are numeric, binary or categorical columns that factors.include "
                         "names and factors.exclude does not, without the outcome and its covariates.",
                         l->place));
out:
    shy_free(&marks);
    return st;
}

shy_status shy_loading_select(struct shy_loading *l)
{
    shy_status st = SHY_OK;
    const shy_problem_options *o = l->options;

    SHY_TRY(shy_loading_roles(l));
    SHY_TRY(shy_loading_check_patterns(l, o->include, o->include_count, "factor"));
    SHY_TRY(shy_loading_check_patterns(l, o->exclude, o->exclude_count, "excluded factor"));
    SHY_TRY(check_kinds(l));
    SHY_TRY(select_factors(l));
out:
    return st;
}
