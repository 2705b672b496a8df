/* Tests of interactions with a treatment, of every kind of outcome: what screening compares, the refit, and how it behaves where there is none. */
#include "shy_config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "model_data.h"

#define EACH_OUTCOME(ops) \
    for (const shy_outcome_ops *const *at_ = shy_outcome_list(), *ops; (ops = *at_) != NULL; at_++)

static const double covariate_slope[] = {0.5, -0.2, 0.1}, slope[] = {0.6, -0.4, 0.2};

enum { ARMS, DOSES, MEASURED, TREATMENTS }; /* 0/1; −1, 0, 1 with the mean 0 without weights; a number */

/* Three covariates, the first of them the treatment; three columns. */
static void make_case(const shy_outcome_ops *ops, int n, int treatment, bool weighted)
{
    make_columns(n, 3, covariate_slope, 3, slope);
    for (int i = 0; i < n; i++) {
        if (treatment == ARMS) data.covariate[0][i] = uniform(400, i) < 0.4;
        if (treatment == DOSES) data.covariate[0][i] = i / 4 % 3 - 1;
        if (treatment == MEASURED) data.covariate[0][i] = 30.0 + normal(400, i);
    }
    make_outcome(ops);
    if (weighted) make_weights();
}

static shy_outcome *make(const shy_outcome_ops *ops, const shy_rows *rows, bool interaction)
{
    shy_outcome *outcome = NULL;

    data.interaction = interaction;
    if (create(ops, rows, &outcome) != SHY_OK) fail_msg("%s: %s", ops->name, shy_error_message());
    return outcome;
}

/* ---- screening --------------------------------------------------------------------------------------------------- */

/* The definition in model.h. */
static double statistic(const shy_metric *m, const double *z)
{
    double along = 0.0, left = 0.0, response = 0.0, mean = 0.0;

    for (int i = 0; i < data.n; i++) {
        const double w = m->weight ? m->weight[i] : 1.0;
        if (w == 0.0) continue;
        along += m->response[i] * z[i];
        left += w * z[i] * z[i];
        mean += w * z[i];
        response += m->response[i] * m->response[i] / w;
    }
    left -= mean * mean / data.n;
    for (int k = 0; k < m->directions; k++) {
        double d = 0.0;
        for (int i = 0; i < data.n; i++)
            d += (m->weight ? m->weight[i] : 1.0) * m->direction[k][i] * z[i];
        left -= d * d / data.n;
    }
    return along * along / (left * response);
}

/* T of z in the metric of the interaction is T of (treatment − mean) · z in that of the same outcome without one. */
static void screening_compares_the_product_with_the_treatment(void **state)
{
    static double product[DATA_ROWS];

    (void)state;
    EACH_OUTCOME (ops)
        for (int treatment = 0; treatment < TREATMENTS; treatment++)
            for (int weighted = 0; weighted < 2; weighted++) {
                make_case(ops, 600, treatment, weighted);
                const shy_rows rows = rows_of(one, data.n, 64);
                shy_outcome *plain = make(ops, &rows, false), *with = make(ops, &rows, true);
                double mean;
                const double *t = shy_outcome_treatment(with, &mean);
                assert_null(shy_outcome_treatment(plain, &mean));
                assert_int_equal(shy_outcome_metric(with)->directions, 3);
                for (int k = 0; k < data.terms; k++) {
                    for (int i = 0; i < data.n; i++)
                        product[i] = t[i] * data.x[k][i];
                    const double expected = statistic(shy_outcome_metric(plain), product), mine = statistic(shy_outcome_metric(with), data.x[k]);
                    /* samples at the mean count as if they were a little off it */
                    const double tolerance = treatment == DOSES ? 1e-6 : 1e-10;
                    if (!(fabs(sqrt(mine) - sqrt(expected)) <= tolerance))
                        fail_msg("%s, treatment %d, column %d: T is %.12g, not %.12g", ops->name, treatment, k, mine, expected);
                }
                shy_outcome_destroy(&plain);
                shy_outcome_destroy(&with);
            }
}

static void the_metric_is_orthonormal(void **state)
{
    (void)state;
    EACH_OUTCOME (ops)
        for (int treatment = 0; treatment < TREATMENTS; treatment++) {
            make_case(ops, 600, treatment, treatment == DOSES);
            const shy_rows rows = rows_of(one, data.n, 64);
            shy_outcome *outcome = make(ops, &rows, true);
            const shy_metric *m = shy_outcome_metric(outcome);
            double weights = 0.0, sum = 0.0;
            for (int i = 0; i < data.n; i++)
                weights += m->weight ? m->weight[i] : 1.0, sum += m->response[i];
            assert_true(fabs(weights - data.n) < 1e-9 && fabs(sum) < 1e-10 * data.n);
            for (int j = 0; j < m->directions; j++) {
                double with_y = 0.0, mean = 0.0;
                for (int i = 0; i < data.n; i++) {
                    with_y += m->response[i] * m->direction[j][i];
                    mean += (m->weight ? m->weight[i] : 1.0) * m->direction[j][i];
                }
                assert_true(fabs(with_y) < 1e-8 * data.n && fabs(mean) < 1e-8 * data.n);
                for (int k = 0; k <= j; k++) {
                    double dot = 0.0;
                    for (int i = 0; i < data.n; i++)
                        dot += (m->weight ? m->weight[i] : 1.0) * m->direction[j][i] * m->direction[k][i];
                    assert_true(fabs(dot / data.n - (j == k)) < 1e-8);
                }
            }
            shy_outcome_destroy(&outcome);
        }
}

