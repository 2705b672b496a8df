/* test_report.c: results written and read back by other readers: jansson, HDF5, a line-by-line look; and what fails. */
#include "shy_config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <hdf5.h>
#include <jansson.h>
#include <math.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shihyo/report.h"

static const char *const metric_names[] = {"r2", "rmse", NULL};

/* ---- results made by hand -------------------------------------------------------------------------------------------- */

static char *copy(const char *text)
{
    char *out = NULL;
    assert_int_equal(shy_string_copy(text, &out), SHY_OK);
    return out;
}

static char **copies(int count, const char *const *list)
{
    char **out = NULL;
    assert_int_equal(shy_new((size_t)count, sizeof *out, &out), SHY_OK);
    for (int i = 0; i < count; i++)
        out[i] = copy(list[i]);
    return out;
}

static shy_entry entry_of(int complexity, const char *formula, int factors, const char *const *names, double r2)
{
    shy_entry e = {.complexity = complexity,
                   .factors_count = factors,
                   .intercept = 0.1,
                   .slope = -1.0 / 3,
                   .statistic = r2,
                   .loss = 1 - r2,
                   .metric = {r2, 0.1 + 0.2}};
    e.formula = copy(formula);
    e.formula_short = copy(formula);
    e.unit = copy("kg/m2");
    e.factors = copies(factors, names);
    e.twins = copies(0, NULL);
    return e;
}

/* Level 1 has two formulas, 2 none, 3 one that could not be fitted, 4 one with constants and twins. */
static shy_results make_results(void)
{
    static const char *const plain[] = {"weight"}, *const odd[] = {"体重 \"kg\"\t\\", "x\ny"},
                             *const twins[] = {"`a b` / c", "\"q\""};
    shy_results r = {.version = "0",
                     .metric_names = metric_names,
                     .n_cohort = 20,
                     .n_filtered = 15,
                     .n_samples = 12588,
                     .factors_offered = 3,
                     .factors_used = 2,
                     .n_formulas = 1234567,
                     .levels = 4,
                     .front_count = 2,
                     .seed = 1,
                     .ranks = 2,
                     .groups = 2,
                     .row_blocks = 1,
                     .seconds = 1.5};

    assert_int_equal(shy_new(4, sizeof *r.level, &r.level), SHY_OK);
    for (int l = 0; l < 4; l++) {
        static const int counts[] = {2, 0, 1, 1};
        r.level[l] = (shy_level){.complexity = l + 1, .formulas = (uint64_t)l * 1000 + 2, .count = counts[l]};
        assert_int_equal(shy_new((size_t)counts[l], sizeof(shy_entry), &r.level[l].entry), SHY_OK);
    }
    r.level[0].entry[0] = entry_of(1, "weight", 1, plain, 0.5);
    r.level[0].entry[1] = entry_of(1, "`体重 \"kg\"\t\\`", 2, odd, 0.25);
    r.level[2].entry[0] = entry_of(3, "weight * weight", 1, plain, NAN);
    r.level[2].entry[0].verdict = SHY_SEPARATED;
    r.level[2].entry[0].intercept = INFINITY;
    r.level[3].entry[0] = entry_of(4, "(140.00000000000003 - weight) * 1e-300", 1, plain, 0.99999);
    if (shy_string_copy("(140 - weight) * 1e-300", &r.level[3].entry[0].rounded) != SHY_OK) abort();
    r.level[3].entry[0].rounded_loss = 0.25, r.level[3].entry[0].rounded_slope = -2.5;
    r.level[3].entry[0].rounded_metric[0] = 0.7531;
    r.level[3].entry[0].constants_count = 2;
    r.level[3].entry[0].constants[0] = 140.00000000000003, r.level[3].entry[0].constants[1] = 1e-300;
    r.level[3].entry[0].twins_count = 7, r.level[3].entry[0].twins_listed = 2;
    shy_free(&r.level[3].entry[0].twins);
    r.level[3].entry[0].twins = copies(2, twins);
    assert_int_equal(shy_new(2, sizeof *r.front, &r.front), SHY_OK);
    r.front[0] = &r.level[0].entry[0], r.front[1] = &r.level[3].entry[0];
    r.outcome = copy("bmi"), r.outcome_kind = copy("continuous"), r.outcome_unit = copy("kg/m2");
    r.notes_count = 1, r.notes = copies(1, (const char *const[]){"a note with \"quotes\""});
    r.configuration = copy("cohort: c.h5\n"), r.cohort_path = copy("c.h5"), r.cohort_sha256 = copy("00");
    r.hardware = copy("a machine"), r.versions = copy("libraries");
    return r;
}

