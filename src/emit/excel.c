/*
 * excel.c: a formula as a workbook to fill in, in the XML of spreadsheets that Excel and LibreOffice open by a double click. What comes from the data is text in cells of the
 * type String, never part of a formula.
 */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "emit_impl.h"

/* Where things stand, rows from 1. */
enum { FIRST_INPUT = 7, VALUE = 2 /* the column of values */, LONGEST_FORMULA = 8000 };

static int input_row(int column)
{
    return FIRST_INPUT + column;
}

static int value_row(const shy_emit_plan *plan, int value)
{
    return FIRST_INPUT + plan->columns + 2 + value;
}

/* Formula, score, prediction, then the probabilities of levels. */
static int result_row(const shy_emit_plan *plan, int result)
{
    return value_row(plan, plan->values) + 2 + result;
}

/* ---- cells ---------------------------------------------------------------------------------------------------------- */

static void put(shy_buffer *out, const char *text)
{
    shy_buffer_text(out, text);
}

static void put_text(shy_buffer *out, const char *style, const char *text)
{
    shy_buffer_format(out, "<Cell ss:StyleID=\"%s\"><Data ss:Type=\"String\">", style);
    shy_emit_xml(out, text);
    put(out, "</Data></Cell>");
}

/* A level has to be what it is: line ends and tabs as references; the other control characters are none that XML may have. */
static void put_level(shy_buffer *out, const char *text)
{
    uint32_t c;

    put(out, "<Cell><Data ss:Type=\"String\">");
    while ((c = shy_emit_next(&text)) != 0) {
        if (c == '&' || c == '<' || c == '>' || c == '\t' || c == '\n' || c == '\r') shy_buffer_format(out, "&#%u;", (unsigned)c);
        else shy_emit_character(out, c < 0x20 || c == 0xfffe || c == 0xffff ? ' ' : c);
    }
    put(out, "</Data></Cell>");
}

static void put_number(shy_buffer *out, const char *style, double value)
{
    shy_buffer_format(out, "<Cell ss:StyleID=\"%s\">", style);
    if (isfinite(value)) {
        put(out, "<Data ss:Type=\"Number\">");
        shy_emit_number(out, value);
        put(out, "</Data>");
    }
    put(out, "</Cell>");
}

/* `formula` is ours alone: names of functions, numbers, places. */
static void put_formula(shy_buffer *out, const char *style, shy_buffer *formula)
{
    if (formula->status != SHY_OK && out->status == SHY_OK) out->status = formula->status;
    if (formula->status == SHY_OK && formula->count > LONGEST_FORMULA && out->status == SHY_OK)
        out->status = shy_fail(SHY_INPUT, "The formula is too long for a cell of a spreadsheet (%zu characters).", formula->count);
    shy_buffer_format(out, "<Cell ss:StyleID=\"%s\" ss:Formula=\"", style);
    if (formula->status == SHY_OK) shy_emit_xml(out, formula->bytes);
    put(out, "\"/>");
    shy_buffer_free(formula);
}

static void begin_row(shy_buffer *out, int row)
{
    shy_buffer_format(out, "<Row ss:Index=\"%d\">", row);
}

static void end_row(shy_buffer *out)
{
    put(out, "</Row>\n");
}

static void put_literal(shy_buffer *out, double value)
{
    if (isnan(value)) put(out, "\"\"");
    else if (signbit(value)) put(out, "("), shy_emit_number(out, value), put(out, ")");
    else shy_emit_number(out, value);
}

static void put_place(shy_buffer *out, int row)
{
    shy_buffer_format(out, "R%dC%d", row, VALUE);
}

/* ---- inputs ------------------------------------------------------------------------------------------------------------ */

static void put_seen(const shy_emit_plan *plan, const shy_emit_column *column, shy_buffer *out)
{
    const shy_input *input = column->input;
    shy_buffer text = {0};

    put(&text, "");
    if (column->levels) {
        put(&text, "see sheet Levels");
    } else if (isfinite(input->seen_low) && isfinite(input->seen_high) && input->how.kind == SHY_DERIVED_VALUE) {
        shy_buffer_format(&text, "%.6g to %.6g", input->seen_low, input->seen_high);
    }
    if (text.status == SHY_OK) put_text(out, "plain", text.bytes);
    else out->status = text.status;
    shy_buffer_free(&text);
    (void)plan;
}

