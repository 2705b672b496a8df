/*
 * Tests of the problem loader: samples and columns against the table they came from, on any grid; notes; and
 * refusals.
 */
#include "shy_config.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "search/columns.h"
#include "search/problem_impl.h"
#include "shihyo/linalg.h"

static shy_team *one;  /* each rank a group of its own */
static shy_team *grid; /* one group of all ranks */
static char path[] = "problem-XXXXXX.h5", csv[] = "problem-XXXXXX.csv";

static bool everywhere(bool mine)
{
    int all = 0, verdict = mine;
    MPI_Allreduce(&verdict, &all, 1, MPI_INT, MPI_LAND, grid->world);
    return all != 0;
}

/* ---- the table ------------------------------------------------------------------------------------------------- */

enum { ROWS = 200 };
enum { AGE, BMI, INSULIN, WARD, SEX, FIVE, RISK, GRADE, DOSE, COLUMNS }; /* what is read back as numbers */
static const char *const heading = "patient,age [years],bmi [kg/m^2],insulin,ward,sex,five,risk,grade,dose,site";

/*
 * insulin is missing in every second row and bmi in every tenth; ward is 1 wherever insulin is there and 2 elsewhere,
 * and missing in some rows that have insulin: constant among the complete rows, and with a cost of its own. dose is
 * there in 7 rows only.
 */
static double cell(int row, int column)
{
    const double u = shy_random_uniform(5, (uint64_t)column, (uint64_t)row);
    switch (column) {
    case AGE:
        return 20.0 + floor(60.0 * u);
    case BMI:
        return row % 10 == 3 ? NAN : 18.0 + floor(200.0 * u) / 10.0;
    case INSULIN:
        return row % 2 ? NAN : 3.0 + floor(100.0 * u) / 8.0;
    case WARD:
        return row % 2 ? 2.0 : row % 8 == 4 ? NAN : 1.0;
    case SEX:
        return u < 0.5; /* female 0, male 1 */
    case FIVE:
        return 5.0;
    case RISK:
        return row % 7 == 2 ? NAN : 100.0 + 10.0 * u;
    case GRADE:
        return floor(3.0 * u);
    case DOSE:
        return row % 30 == 0 ? u : NAN;
    default:
        return NAN;
    }
}

static void write_cell(FILE *file, double value)
{
    char text[32];
    fprintf(file, ",%s", isnan(value) ? "NA" : shy_text_shortest(value, text));
}

static bool write_table(void)
{
    FILE *file = fopen(csv, "w");
    if (!file) return false;
    fprintf(file, "%s\n", heading);
    for (int i = 0; i < ROWS; i++) {
        fprintf(file, "p%03d", i + 1);
        for (int c = 0; c < COLUMNS; c++)
            if (c == SEX)
                fprintf(file, ",%s", cell(i, SEX) != 0.0 ? "male" : "female");
            else
                write_cell(file, cell(i, c));
        fprintf(file, ",%s\n", (const char *const[]){"north", "south", "west"}[i % 3]);
    }
    return fclose(file) == 0;
}

static bool make_cohort(void)
{
    const char *table = csv;
    const shy_import_options options = {
        .tables = &table, .tables_count = 1, .output = path, .overwrite = true, .quiet = true};
    FILE *report = fopen("/dev/null", "w");

    const bool made = report && write_table() && shy_cohort_import(&options, report) == SHY_OK;
    if (!made) print_error("%s\n", shy_error_message());
    if (report) fclose(report);
    return made;
}

/* ---- loading --------------------------------------------------------------------------------------------------- */

static shy_cohort *loaded_from;

static shy_status load(const shy_team *team, const shy_problem_options *options, shy_problem **problem_out)
{
    *problem_out = NULL;
    shy_status st = shy_cohort_open(team, path, &loaded_from);
    if (st == SHY_OK) st = shy_problem_load(team, loaded_from, options, problem_out);
    return st;
}

static void unload(shy_problem **problem)
{
    shy_problem_free(problem);
    shy_cohort_close(&loaded_from);
}

