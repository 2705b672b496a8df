/*
 * bench_metric: what weights and covariates cost, on one core: the same work with ten directions over that without.
 *
 *     bench_metric N [RUNS]
 *
 *     metric n=1000 work=tile precision=fp32 directions=10 ratio=2.6 most=3.6
 *     metric n=1000 work=search precision=auto directions=10 ratio=2.5 most=3.6 operands=1.2 tiles=2.9 elements=2.1 candidates=1.4
 *
 * tile: FULL tiles of log-normal operands, products and the test of every pair; medians of RUNS runs taken in turns. search: a search with
 * the default grammar and max up to complexity 5, of the factors of which a set holds three: seconds of all its work, and of its parts. most:
 * (5 + 10)/5, and 20 % more. Seconds of the processor.
 */
#include "shy_config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "search/columns.h"
#include "search/search_impl.h"

enum { CAPACITY = 512, BLOCK = 256, RIGHT = 512, RUNS_MOST = 64, DIRECTIONS = 10, FACTORS = 40, COMPLEXITY = 5 };
#define MOST (1.2 * (5.0 + DIRECTIONS) / 5.0)

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void must(shy_status st)
{
    if (st == SHY_OK) return;
    fprintf(stderr, "bench_metric: %s\n", shy_error_message());
    exit(1);
}

static double *room(size_t count)
{
    double *values = NULL;
    must(shy_new(count, sizeof *values, &values));
    return values;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, int count)
{
    qsort(values, (size_t)count, sizeof *values, compare);
    return count % 2 ? values[count / 2] : 0.5 * (values[count / 2 - 1] + values[count / 2]);
}

/* ---- a problem, and the metric of ten covariates ------------------------------------------------------------------------- */

typedef struct {
    int rows;
    double *factor, *y, *weight, *covariates;
    const double *direction[DIRECTIONS];
    shy_problem *problem; /* its metric is set for each run */
    shy_metric metric, plain;
} workshop;

static char no_text[1], y_text[] = "y", names[FACTORS][8];

static void draw(workshop *w)
{
    const size_t n = (size_t)w->rows;
    w->factor = room(FACTORS * n), w->y = room(n), w->weight = room(n), w->covariates = room(DIRECTIONS * n);
    for (size_t k = 0; k < FACTORS * n; k++) w->factor[k] = exp(0.5 * shy_random_normal(8, 2, k));
    for (size_t k = 0; k < DIRECTIONS * n; k++) w->covariates[k] = shy_random_normal(8, 3, k);
    for (size_t i = 0; i < n; i++) {
        w->weight[i] = 0.25 * (0.2 + shy_random_uniform(8, 4, i));
        w->y[i] = w->factor[i] * w->factor[n + i] + shy_random_normal(7, 1, i);
    }
    for (int k = 0; k < DIRECTIONS; k++) w->direction[k] = w->covariates + (size_t)k * n;
    w->metric = (shy_metric){w->y, w->weight, DIRECTIONS, w->direction}; /* made orthonormal by the space */
    w->plain = (shy_metric){.response = w->y};
}

static void set_factors(workshop *w)
{
    shy_problem *p = w->problem;
    const size_t n = (size_t)w->rows;
    must(shy_new(FACTORS, sizeof *p->name, &p->name));
    must(shy_new(FACTORS, sizeof *p->unit_text, &p->unit_text));
    must(shy_new(FACTORS, sizeof *p->modality, &p->modality));
    must(shy_new(FACTORS, sizeof *p->range, &p->range));
    must(shy_new(FACTORS, sizeof *p->first_sample, &p->first_sample));
    for (int f = 0; f < FACTORS; f++) {
        const double *u = w->factor + (size_t)f * n;
        (void)snprintf(names[f], sizeof names[f], "x%d", f + 1);
        p->name[f] = names[f], p->unit_text[f] = p->modality[f] = no_text;
        p->first_sample[f] = u[0];
        p->range[f] = (shy_interval){u[0], u[0]};
        for (size_t i = 0; i < n; i++) p->range[f] = (shy_interval){fmin(p->range[f].lo, u[i]), fmax(p->range[f].hi, u[i])};
    }
    must(shy_columns_wrap(w->rows, w->factor, &p->columns));
}

