/** ranks: how a command runs when several ranks were started. */
#ifndef SHIHYO_APP_RANKS_H
#define SHIHYO_APP_RANKS_H

#include "shihyo/base.h"
#include "shihyo/par.h"

/** A launcher (mpirun, srun) started this process as one of several. Known before MPI is started. */
bool shy_ranks_launched(void);
/** Columns of the terminal that standard error is, or that the launcher passes it on to; 0 if there is none. */
int shy_ranks_terminal(void);
/** What the program runs on, for the manifest: processor, cores, memory. */
void shy_ranks_hardware(char *text, size_t size);

#endif
