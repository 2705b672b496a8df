/*
 * config_walk.c: judges a configuration file with the position of everything in it. libcyaml, which loads the values, keeps
 * no positions once it is done, so libyaml's document, which has them, is walked first.
 */
#include "shy_config.h"

#include <string.h>
#include <yaml.h>

#include "app/config.h"

#define NAME_BYTES 256

typedef struct {
    const char *path;
    yaml_document_t document;
    bool *present;
    shy_config *mappings;
} walk;

/* "run.yaml:12:15" */
static const char *position(const walk *w, const yaml_mark_t *mark, char *text, size_t size)
{
    snprintf(text, size, "%s:%zu:%zu", w->path, mark->line + 1, mark->column + 1);
    return text;
}

static const char *scalar(const yaml_node_t *node)
{
    return (const char *)node->data.scalar.value;
}

static shy_status walk_value(const walk *w, int key, const yaml_node_t *node)
{
    const shy_key *k = shy_key_get(key);
    char where[4096], accepts[512];

    position(w, &node->start_mark, where, sizeof where);
    shy_key_accepts(key, accepts, sizeof accepts);
    if (node->type != YAML_SCALAR_NODE)
        return shy_fail(SHY_INPUT, "%s: %s takes %s, not a %s here.", where, k->name, accepts,
                        node->type == YAML_SEQUENCE_NODE ? "list" : "mapping");
    if (node->data.scalar.length == 0 && node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
        return shy_fail(SHY_INPUT, "%s: %s has no value; it takes %s.", where, k->name, accepts);
    if (strlen(scalar(node)) != node->data.scalar.length)
        return shy_fail(SHY_INPUT, "%s: %s holds a zero byte.", where, k->name);
    return shy_key_judge(key, scalar(node), where);
}

static shy_status walk_list(walk *w, int key, const yaml_node_t *node)
{
    const shy_key *k = shy_key_get(key);
    char where[4096], accepts[512];
    shy_status st = SHY_OK;

    if (node->type != YAML_SEQUENCE_NODE)
        return shy_fail(SHY_INPUT, "%s: %s takes %s; write it in brackets, as %s: [%s].",
                        position(w, &node->start_mark, where, sizeof where), k->name,
                        shy_key_accepts(key, accepts, sizeof accepts), k->name,
                        node->type == YAML_SCALAR_NODE && *scalar(node) ? scalar(node) : "a, b");
    for (yaml_node_item_t *item = node->data.sequence.items.start; item < node->data.sequence.items.top; item++)
        SHY_TRY(walk_value(w, key, yaml_document_get_node(&w->document, *item)));
out:
    return st;
}

/* The earlier pair of the mapping with the same key as `pair`, or NULL. */
static const yaml_node_t *earlier(walk *w, const yaml_node_t *mapping, const yaml_node_pair_t *pair)
{
    const yaml_node_t *key = yaml_document_get_node(&w->document, pair->key);

    for (yaml_node_pair_t *p = mapping->data.mapping.pairs.start; p < pair; p++) {
        const yaml_node_t *other = yaml_document_get_node(&w->document, p->key);
        if (other->type == YAML_SCALAR_NODE && strcmp(scalar(other), scalar(key)) == 0) return other;
    }
    return NULL;
}

static shy_status given_twice(const char *where, const char *name, const yaml_node_t *first)
{
    return shy_fail(SHY_INPUT, "%s: %s is given twice, first on line %zu. Keep one of them.", where, name, first->start_mark.line + 1);
}

/* ---- mappings of names that are not ours ---------------------------------------------------------------------------- */

static shy_status bad_pair(const char *where, int key)
{
    char accepts[512];

    return shy_fail(SHY_INPUT, "%s: %s takes %s.", where, shy_key_get(key)->name, shy_key_accepts(key, accepts, sizeof accepts));
}

/* The value of a pair as text: "a, b" of a list. */
static shy_status pair_text(walk *w, int key, const yaml_node_t *value, const char *where, char **text_out)
{
    shy_status st = SHY_OK;
    char *text = NULL, *longer = NULL;

    if (value->type == YAML_SCALAR_NODE) return shy_string_copy(scalar(value), text_out);
    if (value->type != YAML_SEQUENCE_NODE || shy_key_get(key)->type != SHY_KEY_IS_LISTS_OF) return bad_pair(where, key);
    SHY_TRY(shy_string_copy("", &text));
    for (yaml_node_item_t *item = value->data.sequence.items.start; item < value->data.sequence.items.top; item++) {
        const yaml_node_t *word = yaml_document_get_node(&w->document, *item);
        if (word->type != YAML_SCALAR_NODE) SHY_TRY(bad_pair(where, key));
        SHY_TRY(shy_string_format(&longer, "%s%s%s", text, *text ? ", " : "", scalar(word)));
        shy_free(&text);
        text = longer, longer = NULL;
    }
    *text_out = text, text = NULL;
out:
    shy_free(&text);
    return st;
}

static shy_status add_item(walk *w, int key, const char *item, const char *where)
{
    shy_status st = SHY_OK;

    SHY_TRY(shy_key_judge(key, item, where));
    SHY_TRY(shy_value_add_item(&w->mappings->value[key], item, strlen(item)));
out:
    return st;
}

static shy_status walk_name(walk *w, int key, const yaml_node_t *mapping, const yaml_node_pair_t *pair)
{
    shy_status st = SHY_OK;
    const yaml_node_t *name = yaml_document_get_node(&w->document, pair->key), *first = NULL;
    char where[4096], *text = NULL, *item = NULL;

    position(w, &name->start_mark, where, sizeof where);
    if (name->type != YAML_SCALAR_NODE) return bad_pair(where, key);
    first = earlier(w, mapping, pair);
    if (first != NULL) return given_twice(where, scalar(name), first);
    SHY_TRY(pair_text(w, key, yaml_document_get_node(&w->document, pair->value), where, &text));
    SHY_TRY(shy_string_format(&item, "%s: %s", scalar(name), text));
    SHY_TRY(add_item(w, key, item, where));
out:
    shy_free(&text);
    shy_free(&item);
    return st;
}

/* A mapping, or, as it is saved, the list of its pairs. */
static shy_status walk_names(walk *w, int key, const yaml_node_t *node)
{
    shy_status st = SHY_OK;
    char where[4096];

    position(w, &node->start_mark, where, sizeof where);
    if (node->type == YAML_SCALAR_NODE) return bad_pair(where, key);
    if (node->type == YAML_SEQUENCE_NODE) {
        for (yaml_node_item_t *i = node->data.sequence.items.start; i < node->data.sequence.items.top; i++) {
            const yaml_node_t *item = yaml_document_get_node(&w->document, *i);
            position(w, &item->start_mark, where, sizeof where);
            if (item->type != YAML_SCALAR_NODE) return bad_pair(where, key);
            SHY_TRY(add_item(w, key, scalar(item), where));
        }
        return SHY_OK;
    }
    for (yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top; pair++)
        SHY_TRY(walk_name(w, key, node, pair));
out:
    return st;
}

/* ---- baselines ------------------------------------------------------------------------------------------------------- */

static shy_status walk_member(walk *w, int key, const yaml_node_t *mapping, const yaml_node_pair_t *pair, shy_baseline_item *item)
{
    const yaml_node_t *name = yaml_document_get_node(&w->document, pair->key), *value = yaml_document_get_node(&w->document, pair->value);
    const yaml_node_t *first = earlier(w, mapping, pair);
    char where[4096], message[512];

    position(w, &name->start_mark, where, sizeof where);
    if (name->type != YAML_SCALAR_NODE || value->type != YAML_SCALAR_NODE) return bad_pair(where, key);
    if (first != NULL) return given_twice(where, scalar(name), first);
    const shy_status st = shy_baseline_set(item, scalar(name), scalar(value));
    if (st != SHY_INPUT) return st;
    snprintf(message, sizeof message, "%s", shy_error_message());
    shy_error_clear();
    return shy_fail(SHY_INPUT, "%s: %s: %s", where, shy_key_get(key)->name, message);
}

/* A mapping becomes the text of an item. */
static shy_status walk_baseline(walk *w, int key, const yaml_node_t *node)
{
    shy_status st = SHY_OK;
    shy_baseline_item item = {0};
    char where[4096], *text = NULL;

    position(w, &node->start_mark, where, sizeof where);
    if (node->type == YAML_SEQUENCE_NODE) return bad_pair(where, key);
    if (node->type == YAML_SCALAR_NODE) {
        SHY_TRY(walk_value(w, key, node));
        SHY_TRY(shy_string_copy(scalar(node), &text));
    } else {
        for (yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top; pair++)
            SHY_TRY(walk_member(w, key, node, pair, &item));
        SHY_TRY(shy_baseline_text(&item, &text));
    }
    SHY_TRY(add_item(w, key, text, where));
out:
    shy_baseline_clear(&item);
    shy_free(&text);
    return st;
}

static shy_status walk_baselines(walk *w, int key, const yaml_node_t *node)
{
    shy_status st = SHY_OK;

    if (node->type != YAML_SEQUENCE_NODE) return walk_list(w, key, node); /* which says so */
    for (yaml_node_item_t *item = node->data.sequence.items.start; item < node->data.sequence.items.top; item++)
        SHY_TRY(walk_baseline(w, key, yaml_document_get_node(&w->document, *item)));
out:
    return st;
}

static shy_status unknown_key(const char *where, const char *name)
{
    const char *near = shy_key_nearest(name);

    return shy_fail(SHY_INPUT, "%s: there is no key %s%s%s%s `shihyo help keys` lists all keys.", where, name,
                    near != NULL ? "; did you mean " : "", near != NULL ? near : "", near != NULL ? "?" : ".");
}

static shy_status walk_mapping(walk *w, const char *section, const yaml_node_t *mapping);

static shy_status walk_pair(walk *w, const char *section, const yaml_node_t *mapping, const yaml_node_pair_t *pair)
{
    const yaml_node_t *word = yaml_document_get_node(&w->document, pair->key);
    const yaml_node_t *value = yaml_document_get_node(&w->document, pair->value);
    char name[NAME_BYTES], where[4096];

    position(w, &word->start_mark, where, sizeof where);
    if (word->type != YAML_SCALAR_NODE)
        return shy_fail(SHY_INPUT, "%s: a key must be a word, not a list or mapping.", where);
    if (snprintf(name, sizeof name, "%s%s%s", section, *section ? "." : "", scalar(word)) >= (int)sizeof name)
        return shy_fail(SHY_INPUT, "%s: there is no key as long as this. `shihyo help keys` lists all keys.", where);
    const yaml_node_t *first = earlier(w, mapping, pair);
    if (first != NULL) return given_twice(where, name, first);

    int key = shy_key_find(name);
    if (key >= 0) {
        w->present[key] = true;
        if (shy_key_get(key)->type == SHY_KEY_IS_BASELINES) return walk_baselines(w, key, value);
        if (shy_key_is_mapping(shy_key_get(key))) return walk_names(w, key, value);
        return shy_key_is_list(shy_key_get(key)) ? walk_list(w, key, value) : walk_value(w, key, value);
    }
    if (!shy_key_is_section(name)) return unknown_key(where, name);
    if (value->type != YAML_MAPPING_NODE)
        return shy_fail(SHY_INPUT, "%s: %s is a section with keys of its own; write %s: {name: value}.",
                        position(w, &value->start_mark, where, sizeof where), name, scalar(word));
    return walk_mapping(w, name, value);
}

/* As deep as the keys are: a section inside a key is an error above, so a document that contains itself ends too. */
static shy_status walk_mapping(walk *w, const char *section, const yaml_node_t *mapping)
{
    shy_status st = SHY_OK;

    for (yaml_node_pair_t *pair = mapping->data.mapping.pairs.start; pair < mapping->data.mapping.pairs.top; pair++)
        SHY_TRY(walk_pair(w, section, mapping, pair));
out:
    return st;
}

static shy_status walk_root(walk *w)
{
    const yaml_node_t *root = yaml_document_get_root_node(&w->document);

    if (root == NULL) return shy_fail(SHY_INPUT, "%s: is empty. `shihyo help keys` lists what it may hold.", w->path);
    if (root->type != YAML_MAPPING_NODE)
        return shy_fail(SHY_INPUT, "%s: is not a configuration: it has to hold lines of the form key: value.", w->path);
    return walk_mapping(w, "", root);
}

static shy_status syntax_error(const char *path, const yaml_parser_t *parser)
{
    if (parser->error == YAML_MEMORY_ERROR)
        return shy_fail(SHY_MEMORY, "%s: there is not enough memory to read it.", path);
    if (parser->error == YAML_READER_ERROR)
        return shy_fail(SHY_INPUT, "%s: is not a text file: %s at byte %zu.", path, parser->problem,
                        parser->problem_offset);
    return shy_fail(SHY_INPUT, "%s:%zu:%zu: is not valid YAML: %s%s%s.", path, parser->problem_mark.line + 1,
                    parser->problem_mark.column + 1, parser->context ? parser->context : "",
                    parser->context ? ", " : "", parser->problem ? parser->problem : "unknown error");
}

/* What follows the first document must be nothing. */
static shy_status check_end(const char *path, yaml_parser_t *parser)
{
    yaml_document_t next;

    if (!yaml_parser_load(parser, &next)) return syntax_error(path, parser);
    bool more = yaml_document_get_root_node(&next) != NULL;
    size_t line = next.start_mark.line + 1;
    yaml_document_delete(&next);
    return more ? shy_fail(SHY_INPUT, "%s:%zu:1: a second document starts here; a configuration is one document.", path,
                           line)
                : SHY_OK;
}

shy_status shy_config_walk(const char *path, const char *text, size_t length, bool *present, shy_config *mappings)
{
    shy_status st = SHY_OK;
    yaml_parser_t parser;
    walk w = {.path = path, .present = present, .mappings = mappings};

    if (!yaml_parser_initialize(&parser))
        return shy_fail(SHY_MEMORY, "%s: there is not enough memory to read it.", path);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, length);
    if (!yaml_parser_load(&parser, &w.document)) {
        st = syntax_error(path, &parser);
    } else {
        st = walk_root(&w);
        if (st == SHY_OK) st = check_end(path, &parser);
        yaml_document_delete(&w.document);
    }
    yaml_parser_delete(&parser);
    return st;
}
