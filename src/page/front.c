/* front.c: the front of accuracy against complexity: a chart, and a table from which formulas are selected. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "page/html.h"

/* The level of a list of front.json ("nested.levels", …) of one complexity, or NULL. */
static const json_t *at_complexity(const json_t *list, uint64_t complexity)
{
    size_t k;
    json_t *level;

    json_array_foreach(list, k, level)
        if (shy_json_count(level, "complexity") == complexity) return level;
    return NULL;
}

static const json_t *of_formula(const json_t *list, const char *formula)
{
    size_t k;
    json_t *entry;

    json_array_foreach(list, k, entry)
        if (strcmp(shy_json_word(entry, "formula"), formula) == 0) return entry;
    return NULL;
}

size_t shy_page_chosen(const json_t *target)
{
    const json_t *front = json_object_get(target, "front"), *list = json_object_get(front, "front"),
                 *selected = json_object_get(json_object_get(front, "nested"), "selected");
    const char *formula = shy_json_word(selected, "formula");
    size_t k, count = json_array_size(list);
    json_t *entry;

    json_array_foreach(list, k, entry)
        if (*formula != '\0' && strcmp(shy_json_word(entry, "formula"), formula) == 0) return k;
    return count > 0 ? count - 1 : 0;
}

const char *shy_page_metric(const json_t *target)
{
    const json_t *front = json_object_get(target, "front");
    const char *metric = shy_json_word(json_object_get(front, "nested"), "metric");

    if (*metric != '\0') return metric;
    metric = json_string_value(json_array_get(json_object_get(front, "metrics"), 0));
    return metric == NULL ? "" : metric;
}

shy_page_facts shy_page_facts_of(const json_t *target, size_t k)
{
    const json_t *front = json_object_get(target, "front"), *nested = json_object_get(front, "nested"), *search = json_object_get(front, "p_search");
    shy_page_facts f = {.entry = json_array_get(json_object_get(front, "front"), k), .formula = json_array_get(json_object_get(target, "formulas"), k)};
    const char *name = shy_json_word(f.entry, "formula");

    f.complexity = shy_json_count(f.entry, "complexity");
    f.nested = at_complexity(json_object_get(nested, "levels"), f.complexity);
    f.search = of_formula(json_object_get(search, "formulas"), name);
    f.stability = of_formula(json_object_get(json_object_get(front, "stability"), "front"), name);
    f.apparent = shy_json_number(json_object_get(f.entry, "metrics"), shy_page_metric(target), NAN);
    return f;
}

void shy_page_mathematics(shy_page *page, const shy_page_facts *facts)
{
    const char *mathml = shy_json_word(facts->formula, "mathml");

    if (*mathml != '\0') shy_html_raw(page, mathml);
    else shy_html_element(page, "code", NULL, shy_json_word(facts->entry, "formula"));
}

/* "0.790 ± 0.010" */
void shy_page_nested_value(shy_page *page, const json_t *target, const json_t *level)
{
    char value[SHY_NUMBER_ROOM], error[SHY_NUMBER_ROOM];
    const char *metric = shy_page_metric(target);

    if (level == NULL) {
        shy_html_text(page, shy_html_number(NAN, 1, value));
        return;
    }
    shy_html_message(page, SHY_MSG_PLUS_MINUS, "value", shy_html_measure(metric, shy_json_number(level, "mean", NAN), value), "error",
                     shy_html_measure(metric, shy_json_number(level, "error", NAN), error), NULL);
}

