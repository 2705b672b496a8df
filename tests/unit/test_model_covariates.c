/* Tests of covariates, case weights and the metric of screening: what is dropped and refused, and what the statistic is. */
#include "shy_config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "model_data.h"

static const double covariate_slope[] = {0.5, -0.2, 0.1}, slope[] = {0.6, -0.4, 0.2};

static shy_outcome *make(const char *kind, const shy_rows *rows)
{
    shy_outcome *outcome = NULL;
    if (create(shy_outcome_find(kind), rows, &outcome) != SHY_OK) fail_msg("%s", shy_error_message());
    return outcome;
}

/* ---- what is dropped ------------------------------------------------------------------------------------------- */

static void covariates_that_say_nothing_new_are_dropped_and_named(void **state)
{
    static const char *const expected[] = {
        "\"c2\" is constant", "\"c3\" is a combination of \"c0\", \"c1\";", "\"c5\" is a combination of \"c4\";",
        "\"c9\" is a combination of \"c0\", \"c1\", \"c4\", \"c6\" and 2 others;"};

    (void)state;
    for (int weighted = 0; weighted < 2; weighted++) {
        int count = 0, coefficients = 0;
        shy_fit fit = {0}, plain = {0};
        make_columns(400, 10, NULL, 2, slope);
        for (int i = 0; i < data.n; i++) {
            double (*c)[DATA_ROWS] = data.covariate;
            c[2][i] = 17.0;
            c[3][i] = 3.0 * c[0][i] - 1e4 * c[1][i] + 5.0;
            c[5][i] = c[4][i] / 7.0;
            c[9][i] = c[0][i] + c[1][i] + c[4][i] + c[6][i] + c[7][i] + c[8][i];
        }
        make_outcome(shy_outcome_find("binary"));
        if (weighted) make_weights();
        const shy_rows rows = rows_of(one, data.n, 8);
        shy_outcome *outcome = make("binary", &rows);
        const char *const *notes = shy_outcome_notes(outcome, &count);
        assert_int_equal(count, 4);
        for (int k = 0; k < count; k++)
            if (!strstr(notes[k], expected[k])) fail_msg("note %d: %s", k, notes[k]);
        assert_int_equal(refit_columns(outcome, &rows, &fit), SHY_OK);
        assert_int_equal(shy_outcome_metric(outcome)->directions, 6);
        const double *coefficient = shy_outcome_covariates(outcome, &coefficients);
        assert_true(coefficients == 10 && coefficient[0] != 0.0 && coefficient[2] == 0.0 && coefficient[9] == 0.0);
        shy_outcome_destroy(&outcome);
        static const int kept[] = {0, 1, 4, 6, 7, 8};
        data.covariates = 6;
        for (int k = 0; k < 6; k++)
            memmove(data.covariate[k], data.covariate[kept[k]], sizeof data.covariate[k]);
        outcome = make("binary", &rows);
        assert_int_equal(refit_columns(outcome, &rows, &plain), SHY_OK);
        shy_outcome_notes(outcome, &count);
        assert_int_equal(count, 0);
        shy_outcome_destroy(&outcome);
        assert_true(fabs(fit.coefficient[0] - plain.coefficient[0]) < 1e-10 && fabs(fit.loss - plain.loss) < 1e-12);
    }
}

/* Rows of weight 0 may hold anything: the results do not change. */
static void samples_of_weight_nothing_take_no_part(void **state)
{
    static const char *const kinds[] = {"continuous", "binary", "count", "ordinal"};

    (void)state;
    for (int kind = 0; kind < 4; kind++) {
        shy_fit fit[2] = {{0}};
        for (int spoilt = 0; spoilt < 2; spoilt++) {
            make_columns(500, 2, covariate_slope, 2, slope);
            make_outcome(shy_outcome_find(kinds[kind]));
            make_weights();
            for (int i = 0; i < data.n && spoilt; i++)
                if (data.weight[i] == 0.0) data.y[i] = -3.7, data.x[0][i] = INFINITY, data.covariate[1][i] = -INFINITY;
            const shy_rows rows = rows_of(one, data.n, 8);
            shy_outcome *outcome = make(kinds[kind], &rows);
            assert_int_equal(refit_columns(outcome, &rows, &fit[spoilt]), SHY_OK);
            shy_outcome_destroy(&outcome);
        }
        assert_int_equal(fit[0].verdict, SHY_FITTED);
        assert_memory_equal(&fit[0], &fit[1], sizeof fit[0]);
    }
}

