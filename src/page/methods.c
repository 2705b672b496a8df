/* methods.c: a paragraph for a paper: what this run did, and no more. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "page/references.h"

typedef struct {
    shy_page *page;
    shy_language language;
    const json_t *target, *front; /* the first: what is the same for all is taken from it */
    shy_citations cited;
    shy_buffer text;
} methods;

/* A sentence behind another. */
#define SAY(...) (shy_prose_gap(&m->text, m->language), shy_prose_add(&m->text, m->language, __VA_ARGS__, NULL))
#define CITE(work, room) shy_cite(&m->cited, work, SHY_REFERENCES, room)

static void write_paragraph(methods *m, shy_message heading)
{
    if (m->text.count == 0) return;
    shy_html_message_element(m->page, "h3", NULL, heading, NULL);
    shy_prose_element(m->page, "p", NULL, &m->text);
}

static bool is_kind(const methods *m, const char *kind)
{
    return shy_prose_is(m->front, "outcome_kind", kind);
}

/* Of a key that a configuration always has; compares with a word. */
static bool is_set(const methods *m, const char *key, const char *word)
{
    char room[SHY_SETTING_ROOM];
    return strcmp(shy_prose_setting(m->page, key, room), word) == 0;
}

/* Of the k-th target; NULL beyond the last one. */
static const json_t *front_at(const methods *m, size_t k)
{
    return json_object_get(json_array_get(json_object_get(m->page->document, "targets"), k), "front");
}

/* Does any of the targets have it? */
static bool any_has(const methods *m, const char *path)
{
    bool any = false;

    for (size_t k = 0; front_at(m, k) != NULL; k++) any = any || shy_prose_at(front_at(m, k), path) != NULL;
    return any;
}

/* ---- participants ------------------------------------------------------------------------------------------------------------------------------ */

static void say_samples(methods *m)
{
    char rows[SHY_NUMBER_ROOM], kept[SHY_NUMBER_ROOM], samples[SHY_NUMBER_ROOM], condition[SHY_SETTING_ROOM];

    shy_prose_count(m->page, m->front, "n_cohort", rows), shy_prose_count(m->page, m->front, "n_filtered", kept);
    shy_prose_count(m->page, m->front, "n_samples", samples);
    if (*shy_prose_setting(m->page, "samples.where", condition) == '\0') SAY(SHY_MSG_ME_SAMPLES, "rows", rows, "samples", samples);
    else SAY(SHY_MSG_ME_SAMPLES_FILTER, "rows", rows, "kept", kept, "samples", samples, "condition", condition);
}

static void say_outcomes(methods *m)
{
    const json_t *targets = json_object_get(m->page->document, "targets");
    shy_buffer list = {0};

    for (size_t k = 0; k < json_array_size(targets); k++) {
        shy_buffer name = {0};
        shy_prose_outcome(m->page, json_array_get(targets, k), &name);
        shy_prose_item(&list, m->language, k, json_array_size(targets), shy_prose_text(&name));
        shy_buffer_free(&name);
    }
    if (json_array_size(targets) > 1) SAY(SHY_MSG_ME_OUTCOMES, "list", shy_prose_text(&list));
    else SAY(SHY_MSG_ME_OUTCOME, "outcome", shy_prose_text(&list));
    shy_buffer_free(&list);
    for (size_t k = 0; k < json_array_size(targets); k++) {
        const json_t *target = json_array_get(targets, k), *people = json_object_get(target, "people");
        shy_buffer name = {0};
        char events[SHY_NUMBER_ROOM];
        if (json_object_get(people, "events") == NULL || shy_prose_is(json_object_get(target, "front"), "outcome_kind", "continuous")) continue;
        shy_prose_outcome(m->page, target, &name);
        SAY(SHY_MSG_ME_EVENTS, "events", shy_prose_count(m->page, people, "events", events), "outcome", shy_prose_text(&name));
        shy_buffer_free(&name);
    }
}

