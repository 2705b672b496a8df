/* Sights: panels as they are with one segment left out, or with another response. doc/screening.md has the algebra. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "tile/kernels.h"
#include "tile/stack.h"

shy_tile_layout shy_metric_layout(const shy_tile_metric *metric)
{
    return metric->layout ? *metric->layout : (shy_tile_layout){.segments = 1};
}

int shy_metric_partials(const shy_tile_metric *metric)
{
    const shy_tile_layout layout = shy_metric_layout(metric);
    return shy_operand_partials(metric->directions) + (layout.segments > 1 ? layout.segments * SHY_SEGMENT_SUMS : 0) +
           layout.responses * SHY_RESPONSE_SUMS;
}

int shy_metric_residuals(const shy_tile_metric *metric)
{
    return 2 + shy_metric_layout(metric).responses;
}

/* ---- making one ---------------------------------------------------------------------------------------------------------- */

enum { COLUMNS = 10, COLUMNS_OF_RESPONSE = 3 };

/* Columns that a sight has of its own; with one segment only those of the response. */
static void own_columns(shy_operand_columns *column, bool in_segments, float **own[COLUMNS], int *count_out)
{
    float **all[COLUMNS] = {&column->y,      &column->weighted, &column->lifted, &column->fourth, &column->mu,
                            &column->length, &column->square,   &column->factor, &column->shift,  &column->swell};
    memcpy(own, all, sizeof all);
    *count_out = in_segments ? COLUMNS : COLUMNS_OF_RESPONSE;
}

void shy_panel_disown(shy_panel *seen)
{
    float **own[COLUMNS], *kept[COLUMNS];
    int count = 0;
    own_columns(&seen->column, seen->layout.segments > 1, own, &count);
    for (int k = 0; k < count; k++) kept[k] = *own[k];
    seen->column = (shy_operand_columns){.y = NULL};
    for (int k = 0; k < count; k++) *own[k] = kept[k];
    seen->d = NULL, seen->exact = NULL, seen->response = seen->root = seen->direction = NULL, seen->stack = NULL;
    seen->squares = seen->scratch = seen->along = seen->segment_sums = seen->response_sums = NULL;
}

static int padded_of(int capacity, int block)
{
    return capacity + block + SHY_PADDING;
}

uint64_t shy_panel_seen_bytes(int capacity, int block)
{
    return (uint64_t)padded_of(capacity, block) * (sizeof(shy_operand_sums) + COLUMNS * sizeof(float) + sizeof(uint8_t)) + sizeof(shy_panel);
}

static uint64_t samples_of(const shy_panel *base, int left_out)
{
    uint64_t samples = 0;
    if (base->layout.segments == 1) return base->total;
    for (int s = 0; s < base->layout.segments; s++) samples += s == left_out ? 0 : base->layout.samples[s];
    return samples;
}

shy_status shy_panel_see(const shy_panel *base, const shy_sight *sight, shy_panel **seen_out)
{
    shy_status st = SHY_OK;
    shy_panel *seen = NULL;
    const size_t padded = (size_t)padded_of(base->capacity, base->block_most);
    float **own[COLUMNS];
    int count = 0;
    SHY_TRY(shy_new(1, sizeof *seen, &seen));
    *seen = *base;
    seen->base = base;
    seen->sight = *sight;
    seen->total = samples_of(base, sight->left_out);
    own_columns(&seen->column, base->layout.segments > 1, own, &count);
    for (int k = 0; k < count; k++) *own[k] = NULL;
    seen->sums = NULL, seen->state = NULL;
    SHY_TRY(shy_new(padded, sizeof *seen->sums, &seen->sums));
    SHY_TRY(shy_new(padded, sizeof *seen->state, &seen->state));
    for (int k = 0; k < count; k++) SHY_TRY(shy_new(padded, sizeof(float), own[k]));
    *seen_out = seen, seen = NULL;
out:
    shy_panel_destroy(&seen);
    return st;
}

/* ---- another response on all samples ----------------------------------------------------------------------------------------- */

/* Sums with the response of a sight: Σ y·d, Σ y²·d, Σ (y·d)² over T, divided by the number of its samples; y as it stands in the panel. */
typedef struct {
    double first, squared, weighted;
} shy_responded;

static shy_responded responded(const shy_panel *seen, int index)
{
    const shy_panel *base = seen->base;
    const double n = (double)seen->total;
    const size_t place = (size_t)index * (size_t)base->layout.responses + (size_t)(seen->sight.response - 1);
    const double *of = base->response_sums + place * SHY_RESPONSE_SUMS;
    return (shy_responded){of[0] / n, of[1] / n, of[2] / n};
}

