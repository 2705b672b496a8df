/* What is compared on both sides of a cut-point, for each kind of outcome. */
#include "shy_config.h"

#include <math.h>

#include "cutpoint.h"
#include "judged.h"
#include "timeline.h"

static double size_of(const struct shy_judged *j, size_t k)
{
    return j->kind == SHY_JUDGE_COUNT && j->exposure ? j->exposure[k] : 1.0;
}

/* y less what is expected of it, the mean or the rate. */
static void compare_with_mean(const struct shy_judged *j, double *score)
{
    double sum = 0.0, all = 0.0;

    for (size_t k = 0; k < j->n; k++) {
        sum += j->weight[k] * j->y[k];
        all += j->weight[k] * size_of(j, k);
    }
    for (size_t k = 0; k < j->n; k++)
        score[k] = j->y[k] - sum / all * size_of(j, k);
}

static shy_status compare_within_sets(const struct shy_judged *j, double *score)
{
    shy_status st = SHY_OK;
    double *sum = NULL, *all = NULL;
    size_t sets = 1;

    for (size_t k = 0; j->stratum && k < j->n; k++)
        if ((size_t)j->stratum[k] >= sets) sets = (size_t)j->stratum[k] + 1;
    SHY_TRY(shy_new(sets, sizeof *sum, &sum));
    SHY_TRY(shy_new(sets, sizeof *all, &all));
    for (size_t k = 0; k < j->n; k++) {
        const size_t set = j->stratum ? (size_t)j->stratum[k] : 0;
        sum[set] += j->weight[k] * j->y[k];
        all[set] += j->weight[k];
    }
    for (size_t k = 0; k < j->n; k++) {
        const size_t set = j->stratum ? (size_t)j->stratum[k] : 0;
        score[k] = j->y[k] - sum[set] / all[set];
    }
out:
    shy_free(&sum);
    shy_free(&all);
    return st;
}

static shy_status compare(const struct shy_judged *j, double *score)
{
    const shy_followed followed = shy_judged_followed(j, j->weight);

    if (j->kind == SHY_JUDGE_SURVIVAL) return shy_logrank_scores(&followed, score);
    if (j->kind == SHY_JUDGE_MATCHED) return compare_within_sets(j, score);
    compare_with_mean(j, score);
    return SHY_OK;
}

shy_status shy_cut_scores(const shy_truth *truth, const size_t *sample, size_t count, double *score_out)
{
    shy_status st = SHY_OK;
    struct shy_judged judged = {.n = 0};
    double *score = NULL, *any = NULL;

    SHY_TRY(shy_new(truth->n, sizeof *any, &any)); /* all take part, whatever is predicted for them */
    SHY_TRY(shy_judged_create(truth, sample, count, any, NULL, &judged));
    SHY_TRY(shy_new(judged.n, sizeof *score, &score));
    SHY_TRY(compare(&judged, score));
    for (size_t i = 0; i < truth->n; i++)
        score_out[i] = NAN;
    for (size_t k = 0; k < judged.n; k++)
        score_out[judged.sample[k]] = judged.weight[k] * score[k];
out:
    shy_free(&any);
    shy_free(&score);
    shy_judged_free(&judged);
    return st;
}
