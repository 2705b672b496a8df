/* show.c: the front as people read it: an aligned table and two sentences. One printer for a finished run and for `show`. */
#include "shy_config.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "report_impl.h"

#define LINE_COLUMNS 100

/* What a verdict other than "fitted" means for the reader of a table. */
static const struct {
    const char *verdict, *meaning;
} verdicts[] = {
    {"separated",
     "separated: the formula orders the samples as the outcome does, without exception or all but a tie, so that nothing limits its "
     "slope: intercept and slope are arbitrary. With few samples or events this may be chance; else look whether a factor only says the "
     "outcome in other words (factors.exclude)."},
    {"singular",
     "singular: on these samples the parts of the formula cannot be told apart, so its constants are not unique."},
    {"firth",
     "firth: the formula divides the two groups completely, or one group has fewer than ten samples for each slope (covariates have one, "
     "too), so the fit is Firth's: a penalty keeps intercept and slope finite and less biased. What is found on so few may be chance."},
    {"diverged", "diverged: the fit did not converge; do not rely on it."},
};

static const char *word(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text == NULL ? "" : text;
}

static uint64_t count_of(const json_t *object, const char *key)
{
    return (uint64_t)json_integer_value(json_object_get(object, key));
}

static void number_cell(shy_table *table, const json_t *value, int digits)
{
    char text[40] = "-";

    if (json_is_number(value)) snprintf(text, sizeof text, "%.*g", digits, json_number_value(value));
    shy_table_cell(table, text);
}

/* A metric to 4 decimals, large ones to one; one that is near 1 but not 1 keeps enough digits to show it. */
static const char *metric_text(const json_t *value, char out[40])
{
    const double v = json_number_value(value), size = fabs(v);

    if (!json_is_number(value)) return "-";
    if (size >= 1e-4 && size < 1e4) snprintf(out, 40, v < 1 && v > 0.999 ? "%.8f" : "%.4f", v);
    else if (size >= 1e4 && size < 1e9) snprintf(out, 40, "%.1f", v); /* a deviance: two formulas may differ in the fifth digit */
    else snprintf(out, 40, "%.4g", v);
    return out;
}

static void metric_cell(shy_table *table, const json_t *value)
{
    char text[40];

    shy_table_cell(table, metric_text(value, text));
}

/* NULL: a kind that this version does not know. */
static const shy_outcome_ops *kind_of(const json_t *document)
{
    return shy_outcome_find(word(document, "outcome_kind"));
}

/* NULL where formulas are not judged by their interaction with a treatment. */
static const json_t *interaction_of(const json_t *object)
{
    return json_object_get(object, "interaction");
}

/* The model in one line. The link is a text of the program's own, with one %s in it. */
static void print_link(const shy_outcome_ops *ops, const char *outcome, bool covariates, const json_t *interaction, FILE *stream)
{
    const char *link = ops == NULL ? "%s" : ops->link, *place = strstr(link, "%s");

    fprintf(stream, "%.*s%s%s = %s%sslope * formula", (int)(place - link), link, outcome, place + 2,
            ops == NULL || ops->has_intercept ? "intercept + " : "", covariates ? "covariates + " : "");
    if (interaction != NULL)
        fprintf(stream, " + interaction * (%s - %.6g) * formula", word(interaction, "treatment"), json_number_value(json_object_get(interaction, "mean")));
    fputs("\n", stream);
}

/* What every model contains, and how far that goes alone. */
static void print_covariates(const json_t *document, FILE *stream)
{
    const json_t *covariates = json_object_get(document, "covariates"), *metrics = json_object_get(document, "metrics");
    const json_t *null = json_object_get(json_object_get(document, "null"), "metrics");
    size_t i;
    json_t *name;
    char text[40];

    if (json_array_size(covariates) == 0) return;
    fputs("Covariates: ", stream);
    json_array_foreach(covariates, i, name) fprintf(stream, "%s%s", i == 0 ? "" : ", ", json_string_value(name));
    fputs("; alone:", stream);
    json_array_foreach(metrics, i, name)
        fprintf(stream, "%s %s %s", i == 0 ? "" : ",", json_string_value(name), metric_text(json_object_get(null, json_string_value(name)), text));
    fputs("\n", stream);
}

