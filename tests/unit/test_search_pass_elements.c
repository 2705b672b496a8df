/*
 * test_search_pass_elements.c: element-wise formulas in one pass over the space: training sets have the lists, and other responses the largest
 * statistics, of searches by themselves, bit by bit, whatever lies in the samples that are left out.
 */
#include "shy_config.h"

#include "search/pass.h"
#include "training_problem.h"

/* ---- cases ----------------------------------------------------------------------------------------------------------------- */

typedef enum {
    AS_IT_IS,
    LONELY,  /* the last factor is constant but for one sample */
    HUGE_1,  /* the last factor has a value of 1e30 in sample 1: beyond fp32 when it is squared */
    HUGE_0,  /* likewise 1e12 in sample 0, which is the reference of all sums */
    MEANS    /* the last factor is 1e6 and a deviate, in one fold 2e6 */
} twist;

typedef struct {
    training_spec spec;
    const char *operators;
    int complexity, factors, keep, folds;
    twist twist;
} element_case;

/* Spaces so large that lists hold a part of them only. */
static const element_case cases[] = {
    {{{.n = 100, .columns = "pwszs", .seed = 1}, false, 0}, "max min log sqrt abs", 5, 3, 2, 5, AS_IT_IS},
    {{{.n = 900, .columns = "pwopsi", .seed = 2}, false, 0}, "max log exp square inverse abs", 4, 2, 2, 2, AS_IT_IS},
    {{{.n = 77, .columns = "ppsbpi", .seed = 3}, false, 0}, "hypot reldiff sqrt log abs", 4, 3, 2, 9, AS_IT_IS},
    {{{.n = 90, .columns = "pwpppi", .seed = 4, .outcome = "binary"}, false, 0}, "max min log sqrt exp", 4, 2, 2, 4, LONELY},
    {{{.n = 90, .columns = "pwpppi", .seed = 5}, false, 0}, "max log sqrt square hypot", 4, 2, 2, 4, HUGE_1},
    {{{.n = 90, .columns = "pwpppi", .seed = 6}, false, 0}, "min log sqrt square inverse reldiff", 4, 2, 2, 4, HUGE_0},
    {{{.n = 130, .columns = "pwsppi", .seed = 7, .outcome = "survival"}, false, 0}, "max min log sqrt abs hypot", 4, 2, 2, 5, AS_IT_IS},
    {{{.n = 110, .columns = "pispip", .seed = 8, .outcome = "count"}, false, 0}, "max log square abs hypot", 4, 2, 2, 0, MEANS},
    {{{.n = 96, .columns = "pwspsip", .seed = 9}, false, 0}, "- / max log abs", 4, 2, 2, 5, MEANS},
    {{{.n = 80, .columns = "pwszpi", .seed = 10}, true, 2}, "max min log sqrt abs", 4, 2, 2, 0, AS_IT_IS},
    {{{.n = 120, .columns = "ppsbpi", .seed = 11, .outcome = "binary"}, false, 2}, "max hypot log exp abs", 4, 2, 2, 0, AS_IT_IS},
    {{{.n = 600, .columns = "pwopi", .seed = 12, .outcome = "binary"}, true, 1}, "max log sqrt abs", 4, 2, 2, 0, AS_IT_IS},
};
enum { CASES = sizeof cases / sizeof *cases, SAMPLES_MOST = 1000, SETS_MOST = 10, RESPONSES = 34, LEVELS_MOST = 6 };

static const shy_monitor nobody = {NULL, NULL};

static shy_search_options options_for(const element_case *c)
{
    shy_search_options options = {.keep = c->keep, .memory = UINT64_C(2) << 30, .seed = 7, .precision = SHY_FP32};
    options.grammar = make_grammar(c->operators, c->complexity, c->factors);
    options.grammar.max_constants = 0;
    return options;
}

/* Folds are of different size. */
static int fold_of(const element_case *c, int i)
{
    const double u = shy_random_uniform(c->spec.spec.seed, 3000, (uint64_t)i);
    return (int)(u * u * c->folds);
}

