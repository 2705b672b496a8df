/* settings.c: the configuration in force, versions, seed: what is needed to do it again. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "page/prose.h"

static void write_row(shy_page *page, shy_message head, const char *value)
{
    if (*value == '\0') return;
    shy_html_raw(page, "<tr>");
    shy_html_message_element(page, "th", NULL, head, NULL);
    shy_html_element(page, "td", NULL, value);
    shy_html_raw(page, "</tr>\n");
}

static void write_number(shy_page *page, shy_message head, const char *path, int digits)
{
    char room[SHY_NUMBER_ROOM];
    const double value = shy_prose_number(json_object_get(page->document, "run"), path);

    if (isfinite(value)) write_row(page, head, shy_html_number(value, digits, room));
}

/* The name of a file without the directories that it may have. */
static const char *file_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

static void write_facts(shy_page *page)
{
    const json_t *run = json_object_get(page->document, "run");
    const char *versions = shy_json_word(json_object_get(run, "software"), "versions");

    shy_html_raw(page, "<table>\n<tbody>\n");
    write_row(page, SHY_MSG_SETTINGS_VERSION, shy_json_word(run, "version"));
    write_row(page, SHY_MSG_SETTINGS_REPORT, shy_json_word(page->document, "version"));
    write_number(page, SHY_MSG_SETTINGS_SEED, "seed", 17);
    write_row(page, SHY_MSG_SETTINGS_COHORT, file_of(shy_json_word(run, "cohort")));
    write_row(page, SHY_MSG_SETTINGS_SHA256, shy_json_word(run, "cohort_sha256"));
    write_row(page, SHY_MSG_SETTINGS_SDC, shy_json_word(json_object_get(page->document, "sdc"), "rule"));
    write_number(page, SHY_MSG_SETTINGS_RANKS, "ranks", 9);
    write_number(page, SHY_MSG_SETTINGS_SECONDS, "seconds", 3);
    write_row(page, SHY_MSG_SETTINGS_SOFTWARE, versions);
    shy_html_raw(page, "</tbody></table>\n");
}

/* Line by line; values of `cohort` and `output` are files, of which the name is enough. */
static void write_configuration(shy_page *page)
{
    const char *text = shy_json_word(json_object_get(page->document, "run"), "configuration");

    shy_html_raw(page, "<pre class=\"configuration\">");
    while (*text != '\0') {
        const size_t length = strcspn(text, "\n");
        shy_buffer line = {0};
        shy_buffer_add(&line, text, length);
        if (strncmp(text, "output:", 7) != 0) {
            if (strncmp(text, "cohort:", 7) == 0 && strchr(shy_prose_text(&line), '/') != NULL) {
                shy_html_text(page, "cohort: ");
                shy_html_text(page, file_of(shy_prose_text(&line)));
            } else {
                shy_html_text(page, shy_prose_text(&line));
            }
            shy_html_raw(page, "\n");
        }
        shy_buffer_free(&line);
        text += length + (text[length] == '\n');
    }
    shy_html_raw(page, "</pre>\n");
}

void shy_page_settings(shy_page *page)
{
    if (!json_is_object(json_object_get(page->document, "run"))) return;
    shy_html_begin_section(page, "settings", SHY_MSG_SECTION_SETTINGS);
    write_facts(page);
    shy_html_raw(page, "<details>\n");
    shy_html_message_element(page, "summary", NULL, SHY_MSG_SETTINGS_ALL, NULL);
    shy_html_message_element(page, "p", NULL, SHY_MSG_SETTINGS_REPEAT, NULL);
    write_configuration(page);
    shy_html_raw(page, "</details>\n");
    shy_html_end_section(page);
}
