/**
 * figures: the numbers behind each picture of a report, from a cohort and the models of a finished run, under disclosure control.
 *
 * Floor 8. One rank holds all samples. What is computed here is written down in doc/report.md, "The document".
 */
#ifndef SHIHYO_FIGURES_H
#define SHIHYO_FIGURES_H

#include "shihyo/apply.h"
#include "shihyo/disclosure.h"
#include "shihyo/json.h"
#include "shihyo/search.h"

/** What figures are made from. Borrowed. */
typedef struct {
    const shy_problem *problem;     /* of one rank, aimed at the target */
    const shy_finished *finished;   /* with values and predictions over the rows of the problem (shy_models_predict) */
    const json_t *front;            /* its front.json */
    const shy_sdc *sdc;
    int groups;                     /* risk groups of pictures, 2 … 5 */
    int subgroups;                  /* columns by which performance is broken down */
    const char *const *subgroup_name;
    const int32_t *const *subgroup; /* [subgroups][rows]: level of each sample, −1: missing */
    const int *subgroup_levels;
    const char *const *const *subgroup_level; /* names */
    struct shy_figures_shared *shared; /* of shy_figures_prepare */
} shy_figures_input;

/** What the formulas of a target have in common: sets input->shared. All else is set already and stays. */
shy_status shy_figures_prepare(shy_figures_input *input);
void shy_figures_release(shy_figures_input *input);

/** The object `figures` of the model-th formula; NULL if it cannot be computed here or too few samples are there to show any. Owned. O(n log n). */
shy_status shy_figures_of_model(const shy_figures_input *input, int model, json_t **figures_out, shy_record *suppressed);
/**
 * {"constants": [{value, low, high}], "slope": …} of the model-th formula: 95 % by standard errors of the model linearised in its constants, which at the maximum of the
 * likelihood are those of the model itself. A constant that the likelihood does not determine, or is not where it is highest, has no interval (null). Owned.
 */
shy_status shy_figures_constants(const shy_figures_input *input, int model, json_t **constants_out);
/**
 * The list `two_axis` of a target: the best pairs of weakly correlated formulas, at least one of each pair from the front. Searches for interactions have none. Owned.
 */
shy_status shy_figures_two_axis(const shy_figures_input *input, json_t **list_out, shy_record *suppressed);
/**
 * The list `near` of a target: twins of the formulas of the front, and formulas of the lists of front.json that correlate by 0.9 or more with one, at most `most` of them, shared out evenly
 * among the formulas of the front; how many there are of each: `near_found`. problem NULL: there is no cohort, and twins are all that is known. Both owned.
 */
shy_status shy_figures_near(const shy_figures_input *input, int most, json_t **near_out, json_t **found_out);
/** The object `network` of a front.json: which factors stand together in the `best` formulas of least loss. The problem knows modalities, and may be NULL. Owned. */
shy_status shy_figures_network(const shy_problem *problem, const json_t *front, int best, json_t **network_out);
/** The object `horizons` of several targets: which factors carry the front of each. Owned. */
shy_status shy_figures_horizons(int targets, const char *const *name, const json_t *const *front, json_t **horizons_out);

#endif
