/* bins.c: the bins of a formula's distribution. */
#include "shy_config.h"

#include "figures/bins.h"

bool shy_bins_divide(const shy_sdc *sdc, size_t count, double *values, double edge[SHY_PICTURE_BINS + 1])
{
    shy_sdc_bounds(sdc, count, values, &edge[0], &edge[SHY_PICTURE_BINS]);
    if (!(edge[0] < edge[SHY_PICTURE_BINS])) return false;
    for (int b = 1; b < SHY_PICTURE_BINS; b++) edge[b] = edge[0] + (edge[SHY_PICTURE_BINS] - edge[0]) * b / SHY_PICTURE_BINS;
    return true;
}

int shy_bins_of(const double edge[SHY_PICTURE_BINS + 1], double value)
{
    const double share = (value - edge[0]) / (edge[SHY_PICTURE_BINS] - edge[0]) * SHY_PICTURE_BINS;
    return share <= 0.0 ? 0 : share >= SHY_PICTURE_BINS ? SHY_PICTURE_BINS - 1 : (int)share;
}
