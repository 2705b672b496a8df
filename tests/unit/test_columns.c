/* test_columns.c: the store of columns gives the values of the table in both modes, keeps its promise, and fails together. */
#include "shy_config.h"

#include <math.h>
#include <unistd.h>

#include "par_check.h"

#include "search/columns.h"

/* 1000 rows make chunks of 65 columns: five bands. */
enum { ROWS = 1000, COLUMNS = 300, LAST_BUDGETS = 5 };

static char directory[256], path[300];

static double cell(uint64_t row, uint32_t column)
{
    return (double)(column * 1000003U % 4093U) + 0.25 * (double)(row * 7U % 1013U);
}

static int make_cohort(void)
{
    char table[300], number[32];
    const char *tables[] = {table};
    snprintf(table, sizeof table, "%s/table.csv", directory);
    FILE *file = fopen(table, "w");
    if (!file) return -1;
    for (int k = 0; k < COLUMNS; k++) fprintf(file, "%sg%d", k ? "," : "", k);
    for (int i = 0; i < ROWS; i++)
        for (int k = 0; k < COLUMNS; k++)
            fprintf(file, "%s%s", k ? "," : "\n", shy_text_shortest(cell((uint64_t)i, (uint32_t)k), number));
    fprintf(file, "\n");
    fclose(file);
    const shy_import_options options = {.tables = tables, .tables_count = 1, .output = path, .overwrite = true, .quiet = true};
    return shy_cohort_import(&options, NULL) == SHY_OK ? 0 : -1;
}

/* ---- stores ------------------------------------------------------------------------------------------------------ */

/* Every third column is left out, and, if sparse, all but every fourth row. */
typedef struct {
    shy_cohort *cohort;
    int32_t column[COLUMNS];
    uint64_t row[ROWS];
    shy_columns_source source;
} setting;

static shy_status open_setting(const shy_team *team, bool sparse, setting *s)
{
    const uint64_t step = sparse ? 4 : 1, rows = ROWS / step;
    const uint64_t first = rows * (uint64_t)team->row_block / (uint64_t)team->row_blocks;
    const uint64_t last = rows * (uint64_t)(team->row_block + 1) / (uint64_t)team->row_blocks;
    s->source = (shy_columns_source){.team = team, .column = s->column, .row = s->row};
    for (int k = 0; k < COLUMNS; k++)
        if (k % 3 != 1) s->column[s->source.factors++] = k;
    for (uint64_t i = first; i < last; i++) s->row[s->source.rows++] = i * step;
    const shy_status st = shy_cohort_open(team, path, &s->cohort);
    s->source.cohort = s->cohort;
    return st;
}

/* From none at all to no limit, by way of a few columns, less than a band, and a few bands. */
static uint64_t budget_of(const setting *s, int which)
{
    const uint64_t column = (uint64_t)s->source.rows * sizeof(double);
    const uint64_t budgets[LAST_BUDGETS + 1] = {0, 10 * column, 40 * column, 150 * column, 400 * column / (uint64_t)s->source.team->size,
                                                UINT64_MAX};
    double least = -(double)budgets[which];
    EXPECT(shy_team_maximum(s->source.team, &least, 1) == SHY_OK); /* the same on all ranks */
    return which == LAST_BUDGETS ? UINT64_MAX : (uint64_t)-least;
}

static shy_status make_store(const setting *s, uint64_t budget, shy_columns **columns_out)
{
    shy_columns_source source = s->source;
    source.budget = budget;
    shy_status st = shy_columns_create(&source, columns_out);
    if (st == SHY_OK) st = shy_columns_fill(*columns_out);
    if (st != SHY_OK) shy_columns_destroy(columns_out);
    return st;
}

static bool holds(const setting *s, uint32_t factor, const double *values)
{
    bool right = true;
    for (int i = 0; i < s->source.rows; i++) right = right && values[i] == cell(s->row[i], (uint32_t)s->column[factor]);
    return right;
}

/* ---- values, and how long they stay ------------------------------------------------------------------------------ */

