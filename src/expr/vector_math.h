/*
 * Logarithm and exponential without branches and tables, for loops that compilers vectorise. All are within 4 units in
 * the last place of the exact value (tests/unit/test_expr_vector.c); libm's, and the vector versions of glibc's
 * libmvec, are slower.
 */
#ifndef SHY_EXPR_VECTOR_MATH_H
#define SHY_EXPR_VECTOR_MATH_H

#include <stdint.h>
#include <string.h>

/*
 * u = 2^k·m with m in [√½, √2); log m = 2·artanh(s) = 2s + s·R(s²), s = (m − 1)/(m + 1), |s| < 0.172. R has the
 * coefficients of FreeBSD's e_log.c (error below 2^-58). Positive and finite u, subnormal numbers included; anything
 * else gives some number, and its domain check has left it out.
 */
static inline double vector_log(double u)
{
    static const double ln2_high = 0x1.62e42fee00000p-1, ln2_low = 0x1.a39ef35793c76p-33;
    const double normal = u < 0x1p-1022 ? u * 0x1p54 : u, lift = u < 0x1p-1022 ? 54.0 : 0.0;
    uint64_t bits, exponent_bits, mantissa_bits;
    double k, m;
    memcpy(&bits, &normal, sizeof bits);
    bits += UINT64_C(0x3ff0000000000000) - UINT64_C(0x3fe6a09e667f3bcd); /* √½ */
    exponent_bits = (bits >> 52) | UINT64_C(0x4330000000000000);         /* 2^52 + biased exponent */
    mantissa_bits = (bits & UINT64_C(0x000fffffffffffff)) + UINT64_C(0x3fe6a09e667f3bcd);
    memcpy(&k, &exponent_bits, sizeof k);
    memcpy(&m, &mantissa_bits, sizeof m);
    k -= 0x1p52 + 1023.0 + lift;
    const double s = (m - 1.0) / (m + 1.0), q = s * s, q2 = q * q;
    const double low = (6.666666666666735130e-01 + q * 3.999999999940941908e-01) +
                       q2 * (2.857142874366239149e-01 + q * 2.222219843214978396e-01);
    const double high = (1.818357216161805012e-01 + q * 1.531383769920937332e-01) + q2 * 1.479819860511658591e-01;
    return k * ln2_high + (2.0 * s + (s * q * (low + q2 * q2 * high) + k * ln2_low));
}

/* The same in fp32, for normal numbers; three terms of R, fitted: error below 1e-9. */
static inline float vector_logf(float u)
{
    static const float ln2_per_bit = 0x1.62e43p-1f * 0x1p-23f;
    int32_t bits, exponent;
    float m;
    memcpy(&bits, &u, sizeof bits);
    exponent = (bits - 0x3f3504f3) & (int32_t)0xff800000U; /* k·2^23; √½ */
    bits -= exponent;
    memcpy(&m, &bits, sizeof m);
    const float s = (m - 1.0f) / (m + 1.0f), q = s * s;
    const float two_and_r = ((0x1.2ee8c8p-2f * q + 0x1.997c22p-2f) * q + 0x1.55555cp-1f) * q + 2.0f;
    return (float)exponent * ln2_per_bit + two_and_r * s;
}

/* 2^k for whole k within the range of exponents: adding 1.5·2^52 leaves k in the last bits. */
static inline double vector_power(double k)
{
    const double biased = k + (0x1.8p52 + 1023.0);
    uint64_t bits;
    double power;
    memcpy(&bits, &biased, sizeof bits);
    bits <<= 52;
    memcpy(&power, &bits, sizeof power);
    return power;
}

static inline float vector_powerf(float k)
{
    const float biased = k + (0x1.8p23f + 127.0f);
    uint32_t bits;
    float power;
    memcpy(&bits, &biased, sizeof bits);
    bits <<= 23;
    memcpy(&power, &bits, sizeof power);
    return power;
}

/*
 * u = k·log 2 + r, |r| <= ½·log 2; e^r = 1 + r + r²·P(r), times 2^k in two steps so that results below the smallest
 * normal number come out, too. For u up to 700 (fp32: 87). Adding and subtracting `shift` rounds to a whole number.
 */
static inline double vector_exp(double u)
{
    static const double shift = 0x1.8p52, ln2_high = 0x1.62e42fee00000p-1, ln2_low = 0x1.a39ef35793c76p-33;
    const double x = u > -746.0 ? u : -746.0; /* e^x is 0 below */
    const double k = (x * 0x1.71547652b82fep0 + shift) - shift, r = (x - k * ln2_high) - k * ln2_low, q = r * r,
                 q2 = q * q;
    const double low = (0x1.0p-1 + r * 0x1.5555555555554p-3) + q * (0x1.5555555553b1fp-5 + r * 0x1.11111111125ebp-7);
    const double middle =
        (0x1.6c16c1790828cp-10 + r * 0x1.a01a018b92784p-13) + q * (0x1.a019b7ff66dbbp-16 + r * 0x1.71de7bd4cf672p-19);
    const double high = 0x1.2892345a5e1d0p-22 + r * 0x1.ae44504835bcap-26;
    const double half = (k * 0.5 + shift) - shift;
    return (1.0 + (r + q * (low + q2 * (middle + q2 * high)))) * vector_power(half) * vector_power(k - half);
}

static inline float vector_expf(float u)
{
    static const float shift = 0x1.8p23f, ln2_high = 0x1.62e4p-1f, ln2_low = 0x1.7f7d1cp-20f;
    const float x = u > -104.0f ? u : -104.0f;
    const float k = (x * 0x1.715476p0f + shift) - shift, r = (x - k * ln2_high) - k * ln2_low, q = r * r;
    const float p =
        (0x1.0p-1f + r * 0x1.5554dcp-3f) + q * ((0x1.555518p-5f + r * 0x1.120be2p-7f) + q * 0x1.6d117cp-10f);
    const float half = (k * 0.5f + shift) - shift;
    return (1.0f + (r + q * p)) * vector_powerf(half) * vector_powerf(k - half);
}

#endif
