/* excel.h: what the files of the workbook share: where things stand on its sheet, its cells, and the rows that compute. Private to emit. */
#ifndef SHIHYO_EMIT_EXCEL_H
#define SHIHYO_EMIT_EXCEL_H

#include "emit_impl.h"

/* ---- cells and places (excel_cells.c) --------------------------------------------------------------------------------- */

#define SHY_EXCEL_VALUE 2 /* the column of values */
#define SHY_EXCEL_LONGEST 8000 /* characters of a formula in a cell: Excel takes 8,192 */

/* Rows from 1: an input, a value made of inputs, a result (formula, score, prediction, then the probabilities of levels). */
int shy_excel_input_row(int column);
int shy_excel_value_row(const shy_emit_plan *plan, int value);
int shy_excel_result_row(const shy_emit_plan *plan, int result);

void shy_excel_begin_row(shy_buffer *out, int row);
void shy_excel_end_row(shy_buffer *out);
void shy_excel_text(shy_buffer *out, const char *style, const char *text);
/* A level has to be what it is: line ends and tabs as references; the other control characters are none that XML may have. */
void shy_excel_level(shy_buffer *out, const char *text);
void shy_excel_number(shy_buffer *out, const char *style, double value);
/* `formula` is ours alone: names of functions, numbers, places. It is freed. */
void shy_excel_formula(shy_buffer *out, const char *style, shy_buffer *formula);

/* Parts of formulas: a number, "" for none; the value in a row. */
void shy_excel_literal(shy_buffer *formula, double value);
void shy_excel_place(shy_buffer *formula, int row);

/* ---- rows that compute (excel_model.c) --------------------------------------------------------------------------------- */

/* The levels of a value (column 1), or what they count as (column 2), on the sheet of levels. */
void shy_excel_range(shy_buffer *formula, int value, const shy_input *input, int column);
void shy_excel_values(const shy_emit_plan *plan, shy_buffer *out);
shy_status shy_excel_formula_row(const shy_emit_plan *plan, shy_buffer *out);
shy_status shy_excel_score_row(const shy_emit_plan *plan, shy_buffer *out);
void shy_excel_results(const shy_emit_plan *plan, shy_buffer *out);

#endif
