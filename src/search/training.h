/* Searches beside the search: what their passes over the space leave, and the plain ways, one screening after the other. */
#ifndef SHY_TRAINING_H
#define SHY_TRAINING_H

#include "study.h"

/* What screening leaves. Complete on rank 0; elsewhere count is 0. */
struct shy_lists {
    uint64_t count;
    shy_packed *member;       /* as of shy_best_pack, before levels are joined */
    shy_search_result screen; /* without formulas: plan, times and counts of the screening; of a pass for several lists they are the first one's */
};

/* The lists of merged bests. `screen` has no formulas; seconds: of the screening. Collective over the world. */
shy_status shy_lists_take(shy_best *best, const shy_search_result *screen, shy_lists **lists_out);
/* The largest statistic of each complexity 0 … max_complexity, −1 where there is none; on all ranks. Collective over the world. */
shy_status shy_lists_most(const shy_lists *lists, const shy_team *team, int max_complexity, double *most_out);

/* The screening of shy_search_once, without refits. Not on a part of the samples. Collective over the world. */
shy_status shy_screen_once(const shy_problem *problem, const shy_search_options *options, const shy_monitor *monitor, shy_lists **lists_out);

/* Progress of several screenings as that of one. */
typedef struct {
    const shy_monitor *monitor; /* who hears of it */
    int count, done;
    double started;
    bool names_best;            /* the first screening's best formula is news; that of others is not */
    double best_statistic;
    char best_formula[256];
} shy_relay;

void shy_relay_tell(void *relay, const shy_progress *now); /* for shy_monitor */

/* As shy_search_pass and shy_search_permuted. Collective over the world. */
shy_status shy_search_pass_plainly(const shy_problem *problem, const shy_search_options *options, int sets, const shy_problem *const *trained,
                                   const shy_monitor *monitor, shy_lists **lists_out);
shy_status shy_search_permuted_plainly(const shy_problem *problem, const shy_search_options *options, int count, const double *const *response,
                                       const shy_monitor *monitor, double *most_out);

#endif
