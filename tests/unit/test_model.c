/*
 * Tests of model: refits against their laws and slow independent computations, verdicts, and the same bits on any
 * grid.
 */
#include "shy_config.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "model_teams.h"

enum { MOST = 5000 };

static double noise(uint64_t purpose, int index)
{
    return shy_random_normal(11, purpose, (uint64_t)index);
}

/* ---- data over all rows, and this rank's part of them ----------------------------------------------------------- */

struct data {
    int n, terms;
    double x[SHY_BASIS_MAX][MOST], y[MOST];
};
static struct data data;

static shy_status create(const char *kind, const shy_rows *rows, shy_outcome **outcome_out)
{
    const shy_outcome_data given = {.column = "target", .y = data.y + rows->first};
    return shy_outcome_create(shy_outcome_find(kind), &given, rows, outcome_out);
}

static shy_status refit_on(const shy_team *team, const char *kind, int run_rows, shy_fit *fit)
{
    shy_status st = SHY_OK;
    shy_outcome *outcome = NULL;
    const double *basis[SHY_BASIS_MAX];
    const shy_rows rows = rows_of(team, data.n, run_rows);

    memset(fit, 0, sizeof *fit);
    SHY_TRY(create(kind, &rows, &outcome));
    for (int k = 0; k < data.terms; k++)
        basis[k] = data.x[k] + rows.first;
    SHY_TRY(shy_outcome_refit(outcome, data.terms, basis, fit));
out:
    shy_outcome_destroy(&outcome);
    return st;
}

static shy_fit refit(const char *kind)
{
    shy_fit fit;

    assert_int_equal(refit_on(one, kind, 64, &fit), SHY_OK);
    assert_int_equal(fit.terms, data.terms);
    return fit;
}

static double predictor(const shy_fit *fit, int i)
{
    double sum = fit->intercept;
    for (int k = 0; k < data.terms; k++)
        sum += fit->coefficient[k] * data.x[k][i];
    return sum;
}

/* z-scores times a scale, about an offset; y by the caller */
static void make_columns(int n, int terms, double offset, double scale)
{
    data.n = n, data.terms = terms;
    for (int k = 0; k < terms; k++)
        for (int i = 0; i < n; i++)
            data.x[k][i] = offset + scale * noise(20 + (uint64_t)k, i);
}

/* ---- the registry ---------------------------------------------------------------------------------------------- */

static void every_outcome_is_found_by_its_name(void **state)
{
    int count = 0;

    (void)state;
    for (const shy_outcome_ops *const *o = shy_outcome_list(); *o; o++, count++) {
        assert_ptr_equal(shy_outcome_find((*o)->name), *o);
        assert_true((*o)->help[0] && (*o)->metric_names[0]);
        for (int m = 0; (*o)->metric_names[m]; m++)
            assert_true(m < SHY_METRICS_MAX);
    }
    assert_true(count >= 2);
    assert_null(shy_outcome_find("survivall"));
    for (int v = SHY_FITTED; v <= SHY_FIRTH; v++)
        for (int w = SHY_FITTED; w < v; w++)
            assert_string_not_equal(shy_verdict_name((shy_verdict)v), shy_verdict_name((shy_verdict)w));
}

/* ---- continuous ------------------------------------------------------------------------------------------------ */

/* offset and scale of the columns; how much of a column is copied from the one before it; the accuracy asked for */
static const struct {
    double offset, scale, copied, tolerance;
} columns[] = {
    {0, 1, 0, 1e-13},       {5, 1, 0, 1e-13},        {1e6, 1, 0, 1e-9},          {-3, 1e-3, 0, 4e-12},
    {0, 1e150, 0, 1e-13},   {0, 1e-150, 0, 1e-13},   {1e-200, 1e-201, 0, 1e-13}, {0, 1, 0.999, 1e-12},
    {2, 1, 0.99999, 1e-10}, {0, 1, 0.9999999, 1e-8},
};

