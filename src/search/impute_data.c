/* What chained equations work on: the factors of the front, and what predicts them, complete on every member of a group. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "columns.h"
#include "derive.h"
#include "impute.h"
#include "shihyo/linalg.h"

static int place_of(const shy_impute_data *d, uint32_t factor)
{
    int at = 0;
    while (at < d->factors && d->factor[at] != factor) at++;
    return at;
}

/* ---- which columns ------------------------------------------------------------------------------------------------------- */

static shy_status list_factors(const shy_tree *tree, int count, shy_impute_data *d)
{
    shy_status st = SHY_OK;
    int leaves = 0;
    for (int k = 0; k < count; k++) leaves += tree[k].count;
    SHY_TRY(shy_new((size_t)leaves, sizeof *d->factor, &d->factor));
    SHY_TRY(shy_new((size_t)leaves, sizeof *d->gap_of, &d->gap_of));
    SHY_TRY(shy_new((size_t)leaves, sizeof *d->value, &d->value));
    SHY_TRY(shy_new((size_t)leaves, sizeof *d->gap, &d->gap));
    for (int k = 0; k < count; k++)
        for (int i = 0; i < tree[k].count; i++) {
            const shy_node *node = &tree[k].node[i];
            if (node->op == SHY_OP_FACTOR && place_of(d, node->factor) == d->factors) d->factor[d->factors++] = node->factor;
        }
out:
    return st;
}

static const shy_derivation *derivation_of(const shy_problem *p, uint32_t factor)
{
    return p->derivation ? p->derivation[factor] : NULL;
}

/* A gap for each column with values to impute; several factors may share one. */
static void list_gaps(shy_impute_data *d)
{
    for (int f = 0; f < d->factors; f++) {
        const shy_derivation *how = derivation_of(d->problem, d->factor[f]);
        const int32_t column = d->problem->cohort_column ? d->problem->cohort_column[d->factor[f]] : -1;
        int g = 0;
        d->gap_of[f] = -1;
        if (!how || !how->imputed) continue;
        while (g < d->gaps && d->gap[g].column != column) g++;
        d->gap_of[f] = g;
        if (g < d->gaps) continue;
        const bool nominal = how->kind != SHY_DERIVED_VALUE && how->levels > 2 && how->levels <= SHY_NOMINAL_MAX;
        d->gap[d->gaps++] = (shy_gap){.column = column, .levels = nominal ? how->levels : 0};
    }
}

/* ---- my rows ---------------------------------------------------------------------------------------------------------------- */

/* Columns over my rows that all members are to have: of the outcome, then factors, gaps, covariates. */
typedef struct {
    int count;
    const double **mine; /* [count] */
    double *raw;         /* [gaps][rows] */
    double *span;
} shy_local;

static void local_free(shy_local *local)
{
    shy_free(&local->mine);
    shy_free(&local->raw);
    shy_free(&local->span);
}

/* The column as it is in the cohort; what is implausible is missing. */
static shy_status read_gap(const shy_problem *p, const shy_impute_data *d, int gap, shy_local *local)
{
    shy_status st = SHY_OK;
    const int rows = p->rows.rows;
    const int64_t column = d->gap[gap].column;
    const shy_derivation *how = NULL;
    double *raw = local->raw + (size_t)gap * (size_t)rows;
    for (int f = 0; f < d->factors && !how; f++)
        if (d->gap_of[f] == gap) how = derivation_of(p, d->factor[f]);
    if (rows == 0) return SHY_OK;
    const uint64_t first = p->cohort_row[0];
    SHY_TRY(shy_cohort_read_alone(p->cohort, &column, 1, first, p->cohort_row[rows - 1] - first + 1, local->span));
    for (int i = 0; i < rows; i++) {
        const double value = local->span[p->cohort_row[i] - first];
        raw[i] = value < how->lowest || value > how->highest ? NAN : value;
    }
out:
    return st;
}

static shy_status prepare_local(const shy_problem *p, const shy_impute_data *d, shy_local *local)
{
    shy_status st = SHY_OK;
    const size_t rows = (size_t)p->rows.rows, most = 8 + (size_t)d->factors + (size_t)d->gaps + (size_t)p->data.covariates;
    SHY_TRY(shy_new(most, sizeof *local->mine, &local->mine));
    SHY_TRY(shy_new((size_t)d->gaps * rows, sizeof *local->raw, &local->raw));
    SHY_TRY(shy_new(rows > 0 ? p->cohort_row[rows - 1] - p->cohort_row[0] + 1 : 0, sizeof *local->span, &local->span));
    for (int g = 0; g < d->gaps; g++) SHY_TRY(read_gap(p, d, g, local));
out:
    return st;
}

