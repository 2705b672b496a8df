/* Which factors are worth a look on a training set: score statistics of all of them, and the best single one. */
#include "shy_config.h"

#include <math.h>
#include <stdlib.h>

#include "references.h"

#define SUMS_MOST 4096  /* per run and pass over some factors */
#define SINGLES_MOST 64 /* factors that are refitted to find the best one */

bool shy_line_logs(const shy_problem *problem, shy_line line, int factor)
{
    return line == SHY_LINE_LOGS && problem->range[factor].lo > 0.0;
}

shy_tree shy_line_tree(const shy_problem *problem, shy_line line, int factor)
{
    shy_tree tree = {.count = 0};
    const int leaf = shy_tree_leaf(&tree, (uint32_t)factor);
    if (shy_line_logs(problem, line, factor)) (void)shy_tree_unary(&tree, SHY_OP_LOG, leaf);
    return tree;
}

/* ---- statistics --------------------------------------------------------------------------------------------------------------- */

typedef struct {
    const shy_problem *problem;
    const shy_metric *metric;
    shy_line line;
    int width;       /* sums of a factor: y z, w z, w z², w q_k z */
    double *column;  /* over my rows */
    double *partial; /* [runs × SUMS_MOST] */
    double *total;   /* [SUMS_MOST] */
} screen;

/* Sample 0 is taken off, so that large means do no harm. */
static shy_status evaluate(const screen *s, int factor)
{
    shy_status st = SHY_OK;
    const shy_tree tree = shy_line_tree(s->problem, s->line, factor);
    const double first = s->problem->first_sample[factor], origin = shy_line_logs(s->problem, s->line, factor) ? log(first) : first;
    SHY_TRY(shy_problem_evaluate(s->problem, &tree, s->column));
    for (int i = 0; i < s->problem->rows.rows; i++) s->column[i] -= origin;
out:
    return st;
}

static void sum_run(const screen *s, int begin, int end, double *sums)
{
    const shy_metric *m = s->metric;
    for (int k = 0; k < s->width; k++) sums[k] = 0.0;
    for (int i = begin; i < end; i++) {
        const double z = s->column[i], w = m->weight ? m->weight[i] : 1.0;
        sums[0] += m->response[i] * z;
        if (w == 0.0) continue;
        sums[1] += w * z;
        sums[2] += w * z * z;
        for (int k = 0; k < m->directions; k++) sums[3 + k] += w * m->direction[k][i] * z;
    }
}

static shy_status sum_factors(const screen *s, int first, int count)
{
    shy_status st = SHY_OK;
    const shy_rows *rows = &s->problem->rows;
    SHY_TRY(shy_journal_poll(s->problem->journal));
    for (int f = 0; f < count; f++) {
        SHY_TRY(evaluate(s, first + f));
        for (int run = 0; run < rows->runs; run++) {
            const int begin = run * rows->run_rows, end = begin + rows->run_rows < rows->rows ? begin + rows->run_rows : rows->rows;
            sum_run(s, begin, end, s->partial + ((size_t)run * (size_t)count + (size_t)f) * (size_t)s->width);
        }
    }
out:
    return st;
}

/* What of z is left beside intercept and covariates must be more than rounding. */
#define LEFT_LEAST 1e-10

static double statistic_of(const screen *s, const double *sums)
{
    const double n = (double)s->problem->rows.total;
    double variance = sums[2] - sums[1] * sums[1] / n;
    const double whole = variance;
    for (int k = 0; k < s->metric->directions; k++) variance -= sums[3 + k] * sums[3 + k] / n;
    return variance > LEFT_LEAST * whole && variance > LEFT_LEAST * LEFT_LEAST * sums[2] ? sums[0] * sums[0] / variance : -1.0;
}

static shy_status allocate(screen *s)
{
    shy_status st = SHY_OK;
    const shy_rows *rows = &s->problem->rows;
    SHY_TRY(shy_new((size_t)rows->rows, sizeof *s->column, &s->column));
    SHY_TRY(shy_new((size_t)rows->runs * SUMS_MOST, sizeof *s->partial, &s->partial));
    SHY_TRY(shy_new(SUMS_MOST, sizeof *s->total, &s->total));
out:
    return st;
}

