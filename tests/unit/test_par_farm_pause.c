/* test_par_farm_pause.c: a farm that is ended early says exactly what is left, and farms over the rest do every job once. */
#include "shy_config.h"

#include "farm_check.h"

enum { JOBS = 61, NEVER = 1000000 };

typedef struct {
    const char *name;
    int busy_us[2]; /* one job of rank 0, of the others */
    bool only_deals;
    int marks;
} pace;

static const pace paces[] = {
    {"all are fast", {0, 0}, false, 0},
    {"rank 0 is slow", {900, 100}, false, 2},
    {"the others are slow", {100, 900}, false, 2},
    {"all work alike, marks are long", {300, 300}, false, MARKS_MAX},
    {"rank 0 only deals", {0, 300}, true, 2},
    {"rank 0 only deals, marks are long", {0, 100}, true, MARKS_MAX},
};

/* What is to be done, the same on all ranks: those numbers, then all from `next` on. */
typedef struct {
    uint64_t next, count, left[JOBS];
} rest;

static uint64_t rest_jobs(const rest *r)
{
    return r->count + JOBS - r->next;
}

static uint64_t rest_job(const rest *r, uint64_t k)
{
    return k < r->count ? r->left[k] : r->next + k - r->count;
}

typedef struct {
    const shy_team *team;
    const pace *pace;
    int ender, when; /* which rank ends the farm, and after how many looks at it */
    bool leaves;     /* it leaves, instead of ending the dealing (rank 0 alone) */
    int looks;
    bool ended;
    int done[JOBS];
} hand;

static double marks[MARKS_MAX];

/* True if this rank is to leave now. */
static bool look(hand *w, shy_farm *farm)
{
    if (w->team->rank != w->ender || w->ended || w->looks++ < w->when) return false;
    w->ended = true;
    if (w->leaves) return true;
    shy_farm_end(farm);
    return false;
}

static void stay_busy(hand *w, shy_farm *farm)
{
    for (int left = w->pace->busy_us[w->team->rank != 0]; left > 0; left -= 100) {
        shy_farm_serve(farm);
        usleep(100);
    }
}

static void work_part(hand *w, const rest *r, shy_farm *farm)
{
    uint64_t number = 0;
    bool done = false, leaves = false;

    while (shy_farm_dealing(farm)) {
        shy_farm_serve(farm);
        if (look(w, farm)) return;
        usleep(20);
    }
    while (!leaves) {
        EXPECT(shy_farm_next(farm, w->pace->marks > 0 ? marks : NULL, &number, &done) == SHY_OK);
        if (done) return;
        EXPECT(number < rest_jobs(r));
        if (number < rest_jobs(r)) w->done[rest_job(r, number)]++;
        stay_busy(w, farm);
        leaves = look(w, farm);
    }
}

/* Done by the groups, once each, or left, or not dealt: one of the three. */
static void expect_partition(const hand *w, const rest *before, uint64_t next, const uint64_t *left, uint64_t count)
{
    int mine[JOBS], seen[JOBS];

    for (int k = 0; k < JOBS; k++)
        mine[k] = w->team->row_block == 0 ? w->done[k] : 0;
    MPI_Allreduce(mine, seen, JOBS, MPI_INT, MPI_SUM, w->team->world);
    if (w->team->rank > 0) {
        EXPECT(next == 0 && left == NULL && count == 0);
        return;
    }
    EXPECT(next <= rest_jobs(before) && count <= next);
    for (uint64_t k = 0; k < count; k++) {
        EXPECT(left[k] < next);
        if (left[k] < next) seen[rest_job(before, left[k])]++;
    }
    for (uint64_t k = next; k < rest_jobs(before); k++)
        seen[rest_job(before, k)]++;
    for (int k = 0; k < JOBS; k++)
        EXPECT(seen[k] == 1);
}

static void take_rest(const rest *before, uint64_t next, const uint64_t *left, uint64_t count, rest *after)
{
    after->next = next > before->count ? before->next + next - before->count : before->next;
    for (uint64_t k = 0; k < count; k++)
        after->left[after->count++] = rest_job(before, left[k]);
    for (uint64_t k = next; k < before->count; k++)
        after->left[after->count++] = before->left[k];
}

/* One farm over the rest; what is left of it takes its place. */
static void run_part(hand *w, rest *r)
{
    shy_farm *farm = NULL;
    uint64_t next = 0, *left = NULL, count = 0, jobs = rest_jobs(r);
    rest after = {0};

    w->looks = 0, w->ended = false;
    for (int k = 0; k < w->pace->marks; k++)
        marks[k] = -1;
    EXPECT(shy_farm_create_dealing(w->team, jobs, w->pace->marks, w->pace->only_deals, &farm) == SHY_OK);
    work_part(w, r, farm);
    EXPECT(shy_farm_pause(&farm, SHY_OK, &next, &left, &count) == SHY_OK && farm == NULL);
    expect_partition(w, r, next, left, count);
    if (w->team->rank == 0) take_rest(r, next, left, count, &after);
    MPI_Bcast(&after, (int)sizeof after, MPI_BYTE, 0, w->team->world);
    *r = after;
    shy_free(&left);
    expect_nothing_left_behind(w->team);
}

