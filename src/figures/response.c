/* response.c: how the prediction moves with each factor, the others at their medians, covariates at their means. */
#include "shy_config.h"

#include <math.h>

#include "figures_impl.h"

static bool uses(const shy_model *model, int factor)
{
    for (int k = 0; k < model->tree.count; k++)
        if (model->tree.node[k].op == SHY_OP_FACTOR && model->tree.node[k].factor == (uint32_t)factor) return true;
    return false;
}

/* A treatment is at its mean, so that an interaction adds nothing. */
static double predict(const shy_pictured *p, const double *factor)
{
    const shy_finished *f = p->input->finished;
    double sum = p->model->intercept;

    for (int k = 0; k < f->covariates; k++) sum += p->model->beside[k] != 0.0 ? p->model->beside[k] * p->shared->covariate[k] : 0.0;
    return shy_figures_scale(p->shared->kind, sum + p->model->slope * shy_tree_evaluate(&p->model->tree, factor));
}

static shy_status add_others(const shy_pictured *p, int factor, const double *middle, json_t *response)
{
    shy_status st = SHY_OK;
    const shy_finished *f = p->input->finished;
    json_t *at = json_object();

    SHY_TRY(shy_json_put(response, "at", at));
    for (int k = 0; k < f->factors; k++)
        if (k != factor && uses(p->model, k)) SHY_TRY(shy_json_put(at, f->factor[k].name, shy_json_real(middle[k])));
out:
    return st;
}

/* middle: [factors] of all that the formula has; that of the factor itself is moved and put back. */
static shy_status add_factor(const shy_pictured *p, int factor, const shy_axis *axis, double *middle, json_t *list)
{
    shy_status st = SHY_OK;
    const shy_input *input = &p->input->finished->factor[factor];
    const double own = middle[factor];
    json_t *response = json_object(), *y = json_array();

    SHY_TRY(shy_json_append(list, response));
    SHY_TRY(shy_json_put(response, "factor", shy_json_string(input->name)));
    SHY_TRY(shy_json_put(response, "unit", shy_json_string(input->unit)));
    SHY_TRY(shy_json_put(response, "discrete", json_boolean(axis->discrete)));
    SHY_TRY(shy_json_put(response, "x", shy_json_reals(axis->grid, (size_t)axis->points)));
    SHY_TRY(shy_json_put(response, "y", json_incref(y)));
    for (int k = 0; k < axis->points; k++) {
        middle[factor] = axis->grid[k];
        SHY_TRY(shy_json_append(y, shy_json_real(predict(p, middle))));
    }
    SHY_TRY(add_others(p, factor, middle, response));
    if (axis->bins != NULL) SHY_TRY(shy_json_put(response, "bins", json_incref(axis->bins)));
out:
    middle[factor] = own;
    json_decref(y);
    return st;
}

shy_status shy_figures_response(const shy_pictured *p, json_t *figures)
{
    shy_status st = SHY_OK;
    const shy_finished *f = p->input->finished;
    const shy_axis *axis = NULL;
    double *middle = NULL;
    json_t *list = json_array();

    SHY_TRY(shy_json_put(figures, "response", list));
    SHY_TRY(shy_new((size_t)f->factors, sizeof *middle, &middle));
    for (int k = 0; k < f->factors; k++) {
        if (!uses(p->model, k)) continue;
        SHY_TRY(shy_figures_axis(p->input, k, p->suppressed, &axis));
        middle[k] = axis->median;
    }
    for (int k = 0; k < f->factors; k++) {
        if (!uses(p->model, k)) continue;
        SHY_TRY(shy_figures_axis(p->input, k, p->suppressed, &axis));
        if (axis->points > 0) SHY_TRY(add_factor(p, k, axis, middle, list));
        else SHY_TRY(shy_pictured_note(p, "response", "range", 1));
    }
out:
    shy_free(&middle);
    return st;
}
