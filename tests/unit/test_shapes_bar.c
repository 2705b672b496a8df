/* test_shapes_bar.c: tables drawn from one that notes all spellings are those that are built with the barred operators from the start. */
#include "shy_config.h"

#include "expr/shape_impl.h"
#include "shape_check.h"

static uint32_t bit(shy_op op)
{
    return UINT32_C(1) << op;
}

static bool same_shape(const shy_shape *a, const shy_shape *b)
{
    return a->op == b->op && a->complexity == b->complexity && a->mask == b->mask && a->slot == b->slot && a->branches == b->branches &&
           a->forbidden == b->forbidden && a->length == b->length && a->left == b->left && a->right == b->right;
}

static bool same_root(const shy_root *a, const shy_root *b)
{
    return a->family == b->family && a->op == b->op && a->complexity == b->complexity && a->forbidden == b->forbidden && a->length == b->length &&
           a->left == b->left && a->right == b->right;
}

/* To bytes and back, as it travels to another process; the bytes lie elsewhere then. */
static void send(shy_shapes **table)
{
    char *bytes = NULL, *there = NULL;
    uint64_t count = 0;
    assert_int_equal(shy_shapes_pack(*table, &bytes, &count), SHY_OK);
    shy_shapes_destroy(table);
    assert_int_equal(shy_new(count, 1, &there), SHY_OK);
    memcpy(there, bytes, count);
    shy_free(&bytes);
    assert_int_equal(shy_shapes_unpack(&there, table), SHY_OK);
    assert_null(there);
}

/* Forbidden formulas are none, however they are spelled. */
static void expect_same(const shy_shapes *drawn, const shy_shapes *built, int *operands_barred, int *roots_barred)
{
    assert_int_equal(drawn->operands, built->operands);
    assert_int_equal(drawn->roots, built->roots);
    for (int i = 0; i < drawn->operands; i++) {
        const int opposite = drawn->open->opposite[i];
        if (!same_shape(&drawn->operand[i], &built->operand[i])) fail_msg("operand %d", i);
        /* A table under construction may not know yet that the other sign has a spelling that is allowed. */
        assert_true(drawn->operand[i].negative == (opposite >= 0 && !drawn->operand[opposite].forbidden));
        assert_true(drawn->operand[i].negative >= built->operand[i].negative);
        *operands_barred += drawn->operand[i].forbidden;
    }
    for (int i = 0; i < drawn->roots; i++) {
        if (!same_root(&drawn->root[i], &built->root[i]) && !(drawn->root[i].forbidden && built->root[i].forbidden)) fail_msg("root %d", i);
        *roots_barred += drawn->root[i].forbidden;
    }
}

typedef struct {
    const char *operators;
    int complexity, slots, nonnegative;
} table_case;

static const table_case cases[] = {
    {NULL, 6, 3, 3}, {NULL, 6, 2, 1}, {NULL, 7, 2, 2}, {ALL_OPERATORS, 5, 2, 2}, {ALL_OPERATORS, 4, 3, 1}, {"- / log exp inverse", 6, 2, 0}, {"* / sqrt square", 7, 2, 2},
};

static void drawn_tables_are_those_that_are_built(void **state)
{
    (void)state;
    const uint32_t unary = bit(SHY_OP_LOG) | bit(SHY_OP_SQRT) | bit(SHY_OP_SQUARE) | bit(SHY_OP_INVERSE) | bit(SHY_OP_ABS) | bit(SHY_OP_EXP);
    const uint32_t sets[][3] = {
        {unary, 0, 0},
        {0, unary, unary},
        {bit(SHY_OP_INVERSE), bit(SHY_OP_LOG), bit(SHY_OP_SQRT)},
        {unary & ~bit(SHY_OP_LOG), unary & ~bit(SHY_OP_SQUARE), 0},
        {0, 0, 0},
    };
    int operands = 0, roots = 0;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        shy_grammar g = grammar_of(cases[k].operators, cases[k].complexity);
        if (k % 2) g.forbidden[SHY_OP_INVERSE][SHY_OP_MULTIPLY] = true;
        shy_shapes *open = NULL;
        assert_int_equal(shy_shapes_create_open(&g, cases[k].slots, cases[k].nonnegative, &open), SHY_OK);
        if (k % 3 == 0) send(&open);
        for (size_t b = 0; b < sizeof sets / sizeof *sets; b++) {
            shy_shapes *drawn = NULL, *built = NULL;
            assert_int_equal(shy_shapes_bar(open, sets[b], &drawn), SHY_OK);
            assert_int_equal(shy_shapes_create_barred(&g, cases[k].slots, cases[k].nonnegative, sets[b], false, &built), SHY_OK);
            expect_same(drawn, built, &operands, &roots);
            shy_shapes_destroy(&drawn);
            shy_shapes_destroy(&built);
        }
        shy_shapes_destroy(&open);
    }
    assert_true(operands > 1000 && roots > 1000);
}

