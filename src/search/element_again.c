/*
 * A second look, in fp64 and by the definitions, at the elements of which fp32 could not say that they are below the
 * mark.
 */
#include "shy_config.h"

#include <string.h>

#include "element_impl.h"

/*
 * Operands of the possible elements are wanted. While a list is not full its mark is negative, and all are scored
 * anyway.
 */
static int list_wanted(struct shy_element_work *work, int *wanted)
{
    const shy_element_list *list = &work->list;
    const struct shy_element_plan *plan = list->context->elements;
    int count = 0;
    memset(work->wanted, 0, (size_t)plan->places);
    for (int i = 0; i < list->possible_count; i++) {
        const int k = list->possible[i];
        const shy_element *element = &plan->element[list->element[k]];
        if (list->mark[k] < 0.0) continue;
        work->wanted[element->u] = work->wanted[element->v] = 1;
        wanted[count++] = k;
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
    struct shy_element_work *work = engine->elements;
    shy_element_chunk chunk;
    (void)shy_element_chunk_at(engine, tuple, NULL, -1, &chunk);
    shy_element_chunk_values(work, &chunk);
    for (int i = 0; i < count; i++)
        reference[i] = shy_element_chunk_column(work, &chunk, wanted[i])[chunk.places - 1];
    return shy_group_broadcast(engine->space->problem->team, reference, (uint64_t)count * sizeof *reference);
}

/* Σ w d, Σ w d², Σ y d, Σ w q_k d of d = z − reference, of one chunk; added to sums[3 + directions]. */
static void add_metric(const shy_space *space, const shy_element_chunk *chunk, const double *z, double reference, double *sums)
{
    double d[SHY_ROUGH_STRIDE], wd[SHY_ROUGH_STRIDE];
    for (int i = 0; i < chunk->rows; i++) {
        d[i] = z[i] - reference;
        wd[i] = chunk->weight ? d[i] * chunk->weight[i] : d[i];
    }
    sums[0] += shy_exact_sum(chunk->rows, wd);
    sums[1] += shy_exact_dot(chunk->rows, wd, d);
    sums[2] += shy_exact_dot(chunk->rows, d, chunk->response);
    for (int k = 0; k < space->view.directions; k++) sums[3 + k] += shy_exact_dot(chunk->rows, wd, space->view.direction[k] + chunk->row);
}

static void sum_chunks(shy_engine *engine, const shy_tuple *tuple, const double *const *column, const int *wanted,
                       int count, const double *reference, double *sums)
{
    struct shy_element_work *work = engine->elements;
    const shy_space *space = engine->space;
    const int rows = space->problem->rows.rows, each = 3 + space->view.directions;
    memset(sums, 0, (size_t)each * (size_t)count * sizeof *sums);
    for (int row = 0; row < rows;) {
        shy_element_chunk chunk;
        row = shy_element_chunk_at(engine, tuple, column, row, &chunk);
        shy_element_chunk_values(work, &chunk);
        for (int i = 0; i < count; i++) {
            const double *z = shy_element_chunk_column(work, &chunk, wanted[i]);
            if (chunk.metric) add_metric(space, &chunk, z, reference[i], &sums[each * i]);
            else shy_element_sums(chunk.rows, z, chunk.response, reference[i], &sums[3 * i]);
        }
    }
}

/*
 * Sums that leave no variance to speak of decide nothing: such a formula is scored exactly. But these are the values
 * that are scored: where all are equal, there is nothing to score.
 */
static double statistic(const double *sums, int directions, double n)
{
    double variance = sums[1] - sums[0] * sums[0] / n;
    if (sums[1] == 0.0) return -1.0;
    for (int k = 0; k < directions; k++)
        variance -= sums[3 + k] * sums[3 + k] / n;
    if (!(variance > 1e-6 * sums[1])) return 1.0;
    return sums[2] * sums[2] / (variance * n);
}

static void leave_out(shy_element_list *list)
{
    int count = 0;
    for (int i = 0; i < list->possible_count; i++) {
        if (list->verdict[list->possible[i]] != SHY_ROUGH_BELOW) list->possible[count++] = list->possible[i];
    }
    list->possible_count = count;
}

shy_status shy_element_again(shy_engine *engine, const shy_tuple *tuple, const double *const *column)
{
    shy_status st = SHY_OK;
    struct shy_element_work *work = engine->elements;
    shy_element_list *list = &work->list;
    const int count = list_wanted(work, work->wanted_element);
    const double n = (double)engine->space->problem->rows.total;
    double *reference = work->again, *sums = work->again + count;
    SHY_TRY(set_references(engine, tuple, work->wanted_element, count, reference));
    sum_chunks(engine, tuple, column, work->wanted_element, count, reference, sums);
    const int directions = engine->space->view.directions, each = 3 + directions;
    SHY_TRY(shy_group_sum(engine->space->problem->team, sums, each * (int64_t)count));
    for (int i = 0; i < count; i++) {
        const int k = work->wanted_element[i];
        if (statistic(&sums[each * i], directions, n) < list->mark[k]) list->verdict[k] = SHY_ROUGH_BELOW;
    }
    leave_out(list);
    work->counts.again += (uint64_t)count;
out:
    return st;
}
