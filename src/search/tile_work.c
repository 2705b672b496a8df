/* Works a tile job off: multiplies panels of operands and follows up what the closed forms let through. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "rules.h"
#include "tile_formula.h"

#define SLACK 1e-9 /* between a statistic and the mark: covers the rounding of fp64 */

enum {
    DENSE = 8,       /* flagged is more than one pair in this many: the sums of the whole tile serve better than those of single pairs */
    TRIAL = 64       /* tiles after which it is judged whether the narrow type is of use */
};

struct shy_tile_work {
    shy_side *left, *right;
    shy_tile *tile[2]; /* with row blocks one is summed up over them while the next is multiplied */
    /* The tile that is being worked on as each view sees it, and what has been flagged in it; [views]. */
    const shy_tile **seen;
    shy_tile *seen_tile;             /* what these point at, unless the search is a plain one */
    double (*floor)[SHY_TILE_FORMS]; /* what a form has to reach; 2: it is not in question */
    double *epsilon;
    shy_pairs **pairs;
    int *rows_seen;                  /* since flagged pairs were settled last */
    shy_tile_hit *hit;
    uint64_t trial_tiles, trial_widened;
};

uint64_t shy_tile_work_bytes(const shy_space *space, const shy_tile_shape *shape)
{
    shy_tile_layout sizes;
    const shy_tile_metric metric = shy_shape_metric(space, shape, &sizes);
    const uint64_t sides = shy_side_bytes(space, shape, shape->left_capacity, shape->block) + shy_side_bytes(space, shape, shape->right, 0);
    const int most = shape->pairs + shape->right;
    const uint64_t view = shy_pairs_bytes(most, space->view.directions) + sizeof(shy_tile) + (SHY_TILE_FORMS + 4U) * sizeof(double);
    const uint64_t pairs = (uint64_t)shape->views * view + (uint64_t)most * SHY_TILE_FORMS * sizeof(shy_tile_hit);
    return sides + shape->tiles * shy_tile_bytes_for(shape->block, shape->right, &metric, shape->wide) + pairs;
}

shy_status shy_tile_work_create(shy_engine *engine)
{
    shy_status st = SHY_OK;
    struct shy_tile_work *work = NULL;
    const shy_tile_shape *shape = &engine->shape;
    const shy_tile_metric metric = shy_engine_metric(engine);
    const int pairs = shape->pairs + shape->right;
    const size_t views = (size_t)engine->views;
    SHY_TRY(shy_new(1, sizeof *work, &work));
    engine->tiles = work;
    SHY_TRY(shy_side_create(engine, shape->left_capacity, shape->block, shape->wide, &work->left));
    SHY_TRY(shy_side_create(engine, shape->right, 0, shape->wide, &work->right));
    for (unsigned k = 0; k < shape->tiles; k++) SHY_TRY(shy_tile_create_for(shape->block, shape->right, &metric, shape->wide, &work->tile[k]));
    SHY_TRY(shy_new(views, sizeof *work->seen, &work->seen));
    SHY_TRY(shy_new(views, sizeof *work->seen_tile, &work->seen_tile));
    SHY_TRY(shy_new(views, sizeof *work->floor, &work->floor));
    SHY_TRY(shy_new(views, sizeof *work->epsilon, &work->epsilon));
    SHY_TRY(shy_new(views, sizeof(shy_pairs *), &work->pairs));
    SHY_TRY(shy_new(views, sizeof *work->rows_seen, &work->rows_seen));
    for (size_t v = 0; v < views; v++) SHY_TRY(shy_pairs_create(pairs, engine->space->view.directions, &work->pairs[v]));
    SHY_TRY(shy_new((size_t)pairs * SHY_TILE_FORMS, sizeof *work->hit, &work->hit));
out:
    return st;
}

