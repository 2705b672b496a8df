/* test_assess_nested.c: nested cross-validation against a loop by hand; choice of complexity; errors with repeats; the fold that fails. */
#include "shy_config.h"

#include "assess_problem.h"

#include "assess/nested.h"

/* ---- the loop by hand ------------------------------------------------------------------------------------------------------- */

enum { SAMPLES = 100, SETS = 8, LEVELS = 8 };

/* What a naive loop of one rank gets; by complexity 0 … LEVELS. */
typedef struct {
    double predictor[LEVELS + 1][2][SAMPLES]; /* [repeat][sample] */
    double value[LEVELS + 1][SETS], chosen[SETS];
    double inner[LEVELS + 1][SETS][2]; /* on the next fold and on the one before, by models that have seen neither this one nor that */
} by_hand;

static double predict(const assess_case *c, const shy_found *found, int i)
{
    double factor[8];
    for (int f = 0; f < (int)strlen(c->spec.columns); f++) factor[f] = spec_value(&c->spec, f, i);
    return found->intercept + (c->covariate ? found->beside[0] * spec_covariate(&c->spec, i) : 0.0) + found->slope * shy_tree_evaluate(&found->tree, factor);
}

static double null_predict(const assess_case *c, const shy_fit *null, const double *beside, int i)
{
    return null->intercept + (c->covariate ? beside[0] * spec_covariate(&c->spec, i) : 0.0);
}

/* Of two samples of a fold: the first should have the larger predictor. */
static bool comes_first(const assess_case *c, int i, int j)
{
    if (strcmp(c->spec.outcome, "binary") == 0) return spec_y(c, i) > spec_y(c, j);
    return spec_y(c, i) > 0.0 && spec_time(c, i) < spec_time(c, j);
}

/* The model has seen neither fold f nor `other`. */
static double naive_metric(const assess_case *c, int r, int f, int other, const double *p)
{
    double pairs = 0.0, right = 0.0, mean = 0.0, rss = 0.0, tss = 0.0;
    int trained = 0;
    for (int i = 0; i < c->spec.n; i++) {
        if (spec_fold(c, r, i) != f && spec_fold(c, r, i) != other) mean += spec_y(c, i), trained++;
    }
    mean /= trained;
    for (int i = 0; i < c->spec.n; i++) {
        if (spec_fold(c, r, i) != f) continue;
        rss += (spec_y(c, i) - p[i]) * (spec_y(c, i) - p[i]);
        tss += (spec_y(c, i) - mean) * (spec_y(c, i) - mean);
        for (int j = 0; j < c->spec.n; j++) {
            if (spec_fold(c, r, j) != f || !comes_first(c, i, j)) continue;
            pairs += 1.0;
            right += p[i] > p[j] ? 1.0 : p[i] == p[j] ? 0.5 : 0.0;
        }
    }
    return strcmp(c->spec.outcome, "continuous") == 0 ? 1.0 - rss / tss : right / pairs;
}

/* Predictions for all samples by the formulas of a search on the trained problem. */
static void predict_by_hand(const assess_case *c, const shy_problem *trained, double predictor[LEVELS + 1][SAMPLES])
{
    const shy_search_options search = assess_search(c);
    shy_search_result *result = NULL;
    shy_outcome *outcome = NULL;
    EXPECT(shy_search_run(trained, &search, NULL, NULL, &result) == SHY_OK);
    EXPECT(shy_problem_outcome(trained, &outcome) == SHY_OK);
    int count = 0;
    const double *beside = shy_outcome_covariates(outcome, &count);
    for (int level = 0; level <= LEVELS; level++) {
        const shy_found *found = shy_front_at(result, level);
        for (int i = 0; i < c->spec.n; i++) predictor[level][i] = found ? predict(c, found, i) : null_predict(c, shy_outcome_null(outcome), beside, i);
    }
    shy_outcome_destroy(&outcome);
    shy_search_result_free(&result);
}