static void print_heading(const json_t *document, FILE *stream)
{
    char samples[32], formulas[32], event[512];
    const char *outcome = word(document, "outcome"), *unit = word(document, "outcome_unit");
    const shy_outcome_ops *ops = kind_of(document);

    fprintf(stream, "Outcome %s%s%s%s (%s): %s samples, %s formulas scored.\n", outcome, *unit ? " [" : "", unit,
            *unit ? "]" : "", word(document, "outcome_kind"),
            shy_text_thousands(count_of(document, "n_samples"), samples),
            shy_text_thousands(count_of(document, "n_formulas"), formulas));
    if (*word(document, "positive"))
        snprintf(event, sizeof event, "%s = %s", outcome, word(document, "positive"));
    else
        snprintf(event, sizeof event, "%s", outcome);
    print_link(ops, event, json_array_size(json_object_get(document, "covariates")) > 0, interaction_of(document), stream);
    print_covariates(document, stream);
    fputs("\n", stream);
}

/* The last column holds the unit, or the verdict of a formula that was not fitted well. */
static const char *last_cell(const json_t *entry)
{
    const char *verdict = word(entry, "verdict");
    return *verdict ? verdict : word(entry, "unit");
}

/* NULL if nothing would stand in the last column. */
static const char *last_heading(const json_t *entries)
{
    const char *heading = NULL;
    size_t i;
    json_t *entry;

    json_array_foreach(entries, i, entry)
    {
        if (*word(entry, "unit")) return "unit";
        if (*last_cell(entry)) heading = "fit";
    }
    return heading;
}

/* A baseline hazard or thresholds take its place in some models. */
static bool has_intercept(const json_t *document)
{
    const shy_outcome_ops *ops = kind_of(document);

    return ops == NULL || ops->has_intercept;
}

static bool has_gain(const json_t *document)
{
    return json_array_size(json_object_get(document, "covariates")) > 0 && interaction_of(document) == NULL;
}

/* Where no metric is what the front goes by, the likelihood ratio is shown: else a line could seem worse than the one before. */
static bool has_ratio(const json_t *document)
{
    size_t i;
    json_t *name;

    json_array_foreach(json_object_get(document, "metrics"), i, name)
        if (strcmp(json_string_value(name), "deviance") == 0 || strcmp(json_string_value(name), "r2") == 0) return false;
    return kind_of(document) != NULL;
}

static void add_entry(shy_table *table, const json_t *document, const json_t *entry, bool last)
{
    size_t m;
    json_t *name;
    char complexity[16];
    const char *shown = word(entry, "formula_short");

    snprintf(complexity, sizeof complexity, "%" PRIu64, count_of(entry, "complexity"));
    shy_table_cell(table, complexity);
    shy_table_cell(table, *shown ? shown : word(entry, "formula"));
    json_array_foreach(json_object_get(document, "metrics"), m, name)
        metric_cell(table, json_object_get(json_object_get(entry, "metrics"), json_string_value(name)));
    if (has_gain(document)) metric_cell(table, json_object_get(entry, "gain"));
    if (has_ratio(document)) metric_cell(table, json_object_get(entry, "likelihood_ratio"));
    if (has_intercept(document)) number_cell(table, json_object_get(entry, "intercept"), 6);
    number_cell(table, json_object_get(entry, "slope"), 6);
    if (interaction_of(document) != NULL) {
        number_cell(table, json_object_get(interaction_of(entry), "slope"), 6);
        number_cell(table, json_object_get(interaction_of(entry), "p_value"), 2);
    }
    if (last) shy_table_cell(table, last_cell(entry));
}