/* ---- refit ------------------------------------------------------------------------------------------------------- */

static void expect_near(const char *what, const char *kind, double mine, double other, double tolerance)
{
    if (!(fabs(mine - other) <= tolerance * (1.0 + fabs(other)))) fail_msg("%s: %s is %.15g, not %.15g", kind, what, mine, other);
}

/* The fit of the columns and their products; loss and likelihood ratio against that of the columns. */
static void the_refit_is_that_of_columns_and_products(void **state)
{
    static double product[3][DATA_ROWS];

    (void)state;
    EACH_OUTCOME (ops)
        for (int terms = 1; terms <= 3; terms += 2)
            for (int weighted = 0; weighted < 2; weighted++) {
                make_case(ops, 900, ARMS, weighted);
                const shy_rows rows = rows_of(one, data.n, 64);
                shy_outcome *plain = make(ops, &rows, false), *with = make(ops, &rows, true);
                double mean, sum = 0.0, weights = 0.0;
                const double *t = shy_outcome_treatment(with, &mean), *column[6];
                shy_fit fit, less, whole;
                for (int i = 0; i < data.n; i++) {
                    const double w = weighted ? data.weight[i] : 1.0;
                    sum += w * data.covariate[0][i], weights += w;
                }
                expect_near("mean", ops->name, mean, sum / weights, 1e-14);
                for (int k = 0; k < terms; k++) {
                    for (int i = 0; i < data.n; i++)
                        product[k][i] = t[i] * data.x[k][i];
                    column[k] = data.x[k], column[terms + k] = product[k];
                }
                assert_int_equal(shy_outcome_interact(with, terms, column, &fit), SHY_OK);
                data.terms = terms;
                assert_int_equal(refit_columns(plain, &rows, &less), SHY_OK);
                assert_int_equal(shy_outcome_refit(plain, 2 * terms, column, &whole), SHY_OK);
                assert_int_equal(fit.verdict, SHY_FITTED);
                assert_int_equal(fit.terms, 2 * terms);
                for (int k = 0; k < 2 * terms; k++) {
                    expect_near("coefficient", ops->name, fit.coefficient[k], whole.coefficient[k], 1e-10);
                    expect_near("error", ops->name, fit.error[k], whole.error[k], 1e-9);
                }
                expect_near("loss", ops->name, fit.loss, whole.loss / less.loss, 1e-12);
                expect_near("likelihood ratio", ops->name, fit.likelihood_ratio, whole.likelihood_ratio - less.likelihood_ratio, 1e-9);
                for (int m = 0; ops->metric_names[m]; m++)
                    expect_near(ops->metric_names[m], ops->name, fit.metric[m], whole.metric[m], 1e-12);
                shy_outcome_destroy(&plain);
                shy_outcome_destroy(&with);
            }
}

/* How the treatment is coded does not matter: 3 − 2t for t changes the sign of the interaction and halves it. */
static void the_coding_of_the_treatment_does_not_matter(void **state)
{
    (void)state;
    EACH_OUTCOME (ops) {
        shy_fit fit[2];
        double T[2];
        make_case(ops, 600, ARMS, false);
        const shy_rows rows = rows_of(one, data.n, 64);
        for (int coding = 0; coding < 2; coding++) {
            shy_outcome *outcome = make(ops, &rows, true);
            T[coding] = statistic(shy_outcome_metric(outcome), data.x[0]);
            assert_int_equal(shy_outcome_interact(outcome, 1, (const double *[]){data.x[0]}, &fit[coding]), SHY_OK);
            shy_outcome_destroy(&outcome);
            for (int i = 0; i < data.n; i++)
                data.covariate[0][i] = 3.0 - 2.0 * data.covariate[0][i];
        }
        expect_near("T", ops->name, T[1], T[0], 1e-10);
        expect_near("slope", ops->name, fit[1].coefficient[0], fit[0].coefficient[0], 1e-9);
        expect_near("interaction", ops->name, -2.0 * fit[1].coefficient[1], fit[0].coefficient[1], 1e-9);
        expect_near("loss", ops->name, fit[1].loss, fit[0].loss, 1e-10);
    }
}

/* ---- without an interaction, and with one -------------------------------------------------------------------------- */

enum { TRIALS = 1000, TRIALS_OF_POWER = 100, TRIAL_ROWS = 200 };
#define CRITICAL 3.841458820694124 /* of χ² with one degree of freedom, 5 % */

