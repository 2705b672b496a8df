/* Matrix products C (+)= A·Bᵀ by libraries. */
#ifndef SHY_TILE_MATMUL_H
#define SHY_TILE_MATMUL_H

#include "shihyo/tile.h"

/* Samples that one product adds up; the sums of the chunks are added one after the other. Smaller chunks round less (doc/screening.md). */
int shy_matmul_chunk(shy_precision precision);
/* Do products of this size go to bf16? Small ones would not be faster, and every shape costs a compilation. */
bool shy_matmul_narrow(int m, int n);

/*
 * c[i·ldc + l] := Σ_k a[i·stride + k]·b[l·stride + k], i < m, l < n, k < rows. fp64 and fp32: doubles and floats. bf16: two bytes each
 * if shy_bf16_native(), else floats; the sums are floats. SHY_INTERNAL if the library refuses.
 */
shy_status shy_matmul(shy_precision precision, int m, int n, int rows, const void *a, const void *b, int stride, void *c, int ldc);

/* matmul_dnnl.c; false where oneDNN is missing or will not do it: then the BLAS has to. `accumulate`: c += instead of :=. */
bool shy_dnnl_native_bf16(void);
bool shy_dnnl_multiply(shy_precision precision, int m, int n, int rows, const void *a, const void *b, int stride, void *c, int ldc, bool accumulate);

#endif
