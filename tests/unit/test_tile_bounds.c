/*
 * test_tile_bounds.c: the certificate. On columns made to break it, no pair is dropped whose exact r² reaches the floor, and no exact r²
 * exceeds its bound; on benign columns little else is kept.
 */
#include "shy_config.h"

#include "tile/kernels.h"
#include "tile_exact.h"

static const shy_precision precisions[] = {SHY_FP64, SHY_FP32, SHY_BF16};
static const char *const moments_name[] = {"linear", "raw", "full"};
enum { NARROWS = sizeof precisions / sizeof *precisions, SETS = SHY_MOMENTS_FULL + 1 };

typedef void (*check)(setting *s, const exact_pair *exact, int lefts, shy_isa isa);

/* Regressions take most of the time: those of a zoo are done once, for all tests. Equal shapes are equal zoos. */
static struct {
    int n, kinds, count, lefts;
    exact_pair *pair;
} known[2 * SIZES];

static const exact_pair *exact_of(const zoo *z, int lefts)
{
    int k = 0;
    while (known[k].pair &&
           (known[k].n != z->n || known[k].kinds != z->kinds || known[k].count != z->count || known[k].lefts != lefts))
        k++;
    assert_true(k < 2 * SIZES - 1);
    if (!known[k].pair)
        known[k].n = z->n, known[k].kinds = z->kinds, known[k].count = z->count, known[k].lefts = lefts,
        known[k].pair = exact_pairs(z, lefts);
    return known[k].pair;
}

static int forget_exact(void **state)
{
    (void)state;
    for (int k = 0; k < 2 * SIZES; k++)
        free(known[k].pair), known[k].pair = NULL;
    return 0;
}

static void on_every_isa(zoo *z, int lefts, int row_blocks, check run)
{
    const exact_pair *exact = exact_of(z, lefts);
    setting s = setting_create(z, BLOCK, row_blocks);
    for (int isa = 0; isa < SHY_ISAS; isa++) {
        if (!shy_isa_available((shy_isa)isa)) continue;
        shy_tile_kernels_use((shy_isa)isa);
        run(&s, exact, lefts, (shy_isa)isa);
    }
    shy_tile_kernels_use(shy_isa_get());
    setting_free(&s);
}

/* The zoo, or half of it where that would take long, against itself and against a copy of other random numbers. */
static void on_every_size(check run)
{
    for (int k = 0; k < SIZES; k++)
        on_every_isa(zoo_create(sizes[k], COPIES, KINDS), sizes[k] <= 1000 ? KINDS : KINDS / 2, 1, run);
    on_every_isa(zoo_create(300, COPIES, KINDS), KINDS, 2, run);
}

/* ---- flags ----------------------------------------------------------------------------------------------------------- */

static bool serves(shy_moments moments, int form)
{
    switch (moments) {
    case SHY_MOMENTS_LINEAR:
        return form >= SHY_TILE_SUM && form <= SHY_TILE_WEIGHTED;
    case SHY_MOMENTS_RAW:
        return form <= SHY_TILE_WEIGHTED;
    default:
        return true;
    }
}

static void expect_flagged(setting *s, int u, int v, const double *floor, const char *what, shy_isa isa)
{
    flag_row(s, 0, u, floor);
    if (holds_right(s->pairs, v)) return;
    fail_msg("n %d, columns %d and %d, %s moments in %s on %s: the pair is dropped, although %s reaches its floor",
             s->z->n, u, v, moments_name[s->tile->moments], shy_precision_name(s->tile->precision), shy_isa_name(isa),
             what);
}

