/* test_journal.c: the steps of a run, on any number of ranks: what was written comes back, everywhere; saving, stopping, and failing together. */
#include "shy_config.h"

#include <math.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "journal/journal_impl.h"
#include "par_check.h"

static char directory[64], path[80], previous[96], partial[96];

static void clear_files(const shy_team *team)
{
    MPI_Barrier(team->world);
    if (team->rank == 0) shy_journal_remove(path);
    MPI_Barrier(team->world);
    shy_error_clear();
}

/* ---- a run that can be stopped anywhere ---- */

enum { STEPS = 6, ITEMS = 5 };

/* Item i of step s, which depends on the item before it, as the results of a run do. */
static uint64_t item(int s, int i, uint64_t before)
{
    return shy_random_bits(before, (uint64_t)s, (uint64_t)i);
}

/* Step s: items that are appended (even steps), or one sum that is replaced together with how many are in it. */
static shy_status run_step(const shy_team *team, shy_journal *journal, int s, uint64_t *last, uint64_t *worked)
{
    shy_status st = SHY_OK;
    shy_journal_step step;
    uint64_t items[ITEMS] = {0}, sum[2] = {*last, 0};
    char name[16];

    snprintf(name, sizeof name, "step %d", s);
    SHY_TRY(shy_journal_begin(journal, name, &step));
    if (s % 2 == 0) {
        if (step.count > 0) memcpy(items, step.bytes, step.count);
        for (uint64_t i = step.count / 8; i < ITEMS; i++) {
            ++*worked;
            items[i] = item(s, (int)i, i == 0 ? *last : items[i - 1]);
            SHY_TRY_ALL(team, shy_journal_write(journal, 8 * i, team->rank == 0 ? &items[i] : NULL, 8));
            SHY_TRY_ALL(team, shy_journal_poll(journal));
        }
        *last = items[ITEMS - 1];
    } else {
        if (step.count > 0) memcpy(sum, step.bytes, sizeof sum);
        while (sum[1] < ITEMS) {
            ++*worked;
            sum[0] = item(s, (int)sum[1], sum[0]), sum[1]++;
            SHY_TRY_ALL(team, shy_journal_write(journal, 0, sum, sizeof sum));
            SHY_TRY_ALL(team, shy_journal_poll(journal));
        }
        *last = sum[0];
    }
    if (!step.done) shy_journal_end(journal);
out:
    return st;
}

static shy_status run_all(const shy_team *team, shy_journal *journal, uint64_t *result, uint64_t *worked)
{
    shy_status st = SHY_OK;

    *result = 1;
    for (int s = 0; s < STEPS; s++)
        SHY_TRY(run_step(team, journal, s, result, worked));
out:
    return st;
}

static uint64_t direct_result(void)
{
    uint64_t last = 1;

    for (int s = 0; s < STEPS; s++)
        for (int i = 0; i < ITEMS; i++)
            last = item(s, i, last);
    return last;
}

static shy_journal *make(const shy_team *team, const shy_journal_options *options)
{
    shy_journal *journal = NULL;

    EXPECT(shy_journal_create(team, path, options, &journal) == SHY_OK);
    return journal;
}

/* ---- laws ---- */

/* Stopped at the n-th poll and gone on with, for every n: the result is that of a run that was never stopped, and no item is worked out twice. */
static void check_stops(const shy_team *team)
{
    shy_status st;
    uint64_t stops = 0;

    if (team->row_blocks > 1) return; /* a journal knows nothing of them */
    for (uint64_t nth = 1;; nth++) {
        uint64_t result = 0, worked = 0;
        shy_journal *journal = make(team, NULL);
        shy_journal_stop_at(journal, nth);
        st = run_all(team, journal, &result, &worked);
        if (st == SHY_OK) {
            EXPECT(result == direct_result());
            shy_journal_close(&journal);
            break;
        }
        expect_failure(team, st, SHY_STOPPED, "time limit is near");
        stops++;
        EXPECT(shy_journal_poll(journal) == SHY_STOPPED);
        EXPECT(shy_journal_save_now(journal) == SHY_OK);
        EXPECT(strstr(shy_error_message(), "time limit is near") != NULL);
        shy_journal_close(&journal);
        shy_error_clear();
        EXPECT(shy_journal_load(team, path, NULL, &journal) == SHY_OK);
        EXPECT(run_all(team, journal, &result, &worked) == SHY_OK);
        EXPECT(result == direct_result());
        EXPECT(worked == STEPS * ITEMS);
        shy_journal_close(&journal);
        clear_files(team);
    }
    EXPECT(stops == STEPS * (ITEMS + 1));
}

