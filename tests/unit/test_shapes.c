/* test_shapes.c: which spellings are one formula and which are not, and small grammars counted by hand. */
#include "shy_config.h"

#include "shape_check.h"

/* ---- the same formula, written differently ------------------------------------------------------------------------- */

typedef struct {
    int family;
    const char *left, *right; /* of a plain form: the whole tree, NULL */
} spelling;

static const char *const letters[] = {"a", "b", "c"};

/* Root of a spelling among the shapes of `slots` slots; −1 if there is none. */
static int find(const shy_shapes *shapes, int slots, const spelling *s)
{
    shy_tree left, right;
    assert_int_equal(shy_tree_parse(s->left, letters, (uint32_t)slots, &left), SHY_OK);
    if (s->right) assert_int_equal(shy_tree_parse(s->right, letters, (uint32_t)slots, &right), SHY_OK);
    return shy_shapes_find(shapes, (shy_family)s->family, &left, s->right ? &right : NULL);
}

/* clang-format off */
#define PLAIN(text) {SHY_FAMILY_PLAIN, text, NULL}
#define WEIGHTED(u, v) {SHY_FAMILY_WEIGHTED, u, v}
#define RECIPROCAL(u, v) {SHY_FAMILY_WEIGHTED_INVERSE, u, v}
#define SHIFTED(u, v) {SHY_FAMILY_SHIFTED, u, v}
#define RATIO(u, v) {SHY_FAMILY_SHIFTED_RATIO, u, v}
#define INTERACTION(u, v) {SHY_FAMILY_INTERACTION, u, v}

/* Neighbours in a row are the same formula of the first `slots` letters; different rows are different formulas. */
typedef struct {
    int slots, nonnegative;
    spelling member[6];
} formula;

