/*
 * schema_save.c: writes the schema in force, so that the next import takes what this one inferred, or what a person
 * changed.
 */
#include "shy_config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "import_impl.h"

/*
 * Always in double quotes: yes, 1 and 2020-01-01 stay texts for every reader of YAML. Control characters do not occur.
 */
static void put_text(FILE *file, const char *text)
{
    fputc('"', file);
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\') fputc('\\', file);
        fputc(*text, file);
    }
    fputc('"', file);
}

static void put_list(FILE *file, const char *const *texts, int count)
{
    fputc('[', file);
    for (int i = 0; i < count; i++) {
        if (i > 0) fputs(", ", file);
        put_text(file, texts[i]);
    }
    fputs("]\n", file);
}

static void put_column(FILE *file, const shy_import *import, int64_t index)
{
    const shy_import_column *column = &import->column[index];
    shy_column view;

    shy_import_view(import, index, &view);
    fputs("  - name: ", file);
    put_text(file, column->name);
    fprintf(file, "\n    kind: %s\n", shy_kind_name((shy_kind)column->kind));
    if (*column->unit != '\0') {
        fputs("    unit: ", file);
        put_text(file, column->unit);
        fputc('\n', file);
    }
    if (strcmp(column->modality, "clinical") != 0) {
        fputs("    modality: ", file);
        put_text(file, column->modality);
        fputc('\n', file);
    }
    /* Levels 0 and 1 of numbers need no order, and naming them would refuse 1.0. */
    if (column->texts != NULL && column->texts->levels > 0) {
        fputs("    levels: ", file);
        put_list(file, column->texts->level, column->texts->levels);
    }
    if (column->rule != NULL && column->rule->codes_count > 0) {
        fputs("    missing: ", file);
        put_list(file, (const char *const *)column->rule->codes, column->rule->codes_count);
    }
    if (column->remark != NULL) fprintf(file, "    # %s\n", column->remark);
}

shy_status shy_schema_save(const shy_import *import, const char *path)
{
    FILE *file = fopen(path, "wx");

    if (file == NULL)
        return shy_fail(SHY_IO, "%s: cannot be written: %s.", import->options->save_schema, strerror(errno));
    fputs("# The schema of a cohort, for: shihyo import --schema\n"
          "# kind: numeric, binary, categorical, identifier, time, event, or skip to leave a column out\n"
          "# name: may hold * and ? to speak of many columns; modality: clinical unless given; missing: codes of this "
          "column\n",
          file);
    if (import->missing.count > 0) {
        fputs("missing: ", file);
        put_list(file, import->missing.text, import->missing.count);
    }
    fputs("columns:\n", file);
    for (int64_t i = 0; i < import->columns; i++)
        if (!import->column[i].joined) put_column(file, import, i);
    bool failed = fflush(file) != 0 || fsync(fileno(file)) != 0 || ferror(file) != 0;
    int error = errno;
    if (fclose(file) != 0 || failed)
        return shy_fail(SHY_IO, "%s: cannot be written: %s.", import->options->save_schema,
                        strerror(failed ? error : errno));
    return SHY_OK;
}
