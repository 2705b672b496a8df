/* test_tile.c: moments within their certified rounding, blocks and padding, memory and its absence, sums over samples. */
#include "shy_config.h"

#include <signal.h>
#include <time.h>

#include "tile/matmul.h"
#include "tile_zoo.h"

static const shy_precision precisions[] = {SHY_FP64, SHY_FP32, SHY_BF16};
static const char *const moments_name[] = {"linear", "raw", "full"};
enum { NARROWS = sizeof precisions / sizeof *precisions, SETS = SHY_MOMENTS_FULL + 1, PLANES = 5 };

/* ---- exact moments ------------------------------------------------------------------------------------------------- */

/* What the columns of stacks stand for, and their lengths. */
enum { D, D2, YD, U, U2, YU, COLUMNS };

typedef struct {
    wide *value; /* column × operand × sample */
    wide *length;
} stacks;

static wide *column_of(const zoo *z, const stacks *s, int column, int operand)
{
    return s->value + (size_t)(column * z->count + operand) * (size_t)z->n;
}

static stacks stacks_create(const zoo *z)
{
    const size_t columns = (size_t)COLUMNS * (size_t)z->count;
    stacks s = {.value = calloc(columns * (size_t)z->n, sizeof(wide)), .length = calloc(columns, sizeof(wide))};
    for (int c = 0; c < z->count; c++) {
        for (int i = 0; i < z->n; i++) {
            const wide d = standardised(z, c, i), u = d + (wide)z->sums[c].mu, y = z->y[i],
                       value[COLUMNS] = {d, d * d, y * d, u, u * u, y * u};
            for (int k = 0; k < COLUMNS; k++) {
                column_of(z, &s, k, c)[i] = value[k];
                s.length[k * z->count + c] += value[k] * value[k] / z->n;
            }
        }
    }
    for (size_t k = 0; k < columns; k++)
        s.length[k] = sqrtl(s.length[k]);
    return s;
}

static void stacks_free(stacks *s)
{
    free(s->value);
    free(s->length);
}

/* Columns left and right of every plane. */
static const int side[SETS][PLANES][2] = {[SHY_MOMENTS_LINEAR] = {{D, D}},
                                          [SHY_MOMENTS_RAW] = {{YU, U}, {U, U}, {U2, U2}},
                                          [SHY_MOMENTS_FULL] = {{YD, D}, {D, D}, {D2, D}, {D, D2}, {D2, D2}}};
static const int planes[SETS] = {1, 3, 5};

static void expect_sum(const setting *s, const stacks *exact, int plane, int u, int v, int i)
{
    const zoo *z = s->z;
    const int a = side[s->tile->moments][plane][0], b = side[s->tile->moments][plane][1];
    const wide *x = column_of(z, exact, a, u), *y = column_of(z, exact, b, v);
    const double unit = s->tile->precision == SHY_FP64 ? 0x1p-53 : 0x1p-24;
    wide sum = 0, terms = 0;
    for (int k = 0; k < z->n; k++)
        sum += x[k] * y[k] / z->n, terms += fabsl(x[k] * y[k]) / z->n;
    const wide extra = a == YU ? 5 * (wide)unit * fabsl((wide)z->sums[u].mu) : 0;
    const wide off = fabsl((wide)tile_sum(s->tile, plane, i, v) - sum);
    const wide room = ((wide)s->epsilon * exact->length[a * z->count + u] + extra) * exact->length[b * z->count + v];
    const wide room_each = s->tile->moments == SHY_MOMENTS_RAW ? room : (wide)s->tile->each * terms;
    if (off <= room && off <= room_each) return;
    fail_msg("n %d, columns %d and %d, %s moments in %s, plane %d: off by %.3Lg from %.9Lg, room %.3Lg and %.3Lg", z->n,
             u, v, moments_name[s->tile->moments], shy_precision_name(s->tile->precision), plane, off, sum, room,
             room_each);
}

