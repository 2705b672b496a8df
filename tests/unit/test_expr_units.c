/* Tests of expr: units as text, and what operators do to them. */
#include "shy_config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "expr_random.h"

static shy_units *units;

static int set_up(void **state)
{
    (void)state;
    shy_error_clear();
    return shy_units_create(&units) == SHY_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    shy_units_destroy(&units);
    return 0;
}

static shy_unit unit(const char *text)
{
    shy_unit u = SHY_UNIT_INVALID;

    shy_error_clear();
    if (shy_unit_parse(units, text, &u) != SHY_OK) print_error("%s\n", shy_error_message());
    return u;
}

static shy_unit clinical(shy_op op, shy_unit u, shy_unit v)
{
    return shy_unit_apply(units, SHY_UNITS_CLINICAL, op, u, v);
}

/* Spellings of one unit; it is known by the one met first. */
static void spellings_of_one_unit_are_one_unit(void **state)
{
    static const char *const spellings[][6] = {
        {"kg/m2", "kg/m^2", "kg/m²", "kg.m-2", "m-2*kg", "kg m⁻²"},
        {"mg/dL", " mg / dL ", "mg dL-1", "mg·dL⁻¹", "mg*dL^-1", "dL-1.mg"},
        {"10^9/L", "10*9/L", "x10^9/L", "×10⁹/L", "10^9 L-1", "/L*10^9"},
        {"mL/min/1.73m2", "mL/min/1.73/m2", "mL/min/1.73 m²", "mL/(min.1.73m2)", "mL/min/(1.73 m^2)", "mL/(min 1.73 m2)"},
        {"uU/mL", "µU/mL", "μU/mL", "uU.mL-1", "uU mL-1", "1/mL*uU"},
        {"mm[Hg]", "mm[Hg]1", "mm[Hg]^1", "(mm[Hg])", "1*mm[Hg]", "mm[Hg]/%"},
        {"10e3/uL", "10e3/µL", "x10e3/uL", "10e3 uL-1", "1/uL.10e3", "/uL*10e3"},
        {"1/min", "/min", "min-1", "min⁻¹", "1/min^1", "%/min"},
        {"kg^0.75", "kg^(3/4)", "kg^(0.75)", "kg^+0.75", "(kg^0.75)", "kg^0.750"},
        {"g/24/h", "g/24h", "g/(24 h)", "g/24 h", "g/(24.h)", "h-1.g/24"},
        {"1000/mm3", "1000/mm^3", "1000 mm-3", "1000/(mm mm2)", "mm-3*1000", "1000/mm³"},
        {"mEq/L", "mEq/L", "mEq.L-1", "mEq L⁻¹", "(mEq)/(L)", "mEq*L^-1"},
        {"1", "%", "ratio", "score", "1/1", "g/g"},
        {"", " ", "\t", "\u00a0", "", ""},
    };

    (void)state;
    for (size_t k = 0; k < sizeof spellings / sizeof spellings[0]; k++) {
        shy_unit first = unit(spellings[k][0]);
        assert_string_equal(shy_unit_text(units, first), spellings[k][0]);
        for (int s = 1; s < 6; s++) {
            if (unit(spellings[k][s]) != first) print_error("%s is not %s\n", spellings[k][s], spellings[k][0]);
            assert_int_equal(unit(spellings[k][s]), first);
        }
    }
    assert_int_equal(unit("%"), SHY_UNIT_DIMENSIONLESS);
    assert_int_equal(unit(""), SHY_UNIT_UNKNOWN);
}

static void different_spellings_are_different_dimensions(void **state)
{
    static const char *const different[] = {"cm",   "m",     "m2",    "mg/dL",  "mmol/L", "10^9/L", "10^3/uL", "1000/uL",
                                            "/uL",  "years", "yr",    "mmHg",   "mm[Hg]", "U/L",    "IU/L",    "kg",
                                            "Kg",   "%",     "",      "m^0.5",  "°C",     "{cells}", "g/L",    "mL/min",
                                            "24",   "x",     "mL/min/1.73m2", "mL/min/m2", "[iU]/L", "pg/mL"};
    const size_t count = sizeof different / sizeof different[0];

    (void)state;
    for (size_t a = 0; a < count; a++) {
        for (size_t b = 0; b < a; b++) assert_int_not_equal(unit(different[a]), unit(different[b]));
    }
}

