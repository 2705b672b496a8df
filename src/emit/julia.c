/* julia.c: a formula as Julia. */
#include "shy_config.h"

#include <string.h>

#include "emit_impl.h"

#define SPECIAL "\\\"$"

static void put_table(const shy_emit_value *value, shy_buffer *out);

static const shy_emit_language language = {
    .call = {[SHY_OP_DIVIDE] = "divide", [SHY_OP_MAX] = "largest", [SHY_OP_MIN] = "smallest", [SHY_OP_HYPOT] = "hypotenuse", [SHY_OP_RELDIFF] = "reldiff",
             [SHY_OP_LOG] = "logarithm", [SHY_OP_SQRT] = "square_root", [SHY_OP_SQUARE] = "square", [SHY_OP_INVERSE] = "inverse", [SHY_OP_ABS] = "abs", [SHY_OP_EXP] = "exponential"},
    .helper = {[SHY_OP_DIVIDE] = "divide(u, v) = v != 0 ? u / v : NaN\n",
               [SHY_OP_MAX] = "largest(u, v) = isnan(u) || isnan(v) ? NaN : u > v ? u : v\n",
               [SHY_OP_MIN] = "smallest(u, v) = isnan(u) || isnan(v) ? NaN : u < v ? u : v\n",
               [SHY_OP_HYPOT] = "hypotenuse(u, v) = sqrt(u * u + v * v)\n",
               [SHY_OP_RELDIFF] = "reldiff(u, v) = u + v != 0 ? (u - v) / (u + v) : NaN\n",
               [SHY_OP_LOG] = "logarithm(u) = u > 0 ? log(u) : NaN\n",
               [SHY_OP_SQRT] = "square_root(u) = u >= 0 ? sqrt(u) : NaN\n",
               [SHY_OP_SQUARE] = "square(u) = u * u\n",
               [SHY_OP_INVERSE] = "inverse(u) = u != 0 ? 1 / u : NaN\n",
               [SHY_OP_EXP] = "exponential(u) = u < 709.78 ? exp(u) : NaN\n"},
    .whole = ".0",
    .none = "NaN",
    .assign = " = ",
    .named = {"; ", ", ", " = "},
    .table = put_table,
};

static const char helpers[] =
    "\n"
    "finite(u) = isfinite(u) ? u : NaN\n"
    "logistic(u) = 1 / (1 + exp(-u))\n"
    "\n"
    "is_none(value) = value === missing || value === nothing || (value isa AbstractString && isempty(value)) || (value isa Real && isnan(value))\n"
    "\n"
    "# A number; what is missing or not within lowest ... highest counts as fill; what is beyond low ... high as that.\n"
    "function number_of(value; lowest = -Inf, highest = Inf, fill = NaN, low = -Inf, high = Inf)\n"
    "    number = is_none(value) ? NaN : value isa AbstractString ? parse(Float64, value) : Float64(value)\n"
    "    if !(lowest <= number <= highest)\n"
    "        number = fill\n"
    "    end\n"
    "    return number < low ? low : number > high ? high : number\n"
    "end\n"
    "\n"
    "# What a level counts as; 1 and 1.0 are the level \"1\", too.\n"
    "function level_of(value, table; none = NaN, other = NaN)\n"
    "    is_none(value) && return none\n"
    "    text = string(value)\n"
    "    if !haskey(table, text)\n"
    "        number = tryparse(Float64, text)\n"
    "        if number !== nothing && isfinite(number)\n"
    "            text = number == round(number) && abs(number) < 1e15 ? string(Int64(number)) : string(number)\n"
    "        end\n"
    "    end\n"
    "    return get(table, text, other)\n"
    "end\n"
    "\n"
    "# 1 where there is no value within lowest ... highest, else 0.\n"
    "is_missing(value; lowest = -Inf, highest = Inf) = isnan(number_of(value; lowest = lowest, highest = highest)) ? 1.0 : 0.0\n"
    "\n";

static void put_table(const shy_emit_value *value, shy_buffer *out)
{
    const shy_input *input = value->input;

    shy_buffer_text(out, ", Dict{String, Float64}(");
    for (int v = 0; v < input->how.levels && input->how.kind != SHY_DERIVED_MISSING; v++) {
        if (v > 0) shy_buffer_text(out, ", ");
        shy_emit_quoted(out, input->level[v], SPECIAL);
        shy_buffer_text(out, " => ");
        shy_emit_real_or_none(&language, out, shy_input_derive(input, v, NULL));
    }
    shy_buffer_text(out, "); none = ");
    shy_emit_real_or_none(&language, out, value->missing);
    shy_buffer_text(out, ", other = ");
    shy_emit_real_or_none(&language, out, value->other);
}

