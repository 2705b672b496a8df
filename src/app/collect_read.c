/* collect_read.c: the finished results of a task, as far as a sweep wants to know them. What is not as it should be is told, never fatal. */
#include "shy_config.h"

#include <jansson.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "app/collect.h"

/* ---- JSON ------------------------------------------------------------------------------------------------------------------ */

static double number(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static const char *word(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text == NULL ? "" : text;
}

static int integer(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_integer(value) && json_integer_value(value) >= 0 && json_integer_value(value) < 1 << 30 ? (int)json_integer_value(value) : 0;
}

/* The entry of a list for this complexity. */
static const json_t *of_complexity(const json_t *list, int complexity)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (integer(json_array_get(list, i), "complexity") == complexity) return json_array_get(list, i);
    return NULL;
}

/* NULL, and *detail says why (owned), if it is not there or damaged. SHY_MEMORY alone is a failure. */
static shy_status load(const char *directory, const char *name, json_t **document_out, char **detail_out)
{
    shy_status st = SHY_OK;
    char *path = NULL;
    json_error_t error;

    *document_out = NULL;
    SHY_TRY(shy_string_format(&path, "%s/%s", directory, name));
    *document_out = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (*document_out != NULL && json_is_object(*document_out)) goto out;
    if (*document_out == NULL && access(path, F_OK) != 0) SHY_TRY(shy_string_format(detail_out, "%s is missing", name));
    else if (*document_out == NULL) SHY_TRY(shy_string_format(detail_out, "%s, line %d: %s", name, error.line, error.text));
    else SHY_TRY(shy_string_format(detail_out, "%s is not what a search writes", name));
    json_decref(*document_out);
    *document_out = NULL;
out:
    shy_free(&path);
    return st;
}

/* ---- what makes searches comparable ------------------------------------------------------------------------------------------- */

enum { FACT_OUTCOME, FACT_KIND, FACT_POSITIVE, FACT_SAMPLES, FACT_COHORT, FACT_KEYS };
static const int fact_keys[] = {
    SHY_KEY_SAMPLES_WHERE,       SHY_KEY_OUTCOME_TIME,   SHY_KEY_OUTCOME_EVENT,    SHY_KEY_OUTCOME_ENTRY,      SHY_KEY_OUTCOME_STRATA,
    SHY_KEY_OUTCOME_SET,         SHY_KEY_OUTCOME_WEIGHT, SHY_KEY_OUTCOME_EXPOSURE, SHY_KEY_OUTCOME_COVARIATES, SHY_KEY_OUTCOME_COVARIATES_MISSING,
    SHY_KEY_OUTCOME_INTERACTION,
};
enum { FACTS = FACT_KEYS + sizeof fact_keys / sizeof *fact_keys };
_Static_assert((int)FACTS <= (int)SHY_FACTS_MAX, "there is room for all facts");

const char *shy_collect_fact_name(int fact)
{
    static const char *const names[] = {"the outcome", "the kind of outcome", "the positive value", "the number of samples", "the cohort"};

    if (fact < FACT_KEYS) return names[fact];
    return fact < (int)FACTS ? shy_key_get(fact_keys[fact - FACT_KEYS])->name : NULL;
}

shy_status shy_collect_asked(const shy_config *config, char **text_out)
{
    shy_status st = SHY_OK;
    char *text = NULL, *longer = NULL, *value = NULL;

    SHY_TRY(shy_string_copy(shy_config_text(config, SHY_KEY_COHORT), &text));
    for (int key = SHY_KEY_OUTCOME_COLUMN; key <= SHY_KEY_SAMPLES_WHERE; key++) {
        shy_free(&value);
        SHY_TRY(shy_sweep_value_text(&config->value[key], &value));
        SHY_TRY(shy_string_format(&longer, "%s\n%s", text, value));
        shy_free(&text);
        text = longer, longer = NULL;
    }
    *text_out = text, text = NULL;
out:
    shy_free(&text);
    shy_free(&value);
    return st;
}

