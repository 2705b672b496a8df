/** Looks through the rows of a cohort: which pass the filter, have the outcome, and have all factors in use. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "derive.h"
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

static shy_status refuse_infinite(const struct shy_loading *l, const char *what, int64_t column, uint64_t row)
{
    return shy_fail(SHY_INPUT, "%s \"%s\" is infinite in row %llu of %s; correct the value or mark it as missing.",
                    what, shy_cohort_column(l->cohort, column).name, (unsigned long long)(l->slice_first + row + 1),
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

shy_status shy_loading_filter(struct shy_loading *l)
{
    shy_status st = SHY_OK;

    SHY_TRY(apply_filter(l));
    SHY_TRY(shy_loading_candidates(l));
out:
    return st;
}

/* ---- factors --------------------------------------------------------------------------------------------------- */

/* Some columns in use, for the rows of my slice, and what the candidates of the whole group say about them. */
struct panel {
    int count;
    int *offer;      /* [panel_columns] */
    int64_t *column; /* [panel_columns] */
    double *missing; /* [panel_columns] */
    double *extreme; /* [2 panel_columns]: minus the lowest values, then the highest ones */
};

static void free_panel(struct panel *panel)
{
    shy_free(&panel->offer);
    shy_free(&panel->column);
    shy_free(&panel->missing);
    shy_free(&panel->extreme);
}

static shy_status make_panel(struct shy_loading *l, struct panel *panel)
{
    shy_status st = SHY_OK;
    const size_t columns = (size_t)l->panel_columns;

    SHY_TRY(shy_new(columns, sizeof *panel->offer, &panel->offer));
    SHY_TRY(shy_new(columns, sizeof *panel->column, &panel->column));
    SHY_TRY(shy_new(columns, sizeof *panel->missing, &panel->missing));
    SHY_TRY(shy_new(2 * columns, sizeof *panel->extreme, &panel->extreme));
    SHY_TRY(make_room(l, columns * l->slice_rows));
out:
    return st;
}

/* The next offers in use from *at to before `end`, as many as the panel takes; moves *at behind them. */
static void next_panel(const struct shy_loading *l, int *at, int end, struct panel *panel)
{
    panel->count = 0;
    for (; *at < end && panel->count < l->panel_columns; ++*at) {
        if (l->offer[*at].fate != SHY_FATE_USED) continue;
        panel->column[panel->count] = l->offer[*at].column;
        panel->offer[panel->count++] = *at;
    }
}

/* The factor's values before anything is filled or cut off. */
static void derive(const struct shy_loading *l, int offer, double *values)
{
    const struct shy_recipe *recipe = shy_loading_recipe(l, &l->offer[offer]);

    if (!recipe) return;
    shy_derivation how = recipe->how;
    how.fill = NAN, how.low = -INFINITY, how.high = INFINITY;
    shy_derive_rows(&how, l->slice_rows, values);
}

static bool is_filled(const struct shy_loading *l, int offer)
{
    const struct shy_recipe *recipe = shy_loading_recipe(l, &l->offer[offer]);
    return recipe && recipe->fills;
}

/* What the candidates of my slice say about each column. */
static shy_status survey(struct shy_loading *l, struct panel *panel)
{
    shy_status st = SHY_OK;

    SHY_TRY(shy_cohort_read_alone(l->cohort, panel->column, panel->count, l->slice_first, l->slice_rows, l->panel));
    for (int k = 0; k < panel->count; k++) {
        double *values = l->panel + (uint64_t)k * l->slice_rows;
        derive(l, panel->offer[k], values);
        double missing = 0.0, low = INFINITY, high = -INFINITY;
        for (uint64_t i = 0; i < l->slice_rows; i++) {
            if (!l->candidate[i]) continue;
            if (isinf(values[i])) return refuse_infinite(l, "factor", panel->column[k], i);
            missing += isnan(values[i]);
            low = fmin(low, values[i]); /* of a number and NaN it is the number */
            high = fmax(high, values[i]);
        }
        panel->missing[k] = missing, panel->extreme[k] = -low, panel->extreme[panel->count + k] = high;
    }
out:
    return st;
}

