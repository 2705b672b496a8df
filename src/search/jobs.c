/* Cuts the space into the subtrees that rank 0 deals, with the cost of each. */
#include "shy_config.h"

#include <stdlib.h>
#include <string.h>

#include "search_impl.h"

#define JOBS_PER_RANK 24  /* enough that the last ones are short beside the whole */
#define JOB_SECONDS_MIN 0.02

/* ---- rates ------------------------------------------------------------------------------------------------------------ */

static double seconds_of_tile(shy_panel *left, shy_panel *right, shy_tile *tile, shy_tile_hit *hit, double *screen_out)
{
    const double floor[SHY_TILE_FORMS] = {0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9};
    shy_tile_moments(left, right, tile);
    const double start = shy_time_seconds();
    shy_tile_moments(left, right, tile);
    const double middle = shy_time_seconds();
    for (int i = 0; i < left->count; i++) (void)shy_tile_screen(tile, left, right, i, 1.0 / left->rows, 1e-5, floor, hit);
    *screen_out = shy_time_seconds() - middle;
    return middle - start;
}

/* Seconds per sample of an average operand. */
static double seconds_per_operand(int rows, const double *u, const double *y, double *out)
{
    static const shy_op op[] = {SHY_OP_LOG, SHY_OP_SQRT, SHY_OP_SQUARE, SHY_OP_INVERSE, SHY_OP_MULTIPLY, SHY_OP_ADD};
    enum { OPS = sizeof op / sizeof *op, REPEATS = 20 };
    const double start = shy_time_seconds();
    for (int k = 0; k < REPEATS * OPS; k++) shy_operator_screen_rows(op[k % OPS], rows, u, y, out);
    return (shy_time_seconds() - start) / (REPEATS * OPS * (double)rows);
}

static shy_status measure(shy_rates *rates, double *u, double *y, int rows)
{
    shy_status st = SHY_OK;
    enum { LEFT = 64, RIGHT = 128 };
    shy_panel *left = NULL, *right = NULL;
    shy_tile *tile = NULL;
    shy_tile_hit *hit = NULL;
    double *column = NULL, screen = 0.0, out[3];
    SHY_TRY(shy_panel_create(LEFT, rows, true, &left));
    SHY_TRY(shy_panel_create(RIGHT, rows, false, &right));
    SHY_TRY(shy_tile_create(LEFT, RIGHT, &tile));
    SHY_TRY(shy_new((size_t)RIGHT * SHY_TILE_FORMS, sizeof *hit, &hit));
    SHY_TRY(shy_new((size_t)rows, sizeof *column, &column));
    for (int i = 0; i < rows; i++) {
        u[i] = 1.0 + shy_random_uniform(1, 1, (uint64_t)i);
        y[i] = shy_random_normal(1, 2, (uint64_t)i);
    }
    const shy_operand_sums sums = {.mean = 1.5, .scale = 0.3, .mu = 5.0, .fourth = 1.7, .weighted = 1.0};
    const double start = shy_time_seconds();
    for (int i = 0; i < RIGHT; i++) shy_panel_pack(right, i, u, y, &sums, out);
    const double packed = shy_time_seconds() - start;
    for (int i = 0; i < LEFT; i++) shy_panel_pack(left, i, u, y, &sums, out);
    left->count = LEFT, right->count = RIGHT;
    const double product = seconds_of_tile(left, right, tile, hit, &screen);
    const double element = shy_element_seconds();
    if (element > 0.0) rates->element_row = element;
    rates->pair_flops = 10.0 * rows * LEFT * RIGHT / product;
    rates->pair_seconds = screen / (LEFT * RIGHT);
    rates->operand_row = 2.0 * packed / (RIGHT * (double)rows) + 2.0 * seconds_per_operand(256, u, y, column);
out:
    shy_panel_destroy(&left);
    shy_panel_destroy(&right);
    shy_tile_destroy(&tile);
    shy_free(&hit);
    shy_free(&column);
    return st;
}

/* A few milliseconds of the real work; on failure (memory) modest constants do. */
void shy_rates_measure(shy_rates *rates)
{
    enum { ROWS = 1024 };
    double *u = NULL, *y = NULL;
    *rates = (shy_rates){5e10, 5e-8, 4e-9, 2e-10};
    if (shy_new(ROWS, sizeof *u, &u) == SHY_OK && shy_new(ROWS, sizeof *y, &y) == SHY_OK) (void)measure(rates, u, y, ROWS);
    shy_free(&u);
    shy_free(&y);
    shy_error_clear(); /* what could not be measured is no failure of the run */
}

/* ---- costs ------------------------------------------------------------------------------------------------------------ */

/* Not the rows that this rank happens to hold: all ranks must cut the space at the same places. */
static double samples_per_rank(const shy_space *space)
{
    return (double)space->problem->rows.total / (double)space->problem->team->row_blocks;
}

int shy_pinned_factors(const shy_space *space, int left_slots, int right_slots)
{
    const int pins = left_slots + right_slots - space->slots_max;
    return pins > 0 ? pins : 0;
}

