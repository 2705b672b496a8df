/* What the files of the comparison share: baselines from texts and columns, contenders, net benefit. */
#ifndef SHY_ASSESS_VERSUS_H
#define SHY_ASSESS_VERSUS_H

#include "metrics.h"
#include "references.h"

/* ---- baselines (baselines.c) ---------------------------------------------------------------------------------------------- */

/*
 * Before a long search: can all baselines be read and computed? SHY_INPUT, naming the baseline, for what is no formula, columns that there are not (with the
 * nearest name), that hold texts, that have hardly a value among the samples in use or always the same. Collective over the world.
 */
shy_status shy_baselines_check(const shy_problem *problem, const shy_assess_options *options);
/* What it is called, borrowed. */
const char *shy_baseline_name(const shy_baseline *baseline);
/* values_out: over my rows, NaN where a column that it needs is missing or it is not defined. May fail on one rank alone; not collective. */
shy_status shy_baseline_values(const shy_problem *problem, const shy_baseline *baseline, double *values_out);
/* My rows of a column of the cohort as numbers, NaN where it is missing. As above. */
shy_status shy_column_values(const shy_problem *problem, int64_t column, double *values_out);

/* ---- contenders (contenders.c) ----------------------------------------------------------------------------------------------- */

typedef enum { SHY_CONTENDER_BASELINE, SHY_CONTENDER_SINGLE, SHY_CONTENDER_ELASTIC, SHY_CONTENDER_ELASTIC_LOG, SHY_CONTENDER_COVARIATES } shy_contender_kind;

/* Does the chosen formula add to it, on all samples? NaN, df 0: not asked, or it is the same formula. */
typedef struct {
    double chi2, p;
    int df;
    bool penalised; /* a fit was Firth's */
} shy_ratio;

/* Rank 0 has predictions; elsewhere they are NULL. */
typedef struct {
    shy_contender_kind kind;
    char *name, *formula; /* owned; NULL: none */
    double apparent;
    shy_held_out held;
    uint64_t samples, left_out; /* that take part; that have no value of it */
    shy_ratio ratio;
    const shy_net_summary *net; /* [sets + 1]; borrowed from the references; NULL: no net */
} shy_contender;

typedef struct {
    int count;
    shy_contender *contender;
    shy_references references;
} shy_contenders;

/* Baselines, then reference lines if the options ask for them. Collective over the world. */
shy_status shy_contenders_create(const shy_assessment *a, shy_contenders *contenders_out);
void shy_contenders_free(shy_contenders *contenders);

/* ---- differences (differences.c) ---------------------------------------------------------------------------------------------------- */

/*
 * Of the chosen formula less each contender, on held-out samples: on rank 0 [all->count], elsewhere zeroes. cluster: as of shy_compare, rank 0. Collective over
 * the world.
 */
shy_status shy_differences_create(const shy_assessment *a, const shy_contenders *all, const int32_t *cluster, shy_difference **differences_out);

/* ---- decision curves (decision.c) ----------------------------------------------------------------------------------------------- */

/* Adds `decision_curve` (Vickers & Elkin 2006) where the outcome is binary. Rank 0. */
shy_status shy_decision_record(const shy_assessment *a, const shy_contenders *all, shy_record *versus);

#endif
