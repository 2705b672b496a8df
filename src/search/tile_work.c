/* Works a tile job off: streams operands into panels, multiplies them, and follows up what the closed forms let through. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "search_impl.h"

enum { CHUNK = 256 };       /* samples that a program evaluates at a time */
#define SLACK 1e-9          /* between a statistic and the mark: covers the rounding of fp64 */

/* An operand in a panel: which shape over which factors. */
typedef struct {
    const shy_context *context;
    shy_tuple tuple;
    int operand;
} shy_instance;

/* One side: the operands as they are, and their inverses. */
typedef struct {
    int capacity;
    shy_instance *instance; /* of the next fill */
    double *value[2];       /* capacity × rows: as they are, inverse */
    shy_panel *panel[2];    /* plain, inverse */
    shy_instance *in[2];    /* what the panels hold */
} shy_side;

struct shy_tile_work {
    shy_side left, right;
    shy_tile *tile;
    shy_tile_hit *hit;
    double *evaluation;     /* program × CHUNK */
    size_t evaluation_size;
    double *sum;            /* scratch for sums over the group */
    int tuples_count;
};

/*
 * Where a stream of operands stands: all valid operands of one complexity over a range of tuples, which hold the pinned
 * factors, or lie within one larger tuple.
 */
typedef struct {
    int complexity, slots;
    const shy_tuple *pinned, *within;
    uint64_t next, last;
    shy_tuple tuple;
    const shy_context *context; /* of `tuple`; NULL before the first */
    int at;                 /* within the context's side list; −1: the tuple is not set up yet */
} shy_stream;

/* ---- memory ------------------------------------------------------------------------------------------------------------ */

static shy_status side_create(shy_side *side, int capacity, int rows, bool left)
{
    shy_status st = SHY_OK;
    side->capacity = capacity;
    SHY_TRY(shy_new((size_t)capacity, sizeof *side->instance, &side->instance));
    for (int k = 0; k < 2; k++) {
        SHY_TRY(shy_new((size_t)capacity * (size_t)rows, sizeof(double), &side->value[k]));
        SHY_TRY(shy_panel_create(capacity, rows, left, &side->panel[k]));
        SHY_TRY(shy_new((size_t)capacity, sizeof *side->in[k], &side->in[k]));
    }
out:
    return st;
}

static void side_destroy(shy_side *side)
{
    shy_free(&side->instance);
    for (int k = 0; k < 2; k++) {
        shy_free(&side->value[k]);
        shy_panel_destroy(&side->panel[k]);
        shy_free(&side->in[k]);
    }
}

uint64_t shy_tile_work_bytes(const shy_space *space, int tile_left, int tile_right, int left_capacity)
{
    const int rows = space->problem->rows.rows;
    const uint64_t values = 2U * (uint64_t)(left_capacity + tile_right) * (uint64_t)rows * sizeof(double);
    const uint64_t panels = 2U * (shy_panel_bytes(left_capacity, rows, true) + shy_panel_bytes(tile_right, rows, false));
    return values + panels + 5U * (uint64_t)tile_left * (uint64_t)tile_right * sizeof(float);
}

shy_status shy_tile_work_create(shy_engine *engine)
{
    shy_status st = SHY_OK;
    struct shy_tile_work *work = NULL;
    const int rows = engine->space->problem->rows.rows;
    SHY_TRY(shy_new(1, sizeof *work, &work));
    engine->tiles = work;
    const int larger = engine->left_capacity > engine->tile_right ? engine->left_capacity : engine->tile_right;
    SHY_TRY(side_create(&work->left, engine->left_capacity, rows, true));
    SHY_TRY(side_create(&work->right, engine->tile_right, rows, false));
    SHY_TRY(shy_tile_create(engine->tile_left, engine->tile_right, &work->tile));
    SHY_TRY(shy_new((size_t)engine->tile_right * SHY_TILE_FORMS, sizeof *work->hit, &work->hit));
    SHY_TRY(shy_new(3 * (size_t)larger, sizeof *work->sum, &work->sum));
out:
    return st;
}

