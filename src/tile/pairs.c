/* Flagged pairs: found in a tile, refined, bounded. */
#include "shy_config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tile/kernels.h"
#include "tile/stack.h"

uint64_t shy_pairs_bytes(int capacity, int directions)
{
    return (uint64_t)capacity * (2U * sizeof(int32_t) + (5U + (uint64_t)directions) * sizeof(double));
}

int64_t shy_pairs_numbers(const shy_pairs *pairs)
{
    return (int64_t)pairs->count * (5 + pairs->directions);
}

shy_status shy_pairs_create(int capacity, int directions, shy_pairs **pairs_out)
{
    shy_status st = SHY_OK;
    shy_pairs *pairs = NULL;
    SHY_TRY(shy_new(1, sizeof *pairs, &pairs));
    pairs->capacity = capacity;
    pairs->directions = directions;
    /* Behind the last right operand of a row its padding is flagged, too, before that is taken back. */
    SHY_TRY(shy_new((size_t)capacity + SHY_PADDING, sizeof *pairs->left, &pairs->left));
    SHY_TRY(shy_new((size_t)capacity + SHY_PADDING, sizeof *pairs->right, &pairs->right));
    SHY_TRY(shy_new((size_t)capacity * (5 + (size_t)directions), sizeof *pairs->moment, &pairs->moment));
    *pairs_out = pairs, pairs = NULL;
out:
    shy_pairs_destroy(&pairs);
    return st;
}

void shy_pairs_destroy(shy_pairs **pairs)
{
    if (!*pairs) return;
    shy_free(&(*pairs)->left);
    shy_free(&(*pairs)->right);
    shy_free(&(*pairs)->moment);
    shy_free(pairs);
}

/* ---- flags ------------------------------------------------------------------------------------------------------- */

/* Down, so that the floor in fp32 is not above the one asked for. Every r² reaches 0; the margins are those of floors from 0 to 1. */
static float floor_of(double floor)
{
    return floor > 0.0 ? nextafterf((float)floor, 0.0F) : 0.0F;
}

static double least(const double *floor, int first, int last)
{
    double value = 2.0;
    for (int form = first; form <= last; form++) value = fmin(value, floor[form]);
    return value;
}

/* fp64 sums are not screened first: every pair goes on. */
static int flag_all(const shy_panel *right, int32_t *index)
{
    for (int j = 0; j < right->count; j++) index[j] = j;
    return right->count;
}

static void set_row(const shy_tile *tile, const shy_panel *left, int operand, int i, const shy_panel *right, double epsilon, shy_flag_row *row)
{
    const float *sum = tile->sum;
    const shy_operand_columns *u = &left->column;
    *row = (shy_flag_row){.count = tile->padded, .right = right->column, .y = u->y[operand], .fourth = u->fourth[operand],
                          .weighted = u->weighted[operand], .mu = u->mu[operand], .length = u->length[operand],
                          .square = u->square[operand]};
    for (int p = 0; p < tile->planes; p++) row->plane[p] = sum + ((size_t)p * (size_t)tile->block + (size_t)i) * (size_t)tile->padded;
    /* By the terms computed instead of the exact ones, which are larger by at most as much. */
    const double each = tile->moments == SHY_MOMENTS_FULL ? tile->each / (1.0 - tile->each) : epsilon, most = fmax(epsilon, each);
    const double means = left->offset_most + right->offset_most;
    row->e = (float)(1.00001 * epsilon);
    row->each = (float)(1.00001 * each);
    row->e2 = (float)(1.1 * most * most + 4.0 * 0x1p-24 + 4.0 * means);
    row->slip = (float)(1.00001 * (epsilon + 4.0 * 0x1p-24 + means)); /* Σũṽ − μμ is M11 only if Σd = 0 */
    row->reach = (float)(1.00001 * (epsilon * (double)u->lifted[operand] + SHY_LIFTED_UNITS * 0x1p-24 * fabs((double)u->mu[operand])));
}

static const float *plane_row(const shy_tile *tile, int plane, int i)
{
    return (const float *)tile->sum + ((size_t)plane * (size_t)tile->block + (size_t)i) * (size_t)tile->padded;
}

static void set_metric_row(const shy_tile *tile, const shy_panel *left, int operand, int i, const shy_panel *right, double epsilon,
                           shy_metric_row *row)
{
    const shy_operand_columns *u = &left->column;
    const int directions = left->metric.directions, first = tile->planes > 1 ? directions : 0;
    const double each = tile->each / (1.0 - tile->each); /* by the terms computed, as above */
    *row = (shy_metric_row){.count = tile->padded, .directions = directions, .direction_stride = (size_t)tile->block * (size_t)tile->padded,
                            .along_stride = right->along_stride, .right = right->column, .y = u->y[operand], .fourth = u->fourth[operand],
                            .weighted = u->weighted[operand], .inverse = u->inverse[operand], .lean = u->lean[operand],
                            .leverage = u->leverage[operand], .along = u->along + (size_t)operand * (size_t)directions};
    for (int p = first; p < tile->planes; p++) row->plane[p - first] = plane_row(tile, p, i);
    row->direction = first > 0 ? plane_row(tile, 0, i) : NULL;
    row->e = (float)(1.00001 * epsilon);
    row->each = (float)(1.00001 * each);
    row->root = (float)(1.00001 * sqrt((double)directions));
    row->offset = (float)(1.00001 * fabs(left->sums[operand].offset));
    row->right_offset = (float)(1.00001 * right->offset_most);
    row->unit = (float)((directions + 8) * 0x1p-24);
}