/* Prints a paragraph in lines of at most LINE_COLUMNS, broken at blanks. */
static void print_paragraph(const char *text, FILE *stream)
{
    int used = 0;

    while (*text != '\0') {
        char word[128];
        int length = (int)strcspn(text, " ");
        snprintf(word, sizeof word, "%.*s", length, text);
        int width = shy_text_width(word);
        if (used > 0 && used + 1 + width > LINE_COLUMNS) fputs("\n", stream), used = 0;
        fprintf(stream, "%s%s", used > 0 ? " " : "", word);
        used += width + (used > 0);
        text += length;
        text += strspn(text, " ");
    }
    fputs("\n", stream);
}

/* Each verdict that occurs in the table, explained below it. */
static void print_verdicts(const json_t *entries, FILE *stream)
{
    for (size_t v = 0; v < sizeof verdicts / sizeof *verdicts; v++) {
        size_t i;
        json_t *entry;
        bool occurs = false;
        json_array_foreach(entries, i, entry) occurs =
            occurs || strcmp(word(entry, "verdict"), verdicts[v].verdict) == 0;
        if (!occurs) continue;
        fputs("\n", stream);
        print_paragraph(verdicts[v].meaning, stream);
    }
}

static shy_status print_table(const json_t *document, const json_t *entries, FILE *stream)
{
    shy_table table = {0};
    shy_status st;
    size_t i;
    json_t *item;
    const char *last = last_heading(entries);

    shy_table_column(&table, "complexity", true);
    shy_table_column(&table, "formula", false);
    json_array_foreach(json_object_get(document, "metrics"), i, item)
        shy_table_column(&table, json_string_value(item), true);
    if (has_gain(document)) shy_table_column(&table, "gain", true);
    if (has_ratio(document)) shy_table_column(&table, "lr", true);
    if (has_intercept(document)) shy_table_column(&table, "intercept", true);
    shy_table_column(&table, "slope", true);
    if (interaction_of(document) != NULL) shy_table_column(&table, "interaction", true), shy_table_column(&table, "p", true);
    if (last != NULL) shy_table_column(&table, last, false);
    json_array_foreach(entries, i, item) add_entry(&table, document, item, last != NULL);
    st = shy_table_print(&table, stream);
    shy_table_free(&table);
    if (st == SHY_OK) print_verdicts(entries, stream);
    return st;
}

/* The formulas of the front that have constants, with simple numbers for them; what the first metric is then. */
static shy_status print_rounded(const json_t *document, const json_t *entries, FILE *stream)
{
    shy_status st = SHY_OK;
    const char *metric = json_string_value(json_array_get(json_object_get(document, "metrics"), 0));
    shy_table table = {0};
    size_t i;
    json_t *entry;
    int rows = 0;

    shy_table_column(&table, "of complexity", true);
    shy_table_column(&table, "formula", false);
    shy_table_column(&table, metric == NULL ? "fit" : metric, true);
    if (has_intercept(document)) shy_table_column(&table, "intercept", true);
    shy_table_column(&table, "slope", true);
    json_array_foreach(entries, i, entry)
    {
        const json_t *rounded = json_object_get(entry, "rounded");
        char complexity[16];
        if (!json_is_object(rounded)) continue;
        snprintf(complexity, sizeof complexity, "%" PRIu64, count_of(entry, "complexity"));
        shy_table_cell(&table, complexity);
        shy_table_cell(&table, word(rounded, "formula"));
        metric_cell(&table, json_object_get(json_object_get(rounded, "metrics"), metric == NULL ? "" : metric));
        if (has_intercept(document)) number_cell(&table, json_object_get(rounded, "intercept"), 6);
        number_cell(&table, json_object_get(rounded, "slope"), 6);
        rows++;
    }
    if (rows > 0) {
        fputs("\nWith simple numbers (what stands outside the formula is fitted to them):\n\n", stream);
        st = shy_table_print(&table, stream);
    }
    shy_table_free(&table);
    return st;
}

