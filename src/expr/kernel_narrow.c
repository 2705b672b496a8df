/* Kernel: operands computed in fp64, as screening does, and rounded to fp32 once. */
#include "shy_config.h"

#include <math.h>

#include "expr/definitions.h"
#include "expr/kernel_range.h"
#include "expr/kernels.h"
#include "expr/vector_math.h"

#define LOG(u) vector_log(u)
#define EXP(u) vector_exp(u)
#define SQRT(u) sqrt(u)
#define ABS(u) fabs(u)

#define SIMD _Pragma("omp simd")

/* Most columns hold no 0. Where one does, a second pass tells a true one from what is too small for fp32. */
#define NARROW(op, name, arity, expression)                                                                            \
    static inline double name##_of(double u, double v)                                                                 \
    {                                                                                                                  \
        (void)v;                                                                                                       \
        return (expression);                                                                                           \
    }                                                                                                                  \
    static bool name##_within(int rows, const double *us, const double *vs)                                            \
    {                                                                                                                  \
        uint64_t beyond = 0;                                                                                           \
        _Pragma("omp simd reduction(| : beyond)") for (int i = 0; i < rows; i++)                                       \
        {                                                                                                              \
            const double size = fabs(name##_of(us[i], vs[i]));                                                         \
            beyond |= (size > SHY_ROUGH_MOST) | ((size < SHY_ROUGH_LEAST) & (size > 0.0));                             \
        }                                                                                                              \
        return beyond == 0;                                                                                            \
    }                                                                                                                  \
    static bool name##_narrow(int rows, const double *us, const double *vs, float *restrict out)                       \
    {                                                                                                                  \
        const double *seconds = arity == 2 ? vs : us;                                                                  \
        SIMD for (int i = 0; i < rows; i++) out[i] = (float)name##_of(us[i], seconds[i]);                              \
        return shy_within_range(rows, out) || name##_within(rows, us, seconds);                                        \
    }
SHY_DEFINITIONS(NARROW)

#define NARROW_ROW(op, name, arity, expression) [SHY_OP_##op] = name##_narrow,
const shy_narrow_kernels SHY_KERNEL(shy_narrow_kernels) = {{SHY_DEFINITIONS(NARROW_ROW)}};
