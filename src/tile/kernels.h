/* Kernels of the module tile: one text, compiled once per instruction set. */
#ifndef SHY_TILE_KERNELS_H
#define SHY_TILE_KERNELS_H

#include "shihyo/tile.h"

typedef struct {
    double (*row_sum)(int rows, const double *u);
    double (*row_square)(int rows, const double *u, double mean);
} shy_tile_kernels;

extern const shy_tile_kernels shy_tile_kernels_portable, shy_tile_kernels_avx2, shy_tile_kernels_avx512;

/* Those of shy_isa_get(), chosen at the first call. */
const shy_tile_kernels *shy_tile_kernels_get(void);

#endif
