/* What printing and parsing formulas share: which characters make a plain word. Private to expr. */
#ifndef SHIHYO_EXPR_TEXT_IMPL_H
#define SHIHYO_EXPR_TEXT_IMPL_H

#include <stdbool.h>

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

#endif
