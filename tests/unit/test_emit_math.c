/* Tests of emit: formulas as MathML and LaTeX. */
#include "shy_config.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "shihyo/emit.h"

static const char *const names[] = {"x", "y", "z", "a b", "<b>&\"'", "%_#$\\{}^~", "a\x01\xe2\x80\xae\nb", "大きさ", "\xff|"};
#define NAMES (sizeof names / sizeof names[0])

static shy_tree parse(const char *text)
{
    shy_tree tree;

    assert_int_equal(shy_tree_parse(text, names, NAMES, &tree), SHY_OK);
    return tree;
}

/* MathML without its elements: what is read. Fractions keep their braces, so that both sides can be told. */
static void read_mathml(const char *xml, char *out)
{
    const char *const shown[][2] = {{"<mfrac><mrow>", "{"}, {"</mrow><mrow>", "}/{"}, {"</mrow></mfrac>", "}"}, {"<msqrt>", "√{"}, {"</msqrt>", "}"}, {"<mn>2</mn></msup>", "²"},
                                    {"<msup><mn>10</mn>", "10^"}, {"&#x2061;", ""}, {"<mtr>", "["}, {"</mtr>", "]"}};

    for (xml = strchr(xml, '>') + 1; *xml != '\0';) { /* behind <math …> */
        size_t k = 0;
        while (k < sizeof shown / sizeof *shown && strncmp(xml, shown[k][0], strlen(shown[k][0])) != 0) k++;
        if (k < sizeof shown / sizeof *shown) out = stpcpy(out, shown[k][1]), xml += strlen(shown[k][0]);
        else if (*xml == '<') xml = strchr(xml, '>') + 1;
        else *out++ = *xml++;
    }
    *out = '\0';
}

static void check(const char *text, int digits, const char *mathml, const char *latex)
{
    const shy_tree tree = parse(text);
    shy_buffer out = {0};
    char shown[4096];

    assert_int_equal(shy_emit_mathml(&tree, names, digits, &out), SHY_OK);
    read_mathml(out.bytes, shown);
    assert_string_equal(shown, mathml);
    shy_buffer_free(&out);
    assert_int_equal(shy_emit_latex(&tree, names, digits, &out), SHY_OK);
    assert_string_equal(out.bytes, latex);
    shy_buffer_free(&out);
}

static void parentheses_stand_where_they_must(void **state)
{
    (void)state;
    check("x / square(y)", 0, "{x}/{y²}", "\\frac{\\text{x}}{{\\text{y}}^{2}}");
    check("x + (y + z)", 0, "x+y+z", "\\text{x} + \\text{y} + \\text{z}");
    check("x + (y - z)", 0, "x+y−z", "\\text{x} + \\text{y} - \\text{z}");
    check("x - (y - z)", 0, "x−(y−z)", "\\text{x} - \\left(\\text{y} - \\text{z}\\right)");
    check("x - y - z", 0, "x−y−z", "\\text{x} - \\text{y} - \\text{z}");
    check("x * (y + z)", 0, "x·(y+z)", "\\text{x} \\cdot \\left(\\text{y} + \\text{z}\\right)");
    check("x * (y / z)", 0, "x·{y}/{z}", "\\text{x} \\cdot \\frac{\\text{y}}{\\text{z}}");
    check("(x + y) / (z * x)", 0, "{x+y}/{z·x}", "\\frac{\\text{x} + \\text{y}}{\\text{z} \\cdot \\text{x}}");
    check("square(x + y)", 0, "(x+y)²", "{\\left(\\text{x} + \\text{y}\\right)}^{2}");
    check("square(square(x))", 0, "(x²)²", "{\\left({\\text{x}}^{2}\\right)}^{2}");
    check("square(log(x))", 0, "(ln(x))²", "{\\left(\\ln\\left(\\text{x}\\right)\\right)}^{2}");
    check("square(x / y)", 0, "({x}/{y})²", "{\\left(\\frac{\\text{x}}{\\text{y}}\\right)}^{2}");
    check("square(sqrt(x))", 0, "√{x}²", "{\\sqrt{\\text{x}}}^{2}");
    check("inverse(sqrt(x))", 0, "{1}/{√{x}}", "\\frac{1}{\\sqrt{\\text{x}}}");
    check("hypot(x, y + z)", 0, "√{x²+(y+z)²}", "\\sqrt{{\\text{x}}^{2} + {\\left(\\text{y} + \\text{z}\\right)}^{2}}");
    check("reldiff(x, y - z)", 0, "{x−(y−z)}/{x+y−z}", "\\frac{\\text{x} - \\left(\\text{y} - \\text{z}\\right)}{\\text{x} + \\text{y} - \\text{z}}");
    check("max(x, exp(y)) + min(x, abs(z))", 0, "max(x,exp(y))+min(x,|z|)",
          "\\max\\left(\\text{x}, \\exp\\left(\\text{y}\\right)\\right) + \\min\\left(\\text{x}, \\left|\\text{z}\\right|\\right)");
}

