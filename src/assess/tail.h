/* The tail of a distribution beyond its largest sampled values: generalised Pareto, peaks over a threshold. Serial, on arrays. */
#ifndef SHY_TAIL_H
#define SHY_TAIL_H

#include "shihyo/base.h"

/* P(X > x) = (1 + shape·x/scale)^(−1/shape), exp(−x/scale) for shape 0; x >= 0. Shapes below 0, which have an end, are not fitted: the tail would end too soon. */
typedef struct {
    double shape, scale;
} shy_pareto;

double shy_pareto_beyond(const shy_pareto *pareto, double x); /* P(X > x) */
/* Maximum likelihood; x > 0. Cannot fail. */
shy_pareto shy_pareto_fit(const double *x, int count);
/* Anderson and Darling's A² of ascending x. */
double shy_pareto_distance(const shy_pareto *pareto, const double *x, int count);
/*
 * The chance that a sample of the distribution fitted is at least as far from its own fit as x (ascending) is from `fit`: that is simulated, since the
 * parameters are fitted. Always the same for the same arguments.
 */
double shy_pareto_goodness(const shy_pareto *fit, const double *x, int count, shy_status *st);

#define SHY_TAIL_SAMPLES 50 /* of fewer no tail is fitted */

typedef struct {
    int count;         /* samples beyond the threshold; 0: no tail */
    double share;      /* of all samples, that is */
    double threshold;
    shy_pareto pareto;
    double goodness;
} shy_tail;

/*
 * Fits the largest quarter of the samples, or, as long as Anderson and Darling's test refuses that at the level 0.05, fewer, down to ten (Knijnenburg
 * and others, 2009). `sample` is sorted by this. Fails with SHY_MEMORY alone.
 */
shy_status shy_tail_fit(double *sample, int samples, shy_tail *tail_out);
/* P(X > x) by the tail; NaN without one, and for x within the samples' bulk. */
double shy_tail_beyond(const shy_tail *tail, double x);

#endif
