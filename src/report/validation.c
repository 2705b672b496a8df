/* validation.c: formulas on another cohort, as a file for programs and as tables for people. */
#include "shy_config.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "report_impl.h"

/* ---- the file ----------------------------------------------------------------------------------------------------------- */

shy_status shy_validation_check(const char *path, bool overwrite)
{
    if (*path == '\0' || path[strlen(path) - 1] == '/') return shy_fail(SHY_INPUT, "-o \"%s\" is not the name of a file.", path);
    if (!overwrite && access(path, F_OK) == 0)
        return shy_fail(SHY_INPUT, "%s: is there already. Choose another file with -o, or replace it with --overwrite.", path);
    return SHY_OK;
}

shy_status shy_validation_write(const shy_record *record, const char *path)
{
    shy_status st = SHY_OK;
    shy_buffer buffer = {0};
    char *directory = NULL;
    const char *slash = strrchr(path, '/');
    json_t *document = json_object();

    if (document == NULL || !shy_json_add_record(document, record)) SHY_TRY(shy_fail(SHY_MEMORY, "There is not enough memory to write %s.", path));
    shy_json_text(document, &buffer);
    SHY_TRY(buffer.status);
    SHY_TRY(shy_string_format(&directory, "%.*s", slash == NULL ? 1 : slash == path ? 1 : (int)(slash - path), slash == NULL ? "." : path));
    SHY_TRY(shy_report_put(directory, slash == NULL ? path : slash + 1, &buffer));
out:
    json_decref(document);
    shy_buffer_free(&buffer);
    shy_free(&directory);
    return st;
}

/* ---- cells ---------------------------------------------------------------------------------------------------------------- */

/* "0.812 (0.760 to 0.864)" */
static void estimate_cell(shy_table *table, const json_t *estimate)
{
    const json_t *value = json_object_get(estimate, "value"), *low = json_object_get(estimate, "low"), *high = json_object_get(estimate, "high");
    char text[96] = "-";

    if (json_is_number(value) && json_is_number(low) && json_is_number(high))
        snprintf(text, sizeof text, "%.4g (%.4g to %.4g)", json_number_value(value), json_number_value(low), json_number_value(high));
    else if (json_is_number(value)) snprintf(text, sizeof text, "%.4g", json_number_value(value));
    shy_table_cell(table, text);
}

static void count_cell(shy_table *table, const json_t *formula, const char *key)
{
    char text[32] = "-";

    if (json_is_integer(json_object_get(formula, key))) shy_text_thousands(shy_json_count(formula, key), text);
    shy_table_cell(table, text);
}

static void complexity_cell(shy_table *table, const json_t *formula)
{
    char text[24];

    snprintf(text, sizeof text, "%" PRIu64, shy_json_count(formula, "complexity"));
    shy_table_cell(table, text);
}

/* The first formula that was judged: what it has all have. */
static const json_t *first_judged(const json_t *formulas)
{
    size_t k;
    json_t *formula;

    json_array_foreach(formulas, k, formula)
        if (json_object_size(json_object_get(formula, "metrics")) > 0) return formula;
    return NULL;
}

/* ---- tables ----------------------------------------------------------------------------------------------------------------- */

static shy_status print_measures(const json_t *formulas, FILE *stream)
{
    shy_table table = {0};
    const json_t *metrics = json_object_get(first_judged(formulas), "metrics");
    const char *name;
    size_t k;
    json_t *formula, *metric;

    shy_table_column(&table, "complexity", true);
    shy_table_column(&table, "formula", false);
    shy_table_column(&table, "samples", true);
    json_object_foreach((json_t *)(uintptr_t)metrics, name, metric) shy_table_column(&table, name, true);
    json_array_foreach(formulas, k, formula)
    {
        complexity_cell(&table, formula);
        shy_table_cell(&table, shy_json_word(formula, "formula"));
        count_cell(&table, formula, "samples");
        json_object_foreach((json_t *)(uintptr_t)metrics, name, metric) estimate_cell(&table, json_object_get(json_object_get(formula, "metrics"), name));
    }
    const shy_status st = shy_table_print(&table, stream);
    shy_table_free(&table);
    return st;
}

static shy_status print_calibration(const json_t *formulas, FILE *stream)
{
    static const char *const names[] = {"intercept", "slope"};
    shy_table table = {0};
    const json_t *calibration = json_object_get(first_judged(formulas), "calibration");
    size_t k;
    json_t *formula;
    bool given[2], ici = json_is_number(json_object_get(calibration, "ici"));

    for (int i = 0; i < 2; i++) given[i] = json_is_object(json_object_get(calibration, names[i]));
    if (!given[0] && !given[1] && !ici) return SHY_OK;
    fputs("\nCalibration (right are intercept 0 and slope 1; a slope below 1 means predictions that are too extreme):\n\n", stream);
    shy_table_column(&table, "complexity", true);
    for (int i = 0; i < 2; i++)
        if (given[i]) shy_table_column(&table, names[i], true);
    if (ici) shy_table_column(&table, "ici", true);
    json_array_foreach(formulas, k, formula)
    {
        const json_t *of = json_object_get(formula, "calibration");
        if (of == NULL) continue;
        complexity_cell(&table, formula);
        for (int i = 0; i < 2; i++)
            if (given[i]) estimate_cell(&table, json_object_get(of, names[i]));
        if (ici) shy_cell_number(&table, json_object_get(of, "ici"), 3);
    }
    const shy_status st = shy_table_print(&table, stream);
    shy_table_free(&table);
    return st;
}