static void many_covariates_are_fitted(void **state)
{
    enum { MANY = 250 };
    static double column[MANY][1200], y[1200];
    const double *covariate[MANY];
    const int n = 1200;

    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        const int many = kind == 0 ? MANY : MANY / 4; /* each step of Firth's fit inverts their information */
        shy_outcome *outcome = NULL;
        shy_fit fit = {0};
        for (int i = 0; i < n; i++) {
            double eta = 0.3 * normal(1, i);
            for (int c = 0; c < many; c++) {
                column[c][i] = normal(500 + (uint64_t)c, i);
                eta += 0.05 * column[c][i];
            }
            y[i] = kind == 0 ? eta + normal(2, i) : uniform(2, i) < 1.0 / (1.0 + exp(-eta));
            data.x[0][i] = normal(1, i);
        }
        for (int c = 0; c < MANY; c++)
            covariate[c] = column[c];
        const shy_rows rows = rows_of(one, n, 64);
        const shy_outcome_data given = {.column = "target", .y = y, .covariates = many, .covariate = covariate};
        assert_int_equal(shy_outcome_create(shy_outcome_find(kind == 0 ? "continuous" : "binary"), &given, &rows, &outcome), SHY_OK);
        data.terms = 1;
        assert_int_equal(refit_columns(outcome, &rows, &fit), SHY_OK);
        assert_true(fit.verdict == (kind == 0 ? SHY_FITTED : SHY_FIRTH)); /* 600 events are few for 63 slopes */
        assert_true(fabs(fit.coefficient[0] - 0.3) < 4.0 * fit.error[0] && fit.error[0] < 0.15);
        shy_outcome_destroy(&outcome);
    }
}

/* ---- against ScaLAPACK ----------------------------------------------------------------------------------------- */

void Cblacs_gridinit(int *context, const char *order, int rows, int columns);
void Cblacs_gridexit(int context);
int Csys2blacs_handle(MPI_Comm comm);
void Cfree_blacs_system_handle(int handle);
int numroc_(const int *n, const int *block, const int *me, const int *source, const int *processes);
void descinit_(int *desc, const int *m, const int *n, const int *mb, const int *nb, const int *source_row,
               const int *source_column, const int *context, const int *lead, int *info);
void pdgeqrf_(const int *m, const int *n, double *a, const int *ia, const int *ja, const int *desc, double *tau,
              double *work, const int *work_size, int *info);
void pdorgqr_(const int *m, const int *n, const int *k, double *a, const int *ia, const int *ja, const int *desc,
              const double *tau, double *work, const int *work_size, int *info);

enum { QR_ROWS = 320, QR_COLUMNS = 9, BLOCK = 16, WORK = 16384 };

