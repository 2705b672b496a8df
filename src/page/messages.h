/* messages.h: the one catalogue of what a page says, in every language. */
#ifndef SHIHYO_PAGE_MESSAGES_H
#define SHIHYO_PAGE_MESSAGES_H

#include "shihyo/page.h"

/* The catalogue: MESSAGE(NAME, "English", "日本語"). Words in {braces} are arguments, the same in both. */
#define MESSAGE(name, english, japanese) SHY_MSG_##name,
typedef enum {
#include "page/messages_page.def"
#include "page/messages_charts.def"
#include "page/messages_words.def"
    SHY_MESSAGES
} shy_message;
#undef MESSAGE

const char *shy_message_text(shy_language language, shy_message message);
const char *shy_message_name(shy_message message); /* "VERDICT" */

#endif