void shy_tile_work_destroy(shy_engine *engine)
{
    struct shy_tile_work *work = engine->tiles;
    if (!work) return;
    shy_side_destroy(&work->left);
    shy_side_destroy(&work->right);
    for (int k = 0; k < 2; k++) shy_tile_destroy(&work->tile[k]);
    for (int v = 0; work->pairs && v < engine->views; v++) shy_pairs_destroy(&work->pairs[v]);
    shy_free(&work->seen);
    shy_free(&work->seen_tile);
    shy_free(&work->floor);
    shy_free(&work->epsilon);
    shy_free(&work->pairs);
    shy_free(&work->rows_seen);
    shy_free(&work->hit);
    shy_free(&engine->tiles);
}

/* ---- what a tile is asked -------------------------------------------------------------------------------------------------------- */

/* The tile that is being worked on. */
typedef struct {
    shy_engine *engine;
    const shy_job *job;
    int left_inverse, right_inverse;
    int complexity[SHY_TILE_FORMS]; /* of a form here; 0: it is not in question */
    int index;                      /* block of the left panel */
    shy_tile *tile;
    shy_group_pending pending;      /* its sums over the row blocks */
} shy_tile_task;

static void set_complexities(shy_tile_task *task)
{
    for (int form = 0; form < SHY_TILE_FORMS; form++) {
        task->complexity[form] =
            shy_form_complexity(&task->engine->space->grammar, task->job, task->left_inverse, task->right_inverse, (shy_tile_form)form);
    }
}

static void set_floors(const shy_tile_task *task, int v)
{
    const shy_engine *engine = task->engine;
    for (int form = 0; form < SHY_TILE_FORMS; form++) {
        const int complexity = task->complexity[form];
        engine->tiles->floor[v][form] = complexity > 0 ? engine->seen[v].mark[complexity] - SLACK : 2.0;
    }
}

/* The least of all views: a mark that no formula can reach takes a form out of question in one of them only. */
static void least_floors(const shy_tile_task *task, double floor[SHY_TILE_FORMS])
{
    for (int form = 0; form < SHY_TILE_FORMS; form++) {
        floor[form] = 2.0;
        for (int v = 0; v < task->engine->views; v++) floor[form] = fmin(floor[form], task->engine->tiles->floor[v][form]);
    }
}

static bool any_form(const shy_tile_task *task)
{
    double floor[SHY_TILE_FORMS];
    least_floors(task, floor);
    for (int form = 0; form < SHY_TILE_FORMS; form++) {
        if (floor[form] <= 1.0) return true;
    }
    return false;
}

/* Sums of ũ = μ + d lose digits where the mean is large against the standard deviation: those of d serve better there. */
#define RAW_MU_MOST 8.0

static shy_moments choose_moments(const shy_tile_task *task, const shy_panel *left, const shy_panel *right)
{
    double floor[SHY_TILE_FORMS];
    least_floors(task, floor);
    const shy_moments moments = shy_moments_needed(floor);
    if (task->engine->precision == SHY_FP64) return SHY_MOMENTS_FULL; /* its sums are used as they are */
    if (moments == SHY_MOMENTS_RAW && task->engine->space->view.directions > 0) return SHY_MOMENTS_FULL;
    if (moments == SHY_MOMENTS_RAW && fmax(left->mu_most, right->mu_most) > RAW_MU_MOST) return SHY_MOMENTS_FULL;
    return moments;
}

static shy_panel *left_panel(const shy_tile_task *task)
{
    return task->engine->tiles->left->panel[task->left_inverse];
}

static shy_panel *right_panel(const shy_tile_task *task)
{
    return task->engine->tiles->right->panel[task->right_inverse];
}

static const shy_panel *left_seen(const shy_tile_task *task, int v)
{
    return shy_side_panel(task->engine->tiles->left, task->left_inverse, v);
}

static const shy_panel *right_seen(const shy_tile_task *task, int v)
{
    return shy_side_panel(task->engine->tiles->right, task->right_inverse, v);
}

/* The sums of the tile over my samples, and on their way over all. Collective over the group. */
static shy_status begin_tile(shy_tile_task *task, shy_precision precision, shy_moments moments)
{
    shy_status st = SHY_OK;
    const shy_team *team = task->engine->space->problem->team;
    SHY_TRY(shy_group_agree(team, shy_tile_moments(left_panel(task), task->index, right_panel(task), precision, moments, task->tile)));
    shy_group_sum_begin(team, task->tile->sum, shy_tile_numbers(task->tile), task->tile->precision != SHY_FP64, &task->pending);
out:
    return st;
}