/* What has to be said of the value that stands there. */
static void put_remark(const shy_emit_column *column, int row, shy_buffer *out)
{
    const shy_input *input = column->input;
    shy_buffer formula = {0};

    put(&formula, "=IF(TRIM(");
    put_place(&formula, row);
    put(&formula, ")=\"\",\"missing\",");
    if (column->levels) {
        put(&formula, "\"\")");
    } else {
        put(&formula, "IF(NOT(ISNUMBER(");
        put_place(&formula, row);
        put(&formula, ")),\"not a number: counts as missing\",");
        if (isfinite(input->seen_low) && isfinite(input->seen_high) && input->how.kind == SHY_DERIVED_VALUE) {
            put(&formula, "IF(OR(");
            put_place(&formula, row);
            put(&formula, "<");
            put_literal(&formula, input->seen_low);
            put(&formula, ",");
            put_place(&formula, row);
            put(&formula, ">");
            put_literal(&formula, input->seen_high);
            put(&formula, "),\"outside of what the run saw\",\"\")))");
        } else {
            put(&formula, "\"\"))");
        }
    }
    put_formula(out, "remark", &formula);
}

static void put_inputs(const shy_emit_plan *plan, shy_buffer *out)
{
    begin_row(out, FIRST_INPUT - 1);
    put_text(out, "head", "Input");
    put_text(out, "head", "Value");
    put_text(out, "head", "Unit");
    put_text(out, "head", "The run saw");
    put_text(out, "head", "Remark");
    end_row(out);
    for (int k = 0; k < plan->columns; k++) {
        const shy_emit_column *column = &plan->column[k];
        begin_row(out, input_row(k));
        put_text(out, "plain", column->input->column);
        if (column->levels) put_text(out, "input", column->input->level[(int)column->example]);
        else put_number(out, "input", column->example);
        put_text(out, "plain", column->levels ? "" : *column->input->unit == '\0' ? "not known" : column->input->unit);
        put_seen(plan, column, out);
        put_remark(column, input_row(k), out);
        end_row(out);
    }
}

/* ---- values --------------------------------------------------------------------------------------------------------------- */

/* The levels of the k-th value stand in columns 2k + 1 and 2k + 2 of the sheet Levels, from row 2. */
static void put_range(shy_buffer *out, int value, const shy_input *input, int column)
{
    shy_buffer_format(out, "Levels!R2C%d:R%dC%d", 2 * value + column, input->how.levels + 1, 2 * value + column);
}

static void add_level(const shy_emit_plan *plan, int k, shy_buffer *formula)
{
    const shy_emit_value *value = &plan->value[k];
    const int row = input_row(value->column);

    put(formula, "=IF(TRIM(");
    put_place(formula, row);
    put(formula, ")=\"\",");
    put_literal(formula, value->missing);
    put(formula, ",");
    if (value->input->how.kind == SHY_DERIVED_MISSING) {
        put_literal(formula, value->other);
        put(formula, ")");
        return;
    }
    put(formula, "IF(SUMPRODUCT(--EXACT(");
    put_range(formula, k, value->input, 1);
    put(formula, ",");
    put_place(formula, row);
    put(formula, "&\"\"))=0,");
    put_literal(formula, value->other);
    put(formula, ",SUMPRODUCT(EXACT(");
    put_range(formula, k, value->input, 1);
    put(formula, ",");
    put_place(formula, row);
    put(formula, "&\"\")*");
    put_range(formula, k, value->input, 2);
    put(formula, ")))");
}

static int add_when(shy_buffer *formula, int row, const char *than, double limit, double then)
{
    if (!isfinite(limit)) return 0;
    put(formula, "IF(");
    put_place(formula, row);
    put(formula, than);
    put_literal(formula, limit);
    put(formula, ",");
    put_literal(formula, then);
    put(formula, ",");
    return 1;
}