static const formula formulas[] = {
    {1, 1, {PLAIN("a"), PLAIN("a + a"), PLAIN("square(sqrt(a))"), PLAIN("sqrt(square(a))"), PLAIN("exp(log(a))"),
            PLAIN("abs(a)")}},
    {1, 1, {PLAIN("log(a)"), PLAIN("log(square(a))"), PLAIN("log(inverse(a))"), PLAIN("log(sqrt(a))"),
            PLAIN("log(a + a)")}},
    {1, 1, {PLAIN("square(a)"), PLAIN("a * a"), PLAIN("a / inverse(a)"), PLAIN("square(abs(a))")}},
    {1, 1, {PLAIN("inverse(a)"), PLAIN("a / square(a)"), PLAIN("a / a / a"), PLAIN("exp(log(inverse(a)))")}},
    {1, 1, {PLAIN("sqrt(inverse(a))"), PLAIN("inverse(sqrt(a))"), PLAIN("sqrt(a) / a")}},
    {1, 1, {PLAIN("exp(a)"), PLAIN("inverse(exp(a - (a + a)))")}},
    {1, 1, {PLAIN("a + square(a)"), PLAIN("square(a) + a"), PLAIN("a * a + a")}},
    {1, 1, {WEIGHTED("a", "square(a)"), SHIFTED("a", "a"), WEIGHTED("a * a", "a + a"), RATIO("a", "inverse(a)")}},
    {2, 2, {PLAIN("log(a * b)"), PLAIN("log(a) + log(b)"), PLAIN("log(sqrt(a * b))"),
            PLAIN("log(inverse(a)) - log(b)")}},
    {2, 2, {PLAIN("log(a / b)"), PLAIN("log(b / a)"), PLAIN("log(a) - log(b)")}},
    {2, 2, {PLAIN("reldiff(a, b)"), PLAIN("a / (a + b)"), PLAIN("b / (a + b)"), PLAIN("(b - a) / (a + b)"),
            PLAIN("reldiff(b, a)")}},
    {2, 2, {PLAIN("sqrt(a * b)"), PLAIN("sqrt(a) * sqrt(b)"), PLAIN("a * sqrt(b / a)"),
            PLAIN("hypot(sqrt(a * b), sqrt(a * b))")}},
    {2, 2, {PLAIN("hypot(a, b)"), PLAIN("sqrt(square(a) + square(b))"), PLAIN("hypot(b, a)")}},
    {2, 2, {PLAIN("a + b"), PLAIN("max(a, b) + min(a, b)"), PLAIN("a + a + b + b"), PLAIN("b - (a - (a + a))")}},
    {2, 2, {PLAIN("a * b"), PLAIN("max(a, b) * min(a, b)"), PLAIN("exp(log(a) + log(b))"),
            PLAIN("square(a + b) - square(a - b)")}},
    {2, 2, {PLAIN("a - b"), PLAIN("b - a"), PLAIN("a + a - b - b")}},
    {2, 2, {PLAIN("a / b"), PLAIN("inverse(b / a)"), PLAIN("a * inverse(b)"), PLAIN("(a + b) / b")}},
    {2, 2, {PLAIN("b / a"), PLAIN("inverse(a / b)"), PLAIN("(a + b) / a"), PLAIN("b / a - a / a")}},
    {2, 2, {PLAIN("(a + b) * (a - b)"), PLAIN("square(a) - square(b)"), PLAIN("b * b - a * a")}},
    {2, 2, {PLAIN("max(a, b) - a"), PLAIN("a - max(a, b)"), PLAIN("b - min(a, b)"), PLAIN("max(b - a, a - a)")}},
    {2, 2, {PLAIN("max(a, b) - b"), PLAIN("b - max(a, b)"), PLAIN("min(a, b) - a")}},
    {2, 2, {PLAIN("abs(a - b)"), PLAIN("max(a, b) - min(a, b)"), PLAIN("sqrt(square(a - b))"),
            PLAIN("max(a - b, b - a)")}},
    {2, 2, {PLAIN("max(a, b)"), PLAIN("max(b, a)"), PLAIN("exp(max(log(a), log(b)))"), PLAIN("a + b - min(a, b)")}},
    {2, 2, {PLAIN("log(max(a, b))"), PLAIN("max(log(a), log(b))"), PLAIN("log(inverse(max(b, a)))")}},
    {2, 2, {PLAIN("inverse(max(a, b))"), PLAIN("min(inverse(a), inverse(b))"), PLAIN("min(a / b / a, b / a / b)")}},
    {2, 2, {PLAIN("min(a, b)")}},
    {2, 2, {PLAIN("log(a + b)")}},
    {2, 2, {PLAIN("sqrt(a + b)")}},
    {2, 2, {PLAIN("sqrt(a) + sqrt(b)")}},
    {2, 2, {PLAIN("log(a) * log(b)")}},
    {2, 2, {WEIGHTED("a", "b"), WEIGHTED("b", "a"), WEIGHTED("a", "a + b"), WEIGHTED("a - b", "a + b"),
            RECIPROCAL("a", "inverse(b)")}},
    {2, 2, {SHIFTED("a", "b"), WEIGHTED("b", "a * b"), WEIGHTED("a * b", "b"), SHIFTED("a + a", "b"),
            RATIO("a", "inverse(b)")}},
    {2, 2, {SHIFTED("b", "a"), WEIGHTED("a", "a * b")}},
    {2, 2, {RATIO("a", "b"), WEIGHTED("inverse(b)", "a / b"), RECIPROCAL("a / b", "b"), SHIFTED("a", "inverse(b)")}},
    {2, 2, {RECIPROCAL("a", "b"), WEIGHTED("a", "inverse(b)"), WEIGHTED("inverse(b)", "a")}},
    {2, 2, {RECIPROCAL("b", "a")}},
    {2, 2, {WEIGHTED("log(a)", "log(b)"), WEIGHTED("log(a * b)", "log(a / b)"), WEIGHTED("log(a)", "log(square(b))")}},
    {2, 2, {SHIFTED("b", "exp(exp(a))"), WEIGHTED("exp(exp(a))", "b * exp(exp(a))")}},
    {2, 2, {INTERACTION("a", "b"), INTERACTION("b", "a"), INTERACTION("a + a", "b")}},
    {3, 3, {PLAIN("a * (b + c)"), PLAIN("a * b + a * c"), PLAIN("c * a + b * a")}},
    {3, 3, {PLAIN("a * b + c")}},
    {3, 3, {PLAIN("a * c / b"), PLAIN("a / (b / c)"), PLAIN("c / b * a"), PLAIN("inverse(b / a / c)")}},
    {3, 3, {PLAIN("a + c - b"), PLAIN("a - (b - c)"), PLAIN("b - a - c")}},
    {3, 3, {PLAIN("max(a, max(b, c))"), PLAIN("max(max(c, a), b)"), PLAIN("max(max(a, b), max(b, c))")}},
    /* Where a can be negative, these are different. */
    {1, 0, {PLAIN("a")}},
    {1, 0, {PLAIN("sqrt(square(a))"), PLAIN("abs(a)"), PLAIN("max(a, a - (a + a))")}},
    {1, 0, {PLAIN("square(sqrt(a))")}},
    {1, 0, {PLAIN("a + abs(a)"), PLAIN("max(a, a - a)"), PLAIN("max(a + a, abs(a) - abs(a))")}},
    {1, 0, {PLAIN("a - abs(a)"), PLAIN("abs(a) - a")}},
    {1, 0, {PLAIN("log(a)"), PLAIN("log(a) + log(a)")}},
    {1, 0, {PLAIN("log(square(a))"), PLAIN("log(abs(a))")}},
    {2, 0, {PLAIN("sqrt(a * b)")}},
    {2, 0, {PLAIN("sqrt(a) * sqrt(b)")}},
    {2, 1, {PLAIN("b * a"), PLAIN("b * sqrt(square(a))"), PLAIN("b * abs(a)")}},
    {2, 1, {PLAIN("a * sqrt(square(b))"), PLAIN("a * abs(b)"), PLAIN("abs(a * b)")}},
};
/* clang-format on */
enum { FORMULAS = sizeof formulas / sizeof *formulas };

