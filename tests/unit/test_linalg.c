/* Tests of linalg: small systems, vectors in pieces, minimisation by TAO and without it, and that ScaLAPACK works over all ranks. */
#include "shy_config.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "shihyo/linalg.h"

#ifdef HAVE_PETSC
#define PETSC "PETSc 3."
#else
#define PETSC "no PETSc"
#endif

static shy_team *team; /* one group of all ranks: as many row blocks as ranks */

/* The verdict of all ranks: an assertion on one rank alone would leave the others in their next collective call. */
static bool everywhere(bool mine)
{
    int all = 0, one = mine;
    MPI_Allreduce(&one, &all, 1, MPI_INT, MPI_LAND, team->world);
    return all != 0;
}

static double noise(uint64_t purpose, uint64_t index)
{
    return shy_random_normal(7, purpose, index);
}

/* ---- before anything is started -------------------------------------------------------------------------------- */

static void the_libraries_are_named_without_being_started(void **state)
{
    char text[200], little[8];

    (void)state;
    shy_linalg_describe(text, sizeof text);
    assert_non_null(strstr(text, PETSC));
    assert_non_null(strstr(text, "ScaLAPACK"));
    assert_non_null(strstr(text, "BLAS"));
    shy_linalg_describe(little, sizeof little);
    assert_memory_equal(little, PETSC, 7);
    assert_int_equal(little[7], '\0');
}

/* ---- small systems --------------------------------------------------------------------------------------------- */

static void a_definite_system_is_solved(void **state)
{
    enum { MOST = 6 };

    (void)state;
    for (int order = 1; order <= MOST; order++) {
        double root[MOST * MOST], a[MOST * MOST], kept[MOST * MOST], x[MOST], b[MOST];
        for (int k = 0; k < order * order; k++)
            root[k] = noise(1, (uint64_t)(order * 100 + k));
        for (int i = 0; i < order; i++)
            for (int j = 0; j < order; j++) {
                double sum = i == j ? 1.0 : 0.0;
                for (int k = 0; k < order; k++)
                    sum += root[k * order + i] * root[k * order + j];
                a[i * order + j] = kept[i * order + j] = sum;
            }
        for (int k = 0; k < order; k++)
            x[k] = noise(2, (uint64_t)k);
        for (int i = 0; i < order; i++) {
            b[i] = 0.0;
            for (int k = 0; k < order; k++)
                b[i] += kept[i * order + k] * x[k];
        }
        assert_true(shy_solve_spd(order, a, b));
        for (int k = 0; k < order; k++)
            assert_true(fabs(b[k] - x[k]) < 1e-12 * (1.0 + fabs(x[k])));
    }
}

/* With the unit matrix on the right the columns are those of the inverse; the factor's diagonal gives the determinant. */
static void several_right_hand_sides_are_solved(void **state)
{
    double a[9] = {4.0, 2.0, 0.4, 2.0, 5.0, 1.0, 0.4, 1.0, 3.0}, b[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    const double kept[9] = {4.0, 2.0, 0.4, 2.0, 5.0, 1.0, 0.4, 1.0, 3.0};
    const double determinant = 4.0 * (15.0 - 1.0) - 2.0 * (6.0 - 0.4) + 0.4 * (2.0 - 2.0);

    (void)state;
    assert_true(shy_solve_spd_columns(3, a, 3, b));
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
            double sum = 0.0;
            for (int k = 0; k < 3; k++)
                sum += kept[3 * i + k] * b[3 * j + k];
            assert_true(fabs(sum - (i == j)) < 1e-14);
        }
    assert_true(fabs(a[0] * a[4] * a[8] * a[0] * a[4] * a[8] - determinant) < 1e-12);
}

static void a_system_that_is_not_definite_is_refused(void **state)
{
    static const double matrices[][4] = {{0, 0, 0, 0}, {1, 2, 2, 1}, {-1, 0, 0, 1}, {1, 1, 1, 1}, {NAN, 0, 0, 1}};

    (void)state;
    for (size_t k = 0; k < sizeof matrices / sizeof matrices[0]; k++) {
        double a[4], b[2] = {1, 2};
        memcpy(a, matrices[k], sizeof a);
        assert_false(shy_solve_spd(2, a, b));
    }
}

