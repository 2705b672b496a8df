/* sheet.c: a table whose rows are wanted and not kept: heading, then cell by cell. */
#include "shy_config.h"

#include <string.h>

#include "import_impl.h"

struct shy_sheet {
    shy_import import; /* one table, whose columns were named and not looked at */
    shy_import_options options;
    shy_import_table table;
    const char *path;
    uint8_t *wanted; /* [columns] */
};

static shy_status read_codes(shy_sheet *sheet, const char *const *missing, int count)
{
    shy_status st = SHY_OK;

    for (int k = 0; k < count; k++) SHY_TRY(shy_missing_add(&sheet->import.missing, missing[k]));
out:
    return st;
}

shy_status shy_sheet_open(const char *path, const char *const *missing, int missing_count, shy_sheet **sheet_out)
{
    shy_status st = SHY_OK;
    shy_sheet *sheet = NULL;

    SHY_TRY(shy_new(1, sizeof *sheet, &sheet));
    sheet->path = path;
    sheet->options = (shy_import_options){.tables = &sheet->path, .tables_count = 1};
    sheet->table = (shy_import_table){.path = path, .name = path, .join = -1};
    sheet->import = (shy_import){.options = &sheet->options, .table = &sheet->table, .tables = 1};
    SHY_TRY(read_codes(sheet, missing, missing_count));
    SHY_TRY(shy_import_headings(&sheet->import));
    SHY_TRY(shy_new((size_t)sheet->table.count, 1, &sheet->wanted));
    *sheet_out = sheet, sheet = NULL;
out:
    shy_sheet_close(&sheet);
    return st;
}

void shy_sheet_close(shy_sheet **sheet)
{
    if (*sheet == NULL) return;
    shy_missing_free(&(*sheet)->import.missing);
    shy_free(&(*sheet)->import.column);
    shy_words_free(&(*sheet)->import.names);
    shy_words_free(&(*sheet)->import.units);
    shy_free(&(*sheet)->wanted);
    shy_free(sheet);
}

int64_t shy_sheet_columns(const shy_sheet *sheet)
{
    return sheet->table.count;
}

const char *shy_sheet_name(const shy_sheet *sheet, int64_t column)
{
    return sheet->import.column[column].name;
}

const char *shy_sheet_unit(const shy_sheet *sheet, int64_t column)
{
    return sheet->import.column[column].unit;
}

int64_t shy_sheet_find(const shy_sheet *sheet, const char *name)
{
    const int64_t word = shy_words_find(&sheet->import.names, name, strlen(name));

    return word; /* names are different: their words are numbered as the columns */
}

const char *shy_sheet_nearest(const shy_sheet *sheet, const char *name)
{
    const char *near = NULL;
    const char **names = NULL;

    if (shy_new((size_t)sheet->table.count, sizeof *names, &names) != SHY_OK) return NULL;
    for (int64_t k = 0; k < sheet->table.count; k++) names[k] = sheet->import.column[k].name;
    near = shy_text_nearest(name, names, (size_t)sheet->table.count);
    shy_free(&names);
    return near;
}

int64_t shy_sheet_identifier(const shy_sheet *sheet)
{
    for (int64_t k = 0; k < sheet->table.count; k++)
        if (shy_name_like_identifier(sheet->import.column[k].name)) return k;
    return -1;
}

void shy_sheet_want(shy_sheet *sheet, int64_t column)
{
    sheet->wanted[column] = 1;
}

/* ---- rows -------------------------------------------------------------------------------------------------------- */

typedef struct {
    const shy_sheet *sheet;
    const shy_sheet_visitor *visitor;
} visit;

static shy_status give_cell(const visit *v, const shy_cell_place *place)
{
    shy_sheet_cell cell = {.row = place->row + 1, .line = shy_reader_line(place->reader), .column = place->column, .text = place->text, .length = place->length};

    cell.kind = shy_cell_read(place->text, place->length, &v->sheet->import.missing, NULL, &cell.value);
    return v->visitor->cell(v->visitor->context, &cell);
}

static shy_status take(void *context, const shy_cell_place *place)
{
    shy_status st = SHY_OK;
    const visit *v = context;

    if (v->sheet->wanted[place->column]) SHY_TRY(give_cell(v, place));
    if (place->column + 1 == v->sheet->table.count) SHY_TRY(v->visitor->row(v->visitor->context, place->row + 1));
out:
    return st;
}

shy_status shy_sheet_visit(shy_sheet *sheet, const shy_sheet_visitor *visitor)
{
    visit v = {.sheet = sheet, .visitor = visitor};
    const shy_visitor all = {.take = take, .context = &v};
    uint64_t rows = 0;

    return shy_import_visit(&sheet->table, &all, &rows);
}
