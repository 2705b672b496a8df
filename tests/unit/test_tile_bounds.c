/* test_tile_bounds.c: no exact r² exceeds its bound, on columns made to break it; benign columns have narrow bounds. */
#include "shy_config.h"

#include "tile_zoo.h"

/* ---- bounds ---------------------------------------------------------------------------------------------------------- */

/* Takes from column k of the basis what lies along the ones before it; false if nothing but rounding is left. */
static bool orthonormalise(int n, wide **basis, int k)
{
    wide mean = 0, before = 0, after = 0;
    for (int i = 0; i < n; i++) mean += basis[k][i] / n;
    for (int i = 0; i < n; i++) basis[k][i] -= mean;
    for (int i = 0; i < n; i++) before += basis[k][i] * basis[k][i];
    for (int pass = 0; pass < 3; pass++) {
        for (int j = 0; j < k; j++) {
            wide along = 0;
            for (int i = 0; i < n; i++) along += basis[k][i] * basis[j][i];
            for (int i = 0; i < n; i++) basis[k][i] -= along * basis[j][i];
        }
    }
    for (int i = 0; i < n; i++) after += basis[k][i] * basis[k][i];
    if (!(after > 1e-24L * before) || !(before > 1e-24L * n * mean * mean)) return false;
    for (int i = 0; i < n; i++) basis[k][i] /= sqrtl(after);
    return true;
}

/* r² of the regression of y on an intercept and the columns; false where they are not independent. */
static bool regress(const zoo *z, wide **basis, int terms, double *r2)
{
    wide explained = 0, total = 0;
    for (int i = 0; i < z->n; i++) total += (wide)z->y[i] * z->y[i];
    for (int k = 0; k < terms; k++) {
        wide along = 0;
        if (!orthonormalise(z->n, basis, k)) return false;
        for (int i = 0; i < z->n; i++) along += basis[k][i] * z->y[i];
        explained += along * along;
    }
    *r2 = (double)(explained / total);
    return true;
}

/* The columns whose span with 1 is that of the form. Where u·v stands beside v, u may be centred first: this keeps its digits. */
static int form_basis(const zoo *z, shy_tile_form form, int u, int v, wide **basis)
{
    const double *a = z->column[u], *b = z->column[v];
    const wide ma = z->sums[u].mean, mb = z->sums[v].mean;
    const int terms = form <= SHY_TILE_DIFFERENCE ? 1 : form == SHY_TILE_INTERACTION ? 3 : 2;
    for (int i = 0; i < z->n; i++) {
        switch (form) {
        case SHY_TILE_PRODUCT: basis[0][i] = (wide)a[i] * b[i]; break;
        case SHY_TILE_SUM: basis[0][i] = (wide)a[i] + b[i]; break;
        case SHY_TILE_DIFFERENCE: basis[0][i] = (wide)a[i] - b[i]; break;
        case SHY_TILE_WEIGHTED: basis[0][i] = a[i], basis[1][i] = b[i]; break;
        case SHY_TILE_SHIFT_LEFT: basis[0][i] = b[i], basis[1][i] = (a[i] - ma) * b[i]; break;
        case SHY_TILE_SHIFT_RIGHT: basis[0][i] = a[i], basis[1][i] = (b[i] - mb) * a[i]; break;
        default: basis[0][i] = a[i], basis[1][i] = b[i], basis[2][i] = (a[i] - ma) * (b[i] - mb); break;
        }
    }
    return terms;
}

typedef void (*bound_check)(const setting *s, int u, const shy_tile_hit *hit, double exact);

