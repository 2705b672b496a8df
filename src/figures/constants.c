/* constants.c: how far the constants of a formula can be off. */
#include "shy_config.h"

#include <math.h>

#include "figures_impl.h"

#define BLOCK 1024
#define NEAR 0.05 /* standard errors from the maximum of the likelihood within which a constant was fitted */

/*
 * The model linearised at its constants: a refit on the formula and, for each constant c, slope·∂formula/∂c. At the maximum of the likelihood that refit
 * leaves everything where it is, and its information is that of the model (of Gauss–Newton, Fisher's): so are its standard errors.
 */
typedef struct {
    int constants, node[SHY_TREE_MAX];
    double *column[SHY_TREE_MAX + 2]; /* formula, constants, treatment × formula */
    bool treatment;
    double value[SHY_TREE_MAX], error[SHY_TREE_MAX], slope_error; /* NaN: not known */
} linearised;

static void linearised_free(linearised *l)
{
    for (int k = 0; k < SHY_TREE_MAX + 2; k++) shy_free(&l->column[k]);
}

static double steepness(const shy_finished *f, const shy_model *model, int row)
{
    return f->interacts ? model->slope + model->interaction * (f->covariate[0].value[row] - f->treatment_mean) : model->slope;
}

static shy_status fill(const shy_figures_input *input, const shy_model *model, linearised *l)
{
    shy_status st = SHY_OK;
    const shy_finished *f = input->finished;
    const int rows = input->problem->rows.rows;
    const double **column = NULL;
    double *scratch = NULL, *gradient[SHY_TREE_MAX];

    SHY_TRY(shy_new((size_t)f->factors, sizeof *column, &column));
    SHY_TRY(shy_new(2 * (size_t)model->tree.count * BLOCK, sizeof *scratch, &scratch));
    for (int k = 0; k < l->constants + 1 + l->treatment; k++) SHY_TRY(shy_new((size_t)rows, sizeof *l->column[k], &l->column[k]));
    for (int first = 0; first < rows; first += BLOCK) {
        const int count = rows - first < BLOCK ? rows - first : BLOCK;
        for (int k = 0; k < f->factors; k++) column[k] = f->factor[k].value == NULL ? NULL : f->factor[k].value + first;
        for (int k = 0; k < l->constants; k++) gradient[k] = l->column[k + 1] + first;
        shy_tree_gradient_rows(&model->tree, count, column, scratch, l->column[0] + first, gradient);
    }
    for (int i = 0; i < rows; i++) {
        for (int k = 0; k < l->constants; k++) l->column[k + 1][i] *= steepness(f, model, i);
        if (l->treatment) l->column[l->constants + 1][i] = (f->covariate[0].value[i] - f->treatment_mean) * l->column[0][i];
    }
out:
    shy_free(&column);
    shy_free(&scratch);
    return st;
}

/* Columns of samples that take part have to be numbers. */
static bool is_finite(const shy_figures_input *input, const linearised *l)
{
    const shy_truth *truth = &input->shared->truth;

    for (int k = 0; k < l->constants + 1 + l->treatment; k++)
        for (size_t i = 0; i < truth->n; i++)
            if (shy_takes_part(truth, i) && !isfinite(l->column[k][i])) return false;
    return true;
}

/* fitted[k]: the constant is a parameter. error[] of the formula's slope, then of those. Away: how many standard errors from 0 their coefficients are. */
static shy_status refit(const shy_figures_input *input, const linearised *l, const bool *fitted, shy_fit *fit)
{
    const double *basis[SHY_BASIS_MAX];
    int terms = 0;

    basis[terms++] = l->column[0];
    for (int k = 0; k < l->constants; k++)
        if (fitted[k]) basis[terms++] = l->column[k + 1];
    if (l->treatment) basis[terms++] = l->column[l->constants + 1];
    return shy_outcome_refit(input->shared->outcome, terms, basis, fit);
}

static bool is_usable(const shy_fit *fit)
{
    return fit->verdict == SHY_FITTED || fit->verdict == SHY_FIRTH || fit->verdict == SHY_SINGULAR;
}

/* Is this constant, alone beside the slope, where the likelihood is highest? */
static shy_status look(const shy_figures_input *input, const linearised *l, int k, bool *fitted_out)
{
    shy_status st = SHY_OK;
    bool alone[SHY_TREE_MAX] = {false};
    shy_fit fit;

    alone[k] = true;
    SHY_TRY(refit(input, l, alone, &fit));
    *fitted_out = is_usable(&fit) && fit.error[1] > 0.0 && fabs(fit.coefficient[1]) < NEAR * fit.error[1];
out:
    return st;
}

static bool all_near(const shy_fit *fit, int constants)
{
    for (int k = 0; k < constants; k++)
        if (!(fit->error[k + 1] > 0.0 && fabs(fit->coefficient[k + 1]) < NEAR * fit->error[k + 1])) return false;
    return is_usable(fit);
}

static shy_status find_errors(const shy_figures_input *input, linearised *l)
{
    shy_status st = SHY_OK;
    bool fitted[SHY_TREE_MAX];
    shy_fit fit;
    int at = 1;

    for (int k = 0; k < l->constants; k++) fitted[k] = true;
    SHY_TRY(refit(input, l, fitted, &fit));
    if (!all_near(&fit, l->constants)) {
        for (int k = 0; k < l->constants; k++) SHY_TRY(look(input, l, k, &fitted[k]));
        SHY_TRY(refit(input, l, fitted, &fit));
    }
    if (!is_usable(&fit)) goto out;
    l->slope_error = fit.error[0] > 0.0 ? fit.error[0] : NAN;
    for (int k = 0; k < l->constants; k++) {
        if (!fitted[k]) continue;
        l->error[k] = fit.error[at] > 0.0 ? fit.error[at] : NAN;
        at++;
    }
out:
    return st;
}

static json_t *interval(double value, double error)
{
    return json_pack("{s:o, s:o, s:o}", "value", shy_json_real(value), "low", shy_json_real(value - SHY_NORMAL_975 * error), "high",
                     shy_json_real(value + SHY_NORMAL_975 * error));
}

shy_status shy_figures_constants(const shy_figures_input *input, int number, json_t **constants_out)
{
    shy_status st = SHY_OK;
    const shy_model *model = &input->finished->model[number];
    linearised l = {.slope_error = NAN, .treatment = input->finished->interacts};
    shy_outcome *outcome = NULL;
    json_t *object = json_object(), *list = json_array();

    l.constants = shy_tree_constants(&model->tree, l.node);
    for (int k = 0; k < l.constants; k++) l.value[k] = model->tree.node[l.node[k]].value, l.error[k] = NAN;
    if (l.constants == 0 && model->slope_error > 0.0) { /* the search's own refit said it */
        l.slope_error = model->slope_error;
    } else if (model->predictor != NULL && l.constants + 1 + l.treatment <= SHY_BASIS_MAX) {
        SHY_TRY(shy_figures_outcome(input, &outcome));
        SHY_TRY(fill(input, model, &l));
        if (is_finite(input, &l)) SHY_TRY(find_errors(input, &l));
    }
    SHY_TRY(shy_json_put(object, "constants", json_incref(list)));
    for (int k = 0; k < l.constants; k++) SHY_TRY(shy_json_append(list, interval(l.value[k], l.error[k])));
    SHY_TRY(shy_json_put(object, "slope", interval(model->slope, l.slope_error)));
    *constants_out = json_incref(object);
out:
    json_decref(object);
    json_decref(list);
    linearised_free(&l);
    return st;
}
