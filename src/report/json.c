/* json.c: results as JSON documents. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "report_impl.h"

static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null(); /* JSON has no NaN */
}

/* Of people; null where disclosure control keeps it back. */
static json_t *people(uint64_t count)
{
    return count == SHY_NOT_RELEASED ? json_null() : json_integer((json_int_t)count);
}

static json_t *texts(char *const *list, int count)
{
    json_t *array = json_array();

    for (int i = 0; i < count && array != NULL; i++)
        if (json_array_append_new(array, shy_json_string(list[i])) != 0) json_decref(array), array = NULL;
    return array;
}

static json_t *numbers(const double *list, int count)
{
    json_t *array = json_array();

    for (int i = 0; i < count && array != NULL; i++)
        if (json_array_append_new(array, number(list[i])) != 0) json_decref(array), array = NULL;
    return array;
}

static json_t *metric_names(const shy_results *results)
{
    json_t *array = json_array();

    for (int m = 0; array != NULL && results->metric_names[m] != NULL; m++)
        if (json_array_append_new(array, shy_json_string(results->metric_names[m])) != 0) json_decref(array), array = NULL;
    return array;
}

static json_t *metrics(const shy_results *results, const double *metric)
{
    json_t *object = json_object();

    for (int m = 0; object != NULL && results->metric_names[m] != NULL; m++)
        if (json_object_set_new(object, results->metric_names[m], number(metric[m])) != 0) json_decref(object), object = NULL;
    return object;
}

/* What a formula adds to the covariates, in the metric that is shown first. Without covariates its metrics say it all. */
static bool add_gain(const shy_results *results, const shy_entry *entry, json_t *object)
{
    if (results->covariates_count == 0) return true;
    return json_object_set_new(object, "gain", number(entry->metric[0] - results->null_metric[0])) == 0;
}

static bool add_covariates(const shy_results *results, json_t *document)
{
    if (results->covariates_count == 0 || document == NULL) return true;
    return json_object_set_new(document, "covariates", texts(results->covariates, results->covariates_count)) == 0 &&
           json_object_set_new(document, "null", json_pack("{s:o}", "metrics", metrics(results, results->null_metric))) == 0;
}

/* Only in searches for interactions. One degree of freedom: P(χ² > x) = erfc(√(x/2)). */
static bool add_interaction(const shy_results *results, const shy_entry *entry, json_t *object)
{
    if (results->treatment == NULL) return true;
    return json_object_set_new(object, "interaction",
                               json_pack("{s:o, s:o, s:o, s:o, s:o}", "treatment", shy_json_string(results->treatment), "slope",
                                         number(entry->interaction), "error", number(entry->interaction_error), "likelihood_ratio",
                                         number(entry->likelihood_ratio), "p_value",
                                         number(erfc(sqrt(fmax(entry->likelihood_ratio, 0.0) / 2.0))))) == 0;
}

static bool add_treatment(const shy_results *results, json_t *document)
{
    if (results->treatment == NULL || document == NULL) return true;
    return json_object_set_new(document, "interaction",
                               json_pack("{s:o, s:o}", "treatment", shy_json_string(results->treatment), "mean",
                                         number(results->treatment_mean))) == 0;
}

/* Only where screening was on a part of the samples: other files are as they always were. */
static bool add_screening(const shy_results *results, json_t *document)
{
    if (results->n_screened == 0 || document == NULL) return true;
    return json_object_set_new(document, "n_screened", json_integer((json_int_t)results->n_screened)) == 0 &&
           json_object_set_new(document, "lost_chance", number(results->lost_chance)) == 0;
}

/* Of formulas on the front: what stands beside the formula in its model. */
static bool add_beside(const shy_results *results, const shy_entry *entry, const double *beside, json_t *object)
{
    json_t *covariates = json_object();
    bool good = covariates != NULL;

    for (int k = 0; good && k < entry->beside_covariates && k < results->covariates_count; k++) {
        json_t *name = shy_json_string(results->covariates[k]);
        good = name != NULL && json_object_set_new(covariates, json_string_value(name), number(beside[k])) == 0;
        json_decref(name);
    }
    if (good && entry->beside_covariates > 0) good = json_object_set(object, "covariates", covariates) == 0;
    if (good && entry->thresholds_count > 0)
        good = json_object_set_new(object, "thresholds", numbers(beside + entry->beside_covariates, entry->thresholds_count)) == 0;
    json_decref(covariates);
    return good;
}

