/**
 * apply: the formulas of a finished run applied to patients, of the same cohort or of others.
 *
 * Floor 7. Reads results (front.json, run.json; doc/results.md); nothing here is collective. A model of the front says
 *
 *     link(outcome) = score = intercept + slope · formula + Σ beside[k] · covariate[k] + interaction · (covariate[0] − treatment_mean) · formula
 *
 * Factors and covariates are *inputs*: each is made from one column by a derivation, in units as the run had them. A missing value is NaN everywhere.
 */
#ifndef SHIHYO_APPLY_H
#define SHIHYO_APPLY_H

#include "shihyo/report.h"
#include "shihyo/search.h"

/* ---- a finished run ----------------------------------------------------------------------------------------------------- */

/** What became of a value on its way from the column to the input: bits. */
typedef enum {
    SHY_MARK_MISSING = 1,     /* there is none, and nothing counts instead */
    SHY_MARK_FILLED = 2,      /* there is none; the run's fill counts instead */
    SHY_MARK_IMPLAUSIBLE = 4, /* beyond the plausible range of the run: counts as missing */
    SHY_MARK_BELOW = 8,       /* below everything that the run saw */
    SHY_MARK_ABOVE = 16,
    SHY_MARK_UNSEEN = 32      /* a level that the run did not see */
} shy_mark;

/** A factor or covariate as the run made it, and where it is in the other cohort. Texts owned. */
typedef struct {
    char *name, *column, *unit; /* the unit is the column's: "" if unknown */
    shy_kind column_kind;
    shy_derivation how;     /* `pooled` is owned by `ones` */
    uint8_t *ones;          /* [how.levels]: of an indicator: the level counts as 1 */
    char **level;           /* [how.levels]: of the column in the run */
    double seen_low, seen_high; /* of its values in the run, as far as they may be told; NaN: not known */
    double typical;         /* its (lower) median in the run, to three digits; NaN: not known */
    /* in the other cohort */
    int64_t index;          /* −1: it has no such column */
    double *coded;          /* [levels of the column there]: the value that the run gives each; NULL: values are numbers on both sides */
    double *value;          /* over my rows, NaN where there is none */
    uint8_t *outside;       /* over my rows: beyond what the run saw */
} shy_input;

/** A formula of the front, its model as it stands. Owned. */
typedef struct {
    int complexity;
    char *text;             /* constants as shortest exact numbers */
    char *unit;             /* of the formula's value, "" if unknown */
    shy_tree tree;          /* over the factors of the run */
    double intercept, slope, interaction; /* intercept 0 where the link has none; interaction 0 where there is none */
    double slope_error;     /* NaN: not known */
    double *beside;         /* [covariates]: coefficients, NaN if not known */
    int thresholds_count;   /* ordinal: levels − 1; else 0 */
    double *thresholds;     /* ascending: P(outcome <= level j) = 1 / (1 + exp(−(thresholds[j] − score))) */
    char *rounded;          /* the formula with simple constants; NULL: there is none */
    shy_tree rounded_tree;
    double rounded_intercept, rounded_slope; /* what stands beside it; NaN and NULL where front.json does not say */
    double *rounded_beside, *rounded_thresholds;
    double *predictor;      /* score over my rows; NULL: it cannot be computed, a column is missing */
} shy_model;

/** What the score is. */
typedef enum {
    SHY_LINK_IDENTITY,        /* continuous: the outcome, in its unit */
    SHY_LINK_LOGIT,           /* binary: the log-odds of `positive` */
    SHY_LINK_LOG,             /* count: the log of the rate per unit of exposure */
    SHY_LINK_CUMULATIVE_LOGIT, /* ordinal: the log-odds of being above a level, plus the threshold of that level */
    SHY_LINK_LOG_HAZARD,      /* survival: log hazard ratio, without a baseline hazard */
    SHY_LINK_LOG_ODDS         /* matched: log odds ratio, without the sets' intercepts */
} shy_link;

/** A finished search: what front.json and run.json say of one target. Owned. */
typedef struct {
    char *name;             /* of the target, "" for the only one */
    char *outcome, *outcome_kind, *outcome_unit, *positive; /* positive "" if none */
    shy_link link;
    char *configuration;    /* YAML */
    double outcome_mean;    /* NaN if it is not known */
    bool interacts;         /* with the first covariate */
    double treatment_mean;
    int factors, covariates, models;
    shy_input *factor, *covariate; /* those of the front's formulas */
    shy_model *model;       /* the front, simplest first; there may be none */
    int chosen;             /* the formula that nested validation chose, else the last; −1: the front is empty */
} shy_finished;

/** The searches of a directory of results, one for each target. SHY_IO, SHY_INPUT. */
shy_status shy_finished_read(const char *directory, shy_finished **finished_out, int *count_out);
void shy_finished_free(shy_finished **finished, int count);
/**
 * Which formula is meant. target: a name, or NULL, which is enough where there is one; number: place on the front, from 1, or 0 for the chosen one.
 * SHY_INPUT, with what there is, if there is none such, or if its coefficients were not released (slope NaN, constants NaN). *target_out and *model_out count from 0.
 */
shy_status shy_finished_choose(const shy_finished *finished, int count, const char *target, int number, int *target_out, int *model_out);
/** From now on the model is the one of its rounded formula. SHY_INPUT: it has none, or its covariates or thresholds are not known. */
shy_status shy_model_round(const shy_finished *finished, shy_model *model);

/* ---- one patient ---------------------------------------------------------------------------------------------------------- */

#define SHY_LEVEL_UNSEEN (-2.0) /* the number of a level that the run has not seen */

