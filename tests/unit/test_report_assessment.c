/* test_report_assessment.c: how far a front can be believed, written and read back by other readers: jansson, HDF5, a look at what is printed. */
#include "shy_config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <hdf5.h>
#include <jansson.h>
#include <math.h>
#include <unistd.h>

#include "shihyo/report.h"

static const char *const metric_names[] = {"auc", "deviance", "brier", NULL};

static void good(shy_status st)
{
    if (st != SHY_OK) fail_msg("%s", shy_error_message());
}

static char *copy(const char *text)
{
    char *out = NULL;
    good(shy_string_copy(text, &out));
    return out;
}

/* ---- an assessment as the stages make it -------------------------------------------------------------------------------- */

static void add_nested(shy_record *record)
{
    static const double folds[2][3] = {{0.7, 0.8, NAN}, {0.71, 0.72, 0.73}};
    static const int complexity[2] = {1, 4};
    shy_record *nested, *levels, *level, *selected;

    good(shy_record_object(record, "nested", &nested));
    good(shy_record_text(nested, "metric", "auc"));
    good(shy_record_truth(nested, "larger_is_better", true));
    good(shy_record_integer(nested, "folds", 3));
    good(shy_record_text(nested, "by", NULL));
    good(shy_record_list(nested, "levels", &levels));
    for (int k = 0; k < 2; k++) {
        good(shy_record_append(levels, &level));
        good(shy_record_integer(level, "complexity", complexity[k]));
        good(shy_record_text(level, "formula", k == 0 ? "weight" : "a \"b\"\xff"));
        good(shy_record_number(level, "mean", 0.75 - 0.03 * k));
        good(shy_record_number(level, "error", k == 0 ? 0.05 : NAN));
        good(shy_record_numbers(level, "fold", folds[k], k == 0 ? 2 : 3));
        if (k == 1) good(shy_record_texts(level, "formulas", (const char *const[]){"x", NULL}, 2));
    }
    good(shy_record_object(nested, "selected", &selected));
    good(shy_record_integer(selected, "complexity", 1));
    good(shy_record_number(selected, "mean", 0.7421));
    good(shy_record_number(selected, "error", 0.0312));
}

static void add_significance(shy_record *record)
{
    shy_record *search, *front, *levels, *level;

    good(shy_record_object(record, "p_search", &search));
    good(shy_record_object(search, "front", &front));
    good(shy_record_number(front, "p", 1.0 / 201.0));
    good(shy_record_number(front, "tail", NAN));
    good(shy_record_list(search, "formulas", &levels));
    good(shy_record_append(levels, &level));
    good(shy_record_integer(level, "complexity", 4));
    good(shy_record_number(level, "p", 0.25));
}

static void add_versus(shy_record *record)
{
    static const char *const names[] = {"Mayo", "elastic net"};
    shy_record *object, *versus, *line, *ratio;

    good(shy_record_object(record, "versus", &object));
    good(shy_record_list(object, "contenders", &versus));
    for (int k = 0; k < 2; k++) {
        good(shy_record_append(versus, &line));
        good(shy_record_text(line, "name", names[k]));
        good(shy_record_number(line, "mean", 0.7 + 0.01 * k));
        good(shy_record_number(line, "error", 0.02));
        good(shy_record_number(line, "delta", k == 0 ? -0.0421 : NAN));
        good(shy_record_number(line, "low", k == 0 ? -0.08 : NAN));
        good(shy_record_number(line, "high", k == 0 ? 0.01 : NAN));
        good(shy_record_number(line, "p", k == 0 ? 0.125 : NAN));
        if (k > 0) {
            good(shy_record_number(line, "factors", 12.5));
            continue;
        }
        good(shy_record_object(line, "likelihood_ratio", &ratio));
        good(shy_record_number(ratio, "chi2", 12.34));
        good(shy_record_integer(ratio, "df", 1));
        good(shy_record_number(ratio, "p", 0.00044));
    }
}