/* The terms of a formula, one a line; what holds for all of it stands in the first. */
static void add_imputed(shy_table *table, const json_t *entry, const json_t *imputed, const char *metric)
{
    char text[32];
    size_t k;
    json_t *term;

    json_array_foreach(json_object_get(imputed, "terms"), k, term)
    {
        snprintf(text, sizeof text, "%" PRIu64, count_of(entry, "complexity"));
        shy_table_cell(table, k == 0 ? text : "");
        shy_table_cell(table, k == 0 ? shy_text_thousands(count_of(imputed, "missing"), text) : "");
        if (k == 0) metric_cell(table, json_object_get(json_object_get(imputed, "metrics"), metric));
        else shy_table_cell(table, "");
        if (k == 0) number_cell(table, json_object_get(imputed, "intercept"), 6);
        else shy_table_cell(table, "");
        shy_table_cell(table, word(term, "formula"));
        number_cell(table, json_object_get(term, "coefficient"), 6);
        number_cell(table, json_object_get(term, "error"), 3);
        number_cell(table, json_object_get(term, "fmi"), 2);
    }
}

/* The formulas of the front on data sets in which missing values are imputed. */
static shy_status print_imputed(const json_t *document, const json_t *entries, FILE *stream)
{
    static const char *const heading[] = {"of complexity", "incomplete", NULL, "intercept", "term", "coefficient", "error", "missing information"};
    const char *metric = json_string_value(json_array_get(json_object_get(document, "metrics"), 0));
    shy_status st = SHY_OK;
    shy_table table = {0};
    size_t i;
    json_t *entry;
    uint64_t sets = 0;

    if (metric == NULL) metric = "fit";
    for (size_t k = 0; k < sizeof heading / sizeof *heading; k++) shy_table_column(&table, heading[k] == NULL ? metric : heading[k], k != 4);
    json_array_foreach(entries, i, entry)
    {
        const json_t *imputed = json_object_get(entry, "imputed");
        if (!json_is_object(imputed)) continue;
        add_imputed(&table, entry, imputed, metric);
        if (count_of(imputed, "sets") > sets) sets = count_of(imputed, "sets");
    }
    if (sets >= 2) {
        fprintf(stream, "\nWith missing values imputed (%" PRIu64 " data sets; intercept + the sum of coefficient * term):\n\n", sets);
        st = shy_table_print(&table, stream);
    }
    shy_table_free(&table);
    return st;
}

/* How a factor comes from its column; a formula cannot be computed for another patient without that. */
static void print_derived(const json_t *document, FILE *stream)
{
    const char *name;
    json_t *words;
    json_t *derived = json_object_get(document, "derived");

    if (json_object_size(derived) == 0) return;
    fputs("\nFactors that are made from columns:\n\n", stream);
    json_object_foreach(derived, name, words)
    {
        fprintf(stream, "  %s: %s\n", name, json_string_value(words));
    }
}

/* Columns whose heading does not say what they are. */
static const struct {
    const char *metric, *meaning;
} measures[] = {
    {"uno_c", "uno_c is the concordance weighted for censoring"},
    {"auc_t", "auc_t the mean AUC of having had the event by the quartiles of the event times"},
    {"ibs", "ibs the integrated Brier score of the predicted survival (less is better)"},
};

static bool goes_by_likelihood(const json_t *document) /* what the front goes by is not what is shown first */
{
    const shy_outcome_ops *ops = kind_of(document);

    return interaction_of(document) != NULL || (ops != NULL && strcmp(ops->metric_names[0], "r2") != 0);
}

/* Of several fronts: the headline of each kind, once. */
static void add_headlines(const json_t *const *documents, int count, shy_buffer *text)
{
    for (int k = 0, said = 0; k < count; k++) {
        const shy_outcome_ops *ops = kind_of(documents[k]);
        bool before = false;
        for (int j = 0; j < k; j++) before = before || kind_of(documents[j]) == ops;
        if (before) continue;
        shy_buffer_format(text, "%s%s", said++ > 0 ? ", or in " : "", ops == NULL ? "the fit" : ops->headline);
    }
}