static enum shy_fate judge_column(const struct shy_loading *l, const struct panel *panel, int k)
{
    if (panel->missing[k] == (double)l->candidates) return SHY_FATE_EMPTY;
    return -panel->extreme[k] == panel->extreme[panel->count + k] ? SHY_FATE_CONSTANT : SHY_FATE_USED;
}

/* What is known of a column as one number, so that it can travel. */
static uint64_t verdict_of(uint64_t missing, enum shy_fate fate)
{
    return missing << 2 | (uint64_t)fate;
}

/* One member of the group speaks for it. */
static void decide_fates(const struct shy_loading *l, const struct panel *panel, uint64_t *verdict)
{
    for (int k = 0; k < panel->count; k++) {
        const enum shy_fate fate = judge_column(l, panel, k);
        const double *values = l->panel + (uint64_t)k * l->slice_rows;
        if (l->team->row_block == 0) verdict[panel->offer[k]] = verdict_of((uint64_t)panel->missing[k], fate);
        if (fate != SHY_FATE_USED || panel->missing[k] == 0.0 || is_filled(l, panel->offer[k])) continue;
        for (uint64_t i = 0; i < l->slice_rows; i++)
            if (isnan(values[i])) l->lacks[i] = 1;
    }
}

/* My group's share of the factors; its members go through it together. */
static shy_status look_through(struct shy_loading *l, struct panel *panel, uint64_t *verdict)
{
    shy_status st = SHY_OK;
    const int64_t offered = l->offered, groups = l->team->groups, group = l->team->group;
    const int end = (int)(offered * (group + 1) / groups);
    int at = (int)(offered * group / groups);

    for (next_panel(l, &at, end, panel); panel->count > 0; next_panel(l, &at, end, panel)) {
        SHY_TRY(shy_group_agree(l->team, survey(l, panel)));
        SHY_TRY(shy_group_sum(l->team, panel->missing, panel->count));
        SHY_TRY(shy_group_maximum(l->team, panel->extreme, 2 * panel->count));
        decide_fates(l, panel, verdict);
    }
out:
    return st;
}

/* A column that was out before keeps what was known of it. */
static void note_verdicts(struct shy_loading *l, const uint64_t *verdict)
{
    for (int k = 0; k < l->offered; k++) {
        if (l->offer[k].fate != SHY_FATE_USED) continue;
        l->offer[k].fate = (enum shy_fate)(verdict[k] & 3U);
        l->offer[k].missing = verdict[k] >> 2;
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

/* Bands that are read in pieces, because few of their columns are wanted, are decompressed once. */
#define BAND_BYTES (UINT64_C(16) << 20)

static shy_status begin_panels(struct shy_loading *l, struct panel *panel, uint64_t **verdict_out)
{
    shy_status st = SHY_OK;
    const uint64_t band = shy_cohort_band_bytes(l->cohort, l->slice_rows);

    SHY_TRY(make_panel(l, panel));
    SHY_TRY(shy_new((size_t)l->offered, sizeof **verdict_out, verdict_out));
    if (band <= BAND_BYTES && (l->options->memory == 0 || band <= l->options->memory / 16)) SHY_TRY(shy_cohort_cache(l->cohort, band));
out:
    return st;
}

shy_status shy_loading_complete(struct shy_loading *l)
{
    shy_status st = SHY_OK;
    struct panel panel = {0};
    uint64_t *verdict = NULL;

    if (l->slice_rows > 0) memset(l->lacks, 0, (size_t)l->slice_rows);
    SHY_TRY_ALL(l->team, begin_panels(l, &panel, &verdict));
    SHY_TRY_ALL(l->team, look_through(l, &panel, verdict));
    SHY_TRY(shy_team_sum_counts(l->team, verdict, l->offered));
    note_verdicts(l, verdict);
    SHY_TRY(shy_peers_unite(l->team, l->lacks, l->slice_rows));
    SHY_TRY(gather_samples(l));
out:
    (void)shy_cohort_cache(l->cohort, 0); /* less memory is never refused */
    free_panel(&panel);
    shy_free(&verdict);
    shy_free(&l->panel); /* the columns need the room */
    l->panel_size = 0;
    return st;
}
