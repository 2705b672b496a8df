/* report_front.c: what an earlier run wrote under a weaker rule of disclosure control, or none, is taken out of its front.json. */
#include "shy_config.h"

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

shy_status shy_report_release(const shy_report *r, int t)
{
    static const char *const curves[] = {"calibration.curve", "calibration.bins", "versus.decision_curve", "groups.apparent", "groups.held_out"};
    shy_status st = SHY_OK;
    json_t *front = r->front[t];
    const shy_sdc *sdc = &r->options->sdc;
    int64_t values;

    if (is_released(front, sdc)) return SHY_OK;
    for (size_t k = 0; k < sizeof curves / sizeof *curves; k++)
        SHY_TRY(shy_sdc_note(sdc, r->suppressed, curves[k], "table", why, drop(front, curves[k])));
    values = drop_values(json_object_get(front, "inputs"), "factors") + drop_values(json_object_get(front, "inputs"), "covariates");
    SHY_TRY(shy_sdc_note(sdc, r->suppressed, "inputs", "bounds", why, values));
out:
    return st;
}
