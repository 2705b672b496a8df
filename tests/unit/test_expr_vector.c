/* Tests of expr: the kernels of the operators on rows, of every instruction set that is here. */
#include "shy_config.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "expr/kernels.h"
#include "expr_random.h"

enum { ROWS = 512 };

static bool same(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b));
}

static void rows_are_the_definitions_bit_for_bit(void **state)
{
    dice d = {.purpose = 21};
    double u[ROWS], v[ROWS], out[ROWS + 1];
    (void)state;
    for (int isa = 0; isa < SHY_ISAS; isa++) {
        if (!shy_isa_available((shy_isa)isa)) continue;
        for (int k = 0; k < SHY_OPS; k++) {
            const int rows = ROWS - k;
            for (int i = 0; i < ROWS; i++)
                u[i] = dice_constant(&d), v[i] = i % 9 == 0 ? 0.0 : dice_constant(&d);
            out[rows] = 12345.0;
            shy_row_kernels_of((shy_isa)isa)->rows[k](rows, u, shy_operator_get((shy_op)k)->arity == 2 ? v : NULL, out);
            for (int i = 0; i < rows; i++)
                assert_true(same(out[i], shy_operator_apply((shy_op)k, u[i], v[i])));
            assert_true(out[rows] == 12345.0);
        }
    }
}

/*
 * ---- units in the last place
 * -----------------------------------------------------------------------------------------
 */

/* `digits` and `least` of the type: DBL_MANT_DIG and DBL_MIN_EXP. */
static double units_off(long double got, long double exact, int digits, int least)
{
    int exponent;
    if (got == exact) return 0.0;
    (void)frexpl(exact, &exponent);
    return (double)(fabsl(got - exact) / ldexpl(1.0L, (exponent < least ? least : exponent) - digits));
}

/* Numbers of all sizes from 2^low to 2^high, many of them beside powers of two and simple fractions. */
static double some_number(dice *d, int low, int high)
{
    const double place = dice_between(d, low, high);
    const uint32_t kind = dice_below(d, 4);
    if (kind == 0) return ldexp(1.0 + dice_between(d, -1.0, 1.0) * 1e-7, (int)place);
    if (kind == 1) return ldexp(sqrt(0.5) + dice_between(d, -1.0, 1.0) * 1e-6, (int)place);
    return ldexp(dice_between(d, 1.0, 2.0), (int)place);
}

static double number_near_1(dice *d)
{
    return 1.0 + dice_between(d, -1.0, 1.0) * pow(2.0, -dice_between(d, 0.5, 52.0));
}

/* The worst of `rounds` columns, in units in the last place. */
typedef struct {
    double (*number)(dice *d, int round);
    long double (*exact)(long double u);
    shy_op op;
    bool narrow;
} function;

static double worst_wide(const shy_rough_kernels *rough, const shy_row_kernels *exact_rows, const function *f)
{
    dice d = {.purpose = 22};
    double u[ROWS], out[ROWS], worst = 0.0;
    for (int round = 0; round < 200; round++) {
        for (int i = 0; i < ROWS; i++)
            u[i] = f->number(&d, round);
        if (f->op == SHY_OP_LOG)
            rough->log_rows(ROWS, u, out);
        else if (f->op == SHY_OP_EXP)
            rough->exp_rows(ROWS, u, out);
        else
            exact_rows->rows[f->op](ROWS, u, u, out);
        for (int i = 0; i < ROWS; i++)
            worst = fmax(worst, units_off(out[i], f->exact(u[i]), DBL_MANT_DIG, DBL_MIN_EXP));
    }
    return worst;
}

static double worst_narrow(const shy_rough_kernels *rough, const function *f)
{
    dice d = {.purpose = 23};
    float u[ROWS], out[ROWS];
    double worst = 0.0;
    for (int round = 0; round < 200; round++) {
        for (int i = 0; i < ROWS; i++)
            u[i] = (float)f->number(&d, round);
        (void)rough->rows[f->op](ROWS, u, u, out);
        for (int i = 0; i < ROWS; i++)
            worst = fmax(worst, units_off(out[i], f->exact(u[i]), FLT_MANT_DIG, FLT_MIN_EXP));
    }
    return worst;
}

static double log_number(dice *d, int round)
{
    return round % 2 ? number_near_1(d) : some_number(d, -1074, 1023);
}

static double log_number_narrow(dice *d, int round)
{
    return round % 2 ? number_near_1(d) : some_number(d, -125, 127);
}

static double exp_number(dice *d, int round)
{
    return dice_between(d, round % 2 ? -745.2 : -1.0, round % 2 ? 700.0 : 1.0);
}

static double exp_number_narrow(dice *d, int round)
{
    return dice_between(d, round % 2 ? -103.9 : -1.0, round % 2 ? 87.0 : 1.0);
}

static void functions_are_within_a_few_units(void **state)
{
    static const function functions[] = {
        {log_number, logl, SHY_OP_LOG, false},       {exp_number, expl, SHY_OP_EXP, false},
        {log_number, sqrtl, SHY_OP_SQRT, false},     {log_number_narrow, logl, SHY_OP_LOG, true},
        {exp_number_narrow, expl, SHY_OP_EXP, true}, {log_number_narrow, sqrtl, SHY_OP_SQRT, true},
    };
    (void)state;
    for (int isa = 0; isa < SHY_ISAS; isa++) {
        if (!shy_isa_available((shy_isa)isa)) continue;
        const shy_rough_kernels *rough = shy_rough_kernels_of((shy_isa)isa);
        for (size_t k = 0; k < sizeof functions / sizeof *functions; k++) {
            const function *f = &functions[k];
            const double worst =
                f->narrow ? worst_narrow(rough, f) : worst_wide(rough, shy_row_kernels_of((shy_isa)isa), f);
            const double most = f->op == SHY_OP_SQRT ? 0.501
                                : f->narrow          ? 3.0
                                                     : 4.0; /* the bound of rough.c counts on it */
            if (!(worst <= most))
                print_error("%s %s: %g units\n", shy_isa_name((shy_isa)isa), shy_operator_get(f->op)->name, worst);
            assert_true(worst <= most);
        }
    }
}

static void very_small_exponentials_are_0_and_logarithms_of_1_too(void **state)
{
    double u[16], out[16];
    float narrow[16], narrow_out[16];
    (void)state;
    for (int isa = 0; isa < SHY_ISAS; isa++) {
        if (!shy_isa_available((shy_isa)isa)) continue;
        const shy_rough_kernels *rough = shy_rough_kernels_of((shy_isa)isa);
        for (int i = 0; i < 16; i++)
            u[i] = i % 2 ? -1e150 : -746.0, narrow[i] = i % 2 ? -1e18f : -104.5f;
        rough->exp_rows(16, u, out);
        (void)rough->rows[SHY_OP_EXP](16, narrow, narrow, narrow_out);
        for (int i = 0; i < 16; i++)
            assert_true(out[i] == 0.0 && narrow_out[i] == 0.0f);
        for (int i = 0; i < 16; i++)
            u[i] = narrow[i] = 1.0;
        rough->log_rows(16, u, out);
        (void)rough->rows[SHY_OP_LOG](16, narrow, narrow, narrow_out);
        for (int i = 0; i < 16; i++)
            assert_true(out[i] == 0.0 && narrow_out[i] == 0.0f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_the_definitions_bit_for_bit),
        cmocka_unit_test(functions_are_within_a_few_units),
        cmocka_unit_test(very_small_exponentials_are_0_and_logarithms_of_1_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
