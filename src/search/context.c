/* Contexts: which shapes are valid for factors of given kinds, and the programs that evaluate them. */
#include "shy_config.h"

#include <stdlib.h>
#include <string.h>

#include "context_impl.h"

static int nonnegative_slots(const shy_space *space, const shy_tuple *tuple)
{
    int count = 0;
    while (count < tuple->count && tuple->factor[count] < (uint32_t)space->nonnegative) count++;
    return count;
}

/* ---- which operands have an inverse among the operands ------------------------------------------------------------ */

static shy_status find_inverses(const shy_shapes *shapes, const shy_grammar *grammar, uint8_t **known_out)
{
    shy_status st = SHY_OK;
    int count = 0;
    const int *first = NULL;
    const shy_shape *operand = shy_shapes_operands(shapes, &count, &first);
    SHY_TRY(shy_new((size_t)count, 1, known_out));
    for (int i = 0; i < count && grammar->allowed[SHY_OP_MULTIPLY]; i++) {
        (*known_out)[i] = shy_shapes_inverse_complexity(shapes, i) <= operand[i].complexity;
    }
out:
    return st;
}

static shy_status shapes_for(shy_space *space, int slots, int nonnegative)
{
    shy_status st = SHY_OK;
    if (space->shapes[slots][nonnegative]) return SHY_OK;
    SHY_TRY(shy_shapes_create(&space->grammar, slots, nonnegative, &space->shapes[slots][nonnegative]));
    SHY_TRY(find_inverses(space->shapes[slots][nonnegative], &space->grammar, &space->inverse_known[slots][nonnegative]));
out:
    return st;
}

/* ---- validity by kinds ------------------------------------------------------------------------------------------- */

static shy_validity both(shy_validity a, shy_validity b)
{
    if (a == SHY_NEVER || b == SHY_NEVER) return SHY_NEVER;
    return a == SHY_ALWAYS && b == SHY_ALWAYS ? SHY_ALWAYS : SHY_DEPENDS;
}

typedef struct {
    shy_sign sign;
    shy_unit unit;
    shy_bounds bounds; /* over all factors of the kinds */
} shy_known;

static shy_validity judge(shy_space *space, shy_op op, const shy_known *u, const shy_known *v, shy_known *out)
{
    shy_validity by_sign = SHY_ALWAYS;
    out->sign = shy_sign_apply(op, u->sign, v ? v->sign : SHY_SIGN_ANY, &by_sign);
    out->unit = shy_unit_apply(space->units, space->grammar.units, op, u->unit, v ? v->unit : SHY_UNIT_UNKNOWN);
    if (out->unit == SHY_UNIT_INVALID || by_sign == SHY_NEVER) return SHY_NEVER;
    return shy_bounds_apply(op, &u->bounds, v ? &v->bounds : NULL, &out->bounds);
}

static void judge_operands(shy_space *space, shy_context *context, shy_known *known)
{
    for (int i = 0; i < context->operands; i++) {
        const shy_shape *shape = &context->operand[i];
        if (shape->op == SHY_OP_FACTOR) {
            const int kind = context->kind[shape->slot];
            known[i] = (shy_known){(shy_sign)space->kind_sign[kind], space->kind_unit[kind], shy_bounds_kind(space, kind)};
            context->operand_validity[i] = SHY_ALWAYS;
            continue;
        }
        shy_validity validity = shape->forbidden ? SHY_NEVER : (shy_validity)context->operand_validity[shape->left];
        if (shape->right >= 0) validity = both(validity, (shy_validity)context->operand_validity[shape->right]);
        const shy_known *right = shape->right >= 0 ? &known[shape->right] : NULL;
        if (validity != SHY_NEVER) validity = both(validity, judge(space, (shy_op)shape->op, &known[shape->left], right, &known[i]));
        context->operand_validity[i] = (uint8_t)validity;
    }
}