/* √(Σ(yũ)²); what rounding could make of a cancelled sum does not sink below what is known to be there. */
static double lifted_of(double mu, double y2, double squared, double weighted2)
{
    return sqrt(fmax(mu * mu * y2 + 2.0 * mu * squared + weighted2, 0.0)) + 1e-6 * (fabs(mu) * sqrt(y2) + sqrt(weighted2));
}

static void look_at_response(shy_panel *seen, int index)
{
    const shy_panel *base = seen->base;
    shy_operand_sums *s = &seen->sums[index];
    const shy_operand_columns *c = &seen->column;
    *s = base->sums[index];
    seen->state[index] = SHY_OPERAND_CLEAR;
    if (seen->sight.response > 0) {
        const shy_responded r = responded(seen, index);
        s->y = r.first, s->squared = r.squared, s->weighted = sqrt(r.weighted);
    }
    const bool directions = base->metric.directions > 0, nothing = directions && !(s->length > SHY_OPERAND_NOTHING);
    c->y[index] = nothing ? NAN : (float)(directions ? s->y / s->length : s->y);
    c->weighted[index] = (float)s->weighted;
    c->lifted[index] = (float)lifted_of(s->mu, 1.0, s->squared, s->weighted * s->weighted);
}

/* ---- without a segment --------------------------------------------------------------------------------------------------------- */

#define SWELL_MOST 4.0   /* of operands that are tested at all: the expansions of the test hold up to here, and a few times farther */
#define CLEAR_MOST 64.0  /* most that κ² may magnify the rounding of sums in fp64 … */
#define CLEAR_SUM 4e6    /* … times the samples */

static double clear_most(uint64_t samples)
{
    return fmax(SWELL_MOST, fmin(CLEAR_MOST, sqrt(CLEAR_SUM / (double)samples)));
}

double shy_centred_swell(double shift)
{
    return sqrt(1.0 + shift * shift) + 2.0 * fabs(shift);
}

/* Means over T of powers of d, and of what stands with the response. */
static void sum_segments(const shy_panel *seen, int index, double mean[SHY_SEGMENT_SUMS])
{
    const shy_panel *base = seen->base;
    const double *of = base->segment_sums + (size_t)index * (size_t)base->layout.segments * SHY_SEGMENT_SUMS;
    memset(mean, 0, SHY_SEGMENT_SUMS * sizeof *mean);
    for (int s = 0; s < base->layout.segments; s++, of += SHY_SEGMENT_SUMS) {
        if (s == seen->sight.left_out) continue;
        for (int k = 0; k < SHY_SEGMENT_SUMS; k++) mean[k] += of[k];
    }
    for (int k = 0; k < SHY_SEGMENT_SUMS; k++) mean[k] /= (double)seen->total;
    if (seen->sight.response > 0) {
        const shy_responded r = responded(seen, index);
        mean[4] = r.first, mean[5] = r.squared, mean[6] = r.weighted;
    }
}

/* Every pair with it is flagged. */
static void look_at_nothing(shy_panel *seen, int index)
{
    const shy_operand_columns *c = &seen->column;
    seen->sums[index] = (shy_operand_sums){.mean = seen->base->sums[index].mean, .scale = 1.0, .fourth = 1.0, .weighted = 1.0, .length = 1.0};
    seen->state[index] = SHY_OPERAND_UNCLEAR;
    c->y[index] = NAN;
    c->factor[index] = c->shift[index] = c->mu[index] = 0.0F;
    c->fourth[index] = c->weighted[index] = c->length[index] = c->square[index] = c->lifted[index] = c->swell[index] = 1.0F;
}

