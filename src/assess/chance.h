/* What permutations say: ranks, Monte-Carlo p-values, their intervals and tails. Serial, on arrays. */
#ifndef SHY_CHANCE_H
#define SHY_CHANCE_H

#include "assess_impl.h"

/* P(X <= x) of a binomial variable. */
double shy_binomial_within(int x, int trials, double p);
/* Clopper and Pearson's exact interval for the chance of an event seen x times. */
void shy_binomial_interval(int x, int trials, double level, double *low_out, double *high_out);

/* p = (1 + exceeding) / (permutations + 1), its 95 % interval, no tail. Without permutations all are NaN. */
shy_chance shy_chance_of(int exceeding, int permutations);

/*
 * Largest statistics: most[j·width + c] of complexity c, 1 … width − 1, in the data themselves (j = 0) and in permutations 1 … permutations. −1: the
 * complexity has no formula.
 */
typedef struct {
    int permutations, width;
    const double *most;
} shy_maxima;

/* Permutations that reach `statistic` with a formula of the complexity. What differs by rounding is as large. */
int shy_maxima_exceeding(const shy_maxima *maxima, int complexity, double statistic);
/*
 * Permutations whose front is at least as remarkable as that of the data: the smallest rank p of all complexities is less, or the same and so
 * the next smallest, and so on. Exact, since the data and the permutations are treated alike. Fails with SHY_MEMORY alone.
 */
shy_status shy_maxima_front(const shy_maxima *maxima, int *exceeding_out);
/* Of r² `statistic`, with the tail of the maxima of the complexity where fewer than SHY_TAIL_FEW permutations exceed it. */
shy_status shy_maxima_chance(const shy_maxima *maxima, int complexity, double statistic, shy_chance *chance_out);
#define SHY_TAIL_FEW 10

#endif
