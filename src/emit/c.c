/* c.c: a formula as C99. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "emit_impl.h"

static const shy_emit_language language = {
    .call = {[SHY_OP_DIVIDE] = "divide", [SHY_OP_MAX] = "largest", [SHY_OP_MIN] = "smallest", [SHY_OP_HYPOT] = "hypotenuse", [SHY_OP_RELDIFF] = "reldiff",
             [SHY_OP_LOG] = "logarithm", [SHY_OP_SQRT] = "square_root", [SHY_OP_SQUARE] = "square", [SHY_OP_INVERSE] = "inverse", [SHY_OP_ABS] = "fabs", [SHY_OP_EXP] = "exponential"},
    .helper = {[SHY_OP_DIVIDE] = "static double divide(double u, double v) { return v == 0 ? NAN : u / v; }\n",
               [SHY_OP_MAX] = "static double largest(double u, double v) { return isnan(u) || isnan(v) ? NAN : u > v ? u : v; }\n",
               [SHY_OP_MIN] = "static double smallest(double u, double v) { return isnan(u) || isnan(v) ? NAN : u < v ? u : v; }\n",
               [SHY_OP_HYPOT] = "static double hypotenuse(double u, double v) { return sqrt(u * u + v * v); }\n",
               [SHY_OP_RELDIFF] = "static double reldiff(double u, double v) { return u + v == 0 ? NAN : (u - v) / (u + v); }\n",
               [SHY_OP_LOG] = "static double logarithm(double u) { return u > 0 ? log(u) : NAN; }\n",
               [SHY_OP_SQRT] = "static double square_root(double u) { return u >= 0 ? sqrt(u) : NAN; }\n",
               [SHY_OP_SQUARE] = "static double square(double u) { return u * u; }\n",
               [SHY_OP_INVERSE] = "static double inverse(double u) { return u == 0 ? NAN : 1 / u; }\n",
               [SHY_OP_EXP] = "static double exponential(double u) { return u < 709.78 ? exp(u) : NAN; }\n"},
    .whole = ".0",
};

static const char number_helper[] =
    "\n"
    "/* A number; what is missing or not within lowest ... highest counts as fill; what is beyond low ... high as that. */\n"
    "static double number_of(double value, double lowest, double highest, double fill, double low, double high)\n"
    "{\n"
    "    if (!(value >= lowest && value <= highest)) value = fill;\n"
    "    return value < low ? low : value > high ? high : value;\n"
    "}\n";

static const char level_helper[] =
    "\n"
    "/* What a level counts as; 1.0 is the level \"1\", too. */\n"
    "static double level_of(const char *value, int levels, const char *const *level, const double *counts, double missing, double other)\n"
    "{\n"
    "    char *end, *level_end;\n"
    "\n"
    "    if (value == NULL || *value == '\\0') return missing;\n"
    "    for (int k = 0; k < levels; k++)\n"
    "        if (strcmp(value, level[k]) == 0) return counts[k];\n"
    "    double number = strtod(value, &end);\n"
    "    for (int k = 0; k < levels && *end == '\\0'; k++)\n"
    "        if (*level[k] != '\\0' && strtod(level[k], &level_end) == number && *level_end == '\\0') return counts[k];\n"
    "    return other;\n"
    "}\n";

static const char missing_helper[] =
    "\n"
    "/* 1 where there is no value within lowest ... highest, else 0. */\n"
    "static double is_missing(double value, double lowest, double highest)\n"
    "{\n"
    "    return value >= lowest && value <= highest ? 0.0 : 1.0;\n"
    "}\n";

/* Bytes that are not to be seen become octal; no trigraphs. */
static void put_string(shy_buffer *out, const char *text)
{
    uint32_t c;

    shy_buffer_text(out, "\"");
    for (const char *at = text; (c = shy_emit_next(&at)) != 0; text = at) {
        if (c == '"' || c == '\\' || c == '?') shy_buffer_text(out, "\\");
        if (!shy_emit_is_odd(c)) shy_buffer_add(out, text, (size_t)(at - text));
        for (const char *byte = text; shy_emit_is_odd(c) && byte < at; byte++) shy_buffer_format(out, "\\%03o", (unsigned)(unsigned char)*byte);
    }
    shy_buffer_text(out, "\"");
}

static void put_real(shy_buffer *out, double value)
{
    if (isnan(value)) shy_buffer_text(out, "NAN");
    else if (isinf(value)) shy_buffer_text(out, value < 0.0 ? "-INFINITY" : "INFINITY");
    else shy_emit_real(&language, out, value);
}