static void add_rest(shy_record *record)
{
    shy_record *stability, *list, *object;

    good(shy_record_object(record, "stability", &stability));
    good(shy_record_integer(stability, "pairs", 50));
    good(shy_record_list(stability, "factors", &list));
    good(shy_record_append(list, &object));
    good(shy_record_text(object, "name", "albumin"));
    good(shy_record_number(object, "frequency", 0.98));
    good(shy_record_list(stability, "front", &list));
    good(shy_record_append(list, &object));
    good(shy_record_integer(object, "complexity", 4));
    good(shy_record_number(object, "family_frequency", 0.66));
    good(shy_record_truth(object, "comparable", true));
    good(shy_record_append(list, &object));
    good(shy_record_integer(object, "complexity", 5));
    good(shy_record_number(object, "family_frequency", 0.0));
    good(shy_record_truth(object, "comparable", false));
    good(shy_record_object(record, "calibration", &object));
    good(shy_record_number(object, "intercept", -0.125));
    good(shy_record_number(object, "slope", 0.5));
    good(shy_record_numbers(object, "curve", NULL, 0));
}

static void add_group(shy_record *list, const char *name, int samples, double ratio)
{
    static const double time[3] = {100, 500, 1000}, survival[3] = {0.9, 0.5, 0.25};
    shy_record *group, *object;

    good(shy_record_append(list, &group));
    good(shy_record_text(group, "name", name));
    good(shy_record_integer(group, "samples", samples));
    good(shy_record_integer(group, "events", 7));
    good(shy_record_object(group, "median_survival", &object));
    good(shy_record_number(object, "time", 500));
    good(shy_record_number(object, "low", 321));
    good(shy_record_number(object, "high", NAN));
    good(shy_record_object(group, "kaplan_meier", &object));
    good(shy_record_numbers(object, "time", time, ratio > 1.0 ? 2 : 3));
    good(shy_record_numbers(object, "survival", survival, ratio > 1.0 ? 2 : 3));
    good(shy_record_object(group, "hazard_ratio", &object));
    good(shy_record_number(object, "ratio", ratio));
    good(shy_record_number(object, "low", ratio / 2));
    good(shy_record_number(object, "high", ratio * 2));
}

static void add_groups(shy_record *record)
{
    shy_record *groups, *view, *list, *cut;

    good(shy_record_object(record, "groups", &groups));
    for (int v = 0; v < 2; v++) {
        good(shy_record_object(groups, v == 0 ? "apparent" : "held_out", &view));
        good(shy_record_list(view, "cut", &list));
        good(shy_record_append(list, &cut));
        good(shy_record_number(cut, "formula", 1.25));
        if (v == 0) good(shy_record_number(view, "p_cut", 0.012));
        good(shy_record_list(view, "group", &list));
        add_group(list, "low", 150 + v, 1);
        add_group(list, "high", 162 - v, 3);
        good(shy_record_object(view, "difference", &cut));
        good(shy_record_number(cut, "p", 0.034));
    }
}

static shy_record *make_record(void)
{
    shy_record *record = NULL;

    good(shy_record_create(&record));
    add_nested(record);
    add_significance(record);
    add_versus(record);
    add_rest(record);
    add_groups(record);
    good(shy_record_text(record, "verdict", "No formula is distinguishable from chance.\nThe second line."));
    return record;
}

