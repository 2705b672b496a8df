/* test_assess_permute.c: permuted responses against Freedman and Lane's definition, the same on any ranks; the stage and its record. */
#include "shy_config.h"

#include "assess/chance.h"
#include "assess/permute.h"
#include "training_problem.h"

enum { SAMPLES_MOST = 400 };
typedef long double wide;

static training_data *create_all(const shy_team *team, const training_spec *spec)
{
    int sample[SAMPLES_MOST];
    for (int i = 0; i < spec->spec.n; i++) sample[i] = i;
    return training_create(team, spec, sample, spec->spec.n);
}

static const training_spec specs[] = {
    {{.n = 60, .columns = "ppp", .seed = 1}, false, 0},
    {{.n = 61, .columns = "ppp", .seed = 2}, true, 2},
    {{.n = 80, .columns = "ppp", .seed = 3, .outcome = "binary"}, false, 0},
    {{.n = 80, .columns = "ppp", .seed = 4, .outcome = "binary"}, true, 1},
    {{.n = 90, .columns = "ppp", .seed = 5, .outcome = "survival"}, false, 0},
    {{.n = 90, .columns = "ppp", .seed = 6, .outcome = "survival"}, true, 2},
    {{.n = 64, .columns = "ppp", .seed = 7, .outcome = "count"}, false, 0},
    {{.n = 80, .columns = "ppp", .seed = 8, .outcome = "ordinal"}, false, 1},
    {{.n = 64, .columns = "ppp", .seed = 9, .outcome = "matched"}, false, 0},
};
enum { SPECS = sizeof specs / sizeof *specs, DRAWS = 3 };

/* ---- one permutation ------------------------------------------------------------------------------------------------------------ */

/* e := e less its part along v. */
static void take_along(int n, const wide *v, wide *e)
{
    wide square = 0, along = 0;
    for (int i = 0; i < n; i++) square += v[i] * v[i], along += v[i] * e[i];
    for (int i = 0; i < n; i++) e[i] -= along / square * v[i];
}

/*
 * On one rank: residuals in units of √w change places, then what √w and √w·q_k explain of them is taken away, by Gram and Schmidt in long double.
 * *even: they stayed in their strata, each came once.
 */
static void expect_defined(const training_data *all, const shy_permuter *p, const double *response)
{
    const int n = all->problem->rows.rows;
    const shy_metric *m = shy_outcome_metric(p->outcome);
    wide e[SAMPLES_MOST], v[SAMPLES_MOST];
    int came[SAMPLES_MOST] = {0};
    for (int i = 0; i < n; i++) {
        const double w = m->weight ? m->weight[i] : 1.0;
        const int from = p->from[i];
        e[i] = 0;
        if (from < 0) {
            EXPECT(w == 0.0);
            continue;
        }
        came[from]++;
        e[i] = (wide)m->response[from] / sqrtl(m->weight ? m->weight[from] : 1.0);
        EXPECT(!all->problem->data.stratum || all->problem->data.stratum[i] == all->problem->data.stratum[from]);
    }
    for (int i = 0; i < n; i++) EXPECT(came[i] == (p->from[i] >= 0));
    for (int pass = 0; pass < 2; pass++) {
        for (int k = -1; k < m->directions; k++) {
            for (int i = 0; i < n; i++) v[i] = sqrtl(m->weight ? m->weight[i] : 1.0) * (k < 0 ? 1.0 : m->direction[k][i]);
            take_along(n, v, e);
        }
    }
    for (int i = 0; i < n; i++) EXPECT(fabsl(sqrtl(m->weight ? m->weight[i] : 1.0) * e[i] - response[i]) < 1e-12L * (1 + fabsl(e[i])));
}

static double *drawn[SPECS]; /* [DRAWS + 1][n] of one rank alone */

static void check_draws(const shy_team *team)
{
    for (int k = 0; k < SPECS; k++) {
        training_data *all = create_all(team, &specs[k]);
        shy_permuter *p = NULL;
        const int rows = all->problem->rows.rows, n = specs[k].spec.n;
        double *response = (double *)given_memory((size_t)rows, sizeof *response);
        EXPECT(shy_permuter_create(all->problem, 5, &p) == SHY_OK);
        for (int b = 0; b <= DRAWS; b++) {
            EXPECT(shy_permuter_draw(p, b, response) == SHY_OK);
            EXPECT(memcmp(response, drawn[k] + (size_t)b * (size_t)n + all->problem->rows.first, (size_t)rows * sizeof *response) == 0);
        }
        free(response);
        shy_permuter_destroy(&p);
        training_free(all);
    }
}

