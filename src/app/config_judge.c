/* config_judge.c: is a text a value that a key accepts? Strict: "4k" is not 4. */
#include "shy_config.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "app/config.h"
#include "shihyo/search.h"

#define ACCEPTS_MAX 512

static const struct {
    const char *unit;
    double bytes;
} sizes[] = {{"KiB", 0x1p10}, {"MiB", 0x1p20}, {"GiB", 0x1p30}, {"TiB", 0x1p40}, {"kB", 1e3},
             {"MB", 1e6},     {"GB", 1e9},     {"TB", 1e12},    {"B", 1}};

bool shy_size_parse(const char *text, uint64_t *bytes_out)
{
    size_t digits = strspn(text, "0123456789."), blanks;
    char number[32];
    double value;

    if (digits == 0 || digits >= sizeof number) return false;
    memcpy(number, text, digits), number[digits] = '\0';
    if (!shy_text_number(number, &value)) return false;
    blanks = strspn(text + digits, " ");
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        double bytes = value * sizes[i].bytes;
        if (strcmp(text + digits + blanks, sizes[i].unit) != 0) continue;
        if (bytes < 1 || bytes > 0x1p60) return false;
        *bytes_out = (uint64_t)bytes;
        return true;
    }
    return false;
}

/* ---- durations ----------------------------------------------------------------------------------------------------- */

static const struct {
    const char *unit;
    double seconds;
} durations[] = {{"s", 1}, {"sec", 1}, {"m", 60}, {"min", 60}, {"h", 3600}, {"d", 86400}};

/* Digits, at most nine of them: no sum of such overflows. */
static bool read_count(const char **text, double *value_out)
{
    const size_t digits = strspn(*text, "0123456789");

    *value_out = 0.0;
    for (size_t i = 0; i < digits; i++) *value_out = *value_out * 10 + ((*text)[i] - '0');
    *text += digits;
    return digits > 0 && digits <= 9;
}

/* [D-]H[:M[:S]], without days M:S or H:M:S. */
static bool parse_clock(const char *text, double *seconds_out)
{
    double part[3] = {0}, days = 0.0;
    const bool has_days = strchr(text, '-') != NULL;
    int parts = 0;

    if (has_days && (!read_count(&text, &days) || *text++ != '-')) return false;
    for (;;) {
        if (!read_count(&text, &part[parts++])) return false;
        if (*text != ':' || parts == 3) break;
        text++;
    }
    if (*text != '\0' || (!has_days && parts < 2)) return false;
    if (!has_days && parts == 2) part[2] = part[1], part[1] = part[0], part[0] = 0.0;
    if (part[2] >= 60 || (part[1] >= 60 && (has_days || parts > 2)) || (has_days && part[0] >= 24)) return false;
    *seconds_out = days * 86400 + part[0] * 3600 + part[1] * 60 + part[2];
    return true;
}

/* The seconds of a unit, which is all letters of *text. */
static double read_unit(const char **text)
{
    const size_t letters = strspn(*text, "abcdefghijklmnopqrstuvwxyz");

    for (size_t i = 0; i < sizeof durations / sizeof *durations; i++)
        if (strlen(durations[i].unit) == letters && strncmp(*text, durations[i].unit, letters) == 0) return *text += letters, durations[i].seconds;
    return 0.0;
}

bool shy_duration_parse(const char *text, double *seconds_out)
{
    double sum = 0.0, before = HUGE_VAL;

    if (strcmp(text, "0") == 0) return *seconds_out = 0.0, true;
    if (strpbrk(text, ":-") != NULL) return parse_clock(text, seconds_out);
    if (*text == '\0') return false;
    while (*text != '\0') {
        const size_t digits = strspn(text, "0123456789.");
        char number[32];
        double value;
        if (digits == 0 || digits >= sizeof number) return false;
        memcpy(number, text, digits), number[digits] = '\0';
        if (!shy_text_number(number, &value)) return false;
        text += digits + strspn(text + digits, " ");
        const double unit = read_unit(&text);
        if (unit == 0.0 || unit >= before) return false; /* "3h30m", not "30m3h" */
        sum += value * unit, before = unit;
        text += strspn(text, " ");
    }
    *seconds_out = sum;
    return sum <= 1e10;
}

