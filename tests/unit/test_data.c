/*
 * Tests of data: what was in the tables is in the cohort, for every number of ranks and every memory; bad files are
 * known.
 */
#include "shy_config.h"

#include <math.h>

#include "data_check.h"

/* ---- a table whose every cell is known --------------------------------------------------------------------------- */

enum { ROWS = 997, FACTORS = 61 };

/* Column 0 is x0, … One cell in nine is missing. Decimals of several lengths, negative and large ones, whole ones. */
static double cell_of(uint64_t row, int64_t column)
{
    uint64_t bits = shy_random_bits(11, (uint64_t)column, row);

    if (bits % 9 == 0) return NAN;
    double whole = (double)(int64_t)(bits >> 40) - 8e6;
    switch (column % 4) {
    case 0:
        return whole;
    case 1:
        return whole / 1000;
    case 2:
        return shy_random_normal(11, (uint64_t)column, row);
    default:
        return whole * 1e-30;
    }
}

/* Rows of the file in the order of `place`, which is a permutation that leaves some out, or NULL. */
static void write_factors(const char *name, const char *prefix, int64_t first, int64_t count, const uint64_t *place,
                          uint64_t rows)
{
    char number[32];

    if (team->rank == 0) {
        FILE *file = fopen(in_scratch(name), "w");
        fprintf(file, "patient_id");
        for (int64_t k = first; k < first + count; k++)
            fprintf(file, ",%s%lld [mg/dl]", prefix, (long long)k);
        for (uint64_t i = 0; i < rows; i++) {
            uint64_t row = place == NULL ? i : place[i];
            fprintf(file, "\nP%llu", (unsigned long long)row);
            for (int64_t k = first; k < first + count; k++) {
                double value = cell_of(row, k);
                fprintf(file, ",%s", isnan(value) ? "NA" : shy_text_shortest(value, number));
            }
        }
        fputc('\n', file);
        fclose(file);
    }
    MPI_Barrier(team->world);
}

static bool same(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b));
}

/* Number of values of the columns index[0..count) in my share of the rows that are not what `expected` says. */
static uint64_t count_wrong(shy_cohort *cohort, const int64_t *index, int64_t count, uint64_t first, uint64_t rows,
                            double (*expected)(uint64_t row, int64_t column))
{
    double *values = NULL;
    uint64_t wrong = 0, all = 0;

    if (shy_new((uint64_t)count * rows, sizeof *values, &values) != SHY_OK) abort();
    if (shy_cohort_read(cohort, index, count, first, rows, values) != SHY_OK) wrong = 1;
    for (int64_t k = 0; wrong == 0 && k < count; k++)
        for (uint64_t i = 0; i < rows; i++)
            wrong += !same(values[(uint64_t)k * rows + i], expected(first + i, index[k]));
    shy_free(&values);
    MPI_Allreduce(&wrong, &all, 1, MPI_UINT64_T, MPI_SUM, team->world);
    return all;
}

static void my_rows(uint64_t rows, uint64_t *first, uint64_t *count)
{
    *first = rows * (uint64_t)team->rank / (uint64_t)team->size;
    *count = rows * (uint64_t)(team->rank + 1) / (uint64_t)team->size - *first;
}

static double factor_after_identifier(uint64_t row, int64_t column)
{
    return cell_of(row, column - 1);
}