struct expectation {
    const char *outcome, *kind, *where, *include[5], *exclude[5];
    int y; /* column of the table */
    bool (*keeps)(int row);
    int factor[8]; /* columns of the table in use, ended by -1 */
};

static bool all_rows(int row)
{
    return row >= 0;
}

static bool older_women(int row)
{
    return cell(row, AGE) >= 40.0 && cell(row, SEX) == 0.0;
}

static const struct expectation cases[] = {
    {"risk", "continuous", "", {"*"}, {"dose", "patient"}, RISK, all_rows, {AGE, BMI, INSULIN, SEX, GRADE, -1}},
    {"risk", "continuous", "", {"*"}, {"dose", "insulin"}, RISK, all_rows, {AGE, BMI, WARD, SEX, GRADE, -1}},
    {"risk", "continuous", "age >= 40 and sex == female", {"a*", "bm?"}, {NULL}, RISK, older_women, {AGE, BMI, -1}},
    {"sex", "binary", "", {"age", "bmi"}, {NULL}, SEX, all_rows, {AGE, BMI, -1}},
    {"risk", "continuous", "", {"ward"}, {NULL}, RISK, all_rows, {WARD, -1}},
    {"age", "continuous", "", {"*"}, {"i*", "ward", "dose", "risk", "grade"}, AGE, all_rows, {BMI, SEX, -1}},
};

static int count_texts(const char *const texts[5])
{
    int count = 0;
    while (count < 5 && texts[count])
        count++;
    return count;
}

static shy_problem_options options_of(const struct expectation *e)
{
    return (shy_problem_options){.outcome = e->outcome,
                                 .outcome_kind = e->kind,
                                 .where = e->where,
                                 .include = e->include,
                                 .include_count = count_texts(e->include),
                                 .exclude = e->exclude,
                                 .exclude_count = count_texts(e->exclude)};
}

static const char *const column_name[COLUMNS] = {"age",  "bmi",  "insulin", "ward", "sex",
                                                 "five", "risk", "grade",   "dose"};

/* The rows of the table that are complete, found the simple way. */
static int complete_rows(const struct expectation *e, int *rows)
{
    int count = 0;
    for (int i = 0; i < ROWS; i++) {
        bool complete = e->keeps(i) && !isnan(cell(i, e->y));
        for (int k = 0; e->factor[k] >= 0; k++)
            complete = complete && !isnan(cell(i, e->factor[k]));
        if (complete) rows[count++] = i;
    }
    return count;
}

/* A binary column without a unit is a pure number; of any other nothing is known. */
static const char *unit_of(int column)
{
    return column == AGE ? "years" : column == BMI ? "kg/m^2" : column == SEX ? "1" : "";
}

static bool holds_the_samples(const shy_problem *p, const struct expectation *e)
{
    int rows[ROWS], factors = 0;
    const int total = complete_rows(e, rows);
    bool right = p->rows.total == (uint64_t)total && p->n_cohort == ROWS && strcmp(p->outcome, e->outcome) == 0;

    while (e->factor[factors] >= 0)
        factors++;
    right = right && p->factors == factors;
    for (int i = 0; right && i < p->rows.rows; i++)
        right = p->y[i] == cell(rows[p->rows.first + (uint64_t)i], e->y);
    for (int k = 0; right && k < factors; k++) {
        const int column = e->factor[k];
        double low = INFINITY, high = -INFINITY;
        right = strcmp(p->name[k], column_name[column]) == 0 && strcmp(p->modality[k], "clinical") == 0;
        right = right && strcmp(p->unit_text[k], unit_of(column)) == 0;
        for (int i = 0; i < total; i++)
            low = fmin(low, cell(rows[i], column)), high = fmax(high, cell(rows[i], column));
        right = right && p->range[k].lo == low && p->range[k].hi == high;
        const uint32_t factor = (uint32_t)k;
        const double *values = NULL;
        right = right && shy_columns_get(p->columns, &factor, 1, &values) == SHY_OK;
        for (int i = 0; right && i < p->rows.rows; i++)
            right = values[i] == cell(rows[p->rows.first + (uint64_t)i], column);
        right = right && p->first_sample[k] == cell(rows[0], column);
    }
    return right;
}

