/* What the readers and writers of formulas and units share: characters and quotes in messages. Private to expr. */
#ifndef SHIHYO_EXPR_TEXT_IMPL_H
#define SHIHYO_EXPR_TEXT_IMPL_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Not <ctype.h>: the syntax must not depend on the locale. */
static inline bool shy_text_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool shy_text_starts_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static inline bool shy_text_continues_word(char c)
{
    return shy_text_starts_word(c) || shy_text_is_digit(c) || c == '.';
}

static inline bool shy_text_is_control(char c)
{
    return (unsigned char)c < 0x20 || c == 0x7f;
}

/* A byte of a UTF-8 sequence other than its first. */
static inline bool shy_text_is_continuation(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

#define SHY_QUOTE_SIZE 84 /* 80 bytes of the user's text, an ellipsis and a NUL */

/* `length` bytes of the user's text, fit for a message: no control characters, not too long, no cut UTF-8 sequence. */
static inline const char *shy_text_quote(const char *bytes, size_t length, char out[SHY_QUOTE_SIZE])
{
    size_t count = length;

    if (count > SHY_QUOTE_SIZE - 4) {
        count = SHY_QUOTE_SIZE - 4;
        while (count > 0 && shy_text_is_continuation(bytes[count])) count--;
    }
    for (size_t k = 0; k < count; k++) out[k] = shy_text_is_control(bytes[k]) ? '?' : bytes[k];
    strcpy(out + count, count < length ? "…" : "");
    return out;
}

/* Position of the byte `at` for a reader: characters of `text`, counted from 1. */
static inline int shy_text_position(const char *text, const char *at)
{
    int count = 1;

    for (const char *c = text; c < at; c++) count += !shy_text_is_continuation(*c);
    return count;
}

#endif
