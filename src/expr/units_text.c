/* Units as text, both ways.
 *
 *   unit   = [ "/" ] group { ("/" | "*" | "." | "·") group }     "/" divides by the next group only
 *   group  = item { [ blanks ] item }                            so "mL/min/1.73 m2" divides by m2 as well
 *   item   = number | word [ exponent ] | "(" unit ")"
 *   number = "10^9" | "10*9" | "1.73" | "x10^9"
 */
#include "shy_config.h"

#include <stdlib.h>
#include <string.h>

#include "shihyo/expr.h"
#include "text_impl.h"
#include "units_impl.h"

#define SPELLING_MAX 64 /* bytes of one base unit */
#define TERM_MAX (SPELLING_MAX + 32)
#define DEPTH_MAX 20
#define EIGHTHS 8

typedef struct {
    shy_units *units;
    const char *text, *at;
    shy_unit_terms *terms;
    int depth;
} reader;

/* ---- characters ------------------------------------------------------------------------------------------------ */

static bool begins(const char *at, const char *sign)
{
    return strncmp(at, sign, strlen(sign)) == 0;
}

/* Value of a superscript digit, -1 for none; its bytes in *length_out. */
static int superscript(const char *at, size_t *length_out)
{
    static const char *const digit[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};

    for (int k = 0; k < 10; k++) {
        if (begins(at, digit[k])) {
            *length_out = strlen(digit[k]);
            return k;
        }
    }
    return -1;
}

/* Bytes of a blank, also of the narrow and the unbreakable ones; 0 for none. */
static size_t blank(const char *at)
{
    if (*at == ' ' || *at == '\t') return 1;
    if (begins(at, "\u00a0")) return 2;
    if (begins(at, "\u2009") || begins(at, "\u202f")) return 3;
    return 0;
}

/* Bytes of a sign of multiplication that stands between groups; 0 for none. */
static size_t times(const char *at)
{
    if (*at == '*') return begins(at, "**") ? 2 : 1;
    if (*at == '.') return 1;
    if (begins(at, "·") || begins(at, "×")) return 2;
    if (begins(at, "⋅")) return 3;
    return 0;
}

/* Bytes of "x" or "×" before a number, as in "x10^9/L"; 0 for none. */
static size_t scale_sign(const char *at)
{
    size_t length = *at == 'x' ? 1 : begins(at, "×") ? 2 : 0;
    return length > 0 && shy_text_is_digit(at[length]) ? length : 0;
}

static bool ends_word(const char *at)
{
    size_t length;

    return *at == '\0' || strchr("/*.^(),;", *at) || shy_text_is_control(*at) || blank(at) > 0 || times(at) > 0 ||
           superscript(at, &length) >= 0 || begins(at, "⁻");
}

static void skip_blanks(reader *r)
{
    for (size_t length; (length = blank(r->at)) > 0;) r->at += length;
}

static shy_status fail(const reader *r, const char *what)
{
    char text[SHY_QUOTE_SIZE];

    return shy_fail(SHY_INPUT, "The unit \"%s\" cannot be read at position %d: %s.",
                    shy_text_quote(r->text, strlen(r->text), text), shy_text_position(r->text, r->at), what);
}

/* ---- reading --------------------------------------------------------------------------------------------------- */

static shy_status multiply(reader *r, const char *spelling, size_t length, int eighths)
{
    shy_status st = SHY_OK;
    int16_t base;

    if (length >= SPELLING_MAX) return fail(r, "a name is too long");
    SHY_TRY(shy_units_base(r->units, spelling, length, &base));
    if (shy_unit_terms_add(r->terms, base, eighths) != SHY_OK) {
        st = fail(r, "too many base units, or an exponent beyond 1000");
    }
out:
    return st;
}

static double read_decimal(reader *r)
{
    double digits = 0.0, scale = 1.0; /* integers, so that a multiple of 1/8 comes out exactly */

    for (; shy_text_is_digit(*r->at); r->at++) digits = 10.0 * digits + (*r->at - '0');
    if (*r->at == '.' && shy_text_is_digit(r->at[1])) {
        for (r->at++; shy_text_is_digit(*r->at); r->at++) digits = 10.0 * digits + (*r->at - '0'), scale *= 10.0;
    }
    return digits / scale;
}

