/* Panels: operands as standardised columns, and the stacks of them that the matrix products take. */
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
static size_t stack_size(int operands, int stride, bool left, bool wide)
{
    return (size_t)operands * (size_t)stride * (left ? 3U : 2U) * (wide ? sizeof(double) : sizeof(float));
}

/* Padding: less than a block on the left, less than two tests on the right. */
static int padded_most(int capacity, int block)
{
    return capacity + block + SHY_PADDING;
}

uint64_t shy_panel_bytes(int capacity, int block, int rows, bool left, bool wide)
{
    const int stride = stride_of(rows), padded = padded_most(capacity, block);
    const uint64_t columns = (uint64_t)capacity * (uint64_t)stride * (sizeof(float) + (wide ? sizeof(double) : 0U));
    const uint64_t rows_once = (uint64_t)stride * sizeof(float); /* the response; while a stack is made, a column */
    return columns + 2U * rows_once + stack_size(padded, stride, left, wide) + (uint64_t)padded * (7U * sizeof(float) + sizeof(shy_operand_sums));
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

shy_status shy_panel_create(int capacity, int block, int rows, uint64_t total, const double *y, bool left, bool wide, shy_panel **panel_out)
{
    shy_status st = SHY_OK;
    shy_panel *panel = NULL;
    const size_t padded = (size_t)padded_most(capacity, block);
    SHY_TRY(shy_new(1, sizeof *panel, &panel));
    *panel = (shy_panel){.capacity = capacity, .rows = rows, .stride = stride_of(rows), .block_most = block, .block = 1, .total = total, .left = left, .y = y};
    SHY_TRY(shy_new((size_t)capacity * (size_t)panel->stride, sizeof *panel->d, &panel->d));
    if (wide) SHY_TRY(shy_new((size_t)capacity * (size_t)panel->stride, sizeof *panel->exact, &panel->exact));
    panel->stack_bytes = stack_size((int)padded, panel->stride, left, wide);
    SHY_TRY(shy_new(panel->stack_bytes, 1, &panel->stack));
    SHY_TRY(shy_new((size_t)panel->stride, sizeof *panel->response, &panel->response));
    for (int k = 0; k < rows; k++) panel->response[k] = (float)y[k];
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
    shy_free(&p->d);
    shy_free(&p->exact);
    shy_free(&p->response);
    shy_free(&p->stack);
    shy_free(&p->sums);
    shy_free(&p->column.y);
    shy_free(&p->column.fourth);
    shy_free(&p->column.weighted);
    shy_free(&p->column.mu);
    shy_free(&p->column.length);
    shy_free(&p->column.square);
    shy_free(&p->column.lifted);
    shy_free(panel);
}

/* ---- operands ---------------------------------------------------------------------------------------------------- */

void shy_panel_pack(shy_panel *panel, int index, const double *u, const shy_operand_sums *sums, double *partial_out)
{
    const size_t at = (size_t)index * (size_t)panel->stride;
    const double factor = 1.0 / (sums->scale * sqrt((double)panel->total));
    shy_tile_kernels_get()->pack(panel->rows, u, panel->y, sums->mean, sums->scale, factor, panel->d + at, partial_out);
    for (int k = 0; panel->exact && k < panel->rows; k++) panel->exact[at + (size_t)k] = (u[k] - sums->mean) * factor;
    panel->sums[index] = *sums;
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

void shy_panel_finish(shy_panel *panel, int count)
{
    panel->count = count;
    panel->stacked = false;
    panel->mu_most = panel->offset_most = 0.0;
    if (panel->left) cut_blocks(panel);
    for (int i = 0; i < count; i++) set_columns(panel, i);
    panel->padded = panel->left ? shy_panel_blocks(panel) * panel->block : round_up(count, count >= SHY_FLAG_BLOCK * 2 ? 2 * SHY_FLAG_BLOCK : SHY_FLAG_BLOCK);
    for (int i = count; i < panel->padded; i++) {
        panel->sums[i] = (shy_operand_sums){.scale = 1.0};
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

/* ---- stacks -------------------------------------------------------------------------------------------------------- */

int shy_stack_parts(bool left, shy_moments moments)
{
    return moments == SHY_MOMENTS_LINEAR ? 1 : left ? 3 : 2;
}

size_t shy_stack_element(shy_precision precision)
{
    return precision == SHY_FP64 ? sizeof(double) : precision == SHY_BF16 && shy_bf16_native() ? sizeof(uint16_t) : sizeof(float);
}

static shy_column_kind kind_of(bool left, shy_moments moments, int part)
{
    static const shy_column_kind kind[2][2][3] = {{{SHY_COLUMN_D, SHY_COLUMN_D2}, {SHY_COLUMN_YD, SHY_COLUMN_D, SHY_COLUMN_D2}},
                                                  {{SHY_COLUMN_U, SHY_COLUMN_U2}, {SHY_COLUMN_YU, SHY_COLUMN_U, SHY_COLUMN_U2}}};
    return moments == SHY_MOMENTS_LINEAR ? SHY_COLUMN_D : kind[moments == SHY_MOMENTS_RAW][left][part];
}

static void column_wide(const shy_panel *panel, shy_column_kind kind, int operand, double *out)
{
    const double root = sqrt((double)panel->total), shift = kind >= SHY_COLUMN_U ? panel->sums[operand].mu / root : 0.0;
    const double *d = panel->exact + (size_t)operand * (size_t)panel->stride;
    for (int k = 0; k < panel->rows; k++) {
        const double u = d[k] + shift;
        const bool square = kind == SHY_COLUMN_D2 || kind == SHY_COLUMN_U2, response = kind == SHY_COLUMN_YD || kind == SHY_COLUMN_YU;
        out[k] = square ? u * u * root : response ? panel->y[k] * u : u;
    }
}

/* One column of the stack; its rounding, relative to its length. `scratch`: rows floats behind the last column. */
static double stack_column(const shy_panel *panel, shy_column_kind kind, int operand, void *out, float *scratch)
{
    const shy_tile_kernels *kernels = shy_tile_kernels_get();
    const float *d = panel->d + (size_t)operand * (size_t)panel->stride;
    const float root = (float)sqrt((double)panel->total), mu = (float)panel->sums[operand].mu;
    if (panel->precision == SHY_FP64) {
        column_wide(panel, kind, operand, out);
        return 0.0;
    }
    if (panel->precision == SHY_FP32 || !shy_bf16_native()) {
        kernels->column(kind, panel->rows, d, panel->response, mu, root, out);
        return panel->precision == SHY_FP32 ? 0.0 : sqrt(kernels->narrow_in_place(panel->rows, out));
    }
    kernels->column(kind, panel->rows, d, panel->response, mu, root, scratch);
    return sqrt(kernels->narrow(panel->rows, scratch, out));
}

/* `lost`: by narrowing to bf16. */
static double rounding_of(const shy_panel *panel, double lost)
{
    const double units = panel->moments == SHY_MOMENTS_RAW ? SHY_ROUNDING_UNITS_RAW : SHY_ROUNDING_UNITS;
    return panel->precision == SHY_FP64 ? units * 0x1p-53 : 1.0001 * lost + units * 0x1p-24;
}

shy_status shy_panel_stack(shy_panel *panel, shy_precision precision, shy_moments moments)
{
    shy_status st = SHY_OK;
    float *scratch = NULL;
    if (panel->stacked && panel->precision == precision && panel->moments == moments) return SHY_OK;
    SHY_TRY(shy_new((size_t)panel->stride, sizeof *scratch, &scratch));
    panel->precision = precision;
    panel->moments = moments;
    const int parts = shy_stack_parts(panel->left, moments), block = panel->left ? panel->block : panel->padded;
    const size_t column = (size_t)panel->stride * shy_stack_element(precision);
    double rounding = 0.0;
    for (int i = 0; i < panel->padded; i++) {
        for (int part = 0; part < parts; part++) {
            const size_t place = (size_t)(i / block * parts + part) * (size_t)block + (size_t)(i % block);
            char *out = (char *)panel->stack + place * column;
            if (i < panel->count) rounding = fmax(rounding, stack_column(panel, kind_of(panel->left, moments, part), i, out, scratch));
            else memset(out, 0, column);
        }
    }
    panel->rounding = rounding_of(panel, rounding);
    panel->stacked = true;
out:
    shy_free(&scratch);
    return st;
}
