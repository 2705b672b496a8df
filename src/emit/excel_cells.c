/* excel_cells.c: the cells of a workbook, and where things stand in it. */
#include "shy_config.h"

#include <math.h>

#include "excel.h"

enum { FIRST_INPUT = 7 };

/* ---- places ---------------------------------------------------------------------------------------------------- */

int shy_excel_input_row(int column)
{
    return FIRST_INPUT + column;
}

int shy_excel_value_row(const shy_emit_plan *plan, int value)
{
    return FIRST_INPUT + plan->columns + 2 + value;
}

int shy_excel_result_row(const shy_emit_plan *plan, int result)
{
    return shy_excel_value_row(plan, plan->values) + 2 + result;
}

/* ---- cells ---------------------------------------------------------------------------------------------------------- */

void shy_excel_text(shy_buffer *out, const char *style, const char *text)
{
    shy_buffer_format(out, "<Cell ss:StyleID=\"%s\"><Data ss:Type=\"String\">", style);
    shy_emit_xml(out, text);
    shy_buffer_text(out, "</Data></Cell>");
}

void shy_excel_level(shy_buffer *out, const char *text)
{
    uint32_t c;

    shy_buffer_text(out, "<Cell><Data ss:Type=\"String\">");
    while ((c = shy_emit_next(&text)) != 0) {
        if (c == '&' || c == '<' || c == '>' || c == '\t' || c == '\n' || c == '\r') shy_buffer_format(out, "&#%u;", (unsigned)c);
        else shy_emit_character(out, c < 0x20 || c == 0xfffe || c == 0xffff ? ' ' : c);
    }
    shy_buffer_text(out, "</Data></Cell>");
}

void shy_excel_number(shy_buffer *out, const char *style, double value)
{
    shy_buffer_format(out, "<Cell ss:StyleID=\"%s\">", style);
    if (isfinite(value)) {
        shy_buffer_text(out, "<Data ss:Type=\"Number\">");
        shy_emit_number(out, value);
        shy_buffer_text(out, "</Data>");
    }
    shy_buffer_text(out, "</Cell>");
}

void shy_excel_formula(shy_buffer *out, const char *style, shy_buffer *formula)
{
    if (formula->status != SHY_OK && out->status == SHY_OK) out->status = formula->status;
    if (formula->status == SHY_OK && formula->count > SHY_EXCEL_LONGEST && out->status == SHY_OK)
        out->status = shy_fail(SHY_INPUT, "The formula is too long for a cell of a spreadsheet (%zu characters).", formula->count);
    shy_buffer_format(out, "<Cell ss:StyleID=\"%s\" ss:Formula=\"", style);
    if (formula->status == SHY_OK) shy_emit_xml(out, formula->bytes);
    shy_buffer_text(out, "\"/>");
    shy_buffer_free(formula);
}

void shy_excel_begin_row(shy_buffer *out, int row)
{
    shy_buffer_format(out, "<Row ss:Index=\"%d\">", row);
}

void shy_excel_end_row(shy_buffer *out)
{
    shy_buffer_text(out, "</Row>\n");
}

void shy_excel_literal(shy_buffer *out, double value)
{
    if (isnan(value)) shy_buffer_text(out, "\"\"");
    else if (signbit(value)) shy_buffer_text(out, "("), shy_emit_number(out, value), shy_buffer_text(out, ")");
    else shy_emit_number(out, value);
}

void shy_excel_place(shy_buffer *out, int row)
{
    shy_buffer_format(out, "R%dC%d", row, SHY_EXCEL_VALUE);
}
