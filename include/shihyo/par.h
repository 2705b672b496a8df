/**
 * par: ranks that act, agree and fail together.
 *
 * Floor 1. The only module beside data and linalg that names MPI. A team is the grid of architecture: G groups × R row
 * blocks. A group holds all samples between its R members; groups work on different subtrees.
 */
#ifndef SHIHYO_PAR_H
#define SHIHYO_PAR_H

#include <mpi.h>

#include "shihyo/base.h"

typedef struct {
    MPI_Comm world; /* all ranks of the team; a duplicate, owned */
    MPI_Comm rows;  /* the R members of my group, ordered by row block; owned */
    MPI_Comm peers; /* the G ranks, one of each group, that hold my row block; owned */
    int rank, size;            /* in world */
    int group, groups;         /* my group, G */
    int row_block, row_blocks; /* my row block, R */
} shy_team;

/**
 * Starts MPI (MPI_THREAD_FUNNELED) unless it is started, and makes a team of one group per rank (R = 1).
 * Errors of MPI abort (MPI_ERRORS_ARE_FATAL). Collective over MPI_COMM_WORLD. `shy_par_stop` ends MPI if we started it.
 */
shy_status shy_par_start(int *argc, char ***argv);
void shy_par_stop(void);
/** Collective over `comm`. row_blocks must divide the number of ranks, else SHY_INPUT naming the divisors. */
shy_status shy_team_create(MPI_Comm comm, int row_blocks, shy_team **team_out);
void shy_team_destroy(shy_team **team);

/**
 * All ranks of the team leave with the same status: that of the lowest failing rank, whose message all then hold.
 * Collective over team->world; one small reduction when nobody failed. SHY_TRY_ALL wraps a rank-local call with it.
 */
shy_status shy_team_agree(const shy_team *team, shy_status mine);
#define SHY_TRY_ALL(team, call)                                                                                        \
    do {                                                                                                               \
        st = shy_team_agree((team), (call));                                                                           \
        if (st != SHY_OK) goto out;                                                                                    \
    } while (0)
/** The same among the members of my group only. Collective over team->rows. */
shy_status shy_group_agree(const shy_team *team, shy_status mine);

/**
 * Sums in a fixed order whatever the number of row blocks: each run of rows has `width` partial sums; run r of the whole
 * cohort lives on one member. On return every member holds total[w] = sum over runs, r ascending, of partial[r][w].
 *
 * @param partial  my_runs × width, row-major, my runs in ascending order; read
 * @param my_runs  runs on this rank (may be 0); the members' runs follow each other in the order of row_block
 * @param total    width sums; written
 * Collective over team->rows. R = 1: no message. Cost: R·runs·width additions.
 */
shy_status shy_group_sum_runs(const shy_team *team, const double *partial, int my_runs, int width, double *total);

/** Broadcast of bytes of any size from world rank 0 / from my group's first member. Collective. */
shy_status shy_team_broadcast(const shy_team *team, void *bytes, uint64_t count);
shy_status shy_group_broadcast(const shy_team *team, void *bytes, uint64_t count);

/* ---- farm: rank 0 deals numbered jobs and works itself --------------------------------------------------------- */

typedef struct shy_farm shy_farm;

/**
 * Rank 0 deals the numbers 0 … jobs−1, in this order, one at a time, to the groups; group 0 works too. Every rank calls
 * shy_farm_next until it returns done; all members of a group get the same number. Each group's leader asks for its next
 * job before it starts the present one, so that no rank waits for rank 0's own work. With requests and answers travel
 * `marks_count` doubles (the K-th best statistic per list): an answer carries the elementwise maximum of all that rank 0
 * has heard of, so that thresholds spread; members of a group receive them with the job.
 *
 * Between its own tiles rank 0 must call shy_farm_serve (cheap, MPI_Iprobe) so that the others are answered.
 * A group whose work fails calls shy_farm_fail: dealing stops, every group's next shy_farm_next returns that status with
 * the message of the failing rank, and nobody hangs.
 */
shy_status shy_farm_create(const shy_team *team, uint64_t jobs, int marks_count, shy_farm **farm_out); /* collective */
/** Collective over the group. `marks` is read (the leader's) and updated. Sets *done_out = true after the last job. */
shy_status shy_farm_next(shy_farm *farm, double *marks, uint64_t *job_out, bool *done_out);
void shy_farm_serve(shy_farm *farm); /* any rank may call it; does nothing except on rank 0 */
/** Rank 0: jobs finished so far by all (as heard), for progress. Others: 0. */
uint64_t shy_farm_finished(const shy_farm *farm);
/**
 * Ends the farm. `mine`: this rank's status of its work. Collective over the world; all ranks return the same status.
 * A rank whose work failed calls this at once instead of shy_farm_next; the others learn of it in shy_farm_next, then call it.
 */
shy_status shy_farm_finish(shy_farm **farm, shy_status mine);

/* ---- merge: tree reduction of variable-size byte strings with the caller's merge ------------------------------- */

/**
 * Reduces one byte string per group leader (row_block 0) to world rank 0 up a binary tree over the groups.
 * `absorb(context, bytes, count)` merges another's string into the caller's own state; `pack(context, &bytes, &count)`
 * returns the caller's state as an owned string (shy_new), called after everything below has been absorbed.
 * Ranks with row_block > 0 only agree. Collective over the world; a failing absorb or pack fails everywhere.
 */
typedef struct {
    shy_status (*absorb)(void *context, const void *bytes, uint64_t count);
    shy_status (*pack)(void *context, void **bytes_out, uint64_t *count_out);
    void *context;
} shy_merge;
shy_status shy_team_merge(const shy_team *team, const shy_merge *merge);

/** Gathers one byte string of any size per rank to rank 0, in rank order; counts_out and bytes_out owned on rank 0, NULL elsewhere. */
shy_status shy_team_gather(const shy_team *team, const void *bytes, uint64_t count, void **bytes_out, uint64_t **counts_out);

void shy_par_describe(char *text, size_t size); /* "Open MPI 4.1.4" */

#endif
