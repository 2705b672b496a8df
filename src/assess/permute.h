/* Responses with the residuals of the null model permuted. */
#ifndef SHY_PERMUTE_H
#define SHY_PERMUTE_H

#include "assess_impl.h"

/*
 * Freedman and Lane: residuals y/√w of the metric, in units in which all vary alike, change places among samples that take part (within strata,
 * within matched sets); what they then share with 1 and the covariates is taken from them. Of outcomes of survival they are martingale residuals. In
 * searches for interactions the residual moves without the treatment, which stays where it was.
 */
typedef struct {
    const shy_problem *problem;
    shy_outcome *outcome;
    uint64_t seed;
    double *residual;   /* [n]: of all samples, on all ranks */
    int32_t *place;     /* [n]: samples that take part, stratum by stratum */
    int strata;
    size_t *start;      /* [strata + 1] */
    double *sign;       /* [rows]: of the treatment; NULL: no interaction */
    int32_t *from;      /* [n]: whose residual a sample gets; −1: none */
    double *partial;
} shy_permuter;

/* Collective over the world. */
shy_status shy_permuter_create(const shy_problem *problem, uint64_t seed, shy_permuter **permuter_out);
void shy_permuter_destroy(shy_permuter **permuter);
/* response over my rows, as shy_search_permuted takes it; number 0: the data as they are. Collective over the group. Cannot fail otherwise than everywhere. */
shy_status shy_permuter_draw(shy_permuter *permuter, int number, double *response);

#endif
