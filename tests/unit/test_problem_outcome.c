/*
 * Tests of what an outcome is made of: times, events, weights, strata, covariates and several targets against the table they came
 * from, on any grid; and what is refused or noted.
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
static char path[] = "outcome-XXXXXX.h5", csv[] = "outcome-XXXXXX.csv";

static bool everywhere(bool mine)
{
    int all = 0, verdict = mine;
    MPI_Allreduce(&verdict, &all, 1, MPI_INT, MPI_LAND, grid->world);
    return all != 0;
}

/* ---- the table ------------------------------------------------------------------------------------------------- */

enum { ROWS = 240 };
enum column {
    DAYS,
    DIED,
    STATUS,
    ENTRY,
    YEARS,
    VISITS,
    WT,
    PAIN,
    AGE,
    BMI,
    PAIR,
    X1,
    X2,
    RELAPSE, /* as they should be */
    BADDAYS,
    BADENTRY,
    BADWT,
    ZERO,
    BADYEARS,
    NEGATIVE,
    BROKEN,
    MANY,
    NEVER,
    FLAT,
    COPY,
    ONCE, /* as they should not */
    COLUMNS
};
static const char *const name[COLUMNS] = {"days",    "died",     "status", "entry", "years",    "visits",   "wt",
                                          "pain",    "age",      "bmi",    "pair",  "x1",       "x2",       "relapse",
                                          "baddays", "badentry", "badwt",  "zero",  "badyears", "negative", "broken",
                                          "many",    "never",    "flat",   "copy",  "once"};

static double uniform(int row, int column)
{
    return shy_random_uniform(11, (uint64_t)column, (uint64_t)row);
}

static double cell(int row, int column)
{
    const double u = uniform(row, column);
    switch ((enum column)column) {
    case DAYS:
        return 10.0 + floor(900.0 * u);
    case DIED:
        return u < 0.4;
    case STATUS:
        return floor(3.0 * u);
    case ENTRY:
        return row % 40 == 7 ? NAN : floor(cell(row, DAYS) * 0.5 * u);
    case YEARS:
        return 0.5 + floor(8.0 * u) / 4.0;
    case VISITS:
        return floor(5.0 * u);
    case WT:
        return floor(4.0 * u) / 2.0;
    case PAIN:
        return u < 0.8 ? floor(4.0 * u / 0.8) : 7.0; /* 0 … 3 and 7 */
    case AGE:
        return 30.0 + floor(500.0 * u) / 10.0;
    case BMI:
        return row % 20 == 3 ? NAN : 18.0 + floor(200.0 * u) / 10.0;
    case PAIR:
        return row / 4;
    case X1:
    case X2:
        return floor(1000.0 * u) / 100.0;
    case RELAPSE:
        return row % 6 == 1 ? NAN : u < 0.5;
    case BADDAYS:
        return row == 16 ? 0.0 : cell(row, DAYS);
    case BADENTRY:
        return row == 29 ? cell(row, DAYS) : 0.0;
    case BADWT:
        return row == 4 ? -1.0 : 1.0;
    case ZERO:
        return row % 2 ? NAN : 0.0;
    case BADYEARS:
        return row == 8 ? 0.0 : 1.0 + u;
    case NEGATIVE:
        return row == 11 ? -2.0 : floor(5.0 * u);
    case BROKEN:
        return row == 11 ? 2.5 : floor(5.0 * u);
    case MANY:
        return floor(25.0 * u);
    case NEVER:
        return 0.0;
    case FLAT:
        return 5.0;
    case COPY:
        return 2.0 * cell(row, AGE) + 1.0;
    case ONCE:
        return row < 12 ? row % 4 == 0 : NAN;
    default:
        return NAN;
    }
}

/* Columns of text; NULL is missing. */
static const char *site(int row)
{
    const double u = uniform(row, 101);
    return u < 0.5 ? "B" : u < 0.8 ? "A" : "C";
}

static const char *sex(int row)
{
    return uniform(row, 102) < 0.5 ? "f" : "m";
}

static const char *vital(int row)
{
    return cell(row, DIED) != 0.0 ? "dead" : "alive";
}

static const char *cause(int row)
{
    return cell(row, DIED) == 0.0 ? "none" : uniform(row, 103) < 0.6 ? "cancer" : "heart";
}

static const char *grade(int row)
{
    const double u = uniform(row, 104);
    return u < 0.4 ? "mild" : u < 0.7 ? "severe" : "moderate";
}

static const char *region(int row)
{
    return row % 24 == 5 ? NULL : uniform(row, 105) < 0.6 ? "north" : "south";
}

/* Two of its three values have events. */
static const char *calm(int row)
{
    return row % 5 == 0 && cell(row, DIED) == 0.0 ? "x" : row % 2 ? "y" : "z";
}

typedef const char *text_column(int row);
static text_column *const text[] = {site, sex, vital, cause, grade, region, calm};
static const char *const text_name[] = {"site", "sex", "vital", "cause", "grade", "region", "calm"};
enum { TEXTS = sizeof text / sizeof text[0] };