/* 1/(a·b) may be written in three ways, all as long as each other; that of which nothing is barred stands for it. */
static void the_spelling_that_is_allowed_stands_for_all(void **state)
{
    (void)state;
    const shy_grammar g = grammar_of("* / inverse", 4);
    const uint32_t barred[] = {bit(SHY_OP_INVERSE), bit(SHY_OP_INVERSE)};
    shy_shapes *open = NULL, *drawn = NULL;
    assert_int_equal(shy_shapes_create_open(&g, 2, 2, &open), SHY_OK);
    assert_int_equal(shy_shapes_bar(open, barred, &drawn), SHY_OK);
    shy_tree tree = {0};
    (void)shy_tree_unary(&tree, SHY_OP_INVERSE, shy_tree_binary(&tree, SHY_OP_MULTIPLY, shy_tree_leaf(&tree, 0), shy_tree_leaf(&tree, 1)));
    const int root = shy_shapes_find(drawn, SHY_FAMILY_PLAIN, &tree, NULL);
    assert_true(root >= 0 && !roots_of(drawn)[root].forbidden);
    assert_int_equal(roots_of(drawn)[root].op, SHY_OP_INVERSE);
    assert_int_equal(roots_of(open)[root].op, SHY_OP_DIVIDE);
    shy_shapes_destroy(&drawn);
    shy_shapes_destroy(&open);
}

/* All that is asked of a table, of every operand and every formula. */
static void a_table_that_was_sent_is_the_same(void **state)
{
    (void)state;
    static const uint32_t slot[] = {0, 1};
    const shy_grammar g = grammar_of(ALL_OPERATORS, 5);
    const uint64_t before = shy_memory_in_use();
    shy_shapes *kept = create(&g, 2, 1), *sent = create(&g, 2, 1);
    send(&sent);
    assert_int_equal(sent->operands, kept->operands);
    assert_int_equal(sent->roots, kept->roots);
    assert_memory_equal(sent->operand_first, kept->operand_first, sizeof kept->operand_first);
    assert_memory_equal(sent->root_first, kept->root_first, sizeof kept->root_first);
    for (int i = 0; i < kept->operands; i++) {
        assert_true(same_shape(&sent->operand[i], &kept->operand[i]) && sent->operand[i].negative == kept->operand[i].negative);
        assert_int_equal(shy_shapes_inverse(sent, i), shy_shapes_inverse(kept, i));
    }
    for (int i = 0; i < kept->roots; i++) {
        const shy_root *root = &kept->root[i];
        shy_tree left, right = {0};
        assert_true(same_root(&sent->root[i], root));
        if (root->family == SHY_FAMILY_PLAIN) continue;
        shy_shapes_operand_tree(kept, root->left, slot, &left);
        shy_shapes_operand_tree(kept, root->right, slot, &right);
        assert_int_equal(shy_shapes_find(sent, (shy_family)root->family, &left, &right), shy_shapes_find(kept, (shy_family)root->family, &left, &right));
    }
    assert_true(kept->operands > 100 && kept->roots > 1000);
    shy_shapes_destroy(&kept);
    shy_shapes_destroy(&sent);
    assert_true(shy_memory_in_use() == before);
}

static void a_drawn_table_is_not_sent(void **state)
{
    (void)state;
    const shy_grammar g = grammar_of(NULL, 3);
    const uint32_t barred[] = {1};
    shy_shapes *open = NULL, *drawn = NULL;
    char *bytes = NULL;
    uint64_t count = 0;
    assert_int_equal(shy_shapes_create_open(&g, 1, 1, &open), SHY_OK);
    assert_int_equal(shy_shapes_bar(open, barred, &drawn), SHY_OK);
    assert_int_equal(shy_shapes_pack(drawn, &bytes, &count), SHY_INTERNAL);
    assert_null(bytes);
    shy_error_clear();
    shy_shapes_destroy(&drawn);
    shy_shapes_destroy(&open);
}

static void what_notes_nothing_is_refused(void **state)
{
    (void)state;
    const shy_grammar g = grammar_of(NULL, 3);
    const uint32_t barred[] = {1};
    shy_shapes *plain = create(&g, 1, 1), *drawn = NULL;
    assert_int_equal(shy_shapes_bar(plain, barred, &drawn), SHY_INTERNAL);
    assert_null(drawn);
    shy_error_clear();
    shy_shapes_destroy(&plain);
}

static void without_memory_there_is_no_table(void **state)
{
    (void)state;
    const shy_grammar g = grammar_of(NULL, 6);
    const uint32_t barred[] = {bit(SHY_OP_LOG), 0};
    const uint64_t before = shy_memory_in_use();
    shy_status st = SHY_MEMORY;
    for (uint64_t nth = 1; st == SHY_MEMORY && nth < 300; nth++) {
        shy_shapes *open = NULL, *drawn = NULL;
        shy_memory_fail_at(nth);
        st = shy_shapes_create_open(&g, 2, 2, &open);
        if (st == SHY_OK) st = shy_shapes_bar(open, barred, &drawn);
        shy_memory_fail_at(0);
        assert_int_equal(drawn != NULL, st == SHY_OK);
        shy_shapes_destroy(&drawn);
        shy_shapes_destroy(&open);
        assert_true(shy_memory_in_use() == before);
    }
    assert_int_equal(st, SHY_OK);
    shy_error_clear();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(drawn_tables_are_those_that_are_built),
        cmocka_unit_test(the_spelling_that_is_allowed_stands_for_all),
        cmocka_unit_test(a_table_that_was_sent_is_the_same), cmocka_unit_test(a_drawn_table_is_not_sent),
        cmocka_unit_test(what_notes_nothing_is_refused),
        cmocka_unit_test(without_memory_there_is_no_table),
    };
    return cmocka_run_group_tests_name("shapes bar", tests, NULL, NULL);
}
