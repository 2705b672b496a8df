/* page.c: the page, section by section, with what a browser needs to show it. */
#include "shy_config.h"

#include <string.h>

#include "page/assets.h"
#include "page/policy.h"
#include "page/prose.h"
#include "page/vega.h"

/* Scripts and style as they stand in the page: what a browser may run is known by their hashes. */
typedef struct {
    shy_buffer style, vega, script;
} assets;

static void add_lines(const char *const *line, shy_buffer *out)
{
    for (; *line != NULL; line++) shy_buffer_text(out, *line);
}

static shy_status collect_assets(const shy_page_options *options, assets *a)
{
    shy_status st = SHY_OK;

    SHY_TRY(shy_vega_script(options->vega, &a->vega));
    shy_buffer_text(&a->style, "\n");
    add_lines(shy_page_css, &a->style);
    shy_buffer_text(&a->script, "\n");
    add_lines(shy_page_js, &a->script);
    add_lines(shy_charts_data_js, &a->script);
    add_lines(shy_charts_js, &a->script);
    SHY_TRY(a->style.status);
    SHY_TRY(a->script.status);
out:
    return st;
}

static void free_assets(assets *a)
{
    shy_buffer_free(&a->style);
    shy_buffer_free(&a->vega);
    shy_buffer_free(&a->script);
}

/* ---- the head -------------------------------------------------------------------------------------------------------------- */

static shy_status add_policy(const assets *a, shy_buffer *out)
{
    shy_status st = SHY_OK;

    shy_buffer_text(out, "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; script-src ");
    SHY_TRY(shy_policy_source(a->vega.bytes, a->vega.count, out));
    shy_buffer_text(out, " ");
    SHY_TRY(shy_policy_source(a->script.bytes, a->script.count, out));
    shy_buffer_text(out, "; style-src ");
    SHY_TRY(shy_policy_source(a->style.bytes, a->style.count, out));
    shy_buffer_text(out, "\">\n");
    st = out->status;
out:
    return st;
}

static const char *outcome_of(const json_t *target)
{
    return shy_json_word(json_object_get(target, "front"), "outcome");
}

static void add_title(shy_page *page, const char *element)
{
    const json_t *targets = json_object_get(page->document, "targets");

    shy_html_message_element(page, element, NULL, SHY_MSG_TITLE, "outcome", outcome_of(json_array_get(targets, 0)), NULL);
}

static shy_status add_head(shy_page *page, const assets *a)
{
    shy_status st = SHY_OK;

    shy_html_raw(page, "<!DOCTYPE html>\n<html lang=\"");
    shy_html_raw(page, page->language == SHY_JAPANESE ? "ja" : "en");
    shy_html_raw(page, "\">\n<head>\n<meta charset=\"utf-8\">\n");
    SHY_TRY(add_policy(a, page->out));
    shy_html_raw(page, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"referrer\" content=\"no-referrer\">\n"
                       "<meta name=\"color-scheme\" content=\"light dark\">\n<link rel=\"icon\" href=\"data:,\">\n");
    add_title(page, "title");
    shy_html_raw(page, "<style>");
    shy_buffer_add(page->out, a->style.bytes, a->style.count);
    shy_html_raw(page, "</style>\n</head>\n");
    st = page->out->status;
out:
    return st;
}

/* ---- what leads through the page ---------------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    shy_message heading;
    void (*write)(shy_page *page);
} sections[] = {
    {"verdict", SHY_MSG_SECTION_VERDICT, shy_page_verdict},   {"data", SHY_MSG_SECTION_DATA, shy_page_data},
    {"front", SHY_MSG_SECTION_FRONT, shy_page_front},         {"formula", SHY_MSG_SECTION_FORMULA, shy_page_formula},
    {"two-axis", SHY_MSG_SECTION_TWO_AXIS, shy_page_two_axis}, {"network", SHY_MSG_SECTION_NETWORK, shy_page_network},
    {"horizons", SHY_MSG_SECTION_HORIZONS, shy_page_horizons}, {"glossary", SHY_MSG_SECTION_GLOSSARY, shy_page_glossary}, {"methods", SHY_MSG_SECTION_METHODS, shy_page_methods},
    {"checklists", SHY_MSG_SECTION_CHECKLISTS, shy_page_checklists}, {"settings", SHY_MSG_SECTION_SETTINGS, shy_page_settings},
    {"released", SHY_MSG_SECTION_RELEASED, shy_page_released},
};
enum { SECTIONS = sizeof sections / sizeof *sections, SECTIONS_OF_A_TARGET = 6 };

/* Links to the sections of the first target; scripts lead to those of the selected one, and take away those that lead nowhere. */
static void add_contents(shy_page *page)
{
    shy_html_raw(page, "<nav class=\"contents\" aria-label=\"");
    shy_html_message(page, SHY_MSG_CONTENTS, NULL);
    shy_html_raw(page, "\"><ul>\n");
    for (int k = 0; k < SECTIONS; k++) {
        shy_html_raw(page, "<li><a href=\"#");
        shy_html_raw(page, k < SECTIONS_OF_A_TARGET ? "t0-" : "");
        shy_html_raw(page, sections[k].name);
        shy_html_raw(page, "\" data-section=\"");
        shy_html_raw(page, sections[k].name);
        shy_html_raw(page, "\">");
        shy_html_message(page, sections[k].heading, NULL);
        shy_html_raw(page, "</a></li>\n");
    }
    shy_html_raw(page, "</ul></nav>\n");
}

