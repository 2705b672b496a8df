/** time_limit: until when a run may take. */
#ifndef SHIHYO_APP_TIME_LIMIT_H
#define SHIHYO_APP_TIME_LIMIT_H

#include "app/config.h"

/**
 * When the run is to stop, on the clock of shy_time_seconds; 0: never. As run.max_time says, counted from `started`, or the end of the Slurm job that this
 * process is in (SLURM_JOB_END_TIME, else what squeue says within 5 s); in both cases run.margin earlier. A limit is told in a note unless `quiet`. Rank 0.
 */
double shy_time_limit(const shy_config *config, double started, bool quiet);

#endif