/* ---- vectors in pieces ----------------------------------------------------------------------------------------- */

static void pieces_come_together_in_the_order_of_row_blocks(void **state)
{
    bool right = true;
    enum { MOST = 64 };

    (void)state;
    for (int round = 0; round < 4; round++) {
        /* piece b has (b + round) mod 3 values: some have none */
        double mine[3] = {0}, all[MOST];
        int starts[MOST], count = (team->row_block + round) % 3, expected = 0;
        for (int i = 0; i < count; i++)
            mine[i] = 10.0 * team->row_block + i;
        shy_vector_gather(team, mine, count, all, starts);
        for (int b = 0; b < team->row_blocks; b++) {
            right = right && starts[b] == expected;
            for (int i = 0; i < (b + round) % 3; i++)
                right = right && all[expected + i] == 10.0 * b + i;
            expected += (b + round) % 3;
        }
        right = right && starts[team->row_blocks] == expected;
    }
    assert_true(everywhere(right));
}

/* ---- minimisation ---------------------------------------------------------------------------------------------- */

struct example {
    const char *name;
    shy_status (*evaluate)(void *context, const double *x, double *f, double *gradient, double *hessian);
    int unknowns;
    double start[3], expected[3];
    shy_minimise_end end;
};

/* (x − c)ᵀ D (x − c) / 2 with D from 1e-4 to 1e4: Newton's method does not mind */
static shy_status bowl(void *context, const double *x, double *f, double *gradient, double *hessian)
{
    static const double d[3] = {1e-4, 1.0, 1e4}, c[3] = {5.0, -3.0, 0.25};

    (void)context;
    memset(hessian, 0, 9 * sizeof *hessian);
    *f = 0.0;
    for (int k = 0; k < 3; k++) {
        gradient[k] = d[k] * (x[k] - c[k]);
        *f += 0.5 * gradient[k] * (x[k] - c[k]);
        hessian[4 * k] = d[k];
    }
    return SHY_OK;
}

/* exp(x) − 3 x, lowest at ln 3; the start at 40 is far up the wall */
static shy_status wall(void *context, const double *x, double *f, double *gradient, double *hessian)
{
    (void)context;
    *f = exp(x[0]) - 3.0 * x[0];
    *gradient = exp(x[0]) - 3.0;
    *hessian = exp(x[0]);
    return SHY_OK;
}

/* 2 x − log(1 − x²): infinite outside of (−1, 1), lowest where x² − x − 1 = 0 in it */
static shy_status well(void *context, const double *x, double *f, double *gradient, double *hessian)
{
    const double inside = 1.0 - x[0] * x[0];

    (void)context;
    *f = inside > 0.0 ? 2.0 * x[0] - log(inside) : INFINITY;
    *gradient = 2.0 + 2.0 * x[0] / inside;
    *hessian = 2.0 / inside + 4.0 * x[0] * x[0] / (inside * inside);
    return SHY_OK;
}

/* exp(x + 3 y − 0.1) + exp(x − 3 y − 0.1) + exp(−x − 0.1): lowest at (−ln 2 / 2, 0) */
static shy_status valley(void *context, const double *x, double *f, double *gradient, double *hessian)
{
    const double a = exp(x[0] + 3.0 * x[1] - 0.1), b = exp(x[0] - 3.0 * x[1] - 0.1), c = exp(-x[0] - 0.1);

    (void)context;
    *f = a + b + c;
    gradient[0] = a + b - c, gradient[1] = 3.0 * (a - b);
    hessian[0] = a + b + c, hessian[3] = 9.0 * (a + b);
    hessian[1] = hessian[2] = 3.0 * (a - b);
    return SHY_OK;
}

