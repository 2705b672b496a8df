/* Tests of expr: formulas as text and back. */
#include "shy_config.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "expr_random.h"

#define NAMES (sizeof names / sizeof names[0])

static const char *const names[] = {"weight", "height", "age", "scr", "log", "a b", "x`y", "größe", "", "x.1"};
static const double values[] = {70.0, 1.75, 50.0, 1.2, 3.5, -0.25, 8.0, 1e-3, 17.0, 0.5};

static shy_status parse(const char *text, shy_tree *tree)
{
    shy_error_clear();
    return shy_tree_parse(text, names, NAMES, tree);
}

/* The formula as text, in memory of its own that the caller frees. */
static char *print(const shy_tree *tree, int digits)
{
    char *text = NULL;

    shy_error_clear();
    assert_int_equal(shy_tree_print(tree, names, digits, &text), SHY_OK);
    return text;
}

static bool same_tree(const shy_tree *a, const shy_tree *b)
{
    if (a->count != b->count) return false;
    for (int k = 0; k < a->count; k++) {
        const shy_node *m = &a->node[k], *n = &b->node[k];
        if (m->op != n->op || m->left != n->left || m->right != n->right || m->factor != n->factor) return false;
        if (memcmp(&m->value, &n->value, sizeof m->value) != 0) return false;
    }
    return true;
}

/* ---- tables ---------------------------------------------------------------------------------------------------- */

static void texts_are_read_by_the_usual_rules_and_written_plainly(void **state)
{
    const double w = values[0], h = values[1], a = values[2], s = values[3];
    const struct {
        const char *text, *printed;
        double value;
    } cases[] = {
        {"weight/square(height)", "weight / square(height)", w / (h * h)},
        {"(140-age)*weight/scr", "(140 - age) * weight / scr", (140 - a) * w / s},
        {"((140-age)*(weight/scr))", "(140 - age) * (weight / scr)", (140 - a) * (w / s)},
        {"weight*height/age", "weight * height / age", w * h / a},
        {"weight/(height*age)", "weight / (height * age)", w / (h * a)},
        {"weight-(height-age)", "weight - (height - age)", w - (h - a)},
        {"(weight-height)-age", "weight - height - age", w - h - a},
        {"weight-height+age", "weight - height + age", w - h + a},
        {"weight+height*age", "weight + height * age", w + h * a},
        {"(weight+(height))*age", "(weight + height) * age", (w + h) * a},
        {"weight/height/age", "weight / height / age", w / h / a},
        {"weight+(-0.8)*height", "weight + (-0.8) * height", w + -0.8 * h},
        {"weight - -0.8", "weight - (-0.8)", w + 0.8},
        {"-0.8 * weight", "(-0.8) * weight", -0.8 * w},
        {"-weight * age", "(-1) * weight * age", -w * a},
        {"-(weight + age)", "(-1) * (weight + age)", -(w + a)},
        {"--weight", "(-1) * ((-1) * weight)", w},
        {"-(-(3))", "3", 3},
        {"-3", "-3", -3},
        {"max(-0.8, weight)", "max(-0.8, weight)", w},
        {"log ( weight )", "log(weight)", log(w)},
        {"log(`log`)", "log(`log`)", log(values[4])},
        {"min(weight,\tmax(age,\n1e2))", "min(weight, max(age, 100))", w},
        {"hypot(3, 4)", "hypot(3, 4)", 5},
        {"reldiff(weight, age)", "reldiff(weight, age)", (w - a) / (w + a)},
        {"abs(`a b`) + exp(sqrt(inverse(scr)))", "abs(`a b`) + exp(sqrt(inverse(scr)))", 0.25 + exp(sqrt(1 / s))},
        {"`x``y` * `größe` - ``", "`x``y` * `größe` - ``", 8.0 * 1e-3 - 17.0},
        {"`weight` + x.1", "weight + x.1", w + 0.5},
        {"1.5e-3 * age + .5 + 2.E1", "0.0015 * age + 0.5 + 20", 1.5e-3 * a + .5 + 20.},
        {"1E+5 + 12345678.9", "100000 + 12345678.9", 1e5 + 12345678.9},
    };

    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        shy_tree tree;
        assert_int_equal(parse(cases[k].text, &tree), SHY_OK);
        assert_true(shy_tree_evaluate(&tree, values) == cases[k].value);
        char *text = print(&tree, 0);
        assert_string_equal(text, cases[k].printed);
        shy_free(&text);
    }
}

