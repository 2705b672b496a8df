/* Formulas judged by their interaction with a treatment: which options go with it, and the exact fit. */
#include "shy_config.h"

#include <string.h>

#include "interaction.h"
#include "study.h"

shy_status shy_interaction_check(const shy_problem *problem, const shy_search_options *options)
{
    if (!problem->data.interaction) return SHY_OK;
    if (options->terms > 1)
        return shy_fail(SHY_INPUT, "search.terms is %d, and there are no sums of formulas with outcome.interaction; set it to 1 or take the other out.",
                        options->terms);
    if (options->passes > 1)
        return shy_fail(SHY_INPUT, "search.passes is %d, and there is one pass with outcome.interaction; set it to 1 or take the other out.",
                        options->passes);
    if (options->templates_count > 0)
        return shy_fail(SHY_INPUT, "grammar.templates are not fitted as interactions with a treatment; leave them out, or outcome.interaction.");
    for (int f = 0; problem->derivation && f < problem->factors; f++)
        if (problem->derivation[f] && problem->derivation[f]->imputed)
            return shy_fail(SHY_INPUT,
                            "factor \"%s\": there are no imputed data sets with outcome.interaction; set missing.method to median, or list the columns in "
                            "missing.median.",
                            problem->name[f]);
    if (problem->rules && problem->rules->directed)
        return shy_fail(SHY_INPUT, "grammar.direction is about the prediction, which with outcome.interaction depends on the treatment; take one of them out.");
    return SHY_OK;
}

/* ---- refit ---------------------------------------------------------------------------------------------------------------- */

static shy_status evaluate(shy_space *space, const shy_formula *formula, const double *coefficient, double *out)
{
    shy_status st = SHY_OK;
    shy_refit refit = {.fit = {.verdict = SHY_FITTED}};
    shy_tree tree;
    double intercept, slope;
    memcpy(refit.coefficient, coefficient, sizeof refit.coefficient);
    SHY_TRY(shy_formula_refitted(space, formula, &refit, &tree, &intercept, &slope));
    SHY_TRY(shy_problem_evaluate(space->problem, &tree, out));
out:
    return st;
}

shy_status shy_formula_interact(shy_space *space, const shy_outcome *outcome, const shy_formula *formula, int terms, double *const *basis,
                                shy_refit *refit_out)
{
    shy_status st = SHY_OK;
    shy_refit refit = {.coefficient = {0.0}};
    SHY_TRY(shy_outcome_interact(outcome, terms, (const double *const *)basis, &refit.fit));
    memcpy(refit.coefficient, refit.fit.coefficient + terms, (size_t)terms * sizeof *refit.coefficient);
    SHY_TRY(shy_group_agree(space->problem->team, evaluate(space, formula, refit.coefficient, basis[0])));
    SHY_TRY(shy_outcome_interact(outcome, 1, (const double *const *)basis, &refit.fit));
    *refit_out = refit;
out:
    return st;
}

shy_status shy_formula_refitted(shy_space *space, const shy_formula *formula, const shy_refit *refit, shy_tree *tree_out, double *intercept_out,
                                double *slope_out)
{
    shy_fit fit = refit->fit;
    memcpy(fit.coefficient, refit->coefficient, sizeof refit->coefficient);
    return shy_formula_fitted(space, formula, &fit, tree_out, intercept_out, slope_out);
}

void shy_found_interaction(shy_found *found)
{
    found->intercept = found->fit.intercept;
    found->slope = found->fit.coefficient[0];
    found->interaction = (shy_interaction){found->fit.coefficient[1], found->fit.error[1]};
}
