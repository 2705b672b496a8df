/* The catalogue: every message in every language, with the same arguments; and what stands in HTML and JSON is harmless. */
#include "shy_config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "page/html.h"

/* ---- the catalogue ----------------------------------------------------------------------------------------------------------------------- */

/* Strict UTF-8: no overlong forms, no surrogates, nothing beyond U+10FFFF. NULL: it is well-formed, else the first bad byte. */
static const char *bad_utf8(const char *text, uint32_t *last_out)
{
    for (const unsigned char *c = (const unsigned char *)text; *c != 0;) {
        const int more = *c < 0x80 ? 0 : *c >= 0xf0 ? 3 : *c >= 0xe0 ? 2 : *c >= 0xc2 ? 1 : -1;
        uint32_t code = more == 0 ? *c : more == 1 ? *c & 0x1fu : more == 2 ? *c & 0x0fu : *c & 0x07u;
        if (more < 0) return (const char *)c;
        for (int k = 1; k <= more; k++) {
            if ((c[k] & 0xc0) != 0x80) return (const char *)c;
            code = code << 6 | (c[k] & 0x3fu);
        }
        if ((more == 2 && code < 0x800) || (more == 3 && code < 0x10000) || (code >= 0xd800 && code < 0xe000) || code > 0x10ffff || code == 0xfffd) return (const char *)c;
        *last_out = code;
        c += more + 1;
    }
    return NULL;
}

/* The braces of a text as a set: each {name} once, in the order of the alphabet; false if one is not closed or no name. */
static bool arguments_of(const char *text, char set[512])
{
    char name[16][32];
    int count = 0;

    for (; (text = strpbrk(text, "{}")) != NULL; text++) {
        const char *end = strchr(text, '}');
        if (*text == '}' || end == NULL || end - text < 2 || end - text > 30 || count == 16) return false;
        char found[32];
        snprintf(found, sizeof found, "%.*s", (int)(end - text - 1), text + 1);
        if (strspn(found, "abcdefghijklmnopqrstuvwxyz_0123456789") != strlen(found)) return false;
        int at = 0;
        while (at < count && strcmp(name[at], found) < 0) at++;
        if (at == count || strcmp(name[at], found) != 0) {
            for (int k = count; k > at; k--) memcpy(name[k], name[k - 1], sizeof *name);
            memcpy(name[at], found, sizeof found);
            count++;
        }
        text = end;
    }
    set[0] = '\0';
    for (int k = 0; k < count; k++) strcat(strcat(set, name[k]), " ");
    return true;
}

static bool has_japanese(const char *text)
{
    for (; *text != '\0'; text++) /* U+3040 … U+30FF (kana) and U+4E00 … U+9FFF */
        if ((unsigned char)*text >= 0xe3 && (unsigned char)*text <= 0xe9) return true;
    return false;
}

static void test_every_message_in_every_language(void **state)
{
    (void)state;
    int bad = 0;
    for (int m = 0; m < SHY_MESSAGES; m++) {
        char arguments[SHY_LANGUAGES][512];
        for (int l = 0; l < SHY_LANGUAGES; l++) {
            const char *text = shy_message_text((shy_language)l, (shy_message)m), *fault = NULL;
            uint32_t last = 0;
            if (text == NULL || *text == '\0') fault = "is empty";
            else if (bad_utf8(text, &last) != NULL) fault = "is no UTF-8";
            else if (!arguments_of(text, arguments[l])) fault = "has braces that are no argument";
            else if (strstr(text, "</") != NULL || strstr(text, "&amp;") != NULL || strstr(text, "&lt;") != NULL || strstr(text, "<p") != NULL || strstr(text, "<b") != NULL || strstr(text, "<s") != NULL)
                fault = "has markup";
            else if (strpbrk(text, strncmp(shy_message_name((shy_message)m), "CHART_", 6) == 0 ? "\t\r" : "\n\t\r") != NULL) fault /* tooltips have lines */ = "has a line break";
            else if (strstr(text, "  ") != NULL) fault = "has two spaces";
            if (fault != NULL) print_error("%s in language %d %s: %s\n", shy_message_name((shy_message)m), l, fault, text == NULL ? "" : text), bad++;
        }
        if (bad == 0 && strcmp(arguments[SHY_ENGLISH], arguments[SHY_JAPANESE]) != 0)
            print_error("%s has other arguments in Japanese: %s/ %s\n", shy_message_name((shy_message)m), arguments[SHY_ENGLISH], arguments[SHY_JAPANESE]), bad++;
    }
    assert_int_equal(bad, 0);
}

