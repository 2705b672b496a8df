/* test_search_training.c: problems on some of their samples; lists instead of screening; the plain ways of passes and permutations. */
#include "shy_config.h"

#include "search/training.h"
#include "training_problem.h"

enum { SAMPLES_MOST = 400 };

static shy_search_options options_for(const char *operators, int complexity, int factors, int keep)
{
    shy_search_options options = {.keep = keep, .memory = UINT64_C(2) << 30, .seed = 7};
    options.grammar = make_grammar(operators, complexity, factors);
    return options;
}

static training_data *create_all(const shy_team *team, const training_spec *spec)
{
    int sample[SAMPLES_MOST];
    for (int i = 0; i < spec->spec.n; i++) sample[i] = i;
    return training_create(team, spec, sample, spec->spec.n);
}

/* About four of five; which ones depends on the set. */
static bool is_trained(const training_spec *spec, int set, int i)
{
    return shy_random_uniform(spec->spec.seed, 2000 + (uint64_t)set, (uint64_t)i) < 0.8;
}

static shy_problem *train(const training_spec *spec, const shy_problem *problem, int set)
{
    shy_problem *trained = NULL;
    double *takes_part = (double *)given_memory((size_t)problem->rows.rows, sizeof *takes_part);
    for (int k = 0; k < problem->rows.rows; k++) takes_part[k] = is_trained(spec, set, (int)problem->rows.first + k);
    EXPECT(shy_problem_train(problem, takes_part, &trained) == SHY_OK);
    free(takes_part);
    return trained;
}

/* ---- comparisons ---------------------------------------------------------------------------------------------------------- */

#define TOLERANCE 2e-12 /* sums are of other runs; 1.1e-13 was the largest deviation of all cases, most are near 1e-14 */

static bool near(double a, double b, double tolerance)
{
    return a == b || (isnan(a) && isnan(b)) || fabs(a - b) <= tolerance * (1.0 + fabs(b));
}

static bool near_tree(const shy_tree *a, const shy_tree *b, double tolerance)
{
    bool same = a->count == b->count;
    for (int k = 0; same && k < a->count; k++) {
        const shy_node *x = &a->node[k], *y = &b->node[k];
        same = x->op == y->op && x->left == y->left && x->right == y->right && x->factor == y->factor && near(x->value, y->value, tolerance);
    }
    return same;
}

/* tolerance 0: the same bits. */
static void expect_same_fit(const shy_fit *a, const shy_fit *b, double tolerance)
{
    EXPECT(a->verdict == b->verdict && a->terms == b->terms);
    EXPECT(near(a->intercept, b->intercept, tolerance));
    EXPECT(near(a->loss, b->loss, tolerance));
    EXPECT(near(a->likelihood_ratio, b->likelihood_ratio, tolerance));
    for (int k = 0; k < a->terms; k++) {
        EXPECT(near(a->coefficient[k], b->coefficient[k], tolerance));
        EXPECT(near(a->error[k], b->error[k], tolerance));
    }
    for (int k = 0; k < SHY_METRICS_MAX; k++) EXPECT(near(a->metric[k], b->metric[k], tolerance));
}

static void expect_same_found(const shy_found *a, const shy_found *b, double tolerance)
{
    present_case = a->text;
    if (tolerance == 0.0) EXPECT(strcmp(a->text, b->text) == 0);
    EXPECT(near_tree(&a->tree, &b->tree, tolerance));
    EXPECT(a->complexity == b->complexity && a->summands == b->summands && a->is_template == b->is_template);
    EXPECT(near(a->statistic, b->statistic, tolerance) && near(a->lost_chance, b->lost_chance, tolerance));
    expect_same_fit(&a->fit, &b->fit, tolerance);
    EXPECT(near(a->intercept, b->intercept, tolerance) && near(a->slope, b->slope, tolerance) && near(a->slope_error, b->slope_error, tolerance));
    EXPECT(a->covariates == b->covariates && a->thresholds == b->thresholds);
    for (int k = 0; k < a->covariates + a->thresholds; k++) EXPECT(near(a->beside[k], b->beside[k], tolerance));
    EXPECT(a->twins_count == b->twins_count && a->twins_listed == b->twins_listed);
    for (int t = 0; t < a->twins_listed && t < b->twins_listed; t++) EXPECT(strcmp(a->twins[t], b->twins[t]) == 0);
    EXPECT((a->rounded != NULL) == (b->rounded != NULL));
    if (a->rounded && b->rounded) EXPECT(near_tree(&a->rounded->tree, &b->rounded->tree, tolerance));
    present_case = "";
}

