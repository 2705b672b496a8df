/* help_parts.c: takes the text of a page of help apart. */
#include "shy_config.h"

#include <stdio.h>
#include <string.h>

#include "app/help_parts.h"

enum { DEEP = 6 }; /* a line that is indented by more goes on with what is above */

static size_t indent(const char *line)
{
    return strspn(line, " ");
}

static size_t length(const char *line)
{
    return strcspn(line, "\n");
}

static bool is_blank(const char *line)
{
    return indent(line) == length(line);
}

static const char *next_line(const char *line)
{
    line += length(line);
    return *line == '\n' ? line + 1 : line;
}

static bool begins(const char *line, const char *words)
{
    return strncmp(line, words, strlen(words)) == 0;
}

static void join(shy_part *part, const char *text, size_t count)
{
    size_t used = strlen(part->text);

    snprintf(part->text + used, sizeof part->text - used, "%s%.*s", used > 0 ? " " : "", (int)count, text);
}

bool shy_part_option(const char **at, char *word, size_t size)
{
    const char *text = *at + strspn(*at, ", ");
    size_t count = strcspn(text, ", ");

    *at = text;
    if (*text != '-') return false;
    snprintf(word, size, "%.*s", (int)count, text);
    *at = text + count;
    return true;
}

/* How long the term is: options up to the last, and one word in capitals behind a single blank; of an item up to two blanks. */
static size_t term_length(const char *text)
{
    static const char value[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ=.";
    size_t count = strcspn(text, "\n"), at = 0, word;

    if (*text != '-') {
        const char *gap = strstr(text, "  ");
        return gap != NULL && (size_t)(gap - text) < count ? (size_t)(gap - text) : count;
    }
    for (;;) {
        at += strcspn(text + at, ", \n");
        if (text[at] != ',') break;
        at += 2;
    }
    word = at < count ? strspn(text + at + 1, value) : 0;
    return word > 0 && (text[at + 1 + word] == ' ' || text[at + 1 + word] == '\n') ? at + 1 + word : at;
}

/* A line that begins an option or an item. */
static void begin_entry(const char *line, shy_part *part)
{
    const char *text = line + indent(line), *rest;
    size_t term = term_length(text);

    part->kind = *text == '-' ? SHY_PART_OPTION : SHY_PART_ITEM;
    snprintf(part->term, sizeof part->term, "%.*s", (int)term, text);
    rest = text + term + strspn(text + term, " ");
    join(part, rest, length(rest));
}

/* What goes on with `part`: deep lines with an entry, lines at the left with a paragraph. */
static bool goes_on(const shy_part *part, const char *line)
{
    if (*line == '\0' || is_blank(line)) return false;
    if (part->kind == SHY_PART_OPTION || part->kind == SHY_PART_ITEM) return indent(line) > DEEP;
    if (part->kind == SHY_PART_USAGE) return indent(line) > strlen("usage: ");
    return part->kind != SHY_PART_EXAMPLE && indent(line) == 0;
}

bool shy_part_next(const char **at, shy_part *part)
{
    static const char usage[] = "usage: ", status[] = "exit status: ";
    const char *line = *at;

    for (; *line != '\0' && (is_blank(line) || begins(line, "example:\n") || begins(line, "examples:\n")); line = next_line(line))
        part->kind = is_blank(line) ? SHY_PART_PARAGRAPH : SHY_PART_EXAMPLE;
    if (*line == '\0') return false;
    *part->term = *part->text = '\0';
    if (begins(line, usage) || (part->kind == SHY_PART_USAGE && indent(line) == strlen(usage))) {
        part->kind = SHY_PART_USAGE;
        join(part, line + strlen(usage), length(line) - strlen(usage));
    } else if (begins(line, status)) {
        part->kind = SHY_PART_STATUS;
        join(part, line + strlen(status), length(line) - strlen(status));
    } else if (part->kind == SHY_PART_EXAMPLE) {
        join(part, line + indent(line), length(line) - indent(line));
    } else if (indent(line) > 0) {
        begin_entry(line, part);
    } else {
        part->kind = SHY_PART_PARAGRAPH;
        join(part, line, length(line));
    }
    for (line = next_line(line); goes_on(part, line); line = next_line(line))
        join(part, line + indent(line), length(line) - indent(line));
    *at = line;
    return true;
}