static void stopped_anywhere_it_goes_on_to_the_same(void **state)
{
    (void)state;
    on_every_team(check_stops);
    assert_on_all_ranks();
}

/* A checkpoint of one team is gone on from by the next one, of another size or shape, until one comes to the end. */
static int ends;

static void check_handing_over(const shy_team *team)
{
    uint64_t result, worked = 0;
    shy_journal *journal = NULL;
    const bool exists = shy_journal_exists(path);

    if (exists) EXPECT(shy_journal_load(team, path, NULL, &journal) == SHY_OK);
    else journal = make(team, NULL);
    shy_journal_stop_at(journal, STEPS + 3);
    const shy_status st = run_all(team, journal, &result, &worked);
    EXPECT(st == SHY_STOPPED || (st == SHY_OK && result == direct_result()));
    ends += st == SHY_OK;
    EXPECT(worked <= STEPS + 3);
    EXPECT(shy_journal_save_now(journal) == SHY_OK);
    shy_journal_close(&journal);
    shy_error_clear();
    MPI_Barrier(team->world);
}

static void any_number_of_ranks_goes_on(void **state)
{
    int rank;

    (void)state;
    ends = 0;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    for (int round = 0; round < 12; round++)
        on_every_team(check_handing_over);
    EXPECT(ends > 0);
    MPI_Barrier(MPI_COMM_WORLD);
    if (rank == 0) shy_journal_remove(path);
    assert_on_all_ranks();
}

/* ---- steps ---- */

static void check_bytes(const shy_team *team)
{
    shy_journal_step step;
    const bool root = team->rank == 0;
    char text[8];

    for (int loaded = 0; loaded < 2; loaded++) {
        shy_journal *journal = NULL;
        if (loaded == 0) journal = make(team, NULL);
        else EXPECT(shy_journal_load(team, path, NULL, &journal) == SHY_OK);
        EXPECT(shy_journal_begin(journal, "a", &step) == SHY_OK);
        if (loaded == 0) {
            EXPECT(!step.done && step.count == 0 && step.bytes == NULL);
            EXPECT(shy_journal_write(journal, 0, root ? "abcdef" : NULL, 6) == SHY_OK);
            EXPECT(shy_journal_write(journal, 6, root ? "gh" : NULL, 2) == SHY_OK);
            EXPECT(shy_journal_write(journal, 3, root ? "xyz" : NULL, 3) == SHY_OK); /* drops gh */
            shy_journal_end(journal);
            EXPECT(!root || journal->content.step[0].room == 6); /* and gives its room back */
        }
        if (loaded == 1) EXPECT(step.done && step.count == 6 && memcmp(step.bytes, "abcxyz", 6) == 0);
        EXPECT(shy_journal_begin(journal, "empty", &step) == SHY_OK);
        EXPECT(step.done == (loaded == 1) && step.count == 0 && step.bytes == NULL);
        if (loaded == 0) shy_journal_end(journal);
        EXPECT(shy_journal_begin(journal, "part", &step) == SHY_OK);
        if (loaded == 0) EXPECT(shy_journal_write(journal, 0, root ? "12345678" : NULL, 8) == SHY_OK);
        if (loaded == 1) {
            EXPECT(!step.done && step.count == 8 && memcmp(step.bytes, "12345678", 8) == 0);
            memcpy(text, step.bytes, 8);
            EXPECT(shy_journal_write(journal, 0, text, 0) == SHY_OK);
            EXPECT((shy_journal_write(journal, 1, text, 1) == SHY_INTERNAL) == root); /* a gap */
            shy_error_clear();
            shy_journal_end(journal);
        }
        EXPECT(shy_journal_save_now(journal) == SHY_OK);
        shy_journal_close(&journal);
        MPI_Barrier(team->world);
    }
    clear_files(team);
}

static void parts_are_replaced_and_appended(void **state)
{
    (void)state;
    on_every_team(check_bytes);
    assert_on_all_ranks();
}

