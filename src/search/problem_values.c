/** Goes through the rows for what the outcome is made of: what is missing, and values that an outcome cannot have. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "problem_impl.h"

enum { LACKS_PART = 1, HAS_OUTCOME = 2 }; /* of l->lacks, until the factors need it */

static const char *column_name(const struct shy_loading *l, const struct shy_part *part)
{
    return shy_cohort_column(l->cohort, part->column).name;
}

static uint64_t row_number(const struct shy_loading *l, uint64_t row)
{
    return l->slice_first + row + 1;
}

/* ---- what is missing ------------------------------------------------------------------------------------------- */

static shy_status find_missing(struct shy_loading *l, const struct shy_part *part, const double *values,
                               double *missing)
{
    for (uint64_t i = 0; i < l->slice_rows; i++) {
        if (!l->candidate[i]) continue;
        if (isinf(values[i]))
            return shy_fail(
                SHY_INPUT, "%s \"%s\" is infinite in row %llu of %s; correct the value or mark it as missing.",
                shy_role_name(part->role), column_name(l, part), (unsigned long long)row_number(l, i), l->place);
        *missing += isnan(values[i]);
        if (part->role == SHY_ROLE_OUTCOME) {
            if (!isnan(values[i])) l->lacks[i] |= HAS_OUTCOME;
        } else if (isnan(values[i])) {
            l->lacks[i] |= LACKS_PART;
        }
    }
    return SHY_OK;
}

/* Of several outcomes one is enough. Counts the rows that the filter keeps, and those that are candidates. */
static void drop_incomplete(struct shy_loading *l, double *counts)
{
    const bool untold = shy_loading_roles_count(l, SHY_ROLE_OUTCOME) == 0; /* survival: it is told by time and event */

    counts[0] = counts[1] = 0.0;
    for (uint64_t i = 0; i < l->slice_rows; i++) {
        if (!l->candidate[i]) continue;
        counts[0] += 1.0;
        l->candidate[i] = !(l->lacks[i] & LACKS_PART) && (untold || (l->lacks[i] & HAS_OUTCOME));
        counts[1] += l->candidate[i];
    }
}

static shy_status judge_rows(const struct shy_loading *l)
{
    const shy_problem *p = l->problem;

    if (p->n_filtered == 0)
        return shy_fail(SHY_INPUT, "samples.where keeps none of the %llu rows of %s; widen it.",
                        (unsigned long long)p->n_cohort, l->place);
    if (l->candidates > 0) return SHY_OK;
    for (int k = 0; k < l->parts - l->covariates; k++)
        if (l->part[k].missing == p->n_filtered)
            return shy_fail(SHY_INPUT,
                            "%s \"%s\" has no value in any of the %llu rows of %s that pass samples.where. "
                            "Choose another %s or other samples.",
                            shy_role_name(l->part[k].role), column_name(l, &l->part[k]),
                            (unsigned long long)p->n_filtered, l->place,
                            l->part[k].role == SHY_ROLE_OUTCOME ? "outcome" : "column");
    return shy_fail(SHY_INPUT,
                    "none of the %llu rows of %s that pass samples.where has all that the outcome is made of: each "
                    "lacks one of \"%s\" and "
                    "the columns of the other keys of the section outcome.",
                    (unsigned long long)p->n_filtered, l->place, l->label);
}

static shy_status find_candidates(struct shy_loading *l)
{
    shy_status st = SHY_OK;
    double counts[2];

    if (l->slice_rows > 0) memset(l->lacks, 0, (size_t)l->slice_rows);
    for (int k = 0; k < l->parts - l->covariates; k++) {
        double missing = 0.0;
        SHY_TRY(shy_loading_read(l, &l->part[k].column, 1, l->slice_first, l->slice_rows));
        SHY_TRY_ALL(l->team, find_missing(l, &l->part[k], l->panel, &missing));
        SHY_TRY(shy_group_sum(l->team, &missing, 1));
        l->part[k].missing = (uint64_t)missing;
    }
    drop_incomplete(l, counts);
    SHY_TRY(shy_group_sum(l->team, counts, 2));
    l->problem->n_filtered = (uint64_t)counts[0];
    l->candidates = (uint64_t)counts[1];
    SHY_TRY_ALL(l->team, judge_rows(l));
out:
    return st;
}

