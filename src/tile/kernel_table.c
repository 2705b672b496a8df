/* Kernel: the table of this instruction set. */
#include "shy_config.h"

#include "tile/kernels.h"

const shy_tile_kernels SHY_KERNEL(shy_tile_kernels) = {
    .row_sum = SHY_KERNEL(shy_kernel_row_sum),
    .row_square = SHY_KERNEL(shy_kernel_row_square),
    .pack = SHY_KERNEL(shy_kernel_pack),
    .column = SHY_KERNEL(shy_kernel_column),
    .narrow = SHY_KERNEL(shy_kernel_narrow),
    .narrow_in_place = SHY_KERNEL(shy_kernel_narrow_in_place),
    .flag_full = SHY_KERNEL(shy_kernel_flag_full),
    .flag_both = SHY_KERNEL(shy_kernel_flag_both),
    .flag_product = SHY_KERNEL(shy_kernel_flag_product),
    .flag_linear = SHY_KERNEL(shy_kernel_flag_linear),
    .refine = SHY_KERNEL(shy_kernel_refine),
    .bound = SHY_KERNEL(shy_kernel_bound),
    .exact_sum = SHY_KERNEL(shy_kernel_exact_sum),
    .exact_dot = SHY_KERNEL(shy_kernel_exact_dot),
    .exact_shift = SHY_KERNEL(shy_kernel_exact_shift),
    .exact_subtract = SHY_KERNEL(shy_kernel_exact_subtract),
    .extend = SHY_KERNEL(shy_kernel_extend),
};
