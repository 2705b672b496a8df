/* search_released.c: the numbers of a run, what its notes say and its models, as far as the rule of report.sdc lets them out. */
#include "shy_config.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/search_disclosure.h"

/* ---- totals ------------------------------------------------------------------------------------------------------------------ */

/* Does it differ by one to `threshold` − 1 people from what was told? Then both would tell these. */
static bool too_near(const shy_search_session *s, int64_t total)
{
    for (int k = 0; k < s->told_count; k++) {
        const int64_t difference = llabs(total - s->told[k]);
        if (difference > 0 && difference < s->assess.sdc.threshold) return true;
    }
    return false;
}

static bool is_told(const shy_search_session *s, int64_t total)
{
    for (int k = 0; k < s->told_count; k++)
        if (s->told[k] == total) return true;
    return false;
}

/* Told from now on, if it may be. */
static bool tell(shy_search_session *s, int64_t total)
{
    if (!shy_sdc_is_on(&s->assess.sdc) || is_told(s, total)) return true;
    if (!shy_sdc_shows(&s->assess.sdc, total) || too_near(s, total)) return false;
    if (s->told_count < SHY_TOLD_MAX) s->told[s->told_count++] = total;
    return true;
}

bool shy_session_tells_total(shy_search_session *s)
{
    return tell(s, (int64_t)s->problem->target[s->problem->aim].samples);
}

static shy_status release_total(shy_search_session *s, const char *name, uint64_t *total)
{
    const bool told = tell(s, (int64_t)*total);
    const int64_t count = told ? shy_sdc_count(&s->assess.sdc, (int64_t)*total) : -1;

    *total = count < 0 ? SHY_NOT_RELEASED : (uint64_t)count;
    return count < 0 ? shy_sdc_note(&s->assess.sdc, s->assess.suppressed, name, "count", "it would tell a difference of too few people", 1) : SHY_OK;
}

/* ---- notes -------------------------------------------------------------------------------------------------------------------- */

typedef enum { NO_COUNT, A_TOTAL, A_COUNT, TOO_FEW } sort;

/* A whole number that stands alone, with or without commas for thousands. Returns its length; 0: none begins here. */
static size_t read_number(const char *text, const char *at, int64_t *value_out)
{
    size_t length = 0;
    int64_t value = 0;

    if (at > text && (isalnum((unsigned char)at[-1]) || strchr("._-,\"/'", at[-1]) || (unsigned char)at[-1] >= 0x80)) return 0;
    while (isdigit((unsigned char)at[length]) || (at[length] == ',' && length > 0 && isdigit((unsigned char)at[length + 1]))) {
        if (at[length] != ',') value = value < INT64_C(100000000000000000) ? 10 * value + (at[length] - '0') : value;
        length++;
    }
    if (length == 0 || isalpha((unsigned char)at[length]) || strchr("_/\"'%", at[length]) || (unsigned char)at[length] >= 0x80) return length > 0 && at[length] == '\0' ? (*value_out = value, length) : 0;
    if ((at[length] == '.' || at[length] == '-') && isalnum((unsigned char)at[length + 1])) return 0;
    *value_out = value;
    return length;
}

static bool follows(const char *at, const char *const *words)
{
    for (; *words; words++)
        if (strncmp(at, *words, strlen(*words)) == 0) return true;
    return false;
}

static bool precedes(const char *text, const char *at, const char *const *words)
{
    for (; *words; words++) {
        const size_t length = strlen(*words);
        if ((size_t)(at - text) >= length && strncmp(at - length, *words, length) == 0) return true;
    }
    return false;
}

/* What kind of number it is; what is not known to be something else counts people. */
static sort sort_of(const shy_search_session *s, const char *text, const char *at, size_t length, int64_t value)
{
    static const char *const things[] = {" column", " factor", " level", " more", " target", " formula", " imputed", " data set", " set", " bin", " digit", " term", NULL};
    static const char *const settings[] = {"within ", " as ", "than ", "as 0 to ", "multiple: ", NULL};

    if (follows(at + length, things) || precedes(text, at, settings)) return NO_COUNT;
    if (is_told(s, value)) return A_TOTAL;
    if (!shy_sdc_shows(&s->assess.sdc, value) || too_near(s, value)) return TOO_FEW;
    return A_COUNT;
}

