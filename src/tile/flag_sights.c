/* Flagged pairs of tiles that are seen without one of their segments. */
#include "shy_config.h"

#include <math.h>

#include "tile/kernels.h"
#include "tile/stack.h"

/* Errors of a row in a sight with segments: those of its sums, and the rounding of centring and scaling them. */
static void set_sight_errors(const shy_tile *tile, const shy_panel *left, int operand, const shy_panel *right, double epsilon, shy_sight_row *row)
{
    const bool full = tile->moments == SHY_MOMENTS_FULL;
    const double units = SHY_SIGHT_UNITS * 0x1p-24, each = full ? tile->each / (1.0 - tile->each) : epsilon, most = fmax(epsilon, each);
    const double means = left->offset_most + right->offset_most, level = left->sight.level / left->sight.scale;
    const double bottom = fabs(left->base->sums[operand].mu) * (double)left->column.factor[operand];
    row->e = (float)(1.00001 * (full ? epsilon : epsilon + units));
    row->each = (float)(1.00001 * each);
    row->e2 = (float)(1.25 * most * most + (full ? 2.0 * units : 4.0 * 0x1p-24) + 4.0 * means);
    row->slip = (float)(1.00001 * (epsilon + 1.5 * units + means));
    row->lift = (float)(1.00001 * (sqrt(1.0 + level * level) + fabs(level)));
    row->rough_p = (float)(1.0001 * (each * (double)row->lift + 2.4 * epsilon));
    row->rough_ab = (float)(1.0001 * (2.0 * each + 1.2 * epsilon));
    row->rough_r = (float)(1.0001 * (9.6 * each + 5.4 * epsilon));
    row->rough_g = (float)(1.0001 * 2.0 * epsilon * (fabs((double)left->column.y[operand]) + 1.0));
    row->reach = (float)(1.00001 * ((epsilon + units) * (double)left->column.lifted[operand] +
                                    SHY_LIFTED_UNITS * 0x1p-24 * bottom * sqrt(1.0 + level * level)));
}

static void set_sight_row(const shy_tile *tile, const shy_panel *left, int operand, int i, const shy_panel *right, double epsilon, shy_sight_row *row)
{
    const shy_operand_columns *u = &left->column;
    *row = (shy_sight_row){.count = tile->padded, .segments = tile->segments, .left_out = left->sight.left_out, .right = right->column,
                           .times = (float)((double)left->base->total / (double)left->total), .level = (float)left->sight.level,
                           .inverse = (float)(1.0 / left->sight.scale), .y = u->y[operand], .fourth = u->fourth[operand],
                           .weighted = u->weighted[operand], .mu = u->mu[operand], .length = u->length[operand], .square = u->square[operand],
                           .factor = u->factor[operand], .shift = u->shift[operand], .swell = u->swell[operand]};
    row->planes = shy_tile_row_planes(tile, i, row->plane);
    row->stride = shy_tile_place(tile, 1, 0) - shy_tile_place(tile, 0, 0);
    row->response = shy_tile_further_response(tile) > 0 ? shy_tile_row(tile, shy_tile_response_place(tile, shy_tile_further_response(tile)), i) : NULL;
    set_sight_errors(tile, left, operand, right, epsilon, row);
}

static shy_sight_kind kind_of(const shy_tile *tile, const double *floor)
{
    if (tile->moments != SHY_MOMENTS_RAW) return tile->moments == SHY_MOMENTS_FULL ? SHY_SIGHT_FULL : SHY_SIGHT_LINEAR;
    return shy_floor_least(floor, SHY_TILE_SUM, SHY_TILE_WEIGHTED) > 1.0 ? SHY_SIGHT_PRODUCT : SHY_SIGHT_BOTH;
}

static void set_floors(const shy_tile *tile, const double *floor, shy_sight_row *row)
{
    const bool full = tile->moments == SHY_MOMENTS_FULL;
    row->test = kind_of(tile, floor);
    row->floor_product = shy_floor_of(floor[SHY_TILE_PRODUCT]);
    row->floor = shy_floor_of(full ? shy_floor_least(floor, 0, SHY_TILE_FORMS - 1) : shy_floor_least(floor, SHY_TILE_SUM, SHY_TILE_WEIGHTED));
}

enum { TOGETHER = 16 }; /* sights */

void shy_flag_sights(int sights, const shy_tile *const *tile, int index, int i, const double *epsilon, const double (*floor)[SHY_TILE_FORMS],
                     shy_pairs *const *pairs)
{
    shy_sight_row row[TOGETHER];
    int32_t *to[TOGETHER];
    int found[TOGETHER];
    const int operand = index * tile[0]->left->block + i;
    for (int first = 0; first < sights; first += TOGETHER) {
        const int count = sights - first < TOGETHER ? sights - first : TOGETHER;
        for (int v = 0; v < count; v++) {
            const shy_tile *seen = tile[first + v];
            set_sight_row(seen, seen->left, operand, i, seen->right, epsilon[first + v], &row[v]);
            set_floors(seen, floor[first + v], &row[v]);
            to[v] = pairs[first + v]->right + pairs[first + v]->count;
        }
        shy_tile_kernels_get()->flag_sights(count, row, to, found);
        for (int v = 0; v < count; v++) shy_pairs_append(tile[first + v]->left, operand, tile[first + v]->right, found[v], pairs[first + v]);
    }
}

void shy_tile_flag_sights(int sights, const shy_tile *const *tile, int index, int i, const double *epsilon, const double (*floor)[SHY_TILE_FORMS],
                          shy_pairs *const *pairs)
{
    if (sights > 0 && tile[0]->segments > 1 && tile[0]->precision != SHY_FP64) {
        shy_flag_sights(sights, tile, index, i, epsilon, floor, pairs);
        return;
    }
    for (int v = 0; v < sights; v++) shy_tile_flag(tile[v], tile[v]->left, index, i, tile[v]->right, epsilon[v], floor[v], pairs[v]);
}