static bool write_table(void)
{
    FILE *file = fopen(csv, "w");
    if (!file) return false;
    fprintf(file, "patient");
    for (int c = 0; c < COLUMNS; c++)
        fprintf(file, ",%s%s", name[c], c == DAYS ? " [days]" : "");
    for (int c = 0; c < TEXTS; c++)
        fprintf(file, ",%s", text_name[c]);
    for (int i = 0; i < ROWS; i++) {
        fprintf(file, "\np%03d", i + 1);
        for (int c = 0; c < COLUMNS; c++) {
            char room[32];
            fprintf(file, ",%s", isnan(cell(i, c)) ? "NA" : shy_text_shortest(cell(i, c), room));
        }
        for (int c = 0; c < TEXTS; c++)
            fprintf(file, ",%s", text[c](i) ? text[c](i) : "NA");
    }
    fprintf(file, "\n");
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
static const char *const two_factors[] = {"x1", "x2"};

static shy_status load(const shy_team *team, const shy_problem_options *given, shy_problem **problem_out)
{
    shy_problem_options options = *given;

    *problem_out = NULL;
    options.cohort_name = "table.h5";
    if (!options.where) options.where = "";
    if (!options.include) options.include = two_factors, options.include_count = 2;
    shy_status st = shy_cohort_open(team, path, &loaded_from);
    if (st == SHY_OK) st = shy_problem_load(team, loaded_from, &options, problem_out);
    return st;
}

static void unload(shy_problem **problem)
{
    shy_problem_free(problem);
    shy_cohort_close(&loaded_from);
}

static shy_problem *loaded(const shy_team *team, const shy_problem_options *options)
{
    shy_problem *p = NULL;
    const bool right = load(team, options, &p) == SHY_OK;

    if (!right) print_error("%s\n", shy_error_message());
    if (!everywhere(right)) fail();
    return p;
}

static bool is_noted(const shy_problem *p, const char *words)
{
    for (int k = 0; k < p->notes_count; k++)
        if (strstr(p->notes[k], words)) return true;
    return false;
}

static bool noted(const shy_problem *p, const char *words)
{
    const bool right = is_noted(p, words);

    for (int k = 0; !right && k < p->notes_count; k++)
        print_error("%s\n", p->notes[k]);
    return right;
}

/* Rows of the table that hold all of some columns. */
static int rows_with(const int *columns, int count, int *rows)
{
    int found = 0;
    for (int i = 0; i < ROWS; i++) {
        bool complete = true;
        for (int k = 0; k < count; k++)
            complete = complete && !isnan(cell(i, columns[k]));
        if (complete) rows[found++] = i;
    }
    return found;
}

static bool is_column(const shy_problem *p, const int *rows, const double *values, int column)
{
    for (int i = 0; i < p->rows.rows; i++)
        if (values[i] != cell(rows[p->rows.first + (uint64_t)i], column)) return false;
    return true;
}

/* ---- survival -------------------------------------------------------------------------------------------------- */

/* The number of a combination: how many smaller ones there are. */
static int stratum_of(const int *rows, int total, int row)
{
    char mine[8], other[8];
    bool seen[3][2] = {{false}};
    int below = 0;

    snprintf(mine, sizeof mine, "%s%s", site(row), sex(row));
    for (int i = 0; i < total; i++) {
        snprintf(other, sizeof other, "%s%s", site(rows[i]), sex(rows[i]));
        bool *known = &seen[other[0] - 'A'][other[1] == 'm'];
        below += strcmp(other, mine) < 0 && !*known;
        *known = true;
    }
    return below;
}

static void survival_is_made_of_its_columns(void **state)
{
    static const char *const strata[] = {"site", "sex"};
    const shy_problem_options options = {.outcome_kind = "survival",
                                         .time = "days",
                                         .event = "died",
                                         .entry = "entry",
                                         .weight = "wt",
                                         .strata = strata,
                                         .strata_count = 2};
    const shy_team *teams[] = {one, grid};
    const int needed[] = {DAYS, DIED, ENTRY, WT};

    (void)state;
    for (int t = 0; t < 2; t++) {
        int rows[ROWS];
        const int total = rows_with(needed, 4, rows);
        shy_problem *p = loaded(teams[t], &options);
        bool right =
            p->rows.total == (uint64_t)total && p->targets == 1 && p->factors == 2 && *p->target[0].name == '\0';
        right = right && is_column(p, rows, p->data.time, DAYS) && is_column(p, rows, p->data.y, DIED);
        right = right && is_column(p, rows, p->data.entry, ENTRY) && is_column(p, rows, p->data.weight, WT);
        right = right && p->data.strata == 6 && p->y == p->data.y && strcmp(p->outcome, "died") == 0;
        right = right && strcmp(p->time, "days") == 0 && strcmp(p->time_unit, "days") == 0;
        for (int i = 0; right && i < p->rows.rows; i++)
            right = p->data.stratum[i] == stratum_of(rows, total, rows[p->rows.first + (uint64_t)i]);
        right = right && noted(p, "The entry time entry is missing in 6 of 240 rows, which are left out.");
        unload(&p);
        assert_true(everywhere(right));
    }
}

static void an_event_is_what_positive_names(void **state)
{
    static const struct {
        const char *event, *positive;
    } events[] = {{"died", NULL},  {"died", "0"},      {"status", "2"},
                  {"vital", NULL}, {"vital", "alive"}, {"cause", "heart"}};

    (void)state;
    for (size_t e = 0; e < sizeof events / sizeof events[0]; e++) {
        const shy_problem_options options = {
            .outcome_kind = "survival", .time = "days", .event = events[e].event, .positive = events[e].positive};
        shy_problem *p = loaded(grid, &options);
        bool right = true;
        for (int i = 0; i < p->rows.rows; i++) {
            const int row = (int)p->rows.first + i;
            const bool died = cell(row, DIED) != 0.0;
            const bool expected[] = {died, !died, cell(row, STATUS) == 2.0,
                                     died, !died, strcmp(cause(row), "heart") == 0};
            right = right && p->y[i] == (expected[e] ? 1.0 : 0.0);
        }
        unload(&p);
        assert_true(everywhere(right));
    }
}

/* P(not censored before a time), by Kaplan and Meier; at equal times events come first. */
static double uncensored_before(double time)
{
    double product = 1.0;
    for (int k = 0; k < ROWS; k++) { /* each censoring time once */
        const double at = cell(k, DAYS);
        int censored = 0, risk = 0, again = 0;
        if (at >= time || cell(k, DIED) != 0.0) continue;
        for (int i = 0; i < ROWS; i++) {
            const bool same = cell(i, DAYS) == at;
            again += same && cell(i, DIED) == 0.0 && i < k;
            censored += same && cell(i, DIED) == 0.0;
            risk += cell(i, DAYS) > at || (same && cell(i, DIED) == 0.0);
        }
        if (!again) product *= 1.0 - (double)censored / risk;
    }
    return product;
}

static void a_horizon_is_a_binary_target_with_weights(void **state)
{
    static const char *const horizons[] = {"1y", "90", "12mo 1"};
    shy_problem_options options = {.outcome_kind = "survival",
                                   .time = "days",
                                   .event = "died",
                                   .horizons = horizons,
                                   .horizons_count = 2,
                                   .weight = "wt"};
    const double horizon[] = {365.25, 90.0};
    const shy_team *teams[] = {one, grid};

    (void)state;
    for (int t = 0; t < 2; t++) {
        shy_problem *p = loaded(teams[t], &options);
        bool right = p->targets == 3 && strcmp(p->target[0].name, "all") == 0 && p->target[0].ops->needs_time;
        right = right && strcmp(p->target[1].name, "1y") == 0 && strcmp(p->target[2].name, "90d") == 0;
        for (int h = 0; right && h < 2; h++) {
            shy_problem_aim(p, 1 + h);
            right =
                strcmp(p->ops->name, "binary") == 0 && p->target[1 + h].horizon == horizon[h] && p->data.time == NULL;
            right = right && strcmp(p->outcome, h ? "died within 90d" : "died within 1y") == 0;
            for (int i = 0; right && i < p->rows.rows; i++) {
                const int row = (int)p->rows.first + i;
                const double days = cell(row, DAYS);
                const bool died = cell(row, DIED) != 0.0 && days <= horizon[h],
                           known = died || days > horizon[h] || (days == horizon[h] && cell(row, DIED) == 0.0);
                const double weight = known ? cell(row, WT) / uncensored_before(died ? days : horizon[h]) : 0.0;
                right = fabs(p->data.weight[i] - weight) <= 1e-12 * weight && (weight == 0.0 || p->data.y[i] == died);
                if (!right)
                    print_error("row %d: %g, %.17g; %.17g expected\n", row, p->data.y[i], p->data.weight[i], weight);
            }
        }
        shy_problem_aim(p, 0);
        right = right && p->ops->needs_time && is_noted(p, "died within 1y: ") &&
                is_noted(p, "samples have the event died; the others are censored.");
        unload(&p);
        assert_true(everywhere(right));
    }
}

/* By a horizon the event may be any value: the outcome's name has it, and there is no value of a column that counts as 1. */
static void the_name_of_a_horizon_says_which_event(void **state)
{
    static const char *const horizons[] = {"1y"};
    shy_problem_options options = {.outcome_kind = "survival", .time = "days", .event = "status", .positive = "2", .horizons = horizons, .horizons_count = 1};
    shy_problem *p = loaded(grid, &options);
    bool right = strcmp(p->outcome, "status") == 0 && strcmp(p->positive, "2") == 0;

    (void)state;
    shy_problem_aim(p, 1);
    right = right && strcmp(p->outcome, "status == 2 within 1y") == 0 && p->positive == NULL && is_noted(p, "status == 2 within 1y: ");
    unload(&p);
    assert_true(everywhere(right));
}

static void horizons_are_converted_to_the_unit_of_the_time(void **state)
{
    static const struct {
        const char *text, *unit, *name;
        double horizon;
    } good[] = {
        {"1y", "days", "1y", 365.25},        {"36mo", "years", "36mo", 3.0},
        {"36 months", "Years", "36mo", 3.0}, {"90d", "d", "90d", 90.0},
        {"12w", "days", "12w", 84.0},        {"0.5y", "mo", "0.5y", 6.0},
        {"730.5", "day", "730.5d", 730.5},   {"5", "", "5", 5.0},
        {"1mo", "d", "1mo", 30.4375},        {"24h", "d", "24h", 1.0},
        {"2 weeks", "w", "2w", 2.0},         {"5", "visits", "5", 5.0},
        {"1y", "w", "1y", 365.25 / 7.0},
    };
    static const struct {
        const char *text, *unit, *message;
    } bad[] = {
        {"1y", "", "the unit of \"t\" is not known; declare it in the schema"},
        {"1y", "mg", "the unit of \"t\" is \"mg\", which is no time"},
        {"-1y", "d", "holds \"-1y\"; a horizon is a time greater than 0 such as 90d"},
        {"0", "d", "greater than 0"},
        {"1x", "d", "holds \"1x\""},
        {"y", "d", "holds \"y\""},
        {"1..2y", "d", "holds \"1..2y\""},
        {"", "d", "holds \"\""},
        {"1e3d", "d", "holds \"1e3d\""},
        {"111111111111111111111111111111111111d", "d", "a number in the unit of \"t\" (d)"},
    };
    double horizon = 0.0;
    char called[48];

    (void)state;
    for (size_t k = 0; k < sizeof good / sizeof good[0]; k++) {
        const shy_column time = {.name = "t", .unit = good[k].unit};
        assert_int_equal(shy_horizon_parse(good[k].text, &time, &horizon, called), SHY_OK);
        assert_true(fabs(horizon - good[k].horizon) <= 1e-15 * horizon);
        assert_string_equal(called, good[k].name);
    }
    for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++) {
        const shy_column time = {.name = "t", .unit = bad[k].unit};
        assert_int_equal(shy_horizon_parse(bad[k].text, &time, &horizon, called), SHY_INPUT);
        if (!strstr(shy_error_message(), bad[k].message)) fail_msg("%s", shy_error_message());
        shy_error_clear();
    }
}

