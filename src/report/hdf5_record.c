/*
 * hdf5_record.c: records in results.h5. An object is a group: single values are its attributes, arrays data sets, objects groups. A list of objects
 * is a group with a data set per name, an element (or a row) per object; what objects of a list hold further stands in groups "0", "1", …
 */
#include "shy_config.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "hdf5_impl.h"

#define HELP "see doc/results.md"

static shy_status add_object(const shy_hdf5_table *t, hid_t group, const shy_record *record, bool single);

/* ---- attributes: values that stand alone -------------------------------------------------------------------------------------- */

static shy_status integer_attribute(hid_t object, const char *name, int64_t value)
{
    hid_t space = H5Screate(H5S_SCALAR);
    hid_t attribute = H5Acreate2(object, name, H5T_STD_I64LE, space, H5P_DEFAULT, H5P_DEFAULT);
    herr_t err = attribute < 0 ? -1 : H5Awrite(attribute, H5T_NATIVE_INT64, &value);

    if (attribute >= 0) H5Aclose(attribute);
    if (space >= 0) H5Sclose(space);
    return err < 0 ? shy_hdf5_failed(name) : SHY_OK;
}

static bool is_single(shy_record_kind kind)
{
    return kind == SHY_RECORD_NUMBER || kind == SHY_RECORD_INTEGER || kind == SHY_RECORD_TRUTH || kind == SHY_RECORD_TEXT;
}

static bool is_record(shy_record_kind kind)
{
    return kind == SHY_RECORD_OBJECT || kind == SHY_RECORD_LIST;
}

static shy_status add_single(const shy_hdf5_table *t, hid_t group, const shy_record_entry *entry)
{
    if (entry->kind == SHY_RECORD_NUMBER) return shy_hdf5_number(group, entry->name, entry->number);
    if (entry->kind == SHY_RECORD_TEXT) return shy_hdf5_text(group, t->text_type, entry->name, entry->text);
    return integer_attribute(group, entry->name, entry->integer);
}

/* ---- columns: what the objects of a list have under one name ------------------------------------------------------------------- */

/* Of a list of objects; `sample` is the first that has it. Objects without it have NaN, −1 or "". */
typedef struct {
    const shy_record *list;
    const char *name;
    shy_record_kind kind;
    size_t rows, width; /* width 0: single values */
} column;

static bool member(const shy_record *list, size_t row, const char *name, shy_record_entry *entry_out)
{
    shy_record_entry object;

    if (!shy_record_at(list, row, &object)) return false;
    for (size_t k = 0; shy_record_at(object.record, k, entry_out); k++)
        if (strcmp(entry_out->name, name) == 0) return true;
    return false;
}

static bool cell(const column *c, size_t row, shy_record_entry *entry_out)
{
    return member(c->list, row, c->name, entry_out) && entry_out->kind == c->kind;
}

static shy_status add_numbers(const shy_hdf5_table *t, const column *c)
{
    shy_status st = SHY_OK;
    double *value = NULL;
    const size_t width = c->width > 0 ? c->width : 1;
    shy_record_entry entry;

    SHY_TRY(shy_new(c->rows * width, sizeof *value, &value));
    for (size_t i = 0; i < c->rows * width; i++) value[i] = NAN;
    for (size_t i = 0; i < c->rows; i++) {
        if (!cell(c, i, &entry)) continue;
        if (c->width == 0) value[i] = entry.number;
        else if (entry.count > 0) memcpy(value + i * width, entry.numbers, entry.count * sizeof *value);
    }
    SHY_TRY(shy_hdf5_dataset(t, c->name, c->width, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, value, HELP));
out:
    shy_free(&value);
    return st;
}

static shy_status add_integers(const shy_hdf5_table *t, const column *c)
{
    shy_status st = SHY_OK;
    int64_t *value = NULL;
    shy_record_entry entry;

    SHY_TRY(shy_new(c->rows, sizeof *value, &value));
    for (size_t i = 0; i < c->rows; i++) value[i] = cell(c, i, &entry) ? entry.integer : -1;
    SHY_TRY(shy_hdf5_dataset(t, c->name, 0, H5T_STD_I64LE, H5T_NATIVE_INT64, value, HELP));
out:
    shy_free(&value);
    return st;
}

static shy_status add_texts(const shy_hdf5_table *t, const column *c)
{
    shy_status st = SHY_OK;
    const char **value = NULL;
    const size_t width = c->width > 0 ? c->width : 1;
    shy_record_entry entry;

    SHY_TRY(shy_new(c->rows * width, sizeof *value, &value));
    for (size_t i = 0; i < c->rows * width; i++) value[i] = "";
    for (size_t i = 0; i < c->rows; i++) {
        if (!cell(c, i, &entry)) continue;
        if (c->width == 0) value[i] = entry.text == NULL ? "" : entry.text;
        for (size_t k = 0; k < entry.count; k++) value[i * width + k] = entry.texts[k];
    }
    SHY_TRY(shy_hdf5_dataset(t, c->name, c->width, t->text_type, t->text_type, value, HELP));
out:
    shy_free(&value);
    return st;
}

