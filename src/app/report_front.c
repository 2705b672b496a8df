/* report_front.c: what an earlier run wrote under a weaker rule of disclosure control, or none, is taken out of its front.json. */
#include "shy_config.h"

#include <stdlib.h>
#include <string.h>

#include "app/report_impl.h"

static const char *const why = "the search was run under a weaker rule (report.sdc)";

/* Was the front written under a rule that hides at least as much? */
static bool is_released(const json_t *front, const shy_sdc *sdc)
{
    const json_t *rule = json_object_get(front, "sdc");

    if (!shy_sdc_is_on(sdc)) return true;
    if (!json_is_object(rule)) return false;
    return shy_json_number(rule, "threshold", 0.0) >= sdc->threshold && (sdc->round_to <= 1 || shy_json_number(rule, "round_to", 1.0) == sdc->round_to);
}

/* The member of that name of the object at `path`, "calibration.curve"; returns how many there were. */
static int64_t drop(json_t *front, const char *path)
{
    char name[64];
    const char *dot;

    for (; front != NULL && (dot = strchr(path, '.')) != NULL; path = dot + 1) {
        snprintf(name, sizeof name, "%.*s", (int)(dot - path), path);
        front = json_object_get(front, name);
    }
    return front != NULL && json_object_del(front, path) == 0;
}

/* Smallest and largest values, and levels, of the columns. */
static int64_t drop_values(json_t *inputs, const char *list)
{
    static const char *const names[] = {"seen_low", "seen_high", "typical"};
    int64_t count = 0;
    size_t k;
    json_t *input;

    json_array_foreach(json_object_get(inputs, list), k, input)
        for (size_t n = 0; n < sizeof names / sizeof *names; n++) count += json_object_del(input, names[n]) == 0;
    return count;
}

/* ---- numbers of people ---------------------------------------------------------------------------------------------------------- */

bool shy_report_tells(const shy_sdc *sdc, shy_report_told *told, int64_t number)
{
    if (!shy_sdc_is_on(sdc)) return true;
    if (!shy_sdc_shows(sdc, number)) return false;
    for (int k = 0; k < told->count; k++) {
        const int64_t difference = llabs(number - told->number[k]);
        if (difference == 0) return true;
        if (difference < sdc->threshold) return false;
    }
    if (told->count == SHY_REPORT_TOLD) return false;
    told->number[told->count++] = number;
    return true;
}

/* The totals of the front; run.json has the same. */
static shy_status release_totals(shy_report *r, int t, int64_t *kept_out)
{
    static const char *const names[] = {"n_samples", "n_filtered", "n_cohort"};
    shy_status st = SHY_OK;

    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        json_t *total = json_object_get(r->front[t], names[k]);
        if (!json_is_integer(total)) continue;
        const bool told = shy_report_tells(&r->options->sdc, &r->totals, json_integer_value(total));
        const int64_t count = told ? shy_sdc_count(&r->options->sdc, json_integer_value(total)) : -1;
        *kept_out += !told;
        SHY_TRY(shy_json_put(r->front[t], names[k], told ? json_integer(count) : json_null()));
        SHY_TRY(shy_json_put(r->run[t], names[k], told ? json_integer(count) : json_null()));
    }
out:
    return st;
}

static bool is_count(const char *key)
{
    static const char *const names[] = {"samples", "events", "missing", "undefined", "outside", "left_out", "groupless", "not_divided", "below"};

    for (size_t k = 0; k < sizeof names / sizeof *names; k++)
        if (strcmp(key, names[k]) == 0) return true;
    return false;
}

/* Counts of people anywhere become null: which of them may be told together nobody has judged. */
static shy_status drop_counts(json_t *value, int64_t *kept_out)
{
    shy_status st = SHY_OK;
    const char *key;
    size_t k;
    json_t *child;
    void *next;

    if (json_is_object(value)) {
        json_object_foreach_safe(value, next, key, child) {
            if (json_is_integer(child) && is_count(key)) {
                SHY_TRY(shy_json_put(value, key, json_null()));
                ++*kept_out;
            } else SHY_TRY(drop_counts(child, kept_out));
        }
    }
    if (json_is_array(value))
        json_array_foreach(value, k, child) SHY_TRY(drop_counts(child, kept_out));
out:
    return st;
}

/* Sentences of the run tell counts, and levels of few. */
static shy_status drop_notes(json_t *record, int64_t *kept_out)
{
    shy_status st = SHY_OK;
    json_t *notes = json_object_get(record, "notes");

    *kept_out += (int64_t)json_array_size(notes);
    if (notes != NULL) SHY_TRY(shy_json_put(record, "notes", json_array()));
out:
    return st;
}

shy_status shy_report_release(shy_report *r, int t)
{
    static const char *const curves[] = {"calibration.curve", "calibration.bins", "versus.decision_curve", "groups.apparent", "groups.held_out"};
    shy_status st = SHY_OK;
    json_t *front = r->front[t];
    const shy_sdc *sdc = &r->options->sdc;
    int64_t values, totals = 0, counts = 0, notes = 0;

    if (is_released(front, sdc)) return SHY_OK;
    for (size_t k = 0; k < sizeof curves / sizeof *curves; k++)
        SHY_TRY(shy_sdc_note(sdc, r->suppressed, curves[k], "table", why, drop(front, curves[k])));
    values = drop_values(json_object_get(front, "inputs"), "factors") + drop_values(json_object_get(front, "inputs"), "covariates");
    SHY_TRY(shy_sdc_note(sdc, r->suppressed, "inputs", "bounds", why, values));
    SHY_TRY(release_totals(r, t, &totals));
    SHY_TRY(shy_sdc_note(sdc, r->suppressed, "n_samples, n_filtered, n_cohort", "count", why, totals));
    SHY_TRY(drop_counts(front, &counts));
    SHY_TRY(shy_sdc_note(sdc, r->suppressed, "front", "count", why, counts));
    SHY_TRY(drop_notes(front, &notes));
    SHY_TRY(drop_notes(r->run[t], &notes));
    SHY_TRY(shy_sdc_note(sdc, r->suppressed, "notes", "sentences", why, notes));
out:
    return st;
}