static void check_names(const shy_team *team)
{
    shy_journal_step step;
    shy_journal *journal = make(team, NULL);

    EXPECT(shy_journal_begin(journal, "one", &step) == SHY_OK);
    expect_failure(team, shy_journal_begin(journal, "two", &step), SHY_INTERNAL, "do not nest");
    shy_error_clear();
    shy_journal_end(journal);
    EXPECT(shy_journal_save_now(journal) == SHY_OK);
    shy_journal_close(&journal);
    EXPECT(shy_journal_load(team, path, NULL, &journal) == SHY_OK);
    expect_failure(team, shy_journal_begin(journal, "another", &step), SHY_INTERNAL, "\"one\"");
    EXPECT(strstr(shy_error_message(), "\"another\"") != NULL);
    shy_error_clear();
    EXPECT(shy_journal_begin(journal, "one", &step) == SHY_OK && step.done);
    if (team->size > 1) {
        const shy_status st = shy_journal_begin(journal, team->rank == team->size - 1 ? "theirs" : "ours", &step);
        expect_failure(team, st, SHY_INTERNAL, "\"theirs\"");
    }
    shy_journal_close(&journal);
    clear_files(team);
}

static void names_must_agree(void **state)
{
    (void)state;
    on_every_team(check_names);
    assert_on_all_ranks();
}

static void check_texts(const shy_team *team)
{
    char *large = NULL, name[16];
    shy_journal *journal = make(team, NULL);

    EXPECT(shy_new(100001, 1, &large) == SHY_OK);
    memset(large, 'x', 100000);
    EXPECT(shy_journal_text(journal, "configuration") == NULL);
    EXPECT(shy_journal_set_text(journal, "configuration", "first") == SHY_OK);
    EXPECT(shy_journal_set_text(journal, "configuration", large) == SHY_OK);
    EXPECT(shy_journal_set_text(journal, "nothing", "") == SHY_OK);
    for (int i = 0; i < 20; i++) {
        snprintf(name, sizeof name, "text %d", i);
        EXPECT(shy_journal_set_text(journal, name, name) == SHY_OK);
    }
    EXPECT(shy_journal_save_now(journal) == SHY_OK);
    shy_journal_close(&journal);
    EXPECT(shy_journal_load(team, path, NULL, &journal) == SHY_OK);
    EXPECT(strcmp(shy_journal_text(journal, "configuration"), large) == 0);
    EXPECT(strcmp(shy_journal_text(journal, "nothing"), "") == 0);
    EXPECT(strcmp(shy_journal_text(journal, "text 19"), "text 19") == 0);
    EXPECT(shy_journal_text(journal, "text 20") == NULL);
    shy_journal_close(&journal);
    shy_free(&large);
    clear_files(team);
}

static void texts_are_known_everywhere(void **state)
{
    (void)state;
    on_every_team(check_texts);
    assert_on_all_ranks();
}

static void no_journal_is_one_that_knows_nothing(void **state)
{
    shy_journal *none = NULL;
    shy_journal_step step = {.done = true, .count = 3};
    uint64_t saves = 1, bytes = 1;
    double seconds = 1.0;

    (void)state;
    EXPECT(shy_journal_begin(NULL, "x", &step) == SHY_OK && !step.done && step.count == 0 && step.bytes == NULL);
    EXPECT(shy_journal_write(NULL, 7, "x", 1) == SHY_OK);
    shy_journal_end(NULL);
    EXPECT(shy_journal_poll(NULL) == SHY_OK && !shy_journal_due(NULL) && shy_journal_save_now(NULL) == SHY_OK);
    EXPECT(shy_journal_set_text(NULL, "a", "b") == SHY_OK && shy_journal_text(NULL, "a") == NULL);
    shy_journal_cost(NULL, &saves, &seconds, &bytes);
    EXPECT(saves == 0 && bytes == 0 && seconds <= 0.0);
    shy_journal_set(NULL, NULL);
    shy_journal_stop_at(NULL, 0);
    shy_journal_close(&none);
    assert_on_all_ranks();
}

/* ---- loading ---- */

