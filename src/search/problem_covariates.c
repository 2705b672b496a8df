/** Covariates: the columns that every model contains, from numbers, categories and missing values. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "problem_impl.h"

#define SAMPLES_BEYOND 10 /* a model of K covariates needs more than K + 10 samples */

static shy_status add_column(struct shy_design *d, size_t rows, double **column_out)
{
    shy_status st = SHY_OK;

    SHY_TRY(shy_grow((size_t)d->covariates + 1, sizeof *d->covariate, &d->covariate));
    SHY_TRY(shy_grow((size_t)d->covariates + 1, sizeof *d->covariate_name, &d->covariate_name));
    SHY_TRY(shy_grow((size_t)d->covariates + 1, sizeof *d->source, &d->source));
    d->covariate[d->covariates] = NULL, d->covariate_name[d->covariates] = NULL;
    d->source[d->covariates] = (shy_covariate_source){.column = -1, .how = {.lowest = -INFINITY, .highest = INFINITY, .low = -INFINITY, .high = INFINITY, .fill = NAN}};
    d->covariates++;
    SHY_TRY(shy_new(rows, sizeof **column_out, &d->covariate[d->covariates - 1]));
    *column_out = d->covariate[d->covariates - 1];
out:
    return st;
}

/* For patients of another cohort: what the last covariate is made from. missing: samples lack a value, and a covariate of its own says so. */
static void note_source(const struct shy_loading *l, const shy_column *about, shy_derived kind, double level, bool missing)
{
    struct shy_design *d = l->problem->design;
    shy_covariate_source *source = &d->source[d->covariates - 1];

    source->column = shy_cohort_find(l->cohort, about->name);
    source->how.kind = kind;
    source->how.levels = about->levels;
    if (kind == SHY_DERIVED_LEVEL) source->how.level = (int)level;
    if (missing && kind != SHY_DERIVED_MISSING) source->how.fill = kind == SHY_DERIVED_LEVEL ? -1.0 : about->mean;
}

/* A column that is 1 where values[i] is the level, NaN meaning missing. */
static shy_status add_indicator(struct shy_loading *l, const shy_column *about, const double *values, double level, bool missing)
{
    shy_status st = SHY_OK;
    struct shy_design *d = l->problem->design;
    const int rows = l->problem->rows.rows;
    double *column = NULL;
    char room[32];

    SHY_TRY(add_column(d, (size_t)rows, &column));
    for (int i = 0; i < rows; i++)
        column[i] = isnan(level) ? isnan(values[i]) : values[i] == level;
    note_source(l, about, isnan(level) ? SHY_DERIVED_MISSING : SHY_DERIVED_LEVEL, level, missing);
    if (isnan(level))
        SHY_TRY(shy_string_format(&d->covariate_name[d->covariates - 1], "%s is missing", about->name));
    else
        SHY_TRY(shy_string_format(&d->covariate_name[d->covariates - 1], "%s == %s", about->name,
                                  shy_value_name(about, level, room)));
out:
    return st;
}

/* A number as it is. Which one is filled in where it is missing does not matter to the models, the indicator being beside it. */
static shy_status add_number(struct shy_loading *l, const shy_column *about, const double *values, bool missing)
{
    shy_status st = SHY_OK;
    struct shy_design *d = l->problem->design;
    const int rows = l->problem->rows.rows;
    double *column = NULL;

    SHY_TRY(add_column(d, (size_t)rows, &column));
    for (int i = 0; i < rows; i++)
        column[i] = isnan(values[i]) ? about->mean : values[i];
    note_source(l, about, SHY_DERIVED_VALUE, NAN, missing);
    SHY_TRY(shy_string_copy(about->name, &d->covariate_name[d->covariates - 1]));
out:
    return st;
}

/* Samples of each level, of numbers none, and last those that lack a value. Collective over the group. */
static void count_levels(const struct shy_loading *l, const double *values, int levels, double *count)
{
    for (int i = 0; i < l->problem->rows.rows; i++)
        if (isnan(values[i]))
            count[levels] += 1.0;
        else if (levels > 0)
            count[(int)values[i]] += 1.0;
    (void)shy_group_sum(l->team, count, levels + 1);
}