static void set_up(workshop *w, const shy_team *team)
{
    const int run = 128;
    draw(w);
    must(shy_new(1, sizeof *w->problem, &w->problem));
    shy_problem *p = w->problem;
    p->team = team;
    p->n_cohort = p->n_filtered = (uint64_t)w->rows;
    p->offered = p->factors = FACTORS;
    p->rows = (shy_rows){.team = team, .total = (uint64_t)w->rows, .rows = w->rows, .run_rows = run, .runs = (w->rows + run - 1) / run};
    p->y = w->y, p->outcome = y_text, p->outcome_unit = no_text;
    p->ops = shy_outcome_find("continuous");
    p->data = (shy_outcome_data){.column = p->outcome, .y = p->y};
    set_factors(w);
}

/* ---- tiles --------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    shy_space *space; /* whose metric it is */
    shy_panel *left, *right;
    shy_tile *tile;
    shy_pairs *pairs;
} bench;

static void pack(const workshop *w, const shy_space *space, shy_panel *panel, int count)
{
    double *u = room((size_t)w->rows), *partial = room((size_t)shy_operand_partials(space->view.directions));
    for (int k = 0; k < count; k++) {
        for (int i = 0; i < w->rows; i++) u[i] = exp(0.5 * shy_random_normal(9, (uint64_t)k, (uint64_t)i));
        shy_operand_sums sums = {.mean = (space->view.root ? shy_row_weighted_sum(w->rows, space->view.root, u) : shy_row_sum(w->rows, u)) / w->rows};
        const double square = space->view.root ? shy_row_weighted_square(w->rows, space->view.root, u, sums.mean) : shy_row_square(w->rows, u, sums.mean);
        sums.scale = sqrt(square / w->rows);
        sums.mu = sums.mean / sums.scale;
        shy_panel_pack(panel, k, u, &sums, partial);
        shy_panel_complete(panel, k, partial);
    }
    shy_panel_finish(panel, count);
    shy_free(&u);
    shy_free(&partial);
}

/* Blocks as the search has them (engine.c). */
static bench bench_create(const workshop *w, const shy_metric *metric)
{
    bench b = {0};
    shy_grammar grammar;
    shy_grammar_default(&grammar);
    w->problem->metric = metric;
    must(shy_space_create(w->problem, &grammar, &b.space));
    const shy_tile_metric tile = shy_view_metric(&b.space->view);
    const int block = shy_engine_block(b.space);
    must(shy_panel_create(CAPACITY, block, w->rows, (uint64_t)w->rows, &tile, true, false, &b.left));
    must(shy_panel_create(RIGHT, 0, w->rows, (uint64_t)w->rows, &tile, false, false, &b.right));
    must(shy_tile_create(block, RIGHT, tile.directions, false, &b.tile));
    must(shy_pairs_create(CAPACITY * RIGHT + RIGHT, tile.directions, &b.pairs));
    pack(w, b.space, b.left, CAPACITY);
    pack(w, b.space, b.right, RIGHT);
    return b;
}

static void bench_free(bench *b)
{
    shy_panel_destroy(&b->left);
    shy_panel_destroy(&b->right);
    shy_tile_destroy(&b->tile);
    shy_pairs_destroy(&b->pairs);
    shy_space_destroy(&b->space);
}

