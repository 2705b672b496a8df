/*
 * search_disclosure.c: what a search may say of the values of its factors: bounds, fills and limits that are nobody's, and levels of enough people. Counts and curves of the
 * validation come from assess as the rule has them; the numbers of the run itself are seen to by search_released.c.
 */
#include "shy_config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/search_disclosure.h"

/* ---- the rule ---------------------------------------------------------------------------------------------------------- */

shy_status shy_session_disclosure(shy_search_session *s)
{
    shy_status st = SHY_OK;
    const bool individual = strcmp(shy_config_text(s->config, SHY_KEY_REPORT_INDIVIDUAL), "true") == 0;

    SHY_TRY(shy_sdc_parse(shy_config_text(s->config, SHY_KEY_REPORT_SDC), &s->assess.sdc));
    if (individual && shy_sdc_is_on(&s->assess.sdc))
        SHY_TRY(shy_fail(SHY_INPUT,
                         "report.individual: true asks for predictions of single patients, which report.sdc: %s forbids. Take it out, or set report.sdc to none if the results stay "
                         "where the patients' data are.",
                         s->assess.sdc.name));
    if (individual && (!s->assesses || s->assess.folds == 0))
        SHY_TRY(shy_fail(SHY_INPUT, "report.individual: true asks for predictions of held-out patients, and there is no cross-validation: see validation.level and validation.folds."));
    s->assess.individual = individual;
out:
    return st;
}

shy_status shy_session_begin_record(shy_search_session *s)
{
    shy_status st = SHY_OK;
    const shy_sdc *sdc = &s->assess.sdc;
    shy_record *rule = NULL;

    shy_record_free(&s->released);
    SHY_TRY(shy_record_create(&s->released));
    SHY_TRY(shy_record_object(s->released, "sdc", &rule));
    SHY_TRY(shy_record_text(rule, "rule", sdc->name));
    SHY_TRY(shy_record_integer(rule, "threshold", sdc->threshold));
    SHY_TRY(shy_record_integer(rule, "round_to", sdc->round_to));
    SHY_TRY(shy_record_integer(rule, "residual_df", sdc->residual_df));
    SHY_TRY(shy_record_list(s->released, "suppressed", &s->assess.suppressed));
    shy_record_free(&s->assess.predictions);
    if (s->assess.individual) SHY_TRY(shy_record_create(&s->assess.predictions));
out:
    return st;
}

/* ---- values of a column, on rank 0 ---------------------------------------------------------------------------------------- */

/* The column's values for my samples: rows of the cohort between the first and the last of them are read at once. */
static shy_status read_mine(const shy_search_session *s, int factor, double *mine)
{
    shy_status st = SHY_OK;
    const shy_problem *p = s->problem;
    const int rows = p->rows.rows;
    const int64_t index = p->cohort_column[factor];
    double *span = NULL;

    if (rows == 0 || s->team->group != 0) return SHY_OK;
    const uint64_t first = p->cohort_row[0], count = p->cohort_row[rows - 1] - first + 1;
    SHY_TRY(shy_new((size_t)count, sizeof *span, &span));
    SHY_TRY(shy_cohort_read_alone(s->cohort, &index, 1, first, count, span));
    for (int i = 0; i < rows; i++) mine[i] = span[p->cohort_row[i] - first];
out:
    shy_free(&span);
    return st;
}

/* Collective over the world. all: owned, on rank 0. */
static shy_status gather(const shy_search_session *s, int factor, double *mine, double **all_out)
{
    shy_status st = SHY_OK;
    const uint64_t count = s->team->group == 0 ? (uint64_t)s->problem->rows.rows * sizeof *mine : 0;
    void *bytes = NULL;
    uint64_t *counts = NULL;

    SHY_TRY_ALL(s->team, read_mine(s, factor, mine));
    SHY_TRY(shy_team_gather(s->team, mine, count, &bytes, &counts));
    *all_out = bytes, bytes = NULL;
out:
    shy_free(&counts);
    return st;
}

/* ---- what may be said ------------------------------------------------------------------------------------------------------- */

static int ascending(const void *left, const void *right)
{
    const double l = *(const double *)left, r = *(const double *)right;

    return (l > r) - (l < r);
}

static size_t people_at(const double *value, size_t count, double at)
{
    size_t people = 0;

    for (size_t i = 0; i < count; i++) people += value[i] == at;
    return people;
}

/* As it is if enough people have just that, else to so few digits that not one to `threshold` − 1 people do. */
static double nobody_s(const shy_sdc *sdc, const double *value, size_t count, double at)
{
    double shown = at;

    for (int digits = 4; digits > 0 && isfinite(at); digits--) {
        const size_t people = people_at(value, count, shown);
        if (people >= (size_t)sdc->threshold || (people == 0 && digits < 4)) break;
        shown = shy_sdc_digits(at, digits - 1 > 0 ? digits - 1 : 1);
    }
    return shown;
}

