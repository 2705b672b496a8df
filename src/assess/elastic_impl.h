/* What the files of elastic nets share: a likelihood in the linear predictor, and the work of a path. */
#ifndef SHY_ASSESS_ELASTIC_IMPL_H
#define SHY_ASSESS_ELASTIC_IMPL_H

#include "elastic.h"

/* ---- likelihoods (elastic_family.c, elastic_cox.c) -------------------------------------------------------------------- */

/* Who is at risk when: sample i at the moments first[i] … last[i] − 1 of its stratum, which ascend in time. */
typedef struct {
    int n, moments;
    int *first, *last; /* [n] */
    bool entries;      /* somebody enters later */
    int *end;          /* [moments]: behind the last moment of the same stratum */
    double *death;     /* [moments]: weight of those who die */
    double *risk, *sum, *square; /* work; the latter two [moments + 1] */
} shy_net_follow;

/* The outcome of the rows in use, 0 … n − 1. */
typedef struct {
    shy_net_family family;
    int n;
    double *y, *offset, *weight; /* weights have the sum 1; offset NULL: 0 */
    double total;                /* what the weights were divided by */
    double centre, scale;        /* gaussian: y is standardised */
    shy_net_follow follow;
} shy_net_outcome;

shy_status shy_net_outcome_create(const shy_net_data *data, const int *row, int rows, shy_net_outcome *outcome_out);
void shy_net_outcome_free(shy_net_outcome *outcome);
/*
 * −log likelihood (that of the saturated model taken off), and with `gradient` not NULL the derivative of the log likelihood by eta and minus the diagonal of
 * its second derivative. eta without the offset.
 */
double shy_net_likelihood(shy_net_outcome *outcome, const double *eta, double *gradient, double *curvature);
/* Loss of cross-validation of a sample: squared error (unit of y), deviance. Not of Cox. */
double shy_net_loss(shy_net_family family, double y, double eta);

shy_status shy_net_follow_create(const shy_net_data *data, const int *row, shy_net_outcome *outcome);
void shy_net_follow_free(shy_net_follow *follow);
double shy_net_cox(shy_net_outcome *outcome, const double *eta, double *gradient, double *curvature);

/* ---- descent (elastic_descend.c) ------------------------------------------------------------------------------------------ */

/* Sums in eight interleaved parts: an order that depends on the count alone. */
double shy_net_dot(const double *a, const double *b, int count);
double shy_net_dot3(const double *a, const double *b, const double *c, int count);
void shy_net_subtract(double step, const double *a, const double *b, double *y, int count); /* y −= step·a·b */

/* Columns 0 … covariates − 1 are those without a penalty. */
typedef struct {
    shy_net_outcome outcome;
    int n, columns, covariates; /* columns: all together */
    double *x;                  /* [columns × n] standardised; 0 of constant ones */
    double *mean, *deviation;   /* [columns]; deviation 0: constant, left out */
    double intercept, *beta;    /* of the standardised columns */
    double *eta, *gradient, *curvature, *rest; /* [n] */
    double *along, *square;     /* [columns]: gradient by column; Σ curvature x² */
    double *before;             /* [columns]: beta before a step */
    int *candidate, candidates; /* columns that may change; those of the penalty's first guess and all that ever did */
    uint8_t *is_candidate;
    int *active, actives;       /* of the candidates: those that are not 0, or were */
    uint8_t *is_active;
    double value;               /* −log likelihood at beta */
    double tolerance, alpha;
} shy_net_work;

/* Minimises at one lambda from where beta is, over the candidates; then adds columns that would not stay 0, until there are none. */
void shy_net_descend(shy_net_work *work, double lambda);
void shy_net_add_candidate(shy_net_work *work, int column);

#endif