static void what_was_in_the_table_is_in_the_cohort(void **state)
{
    int64_t all[FACTORS], scattered[] = {60, 3, 3, 17, 1, 61, 18, 19, 5};
    uint64_t first, rows;
    shy_cohort *cohort = NULL;
    (void)state;
    write_factors("all.csv", "x", 0, FACTORS, NULL, ROWS);
    assert_int_equal(import_table(in_scratch("all.csv"), NULL, in_scratch("all.h5")), SHY_OK);
    assert_int_equal(shy_cohort_open(team, in_scratch("all.h5"), &cohort), SHY_OK);
    assert_int_equal(shy_cohort_rows(cohort), ROWS);
    assert_int_equal(shy_cohort_columns(cohort), FACTORS + 1);
    for (int64_t k = 0; k < FACTORS; k++)
        all[k] = k + 1;
    my_rows(ROWS, &first, &rows);
    assert_int_equal(count_wrong(cohort, all, FACTORS, first, rows, factor_after_identifier), 0);
    assert_int_equal(count_wrong(cohort, scattered, 9, first, rows, factor_after_identifier), 0);
    assert_int_equal(count_wrong(cohort, all, FACTORS, 0, ROWS, factor_after_identifier), 0); /* ranks overlap */
    assert_int_equal(count_wrong(cohort, all, 2, 900, team->rank == 0 ? 97 : 0, factor_after_identifier),
                     0); /* some have none */
    assert_int_equal(count_wrong(cohort, all, 0, first, rows, factor_after_identifier), 0);
    shy_cohort_close(&cohort);
}

/* Each rank reads other columns, in its own order, as often as it likes, with and without a cache: nobody waits for anybody. */
static void a_rank_can_read_alone(void **state)
{
    const int64_t lists[3][5] = {{1, 2, 3, 4, 5}, {60, 3, 3, 17, 1}, {9, 18, 27, 36, 45}};
    double values[5 * ROWS];
    shy_cohort *cohort = NULL;
    uint64_t wrong = 0;
    (void)state;
    assert_int_equal(shy_cohort_open(team, in_scratch("all.h5"), &cohort), SHY_OK);
    const uint64_t before = shy_memory_in_use();
    for (int round = 0; round < 6 + team->rank; round++) {
        const int64_t *list = lists[(round + team->rank) % 3];
        const uint64_t first = (uint64_t)(100 * round), rows = ROWS - first - (uint64_t)team->rank;
        const uint64_t cache = round % 2 ? shy_cohort_band_bytes(cohort, rows) : 0;
        wrong += shy_cohort_cache(cohort, cache) != SHY_OK || shy_memory_in_use() != before + cache;
        wrong += shy_cohort_read_alone(cohort, list, 5, first, rows, values) != SHY_OK;
        for (uint64_t k = 0; wrong == 0 && k < 5; k++)
            for (uint64_t i = 0; i < rows; i++)
                wrong += !same(values[k * rows + i], factor_after_identifier(first + i, list[k]));
    }
    wrong += shy_cohort_read_alone(cohort, lists[0], 5, 3, 0, NULL) != SHY_OK; /* nothing */
    if (team->rank == 0) {
        const int64_t beyond = FACTORS + 1;
        wrong += shy_cohort_read_alone(cohort, &beyond, 1, 0, 1, values) != SHY_INTERNAL;
        shy_memory_fail_at(1);
        wrong += shy_cohort_read_alone(cohort, lists[0], 1, 0, 1, values) != SHY_MEMORY;
        shy_memory_fail_at(0);
        shy_error_clear();
    }
    shy_cohort_close(&cohort);
    assert_int_equal(wrong, 0);
}

static void columns_lie_in_bands(void **state)
{
    shy_cohort *cohort = NULL;
    int64_t width = 1;
    (void)state;
    assert_int_equal(shy_cohort_open(team, in_scratch("all.h5"), &cohort), SHY_OK);
    assert_int_equal(shy_cohort_band(cohort, 0), -1); /* the identifier */
    while (width < FACTORS && shy_cohort_band(cohort, 1 + width) == shy_cohort_band(cohort, 1))
        width++;
    for (int64_t k = 0; k < FACTORS; k++)
        assert_int_equal(shy_cohort_band(cohort, 1 + k), k / width);
    assert_true(shy_cohort_band_bytes(cohort, ROWS) >= (uint64_t)width * ROWS * sizeof(double));
    assert_true(shy_cohort_band_bytes(cohort, 1) <= shy_cohort_band_bytes(cohort, ROWS));
    shy_cohort_close(&cohort);
}

