/* Chooses the kernels of the processor at hand. */
#include "shy_config.h"

#include "expr/kernels.h"

#ifdef HAVE_X86_KERNELS
#define KERNELS_OF(name)                                                                                               \
    {                                                                                                                  \
        [SHY_ISA_PORTABLE] = &name##_portable, [SHY_ISA_AVX2] = &name##_avx2, [SHY_ISA_AVX512] = &name##_avx512        \
    }
#else
#define KERNELS_OF(name)                                                                                               \
    {                                                                                                                  \
        [SHY_ISA_PORTABLE] = &name##_portable                                                                          \
    }
#endif

static const shy_row_kernels *const row_kernels[SHY_ISAS] = KERNELS_OF(shy_row_kernels);
static const shy_narrow_kernels *const narrow_kernels[SHY_ISAS] = KERNELS_OF(shy_narrow_kernels);
static const shy_rough_kernels *const rough_kernels[SHY_ISAS] = KERNELS_OF(shy_rough_kernels);

const shy_row_kernels *shy_row_kernels_of(shy_isa isa)
{
    return row_kernels[isa];
}

const shy_narrow_kernels *shy_narrow_kernels_of(shy_isa isa)
{
    return narrow_kernels[isa];
}

const shy_rough_kernels *shy_rough_kernels_of(shy_isa isa)
{
    return rough_kernels[isa];
}

const shy_row_kernels *shy_row_kernels_get(void)
{
    static const shy_row_kernels *chosen = NULL;
    if (!chosen) chosen = row_kernels[shy_isa_get()];
    return chosen;
}

const shy_narrow_kernels *shy_narrow_kernels_get(void)
{
    static const shy_narrow_kernels *chosen = NULL;
    if (!chosen) chosen = narrow_kernels[shy_isa_get()];
    return chosen;
}

const shy_rough_kernels *shy_rough_kernels_get(void)
{
    static const shy_rough_kernels *chosen = NULL;
    if (!chosen) chosen = rough_kernels[shy_isa_get()];
    return chosen;
}
