/*
 * targets.c: results of several targets (horizons, outcomes): a directory for each, and beside them which factors enter where. Predictors of
 * early and of late events differ; this table shows it.
 */
#include "shy_config.h"

#include <string.h>

#include "report_impl.h"

/* ---- the table: factors × targets ------------------------------------------------------------------------------------------ */

typedef struct {
    const char *name;
    int *complexity; /* [targets]: of the simplest formula of the front that has it; 0: none */
    int targets;     /* in which it occurs */
    int first;       /* its place among all names as they came */
} factor_row;

typedef struct {
    const shy_results *results;
    int count;
    factor_row *row;
    int rows;
} table;

static void table_free(table *t)
{
    for (int r = 0; t->row != NULL && r < t->rows; r++)
        shy_free(&t->row[r].complexity);
    shy_free(&t->row);
}

static shy_status row_of(table *t, const char *name, factor_row **row_out)
{
    shy_status st = SHY_OK;

    for (int r = 0; r < t->rows; r++)
        if (strcmp(t->row[r].name, name) == 0) return *row_out = &t->row[r], SHY_OK;
    SHY_TRY(shy_grow((size_t)t->rows + 1U, sizeof *t->row, &t->row));
    t->row[t->rows] = (factor_row){.name = name, .first = t->rows};
    SHY_TRY(shy_new((size_t)t->count, sizeof(int), &t->row[t->rows].complexity));
    *row_out = &t->row[t->rows++];
out:
    return st;
}

/* In most targets first; then in the order of appearance: target by target, simple formulas first. */
static bool stands_before(const factor_row *a, const factor_row *b)
{
    return a->targets != b->targets ? a->targets > b->targets : a->first < b->first;
}

static void sort_rows(table *t)
{
    for (int r = 1; r < t->rows; r++)
        for (int k = r; k > 0 && stands_before(&t->row[k], &t->row[k - 1]); k--) {
            const factor_row swap = t->row[k];
            t->row[k] = t->row[k - 1];
            t->row[k - 1] = swap;
        }
}

static shy_status table_make(const shy_results *results, int count, table *t_out)
{
    shy_status st = SHY_OK;
    table t = {.results = results, .count = count};

    for (int k = 0; k < count; k++)
        for (int i = 0; i < results[k].front_count; i++)
            for (int f = 0; f < results[k].front[i]->factors_count; f++) {
                factor_row *row = NULL;
                SHY_TRY(row_of(&t, results[k].front[i]->factors[f], &row));
                if (row->complexity[k] != 0) continue;
                row->complexity[k] = results[k].front[i]->complexity;
                row->targets++;
            }
    sort_rows(&t);
    *t_out = t, t = (table){0};
out:
    table_free(&t);
    return st;
}

/* ---- files ---------------------------------------------------------------------------------------------------------------- */

/* The directory of a target: its name, as far as that may stand in a path. */
static shy_status subdirectory(const char *target, char **name_out)
{
    shy_status st = shy_string_copy(*target == '\0' || *target == '.' ? "target" : target, name_out);

    if (st != SHY_OK) return st;
    for (char *p = *name_out; *p != '\0'; p++)
        if (strchr("/\\ \t\n\r\"'*?<>|:", *p) != NULL) *p = '_';
    return SHY_OK;
}

static bool is_assessed(const table *t)
{
    for (int k = 0; k < t->count; k++)
        if (t->results[k].assessment != NULL) return true;
    return false;
}

/* A row of what is known of each target, in brackets, which no name of a factor begins with. */
static void assessed_row(const table *t, const char *name, const char *path, shy_buffer *buffer)
{
    shy_buffer_text(buffer, name);
    for (int k = 0; k < t->count; k++) shy_report_tsv_number(buffer, shy_assessed_number(t->results[k].assessment, path));
    shy_buffer_text(buffer, "\n");
}

static void factors_tsv(const table *t, shy_buffer *buffer)
{
    shy_buffer_text(buffer, "factor");
    for (int k = 0; k < t->count; k++) {
        shy_buffer_text(buffer, "\t");
        shy_report_tsv_name(buffer, t->results[k].target);
    }
    shy_buffer_text(buffer, "\n");
    for (int r = 0; r < t->rows; r++) {
        shy_report_tsv_name(buffer, t->row[r].name);
        for (int k = 0; k < t->count; k++) {
            if (t->row[r].complexity[k] > 0) shy_buffer_format(buffer, "\t%d", t->row[r].complexity[k]);
            else shy_buffer_text(buffer, "\tNA");
        }
        shy_buffer_text(buffer, "\n");
    }
    if (!is_assessed(t)) return;
    assessed_row(t, "(nested)", "nested.selected.mean", buffer);
    assessed_row(t, "(nested_error)", "nested.selected.error", buffer);
    assessed_row(t, "(p)", "p_search.front.p", buffer);
}

