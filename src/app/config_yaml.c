/*
 * config_yaml.c: configurations as YAML, loaded and saved by libcyaml under one schema, which is made from the table of keys.
 * All scalars are strings to libcyaml, which would take "4k" for 4; config_judge.c reads them strictly.
 */
#include "shy_config.h"

#include <cyaml/cyaml.h>
#include <string.h>

#include "app/config.h"

#define WORD_BYTES 64
/* Every key, and every section once as a field and once as the end of its own fields. */
#define FIELDS_MAX (SHY_KEYS + 32)

typedef struct {
    cyaml_schema_field_t field[FIELDS_MAX];
    char word[FIELDS_MAX][WORD_BYTES];
    int used;
    bool reads;
    cyaml_schema_value_t item, root;
    char message[512]; /* libcyaml's own first complaint */
    cyaml_config_t config;
} schema;

/* ---- the schema -------------------------------------------------------------------------------------------------- */

/* The length of the section `name` starts with beyond the first `prefix` bytes; 0 if it is a key of the section itself. */
static size_t subsection(const char *name, size_t prefix)
{
    const char *dot = strchr(name + prefix, '.');
    return dot == NULL ? 0 : (size_t)(dot - name);
}

static void leaf(schema *s, cyaml_schema_field_t *field, int key)
{
    size_t base = offsetof(shy_config, value) + (size_t)key * sizeof(shy_value);

    field->value.flags = CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL;
    if (s->reads && shy_key_is_walked(shy_key_get(key))) {
        field->value.flags = CYAML_FLAG_OPTIONAL;
        field->value.type = CYAML_IGNORE;
        return;
    }
    if (!shy_key_is_list(shy_key_get(key))) {
        field->value.type = CYAML_STRING;
        field->value.data_size = sizeof(char);
        field->value.string.max = CYAML_UNLIMITED;
        field->data_offset = (uint32_t)(base + offsetof(shy_value, text));
        return;
    }
    field->value.type = CYAML_SEQUENCE;
    field->value.flags |= CYAML_FLAG_FLOW;
    field->value.data_size = sizeof(char *);
    field->value.sequence.entry = &s->item;
    field->value.sequence.max = CYAML_UNLIMITED;
    field->data_offset = (uint32_t)(base + offsetof(shy_value, item));
    field->count_offset = (uint32_t)(base + offsetof(shy_value, count));
    field->count_size = sizeof(unsigned);
}

/* The first key after `key` that does not stand in the same section `length` bytes long. */
static int section_end(int key, size_t length)
{
    const char *name = shy_key_get(key)->name;
    int end = key + 1;

    while (end < SHY_KEYS && strncmp(shy_key_get(end)->name, name, length + 1) == 0)
        end++;
    return end;
}

static int next_child(int key, size_t prefix)
{
    size_t length = subsection(shy_key_get(key)->name, prefix);
    return length > 0 ? section_end(key, length) : key + 1;
}

/* The fields of the keys first … end−1, whose names share their first `prefix` bytes. A section is laid over the whole store. */
static const cyaml_schema_field_t *fields(schema *s, int first, int end, size_t prefix)
{
    int start = s->used, at = start;

    for (int key = first; key < end; key = next_child(key, prefix))
        s->used++;
    s->used++; /* the empty field at the end */
    for (int key = first; key < end; key = next_child(key, prefix), at++) {
        const char *name = shy_key_get(key)->name;
        size_t length = subsection(name, prefix);
        cyaml_schema_field_t *field = &s->field[at];
        snprintf(s->word[at], WORD_BYTES, "%.*s", length > 0 ? (int)(length - prefix) : WORD_BYTES - 1, name + prefix);
        field->key = s->word[at];
        if (length == 0) {
            leaf(s, field, key);
            continue;
        }
        field->value.type = CYAML_MAPPING;
        field->value.flags = CYAML_FLAG_OPTIONAL;
        field->value.data_size = sizeof(shy_config);
        field->value.mapping.fields = fields(s, key, section_end(key, length), length + 1);
    }
    return &s->field[start];
}

/* ---- libcyaml's memory and messages are ours --------------------------------------------------------------------- */

static void *memory(void *context, void *block, size_t size)
{
    (void)context;
    if (size == 0) {
        shy_free(&block);
        return NULL;
    }
    return shy_grow(size, 1, &block) == SHY_OK ? block : NULL;
}

