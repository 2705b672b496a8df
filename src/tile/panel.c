/* Panels: operands as standardised columns. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "tile/kernels.h"
#include "tile/matmul.h"
#include "tile/stack.h"

static int round_up(int count, int to)
{
    return (count + to - 1) / to * to;
}

static int stride_of(int rows)
{
    return round_up(rows > 0 ? rows : 1, 32);
}

/* A stack of `operands` columns in the widest form that it may take. */
static size_t stack_size(int operands, int stride, const shy_tile_metric *metric, bool left, bool wide)
{
    const size_t parts = left ? 3U + (size_t)metric->directions + (size_t)shy_metric_layout(metric).responses : 2U;
    return (size_t)operands * (size_t)stride * parts * (wide ? sizeof(double) : sizeof(float));
}

/* As shy_panel_finish pads: on the left blocks of one size, of which none is larger than `block`; on the right whole tests. */
static int padded_most(int capacity, int block, bool left)
{
    if (left) return capacity <= block ? block : capacity + block;
    return round_up(capacity, capacity >= SHY_PADDING ? SHY_PADDING : SHY_FLAG_BLOCK);
}

static size_t segment_numbers(const shy_tile_layout *layout)
{
    return layout->segments > 1 ? (size_t)layout->segments * SHY_SEGMENT_SUMS : 0U;
}

static uint64_t layout_bytes(int capacity, int stride, const shy_tile_metric *metric)
{
    const shy_tile_layout layout = shy_metric_layout(metric);
    const uint64_t numbers = segment_numbers(&layout) + (uint64_t)layout.responses * SHY_RESPONSE_SUMS;
    return (uint64_t)capacity * numbers * sizeof(double) + (uint64_t)layout.responses * (uint64_t)stride * sizeof(float);
}

/* What there is beside that with weights and directions. */
static uint64_t metric_bytes(int capacity, int padded, int stride, const shy_tile_metric *metric)
{
    const uint64_t row = (uint64_t)stride, k = (uint64_t)metric->directions, operands = (uint64_t)padded;
    const uint64_t weights = metric->root ? row * sizeof(float) : 0U;
    if (k == 0) return weights + layout_bytes(capacity, stride, metric);
    return weights + layout_bytes(capacity, stride, metric) + row * (k * sizeof(float) + 2U * sizeof(double)) + (uint64_t)capacity * k * sizeof(double) + operands * (3U + k) * sizeof(float);
}

uint64_t shy_panel_bytes(int capacity, int block, int rows, const shy_tile_metric *metric, bool left, bool wide)
{
    const int stride = stride_of(rows), padded = padded_most(capacity, block, left);
    const uint64_t columns = (uint64_t)capacity * (uint64_t)stride * (sizeof(float) + (wide ? sizeof(double) : 0U));
    const uint64_t rows_once = (uint64_t)stride * sizeof(float); /* the response; while a stack is made, a column */
    return sizeof(shy_panel) + columns + 2U * rows_once + stack_size(padded, stride, metric, left, wide) +
           (uint64_t)padded * (7U * sizeof(float) + sizeof(shy_operand_sums)) + metric_bytes(capacity, padded, stride, metric);
}

static shy_status allocate_columns(shy_panel *panel, size_t padded)
{
    shy_status st = SHY_OK;
    float **column[] = {&panel->column.y,  &panel->column.fourth, &panel->column.weighted, &panel->column.mu, &panel->column.length,
                        &panel->column.square, &panel->column.lifted};
    for (size_t k = 0; k < sizeof column / sizeof *column; k++) SHY_TRY(shy_new(padded, sizeof(float), column[k]));
out:
    return st;
}

static void narrow(int rows, const double *from, float *to)
{
    for (int k = 0; k < rows; k++) to[k] = (float)from[k];
}

/* Σ_k q_k²; 0 where a row takes no part. */
static void add_squares(shy_panel *panel, const double *direction)
{
    const double *root = panel->metric.root;
    for (int k = 0; k < panel->rows; k++) {
        const double q = !root ? direction[k] : root[k] > 0.0 ? direction[k] / root[k] : 0.0;
        panel->squares[k] += q * q;
    }
}

