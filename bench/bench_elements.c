/*
 * bench_elements: formulas per second of the element-wise work of a search, on one core.
 *
 *     make bench-elements && bench/bench_elements [REPEATS] [SAMPLES ...]
 *
 * Prints two lines per number of samples and instruction set:
 *
 *     elements n=200 isa=avx512 formulas_per_second=2.1e+07 uncertain=0.0027 again=0.0038
 *     elements n=200 isa=avx512 folds=5 ratio=1.7 most=2 responses=25 ratio_responses=3
 *
 * `ratio` is the time of one pass for all samples and five training sets over that for all samples, `ratio_responses` that of 25 other responses
 * over that of one. The
 * formulas are the element-wise roots of complexity up to 6 that the default operators and max, min, abs, hypot,
 * reldiff give for sets of two and three of twenty factors, one of them with both signs. The time is that of the
 * process, for all that a search does with them: operands, sums, comparison with the K-th best, scoring of candidates.
 * The marks are those of full lists. Medians.
 */
#include "shy_config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "search/columns.h"
#include "search/element_plan.h"

enum { FACTORS = 20, SEED = 7, KEEP = 10, REPEATS_MAX = 99, SAMPLES_ALL = 200 };

static _Noreturn void give_up(void)
{
    fprintf(stderr, "bench_elements: %s\n", shy_error_message());
    exit(1);
}

static void must(shy_status st)
{
    if (st != SHY_OK) give_up();
}

/*
 * ---- a problem
 * ------------------------------------------------------------------------------------------------------
 */

static double value_of(int f, int i)
{
    const double normal = shy_random_normal(SEED, (uint64_t)f, (uint64_t)i);
    return f == FACTORS - 1 ? normal : (1.0 + 10.0 * f) * exp((0.1 + 0.04 * f) * normal);
}

static char no_text[1], y_text[] = "y", names[FACTORS][8];
static double *values; /* of all factors; the problem's store of columns borrows them */

static shy_problem *problem_create(const shy_team *team, int n)
{
    shy_problem *p = NULL;
    must(shy_new(1, sizeof *p, &p));
    p->team = team;
    p->n_cohort = p->n_filtered = (uint64_t)n;
    p->offered = p->factors = FACTORS;
    const int run = 128;
    p->rows = (shy_rows){.team = team, .total = (uint64_t)n, .rows = n, .run_rows = run, .runs = (n + run - 1) / run};
    must(shy_new(FACTORS, sizeof *p->name, &p->name));
    must(shy_new(FACTORS, sizeof *p->unit_text, &p->unit_text));
    must(shy_new(FACTORS, sizeof *p->modality, &p->modality));
    must(shy_new(FACTORS, sizeof *p->range, &p->range));
    must(shy_new(FACTORS, sizeof *p->first_sample, &p->first_sample));
    must(shy_new((size_t)FACTORS * (size_t)n, sizeof *values, &values));
    must(shy_new((size_t)n, sizeof *p->y, &p->y));
    for (int f = 0; f < FACTORS; f++) {
        snprintf(names[f], sizeof names[f], "x%d", f + 1);
        p->name[f] = names[f], p->unit_text[f] = p->modality[f] = no_text;
        p->first_sample[f] = value_of(f, 0);
        p->range[f] = (shy_interval){INFINITY, -INFINITY};
        for (int i = 0; i < n; i++) {
            const double v = values[(size_t)f * (size_t)n + (size_t)i] = value_of(f, i);
            p->range[f] = (shy_interval){fmin(p->range[f].lo, v), fmax(p->range[f].hi, v)};
        }
    }
    must(shy_columns_wrap(n, values, &p->columns));
    for (int i = 0; i < n; i++) p->y[i] = log(value_of(1, i)) * value_of(2, i) + 20.0 * shy_random_normal(SEED, 100, (uint64_t)i);
    p->outcome = y_text, p->outcome_unit = no_text;
    p->ops = shy_outcome_find("continuous");
    p->data = (shy_outcome_data){.column = p->outcome, .y = p->y};
    return p;
}

static void problem_free(shy_problem *p)
{
    shy_columns_destroy(&p->columns);
    shy_free(&values);
    shy_free(&p->first_sample);
    shy_free(&p->name);
    shy_free(&p->unit_text);
    shy_free(&p->modality);
    shy_free(&p->range);
    shy_free(&p->y);
    shy_free(&p);
}

/*
 * ---- the work
 * ---------------------------------------------------------------------------------------------------------
 */

