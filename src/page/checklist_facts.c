/* checklist_facts.c: what a run knows of the items of a checklist. It says nothing where it does not know. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "page/checklist.h"
#include "page/evidence.h"

/* A sentence behind another. */
#define SAY(...) (shy_prose_gap(text, page->language), shy_prose_add(text, page->language, __VA_ARGS__, NULL))

static const json_t *run_of(const shy_page *page)
{
    return json_object_get(page->document, "run");
}

static const json_t *target_at(const shy_page *page, size_t k)
{
    return json_array_get(json_object_get(page->document, "targets"), k);
}

static bool is_nested(const shy_page *page)
{
    return shy_prose_at(shy_prose_front(page), "nested.selected") != NULL;
}

/* ---- aim and data --------------------------------------------------------------------------------------------------------------------------------- */

static void list_outcomes(const shy_page *page, shy_buffer *list)
{
    for (size_t k = 0; k < shy_prose_targets(page); k++) {
        shy_buffer name = {0};
        shy_prose_outcome(page, target_at(page, k), &name);
        shy_prose_item(list, page->language, k, shy_prose_targets(page), shy_prose_text(&name));
        shy_buffer_free(&name);
    }
}

void shy_fact_aim(const shy_page *page, shy_buffer *text)
{
    shy_buffer list = {0};

    list_outcomes(page, &list);
    SAY(is_nested(page) ? SHY_MSG_CF_AIM : SHY_MSG_CF_AIM_ONLY, "outcome", shy_prose_text(&list));
    shy_buffer_free(&list);
}

void shy_fact_source(const shy_page *page, shy_buffer *text)
{
    const char *cohort = shy_json_word(run_of(page), "cohort"), *slash = strrchr(cohort, '/');
    char rows[SHY_NUMBER_ROOM];

    if (*cohort != '\0') SAY(SHY_MSG_CF_SOURCE, "cohort", slash != NULL ? slash + 1 : cohort, "rows", shy_prose_count(page, shy_prose_front(page), "n_cohort", rows));
}

void shy_fact_condition(const shy_page *page, shy_buffer *text)
{
    char condition[SHY_SETTING_ROOM];

    if (*shy_prose_setting(page, "samples.where", condition) != '\0') SAY(SHY_MSG_CF_CONDITION, "condition", condition);
}

void shy_fact_treatment(const shy_page *page, shy_buffer *text)
{
    const char *treatment = shy_json_word(json_object_get(shy_prose_front(page), "interaction"), "treatment");

    if (*treatment != '\0') SAY(SHY_MSG_CF_TREATMENT, "treatment", treatment);
}

void shy_fact_preparation(const shy_page *page, shy_buffer *text)
{
    if (json_array_size(json_object_get(run_of(page), "notes")) > 0) SAY(SHY_MSG_CF_PREPARATION);
}

/* Of several the first in full, the others by name. */
void shy_fact_outcome(const shy_page *page, shy_buffer *text)
{
    shy_buffer list = {0};

    shy_data_say_outcome(page, text);
    if (shy_prose_targets(page) < 2) return;
    list_outcomes(page, &list);
    SAY(SHY_MSG_CF_OUTCOMES, "list", shy_prose_text(&list));
    shy_buffer_free(&list);
}

void shy_fact_candidates(const shy_page *page, shy_buffer *text)
{
    char used[SHY_NUMBER_ROOM], offered[SHY_NUMBER_ROOM], most[SHY_SETTING_ROOM];

    if (*shy_prose_setting(page, "factors.max", most) == '\0') return;
    SAY(SHY_MSG_DATA_FACTORS, "used", shy_prose_count(page, shy_prose_front(page), "factors_used", used), "offered",
        shy_prose_count(page, shy_prose_front(page), "factors_offered", offered), "most", most);
}