static void a_noise_free_outcome_gives_its_coefficients_back(void **state)
{
    static const double truth[1 + SHY_BASIS_MAX] = {-2.5, 3.0, -0.75, 11.0, 0.5, -4.0, 1.0, 2.0, -0.25};

    (void)state;
    for (size_t c = 0; c < sizeof columns / sizeof columns[0]; c++)
        for (int terms = 1; terms <= (columns[c].copied > 0.0 ? 3 : SHY_BASIS_MAX); terms++) {
            make_columns(500, terms, columns[c].offset, columns[c].scale);
            for (int i = 0; i < data.n; i++) {
                for (int k = 1; k < terms; k++)
                    data.x[k][i] = columns[c].copied * data.x[k - 1][i] + (1.0 - columns[c].copied) * data.x[k][i];
                data.y[i] = truth[0];
                for (int k = 0; k < terms; k++)
                    data.y[i] += truth[1 + k] / columns[c].scale * data.x[k][i];
            }
            const shy_fit fit = refit("continuous");
            assert_int_equal(fit.verdict, SHY_FITTED);
            assert_true(fit.metric[0] >= 1.0 - 1e-15);
            assert_true(fit.loss >= 0.0 && fit.loss <= 1e-15);
            for (int k = 0; k < terms; k++) {
                const double error = fabs(fit.coefficient[k] * columns[c].scale / truth[1 + k] - 1.0);
                if (error > columns[c].tolerance)
                    fail_msg("case %zu, %d terms: coefficient %d is off by %g", c, terms, k, error);
            }
            const double reach = 1.0 + fabs(columns[c].offset) / columns[c].scale;
            assert_true(fabs(fit.intercept - truth[0]) < columns[c].tolerance * 50.0 * reach);
        }
}

/* The residuals of least squares are orthogonal to the columns and to 1; R² and rmse follow from them. */
static void residuals_are_orthogonal_to_the_columns(void **state)
{
    (void)state;
    for (int terms = 0; terms <= SHY_BASIS_MAX; terms++) {
        double rss = 0.0, tss = 0.0, mean = 0.0, along[1 + SHY_BASIS_MAX] = {0.0};
        make_columns(333, terms, 1.0, 2.0);
        for (int i = 0; i < data.n; i++)
            data.y[i] = 7.0 + noise(30, i) + (terms > 1 ? 0.5 * data.x[1][i] : 0.0);
        for (int i = 0; i < data.n; i++)
            mean += data.y[i] / data.n;
        const shy_fit fit = refit("continuous");
        for (int i = 0; i < data.n; i++) {
            const double residual = data.y[i] - predictor(&fit, i);
            rss += residual * residual;
            tss += (data.y[i] - mean) * (data.y[i] - mean);
            along[0] += residual;
            for (int k = 0; k < terms; k++)
                along[1 + k] += residual * data.x[k][i];
        }
        for (int k = 0; k <= terms; k++)
            assert_true(fabs(along[k]) < 1e-10);
        assert_int_equal(fit.verdict, SHY_FITTED);
        assert_true(fabs(fit.loss - rss / tss) < 1e-13);
        assert_true(fabs(fit.metric[0] - (1.0 - rss / tss)) < 1e-13);
        assert_true(fabs(fit.metric[1] - sqrt(rss / data.n)) < 1e-13);
    }
}

/* ---- binary ---------------------------------------------------------------------------------------------------- */

static double probability(double eta)
{
    return 1.0 / (1.0 + exp(-eta));
}

static void make_binary(int n, int terms, double offset, double scale, double strength)
{
    make_columns(n, terms, offset, scale);
    for (int i = 0; i < n; i++) {
        double eta = -0.4;
        for (int k = 0; k < terms; k++)
            eta += strength * (data.x[k][i] - offset) / scale;
        data.y[i] = shy_random_uniform(11, 31, (uint64_t)i) < probability(eta);
    }
}