static shy_search_options options_create(void)
{
    static const shy_op more[] = {SHY_OP_MAX, SHY_OP_MIN, SHY_OP_ABS, SHY_OP_HYPOT, SHY_OP_RELDIFF};
    shy_search_options options = {.keep = KEEP, .memory = UINT64_C(1) << 30, .seed = SEED};
    shy_grammar_default(&options.grammar);
    options.grammar.max_complexity = 6;
    for (size_t k = 0; k < sizeof more / sizeof *more; k++)
        options.grammar.allowed[more[k]] = true;
    return options;
}

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Sets of two and of three factors, fewer where there are more samples. */
static shy_job job_of(const shy_space *space, int slots)
{
    const uint64_t all = shy_tuple_sets(space, 0, slots), samples = space->problem->rows.total;
    return (shy_job){.kind = SHY_JOB_ELEMENT, .right_slots = (uint8_t)slots, .pinned_last = 1, .left_last = 1, .right_last = samples > SAMPLES_ALL ? all * SAMPLES_ALL / samples + 2 : all};
}

static void work(shy_engine *engine)
{
    for (int slots = 2; slots <= 3; slots++) {
        const shy_job job = job_of(engine->space, slots);
        must(shy_engine_work(engine, &job));
    }
}

/*
 * ---- views
 * ---------------------------------------------------------------------------------------------------------
 */

enum { FOLDS = 5, RESPONSES = 25, VIEWS_MOST = 32 };
enum { PLAIN, BY_FOLD, BY_RESPONSE, KINDS };

/* What a pass has, and what it points into. */
typedef struct {
    shy_outlook outlook;
    shy_view own[VIEWS_MOST];
    const shy_view *view[VIEWS_MOST];
    shy_sight sight[VIEWS_MOST];
    int cut[FOLDS + 1], *order;
    uint64_t samples[FOLDS];
    double *values;
    const double *response[VIEWS_MOST];
} pass;

/* The samples that fold f does not hold, as a search on them would see them. */
static void see_fold(const shy_space *space, pass *p, int f)
{
    const int n = space->problem->rows.rows, v = 1 + f;
    const double *y = space->view.response;
    double *room, sum = 0.0, square = 0.0;
    const double in = n - (p->cut[f + 1] - p->cut[f]);
    must(shy_new(2 * (size_t)n, sizeof *room, &room));
    for (int i = 0; i < n; i++) room[i] = room[n + i] = i % FOLDS != f;
    for (int i = 0; i < n; i++) sum += room[i] * y[i];
    for (int i = 0; i < n; i++) square += room[i] * (y[i] - sum / in) * (y[i] - sum / in);
    for (int i = 0; i < n; i++) room[i] *= y[i] - sum / in;
    const shy_metric metric = {.response = room, .weight = room + n};
    must(shy_view_set(space->problem, &metric, &p->own[v]));
    p->view[v] = &p->own[v];
    p->sight[v] = (shy_sight){.left_out = f, .level = sum / in, .scale = sqrt(square / in)};
    shy_free(&room);
}

static void lay_folds(const shy_space *space, pass *p)
{
    const int n = space->problem->rows.rows;
    must(shy_new((size_t)n, sizeof *p->order, &p->order));
    must(shy_new((size_t)n, sizeof *p->values, &p->values));
    for (int f = 0, at = 0; f < FOLDS; f++) {
        for (int i = f; i < n; i += FOLDS, at++) p->order[at] = i, p->values[at] = space->view.response[i];
        p->cut[f + 1] = at;
        p->samples[f] = (uint64_t)(at - p->cut[f]);
    }
    p->response[0] = p->values;
    p->view[0] = &space->view;
    p->sight[0] = (shy_sight){.left_out = -1, .scale = 1.0};
    for (int f = 0; f < FOLDS; f++) see_fold(space, p, f);
    p->outlook = (shy_outlook){1 + FOLDS, p->view, p->sight, shy_best_reserve(KEEP), {FOLDS, p->cut, p->samples, 1, p->response}, p->order};
}

static void lay_responses(const shy_space *space, pass *p)
{
    const int n = space->problem->rows.rows;
    must(shy_new((size_t)n, sizeof *p->values, &p->values));
    p->cut[1] = n, p->samples[0] = (uint64_t)n;
    for (int b = 0; b < RESPONSES; b++) {
        for (int i = 0; i < n; i++) p->values[i] = space->view.response[(i + 7 * b + 1) % n];
        must(shy_view_respond(space->problem, &space->view, p->values, &p->own[b]));
        p->view[b] = &p->own[b], p->response[b] = p->own[b].scaled_response;
        p->sight[b] = (shy_sight){.left_out = -1, .response = b, .scale = 1.0};
    }
    p->outlook = (shy_outlook){RESPONSES, p->view, p->sight, 1, {1, p->cut, p->samples, RESPONSES, p->response}, NULL};
}