static void check_missing(const shy_team *team)
{
    shy_journal *journal = NULL;
    shy_journal_step step;

    clear_files(team);
    EXPECT(!shy_journal_exists(path));
    expect_failure(team, shy_journal_load(team, path, NULL, &journal), SHY_IO, path);
    EXPECT(journal == NULL);
    shy_error_clear();
    MPI_Barrier(team->world);
    journal = make(team, NULL);
    EXPECT(shy_journal_begin(journal, "one", &step) == SHY_OK);
    EXPECT(shy_journal_save_now(journal) == SHY_OK);
    shy_journal_end(journal);
    EXPECT(shy_journal_save_now(journal) == SHY_OK);
    shy_journal_close(&journal);
    if (team->rank == 0) EXPECT(truncate(path, 70) == 0);
    MPI_Barrier(team->world);
    EXPECT(shy_journal_load(team, path, NULL, &journal) == SHY_OK); /* PATH.previous, where it was not done */
    EXPECT(shy_journal_begin(journal, "one", &step) == SHY_OK && !step.done);
    shy_journal_close(&journal);
    MPI_Barrier(team->world);
    if (team->rank == 0) EXPECT(unlink(path) == 0);
    MPI_Barrier(team->world);
    EXPECT(shy_journal_exists(path)); /* what is left of it */
    if (team->rank == 0) EXPECT(truncate(previous, 70) == 0);
    MPI_Barrier(team->world);
    expect_failure(team, shy_journal_load(team, path, NULL, &journal), SHY_INPUT, "damaged");
    clear_files(team);
    EXPECT(!shy_journal_exists(path));
}

static void all_ranks_load_the_same_or_nothing(void **state)
{
    (void)state;
    on_every_team(check_missing);
    assert_on_all_ranks();
}

/* ---- memory ---- */

static shy_status whole_life(const shy_team *team, bool load)
{
    shy_status st = SHY_OK;
    shy_journal *journal = NULL;
    uint64_t result, worked = 0;

    SHY_TRY(load ? shy_journal_load(team, path, NULL, &journal) : shy_journal_create(team, path, NULL, &journal));
    for (int i = 0; i < 10; i++) {
        char name[16];
        snprintf(name, sizeof name, "text %d", i);
        SHY_TRY_ALL(team, shy_journal_set_text(journal, name, "value"));
    }
    SHY_TRY(run_all(team, journal, &result, &worked));
    EXPECT(result == direct_result());
    SHY_TRY_ALL(team, shy_journal_save_now(journal));
out:
    shy_journal_close(&journal);
    return st;
}

/* The nth allocation of one rank fails, for every n and each rank: no rank hangs, none keeps memory, all say the same. */
static void check_memory(const shy_team *team)
{
    if (team->row_blocks > 1) return;
    clear_files(team);
    for (int load = 0; load < 2; load++) {
        for (int victim = 0; victim < team->size; victim++) {
            /* Two in a row that go well: there is no nth. One: it was not needed (room that is given back). */
            for (uint64_t nth = 1, failures = 0, good = 0; good < 2; nth++) {
                const uint64_t before = shy_memory_in_use();
                shy_error_clear();
                if (team->rank == victim) shy_memory_fail_at(nth);
                const shy_status st = whole_life(team, load == 1);
                shy_memory_fail_at(0);
                EXPECT(shy_memory_in_use() == before);
                if (st != SHY_OK) expect_failure(team, st, SHY_MEMORY, "Out of memory");
                else EXPECT(*shy_error_message() == '\0');
                failures += st != SHY_OK;
                good = st != SHY_OK ? 0 : good + 1;
                EXPECT(good < 2 || failures > (victim == 0 ? 40 : 20));
            }
        }
    }
    clear_files(team);
}

static void without_memory_all_fail_alike(void **state)
{
    (void)state;
    on_every_team(check_memory);
    assert_on_all_ranks();
}

/* ---- saving ---- */

typedef struct {
    int good, bad;
    uint64_t steps, bytes;
    char problem[512];
} reports;

static void note(void *context, const shy_journal_save *save)
{
    reports *r = context;

    r->good += save->problem == NULL, r->bad += save->problem != NULL;
    r->steps = save->steps, r->bytes = save->bytes;
    if (save->problem != NULL) snprintf(r->problem, sizeof r->problem, "%s", save->problem);
}