/* Operand pairs of a tile against the exact sums; all of them would take too long at every size. */
static void expect_tile(const setting *s, const stacks *exact, int index)
{
    const shy_panel *left = s->left[0], *right = s->right[0];
    assert_int_equal(s->tile->planes, planes[s->tile->moments]);
    assert_int_equal(shy_tile_numbers(s->tile), (int64_t)s->tile->planes * left->block * right->padded);
    for (int i = 0; i < shy_panel_block_count(left, index); i++) {
        for (int v = i % 2; v < right->count; v += 2) {
            for (int plane = 0; plane < s->tile->planes; plane++)
                expect_sum(s, exact, plane, index * left->block + i, v, i);
        }
    }
}

static void expect_moments(setting *s)
{
    stacks exact = stacks_create(s->z);
    for (int p = 0; p < NARROWS; p++) {
        for (int moments = 0; moments < SETS; moments++) {
            for (int index = 0; index < shy_panel_blocks(s->left[0]); index++) {
                fill(s, index, precisions[p], (shy_moments)moments);
                assert_int_equal(s->tile->precision, precisions[p]);
                assert_int_equal(s->tile->moments, moments);
                expect_tile(s, &exact, index);
            }
        }
    }
    stacks_free(&exact);
}

static void moments_are_within_their_rounding(void **state)
{
    (void)state;
    for (int k = 0; k < SIZES; k++) {
        setting s = setting_create(zoo_create(sizes[k], COPIES, KINDS), BLOCK, 1);
        expect_moments(&s);
        setting_free(&s);
    }
}

static void moments_of_two_row_blocks_add_up(void **state)
{
    (void)state;
    static const int rows[] = {12, 300, 2000};
    for (int k = 0; k < 3; k++) {
        setting s = setting_create(zoo_create(rows[k], COPIES, KINDS), BLOCK, 2);
        expect_moments(&s);
        setting_free(&s);
    }
}

/* ε is worth something: it is not much more than the rounding that it bounds. */
static void epsilon_is_narrow(void **state)
{
    (void)state;
    static const double most[NARROWS] = {300 * 0x1p-53, 300 * 0x1p-24, 7.5e-3};
    setting s = setting_create(zoo_create(200, 12, BENIGN), BLOCK, 1);
    for (int k = 0; k < NARROWS * SETS; k++) {
        fill(&s, 0, precisions[k / SETS], (shy_moments)(k % SETS));
        if (!(s.epsilon > 0.0 && s.epsilon < most[k / SETS]))
            fail_msg("ε is %.3g in %s", s.epsilon, shy_precision_name(s.tile->precision));
        assert_true(s.epsilon < shy_tile_epsilon(s.tile, s.left[0], s.right[0], 1000));
    }
    setting_free(&s);
}

static void the_cheapest_moments_serve(void **state)
{
    (void)state;
    for (int wanted = 0; wanted < 1 << SHY_TILE_FORMS; wanted++) {
        double floor[SHY_TILE_FORMS];
        shy_moments least = SHY_MOMENTS_LINEAR;
        for (int form = 0; form < SHY_TILE_FORMS; form++) {
            floor[form] = (wanted >> form) % 2 ? 1.0 : 1.001;
            if (floor[form] > 1.0) continue;
            if (form >= SHY_TILE_SHIFT_LEFT)
                least = SHY_MOMENTS_FULL;
            else if (form == SHY_TILE_PRODUCT && least < SHY_MOMENTS_RAW)
                least = SHY_MOMENTS_RAW;
        }
        assert_int_equal(shy_moments_needed(floor), least);
    }
}

/* ---- blocks and padding ---------------------------------------------------------------------------------------------- */

