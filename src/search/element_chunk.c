/* One chunk of samples of one tuple: operands and sums of its element-wise formulas. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "element_impl.h"

typedef struct shy_element_work shy_element_work;

void shy_element_chunk_at(const shy_engine *engine, const shy_tuple *tuple, const double *const *column, int number,
                          shy_element_chunk *chunk)
{
    const shy_element_rows *rows = &engine->elements->rows;
    const shy_element_piece *last = number < 0 ? NULL : &rows->piece[rows->first[number + 1] - 1];
    chunk->pieces = number < 0 ? 0 : rows->first[number + 1] - rows->first[number];
    chunk->piece = number < 0 ? NULL : &rows->piece[rows->first[number]];
    chunk->places = number < 0 ? SHY_ROUGH_PAD : last->begin + last->places;
    chunk->packed = number < 0 ? rows->packed : rows->packed + (size_t)number * (size_t)rows->width * SHY_ROUGH_STRIDE;
    for (int s = 0; s < tuple->count; s++) {
        chunk->factor[s] = number < 0 ? NULL : column[s];
        chunk->sample[s] = shy_space_first_sample(engine->space, tuple->factor[s]);
    }
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

/* What takes no part must do no harm: it is replaced by the reference sample. */
static void load_piece(const shy_element_rows *rows, const shy_element_piece *piece, const double *values, double sample, double *out)
{
    if (!rows->order) memcpy(out, values + piece->row, (size_t)piece->rows * sizeof *out);
    for (int i = 0; rows->order && i < piece->rows; i++)
        out[i] = values[rows->order[piece->row + i]];
    for (int i = 0; rows->weight && i < piece->rows; i++)
        out[i] = rows->weight[rows->order ? rows->order[piece->row + i] : piece->row + i] > 0.0 ? out[i] : sample;
    for (int i = piece->rows; i < piece->places; i++)
        out[i] = sample;
}

static void load_factor(const shy_element_work *work, const shy_element_chunk *chunk, int slot, double *out)
{
    for (int p = 0; p < chunk->pieces; p++)
        load_piece(&work->rows, &chunk->piece[p], chunk->factor[slot], chunk->sample[slot], out + chunk->piece[p].begin);
    for (int i = 0; chunk->pieces == 0 && i < chunk->places; i++)
        out[i] = chunk->sample[slot];
}

/* What stands below a place is kept: its column is its number. */
static void make_wide(const shy_element_work *work, double *wide, const shy_element_chunk *chunk, const shy_element_place *place, bool exact,
                      double *out)
{
    if (place->a < 0) {
        load_factor(work, chunk, place->slot, out);
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
        make_wide(work, work->wide, chunk, place, place->exact, wide);
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

/* The group over the places of one piece; NULL: of the whole chunk. */
static shy_rough_batch batch_of(shy_element_work *work, const shy_element_chunk *chunk, const shy_element_piece *piece,
                                const shy_element_group *group)
{
    const shy_element_list *list = &work->list;
    const int at = group->first, begin = piece ? piece->begin : 0;
    const ptrdiff_t sums = at + (piece ? piece->segment * list->stride : 0);
    const float *packed = chunk->packed + begin;
    return (shy_rough_batch){.rows = piece ? piece->places : chunk->places,
                             .count = group->last - at,
                             .column = work->narrow + begin,
                             .y = packed,
                             .weight = work->rows.width > 1 ? packed + SHY_ROUGH_STRIDE : NULL,
                             .columns = work->rows.columns,
                             .beside = work->rows.columns > 0 ? packed + 2 * SHY_ROUGH_STRIDE : NULL,
                             .along = list->along + (ptrdiff_t)at * work->rows.columns,
                             .u = list->u + at,
                             .v = list->v + at,
                             .reference = list->reference + at,
                             .first = list->first + sums,
                             .second = list->second + sums,
                             .response = list->response + sums};
}

/* A sum that says that nothing is known. */
static void spoil(shy_element_work *work, const shy_element_group *group, const shy_element_piece *piece)
{
    const struct shy_element_plan *plan = work->list.context->elements;
    double *second = work->list.second + piece->segment * work->list.stride;
    for (int k = group->first; k < group->last; k++) {
        const shy_element *element = &plan->element[work->list.element[k]];
        if (work->beyond[element->u] || work->beyond[element->v]) second[k] = INFINITY;
    }
}

static void add_group(shy_element_work *work, const shy_element_chunk *chunk, const shy_element_group *group)
{
    for (int p = 0; p < chunk->pieces; p++) {
        const shy_rough_batch batch = batch_of(work, chunk, &chunk->piece[p], group);
        shy_rough_add((shy_op)group->op, &batch);
        if (work->any_beyond) spoil(work, group, &chunk->piece[p]);
    }
}

static void go_through(shy_element_work *work, const shy_element_chunk *chunk, bool references, bool sums)
{
    make_kept(work, chunk);
    for (int g = 0; g < work->list.groups; g++) {
        const shy_element_group *group = &work->list.group[g];
        make_spots(work, chunk, group);
        if (group->first == group->last) continue;
        const shy_rough_batch whole = batch_of(work, chunk, NULL, group);
        if (references) shy_rough_references((shy_op)group->op, &whole);
        if (sums) add_group(work, chunk, group);
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
            make_wide(work, work->again_wide, chunk, &plan->place[p], true, wide_column(work->again_wide, p));
    }
}

const double *shy_element_chunk_column(shy_element_work *work, const shy_element_chunk *chunk, int k)
{
    const struct shy_element_plan *plan = work->list.context->elements;
    const shy_element *element = &plan->element[work->list.element[k]];
    double *wide = work->again_wide, *spot = wide_column(wide, plan->kept), *out = wide_column(wide, plan->kept + 1);
    if (element->u >= plan->kept) make_wide(work, wide, chunk, &plan->place[element->u], true, spot);
    const double *u = element->u < plan->kept ? wide_column(wide, element->u) : spot;
    const double *v = element->v < plan->kept ? wide_column(wide, element->v) : spot;
    shy_operator_apply_rows((shy_op)element->op, chunk->places, u, v, out);
    return out;
}
