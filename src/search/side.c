/* One side of a tile: operands streamed, evaluated, standardised and packed. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "side.h"

/* ---- memory ------------------------------------------------------------------------------------------------------------ */

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

/* Inverses are operands where there is division. */
static int inverse_capacity(const shy_space *space, int capacity)
{
    return space->grammar.allowed[SHY_OP_DIVIDE] ? capacity : 1;
}

shy_status shy_side_create(const shy_engine *engine, int capacity, int block, bool wide, shy_side **side_out)
{
    shy_status st = SHY_OK;
    shy_side *side = NULL;
    shy_space *space = engine->space;
    const shy_rows *samples = &space->problem->rows;
    const int rows = samples->rows;
    const shy_tile_metric metric = shy_engine_metric(engine);
    SHY_TRY(shy_new(1, sizeof *side, &side));
    side->space = space;
    side->engine = engine;
    side->capacity = capacity;
    SHY_TRY(shy_new((size_t)capacity, sizeof *side->instance, &side->instance));
    SHY_TRY(shy_new(2 * (size_t)capacity, sizeof *side->sum, &side->sum));
    SHY_TRY(shy_new((size_t)shy_metric_partials(&metric) * (size_t)capacity, sizeof *side->partial, &side->partial));
    SHY_TRY(shy_new((size_t)capacity, sizeof *side->from, &side->from));
    if (engine->order) SHY_TRY(shy_new((size_t)SHY_FACTORS_MAX * SHY_CHUNK, sizeof *side->laid, &side->laid));
    for (int k = 0; k < 2; k++) {
        const int most = k == 0 ? capacity : inverse_capacity(space, capacity);
        SHY_TRY(shy_new((size_t)most * (size_t)rows, sizeof(double), &side->value[k]));
        SHY_TRY(shy_panel_create(most, smaller(block, most), rows, samples->total, &metric, block > 0, wide, &side->panel[k]));
        SHY_TRY(shy_new((size_t)most, sizeof *side->in[k], &side->in[k]));
    }
    if (!engine->plain) SHY_TRY(shy_side_views_create(side));
    *side_out = side, side = NULL;
out:
    shy_side_destroy(&side);
    return st;
}

void shy_side_destroy(shy_side **side)
{
    if (!*side) return;
    shy_free(&(*side)->instance);
    shy_free(&(*side)->sum);
    shy_free(&(*side)->partial);
    shy_free(&(*side)->from);
    shy_free(&(*side)->evaluation);
    shy_free(&(*side)->laid);
    shy_side_views_destroy(*side);
    for (int k = 0; k < 2; k++) {
        shy_free(&(*side)->value[k]);
        shy_panel_destroy(&(*side)->panel[k]);
        shy_free(&(*side)->in[k]);
    }
    shy_free(side);
}

static uint64_t panel_bytes(const shy_space *space, const shy_tile_shape *shape, int capacity, int block)
{
    const int rows = space->problem->rows.rows;
    shy_tile_layout sizes;
    const shy_tile_metric metric = shy_shape_metric(space, shape, &sizes);
    const uint64_t columns = (uint64_t)capacity * ((uint64_t)rows * sizeof(double) + sizeof(shy_instance));
    return columns + shy_panel_bytes(capacity, smaller(block, capacity), rows, &metric, block > 0, shape->wide);
}