static void pass_free(pass *p)
{
    for (int v = 0; v < VIEWS_MOST; v++) shy_view_free(&p->own[v]);
    shy_free(&p->order);
    shy_free(&p->values);
}

static shy_engine *engine_create(shy_space *space, const shy_search_options *options, const pass *p)
{
    shy_engine *engine = NULL;
    must(p ? shy_engine_create_pass(space, options, SHY_FP32, &p->outlook, &engine) : shy_engine_create(space, options, SHY_FP32, &engine));
    return engine;
}

/* The marks are those of the first engine's lists, as if another rank had told them. */
static double seconds_of(shy_space *space, const shy_search_options *options, const pass *p, const shy_engine *first)
{
    shy_engine *engine = engine_create(space, options, p);
    memcpy(engine->marks, first->marks, (size_t)shy_engine_marks(engine) * sizeof *engine->marks);
    const double start = seconds_now();
    work(engine);
    const double seconds = seconds_now() - start;
    shy_engine_destroy(&engine);
    return seconds;
}

static int compare_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Median seconds of each kind, measured in turn. */
static shy_element_counts measure_kinds(shy_space *space, const shy_search_options *options, int repeats, double median[KINDS])
{
    pass folds = {0}, responses = {0};
    const pass *kind[KINDS] = {NULL, &folds, &responses};
    shy_engine *first[KINDS];
    double seconds[KINDS][REPEATS_MAX];
    lay_folds(space, &folds);
    lay_responses(space, &responses);
    for (int k = 0; k < KINDS; k++) {
        first[k] = engine_create(space, options, kind[k]);
        work(first[k]);
    }
    for (int r = 0; r < repeats; r++) {
        for (int k = 0; k < KINDS; k++) seconds[k][r] = seconds_of(space, options, kind[k], first[k]);
    }
    const shy_element_counts counts = shy_element_work_counts(first[PLAIN]);
    for (int k = 0; k < KINDS; k++) {
        qsort(seconds[k], (size_t)repeats, sizeof *seconds[k], compare_doubles);
        median[k] = seconds[k][repeats / 2];
        shy_engine_destroy(&first[k]);
    }
    pass_free(&folds);
    pass_free(&responses);
    return counts;
}

static void measure(const shy_team *team, int n, int repeats)
{
    const shy_search_options options = options_create();
    shy_problem *problem = problem_create(team, n);
    shy_space *space = NULL;
    double median[KINDS];
    const char *isa = shy_isa_name(shy_isa_get());
    must(shy_space_create(problem, &options.grammar, &space));
    const shy_element_counts counts = measure_kinds(space, &options, repeats, median);
    printf("elements n=%d isa=%s formulas_per_second=%.3g uncertain=%.2g again=%.2g\n", n, isa, (double)counts.formulas / median[PLAIN],
           (double)counts.uncertain / (double)counts.formulas, (double)counts.again / (double)counts.formulas);
    printf("elements n=%d isa=%s folds=%d ratio=%.2f most=%.1f responses=%d ratio_responses=%.2f\n", n, isa, FOLDS, median[BY_FOLD] / median[PLAIN],
           n < 500 ? 2.0 : 1.4, RESPONSES, median[BY_RESPONSE] / median[PLAIN]);
    fflush(stdout);
    shy_space_destroy(&space);
    problem_free(problem);
}

static int run_isa(int argc, char **argv)
{
    static const int usual[] = {100, 200, 1000, 5000};
    const int repeats = argc > 1 ? atoi(argv[1]) : 5, sizes = argc > 2 ? argc - 2 : (int)(sizeof usual / sizeof *usual);
    shy_team *team = NULL;
    if (repeats < 1 || repeats > REPEATS_MAX) return 64;
    must(shy_par_start(&argc, &argv));
    must(shy_team_create(SHY_ALL_RANKS, 1, &team));
    for (int k = 0; k < sizes; k++)
        measure(team, argc > 2 ? atoi(argv[2 + k]) : usual[k], repeats);
    shy_team_destroy(&team);
    shy_par_stop();
    return 0;
}

/* The kernels are chosen once in a process: one for each instruction set, or one for that of SHY_ISA. */
int main(int argc, char **argv)
{
    if (getenv("SHY_ISA")) {
        must(shy_isa_check());
        return run_isa(argc, argv);
    }
    for (int isa = 0; isa < SHY_ISAS; isa++) {
        int status = 0;
        if (!shy_isa_available((shy_isa)isa)) continue;
        setenv("SHY_ISA", shy_isa_name((shy_isa)isa), 1);
        const pid_t child = fork();
        if (child == 0) return run_isa(argc, argv);
        if (child < 0 || waitpid(child, &status, 0) != child || status != 0) return 1;
    }
    return 0;
}
