/* The operators: one row of a table each, with their definition on numbers, on rows of numbers and on ranges. */
#include "shy_config.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "expr/definitions.h"
#include "expr/kernels.h"

/* The smaller and the larger of two numbers that are not NaN; libm's functions are calls. */
static inline double smaller(double a, double b)
{
    return a < b ? a : b;
}

static inline double larger(double a, double b)
{
    return a > b ? a : b;
}

/* ---- definitions ----------------------------------------------------------------------------------------------- */

#define LOG(u) log(u)
#define EXP(u) exp(u)
#define SQRT(u) sqrt(u)
#define ABS(u) fabs(u)
#define VALUE(op, name, arity, expression)                                                                             \
    static double name##_value(double u, double v)                                                                     \
    {                                                                                                                  \
        (void)v;                                                                                                       \
        return (expression);                                                                                           \
    }
SHY_DEFINITIONS(VALUE)

/* ---- ranges ---------------------------------------------------------------------------------------------------- */

/* Beyond this a further square would leave the range of doubles. */
#define RANGE_LIMIT 1e150
#define EXP_LIMIT 50.0

static bool holds_zero(shy_interval u)
{
    return !(u.lo > 0.0 || u.hi < 0.0);
}

static shy_interval interval_magnitude(shy_interval u)
{
    double a = fabs(u.lo), b = fabs(u.hi);
    return (shy_interval){u.lo <= 0.0 && u.hi >= 0.0 ? 0.0 : smaller(a, b), larger(a, b)};
}

/*
 * Smallest and largest of the four corners: exact for a function that is monotone along each axis. + − * / and sqrt
 * also round monotonely, so that what is computed anywhere in the range lies between what is computed at its corners.
 */
static shy_interval interval_corners(double (*value)(double, double), shy_interval u, shy_interval v)
{
    double a = value(u.lo, v.lo), b = value(u.lo, v.hi), c = value(u.hi, v.lo), d = value(u.hi, v.hi);
    return (shy_interval){smaller(smaller(a, b), smaller(c, d)), larger(larger(a, b), larger(c, d))};
}

static bool factor_range(shy_interval u, shy_interval v, shy_interval *out)
{
    (void)v;
    *out = u;
    return true;
}

static bool constant_range(shy_interval u, shy_interval v, shy_interval *out)
{
    return factor_range(u, v, out);
}

static bool add_range(shy_interval u, shy_interval v, shy_interval *out)
{
    *out = (shy_interval){u.lo + v.lo, u.hi + v.hi};
    return true;
}

static bool subtract_range(shy_interval u, shy_interval v, shy_interval *out)
{
    *out = (shy_interval){u.lo - v.hi, u.hi - v.lo};
    return true;
}

static bool multiply_range(shy_interval u, shy_interval v, shy_interval *out)
{
    *out = interval_corners(multiply_value, u, v);
    return true;
}

static bool divide_range(shy_interval u, shy_interval v, shy_interval *out)
{
    if (holds_zero(v)) return false;
    *out = interval_corners(divide_value, u, v);
    return true;
}

static bool max_range(shy_interval u, shy_interval v, shy_interval *out)
{
    *out = (shy_interval){max_value(u.lo, v.lo), max_value(u.hi, v.hi)};
    return true;
}

static bool min_range(shy_interval u, shy_interval v, shy_interval *out)
{
    *out = (shy_interval){min_value(u.lo, v.lo), min_value(u.hi, v.hi)};
    return true;
}

static bool hypot_range(shy_interval u, shy_interval v, shy_interval *out)
{
    shy_interval a = interval_magnitude(u), b = interval_magnitude(v);
    *out = (shy_interval){hypot_value(a.lo, b.lo), hypot_value(a.hi, b.hi)};
    return true;
}

/*
 * ∂/∂u = 2v/(u+v)² has the sign of v and ∂/∂v the sign of −u wherever u + v is not 0: monotone along each axis, so the
 * extremes are corners. Numerator and denominator round separately, hence the margin of four units in the last place.
 */
static bool reldiff_range(shy_interval u, shy_interval v, shy_interval *out)
{
    if (holds_zero((shy_interval){u.lo + v.lo, u.hi + v.hi})) return false;
    shy_interval r = interval_corners(reldiff_value, u, v);
    *out = (shy_interval){r.lo - fabs(r.lo) * 0x1p-50, r.hi + fabs(r.hi) * 0x1p-50};
    return true;
}

/* The next number towards −∞ and towards ∞; libm's nextafter is a slow call. For finite numbers. */
static double stepped(double x, bool up)
{
    int64_t bits;
    if (x == 0.0) return up ? 0x1p-1074 : -0x1p-1074;
    memcpy(&bits, &x, sizeof bits);
    bits += (x > 0.0) == up ? 1 : -1;
    memcpy(&x, &bits, sizeof bits);
    return x;
}

