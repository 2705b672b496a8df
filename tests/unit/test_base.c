/* test_base.c: status, memory and log. */
#include "shy_config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "shihyo/base.h"

/* ---- status ---- */

static void first_message_is_kept(void **state)
{
    (void)state;
    shy_error_clear();
    assert_string_equal(shy_error_message(), "");
    assert_int_equal(shy_fail(SHY_IO, "%s: %d", "first", 1), SHY_IO);
    assert_int_equal(shy_fail(SHY_INPUT, "second"), SHY_INPUT);
    assert_string_equal(shy_error_message(), "first: 1");
    shy_error_set("third");
    assert_string_equal(shy_error_message(), "third");
    shy_error_set(shy_error_message() + 2); /* a part of itself */
    assert_string_equal(shy_error_message(), "ird");
    shy_error_clear();
    assert_string_equal(shy_error_message(), "");
}

static void long_message_is_cut(void **state)
{
    char text[10000];

    (void)state;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    shy_error_clear();
    shy_fail(SHY_INPUT, "%s", text);
    size_t length = strlen(shy_error_message());
    assert_in_range(length, 1000, sizeof text - 2);
    assert_memory_equal(shy_error_message(), text, length);
    shy_error_clear();
    shy_error_set(text);
    assert_int_equal(strlen(shy_error_message()), length);
    shy_error_clear();
}

/* ---- memory ---- */

static const size_t sizes[] = {0, 1, 63, 64, 65, 4095, 4096, 100000, 1 << 20};
enum { SIZES = sizeof sizes / sizeof sizes[0] };

static void new_blocks_are_zero_and_aligned(void **state)
{
    uint64_t before = shy_memory_in_use(), sum = 0;
    unsigned char *blocks[SIZES] = {NULL};

    (void)state;
    for (int i = 0; i < SIZES; i++) {
        assert_int_equal(shy_new(sizes[i], 1, &blocks[i]), SHY_OK);
        assert_non_null(blocks[i]);
        assert_int_equal((uintptr_t)blocks[i] % 64, 0);
        for (size_t k = 0; k < sizes[i]; k++)
            assert_int_equal(blocks[i][k], 0);
        memset(blocks[i], 0xA5, sizes[i]); /* what is freed must not shine through */
        sum += sizes[i];
        assert_int_equal(shy_memory_in_use(), before + sum);
    }
    assert_true(shy_memory_peak() >= before + sum);
    uint64_t peak = shy_memory_peak();
    for (int i = 0; i < SIZES; i++)
        shy_free(&blocks[i]);
    for (int i = 0; i < SIZES; i++)
        assert_null(blocks[i]);
    shy_free(&blocks[0]); /* NULL is accepted */
    assert_int_equal(shy_memory_in_use(), before);
    assert_int_equal(shy_memory_peak(), peak);
}

/* The byte at place i of a block does not depend on its size. */
static unsigned char pattern(size_t i)
{
    return (unsigned char)(shy_random_bits(1, 2, i) & 255);
}

static void growing_keeps_what_was_there(void **state)
{
    uint64_t before = shy_memory_in_use();
    unsigned char *block = NULL;
    size_t have = 0;

    (void)state;
    for (uint64_t step = 0; step < 300; step++) {
        size_t want = sizes[shy_random_bits(7, 0, step) % SIZES] + shy_random_bits(7, 1, step) % 100;
        assert_int_equal(shy_grow(want, 1, &block), SHY_OK);
        assert_int_equal((uintptr_t)block % 64, 0);
        assert_int_equal(shy_memory_in_use(), before + want);
        for (size_t i = 0; i < have && i < want; i += 1 + i / 64)
            assert_int_equal(block[i], pattern(i));
        for (size_t i = 0; i < want; i++)
            block[i] = pattern(i);
        have = want;
    }
    shy_free(&block);
    assert_int_equal(shy_memory_in_use(), before);
}

