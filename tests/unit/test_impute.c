/*
 * test_impute.c: multiple imputation: Rubin's rules against numbers by hand, draws against their laws, data sets that are the same on every grid
 * of ranks, and intervals that hold the truth as often as they say, where values are missing at random.
 */
#include "shy_config.h"

#include <math.h>
#include <unistd.h>

#include "par_check.h"

#include "search/impute.h"
#include "shihyo/linalg.h"

#define EXPECT_NEAR(value, wanted, distance) assert_true(fabs((value) - (wanted)) <= (distance))

static char directory[256], path[300];

/* ---- the table: y = 1 + 2x + 1.5w + noise, over and over; x is missing more often where y is large ------------------------- */

enum { ROWS = 160, REPLICATES = 100 };
static const char *const site_name[] = {"north", "south", "west"};

static double noise(int replicate, int column, int row)
{
    return shy_random_normal(77, (uint64_t)(8 * replicate + column), (uint64_t)row);
}

typedef struct {
    double x, w, y;
    int site;
    bool lacks;
} sample;

static sample sample_of(int replicate, int row)
{
    sample s = {.w = noise(replicate, 0, row)};
    s.x = 0.6 * s.w + noise(replicate, 1, row);
    s.y = 1.0 + 2.0 * s.x + 1.5 * s.w + 1.5 * noise(replicate, 2, row);
    s.lacks = shy_random_uniform(77, (uint64_t)(8 * replicate + 3), (uint64_t)row) < (s.y > 1.0 ? 0.5 : 0.1);
    s.site = s.w + noise(replicate, 4, row) > 0.5 ? 2 : noise(replicate, 5, row) > 0.3;
    return s;
}

static bool make_cohort(void)
{
    char table[300], schema[300];
    const char *tables[] = {table};
    const shy_import_options options = {.tables = tables, .tables_count = 1, .schema = schema, .output = path, .overwrite = true, .quiet = true};

    snprintf(table, sizeof table, "%s/table.csv", directory);
    snprintf(schema, sizeof schema, "%s/schema.yaml", directory);
    FILE *file = fopen(schema, "w");
    if (!file) return false;
    fputs("columns:\n  - {name: site, kind: categorical}\n", file);
    if (fclose(file) != 0) return false;
    file = fopen(table, "w");
    if (!file) return false;
    fputs("site", file);
    for (int r = 0; r < REPLICATES; r++) fprintf(file, ",x%d,w%d,y%d", r, r, r);
    for (int i = 0; i < ROWS; i++) {
        fprintf(file, "\n%s", i % 6 == 2 ? "" : site_name[sample_of(0, i).site]);
        for (int r = 0; r < REPLICATES; r++) {
            const sample s = sample_of(r, i);
            if (s.lacks) fprintf(file, ",,%.17g,%.17g", s.w, s.y);
            else fprintf(file, ",%.17g,%.17g,%.17g", s.x, s.w, s.y);
        }
    }
    fputc('\n', file);
    const bool made = fclose(file) == 0 && shy_cohort_import(&options, stdout) == SHY_OK;
    if (!made) print_error("%s\n", shy_error_message());
    return made;
}

/* A problem of one replicate; site belongs to the first. */
typedef struct {
    shy_cohort *cohort;
    shy_problem *problem;
} opened;

static opened open_replicate(const shy_team *team, int replicate, bool site)
{
    opened o = {0};
    char x[16], w[16], y[16];
    const char *include[3] = {x, w, "site"};
    shy_problem_options options = {.outcome = y, .outcome_kind = "continuous", .where = "", .include = include, .include_count = site ? 3 : 2};
    options.factor.missing = SHY_MISSING_MULTIPLE;
    options.factor.categories = SHY_CATEGORIES_ONEHOT;
    snprintf(x, sizeof x, "x%d", replicate), snprintf(w, sizeof w, "w%d", replicate), snprintf(y, sizeof y, "y%d", replicate);
    EXPECT(shy_cohort_open(team, path, &o.cohort) == SHY_OK && shy_problem_load(team, o.cohort, &options, &o.problem) == SHY_OK);
    if (!o.problem) print_error("%s\n", shy_error_message());
    return o;
}

