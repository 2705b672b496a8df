/* Tests of data: row filters against rows chosen by hand and by an independent evaluation, and messages that help. */
#include "shy_config.h"

#include <math.h>

#include "data_check.h"

enum { ROWS = 6 };

static const char people[] = "pid,age,sex,stage,parity,race,two words,and\n"
                             "a,17,male,I,NA,3,1.5,0\n"
                             "b,18,female,II,0,1,2.5,1\n"
                             "c,45.5,female,III,2,1,NA,1\n"
                             "d,NA,male,II,NA,2,4.5,0\n"
                             "e,80,female,I,1,3,-5.5,0\n"
                             "f,64,NA,NA,NA,2,6.5,1\n";
static shy_cohort *cohort;

static int open_people(void **state)
{
    if (start_data_tests(state) != 0) return -1;
    write_text("people.csv", people);
    write_text("people.yaml", "columns: [{name: race, kind: categorical}]\n");
    if (import_table(in_scratch("people.csv"), in_scratch("people.yaml"), in_scratch("people.h5")) != SHY_OK) return -1;
    return shy_cohort_open(team, in_scratch("people.h5"), &cohort) == SHY_OK ? 0 : -1;
}

static int close_people(void **state)
{
    shy_cohort_close(&cohort);
    return end_data_tests(state);
}

/* The rows that a condition keeps, as their letters. */
static shy_status kept(const char *text, char letters[ROWS + 1])
{
    shy_status st = SHY_OK;
    shy_filter *filter = NULL;
    const int64_t *index = NULL;
    double values[16 * ROWS];
    uint8_t keep[ROWS];
    int used = 0;

    shy_error_clear();
    SHY_TRY(shy_filter_parse(cohort, text, &filter));
    int64_t columns = shy_filter_columns(filter, &index);
    SHY_TRY(shy_cohort_read(cohort, index, columns, 0, ROWS, values));
    shy_filter_apply(filter, values, ROWS, keep);
    for (int i = 0; i < ROWS; i++)
        if (keep[i]) letters[used++] = (char)('a' + i);
out:
    letters[used] = '\0';
    shy_filter_free(&filter);
    return st;
}

static void conditions_keep_the_rows_they_describe(void **state)
{
    static const struct {
        const char *text, *rows;
    } cases[] = {
        {"", "abcdef"},
        {"  ", "abcdef"},
        {"age >= 18", "bcef"},
        {"age > 18", "cef"},
        {"age<18", "a"},
        {"18 <= age", "bcef"},
        {"45.5 == age", "c"},
        {"age != 17", "bcef"},
        {"age <= 1.8e1", "ab"},
        {"sex == female", "bce"},
        {"sex != female", "ad"},
        {"sex == 'female'", "bce"},
        {"not sex == female", "adf"},
        {"age >= 18 and sex == female", "bce"},
        {"age >= 18 && !(sex == female)", "f"},
        {"age is missing", "d"},
        {"age is present", "abcef"},
        {"age is not missing and parity is missing", "af"},
        {"sex == male or sex == female and age > 50", "ade"},
        {"(sex == male or sex == female) and age > 50", "e"},
        {"not not age > 50", "ef"},
        {"not (age > 50 or age < 18)", "bcd"},
        {"stage == II || stage == III", "bcd"},
        {"race == 3", "ae"},
        {"race == 3.0", "ae"},
        {"race >= 2", "adef"},
        {"race != 2 and race < 3", "bc"},
        {"\"two words\" > -6 and `two words` < 2", "ae"},
        {"'and' == 1", "bcf"},
        {"'and' >= 1", "bcf"},
        {"((((age == 17))))", "a"},
    };
    char letters[ROWS + 1];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (kept(cases[i].text, letters) != SHY_OK) fail_msg("%s: %s", cases[i].text, shy_error_message());
        if (strcmp(letters, cases[i].rows) != 0)
            fail_msg("%s keeps %s and not %s", cases[i].text, letters, cases[i].rows);
    }
}

static void slips_are_explained(void **state)
{
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"ag >= 18", "position 1: the cohort has no column ag; did you mean age?"},
        {"age >= 18 adn sex == female", "position 11: 'adn' stands where and, or (did you mean and?) is expected"},
        {"age >= 18 and", "position 14: the condition ends where a column is expected"},
        {"age >= 18 and and", "position 15: 'and' stands where a column is expected"},
        {"age", "position 4: the condition ends where a comparison"},
        {"age = 18", "position 5: equality is written =="},
        {"age => 18", "position 5: equality is written =="},
        {"age >= old", "position 8: 'old' stands where a number is expected"},
        {"age >=", "position 7: the condition ends where a number is expected"},
        {"sex == femal", "position 8: column sex has no level femal; did you mean female?"},
        {"stage == early", "position 10: column stage has no level early; it has I, II, III."},
        {"sex > female", "position 7: levels that are no numbers have no order"},
        {"race == 7", "column race has no level 7"},
        {"pid == a", "position 1: pid is an identifier"},
        {"(age > 3", "position 9: the condition ends where and, or, or a closing parenthesis is expected"},
        {"age > 3)", "position 8: ')' stands where"},
        {"age is", "where missing or present is expected"},
        {"age is absent", "position 8: 'absent' stands where missing or present is expected"},
        {"sex == 'male", "position 8: this quote is not closed"},
        {"größe > 3", "position 1: the cohort has no column größe"},
        {"age > 3 and größe > 3 and x", "position 13: the cohort has no column größe"},
        {"age > 3 or µ == 1 or", "position 12"},
        {"3 age", "position 3: 'age' stands where a comparison"},
        {"3 < sex", "position 1: "},
        {"age & 3", "position 5: '&' stands where a comparison"},
    };
    char letters[ROWS + 1];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(kept(cases[i].text, letters), SHY_INPUT);
        assert_contains(shy_error_message(), cases[i].expected);
    }
    shy_error_clear();
}