/* Row blocks follow each other without gap, each with whole runs. */
static bool deals_whole_runs(const shy_problem *p)
{
    const shy_rows *r = &p->rows;
    double before = 0.0, mine = r->rows, run = 0.0, least = r->run_rows;
    MPI_Exscan(&mine, &before, 1, MPI_DOUBLE, MPI_SUM, p->team->rows);
    if (p->team->row_block == 0) before = 0.0;
    MPI_Allreduce(&least, &run, 1, MPI_DOUBLE, MPI_MIN, p->team->world);
    bool right = (double)r->first == before && run == (double)r->run_rows;
    right = right && r->first % (uint64_t)r->run_rows == 0;
    right = right && r->runs == (r->rows + r->run_rows - 1) / r->run_rows;
    return right && (r->rows % r->run_rows == 0 || r->first + (uint64_t)r->rows == r->total);
}

/* Resident without a limit; with hardly any memory in a cache of the smallest blocks. */
static bool loads_the_samples(const shy_team *team, const struct expectation *e, uint64_t memory)
{
    shy_problem_options options = options_of(e);
    shy_problem *p = NULL;

    options.memory = memory;
    bool right = load(team, &options, &p) == SHY_OK;
    if (!right) print_error("%s\n", shy_error_message());
    right = everywhere(right && p && holds_the_samples(p, e));
    right = right && everywhere(shy_columns_resident(p->columns) == (memory == 0 || p->rows.rows == 0));
    right = right && everywhere(deals_whole_runs(p));
    unload(&p);
    shy_problem_free(&p);
    return right;
}

static void samples_are_the_complete_rows_of_the_table(void **state)
{
    const shy_team *teams[] = {one, grid};
    bool right = true;

    (void)state;
    assert_true(loads_the_samples(grid, &cases[3], 0)); /* the first logistic fit makes room that stays */
    const uint64_t before = shy_memory_in_use();
    for (int t = 0; t < 2; t++)
        for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++)
            for (uint64_t memory = 0; memory < 2; memory++) {
                right = loads_the_samples(teams[t], &cases[c], memory);
                if (!right) print_error("case %zu, memory %d\n", c, (int)memory);
                assert_true(everywhere(right && shy_memory_in_use() == before));
            }
}

static void runs_are_about_sixty_four_until_they_are_full(void **state)
{
    int last = 1;

    (void)state;
    for (uint64_t total = 1; total < 3000000; total += 1 + total / 50) {
        const int rows = shy_run_rows(total);
        const uint64_t runs = (total + (uint64_t)rows - 1) / (uint64_t)rows;
        assert_in_range(rows, last, 4096);
        assert_true(rows < 8 || rows % 8 == 0);
        assert_true(runs <= 64 || rows == 4096);
        assert_true(runs >= 32 || total < 64);
        last = rows;
    }
    assert_int_equal(last, 4096);
}

static void numbers_are_written_with_commas(void **state)
{
    static const struct {
        uint64_t number;
        const char *text;
    } numbers[] = {{0, "0"},
                   {7, "7"},
                   {999, "999"},
                   {1000, "1,000"},
                   {2639, "2,639"},
                   {123456, "123,456"},
                   {1234567, "1,234,567"},
                   {UINT64_MAX, "18,446,744,073,709,551,615"}};
    char room[32];

    (void)state;
    for (size_t k = 0; k < sizeof numbers / sizeof numbers[0]; k++)
        assert_string_equal(shy_text_thousands(numbers[k].number, room), numbers[k].text);
}

/* ---- binary outcomes ------------------------------------------------------------------------------------------- */

