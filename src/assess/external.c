/* Finished models on another cohort: predictions as they stand, judged by the metrics of their outcome, with intervals. */
#include "shy_config.h"

#include <math.h>

#include "calibrate.h"
#include "judged.h"
#include "released.h"

#define PURPOSE_EXTERNAL (UINT64_C(0x61737365737311))
#define METRICS_MOST 3

/* What is measured, in the order of the names below. */
typedef void measure(const struct shy_judged *judged, const double *weight, double headline, double *value);

struct measures {
    const char *name[METRICS_MOST];
    int count;
    measure *rest; /* those after the first, which is the headline; NULL: there are none */
};

static double probability(double logit)
{
    return 1.0 / (1.0 + exp(-logit));
}

static void measure_continuous(const struct shy_judged *j, const double *weight, double headline, double *value)
{
    double squares = 0.0, all = 0.0;

    (void)headline;
    for (size_t k = 0; k < j->n; k++) squares += weight[k] * (j->y[k] - j->predictor[k]) * (j->y[k] - j->predictor[k]), all += weight[k];
    value[1] = sqrt(squares / all);
}

/* −2 log likelihood of a log-odds, without the loss of digits near 1. */
static double deviance(double y, double logit)
{
    const double away = y > 0.0 ? -logit : logit;

    return 2.0 * (away > 0.0 ? away + log1p(exp(-away)) : log1p(exp(away)));
}

static void measure_binary(const struct shy_judged *j, const double *weight, double headline, double *value)
{
    double sum = 0.0, squares = 0.0, all = 0.0;

    (void)headline;
    for (size_t k = 0; k < j->n; k++) {
        const double error = j->y[k] - probability(j->predictor[k]);
        sum += weight[k] * deviance(j->y[k], j->predictor[k]);
        squares += weight[k] * error * error;
        all += weight[k];
    }
    value[1] = sum, value[2] = squares / all;
}

static void measure_count(const struct shy_judged *j, const double *weight, double headline, double *value)
{
    double squares = 0.0, all = 0.0;

    (void)headline;
    for (size_t k = 0; k < j->n; k++) {
        const double error = j->y[k] - (j->exposure ? j->exposure[k] : 1.0) * exp(j->predictor[k]);
        squares += weight[k] * error * error, all += weight[k];
    }
    value[1] = sqrt(squares / all);
}

static struct measures measures_of(const shy_truth *truth)
{
    const char *headline = truth->ops->metric_names[0];

    switch (shy_judge_of(truth->ops)) {
    case SHY_JUDGE_CONTINUOUS:
        return (struct measures){.name = {headline, "rmse"}, .count = 2, .rest = measure_continuous};
    case SHY_JUDGE_BINARY:
        return (struct measures){.name = {headline, "deviance", "brier"}, .count = 3, .rest = measure_binary};
    case SHY_JUDGE_COUNT:
        return (struct measures){.name = {headline, "rmse"}, .count = 2, .rest = measure_count};
    default:
        return (struct measures){.name = {headline}, .count = 1};
    }
}

/* What share of the variance (deviance) is explained is relative to the mean (rate) of these samples themselves. */
static double reference_of(const struct shy_judged *j, const double *weight)
{
    double y = 0.0, all = 0.0;

    for (size_t k = 0; k < j->n; k++) {
        y += weight[k] * j->y[k];
        all += weight[k] * (j->kind == SHY_JUDGE_COUNT && j->exposure ? j->exposure[k] : 1.0);
    }
    return y / all;
}

static shy_status measure_all(const struct measures *m, const struct shy_judged *j, const double *weight, double *value)
{
    shy_status st = SHY_OK;

    SHY_TRY(shy_judged_headline(j, weight, reference_of(j, weight), &value[0]));
    if (m->rest) m->rest(j, weight, value[0], value);
out:
    return st;
}

/* ---- intervals -------------------------------------------------------------------------------------------------------------- */

struct interval {
    double low, high;
};

/* Bayesian bootstrap, as shy_compare has it: exponential weights of mean 1, of sets as a whole. */
static void draw(const struct shy_judged *j, uint64_t seed, int round, double *weight)
{
    const bool sets = j->kind == SHY_JUDGE_MATCHED && j->stratum;

    for (size_t k = 0; k < j->n; k++) {
        const uint64_t unit = sets ? (uint64_t)j->stratum[k] : (uint64_t)j->sample[k];
        const double drawn = -log(shy_random_uniform(seed, PURPOSE_EXTERNAL, ((uint64_t)round << 40) + unit));
        weight[k] = j->weight[k] * (sets ? sqrt(drawn) : drawn);
    }
}

static double quantile(const double *value, const size_t *order, size_t count, double share)
{
    const double at = share * (double)(count - 1), rest = at - floor(at);
    const size_t low = (size_t)at, high = low + 1 < count ? low + 1 : low;

    return value[order[low]] + rest * (value[order[high]] - value[order[low]]);
}

