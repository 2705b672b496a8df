/*
 * schema.c: reads a schema, event by event, so that every complaint names its line and a schema of a million
 * columns needs
 * no more memory than what it says. All scalars are texts; kinds are judged here, numbers do not occur.
 */
#include "shy_config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "import_impl.h"

typedef struct {
    const char *path;
    yaml_parser_t parser;
    yaml_event_t event;
    bool has_event;
} source;

static const char *const top_keys[] = {"columns", "missing"};
static const char *const rule_keys[] = {"name", "kind", "unit", "modality", "levels", "missing"};
static const char *const kinds[] = {"numeric", "binary", "categorical", "identifier", "time", "event", "skip"};
#define COUNT(array) (sizeof(array) / sizeof *(array))

static unsigned long long line_of(const source *s)
{
    return s->event.start_mark.line + 1;
}

/* ---- events ------------------------------------------------------------------------------------------------------ */

static shy_status syntax_error(const source *s)
{
    const yaml_parser_t *p = &s->parser;

    if (p->error == YAML_MEMORY_ERROR)
        return shy_fail(SHY_MEMORY, "%s: there is not enough memory to read it.", s->path);
    if (p->error == YAML_READER_ERROR)
        return shy_fail(SHY_INPUT, "%s: is not a text file in UTF-8 (byte %zu: %s).", s->path, p->problem_offset,
                        p->problem);
    return shy_fail(SHY_INPUT, "%s:%zu:%zu: is not valid YAML: %s%s%s.", s->path, p->problem_mark.line + 1,
                    p->problem_mark.column + 1, p->context != NULL ? p->context : "", p->context != NULL ? ", " : "",
                    p->problem);
}

static shy_status next(source *s)
{
    if (s->has_event) yaml_event_delete(&s->event);
    s->has_event = yaml_parser_parse(&s->parser, &s->event) == 1;
    if (!s->has_event) return syntax_error(s);
    if (s->event.type == YAML_ALIAS_EVENT)
        return shy_fail(SHY_INPUT, "%s:%llu: an alias (*%s) cannot be used in a schema.", s->path, line_of(s),
                        s->event.data.alias.anchor);
    return SHY_OK;
}

static const char *scalar(const source *s)
{
    return (const char *)s->event.data.scalar.value;
}

static shy_status expect(source *s, yaml_event_type_t type, const char *what, const char *form)
{
    if (s->event.type == type) return SHY_OK;
    return shy_fail(SHY_INPUT, "%s:%llu: %s has to be %s here.", s->path, line_of(s), what, form);
}

static shy_status unknown_word(const source *s, const char *what, const char *const *known, size_t count)
{
    const char *near = shy_text_nearest(scalar(s), known, count);
    char all[128] = "";

    for (size_t i = 0; i < count; i++)
        snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s", i > 0 ? ", " : "", known[i]);
    return shy_fail(SHY_INPUT, "%s:%llu: there is no %s %.80s%s%s; there are: %s.", s->path, line_of(s), what,
                    scalar(s), near != NULL ? "; did you mean " : "", near != NULL ? near : "", all);
}

static int index_of(const char *word, const char *const *known, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(word, known[i]) == 0) return (int)i;
    return -1;
}

/* Reads a key of a mapping into *key_out; −1 at its end. `seen` has a bit for each key so far. */
static shy_status read_key(source *s, const char *const *known, size_t count, unsigned *seen, int *key_out)
{
    shy_status st = SHY_OK;

    SHY_TRY(next(s));
    *key_out = -1;
    if (s->event.type == YAML_MAPPING_END_EVENT) return st;
    SHY_TRY(expect(s, YAML_SCALAR_EVENT, "a key", "a word"));
    int key = index_of(scalar(s), known, count);
    if (key < 0) return unknown_word(s, "key", known, count);
    if ((*seen >> key & 1) != 0)
        return shy_fail(SHY_INPUT, "%s:%llu: %s is given twice.", s->path, line_of(s), known[key]);
    *seen |= 1u << key;
    *key_out = key;
out:
    return st;
}

static shy_status copy_scalar(source *s, const char *what, char **text_out)
{
    shy_status st = SHY_OK;

    SHY_TRY(expect(s, YAML_SCALAR_EVENT, what, "one text"));
    size_t length = s->event.data.scalar.length;
    if (length > SHY_NAME_BYTES || !shy_utf8_valid(scalar(s), length))
        return shy_fail(SHY_INPUT, "%s:%llu: %s has to be one line of at most %d bytes.", s->path, line_of(s), what,
                        SHY_NAME_BYTES);
    SHY_TRY(shy_string_copy(scalar(s), text_out));
out:
    return st;
}

