/* Laws that every outcome of the registry has to keep: being in it is what tests an outcome. */
#include "shy_config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "model_data.h"

#define EACH_OUTCOME(ops) \
    for (const shy_outcome_ops *const *at_ = shy_outcome_list(), *ops; (ops = *at_) != NULL; at_++)

static const double covariate_slope[] = {0.5, -0.2, 0.1}, slope[] = {0.6, -0.4, 0.2};

static bool is(const shy_outcome_ops *ops, const char *name)
{
    return strcmp(ops->name, name) == 0;
}

static shy_fit refit(const shy_outcome_ops *ops)
{
    const shy_rows rows = rows_of(one, data.n, 64);
    shy_outcome *outcome = NULL;
    shy_fit fit = {0};

    if (create(ops, &rows, &outcome) != SHY_OK) fail_msg("%s: %s", ops->name, shy_error_message());
    assert_int_equal(refit_columns(outcome, &rows, &fit), SHY_OK);
    shy_outcome_destroy(&outcome);
    return fit;
}

/* ---- the same bits --------------------------------------------------------------------------------------------- */

static bool same_part(const double *whole, const double *mine, const shy_rows *rows)
{
    return memcmp(whole + rows->first, mine, (size_t)rows->rows * sizeof *mine) == 0;
}

static bool same_metric(const shy_metric *whole, const shy_metric *mine, const shy_rows *rows)
{
    bool same = whole->directions == mine->directions && !whole->weight == !mine->weight;
    same = same && same_part(whole->response, mine->response, rows);
    same = same && (!whole->weight || same_part(whole->weight, mine->weight, rows));
    for (int k = 0; same && k < whole->directions; k++)
        same = same_part(whole->direction[k], mine->direction[k], rows);
    return same;
}

static void results_do_not_depend_on_who_holds_the_rows(void **state)
{
    static const struct {
        int n, run_rows, covariates;
        bool weighted;
    } cases[] = {{80, 4, 0, false}, {500, 8, 3, false}, {500, 8, 0, true}, {1000, 64, 3, true}, {400, 8, DATA_COVARIATES, false}};
    bool right = true;

    (void)state;
    EACH_OUTCOME (ops)
        for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
            shy_outcome *whole = NULL, *part = NULL;
            shy_fit alone = {0}, together = {0};
            const shy_rows all = rows_of(one, cases[c].n, cases[c].run_rows), mine = rows_of(grid, cases[c].n, cases[c].run_rows);
            make_columns(cases[c].n, cases[c].covariates, NULL, 2, slope);
            make_outcome(ops);
            if (cases[c].weighted) make_weights();
            right = right && create(ops, &all, &whole) == SHY_OK;
            right = everywhere(right) && create(ops, &mine, &part) == SHY_OK;
            right = right && refit_columns(whole, &all, &alone) == SHY_OK;
            right = everywhere(right) && refit_columns(part, &mine, &together) == SHY_OK;
            right = right && memcmp(&alone, &together, sizeof alone) == 0;
            right = right && memcmp(shy_outcome_null(whole), shy_outcome_null(part), sizeof alone) == 0;
            right = right && same_metric(shy_outcome_metric(whole), shy_outcome_metric(part), &mine);
            if (!right) print_error("%s, case %zu: %s\n", ops->name, c, shy_error_message());
            shy_outcome_destroy(&whole);
            shy_outcome_destroy(&part);
            assert_true(everywhere(right));
        }
}

/* ---- derivatives ----------------------------------------------------------------------------------------------- */

/* −log likelihood but for a constant; of least squares RSS / 2. */
static double loss_of(const shy_outcome_ops *ops, const shy_fit *fit)
{
    double weight = 0.0;

    if (!is(ops, "continuous")) return -0.5 * fit->likelihood_ratio;
    for (int i = 0; i < data.n; i++)
        weight += data.weighted ? data.weight[i] : 1.0;
    return 0.5 * fit->metric[1] * fit->metric[1] * weight;
}

