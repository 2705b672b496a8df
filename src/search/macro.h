/*
 * Formulas as operands: a problem with further factors, each of which stands for a tree over the factors of another problem. Survivors of a search
 * and templates of the user come into a search that way.
 */
#ifndef SHY_MACRO_H
#define SHY_MACRO_H

#include "study.h"

typedef struct {
    shy_tree tree;    /* over the factors of the problem that is extended */
    int complexity;
    char *name;       /* its text; owned by whoever made the list */
    bool is_template;
} shy_macro;

typedef struct shy_extended {
    shy_problem problem;      /* factors of the base, then one for each macro, of which every formula has one at least; shares all else with the base */
    const shy_problem *base;
    int macros;
    const shy_macro *macro;   /* borrowed */
    double *values;           /* of the macros for my rows */
    char **unit;
} shy_extended;

/* The macros are the same on all ranks, and each is shy_macro_defined. Collective over the world. */
shy_status shy_extended_create(const shy_problem *base, const shy_grammar *grammar, const shy_macro *macro, int count, shy_extended **extended_out);
void shy_extended_destroy(shy_extended **extended);
/* Can it be computed for every combination of values of its factors within their ranges, and does it vary there? */
bool shy_macro_defined(const shy_problem *base, const shy_tree *tree);
shy_status shy_macros_name(const shy_problem *base, shy_macro *macro, int count);

/* A tree over the extended problem's factors as one over the base's; false if it would have more than SHY_TREE_MAX nodes. */
bool shy_extended_write_out(const shy_extended *extended, shy_tree *tree);
/* What the macros in a tree over the extended problem's factors make of its complexity, each having been counted as a factor. */
int shy_extended_complexity(const shy_extended *extended, const shy_grammar *grammar, const shy_tree *tree, int complexity);

/*
 * Searches for formulas with macros in them and adds them, written out, to the result (rank 0; NULL: it is made), whose front is drawn anew.
 * options->plan is that of this search, or NULL. Collective over the world.
 */
shy_status shy_macros_search(const shy_problem *base, const shy_search_options *options, const shy_macro *macro, int count, const shy_monitor *monitor,
                             shy_search_result **result_io);

#endif