/* ---- the table -------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    bool nested, search, stability, twins;
} columns;

static columns find_columns(const json_t *target)
{
    const json_t *front = json_object_get(target, "front");
    columns c = {.nested = json_is_object(json_object_get(front, "nested")), .search = json_is_object(json_object_get(front, "p_search")),
                 .stability = json_is_object(json_object_get(front, "stability"))};
    size_t k;
    json_t *entry;

    json_array_foreach(json_object_get(front, "front"), k, entry)
        if (shy_json_count(entry, "twins_count") > 0) c.twins = true;
    return c;
}

static void add_headings(shy_page *page, columns c)
{
    const char *metric = shy_metric_name(page->language, shy_page_metric(page->target));

    shy_html_raw(page, "<thead><tr>");
    shy_html_message_element(page, "th", NULL, SHY_MSG_FRONT_NUMBER, NULL);
    shy_html_message_element(page, "th", "number", SHY_MSG_FRONT_COMPLEXITY, NULL);
    shy_html_message_element(page, "th", "words", SHY_MSG_FRONT_FORMULA, NULL);
    shy_html_message_element(page, "th", "number", SHY_MSG_FRONT_APPARENT, "metric", metric, NULL);
    if (c.nested) shy_html_message_element(page, "th", "number", SHY_MSG_FRONT_NESTED, "metric", metric, NULL);
    if (c.search) shy_html_message_element(page, "th", "number", SHY_MSG_FRONT_P, NULL);
    if (c.stability) shy_html_message_element(page, "th", "number", SHY_MSG_FRONT_STABILITY, NULL);
    if (c.twins) shy_html_message_element(page, "th", "number", SHY_MSG_FRONT_TWINS, NULL);
    shy_html_raw(page, "</tr></thead>\n");
}

static void begin_number_cell(shy_page *page)
{
    shy_html_raw(page, "<td class=\"number\">");
}

static void add_assessment(shy_page *page, columns c, const shy_page_facts *f)
{
    char text[SHY_NUMBER_ROOM];

    if (c.nested) {
        begin_number_cell(page);
        shy_page_nested_value(page, page->target, f->nested);
        shy_html_raw(page, "</td>");
    }
    if (c.search) shy_html_element(page, "td", "number", shy_html_p(shy_json_number(f->search, "p", NAN), text));
    if (c.stability) shy_html_element(page, "td", "number", shy_html_percent(shy_json_number(f->stability, "family_frequency", NAN), text));
    if (c.twins) shy_html_element(page, "td", "number", shy_html_count(shy_json_count(f->entry, "twins_count"), text));
}

static void add_row(shy_page *page, columns c, size_t k, size_t chosen)
{
    const shy_page_facts f = shy_page_facts_of(page->target, k);
    char number[SHY_NUMBER_ROOM], text[SHY_NUMBER_ROOM];

    shy_html_count(k + 1, number);
    shy_buffer_format(page->out, "<tr data-formula=\"%zu\"><th scope=\"row\"><button type=\"button\" class=\"pick\" data-formula=\"%zu\" aria-pressed=\"false\" aria-label=\"", k, k);
    shy_html_message(page, SHY_MSG_FRONT_PICK, "number", number, NULL);
    shy_html_raw(page, "\">");
    shy_html_text(page, number);
    shy_html_raw(page, "</button></th>");
    shy_html_element(page, "td", "number", shy_html_count(f.complexity, text));
    shy_html_raw(page, "<td class=\"words\">");
    shy_page_mathematics(page, &f);
    if (k == chosen) {
        shy_html_raw(page, " ");
        shy_html_message_element(page, "span", "badge", SHY_MSG_CHOSEN, NULL);
    }
    shy_html_raw(page, "</td>");
    shy_html_element(page, "td", "number", shy_html_measure(shy_page_metric(page->target), f.apparent, text));
    add_assessment(page, c, &f);
    shy_html_raw(page, "</tr>\n");
}

static void add_table(shy_page *page)
{
    const json_t *list = json_object_get(json_object_get(page->target, "front"), "front");
    const columns c = find_columns(page->target);
    const size_t chosen = shy_page_chosen(page->target);

    shy_html_begin_scroll(page, SHY_MSG_FRONT_CAPTION);
    shy_html_raw(page, "<table class=\"front\">\n");
    shy_html_message_element(page, "caption", NULL, SHY_MSG_FRONT_CAPTION, NULL);
    add_headings(page, c);
    shy_html_raw(page, "<tbody>\n");
    for (size_t k = 0; k < json_array_size(list); k++) add_row(page, c, k, chosen);
    shy_html_raw(page, "</tbody></table></div>\n");
}

void shy_page_front(shy_page *page)
{
    shy_html_begin_section(page, "front", SHY_MSG_SECTION_FRONT);
    shy_html_chart(page, "front", -1);
    add_table(page);
    shy_html_message_element(page, "p", "small soft", SHY_MSG_FRONT_HOW, NULL);
    shy_html_end_section(page);
}
