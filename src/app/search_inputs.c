/*
 * search_inputs.c: what the front's formulas are made of, for a program that is to compute them for other patients: from which column each factor
 * and covariate comes, how, and which values were seen.
 */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "app/search_run.h"

static const char *const kinds[] = {[SHY_DERIVED_VALUE] = "value", [SHY_DERIVED_LEVEL] = "level", [SHY_DERIVED_POOL] = "pool", [SHY_DERIVED_MISSING] = "missing"};

/* ---- the mean of the outcome ------------------------------------------------------------------------------------------ */

/* Weighted sums of my runs, two for each. */
static void sum_runs(const shy_problem *p, double *partial)
{
    const double *y = p->data.y, *weight = p->data.weight;

    for (int i = 0; i < p->rows.rows; i++) {
        double *sum = partial + 2 * (i / p->rows.run_rows);
        const double w = weight ? weight[i] : 1.0;
        sum[0] += w;
        sum[1] += w > 0.0 ? w * y[i] : 0.0;
    }
}

shy_status shy_session_outcome(shy_search_session *s)
{
    shy_status st = SHY_OK;
    const shy_problem *p = s->problem;
    double *partial = NULL, total[2];

    s->outcome_mean = NAN;
    if (!p->data.y || p->ops->needs_time || p->data.levels > 0) return SHY_OK;
    SHY_TRY_ALL(s->team, shy_new(2U * (size_t)p->rows.runs, sizeof *partial, &partial));
    sum_runs(p, partial);
    SHY_TRY(shy_group_sum_runs(s->team, partial, p->rows.runs, 2, total));
    s->outcome_mean = total[1] / total[0];
out:
    shy_free(&partial);
    return st;
}

/* ---- what is typical ----------------------------------------------------------------------------------------------------- */

void shy_front_factors(const shy_search_session *s, uint8_t *used)
{
    const shy_search_result *result = s->result;

    for (int i = 0; i < result->front_count; i++) {
        const shy_tree *tree = &result->level[result->front_level[i]].found[result->front_index[i]].tree;
        for (int k = 0; k < tree->count; k++)
            if (tree->node[k].op == SHY_OP_FACTOR) used[tree->node[k].factor] = 1;
    }
}

static shy_status factor_values(const shy_problem *p, int factor, double *values)
{
    shy_tree leaf = {0};

    shy_tree_leaf(&leaf, (uint32_t)factor);
    return shy_problem_evaluate(p, &leaf, values);
}

/* Medians of the factors of the front and of all covariates. Collective. */
static shy_status find_medians(const shy_problem *p, const uint8_t *used, double *values, double *typical)
{
    shy_status st = SHY_OK;

    for (int f = 0; f < p->factors; f++) {
        typical[f] = NAN;
        if (!used[f]) continue;
        SHY_TRY_ALL(p->team, factor_values(p, f, values));
        SHY_TRY(shy_problem_median(p, values, &typical[f]));
    }
    for (int k = 0; k < p->data.covariates; k++) SHY_TRY(shy_problem_median(p, p->data.covariate[k], &typical[p->factors + k]));
out:
    return st;
}

shy_status shy_session_typical(shy_search_session *s)
{
    shy_status st = SHY_OK;
    const shy_problem *p = s->problem;
    uint8_t *used = NULL;
    double *values = NULL;

    shy_free(&s->typical);
    SHY_TRY_ALL(s->team, shy_new((size_t)(p->factors + p->data.covariates), sizeof *s->typical, &s->typical));
    SHY_TRY_ALL(s->team, shy_new((size_t)p->factors, 1, &used));
    SHY_TRY_ALL(s->team, shy_new((size_t)p->rows.rows, sizeof *values, &values));
    if (s->team->rank == 0) shy_front_factors(s, used);
    SHY_TRY(shy_team_broadcast(s->team, used, (uint64_t)p->factors));
    SHY_TRY(find_medians(p, used, values, s->typical));
out:
    shy_free(&values);
    shy_free(&used);
    return st;
}

/* To three digits, so that it is the value of no one in particular. */
static double rounded(double value)
{
    char text[32];
    double number = value;

    if (!isfinite(value)) return value;
    snprintf(text, sizeof text, "%.2e", value);
    shy_text_number(text, &number);
    return number;
}

/* ---- one input --------------------------------------------------------------------------------------------------------- */

/* Levels of few people keep their places, which values stand for, and lose their names. */
static shy_status name_levels(const shy_column *column, const shy_released_input *released, char (*rare)[24], const char **name)
{
    int count = 0;

    for (int v = 0; v < column->levels; v++) {
        const bool is_rare = released && released->rare && v < released->levels && released->rare[v];
        if (is_rare) snprintf(rare[v], sizeof rare[v], "(rare %d)", ++count);
        name[v] = is_rare ? rare[v] : column->level_names[v];
    }
    return SHY_OK;
}

