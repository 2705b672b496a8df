/* test_search_rules.c: rules for single factors: whom they are about, what is counted, and that the lists are those without rules, less what breaks them. */
#include "shy_config.h"

#include "search/rules.h"
#include "search_problem.h"

/* ---- problems with rules ----------------------------------------------------------------------------------------------- */

static uint32_t bits(const char *operators)
{
    uint32_t mask = 0;
    char text[64], *rest = NULL;
    snprintf(text, sizeof text, "%s", operators);
    for (char *word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        shy_op op = SHY_OP_FACTOR;
        EXPECT(shy_operator_find(word, &op));
        mask |= UINT32_C(1) << op;
    }
    return mask;
}

static shy_rule transforms(const char *which, const char *operators)
{
    return (shy_rule){.kind = SHY_RULE_TRANSFORMS, .which = which, .operators = bits(operators)};
}

static shy_rule most(const char *which, int number)
{
    return (shy_rule){.kind = SHY_RULE_MOST, .which = which, .number = number};
}

static shy_rule contain(const char *which)
{
    return (shy_rule){.kind = SHY_RULE_CONTAIN, .which = which};
}

static shy_rule direction(const char *which, int sign)
{
    return (shy_rule){.kind = SHY_RULE_DIRECTION, .which = which, .number = sign};
}

/* The first two factors are of the modality "lab", the third of "image". */
static shy_problem *ruled_problem(const shy_team *team, const problem_spec *spec, const shy_rule *rule, int count)
{
    static const char *const modality[] = {"lab", "lab", "image"};
    shy_problem *p = problem_create(team, spec);
    for (int f = 0; f < 3 && f < p->factors; f++) p->modality[f] = modality[f];
    EXPECT(shy_problem_rule(p, NULL, rule, count) == SHY_OK);
    return p;
}

/* Case weights, some of them 0, and a covariate that is related to the first factor. */
static void give_weights(shy_problem *p, const problem_spec *spec)
{
    const double **covariate = given_memory(1, sizeof *covariate);
    static const char *const names[] = {"z"};
    double *weight = given_memory((size_t)p->rows.rows, sizeof *weight), *z = given_memory((size_t)p->rows.rows, sizeof *z);
    for (int i = 0; i < p->rows.rows; i++) {
        const int sample = (int)p->rows.first + i;
        weight[i] = sample % 9 == 4 ? 0.0 : 0.3 + 2.0 * shy_random_uniform(spec->seed, 500, (uint64_t)sample);
        z[i] = 0.6 * spec_value(spec, 0, sample) + 0.5 * shy_random_normal(spec->seed, 501, (uint64_t)sample);
    }
    covariate[0] = z;
    p->data.weight = weight;
    p->data.covariates = 1;
    p->data.covariate = covariate;
    p->data.covariate_name = names;
}

static void free_ruled(shy_problem *p)
{
    shy_rules_free(&p->rules);
    if (p->data.weight) free((void *)(uintptr_t)p->data.covariate[0]);
    free((void *)(uintptr_t)p->data.covariate);
    free((void *)(uintptr_t)p->data.weight);
    problem_free(p);
}

/* ---- whom rules are about ------------------------------------------------------------------------------------------------ */

static const problem_spec six = {.n = 40, .columns = "pppppp", .seed = 11};

static void names_come_before_patterns_and_modalities(void **state)
{
    (void)state;
    shy_team *alone = NULL;
    EXPECT(shy_team_create(MPI_COMM_SELF, 1, &alone) == SHY_OK);
    const shy_rule rules[] = {transforms("x?", "log sqrt"), transforms("modality:lab", "log square"), transforms("x2", ""), most("lab", 1),
                              most("x*", 3), contain("image"), contain("x6"), direction("*", 1), direction("x4", -1)};
    shy_problem *p = ruled_problem(alone, &six, rules, sizeof rules / sizeof *rules);
    const shy_factor_rule *f = p->rules->factor;
    EXPECT(f[0].transforms == bits("log")); /* in both that match */
    EXPECT(f[1].transforms == 0);
    EXPECT(f[2].transforms == bits("log sqrt"));
    EXPECT(p->rules->groups == 3); /* lab, x*, and those of which one must be there */
    EXPECT(f[0].members == 0x011 && f[2].members == 0x110 && f[3].members == 0x010 && f[5].members == 0x110);
    EXPECT(p->rules->most[0] == 1 && p->rules->most[1] == 3 && p->rules->least[2] == 1 && p->rules->least[0] == 0);
    EXPECT(f[0].direction == 1 && f[3].direction == -1 && p->rules->directed);
    EXPECT(shy_rules_of(p->rules, 6).transforms == UINT32_MAX && shy_rules_of(NULL, 0).members == 0);
    free_ruled(p);
    shy_team_destroy(&alone);
    assert_on_all_ranks();
}

