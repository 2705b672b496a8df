/* sweep_read.c: the file of a sweep: what all tasks share, and what varies. */
#include "shy_config.h"

#include <string.h>

#include "app/sweep_impl.h"

/* ---- base ------------------------------------------------------------------------------------------------------------------ */

/* The byte of a mark, which counts characters. */
static size_t byte_of(const shy_sweep_reader *r, size_t characters)
{
    size_t byte = r->length >= 3 && memcmp(r->text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

    for (; byte < r->length && characters > 0; characters--)
        for (byte++; byte < r->length && ((unsigned char)r->text[byte] & 0xc0) == 0x80;) byte++;
    return byte;
}

/* The lines of a mapping where they stand, so that messages about them have the position in the file. Owned. */
static shy_status cut_base(const shy_sweep_reader *r, char **text_out)
{
    shy_status st = SHY_OK;
    const yaml_mark_t *start = &r->base->start_mark;
    const size_t begin = byte_of(r, start->index), end = byte_of(r, r->base->end_mark.index);
    char *text = NULL;

    SHY_TRY(shy_new(start->line + start->column + (end - begin) + 2, 1, &text));
    memset(text, '\n', start->line);
    memset(text + start->line, ' ', start->column);
    memcpy(text + start->line + start->column, r->text + begin, end - begin);
    *text_out = text;
out:
    return st;
}

static shy_status read_base(shy_sweep_reader *r, const char *const *set, int set_count)
{
    shy_status st = SHY_OK;
    char *text = NULL;
    uint64_t length = 0;
    const char *path = r->path;

    SHY_TRY(shy_config_create(&r->sweep.base));
    if (r->base != NULL && r->base->type == YAML_SEQUENCE_NODE)
        SHY_TRY(shy_fail(SHY_INPUT, "%s: base is the path of a configuration, or its keys.", r->path));
    if (r->base != NULL && r->base->type == YAML_SCALAR_NODE) {
        path = shy_sweep_word_of(r->base);
        SHY_TRY(shy_config_file(path, &text, &length));
    } else if (r->base != NULL) {
        SHY_TRY(cut_base(r, &text));
        length = strlen(text);
    }
    if (text != NULL) SHY_TRY(shy_config_parse(r->sweep.base, path, text, length));
    for (int i = 0; i < set_count; i++) SHY_TRY(shy_config_set(r->sweep.base, set[i]));
out:
    shy_free(&text);
    return st;
}

/* What varies cannot be set for all. */
static shy_status check_set(const shy_sweep *s, const char *const *set, int set_count)
{
    for (int i = 0; i < set_count; i++) {
        const size_t length = strcspn(set[i], "=");
        for (int a = 0; a < s->axes + s->points; a++) {
            const shy_sweep_changes *changes = a < s->axes ? &s->axis[a] : &s->point[a - s->axes];
            for (int key = 0; key < SHY_KEYS; key++) {
                const char *name = shy_key_get(key)->name;
                if (changes->change[0].present[key] && strncmp(name, set[i], length) == 0 && (name[length] == '\0' || name[length] == '.'))
                    return shy_fail(SHY_INPUT, "--set %s: %s varies at %s. Change it there.", set[i], name, changes->change[0].where);
            }
        }
    }
    return SHY_OK;
}

/* ---- the whole -------------------------------------------------------------------------------------------------------------- */

static shy_status read_root(shy_sweep_reader *r)
{
    static const char *const names[] = {"base", "grid", "list", "name", "job"};
    yaml_node_t **place[] = {&r->base, &r->grid, &r->list, &r->name, &r->job};
    enum { NAMES = sizeof names / sizeof *names };
    const yaml_node_t *root = yaml_document_get_root_node(&r->document);
    char where[WHERE_BYTES];

    if (root == NULL || root->type != YAML_MAPPING_NODE)
        return shy_fail(SHY_INPUT, "%s: is not a sweep: it has to hold base, and grid or list. `shihyo help sweep` shows one.", r->path);
    for (yaml_node_pair_t *p = root->data.mapping.pairs.start; p < root->data.mapping.pairs.top; p++) {
        const yaml_node_t *key = shy_sweep_at(r, p->key);
        int n = 0;
        while (n < NAMES && strcmp(names[n], shy_sweep_word_of(key)) != 0) n++;
        if (n == NAMES) {
            const char *near = shy_text_nearest(shy_sweep_word_of(key), names, NAMES);
            return shy_fail(SHY_INPUT, "%s: a sweep has base, grid, list, name and job, no \"%s\".%s%s%s Keys of the search belong into base.",
                            shy_sweep_position(r, key, where), shy_sweep_word_of(key), near ? " Did you mean " : "", near ? near : "",
                            near ? "?" : "");
        }
        if (*place[n] != NULL) return shy_fail(SHY_INPUT, "%s: %s is given twice. Keep one of them.", shy_sweep_position(r, key, where), names[n]);
        *place[n] = shy_sweep_at(r, p->value);
    }
    if (r->grid == NULL && r->list == NULL) return shy_fail(SHY_INPUT, "%s: nothing varies: it has neither grid nor list.", r->path);
    return SHY_OK;
}

static shy_status read_parts(shy_sweep_reader *r, const char *const *set, int set_count)
{
    shy_status st = SHY_OK;

    SHY_TRY(read_root(r));
    SHY_TRY(shy_sweep_count(r));
    SHY_TRY(read_base(r, set, set_count));
    SHY_TRY(shy_sweep_read_changes(r));
    SHY_TRY(check_set(&r->sweep, set, set_count));
    SHY_TRY(shy_sweep_read_job(r->path, &r->document, r->job, &r->sweep.job));
    if (r->name != NULL && *shy_sweep_word_of(r->name) == '\0')
        SHY_TRY(shy_fail(SHY_INPUT, "%s: name is a text such as \"{outcome.column}-{seed}\".", r->path));
    if (r->name != NULL) SHY_TRY(shy_string_copy(shy_sweep_word_of(r->name), &r->sweep.name));
out:
    return st;
}

static shy_status syntax_error(const char *path, const yaml_parser_t *parser)
{
    if (parser->error == YAML_MEMORY_ERROR) return shy_fail(SHY_MEMORY, "%s: there is not enough memory to read it.", path);
    return shy_fail(SHY_INPUT, "%s:%zu:%zu: is not valid YAML: %s.", path, parser->problem_mark.line + 1, parser->problem_mark.column + 1,
                    parser->problem ? parser->problem : "unknown error");
}

shy_status shy_sweep_read(const char *path, const char *text, size_t length, const char *const *set, int set_count, shy_sweep *sweep_out)
{
    shy_status st = SHY_OK;
    yaml_parser_t parser;
    shy_sweep_reader r = {.path = path, .text = text, .length = length, .sweep = {.path = path}};

    if (!yaml_parser_initialize(&parser)) return shy_fail(SHY_MEMORY, "%s: there is not enough memory to read it.", path);
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, length);
    if (!yaml_parser_load(&parser, &r.document)) {
        st = syntax_error(path, &parser);
    } else {
        st = read_parts(&r, set, set_count);
        yaml_document_delete(&r.document);
    }
    yaml_parser_delete(&parser);
    if (st == SHY_OK) *sweep_out = r.sweep;
    else shy_sweep_free(&r.sweep);
    return st;
}

static void changes_free(shy_sweep_changes **changes, int *count)
{
    for (int a = 0; *changes != NULL && a < *count; a++) {
        for (int i = 0; i < (*changes)[a].count; i++) shy_sweep_change_free(&(*changes)[a].change[i]);
        shy_free(&(*changes)[a].change);
    }
    shy_free(changes);
    *count = 0;
}

void shy_sweep_free(shy_sweep *sweep)
{
    changes_free(&sweep->axis, &sweep->axes);
    changes_free(&sweep->point, &sweep->points);
    shy_config_free(&sweep->base);
    shy_free(&sweep->name);
    shy_sweep_job_free(&sweep->job);
}