uint64_t shy_side_bytes(const shy_space *space, const shy_tile_shape *shape, int capacity, int block)
{
    shy_tile_layout sizes;
    const shy_tile_metric metric = shy_shape_metric(space, shape, &sizes);
    const uint64_t sums = 2U + (uint64_t)shy_metric_partials(&metric), count = (uint64_t)capacity;
    const uint64_t instances = sizeof(shy_instance) + sizeof(int) + sums * sizeof(double);
    const uint64_t panels = panel_bytes(space, shape, capacity, block) + panel_bytes(space, shape, inverse_capacity(space, capacity), block);
    return count * instances + panels + (shy_shape_is_plain(shape) ? 0U : shy_side_views_bytes(shape, capacity, block));
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

/* Where the last fill ended within a tuple, its ranges have been overwritten since by those of other tuples. */
static shy_status stream_fill(shy_space *space, shy_stream *stream, shy_side *side, int *count_out)
{
    shy_status st = SHY_OK;
    int count = 0;
    bool got = true;
    if (stream->at >= 0) shy_context_ranges(space, stream->context, &stream->context->side_program[stream->complexity], &stream->tuple);
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

static bool same_tuple(const shy_tuple *a, const shy_tuple *b)
{
    return a->count == b->count && memcmp(a->factor, b->factor, (size_t)a->count * sizeof *a->factor) == 0;
}

/* The values of a factor at places row … row + count − 1 of the layout. */
static const double *lay(const shy_side *side, int slot, const double *column, int row, int count)
{
    const int *order = side->engine->order;
    if (!order) return column + row;
    double *out = side->laid + (size_t)slot * SHY_CHUNK;
    for (int i = 0; i < count; i++) out[i] = column[order[row + i]];
    return out;
}

/* Values of instances first … last−1, which share one tuple. */
static shy_status evaluate_tuple(shy_side *side, int first, int last)
{
    shy_status st = SHY_OK;
    const shy_instance *instance = &side->instance[first];
    const shy_context *context = instance->context;
    const shy_program *program = &context->side_program[context->operand[instance->operand].complexity];
    const int rows = side->space->problem->rows.rows;
    const double *column[SHY_FACTORS_MAX];
    SHY_TRY(shy_program_reserve(program, &side->evaluation, &side->evaluation_size));
    SHY_TRY(shy_space_columns(side->space, &instance->tuple, column));
    for (int row = 0; row < rows; row += SHY_CHUNK) {
        const int count = rows - row < SHY_CHUNK ? rows - row : SHY_CHUNK;
        const double *factor[SHY_FACTORS_MAX];
        for (int s = 0; s < instance->tuple.count; s++) factor[s] = lay(side, s, column[s], row, count);
        shy_program_run(context, program, NULL, factor, count, side->evaluation);
        for (int i = first, k = 0; i < last; i++) {
            while (program->operand[k] != side->instance[i].operand) k++; /* both ascend */
            memcpy(side->value[0] + (size_t)i * (size_t)rows + row, side->evaluation + (size_t)k * SHY_CHUNK, (size_t)count * sizeof(double));
        }
    }
out:
    return st;
}

static shy_status evaluate_side(shy_side *side, int count)
{
    shy_status st = SHY_OK;
    for (int first = 0, last; first < count; first = last) {
        for (last = first + 1; last < count && same_tuple(&side->instance[first].tuple, &side->instance[last].tuple);) last++;
        SHY_TRY(evaluate_tuple(side, first, last));
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
static shy_status average(const shy_side *side, double *sum, int count)
{
    const shy_rows *rows = &side->space->problem->rows;
    const shy_status st = shy_group_sum(rows->team, sum, count);
    for (int i = 0; i < count; i++) sum[i] /= (double)rows->total;
    return st;
}

/* Means and standard deviations of the first `count` columns of side->value[which]: mean[i], and square[i] behind them. */
static shy_status standardise(shy_side *side, int which, int count, double *mean, double *square)
{
    shy_status st = SHY_OK;
    const int rows = side->space->problem->rows.rows;
    const double *root = side->space->view.root;
    memset(mean, 0, 2 * (size_t)count * sizeof *mean);
    for (int i = 0; i < count; i++) {
        const double *u = side->value[which] + (size_t)i * (size_t)rows;
        mean[i] = root ? shy_row_weighted_sum(rows, root, u) : shy_row_sum(rows, u);
    }
    SHY_TRY(average(side, mean, count));
    for (int i = 0; i < count; i++) {
        const double *u = side->value[which] + (size_t)i * (size_t)rows;
        square[i] = root ? shy_row_weighted_square(rows, root, u, mean[i]) : shy_row_square(rows, u, mean[i]);
    }
    SHY_TRY(average(side, square, count));
out:
    return st;
}

/* Operands of which the directions leave little are summed once more. Collective over the group, whose members see the same sums. */
static shy_status pack_leaning(shy_side *side, int which, int packed)
{
    shy_status st = SHY_OK;
    const int rows = side->space->problem->rows.rows;
    shy_panel *panel = side->panel[which];
    double *partial = side->partial;
    const size_t each = (size_t)shy_metric_residuals(&panel->metric);
    int leaning = 0;
    for (int i = 0; i < packed; i++) {
        if (!shy_panel_leans(panel, i)) continue;
        shy_panel_residual(panel, i, side->value[which] + (size_t)side->from[i] * (size_t)rows, partial + each * (size_t)leaning);
        side->from[leaning++] = i; /* those before i have been looked at */
    }
    SHY_TRY(shy_group_sum(side->space->problem->team, partial, (int64_t)each * leaning));
    for (int k = 0; k < leaning; k++) shy_panel_complete_residual(panel, side->from[k], partial + each * (size_t)k);
out:
    return st;
}

/* Packs `count` columns of side->value[which] that `in` describes; operands that are constant on the data are left out. */
static shy_status pack(shy_side *side, int which, int count)
{
    shy_status st = SHY_OK;
    const int rows = side->space->problem->rows.rows;
    shy_panel *panel = side->panel[which];
    const size_t sums_each = (size_t)shy_metric_partials(&panel->metric);
    double *mean = side->sum, *square = mean + count, *partial = side->partial;
    int packed = 0;
    SHY_TRY(standardise(side, which, count, mean, square));
    for (int i = 0; i < count; i++) {
        const double scale = sqrt(square[i]);
        if (!shy_operand_varies(mean[i], scale)) continue;
        const shy_operand_sums sums = {.mean = mean[i], .scale = scale, .mu = mean[i] / scale};
        shy_panel_pack(panel, packed, side->value[which] + (size_t)i * (size_t)rows, &sums, partial + sums_each * (size_t)packed);
        side->from[packed] = i;
        side->in[which][packed++] = side->in[which][i];
    }
    SHY_TRY(shy_group_sum(side->space->problem->team, partial, (int64_t)sums_each * packed));
    for (int i = 0; i < packed; i++) shy_panel_complete(panel, i, partial + sums_each * (size_t)i);
    if (side->space->view.directions > 0) SHY_TRY(pack_leaning(side, which, packed));
    shy_panel_finish(panel, packed);
    if (side->seen[which]) SHY_TRY(shy_side_look(side, which));
out:
    return st;
}

shy_status shy_side_fill(shy_side *side, shy_stream *stream, bool inverses, int *count_out)
{
    shy_status st = SHY_OK;
    const int rows = side->space->problem->rows.rows;
    int count = 0, wanted = 0;
    const int complexity = stream->complexity;
    SHY_TRY(shy_group_agree(side->space->problem->team, stream_fill(side->space, stream, side, &count)));
    SHY_TRY(shy_group_agree(side->space->problem->team, evaluate_side(side, count)));
    memcpy(side->in[0], side->instance, (size_t)count * sizeof *side->instance);
    SHY_TRY(pack(side, 0, count));
    shy_panel_finish(side->panel[1], 0);
    for (int i = 0; inverses && i < count; i++) {
        if (i == 0 || !same_tuple(&side->instance[i].tuple, &side->instance[i - 1].tuple)) {
            shy_context_ranges(side->space, side->instance[i].context, &side->instance[i].context->side_program[complexity], &side->instance[i].tuple);
        }
        if (!inverse_wanted(side->space, &side->instance[i])) continue;
        const double *from = side->value[0] + (size_t)i * (size_t)rows;
        shy_operator_screen_rows(SHY_OP_INVERSE, rows, from, NULL, side->value[1] + (size_t)wanted * (size_t)rows);
        side->in[1][wanted++] = side->instance[i];
    }
    if (inverses) SHY_TRY(pack(side, 1, wanted));
    *count_out = count;
out:
    return st;
}
