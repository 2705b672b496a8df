/* test_templates.c: the user's own formulas: read, fitted, counted, searched with; and formulas as operands that keep to the rules. */
#include "shy_config.h"

#include "search_problem.h"

#include "search/rules.h"
#include "search/template.h"
#include "shihyo/linalg.h"

static shy_search_options options_of(const char *const *templates, int count, int max_complexity)
{
    shy_search_options o = {.keep = 200, .memory = UINT64_C(2) << 30, .seed = 7, .templates = templates, .templates_count = count};
    o.grammar = make_grammar("+ - * / log", max_complexity, 3);
    return o;
}

/* ---- reading -------------------------------------------------------------------------------------------------------------- */

static void templates_are_read(void **state)
{
    static const char *const names[] = {"age", "b", "scr"};
    static const struct {
        const char *text, *written; /* with 1 for what is to be fitted; NULL: an error */
        int constants;
        const char *message;
    } cases[] = {
        {"(c - age) * b / scr", "(1 - age) * b / scr", 1, NULL},
        {"? * age + ?*b + a", "1 * age + 1 * b + 1", 3, NULL},
        {"c1 + c9 * log(age / 2)", "1 + 1 * log(age / 2)", 2, NULL},
        {"-c * age", "(-1) * age", 1, NULL},
        {"-(3) + age", "(-3) + age", 0, NULL},
        {"`b` - `age`", "b - age", 0, NULL},
        {"c + c * age", NULL, 0, "position 5: the constant \"c\" stands there twice"},
        {"c10 + age", NULL, 0, "position 1: \"c10\" is not a factor. Constants to be fitted"},
        {"(c - agee)", NULL, 0, "position 6: \"agee\" is not a factor; did you mean \"age\"?"},
        {"`c` + age", NULL, 0, "\"c\" is not a factor"},
        {"age ?", NULL, 0, "position 5: \"?\" stands where an operator or the end is needed"},
    };
    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        shy_tree tree;
        int node[SHY_TREE_MAX];
        char *text = NULL;
        shy_error_clear();
        const shy_status st = shy_tree_parse_template(cases[k].text, names, 3, &tree);
        present_case = cases[k].text;
        EXPECT(st == (cases[k].written ? SHY_OK : SHY_INPUT));
        if (!cases[k].written) {
            EXPECT(strstr(shy_error_message(), cases[k].message) != NULL);
            continue;
        }
        EXPECT(shy_tree_free_constants(&tree, node) == cases[k].constants);
        EXPECT(shy_tree_print(&tree, names, 0, &text) == SHY_OK && strcmp(text, cases[k].written) == 0);
        shy_free(&text);
    }
    shy_error_clear();
    EXPECT(shy_tree_parse("c - age", names, 3, &(shy_tree){0}) == SHY_INPUT); /* no constants but in templates */
    assert_on_all_ranks();
}

static void check_refusals(const shy_team *team)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"log(x2 * c3 - x1", "grammar.templates: \"log(x2 * c3 - x1\": The formula ends"},
        {"log(x1 - 100)", "\"log(x1 - 100)\": \"log\" needs an argument > 0"},
        {"x2 / (x1 - x1)", "\"/\" needs a divisor that is nowhere 0"},
        {"x1", "is a factor by itself"},
        {"c + 3", "has no factor in it"},
        {"x1 / 0", "needs a divisor"},
        {"max(x1, 1000)", "has the same value for all values of its factors (x1 from "},
        {"x1*1*1*1*1*1*1*1*1*1*1*1*1*1*1*1*1*1", "has 17 constants and numbers; at most 16"},
    };
    const problem_spec spec = {.n = 60, .columns = "ppp", .seed = 3};
    shy_problem *problem = problem_create(team, &spec);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const shy_search_options options = options_of(&cases[k].text, 1, 3);
        shy_templates t = {0};
        present_case = cases[k].text;
        shy_error_clear();
        expect_failure(team, shy_templates_create(problem, &options, &t), SHY_INPUT, cases[k].message);
        EXPECT(t.count == 0 && t.macro == NULL);
    }
    problem_free(problem);
}

static void what_cannot_be_used_is_refused(void **state)
{
    (void)state;
    on_every_team(check_refusals);
    assert_on_all_ranks();
}

/* ---- fitting ---------------------------------------------------------------------------------------------------------------- */