/* Asks for columns by chance, some alone and some together; each has to be there until SHY_COLUMNS_KEPT more were asked for. */
static void check_askings(const setting *s, shy_columns *columns, uint64_t seed)
{
    enum { ASKINGS = 40, KEPT = SHY_COLUMNS_KEPT + 1 };
    const double *kept[KEPT] = {NULL};
    uint32_t of[KEPT] = {0};
    bool right = true;
    uint64_t asked = 0;
    for (uint64_t turn = 0; turn < ASKINGS; turn++) {
        uint32_t factor[SHY_COLUMNS_KEPT];
        const double *values[SHY_COLUMNS_KEPT];
        const int count = turn % 5 == 0 ? SHY_COLUMNS_KEPT : 1 + (int)(turn % 4);
        for (int k = 0; k < count; k++)
            factor[k] = (uint32_t)(shy_random_bits(seed, (uint64_t)s->source.team->rank, asked + (uint64_t)k) % (uint64_t)s->source.factors);
        const bool got = shy_columns_get(columns, factor, count, values) == SHY_OK;
        for (int k = 0; got && k < count; k++, asked++) kept[asked % KEPT] = values[k], of[asked % KEPT] = factor[k];
        right = right && got;
        for (int k = 0; right && k < KEPT; k++) right = !kept[k] || holds(s, of[k], kept[k]);
    }
    EXPECT(right);
}

static void check_values(const shy_team *team)
{
    for (int sparse = 0; sparse < 2; sparse++) {
        setting s = {0};
        EXPECT(open_setting(team, sparse, &s) == SHY_OK);
        for (int which = 0; which <= LAST_BUDGETS; which++) {
            const uint64_t budget = budget_of(&s, which), before = shy_memory_in_use();
            shy_columns *columns = NULL;
            EXPECT(make_store(&s, budget, &columns) == SHY_OK);
            if (!columns) continue;
            EXPECT(which != LAST_BUDGETS || shy_columns_resident(columns));
            EXPECT(which > 2 || !shy_columns_resident(columns));
            EXPECT(which < 3 || which == LAST_BUDGETS || shy_memory_in_use() - before <= budget + (64U << 10)); /* with lists of columns and blocks */
            check_askings(&s, columns, (uint64_t)which);
            shy_columns_destroy(&columns);
            EXPECT(shy_memory_in_use() == before);
        }
        shy_cohort_close(&s.cohort);
    }
}

static void both_modes_give_the_values_of_the_table(void **state)
{
    (void)state;
    on_every_team(check_values);
    assert_on_all_ranks();
}

/* What is shared counts once, divided by those who share it. */
static void check_share(const shy_team *team)
{
    setting s = {0};
    shy_columns *columns = NULL;
    EXPECT(open_setting(team, false, &s) == SHY_OK);
    const uint64_t all = (uint64_t)s.source.factors * (uint64_t)s.source.rows * sizeof(double), before = shy_memory_in_use();
    double need = (double)all / team->node_size;
    EXPECT(shy_team_maximum(team, &need, 1) == SHY_OK);
    EXPECT(make_store(&s, (uint64_t)need + 1, &columns) == SHY_OK);
    if (columns) {
        EXPECT(shy_columns_resident(columns));
        EXPECT(shy_memory_in_use() - before <= all / (uint64_t)team->node_size + 4096);
    }
    shy_columns_destroy(&columns);
    EXPECT(make_store(&s, (uint64_t)(need / 1.1), &columns) == SHY_OK);
    int resident = columns && shy_columns_resident(columns), most = 0;
    MPI_Allreduce(&resident, &most, 1, MPI_INT, MPI_MIN, team->world);
    EXPECT(most == 0); /* the largest row block does not fit */
    shy_columns_destroy(&columns);
    shy_cohort_close(&s.cohort);
}

static void members_of_a_node_share_the_columns(void **state)
{
    (void)state;
    on_every_team(check_share);
    assert_on_all_ranks();
}

/* ---- failures ---------------------------------------------------------------------------------------------------- */

