/* A part of the samples, on which screening is the ordinary search: a problem of its own. */
#ifndef SHY_SUBSET_H
#define SHY_SUBSET_H

#include "search_impl.h"

typedef struct {
    shy_problem problem;         /* names, units and ranges are those of all samples (borrowed): what is valid does not depend on the part */
    const shy_problem *whole;
    shy_team *team;              /* all ranks, each a group of its own that holds every sample of the part */
    uint64_t *sample;            /* [problem.rows.total]: their numbers in the whole problem, ascending */
    double *response, *weight;   /* those of all samples, of these; weight NULL: all 1 */
    double *direction_values;    /* likewise, one direction after the other */
    const double **direction;
    shy_metric metric;           /* problem.metric */
} shy_subset;

/*
 * sample_out: `count` < n of the samples 0 … n−1, ascending, one of each of `count` strata of about n / count neighbours in the order of y.
 * If y has two values, both classes in proportion, but at least SHY_CLASS_LEAST of each, or all that there are. Depends on y and the seed
 * alone: which sample of a stratum it is, and the order of equal y, follow from (seed, number of the sample). Not collective. 24·n bytes.
 */
#define SHY_CLASS_LEAST 10
shy_status shy_subset_choose(const double *y, uint64_t n, uint64_t count, uint64_t seed, uint64_t *sample_out);
double shy_subset_choice_bytes(uint64_t n); /* what rank 0 needs for a moment */

/*
 * Chooses the samples and takes the metric of `space`; the values of the factors come with shy_subset_fill. Borrows the space's problem.
 * Collective over the world.
 */
shy_status shy_subset_create(const shy_space *space, uint64_t samples, uint64_t seed, shy_subset **subset_out);
void shy_subset_destroy(shy_subset **subset); /* collective */
double shy_subset_bytes(const shy_subset *subset); /* of shy_subset_fill, per rank */
/* Gathers the values over the row blocks; each node holds them once. SHY_MEMORY if they do not fit into `memory` (0: no limit). Collective. */
shy_status shy_subset_fill(shy_subset *subset, uint64_t memory);

/* ---- from the part back to all samples ---------------------------------------------------------------------------- */

/* What screening on a part hands on; the same on all ranks. */
typedef struct {
    uint64_t count;
    shy_packed *member;
    double mark[SHY_COMPLEXITY_MAX + 1]; /* r² on the part that was not enough; −1: the list held all formulas */
    uint64_t samples;
    double spread;                       /* variance of the response on the part over that on all samples */
} shy_screened;

int shy_screened_keep(int keep); /* search.keep of the screening */
/* All that the lists of rank 0 hold. Collective over the world. */
shy_status shy_screened_take(const shy_engine *engine, shy_screened *screened_out);
void shy_screened_free(shy_screened *screened);
/* Scores them on all samples, each group its share; the merged lists are complete on rank 0. Collective over the world. */
shy_status shy_screened_rescore(const shy_screened *screened, shy_space *space, const shy_search_options *options, shy_best **best_out);
/* What this adds to a plan for lists of `screening_keep`, where a formula is scored on all samples in so many seconds. */
void shy_screened_plan(const shy_space *space, const shy_search_options *options, int screening_keep, double score_seconds, shy_plan *plan);

/*
 * The chance that a formula of this r² on all `total` samples has less than `mark` on a random part of `samples`: its correlation there is
 * about normal on Fisher's scale, with the variance (1 − samples/total) / (samples − 3). `spread` as above: r²/(1 − r²) grows with it.
 */
double shy_lost_chance(double statistic, double mark, uint64_t samples, uint64_t total, double spread);
/* Of every formula in the result, and the largest on the front. Rank 0. */
void shy_screened_judge(const shy_screened *screened, uint64_t total, shy_search_result *result);

#endif
