/* Contexts: which shapes are valid for factors of given kinds, and the programs that evaluate them. */
#include "shy_config.h"

#include <string.h>

#include "context_impl.h"
#include "element_plan.h"
#include "rules.h"

struct shy_known {
    shy_sign sign;
    shy_unit unit;
    shy_bounds bounds; /* over all factors of the kinds */
};

/* ---- validity by kinds ------------------------------------------------------------------------------------------- */

shy_validity shy_validity_both(shy_validity a, shy_validity b)
{
    if (a == SHY_NEVER || b == SHY_NEVER) return SHY_NEVER;
    return a == SHY_ALWAYS && b == SHY_ALWAYS ? SHY_ALWAYS : SHY_DEPENDS;
}

static shy_validity judge(shy_space *space, shy_op op, const struct shy_known *u, const struct shy_known *v,
                          struct shy_known *out)
{
    shy_validity by_sign = SHY_ALWAYS;
    out->sign = shy_sign_apply(op, u->sign, v ? v->sign : SHY_SIGN_ANY, &by_sign);
    if (by_sign == SHY_NEVER) return SHY_NEVER;
    const shy_validity by_range = shy_bounds_apply(op, &u->bounds, v ? &v->bounds : NULL, &out->bounds);
    if (by_range == SHY_NEVER) return SHY_NEVER; /* units take longer */
    out->unit = shy_unit_apply(space->units, space->grammar.units, op, u->unit, v ? v->unit : SHY_UNIT_UNKNOWN);
    return out->unit == SHY_UNIT_INVALID ? SHY_NEVER : by_range;
}

static void set_validity(uint8_t *packed, int i, shy_validity validity)
{
    packed[i / 4] = (uint8_t)(packed[i / 4] | (unsigned)validity << i % 4 * 2);
}

/* Which subsets of the slots have more factors of a group than a formula may have; whether formulas of all of them are admitted. */
static bool judge_numbers(shy_space *space, int slots, const int *kind)
{
    const shy_rules *rules = space->problem->rules;
    if (!rules || rules->groups == 0) return true;
    for (unsigned mask = 1; mask < 1U << slots; mask++) {
        uint64_t members = 0;
        for (int s = 0; s < slots; s++) {
            if (mask >> s & 1U) members = shy_members_add(members, space->kind_members[kind[s]]);
        }
        space->crowded[mask] = shy_members_crowded(rules, members);
    }
    return shy_kinds_admitted(space, kind, slots);
}

static shy_validity judge_operand(shy_space *space, const shy_context *context, int i)
{
    struct shy_known *known = space->known;
    const shy_shape *shape = &context->operand[i];
    if (shape->op == SHY_OP_FACTOR) {
        const int kind = context->kind[shape->slot];
        if (space->crowded[shape->mask]) return SHY_NEVER;
        known[i] = (struct shy_known){.sign = (shy_sign)space->kind_sign[kind], .unit = space->kind_unit[kind],
                                      .bounds = shy_bounds_kind(space, kind)};
        return SHY_ALWAYS;
    }
    if (shape->forbidden || space->crowded[shape->mask] || shy_context_operand_validity(context, shape->left) == SHY_NEVER) return SHY_NEVER;
    if (shape->right >= 0 && shy_context_operand_validity(context, shape->right) == SHY_NEVER) return SHY_NEVER;
    const struct shy_known *v = shape->right >= 0 ? &known[shape->right] : NULL;
    return judge(space, (shy_op)shape->op, &known[shape->left], v, &known[i]);
}

static shy_validity judge_root(shy_space *space, const shy_context *context, const shy_root *root)
{
    struct shy_known *known = space->known, ignored;
    shy_validity validity = root->forbidden ? SHY_NEVER : shy_context_operand_validity(context, root->left);
    if (root->right >= 0) validity = shy_validity_both(validity, shy_context_operand_validity(context, root->right));
    const shy_condition condition = shy_root_condition(root);
    if (validity == SHY_NEVER || condition.u < 0) return validity;
    const struct shy_known *v = condition.v >= 0 ? &known[condition.v] : NULL;
    return shy_validity_both(validity, judge(space, condition.op, &known[condition.u], v, &ignored));
}

