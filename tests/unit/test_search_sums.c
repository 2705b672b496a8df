/*
 * test_search_sums.c: the Gram matrix has the same bits however its samples are divided; the lists of the best sums are those of brute force in
 * long double on the columns themselves, with every instruction set.
 */
#include "shy_config.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "search/terms.h"
#include "tile/kernels.h"

typedef long double wide;

/* ---- columns ---------------------------------------------------------------------------------------------------- */

enum { ROWS = 150, COUNT = 30, COST = 3 };
static double column[COUNT][ROWS], response[ROWS];

/* Kin of each other, some of them close: 4 is nearly 3, 9 nearly a combination of 7 and 8, 14 = 12 − 13, and 20 is 2 but for a millionth. */
static double value_of(int j, int i)
{
    const double own = shy_random_normal(5, (uint64_t)j, (uint64_t)i), kin = shy_random_normal(5, 100 + (uint64_t)j % 4, (uint64_t)i);
    switch (j) {
    case 4: return value_of(3, i) + 0.1 * own;
    case 9: return value_of(7, i) - 2.0 * value_of(8, i) + 0.05 * own;
    case 14: return value_of(12, i) - value_of(13, i);
    case 20: return value_of(2, i) + 1e-6 * own;
    default: return own + kin + (j % 5 == 0 ? exp(own) : 0.0);
    }
}

static void make_unit(double *x)
{
    wide sum = 0.0L, square = 0.0L;
    for (int i = 0; i < ROWS; i++) sum += x[i];
    for (int i = 0; i < ROWS; i++) square += ((wide)x[i] - sum / ROWS) * ((wide)x[i] - sum / ROWS);
    for (int i = 0; i < ROWS; i++) x[i] = (double)(((wide)x[i] - sum / ROWS) / sqrtl(square));
}

static void make_columns(void)
{
    for (int j = 0; j < COUNT; j++) {
        for (int i = 0; i < ROWS; i++) column[j][i] = value_of(j, i);
    }
    for (int i = 0; i < ROWS; i++) response[i] = column[1][i] - 3.0 * column[4][i] + 2.5 * column[3][i] + column[11][i] + shy_random_normal(5, 999, (uint64_t)i);
    for (int j = 0; j < COUNT; j++) make_unit(column[j]);
    make_unit(response);
}

static wide dot(const double *a, const double *b)
{
    wide sum = 0.0L;
    for (int i = 0; i < ROWS; i++) sum += (wide)a[i] * b[i];
    return sum;
}

/* ---- the Gram matrix ----------------------------------------------------------------------------------------------- */

static void gram_of_parts(int part, double *sums)
{
    memset(sums, 0, sizeof(double) * COUNT * COUNT * 2);
    for (int row = 0; row < ROWS; row += part) {
        const int rows = ROWS - row < part ? ROWS - row : part;
        assert_int_equal(shy_gram_add(COUNT, rows, ROWS, &column[0][row], ROWS, sums), SHY_OK);
    }
    shy_gram_finish(COUNT, ROWS, sums);
}

static void a_gram_matrix_has_the_same_bits_in_any_parts(void **state)
{
    (void)state;
    static double whole[COUNT * COUNT * 2], parts[COUNT * COUNT * 2];
    make_columns();
    gram_of_parts(ROWS, whole);
    for (int part = 1; part < ROWS; part += 1 + part / 2) {
        gram_of_parts(part, parts);
        assert_memory_equal(whole, parts, sizeof(double) * COUNT * COUNT);
    }
    for (int j = 0; j < COUNT; j++) {
        for (int k = 0; k < COUNT; k++) {
            const double error = fabs(whole[j * COUNT + k] - (double)dot(column[j], column[k]));
            if (!(error < 2e-14)) fail_msg("columns %d and %d: %.3g off", j, k, error);
        }
    }
}

/* ---- brute force ----------------------------------------------------------------------------------------------------- */

/* R² by Gram–Schmidt on the columns, twice; −1 if a remainder's square is below `nothing`. */
static wide explained_by(int terms, const int *term, wide nothing)
{
    wide q[3][ROWS], explained = 0.0L;
    for (int t = 0; t < terms; t++) {
        wide square = 0.0L, along;
        for (int i = 0; i < ROWS; i++) q[t][i] = column[term[t]][i];
        for (int pass = 0; pass < 2; pass++) {
            for (int k = 0; k < t; k++) {
                along = 0.0L;
                for (int i = 0; i < ROWS; i++) along += q[t][i] * q[k][i];
                for (int i = 0; i < ROWS; i++) q[t][i] -= along * q[k][i];
            }
        }
        for (int i = 0; i < ROWS; i++) square += q[t][i] * q[t][i];
        if (square < nothing) return -1.0L;
        along = 0.0L;
        for (int i = 0; i < ROWS; i++) along += q[t][i] / sqrtl(square) * response[i];
        for (int i = 0; i < ROWS; i++) q[t][i] /= sqrtl(square);
        explained += along * along;
    }
    return explained;
}

static int complexity_of(int j)
{
    return 1 + j / 8;
}

static int largest_first(const void *a, const void *b)
{
    const wide x = *(const wide *)a, y = *(const wide *)b;
    return (x < y) - (x > y);
}

enum { MOST = COUNT * COUNT * COUNT / 6 };

