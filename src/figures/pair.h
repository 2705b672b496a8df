/* pair.h: two formulas in one model: its fit, its decision line, and where the patients are. */
#ifndef SHY_FIGURES_PAIR_H
#define SHY_FIGURES_PAIR_H

#include "figures/formulas.h"

enum { SHY_PAIR_POINTS = 3000 }; /* more people are shown as a grid, whatever the rule */

/* Borrowed, but for the outcome, which its owner destroys. */
typedef struct {
    const shy_problem *problem;
    const shy_sdc *sdc;
    shy_outcome *outcome;
} shy_pair_maker;

typedef struct {
    const shy_listed *x, *y;
    double r;
    bool larger;       /* of the metric: it is better */
    double value, intercept, slope[2]; /* intercept: with covariates at their means */
} shy_pair;

/* Are there enough people for such a model to be shown? */
shy_status shy_pair_allowed(const shy_pair_maker *maker, shy_record *suppressed, bool *allowed_out);
/* False: one of the formulas has no value for some sample, or the model cannot be fitted. */
shy_status shy_pair_fit(const shy_pair_maker *maker, shy_pair *pair, bool *fitted_out);
/* The object AXES of doc/report.md; the number is for the note of what was suppressed. */
shy_status shy_pair_write(const shy_pair_maker *maker, const shy_pair *pair, int number, json_t *object, shy_record *suppressed);

#endif
