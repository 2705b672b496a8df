/* formula_numbers.c: the model around a formula, its first numbers, its factors and its constants. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "page/formula.h"
#include "page/prose.h"

enum { DIGITS = 4 };

/* ---- from the formula's value to a prediction ------------------------------------------------------------------------------------------ */

static const struct {
    const char *kind;
    shy_message left;
} predicted[] = {
    {"binary", SHY_MSG_LEFT_BINARY}, {"count", SHY_MSG_LEFT_COUNT},   {"survival", SHY_MSG_LEFT_SURVIVAL},
    {"matched", SHY_MSG_LEFT_MATCHED}, {"ordinal", SHY_MSG_LEFT_ORDINAL},
};

/* Of a horizon no level is positive: it is the event. */
static shy_message left_side(const char *kind, const char *positive)
{
    if (strcmp(kind, "binary") == 0 && *positive == '\0') return SHY_MSG_LEFT_HORIZON;
    for (size_t k = 0; k < sizeof predicted / sizeof *predicted; k++)
        if (strcmp(kind, predicted[k].kind) == 0) return predicted[k].left;
    return SHY_MSG_LEFT_CONTINUOUS;
}

/* " + 0.05 × age", " − 3.2 × sex" */
static void add_term(shy_page *page, double coefficient, const char *name)
{
    char number[SHY_NUMBER_ROOM];

    shy_html_raw(page, coefficient < 0.0 ? " − " : " + ");
    shy_html_text(page, shy_html_number(fabs(coefficient), DIGITS, number));
    shy_html_raw(page, " × ");
    shy_html_text(page, name);
}

/* Coefficients stand in the entry under the names of the front. */
static void add_covariates(shy_page *page, const json_t *front, const shy_page_facts *f)
{
    const json_t *coefficients = json_object_get(f->entry, "covariates");
    size_t k;
    json_t *name;

    json_array_foreach(json_object_get(front, "covariates"), k, name)
    {
        const json_t *coefficient = json_object_get(coefficients, json_string_value(name));
        if (json_is_number(coefficient)) add_term(page, json_number_value(coefficient), json_string_value(name));
    }
}

/* " + 0.4 × (treatment − 0.5) × formula" */
static void add_interaction(shy_page *page, const json_t *front, const shy_page_facts *f)
{
    const json_t *interaction = json_object_get(front, "interaction"), *slope = json_object_get(json_object_get(f->entry, "interaction"), "slope");
    const double mean = shy_json_number(interaction, "mean", NAN);
    char number[SHY_NUMBER_ROOM];

    if (!json_is_number(slope)) return;
    add_term(page, json_number_value(slope), "(");
    shy_html_text(page, shy_json_word(interaction, "treatment"));
    shy_html_raw(page, mean < 0.0 ? " + " : " − ");
    shy_html_text(page, shy_html_number(fabs(mean), DIGITS, number));
    shy_html_raw(page, ") × ");
    shy_html_message(page, SHY_MSG_MODEL_FORMULA, NULL);
}

static void add_right_side(shy_page *page, const json_t *front, const shy_page_facts *f)
{
    const double intercept = shy_json_number(f->entry, "intercept", 0.0), slope = shy_json_number(f->entry, "slope", NAN);
    const bool begins = intercept != 0.0;
    char number[SHY_NUMBER_ROOM];

    if (begins) {
        shy_html_text(page, shy_html_number(intercept, DIGITS, number));
        shy_html_raw(page, slope < 0.0 ? " − " : " + ");
    }
    shy_html_text(page, shy_html_number(begins ? fabs(slope) : slope, DIGITS, number));
    shy_html_raw(page, " × ");
    shy_html_message(page, SHY_MSG_MODEL_FORMULA, NULL);
    add_covariates(page, front, f);
    add_interaction(page, front, f);
}

void shy_formula_model(shy_page *page, const shy_page_facts *f)
{
    const json_t *front = json_object_get(page->target, "front");
    shy_buffer outcome = {0};

    if (!json_is_number(json_object_get(f->entry, "slope"))) return;
    shy_prose_outcome(page, page->target, &outcome);
    shy_html_raw(page, "<p class=\"model\">");
    shy_html_message(page, left_side(shy_json_word(front, "outcome_kind"), shy_json_word(front, "positive")), "outcome", shy_prose_text(&outcome), "positive", shy_json_word(front, "positive"), NULL);
    shy_html_raw(page, " = ");
    add_right_side(page, front, f);
    shy_html_raw(page, "</p>\n");
    shy_buffer_free(&outcome);
}

