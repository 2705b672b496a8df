/* test_search_complete.c: with room for all, every formula that is counted is scored, whatever the grammar, the tiles and the columns. */
#include "shy_config.h"

#include "search_problem.h"

static const char *const clinical[] = {"kg", "m", "kg", "", "1", "mg/dL"};

typedef struct {
    const char *columns, *operators; /* NULL: the default ones */
    int complexity, factors, constants, tile;
    const char *weights, *forbid;
    shy_units_mode units;
} setting;

static const setting settings[] = {
    {"pppp", NULL, 5, 3, 2, 0, "", "", SHY_UNITS_OFF},
    {"pppp", NULL, 6, 2, 2, 7, "", "", SHY_UNITS_OFF},
    {"psi", NULL, 6, 3, 2, 3, "", "", SHY_UNITS_OFF},
    {"iiss", NULL, 5, 3, 2, 1, "", "", SHY_UNITS_OFF},
    {"zopn", NULL, 5, 3, 2, 3, "", "", SHY_UNITS_OFF},
    {"soin", NULL, 6, 2, 1, 7, "", "", SHY_UNITS_OFF},
    {"wwp", NULL, 6, 2, 2, 5, "", "", SHY_UNITS_OFF},
    {"wwi", NULL, 7, 1, 2, 0, "", "", SHY_UNITS_OFF},
    {"ppp", NULL, 7, 3, 2, 5, "-=3", "", SHY_UNITS_OFF},
    {"spp", NULL, 6, 3, 2, 5, "*=2 log=2", "", SHY_UNITS_OFF},
    {"spp", NULL, 6, 3, 2, 5, "/=3 constant=2", "", SHY_UNITS_OFF},
    {"spi", NULL, 7, 3, 2, 4, "factor=2 inverse=2", "", SHY_UNITS_OFF},
    {"ppi", NULL, 6, 3, 2, 7, "", "*(+) /(*)", SHY_UNITS_OFF},
    {"psi", NULL, 6, 3, 2, 7, "", "+(log) -(-) square(sqrt)", SHY_UNITS_OFF},
    {"pppp", "+ *", 9, 4, 2, 6, "", "", SHY_UNITS_OFF},
    {"pppp", "- /", 7, 4, 2, 6, "", "", SHY_UNITS_OFF},
    {"psps", "+ - *", 7, 4, 2, 5, "", "", SHY_UNITS_OFF},
    {"pip", "- / log", 7, 3, 1, 3, "", "", SHY_UNITS_OFF},
    {"ppo", "/ square", 7, 3, 2, 0, "", "", SHY_UNITS_OFF},
    {"pwi", "* log exp", 6, 3, 2, 3, "", "", SHY_UNITS_OFF},
    {"sss", "max min -", 7, 3, 2, 3, "", "", SHY_UNITS_OFF},
    {"spi", "log sqrt square inverse abs exp", 5, 1, 0, 0, "", "", SHY_UNITS_OFF},
    {"spi", ALL_OPERATORS, 5, 3, 2, 7, "", "", SHY_UNITS_OFF},
    {"osp", ALL_OPERATORS, 5, 2, 2, 5, "max=2 hypot=2", "", SHY_UNITS_OFF},
    {"pppppp", NULL, 5, 3, 2, 7, "", "", SHY_UNITS_CLINICAL},
    {"pspspi", NULL, 5, 3, 2, 9, "", "", SHY_UNITS_STRICT},
    {"pppppp", ALL_OPERATORS, 5, 2, 2, 7, "", "", SHY_UNITS_STRICT},
    {"pdi", NULL, 5, 3, 2, 4, "", "", SHY_UNITS_OFF},
    {"bbp", NULL, 5, 3, 2, 4, "", "", SHY_UNITS_OFF},
};
enum { SETTINGS = sizeof settings / sizeof *settings };

