/* What is known of the range of an operand when not all of its factors are chosen yet. */
#include "shy_config.h"

#include "context_impl.h"

static bool is_empty(shy_interval r)
{
    return !(r.lo <= r.hi);
}

shy_bounds shy_bounds_kind(const shy_space *space, int kind)
{
    const shy_interval core = space->kind_core[kind];
    return (shy_bounds){.outer = space->kind_range[kind],
                        .inner = core,
                        .bounded = true,
                        .cored = !is_empty(core),
                        .single = space->kind_first[kind + 1] - space->kind_first[kind] == 1};
}

shy_bounds shy_bounds_factor(const shy_space *space, uint32_t factor)
{
    const shy_interval range = space->range[factor];
    return (shy_bounds){.outer = range, .inner = range, .bounded = true, .cored = true, .single = true};
}

static bool holds_zero(const shy_bounds *b)
{
    return b->cored && b->inner.lo <= 0.0 && b->inner.hi >= 0.0;
}

/* Nothing is known of what the ranges of one operand share: but a product with 0 is 0, and nothing can be divided by it. */
static shy_validity apply_half(shy_op op, const shy_bounds *u, const shy_bounds *v, shy_bounds *out)
{
    if (op == SHY_OP_DIVIDE && holds_zero(v)) return SHY_NEVER;
    out->cored = (op == SHY_OP_MULTIPLY && (holds_zero(u) || holds_zero(v))) || (op == SHY_OP_DIVIDE && holds_zero(u));
    if (out->cored) out->inner = (shy_interval){0.0, 0.0};
    return out->bounded ? SHY_ALWAYS : SHY_DEPENDS;
}

/*
 * A smaller range has a smaller image, and if an operator is defined on a range, then on every smaller one: operators are monotone
 * along each axis, or (log, exp, reldiff) have margins that cover their rounding. So what holds for the outer range holds for all
 * between, and what fails for the inner one fails for all.
 */
shy_validity shy_bounds_apply(shy_op op, const shy_bounds *u, const shy_bounds *v, shy_bounds *out)
{
    if (!v) v = u;
    *out = (shy_bounds){.bounded = u->bounded && v->bounded, .single = u->single && v->single};
    if (out->bounded) out->bounded = shy_operator_range(op, u->outer, v->outer, &out->outer);
    if (!u->cored || !v->cored) return apply_half(op, u, v, out);
    if (out->single)
        out->cored = out->bounded, out->inner = out->outer;
    else
        out->cored = shy_operator_range(op, u->inner, v->inner, &out->inner);
    return out->bounded ? SHY_ALWAYS : out->cored ? SHY_DEPENDS : SHY_NEVER;
}
