/** Loads a problem: from columns and rows of a cohort to complete samples, dealt to the row blocks in whole runs. */
#include "shy_config.h"

#include <limits.h>
#include <math.h>
#include <string.h>

#include "columns.h"
#include "problem_impl.h"
#include "rules.h"

#define RUNS_WANTED 64 /* enough to share out among row blocks, at any number of samples */
#define RUN_ROWS_MOST 4096
#define VALUE_MOST 1e150 /* as of any formula: see doc/grammar.md */
#define PANEL_BYTES (UINT64_C(128) << 20)
#define PANEL_COLUMNS 65536
#define ENGINE_BYTES (UINT64_C(8) << 20)

/* ---- rows ------------------------------------------------------------------------------------------------------ */

int shy_run_rows(uint64_t total)
{
    const uint64_t rows = (total + RUNS_WANTED - 1) / RUNS_WANTED;

    if (rows >= RUN_ROWS_MOST) return RUN_ROWS_MOST;
    if (rows < 8) return rows > 0 ? (int)rows : 1;
    return (int)((rows + 7) / 8 * 8);
}

static shy_status deal_rows(const struct shy_loading *l)
{
    const uint64_t total = l->samples, members = (uint64_t)l->team->row_blocks, me = (uint64_t)l->team->row_block;
    const uint64_t run_rows = (uint64_t)shy_run_rows(total), runs = (total + run_rows - 1) / run_rows;
    const uint64_t from = runs * me / members, to = runs * (me + 1) / members;
    const uint64_t first = from * run_rows < total ? from * run_rows : total;
    const uint64_t end = to * run_rows < total ? to * run_rows : total;

    if (total / members > INT_MAX / 2)
        return shy_fail(SHY_INPUT, "%llu samples are too many for %d row blocks; set parallel.row_blocks higher.",
                        (unsigned long long)total, l->team->row_blocks);
    l->problem->rows = (shy_rows){.team = l->team,
                                  .total = total,
                                  .first = first,
                                  .rows = (int)(end - first),
                                  .run_rows = (int)run_rows,
                                  .runs = (int)(to - from)};
    return SHY_OK;
}

/* ---- columns --------------------------------------------------------------------------------------------------- */

static void free_columns(shy_problem *p)
{
    shy_columns_destroy(&p->columns);
    shy_free(&p->cohort_column);
    shy_free(&p->derivation);
    shy_free(&p->binary);
    shy_free(&p->name);
    shy_free(&p->unit_text);
    shy_free(&p->modality);
    shy_free(&p->range);
    shy_free(&p->first_sample);
    shy_free(&p->cohort_row);
    p->factors = 0;
}

/* A switch of 0 and 1, and the number of a level, is a pure number, so that it is not added to square centimetres. */
static const char *unit_of(const shy_column *column, const struct shy_recipe *recipe)
{
    const bool given = column->unit && *column->unit;

    if (recipe && (recipe->how.kind != SHY_DERIVED_VALUE || column->kind == SHY_KIND_CATEGORICAL)) return "1";
    return given ? column->unit : column->kind == SHY_KIND_BINARY ? "1" : "";
}

/* Room for the factors in use, and what is known of them besides their values. */
static shy_status describe_columns(const struct shy_loading *l)
{
    shy_status st = SHY_OK;
    shy_problem *p = l->problem;
    size_t used = 0;

    free_columns(p);
    for (int k = 0; k < l->offered; k++)
        used += l->offer[k].fate == SHY_FATE_USED;
    SHY_TRY(shy_new(used, sizeof *p->cohort_column, &p->cohort_column));
    SHY_TRY(shy_new(used, sizeof *p->binary, &p->binary));
    if (p->recipes > 0) SHY_TRY(shy_new(used, sizeof *p->derivation, &p->derivation));
    SHY_TRY(shy_new(used, sizeof *p->name, &p->name));
    SHY_TRY(shy_new(used, sizeof *p->unit_text, &p->unit_text));
    SHY_TRY(shy_new(used, sizeof *p->modality, &p->modality));
    SHY_TRY(shy_new(used, sizeof *p->range, &p->range));
    SHY_TRY(shy_new(used, sizeof *p->first_sample, &p->first_sample));
    for (int k = 0; k < l->offered; k++) {
        if (l->offer[k].fate != SHY_FATE_USED) continue;
        const shy_column about = shy_cohort_column(l->cohort, l->offer[k].column), *column = &about;
        const struct shy_recipe *recipe = shy_loading_recipe(l, &l->offer[k]);
        const int f = p->factors++;
        p->cohort_column[f] = l->offer[k].column;
        if (recipe) p->derivation[f] = &recipe->how;
        p->binary[f] = column->kind == SHY_KIND_BINARY || (recipe && recipe->how.kind != SHY_DERIVED_VALUE);
        p->name[f] = shy_loading_name(l, &l->offer[k]);
        p->unit_text[f] = unit_of(column, recipe);
        p->modality[f] = column->modality ? column->modality : "";
    }
out:
    return st;
}