/* Every pair comes once, and nothing of the padding, although its moments are below no floor. */
static void expect_all_pairs(setting *s)
{
    static const double open[SHY_TILE_FORMS] = {0};
    shy_pairs *row = NULL;
    const shy_panel *left = s->left[0], *right = s->right[0];
    int operand = 0;
    assert_int_equal(shy_pairs_create(right->count, 0, &row), SHY_OK); /* the room that is asked for, and no more */
    for (int index = 0; index < shy_panel_blocks(left); index++) {
        fill(s, index, s->tile->precision, s->tile->moments);
        for (int i = 0; i < shy_panel_block_count(left, index); i++, operand++) {
            row->count = 0;
            shy_tile_flag(s->tile, left, index, i, right, s->epsilon, open, row);
            assert_int_equal(row->count, right->count);
            for (int k = 0; k < row->count; k++)
                assert_true(row->left[k] == operand && row->right[k] == k);
        }
    }
    assert_int_equal(operand, left->count);
    shy_pairs_destroy(&row);
}

static void every_pair_comes_once_and_padding_never(void **state)
{
    (void)state;
    static const int blocks[] = {1, 5, 31, 40, 64, 100};
    for (int k = 0; k < 6; k++) {
        setting s = setting_create(zoo_create(63, 4, KINDS), blocks[k], 1); /* 80 columns */
        stacks exact = stacks_create(s.z);
        for (int count = s.z->count; count > 0; count = count > 66   ? 66
                                                        : count > 64 ? count - 1
                                                                     : count - 31) { /* 80, 66, 65, 64, 33, 2 */
            shy_panel_finish(s.right[0], count);
            for (int c = 0; c < NARROWS * SETS; c++) {
                const shy_precision precision = precisions[c / SETS];
                fill(&s, 0, precision, (shy_moments)(c % SETS));
                const bool small = s.left[0]->block < 64 || s.right[0]->padded < 64;
                assert_int_equal(s.tile->precision, precision == SHY_BF16 && small ? SHY_FP32 : precision);
                expect_all_pairs(&s);
                expect_tile(&s, &exact, shy_panel_blocks(s.left[0]) - 1);
            }
        }
        stacks_free(&exact);
        setting_free(&s);
    }
}

/* A panel that is filled again is stacked again. */
static void new_content_makes_new_moments(void **state)
{
    (void)state;
    setting s = setting_create(zoo_create(63, 1, KINDS), BLOCK, 1),
            other = setting_create(zoo_create(63, 2, BENIGN), BLOCK, 1);
    double partial[PARTIALS];
    fill(&s, 0, SHY_FP32, SHY_MOMENTS_FULL);
    fill(&other, 0, SHY_FP32, SHY_MOMENTS_FULL);
    for (int c = 0; c < 2 * BENIGN; c++) {
        shy_panel_pack(s.left[0], c, other.z->column[c], &other.z->sums[c], partial);
        shy_panel_complete(s.left[0], c, partial);
        shy_panel_pack(s.right[0], c, other.z->column[c], &other.z->sums[c], partial);
        shy_panel_complete(s.right[0], c, partial);
    }
    shy_panel_finish(s.left[0], 2 * BENIGN);
    shy_panel_finish(s.right[0], 2 * BENIGN);
    fill(&s, 0, SHY_FP32, SHY_MOMENTS_FULL);
    assert_int_equal(shy_tile_numbers(s.tile), shy_tile_numbers(other.tile));
    assert_memory_equal(s.tile->sum, other.tile->sum, (size_t)shy_tile_numbers(s.tile) * sizeof(float));
    setting_free(&s);
    setting_free(&other);
}

static void without_rows_the_moments_are_zero(void **state)
{
    (void)state;
    shy_panel *left = NULL, *right = NULL;
    shy_tile *tile = NULL;
    assert_int_equal(shy_panel_create(2, 2, 0, 10, &(shy_tile_metric){.response = NULL}, true, true, &left), SHY_OK);
    assert_int_equal(shy_panel_create(3, 0, 0, 10, &(shy_tile_metric){.response = NULL}, false, true, &right), SHY_OK);
    assert_int_equal(shy_tile_create(2, 3, 0, true, &tile), SHY_OK);
    shy_panel_finish(left, 2);
    shy_panel_finish(right, 3);
    for (int k = 0; k < NARROWS * SETS; k++) {
        for (size_t at = 0; at < tile->capacity; at++)
            ((double *)tile->sum)[at] = 7.0;
        assert_int_equal(shy_tile_moments(left, 0, right, precisions[k / SETS], (shy_moments)(k % SETS), tile), SHY_OK);
        for (int64_t at = 0; at < shy_tile_numbers(tile); at++)
            assert_true(tile_sum(tile, 0, 0, (int)at) == 0.0);
    }
    shy_panel_destroy(&left);
    shy_panel_destroy(&right);
    shy_tile_destroy(&tile);
}

