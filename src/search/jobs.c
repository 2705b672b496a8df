/* The work of a search: what the pairs of operand classes and the element-wise formulas cost, and the list of jobs. */
#include "shy_config.h"

#include "tile_formula.h"

/* ---- prices ------------------------------------------------------------------------------------------------------------ */

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

#define ELEMENT_FLOPS 6.0  /* per formula and sample: the operator and three sums */
#define OPERAND_FLOPS 15.0 /* per operand and sample: evaluation, mean, variance, packing */
#define DIRECTION_FLOPS 2.0 /* more with each direction, as per formula and sample */
#define DIRECTION_SHARE 0.2      /* of the time of packing (measured), */
#define DIRECTION_ELEMENT 0.13   /* of that of the sums of a formula, */
#define WEIGHTS_ELEMENT 0.3      /* and so much because its values are stored */
#define NARROW 8.0         /* matrix products with fewer operands on a side are slower: */
#define NARROW_FACTOR 4.0
#define SAMPLES 16 /* sets of factors whose operands are counted, to know those of the others about */

typedef struct {
    shy_space *space;
    const shy_rates *rates;
    shy_jobs *jobs;
    const shy_context *sample[SHY_FACTORS_MAX + 1][SAMPLES]; /* [slots] */
} shy_cutter;

/* Evenly spaced among all sets of as many factors. */
static shy_status take_samples(shy_cutter *cutter, int slots)
{
    shy_status st = SHY_OK;
    const uint64_t sets = shy_tuple_sets(cutter->space, 0, slots);
    for (uint64_t k = 0; k < SAMPLES; k++) {
        shy_tuple tuple;
        shy_tuple_unrank(cutter->space, NULL, slots, sets / SAMPLES * k + sets % SAMPLES * k / SAMPLES, &tuple);
        SHY_TRY(shy_space_context(cutter->space, &tuple, &cutter->sample[slots][k]));
    }
out:
    return st;
}

static double operands_per_set(const shy_cutter *cutter, int slots, int complexity)
{
    double sum = 0.0;
    for (int k = 0; k < SAMPLES; k++) sum += cutter->sample[slots][k]->side_count[complexity];
    return sum / SAMPLES;
}

/* Flops per pair and sample of one kind of tile: those of the moments that its forms need; 0 if it has none. */
static double kind_flops(const shy_cutter *cutter, const shy_job *job, int left_inverse, int right_inverse)
{
    static const double flops[] = {[SHY_MOMENTS_LINEAR] = 2.0, [SHY_MOMENTS_RAW] = 6.0, [SHY_MOMENTS_FULL] = 10.0};
    double floor[SHY_TILE_FORMS];
    bool any = false;
    for (int form = 0; form < SHY_TILE_FORMS; form++) {
        const int complexity = shy_form_complexity(&cutter->space->grammar, job, left_inverse, right_inverse, (shy_tile_form)form);
        floor[form] = complexity > 0 ? 0.0 : 2.0;
        any = any || complexity > 0;
    }
    if (!any) return 0.0;
    const shy_moments moments = shy_moments_needed(floor);
    const int directions = cutter->space->view.directions;
    return directions > 0 && moments != SHY_MOMENTS_LINEAR ? flops[SHY_MOMENTS_FULL] + 2.0 * directions : flops[moments];
}

/* Of pairs and operands, `left` and `right` of which meet at most: with division there are also the tiles with either side's inverse. */
static shy_price tile_price(const shy_cutter *cutter, const shy_job *job, double left, double right)
{
    const shy_space *space = cutter->space;
    const bool ratios = space->grammar.allowed[SHY_OP_DIVIDE];
    const double rows = samples_per_rank(space), panels = ratios ? 2.0 : 1.0;
    const double slow = left < NARROW || right < NARROW ? NARROW_FACTOR : 1.0;
    double flops = kind_flops(cutter, job, 0, 0);
    if (ratios) flops += kind_flops(cutter, job, 0, 1) + kind_flops(cutter, job, 1, 0);
    return (shy_price){.pair_seconds = flops * rows / cutter->rates->pair_flops * slow + flops / 10.0 * cutter->rates->pair_seconds,
                       .pair_flops = flops * (double)space->problem->rows.total,
                       .operand_seconds = panels * rows * cutter->rates->operand_row * (1.0 + DIRECTION_SHARE * space->view.directions),
                       .operand_flops = panels * (OPERAND_FLOPS + DIRECTION_FLOPS * space->view.directions) * (double)space->problem->rows.total};
}

