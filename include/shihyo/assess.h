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

/* ---- statistics of predictions, on arrays of one rank ------------------------------------------------------------------ */

#define SHY_NORMAL_975 1.959963984540054

/** On rank 0, in the order of samples; NULL as in shy_outcome_data. Elsewhere n and ops alone. */
typedef struct {
    size_t n;
    const shy_outcome_ops *ops;
    double *y, *time, *entry, *exposure, *weight;
    int32_t *stratum;
    int strata, levels;
} shy_truth;

shy_status shy_truth_gather(const shy_problem *problem, shy_truth *truth_out); /* collective over the world */
void shy_truth_free(shy_truth *truth);

typedef enum { SHY_JUDGE_CONTINUOUS, SHY_JUDGE_BINARY, SHY_JUDGE_COUNT, SHY_JUDGE_ORDINAL, SHY_JUDGE_SURVIVAL, SHY_JUDGE_MATCHED, SHY_JUDGE_OTHER } shy_judge;
shy_judge shy_judge_of(const shy_outcome_ops *ops);

/** An estimate with its standard error and 95 % interval; NaN: not known. */
typedef struct {
    size_t samples;
    double value, error, low, high;
} shy_estimate;

/**
 * The headline metric of a kind of outcome (see ops->metric_names[0]; shares of variance and deviance relative to the mean, or rate, of these samples) with
 * an interval from the infinitesimal jackknife: what each sample's weight does to it, squared and added up, of matched sets as a whole; DeLong's for the AUC of
 * samples of equal weight. Samples take part whose weight is above 0 and whose prediction is a number. O(n log n).
 *
 * @param sample     `count` numbers below truth->n; NULL: 0 … count − 1
 * @param predictor  [truth->n], indexed by sample: linear predictors
 */
shy_status shy_headline_estimate(const shy_truth *truth, const size_t *sample, size_t count, const double *predictor, shy_estimate *estimate_out);
/**
 * The chance that of two samples of different levels the one of the higher level has the higher score, equal ones count half, pairs weighted w_i w_j:
 * of two levels the AUC, with the weights of a horizon that at this time. Its interval likewise; weights count as known.
 *
 * @param order   0 … n − 1 by ascending score
 * @param y       level 0 … levels − 1
 * @param weight  NULL: all 1, of two levels DeLong's interval
 */
shy_status shy_share_estimate(size_t n, const double *score, const size_t *order, const double *y, int levels, const double *weight, shy_estimate *estimate_out);
/** order[] = 0 … n − 1 by ascending value, equal ones in ascending order of number; no NaN. spare: n numbers. */
void shy_sort_order(const double *value, size_t n, size_t *order, size_t *spare);

/* ---- Kaplan–Meier ----------------------------------------------------------------------------------------------------------- */

/**
 * After each time at which follow-up of somebody ends, ascending. error: Greenwood's standard error of the survival; [low, high]: 95 %, by log(−log S);
 * NaN where survival is 0, both 1 where it is still 1. median: the first time with survival <= 1/2 (where it stays at 1/2, the middle between that and the next
 * death or the end, as R has it); low, high: the same of the bounds; NaN: not reached. at_risk just before the time; these, events and censored
 * are sums of weights.
 */
typedef struct {
    int steps;
    double *time, *survival, *error, *low, *high, *at_risk, *events, *censored; /* [steps] */
    double median, median_low, median_high;
} shy_km;

/** Strata are ignored. */
shy_status shy_km_create(const shy_followed *data, shy_km **km_out);
void shy_km_free(shy_km **km);
/** The value of the step function `values` (survival, low …) at t; `before` where t comes before the first step. */
double shy_km_at(const shy_km *km, const double *values, double before, double t);

/* ---- groups --------------------------------------------------------------------------------------------------------------------- */

#define SHY_GROUPS_MAX 8

/**
 * Log-rank test of groups, within strata: observed and expected events of each group, χ² with (groups that anybody is in) − 1 degrees of freedom,
 * hypergeometric variance (R: survdiff). Case weights are frequencies. NaN with one group or no event.
 *
 * @param group  [n] 0 … groups − 1; < 0: left out
 */
typedef struct {
    int groups, df;
    double observed[SHY_GROUPS_MAX], expected[SHY_GROUPS_MAX];
    double chi_square, p;
} shy_logrank;
shy_status shy_logrank_test(const shy_followed *data, const int32_t *group, int groups, shy_logrank *test_out);

#define SHY_BINS 10

/** Deciles of the predictions. [low, high]: 95 %, Wilson for probabilities (effective number (Σw)²/Σw² with weights), else mean ± 1.96 standard errors. */
typedef struct {
    int bins; /* fewer where predictions are equal: those stay together */
    double predicted[SHY_BINS], observed[SHY_BINS], low[SHY_BINS], high[SHY_BINS];
    size_t samples[SHY_BINS];
} shy_bins;
shy_status shy_bins_make(size_t n, const double *y, const double *predicted, const double *weight, bool probability, shy_bins *bins_out);
/**
 * Borders of about equal parts of n predictions in ascending order, equal ones in one part: part b has numbers border[b] … border[b + 1] − 1. Returns how many
 * parts there are, `bins` at most. border: bins + 1 numbers.
 */
int shy_bins_borders(size_t n, const double *predicted, int bins, size_t *border);
/** What shy_bins says of a bin of these samples. */
void shy_bin_describe(size_t n, const double *y, const double *predicted, const double *weight, bool probability, double *predicted_out, double *observed_out,
                      double *low_out, double *high_out);
/** Wilson's 95 % interval of a share. Events and n may be effective numbers. */
void shy_wilson(double events, double n, double *low_out, double *high_out);

/* ---- decision curve ----------------------------------------------------------------------------------------------------------- */

/**
 * Net benefit of treating whose probability is >= the threshold t: (Σ w y 1{p >= t} − t/(1 − t) Σ w (1 − y) 1{p >= t}) / Σ w; of treating all;
 * treating none has 0. With the weights of a horizon (shy_horizon_weights) it is the one weighted for censoring, up to Σ w for n.
 * 0 < t < 1.
 */
void shy_net_benefit(size_t n, const double *y, const double *probability, const double *weight, double threshold, double *model_out, double *all_out);

#endif
