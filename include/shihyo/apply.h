/**
 * apply: the formulas of a finished run applied to patients, of the same cohort or of others.
 *
 * Floor 7. Reads results; nothing here is collective.
 */
#ifndef SHIHYO_APPLY_H
#define SHIHYO_APPLY_H

#include "shihyo/report.h"
#include "shihyo/search.h"

/** A factor or covariate as the run made it, and where it is in the other cohort. Texts owned. */
typedef struct {
    char *name, *column, *unit;
    shy_kind column_kind;
    shy_derivation how;     /* `pooled` is owned by `ones` */
    uint8_t *ones;
    char **level;           /* [how.levels]: of the column in the run */
    double seen_low, seen_high; /* of its values in the run; NaN: not known */
    /* in the other cohort */
    int64_t index;          /* −1: it has no such column */
    double *coded;          /* [levels of the column there]: the value that the run gives each; NULL: values are numbers on both sides */
    double *value;          /* over my rows, NaN where there is none */
    uint8_t *outside;       /* over my rows: beyond what the run saw */
} shy_input;

/** A formula of the front, its model as it stands. Owned. */
typedef struct {
    int complexity;
    char *text;
    shy_tree tree;          /* over the factors of the run */
    double intercept, slope, interaction;
    double *beside;         /* [covariates]: coefficients */
    double *predictor;      /* over my rows; NULL: it cannot be computed, a column is missing */
} shy_model;

/** A finished search: what front.json and run.json say of one target. Owned. */
typedef struct {
    char *name;             /* of the target, "" for the only one */
    char *outcome, *outcome_kind, *outcome_unit, *positive; /* positive "" if none */
    char *configuration;    /* YAML */
    double outcome_mean;    /* NaN if it is not known */
    bool interacts;         /* with the first covariate */
    double treatment_mean;
    int factors, covariates, models;
    shy_input *factor, *covariate;
    shy_model *model;
} shy_finished;

/** The searches of a directory of results, one for each target. SHY_IO, SHY_INPUT. Not collective. */
shy_status shy_finished_read(const char *directory, shy_finished **finished_out, int *count_out);
void shy_finished_free(shy_finished **finished, int count);

/**
 * Finds the columns of the inputs in the other cohort: sets `index` and `coded`. SHY_INPUT: a unit that is another one, or values that cannot be
 * those of the run. Notes units that are not known (may be NULL). Not collective; the same on all ranks.
 */
shy_status shy_inputs_find(shy_finished *finished, const shy_cohort *cohort, const char *place, shy_record *notes);
/** Values of the inputs and predictions of the models over my rows. Not collective. */
shy_status shy_models_predict(shy_finished *finished, const shy_problem *problem, shy_cohort *cohort);
/**
 * Adds complexity and formula, `missing_columns` if there are, else how many of the samples (of my rows, which are all) lack a value, have one for which
 * the formula is not defined, or one outside of those that the run saw. Not collective.
 */
shy_status shy_model_record(const shy_finished *finished, const shy_model *model, int rows, shy_record *record);

#endif
