/* checklists.c: TRIPOD+AI and REMARK, filled in where the run knows the answer and marked open where it does not. */
#include "shy_config.h"

#include "page/checklist.h"

typedef enum { FILLED, PART, UNFILLED, STATUSES } status;

static const shy_message status_words[STATUSES] = {[FILLED] = SHY_MSG_STATUS_FILLED, [PART] = SHY_MSG_STATUS_PART, [UNFILLED] = SHY_MSG_STATUS_OPEN};
static const char *const status_classes[STATUSES] = {[FILLED] = "badge status-filled", [PART] = "badge status-part", [UNFILLED] = "badge status-open"};

/* What authors have to add to what is known, or in place of it; SHY_MESSAGES: nothing. */
static shy_message addition(const shy_page *page, const shy_checklist_item *item, bool known)
{
    if (item->add == SHY_MESSAGES && !known) return SHY_MSG_CA_UNKNOWN;
    return known && item->only != NULL && !shy_prose_is(shy_prose_front(page), "outcome_kind", item->only) ? SHY_MESSAGES : item->add;
}

static status judge(const shy_page *page, const shy_checklist_item *item, shy_buffer *known)
{
    if (item->fill != NULL) item->fill(page, known);
    if (known->count == 0) return UNFILLED;
    return addition(page, item, true) == SHY_MESSAGES ? FILLED : PART;
}

static void write_item(shy_page *page, const shy_checklist_item *item)
{
    shy_buffer known = {0};
    const status s = judge(page, item, &known);
    const shy_message add = addition(page, item, s != UNFILLED);

    shy_html_raw(page, "<tr>");
    shy_html_element(page, "th", NULL, item->number);
    shy_html_message_element(page, "td", NULL, item->topic, NULL);
    shy_html_raw(page, "<td>");
    shy_html_message_element(page, "span", status_classes[s], status_words[s], NULL);
    shy_html_raw(page, "</td><td class=\"words\">");
    shy_prose_element(page, "div", NULL, &known);
    if (add != SHY_MESSAGES) shy_html_message_element(page, "div", "soft", SHY_MSG_CHECKLIST_ADD, "what", shy_message_text(page->language, add), NULL);
    shy_html_raw(page, "</td></tr>\n");
}

static void write_head(shy_page *page)
{
    static const shy_message head[] = {SHY_MSG_CHECKLIST_ITEM, SHY_MSG_CHECKLIST_TOPIC, SHY_MSG_CHECKLIST_STATUS, SHY_MSG_CHECKLIST_ANSWER};

    shy_html_raw(page, "<table>\n<thead><tr>");
    for (size_t k = 0; k < sizeof head / sizeof *head; k++) shy_html_message_element(page, "th", NULL, head[k], NULL);
    shy_html_raw(page, "</tr></thead>\n<tbody>\n");
}

static void write_summary(shy_page *page, const shy_checklist_item *items, shy_message heading)
{
    int count[STATUSES] = {0};
    char text[STATUSES][SHY_NUMBER_ROOM];

    for (const shy_checklist_item *item = items; item->number != NULL; item++) {
        shy_buffer known = {0};
        count[judge(page, item, &known)]++;
        shy_buffer_free(&known);
    }
    for (int s = 0; s < STATUSES; s++) shy_html_count((uint64_t)count[s], text[s]);
    shy_html_message_element(page, "summary", NULL, heading, "filled", text[FILLED], "part", text[PART], "open", text[UNFILLED], NULL);
}

static void write_checklist(shy_page *page, const shy_checklist_item *items, shy_message heading, shy_message source)
{
    shy_html_raw(page, "<details class=\"checklist\">\n");
    write_summary(page, items, heading);
    shy_html_message_element(page, "p", "small soft", source, NULL);
    shy_html_begin_scroll(page, SHY_MSG_SECTION_CHECKLISTS);
    write_head(page);
    for (; items->number != NULL; items++) write_item(page, items);
    shy_html_raw(page, "</tbody></table></div>\n</details>\n");
}

void shy_page_checklists(shy_page *page)
{
    if (shy_prose_front(page) == NULL) return;
    shy_html_begin_section(page, "checklists", SHY_MSG_SECTION_CHECKLISTS);
    shy_html_message_element(page, "p", NULL, SHY_MSG_CHECKLISTS_INTRO, NULL);
    write_checklist(page, shy_checklist_tripod, SHY_MSG_CHECKLIST_TRIPOD, SHY_MSG_CHECKLIST_SOURCE_TRIPOD);
    write_checklist(page, shy_checklist_remark, SHY_MSG_CHECKLIST_REMARK, SHY_MSG_CHECKLIST_SOURCE_REMARK);
    shy_html_end_section(page);
}