static shy_results make_results(bool assessed)
{
    static const int complexity[2] = {1, 4};
    shy_results r = {.version = "0", .metric_names = metric_names, .n_samples = 312, .n_formulas = 1234, .levels = 2, .front_count = 2};

    good(shy_new(2, sizeof *r.level, &r.level));
    good(shy_new(2, sizeof *r.front, &r.front));
    for (int l = 0; l < 2; l++) {
        r.level[l] = (shy_level){.complexity = complexity[l], .formulas = 2, .count = 1};
        good(shy_new(1, sizeof(shy_entry), &r.level[l].entry));
        shy_entry *e = &r.level[l].entry[0];
        *e = (shy_entry){.complexity = complexity[l], .metric = {0.8125, 100, 0.2}};
        e->formula = copy(l == 0 ? "weight" : "weight / height"), e->formula_short = copy(e->formula), e->unit = copy("");
        r.front[l] = e;
    }
    r.outcome = copy("ill"), r.outcome_kind = copy("binary"), r.outcome_unit = copy("");
    r.configuration = copy(""), r.cohort_path = copy(""), r.cohort_sha256 = copy(""), r.hardware = copy(""), r.versions = copy("");
    r.assessment = assessed ? make_record() : NULL;
    return r;
}

/* ---- a directory of its own --------------------------------------------------------------------------------------------- */

static char root[] = "/tmp/test_assessment.XXXXXX";

static const char *in(const char *name)
{
    static char path[4][512];
    static int next;
    next = (next + 1) % 4;
    snprintf(path[next], sizeof path[next], "%s/%s", root, name);
    return path[next];
}

static void write_out(bool assessed)
{
    shy_results r = make_results(assessed);
    int created;

    shy_error_clear();
    good(shy_output_check(in("out"), true, &created));
    good(shy_results_write(&r, in("out")));
    shy_results_free(&r);
}

static void remove_out(void)
{
    char command[128];

    snprintf(command, sizeof command, "rm -r %s/out", root);
    assert_int_equal(system(command), 0);
}

static const char *shown(int complexity)
{
    static char text[16384];
    FILE *stream = fmemopen(text, sizeof text, "w");

    good(shy_show(in("out"), complexity, stream));
    fclose(stream);
    return text;
}

static const json_t *at(const json_t *object, const char *key)
{
    return json_object_get(object, key);
}

/* ---- front.json ------------------------------------------------------------------------------------------------------------ */

static json_t *front_json(void)
{
    json_error_t error;
    json_t *document = json_load_file(in("out/front.json"), JSON_REJECT_DUPLICATES, &error);

    if (document == NULL) fail_msg("%s", error.text);
    return document;
}

static void json_has_all_of_it(void **state)
{
    (void)state;
    write_out(true);
    json_t *d = front_json();
    assert_string_equal(json_object_iter_key(json_object_iter(d)), "verdict");
    assert_string_equal(json_string_value(at(d, "verdict")), "No formula is distinguishable from chance.\nThe second line.");
    const json_t *nested = at(d, "nested"), *levels = at(nested, "levels"), *second = json_array_get(levels, 1);
    assert_true(json_is_true(at(nested, "larger_is_better")));
    assert_true(json_is_null(at(nested, "by")));
    assert_int_equal(json_array_size(levels), 2);
    assert_int_equal(json_integer_value(at(second, "complexity")), 4);
    assert_true(json_real_value(at(second, "mean")) == 0.75 - 0.03);
    assert_true(json_is_null(at(second, "error")));
    assert_string_equal(json_string_value(at(second, "formula")), "a \"b\"?"); /* a byte that is no text costs no results */
    assert_true(json_real_value(json_array_get(at(second, "fold"), 2)) == 0.73);
    assert_int_equal(json_array_size(at(json_array_get(levels, 0), "fold")), 2);
    assert_true(json_real_value(at(at(at(d, "p_search"), "front"), "p")) == 1.0 / 201.0);
    assert_true(json_is_null(at(at(at(d, "p_search"), "front"), "tail")));
    assert_true(json_real_value(at(at(json_array_get(at(at(d, "versus"), "contenders"), 0), "likelihood_ratio"), "chi2")) == 12.34);
    assert_int_equal(json_array_size(at(at(d, "calibration"), "curve")), 0);
    assert_int_equal(json_array_size(at(d, "front")), 2);
    json_decref(d);
}