static shy_validity judge_root(shy_space *space, const shy_context *context, const shy_known *known, const shy_root *root)
{
    shy_validity validity = root->forbidden ? SHY_NEVER : (shy_validity)context->operand_validity[root->left];
    shy_known ignored;
    if (root->right >= 0) validity = both(validity, (shy_validity)context->operand_validity[root->right]);
    if (validity == SHY_NEVER || root->op == SHY_OP_FACTOR) return validity;
    if (root->family == SHY_FAMILY_PLAIN) {
        return both(validity, judge(space, (shy_op)root->op, &known[root->left], root->right >= 0 ? &known[root->right] : NULL, &ignored));
    }
    if (root->family == SHY_FAMILY_WEIGHTED_INVERSE || root->family == SHY_FAMILY_SHIFTED_RATIO) {
        return both(validity, judge(space, SHY_OP_INVERSE, &known[root->right], NULL, &ignored));
    }
    return validity;
}

/* Contexts are many where factors have many units: they keep no room that they do not use. */
#define TRIM(count, pointer) shy_grow((count) > 0 ? (size_t)(count) : 1, sizeof **(pointer), pointer)

static shy_status judge_roots(shy_space *space, shy_context *context, const shy_known *known)
{
    shy_status st = SHY_OK;
    SHY_TRY(shy_new((size_t)context->roots, sizeof *context->uncertain, &context->uncertain));
    for (int i = 0; i < context->roots; i++) {
        const shy_validity validity = judge_root(space, context, known, &context->root[i]);
        context->root_validity[i] = (uint8_t)validity;
        if (validity == SHY_ALWAYS) context->certain[context->root[i].complexity]++;
        if (validity == SHY_DEPENDS) context->uncertain[context->uncertain_count++] = i;
    }
    SHY_TRY(TRIM(context->uncertain_count, &context->uncertain));
out:
    return st;
}

/* ---- programs of a context ---------------------------------------------------------------------------------------- */

/* Ranges are needed of every operand below something that depends. They are kept by operand: places in the program are not needed. */
static shy_status build_ranges(shy_context *context, int *scratch)
{
    shy_status st = SHY_OK;
    int count = 0;
    for (int i = 0; i < context->operands; i++) {
        if (context->operand_validity[i] == SHY_DEPENDS) scratch[count++] = i;
    }
    for (int i = 0; i < context->uncertain_count; i++) {
        const shy_root *root = &context->root[context->uncertain[i]];
        scratch[count++] = root->left;
        if (root->right >= 0) scratch[count++] = root->right;
    }
    SHY_TRY(shy_program_build(context, scratch, count, &context->ranges));
    shy_free(&context->ranges.left);
    shy_free(&context->ranges.right);
out:
    return st;
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
    for (int c = 1; c <= space->grammar.max_complexity; c++) {
        const int first = context->operand_first[c], last = context->operand_first[c + 1];
        SHY_TRY(shy_new((size_t)(last - first), sizeof(int), &context->side[c]));
        for (int i = first; i < last; i++) {
            const shy_shape *shape = &context->operand[i];
            if (shape->mask != (1U << context->slots) - 1U || context->operand_validity[i] == SHY_NEVER) continue;
            if (shape->negative && signs_free) continue;
            context->side[c][context->side_count[c]++] = i;
        }
        SHY_TRY(TRIM(context->side_count[c], &context->side[c]));
        SHY_TRY(shy_program_build(context, context->side[c], context->side_count[c], &context->side_program[c]));
    }
out:
    return st;
}

static bool is_element(const shy_root *root)
{
    return root->family == SHY_FAMILY_PLAIN && !(root->op >= SHY_OP_ADD && root->op <= SHY_OP_DIVIDE);
}

static int compare_elements(const void *a, const void *b)
{
    const shy_element *x = a, *y = b;
    if (x->operand != y->operand) return x->operand < y->operand ? -1 : 1;
    return x->root < y->root ? -1 : x->root > y->root;
}