static void end_tile(shy_tile_task *task)
{
    shy_group_sum_end(task->engine->space->problem->team, &task->pending);
}

/* All views look at the tile, whose sums are complete. */
static void look_at_tile(const shy_tile_task *task)
{
    const shy_engine *engine = task->engine;
    struct shy_tile_work *work = engine->tiles;
    const int row_blocks = engine->space->problem->team->row_blocks;
    for (int v = 0; v < engine->views; v++) {
        if (!engine->plain) shy_tile_look(task->tile, left_seen(task, v), right_seen(task, v), &work->seen_tile[v]);
        shy_tile *tile = engine->plain ? task->tile : &work->seen_tile[v];
        work->epsilon[v] = shy_tile_epsilon(tile, left_seen(task, v), right_seen(task, v), row_blocks);
        work->seen[v] = tile;
    }
}

/* ---- flagged pairs ---------------------------------------------------------------------------------------------------------------- */

/*
 * What comes out simpler than its pair has tiles of its own. It is left to them: if an operand of it is constant on the samples of a view it has none there, and
 * whether this pair comes this far depends on the order of the tiles.
 */
static shy_status follow_up(shy_tile_task *task, int v, const shy_tile_hit *hit)
{
    shy_status st = SHY_OK;
    shy_engine *engine = task->engine;
    const shy_instance *left = &engine->tiles->left->in[task->left_inverse][hit->left], *right = &engine->tiles->right->in[task->right_inverse][hit->right];
    const shy_meaning meaning = shy_form_meaning(task->left_inverse, task->right_inverse, hit->form);
    shy_formula formula;
    int complexity = 0;
    SHY_TRY(shy_group_agree(engine->space->problem->team, shy_form_identify(engine->space, meaning.swapped ? right : left,
                                                                            meaning.swapped ? left : right, meaning, &formula, &complexity)));
    if (complexity < task->complexity[hit->form] || hit->bound < engine->seen[v].mark[complexity] - SLACK) return SHY_OK;
    SHY_TRY(shy_engine_candidate(engine, v, complexity, &formula));
out:
    return st;
}

/* Moments of the flagged pairs: their own, or where they are many those of the tile, in a wider type if need be. Collective over the group. */
static shy_status measure_pairs(shy_tile_task *task, int v)
{
    shy_status st = SHY_OK;
    shy_engine *engine = task->engine;
    struct shy_tile_work *work = engine->tiles;
    shy_pairs *pairs = work->pairs[v];
    const bool dense = (int64_t)pairs->count * DENSE > (int64_t)work->rows_seen[v] * right_panel(task)->count;
    if (dense && (task->tile->precision == SHY_BF16 || task->tile->moments != SHY_MOMENTS_FULL)) {
        engine->screening.widened++;
        SHY_TRY(begin_tile(task, SHY_FP32, SHY_MOMENTS_FULL));
        end_tile(task);
        look_at_tile(task);
    }
    if (dense || task->tile->precision == SHY_FP64) {
        shy_pairs_take(work->seen[v], task->index, work->epsilon[v], pairs);
    } else {
        engine->screening.refined += (uint64_t)pairs->count;
        shy_pairs_refine(left_seen(task, v), right_seen(task, v), pairs);
        SHY_TRY(shy_group_sum(engine->space->problem->team, pairs->moment, shy_pairs_numbers(pairs)));
    }
out:
    return st;
}

/* Pairs of which the rules on numbers of factors leave no formula need not be followed up. */
static void drop_inadmissible(const shy_tile_task *task, shy_pairs *pairs)
{
    const shy_space *space = task->engine->space;
    const struct shy_tile_work *work = task->engine->tiles;
    int kept = 0;
    if (!space->problem->rules) return;
    for (int k = 0; k < pairs->count; k++) {
        const shy_instance *left = &work->left->in[task->left_inverse][pairs->left[k]], *right = &work->right->in[task->right_inverse][pairs->right[k]];
        if (!shy_space_admits_union(space, &left->tuple, &right->tuple)) continue;
        pairs->left[kept] = pairs->left[k];
        pairs->right[kept++] = pairs->right[k];
    }
    pairs->count = kept;
}

