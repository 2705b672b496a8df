/* r.c: a formula as R, for one patient or for columns of a data frame. */
#include "shy_config.h"

#include <string.h>

#include "emit_impl.h"

static void put_table(const shy_emit_value *value, shy_buffer *out);

/* Results of functions that are not defined are NA, without the warnings that R has for them. */
static const shy_emit_language language = {
    .call = {[SHY_OP_DIVIDE] = "divide", [SHY_OP_MAX] = "pmax", [SHY_OP_MIN] = "pmin", [SHY_OP_HYPOT] = "hypotenuse", [SHY_OP_RELDIFF] = "reldiff", [SHY_OP_LOG] = "logarithm",
             [SHY_OP_SQRT] = "square_root", [SHY_OP_SQUARE] = "square", [SHY_OP_INVERSE] = "inverse", [SHY_OP_ABS] = "abs", [SHY_OP_EXP] = "exponential"},
    .helper = {[SHY_OP_DIVIDE] = "divide <- function(u, v) u / replace(v, which(v == 0), NA)\n",
               [SHY_OP_HYPOT] = "hypotenuse <- function(u, v) sqrt(u * u + v * v)\n",
               [SHY_OP_RELDIFF] = "reldiff <- function(u, v) (u - v) / replace(u + v, which(u + v == 0), NA)\n",
               [SHY_OP_LOG] = "logarithm <- function(u) log(replace(u, which(u <= 0), NA))\n",
               [SHY_OP_SQRT] = "square_root <- function(u) sqrt(replace(u, which(u < 0), NA))\n",
               [SHY_OP_SQUARE] = "square <- function(u) u * u\n",
               [SHY_OP_INVERSE] = "inverse <- function(u) 1 / replace(u, which(u == 0), NA)\n",
               [SHY_OP_EXP] = "exponential <- function(u) exp(replace(u, which(u > 709.78), NA))\n"},
    .whole = "",
    .none = "NA",
    .assign = " <- ",
    .named = {", ", ", ", " = "},
    .table = put_table,
};

static const char helpers[] =
    "\n"
    "finite <- function(u) replace(u, which(!is.finite(u)), NA)\n"
    "logistic <- function(u) 1 / (1 + exp(-u))\n"
    "\n"
    "# Numbers; what is missing or not within lowest ... highest counts as fill; what is beyond low ... high as that.\n"
    "number_of <- function(value, lowest = -Inf, highest = Inf, fill = NA, low = -Inf, high = Inf) {\n"
    "  number <- as.numeric(as.character(value))\n"
    "  number[is.na(number) | number < lowest | number > highest] <- fill\n"
    "  pmin(pmax(number, low), high)\n"
    "}\n"
    "\n"
    "# What levels count as; 1 and 1.0 are the level \"1\", too.\n"
    "level_of <- function(value, levels, counts, missing, other) {\n"
    "  text <- as.character(value)\n"
    "  place <- match(text, levels)\n"
    "  again <- which(is.na(place))\n"
    "  place[again] <- match(as.character(suppressWarnings(as.numeric(text[again]))), levels)\n"
    "  counts <- counts[place]\n"
    "  counts[is.na(place)] <- other\n"
    "  counts[is.na(text) | text == \"\"] <- missing\n"
    "  counts\n"
    "}\n"
    "\n"
    "# 1 where there is no value within lowest ... highest, else 0.\n"
    "is_missing <- function(value, lowest = -Inf, highest = Inf) as.numeric(is.na(number_of(value, lowest, highest)))\n"
    "\n";

static void put_table(const shy_emit_value *value, shy_buffer *out)
{
    const shy_input *input = value->input;
    const int levels = input->how.kind == SHY_DERIVED_MISSING ? 0 : input->how.levels;

    shy_buffer_text(out, levels > 0 ? ", c(" : ", character(0");
    for (int v = 0; v < levels; v++) {
        if (v > 0) shy_buffer_text(out, ", ");
        shy_emit_quoted(out, input->level[v], "\\\"");
    }
    shy_buffer_text(out, levels > 0 ? "), c(" : "), numeric(0");
    for (int v = 0; v < levels; v++) {
        if (v > 0) shy_buffer_text(out, ", ");
        shy_emit_real_or_none(&language, out, shy_input_derive(input, v, NULL));
    }
    shy_buffer_text(out, "), missing = ");
    shy_emit_real_or_none(&language, out, value->missing);
    shy_buffer_text(out, ", other = ");
    shy_emit_real_or_none(&language, out, value->other);
}