/* ---- the whole work of each pair of classes ---------------------------------------------------------------------------- */

shy_status shy_jobs_add(shy_jobs *jobs, const shy_region *region)
{
    shy_status st = SHY_OK;
    if (jobs->regions == jobs->capacity) {
        const int capacity = jobs->capacity ? 2 * jobs->capacity : 64;
        SHY_TRY(shy_grow((size_t)capacity, sizeof *jobs->region, &jobs->region));
        jobs->capacity = capacity;
    }
    jobs->region[jobs->regions++] = *region;
out:
    return st;
}

/* For each set of factors on the right a tile with all its subsets. */
static void plan_inside(const shy_cutter *cutter, shy_region *region)
{
    shy_job *job = &region->whole;
    shy_price *price = &region->price;
    job->left_last = shy_binomial((uint64_t)job->right_slots, (uint64_t)job->left_slots);
    job->right_last = shy_tuple_sets(cutter->space, 0, job->right_slots);
    const double left = price->left * (double)job->left_last, right = price->right;
    const shy_price each = tile_price(cutter, job, left, right);
    price->pair_seconds = left * right * each.pair_seconds + (left + right) * each.operand_seconds;
    price->pair_flops = left * right * each.pair_flops + (left + right) * each.operand_flops;
}

static void plan_pinned(const shy_cutter *cutter, shy_region *region, int pins)
{
    shy_job *job = &region->whole;
    const double left = region->price.left, right = region->price.right;
    job->pinned_last = shy_tuple_sets(cutter->space, 0, pins);
    job->left_last = shy_tuple_sets(cutter->space, pins, job->left_slots);
    job->right_last = shy_tuple_sets(cutter->space, pins, job->right_slots);
    region->price = tile_price(cutter, job, left * (double)job->left_last, right * (double)job->right_last);
    region->price.left = left, region->price.right = right;
}