static void make_case(const shy_outcome_ops *ops, int variant)
{
    make_columns(600, variant > 0 ? 3 : 0, covariate_slope, 2, slope);
    if (is(ops, "count") && variant > 0) {
        data.exposed = true;
        for (int i = 0; i < data.n; i++)
            data.exposure[i] = 0.5 + 2.0 * uniform(320, i);
    }
    make_outcome(ops);
    if (variant > 1) make_weights();
}

/* Column 0 is x + theta · (something), column 1 stays. */
static double loss_at(const shy_outcome_ops *ops, double theta, shy_outcome **outcome, shy_fit *fit_out)
{
    static double moved[DATA_ROWS];
    const shy_rows rows = rows_of(one, data.n, 64);
    const double *basis[2] = {moved, data.x[1]};

    for (int i = 0; i < data.n; i++)
        moved[i] = data.x[0][i] + theta * sin(3.0 * data.x[0][i]);
    if (!*outcome) assert_int_equal(create(ops, &rows, outcome), SHY_OK);
    assert_int_equal(shy_outcome_refit(*outcome, 2, basis, fit_out), SHY_OK);
    return loss_of(ops, fit_out);
}

static void the_residual_gives_the_derivative_of_the_refit(void **state)
{
    static double residual[DATA_ROWS];
    const double step = 1e-4;

    (void)state;
    EACH_OUTCOME (ops)
        for (int variant = 0; variant < 3 && ops->residual; variant++) {
            shy_outcome *outcome = NULL;
            shy_fit fit;
            double analytic = 0.0;
            make_case(ops, variant);
            const double numeric =
                (loss_at(ops, step, &outcome, &fit) - loss_at(ops, -step, &outcome, &fit)) / (2.0 * step);
            loss_at(ops, 0.0, &outcome, &fit);
            assert_int_equal(fit.verdict, SHY_FITTED);
            shy_outcome_residual(outcome, residual);
            for (int i = 0; i < data.n; i++)
                analytic -= residual[i] * fit.coefficient[0] * sin(3.0 * data.x[0][i]);
            if (!(fabs(analytic - numeric) < 1e-6 * (1.0 + fabs(numeric))))
                fail_msg("%s, variant %d: %.9g by the residual, %.9g by differences", ops->name, variant, analytic, numeric);
            assert_true(fabs(numeric) > 1e-3);
            shy_outcome_destroy(&outcome);
        }
}

/*
 * u = the fitted sum of the columns, v = column 1. In the fit of (u, v) the coefficients are 1 and 0, and the profile of u + r v at r = 0 has the
 * curvature 1 / error² of the second.
 */
static void errors_are_the_curvature_of_the_likelihood(void **state)
{
    static double u[DATA_ROWS], w[DATA_ROWS];
    const double step = 2e-3;

    (void)state;
    EACH_OUTCOME (ops)
        for (int variant = 0; variant < 3; variant++) {
            shy_outcome *outcome = NULL;
            shy_fit fit, both, moved;
            double loss[3], taking = 0.0;
            make_case(ops, variant);
            loss_at(ops, 0.0, &outcome, &fit);
            for (int i = 0; i < data.n; i++) {
                u[i] = fit.coefficient[0] * data.x[0][i] + fit.coefficient[1] * data.x[1][i];
                taking += !data.weighted || data.weight[i] > 0.0;
            }
            assert_int_equal(shy_outcome_refit(outcome, 2, (const double *[]){u, data.x[1]}, &both), SHY_OK);
            assert_true(fabs(both.coefficient[0] - 1.0) < 1e-8 && fabs(both.coefficient[1]) < 1e-8);
            for (int k = -1; k <= 1; k++) {
                for (int i = 0; i < data.n; i++)
                    w[i] = u[i] + k * step * data.x[1][i];
                assert_int_equal(shy_outcome_refit(outcome, 1, (const double *[]){w}, &moved), SHY_OK);
                loss[1 + k] = loss_of(ops, &moved);
            }
            double curvature = (loss[0] - 2.0 * loss[1] + loss[2]) / (step * step);
            if (is(ops, "continuous")) curvature /= 2.0 * loss[1] / (taking - 3.0 - data.covariates);
            if (!(fabs(curvature * both.error[1] * both.error[1] - 1.0) < 1e-3))
                fail_msg("%s, variant %d: error %.9g, curvature says %.9g", ops->name, variant, both.error[1], 1.0 / sqrt(curvature));
            shy_outcome_destroy(&outcome);
        }
}

