/* Columns of formulas on all ranks, their statistics on half samples, and what is needed to compare them with each other, on rank 0. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "half_sums.h"

/* ---- which samples correlations are of ----------------------------------------------------------------------------------------------- */

static int samples_of(const shy_problem *problem)
{
    return problem->rows.total < SHY_FAMILY_SAMPLES ? (int)problem->rows.total : SHY_FAMILY_SAMPLES;
}

static uint64_t sample_at(const shy_problem *problem, int k)
{
    return (uint64_t)k * problem->rows.total / (uint64_t)samples_of(problem);
}

/* The first of them that is not before this sample. */
static int sample_from(const shy_problem *problem, uint64_t sample)
{
    int k = 0;
    while (k < samples_of(problem) && sample_at(problem, k) < sample) k++;
    return k;
}

/* ---- a column --------------------------------------------------------------------------------------------------------------------------- */

/* What this rank has of the formulas of its group. */
typedef struct {
    const shy_half_model *model;
    const shy_tree *tree;        /* of all formulas */
    int formulas, from, samples; /* formulas of the group; my samples among those that correlations are of */
    double *column;              /* my rows */
    double *kept;                /* [formulas × samples] */
    void (*tell)(void *context, double fraction);
    void *context;
    int all;                     /* formulas */
} share;

typedef struct {
    const shy_metric *metric;
    const double *column;
} projected;

static double weight_at(const shy_metric *metric, int row)
{
    return metric->weight ? metric->weight[row] : 1.0;
}

static void add_projections(const void *context, int row, double *sums)
{
    const projected *p = context;
    const double value = weight_at(p->metric, row) * p->column[row];
    sums[0] += value;
    for (int k = 0; k < p->metric->directions; k++) sums[1 + k] += value * p->metric->direction[k][row];
}

static void add_square(const void *context, int row, double *sums)
{
    const projected *p = context;
    *sums += weight_at(p->metric, row) * p->column[row] * p->column[row];
}

/* Rows of weight 0 may hold anything. */
static void silence(const shy_metric *metric, int rows, double *column)
{
    for (int i = 0; metric->weight && i < rows; i++) {
        if (!(metric->weight[i] > 0.0)) column[i] = 0.0;
    }
}

/* Σ w z = Σ w q z = 0, Σ w z² = n; all 0 if there is nothing left. The directions are orthonormal over all samples. Collective over the group. */
static shy_status centre(const share *s)
{
    shy_status st = SHY_OK;
    const shy_rows *rows = &s->model->problem->rows;
    const shy_metric *metric = s->model->metric;
    const projected p = {metric, s->column};
    double *along = s->model->scratch, before = 0.0, after = 0.0;
    SHY_TRY(shy_sum_over_rows(rows, add_square, &p, 1, &before));
    for (int pass = 0; pass < 2; pass++) {
        SHY_TRY(shy_sum_over_rows(rows, add_projections, &p, s->model->order, along));
        for (int i = 0; i < rows->rows; i++) {
            double part = along[0];
            for (int k = 0; k < metric->directions; k++) part += along[1 + k] * metric->direction[k][i];
            s->column[i] -= part / (double)rows->total;
        }
        silence(metric, rows->rows, s->column);
    }
    SHY_TRY(shy_sum_over_rows(rows, add_square, &p, 1, &after));
    const double scale = after > 1e-24 * before && isfinite(after) ? sqrt((double)rows->total / after) : 0.0;
    for (int i = 0; i < rows->rows; i++) s->column[i] = scale > 0.0 ? s->column[i] * scale : 0.0;
out:
    return st;
}

static void keep_samples(const share *s, double *kept)
{
    const shy_problem *problem = s->model->problem;
    for (int k = 0; k < s->samples; k++) {
        const size_t row = (size_t)(sample_at(problem, s->from + k) - problem->rows.first);
        kept[k] = s->column[row] * sqrt(weight_at(s->model->metric, (int)row));
    }
}

static shy_status evaluate(const share *s, const shy_tree *tree)
{
    const shy_problem *problem = s->model->problem;
    const shy_status st = shy_journal_poll(problem->journal);
    return st == SHY_OK ? shy_problem_evaluate(problem, tree, s->column) : st;
}

/* Collective over the group. */
static shy_status take_column(const share *s, const shy_tree *tree)
{
    shy_status st = SHY_OK;
    const shy_problem *problem = s->model->problem;
    SHY_TRY(shy_group_agree(problem->team, evaluate(s, tree)));
    silence(s->model->metric, problem->rows.rows, s->column);
    SHY_TRY(centre(s));
out:
    return st;
}

/* ---- statistics: a step of the journal ---------------------------------------------------------------------------------------------------- */

static shy_status take_statistics(void *context, uint64_t f, void *statistic)
{
    shy_status st = SHY_OK;
    const share *s = context;
    if (s->tell && s->model->problem->team->rank == 0) s->tell(s->context, (double)f / s->all);
    SHY_TRY(take_column(s, &s->tree[f]));
    SHY_TRY(shy_half_statistics(s->model, s->column, statistic));
out:
    return st;
}

/* Rank 0 gets them. Collective over the world. */
static shy_status make_statistics(share *s, double *statistic)
{
    const shy_problem *problem = s->model->problem;
    const shy_workload load = {.team = problem->team, .journal = problem->journal, .name = "half samples", .count = (uint64_t)s->all,
                               .size = 2U * (size_t)s->model->halves->pairs * sizeof(double), .result = statistic, .work = take_statistics, .context = s};
    return shy_workload_run(&load);
}

/* ---- columns: every group every groups-th; quickly made, so that they are made again --------------------------------------------------------- */