/* Constants, families with fewer dimensions than constants, and what depends on fewer letters than it names. */
static const formula nothing[] = {
    {1, 1, {PLAIN("a / a"), PLAIN("a - a"), PLAIN("a - exp(log(a))"), PLAIN("max(a, a) - a"),
            PLAIN("log(a) + log(inverse(a))")}},
    {1, 1, {WEIGHTED("a", "a"), WEIGHTED("a", "a + a"), SHIFTED("a", "a / a"), INTERACTION("a", "a"),
            SHIFTED("a / a", "a")}},
    {2, 2, {PLAIN("a - b - a"), PLAIN("(a * b + b) / b"), PLAIN("log(a * b) - log(a) - log(b)"), PLAIN("a * b / b"),
            PLAIN("b")}},
    {2, 2, {PLAIN("a - b - a + b"), PLAIN("max(a, min(a, b))"), WEIGHTED("a", "a * b / b"), WEIGHTED("a", "a")}},
    {2, 0, {PLAIN("a - b - a"), PLAIN("sqrt(b) - sqrt(b)"), SHIFTED("a", "a")}},
};

/* A grammar of all operators, small enough to be enumerated for every row of the table. */
static shy_shapes *shapes_of(int slots, int nonnegative)
{
    static shy_shapes *made[4][4];
    const shy_grammar grammar = grammar_of(ALL_OPERATORS, slots == 3 ? 6 : 7);
    if (!made[slots][nonnegative]) made[slots][nonnegative] = create(&grammar, slots, nonnegative);
    return made[slots][nonnegative];
}

static void spellings_of_one_formula_are_one(void **state)
{
    (void)state;
    for (int f = 0; f < FORMULAS; f++) {
        const shy_shapes *shapes = shapes_of(formulas[f].slots, formulas[f].nonnegative);
        const int root = find(shapes, formulas[f].slots, &formulas[f].member[0]);
        if (root < 0) fail_msg("row %d: %s is no formula", f, formulas[f].member[0].left);
        for (int m = 1; m < 6 && formulas[f].member[m].left; m++) {
            if (find(shapes, formulas[f].slots, &formulas[f].member[m]) == root) continue;
            fail_msg("row %d: %s is not %s", f, formulas[f].member[m].left, formulas[f].member[0].left);
        }
    }
}

static void different_formulas_are_different(void **state)
{
    (void)state;
    for (int f = 0; f < FORMULAS; f++) {
        const shy_shapes *shapes = shapes_of(formulas[f].slots, formulas[f].nonnegative);
        for (int g = 0; g < f; g++) {
            if (formulas[g].slots != formulas[f].slots || formulas[g].nonnegative != formulas[f].nonnegative) continue;
            const int one = find(shapes, formulas[f].slots, &formulas[f].member[0]);
            if (one != find(shapes, formulas[g].slots, &formulas[g].member[0])) continue;
            fail_msg("rows %d and %d: %s is %s", f, g, formulas[f].member[0].left, formulas[g].member[0].left);
        }
    }
}

