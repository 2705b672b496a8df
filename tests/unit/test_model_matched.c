/* Tests of matched sets: the conditional likelihood against a sum over all subsets, residuals, laws, verdicts, the same bits on any grid. */
#include "shy_config.h"

#include "survival_check.h"

enum { C, DEVIANCE };

/* Sets of up to `most` samples, each with some cases; the first has no case, the second no control. */
static void make(int n, int terms, int most)
{
    int left = 0, set = -1, cases = 0;

    data.n = n, data.terms = terms, data.covariates = 0;
    data.has_entry = data.has_weight = false, data.has_stratum = true;
    for (int i = 0; i < n; i++) {
        if (left == 0) {
            left = set < 1 ? 3 : 2 + (int)((most - 1) * uniform(1, i)), set++;
            cases = set == 0 ? 0 : set == 1 ? 3 : 1 + (int)((left - 1) * uniform(2, i));
        }
        for (int k = 0; k < TERMS_MOST; k++)
            data.x[k][i] = noise(3 + (uint64_t)k, i) + 0.5 * set;
        data.c[0][i] = noise(8, i), data.c[1][i] = uniform(9, i) < 0.4;
        data.event[i] = left <= cases;
        data.x[0][i] += 0.8 * data.event[i];
        data.stratum[i] = (int32_t)((set * 5) % 1000); /* out of order, and with gaps */
        left--;
    }
    data.strata = 1000;
}

/* log P(cases | their number) by the sum over all subsets of that size of each set. */
static double conditional(const double *eta)
{
    double value = 0.0;

    for (int i = 0; i < data.n; i++) {
        int members[16], count = 0;
        unsigned cases = 0;
        double own = 0.0, all = 0.0;
        bool first = true;
        for (int j = 0; j < i; j++)
            first = first && data.stratum[j] != data.stratum[i];
        if (!first) continue;
        for (int j = 0; j < data.n; j++) {
            if (data.stratum[j] != data.stratum[i] || weight_of(j) == 0.0) continue;
            cases |= (unsigned)(data.event[j] != 0.0) << count;
            own += data.event[j] * eta[j];
            members[count++] = j;
        }
        for (unsigned subset = 0; subset < 1u << count; subset++) {
            double sum = 0.0;
            if (__builtin_popcount(subset) != __builtin_popcount(cases)) continue;
            for (int m = 0; m < count; m++)
                sum += subset >> m & 1 ? eta[members[m]] : 0.0;
            all += exp(sum - own);
        }
        value -= log(all);
    }
    return value;
}

static void check_near(const char *what, double ours, double theirs, double tolerance)
{
    if (!(fabs(ours - theirs) <= tolerance * (1.0 + fabs(theirs)))) fail_msg("%s is %.15g, not %.15g", what, ours, theirs);
}

static void the_fit_is_the_maximum_over_all_subsets(void **state)
{
    static const double none[MOST];
    static double eta[MOST], residual[MOST], response[MOST];
    const double h = 1e-4;

    (void)state;
    for (int weighted = 0; weighted < 2; weighted++) {
        shy_fit fit;
        make(130, 2, 9);
        data.has_weight = weighted;
        for (int i = 0; i < data.n; i++)
            data.weight[i] = i % 11 != 3;
        assert_int_equal(refit_on(one, "matched", 8, &fit, residual, response), SHY_OK);
        assert_int_equal(fit.verdict, SHY_FITTED);
        predictor(&fit, eta);
        const double top = conditional(eta);
        check_near("likelihood ratio", fit.likelihood_ratio, 2.0 * (top - conditional(none)), 1e-11);
        check_near("deviance", fit.metric[DEVIANCE], -2.0 * top, 1e-11);
        for (int i = 0; i < data.n; i++) {
            const double at = eta[i];
            eta[i] = at + h;
            const double up = conditional(eta);
            eta[i] = at - h;
            check_near("residual", residual[i], (up - conditional(eta)) / (2.0 * h), 1e-7);
            eta[i] = at;
        }
        for (int k = 0; k < 2; k++) { /* top of the hill; its curvature */
            double along = 0.0, beside = 0.0;
            const double step = 0.05 * fit.error[k];
            for (int i = 0; i < data.n; i++)
                along += residual[i] * data.x[k][i];
            assert_true(fabs(along) < 1e-9);
            for (int side = -1; side <= 1; side += 2) {
                for (int i = 0; i < data.n; i++)
                    eta[i] += side * step * data.x[k][i];
                beside += conditional(eta);
                predictor(&fit, eta);
            }
            assert_true(beside < 2.0 * top);
        }
    }
}

