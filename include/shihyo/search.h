/**
 * search: cut the grammar into subtrees, hand them out, screen, keep the best, refine, front.
 *
 * Floor 4.
 */
#ifndef SHIHYO_SEARCH_H
#define SHIHYO_SEARCH_H

#include "shihyo/base.h"
#include "shihyo/data.h"
#include "shihyo/expr.h"
#include "shihyo/journal.h"
#include "shihyo/model.h"
#include "shihyo/par.h"
#include "shihyo/tile.h"

/* ---- factors: what is made from a column of a cohort ------------------------------------------------------------- */

typedef enum { SHY_CATEGORIES_OFF, SHY_CATEGORIES_ONEHOT, SHY_CATEGORIES_ORDERED } shy_categories;

/** What happens where a factor has no value. */
typedef enum {
    SHY_MISSING_COMPLETE,  /* the sample is left out */
    SHY_MISSING_MEDIAN,    /* the median of the samples in use takes its place; of levels the most frequent one */
    SHY_MISSING_INDICATOR, /* the same, and a further factor is 1 where it was missing */
    SHY_MISSING_MULTIPLE   /* as MEDIAN for the search; the formulas of the front are refitted on imputed data sets */
} shy_missing;

/** How columns become factors. Names and patterns (* ?) as in shy_problem_options; a name goes before a pattern. All zero: columns as they are. */
typedef struct {
    shy_categories categories;
    uint64_t rare;                   /* levels of fewer samples with the outcome are pooled; 0: 10, or 1 % of them if that is more */
    const char *const *ordered;      /* categorical columns whose levels count as 0, 1, 2, … whatever `categories` says */
    int ordered_count;
    double winsorise;                /* values beyond the quantiles of this and of 1 − this are set to them; 0: none */
    const char *const *winsorised;   /* numeric columns for which that holds */
    int winsorised_count;
    const char *const *range;        /* "bili in 0.1..50": see shy_range_parse */
    int range_count;
    shy_missing missing;
    const char *const *missing_columns[SHY_MISSING_MULTIPLE + 1]; /* [method]: columns with a method of their own */
    int missing_count[SHY_MISSING_MULTIPLE + 1];
    double missing_most;             /* a factor of method median or multiple that lacks more than this share is left out; 0: none is */
} shy_factor_options;

/** "bili in 0.1..50", "age in 18..", "ratio in ..3": column (owned) and limits, infinite where they are left out. SHY_INPUT if it is none. */
shy_status shy_range_parse(const char *text, char **column_out, double *lowest_out, double *highest_out);

typedef enum {
    SHY_DERIVED_VALUE,   /* the value itself; of a categorical column the number of the level */
    SHY_DERIVED_LEVEL,   /* 1 where the column has one of its levels, else 0 */
    SHY_DERIVED_POOL,    /* 1 where it has any of several levels */
    SHY_DERIVED_MISSING  /* 1 where it has no value */
} shy_derived;

/**
 * How the values of a factor come from those of its column. In this order: what is beyond the range counts as missing; what is missing
 * gets the fill; what is beyond the limits gets the limit; then the kind of factor.
 */
typedef struct {
    shy_derived kind;
    int levels, level;               /* of the column; LEVEL: which */
    const uint8_t *pooled;           /* POOL: [levels]; borrowed */
    double lowest, highest;          /* plausible range; infinite: none */
    double fill;                     /* NaN: what is missing stays missing */
    double low, high;                /* winsorising limits; infinite: none */
    bool imputed;                    /* the fill is for the search; afterwards what is missing is imputed */
} shy_derivation;

/** The factor's value from the column's, for any patient. Cannot fail. */
double shy_derive(const shy_derivation *how, double value);

/* ---- the problem: which rows and columns of a cohort, and which outcome ---------------------------------------- */

/** What happens where a sample lacks a covariate: all is refused; the sample is left out; the value is filled in and a column says so. */
typedef enum { SHY_COVARIATES_REFUSE, SHY_COVARIATES_COMPLETE, SHY_COVARIATES_INDICATOR } shy_covariates_missing;

