/* sql.c: a formula as one SELECT, for SQLite (with its mathematical functions) and PostgreSQL. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "emit_impl.h"

/* Identifiers and texts of somebody else: the quote twice. In both, anything else stands for itself. */
static void put_quoted(shy_buffer *out, const char *text, char quote)
{
    shy_buffer_add(out, &quote, 1);
    for (; *text != '\0'; text++) {
        if (*text == quote) shy_buffer_add(out, &quote, 1);
        shy_buffer_add(out, text, 1);
    }
    shy_buffer_add(out, &quote, 1);
}

static void put_real(shy_buffer *out, double value)
{
    static const shy_emit_language language = {.whole = ".0"};

    if (isnan(value)) shy_buffer_text(out, "NULL");
    else shy_emit_real(&language, out, value);
}

/* ---- columns and values ------------------------------------------------------------------------------------------------ */

/* A text that is a whole number may have come as a real one. */
static void put_level(const shy_input *input, int level, shy_buffer *out)
{
    int64_t whole;

    put_quoted(out, input->level[level], '\'');
    if (!shy_text_integer(input->level[level], &whole)) return;
    char *real = NULL;
    if (shy_string_format(&real, "%s.0", input->level[level]) == SHY_OK && shy_input_level(input, real) == level) {
        shy_buffer_text(out, ", ");
        put_quoted(out, real, '\'');
    }
    shy_free(&real);
}

static void put_column(const shy_emit_column *column, shy_buffer *out)
{
    const char *name = column->input->column;

    shy_buffer_text(out, ",\n    CASE WHEN CAST(p.");
    put_quoted(out, name, '"');
    shy_buffer_text(out, " AS TEXT) = '' THEN NULL ELSE CAST(p.");
    put_quoted(out, name, '"');
    shy_buffer_format(out, " AS %s) END AS shihyo_%s", column->levels ? "TEXT" : "DOUBLE PRECISION", column->argument);
}

static void put_level_value(const shy_emit_value *value, const char *argument, shy_buffer *out)
{
    const shy_input *input = value->input;

    shy_buffer_format(out, "CASE WHEN s.shihyo_%s IS NULL THEN ", argument);
    put_real(out, value->missing);
    for (int v = 0; v < input->how.levels && input->how.kind != SHY_DERIVED_MISSING; v++) {
        shy_buffer_format(out, " WHEN s.shihyo_%s IN (", argument);
        put_level(input, v, out);
        shy_buffer_text(out, ") THEN ");
        put_real(out, shy_input_derive(input, v, NULL));
    }
    shy_buffer_text(out, " ELSE ");
    put_real(out, value->other);
    shy_buffer_text(out, " END");
}

static void put_when(shy_buffer *out, const char *between, const char *argument, const char *than, double limit)
{
    shy_buffer_format(out, "%ss.shihyo_%s %s ", between, argument, than);
    put_real(out, limit);
}

static void put_number_value(const shy_emit_value *value, const char *argument, shy_buffer *out)
{
    const shy_derivation *how = &value->input->how;

    shy_buffer_format(out, "CASE WHEN s.shihyo_%s IS NULL", argument);
    if (isfinite(how->lowest)) put_when(out, " OR ", argument, "<", how->lowest);
    if (isfinite(how->highest)) put_when(out, " OR ", argument, ">", how->highest);
    shy_buffer_text(out, " THEN ");
    put_real(out, value->missing);
    if (how->kind == SHY_DERIVED_MISSING) {
        shy_buffer_text(out, " ELSE 0.0 END");
        return;
    }
    if (isfinite(how->low)) put_when(out, " WHEN ", argument, "<", how->low), shy_buffer_text(out, " THEN "), put_real(out, how->low);
    if (isfinite(how->high)) put_when(out, " WHEN ", argument, ">", how->high), shy_buffer_text(out, " THEN "), put_real(out, how->high);
    shy_buffer_format(out, " ELSE s.shihyo_%s END", argument);
}

