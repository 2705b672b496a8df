/* data.c: who, how many, what outcome, what was searched, and what was left out and why. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "page/prose.h"

/* A sentence behind another. */
#define SAY(...) (shy_prose_gap(text, page->language), shy_prose_add(text, page->language, __VA_ARGS__, NULL))

/* ---- people ------------------------------------------------------------------------------------------------------------------------------------ */

/* A count of the section `people`, else of front.json, where it has another name. */
static const char *people(const shy_page *page, const char *key, const char *in_front, char room[SHY_NUMBER_ROOM])
{
    const json_t *section = json_object_get(shy_prose_target(page), "people");
    return json_object_get(section, key) != NULL ? shy_prose_count(page, section, key, room) : shy_prose_count(page, shy_prose_front(page), in_front, room);
}

static void say_people(const shy_page *page, shy_buffer *text)
{
    char rows[SHY_NUMBER_ROOM], kept[SHY_NUMBER_ROOM], samples[SHY_NUMBER_ROOM], condition[SHY_SETTING_ROOM];
    const char *cohort = shy_json_word(json_object_get(page->document, "run"), "cohort"), *slash = strrchr(cohort, '/');

    SAY(SHY_MSG_DATA_ROWS, "cohort", slash != NULL ? slash + 1 : cohort, "rows", people(page, "rows", "n_cohort", rows));
    shy_prose_setting(page, "samples.where", condition);
    if (*condition != '\0') SAY(SHY_MSG_DATA_FILTER, "kept", shy_prose_count(page, shy_prose_front(page), "n_filtered", kept), "condition", condition);
    SAY(SHY_MSG_DATA_SAMPLES, "samples", people(page, "samples", "n_samples", samples));
}

/* ---- the outcome ---------------------------------------------------------------------------------------------------------------------------------- */

/* Those who have it: known, not shown, or not worked out (without the cohort the notes say it). */
static const char *events_of(const shy_page *page, char room[SHY_NUMBER_ROOM])
{
    return shy_prose_count(page, json_object_get(shy_prose_target(page), "people"), "events", room);
}

static void say_binary(const shy_page *page, const char *outcome, shy_buffer *text)
{
    char events[SHY_NUMBER_ROOM];
    const char *positive = shy_json_word(shy_prose_front(page), "positive");

    events_of(page, events);
    if (*shy_json_word(shy_prose_target(page), "name") != '\0' && strstr(shy_json_word(shy_prose_front(page), "outcome"), " within ") != NULL)
        SAY(SHY_MSG_DATA_HORIZON, "outcome", outcome, "events", events);
    else if (*positive != '\0') SAY(SHY_MSG_DATA_BINARY_CODED, "outcome", outcome, "positive", positive, "events", events);
    else SAY(SHY_MSG_DATA_BINARY, "outcome", outcome, "events", events);
}

void shy_data_add_follow_up(const shy_page *page, shy_buffer *text)
{
    const json_t *people = json_object_get(shy_prose_target(page), "people");
    const double time = shy_prose_number(people, "follow_up_median");
    const char *unit = shy_json_word(people, "follow_up_unit");
    char number[SHY_NUMBER_ROOM];

    if (isfinite(time)) shy_buffer_format(text, "%s%s%s", shy_html_number(time, 3, number), *unit != '\0' ? " " : "", unit);
}

static void say_survival(const shy_page *page, const char *outcome, shy_buffer *text)
{
    char events[SHY_NUMBER_ROOM], time[SHY_SETTING_ROOM];
    shy_buffer follow_up = {0};

    SAY(SHY_MSG_DATA_SURVIVAL, "outcome", outcome, "time", shy_prose_setting(page, "outcome.time", time), "events", events_of(page, events));
    shy_data_add_follow_up(page, &follow_up);
    if (follow_up.count > 0 && *shy_json_word(json_object_get(shy_prose_target(page), "people"), "follow_up_unit") == '\0') SAY(SHY_MSG_DATA_NO_TIME_UNIT);
    if (follow_up.count > 0) SAY(SHY_MSG_DATA_FOLLOW_UP, "time", shy_prose_text(&follow_up));
    shy_buffer_free(&follow_up);
}

