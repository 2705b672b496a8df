/* table.c: a table of texts, aligned when it is printed. */
#include "shy_config.h"

#include <assert.h>
#include <string.h>

#include "shihyo/report.h"

typedef struct {
    uint32_t first, last;
} range;

/* Blocks of the Unicode standard, coarse: enough for names of columns. */
static const range wide[] = {{0x1100, 0x115f}, {0x2e80, 0xa4cf}, {0xac00, 0xd7a3}, {0xf900, 0xfaff},
                             {0xfe30, 0xfe6f}, {0xff00, 0xff60}, {0xffe0, 0xffe6}, {0x20000, 0x3fffd}};
static const range combining[] = {{0x0300, 0x036f}, {0x200b, 0x200f}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}};

static bool among(uint32_t point, const range *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (point >= list[i].first && point <= list[i].last) return true;
    return false;
}

/* Decodes one character and steps over it; a stray byte counts as one character. */
static uint32_t next_point(const unsigned char **text)
{
    const unsigned char *p = *text;
    int more = *p >= 0xf0 ? 3 : *p >= 0xe0 ? 2 : *p >= 0xc0 ? 1 : 0;
    uint32_t point = more == 0 ? *p : *p & (0x3fu >> more);

    p++;
    for (; more > 0 && (*p & 0xc0) == 0x80; more--, p++)
        point = point << 6 | (*p & 0x3fu);
    *text = p;
    return point;
}

int shy_text_width(const char *text)
{
    const unsigned char *p = (const unsigned char *)text;
    int width = 0;

    while (*p != '\0') {
        uint32_t point = next_point(&p);
        if (among(point, combining, sizeof combining / sizeof *combining)) continue;
        width += among(point, wide, sizeof wide / sizeof *wide) ? 2 : 1;
    }
    return width;
}

size_t shy_text_character(const char *text)
{
    const unsigned char *byte = (const unsigned char *)text;
    const size_t count = byte[0] == 0 ? 0 : byte[0] < 0x80 ? 1 : byte[0] < 0xc2 ? 0 : byte[0] < 0xe0 ? 2 : byte[0] < 0xf0 ? 3 : byte[0] < 0xf5 ? 4 : 0;

    for (size_t i = 1; i < count; i++)
        if ((byte[i] & 0xc0) != 0x80) return 0;
    if ((byte[0] == 0xe0 && byte[1] < 0xa0) || (byte[0] == 0xed && byte[1] > 0x9f)) return 0;
    if ((byte[0] == 0xf0 && byte[1] < 0x90) || (byte[0] == 0xf4 && byte[1] > 0x8f)) return 0;
    return count;
}

/* C0, DEL, and C1, which begins a command of a terminal as well as ESC does. */
static bool is_control(const char *character)
{
    const unsigned char *byte = (const unsigned char *)character;
    return byte[0] < 0x20 || byte[0] == 0x7f || (byte[0] == 0xc2 && byte[1] < 0xa0);
}

void shy_text_tame(char *text)
{
    while (*text != '\0') {
        const size_t bytes = shy_text_character(text), taken = bytes > 0 ? bytes : 1;
        if (bytes == 0 || is_control(text)) memset(text, '?', taken);
        text += taken;
    }
}

void shy_table_column(shy_table *table, const char *heading, bool right)
{
    assert(table->columns < SHY_TABLE_COLUMNS);
    table->heading[table->columns] = heading;
    table->right[table->columns++] = right;
}

void shy_table_cell(shy_table *table, const char *text)
{
    char *copy = NULL;

    if (table->status != SHY_OK) return;
    if (table->cells == table->room) {
        size_t room = table->room == 0 ? 64 : 2 * table->room;
        table->status = shy_grow(room, sizeof *table->cell, &table->cell);
        if (table->status != SHY_OK) return;
        table->room = room;
    }
    table->status = shy_string_copy(text, &copy);
    if (table->status != SHY_OK) return;
    shy_text_tame(copy);
    table->cell[table->cells++] = copy;
}

/* Blanks are printed when something follows them, so that no line ends with one. */
static void print_row(const shy_table *table, const int *width, const char *const *cell, FILE *stream)
{
    int blanks = 0;

    for (int c = 0; c < table->columns; c++) {
        int gap = width[c] - shy_text_width(cell[c]);
        if (c > 0) blanks += 2;
        if (table->right[c]) blanks += gap;
        if (*cell[c] != '\0') {
            fprintf(stream, "%*s%s", blanks, "", cell[c]);
            blanks = 0;
        }
        if (!table->right[c]) blanks += gap;
    }
    fputs("\n", stream);
}

shy_status shy_table_print(const shy_table *table, FILE *stream)
{
    int width[SHY_TABLE_COLUMNS] = {0};
    size_t columns = (size_t)table->columns;

    if (table->status != SHY_OK) return table->status;
    for (size_t c = 0; c < columns; c++)
        width[c] = shy_text_width(table->heading[c]);
    for (size_t i = 0; i < table->cells; i++) {
        int w = shy_text_width(table->cell[i]);
        if (w > width[i % columns]) width[i % columns] = w;
    }
    print_row(table, width, table->heading, stream);
    for (size_t i = 0; i + columns <= table->cells; i += columns)
        print_row(table, width, (const char *const *)table->cell + i, stream);
    return SHY_OK;
}

void shy_table_free(shy_table *table)
{
    for (size_t i = 0; i < table->cells; i++)
        shy_free(&table->cell[i]);
    shy_free(&table->cell);
    *table = (shy_table){0};
}
