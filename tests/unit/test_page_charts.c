/* Specifications of charts: whatever a mark names is there, no text of a cohort is in them, nothing can be loaded or led to, both languages say the same. */
#include "shy_config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "page/html.h"

#define STRANGER "datum.x); alert('inserted'"

static json_t *charts_in(shy_language language)
{
    json_t *document = json_pack("{s:[{s:s, s:{s:s, s:s, s:[s, s]}}]}", "targets", "name", STRANGER, "front", "outcome", STRANGER, "outcome_unit", STRANGER, "metrics", "auc", "brier");
    const shy_page page = {.document = document, .language = language};
    json_t *charts = shy_page_charts(&page);

    assert_non_null(charts);
    assert_true(json_object_size(charts) >= 16);
    json_decref(document);
    return charts;
}

/* Has a list of objects {"name": …} that name, once? */
static bool has_name(const json_t *list, const char *name)
{
    size_t k;
    int found = 0;
    json_t *entry;

    json_array_foreach(list, k, entry) found += strcmp(shy_json_word(entry, "name"), name) == 0;
    return found == 1;
}

/* Calls `look` for every object inside of a value, itself first. */
static void walk(const json_t *value, void (*look)(const json_t *object, void *), void *with)
{
    const char *key;
    json_t *member;
    size_t k;

    if (json_is_object(value)) {
        look(value, with);
        json_object_foreach((json_t *)(uintptr_t)value, key, member) walk(member, look, with);
    }
    json_array_foreach(value, k, member) walk(member, look, with);
}

/* ---- what is named is there ----------------------------------------------------------------------------------------------------------- */

static void look_at_names(const json_t *object, void *with)
{
    const json_t *spec = with, *from = json_object_get(object, "from"), *facet = json_object_get(from, "facet"), *scale = json_object_get(object, "scale");
    const char *data = shy_json_word(facet != NULL ? facet : from, "data");

    if (*data != '\0' && strcmp(data, "part") != 0) assert_true(has_name(json_object_get(spec, "data"), data));
    if (json_is_string(scale)) assert_true(has_name(json_object_get(spec, "scales"), json_string_value(scale)));
    const json_t *signal = json_object_get(json_object_get(object, "domain"), "signal");
    if (signal != NULL) assert_true(has_name(json_object_get(spec, "signals"), json_string_value(signal)));
}

static void names_are_declared(void **state)
{
    json_t *charts = charts_in(SHY_ENGLISH), *spec;
    const char *name;

    (void)state;
    json_object_foreach(charts, name, spec)
    {
        assert_true(json_array_size(json_object_get(spec, "marks")) > 0);
        walk(spec, look_at_names, spec);
        if (json_object_get(spec, "title") != NULL) assert_true(has_name(json_object_get(spec, "signals"), "yTitle"));
    }
    json_decref(charts);
}

/* ---- nothing comes in, nothing leads out --------------------------------------------------------------------------------------------------- */

static void look_for_ways(const json_t *object, void *with)
{
    static const char *const ways[] = {"url", "href", "loader", "async", "image", "$schema", "transform", "projections"};

    (void)with;
    for (size_t k = 0; k < sizeof ways / sizeof *ways; k++) assert_null(json_object_get(object, ways[k]));
    assert_string_not_equal(shy_json_word(object, "type"), "image");
}

static void nothing_leads_out(void **state)
{
    json_t *charts = charts_in(SHY_ENGLISH);
    char *text = json_dumps(charts, 0);

    (void)state;
    walk(charts, look_for_ways, NULL);
    assert_null(strstr(text, "alert")); /* what strangers write is data, never part of a specification */
    assert_null(strstr(text, "://"));
    free(text);
    json_decref(charts);
}

/* ---- marks are for the eye alone, the sentence is for all ------------------------------------------------------------------------------------ */

static void look_at_aria(const json_t *object, void *with)
{
    (void)with;
    if (json_object_get(object, "encode") != NULL || json_object_get(object, "orient") != NULL) assert_true(json_is_false(json_object_get(object, "aria")));
}

static void all_say_a_sentence(void **state)
{
    json_t *charts[SHY_LANGUAGES] = {charts_in(SHY_ENGLISH), charts_in(SHY_JAPANESE)}, *spec;
    const char *name, *key;
    json_t *word;

    (void)state;
    json_object_foreach(charts[SHY_ENGLISH], name, spec)
    {
        const json_t *meta = json_object_get(spec, "usermeta"), *other = json_object_get(json_object_get(charts[SHY_JAPANESE], name), "usermeta");
        assert_true(*shy_json_word(meta, "summary") != '\0' && *shy_json_word(other, "summary") != '\0');
        assert_true(*shy_json_word(meta, "reading") != '\0' && *shy_json_word(other, "reading") != '\0');
        assert_string_not_equal(shy_json_word(meta, "summary"), shy_json_word(other, "summary"));
        json_object_foreach(json_object_get(meta, "words"), key, word) assert_true(json_is_string(json_object_get(json_object_get(other, "words"), key)));
        walk(spec, look_at_aria, NULL);
    }
    json_decref(charts[SHY_ENGLISH]);
    json_decref(charts[SHY_JAPANESE]);
}

static void both_languages_draw_the_same(void **state)
{
    json_t *english = charts_in(SHY_ENGLISH), *japanese = charts_in(SHY_JAPANESE), *spec;
    const char *name, *same[] = {"data", "scales", "axes", "marks"};

    (void)state;
    json_object_foreach(english, name, spec)
        for (int k = 0; k < 4; k++) assert_true(json_equal(json_object_get(spec, same[k]), json_object_get(json_object_get(japanese, name), same[k])));
    json_decref(english);
    json_decref(japanese);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_declared),
        cmocka_unit_test(nothing_leads_out),
        cmocka_unit_test(all_say_a_sentence),
        cmocka_unit_test(both_languages_draw_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
