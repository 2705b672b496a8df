/* Arithmetic that plans share: formulas that lists hold and see, the memory of lists and results, and the sum of the parts. */
#include "shy_config.h"

#include <math.h>

#include "interaction.h"
#include "plan.h"

double shy_plan_kept(const shy_plan *plan, int levels, double keep)
{
    double kept = 0.0;
    for (int c = 1; c <= levels; c++) kept += fmin((double)plan->formulas[c], keep);
    return kept;
}

/*
 * In random order K·(1 + ln(N/K)) of N come near the best while a list of K is filled; of very many it is fewer (measured), as the best pairs of a tile come
 * first. What a list has no room for is known by its pair, whose sums were computed singly before that.
 */
#define LOGARITHM_MOST 4.5
#define REFINED 1.6 /* of a formula's time: with its pair */

double shy_plan_scored(const shy_plan *plan, int levels, double keep, int groups)
{
    double scored = 0.0;
    for (int c = 1; c <= levels; c++) {
        const double all = (double)plan->formulas[c] / groups;
        scored += all <= keep ? all : REFINED * keep * (1.0 + fmin(log(all / keep), LOGARITHM_MOST));
    }
    return scored;
}

/* An entry has room for all twins; texts are cut to size. As they travel and are merged, of two ranks at a time. */
#define TEXT_BYTES 96.0 /* with what an allocation takes besides */

double shy_plan_list_bytes(const shy_plan *plan, int levels, double keep)
{
    const double slots = levels * (keep + 1.0) * sizeof(shy_best_entry *);
    return slots + shy_plan_kept(plan, levels, keep) * (sizeof(shy_best_entry) + 128.0 + TEXT_BYTES + 2.0 * sizeof(shy_packed));
}

#define OUTCOME_COLUMNS 12 /* numbers that an outcome works with, for each row */

/* What travels between ranks stands twice on rank 0. */
double shy_plan_finish_bytes(const shy_plan *plan, int levels, double keep, int rows)
{
    const double travels = 2.0 * sizeof(shy_refit) + sizeof(shy_formula) + sizeof(shy_score) + sizeof(int);
    return shy_plan_kept(plan, levels, keep) * (travels + sizeof(shy_found) + 2.0 * TEXT_BYTES) + (double)rows * (SHY_FAMILY_TERMS + OUTCOME_COLUMNS) * sizeof(double);
}

double shy_plan_result_bytes(const shy_plan *plan, const shy_search_options *options)
{
    return shy_plan_kept(plan, options->grammar.max_complexity, options->keep) * (sizeof(shy_found) + 2.0 * TEXT_BYTES);
}

void shy_plan_add(shy_plan *plan, shy_plan_step step, double seconds, double bytes)
{
    plan->seconds += seconds;
    plan->step_seconds[step] += seconds;
    plan->step_bytes[step] = fmax(plan->step_bytes[step], bytes);
    plan->bytes_per_rank = fmax(plan->bytes_per_rank, bytes);
}
