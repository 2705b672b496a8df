/* Formulas as operands: a problem with further factors, each of which stands for a tree over the factors of another problem. */
#ifndef SHY_MACRO_H
#define SHY_MACRO_H

#include "search_impl.h"

typedef struct {
    shy_tree tree;    /* over the factors of the problem that is extended */
    int complexity;
    char *name;       /* its text; owned by whoever made the list */
} shy_macro;

typedef struct {
    shy_problem problem;      /* factors of the base, then one for each macro; shares all else with the base */
    const shy_problem *base;
    int macros;
    const shy_macro *macro;   /* borrowed */
    double *values;           /* of the macros for my rows */
    char **unit;
} shy_extended;

/* The macros are the same on all ranks, and each is shy_macro_defined. Collective over the world. */
shy_status shy_extended_create(const shy_problem *base, const shy_grammar *grammar, const shy_macro *macro, int count, shy_extended **extended_out);
void shy_extended_destroy(shy_extended **extended);
/* Can it be computed for every combination of values of its factors within their ranges? */
bool shy_macro_defined(const shy_problem *base, const shy_tree *tree);

/*
 * A tree over the extended problem's factors as one over the base's, its complexity what the macros in it make of `complexity`; false if it
 * would have more than SHY_TREE_MAX nodes or be more complex than SHY_COMPLEXITY_MAX. *macros_out: how often macros stand in it.
 */
bool shy_extended_expand(const shy_extended *extended, const shy_grammar *grammar, shy_tree *tree, int *complexity, int *macros_out);

#endif
