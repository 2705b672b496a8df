/* The constants of one formula fitted to the outcome, all together: profile loss, its gradient, coordinates that suit it. */
#include "shy_config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "polish.h"
#include "shihyo/linalg.h"

static shy_status allocate(shy_fitter *f)
{
    shy_status st = SHY_OK;
    const size_t rows = (size_t)f->problem->rows.rows, directions = (size_t)shy_outcome_metric(f->outcome)->directions;
    const size_t width = directions + 4 > SHY_POLISH_SUMS ? directions + 4 : SHY_POLISH_SUMS;
    SHY_TRY(shy_new(rows, sizeof *f->z, &f->z));
    SHY_TRY(shy_new(rows, sizeof *f->residual, &f->residual));
    SHY_TRY(shy_new(rows, sizeof *f->null_residual, &f->null_residual));
    SHY_TRY(shy_new((size_t)f->problem->rows.runs * width, sizeof *f->partial, &f->partial));
    SHY_TRY(shy_new((size_t)3 * SHY_TREE_MAX * SHY_CHUNK, sizeof *f->scratch, &f->scratch));
out:
    return st;
}

shy_status shy_fitter_create(const shy_problem *problem, const shy_outcome *outcome, shy_fitter **fitter_out)
{
    shy_status st = SHY_OK;
    shy_fitter *f = NULL;
    SHY_TRY(shy_group_agree(problem->team, shy_new(1, sizeof *f, &f)));
    f->problem = problem;
    f->outcome = outcome;
    f->squares = shy_outcome_kind(outcome) == shy_outcome_find("continuous");
    SHY_TRY(shy_group_agree(problem->team, allocate(f)));
    if (shy_outcome_kind(outcome)->residual) {
        SHY_TRY(shy_outcome_refit(outcome, 0, NULL, &f->fit));
        shy_outcome_residual(outcome, f->null_residual);
    }
    *fitter_out = f, f = NULL;
out:
    shy_fitter_destroy(&f);
    return st;
}

void shy_fitter_destroy(shy_fitter **fitter)
{
    shy_fitter *f = *fitter;
    if (!f) return;
    shy_free(&f->z);
    shy_free(&f->residual);
    shy_free(&f->null_residual);
    shy_free(&f->partial);
    shy_free(&f->scratch);
    shy_free(fitter);
}

/* ---- the tree at work ------------------------------------------------------------------------------------------------ */

static shy_status take(shy_fitter *f, const shy_tree *tree)
{
    shy_status st = SHY_OK;
    uint32_t factor[SHY_COLUMNS_KEPT];
    shy_interval ignored[SHY_TREE_MAX];
    const int factors = shy_tree_gather_factors(tree, &f->tree, factor);
    memset(f->column, 0, sizeof f->column);
    SHY_TRY(shy_columns_get(f->problem->columns, factor, factors, f->column));
    for (int k = 0; k < factors; k++) f->range[k] = f->problem->range[factor[k]];
    f->constants = shy_tree_constants(&f->tree, f->node);
    f->boxed = shy_tree_ranges(&f->tree, f->range, ignored);
out:
    return st;
}

static void evaluate(shy_fitter *f)
{
    const int rows = f->problem->rows.rows;
    for (int row = 0; row < rows; row += SHY_CHUNK) {
        const double *part[SHY_COLUMNS_KEPT];
        for (int k = 0; k < SHY_COLUMNS_KEPT; k++) part[k] = f->column[k] ? f->column[k] + row : NULL;
        shy_tree_evaluate_rows(&f->tree, rows - row < SHY_CHUNK ? rows - row : SHY_CHUNK, part, f->scratch, f->z + row);
    }
}

shy_status shy_fitter_evaluate(shy_fitter *f, const shy_tree *tree)
{
    shy_status st = SHY_OK;
    SHY_TRY(shy_group_agree(f->problem->team, take(f, tree)));
    evaluate(f);
out:
    return st;
}

static shy_status refit(shy_fitter *f)
{
    const double *const basis[1] = {f->z};
    evaluate(f);
    return shy_outcome_refit(f->outcome, 1, basis, &f->fit);
}

shy_status shy_fitter_poll(const shy_fitter *f)
{
    const shy_problem *problem = f->problem;
    return problem->journal ? shy_group_agree(problem->team, shy_journal_poll(problem->journal)) : SHY_OK;
}

shy_status shy_fitter_refit(shy_fitter *f, const shy_tree *tree, shy_fit *fit_out)
{
    shy_status st = SHY_OK;
    SHY_TRY(shy_fitter_poll(f));
    SHY_TRY(shy_group_agree(f->problem->team, take(f, tree)));
    SHY_TRY(refit(f));
    *fit_out = f->fit;
out:
    return st;
}

