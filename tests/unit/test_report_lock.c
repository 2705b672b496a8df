/* test_report_lock.c: one run at a time in a directory: a living one keeps others out, a dead one does not. */
#include "shy_config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "shihyo/report.h"

static char directory[64], path[96];

static int set_up(void **state)
{
    (void)state;
    snprintf(directory, sizeof directory, "/tmp/shihyo-lock-XXXXXX");
    if (mkdtemp(directory) == NULL) return -1;
    snprintf(path, sizeof path, "%s/.running", directory);
    unsetenv("SLURM_JOB_ID");
    unsetenv("SLURM_RESTART_COUNT");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(directory);
}

static shy_status lock(shy_lock **out)
{
    shy_error_clear();
    return shy_output_lock(directory, out);
}

static void one_run_keeps_another_out_and_gives_back(void **state)
{
    shy_lock *first = NULL, *second = NULL;

    (void)state;
    assert_int_equal(lock(&first), SHY_OK);
    assert_int_equal(lock(&second), SHY_INPUT);
    assert_null(second);
    assert_non_null(strstr(shy_error_message(), "another run is at work there: process "));
    shy_output_unlock(&first);
    assert_null(first);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(lock(&second), SHY_OK);
    shy_output_unlock(&second);
    shy_output_unlock(&second); /* no harm */
}

/* A process that dies with the lock: its number means something here, so it is seen at once. */
static void a_dead_process_is_seen_at_once(void **state)
{
    shy_lock *mine = NULL;
    int status = 0;
    const pid_t child = fork();

    (void)state;
    if (child == 0) _exit(lock(&mine) == SHY_OK ? 7 : 1);
    assert_true(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 7);
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(lock(&mine), SHY_OK);
    shy_output_unlock(&mine);
    assert_int_equal(access(path, F_OK), -1);
}

static void put(const char *text, long age)
{
    const struct timespec long_ago[2] = {{.tv_sec = time(NULL) - age}, {.tv_sec = time(NULL) - age}};
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    assert_int_equal(utimensat(AT_FDCWD, path, long_ago, 0), 0);
}

/* Of a process elsewhere nothing is known but its sign of life. */
static void one_elsewhere_is_dead_after_two_minutes_of_silence(void **state)
{
    static const char elsewhere[] = "host far\npid 1\nparent 0\nboot b\nspace s\njob 12\nrestart 0\n";
    shy_lock *mine = NULL;

    (void)state;
    put(elsewhere, 60);
    assert_int_equal(lock(&mine), SHY_INPUT);
    assert_non_null(strstr(shy_error_message(), "process 1 on far, job 12, last sign of life 6"));
    put("", 60); /* just made */
    assert_int_equal(lock(&mine), SHY_INPUT);
    put(elsewhere, 200);
    assert_int_equal(lock(&mine), SHY_OK);
    shy_output_unlock(&mine);
    put("", 200);
    assert_int_equal(lock(&mine), SHY_OK);
    shy_output_unlock(&mine);
}

/* A job that is started again is not its own obstacle; another job is. */
static void a_job_that_is_started_again_takes_over(void **state)
{
    shy_lock *mine = NULL;

    (void)state;
    setenv("SLURM_JOB_ID", "12", 1);
    setenv("SLURM_RESTART_COUNT", "1", 1);
    put("host far\npid 1\nparent 0\nboot b\nspace s\njob 13\nrestart 0\n", 10);
    assert_int_equal(lock(&mine), SHY_INPUT);
    put("host far\npid 1\nparent 0\nboot b\nspace s\njob 12\nrestart 1\n", 10);
    assert_int_equal(lock(&mine), SHY_INPUT);
    put("host far\npid 1\nparent 0\nboot b\nspace s\njob 12\nrestart 0\n", 10);
    assert_int_equal(lock(&mine), SHY_OK);
    shy_output_unlock(&mine);
}

/* What another has taken over is not removed by who held it before. */
static void only_the_own_lock_is_given_back(void **state)
{
    shy_lock *mine = NULL;

    (void)state;
    assert_int_equal(lock(&mine), SHY_OK);
    put("host far\npid 1\nparent 0\nboot b\nspace s\njob 12\nrestart 0\n", 0);
    shy_output_unlock(&mine);
    assert_int_equal(access(path, F_OK), 0);
}

static void what_is_half_written_is_removed_and_nothing_else(void **state)
{
    static const char *const gone[] = {".front.tsv.partial", "checkpoint.partial"}, *const stays[] = {"front.tsv", "mine.partial", "checkpoint", "checkpoint.previous"};
    char file[160];

    (void)state;
    for (size_t k = 0; k < 6; k++) {
        snprintf(file, sizeof file, "%s/%s", directory, k < 2 ? gone[k] : stays[k - 2]);
        fclose(fopen(file, "w"));
    }
    shy_output_clean(directory);
    for (size_t k = 0; k < 6; k++) {
        snprintf(file, sizeof file, "%s/%s", directory, k < 2 ? gone[k] : stays[k - 2]);
        assert_int_equal(unlink(file), k < 2 ? -1 : 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_run_keeps_another_out_and_gives_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_dead_process_is_seen_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_elsewhere_is_dead_after_two_minutes_of_silence, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_job_that_is_started_again_takes_over, set_up, tear_down),
        cmocka_unit_test_setup_teardown(only_the_own_lock_is_given_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_half_written_is_removed_and_nothing_else, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
