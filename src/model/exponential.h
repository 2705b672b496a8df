/** exp of our own: the C library chooses its code, and with it the last bit, by processor. */
#ifndef SHIHYO_MODEL_EXPONENTIAL_H
#define SHIHYO_MODEL_EXPONENTIAL_H

#include <stdint.h>
#include <string.h>

/**
 * exp(x), relative error below 3e-16; x beyond ±700 counts as ±700. x = k ln 2 + r, |r| <= ln 2 / 2; exp(r) by its series, whose
 * first term left out is below 4e-18; 2^k by the exponent bits.
 */
static inline double shy_exp(double x)
{
    static const double shift = 0x1.8p52; /* adding it leaves the nearest whole number in the low bits */
    const double above = x < -700.0 ? -700.0 : x, clamped = above > 700.0 ? 700.0 : above;
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

#endif
