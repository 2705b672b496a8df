/* test_search_terms.c: planted sums are found, the same on any number of ranks and row blocks; nothing said twice; failures leave no rank behind. */
#include "shy_config.h"

#include "search_problem.h"

#include "search/terms.h"

/* ---- problems with a sum in them ------------------------------------------------------------------------------------ */

typedef struct {
    const char *name, *columns, *outcome;
    int n, terms, complexity, factors;
    double noise;
    const char *truth; /* of the front's last line, constants left out */
    int complexity_of_truth, keep;
} planted;

static double planted_value(const planted *p, const problem_spec *spec, int i)
{
    double x[8] = {0.0};
    for (int f = 0; f < (int)strlen(spec->columns); f++) x[f] = spec_value(spec, f, i);
    const double noise = p->noise * shy_random_normal(spec->seed, 2000, (uint64_t)i);
    if (strcmp(p->name, "three") == 0) return log(x[0]) + 2.0 * x[1] / x[2] - 0.5 * x[3] * x[3] + noise;
    if (strcmp(p->name, "two") == 0) return 3.0 * sqrt(x[1] * x[2]) - 2.0 * log(x[0]) + noise;
    if (strcmp(p->name, "binary") == 0) return 3.0 * x[0] * x[3] - 4.0 * x[1] / x[2] + noise > 0.0 ? 1.0 : 0.0;
    if (strcmp(p->name, "hidden") == 0) return 3.0 * log(x[0]) - 0.5 * x[4] / x[5] + noise;
    return x[0] - 2.0 * x[1] + 0.5 * x[2] + 1.5 * x[3] - x[4] + noise; /* five */
}

static const planted cases[] = {
    {"three", "pppppp", NULL, 240, 3, 4, 2, 0.2, "x2 / x3 - C * square(x4) + C * log(x1)", 13, 30},
    {"two", "ppppp", NULL, 160, 2, 4, 2, 0.2, NULL, 0, 30},
    /* four of each complexity: the first search has nothing but x1 in its lists */
    {"hidden", "pppppppp", NULL, 250, 2, 3, 2, 0.2, "log(x1) - C * (x5 / x6)", 8, 4},
    {"binary", "ppppp", "binary", 300, 2, 3, 2, 1.5, "x1 * x4 - C * (x2 / x3)", 9, 30},
#if SHY_TERMS_MAX >= 5
    {"five", "pppppppp", NULL, 200, 5, 2, 1, 0.3, NULL, 17, 30},
#endif
};
enum { CASES = sizeof cases / sizeof *cases };

static shy_problem *planted_create(const shy_team *team, const planted *p, problem_spec *spec)
{
    *spec = (problem_spec){.n = p->n, .columns = p->columns, .seed = 17, .outcome = p->outcome};
    shy_problem *problem = problem_create(team, spec);
    for (int i = 0; i < problem->rows.rows; i++) problem->y[i] = planted_value(p, spec, (int)problem->rows.first + i);
    return problem;
}

static shy_search_options options_for(const planted *p)
{
    shy_search_options options = {.keep = p->keep, .memory = UINT64_C(2) << 30, .seed = 7, .terms = p->terms, .terms_keep = 300};
    options.grammar = make_grammar("+ - * / log sqrt square", p->complexity, p->factors);
    return options;
}

static shy_status search(const shy_team *team, const planted *p, shy_search_result **result_out)
{
    problem_spec spec;
    const shy_search_options options = options_for(p);
    shy_problem *problem = planted_create(team, p, &spec);
    const shy_status st = shy_search_run(problem, &options, NULL, NULL, result_out);
    problem_free(problem);
    return st;
}

/* ---- what is found ---------------------------------------------------------------------------------------------------- */

/* Constants become C. */
static void without_constants(const char *text, char *out, size_t size)
{
    size_t at = 0;
    while (*text && at + 2 < size) {
        const bool starts = *text >= '0' && *text <= '9' && (at == 0 || strchr(" (", out[at - 1]));
        if (starts) {
            out[at++] = 'C';
            while (*text && strchr("0123456789.e", *text)) text++;
        } else {
            out[at++] = *text++;
        }
    }
    out[at] = '\0';
}

static const shy_found *front(const shy_search_result *r, int f)
{
    return &r->level[r->front_level[f]].found[r->front_index[f]];
}

static bool on_front(const shy_search_result *r, const char *form, int complexity)
{
    char text[512];
    for (int f = 0; f < r->front_count; f++) {
        without_constants(front(r, f)->text, text, sizeof text);
        if (strcmp(text, form) == 0 && front(r, f)->complexity == complexity) return true;
    }
    for (int f = 0; f < r->front_count; f++) fprintf(stderr, "%d %s\n", front(r, f)->complexity, front(r, f)->text);
    return false;
}