/* Floors just below what the forms reach: of one form alone, of all of them. */
static void expect_pair_flagged(setting *s, const exact_pair *exact, int u, int v, shy_isa isa)
{
    static const char *const name[SHY_TILE_FORMS] = {"u·v",       "u + v",     "u − v",          "u + c·v",
                                                     "(u + c)·v", "u·(v + c)", "(u + a)·(v + b)"};
    double all[SHY_TILE_FORMS];
    for (int form = 0; form < SHY_TILE_FORMS; form++) {
        double one[SHY_TILE_FORMS] = {2, 2, 2, 2, 2, 2, 2};
        one[form] = all[form] = 2.0;
        if (!serves(s->tile->moments, form)) continue;
        one[form] = all[form] = fmin(exact->r2[form] * (1.0 - 1e-9), 1.0);
        expect_flagged(s, u, v, one, name[form], isa);
    }
    expect_flagged(s, u, v, all, "every form", isa);
}

static void expect_certified(setting *s, const exact_pair *exact, int lefts, shy_isa isa)
{
    for (int p = 0; p < NARROWS; p++) {
        for (int moments = 0; moments < SETS; moments++) {
            fill(s, 0, precisions[p], (shy_moments)moments);
            assert_int_equal(s->tile->precision, precisions[p]);
            for (int k = 0; k < lefts * s->z->count; k++)
                expect_pair_flagged(s, &exact[k], k / s->z->count, k % s->z->count, isa);
        }
    }
}

static void no_pair_that_reaches_its_floor_is_dropped(void **state)
{
    (void)state;
    on_every_size(expect_certified);
    on_every_isa(zoo_create(200, COPIES, ALL_KINDS), ALL_KINDS, 1, expect_certified);
}

/* Nothing can be below a floor that is not positive. */
static void expect_all_flagged(setting *s, const exact_pair *exact, int lefts, shy_isa isa)
{
    static const double floors[] = {0.0, -1e-9, -1.0 - 1e-9, -5.0};
    (void)exact;
    for (int k = 0; k < 4 * NARROWS * SETS; k++) {
        const double f = floors[k % 4], floor[SHY_TILE_FORMS] = {f, f, f, f, f, f, f};
        fill(s, 0, precisions[k / 4 % NARROWS], (shy_moments)(k / 4 / NARROWS));
        for (int u = 0; u < lefts; u++) {
            flag_row(s, 0, u, floor);
            if (s->pairs->count != s->z->count) {
                fail_msg("n %d, column %d, %s moments in %s on %s: %d of %d pairs are dropped at a floor of %g",
                         s->z->n, u, moments_name[s->tile->moments], shy_precision_name(s->tile->precision),
                         shy_isa_name(isa), s->z->count - s->pairs->count, s->z->count, f);
            }
        }
    }
}

static void without_a_floor_every_pair_is_kept(void **state)
{
    (void)state;
    on_every_size(expect_all_flagged);
}

/* ---- usefulness ------------------------------------------------------------------------------------------------------- */

/* Of pairs that every form leaves `gap` below the floor, none is kept. */
static void expect_dropped(setting *s, const exact_pair *exact, int lefts, shy_isa isa)
{
    static const double floors[] = {0.2, 0.35, 0.5, 0.9};
    int far = 0;
    for (int k = 0; k < 8; k++) {
        const double f = floors[k / 2], gap = k % 2 ? 0.03 : 0.001, floor[SHY_TILE_FORMS] = {f, f, f, f, f, f, f};
        fill(s, 0, k % 2 ? SHY_BF16 : SHY_FP32, SHY_MOMENTS_FULL);
        for (int u = 0; u < lefts; u++) {
            flag_row(s, 0, u, floor);
            for (int v = 0; v < s->z->count; v++) {
                const double most = exact[u * s->z->count + v].r2[SHY_TILE_INTERACTION]; /* it spans the others */
                if (u == v || most > f - gap) continue;
                far++;
                if (holds_right(s->pairs, v)) {
                    fail_msg("columns %d and %d in %s on %s: kept at a floor of %g, although %.6g is all they reach", u,
                             v, shy_precision_name(s->tile->precision), shy_isa_name(isa), f, most);
                }
            }
        }
    }
    assert_true(far > 4 * lefts * s->z->count); /* there were some */
}