static void wrong_units_are_explained(void **state)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"kg/", "The unit \"kg/\" cannot be read at position 4: the name of a unit is needed."},
        {"kg//m", "position 4: the name of a unit"},
        {"kg^", "position 4: an exponent is needed"},
        {"kg^x", "position 4: an exponent is needed"},
        {"m^0.3", "a multiple of 1/8"},
        {"m^(1/3)", "a multiple of 1/8"},
        {"m^(1/0)", "a multiple of 1/8"},
        {"m^(1/2", "the exponent has no \")\""},
        {"m^5000", "a multiple of 1/8 between -1000 and 1000"},
        {"m99999", "beyond 1000"},
        {"m⁹⁹⁹⁹", "beyond 1000"},
        {"m⁻", "a digit is needed"},
        {"m999*m999", "beyond 1000"},
        {"kg/(m", "a \")\" is missing"},
        {"kg)", "position 3: a \"/\" or the end is needed"},
        {"kg,m", "position 3: a \"/\" or the end"},
        {"(m)^2", "position 4: a \"/\" or the end"},
        {"mm[Hg", "a bracket is not closed"},
        {"((((((((((((((((((((((((((m", "nested too deeply"},
        {"a b c d e f g h i j k l m n o p q r", "too many base units"},
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "too long"},
        {"1111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111", "too long"},
    };

    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        shy_unit u = 77;
        shy_error_clear();
        assert_int_equal(shy_unit_parse(units, cases[k].text, &u), SHY_INPUT);
        if (!strstr(shy_error_message(), cases[k].message)) print_error("%s\n", shy_error_message());
        assert_non_null(strstr(shy_error_message(), cases[k].message));
        assert_int_equal(u, 77);
    }
}

static void operators_follow_the_rules_of_dimensions(void **state)
{
    const struct {
        shy_units_mode mode;
        shy_op op;
        const char *u, *v, *result; /* "invalid": refused */
    } cases[] = {
        {SHY_UNITS_STRICT, SHY_OP_ADD, "kg", "kg", "kg"},
        {SHY_UNITS_STRICT, SHY_OP_ADD, "kg", "cm", "invalid"},
        {SHY_UNITS_STRICT, SHY_OP_ADD, "kg", "", ""},
        {SHY_UNITS_STRICT, SHY_OP_SUBTRACT, "mg/dL", "mg/dL", "mg/dL"},
        {SHY_UNITS_STRICT, SHY_OP_MAX, "U/L", "mg/dL", "invalid"},
        {SHY_UNITS_STRICT, SHY_OP_MIN, "U/L", "U/L", "U/L"},
        {SHY_UNITS_CLINICAL, SHY_OP_HYPOT, "kg", "g", "invalid"},
        {SHY_UNITS_STRICT, SHY_OP_RELDIFF, "kg", "kg", "1"},
        {SHY_UNITS_STRICT, SHY_OP_RELDIFF, "kg", "1", "invalid"},
        {SHY_UNITS_STRICT, SHY_OP_MULTIPLY, "kg/m2", "m", "kg/m"},
        {SHY_UNITS_STRICT, SHY_OP_MULTIPLY, "1/m", "m", "1"},
        {SHY_UNITS_STRICT, SHY_OP_MULTIPLY, "kg", "", ""},
        {SHY_UNITS_STRICT, SHY_OP_DIVIDE, "U/L", "10^9/L", "U/10^9"},
        {SHY_UNITS_STRICT, SHY_OP_DIVIDE, "kg", "kg", "1"},
        {SHY_UNITS_STRICT, SHY_OP_SQUARE, "kg/m", "", "kg2/m2"},
        {SHY_UNITS_STRICT, SHY_OP_SQRT, "kg cm", "", "kg^0.5 cm^0.5"},
        {SHY_UNITS_STRICT, SHY_OP_SQRT, "m^0.125", "", "invalid"},
        {SHY_UNITS_STRICT, SHY_OP_SQUARE, "m900", "", "invalid"},
        {SHY_UNITS_STRICT, SHY_OP_INVERSE, "kg/m2", "", "m2/kg"},
        {SHY_UNITS_STRICT, SHY_OP_ABS, "kg", "", "kg"},
        {SHY_UNITS_STRICT, SHY_OP_LOG, "kg", "", "invalid"},
        {SHY_UNITS_STRICT, SHY_OP_LOG, "%", "", "1"},
        {SHY_UNITS_CLINICAL, SHY_OP_LOG, "kg", "", "1"},
        {SHY_UNITS_CLINICAL, SHY_OP_LOG, "", "", ""},
        {SHY_UNITS_CLINICAL, SHY_OP_EXP, "kg", "", "invalid"},
        {SHY_UNITS_CLINICAL, SHY_OP_EXP, "1", "", "1"},
        {SHY_UNITS_CLINICAL, SHY_OP_EXP, "", "", ""},
        {SHY_UNITS_OFF, SHY_OP_ADD, "kg", "cm", ""},
        {SHY_UNITS_OFF, SHY_OP_MULTIPLY, "kg", "cm", ""},
    };

    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        shy_unit result = shy_unit_apply(units, cases[k].mode, cases[k].op, unit(cases[k].u), unit(cases[k].v));
        assert_string_equal(shy_unit_text(units, result), cases[k].result);
        if (result != SHY_UNIT_INVALID) assert_int_equal(result, unit(cases[k].result));
    }
    assert_int_equal(clinical(SHY_OP_ADD, SHY_UNIT_INVALID, SHY_UNIT_UNKNOWN), SHY_UNIT_INVALID);
    assert_int_equal(clinical(SHY_OP_MULTIPLY, unit("kg"), SHY_UNIT_INVALID), SHY_UNIT_INVALID);
    assert_int_equal(clinical(SHY_OP_LOG, SHY_UNIT_INVALID, SHY_UNIT_UNKNOWN), SHY_UNIT_INVALID);
}

