/* join.c: which row of the cohort each row of each table becomes. The first table decides who is in. */
#include "shy_config.h"

#include <string.h>

#include "import_impl.h"

/* An example of each side says more than a rule about how identifiers should look. */
static shy_status nobody_matched(const shy_import *import, const shy_import_table *table)
{
    const shy_words *first = &import->column[import->table[0].join].texts->words;
    const shy_words *other = &import->column[table->join].texts->words;

    return shy_fail(
        SHY_INPUT,
        "%s and %s have no identifier in common: %s is for example '%.60s' in the one and '%.60s' in the other.",
        import->table[0].path, table->path, import->options->join, shy_words_text(first, 0), shy_words_text(other, 0));
}

static shy_status match_table(shy_import *import, shy_import_table *table)
{
    shy_status st = SHY_OK;
    const shy_words *index = &import->column[import->table[0].join].texts->words;
    const shy_words *own = &import->column[table->join].texts->words;
    int64_t latest = -1;

    SHY_TRY(shy_new(table->rows, sizeof *table->target, &table->target));
    table->ordered = true;
    for (uint64_t row = 0; row < table->rows; row++) {
        const char *identifier = shy_words_text(own, (int64_t)row);
        int64_t target = shy_words_find(index, identifier, strlen(identifier));
        table->target[row] = target;
        if (target < 0) continue;
        table->matched++;
        if (target < latest) table->ordered = false;
        latest = target;
    }
    if (table->matched == 0) st = nobody_matched(import, table);
out:
    return st;
}

static void report_match(const shy_import *import, const shy_import_table *table)
{
    char matched[32], rows[32], without[32], extra[32];
    FILE *to = import->report;

    fprintf(to, "joined on %s: %s of the %s rows of %s have a row in %s", import->options->join,
            shy_text_thousands(table->matched, matched), shy_text_thousands(import->rows, rows), import->table[0].name,
            table->name);
    if (table->matched < import->rows)
        fprintf(to, "; for the other %s its columns are missing",
                shy_text_thousands(import->rows - table->matched, without));
    if (table->matched < table->rows)
        fprintf(to, "; %s of %s stand%s only there and %s left out",
                shy_text_thousands(table->rows - table->matched, extra), table->name,
                table->rows - table->matched == 1 ? "s" : "", table->rows - table->matched == 1 ? "is" : "are");
    fputs("\n", to);
}

/* The join column of a later table has done its work. */
static void forget_join_column(shy_import *import, const shy_import_table *table)
{
    shy_import_column *column = &import->column[table->join];

    import->words_bytes -= shy_words_bytes(&column->texts->words);
    shy_words_free(&column->texts->words);
    shy_free(&column->texts);
    column->kind = SHY_KIND_SKIP;
    column->joined = true;
}

shy_status shy_import_join(shy_import *import)
{
    shy_status st = SHY_OK;

    import->rows = import->table[0].rows;
    import->table[0].matched = import->rows;
    import->table[0].ordered = true;
    for (int t = 1; t < import->tables; t++) {
        SHY_TRY(match_table(import, &import->table[t]));
        if (!import->options->quiet) report_match(import, &import->table[t]);
        forget_join_column(import, &import->table[t]);
    }
out:
    return st;
}
