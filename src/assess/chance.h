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
 * Permutations whose front is at least as remarkable as that of the data: at some complexity it stands out by as many standard deviations of −log(1 − r²)
 * from the mean of all of that complexity. Exact, since the data and the permutations are treated alike, and with the resolution of the permutations
 * (the least of the ranks would tie: each complexity has a permutation that is first). Fails with SHY_MEMORY alone.
 */
shy_status shy_maxima_front(const shy_maxima *maxima, int *exceeding_out);
/* Of r² `statistic`, with the tail of the maxima of the complexity where fewer than SHY_TAIL_FEW permutations exceed it. */
shy_status shy_maxima_chance(const shy_maxima *maxima, int complexity, double statistic, shy_chance *chance_out);
#define SHY_TAIL_FEW 10
#define SHY_TAIL_REACH 1e-3 /* a tail is not followed further than to this part of the least p that could be counted */

#endif
