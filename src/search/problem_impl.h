/** What the files that load a problem share: the loading in progress, and its steps. */
#ifndef SHIHYO_SEARCH_PROBLEM_IMPL_H
#define SHIHYO_SEARCH_PROBLEM_IMPL_H

#include "shihyo/search.h"

#define SHY_SAMPLES_LEAST 10
#define SHY_NAMES_LISTED 8

/** What became of a column that was offered as a factor. */
enum shy_fate { SHY_FATE_USED, SHY_FATE_EMPTY, SHY_FATE_CONSTANT, SHY_FATE_EXTREME, SHY_FATE_SPARSE };

struct shy_offer {
    uint64_t missing; /* among the candidates */
    int32_t column;   /* of the cohort */
    enum shy_fate fate;
    int32_t recipe;   /* of the problem; −1: the column as it is */
};

/** A factor that is made from a column. */
struct shy_recipe {
    shy_derivation how; /* fill and limits are known when the samples are */
    char *name;         /* owned; NULL: the column's */
    uint8_t *pooled;    /* what `how` borrows; owned */
    bool fills;         /* missing values get a fill */
    bool winsorised;
    bool counts;        /* its values are 0, 1, 2, …: its median is one of them */
};

/** A column that is offered, before factors are made of it: what is wanted, and what its values among the candidates are. */
struct shy_source {
    double lowest, highest;    /* plausible range */
    uint64_t missing, outside; /* values that are missing, those outside the range included */
    int first_level, levels;   /* number of samples of each level: l->level_count[first_level + level]; only of categorical columns */
    int32_t column;
    uint8_t method;            /* shy_missing */
    bool ordered, winsorised, ranged;
    int pooled, dropped;       /* levels that are pooled, and left out, because they are rare */
};

/**
 * A loading. The rows of the cohort are looked through in slices, one per row block: which of them the filter keeps,
 * which of these have the outcome (the candidates), and which of these have all factors in use (the samples). The
 * samples are then dealt to the row blocks in whole runs, and read.
 *
 *     cohort rows     ├── slice of block 0 ──┼── slice of block 1 ──┤
 *     flag            x o c c s s c o s s s c s o s s c c s x s s s s
 *     samples                 0 1     2 3 4   5   6 7     8   9 …
 *     x filtered out, o without the outcome, c candidate that lacks a factor, s sample
 */
struct shy_loading {
    const shy_team *team;
    shy_cohort *cohort;
    const shy_problem_options *options;
    const char *place;    /* how messages call the cohort */
    shy_problem *problem; /* what is being made; owned */

    int64_t outcome;         /* column of the cohort */
    struct shy_offer *offer; /* [offered], in the order of the cohort; owned */
    int offered;
    int32_t *aside; /* columns that only their kind keeps from being offered; owned */
    int aside_count;

    struct shy_source *source; /* [sources]: the columns offered, if anything but their values is wanted; owned */
    int sources;
    uint64_t *level_count; /* [level_counts]: see shy_source; owned */
    int level_counts;
    uint64_t rare;

    uint64_t slice_first, slice_rows; /* mine */
    uint8_t *candidate;               /* [slice_rows]: has the outcome; owned */
    uint8_t *lacks;                   /* [slice_rows]: 1 if a factor in use is missing; owned */
    uint64_t candidates, samples;     /* in all slices */
    double *sample;                   /* [samples]: their rows in the cohort, ascending, complete on each rank; owned */
    double *panel;                    /* columns as they were read; owned */
    uint64_t panel_size;              /* values it has room for */
    int panel_columns;                /* of the factors that are looked through at a time; the same on all ranks */

    double value[2]; /* binary outcome: what stands for 0 and for 1 */
};

/**
 * Rows of a run: of `total` alone, since sums over runs are to come out the same however the runs are dealt. Cannot
 * fail.
 */
int shy_run_rows(uint64_t total);

