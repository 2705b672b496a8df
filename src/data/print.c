/* print.c: the table of columns for people: aligned, within 100 characters on the screen. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "import_impl.h"

enum { SCREEN = 100, GAP = 2, KINDS = 7 };

typedef struct {
    int name, kind, unit, modality, missing; /* widths; 0 = the column is not shown */
} layout;

/* ---- texts ------------------------------------------------------------------------------------------------------- */

static int screen_width(const char *text)
{
    int width = 0;

    for (; *text != '\0'; text++)
        width += ((unsigned char)*text & 0xC0) != 0x80;
    return width;
}

/* Bytes of the first `width` characters. */
static size_t prefix_bytes(const char *text, int width)
{
    const char *end = text;

    for (; *end != '\0'; end++)
        if (((unsigned char)*end & 0xC0) != 0x80 && width-- == 0) break;
    return (size_t)(end - text);
}

void shy_print_cell(FILE *stream, const char *text, int width)
{
    int have = screen_width(text);

    if (have > width)
        fprintf(stream, "%.*s…", (int)prefix_bytes(text, width - 1), text);
    else
        fprintf(stream, "%s%*s", text, width - have, "");
}

/* ---- one column -------------------------------------------------------------------------------------------------- */

static void missing_text(const shy_column *column, uint64_t rows, char *text, size_t size)
{
    char count[32];

    if (column->missing == 0)
        snprintf(text, size, "0");
    else if (2000 * column->missing < rows)
        snprintf(text, size, "%s (<0.1%%)", shy_text_thousands(column->missing, count));
    else
        snprintf(text, size, "%s (%.*f%%)", shy_text_thousands(column->missing, count),
                 100 * column->missing < rows ? 1 : 0, 100.0 * (double)column->missing / (double)rows);
}

static void level_texts(const shy_column *column, char *text, size_t size)
{
    size_t used = 0;

    *text = '\0';
    if (column->kind == SHY_KIND_CATEGORICAL) used += (size_t)snprintf(text, size, "%d level%s: ", column->levels, column->levels == 1 ? "" : "s");
    for (int i = 0; i < column->levels && used + 1 < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s", i > 0 ? ", " : "", column->level_names[i]);
    if (column->kind == SHY_KIND_BINARY && used + 64 < size && !isnan(column->mean))
        snprintf(text + used, size - used, " (%.1f%% %.40s)", 100 * column->mean, column->level_names[1]);
}

static void values_text(const shy_column *column, char *text, size_t size)
{
    *text = '\0';
    if (column->levels > 0)
        level_texts(column, text, size);
    else if (column->kind == SHY_KIND_IDENTIFIER)
        snprintf(text, size, "all different");
    else if ((int)column->kind == SHY_KIND_SKIP)
        return;
    else if (isnan(column->mean))
        snprintf(text, size, "no value");
    else if (column->minimum == column->maximum)
        snprintf(text, size, "always %.6g", column->minimum);
    else
        snprintf(text, size, "%.5g to %.5g, mean %.4g", column->minimum, column->maximum, column->mean);
}

/* ---- the table --------------------------------------------------------------------------------------------------- */

static void widen(int *width, const char *text, int most)
{
    int have = screen_width(text);

    if (have > most) have = most;
    if (have > *width) *width = have;
}

static layout find_layout(const shy_listing *l, int64_t shown)
{
    layout w = {.name = 6, .kind = 4, .missing = 7};
    shy_column column;
    const char *remark;
    char text[64];

    for (int64_t i = 0; i < shown; i++) {
        l->get(l->context, i, &column, &remark);
        widen(&w.name, column.name, 30);
        widen(&w.kind, shy_kind_name(column.kind), 11);
        if (*column.unit != '\0') widen(&w.unit, column.unit, 12);
        if (strcmp(column.modality, "clinical") != 0) widen(&w.modality, column.modality, 10);
        missing_text(&column, l->rows, text, sizeof text);
        widen(&w.missing, text, 16);
    }
    if (w.unit > 0 && w.unit < 4) w.unit = 4;
    if (w.modality > 0 && w.modality < 8) w.modality = 8;
    return w;
}

static void put(FILE *stream, const char *text, int width)
{
    if (width == 0) return;
    shy_print_cell(stream, text, width);
    fputs("  ", stream);
}

static int used_width(const layout *w)
{
    const int widths[] = {w->name, w->kind, w->unit, w->modality, w->missing};
    int used = 0;

    for (int i = 0; i < 5; i++)
        used += widths[i] > 0 ? widths[i] + GAP : 0;
    return used;
}

/* The last cell is not filled up, and the remark follows it where there is room, or below. */
static void print_row(const shy_listing *l, const layout *w, int64_t index, FILE *stream)
{
    shy_column column;
    const char *remark;
    char missing[64], values[512];
    int room = SCREEN - used_width(w), have;

    l->get(l->context, index, &column, &remark);
    missing_text(&column, l->rows, missing, sizeof missing);
    values_text(&column, values, sizeof values);
    if ((int)column.kind == SHY_KIND_SKIP) snprintf(missing, sizeof missing, "-");
    put(stream, column.name, w->name);
    put(stream, shy_kind_name(column.kind), w->kind);
    put(stream, column.unit, w->unit);
    put(stream, column.modality, w->modality);
    put(stream, missing, w->missing);
    have = screen_width(values);
    shy_print_cell(stream, values, have < room ? have : room);
    if (remark != NULL && have + GAP + screen_width(remark) + 2 <= room)
        fprintf(stream, "%s[%s]", have > 0 ? "  " : "", remark);
    else if (remark != NULL)
        fprintf(stream, "\n%*s[%s]", w->name + GAP, "", remark);
    fputc('\n', stream);
}

static void print_counts(const shy_listing *l, FILE *stream)
{
    uint64_t counts[KINDS] = {0};
    shy_column column;
    const char *remark;
    char text[32];
    bool any = false;

    for (int64_t i = 0; i < l->count; i++) {
        l->get(l->context, i, &column, &remark);
        counts[(int)column.kind == SHY_KIND_SKIP ? KINDS - 1 : (int)column.kind]++;
    }
    fprintf(stream, "%s rows, ", shy_text_thousands(l->rows, text));
    fprintf(stream, "%s columns: ", shy_text_thousands((uint64_t)l->count - counts[KINDS - 1], text));
    for (int k = 0; k < KINDS - 1; k++) {
        if (counts[k] == 0) continue;
        fprintf(stream, "%s%s %s", any ? ", " : "", shy_text_thousands(counts[k], text), shy_kind_name((shy_kind)k));
        any = true;
    }
    if (counts[KINDS - 1] > 0) fprintf(stream, "; %s left out", shy_text_thousands(counts[KINDS - 1], text));
    fputs("\n\n", stream);
}

void shy_listing_print(const shy_listing *l, FILE *stream)
{
    int64_t shown = l->limit > 0 && l->limit < l->count ? l->limit : l->count;
    layout w = find_layout(l, shown);
    char text[32];

    print_counts(l, stream);
    put(stream, "column", w.name);
    put(stream, "kind", w.kind);
    put(stream, "unit", w.unit);
    put(stream, "modality", w.modality);
    put(stream, "missing", w.missing);
    fputs("values\n", stream);
    for (int64_t i = 0; i < shown; i++)
        print_row(l, &w, i, stream);
    if (shown < l->count)
        fprintf(stream, "… and %s more columns (all of them: %s)\n",
                shy_text_thousands((uint64_t)(l->count - shown), text), l->more);
}