static void read_weights(const char *weights, shy_grammar *grammar)
{
    char text[64], *rest = NULL;
    snprintf(text, sizeof text, "%s", weights);
    for (char *word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        char *value = strrchr(word, '=');
        shy_op op = SHY_OP_FACTOR;
        *value++ = '\0';
        if (strcmp(word, "constant") == 0)
            op = SHY_OP_CONSTANT;
        else if (strcmp(word, "factor") != 0)
            EXPECT(shy_operator_find(word, &op));
        grammar->weight[op] = atoi(value);
    }
}

static shy_search_options options_of(const setting *s)
{
    char text[64], *rest = NULL;
    shy_search_options options = {
        .keep = 60000, .memory = UINT64_C(4) << 30, .seed = 3, .tile_left = s->tile, .tile_right = s->tile};
    options.grammar = make_grammar(s->operators, s->complexity, s->factors);
    options.grammar.max_constants = s->constants;
    options.grammar.units = s->units;
    read_weights(s->weights, &options.grammar);
    snprintf(text, sizeof text, "%s", s->forbid);
    for (char *word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        EXPECT(shy_grammar_forbid(&options.grammar, word) == SHY_OK);
    }
    return options;
}

/* ---- all formulas, one by one ------------------------------------------------------------------------------------------ */

typedef struct {
    const setting *setting;
    shy_space *space;
    shy_engine *engine;
    uint64_t counted[SHY_COMPLEXITY_MAX + 1]; /* by looking at each formula */
    uint64_t listed[SHY_COMPLEXITY_MAX + 1];  /* members of entries */
} census;

static int compare_formulas(const void *a, const void *b)
{
    const shy_formula *x = a, *y = b;
    if (x->tuple.count != y->tuple.count) return x->tuple.count - y->tuple.count;
    const int order = memcmp(x->tuple.factor, y->tuple.factor, (size_t)x->tuple.count * sizeof *x->tuple.factor);
    return order != 0 ? order : (x->root > y->root) - (x->root < y->root);
}

/* The members of all entries, in order. */
static shy_formula *list_members(census *c, size_t *count_out)
{
    const shy_best *best = c->engine->seen[0].best;
    size_t count = 0, at = 0;
    for (int level = 1; level <= best->levels; level++) {
        for (int i = 0; i < best->count[level]; i++) c->listed[level] += (uint64_t)best->entry[level][i]->count;
        count += c->listed[level];
    }
    shy_formula *member = given_memory(count, sizeof *member);
    for (int level = 1; level <= best->levels; level++) {
        for (int i = 0; i < best->count[level]; i++) {
            for (int m = 0; m < best->entry[level][i]->count; m++)
                member[at++] = best->entry[level][i]->member[m].formula;
        }
    }
    qsort(member, count, sizeof *member, compare_formulas);
    *count_out = count;
    return member;
}

/*
 * Why a formula may be in no list: it is a constant on the data, or has fewer dimensions than constants; its entry names no more twins; or
 * one of its operands is a constant on the data, so that it is the twin of a simpler formula.
 */
static bool excused(census *c, const shy_formula *formula, int complexity)
{
    const shy_best *best = c->engine->seen[0].best;
    shy_score score;
    bool degenerate = false;
    EXPECT(shy_scorer_score(c->engine->seen[0].scorer, formula, &score, &degenerate) == SHY_OK);
    for (int level = 1; !degenerate && level <= complexity; level++) {
        for (int i = 0; i < best->count[level]; i++) {
            if (shy_score_compare(&best->entry[level][i]->member[0].score, &score) != 0) continue;
            return level < complexity || best->entry[level][i]->more;
        }
    }
    return degenerate;
}

static void say_missing(census *c, const shy_formula *formula, int complexity)
{
    char *text = NULL;
    EXPECT(shy_formula_text(c->space, formula, &text) == SHY_OK);
    fprintf(stderr, "columns %s, operators %s, complexity %d: %s is in no list\n", c->setting->columns,
            c->setting->operators ? c->setting->operators : "default", complexity, text);
    shy_free(&text);
    EXPECT(false);
}

