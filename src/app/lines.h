/** lines: a text that grows; the first failure sticks, so that it is asked for once. Starts as {0}. */
#ifndef SHIHYO_APP_LINES_H
#define SHIHYO_APP_LINES_H

#include "shihyo/base.h"

typedef struct {
    char *text; /* NULL until something was added */
    size_t used, room;
    shy_status status;
} shy_lines;

void shy_lines_add(shy_lines *lines, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** A cell of a tab-separated file and what ends it; a tab or line break within would end it too early and becomes a blank. */
void shy_lines_cell(shy_lines *lines, const char *cell, char end);
void shy_lines_number(shy_lines *lines, double value, char end); /* NA if it is none */
void shy_lines_free(shy_lines *lines);

#endif
