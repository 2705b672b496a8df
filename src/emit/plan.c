/* plan.c: what a program of a formula has to compute, the same for all languages. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "emit_impl.h"

void shy_emit_plan_free(shy_emit_plan *plan)
{
    shy_emit_names_free(&plan->names);
    shy_free(&plan->column);
    shy_free(&plan->value);
    shy_free(&plan->factor_name);
    shy_free(&plan->original);
    shy_buffer_free(&plan->facts);
}

bool shy_emit_has_ratio(const shy_emit_plan *plan)
{
    return plan->finished->link == SHY_LINK_LOG_HAZARD || plan->finished->link == SHY_LINK_LOG_ODDS;
}

int shy_emit_levels(const shy_emit_plan *plan)
{
    return plan->finished->link == SHY_LINK_CUMULATIVE_LOGIT ? plan->model->thresholds_count + 1 : 0;
}

bool shy_emit_uses(const shy_emit_plan *plan, shy_op op)
{
    for (int k = 0; k < plan->model->tree.count; k++)
        if (plan->model->tree.node[k].op == op) return true;
    return false;
}

/* ---- columns and values --------------------------------------------------------------------------------------------- */

static int find_column(const shy_emit_plan *plan, const char *name)
{
    for (int k = 0; k < plan->columns; k++)
        if (strcmp(plan->column[k].input->column, name) == 0) return k;
    return -1;
}

static double two_digits(double value)
{
    char text[32];
    double rounded = value;

    snprintf(text, sizeof text, "%.2g", value);
    shy_text_number(text, &rounded);
    return rounded;
}

/* An invented patient: typical where that is known, else something in the middle. */
static double example_of(const shy_input *input)
{
    if (shy_kind_has_levels(input->column_kind)) {
        if (input->how.kind == SHY_DERIVED_LEVEL || input->how.kind == SHY_DERIVED_POOL) return input->how.level;
        return isfinite(input->how.fill) && input->how.fill >= 0.0 ? input->how.fill : input->how.levels - 1;
    }
    if (input->how.kind != SHY_DERIVED_VALUE) return 1.0;
    if (isfinite(input->typical)) return input->typical;
    if (isfinite(input->how.fill)) return input->how.fill;
    if (isfinite(input->seen_low) && isfinite(input->seen_high)) return two_digits(input->seen_low + (input->seen_high - input->seen_low) / 3.0);
    return 1.0;
}

/* The values of a column that are numbers say best what a patient is like. */
static shy_status add_column(shy_emit_plan *plan, const shy_input *input, int *column_out)
{
    shy_status st = SHY_OK;
    int k = find_column(plan, input->column);

    if (k < 0) {
        k = plan->columns++;
        plan->column[k] = (shy_emit_column){.input = input, .levels = shy_kind_has_levels(input->column_kind), .example = example_of(input)};
        SHY_TRY(shy_emit_name_give(&plan->names, input->column, &plan->column[k].argument));
    } else if (plan->column[k].input->how.kind != SHY_DERIVED_VALUE && input->how.kind == SHY_DERIVED_VALUE) {
        plan->column[k].input = input, plan->column[k].example = example_of(input);
    }
    *column_out = k;
out:
    return st;
}

static shy_status add_value(shy_emit_plan *plan, const shy_input *input, int index, bool covariate)
{
    shy_status st = SHY_OK;
    const bool levels = shy_kind_has_levels(input->column_kind);
    shy_emit_value *value = &plan->value[plan->values++];

    *value = (shy_emit_value){.input = input, .index = index, .covariate = covariate, .missing = shy_input_derive(input, NAN, NULL), .other = NAN};
    if (covariate) value->coefficient = plan->model->beside[index];
    if (levels) value->other = shy_input_derive(input, SHY_LEVEL_UNSEEN, NULL);
    SHY_TRY(add_column(plan, input, &value->column));
    if (!levels && (input->how.kind == SHY_DERIVED_LEVEL || input->how.kind == SHY_DERIVED_POOL))
        SHY_TRY(shy_fail(SHY_INPUT, "front.json: the factor \"%s\" is a level of the column \"%s\", which has none.", input->name, input->column));
    if (covariate && isnan(value->coefficient))
        SHY_TRY(shy_fail(SHY_INPUT, "front.json does not say the coefficient of the covariate \"%s\" of this formula, so that nothing can be predicted with it.", input->name));
out:
    return st;
}

