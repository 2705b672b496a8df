/*
 * Works an element job off: formulas whose root no moment tile covers, evaluated sample by sample. All of a tuple's
 * are summed in fp32 with a certified bound; what may be among the best is looked at again in fp64 if there is much of
 * it, and scored exactly.
 */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "element_impl.h"

#define SLACK                                                                                                          \
    1e-7 /* between the statistic of operands computed here (fp64, vectorised log and exp) and the exact one */

#define AGAIN_MIN 2 /* one is scored exactly at once */

/*
 * ---- memory
 * -----------------------------------------------------------------------------------------------------------
 */

/* y, w and w·q_k of my samples in fp32, chunk by chunk, 0 in the padding. */
static shy_status make_metric(const shy_space *space, struct shy_element_work *work)
{
    shy_status st = SHY_OK;
    const int rows = space->problem->rows.rows, each = shy_element_chunk_rows(rows), fill = SHY_ROUGH_COLUMNS - 1;
    const size_t chunks = rows > 0 ? (size_t)((rows + each - 1) / each) : 1U;
    if (!space->view.weight && space->view.directions == 0) return SHY_OK;
    work->directions = (space->view.directions + fill) / SHY_ROUGH_COLUMNS * SHY_ROUGH_COLUMNS;
    const size_t size = (2U + (size_t)work->directions) * SHY_ROUGH_STRIDE;
    SHY_TRY(shy_new(chunks * size, sizeof *work->metric, &work->metric));
    for (int i = 0; i < rows; i++) {
        float *at = work->metric + (size_t)(i / each) * size + i % each;
        const double w = space->view.weight ? space->view.weight[i] : 1.0;
        at[0] = (float)space->view.response[i];
        at[SHY_ROUGH_STRIDE] = (float)w;
        for (int k = 0; k < space->view.directions; k++) at[(size_t)(2 + k) * SHY_ROUGH_STRIDE] = (float)(w * space->view.direction[k][i]);
    }
out:
    return st;
}

shy_status shy_element_work_create(shy_engine *engine)
{
    shy_status st = SHY_OK;
    SHY_TRY(shy_new(1, sizeof *engine->elements, &engine->elements));
    SHY_TRY(shy_new(SHY_ROUGH_STRIDE, sizeof(float), &engine->elements->y));
    SHY_TRY(make_metric(engine->space, engine->elements));
out:
    return st;
}

void shy_element_work_destroy(shy_engine *engine)
{
    struct shy_element_work *work = engine->elements;
    if (!work) return;
    shy_element_list *list = &work->list;
    void *owned[] = {work->valid,
                     work->root_valid,
                     work->root_valid_before,
                     work->needed_always,
                     work->needed,
                     work->wanted,
                     work->made,
                     work->beyond,
                     work->again_wide,
                     work->wide,
                     work->narrow,
                     work->y,
                     work->metric,
                     work->sums,
                     work->again,
                     work->wanted_element,
                     list->element,
                     list->complexity,
                     list->u,
                     list->v,
                     list->relative,
                     list->absolute,
                     list->growth,
                     list->reference,
                     list->mark,
                     list->verdict,
                     list->possible,
                     list->group};
    for (size_t k = 0; k < sizeof owned / sizeof *owned; k++)
        shy_free(&owned[k]);
    shy_free(&engine->elements);
}

static shy_status grow_elements(struct shy_element_work *work, int elements, int directions)
{
    shy_status st = SHY_OK;
    shy_element_list *list = &work->list;
    const size_t count = (size_t)elements;
    if (elements <= work->elements) return SHY_OK;
    list->context = NULL;
    SHY_TRY(shy_grow(count, sizeof *work->valid, &work->valid));
    SHY_TRY(shy_grow(count, sizeof *work->root_valid, &work->root_valid));
    SHY_TRY(shy_grow(count, sizeof *work->root_valid_before, &work->root_valid_before));
    SHY_TRY(shy_grow((3 + (size_t)work->directions) * count, sizeof *work->sums, &work->sums));
    SHY_TRY(shy_grow((4 + (size_t)directions) * count, sizeof *work->again, &work->again));
    SHY_TRY(shy_grow(count, sizeof *work->wanted_element, &work->wanted_element));
    SHY_TRY(shy_grow(count, sizeof *list->element, &list->element));
    SHY_TRY(shy_grow(count, sizeof *list->complexity, &list->complexity));
    SHY_TRY(shy_grow(count, sizeof *list->possible, &list->possible));
    SHY_TRY(shy_grow(count, sizeof *list->u, &list->u));
    SHY_TRY(shy_grow(count, sizeof *list->v, &list->v));
    SHY_TRY(shy_grow(count, sizeof *list->relative, &list->relative));
    SHY_TRY(shy_grow(count, sizeof *list->absolute, &list->absolute));
    SHY_TRY(shy_grow(count, sizeof *list->growth, &list->growth));
    SHY_TRY(shy_grow(count, sizeof *list->reference, &list->reference));
    SHY_TRY(shy_grow(count, sizeof *list->mark, &list->mark));
    SHY_TRY(shy_grow(count, sizeof *list->verdict, &list->verdict));
    SHY_TRY(shy_grow(count, sizeof *list->group, &list->group));
    work->elements = elements;
out:
    return st;
}