#define ELEMENT_FLOPS 6.0 /* per formula and sample: the operator and three sums */
#define OPERAND_FLOPS 15.0 /* per operand and sample: evaluation, mean, variance, packing */

/* Plain tiles, and with division those with the inverse on either side. */
static double tile_kinds(const shy_space *space)
{
    return space->grammar.allowed[SHY_OP_DIVIDE] ? 3.0 : 1.0;
}

static double tile_flops(const shy_space *space, double left, double right)
{
    const double samples = (double)space->problem->rows.total, kinds = tile_kinds(space);
    return samples * (kinds * 10.0 * left * right + (kinds > 1.0 ? 2.0 : 1.0) * OPERAND_FLOPS * (left + right));
}

/* Seconds for the tiles of `right` right operands against `left` left ones. */
static double tile_cost(const shy_space *space, const shy_rates *rates, double left, double right)
{
    const double rows = samples_per_rank(space), kinds = tile_kinds(space);
    const double products = 10.0 * rows * left * right / rates->pair_flops * (left < 8.0 || right < 8.0 ? 4.0 : 1.0);
    const double sides = kinds > 1.0 ? 2.0 : 1.0;
    return kinds * (products + left * right * rates->pair_seconds) + sides * (left + right) * rows * rates->operand_row;
}

/* Operands per set of factors, as in the first set. */
static shy_status sides_per_tuple(shy_space *space, int slots, int complexity, double *count_out)
{
    shy_status st = SHY_OK;
    shy_tuple tuple;
    const shy_context *context = NULL;
    shy_tuple_unrank(space, NULL, slots, 0, &tuple);
    SHY_TRY(shy_space_context(space, &tuple, &context));
    *count_out = (double)context->side_count[complexity];
out:
    return st;
}

/* ---- the list ------------------------------------------------------------------------------------------------------------ */

static shy_status add_job(shy_jobs *jobs, const shy_job *job)
{
    shy_status st = SHY_OK;
    if (jobs->count == jobs->capacity) {
        const uint64_t capacity = jobs->capacity ? 2 * jobs->capacity : 256;
        SHY_TRY(shy_grow(capacity, sizeof *jobs->job, &jobs->job));
        jobs->capacity = capacity;
    }
    jobs->job[jobs->count++] = *job;
    jobs->cost += job->cost;
    jobs->flops += job->flops;
out:
    return st;
}

/* Cuts the right tuples of one pinned set (or all tuples) into pieces of about `piece` seconds. */
static shy_status cut(shy_jobs *jobs, shy_job job, uint64_t tuples, double cost, double piece)
{
    shy_status st = SHY_OK;
    double pieces = piece > 0.0 ? cost / piece : 1.0;
    if (pieces > (double)tuples) pieces = (double)tuples;
    const uint64_t count = pieces < 1.0 ? 1 : (uint64_t)pieces;
    const double flops = job.flops;
    for (uint64_t k = 0; k < count; k++) {
        job.first = tuples / count * k + (k < tuples % count ? k : tuples % count);
        job.last = job.first + tuples / count + (k < tuples % count ? 1 : 0);
        job.cost = cost * (double)(job.last - job.first) / (double)tuples;
        job.flops = flops * (double)(job.last - job.first) / (double)tuples;
        SHY_TRY(add_job(jobs, &job));
    }
out:
    return st;
}

typedef struct {
    shy_space *space;
    const shy_rates *rates;
    double piece; /* seconds of a job; 0: only add up costs */
    shy_jobs *jobs;
} shy_cutter;

static shy_status cut_tiles(const shy_cutter *cutter, shy_job job)
{
    shy_status st = SHY_OK;
    shy_space *space = cutter->space;
    const int pins = shy_pinned_factors(space, job.left_slots, job.right_slots);
    double left = 0.0, right = 0.0;
    SHY_TRY(sides_per_tuple(space, job.left_slots, job.left_complexity, &left));
    SHY_TRY(sides_per_tuple(space, job.right_slots, job.right_complexity, &right));
    job.kind = SHY_JOB_TILE;
    job.inside = pins == job.left_slots;
    if (job.inside) {
        const uint64_t tuples = shy_tuple_sets(space, 0, job.right_slots);
        const double subsets = (double)shy_binomial((uint64_t)job.right_slots, (uint64_t)job.left_slots);
        const double cost = (double)tuples * tile_cost(space, cutter->rates, subsets * left, right);
        job.flops = (double)tuples * tile_flops(space, subsets * left, right);
        SHY_TRY(cut(cutter->jobs, job, tuples, cost, cutter->piece));
        return SHY_OK;
    }
    const uint64_t sets = shy_tuple_sets(space, 0, pins), tuples = shy_tuple_sets(space, pins, job.right_slots);
    left *= (double)shy_tuple_sets(space, pins, job.left_slots);
    const double cost = tile_cost(space, cutter->rates, left, right * (double)tuples);
    job.flops = tile_flops(space, left, right * (double)tuples);
    for (job.pinned = 0; job.pinned < (cutter->piece > 0.0 ? sets : 1); job.pinned++) {
        SHY_TRY(cut(cutter->jobs, job, tuples, cutter->piece > 0.0 ? cost : cost * (double)sets, cutter->piece));
    }
out:
    return st;
}

