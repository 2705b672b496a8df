/* import_write.c: the cohort file of an import: values by the second pass, then what is known of the columns. */
#include "shy_config.h"

#include "import_write.h"
#include "load.h"

typedef struct {
    const shy_import *import;
    shy_writer *writer;
    int64_t *kept; /* columns of the tables that are columns of the cohort */
    uint64_t count;
} write_job;

/* ---- texts, one at a time ---------------------------------------------------------------------------------------- */

static const char *name_at(void *context, uint64_t i)
{
    const write_job *job = context;

    return job->import->column[job->kept[i]].name;
}

static const char *unit_at(void *context, uint64_t i)
{
    const write_job *job = context;

    return job->import->column[job->kept[i]].unit;
}

static const char *modality_at(void *context, uint64_t i)
{
    const write_job *job = context;

    return job->import->column[job->kept[i]].modality;
}

static const char *kind_at(void *context, uint64_t i)
{
    const write_job *job = context;

    return shy_kind_name((shy_kind)job->import->column[job->kept[i]].kind);
}

typedef struct {
    const char *const *level;
} level_list;

static const char *level_at(void *context, uint64_t i)
{
    const level_list *list = context;

    return list->level[i];
}

typedef struct {
    const shy_words *words;
    const int64_t *source; /* row of the table for each row of the cohort, −1 if none; NULL: the same */
} identifier_list;

static const char *identifier_at(void *context, uint64_t row)
{
    const identifier_list *list = context;
    int64_t source = list->source == NULL ? (int64_t)row : list->source[row];

    return source < 0 ? "" : shy_words_text(list->words, source);
}

/* ---- parts of the file ------------------------------------------------------------------------------------------- */

static shy_status write_names(write_job *job)
{
    shy_status st = SHY_OK;

    SHY_TRY(shy_writer_texts(job->writer, "columns/name", job->count, name_at, job));
    SHY_TRY(shy_writer_texts(job->writer, "columns/unit", job->count, unit_at, job));
    SHY_TRY(shy_writer_texts(job->writer, "columns/modality", job->count, modality_at, job));
    SHY_TRY(shy_writer_texts(job->writer, "columns/kind", job->count, kind_at, job));
out:
    return st;
}

/* What identifies one number of a column. */
typedef enum { SLOT, MISSING, LEVELS, MINIMUM, MAXIMUM, MEAN } figure;

static int64_t integer_figure(const shy_import *import, int64_t index, figure which)
{
    shy_column view;

    shy_import_view(import, index, &view);
    return which == SLOT ? import->column[index].slot : which == MISSING ? (int64_t)view.missing : view.levels;
}

static double double_figure(const shy_import *import, int64_t index, figure which)
{
    shy_column view;

    shy_import_view(import, index, &view);
    return which == MINIMUM ? view.minimum : which == MAXIMUM ? view.maximum : view.mean;
}

static shy_status write_figures(write_job *job)
{
    static const struct {
        const char *name;
        figure which;
    } integer[] = {{"columns/slot", SLOT}, {"columns/missing", MISSING}, {"columns/levels", LEVELS}},
      floating[] = {{"columns/minimum", MINIMUM}, {"columns/maximum", MAXIMUM}, {"columns/mean", MEAN}};
    shy_status st = SHY_OK;
    int64_t *integers = NULL;
    double *doubles = NULL;

    SHY_TRY(shy_new(job->count, sizeof *integers, &integers));
    SHY_TRY(shy_new(job->count, sizeof *doubles, &doubles));
    for (int f = 0; f < 3; f++) {
        for (uint64_t i = 0; i < job->count; i++)
            integers[i] = integer_figure(job->import, job->kept[i], integer[f].which);
        SHY_TRY(shy_writer_integers(job->writer, integer[f].name, job->count, integers));
        for (uint64_t i = 0; i < job->count; i++)
            doubles[i] = double_figure(job->import, job->kept[i], floating[f].which);
        SHY_TRY(shy_writer_doubles(job->writer, floating[f].name, job->count, doubles));
    }
out:
    shy_free(&integers);
    shy_free(&doubles);
    return st;
}

