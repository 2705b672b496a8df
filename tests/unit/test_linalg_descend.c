/* test_linalg_descend.c: minimisation without second derivatives: known minima, places that are not allowed, failures. */
#include "shy_config.h"

#include <math.h>

#include "par_check.h"

#include "shihyo/linalg.h"

typedef struct {
    int calls, fails_at;
    const double *target;
    int unknowns;
} function;

/* Nearly the identity as Hessian, and not a quadratic: Σ cosh(x − t) plus a coupling. The minimum is at the target. */
static shy_status bowl(void *context, const double *x, double *f, double *gradient)
{
    function *fn = context;
    double sum = 0.0;
    if (++fn->calls == fn->fails_at) return shy_fail(SHY_IO, "the disk is gone");
    *f = 0.0;
    for (int k = 0; k < fn->unknowns; k++) sum += x[k] - fn->target[k];
    for (int k = 0; k < fn->unknowns; k++) {
        *f += cosh(x[k] - fn->target[k]);
        gradient[k] = sinh(x[k] - fn->target[k]) + 0.2 * sum;
    }
    *f += 0.1 * sum * sum;
    return SHY_OK;
}

/* x − log x: its minimum at 1 lies beside a wall at 0 that the first steps run into. */
static shy_status walled(void *context, const double *x, double *f, double *gradient)
{
    function *fn = context;
    fn->calls++;
    *f = x[0] > 0.0 ? 3.0 * (x[0] - log(x[0])) : NAN;
    gradient[0] = 3.0 * (1.0 - 1.0 / x[0]);
    return SHY_OK;
}

/* Falls towards a place that is not allowed: there is no minimum, only better points. */
static shy_status edge(void *context, const double *x, double *f, double *gradient)
{
    function *fn = context;
    fn->calls++;
    *f = x[0] < 2.0 ? -x[0] : INFINITY;
    gradient[0] = -1.0;
    return SHY_OK;
}

static shy_status valley(void *context, const double *x, double *f, double *gradient) /* Rosenbrock's */
{
    function *fn = context;
    const double a = x[1] - x[0] * x[0], b = 1.0 - x[0];
    fn->calls++;
    *f = 10.0 * a * a + b * b;
    gradient[0] = -40.0 * a * x[0] - 2.0 * b;
    gradient[1] = 20.0 * a;
    return SHY_OK;
}

static shy_descend descent_of(function *fn, int unknowns, shy_status (*evaluate)(void *, const double *, double *, double *))
{
    fn->unknowns = unknowns;
    return (shy_descend){.unknowns = unknowns, .evaluate = evaluate, .context = fn, .gradient_tolerance = 1e-12, .max_evaluations = 200};
}

static void minima_are_found_to_the_rounding_of_the_gradient(void **state)
{
    double target[SHY_DESCEND_MAX], x[SHY_DESCEND_MAX], f = NAN;
    (void)state;
    for (int k = 0; k < SHY_DESCEND_MAX; k++) target[k] = sin(k + 1.0);
    for (int unknowns = 1; unknowns <= SHY_DESCEND_MAX; unknowns++) {
        function fn = {.target = target};
        const shy_descend problem = descent_of(&fn, unknowns, bowl);
        for (int k = 0; k < unknowns; k++) x[k] = 2.0 * cos(k);
        EXPECT(shy_descend_run(&problem, x, &f) == SHY_OK);
        EXPECT(fabs(f - unknowns) <= 1e-13 * unknowns);
        for (int k = 0; k < unknowns; k++) EXPECT(fabs(x[k] - target[k]) <= 1e-11);
        EXPECT(fn.calls < 300);
    }
    function fn = {0};
    const shy_descend problem = descent_of(&fn, 2, valley);
    x[0] = -1.2, x[1] = 1.0;
    EXPECT(shy_descend_run(&problem, x, &f) == SHY_OK);
    EXPECT(fabs(x[0] - 1.0) < 1e-10 && fabs(x[1] - 1.0) < 1e-10);
    assert_on_all_ranks();
}

static void steps_stay_where_the_function_is_defined(void **state)
{
    function fn = {0};
    double x[1] = {40.0}, f = NAN;
    shy_descend problem = descent_of(&fn, 1, walled);
    (void)state;
    EXPECT(shy_descend_run(&problem, x, &f) == SHY_OK);
    EXPECT(fabs(x[0] - 1.0) < 1e-10 && fabs(f - 3.0) < 1e-14);
    x[0] = -1.0;
    EXPECT(shy_descend_run(&problem, x, &f) == SHY_OK);
    EXPECT(x[0] == -1.0 && f == INFINITY);
    problem = descent_of(&fn, 1, edge);
    x[0] = 0.5;
    EXPECT(shy_descend_run(&problem, x, &f) == SHY_OK);
    EXPECT(x[0] >= 0.5 && x[0] < 2.0 && f == -x[0]);
    assert_on_all_ranks();
}