static void set_by_hand(const assess_case *c, const shy_problem *p, int t, by_hand *hand)
{
    static double predictor[LEVELS + 1][SAMPLES];
    const int r = t / c->folds, f = t % c->folds;
    shy_problem *trained = trained_create(p, c, t, -1);
    predict_by_hand(c, trained, predictor);
    for (int level = 0; level <= LEVELS; level++) {
        for (int i = 0; i < c->spec.n; i++) {
            if (spec_fold(c, r, i) == f) hand->predictor[level][r][i] = predictor[level][i];
        }
        hand->value[level][t] = naive_metric(c, r, f, f, predictor[level]);
    }
    trained_free(trained);
}

/* Without fold f and the next one. */
static void inner_by_hand(const assess_case *c, const shy_problem *p, int t, by_hand *hand)
{
    static double predictor[LEVELS + 1][SAMPLES];
    const int r = t / c->folds, f = t % c->folds, next = (f + 1) % c->folds;
    shy_problem *trained = trained_create(p, c, t, next);
    predict_by_hand(c, trained, predictor);
    for (int level = 0; level <= LEVELS; level++) {
        hand->inner[level][t][0] = naive_metric(c, r, next, f, predictor[level]);
        hand->inner[level][r * c->folds + next][1] = naive_metric(c, r, f, next, predictor[level]);
    }
    trained_free(trained);
}

/* The complexity with the best mean on the two neighbours, up to the highest of any front; of equals the simplest; no formula if none is better. */
static int best_within(const by_hand *hand, int t)
{
    int best = 0;
    for (int level = 1; level <= LEVELS; level++) {
        const double *inner = hand->inner[level][t], *most = hand->inner[best][t];
        if ((inner[0] + inner[1]) / 2.0 > (most[0] + most[1]) / 2.0) best = level;
    }
    return best;
}

static void by_hand_create(const assess_case *c, by_hand *hand)
{
    shy_team *alone = NULL;
    EXPECT(shy_team_create(MPI_COMM_SELF, 1, &alone) == SHY_OK);
    shy_problem *p = assess_problem_create(alone, c);
    for (int t = 0; t < c->folds * c->repeats; t++) set_by_hand(c, p, t, hand);
    for (int t = 0; t < c->folds * c->repeats; t++) inner_by_hand(c, p, t, hand);
    for (int t = 0; t < c->folds * c->repeats; t++) hand->chosen[t] = hand->value[best_within(hand, t)][t];
    assess_problem_free(p);
    shy_team_destroy(&alone);
}

/* ---- the same as by hand ------------------------------------------------------------------------------------------------------ */

static const assess_case cases[] = {
    {{.n = 90, .columns = "ppps", .seed = 1, .outcome = "continuous"}, false, 3, 2, SHY_RULE_BEST, 4, 20},
    {{.n = 70, .columns = "pppb", .seed = 2, .outcome = "continuous"}, true, 4, 1, SHY_RULE_BEST, 3, 15},
    {{.n = 100, .columns = "ppps", .seed = 3, .outcome = "binary"}, false, 3, 1, SHY_RULE_BEST, 4, 20},
    {{.n = 99, .columns = "pppi", .seed = 4, .outcome = "binary"}, true, 4, 2, SHY_RULE_BEST, 3, 15},
    {{.n = 80, .columns = "ppps", .seed = 5, .outcome = "survival"}, false, 4, 1, SHY_RULE_BEST, 4, 20},
    {{.n = 85, .columns = "ppp", .seed = 6, .outcome = "survival"}, true, 3, 2, SHY_RULE_BEST, 3, 15},
};
enum { CASES = sizeof cases / sizeof *cases };
static by_hand expected[CASES];