static shy_status share_allocate(share *s)
{
    shy_status st = SHY_OK;
    const shy_problem *problem = s->model->problem;
    SHY_TRY(shy_new((size_t)problem->rows.rows, sizeof *s->column, &s->column));
    SHY_TRY(shy_new((size_t)s->formulas * (size_t)s->samples, sizeof *s->kept, &s->kept));
out:
    return st;
}

static void share_free(share *s)
{
    shy_free(&s->column);
    shy_free(&s->kept);
}

static shy_status take_mine(const share *s)
{
    shy_status st = SHY_OK;
    const shy_team *team = s->model->problem->team;
    for (int f = team->group, at = 0; f < s->all; f += team->groups, at++) {
        SHY_TRY(take_column(s, &s->tree[f]));
        keep_samples(s, s->kept + (size_t)at * (size_t)s->samples);
    }
out:
    return st;
}

/* How many of `formulas` a group has. */
static int formulas_of(int formulas, int group, int groups)
{
    return formulas > group ? (formulas - group - 1) / groups + 1 : 0;
}

/* `bytes`: what the ranks have, one after the other, `width` numbers of a formula lying side by side; those of a rank begin at `offset` of out's width. */
static void unpack(const shy_team *team, const double *values, int rank, int offset, int width, int stride, int formulas, double *out)
{
    const int group = rank / team->row_blocks;
    for (int f = group, at = 0; f < formulas; f += team->groups, at++) {
        for (int k = 0; k < width; k++) out[(size_t)f * (size_t)stride + (size_t)(offset + k)] = values[(size_t)at * (size_t)width + (size_t)k];
    }
}

/* The samples of the columns from all members. Collective over the world. */
static shy_status gather_columns(const share *s, shy_half_sums *sums)
{
    shy_status st = SHY_OK;
    const shy_team *team = s->model->problem->team;
    void *bytes = NULL;
    uint64_t *counts = NULL;
    SHY_TRY(shy_team_gather(team, s->kept, (uint64_t)s->formulas * (uint64_t)s->samples * sizeof(double), &bytes, &counts));
    const double *values = bytes;
    for (int rank = 0, offset = 0; team->rank == 0 && rank < team->size; values += counts[rank] / sizeof *values, rank++) {
        const int of_group = formulas_of(sums->formulas, rank / team->row_blocks, team->groups);
        const int width = of_group > 0 ? (int)(counts[rank] / sizeof *values) / of_group : 0;
        if (rank % team->row_blocks == 0) offset = 0;
        unpack(team, values, rank, offset, width, sums->samples, sums->formulas, sums->column);
        offset += width;
    }
out:
    shy_free(&bytes);
    shy_free(&counts);
    return st;
}

/* Rank 0. */
static void normalise_columns(shy_half_sums *sums)
{
    for (int f = 0; f < sums->formulas; f++) {
        double *column = sums->column + (size_t)f * (size_t)sums->samples, square = 0.0;
        for (int k = 0; k < sums->samples; k++) square += column[k] * column[k];
        for (int k = 0; k < sums->samples; k++) column[k] = square > 0.0 ? column[k] / sqrt(square) : 0.0;
    }
}

double shy_half_sums_correlation(const shy_half_sums *sums, int f, int g)
{
    const double *a = sums->column + (size_t)f * (size_t)sums->samples, *b = sums->column + (size_t)g * (size_t)sums->samples;
    double part[4] = {0.0};
    int k = 0;
    for (; k + 4 <= sums->samples; k += 4) {
        for (int j = 0; j < 4; j++) part[j] += a[k + j] * b[k + j];
    }
    for (; k < sums->samples; k++) part[0] += a[k] * b[k];
    return fabs(part[0] + part[1] + (part[2] + part[3]));
}

static shy_status sums_allocate(shy_half_sums *sums)
{
    shy_status st = SHY_OK;
    SHY_TRY(shy_new((size_t)sums->formulas * 2U * (size_t)sums->pairs, sizeof *sums->statistic, &sums->statistic));
    SHY_TRY(shy_new((size_t)sums->formulas * (size_t)sums->samples, sizeof *sums->column, &sums->column));
out:
    return st;
}

shy_status shy_half_sums_create(const shy_problem *problem, const shy_halves *halves, const shy_tree *tree, int formulas,
                                void (*tell)(void *context, double fraction), void *context, shy_half_sums *sums_out)
{
    shy_status st = SHY_OK;
    const shy_team *team = problem->team;
    shy_half_model model = {0};
    share s = {.model = &model, .tree = tree, .all = formulas, .formulas = formulas_of(formulas, team->group, team->groups), .tell = tell, .context = context};
    shy_half_sums sums = {.formulas = formulas, .pairs = halves->pairs, .samples = samples_of(problem), .journal = problem->journal};
    s.from = sample_from(problem, problem->rows.first);
    s.samples = sample_from(problem, problem->rows.first + (uint64_t)problem->rows.rows) - s.from;
    SHY_TRY(shy_half_model_create(problem, halves, &model));
    SHY_TRY_ALL(team, share_allocate(&s));
    SHY_TRY_ALL(team, team->rank == 0 ? sums_allocate(&sums) : SHY_OK);
    SHY_TRY(make_statistics(&s, sums.statistic));
    SHY_TRY_ALL(team, take_mine(&s));
    SHY_TRY(gather_columns(&s, &sums));
    if (team->rank == 0) normalise_columns(&sums);
    *sums_out = sums, sums = (shy_half_sums){0};
out:
    share_free(&s);
    shy_half_model_free(&model);
    shy_half_sums_free(&sums);
    return st;
}

void shy_half_sums_free(shy_half_sums *sums)
{
    shy_free(&sums->statistic);
    shy_free(&sums->column);
}
