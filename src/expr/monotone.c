/* Whether a formula rises or falls with one of its factors everywhere: interval arithmetic on its derivative, on parts of the box. */
#include "shy_config.h"

#include <math.h>

#include "shihyo/expr.h"

/* ---- intervals; ends may be infinite ------------------------------------------------------------------------------------ */

static const shy_interval zero = {0.0, 0.0};
static const shy_interval anything = {-INFINITY, INFINITY}; /* of operators that are not known here */

static shy_interval hull(shy_interval a, shy_interval b)
{
    return (shy_interval){fmin(a.lo, b.lo), fmax(a.hi, b.hi)};
}

/* Of ends that have overflowed to infinities of both signs nothing is known; no NaN leaves here, as fmin and fmax would drop it. */
static shy_interval sum(shy_interval a, shy_interval b)
{
    const shy_interval c = {a.lo + b.lo, a.hi + b.hi};
    return isnan(c.lo) || isnan(c.hi) ? anything : c;
}

static shy_interval negative(shy_interval a)
{
    return (shy_interval){-a.hi, -a.lo};
}

/* 0 times infinity is 0: the infinite end stands for values as large as one likes, and each of them times 0 is 0. */
static double times(double a, double b)
{
    return a == 0.0 || b == 0.0 ? 0.0 : a * b;
}

static shy_interval product(shy_interval a, shy_interval b)
{
    const double p = times(a.lo, b.lo), q = times(a.lo, b.hi), r = times(a.hi, b.lo), s = times(a.hi, b.hi);
    return (shy_interval){fmin(fmin(p, q), fmin(r, s)), fmax(fmax(p, q), fmax(r, s))};
}

/* 1/a, a without 0 inside; 0 at an end makes the other one infinite. */
static shy_interval inverse(shy_interval a)
{
    const bool below = a.hi <= 0.0;
    return (shy_interval){a.hi == 0.0 && below ? -INFINITY : 1.0 / a.hi, a.lo == 0.0 ? INFINITY : 1.0 / a.lo};
}

static shy_interval square(shy_interval a)
{
    const double far = fmax(fabs(a.lo), fabs(a.hi)), near = a.lo <= 0.0 && a.hi >= 0.0 ? 0.0 : fmin(fabs(a.lo), fabs(a.hi));
    return (shy_interval){near * near, far * far};
}

/* ---- derivatives ------------------------------------------------------------------------------------------------------------ */

/* A node over the box: its value and its derivative. */
typedef struct {
    shy_interval value, slope;
} shy_jet;

static bool is_zero(shy_interval a)
{
    return a.lo == 0.0 && a.hi == 0.0;
}

/* Of u/v: (u′ − (u/v)·v′)/v where both move, so that u and v are not taken apart more often than need be. */
static shy_interval ratio_slope(const shy_jet *u, const shy_jet *v, shy_interval value)
{
    if (is_zero(v->slope)) return product(u->slope, inverse(v->value));
    if (is_zero(u->slope)) return negative(product(product(u->value, v->slope), inverse(square(v->value))));
    return product(sum(u->slope, negative(product(value, v->slope))), inverse(v->value));
}

/* The larger of two: where one is never below the other it is that one. */
static shy_interval larger_slope(const shy_jet *u, const shy_jet *v)
{
    if (u->value.lo >= v->value.hi) return u->slope;
    if (v->value.lo >= u->value.hi) return v->slope;
    return hull(u->slope, v->slope);
}

/* √(u² + v²): u/√(u² + v²) lies between −1 and 1, on the side of u. */
static shy_interval hypot_part(const shy_jet *u)
{
    const shy_interval part = {u->value.lo >= 0.0 ? 0.0 : -1.0, u->value.hi <= 0.0 ? 0.0 : 1.0};
    return product(u->slope, part);
}

/* (u − v)/(u + v): 2(u′v − uv′)/(u + v)². */
static shy_interval reldiff_slope(const shy_jet *u, const shy_jet *v)
{
    const shy_interval cross = sum(product(u->slope, v->value), negative(product(u->value, v->slope)));
    const shy_interval twice = {2.0 * cross.lo, 2.0 * cross.hi};
    return product(twice, inverse(square(sum(u->value, v->value))));
}

static shy_interval binary_slope(shy_op op, const shy_jet *u, const shy_jet *v, shy_interval value)
{
    const shy_jet minus_u = {negative(u->value), u->slope}, minus_v = {negative(v->value), v->slope};
    switch (op) {
    case SHY_OP_ADD: return sum(u->slope, v->slope);
    case SHY_OP_SUBTRACT: return sum(u->slope, negative(v->slope));
    case SHY_OP_MULTIPLY: return sum(product(u->slope, v->value), product(u->value, v->slope));
    case SHY_OP_DIVIDE: return ratio_slope(u, v, value);
    case SHY_OP_MAX: return larger_slope(u, v);
    case SHY_OP_MIN: return larger_slope(&minus_u, &minus_v);
    case SHY_OP_HYPOT: return sum(hypot_part(u), hypot_part(v));
    case SHY_OP_RELDIFF: return reldiff_slope(u, v);
    default: return anything;
    }
}

