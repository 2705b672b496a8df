/* Records: named values in order. */
#include "shy_config.h"

#include <string.h>

#include "shihyo/base.h"

/* What an entry has is its own. */
typedef struct {
    char *name; /* NULL in a list */
    shy_record_kind kind;
    double number;
    int64_t integer;
    char *text;
    size_t count;
    double *numbers;
    char **texts;
    shy_record *record;
} entry;

struct shy_record {
    bool list;
    size_t count, room;
    entry *at;
};

shy_status shy_record_create(shy_record **record_out)
{
    return shy_new(1, sizeof **record_out, record_out);
}

static void entry_free(entry *e)
{
    for (size_t k = 0; e->texts && k < e->count; k++) shy_free(&e->texts[k]);
    shy_free(&e->texts);
    shy_free(&e->numbers);
    shy_free(&e->text);
    shy_free(&e->name);
    shy_record_free(&e->record);
}

void shy_record_free(shy_record **record)
{
    if (!*record) return;
    for (size_t k = 0; k < (*record)->count; k++) entry_free(&(*record)->at[k]);
    shy_free(&(*record)->at);
    shy_free(record);
}

static const entry *find(const shy_record *record, const char *name, size_t length)
{
    for (size_t k = 0; k < record->count; k++) {
        const char *known = record->at[k].name;
        if (known && strncmp(known, name, length) == 0 && known[length] == '\0') return &record->at[k];
    }
    return NULL;
}

/* Takes what the entry has, or frees it. */
static shy_status add(shy_record *record, const char *name, entry *e)
{
    shy_status st = SHY_OK;
    if (record->list != (name == NULL) || (name && find(record, name, strlen(name)))) {
        SHY_TRY(shy_fail(SHY_INTERNAL, "a record has \"%s\" twice or not in its place", name ? name : "an entry"));
    }
    if (name) SHY_TRY(shy_string_copy(name, &e->name));
    if (record->count == record->room) {
        const size_t room = record->room ? 2 * record->room : 8;
        SHY_TRY(shy_grow(room, sizeof *record->at, &record->at));
        record->room = room;
    }
    record->at[record->count++] = *e;
    *e = (entry){0};
out:
    entry_free(e);
    return st;
}

shy_status shy_record_number(shy_record *record, const char *name, double value)
{
    entry e = {.kind = SHY_RECORD_NUMBER, .number = value};
    return record ? add(record, name, &e) : SHY_OK;
}

shy_status shy_record_integer(shy_record *record, const char *name, int64_t value)
{
    entry e = {.kind = SHY_RECORD_INTEGER, .integer = value};
    return record ? add(record, name, &e) : SHY_OK;
}

shy_status shy_record_truth(shy_record *record, const char *name, bool value)
{
    entry e = {.kind = SHY_RECORD_TRUTH, .integer = value};
    return record ? add(record, name, &e) : SHY_OK;
}

shy_status shy_record_text(shy_record *record, const char *name, const char *text)
{
    shy_status st = SHY_OK;
    entry e = {.kind = SHY_RECORD_TEXT};
    if (!record) return SHY_OK;
    if (text) SHY_TRY(shy_string_copy(text, &e.text));
    st = add(record, name, &e);
out:
    return st;
}

shy_status shy_record_numbers(shy_record *record, const char *name, const double *value, size_t count)
{
    shy_status st = SHY_OK;
    entry e = {.kind = SHY_RECORD_NUMBERS, .count = count};
    if (!record) return SHY_OK;
    SHY_TRY(shy_new(count, sizeof *e.numbers, &e.numbers));
    if (count > 0) memcpy(e.numbers, value, count * sizeof *e.numbers);
    st = add(record, name, &e);
out:
    return st;
}

shy_status shy_record_texts(shy_record *record, const char *name, const char *const *text, size_t count)
{
    shy_status st = SHY_OK;
    entry e = {.kind = SHY_RECORD_TEXTS, .count = count};
    if (!record) return SHY_OK;
    SHY_TRY(shy_new(count, sizeof *e.texts, &e.texts));
    for (size_t k = 0; k < count; k++) SHY_TRY(shy_string_copy(text[k] ? text[k] : "", &e.texts[k]));
    st = add(record, name, &e);
out:
    entry_free(&e);
    return st;
}

static shy_status add_record(shy_record *record, const char *name, bool list, shy_record **child_out)
{
    shy_status st = SHY_OK;
    entry e = {.kind = list ? SHY_RECORD_LIST : SHY_RECORD_OBJECT};
    *child_out = NULL;
    if (!record) return SHY_OK;
    SHY_TRY(shy_record_create(&e.record));
    e.record->list = list;
    shy_record *child = e.record;
    SHY_TRY(add(record, name, &e));
    *child_out = child;
out:
    return st;
}

shy_status shy_record_object(shy_record *record, const char *name, shy_record **child_out)
{
    return add_record(record, name, false, child_out);
}

shy_status shy_record_list(shy_record *record, const char *name, shy_record **child_out)
{
    return add_record(record, name, true, child_out);
}

shy_status shy_record_append(shy_record *list, shy_record **child_out)
{
    return add_record(list, NULL, false, child_out);
}

/* ---- reading ------------------------------------------------------------------------------------------------------ */

static void show(const entry *e, shy_record_entry *out)
{
    *out = (shy_record_entry){.name = e->name ? e->name : "", .kind = e->kind, .number = e->number, .integer = e->integer, .truth = e->integer != 0,
                              .text = e->text, .count = e->count, .numbers = e->numbers, .texts = (const char *const *)e->texts, .record = e->record};
}

size_t shy_record_count(const shy_record *record)
{
    return record ? record->count : 0;
}

bool shy_record_at(const shy_record *record, size_t index, shy_record_entry *entry_out)
{
    if (!record || index >= record->count) return false;
    show(&record->at[index], entry_out);
    return true;
}

bool shy_record_find(const shy_record *record, const char *path, shy_record_entry *entry_out)
{
    const entry *e = NULL;
    for (const char *at = path; record; at++) {
        const size_t length = strcspn(at, ".");
        e = find(record, at, length);
        at += length;
        if (!e || *at == '\0') break;
        record = e->record;
        e = NULL;
    }
    if (!e) return false;
    show(e, entry_out);
    return true;
}