static shy_status allocate_metric(shy_panel *panel, size_t padded)
{
    shy_status st = SHY_OK;
    const shy_tile_metric *metric = &panel->metric;
    const size_t stride = (size_t)panel->stride, directions = (size_t)metric->directions;
    SHY_TRY(shy_new(stride * (1U + (size_t)panel->layout.responses), sizeof *panel->response, &panel->response));
    narrow(panel->rows, metric->response, panel->response);
    for (int r = 0; r < panel->layout.responses; r++) narrow(panel->rows, panel->layout.response[r], panel->response + (size_t)(r + 1) * stride);
    if (metric->root) {
        SHY_TRY(shy_new(stride, sizeof *panel->root, &panel->root));
        narrow(panel->rows, metric->root, panel->root);
    }
    if (directions == 0) return SHY_OK;
    SHY_TRY(shy_new(directions * stride, sizeof *panel->direction, &panel->direction));
    SHY_TRY(shy_new(stride, sizeof *panel->squares, &panel->squares));
    SHY_TRY(shy_new(stride, sizeof *panel->scratch, &panel->scratch));
    SHY_TRY(shy_new((size_t)panel->capacity * directions, sizeof *panel->along, &panel->along));
    SHY_TRY(shy_new(padded, sizeof(float), &panel->column.inverse));
    SHY_TRY(shy_new(padded, sizeof(float), &panel->column.lean));
    SHY_TRY(shy_new(padded, sizeof(float), &panel->column.leverage));
    SHY_TRY(shy_new(directions * padded, sizeof(float), &panel->column.along));
    panel->along_stride = padded;
    for (size_t k = 0; k < directions; k++) {
        narrow(panel->rows, metric->direction[k], panel->direction + k * stride);
        add_squares(panel, metric->direction[k]);
    }
out:
    return st;
}

static shy_status allocate_layout(shy_panel *panel)
{
    shy_status st = SHY_OK;
    const size_t capacity = (size_t)panel->capacity, responses = (size_t)panel->layout.responses, segments = segment_numbers(&panel->layout);
    if (segments > 0) SHY_TRY(shy_new(capacity * segments, sizeof *panel->segment_sums, &panel->segment_sums));
    if (responses > 0) SHY_TRY(shy_new(capacity * responses * SHY_RESPONSE_SUMS, sizeof *panel->response_sums, &panel->response_sums));
out:
    return st;
}

shy_status shy_panel_create(int capacity, int block, int rows, uint64_t total, const shy_tile_metric *metric, bool left, bool wide,
                            shy_panel **panel_out)
{
    shy_status st = SHY_OK;
    shy_panel *panel = NULL;
    const size_t padded = (size_t)padded_most(capacity, block, left);
    SHY_TRY(shy_new(1, sizeof *panel, &panel));
    *panel = (shy_panel){.capacity = capacity, .rows = rows, .stride = stride_of(rows), .block_most = block, .block = 1, .total = total, .left = left,
                         .metric = *metric, .layout = shy_metric_layout(metric)};
    SHY_TRY(shy_new((size_t)capacity * (size_t)panel->stride, sizeof *panel->d, &panel->d));
    if (wide) SHY_TRY(shy_new((size_t)capacity * (size_t)panel->stride, sizeof *panel->exact, &panel->exact));
    panel->stack_bytes = stack_size((int)padded, panel->stride, metric, left, wide);
    SHY_TRY(shy_new(panel->stack_bytes, 1, &panel->stack));
    SHY_TRY(allocate_metric(panel, padded));
    SHY_TRY(allocate_layout(panel));
    SHY_TRY(shy_new(padded, sizeof *panel->sums, &panel->sums));
    SHY_TRY(allocate_columns(panel, padded));
    *panel_out = panel, panel = NULL;
out:
    shy_panel_destroy(&panel);
    return st;
}