/* The outcome is a formula, linear in one with constants: 3 − 2·z, and noise. */
static shy_problem *create_with(const shy_team *team, const char *columns, const char *truth, double noise)
{
    const problem_spec spec = {.n = 150, .columns = columns, .seed = 12};
    shy_problem *p = problem_create(team, &spec);
    shy_tree tree;
    EXPECT(shy_tree_parse(truth, p->name, (uint32_t)p->factors, &tree) == SHY_OK);
    for (int i = 0; i < p->rows.rows; i++) {
        double x[8];
        const int sample = (int)p->rows.first + i;
        for (int f = 0; f < p->factors; f++) x[f] = spec_value(&spec, f, sample);
        p->y[i] = 3.0 - 2.0 * shy_tree_evaluate(&tree, x) + noise * shy_random_normal(5, 99, (uint64_t)sample);
    }
    return p;
}

static void check_fits(const shy_team *team)
{
    static const struct {
        const char *template, *truth;
        double constant[4]; /* in order */
    } cases[] = {
        {"(c - x1) * x2 / x3", "(7.25 - x1) * x2 / x3", {7.25}},
        {"(x1 + c) * x2 / x3", "(x1 + 0.03) * x2 / x3", {0.03}},
        {"x1 + c * x2", "x1 + 250 * x2", {250.0}},
        {"x1 + c * x2", "x1 - 0.004 * x2", {0.004}}, /* written x1 - 0.004 * x2 */
        {"log(x1 + c) * x2", "log(x1 + 2.5) * x2", {2.5}},
        {"max(x1, c) + ? * x2", "max(x1, 1.1) + 3 * x2", {1.1, 3.0}},
        {"exp(c * log(x1)) * exp(c1 * log(x2)) * (c2 - x3)", "exp(0.5 * log(x1)) * exp((-1.5) * log(x2)) * (12 - x3)", {0.5, -1.5, 12.0}},
        {"x1 / (x1 + c) + c1 * x2 + c2 * x3", "x1 / (x1 + 0.7) + 0.3 * x2 + 0.05 * x3", {0.7, 0.3, 0.05}},
        {"(3 - x1) * (x2 + c)", "(3 - x1) * (x2 + 4)", {3.0, 4.0}}, /* a number of the user's is one of the constants */
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        shy_problem *problem = create_with(team, "ppp", cases[k].truth, 0.0);
        const shy_search_options options = options_of(&cases[k].template, 1, 3);
        shy_templates t = {0};
        int node[SHY_TREE_MAX];
        present_case = cases[k].template;
        EXPECT(shy_templates_create(problem, &options, &t) == SHY_OK && t.count == 1);
        const int constants = t.count == 1 ? shy_tree_constants(&t.macro[0].tree, node) : 0;
        for (int c = 0; c < constants; c++) {
            const double value = t.macro[0].tree.node[node[c]].value, expected = cases[k].constant[c];
            EXPECT(fabs(value - expected) <= 1e-5 * fabs(expected));
        }
        shy_templates_free(&t);
        problem_free(problem);
    }
}

static void planted_constants_come_back(void **state)
{
    (void)state;
    on_every_team(check_fits);
    assert_on_all_ranks();
}

/* ---- the search --------------------------------------------------------------------------------------------------------------- */

/* "3 * x3" as a template is what a fourth column, three times the third, would be. */
static void check_counts(const shy_team *team)
{
    const problem_spec few = {.n = 80, .columns = "spi", .seed = 3}, more = {.n = 80, .columns = "spid", .seed = 3};
    const char *const text = "3 * x3";
    shy_problem *p = problem_create(team, &few), *q = problem_create(team, &more);
    shy_search_options with = options_of(&text, 1, 6), without = options_of(NULL, 0, 6);
    shy_plan a, b, base;
    EXPECT(shy_search_plan(p, &with, &a) == SHY_OK && shy_search_plan(q, &without, &b) == SHY_OK && shy_search_plan(p, &without, &base) == SHY_OK);
    for (int c = 1; c <= 6; c++) EXPECT(a.formulas[c] == b.formulas[c]);
    EXPECT(a.formulas_total == b.formulas_total && a.formulas_total > base.formulas_total);
    with.templates_required = true;
    EXPECT(shy_search_plan(p, &with, &a) == SHY_OK);
    EXPECT(a.formulas_total == b.formulas_total - base.formulas_total);
    problem_free(p);
    problem_free(q);
}

static void a_template_counts_as_a_factor(void **state)
{
    (void)state;
    on_every_team(check_counts);
    assert_on_all_ranks();
}

/* A fitted constant may be negative: x + -3 is written x - 3. */
static bool same_op(int a, int b)
{
    return a == b || (a == SHY_OP_ADD && b == SHY_OP_SUBTRACT) || (a == SHY_OP_SUBTRACT && b == SHY_OP_ADD);
}