static void expect_same_result(const shy_search_result *a, const shy_search_result *b, double tolerance)
{
    EXPECT((a != NULL) == (b != NULL));
    if (!a || !b) return;
    EXPECT(memcmp(a->plan.formulas, b->plan.formulas, sizeof a->plan.formulas) == 0);
    EXPECT(a->plan.formulas_total == b->plan.formulas_total && a->formulas_scored == b->formulas_scored);
    EXPECT(a->plan.flops > 0.0 && b->plan.flops > 0.0 && a->plan.jobs > 0 && b->plan.jobs > 0 && a->plan.bytes_per_rank > 0.0);
    EXPECT(a->screening.scored > 0 && b->screening.scored > 0);
    EXPECT(a->times.search > 0.0 && b->times.search > 0.0 && b->seconds >= b->times.search);
    EXPECT(a->levels == b->levels && a->front_count == b->front_count && a->front_count > 0);
    EXPECT(a->n_screened == b->n_screened && a->lost_chance == b->lost_chance);
    expect_same_fit(&a->null, &b->null, tolerance);
    for (int k = 0; k < a->levels && k < b->levels; k++) {
        EXPECT(a->level[k].count == b->level[k].count);
        for (int i = 0; i < a->level[k].count && i < b->level[k].count; i++) expect_same_found(&a->level[k].found[i], &b->level[k].found[i], tolerance);
    }
    for (int f = 0; f < a->front_count && f < b->front_count; f++)
        EXPECT(a->front_level[f] == b->front_level[f] && a->front_index[f] == b->front_index[f]);
}

/* ---- only these samples -------------------------------------------------------------------------------------------------- */

typedef struct {
    training_spec spec;
    const char *operators;
    int complexity, factors, keep;
} search_case;

static const search_case cases[] = {
    {{{.n = 120, .columns = "pppb", .seed = 1}, false, 0}, "+ - * / log", 4, 3, 10},
    {{{.n = 97, .columns = "psiz", .seed = 2}, false, 0}, "+ - * / max sqrt exp", 4, 2, 8},
    {{{.n = 120, .columns = "pppb", .seed = 3}, true, 2}, "+ - * / log", 4, 3, 10},
    {{{.n = 200, .columns = "pppb", .seed = 4, .outcome = "binary"}, false, 0}, "+ - * / log", 4, 3, 10},
    {{{.n = 200, .columns = "pspb", .seed = 5, .outcome = "binary"}, true, 1}, "+ - * / min", 4, 3, 10},
    {{{.n = 150, .columns = "pppb", .seed = 6, .outcome = "count"}, false, 0}, "+ - * / log", 4, 3, 10},
    {{{.n = 200, .columns = "pppb", .seed = 7, .outcome = "ordinal"}, false, 1}, "+ - * / log", 4, 3, 10},
    {{{.n = 160, .columns = "pppb", .seed = 8, .outcome = "survival"}, false, 0}, "+ - * / log", 4, 3, 10},
    {{{.n = 160, .columns = "pppb", .seed = 9, .outcome = "survival"}, true, 1}, "+ - * / log", 4, 3, 10},
    {{{.n = 160, .columns = "pppb", .seed = 10, .outcome = "matched"}, false, 0}, "+ - * / log", 4, 3, 10},
};
enum { CASES = sizeof cases / sizeof *cases };

static bool has_sums(const shy_search_result *result)
{
    for (int k = 0; k < result->levels; k++)
        for (int i = 0; i < result->level[k].count; i++)
            if (result->level[k].found[i].summands > 1) return true;
    return false;
}

static bool has_rounded(const shy_search_result *result)
{
    for (int f = 0; f < result->front_count; f++)
        if (result->level[result->front_level[f]].found[result->front_index[f]].rounded) return true;
    return false;
}

/* The search on a trained problem is that on a problem of these samples alone, whichever kind the outcome is. */
static void expect_only_these(const shy_team *team, const search_case *c, const shy_search_options *options, int set)
{
    int sample[SAMPLES_MOST], count = 0;
    for (int i = 0; i < c->spec.spec.n; i++)
        if (is_trained(&c->spec, set, i)) sample[count++] = i;
    training_data *all = create_all(team, &c->spec), *these = training_create(team, &c->spec, sample, count);
    shy_problem *trained = train(&c->spec, all->problem, set);
    shy_search_result *expected = NULL, *result = NULL;
    EXPECT(shy_search_run(these->problem, options, NULL, NULL, &expected) == SHY_OK);
    EXPECT(shy_search_run(trained, options, NULL, NULL, &result) == SHY_OK);
    expect_same_result(expected, result, TOLERANCE);
    if (result && options->terms > 1) EXPECT(has_sums(result));
    if (result && options->rounding > 0.0 && !c->spec.spec.outcome) EXPECT(has_rounded(result));
    shy_search_result_free(&expected);
    shy_search_result_free(&result);
    shy_problem_untrain(&trained);
    training_free(all);
    training_free(these);
}

