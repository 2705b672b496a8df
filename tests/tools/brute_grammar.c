/* brute_grammar: the operators of doc/grammar.md, their values, ranges and costs. */
#include "shy_config.h"

#include "brute.h"

#include <math.h>
#include <string.h>

static const struct {
    const char *name;
    int arity;
} operators[OPS] = {
    [OP_FACTOR] = {"factor", 0}, [OP_ADD] = {"+", 2},         [OP_SUBTRACT] = {"-", 2}, [OP_MULTIPLY] = {"*", 2},
    [OP_DIVIDE] = {"/", 2},      [OP_MAX] = {"max", 2},       [OP_MIN] = {"min", 2},    [OP_HYPOT] = {"hypot", 2},
    [OP_RELDIFF] = {"reldiff", 2}, [OP_LOG] = {"log", 1},     [OP_SQRT] = {"sqrt", 1},  [OP_SQUARE] = {"square", 1},
    [OP_INVERSE] = {"inverse", 1}, [OP_ABS] = {"abs", 1},     [OP_EXP] = {"exp", 1},
};

int op_find(const char *name)
{
    for (int op = 0; op < OPS; op++) {
        if (strcmp(operators[op].name, name) == 0)
            return op;
    }
    return -1;
}

int op_arity(int op)
{
    return op < OPS ? operators[op].arity : 2;
}

wide op_apply(int op, wide u, wide v)
{
    switch (op) {
    case OP_ADD: return u + v;
    case OP_SUBTRACT: return u - v;
    case OP_MULTIPLY: return u * v;
    case OP_DIVIDE: return u / v;
    case OP_MAX: return u > v || isnan(u) ? u : v;
    case OP_MIN: return u < v || isnan(u) ? u : v;
    case OP_HYPOT: return sqrtl(u * u + v * v);
    case OP_RELDIFF: return (u - v) / (u + v);
    case OP_LOG: return logl(u);
    case OP_SQRT: return sqrtl(u);
    case OP_SQUARE: return u * u;
    case OP_INVERSE: return 1 / u;
    case OP_ABS: return fabsl(u);
    case OP_EXP: return expl(u);
    default: return u;
    }
}

#define ROWS(value)                                                                                                    \
    do {                                                                                                               \
        for (int i = 0; i < n; i++)                                                                                    \
            z[i] = (value);                                                                                            \
    } while (0)

void op_apply_rows(int op, int n, const double *restrict u, const double *restrict v, double *restrict z)
{
    switch (op) {
    case OP_ADD: ROWS(u[i] + v[i]); break;
    case OP_SUBTRACT: ROWS(u[i] - v[i]); break;
    case OP_MULTIPLY: ROWS(u[i] * v[i]); break;
    case OP_DIVIDE: ROWS(u[i] / v[i]); break;
    case OP_MAX: ROWS(u[i] > v[i] || isnan(u[i]) ? u[i] : v[i]); break;
    case OP_MIN: ROWS(u[i] < v[i] || isnan(u[i]) ? u[i] : v[i]); break;
    case OP_HYPOT: ROWS(sqrt(u[i] * u[i] + v[i] * v[i])); break;
    case OP_RELDIFF: ROWS((u[i] - v[i]) / (u[i] + v[i])); break;
    case OP_LOG: ROWS(log(u[i])); break;
    case OP_SQRT: ROWS(sqrt(u[i])); break;
    case OP_SQUARE: ROWS(u[i] * u[i]); break;
    case OP_INVERSE: ROWS(1 / u[i]); break;
    case OP_ABS: ROWS(fabs(u[i])); break;
    case OP_EXP: ROWS(exp(u[i])); break;
    default: ROWS(u[i]); break;
    }
}

/* ---- ranges ---------------------------------------------------------------------------------------------------- */

static bool holds_zero(double lo, double hi)
{
    return lo <= 0 && hi >= 0;
}

/* Range of a function that is monotone in each argument on its own: its extremes lie in the corners. */
static void corners(int op, const double u[2], const double v[2], double out[2])
{
    out[0] = INFINITY, out[1] = -INFINITY;
    for (int k = 0; k < 4; k++) {
        double z = (double)op_apply(op, u[k & 1], v[k >> 1]);

        out[0] = fmin(out[0], z);
        out[1] = fmax(out[1], z);
    }
}

static void range_abs(const double u[2], double out[2])
{
    out[0] = holds_zero(u[0], u[1]) ? 0 : fmin(fabs(u[0]), fabs(u[1]));
    out[1] = fmax(fabs(u[0]), fabs(u[1]));
}

static bool defined(int op, const double u[2], const double v[2])
{
    switch (op) {
    case OP_LOG: return u[0] > 0;
    case OP_SQRT: return u[0] >= 0;
    case OP_INVERSE: return !holds_zero(u[0], u[1]);
    case OP_DIVIDE: return !holds_zero(v[0], v[1]);
    case OP_RELDIFF: return !holds_zero(u[0] + v[0], u[1] + v[1]);
    case OP_EXP: return u[1] <= 50;
    default: return true;
    }
}

bool op_range(int op, const double u[2], const double v[2], double out[2])
{
    double a[2], b[2];

    if (!defined(op, u, v))
        return false;
    switch (op) {
    case OP_SQUARE:
    case OP_ABS:
        range_abs(u, a);
        corners(op, a, a, out);
        break;
    case OP_HYPOT:
        range_abs(u, a);
        range_abs(v, b);
        corners(op, a, b, out);
        break;
    default:
        corners(op, u, op_arity(op) == 2 ? v : u, out);
        break;
    }
    return fabs(out[0]) <= 1e150 && fabs(out[1]) <= 1e150;
}

/* ---- costs ----------------------------------------------------------------------------------------------------- */

int family_constants(int root)
{
    return root < OPS ? 0 : root == FAMILY_INTERACTION ? 2 : 1;
}

int root_cost(const grammar *g, int root)
{
    int outer = root == FAMILY_RECIPROCAL || root == FAMILY_RATIO ? OP_DIVIDE : OP_MULTIPLY;
    int sum = g->on[OP_ADD] ? OP_ADD : OP_SUBTRACT;
    int constants = family_constants(root);

    if (root < OPS)
        return root == OP_FACTOR || g->on[root] ? g->weight[root] : -1;
    if (!g->on[outer] || !g->on[sum] || constants > g->max_constants)
        return -1;
    return g->weight[outer] + constants * (g->weight[sum] + g->constant_weight);
}