/* Without operands there are no tiles, and nothing is read. */
static void without_operands_there_are_no_blocks(void **state)
{
    (void)state;
    const double y[5] = {0};
    shy_panel *left = NULL;
    assert_int_equal(shy_panel_create(4, 2, 5, 5, &(shy_tile_metric){.response = y}, true, false, &left), SHY_OK);
    shy_panel_finish(left, 0);
    assert_int_equal(shy_panel_blocks(left), 0);
    assert_int_equal(left->padded, 0);
    shy_panel_destroy(&left);
}

/* ---- memory ------------------------------------------------------------------------------------------------------------ */

enum { OVERHEAD = 1024 }; /* structures, and padding of pairs */

static void expect_announced(uint64_t before, uint64_t announced)
{
    const uint64_t used = shy_memory_in_use() - before;
    if (used > announced + OVERHEAD || announced > used + used / 8 + OVERHEAD) {
        fail_msg("%llu bytes are announced and %llu are used", (unsigned long long)announced, (unsigned long long)used);
    }
}

static void memory_is_as_announced(void **state)
{
    (void)state;
    static const int shape[][3] = {
        {1, 1, 1}, {7, 3, 100}, {64, 16, 4097}, {4, 2, 100000}, {3000, 192, 50}}; /* operands, block, rows */
    const uint64_t before = shy_memory_in_use();
    double *y = calloc(100000, sizeof *y);
    for (int k = 0; k < 20; k++) {
        const int capacity = shape[k / 4][0], rows = shape[k / 4][2];
        const bool left = k % 2, is_wide = k / 2 % 2;
        const int block = left ? shape[k / 4][1] : 0;
        shy_panel *panel = NULL;
        shy_tile *tile = NULL;
        shy_pairs *pairs = NULL;
        assert_int_equal(shy_panel_create(capacity, block, rows, (uint64_t)rows, &(shy_tile_metric){.response = y}, left, is_wide, &panel), SHY_OK);
        expect_announced(before, shy_panel_bytes(capacity, block, rows, &(shy_tile_metric){.response = y}, left, is_wide));
        shy_panel_destroy(&panel);
        shy_panel_destroy(&panel);
        assert_true(shy_memory_in_use() == before);
        assert_int_equal(shy_tile_create(shape[k / 4][1], capacity, 0, is_wide, &tile), SHY_OK);
        expect_announced(before, shy_tile_bytes(shape[k / 4][1], capacity, 0, is_wide));
        shy_tile_destroy(&tile);
        shy_tile_destroy(&tile);
        assert_int_equal(shy_pairs_create(rows, 0, &pairs), SHY_OK);
        expect_announced(before, shy_pairs_bytes(rows, 0));
        shy_pairs_destroy(&pairs);
        shy_pairs_destroy(&pairs);
        assert_true(shy_memory_in_use() == before);
    }
    free(y);
}

static shy_status create_left(shy_panel **panel)
{
    static const double y[50] = {0};
    return shy_panel_create(3, 2, 50, 50, &(shy_tile_metric){.response = y}, true, true, panel);
}