/* Nothing comes near these floors. */
static double time_tiles(bench *b, shy_precision precision)
{
    static const double floors[SHY_TILE_FORMS] = {0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9};
    const double start = seconds();
    for (int k = 0; k < shy_panel_blocks(b->left); k++) {
        must(shy_tile_moments(b->left, k, b->right, precision, SHY_MOMENTS_FULL, b->tile));
        const double epsilon = shy_tile_epsilon(b->tile, b->left, b->right, 1);
        b->pairs->count = 0;
        for (int i = 0; i < shy_panel_block_count(b->left, k); i++) shy_tile_flag(b->tile, b->left, k, i, b->right, epsilon, floors, b->pairs);
    }
    return seconds() - start;
}

static void report_tiles(const workshop *w, shy_precision precision, int runs)
{
    double with[RUNS_MOST], without[RUNS_MOST];
    bench metric = bench_create(w, &w->metric), plain = bench_create(w, &w->plain);
    for (int k = -1; k < runs; k++) { /* the first round only warms up */
        const int at = k < 0 ? 0 : k;
        with[at] = time_tiles(&metric, precision);
        without[at] = time_tiles(&plain, precision);
    }
    printf("metric n=%d work=tile precision=%s directions=%d ratio=%.2f most=%.2f\n", w->rows, shy_precision_name(precision), DIRECTIONS,
           median(with, runs) / median(without, runs), MOST);
    bench_free(&metric);
    bench_free(&plain);
}

/* ---- a whole search ---------------------------------------------------------------------------------------------------------------- */

static double work_of(const shy_search_times *t)
{
    return t->operands + t->tiles + t->elements + t->candidates;
}

static shy_search_times time_search(const workshop *w, const shy_metric *metric)
{
    shy_search_options options = {.keep = 10, .memory = UINT64_C(2) << 30, .seed = 7};
    shy_search_result *result = NULL;
    shy_grammar_default(&options.grammar);
    options.grammar.max_complexity = COMPLEXITY;
    options.grammar.max_factors = 3;
    options.grammar.units = SHY_UNITS_OFF;
    options.grammar.allowed[SHY_OP_MAX] = true;
    w->problem->metric = metric;
    must(shy_search_run(w->problem, &options, NULL, NULL, &result));
    const shy_search_times times = result->times;
    shy_search_result_free(&result);
    return times;
}

static void report_search(const workshop *w, int runs)
{
    shy_search_times best[2] = {{.operands = 1e30}, {.operands = 1e30}};
    for (int k = 0; k < 2 * runs; k++) {
        const shy_search_times t = time_search(w, k % 2 ? &w->metric : &w->plain);
        if (work_of(&t) < work_of(&best[k % 2])) best[k % 2] = t;
    }
    printf("metric n=%d work=search precision=auto directions=%d ratio=%.2f most=%.2f operands=%.2f tiles=%.2f elements=%.2f candidates=%.2f", w->rows,
           DIRECTIONS, work_of(&best[1]) / work_of(&best[0]), MOST, best[1].operands / best[0].operands, best[1].tiles / best[0].tiles,
           best[1].elements / best[0].elements, best[1].candidates / best[0].candidates);
    printf(" seconds=%.3g\n", work_of(&best[1]));
}

int main(int argc, char **argv)
{
    workshop w = {.rows = argc > 1 ? atoi(argv[1]) : 0};
    const int runs = argc > 2 ? atoi(argv[2]) : 5;
    shy_team *team = NULL;
    if (w.rows < 2 * DIRECTIONS || runs < 1 || runs > RUNS_MOST) {
        fputs("usage: bench_metric SAMPLES [RUNS], 20 samples or more, 1 to 64 runs\n", stderr);
        return 64;
    }
    must(shy_par_start(&argc, &argv));
    must(shy_team_create(SHY_ALL_RANKS, 1, &team));
    set_up(&w, team);
    for (int precision = SHY_FP32; precision < SHY_PRECISIONS; precision++) {
        if (precision == SHY_BF16 && !shy_bf16_native()) continue;
        report_tiles(&w, (shy_precision)precision, runs);
    }
    report_search(&w, runs < 3 ? runs : 3);
    shy_team_destroy(&team);
    shy_par_stop();
    return 0;
}