/* At the maximum of the likelihood the sums of y − p, and of (y − p) x, vanish; the metrics are defined one by one. */
static void the_likelihood_is_highest_at_the_fit(void **state)
{
    static const struct {
        int n;
        double offset, scale, strength;
    } cases[] = {{60, 0, 1, 0.5},       {500, 0, 1, 1},     {500, 1e6, 1, 1},
                 {500, 3, 1e-120, 0.2}, {500, 0, 1e120, 0}, {4999, -2, 5, 3}};

    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++)
        for (int terms = 1; terms <= SHY_BASIS_MAX; terms++) {
            double slope[1 + SHY_BASIS_MAX] = {0.0}, deviance = 0.0, null = 0.0, brier = 0.0, won = 0.0, pairs = 0.0,
                             mean = 0.0;
            static double eta[MOST];
            if (cases[c].scale < 1e-100 && cases[c].offset != 0.0)
                make_binary(cases[c].n, terms, cases[c].offset * cases[c].scale, cases[c].scale, cases[c].strength);
            else
                make_binary(cases[c].n, terms, cases[c].offset, cases[c].scale, cases[c].strength);
            for (int i = 0; i < data.n; i++)
                mean += data.y[i] / data.n;
            const shy_fit fit = refit("binary");
            if (fmin(mean, 1.0 - mean) * data.n < 10.0 * terms) { /* events are few */
                assert_int_equal(fit.verdict, SHY_FIRTH);
                continue;
            }
            assert_int_equal(fit.verdict, SHY_FITTED);
            for (int i = 0; i < data.n; i++) {
                eta[i] = predictor(&fit, i);
                const double p = probability(eta[i]), residual = data.y[i] - p;
                slope[0] += residual;
                for (int k = 0; k < terms; k++)
                    slope[1 + k] += residual * (data.x[k][i] - data.x[k][0]) / cases[c].scale;
                deviance -= 2.0 * log(data.y[i] != 0.0 ? p : 1.0 - p);
                null -= 2.0 * log(data.y[i] != 0.0 ? mean : 1.0 - mean);
                brier += residual * residual / data.n;
            }
            const double noise_of_eta =
                1e-15 * (1.0 + fabs(cases[c].offset) / cases[c].scale * (cases[c].scale < 1e-100 ? 0 : 1));
            for (int k = 0; k <= terms; k++)
                if (fabs(slope[k]) > data.n * (1e-12 + noise_of_eta * 100))
                    fail_msg("case %zu: slope %d is %g", c, k, slope[k]);
            if (data.n <= 500 && cases[c].offset < 1e5) {
                for (int i = 0; i < data.n; i++)
                    for (int j = 0; j < data.n; j++)
                        if (data.y[i] > data.y[j]) {
                            won += eta[i] > eta[j] ? 1.0 : eta[i] == eta[j] ? 0.5 : 0.0;
                            pairs += 1.0;
                        }
                assert_true(fabs(fit.metric[0] - won / pairs) < 1e-12);
            }
            assert_true(fabs(fit.metric[1] - deviance) < 1e-9 * deviance);
            assert_true(fabs(fit.metric[2] - brier) < 1e-9);
            assert_true(fabs(fit.loss - deviance / null) < 1e-9);
        }
}

/* With one 0/1 column the fit is a two-by-two table: the log odds of its rows, and an AUC full of ties. */
static void a_two_by_two_table_gives_its_log_odds(void **state)
{
    static const int counts[2][2] = {{40, 10}, {15, 35}}; /* [x][y] */

    (void)state;
    data.n = 0, data.terms = 1;
    for (int x = 0; x < 2; x++)
        for (int y = 0; y < 2; y++)
            for (int i = 0; i < counts[x][y]; i++, data.n++)
                data.x[0][data.n] = x, data.y[data.n] = y;
    const shy_fit fit = refit("binary");
    assert_int_equal(fit.verdict, SHY_FITTED);
    assert_true(fabs(fit.intercept - log(10.0 / 40.0)) < 1e-13);
    assert_true(fabs(fit.coefficient[0] - log(35.0 / 15.0) + log(10.0 / 40.0)) < 1e-13);
    assert_true(fabs(fit.metric[0] - (35.0 * 40.0 + 0.5 * (35.0 * 15.0 + 10.0 * 40.0)) / (45.0 * 55.0)) < 1e-15);
}

/* ---- verdicts -------------------------------------------------------------------------------------------------- */

static void check_finite(const shy_fit *fit)
{
    assert_true(isfinite(fit->intercept) && isfinite(fit->loss));
    for (int k = 0; k < SHY_BASIS_MAX; k++)
        assert_true(isfinite(fit->coefficient[k]));
    for (int m = 0; m < SHY_METRICS_MAX; m++)
        assert_true(isfinite(fit->metric[m]));
}

/* Column k of the design about the mean of the columns, so that the matrix below is well conditioned. */
static double design(int k, int i)
{
    return k == 0 ? 1.0 : data.x[k - 1][i] - data.x[k - 1][0];
}