/* Kept are operands of binary elements and whatever stands below the operand of a unary one; the operand itself need not be. */
static int kept_operands(const shy_context *context, int *kept)
{
    int count = 0;
    for (int i = 0; i < context->element_count; i++) {
        const shy_root *root = &context->root[context->element[i].root];
        const shy_shape *left = &context->operand[root->left];
        if (root->right >= 0 || left->left < 0) kept[count++] = root->left;
        if (root->right >= 0) kept[count++] = root->right;
        if (root->right < 0 && left->left >= 0) kept[count++] = left->left;
        if (root->right < 0 && left->right >= 0) kept[count++] = left->right;
    }
    return count;
}

static shy_status place_elements(shy_context *context)
{
    shy_status st = SHY_OK;
    int *place = NULL;
    SHY_TRY(shy_new((size_t)context->operands, sizeof *place, &place));
    for (int i = 0; i < context->operands; i++) place[i] = -1;
    for (int i = 0; i < context->element_program.count; i++) place[context->element_program.operand[i]] = i;
    for (int i = 0; i < context->element_count; i++) {
        shy_element *element = &context->element[i];
        const shy_root *root = &context->root[element->root];
        const shy_shape *left = &context->operand[root->left];
        element->u = place[root->left];
        element->v = root->right >= 0 ? place[root->right] : -1;
        element->inner = left->op;
        element->a = left->left >= 0 ? place[left->left] : -1;
        element->b = left->right >= 0 ? place[left->right] : -1;
    }
out:
    shy_free(&place);
    return st;
}

static shy_status build_elements(shy_context *context, int *scratch)
{
    shy_status st = SHY_OK;
    SHY_TRY(shy_new((size_t)context->roots, sizeof *context->element, &context->element));
    for (int i = 0; i < context->roots; i++) {
        if (!is_element(&context->root[i]) || context->root_validity[i] == SHY_NEVER) continue;
        context->element[context->element_count++] = (shy_element){.root = i, .operand = context->root[i].left};
    }
    SHY_TRY(TRIM(context->element_count, &context->element));
    qsort(context->element, (size_t)context->element_count, sizeof *context->element, compare_elements);
    SHY_TRY(shy_program_build(context, scratch, kept_operands(context, scratch), &context->element_program));
    SHY_TRY(place_elements(context));
out:
    return st;
}

/* ---- making and finding contexts ----------------------------------------------------------------------------------- */

static void context_free(shy_context **context)
{
    shy_context *c = *context;
    if (!c) return;
    shy_free(&c->operand_validity);
    shy_free(&c->root_validity);
    shy_free(&c->uncertain);
    shy_free(&c->element);
    shy_program_free(&c->ranges);
    shy_program_free(&c->element_program);
    for (int k = 0; k < SHY_COMPLEXITY_MAX + 2; k++) {
        shy_free(&c->side[k]);
        shy_program_free(&c->side_program[k]);
    }
    shy_free(context);
}

void shy_contexts_destroy(shy_space *space)
{
    for (size_t b = 0; b < sizeof space->bucket / sizeof *space->bucket; b++) {
        for (shy_context *c = space->bucket[b]; c;) {
            shy_context *next = c->next;
            context_free(&c);
            c = next;
        }
    }
}

static shy_status grow_scratch(shy_space *space, int operands)
{
    shy_status st = SHY_OK;
    if (operands <= space->scratch) return SHY_OK;
    SHY_TRY(shy_grow((size_t)operands, sizeof *space->scratch_range, &space->scratch_range));
    SHY_TRY(shy_grow((size_t)operands, sizeof *space->scratch_valid, &space->scratch_valid));
    space->scratch = operands;
out:
    return st;
}