static void say_missing(methods *m)
{
    char sets[SHY_SETTING_ROOM], first[SHY_CITE_ROOM], second[SHY_CITE_ROOM];

    if (is_set(m, "missing.method", "complete")) SAY(SHY_MSG_ME_COMPLETE);
    if (is_set(m, "missing.method", "median")) SAY(SHY_MSG_ME_MEDIAN);
    if (is_set(m, "missing.method", "indicator")) SAY(SHY_MSG_ME_INDICATOR);
    if (!is_set(m, "missing.method", "multiple")) return;
    CITE(SHY_REF_MICE, first), CITE(SHY_REF_RUBIN, second);
    SAY(SHY_MSG_ME_MULTIPLE, "sets", shy_prose_setting(m->page, "missing.sets", sets), "first", first, "second", second);
}

/* ---- the search ------------------------------------------------------------------------------------------------------------------------------------ */

static void say_model(methods *m)
{
    char cite[SHY_CITE_ROOM], times[SHY_SETTING_ROOM];

    if (is_kind(m, "continuous")) SAY(SHY_MSG_ME_LINEAR);
    if (is_kind(m, "binary")) SAY(SHY_MSG_ME_LOGISTIC);
    if (is_kind(m, "count")) SAY(SHY_MSG_ME_POISSON);
    if (is_kind(m, "ordinal")) SAY(SHY_MSG_ME_ORDINAL);
    if (is_kind(m, "matched")) SAY(SHY_MSG_ME_MATCHED);
    if (is_kind(m, "survival")) SAY(SHY_MSG_ME_COX, "cite", CITE(SHY_REF_COX, cite));
    if (is_kind(m, "survival") && *shy_prose_setting(m->page, "outcome.horizons", times) != '\0') SAY(SHY_MSG_ME_HORIZONS, "times", times, "cite", CITE(SHY_REF_IPCW, cite));
}

static void say_design(methods *m)
{
    char column[SHY_SETTING_ROOM], cite[SHY_CITE_ROOM];
    const json_t *covariates = json_object_get(m->front, "covariates");
    const char *treatment = shy_json_word(json_object_get(m->front, "interaction"), "treatment");

    if (*shy_prose_setting(m->page, "outcome.strata", column) != '\0') SAY(SHY_MSG_ME_STRATA, "columns", column);
    if (*shy_prose_setting(m->page, "outcome.weight", column) != '\0') SAY(SHY_MSG_ME_WEIGHTS, "column", column);
    if (*shy_prose_setting(m->page, "outcome.exposure", column) != '\0') SAY(SHY_MSG_ME_EXPOSURE, "column", column);
    if (json_array_size(covariates) > 0) {
        shy_buffer list = {0};
        shy_prose_list(&list, m->language, covariates);
        if (is_kind(m, "continuous")) SAY(SHY_MSG_ME_COVARIATES_LINEAR, "list", shy_prose_text(&list), "cite", CITE(SHY_REF_LOVELL, cite));
        else SAY(SHY_MSG_ME_COVARIATES, "list", shy_prose_text(&list));
        shy_buffer_free(&list);
    }
    if (*treatment != '\0') SAY(SHY_MSG_ME_INTERACTION, "treatment", treatment);
}