/* [+-] digits [. digits], or such a fraction in parentheses, as eighths. */
static shy_status read_power(reader *r, int *eighths_out)
{
    bool fraction = *r->at == '(';

    r->at += fraction;
    bool negative = *r->at == '-';
    r->at += *r->at == '-' || *r->at == '+';
    if (!shy_text_is_digit(*r->at)) return fail(r, "an exponent is needed");
    double value = read_decimal(r) * EIGHTHS;
    if (fraction) {
        if (*r->at == '/' && shy_text_is_digit(r->at[1])) {
            r->at++;
            value /= read_decimal(r);
        }
        if (*r->at != ')') return fail(r, "the exponent has no \")\"");
        r->at++;
    }
    if (!(value <= SHY_UNIT_EIGHTHS_MAX) || value != (double)(int)value) {
        return fail(r, "an exponent must be a multiple of 1/8 between -1000 and 1000");
    }
    *eighths_out = negative ? -(int)value : (int)value;
    return SHY_OK;
}

/* "^2", "^-0.5", "²", "⁻¹"; plain digits were split off the word before. Leaves *eighths alone when there is none. */
static shy_status read_exponent(reader *r, int *eighths)
{
    size_t length;
    int value = 0, digit, sign = 1;

    if (*r->at == '^') {
        r->at++;
        return read_power(r, eighths);
    }
    if (begins(r->at, "⁻")) {
        sign = -1;
        r->at += strlen("⁻");
        if (superscript(r->at, &length) < 0) return fail(r, "a digit is needed after the raised minus");
    }
    if (superscript(r->at, &length) < 0) return SHY_OK;
    for (; (digit = superscript(r->at, &length)) >= 0; r->at += length) {
        value = value * 10 + digit;
        if (value > SHY_UNIT_EIGHTHS_MAX / EIGHTHS) return fail(r, "the exponent is beyond 1000");
    }
    *eighths = sign * value * EIGHTHS;
    return SHY_OK;
}

/* A number is a base unit of its own spelling. Powers are written with "^"; UCUM writes those of ten as "10*9". */
static shy_status read_number(reader *r, int sign)
{
    shy_status st = SHY_OK;
    const char *begin = r->at;
    int eighths = EIGHTHS;

    bool is_one = read_decimal(r) == 1.0;
    if (*r->at == 'e' || *r->at == 'E') {
        const char *digits = r->at + 1 + (r->at[1] == '+' || r->at[1] == '-');
        if (shy_text_is_digit(*digits)) {
            while (shy_text_is_digit(*digits)) digits++;
            r->at = digits;
            is_one = false;
        }
    }
    size_t length = (size_t)(r->at - begin);
    size_t star = *r->at == '*' && length == 2 && begins(begin, "10") ? times(r->at) : 0;
    if (star > 0 && (shy_text_is_digit(r->at[star]) || r->at[star] == '-')) {
        r->at += star;
        SHY_TRY(read_power(r, &eighths));
    } else {
        SHY_TRY(read_exponent(r, &eighths));
    }
    if (!is_one) SHY_TRY(multiply(r, begin, length, sign * eighths));
out:
    return st;
}

/* Letters, brackets with all that is in them, and digits inside; "µ" in both encodings becomes "u". */
static shy_status scan_word(reader *r, char *word, size_t *length_out)
{
    size_t length = 0;
    char closing = '\0';

    while (*r->at != '\0' && (closing != '\0' || !ends_word(r->at))) {
        if (length + 1 >= SPELLING_MAX) return fail(r, "a name is too long");
        if (closing == '\0' && (*r->at == '[' || *r->at == '{')) {
            closing = *r->at == '[' ? ']' : '}';
        } else if (*r->at == closing) {
            closing = '\0';
        }
        bool micro = begins(r->at, "\u00b5") || begins(r->at, "\u03bc");
        word[length++] = micro ? 'u' : *r->at;
        r->at += micro ? 2 : 1;
    }
    if (closing != '\0') return fail(r, "a bracket is not closed");
    word[length] = '\0';
    *length_out = length;
    return SHY_OK;
}

static bool is_dimensionless(const char *word, size_t length)
{
    return (length == 1 && *word == '%') || (length == 5 && (begins(word, "ratio") || begins(word, "score")));
}

static shy_status read_word(reader *r, int sign)
{
    shy_status st = SHY_OK;
    char word[SPELLING_MAX];
    size_t length = 0;
    int eighths = EIGHTHS;

    SHY_TRY(scan_word(r, word, &length));
    size_t name = length;
    while (name > 1 && shy_text_is_digit(word[name - 1])) name--;
    if (name < length) { /* "m2", "s-1" */
        if (length - name > 4) return fail(r, "the exponent is beyond 1000");
        eighths = atoi(word + name) * EIGHTHS;
        if (name > 1 && word[name - 1] == '-' && !shy_text_is_digit(word[name - 2])) {
            eighths = -eighths;
            name--;
        }
    } else {
        SHY_TRY(read_exponent(r, &eighths));
    }
    if (!is_dimensionless(word, name)) SHY_TRY(multiply(r, word, name, sign * eighths));
out:
    return st;
}