static void the_positive_value_counts_as_one(void **state)
{
    static const struct {
        const char *outcome, *positive, *where;
        int column;
        double value;
        const char *name;
    } choices[] = {
        {"sex", NULL, "", SEX, 1, "male"},
        {"sex", "male", "", SEX, 1, "male"},
        {"sex", "female", "", SEX, 0, "female"},
        {"grade", NULL, "grade < 2", GRADE, 1, "1"},
        {"grade", "0", "grade < 2", GRADE, 0, "0"},
        {"grade", "2.0", "grade != 1", GRADE, 2, "2"},
        {"site", "south", "site != west", -1, 1, "south"},
        {"ward", "1", "", WARD, 1, "1"},
    };

    (void)state;
    for (size_t c = 0; c < sizeof choices / sizeof choices[0]; c++) {
        const char *include[] = {"age"};
        const shy_problem_options options = {.outcome = choices[c].outcome,
                                             .outcome_kind = "binary",
                                             .positive = choices[c].positive,
                                             .where = choices[c].where,
                                             .include = include,
                                             .include_count = 1};
        shy_problem *p = NULL;
        double ones = 0.0, total = 0.0, expected = 0.0;
        bool right = load(grid, &options, &p) == SHY_OK;
        if (!right) print_error("case %zu: %s\n", c, shy_error_message());
        for (int i = 0; right && i < p->rows.rows; i++) {
            right = p->y[i] == 0.0 || p->y[i] == 1.0;
            ones += p->y[i];
        }
        MPI_Allreduce(&ones, &total, 1, MPI_DOUBLE, MPI_SUM, grid->world);
        for (int i = 0; i < ROWS; i++)
            expected += choices[c].column < 0 ? i % 3 == 1 : cell(i, choices[c].column) == choices[c].value;
        right = everywhere(right && total == expected && strcmp(p->positive, choices[c].name) == 0);
        if (!right) print_error("case %zu\n", c);
        unload(&p);
        assert_true(right);
    }
}

/* ---- notes ----------------------------------------------------------------------------------------------------- */

static bool is_noted(const shy_problem *p, const char *text)
{
    for (int k = 0; k < p->notes_count; k++)
        if (strstr(p->notes[k], text)) return true;
    return false;
}

static void what_is_left_out_is_noted(void **state)
{
    const shy_problem_options options = options_of(&cases[0]);
    shy_problem *p = NULL;
    int rows[ROWS];
    char text[200];

    (void)state;
    bool right = everywhere(load(grid, &options, &p) == SHY_OK);
    assert_true(right);
    int with_risk = 0, without_insulin = 0;
    for (int i = 0; i < ROWS; i++) {
        with_risk += !isnan(cell(i, RISK));
        without_insulin += !isnan(cell(i, RISK)) && isnan(cell(i, INSULIN));
    }
    snprintf(text, sizeof text, "The outcome risk is missing in %d of 200 rows, which are left out.", ROWS - with_risk);
    right = right && is_noted(p, text);
    snprintf(text, sizeof text,
             "%d of %d samples are complete, with a value of each of the 5 factors in use; insulin alone removes %d, "
             "and bmi",
             complete_rows(&cases[0], rows), with_risk, without_insulin);
    right = right && is_noted(p, text);
    right = right && is_noted(p, "2 factors are constant and are left out: ward and five.");
    right = right && is_noted(p, "1 categorical column is not offered as factor: site.");
    right = right && !is_noted(p, "filter");
    for (int k = 0; k < p->notes_count; k++)
        right = right && p->notes[k][strlen(p->notes[k]) - 1] == '.';
    if (!right)
        for (int k = 0; k < p->notes_count; k++)
            print_error("%s\n", p->notes[k]);
    unload(&p);
    assert_true(everywhere(right));

    const shy_problem_options filtered = options_of(&cases[3]);
    right = everywhere(load(grid, &filtered, &p) == SHY_OK) && is_noted(p, "bmi alone removes 20.");
    unload(&p);
    const shy_problem_options women = options_of(&cases[2]);
    right = everywhere(load(grid, &women, &p) == SHY_OK) && right && is_noted(p, "The filter keeps ");
    unload(&p);
    const char *include[] = {"age"};
    const shy_problem_options complete = {
        .outcome = "grade", .outcome_kind = "continuous", .where = "", .include = include, .include_count = 1};
    right = everywhere(load(grid, &complete, &p) == SHY_OK) && right &&
            is_noted(p, "All 200 samples are complete: none lacks a value of the 1 factor in use.");
    unload(&p);
    assert_true(everywhere(right));
}

