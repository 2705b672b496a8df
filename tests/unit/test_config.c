/* test_config.c: configurations: the table of keys, strict values, messages with positions, --set, and the way there and back. */
#include "shy_config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app/config.h"
#include "app/progress.h"

#define REQUIRED "cohort: c.h5\noutcome: {column: bmi}\n"

static shy_status parse(shy_config *config, const char *text)
{
    shy_error_clear();
    return shy_config_parse(config, "run.yaml", text, strlen(text));
}

static shy_config *fresh(void)
{
    shy_config *config = NULL;

    shy_error_clear();
    assert_int_equal(shy_config_create(&config), SHY_OK);
    return config;
}

static void assert_same_value(const shy_value *a, const shy_value *b, const char *name)
{
    const char *left = a->text ? a->text : "", *right = b->text ? b->text : "";

    if (strcmp(left, right) != 0 || a->count != b->count)
        fail_msg("%s: \"%s\" (%u) became \"%s\" (%u)", name, left, a->count, right, b->count);
    for (unsigned i = 0; i < a->count; i++)
        assert_string_equal(a->item[i], b->item[i]);
}

static void assert_same(const shy_config *a, const shy_config *b)
{
    for (int key = 0; key < SHY_KEYS; key++)
        assert_same_value(&a->value[key], &b->value[key], shy_key_get(key)->name);
}

/* ---- the table ----------------------------------------------------------------------------------------------------- */

static void every_key_can_be_found_and_its_default_is_valid(void **state)
{
    (void)state;
    for (int key = 0; key < SHY_KEYS; key++) {
        const shy_key *k = shy_key_get(key);
        assert_int_equal(shy_key_find(k->name), key);
        assert_false(shy_key_is_section(k->name));
        assert_true(strlen(k->help) > 10);
        assert_true(k->fallback != NULL || k->example != NULL);
        if (k->fallback != NULL && !shy_key_is_list(k) && shy_key_judge(key, k->fallback, "default") != SHY_OK)
            fail_msg("%s", shy_error_message());
    }
    assert_int_equal(shy_key_find("grammar"), -1);
    assert_true(shy_key_is_section("grammar"));
    assert_true(shy_key_is_section("grammar.complexity"));
    assert_false(shy_key_is_section("gram"));
}

/* Keys of one section stand together, else libcyaml would get two mappings of one name. */
static void sections_are_not_torn(void **state)
{
    (void)state;
    for (int a = 0; a < SHY_KEYS; a++)
        for (int b = a + 2; b < SHY_KEYS; b++) {
            const char *name = shy_key_get(a)->name;
            size_t section = strcspn(name, ".") + 1;
            if (name[section - 1] != '.' || strncmp(name, shy_key_get(b)->name, section) != 0) continue;
            assert_int_equal(strncmp(name, shy_key_get(b - 1)->name, section), 0);
        }
}

static void defaults_are_those_of_the_grammar(void **state)
{
    shy_config *config = fresh();
    shy_grammar ours, theirs;

    (void)state;
    assert_int_equal(shy_config_grammar(config, &ours), SHY_OK);
    shy_grammar_default(&theirs);
    assert_memory_equal(ours.allowed, theirs.allowed, sizeof ours.allowed);
    assert_memory_equal(ours.weight, theirs.weight, sizeof ours.weight);
    assert_memory_equal(ours.forbidden, theirs.forbidden, sizeof ours.forbidden);
    assert_int_equal(ours.max_complexity, theirs.max_complexity);
    assert_int_equal(ours.max_factors, theirs.max_factors);
    assert_int_equal(ours.max_constants, theirs.max_constants);
    assert_int_equal(ours.units, theirs.units);
    shy_config_free(&config);
}

/* ---- reading ------------------------------------------------------------------------------------------------------- */

static const char full[] = "# a comment\n"
                           "cohort: data/cohort.h5\n"
                           "outcome:   {column: \"body mass: index\", kind: binary, positive: yes}\n"
                           "samples:   {where: \"age >= 18 and sex == female\"}\n"
                           "factors:   {include: [\"*\", age, 'a, b', \"体重\"], exclude: [bmi, patient_id], max: 4}\n"
                           "grammar:\n"
                           "  operators: [+, -, \"*\", /, log, max]\n"
                           "  constants: none\n"
                           "  max_complexity: 9\n"
                           "  units: strict\n"
                           "  complexity: {log: 2, \"*\": 3, factor: 1, constant: 5}\n"
                           "  forbid: []\n"
                           "  max_constants: 0\n"
                           "  transforms: {\"gene_*\": [log, sqrt], age: [], 'a: b': log, \"modality:image\": [inverse]}\n"
                           "  most:\n    genomic: 1\n    \"lab, *\": 2\n"
                           "  must_contain: [treatment]\n"
                           "  direction: {age: increasing}\n"
                           "search: {keep: 17}\n"
                           "validation: {level: nested, folds: 10, repeats: 3, by: centre, strata: none, rule: best}\n"
                           "permutations: 1000\n"
                           "stability: {resamples: 0}\n"
                           "compare:\n  - weight / square(height)\n  - {name: 'Mayo \"old\"', formula: 'max(bili, 1) + age'}\n"
                           "  - column: score, of the clinic\n  - '{column: b, name: c}'\n"
                           "references: false\n"
                           "groups: {count: 3, method: quantile}\n"
                           "parallel: {row_blocks: 2, memory: 1.5GiB, tile: 64}\n"
                           "output: somewhere/\n"
                           "seed: 9007199254740992\n"
                           "report: {interval: 0.5}\n";

