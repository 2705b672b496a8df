/* Kernel: the operators on rows in fp64, bit for bit their definitions. Logarithm and exponential are calls of libm. */
#include "shy_config.h"

#include <math.h>

#include "expr/definitions.h"
#include "expr/kernels.h"

#define LOG(u) log(u)
#define EXP(u) exp(u)
#define SQRT(u) sqrt(u)
#define ABS(u) fabs(u)

/* The loops of unary operators do not touch the second operand: it may be NULL. */
#define ROWS(op, name, arity, expression)                                                                              \
    static void name##_rows(int rows, const double *us, const double *vs, double *restrict out)                        \
    {                                                                                                                  \
        const double *seconds = arity == 2 ? vs : us;                                                                  \
        _Pragma("omp simd") for (int i = 0; i < rows; i++)                                                             \
        {                                                                                                              \
            const double u = us[i], v = seconds[i];                                                                    \
            (void)v;                                                                                                   \
            out[i] = (expression);                                                                                     \
        }                                                                                                              \
    }
SHY_DEFINITIONS(ROWS)

#define ROW(op, name, arity, expression) [SHY_OP_##op] = name##_rows,
const shy_row_kernels SHY_KERNEL(shy_row_kernels) = {{SHY_DEFINITIONS(ROW)}};