static shy_status context_create(shy_space *space, const shy_tuple *tuple, shy_context **context_out)
{
    shy_status st = SHY_OK;
    shy_context *c = NULL;
    shy_known *known = NULL;
    int *scratch = NULL;
    const int m = nonnegative_slots(space, tuple);
    SHY_TRY(shapes_for(space, tuple->count, m));
    SHY_TRY(shy_new(1, sizeof *c, &c));
    c->slots = tuple->count;
    c->shapes = space->shapes[c->slots][m];
    c->inverse_known = space->inverse_known[c->slots][m];
    c->operand = shy_shapes_operands(c->shapes, &c->operands, &c->operand_first);
    c->root = shy_shapes_roots(c->shapes, &c->roots, &c->root_first);
    for (int s = 0; s < c->slots; s++) c->kind[s] = space->kind[tuple->factor[s]];
    SHY_TRY(shy_new((size_t)c->operands, 1, &c->operand_validity));
    SHY_TRY(shy_new((size_t)c->roots, 1, &c->root_validity));
    SHY_TRY(shy_new((size_t)c->operands, sizeof *known, &known));
    SHY_TRY(shy_new(2 * (size_t)c->operands + 4 * (size_t)c->roots, sizeof *scratch, &scratch));
    SHY_TRY(grow_scratch(space, c->operands));
    judge_operands(space, c, known);
    SHY_TRY(judge_roots(space, c, known));
    if (shy_units_starved(space->units)) SHY_TRY(SHY_MEMORY);
    SHY_TRY(build_ranges(c, scratch));
    SHY_TRY(build_sides(space, c));
    SHY_TRY(build_elements(c, scratch));
    *context_out = c, c = NULL;
out:
    context_free(&c);
    shy_free(&known);
    shy_free(&scratch);
    return st;
}

shy_status shy_space_context(shy_space *space, const shy_tuple *tuple, const shy_context **context_out)
{
    shy_status st = SHY_OK;
    int kind[SHY_FACTORS_MAX] = {0};
    for (int s = 0; s < tuple->count; s++) kind[s] = space->kind[tuple->factor[s]];
    const uint64_t b = shy_hash_bytes(kind, (size_t)tuple->count * sizeof *kind, (uint64_t)tuple->count) % 4096U;
    for (shy_context *c = space->bucket[b]; c; c = c->next) {
        if (c->slots == tuple->count && memcmp(c->kind, kind, (size_t)tuple->count * sizeof *kind) == 0) {
            *context_out = c;
            return SHY_OK;
        }
    }
    shy_context *made = NULL;
    SHY_TRY(context_create(space, tuple, &made));
    made->next = space->bucket[b];
    space->bucket[b] = made;
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
        space->scratch_valid[i] = space->scratch_valid[shape->left] && space->scratch_valid[right] && context->operand_validity[i] != SHY_NEVER &&
                                  shy_operator_range((shy_op)shape->op, space->scratch_range[shape->left], space->scratch_range[right],
                                                     &space->scratch_range[i]);
    }
}

bool shy_context_operand_valid(const shy_space *space, const shy_context *context, int operand)
{
    if (context->operand_validity[operand] == SHY_DEPENDS) return space->scratch_valid[operand];
    return context->operand_validity[operand] == SHY_ALWAYS;
}

bool shy_context_root_valid(const shy_space *space, const shy_context *context, int root)
{
    const shy_root *r = &context->root[root];
    shy_interval ignored;
    if (context->root_validity[root] != SHY_DEPENDS) return context->root_validity[root] == SHY_ALWAYS;
    if (!space->scratch_valid[r->left] || (r->right >= 0 && !space->scratch_valid[r->right])) return false;
    if (r->family == SHY_FAMILY_PLAIN) {
        return shy_operator_range((shy_op)r->op, space->scratch_range[r->left], space->scratch_range[r->right >= 0 ? r->right : r->left], &ignored);
    }
    if (r->family == SHY_FAMILY_WEIGHTED_INVERSE || r->family == SHY_FAMILY_SHIFTED_RATIO) {
        return shy_operator_range(SHY_OP_INVERSE, space->scratch_range[r->right], space->scratch_range[r->right], &ignored);
    }
    return true;
}
