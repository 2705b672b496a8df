/* Stability selection on statistics that are there: who is selected on each half, how often, and how many that would be by chance. */
#include "shy_config.h"

#include <math.h>

#include "stability.h"

double shy_selection_bound(double each, double listed, int pairs, double threshold)
{
    const double b = pairs, share = each / listed;
    if (share * share > 1.0 / 3.0) return NAN;
    const double moderate = 2.0 * (2.0 * threshold - 1.0 - 1.0 / (2.0 * b)), high = (1.0 + 1.0 / b) / (4.0 * (1.0 - threshold + 1.0 / (2.0 * b)));
    return each * each / listed / (threshold <= 0.75 ? moderate : high);
}

/* The largest number with a bound that is small enough. */
static int how_many(int listed, int pairs)
{
    int each = 1;
    while (each < listed && shy_selection_bound(each + 1, listed, pairs, SHY_STABILITY_THRESHOLD) <= SHY_STABILITY_BOUND) each++;
    return each;
}

/* The place of the best of first … last − 1 that is not selected yet; −1: all are. */
static int best_left(const shy_selection *s, int first, int last, int half)
{
    int best = -1;
    for (int f = first; f < last; f++) {
        const size_t at = (size_t)f * (size_t)s->halves + (size_t)half;
        if (s->selected[at]) continue;
        if (best < 0 || s->statistic[at] > s->statistic[(size_t)best * (size_t)s->halves + (size_t)half]) best = f;
    }
    return best;
}

static void select_on(shy_selection *s, int complexity, int first, int last, int half)
{
    for (int k = 0; k < s->each[complexity]; k++) {
        const int best = best_left(s, first, last, half);
        s->selected[(size_t)best * (size_t)s->halves + (size_t)half] = 1;
        if (k == 0) s->best[complexity * s->halves + half] = best;
    }
}

static void select_all(shy_selection *s, int pairs)
{
    for (int first = 0, last; first < s->formulas; first = last) {
        const int c = s->complexity[first];
        for (last = first; last < s->formulas && s->complexity[last] == c;) last++;
        s->listed[c] = last - first;
        s->each[c] = how_many(last - first, pairs);
        if (s->each[c] == s->listed[c]) continue;
        for (int h = 0; h < s->halves; h++) select_on(s, c, first, last, h);
    }
}

shy_status shy_selection_create(int formulas, int pairs, const int *complexity, const double *statistic, shy_selection *selection_out)
{
    shy_status st = SHY_OK;
    shy_selection s = {.formulas = formulas, .halves = 2 * pairs, .complexity = complexity, .statistic = statistic};
    const size_t halves = (size_t)s.halves, levels = SHY_COMPLEXITY_MAX + 1;
    SHY_TRY(shy_new((size_t)formulas * halves, sizeof *s.selected, &s.selected));
    SHY_TRY(shy_new(levels * halves, sizeof *s.best, &s.best));
    for (size_t i = 0; i < levels * halves; i++) s.best[i] = -1;
    select_all(&s, pairs);
    *selection_out = s, s = (shy_selection){0};
out:
    shy_selection_free(&s);
    return st;
}

void shy_selection_free(shy_selection *selection)
{
    shy_free(&selection->selected);
    shy_free(&selection->best);
}

double shy_selection_frequency(const shy_selection *s, const int *member, int members)
{
    int count = 0;
    bool choice = false;
    for (int m = 0; m < members; m++) choice = choice || s->each[s->complexity[member[m]]] < s->listed[s->complexity[member[m]]];
    for (int h = 0; h < s->halves; h++) {
        bool any = false;
        for (int m = 0; m < members; m++) any = any || s->selected[(size_t)member[m] * (size_t)s->halves + (size_t)h];
        count += any;
    }
    return choice ? (double)count / s->halves : NAN;
}
