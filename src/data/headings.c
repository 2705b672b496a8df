/* headings.c: the first line of every table: names, units in brackets, and the rule of the schema for each column. */
#include "shy_config.h"

#include <string.h>

#include "import_impl.h"

/*
 * "glucose [mg/dl]" is the name glucose with the unit mg/dl. Returns the unit, "" if there is none; cuts it off the
 * name.
 */
static char *split_unit(shy_field *field)
{
    char *bracket = strrchr(field->text, '[');
    char *end = field->text + field->length;

    if (bracket == NULL || bracket == field->text || end[-1] != ']') return end;
    size_t name_length = (size_t)(bracket - field->text), unit_length = (size_t)(end - 1 - (bracket + 1));
    char *unit = shy_cell_trim(bracket + 1, &unit_length);
    field->text = shy_cell_trim(field->text, &name_length);
    field->length = name_length;
    return unit;
}

static shy_status judge_name(const shy_import_table *table, int64_t number, const shy_field *field, const char *unit)
{
    if (field->length == 0)
        return shy_fail(SHY_INPUT, "%s, heading: column %lld has no name. Every column needs one.", table->path,
                        (long long)number);
    if (field->length > SHY_NAME_BYTES || strlen(unit) > SHY_NAME_BYTES)
        return shy_fail(SHY_INPUT,
                        "%s, heading: the name of column %lld is longer than %d bytes. Is the first line a heading?",
                        table->path, (long long)number, SHY_NAME_BYTES);
    if (!shy_utf8_valid(field->text, field->length) || !shy_utf8_valid(unit, strlen(unit)))
        return shy_fail(SHY_INPUT,
                        "%s, heading: the name of column %lld is not UTF-8 text in one line, or has invisible characters that steer a terminal or turn text around. "
                        "Text in another encoding can be converted, for example: iconv -f latin1 -t utf-8.",
                        table->path, (long long)number);
    return SHY_OK;
}

static const shy_import_table *table_of(const shy_import *import, int64_t column)
{
    const shy_import_table *table = import->table;

    while (column >= table->first + table->count)
        table++;
    return table;
}

static shy_status duplicate_name(const shy_import *import, int64_t column, const char *name)
{
    int64_t other = 0;

    while (import->column[other].name_word != import->column[column].name_word)
        other++;
    const shy_import_table *a = table_of(import, other), *b = table_of(import, column);
    if (a == b)
        return shy_fail(SHY_INPUT, "%s, heading: columns %lld and %lld are both named %s. Rename one of them.", a->path,
                        (long long)(other - a->first + 1), (long long)(column - b->first + 1), name);
    return shy_fail(
        SHY_INPUT, "%s and %s both have a column %s. Rename it in one of the tables, or leave it out of one%s.",
        a->path, b->path, name, import->options->join == NULL ? "" : "; only the join column may be in both");
}

static shy_status make_room(shy_import *import)
{
    shy_status st = SHY_OK;
    int64_t room = 2 * import->columns_room + 64;

    if (import->columns < import->columns_room) return st;
    SHY_TRY(shy_grow((size_t)room, sizeof *import->column, &import->column));
    import->columns_room = room;
out:
    return st;
}

/* A nameless first column is what R and pandas write for the names or numbers of the rows. */
static void name_rows(shy_field *field, shy_import_column *column, bool first)
{
    static char row_name[] = "row_name";

    if (!first || field->length > 0) return;
    *field = (shy_field){.text = row_name, .length = strlen(row_name), .last = field->last};
    column->remark = "the heading gives this column no name";
}

static shy_status add_column(shy_import *import, shy_import_table *table, shy_field field)
{
    shy_status st = SHY_OK;
    const char *join = import->options->join;
    bool is_join, added;

    SHY_TRY(make_room(import));
    shy_import_column *column = &import->column[import->columns++];
    *column = (shy_import_column){.kind = -1, .slot = -1};
    const char *unit = split_unit(&field);
    name_rows(&field, column, table->count == 0 && !field.last);
    table->count++;
    SHY_TRY(judge_name(table, table->count, &field, unit));
    is_join = join != NULL && strcmp(join, field.text) == 0 && table->join < 0;
    SHY_TRY(shy_words_add(&import->names, field.text, field.length, &column->name_word, &added));
    SHY_TRY(shy_words_add(&import->units, unit, strlen(unit), &column->unit_word, NULL));
    if (is_join) table->join = import->columns - 1;
    if (!added && !(is_join && table != import->table)) st = duplicate_name(import, import->columns - 1, field.text);
out:
    return st;
}

