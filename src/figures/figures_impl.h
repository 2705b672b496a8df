/* figures_impl: what the files behind the pictures of one formula share. */
#ifndef SHIHYO_FIGURES_IMPL_H
#define SHIHYO_FIGURES_IMPL_H

#include "shihyo/assess.h"
#include "shihyo/figures.h"

/* ---- what the formulas of a target have in common: shared.c, factors.c ------------------------------------------------------ */

#define SHY_TIMES_MOST 12

/* A factor over the samples; made when it is first asked for. */
typedef struct {
    bool made;
    bool discrete;       /* it has few values: those in grid */
    double low, high;    /* bounds that may be shown; NaN: none may */
    double median;
    int points;
    double *grid;        /* [points] where responses are shown */
    json_t *bins;        /* observed means along it; NULL: none */
} shy_axis;

struct shy_figures_shared {
    shy_truth truth;
    shy_judge kind;
    shy_outcome *outcome;      /* with its null model; of shy_figures_outcome */
    double *covariate;         /* [finished->covariates]: means */
    shy_axis *axis;            /* [finished->factors] */
    /* survival */
    int times;                 /* round ones, ascending, at which somebody has had the event and somebody is still followed */
    double time[SHY_TIMES_MOST];
    double *dead[SHY_TIMES_MOST], *weight[SHY_TIMES_MOST]; /* [n]: by that time, and what stands for those censored before, times the case weight */
    int at;                    /* the one at which risks are judged; −1: none */
};

/* Those who take part: weight above 0. Not collective, like all here. */
bool shy_takes_part(const shy_truth *truth, size_t sample);
/* The outcome; made when it is first needed, as with many samples it takes its time. Borrowed. */
shy_status shy_figures_outcome(const shy_figures_input *input, shy_outcome **outcome_out);
/* The factor's axis; made if need be. */
shy_status shy_figures_axis(const shy_figures_input *input, int factor, shy_record *suppressed, const shy_axis **axis_out);
void shy_axis_free(shy_axis *axis);

/* ---- predictions of a yes or no in cells that may be shown ------------------------------------------------------------------ */

#define SHY_CELLS_MOST 400

/*
 * Consecutive samples by ascending prediction, in each of which both those with and those without the event may be shown. Pictures that
 * cut the same samples at other places would tell of fewer by subtraction: all of them use these.
 */
typedef struct {
    size_t n;
    size_t *sample;                                     /* [n]: numbers of those of weight above 0 */
    double *predicted, *y, *weight;                     /* [n]: probability of the event, 0/1, and weights */
    bool weighted;
    int cells;                                          /* 0: nothing may be shown */
    size_t border[SHY_CELLS_MOST + 1];
    int64_t yes[SHY_CELLS_MOST], no[SHY_CELLS_MOST];
    double yes_weight[SHY_CELLS_MOST], no_weight[SHY_CELLS_MOST];
} shy_cells;

/* ---- one formula: model.c ------------------------------------------------------------------------------------------------------ */

/* Samples with a prediction, in ascending order of it. Arrays are NULL where the outcome has none; weights are always there. */
typedef struct {
    const shy_figures_input *input;
    const struct shy_figures_shared *shared;
    const shy_model *model;
    int number;                /* of the formula, from 1 */
    shy_record *suppressed;
    size_t n;
    size_t *sample, *order;    /* [n]: in the data; 0 … n − 1 */
    double *predictor, *value; /* the linear predictor, and the formula */
    double *y, *weight, *time, *entry, *exposure;
    int32_t *stratum;
    shy_cells *cells;
} shy_pictured;

/* The prediction on the scale of the outcome: a probability, a rate, …; what has none stays a linear predictor. */
double shy_figures_scale(shy_judge kind, double predictor);
/* The time by which the event is predicted, 0: none. */
double shy_pictured_at(const shy_pictured *p);
/* Notes that something of this formula is not shown: "formula 3, kaplan_meier". */
shy_status shy_pictured_note(const shy_pictured *p, const char *where, const char *what, int64_t cells);
/* A count as it is released, null if it is not. */
json_t *shy_figures_count(const shy_sdc *sdc, int64_t count);
/* The same as a number to divide by or to be divided. */
double shy_figures_rounded(const shy_sdc *sdc, int64_t count);

/* Each adds its object to the figures, if there is one to show. */
shy_status shy_figures_response(const shy_pictured *p, json_t *figures);
shy_status shy_figures_distribution(const shy_pictured *p, json_t *figures);
shy_status shy_figures_calibration(const shy_pictured *p, json_t *figures); /* and `observed` */
shy_status shy_figures_roc(const shy_pictured *p, json_t *figures);
shy_status shy_figures_decision(const shy_pictured *p, json_t *figures);
shy_status shy_figures_kaplan_meier(const shy_pictured *p, json_t *figures);
shy_status shy_figures_auc_t(const shy_pictured *p, json_t *figures);
shy_status shy_figures_subgroups(const shy_pictured *p, json_t *figures);

/* ---- cells.c ---------------------------------------------------------------------------------------------------------------------- */

/* Of a binary outcome, or of survival at the time at which risks are judged. Other kinds have none: cells 0. */
shy_status shy_cells_create(const shy_pictured *p, shy_cells **cells_out);
void shy_cells_free(shy_cells **cells);
/* Joined to about `bins` of equal size. border: bins + 1 numbers of cells. Returns how many. */
int shy_cells_join(const shy_cells *cells, int bins, int *border);
/* Sums over the cells from `first` on: as released, or of weights. */
void shy_cells_beyond(const shy_cells *cells, const shy_sdc *sdc, int first, double *yes_out, double *no_out);

#endif