static const shy_derivation as_it_is = {.kind = SHY_DERIVED_VALUE, .lowest = -INFINITY, .highest = INFINITY, .fill = NAN, .low = -INFINITY, .high = INFINITY};

static shy_status judge_levels(const shy_sdc *sdc, const double *value, size_t count, shy_released_input *input)
{
    shy_status st = SHY_OK;
    int64_t *people = NULL;

    SHY_TRY(shy_new((size_t)input->levels, sizeof *people, &people));
    SHY_TRY(shy_new((size_t)input->levels, 1, &input->rare));
    for (size_t i = 0; i < count; i++)
        if (value[i] >= 0.0 && value[i] < input->levels) people[(int)value[i]]++;
    for (int v = 0; v < input->levels; v++) input->rare[v] = people[v] < sdc->threshold;
out:
    shy_free(&people);
    return st;
}

/* `value`: of the column, for all samples; on return of the factor. Rank 0. */
static shy_status judge_values(const shy_search_session *s, int factor, double *value, shy_released_input *input)
{
    shy_status st = SHY_OK;
    const shy_problem *p = s->problem;
    const shy_sdc *sdc = &s->assess.sdc;
    const shy_derivation *how = p->derivation && p->derivation[factor] ? p->derivation[factor] : &as_it_is;
    const shy_column column = shy_cohort_column(s->cohort, p->cohort_column[factor]);
    size_t count = 0;

    *input = (shy_released_input){.known = true, .levels = column.levels, .fill = how->fill, .low = how->low, .high = how->high, .seen_low = NAN, .seen_high = NAN};
    if (column.levels > 0) SHY_TRY(judge_levels(sdc, value, (size_t)p->rows.total, input));
    for (size_t i = 0; i < (size_t)p->rows.total; i++) {
        const double made = shy_derive(how, value[i]);
        if (column.levels == 0 && !isnan(value[i])) value[count++] = value[i];
        else if (column.levels > 0 && !isnan(made)) value[count++] = made;
    }
    if (column.levels == 0) {
        input->fill = nobody_s(sdc, value, count, how->fill);
        input->low = nobody_s(sdc, value, count, how->low), input->high = nobody_s(sdc, value, count, how->high);
        for (size_t i = 0; i < count; i++) value[i] = shy_derive(how, value[i]);
    }
    input->typical = nobody_s(sdc, value, count, shy_sdc_digits(s->typical[factor], 3));
    if (how->kind == SHY_DERIVED_MISSING) {
        input->seen_low = 0.0, input->seen_high = 1.0; /* by its making */
        goto out;
    }
    qsort(value, count, sizeof *value, ascending);
    while (count > 0 && isnan(value[count - 1])) count--;
    shy_sdc_bounds(sdc, count, value, &input->seen_low, &input->seen_high);
out:
    return st;
}

static shy_status judge_factor(shy_search_session *s, int factor, double *mine)
{
    shy_status st = SHY_OK;
    double *all = NULL;

    SHY_TRY(gather(s, factor, mine, &all));
    SHY_TRY_ALL(s->team, s->team->rank == 0 ? judge_values(s, factor, all, &s->released_input[factor]) : SHY_OK);
out:
    shy_free(&all);
    return st;
}

void shy_session_free_released(shy_search_session *s)
{
    for (int f = 0; s->released_input && f < s->released_inputs; f++) shy_free(&s->released_input[f].rare);
    shy_free(&s->released_input);
}

shy_status shy_session_judge_values(shy_search_session *s)
{
    shy_status st = SHY_OK;
    const size_t factors = (size_t)s->problem->factors;
    uint8_t *used = NULL;
    double *mine = NULL;

    shy_session_free_released(s);
    if (!shy_sdc_is_on(&s->assess.sdc)) return SHY_OK;
    SHY_TRY_ALL(s->team, shy_new(factors, 1, &used));
    SHY_TRY_ALL(s->team, shy_new((size_t)s->problem->rows.rows, sizeof *mine, &mine));
    SHY_TRY_ALL(s->team, s->team->rank == 0 ? shy_new(factors, sizeof *s->released_input, &s->released_input) : SHY_OK);
    s->released_inputs = (int)factors;
    if (s->team->rank == 0) shy_front_factors(s, used);
    SHY_TRY(shy_team_broadcast(s->team, used, factors));
    for (size_t f = 0; f < factors; f++)
        if (used[f]) SHY_TRY(judge_factor(s, (int)f, mine));
out:
    shy_free(&mine);
    shy_free(&used);
    return st;
}