static void what_is_about_nothing_is_refused(void **state)
{
    (void)state;
    const struct {
        shy_rule rule[2];
        const char *message;
    } refused[] = {
        {{transforms("x1", "log"), transforms("x22", "log")}, "grammar.transforms: \"x22\" is neither a factor nor a modality; did you mean \"x2\"?"},
        {{most("imag", 1), most("x1", 1)}, "grammar.most: \"imag\" is neither a factor nor a modality; did you mean \"image\"?"},
        {{contain("modality:labb"), contain("x1")}, "grammar.must_contain: \"modality:labb\" is no modality of a factor; did you mean \"lab\"?"},
        {{direction("z*", 1), direction("x1", 1)}, "grammar.direction: \"z*\" matches no factor"},
        {{direction("x*", 1), direction("lab", -1)}, "\"x1\" is to be both increasing and decreasing"},
    };
    shy_team *alone = NULL;
    EXPECT(shy_team_create(MPI_COMM_SELF, 1, &alone) == SHY_OK);
    for (size_t k = 0; k < sizeof refused / sizeof *refused; k++) {
        shy_problem *p = ruled_problem(alone, &six, NULL, 0);
        present_case = refused[k].message;
        EXPECT(p->rules == NULL);
        EXPECT(shy_problem_rule(p, NULL, refused[k].rule, 2) == SHY_INPUT);
        EXPECT(strstr(shy_error_message(), refused[k].message) != NULL);
        EXPECT(p->rules == NULL);
        shy_error_clear();
        free_ruled(p);
    }
    present_case = "";
    shy_team_destroy(&alone);
    assert_on_all_ranks();
}

static void without_memory_there_are_no_rules(void **state)
{
    (void)state;
    shy_team *alone = NULL;
    EXPECT(shy_team_create(MPI_COMM_SELF, 1, &alone) == SHY_OK);
    shy_problem *p = ruled_problem(alone, &six, NULL, 0);
    const shy_rule rules[] = {transforms("x?", "log sqrt"), most("lab", 1)};
    shy_status st = SHY_MEMORY;
    for (uint64_t nth = 1; st == SHY_MEMORY && nth < 10; nth++) {
        shy_memory_fail_at(nth);
        st = shy_problem_rule(p, NULL, rules, 2);
        shy_memory_fail_at(0);
        EXPECT((p->rules != NULL) == (st == SHY_OK));
    }
    EXPECT(st == SHY_OK);
    shy_error_clear();
    free_ruled(p);
    shy_team_destroy(&alone);
    assert_on_all_ranks();
}

/* ---- counting --------------------------------------------------------------------------------------------------------------- */

static void enumerate(shy_space *space, uint64_t *formulas)
{
    memset(formulas, 0, (SHY_COMPLEXITY_MAX + 1) * sizeof *formulas);
    for (int slots = 1; slots <= space->slots_max; slots++) {
        shy_tuple tuple;
        shy_tuple_unrank(space, NULL, slots, 0, &tuple);
        do {
            const shy_context *context = NULL;
            EXPECT(shy_space_context(space, &tuple, &context) == SHY_OK);
            shy_context_ranges(space, context, &context->ranges, &tuple);
            for (int r = 0; r < context->roots; r++) formulas[context->root[r].complexity] += shy_context_root_valid(space, context, r);
        } while (shy_tuple_next(space, NULL, &tuple));
    }
}

static const shy_rule *counted_rules(int k, int *count)
{
    static shy_rule all[4][5];
    all[0][0] = transforms("x1", "log"), all[0][1] = transforms("x4", ""), all[0][2] = transforms("x6", "square inverse");
    all[1][0] = most("lab", 1);
    all[2][0] = contain("x3"), all[2][1] = contain("x5");
    all[3][0] = transforms("*", "inverse log"), all[3][1] = transforms("image", ""), all[3][2] = most("x*", 2), all[3][3] = contain("lab"),
    all[3][4] = most("image", 0);
    *count = k == 0 ? 3 : k == 1 ? 1 : k == 2 ? 2 : 5;
    return all[k];
}