/* ---- problem_select.c ------------------------------------------------------------------------------------------ */

/** Finds the outcome and its kind, and the columns to be offered. Not collective; the same on all ranks. */
shy_status shy_loading_select(struct shy_loading *l);

/** marks[column] |= bit for all columns that a list names or matches. SHY_INPUT, `what` being the entry's role, where one does so with none. */
shy_status shy_loading_mark(const struct shy_loading *l, const char *const *patterns, int count, const char *what, uint8_t bit, uint8_t *marks);
/** Of one name, which is not a pattern: its column. SHY_INPUT with the nearest name if there is none. */
shy_status shy_loading_find(const struct shy_loading *l, const char *what, const char *name, int64_t *column_out);

/* ---- problem_derive.c, problem_census.c, problem_expand.c, problem_fill.c ------------------------------------------ */

/**
 * Puts what is made from the columns in the place of the columns: levels, fills, indicators. Nothing where columns are wanted as they are.
 * Collective over the world.
 */
shy_status shy_loading_derive(struct shy_loading *l);
/** Whether that has anything to do. The same on all ranks. */
bool shy_loading_derives(const struct shy_loading *l);
/** What the candidates have of each source. Each group looks through its share of the columns. Collective over the world. */
shy_status shy_loading_census(struct shy_loading *l);
/** The offers and recipes that the sources become. Not collective; the same on all ranks. */
shy_status shy_loading_expand(struct shy_loading *l);
/** Fills and limits of the factors in use, from the samples: rows of the cohort, mine. Collective over the world. */
shy_status shy_loading_fit(struct shy_loading *l, const uint64_t *row, uint64_t budget);
/** NULL where the offer is a column as it is. */
const struct shy_recipe *shy_loading_recipe(const struct shy_loading *l, const struct shy_offer *offer);
const char *shy_loading_name(const struct shy_loading *l, const struct shy_offer *offer);
void shy_recipes_free(shy_problem *problem);

/* ---- problem_outcome.c ----------------------------------------------------------------------------------------- */

/**
 * Up to three different values among the candidates, from mine of this slice; then which of them is 1. Collective
 * over the group.
 */
shy_status shy_loading_levels(struct shy_loading *l, const double *outcome);
/** The outcome's values as 0 and 1, in place. Cannot fail. */
void shy_loading_code(const struct shy_loading *l, double *y, int rows);

/* ---- problem_scan.c -------------------------------------------------------------------------------------------- */

/**
 * Filter and outcome: sets candidate and candidates, and what a binary outcome's values stand for. Collective over
 * the world.
 */
shy_status shy_loading_filter(struct shy_loading *l);
/**
 * Factors: counts what is missing, drops the empty and the constant, finds the samples. Each group looks through its
 * share of the factors. Collective over the world.
 */
shy_status shy_loading_complete(struct shy_loading *l);
/**
 * Reads columns of the cohort for rows first … first+rows−1 into l->panel, which grows as needed. Collective over the
 * world:
 * every rank asks for the same columns, each for rows of its own.
 */
shy_status shy_loading_read(struct shy_loading *l, const int64_t *columns, int count, uint64_t first, uint64_t rows);

/* ---- problem_notes.c ------------------------------------------------------------------------------------------- */

/** "a, b, c and 12 more" of `count` names, of which the first SHY_NAMES_LISTED are there; owned. */
shy_status shy_names_list(const char *const *names, int count, char **text_out);
/** What was made from columns: filled, pooled, ordered, outside of ranges (problem_derived.c). Not collective. */
shy_status shy_loading_note_derived(const struct shy_loading *l);
/** What happened to rows and columns, in sentences. Not collective. */
shy_status shy_loading_notes(const struct shy_loading *l);
/** SHY_INPUT with the reason, if there are too few samples or no factors. Not collective; the same on all ranks. */
shy_status shy_loading_judge(const struct shy_loading *l);

#endif
