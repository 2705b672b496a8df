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

/*
 * A smaller range has a smaller image, and if an operator is defined on a range, then on every smaller one: operators are monotone
 * along each axis, or (log, exp, reldiff) have margins that cover their rounding. So what holds for the outer range holds for all
 * between, and what fails for the inner one fails for all.
 */
shy_validity shy_bounds_apply(shy_op op, const shy_bounds *u, const shy_bounds *v, shy_bounds *out)
{
    if (!v) v = u;
    shy_bounds b = {.bounded = u->bounded && v->bounded, .cored = u->cored && v->cored, .single = u->single && v->single};
    if (b.bounded) b.bounded = shy_operator_range(op, u->outer, v->outer, &b.outer);
    if (b.single) b.cored = b.bounded, b.inner = b.outer;
    else if (b.cored) b.cored = shy_operator_range(op, u->inner, v->inner, &b.inner);
    *out = b;
    if (b.bounded) return SHY_ALWAYS;
    return u->cored && v->cored && !b.cored ? SHY_NEVER : SHY_DEPENDS;
}