void shy_panel_destroy(shy_panel **panel)
{
    shy_panel *p = *panel;
    if (!p) return;
    if (p->base) shy_panel_disown(p);
    shy_operand_columns *c = &p->column;
    void *owned[] = {p->d,       p->exact, p->response, p->root,   p->direction, p->squares, p->scratch, p->along, p->stack,     p->sums,
                     c->y,       c->fourth, c->weighted, c->mu,    c->length,    c->square,  c->lifted,  c->inverse, c->lean, c->leverage,
                     c->along,   c->factor, c->shift,  c->swell,   p->segment_sums, p->response_sums, p->state};
    for (size_t k = 0; k < sizeof owned / sizeof *owned; k++) shy_free(&owned[k]);
    shy_free(panel);
}

/* ---- operands ---------------------------------------------------------------------------------------------------- */

/* d·√w, in fp64. */
SHY_VECTOR_CLONES
static void scale_column(int rows, const double *restrict u, const double *restrict root, double mean, double inverse, double *restrict out)
{
    if (root) {
#pragma omp simd
        for (int k = 0; k < rows; k++) out[k] = (root[k] > 0.0 ? u[k] - mean : 0.0) * inverse * root[k];
    } else {
#pragma omp simd
        for (int k = 0; k < rows; k++) out[k] = (u[k] - mean) * inverse;
    }
}

static void scaled_column(const shy_panel *panel, const double *u, const shy_operand_sums *sums, double *out)
{
    scale_column(panel->rows, u, panel->metric.root, sums->mean, 1.0 / sums->scale, out);
}

/* Σ u²·v */
SHY_VECTOR_CLONES
static double sum_squares(int rows, const double *restrict u, const double *restrict v)
{
    double sum = 0.0;
#pragma omp simd reduction(+ : sum)
    for (int k = 0; k < rows; k++) sum += u[k] * u[k] * v[k];
    return sum;
}

static void pack_along(shy_panel *panel, const double *u, const shy_operand_sums *sums, double *partial)
{
    const int rows = panel->rows;
    scaled_column(panel, u, sums, panel->scratch);
    partial[0] = sum_squares(rows, panel->scratch, panel->squares);
    for (int k = 0; k < panel->metric.directions; k++) partial[1 + k] = shy_exact_dot(rows, panel->scratch, panel->metric.direction[k]);
}

/* Each segment by itself; the sums over all are theirs. */
static void pack_segments(const shy_panel *panel, const double *u, const shy_operand_sums *sums, double factor, float *d, double *partial)
{
    static const int place[SHY_OPERAND_PARTIALS] = {4, 2, 3, 5, 6, 0}; /* Σ y·d, Σ d³, Σ d⁴, Σ y²·d, Σ (y·d)², Σ d */
    const int *cut = panel->layout.cut;
    double *of = partial + SHY_OPERAND_PARTIALS;
    memset(partial, 0, SHY_OPERAND_PARTIALS * sizeof *partial);
    for (int s = 0; s < panel->layout.segments; s++, of += SHY_SEGMENT_SUMS) {
        shy_tile_kernels_get()->pack_segment(cut[s + 1] - cut[s], u + cut[s], panel->metric.response + cut[s], sums->mean, sums->scale, factor, d + cut[s], of);
        for (int k = 0; k < SHY_OPERAND_PARTIALS; k++) partial[k] += of[place[k]];
    }
}

void shy_panel_pack(shy_panel *panel, int index, const double *u, const shy_operand_sums *sums, double *partial_out)
{
    const size_t at = (size_t)index * (size_t)panel->stride;
    const double factor = 1.0 / (sums->scale * sqrt((double)panel->total)), *root = panel->metric.root, *y = panel->metric.response;
    const shy_tile_kernels *kernels = shy_tile_kernels_get();
    if (panel->layout.segments > 1) pack_segments(panel, u, sums, factor, panel->d + at, partial_out);
    else if (root) kernels->pack_weighted(panel->rows, u, y, root, sums->mean, sums->scale, factor, panel->d + at, partial_out);
    else kernels->pack(panel->rows, u, y, sums->mean, sums->scale, factor, panel->d + at, partial_out);
    for (int k = 0; panel->exact && k < panel->rows; k++) panel->exact[at + (size_t)k] = root && !(root[k] > 0.0) ? 0.0 : (u[k] - sums->mean) * factor;
    panel->sums[index] = *sums;
    if (panel->metric.directions > 0) pack_along(panel, u, sums, partial_out + SHY_OPERAND_PARTIALS);
    double *further = partial_out + shy_operand_partials(panel->metric.directions) + segment_numbers(&panel->layout);
    for (int r = 0; r < panel->layout.responses; r++, further += SHY_RESPONSE_SUMS)
        kernels->respond(panel->rows, u, panel->layout.response[r], root, sums->mean, sums->scale, further);
}