static int pauses; /* with something left */

/* Ended several times, by whom and when depends on `number` alone; that group may get no job any more before the others are done. */
static void run_whole(const shy_team *team, const pace *p, uint64_t number)
{
    char name[200];
    static hand w;
    rest r = {0};
    const uint64_t before = shy_memory_in_use();
    int parts = 0;

    memset(&w, 0, sizeof w);
    w.team = team, w.pace = p;
    snprintf(name, sizeof name, "%d groups of %d: %s, case %d", team->groups, team->row_blocks, p->name, (int)number);
    present_case = name;
    shy_error_clear();
    while (rest_jobs(&r) > 0 && parts < 200) {
        const uint64_t dice = shy_random_bits(5, number, (uint64_t)parts++);
        w.ender = number == 0 || dice % 3 > 0 ? 0 : (int)(dice / 3 % (uint64_t)team->size);
        w.leaves = w.ender > 0 || dice / 64 % 2 == 0;
        w.when = parts == 1 && number == 0 ? 0 : parts < 4 ? (int)(dice / 128 % 12) : NEVER;
        run_part(&w, &r);
        pauses += rest_jobs(&r) > 0;
    }
    EXPECT(parts < 20 && (parts > 1 || number > 0));
    EXPECT(shy_memory_in_use() == before);
}

static void check_pauses(const shy_team *team)
{
    for (size_t p = 0; p < sizeof paces / sizeof *paces; p++) {
        for (uint64_t number = 0; number < 6; number++)
            run_whole(team, &paces[p], number);
    }
}

static void a_paused_farm_says_what_is_left(void **state)
{
    (void)state;
    pauses = 0;
    on_every_team(check_pauses);
    EXPECT(pauses > 30);
    assert_on_all_ranks();
}

/* A failure goes before the pause: nothing is handed out, and all have its message. */
static void check_failing(const shy_team *team)
{
    for (int victim = 0; victim < team->size; victim++) {
        shy_farm *farm = NULL;
        uint64_t job = 0, next = 7, *left = NULL, count = 7;
        bool done = false;
        shy_status st;

        present_case = "a failure while it is paused";
        shy_error_clear();
        EXPECT(shy_farm_create(team, 40, 0, &farm) == SHY_OK);
        st = shy_farm_next(farm, NULL, &job, &done);
        if (team->rank == 0) shy_farm_end(farm);
        if (st == SHY_OK && team->rank == victim) st = shy_fail(SHY_IO, "rank %d failed", victim);
        else if (st == SHY_OK) st = shy_farm_next(farm, NULL, &job, &done);
        st = shy_farm_pause(&farm, st, &next, &left, &count);
        expect_failure(team, st, SHY_IO, " failed");
        EXPECT(next == 7 && left == NULL && count == 7);
        expect_nothing_left_behind(team);
    }
}

/* So does a want of memory for what is left, which rank 0 alone has to hold. */
static void check_memory(const shy_team *team)
{
    shy_farm *farm = NULL;
    uint64_t job = 0, next = 7, *left = NULL, count = 7;
    bool done = false;
    const uint64_t before = shy_memory_in_use();

    present_case = "no memory for what is left";
    shy_error_clear();
    EXPECT(shy_farm_create(team, 40, 0, &farm) == SHY_OK);
    EXPECT(shy_farm_next(farm, NULL, &job, &done) == SHY_OK);
    if (team->rank == 0) shy_memory_fail_at(1);
    const shy_status st = shy_farm_pause(&farm, SHY_OK, &next, &left, &count);
    shy_memory_fail_at(0);
    expect_failure(team, st, SHY_MEMORY, "Out of memory");
    EXPECT(farm == NULL && left == NULL && shy_memory_in_use() == before);
    EXPECT(shy_farm_pause(&farm, SHY_INPUT, &next, &left, &count) == SHY_INPUT); /* there is none */
    expect_nothing_left_behind(team);
}

static void a_failure_goes_before_a_pause(void **state)
{
    (void)state;
    on_every_team(check_failing);
    on_every_team(check_memory);
    assert_on_all_ranks();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_paused_farm_says_what_is_left),
        cmocka_unit_test(a_failure_goes_before_a_pause),
    };

    return run_par_tests("par: farm pauses", tests, sizeof tests / sizeof tests[0], argc, argv);
}