/* ---- covariates ------------------------------------------------------------------------------------------------ */

static shy_status read_covariates(struct shy_loading *l, struct shy_part *part, int count)
{
    shy_status st = SHY_OK;
    int64_t column[SHY_COVARIATES_MAX] = {0};
    double missing[SHY_COVARIATES_MAX] = {0.0};

    for (int k = 0; k < count; k++)
        column[k] = part[k].column;
    SHY_TRY(shy_loading_read(l, column, count, l->slice_first, l->slice_rows));
    for (int k = 0; k < count; k++)
        for (uint64_t i = 0; i < l->slice_rows; i++) {
            if (!l->candidate[i] || !isnan(l->panel[(uint64_t)k * l->slice_rows + i])) continue;
            missing[k] += 1.0;
            l->lacks[i] |= LACKS_PART;
        }
    SHY_TRY(shy_group_sum(l->team, missing, count));
    for (int k = 0; k < count; k++)
        part[k].missing = (uint64_t)missing[k];
out:
    return st;
}

static shy_status judge_covariates(const struct shy_loading *l)
{
    const struct shy_part *worst = NULL;
    char missing[32], samples[32];
    int lacking = 0;

    for (const struct shy_part *part = l->part + l->parts - l->covariates; part < l->part + l->parts; part++) {
        if (part->missing == l->candidates)
            return shy_fail(SHY_INPUT,
                            "covariate \"%s\" has no value in any of the %s samples of %s with the outcome; take it "
                            "out of outcome.covariates.",
                            column_name(l, part), shy_text_thousands(l->candidates, samples), l->place);
        if (part->missing > 0 && (!worst || part->missing > worst->missing)) worst = part;
        lacking += part->missing > 0;
    }
    if (!worst || l->options->covariates_missing != SHY_COVARIATES_REFUSE) return SHY_OK;
    return shy_fail(SHY_INPUT,
                    "covariate \"%s\" is missing in %s of %s samples of %s%s. Keep those that have it by "
                    "samples.where: \"%s is present\", or set "
                    "outcome.covariates_missing to complete (such samples are left out) or to indicator (its mean is "
                    "filled in, and a further "
                    "covariate says where).",
                    column_name(l, worst), shy_text_thousands(worst->missing, missing),
                    shy_text_thousands(l->candidates, samples), l->place, lacking > 1 ? ", and others are, too" : "",
                    column_name(l, worst));
}

static shy_status find_covariates(struct shy_loading *l)
{
    shy_status st = SHY_OK;
    const int first = l->parts - l->covariates;
    double left = 0.0;

    if (l->slice_rows > 0) memset(l->lacks, 0, (size_t)l->slice_rows);
    for (int k = first; k < l->parts; k += l->panel_columns)
        SHY_TRY(read_covariates(l, &l->part[k], l->parts - k < l->panel_columns ? l->parts - k : l->panel_columns));
    SHY_TRY_ALL(l->team, judge_covariates(l));
    if (l->options->covariates_missing != SHY_COVARIATES_COMPLETE) return SHY_OK;
    for (uint64_t i = 0; i < l->slice_rows; i++) {
        l->candidate[i] = l->candidate[i] && !l->lacks[i];
        left += l->candidate[i];
    }
    SHY_TRY(shy_group_sum(l->team, &left, 1));
    if (left == 0.0)
        return shy_fail(SHY_INPUT, "no sample of %s has all covariates; name fewer in outcome.covariates.", l->place);
    l->without_covariates = l->candidates - (uint64_t)left;
    l->candidates = (uint64_t)left;
out:
    return st;
}

/* ---- values ---------------------------------------------------------------------------------------------------- */

