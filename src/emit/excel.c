/*
 * excel.c: a formula as a workbook to fill in, in the XML of spreadsheets that Excel and LibreOffice open by a double click. What comes from the data is text in cells of the
 * type String, never part of a formula.
 */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "excel.h"

/* ---- inputs ------------------------------------------------------------------------------------------------------------ */

static void put_seen(const shy_emit_plan *plan, const shy_emit_column *column, shy_buffer *out)
{
    const shy_input *input = column->input;
    shy_buffer text = {0};

    shy_buffer_text(&text, "");
    if (column->levels) {
        shy_buffer_text(&text, "see sheet Levels");
    } else if (isfinite(input->seen_low) && isfinite(input->seen_high) && input->how.kind == SHY_DERIVED_VALUE) {
        shy_buffer_format(&text, "%.6g to %.6g", input->seen_low, input->seen_high);
    }
    if (text.status == SHY_OK) shy_excel_text(out, "plain", text.bytes);
    else out->status = text.status;
    shy_buffer_free(&text);
    (void)plan;
}

/* What has to be said of the value that stands there. */
static void put_remark(const shy_emit_column *column, int row, shy_buffer *out)
{
    const shy_input *input = column->input;
    shy_buffer formula = {0};

    shy_buffer_text(&formula, "=IF(TRIM(");
    shy_excel_place(&formula, row);
    shy_buffer_text(&formula, ")=\"\",\"missing\",");
    if (column->levels) {
        shy_buffer_text(&formula, "\"\")");
    } else {
        shy_buffer_text(&formula, "IF(NOT(ISNUMBER(");
        shy_excel_place(&formula, row);
        shy_buffer_text(&formula, ")),\"not a number: counts as missing\",");
        if (isfinite(input->seen_low) && isfinite(input->seen_high) && input->how.kind == SHY_DERIVED_VALUE) {
            shy_buffer_text(&formula, "IF(OR(");
            shy_excel_place(&formula, row);
            shy_buffer_text(&formula, "<");
            shy_excel_literal(&formula, input->seen_low);
            shy_buffer_text(&formula, ",");
            shy_excel_place(&formula, row);
            shy_buffer_text(&formula, ">");
            shy_excel_literal(&formula, input->seen_high);
            shy_buffer_text(&formula, "),\"outside of what the run saw\",\"\")))");
        } else {
            shy_buffer_text(&formula, "\"\"))");
        }
    }
    shy_excel_formula(out, "remark", &formula);
}

static void put_inputs(const shy_emit_plan *plan, shy_buffer *out)
{
    shy_excel_begin_row(out, shy_excel_input_row(0) - 1);
    shy_excel_text(out, "head", "Input");
    shy_excel_text(out, "head", "Value");
    shy_excel_text(out, "head", "Unit");
    shy_excel_text(out, "head", "The run saw");
    shy_excel_text(out, "head", "Remark");
    shy_excel_end_row(out);
    for (int k = 0; k < plan->columns; k++) {
        const shy_emit_column *column = &plan->column[k];
        shy_excel_begin_row(out, shy_excel_input_row(k));
        shy_excel_text(out, "plain", column->input->column);
        if (column->levels) shy_excel_text(out, "input", column->input->level[(int)column->example]);
        else shy_excel_number(out, "input", column->example);
        shy_excel_text(out, "plain", column->levels ? "" : *column->input->unit == '\0' ? "not known" : column->input->unit);
        put_seen(plan, column, out);
        put_remark(column, shy_excel_input_row(k), out);
        shy_excel_end_row(out);
    }
}

/* ---- the workbook --------------------------------------------------------------------------------------------------------------- */

static void put_facts(const shy_emit_plan *plan, int row, shy_buffer *out)
{
    shy_buffer lines = {0};
    char *line;

    shy_excel_begin_row(out, row++);
    shy_excel_text(out, "head", "About this formula");
    shy_excel_end_row(out);
    shy_emit_comment(&lines, "", plan->facts.bytes);
    if (lines.status != SHY_OK) out->status = lines.status;
    for (line = lines.bytes; line != NULL && *line != '\0'; row++) {
        char *end = line + strcspn(line, "\n");
        const bool last = *end == '\0';
        *end = '\0';
        if (*line != '\0') {
            shy_excel_begin_row(out, row);
            shy_excel_text(out, "plain", line);
            shy_excel_end_row(out);
        }
        line = last ? end : end + 1;
    }
    shy_buffer_free(&lines);
}