/* Each allocation of each rank fails in turn, in both modes. */
static void check_memory(const shy_team *team)
{
    for (int mode = 0; mode < 2; mode++)
        for (int victim = 0; victim < team->size; victim++) {
            setting s = {0};
            shy_status st = SHY_MEMORY;
            int failures = 0;
            EXPECT(open_setting(team, mode == 1, &s) == SHY_OK);
            const uint64_t before = shy_memory_in_use();
            for (uint64_t nth = 1; nth < 200 && st != SHY_OK; nth++) {
                shy_columns *columns = NULL;
                shy_error_clear();
                if (team->rank == victim) shy_memory_fail_at(nth);
                st = make_store(&s, mode ? UINT64_MAX : 0, &columns);
                shy_memory_fail_at(0);
                EXPECT(on_all(team, (st == SHY_OK) == (columns != NULL)));
                if (st != SHY_OK) expect_failure(team, st, SHY_MEMORY, "Out of memory");
                shy_columns_destroy(&columns);
                EXPECT(shy_memory_in_use() == before);
                failures += st != SHY_OK;
            }
            EXPECT(st == SHY_OK && failures >= 4);
            shy_cohort_close(&s.cohort);
        }
}

static void memory_that_ends_on_one_rank_fails_all(void **state)
{
    (void)state;
    on_every_team(check_memory);
    assert_on_all_ranks();
}

/* The file loses its end while it is open: whoever needs it says so, and others go on. */
static void a_file_cut_short_is_told_from_values(void **state)
{
    char whole[300];
    setting s = {0};
    shy_team *team = NULL;
    shy_columns *columns = NULL;
    shy_status st = SHY_OK;
    (void)state;
    EXPECT(shy_team_create(MPI_COMM_WORLD, 1, &team) == SHY_OK);
    EXPECT(open_setting(team, false, &s) == SHY_OK);
    EXPECT(make_store(&s, 0, &columns) == SHY_OK);
    snprintf(whole, sizeof whole, "%s", path);
    MPI_Barrier(team->world);
    if (team->rank == 0) EXPECT(truncate(whole, 2048) == 0);
    MPI_Barrier(team->world);
    for (uint32_t f = 0; st == SHY_OK && f < (uint32_t)s.source.factors; f += 10) {
        const double *values = NULL;
        st = shy_columns_get(columns, &f, 1, &values);
        EXPECT(st != SHY_OK || holds(&s, f, values));
    }
    EXPECT(st == SHY_IO && strstr(shy_error_message(), whole) != NULL);
    shy_columns_destroy(&columns);
    shy_cohort_close(&s.cohort);
    shy_team_destroy(&team);
    assert_on_all_ranks();
}

/* ---- all of it --------------------------------------------------------------------------------------------------- */

static int start(void **state)
{
    int rank, made = 0;
    (void)state;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    snprintf(directory, sizeof directory, "%s/shihyo-columns-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    if (rank == 0) made = mkdtemp(directory) ? 0 : -1;
    MPI_Bcast(directory, sizeof directory, MPI_CHAR, 0, MPI_COMM_WORLD);
    snprintf(path, sizeof path, "%s/cohort.h5", directory);
    if (rank == 0 && made == 0) made = make_cohort();
    MPI_Bcast(&made, 1, MPI_INT, 0, MPI_COMM_WORLD);
    return made;
}

static int end(void **state)
{
    char command[300];
    int rank;
    (void)state;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Barrier(MPI_COMM_WORLD);
    snprintf(command, sizeof command, "rm -rf '%s'", directory);
    return rank == 0 ? system(command) : 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_modes_give_the_values_of_the_table),
        cmocka_unit_test(members_of_a_node_share_the_columns),
        cmocka_unit_test(memory_that_ends_on_one_rank_fails_all),
        cmocka_unit_test(a_file_cut_short_is_told_from_values), /* the last: the file is no more */
    };
    if (shy_par_start(&argc, &argv) != SHY_OK) return 1;
    const int failed = cmocka_run_group_tests_name("columns", tests, start, end);
    shy_par_stop();
    return failed;
}