static void put_values(const shy_emit_plan *plan, shy_buffer *out)
{
    shy_buffer_text(out, "WITH shihyo_columns AS (\n  SELECT p.*");
    for (int k = 0; k < plan->columns; k++) put_column(&plan->column[k], out);
    shy_buffer_text(out, "\n  FROM patients AS p\n),\nshihyo_values AS (\n  SELECT s.*");
    for (int k = 0; k < plan->values; k++) {
        const shy_emit_value *value = &plan->value[k];
        shy_buffer_text(out, ",\n    ");
        if (plan->column[value->column].levels) put_level_value(value, plan->column[value->column].argument, out);
        else put_number_value(value, plan->column[value->column].argument, out);
        shy_buffer_format(out, " AS shihyo_%s", value->name);
    }
    shy_buffer_text(out, "\n  FROM shihyo_columns AS s\n)");
}

/* ---- the formula --------------------------------------------------------------------------------------------------------- */

/* Whoever writes an operand twice has it computed in a step before: nested formulas would grow with their depth. */
static bool doubles(shy_op op)
{
    switch (op) {
    case SHY_OP_MAX:
    case SHY_OP_MIN:
    case SHY_OP_HYPOT:
    case SHY_OP_RELDIFF:
    case SHY_OP_LOG:
    case SHY_OP_SQRT:
    case SHY_OP_SQUARE:
    case SHY_OP_EXP: return true;
    default: return false;
    }
}

typedef struct {
    const shy_emit_plan *plan;
    const shy_tree *tree;
    bool step[SHY_TREE_MAX]; /* computed in a step of its own */
    shy_buffer *out;
} writer;

static void put_node(const writer *w, int index);

static void put_operand(const writer *w, int index)
{
    const shy_node *node = &w->tree->node[index];

    if (w->step[index]) {
        shy_buffer_format(w->out, "s.shihyo_step_%d", index);
    } else if (node->op == SHY_OP_FACTOR || node->op == SHY_OP_CONSTANT) {
        put_node(w, index);
    } else {
        shy_buffer_text(w->out, "(");
        put_node(w, index);
        shy_buffer_text(w->out, ")");
    }
}

/* '1' and '2' in the pattern are the operands. */
static void put_pattern(const writer *w, const shy_node *node, const char *pattern)
{
    for (; *pattern != '\0'; pattern++) {
        if (*pattern == '$') put_operand(w, *++pattern == '1' ? node->left : node->right);
        else shy_buffer_add(w->out, pattern, 1);
    }
}

static void put_node(const writer *w, int index)
{
    static const char *const pattern[SHY_OPS] = {
        [SHY_OP_ADD] = "$1 + $2",
        [SHY_OP_SUBTRACT] = "$1 - $2",
        [SHY_OP_MULTIPLY] = "$1 * $2",
        [SHY_OP_DIVIDE] = "$1 / NULLIF($2, 0.0)",
        [SHY_OP_MAX] = "CASE WHEN $1 > $2 THEN $1 WHEN $2 >= $1 THEN $2 END",
        [SHY_OP_MIN] = "CASE WHEN $1 < $2 THEN $1 WHEN $2 <= $1 THEN $2 END",
        [SHY_OP_HYPOT] = "SQRT($1 * $1 + $2 * $2)",
        [SHY_OP_RELDIFF] = "($1 - $2) / NULLIF($1 + $2, 0.0)",
        [SHY_OP_LOG] = "LN(CASE WHEN $1 > 0.0 THEN $1 END)",
        [SHY_OP_SQRT] = "SQRT(CASE WHEN $1 >= 0.0 THEN $1 END)",
        [SHY_OP_SQUARE] = "$1 * $1",
        [SHY_OP_INVERSE] = "1.0 / NULLIF($1, 0.0)",
        [SHY_OP_ABS] = "ABS($1)",
        [SHY_OP_EXP] = "EXP(CASE WHEN $1 < 709.78 THEN $1 END)",
    };
    const shy_node *node = &w->tree->node[index];

    if (node->op == SHY_OP_FACTOR) shy_buffer_format(w->out, "s.shihyo_%s", w->plan->factor_name[node->factor]);
    else if (node->op == SHY_OP_CONSTANT) put_real(w->out, node->value);
    else put_pattern(w, node, pattern[node->op]);
}