/* LINEAR or FULL. */
static int flag_metric(const shy_tile *tile, const shy_panel *left, int operand, int i, const shy_panel *right, double epsilon, const double *floor,
                       int32_t *to)
{
    const shy_tile_kernels *kernels = shy_tile_kernels_get();
    const bool full = tile->moments == SHY_MOMENTS_FULL;
    shy_metric_row row;
    set_metric_row(tile, left, operand, i, right, epsilon, &row);
    row.floor = floor_of(full ? least(floor, 0, SHY_TILE_FORMS - 1) : least(floor, SHY_TILE_SUM, SHY_TILE_WEIGHTED));
    return full ? kernels->flag_metric_full(&row, to) : kernels->flag_metric_linear(&row, to);
}

static int leave_padding(const shy_panel *right, const int32_t *index, int found)
{
    while (found > 0 && index[found - 1] >= right->count) found--;
    return found;
}

void shy_tile_flag(const shy_tile *tile, const shy_panel *left, int index, int i, const shy_panel *right, double epsilon,
                   const double floor[SHY_TILE_FORMS], shy_pairs *pairs)
{
    const shy_tile_kernels *kernels = shy_tile_kernels_get();
    const int operand = index * left->block + i;
    int32_t *to = pairs->right + pairs->count;
    int found = 0;
    if (tile->precision == SHY_FP64) {
        found = flag_all(right, to);
    } else if (left->metric.directions > 0) {
        found = leave_padding(right, to, flag_metric(tile, left, operand, i, right, epsilon, floor, to));
    } else {
        shy_flag_row row;
        set_row(tile, left, operand, i, right, epsilon, &row);
        const double linear = least(floor, SHY_TILE_SUM, SHY_TILE_WEIGHTED);
        row.floor_product = floor_of(floor[SHY_TILE_PRODUCT]);
        row.floor = floor_of(tile->moments == SHY_MOMENTS_FULL ? least(floor, 0, SHY_TILE_FORMS - 1) : linear);
        found = tile->moments == SHY_MOMENTS_FULL     ? kernels->flag_full(&row, to)
                : tile->moments == SHY_MOMENTS_LINEAR ? kernels->flag_linear(&row, to)
                : linear > 1.0                        ? kernels->flag_product(&row, to)
                                                      : kernels->flag_both(&row, to);
        found = leave_padding(right, to, found);
    }
    for (int k = 0; k < found; k++) pairs->left[pairs->count + k] = operand;
    pairs->count += found;
}

/* ---- moments ------------------------------------------------------------------------------------------------------- */

/* The sums are of columns rounded to fp32 once, added in fp64. */
#define REFINED (4.2 * 0x1p-24)

enum { REFINED_ROWS = 512 }; /* whose products stay in the first-level cache while they are summed with the directions */

/* The same sums with weights, and those with the directions behind them. */
static void refine_metric(const shy_panel *left, const float *du, const float *dv, double *m)
{
    const shy_tile_kernels *kernels = shy_tile_kernels_get();
    const shy_tile_metric *metric = &left->metric;
    double product[REFINED_ROWS], sum[5];
    memset(m, 0, (5U + (size_t)metric->directions) * sizeof *m);
    for (int row = 0; row < left->rows; row += REFINED_ROWS) {
        const int count = left->rows - row < REFINED_ROWS ? left->rows - row : REFINED_ROWS;
        kernels->refine_weighted(count, du + row, dv + row, metric->response + row, metric->root ? metric->root + row : NULL, sum, product);
        for (int p = 0; p < 5; p++) m[p] += sum[p];
        for (int k = 0; k < metric->directions; k++) m[5 + k] += kernels->exact_dot(count, product, metric->direction[k] + row);
    }
}

void shy_pairs_refine(const shy_panel *left, const shy_panel *right, shy_pairs *pairs)
{
    const shy_tile_kernels *kernels = shy_tile_kernels_get();
    const double root = sqrt((double)left->total), n = (double)left->total;
    const bool plain = !left->metric.root && left->metric.directions == 0;
    for (int k = 0; k < pairs->count; k++) {
        const float *du = left->d + (size_t)pairs->left[k] * (size_t)left->stride, *dv = right->d + (size_t)pairs->right[k] * (size_t)right->stride;
        double *m = pairs->moment + (5 + (size_t)pairs->directions) * (size_t)k;
        if (plain) kernels->refine(left->rows, du, dv, left->response, m);
        else refine_metric(left, du, dv, m);
        m[1] *= root, m[2] *= root, m[3] *= n; /* the columns are divided by √n each */
    }
    pairs->refined = true;
    pairs->epsilon = REFINED + 1e-15 * n;
}

