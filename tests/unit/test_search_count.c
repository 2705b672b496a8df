/* test_search_count.c: the count without enumeration equals plain enumeration, and its parts keep what they promise. */
#include "shy_config.h"

#include "search/context_impl.h"
#include "search/range_tree.h"
#include "search_problem.h"

static uint64_t draw(uint64_t seed, uint64_t index, uint64_t below)
{
    return (uint64_t)(shy_random_uniform(77, seed, index) * (double)below);
}

/* ---- bounds ---------------------------------------------------------------------------------------------------------- */

enum { MEMBERS = 4 };

/* Ranges that share much, little or nothing, and what bounds say of them. */
static shy_bounds draw_ranges(uint64_t seed, shy_interval *range, int count)
{
    const double spread = 0.6 * (double)draw(seed, 0, 3),
                 shift = draw(seed, 1, 2) ? 0.0 : shy_random_normal(78, seed, 2);
    shy_bounds b = {
        .outer = {INFINITY, -INFINITY}, .inner = {-INFINITY, INFINITY}, .bounded = true, .single = count == 1};
    for (int k = 0; k < count; k++) {
        const double middle = shift + spread * shy_random_normal(78, seed, 10 + (uint64_t)k);
        const double half = exp(shy_random_normal(78, seed, 20 + (uint64_t)k) - 1.0);
        range[k] = draw(seed, 30 + (uint64_t)k, 6) == 0 ? (shy_interval){0.0, half}
                                                        : (shy_interval){middle - half, middle + half};
        b.outer = (shy_interval){fmin(b.outer.lo, range[k].lo), fmax(b.outer.hi, range[k].hi)};
        b.inner = (shy_interval){fmax(b.inner.lo, range[k].lo), fmin(b.inner.hi, range[k].hi)};
    }
    b.cored = b.inner.lo <= b.inner.hi;
    return b;
}

/* log, exp and reldiff round to within their margins. */
static bool lies_within(shy_interval small, shy_interval large)
{
    const double slack = 1e-14 * fmax(fabs(large.lo), fabs(large.hi));
    return small.lo >= large.lo - slack && small.hi <= large.hi + slack;
}

/* op over all pairs of ranges, against what the bounds say of op. Returns what they said. */
static shy_validity check_bounds(shy_op op, uint64_t seed)
{
    shy_interval u[MEMBERS], v[MEMBERS], r;
    const int us = 1 + (int)draw(seed, 40, MEMBERS), vs = 1 + (int)draw(seed, 41, MEMBERS);
    const bool unary = shy_operator_get(op)->arity == 1;
    const shy_bounds ub = draw_ranges(2 * seed, u, us), vb = draw_ranges(2 * seed + 1, v, vs);
    shy_bounds b = {.bounded = false};
    const shy_validity validity = shy_bounds_apply(op, &ub, unary ? NULL : &vb, &b);
    for (int i = 0; i < us; i++) {
        for (int j = 0; j < (unary ? 1 : vs); j++) {
            const bool valid = shy_operator_range(op, u[i], v[j], &r);
            EXPECT(validity != SHY_ALWAYS || valid);
            EXPECT(validity != SHY_NEVER || !valid);
            if (valid && validity != SHY_NEVER && b.bounded) EXPECT(lies_within(r, b.outer));
            if (valid && validity != SHY_NEVER && b.cored) EXPECT(lies_within(b.inner, r));
        }
    }
    EXPECT(b.bounded == (validity == SHY_ALWAYS) || validity == SHY_NEVER);
    if (us == 1 && (unary || vs == 1)) EXPECT(validity != SHY_DEPENDS); /* nothing is left open */
    return validity;
}

static void bounds_tell_the_truth(void **state)
{
    (void)state;
    uint64_t told[3] = {0};
    for (int op = SHY_OP_ADD; op < SHY_OPS; op++) {
        present_case = shy_operator_get((shy_op)op)->name;
        for (uint64_t seed = 0; seed < 3000; seed++)
            told[check_bounds((shy_op)op, seed)]++;
    }
    present_case = "";
    EXPECT(told[SHY_NEVER] > 1000 && told[SHY_ALWAYS] > 1000 && told[SHY_DEPENDS] > 1000);
    assert_on_all_ranks();
}

/* ---- trees of ranges ----------------------------------------------------------------------------------------------------- */

