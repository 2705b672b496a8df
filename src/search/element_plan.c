/*
 * Makes the plan of a context's element-wise formulas: their operands, in which precision each is computed, and an
 * order of the sums.
 */
#include "shy_config.h"

#include <stdlib.h>
#include <string.h>

#include "element_plan.h"

typedef struct shy_element_plan shy_element_plan;

enum { KEPT_BLOCK = 64 }; /* kept operands that stay in the cache while others are joined with them */

/*
 * ---- elements
 * -------------------------------------------------------------------------------------------------------
 */

static bool is_element(const shy_context *context, int root)
{
    const shy_root *r = &context->root[root];
    if (shy_context_root_validity(context, root) == SHY_NEVER || r->family != SHY_FAMILY_PLAIN) return false;
    return !(r->op >= SHY_OP_ADD && r->op <= SHY_OP_DIVIDE);
}

static shy_status collect_elements(const shy_context *context, shy_element_plan *plan)
{
    shy_status st = SHY_OK;
    for (int i = 0; i < context->roots; i++)
        plan->count += is_element(context, i);
    SHY_TRY(shy_new((size_t)plan->count, sizeof *plan->element, &plan->element));
    SHY_TRY(shy_new((size_t)plan->count, sizeof *plan->group, &plan->group));
    for (int i = 0, at = 0; i < context->roots; i++) {
        const shy_root *root = &context->root[i];
        if (!is_element(context, i)) continue;
        plan->element[at++] = (shy_element){.root = i,
                                            .op = root->op,
                                            .complexity = root->complexity,
                                            .certain = shy_context_root_validity(context, i) == SHY_ALWAYS};
    }
out:
    return st;
}

/*
 * ---- places
 * ---------------------------------------------------------------------------------------------------------
 */

/*
 * Kept are operands of binary elements and whatever stands below the operand of a unary one; the operand itself need
 * not be.
 */
static int kept_operands(const shy_context *context, const shy_element_plan *plan, int *kept)
{
    int count = 0;
    for (int i = 0; i < plan->count; i++) {
        const shy_root *root = &context->root[plan->element[i].root];
        const shy_shape *left = &context->operand[root->left];
        if (root->right >= 0 || left->left < 0) kept[count++] = root->left;
        if (root->right >= 0) kept[count++] = root->right;
        if (root->right < 0 && left->left >= 0) kept[count++] = left->left;
        if (root->right < 0 && left->right >= 0) kept[count++] = left->right;
    }
    return count;
}

static void set_place(const shy_context *context, const int *place_of, int operand, shy_element_place *place)
{
    const shy_shape *shape = &context->operand[operand];
    *place = (shy_element_place){.operand = operand, .op = shape->op, .slot = shape->slot, .mask = shape->mask};
    place->a = shape->left >= 0 ? place_of[shape->left] : -1;
    place->b = shape->right >= 0 ? place_of[shape->right] : -1;
}

/* Kept places first, then the spots, both in the order of operands: those below come before. place_of[operand], −1. */
static shy_status make_places(const shy_context *context, shy_element_plan *plan, int *scratch, int *place_of)
{
    shy_status st = SHY_OK;
    shy_program kept = {0};
    SHY_TRY(shy_program_build(context, scratch, kept_operands(context, plan, scratch), &kept));
    for (int i = 0; i < context->operands; i++)
        place_of[i] = -1;
    for (int k = 0; k < kept.count; k++)
        place_of[kept.operand[k]] = k;
    plan->kept = plan->places = kept.count;
    for (int i = 0; i < plan->count; i++) {
        const int left = context->root[plan->element[i].root].left;
        if (place_of[left] < 0) place_of[left] = INT32_MAX;
    }
    for (int i = 0; i < context->operands; i++) {
        if (place_of[i] == INT32_MAX) place_of[i] = plan->places++;
    }
    SHY_TRY(shy_new((size_t)plan->places, sizeof *plan->place, &plan->place));
    for (int i = 0; i < context->operands; i++) {
        if (place_of[i] >= 0) set_place(context, place_of, i, &plan->place[place_of[i]]);
    }
    for (int i = 0; i < plan->count; i++) {
        const shy_root *root = &context->root[plan->element[i].root];
        plan->element[i].u = place_of[root->left];
        plan->element[i].v = place_of[root->right >= 0 ? root->right : root->left];
    }
out:
    shy_program_free(&kept);
    return st;
}

