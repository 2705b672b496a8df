/** exp and log whose last bit does not depend on the processor, as it may with the C library's; loops over them become vector code, but for shy_ln. */
#ifndef SHIHYO_MODEL_ELEMENTARY_H
#define SHIHYO_MODEL_ELEMENTARY_H

#include <math.h>
#include <stdint.h>
#include <string.h>

/*
 * exp(x) for x <= 0. x = k ln 2 + r, |r| <= ln 2 / 2; exp(r) by its series, whose first term left out is
 * below 4e-18; 2^k by the exponent bits. Relative error below 3e-16. What is below −700 counts as −700.
 */
static inline double shy_exp_of_negative(double x)
{
    static const double shift = 0x1.8p52; /* adding it leaves the nearest whole number in the low bits */
    const double clamped = x < -700.0 ? -700.0 : x;
    const double shifted = clamped * 0x1.71547652b82fep0 + shift;
    const double k = shifted - shift;
    const double r = (clamped - k * 0x1.62e42fefa38p-1) - k * 0x1.ef35793c7673p-45;
    uint64_t bits;
    double power, e = 1.0 / 6227020800.0;

    e = e * r + 1.0 / 479001600.0;
    e = e * r + 1.0 / 39916800.0;
    e = e * r + 1.0 / 3628800.0;
    e = e * r + 1.0 / 362880.0;
    e = e * r + 1.0 / 40320.0;
    e = e * r + 1.0 / 5040.0;
    e = e * r + 1.0 / 720.0;
    e = e * r + 1.0 / 120.0;
    e = e * r + 1.0 / 24.0;
    e = e * r + 1.0 / 6.0;
    e = e * r + 0.5;
    e = e * r + 1.0;
    e = e * r + 1.0;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (bits + 1023) << 52; /* the low bits hold k modulo 2^12; what is above them is shifted out */
    memcpy(&power, &bits, sizeof power);
    return e * power;
}

/* log(1 + e) for 0 <= e <= 1: 2 artanh(e / (2 + e)) by its series, whose first term left out is below 1e-18 of it. */
static inline double shy_log_of_one_plus(double e)
{
    const double s = e / (2.0 + e), t = s * s;
    double sum = 1.0 / 37.0;

    for (int k = 35; k >= 1; k -= 2)
        sum = sum * t + 1.0 / k;
    return 2.0 * s * sum;
}

/* exp(x), relative error below 1e-15; x beyond ±700 counts as ±700. */
static inline double shy_exp(double x)
{
    const double e = shy_exp_of_negative(-fabs(x));

    return x > 0.0 ? 1.0 / e : e;
}

/* log(x), x > 0 and finite: x = m 2^k, sqrt(1/2) <= m < sqrt(2); log m = 2 artanh((m − 1) / (m + 1)) by its series to 1e-18. */
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