static void mark_steps(writer *w)
{
    for (int k = 0; k < w->tree->count; k++) {
        const shy_node *node = &w->tree->node[k];
        const int operand[] = {node->left, node->right};
        for (int i = 0; doubles((shy_op)node->op) && i < shy_operator_get((shy_op)node->op)->arity; i++) {
            const uint8_t op = w->tree->node[operand[i]].op;
            if (op != SHY_OP_FACTOR && op != SHY_OP_CONSTANT) w->step[operand[i]] = true;
        }
    }
    w->step[w->tree->count - 1] = true;
}

static void put_formula(const shy_emit_plan *plan, shy_buffer *out)
{
    writer w = {.plan = plan, .tree = &plan->model->tree, .out = out};
    const char *from = "shihyo_values";
    char room[32];

    mark_steps(&w);
    for (int k = 0; k < w.tree->count; k++) {
        if (!w.step[k]) continue;
        shy_buffer_format(out, ",\nshihyo_at_%d AS (\n  SELECT s.*, ", k);
        put_node(&w, k);
        shy_buffer_format(out, " AS shihyo_step_%d\n  FROM %s AS s\n)", k, from);
        snprintf(room, sizeof room, "shihyo_at_%d", k);
        from = room;
    }
    shy_buffer_format(out, ",\nshihyo_formulas AS (\n  SELECT s.*, CASE WHEN ABS(s.shihyo_step_%d) <= 1.7976931348623157e308 THEN s.shihyo_step_%d END AS shihyo_formula\n  FROM %s AS s\n)",
                      w.tree->count - 1, w.tree->count - 1, from);
}

/* ---- the model ------------------------------------------------------------------------------------------------------------ */

static void put_score(const shy_emit_plan *plan, shy_buffer *out)
{
    const shy_model *model = plan->model;

    shy_buffer_text(out, ",\nshihyo_scores AS (\n  SELECT s.*, ");
    put_real(out, model->intercept);
    for (int k = 0; k < plan->values; k++) {
        if (!plan->value[k].covariate || plan->value[k].coefficient == 0.0) continue;
        shy_buffer_text(out, " + ");
        put_real(out, plan->value[k].coefficient);
        shy_buffer_format(out, " * s.shihyo_%s", plan->value[k].name);
    }
    shy_buffer_text(out, " + ");
    put_real(out, model->slope);
    shy_buffer_text(out, " * s.shihyo_formula");
    if (plan->treatment >= 0) {
        shy_buffer_text(out, " + ");
        put_real(out, model->interaction);
        shy_buffer_format(out, " * (s.shihyo_%s - ", plan->value[plan->treatment].name);
        put_real(out, plan->finished->treatment_mean);
        shy_buffer_text(out, ") * s.shihyo_formula");
    }
    shy_buffer_text(out, " AS shihyo_score\n  FROM shihyo_formulas AS s\n)");
}

/* 1 / (1 + exp(−(score − from))), or of from − score: numbers that overflow are left out. */
static void put_logistic(shy_buffer *out, const char *argument)
{
    shy_buffer_format(out, "CASE WHEN %s > -709.78 THEN 1.0 / (1.0 + EXP(-(%s))) WHEN %s <= -709.78 THEN 0.0 END", argument, argument, argument);
}

