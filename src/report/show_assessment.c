/*
 * show_assessment.c: how far a front can be believed, as people read it: the verdict, what formulas are worth on held-out patients, what they are
 * compared with, calibration, stability. Reads front.json; whatever is not there is passed over.
 */
#include "shy_config.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "report_impl.h"

#define FACTORS_SHOWN 8

/* ---- the verdict: in front of all else -------------------------------------------------------------------------------------------- */

void shy_front_print_verdict(const json_t *document, FILE *stream)
{
    const char *text = shy_json_word(document, "verdict");
    char line[2048];

    if (*text == '\0') return;
    for (; *text != '\0'; text += strspn(text, "\n")) {
        const size_t length = strcspn(text, "\n");
        snprintf(line, sizeof line, "%.*s", (int)length, text);
        shy_report_paragraph(line, stream);
        text += length;
    }
    fputs("\n", stream);
}

/* ---- beside the formulas ------------------------------------------------------------------------------------------------------------- */

/* What a list of the object of that name says of a complexity. */
static const json_t *level_of(const json_t *document, const char *object, const char *list, uint64_t complexity)
{
    size_t i;
    json_t *level;

    json_array_foreach(json_object_get(json_object_get(document, object), list), i, level)
        if (shy_json_count(level, "complexity") == complexity) return level;
    return NULL;
}

bool shy_front_has_nested(const json_t *document)
{
    return json_array_size(json_object_get(json_object_get(document, "nested"), "levels")) > 0;
}

bool shy_front_has_p(const json_t *document)
{
    return json_array_size(json_object_get(json_object_get(document, "p_search"), "formulas")) > 0;
}

void shy_cell_mean(shy_table *table, const json_t *object)
{
    const json_t *mean = json_object_get(object, "mean"), *error = json_object_get(object, "error");
    char text[80] = "-";

    const double value = json_number_value(mean), rest = fabs(1000.0 * value - round(1000.0 * value));
    const int digits = json_is_number(error) && json_number_value(error) < 0.0005 && rest > 1e-6 ? 6 : 3; /* what is known exactly is shown so */

    if (json_is_number(mean) && json_is_number(error)) snprintf(text, sizeof text, "%.*f ± %.*f", digits, json_number_value(mean), digits, json_number_value(error));
    else if (json_is_number(mean)) snprintf(text, sizeof text, "%.3f", json_number_value(mean));
    shy_table_cell(table, text);
}

void shy_front_nested_cell(shy_table *table, const json_t *document, const json_t *entry)
{
    shy_cell_mean(table, level_of(document, "nested", "levels", shy_json_count(entry, "complexity")));
}

void shy_front_p_cell(shy_table *table, const json_t *document, const json_t *entry)
{
    shy_cell_number(table, json_object_get(level_of(document, "p_search", "formulas", shy_json_count(entry, "complexity")), "p"), 2);
}

/* ---- what it is compared with ---------------------------------------------------------------------------------------------------------- */

static void interval_cell(shy_table *table, const json_t *object)
{
    const json_t *low = json_object_get(object, "low"), *high = json_object_get(object, "high");
    char text[80] = "";

    if (json_is_number(low) && json_is_number(high)) snprintf(text, sizeof text, "%+.3f to %+.3f", json_number_value(low), json_number_value(high));
    shy_table_cell(table, text);
}

static void chance_cell(shy_table *table, const json_t *p)
{
    if (json_is_number(p) && json_number_value(p) < 1e-4) shy_table_cell(table, "<0.0001");
    else if (json_is_number(p)) shy_cell_number(table, p, 2);
    else shy_table_cell(table, "");
}

static void difference_cell(shy_table *table, const json_t *value)
{
    char text[40] = "";

    if (json_is_number(value)) snprintf(text, sizeof text, "%+.3f", json_number_value(value));
    shy_table_cell(table, text);
}

/* The name, and of a net how many factors it takes. */
static void name_cell(shy_table *table, const json_t *line)
{
    const json_t *factors = json_object_get(line, "factors");
    char text[256];

    snprintf(text, sizeof text, "%s", shy_json_word(line, "name"));
    if (json_is_number(factors)) snprintf(text, sizeof text, "%s (%.4g factors)", shy_json_word(line, "name"), json_number_value(factors));
    shy_table_cell(table, text);
}