/* ---- covariates ------------------------------------------------------------------------------------------------ */

/* B is the most frequent site. */
static double covariate_value(int k, int row)
{
    switch (k) {
    case 0:
        return cell(row, AGE);
    case 1:
        return strcmp(sex(row), "m") == 0;
    case 2:
        return strcmp(site(row), "A") == 0;
    case 3:
        return strcmp(site(row), "C") == 0;
    case 4:
        return cell(row, BMI);
    default:
        return isnan(cell(row, BMI));
    }
}

static bool holds_covariates(const shy_problem *p, int count, const char *const *names, const int *rows)
{
    bool right = p->data.covariates == count;

    for (int k = 0; right && k < count; k++) {
        right = strcmp(p->data.covariate_name[k], names[k]) == 0;
        for (int i = 0; right && i < p->rows.rows; i++) {
            const double value = covariate_value(k, rows[p->rows.first + (uint64_t)i]);
            right = isnan(value) ? isfinite(p->data.covariate[k][i]) : p->data.covariate[k][i] == value;
        }
    }
    return right;
}

static void covariates_are_numbers_and_indicators(void **state)
{
    static const char *const three[] = {"age", "sex", "site"}, *const four[] = {"age", "sex", "si?e", "bmi"};
    static const char *const expected[] = {"age", "sex", "site == A", "site == C", "bmi", "bmi is missing"};
    static const char *const matched[] = {"age", "sex", "bmi", "site == A", "site == C"};
    shy_problem_options options = {
        .outcome = "visits", .outcome_kind = "continuous", .covariates = three, .covariates_count = 3};
    int all[ROWS], with_bmi[ROWS];

    (void)state;
    rows_with(NULL, 0, all);
    const int complete = rows_with((const int[]){BMI}, 1, with_bmi);
    shy_problem *p = loaded(grid, &options);
    bool right = holds_covariates(p, 4, expected, all) && p->rows.total == ROWS;
    unload(&p);
    assert_true(everywhere(right));

    options.covariates = (const char *const[]){"age", "sex", "site", "bmi"}, options.covariates_count = 4;
    options.covariates_missing = SHY_COVARIATES_INDICATOR;
    p = loaded(grid, &options);
    right = holds_covariates(p, 6, expected, all) &&
            noted(p, "The covariate bmi is missing in 12 samples: a further covariate says where.");
    unload(&p);
    assert_true(everywhere(right));

    options.covariates_missing = SHY_COVARIATES_COMPLETE;
    p = loaded(one, &options);
    right = holds_covariates(p, 5, expected, with_bmi) && p->rows.total == (uint64_t)complete &&
            noted(p, "12 samples lack a covariate and are left out.");
    unload(&p);
    assert_true(everywhere(right));

    options.covariates = four; /* what is matched stands behind what is named */
    p = loaded(grid, &options);
    right = p->data.covariates == 5;
    for (int k = 0; right && k < 5; k++)
        right = strcmp(p->data.covariate_name[k], matched[k]) == 0;
    unload(&p);
    assert_true(everywhere(right));
}

