/*
 * The metric of screening, as the search works with it: normalised again over the samples at hand, and scaled by √w, so that all that
 * follows are ordinary sums of squares.
 */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "search_impl.h"

/* What is left of a direction beside the ones before it, relative to its length, if it is one. */
#define DIRECTION_LEFT 1e-9

/* ---- sums ------------------------------------------------------------------------------------------------------ */

/* Σ u·v over all samples in the fixed order of runs; v NULL stands for ones. `partial`: a number per run. Collective over the group. */
static shy_status sum_product(const shy_rows *rows, double *partial, const double *u, const double *v, double *total_out)
{
    for (int run = 0; run < rows->runs; run++) {
        const int first = run * rows->run_rows, rest = rows->rows - first;
        const int count = rest < rows->run_rows ? rest : rows->run_rows;
        partial[run] = v ? shy_exact_dot(count, u + first, v + first) : shy_exact_sum(count, u + first);
    }
    return shy_group_sum_runs(rows->team, partial, rows->runs, 1, total_out);
}

/* u := u − its part along v, Σ v² = n; v NULL stands for ones. Collective over the group. */
static shy_status take_along(const shy_rows *rows, double *partial, const double *v, double *u)
{
    shy_status st = SHY_OK;
    double along = 0.0;
    SHY_TRY(sum_product(rows, partial, u, v, &along));
    along /= (double)rows->total;
    if (v) shy_exact_subtract(rows->rows, u, along, v);
    else shy_exact_shift(rows->rows, u, along, 1.0);
out:
    return st;
}

/* ---- weights, directions, response ------------------------------------------------------------------------------- */

/* Σ w = n. Collective over the group. */
static shy_status normalise_weight(const shy_problem *problem, shy_view *view, double *partial)
{
    shy_status st = SHY_OK;
    const shy_rows *rows = &problem->rows;
    double sum = 0.0;
    if (!view->weight) return SHY_OK;
    SHY_TRY(sum_product(rows, partial, view->weight, NULL, &sum));
    if (!(sum > 0.0) || !isfinite(sum)) {
        st = shy_fail(SHY_INPUT, "outcome \"%s\": no sample that is screened has a weight above 0; raise search.screen_rows or leave it out.",
                      problem->outcome);
        goto out;
    }
    for (int i = 0; i < rows->rows; i++) {
        view->weight[i] *= (double)rows->total / sum;
        view->root[i] = sqrt(view->weight[i]);
    }
out:
    return st;
}

/* u·√w or u/√w; 0 where a row takes no part, whatever it holds. */
static void scale(const shy_problem *problem, const shy_view *view, const double *u, bool divide, double *out)
{
    for (int i = 0; i < problem->rows.rows; i++) {
        const double root = view->root ? view->root[i] : 1.0;
        out[i] = !(root > 0.0) ? 0.0 : divide ? u[i] / root : u[i] * root;
    }
}

/* Direction k orthogonal to 1 and those before it, twice, which is enough; *left_out: there is something left. Collective over the group. */
static shy_status orthogonalise(const shy_problem *problem, shy_view *view, double *partial, int k, bool *left_out)
{
    shy_status st = SHY_OK;
    const shy_rows *rows = &problem->rows;
    double *p = view->scaled_direction[k], before = 0.0, after = 0.0;
    SHY_TRY(sum_product(rows, partial, p, p, &before));
    for (int pass = 0; pass < 2; pass++) {
        SHY_TRY(take_along(rows, partial, view->root, p));
        for (int j = 0; j < k; j++) SHY_TRY(take_along(rows, partial, view->scaled_direction[j], p));
    }
    SHY_TRY(sum_product(rows, partial, p, p, &after));
    *left_out = isfinite(after) && sqrt(after) > DIRECTION_LEFT * sqrt(before);
    if (*left_out) shy_exact_shift(rows->rows, p, 0.0, sqrt((double)rows->total / after));
out:
    return st;
}

/* On a part of the samples some may be constant, or combinations of others: these are left out. Collective over the group. */
static shy_status set_directions(const shy_problem *problem, shy_view *view, const shy_metric *metric, double *partial)
{
    shy_status st = SHY_OK;
    for (int k = 0; k < metric->directions; k++) {
        bool left = false;
        scale(problem, view, metric->direction[k], false, view->scaled_direction[view->directions]);
        SHY_TRY(orthogonalise(problem, view, partial, view->directions, &left));
        if (!left) continue;
        scale(problem, view, view->scaled_direction[view->directions], true, view->direction[view->directions]);
        view->directions++;
    }
out:
    return st;
}

/* Orthogonal to 1 and the directions, Σ y²/w = n. Collective over the group. */
static shy_status set_response(const shy_problem *problem, shy_view *view, const shy_metric *metric, double *partial)
{
    shy_status st = SHY_OK;
    const shy_rows *rows = &problem->rows;
    double *y = view->scaled_response, square = 0.0;
    scale(problem, view, metric->response, true, y);
    SHY_TRY(take_along(rows, partial, view->root, y));
    for (int k = 0; k < view->directions; k++) SHY_TRY(take_along(rows, partial, view->scaled_direction[k], y));
    SHY_TRY(sum_product(rows, partial, y, y, &square));
    if (!(square > 0.0) || !isfinite(square)) {
        st = shy_fail(SHY_INPUT, "outcome \"%s\": the covariates leave nothing of it to be explained in the samples that are screened.",
                      problem->outcome);
        goto out;
    }
    view->y_scale = sqrt(square / (double)rows->total);
    shy_exact_shift(rows->rows, y, 0.0, 1.0 / view->y_scale);
    scale(problem, view, y, false, view->response);
out:
    return st;
}

/* ---- without weights and directions ------------------------------------------------------------------------------- */