/* Follows up the flagged pairs of a view, the best first, so that the marks are high before the others come. Collective over the group. */
static shy_status settle(shy_tile_task *task, int v)
{
    shy_status st = SHY_OK;
    struct shy_tile_work *work = task->engine->tiles;
    shy_pairs *pairs = work->pairs[v];
    drop_inadmissible(task, pairs);
    if (pairs->count > 0) {
        task->engine->screening.flagged += (uint64_t)pairs->count;
        SHY_TRY(measure_pairs(task, v));
        const int hits = shy_pairs_bound(left_seen(task, v), right_seen(task, v), pairs, work->floor[v], work->hit);
        for (int h = 0; h < hits; h++) {
            set_floors(task, v);
            if (work->hit[h].bound < work->floor[v][work->hit[h].form]) continue;
            SHY_TRY(follow_up(task, v, &work->hit[h]));
        }
        set_floors(task, v);
    }
    pairs->count = 0;
    work->rows_seen[v] = 0;
out:
    return st;
}

/* ---- tiles ------------------------------------------------------------------------------------------------------------------------ */

/* Where most tiles have to be done again in a wider type, the narrow one only costs time. */
static void judge_precision(shy_tile_task *task, uint64_t widened)
{
    struct shy_tile_work *work = task->engine->tiles;
    work->trial_tiles++;
    work->trial_widened += widened;
    if (work->trial_tiles < TRIAL) return;
    if (task->engine->precision == SHY_BF16 && work->trial_widened > TRIAL / 3) task->engine->precision = SHY_FP32;
    work->trial_tiles = work->trial_widened = 0;
}

/* Row i in all views, while its sums are in the cache. Collective over the group. */
static shy_status flag_row(shy_tile_task *task, int i)
{
    shy_status st = SHY_OK;
    const shy_engine *engine = task->engine;
    const struct shy_tile_work *work = engine->tiles;
    const shy_panel *right = right_panel(task);
    for (int v = 0; v < engine->views; v++) {
        if (work->pairs[v]->count + right->padded > work->pairs[v]->capacity) SHY_TRY(settle(task, v));
        work->rows_seen[v]++;
    }
    if (engine->plain) shy_tile_flag(task->tile, left_panel(task), task->index, i, right, work->epsilon[0], work->floor[0], work->pairs[0]);
    else shy_tile_flag_sights(engine->views, work->seen, task->index, i, work->epsilon, (const double (*)[SHY_TILE_FORMS])work->floor, work->pairs);
out:
    return st;
}

static shy_status screen_tile(shy_tile_task *task)
{
    shy_status st = SHY_OK;
    shy_engine *engine = task->engine;
    const shy_panel *left = left_panel(task), *right = right_panel(task);
    const int rows = shy_panel_block_count(left, task->index);
    const uint64_t widened = engine->screening.widened;
    look_at_tile(task);
    for (int v = 0; v < engine->views; v++) set_floors(task, v);
    engine->screening.tiles++;
    engine->screening.pairs += (uint64_t)rows * (uint64_t)right->count;
    for (int i = 0; i < rows; i++) SHY_TRY(flag_row(task, i));
    for (int v = 0; v < engine->views; v++) SHY_TRY(settle(task, v));
    judge_precision(task, engine->screening.widened > widened);
    if (engine->breathe) engine->breathe(engine->breathe_context);
out:
    return st;
}

/* Order of operands in their stream. */
static int compare_instances(const shy_instance *a, const shy_instance *b)
{
    for (int s = 0; s < a->tuple.count; s++) {
        if (a->tuple.factor[s] != b->tuple.factor[s]) return a->tuple.factor[s] < b->tuple.factor[s] ? -1 : 1;
    }
    return (a->operand > b->operand) - (a->operand < b->operand);
}

