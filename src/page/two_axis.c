/* two_axis.c: two formulas in one model, patients by the values of both. */
#include "shy_config.h"

#include <math.h>

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

    shy_html_begin_scroll(page, SHY_MSG_TWO_AXIS_TABLE);
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

static bool has_points(const json_t *list)
{
    size_t k;
    json_t *axes;

    json_array_foreach(list, k, axes)
        if (json_is_object(json_object_get(axes, "points"))) return true;
    return false;
}

void shy_page_two_axis(shy_page *page)
{
    const json_t *list = json_object_get(page->target, "two_axis");

    if (json_array_size(list) == 0) return;
    shy_html_begin_section(page, "two-axis", SHY_MSG_SECTION_TWO_AXIS);
    shy_html_message_element(page, "p", NULL, SHY_MSG_TWO_AXIS_INTRO, NULL);
    shy_html_message_element(page, "p", NULL, has_points(list) ? SHY_MSG_TWO_AXIS_READ_POINTS : SHY_MSG_TWO_AXIS_READ_CELLS, NULL);
    shy_html_chart(page, "two_axis", -1);
    add_table(page, list);
    shy_html_message_element(page, "p", "small soft", SHY_MSG_TWO_AXIS_APPARENT, NULL);
    shy_html_end_section(page);
}
