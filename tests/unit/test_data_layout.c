/* Tests of how a cohort lies in its file, and of how ranks get at it: aligned, together, without a visit of every rank where one will do. */
#include "shy_config.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/cohort_impl.h"
#include "data_check.h"

enum { ROWS = 2000, FACTORS = 150 };

static double cell_of(uint64_t row, uint64_t column)
{
    return shy_random_normal(5, column, row);
}

static void write_table(const char *name, uint64_t rows, uint64_t factors)
{
    char number[32];

    if (team->rank == 0) {
        FILE *file = fopen(in_scratch(name), "w");
        fprintf(file, "patient_id");
        for (uint64_t k = 0; k < factors; k++)
            fprintf(file, ",x%llu", (unsigned long long)k);
        for (uint64_t i = 0; i < rows; i++) {
            fprintf(file, "\nP%llu", (unsigned long long)i);
            for (uint64_t k = 0; k < factors; k++)
                fprintf(file, ",%s", shy_text_shortest(cell_of(i, k), number));
        }
        fputc('\n', file);
        fclose(file);
    }
    MPI_Barrier(team->world);
}

static off_t import_aligned(const char *table, const char *cohort, uint64_t align)
{
    char from[600], to[600];
    const char *tables[] = {from};
    struct stat about = {0};
    shy_import_options options = {.tables = tables, .tables_count = 1, .output = to, .overwrite = true, .quiet = true, .align = align};

    snprintf(from, sizeof from, "%s", in_scratch(table));
    snprintf(to, sizeof to, "%s", in_scratch(cohort));
    assert_int_equal(import_here(&options, NULL), SHY_OK);
    MPI_Barrier(team->world);
    assert_int_equal(stat(to, &about), 0);
    return about.st_size;
}

static bool lies_at(int file, off_t place, const char *bytes, char *room, size_t size)
{
    return pread(file, room, size, place) == (ssize_t)size && memcmp(room, bytes, size) == 0;
}

/* Where a chunk begins in the file: HDF5 counts from the end of the user's block or from the start, as its version has it; the bytes tell. */
static haddr_t place_of(hid_t set, int file, hsize_t block, hsize_t index, hsize_t *size_out)
{
    hid_t space = H5Dget_space(set);
    hsize_t first[2];
    unsigned filters;
    uint32_t read_filters;
    haddr_t place = HADDR_UNDEF;
    char *bytes = NULL, *room = NULL;

    assert_true(H5Dget_chunk_info(set, space, index, first, &filters, &place, size_out) >= 0);
    if (shy_new(*size_out, 1, &bytes) != SHY_OK || shy_new(*size_out, 1, &room) != SHY_OK) abort();
    assert_true(H5Dread_chunk(set, H5P_DEFAULT, first, &read_filters, bytes) >= 0);
    if (!lies_at(file, (off_t)place, bytes, room, *size_out)) {
        place += block;
        assert_true(lies_at(file, (off_t)place, bytes, room, *size_out));
    }
    shy_free(&bytes);
    shy_free(&room);
    H5Sclose(space);
    return place;
}

/* Number of chunks of at least 64 KiB that do not begin at a multiple of `align`; in *chunks_out how many such chunks there are. */
static int count_astray(const char *path, uint64_t align, int *chunks_out)
{
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT), set = H5Dopen2(file, "values", H5P_DEFAULT);
    hid_t create = H5Fget_create_plist(file), space = H5Dget_space(set);
    hsize_t block = 0, count = 0, size;
    int bytes = open(path, O_RDONLY), astray = 0;

    *chunks_out = 0;
    assert_true(set >= 0 && bytes >= 0);
    H5Pget_userblock(create, &block);
    H5Dget_num_chunks(set, space, &count);
    for (hsize_t i = 0; i < count; i++) {
        haddr_t place = place_of(set, bytes, block, i, &size);
        if (size < SHY_ALIGNED_LEAST) continue;
        ++*chunks_out;
        astray += place % align != 0;
    }
    close(bytes);
    H5Sclose(space);
    H5Pclose(create);
    H5Dclose(set);
    H5Fclose(file);
    return astray;
}

static void large_chunks_begin_where_they_should(void **state)
{
    static const uint64_t aligns[] = {0, 65536, 1 << 20};
    int chunks = 0;
    (void)state;
    write_table("large.csv", ROWS, FACTORS);
    const off_t plain = import_aligned("large.csv", "plain.h5", 1);
    if (team->rank == 0) assert_int_not_equal(count_astray(in_scratch("plain.h5"), SHY_ALIGN_DEFAULT, &chunks), 0);
    for (int i = 0; i < 3; i++) {
        const uint64_t align = aligns[i] > 0 ? aligns[i] : SHY_ALIGN_DEFAULT;
        const off_t size = import_aligned("large.csv", "aligned.h5", aligns[i]);
        if (team->rank == 0) assert_int_equal(count_astray(in_scratch("aligned.h5"), align, &chunks), 0);
        if (team->rank == 0) assert_true(chunks >= 4);
        MPI_Bcast(&chunks, 1, MPI_INT, 0, team->world);
        assert_true((uint64_t)(size - plain) <= (uint64_t)(chunks + 2) * align); /* a gap before each, and the block in front */
        if (aligns[i] == 0) assert_true(size <= plain + plain / 50);
    }
}

/* The default costs a small cohort nothing, nor does a stripe of a megabyte. */
static void small_cohorts_stay_small(void **state)
{
    (void)state;
    write_table("small.csv", 40, 5);
    const off_t plain = import_aligned("small.csv", "small.h5", 1);
    assert_true(plain < 32768);
    assert_int_equal(import_aligned("small.csv", "small.h5", 0), plain);
    assert_int_equal(import_aligned("small.csv", "small.h5", 1 << 20), plain);
}

/* All ranks read their rows of all columns in one call, and HDF5 does not fall back to reads of each rank by itself. */
static void reading_together_is_collective(void **state)
{
    int64_t index[FACTORS];
    double *values = NULL;
    uint64_t first = (uint64_t)(ROWS * team->rank / team->size), rows = (uint64_t)(ROWS * (team->rank + 1) / team->size) - first, wrong = 0, all;
    shy_cohort *cohort = NULL;
    (void)state;
    import_aligned("large.csv", "aligned.h5", 1 << 20); /* also: what is aligned reads back */
    assert_int_equal(shy_cohort_open(team, in_scratch("aligned.h5"), &cohort), SHY_OK);
    for (int k = 0; k < FACTORS; k++)
        index[k] = k + 1;
    if (shy_new(FACTORS * rows, sizeof *values, &values) != SHY_OK) abort();
    assert_int_equal(shy_cohort_read(cohort, index, FACTORS, first, rows, values), SHY_OK);
    for (uint64_t k = 0; k < FACTORS; k++)
        for (uint64_t i = 0; i < rows; i++)
            wrong += values[k * rows + i] != cell_of(first + i, k);
    wrong += cohort->io_mode != H5D_MPIO_CHUNK_COLLECTIVE;
    MPI_Allreduce(&wrong, &all, 1, MPI_UINT64_T, MPI_SUM, team->world);
    if (all > 0) print_message("# wrong: %llu, mode %d\n", (unsigned long long)all, (int)cohort->io_mode);
    assert_int_equal(all, 0);
    shy_free(&values);
    shy_cohort_close(&cohort);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(large_chunks_begin_where_they_should),
        cmocka_unit_test(small_cohorts_stay_small),
        cmocka_unit_test(reading_together_is_collective),
    };
    return cmocka_run_group_tests(tests, start_data_tests, end_data_tests);
}
