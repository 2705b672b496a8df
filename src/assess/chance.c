/* Ranks among permutations. */
#include "shy_config.h"

#include <math.h>

#include "chance.h"
#include "tail.h"

/* ---- binomial ---------------------------------------------------------------------------------------------------------------- */

double shy_binomial_within(int x, int trials, double p)
{
    double sum = 0.0;
    if (x >= trials || p <= 0.0) return 1.0;
    if (x < 0 || p >= 1.0) return 0.0;
    for (int k = 0; k <= x; k++)
        sum += exp(lgamma(trials + 1.0) - lgamma(k + 1.0) - lgamma(trials - k + 1.0) + k * log(p) + (trials - k) * log1p(-p));
    return sum < 1.0 ? sum : 1.0;
}

/* The p at which P(X <= x) is `level`; it falls with p. */
static double solve_within(int x, int trials, double level)
{
    double low = 0.0, high = 1.0;
    for (int k = 0; k < 60; k++) {
        const double middle = (low + high) / 2.0;
        if (shy_binomial_within(x, trials, middle) > level) low = middle;
        else high = middle;
    }
    return (low + high) / 2.0;
}

void shy_binomial_interval(int x, int trials, double level, double *low_out, double *high_out)
{
    const double beyond = (1.0 - level) / 2.0;
    *low_out = x > 0 ? solve_within(x - 1, trials, 1.0 - beyond) : 0.0;
    *high_out = x < trials ? solve_within(x, trials, beyond) : 1.0;
}

shy_chance shy_chance_of(int exceeding, int permutations)
{
    shy_chance chance = {permutations, exceeding, NAN, NAN, NAN, NAN};
    if (permutations == 0) return chance;
    chance.p = (1.0 + exceeding) / (permutations + 1.0);
    shy_binomial_interval(exceeding, permutations, 0.95, &chance.low, &chance.high);
    return chance;
}

/* ---- maxima ---------------------------------------------------------------------------------------------------------------- */

#define ROUNDING 1e-10 /* relative; statistics are sums in double precision */

static double most_of(const shy_maxima *m, int j, int complexity)
{
    return m->most[(size_t)j * (size_t)m->width + (size_t)complexity];
}

static bool reaches(double a, double b)
{
    return a >= b - ROUNDING * fabs(b);
}

int shy_maxima_exceeding(const shy_maxima *m, int complexity, double statistic)
{
    int count = 0;
    for (int b = 1; b <= m->permutations; b++) count += reaches(most_of(m, b, complexity), statistic);
    return count;
}

/* A likelihood ratio per sample, of which maxima have about exponential tails; r² has an end at 1. */
static double stretch(double r2)
{
    return -log(fmax(1.0 - r2, 1e-15));
}

/* How far j stands out at a complexity: in standard deviations from the mean of all, the data among them. Where all are the same: 0. */
static void stand_out(const shy_maxima *m, int complexity, double *most_out)
{
    const int all = m->permutations + 1;
    double sum = 0.0, square = 0.0;
    for (int j = 0; j < all; j++) sum += stretch(most_of(m, j, complexity));
    const double mean = sum / all;
    for (int j = 0; j < all; j++) square += (stretch(most_of(m, j, complexity)) - mean) * (stretch(most_of(m, j, complexity)) - mean);
    const double deviation = sqrt(square / all);
    for (int j = 0; j < all; j++) {
        const double distance = stretch(most_of(m, j, complexity)) - mean;
        most_out[j] = fmax(most_out[j], deviation > ROUNDING * fabs(mean) ? distance / deviation : 0.0);
    }
}

shy_status shy_maxima_front(const shy_maxima *m, int *exceeding_out)
{
    shy_status st = SHY_OK;
    double *most = NULL;
    int count = 0;
    SHY_TRY(shy_new((size_t)m->permutations + 1U, sizeof *most, &most));
    for (int j = 0; j <= m->permutations; j++) most[j] = -INFINITY;
    for (int c = 1; c < m->width; c++) {
        if (most_of(m, 0, c) >= 0.0) stand_out(m, c, most);
    }
    for (int b = 1; b <= m->permutations; b++) count += reaches(most[b], most[0]);
    *exceeding_out = count;
out:
    shy_free(&most);
    return st;
}

/* ---- tails ---------------------------------------------------------------------------------------------------------------------- */

shy_status shy_maxima_chance(const shy_maxima *m, int complexity, double statistic, shy_chance *chance_out)
{
    shy_status st = SHY_OK;
    double *sample = NULL;
    shy_tail tail;
    *chance_out = shy_chance_of(shy_maxima_exceeding(m, complexity, statistic), m->permutations);
    if (chance_out->exceeding >= SHY_TAIL_FEW || m->permutations < SHY_TAIL_SAMPLES) return SHY_OK;
    SHY_TRY(shy_new((size_t)m->permutations, sizeof *sample, &sample));
    for (int b = 1; b <= m->permutations; b++) sample[b - 1] = stretch(most_of(m, b, complexity));
    SHY_TRY(shy_tail_fit(sample, m->permutations, &tail));
    chance_out->tail = fmax(shy_tail_beyond(&tail, stretch(statistic)), SHY_TAIL_REACH / (m->permutations + 1.0));
    if (tail.count == 0) chance_out->tail = NAN;
out:
    shy_free(&sample);
    return st;
}

/* ---- how many ------------------------------------------------------------------------------------------------------------------- */

#define PRODUCTS 5e12 /* a permuted response is one more product per formula and sample: minutes of a large machine's core */

int shy_permutations_auto(double formulas, double samples)
{
    const double fit = PRODUCTS / fmax(formulas * samples, 1.0);
    return fit >= 200.0 ? 200 : fit <= 20.0 ? 20 : (int)fit;
}