static void a_full_file_is_read(void **state)
{
    shy_config *config = fresh();
    shy_grammar g;
    int count;

    (void)state;
    if (parse(config, full) != SHY_OK) fail_msg("%s", shy_error_message());
    assert_string_equal(shy_config_text(config, SHY_KEY_OUTCOME_COLUMN), "body mass: index");
    assert_string_equal(shy_config_text(config, SHY_KEY_OUTCOME_POSITIVE), "yes");
    const char *const *include = shy_config_list(config, SHY_KEY_FACTORS_INCLUDE, &count);
    assert_int_equal(count, 4);
    assert_string_equal(include[2], "a, b");
    assert_string_equal(include[3], "体重");
    assert_true(shy_config_bytes(config, SHY_KEY_PARALLEL_MEMORY) == 3u << 29);
    assert_true(shy_config_integer(config, SHY_KEY_SEED) == 9007199254740992);
    assert_true(shy_config_number(config, SHY_KEY_REPORT_INTERVAL) == 0.5);
    assert_int_equal(shy_config_grammar(config, &g), SHY_OK);
    assert_true(g.allowed[SHY_OP_MAX] && g.allowed[SHY_OP_LOG] && !g.allowed[SHY_OP_SQRT] &&
                !g.allowed[SHY_OP_CONSTANT]);
    assert_int_equal(g.weight[SHY_OP_LOG], 2);
    assert_int_equal(g.weight[SHY_OP_MULTIPLY], 3);
    assert_int_equal(g.weight[SHY_OP_CONSTANT], 5);
    assert_int_equal(g.weight[SHY_OP_ADD], 1);
    assert_false(g.forbidden[SHY_OP_LOG][SHY_OP_LOG]);
    assert_int_equal(g.units, SHY_UNITS_STRICT);
    const char *const *transforms = shy_config_list(config, SHY_KEY_GRAMMAR_TRANSFORMS, &count);
    assert_int_equal(count, 4);
    assert_string_equal(transforms[0], "gene_*: log, sqrt");
    assert_string_equal(transforms[1], "age: ");
    assert_string_equal(transforms[2], "a: b: log");
    assert_string_equal(transforms[3], "modality:image: inverse");
    const char *const *most = shy_config_list(config, SHY_KEY_GRAMMAR_MOST, &count);
    assert_int_equal(count, 2);
    assert_string_equal(most[1], "lab, *: 2");
    const char *const *compare = shy_config_list(config, SHY_KEY_COMPARE, &count);
    assert_int_equal(count, 4);
    assert_string_equal(compare[0], "weight / square(height)");
    assert_string_equal(compare[1], "{name: \"Mayo \\\"old\\\"\", formula: \"max(bili, 1) + age\"}");
    assert_string_equal(compare[2], "{column: \"score, of the clinic\"}");
    assert_int_equal(shy_config_integer(config, SHY_KEY_GROUPS_COUNT), 3);
    assert_int_equal(shy_config_check(config, "run.yaml"), SHY_OK);
    shy_config_free(&config);
}

static void pairs_are_taken_apart(void **state)
{
    size_t length = 0;
    const char *value = NULL, *words = "[log,  sqrt ]";
    char word[8];

    (void)state;
    assert_true(shy_pair_split("modality:image : 3", &length, &value));
    assert_int_equal(length, strlen("modality:image"));
    assert_string_equal(value, "3");
    assert_true(shy_pair_split("age:", &length, &value));
    assert_string_equal(value, "");
    assert_false(shy_pair_split("age", &length, &value));
    assert_false(shy_pair_split(": 3", &length, &value));
    assert_true(shy_words_next(&words, word, sizeof word));
    assert_string_equal(word, "log");
    assert_true(shy_words_next(&words, word, sizeof word));
    assert_string_equal(word, "sqrt");
    assert_false(shy_words_next(&words, word, sizeof word));
}

