/* Reference lines on every training set and on all samples: tasks that the groups share, a step of the journal. */
#include "shy_config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "metrics.h"
#include "references.h"
#include "shihyo/linalg.h"

#define INNER_FOLDS 5
#define INNER_SEED UINT64_C(0x5eed1f01d5)
#define COLUMNS_MOST 5000  /* of a net, after screening */
#define COLUMNS_LEAST 256
#define NUMBERS_MOST (1 << 24) /* of its columns together, if COLUMNS_LEAST allows */

/* Task 2·t + line: training set t (sets: all samples), one of the nets; with the net of the factors goes the best single one. */
typedef struct {
    const shy_assessment *a;
    size_t n;
    int covariates, most;
    int tasks, held;         /* held: samples of the largest fold */
    shy_truth truth;         /* on every rank */
    double *covariate;       /* [covariates × n] */
    const double **listed;   /* [covariates] */
    int32_t *inner;          /* [(sets + 1) × n] */
    int *folds;              /* [sets + 1] */
    /* a task at work */
    double *statistic;       /* [factors] */
    int32_t *kept;           /* [most] */
    double *columns;         /* [most × n], first members only */
    const double **column;   /* [most] */
    double *weight, *whole;  /* [n] */
    double *predictor;       /* [n] */
    double *mine;            /* my rows */
    int *starts;
} work;

/* How a task's result travels and is kept; `beside` and the predictions for the samples held out follow. */
typedef struct {
    shy_single single;
    shy_net_summary net;
    double apparent; /* of all samples alone */
} packed;

static void work_free(work *w)
{
    shy_truth_free(&w->truth);
    shy_free(&w->covariate);
    shy_free(&w->listed);
    shy_free(&w->inner);
    shy_free(&w->folds);
    shy_free(&w->statistic);
    shy_free(&w->kept);
    shy_free(&w->columns);
    shy_free(&w->column);
    shy_free(&w->weight);
    shy_free(&w->whole);
    shy_free(&w->predictor);
    shy_free(&w->mine);
    shy_free(&w->starts);
}

/* ---- what every rank has to know ---------------------------------------------------------------------------------------------- */

static shy_status allocate(work *w)
{
    shy_status st = SHY_OK;
    const shy_problem *problem = w->a->problem;
    const size_t sets = (size_t)w->a->folds.sets + 1U, n = w->n;
    SHY_TRY(shy_new((size_t)w->covariates * n, sizeof *w->covariate, &w->covariate));
    SHY_TRY(shy_new((size_t)w->covariates, sizeof *w->listed, &w->listed));
    SHY_TRY(shy_new(sets * n, sizeof *w->inner, &w->inner));
    SHY_TRY(shy_new(sets, sizeof *w->folds, &w->folds));
    SHY_TRY(shy_new((size_t)problem->factors, sizeof *w->statistic, &w->statistic));
    SHY_TRY(shy_new((size_t)w->most, sizeof *w->kept, &w->kept));
    SHY_TRY(shy_new((size_t)w->most, sizeof *w->column, &w->column));
    SHY_TRY(shy_new(n, sizeof *w->weight, &w->weight));
    SHY_TRY(shy_new(n, sizeof *w->whole, &w->whole));
    SHY_TRY(shy_new(n, sizeof *w->predictor, &w->predictor));
    SHY_TRY(shy_new((size_t)problem->rows.rows, sizeof *w->mine, &w->mine));
    SHY_TRY(shy_new((size_t)problem->team->row_blocks + 1U, sizeof *w->starts, &w->starts));
out:
    return st;
}

/*
 * Folds within a set, for lambda: of the samples that take part in it, by the same rules as the outer ones. Fewer where there are not enough events; none is
 * then no net. Collective over the world.
 */
static shy_status make_inner(work *w, int t)
{
    shy_status st = SHY_OK;
    const shy_assessment *a = w->a;
    shy_assess_options options = *a->options;
    shy_folds folds = {0};
    options.repeats = 1;
    options.seed = shy_random_bits(a->options->seed, INNER_SEED, (uint64_t)t);
    for (options.folds = INNER_FOLDS; options.folds >= 2; options.folds--) {
        st = shy_folds_create(t < a->folds.sets ? a->trained[t] : a->problem, &options, &folds);
        if (st != SHY_INPUT) break;
        shy_error_clear();
        st = SHY_OK;
    }
    if (st != SHY_OK || options.folds < 2) goto out;
    w->folds[t] = folds.folds;
    memcpy(w->inner + (size_t)t * w->n, folds.all, w->n * sizeof *w->inner);
out:
    shy_folds_free(&folds);
    return st;
}

