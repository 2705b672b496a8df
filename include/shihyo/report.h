/**
 * report: what people read and programs parse. Results directory, tables.
 *
 * Floor 6. Written by rank 0 only; everything goes to temporaries in the directory and is renamed into place.
 */
#ifndef SHIHYO_REPORT_H
#define SHIHYO_REPORT_H

#include "shihyo/base.h"
#include "shihyo/model.h"

#define SHY_CONSTANTS_SHOWN 16
#define SHY_NOT_RELEASED UINT64_MAX /* a number of people that disclosure control keeps back */

/** One formula as people see it. All texts owned by the results. */
typedef struct {
    int complexity;
    char *formula;       /* with constants as shortest exact numbers; can be parsed back */
    char *formula_short; /* constants to 6 digits, for tables */
    int factors_count;
    char **factors; /* names, in order of first appearance */
    int constants_count;
    double constants[SHY_CONSTANTS_SHOWN]; /* the numbers in the formula, in order of appearance */
    double intercept, slope; /* outcome (or logit) = intercept + slope × formula */
    double slope_error;                    /* of the front only; 0: none */
    int beside_covariates, thresholds_count;
    double *beside;                        /* of the front only: coefficients of the covariates, then thresholds */
    double interaction, interaction_error; /* with the treatment: see shy_results */
    char *unit;              /* of the formula, "" if unknown */
    double statistic;        /* screening statistic, r² with the response, fp64 */
    double loss, likelihood_ratio;
    int summands;            /* formulas that it is a sum of */
    bool is_template;        /* one of the user's own formulas, with its constants fitted */
    double lost_chance;      /* that screening on a part of the samples loses a formula as good as this one */
    double metric[SHY_METRICS_MAX];
    char *rounded;           /* the formula with simple constants, or NULL; the following are of its refit */
    double rounded_intercept, rounded_slope, rounded_loss, rounded_metric[SHY_METRICS_MAX];
    double *rounded_beside;  /* as `beside`; NULL: not known */
    shy_imputed *imputed; /* refitted with missing values imputed; NULL: nothing was missing */
    shy_verdict verdict;
    uint64_t twins_count; /* all found */
    int twins_listed;     /* those named below */
    char **twins;
} shy_entry;

typedef struct {
    int complexity;
    uint64_t formulas; /* scored */
    int count;
    shy_entry *entry; /* best first */
} shy_level;

typedef struct {
    const char *version;
    char *target;  /* name of this search among several of a run; NULL: the only one */
    char *outcome; /* column */
    char *outcome_kind;
    char *outcome_unit;
    char *positive;                           /* level that counts as 1, or NULL */
    const char *const *metric_names;          /* NULL-terminated */
    bool larger_is_better;                    /* of the first metric */
    double null_metric[SHY_METRICS_MAX];      /* of the model without a formula */
    int covariates_count;
    char **covariates;                        /* names: in every model, the one without a formula included */
    char *treatment;      /* with which the formulas interact: the first covariate. NULL: searches for the outcome itself */
    double treatment_mean; /* outcome (or logit) = intercept + slope × formula + interaction × (treatment − mean) × formula */
    uint64_t n_cohort, n_filtered, n_samples; /* rows; after samples.where; complete and used */
    int factors_offered, factors_used;
    int notes_count;
    char **notes; /* sentences the user should read: dropped constant factors, missing values … */
    uint64_t n_formulas;
    uint64_t n_screened; /* samples of screening, if it was on a part of them; 0: on all, and nothing is said of chances */
    double lost_chance;  /* the largest on the front; NaN if it is empty */
    int levels;
    shy_level *level; /* ascending complexity; levels without formulas are present with count 0 */
    int front_count;
    int derived_count;
    char **derived_name, **derived_words; /* factors of the front that are not a column as it is, and what is done to make them */
    const shy_entry **front; /* borrowed from the levels, ascending complexity */
    shy_record *inputs;      /* what factors and covariates of the front's formulas are made from; NULL: not said. Owned */
    shy_record *assessment;  /* how far it can be believed, as of shy_assess_run; NULL: it was not looked at. Owned */
    shy_record *released;    /* `sdc`: the rule, `suppressed`: what it took away. NULL: nothing is said of it. Owned */
    shy_record *individual;  /* predictions for held-out samples one by one, for individual.h5; NULL: none is written. Owned */
    shy_record *performance; /* of the run, for run.json: doc/results.md; NULL: not measured. Owned */
    char *configuration;     /* effective, YAML */
    char *cohort_path, *cohort_sha256;
    uint64_t seed;
    int ranks, groups, row_blocks;
    double seconds, validation_seconds; /* of the search; of all that came after it, 0 if nothing did */
    int resumed;                                    /* how often this run was gone on with */
    uint64_t checkpoints;                           /* saved, all its parts together */
    double checkpoint_seconds;
    double idle_worst, idle_mean, scheduling_share; /* how well the ranks were kept busy: see doc/results.md */
    const char *precision;                          /* in which screening began */
    double times[9];                                /* plan, search, finish; operands, tiles, elements, candidates; peak, shared bytes */
    uint64_t screened[6];                           /* tiles, pairs, widened, flagged, refined, scored: see doc/results.md */
    char *hardware, *versions;
} shy_results;

