/* The headline metric of each kind of outcome, of samples that the model has not seen. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "judged.h"

/* ---- shares of variance and of deviance ------------------------------------------------------------------------------- */

static double explained(double left, double whole)
{
    return whole > 0.0 ? 1.0 - left / whole : NAN;
}

static double r_square(const struct shy_judged *j, const double *weight, double reference)
{
    double left = 0.0, whole = 0.0;

    for (size_t k = 0; k < j->n; k++) {
        const double error = j->y[k] - j->predictor[k], rest = j->y[k] - reference;
        left += weight[k] * error * error;
        whole += weight[k] * rest * rest;
    }
    return explained(left, whole);
}

/* Half the deviance of a count y where mu are expected. */
static double deviance(double y, double mu)
{
    if (isinf(mu)) return INFINITY;
    return (y > 0.0 ? y * log(y / mu) : 0.0) - (y - mu);
}

void shy_judged_losses(const struct shy_judged *j, size_t k, double reference, double *left_out, double *whole_out)
{
    const double exposure = j->exposure ? j->exposure[k] : 1.0, error = j->y[k] - j->predictor[k], rest = j->y[k] - reference;

    *left_out = j->kind == SHY_JUDGE_COUNT ? deviance(j->y[k], exposure * exp(j->predictor[k])) : error * error;
    *whole_out = j->kind == SHY_JUDGE_COUNT ? deviance(j->y[k], exposure * reference) : rest * rest;
}

static double explained_deviance(const struct shy_judged *j, const double *weight, double reference)
{
    double left = 0.0, whole = 0.0;

    for (size_t k = 0; k < j->n; k++) {
        const double exposure = j->exposure ? j->exposure[k] : 1.0;
        left += weight[k] * deviance(j->y[k], exposure * exp(j->predictor[k]));
        whole += weight[k] * deviance(j->y[k], exposure * reference);
    }
    return explained(left, whole);
}

/* ---- concordance of levels ----------------------------------------------------------------------------------------------- */

/* below, within: the weight of each level among lower scores, and among those that equal the present one. */
static double won(const double *below, const double *within, int level)
{
    double sum = 0.0;

    for (int k = 0; k < level; k++)
        sum += below[k] + 0.5 * within[k];
    return sum;
}

shy_status shy_levels_share(size_t n, const double *score, const size_t *order, const double *y, int levels, const double *weight,
                            double *share_out)
{
    shy_status st = SHY_OK;
    double *below = NULL, *within = NULL, right = 0.0, pairs = 0.0, lower = 0.0;

    SHY_TRY(shy_new((size_t)levels, sizeof *below, &below));
    SHY_TRY(shy_new((size_t)levels, sizeof *within, &within));
    for (size_t begin = 0, end = 0; begin < n; begin = end) {
        memset(within, 0, (size_t)levels * sizeof *within);
        for (end = begin; end < n && score[order[end]] == score[order[begin]]; end++)
            within[(int)y[order[end]]] += weight[order[end]];
        for (int level = 1; level < levels; level++)
            right += within[level] * won(below, within, level);
        for (int level = 0; level < levels; level++)
            below[level] += within[level];
    }
    for (int level = 0; level < levels; level++) { /* by now below is all the weight of a level */
        pairs += below[level] * lower;
        lower += below[level];
    }
    *share_out = pairs > 0.0 ? fmin(right / pairs, 1.0) : NAN; /* both are rounded */
out:
    shy_free(&below);
    shy_free(&within);
    return st;
}

/* ---- all kinds -------------------------------------------------------------------------------------------------------------- */

shy_status shy_judged_headline(const struct shy_judged *j, const double *weight, double reference, double *value_out)
{
    const shy_followed followed = shy_judged_followed(j, weight);

    *value_out = NAN;
    switch (j->kind) {
    case SHY_JUDGE_CONTINUOUS: *value_out = r_square(j, weight, reference); break;
    case SHY_JUDGE_COUNT: *value_out = explained_deviance(j, weight, reference); break;
    case SHY_JUDGE_BINARY: return shy_levels_share(j->n, j->predictor, j->order, j->y, 2, weight, value_out);
    case SHY_JUDGE_ORDINAL: return shy_levels_share(j->n, j->predictor, j->order, j->y, j->levels, weight, value_out);
    case SHY_JUDGE_SURVIVAL:
    case SHY_JUDGE_MATCHED: return shy_followed_concordance(&followed, j->predictor, value_out);
    case SHY_JUDGE_OTHER: break;
    }
    return SHY_OK;
}

shy_status shy_headline(const shy_truth *truth, const size_t *sample, size_t count, const double *predictor, double reference,
                        double *value_out)
{
    shy_status st = SHY_OK;
    struct shy_judged judged = {.n = 0};

    SHY_TRY(shy_judged_create(truth, sample, count, predictor, NULL, &judged));
    SHY_TRY(shy_judged_headline(&judged, judged.weight, reference, value_out));
out:
    shy_judged_free(&judged);
    return st;
}

double shy_reference(const shy_truth *truth, const size_t *sample, size_t count)
{
    const shy_judge kind = shy_judge_of(truth->ops);
    double sum = 0.0, whole = 0.0;

    if (kind != SHY_JUDGE_CONTINUOUS && kind != SHY_JUDGE_COUNT) return 0.0;
    for (size_t k = 0; k < count; k++) {
        const size_t i = sample ? sample[k] : k;
        const double weight = truth->weight ? truth->weight[i] : 1.0;
        if (!(weight > 0.0)) continue;
        sum += weight * truth->y[i];
        whole += kind == SHY_JUDGE_COUNT && truth->exposure ? weight * truth->exposure[i] : weight;
    }
    return whole > 0.0 ? sum / whole : NAN;
}

shy_status shy_headline_folds(const shy_truth *truth, const shy_folds *folds, const double *predictor, const double *reference,
                              double *value_out)
{
    shy_status st = SHY_OK;
    size_t *sample = NULL;

    SHY_TRY(shy_new(truth->n, sizeof *sample, &sample));
    for (int t = 0; t < folds->sets; t++) {
        const double mean = reference ? reference[t] : shy_reference(truth, sample, shy_fold_samples(truth, folds, t, true, sample));
        const size_t count = shy_fold_samples(truth, folds, t, false, sample);
        SHY_TRY(shy_headline(truth, sample, count, predictor + (size_t)(t / folds->folds) * truth->n, mean, &value_out[t]));
    }
out:
    shy_free(&sample);
    return st;
}