/* ---- random conditions ------------------------------------------------------------------------------------------- */

typedef struct {
    char text[4096];
    bool truth[ROWS];
} condition;

static double age_of(int row)
{
    static const double ages[ROWS] = {17, 18, 45.5, NAN, 80, 64};

    return ages[row];
}

/* Text and truth are made side by side, with as many parentheses as are needed and some that are not. */
static void make_condition(uint64_t seed, uint64_t *index, int depth, condition *out)
{
    uint64_t bits = shy_random_bits(seed, 0, ++*index);
    condition left, right;

    if (depth == 0 || bits % 4 == 0) {
        double limit = (double)(bits / 8 % 90);
        bool above = bits >> 20 & 1;
        snprintf(out->text, sizeof out->text, "age %s %g", above ? ">" : "<=", limit);
        for (int i = 0; i < ROWS; i++)
            out->truth[i] = above ? age_of(i) > limit : age_of(i) <= limit;
        return;
    }
    make_condition(seed, index, depth - 1, &left);
    if (bits % 4 == 1) {
        snprintf(out->text, sizeof out->text, "not (%.2000s)", left.text);
        for (int i = 0; i < ROWS; i++)
            out->truth[i] = !left.truth[i];
        return;
    }
    make_condition(seed, index, depth - 1, &right);
    bool both = bits % 4 == 2;
    snprintf(out->text, sizeof out->text, "(%.2000s) %s (%.2000s)", left.text, both ? "and" : "or", right.text);
    for (int i = 0; i < ROWS; i++)
        out->truth[i] = both ? left.truth[i] && right.truth[i] : left.truth[i] || right.truth[i];
}

static void nested_conditions_are_what_they_say(void **state)
{
    condition c;
    char letters[ROWS + 1], expected[ROWS + 1];
    (void)state;
    for (uint64_t seed = 0; seed < 300; seed++) {
        uint64_t index = 0;
        int used = 0;
        make_condition(seed, &index, 4, &c);
        for (int i = 0; i < ROWS; i++)
            if (c.truth[i]) expected[used++] = (char)('a' + i);
        expected[used] = '\0';
        assert_int_equal(kept(c.text, letters), SHY_OK);
        assert_string_equal(letters, expected);
    }
}

/* Words in any order are either a condition or an error with a position, and deep nesting is an error and no crash. */
static void nonsense_is_refused_and_nothing_worse(void **state)
{
    static const char *const words[] = {
        "age",     "sex",     "and", "or",    "not", "(",  ")", ">", "==", "<=",   "female", "18",    "is",
        "missing", "present", "'",   "\"q\"", "!",   "&&", "|", "=", "µ",  "race", "2",      "'and'", ""};
    char text[512], letters[ROWS + 1], deep[1024];
    int accepted = 0;
    (void)state;
    for (uint64_t i = 0; i < 4000; i++) {
        text[0] = '\0';
        for (uint64_t k = 0; k < 1 + i % 7; k++) {
            strcat(text, words[shy_random_bits(9, i, k) % (sizeof words / sizeof *words)]);
            strcat(text, shy_random_bits(9, i, 100 + k) % 5 == 0 ? "" : " ");
        }
        shy_status st = kept(text, letters);
        accepted += st == SHY_OK;
        if (st != SHY_OK) assert_contains(shy_error_message(), "position ");
    }
    assert_true(accepted > 10);
    memset(deep, '(', 1000);
    strcpy(deep + 1000, "age > 3");
    assert_int_equal(kept(deep, letters), SHY_INPUT);
    assert_contains(shy_error_message(), "too many parentheses");
    shy_error_clear();
}

static void every_failed_allocation_of_a_filter_is_reported(void **state)
{
    shy_status st = SHY_MEMORY;
    uint64_t nth = 1, before = shy_memory_in_use();
    (void)state;
    for (; st != SHY_OK; nth++) {
        shy_filter *filter = NULL;
        shy_error_clear();
        shy_memory_fail_at(nth);
        st = shy_filter_parse(cohort, "age > 3 and (sex == female or 3 == race)", &filter);
        shy_memory_fail_at(0);
        shy_filter_free(&filter);
        assert_int_equal(shy_memory_in_use(), before);
        assert_true(st == SHY_OK || st == SHY_MEMORY);
    }
    assert_true(nth > 8);
    shy_error_clear();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conditions_keep_the_rows_they_describe),
        cmocka_unit_test(slips_are_explained),
        cmocka_unit_test(nested_conditions_are_what_they_say),
        cmocka_unit_test(nonsense_is_refused_and_nothing_worse),
        cmocka_unit_test(every_failed_allocation_of_a_filter_is_reported),
    };
    return cmocka_run_group_tests(tests, open_people, close_people);
}
