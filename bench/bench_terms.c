/*
 * bench_terms: sums of two and three formulas tried per second, on one core.
 *
 *     make bench/bench_terms && bench/bench_terms [FORMULAS] [REPEATS]
 *
 * Prints a line per instruction set and number of terms: terms k=2000 terms=3 isa=avx512 models_per_second=4e+08 ratio=12.
 * The lists are full, as they are during most of a search. Of the first formulas of sums some are taken, evenly spread. ratio: against a plain
 * loop over the same kind of models, in the same process, that solves the normal equations of each by elimination. Medians.
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

#include "search/terms.h"

enum { SEED = 11, ROWS = 256, REPEATS_MAX = 99, PARTS = 40, PLAIN = 400 };

static void must(shy_status st)
{
    if (st == SHY_OK) return;
    fprintf(stderr, "bench_terms: %s\n", shy_error_message());
    exit(1);
}

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* ---- formulas ---------------------------------------------------------------------------------------------------- */

/* Columns in families of relatives, as those of a search are: correlations of 0.5 within a family. */
static double value_of(int j, int i)
{
    return shy_random_normal(SEED, (uint64_t)(j % 100), (uint64_t)i) + shy_random_normal(SEED, (uint64_t)(1000 + j), (uint64_t)i);
}

static void unit(double *x)
{
    const double length = sqrt(shy_exact_dot(ROWS, x, x));
    shy_exact_shift(ROWS, x, 0.0, 1.0 / length);
}

static void terms_create(int count, shy_terms *t)
{
    double *column = NULL, *y = NULL;
    *t = (shy_terms){.count = count};
    must(shy_new((size_t)count * ROWS, sizeof *column, &column));
    must(shy_new(ROWS, sizeof *y, &y));
    must(shy_new((size_t)count, sizeof *t->term, &t->term));
    must(shy_new((size_t)count * (size_t)count * 2U, sizeof *t->gram, &t->gram));
    must(shy_new((size_t)count, sizeof *t->explained, &t->explained));
    must(shy_new((size_t)count, sizeof *t->probe, &t->probe));
    for (int i = 0; i < ROWS; i++) y[i] = value_of(3, i) + value_of(5, i) - value_of(8, i) + 3.0 * shy_random_normal(SEED, 9999, (uint64_t)i);
    unit(y);
    for (int j = 0; j < count; j++) {
        double *x = column + (size_t)j * ROWS;
        for (int i = 0; i < ROWS; i++) x[i] = value_of(j, i);
        unit(x);
        t->explained[j] = shy_exact_dot(ROWS, x, y);
        t->probe[j] = x[0];
        t->term[j].complexity = 1 + 7 * j / count;
        (void)shy_tree_leaf(&t->term[j].tree, (uint32_t)(j % 100));
    }
    for (int c = 0, j = 0; c <= SHY_COMPLEXITY_MAX + 1; c++) {
        while (j < count && t->term[j].complexity < c) j++;
        t->first[c] = j;
    }
    must(shy_gram_add(count, ROWS, ROWS, column, ROWS, t->gram));
    shy_gram_finish(count, ROWS, t->gram);
    shy_free(&column);
    shy_free(&y);
}

/* ---- the plain loop ------------------------------------------------------------------------------------------------ */

static double plain_explained(const shy_terms *t, int terms, const int *term)
{
    double a[3][4], explained = 0.0;
    for (int i = 0; i < terms; i++) {
        for (int j = 0; j < terms; j++) a[i][j] = t->gram[(size_t)term[i] * (size_t)t->count + (size_t)term[j]];
        a[i][terms] = t->explained[term[i]];
    }
    for (int k = 0; k < terms; k++) {
        explained += a[k][terms] * a[k][terms] / a[k][k];
        for (int i = k + 1; i < terms; i++) {
            const double factor = a[i][k] / a[k][k];
            for (int j = k + 1; j <= terms; j++) a[i][j] -= factor * a[k][j];
        }
    }
    return explained;
}

static double plain_rate(const shy_terms *t, int terms)
{
    const int most = t->count < PLAIN ? t->count : PLAIN;
    double best = 0.0, models = 0.0;
    const double start = seconds_now();
    for (int i = 0; i < (terms == 3 ? 20 : most); i++) {
        for (int j = i + 1; j < most; j++) {
            for (int k = terms == 3 ? j + 1 : most - 1; k < most; k++, models++) best = fmax(best, plain_explained(t, terms, (const int[]){i, j, k}));
        }
    }
    const double seconds = seconds_now() - start;
    return best > 0.0 ? models / seconds : 0.0;
}

/* ---- the scan -------------------------------------------------------------------------------------------------------- */

static double models_of(int count, int first, int terms)
{
    const double others = count - 1 - first;
    return terms == 2 ? others : others * (others - 1.0) / 2.0;
}

/* Of pairs all, of triples those of some first terms. */
static double scan(shy_sums *s, int terms, double *room, int32_t *index)
{
    const int count = s->from->count, step = terms == 2 || count < PARTS ? 1 : count / PARTS;
    double models = 0.0;
    for (int i = 0; i < count; i += step) {
        shy_sums_scan(s, i, terms, room, index);
        models += models_of(count, i, terms);
    }
    return models;
}

static int compare_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void measure(int count, int terms, int repeats)
{
    shy_search_options options = {.keep = SHY_SUMS_KEPT, .terms = terms};
    shy_terms t;
    shy_sums *sums = NULL;
    double *room = NULL, rate[REPEATS_MAX], plain[REPEATS_MAX];
    int32_t *index = NULL;
    shy_grammar_default(&options.grammar);
    terms_create(count, &t);
    must(shy_sums_create(&t, &options, terms, &sums));
    must(shy_new((size_t)count * 3U, sizeof *room, &room));
    must(shy_new((size_t)count, sizeof *index, &index));
    (void)scan(sums, terms, room, index);
    for (int k = 0; k < repeats; k++) {
        const double start = seconds_now(), models = scan(sums, terms, room, index);
        rate[k] = models / (seconds_now() - start);
        plain[k] = plain_rate(&t, terms);
    }
    qsort(rate, (size_t)repeats, sizeof *rate, compare_doubles);
    qsort(plain, (size_t)repeats, sizeof *plain, compare_doubles);
    printf("terms k=%d terms=%d isa=%s models_per_second=%.3g ratio=%.3g\n", count, terms, shy_isa_name(shy_isa_get()), rate[repeats / 2],
           rate[repeats / 2] / plain[repeats / 2]);
    fflush(stdout);
    shy_free(&room);
    shy_free(&index);
    shy_sums_destroy(&sums);
    shy_terms_free(&t);
}

/* The kernels are chosen once in a process: one for each instruction set, or one for that of SHY_ISA. */
int main(int argc, char **argv)
{
    const int count = argc > 1 ? atoi(argv[1]) : 2000, repeats = argc > 2 ? atoi(argv[2]) : 5;
    if (count < 10 || repeats < 1 || repeats > REPEATS_MAX) return 64;
    for (int isa = 0; isa < SHY_ISAS; isa++) {
        int status = 0;
        if (!shy_isa_available((shy_isa)isa)) continue;
        const pid_t child = fork();
        if (child == 0) {
            shy_isa_limit((shy_isa)isa);
            for (int terms = 2; terms <= 3; terms++) measure(count, terms, repeats);
            return 0;
        }
        if (child < 0 || waitpid(child, &status, 0) != child || status != 0) return 1;
    }
    return 0;
}