static void check_counts(const shy_team *team)
{
    static const problem_spec specs[] = {{.n = 4, .columns = "pwpwsspi", .seed = 3}, {.n = 3, .columns = "wwsnwwz", .seed = 4}};
    for (int k = 0; k < 8; k++) {
        int count = 0;
        const shy_rule *rule = counted_rules(k / 2, &count);
        const shy_grammar grammar = make_grammar(k % 2 ? "- / * log inverse" : NULL, 5, 3);
        uint64_t counted[SHY_COMPLEXITY_MAX + 1], plain[SHY_COMPLEXITY_MAX + 1], enumerated[SHY_COMPLEXITY_MAX + 1];
        shy_problem *p = ruled_problem(team, &specs[k % 2], rule, count);
        shy_space *space = NULL;
        EXPECT(shy_space_create(p, &grammar, &space) == SHY_OK);
        EXPECT(shy_count_formulas(space, counted) == SHY_OK);
        enumerate(space, enumerated);
        EXPECT(memcmp(counted, enumerated, sizeof counted) == 0);
        shy_space_destroy(&space);
        shy_rules_free(&p->rules);
        EXPECT(shy_space_create(p, &grammar, &space) == SHY_OK);
        EXPECT(shy_count_formulas(space, plain) == SHY_OK);
        EXPECT(counted[5] > 0 && counted[5] < plain[5]);
        shy_space_destroy(&space);
        free_ruled(p);
    }
}

static void counts_are_those_of_enumeration(void **state)
{
    (void)state;
    on_every_team(check_counts);
    assert_on_all_ranks();
}

/* ---- lists -------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    problem_spec spec;
    const char *operators;
    int complexity, factors, keep; /* keep: of the search with rules */
    shy_rule rule[4];
    int rules, tile;
    bool weighted;
} list_case;

static shy_status search_case(const shy_team *team, const list_case *c, bool ruled, int keep, shy_problem **problem_out, shy_search_result **result_out)
{
    shy_search_options options = {.keep = keep, .memory = UINT64_C(2) << 30, .seed = 7, .tile_left = c->tile, .tile_right = c->tile};
    options.grammar = make_grammar(c->operators, c->complexity, c->factors);
    *problem_out = ruled_problem(team, &c->spec, c->rule, ruled ? c->rules : 0);
    if (c->weighted) give_weights(*problem_out, &c->spec);
    return shy_search_run(*problem_out, &options, NULL, NULL, result_out);
}

/* The rule in the plainest way: as many of the tree's factors are about it. */
static int factors_of(const shy_problem *p, const shy_tree *tree, const char *which)
{
    bool seen[16] = {false};
    int count = 0;
    for (int i = 0; i < tree->count; i++) {
        if (tree->node[i].op != SHY_OP_FACTOR || seen[tree->node[i].factor]) continue;
        const uint32_t f = tree->node[i].factor;
        seen[f] = true;
        count += strcmp(p->modality[f], which) == 0 || strcmp(p->name[f], which) == 0;
    }
    return count;
}

static bool numbers_hold(const shy_problem *p, const list_case *c, const shy_tree *tree)
{
    int contained = 0, wanted = 0;
    for (int k = 0; k < c->rules; k++) {
        const int count = factors_of(p, tree, c->rule[k].which);
        if (c->rule[k].kind == SHY_RULE_MOST && count > c->rule[k].number) return false;
        wanted += c->rule[k].kind == SHY_RULE_CONTAIN;
        contained += c->rule[k].kind == SHY_RULE_CONTAIN ? count : 0;
    }
    return wanted == 0 || contained > 0;
}

enum { ALONG = 41, ACROSS = 11 };

