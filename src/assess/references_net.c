/* An elastic net on a training set: lambda by cross-validation within it, predictions for all samples. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "references.h"

/* Ordered levels have no net of their own: their number is predicted, which is all that a concordance asks for. */
shy_net_family shy_net_family_of(const shy_outcome_ops *ops)
{
    if (strcmp(ops->name, "binary") == 0) return SHY_NET_BINOMIAL;
    if (strcmp(ops->name, "count") == 0) return SHY_NET_POISSON;
    if (strcmp(ops->name, "survival") == 0 || strcmp(ops->name, "matched") == 0) return SHY_NET_COX;
    return SHY_NET_GAUSSIAN;
}

typedef struct {
    shy_net_data data;
    double *offset;
    int *row, rows; /* samples that are seen */
    int32_t *fold;  /* [rows] */
} seen;

static shy_status prepare(const shy_net_task *task, seen *s)
{
    shy_status st = SHY_OK;
    const shy_truth *truth = task->truth;
    const bool matched = strcmp(truth->ops->name, "matched") == 0;
    s->data = (shy_net_data){.family = shy_net_family_of(truth->ops),
                             .n = (int)truth->n,
                             .columns = task->columns,
                             .covariates = task->covariates,
                             .column = task->column,
                             .covariate = task->covariate,
                             .y = truth->y,
                             .time = matched ? NULL : truth->time,
                             .entry = matched ? NULL : truth->entry,
                             .stratum = truth->stratum,
                             .weight = task->weight};
    SHY_TRY(shy_new(truth->n, sizeof *s->row, &s->row));
    SHY_TRY(shy_new(truth->n, sizeof *s->fold, &s->fold));
    if (truth->exposure && s->data.family == SHY_NET_POISSON) {
        SHY_TRY(shy_new(truth->n, sizeof *s->offset, &s->offset));
        for (size_t i = 0; i < truth->n; i++) s->offset[i] = log(truth->exposure[i]);
        s->data.offset = s->offset;
    }
    for (size_t i = 0; i < truth->n; i++) {
        if (!(task->weight[i] > 0.0)) continue;
        s->fold[s->rows] = task->inner[i];
        s->row[s->rows++] = (int)i;
    }
out:
    return st;
}

/* Squared size of the coefficient of the standardised column. */
static double importance(const seen *s, const double *column, double coefficient)
{
    double sum = 0.0, weights = 0.0, square = 0.0;
    for (int k = 0; k < s->rows; k++) {
        weights += s->data.weight[s->row[k]];
        sum += s->data.weight[s->row[k]] * column[s->row[k]];
    }
    for (int k = 0; k < s->rows; k++) {
        const double rest = column[s->row[k]] - sum / weights;
        square += s->data.weight[s->row[k]] * rest * rest;
    }
    return coefficient * coefficient * square / weights;
}

/* The largest ones, largest first; of equals the first. */
static void list_top(const shy_net_task *task, const seen *s, const double *coefficient, shy_net_summary *summary)
{
    double size[SHY_REFERENCE_TOP] = {0.0};
    for (int j = 0; j < task->columns; j++) {
        if (coefficient[j] == 0.0) continue;
        const double mine = importance(s, task->column[j], coefficient[j]);
        int at = summary->top < SHY_REFERENCE_TOP ? summary->top++ : SHY_REFERENCE_TOP - 1;
        if (at == SHY_REFERENCE_TOP - 1 && summary->top == SHY_REFERENCE_TOP && size[at] >= mine && size[at] > 0.0) continue;
        for (; at > 0 && size[at - 1] < mine; at--) {
            size[at] = size[at - 1];
            summary->factor[at] = summary->factor[at - 1], summary->coefficient[at] = summary->coefficient[at - 1];
        }
        size[at] = mine;
        summary->factor[at] = task->factor[j], summary->coefficient[at] = coefficient[j];
    }
}

shy_status shy_net_solve(const shy_net_task *task, shy_net_summary *summary_out, double *predictor_out)
{
    shy_status st = SHY_OK;
    shy_net_options options = SHY_NET_DEFAULTS;
    shy_net_choice choice = {0};
    seen s = {.rows = 0};
    options.journal = task->journal;
    memset(summary_out, 0, sizeof *summary_out); /* its padding is kept, too */
    summary_out->folds = task->folds, summary_out->offered = task->offered, summary_out->screened = task->columns;
    for (size_t i = 0; i < task->truth->n; i++) predictor_out[i] = NAN;
    if (task->folds < 2 || task->columns == 0) return SHY_OK;
    SHY_TRY(prepare(task, &s));
    SHY_TRY(shy_net_choose(&s.data, &options, s.row, s.rows, s.fold, task->folds, &choice));
    summary_out->fitted = true;
    summary_out->used = choice.path.used[choice.best];
    summary_out->lambda = choice.path.lambda[choice.best];
    list_top(task, &s, choice.path.coefficient + (size_t)choice.best * (size_t)task->columns, summary_out);
    for (size_t i = 0; i < task->truth->n; i++) predictor_out[i] = shy_net_predict(&s.data, &choice.path, choice.best, (int)i);
out:
    shy_net_choice_free(&choice);
    shy_free(&s.offset);
    shy_free(&s.row);
    shy_free(&s.fold);
    return st;
}
