/** help: what the program tells about its commands. */
#ifndef SHIHYO_APP_HELP_H
#define SHIHYO_APP_HELP_H

#include <stdbool.h>
#include <stdio.h>

typedef struct {
    const char *name, *summary, *text;
} shy_help_page;
/** All commands but help, in the order in which they are listed. */
const shy_help_page *shy_help_pages(size_t *count_out);
void shy_help_program(FILE *stream);
/** False if there is no such command. */
bool shy_help_command(const char *command, FILE *stream);
/** `shihyo help TOPIC [OF]`: a command, keys, example, completion, or manual, with a command or NULL. False if there is no such topic. */
bool shy_help_topic(const char *topic, const char *of, FILE *stream);

#endif
