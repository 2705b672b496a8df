/* Nested cross-validation: the whole search on each training set, judged on the samples that it has not seen. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "metrics.h"
#include "nested.h"

/* ---- the searches ------------------------------------------------------------------------------------------------------------- */

/* What goes wrong on a training set alone is said with its name; on all ranks, which have the same message. */
static shy_status name_set(const shy_assessment *a, int t, shy_status st)
{
    char *text = NULL;
    const int fold = t % a->folds.folds + 1, repeat = t / a->folds.folds + 1;
    if (st != SHY_INPUT) return st;
    if (shy_string_format(&text, "The search without fold %d of repeat %d of the nested cross-validation: %s", fold, repeat, shy_error_message()) == SHY_OK) {
        shy_error_clear();
        shy_error_set(text);
    }
    shy_free(&text);
    return st;
}

shy_search_options shy_training_options(const shy_assessment *a, const shy_lists *lists)
{
    shy_search_options options = *a->search;
    options.lists = lists;
    options.rounding = 0.0;
    options.impute_sets = 0;
    return options;
}

static shy_status search_set(shy_assessment *a, int t)
{
    shy_status st = SHY_OK;
    const shy_search_options options = shy_training_options(a, a->lists[1 + t]);
    shy_search_result *result = NULL;
    SHY_TRY(shy_search_run(a->trained[t], &options, NULL, NULL, &result));
    SHY_TRY(shy_models_create(a->trained[t], result, &a->training[t]));
out:
    shy_search_result_free(&result);
    return name_set(a, t, st);
}

/* The highest complexity on any front; on all ranks. */
static shy_status count_levels(shy_assessment *a)
{
    shy_status st = SHY_OK;
    const shy_team *team = a->problem->team;
    const shy_search_result *result = a->result;
    int levels = 0;
    if (team->rank == 0 && result->front_count > 0) levels = result->level[result->front_level[result->front_count - 1]].complexity;
    SHY_TRY(shy_team_broadcast(team, &levels, sizeof levels));
    for (int t = 0; t < a->folds.sets; t++) {
        const shy_models *models = &a->training[t];
        const int most = models->model[models->count - 1].complexity;
        if (most > levels) levels = most;
    }
    a->levels = levels;
out:
    return st;
}

/* ---- predictions ---------------------------------------------------------------------------------------------------------------- */

static shy_status allocate_levels(shy_assessment *a)
{
    shy_status st = SHY_OK;
    SHY_TRY(shy_new((size_t)a->levels + 1U, sizeof *a->level, &a->level));
    for (int c = 0; c <= a->levels; c++) SHY_TRY(shy_held_out_create(&a->folds, a->truth.n, &a->level[c]));
    SHY_TRY(shy_held_out_create(&a->folds, a->truth.n, &a->chosen));
out:
    return st;
}

/*
 * What one model of training set t says of the held-out samples, for the complexities first … last; values that are no numbers stay out and are
 * counted. Rank 0.
 */
static void keep_held_out(shy_assessment *a, int t, int first, int last, const double *predictor, uint64_t *undefined)
{
    const int repeat = t / a->folds.folds, fold = t % a->folds.folds;
    const size_t n = a->truth.n, start = (size_t)repeat * n;
    for (size_t i = 0; i < n; i++) {
        if (a->folds.all[start + i] != fold) continue;
        const double value = isfinite(predictor[i]) ? predictor[i] : NAN;
        *undefined += isnan(value) ? 1U : 0U;
        for (int c = first; c <= last; c++) a->level[c].predictor[start + i] = value;
    }
}

/* `mine` and `all`: room for my rows, and on rank 0 for all samples. Collective over the world. */
static shy_status predict_set(shy_assessment *a, int t, double *mine, double *all, uint64_t *undefined)
{
    shy_status st = SHY_OK;
    const shy_models *models = &a->training[t];
    for (int k = 0; k < models->count; k++) {
        const int last = k + 1 < models->count ? models->model[k + 1].complexity - 1 : a->levels;
        SHY_TRY_ALL(a->problem->team, shy_model_predict(a->problem, &models->model[k], mine));
        SHY_TRY(shy_gather_values(a->problem, mine, all));
        if (a->problem->team->rank == 0) keep_held_out(a, t, models->model[k].complexity, last, all, undefined);
    }
out:
    return st;
}

