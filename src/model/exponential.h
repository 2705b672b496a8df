/** exp and log of any number, whose last bit does not depend on the processor, as it may with the C library's. */
#ifndef SHIHYO_MODEL_EXPONENTIAL_H
#define SHIHYO_MODEL_EXPONENTIAL_H

#include <math.h>

#include "elementary.h"

/** exp(x), relative error below 1e-15; x beyond ±700 counts as ±700. */
static inline double shy_exp(double x)
{
    return x <= 0.0 ? shy_exp_of_negative(x) : 1.0 / shy_exp_of_negative(-x);
}

/** log(x), x > 0 and finite: x = m 2^k, sqrt(1/2) <= m < sqrt(2); log m = 2 artanh((m − 1) / (m + 1)) by its series to 1e-18. */
static inline double shy_ln(double x)
{
    int exponent;
    double m = frexp(x, &exponent), sum = 1.0 / 25.0;

    if (!(x > 0.0) || isinf(x)) return log(x);
    if (m < 0x1.6a09e667f3bcdp-1) m *= 2.0, exponent--;
    const double s = (m - 1.0) / (m + 1.0), t = s * s;
    for (int k = 23; k >= 1; k -= 2)
        sum = sum * t + 1.0 / k;
    return exponent * 0x1.62e42fefa38p-1 + (exponent * 0x1.ef35793c7673p-45 + 2.0 * s * sum);
}

#endif
