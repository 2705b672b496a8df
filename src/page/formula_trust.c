/* formula_trust.c: what a formula is worth beside others, what says nearly the same, and whom it serves. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "page/formula.h"

static void begin_cell(shy_page *page)
{
    shy_html_raw(page, "<td class=\"number\">");
}

static void end_cell(shy_page *page)
{
    shy_html_raw(page, "</td>");
}

static void add_measure(shy_page *page, double value)
{
    char text[SHY_NUMBER_ROOM];

    shy_html_element(page, "td", "number", shy_html_measure(shy_page_metric(page->target), value, text));
}

static void begin_table(shy_page *page, shy_message name, const shy_message *headings, int count, const char *metric)
{
    shy_html_begin_scroll(page, name);
    shy_html_raw(page, "<table><thead><tr>");
    for (int h = 0; h < count; h++) shy_html_message_element(page, "th", h > 0 ? "number" : NULL, headings[h], "metric", metric, NULL);
    shy_html_raw(page, "</tr></thead><tbody>\n");
}

static void end_table(shy_page *page)
{
    shy_html_raw(page, "</tbody></table></div>\n");
}

/* ---- contenders ----------------------------------------------------------------------------------------------------------------------------- */

static void add_contender_name(shy_page *page, const json_t *contender)
{
    static const struct {
        const char *kind;
        shy_message name;
    } known[] = {{"single", SHY_MSG_CONTENDER_SINGLE}, {"elastic", SHY_MSG_CONTENDER_NET}, {"elastic_log", SHY_MSG_CONTENDER_NET_LOG}};
    const char *kind = shy_json_word(contender, "kind"), *formula = shy_json_word(contender, "formula"), *name = shy_json_word(contender, "name");

    shy_html_raw(page, "<th>");
    for (size_t k = 0; k < sizeof known / sizeof *known; k++)
        if (strcmp(kind, known[k].kind) == 0) {
            shy_html_message(page, known[k].name, NULL);
            name = "";
        }
    shy_html_text(page, name);
    if (*formula != '\0' && strcmp(formula, name) != 0) shy_html_element(page, "div", "small soft", formula);
    shy_html_raw(page, "</th>");
}

/* "+0.074 (0.051 to 0.097)" */
static void add_difference(shy_page *page, const json_t *contender)
{
    const char *metric = shy_page_metric(page->target);
    char value[SHY_NUMBER_ROOM], low[SHY_NUMBER_ROOM], high[SHY_NUMBER_ROOM];
    const double delta = shy_json_number(contender, "delta", NAN);

    begin_cell(page);
    if (isnan(delta)) shy_html_text(page, shy_html_number(NAN, 1, value));
    else {
        if (delta > 0.0) shy_html_raw(page, "+");
        shy_html_message(page, SHY_MSG_INTERVAL, "value", shy_html_measure(metric, delta, value), "low", shy_html_measure(metric, shy_json_number(contender, "low", NAN), low), "high",
                         shy_html_measure(metric, shy_json_number(contender, "high", NAN), high), NULL);
    }
    end_cell(page);
}

static void add_contender(shy_page *page, const json_t *contender, bool chosen)
{
    char text[SHY_NUMBER_ROOM];

    shy_html_raw(page, "<tr>");
    add_contender_name(page, contender);
    add_measure(page, shy_json_number(contender, "apparent", NAN));
    begin_cell(page);
    shy_page_nested_value(page, page->target, contender);
    end_cell(page);
    if (chosen) {
        add_difference(page, contender);
        shy_html_element(page, "td", "number", shy_html_p(shy_json_number(contender, "p", NAN), text));
    }
    shy_html_raw(page, "</tr>\n");
}

static void add_own_row(shy_page *page, const shy_page_facts *f, bool chosen)
{
    const json_t *nested = json_object_get(json_object_get(page->target, "front"), "nested");

    shy_html_raw(page, "<tr class=\"own\">");
    shy_html_message_element(page, "th", NULL, SHY_MSG_CONTENDER_OWN, NULL);
    add_measure(page, f->apparent);
    begin_cell(page);
    shy_page_nested_value(page, page->target, chosen ? json_object_get(nested, "selected") : f->nested);
    end_cell(page);
    if (chosen) shy_html_raw(page, "<td></td><td></td>");
    shy_html_raw(page, "</tr>\n");
}

