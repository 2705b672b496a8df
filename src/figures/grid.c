/* grid.c: a grid that is made coarser where there are few people. Whole rows and columns are joined: sums of its rows are then all that can be worked out from it. */
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

double shy_axis_round(double value, double spread)
{
    if (!isfinite(value) || value == 0.0 || !(spread > 0.0)) return value;
    const double unit = fmin(floor(log10(spread)), floor(log10(fabs(value)))) - 2.0;
    const int digits = (int)(floor(log10(fabs(value))) - unit) + 1;
    return shy_sdc_digits(value, digits < 1 ? 1 : digits > 15 ? 15 : digits);
}

void shy_axis_divide(const shy_sdc *sdc, size_t count, double *values, int bins, shy_axis *axis)
{
    double low = NAN, high = NAN;

    axis->bins = 0;
    if (count == 0) return;
    shy_sdc_bounds(sdc, count, values, &low, &high);
    qsort(values, count, sizeof *values, ascending);
    if (!(low < high)) return;
    axis->edge[0] = low;
    for (int b = 1; b < bins; b++) {
        const double edge = shy_axis_round(values[count * (size_t)b / (size_t)bins], high - low);
        if (edge > axis->edge[axis->bins] && edge < high) axis->edge[++axis->bins] = edge;
    }
    axis->edge[++axis->bins] = high;
}

int shy_axis_bin(const shy_axis *axis, double value)
{
    int low = 0, high = axis->bins;

    while (high - low > 1) {
        const int middle = (low + high) / 2;
        if (value >= axis->edge[middle]) low = middle;
        else high = middle;
    }
    return low;
}

/* ---- joining ----------------------------------------------------------------------------------------------------------------- */

typedef struct {
    const shy_sdc *sdc;
    int x, y, series; /* bins as they are now */
    int64_t *count;
} grid;

static int64_t at(const grid *g, int s, int i, int k)
{
    return g->count[((size_t)s * (size_t)g->x + (size_t)i) * (size_t)g->y + (size_t)k];
}

/* How many people a cell lacks. */
static int64_t lack(const grid *g, int64_t count)
{
    return shy_sdc_shows(g->sdc, count) ? 0 : g->sdc->threshold - count;
}

/* What would be lacking less if rows (or columns) i and i + 1 were one. */
static int64_t gain(const grid *g, bool rows, int i, int64_t *people_out)
{
    int64_t less = 0;

    *people_out = 0;
    for (int s = 0; s < g->series; s++)
        for (int k = 0; k < (rows ? g->y : g->x); k++) {
            const int64_t a = rows ? at(g, s, i, k) : at(g, s, k, i), b = rows ? at(g, s, i + 1, k) : at(g, s, k, i + 1);
            less += lack(g, a) + lack(g, b) - lack(g, a + b);
            *people_out += a + b;
        }
    return less;
}

static bool is_fine(const grid *g)
{
    for (size_t c = 0; c < (size_t)g->series * (size_t)g->x * (size_t)g->y; c++)
        if (!shy_sdc_shows(g->sdc, g->count[c])) return false;
    return true;
}

/* The pair whose joining helps most for each cell that is lost; of equals the one with the fewest people. */
static void choose(const grid *g, bool *rows_out, int *first_out)
{
    double best = -1.0;
    int64_t fewest = 0;

    for (int way = 0; way < 2; way++)
        for (int i = 0; i + 1 < (way == 0 ? g->x : g->y); i++) {
            int64_t people = 0;
            const double each = (double)gain(g, way == 0, i, &people) / (way == 0 ? g->y : g->x);
            if (each < best || (each == best && people >= fewest)) continue;
            best = each, fewest = people, *rows_out = way == 0, *first_out = i;
        }
}

static void drop_edge(shy_axis *axis, int edge)
{
    for (int e = edge; e < axis->bins; e++) axis->edge[e] = axis->edge[e + 1];
    axis->bins--;
}

/* In place: where a sum goes has been read before. */
static void join(grid *g, bool rows, int first)
{
    const int x = g->x - rows, y = g->y - !rows;
    size_t to = 0;

    for (int s = 0; s < g->series; s++)
        for (int i = 0; i < x; i++)
            for (int k = 0; k < y; k++) {
                const int from_i = rows && i > first ? i + 1 : i, from_k = !rows && k > first ? k + 1 : k;
                int64_t sum = at(g, s, from_i, from_k);
                if (rows && i == first) sum += at(g, s, first + 1, k);
                if (!rows && k == first) sum += at(g, s, i, first + 1);
                g->count[to++] = sum;
            }
    g->x = x, g->y = y;
}

bool shy_grid_join(const shy_sdc *sdc, shy_axis *x, shy_axis *y, int series, int64_t *count)
{
    grid g = {sdc, x->bins, y->bins, series, count};

    while (!is_fine(&g) && g.x * g.y > 1) {
        bool rows = true;
        int first = 0;
        choose(&g, &rows, &first);
        join(&g, rows, first);
        drop_edge(rows ? x : y, first + 1);
    }
    return is_fine(&g);
}
