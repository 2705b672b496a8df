/* stability.c: whether other patients would give the same formulas and factors: two charts below the front. */
#include "shy_config.h"

#include "page/html.h"

static bool has_frequencies(const json_t *list)
{
    size_t k;
    json_t *entry;

    json_array_foreach(list, k, entry)
        if (json_is_number(json_object_get(entry, "frequency"))) return true;
    return false;
}

static void add_panel(shy_page *page, const json_t *list, shy_message heading, const char *chart)
{
    if (!has_frequencies(list)) return;
    shy_html_raw(page, "<div class=\"panel\">\n");
    shy_html_message_element(page, "h3", NULL, heading, NULL);
    shy_html_chart(page, chart, -1);
    shy_html_raw(page, "</div>\n");
}

void shy_page_stability(shy_page *page)
{
    const json_t *stability = json_object_get(json_object_get(page->target, "front"), "stability");

    if (!has_frequencies(json_object_get(stability, "front"))) return;
    shy_html_raw(page, "<div class=\"charts\">\n");
    add_panel(page, json_object_get(stability, "front"), SHY_MSG_CHART_STABILITY_TITLE, "stability");
    add_panel(page, json_object_get(stability, "factors"), SHY_MSG_CHART_STABILITY_FACTORS_TITLE, "stability_factors");
    shy_html_raw(page, "</div>\n");
}
