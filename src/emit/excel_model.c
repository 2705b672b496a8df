/* excel_model.c: the rows of a workbook that compute: values of columns, formula, score, prediction. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "excel.h"

/* ---- values --------------------------------------------------------------------------------------------------------------- */

/* The levels of the k-th value stand in columns 2k + 1 and 2k + 2 of the sheet Levels, from row 2. */
void shy_excel_range(shy_buffer *out, int value, const shy_input *input, int column)
{
    shy_buffer_format(out, "Levels!R2C%d:R%dC%d", 2 * value + column, input->how.levels + 1, 2 * value + column);
}

static void add_level(const shy_emit_plan *plan, int k, shy_buffer *formula)
{
    const shy_emit_value *value = &plan->value[k];
    const int row = shy_excel_input_row(value->column);

    shy_buffer_text(formula, "=IF(TRIM(");
    shy_excel_place(formula, row);
    shy_buffer_text(formula, ")=\"\",");
    shy_excel_literal(formula, value->missing);
    shy_buffer_text(formula, ",");
    if (value->input->how.kind == SHY_DERIVED_MISSING) {
        shy_excel_literal(formula, value->other);
        shy_buffer_text(formula, ")");
        return;
    }
    shy_buffer_text(formula, "IF(SUMPRODUCT(--EXACT(");
    shy_excel_range(formula, k, value->input, 1);
    shy_buffer_text(formula, ",");
    shy_excel_place(formula, row);
    shy_buffer_text(formula, "&\"\"))=0,");
    shy_excel_literal(formula, value->other);
    shy_buffer_text(formula, ",SUMPRODUCT(EXACT(");
    shy_excel_range(formula, k, value->input, 1);
    shy_buffer_text(formula, ",");
    shy_excel_place(formula, row);
    shy_buffer_text(formula, "&\"\")*");
    shy_excel_range(formula, k, value->input, 2);
    shy_buffer_text(formula, ")))");
}

static int add_when(shy_buffer *formula, int row, const char *than, double limit, double then)
{
    if (!isfinite(limit)) return 0;
    shy_buffer_text(formula, "IF(");
    shy_excel_place(formula, row);
    shy_buffer_text(formula, than);
    shy_excel_literal(formula, limit);
    shy_buffer_text(formula, ",");
    shy_excel_literal(formula, then);
    shy_buffer_text(formula, ",");
    return 1;
}

static void add_number(const shy_emit_plan *plan, int k, shy_buffer *formula)
{
    const shy_emit_value *value = &plan->value[k];
    const shy_derivation *how = &value->input->how;
    const int row = shy_excel_input_row(value->column);
    int open = 1;

    shy_buffer_text(formula, "=IF(NOT(ISNUMBER(");
    shy_excel_place(formula, row);
    shy_buffer_text(formula, ")),");
    shy_excel_literal(formula, value->missing);
    shy_buffer_text(formula, ",");
    open += add_when(formula, row, "<", how->lowest, value->missing);
    open += add_when(formula, row, ">", how->highest, value->missing);
    if (how->kind == SHY_DERIVED_MISSING) {
        shy_buffer_text(formula, "0");
    } else {
        open += add_when(formula, row, "<", how->low, how->low);
        open += add_when(formula, row, ">", how->high, how->high);
        shy_excel_place(formula, row);
    }
    for (; open > 0; open--) shy_buffer_text(formula, ")");
}

void shy_excel_values(const shy_emit_plan *plan, shy_buffer *out)
{
    shy_excel_begin_row(out, shy_excel_value_row(plan, 0) - 1);
    shy_excel_text(out, "head", "What is made of it");
    shy_excel_text(out, "head", "Value");
    shy_excel_end_row(out);
    for (int k = 0; k < plan->values; k++) {
        shy_buffer formula = {0};
        shy_excel_begin_row(out, shy_excel_value_row(plan, k));
        shy_excel_text(out, "plain", plan->value[k].input->name);
        if (plan->column[plan->value[k].column].levels) add_level(plan, k, &formula);
        else add_number(plan, k, &formula);
        shy_excel_formula(out, "plain", &formula);
        shy_excel_end_row(out);
    }
}

