/* Finished runs read from front.json, formulas chosen and applied to one patient, and the shares of columns in a score. */
#include "shy_config.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "shihyo/apply.h"

static char directory[] = "/tmp/shihyo-apply-XXXXXX";

static const char *const front_text =
    "{\"outcome\": \"y\", \"outcome_kind\": \"%s\", \"outcome_unit\": \"\", \"positive\": null, \"metrics\": [\"auc\"], \"nested\": {\"selected\": %s},\n"
    " \"front\": [\n"
    "  {\"complexity\": 1, \"formula\": \"a\", \"intercept\": 0.5, \"slope\": 2, \"slope_error\": 0.25, \"unit\": \"kg\", \"covariates\": {\"t\": 1, \"t is missing\": 0},\n"
    "   \"thresholds\": [-1, 1]},\n"
    "  {\"complexity\": 3, \"formula\": \"a + b\", \"intercept\": 1, \"slope\": 3, \"covariates\": {\"t\": 0.5, \"t is missing\": 0.25}, \"thresholds\": [0, 1]},\n"
    "  {\"complexity\": 6, \"formula\": \"a * b / (`c == x` + 1.25)\", \"intercept\": -1, \"slope\": 0.5, \"covariates\": {\"t\": 2, \"t is missing\": 0}, \"thresholds\": [0, 1],\n"
    "   \"rounded\": {\"formula\": \"a * b / (`c == x` + 1)\", \"intercept\": -2, \"slope\": 0.75, \"covariates\": {\"t\": 3, \"t is missing\": 0}, \"thresholds\": [0.5, 2]}},\n"
    "  {\"complexity\": 7, \"formula\": \"sqrt(a - b)\", \"intercept\": 0, \"slope\": 1, \"covariates\": {\"t\": 0, \"t is missing\": 0},\n"
    "   \"rounded\": {\"formula\": \"sqrt(a - b)\", \"intercept\": 0, \"slope\": 1}}],\n"
    " \"best\": {}, \"inputs\": {\"factors\": [\n"
    "  {\"name\": \"a\", \"column\": \"a\", \"kind\": \"value\", \"column_kind\": \"numeric\", \"unit\": \"kg\", \"lowest\": 0.5, \"fill\": 4, \"high\": 8, \"seen_low\": 1, \"seen_high\": 8, \"typical\": 4},\n"
    "  {\"name\": \"b\", \"column\": \"b\", \"kind\": \"value\", \"column_kind\": \"categorical\", \"unit\": \"\", \"levels\": [\"1\", \"II\", \"III\"], \"seen_low\": 0, \"seen_high\": 2, \"typical\": 1},\n"
    "  {\"name\": \"c == x\", \"column\": \"c\", \"kind\": \"level\", \"column_kind\": \"categorical\", \"unit\": \"\", \"levels\": [\"w\", \"x\"], \"ones\": [\"x\"], \"seen_low\": 0, \"seen_high\": 1, \"typical\": 0}],\n"
    "  \"covariates\": [\n"
    "  {\"name\": \"t\", \"column\": \"t\", \"kind\": \"value\", \"column_kind\": \"numeric\", \"unit\": \"\", \"fill\": 10, \"typical\": 9},\n"
    "  {\"name\": \"t is missing\", \"column\": \"t\", \"kind\": \"missing\", \"column_kind\": \"numeric\", \"unit\": \"\", \"typical\": 0}]}%s}\n";

