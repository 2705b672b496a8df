/* search_metric.h: metrics made by hand for the problems of search_problem.h, the same on any number of row blocks. */
#ifndef SEARCH_METRIC_H
#define SEARCH_METRIC_H

#include "search_problem.h"

/*
 * Weights: 0 none, 1 between 0.5 and 2, 2 over `decades` powers of ten, 3 likewise with every fifth sample of weight 0 (and sample 1).
 * Covariates, one letter each: the column of the same place in the problem, or r for random numbers, i for an indicator, p for the
 * product of the first two columns.
 */
typedef struct {
    int weights;
    double decades;
    const char *covariates;
} metric_spec;

typedef long double wide;
enum { COVARIATES_MOST = 16 };

/* Over all samples, in long double. */
typedef struct {
    int n, directions;
    wide *w, *y, *q[COVARIATES_MOST];
} whole_metric;

static inline double covariate_value(const problem_spec *spec, const metric_spec *m, int k, int i)
{
    switch (m->covariates[k]) {
    case 'r': return shy_random_normal(77, (uint64_t)k, (uint64_t)i);
    case 'i': return shy_random_uniform(78, (uint64_t)k, (uint64_t)i) < 0.4;
    case 'p': return spec_value(spec, 0, i) * spec_value(spec, 1, i);
    default: return spec_value(spec, k, i);
    }
}

static inline double weight_value(const metric_spec *m, int i)
{
    const double u = shy_random_uniform(79, 0, (uint64_t)i);
    if (m->weights == 0) return 1.0;
    if (m->weights == 1) return 0.5 + 1.5 * u;
    if (m->weights == 3 && (i % 5 == 2 || i == 1)) return 0.0;
    return pow(10.0, -m->decades * u);
}

static inline wide weighted_dot(const whole_metric *m, const wide *u, const wide *v)
{
    wide sum = 0;
    for (int i = 0; i < m->n; i++) sum += m->w[i] * (u ? u[i] : 1) * (v ? v[i] : 1);
    return sum;
}

/* z := what is left of it beside 1 and the first `count` directions; returns its square over n. */
static inline wide take_directions(const whole_metric *m, int count, wide *z)
{
    for (int pass = 0; pass < 2; pass++) {
        for (int k = -1; k < count; k++) {
            const wide *q = k < 0 ? NULL : m->q[k];
            const wide along = weighted_dot(m, z, q) / m->n;
            for (int i = 0; i < m->n; i++) z[i] -= along * (q ? q[i] : 1);
        }
    }
    return weighted_dot(m, z, z) / m->n;
}

static inline whole_metric *whole_metric_create(const problem_spec *spec, const metric_spec *m)
{
    whole_metric *whole = given_memory(1, sizeof *whole);
    const size_t n = (size_t)spec->n;
    wide sum = 0;
    whole->n = spec->n;
    whole->w = given_memory(n, sizeof(wide));
    whole->y = given_memory(n, sizeof(wide));
    for (int i = 0; i < spec->n; i++) sum += whole->w[i] = weight_value(m, i);
    for (int i = 0; i < spec->n; i++) whole->w[i] *= spec->n / sum;
    for (int k = 0; m->covariates[k]; k++) {
        wide *q = whole->q[k] = given_memory(n, sizeof(wide));
        for (int i = 0; i < spec->n; i++) q[i] = covariate_value(spec, m, k, i);
        const wide length = sqrtl(take_directions(whole, k, q));
        for (int i = 0; i < spec->n; i++) q[i] /= length;
        whole->directions++;
    }
    /* η = y/w is what weighted least squares would be fitted to. */
    for (int i = 0; i < spec->n; i++) whole->y[i] = spec_response(spec, i);
    const wide length = sqrtl(take_directions(whole, whole->directions, whole->y));
    for (int i = 0; i < spec->n; i++) whole->y[i] *= whole->w[i] / length;
    return whole;
}

static inline void whole_metric_free(whole_metric *whole)
{
    free(whole->w);
    free(whole->y);
    for (int k = 0; k < whole->directions; k++) free(whole->q[k]);
    free(whole);
}

/* The rows of a problem, as an outcome would give them. */
typedef struct {
    shy_metric metric;
    double *values;
    const double *direction[COVARIATES_MOST];
} given_metric;

static inline given_metric *metric_create(const whole_metric *whole, const shy_rows *rows, bool weighted)
{
    given_metric *given = given_memory(1, sizeof *given);
    const size_t mine = (size_t)rows->rows;
    double *at = given->values = given_memory((2 + (size_t)whole->directions) * mine, sizeof *at);
    for (size_t i = 0; i < mine; i++) {
        at[i] = (double)whole->y[rows->first + i], at[mine + i] = (double)whole->w[rows->first + i];
        for (int k = 0; k < whole->directions; k++) at[(2 + (size_t)k) * mine + i] = (double)whole->q[k][rows->first + i];
    }
    for (int k = 0; k < whole->directions; k++) given->direction[k] = at + (2 + (size_t)k) * mine;
    given->metric = (shy_metric){at, weighted ? at + mine : NULL, whole->directions, given->direction};
    return given;
}

static inline void metric_free(given_metric *given)
{
    free(given->values);
    free(given);
}

#endif