static void wrong_texts_are_explained_by_position_and_word(void **state)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"", "ends at position 1"},
        {"weight +", "ends at position 9, where a factor, a number or an operator with its arguments is needed"},
        {"weight / heigth", "position 10: \"heigth\" is not a factor; did you mean \"height\"?"},
        {"größe + heigth", "position 1: \"gr\" is not a factor"},
        {"`größe` + heigth", "position 11: \"heigth\" is not a factor"},
        {"zzzzzzzz", "position 1: \"zzzzzzzz\" is not a factor."},
        {"lgo(age)", "position 1: \"lgo\" is not an operator; did you mean \"log\"?"},
        {"weight(age)", "position 1: \"weight\" is not an operator"},
        {"sqrt + 1", "position 1: the operator \"sqrt\" needs its argument in parentheses"},
        {"age + max(weight)", "position 7: the operator \"max\" takes 2 arguments, not 1"},
        {"log(age, weight)", "position 1: the operator \"log\" takes 1 argument, not 2"},
        {"log()", "position 5: \")\" stands where a factor"},
        {"max(age weight)", "position 9: \"weight\" stands where \",\""},
        {"(age + 1", "ends at position 9, where an operator or \")\" is needed"},
        {"age)", "position 4: \")\" stands where an operator or the end is needed"},
        {"age weight", "position 5: \"weight\" stands where an operator or the end is needed"},
        {"age ** 2", "position 6: \"*\" stands where a factor"},
        {"age ^ 2", "position 5: \"^\" stands where an operator or the end is needed"},
        {"age × 2", "position 5: \"×\" stands where"},
        {"3x + 1", "position 1: \"3x\" is not a number"},
        {"age * 1e999", "position 7: \"1e999\" is not a number"},
        {"1.2.3", "position 1: \"1.2.3\" is not a number"},
        {"2 * +3", "position 5: \"+\" stands where a factor"},
        {"age + `weig", "position 7: the name has no closing backquote"},
        {"`weight``", "position 1: the name has no closing backquote"},
        {"`", "position 1: the name has no closing backquote"},
        {"`hight`", "position 1: \"hight\" is not a factor; did you mean \"height\"?"},
        {"age + \x01", "position 7: \"?\" stands where"},
    };

    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        shy_tree tree = {.count = 77};
        assert_int_equal(parse(cases[k].text, &tree), SHY_INPUT);
        if (!strstr(shy_error_message(), cases[k].message)) print_error("%s: %s\n", cases[k].text, shy_error_message());
        assert_non_null(strstr(shy_error_message(), cases[k].message));
        assert_int_equal(tree.count, 77);
    }
}

/* "age+age+…" with `factors` factors; or `opening` repeated before "age". */
static char *repeated(const char *piece, int times)
{
    size_t length = strlen(piece);
    char *text = test_malloc(length * (size_t)times + 4);

    for (int k = 0; k < times; k++) memcpy(text + length * (size_t)k, piece, length);
    strcpy(text + length * (size_t)times, "age");
    return text;
}

static void texts_too_large_for_a_tree_are_refused(void **state)
{
    static const struct {
        const char *piece;
        int times;
        const char *message; /* NULL: just fits */
    } cases[] = {
        {"age + ", 47, NULL},
        {"age + ", 48, "position 292: too long; a formula has at most 96 factors, constants and operators"},
        {"log(", 500000, "position 801: nested more than 200 deep"},
        {"(", 500000, "nested more than 200 deep"},
        {"-", 47, NULL},
        {"-", 500000, "too long"},
        {"a", 500000, "is not a factor"},
        {"1", 500000, "is not a number"},
        {"`", 500000, "is not a factor"},
    };

    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        shy_tree tree;
        char *text = repeated(cases[k].piece, cases[k].times);
        shy_status st = parse(text, &tree);
        test_free(text);
        assert_int_equal(st, cases[k].message ? SHY_INPUT : SHY_OK);
        if (!cases[k].message) continue;
        if (!strstr(shy_error_message(), cases[k].message)) print_error("%s\n", shy_error_message());
        assert_non_null(strstr(shy_error_message(), cases[k].message));
        assert_true(strlen(shy_error_message()) < 300);
    }
}

static void constants_are_written_with_the_digits_asked_for(void **state)
{
    static const struct {
        int digits;
        const char *text;
    } cases[] = {{0, "140.0123456789 - age"}, {3, "140 - age"}, {5, "140.01 - age"}, {12, "140.012345679 - age"}};
    shy_tree tree;

    (void)state;
    assert_int_equal(parse("140.0123456789 - age", &tree), SHY_OK);
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        char *text = print(&tree, cases[k].digits);
        assert_string_equal(text, cases[k].text);
        shy_free(&text);
    }
}

/* ---- laws ------------------------------------------------------------------------------------------------------ */

static void what_is_written_is_read_back_as_the_same_tree(void **state)
{
    dice d = {.purpose = 10};

    (void)state;
    for (int k = 0; k < 5000; k++) {
        shy_tree tree = {.count = 0}, again;
        dice_tree(&d, &tree, 1 + (int)dice_below(&d, k % 10 ? 12 : SHY_TREE_MAX), NAMES);
        char *text = print(&tree, k % 2 ? 0 : 17);
        assert_int_equal(parse(text, &again), SHY_OK);
        assert_true(same_tree(&tree, &again));
        char *second = print(&again, k % 2 ? 0 : 17);
        assert_string_equal(text, second);
        shy_free(&text);
        shy_free(&second);
    }
}