/* ---- refusals -------------------------------------------------------------------------------------------------- */

static void what_cannot_be_searched_is_refused(void **state)
{
    static const struct {
        const char *outcome, *kind, *positive, *where, *include, *exclude, *message;
    } bad[] = {
        {"bmii", "continuous", NULL, "", "*", NULL,
         "outcome \"bmii\" is not a column of table.h5; did you mean \"bmi\"?"},
        {"qqqqqqqqqq", "continuous", NULL, "", "*", NULL,
         "outcome \"qqqqqqqqqq\" is not a column of table.h5; `shihyo inspect`"},
        {"bmi", "survivall", NULL, "", "*", NULL, "\"survivall\" is no kind of outcome"},
        {"bmi", "continuous", NULL, "", "insuline", NULL,
         "factor \"insuline\" is not a column of table.h5; did you mean \"insulin\"?"},
        {"bmi", "continuous", NULL, "", "zz*", NULL, "factor \"zz*\" matches no column"},
        {"bmi", "continuous", NULL, "", "*", "insuline", "excluded factor \"insuline\" is not a column"},
        {"bmi", "continuous", NULL, "", "site", NULL, "factor \"site\" is a column of kind categorical"},
        {"bmi", "continuous", NULL, "", "patient", NULL, "factor \"patient\" is a column of kind identifier"},
        {"bmi", "continuous", NULL, "", "bmi", NULL, "\"bmi\" is the outcome and cannot be a factor"},
        {"bmi", "continuous", NULL, "", "age", "a*", "no column of table.h5 is left to be a factor"},
        {"patient", "binary", NULL, "", "*", NULL, "outcome \"patient\" is a column of kind identifier"},
        {"site", "continuous", NULL, "", "*", NULL, "outcome \"site\" is a column of kind categorical"},
        {"grade", "binary", NULL, "", "age", NULL, "outcome \"grade\" has more than two values (0, 1, 2, …)"},
        {"site", "binary", NULL, "", "age", NULL, "outcome \"site\" has more than two values (north, south, west, …)"},
        {"sex", "binary", "woman", "", "age", NULL, "outcome.positive is \"woman\", which is not a value of \"sex\""},
        {"sex", "binary", NULL, "sex == male", "age", NULL, "outcome \"sex\" is constant: it is male"},
        {"five", "continuous", NULL, "", "age", NULL, "outcome \"five\" is constant: it is 5"},
        {"ward", "continuous", NULL, "", "insulin", NULL, "outcome \"ward\" is constant: it is 1"},
        {"ward", "binary", "2", "", "insulin", NULL, "outcome \"ward\" is constant: it is 0 (negative)"},
        {"bmi", "continuous", NULL, "age > 500", "insulin", NULL,
         "samples.where keeps none of the 200 rows of table.h5"},
        {"bmi", "continuous", NULL, "bmi is missing", "age", NULL,
         "outcome \"bmi\" has no value in any of the 20 rows of table.h5 that pass"},
        {"bmi", "continuous", NULL, "agee > 5", "age", NULL, "agee"},
        {"bmi", "continuous", NULL, "", "five", NULL,
         "no factor is left: each of the 1 offered is constant or has no value in the 180 samples"},
        {"bmi", "continuous", NULL, "insulin is missing", "insulin", NULL, "no factor is left"},
        {"risk", "continuous", NULL, "", "*", NULL, "Factor \"dose\" alone is missing in"},
        {"age", "continuous", NULL, "patient_rows", "bmi", NULL, "patient_rows"},
    };
    const shy_team *teams[] = {one, grid};
    bool right = true;

    (void)state;
    const uint64_t before = shy_memory_in_use();
    for (int t = 0; t < 2; t++)
        for (size_t c = 0; c < sizeof bad / sizeof bad[0]; c++) {
            shy_problem *p = NULL;
            const shy_problem_options options = {.outcome = bad[c].outcome,
                                                 .outcome_kind = bad[c].kind,
                                                 .positive = bad[c].positive,
                                                 .where = bad[c].where,
                                                 .include = &bad[c].include,
                                                 .include_count = 1,
                                                 .exclude = &bad[c].exclude,
                                                 .exclude_count = bad[c].exclude != NULL,
                                                 .cohort_name = "table.h5"};
            const shy_status st = load(teams[t], &options, &p);
            const bool as_expected = st == SHY_INPUT && !p && strstr(shy_error_message(), bad[c].message);
            if (!as_expected) print_error("case %zu: status %d, \"%s\"\n", c, (int)st, shy_error_message());
            right = right && as_expected;
            shy_error_clear();
            unload(&p);
        }
    assert_true(everywhere(right && shy_memory_in_use() == before));
}