/* Sum over all samples of value[i]·(other ? other[i] : 1), in the fixed order of runs. Collective over the group. */
static shy_status sum_rows(const shy_rows *rows, double *partial, const double *value, const double *other, double *total)
{
    memset(partial, 0, (size_t)rows->runs * sizeof *partial);
    for (int i = 0; i < rows->rows; i++) partial[i / rows->run_rows] += other ? value[i] * other[i] : value[i];
    return shy_group_sum_runs(rows->team, partial, rows->runs, 1, total);
}

static shy_status standardise_response(const shy_problem *problem, shy_view *view, const shy_metric *metric, double *partial)
{
    shy_status st = SHY_OK;
    const shy_rows *rows = &problem->rows;
    double sum = 0.0, square = 0.0;
    if (rows->rows > 0) memcpy(view->response, metric->response, (size_t)rows->rows * sizeof *view->response);
    SHY_TRY(sum_rows(rows, partial, view->response, NULL, &sum));
    const double mean = sum / (double)rows->total;
    for (int i = 0; i < rows->rows; i++) view->response[i] -= mean;
    SHY_TRY(sum_rows(rows, partial, view->response, view->response, &square));
    view->y_scale = sqrt(square / (double)rows->total);
    for (int i = 0; i < rows->rows; i++) view->response[i] /= view->y_scale;
out:
    return st;
}

/* ---- all of it --------------------------------------------------------------------------------------------------- */

/* Without weights the scaled columns are the columns themselves. */
static shy_status allocate(const shy_problem *problem, shy_view *view, const shy_metric *metric, double **partial_out)
{
    shy_status st = SHY_OK;
    const size_t rows = (size_t)problem->rows.rows, count = (size_t)metric->directions;
    if (metric->directions > SHY_ROUGH_DIRECTIONS_MOST) {
        return shy_fail(SHY_INPUT, "outcome \"%s\" has %d covariates (levels of a category are one each), more than the %d that screening works with.",
                        problem->outcome, metric->directions, SHY_ROUGH_DIRECTIONS_MOST);
    }
    SHY_TRY(shy_new((size_t)problem->rows.runs, sizeof **partial_out, partial_out));
    SHY_TRY(shy_new(rows, sizeof *view->response, &view->response));
    view->scaled_response = view->response;
    if (metric->weight) {
        SHY_TRY(shy_new(rows, sizeof *view->weight, &view->weight));
        SHY_TRY(shy_new(rows, sizeof *view->root, &view->root));
        if (rows > 0) memcpy(view->weight, metric->weight, rows * sizeof *view->weight);
        view->scaled_response = NULL;
        SHY_TRY(shy_new(rows, sizeof *view->scaled_response, &view->scaled_response));
    }
    if (count == 0) return SHY_OK;
    SHY_TRY(shy_new(count, sizeof *view->direction, &view->direction));
    SHY_TRY(shy_new(count, sizeof *view->scaled_direction, &view->scaled_direction));
    SHY_TRY(shy_new((metric->weight ? 2U : 1U) * count * rows, sizeof *view->direction_values, &view->direction_values));
    for (size_t k = 0; k < count; k++) {
        view->direction[k] = view->direction_values + k * rows;
        view->scaled_direction[k] = view->direction_values + (metric->weight ? count + k : k) * rows;
    }
out:
    return st;
}

shy_status shy_view_set(const shy_problem *problem, const shy_metric *metric, shy_view *view)
{
    shy_status st = SHY_OK;
    double *partial = NULL;
    SHY_TRY_ALL(problem->team, allocate(problem, view, metric, &partial));
    if (metric->weight || metric->directions > 0) {
        SHY_TRY(normalise_weight(problem, view, partial));
        SHY_TRY(set_directions(problem, view, metric, partial));
        SHY_TRY(set_response(problem, view, metric, partial));
    } else {
        SHY_TRY(standardise_response(problem, view, metric, partial));
    }
out:
    shy_free(&partial);
    return st;
}

static shy_status allocate_response(const shy_problem *problem, shy_view *view, double **partial_out)
{
    shy_status st = SHY_OK;
    const size_t rows = (size_t)problem->rows.rows;
    const bool weighted = view->weight != NULL;
    view->response = view->scaled_response = NULL;
    SHY_TRY(shy_new((size_t)problem->rows.runs, sizeof **partial_out, partial_out));
    SHY_TRY(shy_new(rows, sizeof *view->response, &view->response));
    if (weighted) SHY_TRY(shy_new(rows, sizeof *view->scaled_response, &view->scaled_response));
    else view->scaled_response = view->response;
out:
    return st;
}

shy_status shy_view_respond(const shy_problem *problem, const shy_view *base, const double *response, shy_view *view)
{
    shy_status st = SHY_OK;
    double *partial = NULL;
    const shy_metric metric = {.response = response};
    *view = *base;
    view->borrows = true;
    SHY_TRY(shy_group_agree(problem->team, allocate_response(problem, view, &partial)));
    if (view->weight || view->directions > 0) SHY_TRY(set_response(problem, view, &metric, partial));
    else SHY_TRY(standardise_response(problem, view, &metric, partial));
out:
    shy_free(&partial);
    return st;
}

void shy_view_free(shy_view *view)
{
    if (view->scaled_response != view->response) shy_free(&view->scaled_response);
    shy_free(&view->response);
    if (view->borrows) return;
    shy_free(&view->weight);
    shy_free(&view->root);
    shy_free(&view->direction);
    shy_free(&view->scaled_direction);
    shy_free(&view->direction_values);
}

shy_tile_metric shy_view_metric(const shy_view *view)
{
    return (shy_tile_metric){.response = view->scaled_response, .root = view->root, .directions = view->directions,
                             .direction = (const double *const *)view->scaled_direction};
}
