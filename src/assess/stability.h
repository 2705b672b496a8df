/* What the files of stability selection share. */
#ifndef SHY_STABILITY_H
#define SHY_STABILITY_H

#include "assess_impl.h"

#define SHY_STABILITY_LISTED 200     /* formulas of a complexity that are looked at, the best */
#define SHY_STABILITY_THRESHOLD 0.75 /* a formula returns if it is selected on at least this share of the half samples */
#define SHY_STABILITY_BOUND 0.25     /* of each complexity at most so many formulas are expected to return by chance */
#define SHY_FAMILY_CORRELATION 0.95
#define SHY_FAMILY_SAMPLES 2048      /* that correlations are of, evenly spread over all */

/* ---- halves (halves.c) ------------------------------------------------------------------------------------------------------------- */

/* Complementary pairs of half samples. */
typedef struct {
    int pairs;
    uint8_t *side; /* [rows.rows × pairs]: of my rows, 0 or 1 */
} shy_halves;

/* As folds are made, always in strata of the outcome: groups of `by` stay together. SHY_INPUT as from shy_folds_create. Collective over the world. */
shy_status shy_halves_create(const shy_problem *problem, const shy_assess_options *options, shy_halves *halves_out);
void shy_halves_free(shy_halves *halves);

/* ---- columns on halves (half_sums.c) --------------------------------------------------------------------------------------------------- */

/*
 * Of formulas, in the metric of the whole problem's null model. Rank 0; elsewhere NULL.
 *
 * statistic[f·2·pairs + 2·p + s]: the share that formula f explains of the response on side s of pair p, both less what intercept and covariates
 * explain of them there (squared partial correlation, in the metric's weights); 0 where nothing is left of the formula.
 * column[f·samples + k]: √w times what intercept and covariates leave of it, of length 1 over these samples; 0 if nothing is left.
 */
typedef struct {
    int formulas, pairs, samples;
    double *statistic, *column;
    shy_journal *journal; /* polled by who looks at them for long; borrowed; NULL: none */
} shy_half_sums;

/*
 * The groups share the formulas, a step of the journal. The same bits for any number of ranks. tell: called on rank 0 with what is done of them; may be NULL.
 * Collective over the world.
 */
shy_status shy_half_sums_create(const shy_problem *problem, const shy_halves *halves, const shy_tree *tree, int formulas,
                                void (*tell)(void *context, double fraction), void *context, shy_half_sums *sums_out);
void shy_half_sums_free(shy_half_sums *sums);
double shy_half_sums_correlation(const shy_half_sums *sums, int f, int g); /* absolute */

/* ---- selection (selection.c): on arrays of rank 0 ---------------------------------------------------------------------------------------- */

/* Formulas in the order of their complexity, then the better first. */
typedef struct {
    int formulas, halves;
    const int *complexity;  /* [formulas] */
    const double *statistic; /* [formulas × halves] */
    uint8_t *selected;      /* [formulas × halves] */
    int *best;              /* [(SHY_COMPLEXITY_MAX + 1) × halves]: the first of each complexity; −1: there is none */
    int listed[SHY_COMPLEXITY_MAX + 1], each[SHY_COMPLEXITY_MAX + 1]; /* of a complexity: formulas, of which so many are selected on each half */
} shy_selection;

/*
 * On each half, of each complexity the `each` formulas with the largest statistics are selected; of equals the first. `each` is the largest number
 * whose bound is not above SHY_STABILITY_BOUND, and at least 1. Where that is all there are, nothing is selected, and frequencies are NaN.
 */
shy_status shy_selection_create(int formulas, int pairs, const int *complexity, const double *statistic, shy_selection *selection_out);
void shy_selection_free(shy_selection *selection);
double shy_selection_frequency(const shy_selection *selection, const int *member, int members); /* halves that select any of them */
/*
 * Shah and Samworth (2013), unimodal: with q of p selected on each half (q: a mean, if it varies) not more than this many are expected to return that are
 * selected with a chance below q/p.
 */
double shy_selection_bound(double each, double listed, int pairs, double threshold);

/* ---- families (families.c) ------------------------------------------------------------------------------------------------------------------ */

/*
 * Each formula, in order, joins the first family whose first member it correlates with by more than SHY_FAMILY_CORRELATION; else it is the first of a
 * new one. Rank 0.
 */
typedef struct {
    int formulas, families;
    int *family;      /* [formulas] */
    int *first;       /* [families + 1]: where its members begin in `member` */
    int *member;      /* [formulas], by family, in order */
} shy_families;
shy_status shy_families_create(const shy_half_sums *sums, int formulas, shy_families *families_out);
void shy_families_free(shy_families *families);

/* ---- the formulas that are looked at, and the record (stability_record.c) ---------------------------------------------------------------------- */

/* Those of the lists, in their order, then those that training sets chose. The same on all ranks but for `found`. */
typedef struct {
    int listed, count;
    shy_tree *tree;           /* [count] */
    int *complexity;          /* [listed] */
    const shy_found **found;  /* rank 0: [listed]; elsewhere NULL */
    int chosen;               /* which of the listed is a->found; −1: none is */
} shy_looked_at;

/* Rank 0. Fills a->returns. */
shy_status shy_stability_record(shy_assessment *a, const shy_looked_at *looked_at, const shy_half_sums *sums);
/* The stage with given halves. Collective over the world. */
shy_status shy_stability_with(shy_assessment *a, const shy_halves *halves);

#endif