static void collinear_covariates_are_named(void **state)
{
    static const char *const covariates[] = {"age", "copy", "flat", "bmi"};
    const shy_problem_options options = {.outcome = "visits",
                                         .outcome_kind = "continuous",
                                         .where = "bmi is present",
                                         .covariates = covariates,
                                         .covariates_count = 4};

    (void)state;
    shy_problem *p = loaded(grid, &options);
    const bool right =
        noted(p, "Covariate \"copy\" is a combination of \"age\"") && noted(p, "Covariate \"flat\" is constant");
    unload(&p);
    assert_true(everywhere(right));
}

/* ---- several outcomes ------------------------------------------------------------------------------------------ */

static void several_outcomes_share_their_samples(void **state)
{
    static const char *const outcomes[] = {"died", "relapse"};
    const shy_problem_options options = {
        .outcome_kind = "binary", .outcomes = outcomes, .outcomes_count = 2, .weight = "wt"};
    int all[ROWS];

    (void)state;
    rows_with(NULL, 0, all);
    shy_problem *p = loaded(grid, &options);
    bool right = p->targets == 2 && p->rows.total == ROWS && strcmp(p->target[0].name, "died") == 0 &&
                 strcmp(p->outcome, "died") == 0;
    right = right && is_column(p, all, p->data.y, DIED) && is_column(p, all, p->data.weight, WT);
    shy_problem_aim(p, 1);
    right = right && strcmp(p->outcome, "relapse") == 0 && strcmp(p->positive, "1") == 0 && p->y == p->data.y;
    for (int i = 0; right && i < p->rows.rows; i++) {
        const int row = (int)p->rows.first + i;
        const bool lacks = isnan(cell(row, RELAPSE));
        right = p->data.weight[i] == (lacks ? 0.0 : cell(row, WT)) && p->y[i] == (lacks ? 0.0 : cell(row, RELAPSE));
    }
    int taking = 0;
    for (int i = 0; i < ROWS; i++)
        taking += cell(i, WT) > 0.0 && !isnan(cell(i, RELAPSE));
    right = right && p->target[1].samples == (uint64_t)taking;
    char words[100];
    snprintf(words, sizeof words, "%d of 240 samples take part in the search for relapse", taking);
    right = right && noted(p, words) &&
            noted(p, "The outcome relapse is missing in 40 of 240 rows, which do not take part in its search.");
    unload(&p);
    assert_true(everywhere(right));
}