/* ---- tiles ------------------------------------------------------------------------------------------------------------------------------ */

static void begin_tile(shy_page *page, shy_message what, const char *metric)
{
    shy_html_raw(page, "<li>");
    shy_html_message_element(page, "span", "what", what, "metric", metric, NULL);
    shy_html_raw(page, "<span class=\"value\">");
}

static void end_tile(shy_page *page, const char *more)
{
    shy_html_raw(page, "</span>");
    if (*more != '\0') shy_html_element(page, "span", "more", more);
    shy_html_raw(page, "</li>\n");
}

static void add_other_metrics(shy_page *page, const shy_page_facts *f)
{
    const json_t *metrics = json_object_get(f->entry, "metrics");
    const char *name, *first = shy_page_metric(page->target);
    char text[SHY_NUMBER_ROOM];
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)metrics, name, value)
    {
        if (strcmp(name, first) == 0 || !json_is_number(value)) continue;
        begin_tile(page, SHY_MSG_TILE_APPARENT, shy_metric_name(page->language, name));
        shy_html_text(page, shy_html_measure(name, json_number_value(value), text));
        end_tile(page, "");
    }
}

static void add_p_tile(shy_page *page, const shy_page_facts *f)
{
    if (!json_is_number(json_object_get(f->search, "p"))) return;
    begin_tile(page, SHY_MSG_TILE_P, "");
    shy_page_search_p(page, f);
    end_tile(page, "");
}

static void add_stability_tile(shy_page *page, const shy_page_facts *f)
{
    const double share = shy_page_found_again(f);
    char text[SHY_NUMBER_ROOM];

    if (isnan(share)) return;
    begin_tile(page, SHY_MSG_TILE_STABILITY, "");
    shy_html_text(page, shy_html_reached(share, text));
    end_tile(page, "");
}

/* Of the chosen formula: what the verdict says, where the complexity was chosen anew for each part of the patients. */
static void add_selected_tile(shy_page *page, const shy_page_facts *f, const char *metric)
{
    const json_t *selected = json_object_get(json_object_get(json_object_get(page->target, "front"), "nested"), "selected");

    if (strcmp(shy_json_word(selected, "formula"), shy_json_word(f->entry, "formula")) != 0) return;
    begin_tile(page, SHY_MSG_TILE_SELECTED, metric);
    shy_page_nested_value(page, page->target, selected);
    end_tile(page, "");
}

void shy_formula_tiles(shy_page *page, const shy_page_facts *f)
{
    const char *metric = shy_page_metric(page->target), *name = shy_metric_name(page->language, metric);
    char text[SHY_NUMBER_ROOM];

    shy_html_raw(page, "<ul class=\"tiles\">\n");
    if (f->nested != NULL) {
        begin_tile(page, SHY_MSG_TILE_NESTED, name);
        shy_page_nested_value(page, page->target, f->nested);
        end_tile(page, "");
    }
    add_selected_tile(page, f, name);
    begin_tile(page, SHY_MSG_TILE_APPARENT, name);
    shy_html_text(page, shy_html_measure(metric, f->apparent, text));
    end_tile(page, "");
    add_p_tile(page, f);
    add_stability_tile(page, f);
    add_other_metrics(page, f);
    shy_html_raw(page, "</ul>\n");
}

/* ---- factors ---------------------------------------------------------------------------------------------------------------------------- */

/* Which columns of the table have anything to say. */
typedef struct {
    bool unit, words, modality;
} said;

static said what_is_said(const json_t *factors)
{
    said s = {0};
    size_t k;
    json_t *factor;

    json_array_foreach(factors, k, factor)
    {
        s.unit |= *shy_json_word(factor, "unit") != '\0';
        s.words |= *shy_json_word(factor, "words") != '\0';
        s.modality |= *shy_json_word(factor, "modality") != '\0';
    }
    return s;
}

