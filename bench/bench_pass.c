/*
 * bench_pass: what one pass over the space costs that serves several training sets, or other responses, beside a search of all samples.
 *
 *     make bench/bench_pass && bench/bench_pass [SAMPLES [FACTORS [COMPLEXITY [RUNS]]]]
 *
 * Prints a line per grammar: pass n=200 operators=arithmetic search=1.25 folds=2.1 plainly=5.9 responses=3.3. `search` is in seconds, of the process, of a search on all
 * samples without refits; the others are ratios to it: five training sets and all samples in one pass; the same, one search after the other; 25 permuted responses.
 * BENCH_ONLY=f, p or r: one of these alone. On one core, log-normal factors, a product of two of them and noise as the outcome. Medians; runs of all kinds alternate.
 */
#include "shy_config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "search/columns.h"
#include "search/pass.h"

enum { SEED = 7, KEEP = 20, FOLDS = 5, RESPONSES = 25, RUNS_MOST = 25, FACTORS_MOST = 2000 };

static void must(shy_status st)
{
    if (st == SHY_OK) return;
    fprintf(stderr, "bench_pass: %s\n", shy_error_message());
    exit(1);
}

/* ---- a problem --------------------------------------------------------------------------------------------------------------- */

static char no_text[1], y_text[] = "y", names[FACTORS_MOST][16];
static double *values; /* of all factors; the problem's store of columns borrows them */

static double value_of(int f, int i)
{
    return exp((0.2 + 0.3 * shy_random_uniform(SEED, 1000, (uint64_t)f)) * shy_random_normal(SEED, (uint64_t)f, (uint64_t)i));
}

