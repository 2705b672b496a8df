/* test_search_subset.c: screening on a part of the samples: which ones, their values on every team, and the chance of a loss. */
#include "shy_config.h"

#include "search_problem.h"

#include "search/subset.h"

/* ---- which samples ------------------------------------------------------------------------------------------------------ */

enum { N_MOST = 4000 };
static double y[N_MOST];
static uint64_t sample[N_MOST], again[N_MOST];

/* Place of sample i in the order of y; equal ones are one place. */
static void places(uint64_t n, uint64_t i, uint64_t *first, uint64_t *last)
{
    *first = *last = 0;
    for (uint64_t k = 0; k < n; k++) *first += y[k] < y[i], *last += y[k] <= y[i];
}

static void expect_ascending(uint64_t n, uint64_t count)
{
    for (uint64_t k = 0; k < count; k++) EXPECT(sample[k] < n && (k == 0 || sample[k] > sample[k - 1]));
}

static int compare(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, z = *(const uint64_t *)b;
    return (x > z) - (x < z);
}

/* Of the places 0 … n−1 in the order of y, the k-th chosen lies within n·k/count … n·(k+1)/count. */
static void each_stratum_of_a_number_gives_one_sample(void **state)
{
    (void)state;
    static const uint64_t sizes[][2] = {{4000, 1000}, {1000, 999}, {777, 100}, {101, 2}, {12, 5}};
    for (size_t c = 0; c < sizeof sizes / sizeof *sizes; c++) {
        const uint64_t n = sizes[c][0], count = sizes[c][1];
        uint64_t place[N_MOST], last;
        for (uint64_t i = 0; i < n; i++) y[i] = exp(shy_random_normal(5, c, i));
        EXPECT(shy_subset_choose(y, n, count, 3, sample) == SHY_OK);
        expect_ascending(n, count);
        for (uint64_t k = 0; k < count; k++) places(n, sample[k], &place[k], &last);
        qsort(place, count, sizeof *place, compare);
        for (uint64_t k = 0; k < count; k++) {
            EXPECT((double)place[k] > (double)n * (double)k / (double)count - 1.0);
            EXPECT((double)place[k] < (double)n * (double)(k + 1) / (double)count);
        }
    }
    assert_on_all_ranks();
}

/* With many equal values the strata hold; which of the equal ones are taken is chance, too. */
static void the_choice_follows_from_the_seed_and_from_nothing_else(void **state)
{
    (void)state;
    int taken[60] = {0}, same = 0;
    enum { SEEDS = 1000, TIED = 60, TAKEN = 20 };
    for (int i = 0; i < TIED; i++) y[i] = i / 20; /* three values: no classes */
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        EXPECT(shy_subset_choose(y, TIED, TAKEN, seed, sample) == SHY_OK);
        EXPECT(shy_subset_choose(y, TIED, TAKEN, seed, again) == SHY_OK);
        EXPECT(memcmp(sample, again, TAKEN * sizeof *sample) == 0);
        EXPECT(shy_subset_choose(y, TIED, TAKEN, seed + SEEDS, again) == SHY_OK);
        same += memcmp(sample, again, TAKEN * sizeof *sample) == 0;
        for (int k = 0; k < TAKEN; k++) taken[sample[k]]++;
    }
    EXPECT(same < 3);
    const double expected = SEEDS / 3.0, deviation = sqrt(SEEDS * 2.0 / 9.0);
    for (int i = 0; i < TIED; i++) EXPECT(fabs(taken[i] - expected) < 5.0 * deviation);
    assert_on_all_ranks();
}