/* ---- a directory of its own ------------------------------------------------------------------------------------------- */

static char root[] = "/tmp/test_report.XXXXXX";
static char base[64];

static const char *in(const char *name)
{
    static char path[4][1024];
    static int next;
    next = (next + 1) % 4;
    snprintf(path[next], sizeof path[next], "%s/%s", base, name);
    return path[next];
}

/* Everything in a directory as one text, "name size, ", sorted by name. */
static char *listing(const char *directory, char *text, size_t size)
{
    struct dirent **names = NULL;
    int count = scandir(directory, &names, NULL, alphasort);
    size_t used = 0;

    text[0] = '\0';
    for (int i = 0; i < count; i++) {
        if (strcmp(names[i]->d_name, ".") != 0 && strcmp(names[i]->d_name, "..") != 0)
            used += (size_t)snprintf(text + used, size - used, "%s ", names[i]->d_name);
        free(names[i]);
    }
    free(names);
    return text;
}

static char *contents(const char *path, size_t *length_out)
{
    FILE *file = fopen(path, "r");
    static char bytes[4][1 << 18];
    static int next;

    assert_non_null(file);
    next = (next + 1) % 4;
    *length_out = fread(bytes[next], 1, sizeof bytes[next] - 1, file);
    bytes[next][*length_out] = '\0';
    fclose(file);
    return bytes[next];
}

static void remove_results(const char *directory)
{
    static const char *const names[] = {"results.h5", "front.tsv", "front.json", "suppressed.json", "run.json"};
    char path[512];

    for (int i = 0; i < 5; i++) {
        snprintf(path, sizeof path, "%s/%s", directory, names[i]);
        unlink(path);
    }
    rmdir(directory);
}

static const char *written(void)
{
    const char *directory = in("out");
    shy_results r = make_results();
    int created = 0;

    shy_error_clear();
    assert_int_equal(shy_output_check(directory, true, &created), SHY_OK);
    if (shy_results_write(&r, directory) != SHY_OK) fail_msg("%s", shy_error_message());
    shy_results_free(&r);
    return directory;
}

/* ---- what is written ------------------------------------------------------------------------------------------------- */

static void the_directory_holds_the_five_files_and_nothing_else(void **state)
{
    char text[512];

    (void)state;
    written();
    assert_string_equal(listing(in("out"), text, sizeof text), "front.json front.tsv results.h5 run.json suppressed.json ");
}

static void json_reads_back(void **state)
{
    json_error_t error;
    char path[512];

    (void)state;
    snprintf(path, sizeof path, "%s/front.json", written());
    json_t *d = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (d == NULL) fail_msg("%s", error.text);
    assert_string_equal(json_string_value(json_object_get(d, "outcome")), "bmi");
    assert_true(json_is_null(json_object_get(d, "positive")));
    assert_int_equal(json_integer_value(json_object_get(d, "n_samples")), 12588);
    assert_int_equal(json_integer_value(json_object_get(d, "n_formulas")), 1234567);
    const json_t *front = json_object_get(d, "front"), *best = json_object_get(d, "best");
    assert_int_equal(json_array_size(front), 2);
    assert_int_equal(json_object_size(best), 4);
    assert_int_equal(json_array_size(json_object_get(best, "1")), 2);
    assert_int_equal(json_array_size(json_object_get(best, "2")), 0);
    assert_true(json_is_array(json_object_get(best, "2")));
    const json_t *odd = json_array_get(json_object_get(best, "1"), 1);
    assert_string_equal(json_string_value(json_object_get(odd, "formula")), "`体重 \"kg\"\t\\`");
    assert_string_equal(json_string_value(json_array_get(json_object_get(odd, "factors"), 1)), "x\ny");
    const json_t *last = json_array_get(front, 1);
    assert_true(json_real_value(json_array_get(json_object_get(last, "constants"), 0)) == 140.00000000000003);
    assert_true(json_real_value(json_array_get(json_object_get(last, "constants"), 1)) == 1e-300);
    assert_true(json_real_value(json_object_get(last, "slope")) == -1.0 / 3);
    assert_true(json_real_value(json_object_get(json_object_get(last, "metrics"), "rmse")) == 0.1 + 0.2);
    assert_string_equal(json_string_value(json_array_get(json_object_get(last, "twins"), 0)), "`a b` / c");
    assert_null(json_object_get(last, "verdict"));
    const json_t *rounded = json_object_get(last, "rounded");
    assert_string_equal(json_string_value(json_object_get(rounded, "formula")), "(140 - weight) * 1e-300");
    assert_true(json_real_value(json_object_get(rounded, "loss")) == 0.25 && json_real_value(json_object_get(rounded, "slope")) == -2.5);
    assert_true(json_real_value(json_object_get(json_object_get(rounded, "metrics"), "r2")) == 0.7531);
    assert_null(json_object_get(json_array_get(front, 0), "rounded"));
    const json_t *unfitted = json_array_get(json_object_get(best, "3"), 0);
    assert_string_equal(json_string_value(json_object_get(unfitted, "verdict")), "separated");
    assert_true(json_is_null(json_object_get(unfitted, "loss")));
    assert_true(json_is_null(json_object_get(unfitted, "intercept")));
    json_decref(d);
}

