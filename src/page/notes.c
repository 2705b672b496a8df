/* notes.c: the notes of a search, which it writes in English, in the language of the page. */
#include "shy_config.h"

#include <string.h>

#include "page/prose.h"

#define CAPTURES 10
#define STEPS_MOST 100000 /* names of strangers could make a match take for ever: then the sentence stays in English */

/*
 * The sentences of src/search/problem_*.c and src/model; {name} stands for what varies, {} for what is not needed. tests/unit/test_page_words.c has one of each.
 * A longer one stands before a shorter one that would take it, too.
 */
static const struct sentence {
    const char *pattern;
    shy_message message;
} notes[] = {
    {"The filter keeps {kept} of {rows} rows.", SHY_MSG_NOTE_FILTER},
    {"{event} within {time}: {events} with the event, {without} without it; {censored} censored before, for whom others count more (IPCW weights).", SHY_MSG_NOTE_HORIZON_WEIGHTED},
    {"{event} within {time}: {events} with the event, {without} without it; {censored} censored before.", SHY_MSG_NOTE_HORIZON},
    {"The {role} {name} is missing in {missing} of {rows} rows, which are left out.", SHY_MSG_NOTE_MISSING},
    {"The {role} {name} is missing in {missing} of {rows} rows, which do not take part in its search.", SHY_MSG_NOTE_MISSING_TARGET},
    {"The covariate {name} is missing in {samples} sample{}: a further covariate says where.", SHY_MSG_NOTE_COVARIATE_INDICATOR},
    {"The factor {list} has no value in the samples with the outcome and is left out.", SHY_MSG_NOTE_FACTOR_EMPTY},
    {"{} factors have no value in the samples with the outcome and are left out: {list}.", SHY_MSG_NOTE_FACTOR_EMPTY},
    {"The factor {list} is constant and is left out.", SHY_MSG_NOTE_FACTOR_CONSTANT},
    {"{} factors are constant and are left out: {list}.", SHY_MSG_NOTE_FACTOR_CONSTANT},
    {"The factor {list} has values beyond 1e150, or differences below 1e-150, and is left out.", SHY_MSG_NOTE_FACTOR_EXTREME},
    {"{} factors have values beyond 1e150, or differences below 1e-150, and are left out: {list}.", SHY_MSG_NOTE_FACTOR_EXTREME},
    {"The factor {list} is missing in more than {share} of the samples (missing.most) and is left out.", SHY_MSG_NOTE_FACTOR_SPARSE},
    {"{} factors are missing in more than {share} of the samples (missing.most) and are left out: {list}.", SHY_MSG_NOTE_FACTOR_SPARSE},
    {"{} categorical column{} not offered as factor{}: {list}.", SHY_MSG_NOTE_ASIDE},
    {"All {samples} samples are complete: none lacks a value of the {factors} factor{} in use.", SHY_MSG_NOTE_COMPLETE_ALL},
    {"All {samples} samples with the outcome are in use, with {factors} factors.", SHY_MSG_NOTE_ALL},
    {"{samples} of {candidates} samples are complete, with a value of each of the {factors} factors in use; {first} alone removes {removed}, and {second} alone {other}.",
     SHY_MSG_NOTE_COMPLETE_TWO},
    {"{samples} of {candidates} samples are complete, with a value of each of the {factors} factors in use; {first} alone removes {removed}.", SHY_MSG_NOTE_COMPLETE},
    {"{values} missing value{} of {columns} column{} filled with the column's median or most frequent level: {list}.", SHY_MSG_NOTE_FILLED},
    {"missing.method multiple: the search works with these fills; {}", SHY_MSG_NOTE_IMPUTED},
    {"{values} value{} of {name} outside {range} is treated as missing.", SHY_MSG_NOTE_RANGE},
    {"{values} value{} of {name} outside {range} are treated as missing.", SHY_MSG_NOTE_RANGE},
    {"Values of {factors} factor{} beyond the quantiles {low} and {high} are set to these.", SHY_MSG_NOTE_WINSORISED},
    {"Levels of {name} with fewer than {least} samples are one, {} == (other): {list}.", SHY_MSG_NOTE_RARE},
    {"Levels of {name} with fewer than {least} samples are no factor: {list}.", SHY_MSG_NOTE_RARE_DROPPED},
    {"The level of {name} with fewer than {least} samples is no factor: {list}.", SHY_MSG_NOTE_RARE_DROPPED},
    {"The levels of {name} count as 0 to {most} in this order: {list}; `levels` in the import's schema sets another.", SHY_MSG_NOTE_ORDER},
    {"{count} more columns have rare or ordered levels.", SHY_MSG_NOTE_MORE_LEVELS},
    {"{events} of {samples} samples have the event {name}; the others are censored.", SHY_MSG_NOTE_EVENTS},
    {"Only {cases} of {samples} samples {are} ({name}, {share} %): so few support only simple formulas, and chance finds some that look good.", SHY_MSG_NOTE_BALANCE},
    {"The outcome {name} has {levels} levels, from {first} (lowest) to {last} (highest){}.", SHY_MSG_NOTE_LEVELS},
    {"The outcome {name}, {} or {}, is fitted as the number 0 or 1; {}", SHY_MSG_NOTE_NUMBER},
    {"The treatment {name} counts as 1 where it is {one} and as 0 where it is {zero}.", SHY_MSG_NOTE_TREATMENT},
    {"{samples} sample{} a covariate and {} left out.", SHY_MSG_NOTE_COVARIATE_MISSING},
    {"Covariate \"{name}\" is constant in the samples in use; it is left out.", SHY_MSG_NOTE_COVARIATE_CONSTANT},
    {"Covariate \"{name}\" is a combination of {list}; it is left out.", SHY_MSG_NOTE_COVARIATE_COMBINED},
    {"{samples} of {all} samples take part in the search for {name}; the others have a weight of 0 there.", SHY_MSG_NOTE_SHARE},
    {"Outcome \"{name}\": its {count} covariates are many for so few events, {}", SHY_MSG_NOTE_FIRTH},
    {"Screened on {part} of {all} samples, so the search was not exhaustive on all of them: a formula as good as those listed was overlooked with a chance of at most {chance} %.",
     SHY_MSG_NOTE_SCREENED},
    {"{count} of {all} strata {} of no use: {list}.", SHY_MSG_NOTE_USELESS},
    {"{count} of {all} matched sets {} of no use: {list}.", SHY_MSG_NOTE_USELESS},
};