/*
 * ---- precision
 * -------------------------------------------------------------------------------------------------------
 */

static bool signs_alike(const uint8_t *sign, int u, int v)
{
    return (sign[u] <= SHY_SIGN_NONNEGATIVE && sign[v] <= SHY_SIGN_NONNEGATIVE) ||
           (sign[u] == SHY_SIGN_NEGATIVE && sign[v] == SHY_SIGN_NEGATIVE);
}

static bool place_alike(const shy_element_plan *plan, const uint8_t *sign, const shy_element_place *place)
{
    return place->b >= 0 && signs_alike(sign, plan->place[place->a].operand, plan->place[place->b].operand);
}

/* The result may be next to nothing beside its operands, so that their last digits are all there is. */
static bool cancels(shy_op op, bool alike)
{
    return op == SHY_OP_SUBTRACT || op == SHY_OP_RELDIFF || op == SHY_OP_LOG || (op == SHY_OP_ADD && !alike);
}

/* fp32 where its error is bounded, from operands in fp32; else fp64, rounded once. */
static void choose_precision(shy_element_plan *plan, const uint8_t *sign)
{
    for (int p = 0; p < plan->places; p++) {
        shy_element_place *place = &plan->place[p];
        const double a = place->a >= 0 ? plan->place[place->a].error : 1.0,
                     b = place->b >= 0 ? plan->place[place->b].error : a;
        place->wide =
            place->a >= 0 && !shy_rough_operand((shy_op)place->op, place_alike(plan, sign, place), a, b, &place->error);
        if (place->wide || place->a < 0) place->error = 1.0;
    }
    for (int i = 0; i < plan->count; i++)
        plan->place[plan->element[i].u].narrow = plan->place[plan->element[i].v].narrow = true;
    for (int p = plan->places - 1; p >= 0; p--) {
        const shy_element_place *place = &plan->place[p];
        const bool exact = place->exact || cancels((shy_op)place->op, place_alike(plan, sign, place));
        const int below[2] = {place->a, place->b};
        for (int k = 0; k < 2; k++) {
            if (below[k] < 0) continue;
            plan->place[below[k]].exact |= exact;
            plan->place[below[k]].wide |= place->wide;
            plan->place[below[k]].stored |= place->wide;
            plan->place[below[k]].narrow |= place->narrow && !place->wide;
        }
    }
}

/*
 * Values that something wide needs are computed in fp64 and rounded once: their error is smaller than was thought
 * above.
 */
static void settle_errors(shy_element_plan *plan, const uint8_t *sign)
{
    for (int p = 0; p < plan->places; p++) {
        shy_element_place *place = &plan->place[p];
        if (place->wide || place->a < 0) {
            place->error = 1.0;
            continue;
        }
        const double a = plan->place[place->a].error, b = place->b >= 0 ? plan->place[place->b].error : a;
        (void)shy_rough_operand((shy_op)place->op, place_alike(plan, sign, place), a, b, &place->error);
    }
}

static void bound_elements(const shy_context *context, shy_element_plan *plan, const uint8_t *sign)
{
    for (int i = 0; i < plan->count; i++) {
        shy_element *element = &plan->element[i];
        const shy_root *root = &context->root[element->root];
        const bool alike = root->right >= 0 && signs_alike(sign, root->left, root->right);
        element->rough = shy_rough_root((shy_op)root->op, alike, plan->place[element->u].error,
                                        plan->place[element->v].error, &element->error);
    }
}

/*
 * ---- order
 * -------------------------------------------------------------------------------------------------------------
 */

/*
 * Elements with the same block of operands are summed one after the other: kept ones by the right operand, then those
 * of each block of spots.
 */
static int block_of(const shy_element_plan *plan, const shy_element *element)
{
    if (element->u < plan->kept) return element->v / KEPT_BLOCK;
    return plan->kept / KEPT_BLOCK + 1 + (element->u - plan->kept) / SHY_SPOTS;
}

typedef struct {
    int block;
    shy_element element;
} ordered;

static int class_of(const shy_element *element)
{
    return !element->rough ? 2 : !element->certain;
}

