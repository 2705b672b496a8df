/** What the tests of outcomes share: simulated data for every kind of the registry, whole or split over ranks, with weights and covariates. */
#ifndef SHIHYO_TESTS_MODEL_DATA_H
#define SHIHYO_TESTS_MODEL_DATA_H

#include <math.h>
#include <string.h>

#include "model_teams.h"

enum { DATA_ROWS = 6000, DATA_COLUMNS = SHY_BASIS_MAX, DATA_COVARIATES = 20, SET_ROWS = 4 };

/** The whole cohort. Covariates come first in the linear predictor, then columns. */
struct model_data {
    int n, terms, covariates, levels;
    bool weighted, exposed, stratified, interaction;
    double x[DATA_COLUMNS][DATA_ROWS], covariate[DATA_COVARIATES][DATA_ROWS];
    double eta[DATA_ROWS], y[DATA_ROWS], time[DATA_ROWS], exposure[DATA_ROWS], weight[DATA_ROWS];
    int32_t stratum[DATA_ROWS];
};
static struct model_data data;
static uint64_t data_seed = 11;

static double normal(uint64_t purpose, int index)
{
    return shy_random_normal(data_seed, purpose, (uint64_t)index);
}

static double uniform(uint64_t purpose, int index)
{
    return shy_random_uniform(data_seed, purpose, (uint64_t)index);
}

/** Columns and covariates, related to each other; eta = sum of slope · covariate + sum of slope · column. */
static void make_columns(int n, int covariates, const double *covariate_slope, int terms, const double *slope)
{
    data = (struct model_data){.n = n, .terms = terms, .covariates = covariates};
    for (int i = 0; i < n; i++) {
        for (int c = 0; c < covariates; c++) {
            data.covariate[c][i] = 50.0 * c + (1.0 + c) * (normal(100 + (uint64_t)c, i) + (c > 0 ? 0.5 * normal(100, i) : 0.0));
            data.eta[i] += covariate_slope ? covariate_slope[c] * (data.covariate[c][i] - 50.0 * c) : 0.0;
        }
        for (int k = 0; k < terms; k++) {
            data.x[k][i] = 2.0 + normal(200 + (uint64_t)k, i) + (covariates > 0 ? 0.4 * normal(100, i) : 0.0);
            data.eta[i] += slope ? slope[k] * (data.x[k][i] - 2.0) : 0.0;
        }
    }
}

static double poisson(double mean, int i)
{
    double p = exp(-mean), sum = p;
    int k = 0;
    for (const double u = uniform(301, i); u > sum && k < 1000; sum += p)
        p *= mean / ++k;
    return k;
}

/** y (and what goes with it) of a kind, from eta. Kinds that are not known here get 0/1, matched sets and times: see that they fit. */
static void make_outcome(const shy_outcome_ops *ops)
{
    for (int i = 0; i < data.n; i++) {
        const double eta = data.eta[i], odds = log(uniform(300, i) / (1.0 - uniform(300, i)));
        if (strcmp(ops->name, "continuous") == 0)
            data.y[i] = 7.0 + eta + normal(300, i);
        else if (strcmp(ops->name, "count") == 0)
            data.y[i] = poisson((data.exposed ? data.exposure[i] : 1.0) * exp(0.3 + eta), i);
        else if (strcmp(ops->name, "ordinal") == 0)
            data.y[i] = (eta + odds > -1.0) + (eta + odds > 0.5) + (eta + odds > 1.5);
        else
            data.y[i] = ops->needs_time ? uniform(302, i) < 0.6 : eta + odds > 0.2;
        data.time[i] = -log(uniform(300, i)) * exp(-eta) + 1e-6;
        data.stratum[i] = i / SET_ROWS;
    }
    data.levels = strcmp(ops->name, "ordinal") == 0 ? 4 : 0;
    data.stratified = strcmp(ops->name, "matched") == 0;
    for (int i = 0; i < data.n && data.stratified; i++) { /* one case in each set: the largest of eta + Gumbel noise */
        data.y[i] = 1.0;
        for (int j = i - i % SET_ROWS; j < i - i % SET_ROWS + SET_ROWS && j < data.n; j++)
            if (data.eta[j] - log(-log(uniform(303, j))) > data.eta[i] - log(-log(uniform(303, i)))) data.y[i] = 0.0;
    }
}

/** Weights from 0 to 3, a third of them 0; in matched sets a tenth of them 0, the others 1. */
static void make_weights(void)
{
    data.weighted = true;
    for (int i = 0; i < data.n; i++)
        data.weight[i] = data.stratified ? uniform(310, i) > 0.1 : fmax(0.0, 4.5 * uniform(310, i) - 1.5);
}

static shy_status create(const shy_outcome_ops *ops, const shy_rows *rows, shy_outcome **outcome_out)
{
    static const char *const names[DATA_COVARIATES] = {"c0", "c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8", "c9",
                                                       "c10", "c11", "c12", "c13", "c14", "c15", "c16", "c17", "c18", "c19"};
    const double *covariate[DATA_COVARIATES];
    for (int c = 0; c < data.covariates; c++)
        covariate[c] = data.covariate[c] + rows->first;
    const shy_outcome_data given = {.column = "target",
                                    .y = data.y + rows->first,
                                    .time = ops->needs_time ? data.time + rows->first : NULL,
                                    .exposure = data.exposed ? data.exposure + rows->first : NULL,
                                    .weight = data.weighted ? data.weight + rows->first : NULL,
                                    .stratum = data.stratified ? data.stratum + rows->first : NULL,
                                    .strata = data.stratified ? data.n / SET_ROWS : 0,
                                    .levels = data.levels,
                                    .covariates = data.covariates,
                                    .covariate = covariate,
                                    .covariate_name = names,
                                    .interaction = data.interaction};
    return shy_outcome_create(ops, &given, rows, outcome_out);
}

static shy_status refit_columns(const shy_outcome *outcome, const shy_rows *rows, shy_fit *fit)
{
    const double *basis[DATA_COLUMNS];
    for (int k = 0; k < data.terms; k++)
        basis[k] = data.x[k] + rows->first;
    return shy_outcome_refit(outcome, data.terms, basis, fit);
}

#endif
