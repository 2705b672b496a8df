/* pair_people.c: where the patients are in the plane of two formulas. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "figures/bins.h"
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

/* One of the axes. Where a distribution of the same formula is released, its bins are the finest ones. */
typedef struct {
    shy_grid_axis axis;         /* as it is now */
    uint8_t *bin;               /* [people]: among the finest */
    int now[SHY_GRID_BINS];     /* in which of the present bins each of the finest is */
} side;

typedef struct {
    bool classes;      /* the outcome is 0 or 1, and both are counted */
    bool averages;     /* the mean of the outcome is given */
    int levels;        /* series of a distribution */
    side x, y;
    int64_t *count;    /* [classes][x bins][y bins] */
    double *sum, *weight; /* [x bins][y bins] */
} cells;

/* After bins were joined: where each of those before is now. */
static void follow(int bins, const double *edge, side *s)
{
    for (int b = 0, now = 0; b < bins; b++) {
        while (now + 1 < s->axis.bins && edge[b] >= s->axis.edge[now + 1]) now++;
        s->now[b] = now;
    }
}

/* Bins that may be shown by themselves, by number in every series, `edge` and s->bin as they are before. False: there are none. */
static bool join(const shy_sdc *sdc, const shy_people *p, int levels, int bins, const double *edge, side *s)
{
    int64_t count[SHY_PICTURE_SERIES * SHY_GRID_BINS] = {0};

    for (int i = 0; i < p->count; i++) {
        const int level = levels > 1 ? (int)p->outcome[i] : 0;
        count[(level < SHY_PICTURE_SERIES ? level : SHY_PICTURE_SERIES - 1) * bins + s->bin[i]]++;
    }
    s->axis.bins = bins;
    memcpy(s->axis.edge, edge, (size_t)(bins + 1) * sizeof *edge);
    s->axis.bins = shy_sdc_join_bins(sdc, bins, s->axis.edge, levels < SHY_PICTURE_SERIES ? levels : SHY_PICTURE_SERIES, count);
    if (s->axis.bins == 0) return false;
    follow(bins, edge, s);
    for (int i = 0; i < p->count; i++) s->bin[i] = (uint8_t)s->now[s->bin[i]];
    return true;
}

/* By the edges of the distribution of a formula of the front. False: it is not shown. */
static bool divide_as_distributed(const shy_sdc *sdc, const shy_people *p, int levels, const double *value, double *sorted, side *s)
{
    double edge[SHY_PICTURE_BINS + 1];

    if (!shy_bins_divide(sdc, (size_t)p->count, sorted, edge)) return false;
    for (int i = 0; i < p->count; i++) s->bin[i] = (uint8_t)shy_bins_of(edge, value[i]);
    return join(sdc, p, levels, SHY_PICTURE_BINS, edge, s);
}

/* At quantiles: several pictures may have this formula, so that its bins have to do for themselves, too. */
static void divide_at_quantiles(const shy_sdc *sdc, const shy_people *p, int levels, const double *value, double *sorted, side *s)
{
    shy_grid_axis fine;

    shy_grid_divide(sdc, (size_t)p->count, sorted, SHY_GRID_BINS, &fine);
    s->axis.bins = 0;
    if (fine.bins == 0) return;
    for (int i = 0; i < p->count; i++) s->bin[i] = (uint8_t)shy_grid_bin(&fine, value[i]);
    join(sdc, p, levels, fine.bins, fine.edge, s);
}

static shy_status divide(const shy_sdc *sdc, const shy_people *p, int levels, const double *value, bool distributed, side *s)
{
    shy_status st = SHY_OK;
    double *sorted = NULL;

    SHY_TRY(shy_new((size_t)p->count, sizeof *sorted, &sorted));
    SHY_TRY(shy_new((size_t)p->count, 1, &s->bin));
    memcpy(sorted, value, (size_t)p->count * sizeof *sorted);
    if (!distributed || !divide_as_distributed(sdc, p, levels, value, sorted, s)) divide_at_quantiles(sdc, p, levels, value, sorted, s);
    for (int b = 0; b < SHY_GRID_BINS; b++) s->now[b] = b;
out:
    shy_free(&sorted);
    return st;
}

static size_t cell_of(const cells *c, int i)
{
    return (size_t)c->x.now[c->x.bin[i]] * (size_t)c->y.axis.bins + (size_t)c->y.now[c->y.bin[i]];
}

static shy_status count_people(const shy_people *p, cells *c)
{
    shy_status st = SHY_OK;
    const size_t size = (size_t)c->x.axis.bins * (size_t)c->y.axis.bins;

    SHY_TRY(shy_new(CLASSES * size, sizeof *c->count, &c->count));
    for (int i = 0; i < p->count; i++) c->count[cell_of(c, i) + (c->classes && p->outcome[i] > 0.5 ? size : 0)]++;
out:
    return st;
}

