/* Headlines of continuous, binary and survival outcomes, until those of metrics.h are there. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "metrics.h"

static double weight_of(const shy_truth *truth, size_t i)
{
    return truth->weight ? truth->weight[i] : 1.0;
}

/* Of two samples: can it be said which should have the larger predictor? */
static bool ordered(const shy_truth *truth, size_t i, size_t j)
{
    if (!truth->ops->needs_time) return truth->y[i] > truth->y[j];
    if (truth->stratum && truth->stratum[i] != truth->stratum[j]) return false;
    return truth->y[i] > 0.0 && (truth->time[i] < truth->time[j] || (truth->time[i] == truth->time[j] && truth->y[j] == 0.0));
}

static double explained(const shy_truth *truth, const int32_t *fold, int f, const double *p)
{
    double sum = 0.0, weight = 0.0, rss = 0.0, tss = 0.0;
    for (size_t i = 0; i < truth->n; i++) {
        if (fold[i] == f) continue;
        sum += weight_of(truth, i) * truth->y[i];
        weight += weight_of(truth, i);
    }
    for (size_t i = 0; i < truth->n; i++) {
        if (fold[i] != f || isnan(p[i])) continue;
        rss += weight_of(truth, i) * (truth->y[i] - p[i]) * (truth->y[i] - p[i]);
        tss += weight_of(truth, i) * (truth->y[i] - sum / weight) * (truth->y[i] - sum / weight);
    }
    return 1.0 - rss / tss;
}

static double concordance(const shy_truth *truth, const int32_t *fold, int f, const double *p)
{
    double pairs = 0.0, right = 0.0;
    for (size_t i = 0; i < truth->n; i++) {
        for (size_t j = 0; j < truth->n; j++) {
            if (fold[i] != f || fold[j] != f || !ordered(truth, i, j)) continue;
            const double w = weight_of(truth, i) * weight_of(truth, j);
            pairs += w;
            right += p[i] > p[j] ? w : p[i] == p[j] ? w / 2.0 : 0.0;
        }
    }
    return pairs > 0.0 ? right / pairs : NAN;
}

shy_status shy_headline_folds(const shy_truth *truth, const shy_folds *folds, const double *predictor, const double *reference, double *value_out)
{
    (void)reference;
    for (int t = 0; t < folds->sets; t++) {
        const size_t start = (size_t)(t / folds->folds) * truth->n;
        const bool continuous = strcmp(truth->ops->name, "continuous") == 0;
        value_out[t] = (continuous ? explained : concordance)(truth, folds->all + start, t % folds->folds, predictor + start);
    }
    return SHY_OK;
}