static shy_status plan_tiles(const shy_cutter *cutter, shy_job job)
{
    const int pins = shy_pinned_factors(cutter->space, job.left_slots, job.right_slots);
    job.kind = SHY_JOB_TILE;
    job.inside = pins == job.left_slots;
    job.pinned_last = 1;
    shy_region region = {.whole = job};
    region.price.left = operands_per_set(cutter, job.left_slots, job.left_complexity);
    region.price.right = operands_per_set(cutter, job.right_slots, job.right_complexity);
    if (job.inside) plan_inside(cutter, &region);
    else plan_pinned(cutter, &region, pins);
    return shy_jobs_add(cutter->jobs, &region);
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

static shy_status plan_all_tiles(const shy_cutter *cutter)
{
    shy_status st = SHY_OK;
    const shy_grammar *grammar = &cutter->space->grammar;
    const int join = cheapest_join(grammar), most = cutter->space->slots_max;
    const int limit = grammar->max_operand > 0 ? grammar->max_operand : grammar->max_complexity - 1;
    if (join == 0) return SHY_OK;
    for (int left_slots = 1; left_slots <= most; left_slots++) {
        for (int right_slots = left_slots; right_slots <= most; right_slots++) {
            const int least = least_complexity(grammar, right_slots);
            for (int a = least_complexity(grammar, left_slots); a <= limit; a++) {
                for (int b = left_slots == right_slots ? a : least; b <= limit && a + b + join <= grammar->max_complexity; b++) {
                    const shy_job job = {.left_complexity = (uint8_t)a, .right_complexity = (uint8_t)b, .left_slots = (uint8_t)left_slots,
                                         .right_slots = (uint8_t)right_slots};
                    SHY_TRY(plan_tiles(cutter, job));
                }
            }
        }
    }
out:
    return st;
}

/* Roots that are no tile; those over a single factor are always there: the factor itself. */
static bool has_elements(const shy_grammar *grammar, int slots)
{
    bool any = slots == 1;
    for (int op = SHY_OP_MAX; op < SHY_OPS; op++) any = any || grammar->allowed[op];
    return any;
}

static shy_status plan_elements(const shy_cutter *cutter)
{
    shy_status st = SHY_OK;
    const shy_space *space = cutter->space;
    const double stored = space->view.weight || space->view.directions > 0 ? WEIGHTS_ELEMENT : 0.0;
    const double row = cutter->rates->element_row * (1.0 + stored + DIRECTION_ELEMENT * space->view.directions);
    const double flops = ELEMENT_FLOPS + DIRECTION_FLOPS * space->view.directions;
    for (int slots = 1; slots <= space->slots_max; slots++) {
        double columns = 0.0, overhead = 0.0;
        if (!has_elements(&space->grammar, slots)) continue;
        for (int k = 0; k < SAMPLES; k++) {
            const shy_context *context = cutter->sample[slots][k];
            columns += shy_element_cost(context) / SAMPLES;
            overhead += shy_element_overhead(context) / SAMPLES;
        }
        const shy_region region = {
            .whole = {.kind = SHY_JOB_ELEMENT, .right_slots = (uint8_t)slots, .pinned_last = 1, .left_last = 1,
                      .right_last = shy_tuple_sets(space, 0, slots)},
            .price = {.pair_seconds = columns * samples_per_rank(space) * row + overhead,
                      .pair_flops = flops * columns * (double)space->problem->rows.total}};
        SHY_TRY(shy_jobs_add(cutter->jobs, &region));
    }
out:
    return st;
}

/* ---- the list ---------------------------------------------------------------------------------------------------------- */

/* All of it, a region for each pair of classes. */
static shy_status plan_work(shy_cutter *cutter)
{
    shy_status st = SHY_OK;
    for (int slots = 1; slots <= cutter->space->slots_max; slots++) SHY_TRY(take_samples(cutter, slots));
    SHY_TRY(plan_all_tiles(cutter));
    SHY_TRY(plan_elements(cutter));
out:
    return st;
}

shy_status shy_jobs_create(shy_space *space, const shy_search_options *options, const shy_rates *rates, shy_jobs **jobs_out)
{
    shy_status st = SHY_OK;
    shy_jobs *jobs = NULL, *whole = NULL;
    (void)options;
    SHY_TRY(shy_new(1, sizeof *whole, &whole));
    SHY_TRY(shy_new(1, sizeof *jobs, &jobs));
    shy_cutter cutter = {.space = space, .rates = rates, .jobs = whole};
    SHY_TRY(plan_work(&cutter));
    SHY_TRY(shy_jobs_cut(whole, space->problem->team->groups, jobs));
    space->left_most = space->right_most = 1.0;
    for (int r = 0; r < jobs->regions; r++) shy_region_sides(&jobs->region[r], &space->left_most, &space->right_most);
    *jobs_out = jobs, jobs = NULL;
out:
    shy_jobs_destroy(&whole);
    shy_jobs_destroy(&jobs);
    return st;
}

void shy_jobs_destroy(shy_jobs **jobs)
{
    if (!*jobs) return;
    shy_free(&(*jobs)->region);
    shy_free(jobs);
}

/* The region that holds a job. */
static const shy_region *region_of(const shy_jobs *jobs, uint64_t number)
{
    int low = 0, high = jobs->regions - 1;
    while (low < high) {
        const int middle = (low + high + 1) / 2;
        if (jobs->region[middle].first <= number) low = middle;
        else high = middle - 1;
    }
    return &jobs->region[low];
}

void shy_jobs_get(const shy_jobs *jobs, uint64_t number, shy_job *job_out)
{
    const shy_region *region = region_of(jobs, number);
    shy_region_job(region, number - region->first, job_out);
}

double shy_jobs_cost_before(const shy_jobs *jobs, uint64_t number)
{
    if (number >= jobs->count) return jobs->cost;
    const shy_region *region = region_of(jobs, number);
    return region->before + region->cost * (double)(number - region->first) / (double)region->jobs;
}
