/**
 * Elementary functions whose last bit does not depend on the processor, as it may with the C library's, and that compile to straight vector
 * code.
 */
#ifndef SHIHYO_MODEL_ELEMENTARY_H
#define SHIHYO_MODEL_ELEMENTARY_H

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

#endif