/* Q of sqrt(w) (1, covariates), complete on all ranks; rows dealt in blocks. Returns false if ScaLAPACK complains. */
static bool factor_by_scalapack(double q[QR_COLUMNS][QR_ROWS])
{
    static double a[QR_ROWS * QR_COLUMNS], work[WORK], mine[QR_COLUMNS][QR_ROWS];
    const int first = 1, zero = 0, m = QR_ROWS, n = QR_COLUMNS, block = BLOCK, whole = QR_COLUMNS, work_size = WORK, size = grid->size;
    int handle = Csys2blacs_handle(grid->world), context = handle, info = 0, desc[9];
    double tau[QR_COLUMNS];

    memset(mine, 0, sizeof mine);
    Cblacs_gridinit(&context, "Row", size, 1);
    const int me = grid->rank, local = numroc_(&m, &block, &me, &zero, &size), lead = local > 1 ? local : 1;
    descinit_(desc, &m, &n, &block, &whole, &zero, &zero, &context, &lead, &info);
    bool right = info == 0;
    for (int i = 0; i < local; i++) {
        const int row = (i / BLOCK * size + me) * BLOCK + i % BLOCK;
        for (int k = 0; k < QR_COLUMNS; k++)
            a[k * lead + i] = sqrt(data.weight[row]) * (k == 0 ? 1.0 : data.covariate[k - 1][row]);
    }
    pdgeqrf_(&m, &n, a, &first, &first, desc, tau, work, &work_size, &info);
    right = right && info == 0;
    pdorgqr_(&m, &n, &n, a, &first, &first, desc, tau, work, &work_size, &info);
    right = right && info == 0;
    for (int i = 0; i < local; i++)
        for (int k = 0; k < QR_COLUMNS; k++)
            mine[k][(i / BLOCK * size + me) * BLOCK + i % BLOCK] = a[k * lead + i];
    MPI_Allreduce(mine, q, QR_ROWS * QR_COLUMNS, MPI_DOUBLE, MPI_SUM, grid->world);
    Cblacs_gridexit(context);
    Cfree_blacs_system_handle(handle);
    return right;
}

/* Column k of either Q is the other's but for its sign: both eliminate in the order given. */
static void directions_are_those_of_scalapack(void **state)
{
    static double q[QR_COLUMNS][QR_ROWS];
    double worst = 0.0, sum = 0.0;

    (void)state;
    make_columns(QR_ROWS, QR_COLUMNS - 1, NULL, 1, slope);
    make_outcome(shy_outcome_find("continuous"));
    make_weights();
    for (int i = 0; i < data.n; i++)
        sum += data.weight[i];
    assert_true(everywhere(factor_by_scalapack(q)));
    const shy_rows rows = rows_of(grid, data.n, 8);
    shy_outcome *outcome = NULL;
    assert_true(everywhere(create(shy_outcome_find("continuous"), &rows, &outcome) == SHY_OK));
    const shy_metric *metric = shy_outcome_metric(outcome);
    bool right = metric->directions == QR_COLUMNS - 1;
    for (int k = 0; right && k < metric->directions; k++) {
        double off[2] = {0.0, 0.0}, other[2];
        for (int i = 0; i < rows.rows; i++)
            for (int sign = 0; sign < 2; sign++) {
                const double theirs = (sign ? -1.0 : 1.0) * q[1 + k][(int)rows.first + i];
                off[sign] = fmax(off[sign], fabs(metric->direction[k][i] * sqrt(data.weight[(int)rows.first + i] / sum) - theirs));
            }
        MPI_Allreduce(off, other, 2, MPI_DOUBLE, MPI_MAX, grid->world);
        worst = fmax(worst, fmin(other[0], other[1]));
    }
    shy_outcome_destroy(&outcome);
    if (!(worst < 1e-12)) print_error("off by %g\n", worst);
    assert_true(everywhere(right && worst < 1e-12));
}

/* ---- the statistic of screening -------------------------------------------------------------------------------- */

/* T · Σ y²/w as in shihyo/model.h */
static double statistic(const shy_metric *m, const double *z, int n, double *constant_out)
{
    double yz = 0.0, wz = 0.0, wzz = 0.0, constant = 0.0;

    for (int i = 0; i < n; i++) {
        const double w = m->weight ? m->weight[i] : 1.0;
        yz += m->response[i] * z[i], wz += w * z[i], wzz += w * z[i] * z[i];
        if (w > 0.0) constant += m->response[i] * m->response[i] / w;
    }
    wzz -= wz * wz / n;
    for (int k = 0; k < m->directions; k++) {
        double along = 0.0;
        for (int i = 0; i < n; i++)
            along += (m->weight ? m->weight[i] : 1.0) * m->direction[k][i] * z[i];
        wzz -= along * along / n;
    }
    *constant_out = constant;
    return yz * yz / (wzz * constant);
}

