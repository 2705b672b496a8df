/* What the signs of operands say about the domain of an operator, before any range is looked at. */
#include "shy_config.h"

#include "context_impl.h"

static shy_sign sign_product(shy_sign u, shy_sign v)
{
    if (u == SHY_SIGN_ANY || v == SHY_SIGN_ANY) return SHY_SIGN_ANY;
    if (u == SHY_SIGN_NEGATIVE && v == SHY_SIGN_NEGATIVE) return SHY_SIGN_POSITIVE;
    if (u == SHY_SIGN_NEGATIVE || v == SHY_SIGN_NEGATIVE) {
        return u == SHY_SIGN_NONNEGATIVE || v == SHY_SIGN_NONNEGATIVE ? SHY_SIGN_ANY : SHY_SIGN_NEGATIVE;
    }
    return u == SHY_SIGN_NONNEGATIVE || v == SHY_SIGN_NONNEGATIVE ? SHY_SIGN_NONNEGATIVE : SHY_SIGN_POSITIVE;
}

static shy_sign sign_sum(shy_sign u, shy_sign v)
{
    if (u == v) return u;
    const bool positive = u <= SHY_SIGN_NONNEGATIVE && v <= SHY_SIGN_NONNEGATIVE;
    return positive ? SHY_SIGN_POSITIVE : SHY_SIGN_ANY;
}

static shy_sign sign_negated(shy_sign u)
{
    return u == SHY_SIGN_POSITIVE ? SHY_SIGN_NEGATIVE : u == SHY_SIGN_NEGATIVE ? SHY_SIGN_POSITIVE : SHY_SIGN_ANY;
}

static bool away_from_zero(shy_sign u)
{
    return u == SHY_SIGN_POSITIVE || u == SHY_SIGN_NEGATIVE;
}

static shy_sign sign_larger(shy_sign u, shy_sign v)
{
    if (u == SHY_SIGN_POSITIVE || v == SHY_SIGN_POSITIVE) return SHY_SIGN_POSITIVE;
    if (u == SHY_SIGN_NONNEGATIVE || v == SHY_SIGN_NONNEGATIVE) return SHY_SIGN_NONNEGATIVE;
    return u == SHY_SIGN_NEGATIVE && v == SHY_SIGN_NEGATIVE ? SHY_SIGN_NEGATIVE : SHY_SIGN_ANY;
}

static shy_sign sign_smaller(shy_sign u, shy_sign v)
{
    if (u == SHY_SIGN_NEGATIVE || v == SHY_SIGN_NEGATIVE) return SHY_SIGN_NEGATIVE;
    if (u == SHY_SIGN_ANY || v == SHY_SIGN_ANY) return SHY_SIGN_ANY;
    return u == SHY_SIGN_POSITIVE && v == SHY_SIGN_POSITIVE ? SHY_SIGN_POSITIVE : SHY_SIGN_NONNEGATIVE;
}

static shy_validity unless(bool certain)
{
    return certain ? SHY_ALWAYS : SHY_DEPENDS;
}

static shy_sign sign_binary(shy_op op, shy_sign u, shy_sign v, shy_validity *validity_out)
{
    switch (op) {
    case SHY_OP_ADD: return sign_sum(u, v);
    case SHY_OP_SUBTRACT: return sign_sum(u, sign_negated(v));
    case SHY_OP_MULTIPLY: return sign_product(u, v);
    case SHY_OP_DIVIDE: *validity_out = unless(away_from_zero(v)); return sign_product(u, v == SHY_SIGN_NONNEGATIVE ? SHY_SIGN_POSITIVE : v);
    case SHY_OP_MAX: return sign_larger(u, v);
    case SHY_OP_MIN: return sign_smaller(u, v);
    case SHY_OP_HYPOT: return away_from_zero(u) || away_from_zero(v) ? SHY_SIGN_POSITIVE : SHY_SIGN_NONNEGATIVE;
    default: *validity_out = unless(away_from_zero(sign_sum(u, v))); return SHY_SIGN_ANY; /* reldiff */
    }
}

shy_sign shy_sign_apply(shy_op op, shy_sign u, shy_sign v, shy_validity *validity_out)
{
    *validity_out = SHY_ALWAYS;
    switch (op) {
    case SHY_OP_LOG: *validity_out = u == SHY_SIGN_NEGATIVE ? SHY_NEVER : unless(u == SHY_SIGN_POSITIVE); return SHY_SIGN_ANY;
    case SHY_OP_SQRT:
        *validity_out = u == SHY_SIGN_NEGATIVE ? SHY_NEVER : unless(u <= SHY_SIGN_NONNEGATIVE);
        return u == SHY_SIGN_POSITIVE ? SHY_SIGN_POSITIVE : SHY_SIGN_NONNEGATIVE;
    case SHY_OP_INVERSE: *validity_out = unless(away_from_zero(u)); return u == SHY_SIGN_NONNEGATIVE ? SHY_SIGN_POSITIVE : u;
    case SHY_OP_SQUARE:
    case SHY_OP_ABS: return away_from_zero(u) ? SHY_SIGN_POSITIVE : SHY_SIGN_NONNEGATIVE;
    case SHY_OP_EXP: *validity_out = unless(u == SHY_SIGN_NEGATIVE); return SHY_SIGN_POSITIVE;
    default: return sign_binary(op, u, v, validity_out);
    }
}
