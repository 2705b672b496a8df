/* Predictions for held-out samples one by one: who asks for them keeps them where the patients' data are. */
#include "shy_config.h"

#include <math.h>

#include "nested.h"

enum { ROW, REPEAT, FOLD, COMPLEXITY, PREDICTION, COLUMNS };

static const char *const column_name[COLUMNS] = {"row", "repeat", "fold", "complexity", "prediction"};

/* `row`: of all samples in the cohort, counted from 0. Rank 0. */
static void fill(const shy_assessment *a, const double *row, double *column[COLUMNS])
{
    const size_t n = a->truth.n;

    for (int t = 0; t < a->folds.sets; t++) {
        const int repeat = t / a->folds.folds, fold = t % a->folds.folds;
        const int complexity = shy_models_at(&a->training[t], shy_choose_without(a, t))->complexity;
        for (size_t i = 0; i < n; i++) {
            const size_t at = (size_t)repeat * n + i;
            if (a->folds.all[at] != fold) continue;
            column[ROW][at] = row[i] + 1.0;
            column[REPEAT][at] = repeat + 1;
            column[FOLD][at] = fold + 1;
            column[COMPLEXITY][at] = complexity;
            column[PREDICTION][at] = a->chosen.predictor[at];
        }
    }
}

static shy_status record(const shy_assessment *a, const double *row)
{
    shy_status st = SHY_OK;
    double *column[COLUMNS] = {NULL};
    const size_t count = a->truth.n * (size_t)a->folds.repeats;

    for (int k = 0; k < COLUMNS; k++) SHY_TRY(shy_new(count, sizeof *column[k], &column[k]));
    fill(a, row, column);
    for (int k = 0; k < COLUMNS; k++) SHY_TRY(shy_record_numbers(a->options->predictions, column_name[k], column[k], count));
out:
    for (int k = 0; k < COLUMNS; k++) shy_free(&column[k]);
    return st;
}

static shy_status allocate(const shy_assessment *a, double **mine, double **all)
{
    shy_status st = SHY_OK;
    const int rows = a->problem->rows.rows;

    SHY_TRY(shy_new((size_t)rows, sizeof **mine, mine));
    for (int i = 0; i < rows; i++) (*mine)[i] = (double)a->problem->cohort_row[i];
    if (a->problem->team->rank == 0) SHY_TRY(shy_new(a->truth.n, sizeof **all, all));
out:
    return st;
}

shy_status shy_individual_record(const shy_assessment *a)
{
    shy_status st = SHY_OK;
    const shy_team *team = a->problem->team;
    double *mine = NULL, *all = NULL;

    SHY_TRY_ALL(team, allocate(a, &mine, &all));
    SHY_TRY(shy_gather_values(a->problem, mine, all));
    SHY_TRY_ALL(team, team->rank == 0 ? record(a, all) : SHY_OK);
out:
    shy_free(&mine);
    shy_free(&all);
    return st;
}
