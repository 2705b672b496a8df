/* bins.h: the bins of a formula's distribution. What else is released by that formula's value is cut where they are. */
#ifndef SHY_FIGURES_BINS_H
#define SHY_FIGURES_BINS_H

#include "shihyo/disclosure.h"

#define SHY_PICTURE_BINS 24
#define SHY_PICTURE_SERIES 16 /* levels beyond these count to the last one */

/* Edges of equal width between bounds that are nobody's. `values` is sorted by the call. False: there are none. */
bool shy_bins_divide(const shy_sdc *sdc, size_t count, double *values, double edge[SHY_PICTURE_BINS + 1]);
int shy_bins_of(const double edge[SHY_PICTURE_BINS + 1], double value); /* what lies beyond the bounds is in the outermost bins */

#endif
