/*
 * config_compare.c: baselines, the items of `compare`: a formula as it is, or a mapping {name: …, formula: …} or {name: …, column: …}. In memory
 * and in a saved configuration a mapping is the text of itself, so that all lists are lists of texts.
 */
#include "shy_config.h"

#include <string.h>

#include "app/config.h"

/* Characters up to one of `stops` that stands in no quotes and in no brackets, or to the end. */
static size_t stretch(const char *text, const char *stops)
{
    size_t length = 0;
    int depth = 0;
    char quote = '\0';

    for (; text[length] != '\0'; length++) {
        const char c = text[length];
        if (quote != '\0') {
            if (c == '\\' && quote == '"' && text[length + 1] != '\0') length++;
            else if (c == quote) quote = '\0';
            continue;
        }
        if (depth == 0 && strchr(stops, c) != NULL) break;
        if (strchr("\"'`", c) != NULL) quote = c;
        depth += strchr("([{", c) != NULL;
        depth -= strchr(")]}", c) != NULL && depth > 0;
    }
    return length;
}

/* What stands between blanks, out of its quotes. Owned. */
static shy_status unquote(const char *text, size_t length, char **out)
{
    shy_status st = SHY_OK;
    char *plain = NULL;
    size_t used = 0;

    for (; length > 0 && *text == ' '; text++) length--;
    while (length > 0 && text[length - 1] == ' ') length--;
    SHY_TRY(shy_new(length + 1, 1, &plain));
    const char quote = length >= 2 && (*text == '"' || *text == '\'') && text[length - 1] == *text ? *text : '\0';
    if (quote != '\0') text++, length -= 2;
    for (size_t i = 0; i < length; i++) {
        if (i + 1 < length && ((quote == '"' && text[i] == '\\') || (quote == '\'' && text[i] == '\'' && text[i + 1] == '\''))) i++;
        plain[used++] = text[i];
    }
    *out = plain, plain = NULL;
out:
    shy_free(&plain);
    return st;
}

/* ---- one item -------------------------------------------------------------------------------------------------------- */

void shy_baseline_clear(shy_baseline_item *item)
{
    shy_free(&item->name);
    shy_free(&item->formula);
    shy_free(&item->column);
}

shy_status shy_baseline_set(shy_baseline_item *item, const char *name, const char *value)
{
    static const char *const names[] = {"name", "formula", "column"};
    enum { NAMES = sizeof names / sizeof *names };
    char **member[] = {&item->name, &item->formula, &item->column};

    for (int k = 0; k < NAMES; k++) {
        if (strcmp(name, names[k]) != 0) continue;
        if (*member[k] != NULL) return shy_fail(SHY_INPUT, "%s is given twice. Keep one of them.", name);
        if (*value == '\0') return shy_fail(SHY_INPUT, "%s has no value.", name);
        return shy_string_copy(value, member[k]);
    }
    const char *near = shy_text_nearest(name, names, NAMES);
    return shy_fail(SHY_INPUT, "\"%s\" is not known here: a mapping has name, and formula or column.%s%s%s", name, near ? " Did you mean " : "",
                    near ? near : "", near ? "?" : "");
}

/* One "name: value". */
static shy_status read_member(const char *text, size_t length, shy_baseline_item *item)
{
    shy_status st = SHY_OK;
    char *name = NULL, *value = NULL;
    const size_t colon = stretch(text, ":");

    if (colon >= length) SHY_TRY(shy_fail(SHY_INPUT, "\"%.*s\" has no value; write name: value.", (int)length, text));
    SHY_TRY(unquote(text, colon, &name));
    SHY_TRY(unquote(text + colon + 1, length - colon - 1, &value));
    SHY_TRY(shy_baseline_set(item, name, value));
out:
    shy_free(&name);
    shy_free(&value);
    return st;
}

static shy_status read_mapping(const char *text, shy_baseline_item *item)
{
    shy_status st = SHY_OK;
    const char *at = text + 1;

    for (at += strspn(at, " "); *at != '\0' && *at != '}'; at += strspn(at, " ")) {
        const size_t length = stretch(at, ",}");
        SHY_TRY(read_member(at, length, item));
        at += length;
        if (*at == ',') at++;
    }
    if (*at != '}' || at[1 + strspn(at + 1, " ")] != '\0') SHY_TRY(shy_fail(SHY_INPUT, "%s has to end with }.", text));
out:
    return st;
}

shy_status shy_baseline_read(const char *item, shy_baseline_item *read_out)
{
    shy_status st = SHY_OK;
    shy_baseline_item read = {0};
    const char *text = item + strspn(item, " ");

    if (*text == '{') SHY_TRY(read_mapping(text, &read));
    else SHY_TRY(shy_baseline_set(&read, "formula", text));
    if ((read.formula == NULL) == (read.column == NULL))
        SHY_TRY(shy_fail(SHY_INPUT, "%s needs a formula or a column%s.", text, read.formula == NULL ? "" : ", not both"));
    *read_out = read, read = (shy_baseline_item){0};
out:
    shy_baseline_clear(&read);
    return st;
}

/* name: "value", with what quotes need. Returns where the text ends then. */
static char *append(char *at, bool first, const char *name, const char *value)
{
    if (value == NULL) return at;
    at += sprintf(at, "%s%s: \"", first ? "" : ", ", name);
    for (; *value != '\0'; value++) {
        if (*value == '"' || *value == '\\') *at++ = '\\';
        *at++ = *value;
    }
    *at++ = '"', *at = '\0';
    return at;
}

shy_status shy_baseline_text(const shy_baseline_item *item, char **text_out)
{
    shy_status st = SHY_OK;
    char *text = NULL, *at;
    size_t room = 64;
    const char *members[] = {item->name, item->formula, item->column};

    if (item->name == NULL && item->column == NULL && item->formula != NULL && *item->formula != '{') return shy_string_copy(item->formula, text_out);
    for (int k = 0; k < 3; k++) room += members[k] == NULL ? 0 : 2 * strlen(members[k]);
    SHY_TRY(shy_new(room, 1, &text));
    *text = '{';
    at = append(text + 1, true, "name", item->name);
    at = append(at, item->name == NULL, "formula", item->formula);
    at = append(at, item->name == NULL && item->formula == NULL, "column", item->column);
    *at++ = '}', *at = '\0';
    *text_out = text, text = NULL;
out:
    shy_free(&text);
    return st;
}

/* ---- a list as text ----------------------------------------------------------------------------------------------------- */

/* Mappings stay as they are, formulas come out of their quotes. */
static shy_status add_item(shy_value *value, const char *text, size_t length)
{
    shy_status st = SHY_OK;
    char *plain = NULL;

    SHY_TRY(unquote(text, length, &plain));
    SHY_TRY(shy_value_add_item(value, plain, strlen(plain)));
out:
    shy_free(&plain);
    return st;
}

shy_status shy_value_read_baselines(shy_value *value, const char *text)
{
    shy_status st = SHY_OK;
    const char *at = text + strspn(text, " ");
    const bool bracket = *at == '[';

    for (at += bracket, at += strspn(at, " "); *at != '\0' && !(bracket && *at == ']'); at += strspn(at, " ")) {
        const size_t length = stretch(at, bracket ? ",]" : ",");
        SHY_TRY(add_item(value, at, length));
        at += length;
        if (*at == ',') at++;
    }
    if (bracket && (*at != ']' || at[1 + strspn(at + 1, " ")] != '\0'))
        SHY_TRY(shy_fail(SHY_INPUT, "--set: the list %s has to end with ].", text));
out:
    return st;
}