/* What was solved before, and a solver that runs inside, leave no trace in the bits. */
static shy_status bowl_with_a_descent_inside(void *context, const double *x, double *f, double *gradient)
{
    function inner = {0};
    double y[1] = {5.0}, lowest;
    const shy_descend problem = descent_of(&inner, 1, walled);
    EXPECT(shy_descend_run(&problem, y, &lowest) == SHY_OK);
    return bowl(context, x, f, gradient);
}

static void results_do_not_depend_on_what_else_is_solved(void **state)
{
    const double target[3] = {0.3, -2.0, 1.0};
    double x[2][3] = {{0}}, f[2];
    (void)state;
    for (int round = 0; round < 2; round++) {
        function fn = {.target = target};
        const shy_descend problem = descent_of(&fn, 3, round ? bowl_with_a_descent_inside : bowl);
        EXPECT(shy_descend_run(&problem, x[round], &f[round]) == SHY_OK);
    }
    EXPECT(memcmp(x[0], x[1], sizeof x[0]) == 0 && f[0] == f[1]);
    assert_on_all_ranks();
}

static void a_failure_of_the_function_comes_back(void **state)
{
    const double target[2] = {1.0, 2.0};
    int calls = 1; /* of a run that nothing stops */
    (void)state;
    for (int at = 0; at < calls; at++) {
        function fn = {.target = target, .fails_at = at};
        double x[2] = {-1.0, 0.5}, f = NAN;
        const shy_descend problem = descent_of(&fn, 2, bowl);
        const shy_status st = shy_descend_run(&problem, x, &f);
        if (at == 0) {
            EXPECT(st == SHY_OK && fn.calls > 4);
            calls = fn.calls;
            continue;
        }
        EXPECT(st == SHY_IO);
        EXPECT(strstr(shy_error_message(), "the disk is gone") != NULL);
        EXPECT(fn.calls == at);
        EXPECT(x[0] == -1.0 && x[1] == 0.5 && isnan(f));
        shy_error_clear();
    }
    function fn = {.target = target};
    double x[2] = {0}, f;
    const shy_descend none = descent_of(&fn, 0, bowl), many = descent_of(&fn, SHY_DESCEND_MAX + 1, bowl);
    EXPECT(shy_descend_run(&none, x, &f) == SHY_INTERNAL && shy_descend_run(&many, x, &f) == SHY_INTERNAL);
    assert_on_all_ranks();
}

static void tao_and_bfgs_agree(void **state)
{
    const double target[4] = {0.5, -1.0, 2.0, 0.1};
    double x[2][4] = {{0}}, f[2], v[2][2] = {{-1.2, 1.0}, {-1.2, 1.0}}, g[2];
    (void)state;
    for (int own = 0; own < 2; own++) {
        function fn = {.target = target};
        const shy_descend round = descent_of(&fn, 4, bowl), bent = descent_of(&fn, 2, valley);
        if (own) setenv("SHY_MINIMISER", "own", 1);
        fn.unknowns = 4;
        EXPECT(shy_descend_run(&round, x[own], &f[own]) == SHY_OK);
        EXPECT(shy_descend_run(&bent, v[own], &g[own]) == SHY_OK);
        unsetenv("SHY_MINIMISER");
    }
    for (int k = 0; k < 4; k++) EXPECT(fabs(x[0][k] - x[1][k]) < 1e-11);
    for (int k = 0; k < 2; k++) EXPECT(fabs(v[0][k] - v[1][k]) < 1e-9);
    assert_on_all_ranks();
}

static int with_our_own_minimiser(void **state)
{
    (void)state;
    return setenv("SHY_MINIMISER", "own", 1);
}

static int as_before(void **state)
{
    (void)state;
    return unsetenv("SHY_MINIMISER");
}

int main(int argc, char **argv)
{
#define WITH_OUR_OWN(test) {"bfgs: " #test, test, with_our_own_minimiser, as_before, NULL}
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(minima_are_found_to_the_rounding_of_the_gradient),
        cmocka_unit_test(steps_stay_where_the_function_is_defined),
        cmocka_unit_test(results_do_not_depend_on_what_else_is_solved),
        cmocka_unit_test(a_failure_of_the_function_comes_back),
        cmocka_unit_test(tao_and_bfgs_agree),
        WITH_OUR_OWN(minima_are_found_to_the_rounding_of_the_gradient),
        WITH_OUR_OWN(steps_stay_where_the_function_is_defined),
        WITH_OUR_OWN(results_do_not_depend_on_what_else_is_solved),
        WITH_OUR_OWN(a_failure_of_the_function_comes_back),
    };
    if (shy_par_start(&argc, &argv) != SHY_OK) return 1;
    int failed = _cmocka_run_group_tests("descend", tests, sizeof tests / sizeof *tests, NULL, NULL);
    shy_linalg_stop();
    shy_par_stop();
    return failed;
}