/* ---- what is known beforehand ---------------------------------------------------------------------------------- */

static void known_coefficients_are_recovered(void **state)
{
    (void)state;
    EACH_OUTCOME (ops)
        for (int covariates = 0; covariates <= 3; covariates += 3) {
            make_columns(5000, covariates, covariate_slope, 3, slope);
            make_outcome(ops);
            const shy_fit fit = refit(ops);
            assert_int_equal(fit.verdict, SHY_FITTED);
            for (int k = 0; k < 3; k++)
                if (!(fabs(fit.coefficient[k] - slope[k]) < 4.0 * fit.error[k] && fit.error[k] < 0.1))
                    fail_msg("%s: coefficient %d is %g ± %g instead of %g", ops->name, k, fit.coefficient[k], fit.error[k], slope[k]);
        }
}

/* The likelihood has no maximum where the column is the outcome itself: a verdict, and finite numbers. */
static void a_column_that_is_the_outcome_gives_a_verdict(void **state)
{
    (void)state;
    EACH_OUTCOME (ops)
        for (int variant = 0; variant < 12; variant++) {
            make_columns(60 + 20 * variant, 0, NULL, 1, slope);
            make_outcome(ops);
            if (variant % 3 > 0) make_weights();
            for (int i = 0; i < data.n; i++)
                data.x[0][i] = ops->needs_time ? -data.time[i] : is(ops, "count") ? data.y[i] > 0.0 : data.y[i];
            const shy_fit fit = refit(ops);
            if (!is(ops, "continuous") && fit.verdict == SHY_FITTED) fail_msg("%s, variant %d: not seen", ops->name, variant);
            if (fit.verdict == SHY_DIVERGED) fail_msg("%s, variant %d: diverged", ops->name, variant);
            assert_true(isfinite(fit.intercept) && isfinite(fit.coefficient[0]) && isfinite(fit.likelihood_ratio));
            assert_true(fit.loss >= 0.0 && fit.loss < 1.0);
            for (int m = 0; ops->metric_names[m]; m++)
                assert_true(isfinite(fit.metric[m]));
        }
}

/* A weighted share of pairs is a quotient of rounded sums: it is no larger than 1 where all are ordered rightly. */
static void a_perfect_order_is_1_and_no_more(void **state)
{
    (void)state;
    EACH_OUTCOME (ops)
        for (int n = 60; n < 100 && !is(ops, "continuous") && !is(ops, "count"); n++) {
            make_columns(n, 0, NULL, 1, slope);
            make_outcome(ops);
            make_weights();
            for (int i = 0; i < data.n; i++)
                data.x[0][i] = ops->needs_time ? -data.time[i] : data.y[i];
            const shy_fit fit = refit(ops);
            for (int m = 0; m < (ops->needs_time ? 3 : 1); m++)
                if (!(fit.metric[m] <= 1.0 && fit.metric[m] > 1.0 - 1e-12)) fail_msg("%s, n = %d: %s is %.17g", ops->name, n, ops->metric_names[m], fit.metric[m]);
        }
}

/* ---- weights and covariates ------------------------------------------------------------------------------------ */

static void expect_near(const char *what, const char *kind, double mine, double other, double tolerance)
{
    if (!(fabs(mine - other) <= tolerance * (1.0 + fabs(other)))) fail_msg("%s: %s is %.15g, not %.15g", kind, what, mine, other);
}

