/* One pass over the space for several views: training sets, or other responses. */
#ifndef SHY_PASS_H
#define SHY_PASS_H

#include "stage.h"
#include "training.h"

/* What passes over the space of a problem share. All collective over the world. */
typedef struct {
    shy_stage stage;
    shy_rates rates;
    shy_jobs *jobs;
    shy_plan plan;
    const shy_monitor *monitor;
} shy_pass;

shy_status shy_pass_enter(shy_pass *pass, const shy_problem *problem, const shy_search_options *options, const shy_monitor *monitor);
void shy_pass_leave(shy_pass *pass);
/* Works the space off with the outlook: the lists of the engine's views are complete on rank 0. `screen` as of shy_lists_take. Owned. */
shy_status shy_pass_run(shy_pass *pass, const shy_outlook *outlook, shy_search_result *screen, shy_engine **engine_out);

/*
 * As shy_search_pass. Training sets whose left-out samples are disjoint share a pass, up to SHY_PASS_FOLDS of them. *passes_out: over the
 * space; 0, and no lists, where the metrics of the samples and of the training sets are not the same but for the response.
 */
#define SHY_PASS_FOLDS 12
shy_status shy_pass_folds(const shy_problem *problem, const shy_search_options *options, int sets, const shy_problem *const *trained,
                          const shy_monitor *monitor, shy_lists **lists_out, int *passes_out);
/* As shy_search_permuted, SHY_PASS_RESPONSES of them in a pass. */
#define SHY_PASS_RESPONSES 32
shy_status shy_pass_responses(const shy_problem *problem, const shy_search_options *options, int count, const double *const *response,
                              const shy_monitor *monitor, double *most_out);

#endif