/* sum of exp(x_k − c_k) − (x_k − c_k) + (sum of x_k − c_k)² / 2 with c_k = sin k: lowest at c, and the Hessian is full */
static shy_status many(void *context, const double *x, double *f, double *gradient, double *hessian)
{
    const int count = *(const int *)context;
    double sum = 0.0;

    *f = 0.0;
    for (int k = 0; k < count; k++)
        sum += x[k] - sin(k);
    for (int k = 0; k < count; k++) {
        const double d = x[k] - sin(k);
        *f += exp(d) - d;
        gradient[k] = exp(d) - 1.0 + sum;
        for (int j = 0; j < count; j++)
            hessian[k * count + j] = 1.0 + (j == k ? exp(d) : 0.0);
    }
    *f += 0.5 * sum * sum;
    return SHY_OK;
}

static void minima_in_many_unknowns_are_found(void **state)
{
    static double x[SHY_UNKNOWNS_MAX];

    (void)state;
    for (int count = 1; count <= SHY_UNKNOWNS_MAX; count = count < 9 ? count + 1 : count * 7) {
        const shy_minimise problem = {count, many, &count, 1e-12, 60};
        shy_minimise_end end = SHY_MINIMUM_NOT_REACHED;
        for (int k = 0; k < count; k++)
            x[k] = 0.0;
        assert_int_equal(shy_minimise_run(&problem, x, &end), SHY_OK);
        for (int k = 0; k < count; k++)
            assert_true(fabs(x[k] - sin(k)) < 1e-9);
    }
}

/* −x has no minimum */
static shy_status slope(void *context, const double *x, double *f, double *gradient, double *hessian)
{
    (void)context;
    *f = -x[0], *gradient = -1.0, *hessian = 0.0;
    return SHY_OK;
}

/* x², without help from the second derivative */
static shy_status blind(void *context, const double *x, double *f, double *gradient, double *hessian)
{
    (void)context;
    *f = x[0] * x[0], *gradient = 2.0 * x[0], *hessian = NAN;
    return SHY_OK;
}

/* lower everywhere than at 0, and nothing known there: an error inside PETSc, a result outside */
static shy_status cliff(void *context, const double *x, double *f, double *gradient, double *hessian)
{
    (void)context;
    *f = -fabs(x[0]), *gradient = x[0] == 0.0 ? -1.0 : NAN, *hessian = 1.0;
    return SHY_OK;
}

/* a gradient of which one half is 0 and the other unknown is none that vanishes */
static shy_status half_known(void *context, const double *x, double *f, double *gradient, double *hessian)
{
    (void)context;
    *f = x[0] * x[0] + x[1] * x[1], gradient[0] = NAN, gradient[1] = 2.0 * x[1];
    hessian[0] = hessian[3] = 2.0, hessian[1] = hessian[2] = 0.0;
    return SHY_OK;
}

static void minima_are_found_where_there_are_any(void **state)
{
    static const struct example cases[] = {
        {"bowl", bowl, 3, {0, 0, 0}, {5.0, -3.0, 0.25}, SHY_MINIMUM},
        {"bowl, at its bottom", bowl, 3, {5.0, -3.0, 0.25}, {5.0, -3.0, 0.25}, SHY_MINIMUM},
        {"wall", wall, 1, {40.0}, {1.0986122886681098}, SHY_MINIMUM},
        {"wall, other side", wall, 1, {-40.0}, {1.0986122886681098}, SHY_MINIMUM},
        {"well", well, 1, {0.99}, {-0.6180339887498949}, SHY_MINIMUM},
        {"well, from outside", well, 1, {2.0}, {2.0}, SHY_MINIMUM_NOT_REACHED},
        {"valley", valley, 2, {1.0, 1.0}, {-0.34657359027997264, 0.0}, SHY_MINIMUM},
        {"slope", slope, 1, {0.0}, {NAN}, SHY_MINIMUM_NOT_REACHED},
        {"blind", blind, 1, {1.0}, {0.0}, SHY_MINIMUM},
        {"cliff", cliff, 1, {0.0}, {NAN}, SHY_MINIMUM_NOT_REACHED},
        {"half known", half_known, 2, {3.0, 0.0}, {3.0, 0.0}, SHY_MINIMUM_NOT_REACHED},
    };

    (void)state;
    for (int round = 0; round < 2; round++) /* the second time with the solvers that the first has left */
        for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
            const struct example *e = &cases[k];
            const shy_minimise problem = {
                .unknowns = e->unknowns, .evaluate = e->evaluate, .gradient_tolerance = 1e-12, .max_iterations = 200};
            double x[3];
            shy_minimise_end end = e->end == SHY_MINIMUM ? SHY_MINIMUM_NOT_REACHED : SHY_MINIMUM;
            memcpy(x, e->start, sizeof x);
            assert_int_equal(shy_minimise_run(&problem, x, &end), SHY_OK);
            if (end != e->end) fail_msg("%s: ended with %d", e->name, end);
            for (int i = 0; i < e->unknowns; i++)
                if (fabs(x[i] - e->expected[i]) > 1e-7) fail_msg("%s: x[%d] = %.17g", e->name, i, x[i]);
        }
}