static void classes_stay_in_proportion_and_rare_ones_are_seen(void **state)
{
    (void)state;
    static const struct {
        uint64_t n, ones, count, expected;
    } cases[] = {
        {4000, 1000, 1000, 250}, {4000, 1333, 100, 33}, {4000, 4, 100, 4}, {4000, 30, 100, 10}, {4000, 3995, 200, 195},
        {4000, 3700, 100, 90},   {4000, 2000, 101, 51}, {50, 25, 12, 6},   {50, 1, 12, 1},      {50, 20, 3, 1},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        uint64_t ones = 0;
        for (uint64_t i = 0; i < cases[c].n; i++) y[i] = i * 2654435761u % cases[c].n < cases[c].ones;
        EXPECT(shy_subset_choose(y, cases[c].n, cases[c].count, 11, sample) == SHY_OK);
        expect_ascending(cases[c].n, cases[c].count);
        for (uint64_t k = 0; k < cases[c].count; k++) ones += y[sample[k]] > 0.0;
        EXPECT(ones == cases[c].expected || (2 * cases[c].expected == cases[c].count + 1 && ones == cases[c].expected - 1));
    }
    assert_on_all_ranks();
}

/* ---- the same values on every team ---------------------------------------------------------------------------------------- */

static const problem_spec specs[] = {
    {.n = 200, .columns = "psbzw", .seed = 4},
    {.n = 90, .columns = "ppp", .seed = 8, .outcome = "binary"},
};
enum { PART = 37, SPECS = sizeof specs / sizeof *specs };
static uint64_t expected[SPECS][PART];

/* The response of all samples: centred and scaled on them, not on the part. */
static double true_response(const problem_spec *spec, uint64_t at)
{
    double mean = 0.0, square = 0.0;
    for (int i = 0; i < spec->n; i++) mean += spec_response(spec, i) / spec->n;
    for (int i = 0; i < spec->n; i++) square += pow(spec_response(spec, i) - mean, 2) / spec->n;
    return (spec_response(spec, (int)at) - mean) / sqrt(square);
}

static void expect_subset(const problem_spec *spec, const shy_subset *s, const uint64_t *samples)
{
    EXPECT(memcmp(s->sample, samples, PART * sizeof *samples) == 0);
    EXPECT(s->problem.rows.total == PART && s->problem.rows.rows == PART && s->problem.rows.first == 0);
    for (uint32_t f = 0; spec->columns[f]; f++) {
        const double *values = NULL;
        EXPECT(shy_columns_get(s->problem.columns, &f, 1, &values) == SHY_OK);
        for (int k = 0; k < PART; k++) EXPECT(values[k] == spec_value(spec, (int)f, (int)samples[k]));
        EXPECT(s->problem.first_sample[f] == values[0]);
        EXPECT(s->problem.range[f].lo == s->whole->range[f].lo && s->problem.range[f].hi == s->whole->range[f].hi);
    }
    for (int k = 0; k < PART; k++) EXPECT(fabs(s->response[k] - true_response(spec, samples[k])) < 1e-12);
}

static void check_values(const shy_team *team)
{
    const shy_grammar grammar = make_grammar(NULL, 3, 2);
    for (int c = 0; c < SPECS; c++) {
        shy_problem *problem = problem_create(team, &specs[c]);
        shy_space *space = NULL;
        shy_subset *s = NULL;
        EXPECT(shy_space_create(problem, &grammar, &space) == SHY_OK);
        const uint64_t before = shy_memory_in_use();
        EXPECT(shy_subset_create(space, PART, 5, &s) == SHY_OK);
        EXPECT(shy_subset_fill(s, 0) == SHY_OK);
        expect_subset(&specs[c], s, expected[c]);
        shy_subset_destroy(&s);
        EXPECT(shy_subset_create(space, PART, 5, &s) == SHY_OK);
        shy_error_clear();
        expect_failure(team, shy_subset_fill(s, shy_memory_in_use() + 64), SHY_MEMORY, "search.screen_rows: 37 samples");
        shy_error_clear();
        shy_subset_destroy(&s);
        EXPECT(shy_memory_in_use() == before);
        shy_space_destroy(&space);
        problem_free(problem);
    }
}

static void every_rank_has_the_samples_that_the_outcome_and_the_seed_choose(void **state)
{
    (void)state;
    for (int c = 0; c < SPECS; c++) {
        for (int i = 0; i < specs[c].n; i++) y[i] = spec_response(&specs[c], i);
        EXPECT(shy_subset_choose(y, (uint64_t)specs[c].n, PART, 5, expected[c]) == SHY_OK);
    }
    on_every_team(check_values);
    assert_on_all_ranks();
}

