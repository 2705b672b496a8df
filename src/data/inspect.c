/* inspect.c: what is in a cohort, for people: where it comes from, and its columns. */
#include "shy_config.h"

#include <jansson.h>
#include <string.h>

#include "cohort_impl.h"
#include "text_impl.h"

static void print_source(FILE *stream, const json_t *source)
{
    const char *name = "", *sha256 = "";
    json_int_t rows = 0, columns = 0;
    char text[32];

    if (json_unpack((json_t *)(uintptr_t)source, "{s:s, s:s, s:I, s:I}", "name", &name, "sha256", &sha256, "rows",
                    &rows, "columns", &columns) != 0)
        return;
    fprintf(stream, "source      %s: %s rows, ", name, shy_text_thousands((uint64_t)rows, text));
    fprintf(stream, "%s columns, sha256 %.12s…\n", shy_text_thousands((uint64_t)columns, text), sha256);
}

static void print_options(FILE *stream, const json_t *options)
{
    const json_t *codes = json_object_get(options, "missing");
    const char *join = json_string_value(json_object_get(options, "join"));
    const char *schema = json_string_value(json_object_get(json_object_get(options, "schema"), "name"));

    if (join != NULL) fprintf(stream, "joined on   %s\n", join);
    if (schema != NULL) fprintf(stream, "schema      %s\n", schema);
    if (json_array_size(codes) == 0) return;
    fputs("missing     empty, NA, NaN, .", stream);
    for (size_t i = 0; i < json_array_size(codes); i++)
        fprintf(stream, ", %s", json_string_value(json_array_get(codes, i)));
    fputc('\n', stream);
}

static void print_provenance(const shy_cohort *c, FILE *stream)
{
    json_t *root = json_loads(shy_cohort_provenance(c), 0, NULL);
    const json_t *sources = json_object_get(root, "sources");
    const char *version = json_string_value(json_object_get(root, "version"));

    for (size_t i = 0; i < json_array_size(sources); i++)
        print_source(stream, json_array_get(sources, i));
    print_options(stream, json_object_get(root, "options"));
    if (version != NULL) fprintf(stream, "written by  shihyo %s, format %d\n", version, SHY_FORMAT);
    json_decref(root);
}

static void get_column(void *context, int64_t index, shy_column *column_out, const char **remark_out)
{
    const shy_cohort *c = context;

    *column_out = shy_cohort_column(c, index);
    *remark_out = NULL;
}

static shy_status print_all(shy_cohort *c, FILE *stream, int64_t limit)
{
    shy_listing listing = {
        .get = get_column, .context = c, .count = c->head->columns, .rows = c->head->rows, .limit = limit};

    fprintf(stream, "cohort      %s\nsha256      %s\n", c->path, c->head->sha256);
    print_provenance(c, stream);
    listing.more = "shihyo inspect --all";
    shy_listing_print(&listing, stream);
    return ferror(stream) ? shy_fail(SHY_IO, "The description of %s cannot be written.", c->path) : SHY_OK;
}

shy_status shy_cohort_print(shy_cohort *cohort, FILE *stream, int64_t limit)
{
    return shy_team_agree(cohort->team, cohort->team->rank == 0 ? print_all(cohort, stream, limit) : SHY_OK);
}