static void write_text(const char *name, const char *text)
{
    char path[128];

    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void write_run(const char *kind, const char *selected, const char *more)
{
    static char text[8192];

    snprintf(text, sizeof text, front_text, kind, selected, more);
    write_text("front.json", text);
    write_text("run.json", "{\"configuration\": \"cohort: x.h5\\n\"}\n");
}

static shy_finished *read_run(const char *kind, const char *selected, const char *more)
{
    shy_finished *finished = NULL;
    int count = 0;

    write_run(kind, selected, more);
    if (shy_finished_read(directory, &finished, &count) != SHY_OK) fail_msg("%s", shy_error_message());
    assert_int_equal(count, 1);
    return finished;
}

#define CHOSEN "{\"complexity\": 3, \"formula\": \"a + b\"}"

/* ---- reading and choosing ------------------------------------------------------------------------------------------- */

static void a_run_is_read_as_it_was_written(void **state)
{
    shy_finished *f = read_run("binary", CHOSEN, "");

    (void)state;
    assert_int_equal(f->models, 4);
    assert_int_equal(f->link, SHY_LINK_LOGIT);
    assert_int_equal(f->chosen, 1);
    assert_true(f->model[0].slope_error == 0.25 && isnan(f->model[1].slope_error));
    assert_string_equal(f->model[0].unit, "kg");
    assert_true(f->model[2].beside[0] == 2.0 && f->model[2].thresholds_count == 2 && f->model[2].thresholds[1] == 1.0);
    assert_string_equal(f->model[2].rounded, "a * b / (`c == x` + 1)");
    assert_true(f->factor[0].typical == 4.0 && f->factor[2].how.level == 1);
    shy_finished_free(&f, 1);
}

static void the_formula_that_is_meant(void **state)
{
    static const struct {
        const char *selected;
        int chosen;
    } cases[] = {{CHOSEN, 1}, {"null", 3}, {"{\"complexity\": 6, \"formula\": \"a * b\"}", 2}, {"{\"complexity\": 5, \"formula\": \"a / b\"}", 1}};
    shy_finished *f = NULL;
    int target = 9, model = 9;

    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        f = read_run("binary", cases[k].selected, "");
        assert_int_equal(shy_finished_choose(f, 1, NULL, 0, &target, &model), SHY_OK);
        assert_int_equal(target, 0);
        assert_int_equal(model, cases[k].chosen);
        assert_int_equal(shy_finished_choose(f, 1, NULL, 4, &target, &model), SHY_OK);
        assert_int_equal(model, 3);
        assert_int_equal(shy_finished_choose(f, 1, NULL, 5, &target, &model), SHY_INPUT);
        assert_non_null(strstr(shy_error_message(), "the front has 4 formulas"));
        shy_error_clear();
        assert_int_equal(shy_finished_choose(f, 1, "x", 1, &target, &model), SHY_INPUT);
        shy_error_clear();
        shy_finished_free(&f, 1);
    }
}

static void a_kind_of_outcome_from_the_future_is_refused(void **state)
{
    shy_finished *f = NULL;
    int count = 0;

    (void)state;
    write_run("quantum", "null", "");
    assert_int_equal(shy_finished_read(directory, &f, &count), SHY_INPUT);
    assert_non_null(strstr(shy_error_message(), "quantum"));
    shy_error_clear();
}

static void rounded_models(void **state)
{
    shy_finished *f = read_run("binary", CHOSEN, "");
    const double factor[] = {3, 2, 1}, covariate[] = {1, 0};

    (void)state;
    assert_int_equal(shy_model_round(f, &f->model[1]), SHY_INPUT); /* it has none */
    shy_error_clear();
    assert_int_equal(shy_model_round(f, &f->model[3]), SHY_INPUT); /* its covariates are not known */
    shy_error_clear();
    assert_int_equal(shy_model_round(f, &f->model[2]), SHY_OK);
    assert_true(shy_model_score(f, &f->model[2], shy_model_formula(&f->model[2], factor), covariate) == -2.0 + 3.0 + 0.75 * 3.0);
    assert_true(f->model[2].thresholds[1] == 2.0);
    shy_finished_free(&f, 1);
}

/* ---- one patient ------------------------------------------------------------------------------------------------------ */

static void values_are_derived_and_marked(void **state)
{
    shy_finished *f = read_run("binary", CHOSEN, "");
    static const struct {
        int input;
        double value, derived;
        unsigned marks;
    } cases[] = {
        {0, 2.0, 2.0, 0},
        {0, NAN, 4.0, SHY_MARK_FILLED},
        {0, 0.25, 4.0, SHY_MARK_FILLED | SHY_MARK_IMPLAUSIBLE},
        {0, 0.75, 0.75, SHY_MARK_BELOW},
        {0, 20.0, 8.0, 0}, /* set to the limit, which was seen */
        {1, 2.0, 2.0, 0},
        {1, NAN, NAN, SHY_MARK_MISSING},
        {1, SHY_LEVEL_UNSEEN, NAN, SHY_MARK_MISSING | SHY_MARK_UNSEEN},
        {2, 1.0, 1.0, 0},
        {2, 0.0, 0.0, 0},
        {2, SHY_LEVEL_UNSEEN, 0.0, SHY_MARK_UNSEEN},
        {2, NAN, NAN, SHY_MARK_MISSING},
    };

    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        unsigned marks = 99;
        const double derived = shy_input_derive(&f->factor[cases[k].input], cases[k].value, &marks);
        if (isnan(cases[k].derived) ? !isnan(derived) : derived != cases[k].derived) fail_msg("case %zu: %g", k, derived);
        if (marks != cases[k].marks) fail_msg("case %zu: marks %u", k, marks);
    }
    assert_true(shy_input_level(&f->factor[1], "II") == 1.0 && shy_input_level(&f->factor[1], "1.0") == 0.0);
    assert_true(shy_input_level(&f->factor[1], "IV") == SHY_LEVEL_UNSEEN);
    shy_finished_free(&f, 1);
}