/* ---- counts, levels, sets -------------------------------------------------------------------------------------- */

static int pain_level(double pain)
{
    return pain == 7.0 ? 4 : (int)pain;
}

/* Levels in sorted order: mild, moderate, severe. */
static int grade_level(int row)
{
    return strcmp(grade(row), "mild") == 0 ? 0 : strcmp(grade(row), "moderate") == 0 ? 1 : 2;
}

static void levels_are_numbered_in_their_order(void **state)
{
    const shy_problem_options options[] = {{.outcome = "pain", .outcome_kind = "ordinal"},
                                           {.outcome = "grade", .outcome_kind = "ordinal"}};

    (void)state;
    for (int k = 0; k < 2; k++) {
        shy_problem *p = loaded(grid, &options[k]);
        bool right = p->data.levels == (k ? 3 : 5);
        for (int i = 0; right && i < p->rows.rows; i++) {
            const int row = (int)p->rows.first + i;
            right = p->y[i] == (k ? grade_level(row) : pain_level(cell(row, PAIN)));
        }
        right = right && noted(p, k ? "The outcome grade has 3 levels, from mild (lowest) to severe (highest), in the "
                                      "order of the column's levels"
                                    : "The outcome pain has 5 levels, from 0 (lowest) to 7 (highest).");
        unload(&p);
        assert_true(everywhere(right));
    }
}

static void counts_have_an_exposure_and_matched_samples_a_set(void **state)
{
    const shy_problem_options counts = {.outcome = "visits", .outcome_kind = "count", .exposure = "years"};
    const shy_problem_options matched = {.outcome = "died", .outcome_kind = "matched", .set = "pair"};
    int all[ROWS], useless = 0;
    char words[100];

    (void)state;
    rows_with(NULL, 0, all);
    shy_problem *p = loaded(grid, &counts);
    bool right = is_column(p, all, p->data.y, VISITS) && is_column(p, all, p->data.exposure, YEARS);
    unload(&p);
    assert_true(everywhere(right));
    for (int s = 0; s < ROWS / 4; s++) {
        double cases = 0.0;
        for (int i = 0; i < 4; i++)
            cases += cell(4 * s + i, DIED);
        useless += cases == 0.0 || cases == 4.0;
    }
    assert_true(useless > 1);
    snprintf(words, sizeof words,
             "%d of 60 matched sets lack a case or a control and are of no use: pair == ", useless);
    p = loaded(grid, &matched);
    right = p->data.strata == ROWS / 4 && noted(p, words);
    for (int i = 0; right && i < p->rows.rows; i++)
        right = p->data.stratum[i] == ((int)p->rows.first + i) / 4;
    unload(&p);
    assert_true(everywhere(right));
}

/* ---- factors --------------------------------------------------------------------------------------------------- */

static bool offers(const shy_problem *p, const char *column)
{
    for (int f = 0; f < p->factors; f++)
        if (strcmp(p->name[f], column) == 0) return true;
    return false;
}

static void what_the_outcome_is_made_of_is_no_factor(void **state)
{
    static const char *const covariates[] = {"age", "site"}, *const strata[] = {"sex"};
    const char *include[] = {"*", "age"};
    shy_problem_options options = {.outcome_kind = "survival",
                                   .time = "days",
                                   .event = "died",
                                   .weight = "wt",
                                   .strata = strata,
                                   .strata_count = 1,
                                   .covariates = covariates,
                                   .covariates_count = 2,
                                   .include = include,
                                   .include_count = 1,
                                   .exclude = (const char *const[]){"once", "zero", "bad*", "n*", "bro*"},
                                   .exclude_count = 5};

    (void)state;
    shy_problem *p = loaded(grid, &options);
    bool right = !offers(p, "days") && !offers(p, "died") && !offers(p, "wt") && !offers(p, "sex") &&
                 !offers(p, "age") && offers(p, "x1") && offers(p, "pain");
    unload(&p);
    assert_true(everywhere(right));
    options.include_count = 2; /* age is named */
    p = loaded(grid, &options);
    right = offers(p, "age") && offers(p, "x1") && !offers(p, "days");
    unload(&p);
    assert_true(everywhere(right));
}

