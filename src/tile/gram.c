/*
 * Gram matrices whose bits do not depend on who multiplies. A column x of length 1 is cut into two columns of whole numbers, x·2^26 ≈ h + l·2^−low:
 * products of whole numbers add up exactly, in any order and with any instruction, as long as all partial sums stay below 2^53. By Cauchy and
 * Schwarz |Σ h_i h_j| <= ‖h_i‖·‖h_j‖ ≈ 2^52 over any of the samples. What is left out, Σ l_i l_j, is below n/12·2^−52 even at its worst.
 */
#include "shy_config.h"

#include <cblas.h>
#include <math.h>

#include "shihyo/tile.h"

enum { HIGH = 26, CHUNK = 256, STRIPE = 256 };
#define COARSE 0x1p26

/* ‖l‖ <= 2^(low − 1)·√n; two sums of h·l are added: ‖h‖·‖l‖ <= 2^51. */
static int low_bits(uint64_t total)
{
    return 26 - (int)ceil(log2((double)total) / 2.0);
}

uint64_t shy_gram_bytes(int count)
{
    return ((uint64_t)count * 2U * CHUNK + (uint64_t)count * (uint64_t)count * 2U) * sizeof(double);
}

static void cut(int count, int rows, const double *column, size_t stride, int low, double *h, double *l)
{
    const double fine = ldexp(1.0, low);
    for (int j = 0; j < count; j++) {
        const double *x = column + (size_t)j * stride;
        double *hj = h + (size_t)j * CHUNK, *lj = l + (size_t)j * CHUNK;
        for (int i = 0; i < rows; i++) {
            const double scaled = x[i] * COARSE;
            hj[i] = rint(scaled);
            lj[i] = rint((scaled - hj[i]) * fine);
        }
    }
}

static void multiply(int m, int n, int rows, const double *a, const double *b, double *c, int ldc)
{
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, m, n, rows, 1.0, a, CHUNK, b, CHUNK, 1.0, c, ldc);
}

/* The upper triangle, and what of the lower one stands in the stripes beside the diagonal. */
static void add_products(int count, int rows, const double *h, const double *l, double *high, double *mixed)
{
    for (int i = 0; i < count; i += STRIPE) {
        const int m = count - i < STRIPE ? count - i : STRIPE, n = count - i;
        const size_t from = (size_t)i * CHUNK, corner = (size_t)i * (size_t)count + (size_t)i;
        multiply(m, n, rows, h + from, h + from, high + corner, count);
        multiply(m, n, rows, h + from, l + from, mixed + corner, count);
        multiply(m, n, rows, l + from, h + from, mixed + corner, count);
    }
}

shy_status shy_gram_add(int count, int rows, uint64_t total, const double *column, size_t stride, double *sums)
{
    shy_status st = SHY_OK;
    const int low = low_bits(total);
    double *h = NULL, *l = NULL;
    SHY_TRY(shy_new((size_t)count * CHUNK, sizeof *h, &h));
    SHY_TRY(shy_new((size_t)count * CHUNK, sizeof *l, &l));
    for (int row = 0; row < rows; row += CHUNK) {
        const int chunk = rows - row < CHUNK ? rows - row : CHUNK;
        cut(count, chunk, column + row, stride, low, h, l);
        add_products(count, chunk, h, l, sums, sums + (size_t)count * (size_t)count);
    }
out:
    shy_free(&h);
    shy_free(&l);
    return st;
}

void shy_gram_finish(int count, uint64_t total, double *sums)
{
    const size_t size = (size_t)count;
    const double *mixed = sums + size * size;
    const int low = low_bits(total);
    for (size_t i = 0; i < size; i++) {
        for (size_t j = i; j < size; j++) {
            sums[i * size + j] = ldexp(sums[i * size + j], -2 * HIGH) + ldexp(mixed[i * size + j], -2 * HIGH - low);
        }
        for (size_t j = 0; j < i; j++) sums[i * size + j] = sums[j * size + i];
    }
}