static void look_at_segments(shy_panel *seen, int index)
{
    const shy_operand_sums *whole = &seen->base->sums[index];
    const double level = seen->sight.level, inverse = 1.0 / seen->sight.scale, bottom = whole->mu;
    double mean[SHY_SEGMENT_SUMS];
    sum_segments(seen, index, mean);
    const double m = mean[0], second = mean[1], third = mean[2], fourth = mean[3], s2 = second - m * m;
    const double kappa2 = second / s2, most = clear_most(seen->total);
    seen->state[index] = SHY_OPERAND_CLEAR;
    if (!(s2 > 0.0) || !(kappa2 <= most * most)) {
        look_at_nothing(seen, index);
        return;
    }
    const double factor = 1.0 / sqrt(s2), shift = m * factor, kappa = sqrt(1.0 + shift * shift), swell = kappa + fabs(shift);
    const double spread = sqrt(fourth) * factor * factor, more = fabs(shift) * kappa; /* Q, and what it swells by */
    const double y2 = seen->sight.scale * seen->sight.scale + level * level;
    const double weighted = (sqrt(mean[6]) + fabs(level) * sqrt(second)) * factor * inverse; /* ω̂ */
    const double yd2 = (mean[5] - 2.0 * level * mean[4] + level * level * m) * inverse * inverse;
    seen->sums[index] = (shy_operand_sums){
        .mean = whole->mean + whole->scale * m,
        .scale = whole->scale / factor,
        .mu = (bottom + m) * factor,
        .y = (mean[4] - level * m) * inverse * factor,
        .fourth = (spread + 2.0 * more) / shy_centred_swell(shift),
        .weighted = weighted / shy_centred_swell(shift),
        .third = (third - m * (3.0 * second - 2.0 * m * m)) * factor * factor * factor,
        .squared = (yd2 - m) * factor,
        .offset = shift,
        .length = 1.0,
    };
    /* Lengths of ũ on T, or of the mean on all samples, which is rounded relative to itself. */
    const double length = fmax(sqrt(fmax(bottom * bottom + 2.0 * bottom * m + second, 0.0)), fabs(bottom));
    const double square = bottom * bottom * (bottom * bottom + 4.0 * bottom * m + 6.0 * second) + 4.0 * bottom * third + fourth;
    const double lifted = lifted_of(bottom, y2, mean[5], mean[6]) + fabs(level) * length;
    const shy_operand_columns *c = &seen->column;
    c->y[index] = swell > SWELL_MOST ? NAN : (float)seen->sums[index].y;
    c->fourth[index] = (float)(1.00001 * (spread + more) / swell);
    c->weighted[index] = (float)(1.00001 * weighted / swell);
    c->mu[index] = (float)seen->sums[index].mu;
    c->length[index] = (float)(1.00001 * length * factor);
    c->square[index] = (float)(1.00001 * fmax(sqrt(fmax(square, 0.0)), length * length) * factor * factor);
    c->lifted[index] = (float)(1.00001 * lifted * factor * inverse);
    c->factor[index] = (float)factor;
    c->shift[index] = (float)shift;
    c->swell[index] = (float)(1.00001 * swell);
    seen->mu_most = fmax(seen->mu_most, fabs(seen->sums[index].mu));
    seen->offset_most = fmax(seen->offset_most, (double)seen->total * 0x1p-53 * kappa);
}

static void pad_columns(shy_panel *seen, int index)
{
    const shy_operand_columns *c = &seen->column;
    seen->sums[index] = (shy_operand_sums){.scale = 1.0, .length = 1.0};
    seen->state[index] = SHY_OPERAND_CLEAR;
    c->y[index] = 0.0F;
    c->weighted[index] = c->lifted[index] = 1.0F;
    if (seen->layout.segments == 1) return;
    c->mu[index] = c->shift[index] = 0.0F;
    c->fourth[index] = c->length[index] = c->square[index] = c->factor[index] = c->swell[index] = 1.0F;
}

void shy_panel_look(shy_panel *seen)
{
    const shy_panel *base = seen->base;
    seen->count = base->count, seen->padded = base->padded, seen->block = base->block;
    seen->mu_most = base->mu_most, seen->offset_most = base->offset_most;
    if (base->layout.segments > 1) seen->mu_most = seen->offset_most = 0.0;
    for (int i = 0; i < base->count; i++) {
        if (base->layout.segments > 1) look_at_segments(seen, i);
        else look_at_response(seen, i);
    }
    for (int i = base->count; i < base->padded; i++) pad_columns(seen, i);
}

bool shy_panel_unclear(const shy_panel *seen, int index)
{
    return seen->state[index] == SHY_OPERAND_UNCLEAR;
}

void shy_panel_exclude(shy_panel *seen, int index)
{
    seen->state[index] = SHY_OPERAND_EXCLUDED;
}

/* ---- sizes ------------------------------------------------------------------------------------------------------------------------- */

/* Measured with five segments: products of few left operands are slower, and planes of many fall out of the second cache before they are flagged. */
enum { BLOCK = 256, RIGHT = 512, BLOCK_LEAST = 64, RIGHT_LEAST = 256, RIGHT_STEP = 128, PLANES = 5, NUMBERS_MOST = 5 << 18 };

void shy_tile_advise(const shy_tile_metric *metric, int *block_out, int *right_out)
{
    const shy_tile_layout layout = shy_metric_layout(metric);
    const int planes = PLANES * layout.segments + layout.responses + metric->directions;
    int block = BLOCK, right = RIGHT;
    while (block > BLOCK_LEAST && (int64_t)block * right * planes > NUMBERS_MOST) {
        if (block <= 2 * BLOCK_LEAST && right > RIGHT_LEAST) right -= RIGHT_STEP;
        else block /= 2;
    }
    *block_out = block;
    *right_out = right;
}
