/**
 * assess: how far what a search found can be believed. Nested cross-validation, significance over the whole search, stability, comparison
 * with what is in use already.
 *
 * Floor 5. Sums and choices are the same for any number of ranks.
 */
#ifndef SHIHYO_ASSESS_H
#define SHIHYO_ASSESS_H

#include "shihyo/base.h"
#include "shihyo/disclosure.h"
#include "shihyo/search.h"

/** Which complexity is reported as *the* formula, from held-out performance. */
typedef enum {
    SHY_RULE_BEST,  /* the best mean over the held-out folds; of equals the simplest */
    SHY_RULE_ONE_SE /* the simplest within one standard error of the best */
} shy_choice;

typedef enum { SHY_GROUPS_MAXSTAT, SHY_GROUPS_QUANTILE } shy_groups_method;

/** What formulas are compared with: a formula of columns, or a column of the cohort. Texts borrowed. */
typedef struct {
    const char *name;    /* NULL: the formula or the column itself */
    const char *formula; /* NULL: a column */
    const char *column;  /* NULL: a formula */
} shy_baseline;

#define SHY_BASELINES_MAX 32
#define SHY_PERMUTATIONS_AUTO (-1)

typedef struct {
    int folds;                    /* 2 …; 0: no nested cross-validation and nothing that needs it */
    int repeats;                  /* of the partition into folds */
    const char *by;               /* a column: samples of the same value stay in one fold; NULL or "": none */
    bool stratified;              /* folds have about the same share of events (levels, quantiles) each */
    shy_choice choice;
    int permutations;             /* most; 0: none; SHY_PERMUTATIONS_AUTO: as many as the size of the search allows, up to 200 */
    int resamples;                /* complementary pairs of half samples for stability; 0: none */
    bool references;              /* best single factor, elastic nets, covariates alone */
    const shy_baseline *baseline;
    int baselines;
    int groups;                   /* risk groups of the chosen formula: 0, 2 or 3 */
    shy_groups_method groups_method;
    uint64_t seed;
    shy_sdc sdc;                  /* what is recorded keeps to this rule; all zero: no rule */
    bool no_total;                /* rank 0: how many samples there are may not be told either */
    bool individual;              /* predictions for held-out samples are recorded one by one, */
    shy_record *predictions;      /* rank 0: here: arrays `row` (1: the cohort's first), `repeat`, `fold`, `complexity`, `prediction` */
    shy_record *suppressed;       /* rank 0: a list, to which is added what the rule took away; NULL: nobody wants to know */
} shy_assess_options;

/** Parts of a validation, in the order in which they are done. */
typedef enum {
    SHY_ASSESS_TRAINING,     /* the search on every training set */
    SHY_ASSESS_CHOICE,       /* searches without two folds, by which the complexity is chosen */
    SHY_ASSESS_PERMUTATIONS,
    SHY_ASSESS_STABILITY,
    SHY_ASSESS_COMPARISONS,  /* baselines and reference lines */
    SHY_ASSESS_PARTS
} shy_assess_part;

typedef struct {
    bool one_pass;           /* training sets are screened together, with all samples */
    int permutations;        /* most: where the answer is clear the rest is left out */
    double seconds, bytes_per_rank; /* of all parts: what they add to the search; the most that any of them has in use */
    double part_seconds[SHY_ASSESS_PARTS], part_bytes[SHY_ASSESS_PARTS];
} shy_assess_plan;

/**
 * What shy_assess_run adds to the search with this plan (of shy_search_plan): seconds as if all permutations were needed. SHY_MEMORY if more is needed
 * than search->memory. Collective over the world.
 */
shy_status shy_assess_foresee(const shy_problem *problem, const shy_search_options *search, const shy_assess_options *options, const shy_plan *plan,
                              shy_assess_plan *plan_out);

/** What SHY_PERMUTATIONS_AUTO means for a search of so many formulas and samples: 200, less above about 1e11 products of the two, 20 at least. */
int shy_permutations_auto(double formulas, double samples);

/**
 * The search of shy_search_run, and what it is worth. *record_out (rank 0, else NULL; owned) has, as far as the options ask for them, the
 * objects `verdict` (a text), `nested`, `p_search`, `stability`, `versus`, `calibration`, `groups`: doc/results.md says what is in each.
 * Refuses (SHY_INPUT) what shy_search_run refuses, fewer samples (or groups of `by`) than folds, unknown baselines.
 * Collective over the world.
 */
shy_status shy_assess_run(const shy_problem *problem, const shy_search_options *search, const shy_assess_options *options,
                          void (*progress)(void *context, const shy_progress *now), void *context, shy_search_result **result_out,
                          shy_record **record_out);

/**
 * Predictions of finished models for another cohort, judged as they stand. To each record are added `samples` (with a prediction), `metrics` (each with
 * value and a 95 % interval: DeLong for the AUC of samples of equal weight, else a Bayesian bootstrap of the samples), `calibration` and, for binary
 * outcomes, `classification`: see doc/results.md.
 *
 * @param problem     the other cohort with its outcome, the target that it aims at; its factors are not looked at
 * @param predictor   [count][rows.rows]: linear predictors over my rows; NaN where there is none
 * @param prevalence  binary: a second threshold of the probability beside 1/2; NaN: none
 * @param rule        its sdc and suppressed say what is recorded; of the rest only the seed matters
 * @param record      [count]; NULL on ranks other than 0
 * Collective over the world.
 */
shy_status shy_external_judge(const shy_problem *problem, int count, const double *const *predictor, double prevalence, const shy_assess_options *rule,
                              shy_record *const *record);

#endif
