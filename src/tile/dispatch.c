/* Chooses the kernels of the processor at hand. */
#include "shy_config.h"

#include "tile/kernels.h"

static const shy_tile_kernels *chosen;

void shy_tile_kernels_use(shy_isa isa)
{
    static const shy_tile_kernels *const kernels[SHY_ISAS] = {
        [SHY_ISA_PORTABLE] = &shy_tile_kernels_portable,
#ifdef HAVE_X86_KERNELS
        [SHY_ISA_AVX2] = &shy_tile_kernels_avx2,
        [SHY_ISA_AVX512] = &shy_tile_kernels_avx512,
#endif
    };
    chosen = kernels[isa];
}

const shy_tile_kernels *shy_tile_kernels_get(void)
{
    if (!chosen) shy_tile_kernels_use(shy_isa_get());
    return chosen;
}

double shy_row_sum(int rows, const double *u)
{
    return shy_tile_kernels_get()->row_sum(rows, u);
}

double shy_exact_sum(int rows, const double *u)
{
    return shy_tile_kernels_get()->exact_sum(rows, u);
}

double shy_exact_dot(int rows, const double *u, const double *v)
{
    return shy_tile_kernels_get()->exact_dot(rows, u, v);
}

void shy_exact_shift(int rows, double *u, double shift, double factor)
{
    shy_tile_kernels_get()->exact_shift(rows, u, shift, factor);
}

void shy_exact_subtract(int rows, double *u, double factor, const double *v)
{
    shy_tile_kernels_get()->exact_subtract(rows, u, factor, v);
}

double shy_row_square(int rows, const double *u, double mean)
{
    return shy_tile_kernels_get()->row_square(rows, u, mean);
}

int shy_extend(const shy_extension *extension, int first, int last, double least, int32_t *index)
{
    return shy_tile_kernels_get()->extend(extension, first, last, least, index);
}

double shy_row_weighted_sum(int rows, const double *root, const double *u)
{
    return shy_tile_kernels_get()->row_weighted_sum(rows, root, u);
}

double shy_row_weighted_square(int rows, const double *root, const double *u, double mean)
{
    return shy_tile_kernels_get()->row_weighted_square(rows, root, u, mean);
}
