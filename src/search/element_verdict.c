/* Verdicts on a list by its sums in fp32, for each view. */
#include "shy_config.h"

#include <string.h>

#include "element_impl.h"

typedef struct shy_element_work shy_element_work;

enum { BLOCK = 256 }; /* elements whose sums stay in the first-level cache while each view looks at them */

/*
 * ---- marks
 * ----------------------------------------------------------------------------------------------------------------
 */

static int levels_of(const shy_engine *engine)
{
    return engine->space->grammar.max_complexity + 1;
}

static double *list_marks(const shy_element_work *work, int v)
{
    return work->list.mark + (ptrdiff_t)v * work->elements;
}

/* What the elements have to reach. The marks seldom change, and then rise. */
static void set_marks(shy_engine *engine)
{
    shy_element_work *work = engine->elements;
    shy_element_list *list = &work->list;
    const size_t size = (size_t)shy_engine_marks(engine) * sizeof *engine->marks;
    const int alone = work->views - work->together;
    if (list->marked && memcmp(work->marks, engine->marks, size) == 0) return;
    memcpy(work->marks, engine->marks, size);
    for (int v = 0; v < alone; v++) {
        const double *marks = work->marks + v * levels_of(engine);
        double *mark = list_marks(work, v);
        for (int k = 0; k < list->count; k++)
            mark[k] = marks[list->complexity[k]] - SHY_ELEMENT_SLACK;
    }
    for (int c = 0; c < levels_of(engine); c++) {
        for (int b = 0; b < work->together; b++)
            work->marks_together[c * work->together + b] = shy_element_mark(engine, alone + b, c);
    }
    list->marked = true;
}

/*
 * ---- verdicts
 * ----------------------------------------------------------------------------------------------------------------
 */

/* Of elements first … first + count − 1 of the list, which have a bound. */
static shy_rough_sums sums_of(const shy_engine *engine, const shy_element_view *view, int first, int count, const double *mark)
{
    const shy_element_work *work = engine->elements;
    const shy_element_list *list = &work->list;
    return (shy_rough_sums){.count = count,
                            .samples = view->samples,
                            .padding = view->padding,
                            .reference = list->reference + first,
                            .first = list->first + first,
                            .second = list->second + first,
                            .response = list->response + first,
                            .segments = engine->layout.segments,
                            .stride = list->stride,
                            .left_out = view->left_out,
                            .level = view->level,
                            .scale = view->scale,
                            .weighted = work->rows.width > 1,
                            .columns = work->rows.columns,
                            .directions = work->rows.directions,
                            .column = view->column,
                            .along = list->along + (ptrdiff_t)first * work->rows.columns,
                            .relative = list->relative + first,
                            .absolute = list->absolute + first,
                            .growth = list->growth + first,
                            .mark = mark};
}

/* Below in both is below, eight at a time. */
static void unite(uint8_t *restrict verdict, const uint8_t *restrict other, int count)
{
    int k = 0;
    for (; k + 8 <= count; k += 8) {
        uint64_t a, b;
        memcpy(&a, verdict + k, 8);
        memcpy(&b, other + k, 8);
        a |= b;
        memcpy(verdict + k, &a, 8);
    }
    for (; k < count; k++)
        verdict[k] |= other[k];
}

/* Verdicts on `count` elements, at most BLOCK where there are several views: those of all views united. */
static void judge_block(const shy_engine *engine, int first, int count)
{
    const shy_element_work *work = engine->elements;
    const shy_element_list *list = &work->list;
    const int alone = work->views - work->together;
    uint8_t other[BLOCK], *verdict = list->verdict + first;
    for (int v = 0; v < alone; v++) {
        const shy_rough_sums sums = sums_of(engine, &work->view[v], first, count, list_marks(work, v) + first);
        shy_rough_judge(&sums, v == 0 ? verdict : other);
        if (v > 0) unite(verdict, other, count);
    }
    if (work->together == 0) return;
    const shy_rough_sums sums = sums_of(engine, &work->view[alone], first, count, NULL);
    const shy_rough_marks marks = {work->together, work->marks_together, list->complexity + first};
    shy_rough_judge_columns(&sums, &marks, alone == 0 ? verdict : other);
    if (alone > 0) unite(verdict, other, count);
}

static void judge(const shy_engine *engine)
{
    const shy_element_list *list = &engine->elements->list;
    const int block = engine->elements->views == 1 ? list->rough : BLOCK;
    for (int at = 0; at < list->rough; at += block)
        judge_block(engine, at, list->rough - at < block ? list->rough - at : block);
    if (list->count > list->rough)
        memset(list->verdict + list->rough, SHY_ROUGH_UNCERTAIN, (size_t)(list->count - list->rough));
}

static void list_possible(shy_element_work *work)
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
            work->counts.uncertain += (list->verdict[k] & SHY_ROUGH_UNCERTAIN) != 0;
        }
    }
    list->possible_count = count;
    work->counts.formulas += (uint64_t)list->count;
}

/*
 * ---- for each view
 * --------------------------------------------------------------------------------------------------------------
 */

/* A mark below 0 is that of a list which is not full. */
static uint8_t verdict_in_view(const shy_engine *engine, int v, int k)
{
    const shy_element_work *work = engine->elements;
    const double mark = shy_element_mark(engine, v, work->list.complexity[k]);
    uint8_t verdict = SHY_ROUGH_POSSIBLE;
    if (work->views == 1 || k >= work->list.rough) return work->list.verdict[k];
    if (mark < 0.0) return SHY_ROUGH_POSSIBLE;
    const shy_rough_sums sums = sums_of(engine, &work->view[v], k, 1, &mark);
    shy_rough_judge(&sums, &verdict);
    return verdict;
}

static shy_status judge_in_views(shy_engine *engine)
{
    shy_status st = SHY_OK;
    shy_element_work *work = engine->elements;
    const shy_team *team = engine->space->problem->team;
    const int pairs = work->list.possible_count * work->views;
    for (int i = 0; i < work->list.possible_count; i++) {
        for (int v = 0; v < work->views; v++)
            work->seen[i * work->views + v] = verdict_in_view(engine, v, work->list.possible[i]);
    }
    for (int i = 0; i < pairs; i++)
        work->statistic[i] = 2.0;
    if (work->views > 1) SHY_TRY(shy_group_broadcast(team, work->seen, (uint64_t)pairs));
out:
    return st;
}

shy_status shy_element_judge(shy_engine *engine)
{
    shy_status st = SHY_OK;
    struct shy_element_work *work = engine->elements;
    set_marks(engine);
    judge(engine);
    SHY_TRY(shy_group_broadcast(engine->space->problem->team, work->list.verdict, (uint64_t)work->list.count));
    list_possible(work);
    if (work->list.possible_count > 0) SHY_TRY(judge_in_views(engine));
out:
    return st;
}

bool shy_element_still_possible(shy_engine *engine, int k)
{
    shy_element_list *list = &engine->elements->list;
    const double mark = engine->seen[0].mark[list->complexity[k]] - SHY_ELEMENT_SLACK;
    if (list->verdict[k] != SHY_ROUGH_POSSIBLE || mark <= list->mark[k] || engine->space->problem->team->row_blocks > 1)
        return true;
    list->mark[k] = mark;
    list->marked = false;
    judge_block(engine, k, 1);
    return list->verdict[k] != SHY_ROUGH_BELOW;
}