/* ---- sums over the samples of z and its derivatives ---------------------------------------------------------------------- */

/* Adds those of `rows` samples from `at` on; d[0] is z, d[1 + k] the derivative by constant k, and may be overwritten. */
typedef void add_sums(const shy_fitter *f, const void *context, int at, int rows, double *const *d, double *sums);

static void sum_run(shy_fitter *f, int begin, int end, add_sums *add, const void *context, double *sums)
{
    double *d[SHY_TREE_MAX + 1];
    for (int k = 0; k <= f->constants; k++) d[k] = f->scratch + (size_t)(2 * SHY_TREE_MAX + k) * SHY_CHUNK;
    for (int row = begin; row < end; row += SHY_CHUNK) {
        const double *part[SHY_COLUMNS_KEPT];
        const int rows = end - row < SHY_CHUNK ? end - row : SHY_CHUNK;
        for (int k = 0; k < SHY_COLUMNS_KEPT; k++) part[k] = f->column[k] ? f->column[k] + row : NULL;
        shy_tree_gradient_rows(&f->tree, rows, part, f->scratch, d[0], d + 1);
        add(f, context, row, rows, d, sums);
    }
}

/* Collective over the group. */
static shy_status sum_all(shy_fitter *f, add_sums *add, const void *context, int width, double *total)
{
    const shy_rows *rows = &f->problem->rows;
    memset(f->partial, 0, (size_t)rows->runs * (size_t)width * sizeof *f->partial);
    for (int run = 0; run < rows->runs; run++) {
        const int begin = run * rows->run_rows;
        const int end = rows->rows - begin < rows->run_rows ? rows->rows : begin + rows->run_rows;
        sum_run(f, begin, end, add, context, f->partial + (size_t)run * (size_t)width);
    }
    return shy_group_sum_runs(rows->team, f->partial, rows->runs, width, total);
}

static void add_means(const shy_fitter *f, const void *context, int at, int rows, double *const *d, double *sums)
{
    (void)context, (void)at;
    for (int k = 0; k <= f->constants; k++) sums[k] += shy_exact_sum(rows, d[k]);
}

/* Of the columns less their means, the lower triangle row by row. */
static void add_products(const shy_fitter *f, const void *context, int at, int rows, double *const *d, double *sums)
{
    const double *mean = context;
    (void)at;
    for (int k = 0; k <= f->constants; k++) {
        shy_exact_shift(rows, d[k], mean[k], 1.0);
        for (int j = 0; j <= k; j++) *sums++ += shy_exact_dot(rows, d[k], d[j]);
    }
}

static void add_slopes(const shy_fitter *f, const void *context, int at, int rows, double *const *d, double *sums)
{
    (void)context;
    for (int k = 0; k < f->constants; k++) sums[k] += shy_exact_dot(rows, f->residual + at, d[1 + k]);
}

static void add_explained(const shy_fitter *f, const void *context, int at, int rows, double *const *d, double *sums)
{
    (void)context;
    sums[0] += shy_exact_dot(rows, f->null_residual + at, d[0]);
}

/*
 * What a fit of least squares takes from the null model's sum of squares is Σ r₀·slope·z, r₀ being the null model's residuals, whatever the
 * weights and the covariates; so this gives the sum itself.
 */
static shy_status measure_explained(shy_fitter *f)
{
    shy_status st = SHY_OK;
    double sum = 0.0;
    if (!f->squares) return SHY_OK;
    SHY_TRY(sum_all(f, add_explained, NULL, 1, &sum));
    f->explained = f->fit.coefficient[0] * sum / (1.0 - f->fit.loss);
out:
    return st;
}

/* ---- coordinates --------------------------------------------------------------------------------------------------------- */

/*
 * With residuals r and slope b the curvature of the loss is about b²·D'D (Gauss–Newton), D the derivatives of z less what 1 and z explain of
 * them. Its Cholesky factor gives unknowns of which each changes the fit by about the same, whatever the sizes of the constants; constants
 * whose column is made up of the others' (2·x·c: the slope's) are left out. Simple numbers come last, so that of several that make up for
 * each other these stay.
 */
#define MADE_UP 1e-12 /* of a column's square */

enum { ANY_NUMBER, ONE_DIGIT, ONE, SIMPLICITIES };

static int simplicity(double value)
{
    char text[32];
    snprintf(text, sizeof text, "%.0e", value);
    return fabs(value) == 1.0 ? ONE : strtod(text, NULL) == value ? ONE_DIGIT : ANY_NUMBER;
}

