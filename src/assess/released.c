/* What the rule of release lets out of counts and cut-points. */
#include "shy_config.h"

#include <math.h>

#include "released.h"

shy_status shy_release_count(const shy_sdc *sdc, const char *name, int64_t count, bool hidden, shy_record *record)
{
    if (hidden) return shy_record_number(record, name, NAN);
    const int64_t released = count == 0 ? 0 : shy_sdc_count(sdc, count);
    return released < 0 ? shy_record_number(record, name, NAN) : shy_record_integer(record, name, released);
}

shy_status shy_release_part(const shy_assess_options *rule, const char *where, const char *name, int64_t part, int64_t whole, shy_record *record)
{
    shy_status st = SHY_OK;
    const bool hidden = (rule->no_total && part != 0) || (part != 0 && !shy_sdc_shows(&rule->sdc, part)) || (part != whole && !shy_sdc_shows(&rule->sdc, whole - part));

    SHY_TRY(shy_release_count(&rule->sdc, name, part, hidden, record));
    SHY_TRY(shy_release_note(rule, where, name, "count", hidden));
out:
    return st;
}

shy_status shy_release_note(const shy_assess_options *rule, const char *where, const char *name, const char *what, int64_t cells)
{
    shy_status st = SHY_OK;
    char *path = NULL;

    if (cells == 0 || !shy_sdc_is_on(&rule->sdc) || rule->suppressed == NULL) return SHY_OK;
    SHY_TRY(shy_string_format(&path, "%s.%s", where, name));
    SHY_TRY(shy_sdc_note(&rule->sdc, rule->suppressed, path, what, NULL, cells));
out:
    shy_free(&path);
    return st;
}

shy_status shy_release_folds(const shy_sdc *sdc, const char *name, const double *value, int count, shy_record *record)
{
    shy_status st = SHY_OK;
    double *shown = NULL;

    SHY_TRY(shy_new((size_t)count, sizeof *shown, &shown));
    for (int k = 0; k < count; k++) shown[k] = shy_sdc_value(sdc, value[k]);
    SHY_TRY(shy_record_numbers(record, name, shown, (size_t)count));
out:
    shy_free(&shown);
    return st;
}

void shy_release_cuts(const shy_sdc *sdc, size_t n, const double *x, const double *score, shy_cuts *cuts)
{
    for (int k = 0; k < cuts->cuts && shy_sdc_is_on(sdc); k++) {
        shy_cut *cut = &cuts->cut[k];
        const double below = cut->cut - (cut->above - cut->cut); /* cut is halfway */
        if (!shy_sdc_between(below, cut->above, 4, &cut->cut)) cut->cut = shy_sdc_digits(cut->cut, 4);
        cut->below = 0;
        for (size_t i = 0; i < n; i++) cut->below += !isnan(x[i]) && !isnan(score[i]) && x[i] <= cut->cut;
    }
}

bool shy_release_shows_cuts(const shy_sdc *sdc, const shy_cuts *cuts)
{
    int64_t group[SHY_CUTS_MAX + 1];
    bool hidden[SHY_CUTS_MAX + 1];

    for (int k = 0; k <= cuts->cuts; k++)
        group[k] = (int64_t)(k < cuts->cuts ? cuts->cut[k].below : cuts->samples) - (int64_t)(k > 0 ? cuts->cut[k - 1].below : 0);
    return shy_sdc_hide(sdc, cuts->cuts + 1, group, hidden) == 0;
}
