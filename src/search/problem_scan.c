/** Looks through the rows of a cohort: which pass the filter, have the outcome, and have all factors in use. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "problem_impl.h"
#include "shihyo/linalg.h"

shy_status shy_loading_sum(const shy_team *team, const double *mine, int count, double *total)
{
    return shy_group_sum_runs(team, mine, 1, count, total);
}

void shy_loading_extremes(const shy_team *team, double *gathered, double *low, double *high, int count)
{
    double both[2 * SHY_EXTREMES];
    int starts[2];

    if (team->row_blocks == 1) return;
    (void)starts;
    for (int k = 0; k < count; k++) both[k] = low[k], both[count + k] = -high[k];
    shy_group_lowest(team, both, 2 * count, gathered);
    for (int k = 0; k < count; k++) low[k] = both[k], high[k] = -both[count + k];
}