void shy_tile_work_destroy(shy_engine *engine)
{
    if (!engine->tiles) return;
    side_destroy(&engine->tiles->left);
    side_destroy(&engine->tiles->right);
    shy_tile_destroy(&engine->tiles->tile);
    shy_free(&engine->tiles->hit);
    shy_free(&engine->tiles->evaluation);
    shy_free(&engine->tiles->sum);
    shy_free(&engine->tiles);
}

/* ---- streams of operands -------------------------------------------------------------------------------------------------- */

/* The number-th subset of `count` factors of a tuple. */
static void subset(const shy_tuple *tuple, int count, uint64_t number, shy_tuple *subset_out)
{
    for (unsigned mask = 1;; mask++) {
        if (__builtin_popcount(mask) != count || number-- > 0) continue;
        subset_out->count = 0;
        for (int s = 0; s < tuple->count; s++) {
            if (mask >> s & 1U) subset_out->factor[subset_out->count++] = tuple->factor[s];
        }
        return;
    }
}

static void stream_tuple(const shy_space *space, shy_stream *stream)
{
    if (stream->within) subset(stream->within, stream->slots, stream->next, &stream->tuple);
    else if (stream->context) (void)shy_tuple_next(space, stream->pinned, &stream->tuple);
    else shy_tuple_unrank(space, stream->pinned, stream->slots, stream->next, &stream->tuple);
}

/* Next operand of the stream; false at the end. */
static shy_status stream_next(shy_space *space, shy_stream *stream, shy_instance *instance_out, bool *got_out)
{
    shy_status st = SHY_OK;
    *got_out = false;
    for (;;) {
        if (stream->at < 0) {
            if (stream->next >= stream->last) return SHY_OK;
            stream_tuple(space, stream);
            SHY_TRY(shy_space_context(space, &stream->tuple, &stream->context));
            shy_context_ranges(space, stream->context, &stream->context->side_program[stream->complexity], &stream->tuple);
            stream->at = 0;
        }
        if (stream->at >= stream->context->side_count[stream->complexity]) {
            stream->at = -1;
            stream->next++;
            continue;
        }
        const int operand = stream->context->side[stream->complexity][stream->at++];
        if (!shy_context_operand_valid(space, stream->context, operand)) continue;
        *instance_out = (shy_instance){stream->context, stream->tuple, operand};
        *got_out = true;
        return SHY_OK;
    }
out:
    return st;
}

static shy_status stream_fill(shy_space *space, shy_stream *stream, shy_side *side, int *count_out)
{
    shy_status st = SHY_OK;
    int count = 0;
    bool got = true;
    while (count < side->capacity) {
        SHY_TRY(stream_next(space, stream, &side->instance[count], &got));
        if (!got) break;
        count++;
    }
    *count_out = count;
out:
    return st;
}

/* ---- values of operands ---------------------------------------------------------------------------------------------------- */

static shy_status reserve_evaluation(struct shy_tile_work *work, int places)
{
    const size_t needed = (size_t)places * CHUNK;
    if (needed <= work->evaluation_size) return SHY_OK;
    const shy_status st = shy_grow(needed, sizeof *work->evaluation, &work->evaluation);
    if (st == SHY_OK) work->evaluation_size = needed;
    return st;
}

static void run_program(const shy_space *space, const shy_context *context, const shy_program *program, const shy_tuple *tuple, int row, int rows,
                        double *buffer)
{
    for (int k = 0; k < program->count; k++) {
        const shy_shape *shape = &context->operand[program->operand[k]];
        double *out = buffer + (size_t)k * CHUNK;
        if (shape->op == SHY_OP_FACTOR) {
            memcpy(out, space->column[tuple->factor[shape->slot]] + row, (size_t)rows * sizeof *out);
        } else {
            const double *u = buffer + (size_t)program->left[k] * CHUNK;
            shy_operator_screen_rows((shy_op)shape->op, rows, u, program->right[k] >= 0 ? buffer + (size_t)program->right[k] * CHUNK : u, out);
        }
    }
}

static bool same_tuple(const shy_tuple *a, const shy_tuple *b)
{
    return a->count == b->count && memcmp(a->factor, b->factor, (size_t)a->count * sizeof *a->factor) == 0;
}

