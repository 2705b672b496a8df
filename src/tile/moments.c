/* Tiles: the sums of every pair of operands of two panels, by library matrix products. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "tile/matmul.h"
#include "tile/stack.h"

static const int planes_of[] = {[SHY_MOMENTS_LINEAR] = 1, [SHY_MOMENTS_RAW] = 3, [SHY_MOMENTS_FULL] = 5};

enum { PLANES_MOST = 5 };

shy_moments shy_moments_needed(const double floor[SHY_TILE_FORMS])
{
    if (floor[SHY_TILE_SHIFT_LEFT] <= 1.0 || floor[SHY_TILE_SHIFT_RIGHT] <= 1.0 || floor[SHY_TILE_INTERACTION] <= 1.0) return SHY_MOMENTS_FULL;
    return floor[SHY_TILE_PRODUCT] <= 1.0 ? SHY_MOMENTS_RAW : SHY_MOMENTS_LINEAR;
}

const char *shy_precision_name(shy_precision precision)
{
    static const char *const name[SHY_PRECISIONS] = {"auto", "fp64", "fp32", "bf16"};
    return name[precision];
}

uint64_t shy_tile_bytes(int block, int right, int directions, bool wide)
{
    const uint64_t pairs = ((uint64_t)block + SHY_PADDING) * ((uint64_t)right + SHY_PADDING);
    return (PLANES_MOST + (uint64_t)directions) * pairs * (wide ? sizeof(double) : sizeof(float));
}

shy_status shy_tile_create(int block, int right, int directions, bool wide, shy_tile **tile_out)
{
    shy_status st = SHY_OK;
    shy_tile *tile = NULL;
    SHY_TRY(shy_new(1, sizeof *tile, &tile));
    SHY_TRY(shy_new((size_t)shy_tile_bytes(block, right, directions, wide), 1, &tile->sum));
    tile->capacity = (size_t)(block + SHY_PADDING) * (size_t)(right + SHY_PADDING);
    *tile_out = tile, tile = NULL;
out:
    shy_tile_destroy(&tile);
    return st;
}

void shy_tile_destroy(shy_tile **tile)
{
    if (!*tile) return;
    shy_free(&(*tile)->sum);
    shy_free(tile);
}

int64_t shy_tile_numbers(const shy_tile *tile)
{
    return (int64_t)tile->planes * tile->block * tile->padded;
}

/* One call of the library: `left` parts of the left stack from `part` on, with one part of the right stack. */
static shy_status multiply(const shy_panel *left, int index, int part, int parts, const shy_panel *right, int right_part, shy_tile *tile, int plane)
{
    const size_t element = shy_stack_element(tile->precision), column = (size_t)left->stride * element;
    const size_t sum = tile->precision == SHY_FP64 ? sizeof(double) : sizeof(float);
    const size_t from = ((size_t)index * (size_t)shy_stack_parts(left, tile->moments) + (size_t)part) * (size_t)left->block;
    const char *a = (const char *)left->stack + from * column;
    const char *b = (const char *)right->stack + (size_t)right_part * (size_t)right->padded * column;
    char *c = (char *)tile->sum + (size_t)plane * (size_t)tile->block * (size_t)tile->padded * sum;
    return shy_matmul(tile->precision, parts * left->block, right->padded, left->rows, a, b, left->stride, c, tile->padded);
}

shy_status shy_tile_moments(shy_panel *left, int index, shy_panel *right, shy_precision precision, shy_moments moments, shy_tile *tile)
{
    shy_status st = SHY_OK;
    if (moments == SHY_MOMENTS_RAW && left->metric.directions > 0) return shy_fail(SHY_INTERNAL, "a tile of products with directions");
    if (precision == SHY_BF16 && !shy_matmul_narrow(left->block, right->padded)) precision = SHY_FP32;
    SHY_TRY(shy_panel_stack(left, precision, moments));
    SHY_TRY(shy_panel_stack(right, precision, moments));
    tile->precision = precision;
    tile->moments = moments;
    const int others = moments == SHY_MOMENTS_LINEAR ? 0 : left->metric.directions;
    tile->directions = left->metric.directions;
    tile->planes = planes_of[moments] + others;
    tile->each = 1.0; /* not known before shy_tile_epsilon: nothing would be dropped */
    tile->block = left->block;
    tile->padded = right->padded;
    if (left->rows == 0) {
        memset(tile->sum, 0, (size_t)shy_tile_numbers(tile) * (precision == SHY_FP64 ? sizeof(double) : sizeof(float)));
    } else if (moments == SHY_MOMENTS_LINEAR) {
        SHY_TRY(multiply(left, index, 0, 1, right, 0, tile, 0));
    } else if (moments == SHY_MOMENTS_RAW) {
        SHY_TRY(multiply(left, index, 0, 2, right, 0, tile, 0));
        SHY_TRY(multiply(left, index, 2, 1, right, 1, tile, 2));
    } else {
        SHY_TRY(multiply(left, index, 0, others + 3, right, 0, tile, 0));
        SHY_TRY(multiply(left, index, others + 1, 2, right, 1, tile, others + 3));
    }
out:
    return st;
}

#define BF16_UNIT 0x1p-8

/* Of each element, relative to itself. RAW: not bounded. */
static double element_rounding(const shy_tile *tile, const shy_panel *left)
{
    const double units = shy_stack_units(left);
    return tile->precision == SHY_BF16 ? BF16_UNIT + 1e-5 : units * (tile->precision == SHY_FP64 ? 0x1p-53 : 0x1p-24);
}

/* Of each column, relative to its length. A member of a group knows the rounding of its own rows only. */
static double stack_rounding(const shy_panel *panel, int row_blocks)
{
    return row_blocks > 1 && panel->precision == SHY_BF16 ? BF16_UNIT + 1e-5 : panel->rounding;
}

double shy_tile_epsilon(shy_tile *tile, const shy_panel *left, const shy_panel *right, int row_blocks)
{
    const double unit = tile->precision == SHY_FP64 ? 0x1p-53 : 0x1p-24;
    const int chunk = shy_matmul_chunk(tile->precision);
    const double additions = fmin(chunk, (double)left->total) + ceil((double)left->total / chunk) + row_blocks + 2.0;
    const double gamma = additions * unit / (1.0 - additions * unit);
    const double element = 1.0 + element_rounding(tile, left);
    tile->each = element * element * (1.0 + gamma) - 1.0;
    return (1.0 + stack_rounding(left, row_blocks)) * (1.0 + stack_rounding(right, row_blocks)) * (1.0 + gamma) - 1.0;
}