static shy_status grow_places(struct shy_element_work *work, const struct shy_element_plan *plan)
{
    shy_status st = SHY_OK;
    const int columns = plan->kept + SHY_SPOTS;
    if (plan->places > work->places) {
        work->list.context = NULL;
        SHY_TRY(shy_grow((size_t)plan->places, 1, &work->needed));
        SHY_TRY(shy_grow((size_t)plan->places, 1, &work->needed_always));
        SHY_TRY(shy_grow((size_t)plan->places, 1, &work->wanted));
        SHY_TRY(shy_grow((size_t)plan->places, 1, &work->made));
        SHY_TRY(shy_grow((size_t)plan->places, 1, &work->beyond));
        work->places = plan->places;
    }
    if (columns > work->columns) {
        SHY_TRY(shy_grow((size_t)columns * SHY_ROUGH_STRIDE, sizeof *work->wide, &work->wide));
        SHY_TRY(shy_grow((size_t)(plan->kept + 2) * SHY_ROUGH_STRIDE, sizeof *work->again_wide, &work->again_wide));
        SHY_TRY(shy_grow((size_t)columns * SHY_ROUGH_STRIDE, sizeof *work->narrow, &work->narrow));
        work->columns = columns;
    }
out:
    return st;
}

/* What may fail on one member alone: room, and the columns of the tuple. */
static shy_status prepare(shy_engine *engine, const shy_context *context, const shy_tuple *tuple,
                          const double **column_out)
{
    shy_status st = SHY_OK;
    SHY_TRY(grow_elements(engine->elements, context->elements->count, engine->space->view.directions));
    SHY_TRY(grow_places(engine->elements, context->elements));
    SHY_TRY(shy_space_columns(engine->space, tuple, column_out));
out:
    return st;
}

/*
 * ---- sums
 * --------------------------------------------------------------------------------------------------------------------
 */

/*
 * With row blocks, the references are the first member's for all: theirs may differ in the last bit where processors
 * differ. Collective over the group.
 */
static shy_status sum_list(shy_engine *engine, const shy_tuple *tuple, const double *const *column)
{
    shy_status st = SHY_OK;
    struct shy_element_work *work = engine->elements;
    const shy_team *team = engine->space->problem->team;
    shy_element_chunk chunk;
    const size_t numbers = (3 + (size_t)work->directions) * (size_t)work->list.rough;
    memset(work->sums, 0, numbers * sizeof *work->sums);
    if (team->row_blocks > 1) {
        (void)shy_element_chunk_at(engine, tuple, NULL, -1, &chunk);
        memset(work->made, 0, (size_t)work->list.context->elements->kept);
        shy_element_chunk_references(work, &chunk);
        SHY_TRY(
            shy_group_broadcast(team, work->list.reference, (uint64_t)work->list.rough * sizeof *work->list.reference));
    }
    for (int row = 0; row < engine->space->problem->rows.rows;) {
        const bool first = row == 0;
        row = shy_element_chunk_at(engine, tuple, column, row, &chunk);
        if (chunk.rows < engine->space->problem->rows.rows || team->row_blocks > 1)
            memset(work->made, 0, (size_t)work->list.context->elements->kept);
        shy_element_chunk_sum(work, &chunk, first && team->row_blocks == 1);
    }
    SHY_TRY(shy_group_sum(team, work->sums, (int64_t)numbers));
out:
    return st;
}

/*
 * ---- verdicts
 * ----------------------------------------------------------------------------------------------------------------
 */

/* At most SHY_ROUGH_PAD places in each chunk of each member. */
static double padding(const shy_rows *rows)
{
    return SHY_ROUGH_PAD * ((double)rows->total / SHY_ROUGH_ROWS + (double)rows->team->row_blocks);
}

/* What the elements have to reach. The marks seldom change, and then rise. */
static void set_marks(shy_engine *engine)
{
    shy_element_list *list = &engine->elements->list;
    const size_t size = ((size_t)engine->space->grammar.max_complexity + 1) * sizeof *engine->seen[0].mark;
    if (list->marked && memcmp(list->marks, engine->seen[0].mark, size) == 0) return;
    memcpy(list->marks, engine->seen[0].mark, size);
    for (int k = 0; k < list->count; k++)
        list->mark[k] = list->marks[list->complexity[k]] - SLACK;
    list->marked = true;
}

