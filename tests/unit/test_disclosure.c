/* test_disclosure.c: what may be released, against all that could have given it. */
#include "shy_config.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "shihyo/disclosure.h"

enum { SEED = 51, PEOPLE = 200 };

static const char *const rules[] = {"sacro", "uk-biobank", "opensafely", "12", "1"};
enum { RULES = 5 };

static shy_sdc rule(const char *name)
{
    shy_sdc sdc = {.threshold = -1};

    assert_int_equal(shy_sdc_parse(name, &sdc), SHY_OK);
    assert_string_equal(sdc.name, name);
    return sdc;
}

static int64_t pick(uint64_t *index, int64_t below) { return (int64_t)(shy_random_bits(SEED, 1, (*index)++) % (uint64_t)below); }

static void rules_have_their_thresholds(void **state)
{
    static const struct {
        const char *name;
        int threshold;
        int64_t count, released;
    } cases[] = {
        {"sacro", 10, 9, -1},     {"sacro", 10, 10, 10},     {"sacro", 10, 0, -1},      {"uk-biobank", 5, 4, -1}, {"uk-biobank", 5, 5, 5},
        {"uk-biobank", 5, 0, 0},  {"opensafely", 8, 7, -1},  {"opensafely", 8, 8, 10},  {"opensafely", 8, 12, 10}, {"opensafely", 8, 13, 15},
        {"opensafely", 8, 0, -1}, {"none", 0, 1, 1},         {"none", 0, 0, 0},         {"12", 12, 11, -1},        {"12", 12, 12, 12},
        {"sacro", 10, -1, -1},
    };
    static const char *const bad[] = {"", "SACRO", "0", "-3", "1.5", "10 ", "acro", "1000001", "99999999999999999999"};

    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        shy_sdc sdc = rule(cases[k].name);
        assert_int_equal(sdc.threshold, cases[k].threshold);
        assert_int_equal(shy_sdc_count(&sdc, cases[k].count), cases[k].released);
        assert_int_equal(shy_sdc_shows(&sdc, cases[k].count), cases[k].released >= 0);
    }
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        shy_sdc sdc = {.threshold = 77};
        assert_int_equal(shy_sdc_parse(bad[k], &sdc), SHY_INPUT);
        assert_non_null(strstr(shy_error_message(), "sacro, uk-biobank, opensafely, none"));
        assert_int_equal(sdc.threshold, 77);
        shy_error_clear();
    }
}

/* ---- subtraction: every table that a reader could think of ------------------------------------------------------------------- */

enum { GROUPS = 4, TABLES = 4000 };

typedef struct {
    int64_t count[GROUPS];
    bool hidden[GROUPS];
} table;

/* All tables of so many groups with this total, as they would be released. */
static int all_tables(const shy_sdc *sdc, int groups, int64_t total, table *tables)
{
    int number = 0;
    int64_t base = total + 1, codes = 1;

    for (int g = 1; g < groups; g++) codes *= base;
    for (int64_t code = 0; code < codes; code++) {
        table *t = &tables[number];
        int64_t rest = total, c = code;
        for (int g = 1; g < groups; g++, c /= base) rest -= t->count[g] = c % base;
        if (rest < 0) continue;
        t->count[0] = rest;
        shy_sdc_hide(sdc, groups, t->count, t->hidden);
        number++;
        assert_true(number < TABLES);
    }
    return number;
}

static bool look_alike(int groups, const table *a, const table *b)
{
    for (int g = 0; g < groups; g++) {
        if (a->hidden[g] != b->hidden[g]) return false;
        if (!a->hidden[g] && a->count[g] != b->count[g]) return false;
    }
    return true;
}