/*
 * Half of what is not taken yet by the description of the factors: the engine needs the other half, and some megabytes in any case.
 * Collective over the world.
 */
static uint64_t columns_budget(const struct shy_loading *l)
{
    const uint64_t memory = l->options->memory, engine = memory / 2 < ENGINE_BYTES ? memory / 2 : ENGINE_BYTES;
    const uint64_t taken = shy_memory_in_use() + engine;
    double least = -(double)(memory > taken ? (memory - taken) / 2 : 0);

    (void)shy_team_maximum(l->team, &least, 1);
    return memory > 0 ? (uint64_t)-least : UINT64_MAX;
}

/* The store of the columns in use, with its values if they are resident. */
static shy_status make_columns(struct shy_loading *l)
{
    shy_status st = SHY_OK;
    shy_problem *p = l->problem;
    const uint64_t budget = columns_budget(l);

    SHY_TRY_ALL(l->team, shy_new((size_t)p->rows.rows, sizeof *p->cohort_row, &p->cohort_row));
    for (int i = 0; i < p->rows.rows; i++)
        p->cohort_row[i] = (uint64_t)l->sample[p->rows.first + (uint64_t)i];
    SHY_TRY(shy_loading_fit(l, p->cohort_row, budget));
    const shy_columns_source source = {.team = l->team,
                                       .cohort = l->cohort,
                                       .factors = p->factors,
                                       .column = p->cohort_column,
                                       .derivation = p->derivation,
                                       .rows = p->rows.rows,
                                       .row = p->cohort_row,
                                       .budget = budget};
    SHY_TRY(shy_columns_create(&source, &p->columns));
    SHY_TRY(shy_columns_fill(p->columns));
out:
    return st;
}

/* The rows of the cohort between my first and my last sample. */
static void span_of(const struct shy_loading *l, uint64_t *first, uint64_t *rows)
{
    const shy_rows *mine = &l->problem->rows;

    *first = *rows = 0;
    if (mine->rows == 0) return;
    *first = (uint64_t)l->sample[mine->first];
    *rows = (uint64_t)l->sample[mine->first + (uint64_t)mine->rows - 1] - *first + 1;
}

/* My samples of a column of the panel. */
static void pick(const struct shy_loading *l, const double *span, uint64_t first, double *values)
{
    const shy_rows *mine = &l->problem->rows;

    for (int i = 0; i < mine->rows; i++)
        values[i] = span[(uint64_t)l->sample[mine->first + (uint64_t)i] - first];
}

/* Squares of the values, and of the differences between them, have to be numbers. */
static enum shy_fate fate_of(double low, double high)
{
    if (!(low < high)) return SHY_FATE_CONSTANT;
    return fmax(-low, high) > VALUE_MOST || high - low < 1.0 / VALUE_MOST ? SHY_FATE_EXTREME : SHY_FATE_USED;
}

/* Lowest and highest value of my group's share of the factors, and the value of sample 0; −infinity for all others. */
static shy_status measure_share(const shy_problem *p, double *minus_low, double *high, double *first)
{
    shy_status st = SHY_OK;
    const int64_t factors = p->factors, groups = p->team->groups, group = p->team->group;
    const uint32_t begin = (uint32_t)(factors * group / groups), end = (uint32_t)(factors * (group + 1) / groups);

    for (int f = 0; f < p->factors; f++)
        minus_low[f] = high[f] = first[f] = -INFINITY;
    for (uint32_t f = begin; p->rows.rows > 0 && f < end; f++) {
        const double *values = NULL;
        SHY_TRY(shy_columns_get(p->columns, &f, 1, &values));
        for (int i = 0; i < p->rows.rows; i++)
            minus_low[f] = fmax(minus_low[f], -values[i]), high[f] = fmax(high[f], values[i]);
        if (p->rows.first == 0) first[f] = values[0];
    }
out:
    return st;
}

/* Factors that are constant among all samples, or cannot be computed with, lose their place. */
static shy_status measure_columns(struct shy_loading *l, bool *fewer_out)
{
    shy_status st = SHY_OK;
    shy_problem *p = l->problem;
    const size_t factors = (size_t)p->factors;
    double *extreme = NULL;

    *fewer_out = false;
    SHY_TRY_ALL(l->team, shy_new(3 * factors, sizeof *extreme, &extreme));
    SHY_TRY_ALL(l->team, measure_share(p, extreme, extreme + factors, extreme + 2 * factors));
    for (int part = 0; part < 3; part++)
        SHY_TRY(shy_team_maximum(l->team, extreme + (size_t)part * factors, p->factors));
    for (int k = 0, f = 0; k < l->offered; k++) {
        if (l->offer[k].fate != SHY_FATE_USED) continue;
        p->range[f] = (shy_interval){-extreme[f], extreme[factors + (size_t)f]};
        p->first_sample[f] = extreme[2 * factors + (size_t)f];
        l->offer[k].fate = fate_of(p->range[f].lo, p->range[f].hi);
        *fewer_out = *fewer_out || l->offer[k].fate != SHY_FATE_USED;
        f++;
    }
out:
    shy_free(&extreme);
    return st;
}

