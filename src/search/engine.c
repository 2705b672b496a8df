/* The engine: what a rank needs to work jobs off, and the way of a candidate into the lists. */
#include "shy_config.h"

#include <string.h>

#include "direction.h"

/*
 * Operands of a tile. Panels take at most a quarter of the memory. Large left sides, because every right operand is evaluated and packed
 * once for each of them; tiles whose sums stay in the caches.
 */
enum { BLOCK = 256, RIGHT = 512, PAIRS = 16384, LEFT_CAPACITY = 4096, LEAST = 16, BLOCK_LEAST = 64, PAIRS_LEAST = 2048 };

/*
 * About the most operands of one class, from the first set of as many factors each: small problems need no large panels. Where it is too
 * few, panels are filled more often.
 */
static int operands_most(shy_space *space)
{
    double most = LEAST;
    for (int slots = 1; slots <= space->slots_max; slots++) {
        shy_tuple tuple;
        const shy_context *context = NULL;
        shy_tuple_unrank(space, NULL, slots, 0, &tuple);
        if (shy_space_context(space, &tuple, &context) != SHY_OK) {
            shy_error_clear(); /* who needs the context will say so */
            return LEFT_CAPACITY;
        }
        for (int c = 1; c <= space->grammar.max_complexity; c++) {
            const double operands = (double)shy_tuple_sets(space, 0, slots) * context->side_count[c];
            if (operands > most) most = operands;
        }
    }
    return most < LEFT_CAPACITY ? (int)most : LEFT_CAPACITY;
}

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

/* No panel needs more room than the largest job fills, known about: sets of factors differ in how many operands they have. */
#define SETS_DIFFER 1.1
#define SETS_MORE 4.0

static int side_most(int most, double of_jobs)
{
    const double room = of_jobs * SETS_DIFFER + SETS_MORE;
    return of_jobs > 0.0 && room < most ? (int)room : most;
}

/* With directions a tile has more planes: fewer operands, but no fewer than multiply well. */
int shy_engine_block(const shy_space *space)
{
    const int block = BLOCK * 5 / (5 + space->view.directions) / 32 * 32;
    return block < BLOCK_LEAST ? BLOCK_LEAST : block;
}

shy_tile_metric shy_shape_metric(const shy_space *space, const shy_tile_shape *shape, shy_tile_layout *layout)
{
    shy_tile_metric metric = shy_view_metric(&space->view);
    *layout = (shy_tile_layout){.segments = shape->segments, .responses = shape->responses - 1};
    if (!shy_shape_is_plain(shape)) metric.layout = layout;
    return metric;
}

/* What is chosen, before memory is looked at. */
static shy_tile_shape fast_shape(shy_space *space, const shy_search_options *options, shy_precision precision, const shy_layout *layout, int views)
{
    const int most = operands_most(space), left_most = side_most(most, space->left_most), right_most = side_most(most, space->right_most);
    int block = shy_engine_block(space), right = RIGHT;
    shy_tile_shape shape = {.left_capacity = left_most, .pairs = PAIRS, .tiles = space->problem->team->row_blocks > 1 ? 2U : 1U, .wide = precision == SHY_FP64};
    shape.segments = layout->segments, shape.responses = layout->responses, shape.views = views;
    if (!shy_shape_is_plain(&shape)) {
        shy_tile_layout sizes;
        const shy_tile_metric metric = shy_shape_metric(space, &shape, &sizes);
        shy_tile_advise(&metric, &block, &right);
        shape.pairs = PAIRS / views > PAIRS_LEAST ? PAIRS / views : PAIRS_LEAST;
    }
    shape.block = smaller(block, left_most);
    shape.right = smaller(right, right_most);
    if (options->tile_left > 0) shape.left_capacity = shape.block = options->tile_left;
    if (options->tile_right > 0) shape.right = options->tile_right;
    return shape;
}

