/* Works a tile job off: multiplies panels of operands and follows up what the closed forms let through. */
#include "shy_config.h"

#include <string.h>

#include "side.h"

#define SLACK 1e-9 /* between a statistic and the mark: covers the rounding of fp64 */

struct shy_tile_work {
    shy_side *left, *right;
    shy_tile *tile;
    shy_tile_hit *hit;
};

uint64_t shy_tile_work_bytes(const shy_space *space, int tile_left, int tile_right, int left_capacity)
{
    const uint64_t sides = shy_side_bytes(space, left_capacity, true) + shy_side_bytes(space, tile_right, false);
    return sides + 5U * (uint64_t)tile_left * (uint64_t)tile_right * sizeof(float);
}

shy_status shy_tile_work_create(shy_engine *engine)
{
    shy_status st = SHY_OK;
    struct shy_tile_work *work = NULL;
    SHY_TRY(shy_new(1, sizeof *work, &work));
    engine->tiles = work;
    SHY_TRY(shy_side_create(engine->space, engine->left_capacity, true, &work->left));
    SHY_TRY(shy_side_create(engine->space, engine->tile_right, false, &work->right));
    SHY_TRY(shy_tile_create(engine->tile_left, engine->tile_right, &work->tile));
    SHY_TRY(shy_new((size_t)engine->tile_right * SHY_TILE_FORMS, sizeof *work->hit, &work->hit));
out:
    return st;
}

void shy_tile_work_destroy(shy_engine *engine)
{
    if (!engine->tiles) return;
    shy_side_destroy(&engine->tiles->left);
    shy_side_destroy(&engine->tiles->right);
    shy_tile_destroy(&engine->tiles->tile);
    shy_free(&engine->tiles->hit);
    shy_free(&engine->tiles);
}

/* ---- candidates ---------------------------------------------------------------------------------------------------------------- */

/* Which formula a hit stands for: operator or family, and which side is its left operand. */
typedef struct {
    shy_family family;
    shy_op op;
    bool swapped;
} shy_meaning;

static shy_meaning meaning_of(int left_inverse, int right_inverse, shy_tile_form form)
{
    const bool ratio = left_inverse || right_inverse;
    switch (form) {
    case SHY_TILE_PRODUCT: return (shy_meaning){SHY_FAMILY_PLAIN, ratio ? SHY_OP_DIVIDE : SHY_OP_MULTIPLY, left_inverse};
    case SHY_TILE_SUM: return (shy_meaning){SHY_FAMILY_PLAIN, SHY_OP_ADD, false};
    case SHY_TILE_DIFFERENCE: return (shy_meaning){SHY_FAMILY_PLAIN, SHY_OP_SUBTRACT, false};
    case SHY_TILE_WEIGHTED: return (shy_meaning){ratio ? SHY_FAMILY_WEIGHTED_INVERSE : SHY_FAMILY_WEIGHTED, SHY_OP_CONSTANT, left_inverse};
    case SHY_TILE_SHIFT_LEFT: return (shy_meaning){ratio ? SHY_FAMILY_SHIFTED_RATIO : SHY_FAMILY_SHIFTED, SHY_OP_CONSTANT, false};
    case SHY_TILE_SHIFT_RIGHT: return (shy_meaning){ratio ? SHY_FAMILY_SHIFTED_RATIO : SHY_FAMILY_SHIFTED, SHY_OP_CONSTANT, true};
    default: return (shy_meaning){SHY_FAMILY_INTERACTION, SHY_OP_CONSTANT, false};
    }
}

/* A constant can be added to the side that is not inverted only; u·v of two inverses does not occur. */
static bool form_exists(int left_inverse, int right_inverse, shy_tile_form form)
{
    if (!left_inverse && !right_inverse) return true;
    if (form == SHY_TILE_PRODUCT || form == SHY_TILE_WEIGHTED) return true;
    return (form == SHY_TILE_SHIFT_LEFT && right_inverse) || (form == SHY_TILE_SHIFT_RIGHT && left_inverse);
}

static int form_cost(const shy_grammar *grammar, shy_meaning meaning)
{
    if (meaning.family != SHY_FAMILY_PLAIN) return shy_family_cost(grammar, meaning.family);
    return grammar->allowed[meaning.op] ? grammar->weight[meaning.op] : 0;
}

static bool join_tuples(const shy_tuple *a, const shy_tuple *b, int most, shy_tuple *joint)
{
    int i = 0, j = 0, count = 0;
    while (i < a->count || j < b->count) {
        const bool take_a = j >= b->count || (i < a->count && a->factor[i] <= b->factor[j]);
        const uint32_t factor = take_a ? a->factor[i] : b->factor[j];
        if (count == most) return false;
        if (i < a->count && a->factor[i] == factor) i++;
        if (j < b->count && b->factor[j] == factor) j++;
        joint->factor[count++] = factor;
    }
    joint->count = count;
    return true;
}

