/* html.c: text made harmless, sentences with their arguments, numbers. */
#include "shy_config.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "page/html.h"

void shy_html_raw(shy_page *page, const char *literal)
{
    shy_buffer_text(page->out, literal);
}

static void add_character(shy_buffer *out, char c)
{
    switch (c) {
    case '&': shy_buffer_text(out, "&amp;"); break;
    case '<': shy_buffer_text(out, "&lt;"); break;
    case '>': shy_buffer_text(out, "&gt;"); break;
    case '"': shy_buffer_text(out, "&quot;"); break;
    case '\'': shy_buffer_text(out, "&#39;"); break;
    default: shy_buffer_add(out, &c, 1);
    }
}

void shy_html_text(shy_page *page, const char *text)
{
    for (; *text != '\0'; text++) add_character(page->out, *text);
}

static void open_element(shy_page *page, const char *name, const char *class)
{
    shy_html_raw(page, "<");
    shy_html_raw(page, name);
    if (class != NULL) {
        shy_html_raw(page, " class=\"");
        shy_html_text(page, class);
        shy_html_raw(page, "\"");
    }
    shy_html_raw(page, ">");
}

static void close_element(shy_page *page, const char *name)
{
    shy_html_raw(page, "</");
    shy_html_raw(page, name);
    shy_html_raw(page, ">\n");
}

void shy_html_element(shy_page *page, const char *name, const char *class, const char *text)
{
    open_element(page, name, class);
    shy_html_text(page, text);
    close_element(page, name);
}

#define ARGUMENTS 16

typedef struct {
    int count;
    const char *name[ARGUMENTS], *text[ARGUMENTS];
} arguments;

static arguments take_arguments(va_list list)
{
    arguments a = {0};
    const char *name;

    while (a.count < ARGUMENTS && (name = va_arg(list, const char *)) != NULL) a.name[a.count] = name, a.text[a.count++] = va_arg(list, const char *);
    return a;
}

/* NULL: no argument has that name, and the braces stay. */
static const char *argument(const arguments *a, const char *name, size_t length)
{
    for (int k = 0; k < a->count; k++)
        if (strlen(a->name[k]) == length && strncmp(a->name[k], name, length) == 0) return a->text[k];
    return NULL;
}

static void add_message(shy_page *page, shy_message message, const arguments *a)
{
    const char *text = shy_message_text(page->language, message);

    while (*text != '\0') {
        const char *end = *text == '{' ? strchr(text, '}') : NULL;
        const char *value = end == NULL ? NULL : argument(a, text + 1, (size_t)(end - text - 1));
        if (value != NULL) shy_html_text(page, value), text = end + 1;
        else add_character(page->out, *text++);
    }
}

void shy_html_message(shy_page *page, shy_message message, ...)
{
    va_list list;

    va_start(list, message);
    const arguments a = take_arguments(list);
    va_end(list);
    add_message(page, message, &a);
}

void shy_html_message_element(shy_page *page, const char *name, const char *class, shy_message message, ...)
{
    va_list list;

    va_start(list, message);
    const arguments a = take_arguments(list);
    va_end(list);
    open_element(page, name, class);
    add_message(page, message, &a);
    close_element(page, name);
}

/* In JSON "<" stands in texts only, where it may be written as an escape; then no </script> and no <!-- can be. */
void shy_html_json(shy_page *page, const json_t *value)
{
    shy_buffer text = {0};

    shy_json_text(value, &text);
    if (text.status != SHY_OK) page->out->status = text.status;
    for (size_t k = 0; k < text.count; k++) {
        if (text.bytes[k] == '<') shy_buffer_text(page->out, "\\u003c");
        else shy_buffer_add(page->out, &text.bytes[k], 1);
    }
    shy_buffer_free(&text);
}

void shy_html_uint(shy_page *page, uint64_t value)
{
    shy_buffer_format(page->out, "%" PRIu64, value);
}

static void add_section_id(shy_page *page, const char *name)
{
    if (page->target != NULL) shy_buffer_format(page->out, "t%zu-", page->target_index);
    shy_html_raw(page, name);
}

void shy_html_begin_section(shy_page *page, const char *name, shy_message heading)
{
    shy_html_raw(page, "<section id=\"");
    add_section_id(page, name);
    shy_html_raw(page, "\" class=\"section\" data-section=\"");
    shy_html_raw(page, name);
    shy_html_raw(page, "\" aria-labelledby=\"");
    add_section_id(page, name);
    shy_html_raw(page, "-heading\">\n<h2 id=\"");
    add_section_id(page, name);
    shy_html_raw(page, "-heading\">");
    shy_html_message(page, heading, NULL);
    shy_html_raw(page, "</h2>\n");
}

void shy_html_end_section(shy_page *page)
{
    shy_html_raw(page, "</section>\n");
}

void shy_html_begin_scroll(shy_page *page, shy_message name)
{
    shy_html_raw(page, "<div class=\"scrolls\" tabindex=\"0\" role=\"group\" aria-label=\"");
    shy_html_message(page, name, NULL);
    shy_html_raw(page, "\">");
}

void shy_html_begin_chart(shy_page *page, const char *name, int formula)
{
    shy_html_raw(page, "<figure class=\"chart chart-");
    shy_html_raw(page, name);
    shy_html_raw(page, "\" data-chart=\"");
    shy_html_raw(page, name);
    shy_html_raw(page, "\" data-target=\"");
    shy_html_uint(page, page->target_index);
    if (formula >= 0) {
        shy_html_raw(page, "\" data-formula=\"");
        shy_html_uint(page, (uint64_t)formula);
    }
    shy_html_raw(page, "\">");
}

void shy_html_end_chart(shy_page *page)
{
    shy_html_raw(page, "</figure>\n");
}

void shy_html_chart(shy_page *page, const char *name, int formula)
{
    shy_html_begin_chart(page, name, formula);
    shy_html_end_chart(page);
}