static void check_tuple(census *c, const shy_tuple *tuple, const shy_formula *member, size_t members)
{
    const shy_context *context = NULL;
    EXPECT(shy_space_context(c->space, tuple, &context) == SHY_OK);
    for (int root = 0; root < context->roots; root++) {
        const shy_formula formula = {*tuple, root};
        const int complexity = context->root[root].complexity;
        shy_context_ranges(c->space, context, &context->ranges, tuple);
        const bool valid = shy_context_root_valid(c->space, context, root);
        const bool listed = bsearch(&formula, member, members, sizeof *member, compare_formulas) != NULL;
        EXPECT(valid || !listed);
        if (!valid) continue;
        c->counted[complexity]++;
        if (!listed && !excused(c, &formula, complexity)) say_missing(c, &formula, complexity);
    }
}

static void check_lists(census *c, const uint64_t *planned)
{
    size_t members = 0;
    shy_formula *member = list_members(c, &members);
    for (size_t i = 1; i < members; i++)
        EXPECT(compare_formulas(&member[i - 1], &member[i]) < 0); /* none is listed twice */
    for (int slots = 1; slots <= c->space->slots_max; slots++) {
        shy_tuple tuple;
        shy_tuple_unrank(c->space, NULL, slots, 0, &tuple);
        do check_tuple(c, &tuple, member, members);
        while (shy_tuple_next(c->space, NULL, &tuple));
    }
    for (int level = 1; level <= c->engine->seen[0].best->levels; level++) {
        EXPECT(c->counted[level] == planned[level]);
        EXPECT(c->listed[level] <= planned[level]);
    }
    free(member);
}

/* ---- a search by hand: all jobs on one rank ---------------------------------------------------------------------------------- */

static void search_and_check(const shy_team *team, const setting *s)
{
    const problem_spec spec = {
        .n = 48, .columns = s->columns, .seed = 5, .units = s->units == SHY_UNITS_OFF ? NULL : clinical};
    const shy_search_options options = options_of(s);
    const shy_rates rates = {5e10, 5e-8, 4e-9, 1e-9, SHY_FP32};
    uint64_t planned[SHY_COMPLEXITY_MAX + 1];
    shy_problem *problem = problem_create(team, &spec);
    census c = {.setting = s};
    shy_jobs *jobs = NULL;
    EXPECT(shy_space_create(problem, &options.grammar, &c.space) == SHY_OK);
    EXPECT(shy_count_formulas(c.space, planned) == SHY_OK);
    EXPECT(shy_jobs_create(c.space, &options, &rates, &jobs) == SHY_OK);
    EXPECT(shy_engine_create(c.space, &options, rates.precision, &c.engine) == SHY_OK);
    for (uint64_t k = 0; k < jobs->count; k++) {
        shy_job job;
        shy_jobs_get(jobs, k, &job);
        EXPECT(shy_engine_work(c.engine, &job) == SHY_OK);
    }
    check_lists(&c, planned);
    shy_engine_destroy(&c.engine);
    shy_jobs_destroy(&jobs);
    shy_space_destroy(&c.space);
    problem_free(problem);
}

static void every_formula_is_scored(void **state)
{
    (void)state;
    shy_team *alone = NULL;
    int rank, size;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    EXPECT(shy_team_create(MPI_COMM_SELF, 1, &alone) == SHY_OK);
    for (int k = rank; k < SETTINGS; k += size) {
        present_case = settings[k].columns;
        search_and_check(alone, &settings[k]);
    }
    present_case = "";
    shy_team_destroy(&alone);
    assert_on_all_ranks();
}

/* The same on all ranks together, with rows in two blocks. */
static void check_team(const shy_team *team)
{
    static const setting few[] = {
        {"psi", NULL, 5, 3, 2, 7, "", "", SHY_UNITS_OFF},
        {"iss", ALL_OPERATORS, 4, 2, 2, 3, "", "", SHY_UNITS_OFF},
    };
    for (int k = 0; k < 2 && team->groups == 1; k++) search_and_check(team, &few[k]);
}

static void every_formula_is_scored_by_groups(void **state)
{
    (void)state;
    on_every_team(check_team);
    assert_on_all_ranks();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_formula_is_scored),
        cmocka_unit_test(every_formula_is_scored_by_groups),
    };
    return run_par_tests("search complete", tests, sizeof tests / sizeof *tests, argc, argv);
}