static void complete_along(shy_panel *panel, int index, const double *partial)
{
    const double n = (double)panel->total;
    shy_operand_sums *s = &panel->sums[index];
    double *along = panel->along + (size_t)index * (size_t)panel->metric.directions, rest = 1.0 - s->offset * s->offset;
    s->leverage = sqrt(partial[0] / n);
    for (int k = 0; k < panel->metric.directions; k++) {
        along[k] = partial[1 + k] / n;
        rest -= along[k] * along[k];
    }
    s->length = sqrt(fmax(rest, 0.0));
}

void shy_panel_complete(shy_panel *panel, int index, const double *partial)
{
    const double n = (double)panel->total;
    shy_operand_sums *s = &panel->sums[index];
    s->y = partial[0] / n;
    s->third = partial[1] / n;
    s->fourth = sqrt(partial[2] / n);
    s->squared = partial[3] / n;
    s->weighted = sqrt(partial[4] / n);
    s->offset = partial[5] / n;
    s->length = 1.0;
    if (panel->metric.directions > 0) complete_along(panel, index, partial + SHY_OPERAND_PARTIALS);
    const double *further = partial + shy_operand_partials(panel->metric.directions);
    const size_t segments = segment_numbers(&panel->layout), responses = (size_t)panel->layout.responses * SHY_RESPONSE_SUMS;
    if (segments > 0) memcpy(panel->segment_sums + (size_t)index * segments, further, segments * sizeof *further);
    if (responses > 0) memcpy(panel->response_sums + (size_t)index * responses, further + segments, responses * sizeof *further);
}

#define LEANING 0.1 /* of a shorter rest the difference of squares would lose digits */

bool shy_panel_leans(const shy_panel *panel, int index)
{
    return panel->metric.directions > 0 && panel->sums[index].length < LEANING;
}

void shy_panel_residual(shy_panel *panel, int index, const double *u, double *partial_out)
{
    const int rows = panel->rows;
    const shy_operand_sums *s = &panel->sums[index];
    const double *along = panel->along + (size_t)index * (size_t)panel->metric.directions;
    scaled_column(panel, u, s, panel->scratch);
    if (panel->metric.root) shy_exact_subtract(rows, panel->scratch, s->offset, panel->metric.root);
    else shy_exact_shift(rows, panel->scratch, s->offset, 1.0);
    for (int k = 0; k < panel->metric.directions; k++) shy_exact_subtract(rows, panel->scratch, along[k], panel->metric.direction[k]);
    partial_out[0] = shy_exact_dot(rows, panel->scratch, panel->scratch);
    partial_out[1] = shy_exact_dot(rows, panel->scratch, panel->metric.response);
    for (int r = 0; r < panel->layout.responses; r++) partial_out[2 + r] = shy_exact_dot(rows, panel->scratch, panel->layout.response[r]);
}

void shy_panel_complete_residual(shy_panel *panel, int index, const double *partial)
{
    panel->sums[index].length = sqrt(partial[0] / (double)panel->total);
    panel->sums[index].y = partial[1] / (double)panel->total;
    double *further = panel->response_sums + (size_t)index * (size_t)panel->layout.responses * SHY_RESPONSE_SUMS;
    for (int r = 0; r < panel->layout.responses; r++) further[(size_t)r * SHY_RESPONSE_SUMS] = partial[2 + r];
}

/* Blocks of nearly equal size, so that the last one is not mostly padding. */
static void cut_blocks(shy_panel *panel)
{
    const int blocks = (panel->count + panel->block_most - 1) / panel->block_most;
    const int each = blocks > 0 ? (panel->count + blocks - 1) / blocks : 1;
    panel->block = each >= SHY_FLAG_BLOCK ? round_up(each, SHY_FLAG_BLOCK) : each;
    if (panel->block > panel->block_most && panel->block_most >= each) panel->block = panel->block_most;
}