static void without_an_assessment_nothing_is_said_of_it(void **state)
{
    static const char *const keys[] = {"verdict", "nested", "p_search", "stability", "versus", "calibration", "groups"};
    char line[512];

    (void)state;
    write_out(false);
    json_t *d = front_json();
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) assert_null(at(d, keys[k]));
    json_decref(d);
    FILE *file = fopen(in("out/front.tsv"), "r");
    assert_non_null(fgets(line, sizeof line, file));
    fclose(file);
    assert_null(strstr(line, "nested"));
    hid_t h5 = H5Fopen(in("out/results.h5"), H5F_ACC_RDONLY, H5P_DEFAULT);
    assert_true(H5Lexists(h5, "assessment", H5P_DEFAULT) == 0);
    H5Fclose(h5);
    assert_null(strstr(shown(0), "nested"));
    assert_null(strstr(shown(0), "held-out"));
    assert_non_null(strstr(shown(0), "The fit is apparent"));
}

/* ---- front.tsv, results.h5 ---------------------------------------------------------------------------------------------------- */

static void tsv_has_three_columns_more(void **state)
{
    char line[3][512];

    (void)state;
    write_out(true);
    FILE *file = fopen(in("out/front.tsv"), "r");
    for (int k = 0; k < 3; k++) assert_non_null(fgets(line[k], sizeof line[k], file));
    fclose(file);
    assert_non_null(strstr(line[0], "\tverdict\tnested\tnested_error\tp\n"));
    assert_non_null(strstr(line[1], "\tfitted\t0.75\t0.05\tNA\n"));
    assert_non_null(strstr(line[2], "\tfitted\t0.72\tNA\t0.25\n"));
}

static void read_set(hid_t file, const char *name, hid_t type, hsize_t rows, hsize_t width, void *values)
{
    hsize_t size[2] = {0, 0};
    hid_t set = H5Dopen2(file, name, H5P_DEFAULT), space = H5Dget_space(set);

    if (set < 0) fail_msg("%s", name);
    H5Sget_simple_extent_dims(space, size, NULL);
    assert_true(size[0] == rows && (width == 0 || size[1] == width));
    if (rows > 0) assert_true(H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    H5Sclose(space);
    H5Dclose(set);
}

static double attribute(hid_t file, const char *group, const char *name)
{
    double value = NAN;
    hid_t a = H5Aopen_by_name(file, group, name, H5P_DEFAULT, H5P_DEFAULT);

    if (a < 0) fail_msg("%s of %s", name, group);
    assert_true(H5Aread(a, H5T_NATIVE_DOUBLE, &value) >= 0);
    H5Aclose(a);
    return value;
}

static void hdf5_has_columns_groups_and_attributes(void **state)
{
    double fold[2][3], mean[2], delta[2];
    int64_t complexity[2];
    char *text[2][2] = {{NULL}};

    (void)state;
    write_out(true);
    hid_t file = H5Fopen(in("out/results.h5"), H5F_ACC_RDONLY, H5P_DEFAULT), type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, H5T_VARIABLE);
    H5Tset_cset(type, H5T_CSET_UTF8);
    read_set(file, "assessment/nested/levels/complexity", H5T_NATIVE_INT64, 2, 0, complexity);
    read_set(file, "assessment/nested/levels/mean", H5T_NATIVE_DOUBLE, 2, 0, mean);
    read_set(file, "assessment/nested/levels/fold", H5T_NATIVE_DOUBLE, 2, 3, fold);
    assert_true(complexity[1] == 4 && mean[0] == 0.75 && fold[0][1] == 0.8 && isnan(fold[0][2]) && fold[1][2] == 0.73);
    read_set(file, "assessment/nested/levels/formulas", type, 2, 2, text);
    assert_string_equal(text[0][1], ""); /* the first level has none */
    assert_string_equal(text[1][0], "x");
    assert_string_equal(text[1][1], "");
    for (int k = 0; k < 4; k++) H5free_memory(text[k / 2][k % 2]);
    read_set(file, "assessment/versus/contenders/delta", H5T_NATIVE_DOUBLE, 2, 0, delta);
    assert_true(delta[0] == -0.0421 && isnan(delta[1]));
    assert_true(attribute(file, "assessment/versus/contenders/0/likelihood_ratio", "chi2") == 12.34);
    assert_true(attribute(file, "assessment/versus/contenders/0/likelihood_ratio", "df") == 1.0);
    assert_true(H5Lexists(file, "assessment/versus/contenders/1", H5P_DEFAULT) == 0);
    assert_true(attribute(file, "assessment/nested", "larger_is_better") == 1.0);
    assert_true(isnan(attribute(file, "assessment/p_search/front", "tail")));
    read_set(file, "assessment/calibration/curve", H5T_NATIVE_DOUBLE, 0, 0, NULL);
    H5Tclose(type);
    H5Fclose(file);
}

