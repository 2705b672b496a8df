/* test_shapes_laws.c: what holds for the shapes of every grammar: order, weights, forbidden nestings, symmetry, subsets of slots. */
#include "shy_config.h"

#include "shape_check.h"

typedef struct {
    const char *operators, *weights, *forbid;
    int max_complexity, slots, nonnegative, max_constants;
} setting;

static const setting settings[] = {
    {NULL, "", "", 7, 3, 3, 2},
    {NULL, "", "", 6, 2, 2, 2},
    {NULL, "", "", 6, 2, 0, 2},
    {NULL, "", "", 6, 3, 1, 2},
    {NULL, "", "", 7, 1, 1, 2},
    {NULL, "log=2 *=2 constant=3", "", 7, 2, 2, 2},
    {NULL, "factor=2 +=3 -=1", "", 8, 2, 1, 1},
    {NULL, "", "log(sqrt) *(+) sqrt(*) -(-)", 6, 2, 2, 2},
    {ALL_OPERATORS, "", "", 5, 3, 3, 2},
    {ALL_OPERATORS, "", "", 5, 2, 0, 2},
    {ALL_OPERATORS, "", "max(min) exp(exp)", 6, 1, 0, 2},
    {"- /", "", "", 7, 3, 2, 1},
    {"max min", "", "", 7, 3, 3, 2},
    {"+ *", "", "", 7, 4, 4, 0},
    {"log sqrt square inverse", "", "", 4, 1, 0, 2},
    {"exp abs reldiff", "", "", 6, 2, 1, 2},
};
enum { SETTINGS = sizeof settings / sizeof *settings };

static shy_grammar grammar_from(const setting *s)
{
    shy_grammar g = grammar_of(s->operators, s->max_complexity);
    char text[128], *rest = NULL;
    g.max_constants = s->max_constants;
    snprintf(text, sizeof text, "%s", s->weights);
    for (char *word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        char *value = strrchr(word, '=');
        shy_op op = SHY_OP_FACTOR;
        *value++ = '\0';
        if (strcmp(word, "constant") == 0)
            op = SHY_OP_CONSTANT;
        else if (strcmp(word, "factor") != 0)
            assert_true(shy_operator_find(word, &op));
        g.weight[op] = atoi(value);
    }
    snprintf(text, sizeof text, "%s", s->forbid);
    for (char *word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        assert_int_equal(shy_grammar_forbid(&g, word), SHY_OK);
    }
    return g;
}

typedef void (*law)(const setting *s, const shy_grammar *grammar, const shy_shapes *shapes);

static void for_every_grammar(law check)
{
    for (int k = 0; k < SETTINGS; k++) {
        const shy_grammar grammar = grammar_from(&settings[k]);
        shy_shapes *shapes = create(&grammar, settings[k].slots, settings[k].nonnegative);
        check(&settings[k], &grammar, shapes);
        shy_shapes_destroy(&shapes);
    }
}

/* ---- trees ----------------------------------------------------------------------------------------------------------- */

static void check_operand(const setting *s, const shy_grammar *g, const shy_shapes *shapes, int i)
{
    const shy_shape *all = operands_of(shapes), *shape = &all[i];
    char text[256];
    operand_text(shapes, i, text, sizeof text);
    assert_int_equal(strlen(text), shape->length);
    if (shape->op == SHY_OP_FACTOR) {
        assert_true(shape->left < 0 && shape->right < 0 && shape->slot < s->slots);
        assert_int_equal(shape->mask, 1 << shape->slot);
        assert_int_equal(shape->complexity, g->weight[SHY_OP_FACTOR]);
        return;
    }
    const bool binary = shy_operator_get((shy_op)shape->op)->arity == 2;
    assert_true(g->allowed[shape->op]);
    assert_int_equal(shape->right >= 0, binary);
    const shy_shape *left = &all[shape->left], *right = binary ? &all[shape->right] : NULL;
    assert_true(shape->left < i && shape->right < i);
    assert_int_equal(shape->complexity, g->weight[shape->op] + left->complexity + (right ? right->complexity : 0));
    assert_true(left->complexity < shape->complexity && (!right || right->complexity < shape->complexity));
    assert_int_equal(shape->mask, left->mask | (right ? right->mask : 0));
    const bool inside = left->forbidden || (right && right->forbidden);
    const bool here = g->forbidden[shape->op][left->op] || (right && g->forbidden[shape->op][right->op]);
    assert_int_equal(shape->forbidden, inside || here);
}

