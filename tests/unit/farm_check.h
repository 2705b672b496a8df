/*
 * farm_check.h: a farm at work for tests: who works how fast, who fails or leaves and when, and what must then be true.
 *
 * Included by one file of a program, because it stands between the program and MPI to count messages.
 */
#ifndef FARM_CHECK_H
#define FARM_CHECK_H

#include <math.h>
#include <unistd.h>

#include "par/par_impl.h"
#include "par_check.h"

/* ---- messages, counted on their way to MPI: as many must be received as are sent ---- */

static long sent, received;
static MPI_Comm announce_on = MPI_COMM_NULL; /* if set, a message to rank 1 follows each that is begun */

int MPI_Send(const void *data, int count, MPI_Datatype type, int to, int tag, MPI_Comm comm)
{
    sent++;
    return PMPI_Send(data, count, type, to, tag, comm);
}

int MPI_Isend(const void *data, int count, MPI_Datatype type, int to, int tag, MPI_Comm comm, MPI_Request *request)
{
    int status = PMPI_Isend(data, count, type, to, tag, comm, request);

    sent++;
    if (announce_on != MPI_COMM_NULL) PMPI_Send(NULL, 0, MPI_BYTE, 1, 0, announce_on);
    return status;
}

int MPI_Recv(void *data, int count, MPI_Datatype type, int from, int tag, MPI_Comm comm, MPI_Status *status)
{
    received++;
    return PMPI_Recv(data, count, type, from, tag, comm, status);
}

/* A receive that is begun counts: one that never ends is as wrong as a message that is never received. */
int MPI_Irecv(void *data, int count, MPI_Datatype type, int from, int tag, MPI_Comm comm, MPI_Request *request)
{
    received++;
    return PMPI_Irecv(data, count, type, from, tag, comm, request);
}

static void expect_nothing_left_behind(const shy_team *team)
{
    long balance = sent - received, sum;

    MPI_Allreduce(&balance, &sum, 1, MPI_LONG, MPI_SUM, team->world);
    EXPECT(sum == 0);
    sent = received = 0;
}

/* ---- a farm at work ---- */

enum { JOBS_MAX = 64, MARKS_MAX = 3000 };
enum { NOBODY = -1, LAST = -2, LAST_LEADER = -3, EVERYBODY = -4 }; /* or a rank */

typedef enum {
    IN_JOB,       /* in the k-th job of its group; the group agrees */
    IN_JOB_ALONE, /* in the same place, but its group does not agree before the next call */
    IN_LAST_JOB,  /* whichever group has the last number: its member `who` (a row block) */
    BEFORE_FIRST, /* before it asks for the first time */
    AFTER_DONE    /* when it has been told that all is done */
} moment;

typedef enum { FAILS, LEAVES } deed;

typedef struct {
    const char *name;
    uint64_t jobs;
    int marks;
    int busy_us[2]; /* one job of rank 0, of the others */
    bool serves;    /* rank 0 serves while it works */
    bool only_deals;
    int who;        /* the rank that does the deed, or one of the names above */
    deed deed;
    moment when;
    int kth;
} scenario;

typedef struct {
    const shy_team *team;
    const scenario *plan;
    shy_farm *farm;
    int jobs_seen;
    bool did; /* the deed */
    int done[JOBS_MAX];
    double sum;
    double marks[MARKS_MAX];
} worker;

static double value_of(uint64_t job)
{
    return (double)(job * job % 1009);
}

static double mark_of(uint64_t job, int k)
{
    return shy_random_uniform(21, job, (uint64_t)k);
}

static bool is_me(const worker *w)
{
    const shy_team *team = w->team;
    int last_leader = (team->groups - 1) * team->row_blocks;

    switch (w->plan->who) {
    case NOBODY:
        return false;
    case EVERYBODY:
        return true;
    case LAST:
        return team->rank == team->size - 1;
    case LAST_LEADER:
        return team->rank == last_leader;
    default:
        return team->rank == w->plan->who;
    }
}

static shy_status do_the_deed(worker *w)
{
    w->did = true;
    return w->plan->deed == LEAVES ? SHY_OK : shy_fail(SHY_IO, "rank %d failed", w->team->rank);
}

/* Rank 0 may do something else while it only deals, and comes to shy_farm_next when it is done with it. */
static void deal(const worker *w)
{
    while (w->plan->serves && shy_farm_dealing(w->farm)) {
        shy_farm_serve(w->farm);
        usleep(50);
    }
}

static void be_busy(const worker *w)
{
    int left = w->plan->busy_us[w->team->rank != 0];

    for (; left > 0; left -= 200) {
        if (w->plan->serves) shy_farm_serve(w->farm);
        usleep((useconds_t)(left < 200 ? left : 200));
    }
}