static shy_status write_levels(write_job *job)
{
    shy_status st = SHY_OK;
    const char **level = NULL;
    uint64_t count = 0, used = 0;
    shy_column view;

    for (uint64_t i = 0; i < job->count; i++) {
        shy_import_view(job->import, job->kept[i], &view);
        count += (uint64_t)view.levels;
    }
    SHY_TRY(shy_new(count, sizeof *level, &level));
    for (uint64_t i = 0; i < job->count; i++) {
        shy_import_view(job->import, job->kept[i], &view);
        for (int k = 0; k < view.levels; k++)
            level[used++] = view.level_names[k];
    }
    level_list list = {.level = level};
    SHY_TRY(shy_writer_texts(job->writer, "levels", count, level_at, &list));
out:
    shy_free(&level);
    return st;
}

static shy_status write_identifiers(write_job *job, const shy_import_table *table)
{
    shy_status st = SHY_OK;
    const shy_import *import = job->import;
    int64_t *source = NULL;
    char name[48];

    if (table->target != NULL) {
        SHY_TRY(shy_new(import->rows, sizeof *source, &source));
        for (uint64_t i = 0; i < import->rows; i++)
            source[i] = -1;
        for (uint64_t i = 0; i < table->rows; i++)
            if (table->target[i] >= 0) source[table->target[i]] = (int64_t)i;
    }
    for (int64_t i = table->first; i < table->first + table->count; i++) {
        const shy_import_column *column = &import->column[i];
        if (column->kind != SHY_KIND_IDENTIFIER) continue;
        identifier_list list = {.words = &column->texts->words, .source = source};
        snprintf(name, sizeof name, "identifiers/%lld", (long long)(-1 - column->slot));
        SHY_TRY(shy_writer_texts(job->writer, name, import->rows, identifier_at, &list));
    }
out:
    shy_free(&source);
    return st;
}

static const char *provenance_at(void *context, uint64_t i)
{
    (void)i;
    return context;
}

static shy_status write_about(write_job *job)
{
    shy_status st = SHY_OK;
    char *provenance = NULL;

    SHY_TRY(shy_import_provenance(job->import, &provenance));
    SHY_TRY(shy_writer_texts(job->writer, "provenance", 1, provenance_at, provenance));
    SHY_TRY(shy_writer_attribute(job->writer, "format", SHY_FORMAT));
    SHY_TRY(shy_writer_attribute(job->writer, "rows", (int64_t)job->import->rows));
    SHY_TRY(shy_writer_attribute(job->writer, "columns", (int64_t)job->count));
    SHY_TRY(shy_writer_note(job->writer, "program", PACKAGE_STRING));
out:
    shy_free(&provenance);
    return st;
}

/* ---- the file ---------------------------------------------------------------------------------------------------- */

static shy_status keep_columns(write_job *job)
{
    shy_status st = SHY_OK;

    SHY_TRY(shy_new((size_t)job->import->columns, sizeof *job->kept, &job->kept));
    for (int64_t i = 0; i < job->import->columns; i++)
        if (job->import->column[i].kind != SHY_KIND_SKIP) job->kept[job->count++] = i;
out:
    return st;
}

shy_status shy_import_write(shy_import *import, const char *path)
{
    shy_status st = SHY_OK;
    write_job job = {.import = import};
    shy_writer_layout layout = {.path = path, .name = import->options->output,
                                .align = import->options->align > 0 ? import->options->align : SHY_ALIGN_DEFAULT};
    uint64_t buffer = import->memory / 2;

    SHY_TRY(keep_columns(&job));
    shy_load_layout(import, buffer, &layout);
    SHY_TRY(shy_writer_create(&layout, &job.writer));
    for (int t = 0; t < import->tables; t++)
        SHY_TRY(shy_load_table(import, &import->table[t], job.writer, &layout, buffer));
    SHY_TRY(write_names(&job));
    SHY_TRY(write_figures(&job));
    SHY_TRY(write_levels(&job));
    for (int t = 0; t < import->tables; t++)
        SHY_TRY(write_identifiers(&job, &import->table[t]));
    SHY_TRY(write_about(&job));
    SHY_TRY(shy_writer_finish(&job.writer));
out:
    shy_writer_abandon(&job.writer);
    shy_free(&job.kept);
    return st;
}