static void operands_are_trees_of_the_grammar(const setting *s, const shy_grammar *g, const shy_shapes *shapes)
{
    int count = 0;
    const int *first = NULL;
    const shy_shape *all = shy_shapes_operands(shapes, &count, &first);
    assert_int_equal(first[1], 0);
    for (int c = 1; c <= g->max_complexity; c++) {
        for (int i = first[c]; i < first[c + 1]; i++) {
            assert_int_equal(all[i].complexity, c);
            check_operand(s, g, shapes, i);
        }
    }
    assert_int_equal(first[g->max_complexity + 1], count);
}

static void operands_hold(void **state)
{
    (void)state;
    for_every_grammar(operands_are_trees_of_the_grammar);
}

static int family_cost_by_definition(const shy_grammar *g, shy_family family)
{
    const shy_op sum = g->allowed[SHY_OP_ADD] ? SHY_OP_ADD : SHY_OP_SUBTRACT;
    const shy_op product = family == SHY_FAMILY_WEIGHTED_INVERSE || family == SHY_FAMILY_SHIFTED_RATIO
                               ? SHY_OP_DIVIDE
                               : SHY_OP_MULTIPLY;
    const int constants = family == SHY_FAMILY_PLAIN ? 0 : family == SHY_FAMILY_INTERACTION ? 2 : 1;
    if (constants == 0 || constants > g->max_constants || !g->allowed[sum] || !g->allowed[product]) return 0;
    return constants * (g->weight[sum] + g->weight[SHY_OP_CONSTANT]) + g->weight[product];
}

static void check_root(const setting *s, const shy_grammar *g, const shy_shapes *shapes, const shy_root *root)
{
    const shy_shape *all = operands_of(shapes), *left = &all[root->left],
                    *right = root->right >= 0 ? &all[root->right] : NULL;
    int cost = 0;
    assert_int_equal(left->mask | (right ? right->mask : 0), (1 << s->slots) - 1);
    if (root->family != SHY_FAMILY_PLAIN) {
        cost = family_cost_by_definition(g, (shy_family)root->family);
        assert_true(cost > 0 && right);
        assert_int_equal(shy_family_cost(g, (shy_family)root->family), cost);
    } else if (root->op != SHY_OP_FACTOR) {
        cost = g->weight[root->op];
        assert_true(g->allowed[root->op]);
        assert_int_equal(right ? 2 : 1, shy_operator_get((shy_op)root->op)->arity);
        const bool here = g->forbidden[root->op][left->op] || (right && g->forbidden[root->op][right->op]);
        assert_int_equal(root->forbidden, left->forbidden || (right && right->forbidden) || here);
    }
    assert_int_equal(root->complexity, cost + left->complexity + (right ? right->complexity : 0));
}

/* Each root is found by its own tree: what is counted can be reached by a tile, and nothing is counted twice. */
static void roots_are_their_own_formulas(const setting *s, const shy_grammar *g, const shy_shapes *shapes)
{
    int count = 0;
    const int *first = NULL;
    const shy_root *all = shy_shapes_roots(shapes, &count, &first);
    assert_int_equal(first[1], 0);
    for (int c = 1; c <= g->max_complexity; c++) {
        for (int i = first[c]; i < first[c + 1]; i++) {
            assert_int_equal(all[i].complexity, c);
            check_root(s, g, shapes, &all[i]);
            if (find_root(shapes, &all[i], in_order) == i) continue;
            char text[256];
            root_text(shapes, i, text, sizeof text);
            fail_msg("%s is not found by its own tree", text);
        }
    }
    assert_int_equal(first[g->max_complexity + 1], count);
}

static void roots_hold(void **state)
{
    (void)state;
    for_every_grammar(roots_are_their_own_formulas);
}