static shy_status read_text(source *s, const char *what, char **text_out)
{
    shy_status st = SHY_OK;

    SHY_TRY(next(s));
    SHY_TRY(copy_scalar(s, what, text_out));
out:
    return st;
}

static shy_status read_list(source *s, const char *what, char ***list_out, int *count_out)
{
    shy_status st = SHY_OK;
    char form[64];
    int room = 0;

    snprintf(form, sizeof form, "a list such as [a, b]");
    SHY_TRY(next(s));
    SHY_TRY(expect(s, YAML_SEQUENCE_START_EVENT, what, form));
    for (;;) {
        SHY_TRY(next(s));
        if (s->event.type == YAML_SEQUENCE_END_EVENT) break;
        if (*count_out == room) {
            SHY_TRY(shy_grow((size_t)(2 * room + 4), sizeof **list_out, list_out));
            room = 2 * room + 4;
        }
        SHY_TRY(copy_scalar(s, what, &(*list_out)[*count_out]));
        ++*count_out;
    }
out:
    return st;
}

/* ---- rules ------------------------------------------------------------------------------------------------------- */

static shy_status read_kind(source *s, shy_rule *rule)
{
    shy_status st = SHY_OK;

    SHY_TRY(next(s));
    SHY_TRY(expect(s, YAML_SCALAR_EVENT, "kind", "one word"));
    int kind = index_of(scalar(s), kinds, COUNT(kinds));
    if (kind < 0) return unknown_word(s, "kind", kinds, COUNT(kinds));
    rule->kind = kind == COUNT(kinds) - 1 ? SHY_KIND_SKIP : kind;
out:
    return st;
}

static shy_status read_member(source *s, shy_rule *rule, int key)
{
    switch (key) {
    case 0:
        return read_text(s, "name", &rule->name);
    case 1:
        return read_kind(s, rule);
    case 2:
        return read_text(s, "unit", &rule->unit);
    case 3:
        return read_text(s, "modality", &rule->modality);
    case 4:
        return read_list(s, "levels", &rule->levels, &rule->levels_count);
    default:
        return read_list(s, "missing", &rule->codes, &rule->codes_count);
    }
}

static bool takes_levels(int kind)
{
    return kind == SHY_KIND_BINARY || kind == SHY_KIND_CATEGORICAL || kind == SHY_KIND_EVENT;
}

static shy_status judge_levels(const source *s, shy_rule *rule)
{
    if (rule->levels_count == 0) return SHY_OK;
    if (rule->kind < 0) rule->kind = rule->levels_count == 2 ? SHY_KIND_BINARY : SHY_KIND_CATEGORICAL;
    if (!takes_levels(rule->kind))
        return shy_fail(SHY_INPUT, "%s:%llu: column %s: only binary, categorical and event columns have levels.",
                        s->path, (unsigned long long)rule->line, rule->name);
    if (rule->kind != SHY_KIND_CATEGORICAL && rule->levels_count != 2)
        return shy_fail(SHY_INPUT, "%s:%llu: column %s has %d levels; a binary or event column has two.", s->path,
                        (unsigned long long)rule->line, rule->name, rule->levels_count);
    for (int i = 0; i < rule->levels_count; i++)
        if (index_of(rule->levels[i], (const char *const *)rule->levels, (size_t)i) >= 0)
            return shy_fail(SHY_INPUT, "%s:%llu: column %s: the level %s is given twice.", s->path,
                            (unsigned long long)rule->line, rule->name, rule->levels[i]);
    return SHY_OK;
}

static shy_status judge_rule(const source *s, shy_schema *schema, shy_rule *rule)
{
    shy_status st = SHY_OK;
    int64_t number;
    bool added;

    if (rule->name == NULL || *rule->name == '\0')
        return shy_fail(SHY_INPUT, "%s:%llu: this column has no name. Each starts with - name: NAME.", s->path,
                        (unsigned long long)rule->line);
    SHY_TRY(judge_levels(s, rule));
    SHY_TRY(shy_words_add(&schema->names, rule->name, strlen(rule->name), &number, &added));
    if (!added)
        return shy_fail(SHY_INPUT, "%s:%llu: column %s is already described on line %llu.", s->path,
                        (unsigned long long)rule->line, rule->name, (unsigned long long)schema->rule[number].line);
    for (int i = 0; i < rule->codes_count; i++)
        SHY_TRY(shy_missing_add(&rule->missing, rule->codes[i]));
out:
    return st;
}

