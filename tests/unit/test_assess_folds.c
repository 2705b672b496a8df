/* test_assess_folds.c: partitions into folds: even in size and outcome, groups and sets whole, the same on any ranks, refused where too little is left. */
#include "shy_config.h"

#include <unistd.h>

#include "assess/assess_impl.h"
#include "assess/partition.h"
#include "training_problem.h"

static char directory[256], path[300];
enum { SAMPLES_MOST = 1000 };

/* ---- counting ------------------------------------------------------------------------------------------------------------- */

typedef struct {
    int least, most;
} extent;

/* Of the numbers of samples with part[i] != 0 in the folds. */
static extent spread(const int32_t *fold, int folds, int n, const int *part)
{
    int count[64] = {0};
    extent e = {n, 0};
    for (int i = 0; i < n; i++) {
        EXPECT(fold[i] >= 0 && fold[i] < folds);
        if (fold[i] >= 0 && fold[i] < folds && (!part || part[i])) count[fold[i]]++;
    }
    for (int f = 0; f < folds; f++) e.least = count[f] < e.least ? count[f] : e.least, e.most = count[f] > e.most ? count[f] : e.most;
    return e;
}

static bool is_even(const int32_t *fold, int folds, int n, const int *part)
{
    const extent e = spread(fold, folds, n, part);
    return e.most - e.least <= 1;
}

/* ---- single samples --------------------------------------------------------------------------------------------------------- */

static training_data *create_all(const shy_team *team, const training_spec *spec)
{
    int sample[SAMPLES_MOST];
    for (int i = 0; i < spec->spec.n; i++) sample[i] = i;
    return training_create(team, spec, sample, spec->spec.n);
}

static const struct {
    training_spec spec;
    int folds;
} cases[] = {
    {{{.n = 103, .columns = "ppp", .seed = 1}, false, 0}, 5},
    {{{.n = 103, .columns = "ppp", .seed = 2, .outcome = "binary"}, false, 0}, 5},
    {{{.n = 211, .columns = "ppp", .seed = 3, .outcome = "ordinal"}, true, 0}, 10},
    {{{.n = 160, .columns = "ppp", .seed = 4, .outcome = "survival"}, false, 0}, 7},
    {{{.n = 150, .columns = "ppp", .seed = 5, .outcome = "count"}, false, 0}, 4},
    {{{.n = 160, .columns = "ppp", .seed = 6, .outcome = "matched"}, false, 0}, 3},
};
enum { CASES = sizeof cases / sizeof *cases, REPEATS = 3 };

static const shy_assess_options usual = {.repeats = REPEATS, .stratified = true, .seed = 11};

/* Up to whichever value, each fold has about as many samples of the part. */
static bool takes_turns(const int32_t *fold, int folds, int n, const double *value, const int *part)
{
    int below[SAMPLES_MOST];
    for (int k = 0; k < n; k++) {
        for (int i = 0; i < n; i++) below[i] = (!part || part[i]) && value[i] <= value[k];
        if (!is_even(fold, folds, n, below)) return false;
    }
    return true;
}

static void expect_spread(const training_spec *spec, int folds, const int32_t *fold)
{
    const int n = spec->spec.n;
    int part[SAMPLES_MOST];
    double y[SAMPLES_MOST], time[SAMPLES_MOST];
    for (int i = 0; i < n; i++) y[i] = training_y(spec, i), time[i] = training_time(spec, i);
    if (is_kind(spec, "matched")) { /* 40 sets of 4 in 3 folds */
        const extent e = spread(fold, folds, n, NULL);
        EXPECT(e.least == 13 * 4 && e.most == 14 * 4);
        for (int i = 0; i < n; i++) EXPECT(fold[i] == fold[i / TRAINING_SET * TRAINING_SET]);
        return;
    }
    EXPECT(is_even(fold, folds, n, NULL));
    for (int k = 0; k < 4 && !is_kind(spec, "continuous"); k++) {
        for (int i = 0; i < n; i++) part[i] = y[i] == k;
        EXPECT(is_even(fold, folds, n, part));
        if (is_kind(spec, "survival")) EXPECT(takes_turns(fold, folds, n, time, part));
    }
    if (is_kind(spec, "continuous")) EXPECT(takes_turns(fold, folds, n, y, NULL));
}

static int32_t *expected[CASES]; /* of one rank alone */