static void say_grammar(methods *m)
{
    char operators[SHY_SETTING_ROOM], complexity[SHY_SETTING_ROOM], most[SHY_SETTING_ROOM], constants[SHY_SETTING_ROOM];
    char formulas[SHY_NUMBER_ROOM], used[SHY_NUMBER_ROOM], screened[SHY_NUMBER_ROOM];

    SAY(SHY_MSG_ME_EXHAUSTIVE, "formulas", shy_prose_count(m->page, m->front, "n_formulas", formulas), "complexity",
        shy_prose_setting(m->page, "grammar.max_complexity", complexity), "most", shy_prose_setting(m->page, "factors.max", most), "used",
        shy_prose_count(m->page, m->front, "factors_used", used), "operators", shy_prose_setting(m->page, "grammar.operators", operators));
    if (is_set(m, "grammar.units", "clinical") || is_set(m, "grammar.units", "strict")) SAY(shy_prose_lacks_units(m->page) ? SHY_MSG_ME_UNITS_LACKING : SHY_MSG_ME_UNITS);
    shy_prose_setting(m->page, "grammar.max_constants", constants);
    if (is_set(m, "grammar.constants", "fitted") && strcmp(constants, "0") != 0) SAY(SHY_MSG_ME_CONSTANTS, "most", constants);
    if (shy_prose_setting_number(m->page, "search.terms") > 1.0) SAY(SHY_MSG_ME_TERMS, "terms", shy_prose_setting(m->page, "search.terms", most));
    if (json_object_get(m->front, "n_screened") != NULL) SAY(SHY_MSG_ME_SCREENED, "screened", shy_prose_count(m->page, m->front, "n_screened", screened));
}

/* Was any formula of a front fitted with a penalty? */
static bool is_penalised(const methods *m)
{
    const json_t *targets = json_object_get(m->page->document, "targets");

    for (size_t t = 0; t < json_array_size(targets); t++) {
        const json_t *list = shy_prose_at(json_array_get(targets, t), "front.front");
        for (size_t k = 0; k < json_array_size(list); k++)
            if (shy_prose_is(json_array_get(list, k), "verdict", "firth")) return true;
    }
    return false;
}

static void say_ranking(methods *m)
{
    char keep[SHY_SETTING_ROOM], cite[SHY_CITE_ROOM];

    shy_prose_setting(m->page, "search.keep", keep);
    if (is_kind(m, "continuous")) SAY(SHY_MSG_ME_SCORE_LINEAR, "keep", keep);
    else if (is_kind(m, "survival")) SAY(SHY_MSG_ME_SCORE_COX, "keep", keep, "cite", CITE(SHY_REF_MARTINGALE, cite));
    else SAY(SHY_MSG_ME_SCORE, "keep", keep, "cite", CITE(SHY_REF_SCORE, cite));
    if (is_penalised(m)) SAY(SHY_MSG_ME_FIRTH, "cite", shy_cite(&m->cited, SHY_REF_FIRTH, SHY_REF_HEINZE, cite));
    SAY(SHY_MSG_ME_FRONT);
}

/* ---- the assessment -------------------------------------------------------------------------------------------------------------------------------- */

static void say_metric(methods *m)
{
    char first[SHY_CITE_ROOM], second[SHY_CITE_ROOM], third[SHY_CITE_ROOM];

    if (is_kind(m, "continuous")) SAY(SHY_MSG_ME_METRIC_CONTINUOUS);
    else if (is_kind(m, "count")) SAY(SHY_MSG_ME_METRIC_COUNT);
    else if (is_kind(m, "binary")) SAY(SHY_MSG_ME_METRIC_BINARY);
    else if (is_kind(m, "survival")) {
        CITE(SHY_REF_HARRELL, first), shy_cite(&m->cited, SHY_REF_UNO, SHY_REF_UNO_T, second), CITE(SHY_REF_GRAF, third);
        SAY(SHY_MSG_ME_METRIC_SURVIVAL, "first", first, "second", second, "third", third);
        if (shy_prose_targets(m->page) > 1) SAY(SHY_MSG_ME_METRIC_HORIZONS);
    } else SAY(SHY_MSG_ME_METRIC_CONCORDANCE);
}

