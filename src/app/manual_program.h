/** manual_program: the manual page of the program as a whole, and what its commands' pages have in common. */
#ifndef SHIHYO_APP_MANUAL_PROGRAM_H
#define SHIHYO_APP_MANUAL_PROGRAM_H

#include <stdio.h>

void shy_manual_program(FILE *stream);
/** The section EXIT STATUS of a command that does not have its own. */
void shy_manual_status(FILE *stream);

/* manual.c */
/** Up to the end of NAME; `name` is that of a command, or "". */
void shy_manual_heading(FILE *stream, const char *name, const char *summary);
/** The section SEE ALSO: all pages but that of the command `but`, or of the program if that is "". */
void shy_manual_see_also(FILE *stream, const char *but);

#endif
