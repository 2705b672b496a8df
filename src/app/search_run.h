/** search_run: the parts of `shihyo search`. */
#ifndef SHIHYO_APP_SEARCH_RUN_H
#define SHIHYO_APP_SEARCH_RUN_H

#include "app/config.h"
#include "shihyo/assess.h"
#include "shihyo/report.h"
#include "shihyo/search.h"

/** The command line of a search. Borrowed from argv. */
typedef struct {
    const char *file;       /* the configuration */
    const char *const *set; /* assignments, in order */
    int set_count;
    const char *output; /* NULL: the key output */
    bool plan, overwrite, quiet, help;
} shy_search_command;

/** One run from configuration to results; what is not there yet is NULL. */
typedef struct {
    const shy_search_command *command;
    shy_team *team;
    shy_config *config;
    shy_cohort *cohort;
    shy_problem *problem;
    shy_search_options options;
    shy_plan plan;
    bool assesses;             /* what is found is checked, as `assess` says */
    shy_assess_options assess;
    shy_baseline_item *baseline_item; /* [baselines], which `baseline` borrows from */
    shy_baseline *baseline;
    int baselines;
    bool one_pass;             /* training sets are screened together */
    shy_search_result *result; /* rank 0; of the target in force */
    double took;               /* seconds, of the search in force and its validation */
    double outcome_mean;       /* of the target in force, weighted; NaN where it has none (times, levels) */
    shy_record *record;        /* likewise; NULL: it was not checked */
    shy_results *results;      /* [problem->targets]: rank 0; of the targets searched so far */
    int results_count;
    int created;               /* rank 0: directories that this run made for its output */
} shy_search_session;

/** Reads the configuration on rank 0 and gives it to all ranks, then applies --set and -o. Collective. */
shy_status shy_session_configure(shy_search_session *session);
/** The same from the text of a configuration; command->file is what messages call it. Collective. */
shy_status shy_session_configure_text(shy_search_session *session, const char *text, uint64_t length);
/** What the outcome is made of, as the keys of the section outcome say; borrows from the configuration. */
void shy_configure_outcome(const shy_config *config, shy_problem_options *options);
/** Opens the cohort with as many row blocks as it needs, and loads the problem. Collective. */
shy_status shy_session_load(shy_search_session *session);

/** Reads how far the search is to be checked. Not collective; the same on all ranks. */
shy_status shy_session_validation(shy_search_session *session);
/** Finds out how training sets will be searched. Collective. */
shy_status shy_session_validation_plan(shy_search_session *session);
/** Seconds that it is expected to take at most, the refits of training sets apart. */
double shy_session_validation_seconds(const shy_search_session *session);
/** Lines of the plan: what is done besides the search. */
void shy_plan_print_validation(const shy_search_session *session, FILE *stream);
void shy_session_validation_free(shy_search_session *session);
/** Lays the rules for single factors on the problem. Not collective; the same on all ranks. */
shy_status shy_session_rules(shy_search_session *session);
/** What all targets take, one after another: the sum of their time, and the memory of the largest. Collective. */
shy_status shy_session_plan(shy_search_session *session);
/** The plan as a table. */
shy_status shy_plan_print(const shy_search_session *session, FILE *stream);
/** Finds the mean of the outcome that the problem aims at. Collective. */
shy_status shy_session_outcome(shy_search_session *session);
/**
 * From which columns the factors with a mark (used[factor]) and the covariates come, and how: see doc/results.md, `inputs`. Rank 0. Owned.
 */
shy_status shy_inputs_build(const shy_search_session *session, const uint8_t *used, shy_record **inputs_out);
/** What report needs, from what search found; takes the record from the session. Rank 0. Freed with shy_results_free. */
shy_status shy_results_build(shy_search_session *session, shy_results *results_out);

#endif