/* The columns of the tables that need a word. */
static void add_columns(const json_t *const *documents, int count, shy_buffer *text)
{
    bool gain = false, ratio = false;

    for (int k = 0; k < count; k++) gain = gain || has_gain(documents[k]), ratio = ratio || has_ratio(documents[k]);
    for (int k = 0; k < count; k++) {
        const shy_outcome_ops *ops = kind_of(documents[k]);
        int said = 0;
        for (size_t m = 0; ops != NULL && m < sizeof measures / sizeof *measures; m++)
            for (int i = 0; ops->metric_names[i] != NULL; i++)
                if (strcmp(ops->metric_names[i], measures[m].metric) == 0)
                    shy_buffer_format(text, "%s%s", said++ > 0 ? ", " : " ", measures[m].meaning);
        if (said == 0) continue;
        shy_buffer_text(text, ".");
        break; /* one kind has them */
    }
    if (interaction_of(documents[0]) != NULL)
        shy_buffer_format(text,
                          " Formulas are judged by their interaction with %s: by how much it adds to a model with the covariates and the formula's own "
                          "slope. p is that of this likelihood ratio%s as if the formula had been chosen beforehand. It was not: p is no test.",
                          word(interaction_of(documents[0]), "treatment"), ratio ? ", lr," : "");
    else if (ratio)
        shy_buffer_format(text, " The front goes by the likelihood: lr is the likelihood ratio chi-squared against %s.", gain ? "the covariates alone" : "no formula");
    if (gain)
        shy_buffer_text(text, " The covariates are in every line; gain is how much larger the first measure is than with them alone.");
}

static void add_caution(const json_t *const *documents, int count, shy_buffer *text)
{
    char samples[32], formulas[32];
    bool refitted = false;

    shy_buffer_text(text, "The fit is apparent and therefore optimistic: it was measured on the same ");
    if (count == 1)
        shy_buffer_format(text, "%s samples that chose among %s formulas", shy_text_thousands(count_of(documents[0], "n_samples"), samples),
                          shy_text_thousands(count_of(documents[0], "n_formulas"), formulas));
    else
        shy_buffer_text(text, "samples that chose among all the formulas scored");
    shy_buffer_text(text, ", so expect less on other people, and check a formula on data that took no part in the search.");
    for (int k = 0; k < count; k++) refitted = refitted || goes_by_likelihood(documents[k]);
    if (refitted)
        shy_buffer_text(text, " Of each complexity only the formulas with the best score statistics were refitted, search.keep of them: a larger "
                              "search.keep may bring up better ones.");
}

void shy_report_print_reading(const json_t *const *documents, int count, FILE *stream)
{
    shy_buffer reading = {0}, caution = {0};
    bool likelihood = true;

    for (int k = 0; k < count; k++) likelihood = likelihood && goes_by_likelihood(documents[k]);
    shy_buffer_text(&reading, "How to read it: each line is the best formula of its complexity (its factors, operators and constants, counted) and ");
    if (interaction_of(documents[0]) != NULL) {
        shy_buffer_format(&reading, "interacts more with %s than every simpler one, so read down for as long as p becomes much smaller",
                          word(interaction_of(documents[0]), "treatment"));
    } else {
        shy_buffer_format(&reading, "explains the outcome better%s than every simpler one, so read down for as long as a line brings a clear gain in ",
                          likelihood ? " (with a higher likelihood)" : "");
        add_headlines(documents, count, &reading);
    }
    shy_buffer_text(&reading, "; the knee, after which the gains are small, is usually the formula to keep.");
    add_columns(documents, count, &reading);
    add_caution(documents, count, &caution);
    if (reading.status == SHY_OK && caution.status == SHY_OK) {
        fputs("\n", stream);
        print_paragraph(reading.bytes, stream);
        print_paragraph(caution.bytes, stream);
    }
    shy_buffer_free(&reading);
    shy_buffer_free(&caution);
}

/* "0.3": in per cent, two digits, never less than it is. */
static const char *chance_text(double chance, char out[32])
{
    const double percent = 100.0 * chance, step = percent < 1.0 ? 0.01 : percent < 10.0 ? 0.1 : 1.0;

    snprintf(out, 32, "%.4g", fmin(fmax(ceil(percent / step - 1e-9) * step, 0.01), 100.0));
    return out;
}