static void close_replicate(opened *o)
{
    shy_problem_free(&o->problem);
    shy_cohort_close(&o->cohort);
}

static uint32_t factor_named(const shy_problem *p, const char *name)
{
    for (int f = 0; f < p->factors; f++)
        if (strncmp(p->name[f], name, strlen(name)) == 0) return (uint32_t)f;
    EXPECT(false);
    return 0;
}

/* x + 0.7 * w, the weight anything */
static shy_tree sum_of(const shy_problem *p)
{
    shy_tree tree = {0};
    const int x = shy_tree_leaf(&tree, factor_named(p, "x")), c = shy_tree_constant(&tree, 0.7), w = shy_tree_leaf(&tree, factor_named(p, "w"));
    (void)shy_tree_binary(&tree, SHY_OP_ADD, x, shy_tree_binary(&tree, SHY_OP_MULTIPLY, c, w));
    return tree;
}

/* ---- Rubin's rules ------------------------------------------------------------------------------------------------------------- */

static void pooling_is_rubins_rules(void **state)
{
    const double estimate[] = {1.0, 2.0, 3.0}, variance[] = {0.5, 1.0, 1.5}, same[] = {4.0, 4.0, 4.0, 4.0};
    shy_pooled p;
    (void)state;
    shy_pool(3, estimate, variance, 20.0, &p);
    EXPECT_NEAR(p.estimate, 2.0, 1e-15);
    EXPECT_NEAR(p.within, 1.0, 1e-15);
    EXPECT_NEAR(p.between, 1.0, 1e-15);
    EXPECT_NEAR(p.error, sqrt(7.0 / 3.0), 1e-15);
    /* λ = 4/7; 2/λ² = 49/8; 21/23 · 20 · 3/7 = 180/23; df = 1/(8/49 + 23/180) */
    const double df = 1.0 / (8.0 / 49.0 + 23.0 / 180.0);
    EXPECT_NEAR(p.df, df, 1e-13);
    EXPECT_NEAR(p.fmi, (4.0 / 3.0 + 2.0 / (df + 3.0)) * 3.0 / 7.0, 1e-14);
    shy_pool(4, same, same, 7.0, &p);
    EXPECT_NEAR(p.error, 2.0, 0.0);
    EXPECT_NEAR(p.between, 0.0, 0.0);
    EXPECT_NEAR(p.df, 8.0 / 10.0 * 7.0, 1e-14);
    EXPECT_NEAR(p.fmi, 2.0 / (5.6 + 3.0), 1e-14);
}

/* ---- draws ------------------------------------------------------------------------------------------------------------------------ */

static void chi_squared_has_its_mean_and_variance(void **state)
{
    static const double df[] = {1.0, 2.0, 5.0, 100.0, 1e6};
    enum { DRAWS = 20000 };
    (void)state;
    for (size_t k = 0; k < sizeof df / sizeof *df; k++) {
        double sum = 0.0, squares = 0.0;
        for (uint64_t i = 0; i < DRAWS; i++) {
            const double x = shy_random_chi_squared(3, 1000 + (i << 20) + k, df[k]) - df[k];
            sum += x, squares += x * x;
        }
        const double variance = 2.0 * df[k], kurtosis = 3.0 + 12.0 / df[k];
        assert_true(fabs(sum / DRAWS) < 4.0 * sqrt(variance / DRAWS));
        assert_true(fabs(squares / DRAWS - variance) < 4.0 * variance * sqrt((kurtosis - 1.0) / DRAWS));
    }
}

