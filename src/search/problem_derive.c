/* What is wanted of each column that is offered: its method for missing values, its range, winsorising, the order of its levels. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "problem_impl.h"

enum { WINSORISED = 1, ORDERED = 2 };

/* Two bits for each method: by a pattern, by name. */
static uint8_t method_bit(int method, bool named)
{
    return (uint8_t)(1 << (2 * method + named));
}

static const char *const missing_key[] = {"missing.complete: column", "missing.median: column", "missing.indicator: column", "missing.multiple: column"};

static bool is_categorical(const struct shy_loading *l, int32_t column)
{
    return shy_cohort_column(l->cohort, column).kind == SHY_KIND_CATEGORICAL;
}

static bool wants_any(const shy_factor_options *o)
{
    bool any = o->missing != SHY_MISSING_COMPLETE || o->winsorise > 0.0 || o->range_count > 0 || o->ordered_count > 0;

    for (int m = 0; m <= SHY_MISSING_MULTIPLE; m++) any = any || o->missing_count[m] > 0;
    return any;
}

bool shy_loading_derives(const struct shy_loading *l)
{
    bool any = wants_any(&l->options->factor);

    for (int k = 0; k < l->offered && !any; k++) any = is_categorical(l, l->offer[k].column);
    return any;
}

static shy_status mark(const struct shy_loading *l, const char *const *patterns, int count, const char *what, uint8_t bit, uint8_t *marks)
{
    const shy_status st = shy_loading_check_patterns(l, patterns, count, what);

    if (st == SHY_OK) shy_loading_mark(l, patterns, count, bit, marks);
    return st;
}

/* ---- marks ------------------------------------------------------------------------------------------------------- */

static shy_status mark_methods(const struct shy_loading *l, uint8_t *marks)
{
    shy_status st = SHY_OK;
    const shy_factor_options *o = &l->options->factor;

    for (int m = 0; m <= SHY_MISSING_MULTIPLE; m++)
        for (int k = 0; k < o->missing_count[m]; k++) {
            const char *const *entry = &o->missing_columns[m][k];
            const bool named = shy_cohort_find(l->cohort, *entry) >= 0;
            SHY_TRY(mark(l, entry, 1, missing_key[m], method_bit(m, named), marks));
        }
out:
    return st;
}

/* A column named in factors.ordered without levels to order is a mistake; one that a pattern happens to match is not. */
static shy_status mark_ordered(const struct shy_loading *l, uint8_t *marks)
{
    shy_status st = SHY_OK;
    const shy_factor_options *o = &l->options->factor;

    SHY_TRY(mark(l, o->ordered, o->ordered_count, "factors.ordered: column", ORDERED, marks));
    for (int k = 0; k < o->ordered_count; k++) {
        const int64_t column = shy_cohort_find(l->cohort, o->ordered[k]);
        if (column < 0 || is_categorical(l, (int32_t)column)) continue;
        SHY_TRY(shy_fail(SHY_INPUT, "factors.ordered: \"%s\" is a column of kind %s in %s; only categorical columns have levels to order.",
                         o->ordered[k], shy_kind_name(shy_cohort_column(l->cohort, column).kind), l->place));
    }
out:
    return st;
}

/* Of the lists of one strength only one may hold the column; names are stronger than patterns, and these than missing.method. */
static shy_status choose_method(const struct shy_loading *l, uint8_t marks, struct shy_source *s)
{
    for (int named = 1; named >= 0; named--) {
        int found = -1;
        for (int m = 0; m <= SHY_MISSING_MULTIPLE; m++) {
            if (!(marks & method_bit(m, named != 0))) continue;
            if (found >= 0)
                return shy_fail(SHY_INPUT, "%s \"%s\" is also in %.*s; take it out of one of the two.", missing_key[m],
                                shy_cohort_column(l->cohort, s->column).name, (int)strcspn(missing_key[found], ":"), missing_key[found]);
            found = m;
        }
        if (found < 0) continue;
        s->method = (uint8_t)found;
        return SHY_OK;
    }
    s->method = (uint8_t)l->options->factor.missing;
    return SHY_OK;
}

/* ---- ranges ------------------------------------------------------------------------------------------------------ */

static struct shy_source *source_of(const struct shy_loading *l, int64_t column)
{
    for (int k = 0; k < l->sources; k++)
        if (l->source[k].column == column) return &l->source[k];
    return NULL;
}

