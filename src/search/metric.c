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
static shy_status normalise_weight(shy_space *space, double *partial)
{
    shy_status st = SHY_OK;
    const shy_rows *rows = &space->problem->rows;
    double sum = 0.0;
    if (!space->weight) return SHY_OK;
    SHY_TRY(sum_product(rows, partial, space->weight, NULL, &sum));
    if (!(sum > 0.0) || !isfinite(sum)) {
        st = shy_fail(SHY_INPUT, "outcome \"%s\": no sample that is screened has a weight above 0; raise search.screen_rows or leave it out.",
                      space->problem->outcome);
        goto out;
    }
    for (int i = 0; i < rows->rows; i++) {
        space->weight[i] *= (double)rows->total / sum;
        space->root[i] = sqrt(space->weight[i]);
    }
out:
    return st;
}

/* u·√w or u/√w; 0 where a row takes no part, whatever it holds. */
static void scale(const shy_space *space, const double *u, bool divide, double *out)
{
    for (int i = 0; i < space->problem->rows.rows; i++) {
        const double root = space->root ? space->root[i] : 1.0;
        out[i] = !(root > 0.0) ? 0.0 : divide ? u[i] / root : u[i] * root;
    }
}

/* Direction k orthogonal to 1 and those before it, twice, which is enough; *left_out: there is something left. Collective over the group. */
static shy_status orthogonalise(shy_space *space, double *partial, int k, bool *left_out)
{
    shy_status st = SHY_OK;
    const shy_rows *rows = &space->problem->rows;
    double *p = space->scaled_direction[k], before = 0.0, after = 0.0;
    SHY_TRY(sum_product(rows, partial, p, p, &before));
    for (int pass = 0; pass < 2; pass++) {
        SHY_TRY(take_along(rows, partial, space->root, p));
        for (int j = 0; j < k; j++) SHY_TRY(take_along(rows, partial, space->scaled_direction[j], p));
    }
    SHY_TRY(sum_product(rows, partial, p, p, &after));
    *left_out = isfinite(after) && sqrt(after) > DIRECTION_LEFT * sqrt(before);
    if (*left_out) shy_exact_shift(rows->rows, p, 0.0, sqrt((double)rows->total / after));
out:
    return st;
}

/* On a part of the samples some may be constant, or combinations of others: these are left out. Collective over the group. */
static shy_status set_directions(shy_space *space, const shy_metric *metric, double *partial)
{
    shy_status st = SHY_OK;
    for (int k = 0; k < metric->directions; k++) {
        bool left = false;
        scale(space, metric->direction[k], false, space->scaled_direction[space->directions]);
        SHY_TRY(orthogonalise(space, partial, space->directions, &left));
        if (!left) continue;
        scale(space, space->scaled_direction[space->directions], true, space->direction[space->directions]);
        space->directions++;
    }
out:
    return st;
}

