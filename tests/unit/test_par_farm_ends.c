/* test_par_farm_ends.c: the farm ends for all with the same status, whoever fails or leaves, and when. */
#include "shy_config.h"

#include "farm_check.h"

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
    {IN_JOB, 1, "in its first job"},     {IN_JOB_ALONE, 1, "in its first job, alone"},
    {IN_JOB, 3, "in its third job"},     {IN_JOB_ALONE, 3, "in its third job, alone"},
    {BEFORE_FIRST, 0, "before it asks"}, {AFTER_DONE, 0, "after all is done"},
};

static const struct {
    int busy_us[2];
    bool serves;
    bool only_deals;
    int marks;
    const char *name;
} paces[] = {
    {{0, 0}, false, false, 3, "all are fast"},
    {{2000, 0}, false, false, 3, "others wait for rank 0"},
    {{500, 500}, true, false, 3, "all work alike"},
    {{0, 1000}, true, false, MARKS_MAX, "rank 0 is fast, marks are long"},
    {{0, 200}, false, true, 3, "rank 0 only deals"},
    {{0, 0}, true, true, MARKS_MAX, "rank 0 only deals and serves, marks are long"},
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
                scenario plan = {.name = name,
                                 .jobs = 16,
                                 .marks = paces[p].marks,
                                 .serves = paces[p].serves,
                                 .only_deals = paces[p].only_deals,
                                 .busy_us = {paces[p].busy_us[0], paces[p].busy_us[1]},
                                 .who = actors[a].who,
                                 .deed = what,
                                 .when = moments[m].when,
                                 .kth = moments[m].kth};
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
                scenario plan = {.name = name,
                                 .jobs = jobs[j],
                                 .marks = paces[p].marks,
                                 .serves = paces[p].serves,
                                 .only_deals = paces[p].only_deals,
                                 .busy_us = {paces[p].busy_us[0], paces[p].busy_us[1]},
                                 .who = block,
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

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whoever_fails_all_fail),
        cmocka_unit_test(whoever_leaves_all_end),
        cmocka_unit_test(last_job_may_fail),
    };

    return run_par_tests("par: farm ends", tests, sizeof tests / sizeof tests[0], argc, argv);
}