static void predictions_on_the_scale_of_the_outcome(void **state)
{
    static const char *const kinds[] = {"continuous", "binary", "count", "survival", "matched"};
    const double s = 0.7, expected[] = {s, 1.0 / (1.0 + exp(-s)), exp(s), exp(s - 0.2), exp(s - 0.2)};

    (void)state;
    for (int k = 0; k < 5; k++) {
        shy_finished *f = read_run(kinds[k], CHOSEN, "");
        assert_true(fabs(shy_model_mean(f, &f->model[0], s, 0.2) - expected[k]) < 1e-15);
        assert_true(isnan(shy_model_mean(f, &f->model[0], NAN, 0.2)));
        shy_finished_free(&f, 1);
    }
    shy_finished *f = read_run("ordinal", CHOSEN, "");
    double sum = 0.0, mean = 0.0;
    for (int j = 0; j <= 2; j++) sum += shy_model_probability(&f->model[0], s, j), mean += j * shy_model_probability(&f->model[0], s, j);
    assert_true(fabs(sum - 1.0) < 1e-15 && fabs(mean - shy_model_mean(f, &f->model[0], s, NAN)) < 1e-15);
    assert_true(fabs(shy_model_probability(&f->model[0], s, 0) - 1.0 / (1.0 + exp(1.0 + s))) < 1e-15);
    assert_true(isnan(shy_model_probability(&f->model[0], NAN, 1)));
    shy_finished_free(&f, 1);
}

/* ---- shares ------------------------------------------------------------------------------------------------------------- */

/* The definition: over all orders in which the columns take the patient's values. Columns: a, b, c, t (both inputs). */
static void shares_by_orders(const shy_finished *f, const shy_model *model, const double *factor, const double *covariate, double *share)
{
    int orders = 0;

    memset(share, 0, 4 * sizeof *share);
    for (int code = 0; code < 256; code++) {
        const int order[4] = {code & 3, code >> 2 & 3, code >> 4 & 3, code >> 6};
        double now[3], beside[2] = {f->covariate[0].typical, f->covariate[1].typical};
        if ((1 << order[0] | 1 << order[1] | 1 << order[2] | 1 << order[3]) != 15) continue;
        for (int k = 0; k < 3; k++) now[k] = f->factor[k].typical;
        double before = shy_model_score(f, model, shy_model_formula(model, now), beside);
        for (int k = 0; k < 4; k++) {
            if (order[k] < 3) now[order[k]] = factor[order[k]];
            else memcpy(beside, covariate, sizeof beside);
            const double after = shy_model_score(f, model, shy_model_formula(model, now), beside);
            share[order[k]] += after - before;
            before = after;
        }
        orders++;
    }
    assert_int_equal(orders, 24);
    for (int k = 0; k < 4; k++) share[k] /= orders;
}

static void check_shares(const shy_finished *f, int m, const double *factor, const double *covariate)
{
    static const char *const columns[] = {"a", "b", "c", "t"};
    shy_explanation e = {0};
    double share[4], sum = 0.0;

    shares_by_orders(f, &f->model[m], factor, covariate, share);
    if (shy_model_explain(f, &f->model[m], factor, covariate, &e) != SHY_OK) fail_msg("%s", shy_error_message());
    for (int k = 0; k < e.count; k++) {
        for (int c = 0; c < 4; c++)
            if (strcmp(e.column[k].column, columns[c]) == 0) assert_true(fabs(e.column[k].contribution - share[c]) < 1e-13);
        sum += e.column[k].contribution;
    }
    assert_true(fabs(sum - (e.score - e.typical_score)) < 1e-13);
    assert_true(e.score == shy_model_score(f, &f->model[m], shy_model_formula(&f->model[m], factor), covariate));
    shy_explanation_free(&e);
}