static void say_nested(methods *m)
{
    const json_t *nested = shy_prose_at(m->front, "nested");
    char folds[SHY_NUMBER_ROOM], repeats[SHY_NUMBER_ROOM], cite[SHY_CITE_ROOM];
    const char *by = shy_json_word(nested, "by");

    if (nested == NULL) return;
    SAY(SHY_MSG_ME_NESTED, "folds", shy_html_count(shy_json_count(nested, "folds"), folds), "cite", CITE(SHY_REF_VARMA, cite));
    if (shy_json_count(nested, "repeats") > 1) SAY(SHY_MSG_ME_REPEATS, "repeats", shy_html_count(shy_json_count(nested, "repeats"), repeats));
    if (*by != '\0') SAY(SHY_MSG_ME_BY, "column", by);
    if (is_set(m, "validation.strata", "outcome")) SAY(SHY_MSG_ME_FOLDS_OUTCOME);
    if (shy_prose_is(nested, "rule", "one-se")) SAY(SHY_MSG_ME_ONE_SE, "cite", CITE(SHY_REF_HASTIE, cite));
    if (shy_prose_is(nested, "rule", "best")) SAY(SHY_MSG_ME_BEST);
}

static void say_permuted(methods *m)
{
    char count[SHY_NUMBER_ROOM], first[SHY_CITE_ROOM], second[SHY_CITE_ROOM];
    const uint64_t permutations = shy_json_count(shy_prose_at(m->front, "p_search"), "permutations");

    if (permutations == 0) return;
    CITE(SHY_REF_PHIPSON, first), CITE(SHY_REF_WESTFALL, second);
    SAY(SHY_MSG_ME_PERMUTED, "count", shy_html_count(permutations, count), "first", first, "second", second);
    if (json_is_true(shy_prose_at(m->front, "p_search.stopped"))) SAY(SHY_MSG_ME_STOPPED);
    if (is_kind(m, "survival")) SAY(SHY_MSG_ME_PERMUTED_MARTINGALE);
    else if (json_array_size(json_object_get(m->front, "covariates")) > 0) SAY(SHY_MSG_ME_PERMUTED_RESIDUALS, "cite", CITE(SHY_REF_FREEDMAN, first));
}

static void say_stability(methods *m)
{
    char pairs[SHY_NUMBER_ROOM], cite[SHY_CITE_ROOM];
    const json_t *stability = shy_prose_at(m->front, "stability");

    if (shy_json_count(stability, "pairs") > 0) SAY(SHY_MSG_ME_STABILITY, "pairs", shy_html_count(shy_json_count(stability, "pairs"), pairs), "cite", CITE(SHY_REF_SHAH, cite));
}

/* Does any contender of a target have a word that begins so? */
static bool any_contender(const methods *m, const char *key, const char *word)
{
    for (size_t t = 0; front_at(m, t) != NULL; t++) {
        const json_t *list = shy_prose_at(front_at(m, t), "versus.contenders");
        for (size_t k = 0; k < json_array_size(list); k++)
            if (strncmp(shy_json_word(json_array_get(list, k), key), word, strlen(word)) == 0) return true;
    }
    return false;
}

static const char *contender_name(const methods *m, const json_t *contender)
{
    static const struct {
        const char *kind;
        shy_message name;
    } names[] = {{"single", SHY_MSG_NAME_SINGLE}, {"covariates", SHY_MSG_NAME_COVARIATES}, {"elastic", SHY_MSG_NAME_NET}, {"elastic_log", SHY_MSG_NAME_NET_LOGS}};

    for (size_t k = 0; k < sizeof names / sizeof *names; k++)
        if (shy_prose_is(contender, "kind", names[k].kind)) return shy_message_text(m->language, names[k].name);
    return shy_json_word(contender, "name");
}

static void say_versus(methods *m)
{
    const json_t *list = shy_prose_at(m->front, "versus.contenders");
    char cite[SHY_CITE_ROOM];
    shy_buffer names = {0};

    if (json_array_size(list) == 0) return;
    for (size_t k = 0; k < json_array_size(list); k++) shy_prose_item(&names, m->language, k, json_array_size(list), contender_name(m, json_array_get(list, k)));
    SAY(SHY_MSG_ME_VERSUS, "list", shy_prose_text(&names));
    if (any_contender(m, "kind", "elastic")) SAY(SHY_MSG_ME_NETS, "cite", CITE(SHY_REF_ZOU, cite));
    if (any_contender(m, "method", "DeLong")) SAY(SHY_MSG_ME_DELONG, "cite", CITE(SHY_REF_DELONG, cite));
    if (any_contender(m, "method", "bootstrap")) SAY(SHY_MSG_ME_BOOTSTRAP, "metric", shy_message_text(m->language, shy_prose_metric(m->front)), "cite", CITE(SHY_REF_BOOTSTRAP, cite));
    shy_buffer_free(&names);
}

