/* test_assess_fail.c: memory that ends on one rank only, in folds, passes and permutations: all ranks leave with the same message, and nothing is left. */
#include "shy_config.h"

#include "assess/assess_impl.h"
#include "training_problem.h"

static const training_spec spec = {{.n = 45, .columns = "pspb", .seed = 1, .outcome = "binary"}, false, 1};
enum { SETS = 2 };

static shy_search_options search_options(void)
{
    shy_search_options options = {.keep = 4, .memory = UINT64_C(1) << 30, .seed = 7};
    options.grammar = make_grammar("+ * / log", 3, 2);
    return options;
}

/* ---- what is tried ---------------------------------------------------------------------------------------------------------- */

static shy_status try_folds(const shy_problem *problem)
{
    const shy_assess_options options = {.folds = 4, .repeats = 2, .stratified = true, .seed = 5};
    shy_folds folds = {0};
    const shy_status st = shy_folds_create(problem, &options, &folds);
    EXPECT((st == SHY_OK) == (folds.all != NULL));
    shy_folds_free(&folds);
    return st;
}

static shy_status train(const shy_problem *problem, shy_problem **trained)
{
    shy_status st = SHY_OK;
    double takes_part[64];
    for (int t = 0; t < SETS; t++) {
        for (int i = 0; i < problem->rows.rows; i++) takes_part[i] = (problem->rows.first + (uint64_t)i) % SETS != (uint64_t)t;
        SHY_TRY(shy_problem_train(problem, takes_part, &trained[t]));
    }
out:
    return st;
}

static shy_status try_pass(const shy_problem *problem)
{
    shy_status st = SHY_OK;
    shy_search_options options = search_options();
    shy_problem *trained[SETS] = {NULL};
    shy_lists *lists[1 + SETS] = {NULL};
    shy_search_result *result = NULL;
    int passes;
    SHY_TRY_ALL(problem->team, train(problem, trained));
    SHY_TRY(shy_search_pass(problem, &options, SETS, (const shy_problem *const *)trained, NULL, NULL, lists, &passes));
    options.lists = lists[1];
    SHY_TRY(shy_search_run(trained[0], &options, NULL, NULL, &result));
out:
    shy_search_result_free(&result);
    for (int t = 0; t <= SETS; t++) shy_lists_free(&lists[t]);
    for (int t = 0; t < SETS; t++) shy_problem_untrain(&trained[t]);
    return st;
}

static shy_status try_permutations(const shy_problem *problem)
{
    const shy_search_options search = search_options();
    const shy_assess_options options = {.permutations = 3, .seed = 3};
    shy_search_result *result = NULL;
    shy_record *record = NULL;
    const shy_status st = shy_assess_run(problem, &search, &options, NULL, NULL, &result, &record);
    EXPECT((record != NULL) == (st == SHY_OK && problem->team->rank == 0) && (result != NULL) == (record != NULL));
    shy_record_free(&record);
    shy_search_result_free(&result);
    return st;
}

/* ---- each allocation in turn ---------------------------------------------------------------------------------------------------- */

static void fail_each(const shy_team *team, const shy_problem *problem, shy_status (*attempt)(const shy_problem *), uint64_t denser)
{
    for (int victim = 0; victim < team->size; victim++) {
        shy_status st = SHY_MEMORY;
        int good = 0;
        for (uint64_t nth = 1; good < 2 && nth < 1000000; nth += 1 + nth / denser) {
            const uint64_t before = shy_memory_in_use();
            if (team->rank == victim) shy_memory_fail_at(nth);
            st = attempt(problem);
            shy_memory_fail_at(0);
            if (on_all(team, st == SHY_OK)) good++;
            else expect_failure(team, st, SHY_MEMORY, "emory");
            EXPECT(shy_memory_in_use() == before);
            shy_error_clear();
        }
        EXPECT(st == SHY_OK);
    }
}

static void check_memory(const shy_team *team)
{
    int sample[64];
    for (int i = 0; i < spec.spec.n; i++) sample[i] = i;
    training_data *all = training_create(team, &spec, sample, spec.spec.n);
    EXPECT(try_pass(all->problem) == SHY_OK); /* solvers that stay are made */
    present_case = "folds";
    fail_each(team, all->problem, try_folds, 20);
    present_case = "pass";
    fail_each(team, all->problem, try_pass, 4);
    present_case = "permutations";
    fail_each(team, all->problem, try_permutations, 4);
    present_case = "";
    training_free(all);
}

static void memory_that_ends_on_one_rank_ends_it_on_all(void **state)
{
    (void)state;
    on_every_team(check_memory);
    assert_on_all_ranks();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(memory_that_ends_on_one_rank_ends_it_on_all)};
    return run_par_tests("assess failures", tests, sizeof tests / sizeof *tests, argc, argv);
}
