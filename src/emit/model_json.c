/* model_json.c: a formula as JSON, for programs: its tree, its model, and what is made of each column. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "emit_impl.h"

static json_t *real(double value)
{
    return isnan(value) ? json_null() : isinf(value) ? json_null() : json_real(value);
}

/* {"factor": name}, {"constant": value}, or {"operator": name, "operands": […]}. */
static json_t *tree_json(const shy_emit_plan *plan, int index)
{
    const shy_node *node = &plan->model->tree.node[index];
    const shy_operator *op = shy_operator_get((shy_op)node->op);
    json_t *operands;

    if (node->op == SHY_OP_FACTOR) return json_pack("{s:o}", "factor", shy_json_string(plan->original[node->factor]));
    if (node->op == SHY_OP_CONSTANT) return json_pack("{s:o}", "constant", real(node->value));
    operands = op->arity == 2 ? json_pack("[o, o]", tree_json(plan, node->left), tree_json(plan, node->right)) : json_pack("[o]", tree_json(plan, node->left));
    return json_pack("{s:s, s:o}", "operator", op->name, "operands", operands);
}

/* What is made of a column, in one table of levels or one set of limits; null: none. */
static json_t *value_json(const shy_emit_plan *plan, const shy_emit_value *value)
{
    static const char *const kinds[] = {[SHY_DERIVED_VALUE] = "value", [SHY_DERIVED_LEVEL] = "level", [SHY_DERIVED_POOL] = "pool", [SHY_DERIVED_MISSING] = "missing"};
    const shy_input *input = value->input;
    json_t *levels = json_object();
    json_t *object = json_pack("{s:o, s:o, s:s, s:o, s:o}", "name", shy_json_string(input->name), "column", shy_json_string(input->column), "kind", kinds[input->how.kind], "unit",
                               shy_json_string(input->unit), "missing_counts_as", real(value->missing));

    if (plan->column[value->column].levels) {
        for (int v = 0; v < input->how.levels; v++) json_object_set_new(levels, input->level[v], real(shy_input_derive(input, v, NULL)));
        json_object_set(object, "levels", levels);
        json_object_set_new(object, "other_levels_count_as", real(value->other));
    } else {
        json_object_set_new(object, "lowest_plausible", real(input->how.lowest));
        json_object_set_new(object, "highest_plausible", real(input->how.highest));
        json_object_set_new(object, "low", real(input->how.low));
        json_object_set_new(object, "high", real(input->how.high));
    }
    json_object_set_new(object, "seen", json_pack("[o, o]", real(input->seen_low), real(input->seen_high)));
    if (value->covariate) json_object_set_new(object, "coefficient", real(value->coefficient));
    json_decref(levels);
    return object;
}

static json_t *values_json(const shy_emit_plan *plan, bool covariates)
{
    json_t *list = json_array();

    for (int k = 0; k < plan->values; k++)
        if (plan->value[k].covariate == covariates) json_array_append_new(list, value_json(plan, &plan->value[k]));
    return list;
}

static json_t *model_json(const shy_emit_plan *plan)
{
    static const char *const links[] = {[SHY_LINK_IDENTITY] = "identity",   [SHY_LINK_LOGIT] = "logit",           [SHY_LINK_LOG] = "log", [SHY_LINK_CUMULATIVE_LOGIT] = "cumulative logit",
                                        [SHY_LINK_LOG_HAZARD] = "log hazard ratio", [SHY_LINK_LOG_ODDS] = "log odds ratio"};
    json_t *model = json_pack("{s:s, s:o, s:o}", "link", links[plan->finished->link], "intercept", real(plan->model->intercept), "slope", real(plan->model->slope));

    if (plan->treatment >= 0)
        json_object_set_new(model, "interaction",
                            json_pack("{s:o, s:o, s:o}", "treatment", shy_json_string(plan->value[plan->treatment].input->name), "mean", real(plan->finished->treatment_mean), "slope",
                                      real(plan->model->interaction)));
    if (shy_emit_has_ratio(plan)) json_object_set_new(model, "baseline_score", real(plan->baseline));
    if (shy_emit_levels(plan) > 0) {
        json_t *thresholds = json_array();
        for (int j = 0; j + 1 < shy_emit_levels(plan); j++) json_array_append_new(thresholds, real(plan->model->thresholds[j]));
        json_object_set_new(model, "thresholds", thresholds);
    }
    return model;
}

static json_t *example_json(const shy_emit_plan *plan)
{
    json_t *columns = json_object();

    for (int k = 0; k < plan->columns; k++) {
        const shy_emit_column *column = &plan->column[k];
        json_object_set_new(columns, column->input->column, column->levels ? shy_json_string(column->input->level[(int)column->example]) : real(column->example));
    }
    return json_pack("{s:o, s:o, s:o, s:o}", "columns", columns, "formula", real(plan->formula), "score", real(plan->score), "prediction", real(plan->mean));
}

static json_t *belief_json(const shy_emit_plan *plan)
{
    json_t *belief = json_object();
    const json_t *nested = json_object_get(plan->front, "nested");
    size_t k;
    json_t *level;

    json_object_set_new(belief, "verdict", shy_json_string(shy_json_word(plan->front, "verdict")));
    json_object_set_new(belief, "verdict_is_of_this_formula", json_boolean(plan->finished->chosen == plan->number - 1));
    json_array_foreach(json_object_get(nested, "levels"), k, level)
    {
        if ((int)shy_json_count(level, "complexity") != plan->model->complexity) continue;
        json_object_set_new(belief, "nested", json_pack("{s:o, s:o, s:o, s:o}", "metric", shy_json_string(shy_json_word(nested, "metric")), "mean", real(shy_json_number(level, "mean", NAN)),
                                                        "error", real(shy_json_number(level, "error", NAN)), "apparent", real(shy_json_number(level, "apparent", NAN))));
        break;
    }
    json_object_set_new(belief, "use", json_string("For research. This is not a medical device, and no decision on a patient should rest on it."));
    return belief;
}

shy_status shy_emit_as_json(const shy_emit_plan *plan, shy_buffer *out)
{
    const shy_finished *f = plan->finished;
    json_t *document = json_pack("{s:i, s:o, s:o, s:o, s:o, s:i, s:b, s:o, s:o, s:o, s:o}", "shihyo_formula", 1, "outcome", shy_json_string(f->outcome), "outcome_kind",
                                 shy_json_string(f->outcome_kind), "outcome_unit", shy_json_string(f->outcome_unit), "positive", shy_json_string(f->positive), "complexity",
                                 plan->model->complexity, "rounded", plan->rounded, "formula", shy_json_string(plan->model->text), "formula_unit", shy_json_string(plan->model->unit), "tree",
                                 tree_json(plan, plan->model->tree.count - 1), "factors", values_json(plan, false));

    if (document == NULL || json_object_set_new(document, "covariates", values_json(plan, true)) != 0 || json_object_set_new(document, "model", model_json(plan)) != 0 ||
        json_object_set_new(document, "example", example_json(plan)) != 0 || json_object_set_new(document, "belief", belief_json(plan)) != 0) {
        json_decref(document);
        return shy_fail(SHY_MEMORY, "There is not enough memory for the formula as JSON.");
    }
    shy_json_text(document, out);
    shy_buffer_text(out, "\n");
    json_decref(document);
    return out->status;
}