static void put_prediction(const shy_emit_plan *plan, shy_buffer *out)
{
    const int levels = shy_emit_levels(plan);

    switch (plan->finished->link) {
    case SHY_LINK_IDENTITY: shy_buffer_text(out, "    prediction = score\n"); break;
    case SHY_LINK_LOGIT: shy_buffer_text(out, "    prediction = logistic(score)\n"); break;
    case SHY_LINK_LOG: shy_buffer_text(out, "    prediction = finite(exp(score))\n"); break;
    case SHY_LINK_LOG_HAZARD:
    case SHY_LINK_LOG_ODDS:
        shy_buffer_text(out, "    prediction = finite(exp(score - ");
        shy_emit_real_or_none(&language, out, plan->baseline);
        shy_buffer_text(out, "))\n");
        break;
    case SHY_LINK_CUMULATIVE_LOGIT:
        shy_buffer_text(out, "    at_most = [");
        for (int j = 0; j + 1 < levels; j++) {
            shy_buffer_text(out, j > 0 ? ", logistic(" : "logistic(");
            shy_emit_real_or_none(&language, out, plan->model->thresholds[j]);
            shy_buffer_text(out, " - score)");
        }
        shy_buffer_text(out, ", isnan(score) ? NaN : 1.0]\n"
                             "    probabilities = [at_most[1]; [isnan(score) ? NaN : max(at_most[j] - at_most[j - 1], 0.0) for j in 2:length(at_most)]]\n"
                             "    prediction = sum(1 .- at_most[1:end-1])\n");
        break;
    }
    shy_buffer_format(out, "    return (formula = formula, score = score, prediction = prediction%s)\nend\n", levels > 0 ? ", probabilities = probabilities" : "");
}

static void put_function(const shy_emit_plan *plan, shy_buffer *out)
{
    shy_buffer_text(out, "\n# Formula, score and prediction for one patient. missing, nothing, NaN and \"\" are missing values; a result that there is not is NaN.\nfunction shihyo_predict(;");
    for (int k = 0; k < plan->columns; k++) shy_buffer_format(out, "%s %s = missing", k > 0 ? "," : "", plan->column[k].argument);
    shy_buffer_text(out, ")\n");
    for (int k = 0; k < plan->values; k++) shy_emit_value_line(&language, plan, &plan->value[k], "    ", out);
    shy_buffer_text(out, "    formula = finite(");
    shy_emit_expression(&language, plan, out);
    shy_buffer_text(out, ")\n    score = finite(");
    shy_emit_sum(&language, plan, "formula", out);
    shy_buffer_text(out, ")\n");
    put_prediction(plan, out);
}

static void put_check(shy_buffer *out, const char *name, double value)
{
    shy_buffer_format(out, "    println(\"%s \", example.%s, \" expected \", ", name, name);
    shy_emit_real_or_none(&language, out, value);
    shy_buffer_text(out, ")\n");
}

static void put_example(const shy_emit_plan *plan, shy_buffer *out)
{
    shy_buffer_text(out, "\nif abspath(PROGRAM_FILE) == @__FILE__\n    # An invented patient.\n    example = shihyo_predict(;");
    for (int k = 0; k < plan->columns; k++) {
        const shy_emit_column *column = &plan->column[k];
        shy_buffer_format(out, "%s %s = ", k > 0 ? "," : "", column->argument);
        if (column->levels) shy_emit_quoted(out, column->input->level[(int)column->example], SPECIAL);
        else shy_emit_real_or_none(&language, out, column->example);
    }
    shy_buffer_text(out, ")\n");
    put_check(out, "formula", plan->formula);
    put_check(out, "score", plan->score);
    put_check(out, "prediction", plan->mean);
    shy_buffer_text(out, "end\n");
}

shy_status shy_emit_as_julia(const shy_emit_plan *plan, shy_buffer *out)
{
    shy_emit_comment(out, "# ", plan->facts.bytes);
    shy_buffer_text(out, helpers);
    shy_emit_helpers(&language, plan, out);
    put_function(plan, out);
    put_example(plan, out);
    return out->status;
}
