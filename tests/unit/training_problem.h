/* training_problem.h: problems of every kind of outcome on some of the samples of a problem_spec, as if only these had been loaded. */
#ifndef TRAINING_PROBLEM_H
#define TRAINING_PROBLEM_H

#include "search_problem.h"

/* Beside the letters of problem_spec: what the outcome is made of. */
typedef struct {
    problem_spec spec; /* spec.outcome: the kind */
    bool weighted;     /* case weights between 0.5 and 2 */
    int covariates;    /* 0 … 2: random numbers, the product of the first two columns */
} training_spec;

enum { TRAINING_STRATA = 3, TRAINING_LEVELS = 4, TRAINING_SET = 4 };

static inline bool is_kind(const training_spec *t, const char *kind)
{
    return t->spec.outcome ? strcmp(t->spec.outcome, kind) == 0 : strcmp(kind, "continuous") == 0;
}

/* What explains the outcome, and noise. */
static inline double training_predictor(const training_spec *t, int i)
{
    const double a = spec_value(&t->spec, 0, i), b = spec_value(&t->spec, 1, i), c = spec_value(&t->spec, 2, i);
    return (1.5 - a) * b + 0.5 * c + shy_random_normal(t->spec.seed, 1000, (uint64_t)i);
}

/* The largest of its set is the case. */
static inline double training_case(const training_spec *t, int i)
{
    const int first = i / TRAINING_SET * TRAINING_SET;
    int most = first;
    for (int k = first + 1; k < first + TRAINING_SET; k++)
        if (training_predictor(t, k) > training_predictor(t, most)) most = k;
    return most == i;
}

static inline double training_y(const training_spec *t, int i)
{
    const double eta = training_predictor(t, i);
    if (is_kind(t, "binary")) return eta > 1.0;
    if (is_kind(t, "count")) return floor(exp(0.5 * eta) * (0.5 + shy_random_uniform(t->spec.seed, 1001, (uint64_t)i)));
    if (is_kind(t, "ordinal")) return (eta > 0.3) + (eta > 1.0) + (eta > 1.8);
    if (is_kind(t, "survival")) return shy_random_uniform(t->spec.seed, 1002, (uint64_t)i) < 0.7;
    if (is_kind(t, "matched")) return training_case(t, i);
    return eta;
}

static inline double training_time(const training_spec *t, int i)
{
    return ceil(200.0 * exp(-0.6 * training_predictor(t, i))) / 10.0; /* with ties */
}

/* What a problem's data point at. */
typedef struct {
    shy_problem *problem;
    double *time, *entry, *exposure, *weight, *covariate[2];
    const double *column[2];
    const char *name[2];
    int32_t *stratum;
} training_data;

static inline double *numbers_of(const shy_problem *p)
{
    return (double *)given_memory((size_t)p->rows.rows, sizeof(double));
}

static inline void training_outcome(const training_spec *t, const int *sample, training_data *d)
{
    shy_problem *p = d->problem;
    d->time = numbers_of(p), d->entry = numbers_of(p), d->exposure = numbers_of(p), d->weight = numbers_of(p);
    d->covariate[0] = numbers_of(p), d->covariate[1] = numbers_of(p);
    d->stratum = (int32_t *)given_memory((size_t)p->rows.rows, sizeof *d->stratum);
    for (int k = 0; k < p->rows.rows; k++) {
        const int i = sample[p->rows.first + (uint64_t)k];
        p->y[k] = training_y(t, i);
        d->time[k] = training_time(t, i);
        d->entry[k] = i % 2 ? 0.0 : 0.4 * d->time[k] * shy_random_uniform(t->spec.seed, 1003, (uint64_t)i);
        d->exposure[k] = 0.5 + shy_random_uniform(t->spec.seed, 1004, (uint64_t)i);
        d->weight[k] = 0.5 + 1.5 * shy_random_uniform(t->spec.seed, 1005, (uint64_t)i);
        d->covariate[0][k] = shy_random_normal(t->spec.seed, 1006, (uint64_t)i);
        d->covariate[1][k] = spec_value(&t->spec, 0, i) * spec_value(&t->spec, 1, i);
        d->stratum[k] = is_kind(t, "matched") ? i / TRAINING_SET : i % TRAINING_STRATA;
    }
    d->column[0] = d->covariate[0], d->column[1] = d->covariate[1];
    d->name[0] = "chance", d->name[1] = "product";
    p->data = (shy_outcome_data){.column = p->outcome, .y = p->y, .covariates = t->covariates, .covariate = d->column, .covariate_name = d->name};
    if (t->weighted) p->data.weight = d->weight;
    if (is_kind(t, "survival")) p->data.time = d->time, p->data.entry = d->entry, p->data.stratum = d->stratum, p->data.strata = TRAINING_STRATA;
    if (is_kind(t, "matched")) p->data.stratum = d->stratum, p->data.strata = t->spec.n / TRAINING_SET;
    if (is_kind(t, "count")) p->data.exposure = d->exposure;
    if (is_kind(t, "ordinal")) p->data.levels = TRAINING_LEVELS;
}

/* Ranges are those of all samples of the spec. */
static inline training_data *training_create(const shy_team *team, const training_spec *t, const int *sample, int count)
{
    training_data *d = (training_data *)given_memory(1, sizeof *d);
    problem_spec spec = t->spec;
    spec.outcome = NULL;
    shy_problem *whole = problem_create(team, &spec);
    spec.n = count;
    shy_problem *p = d->problem = problem_create(team, &spec);
    const uint32_t first = 0;
    const double *values = NULL;
    if (shy_columns_get(p->columns, &first, 1, &values) != SHY_OK) abort();
    double *own = (double *)(uintptr_t)values;
    for (int f = 0; f < p->factors; f++) {
        p->range[f] = whole->range[f];
        p->first_sample[f] = spec_value(&t->spec, f, sample[0]);
        for (int k = 0; k < p->rows.rows; k++)
            own[(size_t)f * (size_t)p->rows.rows + (size_t)k] = spec_value(&t->spec, f, sample[p->rows.first + (uint64_t)k]);
    }
    problem_free(whole);
    p->ops = shy_outcome_find(t->spec.outcome ? t->spec.outcome : "continuous");
    training_outcome(t, sample, d);
    return d;
}

static inline void training_free(training_data *d)
{
    free(d->time), free(d->entry), free(d->exposure), free(d->weight), free(d->covariate[0]), free(d->covariate[1]);
    free(d->stratum);
    problem_free(d->problem);
    free(d);
}

#endif
