/* What the files of sums over half samples share: the metric, the null model on each half, sums in the order of runs. */
#ifndef SHY_HALF_SUMS_H
#define SHY_HALF_SUMS_H

#include "stability.h"

/* The null model on one half: L L' = Σ w x x' over x = (1, directions), entries of a column 0 where it says nothing new there; along = L⁻¹ Σ y x. */
typedef struct {
    double *root;   /* [order × order], lower */
    double *along;  /* [order] */
    double left;    /* Σ y²/w less what x explains */
} shy_half_null;

typedef struct {
    const shy_problem *problem;
    const shy_halves *halves;
    shy_outcome *outcome;
    const shy_metric *metric; /* of the outcome */
    int order;                /* 1 + directions */
    shy_half_null *null;      /* [2 × pairs] */
    double *scratch;          /* [order] */
} shy_half_model;

/* Collective over the world. */
shy_status shy_half_model_create(const shy_problem *problem, const shy_halves *halves, shy_half_model *model_out);
void shy_half_model_free(shy_half_model *model);

/* total[k] = Σ over all samples, in the order of runs, of what `add` adds to sums[0 … width − 1] for each of my rows. Collective over the group. */
typedef void shy_row_add(const void *context, int row, double *sums);
shy_status shy_sum_over_rows(const shy_rows *rows, shy_row_add *add, const void *context, int width, double *total);

/*
 * Statistics of a column on all halves. It is centred in the metric: Σ w z = Σ w q z = 0, Σ w z² = n. out[2 × pairs]. Collective over the group.
 */
shy_status shy_half_statistics(const shy_half_model *model, const double *column, double *out);

#endif
