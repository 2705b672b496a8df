/**
 * Serial algorithms on the follow-up of a whole cohort, which every member of a group holds. All members compute the same
 * numbers in the same order, so that nothing depends on who holds which rows. Nothing here is collective.
 */
#ifndef SHIHYO_MODEL_FOLLOW_H
#define SHIHYO_MODEL_FOLLOW_H

#include "shihyo/model.h"

/* ---- who is at risk when --------------------------------------------------------------------------------------- */

/** Follow-up by sample. A sample is at risk at t if entry < t <= time; at equal times deaths come before censorings. */
struct shy_follow_data {
    int n;
    const double *time, *event;   /* end of follow-up; 1: it ended with the event, 0: censored */
    const double *entry, *weight; /* NULL: all from the start; all 1. Samples of weight 0 take no part */
    const int *stratum;           /* NULL: one */
};

/** A time at which there are deaths, of one stratum. Positions begin … end−1 come under observation since the moment before
 * (later in time), those from `deaths` on die; leaving[… left−1] are then out again, for they enter later. */
struct shy_moment {
    double time;
    int stratum, begin, deaths, end, left;
};

/**
 * The samples that take part by stratum, from the last time to the first, among equal times the censored before the deaths; and
 * the moments in the same order.
 */
struct shy_follow {
    int n, strata, moments;
    int *sample;                    /* of each position: its number in the data */
    int *start, *moment_start;      /* strata + 1: first position, first moment of each stratum that occurs */
    int *leaving;                   /* positions by stratum, latest entry first; NULL without entry */
    double *time, *entry, *weight;  /* by position; entry NULL if there is none */
    unsigned char *event;
    struct shy_moment *moment;
    double event_weight;            /* sum of the weights of all deaths */
    int events;
};

/** Fails with SHY_MEMORY. O(n log n). */
shy_status shy_follow_create(const struct shy_follow_data *data, struct shy_follow **follow_out);
void shy_follow_destroy(struct shy_follow **follow);

/** order[] = 0 … n−1 sorted by ascending value, ties in ascending order of number; spare: n numbers. */
void shy_order(const double *value, int n, int *order, int *spare);

/* ---- columns of the linear predictor --------------------------------------------------------------------------- */

/**
 * Columns as combinations of orthogonal ones q of mean square 1 and mean 0 within each stratum, since a constant of the stratum
 * does not change its partial likelihood: x_k / scale_k = constants + sum over j <= k of q_j r[j·most + k].
 */
struct shy_linear {
    int n, most, columns;
    int strata;
    const int *start;  /* strata + 1 numbers; borrowed */
    double **q;        /* most columns of n */
    double *scale, *r; /* most; most × most */
    bool *used;        /* false: constant, or a combination of those before it; its q is 0 */
};

shy_status shy_linear_create(int n, int most, int strata, const int *start, struct shy_linear **design_out);
void shy_linear_destroy(struct shy_linear **design);
/** Column k, whose values stand in q[k] already; columns above it are forgotten. False: not all of them are finite. */
bool shy_linear_set(struct shy_linear *design, int k);
/** eta[] = sum of beta_k q_k. */
void shy_linear_predict(const struct shy_linear *design, const double *beta, double *eta);
/**
 * Coefficients of the columns as given, and their variances, from coefficients gamma of the q and their covariance matrix (order
 * columns; NULL: none wanted). scratch: `columns` numbers. False: some coefficient is not finite.
 */
bool shy_linear_undo(const struct shy_linear *design, const double *gamma, const double *covariance, double *scratch,
                     double *coefficient, double *variance);

/* ---- maximum likelihood ---------------------------------------------------------------------------------------- */

/** Log likelihood, gradient[unknowns] and the lower triangle of information[unknowns²] (row-major) at beta. */
typedef void shy_likelihood(void *context, const double *beta, double *value, double *gradient, double *information);

struct shy_newton {
    int unknowns;
    shy_likelihood *likelihood;
    void *context;
    double events; /* what information and gradient are compared with: each event adds about 1 to them */
    double value; /* at the end, as are gradient and information */
    double *gradient, *information;
    double *step, *next, *factor; /* work: unknowns, unknowns, unknowns² */
    double *covariance;           /* unknowns²: inverse of the information, 0 for unknowns not used; written */
    double ridge;                 /* work */
    bool flat;                    /* work: the information has vanished on the way */
    bool *used;                   /* false: the likelihood at the start says nothing about this unknown, which keeps its value */
};

shy_status shy_newton_create(int most, struct shy_newton **newton_out);
void shy_newton_destroy(struct shy_newton **newton);
/**
 * Newton's method with step halving on a concave log likelihood; beta: start in, end out. used[k] false on entry: beta[k] is left
 * alone. The last call of `likelihood` is at beta.
 */
shy_verdict shy_newton_run(struct shy_newton *newton, double *beta);

/* ---- Cox's partial likelihood, ties as Efron has them ----------------------------------------------------------- */