/** Names of columns that are not given are NULL or "". */
typedef struct {
    const char *outcome;             /* column; not for kinds that need a time */
    const char *outcome_kind;        /* "continuous", "binary": the name of one of shy_outcome_list */
    const char *positive;            /* the level (or number) that counts as 1, or as the event; NULL: the column's level 1 */
    const char *const *outcomes;     /* several instead of `outcome`: a target each */
    int outcomes_count;
    const char *time, *event, *entry; /* survival */
    const char *const *strata;       /* columns; their combinations are the strata */
    int strata_count;
    const char *set;                 /* matched: the column whose values are the sets */
    const char *weight;              /* of cases */
    const char *exposure;            /* count */
    const char *const *horizons;     /* survival: "1y", "36mo", "90d", "12w", or numbers in the unit of `time`: a binary target each */
    int horizons_count;
    const char *const *covariates;   /* names or patterns */
    int covariates_count;
    shy_covariates_missing covariates_missing;
    const char *interaction;         /* a treatment: formulas are judged by their interaction with it; a covariate of its own */
    const char *where;               /* row filter, "" for all */
    const char *const *include;      /* names or shell patterns (* ?) of factors; every one must match something */
    int include_count;
    const char *const *exclude;
    int exclude_count;
    shy_factor_options factor;       /* what is made from the columns that these offer */
    const char *cohort_name;         /* how messages call the cohort, e.g. "cohort.h5"; NULL: "the cohort" */
    uint64_t memory;                 /* bytes that this rank may use; 0 = no limit. Columns take at most half of it */
} shy_problem_options;

/** What is to be explained: one search each. */
typedef struct {
    char *name;                      /* "" for the only one; else "death", "1y", or "all" beside horizons */
    char *outcome;                   /* the column, or "death within 1y" */
    char *unit;                      /* its unit, or "" */
    char *positive;                  /* what counts as 1 or as the event; NULL where that is no question */
    const shy_outcome_ops *ops;
    shy_outcome_data data;           /* for ops; points at what the problem owns */
    double horizon;                  /* in the unit of the time column; 0: none */
    uint64_t samples;                /* of weight > 0 */
    double *y, *weight;              /* of this target alone, or NULL */
} shy_target;

/* ---- rules for single factors (doc/grammar.md) ------------------------------------------------------------------------ */

typedef enum {
    SHY_RULE_TRANSFORMS, /* of the unary operators only these may stand directly on the factors */
    SHY_RULE_MOST,       /* at most `number` of the factors in a formula */
    SHY_RULE_CONTAIN,    /* every formula has one of the factors, of all rules of this kind together */
    SHY_RULE_DIRECTION   /* the prediction must not fall (number 1) or not rise (−1) with the factors */
} shy_rule_kind;

typedef struct {
    shy_rule_kind kind;
    const char *which;  /* a name, a pattern with * and ?, a modality, or "modality:NAME" */
    uint32_t operators; /* TRANSFORMS: bit op */
    int number;
} shy_rule;

#define SHY_RULE_GROUPS 16 /* most rules of the kinds MOST and, as one, CONTAIN; and one for formulas that serve as factors */

/** What all rules together say of one factor. */
typedef struct {
    uint64_t members;    /* four bits for each group: how many factors of the group it counts as */
    uint32_t transforms; /* bit op: the unary operator may stand on it */
    int8_t direction;
} shy_factor_rule;

typedef struct {
    int factors;                /* the problem's; further ones follow no rule */
    shy_factor_rule *factor;    /* [factors] */
    int groups;
    int least[SHY_RULE_GROUPS], most[SHY_RULE_GROUPS]; /* factors of a group in a formula */
    bool directed;              /* some factor has a direction */
} shy_rules;

