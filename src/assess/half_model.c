/* The metric of the null model restricted to half samples: what intercept and covariates explain of the response there; statistics of a column. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "half_sums.h"

#define NOTHING_LEFT 1e-9 /* of a column's own square: constant on the half, or a combination of covariates there */

/* ---- sums ------------------------------------------------------------------------------------------------------------------------- */

shy_status shy_sum_over_rows(const shy_rows *rows, shy_row_add *add, const void *context, int width, double *total)
{
    shy_status st = SHY_OK;
    double *partial = NULL;
    SHY_TRY(shy_group_agree(rows->team, shy_new((size_t)rows->runs * (size_t)width, sizeof *partial, &partial)));
    for (int i = 0; i < rows->rows; i++) add(context, i, partial + (size_t)(i / rows->run_rows) * (size_t)width);
    SHY_TRY(shy_group_sum_runs(rows->team, partial, rows->runs, width, total));
out:
    shy_free(&partial);
    return st;
}

static double weight_at(const shy_metric *metric, int row)
{
    return metric->weight ? metric->weight[row] : 1.0;
}

/* ---- the null model on a half ---------------------------------------------------------------------------------------------------------- */

typedef struct {
    const shy_half_model *model;
    int pair, side;
} half_of;

static double direction_at(const shy_metric *metric, int k, int row)
{
    return k == 0 ? 1.0 : metric->direction[k - 1][row];
}

/* Σ w x x' (lower), Σ y x, Σ y²/w. */
static void add_null(const void *context, int row, double *sums)
{
    const half_of *half = context;
    const shy_half_model *m = half->model;
    const double w = weight_at(m->metric, row), y = m->metric->response[row];
    if (m->halves->side[(size_t)row * (size_t)m->halves->pairs + (size_t)half->pair] != half->side || !(w > 0.0)) return;
    for (int j = 0; j < m->order; j++) {
        const double x = direction_at(m->metric, j, row);
        for (int k = 0; k <= j; k++) *sums++ += w * x * direction_at(m->metric, k, row);
    }
    for (int j = 0; j < m->order; j++) *sums++ += y * direction_at(m->metric, j, row);
    *sums += y * y / w;
}

/* out = L⁻¹ in. */
static void solve_lower(const shy_half_null *null, int order, const double *in, double *out)
{
    for (int j = 0; j < order; j++) {
        const double *root = null->root + (size_t)j * (size_t)order;
        double rest = in[j];
        for (int k = 0; k < j; k++) rest -= root[k] * out[k];
        out[j] = root[j] > 0.0 ? rest / root[j] : 0.0;
    }
}

static void factor(const double *sums, int order, shy_half_null *null)
{
    for (int j = 0; j < order; j++) {
        double *row = null->root + (size_t)j * (size_t)order, rest = 0.0;
        for (int k = 0; k <= j; k++) {
            const double *other = null->root + (size_t)k * (size_t)order;
            rest = *sums++;
            for (int i = 0; i < k; i++) rest -= row[i] * other[i];
            if (k < j) row[k] = other[k] > 0.0 ? rest / other[k] : 0.0;
        }
        row[j] = rest > NOTHING_LEFT * sums[-1] ? sqrt(rest) : 0.0;
    }
    solve_lower(null, order, sums, null->along);
    null->left = sums[order];
    for (int j = 0; j < order; j++) null->left -= null->along[j] * null->along[j];
}

static shy_status make_nulls(shy_half_model *m, double *sums, int width)
{
    shy_status st = SHY_OK;
    for (int h = 0; h < 2 * m->halves->pairs; h++) {
        const half_of half = {m, h / 2, h % 2};
        SHY_TRY(shy_group_agree(m->problem->team, shy_journal_poll(m->problem->journal)));
        SHY_TRY(shy_sum_over_rows(&m->problem->rows, add_null, &half, width, sums));
        factor(sums, m->order, &m->null[h]);
    }
out:
    return st;
}

static shy_status allocate(shy_half_model *m, int width, double **sums)
{
    shy_status st = SHY_OK;
    const size_t order = (size_t)m->order;
    SHY_TRY(shy_new((size_t)width, sizeof **sums, sums));
    SHY_TRY(shy_new(order, sizeof *m->scratch, &m->scratch));
    SHY_TRY(shy_new(2U * (size_t)m->halves->pairs, sizeof *m->null, &m->null));
    for (int h = 0; h < 2 * m->halves->pairs; h++) {
        SHY_TRY(shy_new(order * order, sizeof(double), &m->null[h].root));
        SHY_TRY(shy_new(order, sizeof(double), &m->null[h].along));
    }
out:
    return st;
}