static bool add_model(const shy_results *results, const shy_entry *entry, json_t *object)
{
    if (entry->slope_error > 0.0 && json_object_set_new(object, "slope_error", number(entry->slope_error)) != 0) return false;
    return entry->beside == NULL || add_beside(results, entry, entry->beside, object);
}

/* Only where there is one. */
static bool add_rounded(const shy_results *results, const shy_entry *entry, json_t *object)
{
    json_t *rounded;

    if (entry->rounded == NULL) return true;
    rounded = json_pack("{s:o, s:o, s:o, s:o, s:o}", "formula", shy_json_string(entry->rounded), "intercept", number(entry->rounded_intercept), "slope",
                        number(entry->rounded_slope), "metrics", metrics(results, entry->rounded_metric), "loss", number(entry->rounded_loss));
    if (rounded != NULL && entry->rounded_beside != NULL && !add_beside(results, entry, entry->rounded_beside, rounded)) json_decref(rounded), rounded = NULL;
    return json_object_set_new(object, "rounded", rounded) == 0;
}

static json_t *imputed_term(const shy_imputed_term *term)
{
    const shy_pooled *p = &term->pooled;

    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "formula", shy_json_string(term->text), "coefficient",
                     number(p->estimate), "error", number(p->error), "within", number(p->within), "between", number(p->between), "fmi",
                     number(p->fmi), "df", number(p->df), "coefficients", numbers(term->coefficient, p->sets), "errors",
                     numbers(term->error, p->sets));
}

/* With less than two sets there is nothing to pool. */
static json_t *imputed_json(const shy_results *results, const shy_imputed *i)
{
    const shy_pooled *slope = &i->term[0].pooled;
    json_t *terms;

    if (i->sets < 2) return json_pack("{s:i, s:I}", "sets", i->sets, "missing", (json_int_t)i->missing);
    terms = json_array();
    for (int k = 0; k < i->terms && terms != NULL; k++)
        if (json_array_append_new(terms, imputed_term(&i->term[k])) != 0) json_decref(terms), terms = NULL;
    return json_pack("{s:i, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "sets", i->sets, "missing", (json_int_t)i->missing, "intercept",
                     number(i->intercept), "slope", number(slope->estimate), "slope_error", number(slope->error), "fmi", number(slope->fmi), "df",
                     number(slope->df), "metrics", metrics(results, i->metric), "terms", terms);
}

/* Only where values were missing. */
static bool add_imputed(const shy_results *results, const shy_entry *entry, json_t *object)
{
    return entry->imputed == NULL || json_object_set_new(object, "imputed", imputed_json(results, entry->imputed)) == 0;
}

/* How factors of the front come from their columns, in words. Only where there are such. */
static bool add_derived(const shy_results *results, json_t *document)
{
    json_t *object;

    if (results->derived_count == 0 || document == NULL) return true;
    object = json_object();
    for (int k = 0; object != NULL && k < results->derived_count; k++) {
        json_t *name = shy_json_string(results->derived_name[k]); /* a key has to be UTF-8, too */
        const char *key = json_string_value(name);
        if (key == NULL || json_object_set_new(object, key, shy_json_string(results->derived_words[k])) != 0) json_decref(object), object = NULL;
        json_decref(name);
    }
    return object != NULL && json_object_set_new(document, "derived", object) == 0;
}

/* From which columns they come, for programs. */
static bool add_inputs(const shy_results *results, json_t *document)
{
    json_t *object;

    if (results->inputs == NULL || document == NULL) return true;
    object = json_object();
    if (object != NULL && !shy_json_add_record(object, results->inputs)) json_decref(object), object = NULL;
    return json_object_set_new(document, "inputs", object) == 0;
}

