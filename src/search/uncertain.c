/*
 * Formulas whose validity depends on the ranges of their factors, counted without looking at every set of factors.
 *
 * c/(a − b) is valid wherever the range of a − b does not hold 0, whatever c. So factors are chosen for one slot after the other,
 * those first on which the root depends. The slots that are still open stand for all factors of their kinds (shy_bounds). As soon as
 * that decides over a root it is dropped, or counted for all ways to fill the open slots. A slot takes whole parts of a tree of factors
 * with similar ranges, smaller ones where a root needs them, one factor at last.
 *
 * A root is decided at the latest when all slots are chosen, and by the same arithmetic as for one set of factors. The order
 * of the slots and the trees cost or save time; the number does not depend on them.
 */
#include "shy_config.h"

#include <string.h>

#include "range_tree.h"
#include "uncertain.h"

#define MASKS (1 << SHY_FACTORS_MAX)

enum { OPEN = -1 }; /* a slot for which nothing is chosen */

/* Bounds of an operand when they were last looked at. */
typedef struct {
    uint64_t serial;
    shy_validity validity;
    shy_bounds bounds;
} shy_seen;

struct shy_uncertain {
    const shy_space *space;
    shy_range_tree **tree; /* [kinds], made when first needed */
    /* for one context */
    const shy_context *context;
    int share, shares;
    uint64_t *formulas;
    int operands; /* that stand below the roots */
    int *place;   /* [operands of the context]: number among them */
    /* [slots + 1][operands]: row = how many slots were chosen up to the last one that stands in the operand */
    shy_seen *seen;
    int *list;                          /* stack of lists of roots that are not decided yet */
    shy_bounds bounds[SHY_FACTORS_MAX]; /* by slot, as the next */
    int64_t factor[SHY_FACTORS_MAX];
    /* for roots that depend on the same slots */
    int order[SHY_FACTORS_MAX];
    uint8_t row[SHY_FACTORS_MAX + 1][MASKS];           /* [slots chosen][slots of an operand]: row of `seen` */
    uint64_t serial[SHY_FACTORS_MAX + 1], last_serial; /* [row]: another choice is another number */
    uint64_t unit; /* of the work that is shared, over all contexts: the first share gets no more than the others */
};

/* ---- validity for the present choice ------------------------------------------------------------------------------- */

/* `chosen`: how many slots are. */
static const shy_seen *look(shy_uncertain *c, int chosen, int operand)
{
    const shy_shape *shape = &c->context->operand[operand];
    const int row = c->row[chosen][shape->mask];
    shy_seen *seen = &c->seen[row * c->operands + c->place[operand]];
    if (seen->serial == c->serial[row]) return seen;
    seen->serial = c->serial[row];
    if (shape->op == SHY_OP_FACTOR) {
        seen->validity = SHY_ALWAYS;
        seen->bounds = c->bounds[shape->slot];
        return seen;
    }
    const shy_seen *u = look(c, chosen, shape->left), *v = shape->right >= 0 ? look(c, chosen, shape->right) : NULL;
    seen->validity = v ? shy_validity_both(u->validity, v->validity) : u->validity;
    if (seen->validity == SHY_NEVER) return seen;
    seen->validity = shy_bounds_apply((shy_op)shape->op, &u->bounds, v ? &v->bounds : NULL, &seen->bounds);
    return seen;
}

static shy_validity look_at_root(shy_uncertain *c, int chosen, int root)
{
    const shy_root *r = &c->context->root[root];
    const shy_seen *left = look(c, chosen, r->left), *right = NULL;
    shy_validity validity = left->validity;
    shy_bounds ignored;
    if (validity == SHY_NEVER) return SHY_NEVER;
    if (r->right >= 0) {
        right = look(c, chosen, r->right);
        validity = shy_validity_both(validity, right->validity);
    }
    const shy_condition condition = shy_root_condition(r);
    if (validity == SHY_NEVER || condition.u < 0) return validity;
    const shy_bounds *u = condition.u == r->left ? &left->bounds : &right->bounds;
    return shy_validity_both(validity,
                             shy_bounds_apply(condition.op, u, condition.v >= 0 ? &right->bounds : NULL, &ignored));
}