static void add_number(const shy_emit_plan *plan, int k, shy_buffer *formula)
{
    const shy_emit_value *value = &plan->value[k];
    const shy_derivation *how = &value->input->how;
    const int row = input_row(value->column);
    int open = 1;

    put(formula, "=IF(NOT(ISNUMBER(");
    put_place(formula, row);
    put(formula, ")),");
    put_literal(formula, value->missing);
    put(formula, ",");
    open += add_when(formula, row, "<", how->lowest, value->missing);
    open += add_when(formula, row, ">", how->highest, value->missing);
    if (how->kind == SHY_DERIVED_MISSING) {
        put(formula, "0");
    } else {
        open += add_when(formula, row, "<", how->low, how->low);
        open += add_when(formula, row, ">", how->high, how->high);
        put_place(formula, row);
    }
    for (; open > 0; open--) put(formula, ")");
}

static void put_values(const shy_emit_plan *plan, shy_buffer *out)
{
    begin_row(out, value_row(plan, 0) - 1);
    put_text(out, "head", "What is made of it");
    put_text(out, "head", "Value");
    end_row(out);
    for (int k = 0; k < plan->values; k++) {
        shy_buffer formula = {0};
        begin_row(out, value_row(plan, k));
        put_text(out, "plain", plan->value[k].input->name);
        if (plan->column[plan->value[k].column].levels) add_level(plan, k, &formula);
        else add_number(plan, k, &formula);
        put_formula(out, "plain", &formula);
        end_row(out);
    }
}

/* ---- the formula ------------------------------------------------------------------------------------------------------------- */

static void add_node(const shy_emit_plan *plan, int index, shy_buffer *formula);

/* '1' and '2' behind a dollar are the operands. */
static void add_pattern(const shy_emit_plan *plan, const shy_node *node, const char *pattern, shy_buffer *formula)
{
    for (; *pattern != '\0' && formula->count <= LONGEST_FORMULA; pattern++) {
        if (*pattern == '$') add_node(plan, *++pattern == '1' ? node->left : node->right, formula);
        else shy_buffer_add(formula, pattern, 1);
    }
}

static void add_node(const shy_emit_plan *plan, int index, shy_buffer *formula)
{
    static const char *const pattern[SHY_OPS] = {
        [SHY_OP_ADD] = "($1+$2)",         [SHY_OP_SUBTRACT] = "($1-$2)",  [SHY_OP_MULTIPLY] = "($1*$2)", [SHY_OP_DIVIDE] = "($1/$2)",
        [SHY_OP_MAX] = "MAX($1,$2)",      [SHY_OP_MIN] = "MIN($1,$2)",    [SHY_OP_HYPOT] = "SQRT(SUMSQ($1,$2))", [SHY_OP_RELDIFF] = "(($1-$2)/($1+$2))",
        [SHY_OP_LOG] = "LN($1)",          [SHY_OP_SQRT] = "SQRT($1)",     [SHY_OP_SQUARE] = "SUMSQ($1)", [SHY_OP_INVERSE] = "(1/$1)",
        [SHY_OP_ABS] = "ABS($1)",         [SHY_OP_EXP] = "EXP($1)",
    };
    const shy_node *node = &plan->model->tree.node[index];

    if (node->op == SHY_OP_CONSTANT) {
        put_literal(formula, node->value);
    } else if (node->op == SHY_OP_FACTOR) {
        for (int k = 0; k < plan->values; k++)
            if (!plan->value[k].covariate && plan->value[k].index == (int)node->factor) put_place(formula, value_row(plan, k));
    } else {
        add_pattern(plan, node, pattern[node->op], formula);
    }
}

/* "=IF(COUNT(places)<n,"",IFERROR(": only where all values are numbers. */
static void begin_guarded(shy_buffer *formula, const int *row, int rows)
{
    put(formula, "=IF(");
    for (int k = 0; k < rows; k++) {
        put(formula, k > 0 ? "+COUNT(" : "COUNT(");
        put_place(formula, row[k]);
        put(formula, ")");
    }
    shy_buffer_format(formula, "%s<%d,\"\",IFERROR(", rows == 0 ? "0" : "", rows);
}

static void put_guarded(shy_buffer *out, const char *style, shy_buffer *formula)
{
    put(formula, ",\"\"))");
    put_formula(out, style, formula);
}

