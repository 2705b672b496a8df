/* Kernel: operands become standardised columns, and these the columns that the matrix products take. */
#include "shy_config.h"

#include <string.h>

#include "tile/kernels.h"

void SHY_KERNEL(shy_kernel_pack)(int rows, const double *restrict u, const double *restrict y, double mean, double scale, double factor,
                                 float *restrict d, double *partial)
{
    const double inverse = 1.0 / scale;
    double first = 0.0, third = 0.0, fourth = 0.0, squared = 0.0, weighted = 0.0, offset = 0.0;
#pragma omp simd reduction(+ : first, third, fourth, squared, weighted, offset)
    for (int k = 0; k < rows; k++) {
        const double centred = u[k] - mean, z = centred * inverse, square = z * z, yz = y[k] * z;
        d[k] = (float)(centred * factor);
        first += yz;
        third += square * z;
        fourth += square * square;
        squared += yz * y[k];
        weighted += yz * yz;
        offset += z;
    }
    partial[0] = first, partial[1] = third, partial[2] = fourth, partial[3] = squared, partial[4] = weighted, partial[5] = offset;
}

/* Sums are of √w·d =: z, with y/√w; rows of root 0 hold anything. */
void SHY_KERNEL(shy_kernel_pack_weighted)(int rows, const double *restrict u, const double *restrict y, const double *restrict root, double mean,
                                          double scale, double factor, float *restrict d, double *partial)
{
    const double inverse = 1.0 / scale;
    double first = 0.0, third = 0.0, fourth = 0.0, squared = 0.0, weighted = 0.0, offset = 0.0;
#pragma omp simd reduction(+ : first, third, fourth, squared, weighted, offset)
    for (int k = 0; k < rows; k++) {
        const double centred = root[k] > 0.0 ? u[k] - mean : 0.0, plain = centred * inverse, z = plain * root[k], square = z * plain, yz = y[k] * plain;
        d[k] = (float)(centred * factor);
        first += y[k] * z;
        third += square * z;
        fourth += square * square;
        squared += yz * y[k];
        weighted += yz * yz;
        offset += z * root[k];
    }
    partial[0] = first, partial[1] = third, partial[2] = fourth, partial[3] = squared, partial[4] = weighted, partial[5] = offset;
}

/* Σ z, Σ z², Σ z³, Σ z⁴, Σ y z, Σ y² z, Σ (y z)² */
void SHY_KERNEL(shy_kernel_pack_segment)(int rows, const double *restrict u, const double *restrict y, double mean, double scale, double factor,
                                         float *restrict d, double *partial)
{
    const double inverse = 1.0 / scale;
    double sum = 0.0, second = 0.0, third = 0.0, fourth = 0.0, first = 0.0, squared = 0.0, weighted = 0.0;
#pragma omp simd reduction(+ : sum, second, third, fourth, first, squared, weighted)
    for (int k = 0; k < rows; k++) {
        const double centred = u[k] - mean, z = centred * inverse, square = z * z, yz = y[k] * z;
        d[k] = (float)(centred * factor);
        sum += z;
        second += square;
        third += square * z;
        fourth += square * square;
        first += yz;
        squared += yz * y[k];
        weighted += yz * yz;
    }
    partial[0] = sum, partial[1] = second, partial[2] = third, partial[3] = fourth, partial[4] = first, partial[5] = squared, partial[6] = weighted;
}

static void respond_weighted(int rows, const double *restrict u, const double *restrict y, const double *restrict root, double mean, double inverse,
                             double *partial)
{
    double first = 0.0, squared = 0.0, weighted = 0.0;
#pragma omp simd reduction(+ : first, squared, weighted)
    for (int k = 0; k < rows; k++) {
        const double plain = (root[k] > 0.0 ? u[k] - mean : 0.0) * inverse, yz = y[k] * plain;
        first += yz * root[k];
        squared += yz * y[k];
        weighted += yz * yz;
    }
    partial[0] = first, partial[1] = squared, partial[2] = weighted;
}