static double sum_at(const shy_tile *tile, int plane, int i, int j)
{
    const size_t at = ((size_t)plane * (size_t)tile->block + (size_t)i) * (size_t)tile->padded + (size_t)j;
    return tile->precision == SHY_FP64 ? ((const double *)tile->sum)[at] : (double)((const float *)tile->sum)[at];
}

void shy_pairs_take(const shy_tile *tile, int index, double epsilon, shy_pairs *pairs)
{
    static const int plane[5] = {1, 3, 2, 4, 0}; /* M11, M12, M21, M22, Y11 */
    for (int k = 0; k < pairs->count; k++) {
        const int i = pairs->left[k] - index * tile->block;
        double *m = pairs->moment + (5 + (size_t)pairs->directions) * (size_t)k;
        for (int p = 0; p < 5; p++) m[p] = sum_at(tile, pairs->directions + plane[p], i, pairs->right[k]);
        for (int p = 0; p < pairs->directions; p++) m[5 + p] = sum_at(tile, p, i, pairs->right[k]);
    }
    pairs->refined = false;
    pairs->epsilon = epsilon;
}

/* ---- bounds -------------------------------------------------------------------------------------------------------- */

#define BOUNDED 0x1p-49 /* the bounds are rounded as well: as if each moment were off by a few units of fp64 more */

/* The moments of d − Σd: where little is left of a pair beside its linear part, the rounding of a mean would be seen. */
static void centre(shy_bound_block *block, int k, double p, double q)
{
    const double m11 = block->m11[k], m12 = block->m12[k], m21 = block->m21[k];
    block->m22[k] -= 2.0 * (p * m12 + q * m21);
    block->m12[k] -= p + 2.0 * q * m11;
    block->m21[k] -= q + 2.0 * p * m11;
    block->y11[k] -= p * block->v.y[k] + q * block->u.y[k];
}

static void gather(const shy_panel *left, const shy_panel *right, const shy_pairs *pairs, int first, shy_bound_block *block)
{
    const int rest = pairs->count - first;
    block->count = rest < SHY_BOUND_BLOCK ? rest : SHY_BOUND_BLOCK;
    block->e = pairs->epsilon + BOUNDED;
    for (int k = 0; k < block->count; k++) {
        const double *m = pairs->moment + 5 * (size_t)(first + k);
        const shy_operand_sums *u = &left->sums[pairs->left[first + k]], *v = &right->sums[pairs->right[first + k]];
        block->m11[k] = m[0], block->m12[k] = m[1], block->m21[k] = m[2], block->m22[k] = m[3], block->y11[k] = m[4];
        block->u.mu[k] = u->mu, block->u.scale[k] = u->scale, block->u.y[k] = u->y, block->u.fourth[k] = u->fourth, block->u.weighted[k] = u->weighted;
        block->v.mu[k] = v->mu, block->v.scale[k] = v->scale, block->v.y[k] = v->y, block->v.fourth[k] = v->fourth, block->v.weighted[k] = v->weighted;
        centre(block, k, u->offset, v->offset);
    }
}

static int compare_hits(const void *a, const void *b)
{
    const shy_tile_hit *x = a, *y = b;
    return (x->bound < y->bound) - (x->bound > y->bound);
}

int shy_pairs_bound(const shy_panel *left, const shy_panel *right, const shy_pairs *pairs, const double floor[SHY_TILE_FORMS],
                    shy_tile_hit *hits)
{
    const shy_tile_kernels *kernels = shy_tile_kernels_get();
    shy_bound_block block;
    double bound[SHY_BOUND_BLOCK];
    int found = 0;
    if (pairs->directions > 0) {
        found = shy_pairs_bound_metric(left, right, pairs, floor, hits);
        qsort(hits, (size_t)found, sizeof *hits, compare_hits);
        return found;
    }
    for (int first = 0; first < pairs->count; first += SHY_BOUND_BLOCK) {
        gather(left, right, pairs, first, &block);
        for (int form = 0; form < SHY_TILE_FORMS; form++) {
            if (floor[form] > 1.0) continue;
            kernels->bound(&block, (shy_tile_form)form, bound);
            for (int k = 0; k < block.count; k++) {
                if (bound[k] < floor[form]) continue;
                hits[found++] = (shy_tile_hit){fmin(bound[k], 2.0), pairs->left[first + k], pairs->right[first + k], (shy_tile_form)form};
            }
        }
    }
    qsort(hits, (size_t)found, sizeof *hits, compare_hits);
    return found;
}