static shy_status add_column(const shy_hdf5_table *t, column *c)
{
    shy_record_entry entry;

    for (size_t i = 0; !is_single(c->kind) && i < c->rows; i++)
        if (cell(c, i, &entry) && entry.count > c->width) c->width = entry.count;
    if (!is_single(c->kind) && c->width == 0) c->width = 1;
    if (c->kind == SHY_RECORD_NUMBER || c->kind == SHY_RECORD_NUMBERS) return add_numbers(t, c);
    return c->kind == SHY_RECORD_TEXT || c->kind == SHY_RECORD_TEXTS ? add_texts(t, c) : add_integers(t, c);
}

/* Whether an earlier object of the list has the name. */
static bool known_before(const shy_record *list, size_t row, const char *name)
{
    shy_record_entry entry;

    for (size_t i = 0; i < row; i++)
        if (member(list, i, name, &entry)) return true;
    return false;
}

static shy_status add_columns(const shy_hdf5_table *t, const shy_record *list)
{
    shy_status st = SHY_OK;
    shy_record_entry object, entry;

    for (size_t i = 0; shy_record_at(list, i, &object); i++)
        for (size_t k = 0; shy_record_at(object.record, k, &entry); k++) {
            column c = {.list = list, .name = entry.name, .kind = entry.kind, .rows = shy_record_count(list)};
            if (is_record(entry.kind) || known_before(list, i, entry.name)) continue;
            SHY_TRY(add_column(t, &c));
        }
out:
    return st;
}

/* ---- groups --------------------------------------------------------------------------------------------------------------------- */

static bool has_records(const shy_record *object)
{
    shy_record_entry entry;

    for (size_t k = 0; shy_record_at(object, k, &entry); k++)
        if (is_record(entry.kind)) return true;
    return false;
}

static shy_status add_list(const shy_hdf5_table *t, hid_t group, const shy_record *list)
{
    shy_status st = SHY_OK;
    shy_hdf5_table rows = *t;
    shy_record_entry object;

    rows.group = group, rows.count = shy_record_count(list);
    SHY_TRY(add_columns(&rows, list));
    for (size_t i = 0; shy_record_at(list, i, &object); i++) {
        char name[24];
        if (!has_records(object.record)) continue;
        snprintf(name, sizeof name, "%zu", i);
        const hid_t inner = H5Gcreate2(group, name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
        if (inner < 0) SHY_TRY(shy_hdf5_failed(name));
        st = add_object(t, inner, object.record, false);
        H5Gclose(inner);
        SHY_TRY(st);
    }
out:
    return st;
}

static shy_status add_record(const shy_hdf5_table *t, hid_t group, const shy_record_entry *entry)
{
    const hid_t inner = H5Gcreate2(group, entry->name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);

    if (inner < 0) return shy_hdf5_failed(entry->name);
    const shy_status st = entry->kind == SHY_RECORD_LIST ? add_list(t, inner, entry->record) : add_object(t, inner, entry->record, true);
    H5Gclose(inner);
    return st;
}

/* An array of its own: one row of a column. */
static shy_status add_array(const shy_hdf5_table *t, hid_t group, const shy_record_entry *entry)
{
    shy_hdf5_table row = *t;

    row.group = group, row.count = entry->count;
    if (entry->kind == SHY_RECORD_NUMBERS)
        return shy_hdf5_dataset(&row, entry->name, 0, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, entry->numbers, HELP);
    return shy_hdf5_dataset(&row, entry->name, 0, t->text_type, t->text_type, entry->texts, HELP);
}

/* With `single` all of it, else only the records in it. */
static shy_status add_object(const shy_hdf5_table *t, hid_t group, const shy_record *record, bool single)
{
    shy_status st = SHY_OK;
    shy_record_entry entry;

    for (size_t k = 0; shy_record_at(record, k, &entry); k++) {
        if (is_record(entry.kind)) SHY_TRY(add_record(t, group, &entry));
        else if (!single) continue;
        else SHY_TRY(is_single(entry.kind) ? add_single(t, group, &entry) : add_array(t, group, &entry));
    }
out:
    return st;
}

shy_status shy_hdf5_record(const shy_hdf5_table *t, hid_t file, const char *name, const shy_record *record)
{
    const shy_record_entry entry = {.name = name, .kind = SHY_RECORD_OBJECT, .record = record};

    return add_record(t, file, &entry);
}
