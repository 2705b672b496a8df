/* text.c: strict numbers in, shortest numbers out, and the word that was meant. */
#include "shy_config.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shihyo/base.h"

static const char *skip_digits(const char *text, size_t *digits)
{
    while (*text >= '0' && *text <= '9')
        text++, ++*digits;
    return text;
}

/* [+-] digits [. digits] [e [+-] digits], with a digit before the exponent: strtod takes more than that. */
static bool is_decimal(const char *text)
{
    size_t digits = 0, exponent_digits = 0;

    if (*text == '+' || *text == '-') text++;
    text = skip_digits(text, &digits);
    if (*text == '.') text = skip_digits(text + 1, &digits);
    if (digits == 0) return false;
    if (*text == 'e' || *text == 'E') {
        text++;
        if (*text == '+' || *text == '-') text++;
        text = skip_digits(text, &exponent_digits);
        if (exponent_digits == 0) return false;
    }
    return *text == '\0';
}

bool shy_text_number(const char *text, double *value_out)
{
    char *end;

    if (!is_decimal(text)) return false;
    double value = strtod(text, &end);
    if (*end != '\0' || !isfinite(value)) return false;
    *value_out = value;
    return true;
}

bool shy_text_integer(const char *text, int64_t *value_out)
{
    size_t digits = 0;
    const char *end = skip_digits(*text == '+' || *text == '-' ? text + 1 : text, &digits);

    if (digits == 0 || *end != '\0') return false;
    errno = 0;
    long long value = strtoll(text, NULL, 10);
    if (errno != 0) return false;
    *value_out = value;
    return true;
}

/* 1e+05 becomes 1e5, 1e-05 becomes 1e-5. */
static void shorten_exponent(char *text)
{
    char *to = strchr(text, 'e');

    if (to == NULL) return;
    const char *from = ++to;
    if (*from == '-') to++;
    from++; /* the sign, which printf always writes */
    while (*from == '0')
        from++;
    memmove(to, from, strlen(from) + 1);
}

char *shy_text_shortest(double value, char *out)
{
    char text[64]; /* 24 are enough, but the compiler cannot know */

    if (isnan(value)) return strcpy(out, "nan");
    if (isinf(value)) return strcpy(out, value < 0 ? "-inf" : "inf");
    /* Every decimal of DBL_DIG digits survives the way through a double and back, and %g drops trailing zeros: fewer
     * digits need not be tried, except where doubles are sparser than that, next to zero. */
    int digits = fabs(value) < DBL_MIN ? 1 : DBL_DIG;
    for (; digits <= DBL_DECIMAL_DIG; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value) break;
    }
    shorten_exponent(text);
    return strcpy(out, text);
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Letters to insert, delete, replace, or exchange with their neighbour. Both words are shorter than WORD_MAX. */
enum { WORD_MAX = 128 };
static size_t edit_distance(const char *a, const char *b)
{
    size_t rows[3][WORD_MAX + 1]; /* row i: distances of the first i letters of a to the first k of b */
    size_t *before = rows[0], *above = rows[1], *row = rows[2];
    size_t length = strlen(b);

    for (size_t k = 0; k <= length; k++)
        row[k] = k;
    for (size_t i = 1; a[i - 1] != '\0'; i++) {
        size_t *oldest = before;
        before = above, above = row, row = oldest;
        row[0] = i;
        for (size_t k = 1; k <= length; k++) {
            row[k] = least(above[k - 1] + (a[i - 1] != b[k - 1]), least(above[k], row[k - 1]) + 1);
            bool exchanged = i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1];
            if (exchanged) row[k] = least(row[k], before[k - 2] + 1);
        }
    }
    return row[length];
}

const char *shy_text_nearest(const char *word, const char *const *candidates, size_t count)
{
    const char *nearest = NULL;
    size_t limit = 1 + strlen(word) / 3;

    if (strlen(word) >= WORD_MAX) return NULL;
    for (size_t i = 0; i < count; i++) {
        if (strlen(candidates[i]) >= WORD_MAX) continue;
        size_t distance = edit_distance(word, candidates[i]);
        if (distance > limit || (nearest != NULL && distance == limit)) continue;
        nearest = candidates[i];
        limit = distance;
    }
    return nearest;
}

char *shy_text_thousands(uint64_t count, char out[32])
{
    char digits[24], *to = out;
    const int length = snprintf(digits, sizeof digits, "%llu", (unsigned long long)count);

    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0) *to++ = ',';
        *to++ = digits[i];
    }
    *to = '\0';
    return out;
}