/*
 * Rao's score test U² / V of z in the null model, from its probabilities: U = Σ a (y − p) z, V = Izz − Izc Icc⁻¹ Icz. p by the coefficients of the
 * null model, covariates as given.
 */
static double score_test(const shy_outcome *outcome, const double *z)
{
    enum { ORDER = 4 };
    double information[ORDER][ORDER] = {{0}}, across[ORDER] = {0}, u = 0.0, v = 0.0;
    int count = 0;
    const double *coefficient = shy_outcome_covariates(outcome, &count), level = shy_outcome_null(outcome)->intercept;

    for (int i = 0; i < data.n; i++) {
        const double x[ORDER] = {1.0, data.covariate[0][i], data.covariate[1][i] - 50.0, data.covariate[2][i] - 100.0};
        double eta = level;
        for (int c = 0; c < count; c++)
            eta += coefficient[c] * data.covariate[c][i];
        const double p = 1.0 / (1.0 + exp(-eta)), a = data.weighted ? data.weight[i] : 1.0, w = a * p * (1.0 - p);
        u += a * (data.y[i] - p) * z[i], v += w * z[i] * z[i];
        for (int j = 0; j < ORDER; j++) {
            across[j] += w * x[j] * z[i];
            for (int k = 0; k < ORDER; k++)
                information[j][k] += w * x[j] * x[k];
        }
    }
    invert(ORDER, information);
    for (int j = 0; j < ORDER; j++)
        for (int k = 0; k < ORDER; k++)
            v -= across[j] * information[j][k] * across[k];
    return u * u / v;
}

static void the_statistic_is_the_score_test(void **state)
{
    (void)state;
    for (int weighted = 0; weighted < 2; weighted++) {
        double constant, other, most = 0.0;
        make_columns(500, 3, covariate_slope, 3, slope);
        make_outcome(shy_outcome_find("binary"));
        if (weighted) make_weights();
        const shy_rows rows = rows_of(one, data.n, 8);
        shy_outcome *outcome = make("binary", &rows);
        const shy_metric *metric = shy_outcome_metric(outcome);
        /* w has the sum n instead of that of the information: T · constant · (n / Σ information) = U² / V */
        const double unit = score_test(outcome, data.x[0]) / statistic(metric, data.x[0], data.n, &constant);
        for (int k = 1; k < 3; k++) {
            const double ours = statistic(metric, data.x[k], data.n, &other) * unit, theirs = score_test(outcome, data.x[k]);
            assert_true(fabs(ours - theirs) < 1e-9 * theirs);
            most = fmax(most, theirs);
        }
        assert_true(most > 10.0);
        shy_outcome_destroy(&outcome);
    }
}

/* What T · n is under the null: with weights the sum of y²/w is about the information. */
static bool rejects(const char *kind, uint64_t seed)
{
    static const double strong[] = {2.0, -1.0}, none[] = {0.0};
    double constant;

    data_seed = seed;
    make_columns(150, 2, strong, 1, none);
    make_outcome(shy_outcome_find(kind));
    for (int i = 0; i < data.n; i++) /* a formula that goes with the covariates, and with nothing else */
        data.x[0][i] = exp(0.3 * data.x[0][i]) + data.covariate[0][i] - 0.5 * (data.covariate[1][i] - 50.0);
    const shy_rows rows = rows_of(one, data.n, 8);
    shy_outcome *outcome = make(kind, &rows);
    const double t = statistic(shy_outcome_metric(outcome), data.x[0], data.n, &constant);
    shy_outcome_destroy(&outcome);
    data_seed = 11;
    /* the 0.95 quantile of chi² with one degree of freedom, over the degrees of freedom that the null model leaves */
    return t * (strcmp(kind, "binary") == 0 ? data.n : data.n - 3) > 3.8415;
}