static void put_levels(const shy_emit_plan *plan, shy_buffer *out)
{
    const int levels = shy_emit_levels(plan);

    shy_buffer_text(out, ",\nshihyo_cumulated AS (\n  SELECT s.*");
    for (int j = 0; j + 1 < levels; j++) {
        shy_buffer argument = {0};
        put_real(&argument, plan->model->thresholds[j]);
        shy_buffer_text(&argument, " - s.shihyo_score");
        shy_buffer_text(out, ",\n    ");
        if (argument.status == SHY_OK) put_logistic(out, argument.bytes);
        else out->status = argument.status;
        shy_buffer_format(out, " AS shihyo_at_most_%d", j + 1);
        shy_buffer_free(&argument);
    }
    shy_buffer_text(out, "\n  FROM shihyo_scores AS s\n)\nSELECT s.*, 0.0");
    for (int j = 1; j < levels; j++) shy_buffer_format(out, " + (1.0 - s.shihyo_at_most_%d)", j);
    shy_buffer_text(out, " AS shihyo_prediction, s.shihyo_at_most_1 AS shihyo_probability_1");
    for (int j = 1; j + 1 < levels; j++)
        shy_buffer_format(out, ",\n  CASE WHEN s.shihyo_at_most_%d > s.shihyo_at_most_%d THEN s.shihyo_at_most_%d - s.shihyo_at_most_%d WHEN s.shihyo_score IS NOT NULL THEN 0.0 END AS shihyo_probability_%d",
                          j + 1, j, j + 1, j, j + 1);
    shy_buffer_format(out, ",\n  1.0 - s.shihyo_at_most_%d AS shihyo_probability_%d\nFROM shihyo_cumulated AS s;\n", levels - 1, levels);
}

static void put_prediction(const shy_emit_plan *plan, shy_buffer *out)
{
    if (shy_emit_levels(plan) > 0) {
        put_levels(plan, out);
        return;
    }
    shy_buffer_text(out, "\nSELECT s.*, ");
    switch (plan->finished->link) {
    case SHY_LINK_LOGIT: put_logistic(out, "s.shihyo_score"); break;
    case SHY_LINK_LOG: shy_buffer_text(out, "EXP(CASE WHEN s.shihyo_score < 709.78 THEN s.shihyo_score END)"); break;
    case SHY_LINK_LOG_HAZARD:
    case SHY_LINK_LOG_ODDS:
        shy_buffer_text(out, "EXP(CASE WHEN s.shihyo_score - ");
        put_real(out, plan->baseline);
        shy_buffer_text(out, " < 709.78 THEN s.shihyo_score - ");
        put_real(out, plan->baseline);
        shy_buffer_text(out, " END)");
        break;
    default: shy_buffer_text(out, "s.shihyo_score");
    }
    shy_buffer_text(out, " AS shihyo_prediction\nFROM shihyo_scores AS s;\n");
}

static void put_example(const shy_emit_plan *plan, shy_buffer *out)
{
    shy_buffer lines = {0};

    shy_buffer_text(&lines, "\nExample, an invented patient:\n");
    for (int k = 0; k < plan->columns; k++) {
        const shy_emit_column *column = &plan->column[k];
        shy_buffer_format(&lines, "  %s = ", column->argument);
        if (column->levels) shy_buffer_text(&lines, "\""), shy_emit_line(&lines, column->input->level[(int)column->example]), shy_buffer_text(&lines, "\"");
        else put_real(&lines, column->example);
        shy_buffer_text(&lines, "\n");
    }
    shy_buffer_text(&lines, "  gives shihyo_formula = ");
    put_real(&lines, plan->formula);
    shy_buffer_text(&lines, ", shihyo_score = ");
    put_real(&lines, plan->score);
    shy_buffer_text(&lines, ", shihyo_prediction = ");
    put_real(&lines, plan->mean);
    shy_buffer_text(&lines, "\n\nOne SELECT: every row of the table patients, with the columns named above, gets shihyo_formula, shihyo_score and shihyo_prediction (the last columns).\n"
                            "NULL and '' are missing values, and a result that there is not is NULL. It runs in PostgreSQL and in SQLite from 3.35; functions: LN, SQRT, EXP, ABS (SQLite must "
                            "have been built with its mathematical functions; Debian's is). \"patients\" can be replaced by any table, view or subquery.\n\n");
    if (lines.status == SHY_OK) shy_emit_comment(out, "-- ", lines.bytes);
    else out->status = lines.status;
    shy_buffer_free(&lines);
}

shy_status shy_emit_as_sql(const shy_emit_plan *plan, shy_buffer *out)
{
    shy_emit_comment(out, "-- ", plan->facts.bytes);
    put_example(plan, out);
    put_values(plan, out);
    put_formula(plan, out);
    put_score(plan, out);
    put_prediction(plan, out);
    return out->status;
}