static void residuals_move_and_leave_the_null_model(void **state)
{
    (void)state;
    shy_team *alone = NULL;
    EXPECT(shy_team_create(MPI_COMM_SELF, 1, &alone) == SHY_OK);
    for (int k = 0; k < SPECS; k++) {
        training_data *all = create_all(alone, &specs[k]);
        shy_permuter *p = NULL;
        const size_t n = (size_t)specs[k].spec.n;
        present_case = specs[k].spec.outcome ? specs[k].spec.outcome : "continuous";
        drawn[k] = (double *)given_memory((DRAWS + 1) * n, sizeof *drawn[k]);
        EXPECT(shy_permuter_create(all->problem, 5, &p) == SHY_OK);
        const double *own = shy_outcome_metric(p->outcome)->response;
        for (int b = 0; b <= DRAWS; b++) {
            double *response = drawn[k] + (size_t)b * n, off = 0.0;
            EXPECT(shy_permuter_draw(p, b, response) == SHY_OK);
            if (b > 0) expect_defined(all, p, response);
            for (size_t i = 0; i < n; i++) off = fmax(off, fabs(response[i] - own[i]));
            EXPECT(b == 0 ? off < 1e-14 : off > 0.1);
        }
        EXPECT(memcmp(drawn[k] + n, drawn[k] + 2 * n, n * sizeof *drawn[k]) != 0);
        present_case = "";
        shy_permuter_destroy(&p);
        training_free(all);
    }
    shy_team_destroy(&alone);
    on_every_team(check_draws);
    for (int k = 0; k < SPECS; k++) free(drawn[k]);
    assert_on_all_ranks();
}

/* Every sample gets the residual of every one of its stratum equally often, its own included. */
static void all_permutations_are_equally_likely(void **state)
{
    (void)state;
    enum { N = 24, DRAWN = 6000, EACH = N / TRAINING_STRATA };
    static const training_spec spec = {{.n = N, .columns = "ppp", .seed = 4, .outcome = "survival"}, false, 0};
    static int count[N][N];
    double response[N];
    shy_team *alone = NULL;
    shy_permuter *p = NULL;
    EXPECT(shy_team_create(MPI_COMM_SELF, 1, &alone) == SHY_OK);
    training_data *all = create_all(alone, &spec);
    EXPECT(shy_permuter_create(all->problem, 6, &p) == SHY_OK);
    for (int b = 1; b <= DRAWN; b++) {
        EXPECT(shy_permuter_draw(p, b, response) == SHY_OK);
        for (int i = 0; i < N; i++) count[i][p->from[i]]++;
    }
    const double expected = (double)DRAWN / EACH;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            EXPECT(i % TRAINING_STRATA == j % TRAINING_STRATA ? fabs(count[i][j] - expected) < 6.0 * sqrt(expected) : count[i][j] == 0);
    shy_permuter_destroy(&p);
    training_free(all);
    shy_team_destroy(&alone);
    assert_on_all_ranks();
}

/* ---- the stage -------------------------------------------------------------------------------------------------------------------- */

static shy_search_options search_of(int complexity)
{
    shy_search_options options = {.keep = 5, .memory = UINT64_C(2) << 30, .seed = 7};
    options.grammar = make_grammar("+ - * /", complexity, 3);
    return options;
}

/* What explains the outcome is in the columns only if `real`. */
static training_data *create_cohort(const shy_team *team, const training_spec *spec, bool real)
{
    training_data *all = create_all(team, spec);
    for (int i = 0; i < all->problem->rows.rows && !real; i++)
        all->problem->y[i] = shy_random_normal(spec->spec.seed, 3000, all->problem->rows.first + (uint64_t)i);
    return all;
}

