/* Which complexity: from held-out performance, on all folds or on all but one. */
#include "shy_config.h"

#include <math.h>

#include "nested.h"

static bool better(double a, double b, bool larger_is_better)
{
    return larger_is_better ? a > b : a < b;
}

/* NaN: there is none. */
static bool known(const shy_choices *choices, int c)
{
    return choices->may[c] && !isnan(choices->mean[c]);
}

int shy_choose(const shy_choices *choices, shy_choice rule, bool larger_is_better)
{
    int best = 0;
    for (int c = 1; c <= choices->levels; c++) {
        if (!known(choices, c)) continue;
        if (isnan(choices->mean[best]) || better(choices->mean[c], choices->mean[best], larger_is_better)) best = c;
    }
    if (rule == SHY_RULE_BEST || best == 0 || isnan(choices->error[best])) return best;
    const double error = choices->error[best], limit = choices->mean[best] + (larger_is_better ? -error : error);
    for (int c = 1; c < best; c++) {
        if (!known(choices, c) || better(limit, choices->mean[c], larger_is_better)) continue;
        if (isnan(choices->mean[0]) || better(choices->mean[c], choices->mean[0], larger_is_better)) return c;
    }
    return best;
}

int shy_choose_all(const shy_assessment *a)
{
    shy_choices choices = {.levels = a->levels};
    const shy_search_result *result = a->result;
    const int first = result->front_count > 0 ? result->level[result->front_level[0]].complexity : a->levels + 1;
    for (int c = 0; c <= a->levels; c++) {
        choices.mean[c] = a->level[c].spread.mean;
        choices.error[c] = a->level[c].spread.error;
        choices.may[c] = c == 0 || c >= first;
    }
    return shy_choose(&choices, a->options->choice, a->problem->ops->larger_is_better);
}

/* Mean and error of the values of one repeat but one. */
static void without(const double *value, int folds, int left_out, double *mean_out, double *error_out)
{
    double sum = 0.0, square = 0.0;
    int count = 0;
    for (int f = 0; f < folds; f++) {
        if (f == left_out || isnan(value[f])) continue;
        sum += value[f];
        count++;
    }
    *mean_out = count > 0 ? sum / count : NAN;
    for (int f = 0; f < folds; f++) {
        if (f != left_out && !isnan(value[f])) square += (value[f] - *mean_out) * (value[f] - *mean_out);
    }
    *error_out = count > 1 ? sqrt(square / (count - 1) / count) : NAN;
}

/* Of the two values on neighbouring folds. False: there is none. */
static bool choose_within(const shy_assessment *a, int t, shy_choices *choices)
{
    bool any = false;
    for (int c = 0; a->inner && c <= a->levels; c++) {
        const double *value = shy_inner_values(a, t, c);
        const bool first = !isnan(value[0]), second = !isnan(value[1]);
        choices->mean[c] = first && second ? (value[0] + value[1]) / 2.0 : first ? value[0] : value[1];
        choices->error[c] = first && second ? fabs(value[0] - value[1]) / 2.0 : NAN;
        any = any || (c > 0 && (first || second));
    }
    return any;
}

int shy_choose_without(const shy_assessment *a, int t)
{
    shy_choices choices = {.levels = a->levels};
    const int folds = a->folds.folds, repeat = t / folds;
    const bool within = choose_within(a, t, &choices);
    for (int c = 0; c <= a->levels; c++) {
        if (!within) without(a->level[c].spread.value + repeat * folds, folds, t % folds, &choices.mean[c], &choices.error[c]);
        choices.may[c] = true;
    }
    return shy_choose(&choices, a->options->choice, a->problem->ops->larger_is_better);
}