void shy_formula_contenders(shy_page *page, size_t k, const shy_page_facts *f)
{
    static const shy_message headings[] = {SHY_MSG_CONTENDER, SHY_MSG_FRONT_APPARENT, SHY_MSG_FRONT_NESTED, SHY_MSG_CONTENDER_DIFFERENCE, SHY_MSG_P};
    const json_t *versus = json_object_get(json_object_get(page->target, "front"), "versus"), *contenders = json_object_get(versus, "contenders");
    const bool chosen = strcmp(shy_json_word(versus, "formula"), shy_json_word(f->entry, "formula")) == 0;
    size_t c;
    json_t *contender;

    (void)k;
    if (json_array_size(contenders) == 0) return;
    shy_html_message_element(page, "h4", NULL, SHY_MSG_CONTENDERS, NULL);
    begin_table(page, SHY_MSG_CONTENDERS, headings, chosen ? 5 : 3, shy_metric_name(page->language, shy_page_metric(page->target)));
    add_own_row(page, f, chosen);
    json_array_foreach(contenders, c, contender) add_contender(page, contender, chosen);
    end_table(page);
    shy_html_message_element(page, "p", "small soft", chosen ? SHY_MSG_CONTENDERS_HOW : SHY_MSG_CONTENDERS_OTHERS, NULL);
}

/* ---- what says nearly the same -------------------------------------------------------------------------------------------------------------- */

enum { NEAR_SHOWN = 12 }; /* the others wait behind a click */

static void add_near(shy_page *page, const json_t *near)
{
    const char *mathml = shy_json_word(near, "mathml"), *metric = shy_page_metric(page->target);
    char text[SHY_NUMBER_ROOM];

    shy_html_raw(page, "<tr><td class=\"words\">");
    if (*mathml != '\0') shy_html_raw(page, mathml);
    else shy_html_element(page, "code", NULL, shy_json_word(near, "formula"));
    if (json_is_true(json_object_get(near, "twin"))) {
        shy_html_raw(page, " ");
        shy_html_message_element(page, "span", "badge", SHY_MSG_TWIN, NULL);
    }
    shy_html_raw(page, "</td>");
    shy_html_element(page, "td", "number", shy_html_count(shy_json_count(near, "complexity"), text));
    shy_html_element(page, "td", "number", shy_html_fixed(shy_json_number(near, "correlation", NAN), 3, text));
    add_measure(page, shy_json_number(json_object_get(near, "metrics"), metric, NAN));
    shy_html_raw(page, "</tr>\n");
}

/* Rows first … last of those that belong to formula k. Returns how many belong to it. */
static size_t add_near_rows(shy_page *page, size_t k, size_t first, size_t last)
{
    size_t index, count = 0;
    json_t *near;

    json_array_foreach(json_object_get(page->target, "near"), index, near)
    {
        if (!json_is_integer(json_object_get(near, "of")) || shy_json_count(near, "of") != k) continue;
        if (count >= first && count < last) add_near(page, near);
        count++;
    }
    return count;
}

static void add_near_table(shy_page *page, size_t k, size_t first, size_t last)
{
    static const shy_message headings[] = {SHY_MSG_FRONT_FORMULA, SHY_MSG_FRONT_COMPLEXITY, SHY_MSG_NEAR_CORRELATION, SHY_MSG_FRONT_APPARENT};

    begin_table(page, SHY_MSG_NEAR, headings, 4, shy_metric_name(page->language, shy_page_metric(page->target)));
    add_near_rows(page, k, first, last);
    end_table(page);
}

/* Twins that front.json knows by their text alone. */
static void add_twins(shy_page *page, const json_t *twins)
{
    size_t k;
    json_t *twin;

    shy_html_raw(page, "<ul class=\"twins\">\n");
    json_array_foreach(twins, k, twin)
    {
        shy_html_raw(page, "<li>");
        shy_html_element(page, "code", NULL, json_string_value(twin));
        shy_html_raw(page, "</li>\n");
    }
    shy_html_raw(page, "</ul>\n");
}

