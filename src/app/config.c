/* config.c: a configuration in memory: defaults, one assignment from the command line, and its values. */
#include "shy_config.h"

#include <string.h>

#include "app/config.h"
#include "shihyo/model.h"

#define SET "--set"

/* ---- values ------------------------------------------------------------------------------------------------------ */

void shy_value_clear(shy_value *value)
{
    for (unsigned i = 0; i < value->count; i++)
        shy_free(&value->item[i]);
    shy_free(&value->item);
    shy_free(&value->text);
    value->count = 0;
}

shy_status shy_value_set_text(shy_value *value, const char *text)
{
    char *copy = NULL;
    shy_status st = shy_string_copy(text, &copy);

    if (st != SHY_OK) return st;
    shy_value_clear(value);
    value->text = copy;
    return SHY_OK;
}

shy_status shy_value_add_item(shy_value *value, const char *text, size_t length)
{
    shy_status st = SHY_OK;
    char *copy = NULL;

    SHY_TRY(shy_new(length + 1, 1, &copy));
    memcpy(copy, text, length);
    SHY_TRY(shy_grow((size_t)value->count + 1, sizeof *value->item, &value->item));
    value->item[value->count++] = copy, copy = NULL;
out:
    shy_free(&copy);
    return st;
}

/* Reads one item from *text up to a comma or `close` outside quotes; quotes are taken off, blanks around it too. */
static bool read_item(const char **text, char close, char *item, size_t *length_out)
{
    const char *p = *text;
    size_t length = 0, kept = 0; /* kept: up to the last character that is not a blank outside quotes */
    int depth = 0;               /* of the lists within a mapping */
    char quote = '\0';

    while (*p == ' ')
        p++;
    for (; *p != '\0' && (quote != '\0' || depth > 0 || (*p != ',' && *p != close)); p++) {
        if (quote == '\0' && close == '}') depth += (*p == '[') - (*p == ']' && depth > 0);
        if (quote == '\0' && (*p == '"' || *p == '\'')) {
            quote = *p;
        } else if (quote != '\0' && *p == quote) {
            quote = '\0';
            kept = length;
        } else {
            item[length++] = *p;
            if (quote != '\0' || *p != ' ') kept = length;
        }
    }
    *text = p;
    *length_out = kept;
    return quote == '\0';
}

shy_status shy_value_read_list(shy_value *value, const char *text)
{
    shy_status st = SHY_OK;
    const char *p = text + strspn(text, " ");
    char close = *p == '[' ? ']' : *p == '{' ? '}' : '\0';
    char *item = NULL;
    size_t length = 0;

    SHY_TRY(shy_new(strlen(text) + 1, 1, &item));
    if (close != '\0') p++;
    p += strspn(p, " ");
    while (*p != '\0' && *p != close) {
        if (!read_item(&p, close, item, &length))
            SHY_TRY(shy_fail(SHY_INPUT, SET ": the list %s has a quote without an end.", text));
        SHY_TRY(shy_value_add_item(value, item, length));
        if (*p == ',') p++;
        p += strspn(p, " ");
    }
    if (close != '\0' && (*p != close || p[1 + strspn(p + 1, " ")] != '\0'))
        SHY_TRY(shy_fail(SHY_INPUT, SET ": the list %s has to end with %c.", text, close));
out:
    shy_free(&item);
    return st;
}

static shy_status read_items(const shy_key *key, shy_value *value, const char *text)
{
    return key->type == SHY_KEY_IS_BASELINES ? shy_value_read_baselines(value, text) : shy_value_read_list(value, text);
}

/* ---- a configuration --------------------------------------------------------------------------------------------- */

shy_status shy_config_create(shy_config **config_out)
{
    shy_status st = SHY_OK;
    shy_config *config = NULL;

    SHY_TRY(shy_new(1, sizeof *config, &config));
    for (int key = 0; key < SHY_KEYS; key++) {
        const shy_key *k = shy_key_get(key);
        if (k->fallback == NULL) continue;
        if (shy_key_is_list(k))
            SHY_TRY(read_items(k, &config->value[key], k->fallback));
        else
            SHY_TRY(shy_value_set_text(&config->value[key], k->fallback));
    }
    *config_out = config, config = NULL;
out:
    shy_config_free(&config);
    return st;
}

void shy_config_free(shy_config **config)
{
    if (*config == NULL) return;
    for (int key = 0; key < SHY_KEYS; key++)
        shy_value_clear(&(*config)->value[key]);
    shy_free(config);
}