shy_status shy_loading_values(struct shy_loading *l, int64_t column, double *values)
{
    shy_status st = SHY_OK;
    uint64_t first, rows;

    span_of(l, &first, &rows);
    SHY_TRY(shy_loading_read(l, &column, 1, first, rows));
    pick(l, l->panel, first, values);
out:
    return st;
}

/* ---- loading --------------------------------------------------------------------------------------------------- */

/* The same on all members of a group, whose slices differ by a row. */
static void choose_panel(struct shy_loading *l)
{
    const uint64_t share = l->options->memory > 0 ? l->options->memory / 8 : PANEL_BYTES, rows = l->problem->n_cohort / (uint64_t)l->team->row_blocks + 1;
    const uint64_t fit = (share < PANEL_BYTES ? share : PANEL_BYTES) / sizeof(double) / rows;

    l->panel_columns = fit < 1 ? 1 : fit > PANEL_COLUMNS ? PANEL_COLUMNS : (int)fit;
    if (l->panel_columns > l->offered) l->panel_columns = l->offered;
}

static shy_status begin(struct shy_loading *l)
{
    shy_status st = SHY_OK;
    shy_problem *p;

    SHY_TRY(shy_new(1, sizeof *l->problem, &l->problem));
    p = l->problem;
    p->team = l->team;
    p->cohort = l->cohort;
    p->n_cohort = shy_cohort_rows(l->cohort);
    SHY_TRY(shy_loading_select(l));
    p->offered = l->offered;
    const uint64_t members = (uint64_t)l->team->row_blocks, me = (uint64_t)l->team->row_block;
    l->slice_first = p->n_cohort * me / members;
    l->slice_rows = p->n_cohort * (me + 1) / members - l->slice_first;
    SHY_TRY(shy_new((size_t)l->slice_rows, 1, &l->candidate));
    SHY_TRY(shy_new((size_t)l->slice_rows, 1, &l->lacks));
    choose_panel(l);
out:
    return st;
}

/*
 * A factor that is constant among the complete samples is left out, and then its missing values cost nothing any more:
 * so the samples are looked for again, until nothing changes. Each round has fewer factors than the one before.
 */
static shy_status settle(struct shy_loading *l)
{
    shy_status st = SHY_OK;
    bool fewer = true;

    while (fewer) {
        SHY_TRY(shy_loading_complete(l));
        SHY_TRY_ALL(l->team, shy_loading_judge(l));
        SHY_TRY_ALL(l->team, deal_rows(l));
        SHY_TRY_ALL(l->team, describe_columns(l));
        SHY_TRY(make_columns(l));
        SHY_TRY(measure_columns(l, &fewer));
    }
out:
    return st;
}

shy_status shy_problem_load(const shy_team *team, shy_cohort *cohort, const shy_problem_options *options,
                            shy_problem **problem_out)
{
    shy_status st = SHY_OK;
    struct shy_loading l = {.team = team, .cohort = cohort, .options = options};

    l.place = options->cohort_name ? options->cohort_name : "the cohort";
    SHY_TRY_ALL(team, begin(&l));
    SHY_TRY(shy_loading_filter(&l));
    SHY_TRY(shy_loading_derive(&l));
    SHY_TRY(settle(&l));
    SHY_TRY_ALL(team, shy_loading_notes(&l));
    SHY_TRY(shy_loading_targets(&l));
    *problem_out = l.problem, l.problem = NULL;
out:
    shy_problem_free(&l.problem);
    for (int k = 0; k < l.parts; k++)
        shy_free(&l.part[k].positive);
    shy_free(&l.part);
    shy_free(&l.label);
    shy_free(&l.offer);
    shy_free(&l.source);
    shy_free(&l.level_count);
    shy_free(&l.aside);
    shy_free(&l.candidate);
    shy_free(&l.lacks);
    shy_free(&l.sample);
    shy_free(&l.panel);
    return st;
}

shy_status shy_problem_outcome(const shy_problem *p, shy_outcome **outcome_out)
{
    return shy_outcome_create(p->ops, &p->data, &p->rows, outcome_out);
}

bool shy_problem_resident(const shy_problem *p)
{
    return shy_columns_resident(p->columns);
}

void shy_problem_free(shy_problem **problem)
{
    shy_problem *p = *problem;

    if (!p) return;
    free_columns(p);
    shy_recipes_free(p);
    for (int k = 0; k < p->notes_count; k++)
        shy_free(&p->notes[k]);
    shy_free(&p->notes);
    shy_problem_free_targets(p);
    shy_rules_free(&p->rules);
    shy_free(problem);
}