static void the_cumulative_hazard_is_that_of_the_definition(void **state)
{
    enum { N = 200 };
    double time[N], event[N], entry[N], hazard[N];
    uint8_t use[N];
    (void)state;
    for (int late = 0; late < 2; late++) {
        for (int i = 0; i < N; i++) {
            time[i] = 1.0 + floor(30.0 * shy_random_uniform(5, 0, (uint64_t)i));
            event[i] = shy_random_uniform(5, 1, (uint64_t)i) < 0.6, use[i] = i % 9 != 4;
            entry[i] = time[i] * shy_random_uniform(5, 2, (uint64_t)i) - 0.5;
        }
        assert_int_equal(shy_cumulative_hazard(N, time, event, late ? entry : NULL, use, hazard), SHY_OK);
        for (int i = 0; i < N; i++) {
            double expected = 0.0;
            for (int j = 0; j < N && use[i]; j++) {
                double at_risk = 0.0;
                if (!use[j] || event[j] == 0.0 || time[j] > time[i]) continue;
                for (int k = 0; k < N; k++) at_risk += use[k] && time[k] >= time[j] && (!late || entry[k] < time[j]);
                expected += 1.0 / at_risk;
            }
            EXPECT_NEAR(hazard[i], expected, 1e-12);
        }
    }
}

/* ---- data sets ------------------------------------------------------------------------------------------------------------------------- */

/* Observed values stay, others are those of donors, a level is one of those observed, and sets differ. */
static void check_set(const shy_team *team)
{
    opened o = open_replicate(team, 0, true);
    shy_tree tree[2] = {0};
    shy_impute_data *d = NULL;
    if (!o.problem) return;
    tree[0] = sum_of(o.problem);
    (void)shy_tree_leaf(&tree[1], factor_named(o.problem, "site == west"));
    EXPECT(shy_impute_gather(o.problem, tree, 2, &d) == SHY_OK && d->gaps == 2 && d->samples == ROWS);
    double sum[2] = {0.0, 0.0};
    for (int set = 0; d && set < 2; set++) {
        shy_impute_set(d, 9, set, 5);
        for (int g = 0; g < d->gaps; g++) {
            const bool site = d->gap[g].levels > 0;
            uint64_t lacking = 0;
            EXPECT(d->gap[g].levels == (site ? 3 : 0));
            for (int i = 0; i < ROWS; i++) {
                const sample s = sample_of(0, i);
                const double v = d->gap[g].value[i], truth = site ? s.site : s.x;
                const bool lacks = site ? i % 6 == 2 : s.lacks;
                bool observed = false;
                lacking += lacks;
                if (!lacks) EXPECT(v == truth);
                for (int k = 0; k < ROWS; k++) observed = observed || (site ? k % 6 != 2 && v == sample_of(0, k).site : !sample_of(0, k).lacks && v == sample_of(0, k).x);
                EXPECT(observed);
                if (!site) sum[set] += v;
            }
            EXPECT(lacking == d->gap[g].lackings && lacking == shy_impute_lacking(d, &tree[site]));
            for (int f = 0; f < d->factors; f++)
                for (int i = 0; i < ROWS && d->gap_of[f] == g; i++) EXPECT(d->value[f][i] == (site ? d->gap[g].value[i] == 2.0 : d->gap[g].value[i]));
        }
    }
    EXPECT(sum[0] != sum[1]);
    shy_impute_data_free(&d);
    close_replicate(&o);
}

static void imputed_values_are_observed_ones(void **state)
{
    (void)state;
    on_every_team(check_set);
    assert_on_all_ranks();
}

/* The level follows from w with noise: imputed levels agree with the true ones more often than by chance. */
static void levels_follow_their_predictors(void **state)
{
    shy_team *alone = NULL;
    int agree[2] = {0, 0}, lacking = 0;
    (void)state;
    EXPECT(shy_team_create(MPI_COMM_SELF, 1, &alone) == SHY_OK);
    opened o = open_replicate(alone, 0, true);
    shy_tree tree[2] = {0};
    shy_impute_data *d = NULL;
    tree[0] = sum_of(o.problem);
    (void)shy_tree_leaf(&tree[1], factor_named(o.problem, "site == west"));
    EXPECT(shy_impute_gather(o.problem, tree, 2, &d) == SHY_OK);
    for (int set = 0; d && set < 40; set++)
        for (int blind = 0; blind < 2; blind++) {
            const shy_gap *g = &d->gap[d->gap[0].levels ? 0 : 1];
            shy_impute_set(d, 9, set, blind ? 0 : 5);
            for (uint64_t k = g->donors; k < g->donors + g->lackings; k++)
                agree[blind] += (g->value[g->order[k]] == 2.0) == (sample_of(0, (int)g->order[k]).site == 2), lacking++;
        }
    EXPECT(agree[0] > agree[1] + lacking / 20);
    shy_impute_data_free(&d);
    close_replicate(&o);
    shy_team_destroy(&alone);
    assert_on_all_ranks();
}