static void check_only_these(const shy_team *team)
{
    for (int k = 0; k < CASES; k++) {
        const shy_search_options options = options_for(cases[k].operators, cases[k].complexity, cases[k].factors, cases[k].keep);
        for (int set = 0; set < (team->size == 1 ? 2 : 1); set++) expect_only_these(team, &cases[k], &options, set);
    }
}

static void a_trained_problem_is_one_of_its_samples_alone(void **state)
{
    (void)state;
    on_every_team(check_only_these);
    assert_on_all_ranks();
}

/* Stages beyond the first search: sums, a second pass, constants that are fitted, rounding. */
static void check_stages(const shy_team *team)
{
    static const search_case of[] = {
        {{{.n = 120, .columns = "pppb", .seed = 21}, false, 0}, "- * /", 3, 2, 6},
        {{{.n = 200, .columns = "pppb", .seed = 22, .outcome = "binary"}, false, 1}, "- * /", 3, 2, 6},
    };
    for (int k = 0; k < 2; k++) {
        shy_search_options options = options_for(of[k].operators, of[k].complexity, of[k].factors, of[k].keep);
        options.terms = 2, options.terms_keep = 20;
        expect_only_these(team, &of[k], &options, 0);
        options.terms = 1, options.passes = 2, options.pass_keep = 3, options.pass_complexity = 3;
        expect_only_these(team, &of[k], &options, 0);
        options.grammar.max_complexity = 5; /* constants come in */
        options.passes = 1, options.polish = true, options.inner = SHY_INNER_SHIFTS, options.rounding = 1e-3;
        expect_only_these(team, &of[k], &options, 0);
    }
}

static void stages_beyond_screening_know_only_these_samples(void **state)
{
    (void)state;
    on_every_team(check_stages);
    assert_on_all_ranks();
}

/* ---- lists ------------------------------------------------------------------------------------------------------------------ */

typedef struct {
    int calls;
    double fraction;
    bool falls, beyond;
} heard;

static void hear(void *context, const shy_progress *now)
{
    heard *h = context;
    h->calls++;
    h->falls = h->falls || now->fraction < h->fraction;
    h->beyond = h->beyond || now->fraction < 0.0 || now->fraction > 1.0 || !now->best_formula;
    h->fraction = now->fraction;
}

enum { SETS = 2 };

static void expect_lists_suffice(const shy_team *team, const search_case *c, const shy_search_options *options)
{
    training_data *all = create_all(team, &c->spec);
    shy_problem *trained[SETS] = {NULL};
    shy_lists *lists[1 + SETS] = {NULL};
    heard progress = {0};
    int passes = -1;
    for (int t = 0; t < SETS; t++) trained[t] = train(&c->spec, all->problem, t);
    EXPECT(shy_search_pass(all->problem, options, SETS, (const shy_problem *const *)trained, hear, &progress, lists, &passes) == SHY_OK);
    EXPECT(passes >= 1 && passes <= 1 + SETS && !progress.falls && !progress.beyond);
    for (int t = 0; t <= SETS; t++) {
        const shy_problem *problem = t == 0 ? all->problem : trained[t - 1];
        shy_search_options with = *options;
        shy_search_result *expected = NULL, *result = NULL;
        with.lists = lists[t];
        EXPECT(lists[t] != NULL);
        EXPECT(shy_search_run(problem, options, NULL, NULL, &expected) == SHY_OK);
        EXPECT(shy_search_run(problem, &with, NULL, NULL, &result) == SHY_OK);
        expect_same_result(expected, result, 0.0);
        shy_search_result_free(&expected);
        shy_search_result_free(&result);
    }
    for (int t = 0; t <= SETS; t++) shy_lists_free(&lists[t]);
    for (int t = 0; t < SETS; t++) shy_problem_untrain(&trained[t]);
    training_free(all);
}