/* In the language of the page; a word that is not known stays as it is: modalities are what the cohort's schema calls them. */
static const char *word_of(const shy_page *page, const char *word)
{
    static const struct {
        const char *word;
        shy_message name;
    } known[] = {{"numeric", SHY_MSG_KIND_NUMERIC}, {"binary", SHY_MSG_KIND_BINARY}, {"categorical", SHY_MSG_KIND_CATEGORICAL}, {"time", SHY_MSG_KIND_TIME}, {"event", SHY_MSG_KIND_EVENT}, {"clinical", SHY_MSG_MODALITY_CLINICAL}};

    for (size_t k = 0; k < sizeof known / sizeof *known; k++)
        if (strcmp(word, known[k].word) == 0) return shy_message_text(page->language, known[k].name);
    return word;
}

static void add_factor(shy_page *page, const json_t *factor, said s)
{
    char unit[SHY_UNIT_ROOM];

    shy_html_raw(page, "<tr>");
    shy_html_element(page, "th", "name", shy_json_word(factor, "name"));
    if (s.unit) shy_html_element(page, "td", NULL, shy_html_unit(shy_json_word(factor, "unit"), unit));
    shy_html_element(page, "td", NULL, word_of(page, shy_json_word(factor, "kind")));
    if (s.modality) shy_html_element(page, "td", NULL, word_of(page, shy_json_word(factor, "modality")));
    if (s.words && *shy_json_word(factor, "words") != '\0') shy_prose_derived(page, "td", shy_json_word(factor, "words"));
    else if (s.words) shy_html_raw(page, "<td></td>");
    shy_html_raw(page, "</tr>\n");
}

void shy_formula_factors(shy_page *page, const shy_page_facts *f)
{
    const json_t *factors = json_object_get(f->formula, "factors");
    const said s = what_is_said(factors);
    size_t k;
    json_t *factor;

    if (json_array_size(factors) == 0) return;
    shy_html_message_element(page, "h4", NULL, SHY_MSG_FACTORS, NULL);
    shy_html_begin_scroll(page, SHY_MSG_FACTORS);
    shy_html_raw(page, "<table class=\"narrow\"><thead><tr>");
    shy_html_message_element(page, "th", NULL, SHY_MSG_FACTOR_NAME, NULL);
    if (s.unit) shy_html_message_element(page, "th", NULL, SHY_MSG_FACTOR_UNIT, NULL);
    shy_html_message_element(page, "th", NULL, SHY_MSG_FACTOR_KIND, NULL);
    if (s.modality) shy_html_message_element(page, "th", NULL, SHY_MSG_FACTOR_MODALITY, NULL);
    if (s.words) shy_html_message_element(page, "th", "words", SHY_MSG_FACTOR_WORDS, NULL);
    shy_html_raw(page, "</tr></thead><tbody>\n");
    json_array_foreach(factors, k, factor) add_factor(page, factor, s);
    shy_html_raw(page, "</tbody></table></div>\n");
}

/* ---- constants ---------------------------------------------------------------------------------------------------------------------------- */

static void add_interval(shy_page *page, double low, double high)
{
    char from[SHY_NUMBER_ROOM], to[SHY_NUMBER_ROOM];

    shy_html_raw(page, "<td class=\"number\">");
    if (isfinite(low) && isfinite(high))
        shy_html_message(page, SHY_MSG_RANGE, "low", shy_html_number(low, DIGITS, from), "high", shy_html_number(high, DIGITS, to), NULL);
    else shy_html_text(page, shy_html_number(NAN, 1, from));
    shy_html_raw(page, "</td>");
}

static void begin_constant(shy_page *page, shy_message name, const char *number)
{
    shy_html_raw(page, "<tr>");
    shy_html_message_element(page, "th", NULL, name, "number", number, NULL);
}

static void add_number_cell(shy_page *page, double value)
{
    char text[SHY_NUMBER_ROOM];

    shy_html_element(page, "td", "number", shy_html_number(value, DIGITS, text));
}

/* The interval of the document, or of the standard error; NaN: neither is known. */
static void slope_interval(const shy_page_facts *f, double *low, double *high)
{
    const json_t *slope = json_object_get(f->formula, "slope");
    const double value = shy_json_number(f->entry, "slope", NAN), error = shy_json_number(f->entry, "slope_error", NAN);

    *low = shy_json_number(slope, "low", value - 1.959963984540054 * error);
    *high = shy_json_number(slope, "high", value + 1.959963984540054 * error);
}

