/* How far a pass over the space has come, as a journal keeps it. */
#ifndef SHY_DEALT_H
#define SHY_DEALT_H

#include "search_impl.h"

/*
 * The jobs are those that were cut when the pass began, whatever ranks go on with them. Of these the numbers in `left` are still to be done, and
 * all from `next` on: no more numbers than there were groups when dealing was interrupted, so that this is short for any number of jobs.
 */
typedef struct {
    const shy_jobs *jobs;
    shy_jobs *own;                   /* those of the journal; NULL: `jobs` are the caller's */
    uint64_t next, left_count, *left;
    /* what that took, all ranks together, and runs before this one included: on rank 0 */
    shy_screening screening;
    shy_search_times times;          /* operands, tiles, elements, candidates; earlier: seconds in which jobs were dealt */
    double idle_worst, idle_mean, scheduling_share;
} shy_dealt;

void shy_dealt_free(shy_dealt *dealt);
uint64_t shy_dealt_rest(const shy_dealt *dealt);                    /* jobs that are left */
uint64_t shy_dealt_number(const shy_dealt *dealt, uint64_t index);  /* the index-th of them */
/*
 * Takes account of a farm over what was left: its numbers from `next` on, and the `count` in `left` (numbers of the farm), are not done. Not collective; fails with SHY_MEMORY.
 */
shy_status shy_dealt_take(shy_dealt *dealt, uint64_t next, const uint64_t *left, uint64_t count);
/* Rank 0's account of what is left, on all ranks. Collective over the world. */
shy_status shy_dealt_share(shy_dealt *dealt, const shy_team *team);

/* All that has to be known to go on, and, if nothing is left, what the pass leaves: with the lists of all views. Owned. Rank 0. */
shy_status shy_dealt_pack(const shy_dealt *dealt, const shy_engine *engine, void **bytes_out, uint64_t *count_out);
/*
 * The same account; group 0 takes the lists into those of its engine. SHY_INTERNAL if these bytes are not of such a pass. Not collective; on all ranks.
 */
shy_status shy_dealt_unpack(const void *bytes, uint64_t count, shy_engine *engine, shy_dealt *dealt);
/* The lists in such bytes, into those of the engine. Not collective. */
shy_status shy_dealt_absorb(const void *bytes, uint64_t count, shy_engine *engine);

#endif