static shy_problem *problem_create(const shy_team *team, int n, int factors)
{
    shy_problem *p = NULL;
    const int run = 128;
    must(shy_new(1, sizeof *p, &p));
    p->team = team;
    p->n_cohort = p->n_filtered = (uint64_t)n;
    p->offered = p->factors = factors;
    p->rows = (shy_rows){.team = team, .total = (uint64_t)n, .rows = n, .run_rows = run, .runs = (n + run - 1) / run};
    must(shy_new((size_t)factors, sizeof *p->name, &p->name));
    must(shy_new((size_t)factors, sizeof *p->unit_text, &p->unit_text));
    must(shy_new((size_t)factors, sizeof *p->modality, &p->modality));
    must(shy_new((size_t)factors, sizeof *p->range, &p->range));
    must(shy_new((size_t)factors, sizeof *p->first_sample, &p->first_sample));
    must(shy_new((size_t)factors * (size_t)n, sizeof *values, &values));
    must(shy_new((size_t)n, sizeof *p->y, &p->y));
    for (int f = 0; f < factors; f++) {
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
    for (int i = 0; i < n; i++) p->y[i] = value_of(1, i) * value_of(2, i) + shy_random_normal(SEED, 2000, (uint64_t)i);
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

/* ---- what is timed --------------------------------------------------------------------------------------------------------------- */

typedef struct {
    shy_problem *problem;
    shy_search_options options;
    shy_problem *trained[FOLDS];
    const double *response[RESPONSES];
    double *room;
} bench;

static const shy_monitor nobody = {NULL, NULL};

static void create_sets(bench *b)
{
    const int n = b->problem->rows.rows;
    must(shy_new((size_t)n * RESPONSES, sizeof *b->room, &b->room));
    for (int t = 0; t < FOLDS; t++) {
        for (int i = 0; i < n; i++) b->room[i] = i % FOLDS != t;
        must(shy_problem_train(b->problem, b->room, &b->trained[t]));
    }
    for (int r = 0; r < RESPONSES; r++) {
        double *y = b->room + (size_t)r * (size_t)n;
        b->response[r] = y;
        for (int i = 0; i < n; i++) y[i] = shy_random_normal(SEED, 3000 + (uint64_t)r, (uint64_t)i);
    }
}

static void say(const char *what, const shy_search_result *r)
{
    if (!getenv("BENCH_VERBOSE")) return;
    fprintf(stderr, "# %-8s operands %.3f tiles %.3f elements %.3f candidates %.3f; pairs %.3g flagged %.3g refined %.3g scored %.3g widened %llu of %llu, %s\n", what,
            r->times.operands, r->times.tiles, r->times.elements, r->times.candidates, (double)r->screening.pairs, (double)r->screening.flagged,
            (double)r->screening.refined, (double)r->screening.scored, (unsigned long long)r->screening.widened,
            (unsigned long long)r->screening.tiles, shy_precision_name(r->precision));
}

static double search(bench *b)
{
    shy_lists *lists = NULL;
    const double start = shy_time_own_seconds();
    must(shy_screen_once(b->problem, &b->options, &nobody, &lists));
    say("search", &lists->screen);
    shy_lists_free(&lists);
    return shy_time_own_seconds() - start;
}

static double sets(bench *b, bool plainly)
{
    shy_lists *lists[1 + FOLDS] = {NULL};
    int passes = 0;
    const shy_problem *const *trained = (const shy_problem *const *)b->trained;
    const double start = shy_time_own_seconds();
    if (plainly) must(shy_search_pass_plainly(b->problem, &b->options, FOLDS, trained, &nobody, lists));
    else must(shy_pass_folds(b->problem, &b->options, FOLDS, trained, &nobody, lists, &passes));
    say(plainly ? "plainly" : "folds", &lists[0]->screen);
    for (int t = 0; t <= FOLDS; t++) shy_lists_free(&lists[t]);
    return shy_time_own_seconds() - start;
}

static double responses(bench *b)
{
    double most[RESPONSES * (SHY_COMPLEXITY_MAX + 1)];
    const double start = shy_time_own_seconds();
    must(shy_pass_responses(b->problem, &b->options, RESPONSES, b->response, &nobody, most));
    return shy_time_own_seconds() - start;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *numbers, int count)
{
    qsort(numbers, (size_t)count, sizeof *numbers, compare);
    return numbers[count / 2];
}

static void measure(bench *b, const char *operators, int runs)
{
    double of[4][RUNS_MOST];
    const char *only = getenv("BENCH_ONLY"); /* for a profile */
    for (int k = 0; k < runs; k++) {
        of[0][k] = search(b);
        of[1][k] = !only || *only == 'f' ? sets(b, false) / of[0][k] : 0.0;
        of[2][k] = !only || *only == 'p' ? sets(b, true) / of[0][k] : 0.0;
        of[3][k] = !only || *only == 'r' ? responses(b) / of[0][k] : 0.0;
    }
    printf("pass n=%d factors=%d complexity=%d operators=%s search=%.3f folds=%.2f plainly=%.2f responses=%.2f\n", b->problem->rows.rows, b->problem->factors,
           b->options.grammar.max_complexity, operators, median(of[0], runs), median(of[1], runs), median(of[2], runs), median(of[3], runs));
    fflush(stdout);
}

static int argument(int argc, char **argv, int k, int otherwise, int most)
{
    const int given = argc > k ? atoi(argv[k]) : 0;
    return given <= 0 ? otherwise : given < most ? given : most;
}

int main(int argc, char **argv)
{
    static const shy_op unary[] = {SHY_OP_LOG, SHY_OP_SQRT, SHY_OP_SQUARE, SHY_OP_INVERSE};
    const int n = argument(argc, argv, 1, 200, 1000000), factors = argument(argc, argv, 2, 300, FACTORS_MOST);
    const int complexity = argument(argc, argv, 3, 5, SHY_GRAMMAR_MAX), runs = argument(argc, argv, 4, 3, RUNS_MOST);
    shy_team *team = NULL;
    must(shy_par_start(&argc, &argv));
    must(shy_team_create(SHY_ALL_RANKS, 1, &team));
    const char *precision = getenv("BENCH_PRECISION"); /* fp32, or what is chosen */
    bench b = {.problem = problem_create(team, n, factors), .options = {.keep = KEEP, .memory = UINT64_C(4) << 30, .seed = SEED}};
    if (precision && strcmp(precision, "fp32") == 0) b.options.precision = SHY_FP32;
    create_sets(&b);
    shy_grammar_default(&b.options.grammar);
    b.options.grammar.max_complexity = complexity;
    for (int all = 0; all < 2; all++) {
        for (size_t k = 0; k < sizeof unary / sizeof *unary; k++) b.options.grammar.allowed[unary[k]] = all;
        measure(&b, all ? "default" : "arithmetic", runs);
    }
    for (int t = 0; t < FOLDS; t++) shy_problem_untrain(&b.trained[t]);
    shy_free(&b.room);
    problem_free(b.problem);
    shy_team_destroy(&team);
    shy_par_stop();
    return 0;
}