static void columns_describe_their_values(void **state)
{
    shy_cohort *cohort = NULL;
    (void)state;
    assert_int_equal(shy_cohort_open(team, in_scratch("all.h5"), &cohort), SHY_OK);
    for (int64_t k = 1; k <= FACTORS; k++) {
        const shy_column about = shy_cohort_column(cohort, k), *column = &about;
        double minimum = INFINITY, maximum = -INFINITY, sum = 0;
        uint64_t missing = 0;
        for (uint64_t i = 0; i < ROWS; i++) {
            double value = cell_of(i, k - 1);
            if (isnan(value))
                missing++;
            else
                minimum = fmin(minimum, value), maximum = fmax(maximum, value), sum += value;
        }
        assert_int_equal(column->missing, missing);
        assert_true(column->minimum == minimum && column->maximum == maximum);
        assert_true(fabs(column->mean - sum / (double)(ROWS - missing)) <= 1e-12 * (maximum - minimum));
        assert_string_equal(column->unit, "mg/dl");
        assert_string_equal(column->modality, "clinical");
        assert_int_equal(column->kind, SHY_KIND_NUMERIC);
        assert_int_equal(shy_cohort_find(cohort, column->name), k);
    }
    assert_int_equal(shy_cohort_find(cohort, "x"), -1);
    assert_string_equal(shy_cohort_nearest(cohort, "patientid"), "patient_id");
    assert_int_equal(shy_cohort_column(cohort, 0).kind, SHY_KIND_IDENTIFIER);
    shy_cohort_close(&cohort);
}

static void identifiers_belong_to_their_rows(void **state)
{
    char **identifiers = NULL, expected[32];
    uint64_t first, rows, wrong = 0;
    shy_cohort *cohort = NULL;
    (void)state;
    assert_int_equal(shy_cohort_open(team, in_scratch("all.h5"), &cohort), SHY_OK);
    my_rows(ROWS, &first, &rows);
    if (team->rank == team->size - 1 && team->size > 1) rows = 0; /* a rank with nothing to read */
    assert_int_equal(shy_cohort_read_identifiers(cohort, first, rows, &identifiers), SHY_OK);
    for (uint64_t i = 0; i < rows; i++) {
        snprintf(expected, sizeof expected, "P%llu", (unsigned long long)(first + i));
        wrong += strcmp(identifiers[i], expected) != 0;
        shy_free(&identifiers[i]);
    }
    shy_free(&identifiers);
    shy_cohort_close(&cohort);
    assert_int_equal(wrong, 0);
}

static void wrong_requests_fail_on_all_ranks(void **state)
{
    const int64_t factor = 1, identifier = 0, beyond = FACTORS + 1, mine = team->rank + 1;
    double values[ROWS];
    shy_cohort *cohort = NULL;
    (void)state;
    assert_int_equal(shy_cohort_open(team, in_scratch("all.h5"), &cohort), SHY_OK);
    assert_int_equal(shy_cohort_read(cohort, &identifier, 1, 0, 1, values), SHY_INTERNAL);
    assert_int_equal(shy_cohort_read(cohort, &beyond, 1, 0, 1, values), SHY_INTERNAL);
    assert_int_equal(shy_cohort_read(cohort, &factor, 1, 1, ROWS, values), SHY_INTERNAL);
    /* One rank alone asks for too much. */
    assert_int_equal(shy_cohort_read(cohort, &factor, 1, 0, team->rank == team->size - 1 ? ROWS + 1 : 1, values),
                     SHY_INTERNAL);
    if (team->size > 1) assert_int_equal(shy_cohort_read(cohort, &mine, 1, 0, 1, values), SHY_INTERNAL);
    shy_error_clear();
    assert_int_equal(shy_cohort_read(cohort, &factor, 1, 0, 1, values), SHY_OK);
    shy_cohort_close(&cohort);
}

/* ---- memory and ranks make no difference ------------------------------------------------------------------------- */

static uint64_t place_of(uint64_t i)
{
    return (i * 389 + 17) % ROWS; /* 389 and 997 have no common divisor: a permutation */
}

static double joined_cell(uint64_t row, int64_t column)
{
    if (column < 21) return cell_of(row, column - 1);
    return row % 5 == 3 ? NAN : cell_of(row, column - 1);
}