/* A unit reached by random operators from clinical ones. */
static shy_unit random_unit(dice *d)
{
    static const char *const base[] = {"kg", "cm", "mg/dL", "10^9/L", "mL/min/1.73m2", "%", "mm[Hg]", "{cells}/uL", "a-"};
    static const shy_op steps[] = {SHY_OP_MULTIPLY, SHY_OP_DIVIDE, SHY_OP_SQRT, SHY_OP_SQUARE, SHY_OP_INVERSE};
    const uint32_t bases = sizeof base / sizeof base[0];
    shy_unit u = unit(base[dice_below(d, bases)]);

    for (uint32_t left = dice_below(d, 6); left > 0; left--) {
        shy_unit next = clinical(steps[dice_below(d, 5)], u, unit(base[dice_below(d, bases)]));
        if (next != SHY_UNIT_INVALID) u = next;
    }
    return u;
}

static void dimensions_form_a_group_and_their_texts_read_back(void **state)
{
    dice d = {.purpose = 30};

    (void)state;
    for (int k = 0; k < 3000; k++) {
        shy_unit u = random_unit(&d), v = random_unit(&d), square = clinical(SHY_OP_SQUARE, u, 0);
        shy_unit product = clinical(SHY_OP_MULTIPLY, u, v), ratio = clinical(SHY_OP_DIVIDE, u, v);
        assert_int_equal(unit(shy_unit_text(units, u)), u);
        assert_int_equal(product, clinical(SHY_OP_MULTIPLY, v, u));
        assert_int_equal(clinical(SHY_OP_DIVIDE, product, v), u);
        assert_int_equal(clinical(SHY_OP_MULTIPLY, ratio, v), u);
        assert_int_equal(clinical(SHY_OP_INVERSE, ratio, 0), clinical(SHY_OP_DIVIDE, v, u));
        assert_int_equal(square, clinical(SHY_OP_MULTIPLY, u, u));
        assert_int_equal(clinical(SHY_OP_SQRT, square, 0), u);
        assert_int_equal(clinical(SHY_OP_DIVIDE, u, u), SHY_UNIT_DIMENSIONLESS);
    }
}

static void random_texts_are_refused_or_read_back(void **state)
{
    static const char alphabet[] = "kgmL1203/^*.-()[]{}% x+\xc2\xb2\xc2\xb5\xe2\x81\xbb\xc3\x97_e,";
    dice d = {.purpose = 31};
    int read = 0;

    (void)state;
    for (int k = 0; k < 30000; k++) {
        char text[16];
        uint32_t length = dice_below(&d, sizeof text);
        shy_unit u;
        for (uint32_t i = 0; i < length; i++) text[i] = alphabet[dice_below(&d, sizeof alphabet - 1)];
        text[length] = '\0';
        shy_error_clear();
        if (shy_unit_parse(units, text, &u) != SHY_OK) {
            assert_non_null(strstr(shy_error_message(), "position "));
            continue;
        }
        read++;
        u = clinical(SHY_OP_INVERSE, u, 0); /* its text is the program's own */
        if (unit(shy_unit_text(units, u)) != u) print_error("[%s] -> [%s]\n", text, shy_unit_text(units, u));
        assert_int_equal(unit(shy_unit_text(units, u)), u);
    }
    assert_true(read > 1000);
}