/* Ties make a difference between a sample of weight 2 and two samples where an event's time counts, so that these kinds are left out. */
static void a_weight_is_a_number_of_equal_samples(void **state)
{
    (void)state;
    EACH_OUTCOME (ops) {
        if (ops->needs_time || is(ops, "matched")) continue;
        make_columns(700, 2, covariate_slope, 2, slope);
        make_outcome(ops);
        data.weighted = true;
        for (int i = 0; i < data.n; i++)
            data.weight[i] = (int)(4.0 * uniform(330, i));
        const shy_fit weighted = refit(ops);
        static struct model_data kept;
        kept = data;
        data.n = 0, data.weighted = false;
        for (int i = 0; i < kept.n; i++)
            for (int copy = 0; copy < (int)kept.weight[i]; copy++, data.n++) {
                for (int k = 0; k < 2; k++)
                    data.x[k][data.n] = kept.x[k][i], data.covariate[k][data.n] = kept.covariate[k][i];
                data.y[data.n] = kept.y[i];
            }
        const shy_fit repeated = refit(ops);
        assert_int_equal(weighted.verdict, SHY_FITTED);
        assert_int_equal(repeated.verdict, SHY_FITTED);
        expect_near("intercept", ops->name, weighted.intercept, repeated.intercept, 1e-10);
        expect_near("loss", ops->name, weighted.loss, repeated.loss, 1e-10);
        for (int k = 0; k < 2; k++) {
            expect_near("coefficient", ops->name, weighted.coefficient[k], repeated.coefficient[k], 1e-10);
            /* errors of least squares count samples, not weights */
            if (!is(ops, "continuous")) expect_near("error", ops->name, weighted.error[k], repeated.error[k], 1e-9);
        }
        for (int m = 0; ops->metric_names[m]; m++)
            expect_near(ops->metric_names[m], ops->name, weighted.metric[m], repeated.metric[m], 1e-10);
    }
}

/* Whether a column is a covariate or a term, the whole model is the same. */
static void covariates_are_columns_of_every_model(void **state)
{
    (void)state;
    EACH_OUTCOME (ops)
        for (int weighted = 0; weighted < 2; weighted++) {
            static struct model_data kept;
            int count = 0;
            shy_outcome *outcome = NULL;
            shy_fit fit = {0};
            make_columns(800, 3, covariate_slope, 2, slope);
            make_outcome(ops);
            if (weighted) make_weights();
            const shy_rows rows = rows_of(one, data.n, 64);
            assert_int_equal(create(ops, &rows, &outcome), SHY_OK);
            const shy_fit null = *shy_outcome_null(outcome);
            assert_int_equal(refit_columns(outcome, &rows, &fit), SHY_OK);
            const double *covariate = shy_outcome_covariates(outcome, &count);
            assert_int_equal(count, 3);
            kept = data;
            for (int k = 0; k < 5; k++)
                memcpy(data.x[k], k < 3 ? kept.covariate[k] : kept.x[k - 3], sizeof data.x[k]);
            data.covariates = 0, data.terms = 5;
            const shy_fit whole = refit(ops);
            data.terms = 3;
            const shy_fit less = refit(ops);
            for (int k = 0; k < 5; k++)
                expect_near("coefficient", ops->name, k < 3 ? covariate[k] : fit.coefficient[k - 3], whole.coefficient[k], 1e-9);
            for (int k = 0; k < 2; k++)
                expect_near("error", ops->name, fit.error[k], whole.error[3 + k], 1e-8);
            expect_near("intercept", ops->name, fit.intercept, whole.intercept, 1e-8);
            expect_near("loss", ops->name, fit.loss, is(ops, "matched") || ops->needs_time ? fit.loss : whole.loss / less.loss, 1e-9);
            expect_near("likelihood ratio", ops->name, fit.likelihood_ratio, whole.likelihood_ratio - less.likelihood_ratio, 1e-8);
            for (int m = 0; ops->metric_names[m]; m++) {
                expect_near(ops->metric_names[m], ops->name, fit.metric[m], whole.metric[m], 1e-9);
                expect_near(ops->metric_names[m], ops->name, null.metric[m], less.metric[m], 1e-9);
            }
            assert_true(null.terms == 0 && fabs(null.loss - 1.0) < 1e-12 && fabs(null.likelihood_ratio) < 1e-9);
            shy_outcome_destroy(&outcome);
        }
}

/* ---- the metric ------------------------------------------------------------------------------------------------ */

