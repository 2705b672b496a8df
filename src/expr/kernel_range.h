/* In kernels: are magnitudes in the range of operands in fp32 (SHY_ROUGH_LEAST, SHY_ROUGH_MOST)? */
#ifndef SHY_EXPR_KERNEL_RANGE_H
#define SHY_EXPR_KERNEL_RANGE_H

#include <string.h>

#include "expr/kernels.h"

/* Twice the bits of |u| are ordered as the magnitudes are. */
static inline uint32_t shy_size_bits(float u)
{
    uint32_t bits;
    memcpy(&bits, &u, sizeof bits);
    return bits << 1;
}

/* None is 0, either. A pass of its own is faster than a check within the loop that computes. */
static inline bool shy_within_range(int rows, const float *u)
{
    const uint32_t least = (uint32_t)(127 + SHY_ROUGH_LEAST_EXPONENT) << 24,
                   most = (uint32_t)(127 + SHY_ROUGH_MOST_EXPONENT) << 24;
    uint32_t beyond = 0;
    _Pragma("omp simd reduction(| : beyond)") for (int i = 0; i < rows; i++) beyond |=
        shy_size_bits(u[i]) - least > most - least;
    return beyond == 0;
}

static inline bool shy_within_range_or_0(int rows, const float *u)
{
    const uint32_t least = (uint32_t)(127 + SHY_ROUGH_LEAST_EXPONENT) << 24,
                   most = (uint32_t)(127 + SHY_ROUGH_MOST_EXPONENT) << 24;
    uint32_t beyond = 0;
    _Pragma("omp simd reduction(| : beyond)") for (int i = 0; i < rows; i++)
    {
        const uint32_t size = shy_size_bits(u[i]);
        beyond |= (size - least > most - least) & (size != 0);
    }
    return beyond == 0;
}

#endif