static void json_is_short_and_has_no_nan(void **state)
{
    char path[512];
    size_t length;

    (void)state;
    snprintf(path, sizeof path, "%s/front.json", written());
    const char *text = contents(path, &length);
    assert_non_null(strstr(text, "\"intercept\": 0.1,"));
    assert_non_null(strstr(text, "0.30000000000000004"));
    assert_null(strstr(text, "nan"));
    assert_null(strstr(text, "NaN"));
    assert_null(strstr(text, "inf"));
}

static void tsv_has_a_row_per_formula_of_the_front(void **state)
{
    char path[512], *line, *rest;
    size_t length;
    int rows = 0;

    (void)state;
    snprintf(path, sizeof path, "%s/front.tsv", written());
    rest = contents(path, &length);
    while ((line = strsep(&rest, "\n")) != NULL && *line != '\0') {
        int cells = 1;
        for (const char *p = line; (p = strchr(p, '\t')) != NULL; p++)
            cells++;
        assert_int_equal(cells, 13);
        if (rows == 0) assert_int_equal(strncmp(line, "complexity\tformula\tr2\trmse\tintercept\tslope\t", 41), 0);
        if (rows == 1) assert_int_equal(strncmp(line, "1\tweight\t0.5\t0.30000000000000004\t0.1\t", 37), 0);
        rows++;
    }
    assert_int_equal(rows, 3);
}

static hsize_t length_of(hid_t set, int dimension)
{
    hsize_t size[2] = {0, 0};
    hid_t space = H5Dget_space(set);
    H5Sget_simple_extent_dims(space, size, NULL);
    H5Sclose(space);
    return size[dimension];
}

static void hdf5_reads_back(void **state)
{
    char path[512], *formula[4] = {0};
    double constants[4][SHY_CONSTANTS_SHOWN], r2[4];
    int32_t complexity[4];

    (void)state;
    snprintf(path, sizeof path, "%s/results.h5", written());
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    assert_true(file >= 0);
    hid_t set = H5Dopen2(file, "best/complexity", H5P_DEFAULT);
    assert_int_equal(length_of(set, 0), 4);
    assert_true(H5Dread(set, H5T_NATIVE_INT32, H5S_ALL, H5S_ALL, H5P_DEFAULT, complexity) >= 0);
    assert_int_equal(complexity[2], 3);
    H5Dclose(set);
    set = H5Dopen2(file, "best/constants", H5P_DEFAULT);
    assert_int_equal(length_of(set, 1), SHY_CONSTANTS_SHOWN);
    assert_true(H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, constants) >= 0);
    assert_true(constants[3][0] == 140.00000000000003 && constants[3][1] == 1e-300 && isnan(constants[3][2]) &&
                isnan(constants[0][0]));
    H5Dclose(set);
    set = H5Dopen2(file, "best/r2", H5P_DEFAULT);
    assert_true(H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, r2) >= 0);
    assert_true(r2[0] == 0.5 && isnan(r2[2]));
    H5Dclose(set);
    set = H5Dopen2(file, "best/formula", H5P_DEFAULT);
    hid_t type = H5Dget_type(set), space = H5Dget_space(set);
    assert_true(H5Tis_variable_str(type) > 0);
    assert_int_equal(H5Tget_cset(type), H5T_CSET_UTF8);
    assert_true(H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, formula) >= 0);
    assert_string_equal(formula[1], "`体重 \"kg\"\t\\`");
    H5Dvlen_reclaim(type, space, H5P_DEFAULT, formula);
    H5Sclose(space);
    H5Tclose(type);
    H5Dclose(set);
    H5Fclose(file);
}

