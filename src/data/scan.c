/* scan.c: the first pass over a table: which cells are missing, numbers or texts, and the texts where they matter. */
#include "shy_config.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#include "import_impl.h"

typedef struct {
    shy_import *import;
    const shy_import_table *table;
    bool again;
} scan;

/* ---- names ------------------------------------------------------------------------------------------------------- */

static bool ends_with(const char *text, const char *end)
{
    size_t a = strlen(text), b = strlen(end);

    return a > b && strcasecmp(text + a - b, end) == 0;
}

/* Names of columns that number people, samples or records. */
bool shy_name_like_identifier(const char *name)
{
    static const char *const words[] = {"id",          "pid",           "seqn",     "sno",     "mrn",       "eid",
                                        "uid",         "iid",           "case",     "subject", "patient",   "sample",
                                        "record",      "person",        "caseid",   "subjid",  "usubjid",   "subjectid",
                                        "patientid",   "sampleid",      "recordid", "barcode", "row_name",  "personid",
                                        "participant", "participantid", "patno",    "subjno",  "individual"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasecmp(name, words[i]) == 0) return true;
    if (ends_with(name, "_id") || ends_with(name, ".id") || ends_with(name, "-id") || ends_with(name, " id"))
        return true;
    return ends_with(name, "Id") && name[strlen(name) - 2] == 'I' && islower((unsigned char)name[strlen(name) - 3]);
}

/* ---- cells ------------------------------------------------------------------------------------------------------- */

static shy_status at(const shy_cell_place *place, const scan *s, shy_status status, const char *what,
                     const char *advice)
{
    const shy_import_column *column = &s->import->column[place->column];

    return shy_fail(status, "%s, row %llu (line %llu), column %s: '%.60s' %s%s%s", s->table->path,
                    (unsigned long long)shy_reader_row(place->reader),
                    (unsigned long long)shy_reader_line(place->reader), column->name, place->text, what,
                    *advice ? " " : "", advice);
}

static shy_status give_up(shy_import *import, shy_texts *texts)
{
    import->words_bytes -= shy_words_bytes(&texts->words);
    shy_words_free(&texts->words);
    texts->given_up = true;
    return SHY_OK;
}

static shy_status too_many_levels(const scan *s, const shy_cell_place *place)
{
    const shy_import_column *column = &s->import->column[place->column];

    return shy_fail(
        SHY_INPUT,
        "%s, column %s: has more than %d levels. Declare it numeric or identifier, or leave it out (kind: skip).",
        s->table->path, column->name, SHY_LEVELS_DECLARED);
}

static shy_status foreign_level(const scan *s, const shy_cell_place *place)
{
    const shy_import_column *column = &s->import->column[place->column];
    const char *const *levels = (const char *const *)column->rule->levels;
    const char *near = shy_text_nearest(place->text, levels, (size_t)column->rule->levels_count);
    char what[256];

    snprintf(what, sizeof what, "is none of the %d levels that %.120s:%llu gives%s%.60s%s.", column->rule->levels_count,
             s->import->options->schema, (unsigned long long)column->rule->line,
             near != NULL ? " (the nearest is '" : "", near != NULL ? near : "", near != NULL ? "')" : "");
    return at(place, s, SHY_INPUT, what, "Add it there, or to the missing codes.");
}

static shy_status repeated_identifier(const scan *s, const shy_cell_place *place, int64_t number)
{
    char what[160];

    snprintf(what, sizeof what, "is already the identifier of row %lld; identifiers have to be different.",
             (long long)number + 1);
    return at(place, s, SHY_INPUT, what, "Remove one of the rows, or aggregate them before the import.");
}

/* A text that is not kept needs no judgement; one that is kept goes into a file that others read. */
static shy_status judge_text(const scan *s, const shy_cell_place *place)
{
    if (place->length > SHY_NAME_BYTES)
        return at(place, s, SHY_INPUT, "… is longer than 1000 bytes.", "Leave the column out (kind: skip).");
    if (!shy_utf8_valid(place->text, place->length))
        return at(place, s, SHY_INPUT, "is not UTF-8 text in one line, or has invisible characters that steer a terminal or turn text around.",
                  "Text in another encoding can be converted, for example: iconv -f latin1 -t utf-8.");
    return SHY_OK;
}

/* Keeps the text while it may still be an identifier or a level. */
static shy_status keep_word(const scan *s, const shy_cell_place *place, const shy_import_column *column)
{
    shy_status st = SHY_OK;
    shy_texts *texts = column->texts;
    shy_import *import = s->import;
    bool declared = column->kind >= 0, identifier = column->kind == SHY_KIND_IDENTIFIER, added;
    uint64_t before = shy_words_bytes(&texts->words);
    int64_t number;

    if (texts->given_up) return st;
    if (!declared && (place->length > SHY_NAME_BYTES || memchr(place->text, '\n', place->length) != NULL))
        return give_up(import, texts);
    number = shy_words_find(&texts->words, place->text, place->length);
    if (number >= 0) {
        texts->repeated = true;
        if (identifier) return repeated_identifier(s, place, number);
    } else {
        SHY_TRY(judge_text(s, place));
        if (column->rule != NULL && column->rule->levels_count > 0) return foreign_level(s, place);
        SHY_TRY(shy_words_add(&texts->words, place->text, place->length, &number, &added));
        import->words_bytes += shy_words_bytes(&texts->words) - before;
    }
    if (declared && !identifier && texts->words.count > SHY_LEVELS_DECLARED) return too_many_levels(s, place);
    if (declared) return st;
    if (texts->repeated && texts->words.count > SHY_LEVELS_INFERRED) return give_up(import, texts);
    if (import->words_bytes > import->memory / 4 && texts->words.count > SHY_LEVELS_INFERRED)
        return give_up(import, texts);
out:
    return st;
}

