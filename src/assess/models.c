/* The formulas of a front as models that predict: on all ranks, with what stands beside each of them. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "assess_impl.h"

/* ---- sharing ---------------------------------------------------------------------------------------------------------------- */

/* A model as it travels; its numbers beside the formula follow in a table of their own. */
typedef struct {
    int complexity;
    shy_tree tree;
    double intercept, slope;
} packed;

static const shy_found *front_entry(const shy_search_result *result, int i)
{
    return &result->level[result->front_level[i]].found[result->front_index[i]];
}

static void pack_front(const shy_search_result *result, int covariates, packed *formula, double *beside)
{
    for (int i = 0; i < result->front_count; i++) {
        const shy_found *found = front_entry(result, i);
        formula[i] = (packed){found->complexity, found->tree, found->intercept, found->slope};
        for (int k = 0; k < covariates && k < found->covariates; k++) beside[i * covariates + k] = found->beside[k];
    }
}

static shy_status unpack(const shy_problem *problem, int count, const packed *formula, const double *beside, shy_models *models)
{
    shy_status st = SHY_OK;
    const size_t covariates = (size_t)problem->data.covariates;
    SHY_TRY(shy_new((size_t)count + 1U, sizeof *models->model, &models->model));
    models->count = count + 1;
    for (int i = 0; i <= count; i++) SHY_TRY(shy_new(covariates, sizeof(double), &models->model[i].beside));
    SHY_TRY(shy_string_copy("", &models->model[0].text));
    for (int i = 0; i < count; i++) {
        shy_model *model = &models->model[i + 1];
        model->complexity = formula[i].complexity;
        model->tree = formula[i].tree;
        model->intercept = formula[i].intercept;
        model->slope = formula[i].slope;
        if (covariates > 0) memcpy(model->beside, beside + (size_t)i * covariates, covariates * sizeof(double));
        SHY_TRY(shy_tree_print(&model->tree, problem->name, 0, &model->text));
    }
out:
    return st;
}

static shy_status allocate_packed(int count, int covariates, packed **formula, double **beside)
{
    shy_status st = SHY_OK;
    SHY_TRY(shy_new((size_t)count, sizeof **formula, formula));
    SHY_TRY(shy_new((size_t)count * (size_t)covariates, sizeof **beside, beside));
out:
    return st;
}

/* The front of rank 0. Collective over the world. */
static shy_status share_front(const shy_problem *problem, const shy_search_result *result, shy_models *models)
{
    shy_status st = SHY_OK;
    const shy_team *team = problem->team;
    const int covariates = problem->data.covariates;
    packed *formula = NULL;
    double *beside = NULL;
    int count = team->rank == 0 ? result->front_count : 0;
    SHY_TRY(shy_team_broadcast(team, &count, sizeof count));
    SHY_TRY_ALL(team, allocate_packed(count, covariates, &formula, &beside));
    if (team->rank == 0) pack_front(result, covariates, formula, beside);
    SHY_TRY(shy_team_broadcast(team, formula, (uint64_t)count * sizeof *formula));
    SHY_TRY(shy_team_broadcast(team, beside, (uint64_t)count * (uint64_t)covariates * sizeof *beside));
    SHY_TRY_ALL(team, unpack(problem, count, formula, beside, models));
out:
    shy_free(&formula);
    shy_free(&beside);
    return st;
}

/* The null model, which every group fits: the one of complexity 0. Collective over the world. */
static shy_status fit_null(const shy_problem *problem, shy_model *model)
{
    shy_status st = SHY_OK;
    shy_outcome *outcome = NULL;
    int count = 0;
    SHY_TRY_ALL(problem->team, shy_problem_outcome(problem, &outcome));
    const double *coefficient = shy_outcome_covariates(outcome, &count);
    model->intercept = shy_outcome_null(outcome)->intercept;
    for (int k = 0; coefficient && k < count; k++) model->beside[k] = coefficient[k];
out:
    shy_outcome_destroy(&outcome);
    return st;
}

shy_status shy_models_create(const shy_problem *problem, const shy_search_result *result, shy_models *models_out)
{
    shy_status st = SHY_OK;
    shy_models models = {0};
    SHY_TRY(share_front(problem, result, &models));
    SHY_TRY(fit_null(problem, &models.model[0]));
    *models_out = models, models = (shy_models){0};
out:
    shy_models_free(&models);
    return st;
}

void shy_models_free(shy_models *models)
{
    for (int i = 0; i < models->count; i++) {
        shy_free(&models->model[i].beside);
        shy_free(&models->model[i].text);
    }
    shy_free(&models->model);
    models->count = 0;
}

const shy_model *shy_models_at(const shy_models *models, int complexity)
{
    const shy_model *model = &models->model[0];
    for (int i = 1; i < models->count && models->model[i].complexity <= complexity; i++) model = &models->model[i];
    return model;
}

/* ---- prediction ------------------------------------------------------------------------------------------------------------- */

shy_status shy_model_predict(const shy_problem *problem, const shy_model *model, double *predictor_out)
{
    shy_status st = SHY_OK;
    const int rows = problem->rows.rows;
    SHY_TRY(shy_journal_poll(problem->journal));
    if (model->complexity > 0) SHY_TRY(shy_problem_evaluate(problem, &model->tree, predictor_out));
    for (int i = 0; i < rows; i++) {
        double sum = model->intercept;
        for (int k = 0; k < problem->data.covariates; k++) sum += model->beside[k] * problem->data.covariate[k][i];
        predictor_out[i] = model->complexity > 0 ? sum + model->slope * predictor_out[i] : sum;
    }
out:
    return st;
}

/* ---- comparison --------------------------------------------------------------------------------------------------------------- */

static bool parts_alike(const shy_tree *a, int i, const shy_tree *b, int j)
{
    const shy_node *x = &a->node[i], *y = &b->node[j];
    if (x->op != y->op) return false;
    if (x->op == SHY_OP_FACTOR) return x->factor == y->factor;
    if (x->op == SHY_OP_CONSTANT) return true;
    const shy_operator *operator= shy_operator_get((shy_op)x->op);
    if (operator->arity == 1) return parts_alike(a, x->left, b, y->left);
    if (parts_alike(a, x->left, b, y->left) && parts_alike(a, x->right, b, y->right)) return true;
    return operator->commutative && parts_alike(a, x->left, b, y->right) && parts_alike(a, x->right, b, y->left);
}

bool shy_tree_alike(const shy_tree *a, const shy_tree *b)
{
    if (a->count == 0 || b->count == 0) return a->count == b->count;
    return parts_alike(a, a->count - 1, b, b->count - 1);
}
