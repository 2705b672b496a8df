/* pair_people.c: where the patients are in the plane of two formulas. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "figures/grid.h"
#include "figures/pair_people.h"

enum { CLASSES = 2 };

void shy_people_free(shy_people *people)
{
    shy_free(&people->x);
    shy_free(&people->y);
    shy_free(&people->outcome);
    shy_free(&people->weight);
}

/* Moves the values of those who take part to the front. */
static int keep_parts(const shy_outcome_data *data, int rows, shy_people *p)
{
    int n = 0;

    for (int i = 0; i < rows; i++) {
        const double w = data->weight == NULL ? 1.0 : data->weight[i];
        if (!(w > 0.0)) continue;
        p->x[n] = p->x[i], p->y[n] = p->y[i];
        p->outcome[n] = data->y[i];
        if (p->weight != NULL) p->weight[n] = w;
        n++;
    }
    return n;
}

shy_status shy_people_gather(const shy_pair_maker *maker, const shy_pair *pair, shy_people *people_out)
{
    shy_status st = SHY_OK;
    const shy_problem *problem = maker->problem;
    const size_t rows = (size_t)problem->rows.rows;
    shy_people p = {0};

    SHY_TRY(shy_new(rows, sizeof *p.x, &p.x));
    SHY_TRY(shy_new(rows, sizeof *p.y, &p.y));
    SHY_TRY(shy_new(rows, sizeof *p.outcome, &p.outcome));
    if (problem->data.weight != NULL) SHY_TRY(shy_new(rows, sizeof *p.weight, &p.weight));
    SHY_TRY(shy_problem_evaluate(problem, &pair->x->tree, p.x));
    SHY_TRY(shy_problem_evaluate(problem, &pair->y->tree, p.y));
    p.count = keep_parts(&problem->data, problem->rows.rows, &p);
    *people_out = p, p = (shy_people){0};
out:
    shy_people_free(&p);
    return st;
}

/* ---- points ------------------------------------------------------------------------------------------------------------------ */

static json_t *shortened(const double *value, int count)
{
    json_t *list = json_array();

    for (int i = 0; list != NULL && i < count; i++)
        if (json_array_append_new(list, shy_json_real(shy_sdc_digits(value[i], 5))) != 0) json_decref(list), list = NULL;
    return list;
}

static shy_status write_points(const shy_people *p, json_t *object)
{
    shy_status st = SHY_OK;
    json_t *points = json_object();

    SHY_TRY(shy_json_put(object, "points", points));
    SHY_TRY(shy_json_put(points, "x", shortened(p->x, p->count)));
    SHY_TRY(shy_json_put(points, "y", shortened(p->y, p->count)));
    SHY_TRY(shy_json_put(points, "outcome", shortened(p->outcome, p->count)));
out:
    return st;
}

/* ---- the grid ------------------------------------------------------------------------------------------------------------------ */

typedef struct {
    bool classes;      /* the outcome is 0 or 1, and both are counted */
    bool averages;     /* the mean of the outcome is given */
    shy_axis x, y;
    int64_t *count;    /* [classes][x->bins][y->bins] */
    double *sum, *weight; /* [x->bins][y->bins] */
} cells;

static shy_status divide(const shy_sdc *sdc, const shy_people *p, cells *c)
{
    shy_status st = SHY_OK;
    double *value = NULL;

    SHY_TRY(shy_new((size_t)p->count, sizeof *value, &value));
    memcpy(value, p->x, (size_t)p->count * sizeof *value);
    shy_axis_divide(sdc, (size_t)p->count, value, SHY_GRID_BINS, &c->x);
    memcpy(value, p->y, (size_t)p->count * sizeof *value);
    shy_axis_divide(sdc, (size_t)p->count, value, SHY_GRID_BINS, &c->y);
out:
    shy_free(&value);
    return st;
}

static size_t cell_of(const cells *c, const shy_people *p, int i)
{
    return (size_t)shy_axis_bin(&c->x, p->x[i]) * (size_t)c->y.bins + (size_t)shy_axis_bin(&c->y, p->y[i]);
}

static shy_status count_people(const shy_people *p, cells *c)
{
    shy_status st = SHY_OK;
    const size_t size = (size_t)c->x.bins * (size_t)c->y.bins;

    SHY_TRY(shy_new(CLASSES * size, sizeof *c->count, &c->count));
    for (int i = 0; i < p->count; i++) c->count[cell_of(c, p, i) + (c->classes && p->outcome[i] > 0.5 ? size : 0)]++;
out:
    return st;
}

/* Of the cells as they are in the end. */
static shy_status add_outcomes(const shy_people *p, cells *c)
{
    shy_status st = SHY_OK;
    const size_t size = (size_t)c->x.bins * (size_t)c->y.bins;

    SHY_TRY(shy_new(size, sizeof *c->sum, &c->sum));
    SHY_TRY(shy_new(size, sizeof *c->weight, &c->weight));
    for (int i = 0; i < p->count; i++) {
        const size_t cell = cell_of(c, p, i);
        const double w = p->weight == NULL ? 1.0 : p->weight[i];
        c->sum[cell] += w * p->outcome[i], c->weight[cell] += w;
    }
out:
    return st;
}

