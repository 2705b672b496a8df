/* grid.c: a grid as fine as the people in it allow. Lines go all the way through: sums of whole rows and columns are then all that can be worked out from it. */
#include "shy_config.h"

#include <math.h>
#include <stdlib.h>

#include "figures/grid.h"

/* ---- axes ----------------------------------------------------------------------------------------------------------------- */

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double shy_grid_round(double value, double spread)
{
    if (!isfinite(value) || value == 0.0 || !(spread > 0.0)) return value;
    const double unit = fmin(floor(log10(spread)), floor(log10(fabs(value)))) - 2.0;
    const int digits = (int)(floor(log10(fabs(value))) - unit) + 1;
    return shy_sdc_digits(value, digits < 1 ? 1 : digits > 15 ? 15 : digits);
}

/* Bounds of sorted values. They come rounded to three digits, so a number that is large beside its spread is looked at from nearby. */
static void find_bounds(const shy_sdc *sdc, size_t count, double *values, double spread, double *low, double *high)
{
    const double centre = shy_sdc_is_on(sdc) ? shy_grid_round(values[count / 2], spread) : 0.0;

    for (size_t i = 0; i < count; i++) values[i] -= centre;
    shy_sdc_bounds(sdc, count, values, low, high);
    for (size_t i = 0; i < count; i++) values[i] += centre;
    *low = shy_sdc_digits(*low + centre, 15), *high = shy_sdc_digits(*high + centre, 15);
}

enum { TIED = 10, DIGITS = 6 };

static void add_edge(shy_grid_axis *axis, double edge, double low, double high, int bins)
{
    if (edge > axis->edge[axis->bins] && edge > low && edge < high && axis->bins + 1 < bins) axis->edge[++axis->bins] = edge;
}

/* How many of the sorted values are below `edge`. */
static size_t count_below(size_t count, const double *sorted, double edge)
{
    size_t low = 0, high = count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (sorted[middle] < edge) low = middle + 1;
        else high = middle;
    }
    return low;
}

static bool is_one_s(size_t count, const double *sorted, double edge)
{
    const size_t at = count_below(count, sorted, edge);
    return at < count && sorted[at] == edge;
}

void shy_grid_divide(const shy_sdc *sdc, size_t count, double *values, int bins, shy_grid_axis *axis)
{
    double low = NAN, high = NAN;

    axis->bins = 0;
    if (count == 0) return;
    qsort(values, count, sizeof *values, ascending);
    const double spread = values[count * 19 / 20] - values[count / 20];
    find_bounds(sdc, count, values, spread, &low, &high);
    if (!(low < high)) return;
    axis->edge[0] = low;
    for (int b = 1; b < bins; b++) {
        const size_t at = count * (size_t)b / (size_t)bins;
        size_t first = at, last = at;
        double edge = shy_grid_round(values[at], spread > 0.0 ? spread : high - low);
        while (first > 0 && values[first - 1] == values[at]) first--;
        while (last + 1 < count && values[last + 1] == values[at]) last++;
        if (last - first < TIED) {
            if (shy_sdc_is_on(sdc) && is_one_s(count, values, edge)) { /* of values with few digits the rounded quantile is somebody's */
                size_t of = count_below(count, values, edge);
                if (of == 0 || !shy_sdc_between(values[of - 1], values[of], DIGITS, &edge)) continue;
            }
            add_edge(axis, edge, low, high, bins);
        } else { /* a level of its own: edges are between it and its neighbours */
            if (first > 0 && shy_sdc_between(values[first - 1], values[at], DIGITS, &edge)) add_edge(axis, edge, low, high, bins);
            if (last + 1 < count && shy_sdc_between(values[at], values[last + 1], DIGITS, &edge)) add_edge(axis, edge, low, high, bins);
        }
    }
    axis->edge[++axis->bins] = high;
}