/* The second table is in another order and lacks every fifth person; some of its people are unknown to the first. */
static void write_joined_tables(void)
{
    uint64_t place[ROWS + 3], count = 0;

    for (uint64_t i = 0; i < ROWS; i++)
        if (place_of(i) % 5 != 3) place[count++] = place_of(i);
    for (uint64_t i = 0; i < 3; i++)
        place[count++] = ROWS + i;
    write_factors("first.csv", "x", 0, 20, NULL, ROWS);
    write_factors("second.csv", "x", 20, FACTORS - 20, place, count);
}

static void tables_join_within_any_memory(void **state)
{
    static const uint64_t memories[] = {1 << 12, 1 << 16, 200000, 1 << 20, 0};
    const char *tables[] = {in_scratch("first.csv"), in_scratch("second.csv")};
    int64_t all[FACTORS];
    uint64_t first, rows;
    (void)state;
    write_joined_tables();
    my_rows(ROWS, &first, &rows);
    for (int64_t k = 0; k < FACTORS; k++)
        all[k] = k + 1;
    for (size_t m = 0; m < sizeof memories / sizeof *memories; m++) {
        shy_import_options options = {.tables = tables, .tables_count = 2, .join = "patient_id", .overwrite = true};
        char *text = NULL;
        size_t size = 0;
        FILE *report = open_memstream(&text, &size);
        shy_cohort *cohort = NULL;
        options.output = in_scratch("joined.h5");
        options.memory = memories[m];
        assert_int_equal(import_here(&options, report), SHY_OK);
        fclose(report);
        if (team->rank == 0) {
            assert_contains(text, "joined on patient_id: 798 of the 997 rows of first.csv have a row in second.csv");
            assert_contains(
                text, "for the other 199 its columns are missing; 3 of second.csv stand only there and are left out");
        }
        free(text);
        assert_int_equal(shy_cohort_open(team, in_scratch("joined.h5"), &cohort), SHY_OK);
        assert_int_equal(shy_cohort_columns(cohort), FACTORS + 1);
        assert_int_equal(count_wrong(cohort, all, FACTORS, first, rows, joined_cell), 0);
        assert_true(shy_cohort_column(cohort, 40).missing >= 199);
        shy_cohort_close(&cohort);
    }
}

/* The buffer and the descriptions of columns, but never the table: 4 MB as doubles. */
static void memory_stays_below_the_table(void **state)
{
    enum { WIDE = 5000, TALL = 100 };
    (void)state;
    if (team->rank == 0) {
        FILE *file = fopen(in_scratch("wide.tsv"), "w");
        for (int k = 0; k < WIDE; k++)
            fprintf(file, "g%d%c", k, k + 1 < WIDE ? '\t' : '\n');
        for (int i = 0; i < TALL; i++)
            for (int k = 0; k < WIDE; k++)
                fprintf(file, "%d.%d%c", (i * k) % 17, i, k + 1 < WIDE ? '\t' : '\n');
        fclose(file);
        const char *tables[] = {in_scratch("wide.tsv")};
        shy_import_options options = {.tables = tables, .tables_count = 1, .quiet = true, .memory = 1 << 19};
        options.output = in_scratch("wide.h5");
        uint64_t before = shy_memory_peak();
        assert_int_equal(shy_cohort_import(&options, NULL), SHY_OK);
        assert_true(shy_memory_peak() == before || shy_memory_peak() < (uint64_t)WIDE * TALL * sizeof(double));
    }
    MPI_Barrier(team->world);
}

static void the_same_tables_give_the_same_file(void **state)
{
    char *bytes[2] = {NULL, NULL};
    (void)state;
    assert_int_equal(import_table(in_scratch("first.csv"), NULL, in_scratch("again1.h5")), SHY_OK);
    sleep(1); /* a time of writing would show */
    assert_int_equal(import_table(in_scratch("first.csv"), NULL, in_scratch("again2.h5")), SHY_OK);
    size_t one = read_bytes(in_scratch("again1.h5"), &bytes[0]), two = read_bytes(in_scratch("again2.h5"), &bytes[1]);
    assert_int_equal(one, two);
    assert_memory_equal(bytes[0], bytes[1], one);
    shy_free(&bytes[0]);
    shy_free(&bytes[1]);
}