static void add_count(const shy_search_session *s, sort kind, bool hides, int64_t value, shy_buffer *buffer)
{
    char number[32];

    if (kind == TOO_FEW && value < s->assess.sdc.threshold) shy_buffer_format(buffer, "fewer than %d", s->assess.sdc.threshold);
    else if (kind == TOO_FEW || (kind == A_COUNT && hides)) shy_buffer_text(buffer, "some");
    else shy_buffer_text(buffer, shy_text_thousands((uint64_t)shy_sdc_count(&s->assess.sdc, value), number));
}

/* With `buffer` the text as it may be told; returns whether a count in it may not. Numbers of events are told once for each note. */
static bool walk(shy_search_session *s, const char *text, bool hides, shy_buffer *buffer)
{
    bool found = false;

    for (const char *at = text; *at != '\0';) {
        int64_t value = 0;
        const size_t length = read_number(text, at, &value);
        const sort kind = length > 0 ? sort_of(s, text, at, length, value) : NO_COUNT;
        found = found || kind == TOO_FEW;
        if (buffer && kind != NO_COUNT) add_count(s, kind, hides, value, buffer);
        else if (buffer) shy_buffer_add(buffer, at, length > 0 ? length : 1);
        at += length > 0 ? length : 1;
    }
    return found;
}

/* Events of horizons are within each other: the difference of two counts is one, too. */
static void tell_events(shy_search_session *s, const char *text)
{
    for (const char *at = text; *at != '\0';) {
        int64_t value = 0;
        const size_t length = read_number(text, at, &value);
        if (length > 0 && sort_of(s, text, at, length, value) == A_COUNT) tell(s, value);
        at += length > 0 ? length : 1;
    }
}

shy_status shy_session_note(shy_search_session *s, const char *note, char **note_out)
{
    shy_status st = SHY_OK;
    shy_buffer buffer = {0};

    if (!shy_sdc_is_on(&s->assess.sdc)) return shy_string_copy(note, note_out);
    const bool hides = walk(s, note, false, NULL);
    walk(s, note, hides, &buffer);
    SHY_TRY(buffer.status);
    if (!hides && strstr(note, "the event") != NULL) tell_events(s, note);
    SHY_TRY(shy_sdc_note(&s->assess.sdc, s->assess.suppressed, "notes", "count", NULL, hides));
    SHY_TRY(shy_string_copy(buffer.bytes ? buffer.bytes : "", note_out));
out:
    shy_buffer_free(&buffer);
    return st;
}

/* Once for all targets, which have the same notes: what was told before would hide itself. */
static shy_status release_notes(shy_search_session *s, shy_results *r)
{
    shy_status st = SHY_OK;
    const shy_results *before = s->results_count > 0 ? &s->results[0] : NULL;
    char *text = NULL;

    for (int k = 0; k < r->notes_count; k++) {
        shy_free(&text);
        if (before != NULL && k < before->notes_count) SHY_TRY(shy_string_copy(before->notes[k], &text));
        else SHY_TRY(shy_session_note(s, r->notes[k], &text));
        shy_free(&r->notes[k]);
        r->notes[k] = text, text = NULL;
    }
out:
    shy_free(&text);
    return st;
}

/* ---- words about factors ------------------------------------------------------------------------------------------------------------ */

/* Every `from` that stands as a number of its own becomes `to`. */
static shy_status replace_number(char **text, double from, double to)
{
    shy_status st = SHY_OK;
    char old[32], new[32];
    shy_buffer buffer = {0};

    if (!isfinite(from) || from == to) return SHY_OK;
    shy_text_shortest(from, old), shy_text_shortest(to, new);
    const size_t length = strlen(old);
    for (const char *at = *text; *at != '\0';) {
        const bool here = strncmp(at, old, length) == 0 && (at == *text || at[-1] == ' ') && strchr(" ,;", at[length]) != NULL;
        if (here) shy_buffer_text(&buffer, new);
        else shy_buffer_add(&buffer, at, 1);
        at += here ? length : 1;
    }
    SHY_TRY(buffer.status);
    shy_free(text);
    SHY_TRY(shy_string_copy(buffer.bytes ? buffer.bytes : "", text));
out:
    shy_buffer_free(&buffer);
    return st;
}

