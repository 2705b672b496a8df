/* test_sweep.c: what varies becomes tasks: how many, in which order, with which values; what is refused; p of many searches. */
#include "shy_config.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app/collect.h"
#include "app/sweep.h"

#define BASE "base: {cohort: c.h5, outcome: {column: y}}\n"

static shy_status read_with(const char *text, const char *set, shy_sweep *sweep, shy_sweep_tasks *tasks)
{
    shy_status st;

    shy_error_clear();
    *sweep = (shy_sweep){0}, *tasks = (shy_sweep_tasks){0};
    st = shy_sweep_read("sweep.yaml", text, strlen(text), &set, set != NULL, sweep);
    return st == SHY_OK ? shy_sweep_expand(sweep, tasks) : st;
}

static void both_free(shy_sweep *sweep, shy_sweep_tasks *tasks)
{
    shy_sweep_tasks_free(tasks);
    shy_sweep_free(sweep);
}

static void assert_read(const char *text, shy_sweep *sweep, shy_sweep_tasks *tasks)
{
    if (read_with(text, NULL, sweep, tasks) != SHY_OK) fail_msg("%s", shy_error_message());
}

/* The configuration of a task, read back from its text. */
static shy_config *config_of(const shy_sweep_tasks *tasks, int task)
{
    shy_config *config = NULL;

    assert_true(task < tasks->count);
    assert_int_equal(shy_config_create(&config), SHY_OK);
    if (shy_config_parse(config, "task", tasks->task[task].yaml, strlen(tasks->task[task].yaml)) != SHY_OK) fail_msg("%s", shy_error_message());
    return config;
}

/* ---- how many, in which order ------------------------------------------------------------------------------------------------- */

static void all_combinations_once_the_last_key_fastest(void **state)
{
    shy_sweep sweep;
    shy_sweep_tasks tasks;
    const int complexities[] = {3, 9, 5};
    int t = 0;

    (void)state;
    assert_read(BASE "list: [{factors.max: 2}, {factors.max: 4}]\ngrid:\n  grammar.max_complexity: [3, 9, 5]\n  seed: [7, 1]\n", &sweep, &tasks);
    assert_int_equal(tasks.count, 2 * 3 * 2);
    assert_int_equal(tasks.keys, 3);
    for (int list = 0; list < 2; list++)
        for (int complexity = 0; complexity < 3; complexity++)
            for (int seed = 0; seed < 2; seed++, t++) {
                shy_config *config = config_of(&tasks, t);
                assert_int_equal(shy_config_integer(config, SHY_KEY_FACTORS_MAX), list ? 4 : 2);
                assert_int_equal(shy_config_integer(config, SHY_KEY_GRAMMAR_MAX_COMPLEXITY), complexities[complexity]);
                assert_int_equal(shy_config_integer(config, SHY_KEY_SEED), seed ? 1 : 7);
                assert_string_equal(shy_config_text(config, SHY_KEY_OUTCOME_COLUMN), "y");
                shy_config_free(&config);
            }
    assert_string_equal(tasks.task[3].name, "max=2 max_complexity=9 seed=1");
    both_free(&sweep, &tasks);
}

static void the_same_text_gives_the_same_tasks(void **state)
{
    const char *text = BASE "grid: {seed: [3, 1, 2], outcome.column: [a, b]}\nname: \"{task}: {outcome.column}\"\n";
    shy_sweep sweep[2];
    shy_sweep_tasks tasks[2];

    (void)state;
    for (int k = 0; k < 2; k++) assert_read(text, &sweep[k], &tasks[k]);
    assert_int_equal(tasks[0].count, 6);
    for (int t = 0; t < 6; t++) {
        assert_string_equal(tasks[0].task[t].yaml, tasks[1].task[t].yaml);
        assert_string_equal(tasks[0].task[t].name, tasks[1].task[t].name);
        for (int u = 0; u < t; u++) assert_string_not_equal(tasks[0].task[t].yaml, tasks[0].task[u].yaml);
    }
    assert_string_equal(tasks[0].task[1].name, "2: b");
    for (int k = 0; k < 2; k++) both_free(&sweep[k], &tasks[k]);
}

/* ---- values -------------------------------------------------------------------------------------------------------------------------- */

