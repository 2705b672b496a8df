/* test_base_random.c: random numbers and hashes. */
#include "shy_config.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "shihyo/base.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* ---- random numbers ---- */

/* Philox 2x64-10: the known answers that its authors publish (first word). */
static void bits_are_philox(void **state)
{
    (void)state;
    assert_true(shy_random_bits(0, 0, 0) == 0xca00a0459843d731);
    assert_true(shy_random_bits(UINT64_MAX, UINT64_MAX, UINT64_MAX) == 0x65b021d60cd8310f);
    assert_true(shy_random_bits(0xa4093822299f31d0, 0x13198a2e03707344, 0x243f6a8885a308d3) == 0x0a5e742c2997341c);
}

static int compare_bits(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* Neighbouring seeds, purposes and indices all give different numbers. */
static void every_argument_counts(void **state)
{
    enum { SIDE = 20, ALL = SIDE * SIDE * SIDE };
    static uint64_t bits[ALL];
    size_t count = 0;

    (void)state;
    for (uint64_t i = 0; i < SIDE; i++)
        for (uint64_t k = 0; k < SIDE; k++)
            for (uint64_t j = 0; j < SIDE; j++)
                bits[count++] = shy_random_bits(i, k, j);
    qsort(bits, ALL, sizeof *bits, compare_bits);
    for (size_t i = 1; i < ALL; i++)
        assert_true(bits[i] != bits[i - 1]);
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double identity(double x)
{
    return x;
}

static double normal_cdf(double x)
{
    return 0.5 * erfc(-x * M_SQRT1_2);
}

enum { DRAWS = 40000 };

/* Kolmogorov's distance times √n: exceeds 2.5 with probability 7e-6 if the draws have this distribution. */
static double distance_from(double *draws, double (*cdf)(double))
{
    double largest = 0;

    qsort(draws, DRAWS, sizeof *draws, compare_doubles);
    for (int i = 0; i < DRAWS; i++) {
        double p = cdf(draws[i]);
        largest = fmax(largest, fmax(p - i / (double)DRAWS, (i + 1) / (double)DRAWS - p));
    }
    return largest * sqrt(DRAWS);
}

static void draws_have_their_distribution(void **state)
{
    static double uniform[DRAWS], normal[DRAWS];

    (void)state;
    for (uint64_t seed = 0; seed < 3; seed++) {
        double serial = 0, across = 0;
        for (uint64_t i = 0; i < DRAWS; i++) {
            uniform[i] = shy_random_uniform(seed, 5, i);
            normal[i] = shy_random_normal(seed, 5, i);
            assert_true(uniform[i] > 0 && uniform[i] < 1 && isfinite(normal[i]));
            serial += normal[i] * shy_random_normal(seed, 5, i + 1);
            across += normal[i] * shy_random_normal(seed, 6, i);
        }
        assert_true(distance_from(uniform, identity) < 2.5);
        assert_true(distance_from(normal, normal_cdf) < 2.5);
        assert_true(fabs(serial) / sqrt(DRAWS) < 5 && fabs(across) / sqrt(DRAWS) < 5);
    }
}

/* ---- the fast hash ---- */

static void hash_sees_every_byte(void **state)
{
    unsigned char bytes[41];
    uint64_t seen[256];

    (void)state;
    for (size_t length = 1; length <= 40; length++) {
        for (size_t at = 0; at < length; at++) {
            for (size_t i = 0; i < length; i++)
                bytes[i] = (unsigned char)(shy_random_bits(9, length, i) & 255);
            for (int value = 0; value < 256; value++) {
                bytes[at] = (unsigned char)value;
                seen[value] = shy_hash_bytes(bytes, length, 0);
            }
            qsort(seen, 256, sizeof *seen, compare_bits);
            for (int i = 1; i < 256; i++)
                assert_true(seen[i] != seen[i - 1]);
        }
    }
}

static void hash_sees_length_and_seed(void **state)
{
    static const char zeros[100];
    uint64_t seen[200];

    (void)state;
    for (size_t i = 0; i < 100; i++) {
        seen[i] = shy_hash_bytes(zeros, i, 0);
        seen[100 + i] = shy_hash_bytes(zeros, 16, i + 1);
    }
    qsort(seen, 200, sizeof *seen, compare_bits);
    for (int i = 1; i < 200; i++)
        assert_true(seen[i] != seen[i - 1]);
}

static void hash_does_not_depend_on_the_place(void **state)
{
    char bytes[100], moved[110];

    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * 7);
    for (size_t shift = 0; shift < 8; shift++) {
        memcpy(moved + shift, bytes, sizeof bytes);
        assert_true(shy_hash_bytes(moved + shift, sizeof bytes, 3) == shy_hash_bytes(bytes, sizeof bytes, 3));
    }
}

/* One bit of the input changes each bit of the result half of the time. */
static void hash_mixes_well(void **state)
{
    enum { TRIALS = 4000 };
    int flips[64] = {0};

    (void)state;
    for (uint64_t t = 0; t < TRIALS; t++) {
        uint64_t words[3] = {shy_random_bits(4, 1, t), shy_random_bits(4, 2, t), shy_random_bits(4, 3, t)};
        uint64_t before = shy_hash_bytes(words, sizeof words, 0);
        words[t % 3] ^= UINT64_C(1) << (t / 3 % 64);
        uint64_t changed = before ^ shy_hash_bytes(words, sizeof words, 0);
        for (int bit = 0; bit < 64; bit++)
            flips[bit] += (int)(changed >> bit & 1);
    }
    for (int bit = 0; bit < 64; bit++)
        assert_true(abs(flips[bit] - TRIALS / 2) < 6 * sqrt(TRIALS) / 2);
}

/* ---- SHA-256 ---- */

static void check_file_hash(const char *part, int repeats, const char *expected)
{
    char path[] = "/tmp/shihyo-test-XXXXXX", hex[65] = "";
    int descriptor = mkstemp(path);

    assert_true(descriptor >= 0);
    FILE *file = fdopen(descriptor, "wb");
    assert_non_null(file);
    for (int i = 0; i < repeats; i++)
        fputs(part, file);
    fclose(file);
    shy_status st = shy_hash_file(path, hex);
    unlink(path);
    assert_int_equal(st, SHY_OK);
    assert_string_equal(hex, expected);
}

/* The examples of FIPS 180-2. */
static void file_hash_is_sha256(void **state)
{
    (void)state;
    check_file_hash("", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    check_file_hash("abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    check_file_hash("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
                    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    check_file_hash("aaaaaaaaaa", 100000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void unreadable_file_is_named(void **state)
{
    static const char *const paths[] = {"/tmp/shihyo-there-is-no-such-file", "/tmp"};
    char hex[65] = "untouched";

    (void)state;
    for (size_t i = 0; i < COUNT(paths); i++) {
        shy_error_clear();
        assert_int_equal(shy_hash_file(paths[i], hex), SHY_IO);
        assert_int_equal(strncmp(shy_error_message(), paths[i], strlen(paths[i])), 0);
        assert_string_equal(hex, "untouched");
    }
    shy_error_clear();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bits_are_philox),
        cmocka_unit_test(every_argument_counts),
        cmocka_unit_test(draws_have_their_distribution),
        cmocka_unit_test(hash_sees_every_byte),
        cmocka_unit_test(hash_sees_length_and_seed),
        cmocka_unit_test(hash_does_not_depend_on_the_place),
        cmocka_unit_test(hash_mixes_well),
        cmocka_unit_test(file_hash_is_sha256),
        cmocka_unit_test(unreadable_file_is_named),
    };

    return cmocka_run_group_tests_name("base: random, hash", tests, NULL, NULL);
}
