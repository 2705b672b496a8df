/*
 * Cut-points by maximally selected statistics, with p-values that pay for the selection; bounds on false selections. Not collective.
 */
#ifndef SHY_ASSESS_CUTPOINT_H
#define SHY_ASSESS_CUTPOINT_H

#include "metrics.h"

#define SHY_CUT_LEAST 0.1 /* share of the samples in the lowest group, and at most 1 − this */
#define SHY_CUTS_MAX 2

/*
 * What is compared on both sides of a cut-point, times the case weight: y − its mean (continuous, binary, ordinal), y − rate · exposure (count),
 * event − Nelson–Aalen hazard within strata (survival: log-rank scores), y − the set's share of cases (matched).
 */
shy_status shy_cut_scores(const shy_truth *truth, const size_t *sample, size_t count, double *score_out /* [truth->n]; others NaN */);

/*
 * Samples with x <= cut are the lower group. statistic: |S − E| / √V, S the sum of the scores in the lower group, E and V its moments over permutations
 * of the scores; the largest over all cut-points between different values of x with max(1, ⌊least·n⌋) <= m <= min(n − 1, ⌊(1 − least)·n⌋) samples below.
 * Of equal statistics the lowest cut-point.
 */
typedef struct {
    double cut, above, statistic; /* above: the smallest x of the upper group */
    size_t below;
    double p_92, p_94; /* Lausen and Schumacher 1992; Lausen, Sauerbrei and Schumacher 1994 */
} shy_cut;

typedef struct {
    int cuts;               /* 0: no cut-point is possible (too few samples, all x equal, all scores equal) */
    size_t samples;
    shy_cut cut[SHY_CUTS_MAX]; /* ascending */
    double p;               /* of one cut: min(p_92, p_94). Of two: see below */
} shy_cuts;

/*
 * One cut-point.
 *
 * @param x, score  [n]; NaN in either: left out
 */
shy_status shy_cut_one(size_t n, const double *x, const double *score, double least, shy_cuts *cuts_out);
/*
 * Two cut-points: the pair with the largest k-sample statistic (n − 1) Σ_g n_g (mean_g − mean)² / Σ (score − mean)², each group with at least `least` of
 * the samples. Each cut's statistic and p are those of the division of all samples at it alone, p times 2: since it is not the largest of all
 * divisions, the correction is on the safe side. p of the pair: share of `permutations` of the scores whose best pair is as good,
 * (1 + #)/(permutations + 1), between which the journal (may be NULL) is polled. With more than 200 possible cut-points 200 of them, evenly spaced in rank, are tried.
 */
shy_status shy_cut_two(size_t n, const double *x, const double *score, double least, int permutations, uint64_t seed, shy_journal *journal,
                       shy_cuts *cuts_out);
/*
 * Cut-points chosen without the outcome: at the median, or at the terciles (groups 3): the ⌈n·k/groups⌉-th smallest x. No cut-point where that is the
 * largest x, or the one before. Statistics as above; nothing was selected, so p is the two-sided one of a normal variable, all three p alike;
 * of two cut-points p is the smaller, times 2.
 */
shy_status shy_cut_quantiles(size_t n, const double *x, const double *score, int groups, shy_cuts *cuts_out);
int32_t shy_cut_group(const shy_cuts *cuts, double x); /* 0 … cuts; −1: NaN */

/*
 * Do the scores differ between groups? The k-sample statistic above, χ² with (groups that anybody is in) − 1 degrees of freedom. NaN with one
 * group, or equal scores. group < 0, or a score NaN: left out.
 */
void shy_groups_differ(size_t n, const double *score, const int32_t *group, int groups, double *chi_square_out, int *df_out, double *p_out);

/* P(largest |Z| >= b): Miller and Siegmund; by increments between cut-points with m[0] < … < m[count − 1] of n below. In [0, 1]. */
double shy_lausen_92(double b, double least, double most);
double shy_lausen_94(double b, size_t n, const size_t *m, size_t count);

/* ---- stability selection ------------------------------------------------------------------------------------------------------------ */

/*
 * Bounds on the expected number of falsely selected of `candidates`, when `selected` are selected on average in a half sample and those in a share
 * >= threshold of them are kept. Worst case (Meinshausen and Bühlmann 2010), and for unimodal shares (Shah and Samworth 2013) over `pairs`
 * complementary pairs. Threshold in (1/2, 1]; below it, and wherever the bound says less, it is `candidates`.
 */
double shy_false_worst(double selected, double candidates, double threshold);
double shy_false_unimodal(double selected, double candidates, double threshold, int pairs);

#endif