static shy_status set_range(struct shy_loading *l, int64_t column, double lowest, double highest)
{
    const shy_column about = shy_cohort_column(l->cohort, column);
    struct shy_source *s = source_of(l, column);
    const struct shy_part *part = shy_loading_part(l, column);

    if (part && part->role != SHY_ROLE_COVARIATE)
        return shy_fail(SHY_INPUT, "factors.range: \"%s\" is the %s, not a factor; choose its values with samples.where.", about.name,
                        shy_role_name(part->role));
    if (about.kind != SHY_KIND_NUMERIC)
        return shy_fail(SHY_INPUT, "factors.range: \"%s\" is a column of kind %s in %s; only numbers have a range.", about.name,
                        shy_kind_name(about.kind), l->place);
    if (!s) return SHY_OK; /* it is not offered */
    if (s->ranged) return shy_fail(SHY_INPUT, "factors.range: \"%s\" has two ranges; keep one of them.", about.name);
    s->ranged = true, s->lowest = lowest, s->highest = highest;
    return SHY_OK;
}

static shy_status set_ranges(struct shy_loading *l)
{
    shy_status st = SHY_OK;
    const shy_factor_options *o = &l->options->factor;
    char *name = NULL;

    for (int k = 0; k < o->range_count; k++) {
        double lowest, highest;
        shy_free(&name);
        SHY_TRY(shy_range_parse(o->range[k], &name, &lowest, &highest));
        const int64_t column = shy_cohort_find(l->cohort, name);
        if (column < 0) SHY_TRY(shy_loading_unknown(l, "factors.range: column", name));
        SHY_TRY(set_range(l, column, lowest, highest));
    }
out:
    shy_free(&name);
    return st;
}

/* ---- sources ----------------------------------------------------------------------------------------------------- */

static void describe_source(struct shy_loading *l, uint8_t marks, struct shy_source *s)
{
    const shy_column about = shy_cohort_column(l->cohort, s->column);
    const shy_factor_options *o = &l->options->factor;

    s->lowest = -INFINITY, s->highest = INFINITY;
    s->winsorised = o->winsorise > 0.0 && about.kind == SHY_KIND_NUMERIC && (marks & WINSORISED);
    if (about.kind != SHY_KIND_CATEGORICAL) return;
    s->ordered = o->categories == SHY_CATEGORIES_ORDERED || (marks & ORDERED);
    s->first_level = l->level_counts, s->levels = about.levels;
    l->level_counts += about.levels;
}

static shy_status plan_sources(struct shy_loading *l)
{
    shy_status st = SHY_OK;
    const shy_factor_options *o = &l->options->factor;
    uint8_t *marks = NULL, *methods = NULL;

    SHY_TRY(shy_new((size_t)shy_cohort_columns(l->cohort), sizeof *marks, &marks));
    SHY_TRY(shy_new((size_t)shy_cohort_columns(l->cohort), sizeof *methods, &methods));
    SHY_TRY(mark_methods(l, methods));
    SHY_TRY(mark_ordered(l, marks));
    SHY_TRY(mark(l, o->winsorised, o->winsorised_count, "factors.winsorised: column", WINSORISED, marks));
    SHY_TRY(shy_new((size_t)l->offered, sizeof *l->source, &l->source));
    for (; l->sources < l->offered; l->sources++) {
        struct shy_source *s = &l->source[l->sources];
        s->column = l->offer[l->sources].column;
        SHY_TRY(choose_method(l, methods[s->column], s));
        describe_source(l, marks[s->column], s);
    }
    SHY_TRY(set_ranges(l));
    SHY_TRY(shy_new((size_t)l->level_counts, sizeof *l->level_count, &l->level_count));
    l->rare = o->rare > 0 ? o->rare : (l->candidates + 99) / 100;
    if (o->rare == 0 && l->rare < SHY_SAMPLES_LEAST) l->rare = SHY_SAMPLES_LEAST;
out:
    shy_free(&marks);
    shy_free(&methods);
    return st;
}

shy_status shy_loading_derive(struct shy_loading *l)
{
    shy_status st = SHY_OK;

    if (!shy_loading_derives(l)) return SHY_OK;
    SHY_TRY_ALL(l->team, plan_sources(l));
    SHY_TRY(shy_loading_census(l));
    SHY_TRY_ALL(l->team, shy_loading_expand(l));
out:
    return st;
}