/* ---- which slots decide ---------------------------------------------------------------------------------------------- */

/* Slots of the operand whose range must lie in the domain of op. */
static unsigned domain_slots(shy_op op, unsigned left, unsigned right)
{
    switch (op) {
    case SHY_OP_DIVIDE:
        return right;
    case SHY_OP_LOG:
    case SHY_OP_SQRT:
    case SHY_OP_INVERSE:
    case SHY_OP_EXP:
        return left;
    case SHY_OP_RELDIFF:
        return left | right;
    default:
        return 0;
    }
}

static unsigned mask_of(const shy_uncertain *c, int operand)
{
    return operand >= 0 ? c->context->operand[operand].mask : 0U;
}

static unsigned operand_slots(shy_uncertain *c, int operand)
{
    if (operand < 0 || look(c, 0, operand)->validity == SHY_ALWAYS) return 0;
    const shy_shape *shape = &c->context->operand[operand];
    return domain_slots((shy_op)shape->op, mask_of(c, shape->left), mask_of(c, shape->right)) |
           operand_slots(c, shape->left) | operand_slots(c, shape->right);
}

/* Where only the size of values is in doubt, any slot may decide. */
static unsigned root_slots(shy_uncertain *c, int root)
{
    const shy_root *r = &c->context->root[root];
    const shy_condition condition = shy_root_condition(r);
    unsigned slots = operand_slots(c, r->left) | operand_slots(c, r->right);
    if (condition.u >= 0) slots |= domain_slots(condition.op, mask_of(c, condition.u), mask_of(c, condition.v));
    return slots ? slots : (1U << c->context->slots) - 1U;
}

/* ---- sets of factors --------------------------------------------------------------------------------------------------- */

/* The factors that a slot may take lie in [low, high) and leave room for the open slots between it and the next ones that are chosen. */
typedef struct {
    uint32_t low, high;
    uint32_t open_below, open_above;
} shy_gap;

static bool is_open(const shy_uncertain *c, int slot, int kind)
{
    return slot >= 0 && slot < c->context->slots && c->context->kind[slot] == kind && c->factor[slot] == OPEN;
}

static shy_gap gap_of(const shy_uncertain *c, int slot)
{
    const int kind = c->context->kind[slot];
    int below = slot - 1, above = slot + 1;
    while (is_open(c, below, kind))
        below--;
    while (is_open(c, above, kind))
        above++;
    const bool bound_below = below >= 0 && c->context->kind[below] == kind;
    const bool bound_above = above < c->context->slots && c->context->kind[above] == kind;
    return (shy_gap){.low = bound_below ? (uint32_t)c->factor[below] + 1 : c->space->kind_first[kind],
                     .high = bound_above ? (uint32_t)c->factor[above] : c->space->kind_first[kind + 1],
                     .open_below = (uint32_t)(slot - below - 1),
                     .open_above = (uint32_t)(above - slot - 1)};
}

/* Ways to fill the open slots that do not stand in the gap of `slot`: between factors that are chosen, any of the kind. */
static uint64_t ways_elsewhere(const shy_uncertain *c, int slot, const shy_gap *gap)
{
    uint64_t ways = 1;
    for (int s = 0; s < c->context->slots; s++) {
        const int kind = c->context->kind[s];
        if (c->factor[s] != OPEN || is_open(c, s - 1, kind)) continue;
        if (s >= slot - (int)gap->open_below && s <= slot + (int)gap->open_above) continue;
        const shy_gap other = gap_of(c, s); /* of the first slot of several */
        ways *= shy_binomial(other.high - other.low, other.open_above + 1);
    }
    return ways;
}