static void every_failing_allocation_is_reported_and_leaks_nothing(void **state)
{
    uint64_t before = shy_memory_in_use(), nth;
    shy_status st = SHY_MEMORY;

    (void)state;
    for (nth = 1; st != SHY_OK && nth < 100; nth++) {
        shy_units *small = NULL;
        shy_unit u = 0;
        shy_error_clear();
        shy_memory_fail_at(nth);
        st = shy_units_create(&small);
        if (st == SHY_OK) st = shy_unit_parse(small, "mL/min/1.73m2", &u);
        shy_memory_fail_at(0);
        if (st != SHY_OK) assert_int_equal(st, SHY_MEMORY);
        if (small && st == SHY_MEMORY) {
            shy_error_clear();
            assert_int_equal(shy_unit_parse(small, "mL/min/1.73m2", &u), SHY_OK);
            assert_string_equal(shy_unit_text(small, u), "mL/min/1.73m2");
        }
        shy_units_destroy(&small);
        assert_null(small);
        assert_true(shy_memory_in_use() == before);
    }
    assert_true(st == SHY_OK && nth > 8);

    shy_unit kg = unit("kg"), cm = unit("cm"), power = kg, product;
    assert_false(shy_units_starved(units));
    product = clinical(SHY_OP_MULTIPLY, kg, cm);
    shy_memory_fail_at(1);
    assert_null(shy_unit_text(units, product));
    for (int k = 0; power != SHY_UNIT_INVALID && k < 500; k++) { /* until the tables must grow */
        shy_memory_fail_at(1);
        power = clinical(SHY_OP_MULTIPLY, power, kg);
    }
    shy_memory_fail_at(0);
    assert_true(power == SHY_UNIT_INVALID && shy_units_starved(units));
    assert_string_equal(shy_unit_text(units, product), "kg cm");
}

/* What is forgotten leaves no trace: the others keep their numbers, and what comes anew is found again, whatever the tables grew to. */
static void units_can_be_forgotten(void **state)
{
    shy_unit kept[40], made[400];
    char text[16];

    (void)state;
    for (int k = 0; k < 40; k++) {
        snprintf(text, sizeof text, "z%c%c", (char)('a' + k / 26), (char)('a' + k % 26));
        kept[k] = unit(text);
    }
    const int count = shy_units_count(units);
    for (int pass = 0; pass < 3; pass++) {
        for (int k = 0; k < 400; k++) {
            made[k] = clinical(k % 2 ? SHY_OP_MULTIPLY : SHY_OP_DIVIDE, kept[(k + pass) % 40], kept[k * 7 % 39]);
            assert_true(k < 200 || shy_unit_text(units, made[k]) != NULL);
        }
        assert_true(shy_units_count(units) > count + 100);
        for (int k = 0; k < 400; k++) {
            assert_int_equal(clinical(k % 2 ? SHY_OP_MULTIPLY : SHY_OP_DIVIDE, kept[(k + pass) % 40], kept[k * 7 % 39]),
                             made[k]);
        }
        shy_units_forget(units, count);
        assert_int_equal(shy_units_count(units), count);
        for (int k = 0; k < 40; k++) {
            snprintf(text, sizeof text, "z%c%c", (char)('a' + k / 26), (char)('a' + k % 26));
            assert_int_equal(unit(text), kept[k]);
            assert_string_equal(shy_unit_text(units, kept[k]), text);
        }
        assert_int_equal(shy_units_count(units), count);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(spellings_of_one_unit_are_one_unit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(different_spellings_are_different_dimensions, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wrong_units_are_explained, set_up, tear_down),
        cmocka_unit_test_setup_teardown(operators_follow_the_rules_of_dimensions, set_up, tear_down),
        cmocka_unit_test_setup_teardown(dimensions_form_a_group_and_their_texts_read_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(random_texts_are_refused_or_read_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_failing_allocation_is_reported_and_leaks_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(units_can_be_forgotten, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
