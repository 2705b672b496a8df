/* Panels: operands as standardised fp32 columns, ready for the matrix products. */
#include "shy_config.h"

#include "shihyo/tile.h"

static int stride_of(int rows)
{
    return (rows + 15) / 16 * 16;
}

uint64_t shy_panel_bytes(int capacity, int rows, bool left)
{
    return (uint64_t)capacity * (uint64_t)stride_of(rows) * sizeof(float) * (left ? 3U : 2U) + (uint64_t)capacity * sizeof(shy_operand_sums);
}

shy_status shy_panel_create(int capacity, int rows, bool left, shy_panel **panel_out)
{
    shy_status st = SHY_OK;
    shy_panel *panel = NULL;
    const size_t stride = (size_t)stride_of(rows);
    SHY_TRY(shy_new(1, sizeof *panel, &panel));
    panel->capacity = capacity;
    panel->rows = rows;
    panel->stride = (int)stride;
    SHY_TRY(shy_new(2 * (size_t)capacity * stride, sizeof *panel->pair, &panel->pair));
    if (left) SHY_TRY(shy_new((size_t)capacity * stride, sizeof *panel->response, &panel->response));
    SHY_TRY(shy_new((size_t)capacity, sizeof *panel->sums, &panel->sums));
    *panel_out = panel, panel = NULL;
out:
    shy_panel_destroy(&panel);
    return st;
}

void shy_panel_destroy(shy_panel **panel)
{
    if (!*panel) return;
    shy_free(&(*panel)->pair);
    shy_free(&(*panel)->response);
    shy_free(&(*panel)->sums);
    shy_free(panel);
}

SHY_VECTOR_CLONES
void shy_panel_pack(shy_panel *panel, int index, const double *u, const double *y, const shy_operand_sums *sums, double out[3])
{
    const int rows = panel->rows;
    float *restrict d1 = panel->pair + 2 * (size_t)index * (size_t)panel->stride;
    float *restrict d2 = d1 + panel->stride;
    const double mean = sums->mean, inverse = 1.0 / sums->scale;
    double first = 0.0, fourth = 0.0, weighted = 0.0;
#pragma omp simd reduction(+ : first, fourth, weighted)
    for (int k = 0; k < rows; k++) {
        const double d = (u[k] - mean) * inverse, square = d * d, yd = y[k] * d;
        d1[k] = (float)d;
        d2[k] = (float)square;
        first += yd;
        fourth += square * square;
        weighted += yd * yd;
    }
    if (panel->response) {
        float *restrict r = panel->response + (size_t)index * (size_t)panel->stride;
        for (int k = 0; k < rows; k++) r[k] = (float)(y[k] * ((u[k] - mean) * inverse));
    }
    panel->sums[index] = *sums;
    out[0] = first, out[1] = fourth, out[2] = weighted;
}