int shy_grid_bin(const shy_grid_axis *axis, double value)
{
    int low = 0, high = axis->bins;

    while (high - low > 1) {
        const int middle = (low + high) / 2;
        if (value >= axis->edge[middle]) low = middle;
        else high = middle;
    }
    return low;
}

/* ---- dividing -------------------------------------------------------------------------------------------------------------- */

/* Edges that have been chosen of an axis, as numbers of fine edges, both ends included. */
typedef struct {
    int bins;
    int edge[SHY_GRID_BINS + 1];
} chosen;

typedef struct {
    const shy_sdc *sdc;
    int x, y, series; /* fine bins */
    int64_t *below;   /* [series][x + 1][y + 1]: people below both fine edges */
    chosen way[2];
} grid;

static int64_t *below(const grid *g, int s, int i, int k)
{
    return &g->below[((size_t)s * (size_t)(g->x + 1) + (size_t)i) * (size_t)(g->y + 1) + (size_t)k];
}

static void add_up(grid *g, const int64_t *count)
{
    for (int s = 0; s < g->series; s++)
        for (int i = 0; i < g->x; i++)
            for (int k = 0; k < g->y; k++)
                *below(g, s, i + 1, k + 1) = *below(g, s, i, k + 1) + *below(g, s, i + 1, k) - *below(g, s, i, k) +
                                             count[((size_t)s * (size_t)g->x + (size_t)i) * (size_t)g->y + (size_t)k];
}

/* People between two fine edges of an axis, in the k-th of the chosen bins of the other one. */
static int64_t between(const grid *g, int s, int axis, int low, int high, int k)
{
    const int from = g->way[1 - axis].edge[k], to = g->way[1 - axis].edge[k + 1];

    if (axis == 0) return *below(g, s, high, to) - *below(g, s, low, to) - *below(g, s, high, from) + *below(g, s, low, from);
    return *below(g, s, to, high) - *below(g, s, to, low) - *below(g, s, from, high) + *below(g, s, from, low);
}

/* The fewest people in a cell if `edge` divided the bin between two edges of the axis; −1: a cell could not be shown. Empty cells that may be shown do not count. */
static int64_t fewest(const grid *g, int axis, int low, int edge, int high)
{
    int64_t least = INT64_MAX;

    for (int s = 0; s < g->series; s++)
        for (int k = 0; k < g->way[1 - axis].bins; k++) {
            const int64_t count[2] = {between(g, s, axis, low, edge, k), between(g, s, axis, edge, high, k)};
            for (int half = 0; half < 2; half++) {
                if (!shy_sdc_shows(g->sdc, count[half])) return -1;
                if (count[half] > 0 && count[half] < least) least = count[half];
            }
        }
    return least;
}

static void insert(chosen *way, int place, int edge)
{
    for (int e = way->bins; e > place; e--) way->edge[e + 1] = way->edge[e];
    way->edge[place + 1] = edge;
    way->bins++;
}

/* Divides a bin of the axis where that leaves most people in the smallest cell. False: none can be divided. */
static bool divide(grid *g, int axis)
{
    chosen *way = &g->way[axis];
    int64_t most = -1;
    int place = 0, at = 0;

    for (int b = 0; b < way->bins; b++)
        for (int e = way->edge[b] + 1; e < way->edge[b + 1]; e++) {
            const int64_t least = fewest(g, axis, way->edge[b], e, way->edge[b + 1]);
            if (least > most) most = least, place = b, at = e;
        }
    if (most >= 0) insert(way, place, at);
    return most >= 0;
}

/* ---- the first lines: the best of all, since one in the wrong place may leave none for the other axis ---------------------------- */

enum { TRIED = 16 }; /* edges of an axis */

/* The fewest people in a cell of the chosen bins; −1: one could not be shown. */
static int64_t fewest_of_all(const grid *g)
{
    int64_t least = INT64_MAX;

    for (int s = 0; s < g->series; s++)
        for (int i = 0; i < g->way[0].bins; i++)
            for (int k = 0; k < g->way[1].bins; k++) {
                const int64_t count = between(g, s, 0, g->way[0].edge[i], g->way[0].edge[i + 1], k);
                if (!shy_sdc_shows(g->sdc, count)) return -1;
                if (count > 0 && count < least) least = count;
            }
    return least;
}

