/* show_groups.c: risk groups of the chosen formula as people read them: sizes, events and outcomes of each, and their survival at a few times. */
#include "shy_config.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "report_impl.h"

#define TIMES 4

static const struct {
    const char *key, *name;
} views[] = {{"apparent", "all, apparent"}, {"held_out", "held out"}};
enum { VIEWS = sizeof views / sizeof *views };

static const json_t *groups_of(const json_t *groups, int view)
{
    return json_object_get(json_object_get(groups, views[view].key), "group");
}

/* What the groups of this outcome have: the name of the number, and how its column is called; NULL: nothing. */
static const struct {
    const char *object, *key, *heading; /* object "": of the group itself */
} numbers[] = {{"", "rate", "rate"}, {"", "mean", "mean"}, {"median_survival", "time", "median time"}, {"hazard_ratio", "ratio", "hazard ratio"}, {"odds_ratio", "ratio", "odds ratio"}};
enum { NUMBERS = sizeof numbers / sizeof *numbers };

static const json_t *part(const json_t *group, int k)
{
    return *numbers[k].object == '\0' ? group : json_object_get(group, numbers[k].object);
}

static bool occurs(const json_t *groups, int k)
{
    size_t i;
    json_t *group;

    for (int v = 0; v < VIEWS; v++)
        json_array_foreach(groups_of(groups, v), i, group)
            if (json_object_get(part(group, k), numbers[k].key) != NULL) return true;
    return false;
}

/* "0.31 (0.25 to 0.38)"; a bound that is not reached is a dash. */
static void interval_cell(shy_table *table, const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key), *low = json_object_get(object, "low"), *high = json_object_get(object, "high");
    char text[96] = "-", from[32] = "-", to[32] = "-";

    if (json_is_number(low)) snprintf(from, sizeof from, "%.4g", json_number_value(low));
    if (json_is_number(high)) snprintf(to, sizeof to, "%.4g", json_number_value(high));
    if (json_is_number(value) && json_is_number(low) && json_number_value(low) == json_number_value(high))
        snprintf(text, sizeof text, "%.4g", json_number_value(value)); /* what others are compared with */
    else if (json_is_number(value) && (json_is_number(low) || json_is_number(high)))
        snprintf(text, sizeof text, "%.4g (%s to %s)", json_number_value(value), from, to);
    else if (json_is_number(value)) snprintf(text, sizeof text, "%.4g", json_number_value(value));
    shy_table_cell(table, text);
}

static void count_cell(shy_table *table, const json_t *group, const char *key)
{
    char text[32] = "-";

    if (json_is_integer(json_object_get(group, key))) shy_text_thousands(shy_json_count(group, key), text);
    shy_table_cell(table, text);
}

static shy_status print_table(const json_t *groups, FILE *stream)
{
    shy_table table = {0};
    size_t i;
    json_t *group;

    shy_table_column(&table, "patients", false);
    shy_table_column(&table, "risk", false);
    shy_table_column(&table, "number", true);
    shy_table_column(&table, "events", true);
    for (int k = 0; k < NUMBERS; k++)
        if (occurs(groups, k)) shy_table_column(&table, numbers[k].heading, true);
    for (int v = 0; v < VIEWS; v++)
        json_array_foreach(groups_of(groups, v), i, group)
        {
            shy_table_cell(&table, i == 0 ? views[v].name : "");
            shy_table_cell(&table, shy_json_word(group, "name"));
            count_cell(&table, group, "samples");
            count_cell(&table, group, "events");
            for (int k = 0; k < NUMBERS; k++)
                if (occurs(groups, k)) interval_cell(&table, part(group, k), numbers[k].key);
        }
    const shy_status st = shy_table_print(&table, stream);
    shy_table_free(&table);
    return st;
}

/* ---- sentences ------------------------------------------------------------------------------------------------------------ */