/* ---- a part of the samples was screened -------------------------------------------------------------------------------- */

static double number_at(hid_t object, const char *name)
{
    double value = NAN;
    hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
    assert_true(attribute >= 0);
    assert_true(H5Aread(attribute, H5T_NATIVE_DOUBLE, &value) >= 0);
    H5Aclose(attribute);
    return value;
}

static void expect_no_chance(const char *directory)
{
    char path[512];
    size_t length;

    snprintf(path, sizeof path, "%s/front.json", directory);
    const char *text = contents(path, &length);
    assert_null(strstr(text, "lost_chance"));
    assert_null(strstr(text, "n_screened"));
    snprintf(path, sizeof path, "%s/results.h5", directory);
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    assert_int_equal(H5Lexists(file, "front/lost_chance", H5P_DEFAULT), 0);
    assert_int_equal(H5Aexists(file, "lost_chance"), 0);
    H5Fclose(file);
}

static void a_part_that_was_screened_is_told_with_its_chance(void **state)
{
    char path[512];
    double chance[2];
    json_error_t error;

    (void)state;
    expect_no_chance(written());
    remove_results(in("out"));
    shy_results r = make_results();
    r.n_screened = 1024, r.lost_chance = 0.25;
    r.level[3].entry[0].lost_chance = 0.25, r.level[0].entry[1].lost_chance = 0.5;
    int created;
    assert_int_equal(shy_output_check(in("out"), false, &created), SHY_OK);
    assert_int_equal(shy_results_write(&r, in("out")), SHY_OK);
    shy_results_free(&r);
    snprintf(path, sizeof path, "%s/front.json", in("out"));
    json_t *d = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    assert_int_equal(json_integer_value(json_object_get(d, "n_screened")), 1024);
    assert_true(json_real_value(json_object_get(d, "lost_chance")) == 0.25);
    json_t *last = json_array_get(json_object_get(d, "front"), 1), *first = json_array_get(json_object_get(d, "front"), 0);
    assert_true(json_real_value(json_object_get(last, "lost_chance")) == 0.25);
    assert_true(json_is_real(json_object_get(first, "lost_chance")));
    json_decref(d);
    snprintf(path, sizeof path, "%s/results.h5", in("out"));
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT), set = H5Dopen2(file, "front/lost_chance", H5P_DEFAULT);
    assert_true(H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, chance) >= 0);
    assert_true(chance[0] == 0.0 && chance[1] == 0.25);
    assert_true(number_at(file, "n_screened") == 1024.0 && number_at(file, "lost_chance") == 0.25);
    H5Dclose(set);
    H5Fclose(file);
    remove_results(in("out"));
}

/* The chance is never less than it is, and an empty front has none. */
static void chances_are_rounded_up(void **state)
{
    static const struct {
        double chance;
        const char *end;
    } cases[] = {{0.003, "at most 0.3 %."},   {0.00301, "at most 0.31 %."}, {0.0, "at most 0.01 %."}, {1e-9, "at most 0.01 %."},
                 {0.0512, "at most 5.2 %."},  {0.1201, "at most 13 %."},    {0.99999, "at most 100 %."}, {1.0, "at most 100 %."},
                 {NAN, "exhaustive on all of them."}};
    char text[SHY_SENTENCE_ROOM];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *sentence = shy_screening_sentence(1024, 500000, cases[i].chance, text);
        assert_non_null(strstr(sentence, "Screened on 1,024 of 500,000 samples"));
        assert_string_equal(sentence + strlen(sentence) - strlen(cases[i].end), cases[i].end);
    }
}