static void numbers_are_written_as_by_hand(void **state)
{
    (void)state;
    check("x + (-3)", 0, "x−3", "\\text{x} - 3");
    check("x - (-3) * y", 0, "x+3·y", "\\text{x} + 3 \\cdot \\text{y}");
    check("x + (-3) * y", 0, "x−3·y", "\\text{x} - 3 \\cdot \\text{y}");
    check("(-3) * y + x", 0, "−3·y+x", "-3 \\cdot \\text{y} + \\text{x}");
    check("x * (-3)", 0, "x·(−3)", "\\text{x} \\cdot \\left(-3\\right)");
    check("x + ((-3) + y) * z", 0, "x+(−3+y)·z", "\\text{x} + \\left(-3 + \\text{y}\\right) \\cdot \\text{z}");
    check("x * 1.25e-7", 0, "x·1.25×10^−7", "\\text{x} \\cdot 1.25 \\times 10^{-7}");
    check("x * 123456789.5", 3, "x·1.23×10^8", "\\text{x} \\cdot 1.23 \\times 10^{8}");
    check("square(1e-9)", 0, "(1×10^−9)²", "{\\left(1 \\times 10^{-9}\\right)}^{2}");
    check("x / (-2.5)", 2, "{x}/{−2.5}", "\\frac{\\text{x}}{-2.5}");
}

static void names_are_text(void **state)
{
    (void)state;
    check("`a b` + `大きさ`", 0, "a b+大きさ", "\\text{a b} + \\text{大きさ}");
    check("`<b>&\"'`", 0, "&lt;b&gt;&amp;&quot;&#39;", "\\text{\\textless{}b\\textgreater{}\\&{\\char34}{\\char39}}");
    check("`%_#$\\{}^~`", 0, "%_#$\\{}^~", "\\text{\\%\\_\\#\\$\\textbackslash{}\\{\\}\\textasciicircum{}\\textasciitilde{}}");
    check("`a\x01\xe2\x80\xae\nb`", 0, "a   b", "\\text{a   b}");
    check("`\xff|`", 0, "\xef\xbf\xbd|", "\\text{\xef\xbf\xbd\\textbar{}}");
}

static void names_that_are_long_are_cut_and_go_on_in_further_lines(void **state)
{
    static char name[10001];
    const char *const long_names[] = {name, "serum_bilirubin_at_the_first_visit_of_the_year"};
    shy_tree tree = {0};
    shy_buffer out = {0};
    char shown[4096];

    (void)state;
    memset(name, 'n', sizeof name - 1);
    shy_tree_leaf(&tree, 0);
    assert_int_equal(shy_emit_mathml(&tree, long_names, 0, &out), SHY_OK);
    assert_non_null(strstr(out.bytes, "…"));
    assert_in_range(out.count, 10000, 11000); /* alttext has all of it */
    shy_buffer_free(&out);
    tree.node[0].factor = 1;
    assert_int_equal(shy_emit_mathml(&tree, long_names, 0, &out), SHY_OK);
    read_mathml(out.bytes, shown);
    assert_string_equal(shown, "[serum_bilirubin_at_the_][first_visit_of_the_year]");
    shy_buffer_free(&out);
}

static void a_failure_of_memory_is_passed_on(void **state)
{
    const shy_tree tree = parse("x / `a b`");
    shy_buffer out = {0};

    (void)state;
    for (uint64_t n = 1; n <= 3; n++) {
        shy_memory_fail_at(n);
        assert_int_equal(shy_emit_mathml(&tree, names, 0, &out), SHY_MEMORY);
        shy_memory_fail_at(0);
        shy_error_clear();
        shy_buffer_free(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parentheses_stand_where_they_must),
        cmocka_unit_test(numbers_are_written_as_by_hand),
        cmocka_unit_test(names_are_text),
        cmocka_unit_test(names_that_are_long_are_cut_and_go_on_in_further_lines),
        cmocka_unit_test(a_failure_of_memory_is_passed_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