/** What a search works on. The samples in use are numbered 0 … total−1 in cohort order; each rank of a group holds its rows. */
typedef struct {
    const shy_team *team;
    shy_journal *journal;            /* of the run that the problem is searched in; borrowed; NULL: none is kept */
    shy_rows rows;
    uint64_t n_cohort, n_filtered;   /* rows of the cohort; rows that the filter keeps */
    int offered;                     /* factors offered (before dropping) */
    int factors;                     /* in use */
    int32_t *cohort_column;          /* [factors]: number in the cohort; several factors may come from one column */
    const shy_derivation **derivation; /* [factors], an entry NULL where the column is taken as it is; NULL: all are */
    uint8_t *binary;                 /* [factors]: its values are 0 and 1 by its making, so that powers of it are itself */
    const char **name;               /* [factors]; these three borrowed from the cohort or from `recipe` */
    const char **unit_text;          /* [factors] */
    const char **modality;           /* [factors] */
    shy_interval *range;             /* [factors], over all samples in use */
    double *first_sample;            /* [factors]: the values of sample 0, on every rank */
    shy_cohort *cohort;              /* borrowed; NULL: there is none */
    uint64_t *cohort_row;            /* [rows.rows]: where my samples are in the cohort, ascending; owned */
    struct shy_columns *columns;     /* values of the factors for my rows, no NaN: see src/search/columns.h */
    shy_rules *rules;                /* of shy_problem_rule; NULL: none */
    const struct shy_extended *extended; /* factors from some number on stand for formulas: src/search/macro.h; NULL: none do */
    double *y;                       /* [rows.rows]; that of the target: see shy_outcome_data */
    const shy_metric *metric;        /* of a null model of more samples than these; borrowed. NULL: of these samples' own */
    char *outcome, *outcome_unit, *positive; /* of the target that the problem aims at, like ops and data: see shy_target */
    const shy_outcome_ops *ops;
    shy_outcome_data data;
    int targets, aim;                /* aim: the target in force */
    shy_target *target;              /* [targets]; owned */
    char *time, *time_unit;          /* survival: the column of the follow-up time; else NULL */
    struct shy_design *design;       /* columns that the targets share; owned */
    struct shy_recipe *recipe;       /* [recipes]: what derived factors are made by; owned */
    int recipes;
    int notes_count;
    char **notes;                    /* dropped constant factors, all-missing factors, missing values and who causes them */
} shy_problem;

/**
 * Opens nothing: goes through the columns of an open cohort, a panel at a time, applies the row filter, keeps complete cases over the outcome and
 * the factors in use, drops (and notes) constant and all-missing factors, maps a binary outcome to 0/1, and distributes
 * the samples: runs of `run_rows` (a function of total alone) so that every row block owns whole runs.
 * Factors are numeric and binary columns and what options->factor makes of these and of categorical ones, never what the outcome is made of,
 * identifiers, times or events, nor the treatment of an interaction; a covariate is offered only where `include` has its full name. Fills and limits are computed from the samples in
 * use, without the outcome. Categorical covariates become an indicator for each level but the most frequent one.
 * Samples have time, event, entry, strata, set, weight, exposure and at least one of the outcomes; one that lacks an outcome has the
 * weight 0 in its target, so that all targets share samples, columns and plan.
 * Refuses (SHY_INPUT, one message): unknown outcome or factor (nearest name given), constant or all-missing outcome, a binary
 * outcome with more than two values, `positive` not among the values, options that do not go with the kind, values that an outcome cannot have (times
 * that are not > 0, entry >= time, negative or broken counts, …: row, column), no events, horizons beyond follow-up, missing covariates, infinite values (row, column), fewer than 10 complete samples (and which
 * factor costs most), no factor left. Collective over the world.
 *
 * The columns in use stay in memory, one copy per node and row block, if they fit into half of `memory`; otherwise they are read from the
 * cohort as the search needs them. The cohort must stay open, and its file in place, as long as the problem lives.
 */
shy_status shy_problem_load(const shy_team *team, shy_cohort *cohort, const shy_problem_options *options, shy_problem **problem_out);
void shy_problem_free(shy_problem **problem);
/**
 * What has to be done with a patient's value of the column before a formula is computed, in words: "1 where stage is V or VI, else 0; where
 * stage is missing it counts as II". "" for a column as it is. `factor` is one of those that were loaded. Owned. Not collective.
 */