/* ---- notes ----------------------------------------------------------------------------------------------------- */

static void what_is_worth_knowing_is_noted(void **state)
{
    static const char *const calm_strata[] = {"calm", "sex"};
    static const struct {
        shy_problem_options options;
        const char *note;
    } cases[] = {
        {{.outcome = "once", .outcome_kind = "binary"}, "Only 3 of 12 samples are positive (once, 25 %)"},
        {{.outcome_kind = "survival", .time = "days", .event = "died", .strata = calm_strata, .strata_count = 2},
         "2 of 6 strata have no event and are of no use: calm == x, sex == f and calm == x, sex == m."},
    };

    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        shy_problem *p = loaded(grid, &cases[c].options);
        const bool right = noted(p, cases[c].note);
        unload(&p);
        assert_true(everywhere(right));
    }
}

/* The problem knows the columns, the outcome's model does not: only one of them may speak of strata. */
static void strata_without_events_are_noted_once(void **state)
{
    static const char *const strata[] = {"calm", "sex"};
    const shy_problem_options options = {.outcome_kind = "survival", .time = "days", .event = "died", .strata = strata, .strata_count = 2};
    shy_problem *p = loaded(grid, &options);
    int times = 0;

    (void)state;
    for (int k = 0; k < p->notes_count; k++) times += strstr(p->notes[k], "strata") != NULL;
    unload(&p);
    assert_true(everywhere(times == 1));
}

/* ---- refusals -------------------------------------------------------------------------------------------------- */

#define SURVIVAL .outcome_kind = "survival", .time = "days", .event = "died"

struct refusal {
    shy_problem_options options;
    const char *message;
};

static const struct refusal bad[] = {
    {{.outcome_kind = "survival", .time = "baddays", .event = "died"},
     "follow-up time \"baddays\" is 0 in row 17 of table.h5; times are greater than 0."},
    {{.outcome_kind = "survival", .time = "days", .event = "status"},
     "; an event is 1 and a censored sample 0; else name the value"},
    {{.outcome_kind = "survival", .time = "days", .event = "pain"}, "event \"pain\" is "},
    {{.outcome_kind = "survival", .time = "days", .event = "cause"},
     "name the level that is the event in outcome.positive"},
    {{.outcome_kind = "survival", .time = "days", .event = "cause", .positive = "lungs"},
     "outcome.positive is \"lungs\", which is not a level of the event \"cause\""},
    {{.outcome_kind = "survival", .time = "days", .event = "status", .positive = "dead"},
     "give the number that is the event"},
    {{.outcome_kind = "survival", .time = "days", .event = "status", .positive = "5"},
     "there are no events: \"status\" is not 5 in any of the 240 samples"},
    {{.outcome_kind = "survival", .time = "days", .event = "never"},
     "there are no events: \"never\" is not 1 in any of the 240 samples of table.h5"},
    {{SURVIVAL, .where = "died == 0"}, "there are no events"},
    {{SURVIVAL, .entry = "badentry"}, "entry time \"badentry\" is "},
    {{SURVIVAL, .entry = "badentry"}, " in row 30 of table.h5, where the follow-up ends at "},
    {{SURVIVAL, .weight = "badwt"}, "case weight \"badwt\" is -1 in row 5 of table.h5; weights are 0 or greater."},
    {{SURVIVAL, .weight = "zero"}, "case weight \"zero\" is 0 in all 120 samples of table.h5 in use"},
    {{.outcome_kind = "survival", .event = "died"},
     "outcome.time is missing: kind survival needs the column with the follow-up times"},
    {{.outcome_kind = "survival", .time = "days"},
     "outcome.event is missing: kind survival needs the column that says who had the event"},
    {{SURVIVAL, .outcome = "age"}, "outcome.column is not for kind survival"},
    {{.outcome_kind = "survival", .time = "dayz", .event = "died"},
     "outcome.time \"dayz\" is not a column of table.h5; did you mean \"days\"?"},
    {{.outcome_kind = "survival", .time = "days", .event = "dyed"},
     "outcome.event \"dyed\" is not a column of table.h5; did you mean \"died\"?"},
    {{.outcome_kind = "survival", .time = "site", .event = "died"},
     "outcome.time \"site\" is a column of kind categorical"},
    {{.outcome_kind = "survival", .time = "days", .event = "days"},
     "\"days\" is named as outcome.time and as outcome.event"},
    {{.outcome = "age", .outcome_kind = "continuous", .time = "days"},
     "outcome.time is only for kind survival, and outcome.kind is continuous"},
    {{.outcome = "age", .outcome_kind = "continuous", .set = "pair"}, "outcome.set is only for kind matched"},
    {{.outcome = "age", .outcome_kind = "continuous", .exposure = "years"}, "outcome.exposure is only for kind count"},
    {{.outcome = "age", .outcome_kind = "continuous", .positive = "yes"}, "outcome.positive is only for kind binary"},
    {{.outcome_kind = "continuous"}, "outcome.column is missing"},
    {{.outcome = "died", .outcome_kind = "matched"}, "outcome.set is missing: kind matched needs"},
    {{.outcome = "died", .outcome_kind = "matched", .set = "died"},
     "\"died\" is named as outcome.column and as outcome.set"},
    {{.outcome = "died", .outcome_kind = "matched", .set = "patient"},
     "outcome.set \"patient\" is a column of kind identifier"},
    {{.outcome = "died", .outcome_kind = "matched", .set = "vital"},
     "no matched set of \"vital\" holds both a case and a control"},
    {{.outcome = "negative", .outcome_kind = "count"},
     "outcome \"negative\" is -2 in row 12 of table.h5; counts are not negative."},
    {{.outcome = "broken", .outcome_kind = "count"},
     "outcome \"broken\" is 2.5 in row 12 of table.h5; counts are whole numbers."},
    {{.outcome = "site", .outcome_kind = "count"}, "a count outcome needs whole numbers"},
    {{.outcome = "visits", .outcome_kind = "count", .exposure = "badyears"},
     "exposure \"badyears\" is 0 in row 9 of table.h5; an exposure is greater than 0."},
    {{.outcome = "broken", .outcome_kind = "ordinal"},
     "outcome \"broken\" is 2.5 in row 12 of table.h5; levels are whole numbers"},
    {{.outcome = "many", .outcome_kind = "ordinal"},
     "outcome \"many\" has 25 levels among the samples of table.h5; an ordinal outcome has at most 20."},
    {{.outcome = "flat", .outcome_kind = "ordinal"}, "outcome \"flat\" is constant: it is 5 in all samples"},
    {{.outcome = "patient", .outcome_kind = "ordinal"}, "an ordinal outcome needs whole numbers or levels"},
    {{SURVIVAL, .entry = "x1", .weight = "wtt"}, "outcome.weight \"wtt\" is not a column"},
};