/* Are the nodes of the template, with any values of the constants, in the tree one after another? */
static bool holds(const shy_tree *tree, const shy_tree *part)
{
    for (int at = 0; at + part->count <= tree->count; at++) {
        bool same = true;
        for (int k = 0; same && k < part->count; k++) {
            const shy_node *x = &tree->node[at + k], *y = &part->node[k];
            same = same_op(x->op, y->op) && (x->op != SHY_OP_FACTOR || x->factor == y->factor);
        }
        if (same) return true;
    }
    return false;
}

/* Every formula has the template in it, the complexity of what it is, and the statistic that its tree has. */
static void check_result(const shy_problem *problem, const shy_search_options *o, const shy_search_result *r, const shy_tree *template)
{
    shy_outcome *outcome = NULL;
    shy_fitter *fitter = NULL;
    int templates = 0, written = 0;
    EXPECT(shy_problem_outcome(problem, &outcome) == SHY_OK && shy_fitter_create(problem, outcome, &fitter) == SHY_OK);
    for (int l = 0; l < r->levels; l++) {
        for (int i = 0; i < r->level[l].count; i++) {
            const shy_found *found = &r->level[l].found[i];
            int sum = 0;
            double statistic = 0.0;
            for (int k = 0; k < found->tree.count; k++) sum += o->grammar.weight[found->tree.node[k].op];
            EXPECT(sum == found->complexity && found->complexity == l + 1);
            EXPECT(holds(&found->tree, template));
            EXPECT(shy_fitter_statistic(fitter, &found->tree, &statistic) == SHY_OK && fabs(statistic - found->statistic) < 1e-9);
            templates += found->is_template;
            written++;
        }
    }
    EXPECT(templates == 1 && written > 50);
    shy_fitter_destroy(&fitter);
    shy_outcome_destroy(&outcome);
}

static void every_formula_has_the_template(void **state)
{
    static const char *const text = "(2 - x1) * x2 / (x3 + c)";
    shy_team *team = NULL;
    shy_tree template;
    (void)state;
    EXPECT(shy_team_create(MPI_COMM_SELF, 1, &team) == SHY_OK);
    shy_problem *problem = create_with(team, "ppp", "(2.5 - x1) * x2 / (x3 + 0.3) + x1", 0.5);
    shy_search_options options = options_of(&text, 1, 5);
    shy_search_result *result = NULL;
    options.templates_required = true;
    EXPECT(shy_search_run(problem, &options, NULL, NULL, &result) == SHY_OK && result);
    EXPECT(shy_tree_parse_template(text, problem->name, 3, &template) == SHY_OK);
    if (result) check_result(problem, &options, result, &template);
    shy_search_result_free(&result);
    problem_free(problem);
    shy_team_destroy(&team);
    assert_on_all_ranks();
}

/* The user's numbers are neither polished nor rounded, and a template stays in lists that are full of better ones. */
static void numbers_of_the_user_stay(void **state)
{
    static const char *const texts[] = {"(2.125 - x1) * x2", "x3 / (x2 + 4.5)"};
    shy_team *team = NULL;
    int templates = 0;
    (void)state;
    EXPECT(shy_team_create(MPI_COMM_SELF, 1, &team) == SHY_OK);
    shy_problem *problem = create_with(team, "ppp", "(2.5 - x1) * x2 + x3", 0.2);
    shy_search_options options = options_of(texts, 2, 5);
    shy_search_result *r = NULL;
    options.keep = 3, options.polish = true, options.rounding = 0.05;
    EXPECT(shy_search_run(problem, &options, NULL, NULL, &r) == SHY_OK && r);
    for (int l = 0; r && l < r->levels; l++) {
        for (int i = 0; i < r->level[l].count; i++) {
            const shy_found *found = &r->level[l].found[i];
            if (!found->is_template) continue;
            EXPECT(strcmp(found->text, texts[0]) == 0 || strcmp(found->text, texts[1]) == 0);
            EXPECT(found->rounded == NULL);
            EXPECT(found->complexity == 5);
            templates++;
        }
        EXPECT(r->level[l].count <= 3 + 2);
    }
    EXPECT(templates == 2);
    shy_search_result_free(&r);
    problem_free(problem);
    shy_team_destroy(&team);
    assert_on_all_ranks();
}

/* ---- rules in further searches --------------------------------------------------------------------------------------------------- */