/* Words of three letters or more, but for arguments. */
static int words_of(const char *text)
{
    int words = 0, letters = 0;

    for (bool argument = false; *text != '\0'; text++) {
        argument = *text == '{' || (argument && *text != '}');
        letters = !argument && ((*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z')) ? letters + 1 : 0;
        words += letters == 3;
    }
    return words;
}

/* A sentence that stands in English on a Japanese page was forgotten; and the other way round. */
static void test_languages_are_what_they_say(void **state)
{
    (void)state;
    int bad = 0;
    for (int m = 0; m < SHY_MESSAGES; m++) {
        const char *english = shy_message_text(SHY_ENGLISH, (shy_message)m), *japanese = shy_message_text(SHY_JAPANESE, (shy_message)m);
        if (has_japanese(english)) print_error("%s is Japanese in English\n", shy_message_name((shy_message)m)), bad++;
        if (words_of(english) > 2 && !has_japanese(japanese)) print_error("%s is not Japanese: %s\n", shy_message_name((shy_message)m), japanese), bad++;
        if (strstr(japanese, "だ。") != NULL || strstr(japanese, "である。") != NULL)
            print_error("%s is not in the polite style: %s\n", shy_message_name((shy_message)m), japanese), bad++;
    }
    assert_int_equal(bad, 0);
}

static void test_names(void **state)
{
    (void)state;
    for (int m = 0; m < SHY_MESSAGES; m++) assert_true(*shy_message_name((shy_message)m) != (char)0);
    assert_string_equal(shy_message_name(SHY_MSG_SECTION_VERDICT), "SECTION_VERDICT");
    assert_string_equal(shy_message_text(SHY_JAPANESE, SHY_MSG_SECTION_VERDICT), "判定");
}

/* ---- escaping --------------------------------------------------------------------------------------------------------------------------------- */

static const char *const hostile[] = {
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onmouseover='x", "=cmd|' /C calc'!A0", "&lt;b&gt;", "</title><svg/onload=x>", "<!--", "]]>",
    "\xe8\x82\x9d\xe6\xa9\x9f\xe8\x83\xbd", "\xf0\x9f\x98\x80",
};

/* The text back from what is written of it. */
static void unescape(const char *html, char *out)
{
    static const struct {
        const char *entity;
        char c;
    } table[] = {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&#39;", '\''}};

    while (*html != '\0') {
        bool found = false;
        for (size_t k = 0; k < sizeof table / sizeof *table && !found; k++) {
            if (strncmp(html, table[k].entity, strlen(table[k].entity)) != 0) continue;
            *out++ = table[k].c, html += strlen(table[k].entity), found = true;
        }
        if (!found) *out++ = *html++;
    }
    *out = '\0';
}

static void test_text_is_escaped_and_comes_back(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof hostile / sizeof *hostile; k++) {
        shy_buffer out = {0};
        shy_page page = {.language = SHY_ENGLISH, .out = &out};
        char back[256];
        shy_html_text(&page, hostile[k]);
        assert_null(strpbrk(out.bytes, "<>\"'"));
        unescape(out.bytes, back);
        assert_string_equal(back, hostile[k]);
        shy_buffer_free(&out);
    }
}

static void test_arguments_are_escaped_and_not_read_again(void **state)
{
    (void)state;
    shy_buffer out = {0};
    shy_page page = {.language = SHY_ENGLISH, .out = &out};
    shy_html_message_element(&page, "p", "a\"b", SHY_MSG_LINE_NAMED, "name", "<i>{value}</i>", "value", "{name}", NULL);
    assert_string_equal(out.bytes, "<p class=\"a&quot;b\">&lt;i&gt;{value}&lt;/i&gt; ({name})</p>\n");
    shy_buffer_free(&out);
}

static void test_json_cannot_end_a_script(void **state)
{
    (void)state;
    json_t *list = json_array(), *back;
    shy_buffer out = {0};
    shy_page page = {.language = SHY_ENGLISH, .out = &out};
    for (size_t k = 0; k < sizeof hostile / sizeof *hostile; k++) json_array_append_new(list, shy_json_string(hostile[k]));
    shy_html_json(&page, list);
    assert_null(strchr(out.bytes, '<'));
    back = json_loadb(out.bytes, out.count, 0, NULL);
    assert_true(json_equal(back, list));
    json_decref(back);
    json_decref(list);
    shy_buffer_free(&out);
}

static void test_numbers(void **state)
{
    (void)state;
    char room[SHY_NUMBER_ROOM];
    assert_string_equal(shy_html_number(0.12345, 3, room), "0.123");
    assert_string_equal(shy_html_number(0.0 / 0.0, 3, room), "\xe2\x80\x93");
    assert_string_equal(shy_html_number(1.0 / 0.0, 3, room), "\xe2\x80\x93");
    assert_string_equal(shy_html_count(1234567, room), "1,234,567");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_message_in_every_language), cmocka_unit_test(test_languages_are_what_they_say),
        cmocka_unit_test(test_names),                cmocka_unit_test(test_text_is_escaped_and_comes_back),
        cmocka_unit_test(test_arguments_are_escaped_and_not_read_again), cmocka_unit_test(test_json_cannot_end_a_script),
        cmocka_unit_test(test_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