static void a_formula_without_effect_is_found_in_one_of_twenty(void **state)
{
    static const char *const kinds[] = {"continuous", "binary"};
    enum { REPLICATES = 500 };

    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        int rejected = 0;
        for (int k = 0; k < REPLICATES; k++)
            rejected += rejects(kinds[kind], 1000 + (uint64_t)k);
        print_message("%s: %.1f %% of %d\n", kinds[kind], 100.0 * rejected / REPLICATES, REPLICATES);
        assert_in_range(rejected, REPLICATES * 3 / 100, REPLICATES * 7 / 100);
    }
}

/* Where covariates are many for the events all fits are penalised, that of the null model, too: likelihood ratios are about chi² all the same. */
static void penalised_fits_compare_with_a_penalised_null_model(void **state)
{
    enum { REPLICATES = 60 };
    static const double none[] = {0.0};
    double mean = 0.0;

    (void)state;
    for (int k = 0; k < REPLICATES; k++) {
        shy_fit fit = {0};
        data_seed = 2000 + (uint64_t)k;
        make_columns(300, DATA_COVARIATES, NULL, 1, none);
        for (int i = 0; i < data.n; i++)
            data.eta[i] = -2.0;
        make_outcome(shy_outcome_find("binary"));
        const shy_rows rows = rows_of(one, data.n, 64);
        shy_outcome *outcome = make("binary", &rows);
        assert_int_equal(shy_outcome_null(outcome)->verdict, SHY_FIRTH);
        assert_true(shy_outcome_null(outcome)->loss == 1.0 && shy_outcome_null(outcome)->likelihood_ratio == 0.0);
        int notes = 0;
        const char *const *note = shy_outcome_notes(outcome, &notes);
        assert_true(notes == 1 && strstr(note[0], "its 20 covariates are many for so few events"));
        assert_int_equal(refit_columns(outcome, &rows, &fit), SHY_OK);
        assert_int_equal(fit.verdict, SHY_FIRTH);
        mean += fit.likelihood_ratio / REPLICATES;
        shy_outcome_destroy(&outcome);
    }
    data_seed = 11;
    print_message("likelihood ratios without effect: %.2f on average\n", mean);
    assert_true(mean > 0.5 && mean < 1.5); /* 1 but for chance; against a null model without penalty it is below −1 */
}

/* ---- what is refused ------------------------------------------------------------------------------------------- */

static void spoil(int what)
{
    switch (what) {
    case 0: data.weighted = true; for (int i = 0; i < data.n; i++) data.weight[i] = i == 17 ? -0.5 : 1.0; break;
    case 1: data.weighted = true; for (int i = 0; i < data.n; i++) data.weight[i] = 0.0; break;
    case 2: data.weighted = true; for (int i = 0; i < data.n; i++) data.weight[i] = i == 17 ? INFINITY : 1.0; break;
    case 3: data.covariate[1][17] = INFINITY; break;
    case 4: data.y[17] = -2.0; break;
    case 5: data.y[17] = 1.5; break;
    case 6: for (int i = 0; i < data.n; i++) data.y[i] = data.y[i] == 2.0 ? 1.0 : data.y[i]; break;
    case 7: data.exposed = true; for (int i = 0; i < data.n; i++) data.exposure[i] = i != 17; break;
    case 8: for (int i = 0; i < data.n; i++) data.y[i] = 0.0; break;
    case 9: for (int i = 0; i < data.n; i++) data.y[i] = 3.0 * data.covariate[1][i] - 1.0; break;
    case 10: data.weighted = true; for (int i = 0; i < data.n; i++) data.weight[i] = data.y[i]; break;
    case 11: data.levels = 65; break;
    }
}

