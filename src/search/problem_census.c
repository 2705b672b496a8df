/* What the candidates have of each column that factors are made of: how many values are missing, implausible, or of each level. */
#include "shy_config.h"

#include <math.h>

#include "problem_impl.h"

/* What is counted of the candidates of my slice, for all sources: missing, outside, then the levels. */
struct census {
    double *values; /* panel_columns × slice_rows */
    int64_t *column; /* [panel_columns] */
    int *source;     /* [panel_columns] */
    uint64_t *count; /* [sources]: missing; [sources]: outside; [level_counts] */
};

static shy_status make_census(const struct shy_loading *l, struct census *c)
{
    shy_status st = SHY_OK;

    SHY_TRY(shy_new((size_t)l->panel_columns, sizeof *c->column, &c->column));
    SHY_TRY(shy_new((size_t)l->panel_columns, sizeof *c->source, &c->source));
    SHY_TRY(shy_new((size_t)l->panel_columns * l->slice_rows, sizeof *c->values, &c->values));
    SHY_TRY(shy_new(2 * (size_t)l->sources + (size_t)l->level_counts, sizeof *c->count, &c->count));
out:
    return st;
}

static void count_values(const struct shy_loading *l, int k, const double *values, uint64_t *count)
{
    const struct shy_source *s = &l->source[k];
    uint64_t *level = count + 2 * (size_t)l->sources + (size_t)s->first_level;

    for (uint64_t i = 0; i < l->slice_rows; i++) {
        if (!l->candidate[i]) continue;
        const bool outside = values[i] < s->lowest || values[i] > s->highest, missing = outside || isnan(values[i]);
        count[k] += missing;
        count[l->sources + k] += outside;
        if (!missing && values[i] >= 0.0 && values[i] < (double)s->levels) level[(int)values[i]]++;
    }
}

/* Of a column that is taken as it is nothing has to be known here. */
static bool needs_census(const struct shy_source *s)
{
    return s->levels > 0 || s->ranged || s->method != SHY_MISSING_COMPLETE;
}

/* The next sources from *at to before `end`, as many as the panel takes; moves *at behind them. */
static int next_panel(const struct shy_loading *l, struct census *c, int *at, int end)
{
    int count = 0;

    for (; *at < end && count < l->panel_columns; ++*at) {
        if (!needs_census(&l->source[*at])) continue;
        c->column[count] = l->source[*at].column;
        c->source[count++] = *at;
    }
    return count;
}

/* My group's share of the sources. */
static shy_status count_share(const struct shy_loading *l, struct census *c)
{
    shy_status st = SHY_OK;
    const int64_t sources = l->sources, groups = l->team->groups, group = l->team->group;
    const int end = (int)(sources * (group + 1) / groups);
    int at = (int)(sources * group / groups), count;

    while ((count = next_panel(l, c, &at, end)) > 0) {
        SHY_TRY(shy_cohort_read_alone(l->cohort, c->column, count, l->slice_first, l->slice_rows, c->values));
        for (int j = 0; j < count; j++) count_values(l, c->source[j], c->values + (uint64_t)j * l->slice_rows, c->count);
    }
out:
    return st;
}

shy_status shy_loading_census(struct shy_loading *l)
{
    shy_status st = SHY_OK;
    struct census c = {0};

    SHY_TRY_ALL(l->team, make_census(l, &c));
    SHY_TRY_ALL(l->team, count_share(l, &c));
    SHY_TRY(shy_team_sum_counts(l->team, c.count, 2 * l->sources + l->level_counts));
    for (int k = 0; k < l->sources; k++) l->source[k].missing = c.count[k], l->source[k].outside = c.count[l->sources + k];
    for (int v = 0; v < l->level_counts; v++) l->level_count[v] = c.count[2 * l->sources + v];
out:
    shy_free(&c.values);
    shy_free(&c.column);
    shy_free(&c.source);
    shy_free(&c.count);
    return st;
}
