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

static uint64_t tile_bytes(int block, int right, int planes, bool wide)
{
    const uint64_t pairs = ((uint64_t)block + SHY_PADDING) * ((uint64_t)right + SHY_PADDING);
    return sizeof(shy_tile) + (uint64_t)planes * pairs * (wide ? sizeof(double) : sizeof(float));
}

static int planes_most(const shy_tile_metric *metric)
{
    const shy_tile_layout layout = shy_metric_layout(metric);
    return PLANES_MOST * layout.segments + layout.responses + metric->directions;
}

uint64_t shy_tile_bytes_for(int block, int right, const shy_tile_metric *metric, bool wide)
{
    return tile_bytes(block, right, planes_most(metric), wide);
}

uint64_t shy_tile_bytes(int block, int right, int directions, bool wide)
{
    return tile_bytes(block, right, PLANES_MOST + directions, wide);
}

shy_status shy_tile_create_for(int block, int right, const shy_tile_metric *metric, bool wide, shy_tile **tile_out)
{
    shy_status st = SHY_OK;
    shy_tile *tile = NULL;
    SHY_TRY(shy_new(1, sizeof *tile, &tile));
    SHY_TRY(shy_new((size_t)shy_tile_bytes_for(block, right, metric, wide) - sizeof *tile, 1, &tile->sum));
    tile->capacity = (size_t)(block + SHY_PADDING) * (size_t)(right + SHY_PADDING);
    *tile_out = tile, tile = NULL;
out:
    shy_tile_destroy(&tile);
    return st;
}

shy_status shy_tile_create(int block, int right, int directions, bool wide, shy_tile **tile_out)
{
    return shy_tile_create_for(block, right, &(shy_tile_metric){.directions = directions}, wide, tile_out);
}

void shy_tile_destroy(shy_tile **tile)
{
    if (!*tile) return;
    shy_free(&(*tile)->sum);
    shy_free(tile);
}

/* Numbers of a plane; of a segment. */
static size_t plane_numbers(const shy_tile *tile)
{
    return (size_t)tile->block * (size_t)tile->padded;
}

static size_t segment_numbers(const shy_tile *tile)
{
    return (size_t)planes_of[tile->moments] * plane_numbers(tile) + (tile->segments > 1 ? SHY_SEGMENT_GAP : 0);
}

int64_t shy_tile_numbers(const shy_tile *tile)
{
    const size_t gaps = tile->segments > 1 ? (size_t)tile->segments * SHY_SEGMENT_GAP : 0U;
    return (int64_t)((size_t)tile->planes * plane_numbers(tile) + gaps);
}

size_t shy_tile_place(const shy_tile *tile, int segment, int p)
{
    const int others = tile->moments == SHY_MOMENTS_LINEAR ? 0 : tile->directions;
    return (size_t)(tile->responses + others + p) * plane_numbers(tile) + (size_t)segment * segment_numbers(tile);
}

size_t shy_tile_response_place(const shy_tile *tile, int response)
{
    return (size_t)(response - 1) * plane_numbers(tile);
}

size_t shy_tile_direction_place(const shy_tile *tile, int k)
{
    return (size_t)(tile->responses + k) * plane_numbers(tile);
}

static size_t number_size(const shy_tile *tile)
{
    return tile->precision == SHY_FP64 ? sizeof(double) : sizeof(float);
}

static void clear(const shy_tile *tile, size_t place, size_t numbers)
{
    memset((char *)tile->sum + place * number_size(tile), 0, numbers * number_size(tile));
}

/* Products over rows first … first + rows − 1. */
typedef struct {
    const shy_panel *left, *right;
    shy_tile *tile;
    int index, first, rows;
} shy_stretch;

/* One call of the library: `parts` of the left stack from `part` on, with one part of the right stack; as many planes from `place` on. */
static shy_status multiply(const shy_stretch *at, int part, int parts, int right_part, size_t place)
{
    const shy_panel *left = at->left, *right = at->right;
    const size_t element = shy_stack_element(at->tile->precision), column = (size_t)left->stride * element, skipped = (size_t)at->first * element;
    const size_t from = ((size_t)at->index * (size_t)shy_stack_parts(left, at->tile->moments) + (size_t)part) * (size_t)left->block;
    const char *a = (const char *)left->stack + from * column + skipped;
    const char *b = (const char *)right->stack + (size_t)right_part * (size_t)right->padded * column + skipped;
    if (at->rows == 0) {
        clear(at->tile, place, (size_t)parts * plane_numbers(at->tile));
        return SHY_OK;
    }
    return shy_matmul(at->tile->precision, parts * left->block, right->padded, at->rows, a, b, left->stride,
                      (char *)at->tile->sum + place * number_size(at->tile), right->padded);
}

