/* formula.c: everything that follows the selected formula: one <article> for each formula of the front, of which one is seen. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "page/formula.h"

/* Charts of one formula by the name of what they show among its figures, with their headings. */
static const struct {
    const char *name, *list; /* the list without which there is nothing to draw */
    shy_message heading;
    bool wide;
    size_t beyond; /* entries of it that make no picture: the two edges of a single bin */
} charts[] = {
    {"response", NULL, SHY_MSG_FIGURE_RESPONSE, true, 0},     {"distribution", "edges", SHY_MSG_FIGURE_DISTRIBUTION, false, 2}, {"observed", "predicted", SHY_MSG_FIGURE_OBSERVED, false, 0},
    {"kaplan_meier", "groups", SHY_MSG_FIGURE_KAPLAN_MEIER, false, 0}, {"roc", "fpr", SHY_MSG_FIGURE_ROC, false, 0},                 {"auc_t", "time", SHY_MSG_FIGURE_AUC_T, false, 0},
    {"calibration", "predicted", SHY_MSG_FIGURE_CALIBRATION, false, 0}, {"decision", "threshold", SHY_MSG_FIGURE_DECISION, false, 0},
};
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

static void add_equation(shy_page *page, const shy_page_facts *f)
{
    const char *unit = shy_json_word(f->entry, "unit");
    char text[SHY_UNIT_ROOM];

    shy_html_raw(page, "<div class=\"equation\">");
    shy_page_mathematics(page, f);
    if (*unit != '\0' && strcmp(unit, "1") != 0) shy_html_message_element(page, "p", "small", SHY_MSG_FORMULA_UNIT, "unit", shy_html_unit(unit, text), NULL);
    shy_html_raw(page, "</div>\n");
}

/* ---- charts ------------------------------------------------------------------------------------------------------------------------- */

/* Disclosure control may leave the area under a curve and not the curve. */
static void add_withheld(shy_page *page, const json_t *figure)
{
    char auc[SHY_NUMBER_ROOM], low[SHY_NUMBER_ROOM], high[SHY_NUMBER_ROOM];

    if (json_is_number(json_object_get(figure, "auc")))
        shy_html_message_element(page, "p", NULL, SHY_MSG_FIGURE_AREA, "auc", shy_html_fixed(shy_json_number(figure, "auc", NAN), 3, auc), "low",
                                 shy_html_fixed(shy_json_number(figure, "low", NAN), 3, low), "high", shy_html_fixed(shy_json_number(figure, "high", NAN), 3, high), NULL);
    shy_html_message_element(page, "p", "note", SHY_MSG_FIGURE_WITHHELD, NULL);
}

static void add_chart(shy_page *page, size_t k, int c, const json_t *figure)
{
    const bool drawn = charts[c].list == NULL ? json_array_size(figure) > 0 : json_array_size(json_object_get(figure, charts[c].list)) > charts[c].beyond;
    const bool whole = json_array_size(json_object_get(figure, "series")) == 1; /* a distribution of all, of numbers and counts */

    shy_buffer_format(page->out, "<div class=\"panel%s\">\n", charts[c].wide && json_array_size(figure) > 1 ? " wide" : "");
    shy_html_message_element(page, "h4", NULL, whole ? SHY_MSG_FIGURE_DISTRIBUTION_OF_ALL : charts[c].heading, NULL);
    if (drawn) shy_html_chart(page, charts[c].name, (int)k);
    else add_withheld(page, figure);
    shy_html_raw(page, "</div>\n");
}

static void add_charts(shy_page *page, size_t k, const shy_page_facts *f)
{
    const json_t *figures = json_object_get(f->formula, "figures");

    if (!json_is_object(figures)) {
        shy_html_message_element(page, "p", "note", json_is_true(json_object_get(page->target, "cohort_read")) ? SHY_MSG_FIGURES_NONE : SHY_MSG_FIGURES_NO_COHORT, NULL);
        return;
    }
    shy_html_message_element(page, "p", "small soft", SHY_MSG_FIGURES_APPARENT, NULL);
    shy_html_raw(page, "<div class=\"charts\">\n");
    for (int c = 0; c < CHARTS; c++) {
        const json_t *figure = json_object_get(figures, charts[c].name);
        if (figure != NULL) add_chart(page, k, c, figure);
    }
    shy_html_raw(page, "</div>\n");
}

static void add_formula(shy_page *page, size_t k, size_t count, bool chosen)
{
    const shy_page_facts f = shy_page_facts_of(page->target, k);

    shy_buffer_format(page->out, "<article class=\"formula%s\" data-formula=\"%zu\">\n", chosen ? " chosen" : "", k);
    add_heading(page, k, count, chosen, &f);
    add_equation(page, &f);
    shy_formula_model(page, &f);
    shy_formula_tiles(page, &f);
    shy_formula_factors(page, &f);
    shy_formula_constants(page, &f);
    add_charts(page, k, &f);
    shy_formula_groups(page, &f);
    shy_formula_contenders(page, k, &f);
    shy_formula_near(page, k, &f);
    shy_formula_subgroups(page, k, &f);
    shy_html_raw(page, "</article>\n");
}

void shy_page_formula(shy_page *page)
{
    const size_t count = json_array_size(json_object_get(json_object_get(page->target, "front"), "front")), chosen = shy_page_chosen(page->target);

    shy_html_begin_section(page, "formula", SHY_MSG_SECTION_FORMULA);
    if (count == 0) shy_html_message_element(page, "p", "note", SHY_MSG_FRONT_EMPTY, NULL);
    for (size_t k = 0; k < count; k++) add_formula(page, k, count, k == chosen);
    shy_html_end_section(page);
}