/* Columns in the order of elimination: z, then the constants that are to be fitted. */
static int order_columns(const shy_fitter *f, int *order)
{
    int count = 0;
    order[count++] = 0;
    for (int simple = 0; simple < SIMPLICITIES; simple++)
        for (int k = 0; k < f->constants; k++)
            if (!f->tree.node[f->node[k]].held && simplicity(f->tree.node[f->node[k]].value) == simple) order[count++] = 1 + k;
    return count;
}

typedef struct {
    int count;
    int used[SHY_POLISH_COLUMNS];             /* columns; used[0] is z */
    double length[SHY_POLISH_COLUMNS];        /* of these columns */
    double l[SHY_POLISH_COLUMNS][SHY_POLISH_COLUMNS];    /* the factor of their correlations */
} cholesky;

/* Adds a column to the factor, unless those before make it up. */
static void eliminate(cholesky *c, const double *triangle, int column)
{
    const int m = c->count;
    const double square = triangle[column * (column + 1) / 2 + column];
    double rest = 1.0;
    if (!(square > 0.0) || !isfinite(square)) return;
    c->length[m] = sqrt(square);
    for (int j = 0; j < m; j++) {
        const int a = column > c->used[j] ? column : c->used[j], b = column > c->used[j] ? c->used[j] : column;
        double sum = triangle[a * (a + 1) / 2 + b] / (c->length[m] * c->length[j]);
        for (int i = 0; i < j; i++) sum -= c->l[m][i] * c->l[j][i];
        c->l[m][j] = sum / c->l[j][j];
        rest -= c->l[m][j] * c->l[m][j];
    }
    if (!(rest > MADE_UP)) return;
    c->l[m][m] = sqrt(rest);
    c->used[c->count++] = column;
}

/* map = diag(1/length)·L⁻ᵀ·scale of the part behind z. */
static void invert(shy_fitter *f, const cholesky *c, double scale)
{
    const int m = c->count - 1;
    memset(f->map, 0, sizeof f->map);
    for (int j = 0; j < m; j++) {
        double x[SHY_POLISH_COLUMNS] = {0.0};
        for (int i = j; i >= 0; i--) { /* Lᵀ x = e_j */
            x[i] = i == j ? 1.0 : 0.0;
            for (int k = i + 1; k <= j; k++) x[i] -= c->l[k + 1][i + 1] * x[k];
            x[i] /= c->l[i + 1][i + 1];
            f->map[i][j] = x[i] / c->length[i + 1] * scale;
        }
    }
    f->unknowns = m;
    for (int k = 0; k < m; k++) {
        f->active[k] = c->used[k + 1] - 1;
        f->start[k] = f->tree.node[f->node[f->active[k]]].value;
    }
}

static shy_status choose_coordinates(shy_fitter *f)
{
    shy_status st = SHY_OK;
    const double n = (double)f->problem->rows.total;
    double mean[SHY_POLISH_COLUMNS], triangle[SHY_POLISH_SUMS];
    int order[SHY_POLISH_COLUMNS];
    cholesky c = {0};
    f->unknowns = 0;
    SHY_TRY(sum_all(f, add_means, NULL, 1 + f->constants, mean));
    for (int k = 0; k <= f->constants; k++) mean[k] /= n;
    SHY_TRY(sum_all(f, add_products, mean, (1 + f->constants) * (2 + f->constants) / 2, triangle));
    const int count = order_columns(f, order);
    for (int k = 0; k < count; k++) {
        const double square = triangle[order[k] * (order[k] + 1) / 2 + order[k]];
        if (square > MADE_UP * n * mean[order[k]] * mean[order[k]]) eliminate(&c, triangle, order[k]);
    }
    const double curvature = f->squares ? f->explained : 4.0 * n; /* of a logistic fit half way, and near enough for the others */
    if (c.count > 1 && c.used[0] == 0) invert(f, &c, sqrt(curvature) / fabs(f->fit.coefficient[0]));
out:
    return st;
}

/* ---- the profile loss ------------------------------------------------------------------------------------------------------ */

static void set_constants(shy_fitter *f, const double *x)
{
    for (int k = 0; k < f->unknowns; k++) {
        double value = f->start[k];
        for (int j = 0; j < f->unknowns; j++) value += f->map[k][j] * x[j];
        f->tree.node[f->node[f->active[k]]].value = value;
    }
}

/* Half of the loss; or −log likelihood beyond the null model's, per sample. */
static double objective(const shy_fitter *f)
{
    return f->squares ? f->fit.loss / 2.0 : -f->fit.likelihood_ratio / 2.0 / (double)f->problem->rows.total;
}