/* ---- symmetry --------------------------------------------------------------------------------------------------------- */

/* With two slots of the same sign exchanged, the formulas are the same ones in another order. */
static void exchange_slots(const setting *s, const shy_shapes *shapes, int a, int b)
{
    int count = 0;
    const int *first = NULL;
    const shy_root *all = shy_shapes_roots(shapes, &count, &first);
    uint32_t slot[] = {0, 1, 2, 3};
    bool *met = calloc((size_t)count + 1, sizeof *met);
    slot[a] = (uint32_t)b, slot[b] = (uint32_t)a;
    for (int i = 0; i < count; i++) {
        const int other = find_root(shapes, &all[i], slot);
        if (other < 0 || met[other] || all[other].complexity != all[i].complexity) {
            char text[256];
            root_text(shapes, i, text, sizeof text);
            fail_msg("%d slots, %d and %d exchanged: %s becomes %d", s->slots, a, b, text, other);
        }
        met[other] = true;
    }
    free(met);
}

static void slots_are_alike(const setting *s, const shy_grammar *g, const shy_shapes *shapes)
{
    (void)g;
    for (int b = 1; b < s->slots; b++) {
        if ((b - 1 < s->nonnegative) == (b < s->nonnegative)) exchange_slots(s, shapes, b - 1, b);
    }
}

static void exchanged_slots_have_the_same_formulas(void **state)
{
    (void)state;
    for_every_grammar(slots_are_alike);
}

/* The slots on whose values the value of an operand depends, as far as 3000 random points each tell. */
static unsigned dependence(const shy_shapes *shapes, int operand, const setting *s)
{
    shy_tree tree;
    const unsigned spelled = operands_of(shapes)[operand].mask;
    unsigned mask = 0;
    shy_shapes_operand_tree(shapes, operand, in_order, &tree);
    for (int k = 0; k < 3000 * s->slots && mask != spelled; k++) {
        const int changed = k % s->slots;
        double x[4], z[2];
        if (mask >> changed & 1U) continue;
        for (int side = 0; side < 2; side++) {
            for (int b = 0; b < s->slots; b++) {
                const uint64_t index = (uint64_t)(b == changed ? 2 * k + side : 2 * k);
                const bool negative = b >= s->nonnegative && (shy_random_bits(4, (uint64_t)b, index) & 1U);
                x[b] = exp(2.0 * shy_random_normal(3, (uint64_t)b, index)) * (negative ? -1.0 : 1.0);
            }
            z[side] = shy_tree_evaluate(&tree, x);
        }
        if (isfinite(z[0]) && isfinite(z[1]) && fabs(z[0] - z[1]) > 1e-9 * (fabs(z[0]) + fabs(z[1])))
            mask |= 1U << changed;
    }
    return mask;
}

static void count_dependence(const shy_shapes *shapes, const setting *s, unsigned mask, int *number)
{
    int count = 0;
    const int *first = NULL;
    const shy_shape *all = shy_shapes_operands(shapes, &count, &first);
    for (int i = 0; i < count; i++) {
        if (all[i].mask == mask && dependence(shapes, i, s) == mask) number[all[i].complexity]++;
    }
}

/* Operands over some of the slots are as many as in a table of these slots alone: a tile that joins two of those misses nothing. */
static void check_subset(const setting *s, const shy_grammar *g, const shy_shapes *shapes, unsigned mask)
{
    setting alone = *s;
    int here[SHY_TREE_MAX + 1] = {0}, there[SHY_TREE_MAX + 1] = {0};
    alone.slots = alone.nonnegative = 0;
    for (int b = 0; b < s->slots; b++) {
        alone.slots += (int)(mask >> b & 1U);
        alone.nonnegative += b < s->nonnegative ? (int)(mask >> b & 1U) : 0;
    }
    shy_shapes *few = create(g, alone.slots, alone.nonnegative);
    count_dependence(shapes, s, mask, here);
    count_dependence(few, &alone, (1U << alone.slots) - 1U, there);
    for (int c = 1; c <= g->max_complexity; c++) {
        if (here[c] == there[c]) continue;
        fail_msg("operands of %s, complexity %d: %d of %d slots depend on mask %u, alone %d",
                 s->operators ? s->operators : "default", c, here[c], s->slots, mask, there[c]);
    }
    shy_shapes_destroy(&few);
}