static void shares_are_those_of_the_definition_and_add_up(void **state)
{
    static const char *const more[] = {"", ", \"interaction\": {\"treatment\": \"t\", \"mean\": 8.5}"};

    (void)state;
    for (int k = 0; k < 2; k++) {
        shy_finished *f = read_run("binary", CHOSEN, more[k]);
        if (f->interacts) f->model[0].interaction = 0.5, f->model[1].interaction = -0.25, f->model[2].interaction = 0.125;
        for (uint64_t i = 0; i < 50; i++) {
            const double factor[3] = {1.0 + 7.0 * shy_random_uniform(1, 1, i), 2.0 * shy_random_uniform(1, 2, i), (double)(i % 2)};
            const double covariate[2] = {20.0 * shy_random_uniform(1, 3, i), (double)(i % 3 == 0)};
            for (int m = 0; m < 3; m++) check_shares(f, m, factor, covariate);
        }
        shy_finished_free(&f, 1);
    }
}

static void terms_of_a_sum_keep_their_own_difference(void **state)
{
    shy_finished *f = read_run("binary", CHOSEN, "");
    const double factor[] = {6.5, 2, 0}, covariate[] = {11, 0};
    shy_explanation e = {0};

    (void)state;
    assert_int_equal(shy_model_explain(f, &f->model[1], factor, covariate, &e), SHY_OK);
    assert_int_equal(e.count, 3);
    assert_true(e.column[0].contribution == 3.0 * 2.5 && e.column[1].contribution == 3.0 && e.column[2].contribution == 0.5 * 2.0);
    shy_explanation_free(&e);
    shy_finished_free(&f, 1);
}

static void what_cannot_be_shared_is_no_number(void **state)
{
    shy_finished *f = read_run("binary", CHOSEN, "");
    const double factor[] = {8, 6, 0}, covariate[] = {9, 0}; /* sqrt(8 - 6), sqrt(4 - 1); but sqrt(4 - 6) */
    shy_explanation e = {0};

    (void)state;
    assert_int_equal(shy_model_explain(f, &f->model[3], factor, covariate, &e), SHY_OK);
    assert_true(isfinite(e.score) && isfinite(e.typical_score) && isnan(e.column[0].contribution) && isnan(e.column[1].contribution));
    shy_explanation_free(&e);
    f->factor[1].typical = NAN;
    assert_int_equal(shy_model_explain(f, &f->model[3], factor, covariate, &e), SHY_INPUT);
    assert_non_null(strstr(shy_error_message(), "typical"));
    shy_error_clear();
    shy_finished_free(&f, 1);
}

/* ---- tables --------------------------------------------------------------------------------------------------------------- */

typedef struct {
    int rows, stop_at;
    double score[8];
    unsigned mark[8];
    char id[8][16];
} taken;

static shy_status take(void *context, const shy_patient *patient)
{
    taken *t = context;

    if (t->stop_at > 0 && (int)patient->row == t->stop_at) return shy_fail(SHY_IO, "stopped");
    t->score[t->rows] = patient->score;
    t->mark[t->rows] = patient->mark[0] | patient->mark[1] | patient->mark[2];
    snprintf(t->id[t->rows], sizeof t->id[0], "%s", patient->id);
    assert_int_equal(patient->row, t->rows + 1);
    t->rows++;
    return SHY_OK;
}

static shy_status visit(const shy_finished *f, int model, const char *table, const char *id, taken *t)
{
    shy_status st = SHY_OK;
    shy_patients *patients = NULL;
    static const char *const codes[] = {"-9"};
    char path[128];

    snprintf(path, sizeof path, "%s/table", directory);
    write_text("table", table);
    SHY_TRY(shy_patients_open(f, &f->model[model], path, id, codes, 1, NULL, &patients));
    SHY_TRY(shy_patients_visit(patients, take, t));
out:
    shy_patients_close(&patients);
    return st;
}

static void rows_of_a_table_get_their_scores(void **state)
{
    shy_finished *f = read_run("binary", CHOSEN, "");
    taken t = {0};

    (void)state;
    assert_int_equal(visit(f, 1, "t,who,b,a [kg]\n8,p,III,2\n,q,II,-9\n8,r,V,3\n8,s,NA,3\n", "who", &t), SHY_OK);
    assert_int_equal(t.rows, 4);
    assert_true(t.score[0] == 1.0 + 0.5 * 8.0 + 3.0 * (2.0 + 2.0) && t.mark[0] == 0);
    assert_true(t.score[1] == 1.0 + 0.5 * 10.0 + 0.25 + 3.0 * (4.0 + 1.0) && t.mark[1] == SHY_MARK_FILLED);
    assert_true(isnan(t.score[2]) && t.mark[2] == (SHY_MARK_MISSING | SHY_MARK_UNSEEN));
    assert_true(isnan(t.score[3]) && t.mark[3] == SHY_MARK_MISSING);
    assert_string_equal(t.id[3], "s");
    shy_finished_free(&f, 1);
}