static void the_metric_is_orthonormal(void **state)
{
    (void)state;
    EACH_OUTCOME (ops)
        for (int variant = 0; variant < 3; variant++) {
            shy_outcome *outcome = NULL;
            double sum = 0.0, weights = 0.0;
            make_case(ops, variant);
            const shy_rows rows = rows_of(one, data.n, 64);
            assert_int_equal(create(ops, &rows, &outcome), SHY_OK);
            const shy_metric *m = shy_outcome_metric(outcome);
            assert_int_equal(m->directions, data.covariates);
            for (int i = 0; i < data.n; i++) {
                const double w = m->weight ? m->weight[i] : 1.0;
                assert_true(w >= 0.0 && isfinite(m->response[i]) && (w > 0.0 || m->response[i] == 0.0));
                /* a set whose case is left out tells nothing, whatever the weights of its controls */
                if (data.weighted && !is(ops, "matched")) assert_true((w > 0.0) == (data.weight[i] > 0.0));
                weights += w, sum += m->response[i];
            }
            assert_true(fabs(weights - data.n) < 1e-9 && fabs(sum) < 1e-10 * data.n);
            for (int j = 0; j < m->directions; j++) {
                double with_y = 0.0, mean = 0.0;
                for (int i = 0; i < data.n; i++) {
                    with_y += m->response[i] * m->direction[j][i];
                    mean += (m->weight ? m->weight[i] : 1.0) * m->direction[j][i];
                }
                assert_true(fabs(with_y) < 1e-10 * data.n && fabs(mean) < 1e-10 * data.n);
                for (int k = 0; k <= j; k++) {
                    double product = 0.0;
                    for (int i = 0; i < data.n; i++)
                        product += (m->weight ? m->weight[i] : 1.0) * m->direction[j][i] * m->direction[k][i];
                    assert_true(fabs(product - (j == k ? data.n : 0.0)) < 1e-10 * data.n);
                }
            }
            shy_outcome_destroy(&outcome);
        }
}

/* ---- failures -------------------------------------------------------------------------------------------------- */

/* Each allocation of one rank fails in turn: all ranks learn of it, none hangs, nothing is lost. */
static void memory_that_runs_out_on_one_rank_fails_all(void **state)
{
    (void)state;
    EACH_OUTCOME (ops)
        for (int victim = 0; victim < grid->size; victim++) {
            shy_outcome *outcome = NULL;
            shy_status st = SHY_MEMORY;
            bool right = true;
            int failures = 0;
            make_columns(200, 3, covariate_slope, 1, slope);
            make_outcome(ops);
            make_weights();
            memcpy(data.covariate[2], data.covariate[1], sizeof data.covariate[2]); /* so that there is a note */
            const shy_rows rows = rows_of(grid, data.n, 8);
            right = everywhere(create(ops, &rows, &outcome) == SHY_OK); /* what linalg keeps is there now */
            shy_outcome_destroy(&outcome);
            const uint64_t before = shy_memory_in_use();
            for (uint64_t nth = 1; nth < 200 && everywhere(st != SHY_OK); nth++) {
                if (grid->rank == victim) shy_memory_fail_at(nth);
                st = create(ops, &rows, &outcome);
                shy_memory_fail_at(0);
                right = everywhere(right && (st == SHY_OK || (st == SHY_MEMORY && shy_memory_in_use() == before)));
                failures += st != SHY_OK;
                shy_error_clear();
            }
            shy_outcome_destroy(&outcome);
            right = right && failures >= 20 && shy_memory_in_use() == before;
            if (!right) print_error("%s: %d failures\n", ops->name, failures);
            assert_true(everywhere(right));
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_do_not_depend_on_who_holds_the_rows),
        cmocka_unit_test(the_residual_gives_the_derivative_of_the_refit),
        cmocka_unit_test(errors_are_the_curvature_of_the_likelihood),
        cmocka_unit_test(known_coefficients_are_recovered),
        cmocka_unit_test(a_column_that_is_the_outcome_gives_a_verdict),
        cmocka_unit_test(a_perfect_order_is_1_and_no_more),
        cmocka_unit_test(a_weight_is_a_number_of_equal_samples),
        cmocka_unit_test(covariates_are_columns_of_every_model),
        cmocka_unit_test(the_metric_is_orthonormal),
        cmocka_unit_test(memory_that_runs_out_on_one_rank_fails_all),
    };
    return cmocka_run_group_tests_name("model, registry", tests, start_all, stop_all);
}