static void put_level_sheet(const shy_emit_plan *plan, shy_buffer *out)
{
    int most = 0;

    for (int k = 0; k < plan->values; k++)
        if (plan->value[k].input->how.levels > most) most = plan->value[k].input->how.levels;
    shy_buffer_text(out, "<Worksheet ss:Name=\"Levels\"><Table>\n");
    for (int v = -1; v < most; v++) {
        shy_excel_begin_row(out, v + 2);
        for (int k = 0; k < plan->values; k++) {
            const shy_input *input = plan->value[k].input;
            if (v < 0) shy_excel_text(out, "head", plan->column[plan->value[k].column].levels ? input->name : ""), shy_excel_text(out, "head", "counts as");
            else if (v < input->how.levels) shy_excel_level(out, input->level[v]), shy_excel_number(out, "plain", shy_input_derive(input, v, NULL));
            else shy_buffer_text(out, "<Cell/><Cell/>");
        }
        shy_excel_end_row(out);
    }
    shy_buffer_text(out, "</Table></Worksheet>\n");
}

/* Inputs with levels offer them. */
static void put_choices(const shy_emit_plan *plan, shy_buffer *out)
{
    for (int k = 0; k < plan->columns; k++) {
        if (!plan->column[k].levels) continue;
        for (int v = 0; v < plan->values; v++) {
            if (plan->value[v].column != k) continue;
            shy_buffer_format(out, "<DataValidation xmlns=\"urn:schemas-microsoft-com:office:excel\"><Range>R%dC%d</Range><Type>List</Type><Value>", shy_excel_input_row(k), SHY_EXCEL_VALUE);
            shy_excel_range(out, v, plan->value[v].input, 1);
            shy_buffer_text(out, "</Value><ErrorHide/></DataValidation>\n");
            break;
        }
    }
}

static const char head[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<?mso-application progid=\"Excel.Sheet\"?>\n"
    "<Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\" xmlns:ss=\"urn:schemas-microsoft-com:office:spreadsheet\">\n"
    "<Styles>\n"
    "<Style ss:ID=\"Default\"><Alignment ss:Vertical=\"Top\"/></Style>\n"
    "<Style ss:ID=\"plain\"/>\n"
    "<Style ss:ID=\"remark\"><Font ss:Color=\"#C00000\"/></Style>\n" /* LibreOffice gives a style without a colour that of the one before */
    "<Style ss:ID=\"title\"><Font ss:Bold=\"1\" ss:Size=\"14\"/></Style>\n"
    "<Style ss:ID=\"head\"><Font ss:Bold=\"1\"/></Style>\n"
    "<Style ss:ID=\"input\"><Interior ss:Color=\"#FFF2CC\" ss:Pattern=\"Solid\"/></Style>\n"
    "<Style ss:ID=\"result\"><Font ss:Bold=\"1\"/><Interior ss:Color=\"#E2EFDA\" ss:Pattern=\"Solid\"/></Style>\n"
    "</Styles>\n"
    "<Worksheet ss:Name=\"Formula\"><Table>\n"
    "<Column ss:Width=\"120\"/><Column ss:Width=\"90\"/><Column ss:Width=\"60\"/><Column ss:Width=\"95\"/><Column ss:Width=\"110\"/>\n";

shy_status shy_emit_as_excel(const shy_emit_plan *plan, shy_buffer *out)
{
    shy_status st = SHY_OK;

    shy_buffer_text(out, head);
    shy_excel_begin_row(out, 1);
    shy_excel_text(out, "title", plan->finished->outcome);
    shy_excel_end_row(out);
    shy_excel_begin_row(out, 2);
    shy_excel_text(out, "plain", plan->model->text);
    shy_excel_end_row(out);
    shy_excel_begin_row(out, 3);
    shy_excel_text(out, "remark", "For research. This is not a medical device.");
    shy_excel_end_row(out);
    shy_excel_begin_row(out, 4);
    shy_excel_text(out, "plain", "Write into the yellow cells; leave empty what is missing. They begin with an invented patient.");
    shy_excel_end_row(out);
    put_inputs(plan, out);
    shy_excel_values(plan, out);
    SHY_TRY(shy_excel_formula_row(plan, out));
    SHY_TRY(shy_excel_score_row(plan, out));
    shy_excel_results(plan, out);
    put_facts(plan, shy_excel_result_row(plan, 3 + shy_emit_levels(plan)) + 1, out);
    shy_buffer_text(out, "</Table>\n<WorksheetOptions xmlns=\"urn:schemas-microsoft-com:office:excel\"><PageSetup><Layout Orientation=\"Landscape\"/></PageSetup><FitToPage/>"
             "<Print><FitHeight>0</FitHeight><ValidPrinterInfo/></Print></WorksheetOptions>\n");
    put_choices(plan, out);
    shy_buffer_text(out, "</Worksheet>\n");
    put_level_sheet(plan, out);
    shy_buffer_text(out, "</Workbook>\n");
    SHY_TRY(out->status);
out:
    return st;
}
