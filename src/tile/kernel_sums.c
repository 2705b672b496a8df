/* Kernel: sums over samples of one operand, and of one pair of operands. */
#include "shy_config.h"

#include "tile/kernels.h"

double SHY_KERNEL(shy_kernel_row_sum)(int rows, const double *u)
{
    double sum = 0.0;
#pragma omp simd reduction(+ : sum)
    for (int i = 0; i < rows; i++) sum += u[i];
    return sum;
}

double SHY_KERNEL(shy_kernel_row_square)(int rows, const double *u, double mean)
{
    double sum = 0.0;
#pragma omp simd reduction(+ : sum)
    for (int i = 0; i < rows; i++) sum += (u[i] - mean) * (u[i] - mean);
    return sum;
}

void SHY_KERNEL(shy_kernel_refine)(int rows, const float *restrict du, const float *restrict dv, const float *restrict y, double sum[5])
{
    double m11 = 0.0, m12 = 0.0, m21 = 0.0, m22 = 0.0, y11 = 0.0;
#pragma omp simd reduction(+ : m11, m12, m21, m22, y11)
    for (int i = 0; i < rows; i++) {
        const double u = du[i], v = dv[i], product = u * v;
        m11 += product;
        m12 += product * v;
        m21 += product * u;
        m22 += product * product;
        y11 += product * (double)y[i];
    }
    sum[0] = m11, sum[1] = m12, sum[2] = m21, sum[3] = m22, sum[4] = y11;
}