static int factors_of(const shy_found *found)
{
    uint64_t seen = 0;
    for (int i = 0; i < found->tree.count; i++) {
        if (found->tree.node[i].op == SHY_OP_FACTOR) seen |= UINT64_C(1) << found->tree.node[i].factor;
    }
    int count = 0;
    for (; seen; seen >>= 1) count += (int)(seen & 1);
    return count;
}

/* Complexity as doc/grammar.md counts it: with weights of 1, the nodes. */
static void expect_sound(const planted *p, const shy_search_result *r)
{
    int sums = 0;
    for (int k = 0; k < r->levels; k++) {
        for (int i = 0; i < r->level[k].count; i++) {
            const shy_found *found = &r->level[k].found[i];
            present_case = found->text;
            EXPECT(found->complexity == k + 1 && found->tree.count == found->complexity);
            EXPECT(found->summands >= 1 && found->summands <= p->terms && factors_of(found) <= p->terms * p->factors);
            EXPECT(found->statistic > 0.0 && found->statistic <= 1.0 + 1e-12);
            if (found->summands == 1) continue;
            sums++;
            EXPECT(found->slope != 0.0 && found->fit.terms == found->summands);
            if (!p->outcome) EXPECT(fabs(found->statistic - (1.0 - found->fit.loss)) < 1e-9);
            for (int s = 0; s <= k; s++) { /* nothing as good is as simple */
                for (int j = 0; j < r->level[s].count; j++) {
                    const shy_found *other = &r->level[s].found[j];
                    EXPECT(other == found || other->summands > found->summands || fabs(other->fit.loss - found->fit.loss) > 1e-10);
                }
            }
        }
    }
    EXPECT(sums > p->keep);
    present_case = "";
}

/* The sum as it is written predicts what its fit says. */
static void expect_prediction(const planted *p, const shy_search_result *r)
{
    const problem_spec spec = {.n = p->n, .columns = p->columns, .seed = 17, .outcome = p->outcome};
    const shy_found *found = front(r, r->front_count - 1);
    long double rss = 0.0L, sum = 0.0L, square = 0.0L;
    for (int i = 0; i < p->n; i++) {
        double x[8] = {0.0};
        for (int f = 0; f < (int)strlen(p->columns); f++) x[f] = spec_value(&spec, f, i);
        const long double y = planted_value(p, &spec, i), left = y - found->intercept - found->slope * shy_tree_evaluate(&found->tree, x);
        rss += left * left, sum += y, square += y * y;
    }
    EXPECT(fabs((double)(rss / (square - sum * sum / p->n)) - found->fit.loss) < 1e-11);
}

static shy_search_result *expected[CASES];

static void planted_sums_are_found(void **state)
{
    (void)state;
    int rank;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    shy_team *alone = NULL;
    EXPECT(shy_team_create(MPI_COMM_SELF, 1, &alone) == SHY_OK);
    for (int k = 0; k < CASES && rank == 0; k++) {
        const planted *p = &cases[k];
        EXPECT(search(alone, p, &expected[k]) == SHY_OK);
        if (!expected[k]) continue;
        expect_sound(p, expected[k]);
        present_case = p->name;
        if (p->truth) EXPECT(on_front(expected[k], p->truth, p->complexity_of_truth));
        if (!p->outcome) expect_prediction(p, expected[k]);
        if (strcmp(p->name, "five") == 0) {
            const shy_found *last = front(expected[k], expected[k]->front_count - 1);
            EXPECT(last->summands == 5 && factors_of(last) == 5);
            for (int f = 0; f < expected[k]->front_count; f++) {
                const shy_found *found = front(expected[k], f);
                if (found->complexity != p->complexity_of_truth) continue;
                EXPECT(found->summands == 5 && strstr(found->text, "x1") && strstr(found->text, "x2") && strstr(found->text, "x3"));
                EXPECT(strstr(found->text, "x4") && strstr(found->text, "x5") && !strstr(found->text, "x6"));
            }
        }
        present_case = "";
    }
    shy_team_destroy(&alone);
    assert_on_all_ranks();
}

static void expect_same(const shy_search_result *a, const shy_search_result *b)
{
    EXPECT(a->levels == b->levels && a->front_count == b->front_count);
    for (int k = 0; k < a->levels && k < b->levels; k++) {
        EXPECT(a->level[k].count == b->level[k].count);
        for (int i = 0; i < a->level[k].count && i < b->level[k].count; i++) {
            const shy_found *x = &a->level[k].found[i], *y = &b->level[k].found[i];
            present_case = x->text;
            EXPECT(strcmp(x->text, y->text) == 0 && x->statistic == y->statistic && x->fit.loss == y->fit.loss);
            EXPECT(x->intercept == y->intercept && x->slope == y->slope && x->summands == y->summands);
        }
    }
    for (int f = 0; f < a->front_count && f < b->front_count; f++) {
        EXPECT(a->front_level[f] == b->front_level[f] && a->front_index[f] == b->front_index[f]);
    }
    present_case = "";
}