void shy_fact_factors(const shy_page *page, shy_buffer *text)
{
    const json_t *factors = shy_prose_at(shy_prose_front(page), "inputs.factors");
    shy_buffer list = {0};

    for (size_t k = 0; k < json_array_size(factors); k++) {
        const json_t *factor = json_array_get(factors, k);
        shy_buffer name = {0};
        shy_buffer_text(&name, shy_json_word(factor, "name"));
        if (*shy_json_word(factor, "unit") != '\0') shy_buffer_format(&name, " [%s]", shy_json_word(factor, "unit"));
        shy_prose_item(&list, page->language, k, json_array_size(factors), shy_prose_text(&name));
        shy_buffer_free(&name);
    }
    if (list.count > 0) SAY(SHY_MSG_CF_FRONT_FACTORS, "list", shy_prose_text(&list));
    shy_buffer_free(&list);
}

/* Are there people who have the outcome, and others? */
static bool has_events(const json_t *target)
{
    return json_object_get(json_object_get(target, "people"), "events") != NULL && !shy_prose_is(json_object_get(target, "front"), "outcome_kind", "continuous");
}

void shy_fact_size(const shy_page *page, shy_buffer *text)
{
    const json_t *target = shy_prose_target(page);
    char samples[SHY_NUMBER_ROOM], events[SHY_NUMBER_ROOM];

    shy_prose_count(page, shy_prose_front(page), "n_samples", samples);
    if (has_events(target))
        SAY(SHY_MSG_CF_SIZE, "samples", samples, "events", shy_prose_count(page, json_object_get(target, "people"), "events", events));
    else SAY(SHY_MSG_CF_SIZE_ONLY, "samples", samples);
}

void shy_fact_missing(const shy_page *page, shy_buffer *text)
{
    char method[SHY_SETTING_ROOM];

    if (*shy_prose_setting(page, "missing.method", method) != '\0') SAY(SHY_MSG_CF_MISSING, "method", method);
}

/* ---- the model ------------------------------------------------------------------------------------------------------------------------------------- */

void shy_fact_use(const shy_page *page, shy_buffer *text)
{
    char folds[SHY_NUMBER_ROOM];

    if (is_nested(page)) SAY(SHY_MSG_CF_USE, "folds", shy_prose_count(page, shy_prose_at(shy_prose_front(page), "nested"), "folds", folds));
    else SAY(SHY_MSG_CF_USE_ALL);
}

void shy_fact_handling(const shy_page *page, shy_buffer *text)
{
    shy_data_say_grammar(page, text);
}

void shy_fact_model(const shy_page *page, shy_buffer *text)
{
    SAY(SHY_MSG_CF_MODEL);
}

void shy_fact_clusters(const shy_page *page, shy_buffer *text)
{
    const char *by = shy_json_word(shy_prose_at(shy_prose_front(page), "nested"), "by");
    char strata[SHY_SETTING_ROOM];

    if (*by != '\0') SAY(SHY_MSG_CF_BY, "column", by);
    if (*shy_prose_setting(page, "outcome.strata", strata) != '\0') SAY(SHY_MSG_CF_STRATA, "columns", strata);
}

void shy_fact_measures(const shy_page *page, shy_buffer *text)
{
    const json_t *front = shy_prose_front(page), *metrics = json_object_get(front, "metrics");
    const bool calibration = isfinite(shy_prose_number(front, "calibration.slope")), decision = shy_prose_at(front, "versus.decision_curve") != NULL;
    const size_t count = json_array_size(metrics) + calibration + decision;
    shy_buffer list = {0};
    size_t said = 0;

    for (size_t k = 0; k < json_array_size(metrics); k++) {
        const char *metric = json_string_value(json_array_get(metrics, k));
        shy_prose_item(&list, page->language, said++, count, metric == NULL ? "" : shy_metric_name(page->language, metric));
    }
    if (calibration) shy_prose_item(&list, page->language, said++, count, shy_message_text(page->language, SHY_MSG_CF_CALIBRATION));
    if (decision) shy_prose_item(&list, page->language, said++, count, shy_message_text(page->language, SHY_MSG_CF_DECISION));
    if (count > 0) SAY(SHY_MSG_CF_MEASURES, "list", shy_prose_text(&list));
    shy_buffer_free(&list);
}

void shy_fact_updating(const shy_page *page, shy_buffer *text)
{
    SAY(SHY_MSG_CF_NO_UPDATE);
}