static void what_cannot_be_had_is_refused(void **state)
{
    static const struct {
        size_t count, size;
        const char *said;
    } cases[] = {
        {SIZE_MAX, 1, "18446744073709551615"},     {1, SIZE_MAX, "18446744073709551615"},
        {SIZE_MAX, 8, "18446744073709551615 × 8"}, {SIZE_MAX / 2, 3, "9223372036854775807 × 3"},
        {PTRDIFF_MAX, 1, "9223372036854775807"},
    };
    uint64_t before = shy_memory_in_use();
    int there = 0;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        void *out = &there;
        char *block = NULL;
        shy_error_clear();
        assert_int_equal(shy_new(cases[i].count, cases[i].size, &out), SHY_MEMORY);
        assert_ptr_equal(out, &there);
        assert_non_null(strstr(shy_error_message(), cases[i].said));
        assert_int_equal(shy_new(1, 10, &block), SHY_OK);
        strcpy(block, "unharmed");
        char *same = block;
        assert_int_equal(shy_grow(cases[i].count, cases[i].size, &block), SHY_MEMORY);
        assert_ptr_equal(block, same);
        assert_string_equal(block, "unharmed");
        shy_free(&block);
    }
    shy_error_clear();
    assert_int_equal(shy_memory_in_use(), before);
}

static void what_is_charged_is_in_use(void **state)
{
    uint64_t before = shy_memory_in_use();

    (void)state;
    assert_int_equal(shy_memory_charge(1000), SHY_OK);
    assert_int_equal(shy_memory_in_use(), before + 1000);
    shy_memory_limit(before + 1500, 0);
    assert_int_equal(shy_memory_charge(501), SHY_MEMORY);
    shy_error_clear();
    assert_int_equal(shy_memory_charge(500), SHY_OK);
    shy_memory_limit(0, 0);
    shy_memory_fail_at(1);
    assert_int_equal(shy_memory_charge(1), SHY_MEMORY);
    assert_int_equal(shy_memory_charge(UINT64_MAX), SHY_MEMORY);
    shy_error_clear();
    shy_memory_discharge(1500);
    assert_int_equal(shy_memory_in_use(), before);
}

static void a_limit_holds_until_it_is_lifted(void **state)
{
    uint64_t before = shy_memory_in_use();
    char *a = NULL, *b = NULL;

    (void)state;
    shy_memory_limit(before + (2 << 20), (uint64_t)64 << 20);
    assert_int_equal(shy_new(1 << 20, 1, &a), SHY_OK);
    assert_int_equal(shy_new((1 << 20) + 1, 1, &b), SHY_MEMORY);
    assert_null(b);
    assert_non_null(strstr(shy_error_message(), "parallel.memory"));
    assert_non_null(strstr(shy_error_message(), "the 66 MiB allowed: 67 MiB, of which the libraries hold 64"));
    shy_error_clear();
    assert_int_equal(shy_new(1 << 20, 1, &b), SHY_OK); /* up to the limit, and to the byte */
    assert_int_equal(shy_grow((1 << 20) + 1, 1, &b), SHY_MEMORY);
    shy_error_clear();
    assert_int_equal(shy_grow(1 << 19, 1, &b), SHY_OK); /* less is always possible, also above a limit set late */
    shy_memory_limit(1, 0);
    assert_int_equal(shy_grow(1 << 18, 1, &b), SHY_OK);
    assert_int_equal(shy_grow((1 << 18) + 1, 1, &b), SHY_MEMORY);
    shy_error_clear();
    shy_memory_limit(0, 0);
    assert_int_equal(shy_grow(3 << 20, 1, &b), SHY_OK);
    shy_free(&a);
    shy_free(&b);
    assert_int_equal(shy_memory_in_use(), before);
}

/* Four allocations; the status of the first that fails, everything freed. */
static shy_status allocate_four(int *reached)
{
    shy_status st = SHY_OK;
    char *a = NULL, *b = NULL, *c = NULL;

    *reached = 0;
    SHY_TRY(shy_new(10, 10, &a));
    *reached = 1;
    SHY_TRY(shy_grow(20, 10, &a));
    *reached = 2;
    SHY_TRY(shy_string_copy("text", &b));
    *reached = 3;
    assert_string_equal(b, "text");
    SHY_TRY(shy_string_format(&c, "%s and %d", b, 5));
    *reached = 4;
    assert_string_equal(c, "text and 5");
out:
    if (*reached < 4) assert_null(c);
    if (*reached < 3) assert_null(b);
    shy_free(&c);
    shy_free(&b);
    shy_free(&a);
    return st;
}

