/* table_impl.h: a table of texts, aligned when it is printed. */
#ifndef SHIHYO_TABLE_IMPL_H
#define SHIHYO_TABLE_IMPL_H

#include "shihyo/base.h"

#define SHY_TABLE_COLUMNS 24

/** Starts as {0}; a failure sticks and is returned by shy_table_print. */
typedef struct {
    int columns;
    const char *heading[SHY_TABLE_COLUMNS]; /* borrowed */
    bool right[SHY_TABLE_COLUMNS];
    char **cell; /* row by row, owned */
    size_t cells, room;
    shy_status status;
} shy_table;

void shy_table_column(shy_table *table, const char *heading, bool right);
void shy_table_cell(shy_table *table, const char *text); /* the next cell, row by row; control characters become '?' */
shy_status shy_table_print(const shy_table *table, FILE *stream);
void shy_table_free(shy_table *table);

/** Columns that a UTF-8 text takes on a terminal: wide East Asian characters two, combining marks none. */
int shy_text_width(const char *text);

#endif