static shy_status put_formula_row(const shy_emit_plan *plan, shy_buffer *out)
{
    shy_status st = SHY_OK;
    shy_buffer formula = {0};
    int *row = NULL, rows = 0;

    SHY_TRY(shy_new((size_t)plan->values, sizeof *row, &row));
    for (int k = 0; k < plan->values; k++)
        if (!plan->value[k].covariate) row[rows++] = value_row(plan, k);
    begin_row(out, result_row(plan, 0));
    put_text(out, "head", "Formula");
    begin_guarded(&formula, row, rows);
    add_node(plan, plan->model->tree.count - 1, &formula);
    put_guarded(out, "result", &formula);
    put_text(out, "plain", strcmp(plan->model->unit, "1") == 0 ? "" : plan->model->unit);
    end_row(out);
out:
    shy_free(&row);
    return st;
}

static void add_sum(const shy_emit_plan *plan, shy_buffer *formula)
{
    put_literal(formula, plan->model->intercept);
    for (int k = 0; k < plan->values; k++) {
        if (!plan->value[k].covariate || plan->value[k].coefficient == 0.0) continue;
        put(formula, "+");
        put_literal(formula, plan->value[k].coefficient);
        put(formula, "*");
        put_place(formula, value_row(plan, k));
    }
    put(formula, "+");
    put_literal(formula, plan->model->slope);
    put(formula, "*");
    put_place(formula, result_row(plan, 0));
    if (plan->treatment < 0) return;
    put(formula, "+");
    put_literal(formula, plan->model->interaction);
    put(formula, "*(");
    put_place(formula, value_row(plan, plan->treatment));
    put(formula, "-");
    put_literal(formula, plan->finished->treatment_mean);
    put(formula, ")*");
    put_place(formula, result_row(plan, 0));
}

static shy_status put_score_row(const shy_emit_plan *plan, shy_buffer *out)
{
    shy_status st = SHY_OK;
    shy_buffer formula = {0};
    int *row = NULL, rows = 0;

    SHY_TRY(shy_new((size_t)plan->values + 1, sizeof *row, &row));
    row[rows++] = result_row(plan, 0);
    for (int k = 0; k < plan->values; k++)
        if (plan->value[k].covariate) row[rows++] = value_row(plan, k);
    begin_row(out, result_row(plan, 1));
    put_text(out, "head", "Score");
    begin_guarded(&formula, row, rows);
    add_sum(plan, &formula);
    put_guarded(out, "result", &formula);
    end_row(out);
out:
    shy_free(&row);
    return st;
}

/* P(level <= j) */
static void add_at_most(const shy_emit_plan *plan, int j, shy_buffer *formula)
{
    put(formula, "1/(1+EXP(");
    put_place(formula, result_row(plan, 1));
    put(formula, "-");
    put_literal(formula, plan->model->thresholds[j]);
    put(formula, "))");
}

static void add_prediction(const shy_emit_plan *plan, shy_buffer *formula)
{
    const int score = result_row(plan, 1);

    switch (plan->finished->link) {
    case SHY_LINK_IDENTITY: put_place(formula, score); break;
    case SHY_LINK_LOGIT:
        put(formula, "1/(1+EXP(-");
        put_place(formula, score);
        put(formula, "))");
        break;
    case SHY_LINK_LOG:
        put(formula, "EXP(");
        put_place(formula, score);
        put(formula, ")");
        break;
    case SHY_LINK_CUMULATIVE_LOGIT:
        put(formula, "0");
        for (int j = 0; j + 1 < shy_emit_levels(plan); j++) put(formula, "+(1-"), add_at_most(plan, j, formula), put(formula, ")");
        break;
    case SHY_LINK_LOG_HAZARD:
    case SHY_LINK_LOG_ODDS:
        put(formula, "EXP(");
        put_place(formula, score);
        put(formula, "-");
        put_literal(formula, plan->baseline);
        put(formula, ")");
        break;
    }
}