static shy_status print_classification(const json_t *formulas, FILE *stream)
{
    shy_table table = {0};
    size_t k, i;
    json_t *formula, *at;

    if (json_array_size(json_object_get(first_judged(formulas), "classification")) == 0) return SHY_OK;
    fputs("\nCalled positive from a probability on:\n\n", stream);
    shy_table_column(&table, "complexity", true);
    shy_table_column(&table, "probability", true);
    shy_table_column(&table, "which is", false);
    shy_table_column(&table, "errors", true);
    shy_table_column(&table, "sensitivity", true);
    shy_table_column(&table, "specificity", true);
    json_array_foreach(formulas, k, formula) json_array_foreach(json_object_get(formula, "classification"), i, at)
    {
        complexity_cell(&table, formula);
        shy_cell_number(&table, json_object_get(at, "threshold"), 4);
        shy_table_cell(&table, shy_json_word(at, "at"));
        shy_cell_number(&table, json_object_get(at, "errors"), 6);
        estimate_cell(&table, json_object_get(at, "sensitivity"));
        estimate_cell(&table, json_object_get(at, "specificity"));
    }
    const shy_status st = shy_table_print(&table, stream);
    shy_table_free(&table);
    return st;
}

/* ---- sentences ---------------------------------------------------------------------------------------------------------------- */

static void say(FILE *stream, shy_buffer *text)
{
    if (text->status == SHY_OK && text->count > 0) shy_report_paragraph(text->bytes, stream);
    shy_buffer_free(text);
}

static void print_passed_over(const json_t *formula, FILE *stream)
{
    const json_t *columns = json_object_get(formula, "missing_columns");
    shy_buffer text = {0};
    size_t k;
    json_t *column;

    if (json_array_size(columns) == 0) return;
    shy_buffer_format(&text, "The formula of complexity %" PRIu64 " cannot be computed: the cohort has no column", shy_json_count(formula, "complexity"));
    json_array_foreach(columns, k, column) shy_buffer_format(&text, "%s %s", k > 0 ? "," : "", json_string_value(column));
    shy_buffer_text(&text, ".");
    say(stream, &text);
}

static void print_counts(const json_t *formula, FILE *stream)
{
    static const char *const keys[] = {"missing", "undefined", "outside"};
    static const char *const means[] = {"without a value, and so without a prediction", "with values for which it is not defined",
                                        "predicted from a value or level beyond those that the run saw"};
    shy_buffer text = {0};
    char count[32];
    int said = 0;

    for (int k = 0; k < 3; k++) {
        if (shy_json_count(formula, keys[k]) == 0) continue;
        if (said == 0) shy_buffer_format(&text, "Complexity %" PRIu64 ":", shy_json_count(formula, "complexity"));
        shy_buffer_format(&text, "%s %s sample%s %s", said++ > 0 ? "," : "", shy_text_thousands(shy_json_count(formula, keys[k]), count),
                          shy_json_count(formula, keys[k]) == 1 ? "" : "s", means[k]);
    }
    if (said > 0) shy_buffer_text(&text, ".");
    say(stream, &text);
}

static void print_units(const json_t *document, FILE *stream)
{
    size_t k;
    json_t *column;

    json_array_foreach(json_object_get(document, "units_not_known"), k, column)
    {
        shy_buffer text = {0};
        const char *ours = shy_json_word(column, "unit_of_run"), *theirs = shy_json_word(column, "unit");
        shy_buffer_format(&text, "The unit of %s is not known in %s; it is taken to be %s.", shy_json_word(column, "column"), *ours ? "this cohort" : "the run",
                          *ours ? ours : theirs);
        say(stream, &text);
    }
}

static shy_status print_target(const json_t *target, bool several, FILE *stream)
{
    shy_status st = SHY_OK;
    const json_t *formulas = json_object_get(target, "formulas");
    size_t k;
    json_t *formula;
    char samples[32];

    if (several) fprintf(stream, "=== %s ===\n", shy_json_word(target, "name"));
    fprintf(stream, "Outcome %s (%s): %s samples.\n\n", shy_json_word(target, "outcome"), shy_json_word(target, "outcome_kind"),
            shy_text_thousands(shy_json_count(target, "samples"), samples));
    SHY_TRY(print_measures(formulas, stream));
    SHY_TRY(print_calibration(formulas, stream));
    SHY_TRY(print_classification(formulas, stream));
    fputs("\n", stream);
    json_array_foreach(formulas, k, formula)
    {
        print_passed_over(formula, stream);
        print_counts(formula, stream);
    }
out:
    return st;
}

shy_status shy_validation_print(const shy_record *record, FILE *stream)
{
    shy_status st = SHY_OK;
    size_t k;
    json_t *document = json_object(), *target;

    if (document == NULL || !shy_json_add_record(document, record)) SHY_TRY(shy_fail(SHY_MEMORY, "There is not enough memory to print the numbers."));
    const json_t *targets = json_object_get(document, "targets");
    json_array_foreach(targets, k, target) SHY_TRY(print_target(target, json_array_size(targets) > 1, stream));
    print_units(document, stream);
    fputs("In brackets: 95 % intervals.\n", stream);
out:
    json_decref(document);
    return st;
}
