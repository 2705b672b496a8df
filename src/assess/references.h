/* Reference lines: what a formula has to be better than, made on the same training sets: the best single factor, elastic nets. */
#ifndef SHY_ASSESS_REFERENCES_H
#define SHY_ASSESS_REFERENCES_H

#include "assess_impl.h"
#include "elastic.h"

#define SHY_REFERENCE_TOP 20 /* factors of a net that are listed */

typedef enum { SHY_LINE_FACTORS, SHY_LINE_LOGS, SHY_LINES } shy_line; /* nets: of the factors; of the logs of those > 0, and the others */

/* ---- screening (references_screen.c) ------------------------------------------------------------------------------------- */

/* The factor itself, or its log where the line wants it and the factor is > 0 in all samples. */
shy_tree shy_line_tree(const shy_problem *problem, shy_line line, int factor);
bool shy_line_logs(const shy_problem *problem, shy_line line, int factor);
/*
 * statistic_out[f]: the score statistic of each factor in the null model of the problem's outcome, up to a number that is the same for all; −1 of one that is
 * constant on the samples that take part, or a combination of the covariates. Collective over the group, the same bits for any number of row blocks.
 */
shy_status shy_line_screen(const shy_problem *problem, const shy_outcome *outcome, shy_line line, double *statistic_out);
/* The `most` largest, none of those < 0; of equals the first. factor_out: largest first. Returns how many. */
int shy_line_best(const double *statistic, int factors, int most, int32_t *factor_out);
/* The best single factor by the loss of its refit, among those with the largest statistics. Room for the covariates in `beside`. Collective over the group. */
typedef struct {
    int32_t factor; /* −1: there is none */
    double intercept, slope, loss, metric;
} shy_single;
shy_status shy_single_best(const shy_problem *problem, const shy_outcome *outcome, const double *statistic, shy_single *single_out, double *beside);

/* ---- nets (references_net.c) -------------------------------------------------------------------------------------------------- */

typedef struct {
    bool fitted;     /* false: too few samples to choose a lambda */
    int folds;       /* of the choice of lambda */
    int offered, screened, used;
    double lambda;
    int top;         /* factors with the largest coefficient of the standardised column */
    int32_t factor[SHY_REFERENCE_TOP];
    double coefficient[SHY_REFERENCE_TOP];
} shy_net_summary;

/* What a rank that fits a net has to know of all samples; pointers into what the caller holds. */
typedef struct {
    const shy_truth *truth;
    const double *const *covariate; /* [covariates] of n */
    int covariates;
    const double *const *column;    /* [columns] of n */
    const int32_t *factor;          /* [columns] */
    int columns, offered;
    const int32_t *inner;           /* [n]: fold in which lambda is chosen */
    int folds;                      /* of these; 0: none could be made */
    const double *weight;           /* [n]: 0 of samples that must not be seen */
    shy_journal *journal;           /* polled; may be NULL */
} shy_net_task;
shy_net_family shy_net_family_of(const shy_outcome_ops *ops);
/* predictor_out[n]: for all samples. Serial. */
shy_status shy_net_solve(const shy_net_task *task, shy_net_summary *summary_out, double *predictor_out);

/* ---- all of them (references.c) ------------------------------------------------------------------------------------------------- */

/* Rank 0; elsewhere all is NULL and empty. Set `sets` is that of all samples. */
typedef struct {
    int sets, covariates;
    size_t n;
    shy_single *single;      /* [sets + 1] */
    double *beside;          /* [(sets + 1) × covariates] */
    shy_net_summary *net[SHY_LINES]; /* [sets + 1] */
    double apparent[SHY_LINES];      /* headline of the net of all samples on these */
    double *predictor[SHY_LINES];    /* [repeats × n]: of each sample by the net that has not seen it; NaN where none was fitted */
} shy_references;
/* A step of the journal, training sets × lines being its items. Collective over the world. */
shy_status shy_references_create(const shy_assessment *a, shy_references *references_out);
void shy_references_free(shy_references *references);

#endif