static void check_same(const shy_team *team)
{
    for (int k = 0; k < CASES; k++) {
        shy_search_result *result = NULL;
        EXPECT(search(team, &cases[k], &result) == SHY_OK);
        EXPECT((result != NULL) == (team->rank == 0));
        if (result) expect_same(expected[k], result);
        shy_search_result_free(&result);
    }
}

static void sums_do_not_depend_on_the_ranks(void **state)
{
    (void)state;
    on_every_team(check_same);
    for (int k = 0; k < CASES; k++) shy_search_result_free(&expected[k]);
    assert_on_all_ranks();
}

/* ---- numbers in the metric of an outcome with covariates ------------------------------------------------------------------ */

typedef long double wide;
enum { MEASURED = 5, SAMPLES = 120 };
static double reference[MEASURED * (MEASURED + 1)]; /* of one rank alone: the Gram matrix and what is explained */

/* Two factors as covariates of a binary outcome: its metric has weights and directions. */
static shy_problem *adjusted_create(const shy_team *team, const double **covariate)
{
    static const char *const names[] = {"x4", "x5"};
    static const uint32_t factor[] = {3, 4};
    const problem_spec spec = {.n = SAMPLES, .columns = "pppppp", .seed = 23, .outcome = "binary"};
    shy_problem *problem = problem_create(team, &spec);
    EXPECT(shy_columns_get(problem->columns, factor, 2, covariate) == SHY_OK);
    problem->data.covariates = 2;
    problem->data.covariate = covariate;
    problem->data.covariate_name = names;
    return problem;
}

static void add_term(shy_terms *t, const shy_problem *problem, const char *text, int complexity)
{
    shy_term *term = &t->term[t->count++];
    *term = (shy_term){.complexity = complexity, .hash = (uint64_t)t->count};
    EXPECT(shy_tree_parse(text, problem->name, (uint32_t)problem->factors, &term->tree) == SHY_OK);
}

/* The last two are what is dropped: nothing beside a covariate, and a copy of another. */
static void measure_terms(const shy_problem *problem, shy_terms *t)
{
    static const char *const text[] = {"x1", "log(x2)", "x1 * x3", "x3 + x5", "square(x6)", "3 * x4 + 1", "7 - 2 * log(x2)"};
    EXPECT(shy_new(7, sizeof *t->term, &t->term) == SHY_OK);
    for (int j = 0; j < 7; j++) add_term(t, problem, text[j], 1 + j);
    EXPECT(shy_terms_measure(t, problem, 7) == SHY_OK);
    EXPECT(t->count == MEASURED);
}

/* Column j and the response of the metric: Σ y z, Σ w z̃ z̃' by the normal equations in long double. */
static void expect_definition(const shy_problem *problem, const shy_metric *metric, const shy_terms *t)
{
    double z[MEASURED][SAMPLES];
    wide left[MEASURED][SAMPLES], square[MEASURED], response = 0.0L;
    EXPECT(metric->directions == 2 && metric->weight);
    for (int i = 0; i < SAMPLES; i++) response += (wide)metric->response[i] * metric->response[i] / metric->weight[i];
    for (int j = 0; j < MEASURED; j++) {
        wide along[3] = {0.0L};
        EXPECT(shy_problem_evaluate(problem, &t->term[j].tree, z[j]) == SHY_OK);
        for (int i = 0; i < SAMPLES; i++) {
            along[0] += (wide)metric->weight[i] * z[j][i] / SAMPLES;
            for (int k = 0; k < 2; k++) along[1 + k] += (wide)metric->weight[i] * metric->direction[k][i] * z[j][i] / SAMPLES;
        }
        square[j] = 0.0L;
        for (int i = 0; i < SAMPLES; i++) {
            left[j][i] = z[j][i] - along[0] - along[1] * metric->direction[0][i] - along[2] * metric->direction[1][i];
            square[j] += metric->weight[i] * left[j][i] * left[j][i];
        }
    }
    for (int j = 0; j < MEASURED; j++) {
        wide y = 0.0L;
        for (int i = 0; i < SAMPLES; i++) y += (wide)metric->response[i] * z[j][i];
        EXPECT(fabsl(y * y / square[j] / response - (wide)t->explained[j] * t->explained[j]) < 1e-13L);
        EXPECT(fabsl((wide)t->spread[j] - sqrtl(square[j] / SAMPLES)) < 1e-12L * t->spread[j]);
        for (int k = 0; k < MEASURED; k++) {
            wide sum = 0.0L;
            for (int i = 0; i < SAMPLES; i++) sum += metric->weight[i] * left[j][i] * left[k][i];
            EXPECT(fabsl(sum / sqrtl(square[j] * square[k]) - t->gram[j * MEASURED + k]) < 1e-12L);
        }
    }
}