/* Values of the prediction along a factor, the others on a grid. */
static bool moves(const shy_problem *p, const shy_found *found, uint32_t factor, int sign, const uint32_t *other, int others)
{
    int lines = 1;
    double x[16] = {0.0};
    for (int k = 0; k < others; k++) lines *= ACROSS;
    for (int line = 0; line < lines; line++) {
        double before = 0.0;
        for (int k = 0, rest = line; k < others; k++, rest /= ACROSS) {
            const shy_interval r = p->range[other[k]];
            x[other[k]] = r.lo + (r.hi - r.lo) * (rest % ACROSS) / (ACROSS - 1);
        }
        for (int point = 0; point < ALONG; point++) {
            x[factor] = p->range[factor].lo + (p->range[factor].hi - p->range[factor].lo) * point / (ALONG - 1);
            const double now = sign * found->slope * shy_tree_evaluate(&found->tree, x);
            if (point > 0 && now - before < -1e-12 * (fabs(now) + fabs(before))) return false;
            before = now;
        }
    }
    return true;
}

static bool directions_hold(const shy_problem *p, const list_case *c, const shy_found *found)
{
    for (int k = 0; k < c->rules; k++) {
        uint32_t other[16];
        int others = 0;
        if (c->rule[k].kind != SHY_RULE_DIRECTION || factors_of(p, &found->tree, c->rule[k].which) == 0) continue;
        const uint32_t factor = (uint32_t)atoi(c->rule[k].which + 1) - 1;
        for (uint32_t f = 0; f < (uint32_t)p->factors; f++) {
            if (f != factor && factors_of(p, &found->tree, p->name[f]) > 0) other[others++] = f;
        }
        if (!moves(p, found, factor, c->rule[k].number, other, others)) return false;
    }
    return true;
}

/* The lists with rules are those without, which hold everything, less what breaks the rules. */
static void compare_lists(const shy_problem *p, const shy_problem *ruled_as, const list_case *c, const shy_search_result *all, const shy_search_result *ruled)
{
    uint64_t dropped = 0, kept = 0, unproved = 0;
    for (int l = 0; l < ruled->levels; l++) {
        int at = 0;
        for (int i = 0; i < all->level[l].count && at < ruled->level[l].count; i++) {
            const shy_found *found = &all->level[l].found[i];
            if (!numbers_hold(p, c, &found->tree) || !directions_hold(p, c, found)) {
                dropped++;
                continue;
            }
            if (!shy_rules_directed(ruled_as, &found->tree, found->slope)) { /* as x * abs(x) about 0, of which intervals cannot show it */
                unproved++;
                continue;
            }
            present_case = found->text;
            const bool same = fabs(found->statistic - ruled->level[l].found[at].statistic) < 1e-12; /* factors may stand in another order */
            EXPECT(same);
            if (!same) return;
            at++, kept++;
        }
        present_case = "";
        EXPECT(at == ruled->level[l].count);
        EXPECT(at == c->keep || at < c->keep);
    }
    EXPECT(dropped > 10 && kept > 50 && unproved * 20 < kept);
}

static const list_case *list_cases(int *count)
{
    static list_case cases[8];
    cases[0] = (list_case){{.n = 60, .columns = "ppppp", .seed = 1}, NULL, 5, 3, 40, {most("lab", 1)}, 1, 0, false};
    cases[1] = (list_case){{.n = 60, .columns = "pspip", .seed = 2}, NULL, 5, 3, 30, {contain("x4"), contain("x2")}, 2, 3, false};
    cases[2] = (list_case){{.n = 50, .columns = "pspip", .seed = 3}, "+ - * / sqrt log", 5, 3, 1000, {contain("image"), most("lab", 1)}, 2, 0, false};
    cases[3] = (list_case){{.n = 60, .columns = "pppp", .seed = 4}, "+ - * / log square", 5, 3, 25, {direction("x1", 1), direction("x2", 1)}, 2, 0, false};
    cases[4] = (list_case){{.n = 60, .columns = "spip", .seed = 5}, "+ * / sqrt square abs max", 5, 3, 25, {direction("x1", -1), direction("x3", 1)}, 2, 5, false};
    cases[5] = (list_case){
        {.n = 80, .columns = "ppbp", .seed = 6, .outcome = "binary"}, "+ - * /", 5, 3, 400, {contain("x3"), most("lab", 1)}, 2, 0, false};
    cases[6] = (list_case){{.n = 90, .columns = "pppp", .seed = 9}, "+ - * / log", 5, 3, 25, {direction("x2", 1), direction("x3", -1)}, 2, 0, true};
    *count = 7;
    return cases;
}