static void for_every_bound(int n, int row_blocks, int columns, bound_check check)
{
    const double everything[SHY_TILE_FORMS] = {-1, -1, -1, -1, -1, -1, -1};
    setting s = setting_create(n, row_blocks);
    shy_tile_hit *hit = calloc(SHY_TILE_FORMS * COLUMNS, sizeof *hit);
    wide *basis[3];
    for (int k = 0; k < 3; k++) basis[k] = calloc((size_t)n, sizeof(wide));
    for (int u = 0; u < columns; u++) {
        const int hits = shy_tile_screen(s.tile, s.left, s.right, u, 1.0 / n, s.epsilon, everything, hit);
        assert_int_equal(hits, SHY_TILE_FORMS * COLUMNS);
        for (int h = 0; h < hits; h++) {
            double exact = 0.0;
            if (hit[h].right >= columns) continue;
            const int terms = form_basis(s.z, hit[h].form, u, hit[h].right, basis);
            if (regress(s.z, basis, terms, &exact)) check(&s, u, &hit[h], exact);
        }
    }
    for (int k = 0; k < 3; k++) free(basis[k]);
    free(hit);
    setting_free(&s);
}

static void expect_bound(const setting *s, int u, const shy_tile_hit *hit, double exact)
{
    if (!(hit->bound >= exact - 1e-12)) {
        fail_msg("n %d, columns %d and %d, form %d: bound %.15g is below the exact %.15g", s->z->n, u, hit->right,
                 (int)hit->form, hit->bound, exact);
    }
}

static void no_exact_statistic_exceeds_its_bound(void **state)
{
    (void)state;
    for (int k = 0; k < SIZES; k++) for_every_bound(sizes[k], 1, COLUMNS, expect_bound);
    for_every_bound(300, 2, COLUMNS, expect_bound);
}

static void expect_useful(const setting *s, int u, const shy_tile_hit *hit, double exact)
{
    if (u == hit->right) return; /* a column beside itself is collinear */
    if (!(hit->bound - exact < 1e-3)) {
        fail_msg("n %d, columns %d and %d, form %d: bound %.6g says little of %.6g", s->z->n, u, hit->right,
                 (int)hit->form, hit->bound, exact);
    }
}

static void bounds_of_benign_columns_are_narrow(void **state)
{
    (void)state;
    for_every_bound(200, 1, BENIGN, expect_useful);
    for_every_bound(2000, 1, BENIGN, expect_useful);
}

/* What a floor lets through is exactly what an open screen says at or above it. */
static void floors_select(void **state)
{
    (void)state;
    setting s = setting_create(200, 1);
    shy_tile_hit all[SHY_TILE_FORMS * COLUMNS], some[SHY_TILE_FORMS * COLUMNS];
    const double open[SHY_TILE_FORMS] = {-1, -1, -1, -1, -1, -1, -1}, shut[SHY_TILE_FORMS] = {2, 2, 2, 2, 2, 2, 1.0001};
    const double floor[SHY_TILE_FORMS] = {0.1, 2.0, 0.2, 0.3, 1.0, 0.05, 0.9};
    for (int u = 0; u < COLUMNS; u++) {
        const int every = shy_tile_screen(s.tile, s.left, s.right, u, 1.0 / 200, s.epsilon, open, all);
        const int passed = shy_tile_screen(s.tile, s.left, s.right, u, 1.0 / 200, s.epsilon, floor, some);
        int at = 0;
        assert_int_equal(shy_tile_screen(s.tile, s.left, s.right, u, 1.0 / 200, s.epsilon, shut, some + passed), 0);
        for (int h = 0; h < every; h++) {
            const double least = floor[all[h].form];
            if (least > 1.0 || all[h].bound < least) continue;
            assert_true(at < passed);
            assert_int_equal(some[at].right, all[h].right);
            assert_int_equal(some[at].form, all[h].form);
            assert_true(some[at].bound == all[h].bound);
            at++;
        }
        assert_int_equal(at, passed);
    }
    setting_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_exact_statistic_exceeds_its_bound),
        cmocka_unit_test(bounds_of_benign_columns_are_narrow),
        cmocka_unit_test(floors_select),
    };
    return cmocka_run_group_tests_name("tile bounds", tests, NULL, NULL);
}