static int factors_among(const shy_tree *tree, const char *which)
{
    int count = 0;
    for (const char *c = which; *c; c++) {
        bool in = false;
        for (int k = 0; k < tree->count; k++) in = in || (tree->node[k].op == SHY_OP_FACTOR && tree->node[k].factor == (uint32_t)(*c - '1'));
        count += in;
    }
    return count;
}

static bool log_on(const shy_tree *tree, uint32_t factor)
{
    bool on = false;
    for (int k = 0; k < tree->count; k++) {
        const shy_node *node = &tree->node[k], *under = &tree->node[node->left];
        on = on || (node->op == SHY_OP_LOG && under->op == SHY_OP_FACTOR && under->factor == factor);
    }
    return on;
}

static bool directed(const shy_problem *p, const shy_found *found, uint32_t factor, int direction)
{
    if (factors_among(&found->tree, (const char[]){(char)('1' + factor), '\0'}) == 0) return true;
    return shy_tree_monotone(&found->tree, p->range, factor, found->slope * direction > 0.0);
}

/* Three searches and sums, of formulas with x2, no function of x2 alone in them, not more than three factors, and falling with x3. */
static void rules_hold_in_further_searches(void **state)
{
    static const shy_rule rules[] = {{.kind = SHY_RULE_MOST, .which = "x*", .number = 3},
                                     {.kind = SHY_RULE_CONTAIN, .which = "x2"},
                                     {.kind = SHY_RULE_TRANSFORMS, .which = "x2"},
                                     {.kind = SHY_RULE_DIRECTION, .which = "x3", .number = -1}};
    shy_team *team = NULL;
    (void)state;
    EXPECT(shy_team_create(MPI_COMM_SELF, 1, &team) == SHY_OK);
    shy_problem *problem = create_with(team, "pppp", "(2.5 - x1) * x2 / x3 * x4 + x3", 0.1);
    shy_search_options options = options_of(NULL, 0, 4);
    shy_search_result *r = NULL;
    int deep = 0;
    options.passes = 3, options.pass_keep = 20, options.pass_complexity = 4, options.terms = 2;
    EXPECT(shy_problem_rule(problem, NULL, rules, 4) == SHY_OK);
    EXPECT(shy_search_run(problem, &options, NULL, NULL, &r) == SHY_OK && r);
    for (int l = 0; r && l < r->levels; l++) {
        for (int i = 0; i < r->level[l].count; i++) {
            const shy_found *found = &r->level[l].found[i];
            EXPECT(factors_among(&found->tree, "2") == 1 && !log_on(&found->tree, 1));
            if (found->summands == 1) EXPECT(factors_among(&found->tree, "1234") <= 3);
            EXPECT(directed(problem, found, 2, -1));
            deep += found->complexity > 4;
        }
    }
    EXPECT(deep > 20);
    shy_search_result_free(&r);
    shy_rules_free(&problem->rules);
    problem_free(problem);
    shy_team_destroy(&team);
    assert_on_all_ranks();
}

/* ---- memory ---------------------------------------------------------------------------------------------------------------------------- */

static void check_memory(const shy_team *team)
{
    static const char *const texts[] = {"(c - x1) * x2", "x2 / x3"};
    shy_problem *problem = create_with(team, "ppp", "(2.5 - x1) * x2 + x3", 0.2);
    const shy_search_options options = options_of(texts, 2, 3);
    for (int victim = 0; victim < team->size; victim++) {
        shy_status st = SHY_MEMORY;
        int good = 0;
        for (uint64_t nth = 1; good < 2 && nth < 1000000; nth += 1 + nth / 15) {
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
        cmocka_unit_test(templates_are_read),
        cmocka_unit_test(what_cannot_be_used_is_refused),
        cmocka_unit_test(planted_constants_come_back),
        cmocka_unit_test(a_template_counts_as_a_factor),
        cmocka_unit_test(every_formula_has_the_template),
        cmocka_unit_test(numbers_of_the_user_stay),
        cmocka_unit_test(rules_hold_in_further_searches),
        cmocka_unit_test(memory_that_ends_on_one_rank_ends_the_search_on_all),
    };
    shy_team *world = NULL;
    if (shy_par_start(&argc, &argv) != SHY_OK) return 1;
    if (shy_team_create(MPI_COMM_WORLD, 1, &world) != SHY_OK || shy_linalg_start(world) != SHY_OK) return 1;
    int failed = _cmocka_run_group_tests("templates", tests, sizeof tests / sizeof *tests, NULL, NULL);
    shy_linalg_stop();
    shy_team_destroy(&world);
    shy_par_stop();
    return failed;
}