/* The largest of Firth's estimating equations: sum of (y − p + h (1/2 − p)) x, h the diagonal of the hat matrix. */
static double firth_slope(const shy_fit *fit)
{
    enum { ORDER = 1 + SHY_BASIS_MAX };
    const int order = 1 + data.terms;
    double information[order][order], slope[ORDER] = {0.0}, most = 0.0;

    memset(information, 0, sizeof information);
    for (int i = 0; i < data.n; i++)
        for (int j = 0; j < order; j++)
            for (int k = 0; k < order; k++) {
                const double p = probability(predictor(fit, i));
                information[j][k] += p * (1.0 - p) * design(j, i) * design(k, i);
            }
    invert(order, information);
    for (int i = 0; i < data.n; i++) {
        const double p = probability(predictor(fit, i));
        double h = 0.0;
        for (int j = 0; j < order; j++)
            for (int k = 0; k < order; k++)
                h += p * (1.0 - p) * design(j, i) * information[j][k] * design(k, i);
        for (int j = 0; j < order; j++)
            slope[j] += (data.y[i] - p + h * (0.5 - p)) * design(j, i);
    }
    for (int j = 0; j < order; j++)
        most = fmax(most, fabs(slope[j]));
    return most;
}

static void expect_firth(double most_loss)
{
    const shy_fit fit = refit("binary");

    assert_int_equal(fit.verdict, SHY_FIRTH);
    check_finite(&fit);
    assert_true(fit.loss < most_loss && fit.loss > 0.0);
    if (!(firth_slope(&fit) < 1e-9)) fail_msg("n = %d, %d columns: the score is %g", data.n, data.terms, firth_slope(&fit));
    for (int k = 0; k < data.terms; k++)
        assert_true(fit.error[k] > 0.0 && isfinite(fit.error[k]));
}

static void separated_data_are_fitted_with_a_penalty(void **state)
{
    (void)state;
    for (int n = 10; n <= 1000; n *= 10) {
        make_columns(n, 2, 3.0, 1.0);
        for (int i = 0; i < n; i++)
            data.y[i] = data.x[0][i] - 2.0 * data.x[1][i] > -3.0;
        expect_firth(0.6);
        assert_true(refit("binary").metric[0] > 0.99);
    }
    /* all below 0 are controls, all above are cases, and at 0 there are both: the slope grows without end */
    data.n = 101, data.terms = 1;
    for (int i = 0; i < data.n; i++)
        data.x[0][i] = i < 90 ? (i % 2 ? 1.0 : -1.0) : 0.0, data.y[i] = i < 90 ? i % 2 : i % 3 == 0;
    expect_firth(0.2);
    /* a single sample with a value of its own, which the second column tells from the rest */
    make_binary(4000, 2, 0.0, 1.0, 0.5);
    for (int i = 0; i < data.n; i++)
        data.x[1][i] = i == 17;
    expect_firth(1.0);
}

static void few_events_are_fitted_with_a_penalty_and_far_samples_without(void **state)
{
    (void)state;
    make_columns(4000, 1, 0.0, 1.0);
    for (int i = 0; i < data.n; i++)
        data.y[i] = i % 1000 == 0; /* four cases */
    expect_firth(1.0);
    /* ten events for each column, and one fewer */
    make_columns(500, 3, 0.0, 1.0);
    for (int i = 0; i < data.n; i++)
        data.y[i] = i % 16 == 0 && i < 480; /* thirty cases */
    assert_int_equal(refit("binary").verdict, SHY_FITTED);
    data.y[0] = 0.0;
    expect_firth(1.0);
    for (int i = 0; i < data.n; i++)
        data.y[i] = 1.0 - data.y[i]; /* nor are there many controls now */
    expect_firth(1.0);
    make_binary(500, 1, 0.0, 1.0, 1.0);
    data.x[0][3] = 300.0, data.y[3] = 1.0; /* in the direction of the slope: its linear predictor is in the hundreds */
    assert_int_equal(refit("binary").verdict, SHY_FITTED);
}

/* What the columns hold twice is fitted once: the same loss as without the superfluous column, and finite numbers. */
static void superfluous_columns_are_singular(void **state)
{
    static const char *const kinds[] = {"continuous", "binary"};

    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        make_binary(200, 1, 1.0, 1.0, 1.0);
        const shy_fit plain = refit(kinds[kind]);
        data.terms = 3;
        for (int variant = 0; variant < 4; variant++) {
            for (int i = 0; i < data.n; i++) {
                const double x = data.x[0][i];
                data.x[1][i] = variant == 0 ? 3.0 : variant == 1 ? 2.0 * x - 1.0 : variant == 2 ? x / 3.0 * 7.0 : 0.0;
                data.x[2][i] = variant == 0 ? 0.1 * x : variant == 1 ? 1e8 : variant == 2 ? x * (1.0 / x) : x + 1e3;
            }
            const shy_fit fit = refit(kinds[kind]);
            assert_int_equal(fit.verdict, SHY_SINGULAR);
            check_finite(&fit);
            assert_true(fabs(fit.loss - plain.loss) < 1e-10);
        }
        data.terms = 1;
        for (int i = 0; i < data.n; i++)
            data.x[0][i] = 5.5;
        const shy_fit constant = refit(kinds[kind]);
        assert_int_equal(constant.verdict, SHY_SINGULAR);
        assert_true(fabs(constant.loss - 1.0) < 1e-14 && constant.coefficient[0] == 0.0);
    }
}

