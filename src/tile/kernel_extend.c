/*
 * Kernel, without fused multiply-add: which columns, added to a sum of columns, explain enough. Every candidate goes through the same
 * operations, so its verdict has the same bits with every instruction set.
 */
#include "shy_config.h"

#include "tile/kernels.h"

int SHY_KERNEL(shy_kernel_extend)(const shy_extension *e, int first, int last, double least, int32_t *index)
{
    enum { BLOCK = 64 };
    const double *restrict before = e->before, *restrict next = e->next, *restrict rest = e->rest, *restrict length = e->length;
    const double along = e->along, explained = e->explained, inverse = e->inverse, nothing = e->nothing;
    double verdict[BLOCK];
    int found = 0;
    for (int start = first; start < last; start += BLOCK) {
        const int count = last - start < BLOCK ? last - start : BLOCK;
        double any = 0.0;
#pragma omp simd reduction(+ : any)
        for (int k = 0; k < count; k++) {
            const double h = next[start + k] - along * before[start + k];
            const double c = rest[start + k] - explained * h, d = length[start + k] - inverse * h * h;
            const double left = c * c - least * d, room = d - nothing;
            const double enough = left >= 0.0 ? 1.0 : 0.0;
            verdict[k] = room > 0.0 ? enough : 0.0;
            any += verdict[k];
        }
        if (!(any > 0.0)) continue;
        for (int k = 0; k < count; k++) {
            if (verdict[k] > 0.0) index[found++] = start + k;
        }
    }
    return found;
}
