/* import.c: tables in, one cohort file out: the order of the steps, and what is left if one of them fails (nothing). */
#include "shy_config.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "import_impl.h"
#include "import_write.h"

#define DEFAULT_MEMORY ((uint64_t)512 << 20)

/* ---- before the first byte is read ------------------------------------------------------------------------------- */

static shy_status judge_options(const shy_import_options *o)
{
    if (o->tables_count < 1)
        return shy_fail(SHY_USAGE, "No table is given. Example: shihyo import patients.csv -o cohort.h5");
    if (o->output == NULL)
        return shy_fail(SHY_USAGE, "The cohort file is not named. Example: shihyo import patients.csv -o cohort.h5");
    if (o->tables_count > 1 && o->join == NULL)
        return shy_fail(SHY_USAGE, "Several tables need an identifier that they share: --join COLUMN.");
    for (int i = 0; i < o->missing_count; i++)
        if (!shy_utf8_valid(o->missing[i], strlen(o->missing[i])))
            return shy_fail(SHY_USAGE, "A missing code is not UTF-8 text.");
    return SHY_OK;
}

static shy_status judge_target(const shy_import_options *o, const char *path)
{
    struct stat target, other;

    if (stat(path, &target) != 0) {
        if (errno == ENOENT) return SHY_OK;
        return shy_fail(SHY_IO, "%s: cannot be written: %s.", path, strerror(errno));
    }
    if (S_ISDIR(target.st_mode)) return shy_fail(SHY_IO, "%s: is a directory. Name the file to write.", path);
    for (int i = 0; i < o->tables_count; i++)
        if (stat(o->tables[i], &other) == 0 && other.st_dev == target.st_dev && other.st_ino == target.st_ino)
            return shy_fail(SHY_INPUT, "%s: is one of the tables to read and is not written over. Name another file.",
                            path);
    if (!o->overwrite)
        return shy_fail(SHY_IO, "%s: is already there. Add --overwrite to replace it, or name another file.", path);
    return SHY_OK;
}

/* Better to learn at once than after an hour that nothing can be written there. */
static shy_status try_file(const char *temporary, const char *path)
{
    int file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

    if (file < 0) return shy_fail(SHY_IO, "%s: cannot be written: %s.", path, strerror(errno));
    close(file);
    unlink(temporary);
    return SHY_OK;
}

static shy_status prepare_tables(shy_import *import)
{
    shy_status st = SHY_OK;
    const shy_import_options *o = import->options;
    struct stat about;

    SHY_TRY(shy_new((size_t)o->tables_count, sizeof *import->table, &import->table));
    import->tables = o->tables_count;
    for (int t = 0; t < import->tables; t++) {
        shy_import_table *table = &import->table[t];
        const char *slash = strrchr(o->tables[t], '/');
        table->path = o->tables[t];
        table->name = slash == NULL ? table->path : slash + 1;
        table->join = -1;
        if (stat(table->path, &about) != 0)
            return shy_fail(SHY_IO, "%s: cannot be opened: %s.", table->path, strerror(errno));
        table->bytes = (uint64_t)about.st_size;
    }
out:
    return st;
}

static shy_status prepare_codes(shy_import *import)
{
    shy_status st = SHY_OK;

    for (int i = 0; i < import->options->missing_count; i++)
        SHY_TRY(shy_missing_add(&import->missing, import->options->missing[i]));
    for (int i = 0; import->schema != NULL && i < import->schema->codes_count; i++)
        SHY_TRY(shy_missing_add(&import->missing, import->schema->codes[i]));
out:
    return st;
}

static shy_status prepare(shy_import *import)
{
    shy_status st = SHY_OK;
    const shy_import_options *o = import->options;

    SHY_TRY(prepare_tables(import));
    SHY_TRY(judge_target(o, o->output));
    if (o->save_schema != NULL) SHY_TRY(judge_target(o, o->save_schema));
    if (o->schema != NULL) {
        SHY_TRY(shy_schema_read(o->schema, &import->schema));
        SHY_TRY(shy_hash_file(o->schema, import->schema_sha256));
    }
    SHY_TRY(prepare_codes(import));
out:
    return st;
}

/* ---- what is in the tables --------------------------------------------------------------------------------------- */

static shy_status examine_table(shy_import *import, shy_import_table *table)
{
    shy_status st = SHY_OK;
    bool again;

    SHY_TRY(shy_import_scan(import, table, false));
    SHY_TRY(shy_import_infer(import, table, &again));
    if (again) {
        /*
         * Columns where texts turned up after numbers and are in the majority: now they are read as texts from the
         * start.
         */
        for (int64_t i = table->first; i < table->first + table->count; i++)
            if (import->column[i].again) import->column[i].texts->late = false;
        SHY_TRY(shy_import_scan(import, table, true));
        SHY_TRY(shy_import_infer(import, table, &again));
    }
    SHY_TRY(shy_hash_file(table->path, table->sha256));
out:
    return st;
}

/*
 * Rows of the dataset of values for what has values, −1−k for the identifiers; the join column is the first of these.
 */
