/* How fast this machine does the work of a search: measured on small instances of it, before the plan. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "search_impl.h"

enum { LEFT = 128, RIGHT = 256, ROWS = 256 };

typedef struct {
    shy_panel *left, *right;
    shy_tile *tile;
    shy_pairs *pairs;
    double y[ROWS], u[ROWS], out[ROWS];
    double column[RIGHT][ROWS];
    double partial[2 * SHY_OPERAND_PARTIALS]; /* as many as a panel without a layout needs, and room to spare */
} shy_trial;

enum { REPEATS = 5 }; /* the quickest counts: what else the machine does only makes it longer. Processor time, for the same reason */

/* Seconds per sample of an average operand. */
static double seconds_per_operand(shy_trial *trial)
{
    static const shy_op op[] = {SHY_OP_LOG, SHY_OP_SQRT, SHY_OP_SQUARE, SHY_OP_INVERSE, SHY_OP_MULTIPLY, SHY_OP_ADD};
    enum { OPS = sizeof op / sizeof *op, TIMES = 12 };
    double least = 1e30;
    for (int r = 0; r < REPEATS; r++) {
        const double start = shy_time_own_seconds();
        for (int k = 0; k < TIMES * OPS; k++) shy_operator_screen_rows(op[k % OPS], ROWS, trial->u, trial->y, trial->out);
        least = fmin(least, shy_time_own_seconds() - start);
    }
    return least / (TIMES * OPS * (double)ROWS);
}

static void pack_all(shy_trial *trial, shy_panel *panel, int count)
{
    for (int i = 0; i < count; i++) {
        const double *u = trial->column[i];
        shy_operand_sums sums = {.mean = shy_row_sum(ROWS, u) / ROWS};
        sums.scale = sqrt(shy_row_square(ROWS, u, sums.mean) / ROWS);
        sums.mu = sums.mean / sums.scale;
        shy_panel_pack(panel, i, u, &sums, trial->partial);
        shy_panel_complete(panel, i, trial->partial);
    }
}

/* Log-normal operands; u is the last one. Seconds per operand. */
static double pack(shy_trial *trial, shy_panel *panel, int count, uint64_t stream)
{
    double least = 1e30;
    for (int i = 0; i < count; i++)
        for (int k = 0; k < ROWS; k++) trial->column[i][k] = exp(0.5 * shy_random_normal(stream, (uint64_t)i, (uint64_t)k));
    for (int r = 0; r < REPEATS; r++) {
        const double start = shy_time_own_seconds();
        pack_all(trial, panel, count);
        least = fmin(least, shy_time_own_seconds() - start);
    }
    shy_panel_finish(panel, count);
    memcpy(trial->u, trial->column[count - 1], sizeof trial->u);
    return least / count;
}

/* The quickest of a few tiles, as products and as everything. */
static shy_status time_tile(shy_trial *t, shy_precision precision, double *products_out, double *screen_out)
{
    shy_status st = SHY_OK;
    static const double floor[SHY_TILE_FORMS] = {0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9};
    *products_out = *screen_out = 1e30;
    for (int k = 0; k < REPEATS; k++) {
        const double start = shy_time_own_seconds();
        SHY_TRY(shy_tile_moments(t->left, 0, t->right, precision, SHY_MOMENTS_FULL, t->tile));
        const double middle = shy_time_own_seconds(), epsilon = shy_tile_epsilon(t->tile, t->left, t->right, 1);
        t->pairs->count = 0;
        for (int i = 0; i < LEFT; i++) shy_tile_flag(t->tile, t->left, 0, i, t->right, epsilon, floor, t->pairs);
        *screen_out = fmin(*screen_out, shy_time_own_seconds() - middle);
        *products_out = fmin(*products_out, middle - start);
    }
out:
    return st;
}

static shy_status create(shy_trial **trial_out)
{
    shy_status st = SHY_OK;
    shy_trial *t = NULL;
    SHY_TRY(shy_new(1, sizeof *t, &t));
    *trial_out = t;
    for (int k = 0; k < ROWS; k++) t->y[k] = shy_random_normal(1, 1, (uint64_t)k);
    const shy_tile_metric metric = {.response = t->y};
    SHY_TRY(shy_panel_create(LEFT, LEFT, ROWS, ROWS, &metric, true, true, &t->left));
    SHY_TRY(shy_panel_create(RIGHT, 0, ROWS, ROWS, &metric, false, true, &t->right));
    SHY_TRY(shy_tile_create(LEFT, RIGHT, 0, true, &t->tile));
    SHY_TRY(shy_pairs_create(LEFT * RIGHT, 0, &t->pairs));
out:
    return st;
}

static void destroy(shy_trial **trial)
{
    if (!*trial) return;
    shy_panel_destroy(&(*trial)->left);
    shy_panel_destroy(&(*trial)->right);
    shy_tile_destroy(&(*trial)->tile);
    shy_pairs_destroy(&(*trial)->pairs);
    shy_free(trial);
}

/*
 * bf16 rounds by 0.006: a K-th best r² of some 30/n (a chi-square of 30) is told from nothing as long as its root is well above that.
 */
#define BF16_SAMPLES_MOST 100000

static shy_status measure(shy_trial *t, shy_precision asked, uint64_t samples, shy_rates *rates)
{
    shy_status st = SHY_OK;
    double best = 1e30;
    const double packed = pack(t, t->left, LEFT, 3);
    (void)pack(t, t->right, RIGHT, 5);
    const double element = shy_element_seconds();
    if (element > 0.0) rates->element_row = element;
    rates->operand_row = packed / ROWS + 2.0 * seconds_per_operand(t);
    for (int precision = SHY_FP64; precision < SHY_PRECISIONS; precision++) {
        double products = 0.0, screen = 0.0;
        const bool of_use = precision == SHY_FP32 || (precision == SHY_BF16 && shy_bf16_native() && samples <= BF16_SAMPLES_MOST);
        if (asked == SHY_PRECISION_AUTO ? !of_use : precision != (int)asked) continue;
        SHY_TRY(time_tile(t, (shy_precision)precision, &products, &screen));
        if (products + screen >= best) continue;
        best = products + screen;
        rates->precision = (shy_precision)precision;
        rates->pair_flops = 10.0 * ROWS * LEFT * RIGHT / products;
        rates->pair_seconds = screen / (LEFT * RIGHT);
    }
out:
    return st;
}

/* On failure (memory) modest constants do. */
void shy_rates_measure(shy_precision asked, uint64_t samples, shy_rates *rates)
{
    shy_trial *trial = NULL;
    *rates = (shy_rates){5e10, 2e-9, 4e-9, 2e-10, asked == SHY_PRECISION_AUTO ? SHY_FP32 : asked};
    if (create(&trial) == SHY_OK) (void)measure(trial, asked, samples, rates);
    destroy(&trial);
    shy_error_clear(); /* what could not be measured is no failure of the run */
}
