/* Do predictions mean what they say? Recalibration, calibration curve and Brier score of the chosen formula on samples that it has not seen. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "calibrate.h"
#include "released.h"

#define MEANS                                                                                                                                              \
    "Predictions for held-out samples, each by the formula that the search without its fold chose. A well calibrated model has slope 1 (below 1: predictions "  \
    "too extreme) and intercept 0. Numbers are means over repeats, their errors those of one repeat; curve and bins are of the first repeat."
#define SURVIVAL_MEANS                                                                                                                                     \
    "The slope of the log hazard ratio, compared within held-out folds. Whether predicted chances of surviving a given time are right is said by targets with a "  \
    "horizon (outcome.horizons)."

/* ---- what a prediction is compared with ---------------------------------------------------------------------------------------------------- */

/* Predicted and observed on the scale of the outcome. `probability`: between 0 and 1. */
typedef struct {
    bool scale, probability; /* scale: there is such a comparison */
    double *observed, *predicted, *weight; /* [n] */
} comparison;

static bool is_kind(const shy_assessment *a, const char *kind)
{
    return strcmp(a->problem->ops->name, kind) == 0;
}

static shy_status comparison_create(const shy_assessment *a, comparison *c)
{
    shy_status st = SHY_OK;
    const size_t n = a->truth.n;
    *c = (comparison){.probability = is_kind(a, "binary")};
    c->scale = c->probability || is_kind(a, "continuous") || is_kind(a, "count");
    SHY_TRY(shy_new(n, sizeof *c->observed, &c->observed));
    SHY_TRY(shy_new(n, sizeof *c->predicted, &c->predicted));
    SHY_TRY(shy_new(n, sizeof *c->weight, &c->weight));
out:
    return st;
}

static void comparison_free(comparison *c)
{
    shy_free(&c->observed);
    shy_free(&c->predicted);
    shy_free(&c->weight);
}

/* Counts as rates, each as often as its exposure says. */
static void compare(const shy_assessment *a, const double *predictor, comparison *c)
{
    const shy_truth *truth = &a->truth;
    for (size_t i = 0; i < truth->n; i++) {
        const double exposure = truth->exposure && is_kind(a, "count") ? truth->exposure[i] : 1.0;
        c->observed[i] = truth->y[i] / exposure;
        c->weight[i] = exposure * (truth->weight ? truth->weight[i] : 1.0);
        c->predicted[i] = c->probability ? 1.0 / (1.0 + exp(-predictor[i])) : is_kind(a, "count") ? exp(predictor[i]) : predictor[i];
    }
}

/* ---- one repeat ------------------------------------------------------------------------------------------------------------------------------ */

typedef enum { INTERCEPT, INTERCEPT_ERROR, SLOPE, SLOPE_ERROR, BRIER, BRIER_NULL, ICI, E50, E90, EMAX, NUMBERS } number;

static const char *const number_name[NUMBERS] = {"intercept", "intercept_error", "slope", "slope_error", "brier", "brier_null",
                                                 "ici",       "e50",             "e90",   "emax"};

typedef struct {
    double sum[NUMBERS];
    int count[NUMBERS];
} means;

static void take(means *m, number which, double value)
{
    if (isnan(value)) return;
    m->sum[which] += value;
    m->count[which]++;
}

static double mean_of(const means *m, number which)
{
    return m->count[which] > 0 ? m->sum[which] / m->count[which] : NAN;
}

static shy_status judge_repeat(const shy_assessment *a, int repeat, comparison *c, shy_curve *curve, means *m)
{
    shy_status st = SHY_OK;
    const size_t n = a->truth.n;
    const double *predictor = a->chosen.predictor + (size_t)repeat * n;
    shy_recalibration again;
    SHY_TRY(shy_assess_poll(a));
    SHY_TRY(shy_recalibrate(&a->truth, NULL, n, predictor, a->folds.all + (size_t)repeat * n, &again));
    take(m, INTERCEPT, again.intercept), take(m, INTERCEPT_ERROR, again.intercept_error);
    take(m, SLOPE, again.slope), take(m, SLOPE_ERROR, again.slope_error);
    if (!c->scale) goto out;
    compare(a, predictor, c);
    SHY_TRY(shy_curve_make(n, c->observed, c->predicted, c->weight, c->probability, curve));
    take(m, ICI, curve->ici), take(m, E50, curve->e50), take(m, E90, curve->e90), take(m, EMAX, curve->emax);
    if (c->probability) {
        double brier, null;
        shy_brier(n, c->observed, c->predicted, c->weight, NAN, &brier, &null);
        take(m, BRIER, brier), take(m, BRIER_NULL, null);
    }
out:
    return st;
}

/* ---- record ------------------------------------------------------------------------------------------------------------------------------------ */