static int compare_ordered(const void *a, const void *b)
{
    const ordered *x = a, *y = b;
    if (class_of(&x->element) != class_of(&y->element)) return class_of(&x->element) - class_of(&y->element);
    if (x->block != y->block) return x->block < y->block ? -1 : 1;
    if (x->element.op != y->element.op) return x->element.op < y->element.op ? -1 : 1;
    if (x->element.u != y->element.u) return x->element.u < y->element.u ? -1 : 1;
    return x->element.root < y->element.root ? -1 : x->element.root > y->element.root;
}

/* The end of the elements of the same class, block and operator as the first. */
static int end_of_group(const shy_element_plan *plan, const ordered *order, int first)
{
    int last = first + 1;
    while (last < plan->rough && order[last].block == order[first].block &&
           order[last].element.op == order[first].element.op &&
           order[last].element.certain == order[first].element.certain)
        last++;
    return last;
}

/* The spots of a block are made before its first group. */
static void add_group(shy_element_plan *plan, const ordered *order, int first, int last, bool new_block)
{
    const int u = order[first].element.u;
    shy_element_group group = {.op = order[first].element.op, .first = first, .last = last};
    if (u >= plan->kept && new_block) {
        group.first_spot = u - (u - plan->kept) % SHY_SPOTS;
        group.last_spot = group.first_spot + SHY_SPOTS < plan->places ? group.first_spot + SHY_SPOTS : plan->places;
    }
    plan->group[plan->groups++] = group;
}

/* Groups of both classes, block by block. */
static void make_groups(shy_element_plan *plan, const ordered *order)
{
    int at[2] = {0, plan->certain}, block = -1;
    const int end[2] = {plan->certain, plan->rough};
    while (at[0] < end[0] || at[1] < end[1]) {
        const bool second = at[0] == end[0] || (at[1] < end[1] && order[at[1]].block < order[at[0]].block);
        const int first = at[second], last = end_of_group(plan, order, first);
        add_group(plan, order, first, last, order[first].block != block);
        block = order[first].block;
        at[second] = last;
    }
}

static shy_status order_elements(shy_element_plan *plan)
{
    shy_status st = SHY_OK;
    ordered *order = NULL;
    SHY_TRY(shy_new((size_t)plan->count, sizeof *order, &order));
    for (int i = 0; i < plan->count; i++) {
        order[i] = (ordered){block_of(plan, &plan->element[i]), plan->element[i]};
        plan->rough += plan->element[i].rough;
        plan->certain += plan->element[i].rough && plan->element[i].certain;
    }
    qsort(order, (size_t)plan->count, sizeof *order, compare_ordered);
    for (int i = 0; i < plan->count; i++) {
        shy_element *element = &plan->element[i];
        *element = order[i].element;
        element->u_column = shy_element_column(plan, element->u),
        element->v_column = shy_element_column(plan, element->v);
    }
    make_groups(plan, order);
out:
    shy_free(&order);
    return st;
}

/*
 * ---- validity
 * ------------------------------------------------------------------------------------------------------------
 */

typedef struct {
    int level; /* no step needs another of its level */
    uint8_t op;
    int32_t u, v, out;
} step;

static int compare_steps(const void *a, const void *b)
{
    const step *x = a, *y = b;
    if (x->level != y->level) return x->level - y->level;
    if (x->op != y->op) return x->op < y->op ? -1 : 1;
    return x->out < y->out ? -1 : x->out > y->out;
}

static shy_status set_steps(step *steps, int count, shy_element_ranges *ranges)
{
    shy_status st = SHY_OK;
    qsort(steps, (size_t)count, sizeof *steps, compare_steps);
    SHY_TRY(shy_new((size_t)count, sizeof *ranges->group, &ranges->group));
    SHY_TRY(shy_new((size_t)count, sizeof *ranges->u, &ranges->u));
    SHY_TRY(shy_new((size_t)count, sizeof *ranges->v, &ranges->v));
    SHY_TRY(shy_new((size_t)count, sizeof *ranges->out, &ranges->out));
    ranges->count = count;
    for (int i = 0; i < count; i++) {
        if (i == 0 || steps[i].level != steps[i - 1].level || steps[i].op != steps[i - 1].op) {
            ranges->group[ranges->groups++] = (shy_element_steps){steps[i].op, i, i};
        }
        ranges->group[ranges->groups - 1].last = i + 1;
        ranges->u[i] = steps[i].u, ranges->v[i] = steps[i].v, ranges->out[i] = steps[i].out;
    }
out:
    return st;
}

