/* html.h: HTML that cannot be broken by what stands in it. Whatever comes from data goes through shy_html_text or a message's argument. */
#ifndef SHIHYO_PAGE_HTML_H
#define SHIHYO_PAGE_HTML_H

#include "page/messages.h"
#include "shihyo/page.h"

/* A page while it is made; the first failure sticks in out->status. */
typedef struct {
    const json_t *document;
    shy_language language;
    shy_buffer *out;
} shy_page;

void shy_html_raw(shy_page *page, const char *literal);          /* markup of ours: a literal */
void shy_html_text(shy_page *page, const char *text);            /* escaped, also for the values of attributes in double quotes */
void shy_html_element(shy_page *page, const char *name, const char *class, const char *text); /* <name class="class">text</name>; class NULL: none */
/** A sentence of the catalogue; what stands in {braces} in it is replaced by the arguments, pairs of a name and a text, ended by NULL; both escaped. */
void shy_html_message(shy_page *page, shy_message message, ...) __attribute__((sentinel));
/** The same as an element. */
void shy_html_message_element(shy_page *page, const char *name, const char *class, shy_message message, ...) __attribute__((sentinel));
/** A value for a script between <script type="application/json"> and </script>: no "<" is left in it. */
void shy_html_json(shy_page *page, const json_t *value);

#define SHY_NUMBER_ROOM 40
const char *shy_html_number(double value, int digits, char text[SHY_NUMBER_ROOM]); /* significant digits, "–" if there is none; returns text */
const char *shy_html_count(uint64_t count, char text[SHY_NUMBER_ROOM]);            /* with thousands apart; returns text */

/* The sections of the page, in their order. Each writes a <section> with a heading, or nothing if the document has nothing for it. */
void shy_page_verdict(shy_page *page);    /* the verdict in words, what it rests on */
void shy_page_data(shy_page *page);       /* who, how many, what outcome, what was searched, what was left out and why */
void shy_page_front(shy_page *page);      /* the front: chart and table */
void shy_page_formula(shy_page *page);    /* everything that follows the selected formula */
void shy_page_two_axis(shy_page *page);
void shy_page_horizons(shy_page *page);
void shy_page_network(shy_page *page);
void shy_page_methods(shy_page *page);    /* a paragraph for a paper */
void shy_page_checklists(shy_page *page); /* TRIPOD+AI, REMARK */
void shy_page_settings(shy_page *page);   /* configuration, versions, seed */
void shy_page_released(shy_page *page);   /* what disclosure control left out */

/** The Vega specifications of all charts, by name, in the language of the page; data come from the document when a formula is selected. Owned. */
json_t *shy_page_charts(const shy_page *page);

#endif