/* ---- the chance of a loss ------------------------------------------------------------------------------------------------------- */

/* Φ by Simpson's rule, and Fisher's z by logarithms: nothing of what the program uses. */
static double normal_below(double x)
{
    enum { STEPS = 20000 };
    const double from = -12.0, width = (x - from) / STEPS;
    double sum = 0.0;
    for (int i = 0; i <= STEPS; i++) {
        const double t = from + width * i;
        sum += (i == 0 || i == STEPS ? 1.0 : i % 2 ? 4.0 : 2.0) * exp(-t * t / 2.0);
    }
    return sum * width / 3.0 / sqrt(2.0 * 3.14159265358979323846);
}

static double independent_chance(double r2, double mark, double m, double n)
{
    const double a = sqrt(r2), b = sqrt(mark);
    const double distance = 0.5 * log((1.0 + b) * (1.0 - a) / ((1.0 - b) * (1.0 + a)));
    return normal_below(distance * sqrt((m - 3.0) * n / (n - m)));
}

static void the_chance_is_that_of_fishers_z(void **state)
{
    (void)state;
    static const double r2s[] = {0.001, 0.01, 0.05, 0.2, 0.7}, marks[] = {0.0, 0.002, 0.02, 0.06, 0.3};
    static const uint64_t sizes[][2] = {{100, 2000}, {1000, 1001}, {1024, 500000}, {50, 51}};
    int between = 0;
    for (int i = 0; i < 5 * 5 * 4; i++) {
        const double r2 = r2s[i % 5], mark = marks[i / 5 % 5];
        const uint64_t m = sizes[i / 25][0], n = sizes[i / 25][1];
        const double truth = independent_chance(r2, mark, (double)m, (double)n), chance = shy_lost_chance(r2, mark, m, n, 1.0);
        EXPECT(fabs(chance - truth) < 1e-9);
        between += truth > 0.001 && truth < 0.999;
    }
    EXPECT(between > 15);
    EXPECT(shy_lost_chance(0.1, -1.0, 100, 1000, 1.0) == 0.0); /* all formulas were kept */
    EXPECT(shy_lost_chance(1.0, 0.9, 100, 1000, 1.0) < 1e-12 && shy_lost_chance(1.0 + 1e-15, 1.0, 100, 1000, 1.0) <= 0.5);
    EXPECT(shy_lost_chance(0.0, 0.5, 100, 1000, 1.0) > 1.0 - 1e-12);
    assert_on_all_ranks();
}

/* z = b·y + e with e unlike y: with a response of twice the variance r² is b²·2/(b²·2 + 1). */
static void a_part_with_a_wider_response_correlates_more(void **state)
{
    (void)state;
    const double weak = 0.04, wide = 2.0 * 0.04 / (2.0 * 0.04 + 0.96);
    EXPECT(fabs(shy_lost_chance(weak, 0.05, 200, 10000, 2.0) - shy_lost_chance(wide, 0.05, 200, 10000, 1.0)) < 1e-12);
    EXPECT(shy_lost_chance(weak, 0.05, 200, 10000, 2.0) < 0.7 * shy_lost_chance(weak, 0.05, 200, 10000, 1.0));
    assert_on_all_ranks();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_stratum_of_a_number_gives_one_sample),
        cmocka_unit_test(the_choice_follows_from_the_seed_and_from_nothing_else),
        cmocka_unit_test(classes_stay_in_proportion_and_rare_ones_are_seen),
        cmocka_unit_test(every_rank_has_the_samples_that_the_outcome_and_the_seed_choose),
        cmocka_unit_test(the_chance_is_that_of_fishers_z),
        cmocka_unit_test(a_part_with_a_wider_response_correlates_more),
    };
    return run_par_tests("search subset", tests, sizeof tests / sizeof *tests, argc, argv);
}