/* Verdicts on elements first … last − 1 of the list, which have a bound. */
static void judge(shy_engine *engine, int first, int last)
{
    const shy_element_list *list = &engine->elements->list;
    const shy_rows *rows = &engine->space->problem->rows;
    const shy_rough_sums sums = {.count = last - first,
                                 .samples = (double)rows->total,
                                 .padding = padding(rows),
                                 .reference = list->reference + first,
                                 .first = list->first + first,
                                 .second = list->second + first,
                                 .response = list->response + first,
                                 .weighted = engine->elements->metric != NULL,
                                 .columns = engine->elements->directions,
                                 .directions = engine->space->view.directions,
                                 .along = list->along + (ptrdiff_t)first * engine->elements->directions,
                                 .relative = list->relative + first,
                                 .absolute = list->absolute + first,
                                 .growth = list->growth + first,
                                 .mark = list->mark + first};
    shy_rough_judge(&sums, list->verdict + first);
}

static void list_possible(struct shy_element_work *work)
{
    shy_element_list *list = &work->list;
    int count = 0;
    for (int k = 0; k < list->count; k++) {
        uint64_t eight = 1;
        if (k + 8 <= list->count) memcpy(&eight, &list->verdict[k], 8);
        if (eight == 0) { /* SHY_ROUGH_BELOW, all of them */
            k += 7;
        } else if (list->verdict[k] != SHY_ROUGH_BELOW) {
            list->possible[count++] = k;
            work->counts.uncertain += list->verdict[k] == SHY_ROUGH_UNCERTAIN;
        }
    }
    list->possible_count = count;
    work->counts.formulas += (uint64_t)list->count;
}

/*
 * All members of a group must go on with the same formulas: the verdicts of the first one count. Collective over the
 * group.
 */
static shy_status judge_list(shy_engine *engine)
{
    shy_status st = SHY_OK;
    struct shy_element_work *work = engine->elements;
    const shy_element_list *list = &work->list;
    set_marks(engine);
    judge(engine, 0, list->rough);
    if (list->count > list->rough)
        memset(list->verdict + list->rough, SHY_ROUGH_UNCERTAIN, (size_t)(list->count - list->rough));
    SHY_TRY(shy_group_broadcast(engine->space->problem->team, list->verdict, (uint64_t)list->count));
    list_possible(work);
out:
    return st;
}

/* The marks may have risen since the verdict. Members of a group do not ask: they might not agree. */
static bool still_possible(shy_engine *engine, int k)
{
    shy_element_list *list = &engine->elements->list;
    const double mark = engine->seen[0].mark[list->complexity[k]] - SLACK;
    if (list->verdict[k] != SHY_ROUGH_POSSIBLE || mark <= list->mark[k] || engine->space->problem->team->row_blocks > 1)
        return true;
    list->mark[k] = mark;
    list->marked = false;
    judge(engine, k, k + 1);
    return list->verdict[k] != SHY_ROUGH_BELOW;
}

static shy_status score_possible(shy_engine *engine, const shy_tuple *tuple)
{
    shy_status st = SHY_OK;
    const shy_element_list *list = &engine->elements->list;
    for (int i = 0; i < list->possible_count; i++) {
        const int k = list->possible[i];
        const shy_formula formula = {*tuple, list->context->elements->element[list->element[k]].root};
        if (still_possible(engine, k)) SHY_TRY(shy_engine_candidate(engine, 0, list->complexity[k], &formula));
    }
out:
    return st;
}

/*
 * ---- tuples
 * --------------------------------------------------------------------------------------------------------------------
 */

static shy_status work_tuple(shy_engine *engine, const shy_tuple *tuple)
{
    shy_status st = SHY_OK;
    const shy_context *context = NULL;
    const double *column[SHY_FACTORS_MAX] = {NULL};
    const shy_team *team = engine->space->problem->team;
    if (!shy_space_admits(engine->space, tuple)) return SHY_OK;
    SHY_TRY(shy_group_agree(team, shy_space_context(engine->space, tuple, &context)));
    if (context->elements->count == 0) return SHY_OK;
    SHY_TRY(shy_group_agree(team, prepare(engine, context, tuple, column)));
    shy_element_list_set(engine, context, tuple);
    SHY_TRY(sum_list(engine, tuple, column));
    SHY_TRY(judge_list(engine));
    if (engine->elements->list.possible_count >= AGAIN_MIN) SHY_TRY(shy_element_again(engine, tuple, column));
    SHY_TRY(score_possible(engine, tuple));
out:
    return st;
}

shy_status shy_element_work_run(shy_engine *engine, const shy_job *job)
{
    shy_status st = SHY_OK;
    shy_tuple tuple;
    shy_tuple_unrank(engine->space, NULL, job->right_slots, job->right_first, &tuple);
    for (uint64_t number = job->right_first; number < job->right_last; number++, (void)shy_tuple_next(engine->space, NULL, &tuple)) {
        SHY_TRY(work_tuple(engine, &tuple));
        if (engine->breathe) engine->breathe(engine->breathe_context);
    }
out:
    return st;
}

shy_element_counts shy_element_work_counts(const shy_engine *engine)
{
    return engine->elements->counts;
}
