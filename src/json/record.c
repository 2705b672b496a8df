/* record.c: records as JSON: objects, lists, numbers, texts; what is no number becomes null. */
#include "shy_config.h"

#include "shihyo/json.h"

static json_t *value_json(const shy_record_entry *entry);

static json_t *texts(const shy_record_entry *entry)
{
    json_t *array = json_array();

    for (size_t k = 0; array != NULL && k < entry->count; k++)
        if (json_array_append_new(array, shy_json_string(entry->texts[k])) != 0) json_decref(array), array = NULL;
    return array;
}

static json_t *list(const shy_record *record)
{
    json_t *array = json_array();
    shy_record_entry entry;

    for (size_t k = 0; array != NULL && shy_record_at(record, k, &entry); k++)
        if (json_array_append_new(array, value_json(&entry)) != 0) json_decref(array), array = NULL;
    return array;
}

bool shy_json_add_record(json_t *object, const shy_record *record)
{
    shy_record_entry entry;
    bool good = true;

    for (size_t k = 0; good && shy_record_at(record, k, &entry); k++) {
        json_t *name = shy_json_string(entry.name); /* a key has to be UTF-8, too */
        good = name != NULL && json_object_set_new(object, json_string_value(name), value_json(&entry)) == 0;
        json_decref(name);
    }
    return good;
}

static json_t *object_json(const shy_record *record)
{
    json_t *object = json_object();

    if (object != NULL && !shy_json_add_record(object, record)) json_decref(object), object = NULL;
    return object;
}

static json_t *value_json(const shy_record_entry *entry)
{
    switch (entry->kind) {
    case SHY_RECORD_NUMBER:
        return shy_json_real(entry->number);
    case SHY_RECORD_INTEGER:
        return json_integer((json_int_t)entry->integer);
    case SHY_RECORD_TRUTH:
        return json_boolean(entry->truth);
    case SHY_RECORD_TEXT:
        return shy_json_string(entry->text);
    case SHY_RECORD_NUMBERS:
        return shy_json_reals(entry->numbers, entry->count);
    case SHY_RECORD_TEXTS:
        return texts(entry);
    case SHY_RECORD_OBJECT:
        return object_json(entry->record);
    case SHY_RECORD_LIST:
        return list(entry->record);
    }
    return NULL;
}
