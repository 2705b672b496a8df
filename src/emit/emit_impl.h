/* What the writers of other languages share. Private to emit. */
#ifndef SHIHYO_EMIT_IMPL_H
#define SHIHYO_EMIT_IMPL_H

#include "shihyo/emit.h"

/* ---- text of strangers (text.c) ------------------------------------------------------------------------------------- */

#define SHY_NO_CHARACTER 0xfffdu

/* The next character of UTF-8, 0 at the end; SHY_NO_CHARACTER for a byte that belongs to none. */
uint32_t shy_emit_next(const char **text);
/* Not to be shown as it is: control characters, ends of lines, what changes the direction of writing or has no width. */
bool shy_emit_is_odd(uint32_t character);
void shy_emit_character(shy_buffer *out, uint32_t character);
size_t shy_emit_length(const char *text); /* characters */

/* A name cut to what can be read: its first and last characters, with an ellipsis between. */
#define SHY_NAME_SHOWN 72
void shy_emit_shorten(const char *name, shy_buffer *out);

/* ---- mathematics (math.c) ---------------------------------------------------------------------------------------------- */

/* How a notation writes what stands in a formula: what comes before, between and after its parts. */
typedef struct {
    const char *fraction[3];
    const char *root[2], *power[2], *group[2], *bar[2]; /* power: of the square */
    const char *call[3];      /* before and after a function's name, and what closes it */
    const char *ten[2];       /* × 10^ of a number, and what closes it */
    const char *plus, *minus, *times, *comma;
    const char *exponent_minus;
    void (*name)(shy_buffer *out, const char *name);
    void (*digits)(shy_buffer *out, const char *digits, bool negative);
} shy_math;

void shy_emit_math(const shy_math *math, const shy_tree *tree, const char *const *names, int digits, shy_buffer *out);

void shy_emit_xml(shy_buffer *out, const char *text);   /* as text or attribute of XML and HTML */
void shy_emit_latex_text(shy_buffer *out, const char *text);

#endif
