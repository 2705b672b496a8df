/* A part of the samples as a problem of its own: its response and its columns, gathered from the row blocks. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "columns.h"
#include "problem_impl.h"
#include "subset.h"

/* ---- samples and response ----------------------------------------------------------------------------------------- */

/* My samples among those of the part: first … last−1. */
static void mine_of(const shy_subset *s, uint64_t *first_out, uint64_t *last_out)
{
    const shy_rows *rows = &s->whole->rows;
    uint64_t first = 0, last;
    while (first < s->problem.rows.total && s->sample[first] < rows->first) first++;
    for (last = first; last < s->problem.rows.total && s->sample[last] < rows->first + (uint64_t)rows->rows;) last++;
    *first_out = first, *last_out = last;
}

/* Samples of weight 0 say nothing: those of them that are not needed are left out. `y` and `weight` are of all samples. */
static shy_status choose_weighted(const shy_subset *s, double *y, const double *weight, uint64_t seed)
{
    shy_status st = SHY_OK;
    uint64_t *number = NULL, count = 0;
    const uint64_t total = s->whole->rows.total, samples = s->problem.rows.total;
    SHY_TRY(shy_new(total, sizeof *number, &number));
    for (uint64_t i = 0; i < total; i++) {
        if (weight[i] > 0.0) number[count++] = i;
    }
    if (count < samples) {
        st = shy_subset_choose(y, total, samples, seed, s->sample);
        goto out;
    }
    for (uint64_t k = 0; k < count; k++) y[k] = y[number[k]];
    SHY_TRY(shy_subset_choose(y, count, samples, seed, s->sample));
    for (uint64_t k = 0; k < samples; k++) s->sample[k] = number[s->sample[k]];
out:
    shy_free(&number);
    return st;
}

/* Rank 0 has the outcome of all samples for a moment and chooses for all. Collective over the world. */
static shy_status choose(shy_subset *s, const shy_space *space, uint64_t seed)
{
    shy_status st = SHY_OK;
    const shy_problem *whole = s->whole;
    const uint64_t bytes = whole->team->group == 0 ? (uint64_t)whole->rows.rows * sizeof *whole->y : 0;
    void *y = NULL, *weight = NULL;
    uint64_t *counts = NULL, *weight_counts = NULL;
    SHY_TRY(shy_team_gather(whole->team, whole->y, bytes, &y, &counts));
    if (space->view.weight) SHY_TRY(shy_team_gather(whole->team, space->view.weight, bytes, &weight, &weight_counts));
    SHY_TRY_ALL(whole->team, whole->team->rank != 0 ? SHY_OK
                             : weight               ? choose_weighted(s, y, weight, seed)
                                                    : shy_subset_choose(y, whole->rows.total, s->problem.rows.total, seed, s->sample));
    SHY_TRY(shy_team_broadcast(whole->team, s->sample, s->problem.rows.total * sizeof *s->sample));
out:
    shy_free(&y);
    shy_free(&weight);
    shy_free(&counts);
    shy_free(&weight_counts);
    return st;
}

/* What a rank does not have is −∞: the largest of all ranks is the value. */
static void share(const shy_subset *s, const double *values, double *out)
{
    uint64_t first, last;
    mine_of(s, &first, &last);
    for (uint64_t k = 0; k < s->problem.rows.total; k++) {
        out[k] = k >= first && k < last ? values[s->sample[k] - s->whole->rows.first] : -INFINITY;
    }
    (void)shy_team_maximum(s->whole->team, out, s->problem.rows.rows);
}

/* The null model is that of all samples; the space of the part makes its directions orthonormal there. */
static void share_metric(shy_subset *s, const shy_space *space)
{
    share(s, space->view.response, s->response);
    if (s->weight) share(s, space->view.weight, s->weight);
    for (int k = 0; k < space->view.directions; k++) share(s, space->view.direction[k], s->direction_values + (size_t)k * (size_t)s->problem.rows.total);
}

/* ---- the problem ---------------------------------------------------------------------------------------------------- */

static shy_status allocate_metric(shy_subset *s, const shy_space *space)
{
    shy_status st = SHY_OK;
    const size_t samples = (size_t)s->problem.rows.total, directions = (size_t)space->view.directions;
    SHY_TRY(shy_new(samples, sizeof *s->response, &s->response));
    if (space->view.weight) SHY_TRY(shy_new(samples, sizeof *s->weight, &s->weight));
    SHY_TRY(shy_new(directions, sizeof *s->direction, &s->direction));
    SHY_TRY(shy_new(directions * samples, sizeof *s->direction_values, &s->direction_values));
    for (size_t k = 0; k < directions; k++) s->direction[k] = s->direction_values + k * samples;
    s->metric = (shy_metric){s->response, s->weight, space->view.directions, s->direction};
    s->problem.metric = &s->metric;
out:
    return st;
}