static shy_status watch_texts(shy_import_column *column)
{
    shy_status st = SHY_OK;

    if (column->texts != NULL) return st;
    SHY_TRY(shy_new(1, sizeof *column->texts, &column->texts));
    column->texts->late = column->numbers > 0;
out:
    return st;
}

static void note_text(shy_texts *texts, const shy_cell_place *place)
{
    if (texts->texts++ > 0) return;
    texts->text_row = shy_reader_row(place->reader);
    texts->text_line = shy_reader_line(place->reader);
    snprintf(texts->text, sizeof texts->text, "%s", place->text);
}

static void note_infinite(shy_texts *texts, const shy_cell_place *place)
{
    if (texts->infinite_row > 0) return;
    texts->infinite_row = shy_reader_row(place->reader);
    texts->infinite_line = shy_reader_line(place->reader);
    snprintf(texts->infinite, sizeof texts->infinite, "%s", place->text);
}

static void note_number(shy_import_column *column, double value)
{
    column->numbers++;
    if (value >= 0 && value < 64 && value == (double)(int)value)
        column->small |= UINT64_C(1) << (int)value;
    else {
        column->seen |= SHY_SEEN_BEYOND;
        if (value < 0) column->seen |= SHY_SEEN_NEGATIVE;
        if (value != floor(value)) column->seen |= SHY_SEEN_FRACTION;
    }
}

static shy_status take(void *context, const shy_cell_place *place)
{
    const scan *s = context;
    shy_import_column *column = &s->import->column[place->column];
    double value = 0;

    if (column->kind == SHY_KIND_SKIP || s->again != column->again) return SHY_OK;
    shy_cell cell = shy_cell_read(place->text, place->length, &s->import->missing,
                                  column->rule ? &column->rule->missing : NULL, &value);
    if (cell == SHY_CELL_MISSING) {
        column->missing_cells += !s->again;
        if (column->kind == SHY_KIND_IDENTIFIER)
            return at(place, s, SHY_INPUT, "is no identifier: it counts as missing.", "Every row needs an identifier.");
        return SHY_OK;
    }
    if (cell == SHY_CELL_NUMBER && !s->again) note_number(column, value);
    if (cell == SHY_CELL_NUMBER && column->texts == NULL) return SHY_OK;
    if (watch_texts(column) != SHY_OK) return SHY_MEMORY;
    if (cell == SHY_CELL_TEXT && !s->again) note_text(column->texts, place);
    if (cell == SHY_CELL_INFINITE && !s->again) note_infinite(column->texts, place);
    return keep_word(s, place, column);
}

/* ---- the pass ---------------------------------------------------------------------------------------------------- */

static bool needs_texts(const shy_import_column *column)
{
    switch (column->kind) {
    case SHY_KIND_BINARY:
    case SHY_KIND_CATEGORICAL:
    case SHY_KIND_IDENTIFIER:
    case SHY_KIND_EVENT:
        return true;
    case -1:
        return shy_name_like_identifier(column->name);
    default:
        return false;
    }
}

/* Levels that the schema gives are there before the first cell, in the order of the schema. */
static shy_status prepare_column(shy_import_column *column)
{
    shy_status st = SHY_OK;
    shy_rule *rule = column->rule;

    SHY_TRY(watch_texts(column));
    column->texts->late = false;
    for (int i = 0; rule != NULL && i < rule->levels_count; i++)
        SHY_TRY(shy_words_add(&column->texts->words, rule->levels[i], strlen(rule->levels[i]), NULL, NULL));
out:
    return st;
}

static shy_status prepare(shy_import *import, const shy_import_table *table, bool again)
{
    shy_status st = SHY_OK;

    for (int64_t i = table->first; i < table->first + table->count; i++) {
        shy_import_column *column = &import->column[i];
        if (again && column->again) {
            import->words_bytes -= shy_words_bytes(&column->texts->words);
            shy_words_free(&column->texts->words);
            column->texts->late = column->texts->given_up = column->texts->repeated = false;
        } else if (!again && needs_texts(column)) {
            SHY_TRY(prepare_column(column));
        }
    }
out:
    return st;
}

shy_status shy_import_scan(shy_import *import, shy_import_table *table, bool again)
{
    shy_status st = SHY_OK;
    scan s = {.import = import, .table = table, .again = again};
    shy_visitor visitor = {.take = take, .context = &s};

    SHY_TRY(prepare(import, table, again));
    SHY_TRY(shy_import_visit(table, &visitor, &table->rows));
    if (table->rows == 0) st = shy_fail(SHY_INPUT, "%s: holds a heading and no row of data.", table->path);
out:
    return st;
}