void shy_data_say_outcome(const shy_page *page, shy_buffer *text)
{
    const json_t *front = shy_prose_front(page);
    shy_buffer outcome = {0}, unit = {0};
    char set[SHY_SETTING_ROOM], raised[SHY_UNIT_ROOM];

    shy_prose_outcome(page, shy_prose_target(page), &outcome);
    if (*shy_json_word(front, "outcome_unit") != '\0') shy_buffer_format(&unit, " [%s]", shy_html_unit(shy_json_word(front, "outcome_unit"), raised));
    if (shy_prose_is(front, "outcome_kind", "binary")) say_binary(page, shy_prose_text(&outcome), text);
    else if (shy_prose_is(front, "outcome_kind", "survival")) say_survival(page, shy_prose_text(&outcome), text);
    else if (shy_prose_is(front, "outcome_kind", "count")) SAY(SHY_MSG_DATA_COUNT, "outcome", shy_prose_text(&outcome));
    else if (shy_prose_is(front, "outcome_kind", "ordinal")) SAY(SHY_MSG_DATA_ORDINAL, "outcome", shy_prose_text(&outcome));
    else if (shy_prose_is(front, "outcome_kind", "matched"))
        SAY(SHY_MSG_DATA_MATCHED, "outcome", shy_prose_text(&outcome), "set", shy_prose_setting(page, "outcome.set", set));
    else SAY(SHY_MSG_DATA_CONTINUOUS, "outcome", shy_prose_text(&outcome), "unit", shy_prose_text(&unit));
    shy_buffer_free(&outcome);
    shy_buffer_free(&unit);
}

/* What stands beside the formula in every model. */
static void say_design(const shy_page *page, shy_buffer *text)
{
    const json_t *covariates = json_object_get(shy_prose_front(page), "covariates");
    char column[SHY_SETTING_ROOM];

    if (*shy_prose_setting(page, "outcome.strata", column) != '\0') SAY(SHY_MSG_DATA_STRATA, "columns", column);
    if (*shy_prose_setting(page, "outcome.weight", column) != '\0') SAY(SHY_MSG_DATA_WEIGHTS, "column", column);
    if (*shy_prose_setting(page, "outcome.exposure", column) != '\0') SAY(SHY_MSG_DATA_EXPOSURE, "column", column);
    if (json_array_size(covariates) > 0) {
        shy_buffer list = {0};
        shy_prose_list(&list, page->language, covariates);
        SAY(SHY_MSG_DATA_COVARIATES, "list", shy_prose_text(&list));
        shy_buffer_free(&list);
    }
    const char *treatment = shy_json_word(json_object_get(shy_prose_front(page), "interaction"), "treatment");
    if (*treatment != '\0') SAY(SHY_MSG_DATA_INTERACTION, "treatment", treatment);
}

/* ---- the search ------------------------------------------------------------------------------------------------------------------------------------ */

void shy_data_say_grammar(const shy_page *page, shy_buffer *text)
{
    char operators[SHY_SETTING_ROOM], complexity[SHY_SETTING_ROOM], most[SHY_SETTING_ROOM], constants[SHY_SETTING_ROOM], units[SHY_SETTING_ROOM];
    shy_buffer fitted = {0};

    if (*shy_prose_setting(page, "grammar.operators", operators) == '\0') return;
    shy_prose_setting(page, "grammar.max_complexity", complexity), shy_prose_setting(page, "grammar.constants", constants);
    shy_prose_setting(page, "grammar.max_constants", most), shy_prose_setting(page, "grammar.units", units);
    if (strcmp(constants, "fitted") == 0 && strcmp(most, "0") != 0) shy_prose_add(&fitted, page->language, SHY_MSG_DATA_CONSTANTS, "most", most, NULL);
    SAY(SHY_MSG_DATA_GRAMMAR, "operators", operators, "complexity", complexity, "constants", shy_prose_text(&fitted));
    if (strcmp(units, "clinical") == 0 || strcmp(units, "strict") == 0) SAY(shy_prose_lacks_units(page) ? SHY_MSG_DATA_UNITS_LACKING : SHY_MSG_DATA_UNITS);
    shy_buffer_free(&fitted);
}

static void say_search(const shy_page *page, shy_buffer *text)
{
    const json_t *front = shy_prose_front(page);
    char used[SHY_NUMBER_ROOM], offered[SHY_NUMBER_ROOM], formulas[SHY_NUMBER_ROOM], screened[SHY_NUMBER_ROOM], most[SHY_SETTING_ROOM];

    shy_prose_count(page, front, "n_formulas", formulas);
    if (*shy_prose_setting(page, "factors.max", most) != '\0')
        SAY(SHY_MSG_DATA_FACTORS, "used", shy_prose_count(page, front, "factors_used", used), "offered", shy_prose_count(page, front, "factors_offered", offered),
            "most", most);
    shy_data_say_grammar(page, text);
    if (json_object_get(front, "n_screened") != NULL)
        SAY(SHY_MSG_DATA_FORMULAS_SCREENED, "formulas", formulas, "screened", shy_prose_count(page, front, "n_screened", screened));
    else SAY(SHY_MSG_DATA_FORMULAS, "formulas", formulas);
}

/* ---- tables ------------------------------------------------------------------------------------------------------------------------------------------- */