static void constants_and_idle_letters_are_no_formulas(void **state)
{
    (void)state;
    for (size_t f = 0; f < sizeof nothing / sizeof *nothing; f++) {
        const shy_shapes *shapes = shapes_of(nothing[f].slots, nothing[f].nonnegative);
        for (int m = 0; m < 6 && nothing[f].member[m].left; m++) {
            if (find(shapes, nothing[f].slots, &nothing[f].member[m]) < 0) continue;
            fail_msg("%s is a formula of %d factors", nothing[f].member[m].left, nothing[f].slots);
        }
    }
}

/* ---- simplest members ------------------------------------------------------------------------------------------------ */

/* The formula of a spelling and the text and complexity of the one that stands for it. */
static void the_simplest_member_represents(void **state)
{
    (void)state;
    static const struct {
        int slots;
        const char *text, *simplest;
        int complexity;
    } cases[] = {
        {2, "log(a) + log(b)", "log(a * b)", 4},
        {2, "(a - b) / (a + b)", "reldiff(a, b)", 3},
        {1, "a * a", "square(a)", 2},
        {1, "inverse(sqrt(a))", "sqrt(inverse(a))", 3},
        {1, "square(sqrt(a))", "a", 1},
        {3, "a / (b / c)", "a * c / b", 5},
        {3, "a * b + a * c", "a * (b + c)", 5},
        {2, "inverse(b / a)", "a / b", 3},
        {2, "max(a, b) - min(a, b)", "abs(a - b)", 4},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        shy_shapes *shapes = shapes_of(cases[k].slots, cases[k].slots);
        const spelling given = PLAIN(cases[k].text);
        const int root = find(shapes, cases[k].slots, &given);
        char text[128];
        assert_true(root >= 0);
        root_text(shapes, root, text, sizeof text);
        /* Some have an equally short spelling: the length decides. */
        assert_int_equal(strlen(text), strlen(cases[k].simplest));
        assert_int_equal(roots_of(shapes)[root].complexity, cases[k].complexity);
    }
}

static void inverses_are_known(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int complexity;
    } cases[] = {{"a", 2}, {"a / b", 3}, {"square(a)", 3}, {"sqrt(inverse(b))", 2}, {"a + b", 4}, {"exp(a - b)", 4}};
    const shy_shapes *shapes = shapes_of(2, 2);
    int count = 0;
    const int *first = NULL;
    (void)shy_shapes_operands(shapes, &count, &first);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const int operand = find_operand(shapes, cases[k].text);
        assert_true(operand >= 0);
        assert_int_equal(shy_shapes_inverse_complexity(shapes, operand), cases[k].complexity);
    }
    shy_grammar sums = grammar_of("+ -", 5);
    shy_shapes *no_ratios = create(&sums, 2, 2);
    for (int i = 0; i < 2; i++) assert_int_equal(shy_shapes_inverse_complexity(no_ratios, i), INT32_MAX);
    shy_shapes_destroy(&no_ratios);
}

/* A formula whose simplest spelling is forbidden does not come back in a longer one; equally short ones may take its place. */
static void forbidden_formulas_have_no_other_spelling(void **state)
{
    (void)state;
    static const struct {
        const char *forbid, *text;
        bool forbidden;
    } cases[] = {
        {"log(log)", "log(sqrt(log(a)))", true},   {"log(log)", "a - log(log(a))", true},
        {"log(log)", "log(sqrt(a))", false},       {"log(*)", "log(a) + log(a * a * a)", false},
        {"sqrt(+)", "sqrt(a + square(a))", true},  {"sqrt(+)", "sqrt(a + a)", false},
        {"square(log)", "log(a) * log(a)", true},  {"*(log)", "log(a) * a", true},
        {"inverse(square)", "inverse(a) * inverse(a)", false},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        shy_grammar grammar = grammar_of(NULL, 6);
        const spelling given = PLAIN(cases[k].text);
        memset(grammar.forbidden, 0, sizeof grammar.forbidden);
        assert_int_equal(shy_grammar_forbid(&grammar, cases[k].forbid), SHY_OK);
        shy_shapes *shapes = create(&grammar, 1, 1);
        const int root = find(shapes, 1, &given);
        if (root < 0 || roots_of(shapes)[root].forbidden != cases[k].forbidden) fail_msg("%s: %s", cases[k].forbid, cases[k].text);
        shy_shapes_destroy(&shapes);
    }
}