/* ---- the formula ------------------------------------------------------------------------------------------------------------- */

static void add_node(const shy_emit_plan *plan, int index, shy_buffer *formula);

/* '1' and '2' behind a dollar are the operands. */
static void add_pattern(const shy_emit_plan *plan, const shy_node *node, const char *pattern, shy_buffer *formula)
{
    for (; *pattern != '\0' && formula->count <= SHY_EXCEL_LONGEST; pattern++) {
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
        shy_excel_literal(formula, node->value);
    } else if (node->op == SHY_OP_FACTOR) {
        for (int k = 0; k < plan->values; k++)
            if (!plan->value[k].covariate && plan->value[k].index == (int)node->factor) shy_excel_place(formula, shy_excel_value_row(plan, k));
    } else {
        add_pattern(plan, node, pattern[node->op], formula);
    }
}

/* "=IF(COUNT(places)<n,"",IFERROR(": only where all values are numbers. */
static void begin_guarded(shy_buffer *formula, const int *row, int rows)
{
    shy_buffer_text(formula, "=IF(");
    for (int k = 0; k < rows; k++) {
        shy_buffer_text(formula, k > 0 ? "+COUNT(" : "COUNT(");
        shy_excel_place(formula, row[k]);
        shy_buffer_text(formula, ")");
    }
    shy_buffer_format(formula, "%s<%d,\"\",IFERROR(", rows == 0 ? "0" : "", rows);
}

static void put_guarded(shy_buffer *out, const char *style, shy_buffer *formula)
{
    shy_buffer_text(formula, ",\"\"))");
    shy_excel_formula(out, style, formula);
}

shy_status shy_excel_formula_row(const shy_emit_plan *plan, shy_buffer *out)
{
    shy_status st = SHY_OK;
    shy_buffer formula = {0};
    int *row = NULL, rows = 0;

    SHY_TRY(shy_new((size_t)plan->values, sizeof *row, &row));
    for (int k = 0; k < plan->values; k++)
        if (!plan->value[k].covariate) row[rows++] = shy_excel_value_row(plan, k);
    shy_excel_begin_row(out, shy_excel_result_row(plan, 0));
    shy_excel_text(out, "head", "Formula");
    begin_guarded(&formula, row, rows);
    add_node(plan, plan->model->tree.count - 1, &formula);
    put_guarded(out, "result", &formula);
    shy_excel_text(out, "plain", strcmp(plan->model->unit, "1") == 0 ? "" : plan->model->unit);
    shy_excel_end_row(out);
out:
    shy_free(&row);
    return st;
}

static void add_sum(const shy_emit_plan *plan, shy_buffer *formula)
{
    shy_excel_literal(formula, plan->model->intercept);
    for (int k = 0; k < plan->values; k++) {
        if (!plan->value[k].covariate || plan->value[k].coefficient == 0.0) continue;
        shy_buffer_text(formula, "+");
        shy_excel_literal(formula, plan->value[k].coefficient);
        shy_buffer_text(formula, "*");
        shy_excel_place(formula, shy_excel_value_row(plan, k));
    }
    shy_buffer_text(formula, "+");
    shy_excel_literal(formula, plan->model->slope);
    shy_buffer_text(formula, "*");
    shy_excel_place(formula, shy_excel_result_row(plan, 0));
    if (plan->treatment < 0) return;
    shy_buffer_text(formula, "+");
    shy_excel_literal(formula, plan->model->interaction);
    shy_buffer_text(formula, "*(");
    shy_excel_place(formula, shy_excel_value_row(plan, plan->treatment));
    shy_buffer_text(formula, "-");
    shy_excel_literal(formula, plan->finished->treatment_mean);
    shy_buffer_text(formula, ")*");
    shy_excel_place(formula, shy_excel_result_row(plan, 0));
}