/* Values of instances first … last−1, which share one tuple. */
static shy_status evaluate_tuple(shy_engine *engine, shy_side *side, int first, int last)
{
    shy_status st = SHY_OK;
    struct shy_tile_work *work = engine->tiles;
    const shy_instance *instance = &side->instance[first];
    const shy_context *context = instance->context;
    const shy_program *program = &context->side_program[context->operand[instance->operand].complexity];
    const int rows = engine->space->problem->rows.rows;
    SHY_TRY(reserve_evaluation(work, program->count));
    for (int row = 0; row < rows; row += CHUNK) {
        const int count = rows - row < CHUNK ? rows - row : CHUNK;
        run_program(engine->space, context, program, &instance->tuple, row, count, work->evaluation);
        for (int i = first, k = 0; i < last; i++) {
            while (program->operand[k] != side->instance[i].operand) k++; /* both ascend */
            memcpy(side->value[0] + (size_t)i * (size_t)rows + row, work->evaluation + (size_t)k * CHUNK, (size_t)count * sizeof(double));
        }
    }
out:
    return st;
}

static shy_status evaluate_side(shy_engine *engine, shy_side *side, int count)
{
    shy_status st = SHY_OK;
    for (int first = 0, last; first < count; first = last) {
        for (last = first + 1; last < count && same_tuple(&side->instance[first].tuple, &side->instance[last].tuple);) last++;
        SHY_TRY(evaluate_tuple(engine, side, first, last));
    }
out:
    return st;
}

/* ---- panels ------------------------------------------------------------------------------------------------------------------ */

/* An inverse is needed only where it is not itself an operand, and only if it is defined. */
static bool inverse_wanted(const shy_space *space, const shy_instance *instance)
{
    shy_interval ignored;
    const shy_context *context = instance->context;
    const bool cheaper = space->grammar.weight[SHY_OP_MULTIPLY] <= space->grammar.weight[SHY_OP_DIVIDE];
    if (cheaper && context->inverse_known[instance->operand]) return false;
    const shy_interval range = space->scratch_range[instance->operand];
    return shy_operator_range(SHY_OP_INVERSE, range, range, &ignored);
}

/* Sums over all samples, divided by their number. Collective over the group. */
static shy_status average(shy_engine *engine, double *sum, int count)
{
    const shy_rows *rows = &engine->space->problem->rows;
    const shy_status st = shy_group_sum(rows->team, sum, count);
    for (int i = 0; i < count; i++) sum[i] /= (double)rows->total;
    return st;
}

/* Packs `count` columns of side->value[which] that `in` describes; operands that are constant on the data are left out. */
static shy_status pack(shy_engine *engine, shy_side *side, int which, int count)
{
    shy_status st = SHY_OK;
    const int rows = engine->space->problem->rows.rows;
    shy_panel *panel = side->panel[which];
    double *mean = engine->tiles->sum, *square = mean + count, out[3];
    memset(mean, 0, 2 * (size_t)count * sizeof *mean);
    for (int i = 0; i < count; i++) mean[i] = shy_row_sum(rows, side->value[which] + (size_t)i * (size_t)rows);
    SHY_TRY(average(engine, mean, count));
    for (int i = 0; i < count; i++) square[i] = shy_row_square(rows, side->value[which] + (size_t)i * (size_t)rows, mean[i]);
    SHY_TRY(average(engine, square, count));
    int packed = 0;
    for (int i = 0; i < count; i++) {
        const double scale = sqrt(square[i]);
        if (!(scale > 1e-13 * fabs(mean[i])) || !isfinite(scale)) continue;
        const shy_operand_sums sums = {.mean = mean[i], .scale = scale, .mu = mean[i] / scale};
        shy_panel_pack(panel, packed, side->value[which] + (size_t)i * (size_t)rows, engine->space->response, &sums, out);
        panel->sums[packed].y = out[0], panel->sums[packed].fourth = out[1], panel->sums[packed].weighted = out[2];
        side->in[which][packed++] = side->in[which][i];
    }
    panel->count = packed;
    double *all = engine->tiles->sum;
    for (int i = 0; i < packed; i++) {
        all[3 * i] = panel->sums[i].y, all[3 * i + 1] = panel->sums[i].fourth, all[3 * i + 2] = panel->sums[i].weighted;
    }
    SHY_TRY(average(engine, all, 3 * packed));
    for (int i = 0; i < packed; i++) {
        panel->sums[i].y = all[3 * i];
        panel->sums[i].fourth = sqrt(all[3 * i + 1]);
        panel->sums[i].weighted = sqrt(all[3 * i + 2]);
    }
out:
    return st;
}