/* load(save(c)) = c, for the defaults, a full file, and texts that YAML would take for something else. */
static void what_is_saved_reads_back(void **state)
{
    static const char *const texts[] = {REQUIRED, full, REQUIRED "output: \"null\"\n",
                                        REQUIRED "output: \"4\"\nfactors: {include: [\"~\", \"- a\", \"#x\", \"\\\"\", "
                                                 "\"'\", \"a: b\", \" lead\", \"tab\\there\"]}\n",
                                        REQUIRED "factors: {include: [\"two\\nlines\"]}\nsamples: {where: \"\"}\n"};

    (void)state;
    for (size_t t = 0; t < sizeof texts / sizeof *texts; t++) {
        shy_config *config = fresh(), *back = fresh();
        char *yaml = NULL;
        if (parse(config, texts[t]) != SHY_OK) fail_msg("%s", shy_error_message());
        assert_int_equal(shy_config_save(config, &yaml), SHY_OK);
        if (parse(back, yaml) != SHY_OK) fail_msg("%s\n%s", shy_error_message(), yaml);
        assert_same(config, back);
        shy_free(&yaml);
        shy_config_free(&config);
        shy_config_free(&back);
    }
}

static void the_example_holds_every_key_with_its_default(void **state)
{
    shy_config *config = fresh(), *defaults = fresh();
    char *text = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&text, &length);

    (void)state;
    shy_config_print_example(stream);
    fclose(stream);
    if (parse(config, text) != SHY_OK) fail_msg("%s\n%s", shy_error_message(), text);
    shy_value_clear(&config->value[SHY_KEY_COHORT]);
    shy_value_clear(&config->value[SHY_KEY_OUTCOME_COLUMN]);
    assert_same(config, defaults);
    for (int key = 0; key < SHY_KEYS; key++) {
        const char *name = shy_key_get(key)->name, *word = strrchr(name, '.') ? strrchr(name, '.') + 1 : name;
        if (strncmp(name, "grammar.complexity.", 19) != 0 && strstr(text, word) == NULL)
            fail_msg("%s is not in the example", name);
    }
    free(text);
    shy_config_free(&config);
    shy_config_free(&defaults);
}

/* ---- what is refused ----------------------------------------------------------------------------------------------- */

typedef struct {
    const char *text;
    const char *message[4]; /* all of these are in it */
} refusal;

