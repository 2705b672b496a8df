/* network.c: which factors stand together in the best formulas. */
#include "shy_config.h"

#include "page/html.h"

/* "age (12), bili (3)": whom the factor stands with, most often first as the document has them. */
static void add_partners(shy_page *page, const json_t *network, size_t factor)
{
    const json_t *factors = json_object_get(network, "factors");
    char text[SHY_NUMBER_ROOM];
    size_t k, shown = 0;
    json_t *pair;

    shy_html_raw(page, "<td class=\"words\">");
    json_array_foreach(json_object_get(network, "pairs"), k, pair)
    {
        const size_t a = (size_t)shy_json_count(pair, "a"), b = (size_t)shy_json_count(pair, "b");
        if (a != factor && b != factor) continue;
        if (shown++ > 0) shy_html_raw(page, ", ");
        shy_html_text(page, shy_json_word(json_array_get(factors, a == factor ? b : a), "name"));
        shy_html_raw(page, " (");
        shy_html_text(page, shy_html_count(shy_json_count(pair, "formulas"), text));
        shy_html_raw(page, ")");
    }
    if (shown == 0) shy_html_raw(page, "–");
    shy_html_raw(page, "</td>");
}

static void add_table(shy_page *page, const json_t *network)
{
    char text[SHY_NUMBER_ROOM];
    size_t k;
    json_t *factor;

    shy_html_raw(page, "<details class=\"data\"><summary>");
    shy_html_message(page, SHY_MSG_NETWORK_TABLE, NULL);
    shy_html_raw(page, "</summary>\n");
    shy_html_begin_scroll(page, SHY_MSG_NETWORK_TABLE);
    shy_html_raw(page, "<table>\n<thead><tr>");
    shy_html_message_element(page, "th", "words", SHY_MSG_NETWORK_FACTOR, NULL);
    shy_html_message_element(page, "th", "number", SHY_MSG_NETWORK_FORMULAS, NULL);
    shy_html_message_element(page, "th", "words", SHY_MSG_NETWORK_WITH, NULL);
    shy_html_raw(page, "</tr></thead>\n<tbody>\n");
    json_array_foreach(json_object_get(network, "factors"), k, factor)
    {
        shy_html_raw(page, "<tr>");
        shy_html_element(page, "th", "words", shy_json_word(factor, "name"));
        shy_html_element(page, "td", "number", shy_html_count(shy_json_count(factor, "formulas"), text));
        add_partners(page, network, k);
        shy_html_raw(page, "</tr>\n");
    }
    shy_html_raw(page, "</tbody></table></div>\n</details>\n");
}

void shy_page_network(shy_page *page)
{
    const json_t *network = json_object_get(page->target, "network");
    const uint64_t looked_at = shy_json_count(network, "formulas");
    char best[SHY_NUMBER_ROOM];

    if (json_array_size(json_object_get(network, "factors")) == 0) return;
    shy_html_begin_section(page, "network", SHY_MSG_SECTION_NETWORK);
    shy_html_message_element(page, "p", NULL, SHY_MSG_NETWORK_INTRO, "best", shy_html_count(looked_at > 0 ? looked_at : shy_json_count(network, "best"), best), NULL);
    shy_html_begin_chart(page, "network", -1);
    add_table(page, network);
    shy_html_end_chart(page);
    shy_html_end_section(page);
}
