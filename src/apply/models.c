/* models.c: the formulas of a front with their models, as front.json has them, and what they say of one patient. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "apply_impl.h"

/* ---- reading -------------------------------------------------------------------------------------------------------- */

void shy_model_clear(shy_model *model)
{
    shy_free(&model->text);
    shy_free(&model->unit);
    shy_free(&model->beside);
    shy_free(&model->thresholds);
    shy_free(&model->rounded);
    shy_free(&model->rounded_beside);
    shy_free(&model->rounded_thresholds);
    shy_free(&model->predictor);
}

static shy_status read_coefficients(const json_t *object, const shy_finished *f, double **beside_out)
{
    shy_status st = SHY_OK;
    const json_t *covariates = json_object_get(object, "covariates");

    SHY_TRY(shy_new((size_t)f->covariates, sizeof **beside_out, beside_out));
    for (int k = 0; k < f->covariates; k++) (*beside_out)[k] = shy_json_number(covariates, f->covariate[k].name, NAN);
out:
    return st;
}

static shy_status read_thresholds(const json_t *object, int *count_out, double **thresholds_out)
{
    shy_status st = SHY_OK;
    const json_t *list = json_object_get(object, "thresholds");
    const size_t count = json_array_size(list);

    SHY_TRY(shy_new(count, sizeof **thresholds_out, thresholds_out));
    for (size_t k = 0; k < count; k++) {
        const json_t *value = json_array_get(list, k);
        (*thresholds_out)[k] = json_is_number(value) ? json_number_value(value) : NAN;
    }
    *count_out = (int)count;
out:
    return st;
}

/* A model that was not released has "?" for each of its constants: they are NaN. */
static shy_status read_tree(const char *text, bool released, const char *const *names, uint32_t factors, shy_tree *tree)
{
    shy_status st = SHY_OK;
    int node[SHY_TREE_MAX];

    if (released) return shy_tree_parse(text, names, factors, tree);
    SHY_TRY(shy_tree_parse_template(text, names, factors, tree));
    const int count = shy_tree_constants(tree, node);
    for (int k = 0; k < count; k++) tree->node[node[k]].value = NAN;
out:
    return st;
}

static shy_status read_rounded(const json_t *entry, const shy_finished *f, const char *const *names, shy_model *model)
{
    shy_status st = SHY_OK;
    const json_t *rounded = json_object_get(entry, "rounded");
    int count = 0;

    if (!json_is_object(rounded)) return SHY_OK;
    SHY_TRY(shy_string_copy(shy_json_word(rounded, "formula"), &model->rounded));
    SHY_TRY(read_tree(model->rounded, !isnan(model->slope), names, (uint32_t)f->factors, &model->rounded_tree));
    model->rounded_intercept = shy_json_number(rounded, "intercept", 0.0);
    model->rounded_slope = shy_json_number(rounded, "slope", NAN);
    SHY_TRY(read_coefficients(rounded, f, &model->rounded_beside));
    SHY_TRY(read_thresholds(rounded, &count, &model->rounded_thresholds));
    if (count != model->thresholds_count) shy_free(&model->rounded_thresholds);
out:
    return st;
}

static shy_status read_model(const json_t *entry, const shy_finished *f, const char *const *names, shy_model *model)
{
    shy_status st = SHY_OK;

    *model = (shy_model){.complexity = (int)json_integer_value(json_object_get(entry, "complexity")),
                         .intercept = shy_json_number(entry, "intercept", 0.0),
                         .slope = shy_json_number(entry, "slope", NAN),
                         .slope_error = shy_json_number(entry, "slope_error", NAN),
                         .interaction = shy_json_number(json_object_get(entry, "interaction"), "slope", 0.0)};
    SHY_TRY(shy_string_copy(shy_json_word(entry, "formula"), &model->text));
    SHY_TRY(shy_string_copy(shy_json_word(entry, "unit"), &model->unit));
    SHY_TRY(read_tree(model->text, !isnan(model->slope), names, (uint32_t)f->factors, &model->tree));
    SHY_TRY(read_coefficients(entry, f, &model->beside));
    SHY_TRY(read_thresholds(entry, &model->thresholds_count, &model->thresholds));
    SHY_TRY(read_rounded(entry, f, names, model));
out:
    return st;
}

