/*
 * Works an element job off: formulas whose root no moment tile covers, evaluated sample by sample. All of a tuple's
 * are summed in fp32 with a certified bound; what may be among the best is looked at again in fp64 if there is much of
 * it, and scored exactly.
 */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "element_impl.h"

#define AGAIN_MIN 2 /* one is scored exactly at once */

/*
 * ---- memory
 * -----------------------------------------------------------------------------------------------------------
 */

shy_status shy_element_work_create(shy_engine *engine)
{
    shy_status st = SHY_OK;
    const size_t levels = (size_t)engine->space->grammar.max_complexity + 1;
    SHY_TRY(shy_new(1, sizeof *engine->elements, &engine->elements));
    struct shy_element_work *work = engine->elements;
    SHY_TRY(shy_element_rows_create(engine, work));
    SHY_TRY(shy_new((size_t)work->views * levels, sizeof *work->marks, &work->marks));
    SHY_TRY(shy_new((size_t)work->together * levels, sizeof *work->marks_together, &work->marks_together));
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
                     work->sums,
                     work->view,
                     work->marks,
                     work->marks_together,
                     work->seen,
                     work->statistic,
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
    shy_element_rows_free(&work->rows);
    shy_free(&engine->elements);
}

static shy_status grow_elements(struct shy_element_work *work, int elements, int segments)
{
    shy_status st = SHY_OK;
    shy_element_list *list = &work->list;
    const size_t count = (size_t)elements, views = (size_t)work->views, alone = views - (size_t)work->together;
    const size_t sums = 3 * (size_t)segments + (size_t)work->rows.columns;
    if (elements <= work->elements) return SHY_OK;
    list->context = NULL;
    SHY_TRY(shy_grow(count, sizeof *work->valid, &work->valid));
    SHY_TRY(shy_grow(count, sizeof *work->root_valid, &work->root_valid));
    SHY_TRY(shy_grow(count, sizeof *work->root_valid_before, &work->root_valid_before));
    SHY_TRY(shy_grow(sums * count, sizeof *work->sums, &work->sums));
    SHY_TRY(shy_grow((1 + (size_t)shy_element_again_width(work, segments)) * count, sizeof *work->again, &work->again));
    SHY_TRY(shy_grow(views * count, sizeof *work->seen, &work->seen));
    SHY_TRY(shy_grow(views * count, sizeof *work->statistic, &work->statistic));
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
    SHY_TRY(shy_grow(alone * count, sizeof *list->mark, &list->mark));
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
    SHY_TRY(grow_elements(engine->elements, context->elements->count, engine->layout.segments));
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
    const size_t kept = (size_t)work->list.context->elements->kept;
    shy_element_chunk chunk;
    const size_t numbers = (3 * (size_t)engine->layout.segments + (size_t)work->rows.columns) * (size_t)work->list.rough;
    memset(work->sums, 0, numbers * sizeof *work->sums);
    if (team->row_blocks > 1) {
        shy_element_chunk_at(engine, tuple, NULL, -1, &chunk);
        memset(work->made, 0, kept);
        shy_element_chunk_references(work, &chunk);
        SHY_TRY(
            shy_group_broadcast(team, work->list.reference, (uint64_t)work->list.rough * sizeof *work->list.reference));
    }
    for (int c = 0; c < work->rows.chunks; c++) {
        shy_element_chunk_at(engine, tuple, column, c, &chunk);
        if (work->rows.chunks > 1 || team->row_blocks > 1) memset(work->made, 0, kept);
        shy_element_chunk_sum(work, &chunk, c == 0 && team->row_blocks == 1);
    }
    SHY_TRY(shy_group_sum(team, work->sums, (int64_t)numbers));
out:
    return st;
}

/*
 * ---- scoring
 * ----------------------------------------------------------------------------------------------------------------
 */

static shy_status score(shy_engine *engine, const shy_tuple *tuple, int v, int k)
{
    const shy_element_list *list = &engine->elements->list;
    const shy_formula formula = {*tuple, list->context->elements->element[list->element[k]].root};
    return shy_engine_candidate(engine, v, list->complexity[k], &formula);
}

static shy_status score_possible(shy_engine *engine, const shy_tuple *tuple)
{
    shy_status st = SHY_OK;
    const shy_element_list *list = &engine->elements->list;
    for (int i = 0; i < list->possible_count; i++) {
        if (shy_element_still_possible(engine, list->possible[i])) SHY_TRY(score(engine, tuple, 0, list->possible[i]));
    }
out:
    return st;
}

/* The best of each complexity first, so that the others need not be scored where lists are short or empty. */
static shy_status score_best(shy_engine *engine, const shy_tuple *tuple, int v)
{
    shy_status st = SHY_OK;
    struct shy_element_work *work = engine->elements;
    int best[SHY_COMPLEXITY_MAX + 1];
    for (int c = 0; c <= SHY_COMPLEXITY_MAX; c++)
        best[c] = -1;
    for (int i = 0; i < work->list.possible_count; i++) {
        const int c = work->list.complexity[work->list.possible[i]], at = i * work->views + v;
        if (work->seen[at] == SHY_ROUGH_BELOW || work->statistic[at] >= 1.0) continue;
        if (best[c] < 0 || work->statistic[at] > work->statistic[best[c] * work->views + v]) best[c] = i;
    }
    for (int c = 0; c <= SHY_COMPLEXITY_MAX; c++) {
        if (best[c] < 0) continue;
        work->seen[best[c] * work->views + v] = SHY_ROUGH_BELOW; /* done */
        SHY_TRY(score(engine, tuple, v, work->list.possible[best[c]]));
    }
out:
    return st;
}

/* What members of a group compare here are the same bits on all of them. */
static shy_status score_in_view(shy_engine *engine, const shy_tuple *tuple, int v)
{
    shy_status st = SHY_OK;
    const struct shy_element_work *work = engine->elements;
    const double *mark = engine->seen[v].mark;
    SHY_TRY(score_best(engine, tuple, v));
    for (int i = 0; i < work->list.possible_count; i++) {
        const int k = work->list.possible[i], at = i * work->views + v;
        if (work->seen[at] == SHY_ROUGH_BELOW || work->statistic[at] < mark[work->list.complexity[k]] - SHY_ELEMENT_SLACK) continue;
        SHY_TRY(score(engine, tuple, v, k));
    }
out:
    return st;
}

static shy_status score_all(shy_engine *engine, const shy_tuple *tuple)
{
    shy_status st = SHY_OK;
    if (engine->views == 1) return score_possible(engine, tuple);
    for (int v = 0; v < engine->views && engine->elements->list.possible_count > 0; v++) SHY_TRY(score_in_view(engine, tuple, v));
out:
    return st;
}

/* Pairs of an element and a view, if there are more than one is scored exactly at once. */
static bool worth_a_look(const struct shy_element_work *work)
{
    int pairs = 0;
    for (int i = 0; i < work->list.possible_count * work->views && pairs < AGAIN_MIN; i++)
        pairs += work->seen[i] != SHY_ROUGH_BELOW;
    return pairs >= AGAIN_MIN;
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
    SHY_TRY(shy_element_judge(engine));
    if (worth_a_look(engine->elements)) SHY_TRY(shy_element_again(engine, tuple, column));
    SHY_TRY(score_all(engine, tuple));
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