static shy_status allocate(const shy_space *space, uint64_t samples, shy_subset **subset_out)
{
    shy_status st = SHY_OK;
    const shy_problem *whole = space->problem;
    shy_subset *s = NULL;
    SHY_TRY(shy_new(1, sizeof *s, &s));
    *subset_out = s;
    s->whole = whole;
    s->problem = *whole;
    s->problem.columns = NULL;
    s->problem.first_sample = s->problem.y = NULL;
    s->problem.rows = (shy_rows){.total = samples, .rows = (int)samples, .run_rows = shy_run_rows(samples)};
    s->problem.rows.runs = (s->problem.rows.rows + s->problem.rows.run_rows - 1) / s->problem.rows.run_rows;
    SHY_TRY(shy_new(samples, sizeof *s->sample, &s->sample));
    SHY_TRY(shy_new((size_t)whole->factors, sizeof *s->problem.first_sample, &s->problem.first_sample));
    SHY_TRY(allocate_metric(s, space));
out:
    return st;
}

shy_status shy_subset_create(const shy_space *space, uint64_t samples, uint64_t seed, shy_subset **subset_out)
{
    shy_status st = SHY_OK;
    shy_subset *s = NULL;
    const shy_team *team = space->problem->team;
    SHY_TRY_ALL(team, allocate(space, samples, &s));
    SHY_TRY(shy_team_create(team->world, 1, &s->team));
    s->problem.team = s->problem.rows.team = s->team;
    SHY_TRY(choose(s, space, seed));
    share_metric(s, space);
    *subset_out = s, s = NULL;
out:
    shy_subset_destroy(&s);
    return st;
}

void shy_subset_destroy(shy_subset **subset)
{
    shy_subset *s = *subset;
    if (!s) return;
    shy_columns_destroy(&s->problem.columns);
    shy_team_destroy(&s->team);
    shy_free(&s->sample);
    shy_free(&s->response);
    shy_free(&s->weight);
    shy_free(&s->direction);
    shy_free(&s->direction_values);
    shy_free(&s->problem.first_sample);
    shy_free(subset);
}

/* ---- columns -------------------------------------------------------------------------------------------------------- */

#define PANEL_VALUES (UINT64_C(1) << 20)

static int panel_columns(const shy_subset *s)
{
    const uint64_t fit = PANEL_VALUES / s->problem.rows.total, factors = (uint64_t)s->problem.factors;
    return fit < 1 ? 1 : fit < factors ? (int)fit : (int)factors;
}

double shy_subset_bytes(const shy_subset *s)
{
    const double columns = (double)s->problem.factors / s->team->node_size + panel_columns(s);
    return columns * (double)s->problem.rows.total * (double)sizeof(double);
}

/* Of a panel of factors my group's share, of these my samples; −∞ for all others. Each column is read by one group. */
static shy_status read_share(const shy_subset *s, int first, int count, double *panel)
{
    shy_status st = SHY_OK;
    const shy_problem *whole = s->whole;
    const int64_t groups = whole->team->groups, group = whole->team->group;
    const int begin = (int)(count * group / groups), end = (int)(count * (group + 1) / groups);
    const uint64_t samples = s->problem.rows.total;
    uint64_t from, to;
    SHY_TRY(shy_journal_poll(whole->journal));
    mine_of(s, &from, &to);
    for (uint64_t i = 0; i < (uint64_t)count * samples; i++) panel[i] = -INFINITY;
    for (int j = begin; j < end; j++) {
        const uint32_t factor = (uint32_t)(first + j);
        const double *values = NULL;
        SHY_TRY(shy_columns_get(whole->columns, &factor, 1, &values));
        for (uint64_t k = from; k < to; k++) panel[(uint64_t)j * samples + k] = values[s->sample[k] - whole->rows.first];
    }
out:
    return st;
}

/* The least that any rank has left: all must come to the same verdict. Collective over the world. */
static uint64_t memory_left(const shy_subset *s, uint64_t memory)
{
    const uint64_t taken = shy_memory_in_use();
    double least = -(double)(memory > taken ? memory - taken : 0);
    (void)shy_team_maximum(s->team, &least, 1);
    return memory > 0 ? (uint64_t)-least : UINT64_MAX;
}

shy_status shy_subset_fill(shy_subset *s, uint64_t memory)
{
    shy_status st = SHY_OK;
    shy_problem *p = &s->problem;
    const int width = panel_columns(s);
    const size_t samples = (size_t)p->rows.total;
    double *panel = NULL;
    SHY_TRY(shy_columns_hold(s->team, p->factors, p->rows.rows, memory_left(s, memory), &p->columns));
    SHY_TRY_ALL(s->team, shy_new((size_t)width * samples, sizeof *panel, &panel));
    for (int f = 0, count; f < p->factors; f += count) {
        count = p->factors - f < width ? p->factors - f : width;
        SHY_TRY_ALL(s->team, read_share(s, f, count, panel));
        SHY_TRY(shy_team_maximum(s->team, panel, count * p->rows.rows));
        for (int j = 0; j < count; j++) {
            shy_columns_store(p->columns, f + j, panel + (size_t)j * samples);
            p->first_sample[f + j] = panel[(size_t)j * samples];
        }
    }
    shy_columns_publish(p->columns);
out:
    shy_free(&panel);
    return st;
}
