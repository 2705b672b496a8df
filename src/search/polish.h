/* Constants of formulas that have no closed form: fitted, inserted, rounded. */
#ifndef SHY_POLISH_H
#define SHY_POLISH_H

#include "columns.h"
#include "study.h"

#define SHY_POLISH_CONSTANTS 16 /* of a formula that is fitted; one with more is left as it is */
#define SHY_POLISH_COLUMNS (SHY_POLISH_CONSTANTS + 1) /* z and its derivatives */
#define SHY_POLISH_SUMS (SHY_POLISH_COLUMNS * (SHY_POLISH_COLUMNS + 1) / 2)

/* ---- one group's workshop -------------------------------------------------------------------------------------------- */

typedef struct shy_fitter {
    const shy_problem *problem;
    const shy_outcome *outcome;
    bool squares;          /* residuals are those of least squares, not of a likelihood */
    double *z, *residual, *null_residual; /* over my rows */
    double *partial;       /* runs × (SHY_POLISH_SUMS, or 4 and as many as there are covariates) */
    double *scratch;       /* 3·SHY_TREE_MAX·SHY_CHUNK */
    /* the tree at work, over the places of its columns */
    shy_tree tree;
    const double *column[SHY_COLUMNS_KEPT];
    int constants, node[SHY_TREE_MAX];
    bool boxed;            /* defined on the ranges of its factors, and to stay so */
    shy_interval range[SHY_COLUMNS_KEPT];
    shy_fit fit;           /* at the last point */
    double explained;      /* squares: that of the null model */
    /* constant active[k] = start[k] + Σ_j map[k][j] x_j */
    int unknowns, active[SHY_POLISH_CONSTANTS];
    double start[SHY_POLISH_CONSTANTS], map[SHY_POLISH_CONSTANTS][SHY_POLISH_CONSTANTS];
} shy_fitter;
/* Both collective over the group. The outcome is borrowed. */
shy_status shy_fitter_create(const shy_problem *problem, const shy_outcome *outcome, shy_fitter **fitter_out);
void shy_fitter_destroy(shy_fitter **fitter);
/* Polls the journal: a run may stop between two evaluations of a fit, which may be long ones. Collective over the group. */
shy_status shy_fitter_poll(const shy_fitter *fitter);
/* Intercept, slope and covariates of the tree as it is. Collective over the group. */
shy_status shy_fitter_refit(shy_fitter *fitter, const shy_tree *tree, shy_fit *fit_out);
/*
 * Fits the constants of the tree together with intercept, slope and covariates: a minimum of the loss near where they are, within the places
 * where the tree can be computed; if it could be for all values in the ranges of the factors, it still can. Constants that are held, or that
 * intercept, slope or the others make up for, stay. *fit_io: that of the tree as it is. Both are left as they are if the loss does not become
 * smaller. Collective over the group.
 */
shy_status shy_fitter_fit(shy_fitter *fitter, shy_tree *tree, shy_fit *fit_io);
/* The statistic of screening (model.h) of the tree. Collective over the group. */
shy_status shy_fitter_statistic(shy_fitter *fitter, const shy_tree *tree, double *statistic_out);
shy_status shy_fitter_evaluate(shy_fitter *fitter, const shy_tree *tree); /* into fitter->z. Collective over the group */
/* Mean and standard deviation of the tree's values. Collective over the group. */
shy_status shy_fitter_moments(shy_fitter *fitter, const shy_tree *tree, double *mean_out, double *deviation_out);

/* The ranges of all nodes from those of the factors; false if some node is not defined on all of them. */
bool shy_tree_ranges(const shy_tree *tree, const shy_interval *factor, shy_interval *node_out);
bool shy_tree_ranges_with(const shy_tree *tree, const shy_interval *factor, shy_interval *node_io); /* those of the constants are given */
int shy_tree_free_constants(const shy_tree *tree, int *node_out); /* as shy_tree_constants, without those that are held */
void shy_tree_tidy(shy_tree *tree); /* u + -3 becomes u - 3; the values stay the same */

/* ---- constants that the grammar does not have -------------------------------------------------------------------------- */

typedef enum { SHY_INSERT_SHIFT, SHY_INSERT_FLOOR, SHY_INSERT_CEILING, SHY_INSERT_POWER, SHY_INSERTS } shy_insert_kind;
typedef struct {
    shy_insert_kind kind;
    int node;       /* whose value u becomes u + c, max(u, c), min(u, c), exp(c * log(u)) */
    int complexity; /* that this adds */
} shy_insertion;
enum { SHY_INSERTIONS_MAX = 4 * SHY_TREE_MAX };
/* Where a further constant may go; the grammar has the operators, and allows them there. Returns how many. */
int shy_insertions_list(const shy_tree *tree, const shy_grammar *grammar, shy_inner inner, const shy_interval *factor, shy_insertion *list_out);
/* The tree with that constant at the value c. */
void shy_insertion_make(const shy_tree *tree, const shy_insertion *insertion, double c, shy_tree *tree_out);
/* The tree with that constant, fitted from the best of a few starts. Verdict DIVERGED: there is none. Collective over the group. */
shy_status shy_fitter_insert(shy_fitter *fitter, const shy_insertion *insertion, shy_tree *tree, shy_fit *fit_out);

/* ---- rounding ------------------------------------------------------------------------------------------------------------ */

/*
 * How a number may be rounded, cheapest first, errors falling: to one digit (cost 2), to two of which the second is 5 (3), to two (4), … to six
 * (12), as it is (SHY_ROUND_EXACT); with `reciprocal` as 1/r (1 more).
 */
#define SHY_ROUND_CHOICES 24
#define SHY_ROUND_EXACT 40
typedef struct {
    int cost;
    bool reciprocal;
    double value; /* of the node: r, or what 1 is divided by */
} shy_round_choice;
int shy_round_choices(double value, bool reciprocal, shy_round_choice *choice_out);
/*
 * The tree with its constants (but those that are held) rounded at the least total cost such that, refitted, its loss is at most fit->loss + tolerance·min(fit->loss, 1 − fit->loss);
 * of those the one with the least loss. After `refits` refits the search is cut short: then each constant is as cheap as it can be beside
 * the others. Collective over the group.
 */
shy_status shy_fitter_round(shy_fitter *fitter, const shy_tree *tree, const shy_fit *fit, double tolerance, int refits, shy_tree *tree_out,
                            shy_fit *fit_out);

/* ---- the stage ------------------------------------------------------------------------------------------------------------- */

/*
 * Fits the constants of the formulas of the front and of the best few of each complexity, inserts further ones into the same
 * (options->inner), and rounds those of the front (options->rounding). The result is on rank 0. Collective over the world.
 */
/* What this adds to the plan. Cannot fail. */
void shy_polish_plan(const shy_problem *problem, const shy_search_options *options, shy_plan *plan);
shy_status shy_polish_run(const shy_problem *problem, const shy_search_options *options, shy_search_result *result);

#endif