static void put_numbers(shy_buffer *out, int count, const double *value)
{
    for (int k = 0; k < count; k++) {
        shy_buffer_text(out, ", ");
        put_real(out, value[k]);
    }
}

/* ---- values of columns ----------------------------------------------------------------------------------------------- */

static bool has_table(const shy_emit_plan *plan, const shy_emit_value *value)
{
    return plan->column[value->column].levels && value->input->how.kind != SHY_DERIVED_MISSING;
}

static void put_table(const shy_emit_value *value, shy_buffer *out)
{
    const shy_input *input = value->input;

    shy_buffer_format(out, "    static const char *const %s__level[] = {", value->name);
    for (int v = 0; v < input->how.levels; v++) {
        if (v > 0) shy_buffer_text(out, ", ");
        put_string(out, input->level[v]);
    }
    shy_buffer_format(out, "};\n    static const double %s__counts[] = {", value->name);
    for (int v = 0; v < input->how.levels; v++) {
        if (v > 0) shy_buffer_text(out, ", ");
        put_real(out, shy_input_derive(input, v, NULL));
    }
    shy_buffer_text(out, "};\n");
}

static void put_value(const shy_emit_plan *plan, const shy_emit_value *value, shy_buffer *out)
{
    const char *argument = plan->column[value->column].argument;
    const shy_derivation *how = &value->input->how;

    shy_buffer_format(out, "    const double %s = ", value->name);
    if (has_table(plan, value)) {
        shy_buffer_format(out, "level_of(%s, %d, %s__level, %s__counts", argument, how->levels, value->name, value->name);
        put_numbers(out, 2, (const double[]){value->missing, value->other});
    } else if (plan->column[value->column].levels) {
        shy_buffer_format(out, "(%s == NULL || *%s == '\\0' ? 1.0 : 0.0", argument, argument);
    } else if (how->kind == SHY_DERIVED_MISSING) {
        shy_buffer_format(out, "is_missing(%s", argument);
        put_numbers(out, 2, (const double[]){how->lowest, how->highest});
    } else {
        shy_buffer_format(out, "number_of(%s", argument);
        put_numbers(out, 5, (const double[]){how->lowest, how->highest, how->fill, how->low, how->high});
    }
    shy_buffer_text(out, ");\n");
}

static void put_value_helpers(const shy_emit_plan *plan, shy_buffer *out)
{
    bool number = false, level = false, missing = false;

    for (int k = 0; k < plan->values; k++) {
        const bool levels = plan->column[plan->value[k].column].levels;
        level = level || has_table(plan, &plan->value[k]);
        if (!levels) *(plan->value[k].input->how.kind == SHY_DERIVED_MISSING ? &missing : &number) = true;
    }
    if (number) shy_buffer_text(out, number_helper);
    if (level) shy_buffer_text(out, level_helper);
    if (missing) shy_buffer_text(out, missing_helper);
}

/* ---- the function --------------------------------------------------------------------------------------------------------- */

static void put_levels(const shy_emit_plan *plan, shy_buffer *out)
{
    const int levels = shy_emit_levels(plan);

    shy_buffer_text(out, "    const double threshold[] = {");
    for (int j = 0; j + 1 < levels; j++) {
        if (j > 0) shy_buffer_text(out, ", ");
        put_real(out, plan->model->thresholds[j]);
    }
    shy_buffer_format(out,
                      "};\n"
                      "    double below = 0.0;\n"
                      "    result.prediction = 0.0;\n"
                      "    for (int k = 0; k < %d; k++) {\n"
                      "        const double at_most = logistic(threshold[k] - result.score);\n"
                      "        result.probability[k] = isnan(at_most) ? NAN : at_most > below ? at_most - below : 0.0;\n"
                      "        result.prediction += 1.0 - at_most;\n"
                      "        below = at_most;\n"
                      "    }\n"
                      "    result.probability[%d] = 1.0 - below;\n",
                      levels - 1, levels - 1);
}