/* By the envelope theorem: what is fitted exactly at every point has no part in it. */
static shy_status profile_gradient(shy_fitter *f, double *gradient)
{
    shy_status st = SHY_OK;
    const double scale = f->squares ? f->explained : (double)f->problem->rows.total;
    double sums[SHY_POLISH_CONSTANTS];
    shy_outcome_residual(f->outcome, f->residual);
    SHY_TRY(sum_all(f, add_slopes, NULL, f->constants, sums));
    for (int j = 0; j < f->unknowns; j++) {
        gradient[j] = 0.0;
        for (int k = 0; k < f->unknowns; k++) gradient[j] -= f->map[k][j] * f->fit.coefficient[0] * sums[f->active[k]] / scale;
    }
out:
    return st;
}

/* The tree is defined for all values of the constants between the start and here: no step leaps over a pole. */
static bool leads_there(const shy_fitter *f)
{
    shy_interval range[SHY_TREE_MAX];
    for (int k = 0; k < f->constants; k++) range[f->node[k]] = (shy_interval){f->tree.node[f->node[k]].value, f->tree.node[f->node[k]].value};
    for (int k = 0; k < f->unknowns; k++) {
        const int node = f->node[f->active[k]];
        range[node] = (shy_interval){fmin(f->start[k], f->tree.node[node].value), fmax(f->start[k], f->tree.node[node].value)};
    }
    return shy_tree_ranges_with(&f->tree, f->range, range);
}

static shy_status profile(void *context, const double *x, double *value, double *gradient)
{
    shy_status st = SHY_OK;
    shy_fitter *f = context;
    *value = INFINITY;
    SHY_TRY(shy_fitter_poll(f));
    set_constants(f, x);
    if (f->boxed && !leads_there(f)) return SHY_OK;
    SHY_TRY(refit(f));
    if (f->fit.verdict != SHY_FITTED) return SHY_OK;
    *value = objective(f);
    SHY_TRY(profile_gradient(f, gradient));
out:
    return st;
}

/* ---- the fit ------------------------------------------------------------------------------------------------------------------ */

#define ROUNDS 8          /* coordinates are chosen anew where the last ones ended */
#define NEAR 1e-2         /* an end so near to the start that its coordinates were right */
#define SETTLED 1e-7      /* a gradient that promises no more than half its square: closed forms have it */
#define TOLERANCE 1e-11
#define EVALUATIONS 120
#define GAIN 1e-12        /* of the loss: less is rounding */
#define LOSS_MOST (1.0 - 1e-6) /* formulas that explain less have no constants to speak of */

static shy_status descend(shy_fitter *f)
{
    shy_status st = SHY_OK;
    for (int round = 0; round < ROUNDS; round++) {
        double x[SHY_POLISH_CONSTANTS] = {0.0}, value, gradient[SHY_POLISH_CONSTANTS], steepest = 0.0, farthest = 0.0;
        SHY_TRY(choose_coordinates(f));
        if (f->unknowns == 0) return SHY_OK;
        SHY_TRY(profile_gradient(f, gradient));
        for (int k = 0; k < f->unknowns; k++) steepest = fmax(steepest, fabs(gradient[k]));
        if (!(steepest > SETTLED)) return SHY_OK;
        const shy_descend problem = {f->unknowns, profile, f, TOLERANCE, EVALUATIONS};
        SHY_TRY(shy_descend_run(&problem, x, &value));
        for (int k = 0; k < f->unknowns; k++) farthest = fmax(farthest, fabs(x[k]));
        set_constants(f, x);
        SHY_TRY(refit(f));
        if (farthest < NEAR || f->fit.verdict != SHY_FITTED) return SHY_OK;
    }
out:
    return st;
}

shy_status shy_fitter_fit(shy_fitter *f, shy_tree *tree, shy_fit *fit_io)
{
    shy_status st = SHY_OK;
    const double enough = fit_io->loss * (1.0 - GAIN) - GAIN / 100.0;
    SHY_TRY(shy_group_agree(f->problem->team, take(f, tree)));
    if (f->constants < 1 || f->constants > SHY_POLISH_CONSTANTS || !shy_outcome_kind(f->outcome)->residual) return SHY_OK;
    SHY_TRY(refit(f));
    if (f->fit.verdict != SHY_FITTED || !(f->fit.loss < LOSS_MOST)) return SHY_OK;
    SHY_TRY(measure_explained(f));
    SHY_TRY(descend(f));
    if (f->fit.verdict != SHY_FITTED || !(f->fit.loss < enough)) return SHY_OK;
    for (int k = 0; k < f->constants; k++) tree->node[f->node[k]].value = f->tree.node[f->node[k]].value;
    *fit_io = f->fit;
out:
    return st;
}
