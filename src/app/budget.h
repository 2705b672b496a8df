/** budget: the memory of a rank. */
#ifndef SHIHYO_APP_BUDGET_H
#define SHIHYO_APP_BUDGET_H

#include "shihyo/base.h"

/**
 * Bytes that one of `neighbours` ranks on this node may use: its share of seven eighths of the least of what is free there, what the control groups of
 * this process leave (pages of files that can be given back count as free), and what Slurm allows the job on a node. `root` is put before /proc and
 * /sys: "" but in tests. Cannot fail.
 */
uint64_t shy_budget_memory(const char *root, int neighbours);
/**
 * Bytes to be set aside for the libraries, in whole steps of 16 MiB: from what this process holds now, to be asked when they have been started and nothing
 * else has been done. 0 where the system does not say. Cannot fail.
 */
uint64_t shy_budget_libraries(void);

#endif