static void put_prediction(const shy_emit_plan *plan, shy_buffer *out)
{
    switch (plan->finished->link) {
    case SHY_LINK_IDENTITY: shy_buffer_text(out, "    result.prediction = result.score;\n"); break;
    case SHY_LINK_LOGIT: shy_buffer_text(out, "    result.prediction = logistic(result.score);\n"); break;
    case SHY_LINK_LOG: shy_buffer_text(out, "    result.prediction = only_finite(exp(result.score));\n"); break;
    case SHY_LINK_CUMULATIVE_LOGIT: put_levels(plan, out); break;
    case SHY_LINK_LOG_HAZARD:
    case SHY_LINK_LOG_ODDS:
        shy_buffer_text(out, "    result.prediction = only_finite(exp(result.score - ");
        put_real(out, plan->baseline);
        shy_buffer_text(out, "));\n");
        break;
    }
    shy_buffer_text(out, "    return result;\n}\n");
}

static void put_function(const shy_emit_plan *plan, shy_buffer *out)
{
    const int levels = shy_emit_levels(plan);

    shy_buffer_text(out, "\n/* A result that there is not is NAN. */\ntypedef struct {\n    double formula, score, prediction");
    if (levels > 0) shy_buffer_format(out, ", probability[%d]", levels);
    shy_buffer_text(out, ";\n} shihyo_result;\n\n/* For one patient. NAN, and of a text NULL and \"\", are missing values. */\nshihyo_result shihyo_predict(");
    for (int k = 0; k < plan->columns; k++)
        shy_buffer_format(out, "%s%s%s", k > 0 ? ", " : "", plan->column[k].levels ? "const char *" : "double ", plan->column[k].argument);
    shy_buffer_text(out, ");\n\nshihyo_result shihyo_predict(");
    for (int k = 0; k < plan->columns; k++)
        shy_buffer_format(out, "%s%s%s", k > 0 ? ", " : "", plan->column[k].levels ? "const char *" : "double ", plan->column[k].argument);
    shy_buffer_text(out, ")\n{\n");
    for (int k = 0; k < plan->values; k++)
        if (has_table(plan, &plan->value[k])) put_table(&plan->value[k], out);
    for (int k = 0; k < plan->values; k++) put_value(plan, &plan->value[k], out);
    shy_buffer_text(out, "    shihyo_result result;\n\n    result.formula = only_finite(");
    shy_emit_expression(&language, plan, out);
    shy_buffer_text(out, ");\n    result.score = only_finite(");
    shy_emit_sum(&language, plan, "result.formula", out);
    shy_buffer_text(out, ");\n");
    put_prediction(plan, out);
}

static void put_example(const shy_emit_plan *plan, shy_buffer *out)
{
    shy_buffer_text(out, "\n#ifdef SHIHYO_EXAMPLE /* cc -DSHIHYO_EXAMPLE this.c -lm: an invented patient */\n#include <stdio.h>\n\nint main(void)\n{\n    const double expected[] = {");
    put_real(out, plan->formula);
    put_numbers(out, 2, (const double[]){plan->score, plan->mean});
    shy_buffer_text(out, "};\n    const shihyo_result example = shihyo_predict(");
    for (int k = 0; k < plan->columns; k++) {
        const shy_emit_column *column = &plan->column[k];
        if (k > 0) shy_buffer_text(out, ", ");
        if (column->levels) put_string(out, column->input->level[(int)column->example]);
        else put_real(out, column->example);
    }
    shy_buffer_text(out, ");\n\n"
                         "    printf(\"formula %.17g expected %.17g\\n\", example.formula, expected[0]);\n"
                         "    printf(\"score %.17g expected %.17g\\n\", example.score, expected[1]);\n"
                         "    printf(\"prediction %.17g expected %.17g\\n\", example.prediction, expected[2]);\n"
                         "    return fabs(example.prediction - expected[2]) > 1e-12 * fmax(1.0, fabs(expected[2]));\n"
                         "}\n#endif\n");
}

shy_status shy_emit_as_c(const shy_emit_plan *plan, shy_buffer *out)
{
    shy_emit_comment(out, "// ", plan->facts.bytes);
    shy_buffer_text(out, "\n#include <math.h>\n#include <stdlib.h>\n#include <string.h>\n\nstatic double only_finite(double u) { return isfinite(u) ? u : NAN; }\n");
    if (plan->finished->link == SHY_LINK_LOGIT || shy_emit_levels(plan) > 0) shy_buffer_text(out, "static double logistic(double u) { return 1.0 / (1.0 + exp(-u)); }\n");
    shy_emit_helpers(&language, plan, out);
    put_value_helpers(plan, out);
    put_function(plan, out);
    put_example(plan, out);
    return out->status;
}