static shy_status read_unit(reader *r, int sign);

static shy_status read_item(reader *r, int sign)
{
    shy_status st = SHY_OK;

    r->at += scale_sign(r->at);
    if (shy_text_is_digit(*r->at)) return read_number(r, sign);
    if (*r->at == '(') {
        r->at++;
        if (++r->depth > DEPTH_MAX) return fail(r, "parentheses are nested too deeply");
        SHY_TRY(read_unit(r, sign));
        if (*r->at != ')') return fail(r, "a \")\" is missing");
        r->depth--;
        r->at++;
        return SHY_OK;
    }
    if (ends_word(r->at)) return fail(r, "the name of a unit is needed");
    SHY_TRY(read_word(r, sign));
out:
    return st;
}

static shy_status read_group(reader *r, int sign)
{
    shy_status st = SHY_OK;

    skip_blanks(r);
    do {
        SHY_TRY(read_item(r, sign));
        skip_blanks(r);
    } while (*r->at == '(' || scale_sign(r->at) > 0 || !ends_word(r->at));
out:
    return st;
}

static shy_status read_unit(reader *r, int sign)
{
    shy_status st = SHY_OK;

    skip_blanks(r);
    if (*r->at != '/') SHY_TRY(read_group(r, sign));
    for (size_t length; *r->at == '/' || (length = times(r->at)) > 0;) {
        bool divides = *r->at == '/';
        r->at += divides ? 1 : length;
        SHY_TRY(read_group(r, divides ? -sign : sign));
    }
out:
    return st;
}

shy_status shy_unit_parse(shy_units *units, const char *text, shy_unit *unit_out)
{
    shy_status st = SHY_OK;
    shy_unit_terms terms = {.count = 0};
    reader r = {.units = units, .text = text, .at = text, .terms = &terms};

    skip_blanks(&r);
    if (*r.at == '\0') {
        *unit_out = SHY_UNIT_UNKNOWN;
        return SHY_OK;
    }
    const char *spelling = r.at;
    SHY_TRY(read_unit(&r, 1));
    if (*r.at != '\0') {
        st = fail(&r, "a \"/\" or the end is needed");
        goto out;
    }
    SHY_TRY(shy_units_intern(units, &terms, spelling, unit_out));
out:
    return st;
}

/* ---- writing --------------------------------------------------------------------------------------------------- */

/* Digits may stand directly after this spelling and are read as its exponent: not so in "10", "a-" and "x". */
static bool takes_plain_exponent(const char *base)
{
    return !shy_text_is_digit(base[0]) && base[strlen(base) - 1] != '-' && strcmp(base, "x") != 0;
}

/* One term without its sign: "m2", "10^9", "kg^0.5". */
static void term_text(const char *base, int eighths, char out[TERM_MAX])
{
    char exponent[32] = "";

    if (eighths != EIGHTHS) {
        bool plain = eighths % EIGHTHS == 0 && takes_plain_exponent(base);
        snprintf(exponent, sizeof exponent, "%s%.10g", plain ? "" : "^", (double)eighths / EIGHTHS);
    }
    snprintf(out, TERM_MAX, "%s%s", base, exponent);
}

shy_status shy_unit_terms_text(const shy_unit_terms *terms, const char *const *base, char **text_out)
{
    shy_status st = SHY_OK;
    char *text = NULL, term[TERM_MAX];
    size_t room = (size_t)terms->count * sizeof term + 2;

    SHY_TRY(shy_new(room, 1, &text));
    for (int sign = 1; sign >= -1; sign -= 2) {
        for (int k = 0; k < terms->count; k++) {
            if (terms->term[k].eighths * sign < 0) continue;
            term_text(base[terms->term[k].base], terms->term[k].eighths * sign, term);
            if (sign < 0) strcat(text, text[0] ? "/" : "1/");
            if (sign > 0 && text[0]) strcat(text, " ");
            strcat(text, term);
        }
    }
    if (terms->count == 0) strcpy(text, "1");
    *text_out = text, text = NULL;
out:
    shy_free(&text);
    return st;
}