/* ---- all samples --------------------------------------------------------------------------------------------------------------- */

enum { Y, TIME, ENTRY, EXPOSURE, WEIGHT, SIDES };

/* Where columns that all members hold lie: those of the outcome (some of them serve as predictors), factors, gaps twice, covariates. */
static size_t columns_of(const shy_impute_data *d)
{
    return (size_t)(SIDES + d->factors + 2 * d->gaps + d->problem->data.covariates);
}

static double *column_at(const shy_impute_data *d, int place)
{
    return d->block + (size_t)place * d->samples;
}

static shy_status make_room(shy_impute_data *d)
{
    shy_status st = SHY_OK;
    const int covariates = d->problem->data.covariates;
    SHY_TRY(shy_new(columns_of(d) * d->samples, sizeof *d->block, &d->block));
    SHY_TRY(shy_new((size_t)(SIDES + covariates), sizeof *d->fixed_value, &d->fixed_value));
    for (int f = 0; f < d->factors; f++) d->value[f] = column_at(d, SIDES + f);
    for (int g = 0; g < d->gaps; g++) {
        d->gap[g].known = column_at(d, SIDES + d->factors + g);
        d->gap[g].value = column_at(d, SIDES + d->factors + d->gaps + g);
        SHY_TRY(shy_new(d->samples, sizeof *d->gap[g].order, &d->gap[g].order));
    }
out:
    return st;
}

/* Collective over the group. */
static void gather_column(const shy_impute_data *d, const double *mine, int *starts, int place)
{
    shy_vector_gather(d->problem->team, mine, d->problem->rows.rows, column_at(d, place), starts);
}

/* Factors that have no gap are read here; the store may have to read the file. */
static shy_status gather_factor(const shy_impute_data *d, int f, int *starts)
{
    shy_status st = SHY_OK;
    const double *mine = NULL;
    SHY_TRY(shy_group_agree(d->problem->team, shy_columns_get(d->problem->columns, &d->factor[f], 1, &mine)));
    gather_column(d, mine, starts, SIDES + f);
out:
    return st;
}

/* Collective over the group. */
static shy_status gather_all(const shy_impute_data *d, const shy_local *local, int *starts)
{
    shy_status st = SHY_OK;
    const shy_outcome_data *o = &d->problem->data;
    const double *side[SIDES] = {[Y] = o->y, [TIME] = o->time, [ENTRY] = o->entry, [EXPOSURE] = o->exposure, [WEIGHT] = o->weight};
    for (int k = 0; k < SIDES; k++)
        if (side[k]) gather_column(d, side[k], starts, k);
    for (int f = 0; f < d->factors; f++) SHY_TRY(gather_factor(d, f, starts));
    for (int g = 0; g < d->gaps; g++)
        gather_column(d, local->raw + (size_t)g * (size_t)d->problem->rows.rows, starts, SIDES + d->factors + g);
    for (int k = 0; k < o->covariates; k++) gather_column(d, o->covariate[k], starts, SIDES + d->factors + 2 * d->gaps + k);
out:
    return st;
}

/* ---- what predicts ----------------------------------------------------------------------------------------------------------------- */

static bool takes_part(const shy_impute_data *d, uint64_t sample)
{
    return !d->problem->data.weight || column_at(d, WEIGHT)[sample] > 0.0;
}

/* Event and cumulative hazard, or y; the logarithm of the exposure. */
static shy_status prepare_outcome(shy_impute_data *d)
{
    shy_status st = SHY_OK;
    const shy_outcome_data *o = &d->problem->data;
    uint8_t *use = NULL;
    SHY_TRY(shy_new(d->samples, 1, &use));
    for (uint64_t i = 0; i < d->samples; i++) use[i] = takes_part(d, i);
    if (o->time)
        SHY_TRY(shy_cumulative_hazard(d->samples, column_at(d, TIME), column_at(d, Y), o->entry ? column_at(d, ENTRY) : NULL, use, column_at(d, TIME)));
    for (uint64_t i = 0; i < d->samples; i++) {
        if (o->exposure) column_at(d, EXPOSURE)[i] = use[i] ? log(column_at(d, EXPOSURE)[i]) : 0.0;
        d->events += use[i] ? column_at(d, Y)[i] : 0.0;
        d->used += use[i];
    }
    if (o->y) d->fixed_value[d->fixed++] = column_at(d, Y);
    if (o->time) d->fixed_value[d->fixed++] = column_at(d, TIME);
    if (o->exposure) d->fixed_value[d->fixed++] = column_at(d, EXPOSURE);
    d->outcomes = d->fixed;
    for (int k = 0; k < o->covariates; k++) d->fixed_value[d->fixed++] = column_at(d, SIDES + d->factors + 2 * d->gaps + k);
out:
    shy_free(&use);
    return st;
}

