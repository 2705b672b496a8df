/*
 * Sums of formulas with fitted coefficients: the formulas they are built from, the best sums of these, and how the files of this stage
 * share the work.
 */
#ifndef SHY_TERMS_H
#define SHY_TERMS_H

#include "study.h"

/* What this adds to the plan of one search: time, and memory where that is more. Cannot fail. */
void shy_terms_plan(const shy_problem *problem, const shy_search_options *options, shy_plan *plan);

/* ---- formulas that may be terms (terms_columns.c) --------------------------------------------------------------------- */

typedef struct {
    int32_t complexity;
    uint64_t hash; /* of its text */
    shy_tree tree;
} shy_term;

/*
 * The same on all ranks, in order of complexity. With the numbers that sums are made of: columns freed of intercept and covariates and divided by
 * their length in the outcome's metric, their products with each other, with the response (of length 1, too) and with a random column.
 */
typedef struct {
    int count, capacity;
    shy_term *term;
    double *gram;      /* [count × count] */
    double *explained; /* [count]: correlation with the response: its square is the statistic */
    double *probe;     /* [count] */
    double *spread;    /* [count]: standard deviation of the column as it is */
    int first[SHY_COMPLEXITY_MAX + 2]; /* terms of complexity c are first[c] … first[c + 1] − 1 */
} shy_terms;

void shy_terms_free(shy_terms *terms);
/*
 * Adds up to `most` of a result's formulas, the first of every complexity, then the second …; those whose text is known are passed over. The
 * result is that of rank 0, NULL elsewhere. The numbers are not valid until shy_terms_measure. Collective over the world.
 */
shy_status shy_terms_collect(shy_terms *terms, const shy_team *team, const shy_search_result *result, int most);
/*
 * Puts them in order and computes the numbers; formulas that are constant, or equal to a simpler one but for a linear map, are dropped. Collective
 * over the world.
 */
shy_status shy_terms_measure(shy_terms *terms, const shy_problem *problem, uint64_t seed);
double shy_terms_bytes(int count, int rows); /* of shy_terms_measure, about */

/* ---- the best sums (terms_lists.c) ---------------------------------------------------------------------------------------- */

/* Of each complexity and number of terms, all of them refitted: where the loss is not 1 − R², the best loss may stand far down the list. */
#define SHY_SUMS_KEPT 256

typedef struct {
    double explained;             /* R² of the span of its terms in the outcome's metric */
    double probe;                 /* a random projection of the fitted sum: equal for sums that are the same function */
    int32_t terms, complexity;
    int32_t term[SHY_TERMS_MAX];  /* ascending */
} shy_sum;

typedef struct {
    const shy_terms *from;
    int keep, terms_most, complexity_most, factors_most;
    int cost;    /* complexity of `+ c * v` */
    int *count;  /* [terms_most + 1][SHY_COMPLEXITY_MAX + 1] */
    shy_sum *sum; /* the same × keep, best first */
    uint64_t changes; /* how often a list got a new first */
} shy_sums;

shy_status shy_sums_create(const shy_terms *from, const shy_search_options *options, int terms_most, shy_sums **sums_out);
void shy_sums_destroy(shy_sums **sums);
int shy_sums_cost(const shy_grammar *grammar);
int shy_sums_factors(const shy_search_options *options); /* most different factors */
static inline int shy_sums_list(int terms, int complexity) { return terms * (SHY_COMPLEXITY_MAX + 1) + complexity; }
/* Scores the sum of these terms (any order) and keeps it if it is among the best of its list and allowed. Cannot fail. */
void shy_sums_offer(shy_sums *sums, int terms, const int32_t *term);
/* What a sum must explain to be of interest, with room for rounding; −1 while the list has room, 2 where no sum of this kind is allowed. */
double shy_sums_floor(const shy_sums *sums, int terms, int complexity);
shy_status shy_sums_pack(void *sums, void **bytes_out, uint64_t *count_out); /* for shy_merge: an array of shy_sum */
shy_status shy_sums_absorb(void *sums, const void *bytes, uint64_t count);

/* ---- search among them (terms_subsets.c) ----------------------------------------------------------------------------------- */

#define SHY_TERM_NOTHING 1e-4 /* a term of which less than this share of its square is new has nothing to add */

/*
 * Fills the lists of rank 0: all sums of up to `exhaustive` (2 or 3) terms; larger ones by extending the best of those by each formula, and
 * replacing each term by each formula until nothing improves. A step of the journal, which may be NULL. Collective over the world.
 */
shy_status shy_sums_search(shy_sums *sums, const shy_team *team, shy_journal *journal, int exhaustive);
/* The exhaustive part: sums whose first term is number `first`, of `terms_most` <= 3 terms. room: 3·count doubles; index: count numbers. */
void shy_sums_scan(shy_sums *sums, int first, int terms_most, double *room, int32_t *index);

/* ---- refit and result (terms_write.c) --------------------------------------------------------------------------------------- */

/* Refits all sums of two terms and more in the lists of rank 0 and adds to its result those that say something new. Collective over the world. */
void shy_sum_trial(const shy_terms *from, const shy_sum *sum, shy_trial *trial_out);
shy_status shy_sums_write(const shy_sums *sums, const shy_problem *problem, const shy_search_options *options, shy_search_result *result);

#endif
