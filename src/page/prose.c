/* prose.c: sentences as plain text, and facts of the document. */
#include "shy_config.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "page/prose.h"

/* ---- sentences ----------------------------------------------------------------------------------------------------------------------------- */

static const char *argument(va_list list, const char *name, size_t length)
{
    const char *key;

    while ((key = va_arg(list, const char *)) != NULL) {
        const char *value = va_arg(list, const char *);
        if (strlen(key) == length && strncmp(key, name, length) == 0) return value;
    }
    return NULL;
}

void shy_prose_add(shy_buffer *text, shy_language language, shy_message message, ...)
{
    const char *from = shy_message_text(language, message);

    while (*from != '\0') {
        const char *end = *from == '{' ? strchr(from, '}') : NULL, *value = NULL;
        if (end != NULL) {
            va_list list;
            va_start(list, message);
            value = argument(list, from + 1, (size_t)(end - from - 1));
            va_end(list);
        }
        if (value != NULL) shy_buffer_text(text, value), from = end + 1;
        else shy_buffer_add(text, from++, 1);
    }
}

void shy_prose_gap(shy_buffer *text, shy_language language)
{
    if (text->count > 0 && language == SHY_ENGLISH) shy_buffer_text(text, " ");
}

const char *shy_prose_text(const shy_buffer *text)
{
    return text->bytes == NULL ? "" : text->bytes;
}

void shy_prose_item(shy_buffer *text, shy_language language, size_t k, size_t count, const char *item)
{
    if (k > 0) shy_buffer_text(text, shy_message_text(language, k + 1 == count ? SHY_MSG_LIST_LAST : SHY_MSG_LIST_NEXT));
    shy_buffer_text(text, item);
}

void shy_prose_list(shy_buffer *text, shy_language language, const json_t *array)
{
    for (size_t k = 0; k < json_array_size(array); k++) {
        const char *item = json_string_value(json_array_get(array, k));
        shy_prose_item(text, language, k, json_array_size(array), item == NULL ? "" : item);
    }
}

void shy_prose_element(shy_page *page, const char *name, const char *class, shy_buffer *text)
{
    if (text->status != SHY_OK) page->out->status = text->status;
    if (text->count > 0) shy_html_element(page, name, class, text->bytes);
    shy_buffer_free(text);
    *text = (shy_buffer){0};
}

/* ---- numbers --------------------------------------------------------------------------------------------------------------------------------- */

const char *shy_prose_decimals(double value, int decimals, char room[SHY_NUMBER_ROOM])
{
    if (!isfinite(value)) return shy_html_number(value, decimals, room);
    if (fabs(value) >= 1e9) return shy_html_number(value, 6, room); /* no metric is */
    snprintf(room, SHY_NUMBER_ROOM, "%.*f", decimals, value);
    if (strtod(room, NULL) == 0.0 && room[0] == '-') memmove(room, room + 1, strlen(room));
    return room;
}

int shy_prose_decimals_for(double error)
{
    return error > 0.0 && error < 0.0095 ? 3 : 2;
}

const char *shy_prose_count(const shy_page *page, const json_t *object, const char *key, char room[SHY_NUMBER_ROOM])
{
    const json_t *value = json_object_get(object, key);

    if (json_is_integer(value) && json_integer_value(value) >= 0) return shy_html_count((uint64_t)json_integer_value(value), room);
    if (json_is_real(value) && json_real_value(value) >= 0.0) return shy_html_count((uint64_t)llround(json_real_value(value)), room);
    const int64_t threshold = (int64_t)shy_json_count(json_object_get(page->document, "sdc"), "threshold");
    if (!json_is_null(value) || threshold < 2) return shy_html_number(NAN, 1, room);
    snprintf(room, SHY_NUMBER_ROOM, page->language == SHY_JAPANESE ? "%lld 未満" : "fewer than %lld", (long long)threshold);
    return room;
}

bool shy_prose_percent(double share, char room[SHY_NUMBER_ROOM])
{
    if (!isfinite(share)) return false;
    const double percent = 100.0 * share;
    snprintf(room, SHY_NUMBER_ROOM, percent > 0.0 && percent < 9.95 ? "%.1f\xc2\xa0%%" : "%.0f\xc2\xa0%%", percent);
    return true;
}