bool shy_kind_has_levels(shy_kind kind);
/** The number that the run gives a level of the input's column: 0, 1, …, or SHY_LEVEL_UNSEEN. "1.0" is the level "1" unless there is a level "1.0". */
double shy_input_level(const shy_input *input, const char *text);
/** The input's value from that of its column: a number, or the number of a level. marks_out (may be NULL): what became of it. Cannot fail. */
double shy_input_derive(const shy_input *input, double value, unsigned *marks_out);
bool shy_model_uses(const shy_model *model, int factor);
/** Its coefficient is not 0, or it is the treatment. What the run dropped need not be there. */
bool shy_model_needs(const shy_finished *finished, const shy_model *model, int covariate);
/** The value of the formula alone, NaN where it or a step of it is not a finite number. factor[factors]: those that it does not use may be anything. */
double shy_model_formula(const shy_model *model, const double *factor);
/** The score of a patient whose formula has that value; NaN if it is none. covariate[covariates]. */
double shy_model_score(const shy_finished *finished, const shy_model *model, double formula, const double *covariate);
/**
 * The prediction on the outcome's scale: the outcome, the probability of `positive`, the rate per unit of exposure, the mean number of the level; a ratio
 * to exp(−baseline) of hazards or odds: exp(score − baseline), baseline being the score of whom one compares with.
 */
double shy_model_mean(const shy_finished *finished, const shy_model *model, double score, double baseline);
/** Ordinal: the probability of level j of thresholds_count + 1. */
double shy_model_probability(const shy_model *model, double score, int level);

/** A typical patient: `typical` of each input, else its fill, NaN where neither is known. factor[factors], covariate[covariates]. False: some of what the model needs is not known. */
bool shy_model_typical(const shy_finished *finished, const shy_model *model, double *factor, double *covariate);

#define SHY_EXPLAINED_MOST 16 /* columns of a formula that can be explained */

/** What one column does to the score of a patient. */
typedef struct {
    const char *column;  /* borrowed from the run */
    double contribution; /* NaN: see shy_model_explain */
} shy_contribution;

typedef struct {
    int count;                /* columns that the model needs, in the order of the formula, then covariates */
    shy_contribution *column; /* owned */
    double formula, score, typical_formula, typical_score;
} shy_explanation;

/**
 * How the columns of the model make up the difference between the score of a patient and that of a typical one: Shapley values (Shapley, 1953) of the game whose players are the
 * columns, a coalition having the score of someone with its values and everybody else's typical ones (baseline Shapley; Sundararajan and Najmi, ICML 2020). Exact, all 2^n
 * coalitions; they add up to score − typical_score; of a sum of terms with a column each, each term's difference. Inputs made from one column (levels of it) change together. NaN where the formula is
 * not defined for some coalition. SHY_INPUT: what is typical is not known; more than SHY_EXPLAINED_MOST columns. 2^n · n steps.
 */
shy_status shy_model_explain(const shy_finished *finished, const shy_model *model, const double *factor, const double *covariate, shy_explanation *explanation_out);
void shy_explanation_free(shy_explanation *explanation); /* not the struct */

/* ---- tables of patients, row by row ---------------------------------------------------------------------------------------- */

/** One patient: what the model makes of the row. Borrowed, until the next. */
typedef struct {
    uint64_t row, line;      /* of data: 1, 2, …; of the file */
    const char *id;          /* the cell of the identifier column as it stands; "" if none was asked for */
    const double *factor, *covariate; /* values of the inputs; those that the model does not need are NaN */
    const unsigned *mark;    /* [factors + covariates]: bits of shy_mark */
    double formula, score;   /* NaN: cannot be computed */
} shy_patient;

typedef struct shy_patients shy_patients;
typedef shy_status shy_patient_taker(void *context, const shy_patient *patient);

/**
 * The columns that the model needs in a CSV or TSV table (gzip allowed), read as the import reads it. identifier: a column, or NULL. missing: codes besides the usual ones.
 * All are borrowed. SHY_INPUT: columns that are not there, a unit that is another one. Notes units that are not known (may be NULL). SHY_IO.
 */
shy_status shy_patients_open(const shy_finished *finished, const shy_model *model, const char *path, const char *identifier, const char *const *missing,
                             int missing_count, shy_record *notes, shy_patients **patients_out);
void shy_patients_close(shy_patients **patients);
/** Every row in its order, in memory that does not grow with the file. SHY_INPUT: a value that the run's column cannot have (row, line, column, value). */
shy_status shy_patients_visit(shy_patients *patients, shy_patient_taker *take, void *context);

/* ---- other cohorts ---------------------------------------------------------------------------------------------------------- */

/**
 * Finds the columns of the inputs in the other cohort: sets `index` and `coded`. SHY_INPUT: a unit that is another one, or values that cannot be
 * those of the run. Notes units that are not known (may be NULL). Not collective; the same on all ranks.
 */
shy_status shy_inputs_find(shy_finished *finished, const shy_cohort *cohort, const char *place, shy_record *notes);
/** SHY_INPUT unless the unit that `column` has in `place` is that of the input, or one of the two is not known: *known_out. */
shy_status shy_input_check_unit(const shy_input *input, const char *unit, const char *place, bool *known_out);
/** A value of the other cohort's column as the run codes it, for shy_input_derive. Cannot fail. */
double shy_input_code(const shy_input *input, double value);
/** Values of the inputs and predictions of the models over my rows. Not collective. */
shy_status shy_models_predict(shy_finished *finished, const shy_problem *problem, shy_cohort *cohort);
/**
 * Adds complexity and formula, `missing_columns` if there are, else how many of the samples (of my rows, which are all) lack a value, have one for which
 * the formula is not defined, or one outside of those that the run saw. Not collective.
 */
shy_status shy_model_record(const shy_finished *finished, const shy_model *model, int rows, shy_record *record);

#endif