static void values_may_be_lists_mappings_and_sections(void **state)
{
    shy_sweep sweep;
    shy_sweep_tasks tasks;
    shy_config *config;
    int count;

    (void)state;
    assert_read(BASE "list:\n"
                     "  - factors.include: [\"a, b\", 'it''s', \"x*\"]\n"
                     "  - grammar: {max_complexity: 5, operators: [+, \"*\"], complexity: {log: 3}}\n"
                     "  - grammar.most: {\"modality:image\": 1, age: 2}\n"
                     "  - samples: {where: 'age >= 18 and sex == \"f, m\"'}\n"
                     "  - outcome: {column: \"\", columns: [u, v]}\n",
                &sweep, &tasks);
    assert_int_equal(tasks.count, 5);
    config = config_of(&tasks, 0);
    const char *const *item = shy_config_list(config, SHY_KEY_FACTORS_INCLUDE, &count);
    assert_int_equal(count, 3);
    assert_string_equal(item[0], "a, b");
    assert_string_equal(item[1], "it's");
    assert_string_equal(item[2], "x*");
    assert_int_equal(shy_config_integer(config, SHY_KEY_GRAMMAR_MAX_COMPLEXITY), 7); /* of other items nothing is left */
    shy_config_free(&config);
    config = config_of(&tasks, 1);
    assert_int_equal(shy_config_integer(config, SHY_KEY_GRAMMAR_MAX_COMPLEXITY), 5);
    assert_int_equal(shy_config_integer(config, SHY_KEY_GRAMMAR_COMPLEXITY + SHY_OP_LOG), 3);
    shy_config_list(config, SHY_KEY_GRAMMAR_OPERATORS, &count);
    assert_int_equal(count, 2);
    assert_string_equal(shy_config_text(config, SHY_KEY_GRAMMAR_UNITS), "clinical"); /* a section sets what it names */
    shy_config_free(&config);
    config = config_of(&tasks, 2);
    item = shy_config_list(config, SHY_KEY_GRAMMAR_MOST, &count);
    assert_int_equal(count, 2);
    assert_string_equal(item[0], "modality:image: 1");
    shy_config_free(&config);
    config = config_of(&tasks, 3);
    assert_string_equal(shy_config_text(config, SHY_KEY_SAMPLES_WHERE), "age >= 18 and sex == \"f, m\"");
    shy_config_free(&config);
    config = config_of(&tasks, 4);
    shy_config_list(config, SHY_KEY_OUTCOME_COLUMNS, &count);
    assert_int_equal(count, 2);
    shy_config_free(&config);
    both_free(&sweep, &tasks);
}

static void names_with_everything_in_them_survive(void **state)
{
    static const char *const odd[] = {"a b", "it's", "say \"x\"", "tab\there", "com,ma", "br[a]ce{s}", "$HOME `ls` \\n", "# no comment", ": colon", "*star", "名前"};
    enum { ODD = sizeof odd / sizeof *odd };
    shy_sweep sweep;
    shy_sweep_tasks tasks;
    char text[2048], *at = text + sprintf(text, BASE "grid:\n  outcome.column:\n");

    (void)state;
    for (int k = 0; k < ODD; k++) {
        at += sprintf(at, "    - \"");
        for (const char *p = odd[k]; *p != '\0'; p++) {
            if (strchr("\"\\\t", *p) != NULL) *at++ = '\\';
            *at++ = *p;
            if (*p == '\t') at[-1] = 't';
        }
        at += sprintf(at, "\"\n");
    }
    assert_read(text, &sweep, &tasks);
    assert_int_equal(tasks.count, ODD);
    for (int k = 0; k < ODD; k++) {
        shy_config *config = config_of(&tasks, k);
        assert_string_equal(shy_config_text(config, SHY_KEY_OUTCOME_COLUMN), odd[k]);
        assert_string_equal(tasks.task[k].value[0], odd[k]);
        assert_null(strchr(tasks.task[k].name, '\t'));
        shy_config_free(&config);
    }
    both_free(&sweep, &tasks);
}

static void base_is_overridden_by_set_and_aliases_are_followed(void **state)
{
    shy_sweep sweep;
    shy_sweep_tasks tasks;
    shy_config *config;

    (void)state;
    assert_int_equal(read_with("base:\n  cohort: c.h5\n  outcome: {column: &who y}\ngrid: {seed: [1, 2], outcome.weight: [*who]}\n", "factors.max=5", &sweep, &tasks), SHY_OK);
    config = config_of(&tasks, 1);
    assert_int_equal(shy_config_integer(config, SHY_KEY_FACTORS_MAX), 5);
    assert_string_equal(shy_config_text(config, SHY_KEY_OUTCOME_WEIGHT), "y");
    shy_config_free(&config);
    both_free(&sweep, &tasks);
}

/* ---- what is refused ------------------------------------------------------------------------------------------------------------------- */