static void write_head(shy_page *page, const shy_message *head, size_t count)
{
    shy_html_raw(page, "<table>\n<thead><tr>");
    for (size_t k = 0; k < count; k++) shy_html_message_element(page, "th", head[k] == SHY_MSG_DATA_MISSING ? "number" : NULL, head[k], NULL);
    shy_html_raw(page, "</tr></thead>\n<tbody>\n");
}

/* What is known of a factor of the cohort; NULL if nothing is. */
static const json_t *known_of(const shy_page *page, const char *name)
{
    const json_t *list = shy_prose_at(shy_prose_target(page), "people.factors");

    for (size_t k = 0; k < json_array_size(list); k++)
        if (shy_prose_is(json_array_get(list, k), "name", name)) return json_array_get(list, k);
    return NULL;
}

static const char *missing_of(const shy_page *page, const json_t *known, char room[SHY_NUMBER_ROOM])
{
    const json_t *share = json_object_get(known, "missing");

    if (json_is_number(share) && shy_prose_percent(json_number_value(share), room)) return room;
    return shy_prose_count(page, known, "missing", room); /* null: too few to be shown */
}

static void write_factor(shy_page *page, const json_t *factor, bool units)
{
    char share[SHY_NUMBER_ROOM], unit[SHY_UNIT_ROOM];
    const char *name = shy_json_word(factor, "name"), *words = shy_json_word(json_object_get(shy_prose_front(page), "derived"), name);

    shy_html_raw(page, "<tr>");
    shy_html_element(page, "th", NULL, name);
    if (units) shy_html_element(page, "td", NULL, shy_html_unit(shy_json_word(factor, "unit"), unit));
    shy_html_element(page, "td", "number", missing_of(page, known_of(page, name), share));
    if (*words != '\0') shy_prose_derived(page, "td", words);
    else shy_html_message_element(page, "td", NULL, SHY_MSG_DATA_AS_IS, NULL);
    shy_html_raw(page, "</tr>\n");
}

static void write_factors(shy_page *page)
{
    static const shy_message with_units[] = {SHY_MSG_DATA_FACTOR, SHY_MSG_DATA_UNIT, SHY_MSG_DATA_MISSING, SHY_MSG_DATA_HOW};
    static const shy_message without[] = {SHY_MSG_DATA_FACTOR, SHY_MSG_DATA_MISSING, SHY_MSG_DATA_HOW};
    const json_t *list = shy_prose_at(shy_prose_front(page), "inputs.factors");
    bool units = false;

    if (json_array_size(list) == 0) return;
    for (size_t k = 0; k < json_array_size(list); k++) units |= *shy_json_word(json_array_get(list, k), "unit") != '\0';
    shy_html_message_element(page, "h3", NULL, SHY_MSG_DATA_FRONT_FACTORS, NULL);
    shy_html_begin_scroll(page, SHY_MSG_DATA_FRONT_FACTORS);
    if (units) write_head(page, with_units, sizeof with_units / sizeof *with_units);
    else write_head(page, without, sizeof without / sizeof *without);
    for (size_t k = 0; k < json_array_size(list); k++) write_factor(page, json_array_get(list, k), units);
    shy_html_raw(page, "</tbody></table></div>\n");
}

/* ---- what was left out ---------------------------------------------------------------------------------------------------------------------------------- */

static void write_list(shy_page *page, const json_t *notes)
{
    shy_html_raw(page, "<ul>\n");
    for (size_t k = 0; k < json_array_size(notes); k++) {
        const char *note = json_string_value(json_array_get(notes, k));
        if (note != NULL) shy_prose_note(page, "li", note);
    }
    shy_html_raw(page, "</ul>\n");
}

/* Those of the search, and what the report itself lacks. */
static void write_notes(shy_page *page)
{
    const json_t *notes = json_object_get(json_object_get(page->document, "run"), "notes"), *lacks = json_object_get(page->document, "notes");

    shy_html_message_element(page, "h3", NULL, SHY_MSG_DATA_NOTES, NULL);
    if (json_array_size(notes) > 0) write_list(page, notes);
    else shy_html_message_element(page, "p", NULL, SHY_MSG_DATA_ALL_TAKEN, NULL);
    if (json_array_size(lacks) > 0) write_list(page, lacks);
}

/* ---- the section ---------------------------------------------------------------------------------------------------------------------------------------- */

void shy_page_data(shy_page *page)
{
    shy_buffer who = {0}, search = {0};

    if (shy_prose_front(page) == NULL) return;
    shy_html_begin_section(page, "data", SHY_MSG_SECTION_DATA);
    say_people(page, &who);
    shy_data_say_outcome(page, &who);
    say_design(page, &who);
    say_search(page, &search);
    shy_prose_element(page, "p", NULL, &who);
    shy_prose_element(page, "p", NULL, &search);
    write_factors(page);
    write_notes(page);
    shy_html_end_section(page);
}