static void benign_pairs_below_the_floor_are_dropped(void **state)
{
    (void)state;
    on_every_isa(zoo_create(200, 16, BENIGN), 16 * BENIGN, 1, expect_dropped);
}

/* ---- bounds ----------------------------------------------------------------------------------------------------------- */

static void take_all(setting *s, int lefts)
{
    s->pairs->count = 0;
    for (int u = 0; u < lefts; u++) {
        for (int v = 0; v < s->z->count; v++, s->pairs->count++)
            s->pairs->left[s->pairs->count] = u, s->pairs->right[s->pairs->count] = v;
    }
}

/* Over all row blocks, as ranks do. */
static void refine(setting *s)
{
    const size_t numbers = 5 * (size_t)s->pairs->count;
    double *sum = calloc(numbers, sizeof *sum);
    for (int b = 0; b < s->row_blocks; b++) {
        shy_pairs_refine(s->left[b], s->right[b], s->pairs);
        for (size_t k = 0; k < numbers; k++)
            sum[k] += s->pairs->moment[k];
    }
    memcpy(s->pairs->moment, sum, numbers * sizeof *sum);
    free(sum);
}

/* ε covers the rounding of sums, not that of the bound itself in fp64; the search allows for 1e-9 below its marks. */
static void expect_bounds(setting *s, const exact_pair *exact, const char *source, shy_isa isa)
{
    static const double open[SHY_TILE_FORMS] = {-1, -1, -1, -1, -1, -1, -1};
    const double room =
        1e-13 + 4.0 * s->left[0]->offset_most * s->left[0]->offset_most; /* Σd² is 1 about a mean that is off */
    shy_tile_hit *hit = calloc((size_t)s->pairs->count * SHY_TILE_FORMS, sizeof *hit);
    assert_int_equal(shy_pairs_bound(s->left[0], s->right[0], s->pairs, open, hit), s->pairs->count * SHY_TILE_FORMS);
    for (int h = 0; h < s->pairs->count * SHY_TILE_FORMS; h++) {
        const double r2 = exact[hit[h].left * s->z->count + hit[h].right].r2[hit[h].form];
        if (!(hit[h].bound >= r2 - room)) {
            fail_msg("n %d, columns %d and %d, form %d, moments %s on %s: bound %.15g is below the exact %.15g",
                     s->z->n, hit[h].left, hit[h].right, (int)hit[h].form, source, shy_isa_name(isa), hit[h].bound, r2);
        }
    }
    free(hit);
}

static void expect_no_excess(setting *s, const exact_pair *exact, int lefts, shy_isa isa)
{
    take_all(s, lefts);
    refine(s);
    expect_bounds(s, exact, "refined", isa);
    for (int p = 0; p < NARROWS; p++) {
        fill(s, 0, precisions[p], SHY_MOMENTS_FULL);
        shy_pairs_take(s->tile, 0, s->epsilon, s->pairs);
        expect_bounds(s, exact, shy_precision_name(s->tile->precision), isa);
    }
}

static void no_exact_statistic_exceeds_its_bound(void **state)
{
    (void)state;
    on_every_size(expect_no_excess);
    on_every_isa(zoo_create(200, COPIES, ALL_KINDS), ALL_KINDS, 1, expect_no_excess);
}

/* Pairs of benign columns, refined. */
static void expect_narrow(setting *s, const exact_pair *exact, int lefts, shy_isa isa)
{
    static const double open[SHY_TILE_FORMS] = {-1, -1, -1, -1, -1, -1, -1};
    shy_tile_hit *hit = calloc((size_t)lefts * (size_t)s->z->count * SHY_TILE_FORMS, sizeof *hit);
    take_all(s, lefts);
    refine(s);
    const int hits = shy_pairs_bound(s->left[0], s->right[0], s->pairs, open, hit);
    for (int h = 0; h < hits; h++) {
        const double r2 = exact[hit[h].left * s->z->count + hit[h].right].r2[hit[h].form];
        if (hit[h].left == hit[h].right) continue; /* a column beside itself is collinear */
        if (!(hit[h].bound - r2 < 1e-4)) {
            fail_msg("n %d, columns %d and %d, form %d on %s: bound %.6g says little of %.6g", s->z->n, hit[h].left,
                     hit[h].right, (int)hit[h].form, shy_isa_name(isa), hit[h].bound, r2);
        }
    }
    free(hit);
}