#define COVARIATES(...)                                                                                                \
    .covariates = (const char *const[]){__VA_ARGS__},                                                                  \
    .covariates_count = (int)(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))
#define HORIZONS(...)                                                                                                  \
    .horizons = (const char *const[]){__VA_ARGS__},                                                                    \
    .horizons_count = (int)(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))
#define OUTCOMES(...)                                                                                                  \
    .outcomes = (const char *const[]){__VA_ARGS__},                                                                    \
    .outcomes_count = (int)(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))
#define INCLUDE(...)                                                                                                   \
    .include = (const char *const[]){__VA_ARGS__},                                                                     \
    .include_count = (int)(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))
#define VISITS_KIND .outcome = "visits", .outcome_kind = "continuous"

static const struct refusal bad_lists[] = {
    {{VISITS_KIND, COVARIATES("age", "bmi")},
     "covariate \"bmi\" is missing in 12 of 240 samples of table.h5. Keep those that have it by samples.where: \"bmi "
     "is present\", or set "
     "outcome.covariates_missing"},
    {{VISITS_KIND, COVARIATES("region", "bmi")},
     "covariate \"bmi\" is missing in 12 of 240 samples of table.h5, and others are, too"},
    {{VISITS_KIND, COVARIATES("agee")},
     "outcome.covariates \"agee\" is not a column of table.h5; did you mean \"age\"?"},
    {{VISITS_KIND, COVARIATES("qq*")}, "outcome.covariates \"qq*\" matches no column"},
    {{VISITS_KIND, COVARIATES("patient")}, "outcome.covariates \"patient\" is a column of kind identifier"},
    {{VISITS_KIND, COVARIATES("visits")}, "\"visits\" is named as outcome.column and as outcome.covariates"},
    {{VISITS_KIND, COVARIATES("vis*")}, "outcome.covariates matches no column of table.h5 that could be one"},
    {{VISITS_KIND, COVARIATES("flat")}, "no covariate is left to adjust for"},
    {{VISITS_KIND, COVARIATES("age", "sex", "site", "pain"), .where = "pair < 3"},
     "5 covariates are too many for 12 samples"},
    {{VISITS_KIND, INCLUDE("x1", "visits")}, "\"visits\" is the outcome and cannot be a factor as well"},
    {{SURVIVAL, INCLUDE("x1", "days")},
     "\"days\" is the follow-up time of the outcome and cannot be a factor as well; take it out of factors.include."},
    {{VISITS_KIND, OUTCOMES("age")}, "outcome.column and outcome.columns are both given"},
    {{.outcome_kind = "binary", OUTCOMES("died", "dyed")},
     "outcome \"dyed\" is not a column of table.h5; did you mean \"died\"?"},
    {{.outcome_kind = "binary", OUTCOMES("died", "once"), .where = "pair > 0"},
     "only 8 of 236 samples of table.h5 have a weight above 0 and the outcome \"once\""},
    {{.outcome_kind = "binary", OUTCOMES("died", "status")}, "outcome \"status\" has more than two values"},
    {{SURVIVAL, HORIZONS("1y", "9y")}, "horizon 9y (3287.25 days) is beyond follow-up"},
    {{SURVIVAL, HORIZONS("1y", "2d")}, "no event happens within the horizon 2d"},
    {{SURVIVAL, HORIZONS("1y", "12mo")}, "outcome.horizons holds the same time twice, as \"1y\" and as \"12mo\""},
    {{SURVIVAL, HORIZONS("soon")}, "outcome.horizons holds \"soon\""},
    {{.outcome_kind = "survival", .time = "baddays", .event = "died", .where = "baddays > 0", HORIZONS("1y")},
     "the unit of \"baddays\" is not known; declare it"},
    {{VISITS_KIND, HORIZONS("1y")}, "outcome.horizons is only for kind survival"},
};

