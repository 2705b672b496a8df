/* The five sums of every pair of operands, by the BLAS's matrix products. */
#include "shy_config.h"

#include <cblas.h>
#include <math.h>

#include "shihyo/tile.h"

shy_status shy_tile_create(int capacity_left, int capacity_right, shy_tile **tile_out)
{
    shy_status st = SHY_OK;
    shy_tile *tile = NULL;
    const size_t pairs = (size_t)capacity_left * (size_t)capacity_right;
    SHY_TRY(shy_new(1, sizeof *tile, &tile));
    tile->capacity_left = capacity_left;
    tile->capacity_right = capacity_right;
    SHY_TRY(shy_new(5 * pairs, sizeof *tile->product, &tile->product));
    SHY_TRY(shy_new((size_t)SHY_TILE_FORMS * (size_t)capacity_right, sizeof *tile->bound, &tile->bound));
    *tile_out = tile, tile = NULL;
out:
    shy_tile_destroy(&tile);
    return st;
}

void shy_tile_destroy(shy_tile **tile)
{
    if (!*tile) return;
    shy_free(&(*tile)->product);
    shy_free(&(*tile)->bound);
    shy_free(tile);
}

/* Chunks of rows keep the bound on the rounding small whatever order the library adds in. */
void shy_tile_moments(const shy_panel *left, const shy_panel *right, shy_tile *tile)
{
    const int rows = left->rows, sl = left->stride, sr = right->stride;
    tile->left = left->count;
    tile->right = right->count;
    tile->cross = tile->product + (size_t)left->count * (size_t)right->count;
    if (rows == 0) {
        for (size_t k = 0; k < 5 * (size_t)left->count * (size_t)right->count; k++) tile->product[k] = 0.0F;
    }
    for (int k = 0; k < rows; k += SHY_TILE_CHUNK) {
        const int chunk = rows - k < SHY_TILE_CHUNK ? rows - k : SHY_TILE_CHUNK;
        const float beta = k == 0 ? 0.0F : 1.0F;
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, left->count, right->count, chunk, 1.0F, left->response + k, sl,
                    right->pair + k, 2 * sr, beta, tile->product, right->count);
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, 2 * left->count, 2 * right->count, chunk, 1.0F, left->pair + k, sl,
                    right->pair + k, sr, beta, tile->cross, 2 * right->count);
    }
}

double shy_tile_epsilon(uint64_t total, int row_blocks)
{
    const double unit = 0x1p-24;
    const double additions = SHY_TILE_CHUNK + ceil((double)total / SHY_TILE_CHUNK) + row_blocks;
    const double gamma = additions * unit / (1.0 - additions * unit);
    return 1.01 * (gamma + 4.0 * unit);
}