struct breaking {
    int calls_left;
};

static shy_status breaking(void *context, const double *x, double *f, double *gradient, double *hessian)
{
    struct breaking *b = context;

    if (b->calls_left-- == 0) return shy_fail(SHY_IO, "the disk is gone");
    return valley(NULL, x, f, gradient, hessian);
}

static void a_failure_of_the_function_comes_back(void **state)
{
    const double start[2] = {1.0, 1.0};
    int failures = 0;

    (void)state;
    for (int calls = 0; calls < 100; calls++) {
        struct breaking b = {calls};
        const shy_minimise problem = {2, breaking, &b, 1e-12, 50};
        double x[2];
        shy_minimise_end end;
        memcpy(x, start, sizeof x);
        shy_status st = shy_minimise_run(&problem, x, &end);
        if (st == SHY_OK) {
            assert_int_equal(end, SHY_MINIMUM);
            break;
        }
        assert_int_equal(st, SHY_IO);
        assert_string_equal(shy_error_message(), "the disk is gone");
        shy_error_clear();
        failures++;
    }
    assert_in_range(failures, 3, 60);
}

static shy_status nested(void *context, const double *x, double *f, double *gradient, double *hessian)
{
    const shy_minimise inner = {1, wall, NULL, 1e-9, 50};
    double y = 0.0;
    shy_minimise_end end;

    (void)context, (void)x, (void)f, (void)gradient, (void)hessian;
    return shy_minimise_run(&inner, &y, &end);
}

/* What TAO finds, the program's own minimiser finds too. "wall, other side" and the next ones are out of Newton's reach. */
static void tao_and_our_own_minimiser_agree(void **state)
{
    static const struct example cases[] = {
        {"wall, other side", wall, 1, {-40.0}, {0}, SHY_MINIMUM},
        {"blind", blind, 1, {1.0}, {0}, SHY_MINIMUM},
        {"valley", valley, 2, {-30.0, 20.0}, {0}, SHY_MINIMUM},
        {"well", well, 1, {-0.999999}, {0}, SHY_MINIMUM},
    };

    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        const struct example *e = &cases[k];
        const shy_minimise problem = {
            .unknowns = e->unknowns, .evaluate = e->evaluate, .gradient_tolerance = 1e-12, .max_iterations = 200};
        double x[2][3];
        for (int own = 0; own < 2; own++) {
            shy_minimise_end end = SHY_MINIMUM_NOT_REACHED;
            memcpy(x[own], e->start, sizeof x[own]);
            if (own) setenv("SHY_MINIMISER", "own", 1);
            assert_int_equal(shy_minimise_run(&problem, x[own], &end), SHY_OK);
            unsetenv("SHY_MINIMISER");
            if (end != SHY_MINIMUM) fail_msg("%s: minimiser %d ended with %d", e->name, own, end);
        }
        for (int i = 0; i < e->unknowns; i++)
            if (fabs(x[0][i] - x[1][i]) > 1e-8) fail_msg("%s: %.17g and %.17g", e->name, x[0][i], x[1][i]);
    }
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

static void another_minimiser_is_refused(void **state)
{
    (void)state;
    setenv("SHY_MINIMISER", "simplex", 1);
    assert_int_equal(shy_linalg_start(team), SHY_USAGE);
    assert_non_null(strstr(shy_error_message(), "simplex"));
    shy_error_clear();
    unsetenv("SHY_MINIMISER");
}