/* ---- files that are no cohort, or no longer ---------------------------------------------------------------------- */

static void expect_refusal(const char *name, const char *expected)
{
    shy_cohort *cohort = NULL;

    shy_error_clear();
    shy_status st = shy_cohort_open(team, in_scratch(name), &cohort);
    assert_null(cohort);
    assert_true(st == SHY_INPUT || st == SHY_IO);
    assert_contains(shy_error_message(), expected);
    assert_contains(shy_error_message(), name);
    shy_error_clear();
}

static void files_that_are_no_cohort_are_known(void **state)
{
    (void)state;
    write_text("table.csv", "a,b\n1,2\n");
    write_text("empty.h5", "");
    write_text("foreign.h5", "\211HDF\r\n\032\nand so on");
    write_text("newer.h5", "Shihyo cohort, format 99\nbytes 60\ncrc32 00000000\n.............");
    expect_refusal("absent.h5", "No such file");
    expect_refusal("empty.h5", "is empty");
    expect_refusal("table.csv", "is not an HDF5 file");
    expect_refusal("foreign.h5", "is an HDF5 file but not a cohort");
    expect_refusal("newer.h5", "format 99");
}

static void truncated_cohorts_are_known(void **state)
{
    char *bytes = NULL;
    size_t count = read_bytes(in_scratch("all.h5"), &bytes);
    const size_t lengths[] = {1, 100, 511, 512, 513, 2000, count / 2, count - 1};
    (void)state;
    MPI_Barrier(team->world);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        write_bytes("cut.h5", bytes, lengths[i]);
        expect_refusal("cut.h5", lengths[i] == 1 ? "is not an HDF5 file" : "is truncated");
        MPI_Barrier(team->world);
    }
    bytes[count] = 'x';
    write_bytes("longer.h5", bytes, count + 1);
    expect_refusal("longer.h5", "is a damaged cohort");
    shy_free(&bytes);
}

static void every_damaged_byte_is_noticed(void **state)
{
    char *bytes = NULL;
    size_t count = read_bytes(in_scratch("all.h5"), &bytes);
    (void)state;
    MPI_Barrier(team->world);
    for (uint64_t i = 0; i < 40; i++) {
        size_t at = i < 10 ? 512 + (size_t)i : 512 + shy_random_bits(5, 0, i) % (count - 512);
        bytes[at] ^= (char)(1 << i % 8);
        write_bytes("flipped.h5", bytes, count);
        expect_refusal("flipped.h5", "is corrupted");
        MPI_Barrier(team->world);
        bytes[at] ^= (char)(1 << i % 8);
    }
    bytes[40] ^= 2; /* in the seal itself */
    write_bytes("flipped.h5", bytes, count);
    expect_refusal("flipped.h5", "flipped.h5");
    shy_free(&bytes);
}

/* ---- failures in between ----------------------------------------------------------------------------------------- */

static void every_failed_allocation_of_an_import_leaves_nothing(void **state)
{
    (void)state;
    if (team->rank == 0) {
        const char *tables[] = {in_scratch("a.csv"), in_scratch("b.csv")};
        shy_import_options options = {.tables = tables, .tables_count = 2, .join = "id", .memory = 1 << 16};
        uint64_t before = shy_memory_in_use(), failures = 0;
        shy_status st = SHY_MEMORY;
        FILE *file = fopen(tables[0], "w"), *report = fopen("/dev/null", "w");
        fputs("id,sex,age,kind\na,m,3,x\nb,f,4,y\nc,f,NA,z\n", file);
        fclose(file);
        file = fopen(tables[1], "w");
        fputs("id,g [mmol/l]\nc,3\na,4\n", file);
        fclose(file);
        options.output = in_scratch("memory.h5");
        options.save_schema = in_scratch("memory.yaml");
        for (uint64_t nth = 1; st != SHY_OK; nth++, failures++) {
            shy_error_clear();
            shy_memory_fail_at(nth);
            st = shy_cohort_import(&options, report);
            shy_memory_fail_at(0);
            assert_int_equal(shy_memory_in_use(), before);
            if (st == SHY_OK) break;
            assert_int_equal(st, SHY_MEMORY);
            assert_int_equal(files_in_scratch("memory"), 0);
        }
        fclose(report);
        assert_true(failures > 50);
        assert_int_equal(files_in_scratch("memory"), 2);
        assert_int_equal(files_in_scratch("part"), 0);
    }
    MPI_Barrier(team->world);
}

