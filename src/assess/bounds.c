/* Bounds on the number of falsely selected in stability selection. */
#include "shy_config.h"

#include <math.h>

#include "cutpoint.h"

double shy_false_worst(double selected, double candidates, double threshold)
{
    if (!(threshold > 0.5)) return candidates;
    return fmin(selected * selected / ((2.0 * threshold - 1.0) * candidates), candidates);
}

/* C by the two forms of Shah and Samworth 2013, (8) and below; where the first is not above 0 nothing is said. */
double shy_false_unimodal(double selected, double candidates, double threshold, int pairs)
{
    const double step = 1.0 / (2.0 * pairs);
    const double scale = threshold <= 0.75 ? 2.0 * (2.0 * threshold - 1.0 - step) : (1.0 + 2.0 * step) / (4.0 * (1.0 - threshold + step));

    if (!(threshold > 0.5) || !(scale > 0.0)) return candidates;
    return fmin(selected * selected / candidates / scale, candidates);
}