static void say_calibration(methods *m)
{
    char cite[SHY_CITE_ROOM];

    if (any_has(m, "calibration.ici")) SAY(SHY_MSG_ME_CALIBRATION, "cite", CITE(SHY_REF_ICI, cite));
    else if (any_has(m, "calibration.slope")) SAY(SHY_MSG_ME_CALIBRATION_SLOPE);
    if (any_has(m, "calibration.brier")) SAY(SHY_MSG_ME_BRIER, "cite", CITE(SHY_REF_BRIER, cite));
    if (any_has(m, "versus.decision_curve")) SAY(SHY_MSG_ME_DECISION, "cite", CITE(SHY_REF_VICKERS, cite));
}

static void say_groups(methods *m)
{
    const json_t *groups = shy_prose_at(m->front, "groups");
    char count[SHY_NUMBER_ROOM], cite[SHY_CITE_ROOM];

    if (shy_json_count(groups, "count") < 2) return;
    shy_html_count(shy_json_count(groups, "count"), count);
    if (shy_prose_is(groups, "method", "maxstat"))
        SAY(SHY_MSG_ME_GROUPS_MAXSTAT, "count", count, "cite", shy_cite(&m->cited, SHY_REF_LAUSEN_92, SHY_REF_LAUSEN_94, cite));
    else SAY(SHY_MSG_ME_GROUPS_QUANTILE, "count", count);
}

static void say_assessment(methods *m)
{
    say_metric(m);
    say_nested(m);
    say_permuted(m);
    say_stability(m);
    say_versus(m);
    say_calibration(m);
    say_groups(m);
}

/* ---- software --------------------------------------------------------------------------------------------------------------------------------------- */

static void say_software(methods *m)
{
    const json_t *run = json_object_get(m->page->document, "run"), *sdc = json_object_get(m->page->document, "sdc");
    char seed[SHY_NUMBER_ROOM], threshold[SHY_NUMBER_ROOM];

    snprintf(seed, sizeof seed, "%llu", (unsigned long long)shy_json_count(run, "seed"));
    SAY(SHY_MSG_ME_PROGRAM, "version", shy_json_word(run, "version"), "seed", seed, "sha256", shy_json_word(run, "cohort_sha256"));
    if (shy_json_count(sdc, "threshold") > 0)
        SAY(SHY_MSG_ME_DISCLOSURE, "rule", shy_json_word(sdc, "rule"), "threshold", shy_html_count(shy_json_count(sdc, "threshold"), threshold));
}

/* ---- the section ----------------------------------------------------------------------------------------------------------------------------------------- */

void shy_page_methods(shy_page *page)
{
    methods m = {.page = page, .language = page->language, .target = shy_prose_target(page), .front = shy_prose_front(page)};

    if (m.front == NULL) return;
    shy_html_begin_section(page, "methods", SHY_MSG_SECTION_METHODS);
    shy_html_message_element(page, "p", "note", SHY_MSG_METHODS_INTRO, NULL);
    say_samples(&m);
    say_outcomes(&m);
    say_missing(&m);
    write_paragraph(&m, SHY_MSG_METHODS_PARTICIPANTS);
    say_model(&m);
    say_design(&m);
    say_grammar(&m);
    say_ranking(&m);
    write_paragraph(&m, SHY_MSG_METHODS_SEARCH);
    say_assessment(&m);
    write_paragraph(&m, SHY_MSG_METHODS_ASSESSMENT);
    say_software(&m);
    write_paragraph(&m, SHY_MSG_METHODS_SOFTWARE);
    shy_references_write(page, &m.cited);
    shy_html_end_section(page);
}
