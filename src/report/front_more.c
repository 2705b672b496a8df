/* front_more.c: what stands below a front: formulas with simple numbers, on imputed data, and how factors come from their columns. */
#include "shy_config.h"

#include <inttypes.h>
#include <string.h>

#include "report_impl.h"

/* The formulas of the front that have constants, with simple numbers for them; what the first metric is then. */
shy_status shy_front_print_rounded(const json_t *document, const json_t *entries, FILE *stream)
{
    shy_status st = SHY_OK;
    const char *metric = json_string_value(json_array_get(json_object_get(document, "metrics"), 0));
    shy_table table = {0};
    size_t i;
    json_t *entry;
    int rows = 0;

    shy_table_column(&table, "of complexity", true);
    shy_table_column(&table, "formula", false);
    shy_table_column(&table, metric == NULL ? "fit" : metric, true);
    if (shy_front_has_intercept(document)) shy_table_column(&table, "intercept", true);
    shy_table_column(&table, "slope", true);
    json_array_foreach(entries, i, entry)
    {
        const json_t *rounded = json_object_get(entry, "rounded");
        char complexity[16];
        if (!json_is_object(rounded)) continue;
        snprintf(complexity, sizeof complexity, "%" PRIu64, shy_json_count(entry, "complexity"));
        shy_table_cell(&table, complexity);
        shy_table_cell(&table, shy_json_word(rounded, "formula"));
        shy_cell_metric(&table, json_object_get(json_object_get(rounded, "metrics"), metric == NULL ? "" : metric));
        if (shy_front_has_intercept(document)) shy_cell_number(&table, json_object_get(rounded, "intercept"), 6);
        shy_cell_number(&table, json_object_get(rounded, "slope"), 6);
        rows++;
    }
    if (rows > 0) {
        fputs("\nWith simple numbers (what stands outside the formula is fitted to them):\n\n", stream);
        st = shy_table_print(&table, stream);
    }
    shy_table_free(&table);
    return st;
}

/* The terms of a formula, one a line; what holds for all of it stands in the first. */
static void add_imputed(shy_table *table, const json_t *entry, const json_t *imputed, const char *metric)
{
    char text[32];
    size_t k;
    json_t *term;

    json_array_foreach(json_object_get(imputed, "terms"), k, term)
    {
        snprintf(text, sizeof text, "%" PRIu64, shy_json_count(entry, "complexity"));
        shy_table_cell(table, k == 0 ? text : "");
        shy_table_cell(table, k == 0 ? shy_text_thousands(shy_json_count(imputed, "missing"), text) : "");
        if (k == 0) shy_cell_metric(table, json_object_get(json_object_get(imputed, "metrics"), metric));
        else shy_table_cell(table, "");
        if (k == 0) shy_cell_number(table, json_object_get(imputed, "intercept"), 6);
        else shy_table_cell(table, "");
        shy_table_cell(table, shy_json_word(term, "formula"));
        shy_cell_number(table, json_object_get(term, "coefficient"), 6);
        shy_cell_number(table, json_object_get(term, "error"), 3);
        shy_cell_number(table, json_object_get(term, "fmi"), 2);
    }
}

/* The formulas of the front on data sets in which missing values are imputed. */
shy_status shy_front_print_imputed(const json_t *document, const json_t *entries, FILE *stream)
{
    static const char *const heading[] = {"of complexity", "incomplete", NULL, "intercept", "term", "coefficient", "error", "missing information"};
    const char *metric = json_string_value(json_array_get(json_object_get(document, "metrics"), 0));
    shy_status st = SHY_OK;
    shy_table table = {0};
    size_t i;
    json_t *entry;
    uint64_t sets = 0;

    if (metric == NULL) metric = "fit";
    for (size_t k = 0; k < sizeof heading / sizeof *heading; k++) shy_table_column(&table, heading[k] == NULL ? metric : heading[k], k != 4);
    json_array_foreach(entries, i, entry)
    {
        const json_t *imputed = json_object_get(entry, "imputed");
        if (!json_is_object(imputed)) continue;
        add_imputed(&table, entry, imputed, metric);
        if (shy_json_count(imputed, "sets") > sets) sets = shy_json_count(imputed, "sets");
    }
    if (sets >= 2) {
        fprintf(stream, "\nWith missing values imputed (%" PRIu64 " data sets; intercept + the sum of coefficient * term):\n\n", sets);
        st = shy_table_print(&table, stream);
    }
    shy_table_free(&table);
    return st;
}

/* How a factor comes from its column; a formula cannot be computed for another patient without that. */
void shy_front_print_derived(const json_t *document, FILE *stream)
{
    const char *name;
    json_t *words;
    json_t *derived = json_object_get(document, "derived");

    if (json_object_size(derived) == 0) return;
    fputs("\nFactors that are made from columns:\n\n", stream);
    json_object_foreach(derived, name, words)
    {
        fprintf(stream, "  %s: %s\n", name, json_string_value(words));
    }
}