static shy_status set_key(shy_config *config, int key, const char *text)
{
    shy_status st = SHY_OK;
    shy_value read = {0};

    if (shy_key_is_list(shy_key_get(key))) {
        SHY_TRY(read_items(shy_key_get(key), &read, text));
        for (unsigned i = 0; i < read.count; i++)
            SHY_TRY(shy_key_judge(key, read.item[i], SET));
    } else {
        SHY_TRY(shy_key_judge(key, text, SET));
        SHY_TRY(shy_value_set_text(&read, text));
    }
    shy_value_clear(&config->value[key]);
    config->value[key] = read, read = (shy_value){0};
out:
    shy_value_clear(&read);
    return st;
}

/* section={name: value, …} is section.name=value for each. */
static shy_status set_section(shy_config *config, const char *section, const char *text)
{
    shy_status st = SHY_OK;
    shy_value pairs = {0};
    char *assignment = NULL;

    if (text[strspn(text, " ")] != '{')
        return shy_fail(SHY_INPUT, SET ": %s is a section with keys of its own; write for example %s={name: value}.",
                        section, section);
    SHY_TRY(shy_value_read_list(&pairs, text));
    for (unsigned i = 0; i < pairs.count; i++) {
        char *colon = strchr(pairs.item[i], ':');
        if (colon == NULL)
            SHY_TRY(shy_fail(SHY_INPUT, SET ": \"%s\" in %s=%s has no value; write name: value.", pairs.item[i],
                             section, text));
        *colon = '\0';
        shy_free(&assignment);
        SHY_TRY(shy_string_format(&assignment, "%s.%s=%s", section, pairs.item[i], colon + 1 + strspn(colon + 1, " ")));
        SHY_TRY(shy_config_set(config, assignment));
    }
out:
    shy_free(&assignment);
    shy_value_clear(&pairs);
    return st;
}

shy_status shy_config_set(shy_config *config, const char *assignment)
{
    shy_status st = SHY_OK;
    const char *equals = strchr(assignment, '=');
    char *name = NULL;

    if (equals == NULL || equals == assignment)
        return shy_fail(SHY_INPUT, SET ": \"%s\" is not of the form key=value.", assignment);
    SHY_TRY(shy_string_format(&name, "%.*s", (int)(equals - assignment), assignment));
    if (shy_key_find(name) >= 0) {
        SHY_TRY(set_key(config, shy_key_find(name), equals + 1));
    } else if (shy_key_is_section(name)) {
        SHY_TRY(set_section(config, name, equals + 1));
    } else {
        const char *near = shy_key_nearest(name);
        SHY_TRY(shy_fail(SHY_INPUT, SET ": there is no key %s%s%s%s `shihyo help keys` lists all keys.", name,
                         near != NULL ? "; did you mean " : "", near != NULL ? near : "", near != NULL ? "?" : "."));
    }
out:
    shy_free(&name);
    return st;
}

/* Which column is to be explained has no default; an outcome of time and event has its own keys, and the loader asks for them. */
static shy_status check_outcome(const shy_config *config, const char *path)
{
    const shy_outcome_ops *ops = shy_outcome_find(shy_config_text(config, SHY_KEY_OUTCOME_KIND));

    if ((ops != NULL && ops->needs_time) || config->value[SHY_KEY_OUTCOME_COLUMNS].count > 0) return SHY_OK;
    if (*shy_config_text(config, SHY_KEY_OUTCOME_COLUMN) != '\0') return SHY_OK;
    return shy_fail(SHY_INPUT, "%s: outcome.column is missing. %s Add it to the file, or give --set outcome.column=…", path,
                    shy_key_get(SHY_KEY_OUTCOME_COLUMN)->help);
}

/* One part would leave nothing to search on. */
static shy_status check_folds(const shy_config *config, const char *path)
{
    if (shy_config_integer(config, SHY_KEY_VALIDATION_FOLDS) != 1) return SHY_OK;
    return shy_fail(SHY_INPUT, "%s: validation.folds is 1; it takes 2 or more, or 0 for no cross-validation.", path);
}

shy_status shy_config_check(const shy_config *config, const char *path)
{
    for (int key = 0; key < SHY_KEYS; key++) {
        const shy_key *k = shy_key_get(key);
        if (k->fallback == NULL && config->value[key].text == NULL)
            return shy_fail(SHY_INPUT, "%s: %s is missing. %s Add it to the file, or give --set %s=…", path, k->name,
                            k->help, k->name);
    }
    const shy_status st = check_outcome(config, path);
    return st == SHY_OK ? check_folds(config, path) : st;
}

