/* test_par_farm.c: the farm deals every job once, and ends for all, whoever fails, leaves or is busy, and when. */
#include "shy_config.h"

#include <math.h>
#include <unistd.h>

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
    case NOBODY: return false;
    case EVERYBODY: return true;
    case LAST: return team->rank == team->size - 1;
    case LAST_LEADER: return team->rank == last_leader;
    default: return team->rank == w->plan->who;
    }
}

static shy_status do_the_deed(worker *w)
{
    w->did = true;
    return w->plan->deed == LEAVES ? SHY_OK : shy_fail(SHY_IO, "rank %d failed", w->team->rank);
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
    for (int k = 0; k < plan->marks; k++) w->marks[k] = fmax(w->marks[k], mark_of(job, k));
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
    for (;;) {
        before = w->marks[0];
        SHY_TRY(shy_farm_next(w->farm, marks, &job, &done));
        EXPECT(!(w->marks[0] < before));
        if (w->plan->who == NOBODY) expect_same_in_group(w, job, done);
        if (done) break;
        w->jobs_seen++;
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

    for (int i = 0; i < JOBS_MAX; i++) mine[i] = w->team->row_block == 0 ? w->done[i] : 0;
    MPI_Allreduce(mine, all, JOBS_MAX, MPI_INT, MPI_SUM, w->team->world);
    MPI_Allreduce(&share, &sum, 1, MPI_DOUBLE, MPI_SUM, w->team->world);
    for (uint64_t i = 0; i < JOBS_MAX; i++) {
        once = once && all[i] == (i < w->plan->jobs);
        if (i < w->plan->jobs) expected += value_of(i);
    }
    for (int k = 0; k < w->plan->marks; k++) {
        double highest = -INFINITY;
        for (uint64_t i = 0; i < w->plan->jobs; i++) highest = fmax(highest, mark_of(i, k));
        bounded = bounded && w->marks[k] <= highest;
    }
    EXPECT(once);
    EXPECT(bounded);
    EXPECT(sum == expected); /* of integers: exact in any order */
}

/* Returns whether somebody did the deed. */
static bool run(const shy_team *team, const scenario *plan)
{
    static worker w;
    uint64_t before = shy_memory_in_use();

    memset(&w, 0, sizeof w);
    w.team = team, w.plan = plan;
    for (int k = 0; k < MARKS_MAX; k++) w.marks[k] = -INFINITY;
    present_case = plan->name;
    shy_error_clear();
    EXPECT(shy_farm_create(team, plan->jobs, plan->marks, &w.farm) == SHY_OK);
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

/* ---- all goes well ---- */

static const scenario well[] = {
    {.name = "no job", .jobs = 0, .marks = 2, .who = NOBODY},
    {.name = "one job", .jobs = 1, .marks = 2, .who = NOBODY},
    {.name = "two jobs", .jobs = 2, .marks = 2, .who = NOBODY},
    {.name = "three jobs", .jobs = 3, .who = NOBODY},
    {.name = "many short jobs", .jobs = 64, .marks = 5, .who = NOBODY},
    {.name = "many jobs, rank 0 serves", .jobs = 40, .marks = 5, .busy_us = {400, 400}, .serves = true, .who = NOBODY},
    {.name = "rank 0 is slow and serves", .jobs = 20, .marks = 1, .busy_us = {4000, 0}, .serves = true, .who = NOBODY},
    {.name = "rank 0 is slow and deaf", .jobs = 12, .marks = 1, .busy_us = {10000, 0}, .who = NOBODY},
    {.name = "the others are slow", .jobs = 12, .busy_us = {0, 4000}, .who = NOBODY},
    {.name = "marks too long for one packet", .jobs = 20, .marks = MARKS_MAX, .busy_us = {300, 300}, .serves = true,
     .who = NOBODY},
    {.name = "long marks, rank 0 is deaf", .jobs = 12, .marks = MARKS_MAX, .busy_us = {3000, 0}, .who = NOBODY},
};

static void check_well(const shy_team *team)
{
    for (size_t i = 0; i < sizeof well / sizeof well[0]; i++) EXPECT(!run(team, &well[i]));
}

static void every_job_is_done_once(void **state)
{
    (void)state;
    on_every_team(check_well);
    assert_on_all_ranks();
}

/* ---- somebody fails or leaves ---- */

/* Which rank gets a job depends on the clock: a deed that waits for one may not happen. These must. */
static bool certain(const scenario *plan)
{
    return plan->who == EVERYBODY || plan->when == BEFORE_FIRST || plan->when == AFTER_DONE ||
           plan->when == IN_LAST_JOB;
}

static const struct {
    moment when;
    int kth;
    const char *name;
} moments[] = {
    {IN_JOB, 1, "in its first job"},   {IN_JOB_ALONE, 1, "in its first job, alone"},
    {IN_JOB, 3, "in its third job"},   {IN_JOB_ALONE, 3, "in its third job, alone"},
    {BEFORE_FIRST, 0, "before it asks"}, {AFTER_DONE, 0, "after all is done"},
};

static const struct {
    int busy_us[2];
    bool serves;
    int marks;
    const char *name;
} paces[] = {
    {{0, 0}, false, 3, "all are fast"},
    {{2000, 0}, false, 3, "others wait for rank 0"},
    {{500, 500}, true, 3, "all work alike"},
    {{0, 1000}, true, MARKS_MAX, "rank 0 is fast, marks are long"},
};

static const struct {
    int who;
    const char *name;
} actors[] = {
    {0, "rank 0"}, {1, "rank 1"}, {LAST, "the last rank"}, {LAST_LEADER, "the last leader"}, {EVERYBODY, "all"},
};

static int deeds_done;

/* After the deed the same team can have another farm. */
static void run_and_run_again(const shy_team *team, const scenario *plan)
{
    static const scenario again = {.name = "again", .jobs = 7, .marks = 2, .who = NOBODY};
    bool did = run(team, plan);

    EXPECT(did || !certain(plan));
    deeds_done += did;
    EXPECT(!run(team, &again));
}

static void check_deeds(const shy_team *team, deed what)
{
    char name[200];

    for (size_t a = 0; a < sizeof actors / sizeof actors[0]; a++) {
        if (actors[a].who >= team->size) continue;
        for (size_t m = 0; m < sizeof moments / sizeof moments[0]; m++) {
            for (size_t p = 0; p < sizeof paces / sizeof paces[0]; p++) {
                scenario plan = {.name = name, .jobs = 16, .marks = paces[p].marks, .serves = paces[p].serves,
                                 .busy_us = {paces[p].busy_us[0], paces[p].busy_us[1]}, .who = actors[a].who,
                                 .deed = what, .when = moments[m].when, .kth = moments[m].kth};
                if (plan.who == EVERYBODY && plan.kth > 1) plan.kth = 1;
                snprintf(name, sizeof name, "%d groups of %d: %s %s %s, %s", team->groups, team->row_blocks,
                         actors[a].name, what == FAILS ? "fails" : "leaves", moments[m].name, paces[p].name);
                run_and_run_again(team, &plan);
            }
        }
    }
}

static void check_failures(const shy_team *team)
{
    check_deeds(team, FAILS);
}

static void check_leaving(const shy_team *team)
{
    check_deeds(team, LEAVES);
}

static void whoever_fails_all_fail(void **state)
{
    (void)state;
    deeds_done = 0;
    on_every_team(check_failures);
    EXPECT(deeds_done > 40);
    assert_on_all_ranks();
}

static void whoever_leaves_all_end(void **state)
{
    (void)state;
    deeds_done = 0;
    on_every_team(check_leaving);
    EXPECT(deeds_done > 40);
    assert_on_all_ranks();
}

/* The last job, in each member of its group, for few and many jobs: fewer than groups, too. */
static void check_last_job(const shy_team *team)
{
    static const uint64_t jobs[] = {1, 2, 3, 5, 20};
    char name[200];

    for (size_t j = 0; j < sizeof jobs / sizeof jobs[0]; j++) {
        for (int block = 0; block < team->row_blocks; block++) {
            for (size_t p = 0; p < sizeof paces / sizeof paces[0]; p++) {
                scenario plan = {.name = name, .jobs = jobs[j], .marks = paces[p].marks, .serves = paces[p].serves,
                                 .busy_us = {paces[p].busy_us[0], paces[p].busy_us[1]}, .who = block,
                                 .when = IN_LAST_JOB};
                snprintf(name, sizeof name, "%d groups of %d: member %d fails in the last of %d jobs, %s", team->groups,
                         team->row_blocks, block, (int)jobs[j], paces[p].name);
                run_and_run_again(team, &plan);
            }
        }
    }
}

static void last_job_may_fail(void **state)
{
    (void)state;
    on_every_team(check_last_job);
    assert_on_all_ranks();
}

/* ---- the job in reserve ---- */

/*
 * Rank 0 fails when the other group works on a job and has another one in reserve. That group waits until the news is
 * on its way (the announcements come after it, from the same rank): it must not begin the job in reserve.
 */
static void check_reserve(const shy_team *team)
{
    shy_farm *farm = NULL;
    shy_status st = SHY_OK;
    uint64_t job;
    bool done;

    if (team->groups != 2) return;
    present_case = "reserve";
    shy_error_clear();
    EXPECT(shy_farm_create(team, 10, 0, &farm) == SHY_OK);
    if (team->rank == 0) {
        while (sent < 2) shy_farm_serve(farm); /* two jobs: the first and the reserve */
        announce_on = team->peers;
        st = shy_fail(SHY_IO, "rank 0 failed");
    } else if (team->group == 0) {
        st = shy_farm_next(farm, NULL, &job, &done);
        EXPECT(st == SHY_IO);
    } else {
        EXPECT(shy_farm_next(farm, NULL, &job, &done) == SHY_OK && !done && job == 0);
        if (team->row_block == 0) /* after STOP and after its text */
            for (int i = 0; i < 2; i++) PMPI_Recv(NULL, 0, MPI_BYTE, 0, 0, team->peers, MPI_STATUS_IGNORE);
        st = shy_farm_next(farm, NULL, &job, &done);
        EXPECT(st == SHY_IO);
        EXPECT(strcmp(shy_error_message(), "rank 0 failed") == 0);
    }
    st = shy_farm_finish(&farm, st);
    announce_on = MPI_COMM_NULL;
    expect_failure(team, st, SHY_IO, "rank 0 failed");
    expect_nothing_left_behind(team);
}

static void reserve_is_dropped_after_a_failure(void **state)
{
    (void)state;
    on_every_team(check_reserve);
    assert_on_all_ranks();
}

/* ---- marks ---- */

/*
 * Group G−1 raises mark 0; each group that has seen it raises a mark of its own; rank 0 leaves when it has seen them
 * all. So marks must have gone from one group through rank 0 to every other, and back, however long that takes.
 */
static void check_marks(const shy_team *team)
{
    double marks[8], deadline = shy_time_seconds() + 30;
    shy_farm *farm = NULL;
    uint64_t job, before = shy_memory_in_use();
    bool done = false, all = false;

    present_case = "marks";
    for (int k = 0; k < 8; k++) marks[k] = -1;
    EXPECT(shy_farm_create(team, UINT64_MAX, 8, &farm) == SHY_OK);
    while (!all && shy_time_seconds() < deadline) {
        EXPECT(shy_farm_next(farm, marks, &job, &done) == SHY_OK);
        if (done) break;
        if (team->group == team->groups - 1) marks[0] = 7;
        if (marks[0] > 0) marks[1 + team->group] = team->group + 1;
        all = team->rank == 0;
        for (int g = 0; g < team->groups; g++) all = all && marks[1 + g] == g + 1;
        usleep(100);
    }
    EXPECT(all || team->rank != 0);
    EXPECT(shy_time_seconds() < deadline);
    EXPECT(shy_farm_finish(&farm, SHY_OK) == SHY_OK);
    EXPECT(shy_memory_in_use() == before);
    expect_nothing_left_behind(team);
}

static void marks_reach_everybody(void **state)
{
    (void)state;
    on_every_team(check_marks);
    assert_on_all_ranks();
}

/* ---- progress ---- */

/* What rank 0 has heard grows, never exceeds what can be finished, and is all when rank 0 alone works. */
static void check_progress(const shy_team *team)
{
    shy_farm *farm = NULL;
    uint64_t job, heard = 0;
    bool done = false;

    present_case = "progress";
    EXPECT(shy_farm_create(team, 30, 0, &farm) == SHY_OK);
    while (!done) {
        EXPECT(shy_farm_next(farm, NULL, &job, &done) == SHY_OK);
        uint64_t now = shy_farm_finished(farm);
        EXPECT(now >= heard && now <= 30 && (team->rank == 0 || now == 0));
        heard = now;
    }
    EXPECT(team->groups > 1 || team->rank > 0 || heard == 30);
    EXPECT(shy_farm_finish(&farm, SHY_OK) == SHY_OK);
    expect_nothing_left_behind(team);
}

static void progress_is_heard(void **state)
{
    (void)state;
    on_every_team(check_progress);
    assert_on_all_ranks();
}

/* ---- memory ---- */

static void check_memory(const shy_team *team)
{
    uint64_t before = shy_memory_in_use();

    present_case = "memory";
    for (int victim = 0; victim < team->size; victim++) {
        bool failed = true;
        for (uint64_t nth = 1; failed && nth < 20; nth++) {
            shy_farm *farm = NULL;
            shy_error_clear();
            if (team->rank == victim) shy_memory_fail_at(nth);
            shy_status st = shy_farm_create(team, 10, 3, &farm);
            shy_memory_fail_at(0);
            failed = !on_all(team, st == SHY_OK);
            if (failed) expect_failure(team, st, SHY_MEMORY, "Out of memory");
            EXPECT(!failed || farm == NULL);
            EXPECT(failed || nth > 2);
            /* A farm that does not exist has nothing to end; one that nobody used can be ended. */
            EXPECT(shy_farm_finish(&farm, st) == st);
            EXPECT(shy_memory_in_use() == before);
        }
        EXPECT(!failed);
    }
    expect_nothing_left_behind(team);
}

static void farm_without_memory_fails_everywhere(void **state)
{
    (void)state;
    on_every_team(check_memory);
    assert_on_all_ranks();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_job_is_done_once),
        cmocka_unit_test(whoever_fails_all_fail),
        cmocka_unit_test(whoever_leaves_all_end),
        cmocka_unit_test(last_job_may_fail),
        cmocka_unit_test(reserve_is_dropped_after_a_failure),
        cmocka_unit_test(marks_reach_everybody),
        cmocka_unit_test(progress_is_heard),
        cmocka_unit_test(farm_without_memory_fails_everywhere),
    };

    return run_par_tests("par: farm", tests, sizeof tests / sizeof tests[0], argc, argv);
}