shy_status shy_half_model_create(const shy_problem *problem, const shy_halves *halves, shy_half_model *model_out)
{
    shy_status st = SHY_OK;
    shy_half_model m = {.problem = problem, .halves = halves};
    double *sums = NULL;
    SHY_TRY_ALL(problem->team, shy_problem_outcome(problem, &m.outcome));
    m.metric = shy_outcome_metric(m.outcome);
    m.order = 1 + m.metric->directions;
    const int width = m.order * (m.order + 1) / 2 + m.order + 1;
    SHY_TRY_ALL(problem->team, allocate(&m, width, &sums));
    SHY_TRY_ALL(problem->team, make_nulls(&m, sums, width));
    *model_out = m, m = (shy_half_model){0};
out:
    shy_free(&sums);
    shy_half_model_free(&m);
    return st;
}

void shy_half_model_free(shy_half_model *model)
{
    for (int h = 0; model->null && h < 2 * model->halves->pairs; h++) {
        shy_free(&model->null[h].root);
        shy_free(&model->null[h].along);
    }
    shy_free(&model->null);
    shy_free(&model->scratch);
    shy_outcome_destroy(&model->outcome);
}

/* ---- statistics of a column --------------------------------------------------------------------------------------------------------------- */

typedef struct {
    const shy_half_model *model;
    const double *column;
} column_of;

/* sums[k] += value where the sample is on side 1 of pair k; sums[pairs] of all samples. */
static inline void add_sides(int pairs, const uint8_t *side, double value, double *sums)
{
    for (int p = 0; p < pairs; p++) sums[p] += side[p] ? value : 0.0;
    sums[pairs] += value;
}

/* Σ w z², Σ y z, Σ w x z for each pair. */
static void add_column(const void *context, int row, double *sums)
{
    const column_of *of = context;
    const shy_half_model *m = of->model;
    const int pairs = m->halves->pairs;
    const uint8_t *side = m->halves->side + (size_t)row * (size_t)pairs;
    const double w = weight_at(m->metric, row), z = of->column[row];
    if (!(w > 0.0)) return;
    add_sides(pairs, side, w * z * z, sums);
    add_sides(pairs, side, m->metric->response[row] * z, sums + (pairs + 1));
    for (int k = 0; k < m->order; k++) add_sides(pairs, side, w * z * direction_at(m->metric, k, row), sums + (size_t)(pairs + 1) * (size_t)(2 + k));
}

/* The k-th sum on a half: what is not on side 1 is on side 0. */
static double sum_on(const double *total, int pairs, int k, int half)
{
    const double *sums = total + (size_t)(pairs + 1) * (size_t)k;
    return half % 2 == 1 ? sums[half / 2] : sums[pairs] - sums[half / 2];
}

static double statistic_on(const shy_half_model *m, const double *total, double *x, double *along, int half)
{
    const int pairs = m->halves->pairs;
    const shy_half_null *null = &m->null[half];
    double square = sum_on(total, pairs, 0, half), product = sum_on(total, pairs, 1, half);
    const double before = square;
    for (int k = 0; k < m->order; k++) x[k] = sum_on(total, pairs, 2 + k, half);
    solve_lower(null, m->order, x, along);
    for (int k = 0; k < m->order; k++) {
        square -= along[k] * along[k];
        product -= along[k] * null->along[k];
    }
    if (!(square > NOTHING_LEFT * before) || !(null->left > 0.0)) return 0.0;
    return product * product / (square * null->left);
}

shy_status shy_half_statistics(const shy_half_model *model, const double *column, double *out)
{
    shy_status st = SHY_OK;
    const int pairs = model->halves->pairs, width = (pairs + 1) * (2 + model->order);
    const column_of of = {model, column};
    double *total = NULL;
    SHY_TRY(shy_group_agree(model->problem->team, shy_new((size_t)width + (size_t)model->order, sizeof *total, &total)));
    SHY_TRY(shy_sum_over_rows(&model->problem->rows, add_column, &of, width, total));
    for (int h = 0; h < 2 * pairs; h++) out[h] = statistic_on(model, total, total + width, model->scratch, h);
out:
    shy_free(&total);
    return st;
}
