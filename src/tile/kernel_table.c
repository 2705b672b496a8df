/* Kernel: the table of this instruction set. */
#include "shy_config.h"

#include "tile/kernels.h"

const shy_tile_kernels SHY_KERNEL(shy_tile_kernels) = {
    .row_sum = SHY_KERNEL(shy_kernel_row_sum),
    .row_square = SHY_KERNEL(shy_kernel_row_square),
    .row_weighted_sum = SHY_KERNEL(shy_kernel_row_weighted_sum),
    .row_weighted_square = SHY_KERNEL(shy_kernel_row_weighted_square),
    .pack = SHY_KERNEL(shy_kernel_pack),
    .pack_weighted = SHY_KERNEL(shy_kernel_pack_weighted),
    .pack_segment = SHY_KERNEL(shy_kernel_pack_segment),
    .respond = SHY_KERNEL(shy_kernel_respond),
    .column = SHY_KERNEL(shy_kernel_column),
    .narrow = SHY_KERNEL(shy_kernel_narrow),
    .narrow_in_place = SHY_KERNEL(shy_kernel_narrow_in_place),
    .flag_full = SHY_KERNEL(shy_kernel_flag_full),
    .flag_both = SHY_KERNEL(shy_kernel_flag_both),
    .flag_product = SHY_KERNEL(shy_kernel_flag_product),
    .flag_linear = SHY_KERNEL(shy_kernel_flag_linear),
    .flag_metric_full = SHY_KERNEL(shy_kernel_flag_metric_full),
    .flag_metric_linear = SHY_KERNEL(shy_kernel_flag_metric_linear),
    .flag_sights = SHY_KERNEL(shy_kernel_flag_sights),
    .refine = SHY_KERNEL(shy_kernel_refine),
    .refine_weighted = SHY_KERNEL(shy_kernel_refine_weighted),
    .bound = SHY_KERNEL(shy_kernel_bound),
    .exact_sum = SHY_KERNEL(shy_kernel_exact_sum),
    .exact_dot = SHY_KERNEL(shy_kernel_exact_dot),
    .exact_shift = SHY_KERNEL(shy_kernel_exact_shift),
    .exact_subtract = SHY_KERNEL(shy_kernel_exact_subtract),
    .extend = SHY_KERNEL(shy_kernel_extend),
};
