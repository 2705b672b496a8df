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

float shy_floor_of(double floor)
{
    return floor > 0.0 ? nextafterf((float)floor, 0.0F) : 0.0F;
}

double shy_floor_least(const double *floor, int first, int last)
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

const float *shy_tile_row(const shy_tile *tile, size_t place, int i)
{
    return (const float *)tile->sum + place + (size_t)i * (size_t)tile->padded;
}

int shy_tile_further_response(const shy_tile *tile)
{
    return tile->left && tile->moments != SHY_MOMENTS_LINEAR ? tile->left->sight.response : 0;
}

int shy_tile_row_planes(const shy_tile *tile, int i, const float *plane[5])
{
    const int most = tile->moments == SHY_MOMENTS_FULL ? 5 : tile->moments == SHY_MOMENTS_RAW ? 3 : 1;
    for (int p = 0; p < most; p++) plane[p] = shy_tile_row(tile, shy_tile_place(tile, 0, p), i);
    if (shy_tile_further_response(tile) > 0 && tile->segments <= 1) plane[0] = shy_tile_row(tile, shy_tile_response_place(tile, shy_tile_further_response(tile)), i);
    return most;
}

static void set_row(const shy_tile *tile, const shy_panel *left, int operand, int i, const shy_panel *right, double epsilon, shy_flag_row *row)
{
    const shy_operand_columns *u = &left->column;
    *row = (shy_flag_row){.count = tile->padded, .right = right->column, .y = u->y[operand], .fourth = u->fourth[operand],
                          .weighted = u->weighted[operand], .mu = u->mu[operand], .length = u->length[operand],
                          .square = u->square[operand]};
    shy_tile_row_planes(tile, i, row->plane);
    /* By the terms computed instead of the exact ones, which are larger by at most as much. */
    const double each = tile->moments == SHY_MOMENTS_FULL ? tile->each / (1.0 - tile->each) : epsilon, most = fmax(epsilon, each);
    const double means = left->offset_most + right->offset_most;
    row->e = (float)(1.00001 * epsilon);
    row->each = (float)(1.00001 * each);
    row->e2 = (float)(1.1 * most * most + 4.0 * 0x1p-24 + 4.0 * means);
    row->slip = (float)(1.00001 * (epsilon + 4.0 * 0x1p-24 + means)); /* Σũṽ − μμ is M11 only if Σd = 0 */
    row->reach = (float)(1.00001 * (epsilon * (double)u->lifted[operand] + SHY_LIFTED_UNITS * 0x1p-24 * fabs((double)u->mu[operand])));
}

static void set_metric_row(const shy_tile *tile, const shy_panel *left, int operand, int i, const shy_panel *right, double epsilon,
                           shy_metric_row *row)
{
    const shy_operand_columns *u = &left->column;
    const int directions = left->metric.directions;
    const double each = tile->each / (1.0 - tile->each); /* by the terms computed, as above */
    *row = (shy_metric_row){.count = tile->padded, .directions = directions, .direction_stride = (size_t)tile->block * (size_t)tile->padded,
                            .along_stride = right->along_stride, .right = right->column, .y = u->y[operand], .fourth = u->fourth[operand],
                            .weighted = u->weighted[operand], .inverse = u->inverse[operand], .lean = u->lean[operand],
                            .leverage = u->leverage[operand], .along = u->along + (size_t)operand * (size_t)directions};
    const bool linear = shy_tile_row_planes(tile, i, row->plane) == 1;
    row->direction = linear ? NULL : shy_tile_row(tile, shy_tile_direction_place(tile, 0), i);
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
    row.floor = shy_floor_of(full ? shy_floor_least(floor, 0, SHY_TILE_FORMS - 1) : shy_floor_least(floor, SHY_TILE_SUM, SHY_TILE_WEIGHTED));
    return full ? kernels->flag_metric_full(&row, to) : kernels->flag_metric_linear(&row, to);
}

static int flag_plain(const shy_tile *tile, const shy_panel *left, int operand, int i, const shy_panel *right, double epsilon, const double *floor,
                      int32_t *to)
{
    const shy_tile_kernels *kernels = shy_tile_kernels_get();
    const double linear = shy_floor_least(floor, SHY_TILE_SUM, SHY_TILE_WEIGHTED);
    shy_flag_row row;
    set_row(tile, left, operand, i, right, epsilon, &row);
    row.floor_product = shy_floor_of(floor[SHY_TILE_PRODUCT]);
    row.floor = shy_floor_of(tile->moments == SHY_MOMENTS_FULL ? shy_floor_least(floor, 0, SHY_TILE_FORMS - 1) : linear);
    return tile->moments == SHY_MOMENTS_FULL     ? kernels->flag_full(&row, to)
           : tile->moments == SHY_MOMENTS_LINEAR ? kernels->flag_linear(&row, to)
           : linear > 1.0                        ? kernels->flag_product(&row, to)
                                                 : kernels->flag_both(&row, to);
}

