/* test_assess_chance.c: exact intervals, ranks among permutations, generalised Pareto tails, against definitions in long double, and by simulation. */
#include "shy_config.h"

#include <math.h>

#include "assess/chance.h"
#include "assess/tail.h"
#include "par_check.h"

typedef long double wide;

/* ---- intervals ---------------------------------------------------------------------------------------------------------------- */

static wide within_by_definition(int x, int trials, wide p)
{
    wide sum = 0, term = powl(1 - p, trials); /* of k = 0 */
    for (int k = 0; k <= x; k++) {
        sum += term;
        term *= p / (1 - p) * (trials - k) / (k + 1);
    }
    return sum;
}

static void intervals_are_exact(void **state)
{
    (void)state;
    static const struct {
        int x, trials;
        double low, high; /* R: binom.test */
    } known[] = {
        {0, 20, 0.0, 0.1684334709830854},
        {3, 200, 0.003104107621553514, 0.043208281917712643},
        {10, 25, 0.2112548064651420, 0.6133465037431602},
        {199, 200, 0.9724581015427944, 0.9998734189721330},
        {57, 1000, 0.04345358193695860, 0.07322272946066222},
    };
    for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
        double low, high;
        shy_binomial_interval(known[k].x, known[k].trials, 0.95, &low, &high);
        EXPECT(fabs(low - known[k].low) < 1e-9 && fabs(high - known[k].high) < 1e-9);
    }
    for (int trials = 1; trials <= 400; trials = trials * 3 + 1) {
        for (int x = 0; x <= trials; x += 1 + trials / 7) {
            double low, high;
            shy_binomial_interval(x, trials, 0.95, &low, &high);
            EXPECT(x == 0 ? low == 0.0 : fabsl(1 - within_by_definition(x - 1, trials, low) - 0.025L) < 1e-10L);
            EXPECT(x == trials ? high == 1.0 : fabsl(within_by_definition(x, trials, high) - 0.025L) < 1e-10L);
        }
    }
    const shy_chance chance = shy_chance_of(3, 200), none = shy_chance_of(0, 0);
    EXPECT(fabs(chance.p - 4.0 / 201.0) < 1e-15 && chance.low > 0.003 && chance.high < 0.044 && isnan(chance.tail));
    EXPECT(isnan(none.p) && isnan(none.low) && none.permutations == 0);
    assert_on_all_ranks();
}

/* ---- tails ---------------------------------------------------------------------------------------------------------------------- */

enum { MOST = 500 };