typedef enum { COUNT, POSITIVE, MEAN } content;

static json_t *cell_value(const shy_sdc *sdc, const cells *c, content what, size_t cell)
{
    const size_t size = (size_t)c->x.bins * (size_t)c->y.bins;
    const int64_t positive = c->classes ? c->count[size + cell] : 0;

    if (what == MEAN) return shy_json_real(c->weight[cell] > 0.0 ? shy_sdc_digits(c->sum[cell] / c->weight[cell], 4) : NAN);
    const int64_t count = shy_sdc_count(sdc, what == POSITIVE ? positive : c->count[cell] + positive);
    return count < 0 ? json_null() : json_integer(count);
}

static shy_status write_cells(const shy_sdc *sdc, const cells *c, content what, const char *name, json_t *object)
{
    shy_status st = SHY_OK;
    json_t *table = json_array();

    SHY_TRY(shy_json_put(object, name, table));
    for (int k = 0; k < c->y.bins; k++) {
        json_t *row = json_array();
        SHY_TRY(shy_json_append(table, row));
        for (int i = 0; i < c->x.bins; i++) SHY_TRY(shy_json_append(row, cell_value(sdc, c, what, (size_t)i * (size_t)c->y.bins + (size_t)k)));
    }
out:
    return st;
}

static shy_status write_grid(const shy_pair_maker *maker, const shy_people *p, cells *c, json_t *object)
{
    shy_status st = SHY_OK;

    SHY_TRY(add_outcomes(p, c));
    SHY_TRY(shy_json_put(object, "edges_x", shy_json_reals(c->x.edge, (size_t)c->x.bins + 1U)));
    SHY_TRY(shy_json_put(object, "edges_y", shy_json_reals(c->y.edge, (size_t)c->y.bins + 1U)));
    SHY_TRY(write_cells(maker->sdc, c, COUNT, "count", object));
    if (c->classes) SHY_TRY(write_cells(maker->sdc, c, POSITIVE, "positive", object));
    if (c->averages) SHY_TRY(write_cells(maker->sdc, c, MEAN, "mean", object));
out:
    return st;
}

/* What was lost on the way: bins joined, or all of it. */
static shy_status note(const shy_pair_maker *maker, int number, const char *what, int64_t concerned, shy_record *suppressed)
{
    shy_status st = SHY_OK;
    char *where = NULL;

    SHY_TRY(shy_string_format(&where, "two_axis.%d", number));
    SHY_TRY(shy_sdc_note(maker->sdc, suppressed, where, what, NULL, concerned));
out:
    shy_free(&where);
    return st;
}

/* Classes, events, cases: 0 or 1, and both occur. */
static bool has_classes(const shy_people *p)
{
    int ones = 0;

    for (int i = 0; i < p->count; i++) {
        if (p->outcome[i] != 0.0 && p->outcome[i] != 1.0) return false;
        ones += p->outcome[i] == 1.0;
    }
    return ones > 0 && ones < p->count;
}

static shy_status count_in_cells(const shy_pair_maker *maker, const shy_people *p, int number, json_t *object, shy_record *suppressed)
{
    shy_status st = SHY_OK;
    const shy_outcome_ops *ops = shy_outcome_kind(maker->outcome);
    cells c = {.classes = has_classes(p)};
    bool shown = false;

    c.averages = !c.classes || (ops->codes_levels && p->weight != NULL);
    SHY_TRY(divide(maker->sdc, p, &c));
    if (c.x.bins > 0 && c.y.bins > 0) {
        const int64_t fine = (int64_t)c.x.bins * c.y.bins;
        SHY_TRY(count_people(p, &c));
        SHY_TRY(shy_grid_coarsen(maker->sdc, &c.x, &c.y, c.classes ? CLASSES : 1, c.count, &shown));
        shown = shown && c.x.bins * c.y.bins > 1; /* one cell is no picture */
        if (shown) SHY_TRY(note(maker, number, "bins joined", fine - (int64_t)c.x.bins * c.y.bins, suppressed));
        if (shown) SHY_TRY(write_grid(maker, p, &c, object));
    }
    if (!shown) SHY_TRY(note(maker, number, "grid", 1, suppressed));
out:
    shy_free(&c.count);
    shy_free(&c.sum);
    shy_free(&c.weight);
    return st;
}

shy_status shy_people_write(const shy_pair_maker *maker, const shy_people *p, int number, json_t *object, shy_record *suppressed)
{
    if (!shy_sdc_is_on(maker->sdc) && p->count <= SHY_PAIR_POINTS) return write_points(p, object);
    return count_in_cells(maker, p, number, object, suppressed);
}