/* Collective over the world. */
static shy_status begin(work *w)
{
    shy_status st = SHY_OK;
    const shy_problem *problem = w->a->problem;
    SHY_TRY(shy_truth_share(problem, &w->a->truth, &w->truth));
    SHY_TRY_ALL(problem->team, allocate(w));
    for (int k = 0; k < w->covariates; k++) {
        w->listed[k] = w->covariate + (size_t)k * w->n;
        shy_vector_gather(problem->team, problem->data.covariate[k], problem->rows.rows, w->covariate + (size_t)k * w->n, w->starts);
    }
    for (int t = 0; t <= w->a->folds.sets; t++) {
        SHY_TRY_ALL(problem->team, shy_journal_poll(problem->journal));
        SHY_TRY(make_inner(w, t));
    }
out:
    return st;
}

/* ---- a task: collective over a group ------------------------------------------------------------------------------------------------ */

static int compare_factors(const void *a, const void *b)
{
    return *(const int32_t *)a - *(const int32_t *)b;
}

static shy_status evaluate(const work *w, shy_line line, int factor)
{
    const shy_problem *problem = w->a->problem;
    const shy_tree tree = shy_line_tree(problem, line, factor);
    const shy_status st = shy_journal_poll(problem->journal);
    return st == SHY_OK ? shy_problem_evaluate(problem, &tree, w->mine) : st;
}

/* The columns kept, of all samples, on the group's first member. */
static shy_status gather_columns(work *w, shy_line line, int count)
{
    shy_status st = SHY_OK;
    const shy_problem *problem = w->a->problem;
    const shy_team *team = problem->team;
    SHY_TRY(shy_group_agree(team, team->row_block == 0 ? shy_new((size_t)count * w->n, sizeof *w->columns, &w->columns) : SHY_OK));
    for (int k = 0; k < count; k++) {
        double *all = team->row_block == 0 ? w->columns + (size_t)k * w->n : w->whole;
        SHY_TRY(shy_group_agree(team, evaluate(w, line, w->kept[k])));
        shy_vector_gather(team, w->mine, problem->rows.rows, all, w->starts);
        w->column[k] = all;
    }
out:
    return st;
}

/* out := what is said of the samples of the fold, in their order. */
static void take_held(const work *w, int t, double *out)
{
    const shy_folds *folds = &w->a->folds;
    const int32_t *fold = folds->all + (size_t)(t / folds->folds) * w->n;
    for (size_t i = 0; i < w->n; i++)
        if (fold[i] == t % folds->folds) *out++ = w->predictor[i];
}

static void set_weights(work *w, int t)
{
    const shy_folds *folds = &w->a->folds;
    const int32_t *fold = t < folds->sets ? folds->all + (size_t)(t / folds->folds) * w->n : NULL;
    for (size_t i = 0; i < w->n; i++) {
        const bool seen = !fold || fold[i] != t % folds->folds;
        w->weight[i] = !seen ? 0.0 : w->truth.weight ? w->truth.weight[i] : 1.0;
    }
}

/* result: zeroes. On the group's first member. */
static shy_status solve(work *w, int t, int count, packed *result, double *held)
{
    shy_status st = SHY_OK;
    const shy_truth *truth = &w->truth;
    set_weights(w, t);
    const shy_net_task task = {.truth = truth,
                               .covariate = w->listed,
                               .covariates = w->covariates,
                               .column = w->column,
                               .factor = w->kept,
                               .columns = count,
                               .offered = w->a->problem->factors,
                               .inner = w->inner + (size_t)t * w->n,
                               .folds = w->folds[t],
                               .weight = w->weight,
                               .journal = w->a->problem->journal};
    SHY_TRY(shy_net_solve(&task, &result->net, w->predictor));
    if (t < w->a->folds.sets) take_held(w, t, held);
    else SHY_TRY(shy_headline(truth, NULL, w->n, w->predictor, shy_reference(truth, NULL, w->n), &result->apparent));
out:
    return st;
}

static size_t result_bytes(const work *w)
{
    return sizeof(packed) + ((size_t)w->covariates + (size_t)w->held) * sizeof(double);
}

static shy_status run_task(void *context, uint64_t number, void *bytes)
{
    shy_status st = SHY_OK;
    work *w = context;
    packed *result = bytes;
    double *numbers = (double *)(result + 1); /* of `beside`, then of those held out */
    const int t = (int)number / SHY_LINES;
    const shy_line line = (shy_line)(number % SHY_LINES);
    const shy_problem *problem = t < w->a->folds.sets ? w->a->trained[t] : w->a->problem;
    const shy_team *team = problem->team;
    shy_outcome *outcome = NULL;
    if (team->rank == 0) shy_assess_tell(w->a, "reference lines", (double)number / w->tasks);
    result->single.factor = -1;
    SHY_TRY(shy_problem_outcome(problem, &outcome));
    SHY_TRY(shy_line_screen(problem, outcome, line, w->statistic));
    if (line == SHY_LINE_FACTORS) SHY_TRY(shy_single_best(problem, outcome, w->statistic, &result->single, numbers));
    const int count = shy_line_best(w->statistic, problem->factors, w->most, w->kept);
    qsort(w->kept, (size_t)count, sizeof *w->kept, compare_factors);
    SHY_TRY(gather_columns(w, line, count));
    SHY_TRY(shy_group_agree(team, team->row_block == 0 ? solve(w, t, count, result, numbers + w->covariates) : SHY_OK));
out:
    shy_free(&w->columns);
    shy_outcome_destroy(&outcome);
    return st;
}

