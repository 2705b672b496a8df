/** budget: the memory of a rank. */
#ifndef SHIHYO_APP_BUDGET_H
#define SHIHYO_APP_BUDGET_H

#include "shihyo/base.h"

/**
 * Bytes that one of `neighbours` ranks on this node may use: its share of seven eighths of the least of what is free there, what the control groups of
 * this process leave (pages of files that can be given back count as free), and what Slurm allows the job on a node. What this process holds
 * already is part of its share, as much as its neighbours are taken to hold. `root` is put before /proc and /sys: "" but in tests. Cannot fail.
 */
uint64_t shy_budget_memory(const char *root, int neighbours);
/**
 * Bytes to be set aside for the libraries, in whole steps of 16 MiB: from what this process holds now, to be asked when they have been started and nothing
 * else has been done. 0 where the system does not say. Cannot fail.
 */
uint64_t shy_budget_libraries(void);

/** Of what a rank is given, what it may use: in memory that is found out, in `jobs`, in sweeps. The rest is messages', the system's and what else runs. */
#define SHY_BUDGET_SHARE (7.0 / 8.0)
/** Bytes to ask a batch system for, for a rank that a plan says needs `planned`: a seventh more, so that the share above holds it; steps of 16 MiB. Cannot fail. */
uint64_t shy_budget_request(double planned);
/**
 * Seconds to ask for, where a plan says `planned`, made on this machine for as many ranks: twice that and 5 minutes, in steps of 5 minutes, at least 10.
 * Cannot fail.
 */
int64_t shy_budget_time(double planned);

#endif
