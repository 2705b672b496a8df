/** search_run: the parts of `shihyo search`. */
#ifndef SHIHYO_APP_SEARCH_RUN_H
#define SHIHYO_APP_SEARCH_RUN_H

#include "app/config.h"
#include "app/events.h"
#include "app/performance.h"
#include "app/progress.h"
#include "shihyo/assess.h"
#include "shihyo/journal.h"
#include "shihyo/report.h"
#include "shihyo/search.h"

/** The command line of a search. Borrowed from argv. */
typedef struct {
    const char *file;       /* the configuration; NULL: that of the checkpoint in `directory`, of a run that is gone on with */
    const char *directory;
    const char *const *set; /* assignments, in order */
    int set_count;
    const char *output; /* NULL: the key output */
    bool plan, overwrite, quiet, help;
    const char *sdc;      /* NULL: the key report.sdc */
    const char *max_time; /* NULL: the key run.max_time */
    bool resume; /* goes on if there is something to go on from */
} shy_search_command;

typedef enum { SHY_RUN_NEW, SHY_RUN_GOES_ON, SHY_RUN_FINISHED } shy_run_state;

/** What keeps a run when it is interrupted. On rank 0, unless all ranks are named. */
typedef struct {
    shy_run_state state;       /* all ranks */
    char *checkpoint;          /* its path; all ranks */
    shy_journal *journal;      /* all ranks */
    shy_team *team;            /* that the journal works with; all ranks */
    shy_lock *lock;            /* of the output directory */
    double deadline;           /* by shy_time_seconds; 0: none */
    int resumed;               /* how often this run was gone on with, */
    uint64_t checkpoints;      /* what was saved before that, */
    double checkpoint_seconds; /* and in what time */
    double *before;            /* [targets]: seconds that search and validation took before that, */
    double *spent;             /* and since */
    int targets;
    double started;            /* the search in force, and when what it took was noted last */
    double noted;
    double fraction;           /* of the stage in force that is done; */
    char stage[128];           /* its name in the validation, "" in the search */
    uint64_t steps;            /* done, in the last save */
    bool leaves;               /* it is ending: who saves now tells of it himself */
    shy_meter meter;
} shy_run;

/** What may be said of a factor of the front: doc/disclosure.md. */
typedef struct {
    bool known;
    double seen_low, seen_high, fill, low, high; /* the last three as in shy_derivation */
    double typical;
    int levels;
    uint8_t *rare;             /* [levels] of the column: fewer people than may be named; owned */
} shy_released_input;

#define SHY_TOLD_MAX 256

/** One run from configuration to results; what is not there yet is NULL. */
typedef struct shy_search_session {
    const shy_search_command *command;
    shy_team *team;
    shy_config *config;
    char *cohort_path;         /* where it is opened, if not as the configuration says; all ranks */
    shy_cohort *cohort;
    shy_problem *problem;
    shy_search_options options;
    shy_plan plan;             /* of all targets; bytes_per_rank and seconds are those of the whole run: libraries and validation included */
    shy_assess_plan validation_plan; /* what validation adds, of all targets */
    bool assesses;             /* what is found is checked, as `assess` says */
    shy_assess_options assess;
    shy_baseline_item *baseline_item; /* [baselines], which `baseline` borrows from */
    shy_baseline *baseline;
    int baselines;
    shy_search_result *result; /* rank 0; of the target in force */
    double took;               /* seconds, of the search in force and its validation */
    double outcome_mean;       /* of the target in force, weighted; NaN where it has none (times, levels) */
    double *typical;           /* [factors, then covariates]: lower medians of those that the front in force uses, NaN of others; NULL before */
    shy_record *record;        /* likewise; NULL: it was not checked */
    shy_record *released;      /* rank 0: the rule of disclosure control and what it took away; of the target in force */
    shy_released_input *released_input; /* rank 0: [released_inputs] factors of the problem; NULL: there is no rule */
    int released_inputs;
    int64_t told[SHY_TOLD_MAX]; /* totals of people that are in the results so far */
    int told_count;
    shy_results *results;      /* [problem->targets]: rank 0; of the targets searched so far */
    int results_count;
    shy_events *events;        /* rank 0; NULL: of a run that is only planned */
    shy_performance performance;
    int created;               /* rank 0: directories that this run made for its output */
    shy_run run;
} shy_search_session;

/** The search that a command asks for, or the rest of one. Takes the team. Collective; the status is the same on all ranks. */
shy_status shy_search_execute(const shy_search_command *command, shy_team *team);

