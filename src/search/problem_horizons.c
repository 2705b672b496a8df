/** Horizons: texts such as "3y" as numbers in the unit of the follow-up time. */
#include "shy_config.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "problem_impl.h"

static const struct {
    const char *name; /* as horizons are called */
    double days;
    const char *words[6];
} units[] = {
    {"h", 1.0 / 24.0, {"h", "hour", "hours", "hr", "hrs"}},
    {"d", 1.0, {"d", "day", "days"}},
    {"w", 7.0, {"w", "week", "weeks", "wk", "wks"}},
    {"mo", 365.25 / 12.0, {"mo", "month", "months", "mon", "mths"}},
    {"y", 365.25, {"y", "year", "years", "yr", "yrs", "a"}},
};
enum { UNITS = sizeof units / sizeof units[0], WORDS = 6, DIGITS_MOST = 31 };

/* The unit that a word stands for, in small or large letters; −1 if none. */
static int find_unit(const char *word)
{
    char small[16];
    size_t length = strlen(word);

    if (length >= sizeof small) return -1;
    for (size_t i = 0; i <= length; i++)
        small[i] = (char)tolower((unsigned char)word[i]);
    for (int u = 0; u < UNITS; u++)
        for (int k = 0; k < WORDS && units[u].words[k]; k++)
            if (strcmp(units[u].words[k], small) == 0) return u;
    return -1;
}

/* Whole months and years are so many of the other, not so many days: 1y is 12 mo exactly. */
static double convert(double value, int from, int to)
{
    if (from == to) return value;
    if (units[from].days == 365.25 && strcmp(units[to].name, "mo") == 0) return value * 12.0;
    if (strcmp(units[from].name, "mo") == 0 && units[to].days == 365.25) return value / 12.0;
    if (strcmp(units[from].name, "mo") == 0) return value * 365.25 / 12.0 / units[to].days;
    return value * units[from].days / units[to].days;
}

static const char *unit_of(const shy_column *time)
{
    return time->unit ? time->unit : "";
}

static shy_status refuse(const char *text, const shy_column *time)
{
    return shy_fail(SHY_INPUT,
                    "outcome.horizons holds \"%s\"; a horizon is a time greater than 0 such as 90d, 12w, 36mo or 1y, "
                    "or a number in the unit of "
                    "\"%s\"%s%s%s.",
                    text, time->name, *unit_of(time) ? " (" : "", unit_of(time), *unit_of(time) ? ")" : "");
}

shy_status shy_horizon_parse(const char *text, const shy_column *time, double *horizon_out, char *name_out)
{
    const size_t digits = strspn(text, "0123456789.");
    const char *word = text + digits + strspn(text + digits, " ");
    char number[DIGITS_MOST + 1], shortest[32];
    const int to = find_unit(unit_of(time));
    int from = to;
    double value;

    if (digits == 0 || digits > DIGITS_MOST) return refuse(text, time);
    memcpy(number, text, digits), number[digits] = '\0';
    if (!shy_text_number(number, &value) || !(value > 0.0)) return refuse(text, time);
    if (*word) from = find_unit(word);
    if (*word && from < 0) return refuse(text, time);
    if (*word && to < 0)
        return shy_fail(SHY_INPUT,
                        "outcome.horizons holds \"%s\", and the unit of \"%s\" is %s%s%s; declare it in the schema of "
                        "the import (- {name: %s, kind: time, "
                        "unit: days}), or give horizons as plain numbers.",
                        text, time->name, *unit_of(time) ? "\"" : "not known", unit_of(time),
                        *unit_of(time) ? "\", which is no time" : "", time->name);
    *horizon_out = from == to ? value : convert(value, from, to);
    snprintf(name_out, 48, "%s%s", shy_text_shortest(value, shortest), from >= 0 ? units[from].name : "");
    return SHY_OK;
}
