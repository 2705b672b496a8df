/* sweep_table.c: a tab-separated file as a table. */
#include "shy_config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "app/sweep.h"

#define BYTES_MAX ((size_t)1 << 28)

static shy_status read_text(const char *path, char **text_out)
{
    shy_status st = SHY_OK;
    FILE *file = fopen(path, "r");
    char *text = NULL;
    size_t used = 0, got;

    if (file == NULL) return shy_fail(SHY_IO, "%s: cannot be read: %s.", path, strerror(errno));
    do {
        SHY_TRY(shy_grow(used + 65537, 1, &text));
        got = fread(text + used, 1, 65536, file);
        used += got;
    } while (got > 0 && used < BYTES_MAX);
    if (ferror(file) || used >= BYTES_MAX) SHY_TRY(shy_fail(SHY_IO, "%s: cannot be read.", path));
    text[used] = '\0';
    *text_out = text, text = NULL;
out:
    shy_free(&text);
    fclose(file);
    return st;
}

static int count_of(const char *text, char character)
{
    int count = 0;

    for (; *text != '\0'; text++) count += *text == character;
    return count;
}

/* The cells of a line into `cell`; what is too much is dropped, what lacks is empty. Returns where the next line begins. */
static char *cut_line(char *line, char **cell, int columns)
{
    char *end = line + strcspn(line, "\n"), *next = *end == '\0' ? end : end + 1;

    *end = '\0';
    for (int c = 0; c < columns; c++) {
        char *tab = strchr(line, '\t');
        cell[c] = line;
        line = tab == NULL ? end : tab + 1;
        if (tab != NULL) *tab = '\0';
    }
    return next;
}

shy_status shy_tsv_read(const char *path, shy_tsv *tsv_out)
{
    shy_status st = SHY_OK;
    shy_tsv t = {0};
    char *line;

    SHY_TRY(read_text(path, &t.text));
    t.rows = count_of(t.text, '\n') - 1;
    if (t.rows < 0) SHY_TRY(shy_fail(SHY_INPUT, "%s: is not a table.", path));
    for (const char *p = t.text; *p != '\n'; p++) t.columns += *p == '\t';
    t.columns++;
    SHY_TRY(shy_new(((size_t)t.rows + 1) * (size_t)t.columns, sizeof *t.cell, &t.cell));
    line = t.text;
    for (int r = 0; r <= t.rows; r++) line = cut_line(line, t.cell + (size_t)r * (size_t)t.columns, t.columns);
    *tsv_out = t, t = (shy_tsv){0};
out:
    shy_tsv_free(&t);
    return st;
}

void shy_tsv_free(shy_tsv *tsv)
{
    shy_free(&tsv->cell);
    shy_free(&tsv->text);
    *tsv = (shy_tsv){0};
}

const char *shy_tsv_cell(const shy_tsv *tsv, int row, int column)
{
    return tsv->cell[(size_t)(row + 1) * (size_t)tsv->columns + (size_t)column];
}

int shy_tsv_column(const shy_tsv *tsv, const char *heading)
{
    for (int c = 0; c < tsv->columns; c++)
        if (strcmp(shy_tsv_cell(tsv, -1, c), heading) == 0) return c;
    return -1;
}
