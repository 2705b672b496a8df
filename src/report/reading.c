/* reading.c: how a front is to be read, in sentences. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "report_impl.h"

#define LINE_COLUMNS 100

/* Prints a paragraph in lines of at most LINE_COLUMNS, broken at blanks. */
void shy_report_paragraph(const char *text, FILE *stream)
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
    const shy_outcome_ops *ops = shy_front_kind(document);

    return shy_front_interaction(document) != NULL || (ops != NULL && strcmp(ops->metric_names[0], "r2") != 0);
}

/* Of several fronts: the headline of each kind, once. */
static void add_headlines(const json_t *const *documents, int count, shy_buffer *text)
{
    for (int k = 0, said = 0; k < count; k++) {
        const shy_outcome_ops *ops = shy_front_kind(documents[k]);
        bool before = false;
        for (int j = 0; j < k; j++) before = before || shy_front_kind(documents[j]) == ops;
        if (before) continue;
        shy_buffer_format(text, "%s%s", said++ > 0 ? ", or in " : "", ops == NULL ? "the fit" : ops->headline);
    }
}

/* The columns of the tables that need a word. */
static void add_columns(const json_t *const *documents, int count, shy_buffer *text)
{
    bool gain = false, ratio = false;

    for (int k = 0; k < count; k++) gain = gain || shy_front_has_gain(documents[k]), ratio = ratio || shy_front_has_ratio(documents[k]);
    for (int k = 0; k < count; k++) {
        const shy_outcome_ops *ops = shy_front_kind(documents[k]);
        int said = 0;
        for (size_t m = 0; ops != NULL && m < sizeof measures / sizeof *measures; m++)
            for (int i = 0; ops->metric_names[i] != NULL; i++)
                if (strcmp(ops->metric_names[i], measures[m].metric) == 0)
                    shy_buffer_format(text, "%s%s", said++ > 0 ? ", " : " ", measures[m].meaning);
        if (said == 0) continue;
        shy_buffer_text(text, ".");
        break; /* one kind has them */
    }
    if (shy_front_interaction(documents[0]) != NULL)
        shy_buffer_format(text,
                          " Formulas are judged by their interaction with %s: by how much it adds to a model with the covariates and the formula's own "
                          "slope. p is that of this likelihood ratio%s as if the formula had been chosen beforehand. It was not: p is no test.",
                          shy_json_word(shy_front_interaction(documents[0]), "treatment"), ratio ? ", lr," : "");
    else if (ratio)
        shy_buffer_format(text, " The front goes by the likelihood: lr is the likelihood ratio chi-squared against %s.", gain ? "the covariates alone" : "no formula");
    if (gain)
        shy_buffer_text(text, " The covariates are in every line; gain is how much larger the first measure is than with them alone.");
}

/* What the columns say that do not flatter. */
static void add_honest(const json_t *const *documents, int count, shy_buffer *text)
{
    bool nested = false, p = false;

    for (int k = 0; k < count; k++) nested = nested || shy_front_has_nested(documents[k]), p = p || shy_front_has_p(documents[k]);
    if (nested)
        shy_buffer_text(text, " nested is the first measure on samples that took no part, neither in the search nor in the choice among its formulas, with its "
                              "standard error: the whole search was repeated without each part of the samples, so it is what to expect, on others like these, of a "
                              "formula of this complexity found in this way.");
    if (p)
        shy_buffer_text(text, " p is the chance that a search as large as this finds something as strong at this complexity where there is nothing to find.");
}

static void add_caution(const json_t *const *documents, int count, shy_buffer *text)
{
    char samples[32], formulas[32];
    bool refitted = false, nested = false;

    for (int k = 0; k < count; k++) nested = nested || shy_front_has_nested(documents[k]);
    shy_buffer_text(text, nested ? "All other numbers beside a formula are apparent and therefore optimistic: they were measured on the same "
                                 : "The fit is apparent and therefore optimistic: it was measured on the same ");
    if (count == 1)
        shy_buffer_format(text, "%s samples that chose among %s formulas", shy_text_thousands(shy_json_count(documents[0], "n_samples"), samples),
                          shy_text_thousands(shy_json_count(documents[0], "n_formulas"), formulas));
    else
        shy_buffer_text(text, "samples that chose among all the formulas scored");
    shy_buffer_text(text, nested ? "." : ", so expect less on other people, and check a formula on data that took no part in the search.");
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
    if (shy_front_interaction(documents[0]) != NULL) {
        shy_buffer_format(&reading, "interacts more with %s than every simpler one, so read down for as long as p becomes much smaller",
                          shy_json_word(shy_front_interaction(documents[0]), "treatment"));
    } else {
        shy_buffer_format(&reading, "explains the outcome better%s than every simpler one, so read down for as long as a line brings a clear gain in ",
                          likelihood ? " (with a higher likelihood)" : "");
        add_headlines(documents, count, &reading);
    }
    shy_buffer_text(&reading, "; the knee, after which the gains are small, is usually the formula to keep. Its number (#) is what --formula means: shihyo help predict.");
    add_columns(documents, count, &reading);
    add_honest(documents, count, &reading);
    add_caution(documents, count, &caution);
    if (reading.status == SHY_OK && caution.status == SHY_OK) {
        fputs("\n", stream);
        shy_report_paragraph(reading.bytes, stream);
        shy_report_paragraph(caution.bytes, stream);
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

void shy_front_print_screening(const json_t *document, FILE *stream)
{
    char text[SHY_SENTENCE_ROOM];
    const json_t *chance = json_object_get(document, "lost_chance");
    const uint64_t screened = shy_json_count(document, "n_screened");

    if (screened == 0) return;
    fputs("\n", stream);
    shy_report_paragraph(shy_screening_sentence(screened, shy_json_count(document, "n_samples"),
                                           json_is_number(chance) ? json_number_value(chance) : NAN, text),
                    stream);
}