static const refusal refusals[] = {
    {"cohort: a\noutcom: {column: b}\n", {"run.yaml:2:1", "outcom", "outcome"}},
    {"grammar: {max_complexty: 7}\n",
     {"run.yaml:1:11", "grammar.max_complexty", "did you mean grammar.max_complexity"}},
    {"max_complexity: 7\n", {"run.yaml:1:1", "did you mean grammar.max_complexity"}},
    {"grammar:\n  complexity: {lgo: 2}\n", {"run.yaml:2:16", "did you mean grammar.complexity.log"}},
    {"grammar: {max_complexity: 4k}\n", {"run.yaml:1:27", "\"4k\"", "integer from 1 to"}},
    {"grammar: {max_complexity: 0}\n", {"run.yaml:1:27", "\"0\"", "integer from 1 to"}},
    {"grammar: {max_complexity: 4.0}\n", {"\"4.0\"", "integer"}},
    {"grammar: {max_complexity: 0x7}\n", {"\"0x7\"", "integer"}},
    {"grammar: {max_complexity: 99999999999999999999}\n", {"integer"}},
    {"grammar: {max_complexity: [7]}\n", {"run.yaml:1:27", "not a list"}},
    {"grammar: {max_complexity: {a: 7}}\n", {"not a mapping"}},
    {"grammar: {max_complexity: }\n", {"has no value"}},
    {"grammar: {complexity: {log: 0}}\n", {"grammar.complexity.log", "integer from 1"}},
    {"grammar: {units: clincal}\n", {"one of clinical, strict, off", "Did you mean clinical"}},
    {"grammar: {operators: [+, lgo]}\n", {"run.yaml:1:26", "lgo", "Did you mean log"}},
    {"grammar: {operators: +}\n", {"brackets", "[+]"}},
    {"grammar: {forbid: [\"log(lgo)\"]}\n", {"run.yaml:1:20", "lgo", "log"}},
    {"grammar: {forbid: [log]}\n", {"outer(inner)"}},
    {"grammar: 7\n", {"run.yaml:1:10", "section"}},
    {"grammar: {transforms: [log]}\n", {"run.yaml:1:24", "grammar.transforms", "\"log\"", "a mapping of names"}},
    {"grammar: {transforms: log}\n", {"run.yaml:1:23", "grammar.transforms takes a mapping"}},
    {"grammar: {transforms: {age: [lgo]}}\n", {"run.yaml:1:24", "\"age: lgo\"", "Did you mean log"}},
    {"grammar: {transforms: {age: [max]}}\n", {"run.yaml:1:24", "lists of log, sqrt"}},
    {"grammar: {transforms: {age: {log: 1}}}\n", {"run.yaml:1:24", "grammar.transforms takes a mapping"}},
    {"grammar: {transforms: {age: [[log]]}}\n", {"run.yaml:1:24", "grammar.transforms takes a mapping"}},
    {"grammar: {most: {image: -1}}\n", {"run.yaml:1:18", "integers from 0 to 16"}},
    {"grammar: {most: {image: [1]}}\n", {"run.yaml:1:18", "grammar.most takes a mapping"}},
    {"grammar: {direction: {age: rising}}\n", {"run.yaml:1:23", "increasing, decreasing"}},
    {"grammar: {most: {image: 1, image: 2}}\n", {"run.yaml:1:28", "twice"}},
    {"grammar: {units: off}\ngrammar: {max_complexity: 3}\n", {"run.yaml:2:1", "twice", "line 1"}},
    {"seed: 1\n\nseed: 2\n", {"run.yaml:3:1", "seed", "twice", "line 1"}},
    {"validation: {level: ful}\n", {"run.yaml:1:21", "one of full, nested, none", "Did you mean full"}},
    {"validation: {folds: -5}\n", {"validation.folds", "\"-5\"", "integer from 0"}},
    {"validation: {rule: 1se}\n", {"one of best, one-se"}},
    {"permutations: many\n", {"run.yaml:1:15", "auto or an integer from 0 to 100000"}},
    {"groups: {count: 1}\n", {"groups.count", "one of 0, 2, 3"}},
    {"references: no\n", {"one of true, false"}},
    {"compare: weight\n", {"run.yaml:1:10", "brackets", "[weight]"}},
    {"compare: {formula: weight}\n", {"run.yaml:1:10", "brackets"}},
    {"compare: [[weight]]\n", {"run.yaml:1:11", "compare takes a list of formulas"}},
    {"compare: [{formla: weight}]\n", {"run.yaml:1:12", "compare", "\"formla\"", "Did you mean formula"}},
    {"compare: [{formula: [weight]}]\n", {"run.yaml:1:12", "compare takes a list of formulas"}},
    {"compare: [a, {name: b}]\n", {"run.yaml:1:14", "compare", "needs a formula or a column"}},
    {"compare: [{column: a, formula: b}]\n", {"run.yaml:1:11", "a formula or a column, not both"}},
    {"compare: [{column: a, column: b}]\n", {"run.yaml:1:23", "twice"}},
    {"compare: [{column: \"\"}]\n", {"run.yaml:1:12", "column has no value"}},
    {"compare: [\"\"]\n", {"run.yaml:1:11", "formula has no value"}},
    {"compare: [\"{column: a\"]\n", {"run.yaml:1:11", "end with }"}},
    {"outcome: {kind: survial}\n", {"continuous", "binary"}},
    {"parallel: {memory: 4}\n", {"\"4\"", "4GiB"}},
    {"parallel: {memory: 4G}\n", {"\"4G\"", "4GiB"}},
    {"parallel: {row_blocks: some}\n", {"auto or an integer"}},
    {"report: {interval: nan}\n", {"a number from"}},
    {"report: {interval: 1e400}\n", {"a number from"}},
    {"factors: {include: [[a]]}\n", {"run.yaml:1:21", "not a list"}},
    {"factors: {include: [a, ]\n", {"run.yaml:2:1", "YAML"}},
    {"a: [\n", {"YAML"}},
    {"\tseed: 1\n", {"run.yaml:1:1", "YAML"}},
    {"", {"empty"}},
    {"# nothing\n", {"empty"}},
    {"- seed\n", {"key: value"}},
    {"seed\n", {"key: value"}},
    {"seed: 1\n---\nseed: 2\n", {"run.yaml:2:1", "second document"}},
    {"seed: *one\n", {"YAML"}},
    {"[1]: 2\n", {"key"}},
    {"\xff\xfe\x01", {"run.yaml", "text"}},
    {"cohort: \"a\\0b\"\n", {"zero byte"}},
    {"cohort: \"\"\n", {"cohort", "not empty"}},
    {"seed: 1\nseed : 1\n", {"twice"}},
};

static void wrong_files_are_refused_with_position_and_advice(void **state)
{
    (void)state;
    for (size_t r = 0; r < sizeof refusals / sizeof *refusals; r++) {
        shy_config *config = fresh(), *defaults = fresh();
        if (parse(config, refusals[r].text) != SHY_INPUT) fail_msg("not refused: %s", refusals[r].text);
        for (int m = 0; m < 4 && refusals[r].message[m] != NULL; m++)
            if (strstr(shy_error_message(), refusals[r].message[m]) == NULL)
                fail_msg("%s: \"%s\" is not in: %s", refusals[r].text, refusals[r].message[m], shy_error_message());
        assert_same(config, defaults); /* a refused file changes nothing */
        shy_config_free(&config);
        shy_config_free(&defaults);
    }
    shy_error_clear();
}

static void required_keys_are_asked_for(void **state)
{
    shy_config *config = fresh();

    (void)state;
    assert_int_equal(parse(config, "cohort: a\n"), SHY_OK);
    assert_int_equal(shy_config_check(config, "run.yaml"), SHY_INPUT);
    assert_non_null(strstr(shy_error_message(), "run.yaml: outcome.column is missing"));
    assert_int_equal(parse(config, REQUIRED "validation: {folds: 1}\n"), SHY_OK);
    shy_error_clear();
    assert_int_equal(shy_config_check(config, "run.yaml"), SHY_INPUT);
    assert_non_null(strstr(shy_error_message(), "run.yaml: validation.folds is 1; it takes 2 or more, or 0"));
    shy_error_clear();
    shy_config_free(&config);
}

