/** Interactions of formulas with a treatment, which is the first covariate: what screening compares, and the exact refit. */
#include "shy_config.h"

#include <math.h>

#include "model_impl.h"

/* Of the treatment's deviation: samples nearer to its mean than this are taken to be so far away, so that directions can be divided by it. */
#define NEAREST 1e-6
#define NOTHING_LEFT 1e-24 /* of a loss: what is left is rounding */

static shy_status allocate(shy_outcome *o)
{
    shy_status st = SHY_OK;
    const size_t rows = (size_t)o->rows.rows;

    SHY_TRY(shy_new(rows, sizeof *o->treatment, &o->treatment));
    for (int k = 0; k < SHY_INTERACTION_TERMS; k++)
        SHY_TRY(shy_new(rows, sizeof *o->product[k], &o->product[k]));
out:
    return st;
}

shy_status shy_interaction_start(shy_outcome *o, const shy_outcome_data *data)
{
    shy_status st = SHY_OK;
    const struct shy_orthonormal *set = &o->covariates;

    if (!data->interaction) return SHY_OK;
    if (data->covariates < 1) return shy_fail(SHY_INTERNAL, "an interaction with no covariate");
    if (set->fate[0] != SHY_COLUMN_USED)
        return shy_fail(SHY_INPUT,
                        "the treatment \"%s\" is the same in all samples of outcome \"%s\" that take part, so nothing can "
                        "interact with it; choose another outcome.interaction or other samples.",
                        o->covariate_name[0], o->column);
    SHY_TRY(shy_group_agree(o->rows.team, allocate(o)));
    o->treatment_mean = set->centre[0] * set->scale[0];
    for (int i = 0; i < o->rows.rows; i++)
        o->treatment[i] = data->covariate[0][i] - o->treatment_mean;
out:
    return st;
}

const double *shy_outcome_treatment(const shy_outcome *outcome, double *mean_out)
{
    *mean_out = outcome->treatment_mean;
    return outcome->treatment;
}

/* ---- screening --------------------------------------------------------------------------------------------------- */

/* The first of the orthonormal covariates is the centred treatment over its deviation. */
double shy_interaction_factor(const shy_outcome *o, int row)
{
    const double t = o->covariates.q[0][row];

    return fabs(t) >= NEAREST ? t : t < 0.0 ? -NEAREST : NEAREST;
}

static shy_status make_columns(const shy_outcome *o, double **memory_out, const double ***column_out)
{
    shy_status st = SHY_OK;
    const size_t rows = (size_t)o->rows.rows, count = (size_t)o->covariates.rank;
    double *memory = NULL;
    const double **column = NULL;

    SHY_TRY(shy_new(count * rows, sizeof *memory, memory_out));
    SHY_TRY(shy_new(count, sizeof *column, column_out));
    memory = *memory_out, column = *column_out;
    for (size_t k = 0; k < count; k++) {
        for (size_t i = 0; i < rows; i++)
            memory[k * rows + i] = (k == 0 ? 1.0 : o->covariates.q[k][i]) / shy_interaction_factor(o, (int)i);
        column[k] = memory + k * rows;
    }
out:
    return st;
}

/*
 * Σ w (t z) q = Σ (w t²) z (q / t): in the metric of the weights w t² the intercept becomes the direction 1/t, a covariate q/t, and the treatment
 * itself the constant.
 */
shy_status shy_interaction_directions(shy_outcome *o, const double *weight)
{
    shy_status st = SHY_OK;
    double *memory = NULL;
    const double **column = NULL;

    SHY_TRY(shy_group_agree(o->rows.team, make_columns(o, &memory, &column)));
    SHY_TRY(shy_orthonormal_make(&o->directions, &o->rows, weight, (double)o->rows.total, column, o->partial));
out:
    shy_free(&memory);
    shy_free(&column);
    return st;
}

/* ---- refit ------------------------------------------------------------------------------------------------------- */

shy_status shy_outcome_interact(const shy_outcome *o, int terms, const double *const *basis, shy_fit *fit_out)
{
    shy_status st = SHY_OK;
    const double *column[2 * SHY_INTERACTION_TERMS];
    shy_fit main = {0}, fit = {0};

    if (!o->treatment || terms < 0 || terms > SHY_INTERACTION_TERMS)
        return shy_fail(SHY_INTERNAL, "a refit of %d columns with interactions", terms);
    for (int k = 0; k < terms; k++) {
        for (int i = 0; i < o->rows.rows; i++)
            o->product[k][i] = o->treatment[i] * basis[k][i];
        column[k] = basis[k], column[terms + k] = o->product[k];
    }
    SHY_TRY(shy_outcome_refit(o, terms, basis, &main));
    SHY_TRY(shy_outcome_refit(o, 2 * terms, column, &fit));
    if (main.verdict == SHY_DIVERGED) fit.verdict = SHY_DIVERGED;
    fit.likelihood_ratio -= main.likelihood_ratio;
    fit.loss = main.loss > NOTHING_LEFT ? fit.loss / main.loss : 1.0;
    if (!(main.loss > NOTHING_LEFT)) fit.likelihood_ratio = 0.0;
    *fit_out = fit;
out:
    return st;
}
