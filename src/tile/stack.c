/* Stacks: the columns that the matrix products take, made from the operands of a panel. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "tile/kernels.h"
#include "tile/matmul.h"
#include "tile/stack.h"

int shy_stack_parts(const shy_panel *panel, shy_moments moments)
{
    return moments == SHY_MOMENTS_LINEAR ? 1 : panel->left ? 3 + panel->metric.directions + panel->layout.responses : 2;
}

size_t shy_stack_element(shy_precision precision)
{
    return precision == SHY_FP64 ? sizeof(double) : precision == SHY_BF16 && shy_bf16_native() ? sizeof(uint16_t) : sizeof(float);
}

/* A part of a stack: the kind of its columns, and what they are multiplied by; NULL: nothing. In fp32, and in fp64. */
typedef struct {
    shy_column_kind kind;
    const float *by;
    const double *exactly_by;
    bool further; /* by a further response, which is summed over all rows at once */
} shy_part;

static shy_part part_of(const shy_panel *panel, shy_moments moments, int part)
{
    static const shy_column_kind kind[2][2][3] = {{{SHY_COLUMN_D, SHY_COLUMN_D2}, {SHY_COLUMN_YD, SHY_COLUMN_D, SHY_COLUMN_D2}},
                                                  {{SHY_COLUMN_U, SHY_COLUMN_U2}, {SHY_COLUMN_YU, SHY_COLUMN_U, SHY_COLUMN_U2}}};
    const shy_tile_metric *metric = &panel->metric;
    const size_t stride = (size_t)panel->stride;
    const int responses = moments == SHY_MOMENTS_LINEAR || !panel->left ? 0 : panel->layout.responses;
    const int others = moments == SHY_MOMENTS_LINEAR || !panel->left ? 0 : metric->directions + responses, direction = part - responses;
    if (part < responses) {
        return (shy_part){moments == SHY_MOMENTS_RAW ? SHY_COLUMN_YU : SHY_COLUMN_YD, panel->response + (size_t)(part + 1) * stride,
                          panel->layout.response[part], true};
    }
    if (part < others) return (shy_part){SHY_COLUMN_YD, panel->direction + (size_t)direction * stride, metric->direction[direction], false};
    const shy_column_kind plain = moments == SHY_MOMENTS_LINEAR ? SHY_COLUMN_D : kind[moments == SHY_MOMENTS_RAW][panel->left][part - others];
    switch (plain) {
    case SHY_COLUMN_YD:
    case SHY_COLUMN_YU: return (shy_part){plain, panel->response, metric->response, false};
    case SHY_COLUMN_D: return (shy_part){metric->root ? SHY_COLUMN_YD : plain, panel->root, metric->root, false};
    case SHY_COLUMN_U: return (shy_part){metric->root ? SHY_COLUMN_YU : plain, panel->root, metric->root, false};
    case SHY_COLUMN_D2: return (shy_part){metric->root ? SHY_COLUMN_YD2 : plain, panel->root, metric->root, false};
    default: return (shy_part){metric->root ? SHY_COLUMN_YU2 : plain, panel->root, metric->root, false};
    }
}

static void column_wide(const shy_panel *panel, const shy_part *part, int operand, double *out)
{
    const shy_column_kind kind = part->kind;
    const double root = sqrt((double)panel->total), shift = kind >= SHY_COLUMN_U ? panel->sums[operand].mu / root : 0.0;
    const double *d = panel->exact + (size_t)operand * (size_t)panel->stride;
    const bool square = kind == SHY_COLUMN_D2 || kind == SHY_COLUMN_U2 || kind == SHY_COLUMN_YD2 || kind == SHY_COLUMN_YU2;
    for (int k = 0; k < panel->rows; k++) {
        const double u = d[k] + shift, value = square ? u * u * root : u;
        out[k] = part->exactly_by ? part->exactly_by[k] * value : value;
    }
}

/* To bf16: what was lost, relative to the length; of each segment by itself, since any of them may be left out. `wide` may be `out`. */
static double narrow_column(const shy_panel *panel, bool in_segments, float *wide, void *out)
{
    const shy_tile_kernels *kernels = shy_tile_kernels_get();
    const int whole[2] = {0, panel->rows}, *cut = in_segments ? panel->layout.cut : whole;
    double most = 0.0;
    for (int s = 0; s < (in_segments ? panel->layout.segments : 1); s++) {
        const int rows = cut[s + 1] - cut[s];
        most = fmax(most, out == wide ? kernels->narrow_in_place(rows, wide + cut[s]) : kernels->narrow(rows, wide + cut[s], (uint16_t *)out + cut[s]));
    }
    return sqrt(most);
}

/* One column of the stack; its rounding, relative to its length. `scratch`: rows floats behind the last column. */
static double stack_column(const shy_panel *panel, const shy_part *part, int operand, void *out, float *scratch)
{
    const shy_tile_kernels *kernels = shy_tile_kernels_get();
    const float *d = panel->d + (size_t)operand * (size_t)panel->stride;
    const float root = (float)sqrt((double)panel->total), mu = (float)panel->sums[operand].mu;
    const bool in_segments = panel->layout.segments > 1 && !part->further;
    if (panel->precision == SHY_FP64) {
        column_wide(panel, part, operand, out);
        return 0.0;
    }
    if (panel->precision == SHY_FP32 || !shy_bf16_native()) {
        kernels->column(part->kind, panel->rows, d, part->by, mu, root, out);
        return panel->precision == SHY_FP32 ? 0.0 : narrow_column(panel, in_segments, out, out);
    }
    kernels->column(part->kind, panel->rows, d, part->by, mu, root, scratch);
    return narrow_column(panel, in_segments, scratch, out);
}

double shy_stack_units(const shy_panel *panel)
{
    return (panel->moments == SHY_MOMENTS_RAW ? SHY_ROUNDING_UNITS_RAW : SHY_ROUNDING_UNITS) + (panel->metric.root ? SHY_ROUNDING_UNITS_WEIGHT : 0);
}

/* `lost`: by narrowing to bf16. */
static double rounding_of(const shy_panel *panel, double lost)
{
    const double units = shy_stack_units(panel);
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
    const int parts = shy_stack_parts(panel, moments), block = panel->left ? panel->block : panel->padded;
    const size_t column = (size_t)panel->stride * shy_stack_element(precision);
    double rounding = 0.0;
    for (int i = 0; i < panel->padded; i++) {
        for (int p = 0; p < parts; p++) {
            const shy_part part = part_of(panel, moments, p);
            const size_t place = (size_t)(i / block * parts + p) * (size_t)block + (size_t)(i % block);
            char *out = (char *)panel->stack + place * column;
            if (i < panel->count) rounding = fmax(rounding, stack_column(panel, &part, i, out, scratch));
            else memset(out, 0, column);
        }
    }
    panel->rounding = rounding_of(panel, rounding);
    panel->stacked = true;
out:
    shy_free(&scratch);
    return st;
}
