/* The statistic of one formula in fp64, summed in a fixed order: what decides, whatever the screening computed. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "search_impl.h"

enum { PURPOSE_TWIN = 101 };
enum { COLUMNS = 1 + SHY_PROBES }; /* response and probes */

struct shy_scorer {
    shy_space *space;
    const shy_view *view;
    double *right[COLUMNS];       /* my rows: response, probes */
    double *basis[SHY_FAMILY_TERMS];
    double *partial;              /* runs × width */
    double **against, *along;     /* [directions + terms]: what a column is made orthogonal to, and its sums with these */
};

/* Some microseconds, and some passes over the columns (measured). */
#define SCORE_SECONDS 8e-6
#define SCORE_ROW_SECONDS 1.5e-8
#define SCORE_DIRECTION_SECONDS 2e-9 /* per sample: two sums and two subtractions */

double shy_score_seconds(const shy_space *space)
{
    const shy_problem *problem = space->problem;
    const double row = SCORE_ROW_SECONDS + space->view.directions * SCORE_DIRECTION_SECONDS;
    return SCORE_SECONDS + (double)problem->rows.total / problem->team->row_blocks * row;
}

shy_status shy_scorer_create(shy_space *space, const shy_view *view, uint64_t seed, shy_scorer **scorer_out)
{
    shy_status st = SHY_OK;
    shy_scorer *s = NULL;
    const shy_rows *rows = &space->problem->rows;
    SHY_TRY(shy_new(1, sizeof *s, &s));
    s->space = space;
    s->view = view;
    s->right[0] = view->scaled_response;
    for (int k = 0; k < SHY_PROBES; k++) {
        SHY_TRY(shy_new((size_t)rows->rows, sizeof(double), &s->right[1 + k]));
        for (int i = 0; i < rows->rows; i++) {
            s->right[1 + k][i] = shy_random_normal(seed, PURPOSE_TWIN + (uint64_t)k, rows->first + (uint64_t)i);
        }
    }
    for (int k = 0; k < SHY_FAMILY_TERMS; k++) SHY_TRY(shy_new((size_t)rows->rows, sizeof(double), &s->basis[k]));
    const size_t most = (size_t)view->directions + SHY_FAMILY_TERMS;
    SHY_TRY(shy_new((size_t)rows->runs * (most + COLUMNS), sizeof(double), &s->partial));
    SHY_TRY(shy_new(most, sizeof *s->against, &s->against));
    SHY_TRY(shy_new(most, sizeof *s->along, &s->along));
    for (int k = 0; k < view->directions; k++) s->against[k] = view->scaled_direction[k];
    for (int k = 0; k < SHY_FAMILY_TERMS; k++) s->against[view->directions + k] = s->basis[k];
    *scorer_out = s, s = NULL;
out:
    shy_scorer_destroy(&s);
    return st;
}

void shy_scorer_destroy(shy_scorer **scorer)
{
    if (!*scorer) return;
    for (int k = 0; k < SHY_PROBES; k++) shy_free(&(*scorer)->right[1 + k]);
    for (int k = 0; k < SHY_FAMILY_TERMS; k++) shy_free(&(*scorer)->basis[k]);
    shy_free(&(*scorer)->partial);
    shy_free(&(*scorer)->against);
    shy_free(&(*scorer)->along);
    shy_free(scorer);
}

/* total[w] = Σ u·right[w] over all samples; right[w] NULL stands for ones. */
static shy_status sums(shy_scorer *s, const double *u, double *const *right, int width, double *total)
{
    const shy_rows *rows = &s->space->problem->rows;
    memset(s->partial, 0, (size_t)rows->runs * (size_t)width * sizeof(double));
    for (int run = 0; run < rows->runs; run++) {
        const int first = run * rows->run_rows;
        const int last = first + rows->run_rows < rows->rows ? first + rows->run_rows : rows->rows;
        for (int w = 0; w < width; w++) {
            s->partial[run * width + w] = right[w] ? shy_exact_dot(last - first, u + first, right[w] + first) : shy_exact_sum(last - first, u + first);
        }
    }
    return shy_group_sum_runs(rows->team, s->partial, rows->runs, width, total);
}

static void scale_shift(const shy_scorer *s, double *u, double shift, double factor)
{
    shy_exact_shift(s->space->problem->rows.rows, u, shift, factor);
}

/*
 * Twice the limits of the refit (SHY_COLLINEAR, SHY_ROUNDING of the module model): what is scored can be fitted, too. Below them a column's
 * remainder is rounding, and a constant divided by its coefficient would be anything.
 */
#define COLLINEAR 2e-9 /* of the centred column's length */
#define ROUNDING 2e-12 /* of the column's length */

/* With weights: times √w, 0 where a row takes no part, so that all that follows are ordinary sums. */
static void weigh(const shy_scorer *s, double *u)
{
    const double *root = s->view->root;
    for (int i = 0; root && i < s->space->problem->rows.rows; i++) u[i] *= root[i];
}

