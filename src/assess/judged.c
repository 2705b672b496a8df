/* Samples with their predictions, gathered from the arrays of all samples. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "judged.h"

shy_judge shy_judge_of(const shy_outcome_ops *ops)
{
    static const char *const names[] = {"continuous", "binary", "count", "ordinal", "survival", "matched"};

    for (int k = 0; k < SHY_JUDGE_OTHER; k++)
        if (strcmp(ops->name, names[k]) == 0) return (shy_judge)k;
    return SHY_JUDGE_OTHER;
}

static bool takes_part(const shy_truth *truth, size_t i)
{
    return !truth->weight || truth->weight[i] > 0.0;
}

static size_t list_parts(const shy_truth *truth, const size_t *sample, size_t count, const double *predictor, const double *also, size_t *list)
{
    size_t n = 0;

    for (size_t k = 0; k < count; k++) {
        const size_t i = sample ? sample[k] : k;
        if (takes_part(truth, i) && !isnan(predictor[i]) && (!also || !isnan(also[i]))) list[n++] = i;
    }
    return n;
}

static shy_status take(const double *all, const struct shy_judged *j, double **out)
{
    shy_status st = SHY_OK;

    if (!all) return SHY_OK;
    SHY_TRY(shy_new(j->n, sizeof **out, out));
    for (size_t k = 0; k < j->n; k++)
        (*out)[k] = all[j->sample[k]];
out:
    return st;
}

static shy_status take_all(const shy_truth *truth, const double *predictor, struct shy_judged *j)
{
    shy_status st = SHY_OK;

    SHY_TRY(take(predictor, j, &j->predictor));
    SHY_TRY(take(truth->y, j, &j->y));
    SHY_TRY(take(truth->time, j, &j->time));
    SHY_TRY(take(truth->entry, j, &j->entry));
    SHY_TRY(take(truth->exposure, j, &j->exposure));
    SHY_TRY(take(truth->weight, j, &j->weight));
    if (!j->weight) {
        SHY_TRY(shy_new(j->n, sizeof *j->weight, &j->weight));
        for (size_t k = 0; k < j->n; k++)
            j->weight[k] = 1.0;
    }
    if (!truth->stratum) goto out;
    SHY_TRY(shy_new(j->n, sizeof *j->stratum, &j->stratum));
    for (size_t k = 0; k < j->n; k++)
        j->stratum[k] = truth->stratum[j->sample[k]];
out:
    return st;
}

shy_status shy_judged_create(const shy_truth *truth, const size_t *sample, size_t count, const double *predictor, const double *also,
                             struct shy_judged *judged_out)
{
    shy_status st = SHY_OK;
    struct shy_judged j = {.kind = shy_judge_of(truth->ops), .levels = truth->levels};
    size_t *spare = NULL;

    SHY_TRY(shy_new(count, sizeof *j.sample, &j.sample));
    j.n = list_parts(truth, sample, count, predictor, also, j.sample);
    SHY_TRY(take_all(truth, predictor, &j));
    SHY_TRY(shy_new(j.n, sizeof *j.order, &j.order));
    SHY_TRY(shy_new(j.n, sizeof *spare, &spare));
    shy_sort_order(j.predictor, j.n, j.order, spare);
    *judged_out = j, j = (struct shy_judged){.n = 0};
out:
    shy_free(&spare);
    shy_judged_free(&j);
    return st;
}

void shy_judged_free(struct shy_judged *j)
{
    shy_free(&j->sample);
    shy_free(&j->order);
    shy_free(&j->predictor);
    shy_free(&j->y);
    shy_free(&j->time);
    shy_free(&j->entry);
    shy_free(&j->exposure);
    shy_free(&j->weight);
    shy_free(&j->stratum);
}

shy_followed shy_judged_followed(const struct shy_judged *j, const double *weight)
{
    return (shy_followed){.n = j->n, .time = j->kind == SHY_JUDGE_SURVIVAL ? j->time : NULL, .event = j->y, .entry = j->entry, .weight = weight,
                          .stratum = j->stratum};
}

size_t shy_fold_samples(const shy_truth *truth, const shy_folds *folds, int set, bool outside, size_t *sample)
{
    const int32_t *fold = folds->all + (size_t)(set / folds->folds) * truth->n;
    size_t count = 0;

    for (size_t i = 0; i < truth->n; i++)
        if ((fold[i] == set % folds->folds) != outside) sample[count++] = i;
    return count;
}