/** Reads a command line: assignments go to `set`, which has room for all of argv. */
typedef shy_status shy_search_reader(int argc, char **argv, const char **set, shy_search_command *command);
/** The whole of such a command, MPI included: argv[0] is its name. Returns the exit status. */
int shy_search_main(int argc, char **argv, shy_search_reader *read, shy_search_command *command);

/** Reads the configuration on rank 0 and gives it to all ranks, then applies --set and -o. Collective. */
shy_status shy_session_configure(shy_search_session *session);
/** The same from the text of a configuration; command->file is what messages call it. Collective. */
shy_status shy_session_configure_text(shy_search_session *session, const char *text, uint64_t length);
/**
 * Finds out whether there is something to go on from in the output directory, which is made if need be and taken from other runs, and if so loads the journal.
 * SHY_INPUT, with the ways out named, if the command does not say what to do with what is there. Collective.
 */
shy_status shy_run_open(shy_search_session *session, const char *directory);
/** SHY_INPUT if assignments change what results depend on; `before`: the configuration of the checkpoint. Not collective. */
shy_status shy_run_check_set(const shy_search_session *session, const shy_config *before);
/** `search --resume`: SHY_INPUT, with all differences, if what is in the directory is of another configuration. Not collective, rank 0. */
shy_status shy_run_check_same(const shy_search_session *session);
/** SHY_INPUT unless the open cohort is that of the checkpoint. Not collective. */
shy_status shy_run_check_cohort(const shy_search_session *session);
/** Where the cohort is that the checkpoint names: there, or if not, as it was written from here. Collective. */
shy_status shy_run_find_cohort(shy_search_session *session);
/** From here on the run can be stopped and gone on with: makes the journal unless it was loaded, says in it which run it is, saves it. Collective. */
shy_status shy_run_begin(shy_search_session *session);
/** How far it is: keeps that, and the time taken, for who goes on; then shows it. `context` is a shy_search_session. Rank 0. */
void shy_run_progress(void *context, const shy_progress *now);
/** For shy_journal_options: every save, done or failed, is heard of here. Rank 0. */
void shy_run_saved(void *context, const shy_journal_save *save);
/** The results are written: what was kept goes. Rank 0. */
void shy_run_complete(shy_search_session *session);
/**
 * The run has failed, or was told to stop: what is done is saved, and the message says how to go on. Returns the status to end with. What the run has made and
 * has nothing of value in it goes. Collective.
 */
shy_status shy_run_leave(shy_search_session *session, shy_status why);
void shy_run_free(shy_search_session *session); /* collective */

/** Ranks that are stopped, dead or cut off end the run from now on, as run.watchdog says, until shy_watch_stop. Collective. */
void shy_watchdog_start(shy_search_session *session);

/** What the outcome is made of, as the keys of the section outcome say; borrows from the configuration. */
void shy_configure_outcome(const shy_config *config, shy_problem_options *options);
/** All that a problem is made from, but for its memory; borrows likewise. */
void shy_configure_problem(const shy_config *config, shy_problem_options *options);
/** Opens the cohort with as many row blocks as it needs, and loads the problem. Collective. */
shy_status shy_session_load(shy_search_session *session);

/** Reads how far the search is to be checked. Not collective; the same on all ranks. */
shy_status shy_session_validation(shy_search_session *session);
/** Seconds that it is expected to take at most: part of those of the plan. */
double shy_session_validation_seconds(const shy_search_session *session);
/** Lines of the plan: what is done besides the search. */
void shy_plan_print_validation(const shy_search_session *session, FILE *stream);
void shy_session_validation_free(shy_search_session *session);
/** Lays the rules for single factors on the problem. Not collective; the same on all ranks. */
shy_status shy_session_rules(shy_search_session *session);
/** What all targets take, one after another: the sum of their time, and the memory of the largest, validation and libraries included. Collective. */
shy_status shy_session_plan(shy_search_session *session);
/** The plan as a table. */
shy_status shy_plan_print(const shy_search_session *session, FILE *stream);
/** Finds the mean of the outcome that the problem aims at. Collective. */
shy_status shy_session_outcome(shy_search_session *session);
/** used[factor] = 1 for those of the front. Rank 0. */
void shy_front_factors(const shy_search_session *session, uint8_t *used);
/** Finds what is typical of the samples, of the factors of the front and the covariates. Collective. */
shy_status shy_session_typical(shy_search_session *session);
/**
 * From which columns the factors with a mark (used[factor]) and the covariates come, and how: see doc/results.md, `inputs`. Rank 0. Owned.
 */
shy_status shy_inputs_build(const shy_search_session *session, const uint8_t *used, shy_record **inputs_out);
/** What report needs, from what search found; takes the record from the session. Rank 0. Freed with shy_results_free. */
shy_status shy_results_build(shy_search_session *session, shy_results *results_out);

#endif