static shy_status missing_join(const shy_import *import, const shy_import_table *table)
{
    shy_status st = SHY_OK;
    const char **names = NULL, *near;

    SHY_TRY(shy_new((size_t)table->count, sizeof *names, &names));
    for (int64_t i = 0; i < table->count; i++)
        names[i] = shy_words_text(&import->names, import->column[table->first + i].name_word);
    near = shy_text_nearest(import->options->join, names, (size_t)table->count);
    st = shy_fail(SHY_INPUT, "%s: has no column %s to join on%s%s.", table->path, import->options->join,
                  near != NULL ? "; the nearest name is " : "", near != NULL ? near : "");
out:
    shy_free(&names);
    return st;
}

static shy_status read_heading(shy_import *import, shy_import_table *table)
{
    shy_status st = SHY_OK;
    shy_reader *reader = NULL;
    shy_field field = {0};

    SHY_TRY(shy_reader_open(table->path, &reader));
    table->first = import->columns;
    table->separator = shy_reader_separator(reader);
    while (!field.last) {
        SHY_TRY(shy_reader_next(reader, &field));
        SHY_TRY(add_column(import, table, field));
    }
    if (import->options->join != NULL && table->join < 0) st = missing_join(import, table);
out:
    shy_reader_close(&reader);
    return st;
}

/* A rule without patterns that names no column is a slip of the pen, and so is a pattern that catches none. */
static shy_status unused_rule(const shy_import *import, const shy_rule *rule)
{
    shy_status st = SHY_OK;
    const char **names = NULL, *near;

    SHY_TRY(shy_new(import->names.count, sizeof *names, &names));
    for (uint64_t i = 0; i < import->names.count; i++)
        names[i] = shy_words_text(&import->names, (int64_t)i);
    near = shy_text_nearest(rule->name, names, import->names.count);
    st = shy_fail(SHY_INPUT, "%s:%llu: the tables have no column %s%s%s%s", import->options->schema,
                  (unsigned long long)rule->line, rule->name, near != NULL ? "; did you mean " : "",
                  near != NULL ? near : "", near != NULL ? "?" : ".");
out:
    shy_free(&names);
    return st;
}

static void apply_rule(shy_import_column *column, shy_rule *rule)
{
    rule->used++;
    column->rule = rule;
    column->kind = rule->kind;
    if (rule->unit != NULL) column->unit = rule->unit;
    if (rule->modality != NULL) column->modality = rule->modality;
}

/* The texts do not move any more: columns may point to them. */
static shy_status settle_columns(shy_import *import)
{
    shy_status st = SHY_OK;

    for (int64_t i = 0; i < import->columns; i++) {
        shy_import_column *column = &import->column[i];
        column->name = shy_words_text(&import->names, column->name_word);
        column->unit = shy_words_text(&import->units, column->unit_word);
        column->modality = "clinical";
        shy_rule *rule = import->schema == NULL ? NULL : shy_schema_rule(import->schema, column->name);
        if (rule != NULL) apply_rule(column, rule);
    }
    for (uint64_t i = 0; import->schema != NULL && i < import->schema->count; i++)
        if (import->schema->rule[i].used == 0) SHY_TRY(unused_rule(import, &import->schema->rule[i]));
    for (int t = 0; t < import->tables; t++)
        if (import->table[t].join >= 0) import->column[import->table[t].join].kind = SHY_KIND_IDENTIFIER;
out:
    return st;
}

shy_status shy_import_headings(shy_import *import)
{
    shy_status st = SHY_OK;

    for (int t = 0; t < import->tables; t++)
        SHY_TRY(read_heading(import, &import->table[t]));
    SHY_TRY(settle_columns(import));
out:
    return st;
}