/* Fails at the first allocation, the second …, until all succeed; returns how many there are. */
static int count_failures(int what)
{
    const uint64_t before = shy_memory_in_use();
    for (int nth = 1;; nth++) {
        shy_panel *panel = NULL;
        shy_tile *tile = NULL;
        shy_pairs *pairs = NULL;
        shy_memory_fail_at((uint64_t)nth);
        const shy_status st = what == 0   ? create_left(&panel)
                              : what == 1 ? shy_tile_create(3, 4, 0, true, &tile)
                                          : shy_pairs_create(9, 0, &pairs);
        shy_memory_fail_at(0);
        assert_int_equal(panel || tile || pairs, st == SHY_OK);
        shy_panel_destroy(&panel);
        shy_tile_destroy(&tile);
        shy_pairs_destroy(&pairs);
        assert_true(shy_memory_in_use() == before);
        if (st == SHY_OK) return nth - 1;
        assert_int_equal(st, SHY_MEMORY);
        assert_true(strlen(shy_error_message()) > 0);
        shy_error_clear();
    }
}

static void without_memory_nothing_is_made(void **state)
{
    (void)state;
    assert_int_equal(count_failures(0), 13); /* the panel, d, exact, stack, response, sums, and seven columns */
    assert_int_equal(count_failures(1), 2);
    assert_int_equal(count_failures(2), 4);
}

/* A stack that could not be made is made the next time. */
static void without_memory_there_are_no_moments_yet(void **state)
{
    (void)state;
    setting s = setting_create(zoo_create(63, COPIES, KINDS), BLOCK, 1);
    for (int p = 0; p < NARROWS; p++) {
        fill(&s, 0, precisions[p], SHY_MOMENTS_FULL); /* whatever the libraries need once, they have */
        const size_t bytes =
            (size_t)shy_tile_numbers(s.tile) * (precisions[p] == SHY_FP64 ? sizeof(double) : sizeof(float));
        const uint64_t before = shy_memory_in_use();
        char *expected = malloc(bytes);
        memcpy(expected, s.tile->sum, bytes);
        for (uint64_t nth = 1; nth <= 3; nth++) {
            fill(&s, 0, precisions[p], SHY_MOMENTS_LINEAR);
            shy_memory_fail_at(nth);
            const shy_status st = shy_tile_moments(s.left[0], 0, s.right[0], precisions[p], SHY_MOMENTS_FULL, s.tile);
            shy_memory_fail_at(0);
            assert_int_equal(st, nth <= 2 ? SHY_MEMORY : SHY_OK);
            shy_error_clear();
            fill(&s, 0, precisions[p], SHY_MOMENTS_FULL);
            assert_memory_equal(s.tile->sum, expected, bytes);
        }
        assert_true(shy_memory_in_use() == before);
        free(expected);
    }
    setting_free(&s);
}

/* ---- sums over samples ----------------------------------------------------------------------------------------------- */