static shy_status judge_roots(shy_space *space, shy_context *context)
{
    shy_status st = SHY_OK;
    for (int i = 0; i < context->roots; i++) {
        const shy_validity validity = judge_root(space, context, &context->root[i]);
        set_validity(context->root_packed, i, validity);
        if (validity == SHY_DEPENDS) space->list[context->uncertain_count++] = i;
    }
    SHY_TRY(shy_new((size_t)context->uncertain_count, sizeof *context->uncertain, &context->uncertain));
    for (int k = 0; k < context->uncertain_count; k++) context->uncertain[k] = space->list[k];
out:
    return st;
}

/* ---- programs of a context ---------------------------------------------------------------------------------------- */

/* Ranges are needed of every operand below something that depends. */
static shy_status build_ranges(shy_context *context, int *list)
{
    int count = 0;
    for (int i = 0; i < context->operands; i++) {
        if (shy_context_operand_validity(context, i) == SHY_DEPENDS) list[count++] = i;
    }
    for (int i = 0; i < context->uncertain_count; i++) {
        const shy_root *root = &context->root[context->uncertain[i]];
        list[count++] = root->left;
        if (root->right >= 0) list[count++] = root->right;
    }
    return shy_program_build(context, list, count, &context->ranges);
}

/* u + (−v) is u − v: the negative of another operand need not be in a panel, where one is as complex as the other. */
static bool signs_are_free(const shy_grammar *grammar)
{
    return grammar->allowed[SHY_OP_ADD] && grammar->allowed[SHY_OP_SUBTRACT] && grammar->weight[SHY_OP_ADD] == grammar->weight[SHY_OP_SUBTRACT];
}

static shy_status build_sides(const shy_space *space, shy_context *context)
{
    shy_status st = SHY_OK;
    const bool signs_free = signs_are_free(&space->grammar);
    const int levels = space->grammar.max_complexity;
    int *list = space->list, count = 0;
    SHY_TRY(shy_new((size_t)levels + 1, sizeof *context->side, &context->side));
    SHY_TRY(shy_new((size_t)levels + 1, sizeof *context->side_count, &context->side_count));
    SHY_TRY(shy_new((size_t)levels + 1, sizeof *context->side_program, &context->side_program));
    context->levels = levels;
    for (int i = 0; i < context->operands; i++) {
        const shy_shape *shape = &context->operand[i];
        if (shape->mask != (1U << context->slots) - 1U || shy_context_operand_validity(context, i) == SHY_NEVER) continue;
        if (shape->negative && signs_free) continue;
        context->side_count[shape->complexity]++;
        list[count++] = i;
    }
    SHY_TRY(shy_new((size_t)count, sizeof **context->side, &context->side[0]));
    for (int k = 0; k < count; k++) context->side[0][k] = list[k];
    for (int c = 1; c <= levels; c++) { /* operands stand in order of complexity */
        context->side[c] = context->side[c - 1] + context->side_count[c - 1];
        SHY_TRY(shy_program_build(context, context->side[c], context->side_count[c], &context->side_program[c]));
    }
out:
    return st;
}

/* After judging, whose signs of operands are still there. */
static shy_status build_elements(const shy_space *space, shy_context *context)
{
    shy_status st = SHY_OK;
    uint8_t *sign = NULL;
    SHY_TRY(shy_new((size_t)context->operands, sizeof *sign, &sign));
    for (int i = 0; i < context->operands; i++) sign[i] = (uint8_t)space->known[i].sign;
    SHY_TRY(shy_element_plan_create(context, sign, &context->elements));
out:
    shy_free(&sign);
    return st;
}

/* ---- making and finding contexts ----------------------------------------------------------------------------------- */

