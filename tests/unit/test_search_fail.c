/* test_search_fail.c: what a search refuses, and memory that ends on one rank only: all ranks leave with the same message. */
#include "shy_config.h"

#include "search_metric.h"

static const problem_spec spec = {.n = 40, .columns = "pspb", .seed = 1};

static shy_search_options options_for(const char *operators, int complexity)
{
    shy_search_options options = {.keep = 4, .memory = UINT64_C(1) << 30, .seed = 7};
    options.grammar = make_grammar(operators, complexity, 2);
    return options;
}

static void expect_refusal(const shy_team *team, const shy_search_options *options, shy_status status, const char *part)
{
    shy_problem *problem = problem_create(team, &spec);
    shy_search_result *result = NULL;
    shy_plan plan;
    const uint64_t before = shy_memory_in_use();
    shy_error_clear();
    expect_failure(team, shy_search_plan(problem, options, &plan), status, part);
    shy_error_clear();
    expect_failure(team, shy_search_run(problem, options, NULL, NULL, &result), status, part);
    shy_error_clear();
    EXPECT(result == NULL);
    EXPECT(shy_memory_in_use() == before);
    problem_free(problem);
}

/* ---- refusals -------------------------------------------------------------------------------------------------------- */

static void check_refusals(const shy_team *team)
{
    shy_search_options options = options_for(NULL, 4);
    options.memory = 4096;
    expect_refusal(team, &options, SHY_MEMORY, "per rank");
    options.screen_rows = 20;
    expect_refusal(team, &options, SHY_MEMORY, "search.screen_rows");
    options = options_for(NULL, 4);
    options.grammar.weight[SHY_OP_FACTOR] = 5; /* not even a factor alone is simple enough */
    expect_refusal(team, &options, SHY_INPUT, "no formula");
}

static void too_little_memory_and_empty_grammars_are_refused(void **state)
{
    (void)state;
    on_every_team(check_refusals);
    assert_on_all_ranks();
}

/* A plan is what the search then does. */
static void check_plan(const shy_team *team)
{
    shy_search_options options = options_for(NULL, 4);
    shy_problem *problem = problem_create(team, &spec);
    shy_search_result *result = NULL;
    shy_plan plan, part;
    uint64_t total = 0;
    options.screen_rows = 20;
    EXPECT(shy_search_plan(problem, &options, &part) == SHY_OK);
    options.screen_rows = 0;
    EXPECT(shy_search_plan(problem, &options, &plan) == SHY_OK);
    EXPECT(shy_search_run(problem, &options, NULL, NULL, &result) == SHY_OK);
    for (int c = 0; c <= SHY_COMPLEXITY_MAX; c++) total += plan.formulas[c];
    EXPECT(total == plan.formulas_total && total > 100);
    EXPECT(plan.jobs > 0 && plan.seconds > 0.0 && plan.flops > 0.0 && plan.bytes_per_rank > 0.0);
    EXPECT(memcmp(plan.formulas, part.formulas, sizeof plan.formulas) == 0); /* validity is that of all samples */
    if (result)
        EXPECT(memcmp(plan.formulas, result->plan.formulas, sizeof plan.formulas) == 0 &&
               result->formulas_scored == total);
    shy_search_result_free(&result);
    problem_free(problem);
}

static void plans_are_kept(void **state)
{
    (void)state;
    on_every_team(check_plan);
    assert_on_all_ranks();
}

/* A pure factor is a formula, too. */
static void check_leaves(const shy_team *team)
{
    const shy_search_options options = options_for("log", 1);
    shy_problem *problem = problem_create(team, &spec);
    shy_search_result *result = NULL;
    EXPECT(shy_search_run(problem, &options, NULL, NULL, &result) == SHY_OK);
    if (result) EXPECT(result->levels == 1 && result->level[0].count == 4 && result->plan.formulas_total == 4);
    shy_search_result_free(&result);
    problem_free(problem);
}

static void factors_alone_can_be_searched(void **state)
{
    (void)state;
    on_every_team(check_leaves);
    assert_on_all_ranks();
}

/* ---- memory ---------------------------------------------------------------------------------------------------------------- */

/* The nth allocation of one rank fails, for every rank and many n: everywhere the same status and message, and nothing is left. */
static void check_memory(const shy_team *team, uint64_t screen_rows, const metric_spec *metric)
{
    static const char *const units[] = {"kg", "m", "kg", ""};
    problem_spec with_units = spec;
    shy_search_options options = options_for("+ * / log max", 4);
    with_units.units = units;
    options.grammar.units = SHY_UNITS_CLINICAL;
    options.screen_rows = screen_rows;
    shy_problem *problem = problem_create(team, &with_units);
    whole_metric *whole = metric ? whole_metric_create(&spec, metric) : NULL;
    given_metric *given = metric ? metric_create(whole, &problem->rows, metric->weights > 0) : NULL;
    if (metric) problem->metric = &given->metric;
    for (int victim = 0; victim < team->size; victim++) {
        shy_status st = SHY_MEMORY;
        int good = 0;
        for (uint64_t nth = 1; good < 2 && nth < 1000000; nth += 1 + nth / 12) {
            shy_search_result *result = NULL;
            const uint64_t before = shy_memory_in_use();
            if (team->rank == victim) shy_memory_fail_at(nth);
            st = shy_search_run(problem, &options, NULL, NULL, &result);
            shy_memory_fail_at(0);
            if (on_all(team, st == SHY_OK))
                good++;
            else
                expect_failure(team, st, SHY_MEMORY, "emory");
            EXPECT((result != NULL) == (st == SHY_OK && team->rank == 0));
            shy_search_result_free(&result);
            EXPECT(shy_memory_in_use() == before);
            shy_error_clear();
        }
        EXPECT(st == SHY_OK);
    }
    problem_free(problem);
    if (metric) metric_free(given), whole_metric_free(whole);
}

static void check_memory_of_a_search(const shy_team *team)
{
    static const metric_spec weighted = {1, 0, "ri"};
    check_memory(team, 0, NULL);
    check_memory(team, 20, NULL);
    check_memory(team, 20, &weighted);
}

static void memory_that_ends_on_one_rank_ends_the_search_on_all(void **state)
{
    (void)state;
    on_every_team(check_memory_of_a_search);
    assert_on_all_ranks();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(too_little_memory_and_empty_grammars_are_refused),
        cmocka_unit_test(plans_are_kept),
        cmocka_unit_test(factors_alone_can_be_searched),
        cmocka_unit_test(memory_that_ends_on_one_rank_ends_the_search_on_all),
    };
    return run_par_tests("search failures", tests, sizeof tests / sizeof *tests, argc, argv);
}
