/*
 * Rough work: many formulas in fp32, with a bound that holds for the exact values.
 *
 * Let ε be SHY_ROUGH_EPSILON: 2^-24, the rounding of fp32, and 0.6 % for all terms of higher order (no operand has an
 * error of more than ERROR_LIMIT·ε). Operands are 0 or within 2^-60 … 2^66 (shy_rough_rows says so), so that no
 * operator below rounds otherwise than relatively, or it gives an infinity that the sums show.
 *
 * 1. Operators. û = u(1 + δ), |δ| <= c·ε for each operand; shy_rough_operand and shy_rough_root follow δ through the
 *    operator and add its own rounding. Rounded to fp32 once, an operand has c = 1. Products and quotients add the
 *    errors; a sum of numbers of like sign has no more than the larger; max and min likewise, as errors smaller than
 *    the value change no sign. u − v, log u and (u − v)/(u + v) may be near 0 while their operands are not: no c. As a
 *    root, where the error need not be relative, log u is off by c·ε. e^u is off by c·ε·|u|·e^u, where u <= 50, and
 *    |u|·e^u < 0.37 for negative u. Numerator and denominator of z = (u − v)/(u + v) are off by c·ε·(|u| + |v|) before
 *    they are rounded; relative to |u + v| that is c·ε for like signs, and c·ε·|z| for unlike ones, as then |u| + |v|
 *    = |u − v|. So z is off by c·ε + (c + 3)·ε·|z|, or, with Z >= 1 not less than any |z|, by c·ε + (c + 3 +
 *    2cZ)·ε·|z|. Z is |r| + √S of steps 2 and 3; where it is above 1000, no bound: below, the computed values cannot
 *    have missed a larger one, as |u| + |v| <= 1000·|u + v| but for c·ε.
 *
 * 2. A value. ẑ is off by (relative·|z| + absolute)·ε. With the reference r, an fp32 number, D = z − r and d = fl(ẑ −
 *    r): |d − D| <= ε(a·|D| + b), a = relative + 1, b = relative·|r| + absolute, because |z| <= |D| + |r| and the
 *    subtraction rounds relatively. (2^-100 in b stands for what may underflow.) At the padding z is the reference up
 *    to the error of z and of r: |d| <= 2εb.
 *
 * 3. Sums. Each of LANES lanes adds STRIDE/LANES terms, lanes are added in pairs, chunks in fp64: a sum is off by
 *    γ·Σ|terms| with γ = (STRIDE/LANES + 4)·ε, roundings of the products included. S = Σ D², q = √(n·S) >= Σ|D|
 *    (Cauchy–Schwarz), w = ε·b·m with m = n + 4·padding; Σy² = n, so that Σ|y|·|D| <= q and Σ|y| <= n; y itself is
 *    rounded once. Then the sums are off by
 *
 *        Σ D      (εa + γ)·q + w
 *        Σ D²     (εa(2 + εa) + γ)·S + (2q + w)·w/n
 *        Σ D·y    (ε(a + 1) + γ)·q + w
 *
 *    S is not known but its computed value is; where that is off by more than a quarter the verdict is "uncertain",
 *    else 1.5 times it is above S.
 *
 * 4. The statistic. Variance·n = Σ D² − (Σ D)²/n is at least the computed value less the error of Σ D² and (2|Σ D| +
 *    error)·error/n; the covariance·n is Σ D·y, as Σ y = 0. r² = (Σ D·y)²/(n·n·variance) is below the mark if the
 *    largest numerator is below mark times the least denominator. No bound: no variance is certain, or an infinity or
 *    not a number is among the sums. The judgement itself is in fp32, too: the variance may lose 16ε of Σ D² in its
 *    subtractions; the rest adds and multiplies positive numbers, for which a hundred-thousandth is added. Below
 *    10^-24 squares and marks come near the smallest numbers: no bound either.
 *
 * 5. In a metric. Σw = n, w and w·q_k are 0 at the padding. With S = Σ w D², q = √(n·S) is at least Σ w|D|, Σ w|q_k||D| and Σ|y||D|
 *    (Σ w q_k² = n, Σ y²/w = n), and n at least Σ w|q_k| and Σ|y|: all of step 3 holds with these, and Σ w q_k D is off by no more than
 *    Σ D·y, w·q_k being rounded once as y is. Rounding of w and of the products with it: 3ε more in γ. The variance·n is less by Σ_k (Σ w q_k D)²/n,
 *    which may be off by Σ_k (2|Σ w q_k D| + error)·error/n; 32ε of S in place of 16ε for the subtractions.
 *
 * 6. Some of the samples. Sums over the segments that take part are sums over their samples: steps 3 to 5 hold with these alone, n, S and padding being
 *    theirs; r need not be a value of one of them. Segments are added in fp64, never subtracted: what an outlier leaves of a sum is rounding.
 *    Where the response is y' = (y − level)/scale, with Σ y' = 0 and Σ y'² = n over them, and λ = |level|/scale, the length of y is √(n(1 + λ²))·scale. So Σ D·y is off by
 *    √(1 + λ²)·scale times what step 3 says, level·Σ D by no more than λ·scale times that, and Σ D·y' = (Σ D·y − level·Σ D)/scale by √(1 + λ²) + λ times it.
 *
 * Source: Higham, Accuracy and Stability of Numerical Algorithms, 2002, chapters 2 to 4.
 */