static bool refuses(const shy_team *team, const struct refusal *r)
{
    shy_problem *p = NULL;
    const shy_status st = load(team, &r->options, &p);
    const bool as_expected = st == SHY_INPUT && !p && strstr(shy_error_message(), r->message);

    if (!as_expected) print_error("status %d, \"%s\" instead of \"%s\"\n", (int)st, shy_error_message(), r->message);
    shy_error_clear();
    unload(&p);
    return everywhere(as_expected);
}

static void what_an_outcome_cannot_be_made_of_is_refused(void **state)
{
    const shy_team *teams[] = {one, grid};
    bool right = true;

    (void)state;
    shy_problem *warm = loaded(
        grid, &(shy_problem_options){.outcome = "died", .outcome_kind = "binary"}); /* fits make room that stays */
    unload(&warm);
    const uint64_t before = shy_memory_in_use();
    for (int t = 0; t < 2; t++) {
        for (size_t c = 0; c < sizeof bad / sizeof bad[0]; c++)
            right = refuses(teams[t], &bad[c]) && right;
        for (size_t c = 0; c < sizeof bad_lists / sizeof bad_lists[0]; c++)
            right = refuses(teams[t], &bad_lists[c]) && right;
    }
    assert_true(everywhere(right && shy_memory_in_use() == before));
}

/* Each allocation of one rank fails in turn: all ranks learn of it and none hangs. */
static void memory_that_runs_out_on_one_rank_fails_all(void **state)
{
    static const char *const covariates[] = {"age", "site"}, *const strata[] = {"sex"}, *const horizons[] = {"1y"};
    const shy_problem_options options = {SURVIVAL,
                                         .weight = "wt",
                                         .strata = strata,
                                         .strata_count = 1,
                                         .covariates = covariates,
                                         .covariates_count = 2,
                                         .horizons = horizons,
                                         .horizons_count = 1,
                                         .include = two_factors,
                                         .include_count = 2,
                                         .where = ""};
    const shy_team *teams[] = {one, grid};
    shy_cohort *cohort = NULL;
    bool right = true;

    (void)state;
    for (int round = 0; round < 2; round++) {
        const int victim = grid->size - 1;
        shy_problem *warm = NULL;
        assert_true(everywhere(shy_cohort_open(teams[round], path, &cohort) == SHY_OK));
        assert_true(everywhere(shy_problem_load(teams[round], cohort, &options, &warm) ==
                               SHY_OK)); /* fits make room that stays */
        shy_problem_free(&warm);
        const uint64_t before = shy_memory_in_use();
        shy_status st = SHY_MEMORY;
        int failures = 0;
        for (uint64_t nth = 1; nth < 2000 && st != SHY_OK; nth++) {
            shy_problem *p = NULL;
            if (grid->rank == victim) shy_memory_fail_at(nth);
            st = shy_problem_load(teams[round], cohort, &options, &p);
            shy_memory_fail_at(0);
            right = everywhere(right && (st == SHY_OK || st == SHY_MEMORY) && (st == SHY_OK) == (p != NULL));
            shy_problem_free(&p);
            right = everywhere(right && shy_memory_in_use() == before);
            failures += st != SHY_OK;
            shy_error_clear();
        }
        right = everywhere(right && st == SHY_OK && failures >= 60);
        if (!right)
            print_error("round %d: %d failures, status %d, %s\n", round, failures, (int)st, shy_error_message());
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
        cmocka_unit_test(the_name_of_a_horizon_says_which_event),
        cmocka_unit_test(horizons_are_converted_to_the_unit_of_the_time),
        cmocka_unit_test(covariates_are_numbers_and_indicators),
        cmocka_unit_test(collinear_covariates_are_named),
        cmocka_unit_test(several_outcomes_share_their_samples),
        cmocka_unit_test(survival_is_made_of_its_columns),
        cmocka_unit_test(an_event_is_what_positive_names),
        cmocka_unit_test(a_horizon_is_a_binary_target_with_weights),
        cmocka_unit_test(levels_are_numbered_in_their_order),
        cmocka_unit_test(counts_have_an_exposure_and_matched_samples_a_set),
        cmocka_unit_test(what_the_outcome_is_made_of_is_no_factor),
        cmocka_unit_test(what_is_worth_knowing_is_noted),
        cmocka_unit_test(strata_without_events_are_noted_once),
        cmocka_unit_test(what_an_outcome_cannot_be_made_of_is_refused),
        cmocka_unit_test(memory_that_runs_out_on_one_rank_fails_all),
    };
    return cmocka_run_group_tests_name("problem_outcome", tests, start_all, stop_all);
}
