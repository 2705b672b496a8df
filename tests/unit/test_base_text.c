/* test_base_text.c: numbers as text, and the word that was meant. */
#include "shy_config.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "shihyo/base.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static void numbers_are_read_strictly(void **state)
{
    static const struct {
        const char *text;
        double value;
    } good[] = {
        {"0", 0},      {"-0", -0.0},     {"4", 4},
        {"+4", 4},     {"4.", 4},        {".5", 0.5},
        {"-.5e1", -5}, {"1e3", 1000},    {"1E-2", 0.01},
        {"007", 7},    {"1e308", 1e308}, {"5e-324", 0x1p-1074},
        {"1e-400", 0}, {"0.1", 0.1},     {"123456789012345678901234567890", 123456789012345678901234567890.0},
    };
    static const char *const bad[] = {
        "",         " ",    "4k",  "0,5",   "1e400", "-1e400", "nan", "NA", "inf", "-inf",
        "infinity", "0x10", "1 ",  " 1",    "1\n",   "1e",     "1e+", "e5", ".",   "-",
        "+",        "--1",  "+-1", "1.2.3", "1e5.0", "1_000",  "1d3", "1f", "½",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        double value = -99;
        if (!shy_text_number(good[i].text, &value)) fail_msg("\"%s\" is a number", good[i].text);
        assert_memory_equal(&value, &good[i].value, sizeof value);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        double value = -99;
        if (shy_text_number(bad[i], &value)) fail_msg("\"%s\" is not a number", bad[i]);
        assert_true(value == -99);
    }
}

static void integers_are_read_strictly(void **state)
{
    static const struct {
        const char *text;
        int64_t value;
    } good[] = {
        {"0", 0},
        {"-0", 0},
        {"+7", 7},
        {"-12", -12},
        {"007", 7},
        {"5000000000", 5000000000},
        {"9223372036854775807", INT64_MAX},
        {"-9223372036854775808", INT64_MIN},
    };
    static const char *const bad[] = {
        "", "-", "+", "1.0", "1e3", "4k", " 1", "1 ", "0x10", "9223372036854775808", "-9223372036854775809", "--1",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        int64_t value = -99;
        if (!shy_text_integer(good[i].text, &value)) fail_msg("\"%s\" is an integer", good[i].text);
        assert_true(value == good[i].value);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        int64_t value = -99;
        if (shy_text_integer(bad[i], &value)) fail_msg("\"%s\" is not an integer", bad[i]);
        assert_true(value == -99);
    }
}

static int significant_digits(const char *text)
{
    int digits = 0, zeros = 0;

    for (; *text != '\0' && *text != 'e'; text++) {
        if (*text < '0' || *text > '9' || (*text == '0' && digits == 0)) continue;
        digits++;
        zeros = *text == '0' ? zeros + 1 : 0;
    }
    return digits - zeros;
}

static void check_shortest(double value)
{
    char text[32], shorter[40];
    double back;

    assert_ptr_equal(shy_text_shortest(value, text), text);
    assert_true(strlen(text) < sizeof text);
    if (!shy_text_number(text, &back)) fail_msg("%s for %a", text, value);
    if (memcmp(&back, &value, sizeof value) != 0) fail_msg("%s for %a", text, value);
    int digits = significant_digits(text);
    if (digits < 2) return;
    snprintf(shorter, sizeof shorter, "%.*e", digits - 2, value);
    if (strtod(shorter, NULL) == value) fail_msg("%s for %a, but %s is shorter", text, value, shorter);
}

static void shortest_text_reads_back(void **state)
{
    static const double special[] = {0,
                                     1,
                                     0.1,
                                     1.0 / 3,
                                     100,
                                     1e15,
                                     1e16,
                                     1e17,
                                     1e22,
                                     1e23,
                                     123456,
                                     0.0001,
                                     0.00001,
                                     DBL_MAX,
                                     DBL_MIN,
                                     DBL_EPSILON,
                                     0x1p-1074,
                                     0x1.8p-1073,
                                     9007199254740992,
                                     5e-323,
                                     0.85 / 72};
    double value;

    (void)state;
    for (size_t i = 0; i < COUNT(special); i++)
        check_shortest(special[i]), check_shortest(-special[i]);
    for (uint64_t i = 0; i < 20000; i++) {
        uint64_t bits = shy_random_bits(3, 1, i);
        if (i % 10 == 0) bits &= 0x800FFFFFFFFFFFFF; /* next to zero */
        memcpy(&value, &bits, sizeof value);
        if (isfinite(value)) check_shortest(value);
        check_shortest((double)(bits % 2000000) / 1000 - 1000); /* decimals as people write them */
    }
}

static void shortest_text_looks_well(void **state)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        {0, "0"},          {-0.0, "-0"},          {1, "1"},
        {-2.5, "-2.5"},    {0.1, "0.1"},          {100, "100"},
        {1e20, "1e20"},    {1e-7, "1e-7"},        {-1.5e-300, "-1.5e-300"},
        {1e100, "1e100"},  {0x1p-1074, "5e-324"}, {1.0 / 3, "0.3333333333333333"},
        {INFINITY, "inf"}, {-INFINITY, "-inf"},   {NAN, "nan"},
    };
    char text[32];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(shy_text_shortest(cases[i].value, text), cases[i].text);
}

static void nearest_word_is_found(void **state)
{
    static const char *const words[] = {"cohort",  "outcome", "samples", "factors",
                                        "grammar", "search",  "seed",    "operators"};
    static const struct {
        const char *word, *nearest;
    } cases[] = {
        {"cohort", "cohort"},
        {"cohrot", "cohort"},
        {"chort", "cohort"},
        {"cohorts", "cohort"},
        {"cahort", "cohort"},
        {"gramar", "grammar"},
        {"seach", "search"},
        {"sed", "seed"},
        {"s", NULL},
        {"xyz", NULL},
        {"", NULL},
        {"operator", "operators"},
        {"oeprator", "operators"},
        {"completely", NULL},
    };
    static const char *const equal[] = {"bat", "cat", "rat"};
    char endless[1000];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *nearest = shy_text_nearest(cases[i].word, words, COUNT(words));
        if (cases[i].nearest == NULL ? nearest != NULL : nearest == NULL || strcmp(nearest, cases[i].nearest) != 0)
            fail_msg("%s: %s", cases[i].word, nearest == NULL ? "none" : nearest);
    }
    assert_string_equal(shy_text_nearest("mat", equal, 3), "bat"); /* the first of equals */
    assert_null(shy_text_nearest("mat", equal, 0));
    assert_string_equal(shy_text_nearest("ta", (const char *const[]){"ab", "at"}, 2), "at"); /* exchanged */
    memset(endless, 'a', sizeof endless - 1);
    endless[sizeof endless - 1] = '\0';
    const char *const candidates[] = {endless};
    assert_null(shy_text_nearest(endless, words, COUNT(words)));
    assert_null(shy_text_nearest("seed", candidates, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_read_strictly), cmocka_unit_test(integers_are_read_strictly),
        cmocka_unit_test(shortest_text_reads_back),  cmocka_unit_test(shortest_text_looks_well),
        cmocka_unit_test(nearest_word_is_found),
    };

    return cmocka_run_group_tests_name("base: text", tests, NULL, NULL);
}