static shy_status read_rule(source *s, shy_schema *schema)
{
    shy_status st = SHY_OK;
    unsigned seen = 0;

    if (schema->count == schema->room) {
        uint64_t room = 2 * schema->room + 16;
        SHY_TRY(shy_grow(room, sizeof *schema->rule, &schema->rule));
        schema->room = room;
    }
    shy_rule *rule = &schema->rule[schema->count++];
    *rule = (shy_rule){.kind = -1, .line = line_of(s)};
    SHY_TRY(expect(s, YAML_MAPPING_START_EVENT, "an entry of columns", "a mapping such as {name: age, unit: years}"));
    for (;;) {
        int key;
        SHY_TRY(read_key(s, rule_keys, COUNT(rule_keys), &seen, &key));
        if (key < 0) break;
        SHY_TRY(read_member(s, rule, key));
    }
    SHY_TRY(judge_rule(s, schema, rule));
out:
    return st;
}

static shy_status read_rules(source *s, shy_schema *schema)
{
    shy_status st = SHY_OK;

    SHY_TRY(next(s));
    SHY_TRY(expect(s, YAML_SEQUENCE_START_EVENT, "columns", "a list with one entry (- name: ...) per column"));
    for (;;) {
        SHY_TRY(next(s));
        if (s->event.type == YAML_SEQUENCE_END_EVENT) break;
        SHY_TRY(read_rule(s, schema));
    }
out:
    return st;
}

/* ---- the document ------------------------------------------------------------------------------------------------ */

static shy_status read_document(source *s, shy_schema *schema)
{
    shy_status st = SHY_OK;
    unsigned seen = 0;
    int key;

    do
        SHY_TRY(next(s));
    while (s->event.type == YAML_STREAM_START_EVENT || s->event.type == YAML_DOCUMENT_START_EVENT);
    if (s->event.type != YAML_MAPPING_START_EVENT)
        return shy_fail(SHY_INPUT, "%s: is not a schema: it has to start with columns: and a list of them.", s->path);
    for (;;) {
        SHY_TRY(read_key(s, top_keys, COUNT(top_keys), &seen, &key));
        if (key < 0) break;
        if (key == 0)
            SHY_TRY(read_rules(s, schema));
        else
            SHY_TRY(read_list(s, "missing", &schema->codes, &schema->codes_count));
    }
out:
    return st;
}

shy_status shy_schema_read(const char *path, shy_schema **schema_out)
{
    shy_status st = SHY_OK;
    source s = {.path = path};
    shy_schema *schema = NULL;
    FILE *file = fopen(path, "rb");

    if (file == NULL) return shy_fail(SHY_IO, "%s: cannot be opened: %s.", path, strerror(errno));
    if (yaml_parser_initialize(&s.parser) != 1) {
        fclose(file);
        return shy_fail(SHY_MEMORY, "%s: there is not enough memory to read it.", path);
    }
    yaml_parser_set_input_file(&s.parser, file);
    SHY_TRY(shy_new(1, sizeof *schema, &schema));
    SHY_TRY(read_document(&s, schema));
    *schema_out = schema, schema = NULL;
out:
    if (s.has_event) yaml_event_delete(&s.event);
    yaml_parser_delete(&s.parser);
    fclose(file);
    shy_schema_free(&schema);
    return st;
}

static void free_list(char ***list, int count)
{
    for (int i = 0; i < count; i++)
        shy_free(&(*list)[i]);
    shy_free(list);
}

void shy_schema_free(shy_schema **schema)
{
    if (*schema == NULL) return;
    for (uint64_t i = 0; i < (*schema)->count; i++) {
        shy_rule *rule = &(*schema)->rule[i];
        shy_free(&rule->name);
        shy_free(&rule->unit);
        shy_free(&rule->modality);
        free_list(&rule->levels, rule->levels_count);
        free_list(&rule->codes, rule->codes_count);
        shy_missing_free(&rule->missing);
    }
    free_list(&(*schema)->codes, (*schema)->codes_count);
    shy_words_free(&(*schema)->names);
    shy_free(&(*schema)->rule);
    shy_free(schema);
}

/* `*` stands for any text, `?` for one character. On a mismatch the last `*` takes one character more. */
static bool matches(const char *pattern, const char *name)
{
    const char *star = NULL, *resume = NULL;

    while (*name != '\0') {
        if (*pattern == '*')
            star = ++pattern, resume = name;
        else if (*pattern == '?' || *pattern == *name)
            pattern++, name++;
        else if (star != NULL)
            pattern = star, name = ++resume;
        else
            return false;
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

shy_rule *shy_schema_rule(shy_schema *schema, const char *name)
{
    int64_t exact = shy_words_find(&schema->names, name, strlen(name));

    if (exact >= 0) return &schema->rule[exact];
    for (uint64_t i = 0; i < schema->count; i++)
        if (strpbrk(schema->rule[i].name, "*?") != NULL && matches(schema->rule[i].name, name)) return &schema->rule[i];
    return NULL;
}