/* Orthogonal to 1 and the directions, Σ y²/w = n. Collective over the group. */
static shy_status set_response(shy_space *space, const shy_metric *metric, double *partial)
{
    shy_status st = SHY_OK;
    const shy_rows *rows = &space->problem->rows;
    double *y = space->scaled_response, square = 0.0;
    scale(space, metric->response, true, y);
    SHY_TRY(take_along(rows, partial, space->root, y));
    for (int k = 0; k < space->directions; k++) SHY_TRY(take_along(rows, partial, space->scaled_direction[k], y));
    SHY_TRY(sum_product(rows, partial, y, y, &square));
    if (!(square > 0.0) || !isfinite(square)) {
        st = shy_fail(SHY_INPUT, "outcome \"%s\": the covariates leave nothing of it to be explained in the samples that are screened.",
                      space->problem->outcome);
        goto out;
    }
    space->y_scale = sqrt(square / (double)rows->total);
    shy_exact_shift(rows->rows, y, 0.0, 1.0 / space->y_scale);
    scale(space, y, false, space->response);
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

static shy_status standardise_response(shy_space *space, const shy_metric *metric, double *partial)
{
    shy_status st = SHY_OK;
    const shy_rows *rows = &space->problem->rows;
    double sum = 0.0, square = 0.0;
    if (rows->rows > 0) memcpy(space->response, metric->response, (size_t)rows->rows * sizeof *space->response);
    SHY_TRY(sum_rows(rows, partial, space->response, NULL, &sum));
    const double mean = sum / (double)rows->total;
    for (int i = 0; i < rows->rows; i++) space->response[i] -= mean;
    SHY_TRY(sum_rows(rows, partial, space->response, space->response, &square));
    space->y_scale = sqrt(square / (double)rows->total);
    for (int i = 0; i < rows->rows; i++) space->response[i] /= space->y_scale;
out:
    return st;
}

/* ---- all of it --------------------------------------------------------------------------------------------------- */

/* Without weights the scaled columns are the columns themselves. */
static shy_status allocate(shy_space *space, const shy_metric *metric, double **partial_out)
{
    shy_status st = SHY_OK;
    const size_t rows = (size_t)space->problem->rows.rows, count = (size_t)metric->directions;
    if (metric->directions > SHY_ROUGH_DIRECTIONS_MOST) {
        return shy_fail(SHY_INPUT, "outcome \"%s\" has %d covariates (levels of a category are one each), more than the %d that screening works with.",
                        space->problem->outcome, metric->directions, SHY_ROUGH_DIRECTIONS_MOST);
    }
    SHY_TRY(shy_new((size_t)space->problem->rows.runs, sizeof **partial_out, partial_out));
    SHY_TRY(shy_new(rows, sizeof *space->response, &space->response));
    space->scaled_response = space->response;
    if (metric->weight) {
        SHY_TRY(shy_new(rows, sizeof *space->weight, &space->weight));
        SHY_TRY(shy_new(rows, sizeof *space->root, &space->root));
        if (rows > 0) memcpy(space->weight, metric->weight, rows * sizeof *space->weight);
        space->scaled_response = NULL;
        SHY_TRY(shy_new(rows, sizeof *space->scaled_response, &space->scaled_response));
    }
    if (count == 0) return SHY_OK;
    SHY_TRY(shy_new(count, sizeof *space->direction, &space->direction));
    SHY_TRY(shy_new(count, sizeof *space->scaled_direction, &space->scaled_direction));
    SHY_TRY(shy_new((metric->weight ? 2U : 1U) * count * rows, sizeof *space->direction_values, &space->direction_values));
    for (size_t k = 0; k < count; k++) {
        space->direction[k] = space->direction_values + k * rows;
        space->scaled_direction[k] = space->direction_values + (metric->weight ? count + k : k) * rows;
    }
out:
    return st;
}

shy_status shy_space_set_metric(shy_space *space, const shy_metric *metric)
{
    shy_status st = SHY_OK;
    double *partial = NULL;
    SHY_TRY_ALL(space->problem->team, allocate(space, metric, &partial));
    if (metric->weight || metric->directions > 0) {
        SHY_TRY(normalise_weight(space, partial));
        SHY_TRY(set_directions(space, metric, partial));
        SHY_TRY(set_response(space, metric, partial));
    } else {
        SHY_TRY(standardise_response(space, metric, partial));
    }
out:
    shy_free(&partial);
    return st;
}

void shy_space_free_metric(shy_space *space)
{
    if (space->scaled_response != space->response) shy_free(&space->scaled_response);
    shy_free(&space->response);
    shy_free(&space->weight);
    shy_free(&space->root);
    shy_free(&space->direction);
    shy_free(&space->scaled_direction);
    shy_free(&space->direction_values);
}

shy_tile_metric shy_space_metric(const shy_space *space)
{
    return (shy_tile_metric){space->scaled_response, space->root, space->directions, (const double *const *)space->scaled_direction};
}