static int compare_numbers(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void draw_pareto(uint64_t seed, double shape, double scale, int count, double *x)
{
    for (int i = 0; i < count; i++) {
        const double u = shy_random_uniform(seed, 1, (uint64_t)i);
        x[i] = shape == 0.0 ? -scale * log(u) : scale * (pow(u, -shape) - 1.0) / shape;
    }
    qsort(x, (size_t)count, sizeof *x, compare_numbers);
}

static wide log_density(const shy_pareto *p, const double *x, int count)
{
    wide sum = 0;
    for (int i = 0; i < count; i++)
        sum -= logl(p->scale) + (p->shape == 0.0 ? x[i] / (wide)p->scale : (1 + 1 / (wide)p->shape) * log1pl((wide)p->shape * x[i] / p->scale));
    return sum;
}

/* No other shape >= 0 and scale is likelier. */
static void fits_are_of_maximum_likelihood(void **state)
{
    (void)state;
    static const double shapes[] = {0.0, 0.1, 0.3, 0.8};
    static const int counts[] = {10, 25, 100, MOST};
    double x[MOST];
    for (int s = 0; s < 4; s++) {
        for (int c = 0; c < 4; c++) {
            for (uint64_t seed = 1; seed <= 5; seed++) {
                draw_pareto(seed, shapes[s], 2.5, counts[c], x);
                const shy_pareto fit = shy_pareto_fit(x, counts[c]);
                const wide best = log_density(&fit, x, counts[c]);
                for (int i = 0; i <= 40; i++)
                    for (int j = -20; j <= 20; j++) {
                        const shy_pareto other = {fabs(i < 20 ? fit.shape + (i - 10) * 0.003 : (i - 20) * 0.1), fit.scale * exp(j * (i < 20 ? 0.01 : 0.1))};
                        EXPECT(log_density(&other, x, counts[c]) <= best + 1e-5L);
                    }
                if (counts[c] == MOST) EXPECT(fabs(fit.shape - shapes[s]) < 0.25 && fabs(fit.scale / 2.5 - 1.0) < 0.3);
            }
        }
    }
    assert_on_all_ranks();
}

/* n ∫ (F_n − z)² / (z (1 − z)) dz, piece by piece: between samples F_n is a constant c. */
static wide distance_by_definition(const shy_pareto *p, const double *x, int count)
{
    wide sum = 0;
    for (int k = 0; k <= count; k++) {
        const wide c = (wide)k / count;
        const wide low = k == 0 ? 0 : 1 - (wide)shy_pareto_beyond(p, x[k - 1]), high = k == count ? 1 : 1 - (wide)shy_pareto_beyond(p, x[k]);
        sum -= high - low;
        if (k > 0) sum += c * c * logl(high / low);
        if (k < count) sum -= (1 - c) * (1 - c) * logl((1 - high) / (1 - low));
    }
    return count * sum;
}

static void distances_are_those_of_anderson_and_darling(void **state)
{
    (void)state;
    double x[60];
    for (uint64_t seed = 1; seed <= 20; seed++) {
        const shy_pareto p = {seed % 3 ? 0.2 : 0.0, 1.3};
        draw_pareto(seed, 0.1, 1.5, 60, x);
        EXPECT(fabsl(shy_pareto_distance(&p, x, 60) - distance_by_definition(&p, x, 60)) < 1e-9L);
    }
    assert_on_all_ranks();
}

/* One in twenty samples of the family is refused, most others are. */
static void the_test_of_the_fit_has_its_level(void **state)
{
    (void)state;
    enum { TRIALS = 300, COUNT = 30 };
    int refused[3] = {0};
    double x[COUNT];
    for (uint64_t seed = 0; seed < TRIALS; seed++) {
        for (int kind = 0; kind < 3; kind++) {
            shy_status st;
            draw_pareto(seed, kind == 0 ? 0.0 : 0.3, 1.0, COUNT, x);
            for (int i = 0; i < COUNT && kind == 2; i++) x[i] = 3.0 + 0.2 * shy_random_normal(seed, 2, (uint64_t)i);
            qsort(x, COUNT, sizeof *x, compare_numbers);
            const shy_pareto fit = shy_pareto_fit(x, COUNT);
            refused[kind] += shy_pareto_goodness(&fit, x, COUNT, &st) <= 0.05;
            EXPECT(st == SHY_OK);
        }
    }
    EXPECT(refused[0] > 0.01 * TRIALS && refused[0] < 0.1 * TRIALS);
    EXPECT(refused[1] > 0.01 * TRIALS && refused[1] < 0.1 * TRIALS);
    EXPECT(refused[2] > 0.95 * TRIALS);
    assert_on_all_ranks();
}

/* Maxima of 1,000 exponential variables, P(X > x) = 1 − (1 − exp(−x))^1000: p of 1e-4 from 200 of them is right within a factor of ten, and about so on average. */
static void tails_reach_beyond_the_samples(void **state)
{
    (void)state;
    enum { TRIALS = 200, SAMPLES = 200 };
    double sample[SAMPLES], sum = 0.0;
    int fitted = 0, near = 0;
    const double far = -log(-expm1(log1p(-1e-4) / 1000.0));
    shy_tail tail;
    for (uint64_t seed = 0; seed < TRIALS; seed++) {
        for (int i = 0; i < SAMPLES; i++) sample[i] = -log(-expm1(log(shy_random_uniform(seed, 3, (uint64_t)i)) / 1000.0));
        EXPECT(shy_tail_fit(sample, SAMPLES, &tail) == SHY_OK);
        if (tail.count == 0) continue;
        const double p = shy_tail_beyond(&tail, far);
        EXPECT(isnan(shy_tail_beyond(&tail, tail.threshold)));
        fitted++;
        near += fabs(log10(p / 1e-4)) < 1.0;
        sum += log10(p / 1e-4);
    }
    EXPECT(fitted > 0.9 * TRIALS && near > 0.8 * fitted);
    EXPECT(fabs(sum / fitted) < 0.5);
    EXPECT(shy_tail_fit(sample, SHY_TAIL_SAMPLES - 1, &tail) == SHY_OK && tail.count == 0);
    for (int i = 0; i < SAMPLES; i++) sample[i] = i % 2; /* no place for a threshold */
    EXPECT(shy_tail_fit(sample, SAMPLES, &tail) == SHY_OK && tail.count == 0 && isnan(shy_tail_beyond(&tail, 5.0)));
    assert_on_all_ranks();
}

/* ---- ranks ---------------------------------------------------------------------------------------------------------------------- */

enum { LEVELS = 5, PERMUTATIONS = 39 };

/* Maxima of later complexities lean on those before, as those of nested searches do. */
static void draw_maxima(uint64_t seed, double *most)
{
    for (int j = 0; j <= PERMUTATIONS; j++) {
        double at = 0.1;
        most[j * (LEVELS + 1)] = -1.0;
        for (int c = 1; c <= LEVELS; c++) {
            at = 0.7 * at + 0.3 * shy_random_uniform(seed, 4, (uint64_t)(j * 100 + c));
            most[j * (LEVELS + 1) + c] = at;
        }
    }
}

static void the_front_is_ranked_exactly(void **state)
{
    (void)state;
    enum { TRIALS = 4000 };
    int below[3] = {0};
    double most[(PERMUTATIONS + 1) * (LEVELS + 1)];
    const shy_maxima maxima = {PERMUTATIONS, LEVELS + 1, most};
    for (uint64_t seed = 0; seed < TRIALS; seed++) {
        int exceeding = -1;
        draw_maxima(seed, most);
        EXPECT(shy_maxima_front(&maxima, &exceeding) == SHY_OK && exceeding >= 0 && exceeding <= PERMUTATIONS);
        const double p = shy_chance_of(exceeding, PERMUTATIONS).p;
        below[0] += p <= 0.05, below[1] += p <= 0.25, below[2] += p <= 0.5;
    }
    EXPECT(fabs(below[0] / (double)TRIALS - 0.05) < 0.015);
    EXPECT(fabs(below[1] / (double)TRIALS - 0.25) < 0.03);
    EXPECT(fabs(below[2] / (double)TRIALS - 0.5) < 0.04);
    assert_on_all_ranks();
}

/* By how many deviations each stands out at its best complexity, by hand: x = −log(1 − r²). */
static void fronts_that_stand_out(void **state)
{
    (void)state;
    const double most[4][4] = {{-1, 0.9, 0.5, 0.3}, {-1, 0.5, 0.9, 0.1}, {-1, 0.2, 0.1, 0.9}, {-1, 0.4, 0.3, 0.2}};
    shy_maxima maxima = {3, 4, most[0]};
    int exceeding;
    /* the data 1.694 at complexity 1; permutations 1.680 at 2, 1.724 at 3, −0.52 at 1 */
    EXPECT(shy_maxima_front(&maxima, &exceeding) == SHY_OK && exceeding == 1);
    EXPECT(shy_maxima_exceeding(&maxima, 1, 0.9) == 0 && shy_maxima_exceeding(&maxima, 2, 0.5) == 1 && shy_maxima_exceeding(&maxima, 3, 0.1) == 3);
    EXPECT(shy_maxima_exceeding(&maxima, 3, 0.2 + 1e-14) == 2); /* rounding is no difference */
    const double other[3][3] = {{-1, 0.1, 0.1}, {-1, 0.2, 0.1}, {-1, 0.1, 0.1}};
    maxima = (shy_maxima){2, 3, other[0]};
    EXPECT(shy_maxima_front(&maxima, &exceeding) == SHY_OK && exceeding == 2); /* equal ones count; a complexity where all are the same says nothing */
    const double first[3][3] = {{-1, 0.1, 0.5}, {-1, 0.2, -1}, {-1, 0.3, 0.2}};
    maxima = (shy_maxima){2, 3, first[0]};
    EXPECT(shy_maxima_front(&maxima, &exceeding) == SHY_OK && exceeding >= 0 && exceeding <= 2);
    /* One that stands out at one complexity of several has the least p that can be counted. */
    double many[(PERMUTATIONS + 1) * (LEVELS + 1)];
    draw_maxima(7, many);
    many[3] = 0.99;
    maxima = (shy_maxima){PERMUTATIONS, LEVELS + 1, many};
    EXPECT(shy_maxima_front(&maxima, &exceeding) == SHY_OK && exceeding == 0);
    assert_on_all_ranks();
}

static void p_values_have_tails_where_they_are_small(void **state)
{
    (void)state;
    enum { MANY = 200 };
    static double most[(MANY + 1) * 2];
    shy_chance chance;
    for (int j = 0; j <= MANY; j++) {
        most[2 * j] = -1.0;
        most[2 * j + 1] = -expm1(-0.05 * (4.0 - log(-log(shy_random_uniform(9, 5, (uint64_t)j))))); /* r² of Gumbel likelihood ratios */
    }
    const shy_maxima maxima = {MANY, 2, most};
    EXPECT(shy_maxima_chance(&maxima, 1, 0.9, &chance) == SHY_OK && chance.exceeding == 0 && chance.p == 1.0 / 201.0);
    EXPECT(chance.tail == SHY_TAIL_REACH / 201.0); /* −20 log 0.1 − 4 = 42 of the Gumbel's units: further than a tail is followed */
    EXPECT(shy_maxima_chance(&maxima, 1, 0.15, &chance) == SHY_OK && chance.exceeding >= SHY_TAIL_FEW && isnan(chance.tail));
    const shy_maxima few = {SHY_TAIL_SAMPLES - 1, 2, most};
    EXPECT(shy_maxima_chance(&few, 1, 0.9, &chance) == SHY_OK && chance.exceeding == 0 && isnan(chance.tail));
    assert_on_all_ranks();
}

static void the_number_of_permutations_follows_the_size(void **state)
{
    (void)state;
    EXPECT(shy_permutations_auto(1e6, 200.0) == 200 && shy_permutations_auto(0.0, 0.0) == 200);
    EXPECT(shy_permutations_auto(1e9, 100.0) == 50);
    EXPECT(shy_permutations_auto(1e10, 1000.0) == 20 && shy_permutations_auto(1e15, 1e6) == 20);
    assert_on_all_ranks();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(intervals_are_exact),
        cmocka_unit_test(fits_are_of_maximum_likelihood),
        cmocka_unit_test(distances_are_those_of_anderson_and_darling),
        cmocka_unit_test(the_test_of_the_fit_has_its_level),
        cmocka_unit_test(tails_reach_beyond_the_samples),
        cmocka_unit_test(the_front_is_ranked_exactly),
        cmocka_unit_test(fronts_that_stand_out),
        cmocka_unit_test(p_values_have_tails_where_they_are_small),
        cmocka_unit_test(the_number_of_permutations_follows_the_size),
    };
    return run_par_tests("chance", tests, sizeof tests / sizeof *tests, argc, argv);
}