static shy_tile_shape shape_of(shy_space *space, const shy_search_options *options, shy_precision precision, const shy_layout *layout, int views)
{
    shy_tile_shape shape = fast_shape(space, options, precision, layout, views);
    while (options->tile_left == 0 && shape.left_capacity > LEAST && shy_tile_work_bytes(space, &shape) > options->memory / 4U) {
        shape.left_capacity /= 2;
        if (shape.right > shape.left_capacity && options->tile_right == 0) shape.right = shape.left_capacity;
        if (shape.block > shape.left_capacity) shape.block = shape.left_capacity;
        if (shape.pairs > shape.block * shape.right) shape.pairs = shape.block * shape.right;
    }
    return shape;
}

uint64_t shy_scoring_bytes(const shy_space *space)
{
    const uint64_t rows = (uint64_t)space->problem->rows.rows;
    const uint64_t columns = SHY_PROBES + SHY_FAMILY_TERMS + 2U * (uint64_t)space->view.directions;
    return rows * sizeof(double) * columns + shy_direction_bytes(space);
}

uint64_t shy_engine_bytes(shy_space *space, const shy_search_options *options, shy_precision precision, const shy_layout *layout, int views)
{
    const shy_tile_shape shape = shape_of(space, options, precision, layout, views);
    return (uint64_t)views * shy_scoring_bytes(space) + shy_tile_work_bytes(space, &shape);
}

/* A plain search needs no layout. */
shy_tile_metric shy_engine_metric(const shy_engine *engine)
{
    shy_tile_metric metric = shy_view_metric(&engine->space->view);
    metric.response = engine->layout.response[0];
    if (!engine->plain) metric.layout = &engine->tile_layout;
    return metric;
}

/* The first member's choice for all members: their rows and their memory may differ. Collective over the group. */
static shy_status share_shape(shy_engine *engine)
{
    engine->shape = shape_of(engine->space, engine->options, engine->precision, &engine->layout, engine->views);
    return shy_group_broadcast(engine->space->problem->team, &engine->shape, sizeof engine->shape);
}

static shy_status allocate_views(shy_engine *engine, const shy_outlook *outlook)
{
    shy_status st = SHY_OK;
    shy_space *space = engine->space;
    const size_t levels = (size_t)space->grammar.max_complexity + 1;
    SHY_TRY(shy_new((size_t)outlook->views, sizeof *engine->seen, &engine->seen));
    SHY_TRY(shy_new((size_t)outlook->views * levels, sizeof *engine->marks, &engine->marks));
    for (int v = 0; v < engine->views; v++) {
        shy_engine_view *seen = &engine->seen[v];
        seen->view = outlook->view[v];
        seen->sight = outlook->sight[v];
        seen->samples = space->problem->rows.total;
        if (seen->sight.left_out >= 0) seen->samples -= engine->layout.samples[seen->sight.left_out];
        seen->mark = engine->marks + (size_t)v * levels;
        for (size_t c = 0; c < levels; c++) seen->mark[c] = -1.0;
        SHY_TRY(shy_best_create(space, outlook->keep, &seen->best));
        SHY_TRY(shy_scorer_create(space, seen->view, engine->options->seed, &seen->scorer));
        SHY_TRY(shy_direction_create(space, seen->view, &seen->direction));
    }
out:
    return st;
}

static shy_status engine_allocate(shy_engine *engine, const shy_outlook *outlook)
{
    shy_status st = SHY_OK;
    SHY_TRY(allocate_views(engine, outlook));
    SHY_TRY(shy_tile_work_create(engine));
    SHY_TRY(shy_element_work_create(engine));
out:
    return st;
}

