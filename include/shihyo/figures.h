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
} shy_figures_input;

/** The object `figures` of the model-th formula. Owned. */
shy_status shy_figures_of_model(const shy_figures_input *input, int model, json_t **figures_out, shy_record *suppressed);
/** The list `two_axis` of a target: the best pairs of weakly correlated formulas of the front. Owned. */
shy_status shy_figures_two_axis(const shy_figures_input *input, json_t **list_out, shy_record *suppressed);
/** The object `network` of a front.json: which factors stand together in the K best. Owned. */
shy_status shy_figures_network(const json_t *front, int best, json_t **network_out);

#endif
