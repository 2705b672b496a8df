/**
 * model: outcomes. Each is a file behind one ops struct: null model → response column; exact refit → verdict, metrics.
 *
 * Floor 3.
 */
#ifndef SHIHYO_MODEL_H
#define SHIHYO_MODEL_H

#include "shihyo/base.h"
#include "shihyo/par.h"

#define SHY_BASIS_MAX 8       /* columns of a refit: those of a family, or the terms of a sum of formulas */
#define SHY_METRICS_MAX 12
#define SHY_COVARIATES_MAX 256
#define SHY_INTERACTION_TERMS (SHY_BASIS_MAX / 2) /* columns of a refit with interactions, each of which counts twice */

/**
 * FITTED: exact. SINGULAR: a column is constant or a combination of those before it; it has the coefficient 0 and the
 * others are fitted exactly. SEPARATED: the likelihood has no maximum (complete or quasi-separation); coefficients are
 * those of a finite fit close to its supremum. FIRTH: fitted by Firth's penalised likelihood, which always has a maximum, because of separation
 * or few events (binary: fewer than ten samples of the rarer class per slope, covariates counted; the null model likewise if it has covariates and
 * these with one column more are too many); finite and usable like FITTED, but the loss can be slightly above 1. DIVERGED: not fitted; the
 * null model, unless a fit came to a halt at finite coefficients.
 */
typedef enum { SHY_FITTED, SHY_SEPARATED, SHY_SINGULAR, SHY_DIVERGED, SHY_FIRTH } shy_verdict;
const char *shy_verdict_name(shy_verdict verdict); /* "fitted", "separated", … */

/** The rows this rank holds: complete runs of `run_rows` rows (the cohort's last run may be short), in order. */
typedef struct {
    const shy_team *team;
    uint64_t total;     /* samples of the whole cohort in use */
    uint64_t first;     /* my first sample */
    int rows;           /* my samples */
    int run_rows;       /* rows of a run; sums are partial sums per run, then shy_group_sum_runs */
    int runs;           /* my runs = ceil(rows / run_rows) */
} shy_rows;

/**
 * What an outcome is made of: values over my rows, no NaN among them. What a kind does not use is NULL or 0; what is NULL is so on all members
 * of the group, those without rows included. All borrowed; an outcome copies what it keeps.
 */
typedef struct {
    const char *column;                  /* how messages call the outcome */
    const double *y;                     /* number; 0/1; count; level 0 … levels−1; survival: event 0/1 */
    const double *time, *entry;          /* survival: follow-up ends at time > entry; entry NULL: all are seen from the start */
    const double *exposure;              /* counts: > 0; NULL: 1 */
    const double *weight;                /* of cases, >= 0; NULL: 1. Rows of weight 0 take no part, whatever else they hold */
    const int32_t *stratum;              /* strata (survival), matched sets (matched): 0 … strata−1; NULL: one */
    int strata, levels;
    int covariates;                      /* columns that every model contains besides the intercept */
    const double *const *covariate;
    const char *const *covariate_name;
    bool interaction;                    /* covariate[0] is a treatment: formulas are judged by their product with it, see shy_outcome_interact */
} shy_outcome_data;

/**
 * The metric of screening: what a formula z is compared with. Its statistic is
 *
 *     T = (Σ y z)² / (Σ w z̃² · Σ y²/w),     Σ w z̃² = Σ w z² − (Σ w z)²/n − Σ_k (Σ w q_k z)²/n
 *
 * z̃ being the part of z that the covariates do not explain in the w-metric: the score statistic of z in the null model, divided by a number
 * that is the same for all formulas (mathematics.md, 4). With `interaction` it is the score statistic of (treatment − mean) · z: y and w
 * have the treatment in them, and so have the q_k, one of which stands for the intercept; z's own slope is left out. Without weights and directions it is r². Over my rows:
 *     Σ w = n,  Σ y = 0,  Σ w q_k = 0,  Σ w q_j q_k = n·[j = k],  Σ y q_k = 0;   y = 0 where w = 0 (such rows count 0 in Σ y²/w)
 */
