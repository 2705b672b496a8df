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

/* Halves rank by the score statistic: where that is not what chose the formula, they say nothing of it. */
double shy_page_found_again(const shy_page_facts *facts)
{
    if (json_is_false(json_object_get(facts->stability, "comparable"))) return NAN;
    return shy_json_number(facts->stability, "family_frequency", shy_json_number(facts->stability, "frequency", NAN));
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
                     shy_html_error(metric, shy_json_number(level, "mean", NAN), shy_json_number(level, "error", NAN), error), NULL);
}

/* Where no repetition was as good, p is no more than its bound. */
void shy_page_search_p(shy_page *page, const shy_page_facts *facts)
{
    const double p = shy_json_number(facts->search, "p", NAN);
    const json_t *exceeding = json_object_get(facts->search, "exceeding");
    char text[SHY_NUMBER_ROOM];

    shy_html_p(p, text);
    if (isfinite(p) && p >= 0.0001 && json_is_integer(exceeding) && json_integer_value(exceeding) == 0) shy_html_message(page, SHY_MSG_AT_MOST, "value", text, NULL);
    else shy_html_text(page, text);
}

/* ---- the table -------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    bool nested, search, stability, twins;
    const char *metric; /* its name */
} columns;

static columns find_columns(const shy_page *page)
{
    const json_t *front = json_object_get(page->target, "front");
    columns c = {.metric = shy_metric_name(page->language, shy_page_metric(page->target)), .nested = json_is_object(json_object_get(front, "nested")), .search = json_is_object(json_object_get(front, "p_search")),
                 .stability = json_is_object(json_object_get(front, "stability"))};
    size_t k;
    json_t *entry;

    json_array_foreach(json_object_get(front, "front"), k, entry)
        if (shy_json_count(entry, "twins_count") > 0) c.twins = true;
    return c;
}

/* Columns behind number and formula, in their order. On a phone a row is a card, and each value brings its heading along (data-label). */
typedef enum { COMPLEXITY, NESTED, APPARENT, SEARCH, STABILITY, TWINS, COLUMNS } column;
static const shy_message headings[COLUMNS] = {SHY_MSG_FRONT_COMPLEXITY, SHY_MSG_FRONT_NESTED, SHY_MSG_FRONT_APPARENT, SHY_MSG_FRONT_P, SHY_MSG_FRONT_STABILITY, SHY_MSG_FRONT_TWINS};

static bool has(const columns *c, int which)
{
    return which == NESTED ? c->nested : which == SEARCH ? c->search : which == STABILITY ? c->stability : which == TWINS ? c->twins : true;
}

static void add_headings(shy_page *page, const columns *c)
{
    shy_html_raw(page, "<thead><tr>");
    shy_html_message_element(page, "th", NULL, SHY_MSG_FRONT_NUMBER, NULL);
    shy_html_message_element(page, "th", "words", SHY_MSG_FRONT_FORMULA, NULL);
    for (int which = 0; which < COLUMNS; which++)
        if (has(c, which)) shy_html_message_element(page, "th", "number", headings[which], "metric", c->metric, NULL);
    shy_html_raw(page, "</tr></thead>\n");
}

static void add_value(shy_page *page, int which, const shy_page_facts *f)
{
    char text[SHY_NUMBER_ROOM];

    switch (which) {
    case COMPLEXITY: shy_html_text(page, shy_html_count(f->complexity, text)); break;
    case NESTED: shy_page_nested_value(page, page->target, f->nested); break;
    case APPARENT: shy_html_text(page, shy_html_measure(shy_page_metric(page->target), f->apparent, text)); break;
    case SEARCH: shy_page_search_p(page, f); break;
    case STABILITY: shy_html_text(page, shy_html_reached(shy_page_found_again(f), text)); break;
    default: shy_html_text(page, shy_html_count(shy_json_count(f->entry, "twins_count"), text));
    }
}

static void add_cell(shy_page *page, const columns *c, int which, const shy_page_facts *f)
{
    shy_html_raw(page, "<td class=\"number\" data-label=\"");
    shy_html_message(page, headings[which], "metric", c->metric, NULL);
    shy_html_raw(page, "\">");
    add_value(page, which, f);
    shy_html_raw(page, "</td>");
}

static void add_pick(shy_page *page, size_t k)
{
    char number[SHY_NUMBER_ROOM];

    shy_html_count(k + 1, number);
    shy_buffer_format(page->out, "<th scope=\"row\"><button type=\"button\" class=\"pick\" data-formula=\"%zu\" aria-pressed=\"false\" aria-label=\"", k);
    shy_html_message(page, SHY_MSG_FRONT_PICK, "number", number, NULL);
    shy_html_raw(page, "\">");
    shy_html_text(page, number);
    shy_html_raw(page, "</button></th>");
}

static void add_row(shy_page *page, const columns *c, size_t k, bool chosen)
{
    const shy_page_facts f = shy_page_facts_of(page->target, k);

    shy_buffer_format(page->out, "<tr data-formula=\"%zu\">", k);
    add_pick(page, k);
    shy_html_raw(page, "<td class=\"words\">");
    shy_page_mathematics(page, &f);
    if (chosen) {
        shy_html_raw(page, " ");
        shy_html_message_element(page, "span", "badge", SHY_MSG_CHOSEN, NULL);
    }
    shy_html_raw(page, "</td>");
    for (int which = 0; which < COLUMNS; which++)
        if (has(c, which)) add_cell(page, c, which, &f);
    shy_html_raw(page, "</tr>\n");
}

static void add_table(shy_page *page)
{
    const json_t *list = json_object_get(json_object_get(page->target, "front"), "front");
    const columns c = find_columns(page);
    const size_t chosen = shy_page_chosen(page->target);

    shy_html_begin_scroll(page, SHY_MSG_FRONT_CAPTION);
    shy_html_raw(page, "<table class=\"front\">\n");
    shy_html_message_element(page, "caption", NULL, SHY_MSG_FRONT_CAPTION, NULL);
    add_headings(page, &c);
    shy_html_raw(page, "<tbody>\n");
    for (size_t k = 0; k < json_array_size(list); k++) add_row(page, &c, k, k == chosen);
    shy_html_raw(page, "</tbody></table></div>\n");
}

void shy_page_front(shy_page *page)
{
    shy_html_begin_section(page, "front", SHY_MSG_SECTION_FRONT);
    shy_html_chart(page, "front", -1);
    add_table(page);
    shy_html_message_element(page, "p", "small soft", SHY_MSG_FRONT_HOW, NULL);
    shy_page_stability(page);
    shy_html_end_section(page);
}