static double number_at(const shy_record *record, const char *path)
{
    shy_record_entry entry;
    EXPECT(shy_record_find(record, path, &entry));
    return entry.kind == SHY_RECORD_INTEGER ? (double)entry.integer : entry.kind == SHY_RECORD_TRUTH ? entry.truth : entry.number;
}

static const char *text_at(const shy_record *record, const char *path)
{
    shy_record_entry entry;
    EXPECT(shy_record_find(record, path, &entry) && entry.kind == SHY_RECORD_TEXT);
    return entry.text;
}

/* The k-th object of a list. */
static const shy_record *object_at(const shy_record *record, const char *path, size_t k)
{
    shy_record_entry entry = {0}, object = {0};
    EXPECT(shy_record_find(record, path, &entry) && entry.kind == SHY_RECORD_LIST);
    EXPECT(shy_record_at(entry.record, k, &object) && object.kind == SHY_RECORD_OBJECT);
    return object.record;
}

/* The same p-values from a search for each permutation, by counting. */
static void expect_counted(const shy_team *team, const training_spec *spec, int permutations, const shy_record *record)
{
    const shy_search_options search = search_of(4);
    training_data *all = create_cohort(team, spec, true);
    shy_permuter *p = NULL;
    double most[5], own[5];
    double *response = (double *)given_memory((size_t)all->problem->rows.rows, sizeof *response);
    const double *const one[1] = {response};
    int exceeding[5] = {0};
    EXPECT(shy_permuter_create(all->problem, 3, &p) == SHY_OK);
    for (int b = 0; b <= permutations; b++) {
        EXPECT(shy_permuter_draw(p, b, response) == SHY_OK);
        EXPECT(shy_search_permuted(all->problem, &search, 1, one, NULL, NULL, most) == SHY_OK);
        if (b == 0) memcpy(own, most, sizeof own);
        for (int c = 1; c <= 4 && b > 0; c++) exceeding[c] += most[c] >= own[c];
    }
    size_t at = 0;
    for (int c = 1; c <= 4 && record; c++) {
        if (own[c] < 0.0) continue; /* no operator makes such formulas */
        const shy_record *level = object_at(record, "p_search.levels", at++);
        EXPECT(number_at(level, "complexity") == c && fabs(number_at(level, "statistic") - own[c]) < 1e-12);
        EXPECT(number_at(level, "exceeding") == exceeding[c] && number_at(level, "p") == (1.0 + exceeding[c]) / (permutations + 1.0));
    }
    free(response);
    shy_permuter_destroy(&p);
    training_free(all);
}

static void check_stage(const shy_team *team)
{
    static const training_spec weak = {{.n = 40, .columns = "ppps", .seed = 12}, false, 1};
    const shy_search_options search = search_of(4);
    const shy_assess_options options = {.permutations = 30, .seed = 3};
    training_data *all = create_cohort(team, &weak, true);
    shy_search_result *result = NULL;
    shy_record *record = NULL;
    EXPECT(shy_assess_run(all->problem, &search, &options, NULL, NULL, &result, &record) == SHY_OK);
    EXPECT((record != NULL) == (team->rank == 0));
    if (record) {
        const int done = (int)number_at(record, "p_search.permutations");
        EXPECT(done == 30 && number_at(record, "p_search.asked") == 30 && number_at(record, "p_search.stopped") == 0);
        EXPECT(strstr(text_at(record, "p_search.what"), "residuals of the model of the covariates (Freedman and Lane)") != NULL);
        EXPECT(number_at(record, "p_search.front.p") <= 11.0 / 31.0);
        for (int f = 0; f < result->front_count; f++) { /* the best of its complexity by statistic is also the best by loss here */
            const shy_record *entry = object_at(record, "p_search.formulas", (size_t)f);
            const shy_found *found = &result->level[result->front_level[f]].found[result->front_index[f]];
            EXPECT(strcmp(text_at(entry, "formula"), found->text) == 0);
            EXPECT(number_at(entry, "p") >= 1.0 / 31.0 && number_at(entry, "low") <= number_at(entry, "high"));
        }
    }
    expect_counted(team, &weak, 30, record);
    shy_record_free(&record);
    shy_search_result_free(&result);
    training_free(all);
}

static void p_values_are_counts_of_repeated_searches(void **state)
{
    (void)state;
    on_every_team(check_stage);
    assert_on_all_ranks();
}

