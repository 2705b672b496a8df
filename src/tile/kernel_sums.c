/* Kernel: sums over samples of one operand. */
#include "shy_config.h"

#include "tile/kernels.h"

static double row_sum(int rows, const double *u)
{
    double sum = 0.0;
#pragma omp simd reduction(+ : sum)
    for (int i = 0; i < rows; i++) sum += u[i];
    return sum;
}

static double row_square(int rows, const double *u, double mean)
{
    double sum = 0.0;
#pragma omp simd reduction(+ : sum)
    for (int i = 0; i < rows; i++) sum += (u[i] - mean) * (u[i] - mean);
    return sum;
}

const shy_tile_kernels SHY_KERNEL(shy_tile_kernels) = {row_sum, row_square};
