/* build.c: JSON documents put together; the first failure ends it. */
#include "shy_config.h"

#include "shihyo/json.h"

static shy_status no_memory(void)
{
    return shy_fail(SHY_MEMORY, "There is not enough memory for a JSON document.");
}

shy_status shy_json_put(json_t *object, const char *key, json_t *value)
{
    return json_object_set_new(object, key, value) == 0 ? SHY_OK : no_memory();
}

shy_status shy_json_append(json_t *list, json_t *value)
{
    return json_array_append_new(list, value) == 0 ? SHY_OK : no_memory();
}

json_t *shy_json_reals(const double *value, size_t count)
{
    json_t *list = json_array();

    for (size_t k = 0; list != NULL && k < count; k++)
        if (json_array_append_new(list, shy_json_real(value[k])) != 0) json_decref(list), list = NULL;
    return list;
}