/* Whoever knows the total, what is shown, and how it is decided what to hide, cannot tell any hidden count below the threshold. */
static void subtraction_tells_nothing(void **state)
{
    static table tables[TABLES];
    int64_t judged = 0;

    (void)state;
    for (int zeros = 0; zeros < 2; zeros++) {
        shy_sdc sdc = {.name = "test", .threshold = 3, .round_to = 1, .zeros = zeros};
        for (int groups = 2; groups <= GROUPS; groups++) {
            for (int64_t total = sdc.threshold; total <= 14; total++) {
                int number = all_tables(&sdc, groups, total, tables);
                for (int t = 0; t < number; t++) {
                    bool other[GROUPS] = {false};
                    for (int u = 0; u < number; u++)
                        for (int g = 0; g < groups && look_alike(groups, &tables[t], &tables[u]); g++)
                            other[g] = other[g] || tables[u].count[g] != tables[t].count[g];
                    for (int g = 0; g < groups; g++) {
                        bool small = !shy_sdc_shows(&sdc, tables[t].count[g]);
                        if (small) assert_true(tables[t].hidden[g]);
                        if (small && !other[g])
                            fail_msg("total %d in %d groups: count %d of group %d can be worked out", (int)total, groups, (int)tables[t].count[g], g);
                        judged += small;
                    }
                }
            }
        }
    }
    assert_true(judged > 1000);
}

/* Nothing is hidden without need, and nothing at all where all may be shown. */
static void no_more_is_hidden_than_needed(void **state)
{
    static const struct {
        const char *rule;
        int64_t count[GROUPS];
        bool hidden[GROUPS];
    } cases[] = {
        {"sacro", {10, 20, 30, 40}, {false, false, false, false}}, {"sacro", {9, 20, 30, 40}, {true, true, false, false}},
        {"sacro", {0, 20, 30, 20}, {true, true, false, true}},     {"uk-biobank", {0, 20, 30, 5}, {false, false, false, false}},
        {"uk-biobank", {0, 4, 30, 5}, {false, true, false, true}}, {"opensafely", {7, 20, 30, 40}, {true, false, false, false}},
        {"none", {1, 0, 2, 3}, {false, false, false, false}},      {"sacro", {1, 2, 3, 9}, {true, true, true, true}},
    };

    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        shy_sdc sdc = rule(cases[k].rule);
        bool hidden[GROUPS];
        int number = shy_sdc_hide(&sdc, GROUPS, cases[k].count, hidden), expected = 0;
        for (int g = 0; g < GROUPS; g++) {
            assert_int_equal(hidden[g], cases[k].hidden[g]);
            expected += hidden[g];
        }
        assert_int_equal(number, expected);
    }
}

/* ---- bins -------------------------------------------------------------------------------------------------------------------- */

enum { BINS = 12, SERIES = 2 };

static void joined_bins_hold_enough_and_all_people(void **state)
{
    uint64_t index = 0;
    int joined = 0, none = 0;

    (void)state;
    for (int r = 0; r < RULES; r++) {
        shy_sdc sdc = rule(rules[r]);
        for (int repeat = 0; repeat < 2000; repeat++) {
            double edge[BINS + 1], before_edge[BINS + 1];
            int64_t count[SERIES * BINS], before[SERIES * BINS], most = 1 + pick(&index, 20);
            for (int b = 0; b <= BINS; b++) edge[b] = before_edge[b] = b;
            for (int b = 0; b < SERIES * BINS; b++) count[b] = before[b] = pick(&index, 3) == 0 ? 0 : pick(&index, most);
            int left = shy_sdc_join_bins(&sdc, BINS, edge, SERIES, count);
            bool whole = true;
            for (int s = 0; s < SERIES; s++) {
                int64_t sum = 0;
                for (int b = 0; b < BINS; b++) sum += before[s * BINS + b];
                whole = whole && shy_sdc_shows(&sdc, sum);
            }
            assert_int_equal(left > 0, whole);
            none += left == 0;
            joined += left > 0 && left < BINS;
            if (left == 0) continue;
            assert_true(edge[0] == 0.0 && edge[left] == BINS);
            for (int b = 0; b < left; b++) {
                assert_true(edge[b] < edge[b + 1]);
                for (int s = 0; s < SERIES; s++) {
                    int64_t sum = 0;
                    for (int o = (int)edge[b]; o < (int)edge[b + 1]; o++) sum += before[s * BINS + o];
                    assert_int_equal(count[s * BINS + b], sum);
                    assert_true(shy_sdc_shows(&sdc, sum));
                }
            }
        }
    }
    assert_true(joined > 100 && none > 100);
}