static shy_interval unary_slope(shy_op op, const shy_jet *u, shy_interval value)
{
    const shy_interval twice = {2.0 * u->value.lo, 2.0 * u->value.hi};
    const shy_interval side = {u->value.lo >= 0.0 ? 1.0 : -1.0, u->value.hi <= 0.0 ? -1.0 : 1.0};
    switch (op) {
    case SHY_OP_LOG: return product(u->slope, inverse(u->value));
    case SHY_OP_SQRT: return product(u->slope, inverse((shy_interval){2.0 * value.lo, 2.0 * value.hi}));
    case SHY_OP_SQUARE: return product(u->slope, twice);
    case SHY_OP_INVERSE: return negative(product(u->slope, square(value)));
    case SHY_OP_ABS: return product(u->slope, side);
    case SHY_OP_EXP: return product(u->slope, value);
    default: return anything;
    }
}

/* The derivative of the whole; false where the formula is not defined, or nothing is known. */
static bool derive(const shy_tree *tree, const shy_interval *box, uint32_t factor, shy_interval *slope_out)
{
    shy_jet jet[SHY_TREE_MAX];
    for (int k = 0; k < tree->count; k++) {
        const shy_node *node = &tree->node[k];
        const shy_op op = (shy_op)node->op;
        shy_jet *z = &jet[k];
        z->slope = zero;
        if (op == SHY_OP_CONSTANT) {
            z->value = (shy_interval){node->value, node->value};
        } else if (op == SHY_OP_FACTOR) {
            z->value = box[node->factor];
            if (node->factor == factor) z->slope = (shy_interval){1.0, 1.0};
        } else {
            const shy_jet *u = &jet[node->left], *v = &jet[node->right];
            const bool unary = shy_operator_get(op)->arity == 1;
            if (!shy_operator_range(op, u->value, unary ? u->value : v->value, &z->value)) return false;
            const bool still = is_zero(u->slope) && (unary || is_zero(v->slope));
            if (!still) z->slope = unary ? unary_slope(op, u, z->value) : binary_slope(op, u, v, z->value);
        }
    }
    *slope_out = jet[tree->count - 1].slope;
    return !isnan(slope_out->lo) && !isnan(slope_out->hi);
}

/* ---- parts of the box ---------------------------------------------------------------------------------------------------------- */

#define PARTS 512 /* that are looked at */

typedef struct {
    shy_tree tree; /* over places in the box */
    uint32_t factor;
    bool rising, refuted;
    int factors, parts;
    double width[SHY_MONOTONE_FACTORS]; /* of the whole box */
} shy_proof;

/* 1: shown; −1: the contrary is true; 0: open. */
static int look(const shy_proof *p, const shy_interval *box)
{
    shy_interval slope;
    if (!derive(&p->tree, box, p->factor, &slope)) return 0;
    if (!p->rising) slope = negative(slope);
    return slope.lo >= 0.0 ? 1 : slope.hi < 0.0 ? -1 : 0;
}

/* The side that is longest beside that of the whole box. */
static int longest_side(const shy_proof *p, const shy_interval *box)
{
    int longest = 0;
    double most = -1.0;
    for (int f = 0; f < p->factors; f++) {
        const double share = p->width[f] > 0.0 ? (box[f].hi - box[f].lo) / p->width[f] : 0.0;
        if (share > most) longest = f, most = share;
    }
    return longest;
}

/* Is it shown for all of the box? What its middle refutes is not cut further. Recursion: as deep as PARTS allows. */
static bool prove(shy_proof *p, const shy_interval *box)
{
    shy_interval part[SHY_MONOTONE_FACTORS];
    const int seen = look(p, box);
    if (seen != 0) p->refuted = p->refuted || seen < 0;
    if (seen != 0 || --p->parts < 0) return seen > 0;
    for (int f = 0; f < p->factors; f++) part[f].lo = part[f].hi = 0.5 * (box[f].lo + box[f].hi);
    if (look(p, part) < 0) p->refuted = true;
    if (p->refuted) return false;
    const int side = longest_side(p, box);
    const double middle = part[side].lo;
    for (int f = 0; f < p->factors; f++) part[f] = box[f];
    part[side].hi = middle;
    if (!prove(p, part)) return false;
    part[side] = (shy_interval){middle, box[side].hi};
    return prove(p, part);
}

bool shy_tree_monotone(const shy_tree *tree, const shy_interval *range, uint32_t factor, bool rising)
{
    shy_proof p = {.tree = *tree, .factor = SHY_MONOTONE_FACTORS, .rising = rising, .parts = PARTS};
    shy_interval box[SHY_MONOTONE_FACTORS];
    uint32_t known[SHY_MONOTONE_FACTORS];
    for (int k = 0; k < tree->count; k++) {
        if (tree->node[k].op != SHY_OP_FACTOR) continue;
        int at = 0;
        while (at < p.factors && known[at] != tree->node[k].factor) at++;
        if (at == SHY_MONOTONE_FACTORS) return false;
        if (at == p.factors) {
            known[p.factors] = tree->node[k].factor;
            box[p.factors] = range[tree->node[k].factor];
            p.width[p.factors] = box[p.factors].hi - box[p.factors].lo;
            p.factors++;
        }
        p.tree.node[k].factor = (uint32_t)at;
        if (known[at] == factor) p.factor = (uint32_t)at;
    }
    return prove(&p, box);
}
