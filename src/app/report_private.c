/* report_private.c: what a manifest of a run says of the machine it ran on stays there. */
#include "shy_config.h"

#include <string.h>

#include "app/report_impl.h"

const char *shy_report_file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

/* text with every `path` in it replaced by `name`. Owned. */
static shy_status replaced(const char *text, const char *path, const char *name, char **out)
{
    shy_buffer buffer = {0};
    const char *found;
    shy_status st = SHY_OK;

    while ((found = strstr(text, path)) != NULL) {
        shy_buffer_add(&buffer, text, (size_t)(found - text));
        shy_buffer_text(&buffer, name);
        text = found + strlen(path);
    }
    shy_buffer_text(&buffer, text);
    SHY_TRY(buffer.status);
    SHY_TRY(shy_string_copy(buffer.bytes == NULL ? "" : buffer.bytes, out));
out:
    shy_buffer_free(&buffer);
    return st;
}

static shy_status hide_in_text(json_t *value, const char *path)
{
    shy_status st = SHY_OK;
    char *text = NULL;

    if (strstr(json_string_value(value), path) == NULL) return SHY_OK;
    SHY_TRY(replaced(json_string_value(value), path, shy_report_file_name(path), &text));
    if (json_string_set(value, text) != 0) SHY_TRY(shy_fail(SHY_MEMORY, "There is not enough memory for the report."));
out:
    shy_free(&text);
    return st;
}

static shy_status hide(json_t *value, const char *path)
{
    shy_status st = SHY_OK;
    const char *key;
    size_t k;
    json_t *child;

    if (json_is_string(value)) return hide_in_text(value, path);
    if (json_is_object(value))
        json_object_foreach(value, key, child) SHY_TRY(hide(child, path));
    if (json_is_array(value))
        json_array_foreach(value, k, child) SHY_TRY(hide(child, path));
out:
    return st;
}

shy_status shy_report_hide_paths(json_t *run, const shy_config *config)
{
    static const int keys[] = {SHY_KEY_COHORT, SHY_KEY_OUTPUT};
    shy_status st = SHY_OK;

    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
        const char *path = shy_config_text(config, keys[k]);
        if (strchr(path, '/') != NULL) SHY_TRY(hide(run, path));
    }
out:
    return st;
}