static void check_lists(const shy_team *team)
{
    for (int k = 0; k < CASES; k += 3) {
        shy_search_options options = options_for(cases[k].operators, cases[k].complexity, cases[k].factors, cases[k].keep);
        expect_lists_suffice(team, &cases[k], &options);
        options.grammar.max_complexity = 3;
        options.terms = 2, options.terms_keep = 20, options.passes = 2, options.pass_keep = 3, options.pass_complexity = 3;
        options.polish = true, options.rounding = 1e-3;
        if (k == 0 || (k == 3 && team->row_blocks == team->size)) expect_lists_suffice(team, &cases[k], &options);
    }
}

static void lists_stand_for_screening(void **state)
{
    (void)state;
    on_every_team(check_lists);
    assert_on_all_ranks();
}

/* Where lists would not be those of all formulas and samples there are none, and searches screen by themselves. */
static void there_are_no_lists_of_templates_or_parts(void **state)
{
    (void)state;
    static const char *const template[] = {"x1 / (x2 + c)"};
    shy_team *alone = NULL;
    EXPECT(shy_team_create(MPI_COMM_SELF, 1, &alone) == SHY_OK);
    training_data *all = create_all(alone, &cases[0].spec);
    for (int k = 0; k < 2; k++) {
        shy_search_options options = options_for("+ *", 3, 2, 5);
        shy_lists *lists[1] = {NULL};
        int passes = -1;
        if (k == 0) options.templates = template, options.templates_count = 1;
        else options.screen_rows = 50;
        EXPECT(shy_search_pass(all->problem, &options, 0, NULL, NULL, NULL, lists, &passes) == SHY_OK);
        EXPECT(lists[0] == NULL && passes == 0);
    }
    training_free(all);
    shy_team_destroy(&alone);
    assert_on_all_ranks();
}

/* ---- other responses ---------------------------------------------------------------------------------------------------------- */

/* The problem's own response reaches what the search finds; another one what a search for it finds. */
static void check_permuted(const shy_team *team)
{
    static const training_spec spec = {{.n = 90, .columns = "pppb", .seed = 31}, false, 0};
    const shy_search_options options = options_for("+ - * / log", 4, 3, 5);
    const int levels = options.grammar.max_complexity;
    training_data *all = create_all(team, &spec);
    const int rows = all->problem->rows.rows;
    double *other = (double *)given_memory((size_t)rows, sizeof *other), most[10], sum = 0.0;
    shy_outcome *outcome = NULL;
    shy_search_result *own = NULL, *result = NULL;
    EXPECT(shy_problem_outcome(all->problem, &outcome) == SHY_OK);
    for (int i = 0; i < spec.spec.n; i++) sum += shy_random_normal(5, 5, (uint64_t)i);
    for (int k = 0; k < rows; k++) other[k] = shy_random_normal(5, 5, all->problem->rows.first + (uint64_t)k) - sum / spec.spec.n;
    const double *response[2] = {shy_outcome_metric(outcome)->response, other};
    EXPECT(shy_search_permuted(all->problem, &options, 2, response, NULL, NULL, most) == SHY_OK);
    EXPECT(shy_search_run(all->problem, &options, NULL, NULL, &own) == SHY_OK);
    memcpy(all->problem->y, other, (size_t)rows * sizeof *other);
    EXPECT(shy_search_run(all->problem, &options, NULL, NULL, &result) == SHY_OK);
    EXPECT(most[0] == -1.0 && most[levels + 1] == -1.0);
    for (int c = 1; c <= levels; c++) {
        const shy_search_result *of[2] = {own, result};
        for (int b = 0; b < 2; b++) {
            const double largest = most[b * (levels + 1) + c];
            double found = 0.0;
            for (int i = 0; of[b] && i < of[b]->level[c - 1].count; i++) found = fmax(found, of[b]->level[c - 1].found[i].statistic);
            if (of[b]) EXPECT(c == 2 || fabs(largest - found) < 1e-12); /* some of complexity 2 are twins of factors */
            EXPECT(largest > 0.0 && largest <= 1.0);
        }
    }
    shy_search_result_free(&own);
    shy_search_result_free(&result);
    shy_outcome_destroy(&outcome);
    free(other);
    training_free(all);
}

static void the_largest_statistic_is_that_of_a_search_for_the_response(void **state)
{
    (void)state;
    on_every_team(check_permuted);
    assert_on_all_ranks();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trained_problem_is_one_of_its_samples_alone),
        cmocka_unit_test(stages_beyond_screening_know_only_these_samples),
        cmocka_unit_test(lists_stand_for_screening),
        cmocka_unit_test(there_are_no_lists_of_templates_or_parts),
        cmocka_unit_test(the_largest_statistic_is_that_of_a_search_for_the_response),
    };
    return run_par_tests("training", tests, sizeof tests / sizeof *tests, argc, argv);
}