static void data_that_cannot_be_used_are_refused(void **state)
{
    static const struct {
        const char *kind;
        int what;
        const char *message;
    } cases[] = {
        {"continuous", 0, "weight of sample 18 of those in use is -0.5"},
        {"binary", 1, "all weights of outcome \"target\" are 0"},
        {"count", 2, "weight of sample 18 of those in use is inf"},
        {"binary", 3, "covariate \"c1\" of outcome \"target\" holds values that are not finite"},
        {"count", 4, "is -2 in sample 18"},
        {"count", 5, "is 1.5 in sample 18"},
        {"ordinal", 5, "is 1.5 in sample 18"},
        {"ordinal", 4, "is -2 in sample 18"},
        {"ordinal", 6, "level 2 of outcome \"target\" occurs in none of the 200 samples"},
        {"ordinal", 8, "it has one level"},
        {"ordinal", 11, "has 65 levels; an ordinal outcome has at most 64"},
        {"count", 7, "exposure of outcome \"target\" is 0 in sample 18"},
        {"count", 8, "it is 0 in all 200 samples"},
        {"continuous", 9, "explain outcome \"target\" completely"},
        {"binary", 10, "it is 1 (positive) in all"}, /* weight 1 for cases, 0 for controls */
    };

    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        shy_outcome *outcome = NULL;
        make_columns(200, 2, covariate_slope, 1, slope);
        make_outcome(shy_outcome_find(cases[c].kind));
        spoil(cases[c].what);
        const shy_rows rows = rows_of(grid, data.n, 8);
        const shy_status st = create(shy_outcome_find(cases[c].kind), &rows, &outcome);
        const bool right = st == SHY_INPUT && !outcome && strstr(shy_error_message(), cases[c].message);
        if (!right) print_error("case %zu: %s\n", c, shy_error_message());
        shy_error_clear();
        shy_outcome_destroy(&outcome);
        assert_true(everywhere(right));
    }
}

/* ---- ordinal --------------------------------------------------------------------------------------------------- */

/* Of two levels the proportional odds are a logistic regression; thresholds are minus its intercept. */
static void two_levels_are_a_binary_outcome(void **state)
{
    (void)state;
    for (int weighted = 0; weighted < 2; weighted++) {
        shy_fit ordinal = {0}, binary = {0};
        int thresholds = 0;
        make_columns(500, 3, covariate_slope, 2, slope);
        make_outcome(shy_outcome_find("binary"));
        if (weighted) make_weights();
        const shy_rows rows = rows_of(one, data.n, 8);
        shy_outcome *o = make("ordinal", &rows), *b = make("binary", &rows);
        assert_int_equal(refit_columns(o, &rows, &ordinal), SHY_OK);
        assert_int_equal(refit_columns(b, &rows, &binary), SHY_OK);
        const double *threshold = shy_outcome_thresholds(o, &thresholds);
        assert_int_equal(thresholds, 1);
        assert_true(fabs(threshold[0] + binary.intercept) < 1e-9 * (1.0 + fabs(binary.intercept)) && ordinal.intercept == 0.0);
        for (int k = 0; k < 2; k++) {
            assert_true(fabs(ordinal.coefficient[k] - binary.coefficient[k]) < 1e-10);
            assert_true(fabs(ordinal.error[k] - binary.error[k]) < 1e-10);
        }
        assert_true(fabs(ordinal.loss - binary.loss) < 1e-12 && fabs(ordinal.likelihood_ratio - binary.likelihood_ratio) < 1e-9);
        assert_true(fabs(ordinal.metric[0] - binary.metric[0]) < 1e-12 && fabs(ordinal.metric[1] - binary.metric[1]) < 1e-9);
        shy_outcome_destroy(&o);
        shy_outcome_destroy(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(covariates_that_say_nothing_new_are_dropped_and_named),
        cmocka_unit_test(samples_of_weight_nothing_take_no_part),
        cmocka_unit_test(many_covariates_are_fitted),
        cmocka_unit_test(directions_are_those_of_scalapack),
        cmocka_unit_test(the_statistic_is_the_score_test),
        cmocka_unit_test(a_formula_without_effect_is_found_in_one_of_twenty),
        cmocka_unit_test(penalised_fits_compare_with_a_penalised_null_model),
        cmocka_unit_test(data_that_cannot_be_used_are_refused),
        cmocka_unit_test(two_levels_are_a_binary_outcome),
    };
    return cmocka_run_group_tests_name("model, covariates", tests, start_all, stop_all);
}