void shy_fact_calculation(const shy_page *page, shy_buffer *text)
{
    SAY(SHY_MSG_CF_CALCULATION);
}

void shy_fact_imbalance(const shy_page *page, shy_buffer *text)
{
    char weight[SHY_SETTING_ROOM];

    if (*shy_prose_setting(page, "outcome.weight", weight) != '\0') SAY(SHY_MSG_CF_WEIGHTS, "column", weight);
    else if (!shy_prose_is(shy_prose_front(page), "outcome_kind", "binary")) SAY(SHY_MSG_CF_NO_CLASSES);
    else SAY(SHY_MSG_CF_NO_RESAMPLING);
}

/* Columns by which a formula's performance is shown, each once. */
void shy_fact_subgroups(const shy_page *page, shy_buffer *text)
{
    const json_t *list = shy_prose_at(json_array_get(json_object_get(shy_prose_target(page), "formulas"), 0), "figures.subgroups");
    json_t *columns = json_array();
    shy_buffer names = {0};

    for (size_t k = 0; k < json_array_size(list); k++) {
        const json_t *column = json_object_get(json_array_get(list, k), "column");
        const size_t last = json_array_size(columns);
        if (json_is_string(column) && (last == 0 || !json_equal(json_array_get(columns, last - 1), column)))
            json_array_append_new(columns, shy_json_string(json_string_value(column)));
    }
    shy_prose_list(&names, page->language, columns);
    if (names.count > 0) SAY(SHY_MSG_CF_SUBGROUPS, "list", shy_prose_text(&names));
    shy_buffer_free(&names);
    json_decref(columns);
}

void shy_fact_output(const shy_page *page, shy_buffer *text)
{
    static const struct {
        const char *kind;
        shy_message output;
    } outputs[] = {{"binary", SHY_MSG_CF_OUTPUT_PROBABILITY}, {"continuous", SHY_MSG_CF_OUTPUT_VALUE}, {"count", SHY_MSG_CF_OUTPUT_RATE},
                   {"survival", SHY_MSG_CF_OUTPUT_HAZARD},    {"ordinal", SHY_MSG_CF_OUTPUT_ODDS},     {"matched", SHY_MSG_CF_OUTPUT_ODDS}};

    for (size_t k = 0; k < sizeof outputs / sizeof *outputs; k++)
        if (shy_prose_is(shy_prose_front(page), "outcome_kind", outputs[k].kind)) SAY(outputs[k].output);
}

void shy_fact_evaluation(const shy_page *page, shy_buffer *text)
{
    SAY(is_nested(page) ? SHY_MSG_CF_EVALUATION : SHY_MSG_CF_NO_EVALUATION);
}

void shy_fact_code(const shy_page *page, shy_buffer *text)
{
    const char *version = shy_json_word(run_of(page), "version");

    if (*version != '\0') SAY(SHY_MSG_CF_CODE, "version", version);
}

/* ---- results ------------------------------------------------------------------------------------------------------------------------------------------ */

void shy_fact_flow(const shy_page *page, shy_buffer *text)
{
    const json_t *front = shy_prose_front(page);
    char rows[SHY_NUMBER_ROOM], kept[SHY_NUMBER_ROOM], samples[SHY_NUMBER_ROOM];

    SAY(SHY_MSG_CF_FLOW, "rows", shy_prose_count(page, front, "n_cohort", rows), "kept", shy_prose_count(page, front, "n_filtered", kept), "samples",
        shy_prose_count(page, front, "n_samples", samples));
}

void shy_fact_characteristics(const shy_page *page, shy_buffer *text)
{
    if (json_array_size(shy_prose_at(shy_prose_target(page), "people.factors")) > 0) SAY(SHY_MSG_CF_CHARACTERISTICS);
}

void shy_fact_other_cohort(const shy_page *page, shy_buffer *text)
{
    SAY(SHY_MSG_CF_NO_OTHER);
}