/* Two runs that differ in ranks and time alone give the same front.json and front.tsv, and the same results.h5 outside /run. */
static void files_do_not_depend_on_ranks_or_time(void **state)
{
    char path[512];
    size_t a, b;
    const char *name[] = {"front.json", "front.tsv"};

    (void)state;
    written();
    shy_results r = make_results();
    int created;
    r.ranks = 5, r.groups = 1, r.row_blocks = 5, r.seconds = 99;
    assert_int_equal(shy_output_check(in("other"), false, &created), SHY_OK);
    assert_int_equal(shy_results_write(&r, in("other")), SHY_OK);
    shy_results_free(&r);
    for (int f = 0; f < 2; f++) {
        snprintf(path, sizeof path, "out/%s", name[f]);
        const char *first = contents(in(path), &a);
        snprintf(path, sizeof path, "other/%s", name[f]);
        const char *second = contents(in(path), &b);
        assert_int_equal(a, b);
        assert_memory_equal(first, second, a);
    }
    remove_results(in("other"));
}

static void the_same_results_give_the_same_bytes(void **state)
{
    size_t a, b;

    (void)state;
    written();
    const char *first = contents(in("out/results.h5"), &a);
    sleep(1); /* a time stamp in the file would show */
    written();
    const char *second = contents(in("out/results.h5"), &b);
    assert_int_equal(a, b);
    assert_memory_equal(first, second, a);
}

/* Python's h5py in two lines, where it is installed. */
static void python_reads_it(void **state)
{
    char command[1024];

    (void)state;
    if (system("/usr/bin/python3 -c 'import h5py' 2>/dev/null") != 0) skip();
    snprintf(
        command, sizeof command,
        "/usr/bin/python3 -c 'import h5py, json\n"
        "f = h5py.File(\"%s/results.h5\")\n"
        "assert list(f[\"front/formula\"].asstr()[:]) == [\"weight\", \"(140.00000000000003 - weight) * 1e-300\"]\n"
        "assert list(f[\"front/twins\"].asstr()[1]) == [\"`a b` / c\", \"\\\"q\\\"\"]\n"
        "assert list(f[\"levels/formulas\"][:]) == [2, 1002, 2002, 3002]\n"
        "assert f[\"run\"].attrs[\"ranks\"] == 2 and f.attrs[\"n_samples\"] == 12588\n"
        "d = json.load(open(\"%s/front.json\"))\n"
        "assert d[\"front\"][1][\"metrics\"][\"r2\"] == f[\"front/r2\"][1] == 0.99999\n"
        "assert json.load(open(\"%s/run.json\"))[\"ranks\"] == 2\n'",
        written(), in("out"), in("out"));
    assert_int_equal(system(command), 0);
}

static void empty_results_can_be_written(void **state)
{
    shy_results r = {.version = "0", .metric_names = metric_names};
    int created;
    FILE *stream = fopen("/dev/null", "w");

    (void)state;
    shy_error_clear();
    assert_int_equal(shy_output_check(in("empty"), false, &created), SHY_OK);
    if (shy_results_write(&r, in("empty")) != SHY_OK) fail_msg("%s", shy_error_message());
    assert_int_equal(shy_show(in("empty"), 0, stream), SHY_OK);
    assert_int_equal(shy_show(in("empty"), -1, stream), SHY_OK);
    fclose(stream);
    remove_results(in("empty"));
}

/* ---- what people see -------------------------------------------------------------------------------------------------- */

static const char *shown(int complexity)
{
    static char text[16384];
    FILE *stream = fmemopen(text, sizeof text, "w");

    shy_error_clear();
    if (shy_show(written(), complexity, stream) != SHY_OK) fail_msg("%s", shy_error_message());
    fclose(stream);
    return text;
}

static void the_front_is_an_aligned_table_and_two_sentences(void **state)
{
    const char *text = shown(0), *heading = strstr(text, "#  complexity  formula"),
               *row = strstr(text, "\n2           4  (140");

    (void)state;
    assert_non_null(heading);
    assert_non_null(row);
    assert_non_null(strstr(text, "12,588 samples, 1,234,567 formulas"));
    assert_non_null(strstr(text, "How to read it"));
    assert_non_null(strstr(text, "With simple numbers"));
    assert_non_null(strstr(strstr(text, "With simple numbers"), "4  (140 - weight) * 1e-300  0.7531"));
    assert_non_null(strstr(text, "optimistic"));
    /* The column r2 ends at the same place in the heading and in the row. */
    assert_int_equal(strstr(heading, "r2") + 2 - heading, strstr(row + 1, "0.99999000") + 10 - (row + 1));
    assert_null(strstr(text, "         3  ")); /* not on the front */
    assert_null(strstr(text, " \n"));
}