static size_t join(char *text, size_t size, const char *const *names, size_t count)
{
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < count && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s", i > 0 ? ", " : "", names[i]);
    return used;
}

const char *shy_key_accepts(int key, char *text, size_t size)
{
    const shy_key *k = shy_key_get(key);
    const char *names[SHY_CHOICES_MAX];
    char list[ACCEPTS_MAX] = "", lowest[40], highest[40];

    if (k->choices != NULL) join(list, sizeof list, names, k->choices(names));
    snprintf(lowest, sizeof lowest, "%.15g", k->lowest);
    snprintf(highest, sizeof highest, "%.16g", k->highest);
    switch (k->type) {
    case SHY_KEY_IS_TEXT:
        snprintf(text, size, k->fallback != NULL && *k->fallback == '\0' ? "a text" : "a text, not empty");
        break;
    case SHY_KEY_IS_CHOICE:
        snprintf(text, size, "one of %s", list);
        break;
    case SHY_KEY_IS_INTEGER:
        snprintf(text, size, "an integer from %s to %s", lowest, highest);
        break;
    case SHY_KEY_IS_AUTO_INTEGER:
        snprintf(text, size, "auto or an integer from %s to %s", lowest, highest);
        break;
    case SHY_KEY_IS_NUMBER:
        snprintf(text, size, "a number from %s to %s", lowest, highest);
        break;
    case SHY_KEY_IS_SIZE:
        snprintf(text, size, "auto or a size such as 512MiB or 4GiB");
        break;
    case SHY_KEY_IS_DURATION:
        snprintf(text, size, "%s%sa time such as 90s, 45min, 3h30m or 1-12:00:00", list, *list != '\0' ? " or " : "");
        break;
    case SHY_KEY_IS_LIST:
        snprintf(text, size, "a list of names and patterns");
        break;
    case SHY_KEY_IS_CHOICES:
        snprintf(text, size, "a list of %s", list);
        break;
    case SHY_KEY_IS_PATTERNS:
        snprintf(text, size, "a list of nestings such as log(sqrt)");
        break;
    case SHY_KEY_IS_RANGES:
        snprintf(text, size, "a list of ranges such as bili in 0.1..50");
        break;
    case SHY_KEY_IS_LISTS_OF:
        snprintf(text, size, "a mapping of names and patterns to lists of %s", list);
        break;
    case SHY_KEY_IS_INTEGER_OF:
        snprintf(text, size, "a mapping of names and patterns to integers from %s to %s", lowest, highest);
        break;
    case SHY_KEY_IS_CHOICE_OF:
        snprintf(text, size, "a mapping of names and patterns to one of %s", list);
        break;
    case SHY_KEY_IS_BASELINES:
        snprintf(text, size, "a list of formulas, or of mappings {name: …, formula: …} or {name: …, column: …}");
        break;
    }
    return text;
}

static bool is_choice(const shy_key *key, const char *text, const char **near_out)
{
    const char *names[SHY_CHOICES_MAX] = {NULL};
    size_t count = key->choices == NULL ? 0 : key->choices(names);

    *near_out = strspn(text, "-+.0123456789") == strlen(text) ? NULL : shy_text_nearest(text, names, count); /* no number is a misspelt other */
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], text) == 0) return true;
    return false;
}

static bool is_integer(const shy_key *key, const char *text)
{
    int64_t value;
    return shy_text_integer(text, &value) && (double)value >= key->lowest && (double)value <= key->highest;
}

static bool is_number(const shy_key *key, const char *text)
{
    double value;
    return shy_text_number(text, &value) && value >= key->lowest && value <= key->highest;
}

/* The message of who knows better gets the position in front. */
static shy_status refuse(const char *name, const char *where)
{
    char message[ACCEPTS_MAX];

    snprintf(message, sizeof message, "%s", shy_error_message());
    shy_error_clear();
    return shy_fail(SHY_INPUT, "%s: %s: %s", where, name, message);
}

/* expr knows what a nesting looks like. */
static shy_status judge_pattern(const char *name, const char *text, const char *where)
{
    shy_grammar grammar;

    shy_grammar_default(&grammar);
    return shy_grammar_forbid(&grammar, text) == SHY_OK ? SHY_OK : refuse(name, where);
}