shy_status shy_models_read(const json_t *document, shy_finished *f)
{
    shy_status st = SHY_OK;
    const json_t *front = json_object_get(document, "front");
    const char **names = NULL;
    size_t k;
    json_t *entry;

    SHY_TRY(shy_new((size_t)f->factors, sizeof *names, &names));
    for (int i = 0; i < f->factors; i++) names[i] = f->factor[i].name;
    SHY_TRY(shy_new(json_array_size(front), sizeof *f->model, &f->model));
    json_array_foreach(front, k, entry)
    {
        f->models = (int)k + 1;
        SHY_TRY(read_model(entry, f, names, &f->model[k]));
    }
out:
    shy_free(&names);
    return st;
}

/* ---- the rounded formula ------------------------------------------------------------------------------------------------ */

static bool rounded_is_complete(const shy_finished *f, const shy_model *model)
{
    for (int k = 0; k < f->covariates; k++)
        if (isnan(model->rounded_beside[k])) return false;
    return model->thresholds_count == 0 || model->rounded_thresholds != NULL;
}

shy_status shy_model_round(const shy_finished *f, shy_model *model)
{
    if (model->rounded == NULL)
        return shy_fail(SHY_INPUT, "%s has no rounded form: only formulas with fitted constants have one, and only with constants.tolerance > 0.", model->text);
    if (!rounded_is_complete(f, model))
        return shy_fail(SHY_INPUT, "front.json does not have the covariates or thresholds that belong to the rounded %s: it is from an earlier version. Search again.",
                        model->rounded);
    shy_free(&model->text);
    shy_free(&model->beside);
    shy_free(&model->thresholds);
    model->text = model->rounded, model->rounded = NULL;
    model->tree = model->rounded_tree;
    model->intercept = model->rounded_intercept, model->slope = model->rounded_slope;
    model->slope_error = NAN;
    model->beside = model->rounded_beside, model->rounded_beside = NULL;
    model->thresholds = model->rounded_thresholds, model->rounded_thresholds = NULL;
    return SHY_OK;
}

/* ---- one patient ------------------------------------------------------------------------------------------------------------ */

bool shy_model_uses(const shy_model *model, int factor)
{
    for (int k = 0; k < model->tree.count; k++)
        if (model->tree.node[k].op == SHY_OP_FACTOR && model->tree.node[k].factor == (uint32_t)factor) return true;
    return false;
}

bool shy_model_needs(const shy_finished *f, const shy_model *model, int covariate)
{
    return model->beside[covariate] != 0.0 || (f->interacts && covariate == 0);
}

/* Step by step: max(x, y) where x is missing would be y, and exp(log(0)) would be 0. */
double shy_model_formula(const shy_model *model, const double *factor)
{
    const shy_tree *tree = &model->tree;
    double value[SHY_TREE_MAX];

    for (int k = 0; k < tree->count; k++) {
        const shy_node *node = &tree->node[k];
        if (node->op == SHY_OP_FACTOR) value[k] = factor[node->factor];
        else if (node->op == SHY_OP_CONSTANT) value[k] = node->value;
        else value[k] = shy_operator_apply((shy_op)node->op, value[node->left], value[node->right]);
        if (!isfinite(value[k])) return NAN;
    }
    return value[tree->count - 1];
}

double shy_model_score(const shy_finished *f, const shy_model *model, double formula, const double *covariate)
{
    double sum = model->intercept;

    for (int k = 0; k < f->covariates; k++)
        if (model->beside[k] != 0.0) sum += model->beside[k] * covariate[k];
    sum += model->slope * formula;
    if (f->interacts) sum += model->interaction * (covariate[0] - f->treatment_mean) * formula;
    return isfinite(sum) ? sum : NAN;
}

static double logistic(double x)
{
    return 1.0 / (1.0 + exp(-x));
}

/* Of the levels up to j. */
static double at_most(const shy_model *model, double score, int j)
{
    return j < 0 ? 0.0 : j < model->thresholds_count ? logistic(model->thresholds[j] - score) : 1.0;
}

double shy_model_probability(const shy_model *model, double score, int level)
{
    return fmax(at_most(model, score, level) - at_most(model, score, level - 1), isnan(score) ? NAN : 0.0);
}

double shy_model_mean(const shy_finished *f, const shy_model *model, double score, double baseline)
{
    double sum = 0.0;

    switch (f->link) {
    case SHY_LINK_IDENTITY:
        return score;
    case SHY_LINK_LOGIT:
        return logistic(score);
    case SHY_LINK_LOG:
        return exp(score);
    case SHY_LINK_CUMULATIVE_LOGIT:
        for (int j = 0; j < model->thresholds_count; j++) sum += 1.0 - logistic(model->thresholds[j] - score);
        return sum;
    case SHY_LINK_LOG_HAZARD:
    case SHY_LINK_LOG_ODDS:
        return exp(score - baseline);
    }
    return NAN;
}