/* libm's log is within one unit in the last place, but not proved monotone; its zero at 1 is exact. */
static bool log_range(shy_interval u, shy_interval v, shy_interval *out)
{
    (void)v;
    if (!(u.lo > 0.0)) return false;
    double lo = log(u.lo), hi = log(u.hi);
    *out = (shy_interval){u.lo == 1.0 ? lo : stepped(lo, false), u.hi == 1.0 ? hi : stepped(hi, true)};
    return true;
}

static bool sqrt_range(shy_interval u, shy_interval v, shy_interval *out)
{
    (void)v;
    if (!(u.lo >= 0.0)) return false;
    *out = (shy_interval){sqrt(u.lo), sqrt(u.hi)};
    return true;
}

static bool square_range(shy_interval u, shy_interval v, shy_interval *out)
{
    (void)v;
    shy_interval a = interval_magnitude(u);
    *out = (shy_interval){a.lo * a.lo, a.hi * a.hi};
    return true;
}

static bool inverse_range(shy_interval u, shy_interval v, shy_interval *out)
{
    (void)v;
    if (holds_zero(u)) return false;
    *out = (shy_interval){1.0 / u.hi, 1.0 / u.lo};
    return true;
}

static bool abs_range(shy_interval u, shy_interval v, shy_interval *out)
{
    (void)v;
    *out = interval_magnitude(u);
    return true;
}

/* As for log: one unit in the last place of margin, none where exp is exact, never below 0. */
static bool exp_range(shy_interval u, shy_interval v, shy_interval *out)
{
    (void)v;
    if (!(u.hi <= EXP_LIMIT)) return false;
    double lo = exp(u.lo), hi = exp(u.hi);
    lo = u.lo == 0.0 ? lo : larger(0.0, stepped(lo, false));
    *out = (shy_interval){lo, u.hi == 0.0 ? hi : stepped(hi, true)};
    return true;
}

/* ---- the table ------------------------------------------------------------------------------------------------- */

typedef struct {
    shy_operator face;
    double (*value)(double, double);
    bool (*range)(shy_interval, shy_interval, shy_interval *);
} operator_row;

