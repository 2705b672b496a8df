/* What the parts of a plan are made of: each is predicted beside what it predicts. */
#ifndef SHY_PLAN_H
#define SHY_PLAN_H

#include "stage.h"
#include "study.h"

/* What is not counted one by one: element-wise work, descriptions of sets of factors that another rank has counted, messages. */
#define SMALL_SHARE 1.05
#define SMALL_BYTES 0x1p18

#define TOUCH_SECONDS 4e-10 /* of a byte that an engine uses for the first time (measured): the system clears its page */

/* Seconds of one formula, measured on the problem itself: scored exactly, and refitted. */
typedef struct {
    double score, refit;
} shy_pace;

/* Scores and refits a few formulas of the space; at most about a tenth of a second, or two formulas. Rank 0's clock. Collective over the world. */
shy_status shy_pace_measure(shy_space *space, uint64_t seed, shy_pace *pace_out);

/* Formulas of all complexities that lists with room for `keep` of each hold. */
double shy_plan_kept(const shy_plan *plan, int levels, double keep);
/* Formulas that are scored while lists of `keep` are filled. */
double shy_plan_scored(const shy_plan *plan, int levels, double keep, int groups);
/* Bytes of the lists, and of the refits and the result that is made of them, on rank 0. */
double shy_plan_list_bytes(const shy_plan *plan, int levels, double keep);
double shy_plan_finish_bytes(const shy_plan *plan, int levels, double keep, int rows);

/* Of a result that is there while more is searched for. */
double shy_plan_result_bytes(const shy_plan *plan, const shy_search_options *options);

/* A part that takes so long and has so much memory in use meanwhile. */
void shy_plan_add(shy_plan *plan, shy_plan_step step, double seconds, double bytes);

#endif