/* What the formula chosen for the target does on held-out samples, and the p-value of its search. */
static bool add_worth(const shy_record *assessment, json_t *object)
{
    shy_record_entry metric, verdict;
    json_t *nested = json_pack("{s:o, s:o, s:o}", "metric", shy_json_string(shy_record_find(assessment, "nested.metric", &metric) ? metric.text : NULL),
                               "mean", shy_json_real(shy_assessed_number(assessment, "nested.selected.mean")), "error",
                               shy_json_real(shy_assessed_number(assessment, "nested.selected.error")));

    return json_object_set_new(object, "nested", nested) == 0 &&
           json_object_set_new(object, "p", shy_json_real(shy_assessed_number(assessment, "p_search.front.p"))) == 0 &&
           json_object_set_new(object, "verdict", shy_json_string(shy_record_find(assessment, "verdict", &verdict) ? verdict.text : NULL)) == 0;
}

static json_t *target_json(const shy_results *results)
{
    char *name = NULL;
    if (subdirectory(results->target, &name) != SHY_OK) return NULL;
    json_t *object = json_pack("{s:o, s:o, s:o, s:o, s:o}", "name", shy_json_string(results->target), "directory", shy_json_string(name),
                               "outcome", shy_json_string(results->outcome), "outcome_kind", shy_json_string(results->outcome_kind),
                               "n_samples", results->n_samples == SHY_NOT_RELEASED ? json_null() : json_integer((json_int_t)results->n_samples));
    shy_free(&name);
    if (object != NULL && results->assessment != NULL && !add_worth(results->assessment, object)) json_decref(object), object = NULL;
    return object;
}

static json_t *row_json(const table *t, const factor_row *row)
{
    json_t *object = json_object();

    for (int k = 0; k < t->count && object != NULL; k++)
        if (row->complexity[k] > 0 && json_object_set_new(object, t->results[k].target, json_integer(row->complexity[k])) != 0)
            json_decref(object), object = NULL;
    return object == NULL ? NULL : json_pack("{s:o, s:o}", "factor", shy_json_string(row->name), "enters_at_complexity", object);
}

static json_t *targets_json(const table *t)
{
    json_t *targets = json_array(), *factors = json_array();
    bool good = targets != NULL && factors != NULL;

    for (int k = 0; k < t->count && good; k++)
        good = json_array_append_new(targets, target_json(&t->results[k])) == 0;
    for (int r = 0; r < t->rows && good; r++)
        good = json_array_append_new(factors, row_json(t, &t->row[r])) == 0;
    if (good) return json_pack("{s:o, s:o}", "targets", targets, "factors", factors);
    json_decref(targets);
    json_decref(factors);
    return NULL;
}

static shy_status write_table(const table *t, const char *directory)
{
    shy_status st = SHY_OK;
    shy_buffer buffer = {0};
    json_t *document = targets_json(t);

    factors_tsv(t, &buffer);
    SHY_TRY(buffer.status);
    SHY_TRY(shy_report_put(directory, "factors.tsv", &buffer));
    shy_buffer_free(&buffer);
    if (document == NULL) SHY_TRY(shy_fail(SHY_MEMORY, "There is not enough memory to write the results as JSON."));
    shy_json_text(document, &buffer);
    SHY_TRY(buffer.status);
    SHY_TRY(shy_report_put(directory, SHY_TARGETS_FILE, &buffer));
out:
    json_decref(document);
    shy_buffer_free(&buffer);
    return st;
}

static shy_status write_target(const shy_results *results, const char *directory)
{
    shy_status st = SHY_OK;
    char *name = NULL, *path = NULL;
    int created = 0;

    SHY_TRY(subdirectory(results->target, &name));
    SHY_TRY(shy_report_path(directory, name, &path));
    SHY_TRY(shy_output_check(path, true, &created));
    SHY_TRY(shy_results_write(results, path));
out:
    shy_free(&name);
    shy_free(&path);
    return st;
}