/* ---- all tasks ------------------------------------------------------------------------------------------------------------------------ */

static shy_status allocate_references(const work *w, shy_references *r)
{
    shy_status st = SHY_OK;
    const size_t sets = (size_t)r->sets + 1U, predictions = (size_t)w->a->folds.repeats * w->n;
    SHY_TRY(shy_new(sets, sizeof *r->single, &r->single));
    SHY_TRY(shy_new(sets * (size_t)w->covariates, sizeof *r->beside, &r->beside));
    for (int line = 0; line < SHY_LINES; line++) {
        SHY_TRY(shy_new(sets, sizeof *r->net[line], &r->net[line]));
        SHY_TRY(shy_new(predictions, sizeof *r->predictor[line], &r->predictor[line]));
    }
out:
    return st;
}

/* held: predictions for the samples of the fold, in their order. */
static void put_held(const work *w, int t, const double *held, double *predictor)
{
    const shy_folds *folds = &w->a->folds;
    const size_t start = (size_t)(t / folds->folds) * w->n;
    for (size_t i = 0; i < w->n; i++)
        if (folds->all[start + i] == t % folds->folds) predictor[start + i] = isfinite(*held) ? *held : NAN, held++;
}

/* Rank 0. */
static shy_status unpack(const work *w, const char *bytes, shy_references *r)
{
    shy_status st = SHY_OK;
    SHY_TRY(allocate_references(w, r));
    for (int k = 0; k < w->tasks; k++, bytes += result_bytes(w)) {
        const packed *result = (const packed *)(const void *)bytes;
        const double *numbers = (const double *)(result + 1);
        const int t = k / SHY_LINES, line = k % SHY_LINES;
        r->net[line][t] = result->net;
        if (t < r->sets) put_held(w, t, numbers + w->covariates, r->predictor[line]);
        else r->apparent[line] = result->apparent;
        if (line != SHY_LINE_FACTORS) continue;
        r->single[t] = result->single;
        memcpy(r->beside + (size_t)t * (size_t)w->covariates, numbers, (size_t)w->covariates * sizeof *numbers);
    }
out:
    return st;
}

/* Collective over the world. */
static shy_status run_all(work *w, shy_references *r)
{
    shy_status st = SHY_OK;
    const shy_problem *problem = w->a->problem;
    char *bytes = NULL;
    SHY_TRY_ALL(problem->team, problem->team->rank == 0 ? shy_new((size_t)w->tasks, result_bytes(w), &bytes) : SHY_OK);
    const shy_workload load = {.team = problem->team, .journal = problem->journal, .name = "reference lines", .count = (uint64_t)w->tasks,
                               .size = result_bytes(w), .result = bytes, .work = run_task, .context = w};
    SHY_TRY(shy_workload_run(&load));
    SHY_TRY_ALL(problem->team, problem->team->rank == 0 ? unpack(w, bytes, r) : SHY_OK);
out:
    shy_free(&bytes);
    return st;
}

static int largest_fold(const shy_folds *folds, size_t n)
{
    int most = 0;
    for (int t = 0; t < folds->sets; t++) {
        int count = 0;
        for (size_t i = 0; i < n; i++) count += folds->all[(size_t)(t / folds->folds) * n + i] == t % folds->folds;
        if (count > most) most = count;
    }
    return most;
}

/* A number of samples alone, so that no result depends on the memory of a machine. */
static int columns_most(const shy_assessment *a)
{
    const uint64_t fit = (uint64_t)NUMBERS_MOST / (a->truth.n > 0 ? a->truth.n : 1U);
    const int most = fit > COLUMNS_MOST ? COLUMNS_MOST : fit < COLUMNS_LEAST ? COLUMNS_LEAST : (int)fit;
    return most < a->problem->factors ? most : a->problem->factors;
}

shy_status shy_references_create(const shy_assessment *a, shy_references *references_out)
{
    shy_status st = SHY_OK;
    work w = {.a = a, .n = a->truth.n, .covariates = a->problem->data.covariates, .most = columns_most(a)};
    w.tasks = SHY_LINES * (a->folds.sets + 1), w.held = largest_fold(&a->folds, w.n);
    shy_references r = {.sets = a->folds.sets, .covariates = w.covariates, .n = w.n};
    shy_assess_tell(a, "reference lines", 0.0);
    SHY_TRY(begin(&w));
    SHY_TRY(run_all(&w, &r));
    *references_out = r, r = (shy_references){0};
out:
    shy_references_free(&r);
    work_free(&w);
    return st;
}

void shy_references_free(shy_references *references)
{
    shy_free(&references->single);
    shy_free(&references->beside);
    for (int line = 0; line < SHY_LINES; line++) {
        shy_free(&references->net[line]);
        shy_free(&references->predictor[line]);
    }
}