/* Members of a mapping come back as they were given, whatever is in them. */
static void baselines_are_taken_apart(void **state)
{
    static const struct {
        const char *item, *name, *formula, *column;
    } cases[] = {
        {"weight / height", NULL, "weight / height", NULL},
        {"  a", NULL, "a", NULL},
        {"max(a, b)", NULL, "max(a, b)", NULL},
        {"{formula: max(a, b), name: Mayo}", "Mayo", "max(a, b)", NULL},
        {"{ name : Mayo score , formula: `a: b, c` + 1 }", "Mayo score", "`a: b, c` + 1", NULL},
        {"{column: \"a, \\\"b\\\" } \\\\\"}", NULL, NULL, "a, \"b\" } \\"},
        {"{column: 'it''s'}", NULL, NULL, "it's"},
    };

    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        shy_baseline_item read = {0}, again = {0};
        char *text = NULL;
        if (shy_baseline_read(cases[c].item, &read) != SHY_OK) fail_msg("%s: %s", cases[c].item, shy_error_message());
        assert_int_equal(shy_baseline_text(&read, &text), SHY_OK);
        if (shy_baseline_read(text, &again) != SHY_OK) fail_msg("%s: %s", text, shy_error_message());
        for (int k = 0; k < 3; k++) {
            const char *expected = k == 0 ? cases[c].name : k == 1 ? cases[c].formula : cases[c].column;
            const char *one = k == 0 ? read.name : k == 1 ? read.formula : read.column;
            const char *two = k == 0 ? again.name : k == 1 ? again.formula : again.column;
            assert_string_equal(one ? one : "(none)", expected ? expected : "(none)");
            assert_string_equal(two ? two : "(none)", expected ? expected : "(none)");
        }
        shy_free(&text);
        shy_baseline_clear(&read);
        shy_baseline_clear(&again);
    }
}

/* Whatever is cut off a good file, reading ends, and refuses or accepts without harm. */
static void every_beginning_of_a_file_ends_well(void **state)
{
    (void)state;
    for (size_t length = 0; length < sizeof full; length++) {
        shy_config *config = fresh();
        shy_status st = shy_config_parse(config, "run.yaml", full, length);
        assert_true(st == SHY_OK || st == SHY_INPUT);
        assert_true((st == SHY_OK) == (*shy_error_message() == '\0'));
        shy_config_free(&config);
    }
    shy_error_clear();
}

static void failing_allocations_are_failures_and_leak_nothing(void **state)
{
    uint64_t before = shy_memory_in_use(), nth = 1;
    shy_status st = SHY_MEMORY;

    (void)state;
    for (; st != SHY_OK && nth < 5000; nth++) {
        shy_config *config = NULL;
        char *yaml = NULL;
        shy_error_clear();
        shy_memory_fail_at(nth);
        st = shy_config_create(&config);
        if (st == SHY_OK) st = shy_config_parse(config, "run.yaml", full, sizeof full - 1);
        if (st == SHY_OK) st = shy_config_set(config, "factors.include=[a, b]");
        if (st == SHY_OK) st = shy_config_set(config, "compare=[a, {name: b, formula: c}]");
        if (st == SHY_OK) st = shy_config_save(config, &yaml);
        shy_memory_fail_at(0);
        assert_true(st == SHY_OK || st == SHY_MEMORY);
        shy_free(&yaml);
        shy_config_free(&config);
        assert_true(shy_memory_in_use() == before);
    }
    assert_int_equal(st, SHY_OK);
    assert_true(nth > 50);
    shy_error_clear();
}

/* ---- --set --------------------------------------------------------------------------------------------------------- */