static void lists_and_unknown_complexities(void **state)
{
    FILE *stream = fopen("/dev/null", "w");

    (void)state;
    assert_non_null(strstr(shown(3), "  separated\n"));
    assert_non_null(strstr(shown(3), "\nseparated: the formula orders the samples")); /* said once, below the table */
    assert_null(strstr(shown(2), "separated"));
    assert_null(strstr(shown(1), " \n"));
    assert_non_null(strstr(shown(2), "the best 0 of 1,002"));
    assert_non_null(strstr(shown(-1), "Complexity 4"));
    assert_null(strchr(shown(1), '\t')); /* control characters of a name stay out of the terminal */
    assert_int_equal(shy_show(in("out"), 9, stream), SHY_INPUT);
    assert_non_null(strstr(shy_error_message(), "no complexity 9"));
    shy_error_clear();
    assert_int_equal(shy_show(in("nowhere"), 0, stream), SHY_IO);
    shy_error_clear();
    fclose(stream);
}

/* A survival outcome with covariates, as a finished search left it: one formula of the grammar, and sums, which were not counted beforehand. */
static const char *const survival_front =
    "{\"outcome\": \"death\", \"outcome_kind\": \"survival\", \"n_samples\": 20000, \"n_formulas\": 4, \"metrics\": [\"c\", \"uno_c\", \"auc_t\", \"ibs\"],"
    " \"covariates\": [\"age\"], \"null\": {\"metrics\": {\"c\": 0.6, \"uno_c\": 0.6, \"auc_t\": 0.6, \"ibs\": 0.2}},"
    " \"formulas\": {\"1\": 4, \"2\": 0},"
    " \"front\": [{\"complexity\": 1, \"formula\": \"bili\", \"slope\": 1.5, \"unit\": \"\", \"gain\": 0.1, \"likelihood_ratio\": 12345.678,"
    " \"metrics\": {\"c\": 0.7, \"uno_c\": 0.69, \"auc_t\": 0.71, \"ibs\": 0.15}}],"
    " \"best\": {\"1\": [{\"complexity\": 1, \"formula\": \"bili\", \"slope\": 1.5, \"unit\": \"\", \"metrics\": {\"c\": 0.7}}],"
    " \"2\": [{\"complexity\": 2, \"formula\": \"bili - 2 * alb\", \"slope\": 1.5, \"unit\": \"\", \"metrics\": {\"c\": 0.7}}]}}";

static const char *shown_survival(int complexity)
{
    static char text[16384];
    FILE *stream = fmemopen(text, sizeof text, "w"), *file;

    assert_true(mkdir(in("survival"), 0777) == 0 || errno == EEXIST);
    file = fopen(in("survival/front.json"), "w");
    assert_non_null(file);
    fputs(survival_front, file);
    fclose(file);
    if (shy_show(in("survival"), complexity, stream) != SHY_OK) fail_msg("%s", shy_error_message());
    fclose(stream);
    unlink(in("survival/front.json"));
    rmdir(in("survival"));
    return text;
}

static void survival_shows_what_its_front_goes_by(void **state)
{
    const char *text = shown_survival(0);

    (void)state;
    assert_non_null(strstr(text, "Covariates: age; alone: c 0.6000, uno_c 0.6000"));
    assert_non_null(strstr(text, "c   uno_c   auc_t     ibs    gain       lr  slope\n"));
    assert_non_null(strstr(text, "0.1000  12345.7    1.5\n")); /* large numbers keep their digits */
    assert_non_null(strstr(text, "uno_c is the"));
    assert_non_null(strstr(text, "gain is"));
    assert_null(strstr(text, "rmse"));
}

static void sums_are_not_counted_among_formulas(void **state)
{
    (void)state;
    assert_non_null(strstr(shown_survival(1), "Complexity 1: the best 1 of 4 formulas\n"));
    assert_non_null(strstr(shown_survival(2), "Complexity 2: the best 1 found\n"));
}