void shy_formula_near(shy_page *page, size_t k, const shy_page_facts *f)
{
    const json_t *twins = json_object_get(f->entry, "twins");
    const size_t count = add_near_rows(page, k, 0, 0);
    char text[SHY_NUMBER_ROOM];

    if (count == 0 && json_array_size(twins) == 0) return;
    shy_html_message_element(page, "h4", NULL, SHY_MSG_NEAR, NULL);
    shy_html_message_element(page, "p", "small soft", SHY_MSG_NEAR_HOW, NULL);
    if (count == 0) add_twins(page, twins);
    else add_near_table(page, k, 0, NEAR_SHOWN);
    if (count <= NEAR_SHOWN) return;
    shy_html_raw(page, "<details><summary>");
    shy_html_message(page, SHY_MSG_NEAR_MORE, "count", shy_html_count(count - NEAR_SHOWN, text), NULL);
    shy_html_raw(page, "</summary>\n");
    add_near_table(page, k, NEAR_SHOWN, count);
    shy_html_raw(page, "</details>\n");
}

/* ---- subgroups ------------------------------------------------------------------------------------------------------------------------------- */

static void add_count(shy_page *page, const json_t *subgroup, const char *key)
{
    const json_t *count = json_object_get(subgroup, key);
    char text[SHY_NUMBER_ROOM];

    shy_html_element(page, "td", "number", json_is_integer(count) ? shy_html_count((uint64_t)json_integer_value(count), text) : shy_html_number(NAN, 1, text));
}

static void add_subgroup(shy_page *page, const json_t *subgroup, bool events)
{
    const char *metric = shy_json_word(subgroup, "metric");
    const double value = shy_json_number(subgroup, "value", NAN), low = shy_json_number(subgroup, "low", NAN), high = shy_json_number(subgroup, "high", NAN);
    char text[3][SHY_NUMBER_ROOM];

    shy_html_raw(page, "<tr><th>");
    shy_html_message(page, SHY_MSG_SUBGROUP_NAME, "column", shy_json_word(subgroup, "column"), "level", shy_json_word(subgroup, "level"), NULL);
    shy_html_raw(page, "</th>");
    add_count(page, subgroup, "samples");
    if (events) add_count(page, subgroup, "events");
    begin_cell(page);
    if (isnan(value)) shy_html_message(page, SHY_MSG_NOT_SHOWN, NULL);
    else if (isnan(low) || isnan(high)) shy_html_text(page, shy_html_measure(metric, value, text[0]));
    else
        shy_html_message(page, SHY_MSG_INTERVAL, "value", shy_html_measure(metric, value, text[0]), "low", shy_html_measure(metric, low, text[1]), "high",
                         shy_html_measure(metric, high, text[2]), NULL);
    end_cell(page);
    shy_html_raw(page, "</tr>\n");
}

void shy_formula_subgroups(shy_page *page, size_t k, const shy_page_facts *f)
{
    static const shy_message with_events[] = {SHY_MSG_SUBGROUP, SHY_MSG_PATIENTS, SHY_MSG_EVENTS, SHY_MSG_SUBGROUP_VALUE}, without[] = {SHY_MSG_SUBGROUP, SHY_MSG_PATIENTS, SHY_MSG_SUBGROUP_VALUE};
    const json_t *subgroups = json_object_get(json_object_get(f->formula, "figures"), "subgroups"), *first = json_array_get(subgroups, 0);
    const bool events = json_object_get(first, "events") != NULL;
    size_t s;
    json_t *subgroup;

    if (first == NULL) return;
    shy_html_message_element(page, "h4", NULL, SHY_MSG_SUBGROUPS, NULL);
    shy_html_chart(page, "subgroups", (int)k);
    begin_table(page, SHY_MSG_SUBGROUPS, events ? with_events : without, events ? 4 : 3, shy_metric_name(page->language, shy_json_word(first, "metric")));
    json_array_foreach(subgroups, s, subgroup) add_subgroup(page, subgroup, events);
    end_table(page);
    shy_html_message_element(page, "p", "small soft", SHY_MSG_SUBGROUPS_HOW, NULL);
}