/* ---- the document ------------------------------------------------------------------------------------------------------------------------------ */

const json_t *shy_prose_at(const json_t *object, const char *path)
{
    char key[64];

    while (object != NULL && *path != '\0') {
        const size_t length = strcspn(path, ".");
        snprintf(key, sizeof key, "%.*s", (int)length, path);
        object = json_object_get(object, key);
        path += length + (path[length] == '.');
    }
    return json_is_null(object) ? NULL : object;
}

double shy_prose_number(const json_t *object, const char *path)
{
    const json_t *value = shy_prose_at(object, path);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

bool shy_prose_is(const json_t *object, const char *key, const char *word)
{
    return strcmp(shy_json_word(object, key), word) == 0;
}

size_t shy_prose_targets(const shy_page *page)
{
    return json_array_size(json_object_get(page->document, "targets"));
}

const json_t *shy_prose_target(const shy_page *page)
{
    return page->target != NULL ? page->target : json_array_get(json_object_get(page->document, "targets"), 0);
}

const json_t *shy_prose_front(const shy_page *page)
{
    return json_object_get(shy_prose_target(page), "front");
}

const json_t *shy_prose_chosen(const json_t *front)
{
    const char *chosen = shy_json_word(shy_prose_at(front, "nested.selected"), "formula");
    const json_t *list = json_object_get(front, "front");

    for (size_t k = 0; *chosen != '\0' && k < json_array_size(list); k++)
        if (shy_prose_is(json_array_get(list, k), "formula", chosen)) return json_array_get(list, k);
    return NULL;
}

shy_message shy_prose_metric(const json_t *front)
{
    static const struct {
        const char *kind;
        shy_message word;
    } table[] = {{"continuous", SHY_MSG_METRIC_R2}, {"binary", SHY_MSG_METRIC_AUC}, {"count", SHY_MSG_METRIC_EXPLAINED}};

    for (size_t k = 0; k < sizeof table / sizeof *table; k++)
        if (shy_prose_is(front, "outcome_kind", table[k].kind)) return table[k].word;
    return SHY_MSG_METRIC_C;
}

double shy_prose_events(const json_t *target)
{
    return shy_prose_number(target, "people.events");
}

bool shy_prose_lacks_units(const shy_page *page)
{
    const json_t *list = shy_prose_at(shy_prose_front(page), "inputs.factors");

    for (size_t k = 0; k < json_array_size(list); k++) {
        const json_t *factor = json_array_get(list, k);
        if (shy_prose_is(factor, "column_kind", "numeric") && shy_prose_is(factor, "kind", "value") && *shy_json_word(factor, "unit") == '\0') return true;
    }
    return false;
}

/* Of a horizon, "death within 365" called "365": the length of what comes before " within 365"; else 0. */
static size_t event_length(const json_t *target)
{
    const char *outcome = shy_json_word(json_object_get(target, "front"), "outcome"), *name = shy_json_word(target, "name");
    const size_t length = strlen(outcome), tail = strlen(" within ") + strlen(name);
    const bool horizon = *name != '\0' && length > tail && strncmp(outcome + length - tail, " within ", 8) == 0 && strcmp(outcome + length - strlen(name), name) == 0;

    return horizon ? length - tail : 0;
}

/* Whole years of a time in units of which a year has so many (365.25 days may have become 365 or 366); 0: it is none. */
static int years_in(const char *time, double year)
{
    const double value = strtod(time, NULL), years = round(value / year);

    return years >= 1.0 && years <= 100.0 && fabs(value - years * year) <= 0.0028 * years * year ? (int)years : 0;
}

/* All horizons are whole years in this unit. */
static bool all_years(const shy_page *page, double year)
{
    size_t t;
    json_t *target;

    json_array_foreach(json_object_get(page->document, "targets"), t, target)
        if (event_length(target) > 0 && years_in(shy_json_word(target, "name"), year) == 0) return false;
    return true;
}

void shy_prose_horizon(const shy_page *page, const json_t *target, shy_buffer *text)
{
    static const struct {
        double year;
        shy_message words;
    } unit[] = {{365.25, SHY_MSG_HORIZON_DAYS}, {12.0, SHY_MSG_HORIZON_MONTHS}};
    char years[SHY_NUMBER_ROOM];

    shy_prose_outcome(page, target, text);
    if (event_length(target) == 0) return;
    for (size_t u = 0; u < sizeof unit / sizeof *unit; u++) {
        if (!all_years(page, unit[u].year)) continue;
        shy_prose_add(text, page->language, unit[u].words, "years", shy_html_count((uint64_t)years_in(shy_json_word(target, "name"), unit[u].year), years), NULL);
        return;
    }
}

void shy_prose_write_horizon(shy_page *page, const json_t *target)
{
    shy_buffer text = {0};

    shy_prose_horizon(page, target, &text);
    if (text.status != SHY_OK) page->out->status = text.status;
    shy_html_text(page, shy_prose_text(&text));
    shy_buffer_free(&text);
}

void shy_prose_outcome(const shy_page *page, const json_t *target, shy_buffer *text)
{
    const char *outcome = shy_json_word(json_object_get(target, "front"), "outcome"), *name = shy_json_word(target, "name");

    if (event_length(target) > 0) {
        shy_buffer event = {0};
        shy_buffer_add(&event, outcome, event_length(target));
        shy_prose_add(text, page->language, SHY_MSG_OUTCOME_WITHIN, "event", shy_prose_text(&event), "time", name, NULL);
        shy_buffer_free(&event);
    } else {
        shy_buffer_text(text, *outcome != '\0' ? outcome : name);
    }
}

/* ---- the configuration -------------------------------------------------------------------------------------------------------------------------- */

/* The line behind `key:` at this depth, from `text` on up to a line that is less deep; NULL if there is none. */
static const char *line_of(const char *text, int depth, const char *key, size_t length)
{
    for (const char *line = text; line != NULL && *line != '\0'; line = strchr(line, '\n'), line += line != NULL) {
        const size_t spaces = strspn(line, " ");
        if (spaces < (size_t)depth) return NULL;
        if (spaces == (size_t)depth && strncmp(line + spaces, key, length) == 0 && line[spaces + length] == ':') return line + spaces + length + 1;
    }
    return NULL;
}

/* Values as the program writes them: a scalar, perhaps quoted, or a list in brackets, either perhaps over several lines. */
static void copy_value(const char *from, int depth, char room[SHY_SETTING_ROOM])
{
    size_t used = 0;
    char quote = '\0';

    for (; *from != '\0' && used + 8 < SHY_SETTING_ROOM; from++) {
        if (*from == '\n') {
            const size_t spaces = strspn(from + 1, " ");
            if (spaces <= (size_t)depth) break;
            from += spaces;
            if (used > 0 && room[used - 1] != ' ') room[used++] = ' ';
        } else if (quote == '\0' ? (*from == '\'' || *from == '"') && (used == 0 || room[used - 1] == ' ') : *from == quote) {
            if (quote == '\'' && from[1] == '\'') room[used++] = *from++; /* '' is one ' */
            else quote = quote == '\0' ? *from : '\0';
        } else if (quote != '\0' || (*from != '[' && *from != ']')) {
            if (used > 0 || *from != ' ') room[used++] = *from;
        }
    }
    if (used + 8 >= SHY_SETTING_ROOM) {
        while (used > 0 && (unsigned char)room[used - 1] >= 0x80) used--; /* no half of a character */
        memcpy(room + used, "\xe2\x80\xa6", 3), used += 3;
    }
    room[used] = '\0';
}

const char *shy_prose_setting(const shy_page *page, const char *key, char room[SHY_SETTING_ROOM])
{
    const char *text = shy_json_word(json_object_get(page->document, "run"), "configuration"), *dot = strchr(key, '.');
    int depth = 0;

    room[0] = '\0';
    if (dot != NULL) {
        text = line_of(text, 0, key, (size_t)(dot - key));
        if (text != NULL) text = strchr(text, '\n');
        if (text != NULL) text++;
        key = dot + 1, depth = 2;
    }
    if (text != NULL) text = line_of(text, depth, key, strlen(key));
    if (text != NULL) copy_value(text, depth, room);
    if (strcmp(room, "{}") == 0) room[0] = '\0';
    return room;
}

double shy_prose_setting_number(const shy_page *page, const char *key)
{
    char room[SHY_SETTING_ROOM];
    double value = NAN;

    return shy_text_number(shy_prose_setting(page, key, room), &value) ? value : NAN;
}
