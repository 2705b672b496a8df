/* A pass over the space: its jobs are dealt and worked off. */
#ifndef SHY_DEAL_H
#define SHY_DEAL_H

#include "study.h"

/*
 * Works all jobs off; afterwards the lists of all views of the engine are complete on rank 0. In the result: screening, times of the work,
 * how long ranks were idle. `formulas`: in the space, for the progress. Collective over the world.
 */
shy_status shy_deal(shy_engine *engine, const shy_jobs *jobs, double formulas, const shy_monitor *monitor, shy_search_result *result);

#endif