static shy_status print_versus(const json_t *document, FILE *stream)
{
    const json_t *contenders = json_object_get(json_object_get(document, "versus"), "contenders");
    const json_t *nested = json_object_get(document, "nested"), *selected = json_object_get(nested, "selected");
    shy_table table = {0};
    size_t i;
    json_t *line;

    if (json_array_size(contenders) == 0) return SHY_OK;
    fputs("\nCompared on held-out patients (difference: the chosen formula less the line, with its 95 % interval; the complexity of the\n"
          "chosen formula is chosen anew for each part, without it, so that its value need not be the one of its line above):\n\n", stream);
    shy_table_column(&table, "", false);
    shy_table_column(&table, *shy_json_word(nested, "metric") ? shy_json_word(nested, "metric") : "fit", true);
    shy_table_column(&table, "difference", true);
    shy_table_column(&table, "95 % interval", true);
    shy_table_column(&table, "p", true);
    if (json_is_object(selected)) {
        shy_table_cell(&table, "chosen formula");
        shy_cell_mean(&table, selected);
        for (int k = 0; k < 3; k++) shy_table_cell(&table, "");
    }
    json_array_foreach(contenders, i, line)
    {
        name_cell(&table, line);
        shy_cell_mean(&table, line);
        difference_cell(&table, json_object_get(line, "delta"));
        interval_cell(&table, line);
        chance_cell(&table, json_object_get(line, "p"));
    }
    const shy_status st = shy_table_print(&table, stream);
    shy_table_free(&table);
    return st;
}

/* ---- sentences ---------------------------------------------------------------------------------------------------------------------------- */

static void add_value(shy_buffer *text, const json_t *object, const char *key, const char *format)
{
    const json_t *value = json_object_get(object, key);

    if (!json_is_number(value)) return;
    shy_buffer_text(text, text->count > 0 ? ", " : "");
    shy_buffer_format(text, "%s %.3f", format, json_number_value(value));
}

static void print_calibration(const json_t *document, FILE *stream)
{
    const json_t *calibration = json_object_get(document, "calibration");
    shy_buffer text = {0}, line = {0};

    add_value(&text, calibration, "intercept", "intercept");
    add_value(&text, calibration, "slope", "slope");
    add_value(&text, calibration, "brier", "Brier score");
    add_value(&text, calibration, "ici", "mean distance from the observed (ICI)");
    if (text.count > 0) {
        shy_buffer_text(&line, "Calibration of the predictions of held-out patients (right are intercept 0 and slope 1): ");
        shy_buffer_text(&line, text.bytes);
        shy_buffer_text(&line, ".");
    }
    if (line.count > 0 && line.status == SHY_OK) {
        fputs("\n", stream);
        shy_report_paragraph(line.bytes, stream);
    }
    shy_buffer_free(&text);
    shy_buffer_free(&line);
}

static void add_factors(shy_buffer *text, const json_t *factors)
{
    size_t i;
    json_t *factor;

    json_array_foreach(factors, i, factor)
    {
        const json_t *frequency = json_object_get(factor, "frequency");
        if (i >= FACTORS_SHOWN || !json_is_number(frequency)) break;
        shy_buffer_format(text, "%s%s %.0f %%", i > 0 ? ", " : " Factors: ", shy_json_word(factor, "name"), 100.0 * json_number_value(frequency));
    }
    if (json_array_size(factors) > 0) shy_buffer_text(text, json_array_size(factors) > FACTORS_SHOWN ? ", …" : ".");
}

/* How often the formulas of the front return, and which factors do. */
static void print_stability(const json_t *document, FILE *stream)
{
    const json_t *stability = json_object_get(document, "stability"), *front = json_object_get(stability, "front");
    shy_buffer text = {0};
    size_t i;
    json_t *formula;
    int said = 0, silent = 0;

    if (json_array_size(front) == 0 && json_array_size(json_object_get(stability, "factors")) == 0) return;
    shy_buffer_format(&text, "Stability, on %" PRIu64 " pairs of half samples: formulas of the front, or others that say the same, return", shy_json_count(stability, "pairs"));
    json_array_foreach(front, i, formula)
    {
        const json_t *family = json_object_get(formula, "family_frequency"), *own = json_object_get(formula, "frequency");
        const json_t *shown = json_is_number(family) ? family : own;
        if (json_is_false(json_object_get(formula, "comparable"))) silent++;
        else if (json_is_number(shown))
            shy_buffer_format(&text, "%s %.0f %% (complexity %" PRIu64 ")", said++ > 0 ? "," : " in", 100.0 * json_number_value(shown), shy_json_count(formula, "complexity"));
    }
    if (said == 0) shy_buffer_text(&text, " at no complexity that can be judged so");
    shy_buffer_text(&text, ".");
    if (silent > 0 && said > 0)
        shy_buffer_text(&text, " Halves are ranked by the score statistic; where the likelihood chose another formula than it would, nothing is said.");
    add_factors(&text, json_object_get(stability, "factors"));
    if (text.status == SHY_OK) {
        fputs("\n", stream);
        shy_report_paragraph(text.bytes, stream);
    }
    shy_buffer_free(&text);
}

shy_status shy_front_print_assessment(const json_t *document, FILE *stream)
{
    const shy_status st = print_versus(document, stream);

    if (st != SHY_OK) return st;
    print_calibration(document, stream);
    print_stability(document, stream);
    return shy_front_print_groups(document, stream);
}