static void put_result(const shy_emit_plan *plan, int result, const char *name, int level, shy_buffer *out)
{
    const int score = result_row(plan, 1);
    shy_buffer formula = {0};

    begin_row(out, result_row(plan, result));
    put_text(out, "head", name);
    begin_guarded(&formula, &score, 1);
    if (level < 0) {
        add_prediction(plan, &formula);
    } else {
        put(&formula, "MAX(0,");
        if (level + 1 < shy_emit_levels(plan)) add_at_most(plan, level, &formula);
        else put(&formula, "1");
        if (level > 0) put(&formula, "-"), add_at_most(plan, level - 1, &formula);
        put(&formula, ")");
    }
    put_guarded(out, "result", &formula);
    end_row(out);
}

static void put_results(const shy_emit_plan *plan, shy_buffer *out)
{
    char name[64];

    put_result(plan, 2, "Prediction", -1, out);
    for (int j = 0; j < shy_emit_levels(plan); j++) {
        snprintf(name, sizeof name, "Probability of level %d", j);
        put_result(plan, 3 + j, name, j, out);
    }
}

/* ---- the workbook --------------------------------------------------------------------------------------------------------------- */

static void put_facts(const shy_emit_plan *plan, int row, shy_buffer *out)
{
    shy_buffer lines = {0};
    char *line;

    begin_row(out, row++);
    put_text(out, "head", "About this formula");
    end_row(out);
    shy_emit_comment(&lines, "", plan->facts.bytes);
    if (lines.status != SHY_OK) out->status = lines.status;
    for (line = lines.bytes; line != NULL && *line != '\0'; row++) {
        char *end = line + strcspn(line, "\n");
        const bool last = *end == '\0';
        *end = '\0';
        if (*line != '\0') {
            begin_row(out, row);
            put_text(out, "plain", line);
            end_row(out);
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
    put(out, "<Worksheet ss:Name=\"Levels\"><Table>\n");
    for (int v = -1; v < most; v++) {
        begin_row(out, v + 2);
        for (int k = 0; k < plan->values; k++) {
            const shy_input *input = plan->value[k].input;
            if (v < 0) put_text(out, "head", plan->column[plan->value[k].column].levels ? input->name : ""), put_text(out, "head", "counts as");
            else if (v < input->how.levels) put_level(out, input->level[v]), put_number(out, "plain", shy_input_derive(input, v, NULL));
            else put(out, "<Cell/><Cell/>");
        }
        end_row(out);
    }
    put(out, "</Table></Worksheet>\n");
}

/* Inputs with levels offer them. */
static void put_choices(const shy_emit_plan *plan, shy_buffer *out)
{
    for (int k = 0; k < plan->columns; k++) {
        if (!plan->column[k].levels) continue;
        for (int v = 0; v < plan->values; v++) {
            if (plan->value[v].column != k) continue;
            shy_buffer_format(out, "<DataValidation xmlns=\"urn:schemas-microsoft-com:office:excel\"><Range>R%dC%d</Range><Type>List</Type><Value>", input_row(k), VALUE);
            put_range(out, v, plan->value[v].input, 1);
            put(out, "</Value><ErrorHide/></DataValidation>\n");
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

    put(out, head);
    begin_row(out, 1);
    put_text(out, "title", plan->finished->outcome);
    end_row(out);
    begin_row(out, 2);
    put_text(out, "plain", plan->model->text);
    end_row(out);
    begin_row(out, 3);
    put_text(out, "remark", "For research. This is not a medical device.");
    end_row(out);
    begin_row(out, 4);
    put_text(out, "plain", "Write into the yellow cells; leave empty what is missing. They begin with an invented patient.");
    end_row(out);
    put_inputs(plan, out);
    put_values(plan, out);
    SHY_TRY(put_formula_row(plan, out));
    SHY_TRY(put_score_row(plan, out));
    put_results(plan, out);
    put_facts(plan, result_row(plan, 3 + shy_emit_levels(plan)) + 1, out);
    put(out, "</Table>\n<WorksheetOptions xmlns=\"urn:schemas-microsoft-com:office:excel\"><PageSetup><Layout Orientation=\"Landscape\"/></PageSetup><FitToPage/>"
             "<Print><FitHeight>0</FitHeight><ValidPrinterInfo/></Print></WorksheetOptions>\n");
    put_choices(plan, out);
    put(out, "</Worksheet>\n");
    put_level_sheet(plan, out);
    put(out, "</Workbook>\n");
    SHY_TRY(out->status);
out:
    return st;
}