/* All members of the group must have been given the same job and marks. */
static void expect_same_in_group(const worker *w, uint64_t job, bool done)
{
    double mine[2] = {done ? -1 : (double)job, w->plan->marks > 0 ? w->marks[w->plan->marks - 1] : 0}, low[2], high[2];

    MPI_Allreduce(mine, low, 2, MPI_DOUBLE, MPI_MIN, w->team->rows);
    MPI_Allreduce(mine, high, 2, MPI_DOUBLE, MPI_MAX, w->team->rows);
    EXPECT(memcmp(low, high, sizeof low) == 0);
}

static shy_status work_on(worker *w, uint64_t job)
{
    const scenario *plan = w->plan;
    shy_status st = SHY_OK;
    bool now = (plan->when == IN_JOB || plan->when == IN_JOB_ALONE) && is_me(w) && w->jobs_seen == plan->kth;

    now = now || (plan->when == IN_LAST_JOB && job + 1 == plan->jobs && w->team->row_block == plan->who);
    be_busy(w);
    if (now) st = do_the_deed(w);
    if (plan->when != IN_JOB_ALONE) st = shy_group_agree(w->team, st);
    if (st != SHY_OK || now) return st;
    EXPECT(job < JOBS_MAX);
    w->done[job]++;
    w->sum += value_of(job);
    for (int k = 0; k < plan->marks; k++)
        w->marks[k] = fmax(w->marks[k], mark_of(job, k));
    return SHY_OK;
}

/* Works until the end or the deed. */
static shy_status work(worker *w)
{
    const scenario *plan = w->plan;
    double *marks = plan->marks > 0 ? w->marks : NULL, before;
    uint64_t job = UINT64_MAX;
    bool done = false;
    shy_status st = SHY_OK;

    if (plan->when == BEFORE_FIRST && is_me(w)) return do_the_deed(w);
    deal(w);
    for (;;) {
        before = w->marks[0];
        SHY_TRY(shy_farm_next(w->farm, marks, &job, &done));
        EXPECT(!(w->marks[0] < before));
        if (w->plan->who == NOBODY) expect_same_in_group(w, job, done);
        if (done) break;
        w->jobs_seen++;
        EXPECT(!plan->only_deals || w->team->group > 0 || w->team->groups == 1);
        SHY_TRY(work_on(w, job));
        if (w->did) goto out;
    }
    EXPECT(shy_farm_next(w->farm, marks, &job, &done) == SHY_OK && done); /* goes on saying so */
    if (plan->when == AFTER_DONE && is_me(w)) st = do_the_deed(w);
out:
    if (st != SHY_OK && !w->did) EXPECT(shy_farm_next(w->farm, marks, &job, &done) == st);
    return st;
}

/* Every job was done exactly once by exactly one group, and no mark lies above those of the jobs. */
static void expect_complete(const worker *w)
{
    int mine[JOBS_MAX], all[JOBS_MAX];
    double sum, expected = 0, share = w->team->row_block == 0 ? w->sum : 0;
    bool once = true, bounded = true;

    for (int i = 0; i < JOBS_MAX; i++)
        mine[i] = w->team->row_block == 0 ? w->done[i] : 0;
    MPI_Allreduce(mine, all, JOBS_MAX, MPI_INT, MPI_SUM, w->team->world);
    MPI_Allreduce(&share, &sum, 1, MPI_DOUBLE, MPI_SUM, w->team->world);
    for (uint64_t i = 0; i < JOBS_MAX; i++) {
        once = once && all[i] == (i < w->plan->jobs);
        if (i < w->plan->jobs) expected += value_of(i);
    }
    for (int k = 0; k < w->plan->marks; k++) {
        double highest = -INFINITY;
        for (uint64_t i = 0; i < w->plan->jobs; i++)
            highest = fmax(highest, mark_of(i, k));
        bounded = bounded && w->marks[k] <= highest;
    }
    EXPECT(once);
    EXPECT(bounded);
    EXPECT(sum == expected); /* of integers: exact in any order */
}

/* Returns whether somebody did the deed. */
static inline bool run(const shy_team *team, const scenario *plan)
{
    static worker w;
    uint64_t before = shy_memory_in_use();

    memset(&w, 0, sizeof w);
    w.team = team, w.plan = plan;
    for (int k = 0; k < MARKS_MAX; k++)
        w.marks[k] = -INFINITY;
    present_case = plan->name;
    shy_error_clear();
    EXPECT(shy_farm_create_dealing(team, plan->jobs, plan->marks, plan->only_deals, &w.farm) == SHY_OK);
    EXPECT(!shy_farm_dealing(w.farm) || (team->rank == 0 && team->groups > 1 && plan->only_deals));
    shy_status st = shy_farm_finish(&w.farm, work(&w));
    EXPECT(w.farm == NULL);
    EXPECT(shy_memory_in_use() == before);
    bool did = !on_all(team, !w.did);
    if (did && plan->deed == FAILS)
        expect_failure(team, st, SHY_IO, " failed");
    else
        EXPECT(st == SHY_OK);
    if (!did) expect_complete(&w);
    expect_nothing_left_behind(team);
    return did;
}

#endif
