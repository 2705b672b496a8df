/* test_tile.c: moments within their certified rounding, panels and their memory, sums over samples. */
#include "shy_config.h"

#include "tile_zoo.h"

/* ---- moments ------------------------------------------------------------------------------------------------------- */

static wide standardised(const zoo *z, int column, int i)
{
    return ((wide)z->column[column][i] - (wide)z->sums[column].mean) / (wide)z->sums[column].scale;
}

static void expect_moment(double computed, wide exact, wide square_left, wide square_right, double epsilon)
{
    const wide room = (wide)epsilon * sqrtl(square_left * square_right);
    if (!(fabsl((wide)computed - exact) <= room)) {
        fail_msg("moment %.9g, exact %.9Lg, room %.3Lg", computed, exact, room);
    }
}

static void check_moments(const setting *s, int u, int v)
{
    wide exact[5] = {0}, length_u[2] = {0}, length_v[2] = {0}, length_y = 0;
    for (int i = 0; i < s->z->n; i++) {
        const wide a = standardised(s->z, u, i), b = standardised(s->z, v, i), y = (wide)s->z->y[i] * a;
        exact[0] += a * b, exact[1] += a * b * b, exact[2] += a * a * b, exact[3] += a * a * b * b, exact[4] += y * b;
        length_u[0] += a * a, length_u[1] += a * a * a * a, length_v[0] += b * b, length_v[1] += b * b * b * b,
            length_y += y * y;
    }
    for (int k = 0; k < 4; k++) {
        expect_moment(s->tile->cross[(2 * u + k / 2) * 2 * COLUMNS + 2 * v + k % 2], exact[k], length_u[k / 2],
                      length_v[k % 2], s->epsilon);
    }
    expect_moment(s->tile->product[u * COLUMNS + v], exact[4], length_y, length_v[0], s->epsilon);
}

static void moments_are_within_their_rounding(void **state)
{
    (void)state;
    for (int k = 0; k < SIZES; k++) {
        for (int row_blocks = 1; row_blocks <= 2; row_blocks++) {
            setting s = setting_create(sizes[k], row_blocks);
            for (int u = 0; u < COLUMNS; u++) {
                for (int v = 0; v < COLUMNS; v++) check_moments(&s, u, v);
            }
            setting_free(&s);
        }
    }
}

/* ---- panels of other shapes ---------------------------------------------------------------------------------------- */

/* Part of the left side against part of the right one has the moments of the whole. */
static void parts_of_panels_have_the_same_moments(void **state)
{
    (void)state;
    setting s = setting_create(300, 1);
    enum { FIRST = 3, LEFT = 2, RIGHT = 5 };
    float whole[5 * COLUMNS * COLUMNS];
    memcpy(whole, s.tile->product, sizeof whole);
    shy_panel left = *s.left, right = *s.right;
    left.count = LEFT, left.pair += 2 * FIRST * left.stride, left.response += FIRST * left.stride, left.sums += FIRST;
    right.count = RIGHT;
    shy_tile_moments(&left, &right, s.tile);
    assert_int_equal(s.tile->left, LEFT);
    assert_int_equal(s.tile->right, RIGHT);
    assert_ptr_equal(s.tile->cross, s.tile->product + LEFT * RIGHT);
    for (int i = 0; i < LEFT; i++) {
        for (int j = 0; j < RIGHT; j++) {
            const double full = whole[(FIRST + i) * COLUMNS + j];
            assert_true(fabs(s.tile->product[i * RIGHT + j] - full) <= 1e-4 * (fabs(full) + 300.0));
        }
    }
    setting_free(&s);
}

static void without_rows_the_moments_are_zero(void **state)
{
    (void)state;
    shy_panel *left = NULL, *right = NULL;
    shy_tile *tile = NULL;
    assert_int_equal(shy_panel_create(2, 0, true, &left), SHY_OK);
    assert_int_equal(shy_panel_create(3, 0, false, &right), SHY_OK);
    assert_int_equal(shy_tile_create(2, 3, &tile), SHY_OK);
    for (int k = 0; k < 30; k++) tile->product[k] = 7.0F;
    left->count = 2, right->count = 3;
    shy_tile_moments(left, right, tile);
    for (int k = 0; k < 30; k++) assert_true(tile->product[k] == 0.0F);
    shy_panel_destroy(&left);
    shy_panel_destroy(&right);
    shy_tile_destroy(&tile);
}

