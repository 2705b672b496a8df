/** sink: a text that goes to standard output, or to a file that nobody sees before it is complete. */
#ifndef SHIHYO_APP_SINK_H
#define SHIHYO_APP_SINK_H

#include <stdio.h>

#include "shihyo/base.h"

typedef struct {
    const char *path; /* borrowed */
    char *partial;    /* owned; NULL: standard output */
    FILE *stream;
} shy_sink;

/** What shy_sink_open refuses of a place, before there is something to write. */
shy_status shy_sink_check(const char *path, bool overwrite);
/**
 * "-" is standard output. SHY_INPUT: the file is there and may not be replaced, or is no file. SHY_IO. The file beside it that is written has the mode of the umask, and goes
 * if a signal ends the program.
 */
shy_status shy_sink_open(const char *path, bool overwrite, shy_sink *sink_out);
/** On the disk, and in its place. The sink is gone, whatever is returned. */
shy_status shy_sink_finish(shy_sink *sink);
void shy_sink_abandon(shy_sink *sink); /* what was written goes; accepts one that is {0} or gone */
/** All of it at once. */
shy_status shy_sink_put(const char *path, bool overwrite, const shy_buffer *text);

/**
 * A text as a field of a CSV file: in quotes unless it is a plain word. One that a spreadsheet would take for a formula (it begins with = + - @, their wide forms, a tab or
 * a line break, and is no number) gets an apostrophe in front.
 */
void shy_csv_text(shy_buffer *buffer, const char *text);
/** A number to 15 digits; none: an empty field. */
void shy_csv_number(shy_buffer *buffer, double value);

#endif
