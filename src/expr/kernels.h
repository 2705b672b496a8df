/* Kernels of the module expr: one text, compiled once per instruction set. */
#ifndef SHY_EXPR_KERNELS_H
#define SHY_EXPR_KERNELS_H

#include "shihyo/expr.h"

/* Magnitudes of operands in fp32 are 0 or between these: no operator on two of them under- or overflows unseen. */
#define SHY_ROUGH_LEAST 0x1p-60
#define SHY_ROUGH_MOST 0x1p66
enum { SHY_ROUGH_LEAST_EXPONENT = -60, SHY_ROUGH_MOST_EXPONENT = 66 };

/* kernel_rows.c, compiled without fused multiply-add: bit for bit the definitions, whatever the instruction set. */
typedef struct {
    void (*rows[SHY_OPS])(int rows, const double *u, const double *v, double *out);
} shy_row_kernels;

/* kernel_narrow.c: operands in fp64, as for screening, rounded to fp32. */
typedef struct {
    bool (*rows[SHY_OPS])(int rows, const double *u, const double *v, float *out);
} shy_narrow_kernels;

/* kernel_rough.c: logarithm and exponential in fp64; operands and sums of formulas in fp32 (expr.h). */
typedef struct {
    void (*log_rows)(int rows, const double *u, double *out);
    void (*exp_rows)(int rows, const double *u, double *out);
    bool (*rows[SHY_OPS])(int rows, const float *u, const float *v, float *out);
    void (*references[SHY_OPS])(const shy_rough_batch *batch);
    void (*sums[SHY_OPS])(const shy_rough_batch *batch);
    void (*metric_sums[SHY_OPS])(const shy_rough_batch *batch);
    void (*judge)(const shy_rough_sums *sums, uint8_t *verdict);
    void (*judge_columns)(const shy_rough_sums *sums, const shy_rough_marks *marks, uint8_t *verdict);
} shy_rough_kernels;

extern const shy_row_kernels shy_row_kernels_portable, shy_row_kernels_avx2, shy_row_kernels_avx512;
extern const shy_narrow_kernels shy_narrow_kernels_portable, shy_narrow_kernels_avx2, shy_narrow_kernels_avx512;
extern const shy_rough_kernels shy_rough_kernels_portable, shy_rough_kernels_avx2, shy_rough_kernels_avx512;

/* Those of shy_isa_get(), chosen at the first call; NULL for an instruction set that this build does not have. */
const shy_row_kernels *shy_row_kernels_get(void);
const shy_narrow_kernels *shy_narrow_kernels_get(void);
const shy_rough_kernels *shy_rough_kernels_get(void);
const shy_row_kernels *shy_row_kernels_of(shy_isa isa);
const shy_narrow_kernels *shy_narrow_kernels_of(shy_isa isa);
const shy_rough_kernels *shy_rough_kernels_of(shy_isa isa);

#endif
