/* manual.c: the manual page of a command, made of its page of help. */
#include "shy_config.h"

#include <ctype.h>
#include <string.h>

#include "app/help.h"
#include "app/help_parts.h"
#include "app/manual.h"
#include "app/manual_program.h"

static void print_capitals(FILE *stream, const char *name)
{
    for (; *name != '\0'; name++)
        fputc(toupper((unsigned char)*name), stream);
}

void shy_manual_heading(FILE *stream, const char *name, const char *summary)
{
    const char *hyphen = *name ? "-" : "";

    fprintf(stream, ".\\\" Printed by `shihyo help manual%s%s`; `make manual` writes it anew.\n.TH SHIHYO%s", *name ? " " : "", name, hyphen);
    print_capitals(stream, name);
    fprintf(stream, " 1 \"\" \"" PACKAGE_STRING "\" \"User Commands\"\n.SH NAME\nshihyo%s%s \\- ", hyphen, name);
    shy_roff_text(stream, summary);
}

static void print_part(FILE *stream, const shy_part *part)
{
    switch (part->kind) {
    case SHY_PART_USAGE:
    case SHY_PART_EXAMPLE: break;
    case SHY_PART_OPTION:
    case SHY_PART_ITEM:
        fputs(".TP\n", stream);
        shy_roff_term(stream, part->term);
        shy_roff_text(stream, strcmp(part->text, "this text") == 0 ? "print a short form of this page" : part->text);
        break;
    default:
        fputs(".PP\n", stream);
        shy_roff_text(stream, part->text);
    }
}

/* All parts of some kinds, one or two, as a section; nothing if there are none. */
static void print_section(FILE *stream, const char *heading, const char *text, shy_part_kind kind, shy_part_kind other)
{
    shy_part part = {.kind = SHY_PART_USAGE};
    bool begun = false;

    while (shy_part_next(&text, &part)) {
        if (part.kind != kind && part.kind != other) continue;
        if (!begun) fprintf(stream, ".SH %s\n", heading);
        if (!begun && part.kind != SHY_PART_OPTION && part.kind != SHY_PART_ITEM)
            shy_roff_text(stream, part.text);
        else
            print_part(stream, &part);
        begun = true;
    }
}

/* Lines that are typed. */
static void print_lines(FILE *stream, const char *heading, const char *text, shy_part_kind kind)
{
    shy_part part = {.kind = SHY_PART_USAGE};
    bool begun = false;

    while (shy_part_next(&text, &part)) {
        if (part.kind != kind) continue;
        if (!begun) fprintf(stream, ".SH %s\n.nf\n", heading);
        if (kind == SHY_PART_USAGE)
            shy_roff_term(stream, part.text);
        else
            shy_roff_line(stream, part.text);
        begun = true;
    }
    if (begun) fputs(".fi\n", stream);
}

static bool has(const char *text, shy_part_kind kind)
{
    shy_part part = {.kind = SHY_PART_USAGE};

    while (shy_part_next(&text, &part))
        if (part.kind == kind) return true;
    return false;
}

void shy_manual_see_also(FILE *stream, const char *but)
{
    size_t count;
    const shy_help_page *pages = shy_help_pages(&count);

    fputs(".SH SEE ALSO\n", stream);
    if (*but != '\0') fprintf(stream, ".BR shihyo (1)%s\n", count > 1 ? "," : "");
    for (size_t i = 0, left = count - (*but != '\0'); i < count; i++)
        if (strcmp(pages[i].name, but) != 0) fprintf(stream, ".BR \\%%shihyo\\-%s (1)%s\n", pages[i].name, --left > 0 ? "," : "");
}

static void print_command(FILE *stream, const shy_help_page *page)
{
    shy_manual_heading(stream, page->name, page->summary);
    print_lines(stream, "SYNOPSIS", page->text, SHY_PART_USAGE);
    print_section(stream, "DESCRIPTION", page->text, SHY_PART_PARAGRAPH, SHY_PART_ITEM);
    print_section(stream, "OPTIONS", page->text, SHY_PART_OPTION, SHY_PART_OPTION);
    if (has(page->text, SHY_PART_STATUS))
        print_section(stream, "EXIT STATUS", page->text, SHY_PART_STATUS, SHY_PART_STATUS);
    else
        shy_manual_status(stream);
    print_lines(stream, "EXAMPLES", page->text, SHY_PART_EXAMPLE);
    shy_manual_see_also(stream, page->name);
}

bool shy_manual_print(const char *command, FILE *stream)
{
    size_t count;
    const shy_help_page *pages = shy_help_pages(&count);

    if (command == NULL) {
        shy_manual_program(stream);
        return true;
    }
    for (size_t i = 0; i < count; i++)
        if (strcmp(pages[i].name, command) == 0) {
            print_command(stream, &pages[i]);
            return true;
        }
    return false;
}
