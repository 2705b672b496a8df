/* test_search_pass.c: what one pass over the space finds for training sets and permuted responses is what a search of each by itself finds. */
#include "shy_config.h"

#include "search/pass.h"
#include "training_problem.h"

/* ---- cases ----------------------------------------------------------------------------------------------------------------- */

typedef enum {
    AS_IT_IS,
    LONELY, /* the last factor is constant but for one sample */
    HUGE,   /* the last factor has a value that is 1e9 times the others */
    FAR     /* the last factor is 1e6 and a normal deviate, but in one sample, where it is 0 */
} twist;

typedef struct {
    training_spec spec;
    const char *operators; /* NULL: the default grammar */
    int constants, complexity, factors, keep;
    int folds, repeats;
    twist twist;
    bool one_pass;         /* per repeat; else one search after the other */
} pass_case;

static const pass_case cases[] = {
    {{{.n = 70, .columns = "pppps", .seed = 1}, false, 0}, "+ - * /", 0, 5, 3, 10, 5, 1, AS_IT_IS, true},
    {{{.n = 90, .columns = "pwsw", .seed = 2}, false, 0}, "+ - * /", 2, 6, 2, 8, 3, 2, AS_IT_IS, true},
    {{{.n = 64, .columns = "pwob", .seed = 3}, false, 0}, "+ - * /", 2, 5, 3, 12, 4, 1, LONELY, true},
    {{{.n = 64, .columns = "ppsp", .seed = 4}, false, 0}, "+ - * /", 2, 5, 3, 12, 4, 1, HUGE, true},
    {{{.n = 55, .columns = "pfsp", .seed = 5}, false, 0}, "+ - * /", 1, 5, 2, 6, 2, 2, FAR, true},
    {{{.n = 120, .columns = "ppsb", .seed = 6, .outcome = "binary"}, false, 0}, "+ - * /", 2, 5, 3, 10, 5, 1, AS_IT_IS, true},
    {{{.n = 110, .columns = "pwsp", .seed = 7, .outcome = "survival"}, false, 0}, "+ - * /", 1, 5, 3, 10, 5, 1, AS_IT_IS, true},
    {{{.n = 80, .columns = "pwsb", .seed = 8}, false, 0}, NULL, 2, 5, 2, 10, 5, 1, AS_IT_IS, true},
    {{{.n = 75, .columns = "pszp", .seed = 9, .outcome = "survival"}, false, 0}, "+ - * / max log sqrt", 0, 4, 3, 9, 3, 1, LONELY, true},
    {{{.n = 90, .columns = "pwob", .seed = 10, .outcome = "binary"}, false, 0}, "+ * / min exp square", 1, 4, 2, 7, 4, 2, HUGE, true},
    {{{.n = 60, .columns = "pps", .seed = 11}, true, 0}, "+ - * /", 1, 4, 2, 7, 3, 1, AS_IT_IS, false},
    {{{.n = 60, .columns = "pps", .seed = 12}, false, 1}, "+ - * /", 1, 4, 2, 7, 3, 1, AS_IT_IS, false},
};
enum { CASES = sizeof cases / sizeof *cases, SAMPLES_MOST = 200, SETS_MOST = 16 };

static shy_search_options options_for(const pass_case *c, int tile, shy_precision precision)
{
    shy_search_options options = {.keep = c->keep, .memory = UINT64_C(2) << 30, .seed = 7, .tile_left = tile, .tile_right = tile};
    options.precision = precision;
    options.grammar = make_grammar(c->operators, c->complexity, c->factors);
    options.grammar.max_constants = c->constants;
    return options;
}

static double twisted(const pass_case *c, double value, int i)
{
    const bool there = i == c->spec.spec.n / 3;
    switch (c->twist) {
    case LONELY: return there ? 5.0 : 2.0;
    case HUGE: return there ? 1e9 : value;
    case FAR: return there ? 0.0 : 1e6 + value;
    default: return value;
    }
}

static training_data *create(const shy_team *team, const pass_case *c)
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

/* Fold of a sample in a repeat: they are of different size. */
static int fold_of(const pass_case *c, int repeat, int i)
{
    const double u = shy_random_uniform(c->spec.spec.seed, 3000 + (uint64_t)repeat, (uint64_t)i);
    return (int)(u * u * c->folds);
}

static int create_sets(const pass_case *c, const shy_problem *problem, shy_problem **trained)
{
    double part[SAMPLES_MOST];
    for (int t = 0; t < c->folds * c->repeats; t++) {
        for (int k = 0; k < problem->rows.rows; k++) part[k] = fold_of(c, t / c->folds, (int)problem->rows.first + k) != t % c->folds;
        EXPECT(shy_problem_train(problem, part, &trained[t]) == SHY_OK);
    }
    return c->folds * c->repeats;
}

/* ---- training sets --------------------------------------------------------------------------------------------------------- */

static shy_lists *expected[CASES][SETS_MOST]; /* of one search after the other, on rank 0 alone */
static const shy_monitor nobody = {NULL, NULL};

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

