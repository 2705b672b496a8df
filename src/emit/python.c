/* python.c: a formula as a Python module that needs nothing but the standard library. */
#include "shy_config.h"

#include <string.h>

#include "emit_impl.h"

static void put_table(const shy_emit_value *value, shy_buffer *out);

static const shy_emit_language language = {
    .call = {[SHY_OP_DIVIDE] = "divide", [SHY_OP_MAX] = "largest", [SHY_OP_MIN] = "smallest", [SHY_OP_HYPOT] = "hypotenuse", [SHY_OP_RELDIFF] = "reldiff",
             [SHY_OP_LOG] = "logarithm", [SHY_OP_SQRT] = "square_root", [SHY_OP_SQUARE] = "square", [SHY_OP_INVERSE] = "inverse", [SHY_OP_ABS] = "abs", [SHY_OP_EXP] = "exponential"},
    .helper = {[SHY_OP_DIVIDE] = "\n\ndef divide(u, v):\n    return u / v if v != 0 else NAN\n",
               [SHY_OP_MAX] = "\n\ndef largest(u, v):\n    return NAN if u != u or v != v else u if u > v else v\n",
               [SHY_OP_MIN] = "\n\ndef smallest(u, v):\n    return NAN if u != u or v != v else u if u < v else v\n",
               [SHY_OP_HYPOT] = "\n\ndef hypotenuse(u, v):\n    return math.sqrt(u * u + v * v)\n",
               [SHY_OP_RELDIFF] = "\n\ndef reldiff(u, v):\n    return (u - v) / (u + v) if u + v != 0 else NAN\n",
               [SHY_OP_LOG] = "\n\ndef logarithm(u):\n    return math.log(u) if u > 0 else NAN\n",
               [SHY_OP_SQRT] = "\n\ndef square_root(u):\n    return math.sqrt(u) if u >= 0 else NAN\n",
               [SHY_OP_SQUARE] = "\n\ndef square(u):\n    return u * u\n",
               [SHY_OP_INVERSE] = "\n\ndef inverse(u):\n    return 1 / u if u != 0 else NAN\n",
               [SHY_OP_EXP] = "\n\ndef exponential(u):\n    return math.exp(u) if u < 709.78 else NAN\n"},
    .whole = ".0",
    .none = "NAN",
    .assign = " = ",
    .named = {", ", ", ", "="},
    .table = put_table,
};

/* ---- values of columns ------------------------------------------------------------------------------------------------ */

static const char number_helper[] =
    "\n\n"
    "def number_of(value, lowest=-math.inf, highest=math.inf, fill=NAN, low=-math.inf, high=math.inf):\n"
    "    \"\"\"A number; what is missing or not within lowest ... highest counts as fill; what is beyond low ... high as that.\"\"\"\n"
    "    number = NAN if value is None or value == \"\" else float(value)\n"
    "    if not lowest <= number <= highest:\n"
    "        number = fill\n"
    "    return low if number < low else high if number > high else number\n";

static const char level_helper[] =
    "\n\n"
    "def level_of(value, table, missing, other):\n"
    "    \"\"\"What a level counts as; 1 and 1.0 are the level \"1\", too.\"\"\"\n"
    "    if value is None or value == \"\" or value != value:\n"
    "        return missing\n"
    "    text = str(value)\n"
    "    if text not in table:\n"
    "        try:\n"
    "            number = float(text)\n"
    "            text = str(int(number)) if number == int(number) else repr(number)\n"
    "        except (ValueError, OverflowError):\n"
    "            pass\n"
    "    return table.get(text, other)\n";

static const char missing_helper[] =
    "\n\n"
    "def is_missing(value, lowest=-math.inf, highest=math.inf):\n"
    "    \"\"\"1 where there is no value within lowest ... highest, else 0.\"\"\"\n"
    "    return 1.0 if value is None or value == \"\" or not lowest <= float(value) <= highest else 0.0\n";

static void put_table(const shy_emit_value *value, shy_buffer *out)
{
    const shy_input *input = value->input;

    shy_buffer_text(out, ", {");
    for (int v = 0; v < input->how.levels && input->how.kind != SHY_DERIVED_MISSING; v++) {
        if (v > 0) shy_buffer_text(out, ", ");
        shy_emit_quoted(out, input->level[v], "\\\"");
        shy_buffer_text(out, ": ");
        shy_emit_real_or_none(&language, out, shy_input_derive(input, v, NULL));
    }
    shy_buffer_text(out, "}, missing=");
    shy_emit_real_or_none(&language, out, value->missing);
    shy_buffer_text(out, ", other=");
    shy_emit_real_or_none(&language, out, value->other);
}

static void put_value_helpers(const shy_emit_plan *plan, shy_buffer *out)
{
    bool number = false, level = false, missing = false;

    for (int k = 0; k < plan->values; k++) {
        const bool levels = plan->column[plan->value[k].column].levels;
        level = level || levels;
        if (!levels) *(plan->value[k].input->how.kind == SHY_DERIVED_MISSING ? &missing : &number) = true;
    }
    if (number) shy_buffer_text(out, number_helper);
    if (level) shy_buffer_text(out, level_helper);
    if (missing) shy_buffer_text(out, missing_helper);
}