void shy_results_free(
    shy_results *results); /* frees what it owns, not the struct; all of it becomes zero; accepts NULL */

/**
 * Reserves the directory: creates it (and those above it) if absent; refuses one that already holds results unless
 * overwrite; refuses an unwritable or full one, tried with a small file that is removed again. Leaves nothing behind when it
 * fails. SHY_IO / SHY_INPUT with one clear message. *created_out: how many directories this call made, the last of them
 * `directory`. Rank 0 only.
 */
shy_status shy_output_check(const char *directory, bool overwrite, int *created_out);
/** Gives directories back after a failure of the work: removes those that shy_output_check made, as far as they are empty. */
void shy_output_release(const char *directory, int created);
/** The results file that says the directory holds complete ones ("run.json"), or NULL. Not for a run that is under way: it may replace them. */
const char *shy_output_finished(const char *directory);
/** Removes what an interrupted run has left half-written, in the directory and in those of its targets. */
void shy_output_clean(const char *directory);

typedef struct shy_lock shy_lock;
/**
 * From now on the directory belongs to this run: SHY_INPUT, with who it is, if another one is at work in it, on whatever node. A lock whose run is dead is taken
 * over with a note: at once if its process was on this node or its job has been started again, else after two minutes without a sign of life. Rank 0 only.
 */
shy_status shy_output_lock(const char *directory, shy_lock **lock_out);
/**
 * `lost` is called once, in a thread of its own, when another run has taken the directory over: this one was suspended for minutes, or cut off from the file system.
 * It must write nothing there any more.
 */
void shy_output_watch(shy_lock *lock, void (*lost)(void *context), void *context);
void shy_output_unlock(shy_lock **lock); /* accepts NULL */
/** What run.json says of finished results (of the first of several targets): owned texts. SHY_IO, SHY_INPUT if they cannot be read. */
shy_status shy_finished_run(const char *directory, char **configuration_out, char **cohort_sha256_out);

/**
 * Writes results.h5, front.tsv, front.json, suppressed.json, run.json: each to a temporary, flushed to disk, then all renamed, run.json last.
 * On failure (disk full) the temporaries are removed and nothing that was there before is touched. Rank 0 only.
 */
shy_status shy_results_write(const shy_results *results, const char *directory);
/**
 * The same for several targets: a subdirectory for each, then factors.tsv and targets.json: which factors enter at which target. Rank 0 only.
 */
shy_status shy_targets_write(const shy_results *results, int count, const char *directory);
shy_status shy_targets_print(const shy_results *results, int count, FILE *stream);
#define SHY_SENTENCE_ROOM 512
/** What a reader must know of a search that was screened on a part of its samples, in a sentence. Chances are rounded up. Returns text. */
const char *shy_screening_sentence(uint64_t screened, uint64_t samples, double lost_chance, char text[SHY_SENTENCE_ROOM]);
/** The front as an aligned table with two sentences on how to read it. */
void shy_results_print_front(const shy_results *results, FILE *stream);
/** The same from the front.json of a finished run. complexity: 0 = the front, −1 = every list, else the list of that complexity. */
shy_status shy_show(const char *directory, int complexity, FILE *stream);

/* ---- formulas on another cohort --------------------------------------------------------------------------------------- */

/** SHY_INPUT if the file is there and may not be replaced. Rank 0 only, like all of these. */
shy_status shy_validation_check(const char *path, bool overwrite);
/** The record of a validation as JSON: to a temporary, flushed to disk, renamed. */
shy_status shy_validation_write(const shy_record *record, const char *path);
shy_status shy_validation_print(const shy_record *record, FILE *stream);

/** A text as a file, on the disk under another name before it gets its own: nobody ever sees half of it. SHY_IO. Not collective. */
shy_status shy_file_put(const char *directory, const char *name, const char *text);

/* ---- tables of texts, aligned when they are printed ---------------------------------------------------------------- */

#define SHY_TABLE_COLUMNS 24

/** Starts as {0}; a failure sticks and is returned by shy_table_print. */
typedef struct {
    int columns;
    const char *heading[SHY_TABLE_COLUMNS]; /* borrowed */
    bool right[SHY_TABLE_COLUMNS];
    char **cell; /* row by row, owned */
    size_t cells, room;
    shy_status status;
} shy_table;

void shy_table_column(shy_table *table, const char *heading, bool right);
void shy_table_cell(shy_table *table, const char *text); /* the next cell, row by row; control characters become '?' */
shy_status shy_table_print(const shy_table *table, FILE *stream);
void shy_table_free(shy_table *table);

/** Columns that a UTF-8 text takes on a terminal: wide East Asian characters two, combining marks none. */
int shy_text_width(const char *text);
/** Bytes of the well-formed UTF-8 character at `text`: 0 if there is none (overlong forms and surrogates are none), or it is the end. */
size_t shy_text_character(const char *text);
/** Makes a text of someone else's fit for a screen: bytes of control characters, and those that are not UTF-8, become '?'. */
void shy_text_tame(char *text);

#endif