static double twisted(const element_case *c, double value, int i)
{
    switch (c->twist) {
    case LONELY: return i == c->spec.spec.n / 3 ? 5.0 : 2.0;
    case HUGE_1: return i == 1 ? 1e30 : value;
    case HUGE_0: return i == 0 ? 1e12 : value;
    case MEANS: return value + (fold_of(c, i) == 1 ? 2e6 : 1e6);
    default: return value;
    }
}

static training_data *create(const shy_team *team, const element_case *c)
{
    int sample[SAMPLES_MOST];
    const int n = c->spec.spec.n, last = (int)strlen(c->spec.spec.columns) - 1;
    for (int i = 0; i < n; i++) sample[i] = i;
    training_data *d = training_create(team, &c->spec, sample, n);
    shy_problem *p = d->problem;
    const uint32_t factor = (uint32_t)last;
    const double *values = NULL;
    EXPECT(shy_columns_get(p->columns, &factor, 1, &values) == SHY_OK);
    p->range[last] = (shy_interval){INFINITY, -INFINITY};
    for (int i = 0; i < n; i++) {
        const double v = twisted(c, spec_value(&c->spec.spec, last, i), i);
        const int64_t mine = i - (int64_t)p->rows.first;
        p->range[last] = (shy_interval){fmin(p->range[last].lo, v), fmax(p->range[last].hi, v)};
        if (mine >= 0 && mine < p->rows.rows) ((double *)(uintptr_t)values)[mine] = v;
        if (i == 0) p->first_sample[last] = v;
    }
    return d;
}

/* ---- training sets --------------------------------------------------------------------------------------------------------- */

static shy_lists *expected[CASES][SETS_MOST]; /* of one search after the other, on rank 0 alone */

static void create_sets(const element_case *c, const shy_problem *problem, shy_problem **trained)
{
    double part[SAMPLES_MOST];
    for (int t = 0; t < c->folds; t++) {
        for (int k = 0; k < problem->rows.rows; k++) part[k] = fold_of(c, (int)problem->rows.first + k) != t;
        EXPECT(shy_problem_train(problem, part, &trained[t]) == SHY_OK);
    }
}

static void find_expected(int k, const shy_team *alone)
{
    const element_case *c = &cases[k];
    shy_problem *trained[SETS_MOST];
    const shy_search_options options = options_for(c);
    training_data *d = create(alone, c);
    create_sets(c, d->problem, trained);
    EXPECT(shy_search_pass_plainly(d->problem, &options, c->folds, (const shy_problem *const *)trained, &nobody, expected[k]) == SHY_OK);
    for (int t = 0; t < c->folds; t++) shy_problem_untrain(&trained[t]);
    training_free(d);
}

static bool same_member(const shy_packed *a, const shy_packed *b)
{
    bool same = a->complexity == b->complexity && a->more == b->more && a->formula.root == b->formula.root &&
                a->formula.tuple.count == b->formula.tuple.count && memcmp(&a->score, &b->score, sizeof a->score) == 0;
    for (int s = 0; s < a->formula.tuple.count; s++) same = same && a->formula.tuple.factor[s] == b->formula.tuple.factor[s];
    return same;
}

static void expect_same_lists(const shy_lists *a, const shy_lists *b)
{
    EXPECT(a->count > 0 && a->count == b->count);
    for (uint64_t i = 0; i < a->count && i < b->count; i++) EXPECT(same_member(&a->member[i], &b->member[i]));
}

static void check_sets(const shy_team *team)
{
    for (int k = 0; k < CASES; k++) {
        const element_case *c = &cases[k];
        shy_problem *trained[SETS_MOST];
        shy_lists *lists[SETS_MOST] = {NULL};
        char what[80];
        int passes = -1;
        const shy_search_options options = options_for(c);
        if (c->folds == 0) continue;
        training_data *d = create(team, c);
        create_sets(c, d->problem, trained);
        EXPECT(shy_pass_folds(d->problem, &options, c->folds, (const shy_problem *const *)trained, &nobody, lists, &passes) == SHY_OK);
        EXPECT(passes == 1);
        for (int t = 0; t <= c->folds; t++) {
            snprintf(what, sizeof what, "case %d, set %d, %d ranks in %d row blocks", k, t, team->size, team->row_blocks);
            present_case = what;
            EXPECT(lists[t] != NULL);
            if (lists[t] && team->rank == 0) expect_same_lists(expected[k][t], lists[t]);
            if (lists[t] && t == 0 && team->rank == 0) { /* nearly all is left out by sums in fp32 */
                const shy_screening *s = &lists[t]->screen.screening;
                const double pairs = (double)(1 + c->folds) * (double)lists[t]->screen.plan.formulas_total;
                EXPECT(strchr(c->operators, '-') || (double)s->scored < 0.9 * pairs); /* tiles count other things */
            }
            shy_lists_free(&lists[t]);
        }
        present_case = "";
        for (int t = 0; t < c->folds; t++) shy_problem_untrain(&trained[t]);
        training_free(d);
    }
}