static bool same_bits(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

/* The metric of predictions that are right to the last bit may be summed in another order. */
static bool close_to(double a, double b)
{
    return fabs(a - b) <= 1e-12 * (1.0 + fabs(b));
}

static void expect_as_by_hand(const assess_case *c, const by_hand *hand, const shy_assessment *a)
{
    EXPECT(a->levels >= 2 && a->levels <= LEVELS);
    for (int level = 0; level <= a->levels; level++) {
        for (int r = 0; r < c->repeats; r++) {
            for (int i = 0; i < c->spec.n; i++) EXPECT(same_bits(a->level[level].predictor[r * c->spec.n + i], hand->predictor[level][r][i]));
        }
        for (int t = 0; t < a->folds.sets; t++) EXPECT(close_to(a->level[level].spread.value[t], hand->value[level][t]));
    }
    for (int t = 0; t < a->folds.sets; t++) EXPECT(close_to(a->chosen.spread.value[t], hand->chosen[t]));
}

/* The formula of a training set, its rank among the others, what the record says of it. */
static void expect_record(const shy_assessment *a)
{
    shy_record_entry entry;
    EXPECT(shy_record_find(a->record, "nested.selected.mean", &entry) && same_bits(entry.number, a->chosen.spread.mean));
    EXPECT(shy_record_find(a->record, "nested.selected.formula", &entry));
    EXPECT((a->choice > 0) == (a->found != NULL));
    if (!a->found) {
        EXPECT(!entry.text);
        return;
    }
    EXPECT(entry.text && strcmp(entry.text, a->found->text) == 0 && a->found->complexity <= a->choice);
    EXPECT(shy_record_find(a->record, "nested.selected.apparent", &entry) && same_bits(entry.number, a->found->fit.metric[0]));
    EXPECT(shy_record_find(a->record, "nested.null.mean", &entry) && same_bits(entry.number, a->level[0].spread.mean));
    EXPECT(shy_record_find(a->record, "nested.levels", &entry) && entry.kind == SHY_RECORD_LIST && shy_record_count(entry.record) >= 2);
    EXPECT(!shy_record_find(a->record, "nested.undefined", &entry));
}

static void check_cases(const shy_team *team)
{
    for (int k = 0; k < CASES; k++) {
        const assess_case *c = &cases[k];
        const shy_search_options search = assess_search(c);
        const shy_assess_options options = {.folds = c->folds, .repeats = c->repeats, .choice = c->choice};
        shy_problem *p = assess_problem_create(team, c);
        shy_assessment a;
        assessment_create(c, p, &search, &options, &a);
        EXPECT(shy_nested_run(&a) == SHY_OK);
        if (team->rank == 0) expect_as_by_hand(c, &expected[k], &a);
        if (team->rank == 0) expect_record(&a);
        assessment_destroy(&a);
        assess_problem_free(p);
    }
}

static void held_out_numbers_are_those_of_a_loop_by_hand(void **state)
{
    (void)state;
    for (int k = 0; k < CASES; k++) by_hand_create(&cases[k], &expected[k]);
    on_every_team(check_cases);
    assert_on_all_ranks();
}

/* ---- choice ------------------------------------------------------------------------------------------------------------------- */

static void rules_choose_as_they_say(void **state)
{
    (void)state;
    static const struct {
        double mean[5], error[5];
        bool may[5], larger;
        int best, one_se;
    } table[] = {
        {{0.5, 0.6, 0.7, 0.8, 0.75}, {0, .1, .1, .15, .1}, {1, 1, 1, 1, 1}, true, 3, 2},
        {{0.5, 0.6, 0.7, 0.8, 0.75}, {0, .1, .1, .35, .1}, {1, 1, 1, 1, 1}, true, 3, 1},     /* none is no formula, however near it is */
        {{0.65, 0.6, 0.7, 0.8, 0.75}, {0, .1, .1, .35, .1}, {1, 1, 1, 1, 1}, true, 3, 2},    /* within the error, but worse than none */
        {{0.5, 0.8, 0.8, 0.8, 0.8}, {0, .1, .1, .1, .1}, {1, 1, 1, 1, 1}, true, 1, 1},       /* of equals the simplest */
        {{0.5, 0.8, 0.8, 0.8, 0.8}, {0, .1, .1, .1, .1}, {1, 0, 0, 1, 1}, true, 3, 3},       /* no formula there on the front */
        {{0.5, 0.4, 0.5, 0.45, 0.3}, {.1, .1, .1, .1, .1}, {1, 1, 1, 1, 1}, true, 0, 0},     /* not better than none */
        {{0.5, NAN, 0.6, 0.9, NAN}, {.1, NAN, .1, NAN, NAN}, {1, 1, 1, 1, 1}, true, 3, 3},   /* one fold tells no error */
        {{NAN, NAN, 0.6, 0.9, NAN}, {NAN, NAN, .1, .5, NAN}, {1, 1, 1, 1, 1}, true, 3, 2},
        {{NAN, NAN, NAN, NAN, NAN}, {NAN, NAN, NAN, NAN, NAN}, {1, 1, 1, 1, 1}, true, 0, 0}, /* nothing known */
        {{2.0, 1.5, 1.2, 1.0, 1.1}, {.1, .1, .1, .3, .1}, {1, 1, 1, 1, 1}, false, 3, 2},
        {{2.0, 1.5, 1.2, 1.0, 1.1}, {.1, .1, .1, .5, .1}, {1, 1, 1, 1, 1}, false, 3, 1},     /* just within */
    };
    for (size_t k = 0; k < sizeof table / sizeof *table; k++) {
        shy_choices choices = {.levels = 4};
        char name[16];
        snprintf(name, sizeof name, "row %zu", k);
        present_case = name;
        for (int c = 0; c <= 4; c++) choices.mean[c] = table[k].mean[c], choices.error[c] = table[k].error[c], choices.may[c] = table[k].may[c];
        EXPECT(shy_choose(&choices, SHY_RULE_BEST, table[k].larger) == table[k].best);
        EXPECT(shy_choose(&choices, SHY_RULE_ONE_SE, table[k].larger) == table[k].one_se);
        present_case = "";
    }
    assert_on_all_ranks();
}

/* ---- spread ------------------------------------------------------------------------------------------------------------------- */

/* The same partition ten times tells no more than once. */
static void repeats_do_not_shrink_the_error(void **state)
{
    (void)state;
    static const double fold[5] = {0.6, 0.7, 0.8, 0.65, 0.9};
    shy_spread once, often;
    EXPECT(shy_spread_create(5, &once) == SHY_OK && shy_spread_create(50, &often) == SHY_OK);
    for (int k = 0; k < 50; k++) often.value[k] = fold[k % 5];
    memcpy(once.value, fold, sizeof fold);
    shy_spread_close(&once, 1);
    shy_spread_close(&often, 10);
    EXPECT(close_to(once.mean, 0.73) && close_to(once.error, sqrt(0.058 / 4.0 / 5.0)));
    EXPECT(close_to(often.mean, 0.73) && close_to(often.error, sqrt(10.0 * 0.058 / 49.0 / 5.0)));
    once.value[2] = NAN; /* four are known, of one partition */
    shy_spread_close(&once, 1);
    EXPECT(close_to(once.mean, 0.7125) && close_to(once.error, sqrt(0.051875 / 3.0 / 4.0)));
    for (int k = 1; k < 5; k++) once.value[k] = NAN;
    shy_spread_close(&once, 1);
    EXPECT(once.mean == 0.6 && isnan(once.error));
    once.value[0] = NAN;
    shy_spread_close(&once, 1);
    EXPECT(isnan(once.mean) && isnan(once.error));
    shy_spread_free(&once);
    shy_spread_free(&often);
    assert_on_all_ranks();
}

/* ---- comparison of formulas ------------------------------------------------------------------------------------------------------ */

static void formulas_are_alike_but_for_constants_and_order(void **state)
{
    (void)state;
    static const char *const names[] = {"a", "b", "c"};
    static const struct {
        const char *one, *other;
        bool alike;
    } table[] = {
        {"a + b", "b + a", true},          {"a - b", "b - a", false},       {"(2 - a) * b", "(3.5 - a) * b", true},
        {"b * (1.5 - a)", "(3.5 - a) * b", true}, {"log(a) / b", "log(a) / b", true}, {"log(a) / b", "sqrt(a) / b", false},
        {"a * (b + c)", "(c + b) * a", true}, {"a * b + c", "a * c + b", false}, {"a", "b", false}, {"a", "a + 1", false},
    };
    for (size_t k = 0; k < sizeof table / sizeof *table; k++) {
        shy_tree one, other;
        present_case = table[k].one;
        EXPECT(shy_tree_parse(table[k].one, names, 3, &one) == SHY_OK && shy_tree_parse(table[k].other, names, 3, &other) == SHY_OK);
        EXPECT(shy_tree_alike(&one, &other) == table[k].alike && shy_tree_alike(&other, &one) == table[k].alike);
        present_case = "";
    }
    assert_on_all_ranks();
}

/* ---- failures -------------------------------------------------------------------------------------------------------------------- */

/* All positive samples are in the first fold of the second repeat. */
static void check_failing_fold(const shy_team *team)
{
    const assess_case c = {{.n = 60, .columns = "ppp", .seed = 8, .outcome = "binary"}, false, 2, 2, SHY_RULE_BEST, 2, 5};
    const shy_search_options search = assess_search(&c);
    const shy_assess_options options = {.folds = 2, .repeats = 2};
    shy_problem *p = assess_problem_create(team, &c);
    shy_assessment a;
    assessment_create(&c, p, &search, &options, &a);
    double *weight = (double *)(uintptr_t)a.trained[2]->data.weight;
    for (int k = 0; k < p->rows.rows; k++) weight[k] = spec_y(&c, (int)p->rows.first + k) == 0.0;
    const shy_status st = shy_nested_run(&a);
    expect_failure(team, st, SHY_INPUT, "without fold 1 of repeat 2");
    assessment_destroy(&a);
    assess_problem_free(p);
}

static void the_fold_that_fails_is_named(void **state)
{
    (void)state;
    on_every_team(check_failing_fold);
    assert_on_all_ranks();
}

static void check_interaction(const shy_team *team)
{
    const assess_case c = {{.n = 60, .columns = "ppp", .seed = 9, .outcome = "continuous"}, true, 2, 1, SHY_RULE_BEST, 2, 5};
    const shy_search_options search = assess_search(&c);
    const shy_assess_options options = {.folds = 2, .repeats = 1};
    shy_problem *p = assess_problem_create(team, &c);
    shy_assessment a = {.problem = p, .search = &search, .options = &options};
    shy_record_entry entry;
    p->data.interaction = true;
    if (team->rank == 0) EXPECT(shy_record_create(&a.record) == SHY_OK);
    EXPECT(shy_nested_run(&a) == SHY_OK);
    if (team->rank == 0) EXPECT(shy_record_find(a.record, "nested.not_available", &entry) && entry.kind == SHY_RECORD_TEXT);
    shy_record_free(&a.record);
    assess_problem_free(p);
}

static void interactions_say_why_not(void **state)
{
    (void)state;
    on_every_team(check_interaction);
    assert_on_all_ranks();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(held_out_numbers_are_those_of_a_loop_by_hand), cmocka_unit_test(rules_choose_as_they_say),
        cmocka_unit_test(repeats_do_not_shrink_the_error),              cmocka_unit_test(formulas_are_alike_but_for_constants_and_order),
        cmocka_unit_test(the_fold_that_fails_is_named),                 cmocka_unit_test(interactions_say_why_not),
    };
    return run_par_tests("assess_nested", tests, sizeof tests / sizeof *tests, argc, argv);
}
