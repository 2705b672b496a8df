/* sweep_snippet.c: a value in the file of a sweep as a small configuration of its own, which the reader of configurations reads. */
#include "shy_config.h"

#include <string.h>
#include <yaml.h>

#include "app/sweep.h"

#define DEPTH_MAX 32

static int copy_node(yaml_document_t *from, const yaml_node_t *node, yaml_document_t *to, int depth);

static int copy_sequence(yaml_document_t *from, const yaml_node_t *node, yaml_document_t *to, int depth)
{
    const int list = yaml_document_add_sequence(to, NULL, YAML_FLOW_SEQUENCE_STYLE);

    for (yaml_node_item_t *i = node->data.sequence.items.start; list != 0 && i < node->data.sequence.items.top; i++) {
        const int item = copy_node(from, yaml_document_get_node(from, *i), to, depth + 1);
        if (item == 0 || !yaml_document_append_sequence_item(to, list, item)) return 0;
    }
    return list;
}

static int copy_mapping(yaml_document_t *from, const yaml_node_t *node, yaml_document_t *to, int depth)
{
    const int mapping = yaml_document_add_mapping(to, NULL, YAML_FLOW_MAPPING_STYLE);

    for (yaml_node_pair_t *p = node->data.mapping.pairs.start; mapping != 0 && p < node->data.mapping.pairs.top; p++) {
        const int key = copy_node(from, yaml_document_get_node(from, p->key), to, depth + 1);
        const int value = key == 0 ? 0 : copy_node(from, yaml_document_get_node(from, p->value), to, depth + 1);
        if (value == 0 || !yaml_document_append_mapping_pair(to, mapping, key, value)) return 0;
    }
    return mapping;
}

/* 0: too deep (a document may contain itself), or no memory. */
static int copy_node(yaml_document_t *from, const yaml_node_t *node, yaml_document_t *to, int depth)
{
    if (node == NULL || depth > DEPTH_MAX) return 0;
    if (node->type == YAML_SEQUENCE_NODE) return copy_sequence(from, node, to, depth);
    if (node->type == YAML_MAPPING_NODE) return copy_mapping(from, node, to, depth);
    const yaml_scalar_style_t style = node->data.scalar.style;
    const bool block = style == YAML_LITERAL_SCALAR_STYLE || style == YAML_FOLDED_SCALAR_STYLE;
    return yaml_document_add_scalar(to, NULL, node->data.scalar.value, (int)node->data.scalar.length,
                                    block ? YAML_DOUBLE_QUOTED_SCALAR_STYLE : style);
}

/* Sections around the value: the mappings of "grammar" and "max_complexity". The first node is the root. */
static int wrap(yaml_document_t *from, const yaml_node_t *node, const char *name, yaml_document_t *to)
{
    const size_t length = strcspn(name, ".");
    const int mapping = yaml_document_add_mapping(to, NULL, YAML_FLOW_MAPPING_STYLE);
    const int key = mapping == 0 ? 0 : yaml_document_add_scalar(to, NULL, (const yaml_char_t *)name, (int)length, YAML_ANY_SCALAR_STYLE);
    int value = 0;

    if (key == 0) return 0;
    value = name[length] == '.' ? wrap(from, node, name + length + 1, to) : copy_node(from, node, to, 0);
    return value != 0 && yaml_document_append_mapping_pair(to, mapping, key, value) ? mapping : 0;
}

/* ---- the text -------------------------------------------------------------------------------------------------------- */

typedef struct {
    char *text;
    size_t length;
    shy_status status;
} sink;

static int receive(void *context, unsigned char *bytes, size_t size)
{
    sink *s = context;

    s->status = shy_grow(s->length + size + 1, 1, &s->text);
    if (s->status != SHY_OK) return 0;
    memcpy(s->text + s->length, bytes, size);
    s->length += size;
    s->text[s->length] = '\0';
    return 1;
}

/* Takes the document. */
static shy_status dump(yaml_document_t *document, const char *where, char **yaml_out)
{
    yaml_emitter_t emitter;
    sink s = {0};
    bool whole = false;

    if (!yaml_emitter_initialize(&emitter)) {
        yaml_document_delete(document);
        return shy_fail(SHY_MEMORY, "%s: there is not enough memory to read it.", where);
    }
    yaml_emitter_set_output(&emitter, receive, &s);
    yaml_emitter_set_unicode(&emitter, 1);
    yaml_emitter_set_width(&emitter, -1);
    whole = yaml_emitter_open(&emitter) && yaml_emitter_dump(&emitter, document) && yaml_emitter_close(&emitter);
    yaml_emitter_delete(&emitter);
    if (!whole || s.status != SHY_OK || s.text == NULL) {
        shy_free(&s.text);
        return s.status != SHY_OK ? s.status : shy_fail(SHY_INPUT, "%s: cannot be read as a value.", where);
    }
    *yaml_out = s.text;
    return SHY_OK;
}

shy_status shy_sweep_snippet(void *document, const void *node, const char *name, const char *where, char **yaml_out)
{
    yaml_document_t made;

    if (!yaml_document_initialize(&made, NULL, NULL, NULL, 1, 1)) return shy_fail(SHY_MEMORY, "%s: there is not enough memory to read it.", where);
    if ((name == NULL ? copy_node(document, node, &made, 0) : wrap(document, node, name, &made)) == 0) {
        yaml_document_delete(&made);
        return shy_fail(SHY_INPUT, "%s: is nested too deeply.", where);
    }
    return dump(&made, where, yaml_out);
}