static int most_frequent(const double *count, int levels)
{
    int most = 0;

    for (int k = 1; k < levels; k++)
        if (count[k] > count[most]) most = k;
    return most;
}

/* Indicators of the levels that occur, but for the most frequent one: with all of them they would add up to the intercept. */
static shy_status add_levels(struct shy_loading *l, const shy_column *about, const double *values, const double *count)
{
    shy_status st = SHY_OK;
    const int reference = most_frequent(count, about->levels);

    for (int k = 0; k < about->levels; k++)
        if (k != reference && count[k] > 0.0) SHY_TRY(add_indicator(l, about, values, k, count[about->levels] > 0.0));
out:
    return st;
}

static shy_status add_columns(struct shy_loading *l, const shy_column *about, const double *values, const double *count)
{
    shy_status st = SHY_OK;

    if (about->kind == SHY_KIND_CATEGORICAL)
        SHY_TRY(add_levels(l, about, values, count));
    else
        SHY_TRY(add_number(l, about, values, count[0] > 0.0));
    if (count[about->kind == SHY_KIND_CATEGORICAL ? about->levels : 0] > 0.0)
        SHY_TRY(add_indicator(l, about, values, NAN, true));
    if (l->problem->design->covariates > SHY_COVARIATES_MAX)
        SHY_TRY(shy_fail(SHY_INPUT,
                         "outcome.covariates stands for more than %d columns of a model, up to \"%s\": each level of a "
                         "category but one is one. "
                         "Name fewer.",
                         SHY_COVARIATES_MAX, about->name));
out:
    return st;
}

static shy_status add_covariate(struct shy_loading *l, const struct shy_part *part, double *values)
{
    shy_status st = SHY_OK;
    const shy_column about = shy_cohort_column(l->cohort, part->column);
    const int levels = about.kind == SHY_KIND_CATEGORICAL ? about.levels : 0;
    double *count = NULL;

    SHY_TRY(shy_loading_values(l, part->column, values));
    SHY_TRY_ALL(l->team, shy_new((size_t)levels + 1, sizeof *count, &count));
    count_levels(l, values, levels, count);
    SHY_TRY_ALL(l->team, add_columns(l, &about, values, count));
out:
    shy_free(&count);
    return st;
}

static shy_status judge_number(const struct shy_loading *l)
{
    const int covariates = l->problem->design->covariates;

    if (l->samples >= (uint64_t)covariates + SAMPLES_BEYOND) return SHY_OK;
    return shy_fail(SHY_INPUT,
                    "%d covariates are too many for %llu samples of %s: at least %d more samples than covariates are "
                    "needed. Name fewer in "
                    "outcome.covariates.",
                    covariates, (unsigned long long)l->samples, l->place, SAMPLES_BEYOND);
}

/* A treatment has a value in every sample. Of two levels the second is 1. */
static shy_status add_treatment(struct shy_loading *l, const struct shy_part *part, double *values)
{
    shy_status st = SHY_OK;
    const shy_column about = shy_cohort_column(l->cohort, part->column);

    SHY_TRY(shy_loading_values(l, part->column, values));
    SHY_TRY_ALL(l->team, add_number(l, &about, values, false));
    l->problem->design->interaction = true;
out:
    return st;
}

shy_status shy_loading_covariates(struct shy_loading *l)
{
    shy_status st = SHY_OK;
    const struct shy_part *treatment = shy_loading_role(l, SHY_ROLE_TREATMENT, 0);
    double *values = NULL;

    if (!treatment && l->covariates == 0) return SHY_OK;
    SHY_TRY_ALL(l->team, shy_new((size_t)l->problem->rows.rows, sizeof *values, &values));
    if (treatment) SHY_TRY(add_treatment(l, treatment, values));
    for (int k = l->parts - l->covariates; k < l->parts; k++)
        SHY_TRY(add_covariate(l, &l->part[k], values));
    SHY_TRY_ALL(l->team, judge_number(l));
out:
    shy_free(&values);
    return st;
}

const shy_covariate_source *shy_problem_covariate(const shy_problem *problem, int k)
{
    return problem->design && k >= 0 && k < problem->design->covariates ? &problem->design->source[k] : NULL;
}
