/* formulas.h: the formulas of a front.json as figures compare them. */
#ifndef SHY_FIGURES_FORMULAS_H
#define SHY_FIGURES_FORMULAS_H

#include "shihyo/figures.h"

/* A formula of the front or of a list. Borrowed from front.json, but for the tree. */
typedef struct {
    const json_t *entry;
    const char *text;
    int front;        /* index in the front; −1: it is not there */
    int complexity;
    double slope, loss, metric; /* metric: the first one */
    bool twin;        /* `text` is a twin of the entry, which is front formula `front` */
    shy_tree tree;    /* over the problem's factors; count 0: it cannot be computed */
} shy_listed;

typedef struct {
    int count, fronts; /* the first `fronts` are those of the front, in its order */
    shy_listed *formula;
} shy_formulas;

/*
 * The front, then at most `most` of each list (0: all), without those of the front, by complexity and place. Trees are read where there is a problem (may be NULL). Formulas
 * that have factors which the problem lacks cannot be computed.
 */
shy_status shy_formulas_read(const json_t *front, const shy_problem *problem, int most, shy_formulas *formulas_out);
void shy_formulas_free(shy_formulas *formulas);

/* Correlations of formulas, and with a response, over samples that take part. */
typedef struct {
    int count, against;
    double *r;        /* [count × against]: of formula i with formula j < against; NaN where there is none */
    double *response; /* [count] */
} shy_correlations;

/* Of all formulas with the first `against`. response may be NULL, and then so is theirs. At most SHY_CORRELATED_ROWS samples, evenly spaced. */
#define SHY_CORRELATED_ROWS 65536
shy_status shy_correlate(const shy_formulas *formulas, int against, const shy_problem *problem, const double *response, shy_correlations *correlations_out);
void shy_correlations_free(shy_correlations *correlations);

/* formula, formula_short, complexity of the entry into an object. */
shy_status shy_formula_describe(const shy_listed *formula, json_t *object);

#endif