/* Noise ends early, a signal does not and has the smallest p there is, with a smaller tail. */
static void noise_ends_early_and_signals_stand_out(void **state)
{
    (void)state;
    static const training_spec spec = {{.n = 60, .columns = "pppsw", .seed = 31}, false, 0};
    const shy_search_options search = search_of(3);
    const shy_assess_options options = {.permutations = 110, .seed = 3};
    shy_team *alone = NULL;
    EXPECT(shy_team_create(MPI_COMM_SELF, 1, &alone) == SHY_OK);
    for (int real = 0; real <= 1; real++) {
        training_data *all = create_cohort(alone, &spec, real);
        shy_search_result *result = NULL;
        shy_record *record = NULL;
        EXPECT(shy_assess_run(all->problem, &search, &options, NULL, NULL, &result, &record) == SHY_OK);
        const double p = number_at(record, "p_search.front.p"), tail = number_at(record, "p_search.front.tail");
        EXPECT(number_at(record, "p_search.stopped") == !real);
        EXPECT((strstr(text_at(record, "p_search.what"), "ended early") != NULL) == !real);
        const double done = number_at(record, "p_search.permutations");
        EXPECT(real ? done == 110 : done == 25 || done == 50 || done == 75 || done == 100);
        EXPECT(real ? p == 1.0 / 111.0 && tail < 1e-3 && tail > 0.0 : p >= 11.0 / (done + 1.0) && isnan(tail));
        shy_record_free(&record);
        shy_search_result_free(&result);
        training_free(all);
    }
    shy_team_destroy(&alone);
    assert_on_all_ranks();
}

/* What has no permuted counterpart has no p, and the record says why. */
static void what_cannot_be_repeated_is_said(void **state)
{
    (void)state;
    static const char *const template[] = {"x1 / (x2 + c)"};
    static const training_spec spec = {{.n = 60, .columns = "pppb", .seed = 32}, false, 0};
    shy_team *alone = NULL;
    EXPECT(shy_team_create(MPI_COMM_SELF, 1, &alone) == SHY_OK);
    for (int k = 0; k < 4; k++) {
        shy_search_options search = search_of(3);
        const shy_assess_options options = {.permutations = k == 3 ? 0 : 26, .seed = 3};
        training_data *all = create_cohort(alone, &spec, true);
        shy_search_result *result = NULL;
        shy_record *record = NULL;
        shy_record_entry entry;
        if (k == 0) search.templates = template, search.templates_count = 1;
        if (k == 1) search.screen_rows = 30;
        if (k == 2) search.terms = 2, search.terms_keep = 20;
        EXPECT(shy_assess_run(all->problem, &search, &options, NULL, NULL, &result, &record) == SHY_OK);
        EXPECT(shy_record_find(record, "p_search", &entry) == (k < 3));
        if (k < 2) EXPECT(number_at(record, "p_search.permutations") == 0 && strstr(text_at(record, "p_search.what"), k == 0 ? "templates" : "screen_rows"));
        if (k == 2) {
            int sums = 0;
            EXPECT(number_at(record, "p_search.permutations") > 0 && strstr(text_at(record, "p_search.what"), "Sums of formulas are not repeated"));
            for (int f = 0; f < result->front_count; f++) {
                const shy_found *found = &result->level[result->front_level[f]].found[result->front_index[f]];
                EXPECT(isnan(number_at(object_at(record, "p_search.formulas", (size_t)f), "p")) == (found->summands > 1));
                sums += found->summands > 1;
            }
            EXPECT(sums > 0);
        }
        shy_record_free(&record);
        shy_search_result_free(&result);
        training_free(all);
    }
    shy_team_destroy(&alone);
    assert_on_all_ranks();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(residuals_move_and_leave_the_null_model), cmocka_unit_test(all_permutations_are_equally_likely),
        cmocka_unit_test(p_values_are_counts_of_repeated_searches), cmocka_unit_test(noise_ends_early_and_signals_stand_out),
        cmocka_unit_test(what_cannot_be_repeated_is_said),
    };
    return run_par_tests("permute", tests, sizeof tests / sizeof *tests, argc, argv);
}