/*
 * Where both sides are the same operands, a pair stands in two places, once with each on the left. A tile whose left operands all come
 * behind its right ones has nothing that its mirror image has not.
 */
static bool is_mirrored(const shy_engine *engine, const shy_job *job, int left_inverse, int right_inverse, int index)
{
    const struct shy_tile_work *work = engine->tiles;
    const shy_panel *left = work->left->panel[left_inverse], *right = work->right->panel[right_inverse];
    return shy_job_equal_sides(job) &&
           compare_instances(&work->left->in[left_inverse][index * left->block], &work->right->in[right_inverse][right->count - 1]) > 0;
}

/* The most that one of `count` operands has of each group of factors. */
static uint64_t most_members(const shy_space *space, const shy_instance *instance, int count)
{
    uint64_t most = 0;
    for (int i = 0; i < count; i++) most = shy_members_larger(most, shy_space_members(space, &instance[i].tuple));
    return most;
}

/* Has no pair of the tile a factor that every formula must have? */
static bool is_useless(const shy_engine *engine, int left_inverse, int right_inverse, int index)
{
    const struct shy_tile_work *work = engine->tiles;
    const shy_panel *left = work->left->panel[left_inverse], *right = work->right->panel[right_inverse];
    const shy_rules *rules = engine->space->problem->rules;
    if (!rules) return false;
    const uint64_t on_left = most_members(engine->space, &work->left->in[left_inverse][index * left->block], shy_panel_block_count(left, index));
    return shy_members_lacking(rules, shy_members_add(on_left, most_members(engine->space, work->right->in[right_inverse], right->count)));
}

/*
 * With row blocks the sums of a tile travel while the next is multiplied; what is on its way arrives even after a failure, which all
 * members share. A rank that holds all samples looks at a tile while it is in the caches.
 */
static shy_status run_pair(shy_engine *engine, const shy_job *job, int left_inverse, int right_inverse)
{
    shy_status st = SHY_OK;
    const struct shy_tile_work *work = engine->tiles;
    const shy_panel *left = work->left->panel[left_inverse], *right = work->right->panel[right_inverse];
    const unsigned tiles = engine->shape.tiles;
    shy_tile_task task[2] = {{.engine = engine, .job = job, .left_inverse = left_inverse, .right_inverse = right_inverse}};
    set_complexities(&task[0]);
    for (int v = 0; v < engine->views; v++) set_floors(&task[0], v);
    if (left->count == 0 || right->count == 0 || !any_form(&task[0])) return SHY_OK;
    task[1] = task[0];
    const int blocks = shy_panel_blocks(left), ahead = (int)tiles - 1;
    for (int index = 0; index < blocks + ahead; index++) {
        shy_tile_task *next = &task[(unsigned)index % tiles], *ready = &task[(unsigned)(index + 1) % tiles];
        if (index < blocks && st == SHY_OK && !is_mirrored(engine, job, left_inverse, right_inverse, index) &&
            !is_useless(engine, left_inverse, right_inverse, index)) {
            next->index = index;
            next->tile = work->tile[(unsigned)index % tiles];
            for (int v = 0; v < engine->views; v++) set_floors(next, v);
            st = begin_tile(next, engine->precision, choose_moments(next, left, right));
        }
        if (index < ahead || ready->pending.count == 0) continue;
        end_tile(ready);
        if (st == SHY_OK) st = screen_tile(ready);
    }
    return st;
}

static shy_status fill_side(shy_engine *engine, shy_side *side, shy_stream *stream, int *count_out)
{
    const double start = shy_time_seconds();
    const shy_status st = shy_side_fill(side, stream, engine->space->grammar.allowed[SHY_OP_DIVIDE], count_out);
    engine->times.operands += shy_time_seconds() - start;
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
        SHY_TRY(fill_side(engine, work->left, &left, &got_left));
        if (got_left == 0) return SHY_OK;
        shy_stream stream = *right;
        if (same && stream.next < left_first) stream.next = left_first; /* the earlier ones were this block's left partners */
        for (;;) {
            SHY_TRY(fill_side(engine, work->right, &stream, &got_right));
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