/* ---- its values; judged when they were set ----------------------------------------------------------------------- */

const char *shy_config_text(const shy_config *config, int key)
{
    return config->value[key].text == NULL ? "" : config->value[key].text;
}

int64_t shy_config_integer(const shy_config *config, int key)
{
    int64_t value = 0;
    return shy_text_integer(shy_config_text(config, key), &value) ? value : 0;
}

double shy_config_number(const shy_config *config, int key)
{
    double value = 0;
    return shy_text_number(shy_config_text(config, key), &value) ? value : 0;
}

uint64_t shy_config_bytes(const shy_config *config, int key)
{
    uint64_t value = 0;
    return shy_size_parse(shy_config_text(config, key), &value) ? value : 0;
}

double shy_config_duration(const shy_config *config, int key)
{
    double seconds = 0;
    return shy_duration_parse(shy_config_text(config, key), &seconds) ? seconds : -1;
}

bool shy_config_equal(const shy_config *a, const shy_config *b, int key)
{
    const shy_value *left = &a->value[key], *right = &b->value[key];

    if (left->count != right->count || strcmp(shy_config_text(a, key), shy_config_text(b, key)) != 0) return false;
    for (unsigned i = 0; i < left->count; i++)
        if (strcmp(left->item[i], right->item[i]) != 0) return false;
    return true;
}

shy_status shy_config_print(const shy_config *config, int key, char **text_out)
{
    shy_status st = SHY_OK;
    const shy_value *value = &config->value[key];
    char *text = NULL, *longer = NULL;

    if (!shy_key_is_list(shy_key_get(key))) return shy_string_copy(value->text == NULL ? "" : value->text, text_out);
    SHY_TRY(shy_string_copy("[", &text));
    for (unsigned i = 0; i < value->count; i++) {
        SHY_TRY(shy_string_format(&longer, "%s%s%s", text, i > 0 ? ", " : "", value->item[i]));
        shy_free(&text);
        text = longer, longer = NULL;
    }
    SHY_TRY(shy_string_format(text_out, "%s]", text));
out:
    shy_free(&text);
    return st;
}

const char *const *shy_config_list(const shy_config *config, int key, int *count_out)
{
    *count_out = (int)config->value[key].count;
    return (const char *const *)config->value[key].item;
}

static shy_units_mode units_mode(const char *text)
{
    if (strcmp(text, "strict") == 0) return SHY_UNITS_STRICT;
    return strcmp(text, "off") == 0 ? SHY_UNITS_OFF : SHY_UNITS_CLINICAL;
}

shy_status shy_config_grammar(const shy_config *config, shy_grammar *grammar_out)
{
    shy_status st = SHY_OK;
    shy_grammar g;
    bool fitted = strcmp(shy_config_text(config, SHY_KEY_GRAMMAR_CONSTANTS), "none") != 0;
    const shy_value *operators = &config->value[SHY_KEY_GRAMMAR_OPERATORS],
                    *forbid = &config->value[SHY_KEY_GRAMMAR_FORBID];
    shy_op op;

    shy_grammar_default(&g);
    memset(g.allowed, 0, sizeof g.allowed);
    memset(g.forbidden, 0, sizeof g.forbidden);
    g.max_complexity = (int)shy_config_integer(config, SHY_KEY_GRAMMAR_MAX_COMPLEXITY);
    g.max_operand = (int)shy_config_integer(config, SHY_KEY_GRAMMAR_MAX_OPERAND);
    g.max_factors = (int)shy_config_integer(config, SHY_KEY_FACTORS_MAX);
    g.max_constants = fitted ? (int)shy_config_integer(config, SHY_KEY_GRAMMAR_MAX_CONSTANTS) : 0;
    g.units = units_mode(shy_config_text(config, SHY_KEY_GRAMMAR_UNITS));
    g.allowed[SHY_OP_FACTOR] = true;
    g.allowed[SHY_OP_CONSTANT] = g.max_constants > 0;
    for (unsigned i = 0; i < operators->count; i++)
        if (shy_operator_find(operators->item[i], &op)) g.allowed[op] = true;
    for (int o = 0; o < SHY_OPS; o++)
        g.weight[o] = (int)shy_config_integer(config, SHY_KEY_GRAMMAR_COMPLEXITY + o);
    for (unsigned i = 0; i < forbid->count; i++)
        SHY_TRY(shy_grammar_forbid(&g, forbid->item[i]));
    *grammar_out = g;
out:
    return st;
}