/* The moments' planes, and before them those of the `ahead` parts that precede theirs, from `place` on. */
static shy_status multiply_moments(const shy_stretch *at, int part, int ahead, size_t place)
{
    shy_status st = SHY_OK;
    const int next = part + ahead;
    const size_t plane = plane_numbers(at->tile);
    switch (at->tile->moments) {
    case SHY_MOMENTS_LINEAR: SHY_TRY(multiply(at, part, 1, 0, place)); break;
    case SHY_MOMENTS_RAW:
        SHY_TRY(multiply(at, part, ahead + 2, 0, place));
        SHY_TRY(multiply(at, next + 2, 1, 1, place + (size_t)(ahead + 2) * plane));
        break;
    default:
        SHY_TRY(multiply(at, part, ahead + 3, 0, place));
        SHY_TRY(multiply(at, next + 1, 2, 1, place + (size_t)(ahead + 3) * plane));
    }
out:
    return st;
}

static shy_status multiply_segments(const shy_panel *left, int index, const shy_panel *right, shy_tile *tile)
{
    shy_status st = SHY_OK;
    const int *cut = left->layout.cut, responses = tile->responses;
    shy_stretch at = {left, right, tile, index, 0, left->rows};
    if (responses > 0) SHY_TRY(multiply(&at, 0, responses, 0, 0));
    for (int s = 0; s < tile->segments; s++) {
        at.first = cut[s], at.rows = cut[s + 1] - cut[s];
        SHY_TRY(multiply_moments(&at, responses, 0, shy_tile_place(tile, s, 0)));
        clear(tile, shy_tile_place(tile, s + 1, 0) - SHY_SEGMENT_GAP, SHY_SEGMENT_GAP);
    }
out:
    return st;
}

/* What a tile will hold. */
static void set_shape(const shy_panel *left, const shy_panel *right, shy_precision precision, shy_moments moments, shy_tile *tile)
{
    const bool linear = moments == SHY_MOMENTS_LINEAR;
    tile->precision = precision;
    tile->moments = moments;
    tile->directions = left->metric.directions;
    tile->segments = left->layout.segments;
    tile->responses = linear ? 0 : left->layout.responses;
    tile->planes = planes_of[moments] * tile->segments + tile->responses + (linear ? 0 : tile->directions);
    tile->each = 1.0; /* not known before shy_tile_epsilon: nothing would be dropped */
    tile->block = left->block;
    tile->padded = right->padded;
    tile->left = tile->right = NULL;
}

shy_status shy_tile_moments(shy_panel *left, int index, shy_panel *right, shy_precision precision, shy_moments moments, shy_tile *tile)
{
    shy_status st = SHY_OK;
    if (moments == SHY_MOMENTS_RAW && left->metric.directions > 0) return shy_fail(SHY_INTERNAL, "a tile of products with directions");
    if (precision == SHY_BF16 && !shy_matmul_narrow(left->block, right->padded)) precision = SHY_FP32;
    SHY_TRY(shy_panel_stack(left, precision, moments));
    SHY_TRY(shy_panel_stack(right, precision, moments));
    set_shape(left, right, precision, moments, tile);
    if (tile->segments > 1) {
        SHY_TRY(multiply_segments(left, index, right, tile));
    } else {
        const int ahead = tile->responses + (moments == SHY_MOMENTS_LINEAR ? 0 : tile->directions);
        SHY_TRY(multiply_moments(&(shy_stretch){left, right, tile, index, 0, left->rows}, 0, ahead, 0));
    }
out:
    return st;
}

void shy_tile_look(const shy_tile *tile, const shy_panel *left_seen, const shy_panel *right_seen, shy_tile *seen_out)
{
    *seen_out = *tile;
    seen_out->left = left_seen;
    seen_out->right = right_seen;
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
    const shy_panel *packed = panel->base ? panel->base : panel;
    return row_blocks > 1 && packed->precision == SHY_BF16 ? BF16_UNIT + 1e-5 : packed->rounding;
}

/* Terms in the longest chain of additions that a sum may have come about by. */
static double additions(const shy_tile *tile, const shy_panel *left, int row_blocks)
{
    const shy_tile_layout *layout = &left->layout;
    const int chunk = shy_matmul_chunk(tile->precision);
    double rows = layout->segments > 1 ? 0.0 : (double)left->total;
    for (int s = 0; layout->segments > 1 && s < layout->segments; s++) rows = fmax(rows, (double)layout->samples[s]);
    if (layout->segments > 1 && tile->responses > 0) rows = (double)left->total; /* these are summed over all rows */
    return fmin(chunk, rows) + ceil(rows / chunk) + row_blocks + 2.0 + (layout->segments > 1 ? layout->segments : 0);
}

double shy_tile_epsilon(shy_tile *tile, const shy_panel *left, const shy_panel *right, int row_blocks)
{
    const shy_panel *packed = left->base ? left->base : left;
    const double unit = tile->precision == SHY_FP64 ? 0x1p-53 : 0x1p-24, terms = additions(tile, packed, row_blocks);
    const double gamma = terms * unit / (1.0 - terms * unit);
    const double element = 1.0 + element_rounding(tile, packed);
    tile->each = element * element * (1.0 + gamma) - 1.0;
    return (1.0 + stack_rounding(left, row_blocks)) * (1.0 + stack_rounding(right, row_blocks)) * (1.0 + gamma) - 1.0;
}