/* The statistics of all sums of this kind, the best first; those with the same function once. */
static int brute(int terms, int complexity, wide *value)
{
    int count = 0, kept = 0;
    for (int i = 0; i < COUNT; i++) {
        for (int j = i + 1; j < COUNT; j++) {
            for (int k = terms == 3 ? j + 1 : COUNT - 1; k < COUNT; k++) {
                const int term[3] = {i, j, k};
                int c = (terms - 1) * COST;
                for (int t = 0; t < terms; t++) c += complexity_of(term[t]);
                if (c != complexity) continue;
                const wide explained = explained_by(terms, term, SHY_TERM_NOTHING);
                if (explained >= 0.0L) value[count++] = explained;
            }
        }
    }
    qsort(value, (size_t)count, sizeof *value, largest_first);
    for (int i = 0; i < count; i++) {
        if (kept == 0 || value[kept - 1] - value[i] > 1e-11L) value[kept++] = value[i];
    }
    return kept;
}

static void make_terms(shy_terms *t)
{
    *t = (shy_terms){.count = COUNT, .capacity = COUNT};
    assert_int_equal(shy_new(COUNT, sizeof *t->term, &t->term), SHY_OK);
    assert_int_equal(shy_new(COUNT * COUNT * 2, sizeof *t->gram, &t->gram), SHY_OK);
    assert_int_equal(shy_new(COUNT, sizeof *t->explained, &t->explained), SHY_OK);
    assert_int_equal(shy_new(COUNT, sizeof *t->probe, &t->probe), SHY_OK);
    gram_of_parts(ROWS, t->gram);
    for (int j = 0; j < COUNT; j++) {
        t->term[j].complexity = complexity_of(j);
        (void)shy_tree_leaf(&t->term[j].tree, (uint32_t)(j % 11));
        t->explained[j] = (double)dot(column[j], response);
        for (int i = 0; i < ROWS; i++) t->probe[j] += column[j][i] * shy_random_normal(5, 555, (uint64_t)i);
    }
    for (int c = 0, j = 0; c <= SHY_COMPLEXITY_MAX + 1; c++) {
        while (j < COUNT && complexity_of(j) < c) j++;
        t->first[c] = j;
    }
}

/* From the last first term to the first, and the other way round: lists do not depend on the order of offers. */
static shy_sums *scan_all(const shy_terms *t, const shy_search_options *options, bool backwards)
{
    shy_sums *sums = NULL;
    double room[3 * COUNT];
    int32_t index[COUNT];
    assert_int_equal(shy_sums_create(t, options, options->terms, &sums), SHY_OK);
    for (int i = 0; i < COUNT; i++) shy_sums_scan(sums, backwards ? COUNT - 1 - i : i, options->terms, room, index);
    return sums;
}

static void expect_brute_lists(const shy_sums *sums)
{
    static wide value[MOST];
    for (int terms = 2; terms <= 3; terms++) {
        for (int c = 1; c <= 20; c++) {
            const int list = shy_sums_list(terms, c), count = brute(terms, c, value);
            assert_int_equal(sums->count[list], count < sums->keep ? count : sums->keep);
            for (int i = 0; i < sums->count[list]; i++) {
                const double error = fabs(sums->sum[(size_t)list * (size_t)sums->keep + (size_t)i].explained - (double)value[i]);
                if (!(error < 1e-9)) fail_msg("%d terms, complexity %d, number %d: %.3g off", terms, c, i, error);
            }
        }
    }
}

static void the_lists_are_those_of_brute_force(void **state)
{
    (void)state;
    shy_search_options options = {.keep = 12, .terms = 3};
    shy_terms t;
    shy_sums *first = NULL;
    shy_grammar_default(&options.grammar);
    make_columns();
    make_terms(&t);
    for (int isa = 0; isa < SHY_ISAS; isa++) {
        if (!shy_isa_available((shy_isa)isa)) continue;
        shy_tile_kernels_use((shy_isa)isa);
        for (int backwards = 0; backwards < 2; backwards++) {
            shy_sums *sums = scan_all(&t, &options, backwards != 0);
            expect_brute_lists(sums);
            if (!first) {
                first = sums;
                continue;
            }
            const size_t lists = (size_t)shy_sums_list(4, 0);
            assert_memory_equal(first->count, sums->count, lists * sizeof *sums->count);
            for (size_t l = 0; l < lists; l++) {
                assert_memory_equal(first->sum + l * (size_t)first->keep, sums->sum + l * (size_t)sums->keep, (size_t)sums->count[l] * sizeof *sums->sum);
            }
            shy_sums_destroy(&sums);
        }
    }
    shy_tile_kernels_use(shy_isa_get());
    shy_sums_destroy(&first);
    shy_terms_free(&t);
}

/* Numbers 0, 11 and 22 are of the same factor; so are 1 and 12 …: no sum of three has more than two of them. */
static void sums_keep_to_the_limit_of_factors(void **state)
{
    (void)state;
    shy_search_options options = {.keep = 40, .terms = 3, .terms_factors = 2};
    shy_terms t;
    int seen = 0;
    shy_grammar_default(&options.grammar);
    make_columns();
    make_terms(&t);
    shy_sums *sums = scan_all(&t, &options, false);
    for (int c = 1; c <= SHY_COMPLEXITY_MAX; c++) {
        const int list = shy_sums_list(3, c);
        for (int i = 0; i < sums->count[list]; i++, seen++) {
            const int32_t *term = sums->sum[(size_t)list * (size_t)sums->keep + (size_t)i].term;
            assert_true(term[0] % 11 == term[1] % 11 || term[0] % 11 == term[2] % 11 || term[1] % 11 == term[2] % 11);
        }
    }
    assert_true(seen > 20);
    shy_sums_destroy(&sums);
    shy_terms_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_gram_matrix_has_the_same_bits_in_any_parts),
        cmocka_unit_test(the_lists_are_those_of_brute_force),
        cmocka_unit_test(sums_keep_to_the_limit_of_factors),
    };
    return cmocka_run_group_tests_name("sums of columns", tests, NULL, NULL);
}