static void messages_name_place_task_key_and_value(void **state)
{
    static const struct {
        const char *text, *set, *part[4];
    } cases[] = {
        {BASE "grid:\n  seed: [1, 2]\n  grammar.max_complexity: [3, 4k]\n", NULL, {"sweep.yaml:4:31:", "task 2:", "grammar.max_complexity is \"4k\"", "integer"}},
        {BASE "list:\n  - {seed: 1}\n  - {seed: 2, grammar: {operators: [plus]}}\n", NULL, {"task 2:", "grammar.operators holds \"plus\"", "", ""}},
        {BASE "grid: {grammar.max_complexty: [3]}\n", NULL, {"there is no key grammar.max_complexty", "did you mean grammar.max_complexity", "", ""}},
        {"base: {cohort: c.h5, outcome: {colum: y}}\ngrid: {seed: [1]}\n", NULL, {"sweep.yaml:1:32:", "outcome.colum", "outcome.column", ""}},
        {"base:\n  cohort: c.h5\n\n  seed: x\ngrid: {factors.max: [1]}\n", NULL, {"sweep.yaml:4:9:", "seed is \"x\"", "", ""}},
        {BASE "grid: {seed: [1, 1]}\n", NULL, {"tasks 1 and 2 are the same configuration", "", "", ""}},
        {BASE "grid: {seed: [1, 2]}\nname: same\n", NULL, {"tasks 1 and 2 have the same name \"same\"", "", "", ""}},
        {BASE "grid: {seed: [1, 2]}\nname: \"{seed\"\n", NULL, {"{ without its }", "", "", ""}},
        {BASE "grid: {seed: [1, 2]}\nname: \"{sed}\"\n", NULL, {"there is no key {sed}", "seed", "", ""}},
        {BASE "grid: {seed: 1}\n", NULL, {"seed takes a list", "", "", ""}},
        {BASE "grid: {seed: []}\n", NULL, {"seed takes a list", "", "", ""}},
        {BASE "list: {seed: 1}\n", NULL, {"list takes mappings", "", "", ""}},
        {BASE, NULL, {"nothing varies", "", "", ""}},
        {BASE "grit: {seed: [1]}\n", NULL, {"sweep.yaml:2:1:", "Did you mean grid", "", ""}},
        {BASE "grid: {grammar.max_complexity: [3], grammar: [{max_complexity: 4}]}\n", NULL, {"grammar.max_complexity is set here and at", "", "", ""}},
        {BASE "grid: {seed: [3]}\nlist: [{seed: 4}]\n", NULL, {"seed is set here and at", "", "", ""}},
        {BASE "grid: {seed: [3]}\n", "seed=4", {"--set seed=4", "varies", "", ""}},
        {BASE "grid: {validation.folds: [5, 1]}\n", NULL, {"task 2 (folds=1)", "validation.folds is 1", "", ""}},
        {"base: {cohort: c.h5}\ngrid: {seed: [1]}\n", NULL, {"task 1 (seed=1)", "outcome.column is missing", "", ""}},
        {BASE "grid: {seed: [1]}\njob: {memory: lots}\n", NULL, {"sweep.yaml:3:7:", "job.memory is \"lots\"", "", ""}},
        {BASE "grid: {seed: [1]}\njob: {time: tomorrow}\n", NULL, {"job.time is \"tomorrow\"", "", "", ""}},
        {BASE "grid: {seed: [1]}\njob: {partitoin: p}\n", NULL, {"job.partition", "", "", ""}},
        {BASE "grid: {seed: [1]}\njob: {sbatch: [\"--a\\n#SBATCH --b\"]}\n", NULL, {"one line", "", "", ""}},
        {BASE "grid: {seed: [1]}\njob: {nodes: 3, ntasks: 2}\n", NULL, {"job.nodes is 3", "", "", ""}},
        {"grid: [\n", NULL, {"sweep.yaml:2:1:", "not valid YAML", "", ""}},
        {"- 1\n", NULL, {"is not a sweep", "", "", ""}},
        {"base: &x {cohort: c, outcome: {column: *x}}\ngrid: {seed: [1]}\n", NULL, {"", "", "", ""}},
        {BASE "grid: {grammar: &x [{most: *x}]}\n", NULL, {"nested too deeply", "", "", ""}},
    };

    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        shy_sweep sweep;
        shy_sweep_tasks tasks;
        assert_int_equal(read_with(cases[k].text, cases[k].set, &sweep, &tasks), SHY_INPUT);
        for (int i = 0; i < 4; i++)
            if (strstr(shy_error_message(), cases[k].part[i]) == NULL) fail_msg("case %zu: \"%s\" lacks \"%s\"", k, shy_error_message(), cases[k].part[i]);
        both_free(&sweep, &tasks);
    }
}

static void too_many_tasks_are_counted_not_made(void **state)
{
    char *text = NULL, *at;
    shy_sweep sweep;
    shy_sweep_tasks tasks;
    const char *const keys[] = {"seed", "factors.max", "search.keep"};

    (void)state;
    assert_int_equal(shy_new(1 << 16, 1, &text), SHY_OK);
    at = text + sprintf(text, BASE "grid:\n");
    for (int k = 0; k < 3; k++) {
        at += sprintf(at, "  %s: [0", keys[k]);
        for (int i = 1; i < 1000; i++) at += sprintf(at, ", %d", i);
        at += sprintf(at, "]\n");
    }
    assert_int_equal(read_with(text, NULL, &sweep, &tasks), SHY_INPUT);
    assert_non_null(strstr(shy_error_message(), "1000000000 tasks"));
    both_free(&sweep, &tasks);
    shy_free(&text);
}

