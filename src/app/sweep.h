/** sweep: many configurations from one file: what varies, the tasks that follow, what they need, and the directory of a job array. */
#ifndef SHIHYO_APP_SWEEP_H
#define SHIHYO_APP_SWEEP_H

#include "app/config.h"
#include "shihyo/par.h"

#define SHY_SWEEP_MAX 9999 /* tasks */
#define SHY_SWEEP_DIGITS 4 /* of their numbers in names of files */

/** Some keys with values: one of the alternatives of a line of `grid`, or one item of `list`. */
typedef struct {
    char *name;             /* as it stands in the file: a key or a section */
    char *where;            /* "sweep.yaml:7:12" */
    shy_config values;      /* of the keys that are present */
    bool present[SHY_KEYS];
} shy_sweep_change;

typedef struct {
    shy_sweep_change *change;
    int count;
} shy_sweep_changes;

/** What the job array asks of Slurm. Texts owned; NULL: not given. */
typedef struct {
    int ntasks, nodes, limit, requeue; /* ranks of a task; 0: not said; tasks at a time, 0: all; how often a task goes back to the queue */
    uint64_t memory;                   /* bytes per rank; 0: as planned */
    int64_t seconds;                   /* 0: as planned */
    char *partition, *account, *launch;
    char **option, **command;          /* further #SBATCH options; lines of the shell before the search */
    int options, commands;
} shy_sweep_job;

/** A file of a sweep as read. Starts as {0}. */
typedef struct {
    const char *path; /* borrowed */
    shy_config *base; /* with --set; output as the default */
    shy_sweep_changes *axis, *point; /* lines of the grid: alternatives; items of the list: what all of it sets */
    int axes, points;
    char *name;       /* template, or NULL */
    shy_sweep_job job;
} shy_sweep;

typedef struct {
    char *name;
    char *yaml;   /* the effective configuration, with the output left at its default: what makes a task the one it is */
    char **value; /* [keys of the tasks]: of what varies, as text */
    double bytes, seconds; /* as planned: per rank, of one rank; NaN: not planned */
} shy_sweep_task;

typedef struct {
    shy_sweep_task *task;
    int count;
    int key[SHY_KEYS], keys; /* what varies, in the order of the file */
} shy_sweep_tasks;

/**
 * Reads YAML text: base, grid, list, name, job. `set`: assignments to the base. Every value is judged here: SHY_INPUT with its position in the
 * file, the first task that has it, the key and the value. Not collective.
 */
shy_status shy_sweep_read(const char *path, const char *text, size_t length, const char *const *set, int set_count, shy_sweep *sweep_out);
void shy_sweep_free(shy_sweep *sweep);
/** The section `job`. */
shy_status shy_sweep_read_job(const char *path, void *document, const void *node, shy_sweep_job *job_out);
void shy_sweep_job_free(shy_sweep_job *job);
/** Seconds of "90", "1:30:00", "2-12:00:00" as sbatch reads them (the first is minutes); false if it is no such time. */
bool shy_sweep_time_parse(const char *text, int64_t *seconds_out);

/**
 * A value of YAML as the document of a configuration, "{grammar: {max_complexity: 5}}"; aliases are written out. `name` NULL: the node is that
 * document itself. Owned.
 */
shy_status shy_sweep_snippet(void *document, const void *node, const char *name, const char *where, char **yaml_out);

/**
 * The tasks: for each item of the list (the first slowest) all combinations of the grid, whose last line varies fastest. SHY_INPUT if there are too
 * many, if two have the same configuration or the same name, or one is not valid. Not collective.
 */
shy_status shy_sweep_expand(const shy_sweep *sweep, shy_sweep_tasks *tasks_out);
void shy_sweep_tasks_free(shy_sweep_tasks *tasks);
/** Name (unless it has one), values and text of task `index` with this configuration, which is checked. */
shy_status shy_sweep_fill(const shy_sweep *sweep, const shy_sweep_tasks *tasks, int index, const shy_config *config, shy_sweep_task *task);
/** SHY_INPUT if two tasks have the same configuration or the same name. */
shy_status shy_sweep_check(const shy_sweep *sweep, const shy_sweep_tasks *tasks);
/** A value as one line: "5", "[a, b]", items with commas or blanks at the ends in quotes. Owned. */
shy_status shy_sweep_value_text(const shy_value *value, char **text_out);
/** The effective configuration without its output: equal texts are equal tasks. Owned. */
shy_status shy_sweep_identity(const shy_config *config, char **yaml_out);