static void sort_samples(const shy_impute_data *d, shy_gap *gap)
{
    gap->donors = gap->lackings = 0;
    for (uint64_t i = 0; i < d->samples; i++)
        if (takes_part(d, i) && !isnan(gap->known[i])) gap->order[gap->donors++] = i;
    for (uint64_t i = 0; i < d->samples; i++)
        if (takes_part(d, i) && isnan(gap->known[i])) gap->order[gap->donors + gap->lackings++] = i;
}

/* Fewest missing values first, as these columns predict the others better than they are predicted; a gap without donors stays filled. */
static void order_gaps(shy_impute_data *d)
{
    for (int k = 1; k < d->gaps; k++) {
        const shy_gap gap = d->gap[k];
        int at = k;
        for (; at > 0 && d->gap[at - 1].lackings > gap.lackings; at--) d->gap[at] = d->gap[at - 1];
        d->gap[at] = gap;
    }
    for (int f = 0; f < d->factors; f++) {
        const int32_t column = d->problem->cohort_column ? d->problem->cohort_column[d->factor[f]] : -1;
        if (d->gap_of[f] < 0) continue;
        for (int g = 0; g < d->gaps; g++)
            if (d->gap[g].column == column) d->gap_of[f] = g;
    }
}

static shy_status prepare_gaps(shy_impute_data *d)
{
    shy_status st = SHY_OK;
    uint64_t donors = 0;
    int levels = 0;
    for (int g = 0; g < d->gaps; g++) {
        sort_samples(d, &d->gap[g]);
        if (d->gap[g].donors > donors) donors = d->gap[g].donors;
        if (d->gap[g].levels > levels) levels = d->gap[g].levels;
    }
    order_gaps(d);
    SHY_TRY(shy_matching_room_create(donors, levels, &d->room));
    SHY_TRY(prepare_outcome(d));
out:
    return st;
}

/* ---- making and ending ---------------------------------------------------------------------------------------------------------------- */

static shy_status begin(const shy_problem *problem, const shy_tree *tree, int count, shy_impute_data **data_out)
{
    shy_status st = SHY_OK;
    shy_impute_data *d = NULL;
    SHY_TRY(shy_new(1, sizeof *d, &d));
    d->problem = problem;
    d->samples = problem->rows.total;
    SHY_TRY(list_factors(tree, count, d));
    list_gaps(d);
    if (d->gaps > 0) SHY_TRY(make_room(d));
    *data_out = d, d = NULL;
out:
    shy_impute_data_free(&d);
    return st;
}

shy_status shy_impute_gather(const shy_problem *problem, const shy_tree *tree, int count, shy_impute_data **data_out)
{
    shy_status st = SHY_OK;
    const shy_team *team = problem->team;
    shy_impute_data *d = NULL;
    shy_local local = {0};
    int *starts = NULL;
    SHY_TRY_ALL(team, begin(problem, tree, count, &d));
    if (d->gaps > 0) {
        SHY_TRY_ALL(team, shy_new((size_t)team->row_blocks + 1, sizeof *starts, &starts));
        SHY_TRY_ALL(team, prepare_local(problem, d, &local));
        SHY_TRY_ALL(team, gather_all(d, &local, starts));
        SHY_TRY_ALL(team, prepare_gaps(d));
    }
    *data_out = d, d = NULL;
out:
    local_free(&local);
    shy_free(&starts);
    shy_impute_data_free(&d);
    return st;
}

void shy_impute_data_free(shy_impute_data **data)
{
    shy_impute_data *d = *data;
    if (!d) return;
    for (int g = 0; d->gap && g < d->gaps; g++) shy_free(&d->gap[g].order);
    shy_free(&d->factor);
    shy_free(&d->gap_of);
    shy_free(&d->value);
    shy_free(&d->gap);
    shy_free(&d->fixed_value);
    shy_free(&d->block);
    shy_matching_room_free(&d->room);
    shy_free(data);
}