static char *first_texts[8]; /* of a team of one, on rank 0: all texts of a case */

/* All texts of the lists, with their constants, in a row. */
static char *texts_of(const shy_search_result *result)
{
    size_t size = 1;
    for (int l = 0; l < result->levels; l++) {
        for (int i = 0; i < result->level[l].count; i++) size += strlen(result->level[l].found[i].text) + 1;
    }
    char *text = given_memory(size, 1), *at = text;
    for (int l = 0; l < result->levels; l++) {
        for (int i = 0; i < result->level[l].count; i++) at = stpcpy(stpcpy(at, result->level[l].found[i].text), "\n");
    }
    return text;
}

static void check_same_texts(const shy_search_result *ruled, int k)
{
    char *texts = texts_of(ruled);
    if (!first_texts[k]) first_texts[k] = texts;
    else {
        EXPECT(strcmp(first_texts[k], texts) == 0);
        free(texts);
    }
}

static void check_lists(const shy_team *team)
{
    int cases = 0;
    const list_case *c = list_cases(&cases);
    for (int k = 0; k < cases; k++, c++) {
        shy_search_result *all = NULL, *ruled = NULL;
        shy_problem *plain = NULL, *problem = NULL;
        EXPECT(search_case(team, c, true, c->keep, &problem, &ruled) == SHY_OK);
        if (team->size == 1) EXPECT(search_case(team, c, false, 60000, &plain, &all) == SHY_OK);
        if (all && ruled) compare_lists(plain, problem, c, all, ruled);
        if (ruled) check_same_texts(ruled, k);
        shy_search_result_free(&all);
        shy_search_result_free(&ruled);
        if (plain) free_ruled(plain);
        free_ruled(problem);
    }
}

static void lists_are_those_without_rules_less_what_breaks_them(void **state)
{
    (void)state;
    on_every_team(check_lists);
    for (int k = 0; k < 8; k++) free(first_texts[k]);
    assert_on_all_ranks();
}

/* ---- transforms ------------------------------------------------------------------------------------------------------------------ */

static void no_formula_has_a_transform_that_is_not_allowed(void **state)
{
    (void)state;
    shy_team *alone = NULL;
    EXPECT(shy_team_create(MPI_COMM_SELF, 1, &alone) == SHY_OK);
    const list_case c = {{.n = 60, .columns = "pppp", .seed = 8}, NULL, 6, 3, 3000, {transforms("x1", "log"), transforms("x2", ""), transforms("image", "sqrt inverse")}, 3, 0, false};
    shy_problem *p = NULL;
    shy_search_result *result = NULL;
    uint64_t seen = 0, products = 0;
    EXPECT(search_case(alone, &c, true, c.keep, &p, &result) == SHY_OK);
    for (int l = 0; l < result->levels; l++) {
        for (int i = 0; i < result->level[l].count; i++) {
            const shy_tree *tree = &result->level[l].found[i].tree;
            present_case = result->level[l].found[i].text;
            for (int n = 0; n < tree->count; n++) {
                const shy_node *node = &tree->node[n];
                if (shy_operator_get((shy_op)node->op)->arity != 1) continue;
                const shy_node *inner = &tree->node[node->left];
                if (inner->op != SHY_OP_FACTOR) products += node->op == SHY_OP_LOG;
                else EXPECT(p->rules->factor[inner->factor].transforms >> node->op & 1U);
                seen += inner->op == SHY_OP_FACTOR;
            }
        }
    }
    EXPECT(seen > 500 && products > 100); /* log(x2 * x3) stands for log(x2) + log(x3) */
    present_case = "";
    shy_search_result_free(&result);
    free_ruled(p);
    shy_team_destroy(&alone);
    assert_on_all_ranks();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_come_before_patterns_and_modalities),
        cmocka_unit_test(what_is_about_nothing_is_refused),
        cmocka_unit_test(without_memory_there_are_no_rules),
        cmocka_unit_test(counts_are_those_of_enumeration),
        cmocka_unit_test(lists_are_those_without_rules_less_what_breaks_them),
        cmocka_unit_test(no_formula_has_a_transform_that_is_not_allowed),
    };
    return run_par_tests("search rules", tests, sizeof tests / sizeof *tests, argc, argv);
}