static void texts_have_the_width_they_take(void **state)
{
    (void)state;
    assert_int_equal(shy_text_width("abc"), 3);
    assert_int_equal(shy_text_width("r\xc2\xb2"), 2);
    assert_int_equal(shy_text_width("体重"), 4);
    assert_int_equal(shy_text_width("e\xcc\x81"), 1);
    assert_int_equal(shy_text_width("\xf0\x9d\x9b\xbc"), 1);
    assert_int_equal(shy_text_width("\xff\xe4"), 2); /* stray bytes */
}

/* ---- what fails ------------------------------------------------------------------------------------------------------- */

static void refused_directories(void **state)
{
    int created = 1;
    char text[512];

    (void)state;
    written();
    shy_error_clear();
    assert_int_equal(shy_output_check(in("out"), false, &created), SHY_INPUT);
    assert_non_null(strstr(shy_error_message(), "--overwrite"));
    assert_int_equal(created, 0);
    shy_error_clear();
    assert_int_equal(shy_output_check(in("out"), true, &created), SHY_OK);
    assert_int_equal(created, 0);
    assert_int_equal(shy_output_check(in("out/run.json"), true, &created), SHY_IO);
    shy_error_clear();
    assert_int_equal(shy_output_check(in("out/run.json/below"), true, &created), SHY_IO);
    shy_error_clear();
    assert_int_equal(shy_output_check("/proc/nowhere", true, &created), SHY_IO);
    assert_non_null(strstr(shy_error_message(), "/proc/nowhere"));
    shy_error_clear();
    assert_int_equal(shy_output_check("", true, &created), SHY_INPUT);
    shy_error_clear();
    assert_int_equal(mkdir(in("odd"), 0777) | mkdir(in("odd/front.json"), 0777), 0);
    assert_int_equal(shy_output_check(in("odd"), true, &created), SHY_IO);
    shy_error_clear();
    assert_string_equal(listing(in("odd"), text, sizeof text), "front.json ");
    rmdir(in("odd/front.json"));
    rmdir(in("odd"));
}

static void a_new_directory_is_made_and_given_back(void **state)
{
    int created = 0;

    (void)state;
    assert_int_equal(shy_output_check(in("new/"), false, &created), SHY_OK);
    assert_int_equal(created, 1);
    shy_output_release(in("new/"), created);
    assert_int_not_equal(access(in("new"), F_OK), 0);
    assert_int_equal(shy_output_check(in("a/b/c"), false, &created), SHY_OK);
    assert_int_equal(created, 3);
    assert_int_equal(access(in("a/b/c"), F_OK), 0);
    shy_output_release(in("a/b/c"), created);
    assert_int_not_equal(access(in("a"), F_OK), 0);
    /* Names that stand for another directory are no directories of their own. */
    assert_int_equal(shy_output_check(in("a/.//b/../c//"), false, &created), SHY_OK);
    assert_int_equal(created, 3);
    shy_output_release(in("a/.//b/../c//"), created);
    assert_int_not_equal(access(in("a"), F_OK), 0);
    /* What holds something stays, and what was there before as well. */
    assert_int_equal(mkdir(in("a"), 0777), 0);
    assert_int_equal(shy_output_check(in("a/b/c"), false, &created), SHY_OK);
    assert_int_equal(created, 2);
    assert_int_equal(mkdir(in("a/b/other"), 0777), 0);
    shy_output_release(in("a/b/c"), created);
    assert_int_equal(access(in("a/b/other"), F_OK), 0);
    assert_int_equal(rmdir(in("a/b/other")) | rmdir(in("a/b")) | rmdir(in("a")), 0);
}

