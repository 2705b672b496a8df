/* roff.c: text in the language of manual pages. */
#include "shy_config.h"

#include <ctype.h>
#include <string.h>

#include "app/manual.h"

enum { LINE = 100 };

/* A hyphen is a minus, and several characters would be set as others than those that are typed. */
static void print_byte(FILE *stream, char byte)
{
    static const char special[] = "\\-'^~`\"";
    static const char *const written[] = {"\\e", "\\-", "\\(aq", "\\(ha", "\\(ti", "\\(ga", "\\(dq"};
    const char *found = strchr(special, byte);

    if (found != NULL && byte != '\0')
        fputs(written[found - special], stream);
    else
        fputc(byte, stream);
}

static void print_bytes(FILE *stream, const char *text, size_t count)
{
    for (size_t i = 0; i < count; i++)
        print_byte(stream, text[i]);
}

/* A dot at the start of a line would be a command. */
static void begin_line(FILE *stream, const char *text)
{
    if (*text == '.') fputs("\\&", stream);
}

void shy_roff_line(FILE *stream, const char *text)
{
    begin_line(stream, text);
    print_bytes(stream, text, strlen(text));
    fputc('\n', stream);
}

void shy_roff_text(FILE *stream, const char *text)
{
    size_t column = 0;
    bool bold = false;

    begin_line(stream, text);
    for (; *text != '\0'; text++, column++) {
        if (*text == '`') {
            bold = !bold;
            fputs(bold ? "\\fB" : "\\fR", stream);
        } else if (*text == ' ' && column + 1 + strcspn(text + 1, " ") > LINE) {
            fputc('\n', stream);
            begin_line(stream, text + 1);
            column = 0;
        } else {
            print_byte(stream, *text);
        }
    }
    fputc('\n', stream);
}

/* "TABLE...", "KEY=VALUE", "N": in capitals, for what the user puts there. */
static bool is_placeholder(const char *word, size_t count)
{
    bool capital = false;

    for (size_t i = 0; i < count; i++) {
        if (islower((unsigned char)word[i])) return false;
        capital = capital || isupper((unsigned char)word[i]);
    }
    return capital;
}

void shy_roff_term(FILE *stream, const char *text)
{
    static const char roman[] = "[]()|,.= ";

    while (*text != '\0') {
        size_t count = strspn(text, roman);
        print_bytes(stream, text, count);
        text += count;
        count = strcspn(text, roman);
        if (count == 0) continue;
        bool italic = is_placeholder(text, count) || strncmp(text, "options]", 8) == 0;
        fputs(italic ? "\\fI" : "\\fB", stream);
        print_bytes(stream, text, count);
        fputs("\\fR", stream);
        text += count;
    }
    fputc('\n', stream);
}