static void check_node(const shy_range_tree *tree, int at, const shy_interval *range)
{
    const shy_range_node *node = &tree->node[at];
    uint32_t place = 0;
    bool reached[4] = {false};
    EXPECT(at < tree->nodes && node->count > 0 && node->bounds.bounded && node->bounds.single == (node->count == 1));
    for (uint32_t i = 0; i < node->count; i++) {
        const shy_interval r = range[node->member[i]], outer = node->bounds.outer, inner = node->bounds.inner;
        EXPECT(i == 0 || node->member[i - 1] < node->member[i]);
        EXPECT(outer.lo <= r.lo && r.hi <= outer.hi);
        EXPECT(!node->bounds.cored || (r.lo <= inner.lo && inner.lo <= inner.hi && inner.hi <= r.hi));
        reached[0] |= outer.lo == r.lo, reached[1] |= outer.hi == r.hi;
        reached[2] |= inner.lo == r.lo, reached[3] |= inner.hi == r.hi; /* no smaller than they need be */
    }
    EXPECT(reached[0] && reached[1] && reached[2] && reached[3]);
    for (uint32_t first = 0; first < 40; first += 3) {
        uint32_t inside = 0;
        for (uint32_t i = 0; i < node->count; i++)
            inside += node->member[i] >= first && node->member[i] < first + 11;
        EXPECT(shy_range_node_within(node, first, first + 11, &place) == inside);
        EXPECT(inside == 0 || (node->member[place] >= first && (place == 0 || node->member[place - 1] < first)));
    }
    if (node->child < 0) return;
    const shy_range_node *half = &tree->node[node->child];
    EXPECT(half[0].count + half[1].count == node->count);
    for (uint32_t i = 0; i < node->count; i++) { /* each member in one half */
        const uint32_t f = node->member[i];
        EXPECT(shy_range_node_within(&half[0], f, f + 1, &place) + shy_range_node_within(&half[1], f, f + 1, &place) ==
               1);
    }
    check_node(tree, node->child, range);
    check_node(tree, node->child + 1, range);
}

static void trees_hold_every_factor_once(void **state)
{
    (void)state;
    shy_interval range[40];
    for (uint32_t count = 1; count <= 33; count++) {
        uint32_t kind_first[2] = {3, 3 + count};
        const shy_space space = {.kind_first = kind_first, .range = range, .kinds = 1};
        shy_range_tree *tree = NULL;
        for (uint64_t f = 0; f < 40; f++) {
            const double lo = draw(count, 3 * f, 2) ? 1.0 : shy_random_normal(79, count, f);
            range[f] = (shy_interval){lo, lo + shy_random_uniform(79, count, f)};
        }
        EXPECT(shy_range_tree_create(&space, 0, &tree) == SHY_OK);
        EXPECT(tree->node[0].count == count && tree->node[0].member[0] == 3);
        check_node(tree, 0, range);
        shy_range_tree_destroy(&tree);
    }
    assert_on_all_ranks();
}

/* ---- plain enumeration ------------------------------------------------------------------------------------------------------ */

typedef struct {
    bool valid;
    shy_unit unit;
    shy_interval range;
} judged;

static judged apply(const shy_space *space, shy_op op, const judged *u, const judged *v)
{
    judged j = {.valid = u->valid && (!v || v->valid)};
    if (!j.valid) return j;
    j.unit = shy_unit_apply(space->units, space->grammar.units, op, u->unit, v ? v->unit : SHY_UNIT_UNKNOWN);
    j.valid = j.unit != SHY_UNIT_INVALID && shy_operator_range(op, u->range, v ? v->range : u->range, &j.range);
    return j;
}

/* By doc/grammar.md: for these factors alone, without what is known of their kinds. */
static bool valid_by_definition(const shy_space *space, const shy_root *root, const judged *operand)
{
    const judged *u = &operand[root->left], *v = root->right >= 0 ? &operand[root->right] : NULL;
    if (root->forbidden || !u->valid || (v && !v->valid)) return false;
    if (root->family == SHY_FAMILY_PLAIN)
        return root->op == SHY_OP_FACTOR || apply(space, (shy_op)root->op, u, v).valid;
    const bool ratio = root->family == SHY_FAMILY_WEIGHTED_INVERSE || root->family == SHY_FAMILY_SHIFTED_RATIO;
    return !ratio || apply(space, SHY_OP_INVERSE, v, NULL).valid;
}

static void enumerate_tuple(shy_space *space, const shy_tuple *tuple, uint64_t *formulas, uint64_t *uncertain)
{
    const shy_context *context = NULL;
    EXPECT(shy_space_context(space, tuple, &context) == SHY_OK);
    judged *operand = given_memory((size_t)context->operands, sizeof *operand);
    for (int i = 0; i < context->operands; i++) {
        const shy_shape *shape = &context->operand[i];
        if (shape->op == SHY_OP_FACTOR) {
            const uint32_t f = tuple->factor[shape->slot];
            operand[i] = (judged){true, space->kind_unit[space->kind[f]], space->range[f]};
        } else if (!shape->forbidden) {
            operand[i] = apply(space, (shy_op)shape->op, &operand[shape->left],
                               shape->right >= 0 ? &operand[shape->right] : NULL);
        }
    }
    shy_context_ranges(space, context, &context->ranges, tuple);
    for (int i = 0; i < context->roots; i++) {
        const bool valid = valid_by_definition(space, &context->root[i], operand);
        EXPECT(shy_context_root_valid(space, context, i) == valid);
        formulas[context->root[i].complexity] += valid;
    }
    *uncertain += (uint64_t)context->uncertain_count;
    free(operand);
}