typedef struct {
    const double *response;              /* y */
    const double *weight;                /* w >= 0; NULL: all 1 */
    int directions;                      /* covariates that are left, K */
    const double *const *direction;      /* q_k */
} shy_metric;

typedef struct {
    shy_verdict verdict;
    int terms;                          /* basis columns */
    double intercept;                   /* 0 where the model has none (survival, matched, ordinal) */
    double coefficient[SHY_BASIS_MAX];  /* per basis column, on the scale of the basis columns as given */
    double error[SHY_BASIS_MAX];        /* their standard errors (inverse information); NaN if there is none */
    /* what the front minimises, 1 for the null model: 1 − R² within the null model's residuals (continuous), deviance / null deviance
     * (binary, count, ordinal), exp(−likelihood_ratio / events) (survival, matched) */
    double loss;
    double likelihood_ratio;            /* 2 (log likelihood − that of the null model); continuous: n·log(RSS0 / RSS) */
    double metric[SHY_METRICS_MAX];     /* in the order of ops->metric_names; with covariates those of the whole model */
} shy_fit;

typedef struct shy_outcome shy_outcome;

typedef struct {
    const char *name;                   /* "continuous", "binary": the value of outcome.kind */
    const char *help;
    /* NULL-terminated: {"r2", "rmse", NULL} with rmse = sqrt(RSS / n), {"auc", "deviance", "brier", NULL} */
    const char *const *metric_names;
    const char *headline;               /* what the first metric is, as a clause: "the AUC (auc), the chance that …" */
    const char *link;                   /* the left side of `… = intercept + slope * formula`, %s the outcome: "log-odds (%s)" */
    bool larger_is_better;              /* of the first metric, which is shown first */
    bool has_intercept;
    bool codes_levels;                  /* y is 0/1, from a column with two values (outcome.positive) */
    bool needs_time;                    /* time and event columns instead of y */
    /**
     * Checks the data, fits the null model (intercept and covariates). Collective over the group. Messages name the
     * column.
     */
    shy_status (*start)(shy_outcome *outcome);
    /** See shy_outcome_metric. The response; what is not orthogonal to 1 and the covariates is taken from it afterwards. */
    void (*response)(const shy_outcome *outcome, double *response);
    /**
     * The weights w of the metric, at any scale: what a row adds to the information in the null model, p̂(1 − p̂) times the case weight. NULL:
     * the case weights. Equal ones become NULL in the metric.
     */
    void (*information)(const shy_outcome *outcome, double *weight);
    /**
     * Exact maximum-likelihood (least-squares) refit of y on an intercept, the covariates and `terms` columns, basis[k] over my rows.
     */
    shy_status (*refit)(const shy_outcome *outcome, int terms, const double *const *basis, shy_fit *fit_out);
    /** See shy_outcome_residual. NULL: the kind has none yet. */
    void (*residual)(const shy_outcome *outcome, double *residual);
    void (*stop)(shy_outcome *outcome); /* frees what `state` points at, if more than its one block; may be NULL */
} shy_outcome_ops;

const shy_outcome_ops *shy_outcome_find(const char *kind);               /* NULL if unknown */
const shy_outcome_ops *const *shy_outcome_list(void);                    /* NULL-terminated registry */

/**
 * An outcome over my rows. Fits the null model. Covariates that are constant, or combinations of those before them, are dropped and noted.
 * Refuses (SHY_INPUT) a constant outcome.
 * For binary, y must be 0/1 already (the caller maps levels by outcome.positive); other values are SHY_INPUT.
 * Collective over the group. Owned.
 */
shy_status shy_outcome_create(const shy_outcome_ops *ops, const shy_outcome_data *data, const shy_rows *rows, shy_outcome **outcome_out);
void shy_outcome_destroy(shy_outcome **outcome);
const shy_outcome_ops *shy_outcome_kind(const shy_outcome *outcome);
/** What screening compares formulas with. Borrowed from the outcome. Not collective. */
const shy_metric *shy_outcome_metric(const shy_outcome *outcome);
/** The null model: terms 0, the metrics of the covariates alone. Borrowed. */
const shy_fit *shy_outcome_null(const shy_outcome *outcome);
/** Sentences on what was done to the covariates (dropped ones and why, how they are fitted), and on data that tell little. Borrowed. */
const char *const *shy_outcome_notes(const shy_outcome *outcome, int *count_out);
/**
 * After the last refit (after creation: of the null model): the coefficients of the covariates as given, 0 for dropped ones; the fit's
 * intercept belongs to them. NULL without covariates. Borrowed until the next refit. Not collective.
 */