/* ---- pooled -------------------------------------------------------------------------------------------------------------------------------- */

/* A result with one formula on its front, as a search leaves it. */
static shy_search_result *result_with(const shy_team *team, const shy_tree *tree)
{
    shy_search_result *r = NULL;
    if (team->rank != 0) return NULL;
    if (shy_new(1, sizeof *r, &r) != SHY_OK || shy_new(1, sizeof *r->level, &r->level) != SHY_OK) abort();
    if (shy_new(1, sizeof *r->level->found, &r->level->found) != SHY_OK) abort();
    if (shy_new(1, sizeof(int), &r->front_level) != SHY_OK || shy_new(1, sizeof(int), &r->front_index) != SHY_OK) abort();
    r->levels = r->level->count = r->level->complexity = r->front_count = 1;
    r->level->found->tree = *tree;
    return r;
}

static shy_search_result *impute(const shy_team *team, int replicate, int sets, int sweeps)
{
    const shy_search_options options = {.impute_sets = sets, .impute_sweeps = sweeps, .seed = (uint64_t)(12 + replicate)};
    opened o = open_replicate(team, replicate, false);
    const shy_tree tree = sum_of(o.problem);
    shy_search_result *result = result_with(team, &tree);
    EXPECT(shy_impute_run(o.problem, &options, result) == SHY_OK);
    close_replicate(&o);
    return result;
}

static shy_search_result *expected;

static void check_same(const shy_team *team)
{
    shy_search_result *result = impute(team, 0, 7, 3);
    if (result) {
        const shy_imputed *a = expected->level->found->imputed, *b = result->level->found->imputed;
        EXPECT(a && b && a->terms == 2 && b->terms == 2 && a->sets == 7 && b->sets == 7 && a->missing == b->missing && a->intercept == b->intercept);
        EXPECT(memcmp(a->metric, b->metric, sizeof a->metric) == 0);
        for (int t = 0; t < 2; t++) {
            EXPECT(memcmp(&a->term[t].pooled, &b->term[t].pooled, sizeof(shy_pooled)) == 0);
            for (int s = 0; s < 7; s++) EXPECT(a->term[t].coefficient[s] == b->term[t].coefficient[s] && a->term[t].error[s] == b->term[t].error[s]);
        }
    }
    shy_search_result_free(&result);
}

static void results_do_not_depend_on_ranks_or_row_blocks(void **state)
{
    shy_team *alone = NULL;
    (void)state;
    EXPECT(shy_team_create(MPI_COMM_SELF, 1, &alone) == SHY_OK);
    expected = impute(alone, 0, 7, 3);
    on_every_team(check_same);
    shy_search_result_free(&expected);
    shy_team_destroy(&alone);
    assert_on_all_ranks();
}

/* The quantile 0.975 of Student's t (Fisher and Cornish): to 1e-3 for df > 10. */
static double t_quantile(double df)
{
    const double z = 1.959963984540054, z3 = z * z * z, z5 = z3 * z * z;
    return z + (z3 + z) / (4.0 * df) + (5.0 * z5 + 16.0 * z3 + 3.0 * z) / (96.0 * df * df);
}

