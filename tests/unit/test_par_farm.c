/* test_par_farm.c: the farm deals every job once, spreads the marks, and counts. */
#include "shy_config.h"

#include "farm_check.h"

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
    {.name = "marks too long for one packet",
     .jobs = 20,
     .marks = MARKS_MAX,
     .busy_us = {300, 300},
     .serves = true,
     .who = NOBODY},
    {.name = "rank 0 only deals", .jobs = 40, .marks = 5, .busy_us = {0, 300}, .only_deals = true, .who = NOBODY},
    {.name = "rank 0 only deals, and serves", .jobs = 64, .marks = 5, .serves = true, .only_deals = true, .who = NOBODY},
    {.name = "rank 0 would only deal, but there is no job", .jobs = 0, .only_deals = true, .who = NOBODY},
    {.name = "long marks, rank 0 only deals", .jobs = 30, .marks = MARKS_MAX, .only_deals = true, .who = NOBODY},
    {.name = "long marks, rank 0 is deaf", .jobs = 12, .marks = MARKS_MAX, .busy_us = {3000, 0}, .who = NOBODY},
};

static void check_well(const shy_team *team)
{
    for (size_t i = 0; i < sizeof well / sizeof well[0]; i++)
        EXPECT(!run(team, &well[i]));
}

static void every_job_is_done_once(void **state)
{
    (void)state;
    on_every_team(check_well);
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
        while (sent < 2)
            shy_farm_serve(farm); /* two jobs: the first and the reserve */
        announce_on = team->peers;
        st = shy_fail(SHY_IO, "rank 0 failed");
    } else if (team->group == 0) {
        st = shy_farm_next(farm, NULL, &job, &done);
        EXPECT(st == SHY_IO);
    } else {
        EXPECT(shy_farm_next(farm, NULL, &job, &done) == SHY_OK && !done && job == 0);
        if (team->row_block == 0) /* after STOP and after its text */
            for (int i = 0; i < 2; i++)
                PMPI_Recv(NULL, 0, MPI_BYTE, 0, 0, team->peers, MPI_STATUS_IGNORE);
        st = shy_farm_next(farm, NULL, &job, &done);
        EXPECT(st == SHY_IO);
        EXPECT(strncmp(shy_error_message(), "rank 0 failed", 13) == 0);
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
 * Group G−1 raises mark 0; each group that has seen it raises a mark of its own; `leaver` leaves when it has seen
 * them all, which ends the endless farm. So marks must have gone from one group through rank 0 to every other, and
 * back, however long that takes.
 */
static void meet_marks(const shy_team *team, int leaver)
{
    double marks[8], deadline = shy_time_seconds() + 30;
    shy_farm *farm = NULL;
    uint64_t job, before = shy_memory_in_use();
    bool done = false, all = false;

    present_case = "marks";
    for (int k = 0; k < 8; k++)
        marks[k] = -1;
    EXPECT(shy_farm_create(team, UINT64_MAX, 8, &farm) == SHY_OK);
    while (!all && shy_time_seconds() < deadline) {
        EXPECT(shy_farm_next(farm, marks, &job, &done) == SHY_OK);
        if (done) break;
        if (team->group == team->groups - 1) marks[0] = 7;
        if (marks[0] > 0) marks[1 + team->group] = team->group + 1;
        all = team->rank == leaver;
        for (int g = 0; g < team->groups; g++)
            all = all && marks[1 + g] == g + 1;
        usleep(100);
    }
    EXPECT(all || team->rank != leaver);
    EXPECT(shy_time_seconds() < deadline);
    EXPECT(shy_farm_finish(&farm, SHY_OK) == SHY_OK);
    EXPECT(shy_memory_in_use() == before);
    expect_nothing_left_behind(team);
}

static void check_marks(const shy_team *team)
{
    for (int leaver = 0; leaver < team->size; leaver++)
        meet_marks(team, leaver);
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

/* ---- who works ---- */

/* Rank 0 may stop working where it is hardly missed, and nowhere else. */
static void rank_0_works_unless_it_is_hardly_missed(void **state)
{
    (void)state;
    for (int groups = 1; groups <= 64; groups++)
        EXPECT(!shy_farm_only_deals(groups));
    for (int groups = 65; groups < 100000; groups++) {
        EXPECT(!shy_farm_only_deals(groups) || groups >= 250);
        EXPECT(shy_farm_only_deals(groups + 1) || !shy_farm_only_deals(groups));
    }
    EXPECT(shy_farm_only_deals(100000));
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
        cmocka_unit_test(reserve_is_dropped_after_a_failure),
        cmocka_unit_test(marks_reach_everybody),
        cmocka_unit_test(progress_is_heard),
        cmocka_unit_test(rank_0_works_unless_it_is_hardly_missed),
        cmocka_unit_test(farm_without_memory_fails_everywhere),
    };

    return run_par_tests("par: farm", tests, sizeof tests / sizeof tests[0], argc, argv);
}