static void add_option(shy_page *page, size_t value, bool selected)
{
    shy_buffer_format(page->out, "<option value=\"%zu\"%s>", value, selected ? " selected" : "");
}

static void add_target_choice(shy_page *page)
{
    const json_t *targets = json_object_get(page->document, "targets");
    size_t t;
    json_t *target;

    if (json_array_size(targets) < 2) return;
    shy_html_raw(page, "<label class=\"choice\"><span>");
    shy_html_message(page, SHY_MSG_CHOOSE_TARGET, NULL);
    shy_html_raw(page, "</span> <select id=\"choose-target\">\n");
    json_array_foreach(targets, t, target)
    {
        add_option(page, t, t == 0);
        shy_prose_write_horizon(page, target);
        shy_html_raw(page, "</option>\n");
    }
    shy_html_raw(page, "</select></label>\n");
}

/* The options of the select are the formulas of the selected target: scripts fill it. */
static void add_toolbar(shy_page *page)
{
    shy_html_raw(page, "<div class=\"toolbar needs-script\" role=\"group\" aria-label=\"");
    shy_html_message(page, SHY_MSG_SELECTION, NULL);
    shy_html_raw(page, "\"><div class=\"inner\">\n");
    add_target_choice(page);
    shy_html_raw(page, "<label class=\"choice grows\"><span>");
    shy_html_message(page, SHY_MSG_CHOOSE_FORMULA, NULL);
    shy_html_raw(page, "</span> <select id=\"choose-formula\"></select></label>\n<span class=\"steps\"><button type=\"button\" id=\"formula-before\" aria-label=\"");
    shy_html_message(page, SHY_MSG_FORMULA_BEFORE, NULL);
    shy_html_raw(page, "\">‹</button><button type=\"button\" id=\"formula-after\" aria-label=\"");
    shy_html_message(page, SHY_MSG_FORMULA_AFTER, NULL);
    shy_html_raw(page, "\">›</button></span>\n</div></div>\n");
}

static void add_masthead(shy_page *page)
{
    const json_t *run = json_object_get(page->document, "run"), *sdc = json_object_get(page->document, "sdc");
    char threshold[SHY_NUMBER_ROOM];

    shy_html_raw(page, "<header class=\"masthead\"><div class=\"inner\">\n");
    shy_html_message_element(page, "p", "brand", SHY_MSG_BRAND, NULL);
    add_title(page, "h1");
    shy_html_raw(page, "<ul class=\"facts\">\n");
    shy_html_element(page, "li", NULL, shy_json_word(run, "version"));
    if (shy_json_count(sdc, "threshold") > 0)
        shy_html_message_element(page, "li", NULL, SHY_MSG_CONTROLLED, "rule", shy_json_word(sdc, "rule"), "threshold",
                                 shy_html_count(shy_json_count(sdc, "threshold"), threshold), NULL);
    else if (json_is_object(sdc)) shy_html_message_element(page, "li", "warns", SHY_MSG_NOT_CONTROLLED, NULL);
    shy_html_raw(page, "</ul>\n</div></header>\n");
}

/* ---- the sections --------------------------------------------------------------------------------------------------------------- */

static void add_target(shy_page *page, size_t index, const json_t *target, bool several)
{
    page->target = target, page->target_index = index;
    shy_buffer_format(page->out, "<div class=\"target\" id=\"t%zu\" data-target=\"%zu\">\n", index, index);
    if (several) {
        shy_html_raw(page, "<p class=\"target-name\">");
        shy_prose_write_horizon(page, target);
        shy_html_raw(page, "</p>\n");
    }
    for (int k = 0; k < SECTIONS_OF_A_TARGET; k++) sections[k].write(page);
    shy_html_raw(page, "</div>\n");
    page->target = NULL, page->target_index = 0;
}

static void add_main(shy_page *page)
{
    const json_t *targets = json_object_get(page->document, "targets");
    size_t t;
    json_t *target;

    shy_html_raw(page, "<main id=\"main\" tabindex=\"-1\">\n<p class=\"visually-hidden\" role=\"status\" aria-live=\"polite\" id=\"announce\"></p>\n<noscript>");
    shy_html_message_element(page, "p", "note", SHY_MSG_NO_SCRIPT, NULL);
    shy_html_raw(page, "</noscript>\n");
    json_array_foreach(targets, t, target) add_target(page, t, target, json_array_size(targets) > 1);
    for (int k = SECTIONS_OF_A_TARGET; k < SECTIONS; k++) sections[k].write(page);
    shy_html_raw(page, "</main>\n");
}