static void what_cannot_be_run_is_refused(void **state)
{
    static const int sizes[] = {0, -1, SHY_UNKNOWNS_MAX + 1};
    double x[9] = {0};
    shy_minimise_end end;

    (void)state;
    for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
        const shy_minimise problem = {sizes[k], wall, NULL, 1e-9, 50};
        assert_int_equal(shy_minimise_run(&problem, x, &end), SHY_INTERNAL);
        shy_error_clear();
    }
    const shy_minimise outer = {1, nested, NULL, 1e-9, 50};
    assert_int_equal(shy_minimise_run(&outer, x, &end), SHY_INTERNAL);
    assert_non_null(strstr(shy_error_message(), "inside"));
    shy_error_clear();
}

static void memory_that_runs_out_is_reported_and_the_next_attempt_works(void **state)
{
    int failures = 0;

    (void)state;
    for (uint64_t nth = 1; nth < 10; nth++) { /* a size that no test has used before */
        shy_memory_fail_at(nth);
        shy_status st = shy_minimise_prepare(100);
        shy_memory_fail_at(0);
        if (st == SHY_OK) break;
        assert_int_equal(st, SHY_MEMORY);
        shy_error_clear();
        failures++;
    }
    assert_int_equal(failures, 2);
}

/* ---- ScaLAPACK over all ranks ---------------------------------------------------------------------------------- */

void Cblacs_gridinit(int *context, const char *order, int rows, int columns);
void Cblacs_gridinfo(int context, int *rows, int *columns, int *my_row, int *my_column);
void Cblacs_gridexit(int context);
int Csys2blacs_handle(MPI_Comm comm);
void Cfree_blacs_system_handle(int handle);
int numroc_(const int *n, const int *block, const int *me, const int *source, const int *processes);
void descinit_(int *desc, const int *m, const int *n, const int *mb, const int *nb, const int *source_row,
               const int *source_column, const int *context, const int *lead, int *info);
void pdgeqrf_(const int *m, const int *n, double *a, const int *ia, const int *ja, const int *desc, double *tau,
              double *work, const int *work_size, int *info);
void pdorgqr_(const int *m, const int *n, const int *k, double *a, const int *ia, const int *ja, const int *desc,
              const double *tau, double *work, const int *work_size, int *info);

enum { M = 41, N = 7, BLOCK = 4, WORK = 4096 };

static double element(int row, int column)
{
    return noise(3, (uint64_t)(row * N + column));
}

/*
 * Rows dealt to the ranks in blocks of four; columns whole. Returns Q and the upper triangle R, both complete on all
 * ranks.
 */
static int factor(double q[M][N], double r[N][N])
{
    const int one = 1, zero = 0, m = M, n = N, block = BLOCK, whole = N, work_size = WORK;
    int handle = Csys2blacs_handle(team->world), context = handle, info = 0, desc[9];
    int rows, columns, my_row, my_column, worst = 0;
    double a[M * N] = {0}, tau[N], work[WORK], mine[M][N] = {{0}}, upper[N][N] = {{0}};

    Cblacs_gridinit(&context, "Row", team->size, 1);
    Cblacs_gridinfo(context, &rows, &columns, &my_row, &my_column);
    const int local = numroc_(&m, &block, &my_row, &zero, &rows), lead = local > 1 ? local : 1;
    descinit_(desc, &m, &n, &block, &whole, &zero, &zero, &context, &lead, &info);
    worst = info != 0;
#define GLOBAL(i) (((i) / BLOCK * rows + my_row) * BLOCK + (i) % BLOCK)
    for (int i = 0; i < local; i++)
        for (int k = 0; k < N; k++)
            a[k * lead + i] = element(GLOBAL(i), k);
    pdgeqrf_(&m, &n, a, &one, &one, desc, tau, work, &work_size, &info);
    worst = worst || info != 0;
    for (int i = 0; i < local && GLOBAL(i) < N; i++)
        for (int k = GLOBAL(i); k < N; k++)
            upper[GLOBAL(i)][k] = a[k * lead + i];
    pdorgqr_(&m, &n, &n, a, &one, &one, desc, tau, work, &work_size, &info);
    worst = worst || info != 0;
    for (int i = 0; i < local; i++)
        for (int k = 0; k < N; k++)
            mine[GLOBAL(i)][k] = a[k * lead + i];
#undef GLOBAL
    MPI_Allreduce(mine, q, M * N, MPI_DOUBLE, MPI_SUM, team->world);
    MPI_Allreduce(upper, r, N * N, MPI_DOUBLE, MPI_SUM, team->world);
    Cblacs_gridexit(context);
    Cfree_blacs_system_handle(handle);
    return worst;
}