static void operand_tree(const shy_instance *instance, const shy_tuple *joint, shy_tree *tree)
{
    uint32_t slot[SHY_FACTORS_MAX];
    for (int s = 0, at = 0; s < instance->tuple.count; s++) {
        while (joint->factor[at] != instance->tuple.factor[s]) at++;
        slot[s] = (uint32_t)at;
    }
    shy_shapes_operand_tree(instance->context->shapes, instance->operand, slot, tree);
}

/* The canonical formula of a pair, if it has one and it is valid for these factors. */
static shy_status identify(shy_space *space, const shy_instance *u, const shy_instance *v, shy_meaning meaning, shy_formula *formula, int *complexity)
{
    shy_status st = SHY_OK;
    shy_tree left, right;
    const shy_context *context = NULL;
    *complexity = 0;
    if (!join_tuples(&u->tuple, &v->tuple, space->slots_max, &formula->tuple)) return SHY_OK;
    operand_tree(u, &formula->tuple, &left);
    operand_tree(v, &formula->tuple, &right);
    SHY_TRY(shy_space_context(space, &formula->tuple, &context));
    if (meaning.family == SHY_FAMILY_PLAIN) {
        const int root = left.count - 1;
        (void)shy_tree_binary(&left, meaning.op, root, shy_tree_append(&left, &right));
    }
    formula->root = shy_shapes_find(context->shapes, meaning.family, &left, &right);
    if (formula->root < 0 || context->root_validity[formula->root] == SHY_NEVER) return SHY_OK;
    if (context->root_validity[formula->root] == SHY_DEPENDS) {
        shy_context_ranges(space, context, &context->ranges, &formula->tuple);
        if (!shy_context_root_valid(space, context, formula->root)) return SHY_OK;
    }
    *complexity = context->root[formula->root].complexity;
out:
    return st;
}

static shy_status follow_up(shy_engine *engine, const shy_instance *u, const shy_instance *v, shy_meaning meaning, double bound)
{
    shy_status st = SHY_OK;
    shy_formula formula;
    int complexity = 0;
    if (meaning.swapped) {
        const shy_instance *other = u;
        u = v, v = other;
    }
    SHY_TRY(shy_group_agree(engine->space->problem->team, identify(engine->space, u, v, meaning, &formula, &complexity)));
    if (complexity == 0 || bound < engine->mark[complexity] - SLACK) return SHY_OK;
    SHY_TRY(shy_engine_candidate(engine, complexity, &formula));
out:
    return st;
}

/* ---- tiles ------------------------------------------------------------------------------------------------------------------------ */

static void set_floors(const shy_engine *engine, const shy_job *job, int left_inverse, int right_inverse, double *floor)
{
    const shy_grammar *grammar = &engine->space->grammar;
    for (int form = 0; form < SHY_TILE_FORMS; form++) {
        floor[form] = 2.0;
        if (!form_exists(left_inverse, right_inverse, (shy_tile_form)form)) continue;
        const int cost = form_cost(grammar, meaning_of(left_inverse, right_inverse, (shy_tile_form)form));
        const int complexity = job->left_complexity + job->right_complexity + cost;
        if (cost == 0 || complexity > grammar->max_complexity) continue;
        floor[form] = engine->mark[complexity] - SLACK;
    }
}

static bool any_form(const double *floor)
{
    for (int form = 0; form < SHY_TILE_FORMS; form++) {
        if (floor[form] <= 1.0) return true;
    }
    return false;
}

static shy_status run_tile(shy_engine *engine, const shy_job *job, int left_inverse, int right_inverse, int first)
{
    shy_status st = SHY_OK;
    struct shy_tile_work *work = engine->tiles;
    const shy_rows *rows = &engine->space->problem->rows;
    const shy_panel *all = work->left->panel[left_inverse], *right = work->right->panel[right_inverse];
    double floor[SHY_TILE_FORMS];
    shy_panel left = *all;
    left.count = all->count - first < engine->tile_left ? all->count - first : engine->tile_left;
    left.pair += 2 * (size_t)first * (size_t)all->stride;
    left.response += (size_t)first * (size_t)all->stride;
    left.sums += first;
    shy_tile_moments(&left, right, work->tile);
    SHY_TRY(shy_group_sum_floats(rows->team, work->tile->product, 5 * (int64_t)left.count * right->count));
    for (int i = 0; i < left.count; i++) {
        set_floors(engine, job, left_inverse, right_inverse, floor);
        const int hits = shy_tile_screen(work->tile, &left, right, i, 1.0 / (double)rows->total, engine->epsilon, floor, work->hit);
        for (int h = 0; h < hits; h++) {
            const shy_tile_hit *hit = &work->hit[h];
            SHY_TRY(follow_up(engine, &work->left->in[left_inverse][first + i], &work->right->in[right_inverse][hit->right],
                              meaning_of(left_inverse, right_inverse, hit->form), hit->bound));
        }
    }
    if (engine->breathe) engine->breathe(engine->breathe_context);
out:
    return st;
}