static void memory_is_as_announced(void **state)
{
    (void)state;
    static const int shape[][2] = {{1, 1}, {7, 100}, {64, 4097}};
    for (int k = 0; k < 6; k++) {
        const int capacity = shape[k / 2][0], rows = shape[k / 2][1];
        const bool left = k % 2 == 0;
        const uint64_t before = shy_memory_in_use();
        shy_panel *panel = NULL;
        assert_int_equal(shy_panel_create(capacity, rows, left, &panel), SHY_OK);
        const uint64_t used = shy_memory_in_use() - before, announced = shy_panel_bytes(capacity, rows, left);
        assert_true(used >= announced && used <= announced + 1024);
        shy_panel_destroy(&panel);
        shy_panel_destroy(&panel);
        assert_true(shy_memory_in_use() == before);
    }
}

static void without_memory_nothing_is_made(void **state)
{
    (void)state;
    const uint64_t before = shy_memory_in_use();
    for (uint64_t nth = 1; nth <= 7; nth++) {
        shy_panel *panel = NULL;
        shy_tile *tile = NULL;
        shy_memory_fail_at(nth);
        const shy_status first = shy_panel_create(3, 50, true, &panel), second = shy_tile_create(3, 4, &tile);
        shy_memory_fail_at(0);
        assert_int_equal(first, nth <= 4 ? SHY_MEMORY : SHY_OK);
        assert_int_equal(second, nth > 4 ? SHY_MEMORY : SHY_OK);
        assert_int_equal(panel == NULL, first != SHY_OK);
        assert_int_equal(tile == NULL, second != SHY_OK);
        shy_panel_destroy(&panel);
        shy_tile_destroy(&tile);
        assert_true(shy_memory_in_use() == before);
        shy_error_clear();
    }
}

/* ---- sums over samples ----------------------------------------------------------------------------------------------- */

static void sums_of_rows(void **state)
{
    (void)state;
    for (int k = 0; k < SIZES; k++) {
        zoo *z = zoo_create(sizes[k]);
        for (int c = 0; c < COLUMNS; c++) {
            const double reference = z->column[c][0];
            wide sum = 0, absolute = 0, square = 0, exact[3] = {1, 2, 3}, room = 0;
            double sums[3] = {1, 2, 3};
            for (int i = 0; i < z->n; i++) {
                const wide d = (wide)z->column[c][i] - reference, m = (wide)z->column[c][i] - z->sums[c].mean;
                sum += z->column[c][i], absolute += fabsl((wide)z->column[c][i]), square += m * m;
                exact[0] += d, exact[1] += d * d, exact[2] += d * z->y[i];
                room = fmaxl(room, fabsl(d));
            }
            shy_element_sums(z->n, z->column[c], z->y, reference, sums);
            assert_true(fabsl(shy_row_sum(z->n, z->column[c]) - sum) <= 1e-13L * absolute);
            assert_true(fabsl(shy_row_square(z->n, z->column[c], z->sums[c].mean) - square) <= 1e-9L * square);
            assert_true(fabsl(sums[0] - exact[0]) <= 1e-13L * (1 + z->n * room));
            assert_true(fabsl(sums[1] - exact[1]) <= 1e-13L * (exact[1] + 2));
            assert_true(fabsl(sums[2] - exact[2]) <= 1e-13L * (3 + z->n * room * 10));
        }
        zoo_free(z);
    }
}

static void describes_itself(void **state)
{
    (void)state;
    char text[256], brief[12];
    shy_tile_describe(text, sizeof text);
    assert_non_null(strstr(text, "BLAS"));
    shy_tile_describe(brief, sizeof brief);
    assert_int_equal(strlen(brief), sizeof brief - 1);
    assert_memory_equal(text, brief, sizeof brief - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moments_are_within_their_rounding),
        cmocka_unit_test(parts_of_panels_have_the_same_moments),
        cmocka_unit_test(without_rows_the_moments_are_zero),
        cmocka_unit_test(memory_is_as_announced),
        cmocka_unit_test(without_memory_nothing_is_made),
        cmocka_unit_test(sums_of_rows),
        cmocka_unit_test(describes_itself),
    };
    return cmocka_run_group_tests_name("tile", tests, NULL, NULL);
}