static shy_status release_words(const shy_search_session *s, shy_results *r)
{
    shy_status st = SHY_OK;
    const shy_problem *p = s->problem;

    for (int k = 0; k < r->derived_count && s->released_input; k++) {
        for (int f = 0; f < p->factors; f++) {
            const shy_released_input *input = &s->released_input[f];
            const shy_derivation *how = p->derivation ? p->derivation[f] : NULL;
            if (!input->known || !how || input->levels > 0 || strcmp(p->name[f], r->derived_name[k]) != 0) continue;
            SHY_TRY(replace_number(&r->derived_words[k], how->fill, input->fill));
            SHY_TRY(replace_number(&r->derived_words[k], how->low, input->low));
            SHY_TRY(replace_number(&r->derived_words[k], how->high, input->high));
        }
    }
out:
    return st;
}

/* ---- models with hardly any degrees of freedom ----------------------------------------------------------------------------------------- */

/* Constants in a formula's text become "?", which nobody can take for one. */
static void blank_numbers(char *text)
{
    for (char *at = text; at && *at != '\0';) {
        char *end = at;
        const bool starts = isdigit((unsigned char)*at) && (at == text || strchr(" (*/+-^", at[-1]) != NULL);
        if (starts) (void)strtod(at, &end);
        if (end > at) {
            *at = '?';
            memmove(at + 1, end, strlen(end) + 1);
        }
        at++;
    }
}

static void withhold(shy_entry *e)
{
    e->intercept = e->slope = e->slope_error = e->interaction = e->interaction_error = NAN;
    e->rounded_intercept = e->rounded_slope = NAN;
    for (int k = 0; k < e->constants_count; k++) e->constants[k] = NAN;
    for (int k = 0; k < e->beside_covariates + e->thresholds_count; k++) e->beside[k] = NAN;
    if (e->constants_count > 0) blank_numbers(e->formula), blank_numbers(e->formula_short);
    if (e->rounded) blank_numbers(e->rounded);
    shy_imputed_free(&e->imputed);
}

static shy_status release_models(const shy_search_session *s, shy_results *r, int64_t samples)
{
    shy_status st = SHY_OK;
    const shy_sdc *sdc = &s->assess.sdc;
    int64_t withheld = 0;

    for (int l = 0; l < r->levels; l++)
        for (int i = 0; i < r->level[l].count; i++) {
            shy_entry *e = &r->level[l].entry[i];
            const int64_t parameters = 2 + e->constants_count + e->beside_covariates + e->thresholds_count + (e->interaction != 0.0);
            if (samples - parameters >= sdc->residual_df) continue;
            withhold(e);
            withheld++;
        }
    SHY_TRY(shy_sdc_note(sdc, s->assess.suppressed, "front, best", "model", "too few residual degrees of freedom", withheld));
out:
    return st;
}

/* ---- all of it ----------------------------------------------------------------------------------------------------------------------------- */

shy_status shy_session_release(shy_search_session *s, shy_results *r)
{
    shy_status st = SHY_OK;
    const int64_t samples = (int64_t)r->n_samples;
    int64_t values = 0;

    if (!shy_sdc_is_on(&s->assess.sdc)) goto done;
    SHY_TRY(release_total(s, "n_samples", &r->n_samples));
    SHY_TRY(release_total(s, "n_filtered", &r->n_filtered));
    SHY_TRY(release_total(s, "n_cohort", &r->n_cohort));
    SHY_TRY(release_notes(s, r));
    SHY_TRY(release_words(s, r));
    SHY_TRY(release_models(s, r, samples));
    for (int f = 0; s->released_input && f < s->released_inputs; f++) values += s->released_input[f].known;
    SHY_TRY(shy_sdc_note(&s->assess.sdc, s->assess.suppressed, "inputs", "bounds", "extremes are single people's values", values));
done:
    r->released = s->released, s->released = NULL;
    s->assess.suppressed = NULL;
    r->individual = s->assess.predictions, s->assess.predictions = NULL;
out:
    return st;
}