static const struct {
    const char *assignment, *same; /* as this file */
} assignments[] = {
    {"seed=5", "seed: 5\n"},
    {"grammar.max_complexity=5", "grammar: {max_complexity: 5}\n"},
    {"factors.include=[a,b]", "factors: {include: [a, b]}\n"},
    {"factors.include=a,b", "factors: {include: [a, b]}\n"},
    {"factors.include=[ a ,  b ]", "factors: {include: [a, b]}\n"},
    {"factors.include=[*]", "factors: {include: [\"*\"]}\n"},
    {"factors.include=[\"a, b\", 'c]']", "factors: {include: [\"a, b\", \"c]\"]}\n"},
    {"factors.include=", "factors: {include: []}\n"},
    {"factors.include=[]", "factors: {include: []}\n"},
    {"grammar.transforms={\"gene_*\": [log, sqrt], age: []}", "grammar: {transforms: {\"gene_*\": \"[log, sqrt]\", age: \"[]\"}}\n"},
    {"grammar.most={genomic: 1, modality:image: 2}", "grammar: {most: {genomic: 1, \"modality:image\": 2}}\n"},
    {"grammar.operators=[+, -, *, log]", "grammar: {operators: [+, -, \"*\", log]}\n"},
    {"grammar.forbid=log(log),log(sqrt)", "grammar: {forbid: [log(log), log(sqrt)]}\n"},
    {"grammar.complexity.log=3", "grammar: {complexity: {log: 3}}\n"},
    {"grammar.complexity={log: 3, *: 2}", "grammar: {complexity: {log: 3, \"*\": 2}}\n"},
    {"outcome={column: x, kind: binary}", "outcome: {column: x, kind: binary}\n"},
    {"samples.where=age >= 18 and sex == female", "samples: {where: \"age >= 18 and sex == female\"}\n"},
    {"samples.where=", "samples: {where: \"\"}\n"},
    {"validation={folds: 3, by: site}", "validation: {folds: 3, by: site}\n"},
    {"permutations=auto", "permutations: auto\n"},
    {"compare=[weight / square(height), max(a, b)]", "compare: [weight / square(height), \"max(a, b)\"]\n"},
    {"compare=weight / height", "compare: [weight / height]\n"},
    {"compare=[]", "compare: []\n"},
    {"compare=", "compare: []\n"},
    {"compare=['a, b' , \"c\", `d, e` * 2]", "compare: [\"a, b\", c, \"`d, e` * 2\"]\n"},
    {"compare={column: score}", "compare: [\"{column: score}\"]\n"},
    {"compare=[a, {name: 'it''s, new', formula: max(a, b)}, {column: \"k: \\\"1\\\"\"}]",
     "compare: [a, \"{name: 'it''s, new', formula: max(a, b)}\", '{column: \"k: \\\"1\\\"\"}']\n"},
};

static void an_assignment_is_worth_a_line_of_a_file(void **state)
{
    (void)state;
    for (size_t a = 0; a < sizeof assignments / sizeof *assignments; a++) {
        shy_config *set = fresh(), *read = fresh();
        if (shy_config_set(set, assignments[a].assignment) != SHY_OK) fail_msg("%s", shy_error_message());
        if (parse(read, assignments[a].same) != SHY_OK) fail_msg("%s", shy_error_message());
        assert_same(read, set);
        shy_config_free(&set);
        shy_config_free(&read);
    }
}

static const refusal wrong_assignments[] = {
    {"seed", {"key=value"}},
    {"=1", {"key=value"}},
    {"sed=1", {"--set", "sed", "did you mean seed"}},
    {"grammar.max_complexity=4k", {"--set", "\"4k\"", "integer"}},
    {"max_complexity=4", {"did you mean grammar.max_complexity"}},
    {"grammar=7", {"section"}},
    {"grammar={max_complexty: 7}", {"did you mean grammar.max_complexity"}},
    {"grammar.complexity={log}", {"no value"}},
    {"factors.include=[a", {"]"}},
    {"factors.include=[a] b", {"]"}},
    {"factors.include=['a]", {"quote"}},
    {"factors.include=[a,,b]", {"factors.include", "\"\""}},
    {"grammar.operators=lgo", {"Did you mean log"}},
    {"cohort=", {"not empty"}},
    {"compare=[a, b", {"--set", "[a, b", "]"}},
    {"compare=[a, b] c", {"]"}},
    {"compare=[a,, b]", {"compare", "no value"}},
    {"compare={name: a", {"compare", "}"}},
    {"compare={name}", {"compare", "name: value"}},
    {"compare={colum: a}", {"Did you mean column"}},
};

static void wrong_assignments_are_refused(void **state)
{
    (void)state;
    for (size_t r = 0; r < sizeof wrong_assignments / sizeof *wrong_assignments; r++) {
        shy_config *config = fresh(), *defaults = fresh();
        if (shy_config_set(config, wrong_assignments[r].text) != SHY_INPUT)
            fail_msg("not refused: %s", wrong_assignments[r].text);
        for (int m = 0; m < 4 && wrong_assignments[r].message[m] != NULL; m++)
            if (strstr(shy_error_message(), wrong_assignments[r].message[m]) == NULL)
                fail_msg("%s: \"%s\" is not in: %s", wrong_assignments[r].text, wrong_assignments[r].message[m],
                         shy_error_message());
        assert_same(config, defaults);
        shy_config_free(&config);
        shy_config_free(&defaults);
    }
    shy_error_clear();
}

