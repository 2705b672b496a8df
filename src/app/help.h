/** help: what the program tells about its commands. */
#ifndef SHIHYO_APP_HELP_H
#define SHIHYO_APP_HELP_H

#include <stdbool.h>
#include <stdio.h>

void shy_help_program(FILE *stream);
/** False if there is no such command. */
bool shy_help_command(const char *command, FILE *stream);
/** `shihyo help TOPIC`: a command, keys, manual, example. False if there is no such topic. */
bool shy_help_topic(const char *topic, FILE *stream);

#endif