void shy_context_free(shy_context **context)
{
    shy_context *c = *context;
    if (!c) return;
    shy_free(&c->operand_packed);
    shy_free(&c->root_packed);
    shy_free(&c->uncertain);
    shy_element_plan_destroy(&c->elements);
    shy_program_free(&c->ranges);
    for (int k = 1; k <= c->levels; k++) shy_program_free(&c->side_program[k]);
    if (c->side) shy_free(&c->side[0]);
    shy_free(&c->side);
    shy_free(&c->side_count);
    shy_free(&c->side_program);
    shy_free(context);
}

void shy_contexts_destroy(shy_space *space)
{
    for (uint32_t b = 0; b < space->buckets; b++) {
        for (shy_context *c = space->bucket[b]; c;) {
            shy_context *next = c->next;
            shy_context_free(&c);
            c = next;
        }
    }
    shy_tables_destroy(space);
    shy_free(&space->bucket);
    shy_free(&space->known);
    shy_free(&space->list);
    shy_free(&space->scratch_range);
    shy_free(&space->scratch_valid);
}

/* What is made in passing is made here: contexts may be many, and memory that each cut to size would be full of holes. */
static shy_status grow_scratch(shy_space *space, const shy_context *context)
{
    shy_status st = SHY_OK;
    if (context->operands > space->scratch) {
        const size_t operands = (size_t)context->operands;
        SHY_TRY(shy_grow(operands, sizeof *space->scratch_range, &space->scratch_range));
        SHY_TRY(shy_grow(operands, sizeof *space->scratch_valid, &space->scratch_valid));
        SHY_TRY(shy_grow(operands, sizeof *space->known, &space->known));
        space->scratch = context->operands;
    }
    const int most = context->operands + 4 * context->roots;
    if (most > space->list_size) {
        SHY_TRY(shy_grow((size_t)most, sizeof *space->list, &space->list));
        space->list_size = most;
    }
out:
    return st;
}

/* Units of operands are of no use once the operands are judged, and would be more than all contexts. */
shy_status shy_context_judge(shy_space *space, int slots, const int *kind, shy_context **context_out)
{
    shy_status st = SHY_OK;
    shy_context *c = NULL;
    const shy_table *table = NULL;
    const int units = shy_units_count(space->units);
    SHY_TRY(shy_table_for(space, slots, kind, &table));
    SHY_TRY(shy_new(1, sizeof *c, &c));
    c->slots = slots;
    c->shapes = table->shapes;
    c->inverse_known = table->inverse_known;
    c->operand = shy_shapes_operands(c->shapes, &c->operands, &c->operand_first);
    c->root = shy_shapes_roots(c->shapes, &c->roots, &c->root_first);
    memcpy(c->kind, kind, (size_t)slots * sizeof *kind);
    SHY_TRY(shy_new((size_t)c->operands / 4 + 1, 1, &c->operand_packed));
    SHY_TRY(shy_new((size_t)c->roots / 4 + 1, 1, &c->root_packed));
    SHY_TRY(grow_scratch(space, c));
    const bool admitted = judge_numbers(space, slots, kind);
    for (int i = 0; i < c->operands; i++) set_validity(c->operand_packed, i, judge_operand(space, c, i));
    if (admitted) SHY_TRY(judge_roots(space, c));
    if (shy_units_starved(space->units)) SHY_TRY(SHY_MEMORY);
    *context_out = c, c = NULL;
out:
    shy_units_forget(space->units, units);
    shy_context_free(&c);
    return st;
}

static shy_status context_create(shy_space *space, int slots, const int *kind, shy_context **context_out)
{
    shy_status st = SHY_OK;
    shy_context *c = NULL;
    SHY_TRY(shy_context_judge(space, slots, kind, &c));
    SHY_TRY(build_ranges(c, space->list));
    SHY_TRY(build_sides(space, c));
    SHY_TRY(build_elements(space, c));
    *context_out = c, c = NULL;
out:
    shy_context_free(&c);
    return st;
}