static shy_status add_numbers(const comparison *c, const means *m, shy_record *record)
{
    shy_status st = SHY_OK;
    for (int k = 0; k < NUMBERS; k++) {
        if ((k >= ICI && !c->scale) || ((k == BRIER || k == BRIER_NULL) && !c->probability)) continue;
        SHY_TRY(shy_record_number(record, number_name[k], mean_of(m, (number)k)));
    }
    if (c->probability) SHY_TRY(shy_record_number(record, "brier_scaled", 1.0 - mean_of(m, BRIER) / mean_of(m, BRIER_NULL)));
out:
    return st;
}

static shy_status add_curve(const shy_curve *curve, shy_record *record)
{
    shy_status st = SHY_OK;
    shy_record *object = NULL;
    SHY_TRY(shy_record_object(record, "curve", &object));
    SHY_TRY(shy_record_numbers(object, "predicted", curve->predicted, (size_t)curve->points));
    SHY_TRY(shy_record_numbers(object, "observed", curve->observed, (size_t)curve->points));
out:
    return st;
}

static shy_status add_bins(const comparison *c, const shy_assess_options *rule, size_t n, shy_record *record)
{
    shy_status st = SHY_OK;
    shy_record *list = NULL, *entry = NULL;
    shy_bins bins;
    SHY_TRY(shy_bins_release(&rule->sdc, n, c->observed, c->predicted, c->weight, c->probability, &bins));
    SHY_TRY(shy_release_note(rule, "calibration", "bins", "bins joined", SHY_BINS - bins.bins));
    SHY_TRY(shy_record_list(record, "bins", &list));
    for (int k = 0; k < bins.bins; k++) {
        SHY_TRY(shy_record_append(list, &entry));
        SHY_TRY(shy_record_number(entry, "predicted", bins.predicted[k]));
        SHY_TRY(shy_record_number(entry, "observed", bins.observed[k]));
        SHY_TRY(shy_record_number(entry, "low", bins.low[k]));
        SHY_TRY(shy_record_number(entry, "high", bins.high[k]));
        SHY_TRY(shy_release_count(&rule->sdc, "samples", (int64_t)bins.samples[k], rule->no_total, entry));
    }
out:
    return st;
}

/* The largest difference is one person's; the middle ones may be. */
static void hide_extremes(const shy_sdc *sdc, means *m)
{
    const double e50 = mean_of(m, E50), e90 = mean_of(m, E90);

    m->count[EMAX] = 0;
    m->sum[E50] = shy_sdc_value(sdc, e50), m->sum[E90] = shy_sdc_value(sdc, e90);
    m->count[E50] = m->count[E50] > 0, m->count[E90] = m->count[E90] > 0;
}

/* Repeats from the last to the first, whose curve and bins are then there to be recorded. */
static shy_status record_all(const shy_assessment *a, shy_record *record)
{
    shy_status st = SHY_OK;
    shy_curve *curve = NULL;
    comparison c = {0};
    means m = {0};
    const shy_sdc *sdc = &a->options->sdc;
    SHY_TRY(comparison_create(a, &c));
    SHY_TRY(shy_new(1, sizeof *curve, &curve));
    for (int r = a->folds.repeats - 1; r >= 0; r--) SHY_TRY(judge_repeat(a, r, &c, curve, &m));
    SHY_TRY(shy_record_text(record, "means", MEANS));
    if (is_kind(a, "survival")) SHY_TRY(shy_record_text(record, "survival_means", SURVIVAL_MEANS));
    if (shy_sdc_is_on(sdc)) hide_extremes(sdc, &m);
    SHY_TRY(add_numbers(&c, &m, record));
    if (!c.scale) goto out;
    SHY_TRY(shy_curve_release(sdc, a->truth.n, c.predicted, c.weight, curve));
    SHY_TRY(shy_release_note(a->options, "calibration", "curve", "points replaced", 1));
    SHY_TRY(add_curve(curve, record));
    SHY_TRY(add_bins(&c, a->options, a->truth.n, record));
out:
    comparison_free(&c);
    shy_free(&curve);
    return st;
}

/* Rank 0. */
static shy_status calibrate(const shy_assessment *a)
{
    shy_status st = SHY_OK;
    shy_record *record = NULL;
    SHY_TRY(shy_record_object(a->record, "calibration", &record));
    if (a->found) SHY_TRY(record_all(a, record));
    else SHY_TRY(shy_record_text(record, "not_available", "No formula was chosen."));
out:
    return st;
}

shy_status shy_calibration_run(shy_assessment *a)
{
    shy_status st = SHY_OK;
    const shy_team *team = a->problem->team;
    if (a->folds.sets > 0) SHY_TRY_ALL(team, team->rank == 0 ? calibrate(a) : SHY_OK);
out:
    return st;
}
