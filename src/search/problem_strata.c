/** Strata and matched sets: combinations of columns as numbers, and which of them are of use. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "problem_impl.h"

/* ---- numbers --------------------------------------------------------------------------------------------------- */

/* code = number of the combination of the columns so far; −0 and 0 are one value. Collective over the world. */
static shy_status combine(struct shy_loading *l, const struct shy_part *part, double *code, double *values, int *strata)
{
    shy_status st = SHY_OK;
    const shy_rows *rows = &l->problem->rows;
    double *distinct = NULL;
    int count = 0;

    SHY_TRY(shy_loading_values(l, part->column, values));
    SHY_TRY_ALL(l->team, shy_rank_values(rows, values, &distinct, &count));
    for (int i = 0; i < rows->rows; i++)
        code[i] = code[i] * count + values[i];
    shy_free(&distinct);
    SHY_TRY_ALL(l->team, shy_rank_values(rows, code, &distinct, strata));
out:
    shy_free(&distinct);
    return st;
}

static shy_status make_room(struct shy_loading *l, double **code, double **values)
{
    shy_status st = SHY_OK;
    const size_t rows = (size_t)l->problem->rows.rows;

    SHY_TRY(shy_new(rows, sizeof **code, code));
    SHY_TRY(shy_new(rows, sizeof **values, values));
    SHY_TRY(shy_new(rows, sizeof *l->problem->design->stratum, &l->problem->design->stratum));
out:
    return st;
}

shy_status shy_loading_strata(struct shy_loading *l, enum shy_role role)
{
    shy_status st = SHY_OK;
    struct shy_design *d = l->problem->design;
    double *code = NULL, *values = NULL;
    const int columns = shy_loading_roles_count(l, role);

    SHY_TRY_ALL(l->team, make_room(l, &code, &values));
    for (int k = 0; k < columns; k++)
        SHY_TRY(combine(l, shy_loading_role(l, role, k), code, values, &d->strata));
    for (int i = 0; i < l->problem->rows.rows; i++)
        d->stratum[i] = (int32_t)code[i];
out:
    shy_free(&code);
    shy_free(&values);
    return st;
}

/* ---- use ------------------------------------------------------------------------------------------------------- */

/* ones[s], zeros[s]: samples of weight > 0 with y = 1 and 0. Collective over the group. */
static void count_in_strata(const shy_problem *p, const double *y, const double *weight, double *ones, double *zeros)
{
    for (int i = 0; i < p->rows.rows; i++) {
        if (weight && weight[i] == 0.0) continue;
        (y[i] != 0.0 ? ones : zeros)[p->design->stratum[i]] += 1.0;
    }
    (void)shy_group_sum(p->team, ones, p->design->strata);
    (void)shy_group_sum(p->team, zeros, p->design->strata);
}

/* "site == B, sex == male" of a sample in a stratum; on the members that hold none of it it stays empty. */
static shy_status name_stratum(const struct shy_loading *l, enum shy_role role, int64_t row, char **name_out)
{
    shy_status st = SHY_OK;
    const int columns = shy_loading_roles_count(l, role);
    char *name = NULL, *longer = NULL, room[32];

    SHY_TRY(shy_string_copy("", &name));
    for (int k = 0; k < columns; k++) {
        const struct shy_part *part = shy_loading_role(l, role, k);
        const shy_column about = shy_cohort_column(l->cohort, part->column);
        double value = NAN;
        SHY_TRY(shy_cohort_read_alone(l->cohort, &part->column, 1, (uint64_t)row, 1, &value));
        SHY_TRY(shy_string_format(&longer, "%s%s%s == %s", name, k > 0 ? ", " : "", about.name,
                                  shy_value_name(&about, value, room)));
        shy_free(&name);
        name = longer, longer = NULL;
    }
    *name_out = name, name = NULL;
out:
    shy_free(&name);
    return st;
}

/* The first sample of each listed stratum, as a row of the cohort: the same on all members. Collective over the group. */
static void find_rows(const struct shy_loading *l, const int *listed, int count, double *row)
{
    const shy_problem *p = l->problem;

    for (int k = 0; k < count; k++) {
        row[k] = -INFINITY;
        for (int i = 0; i < p->rows.rows && isinf(row[k]); i++)
            if (p->design->stratum[i] == listed[k]) row[k] = -l->sample[p->rows.first + (uint64_t)i];
    }
    (void)shy_group_maximum(l->team, row, count);
}

static shy_status note_useless(const struct shy_loading *l, enum shy_role role, const double *row, int listed,
                               int count)
{
    shy_status st = SHY_OK;
    const bool sets = role == SHY_ROLE_SET;
    char *names[SHY_NAMES_LISTED] = {NULL}, *list = NULL, useless[32], all[32];

    for (int k = 0; k < listed; k++)
        SHY_TRY(name_stratum(l, role, (int64_t)-row[k], &names[k]));
    SHY_TRY(shy_names_list((const char *const *)names, count, &list));
    SHY_TRY(shy_problem_note(
        l->problem, "%s of %s %s %s and %s of no use: %s.", shy_text_thousands((uint64_t)count, useless),
        shy_text_thousands((uint64_t)l->problem->design->strata, all), sets ? "matched sets" : "strata",
        sets ? (count == 1 ? "lacks a case or a control" : "lack a case or a control")
             : (count == 1 ? "has no event" : "have no event"),
        count == 1 ? "is" : "are", list));
out:
    for (int k = 0; k < SHY_NAMES_LISTED; k++)
        shy_free(&names[k]);
    shy_free(&list);
    return st;
}

shy_status shy_loading_judge_strata(struct shy_loading *l, enum shy_role role, const double *y, const double *weight)
{
    shy_status st = SHY_OK;
    const int strata = l->problem->design->strata;
    double *count = NULL, row[SHY_NAMES_LISTED];
    int listed[SHY_NAMES_LISTED], useless = 0;

    SHY_TRY(shy_group_agree(l->team, shy_new(2 * (size_t)strata, sizeof *count, &count)));
    count_in_strata(l->problem, y, weight, count, count + strata);
    for (int s = 0; s < strata; s++) {
        const bool of_use = count[s] > 0.0 && (role != SHY_ROLE_SET || count[strata + s] > 0.0);
        if (of_use) continue;
        if (useless < SHY_NAMES_LISTED) listed[useless] = s;
        useless++;
    }
    if (useless == strata)
        SHY_TRY(shy_fail(
            SHY_INPUT,
            role == SHY_ROLE_SET
                ? "no matched set of \"%s\" holds both a case and a control; are the sets those of outcome.set?"
                : "no stratum has an event \"%s\"; choose other strata or samples.",
            role == SHY_ROLE_SET ? shy_cohort_column(l->cohort, shy_loading_role(l, role, 0)->column).name : l->label));
    if (useless == 0) goto out;
    find_rows(l, listed, useless < SHY_NAMES_LISTED ? useless : SHY_NAMES_LISTED, row);
    SHY_TRY(shy_group_agree(
        l->team, note_useless(l, role, row, useless < SHY_NAMES_LISTED ? useless : SHY_NAMES_LISTED, useless)));
out:
    shy_free(&count);
    return st;
}
