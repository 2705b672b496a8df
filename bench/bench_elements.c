/*
 * bench_elements: formulas per second of the element-wise work of a search, on one core.
 *
 *     make bench-elements && bench/bench_elements [REPEATS] [SAMPLES ...]
 *
 * Prints a line per number of samples and instruction set: elements n=200 isa=avx512 formulas_per_second=2.1e+07. The
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

/* The marks are those of the first engine's lists, as if another rank had told them. */
static double seconds_of(shy_space *space, const shy_search_options *options, const shy_engine *first)
{
    shy_engine *engine = NULL;
    must(shy_engine_create(space, options, SHY_FP32, &engine));
    memcpy(engine->marks, first->marks, ((size_t)space->grammar.max_complexity + 1) * sizeof *engine->marks);
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

static void measure(const shy_team *team, int n, int repeats)
{
    const shy_search_options options = options_create();
    shy_problem *problem = problem_create(team, n);
    shy_space *space = NULL;
    shy_engine *first = NULL;
    double seconds[REPEATS_MAX];
    must(shy_space_create(problem, &options.grammar, &space));
    must(shy_engine_create(space, &options, SHY_FP32, &first));
    work(first);
    const shy_element_counts counts = shy_element_work_counts(first);
    for (int k = 0; k < repeats; k++)
        seconds[k] = seconds_of(space, &options, first);
    qsort(seconds, (size_t)repeats, sizeof *seconds, compare_doubles);
    printf("elements n=%d isa=%s formulas_per_second=%.3g uncertain=%.2g again=%.2g\n", n, shy_isa_name(shy_isa_get()),
           (double)counts.formulas / seconds[repeats / 2], (double)counts.uncertain / (double)counts.formulas, (double)counts.again / (double)counts.formulas);
    fflush(stdout);
    shy_engine_destroy(&first);
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