/* How factors come from their columns: src/search/derive_text.c. Parts of a sentence, with "; " between them. */
static const struct sentence derived[] = {
    {"where {name} is missing it counts as {value}", SHY_MSG_DERIVED_FILLED},
    {"{name} outside {range} counts as missing", SHY_MSG_DERIVED_RANGE},
    {"{name} below {low} counts as {}, above {high} as {}", SHY_MSG_DERIVED_LIMITS},
    {"1 where {name} is missing, else 0", SHY_MSG_DERIVED_MISSING},
    {"1 where {name} is {value}, else 0", SHY_MSG_DERIVED_LEVEL},
};

typedef struct {
    const char *name;
    size_t name_length;
    const char *from;
    size_t length;
} capture;

/* Whether the text is of this pattern, all of it; what stands for {names} is as short as it can be. */
static bool fits(const char *pattern, const char *text, capture *captures, int used, int *used_out, int *steps)
{
    if (++*steps > STEPS_MOST) return false;
    while (*pattern != '\0' && *pattern != '{') {
        if (*pattern++ != *text++) return false;
    }
    if (*pattern == '\0') {
        *used_out = used;
        return *text == '\0';
    }
    const char *end = strchr(pattern, '}');
    if (used == CAPTURES) return false;
    captures[used] = (capture){.name = pattern + 1, .name_length = (size_t)(end - pattern - 1), .from = text};
    for (size_t length = 0;; length++) {
        captures[used].length = length;
        if (fits(end + 1, text + length, captures, used + 1, used_out, steps)) return true;
        if (text[length] == '\0' || *steps > STEPS_MOST) return false;
    }
}

/* ---- what was taken out -------------------------------------------------------------------------------------------------------------------------- */

static const struct {
    const char *word;
    shy_message message;
} terms[] = {
    {"outcome", SHY_MSG_ROLE_OUTCOME},   {"follow-up time", SHY_MSG_ROLE_TIME}, {"event", SHY_MSG_ROLE_EVENT},     {"entry time", SHY_MSG_ROLE_ENTRY},
    {"exposure", SHY_MSG_ROLE_EXPOSURE}, {"case weight", SHY_MSG_ROLE_WEIGHT},  {"matched set", SHY_MSG_ROLE_SET}, {"stratum", SHY_MSG_ROLE_STRATUM},
    {"treatment", SHY_MSG_ROLE_TREATMENT}, {"have the event", SHY_MSG_HAVE_EVENT}, {"are positive", SHY_MSG_ARE_POSITIVE}, {"are negative", SHY_MSG_ARE_NEGATIVE},
};

