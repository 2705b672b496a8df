/* facts.c: what stands in words in every exported file: what it computes, from what, and how far it can be believed. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "emit_impl.h"

static void add(shy_emit_plan *plan, const char *text)
{
    shy_buffer_text(&plan->facts, text);
}

/* Text of somebody else: on one line. */
static void add_name(shy_emit_plan *plan, const char *name)
{
    shy_emit_line(&plan->facts, name);
}

static void add_number(shy_emit_plan *plan, double value)
{
    shy_emit_number(&plan->facts, value);
}

/* ---- what it computes ------------------------------------------------------------------------------------------------- */

static void add_unit(shy_emit_plan *plan, const char *unit)
{
    if (*unit == '\0') return;
    add(plan, ", ");
    if (strcmp(unit, "1") == 0) add(plan, "no unit");
    else add_name(plan, unit);
}

static void add_prediction(shy_emit_plan *plan)
{
    const shy_finished *f = plan->finished;

    switch (f->link) {
    case SHY_LINK_IDENTITY:
        add(plan, "\"");
        add_name(plan, f->outcome);
        add(plan, "\"");
        add_unit(plan, f->outcome_unit);
        break;
    case SHY_LINK_LOGIT:
        add(plan, *f->positive != '\0' ? "the probability that \"" : "the probability of \"");
        add_name(plan, f->outcome);
        add(plan, *f->positive != '\0' ? "\" is \"" : "");
        add_name(plan, f->positive);
        add(plan, "\"; score: its log-odds");
        break;
    case SHY_LINK_LOG:
        add(plan, "the rate of \"");
        add_name(plan, f->outcome);
        add(plan, "\" for one unit of exposure; score: its logarithm");
        break;
    case SHY_LINK_CUMULATIVE_LOGIT:
        add(plan, "the mean number of the level of \"");
        add_name(plan, f->outcome);
        add(plan, "\", the lowest being 0; probabilities: of each level, the lowest first");
        break;
    case SHY_LINK_LOG_HAZARD:
    case SHY_LINK_LOG_ODDS:
        add(plan, f->link == SHY_LINK_LOG_HAZARD ? "the hazard of \"" : "the odds of \"");
        add_name(plan, f->outcome);
        add(plan, "\" as a multiple of that of a patient with the score ");
        add_number(plan, plan->baseline);
        if (plan->baseline != 0.0) add(plan, " (one with typical values)");
        add(plan, ": exp(score - ");
        add_number(plan, plan->baseline);
        add(plan, "). It says who is at a higher risk, not how high the risk is");
        break;
    }
    add(plan, ".\n");
}

static void add_head(shy_emit_plan *plan)
{
    add(plan, "Formula ");
    shy_buffer_format(&plan->facts, "%d of the front for \"", plan->number);
    add_name(plan, plan->finished->outcome);
    add(plan, "\"");
    if (*plan->finished->name != '\0') add(plan, " (target "), add_name(plan, plan->finished->name), add(plan, ")");
    add(plan, plan->rounded ? ", with rounded constants:\n\n" : ":\n\n");
    add(plan, "  formula = ");
    add_name(plan, plan->model->text);
    if (*plan->model->unit != '\0' && strcmp(plan->model->unit, "1") != 0) add(plan, "   ["), add_name(plan, plan->model->unit), add(plan, "]");
    add(plan, "\n\nprediction: ");
    add_prediction(plan);
    add(plan, "Where a value is missing that nothing stands in for, and where a step of the formula is not defined (logarithm of 0 or less, root of less than 0, division by 0), "
              "there is no result.\n");
}

/* ---- how far it can be believed ------------------------------------------------------------------------------------------ */

static const json_t *level_of(const json_t *nested, int complexity)
{
    size_t k;
    json_t *level;

    json_array_foreach(json_object_get(nested, "levels"), k, level)
    {
        if ((int)shy_json_count(level, "complexity") == complexity) return level;
    }
    return NULL;
}

static void add_performance(shy_emit_plan *plan)
{
    const json_t *nested = json_object_get(plan->front, "nested"), *level = level_of(nested, plan->model->complexity);
    const double mean = shy_json_number(level, "mean", NAN), error = shy_json_number(level, "error", NAN), apparent = shy_json_number(level, "apparent", NAN);
    const double none = shy_json_number(json_object_get(nested, "null"), "mean", NAN);

    if (isnan(mean)) return;
    add(plan, "Formulas of this complexity, searched for anew without each part of the samples, reached ");
    add_name(plan, shy_json_word(nested, "metric"));
    shy_buffer_format(&plan->facts, " %.3f", mean);
    if (!isnan(error)) shy_buffer_format(&plan->facts, " ± %.3f", error);
    add(plan, " on that part");
    if (!isnan(apparent)) shy_buffer_format(&plan->facts, "; %.3f on the samples that this one was found on", apparent);
    if (!isnan(none)) shy_buffer_format(&plan->facts, "; %.3f without a formula", fabs(none) < 0.0005 ? 0.0 : none);
    add(plan, ".\n");
}

