/** help_parts: the text of a page of help, taken apart. Manual pages and completion are made of the parts. */
#ifndef SHIHYO_APP_HELP_PARTS_H
#define SHIHYO_APP_HELP_PARTS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The form of a page (help.c):
 *
 *     usage: shihyo NAME WHAT [options]            one line for each way to call it, the further ones under the first
 *
 *     Paragraphs, broken into lines.
 *
 *       -o, --output FILE      what it does        options: the text begins where it fits, further lines of it are
 *           --plan             what it does        indented by more than 6
 *
 *     A paragraph, and under it                    items: two blanks between the word and what it means
 *       word  what it means
 *
 *     examples:
 *       shihyo NAME …                              as they are typed
 *
 *     exit status: numbers and what they mean.     the last paragraph, if there is one
 */
typedef enum { SHY_PART_USAGE, SHY_PART_PARAGRAPH, SHY_PART_OPTION, SHY_PART_ITEM, SHY_PART_EXAMPLE, SHY_PART_STATUS } shy_part_kind;

typedef struct {
    shy_part_kind kind;
    char term[96];   /* of an option and an item: "-o, --output FILE" */
    char text[4096]; /* its lines joined by blanks; of an example one line as it stands */
} shy_part;

/** The next part: *at moves on, `part` is also what came before it (kind SHY_PART_USAGE at the start). False at the end. */
bool shy_part_next(const char **at, shy_part *part);
/** The next option of a term, "-o" and then "--output": *at moves on, `word` has `size` bytes. False if none is left: *at is the value, "FILE" or "". */
bool shy_part_option(const char **at, char *word, size_t size);

#endif
