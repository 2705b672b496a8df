/* One chunk of samples of one tuple: operands and sums of its element-wise formulas. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "element_impl.h"

typedef struct shy_element_work shy_element_work;

int shy_element_chunk_rows(int rows)
{
    const int chunks = (rows + SHY_ROUGH_ROWS - 1) / SHY_ROUGH_ROWS;
    return chunks > 0 ? (rows + chunks - 1) / chunks : 0;
}

int shy_element_chunk_at(const shy_engine *engine, const shy_tuple *tuple, const double *const *column, int row,
                         shy_element_chunk *chunk)
{
    const int rows = engine->space->problem->rows.rows, each = shy_element_chunk_rows(rows);
    const shy_element_work *work = engine->elements;
    chunk->row = row;
    chunk->weight = row < 0 || !engine->space->view.weight ? NULL : engine->space->view.weight + row;
    chunk->metric = work->metric && row >= 0 ? work->metric + (size_t)(row / each) * (2U + (size_t)work->directions) * SHY_ROUGH_STRIDE : work->metric;
    chunk->rows = row < 0 ? 0 : rows - row < each ? rows - row : each;
    chunk->places = chunk->rows / SHY_ROUGH_PAD * SHY_ROUGH_PAD + SHY_ROUGH_PAD;
    for (int s = 0; s < tuple->count; s++) {
        chunk->factor[s] = row < 0 ? NULL : column[s] + row;
        chunk->sample[s] = shy_space_first_sample(engine->space, tuple->factor[s]);
    }
    chunk->response = row < 0 ? NULL : engine->space->view.response + row;
    return row + chunk->rows;
}

void shy_element_need_operands(const struct shy_element_plan *plan, uint8_t *needed)
{
    for (int p = plan->places - 1; p >= 0; p--) {
        if (!needed[p]) continue;
        if (plan->place[p].a >= 0) needed[plan->place[p].a] = 1;
        if (plan->place[p].b >= 0) needed[plan->place[p].b] = 1;
    }
}

/*
 * ---- operands
 * -------------------------------------------------------------------------------------------------------
 */

static double *wide_column(double *wide, int column)
{
    return wide + (size_t)column * SHY_ROUGH_STRIDE;
}

static float *narrow_column(const shy_element_work *work, int column)
{
    return work->narrow + (size_t)column * SHY_ROUGH_STRIDE;
}

static void load_factor(const shy_element_chunk *chunk, int slot, double *out)
{
    if (chunk->rows > 0) memcpy(out, chunk->factor[slot], (size_t)chunk->rows * sizeof *out);
    for (int i = 0; chunk->weight && i < chunk->rows; i++) /* what takes no part must do no harm */
        out[i] = chunk->weight[i] > 0.0 ? out[i] : chunk->sample[slot];
    for (int i = chunk->rows; i < chunk->places; i++)
        out[i] = chunk->sample[slot];
}

/* What stands below a place is kept: its column is its number. */
static void make_wide(double *wide, const shy_element_chunk *chunk, const shy_element_place *place, bool exact,
                      double *out)
{
    if (place->a < 0) {
        load_factor(chunk, place->slot, out);
        return;
    }
    const double *u = wide_column(wide, place->a), *v = place->b >= 0 ? wide_column(wide, place->b) : u;
    if (exact)
        shy_operator_apply_rows((shy_op)place->op, chunk->places, u, v, out);
    else
        shy_operator_screen_rows((shy_op)place->op, chunk->places, u, v, out);
}

static void make_place(shy_element_work *work, const shy_element_chunk *chunk, int p)
{
    const struct shy_element_plan *plan = work->list.context->elements;
    const shy_element_place *place = &plan->place[p];
    const int column = shy_element_column(plan, p);
    bool within = true;
    if (place->stored || place->a < 0) {
        double *wide = wide_column(work->wide, column);
        make_wide(work->wide, chunk, place, place->exact, wide);
        if (place->narrow)
            within = shy_rough_narrow(SHY_OP_FACTOR, chunk->places, wide, NULL, narrow_column(work, column));
    } else if (place->wide) {
        const double *u = wide_column(work->wide, place->a), *v = place->b >= 0 ? wide_column(work->wide, place->b) : u;
        within = shy_rough_narrow((shy_op)place->op, chunk->places, u, v, narrow_column(work, column));
    } else {
        const float *u = narrow_column(work, place->a), *v = place->b >= 0 ? narrow_column(work, place->b) : u;
        within = shy_rough_rows((shy_op)place->op, chunk->places, u, v, narrow_column(work, column));
        within = within && !work->beyond[place->a] && !(place->b >= 0 && work->beyond[place->b]);
    }
    work->beyond[p] = !within;
}