static void infinite_columns_diverge_to_the_null_model(void **state)
{
    static const char *const kinds[] = {"continuous", "binary"};
    static const double bad[] = {INFINITY, -INFINITY, NAN};

    (void)state;
    for (int kind = 0; kind < 2; kind++)
        for (int b = 0; b < 3; b++) {
            make_binary(100, 2, 1.0, 1.0, 1.0);
            data.x[1][99] = bad[b];
            const shy_fit fit = refit(kinds[kind]);
            assert_int_equal(fit.verdict, SHY_DIVERGED);
            check_finite(&fit);
            assert_true(fabs(fit.loss - 1.0) < 1e-14);
            assert_true(fit.coefficient[0] == 0.0 && fit.coefficient[1] == 0.0);
        }
}

/* ---- bad outcomes ---------------------------------------------------------------------------------------------- */

static void outcomes_that_cannot_be_used_are_refused(void **state)
{
    static const struct {
        const char *kind;
        double common, special; /* all rows, and row 17 */
        const char *message;
    } cases[] = {
        {"continuous", 5, 5, "it is 5 in all 40 samples"},
        {"continuous", 0, 0, "is constant"},
        {"continuous", 1e300, 1e300, "is constant"},
        {"continuous", 5, INFINITY, "not finite"},
        {"continuous", 5, NAN, "not finite"},
        {"binary", 0, 0, "0 (negative) in all 40"},
        {"binary", 1, 1, "1 (positive) in all 40"},
        {"binary", 1, 2, "is 2 in sample 18"},
        {"binary", 1, NAN, "sample 18"},
    };
    bool right = true;

    (void)state;
    data.n = 40;
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        const shy_rows rows = rows_of(grid, data.n, 4);
        shy_outcome *outcome = NULL;
        for (int i = 0; i < data.n; i++)
            data.y[i] = i == 17 ? cases[c].special : cases[c].common;
        const shy_status st = create(cases[c].kind, &rows, &outcome);
        right = right && st == SHY_INPUT && !outcome && strstr(shy_error_message(), "\"target\"") &&
                strstr(shy_error_message(), cases[c].message);
        if (!right) print_error("case %zu: %s\n", c, shy_error_message());
        shy_error_clear();
    }
    assert_true(everywhere(right));
}

/* ---- the same bits --------------------------------------------------------------------------------------------- */

static void results_do_not_depend_on_who_holds_the_rows(void **state)
{
    static const struct {
        int n, run_rows;
    } shapes[] = {{10, 1}, {61, 8}, {500, 8}, {3001, 48}, {5000, 4096}};
    static const char *const kinds[] = {"continuous", "binary"};
    bool right = true;

    (void)state;
    for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++)
        for (int kind = 0; kind < 2; kind++)
            for (int terms = 0; terms <= SHY_BASIS_MAX; terms++) {
                shy_fit alone, together;
                make_binary(shapes[s].n, terms, 2.0, 1.0, 0.3);
                for (int i = 0; i < data.n; i++) /* ties, and an outcome of either kind */
                    for (int k = 0; k < terms; k++)
                        data.x[k][i] = rint(data.x[k][i] * 20.0) / 20.0;
                data.y[0] = 0.0, data.y[1] = 1.0;
                right = right && refit_on(one, kinds[kind], shapes[s].run_rows, &alone) == SHY_OK;
                right = right && refit_on(grid, kinds[kind], shapes[s].run_rows, &together) == SHY_OK;
                right = everywhere(right && memcmp(&alone, &together, sizeof alone) == 0);
            }
    assert_true(right);
}