/* ---- the function --------------------------------------------------------------------------------------------------------- */

static void put_thresholds(const shy_emit_plan *plan, shy_buffer *out)
{
    const int levels = shy_emit_levels(plan);

    shy_buffer_text(out, "    at_most = [");
    for (int j = 0; j + 1 < levels; j++) {
        shy_buffer_text(out, j > 0 ? ", logistic(" : "logistic(");
        shy_emit_real_or_none(&language, out, plan->model->thresholds[j]);
        shy_buffer_text(out, " - score)");
    }
    shy_buffer_text(out, ", 1.0]\n"
                         "    probabilities = [at_most[0]] + [max(b - a, 0.0) if a == a else NAN for a, b in zip(at_most, at_most[1:])]\n"
                         "    if score != score:\n"
                         "        probabilities[-1] = NAN\n"
                         "    prediction = sum(1 - a for a in at_most[:-1])\n");
}

static void put_prediction(const shy_emit_plan *plan, shy_buffer *out)
{
    switch (plan->finished->link) {
    case SHY_LINK_IDENTITY: shy_buffer_text(out, "    prediction = score\n"); break;
    case SHY_LINK_LOGIT: shy_buffer_text(out, "    prediction = logistic(score)\n"); break;
    case SHY_LINK_LOG: shy_buffer_text(out, "    prediction = math.exp(score) if score < 709.78 else NAN\n"); break;
    case SHY_LINK_CUMULATIVE_LOGIT: put_thresholds(plan, out); break;
    case SHY_LINK_LOG_HAZARD:
    case SHY_LINK_LOG_ODDS:
        shy_buffer_text(out, "    ratio = score - ");
        shy_emit_real_or_none(&language, out, plan->baseline);
        shy_buffer_text(out, "\n    prediction = math.exp(ratio) if ratio < 709.78 else NAN\n");
        break;
    }
    shy_buffer_format(out, "    return {\"formula\": formula, \"score\": score, \"prediction\": prediction%s}\n", shy_emit_levels(plan) > 0 ? ", \"probabilities\": probabilities" : "");
}

static void put_function(const shy_emit_plan *plan, shy_buffer *out)
{
    shy_buffer_text(out, "\n\ndef shihyo_predict(*");
    for (int k = 0; k < plan->columns; k++) shy_buffer_format(out, ", %s=None", plan->column[k].argument);
    shy_buffer_text(out, "):\n    \"\"\"Formula, score and prediction for one patient. None, NaN and \"\" are missing values; a result that there is not is NaN.\"\"\"\n");
    for (int k = 0; k < plan->values; k++) shy_emit_value_line(&language, plan, &plan->value[k], "    ", out);
    shy_buffer_text(out, "    formula = finite(");
    shy_emit_expression(&language, plan, out);
    shy_buffer_text(out, ")\n    score = finite(");
    shy_emit_sum(&language, plan, "formula", out);
    shy_buffer_text(out, ")\n");
    put_prediction(plan, out);
}

static void put_argument(const shy_emit_column *column, shy_buffer *out)
{
    if (column->levels) shy_emit_quoted(out, column->input->level[(int)column->example], "\\\"");
    else shy_emit_real_or_none(&language, out, column->example);
}

static void put_example(const shy_emit_plan *plan, shy_buffer *out)
{
    shy_buffer_text(out, "\n\nif __name__ == \"__main__\":\n    # An invented patient.\n    example = shihyo_predict(");
    for (int k = 0; k < plan->columns; k++) {
        shy_buffer_format(out, "%s%s=", k > 0 ? ", " : "", plan->column[k].argument);
        put_argument(&plan->column[k], out);
    }
    shy_buffer_text(out, ")\n    expected = {\"formula\": ");
    shy_emit_real_or_none(&language, out, plan->formula);
    shy_buffer_text(out, ", \"score\": ");
    shy_emit_real_or_none(&language, out, plan->score);
    shy_buffer_text(out, ", \"prediction\": ");
    shy_emit_real_or_none(&language, out, plan->mean);
    shy_buffer_text(out, "}\n"
                         "    for name, value in expected.items():\n"
                         "        print(name, example[name], \"expected\", value)\n"
                         "        if value == value and not abs(example[name] - value) <= 1e-12 * max(1.0, abs(value)):\n"
                         "            raise SystemExit(\"This is not what the program should compute.\")\n");
}

shy_status shy_emit_as_python(const shy_emit_plan *plan, shy_buffer *out)
{
    shy_buffer_text(out, "# -*- coding: utf-8 -*-\n#\n"); /* nothing of somebody else in the first two lines: they may name an encoding */
    shy_emit_comment(out, "# ", plan->facts.bytes);
    shy_buffer_text(out, "\nimport math\n\nNAN = math.nan\n\n\ndef finite(u):\n    return u if math.isfinite(u) else NAN\n");
    if (plan->finished->link == SHY_LINK_LOGIT || shy_emit_levels(plan) > 0)
        shy_buffer_text(out, "\n\ndef logistic(u):\n    return NAN if u != u else 1 / (1 + math.exp(-u)) if u > -709.78 else 0.0\n");
    put_value_helpers(plan, out);
    shy_emit_helpers(&language, plan, out);
    put_function(plan, out);
    put_example(plan, out);
    return out->status;
}
