/* Multiple imputation for the formulas of the front: chained equations with predictive mean matching, refits, Rubin's rules. */
#ifndef SHY_IMPUTE_H
#define SHY_IMPUTE_H

#include "study.h"

/* ---- impute_draw.c: one column from others --------------------------------------------------------------------------- */

#define SHY_PREDICTORS_MAX 40
#define SHY_DONORS 5
#define SHY_NOMINAL_MAX 1024 /* levels of an unordered column that are told apart */

/*
 * Random numbers are a function of (seed, purpose, sample): `purpose` has its low SHY_PURPOSE_BITS bits free for the kinds of numbers that a draw
 * needs.
 */
#define SHY_PURPOSE_BITS 3

typedef struct {
    int predictors;                  /* at most SHY_PREDICTORS_MAX */
    const double *const *predictor;  /* [predictors][samples] */
    const uint64_t *donor, *lacking; /* samples that have a value; that get one */
    uint64_t donors, lackings;
    int levels;                      /* > 2: the values are levels 0 … levels−1 without an order; else 0 */
    uint64_t seed, purpose;
} shy_matching;

/* What a draw works in: for so many donors. */
typedef struct {
    struct shy_match *match;         /* [donors] */
    double *score, *level_sum;       /* [levels], [levels × SHY_PREDICTORS_MAX] */
} shy_matching_room;
shy_status shy_matching_room_create(uint64_t donors, int levels, shy_matching_room *room_out);
void shy_matching_room_free(shy_matching_room *room);

/*
 * value[lacking] = values of donors whose prediction is near: the donors' by the regression on the predictors (ridge 1e-5), those that lack one by a
 * draw from its posterior; one of the five nearest at random. Levels without an order are given the scores that the predictors explain best.
 * Serial, the same bits wherever it runs. Not collective. Cannot fail.
 */
void shy_match_means(const shy_matching *how, const shy_matching_room *room, double *value);
/* value[lacking] = values of donors drawn at random. */
void shy_match_blindly(const shy_matching *how, double *value);
double shy_random_chi_squared(uint64_t seed, uint64_t purpose, double df);

/* ---- impute_hazard.c --------------------------------------------------------------------------------------------------- */

/*
 * hazard[i] = the Nelson–Aalen estimate of the cumulative hazard at time[i], of the samples with use[i]; those entering late are at risk from
 * entry[i] on (entry may be NULL). Fails with SHY_MEMORY. Not collective.
 */
shy_status shy_cumulative_hazard(uint64_t samples, const double *time, const double *event, const double *entry, const uint8_t *use, double *hazard);

/* ---- impute_data.c: all samples on every member ---------------------------------------------------------------------------- */

/* A column of the cohort with values to impute. */
typedef struct {
    int32_t column;
    int levels;                      /* as in shy_matching */
    const double *known;             /* [samples]: NaN where there is none; not derived */
    double *value;                   /* [samples]: the same, imputed */
    uint64_t *order;                 /* [samples]: donors, then those that lack a value; samples of weight 0 are in neither */
    uint64_t donors, lackings;
} shy_gap;

typedef struct {
    const shy_problem *problem;
    uint64_t samples;
    int factors;                     /* of the front, in the order in which its formulas name them */
    uint32_t *factor;                /* [factors] */
    int *gap_of;                     /* [factors]: −1: complete */
    double **value;                  /* [factors][samples]: with what is imputed */
    int gaps;
    shy_gap *gap;                    /* fewest missing values first */
    int outcomes, fixed;             /* predictors that stay: of the outcome, then covariates as well */
    double **fixed_value;            /* [fixed][samples] */
    double events, used;             /* sum of y, and samples, of those with a weight */
    double *block;                   /* what the columns lie in */
    shy_matching_room room;
} shy_impute_data;

/* For the factors of so many trees, the same on all ranks. Without gaps nothing else is there. Collective over the world. */
shy_status shy_impute_gather(const shy_problem *problem, const shy_tree *tree, int count, shy_impute_data **data_out);
void shy_impute_data_free(shy_impute_data **data);
/* Imputes all gaps: data set `set`, whatever was imputed before. Cannot fail. */
void shy_impute_set(shy_impute_data *data, uint64_t seed, int set, int sweeps);
bool shy_impute_concerns(const shy_impute_data *data, const shy_tree *tree); /* a factor of it has gaps */
uint64_t shy_impute_lacking(const shy_impute_data *data, const shy_tree *tree); /* samples that lack one of its factors */
/* out[i] = the tree for my rows, with what is imputed now. scratch: tree->count·SHY_CHUNK. Cannot fail. */
void shy_impute_evaluate(const shy_impute_data *data, const shy_tree *tree, double *scratch, double *out);

/* ---- impute.c ------------------------------------------------------------------------------------------------------------- */

/* SHY_MEMORY, before the search, if its front could not be imputed. Not collective; the same on all ranks. */
shy_status shy_impute_check(const shy_problem *problem, const shy_search_options *options);
/* What that will cost, beside a plan of the search. Cannot fail. */
void shy_impute_plan(const shy_problem *problem, const shy_search_options *options, shy_plan *plan);
/* Sets `imputed` of the formulas of the front that have factors to impute. result: on rank 0. Collective over the world. */
shy_status shy_impute_run(const shy_problem *problem, const shy_search_options *options, shy_search_result *result);

#endif
