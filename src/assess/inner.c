/*
 * Which complexity a fold is judged at must not be known from models that have seen the fold: searches without two neighbouring folds choose it.
 *
 * Held-out values of the other folds would not do: their models were trained on this fold, and what it has in common with them by chance
 * makes the same complexity look good in both. On cohorts in which there is nothing to find the AUC of a formula chosen in that way has the mean
 * 0.53; chosen as here, 0.50 (doc/validation.md).
 */
#include "shy_config.h"

#include <math.h>

#include "metrics.h"
#include "nested.h"

/* One search without two folds, first and second, of a repeat. */
typedef struct {
    shy_assessment *a;
    int repeat, first, second;
    double *mine, *all; /* takes part, then predictors: of my rows; rank 0: of all samples */
    size_t *sample;     /* rank 0: room for all */
} shy_inner_set;

static int32_t fold_of(const shy_inner_set *in, size_t i)
{
    return in->a->folds.all[(size_t)in->repeat * in->a->truth.n + i];
}

/* Samples of one fold; −1: of the training set. Rank 0. */
static size_t list_samples(const shy_inner_set *in, int fold)
{
    size_t count = 0;
    for (size_t i = 0; i < in->a->truth.n; i++) {
        const int32_t of = fold_of(in, i);
        if (fold >= 0 ? of == fold : of != in->first && of != in->second) in->sample[count++] = i;
    }
    return count;
}

double *shy_inner_values(const shy_assessment *a, int t, int complexity)
{
    return a->inner + 2U * ((size_t)t * ((size_t)a->levels + 1U) + (size_t)complexity);
}

/* The fold that is judged, and the one for which this helps to choose; `neighbour`: which of its two. Rank 0. */
static shy_status keep_value(const shy_inner_set *in, int judged, int chosen_for, int neighbour, double reference, int first, int last)
{
    shy_status st = SHY_OK;
    double value = NAN;
    const size_t count = list_samples(in, judged);
    bool finite = true;
    for (size_t k = 0; k < count; k++) finite = finite && isfinite(in->all[in->sample[k]]);
    if (finite) SHY_TRY(shy_headline(&in->a->truth, in->sample, count, in->all, reference, &value));
    for (int c = first; c <= last; c++) shy_inner_values(in->a, in->repeat * in->a->folds.folds + chosen_for, c)[neighbour] = value;
out:
    return st;
}

/* Rank 0. */
static shy_status keep_model(const shy_inner_set *in, int first, int last)
{
    shy_status st = SHY_OK;
    const double reference = shy_reference(&in->a->truth, in->sample, list_samples(in, -1));
    SHY_TRY(keep_value(in, in->second, in->first, 0, reference, first, last));
    SHY_TRY(keep_value(in, in->first, in->second, 1, reference, first, last));
out:
    return st;
}

/* Complexities above those of the outer searches are not asked for. Collective over the world. */
static shy_status judge_models(const shy_inner_set *in, const shy_models *models)
{
    shy_status st = SHY_OK;
    const shy_assessment *a = in->a;
    for (int k = 0; k < models->count && models->model[k].complexity <= a->levels; k++) {
        const int next = k + 1 < models->count ? models->model[k + 1].complexity - 1 : a->levels, last = next < a->levels ? next : a->levels;
        SHY_TRY_ALL(a->problem->team, shy_model_predict(a->problem, &models->model[k], in->mine));
        SHY_TRY(shy_gather_values(a->problem, in->mine, in->all));
        SHY_TRY_ALL(a->problem->team, a->problem->team->rank == 0 ? keep_model(in, models->model[k].complexity, last) : SHY_OK);
    }
out:
    return st;
}

static shy_status train_inner(const shy_inner_set *in, shy_problem **trained_out)
{
    const shy_assessment *a = in->a;
    const int rows = a->problem->rows.rows;
    const int32_t *fold = a->folds.fold + (size_t)in->repeat * (size_t)rows;
    for (int i = 0; i < rows; i++) in->mine[i] = fold[i] != in->first && fold[i] != in->second;
    return shy_problem_train(a->problem, in->mine, trained_out);
}

/* Collective over the world. */
static shy_status search_inner(const shy_inner_set *in)
{
    shy_status st = SHY_OK;
    const shy_assessment *a = in->a;
    const shy_search_options options = shy_training_options(a, NULL);
    shy_problem *trained = NULL;
    shy_search_result *result = NULL;
    shy_models models = {0};
    SHY_TRY_ALL(a->problem->team, train_inner(in, &trained));
    SHY_TRY(shy_search_run(trained, &options, NULL, NULL, &result));
    SHY_TRY(shy_models_create(trained, result, &models));
    SHY_TRY(judge_models(in, &models));
out:
    shy_models_free(&models);
    shy_search_result_free(&result);
    shy_problem_untrain(&trained);
    return st;
}

static shy_status allocate(shy_inner_set *in)
{
    shy_status st = SHY_OK;
    shy_assessment *a = in->a;
    SHY_TRY(shy_new((size_t)a->problem->rows.rows, sizeof *in->mine, &in->mine));
    if (a->problem->team->rank != 0) return SHY_OK;
    const size_t values = 2U * (size_t)a->folds.sets * ((size_t)a->levels + 1U);
    SHY_TRY(shy_new(a->truth.n, sizeof *in->all, &in->all));
    SHY_TRY(shy_new(a->truth.n, sizeof *in->sample, &in->sample));
    SHY_TRY(shy_new(values, sizeof *a->inner, &a->inner));
    for (size_t k = 0; k < values; k++) a->inner[k] = NAN;
out:
    return st;
}

/* What two folds fewer do not allow (too few events) is no failure: the values stay unknown, and folds without any are chosen for by all others. */
static bool is_tolerable(shy_status st)
{
    if (st != SHY_INPUT) return false;
    shy_error_clear();
    return true;
}

shy_status shy_inner_run(shy_assessment *a)
{
    shy_status st = SHY_OK;
    shy_inner_set in = {.a = a};
    if (a->folds.folds < 3) return SHY_OK;
    SHY_TRY_ALL(a->problem->team, allocate(&in));
    for (int t = 0; t < a->folds.sets; t++) {
        shy_assess_tell(a, "cross-validation of the choice", (double)t / a->folds.sets);
        in.repeat = t / a->folds.folds;
        in.first = t % a->folds.folds;
        in.second = (in.first + 1) % a->folds.folds;
        st = search_inner(&in);
        if (is_tolerable(st)) st = SHY_OK;
        SHY_TRY(st);
    }
out:
    shy_free(&in.mine);
    shy_free(&in.all);
    shy_free(&in.sample);
    return st;
}
