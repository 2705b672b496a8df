/* code.c: formulas as expressions of programming languages. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "emit_impl.h"

void shy_emit_number(shy_buffer *out, double value)
{
    char text[32];

    shy_buffer_text(out, shy_text_shortest(value, text));
}

/* A whole number would be computed with as such in some languages. */
void shy_emit_real(const shy_emit_language *language, shy_buffer *out, double value)
{
    char text[32];

    shy_text_shortest(value, text);
    if (signbit(value)) shy_buffer_text(out, "(");
    shy_buffer_text(out, text);
    if (strpbrk(text, ".en") == NULL) shy_buffer_text(out, language->whole);
    if (signbit(value)) shy_buffer_text(out, ")");
}

void shy_emit_helpers(const shy_emit_language *language, const shy_emit_plan *plan, shy_buffer *out)
{
    for (int op = 0; op < SHY_OPS; op++)
        if (language->helper[op] != NULL && shy_emit_uses(plan, (shy_op)op)) shy_buffer_text(out, language->helper[op]);
}

void shy_emit_real_or_none(const shy_emit_language *language, shy_buffer *out, double value)
{
    if (isnan(value)) shy_buffer_text(out, language->none);
    else shy_emit_real(language, out, value);
}

/* ---- values of columns ------------------------------------------------------------------------------------------------ */

typedef struct {
    const char *name;
    double value;
} limit;

void shy_emit_value_line(const shy_emit_language *language, const shy_emit_plan *plan, const shy_emit_value *value, const char *indent, shy_buffer *out)
{
    const shy_emit_column *column = &plan->column[value->column];
    const shy_derivation *how = &value->input->how;
    const bool missing = how->kind == SHY_DERIVED_MISSING;
    const limit limits[] = {{"lowest", how->lowest}, {"highest", how->highest}, {"fill", how->fill}, {"low", how->low}, {"high", how->high}};
    const int count = column->levels ? 0 : missing ? 2 : 5; /* is_missing asks for the first two alone */
    const char *before = language->named[0];

    shy_buffer_format(out, "%s%s%s%s(%s", indent, value->name, language->assign, column->levels ? "level_of" : missing ? "is_missing" : "number_of", column->argument);
    if (column->levels) language->table(value, out);
    for (int k = 0; k < count; k++) {
        if (!isfinite(limits[k].value)) continue;
        shy_buffer_format(out, "%s%s%s", before, limits[k].name, language->named[2]);
        shy_emit_real(language, out, limits[k].value);
        before = language->named[1];
    }
    shy_buffer_text(out, ")\n");
}

/* ---- the formula ------------------------------------------------------------------------------------------------------ */

typedef struct {
    const shy_emit_language *language;
    const shy_emit_plan *plan;
    shy_buffer *out;
} writer;

static void put_node(const writer *w, int index);

static bool is_infix(const writer *w, shy_op op)
{
    return shy_operator_get(op)->infix && w->language->call[op] == NULL;
}

static void put_operand(const writer *w, int index, int precedence)
{
    const shy_node *node = &w->plan->model->tree.node[index];
    const bool enclose = is_infix(w, (shy_op)node->op) && shy_operator_get((shy_op)node->op)->precedence < precedence;

    if (enclose) shy_buffer_text(w->out, "(");
    put_node(w, index);
    if (enclose) shy_buffer_text(w->out, ")");
}

static void put_call(const writer *w, const shy_node *node)
{
    shy_buffer_text(w->out, w->language->call[node->op]);
    shy_buffer_text(w->out, "(");
    put_node(w, node->left);
    if (shy_operator_get((shy_op)node->op)->arity == 2) {
        shy_buffer_text(w->out, ", ");
        put_node(w, node->right);
    }
    shy_buffer_text(w->out, ")");
}

static void put_node(const writer *w, int index)
{
    const shy_node *node = &w->plan->model->tree.node[index];
    const shy_operator *op = shy_operator_get((shy_op)node->op);

    if (node->op == SHY_OP_FACTOR) {
        shy_buffer_text(w->out, w->plan->factor_name[node->factor]);
    } else if (node->op == SHY_OP_CONSTANT) {
        shy_emit_real(w->language, w->out, node->value);
    } else if (is_infix(w, (shy_op)node->op)) {
        put_operand(w, node->left, op->precedence);
        shy_buffer_format(w->out, " %s ", op->name);
        put_operand(w, node->right, op->precedence + 1);
    } else {
        put_call(w, node);
    }
}

void shy_emit_expression(const shy_emit_language *language, const shy_emit_plan *plan, shy_buffer *out)
{
    const writer w = {.language = language, .plan = plan, .out = out};

    put_node(&w, plan->model->tree.count - 1);
}

/* ---- the model ---------------------------------------------------------------------------------------------------------- */

static void put_product(const shy_emit_language *language, shy_buffer *out, double coefficient, const char *of)
{
    shy_buffer_text(out, " + ");
    shy_emit_real(language, out, coefficient);
    shy_buffer_text(out, " * ");
    shy_buffer_text(out, of);
}

void shy_emit_sum(const shy_emit_language *language, const shy_emit_plan *plan, const char *formula, shy_buffer *out)
{
    shy_emit_real(language, out, plan->model->intercept);
    for (int k = 0; k < plan->values; k++)
        if (plan->value[k].covariate && plan->value[k].coefficient != 0.0) put_product(language, out, plan->value[k].coefficient, plan->value[k].name);
    put_product(language, out, plan->model->slope, formula);
    if (plan->treatment < 0) return;
    shy_buffer_text(out, " + ");
    shy_emit_real(language, out, plan->model->interaction);
    shy_buffer_format(out, " * (%s - ", plan->value[plan->treatment].name);
    shy_emit_real(language, out, plan->finished->treatment_mean);
    shy_buffer_format(out, ") * %s", formula);
}