static json_t *entry_json(const shy_results *results, const shy_entry *entry)
{
    json_t *object = json_pack(
        "{s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "complexity", entry->complexity, "formula",
        shy_json_string(entry->formula), "formula_short", shy_json_string(entry->formula_short), "factors",
        texts(entry->factors, entry->factors_count), "constants", numbers(entry->constants, entry->constants_count),
        "intercept", number(entry->intercept), "slope", number(entry->slope), "unit", shy_json_string(entry->unit), "metrics",
        metrics(results, entry->metric), "statistic", number(entry->statistic), "loss", number(entry->loss), "likelihood_ratio",
        number(entry->likelihood_ratio));

    if (object == NULL) return NULL;
    if (entry->verdict != SHY_FITTED &&
        json_object_set_new(object, "verdict", shy_json_string(shy_verdict_name(entry->verdict))) != 0)
        goto failed;
    if (!add_gain(results, entry, object)) goto failed;
    if (!add_interaction(results, entry, object)) goto failed;
    if (!add_model(results, entry, object)) goto failed;
    if (!add_rounded(results, entry, object)) goto failed;
    if (!add_imputed(results, entry, object)) goto failed;
    if (entry->summands > 1 && json_object_set_new(object, "summands", json_integer(entry->summands)) != 0) goto failed;
    if (entry->is_template && json_object_set_new(object, "template", json_true()) != 0) goto failed;
    if (results->n_screened > 0 && json_object_set_new(object, "lost_chance", number(entry->lost_chance)) != 0) goto failed;
    if (json_object_set_new(object, "twins", texts(entry->twins, entry->twins_listed)) != 0) goto failed;
    if (json_object_set_new(object, "twins_count", json_integer((json_int_t)entry->twins_count)) != 0) goto failed;
    return object;
failed:
    json_decref(object);
    return NULL;
}

static json_t *front(const shy_results *results)
{
    json_t *array = json_array();

    for (int i = 0; i < results->front_count && array != NULL; i++)
        if (json_array_append_new(array, entry_json(results, results->front[i])) != 0) json_decref(array), array = NULL;
    return array;
}

static json_t *level_json(const shy_results *results, const shy_level *level)
{
    json_t *array = json_array();

    for (int i = 0; i < level->count && array != NULL; i++)
        if (json_array_append_new(array, entry_json(results, &level->entry[i])) != 0) json_decref(array), array = NULL;
    return array;
}

/* An object with one member per complexity, its key the complexity. */
static json_t *per_level(const shy_results *results, json_t *(*member)(const shy_results *, const shy_level *))
{
    json_t *object = json_object();

    for (int l = 0; l < results->levels && object != NULL; l++) {
        char key[16];
        snprintf(key, sizeof key, "%d", results->level[l].complexity);
        if (json_object_set_new(object, key, member(results, &results->level[l])) != 0)
            json_decref(object), object = NULL;
    }
    return object;
}

static json_t *level_formulas(const shy_results *results, const shy_level *level)
{
    (void)results;
    return json_integer((json_int_t)level->formulas);
}

/* How far it can be believed: in front of the formulas. */
static bool add_formulas(const shy_results *results, json_t *document)
{
    if (document == NULL) return true;
    return shy_json_add_record(document, results->assessment) && json_object_set_new(document, "front", front(results)) == 0 &&
           json_object_set_new(document, "best", per_level(results, level_json)) == 0;
}

/* What people read first. */
static json_t *begin(const shy_results *results)
{
    json_t *document = json_object();
    shy_record_entry verdict;

    if (document == NULL || !shy_record_find(results->assessment, "verdict", &verdict)) return document;
    if (json_object_set_new(document, "verdict", shy_json_string(verdict.text)) != 0) json_decref(document), document = NULL;
    return document;
}