static void durations_are_read_strictly(void **state)
{
    static const struct {
        const char *text;
        double seconds; /* −1: it is none */
    } durations[] = {
        {"0", 0},           {"90s", 90},        {"45min", 2700},     {"45m", 2700},      {"3h30m", 12600},  {"3h 30min", 12600}, {"1d", 86400},
        {"1d12h", 129600},  {"1.5h", 5400},     {"0.5s", 0.5},       {"50:00", 3000},    {"00:30", 30},     {"12:00:00", 43200}, {"100:00:00", 360000},
        {"1-12", 129600},   {"1-12:30", 131400}, {"1-12:00:01", 129601}, {"0-00:10:00", 600}, {"90:00", 5400},
        {"", -1},           {"90", -1},         {"3", -1},           {"s", -1},          {"-3h", -1},       {"3x", -1},          {"30m3h", -1},
        {"1h1h", -1},       {"3h30", -1},       {"1:2:3:4", -1},     {"1:60", -1},       {"1:60:00", -1},   {"1-24:00", -1},     {"1-", -1},
        {"-1:00", -1},      {":30", -1},        {"1:", -1},          {"1-12:", -1},      {"nan", -1},       {"1e3s", -1},        {"9999999999d", -1},
        {"1234567890:00", -1}, {"auto", -1}, {"none", -1}, {"UNLIMITED", -1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof durations / sizeof *durations; i++) {
        double seconds = -1;
        const bool valid = shy_duration_parse(durations[i].text, &seconds);
        if (valid != (durations[i].seconds >= 0) || (valid && seconds != durations[i].seconds)) fail_msg("%s: %d, %g s", durations[i].text, valid, seconds);
    }
    shy_error_clear();
    assert_int_equal(shy_key_judge(SHY_KEY_RUN_MAX_TIME, "none", "--set"), SHY_OK);
    assert_int_equal(shy_key_judge(SHY_KEY_RUN_CHECKPOINT, "auto", "--set"), SHY_INPUT);
    assert_string_equal(shy_error_message(), "--set: run.checkpoint is \"auto\"; it takes a time such as 90s, 45min, 3h30m or 1-12:00:00.");
    shy_error_clear();
    assert_int_equal(shy_key_judge(SHY_KEY_RUN_MAX_TIME, "3", "--max-time"), SHY_INPUT);
    assert_string_equal(shy_error_message(), "--max-time: run.max_time is \"3\"; it takes auto, none or a time such as 90s, 45min, 3h30m or 1-12:00:00.");
    shy_error_clear();
}

/* What a run that is gone on with may change is counted out; all else it must keep. */
static void results_depend_on_all_keys_but_those_of_the_run(void **state)
{
    static const char *const no_matter[] = {"cohort",         "search.precision", "parallel.row_blocks", "parallel.memory", "parallel.tile",
                                            "run.checkpoint", "run.max_time",     "run.margin",          "run.watchdog",    "report.interval",
                                            "output"};
    int count = 0;

    (void)state;
    for (size_t i = 0; i < sizeof no_matter / sizeof *no_matter; i++) assert_false(shy_key_matters(shy_key_find(no_matter[i])));
    for (int key = 0; key < SHY_KEYS; key++) count += !shy_key_matters(key);
    assert_int_equal(count, sizeof no_matter / sizeof *no_matter);
}

static void configurations_are_compared_by_value(void **state)
{
    shy_config *a = fresh(), *b = fresh();
    char *text = NULL;

    (void)state;
    assert_int_equal(parse(a, REQUIRED "factors: {include: [age, bmi]}\nseed: 3\n"), SHY_OK);
    assert_int_equal(parse(b, REQUIRED "seed: 3\nfactors:\n  include:\n    - age\n    - bmi\n"), SHY_OK);
    for (int key = 0; key < SHY_KEYS; key++) assert_true(shy_config_equal(a, b, key));
    assert_int_equal(shy_config_set(b, "factors.include=[age, sex]"), SHY_OK);
    assert_int_equal(shy_config_set(b, "outcome.time=t"), SHY_OK);
    for (int key = 0; key < SHY_KEYS; key++)
        assert_int_equal(shy_config_equal(a, b, key), key != SHY_KEY_FACTORS_INCLUDE && key != SHY_KEY_OUTCOME_TIME);
    assert_int_equal(shy_config_print(b, SHY_KEY_FACTORS_INCLUDE, &text), SHY_OK);
    assert_string_equal(text, "[age, sex]");
    shy_free(&text);
    assert_int_equal(shy_config_print(a, SHY_KEY_OUTCOME_TIME, &text), SHY_OK);
    assert_string_equal(text, "");
    shy_free(&text);
    shy_config_free(&a);
    shy_config_free(&b);
}

static void sizes_are_read_strictly(void **state)
{
    static const struct {
        const char *text;
        uint64_t bytes; /* 0: not a size */
    } sizes[] = {
        {"1KiB", 1024}, {"4GiB", 4ull << 30}, {"0.5 MiB", 1 << 19}, {"2GB", 2000000000}, {"100B", 100}, {"4", 0},
        {"4g", 0},      {"GiB", 0},           {"-4GiB", 0},         {"4GiB ", 0},        {"0GiB", 0},   {"1..2GiB", 0},
        {"", 0},        {"99999999TiB", 0}};

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint64_t bytes = 0;
        bool valid = shy_size_parse(sizes[i].text, &bytes);
        if (valid != (sizes[i].bytes > 0) || bytes != sizes[i].bytes)
            fail_msg("%s: %llu", sizes[i].text, (unsigned long long)bytes);
    }
}

/* ---- progress ------------------------------------------------------------------------------------------------------ */