static shy_status allocate_columns(const shy_assessment *a, double **mine, double **all)
{
    shy_status st = SHY_OK;
    SHY_TRY(shy_new((size_t)a->problem->rows.rows, sizeof **mine, mine));
    if (a->problem->team->rank == 0) SHY_TRY(shy_new(a->truth.n, sizeof **all, all));
out:
    return st;
}

static shy_status predict_all(shy_assessment *a, uint64_t *undefined)
{
    shy_status st = SHY_OK;
    const shy_team *team = a->problem->team;
    double *mine = NULL, *all = NULL;
    SHY_TRY_ALL(team, team->rank == 0 ? allocate_levels(a) : SHY_OK);
    SHY_TRY_ALL(team, allocate_columns(a, &mine, &all));
    for (int t = 0; t < a->folds.sets; t++) SHY_TRY(predict_set(a, t, mine, all, undefined));
out:
    shy_free(&mine);
    shy_free(&all);
    return st;
}

/* ---- what they are worth ---------------------------------------------------------------------------------------------------------- */

/* The predictions of the complexity that is chosen without the fold. */
static void choose_honestly(shy_assessment *a)
{
    const size_t n = a->truth.n;
    for (int t = 0; t < a->folds.sets; t++) {
        const size_t start = (size_t)(t / a->folds.folds) * n;
        const shy_held_out *level = &a->level[shy_choose_without(a, t)];
        a->chosen.spread.value[t] = level->spread.value[t];
        for (size_t i = 0; i < n; i++) {
            if (a->folds.all[start + i] == t % a->folds.folds) a->chosen.predictor[start + i] = level->predictor[start + i];
        }
    }
    shy_spread_close(&a->chosen.spread, a->folds.repeats);
}

const shy_found *shy_front_at(const shy_search_result *result, int complexity)
{
    const shy_found *found = NULL;
    for (int i = 0; i < result->front_count; i++) {
        const shy_found_level *level = &result->level[result->front_level[i]];
        if (level->complexity <= complexity) found = &level->found[result->front_index[i]];
    }
    return found;
}

/* What the predictions of a complexity are worth; on ranks other than 0 nothing but a poll. */
static shy_status judge_level(shy_assessment *a, int c)
{
    shy_status st = SHY_OK;
    SHY_TRY(shy_assess_poll(a));
    if (a->problem->team->rank > 0) return SHY_OK;
    shy_held_out *level = &a->level[c];
    SHY_TRY(shy_headline_folds(&a->truth, &a->folds, level->predictor, NULL, level->spread.value));
    shy_spread_close(&level->spread, a->folds.repeats);
out:
    return st;
}

/* Rank 0. */
static shy_status judge(shy_assessment *a, uint64_t undefined)
{
    shy_status st = SHY_OK;
    a->choice = shy_choose_all(a);
    a->found = a->choice > 0 ? shy_front_at(a->result, a->choice) : NULL;
    choose_honestly(a);
    SHY_TRY(shy_nested_record(a, undefined));
out:
    return st;
}

/* Rank 0. */
static shy_status say_not_available(const shy_assessment *a)
{
    shy_status st = SHY_OK;
    shy_record *nested = NULL;
    if (a->options->folds == 0) return SHY_OK;
    SHY_TRY(shy_record_object(a->record, "nested", &nested));
    SHY_TRY(shy_record_text(nested, "not_available",
                            "Formulas that are judged by their interaction with a treatment are not cross-validated: no metric of a held-out sample says how "
                            "well its benefit is predicted."));
out:
    return st;
}

shy_status shy_nested_run(shy_assessment *a)
{
    shy_status st = SHY_OK;
    const shy_team *team = a->problem->team;
    uint64_t undefined = 0;
    if (a->folds.sets == 0) {
        SHY_TRY_ALL(team, say_not_available(a));
        return SHY_OK;
    }
    for (int t = 0; t < a->folds.sets; t++) {
        shy_assess_tell(a, "cross-validation", (double)t / a->folds.sets);
        SHY_TRY(search_set(a, t));
    }
    SHY_TRY(count_levels(a));
    SHY_TRY(predict_all(a, &undefined));
    SHY_TRY(shy_inner_run(a));
    for (int c = 0; c <= a->levels; c++) SHY_TRY_ALL(team, judge_level(a, c));
    SHY_TRY_ALL(team, team->rank == 0 ? judge(a, undefined) : SHY_OK);
    if (a->options->individual) SHY_TRY(shy_individual_record(a));
out:
    return st;
}
