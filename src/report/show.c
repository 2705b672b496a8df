/* show.c: the front as people read it: an aligned table and two sentences. One printer for a finished run and for `show`. */
#include "shy_config.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "report_impl.h"

/* What a verdict other than "fitted" means for the reader of a table. */
static const struct {
    const char *verdict, *meaning;
} verdicts[] = {
    {"separated",
     "separated: the formula orders the samples as the outcome does, without exception or all but a tie, so that nothing limits its "
     "slope: intercept and slope are arbitrary. With few samples or events this may be chance; else look whether a factor only says the "
     "outcome in other words (factors.exclude)."},
    {"singular",
     "singular: on these samples the parts of the formula cannot be told apart, so its constants are not unique."},
    {"firth",
     "firth: the formula divides the two groups completely, or one group has fewer than ten samples for each slope (covariates have one, "
     "too), so the fit is Firth's: a penalty keeps intercept and slope finite and less biased. What is found on so few may be chance."},
    {"diverged", "diverged: the fit did not converge; do not rely on it."},
};

void shy_cell_number(shy_table *table, const json_t *value, int digits)
{
    char text[40] = "-";

    if (json_is_number(value)) snprintf(text, sizeof text, "%.*g", digits, json_number_value(value));
    shy_table_cell(table, text);
}

/* A metric to 4 decimals, large ones to one; one that is near 1 but not 1 keeps enough digits to show it. */
static const char *metric_text(const json_t *value, char out[40])
{
    const double v = json_number_value(value), size = fabs(v);

    if (!json_is_number(value)) return "-";
    if (size >= 1e-4 && size < 1e4) snprintf(out, 40, v < 1 && v > 0.999 ? "%.8f" : "%.4f", v);
    else if (size >= 1e4 && size < 1e9) snprintf(out, 40, "%.1f", v); /* a deviance: two formulas may differ in the fifth digit */
    else snprintf(out, 40, "%.4g", v);
    return out;
}

void shy_cell_metric(shy_table *table, const json_t *value)
{
    char text[40];

    shy_table_cell(table, metric_text(value, text));
}

/* NULL: a kind that this version does not know. */
const shy_outcome_ops *shy_front_kind(const json_t *document)
{
    return shy_outcome_find(shy_json_word(document, "outcome_kind"));
}

/* NULL where formulas are not judged by their interaction with a treatment. */
const json_t *shy_front_interaction(const json_t *object)
{
    return json_object_get(object, "interaction");
}

/* The model in one line. The link is a text of the program's own, with one %s in it. */
static void print_link(const shy_outcome_ops *ops, const char *outcome, bool covariates, const json_t *interaction, FILE *stream)
{
    const char *link = ops == NULL ? "%s" : ops->link, *place = strstr(link, "%s");

    fprintf(stream, "%.*s%s%s = %s%sslope * formula", (int)(place - link), link, outcome, place + 2,
            ops == NULL || ops->has_intercept ? "intercept + " : "", covariates ? "covariates + " : "");
    if (interaction != NULL)
        fprintf(stream, " + interaction * (%s - %.6g) * formula", shy_json_word(interaction, "treatment"), json_number_value(json_object_get(interaction, "mean")));
    fputs("\n", stream);
}

/* What every model contains, and how far that goes alone. */
static void print_covariates(const json_t *document, FILE *stream)
{
    const json_t *covariates = json_object_get(document, "covariates"), *metrics = json_object_get(document, "metrics");
    const json_t *null = json_object_get(json_object_get(document, "null"), "metrics");
    size_t i;
    json_t *name;
    char text[40];

    if (json_array_size(covariates) == 0) return;
    fputs("Covariates: ", stream);
    json_array_foreach(covariates, i, name) fprintf(stream, "%s%s", i == 0 ? "" : ", ", json_string_value(name));
    fputs("; alone:", stream);
    json_array_foreach(metrics, i, name)
        fprintf(stream, "%s %s %s", i == 0 ? "" : ",", json_string_value(name), metric_text(json_object_get(null, json_string_value(name)), text));
    fputs("\n", stream);
}

