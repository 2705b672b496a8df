/* reader.h: the fields of a CSV or TSV file, one after the other, in memory that does not grow with the file. */
#ifndef SHIHYO_DATA_READER_H
#define SHIHYO_DATA_READER_H

#include "shihyo/base.h"

typedef struct shy_reader shy_reader;

/** One field, without its quotes and the blanks around it. `text` lives until the next call; text[length] is NUL. */
typedef struct {
    char *text;
    size_t length;
    bool last;      /* of its row */
    bool exhausted; /* there is no further row; the other members mean nothing */
} shy_field;

/**
 * Opens a table, plain or compressed by gzip, and decides on the separator (tab, comma or semicolon) from its first
 * line.
 * Fails with SHY_IO (missing, unreadable, not a regular file) and SHY_INPUT (empty, binary, UTF-16).
 */
shy_status shy_reader_open(const char *path, shy_reader **reader_out);
void shy_reader_close(shy_reader **reader);

/**
 * Fails with SHY_INPUT on an unclosed or misplaced quote, a zero byte, a damaged gzip stream. Empty lines are skipped.
 */
shy_status shy_reader_next(shy_reader *reader, shy_field *field_out);

char shy_reader_separator(const shy_reader *reader);
uint64_t shy_reader_row(const shy_reader *reader);  /* of the last field: 0 is the heading, 1 the first row of data */
uint64_t shy_reader_line(const shy_reader *reader); /* of the file, where that row begins: 1, 2, … */
/** An empty line is a missing value if the table has one column, and is skipped otherwise. Set after the heading. */
void shy_reader_keep_empty(shy_reader *reader, bool keep);

#endif
