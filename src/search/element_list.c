/* The list of the elements that are valid for a tuple. */
#include "shy_config.h"

#include <string.h>

#include "element_impl.h"

typedef struct shy_element_work shy_element_work;
typedef struct shy_element_plan shy_element_plan;

/*
 * ---- which are valid
 * ---------------------------------------------------------------------------------------------------
 */

static shy_range_list steps_of(const shy_element_ranges *ranges, const shy_element_steps *group)
{
    return (shy_range_list){group->last - group->first, ranges->u + group->first, ranges->v + group->first,
                            ranges->out + group->first};
}

/* Ranges of operands, by the ranges of this tuple's factors. */
static void find_ranges(shy_space *space, const shy_element_plan *plan, const shy_tuple *tuple)
{
    for (int s = 0; s < tuple->count; s++) {
        if (plan->leaf[s] < 0) continue;
        space->scratch_range[plan->leaf[s]] = space->range[tuple->factor[s]];
        space->scratch_valid[plan->leaf[s]] = 1;
    }
    for (int g = 0; g < plan->ranges.groups; g++) {
        const shy_range_list steps = steps_of(&plan->ranges, &plan->ranges.group[g]);
        shy_operator_range_each((shy_op)plan->ranges.group[g].op, &steps, space->scratch_range, space->scratch_valid);
    }
}

/* valid[i] of the i-th root that may not be valid. True if it differs from what was there. */
static bool find_valid(shy_space *space, shy_element_work *work, const shy_element_plan *plan)
{
    uint8_t *valid = work->root_valid, *before = work->root_valid_before;
    for (int g = 0; g < plan->roots.groups; g++) {
        const shy_element_steps *group = &plan->roots.group[g];
        const shy_range_list steps = steps_of(&plan->roots, group);
        shy_operator_defined_each((shy_op)group->op, &steps, space->scratch_range, space->scratch_valid,
                                  valid + group->first);
    }
    if (memcmp(valid, before, (size_t)plan->roots.count) == 0) return false;
    memcpy(before, valid, (size_t)plan->roots.count);
    for (int i = 0; i < plan->roots.count; i++)
        work->valid[plan->roots.out[i]] = valid[i];
    return true;
}

/*
 * ---- the list
 * ------------------------------------------------------------------------------------------------------------
 */

/* Valid ones of the elements first … last − 1, at the end of the list. */
static void add_elements(shy_element_work *work, const shy_element_plan *plan, int first, int last)
{
    shy_element_list *list = &work->list;
    int k = list->count;
    for (int e = first; e < last; e++) {
        const shy_element *element = &plan->element[e];
        list->element[k] = e;
        list->complexity[k] = element->complexity;
        list->u[k] = element->u_column;
        list->v[k] = element->v_column;
        list->relative[k] = element->error.relative;
        list->absolute[k] = element->error.absolute;
        list->growth[k] = element->error.growth;
        k += work->valid[e];
    }
    list->count = k;
}

static void need(uint8_t *needed, const shy_element_list *list, const shy_element_plan *plan, int first, int last)
{
    for (int k = first; k < last; k++) {
        const shy_element *element = &plan->element[list->element[k]];
        needed[element->u] = needed[element->v] = 1;
    }
}

/* What is the same for all tuples of the context. */
static void start_list(shy_element_work *work, const shy_context *context)
{
    const shy_element_plan *plan = context->elements;
    shy_element_list *list = &work->list;
    list->context = context;
    list->count = 0;
    memset(work->valid, 1, (size_t)plan->count);
    memset(work->root_valid_before, 2, (size_t)plan->roots.count); /* neither valid nor not */
    memcpy(list->group, plan->group, (size_t)plan->groups * sizeof *plan->group);
    list->groups = plan->groups;
    add_elements(work, plan, 0, plan->certain);
    memset(work->needed_always, 0, (size_t)plan->places);
    need(work->needed_always, list, plan, 0, plan->certain);
    memset(work->made, 0, (size_t)plan->places);
    memset(work->beyond, 0, (size_t)plan->places);
}

static void finish_list(shy_element_work *work, const shy_element_plan *plan, int segments)
{
    shy_element_list *list = &work->list;
    list->count = plan->certain;
    for (int g = 0; g < plan->groups; g++) {
        if (plan->group[g].first < plan->certain) continue;
        list->group[g].first = list->count;
        add_elements(work, plan, plan->group[g].first, plan->group[g].last);
        list->group[g].last = list->count;
    }
    list->rough = list->count;
    add_elements(work, plan, plan->rough, plan->count);
    list->first = work->sums, list->second = list->first + list->rough, list->response = list->second + list->rough;
    list->stride = 3 * (ptrdiff_t)list->rough;
    list->along = list->first + segments * list->stride;
    list->marked = false;
    memcpy(work->needed, work->needed_always, (size_t)plan->places);
    need(work->needed, list, plan, plan->certain, list->count);
    shy_element_need_operands(plan, work->needed);
}

/* Values of the tuple before that are not those of this one, because of another factor. */
static void forget_values(shy_element_work *work, const shy_tuple *tuple)
{
    const shy_element_plan *plan = work->list.context->elements;
    unsigned other = 0;
    for (int s = 0; s < tuple->count; s++)
        other |= (unsigned)(tuple->factor[s] != work->tuple.factor[s]) << s;
    for (int p = 0; p < plan->kept; p++)
        work->made[p] &= (plan->place[p].mask & other) == 0;
    work->tuple = *tuple;
}

void shy_element_list_set(shy_engine *engine, const shy_context *context, const shy_tuple *tuple)
{
    shy_element_work *work = engine->elements;
    const bool new_context = work->list.context != context;
    if (new_context) start_list(work, context);
    find_ranges(engine->space, context->elements, tuple);
    if (find_valid(engine->space, work, context->elements) || new_context) finish_list(work, context->elements, engine->layout.segments);
    forget_values(work, tuple);
}
