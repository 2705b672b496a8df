/* load.c: the second pass: cells become values, rows become columns, within a buffer of bounded size. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "load.h"

/*
 * A table is read row by row and stored column by column. A block of the buffer holds `slots` columns by `stride` rows:
 *
 *     ordered table      all its columns (or as many as fit) × one band of chunk rows; bands follow each other in
 * one pass
 *     unordered table    as many columns as fit × all rows; one pass over the table for each block
 *
 * Blocks begin and end at the borders of chunks, so that hardly any chunk is written twice.
 */
typedef struct {
    shy_import *import;
    shy_import_table *table;
    shy_writer *writer;
    double *block;
    int64_t slot, slots;  /* of this block */
    uint64_t row, stride; /* first row of this block, and how many it can hold */
    int64_t target;       /* row of the cohort of the row being read, −1 if it is left out */
} load;

void shy_load_layout(const shy_import *import, uint64_t buffer, shy_writer_layout *layout)
{
    enum { CHUNK_CELLS = 65536, ROWS_LEAST = 32, ROWS_MOST = 8192 };
    uint64_t fit = buffer / sizeof(double) / (uint64_t)import->slots, rows = ROWS_LEAST;

    while (rows < ROWS_MOST && 2 * rows <= fit)
        rows *= 2;
    if (rows > import->rows) rows = import->rows;
    layout->rows = import->rows;
    layout->slots = import->slots;
    layout->chunk_rows = rows;
    layout->chunk_slots = CHUNK_CELLS / rows;
    if (layout->chunk_slots > (uint64_t)import->slots) layout->chunk_slots = (uint64_t)import->slots;
}

/* ---- one block --------------------------------------------------------------------------------------------------- */

static void begin_block(load *l, uint64_t row)
{
    uint64_t cells = (uint64_t)l->slots * l->stride;

    l->row = row;
    for (uint64_t i = 0; i < cells; i++)
        l->block[i] = NAN;
}

/* In the order of rows, whatever the blocks: the sums do not depend on the memory that was allowed. */
static void measure(shy_import_column *column, const double *values, uint64_t rows)
{
    for (uint64_t i = 0; i < rows; i++) {
        double value = values[i];
        if (isnan(value)) {
            column->missing++;
            continue;
        }
        if (value < column->minimum) column->minimum = value;
        if (value > column->maximum) column->maximum = value;
        column->sum += value;
    }
}

static shy_status end_block(load *l)
{
    uint64_t rows = l->import->rows - l->row < l->stride ? l->import->rows - l->row : l->stride;

    for (int64_t i = l->table->first; i < l->table->first + l->table->count; i++) {
        shy_import_column *column = &l->import->column[i];
        if (column->slot < l->slot || column->slot >= l->slot + l->slots) continue;
        measure(column, l->block + (uint64_t)(column->slot - l->slot) * l->stride, rows);
    }
    return shy_writer_values(l->writer, l->slot, l->slots, l->row, rows, l->stride, l->block);
}

/* ---- cells ------------------------------------------------------------------------------------------------------- */

static shy_status table_changed(const load *l)
{
    return shy_fail(SHY_INPUT, "%s: has changed while it was read. Import again when nothing writes to it.",
                    l->table->path);
}

static shy_status begin_row(void *context, uint64_t row)
{
    shy_status st = SHY_OK;
    load *l = context;

    if (row >= l->table->rows) return table_changed(l);
    l->target = l->table->target == NULL ? (int64_t)row : l->table->target[row];
    if (l->target < 0) return st;
    while ((uint64_t)l->target >= l->row + l->stride) {
        SHY_TRY(end_block(l));
        begin_block(l, l->row + l->stride);
    }
out:
    return st;
}

static shy_status take_cell(void *context, const shy_cell_place *place)
{
    load *l = context;
    const shy_import_column *column = &l->import->column[place->column];
    double value = NAN;

    if (l->target < 0 || column->slot < l->slot || column->slot >= l->slot + l->slots) return SHY_OK;
    shy_cell cell = shy_cell_read(place->text, place->length, &l->import->missing,
                                  column->rule ? &column->rule->missing : NULL, &value);
    if (cell == SHY_CELL_MISSING) return SHY_OK;
    if (column->texts != NULL) {
        int level = shy_texts_level(column->texts, place->text, place->length);
        if (level < 0) return table_changed(l);
        value = level;
    } else if (cell != SHY_CELL_NUMBER) {
        return table_changed(l);
    }
    l->block[(uint64_t)(column->slot - l->slot) * l->stride + ((uint64_t)l->target - l->row)] = value;
    return SHY_OK;
}

/* ---- passes ------------------------------------------------------------------------------------------------------ */

static shy_status pass(load *l)
{
    shy_status st = SHY_OK;
    shy_visitor visitor = {.begin = begin_row, .take = take_cell, .context = l};
    uint64_t rows;

    begin_block(l, 0);
    SHY_TRY(shy_import_visit(l->table, &visitor, &rows));
    if (rows != l->table->rows) return table_changed(l);
    while (l->row + l->stride < l->import->rows) {
        SHY_TRY(end_block(l));
        begin_block(l, l->row + l->stride);
    }
    SHY_TRY(end_block(l));
out:
    return st;
}

/* The next border between chunks at or below `slot`, unless that is where the block begins. */
static int64_t at_border(int64_t begin, int64_t slot, uint64_t chunk)
{
    int64_t border = slot / (int64_t)chunk * (int64_t)chunk;

    return border > begin ? border : slot;
}

shy_status shy_load_table(shy_import *import, shy_import_table *table, shy_writer *writer,
                          const shy_writer_layout *layout, uint64_t buffer)
{
    shy_status st = SHY_OK;
    load l = {.import = import, .table = table, .writer = writer};
    int64_t end = table->first_slot + table->slots;
    uint64_t fit;

    l.stride = table->ordered ? layout->chunk_rows : import->rows;
    fit = buffer / sizeof(double) / l.stride;
    if (fit < 1) fit = 1;
    if (fit > (uint64_t)table->slots) fit = (uint64_t)table->slots;
    SHY_TRY(shy_new(fit * l.stride, sizeof *l.block, &l.block));
    for (l.slot = table->first_slot; l.slot < end; l.slot += l.slots) {
        l.slots = end - l.slot;
        if ((uint64_t)l.slots > fit) l.slots = at_border(l.slot, l.slot + (int64_t)fit, layout->chunk_slots) - l.slot;
        SHY_TRY(pass(&l));
    }
out:
    shy_free(&l.block);
    return st;
}