static void each_allocation_fails_in_turn(void **state)
{
    uint64_t before = shy_memory_in_use();
    int reached;

    (void)state;
    for (int n = 1; n <= 5; n++) {
        shy_error_clear();
        shy_memory_fail_at((uint64_t)n);
        shy_status st = allocate_four(&reached);
        shy_memory_fail_at(0);
        assert_int_equal(st, n <= 4 ? SHY_MEMORY : SHY_OK);
        assert_int_equal(reached, n - 1);
        assert_int_equal(shy_error_message()[0] == '\0', n == 5);
        assert_int_equal(shy_memory_in_use(), before);
    }
    /* Only the n-th fails, not those after it. */
    shy_memory_fail_at(1);
    assert_int_equal(allocate_four(&reached), SHY_MEMORY);
    assert_int_equal(allocate_four(&reached), SHY_OK);
    shy_error_clear();
}

/* ---- log ---- */

/* What is written to stderr while `speak` runs. */
static void capture(void (*speak)(const void *), const void *argument, char *text, size_t size)
{
    FILE *file = tmpfile();
    int saved = dup(STDERR_FILENO);

    assert_non_null(file);
    fflush(stderr);
    dup2(fileno(file), STDERR_FILENO);
    speak(argument);
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    close(saved);
    rewind(file);
    text[fread(text, 1, size - 1, file)] = '\0';
    fclose(file);
}

typedef struct {
    bool speaker;
    shy_log_level threshold, level;
    const char *expected;
} log_case;

static void speak_case(const void *argument)
{
    const log_case *c = argument;

    shy_log_speaker(c->speaker);
    shy_log_threshold(c->threshold);
    shy_log(c->level, "%d men", 3);
    shy_log_speaker(true);
    shy_log_threshold(SHY_LOG_INFO);
}

static void log_says_what_it_should(void **state)
{
    static const log_case cases[] = {
        {true, SHY_LOG_INFO, SHY_LOG_ERROR, "shihyo: 3 men\n"},
        {true, SHY_LOG_INFO, SHY_LOG_WARNING, "shihyo: warning: 3 men\n"},
        {true, SHY_LOG_INFO, SHY_LOG_INFO, "shihyo: note: 3 men\n"},
        {true, SHY_LOG_INFO, SHY_LOG_DEBUG, ""},
        {true, SHY_LOG_DEBUG, SHY_LOG_DEBUG, "shihyo: debug: 3 men\n"},
        {true, SHY_LOG_ERROR, SHY_LOG_WARNING, ""},
        {true, SHY_LOG_ERROR, SHY_LOG_ERROR, "shihyo: 3 men\n"},
        {false, SHY_LOG_DEBUG, SHY_LOG_ERROR, ""},
    };
    char text[200];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        capture(speak_case, &cases[i], text, sizeof text);
        assert_string_equal(text, cases[i].expected);
    }
}

static void speak_text(const void *argument)
{
    shy_log(SHY_LOG_INFO, "%s", (const char *)argument);
}

static void long_line_is_one_line(void **state)
{
    char long_text[10000], text[20000];

    (void)state;
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    capture(speak_text, long_text, text, sizeof text);
    assert_in_range(strlen(text), 1000, sizeof long_text);
    assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
}

/* ---- time ---- */

static void time_goes_on(void **state)
{
    (void)state;
    double start = shy_time_seconds();
    usleep(2000);
    double passed = shy_time_seconds() - start;
    assert_true(passed >= 0.002 && passed < 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_message_is_kept),
        cmocka_unit_test(long_message_is_cut),
        cmocka_unit_test(new_blocks_are_zero_and_aligned),
        cmocka_unit_test(growing_keeps_what_was_there),
        cmocka_unit_test(what_cannot_be_had_is_refused),
        cmocka_unit_test(what_is_charged_is_in_use),
        cmocka_unit_test(a_limit_holds_until_it_is_lifted),
        cmocka_unit_test(each_allocation_fails_in_turn),
        cmocka_unit_test(log_says_what_it_should),
        cmocka_unit_test(long_line_is_one_line),
        cmocka_unit_test(time_goes_on),
    };

    return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
