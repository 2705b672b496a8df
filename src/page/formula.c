/* formula.c: everything that follows the selected formula: one <article> for each formula of the front, of which one is seen. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "page/html.h"

/* Charts that show one formula, by the name of what they show among its figures. */
static const char *const charts[] = {"response", "distribution", "observed", "roc", "calibration", "decision", "kaplan_meier", "auc_t"};
enum { CHARTS = sizeof charts / sizeof *charts };

static void add_heading(shy_page *page, size_t k, size_t count, bool chosen, const shy_page_facts *f)
{
    char number[SHY_NUMBER_ROOM], all[SHY_NUMBER_ROOM], complexity[SHY_NUMBER_ROOM];

    shy_html_raw(page, "<h3>");
    shy_html_message(page, SHY_MSG_FORMULA_HEADING, "number", shy_html_count(k + 1, number), "count", shy_html_count(count, all), "complexity",
                     shy_html_count(f->complexity, complexity), NULL);
    if (chosen) {
        shy_html_raw(page, " ");
        shy_html_message_element(page, "span", "badge", SHY_MSG_CHOSEN, NULL);
    }
    shy_html_raw(page, "</h3>\n");
}

static void add_charts(shy_page *page, size_t k, const shy_page_facts *f)
{
    const json_t *figures = json_object_get(f->formula, "figures");

    if (!json_is_object(figures)) return;
    shy_html_raw(page, "<div class=\"charts\">\n");
    for (int c = 0; c < CHARTS; c++)
        if (json_object_get(figures, charts[c]) != NULL) shy_html_chart(page, charts[c], (int)k);
    shy_html_raw(page, "</div>\n");
}

static void add_formula(shy_page *page, size_t k, size_t count, bool chosen)
{
    const shy_page_facts f = shy_page_facts_of(page->target, k);

    shy_buffer_format(page->out, "<article class=\"formula%s\" data-formula=\"%zu\">\n", chosen ? " chosen" : "", k);
    add_heading(page, k, count, chosen, &f);
    shy_html_raw(page, "<div class=\"equation\">");
    shy_page_mathematics(page, &f);
    shy_html_raw(page, "</div>\n");
    add_charts(page, k, &f);
    shy_html_raw(page, "</article>\n");
}

void shy_page_formula(shy_page *page)
{
    const size_t count = json_array_size(json_object_get(json_object_get(page->target, "front"), "front")), chosen = shy_page_chosen(page->target);

    if (count == 0) return;
    shy_html_begin_section(page, "formula", SHY_MSG_SECTION_FORMULA);
    for (size_t k = 0; k < count; k++) add_formula(page, k, count, k == chosen);
    shy_html_end_section(page);
}
