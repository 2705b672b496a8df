/* glossary.c: how to read the page, in words for physicians. */
#include "shy_config.h"

#include <string.h>

#include "page/prose.h"

/* `only`: the kind of outcome of a target for which it is of use; NULL: any. */
static const struct {
    shy_message term, mean;
    const char *only;
} terms[] = {
    {SHY_MSG_TERM_FORMULA, SHY_MSG_MEAN_FORMULA, NULL},
    {SHY_MSG_TERM_COMPLEXITY, SHY_MSG_MEAN_COMPLEXITY, NULL},
    {SHY_MSG_TERM_FRONT, SHY_MSG_MEAN_FRONT, NULL},
    {SHY_MSG_TERM_APPARENT, SHY_MSG_MEAN_APPARENT, NULL},
    {SHY_MSG_TERM_NESTED, SHY_MSG_MEAN_NESTED, NULL},
    {SHY_MSG_TERM_DISCRIMINATION, SHY_MSG_MEAN_DISCRIMINATION, "binary survival matched ordinal"},
    {SHY_MSG_TERM_VARIANCE, SHY_MSG_MEAN_VARIANCE, "continuous"},
    {SHY_MSG_TERM_P, SHY_MSG_MEAN_P, NULL},
    {SHY_MSG_TERM_STABILITY, SHY_MSG_MEAN_STABILITY, NULL},
    {SHY_MSG_TERM_TWIN, SHY_MSG_MEAN_TWIN, NULL},
    {SHY_MSG_TERM_CALIBRATION, SHY_MSG_MEAN_CALIBRATION, NULL},
    {SHY_MSG_TERM_DECISION, SHY_MSG_MEAN_DECISION, "binary"},
    {SHY_MSG_TERM_SURVIVAL, SHY_MSG_MEAN_SURVIVAL, "survival"},
};

static bool is_of_use(const shy_page *page, const char *only)
{
    const json_t *targets = json_object_get(page->document, "targets");
    bool any = only == NULL;

    for (size_t k = 0; !any && k < json_array_size(targets); k++) {
        const char *kind = shy_json_word(json_object_get(json_array_get(targets, k), "front"), "outcome_kind");
        any = *kind != '\0' && strstr(only, kind) != NULL;
    }
    return any;
}

void shy_page_glossary(shy_page *page)
{
    if (shy_prose_front(page) == NULL) return;
    shy_html_begin_section(page, "glossary", SHY_MSG_SECTION_GLOSSARY);
    shy_html_raw(page, "<dl class=\"glossary\">\n");
    for (size_t k = 0; k < sizeof terms / sizeof *terms; k++) {
        if (!is_of_use(page, terms[k].only)) continue;
        shy_html_message_element(page, "dt", NULL, terms[k].term, NULL);
        shy_html_message_element(page, "dd", NULL, terms[k].mean, NULL);
    }
    shy_html_raw(page, "</dl>\n");
    shy_html_end_section(page);
}
