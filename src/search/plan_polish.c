/* What fitting, inserting and rounding of constants will take: counted in refits. */
#include "shy_config.h"

#include <math.h>

#include "plan.h"
#include "polish.h"

#define FINALISTS 6.0     /* of a complexity, about */
#define SIMPLEST 4        /* formulas below this complexity have no constants that could be fitted */
#define FIT_REFITS 4.0    /* a formula's constants: gradients and steps; many have none */
#define PLACES 3.0        /* where a further constant may stand in a formula, about */
#define INSERT_REFITS 20.0 /* from a few starts */
#define ROUND_REFITS 20.0 /* of a formula of the front, about; more is allowed, and many have nothing to round */

void shy_polish_plan(const shy_problem *problem, const shy_search_options *options, shy_plan *plan)
{
    const int levels = options->grammar.max_complexity;
    const double formulas = fmax(shy_plan_kept(plan, levels, FINALISTS) - shy_plan_kept(plan, SIMPLEST - 1, FINALISTS), 0.0);
    double refits = 0.0;
    if (problem->data.interaction || !options->grammar.allowed[SHY_OP_CONSTANT]) return;
    if (options->polish) refits += formulas * FIT_REFITS;
    if (options->polish && options->inner != SHY_INNER_OFF) refits += formulas * PLACES * INSERT_REFITS;
    if (options->rounding > 0.0) refits += fmax(levels - SIMPLEST + 1, 0) * ROUND_REFITS;
    const double bytes = (double)shy_memory_in_use() + shy_plan_result_bytes(plan, options) +
                         (double)problem->rows.rows * sizeof(double) * (3.0 + SHY_POLISH_COLUMNS / 2.0) +
                         (double)problem->rows.runs * SHY_POLISH_SUMS * sizeof(double);
    shy_plan_add(plan, SHY_STEP_CONSTANTS, refits * plan->refit_seconds / problem->team->groups, bytes);
}
