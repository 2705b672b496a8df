/* formula_groups.c: risk groups of the chosen formula: where it is cut, and how the groups fare, in the patients of the search and in unseen ones. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "page/formula.h"

enum { NUMBER_DIGITS = 3 };

/* What is said of a group's outcome: one of these, by the kind of the outcome. */
static const struct {
    const char *object, *value; /* object NULL: the value and its limits stand in the group itself */
    shy_message heading;
    bool percent;
} measures[] = {
    {"median_survival", "time", SHY_MSG_GROUPS_MEDIAN, false}, {"hazard_ratio", "ratio", SHY_MSG_GROUPS_HAZARD, false},
    {NULL, "rate", SHY_MSG_GROUPS_RATE, true},                 {NULL, "mean", SHY_MSG_GROUPS_MEAN, false},
};
enum { MEASURES = sizeof measures / sizeof *measures };

static const json_t *measure_of(const json_t *group, int m)
{
    const json_t *at = measures[m].object == NULL ? group : json_object_get(group, measures[m].object);
    return json_object_get(at, measures[m].value) != NULL ? at : NULL;
}

static void add_number(shy_page *page, double value, bool percent)
{
    char text[SHY_NUMBER_ROOM];

    shy_html_text(page, percent ? shy_html_percent(value, text) : shy_html_number(value, NUMBER_DIGITS, text));
}

/* "8.7 (5.7 to 13)"; the group that others are compared with has no interval; a median that is not reached has none or half of one. */
static void add_measure(shy_page *page, const json_t *group, int m, bool percent)
{
    const json_t *at = measure_of(group, m);
    const double value = shy_json_number(at, measures[m].value, NAN), low = shy_json_number(at, "low", NAN), high = shy_json_number(at, "high", NAN);
    char text[3][SHY_NUMBER_ROOM];

    shy_html_raw(page, "<td class=\"number\">");
    if (isnan(value) && m == 0 && json_array_size(json_object_get(json_object_get(group, "kaplan_meier"), "time")) > 0) shy_html_message(page, SHY_MSG_GROUPS_NOT_REACHED, NULL);
    else if (isnan(value) || isnan(low) || isnan(high) || low == high) add_number(page, value, percent);
    else if (percent)
        shy_html_message(page, SHY_MSG_INTERVAL, "value", shy_html_percent(value, text[0]), "low", shy_html_percent(low, text[1]), "high", shy_html_percent(high, text[2]), NULL);
    else
        shy_html_message(page, SHY_MSG_INTERVAL, "value", shy_html_number(value, NUMBER_DIGITS, text[0]), "low", shy_html_number(low, NUMBER_DIGITS, text[1]), "high",
                         shy_html_number(high, NUMBER_DIGITS, text[2]), NULL);
    shy_html_raw(page, "</td>");
}

/* Group g lies between cuts g − 1 and g, in values of the formula, which falls while the prediction rises where its slope is negative. */
static void add_range(shy_page *page, const json_t *cuts, size_t g)
{
    const size_t count = json_array_size(cuts);
    const bool turned = strcmp(shy_json_word(json_array_get(cuts, 0), "higher_group"), "below") == 0;
    const double lower = g > 0 ? shy_json_number(json_array_get(cuts, g - 1), "formula", NAN) : NAN, upper = g < count ? shy_json_number(json_array_get(cuts, g), "formula", NAN) : NAN;
    char from[SHY_NUMBER_ROOM], to[SHY_NUMBER_ROOM];

    shy_html_number(turned ? upper : lower, NUMBER_DIGITS, from), shy_html_number(turned ? lower : upper, NUMBER_DIGITS, to);
    shy_html_raw(page, "<td>");
    if (isnan(lower) && isnan(upper)) shy_html_raw(page, "–");
    else if (isnan(turned ? upper : lower)) shy_html_message(page, SHY_MSG_GROUPS_BELOW, "to", to, NULL);
    else if (isnan(turned ? lower : upper)) shy_html_message(page, SHY_MSG_GROUPS_ABOVE, "from", from, NULL);
    else shy_html_message(page, SHY_MSG_GROUPS_BETWEEN, "from", from, "to", to, NULL);
    shy_html_raw(page, "</td>");
}

static void add_count(shy_page *page, const json_t *group, const char *key)
{
    const json_t *count = json_object_get(group, key);
    char text[SHY_NUMBER_ROOM];

    shy_html_element(page, "td", "number", json_is_integer(count) ? shy_html_count((uint64_t)json_integer_value(count), text) : "–");
}

