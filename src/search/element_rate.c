/* What element-wise formulas cost on this machine. */
#include "shy_config.h"

#include <math.h>

#include "element_impl.h"

double shy_element_cost(const shy_context *context)
{
    const struct shy_element_plan *plan = context->elements;
    double cost = plan->count;
    for (int p = 0; p < plan->places; p++)
        cost += plan->place[p].wide ? 4.0 : 0.7;
    return cost;
}

double shy_element_overhead(const shy_context *context)
{
    const struct shy_element_plan *plan = context->elements;
    return 2e-8 * plan->ranges.count + 5e-9 * plan->count + 2e-7;
}

/* COLUMNS × COLUMNS / 2 formulas of each of some operators over one chunk. */
enum { COLUMNS = 8, FORMULAS = 32, ROWS = 208 };

typedef struct {
    float column[COLUMNS][SHY_ROUGH_STRIDE], y[SHY_ROUGH_STRIDE], reference[FORMULAS];
    int32_t u[FORMULAS], v[FORMULAS];
    double sums[3][FORMULAS];
} sample;

static void fill(sample *s)
{
    for (int i = 0; i < SHY_ROUGH_STRIDE; i++) {
        for (int c = 0; c < COLUMNS; c++)
            s->column[c][i] = 1.0f + (float)shy_random_uniform(2, (uint64_t)c, (uint64_t)i);
        s->y[i] = (float)shy_random_normal(2, COLUMNS, (uint64_t)i);
    }
    for (int k = 0; k < FORMULAS; k++)
        s->u[k] = k % COLUMNS, s->v[k] = (k + 1 + k / COLUMNS) % COLUMNS;
}

double shy_element_seconds(void)
{
    static const shy_op op[] = {SHY_OP_LOG, SHY_OP_SQRT, SHY_OP_SQUARE, SHY_OP_INVERSE};
    enum { OPS = sizeof op / sizeof *op, REPEATS = 5, TIMES = 4 };
    double least = 1e30;
    sample *s = NULL;
    if (shy_new(1, sizeof *s, &s) != SHY_OK) return 0.0;
    fill(s);
    const shy_rough_batch batch = {.rows = ROWS,
                                   .count = FORMULAS,
                                   .column = s->column[0],
                                   .y = s->y,
                                   .u = s->u,
                                   .v = s->v,
                                   .reference = s->reference,
                                   .first = s->sums[0],
                                   .second = s->sums[1],
                                   .response = s->sums[2]};
    for (int k = 0; k < OPS; k++)
        shy_rough_references(op[k], &batch);
    for (int r = 0; r < REPEATS; r++) {
        const double start = shy_time_own_seconds();
        for (int k = 0; k < TIMES * OPS; k++)
            shy_rough_add(op[k % OPS], &batch);
        least = fmin(least, shy_time_own_seconds() - start);
    }
    shy_free(&s);
    return least / (TIMES * OPS * (double)FORMULAS * ROWS);
}