static void sums_of_rows(void **state)
{
    (void)state;
    for (int k = 0; k < SIZES; k++) {
        zoo *z = zoo_create(sizes[k], 1, KINDS);
        for (int c = 0; c < KINDS; c++) {
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

/* What shy_panel_complete makes of the partial sums, also where they come from two row blocks. */
static void sums_of_operands(void **state)
{
    (void)state;
    for (int row_blocks = 1; row_blocks <= 2; row_blocks++) {
        setting s = setting_create(zoo_create(257, 1, KINDS), BLOCK, row_blocks);
        for (int c = 0; c < KINDS; c++) {
            const shy_operand_sums *sums = &s.left[row_blocks - 1]->sums[c];
            wide y1 = 0, d3 = 0, d4 = 0, y2 = 0, yd2 = 0;
            for (int i = 0; i < s.z->n; i++) {
                const wide d = standardised(s.z, c, i), y = s.z->y[i];
                y1 += y * d / s.z->n, d3 += d * d * d / s.z->n, d4 += d * d * d * d / s.z->n, y2 += y * y * d / s.z->n,
                    yd2 += y * y * d * d / s.z->n;
            }
            assert_true(fabsl(sums->y - y1) <= 1e-12L);
            assert_true(fabsl(sums->third - d3) <= 1e-12L * d4);
            assert_true(fabsl(sums->fourth - sqrtl(d4)) <= 1e-12L * d4);
            assert_true(fabsl(sums->squared - y2) <= 1e-12L * (1 + yd2));
            assert_true(fabsl(sums->weighted - sqrtl(yd2)) <= 1e-12L * (1 + yd2));
            assert_true(s.left[row_blocks - 1]->mu_most >= fabs(s.z->sums[c].mu));
        }
        setting_free(&s);
    }
}

static void describes_itself(void **state)
{
    (void)state;
    char text[256], brief[12];
    shy_tile_describe(text, sizeof text);
    assert_non_null(strstr(text, "BLAS"));
    assert_non_null(strstr(text, shy_isa_name(shy_isa_get())));
    shy_tile_describe(brief, sizeof brief);
    assert_int_equal(strlen(brief), sizeof brief - 1);
    assert_memory_equal(text, brief, sizeof brief - 1);
    assert_string_equal(shy_precision_name(SHY_BF16), "bf16");
}

/* ---- signals ------------------------------------------------------------------------------------------------------- */

/* As of a cohort of 288 patients: at strides that are multiples of 256 oneDNN takes other kernels. */
enum { M = 448, N = 320, STRIDE = 288, TIMES = 40 };

static void fill_numbers(float *out, int count)
{
    for (int k = 0; k < count; k++)
        out[k] = (float)(k * 7 % 9 - 4); /* whole, so that sums are exact in any order */
}

/* SIGUSR1 to this process every 50 µs. */
static timer_t start_signals(void)
{
    timer_t timer;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    const struct itimerspec every = {{0, 50000}, {0, 50000}};
    assert_int_equal(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
    assert_int_equal(timer_settime(timer, 0, &every, NULL), 0);
    return timer;
}

/* The kernels that oneDNN makes may have the stack pointer in the heap: what a signal puts there would be seen in the sums or by free. */
static void signals_leave_products_alone(void **state)
{
    float *a = NULL, *b = NULL, *c = NULL, *expected = NULL;
    static const int rows[] = {256, 96};
    (void)state;
    assert_int_equal(shy_new(M * STRIDE, sizeof *a, &a), SHY_OK);
    assert_int_equal(shy_new(N * STRIDE, sizeof *b, &b), SHY_OK);
    assert_int_equal(shy_new(M * N, sizeof *c, &c), SHY_OK);
    assert_int_equal(shy_new(M * N, sizeof *expected, &expected), SHY_OK);
    fill_numbers(a, M * STRIDE);
    fill_numbers(b, N * STRIDE);
    shy_signals_catch();
    for (int r = 0; r < 2; r++) {
        if (!shy_dnnl_multiply(SHY_FP32, M, N, rows[r], a, b, STRIDE, expected, N, false)) break;
        const timer_t timer = start_signals();
        for (int k = 0; k < TIMES; k++) {
            memset(c, 0, M * N * sizeof *c);
            assert_true(shy_dnnl_multiply(SHY_FP32, M, N, rows[r], a, b, STRIDE, c, N, false));
            assert_memory_equal(c, expected, M * N * sizeof *c);
        }
        timer_delete(timer);
        assert_true(shy_signals_save());
        shy_signals_save_seen();
    }
    shy_free(&a);
    shy_free(&b);
    shy_free(&c);
    shy_free(&expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moments_are_within_their_rounding),
        cmocka_unit_test(moments_of_two_row_blocks_add_up),
        cmocka_unit_test(epsilon_is_narrow),
        cmocka_unit_test(the_cheapest_moments_serve),
        cmocka_unit_test(every_pair_comes_once_and_padding_never),
        cmocka_unit_test(new_content_makes_new_moments),
        cmocka_unit_test(without_rows_the_moments_are_zero),
        cmocka_unit_test(without_operands_there_are_no_blocks),
        cmocka_unit_test(memory_is_as_announced),
        cmocka_unit_test(without_memory_nothing_is_made),
        cmocka_unit_test(without_memory_there_are_no_moments_yet),
        cmocka_unit_test(sums_of_rows),
        cmocka_unit_test(sums_of_operands),
        cmocka_unit_test(describes_itself),
        cmocka_unit_test(signals_leave_products_alone),
    };
    return cmocka_run_group_tests_name("tile", tests, NULL, NULL);
}