/* ---- what people see -------------------------------------------------------------------------------------------------------------- */

static void what_is_shown_begins_with_the_verdict(void **state)
{
    (void)state;
    write_out(true);
    const char *text = shown(0), *compared = strstr(text, "Compared on held-out patients");
    assert_int_equal(strncmp(text, "No formula is distinguishable from chance.\nThe second line.\n\nOutcome ill (binary)", 78), 0);
    assert_non_null(strstr(text, "auc         nested     p  deviance"));
    assert_non_null(strstr(text, "0.8125  0.750 ± 0.050     -  100.0000"));
    assert_non_null(strstr(text, "0.8125          0.720  0.25  100.0000"));
    assert_non_null(compared);
    assert_non_null(strstr(compared, "chosen formula              0.742 ± 0.031\n"));
    assert_non_null(strstr(compared, "Mayo                        0.700 ± 0.020      -0.042  -0.080 to +0.010  0.12\n"));
    assert_non_null(strstr(compared, "elastic net (12.5 factors)  0.710 ± 0.020\n"));
    assert_non_null(strstr(text, "intercept\n-0.125, slope 0.500."));
    assert_non_null(strstr(text, "66 % (complexity 4). Halves are"));
    assert_null(strstr(text, "(complexity 5)"));
    assert_non_null(strstr(text, "albumin 98 %."));
    assert_non_null(strstr(text, "All other numbers beside a formula are apparent"));
    assert_non_null(strstr(text, "all, apparent  low      150       7  500 (321 to -)  1 (0.5 to 2)\n"));
    assert_non_null(strstr(text, "               high     162       7  500 (321 to -)  3 (1.5 to 6)\n"));
    assert_non_null(strstr(text, "held out       low      151"));
    assert_non_null(strstr(text, "Cut where the formula is 1.25 (p = 0.012, "));
    assert_non_null(strstr(text, "differ with p = 0.034."));
    assert_non_null(strstr(text, "risk  at 200  at 400  at 600  at 800\nlow    0.900   0.900   0.500   0.500\nhigh   0.900   0.900       -       -\n"));
    assert_null(strstr(text, " \n"));
    assert_null(strstr(shown(4), "nested")); /* that of a list's formulas is not known */
}

/* Whatever part is missing, or of another shape, the rest is shown. */
static void missing_parts_are_passed_over(void **state)
{
    static const char *const parts[] = {"verdict", "nested", "p_search", "stability", "versus", "calibration", "groups"};
    static const char *const odd[] = {"{}", "[]", "[1, \"a\", null, {}]", "{\"levels\": 1, \"front\": {}, \"factors\": [1], \"contenders\": [1, {}], \"apparent\": [], \"held_out\": {\"group\": [1, {\"kaplan_meier\": {\"time\": [null, 1]}}]}}", "null", "0.5", "\"text\""};

    (void)state;
    for (size_t p = 0; p < sizeof parts / sizeof *parts; p++)
        for (size_t k = 0; k <= sizeof odd / sizeof *odd; k++) {
            write_out(true);
            json_t *d = front_json();
            json_object_del(d, parts[p]);
            if (k > 0) json_object_set_new(d, parts[p], json_loads(odd[k - 1], JSON_DECODE_ANY, NULL));
            assert_int_equal(json_dump_file(d, in("out/front.json"), 0), 0);
            json_decref(d);
            const char *text = shown(0);
            assert_non_null(strstr(text, "weight / height"));
            assert_non_null(strstr(text, "How to read it"));
        }
}

