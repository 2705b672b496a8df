/* What a search works with: its spaces and options, and the plan. */
#ifndef SHY_STAGE_H
#define SHY_STAGE_H

#include "subset.h"

/* Formulas are screened in one space and ranked in another, which are the same unless screening is on a part of the samples. */
typedef struct {
    const shy_search_options *options;
    shy_space *whole;
    shy_subset *subset; /* NULL: screening on all samples */
    shy_space *part;
    shy_search_options part_options;
    bool announces;        /* the plan is for people: seconds are measured on the problem */
} shy_stage;

/* All collective over the world. What was not entered, or was left before, is left without harm, if the stage started as {0}. */
shy_status shy_stage_enter(shy_stage *stage, const shy_problem *problem, const shy_search_options *options);
void shy_stage_leave_part(shy_stage *stage);
void shy_stage_leave(shy_stage *stage);
shy_status shy_stage_plan(const shy_stage *stage, shy_rates *rates, shy_jobs **jobs_out, shy_plan *plan);

static inline shy_space *shy_stage_space(const shy_stage *stage)
{
    return stage->part ? stage->part : stage->whole;
}

static inline const shy_search_options *shy_stage_options(const shy_stage *stage)
{
    return stage->part ? &stage->part_options : stage->options;
}

#endif