/* A limit on the size of files stands for a full disk: the write fails part of the way. */
static void a_full_disk_leaves_what_was_there(void **state)
{
    struct rlimit before, limit;
    size_t a, b;
    char names[512];
    int created;

    (void)state;
    written();
    const char *old = contents(in("out/front.json"), &a);
    shy_results r = make_results();
    r.n_formulas = 5;
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    for (rlim_t bytes = 0; bytes < 8192; bytes += 512) {
        limit = (struct rlimit){bytes, before.rlim_max};
        shy_error_clear();
        setrlimit(RLIMIT_FSIZE, &limit);
        shy_status st = shy_results_write(&r, in("out"));
        setrlimit(RLIMIT_FSIZE, &before);
        assert_int_equal(st, SHY_IO);
        assert_non_null(strstr(shy_error_message(), "results.h5: cannot be written"));
        assert_string_equal(listing(in("out"), names, sizeof names), "front.json front.tsv results.h5 run.json suppressed.json ");
    }
    limit = (struct rlimit){100, before.rlim_max};
    shy_error_clear();
    setrlimit(RLIMIT_FSIZE, &limit);
    shy_status st = shy_output_check(in("full"), false, &created);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(st, SHY_IO);
    assert_int_not_equal(access(in("full"), F_OK), 0);
    signal(SIGXFSZ, SIG_DFL);
    const char *now = contents(in("out/front.json"), &b);
    assert_int_equal(a, b);
    assert_memory_equal(old, now, a);
    shy_results_free(&r);
    shy_error_clear();
}

static void every_allocation_that_fails_is_a_failure(void **state)
{
    shy_results r = make_results();
    uint64_t before = shy_memory_in_use(), nth = 1;
    shy_status st = SHY_MEMORY;
    char names[512];

    (void)state;
    written();
    for (; st != SHY_OK && nth < 1000; nth++) {
        shy_error_clear();
        shy_memory_fail_at(nth);
        st = shy_results_write(&r, in("out"));
        shy_memory_fail_at(0);
        assert_true(st == SHY_OK || st == SHY_MEMORY);
        assert_true(shy_memory_in_use() == before);
        assert_string_equal(listing(in("out"), names, sizeof names), "front.json front.tsv results.h5 run.json suppressed.json ");
    }
    assert_true(nth > 20);
    shy_results_free(&r);
    shy_error_clear();
}

static void damaged_fronts_are_refused(void **state)
{
    static const char *const damaged[] = {
        "", "{", "[]", "{}", "{\"front\": 1, \"best\": {}, \"metrics\": []}", "{\"front\": [], \"best\": []}"};
    FILE *stream = fopen("/dev/null", "w");

    (void)state;
    mkdir(in("damaged"), 0777);
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
        FILE *file = fopen(in("damaged/front.json"), "w");
        fputs(damaged[i], file);
        fclose(file);
        shy_error_clear();
        assert_int_equal(shy_show(in("damaged"), 0, stream), SHY_INPUT);
        assert_non_null(strstr(shy_error_message(), "front.json"));
    }
    shy_error_clear();
    fclose(stream);
    remove_results(in("damaged"));
}

static int make_root(void **state)
{
    (void)state;
    if (mkdtemp(root) == NULL) return -1;
    snprintf(base, sizeof base, "%s", root);
    return 0;
}

static int remove_root(void **state)
{
    (void)state;
    remove_results(in("out"));
    return rmdir(base);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_directory_holds_the_five_files_and_nothing_else),
        cmocka_unit_test(json_reads_back),
        cmocka_unit_test(json_is_short_and_has_no_nan),
        cmocka_unit_test(tsv_has_a_row_per_formula_of_the_front),
        cmocka_unit_test(hdf5_reads_back),
        cmocka_unit_test(a_part_that_was_screened_is_told_with_its_chance),
        cmocka_unit_test(chances_are_rounded_up),
        cmocka_unit_test(files_do_not_depend_on_ranks_or_time),
        cmocka_unit_test(the_same_results_give_the_same_bytes),
        cmocka_unit_test(python_reads_it),
        cmocka_unit_test(empty_results_can_be_written),
        cmocka_unit_test(the_front_is_an_aligned_table_and_two_sentences),
        cmocka_unit_test(lists_and_unknown_complexities),
        cmocka_unit_test(survival_shows_what_its_front_goes_by),
        cmocka_unit_test(sums_are_not_counted_among_formulas),
        cmocka_unit_test(texts_have_the_width_they_take),
        cmocka_unit_test(refused_directories),
        cmocka_unit_test(a_new_directory_is_made_and_given_back),
        cmocka_unit_test(a_full_disk_leaves_what_was_there),
        cmocka_unit_test(every_allocation_that_fails_is_a_failure),
        cmocka_unit_test(damaged_fronts_are_refused),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
