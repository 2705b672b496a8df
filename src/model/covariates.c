/** The covariates of an outcome: made orthonormal; those that say nothing new are dropped and named. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "model_impl.h"

#define NAMES_LISTED 4
#define SHARE_NAMED 1e-6 /* of the dropped column's deviation that a column must bring to be named */

/* The columns whose combination column c is: b solves R b = (column c of r); the deviation of column k is that of its part of r. */
static int parts_of(const struct shy_orthonormal *set, int c, int *parts)
{
    double b[SHY_COVARIATES_MAX], whole = 0.0;
    int count = 0;

    for (int k = set->rank - 1; k >= 0; k--) {
        b[k] = set->r[k * set->columns + c];
        whole += b[k] * b[k];
        for (int j = k + 1; j < set->rank; j++)
            b[k] -= set->r[k * set->columns + set->from[j]] * b[j];
        const double own = set->r[k * set->columns + set->from[k]];
        b[k] = own > 0.0 ? b[k] / own : 0.0;
    }
    for (int k = 0; k < set->rank; k++) {
        double deviation = 0.0;
        for (int j = 0; j <= k; j++) {
            const double r = set->r[j * set->columns + set->from[k]];
            deviation += r * r;
        }
        if (fabs(b[k]) * sqrt(deviation) > SHARE_NAMED * sqrt(whole)) parts[count++] = set->from[k];
    }
    return count;
}

static shy_status note_combination(shy_outcome *o, int c)
{
    shy_status st = SHY_OK;
    int parts[SHY_COVARIATES_MAX], count = parts_of(&o->covariates, c, parts);
    char *list = NULL, *longer = NULL, *text = NULL;

    SHY_TRY(shy_string_copy("", &list));
    for (int k = 0; k < count && k < NAMES_LISTED; k++) {
        SHY_TRY(shy_string_format(&longer, "%s%s\"%s\"", list, k > 0 ? ", " : "", o->covariate_name[parts[k]]));
        shy_free(&list);
        list = longer, longer = NULL;
    }
    if (count > NAMES_LISTED)
        SHY_TRY(shy_string_format(&text, "Covariate \"%s\" is a combination of %s and %d others; it is left out.",
                                  o->covariate_name[c], list, count - NAMES_LISTED));
    else
        SHY_TRY(shy_string_format(&text, "Covariate \"%s\" is a combination of %s; it is left out.", o->covariate_name[c],
                                  list));
    st = shy_outcome_note(o, text);
out:
    shy_free(&list);
    return st;
}

static shy_status note_constant(shy_outcome *o, int c)
{
    char *text = NULL;
    const shy_status st =
        shy_string_format(&text, "Covariate \"%s\" is constant in the samples in use; it is left out.", o->covariate_name[c]);

    return st == SHY_OK ? shy_outcome_note(o, text) : st;
}

static shy_status note_dropped(shy_outcome *o)
{
    shy_status st = SHY_OK;

    for (int c = 0; c < o->covariates.columns; c++)
        if (o->covariates.fate[c] == SHY_COLUMN_CONSTANT)
            SHY_TRY(note_constant(o, c));
        else if (o->covariates.fate[c] == SHY_COLUMN_COMBINATION)
            SHY_TRY(note_combination(o, c));
out:
    return st;
}

static shy_status copy_names(shy_outcome *o, const shy_outcome_data *data)
{
    shy_status st = SHY_OK;
    const size_t count = (size_t)data->covariates;

    SHY_TRY(shy_new(count, sizeof *o->covariate_name, &o->covariate_name));
    for (size_t c = 0; c < count; c++)
        if (data->covariate_name)
            SHY_TRY(shy_string_copy(data->covariate_name[c], &o->covariate_name[c]));
        else
            SHY_TRY(shy_string_format(&o->covariate_name[c], "%zu", c + 1));
    SHY_TRY(shy_new(count, sizeof *o->covariate_coefficient, &o->covariate_coefficient));
    SHY_TRY(shy_new((size_t)SHY_BASIS_MAX * SHY_COVARIATES_MAX, sizeof *o->basis.along, &o->basis.along));
    SHY_TRY(shy_orthonormal_create(&o->rows, data->covariates, &o->covariates));
out:
    return st;
}

shy_status shy_outcome_adjust(shy_outcome *o, const shy_outcome_data *data)
{
    shy_status st = SHY_OK;

    if (data->covariates == 0) return SHY_OK;
    SHY_TRY(shy_group_agree(o->rows.team, copy_names(o, data)));
    SHY_TRY(shy_orthonormal_make(&o->covariates, &o->rows, o->weight, o->weight_sum, data->covariate, o->partial));
    for (int c = 0; c < data->covariates; c++)
        if (o->covariates.fate[c] == SHY_COLUMN_INFINITE)
            return shy_fail(SHY_INPUT,
                            "covariate \"%s\" of outcome \"%s\" holds values that are not finite numbers; remove or correct them.",
                            o->covariate_name[c], o->column);
    SHY_TRY(shy_group_agree(o->rows.team, note_dropped(o)));
    if (o->covariates.rank > 0) o->basis.covariates = &o->covariates;
out:
    return st;
}