struct shy_cox {
    const struct shy_follow *follow;  /* borrowed */
    const struct shy_linear *design;  /* borrowed; its columns are those of the linear predictor */
    double *eta;                      /* by position, at the last beta */
    double *risk, *dead, *top;        /* by moment: sum over those at risk, over the deaths, of w exp(eta − top) */
    double *hazard;                   /* by moment: work of the functions below */
    double *sums, *row;               /* work */
};

shy_status shy_cox_create(const struct shy_follow *follow, const struct shy_linear *design, struct shy_cox **cox_out);
void shy_cox_destroy(struct shy_cox **cox);
shy_likelihood shy_cox_likelihood; /* context: struct shy_cox */
/** residual[position] = w (event − expected events), the derivative of the log likelihood in eta. */
void shy_cox_residuals(const struct shy_cox *cox, double *residual);
/**
 * hazard[s·count + k] = Breslow's cumulative baseline hazard (of eta = 0) of the s-th stratum up to time[k], which ascend.
 */
void shy_cox_baseline(const struct shy_cox *cox, int count, const double *time, double *hazard);

/* ---- concordance ------------------------------------------------------------------------------------------------ */

struct shy_concordance_space {
    int *order, *spare, *rank; /* n each */
    double *tree;              /* n + 1 */
};
/**
 * The weighted share of comparable pairs that the score orders rightly, ties of the score count half: i dies at t, j of the same
 * stratum is at risk at t and lives beyond t or is censored at t; right is score_i > score_j. The weight of a pair is w_i w_j, in
 * the second result times moment_weight[moment of i]. 1/2 if no pair is comparable. NULL moment_weight: plain only.
 * O(n log n).
 */
void shy_concordance(const struct shy_follow *follow, const double *score, const double *moment_weight,
                     const struct shy_concordance_space *space, double *plain_out, double *weighted_out);

/* ---- censoring --------------------------------------------------------------------------------------------------- */

/** Kaplan–Meier estimate of remaining uncensored, Ĝ: `survival` after each time at which somebody is censored, ascending. */
struct shy_censoring {
    int count;
    double *time, *survival;
};
shy_status shy_censoring_create(const struct shy_follow_data *data, struct shy_censoring **censoring_out);
void shy_censoring_destroy(struct shy_censoring **censoring);
double shy_censoring_before(const struct shy_censoring *censoring, double time); /* Ĝ(time−) */

/**
 * Sample i at the horizon h: *y = 1 if it died by h, and the weight by which it stands for those censored before h: 1/Ĝ(T−) of
 * deaths by h, 1/Ĝ(h−) of those still followed at h (time > h, or censored at h itself), 0 of those censored before h or
 * entering at h or later.
 */
double shy_horizon_weight(const struct shy_follow_data *data, const struct shy_censoring *censoring, int i, double h, double *y);
/** Whether follow-up that ends at `time` goes on beyond h, or up to h itself without a death. */
bool shy_lives_at(double time, bool event, double h);

/* ---- measures at times --------------------------------------------------------------------------------------------- */

#define SHY_AUC_TIMES 3    /* quartiles of the times of death */
#define SHY_BRIER_TIMES 20 /* quantiles of the times of death */

/** Who counts how much at which time. Made once. */
struct shy_timed {
    const struct shy_follow *follow; /* borrowed */
    double last;                     /* τ: the last time of death at which Ĝ(t−) >= SHY_TIMED_LEFT, or the first there is */
    double *uno;                     /* by moment: Ĝ(t−)^−2 up to τ, then 0 */
    double *over;                    /* by position: 1/Ĝ(T−) of deaths */
    int times, auc_times;            /* distinct ones, ascending, up to τ; those of the AUC have somebody who lives beyond */
    double time[SHY_BRIER_TIMES], alive[SHY_BRIER_TIMES]; /* and 1/Ĝ(t−) */
    double auc_time[SHY_AUC_TIMES];
    double total;                    /* sum of the case weights */
    double *score;                   /* n, work */
};
#define SHY_TIMED_LEFT 0.1

shy_status shy_timed_create(const struct shy_follow *follow, const struct shy_censoring *censoring, struct shy_timed **timed_out);
void shy_timed_destroy(struct shy_timed **timed);
/**
 * Mean over auc_time[] of the cumulative/dynamic AUC of the risk of dying by then: the chance that one who dies by t has a higher
 * risk than one who lives then, pairs weighted by case weights and 1/Ĝ(T−).
 *
 * @param eta       by position
 * @param baseline  NULL with one stratum: risks are ordered as eta; else by stratum and auc_time: cumulative baseline hazard
 */
double shy_timed_auc(const struct shy_timed *timed, const double *eta, const double *baseline,
                     const struct shy_concordance_space *space);
/**
 * Brier's score of exp(−baseline · exp(eta)) against being alive at time[], weighted as above, by the trapezoid over its times
 * divided by their range; at the one time if there is only one. baseline: by stratum and time.
 */
double shy_timed_brier(const struct shy_timed *timed, const double *eta, const double *baseline);

#endif
