/* grid.h: people counted in rectangles of two axes, none of which holds too few. */
#ifndef SHY_FIGURES_GRID_H
#define SHY_FIGURES_GRID_H

#include "shihyo/disclosure.h"

enum { SHY_GRID_BINS = 32 }; /* of an axis, at most */

typedef struct {
    int bins;
    double edge[SHY_GRID_BINS + 1];
} shy_grid_axis;

/*
 * Bins with about equally many of the values (no NaN among them; sorted by the call), their edges round numbers, those at the ends bounds that are nobody's. Values beyond count in the outer
 * bins. bins 0: there are too few values, or they are all the same.
 */
void shy_grid_divide(const shy_sdc *sdc, size_t count, double *values, int bins, shy_grid_axis *axis_out);
int shy_grid_bin(const shy_grid_axis *axis, double value); /* 0 … bins − 1 */
/* `value` to a power of ten that is at most a hundredth of the spread, or to three digits where that says more. */
double shy_grid_round(double value, double spread);

/*
 * Of the edges of both axes those stay with which every cell of every series may be shown, as many as can be found by dividing one bin after the other where that leaves most people:
 * count[(s·x->bins + i)·y->bins + k], in place, x->bins and y->bins as they are after the call. shown false: not even all together may be shown; nothing is changed.
 */
shy_status shy_grid_coarsen(const shy_sdc *sdc, shy_grid_axis *x, shy_grid_axis *y, int series, int64_t *count, bool *shown_out);

#endif