static shy_status read_facts(const json_t *front, const json_t *run, shy_collect_search *s)
{
    shy_status st = SHY_OK;
    shy_config *config = NULL;
    const char *yaml = word(run, "configuration");

    SHY_TRY(shy_config_create(&config));
    SHY_TRY(shy_config_parse(config, "configuration in run.json", yaml, strlen(yaml)));
    SHY_TRY(shy_string_copy(word(front, "outcome"), &s->fact[FACT_OUTCOME]));
    SHY_TRY(shy_string_copy(word(front, "outcome_kind"), &s->fact[FACT_KIND]));
    SHY_TRY(shy_string_copy(word(front, "positive"), &s->fact[FACT_POSITIVE]));
    SHY_TRY(shy_string_format(&s->fact[FACT_SAMPLES], "%d", integer(front, "n_samples")));
    SHY_TRY(shy_string_copy(word(run, "cohort_sha256"), &s->fact[FACT_COHORT]));
    for (int f = FACT_KEYS; f < (int)FACTS; f++) SHY_TRY(shy_sweep_value_text(&config->value[fact_keys[f - FACT_KEYS]], &s->fact[f]));
    SHY_TRY(shy_collect_asked(config, &s->asked));
out:
    shy_config_free(&config);
    return st;
}

/* ---- a search ------------------------------------------------------------------------------------------------------------------- */

static shy_status read_point(const json_t *front, const json_t *entry, const shy_collect_search *s, shy_collect_point *point)
{
    shy_status st = SHY_OK;
    const json_t *metrics = json_object_get(entry, "metrics");

    point->complexity = integer(entry, "complexity");
    const json_t *level = of_complexity(json_object_get(json_object_get(front, "nested"), "levels"), point->complexity);
    const json_t *p = of_complexity(json_object_get(json_object_get(front, "p_search"), "formulas"), point->complexity);
    SHY_TRY(shy_string_copy(word(entry, "formula"), &point->formula));
    SHY_TRY(shy_string_copy(*word(entry, "formula_short") ? word(entry, "formula_short") : point->formula, &point->formula_short));
    for (int m = 0; m < s->metrics; m++) point->metric[m] = number(metrics, s->metric[m]);
    point->nested = number(level, "mean");
    point->error = number(level, "error");
    point->p = number(p, "p");
out:
    return st;
}

static shy_status read_points(const json_t *front, shy_collect_search *s)
{
    shy_status st = SHY_OK;
    const json_t *list = json_object_get(front, "front"), *metrics = json_object_get(front, "metrics");

    for (size_t m = 0; m < json_array_size(metrics) && s->metrics < SHY_METRICS_MAX; m++) {
        const char *name = json_string_value(json_array_get(metrics, m));
        SHY_TRY(shy_string_copy(name ? name : "", &s->metric[s->metrics++]));
    }
    SHY_TRY(shy_new(json_array_size(list), sizeof *s->point, &s->point));
    for (size_t i = 0; i < json_array_size(list); i++) SHY_TRY(read_point(front, json_array_get(list, i), s, &s->point[s->points++]));
out:
    return st;
}

/* The chosen formula; where nothing was held out nobody has chosen, and the last of the front stands for the search. */
static shy_status read_chosen(const json_t *front, shy_collect_search *s)
{
    const json_t *selected = json_object_get(json_object_get(front, "nested"), "selected");
    const shy_collect_point *last = s->points > 0 ? &s->point[s->points - 1] : NULL;

    s->nested = number(selected, "mean");
    s->error = number(selected, "error");
    s->apparent = number(selected, "apparent");
    s->chosen = integer(selected, "complexity");
    for (int i = 0; s->chosen > 0 && i < s->points; i++)
        if (s->point[i].complexity == s->chosen) return shy_string_copy(s->point[i].formula_short, &s->chosen_formula);
    if (*word(selected, "formula")) return shy_string_copy(word(selected, "formula"), &s->chosen_formula);
    if (json_is_object(selected) || last == NULL) return shy_string_copy("", &s->chosen_formula); /* none is better than no formula */
    s->chosen = last->complexity;
    s->apparent = last->metric[0];
    return shy_string_copy(last->formula_short, &s->chosen_formula);
}

static shy_status read_search(const json_t *front, const json_t *run, const char *target, int task, shy_collect_search *search_out)
{
    shy_status st = SHY_OK;
    shy_collect_search s = {.task = task, .group = -1, .p_holm = NAN};
    const json_t *p = json_object_get(front, "p_search"), *times = json_object_get(run, "times");

    if (target != NULL) SHY_TRY(shy_string_copy(target, &s.target));
    SHY_TRY(shy_string_copy(word(front, "outcome"), &s.outcome));
    SHY_TRY(shy_string_copy(word(front, "outcome_kind"), &s.kind));
    SHY_TRY(read_facts(front, run, &s));
    SHY_TRY(read_points(front, &s));
    SHY_TRY(read_chosen(front, &s));
    s.p = number(json_object_get(p, "front"), "p");
    s.permutations = integer(p, "asked");
    s.formulas = number(front, "n_formulas");
    s.seconds = number(run, "seconds");
    if (isfinite(number(times, "validation"))) s.seconds += number(times, "validation");
    *search_out = s, s = (shy_collect_search){0};
out:
    shy_collect_search_free(&s);
    return st;
}

