/* messages.c: the catalogue. */
#include "shy_config.h"

#include <string.h>

#include "page/messages.h"

static const struct {
    const char *name, *text[SHY_LANGUAGES];
} messages[] = {
#define MESSAGE(name, english, japanese) {#name, {english, japanese}},
#include "page/messages_page.def"
#include "page/messages_charts.def"
#include "page/messages_words.def"
#undef MESSAGE
};

const char *shy_message_text(shy_language language, shy_message message)
{
    return messages[message].text[language];
}

const char *shy_message_name(shy_message message)
{
    return messages[message].name;
}

bool shy_language_find(const char *name, shy_language *language_out)
{
    if (strcmp(name, "en") != 0 && strcmp(name, "ja") != 0) return false;
    *language_out = *name == 'e' ? SHY_ENGLISH : SHY_JAPANESE;
    return true;
}
