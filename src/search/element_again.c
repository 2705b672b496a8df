/*
 * A second look, in fp64 and by the definitions, at the elements of which fp32 could not say that they are below the
 * marks.
 */
#include "shy_config.h"

#include <string.h>

#include "element_impl.h"

typedef struct shy_element_work shy_element_work;

/*
 * Operands of the possible elements are wanted. While the list of a search's only view is not full its mark is negative, and all are scored
 * anyway; where there are more views, the best of each are scored first.
 */
static int list_wanted(const shy_engine *engine, int *wanted)
{
    shy_element_work *work = engine->elements;
    const shy_element_list *list = &work->list;
    const struct shy_element_plan *plan = list->context->elements;
    int count = 0;
    memset(work->wanted, 0, (size_t)plan->places);
    for (int i = 0; i < list->possible_count; i++) {
        const int k = list->possible[i];
        const shy_element *element = &plan->element[list->element[k]];
        if (work->views == 1 && shy_element_mark(engine, 0, list->complexity[k]) < 0.0) continue;
        work->wanted[element->u] = work->wanted[element->v] = 1;
        wanted[count++] = i;
    }
    shy_element_need_operands(plan, work->wanted);
    return count;
}

/*
 * One sample decides what is subtracted before squares are summed, so that a large mean costs no digits; the first
 * member's for all.
 */
static shy_status set_references(shy_engine *engine, const shy_tuple *tuple, const int *wanted, int count,
                                 double *reference)
{
    shy_element_work *work = engine->elements;
    shy_element_chunk chunk;
    shy_element_chunk_at(engine, tuple, NULL, -1, &chunk);
    shy_element_chunk_values(work, &chunk);
    for (int i = 0; i < count; i++)
        reference[i] = shy_element_chunk_column(work, &chunk, work->list.possible[wanted[i]])[chunk.places - 1];
    return shy_group_broadcast(engine->space->problem->team, reference, (uint64_t)count * sizeof *reference);
}

/*
 * ---- sums: for each segment Σ w d, Σ w d², Σ y d of d = z − reference; Σ w q_k d; Σ y_v d of views with responses of their own
 * -------------------------------------------------------------------------------------------------------------
 */

int shy_element_again_width(const shy_element_work *work, int segments)
{
    return 3 * segments + work->rows.columns;
}

/* A column over the rows of a piece, which are in the problem's order. */
static const double *in_order(const shy_element_rows *rows, const shy_element_piece *piece, const double *column, double *room)
{
    if (!rows->order) return column + piece->row;
    for (int i = 0; i < piece->rows; i++)
        room[i] = column[rows->order[piece->row + i]];
    return room;
}

/* y of the layout's r-th response, which is given as y/√w. */
static const double *response_of(const shy_engine *engine, const shy_element_piece *piece, int r, double *room)
{
    const double *root = engine->space->view.root, *response = engine->layout.response[r] + piece->row;
    if (!root) return response;
    root = in_order(&engine->elements->rows, piece, root, room);
    for (int i = 0; i < piece->rows; i++)
        room[i] = response[i] * root[i];
    return room;
}

static void add_metric(const shy_engine *engine, const shy_element_piece *piece, const double *d, double *sums, double *along)
{
    const shy_element_rows *rows = &engine->elements->rows;
    const shy_view *view = &engine->space->view;
    double wd[SHY_ROUGH_STRIDE], room[SHY_ROUGH_STRIDE];
    const double *w = rows->weight ? in_order(rows, piece, rows->weight, room) : NULL;
    for (int i = 0; i < piece->rows; i++)
        wd[i] = w ? d[i] * w[i] : d[i];
    sums[0] += shy_exact_sum(piece->rows, wd);
    sums[1] += shy_exact_dot(piece->rows, wd, d);
    sums[2] += shy_exact_dot(piece->rows, d, response_of(engine, piece, 0, room));
    for (int k = 0; k < rows->directions; k++)
        along[k] += shy_exact_dot(piece->rows, wd, in_order(rows, piece, view->direction[k], room));
}

/* `seen`: verdicts of the views. */
static void add_piece(const shy_engine *engine, const shy_element_piece *piece, const double *z, double reference, const uint8_t *seen, double *sums)
{
    const shy_element_work *work = engine->elements;
    double d[SHY_ROUGH_STRIDE], room[SHY_ROUGH_STRIDE], *mine = sums + 3 * piece->segment, *along = sums + 3 * engine->layout.segments;
    if (work->rows.width == 1) {
        shy_element_sums(piece->rows, z, engine->layout.response[0] + piece->row, reference, mine);
        return;
    }
    for (int i = 0; i < piece->rows; i++)
        d[i] = z[i] - reference;
    add_metric(engine, piece, d, mine, along);
    for (int v = 0; v < work->views; v++) {
        const shy_element_view *view = &work->view[v];
        if (view->column == 0 || seen[v] == SHY_ROUGH_BELOW || view->left_out == piece->segment) continue;
        along[view->column - 1] += shy_exact_dot(piece->rows, d, response_of(engine, piece, engine->seen[v].sight.response, room));
    }
}

