/* horizons.c: which factors carry the front of which target: 1, 3 and 5 years, or several outcomes, side by side. */
#include "shy_config.h"

#include <math.h>

#include "page/prose.h"

static const char *formula_of(const json_t *selected)
{
    const char *brief = shy_json_word(selected, "formula_short");
    return *brief != '\0' ? brief : shy_json_word(selected, "formula");
}

/* whole: the target itself, with its name in the language of the page */
static void add_target(shy_page *page, const json_t *target, const json_t *whole)
{
    const json_t *selected = json_object_get(target, "selected");
    const char *metric = shy_json_word(target, "metric");
    char text[SHY_NUMBER_ROOM], error[SHY_NUMBER_ROOM];

    shy_html_raw(page, "<tr>");
    shy_html_element(page, "th", NULL, shy_json_word(target, "name"));
    shy_html_raw(page, "<td class=\"words\">");
    if (whole != NULL) shy_prose_write_horizon(page, whole);
    else shy_html_text(page, shy_json_word(target, "outcome"));
    shy_html_raw(page, "</td>");
    shy_html_element(page, "td", "number", shy_html_count(shy_json_count(target, "samples"), text));
    shy_html_raw(page, "<td class=\"words\">");
    shy_html_element(page, "code", NULL, json_is_object(selected) ? formula_of(selected) : "–");
    shy_html_raw(page, "</td><td class=\"number\">");
    if (json_is_object(selected)) {
        shy_html_text(page, shy_metric_name(page->language, metric));
        shy_html_raw(page, " ");
        shy_html_text(page, shy_html_measure(metric, shy_json_number(selected, "mean", NAN), text));
        shy_html_raw(page, " ± ");
        shy_html_text(page, shy_html_measure(metric, shy_json_number(selected, "error", NAN), error));
    } else shy_html_raw(page, "–");
    shy_html_raw(page, "</td></tr>\n");
}

static void add_targets(shy_page *page, const json_t *targets)
{
    static const shy_message headings[] = {SHY_MSG_HORIZONS_TARGET, SHY_MSG_HORIZONS_OUTCOME, SHY_MSG_HORIZONS_SAMPLES, SHY_MSG_HORIZONS_FORMULA, SHY_MSG_HORIZONS_HELD_OUT};
    static const char *const class[] = {NULL, "words", "number", "words", "number"};
    size_t k;
    json_t *target;

    shy_html_begin_scroll(page, SHY_MSG_HORIZONS_TABLE);
    shy_html_raw(page, "<table>\n");
    shy_html_message_element(page, "caption", NULL, SHY_MSG_HORIZONS_TABLE, NULL);
    shy_html_raw(page, "<thead><tr>");
    for (int h = 0; h < 5; h++) shy_html_message_element(page, "th", class[h], headings[h], NULL);
    shy_html_raw(page, "</tr></thead>\n<tbody>\n");
    json_array_foreach(targets, k, target) add_target(page, target, json_array_get(json_object_get(page->document, "targets"), k));
    shy_html_raw(page, "</tbody></table></div>\n");
}

/* The picture as a table: complexities, and which factors the chosen formula has. */
static void add_factor(shy_page *page, const json_t *factor)
{
    char text[SHY_NUMBER_ROOM];
    size_t k;
    json_t *at;

    shy_html_raw(page, "<tr>");
    shy_html_element(page, "th", "words", shy_json_word(factor, "name"));
    json_array_foreach(json_object_get(factor, "targets"), k, at)
    {
        shy_html_raw(page, "<td class=\"number\">");
        if (json_is_object(at)) shy_html_text(page, shy_html_count(shy_json_count(at, "simplest"), text));
        else shy_html_raw(page, "–");
        if (json_is_true(json_object_get(at, "selected"))) {
            shy_html_raw(page, " ");
            shy_html_message_element(page, "span", "badge", SHY_MSG_HORIZONS_CHOSEN, NULL);
        }
        shy_html_raw(page, "</td>");
    }
    shy_html_raw(page, "</tr>\n");
}

static void add_factors(shy_page *page, const json_t *targets, const json_t *factors)
{
    size_t k;
    json_t *entry;

    shy_html_raw(page, "<details class=\"data\"><summary>");
    shy_html_message(page, SHY_MSG_HORIZONS_FACTORS_TABLE, NULL);
    shy_html_raw(page, "</summary>\n");
    shy_html_begin_scroll(page, SHY_MSG_HORIZONS_FACTORS_TABLE);
    shy_html_raw(page, "<table>\n<thead><tr>");
    shy_html_message_element(page, "th", "words", SHY_MSG_HORIZONS_FACTOR, NULL);
    json_array_foreach(targets, k, entry) shy_html_element(page, "th", "number", shy_json_word(entry, "name"));
    shy_html_raw(page, "</tr></thead>\n<tbody>\n");
    json_array_foreach(factors, k, entry) add_factor(page, entry);
    shy_html_raw(page, "</tbody></table></div>\n</details>\n");
}

void shy_page_horizons(shy_page *page)
{
    const json_t *horizons = json_object_get(page->document, "horizons"), *targets = json_object_get(horizons, "targets"), *factors = json_object_get(horizons, "factors");

    if (json_array_size(targets) < 2 || json_array_size(factors) == 0) return;
    shy_html_begin_section(page, "horizons", SHY_MSG_SECTION_HORIZONS);
    shy_html_message_element(page, "p", NULL, SHY_MSG_HORIZONS_INTRO, NULL);
    shy_html_begin_chart(page, "horizons", -1);
    add_factors(page, targets, factors);
    shy_html_end_chart(page);
    add_targets(page, targets);
    shy_html_end_section(page);
}