/* The next choice of inner edges, each a multiple of `step`; false after the last. */
static bool advance(chosen *way, int step)
{
    const int inner = way->bins - 1, end = way->edge[way->bins];

    for (int e = inner; e >= 1; e--) {
        way->edge[e] += step;
        if (way->edge[e] + (inner - e) * step >= end) continue;
        for (int f = e + 1; f <= inner; f++) way->edge[f] = way->edge[f - 1] + step;
        return true;
    }
    return false;
}

static bool start(chosen *way, int bins, int step, int end)
{
    *way = (chosen){.bins = bins};
    for (int e = 1; e < bins; e++) way->edge[e] = e * step;
    way->edge[bins] = end;
    return (bins - 1) * step < end;
}

/* The grid of so many bins whose smallest cell has most people. False: none can be shown. */
static bool begin(grid *g, int x, int y)
{
    const int step_x = (g->x + TRIED - 1) / TRIED, step_y = (g->y + TRIED - 1) / TRIED;
    int64_t most = -1;
    chosen best[2];

    for (bool i = start(&g->way[0], x, step_x, g->x); i; i = advance(&g->way[0], step_x))
        for (bool k = start(&g->way[1], y, step_y, g->y); k; k = advance(&g->way[1], step_y)) {
            const int64_t least = fewest_of_all(g);
            if (least > most) most = least, best[0] = g->way[0], best[1] = g->way[1];
        }
    if (most >= 0) g->way[0] = best[0], g->way[1] = best[1];
    return most >= 0;
}

static void begin_somewhere(grid *g)
{
    if (begin(g, 3, 3) || begin(g, 3, 2) || begin(g, 2, 3) || begin(g, 2, 2)) return;
    for (int a = 0; a < 2; a++) g->way[a] = (chosen){1, {0, a == 0 ? g->x : g->y}};
}

static bool is_shown(const grid *g)
{
    for (int s = 0; s < g->series; s++)
        if (!shy_sdc_shows(g->sdc, *below(g, s, g->x, g->y))) return false;
    return true;
}

static void read_off(const grid *g, shy_grid_axis *x, shy_grid_axis *y, int64_t *count)
{
    shy_grid_axis *axis[2] = {x, y};

    for (int s = 0; s < g->series; s++)
        for (int i = 0; i < g->way[0].bins; i++)
            for (int k = 0; k < g->way[1].bins; k++) *count++ = between(g, s, 0, g->way[0].edge[i], g->way[0].edge[i + 1], k);
    for (int a = 0; a < 2; a++) { /* numbers of edges ascend and are not below their places: in place */
        for (int e = 0; e <= g->way[a].bins; e++) axis[a]->edge[e] = axis[a]->edge[g->way[a].edge[e]];
        axis[a]->bins = g->way[a].bins;
    }
}

shy_status shy_grid_coarsen(const shy_sdc *sdc, shy_grid_axis *x, shy_grid_axis *y, int series, int64_t *count, bool *shown_out)
{
    shy_status st = SHY_OK;
    grid g = {.sdc = sdc, .x = x->bins, .y = y->bins, .series = series};

    SHY_TRY(shy_new((size_t)series * (size_t)(x->bins + 1) * (size_t)(y->bins + 1), sizeof *g.below, &g.below));
    add_up(&g, count);
    *shown_out = is_shown(&g);
    if (!*shown_out) goto out;
    begin_somewhere(&g);
    for (bool more = true; more;) { /* the axis with fewer bins has the first choice */
        const int first = g.way[1].bins < g.way[0].bins;
        more = divide(&g, first) || divide(&g, 1 - first);
    }
    read_off(&g, x, y, count);
out:
    shy_free(&g.below);
    return st;
}