static void every_failing_allocation_is_reported_and_leaves_nothing(void **state)
{
    const char *text = BASE "grid: {seed: [1, 2], factors.include: [[a, b], [c]]}\nlist: [{grammar: {most: {a: 1}}}]\nname: \"{task}\"\njob: {partition: p, sbatch: [--x]}\n";
    const uint64_t before = shy_memory_in_use();
    shy_status st = SHY_MEMORY;

    (void)state;
    for (uint64_t nth = 1; st != SHY_OK; nth++) {
        shy_sweep sweep;
        shy_sweep_tasks tasks;
        shy_memory_fail_at(nth);
        st = read_with(text, NULL, &sweep, &tasks);
        shy_memory_fail_at(0);
        if (st == SHY_OK) assert_true(nth > 100);
        else assert_int_equal(st, SHY_MEMORY);
        both_free(&sweep, &tasks);
        assert_int_equal(shy_memory_in_use(), before);
    }
}

/* ---- the job, and p of many ---------------------------------------------------------------------------------------------------------- */

static void times_are_read_as_sbatch_reads_them(void **state)
{
    static const struct {
        const char *text;
        int64_t seconds; /* 0: none */
    } cases[] = {{"90", 5400}, {"90:30", 5430}, {"1:30:00", 5400}, {"2-12", 216000}, {"1-0:30", 88200}, {"1-00:00:01", 86401}, {"0", 0},
                 {"", 0},      {"1h", 0},       {"-5", 0},         {"1:2:3:4", 0},   {"1-", 0},         {"1:", 0},             {"00:00:00", 0}};

    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        int64_t seconds = 0;
        const bool valid = shy_sweep_time_parse(cases[k].text, &seconds);
        if (valid != (cases[k].seconds > 0) || (valid && seconds != cases[k].seconds)) fail_msg("\"%s\": %d, %lld", cases[k].text, valid, (long long)seconds);
    }
}

/* By its definition: the largest of (n − rank) p over all that are not greater. */
static double holm_of(const double *p, int known, int count, int i)
{
    double largest = 0.0;

    for (int j = 0; j < known; j++) {
        int before = 0;
        if (!isfinite(p[j]) || p[j] > p[i]) continue;
        for (int k = 0; k < known; k++) before += isfinite(p[k]) && (p[k] < p[j] || (p[k] == p[j] && k < j));
        largest = fmax(largest, fmin((count - before) * p[j], 1.0));
    }
    return largest;
}

static void holm_is_what_its_definition_says(void **state)
{
    const double known[] = {0.01, 0.04, 0.03, 0.005}, expected[] = {0.03, 0.06, 0.06, 0.02}; /* p.adjust(known, "holm") of R */
    double p[40], adjusted[40];

    (void)state;
    assert_int_equal(shy_collect_holm(known, 4, 4, adjusted), SHY_OK);
    for (int i = 0; i < 4; i++) assert_true(fabs(adjusted[i] - expected[i]) < 1e-15);
    for (uint64_t round = 0; round < 50; round++) {
        const int n = 1 + (int)(round % 40), all = n + (int)(round % 3);
        for (int i = 0; i < n; i++) p[i] = i % 7 == 6 ? NAN : round % 2 ? floor(10 * shy_random_uniform(1, round, (uint64_t)i)) / 10 : 0.1 * shy_random_uniform(2, round, (uint64_t)i);
        assert_int_equal(shy_collect_holm(p, n, all, adjusted), SHY_OK);
        for (int i = 0; i < n; i++) {
            if (isnan(p[i])) assert_true(isnan(adjusted[i]));
            else assert_true(fabs(adjusted[i] - holm_of(p, n, all, i)) < 1e-15 && adjusted[i] >= p[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_combinations_once_the_last_key_fastest),
        cmocka_unit_test(the_same_text_gives_the_same_tasks),
        cmocka_unit_test(values_may_be_lists_mappings_and_sections),
        cmocka_unit_test(names_with_everything_in_them_survive),
        cmocka_unit_test(base_is_overridden_by_set_and_aliases_are_followed),
        cmocka_unit_test(messages_name_place_task_key_and_value),
        cmocka_unit_test(too_many_tasks_are_counted_not_made),
        cmocka_unit_test(every_failing_allocation_is_reported_and_leaves_nothing),
        cmocka_unit_test(times_are_read_as_sbatch_reads_them),
        cmocka_unit_test(holm_is_what_its_definition_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
