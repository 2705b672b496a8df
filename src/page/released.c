/* released.c: what disclosure control left out, and why. */
#include "shy_config.h"

#include <string.h>

#include "page/html.h"

/* ---- kinds of it, in words ---------------------------------------------------------------------------------------------------- */

static const struct {
    const char *what;
    shy_message sentence;
} kinds[] = {
    {"bins joined", SHY_MSG_RELEASED_BINS}, {"steps joined", SHY_MSG_RELEASED_STEPS}, {"count", SHY_MSG_RELEASED_COUNT}, {"level", SHY_MSG_RELEASED_LEVEL},
    {"bounds", SHY_MSG_RELEASED_BOUNDS},    {"model", SHY_MSG_RELEASED_MODEL},        {"grid", SHY_MSG_RELEASED_GRID},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

/* Entries of that kind; cells_out: how many cells they concern. */
static uint64_t count_kind(const json_t *suppressed, const char *what, uint64_t *cells_out)
{
    uint64_t places = 0;
    size_t k;
    json_t *entry;

    *cells_out = 0;
    json_array_foreach(suppressed, k, entry)
        if (strcmp(shy_json_word(entry, "what"), what) == 0) places++, *cells_out += shy_json_count(entry, "cells");
    return places;
}

static void add_kinds(shy_page *page, const json_t *suppressed)
{
    char number[SHY_NUMBER_ROOM], all[SHY_NUMBER_ROOM];
    uint64_t cells;

    shy_html_raw(page, "<ul>\n");
    for (int k = 0; k < KINDS; k++) {
        const uint64_t places = count_kind(suppressed, kinds[k].what, &cells);
        if (places > 0) shy_html_message_element(page, "li", NULL, kinds[k].sentence, "places", shy_html_count(places, number), "cells", shy_html_count(cells, all), NULL);
    }
    shy_html_raw(page, "</ul>\n");
}

/* ---- all of it, as programs read it, too --------------------------------------------------------------------------------------- */

static void add_row(shy_page *page, const json_t *entry)
{
    char cells[SHY_NUMBER_ROOM];

    shy_html_raw(page, "<tr>");
    shy_html_element(page, "th", NULL, shy_json_word(entry, "where"));
    shy_html_element(page, "td", NULL, shy_json_word(entry, "what"));
    shy_html_element(page, "td", NULL, shy_json_word(entry, "why"));
    shy_html_element(page, "td", "number", shy_html_count(shy_json_count(entry, "cells"), cells));
    shy_html_raw(page, "</tr>\n");
}

static void add_table(shy_page *page, const json_t *suppressed)
{
    static const shy_message headings[] = {SHY_MSG_RELEASED_WHERE, SHY_MSG_RELEASED_WHAT, SHY_MSG_RELEASED_WHY, SHY_MSG_RELEASED_CELLS};
    char count[SHY_NUMBER_ROOM];
    size_t k;
    json_t *entry;

    shy_html_raw(page, "<details class=\"data\"><summary>");
    shy_html_message(page, SHY_MSG_RELEASED_LIST, "count", shy_html_count(json_array_size(suppressed), count), NULL);
    shy_html_raw(page, "</summary>\n");
    shy_html_begin_scroll(page, SHY_MSG_SECTION_RELEASED);
    shy_html_raw(page, "<table>\n<thead><tr>");
    for (int h = 0; h < 4; h++) shy_html_message_element(page, "th", h == 3 ? "number" : NULL, headings[h], NULL);
    shy_html_raw(page, "</tr></thead>\n<tbody>\n");
    json_array_foreach(suppressed, k, entry) add_row(page, entry);
    shy_html_raw(page, "</tbody></table></div></details>\n");
}

void shy_page_released(shy_page *page)
{
    const json_t *sdc = json_object_get(page->document, "sdc"), *suppressed = json_object_get(page->document, "suppressed");
    char threshold[SHY_NUMBER_ROOM];

    if (!json_is_object(sdc)) return;
    shy_html_begin_section(page, "released", SHY_MSG_SECTION_RELEASED);
    if (shy_json_count(sdc, "threshold") == 0) shy_html_message_element(page, "p", "note warns", SHY_MSG_RELEASED_NONE, NULL);
    else
        shy_html_message_element(page, "p", NULL, SHY_MSG_RELEASED_RULE, "rule", shy_json_word(sdc, "rule"), "threshold",
                                 shy_html_count(shy_json_count(sdc, "threshold"), threshold), NULL);
    if (json_array_size(suppressed) > 0) {
        add_kinds(page, suppressed);
        add_table(page, suppressed);
    } else if (shy_json_count(sdc, "threshold") > 0) shy_html_message_element(page, "p", NULL, SHY_MSG_RELEASED_NOTHING, NULL);
    shy_html_end_section(page);
}
