/** Looks through the rows of a cohort: which pass the filter, have the outcome, and have all factors in use. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "problem_impl.h"
#include "shihyo/linalg.h"

/* ---- panels ---------------------------------------------------------------------------------------------------- */

static shy_status make_room(struct shy_loading *l, uint64_t values)
{
    shy_status st = SHY_OK;

    if (values > l->panel_size) {
        SHY_TRY(shy_grow(values, sizeof *l->panel, &l->panel));
        l->panel_size = values;
    }
out:
    return st;
}

shy_status shy_loading_read(struct shy_loading *l, const int64_t *columns, int count, uint64_t first, uint64_t rows)
{
    shy_status st = SHY_OK;

    SHY_TRY_ALL(l->team, make_room(l, (uint64_t)count * rows));
    SHY_TRY_ALL(l->team, shy_cohort_read(l->cohort, columns, count, first, rows, l->panel));
out:
    return st;
}

int shy_loading_panel(const struct shy_loading *l, int *at, struct shy_offer **panel_out, int64_t *columns_out)
{
    int count = 0;

    for (; *at < l->offered && count < l->panel_columns; ++*at) {
        if (l->offer[*at].fate != SHY_FATE_USED) continue;
        columns_out[count] = l->offer[*at].column;
        panel_out[count++] = &l->offer[*at];
    }
    return count;
}

shy_status shy_loading_extremes(const shy_team *team, double *low, double *high, int count)
{
    shy_status st = SHY_OK;
    double both[2 * SHY_PANEL_MOST];

    for (int k = 0; k < count; k++)
        both[k] = -low[k], both[count + k] = high[k];
    SHY_TRY(shy_team_maximum(team, both, 2 * count));
    for (int k = 0; k < count; k++)
        low[k] = -both[k], high[k] = both[count + k];
out:
    return st;
}

static shy_status refuse_infinite(const struct shy_loading *l, const char *what, int64_t column, uint64_t row)
{
    return shy_fail(SHY_INPUT, "%s \"%s\" is infinite in row %llu of %s; correct the value or mark it as missing.",
                    what, shy_cohort_column(l->cohort, column)->name, (unsigned long long)(l->slice_first + row + 1),
                    l->place);
}

/* ---- filter and outcome ---------------------------------------------------------------------------------------- */

/* candidate = passes the filter */
static shy_status apply_filter(struct shy_loading *l)
{
    shy_status st = SHY_OK;
    shy_filter *filter = NULL;
    const int64_t *columns = NULL;
    const char *where = l->options->where ? l->options->where : "";

    SHY_TRY_ALL(l->team, shy_filter_parse(l->cohort, where, &filter));
    const int64_t count = shy_filter_columns(filter, &columns);
    if (count > 0) SHY_TRY(shy_loading_read(l, columns, (int)count, l->slice_first, l->slice_rows));
    shy_filter_apply(filter, l->panel, l->slice_rows, l->candidate);
out:
    shy_filter_free(&filter);
    return st;
}

/* candidate = passes the filter and has the outcome, which is the only column of the panel */
static shy_status check_outcome(struct shy_loading *l, double *counts)
{
    counts[0] = counts[1] = 0.0;
    for (uint64_t i = 0; i < l->slice_rows; i++) {
        if (!l->candidate[i]) continue;
        counts[0] += 1.0;
        if (isinf(l->panel[i])) return refuse_infinite(l, "outcome", l->outcome, i);
        l->candidate[i] = (uint8_t)!isnan(l->panel[i]);
        counts[1] += l->candidate[i];
    }
    return SHY_OK;
}

shy_status shy_loading_filter(struct shy_loading *l)
{
    shy_status st = SHY_OK;
    shy_problem *p = l->problem;
    double counts[2];

    SHY_TRY(apply_filter(l));
    SHY_TRY(shy_loading_read(l, &l->outcome, 1, l->slice_first, l->slice_rows));
    SHY_TRY_ALL(l->team, check_outcome(l, counts));
    SHY_TRY(shy_group_sum(l->team, counts, 2));
    p->n_filtered = (uint64_t)counts[0];
    l->candidates = (uint64_t)counts[1];
    if (p->n_filtered == 0)
        return shy_fail(SHY_INPUT, "samples.where keeps none of the %llu rows of %s; widen it.",
                        (unsigned long long)p->n_cohort, l->place);
    if (l->candidates == 0)
        return shy_fail(SHY_INPUT,
                        "outcome \"%s\" has no value in any of the %llu rows of %s that pass samples.where. "
                        "Choose another outcome or other samples.",
                        p->outcome, (unsigned long long)p->n_filtered, l->place);
    if (p->ops == shy_outcome_find("binary")) SHY_TRY(shy_loading_levels(l, l->panel));
out:
    return st;
}