static void a_matrix_over_all_ranks_is_the_product_of_its_factors(void **state)
{
    double q[M][N], r[N][N], product = 0.0, orthogonal = 0.0;

    (void)state;
    bool right = factor(q, r) == 0;
    for (int i = 0; i < M; i++)
        for (int j = 0; j < N; j++) {
            double sum = 0.0;
            for (int k = 0; k <= j; k++)
                sum += q[i][k] * r[k][j];
            product = fmax(product, fabs(sum - element(i, j)));
        }
    for (int j = 0; j < N; j++)
        for (int k = 0; k < N; k++) {
            double sum = j == k ? -1.0 : 0.0;
            for (int i = 0; i < M; i++)
                sum += q[i][j] * q[i][k];
            orthogonal = fmax(orthogonal, fabs(sum));
        }
    right = right && product < 1e-13 && orthogonal < 1e-13;
    assert_true(everywhere(right));
}

/* ---- start and stop -------------------------------------------------------------------------------------------- */

static void what_was_stopped_stays_so(void **state)
{
    (void)state;
    assert_int_equal(shy_linalg_start(team), SHY_OK); /* a second time: nothing happens */
    shy_linalg_stop();
    shy_linalg_stop();
    assert_int_equal(shy_linalg_start(team), SHY_INTERNAL);
    shy_error_clear();
}

static int start_all(void **state)
{
    int size = 0;

    (void)state;
    if (shy_par_start(NULL, NULL) != SHY_OK) return -1;
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    if (shy_team_create(MPI_COMM_WORLD, size, &team) != SHY_OK) return -1;
    return shy_linalg_start(team) == SHY_OK ? 0 : -1;
}

static int stop_all(void **state)
{
    (void)state;
    shy_linalg_stop();
    shy_team_destroy(&team);
    shy_par_stop();
    return 0;
}

int main(void)
{
    const struct CMUnitTest before[] = {
        cmocka_unit_test(the_libraries_are_named_without_being_started),
        cmocka_unit_test(a_definite_system_is_solved),
        cmocka_unit_test(several_right_hand_sides_are_solved),
        cmocka_unit_test(a_system_that_is_not_definite_is_refused),
    };
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_come_together_in_the_order_of_row_blocks),
        cmocka_unit_test(minima_are_found_where_there_are_any),
        cmocka_unit_test(minima_in_many_unknowns_are_found),
        cmocka_unit_test(a_failure_of_the_function_comes_back),
        {"minima_are_found_by_our_own_minimiser", minima_are_found_where_there_are_any, with_our_own_minimiser, as_before, NULL},
        {"a_failure_of_the_function_comes_back_from_our_own", a_failure_of_the_function_comes_back, with_our_own_minimiser, as_before, NULL},
        cmocka_unit_test(tao_and_our_own_minimiser_agree),
        cmocka_unit_test(another_minimiser_is_refused),
        cmocka_unit_test(what_cannot_be_run_is_refused),
        cmocka_unit_test(memory_that_runs_out_is_reported_and_the_next_attempt_works),
        cmocka_unit_test(a_matrix_over_all_ranks_is_the_product_of_its_factors),
        cmocka_unit_test(what_was_stopped_stays_so),
    };
    int failed = cmocka_run_group_tests_name("linalg, before MPI", before, NULL, NULL);
    return failed + cmocka_run_group_tests_name("linalg", tests, start_all, stop_all);
}