static void add_name(shy_page *page, const char *name)
{
    static const struct {
        const char *name;
        shy_message word;
    } known[] = {{"low", SHY_MSG_CHART_LOW}, {"middle", SHY_MSG_CHART_MIDDLE}, {"high", SHY_MSG_CHART_HIGH}};

    for (size_t k = 0; k < sizeof known / sizeof *known; k++)
        if (strcmp(name, known[k].name) == 0) {
            shy_html_message_element(page, "th", NULL, known[k].word, NULL);
            return;
        }
    shy_html_element(page, "th", NULL, name);
}

/* ---- the table ----------------------------------------------------------------------------------------------------------------- */

typedef struct {
    bool events, measure[MEASURES], percent;
    int columns;
} layout;

static layout find_layout(const json_t *first, bool percent)
{
    layout l = {.events = json_object_get(first, "events") != NULL, .percent = percent};

    l.columns = 3 + l.events;
    for (int m = 0; m < MEASURES; m++) l.columns += l.measure[m] = measure_of(first, m) != NULL;
    return l;
}

static void add_headings(shy_page *page, const layout *l)
{
    shy_html_raw(page, "<thead><tr>");
    shy_html_message_element(page, "th", NULL, SHY_MSG_GROUPS_GROUP, NULL);
    shy_html_message_element(page, "th", NULL, SHY_MSG_GROUPS_RANGE, NULL);
    shy_html_message_element(page, "th", "number", SHY_MSG_PATIENTS, NULL);
    if (l->events) shy_html_message_element(page, "th", "number", SHY_MSG_EVENTS, NULL);
    for (int m = 0; m < MEASURES; m++)
        if (l->measure[m]) shy_html_message_element(page, "th", "number", measures[m].heading, NULL);
    shy_html_raw(page, "</tr></thead>\n");
}

static void add_part(shy_page *page, const json_t *part, shy_message heading, const layout *l)
{
    size_t g;
    json_t *group;

    if (json_array_size(json_object_get(part, "group")) == 0) return;
    shy_buffer_format(page->out, "<tbody><tr class=\"own\"><th colspan=\"%d\" scope=\"rowgroup\">", l->columns);
    shy_html_message(page, heading, NULL);
    shy_html_raw(page, "</th></tr>\n");
    json_array_foreach(json_object_get(part, "group"), g, group)
    {
        shy_html_raw(page, "<tr>");
        add_name(page, shy_json_word(group, "name"));
        add_range(page, json_object_get(part, "cut"), g);
        add_count(page, group, "samples");
        if (l->events) add_count(page, group, "events");
        for (int m = 0; m < MEASURES; m++)
            if (l->measure[m]) add_measure(page, group, m, measures[m].percent && l->percent);
        shy_html_raw(page, "</tr>\n");
    }
    shy_html_raw(page, "</tbody>\n");
}

void shy_formula_groups(shy_page *page, const shy_page_facts *f)
{
    const json_t *front = json_object_get(page->target, "front"), *groups = json_object_get(front, "groups"), *apparent = json_object_get(groups, "apparent");
    const json_t *first = json_array_get(json_object_get(apparent, "group"), 0);
    const uint64_t undivided = shy_json_count(json_object_get(groups, "held_out"), "not_divided");
    const bool searched = strcmp(shy_json_word(groups, "method"), "maxstat") == 0;
    char count[SHY_NUMBER_ROOM];

    if (json_array_size(json_object_get(apparent, "group")) < 2 || strcmp(shy_json_word(groups, "formula"), shy_json_word(f->entry, "formula")) != 0) return;
    const layout l = find_layout(first, strcmp(shy_json_word(front, "outcome_kind"), "binary") == 0);
    shy_html_message_element(page, "h4", NULL, SHY_MSG_GROUPS, NULL);
    shy_html_message_element(page, "p", "small soft", searched ? SHY_MSG_GROUPS_HOW_SEARCHED : SHY_MSG_GROUPS_HOW_EQUAL, NULL);
    shy_html_begin_scroll(page, SHY_MSG_GROUPS);
    shy_html_raw(page, "<table>");
    add_headings(page, &l);
    add_part(page, apparent, SHY_MSG_GROUPS_APPARENT, &l);
    add_part(page, json_object_get(groups, "held_out"), SHY_MSG_GROUPS_HELD_OUT, &l);
    shy_html_raw(page, "</table></div>\n");
    if (undivided > 0) shy_html_message_element(page, "p", "small soft", SHY_MSG_GROUPS_NOT_DIVIDED, "count", shy_html_count(undivided, count), NULL);
}
