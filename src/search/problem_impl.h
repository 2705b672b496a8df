/** What the files that load a problem share: the loading in progress, and its steps. */
#ifndef SHIHYO_SEARCH_PROBLEM_IMPL_H
#define SHIHYO_SEARCH_PROBLEM_IMPL_H

#include "shihyo/search.h"

#define SHY_SAMPLES_LEAST 10

/** What a column is to the outcome. */
enum shy_role {
    SHY_ROLE_OUTCOME, /* one, or several that are explained one by one */
    SHY_ROLE_TIME,
    SHY_ROLE_EVENT,
    SHY_ROLE_ENTRY,
    SHY_ROLE_EXPOSURE,
    SHY_ROLE_WEIGHT,
    SHY_ROLE_SET,
    SHY_ROLE_STRATUM,
    SHY_ROLE_TREATMENT, /* what formulas interact with; the first of the covariates of the models */
    SHY_ROLE_COVARIATE
};

/** A column that the outcome is made of. */
struct shy_part {
    enum shy_role role;
    int64_t column;   /* of the cohort */
    uint64_t missing; /* in the rows that the filter keeps; of a covariate: among the candidates */
    double value[2];  /* what stands for 0 and for 1, where y is 0/1; of an event: what counts is value[1] */
    char *positive;   /* the name of value[1]; owned */
};

/** Columns over my rows that the targets share, no NaN among them; what there is not is NULL. All owned. */
struct shy_design {
    double *time, *entry, *exposure, *weight;
    double *event; /* 0/1 */
    int32_t *stratum;
    int strata;
    double **covariate;
    char **covariate_name;
    shy_covariate_source *source; /* [covariates] */
    int covariates;    /* the treatment of an interaction first */
    bool interaction;
};

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
    uint64_t missing, outside; /* values that are missing, those outside the range included; not counted of columns that are taken as they are */
    int first_level, levels;   /* number of samples of each level: l->level_count[first_level + level]; only of categorical columns */
    int32_t column;
    uint8_t method;            /* shy_missing */
    bool ordered, winsorised, ranged;
    int pooled, dropped;       /* levels that are pooled, and left out, because they are rare */
};

/**
 * A loading. The rows of the cohort are looked through in slices, one per row block: which of them the filter keeps,
 * which of these have what the outcome is made of (the candidates), and which of these have all factors in use (the samples). The
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

    struct shy_part *part;   /* what the outcome is made of, covariates last; owned */
    int parts, covariates;   /* in all; those that are covariates */
    char *label;             /* how messages call the outcome; owned */
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
    uint8_t *candidate;               /* [slice_rows]: has what the outcome is made of; owned */
    uint8_t *lacks;                   /* [slice_rows]: 1 if a factor in use is missing; owned */
    uint64_t candidates, samples;     /* in all slices */
    uint64_t without_covariates;      /* samples left out because they lack one */
    double *sample;                   /* [samples]: their rows in the cohort, ascending, complete on each rank; owned */
    double *panel;                    /* columns as they were read; owned */
    uint64_t panel_size;              /* values it has room for */
    int panel_columns;                /* of the factors that are looked through at a time; the same on all ranks */
};

/**
 * Rows of a run: of `total` alone, since sums over runs are to come out the same however the runs are dealt. Cannot
 * fail.
 */
int shy_run_rows(uint64_t total);

/** My samples of a column of the cohort. Collective over the world. */
shy_status shy_loading_values(struct shy_loading *l, int64_t column, double *values);

/* ---- problem_roles.c ------------------------------------------------------------------------------------------- */

/** Which columns the outcome is made of: sets part, label, the targets and their ops. Not collective; the same on all ranks. */
shy_status shy_loading_roles(struct shy_loading *l);
/** The part that a column is; NULL if none. Cannot fail. */
struct shy_part *shy_loading_part(const struct shy_loading *l, int64_t column);
/** The k-th part with a role; NULL if there are not so many. Cannot fail. */
struct shy_part *shy_loading_role(const struct shy_loading *l, enum shy_role role, int k);
int shy_loading_roles_count(const struct shy_loading *l, enum shy_role role);
/** What a role is called in a sentence ("follow-up time"), and its key ("outcome.time"). */
const char *shy_role_name(enum shy_role role);
const char *shy_role_key(enum shy_role role);

/* ---- problem_select.c ------------------------------------------------------------------------------------------ */