const double *shy_outcome_covariates(const shy_outcome *outcome, int *count_out);
/**
 * Ordinal outcomes, after the last refit: theta_0 … theta_{levels−2} with P(y <= j) = 1 / (1 + exp(−(theta_j − predictor))), the predictor
 * being formula and covariates as given, without an intercept. NULL for other kinds. Borrowed until the next refit. Not collective.
 */
const double *shy_outcome_thresholds(const shy_outcome *outcome, int *count_out);
/**
 * Refit of one formula. Collective over the group (team->rows); sums in the fixed order of runs, so the result is the
 * same bit for bit for any number of row blocks. Data that cannot be fitted is a verdict, not an error. Agrees with R's
 * lm, glm and coxph to 1e-8. Basis columns may have wild scales and offsets (mean 1e6 × sd): centre and scale
 * inside.
 */
shy_status shy_outcome_refit(const shy_outcome *outcome, int terms, const double *const *basis, shy_fit *fit_out);
/** From now on refits need not measure more than the first metric; others may be NaN. Those of survival take most of the time of a refit. */
void shy_outcome_measure_first(shy_outcome *outcome);
/**
 * The same with the products of the basis columns with the centred treatment, for outcomes with `interaction`: coefficient[k] is of basis[k],
 * coefficient[terms + k] of (treatment − mean) · basis[k]; fit->terms is 2·terms <= 2·SHY_INTERACTION_TERMS. Metrics are those of the whole model;
 * loss and likelihood_ratio compare it with the model without the products: what the interaction adds. Collective over the group.
 */
shy_status shy_outcome_interact(const shy_outcome *outcome, int terms, const double *const *basis, shy_fit *fit_out);
/** The treatment less its (weighted) mean, over my rows; NULL for outcomes without `interaction`. Borrowed. Not collective. */
const double *shy_outcome_treatment(const shy_outcome *outcome, double *mean_out);
/**
 * After the last refit: residual[i] = −∂(−log likelihood)/∂η_i over my rows, η_i being the linear predictor: y − fitted (continuous, with the
 * case weight), y − p̂, the martingale residual. By the envelope theorem the derivative of the refitted −log likelihood by a parameter of a basis
 * column z is −Σ residual_i · coefficient · ∂z_i/∂θ (continuous: of RSS/2). After the verdict
 * FIRTH it is y − p̂ as well, and the derivative lacks what the penalty adds. Not collective.
 */
void shy_outcome_residual(const shy_outcome *outcome, double *residual);

/* ---- several imputed data sets ------------------------------------------------------------------------------------------- */

/** A number estimated on several imputed data sets, by Rubin's rules. */
typedef struct {
    int sets;
    double estimate, error;             /* mean over the sets; square root of within + (1 + 1/sets)·between */
    double within, between;             /* mean of the squared standard errors; variance of the estimates */
    double fmi;                         /* fraction of missing information: the share of what is not known because values are missing */
    double df;                          /* degrees of freedom (Barnard and Rubin, 1999) */
} shy_pooled;

/**
 * @param sets         at least 2
 * @param estimate     [sets]
 * @param variance     [sets]: squared standard errors
 * @param complete_df  degrees of freedom if nothing were missing: samples less parameters
 * Not collective. Cannot fail.
 */
void shy_pool(int sets, const double *estimate, const double *variance, double complete_df, shy_pooled *pooled_out);

/** A term of a formula on the data sets. */
typedef struct {
    char *text;
    shy_pooled pooled;
    double *coefficient, *error;        /* [sets] */
} shy_imputed_term;

/**
 * A formula refitted on imputed data sets: outcome or logit = intercept + the sum of coefficient·term, the first of which has the slope. Constants that
 * weight a part of a sum are refitted, too, so such a part is a term; constants within a term are as they were. All owned.
 */