void shy_fact_numbers(const shy_page *page, shy_buffer *text)
{
    for (size_t k = 0; k < shy_prose_targets(page); k++) {
        const json_t *target = target_at(page, k);
        char samples[SHY_NUMBER_ROOM], events[SHY_NUMBER_ROOM];
        shy_buffer name = {0};
        shy_prose_outcome(page, target, &name);
        shy_prose_count(page, json_object_get(target, "front"), "n_samples", samples);
        if (has_events(target))
            SAY(SHY_MSG_CF_NUMBERS_EVENTS, "outcome", shy_prose_text(&name), "samples", samples, "events",
                shy_prose_count(page, json_object_get(target, "people"), "events", events));
        else SAY(SHY_MSG_CF_NUMBERS, "outcome", shy_prose_text(&name), "samples", samples);
        shy_buffer_free(&name);
    }
}

void shy_fact_specification(const shy_page *page, shy_buffer *text)
{
    shy_facts facts;

    shy_facts_take(shy_prose_front(page), &facts);
    if (*facts.formula != '\0') SAY(SHY_MSG_CF_SPECIFICATION, "formula", facts.formula);
}

void shy_fact_performance(const shy_page *page, shy_buffer *text)
{
    shy_facts facts;
    char mean[SHY_NUMBER_ROOM], error[SHY_NUMBER_ROOM], apparent[SHY_NUMBER_ROOM];
    shy_buffer value = {0};

    shy_facts_take(shy_prose_front(page), &facts);
    if (*facts.formula == '\0' || !isfinite(facts.mean)) return;
    const int decimals = shy_prose_decimals_for(facts.error);
    shy_prose_add(&value, page->language, SHY_MSG_PLUS_MINUS, "value", shy_prose_decimals(facts.mean, decimals, mean), "error",
                  shy_prose_decimals(facts.error, decimals, error), NULL);
    SAY(SHY_MSG_CF_PERFORMANCE, "metric", shy_message_text(page->language, facts.metric), "value", shy_prose_text(&value), "apparent",
        shy_prose_decimals(facts.apparent, decimals, apparent));
    shy_buffer_free(&value);
}

void shy_fact_limitations(const shy_page *page, shy_buffer *text)
{
    SAY(SHY_MSG_CF_LIMITATIONS);
}

void shy_fact_input(const shy_page *page, shy_buffer *text)
{
    SAY(SHY_MSG_CF_INPUT);
}

void shy_fact_next(const shy_page *page, shy_buffer *text)
{
    SAY(SHY_MSG_CF_NEXT);
}

/* ---- of markers ------------------------------------------------------------------------------------------------------------------------------------------ */

void shy_fact_follow_up(const shy_page *page, shy_buffer *text)
{
    shy_buffer time = {0};

    shy_data_add_follow_up(page, &time);
    if (time.count > 0) SAY(SHY_MSG_CF_FOLLOW_UP, "time", shy_prose_text(&time));
    shy_buffer_free(&time);
}

void shy_fact_statistics(const shy_page *page, shy_buffer *text)
{
    SAY(SHY_MSG_CF_STATISTICS);
}

void shy_fact_cutpoints(const shy_page *page, shy_buffer *text)
{
    const json_t *groups = shy_prose_at(shy_prose_front(page), "groups");
    char count[SHY_NUMBER_ROOM];

    if (shy_json_count(groups, "count") > 1) SAY(SHY_MSG_CF_CUTPOINTS, "count", shy_prose_count(page, groups, "count", count), "method", shy_json_word(groups, "method"));
    else SAY(SHY_MSG_CF_CONTINUOUS);
}

void shy_fact_univariable(const shy_page *page, shy_buffer *text)
{
    if (is_nested(page)) SAY(SHY_MSG_CF_UNIVARIABLE);
}

void shy_fact_beside(const shy_page *page, shy_buffer *text)
{
    shy_buffer list = {0};

    shy_prose_list(&list, page->language, json_object_get(shy_prose_front(page), "covariates"));
    if (list.count > 0) SAY(SHY_MSG_CF_BESIDE, "list", shy_prose_text(&list));
    shy_buffer_free(&list);
}

void shy_fact_further(const shy_page *page, shy_buffer *text)
{
    if (is_nested(page) || shy_prose_at(shy_prose_front(page), "p_search") != NULL) SAY(SHY_MSG_CF_FURTHER);
}