/** Finds the outcome and its kind, and the columns to be offered. Not collective; the same on all ranks. */
shy_status shy_loading_select(struct shy_loading *l);
/** SHY_INPUT: `what` "name" is not a column, with the nearest name. */
shy_status shy_loading_unknown(const struct shy_loading *l, const char *what, const char *name);
/** SHY_INPUT unless each pattern is a column or matches one. */
shy_status shy_loading_check_patterns(const struct shy_loading *l, const char *const *patterns, int count, const char *what);
/** Sets a bit of marks[column] for every column that is named or matched. */
void shy_loading_mark(const struct shy_loading *l, const char *const *patterns, int count, uint8_t bit, uint8_t *marks);

/* ---- problem_values.c ------------------------------------------------------------------------------------------ */

/**
 * Which of the rows that the filter keeps have what the outcome is made of, with values that it can have: sets candidate,
 * candidates, and each part's missing, value and positive. Collective over the world.
 */
shy_status shy_loading_candidates(struct shy_loading *l);

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

/** `*` is any text, `?` one character (of UTF-8). */
bool shy_name_matches(const char *pattern, const char *name);

/* ---- problem_outcome.c ----------------------------------------------------------------------------------------- */

/**
 * Up to three different values of a part among the candidates, from mine of this slice; then which of them is 1. Collective
 * over the group.
 */
shy_status shy_loading_levels(struct shy_loading *l, struct shy_part *part, const double *values);
/** Which value of the event column is the event. Not collective; the same on all ranks. */
shy_status shy_loading_event(struct shy_loading *l, struct shy_part *part);
/** The values of a part as 0 and 1, in place; NaN stays. Cannot fail. */
void shy_part_code(const struct shy_part *part, double *y, int rows);
/** A value as the user knows it: a level's name, or a number. `room` holds at least 32 bytes. */
const char *shy_value_name(const shy_column *column, double value, char *room);

/* ---- problem_ranks.c ------------------------------------------------------------------------------------------- */

/**
 * Replaces the values over my samples by their numbers among the different values of all samples, ascending; NaN stays NaN. The
 * values are owned by the caller afterwards. Collective over the group.
 */
shy_status shy_rank_values(const shy_rows *rows, double *values, double **distinct_out, int *count_out);

/* ---- problem_strata.c ------------------------------------------------------------------------------------------ */

/** design->stratum: the combinations of the parts with a role, numbered. Collective over the world. */
shy_status shy_loading_strata(struct shy_loading *l, enum shy_role role);
/** Notes what is of no use: strata without an event, sets without a case or a control; refuses if none is of use. Collective over the group. */
shy_status shy_loading_judge_strata(struct shy_loading *l, enum shy_role role, const double *y, const double *weight);

/* ---- problem_covariates.c -------------------------------------------------------------------------------------- */

/** design->covariate: numbers as they are, categories as indicators. Collective over the world. */
shy_status shy_loading_covariates(struct shy_loading *l);

/* ---- problem_horizons.c ---------------------------------------------------------------------------------------- */

/**
 * A horizon in the unit of a time column, from "1y", "36mo", "90d", "12w", "24h" or a plain number.
 * @param name_out  how it is called: "1y"; room for 48 bytes
 * SHY_INPUT: not a horizon, not > 0, or the column has no unit that it could be converted to. Not collective.
 */
shy_status shy_horizon_parse(const char *text, const shy_column *time, double *horizon_out, char *name_out);

/* ---- problem_survival.c ---------------------------------------------------------------------------------------- */

/** y and weight of a target that is a horizon, from the times and events of the design. Collective over the group. */
shy_status shy_loading_horizon(struct shy_loading *l, shy_target *target);

/* ---- problem_targets.c ----------------------------------------------------------------------------------------- */

/** Room and names for the targets. Not collective; the same on all ranks. */
shy_status shy_loading_name_targets(struct shy_loading *l);
/** Reads what the targets are made of, judges it, and tries each outcome. Collective over the world. */
shy_status shy_loading_targets(struct shy_loading *l);
void shy_problem_free_targets(shy_problem *problem);

/* ---- problem_scan.c -------------------------------------------------------------------------------------------- */

/** Filter and outcome: shy_loading_candidates of the rows that the filter keeps. Collective over the world. */
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

/** What was made from columns: filled, pooled, ordered, outside of ranges (problem_derived.c). Not collective. */
shy_status shy_loading_note_derived(const struct shy_loading *l);
/** What happened to rows and columns, in sentences. Not collective. */
shy_status shy_loading_notes(const struct shy_loading *l);
/** "a, b, c and 12 more" of `count` names, of which the first SHY_NAMES_LISTED are there; owned. */
#define SHY_NAMES_LISTED 8
shy_status shy_names_list(const char *const *names, int count, char **text_out);
/** SHY_INPUT with the reason, if there are too few samples or no factors. Not collective; the same on all ranks. */
shy_status shy_loading_judge(const struct shy_loading *l);

#endif