static void bins_stay_where_nothing_is_hidden(void **state)
{
    shy_sdc sdc = rule("none");
    double edge[] = {0, 1, 2, 3};
    int64_t count[] = {0, 1, 0};

    (void)state;
    assert_int_equal(shy_sdc_join_bins(&sdc, 3, edge, 1, count), 3);
    assert_int_equal(count[1], 1);
}

/* ---- steps ------------------------------------------------------------------------------------------------------------------- */

enum { TIMES = 60 };

static void steps_are_of_enough_people(void **state)
{
    uint64_t index = 1000000;
    int shown = 0, dropped = 0;

    (void)state;
    for (int r = 0; r < RULES; r++) {
        shy_sdc sdc = rule(rules[r]);
        for (int repeat = 0; repeat < 2000; repeat++) {
            int64_t events[TIMES], censored[TIMES], most = 1 + pick(&index, 4), since = 0, left = 0, all = 0;
            bool keep[TIMES];
            for (int k = 0; k < TIMES; k++) {
                events[k] = repeat % 2 == 0 || pick(&index, 12) == 0 ? pick(&index, most + 1) : 0;
                censored[k] = pick(&index, most + 1);
                left += events[k] + censored[k];
                all += events[k];
            }
            int number = shy_sdc_steps(&sdc, TIMES, events, censored, keep), counted = 0;
            for (int k = 0; k < TIMES; k++) {
                since += events[k];
                left -= events[k] + censored[k];
                if (!keep[k]) continue;
                assert_true(since >= sdc.threshold && left >= sdc.threshold);
                since = 0;
                counted++;
            }
            assert_int_equal(counted, number);
            if (number > 0) assert_true(since == 0 || since >= sdc.threshold);
            if (all < sdc.threshold) assert_int_equal(number, 0);
            shown += number > 0;
            dropped += number == 0;
        }
    }
    assert_true(shown > 1000 && dropped > 100);
}

/* ---- bounds ------------------------------------------------------------------------------------------------------------------ */

static size_t people_at(size_t count, const double *value, double at)
{
    size_t people = 0;

    for (size_t k = 0; k < count; k++) people += value[k] == at;
    return people;
}

/* Integers, decimals, few levels, large and small, about zero: what a clinic measures. */
static double measured(uint64_t *index, int kind)
{
    double normal = shy_random_normal(SEED, 2, (*index)++);

    switch (kind) {
    case 0: return round(60 + 12 * normal);
    case 1: return round(10 * exp(0.8 * normal)) / 10;
    case 2: return (double)pick(index, 2);
    case 3: return normal > 1.6;
    case 4: return round(250 + 90 * normal);
    case 5: return round(100 * normal) / 100;
    case 6: return 1e-7 * normal;
    default: return round(1e6 * exp(2 * normal));
    }
}

static void bounds_are_nobodys(void **state)
{
    uint64_t index = 5000000;

    (void)state;
    for (int r = 0; r < RULES; r++) {
        shy_sdc sdc = rule(rules[r]);
        size_t few = (size_t)sdc.threshold;
        for (int repeat = 0; repeat < 4000; repeat++) {
            double value[PEOPLE], low = 0, high = 0, again_low = 0, again_high = 0;
            size_t count = 1 + (size_t)pick(&index, PEOPLE);
            for (size_t k = 0; k < count; k++) value[k] = measured(&index, repeat % 8);
            shy_sdc_bounds(&sdc, count, value, &low, &high);
            if (count < 2 * few) {
                assert_true(isnan(low) && isnan(high));
                continue;
            }
            assert_true(low <= high);
            size_t at_low = people_at(count, value, low), at_high = people_at(count, value, high);
            assert_true(at_low == 0 || at_low >= few);
            assert_true(at_high == 0 || at_high >= few);
            /* Not within the middle, and an outlier changes them no more than a value that is far out already. */
            assert_true(low <= value[count / 2] && high >= value[(count - 1) / 2]);
            if (few == 1) continue;
            value[0] -= 1e3 * (1.0 + fabs(value[0])), value[count - 1] += 1e3 * (1.0 + fabs(value[count - 1]));
            shy_sdc_bounds(&sdc, count, value, &again_low, &again_high);
            double range = value[count - 2] - value[1];
            assert_true(again_low >= low - range - 0.02 * fabs(low) && again_high <= high + range + 0.02 * fabs(high));
        }
    }
}