static void set_columns(shy_panel *panel, int index)
{
    const shy_operand_sums *s = &panel->sums[index];
    const shy_operand_columns *c = &panel->column;
    const double mu = s->mu, fourth = s->fourth * s->fourth;
    /* √(Σũ⁴) and √(Σ(yũ)²) of ũ = μ + d; what rounding could make of a cancelled sum does not sink below what is known to be there. */
    const double length = 1.0 + mu * (mu + 2.0 * s->offset);
    const double square = mu * mu * (mu * (mu + 4.0 * s->offset) + 6.0) + 4.0 * mu * s->third + fourth;
    const double lifted = mu * mu + 2.0 * mu * s->squared + s->weighted * s->weighted;
    c->y[index] = (float)s->y;
    c->fourth[index] = (float)s->fourth;
    c->weighted[index] = (float)s->weighted;
    c->mu[index] = (float)mu;
    c->length[index] = (float)sqrt(length);
    c->square[index] = (float)sqrt(fmax(square, length * length));
    c->lifted[index] = (float)(sqrt(fmax(lifted, 0.0)) + 1e-6 * (fabs(mu) + s->weighted));
    panel->mu_most = fmax(panel->mu_most, fabs(mu));
    panel->offset_most = fmax(panel->offset_most, fabs(s->offset));
}

static float *along_at(const shy_panel *panel, int index, int k)
{
    const size_t i = (size_t)index, d = (size_t)k;
    return &panel->column.along[panel->left ? i * (size_t)panel->metric.directions + d : d * panel->along_stride + i];
}

/* What is no number is never dropped. */
static void set_metric_columns(shy_panel *panel, int index)
{
    const shy_operand_sums *s = &panel->sums[index];
    const shy_operand_columns *c = &panel->column;
    const bool nothing = !(s->length > SHY_OPERAND_NOTHING);
    c->inverse[index] = nothing ? 0.0F : (float)(1.0 / s->length);
    c->lean[index] = (float)(sqrt(fmax(1.0 - s->length * s->length, 0.0)) + 1e-7);
    c->leverage[index] = (float)s->leverage;
    c->y[index] = nothing ? NAN : (float)(s->y / s->length);
    for (int k = 0; k < panel->metric.directions; k++)
        *along_at(panel, index, k) = (float)panel->along[(size_t)index * (size_t)panel->metric.directions + (size_t)k];
}

static void pad_metric_columns(shy_panel *panel, int index)
{
    panel->column.inverse[index] = panel->column.lean[index] = panel->column.leverage[index] = 1.0F;
    for (int k = 0; k < panel->metric.directions; k++) *along_at(panel, index, k) = 0.0F;
}

void shy_panel_finish(shy_panel *panel, int count)
{
    const bool directions = panel->metric.directions > 0;
    panel->count = count;
    panel->stacked = false;
    panel->mu_most = panel->offset_most = 0.0;
    if (panel->left) cut_blocks(panel);
    for (int i = 0; i < count; i++) set_columns(panel, i);
    for (int i = 0; directions && i < count; i++) set_metric_columns(panel, i);
    panel->padded = panel->left ? shy_panel_blocks(panel) * panel->block : round_up(count, count >= SHY_FLAG_BLOCK * 2 ? 2 * SHY_FLAG_BLOCK : SHY_FLAG_BLOCK);
    for (int i = count; i < panel->padded; i++) {
        panel->sums[i] = (shy_operand_sums){.scale = 1.0, .length = 1.0};
        if (directions) pad_metric_columns(panel, i);
        panel->column.y[i] = panel->column.mu[i] = 0.0F;
        panel->column.fourth[i] = panel->column.weighted[i] = panel->column.length[i] = panel->column.square[i] = panel->column.lifted[i] = 1.0F;
    }
}

int shy_panel_blocks(const shy_panel *left)
{
    return (left->count + left->block - 1) / left->block;
}

int shy_panel_block_count(const shy_panel *left, int index)
{
    const int rest = left->count - index * left->block;
    return rest < left->block ? rest : left->block;
}