static void make_kept(shy_element_work *work, const shy_element_chunk *chunk)
{
    const int kept = work->list.context->elements->kept;
    for (int p = 0; p < kept; p++) {
        if (!work->needed[p] || work->made[p]) continue;
        make_place(work, chunk, p);
        work->made[p] = 1;
    }
    work->any_beyond = memchr(work->beyond, 1, (size_t)kept) != NULL;
}

static void make_spots(shy_element_work *work, const shy_element_chunk *chunk, const shy_element_group *group)
{
    for (int p = group->first_spot; p < group->last_spot; p++) {
        if (!work->needed[p]) continue;
        make_place(work, chunk, p);
        work->any_beyond |= work->beyond[p];
    }
}

/*
 * ---- sums
 * -------------------------------------------------------------------------------------------------------------
 */

static shy_rough_batch batch_of(shy_element_work *work, const shy_element_chunk *chunk, const shy_element_group *group)
{
    const shy_element_list *list = &work->list;
    const float *metric = chunk->metric;
    const int at = group->first;
    return (shy_rough_batch){.rows = chunk->places,
                             .count = group->last - at,
                             .column = work->narrow,
                             .y = metric ? metric : work->y,
                             .weight = metric ? metric + SHY_ROUGH_STRIDE : NULL,
                             .columns = work->directions,
                             .beside = metric ? metric + 2 * SHY_ROUGH_STRIDE : NULL,
                             .along = list->along + (ptrdiff_t)at * work->directions,
                             .u = list->u + at,
                             .v = list->v + at,
                             .reference = list->reference + at,
                             .first = list->first + at,
                             .second = list->second + at,
                             .response = list->response + at};
}

/* A sum that says that nothing is known. */
static void spoil(shy_element_work *work, const shy_element_group *group)
{
    const struct shy_element_plan *plan = work->list.context->elements;
    for (int k = group->first; k < group->last; k++) {
        const shy_element *element = &plan->element[work->list.element[k]];
        if (work->beyond[element->u] || work->beyond[element->v]) work->list.second[k] = INFINITY;
    }
}

static void load_response(shy_element_work *work, const shy_element_chunk *chunk)
{
    for (int i = 0; i < chunk->rows; i++)
        work->y[i] = (float)chunk->response[i];
    for (int i = chunk->rows; i < chunk->places; i++)
        work->y[i] = 0.0f;
}

static void go_through(shy_element_work *work, const shy_element_chunk *chunk, bool references, bool sums)
{
    if (!chunk->metric) load_response(work, chunk);
    make_kept(work, chunk);
    for (int g = 0; g < work->list.groups; g++) {
        const shy_element_group *group = &work->list.group[g];
        make_spots(work, chunk, group);
        if (group->first == group->last) continue;
        const shy_op op = (shy_op)group->op;
        const shy_rough_batch batch = batch_of(work, chunk, group);
        if (references) shy_rough_references(op, &batch);
        if (sums) shy_rough_add(op, &batch);
        if (sums && work->any_beyond) spoil(work, group);
    }
}

void shy_element_chunk_references(shy_element_work *work, const shy_element_chunk *chunk)
{
    go_through(work, chunk, true, false);
}

void shy_element_chunk_sum(shy_element_work *work, const shy_element_chunk *chunk, bool references)
{
    go_through(work, chunk, references, true);
}

/*
 * ---- in fp64
 * ------------------------------------------------------------------------------------------------------------
 */

void shy_element_chunk_values(shy_element_work *work, const shy_element_chunk *chunk)
{
    const struct shy_element_plan *plan = work->list.context->elements;
    for (int p = 0; p < plan->kept; p++) {
        if (work->wanted[p])
            make_wide(work->again_wide, chunk, &plan->place[p], true, wide_column(work->again_wide, p));
    }
}

const double *shy_element_chunk_column(shy_element_work *work, const shy_element_chunk *chunk, int k)
{
    const struct shy_element_plan *plan = work->list.context->elements;
    const shy_element *element = &plan->element[work->list.element[k]];
    double *wide = work->again_wide, *spot = wide_column(wide, plan->kept), *out = wide_column(wide, plan->kept + 1);
    if (element->u >= plan->kept) make_wide(wide, chunk, &plan->place[element->u], true, spot);
    const double *u = element->u < plan->kept ? wide_column(wide, element->u) : spot;
    const double *v = element->v < plan->kept ? wide_column(wide, element->v) : spot;
    shy_operator_apply_rows((shy_op)element->op, chunk->places, u, v, out);
    return out;
}