static void print_cuts(const json_t *groups, FILE *stream)
{
    const json_t *apparent = json_object_get(groups, "apparent"), *p = json_object_get(apparent, "p_cut");
    shy_buffer text = {0};
    size_t i;
    json_t *cut;

    json_array_foreach(json_object_get(apparent, "cut"), i, cut)
    {
        const bool plain = json_is_number(json_object_get(cut, "formula"));
        const json_t *value = json_object_get(cut, plain ? "formula" : "prediction");
        if (!json_is_number(value)) continue;
        shy_buffer_format(&text, "%s %.6g", text.count > 0 ? " and" : plain ? "Cut where the formula is" : "Cut where the linear predictor is", json_number_value(value));
    }
    if (text.count > 0 && json_is_number(p)) shy_buffer_format(&text, " (p = %.2g, which pays for having looked at all cut-points, not for the search)", json_number_value(p));
    if (text.count > 0) shy_buffer_text(&text, ".");
    for (int v = 0; v < VIEWS; v++) {
        const json_t *difference = json_object_get(json_object_get(groups, views[v].key), "difference"), *chance = json_object_get(difference, "p");
        if (json_is_number(chance) && v == 1) shy_buffer_format(&text, " The groups of held-out patients differ with p = %.2g.", json_number_value(chance));
    }
    if (text.count > 0 && text.status == SHY_OK) {
        fputs("\n", stream);
        shy_report_paragraph(text.bytes[0] == ' ' ? text.bytes + 1 : text.bytes, stream);
    }
    shy_buffer_free(&text);
}

/* ---- survival ---------------------------------------------------------------------------------------------------------------- */

static double last_time(const json_t *list)
{
    double last = 0.0;
    size_t i;
    json_t *group;

    json_array_foreach(list, i, group)
    {
        const json_t *time = json_object_get(json_object_get(group, "kaplan_meier"), "time");
        last = fmax(last, json_number_value(json_array_get(time, json_array_size(time) - 1)));
    }
    return last;
}

/* To two digits, downwards. */
static double round_time(double time)
{
    const double step = pow(10.0, floor(log10(time)) - 1.0);

    return floor(time / step * (1.0 + 1e-12)) * step;
}

/* A curve is 1 until its first step, and unknown beyond its last. */
static void survival_cell(shy_table *table, const json_t *curve, double time)
{
    const json_t *times = json_object_get(curve, "time"), *survival = json_object_get(curve, "survival");
    const size_t count = json_array_size(times);
    char text[32] = "-";
    double at = 1.0;

    for (size_t k = 0; k < count && json_number_value(json_array_get(times, k)) <= time; k++) at = json_number_value(json_array_get(survival, k));
    if (count > 0 && time <= json_number_value(json_array_get(times, count - 1))) snprintf(text, sizeof text, "%.3f", at);
    shy_table_cell(table, text);
}

static shy_status print_survival(const json_t *groups, FILE *stream)
{
    const int view = json_array_size(groups_of(groups, 1)) > 0 ? 1 : 0;
    const json_t *list = groups_of(groups, view);
    const double last = last_time(list);
    char heading[TIMES][32];
    shy_table table = {0};
    size_t i;
    json_t *group;

    if (!(last > 0.0)) return SHY_OK;
    fprintf(stream, "\nKaplan-Meier estimate of being without the event (%s):\n\n", views[view].name);
    shy_table_column(&table, "risk", false);
    for (int k = 0; k < TIMES; k++) {
        snprintf(heading[k], sizeof heading[k], "at %.6g", round_time(last * (k + 1) / (TIMES + 1)));
        shy_table_column(&table, heading[k], true);
    }
    json_array_foreach(list, i, group)
    {
        shy_table_cell(&table, shy_json_word(group, "name"));
        for (int k = 0; k < TIMES; k++) survival_cell(&table, json_object_get(group, "kaplan_meier"), round_time(last * (k + 1) / (TIMES + 1)));
    }
    const shy_status st = shy_table_print(&table, stream);
    shy_table_free(&table);
    return st;
}

shy_status shy_front_print_groups(const json_t *document, FILE *stream)
{
    shy_status st = SHY_OK;
    const json_t *groups = json_object_get(document, "groups");

    if (json_array_size(groups_of(groups, 0)) == 0 && json_array_size(groups_of(groups, 1)) == 0) return SHY_OK;
    fputs("\nRisk groups of the chosen formula (held out: divided by a formula and cut-points that had not seen them):\n\n", stream);
    SHY_TRY(print_table(groups, stream));
    print_cuts(groups, stream);
    SHY_TRY(print_survival(groups, stream));
out:
    return st;
}