/* ---- a data set ---------------------------------------------------------------------------------------------------------------------------- */

/* What predicts a gap: the outcome, factors of other columns in the order of the front, covariates, as far as there is room. */
static int list_predictors(const shy_impute_data *d, int gap, const double **predictor)
{
    int count = 0;
    for (int k = 0; k < d->outcomes; k++) predictor[count++] = d->fixed_value[k];
    for (int f = 0; f < d->factors && count < SHY_PREDICTORS_MAX; f++)
        if (d->problem->cohort_column[d->factor[f]] != d->gap[gap].column) predictor[count++] = d->value[f];
    for (int k = d->outcomes; k < d->fixed && count < SHY_PREDICTORS_MAX; k++) predictor[count++] = d->fixed_value[k];
    return count;
}

/* The factors of a column from its values; samples that take no part keep the fill. */
static void derive_factors(shy_impute_data *d, int gap)
{
    const shy_gap *g = &d->gap[gap];
    for (int f = 0; f < d->factors; f++) {
        if (d->gap_of[f] != gap) continue;
        const shy_derivation *how = derivation_of(d->problem, d->factor[f]);
        for (uint64_t k = g->donors; k < g->donors + g->lackings; k++) d->value[f][g->order[k]] = shy_derive(how, g->value[g->order[k]]);
    }
}

static uint64_t purpose_of(int set, int sweep, int gap)
{
    return UINT64_C(0x1A9) << 48 | (uint64_t)set << 36 | (uint64_t)sweep << 24 | (uint64_t)gap << SHY_PURPOSE_BITS;
}

static void impute_gap(shy_impute_data *d, uint64_t seed, int set, int sweep, int gap)
{
    const shy_gap *g = &d->gap[gap];
    const double *predictor[SHY_PREDICTORS_MAX];
    const shy_matching how = {.predictors = list_predictors(d, gap, predictor),
                              .predictor = predictor,
                              .donor = g->order,
                              .lacking = g->order + g->donors,
                              .donors = g->donors,
                              .lackings = g->lackings,
                              .levels = g->levels,
                              .seed = seed,
                              .purpose = purpose_of(set, sweep, gap)};
    if (g->donors == 0 || g->lackings == 0) return;
    if (sweep == 0) shy_match_blindly(&how, g->value);
    else shy_match_means(&how, &d->room, g->value);
    derive_factors(d, gap);
}

void shy_impute_set(shy_impute_data *d, uint64_t seed, int set, int sweeps)
{
    for (int g = 0; g < d->gaps; g++) memcpy(d->gap[g].value, d->gap[g].known, d->samples * sizeof(double));
    for (int sweep = 0; sweep <= sweeps; sweep++)
        for (int g = 0; g < d->gaps; g++) impute_gap(d, seed, set, sweep, g);
}

/* ---- formulas -------------------------------------------------------------------------------------------------------------------------------- */

bool shy_impute_concerns(const shy_impute_data *d, const shy_tree *tree)
{
    return shy_impute_lacking(d, tree) > 0;
}

uint64_t shy_impute_lacking(const shy_impute_data *d, const shy_tree *tree)
{
    uint32_t factor[SHY_COLUMNS_KEPT];
    shy_tree local;
    uint64_t lacking = 0;
    const int count = shy_tree_gather_factors(tree, &local, factor);
    for (uint64_t i = 0; d->gaps > 0 && i < d->samples; i++) {
        bool lacks = false;
        for (int k = 0; k < count; k++) {
            const int gap = d->gap_of[place_of(d, factor[k])];
            lacks = lacks || (gap >= 0 && isnan(d->gap[gap].known[i]));
        }
        lacking += lacks && takes_part(d, i);
    }
    return lacking;
}

void shy_impute_evaluate(const shy_impute_data *d, const shy_tree *tree, double *scratch, double *out)
{
    const shy_rows *mine = &d->problem->rows;
    uint32_t factor[SHY_COLUMNS_KEPT];
    const double *part[SHY_COLUMNS_KEPT];
    shy_tree local;
    const int count = shy_tree_gather_factors(tree, &local, factor);
    for (int row = 0; row < mine->rows; row += SHY_CHUNK) {
        for (int k = 0; k < count; k++) part[k] = d->value[place_of(d, factor[k])] + mine->first + row;
        shy_tree_evaluate_rows(&local, mine->rows - row < SHY_CHUNK ? mine->rows - row : SHY_CHUNK, part, scratch, out + row);
    }
}
