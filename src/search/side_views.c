/* The panels of a side as the views of a pass see them. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "side.h"

/* An operand whose sums on the samples of a view say too little: what it is there has to be asked of its values. */
struct shy_unclear {
    int view, operand;
    double mean;
};

shy_status shy_side_views_create(shy_side *side)
{
    shy_status st = SHY_OK;
    const shy_engine *engine = side->engine;
    const size_t most = engine->layout.segments > 1 ? (size_t)engine->views * (size_t)side->capacity : 0;
    for (int k = 0; k < 2; k++) {
        SHY_TRY(shy_new((size_t)engine->views, sizeof *side->seen[k], &side->seen[k]));
        for (int v = 0; v < engine->views; v++) SHY_TRY(shy_panel_see(side->panel[k], &engine->seen[v].sight, &side->seen[k][v]));
    }
    SHY_TRY(shy_new(most, sizeof *side->unclear, &side->unclear));
    SHY_TRY(shy_new(most, sizeof *side->unclear_sum, &side->unclear_sum));
out:
    return st;
}

void shy_side_views_destroy(shy_side *side)
{
    for (int k = 0; k < 2; k++) {
        for (int v = 0; side->seen[k] && v < side->engine->views; v++) shy_panel_destroy(&side->seen[k][v]);
        shy_free(&side->seen[k]);
    }
    shy_free(&side->unclear);
    shy_free(&side->unclear_sum);
}

uint64_t shy_side_views_bytes(const shy_tile_shape *shape, int capacity, int block)
{
    const uint64_t unclear = shape->segments > 1 ? (uint64_t)capacity * (sizeof(struct shy_unclear) + sizeof(double)) : 0;
    return (uint64_t)shape->views * (2U * (shy_panel_seen_bytes(capacity, block) + sizeof(shy_panel *)) + unclear);
}

/* Σ (u − mean)^power over my rows of the view, of the values that operand `u` of the panel being looked at was packed from. */
static double sum_of(const shy_side *side, int which, const struct shy_unclear *u, bool squares)
{
    const shy_layout *layout = &side->engine->layout;
    const double *value = side->value[which] + (size_t)side->from[u->operand] * (size_t)side->space->problem->rows.rows;
    double sum = 0.0;
    for (int s = 0; s < layout->segments; s++) {
        if (s == side->engine->seen[u->view].sight.left_out) continue;
        const int first = layout->cut[s], count = layout->cut[s + 1] - first;
        sum += squares ? shy_row_square(count, value + first, u->mean) : shy_row_sum(count, value + first);
    }
    return sum;
}

/* As operands that are constant on all samples are never packed. Collective over the group. */
static shy_status leave_constants(shy_side *side, int which, int count)
{
    shy_status st = SHY_OK;
    const shy_engine *engine = side->engine;
    const shy_team *team = side->space->problem->team;
    struct shy_unclear *u = side->unclear;
    double *sum = side->unclear_sum;
    for (int k = 0; k < count; k++) sum[k] = sum_of(side, which, &u[k], false);
    SHY_TRY(shy_group_sum(team, sum, count));
    for (int k = 0; k < count; k++) {
        u[k].mean = sum[k] / (double)engine->seen[u[k].view].samples;
        sum[k] = sum_of(side, which, &u[k], true);
    }
    SHY_TRY(shy_group_sum(team, sum, count));
    for (int k = 0; k < count; k++) {
        const double scale = sqrt(sum[k] / (double)engine->seen[u[k].view].samples);
        if (!shy_operand_varies(u[k].mean, scale)) shy_panel_exclude(side->seen[which][u[k].view], u[k].operand);
    }
out:
    return st;
}

shy_status shy_side_look(shy_side *side, int which)
{
    shy_status st = SHY_OK;
    const shy_engine *engine = side->engine;
    int count = 0;
    for (int v = 0; v < engine->views; v++) {
        shy_panel *seen = side->seen[which][v];
        shy_panel_look(seen);
        for (int i = 0; engine->layout.segments > 1 && i < seen->count; i++) {
            if (shy_panel_unclear(seen, i)) side->unclear[count++] = (struct shy_unclear){.view = v, .operand = i};
        }
    }
    if (count > 0) SHY_TRY(leave_constants(side, which, count));
out:
    return st;
}
