/**
 * par: ranks that act, agree and fail together.
 *
 * Floor 1. The only module beside data and linalg that names MPI. A team is the grid of architecture: G groups × R
 * row blocks. A group holds all samples between its R members; groups work on different subtrees.
 */
#ifndef SHIHYO_PAR_H
#define SHIHYO_PAR_H

#include <mpi.h>

#include "shihyo/base.h"

typedef struct {
    MPI_Comm world;            /* all ranks of the team; a duplicate, owned */
    MPI_Comm rows;             /* the R members of my group, ordered by row block; owned */
    MPI_Comm peers;            /* the G ranks, one of each group, that hold my row block; owned */
    MPI_Comm node;             /* those of the peers that are on my node, in their order; owned */
    int rank, size;            /* in world */
    int group, groups;         /* my group, G */
    int row_block, row_blocks; /* my row block, R */
    int node_rank, node_size;  /* in node */
} shy_team;

/**
 * Starts MPI (MPI_THREAD_FUNNELED) unless it is started; from then on only world rank 0 logs. Errors of MPI abort
 * (MPI_ERRORS_ARE_FATAL). Collective over MPI_COMM_WORLD. `shy_par_stop` ends MPI if we started it.
 */
shy_status shy_par_start(int *argc, char ***argv);
void shy_par_stop(void);
/** Ends all ranks at once, as far as MPI can, and this process within 10 s in any case. Any thread may call it. */
void shy_par_abort(int status) __attribute__((noreturn));
/**
 * A team over all ranks of `comm`: rank = group × row_blocks + row_block. row_blocks must divide the number of
 * ranks, else SHY_INPUT naming the divisors. Collective over `comm`; fails everywhere or nowhere. Destroying is
 * collective, too.
 */
shy_status shy_team_create(MPI_Comm comm, int row_blocks, shy_team **team_out);
#define SHY_ALL_RANKS MPI_COMM_WORLD /* `comm` for callers that do not name MPI themselves */
#define SHY_THIS_RANK MPI_COMM_SELF  /* a team of one, for work that others wait for */
void shy_team_destroy(shy_team **team);

/** Nodes that the team's ranks are on. Collective over the world. Cannot fail. */
int shy_team_nodes(const shy_team *team);
/** The name of my node, without its domain. Not collective. */
const char *shy_par_host(void);

/**
 * All ranks of the team leave with the same status: that of the lowest failing rank, whose message all then hold; of a failure that is a matter of one rank
 * or node (memory, a file that others could read) with " (rank 3 on n2)" at its end.
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
 * Sums in a fixed order whatever the number of row blocks: each run of rows has `width` partial sums; run r of the
 * whole cohort lives on one member. On return every member holds total[w] = sum over runs, r ascending, of
 * partial[r][w].
 *
 * @param partial  my_runs × width, row-major, my runs in ascending order; read
 * @param my_runs  runs on this rank (may be 0); the members' runs follow each other in the order of row_block
 * @param total    width sums; written
 * Collective over team->rows. Cannot fail otherwise than everywhere. The sum travels once through the members:
 * runs·width additions and R messages one after the other; R = 1: no message.
 */
shy_status shy_group_sum_runs(const shy_team *team, const double *partial, int my_runs, int width, double *total);

/**
 * Sums over the group's members in whatever order the library adds: all members get the same bits, but these may depend on the
 * number of row blocks. For screening only. Collective over team->rows; R = 1: no message. Cannot fail.
 */
shy_status shy_group_sum(const shy_team *team, double *sum, int64_t count);
shy_status shy_group_sum_floats(const shy_team *team, float *sum, int64_t count);
/**
 * The same sums, begun and ended, so that work can be done in between; one at a time. `sum` is not to be touched before it has ended.
 * Collective over team->rows. Cannot fail.
 */
typedef struct {
    void *sum;
    int64_t count;
    bool floats;
    MPI_Request request;
} shy_group_pending;
void shy_group_sum_begin(const shy_team *team, void *sum, int64_t count, bool floats, shy_group_pending *pending_out);
void shy_group_sum_end(const shy_team *team, shy_group_pending *pending);
/** Sums of counts, and maxima, over all ranks. Collective over the world. Cannot fail. */
shy_status shy_team_sum_counts(const shy_team *team, uint64_t *count, int width);
shy_status shy_team_maximum(const shy_team *team, double *value, int width);

/** Maxima over my group's members. Collective over the group. Cannot fail. */
shy_status shy_group_maximum(const shy_team *team, double *value, int width);
/** flag[i] = the largest that any of the peers has: what each of them found about its part becomes known to all. Collective over
 * team->peers. Cannot fail. */
shy_status shy_peers_unite(const shy_team *team, uint8_t *flag, uint64_t count);

