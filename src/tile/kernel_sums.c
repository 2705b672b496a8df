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

/* Rows of root 0 hold anything. */
double SHY_KERNEL(shy_kernel_row_weighted_sum)(int rows, const double *root, const double *u)
{
    double sum = 0.0;
#pragma omp simd reduction(+ : sum)
    for (int i = 0; i < rows; i++) sum += (root[i] > 0.0 ? u[i] : 0.0) * root[i] * root[i];
    return sum;
}

double SHY_KERNEL(shy_kernel_row_weighted_square)(int rows, const double *root, const double *u, double mean)
{
    double sum = 0.0;
#pragma omp simd reduction(+ : sum)
    for (int i = 0; i < rows; i++) {
        const double z = (root[i] > 0.0 ? u[i] - mean : 0.0) * root[i];
        sum += z * z;
    }
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

/* z = √w·d_u·d_v with d_u and d_v 0 where a row takes no part; `root` and `y` in fp64, since the directions are summed with z. */
void SHY_KERNEL(shy_kernel_refine_weighted)(int rows, const float *restrict du, const float *restrict dv, const double *restrict y,
                                            const double *restrict root, double sum[5], double *restrict z)
{
    double m11 = 0.0, m12 = 0.0, m21 = 0.0, m22 = 0.0, y11 = 0.0;
#pragma omp simd reduction(+ : m11, m12, m21, m22, y11)
    for (int i = 0; i < rows; i++) {
        const double u = du[i], v = dv[i], w = root ? root[i] : 1.0, product = u * v * w, weighed = product * w;
        z[i] = product;
        m11 += weighed;
        m12 += weighed * v;
        m21 += weighed * u;
        m22 += product * product;
        y11 += product * y[i];
    }
    sum[0] = m11, sum[1] = m12, sum[2] = m21, sum[3] = m22, sum[4] = y11;
}