/* With one column the error is the curvature at the top. */
static void errors_are_those_of_the_curvature(void **state)
{
    static double eta[MOST];

    (void)state;
    make(130, 1, 9);
    const shy_fit fit = refit("matched");
    const double step = 0.1 * fit.error[0];
    double fall = 0.0;
    predictor(&fit, eta);
    fall += 2.0 * conditional(eta);
    for (int side = -1; side <= 1; side += 2) {
        for (int i = 0; i < data.n; i++)
            eta[i] = (fit.coefficient[0] + side * step) * data.x[0][i];
        fall -= conditional(eta);
    }
    check_near("error", step / sqrt(fall), fit.error[0], 0.01);
}

/* One case and one control: logistic regression without intercept on their difference, here by its score. */
static void pairs_are_logistic_regression_of_differences(void **state)
{
    double score = 0.0, won = 0.0;

    (void)state;
    make(200, 1, 2);
    for (int i = 0; i < data.n; i++)
        data.stratum[i] = i / 2, data.event[i] = i % 2;
    const shy_fit fit = refit("matched");
    for (int i = 0; i < data.n; i += 2) {
        const double d = data.x[0][i + 1] - data.x[0][i];
        score += d / (1.0 + exp(fit.coefficient[0] * d));
        won += fit.coefficient[0] * d > 0.0;
    }
    assert_true(fabs(score) < 1e-10);
    check_near("c", fit.metric[C], won / 100.0, 1e-14);
    check_near("loss", fit.loss, exp(-fit.likelihood_ratio / 100.0), 1e-13);
}

/* In one large set with many cases the terms of the sum grow beyond 10^500; who is called a case does not matter. */
static void large_sets_do_not_overflow(void **state)
{
    static double residual[MOST], mirrored[MOST];
    shy_fit fit, mirror;

    (void)state;
    make(1900, 2, 9);
    for (int i = 0; i < data.n; i++) {
        data.stratum[i] = 0;
        data.x[0][i] = noise(20, i), data.x[1][i] = 1e4 + noise(21, i);
        data.event[i] = uniform(22, i) < 1.0 / (1.0 + exp(0.3 - 3.0 * data.x[0][i]));
    }
    assert_int_equal(refit_on(one, "matched", 64, &fit, residual, NULL), SHY_OK);
    for (int i = 0; i < data.n; i++)
        data.event[i] = 1.0 - data.event[i];
    assert_int_equal(refit_on(one, "matched", 64, &mirror, mirrored, NULL), SHY_OK);
    assert_int_equal(fit.verdict, SHY_FITTED);
    double along = 0.0, sum = 0.0;
    for (int i = 0; i < data.n; i++) {
        along += residual[i] * data.x[0][i], sum += residual[i];
        assert_true(fabs(residual[i] + mirrored[i]) < 1e-9);
    }
    assert_true(fabs(along) < 1e-8 && fabs(sum) < 1e-9);
    check_near("coefficient", -mirror.coefficient[0], fit.coefficient[0], 1e-10);
    check_near("error", mirror.error[1], fit.error[1], 1e-10);
    check_near("likelihood ratio", mirror.likelihood_ratio, fit.likelihood_ratio, 1e-9);
    assert_true(fabs(fit.coefficient[0] - 3.0) < 0.5);
}

static void the_order_of_the_samples_does_not_matter(void **state)
{
    (void)state;
    make(150, 2, 9);
    data.covariates = 2;
    const shy_fit fit = refit("matched");
    permute();
    const shy_fit other = refit("matched");
    for (int k = 0; k < 2; k++) {
        check_near("coefficient", other.coefficient[k], fit.coefficient[k], 1e-10);
        check_near("error", other.error[k], fit.error[k], 1e-10);
    }
    for (int m = 0; m < 2; m++)
        check_near("metric", other.metric[m], fit.metric[m], 1e-10);
}