static shy_status coarsen(const shy_sdc *sdc, cells *c, bool *shown)
{
    shy_status st = SHY_OK;
    const shy_grid_axis x = c->x.axis, y = c->y.axis;

    SHY_TRY(shy_grid_coarsen(sdc, &c->x.axis, &c->y.axis, c->classes ? CLASSES : 1, c->count, shown));
    follow(x.bins, x.edge, &c->x);
    follow(y.bins, y.edge, &c->y);
out:
    return st;
}

/* Of the cells as they are in the end. */
static shy_status add_outcomes(const shy_people *p, cells *c)
{
    shy_status st = SHY_OK;
    const size_t size = (size_t)c->x.axis.bins * (size_t)c->y.axis.bins;

    SHY_TRY(shy_new(size, sizeof *c->sum, &c->sum));
    SHY_TRY(shy_new(size, sizeof *c->weight, &c->weight));
    for (int i = 0; i < p->count; i++) {
        const size_t cell = cell_of(c, i);
        const double w = p->weight == NULL ? 1.0 : p->weight[i];
        c->sum[cell] += w * p->outcome[i], c->weight[cell] += w;
    }
out:
    return st;
}

typedef enum { COUNT, POSITIVE, MEAN } content;

static json_t *cell_value(const shy_sdc *sdc, const cells *c, content what, size_t cell)
{
    const size_t size = (size_t)c->x.axis.bins * (size_t)c->y.axis.bins;
    const int64_t positive = c->classes ? c->count[size + cell] : 0;

    if (what == MEAN) return shy_json_real(c->weight[cell] > 0.0 ? shy_sdc_picture_value(sdc, c->sum[cell] / c->weight[cell]) : NAN);
    const int64_t count = shy_sdc_picture_count(sdc, what == POSITIVE ? positive : c->count[cell] + positive);
    return count < 0 ? json_null() : json_integer(count);
}

static shy_status write_cells(const shy_sdc *sdc, const cells *c, content what, const char *name, json_t *object)
{
    shy_status st = SHY_OK;
    json_t *table = json_array();

    SHY_TRY(shy_json_put(object, name, table));
    for (int k = 0; k < c->y.axis.bins; k++) {
        json_t *row = json_array();
        SHY_TRY(shy_json_append(table, row));
        for (int i = 0; i < c->x.axis.bins; i++) SHY_TRY(shy_json_append(row, cell_value(sdc, c, what, (size_t)i * (size_t)c->y.axis.bins + (size_t)k)));
    }
out:
    return st;
}

static shy_status write_grid(const shy_pair_maker *maker, const shy_people *p, cells *c, json_t *object)
{
    shy_status st = SHY_OK;

    SHY_TRY(add_outcomes(p, c));
    SHY_TRY(shy_json_put(object, "edges_x", shy_json_reals(c->x.axis.edge, (size_t)c->x.axis.bins + 1U)));
    SHY_TRY(shy_json_put(object, "edges_y", shy_json_reals(c->y.axis.edge, (size_t)c->y.axis.bins + 1U)));
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

static shy_status count_in_cells(const shy_pair_maker *maker, const shy_pair *pair, const shy_people *p, int number, json_t *object, shy_record *suppressed)
{
    shy_status st = SHY_OK;
    const shy_outcome_ops *ops = shy_outcome_kind(maker->outcome);
    cells c = {.classes = has_classes(p)};
    bool shown = false;

    c.averages = !c.classes || (ops->codes_levels && p->weight != NULL);
    c.levels = c.classes ? CLASSES : maker->problem->data.levels > CLASSES ? maker->problem->data.levels : 1;
    SHY_TRY(divide(maker->sdc, p, c.levels, p->x, pair->x->front >= 0, &c.x));
    SHY_TRY(divide(maker->sdc, p, c.levels, p->y, pair->y->front >= 0, &c.y));
    if (c.x.axis.bins > 0 && c.y.axis.bins > 0) {
        const int64_t fine = (int64_t)c.x.axis.bins * c.y.axis.bins;
        SHY_TRY(count_people(p, &c));
        SHY_TRY(coarsen(maker->sdc, &c, &shown));
        shown = shown && c.x.axis.bins * c.y.axis.bins > 1; /* one cell is no picture */
        if (shown) SHY_TRY(note(maker, number, "bins joined", fine - (int64_t)c.x.axis.bins * c.y.axis.bins, suppressed));
        if (shown) SHY_TRY(write_grid(maker, p, &c, object));
    }
    if (!shown) SHY_TRY(note(maker, number, "grid", 1, suppressed));
out:
    shy_free(&c.x.bin);
    shy_free(&c.y.bin);
    shy_free(&c.count);
    shy_free(&c.sum);
    shy_free(&c.weight);
    return st;
}

shy_status shy_people_write(const shy_pair_maker *maker, const shy_pair *pair, const shy_people *p, int number, json_t *object, shy_record *suppressed)
{
    if (!shy_sdc_is_on(maker->sdc) && p->count <= SHY_PAIR_POINTS) return write_points(p, object);
    return count_in_cells(maker, pair, p, number, object, suppressed);
}