static void check_saves(const shy_team *team)
{
    reports r = {0};
    shy_journal_options options = {.interval = 1e-9, .saved = note, .context = &r};
    shy_journal_step step;
    shy_journal *journal = make(team, &options);
    const int root = team->rank == 0;
    uint64_t saves, bytes;
    double seconds;
    struct stat info;

    EXPECT(shy_journal_due(journal) == (root == 1));
    EXPECT(shy_journal_poll(journal) == SHY_OK);
    EXPECT(r.good == root && r.steps == 0);
    EXPECT(shy_journal_poll(journal) == SHY_OK);
    EXPECT(r.good == root);
    journal->saved_at -= 1e8; /* long ago, but nothing is new; who is asked may have something */
    EXPECT(shy_journal_poll(journal) == SHY_OK && r.good == root && shy_journal_due(journal) == (root == 1));
    options.interval = 0.0; /* from here on only when told to */
    shy_journal_set(journal, &options);
    EXPECT(shy_journal_begin(journal, "one", &step) == SHY_OK);
    shy_journal_end(journal);
    EXPECT(shy_journal_begin(journal, "two", &step) == SHY_OK);
    EXPECT(shy_journal_write(journal, 0, "abc", 3) == SHY_OK);
    EXPECT(!shy_journal_due(journal) && shy_journal_poll(journal) == SHY_OK && r.good == root);
    raise(SIGUSR1);
    EXPECT(shy_journal_due(journal) == (root == 1));
    EXPECT(shy_journal_poll(journal) == SHY_OK);
    EXPECT(!shy_journal_due(journal));
    shy_signals_save_seen();
    EXPECT(r.good == 2 * root && r.bad == 0 && r.steps == (uint64_t)root);
    shy_journal_cost(journal, &saves, &seconds, &bytes);
    EXPECT(saves == 2 * (uint64_t)root && bytes == r.bytes && (seconds > 0.0) == (root == 1));
    options.interval = 1e-9; /* a save that takes long is not repeated soon */
    shy_journal_set(journal, &options);
    EXPECT(shy_journal_write(journal, 0, "abd", 3) == SHY_OK);
    journal->save_lasted = 1e6;
    EXPECT(!shy_journal_due(journal) && shy_journal_poll(journal) == SHY_OK && r.good == 2 * root);
    journal->saved_at -= 1e8;
    EXPECT(shy_journal_due(journal) == (root == 1) && shy_journal_poll(journal) == SHY_OK && r.good == 3 * root);
    if (root) EXPECT(stat(path, &info) == 0 && (uint64_t)info.st_size == r.bytes);
    shy_journal_close(&journal);
    clear_files(team);
}

static void saves_when_due(void **state)
{
    (void)state;
    on_every_team(check_saves);
    assert_on_all_ranks();
}

/* A disk that is full fails no run, but what was told to be saved now. */
static void check_full(const shy_team *team)
{
    reports r = {0};
    shy_journal_options options = {.interval = 1e-9, .saved = note, .context = &r};
    struct rlimit before, limit;
    const int root = team->rank == 0;
    shy_journal *journal = make(team, &options);
    shy_journal_step step;
    uint64_t saves, bytes;
    double seconds;

    EXPECT(shy_journal_save_now(journal) == SHY_OK);
    EXPECT(shy_journal_begin(journal, "one", &step) == SHY_OK);
    getrlimit(RLIMIT_FSIZE, &before);
    limit = before, limit.rlim_cur = 60;
    setrlimit(RLIMIT_FSIZE, &limit);
    EXPECT(shy_journal_write(journal, 0, "abc", 3) == SHY_OK);
    raise(SIGUSR1);
    EXPECT(shy_journal_poll(journal) == SHY_OK);
    EXPECT(*shy_error_message() == '\0');
    shy_error_set("The run stops.");
    const shy_status st = shy_journal_save_now(journal);
    setrlimit(RLIMIT_FSIZE, &before);
    shy_signals_save_seen();
    EXPECT(st == (root ? SHY_IO : SHY_OK));
    EXPECT(!root || strcmp(shy_error_message(), r.problem) == 0);
    EXPECT(r.good == root && r.bad == 2 * root);
    if (root) EXPECT(strstr(r.problem, path) != NULL && strcmp(r.problem, shy_error_message()) == 0);
    if (root) EXPECT(access(partial, F_OK) != 0); /* the others do not wait for it */
    shy_error_clear();
    shy_journal_cost(journal, &saves, &seconds, &bytes);
    EXPECT(saves == (uint64_t)root);
    EXPECT(shy_journal_save_now(journal) == SHY_OK && r.good == 2 * root);
    shy_journal_close(&journal);
    clear_files(team);
}

static void a_full_disk_stops_no_run(void **state)
{
    (void)state;
    signal(SIGXFSZ, SIG_IGN);
    on_every_team(check_full);
    assert_on_all_ranks();
}

/* ---- stopping ---- */