static void verdicts_are_given(void **state)
{
    (void)state;
    make(100, 1, 4);
    for (int i = 0; i < data.n; i++)
        data.x[0][i] = data.event[i] + 0.1 * noise(30, i);
    shy_fit fit = refit("matched");
    assert_int_equal(fit.verdict, SHY_SEPARATED);
    check_finite(&fit);
    assert_true(fit.metric[C] == 1.0 && fit.metric[DEVIANCE] < 1e-6);
    make(100, 2, 4);
    for (int i = 0; i < data.n; i++)
        data.x[1][i] = 3.0 * data.stratum[i] - 2.0 * data.x[0][i]; /* a constant of the set more */
    fit = refit("matched");
    assert_int_equal(fit.verdict, SHY_SINGULAR);
    check_finite(&fit);
    data.x[0][50] = NAN;
    fit = refit("matched");
    assert_int_equal(fit.verdict, SHY_DIVERGED);
    check_finite(&fit);
    assert_true(fit.loss == 1.0 && fit.metric[C] == 0.5);
}

static void results_do_not_depend_on_who_holds_the_rows(void **state)
{
    static double alone_residual[MOST], residual[MOST], alone_response[MOST], response[MOST];
    static const int shapes[][2] = {{30, 1}, {61, 8}, {700, 48}, {60, 64}};
    bool right = true;

    (void)state;
    for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++)
        for (int covariates = 0; covariates <= 2; covariates += 2)
            for (int terms = 0; terms <= TERMS_MOST; terms++) {
                shy_fit alone, together;
                make(shapes[s][0], terms, 9);
                data.covariates = covariates;
                const shy_rows rows = rows_of(grid, data.n, shapes[s][1]);
                right = right && refit_on(one, "matched", shapes[s][1], &alone, alone_residual, alone_response) == SHY_OK;
                right = right && refit_on(grid, "matched", shapes[s][1], &together, residual, response) == SHY_OK;
                right = right && memcmp(&alone, &together, sizeof alone) == 0;
                right = right && memcmp(alone_residual + rows.first, residual, (size_t)rows.rows * sizeof *residual) == 0;
                right = right && memcmp(alone_response + rows.first, response, (size_t)rows.rows * sizeof *response) == 0;
                right = everywhere(right);
            }
    assert_true(right);
}

/* Rows of sets that tell nothing have no weight in screening, the others p (1 − p). */
static void screening_looks_at_the_sets_that_tell_something(void **state)
{
    shy_outcome *outcome = NULL;
    double sum = 0.0;

    (void)state;
    make(100, 1, 9);
    const shy_rows rows = rows_of(one, data.n, 8);
    assert_int_equal(create("matched", &rows, &outcome), SHY_OK);
    const shy_metric *metric = shy_outcome_metric(outcome);
    assert_non_null(metric->weight);
    for (int i = 0; i < data.n; i++) {
        assert_true((i < 6) == (metric->weight[i] == 0.0));
        sum += metric->response[i];
    }
    assert_true(fabs(sum) < 1e-10);
    shy_outcome_destroy(&outcome);
}

static void data_that_cannot_be_used_are_refused(void **state)
{
    (void)state;
    make(60, 1, 5);
    data.event[17] = 2.0;
    assert_true(is_refused("matched", "\"target\" is 2 in sample 18 "));
    make(60, 1, 5);
    data.has_weight = true;
    for (int i = 0; i < data.n; i++)
        data.weight[i] = i == 9 ? 0.5 : 1.0;
    assert_true(is_refused("matched", "the weight of sample 10 of those in use is 0.5"));
    data.has_weight = false;
    for (int i = 0; i < data.n; i++)
        data.stratum[i] = i;
    assert_true(is_refused("matched", "none of the 60 sets has both"));
}

static void memory_that_runs_out_on_one_rank_fails_all(void **state)
{
    (void)state;
    make(60, 1, 5);
    data.covariates = 2;
    assert_true(fails_together("matched"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_fit_is_the_maximum_over_all_subsets),
        cmocka_unit_test(errors_are_those_of_the_curvature),
        cmocka_unit_test(pairs_are_logistic_regression_of_differences),
        cmocka_unit_test(large_sets_do_not_overflow),
        cmocka_unit_test(the_order_of_the_samples_does_not_matter),
        cmocka_unit_test(verdicts_are_given),
        cmocka_unit_test(results_do_not_depend_on_who_holds_the_rows),
        cmocka_unit_test(screening_looks_at_the_sets_that_tell_something),
        cmocka_unit_test(data_that_cannot_be_used_are_refused),
        cmocka_unit_test(memory_that_runs_out_on_one_rank_fails_all),
    };
    return cmocka_run_group_tests_name("model_matched", tests, start_all, stop_all);
}