/* The columns' names go first: they are what people write. */
static shy_status name_values(shy_emit_plan *plan)
{
    shy_status st = SHY_OK;
    char *meant = NULL;

    for (int k = 0; k < plan->values; k++) {
        shy_emit_value *value = &plan->value[k];
        const bool same = strcmp(value->input->name, value->input->column) == 0;
        shy_free(&meant);
        SHY_TRY(shy_string_format(&meant, "%.200s%s", same ? plan->column[value->column].argument : value->input->name, same ? "_used" : ""));
        SHY_TRY(shy_emit_name_give(&plan->names, meant, &value->name));
        if (!value->covariate) plan->factor_name[value->index] = value->name;
        if (value->covariate && value->index == 0 && plan->finished->interacts) plan->treatment = k;
    }
out:
    shy_free(&meant);
    return st;
}

static shy_status add_values(shy_emit_plan *plan)
{
    shy_status st = SHY_OK;
    const shy_finished *f = plan->finished;

    SHY_TRY(shy_new((size_t)(f->factors + f->covariates), sizeof *plan->column, &plan->column));
    SHY_TRY(shy_new((size_t)(f->factors + f->covariates), sizeof *plan->value, &plan->value));
    SHY_TRY(shy_new((size_t)f->factors, sizeof *plan->factor_name, &plan->factor_name));
    SHY_TRY(shy_new((size_t)f->factors, sizeof *plan->original, &plan->original));
    for (int k = 0; k < f->factors; k++) plan->original[k] = f->factor[k].name;
    for (int k = 0; k < f->factors; k++)
        if (shy_model_uses(plan->model, k)) SHY_TRY(add_value(plan, &f->factor[k], k, false));
    for (int k = 0; k < f->covariates; k++)
        if (shy_model_needs(f, plan->model, k)) SHY_TRY(add_value(plan, &f->covariate[k], k, true));
    SHY_TRY(name_values(plan));
out:
    return st;
}

/* ---- the example ------------------------------------------------------------------------------------------------------- */

/* The level for which most of what is made of the column is typical. */
static void choose_level(shy_emit_plan *plan, int column)
{
    int most = 0;

    for (int v = 0; v < plan->column[column].input->how.levels; v++) {
        int typical = 0;
        for (int k = 0; k < plan->values; k++)
            typical += plan->value[k].column == column && shy_input_derive(plan->value[k].input, v, NULL) == plan->value[k].input->typical;
        if (typical > most) most = typical, plan->column[column].example = v;
    }
}

/* Whom ratios compare with: typical in everything. */
static double typical_score(const shy_emit_plan *plan, double *factor, double *covariate)
{
    for (int k = 0; k < plan->values; k++) (plan->value[k].covariate ? covariate : factor)[plan->value[k].index] = plan->value[k].input->typical;
    return shy_model_score(plan->finished, plan->model, shy_model_formula(plan->model, factor), covariate);
}

static shy_status compute_example(shy_emit_plan *plan)
{
    shy_status st = SHY_OK;
    const shy_finished *f = plan->finished;
    double *factor = NULL, *covariate = NULL;

    SHY_TRY(shy_new((size_t)f->factors, sizeof *factor, &factor));
    SHY_TRY(shy_new((size_t)f->covariates, sizeof *covariate, &covariate));
    plan->baseline = shy_emit_has_ratio(plan) ? typical_score(plan, factor, covariate) : 0.0;
    if (isnan(plan->baseline)) plan->baseline = 0.0;
    for (int k = 0; k < plan->columns; k++)
        if (plan->column[k].levels) choose_level(plan, k);
    for (int k = 0; k < plan->values; k++) {
        shy_emit_value *value = &plan->value[k];
        value->example = shy_input_derive(value->input, plan->column[value->column].example, NULL);
        (value->covariate ? covariate : factor)[value->index] = value->example;
    }
    plan->formula = shy_model_formula(plan->model, factor);
    plan->score = shy_model_score(f, plan->model, plan->formula, covariate);
    plan->mean = shy_model_mean(f, plan->model, plan->score, plan->baseline);
out:
    shy_free(&factor);
    shy_free(&covariate);
    return st;
}

shy_status shy_emit_plan_make(const shy_emit_request *request, shy_emit_plan *plan)
{
    shy_status st = SHY_OK;

    *plan = (shy_emit_plan){.finished = request->finished,
                            .model = &request->finished->model[request->model],
                            .front = request->front,
                            .number = request->model + 1,
                            .rounded = request->rounded,
                            .treatment = -1};
    if (!isfinite(plan->model->slope) || !isfinite(plan->model->intercept))
        SHY_TRY(shy_fail(SHY_INPUT, "front.json does not say the slope or the intercept of %s: it was not released, or could not be fitted.", plan->model->text));
    SHY_TRY(add_values(plan));
    SHY_TRY(compute_example(plan));
    SHY_TRY(shy_emit_facts(plan));
out:
    return st;
}
