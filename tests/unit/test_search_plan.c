/* test_search_plan.c: the memory that a plan promises suffices for the search, on every team; with much less it ends on all ranks. */
#include "shy_config.h"

#include "search_problem.h"

static shy_search_options options_for(const char *operators, int complexity)
{
    shy_search_options options = {.keep = 100, .memory = UINT64_C(2) << 30, .seed = 7, .precision = SHY_FP32, .pass_keep = 10, .pass_complexity = 3};
    options.grammar = make_grammar(operators, complexity, 2);
    return options;
}

typedef struct {
    const char *what;
    problem_spec spec;
    const char *operators;
    int complexity, terms, passes;
    uint64_t screen_rows;
    double enough; /* that share of what is planned does not suffice on one rank */
} plan_case;

static const plan_case cases[] = {
    {"ratios", {.n = 3000, .columns = "pppppppp", .seed = 1}, "+ - * /", 4, 1, 1, 0, 0.7},
    {"products", {.n = 3000, .columns = "pppppppp", .seed = 2}, "+ - *", 4, 1, 1, 0, 0.7},
    {"element-wise", {.n = 2000, .columns = "pppppp", .seed = 3}, ALL_OPERATORS, 4, 1, 1, 0, 0.6},
    {"binary", {.n = 2000, .columns = "pppppp", .seed = 4, .outcome = "binary"}, "+ - * / log", 4, 1, 1, 0, 0.6},
    {"sums", {.n = 2000, .columns = "pppp", .seed = 5}, "+ * /", 3, 3, 1, 0, 0.5},
    {"passes", {.n = 2000, .columns = "pppp", .seed = 6}, "+ * /", 3, 1, 2, 0, 0.5},
    {"a part", {.n = 8000, .columns = "pppp", .seed = 7}, "+ * /", 4, 1, 1, 1000, 0.4},
};

static shy_status search_within(const shy_problem *problem, const shy_search_options *options, const shy_plan *plan, uint64_t bytes)
{
    shy_search_options planned = *options;
    shy_search_result *result = NULL;
    planned.plan = plan;
    shy_memory_limit(bytes, 0);
    const shy_status st = shy_search_run(problem, &planned, NULL, NULL, &result);
    shy_memory_limit(0, 0);
    shy_search_result_free(&result);
    return st;
}

static void check_case(const shy_team *team, const plan_case *c)
{
    shy_search_options options = options_for(c->operators, c->complexity);
    shy_problem *problem = problem_create(team, &c->spec);
    shy_plan plan;
    double all = 0.0;
    present_case = c->what;
    options.terms = c->terms, options.passes = c->passes, options.screen_rows = c->screen_rows;
    EXPECT(shy_search_plan(problem, &options, &plan) == SHY_OK);
    for (int k = 0; k < SHY_STEPS; k++) {
        EXPECT(plan.step_bytes[k] <= plan.bytes_per_rank);
        all += plan.step_seconds[k];
    }
    EXPECT(fabs(all - plan.seconds) <= 1e-9 * plan.seconds && plan.step_seconds[SHY_STEP_SCREEN] > 0.0 && plan.step_seconds[SHY_STEP_REFIT] > 0.0);
    EXPECT((plan.step_seconds[SHY_STEP_SUMS] > 0.0) == (c->terms > 1) && (plan.step_seconds[SHY_STEP_PASSES] > 0.0) == (c->passes > 1));
    EXPECT(search_within(problem, &options, &plan, (uint64_t)plan.bytes_per_rank) == SHY_OK);
    if (team->size == 1) {
        EXPECT(search_within(problem, &options, &plan, (uint64_t)(c->enough * plan.bytes_per_rank)) == SHY_MEMORY);
        EXPECT(strstr(shy_error_message(), "parallel.memory"));
        shy_error_clear();
    }
    problem_free(problem);
    present_case = "";
}

static void check_cases(const shy_team *team)
{
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) check_case(team, &cases[k]);
}

static void what_is_planned_suffices_and_is_not_much_too_much(void **state)
{
    (void)state;
    on_every_team(check_cases);
    assert_on_all_ranks();
}

/* The limit holds in the middle of a run, on one rank or on all: nobody waits. */
static void check_limit(const shy_team *team)
{
    shy_search_options options = options_for("+ - * /", 4);
    shy_problem *problem = problem_create(team, &cases[0].spec);
    const uint64_t little = shy_memory_in_use() + (UINT64_C(64) << 10);
    EXPECT(search_within(problem, &options, NULL, team->rank == team->size - 1 ? little : 0) == SHY_MEMORY);
    EXPECT(strstr(shy_error_message(), "parallel.memory"));
    shy_error_clear();
    problem_free(problem);
}

static void a_limit_on_one_rank_ends_all(void **state)
{
    (void)state;
    on_every_team(check_limit);
    assert_on_all_ranks();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_planned_suffices_and_is_not_much_too_much),
        cmocka_unit_test(a_limit_on_one_rank_ends_all),
    };
    return run_par_tests("search plan", tests, sizeof tests / sizeof *tests, argc, argv);
}