shy_status shy_factor_describe(const shy_problem *problem, const shy_cohort *cohort, int factor, char **text_out);
/** Makes outcome, ops, data and y those of a target; 0 <= target < targets. After loading it is the first. Not collective. */
void shy_problem_aim(shy_problem *problem, int target);
/** How the k-th covariate (problem->data.covariate) comes from its column of the cohort. Borrowed; NULL if there is none. Not collective. */
typedef struct {
    int64_t column;
    shy_derivation how;              /* a fill only where samples lacked a value and a covariate beside it says so; −1 of a level: it is none */
} shy_covariate_source;
const shy_covariate_source *shy_problem_covariate(const shy_problem *problem, int k);
/** The problem's outcome with its null model. Owned. Collective over the group. */
shy_status shy_problem_outcome(const shy_problem *problem, shy_outcome **outcome_out);
/**
 * Lays rules on the problem's factors. A rule that names one factor counts for that factor before those that match it by a pattern or modality;
 * of several others an operator has to be in each, and directions must agree. A rule about columns that are no factors in use has no effect and is
 * noted, unless it is CONTAIN. SHY_INPUT, the nearest name given, for what no column or modality of the problem or the cohort (may be NULL) is called.
 * Not collective; the same on all ranks.
 */
shy_status shy_problem_rule(shy_problem *problem, const shy_cohort *cohort, const shy_rule *rule, int count);
bool shy_problem_resident(const shy_problem *problem); /* its columns are in memory, as far as this rank's node is concerned */
/** Adds a sentence to the notes. Not collective. */
shy_status shy_problem_note(shy_problem *problem, const char *format, ...) __attribute__((format(printf, 2, 3)));
/**
 * Bytes per rank with which the columns of `factors` factors for `rows` rows can be worked with: all of them, divided by the
 * `members` ranks of a node that share them, or, if that is less, so many that few have to be read again. Cannot fail.
 */
double shy_columns_need(double factors, double rows, int members);

/* ---- the search ------------------------------------------------------------------------------------------------ */

/* Constants put into the best formulas where the grammar has none: log(u + c), 1/(u + c); also max(x, c), min(x, c) and x^c. */
typedef enum { SHY_INNER_OFF, SHY_INNER_SHIFTS, SHY_INNER_ALL } shy_inner;

typedef struct {
    shy_grammar grammar;
    int keep;                        /* K best per complexity */
    uint64_t memory;                 /* bytes per rank, without those of the libraries; a plan above it is refused */
    uint64_t libraries;              /* bytes per rank that libraries hold besides: part of what plans and messages say */
    int tile_left, tile_right;       /* operands of a tile panel; 0 = chosen */
    shy_precision precision;         /* of screening; SHY_PRECISION_AUTO: the fastest here */
    uint64_t seed;
    uint64_t screen_rows;            /* screen on so many samples, drawn at random in strata of the outcome; 0, or not fewer than in use: on all */
    int terms;                       /* most formulas in a sum, up to SHY_TERMS_MAX; 0 or 1: no sums */
    int terms_keep;                  /* formulas that sums are built from; 0: 2000 */
    int terms_factors;               /* most different factors in a sum; 0: terms × grammar.max_factors */
    const char *const *templates;    /* formulas of the user, "(c - age) * weight / scr": fitted, results, and operands like factors; borrowed */
    int templates_count;             /* up to SHY_TEMPLATES_MAX */
    bool templates_required;         /* every formula has one of them in it */
    int passes;                      /* 2: the best of the first search are operands of a second; 0 or 1: one search */
    int pass_keep;                   /* operands that a further search takes from the one before */
    int pass_complexity;             /* highest complexity of its formulas, each such operand counted as a factor */
    bool polish;                     /* constants without a closed form are fitted for the formulas of the front */
    shy_inner inner;                 /* with polish */
    int impute_sets, impute_sweeps;  /* imputed data sets for the front, 2 … SHY_SETS_MAX, and sweeps for each; see shy_derivation.imputed */
    double rounding;                 /* when constants are rounded, loss may grow by this share of the smaller of loss and 1 − loss; 0: not rounded */
    const struct shy_lists *lists;   /* of shy_search_pass on the same problem and options: the first search takes them instead of screening; or NULL */
    const struct shy_plan *plan;     /* of shy_search_plan on the same problem and options: formulas are not counted again; or NULL */
} shy_search_options;

