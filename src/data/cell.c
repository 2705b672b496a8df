/* cell.c: what one cell of a table is: missing, a number, infinite, or a text. */
#include "shy_config.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#include "text_impl.h"

shy_status shy_missing_add(shy_missing *missing, const char *code)
{
    shy_status st = SHY_OK;
    size_t room = (size_t)missing->count + 1;

    SHY_TRY(shy_grow(room, sizeof *missing->text, &missing->text));
    SHY_TRY(shy_grow(room, sizeof *missing->value, &missing->value));
    missing->text[missing->count] = code;
    if (!shy_text_number(code, &missing->value[missing->count])) missing->value[missing->count] = NAN;
    missing->count++;
out:
    return st;
}

void shy_missing_free(shy_missing *missing)
{
    shy_free(&missing->text);
    shy_free(&missing->value);
    missing->count = 0;
}

static bool is_code(const char *text, size_t length, const shy_missing *codes)
{
    for (int i = 0; codes != NULL && i < codes->count; i++)
        if (strncmp(text, codes->text[i], length) == 0 && codes->text[i][length] == '\0') return true;
    return false;
}

static bool is_code_value(double value, const shy_missing *codes)
{
    for (int i = 0; codes != NULL && i < codes->count; i++)
        if (codes->value[i] == value) return true;
    return false;
}

static bool is_builtin_code(const char *text, size_t length)
{
    switch (length) {
    case 0:
        return true;
    case 1:
        return text[0] == '.';
    case 2:
        return memcmp(text, "NA", 2) == 0;
    case 3:
        return strncasecmp(text, "nan", 3) == 0;
    default:
        return false;
    }
}

static bool is_infinite(const char *text, size_t length)
{
    if (length > 0 && (*text == '+' || *text == '-')) text++, length--;
    return (length == 3 && strncasecmp(text, "inf", 3) == 0) || (length == 8 && strncasecmp(text, "infinity", 8) == 0);
}

/*
 * At most 15 digits and a power of ten up to 22 are exact as doubles, so that one multiplication or division rounds
 * correctly. This covers nearly all cells at a fraction of the price of strtod; false means "ask strtod".
 */
static bool read_short_decimal(const char *text, size_t length, double *value_out)
{
    static const double power[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                   1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    const char *end = text + length, *point = NULL;
    bool negative = *text == '-';
    uint64_t digits = 0;

    if (*text == '-' || *text == '+') text++;
    const char *first = text;
    for (; text < end; text++) {
        if (*text >= '0' && *text <= '9')
            digits = 10 * digits + (uint64_t)(*text - '0');
        else if (*text == '.' && point == NULL)
            point = text;
        else
            return false;
    }
    ptrdiff_t count = text - first - (point != NULL);
    if (count < 1 || count > 15) return false;
    double value = (double)digits;
    if (point != NULL) value /= power[end - point - 1];
    *value_out = negative ? -value : value;
    return true;
}

/* A decimal number that overflows a double is as infinite as one that says so. */
static shy_cell read_long_decimal(const char *text, size_t length, double *value_out)
{
    if (shy_text_number(text, value_out)) return SHY_CELL_NUMBER;
    if (is_infinite(text, length)) return SHY_CELL_INFINITE;
    size_t exponent = strcspn(text, "eE"), mantissa = strspn(text, "+-0123456789.");
    double value;
    if (mantissa != exponent || length > 400) return SHY_CELL_TEXT;
    /*
     * "1e999" is a number but for its size: the same mantissa with exponent 0 is one, and the exponent is an integer.
     */
    char shortened[408];
    int64_t power;
    memcpy(shortened, text, exponent);
    memcpy(shortened + exponent, "e-300", 6);
    if (!shy_text_number(shortened, &value) || value == 0) return SHY_CELL_TEXT;
    if (text[exponent] != '\0' && !shy_text_integer(text + exponent + 1, &power)) return SHY_CELL_TEXT;
    return SHY_CELL_INFINITE;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

char *shy_cell_trim(char *text, size_t *length)
{
    while (*length > 0 && is_blank(text[*length - 1]))
        --*length;
    while (*length > 0 && is_blank(*text))
        text++, --*length;
    text[*length] = '\0';
    return text;
}

shy_cell shy_cell_read(const char *text, size_t length, const shy_missing *codes, const shy_missing *more,
                       double *value_out)
{
    shy_cell cell = SHY_CELL_NUMBER;

    if (is_builtin_code(text, length)) return SHY_CELL_MISSING;
    if (!read_short_decimal(text, length, value_out)) cell = read_long_decimal(text, length, value_out);
    if (is_code(text, length, codes) || is_code(text, length, more)) return SHY_CELL_MISSING;
    if (cell == SHY_CELL_NUMBER && (is_code_value(*value_out, codes) || is_code_value(*value_out, more)))
        return SHY_CELL_MISSING;
    return cell;
}

/* Controls of terminals (C1), separators of lines, and marks that turn the order of what follows: names go to terminals, and into comments of programs. */
static bool steers(uint32_t code)
{
    return (code >= 0x80 && code < 0xA0) || (code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
}

/* The length of the UTF-8 sequence at text, 0 if it is not one. Overlong forms, surrogates and what steers are none. */
static size_t utf8_sequence(const unsigned char *text, size_t length)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t count = *text < 0x80 ? 1 : *text >> 5 == 6 ? 2 : *text >> 4 == 14 ? 3 : *text >> 3 == 30 ? 4 : 0;

    if (count == 1) return *text >= 0x20 && *text != 0x7F ? 1 : 0;
    if (count == 0 || count > length) return 0;
    uint32_t code = *text & (0xFFu >> (count + 1));
    for (size_t i = 1; i < count; i++) {
        if (text[i] >> 6 != 2) return 0;
        code = code << 6 | (text[i] & 0x3F);
    }
    return code >= least[count] && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF) && !steers(code) ? count : 0;
}

bool shy_utf8_valid(const char *text, size_t length)
{
    const unsigned char *next = (const unsigned char *)text;

    while (length > 0) {
        size_t count = utf8_sequence(next, length);
        if (count == 0) return false;
        next += count, length -= count;
    }
    return true;
}