shy_status shy_targets_write(const shy_results *results, int count, const char *directory)
{
    shy_status st = SHY_OK;
    table t = {0};

    SHY_TRY(table_make(results, count, &t));
    for (int k = 0; k < count; k++)
        SHY_TRY(write_target(&results[k], directory));
    SHY_TRY(write_table(&t, directory));
out:
    table_free(&t);
    return st;
}

/* ---- for people -------------------------------------------------------------------------------------------------------------- */

/* What the search of each target is worth. */
static shy_status print_worth(const json_t *document, FILE *stream)
{
    shy_table out = {0};
    size_t k;
    json_t *target;
    bool known = false;

    shy_table_column(&out, "target", false);
    shy_table_column(&out, "measure", false);
    shy_table_column(&out, "nested", true);
    shy_table_column(&out, "p", true);
    json_array_foreach(json_object_get(document, "targets"), k, target)
    {
        const json_t *nested = json_object_get(target, "nested");
        known = known || nested != NULL;
        shy_table_cell(&out, shy_json_word(target, "name"));
        shy_table_cell(&out, shy_json_word(nested, "metric"));
        shy_cell_mean(&out, nested);
        shy_cell_number(&out, json_object_get(target, "p"), 2);
    }
    if (known) fputs("What the formula chosen for each target does on held-out patients, and the chance of finding as much where there is nothing:\n\n", stream);
    const shy_status st = known ? shy_table_print(&out, stream) : SHY_OK;
    if (known) fputs("\n", stream);
    shy_table_free(&out);
    return st;
}

shy_status shy_report_print_factors(const json_t *document, FILE *stream)
{
    shy_table out = {0};
    size_t r, k;
    json_t *row, *target;
    shy_status st = print_worth(document, stream);

    if (st != SHY_OK) return st;
    fputs("Which factors enter where (the complexity of the simplest formula of the front that has them):\n\n", stream);
    shy_table_column(&out, "factor", false);
    json_array_foreach(json_object_get(document, "targets"), k, target)
        if (k + 1 < SHY_TABLE_COLUMNS) shy_table_column(&out, json_string_value(json_object_get(target, "name")), true);
    json_array_foreach(json_object_get(document, "factors"), r, row)
    {
        shy_table_cell(&out, json_string_value(json_object_get(row, "factor")));
        json_array_foreach(json_object_get(document, "targets"), k, target)
        {
            char text[24] = "";
            const json_t *at = json_object_get(json_object_get(row, "enters_at_complexity"), json_string_value(json_object_get(target, "name")));
            if (json_is_integer(at)) snprintf(text, sizeof text, "%lld", (long long)json_integer_value(at));
            if (k + 1 < SHY_TABLE_COLUMNS) shy_table_cell(&out, text);
        }
    }
    st = shy_table_print(&out, stream);
    shy_table_free(&out);
    return st;
}

/* Fronts one after the other, and how to read them all once. */
static shy_status print_fronts(const shy_results *results, int count, json_t **front, FILE *stream)
{
    shy_status st = SHY_OK;

    for (int k = 0; k < count; k++) {
        front[k] = shy_report_front_json(&results[k]);
        if (front[k] == NULL) SHY_TRY(shy_fail(SHY_MEMORY, "There is not enough memory to print the results."));
        fprintf(stream, "%s=== %s ===\n", k > 0 ? "\n" : "", results[k].target);
        SHY_TRY(shy_report_print_front(front[k], false, stream));
    }
    shy_report_print_reading((const json_t *const *)front, count, stream);
    fputs("\n", stream);
out:
    return st;
}

shy_status shy_targets_print(const shy_results *results, int count, FILE *stream)
{
    shy_status st = SHY_OK;
    table t = {0};
    json_t *document = NULL, **front = NULL;

    SHY_TRY(table_make(results, count, &t));
    SHY_TRY(shy_new((size_t)count, sizeof *front, &front));
    SHY_TRY(print_fronts(results, count, front, stream));
    document = targets_json(&t);
    if (document != NULL) SHY_TRY(shy_report_print_factors(document, stream));
out:
    for (int k = 0; front != NULL && k < count; k++) json_decref(front[k]);
    shy_free(&front);
    json_decref(document);
    table_free(&t);
    return st;
}