/* ---- several targets ------------------------------------------------------------------------------------------------------------------ */

static void targets_say_what_each_is_worth(void **state)
{
    shy_results r[2] = {make_results(true), make_results(false)};
    char line[8][256];
    int lines = 0, created;
    json_error_t error;

    (void)state;
    r[0].target = copy("1y"), r[1].target = copy("5y");
    shy_error_clear();
    good(shy_output_check(in("out"), true, &created));
    good(shy_targets_write(r, 2, in("out")));
    FILE *file = fopen(in("out/factors.tsv"), "r");
    while (lines < 8 && fgets(line[lines], sizeof line[lines], file) != NULL) lines++;
    fclose(file);
    assert_int_equal(lines, 4);
    assert_string_equal(line[1], "(nested)\t0.7421\tNA\n");
    assert_string_equal(line[2], "(nested_error)\t0.0312\tNA\n");
    assert_int_equal(strncmp(line[3], "(p)\t0.00497", 11), 0);
    json_t *d = json_load_file(in("out/targets.json"), JSON_REJECT_DUPLICATES, &error), *targets = json_object_get(d, "targets");
    const json_t *first = json_array_get(targets, 0);
    assert_true(json_real_value(at(at(first, "nested"), "mean")) == 0.7421);
    assert_string_equal(json_string_value(at(at(first, "nested"), "metric")), "auc");
    assert_true(json_real_value(at(first, "p")) == 1.0 / 201.0);
    assert_null(at(json_array_get(targets, 1), "nested"));
    json_decref(d);
    const char *text = shown(0);
    assert_non_null(strstr(text, "1y      auc      0.742 ± 0.031  0.005\n"));
    for (int k = 0; k < 2; k++) shy_results_free(&r[k]);
    remove_out();
}

/* ---- failures ---------------------------------------------------------------------------------------------------------------------------- */

static void every_allocation_that_fails_is_a_failure(void **state)
{
    shy_results r = make_results(true);
    const uint64_t before = shy_memory_in_use();
    uint64_t nth = 1;
    shy_status st = SHY_MEMORY;

    (void)state;
    write_out(true);
    for (; st != SHY_OK && nth < 2000; nth++) {
        shy_error_clear();
        shy_memory_fail_at(nth);
        st = shy_results_write(&r, in("out"));
        shy_memory_fail_at(0);
        assert_true(st == SHY_OK || st == SHY_MEMORY);
        assert_true(shy_memory_in_use() == before);
    }
    assert_true(nth > 30 && st == SHY_OK);
    shy_results_free(&r);
    shy_error_clear();
}

static int make_root(void **state)
{
    (void)state;
    return mkdtemp(root) == NULL ? -1 : 0;
}

static int remove_root(void **state)
{
    char command[128];

    (void)state;
    snprintf(command, sizeof command, "rm -r %s", root);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_has_all_of_it),
        cmocka_unit_test(without_an_assessment_nothing_is_said_of_it),
        cmocka_unit_test(tsv_has_three_columns_more),
        cmocka_unit_test(hdf5_has_columns_groups_and_attributes),
        cmocka_unit_test(what_is_shown_begins_with_the_verdict),
        cmocka_unit_test(missing_parts_are_passed_over),
        cmocka_unit_test(every_allocation_that_fails_is_a_failure),
        cmocka_unit_test(targets_say_what_each_is_worth),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
