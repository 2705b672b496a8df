/** collect: the runs of a sweep, finished or not, as one table and one front for each group of tasks that can be compared. */
#ifndef SHIHYO_APP_COLLECT_H
#define SHIHYO_APP_COLLECT_H

#include "app/sweep.h"
#include "shihyo/model.h"

typedef enum {
    SHY_TASK_DONE,
    SHY_TASK_RUNNING,
    SHY_TASK_STOPPED,
    SHY_TASK_FAILED,
    SHY_TASK_DAMAGED,
    SHY_TASK_MISSING,
    SHY_TASK_STATES
} shy_task_state;
const char *shy_task_state_name(shy_task_state state);

/** A formula of the front of a search. Texts owned. */
typedef struct {
    int complexity;
    char *formula, *formula_short;
    double metric[SHY_METRICS_MAX];
    double nested, error, p; /* of its complexity; NaN: not known */
} shy_collect_point;

/** What two searches must have in common to be compared: named texts, in the order of shy_collect_facts. */
enum { SHY_FACTS_MAX = 24 };

/** One finished search: a task has one, or one for each target. Texts owned. */
typedef struct {
    int task; /* index */
    char *target; /* NULL: the only one */
    char *outcome, *kind;
    char *fact[SHY_FACTS_MAX];
    char *asked;           /* outcome and samples as the configuration has them: of tasks that are not done no more is known */
    char *metric[SHY_METRICS_MAX];
    int metrics;
    shy_collect_point *point;
    int points;
    int chosen;            /* complexity of the chosen formula; 0: there is none */
    char *chosen_formula;
    double apparent, nested, error, p; /* of the chosen one; p of the whole search */
    double p_holm;         /* of all searches of its group together; NaN */
    int permutations;      /* asked for */
    double formulas, seconds;
    int group;
} shy_collect_search;

typedef struct {
    shy_task_state state;
    char *detail;    /* of a failure, what the log says; of a run, the stage; "" */
    double fraction; /* of a run; NaN: not known */
    char *asked;     /* as above; NULL: not read, it is done */
} shy_collect_task;

/** A line of a front: a formula that no simpler one equals in this metric. */
typedef struct {
    int search, point; /* of the first task that has it */
    int tasks;         /* that have it */
} shy_collect_place;

typedef struct {
    int metric;
    shy_collect_place *place;
    int places;
} shy_collect_front;

/** Searches of the same outcome on the same samples. */
typedef struct {
    int first;    /* search */
    int searches; /* finished ones */
    int waiting;  /* tasks that are not done and have the same outcome and samples by their configuration */
    int other;    /* group that it is nearest to; −1: it is the first of its outcome */
    char *why;    /* it is not joined with that one; NULL */
    shy_collect_front front[SHY_METRICS_MAX];
    int fronts;
    int least;    /* search with the least p; −1: none has one */
    double p_least, p_bonferroni, p_sidak;
    int best;     /* search with the best nested value; −1 */
    double flattered; /* by how much at most, on average, taking the best of so many nested values flatters */
} shy_collect_group;

typedef struct {
    const char *directory;
    shy_tsv table; /* tasks.tsv */
    shy_collect_task *task;
    shy_collect_search *search;
    int searches;
    shy_collect_group *group;
    int groups;
    int count[SHY_TASK_STATES];
    char *resubmit; /* command, NULL: nothing is left */
    char *remove;   /* command to be called before it, for damaged results; NULL */
} shy_collection;

/** All of a sweep's directory. SHY_IO, SHY_INPUT if it is no sweep; what its runs left is reported, not failed for. */
shy_status shy_collect(const char *directory, shy_collection *collection_out);
void shy_collection_free(shy_collection *collection);

/** State of a task; for a finished one its searches are added. */
shy_status shy_collect_task_read(shy_collection *collection, int index);
/**
 * The searches of finished results in `directory`. *state_out: DONE, MISSING (there are none) or DAMAGED, then *detail_out says how (owned).
 */
shy_status shy_collect_results(shy_collection *collection, int task, const char *directory, shy_task_state *state_out, char **detail_out);
void shy_collect_search_free(shy_collect_search *search);
/** Outcome and samples of a configuration as one text. Owned. */
shy_status shy_collect_asked(const shy_config *config, char **text_out);
const char *shy_collect_fact_name(int fact); /* NULL after the last */

/** Groups, fronts, and p for all searches of a group. */
shy_status shy_collect_join(shy_collection *collection);
bool shy_collect_larger_is_better(const char *metric);
/** p of `count` searches by Holm's step-down method, of which the best `known` are given; in the order given. NaN stays NaN. */
shy_status shy_collect_holm(const double *p, int known, int count, double *adjusted_out);

/** collected.tsv, front.tsv, collected.json. */
shy_status shy_collect_write(const shy_collection *collection, const char *directory);
shy_status shy_collect_print(const shy_collection *collection, FILE *stream);

#endif
