/* two_axis.c: two formulas in one model, patients by the values of both. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "page/html.h"

static void add_side(shy_page *page, const json_t *side)
{
    const char *mathml = shy_json_word(side, "mathml");

    shy_html_raw(page, "<td class=\"words\">");
    if (*mathml != '\0') shy_html_raw(page, mathml);
    else shy_html_element(page, "code", NULL, shy_json_word(side, "formula"));
    shy_html_raw(page, "</td>");
}

static void add_row(shy_page *page, const json_t *axes)
{
    const json_t *sides = json_object_get(axes, "sides"), *x = json_array_get(sides, 0), *y = json_array_get(sides, 1);
    const char *metric = shy_json_word(axes, "metric");
    char text[SHY_NUMBER_ROOM];

    shy_html_raw(page, "<tr>");
    add_side(page, x);
    add_side(page, y);
    shy_html_element(page, "td", "number", shy_html_fixed(shy_json_number(axes, "correlation", NAN), 2, text));
    shy_html_element(page, "td", "number", shy_html_measure(metric, shy_json_number(x, "value", NAN), text));
    shy_html_element(page, "td", "number", shy_html_measure(metric, shy_json_number(y, "value", NAN), text));
    shy_html_element(page, "td", "number", shy_html_measure(metric, shy_json_number(axes, "value", NAN), text));
    shy_html_raw(page, "</tr>\n");
}

static void add_table(shy_page *page, const json_t *list)
{
    const char *metric = shy_metric_name(page->language, shy_json_word(json_array_get(list, 0), "metric"));
    size_t k;
    json_t *axes;

    shy_html_begin_scroll(page, SHY_MSG_SECTION_TWO_AXIS);
    shy_html_raw(page, "<table>\n");
    shy_html_message_element(page, "caption", NULL, SHY_MSG_TWO_AXIS_TABLE, "metric", metric, NULL);
    shy_html_raw(page, "<thead><tr>");
    shy_html_message_element(page, "th", "words", SHY_MSG_TWO_AXIS_X, NULL);
    shy_html_message_element(page, "th", "words", SHY_MSG_TWO_AXIS_Y, NULL);
    shy_html_message_element(page, "th", "number", SHY_MSG_TWO_AXIS_CORRELATION, NULL);
    shy_html_message_element(page, "th", "number", SHY_MSG_TWO_AXIS_ALONE_X, NULL);
    shy_html_message_element(page, "th", "number", SHY_MSG_TWO_AXIS_ALONE_Y, NULL);
    shy_html_message_element(page, "th", "number", SHY_MSG_TWO_AXIS_BOTH, NULL);
    shy_html_raw(page, "</tr></thead>\n<tbody>\n");
    json_array_foreach(list, k, axes) add_row(page, axes);
    shy_html_raw(page, "</tbody></table></div>\n");
}

/* Has any pair a picture of that kind: "points", "count"? */
static bool has(const json_t *list, const char *kind)
{
    size_t k;
    json_t *axes;

    json_array_foreach(list, k, axes)
        if (json_object_get(axes, kind) != NULL) return true;
    return false;
}

static shy_message what_the_line_is(const json_t *list)
{
    const char *rule = shy_json_word(json_object_get(json_array_get(list, 0), "line"), "rule");

    if (strcmp(rule, "prevalence") == 0) return SHY_MSG_TWO_AXIS_LINE_PREVALENCE;
    return strcmp(rule, "median risk") == 0 ? SHY_MSG_TWO_AXIS_LINE_RISK : SHY_MSG_TWO_AXIS_LINE_PREDICTION;
}

void shy_page_two_axis(shy_page *page)
{
    const json_t *list = json_object_get(page->target, "two_axis");

    if (json_array_size(list) == 0) return;
    shy_html_begin_section(page, "two-axis", SHY_MSG_SECTION_TWO_AXIS);
    shy_html_message_element(page, "p", NULL, SHY_MSG_TWO_AXIS_INTRO, NULL);
    if (has(list, "points")) shy_html_message_element(page, "p", NULL, SHY_MSG_TWO_AXIS_READ_POINTS, NULL);
    else if (has(list, "count")) shy_html_message_element(page, "p", NULL, SHY_MSG_TWO_AXIS_READ_CELLS, NULL);
    else shy_html_message_element(page, "p", "note", SHY_MSG_TWO_AXIS_TOO_FEW, NULL);
    if (has(list, "points") || has(list, "count")) {
        shy_html_message_element(page, "p", NULL, what_the_line_is(list), NULL);
        shy_html_chart(page, "two_axis", -1);
    }
    add_table(page, list);
    shy_html_message_element(page, "p", "small soft", SHY_MSG_TWO_AXIS_APPARENT, NULL);
    shy_html_end_section(page);
}