/* Returns how many roots were open for the kinds of their factors. */
static uint64_t enumerate(shy_space *space, uint64_t *formulas)
{
    uint64_t uncertain = 0;
    memset(formulas, 0, (SHY_COMPLEXITY_MAX + 1) * sizeof *formulas);
    for (int slots = 1; slots <= space->slots_max; slots++) {
        shy_tuple tuple;
        shy_tuple_unrank(space, NULL, slots, 0, &tuple);
        do
            enumerate_tuple(space, &tuple, formulas, &uncertain);
        while (shy_tuple_next(space, NULL, &tuple));
    }
    return uncertain;
}

/* ---- random problems --------------------------------------------------------------------------------------------------------- */

typedef struct {
    char columns[128];
    const char *unit[128];
    shy_grammar grammar;
} random_problem;

static void draw_problem(uint64_t seed, int most, random_problem *p)
{
    static const char letters[] = "ppppwwssznoib", *const names[] = {"", "kg", "m", "1"};
    static const char *const operators[] = {
        NULL, "+ - * /", "- / log", "+ - * / sqrt exp", "- * inverse square", ALL_OPERATORS};
    const int factors = 4 + (int)draw(seed, 0, (uint64_t)most - 3), units = 1 + (int)draw(seed, 1, 4);
    const bool alike = draw(seed, 2, 2);
    for (int f = 0; f < factors; f++) {
        p->columns[f] = letters[draw(seed, 10 + (uint64_t)f, alike ? 6 : sizeof letters - 1)];
        p->unit[f] = names[draw(seed, 100 + (uint64_t)f, (uint64_t)units)];
    }
    p->columns[factors] = '\0';
    const int most_factors = 1 + (int)draw(seed, 3, 4);
    const char *chosen = operators[draw(seed, 4, 6)];
    p->grammar = make_grammar(chosen, most_factors > 3 ? 7 : 5 + (int)draw(seed, 5, 2), most_factors);
    if (most_factors > 3) p->grammar = make_grammar("- / *", 7, most_factors);
    p->grammar.max_constants = (int)draw(seed, 6, 3);
    p->grammar.units = units > 1 ? (shy_units_mode)(1 + draw(seed, 7, 2)) : SHY_UNITS_OFF;
}

static uint64_t found_uncertain;

/* n: few samples, for ranges that overlap here and there. */
static void check_problem(const shy_team *team, const random_problem *p, int n, uint64_t seed)
{
    const problem_spec spec = {.n = n, .columns = p->columns, .seed = seed, .units = p->unit};
    uint64_t counted[SHY_COMPLEXITY_MAX + 1], enumerated[SHY_COMPLEXITY_MAX + 1];
    shy_problem *problem = problem_create(team, &spec);
    shy_space *space = NULL;
    present_case = p->columns;
    EXPECT(shy_space_create(problem, &p->grammar, &space) == SHY_OK);
    EXPECT(shy_count_formulas(space, counted) == SHY_OK);
    found_uncertain += enumerate(space, enumerated);
    EXPECT(memcmp(counted, enumerated, sizeof counted) == 0);
    shy_space_destroy(&space);
    problem_free(problem);
    present_case = "";
}

static void check_small(const shy_team *team)
{
    for (uint64_t seed = 1; seed <= 60; seed++) {
        random_problem p;
        draw_problem(seed, 9, &p);
        check_problem(team, &p, 2 + (int)draw(seed, 8, 4), seed);
    }
}

/* Kinds of so many factors that their trees are deep and the ranks share the sets. */
static void check_large(const shy_team *team)
{
    static const struct {
        const char *letters, *operators;
        int factors, complexity, most, n;
    } large
        [] =
            {
                {"p", "+ - * /", 36, 5, 3, 3},   {"w", "- / * log", 34, 5, 3, 2},
                {"wsp", "+ - / *", 40, 5, 3, 2}, {"pn", "- / sqrt inverse", 70, 5, 2, 2},
                {"w", "/ log", 100, 5, 2, 2}, /* a / log(b): parts of the first choice decide */
            };
    for (uint64_t k = 0; k < sizeof large / sizeof *large; k++) {
        random_problem p = {.grammar = make_grammar(large[k].operators, large[k].complexity, large[k].most)};
        for (int f = 0; f < large[k].factors; f++) {
            p.columns[f] = large[k].letters[(size_t)f % strlen(large[k].letters)];
            p.unit[f] = "";
        }
        p.grammar.max_constants = 0;
        check_problem(team, &p, large[k].n, k);
    }
}

static void counts_are_those_of_enumeration(void **state)
{
    (void)state;
    found_uncertain = 0;
    on_every_team(check_small);
    EXPECT(found_uncertain > 10000);
    assert_on_all_ranks();
}

static void shared_counts_are_those_of_enumeration(void **state)
{
    (void)state;
    found_uncertain = 0;
    on_every_team(check_large);
    EXPECT(found_uncertain > 10000);
    assert_on_all_ranks();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bounds_tell_the_truth),
        cmocka_unit_test(trees_hold_every_factor_once),
        cmocka_unit_test(counts_are_those_of_enumeration),
        cmocka_unit_test(shared_counts_are_those_of_enumeration),
    };
    return run_par_tests("search count", tests, sizeof tests / sizeof *tests, argc, argv);
}
