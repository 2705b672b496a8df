/* Statistics of predictions: small cases computed by hand, what cannot be said, agreement with the models' own metrics, failing allocations. */
#include "shy_config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "assess/calibrate.h"
#include "assess/cutpoint.h"
#include "assess/metrics.h"
#include "assess/survive.h"
#include "model_data.h"

static bool near(double a, double b)
{
    return a == b || (isnan(a) && isnan(b)) || fabs(a - b) <= 1e-12 * (1.0 + fabs(b));
}

#define assert_near(a, b)                                                                  \
    do {                                                                                   \
        const double left_ = (a), right_ = (b);                                            \
        if (!near(left_, right_)) fail_msg("%s is %.17g, not %.17g", #a, left_, right_);   \
    } while (0)

static double headline(const char *kind, size_t n, const double *y, const double *predictor, const double *weight)
{
    const shy_truth truth = {.n = n, .ops = shy_outcome_find(kind), .y = (double *)y, .time = (double *)y, .weight = (double *)weight, .levels = 5};
    double value;

    assert_int_equal(shy_headline(&truth, NULL, n, predictor, shy_reference(&truth, NULL, n), &value), SHY_OK);
    return value;
}

/* ---- headline metrics ----------------------------------------------------------------------------------------------- */

static void headlines_of_small_cases(void **state)
{
    static const double none[4] = {0.0, 0.0, 0.0, 0.0}, levels[4] = {0.0, 1.0, 2.0, 4.0}, classes[4] = {0.0, 0.0, 1.0, 1.0};
    static const double score[4] = {1.0, 2.0, 2.0, 3.0}, gap[4] = {NAN, 2.0, 2.0, 3.0}, low[4] = {-INFINITY, 2.0, 2.0, INFINITY};
    static const double without_last[4] = {1.0, 1.0, 1.0, 0.0}, same[4] = {7.0, 7.0, 7.0, 7.0};

    (void)state;
    assert_near(headline("binary", 4, classes, score, NULL), 3.5 / 4.0);
    assert_near(headline("binary", 4, classes, low, NULL), 3.5 / 4.0);
    assert_near(headline("binary", 4, classes, gap, NULL), 1.5 / 2.0);
    assert_near(headline("binary", 4, classes, score, without_last), 1.5 / 2.0);
    assert_near(headline("binary", 4, classes, same, NULL), 0.5);
    assert_near(headline("binary", 4, none, score, NULL), NAN);
    assert_near(headline("binary", 0, classes, score, NULL), NAN);
    assert_near(headline("ordinal", 4, levels, score, NULL), 5.5 / 6.0);
    assert_near(headline("continuous", 4, levels, levels, NULL), 1.0);
    assert_near(headline("continuous", 4, levels, score, NULL), 1.0 - 3.0 / 8.75);
    assert_near(headline("continuous", 4, levels, low, NULL), -INFINITY);
    assert_near(headline("continuous", 4, none, score, NULL), NAN);
    assert_near(headline("count", 4, levels, same, NULL) < -100.0, 1.0);
    assert_near(headline("count", 4, none, score, NULL), NAN);
    assert_near(headline("survival", 4, none, score, NULL), NAN);
    assert_near(headline("matched", 4, none, score, NULL), NAN);
    assert_near(headline("matched", 4, classes, score, NULL), 3.5 / 4.0); /* one set */
}

/* Times 1 2 2 3; the second dies, so does the third, the last is censored. */
static void concordance_of_few(void **state)
{
    static const double time[4] = {1.0, 2.0, 2.0, 3.0}, event[4] = {0.0, 1.0, 1.0, 0.0}, score[4] = {9.0, 2.0, 1.0, 1.0};
    static const double late[4] = {0.0, 0.0, 0.0, 2.0}, early[4] = {0.0, 0.0, 0.0, 1.5};
    static const int32_t apart[4] = {0, 0, 1, 1};
    shy_followed seen = {.n = 4, .time = time, .event = event};
    double c;

    (void)state;
    assert_int_equal(shy_followed_concordance(&seen, score, &c), SHY_OK);
    assert_near(c, 0.75); /* with the last alone */
    seen.stratum = apart;
    assert_int_equal(shy_followed_concordance(&seen, score, &c), SHY_OK);
    assert_near(c, 0.5);
    seen.entry = early;
    assert_int_equal(shy_followed_concordance(&seen, score, &c), SHY_OK);
    assert_near(c, 0.5);
    seen.entry = late;
    assert_int_equal(shy_followed_concordance(&seen, score, &c), SHY_OK);
    assert_near(c, NAN);
}

/* The metric of a refit, of its own linear predictor on its own samples: also says that each kind of the registry is known. */
static void headlines_are_the_models_own(void **state)
{
    static const double slope[] = {0.6, -0.4};
    static double predictor[DATA_ROWS];
    shy_outcome *outcome = NULL;
    shy_fit fit;

    (void)state;
    for (const shy_outcome_ops *const *at = shy_outcome_list(); *at; at++)
        for (int weighted = 0; weighted < 2; weighted++) {
            make_columns(400, 0, NULL, 2, slope);
            for (int i = 0; i < data.n; i++)
                data.exposure[i] = 0.5 + uniform(320, i);
            data.exposed = strcmp((*at)->name, "count") == 0;
            make_outcome(*at);
            if (weighted) make_weights();
            const shy_rows rows = rows_of(one, data.n, 64);
            assert_int_equal(create(*at, &rows, &outcome), SHY_OK);
            assert_int_equal(refit_columns(outcome, &rows, &fit), SHY_OK);
            for (int i = 0; i < data.n; i++)
                predictor[i] = fit.intercept + fit.coefficient[0] * data.x[0][i] + fit.coefficient[1] * data.x[1][i];
            const shy_truth truth = {.n = (size_t)data.n, .ops = *at, .y = data.y, .time = (*at)->needs_time ? data.time : NULL,
                                     .exposure = data.exposed ? data.exposure : NULL, .weight = weighted ? data.weight : NULL,
                                     .stratum = data.stratified ? data.stratum : NULL, .levels = data.levels};
            double value;
            assert_int_equal(shy_headline(&truth, NULL, truth.n, predictor, shy_reference(&truth, NULL, truth.n), &value), SHY_OK);
            if (!(fabs(value - fit.metric[0]) < 1e-10)) fail_msg("%s: %.15g, not %.15g", (*at)->name, value, fit.metric[0]);
            shy_outcome_destroy(&outcome);
        }
}

/* ---- differences -------------------------------------------------------------------------------------------------------- */

static void delong_by_hand(void **state)
{
    static const double y[4] = {0.0, 0.0, 1.0, 1.0}, a[4] = {1.0, 2.0, 2.0, 3.0}, b[4] = {1.0, 1.0, 1.0, 1.0};
    const double *score[2] = {a, b};
    double auc[2], s[4];

    (void)state;
    assert_int_equal(shy_delong(4, y, 2, score, auc, s), SHY_OK);
    assert_near(auc[0], 0.875);
    assert_near(auc[1], 0.5);
    assert_near(s[0], 0.03125); /* placements 3/4 1 and 1 3/4 */
    assert_near(s[1], 0.0);
    assert_near(s[3], 0.0);
    assert_int_equal(shy_delong(3, y, 2, score, auc, s), SHY_OK);
    assert_near(auc[0], 0.75);
    assert_near(s[0], NAN); /* one case */
    assert_int_equal(shy_delong(2, y, 1, score, auc, NULL), SHY_OK);
    assert_near(auc[0], NAN);
}

static shy_difference compare(const shy_truth *truth, const int32_t *fold, int folds, const double *a, const double *b)
{
    const shy_folds partition = {.folds = folds, .repeats = 1, .sets = folds, .all = (int32_t *)fold};
    shy_difference d;

    assert_int_equal(shy_compare(truth, &partition, a, b, NULL, NULL, 50, 7, &d), SHY_OK);
    return d;
}

static void differences_of_small_cases(void **state)
{
    static double y[8] = {0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.0}, same_class[8];
    static const double a[8] = {1.0, 2.0, 2.0, 3.0, 2.0, 1.0, 3.0, 4.0}, b[8] = {1.0, 2.0, 3.0, 4.0, 1.0, 2.0, 3.0, 4.0};
    static const int32_t fold[8] = {0, 0, 0, 0, 1, 1, 1, 1};
    shy_truth truth = {.n = 8, .ops = shy_outcome_find("binary"), .y = y};
    shy_difference d = compare(&truth, fold, 2, a, b);

    (void)state;
    assert_near(d.a, 0.5 * (3.5 / 4.0 + 2.0 / 3.0));
    assert_near(d.b, 1.0);
    assert_int_equal(d.method, SHY_BY_DELONG);
    /* fold 0: placements differ by 1/4 0 and 0 1/4; fold 1: its cases by 1 0 0, its one control has the pooled variance, 1/32, of the other fold's */
    assert_near(d.error * d.error, (0.03125 + 1.0 / 9.0 + 0.03125) / 4.0);
    d = compare(&truth, fold, 2, a, a);
    assert_near(d.difference, 0.0);
    assert_near(d.error, 0.0);
    assert_near(d.p, 1.0);
    truth.y = same_class;
    d = compare(&truth, fold, 2, a, b);
    assert_int_equal(d.folds, 0);
    assert_near(d.difference, NAN);
    assert_near(d.p, NAN);
    truth.y = y, truth.ops = shy_outcome_find("continuous");
    d = compare(&truth, fold, 2, a, b);
    assert_int_equal(d.method, SHY_BY_BOOTSTRAP);
    assert_int_equal(d.resamples, 50);
    assert_true(d.low < d.difference && d.difference < d.high && d.error > 0.0);
    const shy_difference again = compare(&truth, fold, 2, a, b);
    assert_true(again.low == d.low && again.high == d.high && again.error == d.error);
}

/* ---- calibration ------------------------------------------------------------------------------------------------------------ */

static void calibration_of_small_cases(void **state)
{
    static double y[6] = {1.0, 3.0, 5.0, 7.0, 9.0, 11.0}, ones[6] = {1.0, 1.0, 1.0, 1.0, 1.0, 1.0};
    static const double p[6] = {0.0, 1.0, 2.0, 3.0, 4.0, 5.0}, same[6] = {2.0, 2.0, 2.0, 2.0, 2.0, 2.0};
    shy_truth truth = {.n = 6, .ops = shy_outcome_find("continuous"), .y = y};
    shy_recalibration r;
    shy_curve curve;
    shy_bins bins;

    (void)state;
    assert_int_equal(shy_recalibrate(&truth, NULL, 6, p, NULL, &r), SHY_OK);
    assert_near(r.slope, 2.0);
    assert_near(r.slope_intercept, 1.0);
    assert_near(r.intercept, 3.5);
    assert_near(r.slope_error, 0.0);
    assert_int_equal(shy_recalibrate(&truth, NULL, 6, same, NULL, &r), SHY_OK);
    assert_false(r.fitted);
    assert_near(r.slope, NAN);
    assert_near(r.intercept, 4.0);
    truth.ops = shy_outcome_find("binary"), truth.y = ones;
    assert_int_equal(shy_recalibrate(&truth, NULL, 6, p, NULL, &r), SHY_OK);
    assert_false(r.fitted);
    assert_near(r.intercept, NAN);
    assert_int_equal(shy_curve_make(6, y, p, NULL, false, &curve), SHY_OK);
    for (int k = 0; k < curve.points; k++)
        assert_near(curve.observed[k], 1.0 + 2.0 * p[k]);
    assert_near(curve.ici, 3.5);
    assert_near(curve.e50, 3.5);
    assert_near(curve.e90, 5.5);
    assert_near(curve.emax, 6.0);
    assert_int_equal(shy_curve_make(6, y, same, NULL, false, &curve), SHY_OK);
    assert_int_equal(curve.points, 1);
    assert_near(curve.observed[0], 6.0);
    assert_near(curve.ici, 4.0);
    assert_int_equal(shy_curve_make(0, y, p, NULL, false, &curve), SHY_OK);
    assert_int_equal(curve.points, 0);
    assert_near(curve.ici, NAN);
    assert_int_equal(shy_bins_make(6, y, same, NULL, false, &bins), SHY_OK);
    assert_int_equal(bins.bins, 1);
    assert_int_equal(bins.samples[0], 6);
    assert_near(bins.observed[0], 6.0);
    assert_int_equal(shy_bins_make(6, y, p, NULL, false, &bins), SHY_OK);
    assert_int_equal(bins.bins, 6);
}

static void benefit_of_small_cases(void **state)
{
    static const double y[4] = {0.0, 1.0, 0.0, 1.0}, p[4] = {0.1, 0.2, 0.3, 0.9}, w[4] = {1.0, 0.0, 1.0, 2.0}, gap[4] = {0.1, NAN, 0.3, 0.9};
    double model, all, brier, null;

    (void)state;
    shy_net_benefit(4, y, p, NULL, 0.2, &model, &all);
    assert_near(model, (2.0 - 0.25) / 4.0);
    assert_near(all, (2.0 - 0.25 * 2.0) / 4.0);
    shy_net_benefit(4, y, p, w, 0.2, &model, &all);
    assert_near(model, (2.0 - 0.25) / 4.0);
    shy_net_benefit(0, y, p, NULL, 0.2, &model, &all);
    assert_near(model, NAN);
    shy_brier(4, y, p, NULL, NAN, &brier, &null);
    assert_near(brier, (0.01 + 0.64 + 0.09 + 0.01) / 4.0);
    assert_near(null, 0.25);
    shy_brier(4, y, gap, NULL, 0.5, &brier, &null);
    assert_near(brier, 0.11 / 3.0);
    assert_near(null, 0.25);
}

/* ---- survival of groups ---------------------------------------------------------------------------------------------------------- */

static void survival_of_few(void **state)
{
    static const double time[4] = {3.0, 1.0, 2.0, 8.0}, event[4] = {1.0, 1.0, 0.0, 1.0}, weight[4] = {1.0, 1.0, 1.0, 0.0}, none[4];
    shy_followed seen = {.n = 4, .time = time, .event = event, .weight = weight};
    shy_km *km = NULL;

    (void)state;
    assert_int_equal(shy_km_create(&seen, &km), SHY_OK);
    assert_int_equal(km->steps, 3);
    assert_near(km->survival[0], 2.0 / 3.0);
    assert_near(km->survival[1], 2.0 / 3.0);
    assert_near(km->survival[2], 0.0);
    assert_near(km->error[0], sqrt(2.0 / 27.0));
    assert_near(km->at_risk[1], 2.0);
    assert_near(km->median, 3.0);
    assert_near(shy_km_at(km, km->survival, 1.0, 0.5), 1.0);
    assert_near(shy_km_at(km, km->survival, 1.0, 1.0), 2.0 / 3.0);
    assert_near(shy_km_at(km, km->survival, 1.0, 99.0), 0.0);
    shy_km_free(&km);
    seen.event = none;
    assert_int_equal(shy_km_create(&seen, &km), SHY_OK);
    assert_near(km->survival[2], 1.0);
    assert_near(km->low[2], 1.0);
    assert_near(km->median, NAN);
    shy_km_free(&km);
    seen.n = 0;
    assert_int_equal(shy_km_create(&seen, &km), SHY_OK);
    assert_int_equal(km->steps, 0);
    shy_km_free(&km);
}

static void groups_of_few(void **state)
{
    static const double time[4] = {1.0, 2.0, 3.0, 9.0}, event[4] = {1.0, 1.0, 0.0, 0.0};
    static const int32_t pair[4] = {0, 1, -1, -1}, alone[4] = {0, 0, 0, 0}, three[4] = {0, 1, 2, 0};
    const shy_followed seen = {.n = 4, .time = time, .event = event};
    shy_logrank test;
    shy_hazard_ratio ratio[3];

    (void)state;
    assert_int_equal(shy_logrank_test(&seen, pair, 2, &test), SHY_OK);
    assert_near(test.chi_square, 1.0);
    assert_near(test.expected[0], 0.5);
    assert_near(test.p, shy_normal_two_sided(1.0));
    assert_int_equal(shy_logrank_test(&seen, alone, 2, &test), SHY_OK);
    assert_int_equal(test.df, 0);
    assert_near(test.p, NAN);
    assert_int_equal(shy_hazard_ratios(&seen, alone, 2, ratio), SHY_OK);
    assert_near(ratio[1].ratio, NAN); /* nobody */
    assert_int_equal(shy_hazard_ratios(&seen, three, 3, ratio), SHY_OK);
    assert_near(ratio[0].ratio, 1.0);
    assert_near(ratio[2].ratio, NAN); /* no event */
    /* of the others: at 1 two of group 0 and one of 1 at risk, at 2 one of each: r / ((2 + r)(1 + r)) is largest at √2 */
    assert_true(fabs(ratio[1].ratio - sqrt(2.0)) < 1e-8);
    assert_int_equal(shy_hazard_ratios(&seen, pair, 2, ratio), SHY_OK);
    assert_near(ratio[1].ratio, NAN); /* the first to die is the only one of his group: no maximum */
}

/* ---- cut-points ---------------------------------------------------------------------------------------------------------------------- */

static void cut_points_of_small_cases(void **state)
{
    double x[10], y[10], three[10], same[10];
    shy_cuts cuts;

    (void)state;
    for (int i = 0; i < 10; i++)
        x[i] = i, y[i] = i >= 4, three[i] = (i >= 3) + 2.0 * (i >= 6), same[i] = 0.1;
    assert_int_equal(shy_cut_one(10, x, y, 0.1, &cuts), SHY_OK);
    assert_int_equal(cuts.cuts, 1);
    assert_near(cuts.cut[0].cut, 3.0);
    assert_near(cuts.cut[0].statistic, 3.0); /* √(n − 1), the correlation being 1 */
    assert_int_equal(cuts.cut[0].below, 4);
    assert_near(cuts.p, fmin(cuts.cut[0].p_92, cuts.cut[0].p_94));
    assert_true(cuts.p > shy_normal_two_sided(3.0));
    assert_int_equal(shy_cut_group(&cuts, 3.0), 0);
    assert_int_equal(shy_cut_group(&cuts, 3.1), 1);
    assert_int_equal(shy_cut_group(&cuts, NAN), -1);
    assert_int_equal(shy_cut_one(10, x, y, 0.45, &cuts), SHY_OK); /* 4 or 5 below */
    assert_near(cuts.cut[0].cut, 3.0);
    assert_int_equal(shy_cut_one(10, same, y, 0.1, &cuts), SHY_OK);
    assert_int_equal(cuts.cuts, 0);
    assert_near(cuts.p, NAN);
    assert_int_equal(shy_cut_one(10, x, same, 0.1, &cuts), SHY_OK);
    assert_int_equal(cuts.cuts, 0);
    assert_int_equal(shy_cut_one(0, x, y, 0.1, &cuts), SHY_OK);
    assert_int_equal(cuts.cuts, 0);
    assert_int_equal(shy_cut_two(10, x, three, 0.1, 99, 1, NULL, &cuts), SHY_OK);
    assert_int_equal(cuts.cuts, 2);
    assert_near(cuts.cut[0].cut, 2.0);
    assert_near(cuts.cut[1].cut, 5.0);
    assert_true(cuts.p < 0.05);
    assert_int_equal(shy_cut_two(10, same, three, 0.1, 99, 1, NULL, &cuts), SHY_OK);
    assert_int_equal(cuts.cuts, 0);
    assert_int_equal(shy_cut_quantiles(10, x, y, 3, &cuts), SHY_OK);
    assert_near(cuts.cut[0].cut, 3.0);
    assert_near(cuts.cut[1].cut, 6.0);
    assert_near(cuts.p, 2.0 * shy_normal_two_sided(3.0));
    assert_int_equal(shy_cut_quantiles(10, y, x, 3, &cuts), SHY_OK); /* 4 zeros, then ones */
    assert_int_equal(cuts.cuts, 1);
    assert_near(cuts.cut[0].cut, 0.0);
    assert_near(shy_lausen_92(0.9, 0.1, 0.9), 1.0);
}

static void scores_sum_to_nothing(void **state)
{
    static const double slope[] = {0.6, -0.4};
    static double score[DATA_ROWS];

    (void)state;
    for (const shy_outcome_ops *const *at = shy_outcome_list(); *at; at++) {
        make_columns(200, 0, NULL, 2, slope);
        make_outcome(*at);
        make_weights();
        const shy_truth truth = {.n = (size_t)data.n, .ops = *at, .y = data.y, .time = data.time, .weight = data.weight, .stratum = data.stratum,
                                 .levels = data.levels};
        double sum = 0.0, size = 0.0;
        assert_int_equal(shy_cut_scores(&truth, NULL, truth.n, score), SHY_OK);
        for (int i = 0; i < data.n; i++) {
            assert_true(isnan(score[i]) == !(data.weight[i] > 0.0));
            if (!isnan(score[i])) sum += score[i], size += fabs(score[i]);
        }
        if (!(fabs(sum) < 1e-9 * size && size > 0.0)) fail_msg("%s: %.15g of %.15g", (*at)->name, sum, size);
    }
}

static void bounds_and_intervals(void **state)
{
    double low, high;

    (void)state;
    assert_near(shy_false_worst(10.0, 1000.0, 0.75), 0.2);
    assert_near(shy_false_worst(10.0, 1000.0, 0.5), 1000.0);
    assert_near(shy_false_unimodal(10.0, 1000.0, 0.75, 50), 0.1 / (2.0 * 0.49));
    assert_near(shy_false_unimodal(10.0, 1000.0, 1.0, 50), 0.1 / (1.02 / 0.04));
    assert_near(shy_false_unimodal(10.0, 1000.0, 0.505, 50), 1000.0);
    assert_true(shy_false_unimodal(10.0, 1000.0, 0.9, 50) < shy_false_worst(10.0, 1000.0, 0.9));
    shy_wilson(0.0, 10.0, &low, &high);
    assert_near(low, 0.0);
    assert_near(high, SHY_NORMAL_975 * SHY_NORMAL_975 / (10.0 + SHY_NORMAL_975 * SHY_NORMAL_975));
    shy_wilson(0.0, 0.0, &low, &high);
    assert_near(low, NAN);
    assert_near(shy_chi_square_tail(0.0, 3), 1.0);
    assert_near(shy_chi_square_tail(4.0, 2), exp(-2.0));
    assert_near(shy_chi_square_tail(4.0, 1), shy_normal_two_sided(2.0));
}

/* ---- failures ---------------------------------------------------------------------------------------------------------------------------- */

static shy_status use_all(const shy_truth *truth, const shy_folds *folds, double *room)
{
    shy_status st = SHY_OK;
    const shy_followed followed = {.n = truth->n, .time = truth->time, .event = truth->y, .entry = truth->entry};
    shy_difference difference;
    shy_recalibration recalibration;
    static shy_curve curve;
    shy_bins bins;
    shy_km *km = NULL;
    shy_logrank test;
    shy_hazard_ratio ratio[2];
    shy_cuts cuts;

    SHY_TRY(shy_headline_folds(truth, folds, data.x[0], NULL, room));
    SHY_TRY(shy_compare(truth, folds, data.x[0], data.x[1], NULL, NULL, 2, 1, &difference));
    SHY_TRY(shy_recalibrate(truth, NULL, truth->n, data.x[0], NULL, &recalibration));
    SHY_TRY(shy_curve_make(truth->n, truth->y, data.x[0], NULL, false, &curve));
    SHY_TRY(shy_bins_make(truth->n, truth->y, data.x[0], NULL, false, &bins));
    SHY_TRY(shy_logrank_test(&followed, folds->all, 2, &test));
    SHY_TRY(shy_hazard_ratios(&followed, folds->all, 2, ratio));
    SHY_TRY(shy_followed_horizon(&followed, 1.0, room, room + truth->n));
    SHY_TRY(shy_cut_scores(truth, NULL, truth->n, room));
    SHY_TRY(shy_cut_one(truth->n, data.x[0], room, 0.1, &cuts));
    SHY_TRY(shy_cut_two(truth->n, data.x[0], room, 0.1, 1, 1, NULL, &cuts));
    SHY_TRY(shy_cut_quantiles(truth->n, data.x[0], room, 2, &cuts));
    SHY_TRY(shy_km_create(&followed, &km));
out:
    shy_km_free(&km);
    return st;
}

static void each_allocation_may_fail(void **state)
{
    static const double slope[] = {0.6, -0.4};
    static double room[DATA_ROWS];
    static int32_t fold[DATA_ROWS];

    (void)state;
    for (const shy_outcome_ops *const *at = shy_outcome_list(); *at; at++) {
        make_columns(60, 0, NULL, 2, slope);
        make_outcome(*at);
        for (int i = 0; i < data.n; i++)
            fold[i] = i / 4 % 2, data.exposure[i] = 0.0;
        const shy_truth truth = {.n = (size_t)data.n, .ops = *at, .y = data.y, .time = data.time, .entry = data.exposure, .stratum = data.stratum,
                                 .levels = data.levels};
        const shy_folds folds = {.folds = 2, .repeats = 1, .sets = 2, .all = fold};
        const uint64_t before = shy_memory_in_use();
        shy_status st = SHY_MEMORY;
        uint64_t nth = 1;
        for (; st != SHY_OK && nth < 2000; nth++) {
            shy_memory_fail_at(nth);
            st = use_all(&truth, &folds, room);
            shy_memory_fail_at(0);
            if (st != SHY_OK) assert_int_equal(st, SHY_MEMORY);
            assert_true(shy_memory_in_use() == before);
            shy_error_clear();
        }
        assert_int_equal(st, SHY_OK);
        assert_true(nth > 100);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(headlines_of_small_cases),    cmocka_unit_test(concordance_of_few),
                                       cmocka_unit_test(headlines_are_the_models_own), cmocka_unit_test(delong_by_hand),
                                       cmocka_unit_test(differences_of_small_cases),   cmocka_unit_test(calibration_of_small_cases),
                                       cmocka_unit_test(benefit_of_small_cases),       cmocka_unit_test(survival_of_few),
                                       cmocka_unit_test(groups_of_few),                cmocka_unit_test(cut_points_of_small_cases),
                                       cmocka_unit_test(scores_sum_to_nothing),        cmocka_unit_test(bounds_and_intervals),
                                       cmocka_unit_test(each_allocation_may_fail)};
    return cmocka_run_group_tests_name("assess, statistics", tests, start_all, stop_all);
}
