/** manual: the pages of help as manual pages, and as completion for the shell. */
#ifndef SHIHYO_APP_MANUAL_H
#define SHIHYO_APP_MANUAL_H

#include <stdbool.h>
#include <stdio.h>

/** The manual page of a command in roff, or of the program where `command` is NULL. False if there is no such command. */
bool shy_manual_print(const char *command, FILE *stream);
/** A script for bash that completes commands, options, keys of a configuration with their values, and files. */
void shy_completion_print(FILE *stream);

/* what the files of the manual share */
/** Text in the language of manual pages: `words` bold, lines broken. Begins and ends at the start of a line. */
void shy_roff_text(FILE *stream, const char *text);
/** The same for a line that is typed as it stands. */
void shy_roff_line(FILE *stream, const char *text);
/** A line of a synopsis or a term: what is typed bold, what it stands for italic. */
void shy_roff_term(FILE *stream, const char *text);

#endif