#define SHY_TEMPLATES_MAX 64
#define SHY_SETS_MAX 1000           /* imputed data sets; and sweeps */
#define SHY_COMPLEXITY_MAX 64 /* sums of formulas included */
#define SHY_TERMS_MAX SHY_BASIS_MAX /* formulas in a sum: each is a column of the refit */
#define SHY_TERMS_FACTORS_MAX 16    /* different factors in a sum */

/** Parts of a search, in the order in which they are done. */
typedef enum { SHY_STEP_SCREEN, SHY_STEP_REFIT, SHY_STEP_PASSES, SHY_STEP_SUMS, SHY_STEP_CONSTANTS, SHY_STEP_IMPUTE, SHY_STEPS } shy_plan_step;

/** How fast this machine is. */
typedef struct {
    double pair_flops;     /* per second in matrix products */
    double pair_seconds;   /* per pair: closed forms */
    double operand_row;    /* seconds to evaluate and pack one operand for one sample */
    double element_row;    /* seconds per element-wise formula and sample */
    shy_precision precision; /* of the tiles: the one asked for, or the faster here */
} shy_rates;

typedef struct shy_plan {
    uint64_t formulas[SHY_COMPLEXITY_MAX + 1]; /* exact, per complexity; canonical forms */
    uint64_t formulas_total;
    uint64_t jobs;                   /* subtrees dealt by rank 0 */
    double flops;
    /*
     * At most, of the rank that needs most: its own memory, and its share of what the ranks of a node have together. Without libraries where it comes
     * from shy_search_plan, with them in what `shihyo search` announces.
     */
    double bytes_per_rank;
    double shared_bytes;             /* columns that the ranks of a node have together, of one node; each sees all of them */
    double seconds;                  /* expected, on the ranks of the team, from short measurements on this machine and this problem */
    double step_seconds[SHY_STEPS], step_bytes[SHY_STEPS]; /* of these; 0: it is not done */
    double work_seconds;             /* of the screening: what does not depend on the lists */
    double score_seconds, refit_seconds; /* of one formula */
    double pair_seconds, response_seconds; /* of all pairs of operands: one more test of each; one more response to multiply with */
    shy_rates rates;                 /* measured; a search that is given the plan is cut to the same subtrees, and needs no more memory */
    uint64_t pass_formulas;          /* about, of each further pass; 0: there is none */
} shy_plan;

/** What training sets, and permuted responses, add: passes over the space beside or after the search. */
typedef struct {
    bool together;                   /* training sets share a pass with all samples */
    double sets_seconds;             /* the lists of all training sets, those of all samples included */
    double begin_seconds;            /* what every search and every pass begins with */
    double lists_bytes;              /* the lists of one training set, which are kept */
    double responses_seconds;        /* of one pass with `responses` of them */
    double sets_bytes, responses_bytes;
} shy_pass_plan;

typedef struct {
    double fraction;                 /* of the planned work, 0 … 1 */
    double formulas;                 /* scored so far */
    double best_statistic;
    const char *best_formula;        /* text, best r² so far among what rank 0 has seen */
    double seconds;
    const char *stage;               /* of a validation, after the search: what is being done; then fraction alone counts. NULL: the search */
} shy_progress;

/** What screening did, all ranks together. Depends on the ranks and the machine; the lists do not. */
typedef struct {
    uint64_t tiles, pairs;           /* multiplied; a pair stands for all its closed forms */
    uint64_t widened;                /* tiles multiplied again in fp32, because too much passed in bf16 */
    uint64_t flagged, refined;       /* pairs that passed the first test; whose sums were computed singly in fp64 */
    uint64_t scored;                 /* formulas whose statistic was computed exactly */
} shy_screening;

/** Where the time went, seconds. Of the run, then of the work of all ranks together; and the memory of the rank that held most. */
typedef struct {
    double plan, search, finish;     /* counting, timing and cutting; subtrees; merging, refits, front */
    double operands, tiles, elements, candidates; /* evaluated and packed; multiplied and tested; sample by sample; scored exactly */
    double earlier;                  /* of search: of the runs that this one goes on from */
    double peak_bytes, shared_bytes; /* resident at most, what is shared with other ranks of the node included; that part now */
} shy_search_times;

/** A formula with its constants rounded; intercept, slope and covariates fitted to it. */
typedef struct {
    shy_tree tree;
    char *text;
    shy_fit fit;
    double intercept, slope;
    double *beside;                  /* as in shy_found, of this fit; NULL until then */
} shy_rounded;