/* ---- counted by hand --------------------------------------------------------------------------------------------------- */

typedef struct {
    const char *operators;
    int slots, constants;
    int count[8]; /* of complexity 1, 2, … */
} hand_count;

/*
 * + and *, one letter: a; a²; a³ and a² + a, and {a, a²} as a family. Two letters: ab and a + b; ten polynomials of
 * three letters (a²b, ab²; a² + b, b² + a, ab + a, ab + b; 2a + b, a + 2b; a² + ab, b² + ab) and the families {a, b},
 * {b, ab}, {a, ab}.
 * Unary operators: log, root, square, inverse at 2; at 3 x^(1/4), x^(-1/2), x^4, x^(-2) and root, square, inverse of the log.
 * Differences: a − b; 2a − b, 2b − a; 3a − b, 3b − a, a + b. Products of one letter: powers. Ratios of two letters:
 * a/b, b/a; a²/b, a/b², b²/a, b/a².
 */
static const hand_count hand_counts[] = {
    {"+ *", 1, 2, {1, 0, 1, 0, 3}},
    {"+ *", 2, 2, {0, 0, 2, 0, 13}},
    {"+ *", 1, 0, {1, 0, 1, 0, 2}},
    {"+ *", 2, 0, {0, 0, 2, 0, 10}},
    {"log sqrt square inverse", 1, 2, {1, 4, 7}},
    {"log sqrt square inverse", 2, 2, {0, 0, 0, 0, 0}},
    {"-", 2, 2, {0, 0, 1, 0, 2, 0, 3}},
    {"-", 1, 2, {1, 0, 0, 0, 0}},
    {"*", 1, 2, {1, 0, 1, 0, 1, 0, 1}},
    {"*", 3, 2, {0, 0, 0, 0, 1, 0, 3}},
    {"/", 2, 2, {0, 0, 2, 0, 4}},
    {"max", 3, 2, {0, 0, 0, 0, 1, 0, 0}},
    {"max min", 2, 2, {0, 0, 2, 0, 0, 0, 0}},
    {"max min", 3, 2, {0, 0, 0, 0, 8, 0, 0}},
    {"abs", 1, 2, {1, 0, 0}},
    {"exp log", 1, 2, {1, 2, 1, 1}},
};

static void small_grammars_have_the_counts_of_hand(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof hand_counts / sizeof *hand_counts; k++) {
        const hand_count *h = &hand_counts[k];
        int most = 8;
        while (most > 1 && h->count[most - 1] == 0) most--;
        shy_grammar grammar = grammar_of(h->operators, most > 5 ? most : 5);
        grammar.max_constants = h->constants;
        if (strchr(h->operators, 'l') || strcmp(h->operators, "abs") == 0) grammar.max_complexity = most;
        shy_shapes *shapes = create(&grammar, h->slots, h->slots);
        int count = 0;
        const int *first = NULL;
        const shy_root *root = shy_shapes_roots(shapes, &count, &first);
        for (int c = 1; c <= grammar.max_complexity; c++) {
            int allowed = 0;
            for (int i = first[c]; i < first[c + 1]; i++) allowed += !root[i].forbidden;
            if (allowed == h->count[c - 1]) continue;
            fail_msg("%s, %d slots, complexity %d: %d formulas, by hand %d", h->operators, h->slots, c, allowed,
                     h->count[c - 1]);
        }
        shy_shapes_destroy(&shapes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spellings_of_one_formula_are_one),
        cmocka_unit_test(different_formulas_are_different),
        cmocka_unit_test(constants_and_idle_letters_are_no_formulas),
        cmocka_unit_test(the_simplest_member_represents),
        cmocka_unit_test(inverses_are_known),
        cmocka_unit_test(forbidden_formulas_have_no_other_spelling),
        cmocka_unit_test(small_grammars_have_the_counts_of_hand),
    };
    return cmocka_run_group_tests_name("shapes", tests, NULL, NULL);
}
