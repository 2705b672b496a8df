/* Matrix products by the BLAS of the site, or by oneDNN where that is faster. */
#include "shy_config.h"

#include <cblas.h>

#include "tile/matmul.h"

enum { CHUNK = 256, CHUNK_BF16 = 1024, NARROW_LEFT = 64, NARROW_RIGHT = 64 };

int shy_matmul_chunk(shy_precision precision)
{
    return precision == SHY_BF16 ? CHUNK_BF16 : CHUNK;
}

bool shy_matmul_narrow(int m, int n)
{
    return m >= NARROW_LEFT && n >= NARROW_RIGHT;
}

bool shy_bf16_native(void)
{
    static int native = -1;
    if (native < 0) native = shy_dnnl_native_bf16();
    return native;
}

static void blas(int m, int n, int rows, const float *a, const float *b, int stride, float *c, int ldc, bool accumulate)
{
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, m, n, rows, 1.0F, a, stride, b, stride, accumulate ? 1.0F : 0.0F, c, ldc);
}

/* Which of the two multiplies a tile of middling size faster here: once, a few milliseconds. */
static bool dnnl_is_faster(void)
{
    static int faster = -1;
    enum { M = 192, N = 256, ROWS = 200, STRIDE = 208, REPEATS = 6 };
    float *a = NULL, *c = NULL;
    if (faster >= 0) return faster;
    faster = 0;
    if (shy_new((M + N) * STRIDE, sizeof *a, &a) == SHY_OK && shy_new(M * N, sizeof *c, &c) == SHY_OK &&
        shy_dnnl_multiply(SHY_FP32, M, N, ROWS, a, a + M * STRIDE, STRIDE, c, N, false)) {
        double best[2] = {1e30, 1e30};
        for (int k = 0; k < 2 * REPEATS; k++) {
            const double start = shy_time_seconds();
            if (k % 2) (void)shy_dnnl_multiply(SHY_FP32, M, N, ROWS, a, a + M * STRIDE, STRIDE, c, N, false);
            else blas(M, N, ROWS, a, a + M * STRIDE, STRIDE, c, N, false);
            const double took = shy_time_seconds() - start;
            if (took < best[k % 2]) best[k % 2] = took;
        }
        faster = best[1] < best[0];
    }
    shy_free(&a);
    shy_free(&c);
    shy_error_clear(); /* without memory for the trial there is the BLAS */
    return faster;
}

static shy_status multiply_floats(shy_precision precision, int m, int n, int rows, const float *a, const float *b, int stride, float *c, int ldc,
                                  bool accumulate)
{
    if (precision == SHY_BF16 && shy_bf16_native()) {
        if (shy_dnnl_multiply(precision, m, n, rows, a, b, stride, c, ldc, accumulate)) return SHY_OK;
        return shy_fail(SHY_INTERNAL, "oneDNN refuses a bf16 matrix product of %d x %d x %d: set search.precision to fp32.", m, n, rows);
    }
    if (shy_matmul_narrow(m, n) && dnnl_is_faster() && shy_dnnl_multiply(SHY_FP32, m, n, rows, a, b, stride, c, ldc, accumulate)) return SHY_OK;
    blas(m, n, rows, a, b, stride, c, ldc, accumulate);
    return SHY_OK;
}

shy_status shy_matmul(shy_precision precision, int m, int n, int rows, const void *a, const void *b, int stride, void *c, int ldc)
{
    shy_status st = SHY_OK;
    const bool narrow = precision == SHY_BF16 && shy_bf16_native();
    const size_t size = precision == SHY_FP64 ? sizeof(double) : narrow ? sizeof(uint16_t) : sizeof(float);
    const int most = shy_matmul_chunk(precision);
    for (int k = 0; k < rows; k += most) {
        const int chunk = rows - k < most ? rows - k : most;
        const void *ak = (const char *)a + (size_t)k * size, *bk = (const char *)b + (size_t)k * size;
        if (precision == SHY_FP64) {
            cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, m, n, chunk, 1.0, ak, stride, bk, stride, k > 0 ? 1.0 : 0.0, c, ldc);
        } else {
            SHY_TRY(multiply_floats(precision, m, n, chunk, ak, bk, stride, c, ldc, k > 0));
        }
    }
out:
    return st;
}