static void print_heading(const json_t *document, FILE *stream)
{
    char samples[32], formulas[32], event[512];
    const char *outcome = shy_json_word(document, "outcome"), *unit = shy_json_word(document, "outcome_unit");
    const shy_outcome_ops *ops = shy_front_kind(document);

    fprintf(stream, "Outcome %s%s%s%s (%s): %s samples, %s formulas scored.\n", outcome, *unit ? " [" : "", unit,
            *unit ? "]" : "", shy_json_word(document, "outcome_kind"),
            shy_text_thousands(shy_json_count(document, "n_samples"), samples),
            shy_text_thousands(shy_json_count(document, "n_formulas"), formulas));
    if (*shy_json_word(document, "positive"))
        snprintf(event, sizeof event, "%s = %s", outcome, shy_json_word(document, "positive"));
    else
        snprintf(event, sizeof event, "%s", outcome);
    print_link(ops, event, json_array_size(json_object_get(document, "covariates")) > 0, shy_front_interaction(document), stream);
    print_covariates(document, stream);
    fputs("\n", stream);
}

/* The last column holds the unit, or the verdict of a formula that was not fitted well. */
static const char *last_cell(const json_t *entry)
{
    const char *verdict = shy_json_word(entry, "verdict");
    return *verdict ? verdict : shy_json_word(entry, "unit");
}

/* NULL if nothing would stand in the last column. */
static const char *last_heading(const json_t *entries)
{
    const char *heading = NULL;
    size_t i;
    json_t *entry;

    json_array_foreach(entries, i, entry)
    {
        if (*shy_json_word(entry, "unit")) return "unit";
        if (*last_cell(entry)) heading = "fit";
    }
    return heading;
}

/* A baseline hazard or thresholds take its place in some models. */
bool shy_front_has_intercept(const json_t *document)
{
    const shy_outcome_ops *ops = shy_front_kind(document);

    return ops == NULL || ops->has_intercept;
}

bool shy_front_has_gain(const json_t *document)
{
    return json_array_size(json_object_get(document, "covariates")) > 0 && shy_front_interaction(document) == NULL;
}

/* Where no metric is what the front goes by, the likelihood ratio is shown: else a line could seem worse than the one before. */
bool shy_front_has_ratio(const json_t *document)
{
    size_t i;
    json_t *name;

    json_array_foreach(json_object_get(document, "metrics"), i, name)
        if (strcmp(json_string_value(name), "deviance") == 0 || strcmp(json_string_value(name), "r2") == 0) return false;
    return shy_front_kind(document) != NULL;
}

/* Of the front (number > 0) what is known of the complexity follows the measure that it is about. */
static void add_entry(shy_table *table, const json_t *document, const json_t *entry, size_t number, bool last)
{
    const bool checked = number > 0;
    size_t m;
    json_t *name;
    char complexity[24];
    const char *shown = shy_json_word(entry, "formula_short");

    snprintf(complexity, sizeof complexity, "%zu", number);
    if (number > 0) shy_table_cell(table, complexity);
    snprintf(complexity, sizeof complexity, "%" PRIu64, shy_json_count(entry, "complexity"));
    shy_table_cell(table, complexity);
    shy_table_cell(table, *shown ? shown : shy_json_word(entry, "formula"));
    json_array_foreach(json_object_get(document, "metrics"), m, name)
    {
        shy_cell_metric(table, json_object_get(json_object_get(entry, "metrics"), json_string_value(name)));
        if (m == 0 && checked && shy_front_has_nested(document)) shy_front_nested_cell(table, document, entry);
        if (m == 0 && checked && shy_front_has_p(document)) shy_front_p_cell(table, document, entry);
    }
    if (shy_front_has_gain(document)) shy_cell_metric(table, json_object_get(entry, "gain"));
    if (shy_front_has_ratio(document)) shy_cell_metric(table, json_object_get(entry, "likelihood_ratio"));
    if (shy_front_has_intercept(document)) shy_cell_number(table, json_object_get(entry, "intercept"), 6);
    shy_cell_number(table, json_object_get(entry, "slope"), 6);
    if (shy_front_interaction(document) != NULL) {
        shy_cell_number(table, json_object_get(shy_front_interaction(entry), "slope"), 6);
        shy_cell_number(table, json_object_get(shy_front_interaction(entry), "p_value"), 2);
    }
    if (last) shy_table_cell(table, last_cell(entry));
}

/* Each verdict that occurs in the table, explained below it. */
static void print_verdicts(const json_t *entries, FILE *stream)
{
    for (size_t v = 0; v < sizeof verdicts / sizeof *verdicts; v++) {
        size_t i;
        json_t *entry;
        bool occurs = false;
        json_array_foreach(entries, i, entry) occurs =
            occurs || strcmp(shy_json_word(entry, "verdict"), verdicts[v].verdict) == 0;
        if (!occurs) continue;
        fputs("\n", stream);
        shy_report_paragraph(verdicts[v].meaning, stream);
    }
}