void shy_collect_search_free(shy_collect_search *s)
{
    shy_free(&s->target);
    shy_free(&s->outcome);
    shy_free(&s->kind);
    shy_free(&s->asked);
    shy_free(&s->chosen_formula);
    for (int f = 0; f < SHY_FACTS_MAX; f++) shy_free(&s->fact[f]);
    for (int m = 0; m < s->metrics; m++) shy_free(&s->metric[m]);
    for (int i = 0; s->point != NULL && i < s->points; i++) shy_free(&s->point[i].formula), shy_free(&s->point[i].formula_short);
    shy_free(&s->point);
    *s = (shy_collect_search){0};
}

/* ---- a directory ------------------------------------------------------------------------------------------------------------------ */

static bool is_front(const json_t *front)
{
    return json_is_array(json_object_get(front, "front")) && json_array_size(json_object_get(front, "metrics")) > 0 &&
           *word(front, "outcome") != '\0';
}

static shy_status add_search(shy_collection *c, shy_collect_search *search)
{
    const shy_status st = shy_grow((size_t)c->searches + 1, sizeof *c->search, &c->search);

    if (st == SHY_OK) c->search[c->searches++] = *search, *search = (shy_collect_search){0};
    return st;
}

/* *detail stays NULL if it was read. */
static shy_status read_directory(shy_collection *c, int task, const char *directory, const char *target, char **detail)
{
    shy_status st = SHY_OK;
    json_t *front = NULL, *run = NULL;
    shy_collect_search search = {0};

    SHY_TRY(load(directory, "front.json", &front, detail));
    if (front == NULL) goto out;
    SHY_TRY(load(directory, "run.json", &run, detail));
    if (run == NULL) goto out;
    if (!is_front(front)) {
        SHY_TRY(shy_string_copy("front.json is not the front of a search", detail));
        goto out;
    }
    st = read_search(front, run, target, task, &search);
    if (st == SHY_OK) st = add_search(c, &search);
    if (st == SHY_INPUT) { /* a configuration that this version does not read */
        st = shy_string_copy(shy_error_message(), detail);
        shy_error_clear();
    }
out:
    shy_collect_search_free(&search);
    json_decref(front);
    json_decref(run);
    return st;
}

static shy_status read_targets(shy_collection *c, int task, const char *directory, char **detail)
{
    shy_status st = SHY_OK;
    json_t *document = NULL;
    char *path = NULL;

    SHY_TRY(load(directory, "targets.json", &document, detail));
    const json_t *targets = json_object_get(document, "targets");
    if (document != NULL && json_array_size(targets) == 0) SHY_TRY(shy_string_copy("targets.json has no targets", detail));
    for (size_t k = 0; *detail == NULL && k < json_array_size(targets); k++) {
        const json_t *target = json_array_get(targets, k);
        shy_free(&path);
        SHY_TRY(shy_string_format(&path, "%s/%s", directory, word(target, "directory")));
        SHY_TRY(read_directory(c, task, path, word(target, "name"), detail));
    }
out:
    json_decref(document);
    shy_free(&path);
    return st;
}

static shy_status is_in(const char *directory, const char *name, bool *found_out)
{
    char *path = NULL;
    const shy_status st = shy_string_format(&path, "%s/%s", directory, name);

    if (st == SHY_OK) *found_out = access(path, F_OK) == 0;
    shy_free(&path);
    return st;
}

shy_status shy_collect_results(shy_collection *c, int task, const char *directory, shy_task_state *state_out, char **detail_out)
{
    shy_status st = SHY_OK;
    bool several = false, front = false, run = false;
    const int before = c->searches;
    char *detail = NULL;

    *state_out = SHY_TASK_MISSING;
    SHY_TRY(is_in(directory, "targets.json", &several));
    SHY_TRY(is_in(directory, "front.json", &front));
    SHY_TRY(is_in(directory, "run.json", &run));
    if (!several && !front && !run) goto out;
    SHY_TRY(several ? read_targets(c, task, directory, &detail) : read_directory(c, task, directory, NULL, &detail));
    *state_out = detail == NULL ? SHY_TASK_DONE : SHY_TASK_DAMAGED;
    while (detail != NULL && c->searches > before) shy_collect_search_free(&c->search[--c->searches]); /* all of a task or nothing */
    *detail_out = detail, detail = NULL;
out:
    shy_free(&detail);
    return st;
}
