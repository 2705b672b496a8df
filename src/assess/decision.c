/* Decision curves: the net benefit of treating by held-out predictions. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "calibrate.h"
#include "released.h"
#include "versus.h"

#define THRESHOLDS 49 /* 0.02, 0.04 … 0.98 */

typedef struct {
    size_t n;            /* repeats × samples */
    double *y, *weight;  /* weight 0 where somebody has no prediction */
    double *probability; /* of one of them */
    uint64_t samples;
    double threshold[THRESHOLDS], benefit[THRESHOLDS], all[THRESHOLDS];
} curve;

static void curve_free(curve *d)
{
    shy_free(&d->y);
    shy_free(&d->weight);
    shy_free(&d->probability);
}

/* All curves are of the same predictions: of the samples for which everybody has one, in all repeats. */
static shy_status curve_begin(const shy_assessment *a, const shy_contenders *all, curve *d)
{
    shy_status st = SHY_OK;
    const size_t n = a->truth.n;
    d->n = n * (size_t)a->folds.repeats;
    SHY_TRY(shy_new(d->n, sizeof *d->y, &d->y));
    SHY_TRY(shy_new(d->n, sizeof *d->weight, &d->weight));
    SHY_TRY(shy_new(d->n, sizeof *d->probability, &d->probability));
    for (size_t i = 0; i < d->n; i++) {
        bool known = !isnan(a->chosen.predictor[i]);
        for (int k = 0; k < all->count; k++) known = known && !isnan(all->contender[k].held.predictor[i]);
        d->y[i] = a->truth.y[i % n];
        d->weight[i] = !known ? 0.0 : a->truth.weight ? a->truth.weight[i % n] : 1.0;
        d->samples += i < n && d->weight[i] > 0.0;
    }
    for (int k = 0; k < THRESHOLDS; k++) d->threshold[k] = 0.02 * (k + 1);
out:
    return st;
}

/*
 * Thresholds between which too few people with, or without, the event have their probability (of the first n) are not told: net benefits of two of them would tell these.
 */
static void hide_thresholds(const shy_sdc *sdc, size_t n, curve *d)
{
    int64_t count[2 * (THRESHOLDS + 1)] = {0};
    double edge[THRESHOLDS + 2];
    bool keep[THRESHOLDS + 1] = {false};

    for (int k = 0; k < THRESHOLDS + 2; k++) edge[k] = k;
    for (size_t i = 0; i < n; i++) {
        int bin = 0;
        if (!(d->weight[i] > 0.0)) continue;
        while (bin < THRESHOLDS && d->probability[i] >= d->threshold[bin]) bin++;
        count[(d->y[i] > 0.0 ? THRESHOLDS + 1 : 0) + bin]++;
    }
    const int bins = shy_sdc_join_bins(sdc, THRESHOLDS + 1, edge, 2, count);
    for (int b = 1; b < bins; b++) keep[(int)edge[b]] = true; /* bin e begins at threshold e − 1 */
    for (int k = 0; k < THRESHOLDS; k++)
        if (!keep[k + 1]) d->benefit[k] = NAN;
}

static shy_status record_benefit(const shy_assessment *a, curve *d, const char *name, const double *predictor, shy_record *record)
{
    for (size_t i = 0; i < d->n; i++) d->probability[i] = 1.0 / (1.0 + exp(-predictor[i]));
    for (int k = 0; k < THRESHOLDS; k++) shy_net_benefit(d->n, d->y, d->probability, d->weight, d->threshold[k], &d->benefit[k], &d->all[k]);
    if (shy_sdc_is_on(&a->options->sdc)) hide_thresholds(&a->options->sdc, a->truth.n, d);
    return shy_record_numbers(record, name, d->benefit, THRESHOLDS);
}

shy_status shy_decision_record(const shy_assessment *a, const shy_contenders *all, shy_record *versus)
{
    shy_status st = SHY_OK;
    curve d = {.n = 0};
    shy_record *record = NULL, *list = NULL, *child = NULL;
    if (strcmp(a->problem->ops->name, "binary") != 0) return SHY_OK;
    SHY_TRY(curve_begin(a, all, &d));
    SHY_TRY(shy_record_object(versus, "decision_curve", &record));
    SHY_TRY(shy_record_text(record, "means",
                            "Net benefit per sample of treating those whose held-out probability is at least the threshold, beside treating all; treating none has 0. "
                            "Of the samples for which all have a prediction."));
    SHY_TRY(shy_release_part(a->options, "versus.decision_curve", "samples", (int64_t)d.samples, (int64_t)a->truth.n, record));
    SHY_TRY(shy_release_note(a->options, "versus", "decision_curve", "thresholds joined", 1 + all->count));
    SHY_TRY(shy_record_numbers(record, "threshold", d.threshold, THRESHOLDS));
    SHY_TRY(shy_record_number(record, "none", 0.0));
    SHY_TRY(record_benefit(a, &d, "chosen", a->chosen.predictor, record));
    SHY_TRY(shy_record_numbers(record, "all", d.all, THRESHOLDS)); /* the same whoever predicts */
    SHY_TRY(shy_record_list(record, "contenders", &list));
    for (int k = 0; k < all->count; k++) {
        SHY_TRY(shy_record_append(list, &child));
        SHY_TRY(shy_record_text(child, "name", all->contender[k].name));
        SHY_TRY(record_benefit(a, &d, "benefit", all->contender[k].held.predictor, child));
    }
out:
    curve_free(&d);
    return st;
}