static shy_status print_table(const json_t *document, const json_t *entries, bool checked, FILE *stream)
{
    shy_table table = {0};
    shy_status st;
    size_t i;
    json_t *item;
    const char *last = last_heading(entries);

    if (checked) shy_table_column(&table, "#", true); /* as --formula counts them */
    shy_table_column(&table, "complexity", true);
    shy_table_column(&table, "formula", false);
    json_array_foreach(json_object_get(document, "metrics"), i, item)
    {
        shy_table_column(&table, json_string_value(item), true);
        if (i == 0 && checked && shy_front_has_nested(document)) shy_table_column(&table, "nested", true);
        if (i == 0 && checked && shy_front_has_p(document)) shy_table_column(&table, shy_front_interaction(document) != NULL ? "p (search)" : "p", true);
    }
    if (shy_front_has_gain(document)) shy_table_column(&table, "gain", true);
    if (shy_front_has_ratio(document)) shy_table_column(&table, "lr", true);
    if (shy_front_has_intercept(document)) shy_table_column(&table, "intercept", true);
    shy_table_column(&table, "slope", true);
    if (shy_front_interaction(document) != NULL) shy_table_column(&table, "interaction", true), shy_table_column(&table, "p", true);
    if (last != NULL) shy_table_column(&table, last, false);
    json_array_foreach(entries, i, item) add_entry(&table, document, item, checked ? i + 1 : 0, last != NULL);
    st = shy_table_print(&table, stream);
    shy_table_free(&table);
    if (st == SHY_OK) print_verdicts(entries, stream);
    return st;
}

shy_status shy_report_print_front(const json_t *document, bool reading, FILE *stream)
{
    const json_t *front = json_object_get(document, "front");

    shy_front_print_verdict(document, stream);
    print_heading(document, stream);
    if (json_array_size(front) == 0) {
        fputs("No formula explains the outcome: the front is empty.\n", stream);
        shy_front_print_screening(document, stream);
        return SHY_OK;
    }
    shy_status st = print_table(document, front, true, stream);
    if (st == SHY_OK) st = shy_front_print_assessment(document, stream);
    if (st == SHY_OK) st = shy_front_print_rounded(document, front, stream);
    if (st == SHY_OK) st = shy_front_print_imputed(document, front, stream);
    if (st == SHY_OK) shy_front_print_derived(document, stream);
    if (st == SHY_OK) shy_front_print_screening(document, stream);
    if (st == SHY_OK && reading) shy_report_print_reading(&document, 1, stream);
    return st;
}

static shy_status print_level(const json_t *document, const char *complexity, const json_t *list, FILE *stream)
{
    char formulas[32];
    const size_t listed = json_array_size(list);
    const uint64_t scored = shy_json_count(json_object_get(document, "formulas"), complexity);

    /* Sums and formulas of further passes stand in the lists, and were not counted beforehand. */
    if (listed > scored) fprintf(stream, "Complexity %s: the best %zu found\n\n", complexity, listed);
    else fprintf(stream, "Complexity %s: the best %zu of %s formulas\n\n", complexity, listed, shy_text_thousands(scored, formulas));
    return json_array_size(list) == 0 ? SHY_OK : print_table(document, list, false, stream);
}

static shy_status print_all(const json_t *document, FILE *stream)
{
    shy_status st = SHY_OK;
    const char *key;
    json_t *list;

    print_heading(document, stream);
    json_object_foreach(json_object_get(document, "best"), key, list)
    {
        if (st == SHY_OK) st = print_level(document, key, list, stream);
        fputs("\n", stream);
    }
    return st;
}

shy_status shy_report_print(const json_t *document, int complexity, FILE *stream)
{
    char key[16];
    const json_t *best = json_object_get(document, "best"), *list;

    if (complexity == 0) return shy_report_print_front(document, true, stream);
    if (complexity < 0) return print_all(document, stream);
    snprintf(key, sizeof key, "%d", complexity);
    list = json_object_get(best, key);
    if (list == NULL)
        return shy_fail(SHY_INPUT, "The results hold no complexity %d; the search went up to %zu.", complexity,
                        json_object_size(best));
    print_heading(document, stream);
    return print_level(document, key, list, stream);
}

void shy_results_print_front(const shy_results *results, FILE *stream)
{
    json_t *document = shy_report_front_json(results);

    if (document != NULL) (void)shy_report_print(document, 0, stream);
    json_decref(document);
}
