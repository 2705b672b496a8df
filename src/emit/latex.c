/* latex.c: a formula and its model as a LaTeX document. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "emit_impl.h"

static void put_digits(shy_buffer *out, double value, int digits)
{
    shy_tree tree = {0};

    if (isnan(value)) {
        shy_buffer_text(out, "\\text{none}");
        return;
    }
    shy_tree_constant(&tree, value);
    shy_emit_latex(&tree, NULL, digits, out);
}

static void put_term(shy_buffer *out, double coefficient)
{
    shy_buffer_text(out, signbit(coefficient) ? " \\\\\n &\\quad - " : " \\\\\n &\\quad + ");
    put_digits(out, fabs(coefficient), 0);
    shy_buffer_text(out, " \\cdot ");
}

static void put_name(shy_buffer *out, const char *name)
{
    shy_tree tree = {0};

    shy_tree_leaf(&tree, 0);
    shy_emit_latex(&tree, &name, 0, out);
}

static void put_score(const shy_emit_plan *plan, shy_buffer *out)
{
    shy_buffer_text(out, "\\begin{align*}\n\\text{score} &= ");
    put_digits(out, plan->model->intercept, 0);
    for (int k = 0; k < plan->values; k++) {
        if (!plan->value[k].covariate || plan->value[k].coefficient == 0.0) continue;
        put_term(out, plan->value[k].coefficient);
        put_name(out, plan->value[k].input->name);
    }
    put_term(out, plan->model->slope);
    shy_buffer_text(out, "\\text{formula}");
    if (plan->treatment >= 0) {
        put_term(out, plan->model->interaction);
        shy_buffer_text(out, "\\left(");
        put_name(out, plan->value[plan->treatment].input->name);
        shy_buffer_text(out, signbit(plan->finished->treatment_mean) ? " + " : " - ");
        put_digits(out, fabs(plan->finished->treatment_mean), 0);
        shy_buffer_text(out, "\\right) \\cdot \\text{formula}");
    }
    shy_buffer_text(out, "\n\\end{align*}\n");
}

static void put_levels(const shy_emit_plan *plan, shy_buffer *out)
{
    shy_buffer_text(out, "\\begin{align*}\n");
    for (int j = 0; j + 1 < shy_emit_levels(plan); j++) {
        shy_buffer_format(out, "P(\\text{level} \\le %d) &= \\frac{1}{1 + \\exp\\left(\\text{score} - \\left(", j);
        put_digits(out, plan->model->thresholds[j], 0);
        shy_buffer_text(out, "\\right)\\right)} \\\\\n");
    }
    shy_buffer_text(out, "\\text{prediction} &= \\sum_{j} \\left(1 - P(\\text{level} \\le j)\\right)\n\\end{align*}\n");
}

static void put_prediction(const shy_emit_plan *plan, shy_buffer *out)
{
    switch (plan->finished->link) {
    case SHY_LINK_IDENTITY: shy_buffer_text(out, "\\[ \\text{prediction} = \\text{score} \\]\n"); break;
    case SHY_LINK_LOGIT: shy_buffer_text(out, "\\[ \\text{prediction} = \\frac{1}{1 + \\exp\\left(-\\text{score}\\right)} \\]\n"); break;
    case SHY_LINK_LOG: shy_buffer_text(out, "\\[ \\text{prediction} = \\exp\\left(\\text{score}\\right) \\]\n"); break;
    case SHY_LINK_CUMULATIVE_LOGIT: put_levels(plan, out); break;
    case SHY_LINK_LOG_HAZARD:
    case SHY_LINK_LOG_ODDS:
        shy_buffer_text(out, "\\[ \\text{prediction} = \\exp\\left(\\text{score} - \\left(");
        put_digits(out, plan->baseline, 0);
        shy_buffer_text(out, "\\right)\\right) \\]\n");
        break;
    }
}

/* The facts line by line; those that are set in begin an item of their own. */
static void put_facts(const shy_emit_plan *plan, shy_buffer *out)
{
    for (const char *line = plan->facts.bytes; *line != '\0';) {
        const size_t length = strcspn(line, "\n"), indent = strspn(line, " ");
        shy_buffer one = {0};
        shy_buffer_add(&one, line + indent, length - indent);
        if (one.status == SHY_OK && one.count > 0) {
            shy_buffer_format(out, "\\par\\noindent\\hangindent=%dem\\hspace*{%dem}", (int)indent / 2 + 1, (int)indent / 2);
            shy_emit_latex_text(out, one.bytes);
            shy_buffer_text(out, "\n");
        } else if (one.count == 0) {
            shy_buffer_text(out, "\n\\medskip\n");
        }
        if (one.status != SHY_OK) out->status = one.status;
        shy_buffer_free(&one);
        line += length + (line[length] == '\n');
    }
}

static void put_example(const shy_emit_plan *plan, shy_buffer *out)
{
    shy_buffer_text(out, "\n\\section*{Example}\nAn invented patient:\n\\begin{align*}\n");
    for (int k = 0; k < plan->columns; k++) {
        const shy_emit_column *column = &plan->column[k];
        put_name(out, column->input->column);
        shy_buffer_text(out, " &= ");
        if (column->levels) put_name(out, column->input->level[(int)column->example]);
        else put_digits(out, column->example, 0);
        shy_buffer_text(out, " \\\\\n");
    }
    shy_buffer_text(out, "\\text{formula} &= ");
    put_digits(out, plan->formula, 0);
    shy_buffer_text(out, " \\\\\n\\text{score} &= ");
    put_digits(out, plan->score, 0);
    shy_buffer_text(out, " \\\\\n\\text{prediction} &= ");
    put_digits(out, plan->mean, 0);
    shy_buffer_text(out, "\n\\end{align*}\n");
}

shy_status shy_emit_as_latex(const shy_emit_plan *plan, shy_buffer *out)
{
    shy_buffer_text(out, "% pdflatex, or lualatex if names have other letters than Latin ones.\n\\documentclass[a4paper]{article}\n\\usepackage{iftex,amsmath,graphicx}\n"
                         "\\ifPDFTeX\\usepackage[T1]{fontenc}\\usepackage{textcomp}\\else\\usepackage{fontspec}\\fi\n\\emergencystretch=3em\n\\begin{document}\n\\begin{center}\n"
                         "\\resizebox{\\ifdim\\width>\\linewidth\\linewidth\\else\\width\\fi}{!}{$\\displaystyle \\text{formula} = ");
    shy_emit_latex(&plan->model->tree, plan->original, 0, out);
    shy_buffer_text(out, "$}\n\\end{center}\n");
    put_score(plan, out);
    put_prediction(plan, out);
    put_facts(plan, out);
    put_example(plan, out);
    shy_buffer_text(out, "\\end{document}\n");
    return out->status;
}