void SHY_KERNEL(shy_kernel_respond)(int rows, const double *restrict u, const double *restrict y, const double *restrict root, double mean,
                                    double scale, double *partial)
{
    const double inverse = 1.0 / scale;
    double first = 0.0, squared = 0.0, weighted = 0.0;
    if (root) {
        respond_weighted(rows, u, y, root, mean, inverse, partial);
        return;
    }
#pragma omp simd reduction(+ : first, squared, weighted)
    for (int k = 0; k < rows; k++) {
        const double yz = y[k] * ((u[k] - mean) * inverse);
        first += yz;
        squared += yz * y[k];
        weighted += yz * yz;
    }
    partial[0] = first, partial[1] = squared, partial[2] = weighted;
}

void SHY_KERNEL(shy_kernel_column)(shy_column_kind kind, int rows, const float *restrict d, const float *restrict y, float mu, float root,
                                   float *restrict out)
{
    const float shift = kind >= SHY_COLUMN_U ? mu / root : 0.0F;
    switch (kind) {
    case SHY_COLUMN_D:
    case SHY_COLUMN_U:
#pragma omp simd
        for (int k = 0; k < rows; k++) out[k] = d[k] + shift;
        break;
    case SHY_COLUMN_D2:
    case SHY_COLUMN_U2:
#pragma omp simd
        for (int k = 0; k < rows; k++) out[k] = (d[k] + shift) * (d[k] + shift) * root;
        break;
    case SHY_COLUMN_YD2:
    case SHY_COLUMN_YU2:
#pragma omp simd
        for (int k = 0; k < rows; k++) out[k] = y[k] * (d[k] + shift) * ((d[k] + shift) * root);
        break;
    default:
#pragma omp simd
        for (int k = 0; k < rows; k++) out[k] = y[k] * (d[k] + shift);
    }
}

/* To the nearest of the numbers with 8 significant bits, ties to even; no NaN comes here. */
static inline uint32_t nearest(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return (bits + 0x7fffU + ((bits >> 16) & 1U)) & 0xffff0000U;
}

static inline float as_float(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Rows whose squares are added in fp32 before the sum goes on in fp64: a long sum in fp32 would lose what is to be measured. */
enum { SHARE_ROWS = 1024 };

static double share(double residual, double norm)
{
    return norm > 0.0 ? residual / norm : 0.0;
}

double SHY_KERNEL(shy_kernel_narrow)(int rows, const float *restrict in, uint16_t *restrict out)
{
    double residual = 0.0, norm = 0.0;
    for (int first = 0; first < rows; first += SHARE_ROWS) {
        const int last = rows - first < SHARE_ROWS ? rows : first + SHARE_ROWS;
        float losses = 0.0F, squares = 0.0F;
#pragma omp simd reduction(+ : losses, squares)
        for (int k = first; k < last; k++) {
            const uint32_t bits = nearest(in[k]);
            const float lost = in[k] - as_float(bits);
            out[k] = (uint16_t)(bits >> 16);
            losses += lost * lost;
            squares += in[k] * in[k];
        }
        residual += (double)losses;
        norm += (double)squares;
    }
    return share(residual, norm);
}

double SHY_KERNEL(shy_kernel_narrow_in_place)(int rows, float *values)
{
    double residual = 0.0, norm = 0.0;
    for (int first = 0; first < rows; first += SHARE_ROWS) {
        const int last = rows - first < SHARE_ROWS ? rows : first + SHARE_ROWS;
        float losses = 0.0F, squares = 0.0F;
#pragma omp simd reduction(+ : losses, squares)
        for (int k = first; k < last; k++) {
            const float rounded = as_float(nearest(values[k])), lost = values[k] - rounded;
            losses += lost * lost;
            squares += values[k] * values[k];
            values[k] = rounded;
        }
        residual += (double)losses;
        norm += (double)squares;
    }
    return share(residual, norm);
}