static void keep_message(cyaml_log_t level, void *context, const char *format, va_list args)
{
    schema *s = context;

    if (level < CYAML_LOG_ERROR || s->message[0] != '\0') return;
    vsnprintf(s->message, sizeof s->message, format, args);
    s->message[strcspn(s->message, "\n")] = '\0';
}

/* Mappings of names that are not ours are read by config_walk.c and written as lists of their pairs. */
static shy_status schema_create(bool reads, schema **schema_out)
{
    schema *s = NULL;
    shy_status st = shy_new(1, sizeof *s, &s);

    if (st != SHY_OK) return st;
    s->reads = reads;
    s->item.type = CYAML_STRING;
    s->item.flags = CYAML_FLAG_POINTER;
    s->item.data_size = sizeof(char);
    s->item.string.max = CYAML_UNLIMITED;
    s->root.type = CYAML_MAPPING;
    s->root.flags = CYAML_FLAG_POINTER;
    s->root.data_size = sizeof(shy_config);
    s->root.mapping.fields = fields(s, 0, SHY_KEYS, 0);
    s->config = (cyaml_config_t){.log_fn = keep_message, .log_ctx = s, .mem_fn = memory, .log_level = CYAML_LOG_ERROR};
    *schema_out = s;
    return SHY_OK;
}

static shy_status cyaml_status(const schema *s, cyaml_err_t err, const char *path)
{
    if (err == CYAML_OK) return SHY_OK;
    if (err == CYAML_ERR_OOM)
        return shy_fail(SHY_MEMORY, "%s: there is not enough memory for the configuration.", path);
    return shy_fail(SHY_INPUT, "%s: %s%s%s.", path, cyaml_strerror(err), s->message[0] ? ": " : "", s->message);
}

/* ---- load and save ----------------------------------------------------------------------------------------------- */

shy_status shy_config_parse(shy_config *config, const char *path, const char *text, size_t length)
{
    shy_status st = SHY_OK;
    schema *s = NULL;
    shy_config *loaded = NULL, *mappings = NULL;
    bool present[SHY_KEYS] = {false};

    SHY_TRY(shy_new(1, sizeof *mappings, &mappings));
    SHY_TRY(shy_config_walk(path, text, length, present, mappings));
    SHY_TRY(schema_create(true, &s));
    SHY_TRY(cyaml_status(
        s, cyaml_load_data((const uint8_t *)text, length, &s->config, &s->root, (cyaml_data_t **)&loaded, NULL), path));
    for (int key = 0; key < SHY_KEYS; key++) {
        if (!present[key]) continue;
        shy_value_clear(&config->value[key]);
        shy_value *read = shy_key_is_walked(shy_key_get(key)) ? &mappings->value[key] : &loaded->value[key];
        config->value[key] = *read;
        *read = (shy_value){0};
    }
out:
    shy_config_free(&mappings);
    shy_config_free(&loaded);
    shy_free(&s);
    return st;
}

/* What is to be written: values that say nothing (an empty text, a weight at its default) are left out. Borrows everything. */
static void select_values(const shy_config *config, shy_config *saved, char **no_items)
{
    for (int key = 0; key < SHY_KEYS; key++) {
        const shy_key *k = shy_key_get(key);
        const char *text = config->value[key].text;
        bool weight = key >= SHY_KEY_GRAMMAR_COMPLEXITY && key < SHY_KEY_GRAMMAR_COMPLEXITY + SHY_OPS;
        saved->value[key] = config->value[key];
        if (text != NULL && (*text == '\0' || (weight && strcmp(text, k->fallback) == 0)))
            saved->value[key].text = NULL;
        if (shy_key_is_list(k) && saved->value[key].item == NULL)
            saved->value[key].item = no_items; /* libcyaml writes [] */
    }
}

shy_status shy_config_save(const shy_config *config, char **yaml_out)
{
    shy_status st = SHY_OK;
    schema *s = NULL;
    shy_config saved = {0};
    char *no_items[1] = {NULL}, *text = NULL;
    size_t length = 0;

    SHY_TRY(schema_create(false, &s));
    select_values(config, &saved, no_items);
    SHY_TRY(cyaml_status(s, cyaml_save_data(&text, &length, &s->config, &s->root, &saved, 0),
                         "The configuration cannot be saved"));
    SHY_TRY(shy_string_format(yaml_out, "%.*s", (int)length, text));
out:
    shy_free(&text);
    shy_free(&s);
    return st;
}