static void add_footer(shy_page *page)
{
    shy_html_raw(page, "<footer class=\"footer\">\n");
    shy_html_message_element(page, "p", NULL, SHY_MSG_FOOTER, NULL);
    shy_html_raw(page, "<details><summary>");
    shy_html_message(page, SHY_MSG_LICENCES, NULL);
    shy_html_raw(page, "</summary><pre>");
    for (const char *const *line = shy_vega_licence; *line != NULL; line++) shy_html_text(page, *line);
    shy_html_raw(page, "</pre></details>\n</footer>\n");
}

/* ---- what scripts need ------------------------------------------------------------------------------------------------------------ */

/* A list of objects without some of what stands in them; borrows the rest. */
static json_t *without(const json_t *list, const char *const *keys)
{
    json_t *copies = json_array(), *entry;
    size_t k;

    json_array_foreach(list, k, entry)
    {
        json_t *copy = json_copy(entry);
        for (const char *const *key = keys; *key != NULL; key++) json_object_del(copy, *key);
        json_array_append_new(copies, copy);
    }
    return copies;
}

/* A target without what scripts do not draw: long lists of formulas, and what stands in the page as text already. */
static json_t *target_for_scripts(const shy_page *page, const json_t *target)
{
    static const char *const of_formula[] = {"mathml", "latex", "rounded_mathml", "factors", "constants", NULL}, *const of_front[] = {"twins", NULL};
    json_t *copy = json_copy((json_t *)(uintptr_t)target), *front = json_copy(json_object_get(target, "front"));

    shy_buffer outcome = {0};

    shy_prose_outcome(page, target, &outcome);
    json_object_set_new(front, "outcome", json_string(shy_prose_text(&outcome)));
    shy_buffer_free(&outcome);
    json_object_del(front, "best");
    json_object_set_new(front, "front", without(json_object_get(front, "front"), of_front));
    json_object_set_new(copy, "front", front);
    json_object_set_new(copy, "formulas", without(json_object_get(target, "formulas"), of_formula));
    json_object_del(copy, "near");
    return copy;
}

/* Sentences of the catalogue whose name begins with JS_ are for scripts. */
static json_t *sentences(const shy_page *page)
{
    json_t *texts = json_object();

    for (int m = 0; m < SHY_MESSAGES; m++) {
        const char *name = shy_message_name((shy_message)m);
        if (strncmp(name, "JS_", 3) == 0) json_object_set_new(texts, name + 3, json_string(shy_message_text(page->language, (shy_message)m)));
    }
    return texts;
}

static json_t *data_for_scripts(const shy_page *page)
{
    json_t *data = json_object(), *targets = json_array(), *target;
    size_t t;

    json_array_foreach(json_object_get(page->document, "targets"), t, target)
    {
        json_t *reduced = target_for_scripts(page, target);
        json_object_set_new(reduced, "chosen", json_integer((json_int_t)shy_page_chosen(target)));
        json_array_append_new(targets, reduced);
    }
    json_object_set_new(data, "language", json_string(page->language == SHY_JAPANESE ? "ja" : "en"));
    json_object_set_new(data, "targets", targets);
    json_object_set(data, "sdc", json_object_get(page->document, "sdc"));
    json_object_set(data, "horizons", json_object_get(page->document, "horizons"));
    json_object_set_new(data, "text", sentences(page));
    json_object_set_new(data, "charts", shy_page_charts(page));
    return data;
}

static void add_scripts(shy_page *page, const assets *a)
{
    json_t *data = data_for_scripts(page);

    shy_html_raw(page, "<script type=\"application/json\" id=\"shihyo-data\">");
    if (data != NULL) shy_html_json(page, data);
    shy_html_raw(page, "</script>\n<script>");
    shy_buffer_add(page->out, a->vega.bytes, a->vega.count);
    shy_html_raw(page, "</script>\n<script>");
    shy_buffer_add(page->out, a->script.bytes, a->script.count);
    shy_html_raw(page, "</script>\n");
    json_decref(data);
}

shy_status shy_page_make(const json_t *document, const shy_page_options *options, shy_buffer *out)
{
    shy_status st = SHY_OK;
    assets a = {0};
    shy_page page = {.document = document, .language = options->language, .out = out};

    SHY_TRY(collect_assets(options, &a));
    SHY_TRY(add_head(&page, &a));
    shy_html_raw(&page, "<body>\n<a class=\"skip\" href=\"#main\">");
    shy_html_message(&page, SHY_MSG_SKIP, NULL);
    shy_html_raw(&page, "</a>\n");
    add_masthead(&page);
    add_toolbar(&page);
    shy_html_raw(&page, "<div class=\"layout\">\n");
    add_contents(&page);
    add_main(&page);
    shy_html_raw(&page, "</div>\n");
    add_footer(&page);
    add_scripts(&page, &a);
    shy_html_raw(&page, "</body>\n</html>\n");
    st = out->status;
out:
    free_assets(&a);
    return st;
}