/* x has an effect and the treatment has one, the same for all x. The share of trials that are significant. */
static double share_significant(const shy_outcome_ops *ops, int trials, double interaction)
{
    const uint64_t before = data_seed;
    int count = 0;

    for (int trial = 0; trial < trials; trial++) {
        shy_fit fit;
        data_seed = 1000 + (uint64_t)trial;
        make_columns(TRIAL_ROWS, 1, NULL, 1, slope);
        for (int i = 0; i < data.n; i++) {
            data.covariate[0][i] = uniform(400, i) < 0.5;
            data.x[0][i] = normal(401, i);
            data.eta[i] = 0.7 * data.covariate[0][i] + 0.5 * data.x[0][i] + interaction * data.covariate[0][i] * data.x[0][i];
        }
        make_outcome(ops);
        const shy_rows rows = rows_of(one, data.n, 64);
        shy_outcome *outcome = make(ops, &rows, true);
        assert_int_equal(shy_outcome_interact(outcome, 1, (const double *[]){data.x[0]}, &fit), SHY_OK);
        count += fit.likelihood_ratio > CRITICAL;
        shy_outcome_destroy(&outcome);
    }
    data_seed = before;
    return (double)count / trials;
}

static void the_likelihood_ratio_keeps_its_level(void **state)
{
    static const char *const kinds[] = {"continuous", "binary", "survival"};

    (void)state;
    for (int k = 0; k < 3; k++) {
        const shy_outcome_ops *ops = shy_outcome_find(kinds[k]);
        const double level = share_significant(ops, TRIALS, 0.0), power = share_significant(ops, TRIALS_OF_POWER, 1.0);
        print_message("%s: level %.4f, power %.4f\n", kinds[k], level, power);
        assert_true(level >= 0.03 && level <= 0.07);
        assert_true(power > 0.6);
    }
}

/* ---- what is refused; ranks ------------------------------------------------------------------------------------------ */

static void a_treatment_that_is_the_same_for_all_is_refused(void **state)
{
    shy_outcome *outcome = NULL;

    (void)state;
    make_case(shy_outcome_find("continuous"), 200, ARMS, true);
    for (int i = 0; i < data.n; i++)
        if (data.weight[i] > 0.0) data.covariate[0][i] = 1.0;
    data.interaction = true;
    const shy_rows rows = rows_of(one, data.n, 64);
    assert_int_equal(create(shy_outcome_find("continuous"), &rows, &outcome), SHY_INPUT);
    assert_non_null(strstr(shy_error_message(), "the treatment \"c0\" is the same in all samples"));
    assert_null(outcome);
}

static bool same_part(const double *whole, const double *mine, const shy_rows *rows)
{
    return memcmp(whole + rows->first, mine, (size_t)rows->rows * sizeof *mine) == 0;
}

static void results_do_not_depend_on_who_holds_the_rows(void **state)
{
    (void)state;
    EACH_OUTCOME (ops) {
        shy_fit alone = {0}, together = {0};
        const double *basis[3], *part[3];
        double ignored;
        make_case(ops, 500, MEASURED, true);
        const shy_rows all = rows_of(one, data.n, 8), mine = rows_of(grid, data.n, 8);
        shy_outcome *whole = make(ops, &all, true), *shared = make(ops, &mine, true);
        for (int k = 0; k < 3; k++)
            basis[k] = data.x[k], part[k] = data.x[k] + mine.first;
        bool right = shy_outcome_interact(whole, 3, basis, &alone) == SHY_OK;
        right = everywhere(right) && shy_outcome_interact(shared, 3, part, &together) == SHY_OK;
        right = right && memcmp(&alone, &together, sizeof alone) == 0;
        const shy_metric *a = shy_outcome_metric(whole), *b = shy_outcome_metric(shared);
        right = right && a->directions == b->directions && same_part(a->response, b->response, &mine) && same_part(a->weight, b->weight, &mine);
        for (int k = 0; right && k < a->directions; k++)
            right = same_part(a->direction[k], b->direction[k], &mine);
        right = right && same_part(shy_outcome_treatment(whole, &ignored), shy_outcome_treatment(shared, &ignored), &mine);
        shy_outcome_destroy(&whole);
        shy_outcome_destroy(&shared);
        assert_true(everywhere(right));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(screening_compares_the_product_with_the_treatment),
        cmocka_unit_test(the_metric_is_orthonormal),
        cmocka_unit_test(the_refit_is_that_of_columns_and_products),
        cmocka_unit_test(the_coding_of_the_treatment_does_not_matter),
        cmocka_unit_test(the_likelihood_ratio_keeps_its_level),
        cmocka_unit_test(a_treatment_that_is_the_same_for_all_is_refused),
        cmocka_unit_test(results_do_not_depend_on_who_holds_the_rows),
    };

    return cmocka_run_group_tests(tests, start_all, stop_all);
}