static void the_response_explains_as_the_first_step_of_the_fit_would(void **state)
{
    static const char *const kinds[] = {"continuous", "binary"};

    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        static double response[MOST];
        double sum = 0.0, ry = 0.0, rr = 0.0, yy = 0.0, mean = 0.0;
        shy_outcome *outcome = NULL;
        make_binary(400, 1, 0.0, 1.0, 1.0);
        if (kind == 0)
            for (int i = 0; i < data.n; i++)
                data.y[i] = 1e6 + noise(40, i);
        const shy_rows rows = rows_of(one, data.n, 8);
        assert_int_equal(create(kinds[kind], &rows, &outcome), SHY_OK);
        memcpy(response, shy_outcome_metric(outcome)->response, (size_t)data.n * sizeof *response);
        for (int i = 0; i < data.n; i++)
            mean += data.y[i] / data.n;
        for (int i = 0; i < data.n; i++) {
            sum += response[i];
            ry += response[i] * (data.y[i] - mean), rr += response[i] * response[i];
            yy += (data.y[i] - mean) * (data.y[i] - mean);
        }
        assert_true(fabs(sum) < 1e-10);                      /* centred */
        assert_true(fabs(ry / sqrt(rr * yy) - 1.0) < 1e-14); /* and in line with y */
        assert_ptr_equal(shy_outcome_kind(outcome), shy_outcome_find(kinds[kind]));
        shy_outcome_destroy(&outcome);
        shy_outcome_destroy(&outcome);
    }
}

/* ---- failures -------------------------------------------------------------------------------------------------- */

/* Each allocation of one rank fails in turn: all ranks learn of it, none hangs, nothing is lost. */
static void memory_that_runs_out_on_one_rank_fails_all(void **state)
{
    static const char *const kinds[] = {"continuous", "binary"};
    bool right = true;

    (void)state;
    make_binary(100, 2, 0.0, 1.0, 1.0);
    const shy_rows rows = rows_of(grid, data.n, 4);
    for (int kind = 0; kind < 2; kind++)
        for (int victim = 0; victim < grid->size; victim++) {
            shy_outcome *outcome = NULL;
            shy_status st = SHY_MEMORY;
            int failures = 0;
            const uint64_t before = shy_memory_in_use();
            for (uint64_t nth = 1; nth < 50 && everywhere(st != SHY_OK); nth++) {
                if (grid->rank == victim) shy_memory_fail_at(nth);
                st = create(kinds[kind], &rows, &outcome);
                shy_memory_fail_at(0);
                right = everywhere(right && (st == SHY_OK || (st == SHY_MEMORY && shy_memory_in_use() == before)));
                failures += st != SHY_OK;
                shy_error_clear();
            }
            shy_outcome_destroy(&outcome);
            right = right && failures >= 7 && shy_memory_in_use() == before;
        }
    assert_true(everywhere(right));
}

static void too_many_columns_are_a_defect(void **state)
{
    shy_outcome *outcome = NULL;
    shy_fit fit;

    (void)state;
    make_binary(100, 1, 0.0, 1.0, 1.0);
    const shy_rows rows = rows_of(one, data.n, 8);
    assert_int_equal(create("binary", &rows, &outcome), SHY_OK);
    assert_int_equal(shy_outcome_refit(outcome, SHY_BASIS_MAX + 1, NULL, &fit), SHY_INTERNAL);
    shy_error_clear();
    shy_outcome_destroy(&outcome);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_outcome_is_found_by_its_name),
        cmocka_unit_test(a_noise_free_outcome_gives_its_coefficients_back),
        cmocka_unit_test(residuals_are_orthogonal_to_the_columns),
        cmocka_unit_test(the_likelihood_is_highest_at_the_fit),
        cmocka_unit_test(a_two_by_two_table_gives_its_log_odds),
        cmocka_unit_test(separated_data_are_fitted_with_a_penalty),
        cmocka_unit_test(few_events_are_fitted_with_a_penalty_and_far_samples_without),
        cmocka_unit_test(superfluous_columns_are_singular),
        cmocka_unit_test(infinite_columns_diverge_to_the_null_model),
        cmocka_unit_test(outcomes_that_cannot_be_used_are_refused),
        cmocka_unit_test(results_do_not_depend_on_who_holds_the_rows),
        cmocka_unit_test(the_response_explains_as_the_first_step_of_the_fit_would),
        cmocka_unit_test(memory_that_runs_out_on_one_rank_fails_all),
        cmocka_unit_test(too_many_columns_are_a_defect),
    };
    return cmocka_run_group_tests_name("model", tests, start_all, stop_all);
}