/* What is wrong with a value, as the end of a sentence that starts with the value; NULL: nothing. */
static const char *fault_of(const struct shy_loading *l, const struct shy_part *part, double value, double time)
{
    const char *kind = l->problem->ops->name;

    switch (part->role) {
    case SHY_ROLE_TIME:
        return value > 0.0 ? NULL : "times are greater than 0";
    case SHY_ROLE_ENTRY:
        return value < time ? NULL : "a sample is seen from its entry on, so its follow-up time is later";
    case SHY_ROLE_WEIGHT:
        return value >= 0.0 ? NULL : "weights are 0 or greater";
    case SHY_ROLE_EXPOSURE:
        return value > 0.0 ? NULL : "an exposure is greater than 0";
    case SHY_ROLE_EVENT:
        if (l->options->positive && *l->options->positive) return NULL;
        return value == 0.0 || value == 1.0
                   ? NULL
                   : "an event is 1 and a censored sample 0; else name the value that is the event in outcome.positive";
    case SHY_ROLE_OUTCOME:
        if (strcmp(kind, "count") == 0 && value < 0.0) return "counts are not negative";
        if (strcmp(kind, "count") == 0 && value != floor(value)) return "counts are whole numbers";
        if (strcmp(kind, "ordinal") == 0 && value != floor(value))
            return "levels are whole numbers in their order, or those of a categorical column";
        return NULL;
    default:
        return NULL;
    }
}

static shy_status check_values(const struct shy_loading *l, const struct shy_part *part)
{
    const double *values = l->panel, *times = l->panel + l->slice_rows;
    const shy_column about = shy_cohort_column(l->cohort, part->column);
    const char *fault = NULL;
    char value[32], time[32] = "";

    for (uint64_t i = 0; i < l->slice_rows; i++) {
        if (!l->candidate[i] || isnan(values[i])) continue;
        fault = fault_of(l, part, values[i], part->role == SHY_ROLE_ENTRY ? times[i] : NAN);
        if (!fault) continue;
        if (part->role == SHY_ROLE_ENTRY) shy_text_shortest(times[i], time);
        return shy_fail(SHY_INPUT, "%s \"%s\" is %s in row %llu of %s%s%s; %s.%s", shy_role_name(part->role),
                        about.name, shy_value_name(&about, values[i], value), (unsigned long long)row_number(l, i),
                        l->place, *time ? ", where the follow-up ends at " : "", time, fault,
                        part->role == SHY_ROLE_EVENT ? "" : " Correct it, or leave the row out by samples.where.");
    }
    return SHY_OK;
}

/* What stands for 0 and for 1. */
static shy_status code_values(struct shy_loading *l, struct shy_part *part)
{
    shy_status st = SHY_OK;

    if (part->role == SHY_ROLE_OUTCOME && l->problem->ops->codes_levels) return shy_loading_levels(l, part, l->panel);
    if (part->role == SHY_ROLE_EVENT) SHY_TRY_ALL(l->team, shy_loading_event(l, part));
out:
    return st;
}

static shy_status find_faults(struct shy_loading *l)
{
    shy_status st = SHY_OK;
    const struct shy_part *time = shy_loading_role(l, SHY_ROLE_TIME, 0);

    for (int k = 0; k < l->parts - l->covariates; k++) {
        struct shy_part *part = &l->part[k];
        const int64_t columns[] = {part->column, time ? time->column : -1};
        SHY_TRY(shy_loading_read(l, columns, part->role == SHY_ROLE_ENTRY ? 2 : 1, l->slice_first, l->slice_rows));
        SHY_TRY_ALL(l->team, check_values(l, part));
        SHY_TRY(code_values(l, part));
    }
out:
    return st;
}

shy_status shy_loading_candidates(struct shy_loading *l)
{
    shy_status st = SHY_OK;

    SHY_TRY(find_candidates(l));
    SHY_TRY(find_faults(l));
    if (l->covariates > 0) SHY_TRY(find_covariates(l));
out:
    return st;
}
