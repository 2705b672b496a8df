/* rule.c: the rules of release by name, and what they say of one count. */
#include "shy_config.h"

#include <string.h>

#include "shihyo/disclosure.h"

/* Their sources are in doc/disclosure.md. OpenSAFELY writes 0 for 0 to 7; here that is "not shown", so that nobody takes it for none. */
static const shy_sdc rules[] = {
    {"sacro", 10, 1, false, 10},
    {"uk-biobank", 5, 1, true, 5},
    {"opensafely", 8, 5, false, 8},
    {"none", 0, 1, true, 0},
};

enum { LARGEST = 1000000, PICTURE_UNIT = 5, PICTURE_DIGITS = 4 };

shy_status shy_sdc_parse(const char *text, shy_sdc *sdc_out)
{
    int64_t threshold = 0;

    for (size_t k = 0; k < sizeof rules / sizeof *rules; k++) {
        if (strcmp(text, rules[k].name) != 0) continue;
        *sdc_out = rules[k];
        return SHY_OK;
    }
    if (!shy_text_integer(text, &threshold) || threshold < 1 || threshold > LARGEST)
        return shy_fail(SHY_INPUT,
            "disclosure control \"%.40s\" is none of sacro, uk-biobank, opensafely, none, and no whole number from 1 to 1000000 (fewest people in a cell that is shown)",
            text);
    *sdc_out = (shy_sdc){.threshold = (int)threshold, .round_to = 1, .residual_df = (int)threshold};
    snprintf(sdc_out->name, sizeof sdc_out->name, "%d", (int)threshold);
    return SHY_OK;
}

bool shy_sdc_shows(const shy_sdc *sdc, int64_t count)
{
    if (!shy_sdc_is_on(sdc)) return true;
    return count == 0 ? sdc->zeros : count >= sdc->threshold;
}

int64_t shy_sdc_count(const shy_sdc *sdc, int64_t count)
{
    if (!shy_sdc_shows(sdc, count)) return -1;
    if (!shy_sdc_is_on(sdc) || sdc->round_to <= 1) return count;
    return (count + sdc->round_to / 2) / sdc->round_to * sdc->round_to;
}

int64_t shy_sdc_picture_count(const shy_sdc *sdc, int64_t count)
{
    const int64_t shown = shy_sdc_count(sdc, count), unit = sdc->threshold < PICTURE_UNIT ? sdc->threshold : PICTURE_UNIT;

    if (shown <= 0 || !shy_sdc_is_on(sdc) || sdc->round_to > unit) return shown;
    const int64_t rounded = (count + unit / 2) / unit * unit;
    return rounded < sdc->threshold ? sdc->threshold : rounded;
}

double shy_sdc_picture_value(const shy_sdc *sdc, double value)
{
    return shy_sdc_is_on(sdc) ? shy_sdc_digits(value, PICTURE_DIGITS) : value;
}

shy_status shy_sdc_note(const shy_sdc *sdc, shy_record *suppressed, const char *where, const char *what, const char *why, int64_t cells)
{
    shy_status st = SHY_OK;
    shy_record *entry = NULL;
    char few[64];

    if (cells == 0) return SHY_OK;
    snprintf(few, sizeof few, "fewer than %d people", sdc->threshold);
    SHY_TRY(shy_record_append(suppressed, &entry));
    SHY_TRY(shy_record_text(entry, "where", where));
    SHY_TRY(shy_record_text(entry, "what", what));
    SHY_TRY(shy_record_text(entry, "why", why != NULL ? why : few));
    SHY_TRY(shy_record_integer(entry, "cells", cells));
out:
    return st;
}