/* Each allocation of one rank fails in turn: all ranks learn of it and none hangs. */
static void memory_that_runs_out_on_one_rank_fails_all(void **state)
{
    shy_problem_options options = options_of(&cases[3]);
    const shy_team *teams[] = {one, grid}; /* with shared memory, and with row blocks */
    shy_cohort *cohort = NULL;
    bool right = true;

    (void)state;
    for (int round = 0; round < 4 * grid->size; round++) {
        const shy_team *team = teams[round & 1];
        const int victim = round / 4;
        options.memory = round & 2 ? 1 : 0;
        assert_true(everywhere(shy_cohort_open(team, path, &cohort) == SHY_OK));
        const uint64_t before = shy_memory_in_use();
        shy_status st = SHY_MEMORY;
        int failures = 0;
        for (uint64_t nth = 1; nth < 400 && st != SHY_OK; nth++) {
            shy_problem *p = NULL;
            if (grid->rank == victim) shy_memory_fail_at(nth);
            st = shy_problem_load(team, cohort, &options, &p);
            shy_memory_fail_at(0);
            right = everywhere(right && (st == SHY_OK || st == SHY_MEMORY) && (st == SHY_OK) == (p != NULL));
            shy_problem_free(&p);
            right = everywhere(right && shy_memory_in_use() == before);
            failures += st != SHY_OK;
            shy_error_clear();
        }
        right = everywhere(right && st == SHY_OK && failures >= 20);
        if (!right) print_error("round %d: %d failures, status %d\n", round, failures, (int)st);
        shy_cohort_close(&cohort);
        assert_true(right);
    }
}

static int start_all(void **state)
{
    int size = 0, rank = 0, made = 1;

    (void)state;
    if (shy_par_start(NULL, NULL) != SHY_OK) return -1;
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    if (shy_team_create(MPI_COMM_WORLD, 1, &one) != SHY_OK) return -1;
    if (shy_team_create(MPI_COMM_WORLD, size, &grid) != SHY_OK) return -1;
    if (shy_linalg_start(grid) != SHY_OK) return -1;
    if (rank == 0) {
        for (int k = 0; k < 2; k++)
            close(mkstemps(k ? path : csv, k ? 3 : 4));
        made = make_cohort();
    }
    MPI_Bcast(&made, 1, MPI_INT, 0, MPI_COMM_WORLD);
    MPI_Bcast(path, (int)sizeof path, MPI_CHAR, 0, MPI_COMM_WORLD);
    return made ? 0 : -1;
}

static int stop_all(void **state)
{
    (void)state;
    if (grid->rank == 0) unlink(path), unlink(csv);
    shy_linalg_stop();
    shy_team_destroy(&one);
    shy_team_destroy(&grid);
    shy_par_stop();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_are_the_complete_rows_of_the_table),
        cmocka_unit_test(runs_are_about_sixty_four_until_they_are_full),
        cmocka_unit_test(numbers_are_written_with_commas),
        cmocka_unit_test(the_positive_value_counts_as_one),
        cmocka_unit_test(what_is_left_out_is_noted),
        cmocka_unit_test(what_cannot_be_searched_is_refused),
        cmocka_unit_test(memory_that_runs_out_on_one_rank_fails_all),
    };
    return cmocka_run_group_tests_name("problem", tests, start_all, stop_all);
}