static void bounds_of_benign_columns_are_narrow(void **state)
{
    (void)state;
    on_every_isa(zoo_create(200, 4, BENIGN), 4 * BENIGN, 1, expect_narrow);
    on_every_isa(zoo_create(2000, 4, BENIGN), 4 * BENIGN, 1, expect_narrow);
}

/* ---- hits ------------------------------------------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    const shy_tile_hit *x = a, *y = b;
    if (x->left != y->left) return x->left - y->left;
    return x->right != y->right ? x->right - y->right : (int)x->form - (int)y->form;
}

/* What floors let through is exactly what open floors say at or above them, the largest first. */
static void floors_select_and_hits_are_sorted(void **state)
{
    (void)state;
    static const double open[SHY_TILE_FORMS] = {-1, -1, -1, -1, -1, -1, -1},
                        shut[SHY_TILE_FORMS] = {2, 2, 2, 2, 2, 2, 1.0001};
    double floor[SHY_TILE_FORMS] = {0.1, 2.0, 0.2, 0.3, 1.0, 0.05, 0.9};
    setting s = setting_create(zoo_create(200, 1, KINDS), BLOCK, 1);
    const int most = KINDS * KINDS * SHY_TILE_FORMS;
    shy_tile_hit *all = calloc((size_t)most, sizeof *all), *some = calloc((size_t)most, sizeof *some);
    take_all(&s, KINDS);
    refine(&s);
    assert_int_equal(shy_pairs_bound(s.left[0], s.right[0], s.pairs, shut, some), 0);
    assert_int_equal(shy_pairs_bound(s.left[0], s.right[0], s.pairs, open, all), most);
    for (int h = 0; h < most; h++) {
        if (all[h].form == SHY_TILE_WEIGHTED && all[h].bound < 0.5)
            floor[SHY_TILE_WEIGHTED] = all[h].bound; /* exactly reached once */
    }
    const int passed = shy_pairs_bound(s.left[0], s.right[0], s.pairs, floor, some);
    for (int h = 1; h < most; h++)
        assert_true(all[h].bound <= all[h - 1].bound && all[h - 1].bound <= 2.0);
    for (int h = 1; h < passed; h++)
        assert_true(some[h].bound <= some[h - 1].bound);
    qsort(all, (size_t)most, sizeof *all, compare);
    qsort(some, (size_t)passed, sizeof *some, compare);
    int at = 0;
    for (int h = 0; h < most; h++) {
        if (floor[all[h].form] > 1.0 || all[h].bound < floor[all[h].form]) continue;
        assert_true(at < passed);
        assert_int_equal(compare(&some[at], &all[h]), 0);
        assert_true(some[at].bound == all[h].bound);
        at++;
    }
    assert_int_equal(at, passed);
    assert_in_range(at, 1, most - 1);
    free(all);
    free(some);
    setting_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_pair_that_reaches_its_floor_is_dropped),
        cmocka_unit_test(without_a_floor_every_pair_is_kept),
        cmocka_unit_test(benign_pairs_below_the_floor_are_dropped),
        cmocka_unit_test(no_exact_statistic_exceeds_its_bound),
        cmocka_unit_test(bounds_of_benign_columns_are_narrow),
        cmocka_unit_test(floors_select_and_hits_are_sorted),
    };
    return cmocka_run_group_tests_name("tile bounds", tests, NULL, forget_exact);
}