static void check_cases(const shy_team *team)
{
    for (int k = 0; k < CASES; k++) {
        const size_t n = (size_t)cases[k].spec.spec.n;
        training_data *all = create_all(team, &cases[k].spec);
        shy_assess_options options = usual;
        shy_folds folds = {0};
        options.folds = cases[k].folds;
        EXPECT(shy_folds_create(all->problem, &options, &folds) == SHY_OK);
        EXPECT(folds.folds == options.folds && folds.repeats == REPEATS && folds.sets == options.folds * REPEATS);
        EXPECT(memcmp(folds.all, expected[k], REPEATS * n * sizeof *folds.all) == 0);
        for (int r = 0; r < REPEATS; r++)
            for (int i = 0; i < all->problem->rows.rows; i++)
                EXPECT(folds.fold[r * all->problem->rows.rows + i] == folds.all[(size_t)r * n + all->problem->rows.first + (size_t)i]);
        shy_folds_free(&folds);
        training_free(all);
    }
}

static void folds_are_even_and_do_not_depend_on_ranks(void **state)
{
    (void)state;
    shy_team *alone = NULL;
    EXPECT(shy_team_create(MPI_COMM_SELF, 1, &alone) == SHY_OK);
    for (int k = 0; k < CASES; k++) {
        const size_t n = (size_t)cases[k].spec.spec.n;
        training_data *all = create_all(alone, &cases[k].spec);
        shy_assess_options options = usual;
        shy_folds folds = {0}, others = {0};
        options.folds = cases[k].folds;
        EXPECT(shy_folds_create(all->problem, &options, &folds) == SHY_OK);
        present_case = cases[k].spec.spec.outcome ? cases[k].spec.spec.outcome : "continuous";
        for (int r = 0; r < REPEATS; r++) expect_spread(&cases[k].spec, options.folds, folds.all + (size_t)r * n);
        EXPECT(memcmp(folds.all, folds.all + n, n * sizeof *folds.all) != 0);
        options.seed++;
        EXPECT(shy_folds_create(all->problem, &options, &others) == SHY_OK);
        EXPECT(memcmp(folds.all, others.all, n * sizeof *folds.all) != 0);
        shy_folds_free(&others);
        options.stratified = false;
        EXPECT(shy_folds_create(all->problem, &options, &others) == SHY_OK);
        EXPECT(is_kind(&cases[k].spec, "matched") || is_even(others.all, options.folds, (int)n, NULL));
        EXPECT(memcmp(folds.all, others.all, n * sizeof *folds.all) != 0);
        shy_folds_free(&others);
        present_case = "";
        expected[k] = folds.all, folds.all = NULL;
        shy_folds_free(&folds);
        training_free(all);
    }
    shy_team_destroy(&alone);
    on_every_team(check_cases);
    for (int k = 0; k < CASES; k++) shy_free(&expected[k]);
    assert_on_all_ranks();
}

/* Over many seeds a sample is in each fold equally often, and two samples are together as often as chance has it. */
static void chance_decides_what_strata_leave_open(void **state)
{
    (void)state;
    enum { N = 40, FOLDS = 4, SEEDS = 4000 };
    static int32_t unit[N], of[N], fold[N];
    double value[N];
    int in_fold[N][FOLDS] = {{0}}, together = 0;
    for (int i = 0; i < N; i++) unit[i] = i, of[i] = i % 10 == 3 ? -1 : i < 13, value[i] = i * 7 % 11;
    const shy_partition p = {N, FOLDS, N, unit, 2, of, value};
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        EXPECT(shy_partition_make(&p, seed, 0, fold) == SHY_OK);
        for (int i = 0; i < N; i++) in_fold[i][fold[i]]++;
        together += fold[20] == fold[21];
    }
    for (int i = 0; i < N; i++)
        for (int f = 0; f < FOLDS; f++) EXPECT(fabs(in_fold[i][f] - SEEDS / 4.0) < 6.0 * sqrt(SEEDS * 0.25 * 0.75));
    EXPECT(fabs(together - SEEDS / 4.0) < 0.12 * SEEDS);
    assert_on_all_ranks();
}

/* ---- groups ------------------------------------------------------------------------------------------------------------------- */