#include "shy_config.h"

#include <assert.h>

#include "expr/kernels.h"

#define NO_BOUND 1e30
#define ERROR_LIMIT 64.0 /* beyond, ε² would count, and the bound say nothing */
#define LOG_ROUNDING 6.0 /* of vector_logf and vector_expf, tested: 3 units in the last place */
#define LARGEST_EXPONENT 50.0
#define ROOT_LIMIT 4000.0
#define UP 1.000001f /* more than the rounding to fp32 takes away */

static double larger(double a, double b)
{
    return a > b ? a : b;
}

static double operand_error(shy_op op, bool alike, double u, double v)
{
    switch (op) {
    case SHY_OP_FACTOR:
    case SHY_OP_CONSTANT:
    case SHY_OP_ABS:
        return u;
    case SHY_OP_ADD:
        return alike ? larger(u, v) + 1.0 : NO_BOUND;
    case SHY_OP_MULTIPLY:
    case SHY_OP_DIVIDE:
        return u + v + 1.0;
    case SHY_OP_MAX:
    case SHY_OP_MIN:
        return larger(u, v);
    case SHY_OP_HYPOT:
        return larger(u, v) + 2.0; /* squares 2c + 1, sum 2c + 2, its root c + 1 + 1 */
    case SHY_OP_SQRT:
        return 0.5 * u + 1.0;
    case SHY_OP_SQUARE:
        return 2.0 * u + 1.0;
    case SHY_OP_INVERSE:
        return u + 1.0;
    default:
        return NO_BOUND;
    }
}

bool shy_rough_operand(shy_op op, bool alike, double u_error, double v_error, double *error_out)
{
    const double error = operand_error(op, alike, u_error, v_error);
    if (!(error < ERROR_LIMIT)) return false;
    *error_out = error;
    return true;
}

bool shy_rough_root(shy_op op, bool alike, double u_error, double v_error, shy_rough_error *error_out)
{
    const double c = larger(u_error, v_error);
    double relative = 0.0, absolute = 0.0, growth = 0.0;
    if (!(c < ERROR_LIMIT)) return false;
    switch (op) {
    case SHY_OP_LOG:
        relative = LOG_ROUNDING, absolute = u_error;
        break;
    case SHY_OP_EXP:
        relative = LARGEST_EXPONENT * u_error + LOG_ROUNDING, absolute = 0.4 * u_error;
        break;
    case SHY_OP_RELDIFF:
        relative = c + 3.0, absolute = c, growth = alike ? 0.0 : 2.0 * c;
        break;
    default:
        relative = operand_error(op, alike, u_error, v_error);
    }
    if (!(relative < ROOT_LIMIT)) return false;
    *error_out = (shy_rough_error){(float)relative * UP, (float)absolute * UP, (float)growth * UP};
    return true;
}

bool shy_rough_narrow(shy_op op, int rows, const double *u, const double *v, float *out)
{
    assert((unsigned)op < SHY_OPS);
    return shy_narrow_kernels_get()->rows[op](rows, u, v, out);
}

bool shy_rough_rows(shy_op op, int rows, const float *u, const float *v, float *out)
{
    assert((unsigned)op < SHY_OPS);
    return shy_rough_kernels_get()->rows[op](rows, u, v, out);
}

void shy_rough_references(shy_op op, const shy_rough_batch *batch)
{
    assert((unsigned)op < SHY_OPS);
    shy_rough_kernels_get()->references[op](batch);
}

void shy_rough_add(shy_op op, const shy_rough_batch *batch)
{
    assert((unsigned)op < SHY_OPS);
    if (batch->weight) shy_rough_kernels_get()->metric_sums[op](batch);
    else shy_rough_kernels_get()->sums[op](batch);
}

void shy_rough_judge(const shy_rough_sums *sums, uint8_t *verdict)
{
    shy_rough_kernels_get()->judge(sums, verdict);
}

void shy_rough_judge_columns(const shy_rough_sums *sums, const shy_rough_marks *marks, uint8_t *verdict)
{
    shy_rough_kernels_get()->judge_columns(sums, marks, verdict);
}