static shy_status judge_range(const char *name, const char *text, const char *where)
{
    char *column = NULL;
    double lowest, highest;
    const shy_status st = shy_range_parse(text, &column, &lowest, &highest);

    shy_free(&column);
    return st == SHY_INPUT ? refuse(name, where) : st;
}

static shy_status judge_baseline(const char *name, const char *text, const char *where)
{
    shy_baseline_item item = {0};
    const shy_status st = shy_baseline_read(text, &item);

    shy_baseline_clear(&item);
    return st == SHY_INPUT ? refuse(name, where) : st;
}

/* ---- pairs of a mapping ------------------------------------------------------------------------------------------- */

/* Names may hold colons ("modality:image"), values do not. */
bool shy_pair_split(const char *item, size_t *name_length_out, const char **value_out)
{
    const char *colon = strrchr(item, ':');
    size_t length;

    if (colon == NULL) return false;
    for (length = (size_t)(colon - item); length > 0 && item[length - 1] == ' ';)
        length--;
    *name_length_out = length;
    *value_out = colon + 1 + strspn(colon + 1, " ");
    return length > 0;
}

bool shy_words_next(const char **text, char *word, size_t size)
{
    static const char between[] = " ,[]";
    const char *begin = *text + strspn(*text, between);
    size_t length = strcspn(begin, between);

    *text = begin + length;
    snprintf(word, size, "%.*s", (int)length, begin);
    return length > 0;
}

static bool are_choices(const shy_key *key, const char *text, const char **near_out)
{
    char word[64];

    while (shy_words_next(&text, word, sizeof word))
        if (!is_choice(key, word, near_out)) return false;
    return true;
}

static bool is_pair(const shy_key *key, const char *text, const char **near_out)
{
    size_t length;
    const char *value;

    if (!shy_pair_split(text, &length, &value)) return false;
    if (key->type == SHY_KEY_IS_LISTS_OF) return are_choices(key, value, near_out);
    return key->type == SHY_KEY_IS_CHOICE_OF ? is_choice(key, value, near_out) : is_integer(key, value);
}

shy_status shy_key_judge(int key, const char *text, const char *where)
{
    const shy_key *k = shy_key_get(key);
    const char *near = NULL;
    char accepts[ACCEPTS_MAX];
    uint64_t bytes;
    double seconds;
    bool valid = true;

    switch (k->type) {
    case SHY_KEY_IS_TEXT:
        valid = *text != '\0' || (k->fallback != NULL && *k->fallback == '\0');
        break;
    case SHY_KEY_IS_LIST:
        valid = *text != '\0';
        break;
    case SHY_KEY_IS_CHOICE:
    case SHY_KEY_IS_CHOICES:
        valid = is_choice(k, text, &near);
        break;
    case SHY_KEY_IS_INTEGER:
        valid = is_integer(k, text);
        break;
    case SHY_KEY_IS_AUTO_INTEGER:
        valid = strcmp(text, "auto") == 0 || is_integer(k, text);
        break;
    case SHY_KEY_IS_NUMBER:
        valid = is_number(k, text);
        break;
    case SHY_KEY_IS_SIZE:
        valid = strcmp(text, "auto") == 0 || shy_size_parse(text, &bytes);
        break;
    case SHY_KEY_IS_DURATION:
        valid = shy_duration_parse(text, &seconds) || is_choice(k, text, &near);
        break;
    case SHY_KEY_IS_PATTERNS:
        return judge_pattern(k->name, text, where);
    case SHY_KEY_IS_RANGES:
        return judge_range(k->name, text, where);
    case SHY_KEY_IS_BASELINES:
        return judge_baseline(k->name, text, where);
    case SHY_KEY_IS_LISTS_OF:
    case SHY_KEY_IS_INTEGER_OF:
    case SHY_KEY_IS_CHOICE_OF:
        valid = is_pair(k, text, &near);
        break;
    }
    if (valid) return SHY_OK;
    return shy_fail(SHY_INPUT, "%s: %s %s \"%s\"; it takes %s.%s%s%s", where, k->name,
                    shy_key_is_list(k) ? "holds" : "is", text, shy_key_accepts(key, accepts, sizeof accepts),
                    near != NULL ? " Did you mean " : "", near != NULL ? near : "", near != NULL ? "?" : "");
}