static void tables_that_do_not_fit_are_refused(void **state)
{
    static const struct {
        const char *table, *message;
    } cases[] = {
        {"t,b\n1,II\n", "lacks a column of the formula: a"},
        {"b\nII\n", "lacks columns of the formula: a, t"},
        {"t,b,a [cm]\n1,II,3\n", "is in kg in the run, and in cm"},
        {"t,b,a\n1,II,3\n1,II,x\n", "row 2 (line 3), column a: 'x' is not a number"},
        {"t,b,a\n1,II,inf\n", "row 1 (line 2), column a: 'inf' is not a number"},
        {"t,b,a\n1,II\n", "has 2 fields"},
        {"t,b,a,a\n1,II,1,1\n", "both named a"},
    };
    shy_finished *f = read_run("binary", CHOSEN, "");

    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        taken t = {0};
        assert_int_equal(visit(f, 1, cases[k].table, NULL, &t), SHY_INPUT);
        if (strstr(shy_error_message(), cases[k].message) == NULL) fail_msg("%s", shy_error_message());
        shy_error_clear();
    }
    taken t = {.stop_at = 2};
    assert_int_equal(visit(f, 1, "t,b,a\n1,II,1\n1,II,1\n1,II,1\n", NULL, &t), SHY_IO); /* what the taker returns */
    assert_int_equal(t.rows, 1);
    shy_error_clear();
    shy_finished_free(&f, 1);
}

/* ---- memory ---------------------------------------------------------------------------------------------------------------- */

static shy_status all_of_it(void)
{
    shy_status st = SHY_OK;
    shy_finished *f = NULL;
    int count = 0, target, model;
    taken t = {0};
    shy_explanation e = {0};
    const double factor[] = {5, 2, 0}, covariate[] = {11, 0};

    SHY_TRY(shy_finished_read(directory, &f, &count));
    SHY_TRY(shy_finished_choose(f, count, NULL, 3, &target, &model));
    SHY_TRY(shy_model_round(f, &f->model[model]));
    SHY_TRY(shy_model_explain(f, &f->model[model], factor, covariate, &e));
    SHY_TRY(visit(f, 1, "t,b,a\n1,II,1\n", "b", &t));
out:
    shy_explanation_free(&e);
    shy_finished_free(&f, count);
    return st;
}

static void every_allocation_that_fails_is_a_failure(void **state)
{
    const uint64_t before = shy_memory_in_use();
    shy_status st = SHY_MEMORY;
    int failures = 0;

    (void)state;
    write_run("binary", CHOSEN, "");
    for (uint64_t n = 1; st != SHY_OK; n++) {
        shy_memory_fail_at(n);
        st = all_of_it();
        shy_memory_fail_at(0);
        if (st != SHY_OK) assert_int_equal(st, SHY_MEMORY), failures++;
        shy_error_clear();
        assert_int_equal(shy_memory_in_use(), before);
    }
    assert_true(failures > 50);
}

static int begin(void **state)
{
    (void)state;
    return mkdtemp(directory) == NULL;
}

static int end(void **state)
{
    static const char *const names[] = {"front.json", "run.json", "table"};
    char path[128];

    (void)state;
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        snprintf(path, sizeof path, "%s/%s", directory, names[k]);
        unlink(path);
    }
    return rmdir(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_is_read_as_it_was_written),
        cmocka_unit_test(the_formula_that_is_meant),
        cmocka_unit_test(a_kind_of_outcome_from_the_future_is_refused),
        cmocka_unit_test(rounded_models),
        cmocka_unit_test(values_are_derived_and_marked),
        cmocka_unit_test(predictions_on_the_scale_of_the_outcome),
        cmocka_unit_test(shares_are_those_of_the_definition_and_add_up),
        cmocka_unit_test(terms_of_a_sum_keep_their_own_difference),
        cmocka_unit_test(what_cannot_be_shared_is_no_number),
        cmocka_unit_test(rows_of_a_table_get_their_scores),
        cmocka_unit_test(tables_that_do_not_fit_are_refused),
        cmocka_unit_test(every_allocation_that_fails_is_a_failure),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