static char *shown(int columns, double interval, char *text, size_t size)
{
    FILE *stream = fmemopen(text, size, "w");
    shy_meter meter;

    shy_meter_start(&meter, stream, columns, interval);
    for (int i = 1; i <= 200; i++) {
        shy_progress now = {.fraction = i / 200.0,
                            .formulas = 1e7 * i,
                            .best_statistic = 0.875,
                            .best_formula = "weight / square(height)",
                            .seconds = 0.5 * i};
        shy_meter_show(&meter, &now);
    }
    shy_meter_end(&meter);
    fclose(stream);
    return text;
}

/* After the search: what is being done, not how fast; the clock is that of the run. */
static void stages_of_a_validation_are_named(void **state)
{
    static char text[4096], bar[4096];
    const shy_progress now = {.fraction = 0.4, .best_formula = "", .stage = "permuted outcomes"};
    FILE *stream = fmemopen(text, sizeof text, "w"), *screen = fmemopen(bar, sizeof bar, "w");
    shy_meter meter, wide;

    (void)state;
    shy_meter_start(&meter, stream, 0, 0.0);
    shy_meter_show(&meter, &now);
    shy_meter_end(&meter);
    fclose(stream);
    assert_memory_equal(text, "Validation after ", 17);
    assert_non_null(strstr(text, ": permuted outcomes, 40% done\n"));
    assert_null(strstr(text, "formulas/s"));
    shy_meter_start(&wide, screen, 70, 30.0);
    shy_meter_show(&wide, &now);
    shy_meter_end(&wide);
    fclose(screen);
    assert_non_null(strstr(bar, " 40%  validation: permuted outcomes"));
}

static void a_log_gets_plain_lines_at_a_steady_interval(void **state)
{
    static char text[65536];
    int lines = 0;

    (void)state;
    shown(0, 30, text, sizeof text);
    assert_null(strchr(text, '\r'));
    for (const char *p = text; (p = strchr(p, '\n')) != NULL; p++)
        lines++;
    assert_int_equal(lines, 3); /* 100 s */
    assert_non_null(strstr(text, "30.0% done after 30 s"));
    assert_non_null(strstr(text, "weight / square(height)"));
    assert_non_null(strstr(text, "20 million formulas/s"));
    assert_non_null(strstr(text, "1 min 10 s left"));
}

static void a_terminal_gets_one_line_that_is_wiped(void **state)
{
    static char text[65536];

    (void)state;
    shown(60, 30, text, sizeof text);
    assert_null(strchr(text, '\n'));
    assert_int_equal(text[strlen(text) - 1], '\r');
    assert_non_null(strstr(text, "[##########..........]  50%"));
    for (const char *p = text; *p != '\0'; p += strcspn(p, "\r"), p += *p == '\r')
        assert_true(strcspn(p, "\r") < 60 + 8);
}

static void durations_read_well(void **state)
{
    static const struct {
        double seconds;
        const char *text;
    } durations[] = {
        {0, "0.0 s"},         {0.44, "0.4 s"},      {12, "12 s"},         {59.7, "1 min 00 s"},      {80, "1 min 20 s"},
        {3599, "1 h 00 min"}, {3900, "1 h 05 min"}, {7199, "2 h 00 min"}, {86400 * 3.0, "3.0 days"}, {-1, "unknown"}};
    char text[32];

    (void)state;
    for (size_t i = 0; i < sizeof durations / sizeof *durations; i++)
        assert_string_equal(shy_meter_duration(durations[i].seconds, text), durations[i].text);
    assert_string_equal(shy_meter_count(950, text), "950");
    assert_string_equal(shy_meter_count(12588, text), "12,588");
    assert_string_equal(shy_meter_count(1234567, text), "1.23 million");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_can_be_found_and_its_default_is_valid),
        cmocka_unit_test(sections_are_not_torn),
        cmocka_unit_test(defaults_are_those_of_the_grammar),
        cmocka_unit_test(a_full_file_is_read),
        cmocka_unit_test(pairs_are_taken_apart),
        cmocka_unit_test(what_is_saved_reads_back),
        cmocka_unit_test(the_example_holds_every_key_with_its_default),
        cmocka_unit_test(wrong_files_are_refused_with_position_and_advice),
        cmocka_unit_test(required_keys_are_asked_for),
        cmocka_unit_test(baselines_are_taken_apart),
        cmocka_unit_test(every_beginning_of_a_file_ends_well),
        cmocka_unit_test(failing_allocations_are_failures_and_leak_nothing),
        cmocka_unit_test(an_assignment_is_worth_a_line_of_a_file),
        cmocka_unit_test(wrong_assignments_are_refused),
        cmocka_unit_test(durations_are_read_strictly),
        cmocka_unit_test(results_depend_on_all_keys_but_those_of_the_run),
        cmocka_unit_test(configurations_are_compared_by_value),
        cmocka_unit_test(sizes_are_read_strictly),
        cmocka_unit_test(stages_of_a_validation_are_named),
        cmocka_unit_test(a_log_gets_plain_lines_at_a_steady_interval),
        cmocka_unit_test(a_terminal_gets_one_line_that_is_wiped),
        cmocka_unit_test(durations_read_well),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