#define LEAF(name, help) {{#name, 0, false, 9, false, help}, name##_value, name##_range}
#define INFIX(text, name, precedence, commutes, help)                                                                  \
    {{text, 2, true, precedence, commutes, help}, name##_value, name##_range}
#define FUNCTION(name, arity, commutes, help)                                                                          \
    {{#name, arity, false, 9, commutes, help}, name##_value, name##_range}

static const operator_row table[SHY_OPS] = {
    [SHY_OP_FACTOR] = LEAF(factor, "a factor of the cohort"),
    [SHY_OP_CONSTANT] = LEAF(constant, "a number, usually fitted"),
    [SHY_OP_ADD] = INFIX("+", add, 1, true, "sum u + v"),
    [SHY_OP_SUBTRACT] = INFIX("-", subtract, 1, false, "difference u - v"),
    [SHY_OP_MULTIPLY] = INFIX("*", multiply, 2, true, "product u * v"),
    [SHY_OP_DIVIDE] = INFIX("/", divide, 2, false, "ratio u / v; v without 0 in its range"),
    [SHY_OP_MAX] = FUNCTION(max, 2, true, "the larger of u and v"),
    [SHY_OP_MIN] = FUNCTION(min, 2, true, "the smaller of u and v"),
    [SHY_OP_HYPOT] = FUNCTION(hypot, 2, true, "square root of u squared plus v squared"),
    [SHY_OP_RELDIFF] = FUNCTION(reldiff, 2, false, "relative difference (u - v) / (u + v); sum without 0 in its range"),
    [SHY_OP_LOG] = FUNCTION(log, 1, false, "natural logarithm of a positive u"),
    [SHY_OP_SQRT] = FUNCTION(sqrt, 1, false, "square root of u, which is nowhere negative"),
    [SHY_OP_SQUARE] = FUNCTION(square, 1, false, "u * u"),
    [SHY_OP_INVERSE] = FUNCTION(inverse, 1, false, "1 / u; u without 0 in its range"),
    [SHY_OP_ABS] = FUNCTION(abs, 1, false, "absolute value of u"),
    [SHY_OP_EXP] = FUNCTION(exp, 1, false, "exponential of u, which is at most 50"),
};

const shy_operator *shy_operator_get(shy_op op)
{
    assert((unsigned)op < SHY_OPS);
    return &table[op].face;
}

bool shy_operator_find(const char *name, shy_op *op_out)
{
    for (unsigned op = 0; op < SHY_OPS; op++) {
        if (table[op].face.arity > 0 && strcmp(table[op].face.name, name) == 0) {
            *op_out = (shy_op)op;
            return true;
        }
    }
    return false;
}

double shy_operator_apply(shy_op op, double u, double v)
{
    assert((unsigned)op < SHY_OPS);
    return table[op].value(u, v);
}

void shy_operator_apply_rows(shy_op op, int rows, const double *u, const double *v, double *out)
{
    assert((unsigned)op < SHY_OPS);
    shy_row_kernels_get()->rows[op](rows, u, v, out);
}

void shy_operator_screen_rows(shy_op op, int rows, const double *u, const double *v, double *out)
{
    assert((unsigned)op < SHY_OPS);
    if (op == SHY_OP_LOG) shy_rough_kernels_get()->log_rows(rows, u, out);
    else if (op == SHY_OP_EXP) shy_rough_kernels_get()->exp_rows(rows, u, out);
    else shy_row_kernels_get()->rows[op](rows, u, v, out);
}

static inline bool range_within_limits(shy_interval r)
{
    return r.lo <= r.hi && r.lo >= -RANGE_LIMIT && r.hi <= RANGE_LIMIT; /* not if it is not a number */
}

bool shy_operator_range(shy_op op, shy_interval u, shy_interval v, shy_interval *out)
{
    shy_interval r;

    assert((unsigned)op < SHY_OPS);
    if (!table[op].range(u, v, &r)) return false;
    if (!range_within_limits(r)) return false;
    *out = r;
    return true;
}

/* ---- many ranges --------------------------------------------------------------------------------------------- */

/* A loop for each operator, with its range function in line. */
#define RANGE_EACH(op, name, arity, expression)                                                                        \
    static void name##_range_each(const shy_range_list *list, shy_interval *range, uint8_t *defined)                   \
    {                                                                                                                  \
        for (int k = 0; k < list->count; k++) {                                                                        \
            const int32_t u = list->u[k], v = list->v[k], out = list->out[k];                                          \
            shy_interval r;                                                                                            \
            defined[out] = defined[u] && defined[v] && name##_range(range[u], range[v], &r) && range_within_limits(r); \
            if (defined[out]) range[out] = r;                                                                          \
        }                                                                                                              \
    }
SHY_DEFINITIONS(RANGE_EACH)

void shy_operator_range_each(shy_op op, const shy_range_list *list, shy_interval *range, uint8_t *defined)
{
#define RANGE_EACH_ROW(op, name, arity, expression) [SHY_OP_##op] = name##_range_each,
    static void (*const each[SHY_OPS])(const shy_range_list *, shy_interval *, uint8_t *) = {
        SHY_DEFINITIONS(RANGE_EACH_ROW)};
    assert((unsigned)op < SHY_OPS);
    each[op](list, range, defined);
}

/* Results whose range need not be computed: it is within the limits if the operands are these. */
static inline bool moderate(shy_interval u)
{
    return u.lo > -1e70 && u.hi < 1e70;
}

static inline bool away_from_zero(shy_interval u)
{
    return u.lo > 1e-70 || u.hi < -1e-70;
}

static inline bool defined_at_sight(shy_op op, shy_interval u, shy_interval v)
{
    switch (op) {
    case SHY_OP_LOG: return u.lo > 0.0;
    case SHY_OP_SQRT: return u.lo >= 0.0;
    case SHY_OP_INVERSE: return away_from_zero(u);
    case SHY_OP_RELDIFF: return moderate(u) && moderate(v) && away_from_zero((shy_interval){u.lo + v.lo, u.hi + v.hi});
    case SHY_OP_ADD:
    case SHY_OP_SUBTRACT:
    case SHY_OP_MULTIPLY:
    case SHY_OP_MAX:
    case SHY_OP_MIN:
    case SHY_OP_HYPOT:
    case SHY_OP_SQUARE:
    case SHY_OP_ABS: return moderate(u) && moderate(v);
    default: return false;
    }
}

static bool defined_by_range(shy_op op, shy_interval u, shy_interval v)
{
    shy_interval ignored;
    return shy_operator_range(op, u, v, &ignored);
}

void shy_operator_defined_each(shy_op op, const shy_range_list *list, const shy_interval *range, const uint8_t *defined,
                               uint8_t *defined_out)
{
    for (int k = 0; k < list->count; k++) {
        const shy_interval u = range[list->u[k]], v = range[list->v[k]];
        const bool operands = defined[list->u[k]] && defined[list->v[k]];
        defined_out[k] = operands && (defined_at_sight(op, u, v) || defined_by_range(op, u, v));
    }
}
