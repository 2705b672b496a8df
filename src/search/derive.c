/* Derived factors: values from those of a column, and how a plausible range is written. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "derive.h"

double shy_derive(const shy_derivation *how, double value)
{
    if (value < how->lowest || value > how->highest) value = NAN;
    if (how->kind == SHY_DERIVED_MISSING) return isnan(value);
    if (isnan(value)) value = how->fill;
    if (isnan(value)) return value;
    if (how->kind == SHY_DERIVED_LEVEL) return value == (double)how->level;
    if (how->kind == SHY_DERIVED_POOL) return value >= 0.0 && value < (double)how->levels && how->pooled[(int)value];
    return value < how->low ? how->low : value > how->high ? how->high : value;
}

void shy_derive_rows(const shy_derivation *how, uint64_t rows, double *values)
{
    for (uint64_t i = 0; i < rows; i++) values[i] = shy_derive(how, values[i]);
}

/* A limit, which may be left out. */
static bool read_limit(char *text, double *limit)
{
    while (*text == ' ') text++;
    for (size_t end = strlen(text); end > 0 && text[end - 1] == ' ';) text[--end] = '\0';
    return *text == '\0' || (shy_text_number(text, limit) && isfinite(*limit));
}

/* The last " in ": names may hold one, too. */
static char *find_in(char *text)
{
    char *found = NULL;

    for (char *at = strstr(text, " in "); at; at = strstr(at + 1, " in ")) found = at;
    return found;
}

static bool take_apart(char *copy, double *lowest, double *highest)
{
    char *in = find_in(copy), *dots = in ? strstr(in, "..") : NULL;

    if (!in || !dots) return false;
    *dots = '\0';
    if (!read_limit(in + 4, lowest) || !read_limit(dots + 2, highest)) return false;
    while (in > copy && in[-1] == ' ') in--;
    *in = '\0';
    return in > copy && *lowest < *highest && (isfinite(*lowest) || isfinite(*highest));
}

shy_status shy_range_parse(const char *text, char **column_out, double *lowest_out, double *highest_out)
{
    shy_status st = SHY_OK;
    double lowest = -INFINITY, highest = INFINITY;
    char *copy = NULL;

    SHY_TRY(shy_string_copy(text, &copy));
    if (!take_apart(copy, &lowest, &highest))
        SHY_TRY(shy_fail(SHY_INPUT,
                         "\"%s\" is not a range; write a column and two limits, of which one may be left out: "
                         "bili in 0.1..50, age in 18.., ratio in ..3.",
                         text));
    *column_out = copy, copy = NULL;
    *lowest_out = lowest, *highest_out = highest;
out:
    shy_free(&copy);
    return st;
}