/* Behind the last right operand there is padding. */
static int leave_padding(const shy_panel *right, const int32_t *index, int found)
{
    while (found > 0 && index[found - 1] >= right->count) found--;
    return found;
}

/* Of those found, leaves the ones that a sight does not exclude. */
static int leave_excluded(const shy_panel *left, int operand, const shy_panel *right, int32_t *index, int found)
{
    int kept = 0;
    if (left->state[operand] == SHY_OPERAND_EXCLUDED) return 0;
    for (int k = 0; k < found; k++) {
        if (right->state[index[k]] != SHY_OPERAND_EXCLUDED) index[kept++] = index[k];
    }
    return kept;
}

void shy_pairs_append(const shy_panel *left, int operand, const shy_panel *right, int found, shy_pairs *pairs)
{
    int32_t *index = pairs->right + pairs->count;
    found = leave_padding(right, index, found);
    if (left->base) found = leave_excluded(left, operand, right, index, found);
    for (int k = 0; k < found; k++) pairs->left[pairs->count + k] = operand;
    pairs->count += found;
}

void shy_tile_flag(const shy_tile *tile, const shy_panel *left, int index, int i, const shy_panel *right, double epsilon,
                   const double floor[SHY_TILE_FORMS], shy_pairs *pairs)
{
    const int operand = index * left->block + i;
    int32_t *to = pairs->right + pairs->count;
    int found = 0;
    if (tile->precision != SHY_FP64 && tile->segments > 1) {
        shy_flag_sights(1, &tile, index, i, &epsilon, (const double (*)[SHY_TILE_FORMS])floor, &pairs);
        return;
    }
    if (tile->precision == SHY_FP64) found = flag_all(right, to);
    else if (left->metric.directions > 0) found = flag_metric(tile, left, operand, i, right, epsilon, floor, to);
    else found = flag_plain(tile, left, operand, i, right, epsilon, floor, to);
    shy_pairs_append(left, operand, right, found, pairs);
}

/* ---- moments ------------------------------------------------------------------------------------------------------- */

/* The sums are of columns rounded to fp32 once, added in fp64. */
#define REFINED (4.2 * 0x1p-24)

enum { REFINED_ROWS = 512 }; /* whose products stay in the first-level cache while they are summed with the directions */

/* Response number `which` over my rows, 0 being that of the metric. */
static const double *response_of(const shy_panel *panel, int which)
{
    return which > 0 ? panel->layout.response[which - 1] : panel->metric.response;
}

/* The same sums with weights, and those with the directions behind them. */
static void refine_metric(const shy_panel *left, const double *response, const float *du, const float *dv, double *m)
{
    const shy_tile_kernels *kernels = shy_tile_kernels_get();
    const shy_tile_metric *metric = &left->metric;
    double product[REFINED_ROWS], sum[5];
    memset(m, 0, (5U + (size_t)metric->directions) * sizeof *m);
    for (int row = 0; row < left->rows; row += REFINED_ROWS) {
        const int count = left->rows - row < REFINED_ROWS ? left->rows - row : REFINED_ROWS;
        kernels->refine_weighted(count, du + row, dv + row, response + row, metric->root ? metric->root + row : NULL, sum, product);
        for (int p = 0; p < 5; p++) m[p] += sum[p];
        for (int k = 0; k < metric->directions; k++) m[5 + k] += kernels->exact_dot(count, product, metric->direction[k] + row);
    }
}

/* Over the rows before and behind the segment that is left out. */
static void refine_segments(const shy_panel *seen, const float *response, const float *du, const float *dv, double m[5])
{
    const int *cut = seen->layout.cut, out = seen->sight.left_out, end = out < 0 ? seen->rows : cut[out], next = out < 0 ? seen->rows : cut[out + 1];
    double behind[5];
    shy_tile_kernels_get()->refine(end, du, dv, response, m);
    shy_tile_kernels_get()->refine(seen->rows - next, du + next, dv + next, response + next, behind);
    for (int p = 0; p < 5; p++) m[p] += behind[p];
}

void shy_pairs_refine(const shy_panel *left, const shy_panel *right, shy_pairs *pairs)
{
    const double n = (double)(left->base ? left->base->total : left->total), root = sqrt(n);
    const bool plain = !left->metric.root && left->metric.directions == 0;
    const int which = left->base ? left->sight.response : 0;
    const float *response = left->response + (size_t)which * (size_t)left->stride;
    for (int k = 0; k < pairs->count; k++) {
        const float *du = left->d + (size_t)pairs->left[k] * (size_t)left->stride, *dv = right->d + (size_t)pairs->right[k] * (size_t)right->stride;
        double *m = pairs->moment + (5 + (size_t)pairs->directions) * (size_t)k;
        if (left->base && left->layout.segments > 1) refine_segments(left, response, du, dv, m);
        else if (plain) shy_tile_kernels_get()->refine(left->rows, du, dv, response, m);
        else refine_metric(left, response_of(left, which), du, dv, m);
        m[1] *= root, m[2] *= root, m[3] *= n; /* the columns are divided by √n each */
    }
    pairs->refined = true;
    pairs->epsilon = REFINED + 1e-15 * n;
}

