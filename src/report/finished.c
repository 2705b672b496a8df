/* finished.c: results of a finished run, read back to be shown: one target, or several. */
#include "shy_config.h"

#include <string.h>
#include <unistd.h>

#include "report_impl.h"

static shy_status load_front(const char *directory, json_t **document_out)
{
    shy_status st = SHY_OK;
    char *path = NULL;
    json_t *document = NULL;
    json_error_t error;

    SHY_TRY(shy_report_path(directory, "front.json", &path));
    if (access(path, R_OK) != 0)
        SHY_TRY(shy_fail(SHY_IO, "%s: there are no results to show. Give the directory that a search wrote with -o.",
                         path));
    document = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (document == NULL)
        SHY_TRY(shy_fail(SHY_INPUT, "%s:%d:%d: is not the front of a search: %s.", path, error.line, error.column,
                         error.text));
    if (!json_is_array(json_object_get(document, "front")) || !json_is_array(json_object_get(document, "metrics")) ||
        !json_is_object(json_object_get(document, "best")))
        SHY_TRY(shy_fail(SHY_INPUT, "%s: is not the front of a search: \"front\", \"best\" or \"metrics\" is missing.",
                         path));
    *document_out = document, document = NULL;
out:
    json_decref(document);
    shy_free(&path);
    return st;
}

static const char *name_of(const json_t *target, const char *key)
{
    const char *name = json_string_value(json_object_get(target, key));

    return name == NULL ? "" : name;
}

/* *document_out stays with the caller, to be read together with the others'. */
static shy_status show_target(const char *directory, const json_t *target, int complexity, json_t **document_out, FILE *stream)
{
    shy_status st = SHY_OK;
    char *path = NULL;
    const char *name = name_of(target, "directory");

    if (*name == '\0' || strchr(name, '/') != NULL)
        return shy_fail(SHY_INPUT, "%s/%s: a target without a directory.", directory, SHY_TARGETS_FILE);
    SHY_TRY(shy_report_path(directory, name, &path));
    SHY_TRY(load_front(path, document_out));
    fprintf(stream, "=== %s ===\n", name_of(target, "name"));
    SHY_TRY(complexity == 0 ? shy_report_print_front(*document_out, false, stream) : shy_report_print(*document_out, complexity, stream));
out:
    shy_free(&path);
    return st;
}

/* Fronts one after the other, and how to read them all once. */
static shy_status show_targets(const char *directory, const json_t *document, int complexity, FILE *stream)
{
    shy_status st = SHY_OK;
    const json_t *targets = json_object_get(document, "targets");
    const size_t count = json_array_size(targets);
    json_t **front = NULL;

    SHY_TRY(shy_new(count, sizeof *front, &front));
    for (size_t k = 0; k < count; k++) {
        if (k > 0) fputs("\n", stream);
        SHY_TRY(show_target(directory, json_array_get(targets, k), complexity, &front[k], stream));
    }
    if (complexity == 0) shy_report_print_reading((const json_t *const *)front, (int)count, stream);
    fputs("\n", stream);
    SHY_TRY(shy_report_print_factors(document, stream));
out:
    for (size_t k = 0; front != NULL && k < count; k++) json_decref(front[k]);
    shy_free(&front);
    return st;
}

shy_status shy_show(const char *directory, int complexity, FILE *stream)
{
    shy_status st = SHY_OK;
    char *path = NULL;
    json_t *document = NULL;

    SHY_TRY(shy_report_path(directory, SHY_TARGETS_FILE, &path));
    if (access(path, R_OK) == 0) document = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
    if (document != NULL) {
        SHY_TRY(show_targets(directory, document, complexity, stream));
    } else {
        SHY_TRY(load_front(directory, &document));
        SHY_TRY(shy_report_print(document, complexity, stream));
    }
out:
    json_decref(document);
    shy_free(&path);
    return st;
}

/* ---- what run it was ------------------------------------------------------------------------------------------------------- */

/* The directory that has run.json: that of the first target, if there are several. Owned. */
static shy_status manifest_path(const char *directory, char **path_out)
{
    shy_status st = SHY_OK;
    char *path = NULL, *name = NULL;
    json_t *document = NULL;

    SHY_TRY(shy_report_path(directory, SHY_TARGETS_FILE, &path));
    if (access(path, R_OK) == 0) document = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
    const char *target = name_of(json_array_get(json_object_get(document, "targets"), 0), "directory");
    SHY_TRY(shy_string_format(&name, "%s%srun.json", target, *target != '\0' ? "/" : ""));
    SHY_TRY(shy_report_path(directory, name, path_out));
out:
    json_decref(document);
    shy_free(&name);
    shy_free(&path);
    return st;
}

shy_status shy_finished_run(const char *directory, char **configuration_out, char **cohort_sha256_out)
{
    shy_status st = SHY_OK;
    char *path = NULL, *configuration = NULL;
    json_t *document = NULL;
    json_error_t error;

    SHY_TRY(manifest_path(directory, &path));
    if (access(path, R_OK) != 0) SHY_TRY(shy_fail(SHY_IO, "%s: cannot be read: which run these results are of is not known.", path));
    document = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (document == NULL) SHY_TRY(shy_fail(SHY_INPUT, "%s:%d:%d: is not the manifest of a run: %s.", path, error.line, error.column, error.text));
    SHY_TRY(shy_string_copy(name_of(document, "configuration"), &configuration));
    SHY_TRY(shy_string_copy(name_of(document, "cohort_sha256"), cohort_sha256_out));
    *configuration_out = configuration, configuration = NULL;
out:
    json_decref(document);
    shy_free(&configuration);
    shy_free(&path);
    return st;
}