/* Ways to fill the open slots, summed over the `count` factors that are chosen together for `slot`. */
static uint64_t completions(const shy_uncertain *c, int slot, const uint32_t *member, uint32_t count)
{
    const shy_gap gap = gap_of(c, slot);
    uint64_t here = count;
    if (gap.open_below + gap.open_above > 0) {
        here = 0;
        for (uint32_t i = 0; i < count; i++) {
            here += shy_binomial(member[i] - gap.low, gap.open_below) *
                    shy_binomial(gap.high - 1 - member[i], gap.open_above);
        }
    }
    return here * ways_elsewhere(c, slot, &gap);
}

/* ---- choosing ------------------------------------------------------------------------------------------------------------ */

typedef struct {
    int chosen;      /* slots, in c->order */
    const int *root; /* not decided yet; behind them there is room for as many */
    int count;
} shy_choice;

/* Work up to the first choice is done by all; the first share counts it. */
static int shared_from(const shy_uncertain *c)
{
    return c->context->slots > 1 ? 1 : 0;
}

/* Chooses one of `count` factors for the next slot; the roots that this leaves open stand behind those of `before`. */
static shy_choice choose(shy_uncertain *c, const shy_choice *before, const shy_bounds *bounds, const uint32_t *member,
                         uint32_t count)
{
    const int slot = c->order[before->chosen];
    int *open = c->list + (before->root - c->list) + before->count;
    shy_choice after = {before->chosen + 1, open, 0};
    uint64_t sets = 0;
    c->bounds[slot] = *bounds;
    c->factor[slot] = member[0];
    c->serial[after.chosen] = ++c->last_serial;
    for (int i = 0; i < before->count; i++) {
        const int root = before->root[i];
        const shy_validity validity = look_at_root(c, after.chosen, root);
        if (validity == SHY_DEPENDS) open[after.count++] = root;
        if (validity != SHY_ALWAYS || (before->chosen < shared_from(c) && c->share != 0)) continue;
        if (sets == 0) sets = completions(c, slot, member, count);
        c->formulas[c->context->root[root].complexity] += sets;
    }
    return after;
}

static void descend(shy_uncertain *c, const shy_choice *before);

/* The members of a part within [first, last): by halves, or one by one. */
static void divide(shy_uncertain *c, const shy_choice *before, const shy_range_tree *tree, const shy_range_node *node,
                   uint32_t first, uint32_t last)
{
    uint32_t at = 0, count = 0;
    if (node->child < 0) {
        count = shy_range_node_within(node, first, last, &at);
        for (uint32_t i = at; i < at + count; i++) {
            const shy_bounds bounds = shy_bounds_factor(c->space, node->member[i]);
            const shy_choice after = choose(c, before, &bounds, &node->member[i], 1);
            if (after.count > 0) descend(c, &after);
        }
        return;
    }
    for (int k = 0; k < 2; k++) {
        const shy_range_node *half = &tree->node[node->child + k];
        count = shy_range_node_within(half, first, last, &at);
        if (count == 0) continue;
        const shy_choice after = choose(c, before, &half->bounds, &half->member[at], count);
        const shy_choice again = {before->chosen, after.root, after.count};
        if (after.count > 0) divide(c, &again, tree, half, first, last);
    }
}

/* All choices for the next slot. */
static void descend(shy_uncertain *c, const shy_choice *before)
{
    const int slot = c->order[before->chosen], kind = c->context->kind[slot];
    if (before->chosen == shared_from(c) && c->shares > 1 && (int)(c->unit++ % (uint64_t)c->shares) != c->share) return;
    const shy_gap gap = gap_of(c, slot);
    if (gap.high >= gap.low + gap.open_below + gap.open_above) {
        divide(c, before, c->tree[kind], &c->tree[kind]->node[0], gap.low + gap.open_below, gap.high - gap.open_above);
    }
    c->bounds[slot] = shy_bounds_kind(c->space, kind);
    c->factor[slot] = OPEN;
}

/* ---- one context ---------------------------------------------------------------------------------------------------------- */