static void put_levels(const shy_emit_plan *plan, shy_buffer *out)
{
    const int levels = shy_emit_levels(plan);

    for (int j = 0; j + 1 < levels; j++) {
        shy_buffer_format(out, "  at_most_%d <- logistic(", j + 1);
        shy_emit_real_or_none(&language, out, plan->model->thresholds[j]);
        shy_buffer_text(out, " - score)\n");
    }
    shy_buffer_text(out, "  prediction <- 0");
    for (int j = 0; j + 1 < levels; j++) shy_buffer_format(out, " + (1 - at_most_%d)", j + 1);
    shy_buffer_text(out, "\n  data.frame(formula, score, prediction, probability_1 = at_most_1");
    for (int j = 1; j + 1 < levels; j++) shy_buffer_format(out, ", probability_%d = pmax(at_most_%d - at_most_%d, 0)", j + 1, j + 1, j);
    shy_buffer_format(out, ", probability_%d = 1 - at_most_%d)\n}\n", levels, levels - 1);
}

static void put_prediction(const shy_emit_plan *plan, shy_buffer *out)
{
    switch (plan->finished->link) {
    case SHY_LINK_IDENTITY: shy_buffer_text(out, "  prediction <- score\n"); break;
    case SHY_LINK_LOGIT: shy_buffer_text(out, "  prediction <- logistic(score)\n"); break;
    case SHY_LINK_LOG: shy_buffer_text(out, "  prediction <- finite(exp(score))\n"); break;
    case SHY_LINK_CUMULATIVE_LOGIT: put_levels(plan, out); return;
    case SHY_LINK_LOG_HAZARD:
    case SHY_LINK_LOG_ODDS:
        shy_buffer_text(out, "  prediction <- finite(exp(score - ");
        shy_emit_real_or_none(&language, out, plan->baseline);
        shy_buffer_text(out, "))\n");
        break;
    }
    shy_buffer_text(out, "  data.frame(formula, score, prediction)\n}\n");
}

static void put_function(const shy_emit_plan *plan, shy_buffer *out)
{
    shy_buffer_text(out, "\n# Formula, score and prediction: arguments are values of one patient, or columns with one of each. NA and \"\" are missing values;\n"
                         "# a result that there is not is NA.\nshihyo_predict <- function(");
    for (int k = 0; k < plan->columns; k++) shy_buffer_format(out, "%s%s = NA", k > 0 ? ", " : "", plan->column[k].argument);
    shy_buffer_text(out, ") {\n");
    for (int k = 0; k < plan->values; k++) shy_emit_value_line(&language, plan, &plan->value[k], "  ", out);
    shy_buffer_text(out, "  formula <- finite(");
    shy_emit_expression(&language, plan, out);
    shy_buffer_text(out, ")\n  score <- finite(");
    shy_emit_sum(&language, plan, "formula", out);
    shy_buffer_text(out, ")\n");
    put_prediction(plan, out);
}

static void put_example(const shy_emit_plan *plan, shy_buffer *out)
{
    shy_buffer_text(out, "\nif (sys.nframe() == 0) {\n  # An invented patient.\n  example <- shihyo_predict(");
    for (int k = 0; k < plan->columns; k++) {
        const shy_emit_column *column = &plan->column[k];
        shy_buffer_format(out, "%s%s = ", k > 0 ? ", " : "", column->argument);
        if (column->levels) shy_emit_quoted(out, column->input->level[(int)column->example], "\\\"");
        else shy_emit_real_or_none(&language, out, column->example);
    }
    shy_buffer_text(out, ")\n  print(example, digits = 15)\n  expected <- c(formula = ");
    shy_emit_real_or_none(&language, out, plan->formula);
    shy_buffer_text(out, ", score = ");
    shy_emit_real_or_none(&language, out, plan->score);
    shy_buffer_text(out, ", prediction = ");
    shy_emit_real_or_none(&language, out, plan->mean);
    shy_buffer_text(out, ")\n  stopifnot(all(abs(unlist(example[names(expected)]) - expected) <= 1e-12 * pmax(1, abs(expected)), na.rm = TRUE))\n}\n");
}

shy_status shy_emit_as_r(const shy_emit_plan *plan, shy_buffer *out)
{
    shy_emit_comment(out, "# ", plan->facts.bytes);
    shy_buffer_text(out, helpers);
    shy_emit_helpers(&language, plan, out);
    put_function(plan, out);
    put_example(plan, out);
    return out->status;
}