typedef struct {
    int terms;
    shy_imputed_term term[SHY_BASIS_MAX];
    double intercept;                   /* means over the sets, as the metrics */
    double metric[SHY_METRICS_MAX];
    uint64_t missing;                   /* samples that lack a factor of the formula */
    int sets;                           /* those that could be fitted; with less than 2 nothing is pooled */
} shy_imputed;
void shy_imputed_free(shy_imputed **imputed);

/* ---- horizons: "dead within 3 years" as a binary outcome with weights ------------------------------------------------ */

/**
 * y = 1{T <= h, event} and the weights (inverse probability of censoring) by which those whose state at h is known stand for those
 * censored before: 1/Ĝ(T−) of deaths by h, 1/Ĝ(h−) of those still followed at h (time > h, or censored at h itself), 0 of those censored
 * before h. Ĝ is the Kaplan–Meier estimate of remaining uncensored over all samples, deaths before censorings at equal times. With
 * `entry` a sample is at risk from its entry on, and one that enters at h or later has weight 0. With these as case weights of a binary
 * outcome the AUC is Uno's cumulative/dynamic AUC(h), the Brier score the one weighted for censoring.
 *
 * @param time, event, entry  over my rows, entry may be NULL (on all members alike); read. time > entry, event 0 or 1
 * @param y_out, weight_out   over my rows; written
 * Collective over the group; the same bits for any number of row blocks. Refuses (SHY_INPUT) a horizon that nobody dies by, or that
 * nobody is followed up to.
 */
shy_status shy_horizon_weights(const shy_rows *rows, const double *time, const double *event, const double *entry, double horizon,
                               double *y_out, double *weight_out);
/* ---- statistics of follow-up on arrays: serial, of one rank -------------------------------------------------------------- */

/**
 * Follow-up of n samples, with the meaning of shy_outcome_data; event 0 or 1. All borrowed. time NULL: matched sets, `stratum` the set, event the case;
 * then entry is ignored. Samples of weight 0 take no part, whatever else they hold.
 */
typedef struct {
    size_t n;
    const double *time, *event, *entry, *weight;
    const int32_t *stratum;
} shy_followed;

/**
 * Harrell's concordance of a score within strata: i dies at t, j is at risk at t and lives beyond t or is censored at t; right is score_i > score_j,
 * equal scores count half, pairs weigh w_i w_j. NaN if no pair is comparable. No score is NaN. Not collective. Fails with SHY_MEMORY. O(n log n).
 */
shy_status shy_followed_concordance(const shy_followed *data, const double *score, double *concordance_out);

/**
 * Of each sample: the weight of the pairs that it is in, pairs_out[n], and of those of them that the score orders rightly, won_out[n], equal scores half. Their sums are
 * twice those of the concordance. Not collective. Fails with SHY_MEMORY. O(n log n).
 */
shy_status shy_followed_pairs(const shy_followed *data, const double *score, double *won_out, double *pairs_out);

/**
 * risk_out[n] = 1 − exp(−H(time)·exp(eta)), the chance of the event by then: H is Breslow's cumulative baseline hazard of the sample's stratum. Samples of weight 0
 * have a risk, too. Only with times. Not collective. Fails with SHY_MEMORY. O(n log n).
 */
shy_status shy_followed_risk(const shy_followed *data, const double *eta, double time, double *risk_out);

/**
 * Cox regression (ties as Efron has them) within strata, of matched sets conditional logistic regression, on `columns` <= SHY_BASIS_MAX
 * columns of n. Of the fit verdict, coefficient, error and likelihood_ratio are set. No event, or no pair: DIVERGED. Not collective. Fails with SHY_MEMORY.
 */
shy_status shy_followed_fit(const shy_followed *data, int columns, const double *const *x, shy_fit *fit_out);

/**
 * shy_horizon_weights on arrays: Ĝ over those who take part, with their case weights, without strata; weight_out (without the case weight) is 0 for
 * others. A horizon that nobody dies by or is followed up to is none to refuse: then y, or 1 − y, is 0 wherever the weight is not. Not collective.
 */
shy_status shy_followed_horizon(const shy_followed *data, double horizon, double *y_out, double *weight_out);
#endif