static void check_measure(const shy_team *team)
{
    const double *covariate[2];
    shy_problem *problem = adjusted_create(team, covariate);
    shy_outcome *outcome = NULL;
    shy_terms t = {0};
    double mine[MEASURED * (MEASURED + 1)];
    measure_terms(problem, &t);
    memcpy(mine, t.gram, sizeof(double) * MEASURED * MEASURED);
    memcpy(mine + MEASURED * MEASURED, t.explained, sizeof(double) * MEASURED);
    EXPECT(shy_problem_outcome(problem, &outcome) == SHY_OK);
    if (team->size == 1) {
        expect_definition(problem, shy_outcome_metric(outcome), &t);
        memcpy(reference, mine, sizeof mine);
    }
    MPI_Bcast(reference, MEASURED * (MEASURED + 1), MPI_DOUBLE, 0, team->world);
    EXPECT(memcmp(reference, mine, sizeof mine) == 0);
    shy_outcome_destroy(&outcome);
    shy_terms_free(&t);
    problem_free(problem);
}

static void numbers_are_those_of_the_metric(void **state)
{
    (void)state;
    on_every_team(check_measure);
    assert_on_all_ranks();
}

/* ---- nothing left, and memory ------------------------------------------------------------------------------------------- */

/* Where one formula says all, no sum says more. */
static void check_perfect(const shy_team *team)
{
    static const planted perfect = {"two", "ppp", NULL, 60, 2, 4, 3, 0.0, NULL, 0, 30};
    problem_spec spec;
    const shy_search_options options = options_for(&perfect);
    shy_problem *problem = planted_create(team, &perfect, &spec);
    shy_search_result *result = NULL;
    for (int i = 0; i < problem->rows.rows; i++) {
        const int sample = (int)problem->rows.first + i;
        problem->y[i] = log(spec_value(&spec, 0, sample) * spec_value(&spec, 1, sample)) - 4.0;
    }
    EXPECT(shy_search_run(problem, &options, NULL, NULL, &result) == SHY_OK);
    if (result) {
        const shy_found *last = front(result, result->front_count - 1);
        EXPECT(last->summands == 1 && last->complexity == 4 && strcmp(last->text, "log(x1 * x2)") == 0);
        for (int k = 4; k < result->levels; k++) EXPECT(result->level[k].count == 0 || result->level[k].found[0].fit.loss > 1e-9);
    }
    shy_search_result_free(&result);
    problem_free(problem);
}

static void where_one_formula_says_all_no_sum_is_added(void **state)
{
    (void)state;
    on_every_team(check_perfect);
    assert_on_all_ranks();
}

static void check_memory(const shy_team *team)
{
    static const planted small = {"two", "ppp", NULL, 40, 2, 2, 1, 0.5, NULL, 0, 30};
    problem_spec spec;
    const shy_search_options options = options_for(&small);
    shy_problem *problem = planted_create(team, &small, &spec);
    for (int victim = 0; victim < team->size; victim++) {
        shy_status st = SHY_MEMORY;
        int good = 0;
        for (uint64_t nth = 1; good < 2 && nth < 1000000; nth += 1 + nth / 20) {
            shy_search_result *result = NULL;
            const uint64_t before = shy_memory_in_use();
            if (team->rank == victim) shy_memory_fail_at(nth);
            st = shy_search_run(problem, &options, NULL, NULL, &result);
            shy_memory_fail_at(0);
            if (on_all(team, st == SHY_OK)) good++;
            else expect_failure(team, st, SHY_MEMORY, "emory");
            EXPECT((result != NULL) == (st == SHY_OK && team->rank == 0));
            shy_search_result_free(&result);
            EXPECT(shy_memory_in_use() == before);
            shy_error_clear();
        }
        EXPECT(st == SHY_OK);
    }
    problem_free(problem);
}

static void memory_that_ends_on_one_rank_ends_the_search_on_all(void **state)
{
    (void)state;
    on_every_team(check_memory);
    assert_on_all_ranks();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(planted_sums_are_found),
        cmocka_unit_test(sums_do_not_depend_on_the_ranks),
        cmocka_unit_test(numbers_are_those_of_the_metric),
        cmocka_unit_test(where_one_formula_says_all_no_sum_is_added),
        cmocka_unit_test(memory_that_ends_on_one_rank_ends_the_search_on_all),
    };
    return run_par_tests("sums of formulas", tests, sizeof tests / sizeof *tests, argc, argv);
}