static void leave_out(const shy_scorer *s, double *u)
{
    const double *root = s->view->root;
    for (int i = 0; root && i < s->space->problem->rows.rows; i++) u[i] = root[i] > 0.0 ? u[i] : 0.0;
}

/* u := what is left of it beside the first `count` of s->against: directions of square n, then basis columns of length 1. */
static shy_status subtract_along(shy_scorer *s, double *u, int count)
{
    shy_status st = SHY_OK;
    const int rows = s->space->problem->rows.rows, directions = s->view->directions;
    const double n = (double)s->space->problem->rows.total;
    SHY_TRY(sums(s, u, s->against, count, s->along));
    for (int j = 0; j < count; j++) shy_exact_subtract(rows, u, j < directions ? s->along[j] / n : s->along[j], s->against[j]);
out:
    return st;
}

/* Centre column k, make it orthogonal to the directions and the columns before it (twice is enough) and of length 1. */
static shy_status orthonormalise(shy_scorer *s, int k, bool *nothing_out)
{
    shy_status st = SHY_OK;
    double *const *b = s->basis;
    double *const one[1] = {s->view->weight}, *const self[1] = {b[k]};
    const double n = (double)s->space->problem->rows.total;
    const int others = s->view->directions + k;
    double sum = 0.0, before = 0.0, after = 0.0;
    *nothing_out = true;
    leave_out(s, b[k]);
    SHY_TRY(sums(s, b[k], one, 1, &sum));
    const double mean = sum / n;
    if (!isfinite(mean)) return SHY_OK;
    scale_shift(s, b[k], mean, 1.0);
    weigh(s, b[k]);
    SHY_TRY(sums(s, b[k], self, 1, &before));
    const double size = sqrt(before), length = sqrt(before + n * mean * mean);
    if (!isfinite(length) || !(size > ROUNDING * length)) return SHY_OK;
    scale_shift(s, b[k], 0.0, 1.0 / size);
    for (int pass = 0; others > 0 && pass < 2; pass++) SHY_TRY(subtract_along(s, b[k], others));
    *nothing_out = others > 0;
    if (others == 0) return SHY_OK; /* nothing has been taken from it: its length is 1 */
    SHY_TRY(sums(s, b[k], self, 1, &after));
    if (!(sqrt(after) > COLLINEAR) || !(sqrt(after) * size > ROUNDING * length)) return SHY_OK;
    scale_shift(s, b[k], 0.0, 1.0 / sqrt(after));
    *nothing_out = false;
out:
    return st;
}

shy_status shy_scorer_score(shy_scorer *s, const shy_formula *formula, shy_score *score_out, bool *degenerate_out)
{
    shy_status st = SHY_OK;
    const shy_context *context = NULL;
    const shy_root *root = NULL;
    double total[COLUMNS], with_response[SHY_FAMILY_TERMS], probe[SHY_PROBES] = {0.0};
    double explained = 0.0;
    *degenerate_out = true;
    SHY_TRY(shy_group_agree(s->space->problem->team, shy_formula_basis(s->space, formula, s->basis)));
    SHY_TRY(shy_formula_context(s->space, formula, &context, &root));
    const int terms = shy_family_terms((shy_family)root->family);
    for (int k = 0; k < terms; k++) {
        bool nothing = false;
        SHY_TRY(orthonormalise(s, k, &nothing));
        if (nothing) return SHY_OK;
        SHY_TRY(sums(s, s->basis[k], s->right, COLUMNS, total));
        with_response[k] = total[0];
        explained += total[0] * total[0];
        for (int j = 0; j < SHY_PROBES; j++) probe[j] += with_response[k] * total[1 + j];
    }
    score_out->statistic = explained / (double)s->space->problem->rows.total;
    for (int j = 0; j < SHY_PROBES; j++) score_out->probe[j] = explained > 0.0 ? probe[j] / sqrt(explained) : 0.0;
    *degenerate_out = false;
out:
    return st;
}

/*
 * The fitted columns are twins when their r² and two random projections agree: three numbers that no accident makes equal. Rounding leaves
 * 1e-13 or less between equal columns, so that they rarely fall on both sides of a cell's edge; formulas that one extreme value dominates
 * (x^4 + log(x), x^4 + sqrt(x)) can be as near as 1e-8 and are no twins.
 */
#define STATISTIC_CELL 1e-11
#define PROBE_CELL 1e-9

/* Edges lie at no simple fraction: perfect fits have an r² of 1 but for rounding. */
static double cell_of(double value, double cell)
{
    return floor(value / cell + 0.382);
}

static int compare_cells(double a, double b, double cell)
{
    const double x = cell_of(a, cell), y = cell_of(b, cell);
    return (x > y) - (x < y);
}

int shy_score_compare(const shy_score *a, const shy_score *b)
{
    int order = compare_cells(b->statistic, a->statistic, STATISTIC_CELL);
    for (int j = 0; order == 0 && j < SHY_PROBES; j++) order = compare_cells(a->probe[j], b->probe[j], PROBE_CELL);
    return order;
}

double shy_score_mark(const shy_score *score)
{
    return (cell_of(score->statistic, STATISTIC_CELL) - 1.0) * STATISTIC_CELL;
}