/* Counts that disclosure control does not tell: "fewer than 10", "some", also in brackets behind a name. */
static void add_counts(const char *text, shy_language language, shy_buffer *out)
{
    if (strcmp(text, "some") == 0) text = "(some)";
    while (*text != '\0') {
        const size_t digits = strncmp(text, "fewer than ", 11) == 0 ? strspn(text + 11, "0123456789") : 0;
        if (digits > 0) {
            shy_buffer count = {0};
            shy_buffer_add(&count, text + 11, digits);
            shy_prose_add(out, language, SHY_MSG_COUNT_FEWER, "count", shy_prose_text(&count), NULL);
            shy_buffer_free(&count);
            text += 11 + digits;
        } else if (strncmp(text, "(some)", 6) == 0) {
            shy_buffer_text(out, shy_message_text(language, SHY_MSG_COUNT_SOME)), text += 6;
        } else {
            shy_buffer_add(out, text++, 1);
        }
    }
}

/* "a, b and 4 more": the end of a long list of names. */
static bool translate_more(const char *value, shy_language language, shy_buffer *out)
{
    capture captures[CAPTURES];
    int used = 0, steps = 0;

    if (!fits("{} and {} more", value, captures, 0, &used, &steps) || strspn(captures[1].from, "0123456789,") != captures[1].length) return false;
    shy_buffer count = {0};
    shy_buffer_add(&count, captures[1].from, captures[1].length);
    shy_buffer names = {0};
    shy_buffer_add(&names, captures[0].from, captures[0].length);
    add_counts(shy_prose_text(&names), language, out);
    shy_buffer_free(&names);
    shy_prose_add(out, language, SHY_MSG_MORE_ITEMS, "count", shy_prose_text(&count), NULL);
    shy_buffer_free(&count);
    return true;
}

static void add_value(const capture *c, shy_language language, shy_buffer *out)
{
    shy_buffer value = {0};

    shy_buffer_add(&value, c->from, c->length);
    const char *text = shy_prose_text(&value);
    const bool is_word = (c->name_length == 4 && strncmp(c->name, "role", 4) == 0) || (c->name_length == 3 && strncmp(c->name, "are", 3) == 0);
    const bool is_list = c->name_length == 4 && strncmp(c->name, "list", 4) == 0;
    bool done = is_list && translate_more(text, language, out);
    for (size_t k = 0; is_word && !done && k < sizeof terms / sizeof *terms; k++)
        if (strcmp(text, terms[k].word) == 0) shy_buffer_text(out, shy_message_text(language, terms[k].message)), done = true;
    if (!done) add_counts(text, language, out);
    shy_buffer_free(&value);
}

/* ---- a note ---------------------------------------------------------------------------------------------------------------------------------------- */

static void add_note(shy_language language, shy_message message, const capture *captures, int used, shy_buffer *out)
{
    for (const char *from = shy_message_text(language, message); *from != '\0';) {
        const char *end = *from == '{' ? strchr(from, '}') : NULL;
        const capture *found = NULL;
        for (int k = 0; end != NULL && found == NULL && k < used; k++)
            if (captures[k].name_length == (size_t)(end - from - 1) && strncmp(captures[k].name, from + 1, captures[k].name_length) == 0) found = &captures[k];
        if (found != NULL) add_value(found, language, out), from = end + 1;
        else shy_buffer_add(out, from++, 1);
    }
}

/* The sentence in the language of the page; as it is where none of these fits, and in English, which it is in already. */
static void translate(const struct sentence *sentence, size_t count, const char *english, shy_language language, shy_buffer *out)
{
    capture captures[CAPTURES];
    int used = 0, steps = 0;

    for (size_t k = 0; language != SHY_ENGLISH && k < count; k++) {
        if (!fits(sentence[k].pattern, english, captures, 0, &used, &steps)) continue;
        add_note(language, sentence[k].message, captures, used, out);
        return;
    }
    shy_buffer_text(out, english);
}

void shy_prose_note(shy_page *page, const char *element, const char *note)
{
    shy_buffer text = {0};

    translate(notes, sizeof notes / sizeof *notes, note, page->language, &text);
    shy_prose_element(page, element, NULL, &text);
}

void shy_prose_derived(shy_page *page, const char *element, const char *words)
{
    shy_buffer text = {0};

    while (*words != '\0') {
        const char *end = strstr(words, "; ");
        const size_t length = end == NULL ? strlen(words) : (size_t)(end - words);
        shy_buffer part = {0};
        shy_buffer_add(&part, words, length);
        if (text.count > 0) shy_buffer_text(&text, shy_message_text(page->language, SHY_MSG_DERIVED_NEXT));
        translate(derived, sizeof derived / sizeof *derived, shy_prose_text(&part), page->language, &text);
        shy_buffer_free(&part);
        words += length + (end == NULL ? 0 : 2);
    }
    shy_prose_element(page, element, NULL, &text);
}
