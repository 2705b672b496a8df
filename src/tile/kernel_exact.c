/*
 * Kernel, without fused multiply-add: sums whose bits are the same with every instruction set. Eight partial sums, of every eighth sample
 * each, are added in a fixed order at the end: compilers vectorise this without changing it.
 */
#include "shy_config.h"

#include "tile/kernels.h"

enum { LANES = 8 };

static inline double add_lanes(const double *lane)
{
    return ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

double SHY_KERNEL(shy_kernel_exact_sum)(int rows, const double *restrict u)
{
    double lane[LANES] = {0.0};
    int i = 0;
    for (; i + LANES <= rows; i += LANES) {
#pragma omp simd
        for (int k = 0; k < LANES; k++) lane[k] += u[i + k];
    }
    for (int k = 0; i < rows; i++, k++) lane[k] += u[i];
    return add_lanes(lane);
}

double SHY_KERNEL(shy_kernel_exact_dot)(int rows, const double *restrict u, const double *restrict v)
{
    double lane[LANES] = {0.0};
    int i = 0;
    for (; i + LANES <= rows; i += LANES) {
#pragma omp simd
        for (int k = 0; k < LANES; k++) lane[k] += u[i + k] * v[i + k];
    }
    for (int k = 0; i < rows; i++, k++) lane[k] += u[i] * v[i];
    return add_lanes(lane);
}

void SHY_KERNEL(shy_kernel_exact_shift)(int rows, double *u, double shift, double factor)
{
#pragma omp simd
    for (int i = 0; i < rows; i++) u[i] = (u[i] - shift) * factor;
}

void SHY_KERNEL(shy_kernel_exact_subtract)(int rows, double *restrict u, double factor, const double *restrict v)
{
#pragma omp simd
    for (int i = 0; i < rows; i++) u[i] -= factor * v[i];
}