/* Fills both panels of a side with the next operands of a stream. count_out: operands taken from the stream. Collective over the group. */
static shy_status side_fill(shy_engine *engine, shy_side *side, shy_stream *stream, bool inverses, int *count_out)
{
    shy_status st = SHY_OK;
    const int rows = engine->space->problem->rows.rows;
    int count = 0, wanted = 0;
    const int complexity = stream->complexity;
    SHY_TRY(shy_group_agree(engine->space->problem->team, stream_fill(engine->space, stream, side, &count)));
    SHY_TRY(shy_group_agree(engine->space->problem->team, evaluate_side(engine, side, count)));
    memcpy(side->in[0], side->instance, (size_t)count * sizeof *side->instance);
    SHY_TRY(pack(engine, side, 0, count));
    side->panel[1]->count = 0;
    for (int i = 0; inverses && i < count; i++) {
        if (i == 0 || !same_tuple(&side->instance[i].tuple, &side->instance[i - 1].tuple)) {
            shy_context_ranges(engine->space, side->instance[i].context, &side->instance[i].context->side_program[complexity], &side->instance[i].tuple);
        }
        if (!inverse_wanted(engine->space, &side->instance[i])) continue;
        const double *from = side->value[0] + (size_t)i * (size_t)rows;
        shy_operator_screen_rows(SHY_OP_INVERSE, rows, from, NULL, side->value[1] + (size_t)wanted * (size_t)rows);
        side->in[1][wanted++] = side->instance[i];
    }
    if (inverses) SHY_TRY(pack(engine, side, 1, wanted));
    *count_out = count;
out:
    return st;
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
    const shy_panel *all = work->left.panel[left_inverse], *right = work->right.panel[right_inverse];
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
            SHY_TRY(follow_up(engine, &work->left.in[left_inverse][first + i], &work->right.in[right_inverse][hit->right],
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
    if (work->right.panel[right_inverse]->count == 0 || !any_form(floor)) return SHY_OK;
    for (int first = 0; first < work->left.panel[left_inverse]->count; first += engine->tile_left) {
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
    const bool same = job->left_slots == job->right_slots && job->left_complexity == job->right_complexity && !job->inside;
    int got_left = 0, got_right = 0;
    for (;;) {
        const uint64_t left_first = left.next;
        SHY_TRY(side_fill(engine, &work->left, &left, ratios, &got_left));
        if (got_left == 0) return SHY_OK;
        shy_stream stream = *right;
        if (same && stream.next < left_first) stream.next = left_first; /* the earlier ones were this block's left partners */
        for (;;) {
            SHY_TRY(side_fill(engine, &work->right, &stream, ratios, &got_right));
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
    shy_tuple_unrank(space, NULL, job->right_slots, job->first, &tuple);
    for (uint64_t number = job->first; number < job->last; number++, (void)shy_tuple_next(space, NULL, &tuple)) {
        const shy_stream left = {.complexity = job->left_complexity, .slots = job->left_slots, .within = &tuple, .last = subsets, .at = -1};
        const shy_stream right = {.complexity = job->right_complexity, .slots = job->right_slots, .within = &tuple, .last = 1, .at = -1};
        SHY_TRY(run_streams(engine, job, left, &right));
        if (engine->breathe) engine->breathe(engine->breathe_context);
    }
out:
    return st;
}

shy_status shy_tile_work_run(shy_engine *engine, const shy_job *job)
{
    shy_space *space = engine->space;
    if (job->inside) return run_inside(engine, job);
    shy_tuple pinned;
    const int pins = shy_pinned_factors(space, job->left_slots, job->right_slots);
    shy_tuple_unrank(space, NULL, pins, job->pinned, &pinned);
    const shy_stream left = {.complexity = job->left_complexity, .slots = job->left_slots, .pinned = &pinned,
                             .last = shy_tuple_sets(space, pins, job->left_slots), .at = -1};
    const shy_stream right = {.complexity = job->right_complexity, .slots = job->right_slots, .pinned = &pinned,
                              .next = job->first, .last = job->last, .at = -1};
    return run_streams(engine, job, left, &right);
}
