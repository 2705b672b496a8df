/** What outcomes fitted by a partial likelihood share (survival, matched): the cohort on every member, and its refits. */
#ifndef SHIHYO_MODEL_PARTIAL_H
#define SHIHYO_MODEL_PARTIAL_H

#include "follow.h"
#include "model_impl.h"

struct shy_partial {
    struct shy_follow_data data; /* all samples of the cohort; its arrays are the five below */
    double *time, *event, *entry, *weight;
    int *stratum;
    struct shy_follow *follow;
    struct shy_linear *design; /* the covariates' columns first, then those of the formula */
    struct shy_newton *newton;
    int covariates;            /* columns of the design that every model has */
    double *beta, *null_beta;  /* of the design's columns */
    bool *null_used;
    double null_value;         /* log likelihood */
    shy_verdict null_verdict;
    double *coefficient, *variance, *scratch;
    double *all;               /* a column of all samples */
    int *starts;               /* row_blocks + 1 */
    double *residual;          /* by position */
    struct shy_concordance_space space;
};

/**
 * Gathers event (o->y), entry, weights and strata, and time if it is not NULL (else all have the time 1). Collective over the group.
 * Owned.
 */
shy_status shy_partial_create(const shy_outcome *o, const double *time, struct shy_partial **partial_out);
void shy_partial_destroy(struct shy_partial **partial);
/** Sets who maximises what; events: their weight. */
void shy_partial_likelihood(struct shy_partial *partial, shy_likelihood *likelihood, void *context, double events);
/** Gathers the covariates, fits the null model and notes which of them tell nothing. Collective over the group. */
shy_status shy_partial_start(shy_outcome *o, struct shy_partial *partial);
/**
 * All of a fit but the metrics; the likelihood is left evaluated at it. events: what the loss divides by. Collective over the group.
 * Cannot fail otherwise than everywhere.
 */
void shy_partial_fit(const shy_outcome *o, struct shy_partial *partial, int terms, const double *const *x, double events, shy_fit *fit);
/** From positions to my rows; 0 for samples that take no part. */
void shy_partial_scatter(const shy_outcome *o, const struct shy_partial *partial, const double *by_position, double *by_row);

/* ---- the conditional likelihood of matched sets (conditional.c) -------------------------------------------------------- */

/** A set is a stratum of the follow-up, its cases those with the event; all have one time. */
struct shy_conditional {
    const struct shy_follow *follow;
    const struct shy_linear *design;
    double *eta;
    double *odds;            /* p_i of a set: work */
    double *subsets, *table; /* work */
    double *row, *centre;
};
shy_status shy_conditional_create(const struct shy_follow *follow, const struct shy_linear *design,
                                  struct shy_conditional **conditional_out);
void shy_conditional_destroy(struct shy_conditional **conditional);
/**
 * log P(these are the cases | so many of the set are) = sum of eta of the cases − log e_d(exp eta), e_d the elementary symmetric polynomial.
 * O(n_s · d · columns²) a set, d the fewer of its cases and controls.
 */
shy_likelihood shy_conditional_likelihood; /* context: struct shy_conditional */
/** residual[position] = case − P(case | set). */
void shy_conditional_residuals(const struct shy_conditional *conditional, double *residual);

#endif