json_t *shy_report_front_json(const shy_results *results)
{
    json_t *document = begin(results);
    json_t *facts =
        json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:i, s:i, s:I, s:o, s:o}", "outcome",
                  shy_json_string(results->outcome), "outcome_kind", shy_json_string(results->outcome_kind), "outcome_unit",
                  shy_json_string(results->outcome_unit), "positive", shy_json_string(results->positive), "n_cohort",
                  people(results->n_cohort), "n_filtered", people(results->n_filtered), "n_samples",
                  people(results->n_samples), "factors_offered", results->factors_offered, "factors_used",
                  results->factors_used, "n_formulas", (json_int_t)results->n_formulas, "metrics",
                  metric_names(results), "formulas", per_level(results, level_formulas));

    if (facts == NULL || document == NULL || json_object_update(document, facts) != 0) json_decref(document), document = NULL;
    json_decref(facts);
    if (!add_formulas(results, document) || !add_screening(results, document) || !add_covariates(results, document) ||
        !add_derived(results, document) || !add_inputs(results, document) || !add_treatment(results, document) ||
        (document != NULL && !shy_json_add_record(document, results->released)))
        json_decref(document), document = NULL;
    return document;
}

/* How the screening went; doc/results.md says what the numbers mean. */
static json_t *screening(const shy_results *results)
{
    const uint64_t *n = results->screened;
    return json_pack("{s:o, s:I, s:I, s:I, s:I, s:I, s:I}", "precision", shy_json_string(results->precision), "multiplied_tiles", (json_int_t)n[0], "pairs",
                     (json_int_t)n[1], "widened_tiles", (json_int_t)n[2], "flagged_pairs", (json_int_t)n[3], "refined_pairs",
                     (json_int_t)n[4], "scored_formulas", (json_int_t)n[5]);
}

static json_t *times(const shy_results *results)
{
    const double *t = results->times;
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "validation", number(results->validation_seconds), "plan", number(t[0]), "search", number(t[1]), "finish", number(t[2]), "operands",
                     number(t[3]), "tiles", number(t[4]), "elements", number(t[5]), "candidates", number(t[6]));
}

static json_t *interruptions(const shy_results *results)
{
    return json_pack("{s:i, s:I, s:o}", "resumed", results->resumed, "checkpoints", (json_int_t)results->checkpoints, "seconds",
                     number(results->checkpoint_seconds));
}

static json_t *manifest(const shy_results *results)
{
    double rate = results->seconds > 0 ? (double)results->n_formulas / results->seconds : NAN;

    return json_pack(
        "{s:o, s:o, s:o, s:o, s:I, s:o, s:o, s:o, s:i, s:i, s:I, s:i, s:i, s:i, s:o, s:o, s:o, s:o, s:o, s:o, "
        "s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
        "version",
        shy_json_string(results->version), "cohort", shy_json_string(results->cohort_path), "cohort_sha256", shy_json_string(results->cohort_sha256),
        "outcome", shy_json_string(results->outcome), "seed", (json_int_t)results->seed, "n_cohort", people(results->n_cohort),
        "n_filtered", people(results->n_filtered), "n_samples", people(results->n_samples), "factors_offered",
        results->factors_offered, "factors_used", results->factors_used, "n_formulas", (json_int_t)results->n_formulas,
        "ranks", results->ranks, "groups", results->groups, "row_blocks", results->row_blocks, "seconds",
        number(results->seconds), "formulas_per_second", number(rate), "idle_worst", number(results->idle_worst),
        "idle_mean", number(results->idle_mean), "scheduling_share", number(results->scheduling_share), "screening",
        screening(results), "interruptions", interruptions(results), "times", times(results), "peak_memory", number(results->times[7]), "shared_memory",
        number(results->times[8]), "software",
        json_pack("{s:o, s:o}", "versions", shy_json_string(results->versions), "hardware", shy_json_string(results->hardware)), "notes",
        texts(results->notes, results->notes_count), "configuration", shy_json_string(results->configuration));
}

/* How fast it was, and where the time went. */
json_t *shy_report_run_json(const shy_results *results)
{
    json_t *document = manifest(results), *performance;

    if (document == NULL || results->performance == NULL) return document;
    performance = json_object();
    if (performance != NULL && !shy_json_add_record(performance, results->performance)) json_decref(performance), performance = NULL;
    if (json_object_set_new(document, "performance", performance) != 0) json_decref(document), document = NULL;
    return document;
}

json_t *shy_report_released_json(const shy_results *results)
{
    json_t *document = json_object();

    if (document != NULL && !shy_json_add_record(document, results->released)) json_decref(document), document = NULL;
    return document;
}