/* The parenthesis that closes the one at `open`, names in backquotes skipped. */
static size_t closing(const char *text, size_t open)
{
    int depth = 0;
    bool quote = false;

    for (size_t k = open;; k++) {
        quote ^= text[k] == '`';
        if (quote) continue;
        depth += (text[k] == '(') - (text[k] == ')');
        if (depth == 0) return k;
    }
}

/* Without the pair at `open` the text must be another tree; a negative constant keeps its pair for the reader's sake. */
static void check_pair_is_needed(const shy_tree *tree, const char *text, size_t open)
{
    bool of_function = open > 0 && strchr(" (", text[open - 1]) == NULL;
    char without[4096];
    shy_tree other;

    if (of_function || text[open + 1] == '-') return;
    strcpy(without, text);
    without[open] = without[closing(text, open)] = ' ';
    assert_true(parse(without, &other) != SHY_OK || !same_tree(tree, &other));
}

static void no_pair_of_parentheses_is_superfluous(void **state)
{
    dice d = {.purpose = 11};

    (void)state;
    for (int k = 0; k < 1000; k++) {
        shy_tree tree = {.count = 0};
        bool quote = false;
        dice_tree(&d, &tree, 12, NAMES);
        char *text = print(&tree, 0);
        for (size_t at = 0; text[at]; at++) {
            quote ^= text[at] == '`';
            if (text[at] == '(' && !quote) check_pair_is_needed(&tree, text, at);
        }
        shy_free(&text);
    }
}

/* Replaces, removes, doubles or inserts a few bytes. */
static void mutate(dice *d, char *text, size_t room)
{
    static const char alphabet[] = "()(),+-*/`. 019eE_xlogmaxsqrtage\xc3\xb6\t\x7f^\"%";

    for (uint32_t times = 1 + dice_below(d, 3); times > 0; times--) {
        size_t length = strlen(text), at = dice_below(d, (uint32_t)length + 1);
        char c = alphabet[dice_below(d, sizeof alphabet - 1)];
        if (dice_below(d, 2) && at < length) {
            text[at] = c;
        } else if (dice_below(d, 2) && at < length) {
            memmove(text + at, text + at + 1, length - at);
        } else if (length + 2 < room) {
            memmove(text + at + 1, text + at, length - at + 1);
            text[at] = c;
        }
    }
}

static void mutated_texts_are_read_or_refused_with_a_message(void **state)
{
    dice d = {.purpose = 12};
    int refused = 0;
    const int rounds = 20000;

    (void)state;
    for (int k = 0; k < rounds; k++) {
        shy_tree tree = {.count = 0}, again;
        char text[4096];
        dice_tree(&d, &tree, 9, NAMES);
        char *printed = print(&tree, 4);
        strcpy(text, printed);
        shy_free(&printed);
        mutate(&d, text, sizeof text);
        if (parse(text, &tree) != SHY_OK) {
            refused++;
            assert_non_null(strstr(shy_error_message(), "position "));
            continue;
        }
        printed = print(&tree, 0);
        assert_int_equal(parse(printed, &again), SHY_OK);
        assert_true(same_tree(&tree, &again));
        shy_free(&printed);
    }
    assert_true(refused > rounds / 10 && refused < rounds);
}

static void every_failing_allocation_is_reported_and_leaks_nothing(void **state)
{
    static const char text[] = "log(`a b`) + max(weight, `x``y`) * (-0.8) / (weight - (height - age)) + 12345678.9 * scr";
    shy_tree tree;
    char *printed = NULL;
    uint64_t before = shy_memory_in_use(), nth;
    shy_status st = SHY_MEMORY;

    (void)state;
    for (nth = 1; st != SHY_OK && nth < 100; nth++) {
        shy_error_clear();
        shy_memory_fail_at(nth);
        st = parse(text, &tree);
        if (st != SHY_OK) assert_int_equal(st, SHY_MEMORY);
        assert_true(shy_memory_in_use() == before);
    }
    assert_true(st == SHY_OK && nth > 5);
    st = SHY_MEMORY;
    for (nth = 1; st != SHY_OK && nth < 100; nth++) {
        shy_error_clear();
        shy_memory_fail_at(nth);
        st = shy_tree_print(&tree, names, 0, &printed);
        if (st == SHY_OK) break;
        assert_int_equal(st, SHY_MEMORY);
        assert_null(printed);
        assert_true(shy_memory_in_use() == before);
    }
    shy_memory_fail_at(0);
    assert_true(st == SHY_OK && nth > 3);
    assert_string_equal(printed, text);
    shy_free(&printed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_read_by_the_usual_rules_and_written_plainly),
        cmocka_unit_test(wrong_texts_are_explained_by_position_and_word),
        cmocka_unit_test(texts_too_large_for_a_tree_are_refused),
        cmocka_unit_test(constants_are_written_with_the_digits_asked_for),
        cmocka_unit_test(what_is_written_is_read_back_as_the_same_tree),
        cmocka_unit_test(no_pair_of_parentheses_is_superfluous),
        cmocka_unit_test(mutated_texts_are_read_or_refused_with_a_message),
        cmocka_unit_test(every_failing_allocation_is_reported_and_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