static void find_expected(const pass_case *c, const shy_team *alone, shy_lists **lists)
{
    shy_problem *trained[SETS_MOST];
    const shy_search_options options = options_for(c, 64, SHY_FP32);
    training_data *d = create(alone, c);
    const int sets = create_sets(c, d->problem, trained);
    EXPECT(shy_search_pass_plainly(d->problem, &options, sets, (const shy_problem *const *)trained, &nobody, lists) == SHY_OK);
    for (int t = 0; t < sets; t++) shy_problem_untrain(&trained[t]);
    training_free(d);
}

static void check_case(const shy_team *team, int k, int tile, shy_precision precision)
{
    const pass_case *c = &cases[k];
    shy_problem *trained[SETS_MOST];
    shy_lists *lists[SETS_MOST] = {NULL};
    char what[80];
    int passes = -1;
    const shy_search_options options = options_for(c, tile, precision);
    training_data *d = create(team, c);
    const int sets = create_sets(c, d->problem, trained);
    EXPECT(shy_pass_folds(d->problem, &options, sets, (const shy_problem *const *)trained, &nobody, lists, &passes) == SHY_OK);
    EXPECT(passes == (c->one_pass ? c->repeats : 0));
    for (int t = 0; t <= sets; t++) {
        snprintf(what, sizeof what, "case %d, set %d, tile %d, %s, %d ranks in %d row blocks", k, t, tile, shy_precision_name(precision), team->size,
                 team->row_blocks);
        present_case = what;
        EXPECT((lists[t] != NULL) == c->one_pass);
        if (lists[t] && team->rank == 0) expect_same_lists(expected[k][t], lists[t]);
        shy_lists_free(&lists[t]);
    }
    present_case = "";
    for (int t = 0; t < sets; t++) shy_problem_untrain(&trained[t]);
    training_free(d);
}

static void check_sets(const shy_team *team)
{
    static const int tiles[] = {0, 5};
    for (int k = 0; k < CASES; k++) {
        for (int t = 0; t < 2; t++) check_case(team, k, tiles[t], SHY_FP32);
    }
}

static void check_precisions(const shy_team *team)
{
    static const shy_precision precisions[] = {SHY_FP64, SHY_BF16};
    for (int k = 0; k < CASES; k++) check_case(team, k, 70, precisions[k % 2]);
}

static void training_sets_have_the_lists_of_their_own_searches(void **state)
{
    (void)state;
    int rank;
    shy_team *alone = NULL;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    EXPECT(shy_team_create(MPI_COMM_SELF, 1, &alone) == SHY_OK);
    for (int k = 0; k < CASES && rank == 0; k++) find_expected(&cases[k], alone, expected[k]);
    on_every_team(check_sets);
    if (rank == 0) check_precisions(alone);
    shy_team_destroy(&alone);
    for (int k = 0; k < CASES; k++) {
        for (int t = 0; t < SETS_MOST; t++) shy_lists_free(&expected[k][t]);
    }
    assert_on_all_ranks();
}

/* ---- other responses -------------------------------------------------------------------------------------------------------- */

enum { RESPONSES = 35, LEVELS_MOST = 8 };
static double most_expected[CASES][RESPONSES * LEVELS_MOST];

/* Noise, but for one that says what the outcome does. */
static double response_of(const pass_case *c, int b, int i)
{
    if (b == 3) return training_predictor(&c->spec, i);
    return shy_random_normal(c->spec.spec.seed, 4000 + (uint64_t)b, (uint64_t)i);
}

static double *create_responses(const pass_case *c, const shy_problem *p, const double **response)
{
    double *values = given_memory((size_t)RESPONSES * (size_t)p->rows.rows, sizeof *values);
    for (int b = 0; b < RESPONSES; b++) {
        response[b] = values + (size_t)b * (size_t)p->rows.rows;
        for (int k = 0; k < p->rows.rows; k++) values[(size_t)b * (size_t)p->rows.rows + (size_t)k] = response_of(c, b, (int)p->rows.first + k);
    }
    return values;
}

static int responses_of(int k)
{
    return k == 0 ? RESPONSES : 4 + k % 3; /* more than go into one pass, once */
}

static void find_most(const pass_case *c, const shy_team *team, int count, bool plainly, int tile, double *most)
{
    const double *response[RESPONSES];
    const shy_search_options options = options_for(c, tile, SHY_FP32);
    training_data *d = create(team, c);
    double *values = create_responses(c, d->problem, response);
    EXPECT((plainly ? shy_search_permuted_plainly : shy_pass_responses)(d->problem, &options, count, response, &nobody, most) == SHY_OK);
    free(values);
    training_free(d);
}

static void check_responses(const shy_team *team)
{
    static const int tiles[] = {0, 5};
    for (int k = 0; k < CASES; k++) {
        double most[RESPONSES * LEVELS_MOST];
        char what[80];
        const size_t size = (size_t)responses_of(k) * ((size_t)cases[k].complexity + 1U) * sizeof(double);
        snprintf(what, sizeof what, "responses of case %d, %d ranks in %d row blocks", k, team->size, team->row_blocks);
        present_case = what;
        find_most(&cases[k], team, responses_of(k), false, tiles[k % 2], most);
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
    for (int k = 0; k < CASES && rank == 0; k++) find_most(&cases[k], alone, responses_of(k), true, 64, most_expected[k]);
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
    return run_par_tests("search pass", tests, sizeof tests / sizeof *tests, argc, argv);
}