/* Operands below elements that may not be valid; leaves are no steps. */
static shy_status plan_ranges(const shy_context *context, shy_element_plan *plan, const step *roots, int count)
{
    shy_status st = SHY_OK;
    step *steps = NULL;
    int *scratch = NULL, *level = NULL, at = 0;
    shy_program program = {0};
    SHY_TRY(shy_new(2 * (size_t)count, sizeof *scratch, &scratch));
    SHY_TRY(shy_new((size_t)context->operands, sizeof *level, &level));
    for (int i = 0; i < count; i++)
        scratch[2 * i] = roots[i].u, scratch[2 * i + 1] = roots[i].v;
    SHY_TRY(shy_program_build(context, scratch, 2 * count, &program));
    SHY_TRY(shy_new((size_t)program.count, sizeof *steps, &steps));
    for (int s = 0; s < SHY_FACTORS_MAX; s++)
        plan->leaf[s] = -1;
    for (int k = 0; k < program.count; k++) {
        const int i = program.operand[k];
        const shy_shape *shape = &context->operand[i];
        const int u = shape->left, v = shape->right >= 0 ? shape->right : shape->left;
        if (u < 0) {
            plan->leaf[shape->slot] = i;
            continue;
        }
        level[i] = 1 + (level[u] > level[v] ? level[u] : level[v]);
        steps[at++] = (step){level[i], shape->op, u, v, i};
    }
    SHY_TRY(set_steps(steps, at, &plan->ranges));
out:
    shy_program_free(&program);
    shy_free(&steps);
    shy_free(&scratch);
    shy_free(&level);
    return st;
}

static shy_status plan_validity(const shy_context *context, shy_element_plan *plan)
{
    shy_status st = SHY_OK;
    step *roots = NULL;
    int count = 0;
    SHY_TRY(shy_new((size_t)plan->count, sizeof *roots, &roots));
    for (int i = 0; i < plan->count; i++) {
        const shy_root *root = &context->root[plan->element[i].root];
        if (!plan->element[i].certain)
            roots[count++] = (step){0, root->op, root->left, root->right >= 0 ? root->right : root->left, i};
    }
    SHY_TRY(plan_ranges(context, plan, roots, count));
    SHY_TRY(set_steps(roots, count, &plan->roots));
out:
    shy_free(&roots);
    return st;
}

/*
 * ---- making
 * ---------------------------------------------------------------------------------------------------------------
 */

/* Contexts are many where factors have many units: they keep no room that they do not use. */
#define TRIM(count, pointer) shy_grow((count) > 0 ? (size_t)(count) : 1, sizeof **(pointer), pointer)

shy_status shy_element_plan_create(const shy_context *context, const uint8_t *sign, shy_element_plan **plan_out)
{
    shy_status st = SHY_OK;
    shy_element_plan *plan = NULL;
    int *scratch = NULL, *place_of = NULL;
    SHY_TRY(shy_new(1, sizeof *plan, &plan));
    SHY_TRY(collect_elements(context, plan));
    SHY_TRY(shy_new(4 * (size_t)plan->count, sizeof *scratch, &scratch)); /* kept_operands names up to four each */
    SHY_TRY(shy_new((size_t)context->operands, sizeof *place_of, &place_of));
    SHY_TRY(make_places(context, plan, scratch, place_of));
    choose_precision(plan, sign);
    settle_errors(plan, sign);
    bound_elements(context, plan, sign);
    SHY_TRY(order_elements(plan));
    SHY_TRY(plan_validity(context, plan));
    SHY_TRY(TRIM(plan->groups, &plan->group));
    *plan_out = plan, plan = NULL;
out:
    shy_element_plan_destroy(&plan);
    shy_free(&scratch);
    shy_free(&place_of);
    return st;
}

static void free_ranges(shy_element_ranges *ranges)
{
    shy_free(&ranges->group);
    shy_free(&ranges->u);
    shy_free(&ranges->v);
    shy_free(&ranges->out);
}

void shy_element_plan_destroy(shy_element_plan **plan)
{
    shy_element_plan *p = *plan;
    if (!p) return;
    shy_free(&p->element);
    shy_free(&p->place);
    shy_free(&p->group);
    free_ranges(&p->ranges);
    free_ranges(&p->roots);
    shy_free(plan);
}
