/* sweep_vary.c: what varies in a sweep: the lines of its grid and the items of its list, each value judged where it stands. */
#include "shy_config.h"

#include <string.h>

#include "app/sweep_impl.h"

#define MARK "\001" /* stands for the position in messages about a snippet, whose own says nothing */

const char *shy_sweep_position(const shy_sweep_reader *r, const yaml_node_t *node, char *where)
{
    snprintf(where, WHERE_BYTES, "%s:%zu:%zu", r->path, node->start_mark.line + 1, node->start_mark.column + 1);
    return where;
}

const char *shy_sweep_word_of(const yaml_node_t *node)
{
    return node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value : "";
}

yaml_node_t *shy_sweep_at(shy_sweep_reader *r, int node)
{
    return yaml_document_get_node(&r->document, node);
}

/* ---- a change ------------------------------------------------------------------------------------------------------------ */

/* "\001:1:9: text" becomes "WHERE: task N: text". */
static shy_status place_message(shy_status status, const char *where, uint64_t task)
{
    char message[2048];
    const char *text = message;

    snprintf(message, sizeof message, "%s", shy_error_message());
    if (status != SHY_INPUT || strncmp(message, MARK, strlen(MARK)) != 0) return status;
    text += strlen(MARK);
    text += strspn(text, ":0123456789");
    shy_error_clear();
    return shy_fail(SHY_INPUT, "%s: task %llu:%s", where, (unsigned long long)task, text);
}

/* One key with a value (`name` given), or a mapping of several. `task` is the first that has it. */
static shy_status read_change(shy_sweep_reader *r, const char *name, const yaml_node_t *node, uint64_t task, shy_sweep_change *change)
{
    shy_status st = SHY_OK;
    char where[WHERE_BYTES], *yaml = NULL;
    shy_config *scratch = NULL;

    shy_sweep_position(r, node, where);
    SHY_TRY(shy_string_copy(where, &change->where));
    SHY_TRY(shy_string_copy(name == NULL ? "" : name, &change->name));
    SHY_TRY(shy_sweep_snippet(&r->document, node, name, where, &yaml));
    SHY_TRY(shy_new(1, sizeof *scratch, &scratch));
    SHY_TRY(shy_config_walk(MARK, yaml, strlen(yaml), change->present, scratch));
    SHY_TRY(shy_config_parse(&change->values, MARK, yaml, strlen(yaml)));
out:
    shy_config_free(&scratch);
    shy_free(&yaml);
    return place_message(st, where, task);
}

/* Dotted names in an item of the list: "{outcome.column: bmi, seed: 3}" are as many small changes, joined. */
static shy_status join_change(shy_sweep_change *all, shy_sweep_change *one, uint64_t task)
{
    for (int key = 0; key < SHY_KEYS; key++) {
        if (!one->present[key]) continue;
        if (all->present[key])
            return shy_fail(SHY_INPUT, "%s: task %llu: %s is given twice. Keep one of them.", one->where, (unsigned long long)task,
                            shy_key_get(key)->name);
        all->present[key] = true;
        all->values.value[key] = one->values.value[key];
        one->values.value[key] = (shy_value){0};
    }
    return SHY_OK;
}

void shy_sweep_change_free(shy_sweep_change *change)
{
    for (int key = 0; key < SHY_KEYS; key++) shy_value_clear(&change->values.value[key]);
    shy_free(&change->name);
    shy_free(&change->where);
}

static shy_status add_change(shy_sweep_changes *changes, shy_sweep_change **change_out)
{
    shy_status st = shy_grow((size_t)changes->count + 1, sizeof *changes->change, &changes->change);

    if (st != SHY_OK) return st;
    changes->change[changes->count] = (shy_sweep_change){0};
    *change_out = &changes->change[changes->count++];
    return SHY_OK;
}

static size_t items_of(const yaml_node_t *sequence)
{
    return (size_t)(sequence->data.sequence.items.top - sequence->data.sequence.items.start);
}

/* ---- grid and list ------------------------------------------------------------------------------------------------------- */

static shy_status grid_shape(shy_sweep_reader *r)
{
    char where[WHERE_BYTES];

    if (r->grid == NULL) return SHY_OK;
    if (r->grid->type != YAML_MAPPING_NODE)
        return shy_fail(SHY_INPUT, "%s: grid takes keys with lists of values; write grid: {seed: [1, 2]}.", shy_sweep_position(r, r->grid, where));
    for (yaml_node_pair_t *p = r->grid->data.mapping.pairs.start; p < r->grid->data.mapping.pairs.top; p++) {
        const yaml_node_t *key = shy_sweep_at(r, p->key), *values = shy_sweep_at(r, p->value);
        const size_t count = values->type == YAML_SEQUENCE_NODE ? items_of(values) : 0;
        if (*shy_sweep_word_of(key) == '\0')
            return shy_fail(SHY_INPUT, "%s: a key of grid is the name of a key or a section.", shy_sweep_position(r, key, where));
        if (count == 0)
            return shy_fail(SHY_INPUT, "%s: grid: %s takes a list of the values that it is to have; write %s: [a, b].",
                            shy_sweep_position(r, values, where), shy_sweep_word_of(key), shy_sweep_word_of(key));
    }
    return SHY_OK;
}

static shy_status list_shape(const shy_sweep_reader *r)
{
    char where[WHERE_BYTES];

    if (r->list == NULL || (r->list->type == YAML_SEQUENCE_NODE && items_of(r->list) > 0)) return SHY_OK;
    return shy_fail(SHY_INPUT, "%s: list takes mappings of keys to values, one for each task; write list: [{seed: 1}, {seed: 2}].",
                    shy_sweep_position(r, r->list, where));
}

