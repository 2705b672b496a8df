/*
 * provenance.c: where a cohort comes from, as JSON: sources with their SHA-256, options, version. No paths, no dates.
 */
#include "shy_config.h"

#include <jansson.h>
#include <string.h>

#include "file_impl.h"
#include "import_impl.h"

static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? path : slash + 1;
}

static json_t *texts_of(const char *const *texts, int count)
{
    json_t *list = json_array();

    for (int i = 0; i < count; i++)
        json_array_append_new(list, json_string(texts[i]));
    return list;
}

static json_t *sources_of(const shy_import *import)
{
    json_t *list = json_array();

    for (int t = 0; t < import->tables; t++) {
        const shy_import_table *table = &import->table[t];
        const char *separator = table->separator == '\t' ? "tab" : table->separator == ';' ? "semicolon" : "comma";
        json_array_append_new(list, json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:s}", "name", table->name, "sha256",
                                              table->sha256, "bytes", (json_int_t)table->bytes, "rows",
                                              (json_int_t)table->rows, "columns", (json_int_t)table->count, "matched",
                                              (json_int_t)table->matched, "separator", separator));
    }
    return list;
}

static json_t *options_of(const shy_import *import)
{
    const shy_import_options *o = import->options;
    json_t *options = json_pack("{s:o, s:s?}", "missing", texts_of(o->missing, o->missing_count), "join", o->join);

    if (o->schema != NULL)
        json_object_set_new(options, "schema",
                            json_pack("{s:s, s:s}", "name", file_name(o->schema), "sha256", import->schema_sha256));
    return options;
}

shy_status shy_import_provenance(const shy_import *import, char **text_out)
{
    shy_status st = SHY_OK;
    const size_t flags = JSON_INDENT(2);
    json_t *root = json_pack("{s:s, s:s, s:i, s:o, s:o}", "program", "shihyo", "version", PACKAGE_VERSION, "format",
                             SHY_FORMAT, "sources", sources_of(import), "options", options_of(import));
    char *text = NULL;

    if (root == NULL) {
        st = shy_fail(SHY_INPUT, "The provenance cannot be written: a file name or an option is not UTF-8 text.");
        goto out;
    }
    size_t size = json_dumpb(root, NULL, 0, flags);
    SHY_TRY(shy_new(size + 1, 1, &text));
    json_dumpb(root, text, size, flags);
    *text_out = text;
out:
    json_decref(root);
    return st;
}