static void training_sets_have_the_lists_of_their_own_searches(void **state)
{
    (void)state;
    int rank;
    shy_team *alone = NULL;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    EXPECT(shy_team_create(MPI_COMM_SELF, 1, &alone) == SHY_OK);
    for (int k = 0; k < CASES && rank == 0; k++)
        if (cases[k].folds > 0) find_expected(k, alone);
    shy_team_destroy(&alone);
    on_every_team(check_sets);
    for (int k = 0; k < CASES; k++) {
        for (int t = 0; t < SETS_MOST; t++) shy_lists_free(&expected[k][t]);
    }
    assert_on_all_ranks();
}

/* ---- other responses -------------------------------------------------------------------------------------------------------- */

static double most_expected[CASES][RESPONSES * LEVELS_MOST];

/* Noise, but for one that says what the outcome does. */
static double response_of(const element_case *c, int b, int i)
{
    if (b == 1) return training_predictor(&c->spec, i);
    return shy_random_normal(c->spec.spec.seed, 4000 + (uint64_t)b, (uint64_t)i);
}

static int responses_of(int k)
{
    return k == 0 ? RESPONSES : 2 + 3 * (k % 4); /* more than go into one pass, once */
}

static void find_most(int k, const shy_team *team, bool plainly, double *most)
{
    const element_case *c = &cases[k];
    const double *response[RESPONSES];
    const int count = responses_of(k);
    const shy_search_options options = options_for(c);
    training_data *d = create(team, c);
    const shy_problem *p = d->problem;
    double *values = given_memory((size_t)count * (size_t)p->rows.rows, sizeof *values);
    for (int b = 0; b < count; b++) {
        double *out = values + (size_t)b * (size_t)p->rows.rows;
        for (int i = 0; i < p->rows.rows; i++) out[i] = response_of(c, b, (int)p->rows.first + i);
        response[b] = out;
    }
    EXPECT((plainly ? shy_search_permuted_plainly : shy_pass_responses)(p, &options, count, response, &nobody, most) == SHY_OK);
    free(values);
    training_free(d);
}

static void check_responses(const shy_team *team)
{
    for (int k = 0; k < CASES; k++) {
        double most[RESPONSES * LEVELS_MOST];
        char what[80];
        const size_t size = (size_t)responses_of(k) * ((size_t)cases[k].complexity + 1U) * sizeof(double);
        snprintf(what, sizeof what, "responses of case %d, %d ranks in %d row blocks", k, team->size, team->row_blocks);
        present_case = what;
        find_most(k, team, false, most);
        EXPECT(team->rank != 0 || memcmp(most, most_expected[k], size) == 0);
    }
    present_case = "";
}

static void responses_have_the_largest_statistics_of_their_own_searches(void **state)
{
    (void)state;
    int rank;
    shy_team *alone = NULL;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    EXPECT(shy_team_create(MPI_COMM_SELF, 1, &alone) == SHY_OK);
    for (int k = 0; k < CASES && rank == 0; k++) find_most(k, alone, true, most_expected[k]);
    shy_team_destroy(&alone);
    on_every_team(check_responses);
    assert_on_all_ranks();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(training_sets_have_the_lists_of_their_own_searches),
        cmocka_unit_test(responses_have_the_largest_statistics_of_their_own_searches),
    };
    return run_par_tests("search pass elements", tests, sizeof tests / sizeof *tests, argc, argv);
}
