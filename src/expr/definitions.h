/*
 * The operators' definitions, written once: for single numbers (operator.c), for rows in fp64 (kernel_rows.c) and for
 * the sums of formulas in fp32 (kernel_rough.c). X(name in shy_op, name, arity, expression in u and v); the file that
 * includes this says what LOG, EXP, SQRT and ABS are for its type of number. Constants are whole numbers, which are of
 * any type.
 */
#ifndef SHY_EXPR_DEFINITIONS_H
#define SHY_EXPR_DEFINITIONS_H

#define SHY_DEFINITIONS(X)                                                                                             \
    X(FACTOR, factor, 1, u)                                                                                            \
    X(CONSTANT, constant, 1, u)                                                                                        \
    X(ADD, add, 2, u + v)                                                                                              \
    X(SUBTRACT, subtract, 2, u - v)                                                                                    \
    X(MULTIPLY, multiply, 2, u * v)                                                                                    \
    X(DIVIDE, divide, 2, u / v)                                                                                        \
    X(MAX, max, 2, u > v ? u : v)                                                                                      \
    X(MIN, min, 2, u < v ? u : v)                                                                                      \
    X(HYPOT, hypot, 2, SQRT(u * u + v * v)) /* not libm's hypot, which differs between libraries */                    \
    X(RELDIFF, reldiff, 2, (u - v) / (u + v))                                                                          \
    X(LOG, log, 1, LOG(u))                                                                                             \
    X(SQRT, sqrt, 1, SQRT(u))                                                                                          \
    X(SQUARE, square, 1, u * u)                                                                                        \
    X(INVERSE, inverse, 1, 1 / u)                                                                                      \
    X(ABS, abs, 1, ABS(u))                                                                                             \
    X(EXP, exp, 1, EXP(u))

#endif
