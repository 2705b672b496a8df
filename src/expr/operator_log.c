/* A logarithm that compilers can vectorise, for screening only. */
#include "shy_config.h"

#include <string.h>

#include "shihyo/expr.h"

/*
 * u = 2^k·m with m in [√½, √2); log m = 2·artanh(s), s = (m − 1)/(m + 1), |s| < 0.172, by its series. Normal positive numbers
 * only; anything else gives some number, and its domain check has left it out.
 */
static inline double quick_log(double u)
{
    static const double ln2_high = 0x1.62e42fee00000p-1, ln2_low = 0x1.a39ef35793c76p-33;
    uint64_t bits, exponent_bits, mantissa_bits;
    double k, m;
    memcpy(&bits, &u, sizeof bits);
    bits += UINT64_C(0x3ff0000000000000) - UINT64_C(0x3fe6a09e667f3bcd); /* √½ */
    exponent_bits = (bits >> 52) | UINT64_C(0x4330000000000000);         /* 2^52 + biased exponent */
    mantissa_bits = (bits & UINT64_C(0x000fffffffffffff)) + UINT64_C(0x3fe6a09e667f3bcd);
    memcpy(&k, &exponent_bits, sizeof k);
    memcpy(&m, &mantissa_bits, sizeof m);
    k -= 0x1p52 + 1023.0;
    const double s = (m - 1.0) / (m + 1.0), q = s * s;
    double series = 1.0 / 21.0;
    series = series * q + 1.0 / 19.0;
    series = series * q + 1.0 / 17.0;
    series = series * q + 1.0 / 15.0;
    series = series * q + 1.0 / 13.0;
    series = series * q + 1.0 / 11.0;
    series = series * q + 1.0 / 9.0;
    series = series * q + 1.0 / 7.0;
    series = series * q + 1.0 / 5.0;
    series = series * q + 1.0 / 3.0;
    series = series * q + 1.0;
    return k * ln2_high + (2.0 * s * series + k * ln2_low);
}

SHY_VECTOR_CLONES
static void log_rows(int rows, const double *restrict u, double *restrict out)
{
    for (int i = 0; i < rows; i++) out[i] = quick_log(u[i]);
}

void shy_operator_screen_rows(shy_op op, int rows, const double *u, const double *v, double *out)
{
    if (op == SHY_OP_LOG) log_rows(rows, u, out);
    else shy_operator_apply_rows(op, rows, u, v, out);
}