static void intervals_hold_the_truth_as_often_as_they_say(void **state)
{
    static const double truth[2] = {2.0, 1.5};
    shy_team *alone = NULL;
    double sum[2] = {0.0, 0.0}, squares[2] = {0.0, 0.0};
    int held[2] = {0, 0};
    (void)state;
    EXPECT(shy_team_create(MPI_COMM_SELF, 1, &alone) == SHY_OK);
    for (int r = 0; r < REPLICATES; r++) {
        shy_search_result *result = impute(alone, r, 10, 5);
        const shy_imputed *i = result->level->found->imputed;
        for (int t = 0; t < 2; t++) {
            const shy_pooled *p = &i->term[t].pooled;
            const double off = p->estimate - truth[t];
            EXPECT(p->df > 10.0 && p->fmi > 0.02 && p->fmi < 0.8);
            sum[t] += off, squares[t] += off * off;
            held[t] += fabs(off) < t_quantile(p->df) * p->error;
        }
        shy_search_result_free(&result);
    }
    for (int t = 0; t < 2; t++) {
        const double mean = sum[t] / REPLICATES, error = sqrt(squares[t] / REPLICATES / REPLICATES);
        print_message("term %d: bias %.4f (error %.4f), %d of %d intervals of 95 %% hold the truth\n", t, mean, error, held[t], REPLICATES);
        EXPECT(fabs(mean) < 3.0 * error + 0.03); /* matching with 110 donors is biased by so much, in R as well */
        EXPECT(held[t] >= 88);
    }
    shy_team_destroy(&alone);
    assert_on_all_ranks();
}

/* ---- memory ---------------------------------------------------------------------------------------------------------------------------------- */

/* Each allocation of one rank fails in turn: all ranks learn of it and none hangs. */
static void check_memory(const shy_team *team)
{
    const shy_search_options options = {.impute_sets = 3, .impute_sweeps = 1, .seed = 12};
    opened o = open_replicate(team, 0, false);
    const shy_tree tree = sum_of(o.problem);
    for (int victim = 0; victim < team->size; victim++) {
        shy_status st = SHY_MEMORY;
        int failures = 0;
        for (uint64_t nth = 1; nth < 400 && st != SHY_OK; nth++) {
            shy_search_result *result = result_with(team, &tree);
            if (team->rank == victim) shy_memory_fail_at(nth);
            st = shy_impute_run(o.problem, &options, result);
            shy_memory_fail_at(0);
            EXPECT(on_all(team, st == SHY_OK || st == SHY_MEMORY));
            shy_search_result_free(&result);
            failures += st != SHY_OK;
            shy_error_clear();
        }
        EXPECT(st == SHY_OK && failures >= 20);
    }
    close_replicate(&o);
}

static void memory_that_ends_on_one_rank_fails_all(void **state)
{
    (void)state;
    on_every_team(check_memory);
    assert_on_all_ranks();
}

/* ---- all of it --------------------------------------------------------------------------------------------------------------------------- */

static shy_team *world;

static int start(void **state)
{
    int rank, made = 1;
    (void)state;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    if (shy_team_create(MPI_COMM_WORLD, 1, &world) != SHY_OK || shy_linalg_start(world) != SHY_OK) return -1;
    snprintf(directory, sizeof directory, "%s/shihyo-impute-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    if (rank == 0) made = mkdtemp(directory) != NULL;
    MPI_Bcast(directory, sizeof directory, MPI_CHAR, 0, MPI_COMM_WORLD);
    snprintf(path, sizeof path, "%s/cohort.h5", directory);
    if (rank == 0 && made) made = make_cohort();
    MPI_Bcast(&made, 1, MPI_INT, 0, MPI_COMM_WORLD);
    return made ? 0 : -1;
}

static int end(void **state)
{
    char command[300];
    (void)state;
    MPI_Barrier(MPI_COMM_WORLD);
    snprintf(command, sizeof command, "rm -rf '%s'", directory);
    const int removed = world->rank == 0 ? system(command) : 0;
    shy_linalg_stop();
    shy_team_destroy(&world);
    return removed;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pooling_is_rubins_rules),
        cmocka_unit_test(chi_squared_has_its_mean_and_variance),
        cmocka_unit_test(the_cumulative_hazard_is_that_of_the_definition),
        cmocka_unit_test(imputed_values_are_observed_ones),
        cmocka_unit_test(levels_follow_their_predictors),
        cmocka_unit_test(results_do_not_depend_on_ranks_or_row_blocks),
        cmocka_unit_test(intervals_hold_the_truth_as_often_as_they_say),
        cmocka_unit_test(memory_that_ends_on_one_rank_fails_all),
    };
    if (shy_par_start(&argc, &argv) != SHY_OK) return 1;
    const int failed = cmocka_run_group_tests_name("impute", tests, start, end);
    shy_par_stop();
    return failed;
}
