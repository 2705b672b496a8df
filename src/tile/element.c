/* Sums over samples: of operands, and of element-wise formulas. */
#include "shy_config.h"

#include "shihyo/tile.h"

SHY_VECTOR_CLONES
void shy_element_sums(int rows, const double *z, const double *y, double reference, double sums[3])
{
    double first = 0.0, second = 0.0, response = 0.0;
#pragma omp simd reduction(+ : first, second, response)
    for (int i = 0; i < rows; i++) {
        const double d = z[i] - reference;
        first += d;
        second += d * d;
        response += d * y[i];
    }
    sums[0] += first;
    sums[1] += second;
    sums[2] += response;
}