static void bounds_of_none_are_the_extremes(void **state)
{
    shy_sdc sdc = rule("none");
    double value[] = {3, -7.25, 11}, low = 0, high = 0;

    (void)state;
    shy_sdc_bounds(&sdc, 3, value, &low, &high);
    assert_true(low == -7.25 && high == 11);
    shy_sdc_bounds(&sdc, 0, value, &low, &high);
    assert_true(isnan(low) && isnan(high));
}

/* A few ones among zeros: the mean of the largest would tell how few. */
static void a_rare_yes_is_no_bound(void **state)
{
    shy_sdc sdc = rule("sacro");
    double value[100] = {1, 1, 1}, low = 9, high = 9;

    (void)state;
    shy_sdc_bounds(&sdc, 100, value, &low, &high);
    assert_true(low == 0 && high == 0);
}

static void between_is_short_and_strictly_between(void **state)
{
    double value = 0;

    (void)state;
    assert_true(shy_sdc_between(0.83, 0.97, 3, &value) && value == 0.9);
    assert_true(shy_sdc_between(-2.0, 3.0, 3, &value) && value == 0.0);
    assert_true(shy_sdc_between(-0.0042, -0.0041, 3, &value) && value == -0.00415);
    assert_false(shy_sdc_between(1.0001, 1.0002, 3, &value));
    assert_false(shy_sdc_between(1.0, 1.0, 17, &value));
    for (uint64_t k = 0; k < 5000; k++) {
        double a = shy_random_normal(SEED, 3, k), b = a + exp(4.0 * shy_random_normal(SEED, 4, k));
        if (!shy_sdc_between(a, b, 5, &value)) continue;
        assert_true(value > a && value < b && shy_sdc_digits(value, 5) == value);
    }
    assert_true(shy_sdc_digits(-0.00012344, 3) == -0.000123 && isnan(shy_sdc_digits(NAN, 3)) && !signbit(shy_sdc_digits(-0.0, 3)));
}

static void notes_say_where_and_why(void **state)
{
    shy_sdc sdc = rule("12");
    shy_record *root = NULL, *list = NULL;
    shy_record_entry entry, field;

    (void)state;
    assert_int_equal(shy_record_create(&root), SHY_OK);
    assert_int_equal(shy_record_list(root, "suppressed", &list), SHY_OK);
    assert_int_equal(shy_sdc_note(&sdc, list, "groups.held_out", "count", NULL, 3), SHY_OK);
    assert_int_equal(shy_sdc_note(&sdc, list, "front", "model", "too few degrees of freedom", 1), SHY_OK);
    assert_int_equal(shy_sdc_note(&sdc, list, "nothing", "count", NULL, 0), SHY_OK);
    assert_int_equal(shy_sdc_note(&sdc, NULL, "front", "model", NULL, 1), SHY_OK);
    assert_int_equal(shy_record_count(list), 2);
    assert_true(shy_record_at(list, 0, &entry) && shy_record_find(entry.record, "why", &field));
    assert_string_equal(field.text, "fewer than 12 people");
    assert_true(shy_record_find(entry.record, "cells", &field) && field.integer == 3);
    shy_record_free(&root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_have_their_thresholds),
        cmocka_unit_test(subtraction_tells_nothing),
        cmocka_unit_test(no_more_is_hidden_than_needed),
        cmocka_unit_test(joined_bins_hold_enough_and_all_people),
        cmocka_unit_test(bins_stay_where_nothing_is_hidden),
        cmocka_unit_test(steps_are_of_enough_people),
        cmocka_unit_test(bounds_are_nobodys),
        cmocka_unit_test(bounds_of_none_are_the_extremes),
        cmocka_unit_test(a_rare_yes_is_no_bound),
        cmocka_unit_test(between_is_short_and_strictly_between),
        cmocka_unit_test(notes_say_where_and_why),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
