/* values.c: JSON values read without questions, and made of what C has. */
#include "shy_config.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "shihyo/json.h"

const char *shy_json_word(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text == NULL ? "" : text;
}

uint64_t shy_json_count(const json_t *object, const char *key)
{
    return (uint64_t)json_integer_value(json_object_get(object, key));
}

double shy_json_number(const json_t *object, const char *key, double otherwise)
{
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : otherwise;
}

json_t *shy_json_real(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

/* A text; bytes that are not UTF-8 become '?', so that one odd name never costs a finished search its results. */
json_t *shy_json_string(const char *bytes)
{
    json_t *value = NULL;
    char *plain = NULL;

    if (bytes == NULL) return json_null();
    value = json_string(bytes);
    if (value != NULL || shy_string_copy(bytes, &plain) != SHY_OK) return value;
    for (char *p = plain; *p != '\0'; p++)
        if ((unsigned char)*p >= 0x80) *p = '?';
    value = json_string(plain);
    shy_free(&plain);
    return value;
}

shy_status shy_json_load(const char *directory, const char *name, json_t **document_out)
{
    shy_status st = SHY_OK;
    char *path = NULL;
    json_error_t error;

    SHY_TRY(shy_string_format(&path, "%s/%s", directory, name));
    if (access(path, R_OK) != 0)
        SHY_TRY(shy_fail(SHY_IO, "%s: there are no results. Give the directory that a search wrote with -o.", path));
    *document_out = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (*document_out == NULL) SHY_TRY(shy_fail(SHY_INPUT, "%s:%d:%d: is no file of results: %s.", path, error.line, error.column, error.text));
out:
    shy_free(&path);
    return st;
}