shy_status shy_engine_create_pass(shy_space *space, const shy_search_options *options, shy_precision precision, const shy_outlook *outlook,
                                  shy_engine **engine_out)
{
    shy_status st = SHY_OK;
    shy_engine *engine = NULL;
    SHY_TRY_ALL(space->problem->team, shy_new(1, sizeof *engine, &engine));
    engine->space = space;
    engine->options = options;
    engine->precision = precision;
    engine->views = outlook->views;
    engine->layout = outlook->layout;
    engine->order = outlook->order;
    engine->plain = outlook->views == 1 && outlook->layout.segments == 1 && outlook->layout.responses == 1;
    engine->tile_layout = (shy_tile_layout){.segments = outlook->layout.segments,
                                            .cut = outlook->layout.cut,
                                            .samples = outlook->layout.samples,
                                            .responses = outlook->layout.responses - 1,
                                            .response = outlook->layout.response + 1};
    SHY_TRY(share_shape(engine));
    SHY_TRY_ALL(space->problem->team, engine_allocate(engine, outlook));
    *engine_out = engine, engine = NULL;
out:
    shy_engine_destroy(&engine);
    return st;
}

/* One view of all samples. What its outlook points at is the engine's own in the end. */
shy_status shy_engine_create(shy_space *space, const shy_search_options *options, shy_precision precision, shy_engine **engine_out)
{
    shy_status st = SHY_OK;
    const shy_view *const view[] = {&space->view};
    const double *const response[] = {space->view.scaled_response};
    const shy_rows *rows = &space->problem->rows;
    const int cut[] = {0, rows->rows};
    const shy_sight sight = {.left_out = -1, .scale = 1.0};
    const shy_outlook outlook = {1, view, &sight, shy_best_reserve(options->keep), {1, cut, &rows->total, 1, response}, NULL};
    SHY_TRY(shy_engine_create_pass(space, options, precision, &outlook, engine_out));
    shy_engine *engine = *engine_out;
    memcpy(engine->whole_cut, cut, sizeof cut);
    engine->whole_samples[0] = rows->total;
    engine->whole_response[0] = response[0];
    engine->layout.cut = engine->whole_cut;
    engine->layout.samples = engine->whole_samples;
    engine->layout.response = engine->whole_response;
out:
    return st;
}

void shy_engine_destroy(shy_engine **engine)
{
    if (!*engine) return;
    shy_tile_work_destroy(*engine);
    shy_element_work_destroy(*engine);
    for (int v = 0; (*engine)->seen && v < (*engine)->views; v++) {
        shy_best_destroy(&(*engine)->seen[v].best);
        shy_scorer_destroy(&(*engine)->seen[v].scorer);
        shy_direction_destroy(&(*engine)->seen[v].direction);
    }
    shy_free(&(*engine)->seen);
    shy_free(&(*engine)->marks);
    shy_free(engine);
}

/* The mark may have come from another rank and be higher than one's own K-th best; it never sinks. */
shy_status shy_engine_candidate(shy_engine *engine, int v, int complexity, const shy_formula *formula)
{
    shy_status st = SHY_OK;
    const shy_engine_view *seen = &engine->seen[v];
    shy_score score;
    bool degenerate = false, admitted = true;
    double own[SHY_COMPLEXITY_MAX + 1];
    const double start = shy_time_seconds();
    SHY_TRY(shy_scorer_score(seen->scorer, formula, &score, &degenerate));
    engine->screening.scored++;
    if (degenerate || (seen->direction && score.statistic < seen->mark[complexity])) goto out;
    SHY_TRY(shy_direction_admits(seen->direction, formula, &admitted));
    if (!admitted) goto out;
    SHY_TRY(shy_group_agree(engine->space->problem->team, shy_best_offer(seen->best, complexity, formula, &score)));
    shy_best_marks(seen->best, own);
    if (own[complexity] > seen->mark[complexity]) seen->mark[complexity] = own[complexity];
out:
    engine->times.candidates += shy_time_seconds() - start;
    return st;
}

shy_status shy_engine_work(shy_engine *engine, const shy_job *job)
{
    const double start = shy_time_seconds(), scoring = engine->times.candidates, packing = engine->times.operands;
    const shy_status st = job->kind == SHY_JOB_TILE ? shy_tile_work_run(engine, job) : shy_element_work_run(engine, job);
    const double rest = shy_time_seconds() - start - (engine->times.candidates - scoring) - (engine->times.operands - packing);
    *(job->kind == SHY_JOB_TILE ? &engine->times.tiles : &engine->times.elements) += rest;
    return st;
}