/* Each allocation of each rank fails in turn: all ranks return, with the same verdict, and nothing stays behind. */
static void every_failed_allocation_while_reading_is_shared(void **state)
{
    const int64_t index[] = {4, 1};
    double values[2 * ROWS];
    (void)state;
    for (int victim = 0; victim < team->size; victim++) {
        shy_status st = SHY_MEMORY;
        uint64_t nth = 1, before = shy_memory_in_use();
        for (; st != SHY_OK && nth < 1000; nth++) {
            shy_cohort *cohort = NULL;
            char **identifiers = NULL;
            shy_error_clear();
            if (team->rank == victim) shy_memory_fail_at(nth);
            st = shy_cohort_open(team, in_scratch("memory.h5"), &cohort);
            if (st == SHY_OK) st = shy_cohort_read(cohort, index, 2, 0, 3, values);
            if (st == SHY_OK) st = shy_cohort_read_identifiers(cohort, 0, 3, &identifiers);
            shy_memory_fail_at(0);
            for (int i = 0; st == SHY_OK && i < 3; i++)
                shy_free(&identifiers[i]);
            shy_free(&identifiers);
            shy_cohort_close(&cohort);
            assert_int_equal(shy_memory_in_use(), before);
            assert_true(st == SHY_OK || st == SHY_MEMORY);
        }
        assert_true(nth > 8 && nth < 1000);
    }
    shy_error_clear();
}

/* ---- what people see --------------------------------------------------------------------------------------------- */

static void a_cohort_is_printed_within_the_screen(void **state)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    shy_cohort *cohort = NULL;
    (void)state;
    assert_int_equal(shy_cohort_open(team, in_scratch("all.h5"), &cohort), SHY_OK);
    assert_int_equal(shy_cohort_print(cohort, stream, 10), SHY_OK);
    fclose(stream);
    if (team->rank == 0) {
        assert_contains(text, "997 rows, 62 columns: 61 numeric, 1 identifier");
        assert_contains(text, "all.csv: 997 rows");
        assert_contains(text, shy_cohort_sha256(cohort));
        assert_contains(text, "… and 52 more columns");
        for (const char *line = text, *end; (end = strchr(line, '\n')) != NULL; line = end + 1)
            assert_true(end - line <= 104);
    } else {
        assert_int_equal(size, 0);
    }
    free(text);
    shy_cohort_close(&cohort);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_in_the_table_is_in_the_cohort),
        cmocka_unit_test(a_rank_can_read_alone),
        cmocka_unit_test(columns_lie_in_bands),
        cmocka_unit_test(columns_describe_their_values),
        cmocka_unit_test(identifiers_belong_to_their_rows),
        cmocka_unit_test(wrong_requests_fail_on_all_ranks),
        cmocka_unit_test(tables_join_within_any_memory),
        cmocka_unit_test(memory_stays_below_the_table),
        cmocka_unit_test(the_same_tables_give_the_same_file),
        cmocka_unit_test(files_that_are_no_cohort_are_known),
        cmocka_unit_test(truncated_cohorts_are_known),
        cmocka_unit_test(every_damaged_byte_is_noticed),
        cmocka_unit_test(every_failed_allocation_of_an_import_leaves_nothing),
        cmocka_unit_test(every_failed_allocation_while_reading_is_shared),
        cmocka_unit_test(a_cohort_is_printed_within_the_screen),
    };
    return cmocka_run_group_tests(tests, start_data_tests, end_data_tests);
}