shy_status shy_line_screen(const shy_problem *problem, const shy_outcome *outcome, shy_line line, double *statistic_out)
{
    shy_status st = SHY_OK;
    screen s = {.problem = problem, .metric = shy_outcome_metric(outcome), .line = line};
    s.width = 3 + s.metric->directions;
    const int most = SUMS_MOST / s.width;
    SHY_TRY(shy_group_agree(problem->team, allocate(&s)));
    for (int first = 0, count; first < problem->factors; first += count) {
        count = problem->factors - first < most ? problem->factors - first : most;
        SHY_TRY(shy_group_agree(problem->team, sum_factors(&s, first, count)));
        SHY_TRY(shy_group_sum_runs(problem->team, s.partial, problem->rows.runs, count * s.width, s.total));
        for (int f = 0; f < count; f++) statistic_out[first + f] = statistic_of(&s, s.total + (size_t)f * (size_t)s.width);
    }
out:
    shy_free(&s.column);
    shy_free(&s.partial);
    shy_free(&s.total);
    return st;
}

/* ---- the best ---------------------------------------------------------------------------------------------------------------------- */

static bool before(const double *statistic, int32_t a, int32_t b)
{
    if (statistic[a] != statistic[b]) return statistic[a] > statistic[b];
    return a < b;
}

/* The worst of those kept is on top of a heap. */
static void sink(const double *statistic, int32_t *heap, int count, int at)
{
    for (int child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && before(statistic, heap[child], heap[child + 1])) child++;
        if (before(statistic, heap[child], heap[at])) return;
        const int32_t swapped = heap[at];
        heap[at] = heap[child], heap[child] = swapped;
    }
}

int shy_line_best(const double *statistic, int factors, int most, int32_t *factor_out)
{
    int count = 0;
    for (int32_t f = 0; f < factors; f++) {
        if (!(statistic[f] >= 0.0)) continue;
        if (count < most) {
            factor_out[count++] = f;
            for (int at = count / 2 - 1; count == most && at >= 0; at--) sink(statistic, factor_out, count, at);
        } else if (most > 0 && before(statistic, f, factor_out[0])) {
            factor_out[0] = f;
            sink(statistic, factor_out, count, 0);
        }
    }
    for (int at = count / 2 - 1; at >= 0; at--) sink(statistic, factor_out, count, at);
    for (int left = count - 1; left > 0; left--) {
        const int32_t worst = factor_out[0];
        factor_out[0] = factor_out[left], factor_out[left] = worst;
        sink(statistic, factor_out, left, 0);
    }
    return count;
}

/* ---- the best single factor ---------------------------------------------------------------------------------------------------------- */

static shy_status evaluate_factor(const shy_problem *problem, int factor, double *column)
{
    const shy_tree tree = shy_line_tree(problem, SHY_LINE_FACTORS, factor);
    const shy_status st = shy_journal_poll(problem->journal);
    return st == SHY_OK ? shy_problem_evaluate(problem, &tree, column) : st;
}

static shy_status refit(const shy_problem *problem, const shy_outcome *outcome, int factor, double *column, shy_fit *fit)
{
    shy_status st = SHY_OK;
    const double *basis = column;
    SHY_TRY(shy_group_agree(problem->team, evaluate_factor(problem, factor, column)));
    SHY_TRY(shy_outcome_refit(outcome, 1, &basis, fit));
out:
    return st;
}

static bool usable(const shy_fit *fit)
{
    const bool fitted = fit->verdict == SHY_FITTED || fit->verdict == SHY_SEPARATED || fit->verdict == SHY_FIRTH;
    return fitted && isfinite(fit->intercept) && isfinite(fit->coefficient[0]) && isfinite(fit->loss);
}

shy_status shy_single_best(const shy_problem *problem, const shy_outcome *outcome, const double *statistic, shy_single *single_out, double *beside)
{
    shy_status st = SHY_OK;
    double *column = NULL;
    shy_single best = {.factor = -1};
    shy_fit fit;
    int32_t factor[SINGLES_MOST];
    int covariates = 0;
    const int count = shy_line_best(statistic, problem->factors, SINGLES_MOST, factor);
    SHY_TRY(shy_group_agree(problem->team, shy_new((size_t)problem->rows.rows, sizeof *column, &column)));
    for (int k = 0; k < count; k++) {
        SHY_TRY(refit(problem, outcome, factor[k], column, &fit));
        if (!usable(&fit) || (best.factor >= 0 && fit.loss >= best.loss)) continue;
        best = (shy_single){factor[k], fit.intercept, fit.coefficient[0], fit.loss, fit.metric[0]};
        const double *coefficient = shy_outcome_covariates(outcome, &covariates);
        for (int c = 0; coefficient && c < covariates; c++) beside[c] = coefficient[c];
    }
    *single_out = best;
out:
    shy_free(&column);
    return st;
}