static shy_status bootstrap(const struct measures *m, const struct shy_judged *j, uint64_t seed, int resamples, struct interval *interval)
{
    shy_status st = SHY_OK;
    double *weight = NULL, *value = NULL, once[METRICS_MOST];
    size_t *order = NULL, *spare = NULL;
    const size_t count = (size_t)resamples;

    SHY_TRY(shy_new(j->n, sizeof *weight, &weight));
    SHY_TRY(shy_new(count * METRICS_MOST, sizeof *value, &value));
    SHY_TRY(shy_new(count, sizeof *order, &order));
    SHY_TRY(shy_new(count, sizeof *spare, &spare));
    for (int round = 0; round < resamples; round++) {
        draw(j, seed, round, weight);
        SHY_TRY(measure_all(m, j, weight, once));
        for (int k = 0; k < m->count; k++) value[(size_t)k * count + (size_t)round] = once[k];
    }
    for (int k = 0; k < m->count; k++) {
        const double *of = value + (size_t)k * count;
        shy_sort_order(of, count, order, spare);
        interval[k] = (struct interval){quantile(of, order, count, 0.025), quantile(of, order, count, 0.975)};
    }
out:
    shy_free(&weight);
    shy_free(&value);
    shy_free(&order);
    shy_free(&spare);
    return st;
}

static bool plain(const struct shy_judged *j)
{
    for (size_t k = 0; k < j->n; k++)
        if (j->weight[k] != 1.0) return false;
    return true;
}

/* The AUC of samples that all weigh the same has DeLong's interval, which needs no random numbers. */
static shy_status delong(const struct shy_judged *j, struct interval *interval)
{
    shy_status st = SHY_OK;
    const double *score = j->predictor;
    double auc, variance;

    SHY_TRY(shy_delong(j->n, j->y, 1, &score, &auc, &variance));
    const double half = SHY_NORMAL_975 * sqrt(variance);
    *interval = (struct interval){fmax(auc - half, 0.0), fmin(auc + half, 1.0)};
out:
    return st;
}

static shy_status add_metrics(const struct measures *m, const struct shy_judged *j, uint64_t seed, shy_record *record)
{
    shy_status st = SHY_OK;
    shy_record *metrics = NULL, *metric = NULL;
    double value[METRICS_MOST];
    struct interval interval[METRICS_MOST] = {{NAN, NAN}, {NAN, NAN}, {NAN, NAN}};

    SHY_TRY(shy_record_object(record, "metrics", &metrics));
    SHY_TRY(measure_all(m, j, j->weight, value));
    if (isfinite(value[0])) {
        SHY_TRY(bootstrap(m, j, seed, shy_resamples(j->n), interval));
        if (j->kind == SHY_JUDGE_BINARY && plain(j)) SHY_TRY(delong(j, &interval[0]));
    }
    for (int k = 0; k < m->count; k++) {
        SHY_TRY(shy_record_object(metrics, m->name[k], &metric));
        SHY_TRY(shy_record_number(metric, "value", value[k]));
        SHY_TRY(shy_record_number(metric, "low", interval[k].low));
        SHY_TRY(shy_record_number(metric, "high", interval[k].high));
    }
out:
    return st;
}

/* ---- calibration, classification --------------------------------------------------------------------------------------------------- */

static shy_status add_estimate(shy_record *record, const char *name, double value, double error)
{
    shy_status st = SHY_OK;
    shy_record *object = NULL;

    if (isnan(value)) return SHY_OK;
    SHY_TRY(shy_record_object(record, name, &object));
    SHY_TRY(shy_record_number(object, "value", value));
    SHY_TRY(shy_record_number(object, "error", error));
    SHY_TRY(shy_record_number(object, "low", value - SHY_NORMAL_975 * error));
    SHY_TRY(shy_record_number(object, "high", value + SHY_NORMAL_975 * error));
out:
    return st;
}

/* Mean distance between predicted and observed probability, by a smooth curve. */
static shy_status add_curve(const struct shy_judged *j, const shy_assess_options *rule, shy_record *record)
{
    shy_status st = SHY_OK;
    double *predicted = NULL;
    shy_curve curve;

    SHY_TRY(shy_new(j->n, sizeof *predicted, &predicted));
    for (size_t k = 0; k < j->n; k++) predicted[k] = probability(j->predictor[k]);
    SHY_TRY(shy_curve_make(j->n, j->y, predicted, j->weight, true, &curve));
    SHY_TRY(shy_curve_release(&rule->sdc, j->n, predicted, j->weight, &curve));
    SHY_TRY(shy_release_note(rule, "formulas.calibration", "predicted", "points replaced", 1));
    SHY_TRY(shy_record_number(record, "ici", curve.ici));
    SHY_TRY(shy_record_numbers(record, "predicted", curve.predicted, (size_t)curve.points));
    SHY_TRY(shy_record_numbers(record, "observed", curve.observed, (size_t)curve.points));
out:
    shy_free(&predicted);
    return st;
}