static uint32_t bucket_of(const shy_space *space, int slots, const int *kind)
{
    return (uint32_t)(shy_hash_bytes(kind, (size_t)slots * sizeof *kind, (uint64_t)slots) & (space->buckets - 1U));
}

static void enter(shy_space *space, shy_context *context)
{
    shy_context **bucket = &space->bucket[bucket_of(space, context->slots, context->kind)];
    context->next = *bucket;
    *bucket = context;
}

static shy_status grow_buckets(shy_space *space)
{
    shy_status st = SHY_OK;
    shy_context **old = space->bucket, **larger = NULL;
    const uint32_t count = space->buckets;
    if (space->contexts < count) return SHY_OK;
    SHY_TRY(shy_new(count ? 4 * (size_t)count : 256, sizeof(shy_context *), &larger));
    space->bucket = larger;
    space->buckets = count ? 4 * count : 256;
    for (uint32_t b = 0; b < count; b++) {
        for (shy_context *c = old[b], *next; c; c = next) {
            next = c->next;
            enter(space, c);
        }
    }
    shy_free(&old);
out:
    return st;
}

shy_status shy_space_context(shy_space *space, const shy_tuple *tuple, const shy_context **context_out)
{
    shy_status st = SHY_OK;
    int kind[SHY_FACTORS_MAX] = {0};
    shy_context *made = NULL;
    for (int s = 0; s < tuple->count; s++) kind[s] = space->kind[tuple->factor[s]];
    for (shy_context *c = space->buckets ? space->bucket[bucket_of(space, tuple->count, kind)] : NULL; c; c = c->next) {
        if (c->slots == tuple->count && memcmp(c->kind, kind, (size_t)tuple->count * sizeof *kind) == 0) {
            *context_out = c;
            return SHY_OK;
        }
    }
    SHY_TRY(grow_buckets(space));
    SHY_TRY(context_create(space, tuple->count, kind, &made));
    enter(space, made);
    space->contexts++;
    *context_out = made;
out:
    return st;
}

/* ---- validity by ranges ---------------------------------------------------------------------------------------------- */

void shy_context_ranges(shy_space *space, const shy_context *context, const shy_program *program, const shy_tuple *tuple)
{
    for (int k = 0; k < program->count; k++) {
        const int i = program->operand[k];
        const shy_shape *shape = &context->operand[i];
        if (shape->op == SHY_OP_FACTOR) {
            space->scratch_range[i] = space->range[tuple->factor[shape->slot]];
            space->scratch_valid[i] = 1;
            continue;
        }
        const int right = shape->right >= 0 ? shape->right : shape->left;
        space->scratch_valid[i] = space->scratch_valid[shape->left] && space->scratch_valid[right] && shy_context_operand_validity(context, i) != SHY_NEVER &&
                                  shy_operator_range((shy_op)shape->op, space->scratch_range[shape->left], space->scratch_range[right],
                                                     &space->scratch_range[i]);
    }
}

bool shy_context_operand_valid(const shy_space *space, const shy_context *context, int operand)
{
    const shy_validity validity = shy_context_operand_validity(context, operand);
    return validity == SHY_DEPENDS ? space->scratch_valid[operand] : validity == SHY_ALWAYS;
}

bool shy_context_root_valid(const shy_space *space, const shy_context *context, int root)
{
    const shy_root *r = &context->root[root];
    const shy_validity validity = shy_context_root_validity(context, root);
    shy_interval ignored;
    if (validity != SHY_DEPENDS) return validity == SHY_ALWAYS;
    if (!space->scratch_valid[r->left] || (r->right >= 0 && !space->scratch_valid[r->right])) return false;
    const shy_condition condition = shy_root_condition(r);
    if (condition.u < 0) return true;
    const shy_interval *range = space->scratch_range;
    return shy_operator_range(condition.op, range[condition.u], range[condition.v >= 0 ? condition.v : condition.u], &ignored);
}
