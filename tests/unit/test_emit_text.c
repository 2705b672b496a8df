/* Tests of emit: text of somebody else in comments, strings and names. */
#include "shy_config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

#include "../../src/emit/emit_impl.h"

/* Whatever comes, a comment stays one: each line begins with the prefix, and none ends with what joins lines in C. */
static void comments_stay_comments(void **state)
{
    static const char *const odd[] = {"a\nb", "a\r\nb", "a\xe2\x80\xa8 b", "ends with \\", "ends with ?\?/", "*/ /* -->", "\x1b[2J\x7f", "\xff\xfe"};

    (void)state;
    for (size_t k = 0; k < sizeof odd / sizeof *odd; k++) {
        shy_buffer name = {0}, out = {0};
        shy_emit_line(&name, odd[k]);
        assert_null(strpbrk(name.bytes, "\r\n\x1b\x7f"));
        shy_emit_comment(&out, "// ", name.bytes);
        for (const char *line = out.bytes; *line != '\0'; line = strchr(line, '\n') + 1) {
            const char *end = strchr(line, '\n');
            assert_memory_equal(line, "//", 2);
            assert_int_not_equal(end[-1], '\\');
            assert_true(end - line < 3 || memcmp(end - 3, "?\?/", 3) != 0);
        }
        assert_int_equal(out.bytes[out.count - 1], '\n');
        shy_buffer_free(&name);
        shy_buffer_free(&out);
    }
}

static void long_comments_go_on_in_further_lines_set_in(void **state)
{
    shy_buffer lines = {0}, out = {0};

    (void)state;
    shy_buffer_text(&lines, "  first");
    for (int k = 0; k < 60; k++) shy_buffer_text(&lines, " word");
    shy_emit_comment(&out, "# ", lines.bytes);
    int count = 0;
    for (const char *line = out.bytes; *line != '\0'; line = strchr(line, '\n') + 1, count++) {
        assert_in_range(strchr(line, '\n') - line, 1, 112);
        assert_memory_equal(line, count == 0 ? "#   first" : "#     word", count == 0 ? 9 : 10);
    }
    assert_int_equal(count, 3);
    shy_buffer_free(&lines);
    shy_buffer_free(&out);
}

static void quotes_and_odd_characters_of_strings_are_escaped(void **state)
{
    shy_buffer out = {0};

    (void)state;
    shy_emit_quoted(&out, "a\"b\\c$d\ne\xe2\x80\xae\xf0\x9f\x98\x80大\xf3\xa0\x80\xa0", "\\\"$");
    assert_string_equal(out.bytes, "\"a\\\"b\\\\c\\$d\\u000ae\\u202e😀大\\U000e0020\"");
    shy_buffer_free(&out);
}

static void characters_are_told_apart(void **state)
{
    static const struct {
        const char *text;
        uint32_t first;
        int bytes;
    } cases[] = {{"", 0, 0},           {"a", 'a', 1},          {"é", 0xe9, 2},           {"大", 0x5927, 3},    {"😀", 0x1f600, 4}, {"\xc3", 0xfffd, 1},
                 {"\x80", 0xfffd, 1},  {"\xc0\x80", 0xfffd, 1}, {"\xed\xa0\x80", 0xfffd, 3}, {"\xe0\x80\x80", 0xfffd, 3}, {"\xf0\x9f\x98", 0xfffd, 1}};

    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const char *at = cases[k].text;
        assert_int_equal(shy_emit_next(&at), cases[k].first);
        assert_int_equal(at - cases[k].text, cases[k].bytes);
    }
}

/* Names differ in more than case, are made of letters, digits and underscores, and mean nothing in any language. */
static void names_are_given_once(void **state)
{
    static const char *const meant[] = {"a b", "a-b", "A_B", "a_b_2", "if", "If", "NA", "1st", "大きさ", "年齢", "", "score", "int", "<script>", "-->", "_", "__", "x", "sum", "Probability 1", "at_most_2", "a__b", "shihyo_predict",
                                        "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn", "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnm"};
    shy_emit_names names = {0};
    const char *given[sizeof meant / sizeof *meant];

    (void)state;
    for (size_t k = 0; k < sizeof meant / sizeof *meant; k++) {
        assert_int_equal(shy_emit_name_give(&names, meant[k], &given[k]), SHY_OK);
        assert_int_equal(strspn(given[k], "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"), strlen(given[k]));
        assert_true((*given[k] | 0x20) >= 'a' && (*given[k] | 0x20) <= 'z');
        assert_in_range(strlen(given[k]), 1, 48);
        assert_null(strstr(given[k], "__"));
        assert_true(strncasecmp(given[k], "probability_", 12) != 0 && strncasecmp(given[k], "at_most_", 8) != 0);
        for (size_t j = 0; j < k; j++) assert_int_not_equal(strcasecmp(given[j], given[k]), 0);
    }
    assert_string_equal(given[0], "a_b");
    assert_string_equal(given[4], "if_2");
    assert_string_equal(given[7], "x_1st");
    shy_emit_names_free(&names);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comments_stay_comments),
        cmocka_unit_test(long_comments_go_on_in_further_lines_set_in),
        cmocka_unit_test(quotes_and_odd_characters_of_strings_are_escaped),
        cmocka_unit_test(characters_are_told_apart),
        cmocka_unit_test(names_are_given_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