/** Broadcast of bytes of any size from world rank 0 / from my group's first member. Collective. */
shy_status shy_team_broadcast(const shy_team *team, void *bytes, uint64_t count);
shy_status shy_team_broadcast_from(const shy_team *team, int rank, void *bytes, uint64_t count); /* from another rank of the world */
shy_status shy_group_broadcast(const shy_team *team, void *bytes, uint64_t count);

/* ---- shared memory: one copy for the ranks of a node ----------------------------------------------------------- */

typedef struct shy_shared shy_shared;

/**
 * `bytes` zeroed bytes that all members of team->node see, at addresses of their own; where a node has one member, memory of
 * its own. Each member is charged with bytes / members (shy_memory_charge), and the pages of its part of the bytes lie near
 * it. Nothing is left behind when ranks are killed.
 *
 * *shared_out is NULL, with SHY_OK, on all members if the system refuses (no file system for shared memory, or one that is
 * too small, as in many containers): the caller does without. Fails (SHY_MEMORY) on all members with one message if one
 * of them must not have its share. Collective over team->node.
 */
shy_status shy_shared_create(const shy_team *team, uint64_t bytes, shy_shared **shared_out);
void *shy_shared_memory(const shy_shared *shared);
/** What any member wrote before this, all members read after it. Collective over team->node. */
void shy_shared_publish(const shy_shared *shared);
void shy_shared_destroy(shy_shared **shared); /* not collective */

/* ---- farm: rank 0 deals numbered jobs and may work itself ------------------------------------------------------ */

typedef struct shy_farm shy_farm;

/**
 * Rank 0 deals the numbers 0 … jobs−1, in this order, one at a time, to the groups; group 0 works too, unless there
 * are so many groups that dealing is work enough (shy_farm_only_deals): then it gets no job. Every rank calls
 * shy_farm_next until it returns done; all members of a group get the same number. Each group's leader (row_block 0)
 * asks for its next job before it starts the present one, so that no rank waits for rank 0's own work; group 0 takes
 * its jobs when it needs them. With requests and answers travel `marks_count` doubles (the
 * K-th best statistic per list): an answer carries the elementwise maximum of all that rank 0 has heard of, so
 * that thresholds spread; members of a group receive them with the job.
 *
 * Between its own tiles rank 0 must call shy_farm_serve (cheap, MPI_Test) so that the others are answered.
 *
 * Failures. A rank whose work fails calls shy_farm_finish with its status, whatever the others do. The work of a
 * group is collective over team->rows and its members agree (shy_group_agree) after each tile, so that they
 * normally fail together; but a member may also fail alone between two jobs: the others of its group then get its
 * status from their shy_farm_next, because finishing and asking begin with the same meeting of the group. The
 * leader tells rank 0, which stops dealing and tells the other leaders; each of them drops the job that it holds
 * in reserve, and its group's next shy_farm_next returns the status, with the message of the rank that failed.
 * Nobody hangs, and no message stays behind.
 *
 * The farm borrows the team. Collective over the world.
 */
shy_status shy_farm_create(const shy_team *team, uint64_t jobs, int marks_count, shy_farm **farm_out);
/** The rule by which group 0 works or only deals: its own work would be less than 0.4 % of the whole. */
bool shy_farm_only_deals(int groups);
/**
 * The next job of my group. `marks`: marks_count doubles, read (the leader's) and raised; may be NULL if there are
 * none. Sets *done_out = true, and no job, after the last job. Once it has returned done or a failure it goes on
 * doing so, without a message. Collective over the group (all its members call this, or some call
 * shy_farm_finish).
 */
shy_status shy_farm_next(shy_farm *farm, double *marks, uint64_t *job_out, bool *done_out);
/** Any rank may call it: on rank 0 it answers who waits, on leaders it helps a long request on its way. Never waits. */
void shy_farm_serve(shy_farm *farm);
/**
 * True on a rank 0 that only deals until nothing is left to be dealt; meanwhile shy_farm_next would not return. Who has
 * something else to do in between (progress) calls shy_farm_serve as long as this is true, then shy_farm_next. Not collective.
 */
bool shy_farm_dealing(const shy_farm *farm);
/** Rank 0: jobs finished so far by all (as heard), for progress. Others: 0. */
uint64_t shy_farm_finished(const shy_farm *farm);
/**
 * Ends the farm. `mine`: this rank's status of its work. A rank whose work failed calls this at once instead of
 * shy_farm_next; the others learn of it in shy_farm_next, then call it. Whoever calls it with SHY_OK before its
 * group is done (a time limit, a signal) stops the dealing: the others' next shy_farm_next says done. Sets *farm
 * to NULL. Collective over the world; all ranks return the same status with the same message. NULL is accepted:
 * then `mine` is returned.
 */
