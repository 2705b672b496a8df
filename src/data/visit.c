/* visit.c: passes over a table: every cell of every row, in order, with its place, and no row ragged. */
#include "shy_config.h"

#include "import_impl.h"

static shy_status ragged_row(shy_reader *reader, const shy_import_table *table, int64_t fields, shy_field field)
{
    shy_status st = SHY_OK;

    while (!field.last) {
        SHY_TRY(shy_reader_next(reader, &field));
        fields++;
    }
    const char *hint = "Is a separator missing, or a field with a separator in it not quoted?";
    if (fields == table->count + 1 && shy_reader_row(reader) == 1)
        hint = "Does the heading lack a name for the first column?";
    st = shy_fail(SHY_INPUT, "%s, row %llu (line %llu): has %lld fields, and the heading has %lld. %s", table->path,
                  (unsigned long long)shy_reader_row(reader), (unsigned long long)shy_reader_line(reader),
                  (long long)fields, (long long)table->count, hint);
out:
    return st;
}

static shy_status skip_heading(shy_reader *reader, const shy_import_table *table)
{
    shy_status st = SHY_OK;
    shy_field field = {0};

    while (!field.last)
        SHY_TRY(shy_reader_next(reader, &field));
    shy_reader_keep_empty(reader, table->count == 1);
out:
    return st;
}

/* `field` is the first of its row. */
static shy_status visit_row(shy_reader *reader, const shy_import_table *table, const shy_visitor *visitor, uint64_t row,
                            shy_field field)
{
    shy_status st = SHY_OK;
    shy_cell_place place = {.reader = reader, .row = row};

    for (int64_t k = 0;; k++) {
        if (field.last != (k + 1 == table->count)) return ragged_row(reader, table, k + 1, field);
        place.column = table->first + k, place.text = field.text, place.length = field.length;
        SHY_TRY(visitor->take(visitor->context, &place));
        if (field.last) break;
        SHY_TRY(shy_reader_next(reader, &field));
    }
out:
    return st;
}

shy_status shy_import_visit(const shy_import_table *table, const shy_visitor *visitor, uint64_t *rows_out)
{
    shy_status st = SHY_OK;
    shy_reader *reader = NULL;
    shy_field field;
    uint64_t row = 0;

    SHY_TRY(shy_reader_open(table->path, &reader));
    SHY_TRY(skip_heading(reader, table));
    for (;; row++) {
        SHY_TRY(shy_reader_next(reader, &field));
        if (field.exhausted) break;
        if (visitor->begin != NULL) SHY_TRY(visitor->begin(visitor->context, row));
        SHY_TRY(visit_row(reader, table, visitor, row, field));
    }
    *rows_out = row;
out:
    shy_reader_close(&reader);
    return st;
}
