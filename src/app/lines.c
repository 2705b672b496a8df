/* lines.c: a text that grows. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "app/lines.h"

static bool reserve(shy_lines *l, size_t more)
{
    if (l->status != SHY_OK) return false;
    if (l->used + more + 1 <= l->room) return true;
    const size_t room = 2 * (l->used + more) + 1024;
    l->status = shy_grow(room, 1, &l->text);
    if (l->status == SHY_OK) l->room = room;
    return l->status == SHY_OK;
}

void shy_lines_add(shy_lines *l, const char *format, ...)
{
    va_list args;
    int more;

    va_start(args, format);
    more = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (more < 0 || !reserve(l, (size_t)more)) return;
    va_start(args, format);
    vsnprintf(l->text + l->used, (size_t)more + 1, format, args);
    va_end(args);
    l->used += (size_t)more;
}

void shy_lines_cell(shy_lines *l, const char *cell, char end)
{
    const size_t length = strlen(cell);

    if (!reserve(l, length + 1)) return;
    for (size_t i = 0; i < length; i++) l->text[l->used++] = (unsigned char)cell[i] < ' ' ? ' ' : cell[i];
    l->text[l->used++] = end;
    l->text[l->used] = '\0';
}

void shy_lines_number(shy_lines *l, double value, char end)
{
    char text[40];

    shy_lines_cell(l, isfinite(value) ? shy_text_shortest(value, text) : "NA", end);
}

void shy_lines_free(shy_lines *l)
{
    shy_free(&l->text);
    *l = (shy_lines){0};
}