static void add_model_rows(shy_page *page, const shy_page_facts *f, const json_t *rounded)
{
    double low, high;

    if (shy_json_number(f->entry, "intercept", 0.0) != 0.0) {
        begin_constant(page, SHY_MSG_CONSTANT_INTERCEPT, "");
        add_number_cell(page, shy_json_number(f->entry, "intercept", NAN));
        add_interval(page, NAN, NAN);
        if (rounded != NULL) add_number_cell(page, shy_json_number(rounded, "intercept", NAN));
        shy_html_raw(page, "</tr>\n");
    }
    slope_interval(f, &low, &high);
    begin_constant(page, SHY_MSG_CONSTANT_SLOPE, "");
    add_number_cell(page, shy_json_number(f->entry, "slope", NAN));
    add_interval(page, low, high);
    if (rounded != NULL) add_number_cell(page, shy_json_number(rounded, "slope", NAN));
    shy_html_raw(page, "</tr>\n");
}

static void add_constant_rows(shy_page *page, const shy_page_facts *f, const json_t *rounded)
{
    const json_t *constants = json_object_get(f->formula, "constants");
    char number[SHY_NUMBER_ROOM];
    size_t k;
    json_t *constant;

    json_array_foreach(constants, k, constant)
    {
        begin_constant(page, SHY_MSG_CONSTANT_OF_FORMULA, shy_html_count(k + 1, number));
        add_number_cell(page, shy_json_number(constant, "value", NAN));
        add_interval(page, shy_json_number(constant, "low", NAN), shy_json_number(constant, "high", NAN));
        if (rounded != NULL) add_number_cell(page, shy_json_number(constant, "rounded", NAN));
        shy_html_raw(page, "</tr>\n");
    }
}

/* The formula with simple numbers, and what that costs. */
static void add_rounded(shy_page *page, const shy_page_facts *f, const json_t *rounded)
{
    const char *metric = shy_page_metric(page->target), *mathml = shy_json_word(f->formula, "rounded_mathml");
    char value[SHY_NUMBER_ROOM], apparent[SHY_NUMBER_ROOM];

    shy_html_message_element(page, "h4", NULL, SHY_MSG_ROUNDED, NULL);
    shy_html_raw(page, "<div class=\"equation\">");
    if (*mathml != '\0') shy_html_raw(page, mathml);
    else shy_html_element(page, "code", NULL, shy_json_word(rounded, "formula"));
    shy_html_raw(page, "</div>\n");
    shy_html_message_element(page, "p", NULL, SHY_MSG_ROUNDED_COST, "metric", shy_metric_name(page->language, metric), "value",
                             shy_html_measure(metric, shy_json_number(json_object_get(rounded, "metrics"), metric, NAN), value), "apparent",
                             shy_html_measure(metric, f->apparent, apparent), NULL);
}

void shy_formula_constants(shy_page *page, const shy_page_facts *f)
{
    const json_t *rounded = json_object_get(f->entry, "rounded");

    if (!json_is_number(json_object_get(f->entry, "slope"))) return;
    if (!json_is_object(rounded)) rounded = NULL;
    if (rounded != NULL) add_rounded(page, f, rounded);
    shy_html_message_element(page, "h4", NULL, SHY_MSG_CONSTANTS, NULL);
    shy_html_begin_scroll(page, SHY_MSG_CONSTANTS);
    shy_html_raw(page, "<table class=\"narrow\"><thead><tr>");
    shy_html_message_element(page, "th", NULL, SHY_MSG_CONSTANT, NULL);
    shy_html_message_element(page, "th", "number", SHY_MSG_CONSTANT_VALUE, NULL);
    shy_html_message_element(page, "th", "number", SHY_MSG_INTERVAL_95, NULL);
    if (rounded != NULL) shy_html_message_element(page, "th", "number", SHY_MSG_CONSTANT_ROUNDED, NULL);
    shy_html_raw(page, "</tr></thead><tbody>\n");
    add_model_rows(page, f, rounded);
    add_constant_rows(page, f, rounded);
    shy_html_raw(page, "</tbody></table></div>\n");
    shy_html_message_element(page, "p", "small soft", SHY_MSG_CONSTANTS_HOW, NULL);
}