/** What was planned for all tasks, and what is asked of Slurm for each. */
typedef struct {
    double bytes, seconds;         /* the largest, as planned: per rank; of one rank */
    double bytes_least, seconds_least;
    int planned, different;        /* plans made, of so many different ones */
    uint64_t budget;               /* parallel.memory that the tasks are given; 0: they say it themselves */
    uint64_t request;              /* bytes per rank, with a margin */
    int64_t limit;                 /* seconds, likewise */
} shy_sweep_needs;

/** Plans tasks as `search --plan` does; tasks that differ in their seed alone are planned once. Fills the tasks. Collective. */
shy_status shy_sweep_plan(const shy_sweep *sweep, shy_sweep_tasks *tasks, bool speaks, shy_sweep_needs *needs_out);
/** From the plan to what is asked for. */
void shy_sweep_ask(const shy_sweep_job *job, shy_sweep_needs *needs);
/** "00:15:00", "1-02:00:00". `out` holds 32 bytes. Returns out. */
char *shy_sweep_time(int64_t seconds, char *out);
shy_status shy_sweep_print(const shy_sweep *sweep, const shy_sweep_tasks *tasks, const shy_sweep_needs *needs, FILE *stream);

/** Where a sweep is written. Texts owned. */
typedef struct {
    char *directory; /* absolute */
    char *here;      /* where relative paths start */
    char *program;
    int first;       /* task that is new, from 0: those before it are there */
    bool present;    /* it holds a sweep already */
} shy_sweep_place;

/** Not collective. SHY_INPUT if there is something else in that directory. */
shy_status shy_sweep_place_find(const char *directory, shy_sweep_place *place_out);
void shy_sweep_place_free(shy_sweep_place *place);
/**
 * Compares with the sweep that is there: sets place->first, to the number of tasks if nothing is new. With `extend` what is there stays, and `tasks` become what
 * is there and then the new ones; otherwise a difference is SHY_INPUT that names it.
 */
shy_status shy_sweep_compare(const shy_sweep *sweep, bool extend, shy_sweep_place *place, shy_sweep_tasks *tasks);
/**
 * Writes configurations, script and, last, tasks.tsv, without which a directory is no sweep. What is there of another sweep has to be agreed with
 * before; its runs go aside, to runs.1. `text`: the file of the sweep, kept as sweep.yaml.
 */
shy_status shy_sweep_write(const shy_sweep *sweep, const shy_sweep_tasks *tasks, const shy_sweep_needs *needs, const shy_sweep_place *place,
                           const char *text);
/** "DIR/tasks/0007.yaml" of the task with index 6, "DIR/runs/0007": owned. */
shy_status shy_sweep_path(const char *directory, const char *kind, int index, const char *end, char **path_out);

/** A tab-separated file with headings, as tasks.tsv is. Starts as {0}. */
typedef struct {
    char *text;   /* of all cells */
    char **cell;  /* [(rows + 1) × columns]: the headings first */
    int rows, columns;
} shy_tsv;
shy_status shy_tsv_read(const char *path, shy_tsv *tsv_out); /* SHY_IO, SHY_INPUT */
void shy_tsv_free(shy_tsv *tsv);
const char *shy_tsv_cell(const shy_tsv *tsv, int row, int column); /* row −1: the heading */
int shy_tsv_column(const shy_tsv *tsv, const char *heading);       /* −1: none */

/** The script of the job array. Owned. */
shy_status shy_sweep_script(const shy_sweep *sweep, const shy_sweep_tasks *tasks, const shy_sweep_needs *needs, const shy_sweep_place *place,
                            char **text_out);
/** In quotes, where the shell needs them. Owned. */
shy_status shy_shell_word(const char *text, char **word_out);

#endif