static shy_status add_calibration(const shy_truth *truth, const double *predictor, const struct shy_judged *j, const shy_assess_options *rule, shy_record *record)
{
    shy_status st = SHY_OK;
    shy_record *calibration = NULL;
    shy_recalibration fit;

    SHY_TRY(shy_record_object(record, "calibration", &calibration));
    SHY_TRY(shy_recalibrate(truth, NULL, truth->n, predictor, NULL, &fit));
    SHY_TRY(add_estimate(calibration, "intercept", fit.intercept, fit.intercept_error));
    SHY_TRY(add_estimate(calibration, "slope", fit.slope, fit.slope_error));
    if (j->kind == SHY_JUDGE_BINARY) SHY_TRY(add_curve(j, rule, calibration));
out:
    return st;
}

static shy_status add_share(shy_record *record, const char *name, double of, double all)
{
    shy_status st = SHY_OK;
    shy_record *object = NULL;
    double low = NAN, high = NAN;

    if (all > 0.0) shy_wilson(of, all, &low, &high);
    SHY_TRY(shy_record_object(record, name, &object));
    SHY_TRY(shy_record_number(object, "value", of / all));
    SHY_TRY(shy_record_number(object, "low", low));
    SHY_TRY(shy_record_number(object, "high", high));
out:
    return st;
}

/* Who has at least this probability is called positive. */
static shy_status add_threshold(const struct shy_judged *j, const char *name, double threshold, const shy_assess_options *rule, shy_record *list)
{
    shy_status st = SHY_OK;
    shy_record *record = NULL;
    double all[2] = {0.0, 0.0}, called[2] = {0.0, 0.0}; /* of controls, of cases */
    int64_t cell[4] = {0};                              /* people: controls, cases; those of them that are called positive */
    bool shown = true;

    for (size_t k = 0; k < j->n; k++) {
        const int class = j->y[k] > 0.0;
        all[class] += j->weight[k];
        cell[class]++;
        if (probability(j->predictor[k]) >= threshold) called[class] += j->weight[k], cell[2 + class]++;
    }
    for (int class = 0; class < 2; class++) shown = shown && shy_sdc_shows_part(&rule->sdc, cell[2 + class], cell[class]);
    if (!shown) all[0] = all[1] = called[0] = called[1] = NAN; /* any of the four cells tells the others */
    SHY_TRY(shy_release_note(rule, "formulas", "classification", "count", shown ? 0 : 4));
    SHY_TRY(shy_record_append(list, &record));
    SHY_TRY(shy_record_text(record, "at", name));
    SHY_TRY(shy_record_number(record, "threshold", threshold));
    SHY_TRY(shy_record_number(record, "errors", called[0] + all[1] - called[1]));
    SHY_TRY(add_share(record, "sensitivity", called[1], all[1]));
    SHY_TRY(add_share(record, "specificity", all[0] - called[0], all[0]));
out:
    return st;
}

static shy_status add_classification(const struct shy_judged *j, double prevalence, const shy_assess_options *rule, shy_record *record)
{
    shy_status st = SHY_OK;
    shy_record *list = NULL;

    SHY_TRY(shy_record_list(record, "classification", &list));
    SHY_TRY(add_threshold(j, "a half", 0.5, rule, list));
    if (isfinite(prevalence)) SHY_TRY(add_threshold(j, "share of cases in the run", prevalence, rule, list));
out:
    return st;
}

/* ---- one model, all models -------------------------------------------------------------------------------------------------------------- */

/* Rank 0. */
static shy_status judge(const shy_truth *truth, const double *predictor, double prevalence, const shy_assess_options *rule, shy_record *record)
{
    shy_status st = SHY_OK;
    struct shy_judged judged = {0};
    const struct measures m = measures_of(truth);

    SHY_TRY(shy_judged_create(truth, NULL, truth->n, predictor, NULL, &judged));
    SHY_TRY(shy_release_part(rule, "formulas", "samples", (int64_t)judged.n, (int64_t)truth->n, record));
    if (judged.n == 0) goto out;
    SHY_TRY(add_metrics(&m, &judged, rule->seed, record));
    SHY_TRY(add_calibration(truth, predictor, &judged, rule, record));
    if (judged.kind == SHY_JUDGE_BINARY) SHY_TRY(add_classification(&judged, prevalence, rule, record));
out:
    shy_judged_free(&judged);
    return st;
}

shy_status shy_external_judge(const shy_problem *problem, int count, const double *const *predictor, double prevalence, const shy_assess_options *rule,
                              shy_record *const *record)
{
    shy_status st = SHY_OK;
    const shy_team *team = problem->team;
    shy_truth truth = {0};
    double *all = NULL;

    SHY_TRY(shy_truth_gather(problem, &truth));
    SHY_TRY_ALL(team, team->rank == 0 ? shy_new(truth.n, sizeof *all, &all) : SHY_OK);
    for (int k = 0; k < count; k++) {
        SHY_TRY(shy_gather_values(problem, predictor[k], all));
        SHY_TRY_ALL(team, team->rank == 0 ? judge(&truth, all, prevalence, rule, record[k]) : SHY_OK);
    }
out:
    shy_free(&all);
    shy_truth_free(&truth);
    return st;
}