/* What the cheapest operator or family adds to two operands. */
static int cheapest_join(const shy_grammar *grammar)
{
    int least = 0;
    for (int op = SHY_OP_ADD; op <= SHY_OP_DIVIDE; op++) {
        if (grammar->allowed[op] && (least == 0 || grammar->weight[op] < least)) least = grammar->weight[op];
    }
    return least;
}

/* No operand of fewer nodes has this many factors. */
static int least_complexity(const shy_grammar *grammar, int slots)
{
    int lightest = grammar->max_complexity;
    for (int op = SHY_OP_ADD; op < SHY_OP_LOG; op++) {
        if (grammar->allowed[op] && grammar->weight[op] < lightest) lightest = grammar->weight[op];
    }
    return slots * grammar->weight[SHY_OP_FACTOR] + (slots - 1) * lightest;
}

static shy_status cut_all_tiles(const shy_cutter *cutter)
{
    shy_status st = SHY_OK;
    const shy_grammar *grammar = &cutter->space->grammar;
    const int join = cheapest_join(grammar), most = cutter->space->slots_max;
    if (join == 0) return SHY_OK;
    for (int left_slots = 1; left_slots <= most; left_slots++) {
        for (int right_slots = left_slots; right_slots <= most; right_slots++) {
            const int least = least_complexity(grammar, right_slots);
            for (int a = least_complexity(grammar, left_slots); a < grammar->max_complexity; a++) {
                for (int b = left_slots == right_slots ? a : least; a + b + join <= grammar->max_complexity; b++) {
                    const shy_job job = {.left_complexity = (uint8_t)a, .right_complexity = (uint8_t)b, .left_slots = (uint8_t)left_slots,
                                         .right_slots = (uint8_t)right_slots};
                    SHY_TRY(cut_tiles(cutter, job));
                }
            }
        }
    }
out:
    return st;
}

static shy_status cut_elements(const shy_cutter *cutter)
{
    shy_status st = SHY_OK;
    shy_space *space = cutter->space;
    for (int slots = 1; slots <= space->slots_max; slots++) {
        shy_tuple tuple;
        const shy_context *context = NULL;
        const uint64_t tuples = shy_tuple_sets(space, 0, slots);
        shy_tuple_unrank(space, NULL, slots, 0, &tuple);
        SHY_TRY(shy_space_context(space, &tuple, &context));
        const double columns = shy_element_cost(context);
        const double each = columns * samples_per_rank(space) * cutter->rates->element_row + shy_element_overhead(context);
        const shy_job job = {.kind = SHY_JOB_ELEMENT, .right_slots = (uint8_t)slots,
                             .flops = ELEMENT_FLOPS * columns * (double)space->problem->rows.total * (double)tuples};
        SHY_TRY(cut(cutter->jobs, job, tuples, each * (double)tuples, cutter->piece));
    }
out:
    return st;
}

static int compare_jobs(const void *a, const void *b)
{
    const shy_job *x = a, *y = b;
    if (x->cost != y->cost) return x->cost > y->cost ? -1 : 1;
    return memcmp(&x->kind, &y->kind, offsetof(shy_job, inside)) ? memcmp(&x->kind, &y->kind, offsetof(shy_job, inside))
           : x->pinned != y->pinned                              ? (x->pinned < y->pinned ? -1 : 1)
                                                                 : (x->first > y->first) - (x->first < y->first);
}

/* Twice through the space: once to learn the whole cost, once to cut it. Largest first. */
shy_status shy_jobs_create(shy_space *space, const shy_search_options *options, const shy_rates *rates, shy_jobs **jobs_out)
{
    shy_status st = SHY_OK;
    shy_jobs *jobs = NULL;
    (void)options;
    SHY_TRY(shy_new(1, sizeof *jobs, &jobs));
    shy_cutter cutter = {space, rates, 0.0, jobs};
    SHY_TRY(cut_all_tiles(&cutter));
    SHY_TRY(cut_elements(&cutter));
    cutter.piece = jobs->cost / (double)(space->problem->team->groups * JOBS_PER_RANK);
    if (cutter.piece < JOB_SECONDS_MIN) cutter.piece = JOB_SECONDS_MIN;
    jobs->count = 0;
    jobs->cost = jobs->flops = 0.0;
    SHY_TRY(cut_all_tiles(&cutter));
    SHY_TRY(cut_elements(&cutter));
    qsort(jobs->job, jobs->count, sizeof *jobs->job, compare_jobs);
    *jobs_out = jobs, jobs = NULL;
out:
    shy_jobs_destroy(&jobs);
    return st;
}

void shy_jobs_destroy(shy_jobs **jobs)
{
    if (!*jobs) return;
    shy_free(&(*jobs)->job);
    shy_free(jobs);
}