/* ---- factors --------------------------------------------------------------------------------------------------- */

struct panel {
    int count;
    struct shy_offer *offer[SHY_PANEL_MOST];
    int64_t column[SHY_PANEL_MOST];
    double missing[SHY_PANEL_MOST], low[SHY_PANEL_MOST], high[SHY_PANEL_MOST];
};

/* What the candidates of my slice say about each column. */
static shy_status survey(const struct shy_loading *l, struct panel *panel)
{
    for (int k = 0; k < panel->count; k++) {
        const double *values = l->panel + (uint64_t)k * l->slice_rows;
        panel->missing[k] = 0.0, panel->low[k] = INFINITY, panel->high[k] = -INFINITY;
        for (uint64_t i = 0; i < l->slice_rows; i++) {
            if (!l->candidate[i]) continue;
            if (isinf(values[i])) return refuse_infinite(l, "factor", panel->column[k], i);
            panel->missing[k] += isnan(values[i]);
            panel->low[k] = fmin(panel->low[k], values[i]); /* of a number and NaN it is the number */
            panel->high[k] = fmax(panel->high[k], values[i]);
        }
    }
    return SHY_OK;
}

static void decide_fates(const struct shy_loading *l, const struct panel *panel)
{
    for (int k = 0; k < panel->count; k++) {
        struct shy_offer *offer = panel->offer[k];
        const double *values = l->panel + (uint64_t)k * l->slice_rows;
        offer->missing = (uint64_t)panel->missing[k];
        if (offer->missing == l->candidates)
            offer->fate = SHY_FATE_EMPTY;
        else if (panel->low[k] == panel->high[k])
            offer->fate = SHY_FATE_CONSTANT;
        if (offer->fate != SHY_FATE_USED || offer->missing == 0) continue;
        for (uint64_t i = 0; i < l->slice_rows; i++)
            if (isnan(values[i])) l->lacks[i] = 1;
    }
}

/* l->sample = the rows of all samples, on every member. */
static shy_status gather_samples(struct shy_loading *l)
{
    shy_status st = SHY_OK;
    double *mine = NULL, all = 0.0;
    int *starts = NULL, count = 0;

    for (uint64_t i = 0; i < l->slice_rows; i++)
        count += l->candidate[i] && !l->lacks[i];
    all = count;
    SHY_TRY(shy_group_sum(l->team, &all, 1));
    l->samples = (uint64_t)all;
    shy_free(&l->sample);
    st = shy_new((size_t)count, sizeof *mine, &mine);
    if (st == SHY_OK) st = shy_new((size_t)l->team->row_blocks + 1, sizeof *starts, &starts);
    if (st == SHY_OK) st = shy_new((size_t)l->samples, sizeof *l->sample, &l->sample);
    SHY_TRY_ALL(l->team, st);
    count = 0;
    for (uint64_t i = 0; i < l->slice_rows; i++)
        if (l->candidate[i] && !l->lacks[i]) mine[count++] = (double)(l->slice_first + i);
    shy_vector_gather(l->team, mine, count, l->sample, starts);
out:
    shy_free(&mine);
    shy_free(&starts);
    return st;
}

shy_status shy_loading_complete(struct shy_loading *l)
{
    shy_status st = SHY_OK;
    struct panel panel;
    int at = 0;

    if (l->slice_rows > 0) memset(l->lacks, 0, (size_t)l->slice_rows);
    while ((panel.count = shy_loading_panel(l, &at, panel.offer, panel.column)) > 0) {
        SHY_TRY(shy_loading_read(l, panel.column, panel.count, l->slice_first, l->slice_rows));
        SHY_TRY_ALL(l->team, survey(l, &panel));
        SHY_TRY(shy_group_sum(l->team, panel.missing, panel.count));
        SHY_TRY(shy_loading_extremes(l->team, panel.low, panel.high, panel.count));
        decide_fates(l, &panel);
    }
    SHY_TRY(gather_samples(l));
out:
    return st;
}