static double sum_at(const shy_tile *tile, size_t place, int i, int j)
{
    const size_t at = place + (size_t)i * (size_t)tile->padded + (size_t)j;
    return tile->precision == SHY_FP64 ? ((const double *)tile->sum)[at] : (double)((const float *)tile->sum)[at];
}

/* Over the segments that a sight has; of a tile that is not seen, over all. */
static double sum_of_segments(const shy_tile *tile, int p, int i, int j)
{
    const int out = tile->left && tile->segments > 1 ? tile->left->sight.left_out : -1;
    double sum = 0.0;
    for (int s = 0; s < (tile->segments > 1 ? tile->segments : 1); s++) sum += s == out ? 0.0 : sum_at(tile, shy_tile_place(tile, s, p), i, j);
    return sum;
}

void shy_pairs_take(const shy_tile *tile, int index, double epsilon, shy_pairs *pairs)
{
    static const int plane[5] = {1, 3, 2, 4, 0}; /* M11, M12, M21, M22, Y11 */
    for (int k = 0; k < pairs->count; k++) {
        const int i = pairs->left[k] - index * tile->block, j = pairs->right[k];
        double *m = pairs->moment + (5 + (size_t)pairs->directions) * (size_t)k;
        for (int p = 0; p < 5; p++) m[p] = sum_of_segments(tile, plane[p], i, j);
        if (shy_tile_further_response(tile) > 0) m[4] = sum_at(tile, shy_tile_response_place(tile, shy_tile_further_response(tile)), i, j);
        for (int p = 0; p < pairs->directions; p++) m[5 + p] = sum_at(tile, shy_tile_direction_place(tile, p), i, j);
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

/*
 * In a sight with segments: from sums over T of what is centred on all samples to moments of what is centred and of deviation 1 on T. What
 * they may be off by swells; where the sums say too little there is no bound.
 */
static void centre_in_sight(const shy_panel *left, int i, const shy_panel *right, int j, shy_bound_block *block, int k)
{
    const shy_operand_sums *u = &left->sums[i], *v = &right->sums[j];
    const double fu = left->base->sums[i].scale / u->scale, fv = right->base->sums[j].scale / v->scale;
    const double mu = u->offset, nu = v->offset;
    const double both = (double)left->base->total / (double)left->total * fu * fv, u11 = block->m11[k] * both;
    const double x = u11 - mu * nu, m21 = block->m21[k] * both * fu - 2.0 * mu * x - nu * (1.0 + mu * mu);
    const double m12 = block->m12[k] * both * fv - 2.0 * nu * x - mu * (1.0 + nu * nu);
    block->m22[k] = block->m22[k] * both * fu * fv - 2.0 * (nu * m21 + mu * m12) - 4.0 * mu * nu * x - mu * mu - nu * nu - mu * mu * nu * nu;
    block->y11[k] = (block->y11[k] * both - left->sight.level * u11) / left->sight.scale - mu * v->y - nu * u->y;
    block->m11[k] = x, block->m21[k] = m21, block->m12[k] = m12;
    block->e[k] *= shy_centred_swell(mu) * shy_centred_swell(nu);
    if (left->state[i] == SHY_OPERAND_UNCLEAR || right->state[j] == SHY_OPERAND_UNCLEAR) block->e[k] = INFINITY;
}

static void gather(const shy_panel *left, const shy_panel *right, const shy_pairs *pairs, int first, shy_bound_block *block)
{
    const int rest = pairs->count - first;
    block->count = rest < SHY_BOUND_BLOCK ? rest : SHY_BOUND_BLOCK;
    const bool in_sight = left->base && left->layout.segments > 1;
    for (int k = 0; k < block->count; k++) {
        const double *m = pairs->moment + 5 * (size_t)(first + k);
        const shy_operand_sums *u = &left->sums[pairs->left[first + k]], *v = &right->sums[pairs->right[first + k]];
        block->m11[k] = m[0], block->m12[k] = m[1], block->m21[k] = m[2], block->m22[k] = m[3], block->y11[k] = m[4];
        block->u.mu[k] = u->mu, block->u.scale[k] = u->scale, block->u.y[k] = u->y, block->u.fourth[k] = u->fourth, block->u.weighted[k] = u->weighted;
        block->v.mu[k] = v->mu, block->v.scale[k] = v->scale, block->v.y[k] = v->y, block->v.fourth[k] = v->fourth, block->v.weighted[k] = v->weighted;
        block->e[k] = pairs->epsilon + BOUNDED;
        if (in_sight) centre_in_sight(left, pairs->left[first + k], right, pairs->right[first + k], block, k);
        else centre(block, k, u->offset, v->offset);
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