static shy_status add_levels(shy_record *record, const shy_column *column, const shy_derivation *how, const shy_released_input *released)
{
    shy_status st = SHY_OK;
    const char **ones = NULL, **name = NULL;
    char(*rare)[24] = NULL;
    size_t count = 0;

    if (column->levels == 0) return SHY_OK;
    SHY_TRY(shy_new((size_t)column->levels, sizeof *name, &name));
    SHY_TRY(shy_new((size_t)column->levels, sizeof *rare, &rare));
    SHY_TRY(name_levels(column, released, rare, name));
    SHY_TRY(shy_record_texts(record, "levels", name, (size_t)column->levels));
    SHY_TRY(shy_new((size_t)column->levels, sizeof *ones, &ones));
    for (int v = 0; v < column->levels; v++) {
        const bool one = (how->kind == SHY_DERIVED_LEVEL && v == how->level) || (how->kind == SHY_DERIVED_POOL && how->pooled[v]);
        if (one) ones[count++] = name[v];
    }
    if (count > 0) SHY_TRY(shy_record_texts(record, "ones", ones, count));
out:
    shy_free(&ones);
    shy_free(&rare);
    shy_free(&name);
    return st;
}

/* Only numbers that there are. */
static shy_status add_number(shy_record *record, const char *name, double value)
{
    return isfinite(value) ? shy_record_number(record, name, value) : SHY_OK;
}

static shy_status add_input(shy_record *list, const char *name, const shy_column *column, const shy_derivation *how, const shy_interval *seen, double typical,
                            const shy_released_input *released)
{
    shy_status st = SHY_OK;
    shy_record *record = NULL;

    SHY_TRY(shy_record_append(list, &record));
    SHY_TRY(shy_record_text(record, "name", name));
    SHY_TRY(shy_record_text(record, "column", column->name));
    SHY_TRY(shy_record_text(record, "kind", kinds[how->kind]));
    SHY_TRY(shy_record_text(record, "column_kind", shy_kind_name(column->kind)));
    SHY_TRY(shy_record_text(record, "unit", column->unit ? column->unit : ""));
    SHY_TRY(add_levels(record, column, how, released));
    SHY_TRY(add_number(record, "lowest", how->lowest));
    SHY_TRY(add_number(record, "highest", how->highest));
    SHY_TRY(add_number(record, "fill", released ? released->fill : how->fill));
    SHY_TRY(add_number(record, "low", released ? released->low : how->low));
    SHY_TRY(add_number(record, "high", released ? released->high : how->high));
    if (seen) SHY_TRY(shy_record_number(record, "seen_low", released ? released->seen_low : seen->lo));
    if (seen) SHY_TRY(shy_record_number(record, "seen_high", released ? released->seen_high : seen->hi));
    SHY_TRY(add_number(record, "typical", released && seen ? released->typical : rounded(typical)));
out:
    return st;
}

/* ---- all of them --------------------------------------------------------------------------------------------------------- */

static const shy_derivation as_it_is = {.kind = SHY_DERIVED_VALUE, .lowest = -INFINITY, .highest = INFINITY, .fill = NAN, .low = -INFINITY, .high = INFINITY};

static shy_status add_factors(const shy_search_session *s, const uint8_t *used, shy_record *inputs)
{
    shy_status st = SHY_OK;
    const shy_problem *p = s->problem;
    shy_record *list = NULL;

    SHY_TRY(shy_record_list(inputs, "factors", &list));
    for (int f = 0; f < p->factors; f++) {
        if (!used[f]) continue;
        const shy_column column = shy_cohort_column(s->cohort, p->cohort_column[f]);
        const shy_derivation *how = p->derivation && p->derivation[f] ? p->derivation[f] : &as_it_is;
        const shy_released_input *released = s->released_input && s->released_input[f].known ? &s->released_input[f] : NULL;
        SHY_TRY(add_input(list, p->name[f], &column, how, &p->range[f], s->typical[f], released));
    }
out:
    return st;
}

static shy_status add_covariates(const shy_search_session *s, shy_record *inputs)
{
    shy_status st = SHY_OK;
    const shy_problem *p = s->problem;
    shy_record *list = NULL;

    if (p->data.covariates == 0) return SHY_OK;
    SHY_TRY(shy_record_list(inputs, "covariates", &list));
    for (int k = 0; k < p->data.covariates; k++) {
        const shy_covariate_source *source = shy_problem_covariate(p, k);
        if (!source) continue;
        const shy_column column = shy_cohort_column(s->cohort, source->column);
        const shy_sdc *sdc = &s->assess.sdc;
        const shy_released_input in_digits = {.known = true, .fill = column.levels > 0 ? source->how.fill : shy_sdc_value(sdc, source->how.fill),
                                            .low = shy_sdc_value(sdc, source->how.low), .high = shy_sdc_value(sdc, source->how.high)};
        SHY_TRY(add_input(list, p->data.covariate_name[k], &column, &source->how, NULL, s->typical[p->factors + k], &in_digits));
    }
out:
    return st;
}

/* Of a binary outcome it tells how many events there are. */
static bool tells_mean(const shy_search_session *s)
{
    const double samples = (double)s->problem->target[s->problem->aim].samples, events = s->outcome_mean * samples;

    if (strcmp(s->problem->ops->name, "binary") != 0 || !isfinite(s->outcome_mean)) return true;
    return shy_sdc_shows_part(&s->assess.sdc, llround(events), llround(samples));
}

shy_status shy_inputs_build(const shy_search_session *s, const uint8_t *used, shy_record **inputs_out)
{
    shy_status st = SHY_OK;
    shy_record *inputs = NULL;

    SHY_TRY(shy_record_create(&inputs));
    if (tells_mean(s)) SHY_TRY(add_number(inputs, "outcome_mean", s->outcome_mean));
    SHY_TRY(add_factors(s, used, inputs));
    SHY_TRY(add_covariates(s, inputs));
    *inputs_out = inputs, inputs = NULL;
out:
    shy_record_free(&inputs);
    return st;
}