static shy_status run_pair(shy_engine *engine, const shy_job *job, int left_inverse, int right_inverse)
{
    shy_status st = SHY_OK;
    const struct shy_tile_work *work = engine->tiles;
    double floor[SHY_TILE_FORMS];
    set_floors(engine, job, left_inverse, right_inverse, floor);
    if (work->right->panel[right_inverse]->count == 0 || !any_form(floor)) return SHY_OK;
    for (int first = 0; first < work->left->panel[left_inverse]->count; first += engine->tile_left) {
        SHY_TRY(run_tile(engine, job, left_inverse, right_inverse, first));
    }
out:
    return st;
}

/* Every block of left operands against every block of right operands. */
static shy_status run_streams(shy_engine *engine, const shy_job *job, shy_stream left, const shy_stream *right)
{
    shy_status st = SHY_OK;
    struct shy_tile_work *work = engine->tiles;
    const bool ratios = engine->space->grammar.allowed[SHY_OP_DIVIDE];
    const bool same = shy_job_equal_sides(job);
    int got_left = 0, got_right = 0;
    for (;;) {
        const uint64_t left_first = left.next;
        SHY_TRY(shy_side_fill(work->left, &left, ratios, &got_left));
        if (got_left == 0) return SHY_OK;
        shy_stream stream = *right;
        if (same && stream.next < left_first) stream.next = left_first; /* the earlier ones were this block's left partners */
        for (;;) {
            SHY_TRY(shy_side_fill(work->right, &stream, ratios, &got_right));
            if (got_right == 0) break;
            SHY_TRY(run_pair(engine, job, 0, 0));
            if (ratios) SHY_TRY(run_pair(engine, job, 0, 1));
            if (ratios) SHY_TRY(run_pair(engine, job, 1, 0));
        }
    }
out:
    return st;
}

/* The left operands' factors lie within the right tuple: one tuple at a time, all its subsets on the left. */
static shy_status run_inside(shy_engine *engine, const shy_job *job)
{
    shy_status st = SHY_OK;
    shy_space *space = engine->space;
    shy_tuple tuple;
    const uint64_t subsets = shy_binomial((uint64_t)job->right_slots, (uint64_t)job->left_slots);
    shy_tuple_unrank(space, NULL, job->right_slots, job->right_first, &tuple);
    for (uint64_t number = job->right_first; number < job->right_last; number++, (void)shy_tuple_next(space, NULL, &tuple)) {
        const shy_stream left = {.complexity = job->left_complexity, .slots = job->left_slots, .within = &tuple, .last = subsets, .at = -1};
        const shy_stream right = {.complexity = job->right_complexity, .slots = job->right_slots, .within = &tuple, .last = 1, .at = -1};
        SHY_TRY(run_streams(engine, job, left, &right));
        if (engine->breathe) engine->breathe(engine->breathe_context);
    }
out:
    return st;
}

/* The ranges of both sides within one pinned set. */
static shy_status run_pinned(shy_engine *engine, const shy_job *job, const shy_tuple *pinned)
{
    const shy_stream left = {.complexity = job->left_complexity, .slots = job->left_slots, .pinned = pinned,
                             .next = job->left_first, .last = job->left_last, .at = -1};
    const shy_stream right = {.complexity = job->right_complexity, .slots = job->right_slots, .pinned = pinned,
                              .next = job->right_first, .last = job->right_last, .at = -1};
    return run_streams(engine, job, left, &right);
}

shy_status shy_tile_work_run(shy_engine *engine, const shy_job *job)
{
    shy_status st = SHY_OK;
    shy_space *space = engine->space;
    if (job->inside) return run_inside(engine, job);
    shy_tuple pinned;
    shy_tuple_unrank(space, NULL, shy_pinned_factors(space, job->left_slots, job->right_slots), job->pinned_first, &pinned);
    for (uint64_t number = job->pinned_first; number < job->pinned_last; number++, (void)shy_tuple_next(space, NULL, &pinned)) {
        SHY_TRY(run_pinned(engine, job, &pinned));
    }
out:
    return st;
}