const char *shy_screening_sentence(uint64_t screened, uint64_t samples, double lost_chance, char text[SHY_SENTENCE_ROOM])
{
    char part[32], all[32], chance[32];
    int used = snprintf(text, SHY_SENTENCE_ROOM, "Screened on %s of %s samples, so the search was not exhaustive on all of them",
                        shy_text_thousands(screened, part), shy_text_thousands(samples, all));

    if (isfinite(lost_chance))
        snprintf(text + used, SHY_SENTENCE_ROOM - (size_t)used,
                 ": a formula as good as those listed was overlooked with a chance of at most %s %%.", chance_text(lost_chance, chance));
    else
        snprintf(text + used, SHY_SENTENCE_ROOM - (size_t)used, ".");
    return text;
}

static void print_screening(const json_t *document, FILE *stream)
{
    char text[SHY_SENTENCE_ROOM];
    const json_t *chance = json_object_get(document, "lost_chance");
    const uint64_t screened = count_of(document, "n_screened");

    if (screened == 0) return;
    fputs("\n", stream);
    print_paragraph(shy_screening_sentence(screened, count_of(document, "n_samples"),
                                           json_is_number(chance) ? json_number_value(chance) : NAN, text),
                    stream);
}

shy_status shy_report_print_front(const json_t *document, bool reading, FILE *stream)
{
    const json_t *front = json_object_get(document, "front");

    print_heading(document, stream);
    if (json_array_size(front) == 0) {
        fputs("No formula explains the outcome: the front is empty.\n", stream);
        print_screening(document, stream);
        return SHY_OK;
    }
    shy_status st = print_table(document, front, stream);
    if (st == SHY_OK) st = print_rounded(document, front, stream);
    if (st == SHY_OK) st = print_imputed(document, front, stream);
    if (st == SHY_OK) print_derived(document, stream);
    if (st == SHY_OK) print_screening(document, stream);
    if (st == SHY_OK && reading) shy_report_print_reading(&document, 1, stream);
    return st;
}

static shy_status print_level(const json_t *document, const char *complexity, const json_t *list, FILE *stream)
{
    char formulas[32];
    const size_t listed = json_array_size(list);
    const uint64_t scored = count_of(json_object_get(document, "formulas"), complexity);

    /* Sums and formulas of further passes stand in the lists, and were not counted beforehand. */
    if (listed > scored) fprintf(stream, "Complexity %s: the best %zu found\n\n", complexity, listed);
    else fprintf(stream, "Complexity %s: the best %zu of %s formulas\n\n", complexity, listed, shy_text_thousands(scored, formulas));
    return json_array_size(list) == 0 ? SHY_OK : print_table(document, list, stream);
}

static shy_status print_all(const json_t *document, FILE *stream)
{
    shy_status st = SHY_OK;
    const char *key;
    json_t *list;

    print_heading(document, stream);
    json_object_foreach(json_object_get(document, "best"), key, list)
    {
        if (st == SHY_OK) st = print_level(document, key, list, stream);
        fputs("\n", stream);
    }
    return st;
}

shy_status shy_report_print(const json_t *document, int complexity, FILE *stream)
{
    char key[16];
    const json_t *best = json_object_get(document, "best"), *list;

    if (complexity == 0) return shy_report_print_front(document, true, stream);
    if (complexity < 0) return print_all(document, stream);
    snprintf(key, sizeof key, "%d", complexity);
    list = json_object_get(best, key);
    if (list == NULL)
        return shy_fail(SHY_INPUT, "The results hold no complexity %d; the search went up to %zu.", complexity,
                        json_object_size(best));
    print_heading(document, stream);
    return print_level(document, key, list, stream);
}

void shy_results_print_front(const shy_results *results, FILE *stream)
{
    json_t *document = shy_report_front_json(results);

    if (document != NULL) (void)shy_report_print(document, 0, stream);
    json_decref(document);
}
