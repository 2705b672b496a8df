/* The engine: what a rank needs to work jobs off, and the way of a candidate into the lists. */
#include "shy_config.h"

#include <string.h>

#include "search_impl.h"

/* Panels are chosen so that a tile's sums stay in the second-level cache and a panel within a fraction of the memory. */
void shy_engine_shape(const shy_space *space, const shy_search_options *options, int *tile_left, int *tile_right, int *left_capacity)
{
    const uint64_t row_bytes = 4U * (uint64_t)(space->problem->rows.rows + 16);
    const uint64_t share = options->memory / 8U;
    *tile_left = options->tile_left > 0 ? options->tile_left : 64;
    *tile_right = options->tile_right > 0 ? options->tile_right : 384;
    *left_capacity = options->tile_left > 0 ? options->tile_left : 512;
    while (options->tile_right == 0 && *tile_right > 16 && (uint64_t)*tile_right * row_bytes * 6U > share) *tile_right /= 2;
    while (options->tile_left == 0 && *left_capacity > 16 && (uint64_t)*left_capacity * row_bytes * 8U > share) *left_capacity /= 2;
    if (*tile_left > *left_capacity) *tile_left = *left_capacity;
}

uint64_t shy_engine_bytes(const shy_space *space, const shy_search_options *options)
{
    int tile_left, tile_right, left_capacity;
    shy_engine_shape(space, options, &tile_left, &tile_right, &left_capacity);
    const uint64_t rows = (uint64_t)space->problem->rows.rows, levels = (uint64_t)space->grammar.max_complexity;
    const uint64_t lists = levels * (uint64_t)shy_best_reserve(options->keep) * (sizeof(shy_best_entry) + 128U);
    const uint64_t scores = rows * sizeof(double) * (SHY_PROBES + SHY_BASIS_MAX + 20U);
    return lists + scores + shy_tile_work_bytes(space, tile_left, tile_right, left_capacity);
}

/* The first member's choice for all members: their rows and their memory may differ. Collective over the group. */
static shy_status share_shape(shy_engine *engine)
{
    int shape[3];
    shy_engine_shape(engine->space, engine->options, &shape[0], &shape[1], &shape[2]);
    const shy_status st = shy_group_broadcast(engine->space->problem->team, shape, sizeof shape);
    engine->tile_left = shape[0], engine->tile_right = shape[1], engine->left_capacity = shape[2];
    return st;
}

static shy_status engine_allocate(shy_engine *engine)
{
    shy_status st = SHY_OK;
    shy_space *space = engine->space;
    SHY_TRY(shy_best_create(space, shy_best_reserve(engine->options->keep), &engine->best));
    SHY_TRY(shy_scorer_create(space, engine->options->seed, &engine->scorer));
    SHY_TRY(shy_new((size_t)space->grammar.max_complexity + 1, sizeof(double), &engine->mark));
    SHY_TRY(shy_tile_work_create(engine));
    SHY_TRY(shy_element_work_create(engine));
    for (int c = 0; c <= space->grammar.max_complexity; c++) engine->mark[c] = -1.0;
out:
    return st;
}

shy_status shy_engine_create(shy_space *space, const shy_search_options *options, shy_engine **engine_out)
{
    shy_status st = SHY_OK;
    shy_engine *engine = NULL;
    SHY_TRY_ALL(space->problem->team, shy_new(1, sizeof *engine, &engine));
    engine->space = space;
    engine->options = options;
    engine->epsilon = shy_tile_epsilon(space->problem->rows.total, space->problem->team->row_blocks);
    SHY_TRY(share_shape(engine));
    SHY_TRY_ALL(space->problem->team, engine_allocate(engine));
    *engine_out = engine, engine = NULL;
out:
    shy_engine_destroy(&engine);
    return st;
}

void shy_engine_destroy(shy_engine **engine)
{
    if (!*engine) return;
    shy_tile_work_destroy(*engine);
    shy_element_work_destroy(*engine);
    shy_best_destroy(&(*engine)->best);
    shy_scorer_destroy(&(*engine)->scorer);
    shy_free(&(*engine)->mark);
    shy_free(engine);
}

/* The mark may have come from another rank and be higher than one's own K-th best; it never sinks. */
shy_status shy_engine_candidate(shy_engine *engine, int complexity, const shy_formula *formula)
{
    shy_status st = SHY_OK;
    shy_score score;
    bool degenerate = false;
    double own[SHY_COMPLEXITY_MAX + 1];
    SHY_TRY(shy_scorer_score(engine->scorer, formula, &score, &degenerate));
    engine->rescored++;
    if (degenerate) return SHY_OK;
    SHY_TRY(shy_group_agree(engine->space->problem->team, shy_best_offer(engine->best, complexity, formula, &score)));
    shy_best_marks(engine->best, own);
    if (own[complexity] > engine->mark[complexity]) engine->mark[complexity] = own[complexity];
out:
    return st;
}

shy_status shy_engine_work(shy_engine *engine, const shy_job *job)
{
    return job->kind == SHY_JOB_TILE ? shy_tile_work_run(engine, job) : shy_element_work_run(engine, job);
}