shy_status shy_farm_finish(shy_farm **farm, shy_status mine);
/**
 * Rank 0: deals no more. Each group ends the job that it works on, and its next shy_farm_next says done; so does that of group 0. Elsewhere nothing. Not
 * collective.
 */
void shy_farm_end(shy_farm *farm);
/**
 * As shy_farm_finish, and says what is still to be done if dealing has ended early: on rank 0 the numbers from *next_out on have not been dealt, and the
 * *left_count_out ones in left_out (owned, in no order) have been, but not worked off; all others are done. On other ranks 0, NULL, 0. Who calls this with
 * SHY_OK has worked off the job that it got last. The outputs are set on success only, when `farm` was not NULL.
 */
shy_status shy_farm_pause(shy_farm **farm, shy_status mine, uint64_t *next_out, uint64_t **left_out, uint64_t *left_count_out);

/* ---- merge: tree reduction of variable-size byte strings with the caller's merge ------------------------------- */

/**
 * Reduces one byte string per group leader (row_block 0) to world rank 0 up a binary tree over the groups.
 * `absorb(context, bytes, count)` merges another's string into the caller's own state; `pack(context, &bytes,
 * &count)` returns the caller's state as an owned string (shy_new), called after everything below has been
 * absorbed. A group absorbs the groups above it in ascending order, each with what that one has absorbed: an
 * associative merge gives the same as one after the other. Ranks with row_block > 0 only agree. Collective over
 * the world; a failing absorb or pack fails everywhere (what the callers' states then hold is of no use).
 */
typedef struct {
    shy_status (*absorb)(void *context, const void *bytes, uint64_t count);
    shy_status (*pack)(void *context, void **bytes_out, uint64_t *count_out);
    void *context;
} shy_merge;
shy_status shy_team_merge(const shy_team *team, const shy_merge *merge);

/**
 * Gathers one byte string of any size per rank to rank 0, in rank order: bytes_out and counts_out (one per rank) are
 * owned there, and NULL elsewhere. Collective over the world; fails everywhere if rank 0 has no memory for them.
 */
shy_status shy_team_gather(const shy_team *team, const void *bytes, uint64_t count, void **bytes_out,
                           uint64_t **counts_out);

/* ---- watch: a rank that is stopped, dead or cut off ends the job instead of hanging it ------------------------------------------------ */

/** Who has not been heard of, on the rank that found out: told from a thread of its own, just before all is ended. */
typedef struct {
    int rank, others; /* the lowest one; how many more */
    const char *host; /* of that one */
    double seconds;   /* since the last sign of life */
} shy_watch_loss;

typedef struct {
    double limit; /* seconds without a sign of life; 0: nobody is watched */
    int status;   /* with which the job then ends */
    void (*unheard)(void *context, int ranks); /* on rank 0, once: nothing has come from so many ranks, which are not watched then; may be NULL */
    void (*lost)(void *context, const shy_watch_loss *loss); /* on rank 0, or, if that is lost, on another; may be NULL */
    void *context;
} shy_watch_options;

/**
 * From now on a thread of each rank tells rank 0 now and then that it is alive, and is answered; not through MPI, which a rank that computes does not attend to.
 * Who says nothing for `limit` seconds (stopped, dead, its node or the network lost) ends the job: a message, `lost`, MPI_Abort. A rank that is only busy
 * goes on telling. Time in which the watching rank was stopped itself does not count, so that a job that was suspended as a whole goes on.
 *
 * Nobody is missed who was never heard of (where datagrams do not get through: see shy_watch_count). Collective over the world; cannot fail. One watch at a time.
 */
void shy_watch_start(const shy_team *team, const shy_watch_options *options);
/** Ends it, once all ranks are here. Collective over the world; so on ways out that all ranks take together. Does nothing if none was started. */
void shy_watch_stop(const shy_team *team);
/** Rank 0: of how many ranks something has been heard, itself included; 0 where nobody is watched. Not collective. */
int shy_watch_count(void);
/** What this rank has waited of the time that it has been in a pass over the space, seconds; travels with the signs of life. Not collective; cheap. */
void shy_watch_waited(double waited, double passed);
typedef struct {
    int ranks;                    /* heard of, rank 0 included */
    double idle_mean, idle_worst; /* share of the time that they waited; NaN: not known yet */
    double memory;                /* bytes: of the rank that has held most */
} shy_watch_report;
/** Rank 0: what ranks have said of themselves; false where nobody is watched. From any thread. */
bool shy_watch_ask(shy_watch_report *report_out);

void shy_par_describe(char *text, size_t size); /* "Open MPI 4.1.4" */

#endif