/* The slots of `first`, then the others. */
static void set_order(shy_uncertain *c, unsigned first)
{
    const int slots = c->context->slots;
    int at = 0;
    for (int s = 0; s < slots; s++) {
        if (first >> s & 1U) c->order[at++] = s;
    }
    for (int s = 0; s < slots; s++) {
        if (!(first >> s & 1U)) c->order[at++] = s;
    }
    for (int chosen = 0; chosen <= slots; chosen++) {
        for (unsigned mask = 0; mask < 1U << slots; mask++) {
            int row = chosen;
            while (row > 0 && !(mask >> c->order[row - 1] & 1U))
                row--;
            c->row[chosen][mask] = (uint8_t)row;
        }
    }
}

static void mark_below(shy_uncertain *c, int operand)
{
    if (operand < 0 || c->place[operand] >= 0) return;
    c->place[operand] = c->operands++;
    mark_below(c, c->context->operand[operand].left);
    mark_below(c, c->context->operand[operand].right);
}

/* Lists of roots lie behind each other: one for each slot that is chosen and for each level of the trees. */
static shy_status reserve(shy_uncertain *c)
{
    shy_status st = SHY_OK;
    const shy_context *context = c->context;
    size_t lists = (size_t)context->slots + 1;
    SHY_TRY(shy_new((size_t)context->operands, sizeof *c->place, &c->place));
    c->operands = 0;
    for (int i = 0; i < context->operands; i++)
        c->place[i] = -1;
    for (int i = 0; i < context->uncertain_count; i++) {
        mark_below(c, context->root[context->uncertain[i]].left);
        mark_below(c, context->root[context->uncertain[i]].right);
    }
    SHY_TRY(shy_new((size_t)(context->slots + 1) * (size_t)c->operands, sizeof *c->seen, &c->seen));
    for (int s = 0; s < context->slots; s++) {
        const int kind = context->kind[s];
        if (!c->tree[kind]) SHY_TRY(shy_range_tree_create(c->space, kind, &c->tree[kind]));
        lists += (size_t)c->tree[kind]->levels;
        c->bounds[s] = shy_bounds_kind(c->space, kind);
        c->factor[s] = OPEN;
    }
    SHY_TRY(shy_new(lists * (size_t)context->uncertain_count, sizeof *c->list, &c->list));
out:
    return st;
}

static void release(shy_uncertain *c)
{
    shy_free(&c->place);
    shy_free(&c->seen);
    shy_free(&c->list);
}

shy_status shy_uncertain_count(shy_uncertain *c, const shy_context *context, int share, int shares, uint64_t *formulas)
{
    shy_status st = SHY_OK;
    c->context = context;
    c->share = share;
    c->shares = shares;
    c->formulas = formulas;
    SHY_TRY(reserve(c));
    memset(c->row, 0, sizeof c->row);
    c->serial[0] = ++c->last_serial;
    for (unsigned first = 1; first < 1U << context->slots; first++) {
        shy_choice nothing = {0, c->list, 0};
        set_order(c, first);
        for (int i = 0; i < context->uncertain_count; i++) {
            if (root_slots(c, context->uncertain[i]) == first) c->list[nothing.count++] = context->uncertain[i];
        }
        if (nothing.count > 0) descend(c, &nothing);
    }
out:
    release(c);
    return st;
}

shy_status shy_uncertain_create(const shy_space *space, shy_uncertain **uncertain_out)
{
    shy_status st = SHY_OK;
    shy_uncertain *c = NULL;
    SHY_TRY(shy_new(1, sizeof *c, &c));
    c->space = space;
    SHY_TRY(shy_new((size_t)space->kinds, sizeof(shy_range_tree *), &c->tree));
    *uncertain_out = c, c = NULL;
out:
    shy_uncertain_destroy(&c);
    return st;
}

void shy_uncertain_destroy(shy_uncertain **uncertain)
{
    shy_uncertain *c = *uncertain;
    if (!c) return;
    release(c);
    for (int k = 0; c->tree && k < c->space->kinds; k++)
        shy_range_tree_destroy(&c->tree[k]);
    shy_free(&c->tree);
    shy_free(uncertain);
}