/** outcome or logit = intercept + covariates + slope·z + interaction·(treatment − mean)·z; zero where there is no interaction. */
typedef struct {
    double slope, error;
} shy_interaction;

/** One formula kept: tree over problem->name numbering; fitted constants are nodes of the tree. */
typedef struct {
    int complexity;
    shy_tree tree;                   /* the formula z, constants included */
    double statistic;                /* r² with the response, fp64, fixed order of summation */
    double lost_chance;              /* that screening on a part of the samples loses a formula as good as this one; 0 on all samples */
    shy_fit fit;                     /* refit of the family's basis; metrics */
    double intercept, slope;         /* outcome or logit = intercept + slope·z */
    shy_interaction interaction;     /* of searches for interactions: then fit is the model with it, its loss and likelihood ratio what the interaction adds */
    int summands;                    /* formulas that the tree is a sum of; 1 unless search.terms asks for more */
    bool is_template;                /* it is one of options->templates, and stays in the lists however good it is */
    double slope_error;              /* of formulas on the front: standard error of the slope, constants taken as given; elsewhere 0 */
    int covariates, thresholds;      /* of formulas on the front: how many numbers `beside` has of each; elsewhere 0 */
    double *beside;                  /* coefficients of the covariates (problem->data.covariate), then thresholds (ordinal); owned */
    char *text;                      /* shortest exact text */
    shy_imputed *imputed;            /* of formulas on the front that have factors with imputed values; or NULL */
    shy_rounded *rounded;            /* of formulas on the front that have constants, if options->rounding asks for it; or NULL */
    uint64_t twins_count;
    int twins_listed;
    char **twins;                    /* texts, simplest first */
} shy_found;

typedef struct {
    int complexity;
    int count;
    shy_found *found;                /* best first */
} shy_found_level;

typedef struct {
    shy_plan plan;
    uint64_t formulas_scored;
    shy_precision precision;         /* in which screening began */
    shy_screening screening;
    shy_search_times times;
    int levels;
    shy_found_level *level;          /* complexity 1 … max */
    double treatment_mean;           /* of searches for interactions */
    shy_fit null;                    /* the model without a formula: intercept and covariates */
    int front_count;
    int *front_level, *front_index;  /* the Pareto front: strictly decreasing loss with complexity */
    uint64_t n_screened;             /* samples of screening, if it was on a part of them; else 0 */
    double lost_chance;              /* the largest on the front */
    double seconds;
    double idle_worst, idle_mean;    /* of the time in which subtrees were dealt: what a rank waited for a subtree or for the others' last */
    double scheduling_share;         /* of rank 0's processor time meanwhile: dealing; about 1 where it does nothing else */
} shy_search_result;

/**
 * Samples that screening works on: options->screen_rows, if that is less than there are, else all. On a part of the samples formulas are the
 * same, valid or not by the ranges of all; more than `keep` of each complexity are scored again on all samples, and those are ranked, merged and
 * refitted as ever. Such a search is not exhaustive on all samples: see lost_chance. Cannot fail.
 */
uint64_t shy_search_screen_rows(const shy_problem *problem, const shy_search_options *options);
/**
 * Exact counts and costs; SHY_INPUT if the grammar allows nothing or a template cannot be used, SHY_MEMORY if over options->memory. Templates are
 * fitted to the outcome, and count as one factor wherever they stand. Collective.
 */
shy_status shy_search_plan(const shy_problem *problem, const shy_search_options *options, shy_plan *plan_out);
/**
 * What shy_search_pass takes for `sets` training sets in partitions of `folds`, and shy_search_permuted for `responses` at a time (0: none), where
 * shy_search_plan gave this plan. Collective.
 */
shy_status shy_search_plan_passes(const shy_problem *problem, const shy_search_options *options, const shy_plan *plan, int folds, int sets,
                                  int responses, shy_pass_plan *plan_out);
