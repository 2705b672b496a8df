/* test_page.c: what a page is made of: numbers for people, texts of strangers, the hashes of a policy. */
#include "shy_config.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "page/formula.h"
#include "page/html.h"
#include "page/policy.h"

static void numbers_are_read_by_people(void **state)
{
    static const struct {
        double value;
        int digits;
        const char *text;
    } cases[] = {{12345.678, 4, "12346"}, {0.0123456, 4, "0.01235"}, {-2.5, 3, "−2.5"},      {1.5e-7, 3, "1.5·10⁻⁷"}, {-3e12, 3, "−3·10¹²"},
                 {0.0, 3, "0"},           {9999999.0, 2, "9999999"}, {NAN, 3, "–"},          {INFINITY, 3, "–"},      {1e-10, 1, "1·10⁻¹⁰"}};
    char text[SHY_NUMBER_ROOM];

    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) assert_string_equal(shy_html_number(cases[k].value, cases[k].digits, text), cases[k].text);
    assert_string_equal(shy_html_measure("auc", 0.7896, text), "0.790");
    assert_string_equal(shy_html_measure("deviance", 2375.5097, text), "2376");
    assert_string_equal(shy_html_p(0.00004, text), "< 0.0001");
    assert_string_equal(shy_html_p(0.0099, text), "0.0099");
    assert_string_equal(shy_html_fixed(-0.03514, 3, text), "−0.035");
    assert_string_equal(shy_html_percent(0.654, text), "65 %");
    for (int power = -320; power <= 308; power++) assert_true(strlen(shy_html_number(-1.23456789012345678 * pow(10.0, power), 17, text)) < SHY_NUMBER_ROOM);
}

/* Nothing of a text can begin or end an element, an attribute or a script, and an argument is not looked at for arguments. */
static void texts_of_strangers_stay_texts(void **state)
{
    shy_buffer out = {0};
    shy_page page = {.language = SHY_ENGLISH, .out = &out};
    json_t *value = json_pack("{s:s}", "</script><!--", "</script><!-- & \"'");

    (void)state;
    shy_html_text(&page, "<b a=\"x\" c='y'>&");
    assert_string_equal(out.bytes, "&lt;b a=&quot;x&quot; c=&#39;y&#39;&gt;&amp;");
    out.count = 0;
    shy_html_message(&page, SHY_MSG_INTERVAL, "value", "{low}<", "low", "{high}", "high", "3", NULL);
    assert_string_equal(out.bytes, "{low}&lt; ({high} to 3)");
    out.count = 0;
    shy_html_json(&page, value);
    assert_null(strchr(out.bytes, '<'));
    assert_non_null(strstr(out.bytes, "\\u003c/script>"));
    json_decref(value);
    shy_buffer_free(&out);
}

/* From RFC 6234 and the definition of base 64: SHA-256 of "abc" and of nothing. */
static void a_policy_names_scripts_by_their_hash(void **state)
{
    shy_buffer out = {0};

    (void)state;
    assert_int_equal(shy_policy_source("abc", 3, &out), SHY_OK);
    assert_string_equal(out.bytes, "'sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0='");
    out.count = 0;
    assert_int_equal(shy_policy_source("", 0, &out), SHY_OK);
    assert_string_equal(out.bytes, "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='");
    shy_buffer_free(&out);
}

/* All of the sum that front.json has: who computes a prediction by hand needs each term, with its sign. */
static void a_model_has_all_its_terms(void **state)
{
    json_t *target = json_pack("{s:{s:s, s:s, s:[s, s], s:{s:s, s:f}}}", "front", "outcome", "y", "outcome_kind", "continuous", "covariates", "age", "sex <m>", "interaction",
                               "treatment", "arm", "mean", 0.5);
    json_t *entry = json_pack("{s:f, s:f, s:{s:f, s:f}, s:{s:f}}", "intercept", 2.0, "slope", -3.0, "covariates", "sex <m>", -0.25, "age", 0.125, "interaction", "slope", 0.75);
    shy_buffer out = {0};
    shy_page page = {.language = SHY_ENGLISH, .out = &out, .target = target};
    const shy_page_facts facts = {.entry = entry};

    (void)state;
    shy_formula_model(&page, &facts);
    assert_string_equal(out.bytes, "<p class=\"model\">y = 2 − 3 × formula + 0.125 × age − 0.25 × sex &lt;m&gt; + 0.75 × (arm − 0.5) × formula</p>\n");
    json_decref(target);
    json_decref(entry);
    shy_buffer_free(&out);
}

/* Each allocation of a page fails in turn: the failure is said, and nothing is left behind. */
static void a_page_without_memory_is_refused(void **state)
{
    json_t *document = json_pack("{s:[{s:{s:s, s:[{s:s, s:i}]}}]}", "targets", "front", "outcome", "y", "front", "formula", "x", "complexity", 1);
    const shy_page_options options = {.language = SHY_ENGLISH};
    shy_buffer out = {0};

    (void)state;
    if (shy_page_make(document, &options, &out) == SHY_IO) skip(); /* there is no Vega here */
    shy_buffer_free(&out);
    for (uint64_t nth = 1; nth < 40; nth++) {
        shy_buffer less = {0};
        shy_error_clear();
        shy_memory_fail_at(nth);
        assert_int_equal(shy_page_make(document, &options, &less), SHY_MEMORY);
        shy_memory_fail_at(0);
        shy_buffer_free(&less);
    }
    shy_error_clear();
    json_decref(document);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_read_by_people),
        cmocka_unit_test(texts_of_strangers_stay_texts),
        cmocka_unit_test(a_policy_names_scripts_by_their_hash),
        cmocka_unit_test(a_model_has_all_its_terms),
        cmocka_unit_test(a_page_without_memory_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