static void subsets_of_slots_are_alike(const setting *s, const shy_grammar *g, const shy_shapes *shapes)
{
    for (unsigned mask = 1; mask < (1U << s->slots) - 1U; mask++) check_subset(s, g, shapes, mask);
}

static void subsets_of_slots_have_their_operands(void **state)
{
    (void)state;
    for_every_grammar(subsets_of_slots_are_alike);
}

/* ---- constants and limits ------------------------------------------------------------------------------------------------- */

static void families_follow_the_grammar(void **state)
{
    (void)state;
    for (int constants = 0; constants <= 2; constants++) {
        for (int without = 0; without < 4; without++) { /* 1: no product, 2: no ratio, 3: no sum */
            static const char *const operators[] = {"+ - * /", "+ - /", "- *", "* /"};
            shy_grammar g = grammar_of(operators[without], 7);
            int count = 0, seen[SHY_FAMILIES] = {0};
            const int *first = NULL;
            g.max_constants = constants;
            shy_shapes *shapes = create(&g, 2, 2);
            const shy_root *all = shy_shapes_roots(shapes, &count, &first);
            for (int i = 0; i < count; i++) seen[all[i].family]++;
            for (int f = SHY_FAMILY_PLAIN + 1; f < SHY_FAMILIES; f++) {
                /* Ratios whose inverse is written as simply are families of products: a ratio family needs one that is not. */
                assert_int_equal(seen[f] > 0, family_cost_by_definition(&g, (shy_family)f) > 0);
            }
            shy_shapes_destroy(&shapes);
        }
    }
    assert_int_equal(shy_family_terms(SHY_FAMILY_PLAIN), 1);
    assert_int_equal(shy_family_terms(SHY_FAMILY_SHIFTED_RATIO), 2);
    assert_int_equal(shy_family_terms(SHY_FAMILY_INTERACTION), 3);
    assert_int_equal(shy_family_constants(SHY_FAMILY_INTERACTION), 2);
}

static void tables_out_of_range_are_refused(void **state)
{
    (void)state;
    const int refused[][2] = {{0, 5}, {-1, 5}, {9, 5}, {2, SHY_GRAMMAR_MAX + 1}};
    for (int k = 0; k < 4; k++) {
        const shy_grammar g = grammar_of(NULL, refused[k][1]);
        shy_shapes *shapes = NULL;
        assert_int_equal(shy_shapes_create(&g, refused[k][0], refused[k][0], &shapes), SHY_INTERNAL);
        assert_null(shapes);
        shy_error_clear();
    }
}

static void without_memory_there_is_no_table(void **state)
{
    (void)state;
    const shy_grammar g = grammar_of(NULL, 6);
    const uint64_t before = shy_memory_in_use();
    shy_status st = SHY_MEMORY;
    uint64_t nth = 1;
    for (; st == SHY_MEMORY && nth < 200; nth++) {
        shy_shapes *shapes = NULL;
        shy_memory_fail_at(nth);
        st = shy_shapes_create(&g, 2, 2, &shapes);
        shy_memory_fail_at(0);
        assert_int_equal(shapes != NULL, st == SHY_OK);
        shy_shapes_destroy(&shapes);
        assert_true(shy_memory_in_use() == before);
        shy_error_clear();
    }
    assert_int_equal(st, SHY_OK);
    assert_true(nth > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operands_hold),
        cmocka_unit_test(roots_hold),
        cmocka_unit_test(exchanged_slots_have_the_same_formulas),
        cmocka_unit_test(subsets_of_slots_have_their_operands),
        cmocka_unit_test(families_follow_the_grammar),
        cmocka_unit_test(tables_out_of_range_are_refused),
        cmocka_unit_test(without_memory_there_is_no_table),
    };
    return cmocka_run_group_tests_name("shapes laws", tests, NULL, NULL);
}