shy_status shy_sweep_count(shy_sweep_reader *r)
{
    shy_status st = grid_shape(r);
    double points = 1.0;

    if (st == SHY_OK) st = list_shape(r);
    if (st != SHY_OK) return st;
    r->combinations = 1.0;
    for (yaml_node_pair_t *p = r->grid ? r->grid->data.mapping.pairs.start : NULL; r->grid && p < r->grid->data.mapping.pairs.top; p++)
        r->combinations *= (double)items_of(shy_sweep_at(r, p->value));
    if (r->list) points = (double)items_of(r->list);
    if (r->combinations * points <= SHY_SWEEP_MAX) return SHY_OK;
    return shy_fail(SHY_INPUT, "%s: gives %.0f tasks (%.0f combinations of the grid%s); a sweep has at most %d. Vary less, or make several sweeps.",
                    r->path, r->combinations * points, r->combinations, r->list ? ", for each item of the list" : "", SHY_SWEEP_MAX);
}

static shy_status read_grid(shy_sweep_reader *r)
{
    shy_status st = SHY_OK;
    double stride = r->combinations;
    shy_sweep *s = &r->sweep;

    if (r->grid == NULL) return SHY_OK;
    SHY_TRY(shy_new((size_t)(r->grid->data.mapping.pairs.top - r->grid->data.mapping.pairs.start), sizeof *s->axis, &s->axis));
    for (yaml_node_pair_t *p = r->grid->data.mapping.pairs.start; p < r->grid->data.mapping.pairs.top; p++) {
        const yaml_node_t *values = shy_sweep_at(r, p->value);
        shy_sweep_changes *axis = &s->axis[s->axes++];
        stride /= (double)items_of(values);
        for (yaml_node_item_t *i = values->data.sequence.items.start; i < values->data.sequence.items.top; i++) {
            shy_sweep_change *change = NULL;
            SHY_TRY(add_change(axis, &change));
            SHY_TRY(read_change(r, shy_sweep_word_of(shy_sweep_at(r, p->key)), shy_sweep_at(r, *i),
                                1 + (uint64_t)(stride * (double)(axis->count - 1) + 0.5), change));
        }
    }
out:
    return st;
}

static shy_status read_point(shy_sweep_reader *r, const yaml_node_t *item, uint64_t task, shy_sweep_change *all)
{
    shy_status st = SHY_OK;
    shy_sweep_change one = {0};
    char where[WHERE_BYTES];

    shy_sweep_position(r, item, where);
    if (item->type != YAML_MAPPING_NODE)
        return shy_fail(SHY_INPUT, "%s: task %llu: an item of list is a mapping; write - {seed: 1}.", where, (unsigned long long)task);
    SHY_TRY(shy_string_copy(where, &all->where));
    for (yaml_node_pair_t *p = item->data.mapping.pairs.start; p < item->data.mapping.pairs.top; p++) {
        if (*shy_sweep_word_of(shy_sweep_at(r, p->key)) == '\0')
            SHY_TRY(shy_fail(SHY_INPUT, "%s: task %llu: a key is the name of a key or a section.", where, (unsigned long long)task));
        shy_sweep_change_free(&one);
        one = (shy_sweep_change){0};
        SHY_TRY(read_change(r, shy_sweep_word_of(shy_sweep_at(r, p->key)), shy_sweep_at(r, p->value), task, &one));
        SHY_TRY(join_change(all, &one, task));
    }
out:
    shy_sweep_change_free(&one);
    return st;
}

static shy_status read_list(shy_sweep_reader *r)
{
    shy_status st = SHY_OK;
    shy_sweep *s = &r->sweep;

    if (r->list == NULL) return SHY_OK;
    SHY_TRY(shy_new(items_of(r->list), sizeof *s->point, &s->point));
    for (yaml_node_item_t *i = r->list->data.sequence.items.start; i < r->list->data.sequence.items.top; i++) {
        shy_sweep_change *change = NULL;
        SHY_TRY(add_change(&s->point[s->points++], &change));
        SHY_TRY(read_point(r, shy_sweep_at(r, *i), 1 + (uint64_t)(r->combinations * (s->points - 1) + 0.5), change));
    }
out:
    return st;
}

/* What two lines of the grid both set, or a line and the list, or --set: the later one would silently win. */
static shy_status check_overlap(const shy_sweep *s)
{
    const shy_sweep_change *owner[SHY_KEYS] = {NULL};

    for (int a = 0; a < s->axes + s->points; a++) {
        const shy_sweep_changes *changes = a < s->axes ? &s->axis[a] : &s->point[a - s->axes];
        for (int i = 0; i < changes->count; i++)
            for (int key = 0; key < SHY_KEYS; key++) {
                const shy_sweep_change *change = &changes->change[i];
                if (!change->present[key]) continue;
                const bool mine = owner[key] == NULL || owner[key] == changes->change || (a >= s->axes && owner[key]->name == NULL);
                if (!mine)
                    return shy_fail(SHY_INPUT, "%s: %s is set here and at %s. Keep one of them.", change->where, shy_key_get(key)->name,
                                    owner[key]->where);
                if (owner[key] == NULL) owner[key] = changes->change;
            }
    }
    return SHY_OK;
}

shy_status shy_sweep_read_changes(shy_sweep_reader *r)
{
    shy_status st = SHY_OK;

    SHY_TRY(read_grid(r));
    SHY_TRY(read_list(r));
    SHY_TRY(check_overlap(&r->sweep));
out:
    return st;
}