static void sum_chunks(shy_engine *engine, const shy_tuple *tuple, const double *const *column, const int *wanted,
                       int count, const double *reference, double *sums)
{
    shy_element_work *work = engine->elements;
    const int each = shy_element_again_width(work, engine->layout.segments);
    memset(sums, 0, (size_t)each * (size_t)count * sizeof *sums);
    for (int c = 0; c < work->rows.chunks; c++) {
        shy_element_chunk chunk;
        shy_element_chunk_at(engine, tuple, column, c, &chunk);
        shy_element_chunk_values(work, &chunk);
        for (int i = 0; i < count; i++) {
            const double *z = shy_element_chunk_column(work, &chunk, work->list.possible[wanted[i]]);
            const uint8_t *seen = work->seen + (ptrdiff_t)wanted[i] * work->views;
            for (int p = 0; p < chunk.pieces; p++)
                add_piece(engine, &chunk.piece[p], z + chunk.piece[p].begin, reference[i], seen, sums + (ptrdiff_t)each * i);
        }
    }
}

/*
 * ---- the statistic of a view
 * -------------------------------------------------------------------------------------------------------------
 */

/*
 * Sums that leave no variance to speak of decide nothing: such a formula is scored exactly. But these are the values
 * that are scored: where all are equal, there is nothing to score.
 */
static double statistic(const shy_engine *engine, int v, const double *sums)
{
    const shy_element_work *work = engine->elements;
    const shy_element_view *view = &work->view[v];
    const shy_sight *sight = &engine->seen[v].sight;
    const double n = view->samples, *along = sums + 3 * engine->layout.segments;
    double first = 0.0, second = 0.0, response = 0.0;
    for (int s = 0; s < engine->layout.segments; s++) {
        if (s == view->left_out) continue;
        first += sums[3 * s], second += sums[3 * s + 1], response += sums[3 * s + 2];
    }
    double variance = second - first * first / n;
    if (second == 0.0) return -1.0;
    for (int k = 0; k < work->rows.directions; k++)
        variance -= along[k] * along[k] / n;
    if (!(variance > 1e-6 * second)) return 1.0;
    if (view->column > 0) response = along[view->column - 1];
    response = (response - sight->level * first) / sight->scale;
    return response * response / (variance * n);
}

/* Verdicts of the i-th possible element. */
static void judge_again(const shy_engine *engine, int i, const double *sums)
{
    shy_element_work *work = engine->elements;
    const int complexity = work->list.complexity[work->list.possible[i]];
    for (int v = 0; v < work->views; v++) {
        const int at = i * work->views + v;
        if (work->seen[at] == SHY_ROUGH_BELOW) continue;
        work->statistic[at] = statistic(engine, v, sums);
        if (work->statistic[at] < shy_element_mark(engine, v, complexity)) work->seen[at] = SHY_ROUGH_BELOW;
    }
}

/* Elements that no view sees any more. */
static void leave_out(shy_element_work *work)
{
    shy_element_list *list = &work->list;
    const int views = work->views;
    int count = 0;
    for (int i = 0; i < list->possible_count; i++) {
        uint8_t most = SHY_ROUGH_BELOW;
        for (int v = 0; v < views; v++)
            most = work->seen[i * views + v] > most ? work->seen[i * views + v] : most;
        if (most == SHY_ROUGH_BELOW) continue;
        list->possible[count] = list->possible[i];
        memmove(work->seen + (ptrdiff_t)count * views, work->seen + (ptrdiff_t)i * views, (size_t)views);
        memmove(work->statistic + (ptrdiff_t)count * views, work->statistic + (ptrdiff_t)i * views, (size_t)views * sizeof *work->statistic);
        count++;
    }
    list->possible_count = count;
}

shy_status shy_element_again(shy_engine *engine, const shy_tuple *tuple, const double *const *column)
{
    shy_status st = SHY_OK;
    shy_element_work *work = engine->elements;
    const int count = list_wanted(engine, work->wanted_element), each = shy_element_again_width(work, engine->layout.segments);
    double *reference = work->again, *sums = work->again + count;
    SHY_TRY(set_references(engine, tuple, work->wanted_element, count, reference));
    sum_chunks(engine, tuple, column, work->wanted_element, count, reference, sums);
    SHY_TRY(shy_group_sum(engine->space->problem->team, sums, each * (int64_t)count));
    for (int i = 0; i < count; i++)
        judge_again(engine, work->wanted_element[i], sums + (ptrdiff_t)each * i);
    leave_out(work);
    work->counts.again += (uint64_t)count;
out:
    return st;
}