static void check_deadline(const shy_team *team)
{
    shy_journal_options options = {.deadline = shy_time_seconds() + 1e6};
    shy_journal_step step;
    shy_journal *journal = make(team, &options);
    const bool root = team->rank == 0;

    EXPECT(shy_journal_poll(journal) == SHY_OK && !shy_journal_due(journal));
    options.deadline = shy_time_seconds();
    shy_journal_set(journal, &options);
    EXPECT(shy_journal_due(journal) == root);
    EXPECT(shy_journal_poll(journal) == (root ? SHY_STOPPED : SHY_OK));
    shy_error_clear();
    expect_failure(team, shy_journal_begin(journal, "one", &step), SHY_STOPPED, "the time limit is near");
    shy_error_clear();
    options.deadline = 0.0; /* too late */
    shy_journal_set(journal, &options);
    expect_failure(team, shy_journal_begin(journal, "one", &step), SHY_STOPPED, "the time limit is near");
    shy_journal_close(&journal);
    clear_files(team);
}

static void the_deadline_stops(void **state)
{
    (void)state;
    on_every_team(check_deadline);
    assert_on_all_ranks();
}

static void check_questions(const shy_team *team)
{
    shy_journal *journal = make(team, NULL);
    const bool root = team->rank == 0;

    shy_journal_stop_at(journal, 3);
    EXPECT(!shy_journal_due(journal) && shy_journal_poll(journal) == SHY_OK);
    EXPECT(shy_journal_due(journal) == root);
    EXPECT(shy_journal_poll(journal) == (root ? SHY_STOPPED : SHY_OK)); /* the third elsewhere is the next */
    shy_error_clear();
    shy_journal_stop_at(journal, 0);
    EXPECT(shy_journal_poll(journal) == (root ? SHY_STOPPED : SHY_OK));
    shy_error_clear();
    shy_journal_close(&journal);
}

static void tests_can_stop_it(void **state)
{
    (void)state;
    on_every_team(check_questions);
    assert_on_all_ranks();
}

/* The last test: a process that has been told to stop stays so. Only the last rank is told, and all stop. */
static void check_signal(const shy_team *team)
{
    shy_journal *journal = make(team, NULL);
    shy_journal_step step;

    if (team->rank == team->size - 1) raise(SIGTERM);
    EXPECT(shy_journal_due(journal) == (team->rank == 0 && shy_signals_stop() != 0));
    expect_failure(team, shy_journal_begin(journal, "one", &step), SHY_STOPPED, "SIGTERM");
    shy_error_clear();
    expect_failure(team, shy_journal_begin(journal, "one", &step), SHY_STOPPED, "SIGTERM");
    shy_error_clear();
    EXPECT(shy_journal_save_now(journal) == SHY_OK);
    shy_journal_close(&journal);
    EXPECT(shy_journal_load(team, path, NULL, &journal) == SHY_OK);
    shy_journal_close(&journal);
    clear_files(team);
}

static void sigterm_stops(void **state)
{
    (void)state;
    on_every_team(check_signal);
    assert_on_all_ranks();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stopped_anywhere_it_goes_on_to_the_same),
        cmocka_unit_test(any_number_of_ranks_goes_on),
        cmocka_unit_test(parts_are_replaced_and_appended),
        cmocka_unit_test(names_must_agree),
        cmocka_unit_test(texts_are_known_everywhere),
        cmocka_unit_test(no_journal_is_one_that_knows_nothing),
        cmocka_unit_test(all_ranks_load_the_same_or_nothing),
        cmocka_unit_test(without_memory_all_fail_alike),
        cmocka_unit_test(saves_when_due),
        cmocka_unit_test(a_full_disk_stops_no_run),
        cmocka_unit_test(the_deadline_stops),
        cmocka_unit_test(tests_can_stop_it),
        cmocka_unit_test(sigterm_stops),
    };
    const char *base = getenv("TMPDIR");
    int rank;

    if (shy_par_start(&argc, &argv) != SHY_OK) return 1;
    shy_log_speaker(false);
    shy_signals_catch();
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    snprintf(directory, sizeof directory, "%s/journal.XXXXXX", base != NULL && strlen(base) < 40 ? base : "/tmp");
    if (rank == 0 && mkdtemp(directory) == NULL) MPI_Abort(MPI_COMM_WORLD, 1);
    MPI_Bcast(directory, sizeof directory, MPI_CHAR, 0, MPI_COMM_WORLD);
    snprintf(path, sizeof path, "%s/checkpoint", directory);
    snprintf(partial, sizeof partial, "%s.partial", path);
    snprintf(previous, sizeof previous, "%s.previous", path);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    MPI_Barrier(MPI_COMM_WORLD);
    if (rank == 0) shy_journal_remove(path), rmdir(directory);
    shy_par_stop();
    return failed;
}
