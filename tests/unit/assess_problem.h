/* assess_problem.h: problems of an assessment made by hand: outcomes of several kinds, covariates, folds, training sets. */
#ifndef ASSESS_PROBLEM_H
#define ASSESS_PROBLEM_H

#include "search_problem.h"

#include "assess/assess_impl.h"

typedef struct {
    problem_spec spec; /* .outcome: "continuous", "binary", "survival" */
    bool covariate;    /* one, related to the outcome */
    int folds, repeats;
    shy_choice choice;
    int complexity, keep;
} assess_case;

static inline double spec_covariate(const problem_spec *spec, int i)
{
    return 40.0 + 3.0 * shy_random_normal(spec->seed, 2000, (uint64_t)i);
}

/* The number behind an outcome of any kind. */
static inline double spec_eta(const assess_case *c, int i)
{
    problem_spec continuous = c->spec;
    continuous.outcome = NULL;
    return spec_response(&continuous, i) + (c->covariate ? 0.5 * (spec_covariate(&c->spec, i) - 40.0) : 0.0);
}

static inline double spec_time(const assess_case *c, int i)
{
    return exp(-0.5 * spec_eta(c, i)) * -log(shy_random_uniform(c->spec.seed, 3000, (uint64_t)i)) + 1e-3;
}

static inline double spec_y(const assess_case *c, int i)
{
    if (strcmp(c->spec.outcome, "survival") == 0) return shy_random_uniform(c->spec.seed, 3001, (uint64_t)i) < 0.7;
    if (strcmp(c->spec.outcome, "binary") == 0) return spec_eta(c, i) > 0.8;
    return spec_eta(c, i);
}

static inline shy_problem *assess_problem_create(const shy_team *team, const assess_case *c)
{
    static const char *const names[1] = {"age"};
    shy_problem *p = problem_create(team, &c->spec);
    const size_t rows = (size_t)p->rows.rows;
    double *time = given_memory(rows, sizeof *time), *covariate = given_memory(rows, sizeof *covariate);
    const double **covariates = given_memory(1, sizeof *covariates);
    for (size_t k = 0; k < rows; k++) {
        const int i = (int)(p->rows.first + k);
        p->y[k] = spec_y(c, i);
        time[k] = spec_time(c, i);
        covariate[k] = spec_covariate(&c->spec, i);
    }
    covariates[0] = covariate;
    p->data.time = p->ops->needs_time ? time : NULL;
    if (!p->ops->needs_time) free(time);
    p->data.covariate = covariates;
    p->data.covariate_name = names;
    p->data.covariates = c->covariate ? 1 : 0;
    return p;
}

static inline void assess_problem_free(shy_problem *p)
{
    free((void *)(uintptr_t)p->data.time);
    free((void *)(uintptr_t)p->data.covariate[0]);
    free((void *)(uintptr_t)p->data.covariate);
    problem_free(p);
}

/* Where sample i is in repeat r. */
static inline int spec_fold(const assess_case *c, int r, int i)
{
    return (int)(shy_random_bits(c->spec.seed, 4000 + (uint64_t)r, (uint64_t)i) % (uint64_t)c->folds);
}

/* A copy that leaves the samples of a fold out, by case weights. */
/* Without the fold of training set t and, unless it is −1, another. */
static inline shy_problem *trained_create(const shy_problem *p, const assess_case *c, int t, int other)
{
    shy_problem *trained = given_memory(1, sizeof *trained);
    double *weight = given_memory((size_t)p->rows.rows, sizeof *weight);
    *trained = *p;
    for (int k = 0; k < p->rows.rows; k++) {
        const int fold = spec_fold(c, t / c->folds, (int)p->rows.first + k);
        weight[k] = fold != t % c->folds && fold != other;
    }
    trained->data.weight = weight;
    return trained;
}

static inline void trained_free(shy_problem *trained)
{
    free((void *)(uintptr_t)trained->data.weight);
    free(trained);
}

static inline shy_search_options assess_search(const assess_case *c)
{
    return (shy_search_options){.keep = c->keep, .memory = UINT64_C(2) << 30, .seed = 7, .grammar = make_grammar("+ - * / log", c->complexity, 2)};
}

/* As shy_assess_run has it before the stages; a->search, ->options borrowed. */
static inline void assessment_create(const assess_case *c, const shy_problem *p, const shy_search_options *search, const shy_assess_options *options,
                                     shy_assessment *a)
{
    const int sets = c->folds * c->repeats;
    *a = (shy_assessment){.problem = p, .search = search, .options = options, .returns = NAN};
    if (p->team->rank == 0) EXPECT(shy_record_create(&a->record) == SHY_OK);
    EXPECT(shy_truth_gather(p, &a->truth) == SHY_OK);
    a->folds = (shy_folds){.folds = c->folds, .repeats = c->repeats, .sets = sets};
    EXPECT(shy_new((size_t)c->repeats * (size_t)p->rows.rows, sizeof(int32_t), &a->folds.fold) == SHY_OK);
    EXPECT(shy_new((size_t)c->repeats * a->truth.n, sizeof(int32_t), &a->folds.all) == SHY_OK);
    for (int r = 0; r < c->repeats; r++) {
        for (int k = 0; k < p->rows.rows; k++) a->folds.fold[r * p->rows.rows + k] = spec_fold(c, r, (int)p->rows.first + k);
        for (int i = 0; i < (int)a->truth.n; i++) a->folds.all[(size_t)r * a->truth.n + (size_t)i] = spec_fold(c, r, i);
    }
    EXPECT(shy_new((size_t)sets, sizeof *a->trained, &a->trained) == SHY_OK);
    EXPECT(shy_new((size_t)sets + 1U, sizeof *a->lists, &a->lists) == SHY_OK);
    EXPECT(shy_new((size_t)sets, sizeof *a->training, &a->training) == SHY_OK);
    for (int t = 0; t < sets; t++) a->trained[t] = trained_create(p, c, t, -1);
    EXPECT(shy_search_run(p, search, NULL, NULL, &a->result) == SHY_OK);
}

static inline void assessment_destroy(shy_assessment *a)
{
    for (int t = 0; t < a->folds.sets; t++) {
        trained_free(a->trained[t]);
        shy_models_free(&a->training[t]);
    }
    for (int c = 0; a->level && c <= a->levels; c++) {
        shy_free(&a->level[c].predictor);
        shy_spread_free(&a->level[c].spread);
    }
    shy_free(&a->level);
    shy_free(&a->inner);
    shy_free(&a->chosen.predictor);
    shy_spread_free(&a->chosen.spread);
    shy_free(&a->trained);
    shy_free(&a->lists);
    shy_free(&a->training);
    shy_free(&a->folds.fold);
    shy_free(&a->folds.all);
    shy_truth_free(&a->truth);
    shy_search_result_free(&a->result);
    shy_record_free(&a->record);
}

#endif
