/* What the files of assess share: the assessment, its parts, and its stages. */
#ifndef SHY_ASSESS_IMPL_H
#define SHY_ASSESS_IMPL_H

#include "shihyo/assess.h"

/* ---- the outcome of all samples --------------------------------------------------------------------------------------- */

/* On every rank what rank 0 has. Collective over the world. */
shy_status shy_truth_share(const shy_problem *problem, const shy_truth *truth, shy_truth *copy_out);
/* copy_out: on every rank the bytes of rank 0, where `values` may be NULL: then it is left as it was everywhere. Collective over the world. */
shy_status shy_share_copy(const shy_team *team, const void *values, uint64_t bytes, void **copy_out);
/* all (rank 0: room for rows.total numbers; elsewhere NULL) := the values that the members of group 0 hold. Collective over the world. */
shy_status shy_gather_values(const shy_problem *problem, const double *mine, double *all);

/* ---- folds --------------------------------------------------------------------------------------------------------------- */

/* Training set r·folds + f: all samples but those of fold f in repeat r. */
typedef struct {
    int folds, repeats, sets;
    int32_t *fold; /* [repeats × rows.rows]: of my rows */
    int32_t *all;  /* [repeats × n]: of all samples, on all ranks */
    uint64_t groups, groupless; /* of options->by (0: not given); samples without a value of it, each a group of its own */
} shy_folds;

/* Strata, groups of `by` and seed decide, not the ranks. SHY_INPUT if there are not enough samples or groups. Collective over the world. */
shy_status shy_folds_create(const shy_problem *problem, const shy_assess_options *options, shy_folds *folds_out);
void shy_folds_free(shy_folds *folds);

/* ---- held-out performance --------------------------------------------------------------------------------------------------- */

/* A number for each training set, NaN where there is none. Standard error: deviation of all values / √folds, see shy_spread_close. */
typedef struct {
    int count;
    double *value; /* [count] */
    double mean, error;
} shy_spread;

shy_status shy_spread_create(int count, shy_spread *spread_out);
void shy_spread_free(shy_spread *spread);
/*
 * Mean and error from the values of `repeats` partitions. Repeats make the mean steadier, but they use the same samples again: the error is what it
 * would be with one partition, the deviation of all values / √(known values of a partition).
 */
void shy_spread_close(shy_spread *spread, int repeats);

/*
 * Predictions for samples by models that have not seen them, by whatever makes models from training sets. Rank 0. The predictor is the
 * linear one: the outcome itself (continuous), log-odds, log hazard, log rate.
 */
typedef struct {
    double *predictor; /* [repeats × n]; NaN where there is none */
    shy_spread spread; /* the headline metric (ops->metric_names[0]) within each held-out fold */
} shy_held_out;

shy_status shy_held_out_create(const shy_folds *folds, size_t n, shy_held_out *held_out); /* nothing predicted yet */
void shy_held_out_free(shy_held_out *held);

/* ---- what a training set found ---------------------------------------------------------------------------------------------------- */

/* Predictor = intercept + Σ beside·covariate + slope·formula. */
typedef struct {
    int complexity;   /* 0: no formula, the model of the covariates alone */
    shy_tree tree;
    double intercept, slope;
    double *beside;   /* [problem->data.covariates] */
    char *text;       /* "" for complexity 0 */
} shy_model;

/* By ascending complexity; the first is that of complexity 0. The same on all ranks. */
typedef struct {
    int count;
    shy_model *model;
} shy_models;

/* The models of the front of a search (result on rank 0) of this problem. Collective over the world. */
shy_status shy_models_create(const shy_problem *problem, const shy_search_result *result, shy_models *models_out);
void shy_models_free(shy_models *models);
const shy_model *shy_models_at(const shy_models *models, int complexity); /* the one of at most this complexity */
/* The predictor for all my rows, those that took no part in the fit included. Polls. Not collective. */
shy_status shy_model_predict(const shy_problem *problem, const shy_model *model, double *predictor_out);
/* The same formula, whatever its constants are and in whatever order the operands of + stand. */
bool shy_tree_alike(const shy_tree *a, const shy_tree *b);

/* ---- significance of the whole search --------------------------------------------------------------------------------------------- */

/* Monte-Carlo p = (1 + exceeding)/(permutations + 1), with a 95 % interval; `tail`: by a generalised Pareto tail, NaN where it was not fitted. */
typedef struct {
    int permutations, exceeding;
    double p, low, high, tail;
} shy_chance;

/* ---- the assessment ------------------------------------------------------------------------------------------------------------------ */

typedef struct {
    const shy_problem *problem;
    const shy_search_options *search;
    const shy_assess_options *options;
    void (*progress)(void *context, const shy_progress *now);
    void *context;
    shy_record *record;            /* rank 0: what the stages add to; elsewhere NULL, which records nothing */
    shy_truth truth;
    shy_folds folds;               /* sets 0: no nested cross-validation */
    shy_problem **trained;         /* [sets] */
    shy_lists **lists;             /* [1 + sets]; an entry NULL: the search has to screen by itself */
    int passes;                    /* over the space, for all lists */
    shy_search_result *result;     /* rank 0: of all samples; changes hands at the end */
    shy_models *training;          /* [sets]: what the searches of the training sets have on their fronts, on all ranks */
    /* Rank 0, by complexity 0 … levels (0: no formula, covariates alone): the best formula of at most that complexity of each training set. */
    int levels;
    shy_held_out *level;
    double *inner;                 /* rank 0: of shy_inner_run; NULL with two folds */
    shy_held_out chosen;           /* complexity chosen by searches without this fold, judged on it */
    int choice;                    /* complexity chosen on all folds; 0: none */
    const shy_found *found;        /* the formula of that complexity on the front of all samples; NULL: none */
    shy_chance chance[SHY_COMPLEXITY_MAX + 1]; /* by complexity; [0]: of the front */
    double returns;                /* share of the half samples that select the chosen formula or one of its kin of the same complexity; NaN: not looked at */
} shy_assessment;

/* Where a rank-local failure may be reported, now and then. Not collective. */
shy_status shy_assess_poll(const shy_assessment *a);
/* To whoever follows the progress: what is being done, and how much of that is done, 0 … 1. When a stage begins all ranks call it. Not collective. */
void shy_assess_tell(const shy_assessment *a, const char *stage, double fraction);

/* Stages, in this order; each adds its object to the record. Collective over the world. */
shy_status shy_nested_run(shy_assessment *a);       /* `nested`: training sets searched, predictions for held-out folds, choice */
shy_status shy_significance_run(shy_assessment *a); /* `p_search` */
shy_status shy_stability_run(shy_assessment *a);    /* `stability` */
shy_status shy_versus_run(shy_assessment *a);       /* `versus`: baselines and reference lines */
shy_status shy_calibration_run(shy_assessment *a);  /* `calibration` */
shy_status shy_groups_run(shy_assessment *a);       /* `groups` */
shy_status shy_verdict_run(shy_assessment *a);      /* `verdict` */

#endif