static shy_status assign_slots(shy_import *import)
{
    int64_t identifiers = import->options->join != NULL;

    for (int t = 0; t < import->tables; t++) {
        shy_import_table *table = &import->table[t];
        table->first_slot = import->slots;
        for (int64_t i = table->first; i < table->first + table->count; i++) {
            shy_import_column *column = &import->column[i];
            column->minimum = INFINITY, column->maximum = -INFINITY;
            if (column->kind == SHY_KIND_IDENTIFIER)
                column->slot = i == table->join ? -1 : -1 - identifiers++;
            else if (column->kind != SHY_KIND_SKIP)
                column->slot = import->slots++;
        }
        table->slots = import->slots - table->first_slot;
    }
    if (import->slots == 0)
        return shy_fail(SHY_INPUT, "%s: has no column of values, only identifiers or texts that are left out.",
                        import->table[0].path);
    return SHY_OK;
}

static shy_status examine(shy_import *import)
{
    shy_status st = SHY_OK;

    SHY_TRY(shy_import_headings(import));
    for (int t = 0; t < import->tables; t++)
        SHY_TRY(examine_table(import, &import->table[t]));
    SHY_TRY(shy_import_join(import));
    shy_import_infer_survival(import);
    SHY_TRY(assign_slots(import));
out:
    return st;
}

/* ---- what people are told ---------------------------------------------------------------------------------------- */

typedef struct {
    const shy_import *import;
    const int64_t *listed;
} listed_columns;

static void get_listed(void *context, int64_t index, shy_column *column_out, const char **remark_out)
{
    const listed_columns *l = context;

    shy_import_view(l->import, l->listed[index], column_out);
    *remark_out = l->import->column[l->listed[index]].remark;
}

/* The inferred table, with the columns that are left out, without the join columns that are there already. */
static shy_status print_inferred(const shy_import *import)
{
    shy_status st = SHY_OK;
    int64_t *listed = NULL, count = 0;

    SHY_TRY(shy_new((size_t)import->columns, sizeof *listed, &listed));
    for (int64_t i = 0; i < import->columns; i++)
        if (!import->column[i].joined) listed[count++] = i;
    listed_columns l = {.import = import, .listed = listed};
    shy_listing listing = {.get = get_listed, .context = &l, .count = count, .rows = import->rows, .limit = 60};
    listing.more = "shihyo inspect --all on the cohort, or --save-schema";
    shy_listing_print(&listing, import->report);
out:
    shy_free(&listed);
    return st;
}

/* ---- all steps --------------------------------------------------------------------------------------------------- */

/* Makes the new name last; some file systems cannot, and need not. */
static void sync_directory(const char *path)
{
    char directory[4096];
    const char *slash = strrchr(path, '/');
    int length = slash == NULL ? 1 : slash == path ? 1 : (int)(slash - path);

    snprintf(directory, sizeof directory, "%.*s", length, slash == NULL ? "." : path);
    int file = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0) return;
    fsync(file);
    close(file);
}

static shy_status replace(const char *temporary, const char *path)
{
    if (rename(temporary, path) != 0) return shy_fail(SHY_IO, "%s: cannot be written: %s.", path, strerror(errno));
    sync_directory(path);
    return SHY_OK;
}

static shy_status run(shy_import *import, const char *cohort, const char *schema)
{
    shy_status st = SHY_OK;
    const shy_import_options *o = import->options;

    SHY_TRY(prepare(import));
    SHY_TRY(try_file(cohort, o->output));
    if (o->save_schema != NULL) SHY_TRY(try_file(schema, o->save_schema));
    SHY_TRY(examine(import));
    SHY_TRY(shy_import_write(import, cohort));
    if (!o->quiet) SHY_TRY(print_inferred(import));
    if (o->save_schema != NULL) SHY_TRY(shy_schema_save(import, schema));
    /* Everything is written: from here on only names change. */
    if (o->save_schema != NULL) SHY_TRY(replace(schema, o->save_schema));
    SHY_TRY(replace(cohort, o->output));
out:
    return st;
}

static void release(shy_import *import)
{
    for (int64_t i = 0; i < import->columns; i++) {
        shy_texts *texts = import->column[i].texts;
        if (texts == NULL) continue;
        shy_words_free(&texts->words);
        shy_free(&texts->code);
        shy_free(&texts->level);
        shy_free(&import->column[i].texts);
    }
    for (int t = 0; t < import->tables; t++)
        shy_free(&import->table[t].target);
    shy_free(&import->column);
    shy_free(&import->table);
    shy_words_free(&import->names);
    shy_words_free(&import->units);
    shy_missing_free(&import->missing);
    shy_schema_free(&import->schema);
}

shy_status shy_cohort_import(const shy_import_options *options, FILE *report)
{
    shy_status st = SHY_OK;
    shy_import_options o = *options;
    shy_import import = {
        .options = &o, .report = report, .memory = options->memory > 0 ? options->memory : DEFAULT_MEMORY};
    char *cohort = NULL, *schema = NULL;

    o.quiet = o.quiet || report == NULL;
    SHY_TRY(judge_options(&o));
    SHY_TRY(shy_string_format(&cohort, "%s.part-%ld", o.output, (long)getpid()));
    if (o.save_schema != NULL) SHY_TRY(shy_string_format(&schema, "%s.part-%ld", o.save_schema, (long)getpid()));
    st = run(&import, cohort, schema);
    if (st != SHY_OK) {
        unlink(cohort);
        if (schema != NULL) unlink(schema);
    }
out:
    release(&import);
    shy_free(&cohort);
    shy_free(&schema);
    return st;
}
