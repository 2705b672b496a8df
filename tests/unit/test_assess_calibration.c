/* test_assess_calibration.c: the record of calibration against fits by hand, averaged over repeats; what is not available says why. */
#include "shy_config.h"

#include <math.h>

#include "par_check.h"

#include "assess/assess_impl.h"

enum { SAMPLES = 240, FOLDS = 3, REPEATS = 2 };

static double y[SAMPLES], time_of[SAMPLES], exposure[SAMPLES], weight[SAMPLES], predictor[REPEATS * SAMPLES];
static int32_t fold[REPEATS * SAMPLES];

static double normal(uint64_t purpose, int i)
{
    return shy_random_normal(31, purpose, (uint64_t)i);
}

static double uniform(uint64_t purpose, int i)
{
    return shy_random_uniform(31, purpose, (uint64_t)i);
}

/* Predictions too extreme by a half, and off by 0.3; one sample has none in the second repeat. */
static void simulate(const char *kind)
{
    for (int i = 0; i < SAMPLES; i++) {
        const double eta = 0.8 * normal(1, i);
        exposure[i] = 0.5 + uniform(4, i);
        weight[i] = i % 9 == 4 ? 0.0 : 0.5 + uniform(5, i);
        time_of[i] = -log(uniform(3, i)) * exp(-eta);
        y[i] = strcmp(kind, "binary") == 0     ? uniform(2, i) < 1.0 / (1.0 + exp(-eta))
               : strcmp(kind, "count") == 0    ? floor(exposure[i] * exp(eta) + uniform(2, i))
               : strcmp(kind, "survival") == 0 ? uniform(2, i) < 0.7
                                               : eta + normal(2, i);
        for (int r = 0; r < REPEATS; r++) {
            predictor[r * SAMPLES + i] = 1.5 * eta + 0.3 + 0.2 * normal(10 + (uint64_t)r, i);
            fold[r * SAMPLES + i] = (int32_t)(shy_random_bits(31, 20 + (uint64_t)r, (uint64_t)i) % FOLDS);
        }
    }
    predictor[SAMPLES + 7] = NAN;
}

static bool takes_part(int r, int i)
{
    return weight[i] > 0.0 && !isnan(predictor[r * SAMPLES + i]);
}

/* ---- fits by hand ------------------------------------------------------------------------------------------------------------------- */

/* Mean and its derivative at a linear predictor. */
static void mean_at(const char *kind, double eta, int i, double *mean, double *derivative)
{
    if (strcmp(kind, "binary") == 0) *mean = 1.0 / (1.0 + exp(-eta)), *derivative = *mean * (1.0 - *mean);
    else if (strcmp(kind, "count") == 0) *mean = *derivative = exposure[i] * exp(eta);
    else *mean = eta, *derivative = 1.0;
}

/* y on intercept + slope·p by Newton's method; the slope stays 1 if it is not free. */
static void fit(const char *kind, int r, bool free_slope, double *intercept, double *slope)
{
    *intercept = 0.0, *slope = 1.0;
    for (int step = 0; step < 60; step++) {
        double g0 = 0, g1 = 0, h00 = 0, h01 = 0, h11 = 0;
        for (int i = 0; i < SAMPLES; i++) {
            double mean, d;
            if (!takes_part(r, i)) continue;
            const double p = predictor[r * SAMPLES + i], w = weight[i];
            mean_at(kind, *intercept + *slope * p, i, &mean, &d);
            g0 += w * (y[i] - mean), g1 += w * p * (y[i] - mean);
            h00 += w * d, h01 += w * p * d, h11 += w * p * p * d;
        }
        const double det = h00 * h11 - h01 * h01;
        if (free_slope) *slope += (h00 * g1 - h01 * g0) / det;
        *intercept += free_slope ? (h11 * g0 - h01 * g1) / det : g0 / h00;
    }
}

/* Cox within folds, no ties. */
static double cox_slope(int r)
{
    double slope = 0.5;
    for (int step = 0; step < 60; step++) {
        double gradient = 0, hessian = 0;
        for (int i = 0; i < SAMPLES; i++) {
            double s0 = 0, s1 = 0, s2 = 0;
            if (!takes_part(r, i) || y[i] == 0.0) continue;
            for (int j = 0; j < SAMPLES; j++) {
                if (!takes_part(r, j) || fold[r * SAMPLES + j] != fold[r * SAMPLES + i] || time_of[j] < time_of[i]) continue;
                const double p = predictor[r * SAMPLES + j], e = weight[j] * exp(slope * p);
                s0 += e, s1 += e * p, s2 += e * p * p;
            }
            gradient += weight[i] * (predictor[r * SAMPLES + i] - s1 / s0);
            hessian += weight[i] * (s2 / s0 - s1 / s0 * (s1 / s0));
        }
        slope += gradient / hessian;
    }
    return slope;
}

/* ---- the stage ------------------------------------------------------------------------------------------------------------------------ */

static double number_at(const shy_record *record, const char *path)
{
    shy_record_entry entry;
    return shy_record_find(record, path, &entry) && entry.kind == SHY_RECORD_NUMBER ? entry.number : NAN;
}