/* Groups of 1 to 9 samples, of which some have many events. */
static void groups_stay_whole_and_folds_even(void **state)
{
    (void)state;
    enum { N = 400, FOLDS = 5 };
    static int32_t unit[N], of[N], fold[N];
    double group[N], value[N];
    int part[N];
    for (uint64_t seed = 1; seed <= 50; seed++) {
        size_t units = 0;
        for (int i = 0, g = 0, left = 0; i < N; i++, left--) {
            if (left == 0) left = 1 + (int)(9.0 * shy_random_uniform(seed, 1, (uint64_t)i)), g++;
            group[i] = 100 - g;
            of[i] = shy_random_uniform(seed, 2, (uint64_t)i) < (g % 3 ? 0.1 : 0.5);
            part[i] = of[i];
            value[i] = shy_random_normal(seed, 3, (uint64_t)i);
        }
        EXPECT(shy_partition_units(N, group, NULL, unit, &units) == SHY_OK && units < N && units > N / 9);
        const shy_partition p = {N, FOLDS, units, unit, 2, of, value};
        EXPECT(shy_partition_make(&p, seed, 1, fold) == SHY_OK);
        for (int i = 1; i < N; i++) EXPECT(unit[i] != unit[i - 1] || fold[i] == fold[i - 1]);
        const extent all = spread(fold, FOLDS, N, NULL), events = spread(fold, FOLDS, N, part);
        EXPECT(all.most - all.least <= 9);
        EXPECT(events.most - events.least <= 9);
    }
    assert_on_all_ranks();
}

/* Who shares either number, directly or through others, is of one unit. */
static void units_join_both_numbers(void **state)
{
    (void)state;
    enum { N = 9 };
    const double a[N] = {1, 2, NAN, 1, 3, NAN, 4, 5, 6}, b[N] = {7, 8, 9, 8, 10, 9, 11, NAN, NAN};
    const int32_t both[N] = {0, 0, 1, 0, 2, 1, 3, 4, 5}, first[N] = {0, 1, 2, 0, 3, 4, 5, 6, 7};
    int32_t unit[N];
    size_t units;
    EXPECT(shy_partition_units(N, a, b, unit, &units) == SHY_OK && units == 6 && memcmp(unit, both, sizeof both) == 0);
    EXPECT(shy_partition_units(N, a, NULL, unit, &units) == SHY_OK && units == 8 && memcmp(unit, first, sizeof first) == 0);
    EXPECT(shy_partition_units(N, NULL, NULL, unit, &units) == SHY_OK && units == N);
    assert_on_all_ranks();
}

/* ---- columns of a cohort ---------------------------------------------------------------------------------------------------------- */

enum { ROWS = 120 };

static bool make_cohort(void)
{
    char table[300];
    const char *tables[] = {table};
    const shy_import_options options = {.tables = tables, .tables_count = 1, .output = path, .overwrite = true, .quiet = true};
    snprintf(table, sizeof table, "%s/table.csv", directory);
    FILE *file = fopen(table, "w");
    if (!file) return false;
    fputs("patient,site,ward,tight,y,age\n", file);
    for (int i = 0; i < ROWS; i++) {
        const double u = shy_random_uniform(3, 1, (uint64_t)i);
        fprintf(file, "P%03d,%s,", i, i % 12 == 5 ? "" : i % 12 < 2 ? "north" : i % 12 < 4 ? "south" : i % 12 < 7 ? "east" : "west");
        fprintf(file, "%d,%d,%d,%g\n", i / 5, i % 3, u < 0.4, 20.0 + floor(600.0 * shy_random_uniform(3, 2, (uint64_t)i)) / 10.0);
    }
    const bool made = fclose(file) == 0 && shy_cohort_import(&options, stdout) == SHY_OK;
    if (!made) print_error("%s\n", shy_error_message());
    return made;
}

static void check_columns(const shy_team *team)
{
    shy_cohort *cohort = NULL;
    shy_problem *problem = NULL;
    const char *const include[] = {"age"};
    const shy_problem_options problem_options = {.outcome = "y", .outcome_kind = "binary", .include = include, .include_count = 1};
    shy_assess_options options = {.folds = 4, .repeats = 1, .stratified = true, .seed = 5};
    shy_folds folds = {0};
    EXPECT(shy_cohort_open(team, path, &cohort) == SHY_OK && shy_problem_load(team, cohort, &problem_options, &problem) == SHY_OK);
    options.by = "ward";
    EXPECT(shy_folds_create(problem, &options, &folds) == SHY_OK && folds.groups == 24 && folds.groupless == 0);
    for (int i = 0; i < ROWS; i++) EXPECT(folds.all[i] == folds.all[i / 5 * 5]);
    EXPECT(spread(folds.all, 4, ROWS, NULL).least == 30);
    shy_folds_free(&folds);
    options.by = "site"; /* ten rows have none: they are groups of their own beside four */
    EXPECT(shy_folds_create(problem, &options, &folds) == SHY_OK && folds.groups == 14 && folds.groupless == 10);
    for (int i = 12; i < ROWS; i++) EXPECT(i % 12 == 5 || folds.all[i] == folds.all[i % 12]);
    shy_folds_free(&folds);
    options.by = "patient";
    EXPECT(shy_folds_create(problem, &options, &folds) == SHY_OK && folds.groups == ROWS && is_even(folds.all, 4, ROWS, NULL));
    shy_folds_free(&folds);
    options.by = "tight";
    expect_failure(team, shy_folds_create(problem, &options, &folds), SHY_INPUT, "fall into 3 groups of validation.by \"tight\"");
    shy_error_clear();
    options.by = "sight";
    expect_failure(team, shy_folds_create(problem, &options, &folds), SHY_INPUT, "no column \"sight\"; the nearest name is");
    shy_error_clear();
    shy_problem_free(&problem);
    shy_cohort_close(&cohort);
}