/** SHY_MEMORY, with what to change, if the plan needs more than options->memory. Not collective; the same on all ranks. */
shy_status shy_search_plan_check(const shy_search_options *options, const shy_plan *plan);
/**
 * Plans, searches, merges, refits. The result is complete on world rank 0; elsewhere *result_out is NULL.
 * `progress` is called on rank 0 about twice a second (may be NULL). Collective over the world.
 */
shy_status shy_search_run(const shy_problem *problem, const shy_search_options *options,
                          void (*progress)(void *context, const shy_progress *now), void *context,
                          shy_search_result **result_out);
void shy_search_result_free(shy_search_result **result);

/* ---- work that the groups share, a step of the journal ------------------------------------------------------------------ */

/** `count` independent items, each of which leaves a result of `size` bytes: fits, polished formulas, sums over a part. */
typedef struct {
    const shy_team *team;
    shy_journal *journal;            /* NULL: none is kept */
    const char *name;                /* of the step */
    uint64_t count;
    size_t size;                     /* without pointers: they travel and are kept as bytes */
    void *result;                    /* [count × size]: `work` finds there what the caller has put there; see next */
    bool everywhere;                 /* at the end all ranks have all results. Else rank 0 has: on others `result` may be NULL, if items start from zeros */
    /* The item's result, a function of the item alone. Collective over the group, whose first member's result counts. */
    shy_status (*work)(void *context, uint64_t item, void *result);
    void *context;
} shy_workload;

/**
 * Group g works on every groups-th item. With a journal in batches of one or two seconds, after each of which the results are kept and the run may stop: what a
 * journal has of them is not worked out again, whatever the number of groups then and now. Collective over the world; fails everywhere or nowhere.
 */
shy_status shy_workload_run(const shy_workload *load);

/* ---- searches beside the search: training sets, permuted responses ------------------------------------------------------- */

/**
 * The problem on some of its samples: those with takes_part[i] != 0 (over my rows); the others get the case weight 0. All else is shared with
 * `problem`, which must live longer: factors, their fills and ranges are those of all samples, which know no outcome. The problem's target is the one that it
 * aims at. Owned: shy_problem_untrain. SHY_INPUT if the outcome is constant on these samples (found when it is fitted). Not collective.
 */
shy_status shy_problem_train(const shy_problem *problem, const double *takes_part, shy_problem **trained_out);
void shy_problem_untrain(shy_problem **trained);

/** What screening leaves: the best formulas of each complexity with their statistics, before the refit. All ranks have one; formulas are on rank 0. */
typedef struct shy_lists shy_lists;
void shy_lists_free(shy_lists **lists);

/**
 * Screens for the problem and for training sets of it, in one pass over the space where the metrics allow (without case weights and covariates),
 * else one after another: lists_out[0] is that of `problem`, lists_out[1 + t] that of trained[t]; the same lists in either case. With them as
 * options->lists shy_search_run gives what it would have given without, sooner. Not for options with templates or screen_rows: then all lists
 * are NULL. *passes_out: over the space. Collective over the world.
 */
shy_status shy_search_pass(const shy_problem *problem, const shy_search_options *options, int sets, const shy_problem *const *trained,
                           void (*progress)(void *context, const shy_progress *now), void *context, shy_lists **lists_out, int *passes_out);

/**
 * The largest statistic that any formula of a complexity reaches with other responses in the metric of the problem's null model.
 *
 * @param response  [count][rows.rows]: y of shy_metric, Σ y = 0, orthogonal to the directions; 0 where w = 0
 * @param most_out  count × (grammar.max_complexity + 1): [b·(max_complexity + 1) + c], −1 where there is no formula; on all ranks
 * Exact, and the same bits for any number of ranks. 32 of them share a pass over the space. Collective over the world.
 */
shy_status shy_search_permuted(const shy_problem *problem, const shy_search_options *options, int count, const double *const *response,
                               void (*progress)(void *context, const shy_progress *now), void *context, double *most_out);

/** out[i] = the tree (over the problem's factors) for my rows. May fail on one rank alone; not collective. */
shy_status shy_problem_evaluate(const shy_problem *problem, const shy_tree *tree, double *out);
/** The lower median of values[rows.rows] (NaN: none) of all samples, exact; NaN if there is none. Collective over the group. */
shy_status shy_problem_median(const shy_problem *problem, const double *values, double *median_out);

#endif