static bool has(const shy_record *record, const char *path)
{
    shy_record_entry entry;
    return shy_record_find(record, path, &entry);
}

static void assess(const char *kind, const shy_found *found, shy_record **record_out)
{
    shy_team *alone = NULL;
    EXPECT(shy_team_create(MPI_COMM_SELF, 1, &alone) == SHY_OK);
    const shy_problem problem = {.team = alone, .ops = shy_outcome_find(kind)};
    static const shy_assess_options options; /* no rule of release */
    shy_assessment a = {.problem = &problem, .options = &options,
                        .truth = {.n = SAMPLES, .ops = problem.ops, .y = y, .weight = weight},
                        .folds = {.folds = FOLDS, .repeats = REPEATS, .sets = FOLDS * REPEATS, .all = fold},
                        .chosen = {.predictor = predictor},
                        .found = found};
    a.truth.time = problem.ops->needs_time ? time_of : NULL;
    a.truth.exposure = strcmp(kind, "count") == 0 ? exposure : NULL;
    EXPECT(shy_record_create(&a.record) == SHY_OK);
    EXPECT(shy_calibration_run(&a) == SHY_OK);
    *record_out = a.record;
    shy_team_destroy(&alone);
}

static void numbers_are_those_of_fits_by_hand(void **state)
{
    (void)state;
    static const char *const kinds[] = {"continuous", "binary", "count"};
    const shy_found found = {.complexity = 1};
    for (int k = 0; k < 3; k++) {
        shy_record *record = NULL;
        double large[REPEATS], beside[REPEATS], slope[REPEATS], one;
        present_case = kinds[k];
        simulate(kinds[k]);
        for (int r = 0; r < REPEATS; r++) {
            fit(kinds[k], r, false, &large[r], &one);
            fit(kinds[k], r, true, &beside[r], &slope[r]);
        }
        assess(kinds[k], &found, &record);
        EXPECT(fabs(number_at(record, "calibration.intercept") - (large[0] + large[1]) / 2.0) < 1e-7);
        EXPECT(fabs(number_at(record, "calibration.slope") - (slope[0] + slope[1]) / 2.0) < 1e-7);
        EXPECT(number_at(record, "calibration.slope") < 0.9 && number_at(record, "calibration.slope_error") > 0.01);
        EXPECT(number_at(record, "calibration.ici") > 0.0 && number_at(record, "calibration.emax") >= number_at(record, "calibration.e90"));
        EXPECT(has(record, "calibration.curve.predicted") && has(record, "calibration.bins"));
        EXPECT(has(record, "calibration.brier") == (strcmp(kinds[k], "binary") == 0));
        shy_record_free(&record);
        present_case = "";
    }
    assert_on_all_ranks();
}

static void brier_is_the_mean_squared_error(void **state)
{
    (void)state;
    shy_record *record = NULL;
    const shy_found found = {.complexity = 1};
    double brier = 0.0, null = 0.0;
    simulate("binary");
    for (int r = 0; r < REPEATS; r++) {
        double sum = 0, sw = 0, ones = 0;
        for (int i = 0; i < SAMPLES; i++) {
            if (!takes_part(r, i)) continue;
            const double p = 1.0 / (1.0 + exp(-predictor[r * SAMPLES + i]));
            sum += weight[i] * (y[i] - p) * (y[i] - p), sw += weight[i], ones += weight[i] * y[i];
        }
        brier += sum / sw / REPEATS;
        null += ones / sw * (1.0 - ones / sw) / REPEATS;
    }
    assess("binary", &found, &record);
    EXPECT(fabs(number_at(record, "calibration.brier") - brier) < 1e-12);
    EXPECT(fabs(number_at(record, "calibration.brier_null") - null) < 1e-12);
    EXPECT(fabs(number_at(record, "calibration.brier_scaled") - (1.0 - brier / null)) < 1e-12);
    shy_record_free(&record);
    assert_on_all_ranks();
}

static void survival_has_the_slope_within_folds(void **state)
{
    (void)state;
    shy_record *record = NULL;
    const shy_found found = {.complexity = 1};
    simulate("survival");
    const double slope = (cox_slope(0) + cox_slope(1)) / 2.0;
    assess("survival", &found, &record);
    EXPECT(fabs(number_at(record, "calibration.slope") - slope) < 1e-7);
    EXPECT(isnan(number_at(record, "calibration.intercept")));
    EXPECT(!has(record, "calibration.curve") && !has(record, "calibration.ici") && has(record, "calibration.survival_means"));
    shy_record_free(&record);
    assert_on_all_ranks();
}

static void no_formula_no_calibration(void **state)
{
    (void)state;
    shy_record *record = NULL;
    simulate("binary");
    assess("binary", NULL, &record);
    EXPECT(has(record, "calibration.not_available") && !has(record, "calibration.slope"));
    shy_record_free(&record);
    assert_on_all_ranks();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_those_of_fits_by_hand),
        cmocka_unit_test(brier_is_the_mean_squared_error),
        cmocka_unit_test(survival_has_the_slope_within_folds),
        cmocka_unit_test(no_formula_no_calibration),
    };
    return run_par_tests("assess_calibration", tests, sizeof tests / sizeof *tests, argc, argv);
}