static void columns_of_the_cohort_group(void **state)
{
    (void)state;
    int rank, made = 1;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    snprintf(directory, sizeof directory, "%s/shy-folds-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    if (rank == 0) made = mkdtemp(directory) != NULL;
    MPI_Bcast(directory, sizeof directory, MPI_CHAR, 0, MPI_COMM_WORLD);
    snprintf(path, sizeof path, "%s/cohort.h5", directory);
    if (rank == 0 && made) made = make_cohort();
    MPI_Bcast(&made, 1, MPI_INT, 0, MPI_COMM_WORLD);
    EXPECT(made);
    if (made) on_every_team(check_columns);
    if (rank == 0) {
        char command[600];
        unlink(path);
        snprintf(command, sizeof command, "%s/table.csv", directory);
        unlink(command);
        rmdir(directory);
    }
    assert_on_all_ranks();
}

/* ---- refusals ---------------------------------------------------------------------------------------------------------------------- */

static void check_refusals(const shy_team *team)
{
    static const struct {
        training_spec spec;
        int folds, events; /* y is 1 in so many samples, if >= 0 */
        bool stratified;
        const char *message;
    } bad[] = {
        {{{.n = 60, .columns = "ppp", .seed = 1, .outcome = "binary"}, false, 0}, 5, 3, true, "only 3 samples of the class 1"},
        {{{.n = 60, .columns = "ppp", .seed = 1, .outcome = "binary"}, false, 0}, 5, 58, true, "only 2 samples of the class 0"},
        {{{.n = 60, .columns = "ppp", .seed = 1, .outcome = "survival"}, false, 0}, 5, 4, true, "set validation.folds to at most 4, or to 0"},
        {{{.n = 60, .columns = "ppp", .seed = 1, .outcome = "survival"}, false, 0}, 5, 1, true, "only 1 event, so that not every fold has one: set validation.folds to 0"},
        {{{.n = 60, .columns = "ppp", .seed = 1, .outcome = "count"}, false, 0}, 5, 2, true, "only 2 samples with a count above 0"},
        {{{.n = 12, .columns = "ppp", .seed = 1, .outcome = "matched"}, false, 0}, 5, -1, true, "only 3 matched sets"},
        {{{.n = 12, .columns = "ppp", .seed = 1}, false, 0}, 13, -1, true, "only 12 samples"},
        {{{.n = 12, .columns = "ppp", .seed = 1}, false, 0}, 12, -1, true, "a fold holds out only 1 of the 12 samples with outcome"},
        {{{.n = 13, .columns = "ppp", .seed = 1}, false, 0}, 4, -1, true, "set validation.folds to at most 3, or to 0"},
        {{{.n = 7, .columns = "ppp", .seed = 1}, false, 0}, 2, -1, true, "7 samples with outcome \"y\" are too few"},
        {{{.n = 12, .columns = "ppp", .seed = 1}, false, 0}, 1, -1, true, "validation.folds is 1"},
    };
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        training_data *all = create_all(team, &bad[k].spec);
        shy_assess_options options = usual;
        shy_folds folds = {0};
        options.folds = bad[k].folds, options.stratified = bad[k].stratified;
        for (int i = 0; bad[k].events >= 0 && i < all->problem->rows.rows; i++) all->problem->y[i] = (int)all->problem->rows.first + i < bad[k].events;
        present_case = bad[k].message;
        expect_failure(team, shy_folds_create(all->problem, &options, &folds), SHY_INPUT, bad[k].message);
        shy_error_clear();
        training_free(all);
    }
    present_case = "";
}

static void too_little_is_refused(void **state)
{
    (void)state;
    on_every_team(check_refusals);
    assert_on_all_ranks();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folds_are_even_and_do_not_depend_on_ranks), cmocka_unit_test(chance_decides_what_strata_leave_open),
        cmocka_unit_test(groups_stay_whole_and_folds_even),          cmocka_unit_test(units_join_both_numbers),
        cmocka_unit_test(columns_of_the_cohort_group),               cmocka_unit_test(too_little_is_refused),
    };
    return run_par_tests("folds", tests, sizeof tests / sizeof *tests, argc, argv);
}