static void add_belief(shy_emit_plan *plan)
{
    const char *verdict = shy_json_word(plan->front, "verdict");

    add(plan, "\nHow far it can be believed:\n");
    if (*verdict != '\0' && plan->finished->chosen == plan->number - 1) add_name(plan, verdict), add(plan, "\n");
    else if (*verdict != '\0') add(plan, "It is not the formula that the run has chosen; of that one is said: "), add_name(plan, verdict), add(plan, "\n");
    else add(plan, "That has not been looked at: the run was made without validation.\n");
    add_performance(plan);
    add(plan, "For research. This is not a medical device, and no decision on a patient should rest on it.\n");
}

/* ---- the inputs -------------------------------------------------------------------------------------------------------------- */

static void add_levels(shy_emit_plan *plan, const shy_emit_value *value)
{
    const shy_input *input = value->input;
    const bool ordered = input->how.kind == SHY_DERIVED_VALUE;
    int listed = 0;

    if (input->how.kind == SHY_DERIVED_MISSING) return;
    add(plan, ordered ? "; " : "; 1 for ");
    for (int v = 0; v < input->how.levels; v++) {
        if (!ordered && shy_input_derive(input, v, NULL) != 1.0) continue;
        add(plan, listed++ > 0 ? ", \"" : "\"");
        add_name(plan, input->level[v]);
        add(plan, "\"");
        if (ordered) add(plan, " = "), add_number(plan, shy_input_derive(input, v, NULL));
    }
    add(plan, ordered ? ", a level that is not among them counts as missing" : ", else 0");
}

static void add_limits(shy_emit_plan *plan, const shy_input *input)
{
    const shy_derivation *how = &input->how;

    if (isfinite(how->lowest) || isfinite(how->highest)) {
        add(plan, "; ");
        if (isfinite(how->lowest)) add(plan, "below "), add_number(plan, how->lowest);
        if (isfinite(how->lowest) && isfinite(how->highest)) add(plan, " or ");
        if (isfinite(how->highest)) add(plan, "above "), add_number(plan, how->highest);
        add(plan, " counts as missing");
    }
    if (isfinite(how->low)) add(plan, "; less than "), add_number(plan, how->low), add(plan, " counts as that");
    if (isfinite(how->high)) add(plan, "; more than "), add_number(plan, how->high), add(plan, " counts as that");
}

static void add_missing(shy_emit_plan *plan, const shy_emit_value *value)
{
    const shy_input *input = value->input;

    if (input->how.kind == SHY_DERIVED_MISSING) {
        add(plan, "; 1 where the value is missing, else 0");
    } else if (isnan(value->missing)) {
        add(plan, "; must not be missing");
    } else {
        add(plan, "; if missing it counts as ");
        add_number(plan, value->missing);
    }
}

static void add_value(shy_emit_plan *plan, const shy_emit_value *value)
{
    const shy_input *input = value->input;

    add(plan, "    ");
    add(plan, value->name);
    add(plan, ": \"");
    add_name(plan, input->name);
    add(plan, value->covariate ? "\", a covariate" : "\"");
    if (plan->column[value->column].levels) add_levels(plan, value);
    else if (input->how.kind == SHY_DERIVED_VALUE) add_limits(plan, input);
    add_missing(plan, value);
    if (isfinite(input->seen_low) && isfinite(input->seen_high) && !(plan->column[value->column].levels && input->how.kind != SHY_DERIVED_VALUE)) {
        shy_buffer_format(&plan->facts, "; the run saw %.6g to %.6g", input->seen_low, input->seen_high);
    }
    add(plan, "\n");
}

static void add_inputs(shy_emit_plan *plan)
{
    add(plan, "\nInputs, and what is made of each:\n");
    for (int k = 0; k < plan->columns; k++) {
        const shy_emit_column *column = &plan->column[k];
        add(plan, "  ");
        add(plan, column->argument);
        add(plan, ": column \"");
        add_name(plan, column->input->column);
        add(plan, column->levels ? "\", text" : "\", a number");
        if (!column->levels) add_unit(plan, column->input->unit);
        if (!column->levels && *column->input->unit == '\0') add(plan, ", unit not known");
        add(plan, "\n");
        for (int v = 0; v < plan->values; v++)
            if (plan->value[v].column == k) add_value(plan, &plan->value[v]);
    }
}

shy_status shy_emit_facts(shy_emit_plan *plan)
{
    add_head(plan);
    add_belief(plan);
    add_inputs(plan);
    return plan->facts.status;
}