shy_status shy_excel_score_row(const shy_emit_plan *plan, shy_buffer *out)
{
    shy_status st = SHY_OK;
    shy_buffer formula = {0};
    int *row = NULL, rows = 0;

    SHY_TRY(shy_new((size_t)plan->values + 1, sizeof *row, &row));
    row[rows++] = shy_excel_result_row(plan, 0);
    for (int k = 0; k < plan->values; k++)
        if (plan->value[k].covariate) row[rows++] = shy_excel_value_row(plan, k);
    shy_excel_begin_row(out, shy_excel_result_row(plan, 1));
    shy_excel_text(out, "head", "Score");
    begin_guarded(&formula, row, rows);
    add_sum(plan, &formula);
    put_guarded(out, "result", &formula);
    shy_excel_end_row(out);
out:
    shy_free(&row);
    return st;
}

/* P(level <= j) */
static void add_at_most(const shy_emit_plan *plan, int j, shy_buffer *formula)
{
    shy_buffer_text(formula, "1/(1+EXP(");
    shy_excel_place(formula, shy_excel_result_row(plan, 1));
    shy_buffer_text(formula, "-");
    shy_excel_literal(formula, plan->model->thresholds[j]);
    shy_buffer_text(formula, "))");
}

static void add_prediction(const shy_emit_plan *plan, shy_buffer *formula)
{
    const int score = shy_excel_result_row(plan, 1);

    switch (plan->finished->link) {
    case SHY_LINK_IDENTITY: shy_excel_place(formula, score); break;
    case SHY_LINK_LOGIT:
        shy_buffer_text(formula, "1/(1+EXP(-");
        shy_excel_place(formula, score);
        shy_buffer_text(formula, "))");
        break;
    case SHY_LINK_LOG:
        shy_buffer_text(formula, "EXP(");
        shy_excel_place(formula, score);
        shy_buffer_text(formula, ")");
        break;
    case SHY_LINK_CUMULATIVE_LOGIT:
        shy_buffer_text(formula, "0");
        for (int j = 0; j + 1 < shy_emit_levels(plan); j++) shy_buffer_text(formula, "+(1-"), add_at_most(plan, j, formula), shy_buffer_text(formula, ")");
        break;
    case SHY_LINK_LOG_HAZARD:
    case SHY_LINK_LOG_ODDS:
        shy_buffer_text(formula, "EXP(");
        shy_excel_place(formula, score);
        shy_buffer_text(formula, "-");
        shy_excel_literal(formula, plan->baseline);
        shy_buffer_text(formula, ")");
        break;
    }
}

static void put_result(const shy_emit_plan *plan, int result, const char *name, int level, shy_buffer *out)
{
    const int score = shy_excel_result_row(plan, 1);
    shy_buffer formula = {0};

    shy_excel_begin_row(out, shy_excel_result_row(plan, result));
    shy_excel_text(out, "head", name);
    begin_guarded(&formula, &score, 1);
    if (level < 0) {
        add_prediction(plan, &formula);
    } else {
        shy_buffer_text(&formula, "MAX(0,");
        if (level + 1 < shy_emit_levels(plan)) add_at_most(plan, level, &formula);
        else shy_buffer_text(&formula, "1");
        if (level > 0) shy_buffer_text(&formula, "-"), add_at_most(plan, level - 1, &formula);
        shy_buffer_text(&formula, ")");
    }
    put_guarded(out, "result", &formula);
    shy_excel_end_row(out);
}

void shy_excel_results(const shy_emit_plan *plan, shy_buffer *out)
{
    char name[64];

    put_result(plan, 2, "Prediction", -1, out);
    for (int j = 0; j < shy_emit_levels(plan); j++) {
        snprintf(name, sizeof name, "Probability of level %d", j);
        put_result(plan, 3 + j, name, j, out);
    }
}
